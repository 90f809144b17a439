//! The sums over all pairs by Fourier transform.
//!
//! Let `m` be the mask (1 inside, 0 outside), `f` the deviations from the mean inside it and `q = f²`. With
//! `S(a, b) = Σ Σ w a(k1) b(k2)` over all pairs of voxels of the box,
//! ```text
//! Σ w = S(m, m),    Σ w (x1 − μ)(x2 − μ) = S(f, f),    Σ w (x1 − x2)² = 2 S(q, m) − 2 S(f, f)
//! ```
//! As `w` depends on the difference of two positions alone, each S is a sum over the frequencies of a periodic grid
//! that is long enough for opposite ends not to meet, 2n an axis for a box of at most n (Parseval; W is the spectrum
//! of the weights, see [`super::kernel`]), and no transform back is needed:
//! ```text
//! S(a, b) = 1 / (8 nx ny nz) · Σ_k W(k) · Re(A(k) · conj B(k))
//! ```
//! Three things keep that cheap. A transform of length 2n of n values and n zeros is two transforms of length n: that
//! of the values has the even frequencies, that of the values times `exp(−iπ j / n)` the odd ones, and no zeros are
//! transformed. The signals are real, so that frequencies along x below zero are the mirror image of those above. And
//! after the transform along x each frequency is a plane problem of its own, which fits into a core's cache and is
//! done in parallel; the planes' sums are added up in order.

use std::{ops::Range, sync::Arc};

use rayon::prelude::*;
use rustfft::{Fft, FftPlanner, num_complex::Complex64};

use super::{
    Field, PairSums,
    kernel::{Kernel, KernelColumns, KernelScratch},
};

/// The signals: deviation, mask, squared deviation.
const SIGNALS: usize = 3;
const F: usize = 0;
const M: usize = 1;
const Q: usize = 2;

/// Pencils along z that are gathered together: a cache line holds four of their values.
const PENCILS: usize = 8;

/// The most complex numbers that the transforms along x may hold at a time (256 MiB); larger boxes are done in parts.
const MOST_COLUMN_VALUES: usize = 1 << 24;

/// The sums for the pairs of voxels of a field.
pub(super) fn pair_sums(field: &Field) -> PairSums {
    pair_sums_in_parts(field, MOST_COLUMN_VALUES)
}

fn pair_sums_in_parts(field: &Field, most_column_values: usize) -> PairSums {
    let box_size = field.mask.size();
    let size = box_size.map(fast_length);
    let mut planner = FftPlanner::new();
    let kernel = Kernel::new(&mut planner, size, field.mask.grid().spacing_mm);
    let transforms = size.map(|n| HalfTransforms::new(&mut planner, n));

    let highest = size[0];
    let values_per_frequency = SIGNALS * box_size[1] * box_size[2];
    let frequencies_per_part = (most_column_values / values_per_frequency).max(1);
    let mut sums = [0.0; SIGNALS];
    for start in (0..=highest).step_by(frequencies_per_part) {
        let part = start..(start + frequencies_per_part).min(highest + 1);
        let columns = Columns::new(field, &transforms[0], part.clone());
        let kernel_columns = kernel.columns(part.clone());
        let sheets: Vec<[f64; SIGNALS]> = part
            .into_par_iter()
            .map_init(Scratch::default, |scratch, frequency| {
                let sheet = Sheet {
                    columns: &columns,
                    transforms: [&transforms[1], &transforms[2]],
                    frequency,
                };
                scratch.weigh(&kernel, &kernel_columns, frequency);
                // All but the first and the last stand for the frequency of opposite sign, too.
                let times = if frequency == 0 || frequency == highest {
                    1.0
                } else {
                    2.0
                };
                sheet.sums(scratch).map(|sum| times * sum)
            })
            .collect();
        for sheet in sheets {
            for (sum, of_sheet) in sums.iter_mut().zip(sheet) {
                *sum += of_sheet;
            }
        }
    }
    let points: f64 = size.iter().map(|n| 2.0 * *n as f64).product();
    let [ff, mm, qm] = sums.map(|sum| sum / points);
    PairSums {
        weight: mm,
        product: ff,
        squared_difference: 2.0 * (qm - ff),
    }
}

