//! Local intensity features (9ST6): the mean in a sphere of 1 cm³ around a voxel of the region, over all voxels of the
//! image whose centres lie in it, inside the region or not. What lies beyond the image does not count.

use std::f64::consts::PI;

use super::{
    ExactPhantom,
    arithmetic::{Rational, to_f64, whole},
    region::Position,
};

/// The features, in the manual's order.
pub(super) const CODES: [&str; 2] = ["VJGA", "0F91"];

/// The value of a feature.
pub(super) fn feature(phantom: &ExactPhantom, code: &str) -> f64 {
    let levels = &phantom.region.levels;
    let highest = levels.values().max();
    let centres = levels.iter().filter(|(_, level)| match code {
        // Local intensity peak: around the voxels with the highest intensity
        "VJGA" => Some(*level) == highest,
        // Global intensity peak: around any voxel
        "0F91" => true,
        _ => unreachable!("{code} is not in CODES"),
    });
    let peak = centres
        .map(|(centre, _)| mean_around(phantom, *centre))
        .max();
    to_f64(&peak.expect("a region has a voxel"))
}

fn mean_around(phantom: &ExactPhantom, centre: Position) -> Rational {
    // r = (3 / 4π)^⅓ cm; it is irrational, so that no squared distance is equal to r²
    let squared_radius_mm2 = (10.0 * (3.0 / (4.0 * PI)).cbrt()).powi(2);
    let is_near = |position: &Position| {
        let squared_distance: Rational = (0..3)
            .map(|axis| (whole(position[axis] - centre[axis]) * &phantom.spacing_mm[axis]).pow(2))
            .sum();
        to_f64(&squared_distance) <= squared_radius_mm2
    };
    let near: Vec<&Rational> = phantom
        .intensities
        .iter()
        .filter(|(position, _)| is_near(position))
        .map(|(_, intensity)| intensity)
        .collect();
    near.iter().copied().sum::<Rational>() / whole(near.len() as i64)
}

#[cfg(test)]
mod tests {
    use radgauge_engine::volume::{Grid, Image, Mask};

    use super::*;

    /// A row with 3 mm between centres: the sphere of 6.2 mm reaches two voxels to each side.
    #[test]
    fn a_row_by_pencil() {
        let grid = Grid::axis_aligned([6, 1, 1], [3.0; 3]);
        let image = Image::from_flat(grid.clone(), vec![5.0, 1.0, 2.0, 1.0, 1.0, 30.0]);
        let mask = Mask::from_flat(grid, vec![true, true, true, true, false, false]);
        let phantom = ExactPhantom::new(&image, &mask).expect("six voxels");
        assert_eq!(
            feature(&phantom, "VJGA"),
            8.0 / 3.0,
            "around the 5: three voxels, the image ends"
        );
        assert_eq!(
            feature(&phantom, "0F91"),
            7.0,
            "around the second 1: five voxels, the 30 outside the mask too"
        );
    }
}
