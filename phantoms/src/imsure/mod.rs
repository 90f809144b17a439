//! Phantoms in the style of ImSURE: one continuous scene of CT-like tissue, sampled on an isotropic and on an anisotropic
//! grid, with 90 regions of interest in each: cubes, spheres and beans of 8, 1 and 0.125 mL, ten placements of each.
//!
//! The ImSURE phantoms (Bettinelli et al., Scientific Data 2022, doi:10.1038/s41597-022-01715-6) are a clinical CT with
//! geometric regions of interest. Here the regions are the same solids on the published lattice (`placements.csv`:
//! centres of the published masks of the isotropic phantom, CC BY 4.0), and the tissue is synthetic, so that it can be
//! given away and made anew from a seed: which tissues a region holds, how noisy they are and how a boundary cuts it
//! (`sites.csv`) follows the moments that were published of each of the 90 regions. Values are not comparable with those
//! of the published phantoms, ranges are: mean, standard deviation, skewness and kurtosis.
//!
//! - [`Phantom::Isotropic`]: 500 × 500 × 873 voxels of 1 mm, as published.
//! - [`Phantom::Anisotropic`]: 512 × 512 × 291 voxels of 0.9765625 × 0.9765625 × 3 mm over the same field of view. It is
//!   sampled from the scene and not from the other phantom, so that every error of interpolation is the tool's.
//!   (The grid of the published anisotropic phantom could not be read.)
//!
//! Intensities are whole Hounsfield units. The scene is defined at every point, with a soft transition of 1.5 mm where
//! tissues meet; it is computed with exact arithmetic on ChaCha streams, so that a seed gives the same
//! bits on every machine and whatever part of the phantom is made.

mod placement;
mod scene;
mod shape;

pub use placement::{Placement, placements};
pub use shape::{Bulge, Shape, Size};

use radgauge_engine::volume::{Grid, Image, Mask};

use crate::field::Axes;
use scene::Scene;

/// The seed of the suite.
pub const SEED: u64 = 1;

/// How much of the image lies around a region in its crop, in mm: local intensity features look 6.2 mm far.
const MARGIN_MM: f64 = 8.0;

/// A sampling of the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phantom {
    /// Voxels of 1 mm.
    Isotropic,
    /// Voxels of 0.9765625 × 0.9765625 × 3 mm.
    Anisotropic,
}

impl Phantom {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Isotropic, Self::Anisotropic];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Isotropic => "isotropic",
            Self::Anisotropic => "anisotropic",
        }
    }

    /// The grid of the whole phantom. Voxel (0, 0, 0) of the isotropic phantom lies at the origin; the fields of view
    /// begin at the same border in the plane, the first slices lie in one plane.
    #[must_use]
    pub fn grid(self) -> Grid {
        match self {
            Self::Isotropic => Grid::axis_aligned([500, 500, 873], [1.0; 3]),
            Self::Anisotropic => {
                // 500 mm in 512 pixels: a multiple of 2⁻⁸, so that every position is exact.
                let pixel = 0.976_562_5;
                let first = (pixel - 1.0) / 2.0;
                Grid {
                    origin_mm: [first, first, 0.0],
                    ..Grid::axis_aligned([512, 512, 291], [pixel, pixel, 3.0])
                }
            }
        }
    }

    /// A region with what lies around it, on its part of the phantom's grid.
    #[must_use]
    pub fn crop(self, placement: &Placement, seed: u64) -> (Image, Mask) {
        let (grid, axes) = self.surroundings(placement);
        let image = Image::from_flat(grid, Scene::new(seed).sample(&axes));
        (image, self.mask(placement))
    }

    /// The region alone, on the grid of its crop.
    #[must_use]
    pub fn mask(self, placement: &Placement) -> Mask {
        let (grid, axes) = self.surroundings(placement);
        let solid = placement.solid();
        Mask::from_fn(grid, |voxel| {
            solid.holds(std::array::from_fn(|axis| {
                axes[axis][voxel[axis]] - placement.centre_mm[axis]
            }))
        })
    }

    /// The part of the grid that a region's crop covers.
    fn surroundings(self, placement: &Placement) -> (Grid, Axes) {
        let whole = self.grid();
        let reach = placement.solid().reach_mm();
        let voxels = std::array::from_fn(|axis| {
            let index = |mm: f64| (mm - whole.origin_mm[axis]) / whole.spacing_mm[axis];
            let [low, high] = [-1.0, 1.0]
                .map(|side| index(placement.centre_mm[axis] + side * (reach[axis] + MARGIN_MM)));
            let last = (whole.size[axis] - 1) as f64;
            (low.ceil().max(0.0) as usize..=high.floor().min(last) as usize).collect()
        });
        let axes = positions(&whole, &voxels);
        let grid = Grid {
            size: axes.each_ref().map(Vec::len),
            origin_mm: axes.each_ref().map(|axis| axis[0]),
            ..whole
        };
        (grid, axes)
    }

    /// A slice of the whole phantom, x fastest.
    ///
    /// # Panics
    /// When there is no such slice.
    #[must_use]
    #[track_caller]
    pub fn slice(self, z: usize, seed: u64) -> Vec<f64> {
        Scene::new(seed).sample(&self.slice_axes(z))
    }

    /// A slice of the labels of all regions: the number of the [placement](placements) from 1, and 0 outside.
    ///
    /// # Panics
    /// When there is no such slice.
    #[must_use]
    #[track_caller]
    pub fn label_slice(self, z: usize) -> Vec<u8> {
        let [x, y, z] = self.slice_axes(z);
        let mut labels = vec![0; x.len() * y.len()];
        for (placement, label) in placements().iter().zip(1..) {
            let [cx, cy, cz] = placement.centre_mm;
            let solid = placement.solid();
            let [rx, ry, rz] = solid.reach_mm();
            if (z[0] - cz).abs() > rz {
                continue;
            }
            for (row, y) in y.iter().enumerate().filter(|(_, y)| (*y - cy).abs() <= ry) {
                let row = &mut labels[row * x.len()..][..x.len()];
                for (voxel, x) in row.iter_mut().zip(&x) {
                    if (x - cx).abs() <= rx && solid.holds([x - cx, y - cy, z[0] - cz]) {
                        *voxel = label;
                    }
                }
            }
        }
        labels
    }

    fn slice_axes(self, z: usize) -> Axes {
        let grid = self.grid();
        let [nx, ny, nz] = grid.size;
        assert!(z < nz, "the phantom has {nz} slices, asked for slice {z}");
        positions(&grid, &[(0..nx).collect(), (0..ny).collect(), vec![z]])
    }
}

/// The positions of voxels along the axes, in mm.
fn positions(grid: &Grid, voxels: &[Vec<usize>; 3]) -> Axes {
    std::array::from_fn(|axis| {
        let position = |i: &usize| grid.origin_mm[axis] + *i as f64 * grid.spacing_mm[axis];
        voxels[axis].iter().map(position).collect()
    })
}

#[cfg(test)]
mod tests;
