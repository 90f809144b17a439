//! Voxel spacing of the scan.

use radgauge_engine::{
    process::interpolate::{interpolate_image, interpolate_mask},
    settings::{Interpolate, Interpolation},
    volume::{Image, Mask},
};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, error::check_value, seed::Random};

/// Resamples image and mask to another voxel spacing before the interpolation of the settings: a scan that was stored on
/// another matrix. **An interpolation more**, asked for: the grid of the settings is then laid over the new one.
///
/// # Formula
/// The engine's interpolation with centres aligned; the mask linear, inside from a partial volume of one half on. Coarser
/// voxels are samples and not means; for thicker slices see [`SliceThickness`](super::SliceThickness), for lower
/// resolution [`Blur`](super::Blur).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spacing {
    /// Voxel spacing along x, y, z in mm.
    pub mm: [f64; 3],
    /// How intensities are interpolated.
    #[serde(default = "linear")]
    pub image: Interpolation,
}

fn linear() -> Interpolation {
    Interpolation::Linear
}

impl OnScan for Spacing {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            self.mm.iter().all(|mm| (0.01..=1000.0).contains(mm)),
            "spacing.mm",
            "three spacings from 0.01 to 1000 mm",
            self.mm,
        )
    }

    fn apply(
        &self,
        image: &Image,
        mask: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        let settings = Interpolate {
            spacing_mm: self.mm.to_vec(),
            ..Interpolate::at_own_spacing(image.grid(), self.image)
        };
        let new_image = interpolate_image(image, &settings)?;
        let new_mask = interpolate_mask(mask, &settings)?;
        Ok((new_image, Some(new_mask)))
    }
}
