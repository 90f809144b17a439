//! Interpolation (VTM2): image and mask on a grid of another voxel spacing.
//!
//! All algorithms are separable, so that they are applied axis by axis; an axis whose voxels stay where they are is
//! left alone. Voxels of the new grid may lie outside the old one, which is extended by its nearest edge voxels, as
//! the manual recommends (026Q).

mod grid;
mod kernel;
mod onto;
mod pose;
mod resample;
mod turn;

use std::borrow::Cow;

use rayon::prelude::*;

use super::{
    ProcessError,
    whole::{floor, is_whole},
};
use crate::{
    settings::{Alignment, Interpolate},
    volume::{Grid, Image, Mask, Volume},
};

pub use grid::MAX_VOXELS;
use grid::Plan;

pub use onto::resample_onto;
pub use pose::{Pose, interpolate_image_posed, interpolate_mask_posed};
use resample::resample;

/// A fraction this close to one half, in intensity units, is a tie of [`round_intensity`]: interpolation weights such
/// as 1/6 leave 12.499999999999998 where 12.5 is meant.
const TIE_TOLERANCE: f64 = 1e-9;

/// A partial volume this close below the threshold reaches it, for the same reason.
const PARTIAL_VOLUME_TOLERANCE: f64 = 1e-9;

/// The interpolation grid (UMPJ, 026Q, QCY4): `spacing_mm` holds two spacings (x and y; slices stay) or three.
///
/// # Formula
/// ```text
/// n_b = ceil(n_a s_a / s_b)
/// origin, in voxels of the image grid:
///   Centre   (n_a − 1 − (n_b − 1) s_b / s_a) / 2
///   Origin   0
///   Corner   (s_b / s_a − 1) / 2
/// Fit:       n_b = ceil((n_a − 1) s_a / s_b) + 1,   s_b = (n_a − 1) s_a / (n_b − 1),   origin 0
/// ```
/// `n` is the number of voxels along an axis, `s` the spacing in mm, `a` the image's grid, `b` the new one. A ratio
/// that is whole but for the rounding of its spacings is not rounded up. An axis of one voxel keeps its spacing with
/// `Fit`.
///
/// # Errors
/// [`ProcessError::Setting`] for anything but two or three positive spacings, [`ProcessError::GridTooLarge`] beyond
/// [`MAX_VOXELS`].
pub fn interpolation_grid(
    grid: &Grid,
    spacing_mm: &[f64],
    align: Alignment,
) -> Result<Grid, ProcessError> {
    Ok(Plan::new(grid, spacing_mm, align)?.grid(grid))
}

/// The image on the interpolation grid, its intensities rounded when `settings` say so (68QD).
///
/// # Errors
/// As [`interpolation_grid`].
pub fn interpolate_image(image: &Image, settings: &Interpolate) -> Result<Image, ProcessError> {
    let plan = Plan::new(image.grid(), &settings.spacing_mm, settings.align)?;
    let mut voxels = resample(image.as_slice(), image.size(), &plan, settings.image);
    if settings.round {
        voxels
            .par_iter_mut()
            .for_each(|voxel| *voxel = round_intensity(*voxel));
    }
    Ok(Volume::from_flat(plan.grid(image.grid()), voxels))
}

/// The mask on the interpolation grid: inside where its interpolated partial volume reaches the threshold (E8H9).
///
/// # Errors
/// As [`interpolation_grid`].
pub fn interpolate_mask(mask: &Mask, settings: &Interpolate) -> Result<Mask, ProcessError> {
    let plan = Plan::new(mask.grid(), &settings.spacing_mm, settings.align)?;
    let fractions = resample(mask.as_slice(), mask.size(), &plan, settings.mask);
    let threshold = settings.mask_threshold - PARTIAL_VOLUME_TOLERANCE;
    let inside = fractions.par_iter().map(|f| *f >= threshold).collect();
    Ok(Volume::from_flat(plan.grid(mask.grid()), inside))
}

/// The image with every intensity [rounded](round_intensity); the image itself if they are whole.
#[must_use]
pub fn round_intensities(image: &Image) -> Cow<'_, Image> {
    /// Voxels that are looked at without a question in between, many at once.
    const PART: usize = 4096;

    let are_whole = |part: &[f64]| part.iter().fold(true, |all, voxel| all & is_whole(*voxel));
    if image.as_slice().par_chunks(PART).all(are_whole) {
        return Cow::Borrowed(image);
    }
    let voxels = image.as_slice().par_iter();
    let rounded = voxels.map(|voxel| round_intensity(*voxel)).collect();
    Cow::Owned(Volume::from_flat(image.grid().clone(), rounded))
}

/// The nearest whole number (68QD). The manual leaves ties open: they go away from zero, the same way for positive and
/// negative intensities, and within 1e-9 of one half a fraction is a tie.
#[must_use]
pub fn round_intensity(intensity: f64) -> f64 {
    let magnitude = floor(intensity.abs() + 0.5 + TIE_TOLERANCE);
    // Adding 0 turns −0 into 0.
    magnitude.copysign(intensity) + 0.0
}

#[cfg(test)]
mod tests;
