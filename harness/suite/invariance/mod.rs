//! Suite `invariance`: checks that need no reference values.
//!
//! | case | the features stay when |
//! | --- | --- |
//! | `duplicate` | the same question is put again |
//! | `affine-intensities` | intensities are multiplied and shifted, with a fixed number of bins |
//! | `flip-…`, `turn-…`, `permute-axes` | the image is mirrored, turned by a quarter, its axes are permuted |
//! | `pad`, `crop`, `translate` | there is more or less around the region, or it lies elsewhere in the image |
//! | `file-…` | the same voxels come in another type, with slope and intercept, compressed, with another label, in another orientation, as a DICOM series |
//! | `grow-mask` | the region grows by one voxel, within bounds that are derived |
//! | `one-voxel`, `flat`, `two-level` | (tier `exact`) the region is so plain that the manual leaves one answer |
//!
//! What is expected is the implementation's own value on the untransformed input, which only the run can tell: until
//! then a check expects [`OWN`]. The tolerance is 0 where the same numbers go through the same arithmetic, and what
//! rounding may do where sums are taken in another order. Where theory promises nothing, nothing is checked, and
//! [`exclusions`] says why. A feature that is undefined must stay so.
//!
//! The default input is the [textured phantom](textured_phantom), which has no symmetry. [`on`] makes the same cases for
//! any image.

mod degenerate;
mod geometry;
mod growth;
mod rounding;
mod series;
mod transformation;

pub use transformation::{Presented, Promise, Transformation};

use radgauge_engine::{
    feature::{Aggregation, Family, FeatureKey, catalogue},
    settings::{Discretise, Settings},
    volume::{Image, Mask},
};
use radgauge_phantoms::textured::{self, textured_phantom};

use super::{Asks, Given, Input, Suite, SuiteCase};
use crate::{
    results::{Check, Tier},
    verdict::{Expected, OWN, Rule},
};
use growth::Growth;
use rounding::Magnitudes;
use transformation::sees_all;

/// The suite's name.
pub const NAME: &str = "invariance";
const EDITION: u32 = 2;

/// The suite `invariance` on its default phantom, with the degenerate regions.
#[must_use]
pub fn invariance() -> Suite {
    let (image, mask) = textured_phantom();
    let input = Input::Phantom(textured_phantom);
    let mut cases = transformed(input, &image, &mask, &default_settings());
    cases.extend(degenerate::cases());
    Suite {
        name: NAME,
        edition: EDITION,
        cases,
    }
}

fn default_settings() -> Settings {
    Settings {
        discretise: Discretise::FixedBinNumber {
            bins: textured::BINS,
        },
        ..Settings::default()
    }
}

/// What is not checked of the default phantom.
#[must_use]
pub fn default_exclusions() -> Vec<Exclusion> {
    let (image, mask) = textured_phantom();
    exclusions(&image, &mask, &default_settings())
}

/// The cases of the suite on an image of one's own.
///
/// # Errors
/// For settings with interpolation or a filter, of which theory promises nothing that could be checked: the grid of
/// interpolation and the border of a filter do not move with the region.
pub fn on(input: &'static Given, settings: &Settings) -> Result<Suite, String> {
    if settings.interpolate.is_some() || settings.filter.is_some() {
        return Err(
            "settings with `interpolate` or `filter`: their grid and border do not move along with the region, so \
             that nothing is promised; interpolate or filter the image first"
                .to_owned(),
        );
    }
    let Given { image, mask, .. } = input;
    Ok(Suite {
        name: NAME,
        edition: EDITION,
        cases: transformed(Input::Given(input), image, mask, settings),
    })
}

fn transformed(input: Input, image: &Image, mask: &Mask, settings: &Settings) -> Vec<SuiteCase> {
    let sees_all = sees_all(image, mask);
    let case = |transformation: Transformation| {
        transformation.apply(image, mask, settings).ok()?;
        let id = format!("{NAME}/{transformation}");
        let promised = keys(settings)
            .filter_map(|key| Some((key, transformation.promise(&key, sees_all).ok()?)));
        let checks: Vec<Check> = promised
            .map(|(key, promise)| check(&id, transformation, key, promise))
            .collect();
        (!checks.is_empty()).then(|| SuiteCase {
            title: format!("Unchanged when {}", transformation.words()),
            input,
            settings: if transformation.asks_by_slice() {
                settings.clone()
            } else {
                volumetric(settings.clone())
            },
            asks: Asks::Invariance(transformation),
            checks,
            observed: Vec::new(),
            observed_features: &[],
            is_on_request: false,
            id,
        })
    };
    Transformation::ALL.into_iter().filter_map(case).collect()
}

