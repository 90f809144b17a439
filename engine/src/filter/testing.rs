//! Images for the tests of filters.

use crate::volume::{Grid, Image, Volume};

/// Voxels along x.
pub(super) fn line(voxels: &[f64]) -> Image {
    let grid = Grid::axis_aligned([voxels.len(), 1, 1], [1.0; 3]);
    Volume::from_flat(grid, voxels.to_vec())
}
