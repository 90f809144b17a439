//! Grey level run length matrix (TP0I): how long runs of one grey level are along a direction.

use std::ops::Range;

use super::{
    Aggregation, Values,
    texture::{Direction, Features, LevelCounts, Levels, Tally, directional, evaluate},
};
use crate::process::discretise::Discretised;

/// The features of a run length matrix, in the order of the catalogue; quantity is the run length.
const FEATURES: &Features<LevelCounts> = &[
    ("22OV", |m| Ok(m.low_quantity_emphasis())), // short runs emphasis
    ("W4KF", |m| Ok(m.high_quantity_emphasis())), // long runs emphasis
    ("V3SW", |m| Ok(m.low_grey_level_emphasis())), // low grey level run emphasis
    ("G3QZ", |m| Ok(m.high_grey_level_emphasis())), // high grey level run emphasis
    ("HTZT", |m| Ok(m.low_quantity_low_grey_level_emphasis())), // short run low grey level emphasis
    ("GD3A", |m| Ok(m.low_quantity_high_grey_level_emphasis())), // short run high grey level emphasis
    ("IVPO", |m| Ok(m.high_quantity_low_grey_level_emphasis())), // long run low grey level emphasis
    ("3KUM", |m| Ok(m.high_quantity_high_grey_level_emphasis())), // long run high grey level emphasis
    ("R5YN", |m| Ok(m.grey_level_non_uniformity())),              // grey level non-uniformity
    ("OVBL", |m| Ok(m.normalised_grey_level_non_uniformity())), // normalised grey level non-uniformity
    ("W92Y", |m| Ok(m.quantity_non_uniformity())),              // run length non-uniformity
    ("IC23", |m| Ok(m.normalised_quantity_non_uniformity())), // normalised run length non-uniformity
    ("9ZK5", |m| m.percentage()),                             // run percentage
    ("8CE5", |m| Ok(m.grey_level_variance())),                // grey level variance
    ("SXLW", |m| Ok(m.quantity_variance())),                  // run length variance
    ("HJ9O", |m| Ok(m.entropy())),                            // run entropy
];

/// The 16 run length features of the grey levels, for each of the family's aggregations asked for.
///
/// N_v of a slice's matrix is the number of voxels in the slice; matrices that are merged, over slices or directions,
/// add theirs.
///
/// # Undefined
/// Every feature is [`Undefined::EmptyRoi`](super::Undefined::EmptyRoi) when there is no voxel.
#[must_use]
pub fn features(
    discretised: &Discretised,
    aggregations: &[Aggregation],
) -> Vec<(Aggregation, Values)> {
    let levels = Levels::new(discretised);
    directional(&levels, FEATURES, aggregations, |slices, direction| {
        matrix(&levels, slices, direction)
    })
}

/// The values of one run length matrix, in the order of the catalogue.
#[must_use]
pub fn values(matrix: &LevelCounts) -> Values {
    evaluate(FEATURES, matrix)
}

