//! What the filters share that map every voxel by itself.

use rayon::prelude::*;

use crate::volume::{Image, Volume};

/// `max |f|` over the image.
pub(super) fn largest_magnitude(image: &Image) -> f64 {
    let voxels = image.as_slice().par_iter();
    voxels.map(|f| f.abs()).reduce(|| 0.0, f64::max)
}

/// Every voxel mapped by `f`.
pub(super) fn map(image: &Image, f: impl Fn(f64) -> f64 + Sync) -> Image {
    let voxels = image.as_slice().par_iter().map(|x| f(*x)).collect();
    Volume::from_flat(image.grid().clone(), voxels)
}
