//! The Gaussian filter (8BC3), and the kernels of Gaussians that others need too.

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError, MAX_SUPPORT,
    fold::Fold,
    kernel::Kernel,
    lines::LineOperator,
    separable::{Separable, Term},
};
use crate::{
    settings::{SettingsError, check_value},
    volume::Image,
};

/// Smooths with a Gaussian.
///
/// # Formula
/// ```text
/// g[k] ∝ exp(−‖k‖² / 2σ²)   for |k_i| ≤ ⌊d σ + 0.5⌋,   Σ g = 1
/// σ = σ* / s, in voxels
/// ```
/// The manual names the filter and its parameters but gives no formula. The truncation is that of the Laplacian of
/// Gaussian; the truncated kernel is normalised, so that the mean intensity stays. With anisotropic voxels σ differs
/// from axis to axis, as the kernel is known in mm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaussian {
    /// Scale σ* in mm (41LN).
    pub sigma_mm: f64,
    /// Filter size cutoff d, in units of σ (WGPM).
    #[serde(default = "default_cutoff")]
    pub cutoff: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// How the image goes on beyond its borders.
    #[serde(default)]
    pub boundary: Boundary,
}

/// The cutoff in common use, 4 σ.
pub(super) fn default_cutoff() -> f64 {
    4.0
}

impl Behaviour for Gaussian {
    fn name(&self) -> &'static str {
        "gaussian"
    }

    fn keeps_unit(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), SettingsError> {
        check_scale(self.sigma_mm, self.cutoff)?;
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let mut operators = Vec::with_capacity(3);
        for (axis, spacing_mm) in image.grid().spacing_mm.into_iter().enumerate() {
            let samples = if axis < self.dimension.axes() {
                samples(self.sigma_mm / spacing_mm, self.cutoff, self.name())?
            } else {
                vec![1.0]
            };
            let sum: f64 = samples.iter().sum();
            operators.push(LineOperator::from(Kernel::new(&samples).scaled(1.0 / sum)));
        }
        let operators = operators.try_into().expect("there are three axes");
        let filter = Separable {
            dimension: self.dimension,
            boundary: self.boundary,
            terms: vec![Term::new(operators)],
            fold: Fold::Sum,
            energy_support: None,
        };
        Ok(filter.apply(image))
    }
}

/// Checks the parameters of a truncated Gaussian.
///
/// # Errors
/// [`SettingsError::Value`] for an impossible scale or cutoff.
pub(super) fn check_scale(sigma_mm: f64, cutoff: f64) -> Result<(), SettingsError> {
    check_value(
        (1e-3..=1e4).contains(&sigma_mm),
        "filter.sigma_mm",
        "a scale from 0.001 to 10000 mm",
        sigma_mm,
    )?;
    check_value(
        cutoff > 0.0 && cutoff <= 100.0,
        "filter.cutoff",
        "a cutoff above 0 and up to 100 times the scale",
        cutoff,
    )
}

/// `exp(−k² / 2σ²)` for the `M = 1 + 2 ⌊d σ + 0.5⌋` offsets k of a kernel; σ in voxels.
///
/// # Errors
/// [`FilterError::TooWide`] when they are too many.
pub(super) fn samples(
    sigma: f64,
    cutoff: f64,
    filter: &'static str,
) -> Result<Vec<f64>, FilterError> {
    let radius = (cutoff * sigma + 0.5).floor();
    let taps = 1.0 + 2.0 * radius;
    if taps > f64::from(MAX_SUPPORT) {
        return Err(FilterError::TooWide {
            filter,
            key: "sigma_mm",
            taps,
        });
    }
    let offsets = (0..taps as usize).map(|tap| tap as f64 - radius);
    Ok(offsets
        .map(|k| (-0.5 * (k / sigma).powi(2)).exp())
        .collect())
}
