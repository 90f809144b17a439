//! The planes of a volume that are not axial, laid out like axial ones.

use rayon::prelude::*;

use crate::volume::Image;

/// Voxels that are transposed together: as many as a cache line holds.
const BLOCK: usize = 8;

/// A pair of axes with z among them.
#[derive(Clone, Copy)]
pub(super) enum Orthogonal {
    /// Planes along x and z, one for each y.
    Xz,
    /// Planes along y and z, one for each x.
    Yz,
}

impl Orthogonal {
    pub(super) const BOTH: [Self; 2] = [Self::Xz, Self::Yz];

    /// Number of voxels of a plane along its axes.
    pub(super) fn size(self, [nx, ny, nz]: [usize; 3]) -> [usize; 2] {
        match self {
            Self::Xz => [nx, nz],
            Self::Yz => [ny, nz],
        }
    }

    /// The voxels plane by plane, the first axis of a plane fastest.
    pub(super) fn planes(self, image: &Image) -> Vec<f64> {
        let [nx, ny, nz] = image.size();
        let voxels = image.as_slice();
        let mut planes = vec![0.0; voxels.len()];
        match self {
            Self::Xz => planes
                .par_chunks_mut(nx)
                .enumerate()
                .for_each(|(row, voxel)| {
                    let (z, y) = (row % nz, row / nz);
                    voxel.copy_from_slice(&voxels[nx * (y + ny * z)..][..nx]);
                }),
            Self::Yz => {
                planes
                    .par_chunks_mut(BLOCK * ny * nz)
                    .enumerate()
                    .for_each(|(block, planes)| {
                        let count = planes.len() / (ny * nz);
                        for row in 0..ny * nz {
                            let row_voxels = &voxels[nx * row + BLOCK * block..][..count];
                            for (x, voxel) in row_voxels.iter().enumerate() {
                                planes[x * ny * nz + row] = *voxel;
                            }
                        }
                    })
            }
        }
        planes
    }

    /// Adds values that lie plane by plane to a volume.
    pub(super) fn add(self, planes: &[f64], [nx, ny, nz]: [usize; 3], volume: &mut [f64]) {
        match self {
            Self::Xz => volume
                .par_chunks_mut(nx)
                .enumerate()
                .for_each(|(row, sum)| {
                    let (y, z) = (row % ny, row / ny);
                    for (sum, value) in sum.iter_mut().zip(&planes[nx * (z + nz * y)..]) {
                        *sum += value;
                    }
                }),
            Self::Yz => volume
                .par_chunks_mut(BLOCK * nx)
                .enumerate()
                .for_each(|(block, sums)| {
                    for x in 0..nx {
                        let values = &planes[x * ny * nz + BLOCK * block..];
                        for (sum, value) in sums[x..].iter_mut().step_by(nx).zip(values) {
                            *sum += value;
                        }
                    }
                }),
        }
    }
}
