//! Diagnosis of a result document.

use radgauge_reference::datasets::Library;

use super::Diagnostician;
use crate::{
    certify::read_input,
    results::{Check, Diagnosis, Results},
    suite::{Suite, SuiteCase, invariance},
    verdict::Outcome,
};

/// A case that could not be diagnosed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undiagnosed {
    /// The case.
    pub case: String,
    /// What is missing.
    pub reason: String,
}

/// Diagnoses every case of a result document in which a value fails; `progress` hears of each before it starts. The
/// diagnoses come in the order of the cases, with the cases that could not be diagnosed.
pub fn diagnose(
    results: &Results,
    suites: &[Suite],
    library: &Library,
    progress: &dyn Fn(&str),
) -> (Vec<Diagnosis>, Vec<Undiagnosed>) {
    let (mut diagnoses, mut undiagnosed) = (Vec::new(), Vec::new());
    for case in &results.cases {
        let checks: Vec<&Check> = results
            .checks
            .iter()
            .filter(|check| check.case_id() == case.id)
            .collect();
        if !checks.iter().any(|check| check.outcome == Outcome::Fail) || is_invariance(&case.id) {
            continue;
        }
        progress(&case.id);
        match of_case(&case.id, &case.settings, &checks, suites, library) {
            Ok(of_case) => diagnoses.extend(of_case),
            Err(reason) => undiagnosed.push(Undiagnosed {
                case: case.id.clone(),
                reason,
            }),
        }
    }
    (diagnoses, undiagnosed)
}

/// Whether a case compares an implementation with itself: nothing in it says what the value ought to be.
pub(crate) fn is_invariance(case: &str) -> bool {
    case.split('/').next() == Some(invariance::NAME)
}

fn of_case(
    id: &str,
    settings: &str,
    checks: &[&Check],
    suites: &[Suite],
    library: &Library,
) -> Result<Vec<Diagnosis>, String> {
    let case: &SuiteCase = suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .find(|case| case.id == id)
        .ok_or("no suite of this version has the case")?;
    if case.settings.to_toml() != settings {
        return Err("the case has other settings in this version".to_owned());
    }
    if case.settings.filter.is_some() {
        return Err("filters are not emulated".to_owned());
    }
    let (image, mask) = read_input(case, library)?;
    let keys: Vec<&str> = checks
        .iter()
        .filter_map(|check| check.id.get(id.len() + 1..))
        .collect();
    Ok(Diagnostician::new(&image, &mask, &case.settings, &keys).diagnose(id, checks))
}
