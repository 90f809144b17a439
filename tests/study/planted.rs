//! Designs whose answers are known, planted in the store: the study computes from them what the literature prints.

use std::path::Path;

use radgauge::{
    implementation::Identity,
    study::{
        analyse::analyse,
        design::Design,
        outcome::{self, Known, Outcome},
        plan::{Computer, Plan},
        store::{Cell, Store},
    },
};

/// A plan of so many cases, draws and settings of a single feature, the mean intensity.
fn plan(cases: usize, draws: usize, settings: usize, more: &str) -> Plan {
    let chains: Vec<String> = (1..=draws)
        .map(|i| format!("{{ name = 'turn {i}', steps = [{{ kind = 'rotate', degrees = {i} }}] }}"))
        .collect();
    let spacings: Vec<String> = (1..=settings).map(|i| i.to_string()).collect();
    let text = format!(
        "[[cases]]\nphantom = 'abdominal-ct'\ncount = {cases}\n\
         [perturbations]\nchains = [{}]\n\
         [settings.features]\nfamilies = ['stat']\n\
         [settings.interpolate]\nspacing_mm = [1, 1, 1]\nimage = 'linear'\n\
         [grid]\nspacing_mm = [{}]\n{more}",
        chains.join(", "),
        spacings.join(", "),
    );
    let design = Design::from_toml(&text, Path::new(".")).expect("a study");
    Plan::new(&design).expect("a plan")
}

fn computer(name: &str) -> Computer {
    Computer {
        identity: Identity {
            name: name.to_owned(),
            version: "1".to_owned(),
        },
        submission: None,
    }
}

/// Analyses values that are planted: `value(implementation, case, draw, settings)`, draw 0 being the scan as it is. All
/// features of a cell have the same value.
fn analysed(
    plan: &Plan,
    computers: &[Computer],
    value: impl Fn(usize, usize, usize, usize) -> Option<f64>,
) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::write(folder.path(), "all").expect("a store");
    for (implementation, computer) in computers.iter().enumerate() {
        let keys = plan.keys(computer);
        for case in 0..plan.cases.len() {
            for draw in 0..plan.draws.len() {
                for point in 0..plan.points.points.len() {
                    let n = plan.points.keys[point].len();
                    let cell = match value(implementation, case, draw, point) {
                        Some(value) => Cell::Values {
                            values: vec![value; n],
                            reasons: Vec::new(),
                        },
                        None => Cell::Values {
                            values: vec![f64::NAN; n],
                            reasons: (0..n as u32).map(|i| (i, "planted".to_owned())).collect(),
                        },
                    };
                    let key = keys.get(case, draw, point).expect("a phantom has content");
                    store.add(key, &cell).expect("written");
                }
            }
        }
    }
    let outcome = analyse(plan, computers, &store).expect("an outcome");
    let text = String::from_utf8(outcome.to_document()).expect("UTF-8");
    let read = outcome::read(&text).expect("what is written can be read");
    assert_eq!(
        read.to_document(),
        text.into_bytes(),
        "written, read, written"
    );
    read
}

#[track_caller]
fn assert_near(found: f64, expected: f64, what: &str) {
    let difference = (found - expected).abs() / expected.abs().max(1.0);
    assert!(difference < 5e-9, "{what}: {found} instead of {expected}");
}

fn number(known: &Known<f64>) -> f64 {
    *known.known().expect("a number")
}

/// Shrout and Fleiss 1979, table 2: six subjects, four judges.
const SHROUT_FLEISS: [[f64; 4]; 6] = [
    [9.0, 2.0, 5.0, 8.0],
    [6.0, 1.0, 3.0, 2.0],
    [8.0, 4.0, 6.0, 8.0],
    [7.0, 1.0, 2.0, 6.0],
    [10.0, 5.0, 6.0, 9.0],
    [6.0, 2.0, 4.0, 7.0],
];

