//! Phase 2: statistics of the filtered CT phantom.

use radgauge_engine::feature::{Family, catalogue};
use radgauge_reference::ibsi2::{
    FilteredTest, FilteredValue, PHASE_2_PROFILE, REFERENCE_DATA, filtered_tests, filtered_values,
};

use super::{NAME, observation};
use crate::{
    results::{Check, Observation, Tier},
    suite::{Asks, SuiteCase, ibsi1::CT_PHANTOM},
    verdict::{Expected, Rule},
};

pub(super) fn cases() -> Vec<SuiteCase> {
    filtered_tests().iter().map(case).collect()
}

fn case(test: &FilteredTest) -> SuiteCase {
    let id = format!("{NAME}/phase2-{}", test.id);
    let values = filtered_values().iter().filter(|row| row.test == test.id);
    let checks: Vec<Check> = values.map(|row| check(&id, row)).collect();
    let is_checked = |id: &str| checks.iter().any(|check| check.id == id);
    let observed = statistics(&id).filter(|one| !is_checked(&one.id)).collect();
    SuiteCase {
        title: test.title.clone(),
        input: CT_PHANTOM,
        settings: test.settings.clone(),
        asks: Asks::Features,
        checks,
        observed,
        observed_features: &[],
        is_on_request: false,
        id,
    }
}

fn check(case: &str, row: &FilteredValue) -> Check {
    let feature = &row.key.feature;
    Check {
        id: format!("{case}/{}", row.key),
        tier: Tier::Consensus,
        profiles: vec![PHASE_2_PROFILE.to_owned()],
        name: feature.name.clone(),
        unit: feature.unit.clone(),
        rule: Rule::IbsiSignificantDigits,
        expected: Expected {
            value: row.value.clone(),
            tolerance: row.tolerance.clone(),
            digits: None,
        },
        source: REFERENCE_DATA.to_owned(),
        ..Check::not_run()
    }
}

/// The 18 intensity-based statistics of a case.
pub(super) fn statistics(case: &str) -> impl Iterator<Item = Observation> {
    let statistics = catalogue::features().iter();
    let statistics = statistics.filter(|feature| feature.family == Family::IntensityStatistics);
    statistics.map(move |feature| {
        let id = format!("{case}/{}/-/{}", feature.family, feature.code);
        observation(id, &feature.name, &feature.unit)
    })
}
