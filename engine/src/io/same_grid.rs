//! Whether a mask lies on the grid of its image.

use crate::volume::Grid;

/// Voxel spacings that differ by no more than this, in mm, are the same: headers store 32-bit numbers, and writers
/// round them.
pub const SPACING_TOLERANCE_MM: f64 = 1e-3;

/// First voxel centres that differ by no more than this along every world axis, in mm, are the same.
pub const ORIGIN_TOLERANCE_MM: f64 = 1e-3;

/// Axis directions whose components differ by no more than this are the same.
pub const DIRECTION_TOLERANCE: f64 = 1e-3;

/// How the grid of a mask differs from that of its image.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GridMismatch {
    /// Another number of voxels.
    #[error(
        "the mask differs from the image in size: expected {expected:?} voxels, found {found:?}"
    )]
    Size {
        /// Of the image.
        expected: [usize; 3],
        /// Of the mask.
        found: [usize; 3],
    },
    /// Another voxel spacing.
    #[error(
        "the mask differs from the image in spacing: expected {expected:?} mm, found {found:?} mm"
    )]
    Spacing {
        /// Of the image.
        expected: [f64; 3],
        /// Of the mask.
        found: [f64; 3],
    },
    /// Another first voxel centre.
    #[error(
        "the mask differs from the image in origin: expected {expected:?} mm, found {found:?} mm"
    )]
    Origin {
        /// Of the image.
        expected: [f64; 3],
        /// Of the mask.
        found: [f64; 3],
    },
    /// A voxel axis that runs elsewhere.
    #[error(
        "the mask differs from the image in the direction of axis {axis}: expected {expected:?}, found {found:?}"
    )]
    Direction {
        /// The first voxel axis that differs.
        axis: &'static str,
        /// Of the image.
        expected: [f64; 3],
        /// Of the mask.
        found: [f64; 3],
    },
}

/// Checks that a mask lies on the grid of its image: the same size exactly, spacing, origin and direction within
/// [`SPACING_TOLERANCE_MM`], [`ORIGIN_TOLERANCE_MM`] and [`DIRECTION_TOLERANCE`].
///
/// # Errors
/// [`GridMismatch`], naming the first of these in which they differ.
pub fn check_same_grid(image: &Grid, mask: &Grid) -> Result<(), GridMismatch> {
    if image.size != mask.size {
        return Err(GridMismatch::Size {
            expected: image.size,
            found: mask.size,
        });
    }
    if !agree(&image.spacing_mm, &mask.spacing_mm, SPACING_TOLERANCE_MM) {
        return Err(GridMismatch::Spacing {
            expected: image.spacing_mm,
            found: mask.spacing_mm,
        });
    }
    if !agree(&image.origin_mm, &mask.origin_mm, ORIGIN_TOLERANCE_MM) {
        return Err(GridMismatch::Origin {
            expected: image.origin_mm,
            found: mask.origin_mm,
        });
    }
    for (i, axis) in ["x", "y", "z"].into_iter().enumerate() {
        if !agree(&image.direction[i], &mask.direction[i], DIRECTION_TOLERANCE) {
            return Err(GridMismatch::Direction {
                axis,
                expected: image.direction[i],
                found: mask.direction[i],
            });
        }
    }
    Ok(())
}

/// Whether all components differ by at most `tolerance`; never for NaN.
fn agree(a: &[f64; 3], b: &[f64; 3], tolerance: f64) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let mut grid = Grid::axis_aligned([4, 5, 6], [1.0, 1.0, 3.0]);
        grid.origin_mm = [-10.0, 20.0, 5.5];
        grid
    }

    #[test]
    fn rounded_headers_are_the_same_grid() {
        let mut mask = grid();
        mask.spacing_mm[0] += 0.9 * SPACING_TOLERANCE_MM;
        mask.origin_mm[1] -= 0.9 * ORIGIN_TOLERANCE_MM;
        mask.direction[2][0] += 0.9 * DIRECTION_TOLERANCE;
        assert_eq!(check_same_grid(&grid(), &mask), Ok(()), "within tolerance");
    }

    #[test]
    fn each_difference_is_named() {
        let differs = |change: fn(&mut Grid)| {
            let mut mask = grid();
            change(&mut mask);
            check_same_grid(&grid(), &mask)
                .expect_err("the grids differ")
                .to_string()
        };
        assert_eq!(
            differs(|g| g.size[2] = 7),
            "the mask differs from the image in size: expected [4, 5, 6] voxels, found [4, 5, 7]"
        );
        assert_eq!(
            differs(|g| g.spacing_mm[2] = 2.99),
            "the mask differs from the image in spacing: expected [1.0, 1.0, 3.0] mm, found [1.0, 1.0, 2.99] mm"
        );
        assert_eq!(
            differs(|g| g.origin_mm[0] = 10.0),
            "the mask differs from the image in origin: expected [-10.0, 20.0, 5.5] mm, found [10.0, 20.0, 5.5] mm"
        );
        assert_eq!(
            differs(|g| g.direction[1] = [0.0, -1.0, 0.0]),
            "the mask differs from the image in the direction of axis y: expected [0.0, 1.0, 0.0], found [0.0, -1.0, 0.0]"
        );
        assert!(
            differs(|g| g.origin_mm[0] = f64::NAN).contains("in origin"),
            "NaN agrees with nothing"
        );
    }
}
