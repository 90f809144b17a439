//! A study that was never run: figures as a study has them, made of a few formulas, for tests of what is rendered.

use std::collections::BTreeMap;

use radgauge::{
    implementation::Identity,
    study::{
        criteria::Criteria,
        grid::Grid,
        outcome::{
            self, Agreement, Case, Coefficient, Correlation, End, Failure, Gauge, Harmonised,
            ImplementationStamp, Known, Methods, Outcome, Perturbation, PerturbationKind,
            PerturbationSummary, Profile, Repeatability, Reproducibility, Response, SCHEMA,
            SettingsSummary, Step, Study, Verdict,
        },
    },
};
use radgauge_engine::settings::Settings;

/// Three axes of three levels.
pub const GRID: &str = "\
    interpolation = ['nearest', 'linear', 'cubic-spline']\n\
    spacing_mm = [1, 2, 3]\n\
    discretise = [\n\
        { method = 'fixed-bin-number', bins = 16 },\n\
        { method = 'fixed-bin-number', bins = 32 },\n\
        { method = 'fixed-bin-size', width = 25 },\n\
    ]\n";

/// Settings that the grid varies.
pub const SETTINGS: &str = "\
    [interpolate]\nspacing_mm = [2.0, 2.0, 2.0]\nimage = 'linear'\nround = true\n\
    [resegment]\nrange = [-200.0, 400.0]\n";

/// A number from 0 to 1 that depends on everything.
fn unit(parts: &[usize]) -> f64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for part in parts {
        state = (state ^ *part as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state ^= state >> 29;
    }
    state = state.wrapping_mul(0x94d0_49bb_1331_11eb);
    (state >> 40) as f64 / (1u64 << 24) as f64
}

fn undefined<T>() -> Known<T> {
    Known::Undefined {
        undefined: "the region has one voxel".to_owned(),
    }
}

fn correlation(form: &str, value: f64, n: usize, k: usize) -> Correlation {
    let lower = value - 0.02 - 0.5 * (1.0 - value);
    Correlation {
        form: form.to_owned(),
        computation: "textbook".to_owned(),
        value,
        lower: Some(lower),
        upper: Some(value + 0.6 * (1.0 - value)),
        n,
        k,
        dropped: 0,
        category: match lower {
            0.9.. => "excellent",
            0.75.. => "good",
            0.5.. => "moderate",
            _ => "poor",
        }
        .to_owned(),
        caution: None,
    }
}

fn coefficient(value: f64) -> Coefficient {
    Coefficient {
        value,
        lower: Some(0.9 * value),
        upper: Some(1.2 * value),
        df: 40.0,
    }
}

fn verdict(lower: Option<f64>, chance: f64) -> Verdict {
    let (class, reason) = match lower {
        None => ("unknown", "the region has one voxel".to_owned()),
        Some(lower) if lower >= 0.75 => (
            "robust",
            format!("the lower bound is {lower:.3}, at least 0.75"),
        ),
        Some(lower) if chance < 0.2 => (
            "systematic",
            format!("a shift that can be corrected; the lower bound is {lower:.3}"),
        ),
        Some(lower) => (
            "unstable",
            format!("the lower bound is {lower:.3}, not 0.75"),
        ),
    };
    Verdict {
        class: class.to_owned(),
        reason,
    }
}

/// How large a study is.
pub struct Size<'a> {
    pub cases: usize,
    pub grid: &'a str,
    pub settings: &'a str,
    pub implementations: usize,
}

/// A study of this size.
pub fn outcome(size: &Size<'_>) -> Outcome {
    let grid: Grid = toml::from_str(size.grid).expect("a grid");
    let base = Settings::from_toml(size.settings).expect("settings");
    let points = grid.expand(&base).expect("a grid that can run");
    let cases: Vec<Case> = (0..size.cases)
        .map(|i| Case {
            id: format!("case-{:02}", i + 1),
            batch: (i % 2 == 0).then(|| "scanner A".to_owned()),
            sha256: (i > 0).then(|| format!("{i:064x}")),
            is_usable: i > 0,
        })
        .collect();
    let study = Study {
        schema: SCHEMA.to_owned(),
        harness: identity("radgauge"),
        title: "Liver lesions that never were".to_owned(),
        implementations: ["radgauge", "other"][..size.implementations]
            .iter()
            .map(|name| ImplementationStamp {
                identity: identity(name),
                submission: None,
            })
            .collect(),
        cases,
        perturbations: perturbations(),
        axes: points.axes,
        settings: points.points,
        features: points.features,
        criteria: Criteria::default(),
        methods: Methods {
            level: 0.95,
            icc: "textbook".to_owned(),
            coefficient_multiplier: 2.771_807_648_699_343_4,
            ccc: "Lin, variances with 1/n, interval by Fisher's z".to_owned(),
            gauge: "crossed ANOVA, interaction kept".to_owned(),
            missing: "listwise".to_owned(),
        },
    };
    sealed(fill(study))
}

