//! Voxels and the grid on which they lie. **The axis order of the whole project is stated here, once.**
//!
//! Every triple (size, index, spacing, origin) is in the order **x, y, z**: x runs along a row of a slice,
//! y down its rows, z from slice to slice. Voxel arrays are indexed `[[x, y, z]]` and are always stored with x
//! varying fastest (Fortran order, the order of NIfTI files), so that the flat slice of [`Volume::as_slice`] has
//! voxel `(x, y, z)` at `x + nx * (y + ny * z)`. A *slice* in the sense of the 2D and 2.5D features is a plane of
//! constant z.

use std::{borrow::Cow, ops::Range};

use ndarray::{Array3, ShapeBuilder};
use serde::{Deserialize, Serialize};

/// Where the voxel centres of a volume lie in the world.
///
/// World coordinates are in mm, in the patient axes of NIfTI (RAS: x to the right, y to the front, z to the head).
/// The centre of voxel `(i, j, k)` lies at `origin_mm + i·sx·d[0] + j·sy·d[1] + k·sz·d[2]`, where `s` is
/// `spacing_mm` and `d[a]` the unit direction of voxel axis `a`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Number of voxels along x, y, z.
    pub size: [usize; 3],
    /// Distance between neighbouring voxel centres along x, y, z, in mm; positive and finite.
    pub spacing_mm: [f64; 3],
    /// World position of the centre of voxel `(0, 0, 0)`, in mm.
    pub origin_mm: [f64; 3],
    /// `direction[a]` is the unit vector, in the world, along which voxel axis `a` runs.
    pub direction: [[f64; 3]; 3],
}

impl Grid {
    /// A grid along the world's axes with its first voxel centre at the world's origin.
    #[must_use]
    pub fn axis_aligned(size: [usize; 3], spacing_mm: [f64; 3]) -> Self {
        Self {
            size,
            spacing_mm,
            origin_mm: [0.0; 3],
            direction: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        }
    }

    /// Number of voxels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.size.iter().product()
    }

    /// Whether the grid has no voxel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Volume of one voxel in mm³.
    #[must_use]
    pub fn voxel_volume_mm3(&self) -> f64 {
        self.spacing_mm.iter().product()
    }

    /// World position in mm of a point given in voxel coordinates (fractions allowed).
    #[must_use]
    pub fn world_mm(&self, voxel: [f64; 3]) -> [f64; 3] {
        let mut world = self.origin_mm;
        for ((index, spacing), direction) in voxel.iter().zip(self.spacing_mm).zip(self.direction) {
            for (w, d) in world.iter_mut().zip(direction) {
                *w += index * spacing * d;
            }
        }
        world
    }
}

/// An array of voxels on a [`Grid`]: shape `[nx, ny, nz]`, x fastest in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume<T> {
    grid: Grid,
    voxels: Array3<T>,
}

/// Image intensities, `f64` whatever the type of the file was.
pub type Image = Volume<f64>;

/// A binary mask: `true` inside the region of interest.
pub type Mask = Volume<bool>;

impl<T> Volume<T> {
    /// A volume from its flat voxels, x fastest.
    ///
    /// # Panics
    /// When the number of voxels is not that of the grid: the caller made both.
    #[must_use]
    #[track_caller]
    pub fn from_flat(grid: Grid, voxels: Vec<T>) -> Self {
        let [nx, ny, nz] = grid.size;
        let voxels = Array3::from_shape_vec((nx, ny, nz).f(), voxels)
            .expect("a volume has as many voxels as its grid");
        Self { grid, voxels }
    }

    /// A volume whose voxel `(x, y, z)` is `f([x, y, z])`.
    #[must_use]
    pub fn from_fn(grid: Grid, mut f: impl FnMut([usize; 3]) -> T) -> Self {
        let [nx, ny, nz] = grid.size;
        let mut voxels = Vec::with_capacity(grid.len());
        for z in 0..nz {
            for y in 0..ny {
                for x in 0..nx {
                    voxels.push(f([x, y, z]));
                }
            }
        }
        Self::from_flat(grid, voxels)
    }

    /// The grid on which the voxels lie.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Number of voxels along x, y, z.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        self.grid.size
    }

    /// The voxels as an array of shape `[nx, ny, nz]`.
    #[must_use]
    pub fn voxels(&self) -> &Array3<T> {
        &self.voxels
    }

    /// The voxels as one flat slice, x fastest.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        self.voxels
            .as_slice_memory_order()
            .expect("volumes are contiguous by construction")
    }

    /// The voxels as one flat mutable slice, x fastest.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self.voxels
            .as_slice_memory_order_mut()
            .expect("volumes are contiguous by construction")
    }

    /// A volume on the same grid with every voxel mapped by `f`.
    #[must_use]
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Volume<U> {
        Volume::from_flat(self.grid.clone(), self.as_slice().iter().map(f).collect())
    }
}

impl Mask {
    /// Number of voxels inside.
    #[must_use]
    pub fn count(&self) -> usize {
        // Parts of which a byte can hold the count: many bytes are added at a time.
        let parts = self.as_slice().chunks(usize::from(u8::MAX));
        let counts = parts.map(|part| part.iter().map(|inside| u8::from(*inside)).sum::<u8>());
        counts.map(usize::from).sum()
    }

