//! Radiomic features, one file a family.
//!
//! A feature's identity is a [`FeatureKey`]: its entry in the [`catalogue`] (family, IBSI code, parameter) and an
//! [`Aggregation`]; its text form, `glcm/3d_avg/TU9B`, is the same in every file and on every screen. A family
//! function returns [`Values`] in the order of the catalogue; [`FeatureTable`] gathers them.

mod aggregation;
pub mod catalogue;
pub mod glcm;
pub mod gldzm;
pub mod glrlm;
pub mod glszm;
pub mod intensity_histogram;
pub mod intensity_statistics;
pub mod intensity_volume_histogram;
pub mod local_intensity;
pub mod morphology;
pub mod ngldm;
pub mod ngtdm;
pub mod texture;

pub use aggregation::{Aggregation, UnknownAggregation};
pub use catalogue::{Family, Feature, UnknownFamily};

use std::{fmt, str::FromStr};

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

/// Why a text is no [`FeatureKey`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseKeyError {
    /// Not three parts between slashes.
    #[error(
        "expected `family/aggregation/CODE` or `family/aggregation/CODE:parameter`, found `{0}`"
    )]
    Form(String),
    /// The first part names no family.
    #[error(transparent)]
    Family(#[from] UnknownFamily),
    /// The second part names no aggregation.
    #[error(transparent)]
    Aggregation(#[from] UnknownAggregation),
    /// The family's features do not exist in this aggregation.
    #[error("expected an aggregation of {family} ({}), found `{found}`", slugs(.family.aggregations()))]
    NotOfFamily {
        /// The family.
        family: Family,
        /// The aggregation, which belongs to other families.
        found: Aggregation,
    },
    /// The family has no feature of this code and parameter.
    #[error("{family} has no feature `{found}`{}", parameters(*.family, .found))]
    Feature {
        /// The family.
        family: Family,
        /// The third part: code and parameter.
        found: String,
    },
}

fn slugs(aggregations: &[Aggregation]) -> String {
    let slugs: Vec<&str> = aggregations.iter().map(|a| a.slug()).collect();
    slugs.join(", ")
}

/// Says which parameters a code may have when only the parameter is wrong.
fn parameters(family: Family, found: &str) -> String {
    let code = found.split(':').next().unwrap_or(found);
    let known: Vec<String> = catalogue::features()
        .iter()
        .filter(|f| f.family == family && f.code == code)
        .map(|f| match f.parameter.as_str() {
            "" => format!("`{code}`"),
            parameter => format!("`{code}:{parameter}`"),
        })
        .collect();
    if known.is_empty() {
        String::new()
    } else {
        format!(", but it has {}", known.join(" and "))
    }
}

impl FromStr for FeatureKey {
    type Err = ParseKeyError;

    /// Reads the text form, `glcm/3d_avg/TU9B`; IBSI codes are accepted for the slugs of family and aggregation.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        let [family, aggregation, found] = parts[..] else {
            return Err(ParseKeyError::Form(text.to_owned()));
        };
        let family: Family = family.parse()?;
        let aggregation: Aggregation = aggregation.parse()?;
        if !family.aggregations().contains(&aggregation) {
            return Err(ParseKeyError::NotOfFamily {
                family,
                found: aggregation,
            });
        }
        // `CODE:` is not another spelling of `CODE`: a text has one form.
        let (code, parameter) = match found.split_once(':') {
            Some((_, "")) => (found, ""),
            Some(parts) => parts,
            None => (found, ""),
        };
        let feature =
            catalogue::find(family, code, parameter).ok_or_else(|| ParseKeyError::Feature {
                family,
                found: found.to_owned(),
            })?;
        Ok(Self {
            feature,
            aggregation,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_being_written_and_read() {
        for feature in catalogue::features() {
            for aggregation in feature.family.aggregations() {
                let key = FeatureKey {
                    feature,
                    aggregation: *aggregation,
                };
                assert_eq!(key.to_string().parse(), Ok(key), "{key}");
            }
        }
    }

    #[test]
    fn keys_have_the_form_of_check_ids() {
        for text in ["glcm/3d_avg/TU9B", "ivh/-/BC2M:10", "morph/-/RNU0"] {
            let key: FeatureKey = text.parse().expect("the key is in the catalogue");
            assert_eq!(key.to_string(), text, "canonical form");
        }
        let by_codes: FeatureKey = "LFYI/ITBB/TU9B".parse().expect("IBSI codes are accepted");
        assert_eq!(by_codes.to_string(), "glcm/3d_avg/TU9B", "read by codes");
    }

    #[test]
    fn wrong_keys_are_refused_by_what_is_wrong() {
        for (text, message) in [
            (
                "glcm/TU9B",
                "expected `family/aggregation/CODE` or `family/aggregation/CODE:parameter`, found `glcm/TU9B`",
            ),
            (
                "texture/3d_avg/TU9B",
                "expected a feature family (morph, loc, stat, ih, ivh, glcm, glrlm, glszm, gldzm, ngtdm or ngldm), found `texture`",
            ),
            (
                "glcm/4d/TU9B",
                "expected an aggregation (2d_avg, 2d_mrg, 25d_avg, 25d_mrg, 3d_avg, 3d_mrg, 2d, 25d, 3d or -), found `4d`",
            ),
            (
                "glszm/3d_avg/GU8N",
                "expected an aggregation of glszm (2d, 25d, 3d), found `3d_avg`",
            ),
            ("glcm/3d_avg/GU8N", "glcm has no feature `GU8N`"),
            (
                "ivh/-/BC2M",
                "ivh has no feature `BC2M`, but it has `BC2M:10` and `BC2M:90`",
            ),
            (
                "glcm/3d_avg/TU9B:",
                "glcm has no feature `TU9B:`, but it has `TU9B`",
            ),
        ] {
            let error = text.parse::<FeatureKey>().expect_err(text);
            assert_eq!(error.to_string(), message, "message for `{text}`");
        }
    }
}
