//! A region without any symmetry: what confuses its axes, its orientation or its border cannot get its features right by
//! accident.
//!
//! Made for checks that need no reference values, such as whether features survive a quarter turn:
//!
//! - voxels have another length along each axis, and the image another number of them;
//! - the region is in one piece, has a notch, a hole and steps, and lies so far from the border of the image that the
//!   sphere of the local intensity peak (9ST6) stays inside the image even when the region is moved by a voxel;
//! - intensities are whole, and with [`BINS`] bins none but the lowest and the highest lies near the edge of a bin, so
//!   that rounding moves no voxel to another bin.

use radgauge_engine::volume::{Grid, Image, Mask};

/// Number of voxels along x, y, z.
const SIZE: [usize; 3] = [16, 13, 12];

/// Distance between voxel centres along x, y, z, in mm.
const SPACING_MM: [f64; 3] = [2.0, 2.5, 3.0];

/// The box of the region: first and last voxel along x, y, z.
const BOX: [[usize; 2]; 3] = [[5, 10], [4, 8], [4, 7]];

/// The number of bins for which no intensity lies near an edge.
pub const BINS: u32 = 8;

/// The lowest intensity of the region, the lower edge of the first bin.
const LOWEST: usize = 100;

/// The width of a bin.
const WIDTH: usize = 20;

/// Where the region has its lowest and its highest intensity.
const EXTREMES: [[usize; 3]; 2] = [[7, 5, 4], [9, 6, 6]];

/// The image, 16 × 13 × 12 voxels of 2 × 2.5 × 3 mm, and the region, 103 voxels of intensities from 100 to 260.
#[must_use]
pub fn textured_phantom() -> (Image, Mask) {
    let mut grid = Grid::axis_aligned(SIZE, SPACING_MM);
    grid.origin_mm = [-12.0, 7.5, 30.0];
    let image = Image::from_fn(grid.clone(), |voxel| intensity(voxel) as f64);
    (image, Mask::from_fn(grid, is_inside))
}

fn intensity(voxel: [usize; 3]) -> usize {
    let [lowest, highest] = EXTREMES;
    if voxel == lowest {
        return LOWEST;
    }
    if voxel == highest {
        return LOWEST + WIDTH * BINS as usize;
    }
    let [x, y, z] = voxel;
    // Patches of two rows, so that there are runs and zones, and no two axes alike.
    let (column, row) = (x / 2, y / 2);
    let level = (3 * column * column + 5 * row + 2 * z * column + x * z / 3 + row * row * z)
        % BINS as usize;
    let above_edge = 3 + (7 * x + 11 * y + 13 * z) % 15;
    LOWEST + WIDTH * level + above_edge
}

fn is_inside(voxel: [usize; 3]) -> bool {
    let is_in_box = (voxel.iter().zip(BOX)).all(|(at, [first, last])| (first..=last).contains(at));
    let [x, y, z] = voxel;
    let is_notch = x < 7 && y < 6 && z > 5;
    let is_corner = x > 8 && z == 4 && y > 6;
    let is_step = y == 8 && x > 6 && z == 7;
    let is_hole = voxel == [8, 6, 5];
    is_in_box && !(is_notch || is_corner || is_step || is_hole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_intensity_lies_near_an_edge() {
        let (image, mask) = textured_phantom();
        let mut inside = image.inside(&mask);
        inside.sort_by(f64::total_cmp);
        assert_eq!(inside.len(), 103, "voxels inside");
        assert_eq!((inside[0], inside[inside.len() - 1]), (100.0, 260.0));
        for intensity in &inside[1..inside.len() - 1] {
            let from_edge = (intensity - 100.0) % 20.0;
            assert!((3.0..=17.0).contains(&from_edge), "{intensity}");
        }
    }

    #[test]
    fn every_bin_is_used_and_patches_have_neighbours_alike() {
        let (image, mask) = textured_phantom();
        let bin = |intensity: &f64| (((intensity - 100.0) / 20.0) as usize).min(7);
        let mut counts = [0; 8];
        for intensity in image.inside(&mask) {
            counts[bin(&intensity)] += 1;
        }
        assert!(counts.iter().all(|count| *count >= 3), "{counts:?}");
    }
}
