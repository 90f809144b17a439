//! Grey levels with a border, for looking at neighbours.

use crate::diagnose::emulate::levels::Levels;

/// A step from a voxel to another, along x, y, z.
pub(super) type Step = [isize; 3];

/// One of each pair of opposite directions to the 26 neighbours; the first four lie in a slice.
pub(super) const DIRECTIONS: [Step; 13] = [
    [1, 0, 0],
    [-1, 1, 0],
    [0, 1, 0],
    [1, 1, 0],
    [-1, -1, 1],
    [0, -1, 1],
    [1, -1, 1],
    [-1, 0, 1],
    [0, 0, 1],
    [1, 0, 1],
    [-1, 1, 1],
    [0, 1, 1],
    [1, 1, 1],
];

/// Whether a step runs along a voxel axis.
pub(super) fn is_along_axis(step: &Step) -> bool {
    step.iter().filter(|s| **s != 0).count() == 1
}

/// The grey levels of a region with a border, slices across the last axis.
pub(super) struct Grid {
    /// Voxels along the axes, border included.
    pub size: [usize; 3],
    /// Width of the border.
    pub border: usize,
    /// Levels, first axis fastest; 0 outside.
    pub levels: Vec<u16>,
    /// The morphological mask.
    pub morphological: Vec<bool>,
    /// First voxel, without the border, on the whole grid.
    pub low: [usize; 3],
    /// Size of the whole grid.
    pub whole: [usize; 3],
}

impl Grid {
    /// The levels with slices across `slice_axis`.
    pub fn new(levels: &Levels, slice_axis: usize, border: usize) -> Self {
        let axes = match slice_axis {
            0 => [1, 2, 0],
            1 => [0, 2, 1],
            _ => [0, 1, 2],
        };
        let size = axes.map(|axis| levels.size[axis] + 2 * border);
        let n = size.iter().product();
        let mut grid = Self {
            size,
            border,
            levels: vec![0; n],
            morphological: vec![false; n],
            low: axes.map(|axis| levels.low[axis]),
            whole: axes.map(|axis| levels.whole[axis]),
        };
        let [nx, ny, _] = levels.size;
        for (i, level) in levels.voxels.iter().enumerate() {
            let from = [i % nx, i / nx % ny, i / nx / ny];
            let at = grid.at(axes.map(|axis| from[axis] + border));
            grid.levels[at] = *level;
            grid.morphological[at] = levels.morphological[i];
        }
        grid
    }

    fn at(&self, [x, y, z]: [usize; 3]) -> usize {
        x + self.size[0] * (y + self.size[1] * z)
    }

    /// Where a voxel lies, border included.
    pub fn position(&self, at: usize) -> [usize; 3] {
        let [nx, ny, _] = self.size;
        [at % nx, at / nx % ny, at / nx / ny]
    }

    /// A step as a difference of places in memory.
    pub fn offset(&self, [x, y, z]: Step) -> isize {
        let [nx, ny, _] = self.size.map(usize::cast_signed);
        x + nx * (y + ny * z)
    }

    /// The slices that hold voxels of the region, each as its range in memory; or the volume.
    pub fn parts(&self, is_by_slice: bool) -> Vec<std::ops::Range<usize>> {
        let n = self.levels.len();
        let thickness = if is_by_slice {
            self.size[0] * self.size[1]
        } else {
            n
        };
        (0..n)
            .step_by(thickness)
            .map(|start| start..start + thickness)
            .filter(|part| self.levels[part.clone()].iter().any(|level| *level > 0))
            .collect()
    }

    /// Place and level of the voxels of the region in a part.
    pub fn voxels(&self, part: std::ops::Range<usize>) -> impl Iterator<Item = (usize, u16)> {
        part.map(|at| (at, self.levels[at]))
            .filter(|(_, level)| *level > 0)
    }

    /// Offsets of the neighbours within Chebyshev distance, in a slice or in the volume; those along the axes alone if
    /// asked for.
    pub fn neighbours(
        &self,
        distance: usize,
        is_by_slice: bool,
        is_along_axes: bool,
    ) -> Vec<isize> {
        let d = distance.cast_signed();
        let mut offsets = Vec::new();
        for z in if is_by_slice { 0..=0 } else { -d..=d } {
            for y in -d..=d {
                for x in -d..=d {
                    let step = [x, y, z];
                    let is_wanted = !is_along_axes || is_along_axis(&step);
                    if step != [0; 3] && is_wanted {
                        offsets.push(self.offset(step));
                    }
                }
            }
        }
        offsets
    }
}
