//! The translation filter (section *Spectral Coverage*).

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError,
    fold::Fold,
    kernel::Kernel,
    lines::LineOperator,
    separable::{Separable, Term},
};
use crate::{settings::SettingsError, volume::Image};

/// Moves the image on its grid: `h[k] = f[k − t]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// The shift t along x, y, z, in voxels.
    pub shift: [i32; 3],
    /// What moves in from beyond the borders.
    #[serde(default)]
    pub boundary: Boundary,
}

impl Behaviour for Translation {
    fn name(&self) -> &'static str {
        "translation"
    }

    fn keeps_unit(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), SettingsError> {
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let shifts = self
            .shift
            .map(|t| LineOperator::from(Kernel::shift(t as isize)));
        let filter = Separable {
            dimension: Dimension::Volume,
            boundary: self.boundary,
            terms: vec![Term::new(shifts)],
            fold: Fold::Sum,
            energy_support: None,
        };
        Ok(filter.apply(image))
    }
}
