//! The Gabor filter.

mod orthogonal;
mod plane;
#[cfg(test)]
mod tests;

use std::f64::consts::{PI, TAU};

use rayon::prelude::*;
use rustfft::num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError, Pooling,
    fold::{Fold, Sign},
    isotropic_spacing_mm,
};
use crate::{
    settings::{SettingsError, check_value},
    volume::{Image, Volume},
};
use orthogonal::Orthogonal;
use plane::{Kernel, PlaneFilter};

/// The Gabor filter (Q88H): a wave under a Gaussian, a complex kernel in the plane.
///
/// # Formula
/// ```text
/// g[k] = exp(−(k̃₁² + γ² k̃₂²) / 2σ² + 2πi k̃₁ / λ)
/// k̃₁ = k₁ cos θ + k₂ sin θ        k̃₂ = k₁ sin θ − k₂ cos θ
/// ```
/// with σ and λ in voxels. k₁ and k₂ are x and y in an axial plane, so that θ turns clockwise on a screen with y downwards;
/// x and z, y and z in the other two. Lengths are in mm, so that the voxels of a plane must be square.
///
/// # Support
/// As the manual has it the kernel is as wide as the image: `N + 1` taps along an axis of an even number N of voxels, `N`
/// for an odd one. Where the Gaussian has fallen to 2·10⁻¹⁶ the kernel ends earlier, which no response map in double
/// precision can tell.
///
/// # Rotation
/// With a `delta_theta_rad` Δθ, a fraction of a whole turn, the responses at θ, θ + Δθ, … are pooled (O1AQ, XTGK). Two
/// kernels that are half a turn apart are conjugate: they are worked out once.
///
/// # Orthogonal planes
/// The filter works in every axial plane, or in all the planes along each pair of axes, and the three response maps are
/// averaged: the manual's way to 3D.
///
/// # Source
/// IBSI 2 manual, section *Gabor*.
///
/// # Example
/// ```
/// use radgauge_engine::filter::{Filter, Gabor};
///
/// let text = "sigma_mm = 5.0\nlambda_mm = 2.0\ngamma = 1.5\n";
/// let gabor: Gabor = toml::from_str(text)?;
/// assert!(Filter::Gabor(gabor).check().is_ok());
/// let gabor: Gabor = toml::from_str(&format!("{text}delta_theta_rad = 1.0\npooling = 'average'"))?;
/// assert!(Filter::Gabor(gabor).check().is_err(), "1 rad is no fraction of a whole turn");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gabor {
    /// Standard deviation σ* of the Gaussian along the wave, in mm (41LN).
    pub sigma_mm: f64,
    /// Wavelength λ* in mm (S4N6).
    pub lambda_mm: f64,
    /// Aspect ratio γ (GDR5): the Gaussian is σ/γ wide across the wave.
    pub gamma: f64,
    /// Orientation θ in radians (FQER).
    #[serde(default)]
    pub theta_rad: f64,
    /// Step Δθ in radians between the orientations that are pooled; absent = one orientation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_theta_rad: Option<f64>,
    /// How the responses to the orientations become one; absent with one orientation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooling: Option<Pooling>,
    /// Average the response maps of the three orthogonal planes instead of taking the axial one.
    #[serde(default)]
    pub orthogonal_planes: bool,
    /// Which real number the complex response becomes, before pooling.
    #[serde(default)]
    pub response: ComplexResponse,
    /// What stands beyond the image.
    #[serde(default)]
    pub boundary: Boundary,
}

/// Which real number a complex response becomes (5P3T).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComplexResponse {
    /// Its modulus (0J1M).
    #[default]
    Modulus,
    /// Its argument in radians, from −π to π (V530).
    Argument,
    /// Its real part (F7DI).
    Real,
    /// Its imaginary part (LI3Y).
    Imaginary,
}

impl ComplexResponse {
    fn of(self, h: Complex64) -> f64 {
        match self {
            Self::Modulus => modulus(h),
            Self::Argument => h.arg(),
            Self::Real => h.re,
            Self::Imaginary => h.im,
        }
    }

    /// Whether it changes sign when the response becomes its conjugate.
    fn is_odd(self) -> bool {
        matches!(self, Self::Argument | Self::Imaginary)
    }
}

const NAME: &str = "gabor";

/// Lengths that are accepted, in mm: beyond them is a mistake in the unit.
const LENGTHS_MM: std::ops::RangeInclusive<f64> = 1e-3..=1e6;

/// The most orientations that are accepted: steps of half a degree.
const MAX_ORIENTATIONS: f64 = 720.0;

/// The most values that the transfer functions of kernels may hold at a time (128 MiB); more are done in parts.
const MOST_TRANSFER_VALUES: usize = 1 << 24;