    /// Where in [`Volume::as_slice`] the voxels inside lie, in order: runs of neighbours in a row.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Range<usize>> {
        let nx = self.size()[0].max(1);
        let rows = self.as_slice().chunks_exact(nx).enumerate();
        rows.filter(|(_, row)| has_any(row))
            .flat_map(move |(row, voxels)| {
                let mut end = nx * row;
                voxels.chunk_by(|a, b| a == b).filter_map(move |run| {
                    let start = end;
                    end += run.len();
                    run[0].then_some(start..end)
                })
            })
    }

    /// The smallest box of voxels that holds all of the mask, or `None` when the mask is empty.
    #[must_use]
    pub fn bounding_box(&self) -> Option<VoxelBox> {
        let [nx, ny, _] = self.size();
        let mut bounds: Option<VoxelBox> = None;
        for (row, voxels) in self.as_slice().chunks_exact(nx.max(1)).enumerate() {
            if !has_any(voxels) {
                continue;
            }
            let first = voxels.iter().position(|inside| *inside).unwrap_or(0);
            let last = voxels.iter().rposition(|inside| *inside).unwrap_or(first);
            let (y, z) = (row % ny, row / ny);
            let bounds = bounds.get_or_insert(VoxelBox {
                low: [first, y, z],
                high: [last, y, z],
            });
            for (axis, (low, high)) in [(first, last), (y, y), (z, z)].into_iter().enumerate() {
                bounds.low[axis] = bounds.low[axis].min(low);
                bounds.high[axis] = bounds.high[axis].max(high);
            }
        }
        bounds
    }
}

/// Whether any voxel of a row is inside. Looking at all of them is faster than stopping at the first, since the compiler
/// can look at many at once.
fn has_any(row: &[bool]) -> bool {
    row.iter().fold(false, |any, inside| any | inside)
}

/// A box of voxels, both corners inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoxelBox {
    /// Smallest x, y, z.
    pub low: [usize; 3],
    /// Largest x, y, z, inclusive.
    pub high: [usize; 3],
}

impl VoxelBox {
    /// Number of voxels along x, y, z.
    #[must_use]
    pub fn size(&self) -> [usize; 3] {
        std::array::from_fn(|axis| self.high[axis] - self.low[axis] + 1)
    }
}

impl<T: Copy> Volume<T> {
    /// The voxels inside a mask, in order.
    ///
    /// # Panics
    /// When the mask has not the same number of voxels.
    #[must_use]
    #[track_caller]
    pub fn inside(&self, mask: &Mask) -> Vec<T> {
        assert_eq!(
            self.size(),
            mask.size(),
            "a volume and its mask lie on one grid"
        );
        let mut inside = Vec::with_capacity(mask.count());
        for run in mask.runs() {
            inside.extend_from_slice(&self.as_slice()[run]);
        }
        inside
    }

    /// The part of the volume inside `bounds`, on the matching part of the grid; the volume itself if that is all.
    ///
    /// # Panics
    /// When `bounds` reaches beyond the volume.
    #[must_use]
    #[track_caller]
    pub fn crop(&self, bounds: VoxelBox) -> Cow<'_, Self> {
        let [nx, ny, _] = self.size();
        let [bx, by, bz] = bounds.size();
        if [bx, by, bz] == self.size() {
            return Cow::Borrowed(self);
        }
        let flat = self.as_slice();
        let mut voxels = Vec::with_capacity(bx * by * bz);
        for z in bounds.low[2]..=bounds.high[2] {
            for y in bounds.low[1]..=bounds.high[1] {
                let row = nx * (y + ny * z);
                voxels.extend_from_slice(&flat[row + bounds.low[0]..=row + bounds.high[0]]);
            }
        }
        let grid = Grid {
            size: [bx, by, bz],
            origin_mm: self.grid.world_mm(bounds.low.map(|i| i as f64)),
            ..self.grid.clone()
        };
        Cow::Owned(Self::from_flat(grid, voxels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_order_is_x_fastest() {
        let volume = Volume::from_fn(Grid::axis_aligned([3, 2, 2], [1.0; 3]), |[x, y, z]| {
            x + 10 * y + 100 * z
        });
        assert_eq!(
            volume.as_slice()[..7],
            [0, 1, 2, 10, 11, 12, 100],
            "x, then y, then z"
        );
        assert_eq!(volume.voxels()[[2, 1, 1]], 112, "indexed x, y, z");
    }

    #[test]
    fn crop_keeps_voxels_in_place() {
        let mut grid = Grid::axis_aligned([4, 3, 3], [2.0, 1.0, 0.5]);
        grid.origin_mm = [10.0, 0.0, -1.0];
        let volume = Volume::from_fn(grid, |[x, y, z]| x + 10 * y + 100 * z);
        let mask = volume.map(|v| [111, 212].contains(v));
        let bounds = mask.bounding_box().expect("the mask has two voxels");
        assert_eq!((bounds.low, bounds.high), ([1, 1, 1], [2, 1, 2]));
        let crop = volume.crop(bounds);
        assert_eq!(crop.as_slice(), [111, 112, 211, 212]);
        assert_eq!(crop.grid().origin_mm, [12.0, 1.0, -0.5]);
    }

    #[test]
    fn voxels_inside_a_mask_are_in_order() {
        let grid = Grid::axis_aligned([3, 2, 2], [1.0; 3]);
        let volume = Volume::from_flat(grid, (0..12).collect());
        let inside = [0, 2, 3, 4, 11];
        let mask = volume.map(|v| inside.contains(v));
        assert_eq!(volume.inside(&mask), inside);
        assert_eq!(
            mask.runs().collect::<Vec<_>>(),
            [0..1, 2..3, 3..5, 11..12],
            "a run ends with its row"
        );
        assert_eq!(mask.count(), inside.len());
        let full = Volume::from_fn(Grid::axis_aligned([300, 3, 1], [1.0; 3]), |_| true);
        assert_eq!(full.count(), 900, "more than a byte can count");
    }

    #[test]
    fn empty_mask_has_no_box() {
        let mask = Volume::from_fn(Grid::axis_aligned([2, 2, 2], [1.0; 3]), |_| false);
        assert_eq!(mask.bounding_box(), None);
    }
}
