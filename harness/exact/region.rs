//! The region of interest as the texture families see it: grey levels at voxel positions, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

/// A voxel's position, or the step from one voxel to another, along x, y, z.
pub(super) type Position = [i64; 3];

/// Whether a region is a volume or one slice of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All voxels: neighbours lie in three dimensions.
    Volume,
    /// The voxels of one z: neighbours lie in the plane.
    Slice,
}

/// Grey levels of the voxels inside the mask.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// The discretised grey level `X_d` of every voxel inside.
    pub(super) levels: BTreeMap<Position, i64>,
    /// `N_g`: the highest grey level of the whole region of interest, also for a slice that does not reach it.
    pub(super) level_count: i64,
    /// Volume or slice.
    pub(super) extent: Extent,
}

impl Region {
    /// The slices (planes of constant z) that have a voxel inside; an empty slice takes no part in any average.
    pub(super) fn slices(&self) -> Vec<Self> {
        let planes: BTreeSet<i64> = self.levels.keys().map(|[_, _, z]| *z).collect();
        let slice_at = |plane| Self {
            levels: self
                .levels
                .iter()
                .filter(|([_, _, z], _)| *z == plane)
                .map(|(position, level)| (*position, *level))
                .collect(),
            level_count: self.level_count,
            extent: Extent::Slice,
        };
        planes.into_iter().map(slice_at).collect()
    }

    /// The unique direction vectors for Chebyshev distance 1 (LFYI): 13 in the volume, 4 in a slice. Of every pair
    /// `m`, `−m` the one whose first component that is not zero, from z down to x, is positive.
    pub(super) fn directions(extent: Extent) -> Vec<Position> {
        chebyshev_steps()
            .filter(|[x, y, z]| (*z, *y, *x) > (0, 0, 0))
            .filter(|[_, _, z]| extent == Extent::Volume || *z == 0)
            .collect()
    }

    /// The grey levels of the neighbours of `position` within Chebyshev distance 1, the voxel itself left out.
    ///
    /// A slice holds voxels of one z only, so that its neighbourhoods are 8-connected and not 26-connected.
    pub(super) fn neighbours(&self, position: Position) -> Vec<i64> {
        chebyshev_steps()
            .filter_map(|step| self.levels.get(&moved(position, step)).copied())
            .collect()
    }
}

/// The 26 steps to the voxels at Chebyshev distance 1 (PVMT).
pub(super) fn chebyshev_steps() -> impl Iterator<Item = Position> {
    (-1..=1)
        .flat_map(|z| (-1..=1).flat_map(move |y| (-1..=1).map(move |x| [x, y, z])))
        .filter(|step| *step != [0, 0, 0])
}

/// The steps to the voxels at Manhattan distance 1 (LIFZ): 6 in the volume, 4 in a slice.
pub(super) fn manhattan_steps(extent: Extent) -> impl Iterator<Item = Position> {
    chebyshev_steps()
        .filter(|step| step.iter().map(|s| s.abs()).sum::<i64>() == 1)
        .filter(move |[_, _, z]| extent == Extent::Volume || *z == 0)
}

/// The position one step on.
pub(super) fn moved(position: Position, step: Position) -> Position {
    std::array::from_fn(|axis| position[axis] + step[axis])
}

/// The step that undoes `step`.
pub(super) fn reversed(step: Position) -> Position {
    step.map(|s| -s)
}

#[cfg(test)]
impl Region {
    /// A volume given slice by slice, row by row; 0 is outside.
    pub(super) fn from_rows(slices: &[&[&[i64]]]) -> Self {
        let mut levels = BTreeMap::new();
        for (z, slice) in (0..).zip(slices) {
            for (y, row) in (0..).zip(*slice) {
                for (x, level) in (0..).zip(*row) {
                    if *level > 0 {
                        levels.insert([x, y, z], *level);
                    }
                }
            }
        }
        let level_count = *levels.values().max().expect("a test region has a voxel");
        Self {
            levels,
            level_count,
            extent: Extent::Volume,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_half_of_the_neighbourhood() {
        for (extent, count) in [(Extent::Volume, 13), (Extent::Slice, 4)] {
            let directions = Region::directions(extent);
            assert_eq!(directions.len(), count, "{extent:?}: number of directions");
            assert!(
                directions
                    .iter()
                    .all(|m| !directions.contains(&reversed(*m))),
                "{extent:?}: no direction is there twice"
            );
        }
        assert_eq!(manhattan_steps(Extent::Volume).count(), 6, "6-connected");
        assert_eq!(manhattan_steps(Extent::Slice).count(), 4, "4-connected");
    }

    #[test]
    fn slices_without_voxels_are_left_out() {
        let region = Region::from_rows(&[&[&[1, 2]], &[&[0, 0]], &[&[3, 0]]]);
        let slices = region.slices();
        let sizes: Vec<usize> = slices.iter().map(|s| s.levels.len()).collect();
        assert_eq!(sizes, [2, 1], "the slice in the middle is empty");
        assert_eq!(slices[0].level_count, 3, "N_g is that of the whole region");
    }
}