/// The run length matrix of some slices along a direction; `None` when they hold no voxel.
///
/// Voxels are visited in order, and the length of the run so far is carried from each to its successor along the
/// direction. Directions lead to the same or the next slice, so lengths are kept for two slices.
fn matrix(levels: &Levels, slices: Range<usize>, direction: Direction) -> Option<LevelCounts> {
    let ranks = levels.ranks();
    let [_, _, slice_stride] = levels.strides();
    let offset = levels.offset(direction).unsigned_abs();
    let n_voxels = levels.n_voxels(slices.clone());
    let longest = levels.size().into_iter().max().unwrap_or(0);
    let mut tally = Tally::new(levels.n_ranks(), longest + 1, n_voxels);

    let mut lengths = vec![0_u32; 2 * slice_stride];
    for z in slices {
        // lengths[..slice_stride] are those of the slice before, the others those of this slice
        lengths.copy_within(slice_stride.., 0);
        let slice_start = (z + 1) * slice_stride;
        for row in levels.rows(z..z + 1) {
            let first = row.start - slice_start + slice_stride;
            let before = &ranks[row.start - offset..row.end - offset];
            let after = &ranks[row.start + offset..row.end + offset];
            let voxels = ranks[row].iter().zip(before).zip(after);
            for (here, ((rank, before), after)) in (first..).zip(voxels) {
                // By multiplication instead of a branch, which would be mispredicted often in a noisy texture.
                let goes_on = u32::from(before == rank);
                let length = 1 + goes_on * lengths[here - offset];
                lengths[here] = length;
                if after != rank && *rank > 0 {
                    tally.add(*rank, length);
                }
            }
        }
    }
    LevelCounts::from_tally(levels, n_voxels, tally)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::feature::{
        Family, catalogue,
        texture::{
            DIRECTIONS, Matrix,
            testing::{self, discretised},
        },
    };

    #[test]
    fn features_are_those_of_the_catalogue() {
        let codes: Vec<_> = FEATURES.iter().map(|(code, _)| (*code, "")).collect();
        assert_eq!(codes, catalogue::codes_of(Family::Glrlm), "codes and order");
    }

    proptest! {
        #[test]
        fn matrix_agrees_with_walking_along_runs(
            (size, voxels) in testing::regions(3),
            direction in prop::sample::select(&DIRECTIONS[..]),
        ) {
            let of = |[x, y, z]: [usize; 3]| voxels[x + size[0] * (y + size[1] * z)];
            let next = |voxel, step| testing::step(size, voxel, step).filter(|n| of(*n) == of(voxel));
            let mut naive: BTreeMap<(u16, u32), u64> = BTreeMap::new();
            for start in testing::positions(size).filter(|p| of(*p) > 0) {
                if next(start, direction.map(|d| -d)).is_none() {
                    let run = std::iter::successors(Some(start), |voxel| next(*voxel, direction));
                    *naive.entry((of(start), run.count() as u32)).or_default() += 1;
                }
            }
            let levels = Levels::new(&discretised(size, &voxels));
            let matrix = matrix(&levels, levels.volume(), direction);
            let counts: Vec<_> = matrix.iter().flat_map(LevelCounts::counts).collect();
            let naive: Vec<_> = naive.into_iter().map(|((i, j), n)| (i, j, n)).collect();
            prop_assert_eq!(&counts, &naive, "runs along {:?}", direction);
            let n_voxels: u64 = counts.iter().map(|(_, j, n)| u64::from(*j) * n).sum();
            prop_assert_eq!(n_voxels, matrix.map_or(0, |m| m.n_voxels()), "every voxel is in one run");
        }
    }

    #[test]
    fn uniform_cube() {
        let size = [3, 3, 3];
        let levels = Levels::new(&discretised(size, &[2; 27]));
        let along_x = matrix(&levels, levels.volume(), [1, 0, 0]).expect("voxels");
        assert_eq!(
            along_x.counts().collect::<Vec<_>>(),
            [(2, 3, 9)],
            "nine rows of three"
        );
        let diagonal = matrix(&levels, levels.volume(), [1, 1, 0]).expect("voxels");
        assert_eq!(
            diagonal.counts().collect::<Vec<_>>(),
            [(2, 1, 6), (2, 2, 6), (2, 3, 3)],
            "in each slice, diagonals of 1, 2, 3, 2, 1"
        );
    }

    #[test]
    fn digital_phantom() {
        // Source: IBSI 1 reference manual, *Digital phantom texture matrices*, GLRLM (3D, merged).
        let levels = Levels::new(&discretised(
            testing::DIGITAL_PHANTOM_SIZE,
            &testing::DIGITAL_PHANTOM,
        ));
        let matrices: Vec<LevelCounts> = DIRECTIONS
            .iter()
            .filter_map(|direction| matrix(&levels, levels.volume(), *direction))
            .collect();
        let merged = LevelCounts::merged(matrices.iter()).expect("13 matrices");
        #[rustfmt::skip]
        let want = [
            (1, 1, 190), (1, 2, 140), (1, 3, 31), (1, 4, 18), (1, 5, 3), (3, 1, 13), (4, 1, 149), (4, 2, 24),
            (4, 3, 1), (4, 4, 2), (6, 1, 78), (6, 2, 3), (6, 3, 1), (6, 4, 1),
        ];
        assert_eq!(
            merged.counts().collect::<Vec<_>>(),
            want,
            "published matrix"
        );
        assert_eq!(merged.n_voxels(), 13 * 74, "N_v is summed");
    }
}
