//! Rim.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnMask, PerturbError, seed::Random};

/// The rim of the region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rim {
    /// Its width in mm.
    pub mm: f64,
    /// Around the region or within it.
    #[serde(default)]
    pub side: Side,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: radgauge_engine::filter::Dimension,
}

/// On which side of the contour a rim lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Around the region: peritumoral.
    #[default]
    Outer,
    /// Within the region.
    Inner,
}

impl OnMask for Rim {
    fn check(&self) -> Result<(), PerturbError> {
        Ok(())
    }

    fn apply(&self, image: &Image, mask: &Mask, _: &Random) -> Result<Mask, PerturbError> {
        let _ = image;
        Ok(mask.clone())
    }
}
