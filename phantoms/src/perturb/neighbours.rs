//! Voxels that share a face.

use radgauge_engine::filter::Dimension;

/// The voxels, as places x fastest, that share a face with a voxel of a grid; four in the slice, six in the volume, fewer
/// at the border.
pub(super) fn neighbours(
    at: usize,
    [nx, ny, nz]: [usize; 3],
    dimension: Dimension,
) -> impl Iterator<Item = usize> {
    let [x, y, z] = [at % nx, at / nx % ny, at / nx / ny];
    let plane = nx * ny;
    let is_volume = dimension == Dimension::Volume;
    [
        (is_volume && z > 0).then(|| at - plane),
        (y > 0).then(|| at - nx),
        (x > 0).then(|| at - 1),
        (x + 1 < nx).then(|| at + 1),
        (y + 1 < ny).then(|| at + nx),
        (is_volume && z + 1 < nz).then(|| at + plane),
    ]
    .into_iter()
    .flatten()
}