impl Behaviour for Gabor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self) -> Result<(), SettingsError> {
        for (key, length) in [
            ("filter.sigma_mm", self.sigma_mm),
            ("filter.lambda_mm", self.lambda_mm),
        ] {
            check_value(
                LENGTHS_MM.contains(&length),
                key,
                "a length from 0.001 to 1000000 mm",
                length,
            )?;
        }
        check_value(
            (1e-3..=1e3).contains(&self.gamma),
            "filter.gamma",
            "an aspect ratio from 0.001 to 1000",
            self.gamma,
        )?;
        check_value(
            self.theta_rad.abs() <= 1e3,
            "filter.theta_rad",
            "an angle in radians",
            self.theta_rad,
        )?;
        if let Some(delta_theta_rad) = self.delta_theta_rad {
            let steps = TAU / delta_theta_rad;
            check_value(
                (1.0..=MAX_ORIENTATIONS).contains(&steps)
                    && (steps - steps.round()).abs() <= 1e-6 * steps,
                "filter.delta_theta_rad",
                "2π / n for a whole number n from 1 to 720",
                delta_theta_rad,
            )?;
        }
        check_value(
            self.pooling.is_some() == self.delta_theta_rad.is_some(),
            "filter.pooling",
            "`average`, `max` or `min` with a `delta_theta_rad`, nothing without",
            self.pooling,
        )?;
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let dimension = if self.orthogonal_planes {
            Dimension::Volume
        } else {
            Dimension::Slice
        };
        let spacing_mm = isotropic_spacing_mm(image, dimension, NAME)?;
        let [nx, ny, _] = image.size();
        let axial = self.respond(image.as_slice(), [nx, ny], spacing_mm);
        let response = if self.orthogonal_planes {
            let mut sum = axial;
            for other in Orthogonal::BOTH {
                let planes = other.planes(image);
                let response = self.respond(&planes, other.size(image.size()), spacing_mm);
                other.add(&response, image.size(), &mut sum);
            }
            sum.par_iter_mut().for_each(|value| *value /= 3.0);
            sum
        } else {
            axial
        };
        Ok(Volume::from_flat(image.grid().clone(), response))
    }
}

impl Gabor {
    /// The response map of planes that lie one after the other, the first axis of each fastest.
    fn respond(&self, planes: &[f64], size: [usize; 2], spacing_mm: f64) -> Vec<f64> {
        let orientations = self.orientations();
        let filter = PlaneFilter::new(size, self.boundary, self.reach(size, spacing_mm));
        let voxels = size[0] * size[1];
        let mut response = vec![self.fold().start(); planes.len()];
        for angles in orientations
            .angles_rad
            .chunks((MOST_TRANSFER_VALUES / filter.points()).max(1))
        {
            let kernels: Vec<Kernel> = angles
                .par_iter()
                .map(|angle| filter.kernel(|k| self.kernel(k, *angle, spacing_mm)))
                .collect();
            response
                .par_chunks_mut(voxels)
                .zip(planes.par_chunks(voxels))
                .for_each_init(Default::default, |(scratch, values), (response, plane)| {
                    filter.respond(plane, &kernels, scratch, |y, row| {
                        let pooled = &mut response[y * size[0]..][..size[0]];
                        self.pool_row(row, orientations.are_pairs, values, pooled);
                    });
                });
        }
        self.fold().finish(&mut response);
        if self.fold() == Fold::Sum {
            let count = orientations.angles_rad.len() as f64;
            response.par_iter_mut().for_each(|value| *value /= count);
        }
        response
    }

    /// `g[k]` at an orientation.
    fn kernel(&self, k: [f64; 2], theta_rad: f64, spacing_mm: f64) -> Complex64 {
        let sigma = self.sigma_mm / spacing_mm;
        let lambda = self.lambda_mm / spacing_mm;
        let (sin, cos) = theta_rad.sin_cos();
        let along = k[0] * cos + k[1] * sin;
        let across = self.gamma * (k[0] * sin - k[1] * cos);
        let envelope = (-(along * along + across * across) / (2.0 * sigma * sigma)).exp();
        envelope * Complex64::cis(TAU * (along / lambda))
    }

    /// The half widths of the kernel in voxels.
    fn reach(&self, size: [usize; 2], spacing_mm: f64) -> [usize; 2] {
        /// exp(−8.5² / 2) = 2·10⁻¹⁶.
        const STANDARD_DEVIATIONS: f64 = 8.5;
        let widest = self.sigma_mm / spacing_mm * self.gamma.recip().max(1.0);
        size.map(|n| ((STANDARD_DEVIATIONS * widest).ceil() as usize).min(n / 2))
    }

    fn orientations(&self) -> Orientations {
        let Some(delta_theta_rad) = self.delta_theta_rad else {
            return Orientations {
                angles_rad: vec![self.theta_rad],
                are_pairs: false,
            };
        };
        let turn = (TAU / delta_theta_rad).round() as usize;
        let are_pairs = turn.is_multiple_of(2);
        let (count, range) = if are_pairs {
            (turn / 2, PI)
        } else {
            (turn, TAU)
        };
        Orientations {
            angles_rad: (0..count)
                .map(|i| self.theta_rad + range * i as f64 / count as f64)
                .collect(),
            are_pairs,
        }
    }

    fn fold(&self) -> Fold {
        match self.pooling {
            None | Some(Pooling::Average) => Fold::Sum,
            Some(Pooling::Max) => Fold::Max,
            Some(Pooling::Min) => Fold::Min,
        }
    }

    /// Pools a row of responses, and that of conjugate responses if orientations stand for pairs.
    fn pool_row(
        &self,
        row: &[Complex64],
        are_pairs: bool,
        values: &mut Vec<f64>,
        pooled: &mut [f64],
    ) {
        let is_pair = are_pairs && self.response.is_odd();
        if is_pair && self.fold() == Fold::Sum {
            return;
        }
        if self.response == ComplexResponse::Modulus && self.fold() == Fold::Sum {
            // The usual case, in one loop that a compiler can vectorise.
            for (sum, h) in pooled.iter_mut().zip(row) {
                *sum += modulus(*h);
            }
            return;
        }
        values.clear();
        values.extend(row.iter().map(|h| self.response.of(*h)));
        let sign = if is_pair { Sign::Both } else { Sign::Plus };
        self.fold().take(pooled, values, 0.0, sign);
    }
}

/// Faster than a modulus that takes care of numbers whose squares are none.
fn modulus(h: Complex64) -> f64 {
    (h.re * h.re + h.im * h.im).sqrt()
}

/// The orientations of a filter that are worked out.
struct Orientations {
    angles_rad: Vec<f64>,
    /// Whether each stands for the orientation half a turn away, too, whose response is conjugate.
    are_pairs: bool,
}
