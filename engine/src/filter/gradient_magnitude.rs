//! The magnitude of the gradient.

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError,
    fold::Fold,
    kernel::Kernel,
    lines::LineOperator,
    separable::{Separable, Term},
};
use crate::{settings::SettingsError, volume::Image};

/// The magnitude of the gradient by central differences. Not IBSI: the definition is PyRadiomics', whose borders are those
/// of the boundary condition `nearest` (here the same as `mirror`).
///
/// # Formula
/// ```text
/// h[k] = √(Σ_a ((f[k + e_a] − f[k − e_a]) / 2 s_a)²)
/// ```
/// `s_a` is the voxel spacing along axis a, so that the response is in intensity units per mm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradientMagnitude {
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// How the image goes on beyond its borders.
    #[serde(default)]
    pub boundary: Boundary,
}

impl Behaviour for GradientMagnitude {
    fn name(&self) -> &'static str {
        "gradient-magnitude"
    }

    fn check(&self) -> Result<(), SettingsError> {
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let spacing_mm = image.grid().spacing_mm;
        let terms = Term::one_per_axis(self.dimension, |along, axis| {
            LineOperator::from(if along == axis {
                Kernel::new(&[0.5, 0.0, -0.5]).scaled(1.0 / spacing_mm[axis])
            } else {
                Kernel::new(&[1.0])
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
