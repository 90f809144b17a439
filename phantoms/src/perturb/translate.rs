//! Sub-voxel translation, composed with the interpolation.

use radgauge_engine::process::interpolate::Pose;
use serde::{Deserialize, Serialize};

use super::{OnPose, PerturbError, error::check_value};

/// Moves the interpolation grid by a fraction of its voxel spacing.
///
/// # Formula
/// That of [`Pose`] with t = `fraction`. Where the settings interpolate in the plane only, the slices stay and the fraction
/// along z has no effect.
///
/// MIRP means the same and drops whole voxels. Some derived tools move the patient by millimetres instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translate {
    /// The fractions t along x, y, z, from −1 to 1.
    pub fraction: [f64; 3],
}

impl OnPose for Translate {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            self.fraction.iter().all(|t| (-1.0..=1.0).contains(t)),
            "translate.fraction",
            "three fractions of the voxel spacing from -1 to 1",
            self.fraction,
        )
    }

    fn put(&self, pose: &mut Pose) {
        pose.translation = self.fraction;
    }
}
