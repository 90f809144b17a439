//! The Laplacian.

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError,
    fold::Fold,
    kernel::Kernel,
    lines::LineOperator,
    separable::{Separable, Term},
};
use crate::{settings::SettingsError, volume::Image};

/// The sum of second differences along the axes. Not IBSI.
///
/// # Formula
/// ```text
/// h[k] = Σ_a f[k + e_a] − 2 f[k] + f[k − e_a]
/// ```
/// Distances are in voxels, whatever their spacing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Laplacian {
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// How the image goes on beyond its borders.
    #[serde(default)]
    pub boundary: Boundary,
}

impl Behaviour for Laplacian {
    fn name(&self) -> &'static str {
        "laplacian"
    }

    fn check(&self) -> Result<(), SettingsError> {
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let terms = Term::one_per_axis(self.dimension, |along, axis| {
            LineOperator::from(if along == axis {
                Kernel::new(&[1.0, -2.0, 1.0])
            } else {
                Kernel::new(&[1.0])
            })
        });
        let filter = Separable {
            dimension: self.dimension,
            boundary: self.boundary,
            terms,
            fold: Fold::Sum,
            energy_support: None,
        };
        Ok(filter.apply(image))
    }
}
