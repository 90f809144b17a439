//! Feature aggregation (5QB6): how values or matrices of slices and directions become one value.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How a feature is aggregated over slices and directions.
///
/// The first six belong to the direction-based matrices (GLCM, GLRLM), the next three to the other texture matrices,
/// the last to everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Aggregation {
    /// `2d_avg` (BTW3): a value per slice and direction, averaged.
    #[serde(rename = "2d_avg")]
    SliceDirectionAveraged,
    /// `2d_mrg` (SUJT): directions merged per slice, the slices' values averaged.
    #[serde(rename = "2d_mrg")]
    SliceMerged,
    /// `25d_avg` (JJUI): slices merged per direction, the directions' values averaged.
    #[serde(rename = "25d_avg")]
    DirectionMerged,
    /// `25d_mrg` (ZW7Z): all slices and directions merged.
    #[serde(rename = "25d_mrg")]
    Merged2d,
    /// `3d_avg` (ITBB): a value per 3D direction, averaged.
    #[serde(rename = "3d_avg")]
    Averaged3d,
    /// `3d_mrg` (IAZD): all 3D directions merged.
    #[serde(rename = "3d_mrg")]
    Merged3d,
    /// `2d` (8QNN): a value per slice, averaged.
    #[serde(rename = "2d")]
    BySlice,
    /// `25d` (62GR): the slices' matrices merged.
    #[serde(rename = "25d")]
    SlicesMerged,
    /// `3d` (KOBO): one matrix for the volume.
    #[serde(rename = "3d")]
    Volume,
    /// `-` (DHQ4): not a texture matrix; computed once over the volume.
    #[serde(rename = "-")]
    None,
}

impl Aggregation {
    /// Every aggregation, in the order of the catalogue.
    pub const ALL: [Self; 10] = [
        Self::SliceDirectionAveraged,
        Self::SliceMerged,
        Self::DirectionMerged,
        Self::Merged2d,
        Self::Averaged3d,
        Self::Merged3d,
        Self::BySlice,
        Self::SlicesMerged,
        Self::Volume,
        Self::None,
    ];

    /// The form used in ids: `2d_avg 2d_mrg 25d_avg 25d_mrg 3d_avg 3d_mrg 2d 25d 3d -`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::SliceDirectionAveraged => "2d_avg",
            Self::SliceMerged => "2d_mrg",
            Self::DirectionMerged => "25d_avg",
            Self::Merged2d => "25d_mrg",
            Self::Averaged3d => "3d_avg",
            Self::Merged3d => "3d_mrg",
            Self::BySlice => "2d",
            Self::SlicesMerged => "25d",
            Self::Volume => "3d",
            Self::None => "-",
        }
    }

    /// The IBSI code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SliceDirectionAveraged => "BTW3",
            Self::SliceMerged => "SUJT",
            Self::DirectionMerged => "JJUI",
            Self::Merged2d => "ZW7Z",
            Self::Averaged3d => "ITBB",
            Self::Merged3d => "IAZD",
            Self::BySlice => "8QNN",
            Self::SlicesMerged => "62GR",
            Self::Volume => "KOBO",
            Self::None => "DHQ4",
        }
    }

    /// Whether matrices are made slice by slice (2D and 2.5D).
    #[must_use]
    pub fn is_by_slice(self) -> bool {
        matches!(
            self,
            Self::SliceDirectionAveraged
                | Self::SliceMerged
                | Self::DirectionMerged
                | Self::Merged2d
                | Self::BySlice
                | Self::SlicesMerged
        )
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// A text that names no aggregation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an aggregation (2d_avg, 2d_mrg, 25d_avg, 25d_mrg, 3d_avg, 3d_mrg, 2d, 25d, 3d or -), found `{0}`"
)]
pub struct UnknownAggregation(pub String);

impl FromStr for Aggregation {
    type Err = UnknownAggregation;

    /// Reads either form, the slug or the IBSI code.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|a| a.slug() == text || a.code() == text)
            .ok_or_else(|| UnknownAggregation(text.to_owned()))
    }
}
