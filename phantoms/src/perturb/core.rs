//! The core of a region.

use radgauge_engine::{
    filter::Dimension,
    volume::{Image, Mask},
};
use serde::{Deserialize, Serialize};

use super::{OnMask, PerturbError, error::check_value, grow::shrunk, seed::Random};

/// The core of the region: the region shrunk by a distance, as [`GrowMm`](super::GrowMm) shrinks, down to one voxel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    /// How far from the contour it ends, in mm.
    pub mm: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
}

impl OnMask for Core {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            (0.01..=200.0).contains(&self.mm),
            "core.mm",
            "a distance from 0.01 to 200 mm",
            self.mm,
        )
    }

    fn apply(&self, _: &Image, mask: &Mask, _: &Random) -> Result<Mask, PerturbError> {
        shrunk(mask, self.mm, self.dimension, "core", 1)
    }
}