/// What is not checked of an image, and why: by transformation, whole ones first, then groups of features.
#[must_use]
pub fn exclusions(image: &Image, mask: &Mask, settings: &Settings) -> Vec<Exclusion> {
    let sees_all = sees_all(image, mask);
    let mut exclusions: Vec<Exclusion> = Vec::new();
    for transformation in Transformation::ALL {
        if let Err(reason) = transformation.apply(image, mask, settings) {
            exclusions.push(Exclusion {
                transformation,
                families: Vec::new(),
                features: 0,
                reason,
            });
            continue;
        }
        let first = exclusions.len();
        for key in keys(settings) {
            let Err(reason) = transformation.promise(&key, sees_all) else {
                continue;
            };
            let family = key.feature.family;
            match exclusions[first..]
                .iter_mut()
                .find(|one| one.reason == reason)
            {
                Some(one) => {
                    one.features += 1;
                    if !one.families.contains(&family) {
                        one.families.push(family);
                    }
                }
                None => exclusions.push(Exclusion {
                    transformation,
                    families: vec![family],
                    features: 1,
                    reason: reason.to_owned(),
                }),
            }
        }
    }
    exclusions
}

/// Features of which a transformation promises nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// The transformation.
    pub transformation: Transformation,
    /// The families of the features; none = the transformation as a whole.
    pub families: Vec<Family>,
    /// How many features, counted in every aggregation.
    pub features: usize,
    /// Why.
    pub reason: String,
}

/// The features that the settings select, in the order of the catalogue.
fn keys(settings: &Settings) -> impl Iterator<Item = FeatureKey> {
    catalogue::features().iter().flat_map(|feature| {
        let aggregations = settings.features.aggregations_of(feature.family);
        aggregations.into_iter().map(move |aggregation| FeatureKey {
            feature,
            aggregation,
        })
    })
}

fn check(case: &str, transformation: Transformation, key: FeatureKey, promise: Promise) -> Check {
    let before = match transformation {
        Transformation::Duplicate => "its own value when asked before".to_owned(),
        other => format!("its own value without `{other}`"),
    };
    let rounded = rounding::RELATIVE.to_string();
    let (tolerance, source) = match promise {
        Promise::Equal => ("0".to_owned(), before),
        Promise::Reordered => (
            rounded,
            format!("{before}, equal up to the order in which sums are taken"),
        ),
        Promise::Derived => (
            rounded,
            format!("{before}, of n voxels: it {}", Growth::words(&key)),
        ),
    };
    Check {
        id: format!("{case}/{key}"),
        tier: Tier::Invariant,
        name: key.feature.name.clone(),
        unit: key.feature.unit.clone(),
        rule: Rule::Invariant,
        expected: Expected {
            value: OWN.to_owned(),
            tolerance,
            digits: None,
        },
        source,
        ..Check::not_run()
    }
}

/// The settings without features that are computed slice by slice.
fn volumetric(mut settings: Settings) -> Settings {
    let aggregations = &mut settings.features.aggregations;
    aggregations.retain(|aggregation: &Aggregation| !aggregation.is_by_slice());
    settings
}

/// An image, transformed, with what is expected of every feature.
#[derive(Debug)]
pub struct Trial {
    /// What is handed over.
    pub presented: Presented,
    growth: Option<Growth>,
    magnitudes: Magnitudes,
}

impl Trial {
    /// Transforms an image.
    ///
    /// # Errors
    /// As [`Transformation::apply`].
    pub fn of(
        transformation: Transformation,
        image: &Image,
        mask: &Mask,
        settings: &Settings,
    ) -> Result<Self, String> {
        let presented = transformation.apply(image, mask, settings)?;
        Ok(Self {
            presented,
            growth: match transformation {
                Transformation::GrowMask => Some(Growth::of(image, mask, settings)?),
                _ => None,
            },
            magnitudes: Magnitudes::of(image, mask, settings),
        })
    }

    /// What is expected of a feature whose value was `own` before.
    #[must_use]
    pub fn expected(&self, check: &Check, own: f64) -> Expected {
        let Ok(key) = check.key().parse::<FeatureKey>() else {
            return check.expected.clone();
        };
        let rounding = |value| self.magnitudes.tolerance(key.feature, value);
        let (value, tolerance) = match &self.growth {
            Some(growth) => {
                let (value, bound) = growth.statement(&key, own);
                (value, bound.unwrap_or(0.0) + rounding(value))
            }
            None if check.expected.tolerance == "0" => (own, 0.0),
            None => (own, rounding(own)),
        };
        Expected {
            value: value.to_string(),
            tolerance: tolerance.to_string(),
            digits: None,
        }
    }
}
