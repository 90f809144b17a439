//! Shift and scale of intensities: another calibration.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, error::check_value, seed::Random};

/// The largest change that is accepted: intensities stay far from what `f64` can hold.
const LARGEST: f64 = 1e9;

/// Adds a constant to every intensity: `I' = I + by`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntensityShift {
    /// What is added, in intensity units.
    pub by: f64,
}

impl OnScan for IntensityShift {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            self.by.abs() <= LARGEST,
            "intensity-shift.by",
            "a number from -1e9 to 1e9",
            self.by,
        )
    }

    fn apply(
        &self,
        image: &Image,
        _: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        Ok((image.map(|voxel| voxel + self.by), None))
    }
}

/// Multiplies every intensity, about zero: `I' = factor · I`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntensityScale {
    /// The factor, positive.
    pub factor: f64,
}

impl OnScan for IntensityScale {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            (1.0 / LARGEST..=LARGEST).contains(&self.factor),
            "intensity-scale.factor",
            "a factor from 1e-9 to 1e9",
            self.factor,
        )
    }

    fn apply(
        &self,
        image: &Image,
        _: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        Ok((image.map(|voxel| self.factor * voxel), None))
    }
}
