//! Grey level distance zone matrix (VMDZ): how far zones of linked voxels of one grey level are from the edge of the
//! region.

use super::{
    Aggregation, Values,
    texture::{Features, LevelCounts, Levels, Tally, Zone, ZoneMaps, Zones, evaluate, undirected},
};
use crate::volume::Mask;

/// The features of a distance zone matrix, in the order of the catalogue; quantity is the zone's distance to the edge in voxels.
const FEATURES: &Features<LevelCounts> = &[
    ("0GBI", |m| Ok(m.low_quantity_emphasis())), // small distance emphasis
    ("MB4I", |m| Ok(m.high_quantity_emphasis())), // large distance emphasis
    ("S1RA", |m| Ok(m.low_grey_level_emphasis())), // low grey level zone emphasis
    ("K26C", |m| Ok(m.high_grey_level_emphasis())), // high grey level zone emphasis
    ("RUVG", |m| Ok(m.low_quantity_low_grey_level_emphasis())), // small distance low grey level emphasis
    ("DKNJ", |m| Ok(m.low_quantity_high_grey_level_emphasis())), // small distance high grey level emphasis
    ("A7WM", |m| Ok(m.high_quantity_low_grey_level_emphasis())), // large distance low grey level emphasis
    ("KLTH", |m| Ok(m.high_quantity_high_grey_level_emphasis())), // large distance high grey level emphasis
    ("VFT7", |m| Ok(m.grey_level_non_uniformity())),              // grey level non-uniformity
    ("7HP3", |m| Ok(m.normalised_grey_level_non_uniformity())), // normalised grey level non-uniformity
    ("V294", |m| Ok(m.quantity_non_uniformity())),              // zone distance non-uniformity
    ("IATH", |m| Ok(m.normalised_quantity_non_uniformity())), // normalised zone distance non-uniformity
    ("VIWW", |m| m.percentage()),                             // zone percentage
    ("QK93", |m| Ok(m.grey_level_variance())),                // grey level variance
    ("7WT1", |m| Ok(m.quantity_variance())),                  // zone distance variance
    ("GBDU", |m| Ok(m.entropy())),                            // zone distance entropy
];

/// The 16 distance zone features, for each of the family's aggregations asked for.
///
/// Zones are those of the grey levels, distances those to the edge of the morphological mask, in the plane of the
/// slice for the aggregations by slice. Beyond the array is outside the mask: crop to a box that holds all of the
/// morphological mask, not to that of the intensity mask. N_v is the number of voxels with a grey level.
///
/// # Undefined
/// Every feature is [`Undefined::EmptyRoi`](super::Undefined::EmptyRoi) when there is no voxel.
///
/// # Panics
/// When the mask and the grey levels differ in size.
#[must_use]
#[track_caller]
pub fn features(
    zones: &ZoneMaps,
    morphological: &Mask,
    aggregations: &[Aggregation],
) -> Vec<(Aggregation, Values)> {
    let levels = zones.levels();
    let mask = levels.with_border(morphological);
    let strides = levels.strides();
    undirected(
        levels,
        FEATURES,
        aggregations,
        || {
            let by_slice = zones.by_slice();
            let distances = zone_distances(by_slice, &distances_to_edge(&mask, &strides[..2]));
            by_slice
                .slices()
                .filter_map(|(first, zones)| {
                    let z = zones[0].slice;
                    let distances = &distances[first..first + zones.len()];
                    matrix(levels, levels.n_voxels(z..z + 1), zones, distances)
                })
                .collect()
        },
        || {
            let volume = zones.volume();
            let distances = zone_distances(volume, &distances_to_edge(&mask, &strides));
            matrix(
                levels,
                levels.n_voxels(levels.volume()),
                &volume.zones,
                &distances,
            )
        },
    )
}

/// The values of one distance zone matrix, in the order of the catalogue.
#[must_use]
pub fn values(matrix: &LevelCounts) -> Values {
    evaluate(FEATURES, matrix)
}

/// The matrix of these zones at these distances, made of `n_voxels` voxels; `None` when there is no zone.
fn matrix(
    levels: &Levels,
    n_voxels: u64,
    zones: &[Zone],
    distances: &[u32],
) -> Option<LevelCounts> {
    let farthest = *distances.iter().max()?;
    let mut tally = Tally::new(levels.n_ranks(), farthest as usize + 1, zones.len() as u64);
    for (zone, distance) in zones.iter().zip(distances) {
        tally.add(zone.rank, *distance);
    }
    LevelCounts::from_tally(levels, n_voxels, tally)
}