/// A study of 3 × 3 × 3 settings.
pub fn large() -> Outcome {
    outcome(&Size {
        cases: 21,
        grid: GRID,
        settings: SETTINGS,
        implementations: 2,
    })
}

/// One point, few features.
pub fn small() -> Outcome {
    outcome(&Size {
        cases: 5,
        grid: "",
        settings: "[features]\nfamilies = ['stat']\n",
        implementations: 1,
    })
}

/// Written and read again, which checks it.
pub fn sealed(outcome: Outcome) -> Outcome {
    let text = String::from_utf8(outcome.to_document()).expect("JSON is UTF-8");
    outcome::read(&text).expect("the document is whole")
}

fn identity(name: &str) -> Identity {
    Identity {
        name: name.to_owned(),
        version: "1.2.3".to_owned(),
    }
}

fn perturbations() -> Vec<Perturbation> {
    let one = |id: String, kind: &str, magnitude, unit: &str| Perturbation {
        id,
        steps: vec![Step {
            kind: kind.to_owned(),
            magnitude,
            unit: unit.to_owned(),
            definition: format!("{{\"kind\":\"{kind}\"}}"),
        }],
        seed: 1,
    };
    let mut all = Vec::new();
    for degrees in [-8.0, -4.0, 4.0, 8.0] {
        all.push(one(
            format!("turn {degrees}°"),
            "rotate",
            Some(degrees),
            "deg",
        ));
    }
    for fraction in [0.25, 0.5] {
        all.push(one(
            format!("move {fraction}"),
            "translate",
            Some(fraction),
            "voxel",
        ));
    }
    for repeat in 1..4 {
        all.push(one(format!("noise #{repeat}"), "noise", None, ""));
    }
    for fraction in [-0.2, -0.1, 0.1, 0.2] {
        all.push(one(
            format!("volume {fraction}"),
            "volume-fraction",
            Some(fraction),
            "",
        ));
    }
    let mut chain = one("noise and contour".to_owned(), "noise", None, "");
    chain
        .steps
        .extend(one(String::new(), "contour", None, "").steps);
    all.push(chain);
    all
}

