//! Neighbouring grey level dependence matrix (REK0): how many neighbours of a voxel have about its grey level.

mod dependence;

use std::ops::Range;

use dependence::dependences;

use super::{
    Aggregation, Values,
    texture::{Features, LevelCounts, Levels, Tally, evaluate, undirected},
};
use crate::{process::discretise::Discretised, settings::MAX_DISTANCE};

/// The features of a dependence matrix, in the order of the catalogue; quantity is the dependence count.
const FEATURES: &Features<LevelCounts> = &[
    ("SODN", |m| Ok(m.low_quantity_emphasis())), // low dependence emphasis
    ("IMOQ", |m| Ok(m.high_quantity_emphasis())), // high dependence emphasis
    ("TL9H", |m| Ok(m.low_grey_level_emphasis())), // low grey level count emphasis
    ("OAE7", |m| Ok(m.high_grey_level_emphasis())), // high grey level count emphasis
    ("EQ3F", |m| Ok(m.low_quantity_low_grey_level_emphasis())), // low dependence low grey level emphasis
    ("JA6D", |m| Ok(m.low_quantity_high_grey_level_emphasis())), // low dependence high grey level emphasis
    ("NBZI", |m| Ok(m.high_quantity_low_grey_level_emphasis())), // high dependence low grey level emphasis
    ("9QMG", |m| Ok(m.high_quantity_high_grey_level_emphasis())), // high dependence high grey level emphasis
    ("FP8K", |m| Ok(m.grey_level_non_uniformity())),              // grey level non-uniformity
    ("5SPA", |m| Ok(m.normalised_grey_level_non_uniformity())), // normalised grey level non-uniformity
    ("Z87G", |m| Ok(m.quantity_non_uniformity())),              // dependence count non-uniformity
    ("OKJI", |m| Ok(m.normalised_quantity_non_uniformity())), // normalised dependence count non-uniformity
    ("6XV8", |m| m.percentage()),                             // dependence count percentage
    ("1PFV", |m| Ok(m.grey_level_variance())),                // grey level variance
    ("DNX2", |m| Ok(m.quantity_variance())),                  // dependence count variance
    ("FCBV", |m| Ok(m.entropy())),                            // dependence count entropy
    ("CAS9", |m| Ok(m.energy())),                             // dependence count energy
];

/// The 17 features of the grey levels, for each of the family's aggregations asked for.
///
/// The dependence count of a voxel is the number of voxels of the region within Chebyshev distance `distance` of it,
/// in its slice or in the volume and itself included, whose grey level differs from its own by at most `coarseness`.
///
/// # Undefined
/// Every feature is [`Undefined::EmptyRoi`](super::Undefined::EmptyRoi) when there is no voxel.
///
/// # Panics
/// When `distance` is above [`MAX_DISTANCE`]: settings are checked.
#[must_use]
#[track_caller]
pub fn features(
    discretised: &Discretised,
    distance: u32,
    coarseness: u32,
    aggregations: &[Aggregation],
) -> Vec<(Aggregation, Values)> {
    assert!(
        distance <= MAX_DISTANCE,
        "the distance is at most {MAX_DISTANCE}"
    );
    let levels = Levels::new(discretised);
    let radius = distance as usize;
    let coarseness = u16::try_from(coarseness).unwrap_or(u16::MAX);
    undirected(
        &levels,
        FEATURES,
        aggregations,
        || {
            let dependences = dependences(&levels, [radius, radius, 0], coarseness);
            levels
                .slices()
                .filter_map(|z| matrix(&levels, z..z + 1, &dependences))
                .collect()
        },
        || {
            let dependences = dependences(&levels, [radius; 3], coarseness);
            matrix(&levels, levels.volume(), &dependences)
        },
    )
}

/// The values of one dependence matrix, in the order of the catalogue.
#[must_use]
pub fn values(matrix: &LevelCounts) -> Values {
    evaluate(FEATURES, matrix)
}

/// The matrix of some slices, from the dependence counts of all voxels; `None` when they hold no voxel.
fn matrix(levels: &Levels, slices: Range<usize>, dependences: &[u32]) -> Option<LevelCounts> {
    let n_voxels = levels.n_voxels(slices.clone());
    let highest = levels
        .voxels(slices.clone())
        .map(|(at, _)| dependences[at])
        .max()?;
    let mut tally = Tally::new(levels.n_ranks(), highest as usize + 1, n_voxels);
    for (at, rank) in levels.voxels(slices) {
        tally.add(rank, dependences[at]);
    }
    LevelCounts::from_tally(levels, n_voxels, tally)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::{
        Family, catalogue,
        texture::testing::{self, discretised},
    };

    #[test]
    fn features_are_those_of_the_catalogue() {
        let codes: Vec<_> = FEATURES.iter().map(|(code, _)| (*code, "")).collect();
        assert_eq!(codes, catalogue::codes_of(Family::Ngldm), "codes and order");
    }

    #[test]
    fn uniform_cube() {
        let levels = Levels::new(&discretised([4, 4, 4], &[3; 64]));
        let dependences = dependences(&levels, [1; 3], 0);
        let matrix = matrix(&levels, levels.volume(), &dependences).expect("voxels");
        assert_eq!(
            matrix.counts().collect::<Vec<_>>(),
            [(3, 8, 8), (3, 12, 24), (3, 18, 24), (3, 27, 8)],
            "corners, edges, faces, interior"
        );
    }

    #[test]
    fn digital_phantom() {
        // Source: IBSI 1 reference manual, *Digital phantom texture matrices*, NGLDM (3D).
        let levels = Levels::new(&discretised(
            testing::DIGITAL_PHANTOM_SIZE,
            &testing::DIGITAL_PHANTOM,
        ));
        let matrix =
            matrix(&levels, levels.volume(), &dependences(&levels, [1; 3], 0)).expect("voxels");
        #[rustfmt::skip]
        let want = [
            (1, 5, 2), (1, 6, 2), (1, 7, 1), (1, 8, 6), (1, 9, 4), (1, 10, 6), (1, 11, 5), (1, 12, 5), (1, 13, 3),
            (1, 14, 2), (1, 15, 5), (1, 16, 3), (1, 17, 3), (1, 18, 2), (1, 21, 1), (3, 1, 1), (4, 2, 2), (4, 4, 2),
            (4, 5, 6), (4, 6, 4), (4, 7, 2), (6, 2, 1), (6, 3, 4), (6, 4, 1), (6, 5, 1),
        ];
        assert_eq!(
            matrix.counts().collect::<Vec<_>>(),
            want,
            "published matrix"
        );
    }
}
