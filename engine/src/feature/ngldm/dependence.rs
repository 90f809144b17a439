//! Counting dependent neighbours.

use crate::feature::texture::{Levels, window_sums};

/// For every voxel, border included, the number of voxels of the region within `radius` of it along each axis, itself
/// included, whose grey level differs by at most `coarseness`. What is given for voxels outside the region has no
/// meaning.
pub(super) fn dependences(levels: &Levels, radius: [usize; 3], coarseness: u16) -> Vec<u32> {
    /// The largest window that is counted neighbour by neighbour: the point from which counting level by level is
    /// faster for the common 32 levels.
    const LARGEST_WINDOW: usize = 13 * 13 * 13;

    let size = levels.size();
    let radius = std::array::from_fn(|axis| radius[axis].min(size[axis].saturating_sub(1)));
    if radius.iter().map(|r| 2 * r + 1).product::<usize>() <= LARGEST_WINDOW {
        by_neighbour(levels, radius, coarseness)
    } else {
        by_level(levels, radius, coarseness)
    }
}

/// Compares every voxel with every neighbour. Rows are compared with rows, a loop without branches over adjacent
/// voxels.
fn by_neighbour(levels: &Levels, radius: [usize; 3], coarseness: u16) -> Vec<u32> {
    let grey_levels = levels.grey_levels();
    let mut dependences = vec![1_u16; grey_levels.len()];
    let [rx, ry, rz] = radius.map(usize::cast_signed);
    for dz in -rz..=rz {
        for dy in -ry..=ry {
            for dx in (-rx..=rx).filter(|dx| [*dx, dy, dz] != [0; 3]) {
                for (voxels, partners) in levels.row_pairs(levels.volume(), [dx, dy, dz]) {
                    let pairs = grey_levels[voxels.clone()]
                        .iter()
                        .zip(&grey_levels[partners]);
                    for (dependence, (level, partner)) in dependences[voxels].iter_mut().zip(pairs)
                    {
                        let is_dependent = level.abs_diff(*partner) <= coarseness && *partner > 0;
                        *dependence += u16::from(is_dependent);
                    }
                }
            }
        }
    }
    dependences.into_iter().map(u32::from).collect()
}

/// Takes one grey level after the other, with the voxels whose levels are close enough to it: many of them are summed
/// over windows, at a cost that does not depend on the radius; few are compared one by one.
fn by_level(levels: &Levels, radius: [usize; 3], coarseness: u16) -> Vec<u32> {
    /// What a window sum costs per voxel of the box, in comparisons of two voxels; measured.
    const WINDOW_COST: usize = 5;

    struct Voxel {
        level: u16,
        at: usize,
        position: [usize; 3],
    }

    let mut voxels: Vec<Voxel> = levels
        .voxels(levels.volume())
        .map(|(at, rank)| Voxel {
            level: levels.grey_level(rank.into()),
            at,
            position: levels.position(at),
        })
        .collect();
    voxels.sort_by_key(|voxel| voxel.level);

    let box_size = levels.bordered_size();
    let n_box = levels.ranks().len();
    let mut dependences = vec![0; n_box];
    for of_level in voxels.chunk_by(|a, b| a.level == b.level) {
        let level = of_level[0].level;
        let close_enough = {
            let lowest = level.saturating_sub(coarseness);
            let highest = level.saturating_add(coarseness);
            let first = voxels.partition_point(|voxel| voxel.level < lowest);
            let end = voxels.partition_point(|voxel| voxel.level <= highest);
            &voxels[first..end]
        };
        if of_level.len().saturating_mul(close_enough.len()) <= WINDOW_COST * n_box {
            for Voxel { at, position, .. } in of_level {
                let is_near = |other: &&Voxel| {
                    let distance = |axis: usize| position[axis].abs_diff(other.position[axis]);
                    // no short cut: all three comparisons are cheaper than a branch
                    (distance(0) <= radius[0])
                        & (distance(1) <= radius[1])
                        & (distance(2) <= radius[2])
                };
                let count = close_enough.iter().filter(is_near).count();
                dependences[*at] = u32::try_from(count).expect("fewer than 2^32 voxels");
            }
        } else {
            let mut windows = vec![0; n_box];
            for voxel in close_enough {
                windows[voxel.at] = 1;
            }
            window_sums(&mut windows, box_size, radius);
            for Voxel { at, .. } in of_level {
                dependences[*at] = u32::try_from(windows[*at]).expect("fewer than 2^32 voxels");
            }
        }
    }
    dependences
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::texture::testing::{self, discretised};

    proptest! {
        #[test]
        fn both_ways_agree_with_the_definition(
            (size, voxels) in testing::regions(5),
            radius in prop::array::uniform3(0_usize..4),
            coarseness in 0_u16..3,
        ) {
            let levels = Levels::new(&discretised(size, &voxels));
            let radius = std::array::from_fn(|axis| radius[axis].min(size[axis] - 1));
            let by_neighbour = by_neighbour(&levels, radius, coarseness);
            let by_level = by_level(&levels, radius, coarseness);
            let of = |[x, y, z]: [usize; 3]| voxels[x + size[0] * (y + size[1] * z)];
            for (at, _) in levels.voxels(levels.volume()) {
                let position = levels.position(at);
                let want = 1 + testing::neighbours(size, position, radius)
                    .filter(|n| of(*n) > 0 && of(*n).abs_diff(of(position)) <= coarseness)
                    .count();
                prop_assert_eq!(by_neighbour[at] as usize, want, "by neighbour, at {:?}", position);
                prop_assert_eq!(by_level[at] as usize, want, "by level, at {:?}", position);
            }
        }
    }
}
