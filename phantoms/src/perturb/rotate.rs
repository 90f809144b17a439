//! Rotation in the plane of the slices, composed with the interpolation.

use radgauge_engine::process::interpolate::Pose;
use serde::{Deserialize, Serialize};

use super::{OnPose, PerturbError, error::check_value};

/// Turns the interpolation grid about the centre of the image, in the plane of the slices.
///
/// # Formula
/// That of [`Pose`] with θ = `degrees`: the grid turns from x towards y, image and mask with the same resampling.
///
/// MIRP means the same, but keeps the size of the grid, so that what turns out of it is lost. CERR turns image and mask
/// slice by slice with nearest neighbours, by an angle that is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// The angle θ in degrees, from −180 to 180.
    pub degrees: f64,
}

impl OnPose for Rotate {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            (-180.0..=180.0).contains(&self.degrees),
            "rotate.degrees",
            "an angle from -180 to 180 degrees",
            self.degrees,
        )
    }

    fn put(&self, pose: &mut Pose) {
        pose.rotation_deg = self.degrees;
    }
}
