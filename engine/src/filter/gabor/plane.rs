//! The convolution of a plane with several complex kernels, through its spectrum.
//!
//! One spectrum of the plane serves all kernels; each costs one complex transform back, real and imaginary part of the
//! response together. Three things keep that cheap. A kernel with `g[−k] = conj g[k]` has a real transfer function. A wide
//! Gaussian is narrow in the spectrum: columns in which the transfer function vanishes are not transformed back. And only
//! the rows of the image are: the continuation is dropped between the two axes.

use std::{ops::Range, sync::Arc};

use realfft::{RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner, num_complex::Complex64};

use crate::filter::{
    Boundary,
    fft::{Axis, fast_length},
    frequencies::opposite,
};

/// Rows and columns that are transposed together: a cache line holds four complex numbers.
const BLOCK: usize = 8;

/// What is below this fraction of the largest value of a transfer function is left out: rounding of the transform that
/// made it is a tenth of that.
const VANISHING: f64 = 1e-14;

/// Planes of one size, continued as far as kernels reach.
pub(super) struct PlaneFilter {
    axes: [Axis; 2],
    reach: [usize; 2],
    constant: f64,
    real_rows: Arc<dyn RealToComplex<f64>>,
    columns: Arc<dyn Fft<f64>>,
    columns_back: Arc<dyn Fft<f64>>,
    rows_back: Arc<dyn Fft<f64>>,
}

/// The transfer function of a kernel over the number of points of the grid, without what vanishes.
pub(super) struct Kernel {
    /// The columns that are kept.
    kept: Vec<Column>,
    /// The frequencies along the first axis that are left out.
    left_out: Vec<Range<usize>>,
    /// The response to the constant beyond the image.
    of_constant: f64,
}

/// The transfer function at one frequency along the first axis.
struct Column {
    frequency: usize,
    /// Runs of frequencies along the second axis where it does not vanish, with its values there; 0 is by itself.
    runs: Vec<(Range<usize>, Vec<f64>)>,
}

/// Room for one plane, kept from plane to plane.
#[derive(Default)]
pub(super) struct PlaneScratch {
    voxels: Vec<f64>,
    real: Vec<f64>,
    /// Half of the spectrum: column after column.
    spectrum: Vec<Complex64>,
    column: Vec<Complex64>,
    rows: Vec<Complex64>,
    block: Vec<Complex64>,
    fft: Vec<Complex64>,
}

impl PlaneFilter {
    /// For planes of this size and kernels with taps from `−reach` to `reach` along each axis.
    pub(super) fn new(size: [usize; 2], boundary: Boundary, reach: [usize; 2]) -> Self {
        let axes = [0, 1].map(|axis| {
            let (n, reach) = (size[axis], reach[axis]);
            let gap = fast_length(n + 2 * reach) - n - 2 * reach;
            Axis::new(n, boundary, [reach, gap, reach])
        });
        let mut planner = FftPlanner::new();
        let periods = [0, 1].map(|axis: usize| axes[axis].period());
        Self {
            reach,
            constant: boundary.constant(),
            real_rows: RealFftPlanner::new().plan_fft_forward(periods[0]),
            columns: planner.plan_fft_forward(periods[1]),
            columns_back: planner.plan_fft_inverse(periods[1]),
            rows_back: planner.plan_fft_inverse(periods[0]),
            axes,
        }
    }

    /// Number of points of the grid.
    pub(super) fn points(&self) -> usize {
        self.axes[0].period() * self.axes[1].period()
    }

    /// The transfer function of a kernel with `g[−k] = conj g[k]`.
    pub(super) fn kernel(&self, tap: impl Fn([f64; 2]) -> Complex64) -> Kernel {
        let [p1, p2] = [0, 1].map(|axis: usize| self.axes[axis].period());
        let [h1, h2] = self.reach.map(usize::cast_signed);
        let mut rows = vec![Complex64::ZERO; p1 * p2];
        for k2 in -h2..=h2 {
            let row = &mut rows[k2.rem_euclid(p2.cast_signed()).unsigned_abs() * p1..][..p1];
            for k1 in -h1..=h1 {
                row[k1.rem_euclid(p1.cast_signed()).unsigned_abs()] = tap([k1 as f64, k2 as f64]);
            }
        }
        let mut planner = FftPlanner::new();
        planner.plan_fft_forward(p1).process(&mut rows);
        let mut columns = vec![Complex64::ZERO; p1 * p2];
        for (k2, row) in rows.chunks_exact(p1).enumerate() {
            for (k1, value) in row.iter().enumerate() {
                columns[k1 * p2 + k2] = *value;
            }
        }
        self.columns.process(&mut columns);
        let of_constant = self.constant * columns[0].re;

        let largest = columns
            .iter()
            .fold(0.0, |m: f64, value| m.max(value.re.abs()));
        let limit = VANISHING * largest;
        let points = self.points() as f64;
        let columns = columns.chunks_exact(p2).enumerate();
        let columns = columns.map(|(frequency, column)| Column {
            frequency,
            runs: runs(0..1, |_| column[0].re.abs() > limit)
                .chain(runs(1..p2, |k2| column[*k2].re.abs() > limit))
                .map(|run| {
                    let values = column[run.clone()].iter().map(|value| value.re / points);
                    (run, values.collect())
                })
                .collect(),
        });
        let (kept, left_out): (Vec<Column>, Vec<Column>) =
            columns.partition(|column| !column.runs.is_empty());
        let left_out = left_out.iter().map(|column| column.frequency);
        Kernel {
            kept,
            left_out: runs(left_out, |_| true).collect(),
            of_constant,
        }
    }

