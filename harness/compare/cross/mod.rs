//! Agreement of implementations over many regions: the observations of the [phantoms](mod@crate::suite::imsure) in result
//! documents, feature by feature.
//!
//! A feature of a phantom under a discretisation has one value per region and implementation. Two numbers say how far
//! they agree: the share of regions in which all values lie within the tolerance that is stored with the observation,
//! and ICC(A,1) of regions × implementations with its 95 % interval. The first asks whether values are the same, the
//! second whether they would rank regions alike and at one level; neither says who is right.

mod text;

pub use text::{csv, text};

use std::collections::BTreeMap;

use radgauge_phantoms::imsure::{Phantom, Shape, Size};

use crate::{
    results::{Observation, Results},
    statistics::{
        Interval, Level, Ratings,
        category::{Category, Criterion},
        icc::{Form, icc},
    },
    suite::imsure::{Cell, Discretisation},
};

/// Agreement over the regions of the phantoms.
#[derive(Clone, Debug, PartialEq)]
pub struct Cross {
    /// All regions, then those of each shape, then those of each size.
    pub parts: Vec<Part>,
}

/// Some of the regions.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What they have in common.
    pub regions: Regions,
    /// The features, in the order of the documents.
    pub features: Vec<FeatureAgreement>,
}

/// Which regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regions {
    /// All.
    All,
    /// Those of a shape.
    Shape(Shape),
    /// Those of a size.
    Size(Size),
}

/// A feature of a phantom under a discretisation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feature {
    /// Isotropic (the image as it is) or anisotropic (interpolated).
    pub phantom: &'static str,
    /// How intensities are discretised.
    pub discretisation: Discretisation,
    /// The key, `glcm/3d_avg/TU9B`.
    pub key: String,
}

impl Feature {
    /// The aggregation part of the key.
    #[must_use]
    pub fn aggregation(&self) -> &str {
        self.key.split('/').nth(1).unwrap_or_default()
    }
}

/// How far implementations agree on a feature.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureAgreement {
    /// The feature.
    pub feature: Feature,
    /// Its name.
    pub name: String,
    /// Regions for which it was asked.
    pub asked: usize,
    /// Regions for which every document has a value; the rest follows from these.
    pub compared: usize,
    /// Regions in which all values lie within the tolerance.
    pub within: usize,
    /// Largest distance of two values of a region, relative to the larger one.
    pub largest_difference: Option<f64>,
    /// ICC(A,1) of regions × documents, where it is defined.
    pub icc: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// By the lower end of the interval.
    pub category: Category,
}

/// What the documents have of a feature in a region.
struct RegionValues {
    shape: Shape,
    size: Size,
    tolerance: Option<f64>,
    values: Vec<Option<f64>>,
}

/// Everything that was observed of a feature.
struct Observed {
    /// Where it first occurs.
    order: usize,
    name: String,
    regions: BTreeMap<&'static str, RegionValues>,
}

impl Regions {
    /// Every part.
    const ALL: [Self; 7] = [
        Self::All,
        Self::Shape(Shape::Cube),
        Self::Shape(Shape::Sphere),
        Self::Shape(Shape::Bean),
        Self::Size(Size::Large),
        Self::Size(Size::Medium),
        Self::Size(Size::Small),
    ];

    /// What it is, in words: `all`, `cube`, `8 mL`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Shape(shape) => shape.name().to_owned(),
            Self::Size(size) => format!("{} mL", size.volume_ml()),
        }
    }

    fn holds(self, region: &RegionValues) -> bool {
        match self {
            Self::All => true,
            Self::Shape(shape) => region.shape == shape,
            Self::Size(size) => region.size == size,
        }
    }
}

/// Compares the observations of the phantoms; none where no document has any.
#[must_use]
pub fn cross(results: &[Results]) -> Option<Cross> {
    let mut observed: BTreeMap<Feature, Observed> = BTreeMap::new();
    for (document, one) in results.iter().enumerate() {
        for observation in &one.observations {
            if let Some(cell) = Cell::of(observation.case_id()) {
                let order = observed.len();
                let of_feature = observed
                    .entry(feature(&cell, observation))
                    .or_insert_with(|| Observed {
                        order,
                        name: observation.name.clone(),
                        regions: BTreeMap::new(),
                    });
                of_feature.add(&cell, observation, document, results.len());
            }
        }
    }
    if observed.is_empty() {
        return None;
    }
    let mut features: Vec<(&Feature, &Observed)> = observed.iter().collect();
    features.sort_by_key(|(_, observed)| observed.order);
    let part = |regions: Regions| Part {
        regions,
        features: (features.iter())
            .map(|(feature, observed)| observed.agreement(feature, regions))
            .filter(|agreement| agreement.asked > 0)
            .collect(),
    };
    Some(Cross {
        parts: Regions::ALL.into_iter().map(part).collect(),
    })
}

fn feature(cell: &Cell, observation: &Observation) -> Feature {
    Feature {
        phantom: Phantom::name(cell.phantom),
        discretisation: cell.discretisation,
        key: observation.key().to_owned(),
    }
}

impl Observed {
    fn add(&mut self, cell: &Cell, observation: &Observation, document: usize, documents: usize) {
        let region = self.regions.entry(&cell.placement.name);
        let region = region.or_insert_with(|| RegionValues {
            shape: cell.placement.shape,
            size: cell.placement.size,
            tolerance: observation.tolerance,
            values: vec![None; documents],
        });
        region.values[document] = observation.value;
    }

    fn agreement(&self, feature: &Feature, regions: Regions) -> FeatureAgreement {
        let asked: Vec<&RegionValues> = (self.regions.values())
            .filter(|region| regions.holds(region))
            .collect();
        let complete: Vec<(Vec<f64>, Option<f64>)> = asked
            .iter()
            .filter_map(|region| {
                let values: Option<Vec<f64>> = region.values.iter().copied().collect();
                Some((values?, region.tolerance))
            })
            .collect();
        let differences: Vec<f64> = complete
            .iter()
            .map(|(values, _)| difference(values))
            .collect();
        let is_within = |(difference, (_, tolerance)): &(&f64, &(Vec<f64>, Option<f64>))| {
            **difference <= tolerance.unwrap_or(0.0)
        };
        let rows: Vec<&[f64]> = complete
            .iter()
            .map(|(values, _)| values.as_slice())
            .collect();
        let found = Ratings::new(&rows)
            .ok()
            .and_then(|ratings| icc(&ratings, Form::AGREEMENT, Level::P95).ok());
        FeatureAgreement {
            feature: feature.clone(),
            name: self.name.clone(),
            asked: asked.len(),
            compared: complete.len(),
            within: differences.iter().zip(&complete).filter(is_within).count(),
            largest_difference: differences.iter().copied().reduce(f64::max),
            icc: found
                .as_ref()
                .map(|found| found.value)
                .filter(|icc| icc.is_finite()),
            interval: found.as_ref().and_then(|found| found.interval),
            // Two implementations are enough: IBSI 1's categories, not IBSI 2's.
            category: found
                .as_ref()
                .map_or(Category::Unknown, |found| Criterion::IBSI1.category(found)),
        }
    }
}

/// The distance of the two values that are farthest apart, relative to the larger magnitude; 0 where all are equal.
fn difference(values: &[f64]) -> f64 {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if lowest == highest {
        return 0.0;
    }
    (highest - lowest) / lowest.abs().max(highest.abs())
}

#[cfg(test)]
mod tests;
