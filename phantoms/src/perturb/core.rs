//! Core.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnMask, PerturbError, seed::Random};

/// The core of the region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// How far from the contour it ends, in mm.
    pub mm: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: radgauge_engine::filter::Dimension,
}

impl OnMask for Core {
    fn check(&self) -> Result<(), PerturbError> {
        Ok(())
    }

    fn apply(&self, image: &Image, mask: &Mask, _: &Random) -> Result<Mask, PerturbError> {
        let _ = image;
        Ok(mask.clone())
    }
}