    /// Gives the responses to all kernels, one after the other, row by row with the index of the row.
    pub(super) fn respond(
        &self,
        plane: &[f64],
        kernels: &[Kernel],
        scratch: &mut PlaneScratch,
        mut respond: impl FnMut(usize, &[Complex64]),
    ) {
        self.transform(plane, scratch);
        let p1 = self.axes[0].period();
        for kernel in kernels {
            self.multiply_and_transform_columns_back(kernel, scratch);
            let PlaneScratch { rows, fft, .. } = scratch;
            fft.resize(self.rows_back.get_inplace_scratch_len(), Complex64::ZERO);
            for (y, row) in rows.chunks_exact_mut(p1).enumerate() {
                self.rows_back.process_with_scratch(row, fft);
                let row = &mut row[..self.axes[0].size()];
                if kernel.of_constant != 0.0 {
                    for value in &mut *row {
                        *value += kernel.of_constant;
                    }
                }
                respond(y, row);
            }
        }
    }

    /// The half of the spectrum of the plane that is not the conjugate of the other, its first axis real.
    fn transform(&self, plane: &[f64], scratch: &mut PlaneScratch) {
        let PlaneScratch {
            voxels,
            real,
            spectrum,
            column,
            block,
            fft,
            ..
        } = scratch;
        let [n1, n2] = [0, 1].map(|axis: usize| self.axes[axis].size());
        let [p1, p2] = [0, 1].map(|axis: usize| self.axes[axis].period());
        let highest = self.real_rows.complex_len();

        // Rows, transposed into the first n2 values of each column.
        spectrum.resize(highest * p2, Complex64::ZERO);
        block.resize(BLOCK * highest.max(p2), Complex64::ZERO);
        real.resize(p1, 0.0);
        fft.resize(self.real_rows.get_scratch_len(), Complex64::ZERO);
        for (start, rows) in plane.chunks(BLOCK * n1).enumerate() {
            for (row, spectrum) in rows.chunks_exact(n1).zip(block.chunks_exact_mut(highest)) {
                voxels.clear();
                voxels.extend(row.iter().map(|f| f - self.constant));
                self.axes[0].extend(voxels, real);
                self.real_rows
                    .process_with_scratch(real, spectrum, fft)
                    .expect("all lengths are those of the plan");
            }
            let count = rows.len() / n1;
            for (k1, column) in spectrum.chunks_exact_mut(p2).enumerate() {
                let column = &mut column[BLOCK * start..][..count];
                for (row, value) in column.iter_mut().enumerate() {
                    *value = block[row * highest + k1];
                }
            }
        }

        column.resize(n2, Complex64::ZERO);
        fft.resize(self.columns.get_inplace_scratch_len(), Complex64::ZERO);
        for spectrum in spectrum.chunks_exact_mut(p2) {
            column.copy_from_slice(&spectrum[..n2]);
            self.axes[1].extend(column, spectrum);
            self.columns.process_with_scratch(spectrum, fft);
        }
    }

    /// The response before its rows are transformed back.
    fn multiply_and_transform_columns_back(&self, kernel: &Kernel, scratch: &mut PlaneScratch) {
        let PlaneScratch {
            spectrum,
            rows,
            block,
            fft,
            ..
        } = scratch;
        let [p1, p2] = [0, 1].map(|axis: usize| self.axes[axis].period());
        let n2 = self.axes[1].size();
        let highest = self.real_rows.complex_len();
        rows.resize(n2 * p1, Complex64::ZERO);
        fft.resize(self.columns_back.get_inplace_scratch_len(), Complex64::ZERO);
        let neighbours = kernel.kept.chunk_by(|a, b| a.frequency + 1 == b.frequency);
        for kept in neighbours.flat_map(|columns| columns.chunks(BLOCK)) {
            let first = kept[0].frequency;
            let block = &mut block[..kept.len() * p2];
            for (column, product) in kept.iter().zip(block.chunks_exact_mut(p2)) {
                let k1 = column.frequency;
                let mut end = 0;
                for (run, transfer) in &column.runs {
                    product[end..run.start].fill(Complex64::ZERO);
                    end = run.end;
                    let product = product[run.clone()].iter_mut().zip(transfer);
                    if k1 < highest {
                        let spectrum = &spectrum[k1 * p2..][run.clone()];
                        for ((value, g), f) in product.zip(spectrum) {
                            *value = f * g;
                        }
                    } else {
                        let opposites = if *run == (0..1) {
                            0..1
                        } else {
                            p2 + 1 - run.end..p2 + 1 - run.start
                        };
                        let spectrum = &spectrum[opposite(k1, p1) * p2..][opposites];
                        for ((value, g), f) in product.zip(spectrum.iter().rev()) {
                            *value = f.conj() * g;
                        }
                    }
                }
                product[end..].fill(Complex64::ZERO);
            }
            self.columns_back.process_with_scratch(block, fft);
            for (y, row) in rows.chunks_exact_mut(p1).enumerate() {
                let row = &mut row[first..first + kept.len()];
                for (value, column) in row.iter_mut().zip(block.chunks_exact(p2)) {
                    *value = column[y];
                }
            }
        }
        for row in rows.chunks_exact_mut(p1) {
            for range in &kernel.left_out {
                row[range.clone()].fill(Complex64::ZERO);
            }
        }
    }
}

/// The runs of consecutive numbers among those that are wanted.
fn runs(
    numbers: impl Iterator<Item = usize>,
    is_wanted: impl Fn(&usize) -> bool,
) -> impl Iterator<Item = Range<usize>> {
    let mut numbers = numbers.filter(is_wanted).peekable();
    std::iter::from_fn(move || {
        let start = numbers.next()?;
        let mut end = start + 1;
        while numbers.next_if_eq(&end).is_some() {
            end += 1;
        }
        Some(start..end)
    })
}
