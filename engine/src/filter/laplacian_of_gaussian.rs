//! The Laplacian of Gaussian (L6PA).

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError,
    fold::Fold,
    gaussian::{check_scale, default_cutoff, samples},
    isotropic_spacing_mm,
    kernel::Kernel,
    lines::LineOperator,
    separable::{Separable, Term},
};
use crate::{settings::SettingsError, volume::Image};

/// Responds to blobs and ridges of a certain scale.
///
/// # Formula
/// ```text
/// g[k] = −1/σ² (1 / √(2π) σ)^D (D − ‖k‖²/σ²) exp(−‖k‖² / 2σ²)   for |k_i| ≤ ⌊d σ + 0.5⌋
/// σ = σ* / s, in voxels
/// ```
/// The support is a square or cube, and the truncated kernel is not corrected to sum to zero. Since `D` and `‖k‖²` are
/// sums over the axes, the kernel is a sum of D separable ones: of the second derivative along one axis and Gaussians
/// along the others. The voxel spacing `s` must be the same along all axes on which the filter works.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaplacianOfGaussian {
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

impl Behaviour for LaplacianOfGaussian {
    fn name(&self) -> &'static str {
        "laplacian-of-gaussian"
    }

    fn check(&self) -> Result<(), SettingsError> {
        check_scale(self.sigma_mm, self.cutoff)?;
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let spacing_mm = isotropic_spacing_mm(image, self.dimension, self.name())?;
        let sigma = self.sigma_mm / spacing_mm;
        let samples = samples(sigma, self.cutoff, self.name())?;
        let gaussian: Vec<f64> = samples.iter().map(|g| g / (TAU.sqrt() * sigma)).collect();
        let radius = (samples.len() / 2) as f64;
        let derivative: Vec<f64> = gaussian
            .iter()
            .enumerate()
            .map(|(tap, g)| {
                ((tap as f64 - radius).powi(2) / sigma.powi(2) - 1.0) / sigma.powi(2) * g
            })
            .collect();
        let gaussian = LineOperator::from(Kernel::new(&gaussian));
        let derivative = LineOperator::from(Kernel::new(&derivative));
        let filter = Separable {
            dimension: self.dimension,
            boundary: self.boundary,
            terms: Term::one_per_axis(self.dimension, |along, axis| {
                if along == axis {
                    &derivative
                } else {
                    &gaussian
                }
                .clone()
            }),
            fold: Fold::Sum,
            energy_support: None,
        };
        Ok(filter.apply(image))
    }
}
