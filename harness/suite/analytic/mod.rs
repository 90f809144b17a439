//! Suite `analytic`: phantoms whose values follow from a formula. Everything is made in code, tier `exact`.
//!
//! | cases | expects |
//! | --- | --- |
//! | `box-…` | closed forms of the mesh of a box of whole voxels, to 1e-9 |
//! | `sphere-…`, `ellipsoid-…`, `cylinder-…`, `torus-…`, `shell-…` | volume and axes of the solid, within the discretisation error that is derived for it; its mesh, by exact arithmetic |
//! | `constant`, `stripes`, `checkerboard`, `ramp` | features of matrices that can be written down, to 1e-9 |
//! | `noise` | expectations over independent voxels, within five standard deviations |
//! | `region-…` | every feature of a small region with a cavity, several components, …, by exact arithmetic |
//!
//! A surface area has no closed form here but that of the box: the mesh of a binary mask does not approach the solid's
//! area however small its voxels are (it stays some 8 % above that of a sphere). What it is to be is found by the
//! [exact twin](crate::exact).

mod boxes;
mod noise;
mod regions;
mod solids;
mod textures;

use radgauge_engine::{
    feature::FeatureKey,
    settings::Settings,
    volume::{Image, Mask},
};

use super::{Asks, Input, Suite, SuiteCase, exact_values};
use crate::{
    results::{Check, Tier},
    verdict::{Expected, Rule},
};

const NAME: &str = "analytic";
const EDITION: u32 = 1;

/// Profile `analytic`: every check of the suite.
pub const PROFILE: &str = "analytic";

/// How close two computations of the same formula in double precision must come.
const EXACT: f64 = 1e-9;

/// The suite `analytic`.
#[must_use]
pub fn analytic() -> Suite {
    let mut cases = boxes::cases();
    cases.extend(solids::cases());
    cases.extend(textures::cases());
    cases.push(noise::case());
    cases.extend(regions::cases());
    Suite {
        name: NAME,
        edition: EDITION,
        cases,
    }
}

/// An expected value: key, value, and how far an answer may be from it relative to it (absolute where it is 0).
struct Known {
    key: String,
    value: f64,
    tolerance: f64,
    source: &'static str,
}

impl Known {
    fn exact(key: impl Into<String>, value: f64, source: &'static str) -> Self {
        Self {
            key: key.into(),
            value,
            tolerance: EXACT,
            source,
        }
    }

    /// What the exact twin gives for a case, where it is in the table.
    fn tabulated(name: &str) -> impl Iterator<Item = Self> + use<> {
        exact_values::of(&format!("{NAME}/{name}"))
            .filter_map(|(key, value)| Some(Self::exact(key, value?, exact_values::SOURCE)))
    }
}

/// Makes the phantom of a number.
type Make = fn(usize) -> (Image, Mask);

/// A case whose phantom is the `number`-th that `make` makes.
fn case(
    name: &str,
    title: String,
    (make, number): (Make, usize),
    settings: &str,
    known: Vec<Known>,
) -> SuiteCase {
    let id = format!("{NAME}/{name}");
    SuiteCase {
        title,
        input: Input::Numbered { make, number },
        settings: Settings::from_toml(settings).expect("a test reads the settings of every case"),
        asks: Asks::Features,
        checks: known.iter().map(|known| check(&id, known)).collect(),
        observed: Vec::new(),
        observed_features: &[],
        is_on_request: false,
        id,
    }
}

fn check(case: &str, known: &Known) -> Check {
    let key: FeatureKey = known.key.parse().expect("a test makes the suite");
    Check {
        id: format!("{case}/{key}"),
        tier: Tier::Exact,
        profiles: vec![PROFILE.to_owned()],
        name: key.feature.name.clone(),
        unit: key.feature.unit.clone(),
        rule: Rule::Relative,
        expected: Expected {
            value: known.value.to_string(),
            tolerance: format!("{:e}", known.tolerance),
            digits: None,
        },
        source: known.source.to_owned(),
        ..Check::not_run()
    }
}

#[cfg(test)]
mod tests;
