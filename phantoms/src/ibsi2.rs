//! The digital phantoms of IBSI 2, phase 1: 64 × 64 × 64 voxels of 2 mm with the intensities 0 and 255, and the
//! orientation phantom.
//!
//! Source: IBSI 2 reference manual (arXiv:2006.05470), section *Phase 1: Benchmarking filters using digital phantoms*,
//! and the published NIfTI files (<https://github.com/theibsi/data_sets>, `ibsi_2_digital_phantom`; CC BY 4.0), voxel by
//! voxel. The noise phantom is random and so exists as a file only; no test of phase 1 uses it.

use radgauge_engine::volume::{Grid, Image, Mask};

/// Number of voxels along each axis.
const SIZE: usize = 64;

/// Distance between voxel centres in mm.
const SPACING_MM: f64 = 2.0;

/// Intensity of what is drawn on the background of 0.
const FOREGROUND: f64 = 255.0;

/// The voxel at which impulse and spheres are centred, along each axis.
const CENTRE: usize = 31;

/// *Checkerboard phantom*: cubes of 8 × 8 × 8 voxels, alternately 0 and 255; the first cube is 0.
#[must_use]
pub fn checkerboard() -> Image {
    drawn(|voxel| voxel.map(|k| k / 8).iter().sum::<usize>() % 2 == 1)
}

/// *Impulse response phantom*: one voxel of 255, at (31, 31, 31).
#[must_use]
pub fn impulse() -> Image {
    drawn(|voxel| voxel == [CENTRE; 3])
}

/// *Sphere phantom*: a ball and three spherical hulls around (31, 31, 31).
#[must_use]
pub fn sphere() -> Image {
    /// Inner (exclusive) and outer (inclusive) radius in voxels.
    const HULLS: [(f64, f64); 3] = [(6.0, 10.0), (15.0, 19.0), (24.0, 28.0)];
    const BALL: f64 = 2.0;
    drawn(|voxel| {
        let squares = voxel.map(|k| k.abs_diff(CENTRE).pow(2));
        let radius = (squares.iter().sum::<usize>() as f64).sqrt();
        radius <= BALL
            || HULLS
                .iter()
                .any(|(inner, outer)| *inner < radius && radius <= *outer)
    })
}

/// *Pattern #1 phantom*: three perpendicular lines, two voxels thick, that cross in the centre.
#[must_use]
pub fn pattern_1() -> Image {
    let is_central = |k: usize| k == 31 || k == 32;
    drawn(|voxel| voxel.iter().filter(|k| is_central(**k)).count() >= 2)
}

/// *Orientation phantom*: 32 × 48 × 64 voxels along x, y, z; the intensity is the sum of the voxel's indices, from 0 at
/// the origin to 141.
#[must_use]
pub fn orientation() -> Image {
    let grid = Grid::axis_aligned([32, 48, 64], [SPACING_MM; 3]);
    Image::from_fn(grid, |voxel| voxel.iter().sum::<usize>() as f64)
}

/// The mask that covers a whole image.
#[must_use]
pub fn full_mask(image: &Image) -> Mask {
    image.map(|_| true)
}

fn drawn(is_foreground: impl Fn([usize; 3]) -> bool) -> Image {
    let grid = Grid::axis_aligned([SIZE; 3], [SPACING_MM; 3]);
    Image::from_fn(grid, |voxel| {
        if is_foreground(voxel) {
            FOREGROUND
        } else {
            0.0
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreground(image: &Image) -> usize {
        image
            .as_slice()
            .iter()
            .filter(|v| **v == FOREGROUND)
            .count()
    }

    #[test]
    fn have_the_size_of_the_manual() {
        for phantom in [checkerboard(), impulse(), sphere(), pattern_1()] {
            assert_eq!(phantom.size(), [64; 3], "64 × 64 × 64 voxels");
            assert_eq!(phantom.grid().spacing_mm, [2.0; 3], "of 2 mm");
            let values = phantom.as_slice();
            assert!(
                values.iter().all(|v| *v == 0.0 || *v == 255.0),
                "with the intensities 0 and 255"
            );
            assert_eq!(full_mask(&phantom).count(), 64 * 64 * 64, "all of it");
        }
    }

    #[test]
    fn have_the_voxels_of_the_published_files() {
        assert_eq!(
            foreground(&checkerboard()),
            64 * 64 * 64 / 2,
            "half the cubes"
        );
        assert_eq!(checkerboard().voxels()[[8, 0, 0]], 255.0, "the second cube");
        assert_eq!(foreground(&impulse()), 1, "one voxel");
        assert_eq!(impulse().voxels()[[31, 31, 31]], 255.0, "in the centre");
        assert_eq!(foreground(&sphere()), 51_989, "voxels of ball and hulls");
        assert_eq!(foreground(&pattern_1()), 752, "voxels of the lines");
    }

    #[test]
    fn orientation_grows_from_the_origin() {
        let phantom = orientation();
        assert_eq!(phantom.size(), [32, 48, 64], "voxels along x, y, z");
        assert_eq!(phantom.voxels()[[0, 0, 0]], 0.0, "at the origin");
        assert_eq!(phantom.voxels()[[31, 47, 63]], 141.0, "at the far corner");
        assert_eq!(phantom.voxels()[[31, 0, 0]], 31.0, "along x");
    }
}
