//! Sharpening.

use radgauge_engine::{
    filter::Dimension,
    volume::{Image, Mask},
};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, blur::blurred, error::check_value, seed::Random};

/// Sharpens by an unsharp mask: a sharper reconstruction kernel, which also amplifies the noise.
///
/// # Formula
/// ```text
/// I' = I + amount (I − G * I)
/// ```
/// `G` is that of [`Blur`](super::Blur). A structure that the Gaussian wipes out is amplified by 1 + `amount`, one much
/// coarser stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sharpen {
    /// Full width at half maximum of the Gaussian in mm.
    pub fwhm_mm: f64,
    /// How much of what the Gaussian takes away is added, up to 10.
    pub amount: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
}

impl OnScan for Sharpen {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            (0.01..=100.0).contains(&self.fwhm_mm),
            "sharpen.fwhm_mm",
            "a width from 0.01 to 100 mm",
            self.fwhm_mm,
        )?;
        check_value(
            (0.0..=10.0).contains(&self.amount),
            "sharpen.amount",
            "an amount from 0 to 10",
            self.amount,
        )
    }

    fn apply(
        &self,
        image: &Image,
        _: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        let mut sharp = blurred(image, self.fwhm_mm, self.dimension)?;
        for (blurred, voxel) in sharp.as_mut_slice().iter_mut().zip(image.as_slice()) {
            *blurred = voxel + self.amount * (voxel - *blurred);
        }
        Ok((sharp, None))
    }
}

#[cfg(test)]
mod tests {
    use radgauge_engine::volume::{Grid, Volume};

    use super::*;
    use crate::perturb::{Perturbation, SeedKey};

    #[test]
    fn what_the_blur_takes_away_is_added() {
        let image = Volume::from_fn(Grid::axis_aligned([9, 7, 3], [1.0; 3]), |[x, y, z]| {
            ((x * y + z) % 5) as f64
        });
        let step = Sharpen {
            fwhm_mm: 2.0,
            amount: 1.5,
            dimension: Dimension::Slice,
        };
        let random = SeedKey::of_name(0, "").random(&Perturbation::Sharpen(step.clone()), 0);
        let (sharp, _) = step
            .apply(&image, &image.map(|_| true), &random)
            .expect("can be sharpened");
        let blurred = blurred(&image, 2.0, Dimension::Slice).expect("can be blurred");
        for ((sharp, voxel), blurred) in sharp
            .as_slice()
            .iter()
            .zip(image.as_slice())
            .zip(blurred.as_slice())
        {
            assert_eq!(*sharp, voxel + 1.5 * (voxel - blurred), "unsharp mask");
        }
        let flat = image.map(|_| 4.0);
        let (same, _) = step
            .apply(&flat, &flat.map(|_| true), &random)
            .expect("can be sharpened");
        assert!(
            same.as_slice()
                .iter()
                .all(|voxel| (voxel - 4.0).abs() < 1e-12),
            "nothing to sharpen"
        );
    }
}
