//! The published regions: their shape against LIFEx's.

use radgauge_engine::{
    settings::Settings,
    volume::{Image, Mask},
};
use radgauge_reference::imsure::{
    PROFILE, Region, SOURCE, TOLERANCE, Value, lifex_values, regions,
};

use super::NAME;
use crate::{
    results::{Check, Tier},
    suite::{Asks, Input, SuiteCase},
    verdict::{Expected, Rule},
};

pub(super) fn cases() -> Vec<SuiteCase> {
    let settings = Settings::from_toml("features.families = ['morph']")
        .expect("a test reads the settings of every case");
    let regions = regions().iter().enumerate();
    regions
        .map(|(number, region)| case(number, region, settings.clone()))
        .collect()
}

fn case(number: usize, region: &Region, settings: Settings) -> SuiteCase {
    let id = format!("{NAME}/mask-{}", region.name);
    let values = lifex_values()
        .iter()
        .filter(|value| value.mask == region.mask);
    SuiteCase {
        title: format!("published region {}, shape alone", region.name),
        input: Input::Numbered { make, number },
        settings,
        asks: Asks::Features,
        checks: values.map(|value| check(&id, value)).collect(),
        observed: Vec::new(),
        observed_features: &[],
        is_on_request: false,
        id,
    }
}

/// The image is not published: it is 1 throughout, and nothing that is checked reads it.
fn make(number: usize) -> (Image, Mask) {
    let mask = regions()[number].voxels();
    (mask.map(|_| 1.0), mask)
}

fn check(case: &str, value: &Value) -> Check {
    let feature = &value.key.feature;
    Check {
        id: format!("{case}/{}", value.key),
        tier: Tier::Cross,
        profiles: vec![PROFILE.to_owned()],
        name: feature.name.clone(),
        unit: feature.unit.clone(),
        rule: Rule::Relative,
        expected: Expected {
            value: value.value.clone(),
            tolerance: TOLERANCE.to_owned(),
            digits: None,
        },
        source: SOURCE.to_owned(),
        ..Check::not_run()
    }
}
