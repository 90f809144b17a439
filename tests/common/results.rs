//! Result documents made by hand: of an implementation that gives exactly the reference values, until a test changes
//! something.

use std::path::Path;

use radgauge::{
    implementation::Identity,
    response_map::MapComparison,
    results::{self, Case, Check, End, Results, Run, SCHEMA, Totals},
    suite::Suite,
    verdict::{OWN, Outcome, Rule, judge},
};
use radgauge_reference::datasets::data_sets;

/// The built-in suite with a few checks of three cases: two that need no data, one of them in no profile, and one that
/// does.
pub fn small_suite() -> Suite {
    let mut suite = Suite::all().remove(0);
    suite.cases.retain_mut(|case| {
        let keep = match case.id.as_str() {
            "ibsi1/digital" => 40,
            "ibsi1/digital_exact" | "ibsi1/ct_c" => 6,
            _ => return false,
        };
        let every = case.checks.len() / keep;
        let mut nth = 0;
        case.checks.retain(|_| {
            nth += 1;
            nth % every == 0
        });
        true
    });
    suite
}

/// Everything in the suites answered with the reference value.
pub fn perfect(suites: &[Suite]) -> Results {
    let mut results = Results {
        run: Run {
            schema: SCHEMA.to_owned(),
            harness: Identity {
                name: "radgauge".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            implementation: Identity {
                name: "example".to_owned(),
                version: "1.2.3".to_owned(),
            },
            suites: suites.iter().map(Suite::stamp).collect(),
            selection: Vec::new(),
            rules: Rule::ALL.to_vec(),
            submission: None,
            expectations: None,
        },
        cases: Vec::new(),
        checks: Vec::new(),
        observations: Vec::new(),
        agreements: Vec::new(),
        diagnoses: Vec::new(),
        end: End {
            complete: true,
            totals: Totals::default(),
            exit_code: 0,
            digest: String::new(),
        },
    };
    let sha256 = |name: &str| {
        let files = data_sets().iter().flat_map(|set| &set.files);
        let file = files.into_iter().find(|file| file.path == name);
        file.expect("the suite names published files")
            .sha256
            .clone()
    };
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    for case in cases.filter(|case| !case.is_on_request) {
        results.cases.push(Case {
            id: case.id.clone(),
            title: case.title.clone(),
            selected: case.checks.len(),
            settings: case.settings.to_toml(),
            inputs: (case.files().into_iter())
                .map(|name| (name.to_owned(), sha256(name)))
                .collect(),
            skipped: None,
            settings_used: None,
            log: None,
        });
        for check in &case.checks {
            let mut check = check.clone();
            if check.expected.is_undefined() {
                check.outcome = Outcome::Pass;
                results.checks.push(check);
                continue;
            }
            if check.expected.value == OWN {
                // What its own value was before, and is again.
                check.expected.value = "1.5".to_owned();
                check.expected.tolerance = "0".to_owned();
            }
            let reference = check
                .expected
                .value
                .parse()
                .expect("references are numbers");
            answer(&mut check, reference);
            results.checks.push(check);
        }
        results.observations.extend(case.observations());
    }
    sealed(results)
}

/// Gives a check a value, judged.
pub fn answer(check: &mut Check, value: f64) {
    let (passes, deviation) =
        judge(check.rule, &check.expected, value).expect("references are numbers");
    check.outcome = if passes { Outcome::Pass } else { Outcome::Fail };
    check.actual = Some(value);
    check.deviation = Some(deviation);
    check.map = (check.rule == Rule::ResponseMap).then(|| MapComparison {
        largest_tolerances: deviation.tolerances,
        percentile_99_tolerances: deviation.tolerances,
        voxels_off: usize::from(!passes),
        voxels: 1,
        worst_voxel: [0; 3],
        response: value,
        reference: 0.0,
        slices: Vec::new(),
    });
}

/// Takes the value of a check away.
pub fn without_value(check: &mut Check, outcome: Outcome) {
    check.outcome = outcome;
    check.actual = None;
    check.deviation = None;
    check.map = None;
}

/// Totals, exit code and digest made to fit the checks again.
pub fn sealed(mut results: Results) -> Results {
    let mut totals = Totals {
        required: results.run.suites.iter().map(|suite| suite.checks).sum(),
        observed: results.observations.len(),
        ..Totals::default()
    };
    for check in &results.checks {
        totals.count(check.outcome);
    }
    results.end.exit_code = u8::from(totals.executed != totals.of(Outcome::Pass));
    results.end.totals = totals;
    let document = String::from_utf8(results.to_document()).expect("JSON is UTF-8");
    results::read(&document).expect("what is sealed can be read")
}

/// Writes the document and gives its path.
pub fn write(folder: &Path, name: &str, results: &Results) -> std::path::PathBuf {
    super::write(folder, name, &results.to_document())
}

/// The check of this id.
pub fn check_mut<'a>(results: &'a mut Results, id: &str) -> &'a mut Check {
    let check = results.checks.iter_mut().find(|check| check.id == id);
    check.unwrap_or_else(|| panic!("there is a check `{id}`"))
}

/// The text with every SHA-256, whole or shortened, blotted out.
pub fn without_hashes(text: &str) -> String {
    // A number may be as long, but has no letters.
    let is_hash = |word: &str| {
        matches!(word.len(), 12 | 64)
            && word.chars().all(|c| c.is_ascii_hexdigit())
            && word.chars().any(|c| c.is_ascii_alphabetic())
    };
    let mut words: Vec<String> = Vec::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        words.push(if is_hash(bare) {
            word.replace(bare, "<sha256>")
        } else {
            word.to_owned()
        });
    }
    words.concat()
}
