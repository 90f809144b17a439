//! Noise: white, correlated as in CT, or Rician as in MR.

mod correlated;
mod estimate;

use radgauge_engine::volume::{Image, Mask};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    OnScan, PerturbError,
    error::check_value,
    seed::{Random, Stream},
};
pub use estimate::{Estimator, estimate_noise};

/// Adds noise to the whole image, before interpolation.
///
/// # Formula
/// ```text
/// white        I' = I + σ n
/// correlated   I' = I + σ c           c: n correlated within the slice, of variance 1, see `fwhm_mm` and `surround`
/// rician       I' = √((I + σ n)² + (σ m)²)          I ≥ 0
/// σ = factor · level
/// ```
/// `n` and `m` are independent standard normal numbers. Slice z draws n from stream z of the [seed](super::SeedKey), x
/// fastest; m from stream 2³² + z.
///
/// # Correlated noise
/// The noise of filtered backprojection has little power at low frequencies, where the ramp filter takes it away, and
/// little at high ones, where the reconstruction kernel does. `c` is white noise convolved in the slice with a difference
/// of Gaussians, divided by the root of the sum of its squared weights:
/// ```text
/// h = G(σ₁) − w G(2 σ₁)        σ₁ = fwhm_mm / √(8 ln 2),  w = surround
/// S(f) ∝ (exp(−2π²σ₁²f²) − w exp(−8π²σ₁²f²))²        power at frequency f, in 1/mm
/// ```
/// Each `G` is sampled at the voxels up to ⌈4 σ / s⌉ away and has sum 1. With w = 0 the field is Gaussian-correlated.
/// White noise is drawn for the slice and a margin of ⌈8 σ₁ / s⌉ voxels on every side, x fastest, so that the variance is the
/// same up to the border. Slices are independent.
///
/// # Other tools
/// MIRP adds white noise of the estimated level; so does CERR. The level is that of the scan: noise added to a noisy scan
/// gives √2 of its noise. For Rician noise an estimated level is that of the magnitude image, which is that of its real
/// part where the signal is well above the noise.
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
    /// Full width at half maximum of the narrow Gaussian, in mm (`correlated`).
    #[serde(default = "default_fwhm_mm")]
    pub fwhm_mm: f64,
    /// Weight w of the wide Gaussian (`correlated`), from 0 to 1.
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

fn one() -> f64 {
    1.0
}

fn default_fwhm_mm() -> f64 {
    1.5
}

fn default_surround() -> f64 {
    0.9
}

impl Default for Noise {
    fn default() -> Self {
        Self {
            model: NoiseModel::default(),
            level: None,
            estimator: Estimator::default(),
            factor: one(),
            fwhm_mm: default_fwhm_mm(),
            surround: default_surround(),
        }
    }
}

/// The first stream of the imaginary part.
const IMAGINARY: u64 = 1 << 32;

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
        random: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        let level = match self.level {
            Some(level) => level,
            None => estimate_noise(image, self.estimator)?,
        };
        let sigma = self.factor * level;
        let noisy = match self.model {
            NoiseModel::White => by_slice(image, |z, voxels| {
                let mut stream = random.stream(z);
                for voxel in voxels {
                    *voxel += sigma * stream.normal();
                }
            }),
            NoiseModel::Correlated => {
                let field = correlated::Field::new(image.grid(), self.fwhm_mm, self.surround)?;
                by_slice(image, |z, voxels| {
                    let noise = field.slice(&mut random.stream(z));
                    for (voxel, noise) in voxels.iter_mut().zip(noise) {
                        *voxel += sigma * noise;
                    }
                })
            }
            NoiseModel::Rician => {
                expect_magnitudes(image)?;
                by_slice(image, |z, voxels| {
                    let mut real = random.stream(z);
                    let mut imaginary = random.stream(IMAGINARY + z);
                    for voxel in voxels {
                        *voxel = rician(*voxel, sigma, &mut real, &mut imaginary);
                    }
                })
            }
        };
        Ok((noisy, None))
    }
}

fn by_slice(image: &Image, add: impl Fn(u64, &mut [f64]) + Sync) -> Image {
    let mut noisy = image.clone();
    let [nx, ny, _] = noisy.size();
    noisy
        .as_mut_slice()
        .par_chunks_mut((nx * ny).max(1))
        .enumerate()
        .for_each(|(z, voxels)| add(z as u64, voxels));
    noisy
}

fn rician(voxel: f64, sigma: f64, real: &mut Stream, imaginary: &mut Stream) -> f64 {
    let real = voxel + sigma * real.normal();
    let imaginary = sigma * imaginary.normal();
    (real * real + imaginary * imaginary).sqrt()
}

fn expect_magnitudes(image: &Image) -> Result<(), PerturbError> {
    match image
        .as_slice()
        .iter()
        .position(|voxel| voxel.is_nan() || *voxel < 0.0)
    {
        None => Ok(()),
        Some(at) => {
            let [nx, ny, _] = image.size();
            Err(PerturbError::Intensity {
                kind: "noise",
                expected: "intensities that are not negative for Rician noise",
                voxel: [at % nx, at / nx % ny, at / nx / ny],
                found: image.as_slice()[at],
            })
        }
    }
}

#[cfg(test)]
mod tests;
