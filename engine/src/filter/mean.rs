//! The mean filter (S60F).

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError, check_support,
    fold::Fold,
    lines::LineOperator,
    separable::{Separable, Term},
};
use crate::{settings::SettingsError, volume::Image};

/// Averages over a square or cube of voxels.
///
/// # Formula
/// ```text
/// g[k] = 1 / M^D   for |k_i| ≤ ⌊M / 2⌋
/// ```
/// The cost does not depend on the support M.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mean {
    /// Support M in voxels (YNOF), an odd number.
    pub support: u32,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// How the image goes on beyond its borders.
    #[serde(default)]
    pub boundary: Boundary,
}

impl Behaviour for Mean {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn keeps_unit(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), SettingsError> {
        check_support("filter.support", self.support)?;
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let mean = LineOperator::mean(self.support as usize);
        let filter = Separable {
            dimension: self.dimension,
            boundary: self.boundary,
            terms: vec![Term::uniform(&mean)],
            fold: Fold::Sum,
            energy_support: None,
        };
        Ok(filter.apply(image))
    }
}
