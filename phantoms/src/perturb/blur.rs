//! Blur.

use radgauge_engine::{
    filter::{Boundary, Dimension, Filter, Gaussian},
    volume::{Image, Mask},
};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, error::check_value, seed::Random, width::sigma_of_fwhm};

/// Blurs with a Gaussian point-spread function: a scanner of lower resolution, a smoother reconstruction kernel.
///
/// # Formula
/// ```text
/// I' = G * I,   σ = fwhm_mm / √(8 ln 2)
/// ```
/// `G` is the engine's Gaussian filter: up to 4 σ, sum 1, σ in mm so that anisotropic voxels are blurred by the same length
/// along all axes; beyond the image its nearest voxels stand. A scan that has a point-spread function of width a gets one of
/// `√(a² + fwhm_mm²)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blur {
    /// Full width at half maximum in mm.
    pub fwhm_mm: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
}

impl OnScan for Blur {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            (0.01..=100.0).contains(&self.fwhm_mm),
            "blur.fwhm_mm",
            "a width from 0.01 to 100 mm",
            self.fwhm_mm,
        )
    }

    fn apply(
        &self,
        image: &Image,
        _: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        Ok((blurred(image, self.fwhm_mm, self.dimension)?, None))
    }
}

/// The image blurred by a Gaussian.
pub(super) fn blurred(
    image: &Image,
    fwhm_mm: f64,
    dimension: Dimension,
) -> Result<Image, PerturbError> {
    let filter = Filter::Gaussian(Gaussian {
        sigma_mm: sigma_of_fwhm(fwhm_mm),
        cutoff: 4.0,
        dimension,
        boundary: Boundary::Nearest,
    });
    Ok(filter.apply(image)?)
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use radgauge_engine::volume::{Grid, Volume};

    use super::*;

    #[test]
    fn widths_add_in_squares() {
        // A Gaussian of full width 6 mm, blurred by 8 mm: 10 mm.
        let profile = |fwhm: f64, x: f64| (-4.0 * 2.0_f64.ln() * (x / fwhm).powi(2)).exp();
        let grid = Grid::axis_aligned([101, 1, 1], [0.5, 1.0, 1.0]);
        let image = Volume::from_fn(grid, |[x, ..]| profile(6.0, 0.5 * (x as f64 - 50.0)));
        let blurred = blurred(&image, 8.0, Dimension::Volume).expect("can be blurred");
        let peak = blurred.as_slice()[50];
        assert_relative_eq!(peak, 0.6, max_relative = 1e-3);
        for x in [30, 40, 60] {
            let expected = peak * profile(10.0, 0.5 * (f64::from(x) - 50.0));
            assert_relative_eq!(
                blurred.as_slice()[x as usize],
                expected,
                max_relative = 2e-2
            );
        }
    }
}
