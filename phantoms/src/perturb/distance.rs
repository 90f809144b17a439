//! Distances to a region, up to a limit.

use radgauge_engine::{
    filter::Dimension,
    volume::{Mask, VoxelBox},
};

/// Distances within this relative difference are the same: √2 spacings, and spacings from 32-bit headers.
const TOLERANCE: f64 = 1e-6;

/// A part of a grid with the squared distance of every voxel from a set of voxels, in mm²; infinite beyond a limit.
pub(super) struct Distances {
    /// The first voxel of the part; it may lie a voxel before the grid.
    low: [isize; 3],
    size: [usize; 3],
    squared_mm2: Vec<f64>,
}

impl Distances {
    /// Distances from the voxels inside the mask to the nearest voxel inside, for all within `limit_mm` of it.
    pub(super) fn to_inside(
        mask: &Mask,
        bounds: VoxelBox,
        limit_mm: f64,
        dimension: Dimension,
    ) -> Self {
        let reach = reach(mask, limit_mm, dimension);
        let n = mask.size();
        let low = std::array::from_fn(|a| bounds.low[a].saturating_sub(reach[a]) as isize);
        let high: [usize; 3] = std::array::from_fn(|a| (bounds.high[a] + reach[a]).min(n[a] - 1));
        let size = std::array::from_fn(|a| high[a] + 1 - low[a].unsigned_abs());
        Self::new(mask, true, low, size, reach)
    }

    /// Distances from the voxels inside the mask to the nearest voxel outside. What lies beyond the image is outside.
    pub(super) fn to_outside(
        mask: &Mask,
        bounds: VoxelBox,
        limit_mm: f64,
        dimension: Dimension,
    ) -> Self {
        let low = bounds.low.map(|low| low as isize - 1);
        let size = bounds.size().map(|n| n + 2);
        Self::new(mask, false, low, size, reach(mask, limit_mm, dimension))
    }

    /// Exact: along each axis in turn, the smallest of the squares so far plus the square of the step. No distance that is
    /// within the limit has a longer step along any axis than the limit.
    fn new(mask: &Mask, to: bool, low: [isize; 3], size: [usize; 3], reach: [usize; 3]) -> Self {
        let [nx, ny, nz] = size;
        let mut squared = Vec::with_capacity(nx * ny * nz);
        for z in 0..nz {
            for y in 0..ny {
                for x in 0..nx {
                    let is_there = is_inside(mask, low, [x, y, z]) == to;
                    squared.push(if is_there { 0.0 } else { f64::INFINITY });
                }
            }
        }
        let mut line = Vec::new();
        let axes = [(nx, 1), (ny, nx), (nz, nx * ny)];
        let steps = reach.into_iter().zip(mask.grid().spacing_mm);
        for ((n, stride), (reach, spacing)) in axes.into_iter().zip(steps) {
            if reach == 0 {
                continue;
            }
            let reach = reach.min(n - 1);
            for start in (0..squared.len()).filter(|at| at / stride % n == 0) {
                line.clear();
                line.extend((0..n).map(|i| squared[start + i * stride]));
                if line.iter().all(|square| *square == line[0])
                    && (line[0] == 0.0 || line[0] == f64::INFINITY)
                {
                    continue;
                }
                for i in 0..n {
                    let near = i.saturating_sub(reach)..(i + reach + 1).min(n);
                    let squares = near.map(|j| {
                        let step = i.abs_diff(j) as f64 * spacing;
                        line[j] + step * step
                    });
                    squared[start + i * stride] = squares.fold(f64::INFINITY, f64::min);
                }
            }
        }
        Self {
            low,
            size,
            squared_mm2: squared,
        }
    }

    /// The voxels of the grid that are part of it, and their squared distance, in order.
    pub(super) fn of_grid<'a>(&'a self, mask: &'a Mask) -> impl Iterator<Item = (usize, f64)> + 'a {
        let [nx, ny, _] = self.size;
        let [mx, my, _] = mask.size();
        self.squared_mm2
            .iter()
            .enumerate()
            .filter_map(move |(at, squared)| {
                let part = [at % nx, at / nx % ny, at / nx / ny];
                let [x, y, z] = in_grid(mask, self.low, part)?;
                Some((x + mx * (y + my * z), *squared))
            })
    }
}

/// Whether a squared distance is at most a length.
pub(super) fn is_within(squared_mm2: f64, mm: f64) -> bool {
    squared_mm2 <= mm * mm * (1.0 + 2.0 * TOLERANCE)
}

/// How many voxels a length reaches along each axis; none along z within the slice.
fn reach(mask: &Mask, mm: f64, dimension: Dimension) -> [usize; 3] {
    std::array::from_fn(|axis| {
        if axis >= dimension.axes() {
            return 0;
        }
        let reach = (mm * (1.0 + TOLERANCE) / mask.grid().spacing_mm[axis]).floor();
        (reach as usize).min(mask.size()[axis])
    })
}

fn in_grid(mask: &Mask, low: [isize; 3], part: [usize; 3]) -> Option<[usize; 3]> {
    let along = |axis: usize| {
        let index = usize::try_from(low[axis] + part[axis] as isize).ok()?;
        (index < mask.size()[axis]).then_some(index)
    };
    Some([along(0)?, along(1)?, along(2)?])
}

fn is_inside(mask: &Mask, low: [isize; 3], part: [usize; 3]) -> bool {
    in_grid(mask, low, part).is_some_and(|voxel| mask.voxels()[voxel])
}