#[test]
fn judges_as_draws_and_as_settings() {
    let plan = plan(6, 4, 4, "");
    // As draws under every setting; as settings of the scan as it is.
    let outcome = analysed(&plan, &[computer("a")], |_, case, draw, settings| {
        Some(match draw {
            0 => SHROUT_FLEISS[case][settings],
            draw => SHROUT_FLEISS[case][draw - 1],
        })
    });
    let row = &outcome.repeatability[0];
    assert_eq!(
        (row.n, row.k, row.dropped),
        (6, 4, 0),
        "rows are cases, columns draws"
    );
    let icc = row.icc.known().expect("an ICC");
    assert_eq!(
        (icc.form.as_str(), icc.computation.as_str()),
        ("ICC(1)", "textbook")
    );
    assert_near(icc.value, 0.165_741_768_4, "ICC(1)");
    assert_near(
        icc.lower.expect("a bound"),
        -0.132_932_324_9,
        "its lower bound",
    );
    assert_near(
        icc.upper.expect("a bound"),
        0.722_560_062_3,
        "its upper bound",
    );
    assert_eq!(icc.category, "poor");
    assert_near(
        number(&row.within_sd),
        6.263_888_889_f64.sqrt(),
        "wSD = sqrt(MS_W)",
    );
    assert_eq!(row.verdict.class, "unstable", "{:?}", row.verdict);

    let row = &outcome.reproducibility[0];
    assert_eq!(
        (row.across.as_str(), row.n, row.k, row.trials),
        ("all", 6, 4, 5)
    );
    let agreement = row.agreement.known().expect("an ICC");
    assert_near(agreement.value, 0.289_763_779_5, "ICC(A,1)");
    assert_near(
        agreement.lower.expect("a bound"),
        0.018_786_513_4,
        "its lower bound",
    );
    let consistency = row.consistency.known().expect("an ICC");
    assert_near(consistency.value, 0.714_840_714_8, "ICC(C,1)");
}

/// Bland and Altman 1986: peak flow, two measurements with each of two meters.
const PEAK_FLOW: [[f64; 17]; 4] = [
    [
        494., 395., 516., 434., 476., 557., 413., 442., 650., 433., 417., 656., 267., 478., 178.,
        423., 427.,
    ],
    [
        490., 397., 512., 401., 470., 611., 415., 431., 638., 429., 420., 633., 275., 492., 165.,
        372., 421.,
    ],
    [
        512., 430., 520., 428., 500., 600., 364., 380., 658., 445., 432., 626., 260., 477., 259.,
        350., 451.,
    ],
    [
        525., 415., 508., 444., 500., 625., 460., 390., 642., 432., 420., 605., 227., 467., 268.,
        370., 443.,
    ],
];

#[test]
fn meters_as_implementations_and_measurements_as_draws() {
    let plan = plan(17, 2, 1, "");
    let meters = [computer("large"), computer("mini")];
    let outcome = analysed(&plan, &meters, |meter, case, draw, _| {
        Some(PEAK_FLOW[2 * meter + draw.saturating_sub(1)][case])
    });
    let features = outcome.study.features.len();
    for (meter, wsd, rc) in [(0, 15.306_669, 42.427_922), (1, 19.910_831, 55.190_007)] {
        let row = &outcome.repeatability[meter * features];
        assert!(
            (number(&row.within_sd) - wsd).abs() < 5e-7,
            "wSD of meter {meter}: {:?}",
            row.within_sd
        );
        let coefficient = row.coefficient.known().expect("RC");
        // Published with 1.96; here it is the quantile, 1.95996….
        assert!(
            (coefficient.value / rc - 1.0).abs() < 2e-5,
            "RC of meter {meter}: {coefficient:?}"
        );
        assert_eq!(coefficient.df, 17.0, "degrees of freedom");
        assert_eq!(row.icc.known().expect("an ICC").category, "excellent");
    }
    assert!(
        (number(&outcome.repeatability[0].within_cv) - 0.034_995_59).abs() < 5e-9,
        "wCV"
    );
    let row = &outcome.agreement[0];
    assert_eq!((row.implementations, row.n), ([0, 1], 17));
    assert_near(row.ccc.known().expect("CCC").value, 0.942_742_431_4, "CCC");
    assert!(
        (number(&row.bias) - 2.117_647).abs() < 5e-7,
        "mini less large: {:?}",
        row.bias
    );
    assert_eq!(outcome.agreement.len(), features, "one row a feature");
}

