//! The spectrum of the weights `1 / distance` on the doubled grid.
//!
//! On a periodic grid of `2n` points an axis, the weight between two points depends on the distance along each axis
//! alone, whichever its sign. So its spectrum is real and even along every axis, known from one octant of `n + 1`
//! values an axis, and each axis is a cosine transform
//! ```text
//! W(k) = Σ_{d = −n+1}^{n} w(|d|) cos(2π k d / 2n)
//! ```
//! Two rows are transformed at once, as real and imaginary part of an ordinary transform: being even, each has a real
//! spectrum, and they do not mix.

use std::{ops::Range, sync::Arc};

use rayon::prelude::*;
use rustfft::{Fft, FftPlanner, num_complex::Complex64};

/// Cosine transforms of rows of `n + 1` values.
struct CosineTransform {
    n: usize,
    fft: Arc<dyn Fft<f64>>,
}

impl CosineTransform {
    fn new(planner: &mut FftPlanner<f64>, n: usize) -> Self {
        Self {
            n,
            fft: planner.plan_fft_forward(2 * n),
        }
    }

    /// Transforms row after row in place.
    fn process_rows(&self, rows: &mut [f64], scratch: &mut Vec<Complex64>) {
        let n = self.n;
        scratch.resize(2 * n + self.fft.get_inplace_scratch_len(), Complex64::ZERO);
        let (buffer, scratch) = scratch.split_at_mut(2 * n);
        for pair in rows.chunks_mut(2 * (n + 1)) {
            let (first, second) = pair.split_at_mut(n + 1);
            for d in 0..=n {
                let value = Complex64::new(first[d], second.get(d).copied().unwrap_or(0.0));
                buffer[d] = value;
                if d > 0 {
                    buffer[2 * n - d] = value;
                }
            }
            self.fft.process_with_scratch(buffer, scratch);
            for (k, value) in first.iter_mut().enumerate() {
                *value = buffer[k].re;
            }
            for (k, value) in second.iter_mut().enumerate() {
                *value = buffer[k].im;
            }
        }
    }
}

/// Makes the spectrum of the weights, sheet by sheet along x.
pub(super) struct Kernel {
    pub size: [usize; 3],
    spacing_mm: [f64; 3],
    transforms: [CosineTransform; 3],
}

/// The weights for some frequencies along x, still as functions of the distances along y and z.
pub(super) struct KernelColumns {
    frequencies: Range<usize>,
    /// In the order z, kx, y; y fastest.
    values: Vec<f64>,
}

impl Kernel {
    /// The kernel on a grid of `2 size` points.
    pub fn new(planner: &mut FftPlanner<f64>, size: [usize; 3], spacing_mm: [f64; 3]) -> Self {
        Self {
            size,
            spacing_mm,
            transforms: size.map(|n| CosineTransform::new(planner, n)),
        }
    }

    /// Transforms the weights along x.
    pub fn columns(&self, frequencies: Range<usize>) -> KernelColumns {
        let [rows_x, rows_y, rows_z] = self.size.map(|n| n + 1);
        let mut values = vec![0.0; rows_z * frequencies.len() * rows_y];
        values
            .par_chunks_mut(frequencies.len() * rows_y)
            .enumerate()
            .for_each_init(
                || (vec![0.0; rows_x * rows_y], Vec::new()),
                |(plane, scratch), (z, out)| {
                    self.fill_plane(z, plane);
                    self.transforms[0].process_rows(plane, scratch);
                    for (k, out) in frequencies.clone().zip(out.chunks_exact_mut(rows_y)) {
                        for (row, value) in plane.chunks_exact(rows_x).zip(out) {
                            *value = row[k];
                        }
                    }
                },
            );
        KernelColumns {
            frequencies,
            values,
        }
    }

    /// The weights at one distance along z, x fastest. None between a voxel and itself.
    fn fill_plane(&self, z: usize, plane: &mut [f64]) {
        let [sx, sy, sz] = self.spacing_mm;
        for (y, row) in plane.chunks_exact_mut(self.size[0] + 1).enumerate() {
            let across = (y as f64 * sy).powi(2) + (z as f64 * sz).powi(2);
            for (x, weight) in row.iter_mut().enumerate() {
                let along = x as f64 * sx;
                *weight = 1.0 / (along * along + across).sqrt();
            }
        }
        if z == 0 {
            plane[0] = 0.0;
        }
    }

    /// The spectrum at one frequency along x: the octant of `n + 1` frequencies along y and z, z fastest.
    pub fn sheet(
        &self,
        columns: &KernelColumns,
        frequency: usize,
        sheet: &mut Vec<f64>,
        scratch: &mut KernelScratch,
    ) {
        let [_, rows_y, rows_z] = self.size.map(|n| n + 1);
        let stride = columns.frequencies.len() * rows_y;
        let start = (frequency - columns.frequencies.start) * rows_y;
        let by_y = &mut scratch.transposed;
        by_y.clear();
        for plane in columns.values.chunks_exact(stride) {
            by_y.extend_from_slice(&plane[start..start + rows_y]);
        }
        self.transforms[1].process_rows(by_y, &mut scratch.fft);
        sheet.clear();
        for y in 0..rows_y {
            sheet.extend((0..rows_z).map(|z| by_y[z * rows_y + y]));
        }
        self.transforms[2].process_rows(sheet, &mut scratch.fft);
    }
}

/// Room for [`Kernel::sheet`] to work in.
#[derive(Default)]
pub(super) struct KernelScratch {
    transposed: Vec<f64>,
    fft: Vec<Complex64>,
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn spectrum_is_the_fourier_sum_of_the_weights() {
        let (size, spacing) = ([3, 4, 2], [1.0, 0.7, 2.5]);
        let kernel = Kernel::new(&mut FftPlanner::new(), size, spacing);
        let columns = kernel.columns(1..4);
        let mut sheet = Vec::new();
        for kx in 1..4 {
            kernel.sheet(&columns, kx, &mut sheet, &mut KernelScratch::default());
            for ky in 0..=4_usize {
                for kz in 0..=2_usize {
                    let k = [kx, ky, kz];
                    let mut expected = 0.0;
                    for z in -1..=2_i32 {
                        for y in -3..=4_i32 {
                            for x in -2..=3_i32 {
                                let d = [x, y, z];
                                let mm = |a: usize| f64::from(d[a]) * spacing[a];
                                let phase: f64 = (0..3)
                                    .map(|a| PI * k[a] as f64 * f64::from(d[a]) / size[a] as f64)
                                    .sum();
                                if d != [0; 3] {
                                    expected += phase.cos()
                                        / (mm(0).powi(2) + mm(1).powi(2) + mm(2).powi(2)).sqrt();
                                }
                            }
                        }
                    }
                    let got = sheet[ky * 3 + kz];
                    assert!(
                        (got - expected).abs() < 1e-12,
                        "frequency {k:?}: {got} vs {expected}"
                    );
                }
            }
        }
    }
}
