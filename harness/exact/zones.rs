//! Grey level size zone (9SAK) and grey level distance zone (VMDZ) based features.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    counts::CountMatrix,
    region::{Position, Region, chebyshev_steps, manhattan_steps, moved},
};

/// The size zone features, in the order of [`CountFeature::ALL`](super::counts::CountFeature::ALL).
pub(super) const SIZE_CODES: [&str; 16] = [
    "5QRC", "48P8", "XMSY", "5GN9", "5RAI", "HW1V", "YH51", "J17V", "JNSA", "Y1RO", "4JP3", "VB3A",
    "P30P", "BYLV", "3NSA", "GU8N",
];

/// The distance zone features, in the same order.
pub(super) const DISTANCE_CODES: [&str; 16] = [
    "0GBI", "MB4I", "S1RA", "K26C", "RUVG", "DKNJ", "A7WM", "KLTH", "VFT7", "7HP3", "V294", "IATH",
    "VIWW", "QK93", "7WT1", "GBDU",
];

/// The size zone matrix: `s_ij` zones with level `i` and `j` voxels.
pub(super) fn size_matrix(region: &Region) -> CountMatrix {
    zone_matrix(region, |zone| zone.len() as i64)
}

/// The distance zone matrix: `d_ij` zones with level `i` whose voxel nearest to the edge has distance `j`.
pub(super) fn distance_matrix(region: &Region) -> CountMatrix {
    let distances = distance_map(region);
    zone_matrix(region, |zone| {
        zone.iter()
            .map(|position| distances[position])
            .min()
            .expect("a zone has a voxel")
    })
}

fn zone_matrix(region: &Region, measure: impl Fn(&[Position]) -> i64) -> CountMatrix {
    let mut matrix = CountMatrix {
        voxels: region.levels.len() as i64,
        ..CountMatrix::default()
    };
    for zone in zones(region) {
        matrix.count(region.levels[&zone[0]], measure(&zone));
    }
    matrix
}

/// Groups of linked voxels with the same grey level, 26-connected in a volume, 8-connected in a slice.
///
/// Every voxel starts as a zone of its own; linked voxels take the smaller of their labels, over and over, until no
/// label changes.
fn zones(region: &Region) -> Vec<Vec<Position>> {
    let mut labels: BTreeMap<Position, Position> = region.levels.keys().map(|p| (*p, *p)).collect();
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for (position, level) in &region.levels {
            for step in chebyshev_steps() {
                let neighbour = moved(*position, step);
                if region.levels.get(&neighbour) != Some(level) {
                    continue;
                }
                let smaller = labels[position].min(labels[&neighbour]);
                for linked in [*position, neighbour] {
                    has_changed |= labels.insert(linked, smaller) != Some(smaller);
                }
            }
        }
    }
    let mut zones: BTreeMap<Position, Vec<Position>> = BTreeMap::new();
    for (position, label) in labels {
        zones.entry(label).or_default().push(position);
    }
    zones.into_values().collect()
}

/// The distance of every voxel to the edge of the region: the number of erosions with the 6-connected (in a slice
/// 4-connected) structure element that it does not survive, so that a voxel at the edge has distance 1. What lies
/// beyond the image is outside.
fn distance_map(region: &Region) -> BTreeMap<Position, i64> {
    let mut distances: BTreeMap<Position, i64> = region.levels.keys().map(|p| (*p, 0)).collect();
    let mut left: BTreeSet<Position> = region.levels.keys().copied().collect();
    while !left.is_empty() {
        for position in &left {
            *distances.entry(*position).or_default() += 1;
        }
        left = left
            .iter()
            .filter(|p| manhattan_steps(region.extent).all(|step| left.contains(&moved(**p, step))))
            .copied()
            .collect();
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_link_over_corners() {
        let region = Region::from_rows(&[
            &[&[1, 2, 1], &[2, 1, 2]], // level 1 hangs together diagonally, and so does level 2
            &[&[2, 2, 1], &[3, 3, 1]],
        ]);
        assert_eq!(
            size_matrix(&region).elements(),
            [(1, 5, 1), (2, 5, 1), (3, 2, 1)],
            "26-connected"
        );
        let first = &region.slices()[1];
        assert_eq!(
            size_matrix(first).elements(),
            [(1, 2, 1), (2, 2, 1), (3, 2, 1)],
            "8-connected in the second slice"
        );
    }

    #[test]
    fn distance_counts_layers() {
        let row: &[i64] = &[1; 5];
        let slice: &[&[i64]] = &[row; 5];
        let cube = Region::from_rows(&[slice; 5]);
        let layers = |map: BTreeMap<Position, i64>| {
            [1, 2, 3, 4].map(|d| map.values().filter(|distance| **distance == d).count())
        };
        assert_eq!(
            layers(distance_map(&cube)),
            [98, 26, 1, 0],
            "a 5³ cube has shells of 98, 26 and 1 voxels"
        );
        assert_eq!(
            layers(distance_map(&cube.slices()[0])),
            [16, 8, 1, 0],
            "a slice does not see that it is the outermost"
        );
    }

    /// Manual, chapter *Digital phantom texture matrices*, GLSZM (3D) and GLDZM (3D).
    #[test]
    fn digital_phantom_3d_is_the_manuals() {
        let region = super::super::digital_phantom_region();
        assert_eq!(
            size_matrix(&region).elements(),
            [(1, 50, 1), (3, 1, 1), (4, 2, 1), (4, 14, 1), (6, 7, 1)],
            "size zones"
        );
        assert_eq!(
            distance_matrix(&region).elements(),
            [(1, 1, 1), (3, 1, 1), (4, 1, 2), (6, 1, 1)],
            "distance zones"
        );
    }
}