/// The smallest length from `n` on for which transforms are fast: with prime factors 2 and 3, and one of 5 or 7 at most. A
/// second one makes them nearly twice as slow, which costs more than a few more zeros along every axis.
fn fast_length(n: usize) -> usize {
    let is_fast = |n: &usize| {
        let rest = [2, 3].into_iter().fold(*n, |mut rest, prime| {
            while rest.is_multiple_of(prime) {
                rest /= prime;
            }
            rest
        });
        [1, 5, 7].contains(&rest)
    };
    (n..).find(is_fast).expect("powers of two have no end")
}

/// The transform of length 2n of n values and n zeros, as two of length n.
struct HalfTransforms {
    n: usize,
    fft: Arc<dyn Fft<f64>>,
    /// `exp(−iπ j / n)`.
    half_turn: Vec<Complex64>,
}

impl HalfTransforms {
    fn new(planner: &mut FftPlanner<f64>, n: usize) -> Self {
        Self {
            n,
            fft: planner.plan_fft_forward(n),
            half_turn: (0..n)
                .map(|j| Complex64::cis(-std::f64::consts::PI * j as f64 / n as f64))
                .collect(),
        }
    }

    /// Transforms rows of length n that were already turned if odd frequencies are wanted.
    fn process_rows(&self, rows: &mut [Complex64], scratch: &mut Vec<Complex64>) {
        scratch.resize(self.fft.get_inplace_scratch_len(), Complex64::ZERO);
        self.fft.process_with_scratch(rows, scratch);
    }
}

/// The signals transformed along x, for some of the frequencies.
struct Columns {
    frequencies: Range<usize>,
    /// Voxels of the box along y and z.
    rows: [usize; 2],
    /// In the order z, signal, kx, y; y fastest.
    values: Vec<Complex64>,
}

impl Columns {
    fn new(field: &Field, transforms: &HalfTransforms, frequencies: Range<usize>) -> Self {
        let [bx, by, bz] = field.mask.size();
        let is_inside = field.mask.as_slice();
        let mut values = vec![Complex64::ZERO; bz * SIGNALS * frequencies.len() * by];
        values
            .par_chunks_mut(SIGNALS * frequencies.len() * by)
            .enumerate()
            .for_each_init(
                || RowPair::new(transforms),
                |pair, (z, plane)| {
                    let signal = |row: usize, x: usize| {
                        let voxel = x + bx * (row % by + by * z);
                        match row / by {
                            F => field.deviation[voxel],
                            M => f64::from(is_inside[voxel]),
                            _ => field.deviation[voxel] * field.deviation[voxel],
                        }
                    };
                    // Two real rows at a time, as real and imaginary part.
                    for first in (0..SIGNALS * by).step_by(2) {
                        let second = (first + 1).min(SIGNALS * by - 1);
                        pair.transform(bx, |x| Complex64::new(signal(first, x), signal(second, x)));
                        for (i, k) in frequencies.clone().enumerate() {
                            let [a, b] = pair.separated(k);
                            for (row, value) in [(first, a), (second, b)] {
                                let column = row / by * frequencies.len() + i;
                                plane[column * by + row % by] = value;
                            }
                        }
                    }
                },
            );
        Self {
            frequencies,
            rows: [by, bz],
            values,
        }
    }

    /// The column along y of a signal at a frequency along x and a voxel along z.
    fn column(&self, signal: usize, frequency: usize, z: usize) -> &[Complex64] {
        let [by, _] = self.rows;
        let per_signal = self.frequencies.len();
        let column = (z * SIGNALS + signal) * per_signal + frequency - self.frequencies.start;
        &self.values[column * by..(column + 1) * by]
    }
}

/// Two real rows in transformation.
struct RowPair<'a> {
    transforms: &'a HalfTransforms,
    /// The even and the odd frequencies.
    halves: [Vec<Complex64>; 2],
    scratch: Vec<Complex64>,
}

