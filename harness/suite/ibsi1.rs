//! Suite `ibsi1`: the digital phantom and configurations A to E of the CT phantom.
//!
//! | case | tier | expects |
//! | --- | --- | --- |
//! | `digital` | consensus | the published value of every standardised feature, every aggregation |
//! | `digital_exact` | exact | the same features as the [exact twin](crate::exact) computes them |
//! | `ct_a` … `ct_e` | consensus | published feature values, and the diagnostic features of every stage |
//!
//! A value on which publications disagree is checked against the manual and says so in its note; where the manual has
//! none, it is checked against the other publication in tier `cross`, outside every profile.

use std::collections::HashMap;

use radgauge_phantoms::ibsi1::digital_phantom;
use radgauge_reference::ibsi1::{
    Case, DiagnosticValue, Profile, Reading, ReferenceValue, diagnostic_values, presets,
    reference_values,
};

use super::{Asks, Input, Suite, SuiteCase, exact_values};
use crate::{
    results::{Check, Tier},
    verdict::{Expected, Rule},
};

const NAME: &str = "ibsi1";
const EDITION: u32 = 1;

pub(super) const CT_PHANTOM: Input = Input::Files {
    image: "ibsi1/ct_phantom/nifti/image.nii.gz",
    mask: "ibsi1/ct_phantom/nifti/mask.nii.gz",
};

/// How close two computations of the same formula in double precision must come (tier `exact`).
const EXACT_TOLERANCE: &str = "1e-9";

/// The suite `ibsi1`.
#[must_use]
pub fn ibsi1() -> Suite {
    let mut cases = vec![consensus_case(Case::Digital), exact_case()];
    cases.extend(Case::ALL[1..].iter().map(|case| consensus_case(*case)));
    Suite {
        name: NAME,
        edition: EDITION,
        cases,
    }
}

fn consensus_case(case: Case) -> SuiteCase {
    let features = reference_values()
        .iter()
        .filter(|row| row.case == case)
        .map(feature_check);
    let diagnostics = diagnostic_values()
        .iter()
        .filter(|row| row.case == case)
        .map(diagnostic_check);
    let preset = presets()
        .iter()
        .find(|preset| preset.case == case)
        .expect("every case has its preset");
    SuiteCase {
        id: format!("{NAME}/{case}"),
        title: case.title().to_owned(),
        input: if case == Case::Digital {
            Input::Phantom(digital_phantom)
        } else {
            CT_PHANTOM
        },
        settings: preset.settings.clone(),
        asks: Asks::Features,
        checks: features.chain(diagnostics).collect(),
        observed: Vec::new(),
        observed_features: &[],
        is_on_request: false,
    }
}

/// A published feature value.
fn feature_check(row: &ReferenceValue) -> Check {
    let check = |reading: &Reading, tier, profiles| Check {
        id: row.id(),
        tier,
        profiles,
        name: row.key.feature.name.clone(),
        unit: row.key.feature.unit.clone(),
        rule: Rule::IbsiSignificantDigits,
        expected: Expected {
            value: reading.printed.clone(),
            tolerance: reading.tolerance.to_string(),
            digits: Some(row.digits),
        },
        consensus: Some(reading.consensus.to_string()),
        source: reading.source.citation().to_owned(),
        note: note(row),
        ..Check::not_run()
    };
    match &row.alternative {
        Some(other) if row.reading.value.is_none() => check(other, Tier::Cross, Vec::new()),
        _ => {
            let required_by = |profile: &Profile| row.is_in(*profile);
            let profiles = Profile::ALL.into_iter().filter(required_by);
            check(
                &row.reading,
                Tier::Consensus,
                profiles.map(|profile| profile.slug().to_owned()).collect(),
            )
        }
    }
}

/// Both readings, where publications disagree.
fn note(row: &ReferenceValue) -> Option<String> {
    let other = row.alternative.as_ref().filter(|_| row.is_contested())?;
    let reading = |reading: &Reading| match reading.value {
        Some(_) => format!(
            "{} ± {} ({})",
            reading.printed,
            reading.tolerance,
            reading.source.citation()
        ),
        None => format!("no value ({})", reading.source.citation()),
    };
    Some(format!(
        "contested: {}; {}",
        reading(&row.reading),
        reading(other)
    ))
}

/// A published diagnostic feature.
fn diagnostic_check(row: &DiagnosticValue) -> Check {
    Check {
        id: row.id(),
        tier: Tier::Consensus,
        name: format!("{} ({})", row.quantity, row.stage),
        unit: String::new(),
        rule: Rule::IbsiSignificantDigits,
        expected: Expected {
            value: row.value.to_string(),
            tolerance: row.tolerance.to_string(),
            digits: row.digits,
        },
        consensus: Some(row.consensus.to_string()),
        source: row.source.citation().to_owned(),
        ..Check::not_run()
    }
}

/// The digital phantom against the exact twin.
fn exact_case() -> SuiteCase {
    let consensus = consensus_case(Case::Digital);
    let id = format!("{NAME}/digital_exact");
    let expected: HashMap<&str, Option<f64>> = exact_values::of(&id).collect();
    let checks = consensus
        .checks
        .into_iter()
        .map(|check| {
            let key = &check.id[consensus.id.len() + 1..];
            let value = expected[key].expect("the digital phantom has every feature");
            Check {
                id: format!("{id}/{key}"),
                tier: Tier::Exact,
                profiles: Vec::new(),
                rule: Rule::Relative,
                expected: Expected {
                    value: value.to_string(),
                    tolerance: EXACT_TOLERANCE.to_owned(),
                    digits: None,
                },
                consensus: None,
                source: exact_values::SOURCE.to_owned(),
                note: None,
                ..check
            }
        })
        .collect();
    SuiteCase {
        id,
        title: format!("{}, against exact arithmetic", consensus.title),
        checks,
        ..consensus
    }
}
