//! A random field that is correlated within a slice.

use radgauge_engine::volume::Grid;

use super::PerturbError;
use crate::perturb::{seed::Stream, width::sigma_of_fwhm};

/// How wide a kernel may be: half of it, in voxels.
const MAX_REACH: f64 = 512.0;

/// A difference of Gaussians in the slice, whose weights have a sum of squares of 1.
pub(super) struct Field {
    size: [usize; 2],
    /// Voxels of margin along x and y.
    reach: [usize; 2],
    /// The narrow and the wide Gaussian, each along x and y.
    gaussians: [[Vec<f64>; 2]; 2],
    /// The weights of the two.
    weights: [f64; 2],
}

impl Field {
    pub(super) fn new(grid: &Grid, fwhm_mm: f64, surround: f64) -> Result<Self, PerturbError> {
        let [sx, sy, _] = grid.spacing_mm;
        let narrow = sigma_of_fwhm(fwhm_mm);
        let wide = 2.0 * narrow;
        let reach = [sx, sy].map(|spacing| (4.0 * wide / spacing).ceil());
        if reach.iter().any(|reach| *reach > MAX_REACH) {
            return Err(PerturbError::Unfit {
                kind: "noise",
                expected: "a `fwhm_mm` of at most some hundred voxels",
                found: format!("{fwhm_mm} mm for voxels of {sx} × {sy} mm"),
            });
        }
        let reach = reach.map(|reach| reach as usize);
        let gaussian = |sigma: f64| {
            [
                gaussian(sigma / sx, reach[0]),
                gaussian(sigma / sy, reach[1]),
            ]
        };
        let gaussians = [gaussian(narrow), gaussian(wide)];
        let product = |a: &[Vec<f64>; 2], b: &[Vec<f64>; 2]| {
            let along =
                |axis: usize| -> f64 { a[axis].iter().zip(&b[axis]).map(|(a, b)| a * b).sum() };
            along(0) * along(1)
        };
        let [n, w] = &gaussians;
        let squares =
            product(n, n) - 2.0 * surround * product(n, w) + surround * surround * product(w, w);
        // Where both are narrower than a voxel, nothing is left of their difference.
        if squares < 1e-6 * product(n, n) {
            return Err(PerturbError::Unfit {
                kind: "noise",
                expected: "a `fwhm_mm` that is not far below the voxel spacing",
                found: format!("{fwhm_mm} mm for voxels of {sx} × {sy} mm"),
            });
        }
        let scale = 1.0 / squares.sqrt();
        Ok(Self {
            size: [grid.size[0], grid.size[1]],
            reach,
            gaussians,
            weights: [scale, -surround * scale],
        })
    }

    /// A slice of the field, x fastest.
    pub(super) fn slice(&self, stream: &mut Stream) -> Vec<f64> {
        let [nx, ny] = self.size;
        let [rx, ry] = self.reach;
        let width = nx + 2 * rx;
        let white: Vec<f64> = (0..width * (ny + 2 * ry))
            .map(|_| stream.normal())
            .collect();
        let mut field = vec![0.0; nx * ny];
        for ([along_x, along_y], weight) in self.gaussians.iter().zip(self.weights) {
            if weight == 0.0 {
                continue;
            }
            // Along y first: whole rows are added, which the processor does for many voxels at a time.
            let mut row = vec![0.0; width];
            for (y, field) in field.chunks_exact_mut(nx).enumerate() {
                row.fill(0.0);
                for (tap, white) in along_y.iter().zip(white[y * width..].chunks_exact(width)) {
                    add_scaled(&mut row, weight * tap, white);
                }
                for (x, tap) in along_x.iter().enumerate() {
                    add_scaled(field, *tap, &row[x..x + nx]);
                }
            }
        }
        field
    }
}

fn add_scaled(sum: &mut [f64], weight: f64, terms: &[f64]) {
    for (sum, term) in sum.iter_mut().zip(terms) {
        *sum += weight * term;
    }
}

/// A Gaussian of sum 1 at offsets from −reach to reach, 0 beyond 4 σ; σ in voxels.
fn gaussian(sigma: f64, reach: usize) -> Vec<f64> {
    let mut weights: Vec<f64> = (0..=2 * reach)
        .map(|tap| tap as f64 - reach as f64)
        .map(|offset| match offset.abs() <= (4.0 * sigma).ceil() {
            true => libm::exp(-0.5 * (offset / sigma) * (offset / sigma)),
            false => 0.0,
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}