impl<'a> RowPair<'a> {
    fn new(transforms: &'a HalfTransforms) -> Self {
        Self {
            transforms,
            halves: [const { Vec::new() }; 2],
            scratch: Vec::new(),
        }
    }

    fn transform(&mut self, length: usize, value: impl Fn(usize) -> Complex64) {
        let [even, odd] = &mut self.halves;
        even.clear();
        even.extend((0..length).map(value));
        odd.clear();
        odd.extend(
            even.iter()
                .zip(&self.transforms.half_turn)
                .map(|(v, turn)| v * turn),
        );
        for half in &mut self.halves {
            half.resize(self.transforms.n, Complex64::ZERO);
            self.transforms.process_rows(half, &mut self.scratch);
        }
    }

    /// The spectra of the two rows at a frequency from 0 to n: `(Z(k) ± conj Z(−k)) / 2`, the second over i.
    fn separated(&self, frequency: usize) -> [Complex64; 2] {
        let n = self.transforms.n;
        let at = |k: usize| self.halves[k % 2][k / 2];
        let opposite = if frequency == 0 { 0 } else { 2 * n - frequency };
        let (z, mirrored) = (at(frequency), at(opposite).conj());
        let difference = (z - mirrored) / 2.0;
        [
            (z + mirrored) / 2.0,
            Complex64::new(difference.im, -difference.re),
        ]
    }
}

/// Room for one sheet, kept from sheet to sheet.
#[derive(Default)]
struct Scratch {
    kernel: KernelScratch,
    /// The spectrum of the weights: the octant along y and z, z fastest.
    octant: Vec<f64>,
    /// The same with all 2n frequencies along z, first the even ones, then the odd ones, as the pencils have them.
    weights: Vec<f64>,
    /// Per signal: in the order z, ky; ky fastest.
    planes: [Vec<Complex64>; SIGNALS],
    /// Per parity of the frequency along z and signal: some pencils along z.
    pencils: [[Vec<Complex64>; SIGNALS]; 2],
    fft: Vec<Complex64>,
}

impl Scratch {
    fn weigh(&mut self, kernel: &Kernel, columns: &KernelColumns, frequency: usize) {
        kernel.sheet(columns, frequency, &mut self.octant, &mut self.kernel);
        let n = kernel.size[2];
        self.weights.clear();
        for row in self.octant.chunks_exact(n + 1) {
            for parity in 0..2 {
                // Beyond n a frequency is the mirror image of 2n minus it.
                let frequencies = (0..n).map(|k| 2 * k + parity);
                self.weights
                    .extend(frequencies.map(|k| row[k.min(2 * n - k)]));
            }
        }
    }
}

/// The plane problem of one frequency along x.
struct Sheet<'a> {
    columns: &'a Columns,
    transforms: [&'a HalfTransforms; 2],
    frequency: usize,
}