fn fill(study: Study) -> Outcome {
    let (features, points) = (study.features.len(), study.settings.len());
    let implementations = study.implementations.len();
    let draws = study.perturbations.len();
    let n = study.cases.len() - 1;
    let quality = |feature: usize, settings: usize| {
        let of_family = unit(&[study.features[feature].family.len(), 7]);
        let of_settings = unit(&[settings % 3, 3]) + unit(&[settings / 9, 5]);
        (0.2 + 0.5 * unit(&[feature]) + 0.25 * of_family + 0.2 * of_settings).min(0.995)
    };
    let mut repeatability = Vec::new();
    for implementation in 0..implementations {
        for settings in 0..points {
            for feature in 0..features {
                let is_missing = unit(&[feature, 11]) < 0.02;
                let value = quality(feature, settings);
                let icc = correlation("ICC(1)", value, n, draws);
                let known = |value: f64| match is_missing {
                    true => undefined(),
                    false => Known::Known(value),
                };
                let sd = 10f64.powf(6.0 * unit(&[feature, 2]) - 2.0);
                repeatability.push(Repeatability {
                    implementation,
                    settings,
                    feature,
                    n: if is_missing {
                        0
                    } else {
                        n - usize::from(feature % 17 == 0)
                    },
                    k: draws,
                    dropped: usize::from(feature % 17 == 0),
                    missing: (feature % 17 == 0).then(|| "the region has one voxel".to_owned()),
                    mean: known(3.0 * sd),
                    between_sd: known(sd),
                    verdict: verdict(
                        icc.lower.filter(|_| !is_missing),
                        unit(&[feature, settings, 1]),
                    ),
                    icc: match is_missing {
                        true => undefined(),
                        false => Known::Known(icc),
                    },
                    consistency: Known::Known(correlation("ICC(C,1)", value, n, draws)),
                    within_sd: known(sd * (1.0 - value).sqrt()),
                    coefficient: match is_missing {
                        true => undefined(),
                        false => Known::Known(coefficient(2.77 * sd * (1.0 - value).sqrt())),
                    },
                    within_cv: known(0.1 * (1.0 - value)),
                    within_cv_logarithmic: undefined(),
                    percent_coefficient: known(27.7 * (1.0 - value)),
                    ill_conditioned: (feature % 13 == 5)
                        .then(|| "the mean of 3 of 20 cases cannot be told from zero".to_owned()),
                });
            }
        }
    }
    let mut settings = Vec::new();
    for implementation in 0..implementations {
        let mut of_implementation: Vec<SettingsSummary> = (0..points)
            .map(|one| summary(&study, &repeatability, implementation, one))
            .collect();
        let mut order: Vec<usize> = (0..points).collect();
        order.sort_by_key(|one| {
            (
                std::cmp::Reverse(of_implementation[*one].classes["robust"]),
                *one,
            )
        });
        for (rank, one) in order.into_iter().enumerate() {
            of_implementation[one].rank = rank + 1;
        }
        settings.append(&mut of_implementation);
    }
    let best = settings.iter().find(|one| one.rank == 1).expect("a rank");
    let best = best.settings;
    let mut across = vec!["all".to_owned()];
    across.extend(study.axes.iter().map(|axis| axis.name.clone()));
    if points < 2 {
        across.clear();
    }
    let mut reproducibility = Vec::new();
    for implementation in 0..implementations {
        for (i, across) in across.iter().enumerate() {
            for feature in 0..features {
                let value = unit(&[feature, i, 9]).powf(0.3);
                let agreement = correlation("ICC(A,1)", value, n, points);
                reproducibility.push(Reproducibility {
                    implementation,
                    across: across.clone(),
                    feature,
                    n,
                    k: if i == 0 { points } else { 3 },
                    trials: draws + 1,
                    dropped: 0,
                    verdict: verdict(agreement.lower, unit(&[feature, i, 4])),
                    agreement: Known::Known(agreement),
                    consistency: Known::Known(correlation("ICC(C,1)", value.sqrt(), n, points)),
                    gauge: Known::Known(Gauge {
                        part: 4.0,
                        operator: 1.0,
                        interaction: 0.5,
                        repeatability: 0.5,
                        percent_study_variation: Known::Known(57.735),
                        distinct_categories: Some(2),
                    }),
                    coefficient: Known::Known(coefficient(3.9)),
                });
            }
        }
    }
    let mut agreement = Vec::new();
    if implementations > 1 {
        for settings in 0..points {
            for feature in 0..features {
                let value = 1.0 - 0.1 * unit(&[feature, 21]);
                agreement.push(Agreement {
                    implementations: [0, 1],
                    settings,
                    feature,
                    n,
                    icc: Known::Known(correlation("ICC(A,1)", value, n, 2)),
                    ccc: Known::Known(coefficient(value)),
                    bias: Known::Known(0.01),
                });
            }
        }
    }
    let shift = |feature: usize, perturbation: usize| {
        let size = study.perturbations[perturbation].steps[0]
            .magnitude
            .unwrap_or(0.5);
        (unit(&[feature, 31]) - 0.4) * size.abs().sqrt() * (1.0 + unit(&[feature, perturbation]))
    };
    let mut responses = Vec::new();
    let mut perturbations = Vec::new();
    for perturbation in 0..draws {
        for feature in 0..features {
            responses.push(Response {
                perturbation,
                settings: 0,
                feature,
                n,
                mean_shift: Known::Known(2.0 * shift(feature, perturbation)),
                sd_shift: Known::Known(0.4),
                standardised_shift: Known::Known(shift(feature, perturbation)),
            });
        }
    }
    for settings in 0..points {
        for perturbation in 0..draws {
            let change = shift(3, perturbation).abs() * (1.0 + 0.1 * settings as f64);
            perturbations.push(PerturbationSummary {
                settings,
                perturbation,
                features,
                median_change: Known::Known(change),
                upper_decile_change: Known::Known(3.0 * change),
            });
        }
    }
    let perturbation_kinds = kinds(&study, &repeatability);
    let profiles = (0..features)
        .map(|feature| {
            let original: Vec<Option<f64>> = (0..study.cases.len())
                .map(|case| (case > 0).then(|| 100.0 * unit(&[feature, case])))
                .collect();
            let moved = |value: &Option<f64>| value.map(|value| 1.02 * value - 0.5);
            Profile {
                feature,
                settings: best,
                mean: original.iter().map(moved).collect(),
                sd: original
                    .iter()
                    .map(|value| value.map(|value| 0.03 * value))
                    .collect(),
                draws: original
                    .iter()
                    .map(|value| if value.is_some() { draws } else { 0 })
                    .collect(),
                original,
            }
        })
        .collect();
    let counts =
        |robust| BTreeMap::from([("robust".to_owned(), robust), ("unstable".to_owned(), 3)]);
    let cells = study.cases.len() * (draws + 1) * points * implementations;
    let failed_cells = (draws + 1) * points * implementations;
    Outcome {
        repeatability,
        settings,
        reproducibility,
        agreement,
        responses,
        perturbations,
        perturbation_kinds,
        profiles,
        harmonised: vec![Harmonised {
            arm: "ComBat (parametric)".to_owned(),
            batches: "settings".to_owned(),
            undefined: None,
            features: 8,
            before: counts(2),
            after: counts(5),
            agreement: Vec::new(),
        }],
        failures: vec![Failure {
            case: "case-01".to_owned(),
            perturbation: None,
            settings: None,
            implementation: None,
            cells: failed_cells,
            reason: "the file ends after 100 of 4096 bytes".to_owned(),
        }],
        end: End {
            cells,
            failed_cells,
            failed_cases: 1,
            exit_code: 3,
            digest: String::new(),
        },
        study,
    }
}