/// The distance of every zone: the least of its voxels'.
fn zone_distances(zones: &Zones, distances: &[u32]) -> Vec<u32> {
    let mut least = vec![u32::MAX; zones.zones.len()];
    for (label, distance) in zones.labels.iter().zip(distances) {
        if *label > 0 {
            let least = &mut least[*label as usize - 1];
            // The intensity mask lies inside the morphological one; were it not to, its voxels beyond would count as
            // the edge, since distances start at 1.
            *least = (*least).min(*distance).max(1);
        }
    }
    least
}

/// The city-block distance of every voxel of a bordered mask to the nearest voxel outside it, along the axes with
/// these strides: 1 at the edge, 0 outside.
///
/// Two passes, forwards and backwards, are exact for this distance, and linear in the number of voxels, where the
/// manual's repeated erosion costs a pass per unit of distance.
fn distances_to_edge(mask: &[bool], strides: &[usize]) -> Vec<u32> {
    let mut distances: Vec<u32> = vec![0; mask.len()];
    // The border is outside the mask, so every voxel inside has all its neighbours in the array.
    for at in (0..mask.len()).filter(|at| mask[*at]) {
        let before = strides.iter().map(|stride| distances[at - stride]).min();
        distances[at] = before.map_or(0, |nearest| nearest + 1);
    }
    for at in (0..mask.len()).rev().filter(|at| mask[*at]) {
        let after = strides.iter().map(|stride| distances[at + stride]).min();
        distances[at] = distances[at].min(after.map_or(0, |nearest| nearest + 1));
    }
    distances
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::{
        Family, catalogue,
        texture::testing::{self, discretised},
    };

    #[test]
    fn features_are_those_of_the_catalogue() {
        let codes: Vec<_> = FEATURES.iter().map(|(code, _)| (*code, "")).collect();
        assert_eq!(codes, catalogue::codes_of(Family::Gldzm), "codes and order");
    }

    /// The distance map as the manual makes it: erode until nothing is left, adding 1 each time.
    fn erode(size: [usize; 3], mask: &[bool], in_plane: bool) -> Vec<u32> {
        let at = |[x, y, z]: [usize; 3]| x + size[0] * (y + size[1] * z);
        let mut steps = vec![[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]];
        if !in_plane {
            steps.extend([[0, 0, 1], [0, 0, -1]]);
        }
        let mut distances = vec![0; mask.len()];
        let mut mask = mask.to_vec();
        while mask.contains(&true) {
            for (distance, _) in distances
                .iter_mut()
                .zip(&mask)
                .filter(|(_, inside)| **inside)
            {
                *distance += 1;
            }
            let eroded = testing::positions(size).map(|p| {
                let is_kept = |step: &[isize; 3]| {
                    testing::step(size, p, *step).is_some_and(|neighbour| mask[at(neighbour)])
                };
                mask[at(p)] && steps.iter().all(is_kept)
            });
            mask = eroded.collect();
        }
        distances
    }

    proptest! {
        #[test]
        fn distances_agree_with_erosion((size, voxels) in testing::regions(1)) {
            let d = discretised(size, &voxels);
            let mask = d.levels.map(|level| *level > 0);
            let maps = ZoneMaps::new(&d);
            let levels = maps.levels();
            let bordered = levels.with_border(&mask);
            for axes in [2, 3] {
                let distances = distances_to_edge(&bordered, &levels.strides()[..axes]);
                let naive = erode(size, mask.as_slice(), axes == 2);
                for (at, _) in levels.voxels(levels.volume()) {
                    let [x, y, z] = levels.position(at);
                    prop_assert_eq!(
                        distances[at], naive[x + size[0] * (y + size[1] * z)],
                        "distance along {} axes at {} {} {}", axes, x, y, z
                    );
                }
            }
        }
    }

    #[test]
    fn distance_is_to_the_edge_of_the_morphological_mask() {
        // Re-segmentation leaves the centre of a cube alone: one zone, two voxels from the edge.
        let size = [3, 3, 3];
        let mut voxels = [0; 27];
        voxels[13] = 1;
        let d = discretised(size, &voxels);
        let morphological = d.levels.map(|_| true);
        let values = features(
            &ZoneMaps::new(&d),
            &morphological,
            &[Aggregation::Volume, Aggregation::BySlice],
        );
        for (aggregation, values) in values {
            let large_distance_emphasis = values.iter().find(|v| v.0 == "MB4I").expect("a code").2;
            assert_eq!(large_distance_emphasis, Ok(4.0), "{aggregation}");
        }
    }
}
