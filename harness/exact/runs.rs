//! Grey level run length based features (TP0I).

use super::{
    counts::CountMatrix,
    region::{Position, Region, moved, reversed},
};

/// The features, in the order of [`CountFeature::ALL`](super::counts::CountFeature::ALL).
pub(super) const CODES: [&str; 16] = [
    "22OV", "W4KF", "V3SW", "G3QZ", "HTZT", "GD3A", "IVPO", "3KUM", "R5YN", "OVBL", "W92Y", "IC23",
    "9ZK5", "8CE5", "SXLW", "HJ9O",
];

/// The run length matrix along one direction: every run is walked from its first voxel, the one whose predecessor
/// is outside or has another level, until the level changes.
pub(super) fn matrix(region: &Region, direction: Position) -> CountMatrix {
    let mut runs = CountMatrix {
        voxels: region.levels.len() as i64,
        ..CountMatrix::default()
    };
    for (position, level) in &region.levels {
        if region.levels.get(&moved(*position, reversed(direction))) == Some(level) {
            continue;
        }
        let mut length = 0;
        let mut end = *position;
        while region.levels.get(&end) == Some(level) {
            length += 1;
            end = moved(end, direction);
        }
        runs.count(*level, length);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_at_the_mask_and_at_other_levels() {
        let region = Region::from_rows(&[&[&[1, 1, 0, 1, 2, 2, 2]]]);
        assert_eq!(
            matrix(&region, [1, 0, 0]).elements(),
            [(1, 1, 1), (1, 2, 1), (2, 3, 1)],
            "runs 11, 1 and 222 along x"
        );
        assert_eq!(
            matrix(&region, [0, 1, 0]).elements(),
            [(1, 1, 3), (2, 1, 3)],
            "single voxels along y"
        );
    }
}
