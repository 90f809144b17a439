//! Regions so plain that the manual leaves one answer only: a number in closed form, or that there is none.

use radgauge_engine::volume::{Grid, Image, Mask};

use super::{NAME, volumetric};
use crate::{
    results::{Check, Tier},
    suite::{Asks, Input, SuiteCase, exact_values},
    verdict::{Expected, Rule},
};

/// *The lowest intensity present in at most x % of the volume*: where the highest intensity fills more, the manual does not
/// say whether there is none or one above it.
const OPEN: [&str; 2] = ["GBPN", "CNV2"];

/// As in tier `exact` elsewhere: what two computations in double precision may differ by.
const TOLERANCE: &str = "1e-9";

pub(super) fn cases() -> Vec<SuiteCase> {
    vec![
        case("one-voxel", "A region of one voxel", one_voxel),
        case("flat", "A region of one intensity", flat),
        case("two-level", "A region of two intensities", two_level),
    ]
}

/// What the features of a tiny phantom are comes from the [exact twin](crate::exact), which follows the manual's definitions.
fn case(name: &str, title: &str, phantom: fn() -> (Image, Mask)) -> SuiteCase {
    let id = format!("{NAME}/{name}");
    let checks = exact_values::of(&id)
        .filter_map(|(key, value)| {
            let key: radgauge_engine::feature::FeatureKey =
                key.parse().expect("the twin uses the catalogue's keys");
            let is_open = value.is_none() && OPEN.contains(&key.feature.code.as_str());
            (!is_open && !key.aggregation.is_by_slice()).then(|| Check {
                id: format!("{id}/{key}"),
                tier: Tier::Exact,
                name: key.feature.name.clone(),
                unit: key.feature.unit.clone(),
                rule: Rule::Relative,
                expected: match value {
                    Some(value) => Expected {
                        value: value.to_string(),
                        tolerance: TOLERANCE.to_owned(),
                        digits: None,
                    },
                    None => Expected::undefined(),
                },
                source: "the manual's definition, in exact arithmetic where the formula allows"
                    .to_owned(),
                ..Check::not_run()
            })
        })
        .collect();
    SuiteCase {
        id,
        title: title.to_owned(),
        input: Input::Phantom(phantom),
        settings: volumetric(Default::default()),
        asks: Asks::Features,
        checks,
        observed: Vec::new(),
        observed_features: &[],
        is_on_request: false,
    }
}

fn phantom(size: [usize; 3], level: impl Fn([usize; 3]) -> Option<u8>) -> (Image, Mask) {
    let grid = Grid::axis_aligned(size, [2.0, 2.5, 3.0]);
    let levels = Image::from_fn(grid.clone(), |at| f64::from(level(at).unwrap_or(1)));
    (levels, Mask::from_fn(grid, |at| level(at).is_some()))
}

fn one_voxel() -> (Image, Mask) {
    phantom([3, 3, 3], |at| (at == [1, 1, 1]).then_some(3))
}

fn flat() -> (Image, Mask) {
    phantom([5, 4, 4], |[x, y, z]| {
        ((1..4).contains(&x) && (1..3).contains(&y) && (1..3).contains(&z)).then_some(2)
    })
}

fn two_level() -> (Image, Mask) {
    phantom([6, 5, 4], |[x, y, z]| {
        let is_in = (1..5).contains(&x) && (1..4).contains(&y) && (1..3).contains(&z);
        is_in.then_some(if x + y * z > 4 { 2 } else { 1 })
    })
}
