//! Widths of Gaussians.

/// The standard deviation of a Gaussian of a full width at half maximum: `fwhm / √(8 ln 2)`.
pub(super) fn sigma_of_fwhm(fwhm: f64) -> f64 {
    fwhm / 2.354_820_045_030_949_3
}