impl Sheet<'_> {
    /// `Σ W F conj F`, `Σ W M conj M` and `Σ W Q conj M` over the frequencies along y and z.
    fn sums(&self, scratch: &mut Scratch) -> [f64; SIGNALS] {
        let ny = self.transforms[0].n;
        let mut sums = [0.0; SIGNALS];
        for parity in 0..2 {
            self.transform_along_y(parity, scratch);
            for start in (0..ny).step_by(PENCILS) {
                let block = start..(start + PENCILS).min(ny);
                self.transform_along_z(block.clone(), scratch);
                self.accumulate(block, parity, scratch, &mut sums);
            }
        }
        sums
    }

    fn transform_along_y(&self, parity: usize, scratch: &mut Scratch) {
        let transforms = self.transforms[0];
        let [by, bz] = self.columns.rows;
        for (signal, plane) in scratch.planes.iter_mut().enumerate() {
            plane.resize(bz * transforms.n, Complex64::ZERO);
            for (z, row) in plane.chunks_exact_mut(transforms.n).enumerate() {
                let column = self.columns.column(signal, self.frequency, z);
                row[..by].copy_from_slice(column);
                row[by..].fill(Complex64::ZERO);
                if parity == 1 {
                    for (value, turn) in row.iter_mut().zip(&transforms.half_turn[..by]) {
                        *value *= turn;
                    }
                }
            }
            transforms.process_rows(plane, &mut scratch.fft);
        }
    }

    fn transform_along_z(&self, block: Range<usize>, scratch: &mut Scratch) {
        let ny = self.transforms[0].n;
        let half_turn = &self.transforms[1].half_turn;
        let n = self.transforms[1].n;
        let [_, bz] = self.columns.rows;
        let [even, odd] = &mut scratch.pencils;
        for (signal, plane) in scratch.planes.iter().enumerate() {
            let (even, odd) = (&mut even[signal], &mut odd[signal]);
            for pencils in [&mut *even, &mut *odd] {
                pencils.resize(block.len() * n, Complex64::ZERO);
            }
            let pencils = even.chunks_exact_mut(n).zip(odd.chunks_exact_mut(n));
            for (ky, (even, odd)) in block.clone().zip(pencils) {
                let values = plane[ky..].iter().step_by(ny);
                let places = even.iter_mut().zip(odd.iter_mut());
                for ((value, turn), (even, odd)) in values.zip(half_turn).zip(places) {
                    *even = *value;
                    *odd = value * turn;
                }
                even[bz..].fill(Complex64::ZERO);
                odd[bz..].fill(Complex64::ZERO);
            }
            for pencils in [even, odd] {
                self.transforms[1].process_rows(pencils, &mut scratch.fft);
            }
        }
    }

    fn accumulate(
        &self,
        block: Range<usize>,
        parity: usize,
        scratch: &Scratch,
        sums: &mut [f64; SIGNALS],
    ) {
        let [ny, nz] = self.transforms.map(|t| t.n);
        for (i, ky) in block.enumerate() {
            // Beyond n a frequency is the mirror image of 2n minus it.
            let ky = 2 * ky + parity;
            let row = ky.min(2 * ny - ky) * 2 * nz;
            let weights = scratch.weights[row..row + 2 * nz].chunks_exact(nz);
            for (weights, pencils) in weights.zip(&scratch.pencils) {
                let pencil = |signal: usize| &pencils[signal][i * nz..(i + 1) * nz];
                let signals = pencil(F).iter().zip(pencil(M)).zip(pencil(Q));
                // Real and imaginary parts side by side, which the processor adds at once.
                let mut of_pencil = [[0.0; 2]; SIGNALS];
                for (((f, m), q), weight) in signals.zip(weights) {
                    for (sum, product) in of_pencil.iter_mut().zip([
                        [f.re * f.re, f.im * f.im],
                        [m.re * m.re, m.im * m.im],
                        [q.re * m.re, q.im * m.im],
                    ]) {
                        sum[0] += weight * product[0];
                        sum[1] += weight * product[1];
                    }
                }
                for (sum, [re, im]) in sums.iter_mut().zip(of_pencil) {
                    *sum += re + im;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::morphology::{autocorrelation::direct, samples::any_image_and_mask};

    #[test]
    fn fast_lengths() {
        let lengths = [1, 11, 13, 49, 71, 97, 109].map(fast_length);
        assert_eq!(lengths, [1, 12, 14, 54, 72, 108, 112]);
    }

    proptest! {
        #[test]
        fn spectral_sums_equal_direct_sums(
            (image, mask) in any_image_and_mask(9), part in 1..400_usize
        ) {
            let Ok(field) = Field::new(&image, &mask) else { return Ok(()) };
            let slow = direct::pair_sums(&field);
            for fast in [pair_sums(&field), pair_sums_in_parts(&field, part)] {
                // The product may cancel; the squared differences are on its scale.
                let scale = slow.squared_difference + slow.product.abs();
                prop_assert!((fast.weight - slow.weight).abs() <= 1e-12 * slow.weight,
                    "weight {} vs {}", fast.weight, slow.weight);
                prop_assert!((fast.product - slow.product).abs() <= 1e-11 * scale,
                    "product {} vs {}", fast.product, slow.product);
                prop_assert!(
                    (fast.squared_difference - slow.squared_difference).abs() <= 1e-11 * scale,
                    "squared difference {} vs {}", fast.squared_difference, slow.squared_difference);
            }
        }
    }
}
