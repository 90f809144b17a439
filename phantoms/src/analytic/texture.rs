//! Textures that fill a block of voxels and whose matrices can be written down. Intensities are grey levels: whole
//! numbers from 1 on.

use radgauge_engine::volume::{Grid, Image, Mask};

use crate::random::Draws;

/// Number of voxels along x, y and z: all even, so that a level and its mirror image are equally frequent, and all
/// different, so that a swapped axis is seen.
pub const SIZE: [usize; 3] = [8, 6, 4];

/// Grey levels of the noise.
pub const NOISE_LEVELS: u32 = 6;

/// Number of voxels of the noise along x, y and z.
pub const NOISE_SIZE: [usize; 3] = [32, 28, 24];

/// One grey level, 3, throughout.
#[must_use]
pub fn constant() -> (Image, Mask) {
    block(SIZE, |_| 3.0)
}

/// Slabs one voxel thick across x, of the levels 1 and 2 in turn.
#[must_use]
pub fn stripes() -> (Image, Mask) {
    block(SIZE, |[x, _, _]| (x % 2 + 1) as f64)
}

/// Voxels of the levels 1 and 2 in turn along every axis.
#[must_use]
pub fn checkerboard() -> (Image, Mask) {
    block(SIZE, |[x, y, z]| ((x + y + z) % 2 + 1) as f64)
}

/// Levels that grow by 1 with every voxel along x, from 1.
#[must_use]
pub fn ramp() -> (Image, Mask) {
    block(SIZE, |[x, _, _]| (x + 1) as f64)
}

/// Independent voxels, each of the levels 1 to [`NOISE_LEVELS`] with the same probability.
#[must_use]
pub fn noise(seed: u64) -> (Image, Mask) {
    let mut draws = Draws::new(seed, 400);
    block(NOISE_SIZE, |_| {
        (draws.uniform() * f64::from(NOISE_LEVELS)).floor() + 1.0
    })
}

fn block(size: [usize; 3], level: impl FnMut([usize; 3]) -> f64) -> (Image, Mask) {
    let image = Image::from_fn(Grid::axis_aligned(size, [1.0; 3]), level);
    let mask = image.map(|_| true);
    (image, mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_two_level_textures_are_equally_frequent() {
        for (name, (image, mask)) in [("stripes", stripes()), ("checkerboard", checkerboard())] {
            let ones = image.as_slice().iter().filter(|v| **v == 1.0).count();
            assert_eq!(2 * ones, image.grid().len(), "{name}: half of the voxels");
            assert_eq!(mask.count(), image.grid().len(), "{name}: all of the block");
        }
    }

    #[test]
    fn noise_has_its_levels_with_equal_probability() {
        let (image, _) = noise(1);
        let n = image.grid().len() as f64 / f64::from(NOISE_LEVELS);
        for level in 1..=NOISE_LEVELS {
            let found = image
                .as_slice()
                .iter()
                .filter(|v| **v == f64::from(level))
                .count();
            assert!(
                (found as f64 - n).abs() < 5.0 * n.sqrt(),
                "level {level}: {found} of {n}"
            );
        }
        assert!(image != noise(2).0, "another seed");
    }
}
