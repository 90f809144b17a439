//! The transfer function of the Laplacian of Gaussian, as a kernel of limited support has it.

use std::f64::consts::{PI, TAU};

use super::{fft::Lines, transfer::FourierGrid, transfer::Symbol};

/// The discrete Fourier transforms of the two one-dimensional kernels of which it is made, per axis, for taps t from −h to
/// h and σ in voxels.
struct Factors {
    /// `exp(−t² / 2σ²)`.
    gaussian: [Vec<f64>; 3],
    /// `(1 − t² / σ²) exp(−t² / 2σ²)`.
    curvature: [Vec<f64>; 3],
}

impl Factors {
    fn new(grid: &FourierGrid, sigma: f64, half_width: u32) -> Self {
        let spectra = |weight: &dyn Fn(f64) -> f64| {
            std::array::from_fn(|axis| {
                // The axis on which a filter in slices does not work has no taps.
                if grid.is_axis(axis) {
                    spectrum(grid.periods[axis], half_width, weight)
                } else {
                    vec![1.0]
                }
            })
        };
        let gaussian = |t: f64| (-t * t / (2.0 * sigma * sigma)).exp();
        Self {
            gaussian: spectra(&gaussian),
            curvature: spectra(&|t| (1.0 - t * t / (sigma * sigma)) * gaussian(t)),
        }
    }
}

/// `Σ_t g(t) cos(2π k t / P)` of an even kernel, for k from 0 to P − 1.
fn spectrum(period: usize, half_width: u32, weight: &dyn Fn(f64) -> f64) -> Vec<f64> {
    (0..period)
        .map(|k| {
            let pairs = (1..=half_width).map(|t| {
                // The remainder keeps the argument small, and so the cosine exact.
                let turn = (k * t as usize % period) as f64 / period as f64;
                2.0 * weight(f64::from(t)) * (TAU * turn).cos()
            });
            weight(0.0) + pairs.sum::<f64>()
        })
        .collect()
}

/// The Laplacian of Gaussian (L6PA) in D dimensions, a sum of D products:
/// ```text
/// g = −1/σ² · (1 / (√(2π) σ))^D · Σᵢ (1 − kᵢ²/σ²) · exp(−‖k‖² / 2σ²)
/// ```
pub(super) struct LaplacianOfGaussian {
    factors: Factors,
    scale: f64,
    has_middle_axis: bool,
}

impl LaplacianOfGaussian {
    pub(super) fn new(grid: &FourierGrid, sigma: f64, half_width: u32) -> Self {
        let normal = 1.0 / ((2.0 * PI).sqrt() * sigma);
        let dimensions = (0..3).filter(|axis| grid.is_axis(*axis)).count();
        Self {
            factors: Factors::new(grid, sigma, half_width),
            scale: -normal.powi(dimensions as i32) / (sigma * sigma),
            has_middle_axis: grid.is_axis(1),
        }
    }
}

impl Symbol for LaplacianOfGaussian {
    fn plane(&self, x: usize) -> Lines<'_> {
        let [gx, gy, gz] = &self.factors.gaussian;
        let [cx, cy, cz] = &self.factors.curvature;
        Box::new(move |y, line| {
            let mut of_z = cx[x] * gy[y];
            if self.has_middle_axis {
                of_z += gx[x] * cy[y];
            }
            let gxy = gx[x] * gy[y];
            for ((value, gz), cz) in line.iter_mut().zip(gz).zip(cz) {
                *value = self.scale * (of_z * gz + gxy * cz);
            }
        })
    }
}