fn summary(
    study: &Study,
    rows: &[Repeatability],
    implementation: usize,
    settings: usize,
) -> SettingsSummary {
    let own =
        |row: &&Repeatability| row.implementation == implementation && row.settings == settings;
    let mut summary = SettingsSummary {
        implementation,
        settings,
        rank: 0,
        features: study.features.len(),
        classes: ["robust", "systematic", "unstable", "unknown"]
            .map(|class| (class.to_owned(), 0))
            .into(),
        categories: BTreeMap::new(),
        families: BTreeMap::new(),
        median_lower: Known::Known(0.7),
    };
    for row in rows.iter().filter(own) {
        *summary
            .classes
            .entry(row.verdict.class.clone())
            .or_default() += 1;
        let category = row
            .icc
            .known()
            .map_or("unknown", |icc| icc.category.as_str());
        *summary.categories.entry(category.to_owned()).or_default() += 1;
        let family = study.features[row.feature].family.clone();
        let [robust, of] = summary.families.entry(family).or_default();
        *robust += usize::from(row.verdict.class == "robust");
        *of += 1;
    }
    summary
}

fn kinds(study: &Study, rows: &[Repeatability]) -> Vec<PerturbationKind> {
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for perturbation in &study.perturbations {
        let kind = perturbation.kind();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, k)) => *k += 1,
            None => kinds.push((kind, 2)),
        }
    }
    let mut all = Vec::new();
    for settings in 0..study.settings.len() {
        for (i, (kind, k)) in kinds.iter().enumerate() {
            let mut one = PerturbationKind {
                settings,
                name: kind.clone(),
                k: *k,
                classes: BTreeMap::new(),
                families: BTreeMap::new(),
            };
            for row in rows
                .iter()
                .filter(|row| row.implementation == 0 && row.settings == settings)
            {
                let is_lost = unit(&[row.feature, i, 41]) < 0.1 * i as f64;
                let class = if is_lost { "unstable" } else { "robust" };
                *one.classes.entry(class.to_owned()).or_default() += 1;
                let family = study.features[row.feature].family.clone();
                let [robust, of] = one.families.entry(family).or_default();
                *robust += usize::from(!is_lost);
                *of += 1;
            }
            all.push(one);
        }
    }
    all
}
