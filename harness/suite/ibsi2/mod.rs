//! Suite `ibsi2`: convolutional filters.
//!
//! | cases | tier | expects |
//! | --- | --- | --- |
//! | `phase1-1.a.1` … `phase1-10.b.2` | consensus | the published response map of a filter on a digital phantom |
//! | `exact-…` | exact | the map that direct convolution gives, where the published maps cannot tell mistakes apart |
//! | `phase2-1.a` … `phase2-11.b` | consensus | published statistics of the filtered CT phantom |
//! | `phase3-ct-1-STS_001` … `phase3-pet-9-STS_039` | – | nothing: observed on request, for agreement with other teams |
//!
//! A test without a published reference is run and its values are reported as observations.

mod exact;
mod phase1;
mod phase2;
mod phase3;

use radgauge_engine::volume::{Image, Mask};
use radgauge_phantoms::ibsi2::full_mask;

use super::Suite;
use crate::{
    results::{Check, Observation, Tier},
    verdict::{Expected, Rule},
};

const NAME: &str = "ibsi2";
const EDITION: u32 = 1;

/// The suite `ibsi2`.
#[must_use]
pub fn ibsi2() -> Suite {
    let mut cases = phase1::cases();
    cases.extend(exact::cases());
    cases.extend(phase2::cases());
    cases.extend(phase3::cases());
    Suite {
        name: NAME,
        edition: EDITION,
        cases,
    }
}

/// The check of a whole response map.
fn map_check(case: &str, code: &str, tier: Tier, tolerance: String, source: String) -> Check {
    Check {
        id: map_id(case, code),
        tier,
        name: "largest difference of the response map".to_owned(),
        unit: "I".to_owned(),
        rule: Rule::ResponseMap,
        expected: Expected {
            value: "0".to_owned(),
            tolerance,
            digits: None,
        },
        source,
        ..Check::not_run()
    }
}

/// The id of a response map: it stands where a feature's family stands.
fn map_id(case: &str, code: &str) -> String {
    format!("{case}/map/-/{code}")
}

/// An observation before anything was run.
fn observation(id: String, name: &str, unit: &str) -> Observation {
    Observation {
        id,
        name: name.to_owned(),
        unit: unit.to_owned(),
        tolerance: None,
        value: None,
        slices: Vec::new(),
        reason: None,
    }
}

/// An image with the mask that covers it: a response map has no region of interest.
fn whole(image: Image) -> (Image, Mask) {
    let mask = full_mask(&image);
    (image, mask)
}
