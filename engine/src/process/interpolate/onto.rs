//! Resampling onto a grid that is given, instead of one that is laid by the manual's rules.

use super::{grid::Plan, resample};
use crate::{
    process::ProcessError,
    settings::Interpolation,
    volume::{Grid, Image, Volume},
};

/// The image on a grid that runs along the same axes. This is how implementations are emulated that lay the
/// interpolation grid as no [`Alignment`](crate::settings::Alignment) does; intensities are not rounded.
///
/// # Errors
/// [`ProcessError::Setting`] when a spacing of the grid is not positive and finite, [`ProcessError::GridTooLarge`] beyond
/// [`MAX_VOXELS`](super::MAX_VOXELS).
pub fn resample_onto(
    image: &Image,
    grid: &Grid,
    algorithm: Interpolation,
) -> Result<Image, ProcessError> {
    let plan = Plan::onto(image.grid(), grid)?;
    let voxels = resample::resample(image.as_slice(), image.size(), &plan, algorithm);
    Ok(Volume::from_flat(grid.clone(), voxels))
}

#[cfg(test)]
mod tests {
    use approx::assert_abs_diff_eq;

    use super::*;
    use crate::{
        process::interpolate::{interpolate_image, interpolation_grid},
        settings::{Alignment, Interpolate},
    };

    #[test]
    fn agrees_with_the_grids_of_the_manual() {
        let grid = Grid {
            origin_mm: [3.0, -7.0, 11.0],
            direction: [[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
            ..Grid::axis_aligned([7, 6, 5], [0.9, 1.1, 3.0])
        };
        let image = Volume::from_fn(grid, |[x, y, z]| ((3 * x + 5 * y + 7 * z) % 11) as f64);
        for align in [Alignment::Centre, Alignment::Origin, Alignment::Corner] {
            let settings = Interpolate {
                spacing_mm: vec![2.0, 2.0, 2.0],
                image: Interpolation::CubicSpline,
                mask: Interpolation::Linear,
                mask_threshold: 0.5,
                align,
                round: false,
            };
            let grid = interpolation_grid(image.grid(), &settings.spacing_mm, align)
                .expect("a small grid");
            let onto = resample_onto(&image, &grid, settings.image).expect("a small grid");
            let laid = interpolate_image(&image, &settings).expect("a small grid");
            assert_eq!(onto.grid(), laid.grid(), "grid aligned by {align:?}");
            for (a, b) in onto.as_slice().iter().zip(laid.as_slice()) {
                assert_abs_diff_eq!(a, b, epsilon = 1e-11);
            }
        }
    }

    #[test]
    fn impossible_grids_are_refused() {
        let image = Volume::from_fn(Grid::axis_aligned([2; 3], [1.0; 3]), |_| 0.0);
        let onto = |grid: Grid| resample_onto(&image, &grid, Interpolation::Linear);
        assert!(
            matches!(
                onto(Grid::axis_aligned([2; 3], [1.0, 0.0, 1.0])),
                Err(ProcessError::Setting { .. })
            ),
            "no spacing"
        );
        assert!(
            matches!(
                onto(Grid::axis_aligned([1 << 20; 3], [1.0; 3])),
                Err(ProcessError::GridTooLarge { .. })
            ),
            "too many voxels"
        );
    }
}
