//! Grey level size zone matrix (9SAK): how large zones of linked voxels of one grey level are.

use super::{
    Aggregation, Values,
    texture::{Features, LevelCounts, Levels, Tally, Zone, ZoneMaps, evaluate, undirected},
};

/// The features of a size zone matrix, in the order of the catalogue; quantity is the zone size in voxels.
const FEATURES: &Features<LevelCounts> = &[
    ("5QRC", |m| Ok(m.low_quantity_emphasis())), // small zone emphasis
    ("48P8", |m| Ok(m.high_quantity_emphasis())), // large zone emphasis
    ("XMSY", |m| Ok(m.low_grey_level_emphasis())), // low grey level zone emphasis
    ("5GN9", |m| Ok(m.high_grey_level_emphasis())), // high grey level zone emphasis
    ("5RAI", |m| Ok(m.low_quantity_low_grey_level_emphasis())), // small zone low grey level emphasis
    ("HW1V", |m| Ok(m.low_quantity_high_grey_level_emphasis())), // small zone high grey level emphasis
    ("YH51", |m| Ok(m.high_quantity_low_grey_level_emphasis())), // large zone low grey level emphasis
    ("J17V", |m| Ok(m.high_quantity_high_grey_level_emphasis())), // large zone high grey level emphasis
    ("JNSA", |m| Ok(m.grey_level_non_uniformity())),              // grey level non-uniformity
    ("Y1RO", |m| Ok(m.normalised_grey_level_non_uniformity())), // normalised grey level non-uniformity
    ("4JP3", |m| Ok(m.quantity_non_uniformity())),              // zone size non-uniformity
    ("VB3A", |m| Ok(m.normalised_quantity_non_uniformity())), // normalised zone size non-uniformity
    ("P30P", |m| m.percentage()),                             // zone percentage
    ("BYLV", |m| Ok(m.grey_level_variance())),                // grey level variance
    ("3NSA", |m| Ok(m.quantity_variance())),                  // zone size variance
    ("GU8N", |m| Ok(m.entropy())),                            // zone size entropy
];

/// The 16 size zone features of the grey levels, for each of the family's aggregations asked for.
///
/// N_v of a slice's matrix is the number of voxels in the slice; merged slices add theirs.
///
/// # Undefined
/// Every feature is [`Undefined::EmptyRoi`](super::Undefined::EmptyRoi) when there is no voxel.
#[must_use]
pub fn features(zones: &ZoneMaps, aggregations: &[Aggregation]) -> Vec<(Aggregation, Values)> {
    let levels = zones.levels();
    undirected(
        levels,
        FEATURES,
        aggregations,
        || {
            let by_slice = zones.by_slice();
            by_slice
                .slices()
                .filter_map(|(_, zones)| {
                    let z = zones[0].slice;
                    matrix(levels, levels.n_voxels(z..z + 1), zones)
                })
                .collect()
        },
        || {
            matrix(
                levels,
                levels.n_voxels(levels.volume()),
                &zones.volume().zones,
            )
        },
    )
}

/// The values of one size zone matrix, in the order of the catalogue.
#[must_use]
pub fn values(matrix: &LevelCounts) -> Values {
    evaluate(FEATURES, matrix)
}

/// The matrix of these zones, made of `n_voxels` voxels; `None` when there is no zone.
fn matrix(levels: &Levels, n_voxels: u64, zones: &[Zone]) -> Option<LevelCounts> {
    let largest = zones.iter().map(|zone| zone.size).max()?;
    let mut tally = Tally::new(levels.n_ranks(), largest as usize + 1, zones.len() as u64);
    for zone in zones {
        tally.add(zone.rank, zone.size);
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
        assert_eq!(codes, catalogue::codes_of(Family::Glszm), "codes and order");
    }

    #[test]
    fn checkerboard_is_two_zones() {
        let size = [4, 4, 2];
        let voxels: Vec<u16> = testing::positions(size)
            .map(|p| 1 + (p.iter().sum::<usize>() % 2) as u16)
            .collect();
        let maps = ZoneMaps::new(&discretised(size, &voxels));
        let volume = matrix(maps.levels(), 32, &maps.volume().zones).expect("zones");
        assert_eq!(
            volume.counts().collect::<Vec<_>>(),
            [(1, 16, 1), (2, 16, 1)],
            "each colour is linked along diagonals"
        );
        let values = features(&maps, &[Aggregation::BySlice, Aggregation::SlicesMerged]);
        for (aggregation, values) in values {
            let percentage = values.iter().find(|v| v.0 == "P30P").expect("a code").2;
            assert_eq!(
                percentage,
                Ok(2.0 / 16.0),
                "{aggregation}: N_v is that of the slices"
            );
        }
    }

    #[test]
    fn digital_phantom() {
        // Source: IBSI 1 reference manual, *Digital phantom texture matrices*, GLSZM (3D).
        let maps = ZoneMaps::new(&discretised(
            testing::DIGITAL_PHANTOM_SIZE,
            &testing::DIGITAL_PHANTOM,
        ));
        let matrix = matrix(maps.levels(), 74, &maps.volume().zones).expect("zones");
        assert_eq!(
            matrix.counts().collect::<Vec<_>>(),
            [(1, 50, 1), (3, 1, 1), (4, 2, 1), (4, 14, 1), (6, 7, 1)],
            "published matrix"
        );
    }
}