/// A crossed design in whole numbers: value = case + settings + draw, plus an interaction where it says so.
#[test]
fn variance_components_of_a_planted_design() {
    let plan = plan(4, 2, 3, "");
    let case_effect = [10.0, 20.0, 30.0, 60.0];
    let settings_effect = [0.0, 2.0, 7.0];
    let draw_effect = [-1.0, 0.0, 1.0];
    let outcome = analysed(&plan, &[computer("a")], |_, case, draw, settings| {
        Some(case_effect[case] + settings_effect[settings] + draw_effect[draw])
    });
    let row = &outcome.reproducibility[0];
    let gauge = row.gauge.known().expect("a gauge study");
    // Cells hold -1, 0, 1 around their mean: variance 1. There is no interaction, MS_PO = 0.
    assert_near(gauge.repeatability, 1.0, "repeatability");
    assert_near(gauge.interaction, 0.0, "interaction");
    // E MS_O = σ²_E + r σ²_PO + p r σ²_O with MS_PO = 0: σ²_O is the variance of 0, 2, 7: 13.
    assert_near(gauge.operator, 13.0, "settings");
    // The variance of 10, 20, 30, 60: 1400 / 3.
    assert_near(gauge.part, 1400.0 / 3.0, "cases");
    let rdc = row.coefficient.known().expect("RDC").value;
    // σ²_O + σ²_E less what MS_PO = 0 leaves out: 1.95996 √2 √14.
    assert!(
        (rdc / (1.959_963_984_540_054 * 28.0_f64.sqrt()) - 1.0).abs() < 1e-9,
        "RDC {rdc}"
    );
    // Across settings the shift is the same for all cases: consistency is perfect, agreement is 1400/3 of 1400/3 + 13.
    let consistency = row.consistency.known().expect("an ICC");
    assert_near(consistency.value, 1.0, "ICC(C,1)");
    let agreement = row.agreement.known().expect("an ICC");
    assert_near(
        agreement.value,
        (1400.0 / 3.0) / (1400.0 / 3.0 + 13.0),
        "ICC(A,1)",
    );
    // By how much draws shift.
    let [first, second] = [0, 1].map(|draw| {
        let mut rows = outcome.responses.iter();
        let row = rows.find(|row| row.perturbation == draw && row.feature == 0);
        number(&row.expect("a response").mean_shift)
    });
    assert_eq!(
        (first, second),
        (1.0, 2.0),
        "draws 1 and 2 less the scan as it is"
    );
}

#[test]
fn a_shift_of_every_draw_is_systematic() {
    let plan = plan(12, 3, 2, "[criteria]\nsystematic_gap = 0.2\n");
    let outcome = analysed(&plan, &[computer("a")], |_, case, draw, settings| {
        let case = case as f64;
        Some(match settings {
            // Draws shift all cases alike by far more than cases differ.
            0 => case + 10.0 * draw as f64 + 0.01 * (case * draw as f64 % 3.0),
            _ => case + 0.01 * ((case + draw as f64) % 3.0),
        })
    });
    let classes: Vec<&str> = [0, 1]
        .map(|settings| {
            outcome.repeatability_of(0, settings)[0]
                .verdict
                .class
                .as_str()
        })
        .to_vec();
    assert_eq!(classes, ["systematic", "robust"]);
    let best = outcome.best(0).expect("a rank");
    assert_eq!(
        best.settings, 1,
        "the settings under which features repeat are of rank 1"
    );
    assert_eq!(best.classes["robust"], outcome.study.features.len());
    assert_eq!(
        outcome.trustworthy(0, 1).count(),
        outcome.study.features.len()
    );
}

#[test]
fn missing_values_are_counted_and_reasons_kept() {
    let plan = plan(6, 3, 1, "");
    let outcome = analysed(&plan, &[computer("a")], |_, case, draw, _| {
        (case != 2 || draw != 1).then_some((case * case) as f64 + 0.1 * draw as f64)
    });
    let row = &outcome.repeatability[0];
    assert_eq!((row.n, row.dropped), (5, 1), "case 2 is left out");
    assert_eq!(row.missing.as_deref(), Some("planted"));
    let none = analysed(&plan, &[computer("a")], |_, _, _, _| None);
    let row = &none.repeatability[0];
    assert_eq!((row.n, row.verdict.class.as_str()), (0, "unknown"));
    assert_eq!(row.icc.reason(), Some("planted"));
    let exact = analysed(&plan, &[computer("a")], |_, case, _, _| Some(case as f64));
    let icc = exact.repeatability[0]
        .icc
        .known()
        .expect("draws that agree exactly");
    assert_eq!(
        (icc.value, icc.lower, icc.upper),
        (1.0, Some(1.0), Some(1.0))
    );
    let flat = analysed(&plan, &[computer("a")], |_, _, _, _| Some(4.0));
    let row = &flat.repeatability[0];
    assert_eq!(
        row.verdict.class, "unknown",
        "all values equal: {:?}",
        row.verdict
    );
}

