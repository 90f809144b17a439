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
/// `P_q` is the percentile by linear interpolation: of n sorted intensities the one at place q (n − 1) / 100, counted from 0.
/// Intensities beyond the percentiles are not clipped.
///
/// The region is that of the scan, before interpolation and re-segmentation. PyRadiomics' `normalize` is `z-score` over
/// the image with the sample standard deviation; MIRP's `standardisation` is `z-score`, its `quantile_range` is `range`
/// with percentiles 2.5 and 97.5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalise {
    /// By mean and standard deviation, or by a range.
    pub method: Normalisation,
    /// Where the statistics are taken from.
    #[serde(default)]
    pub over: Over,
    /// The percentiles that become 0 and `scale` (`range`).
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
        mask: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        let region;
        let intensities = match self.over {
            Over::Image => image.as_slice(),
            Over::Region => {
                region = image.inside(mask);
                &region
            }
        };
        let (zero, unit) = match self.method {
            Normalisation::ZScore => mean_and_deviation(intensities),
            Normalisation::Range => {
                let [low, high] = self.percentiles;
                let mut sorted = intensities.to_vec();
                sorted.sort_unstable_by(f64::total_cmp);
                let low = percentile(&sorted, low);
                (low, percentile(&sorted, high) - low)
            }
        };
        // Rounding alone gives a constant image a deviation.
        if !(unit.is_finite() && unit > 1e-12 * zero.abs()) {
            return Err(PerturbError::Unfit {
                kind: "normalise",
                expected: "intensities that differ",
                found: format!("a spread of {unit} about {zero}"),
            });
        }
        let normalised = image.map(|voxel| self.scale * ((voxel - zero) / unit));
        Ok((normalised, None))
    }
}

fn mean_and_deviation(intensities: &[f64]) -> (f64, f64) {
    let n = intensities.len() as f64;
    let mean = intensities.iter().sum::<f64>() / n;
    let squares: f64 = intensities.iter().map(|i| (i - mean) * (i - mean)).sum();
    (mean, (squares / n).sqrt())
}

/// A percentile of sorted intensities, of which there is at least one.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let place = percent / 100.0 * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    below + place.fract() * (above - below)
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use radgauge_engine::volume::{Grid, Volume};

    use super::*;
    use crate::perturb::{Perturbation, SeedKey};

    fn normalised(text: &str, voxels: &[f64]) -> Result<Vec<f64>, PerturbError> {
        let grid = Grid::axis_aligned([voxels.len(), 1, 1], [1.0; 3]);
        let image = Volume::from_flat(grid, voxels.to_vec());
        let mask = Volume::from_fn(image.grid().clone(), |[x, ..]| x < 2);
        let step: Normalise = toml::from_str(text).expect("a normalisation");
        let random = SeedKey::of_name(0, "").random(&Perturbation::Normalise(step.clone()), 0);
        let (image, _) = step.apply(&image, &mask, &random)?;
        Ok(image.as_slice().to_vec())
    }

    #[test]
    fn by_hand() {
        let voxels = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        // Mean 5, population standard deviation 2.
        let z_score = normalised("method = 'z-score'", &voxels).expect("they differ");
        assert_eq!(z_score, [-1.5, -0.5, -0.5, -0.5, 0.0, 0.0, 1.0, 2.0]);
        // In the region: 2 and 4.
        let region = normalised("method = 'z-score'\nover = 'region'\nscale = 10", &voxels);
        assert_eq!(
            region.expect("they differ")[..3],
            [-10.0, 10.0, 10.0],
            "mean 3, deviation 1"
        );
        let range = normalised("method = 'range'", &voxels).expect("they differ");
        assert_relative_eq!(range[6], 5.0 / 7.0);
        // Places 0.7 and 6.3 of the sorted intensities: 3.4 and 7.6.
        let percentiles = normalised("method = 'range'\npercentiles = [10, 90]", &voxels);
        assert_relative_eq!(
            percentiles.expect("they differ")[0],
            (2.0 - 3.4) / 4.2,
            max_relative = 1e-12
        );
    }

    #[test]
    fn what_does_not_differ_cannot_be_normalised() {
        for method in ["z-score", "range"] {
            let error =
                normalised(&format!("method = '{method}'"), &[0.1; 7]).expect_err("constant");
            assert!(
                error
                    .to_string()
                    .starts_with("`normalise` needs intensities that differ"),
                "{error}"
            );
        }
    }
}
