//! The Sobel filter.

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError,
    fold::Fold,
    kernel::Kernel,
    lines::LineOperator,
    separable::{Separable, Term},
};
use crate::{settings::SettingsError, volume::Image};

/// The magnitude of the gradient, with smoothing across it. Not IBSI.
///
/// # Formula
/// ```text
/// h = √(Σ_a (g_a ∗ f)²)   g_a: (1, 0, −1) along axis a, (1, 2, 1) along the others
/// ```
/// Not normalised, as in Sobel and Feldman's operator: a slope of 1 per voxel gives 8 in 2D and 32 in 3D. Distances are
/// in voxels, whatever their spacing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sobel {
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// How the image goes on beyond its borders.
    #[serde(default)]
    pub boundary: Boundary,
}

impl Behaviour for Sobel {
    fn name(&self) -> &'static str {
        "sobel"
    }

    fn check(&self) -> Result<(), SettingsError> {
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let terms = Term::one_per_axis(self.dimension, |along, axis| {
            LineOperator::from(if along == axis {
                Kernel::new(&[1.0, 0.0, -1.0])
            } else {
                Kernel::new(&[1.0, 2.0, 1.0])
            })
        });
        let filter = Separable {
            dimension: self.dimension,
            boundary: self.boundary,
            terms,
            fold: Fold::Norm,
            energy_support: None,
        };
        Ok(filter.apply(image))
    }
}