#[test]
fn limits_beside_the_icc_are_limits() {
    let value = |_: usize, case: usize, draw: usize, _: usize| {
        Some(10.0 + (case * case) as f64 + 0.5 * ((case + draw) % 3) as f64)
    };
    let class = |criteria: &str| {
        let plan = plan(8, 3, 1, criteria);
        let outcome = analysed(&plan, &[computer("a")], value);
        outcome.repeatability[0].verdict.clone()
    };
    assert_eq!(class("").class, "robust");
    let by_cv = class("[criteria]\nmax_within_cv = 0.001\n");
    assert_eq!(by_cv.class, "unstable", "{by_cv:?}");
    assert!(by_cv.reason.starts_with("wCV is 0.0"), "{by_cv:?}");
    let by_rc = class("[criteria]\nmax_relative_coefficient = 0.001\n");
    assert!(by_rc.reason.starts_with("RC is 0."), "{by_rc:?}");
}

#[test]
fn arms_are_labelled_and_change_nothing_else() {
    let exact = analysed(
        &plan(5, 2, 2, ""),
        &[computer("a")],
        |_, case, _, settings| Some((case + settings) as f64),
    );
    assert_eq!(
        exact.reproducibility.len(),
        exact.study.features.len(),
        "no variance of draws"
    );
    let value = |_: usize, case: usize, draw: usize, settings: usize| {
        let (case, draw) = (case as f64, draw as f64);
        Some(case * case + 30.0 * settings as f64 + 0.2 * ((case + draw) % 3.0))
    };
    let plain = analysed(&plan(10, 2, 3, ""), &[computer("a")], value);
    let arms = "[harmonise]\narms = ['combat', 'combat-mean-only', 'svd']\n";
    let outcome = analysed(&plan(10, 2, 3, arms), &[computer("a")], value);
    assert_eq!(
        outcome.reproducibility, plain.reproducibility,
        "the result is the result"
    );
    let arms: Vec<&str> = outcome
        .harmonised
        .iter()
        .map(|arm| arm.arm.as_str())
        .collect();
    assert!(arms[0].starts_with("ComBat (parametric"), "{arms:?}");
    let combat = &outcome.harmonised[0];
    let (_, before, after) = &combat.agreement[0];
    assert!(
        number(before) < 0.8 && number(after) > 0.95,
        "{before:?} {after:?}"
    );
    assert!(
        combat.after.get("robust") > combat.before.get("robust"),
        "what if: more features reproduce: {:?} {:?}",
        combat.before,
        combat.after
    );
}

/// Turned scans have the values of the scan as it is, noise puts the cases in another order: only noise costs features,
/// though both are among the draws.
#[test]
fn a_kind_of_perturbation_costs_what_it_costs_alone() {
    let text = "[[cases]]\nphantom = 'abdominal-ct'\ncount = 7\n\
        [perturbations]\nchains = [\n\
        { name = 'turn 1', steps = [{ kind = 'rotate', degrees = 1 }] },\n\
        { name = 'noise', steps = [{ kind = 'noise' }] },\n\
        { name = 'turn 2', steps = [{ kind = 'rotate', degrees = 2 }] },\n]\n\
        [settings.interpolate]\nspacing_mm = [1, 1, 1]\nimage = 'linear'\n\
        [settings.features]\nfamilies = ['stat']\n";
    let design = Design::from_toml(text, Path::new(".")).expect("a study");
    let plan = Plan::new(&design).expect("a plan");
    let outcome = analysed(&plan, &[computer("a")], |_, case, draw, _| match draw {
        2 if case == 6 => None,
        2 => Some((3 * case % 7) as f64),
        _ => Some(case as f64),
    });
    let features = outcome.study.features.len();
    let found: Vec<_> = outcome
        .perturbation_kinds
        .iter()
        .map(|kind| (kind.name.as_str(), kind.k, kind.families["stat"]))
        .collect();
    assert_eq!(
        found,
        [
            ("rotate", 3, [features, features]),
            ("noise", 2, [0, features])
        ],
        "kind, columns, robust of all"
    );
    assert_eq!(outcome.perturbation_kinds[1].classes["unstable"], features);
    let profile = &outcome.profiles[0];
    assert_eq!(
        profile.draws,
        [3, 3, 3, 3, 3, 3, 2],
        "noise of the last case is missing"
    );
}
