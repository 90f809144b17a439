//! Radiomic features, one file a family.
//!
//! A feature's identity is a [`FeatureKey`]: its entry in the [`catalogue`] (family, IBSI code, parameter) and an
//! [`Aggregation`]; its text form, `glcm/3d_avg/TU9B`, is the same in every file and on every screen. A family
//! function returns [`Values`] in the order of the catalogue; [`FeatureTable`] gathers them.

mod aggregation;
pub mod catalogue;
pub mod local_intensity;
pub mod morphology;

pub use aggregation::{Aggregation, UnknownAggregation};
pub use catalogue::{Family, Feature};

use std::fmt;

/// Why a feature has no value. An answer, not a failure: a one-voxel or flat region of interest has features that the
/// manual's formulas leave undefined, and they are reported so, never as NaN or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Undefined {
    /// The mask that the feature is computed from has no voxel.
    #[error("the region of interest has no voxel")]
    EmptyRoi,
    /// The formula divides by a variance (or a range) that is zero.
    #[error("all intensities are equal, and the formula divides by their spread")]
    NoSpread,
    /// The formula divides by a mean, sum or median that is zero.
    #[error("the formula divides by a sum of intensities that is zero")]
    ZeroSum,
    /// The texture matrix has no entry: no two voxels are neighbours, or no voxel has a neighbour.
    #[error("the texture matrix is empty: no voxel has a neighbour in the region of interest")]
    EmptyMatrix,
    /// The shape has fewer dimensions than the formula needs (a single voxel, a line, a plane).
    #[error("the region of interest is too flat or too small for the shape this feature needs")]
    Degenerate,
    /// The feature is computed from pairs of voxels and there is one voxel only.
    #[error("the region of interest has a single voxel, and the feature compares voxels")]
    SingleVoxel,
    /// The histogram has one bin only and the feature needs a neighbouring bin.
    #[error("the histogram has a single bin, and the feature compares bins")]
    SingleBin,
}

/// A feature's value, or the reason why it has none.
pub type Value = Result<f64, Undefined>;

/// The values of one family for one aggregation, in the order of the catalogue: IBSI code, parameter (empty for
/// most), value.
pub type Values = Vec<(&'static str, &'static str, Value)>;

/// What identifies a feature value: the catalogue entry and the aggregation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureKey {
    /// The entry in the catalogue.
    pub feature: &'static Feature,
    /// How the value was aggregated over directions and slices.
    pub aggregation: Aggregation,
}

impl fmt::Display for FeatureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Feature {
            family,
            code,
            parameter,
            ..
        } = self.feature;
        write!(f, "{}/{}/{code}", family.slug(), self.aggregation.slug())?;
        if !parameter.is_empty() {
            write!(f, ":{parameter}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for FeatureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Feature values in the order of the catalogue, family by family, aggregation by aggregation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureTable {
    rows: Vec<(FeatureKey, Value)>,
}

impl FeatureTable {
    /// Appends one family's values for one aggregation.
    ///
    /// # Panics
    /// When a code is not in the catalogue: the family's file and the catalogue disagree, which a test excludes.
    pub fn extend(&mut self, family: Family, aggregation: Aggregation, values: Values) {
        for (code, parameter, value) in values {
            let feature = catalogue::find(family, code, parameter).unwrap_or_else(|| {
                panic!(
                    "{}/{code}:{parameter} is not in the catalogue",
                    family.slug()
                )
            });
            let key = FeatureKey {
                feature,
                aggregation,
            };
            self.rows.push((key, value));
        }
    }

    /// The rows, in order.
    #[must_use]
    pub fn rows(&self) -> &[(FeatureKey, Value)] {
        &self.rows
    }

    /// The value of a feature given by its text form, `glcm/3d_avg/TU9B`; `None` when it was not computed.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        self.rows
            .iter()
            .find(|(row, _)| row.to_string() == key)
            .map(|(_, value)| *value)
    }
}
