//! Filtering by a transfer function: the spectrum of an image, continued beyond its borders, times that of a filter.
//!
//! The image is laid on a periodic grid. With period P along an axis and frequencies k from 0 to P − 1
//! ```text
//! f̂[k] = Σ_x f[x] exp(−2πi k x / P)            h[x] = 1/P · Σ_k ĝ[k] f̂[k] exp(2πi k x / P)
//! ```
//! per axis: nothing is divided by on the way there, by the number of points on the way back.
//!
//! A continued image has twice the size of the image along every axis, so a spectrum of it would not fit where the image
//! fits. It is never held as a whole. Continuation is linear and goes axis by axis, as the transform does, so that after
//! the transform along x every frequency is a plane problem of its own: continue and transform along y and z, multiply,
//! transform back, keep the voxels of the image. What is held is the half of the spectrum along x (the image is real)
//! times the voxels along y and z. Rows and planes are done in parallel, each by one thread from beginning to end, so that
//! the bits do not depend on the number of threads.

use std::sync::Arc;

use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner, num_complex::Complex64};

use super::{Boundary, Dimension};
use crate::volume::Image;

/// Rows that are transposed together: a cache line holds four complex numbers.
const BLOCK: usize = 8;

/// The smallest multiple of 8 from `n` on for which transforms are fast: a power of two times a power of three or times
/// one of 5, 7 and 11. Other lengths of small prime factors take a third longer and more.
pub(super) fn fast_length(n: usize) -> usize {
    let is_fast = |n: &usize| {
        let odd = n >> n.trailing_zeros();
        [5, 7, 11].contains(&odd) || odd == 3_usize.pow(odd.ilog(3))
    };
    (n.div_ceil(8).max(1)..)
        .map(|eighth| 8 * eighth)
        .find(is_fast)
        .expect("powers of two have no end")
}

/// One axis of the periodic grid: the image from index 0 on, its continuation on either side of it, which is to say
/// after it and, modulo the period, before it.
pub(super) struct Axis {
    size: usize,
    /// The voxel that stands at an index of the grid; `None` where the constant of the boundary stands.
    source: Vec<Option<usize>>,
}

impl Axis {
    /// `after` indices behind the image and `before` in front of it follow the boundary; between them `gap` indices
    /// are filled with the constant of the boundary.
    pub(super) fn new(size: usize, boundary: Boundary, [after, gap, before]: [usize; 3]) -> Self {
        let period = size + after + gap + before;
        let source = (0..period)
            .map(|index| {
                let signed = if index < size + after {
                    index.cast_signed()
                } else if index < size + after + gap {
                    return None;
                } else {
                    index.cast_signed() - period.cast_signed()
                };
                boundary.source(signed, size)
            })
            .collect();
        Self { size, source }
    }

    /// An image and its continuation to twice its size, half of it on either side; a periodic image needs none.
    /// Mirrored, that is a whole period of the endless mirror image. At least `reach` indices follow the boundary on
    /// either side, which a continuation that repeats itself has by nature.
    pub(super) fn continued(size: usize, boundary: Boundary, reach: usize) -> Self {
        let margins = match boundary {
            Boundary::Periodic => [0; 3],
            Boundary::Mirror => [size.div_ceil(2), 0, size / 2],
            Boundary::Zero | Boundary::Constant(_) | Boundary::Nearest => {
                [size.div_ceil(2).max(reach), 0, (size / 2).max(reach)]
            }
        };
        Self::new(size, boundary, margins)
    }

    /// Number of voxels.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Length of the grid.
    pub(super) fn period(&self) -> usize {
        self.source.len()
    }

    /// Continues a line of voxels from which the constant of the boundary was subtracted.
    pub(super) fn extend<T: Copy + Default>(&self, voxels: &[T], line: &mut [T]) {
        line[..self.size].copy_from_slice(voxels);
        let beyond = &self.source[self.size..];
        for (value, source) in line[self.size..].iter_mut().zip(beyond) {
            *value = source.map_or_else(T::default, |voxel| voxels[voxel]);
        }
    }
}

/// A transfer function ĝ on the frequencies of a periodic grid: real, or real times i.
///
/// Its response must be real, which is to say `ĝ[−k] = conj ĝ[k]`: even if it is real, odd if it is imaginary.
pub(super) trait Transfer: Sync {
    /// Whether the values are those of ĝ / i.
    fn is_imaginary(&self) -> bool;

    /// The values at one frequency along x. For a filter in slices the last axis is y, and the argument of the function
    /// is 0.
    fn plane(&self, x: usize) -> Lines<'_>;
}

/// Fills a line of values along the last axis, from the frequency along y.
pub(super) type Lines<'a> = Box<dyn FnMut(usize, &mut [f64]) + 'a>;

/// The response of a transfer function, voxel by voxel, x fastest.
///
/// `axes` are x and y for a filter in slices, x, y and z for one in the volume; `constant` is what stands beyond the
/// image.
pub(super) fn respond(
    image: &Image,
    axes: &[Axis],
    constant: f64,
    transfer: &dyn Transfer,
) -> Vec<f64> {
    let [nx, ny, nz] = image.size();
    let rows = Rows::new(&axes[0]);
    let highest = rows.forward.complex_len();
    let mut columns = vec![Complex64::ZERO; highest * ny * nz];
    columns
        .par_chunks_mut(highest * ny)
        .zip(image.as_slice().par_chunks(nx * ny))
        .for_each_init(RowScratch::default, |scratch, (columns, slice)| {
            rows.transform(slice, constant, columns, scratch);
        });

    // One plane for each frequency along x: its columns along y, one for each z.
    let mut planes: Vec<Vec<&mut [Complex64]>> =
        (0..highest).map(|_| Vec::with_capacity(nz)).collect();
    for (index, column) in columns.chunks_exact_mut(ny).enumerate() {
        planes[index % highest].push(column);
    }
    let points: usize = axes.iter().map(Axis::period).product();
    let planner = &mut FftPlanner::new();
    let y = Pencils::new(planner, &axes[1]);
    let z = axes.get(2).map(|axis| Pencils::new(planner, axis));
    planes.par_iter_mut().enumerate().for_each_init(
        PlaneScratch::default,
        |scratch, (x, plane)| {
            let mut weight = Weight {
                lines: transfer.plane(x),
                is_imaginary: transfer.is_imaginary(),
                per_point: 1.0 / points as f64,
            };
            match &z {
                None => respond_in_columns(plane, &y, &mut weight, scratch),
                Some(z) => respond_in_plane(plane, [&y, z], &mut weight, scratch),
            }
        },
    );

    // What stands beyond the image was subtracted, and comes back as the response of a constant.
    let mean = if constant == 0.0 || transfer.is_imaginary() {
        0.0
    } else {
        let mut line = vec![0.0; axes[axes.len() - 1].period()];
        transfer.plane(0)(0, &mut line);
        constant * line[0]
    };
    let mut response = vec![0.0; nx * ny * nz];
    response
        .par_chunks_mut(nx * ny)
        .zip(columns.par_chunks(highest * ny))
        .for_each_init(RowScratch::default, |scratch, (slice, columns)| {
            rows.transform_back(columns, mean, slice, scratch);
        });
    response
}

/// The real transforms along x.
struct Rows<'a> {
    axis: &'a Axis,
    forward: Arc<dyn RealToComplex<f64>>,
    back: Arc<dyn ComplexToReal<f64>>,
}

#[derive(Default)]
struct RowScratch {
    voxels: Vec<f64>,
    real: Vec<f64>,
    complex: Vec<Complex64>,
    fft: Vec<Complex64>,
}

impl<'a> Rows<'a> {
    fn new(axis: &'a Axis) -> Self {
        let mut planner = RealFftPlanner::new();
        Self {
            axis,
            forward: planner.plan_fft_forward(axis.period()),
            back: planner.plan_fft_inverse(axis.period()),
        }
    }

    /// From a slice with x fastest to its columns: frequency after frequency, y fastest.
    fn transform(
        &self,
        slice: &[f64],
        constant: f64,
        columns: &mut [Complex64],
        scratch: &mut RowScratch,
    ) {
        let ny = slice.len() / self.axis.size;
        let highest = self.forward.complex_len();
        scratch.real.resize(self.axis.period(), 0.0);
        scratch.complex.resize(BLOCK * highest, Complex64::ZERO);
        let needed = self.forward.get_scratch_len();
        scratch.fft.resize(needed, Complex64::ZERO);
        for (block, rows) in slice.chunks(BLOCK * self.axis.size).enumerate() {
            let spectra = scratch.complex.chunks_exact_mut(highest);
            for (row, spectrum) in rows.chunks_exact(self.axis.size).zip(spectra) {
                scratch.voxels.clear();
                scratch.voxels.extend(row.iter().map(|f| f - constant));
                self.axis.extend(&scratch.voxels, &mut scratch.real);
                self.forward
                    .process_with_scratch(&mut scratch.real, spectrum, &mut scratch.fft)
                    .expect("all lengths are those of the plan");
            }
            let rows = rows.len() / self.axis.size;
            for (k, column) in columns.chunks_exact_mut(ny).enumerate() {
                let column = &mut column[block * BLOCK..][..rows];
                for (row, value) in column.iter_mut().enumerate() {
                    *value = scratch.complex[row * highest + k];
                }
            }
        }
    }

    /// From the columns back to the slice, to which `mean` is added.
    fn transform_back(
        &self,
        columns: &[Complex64],
        mean: f64,
        slice: &mut [f64],
        scratch: &mut RowScratch,
    ) {
        let ny = slice.len() / self.axis.size;
        let highest = self.forward.complex_len();
        scratch.real.resize(self.axis.period(), 0.0);
        scratch.complex.resize(BLOCK * highest, Complex64::ZERO);
        let needed = self.back.get_scratch_len();
        scratch.fft.resize(needed, Complex64::ZERO);
        for (block, rows) in slice.chunks_mut(BLOCK * self.axis.size).enumerate() {
            let count = rows.len() / self.axis.size;
            for (k, column) in columns.chunks_exact(ny).enumerate() {
                let column = &column[block * BLOCK..][..count];
                for (row, value) in column.iter().enumerate() {
                    scratch.complex[row * highest + k] = *value;
                }
            }
            let spectra = scratch.complex.chunks_exact_mut(highest);
            for (row, spectrum) in rows.chunks_exact_mut(self.axis.size).zip(spectra) {
                // Real but for rounding, in a transform of real numbers.
                spectrum[0].im = 0.0;
                if self.axis.period().is_multiple_of(2) {
                    spectrum[highest - 1].im = 0.0;
                }
                self.back
                    .process_with_scratch(spectrum, &mut scratch.real, &mut scratch.fft)
                    .expect("all lengths are those of the plan");
                for (voxel, value) in row.iter_mut().zip(&scratch.real) {
                    *voxel = value + mean;
                }
            }
        }
    }
}

/// The complex transforms along y or z.
struct Pencils<'a> {
    axis: &'a Axis,
    forward: Arc<dyn Fft<f64>>,
    back: Arc<dyn Fft<f64>>,
}

impl<'a> Pencils<'a> {
    fn new(planner: &mut FftPlanner<f64>, axis: &'a Axis) -> Self {
        Self {
            axis,
            forward: planner.plan_fft_forward(axis.period()),
            back: planner.plan_fft_inverse(axis.period()),
        }
    }

    /// Transforms lines that were continued.
    fn transform(&self, lines: &mut [Complex64], scratch: &mut Vec<Complex64>) {
        scratch.resize(self.forward.get_inplace_scratch_len(), Complex64::ZERO);
        self.forward.process_with_scratch(lines, scratch);
    }

    fn transform_back(&self, lines: &mut [Complex64], scratch: &mut Vec<Complex64>) {
        scratch.resize(self.back.get_inplace_scratch_len(), Complex64::ZERO);
        self.back.process_with_scratch(lines, scratch);
    }
}

/// A transfer function at one frequency along x, over the number of points of the grid.
struct Weight<'a> {
    lines: Lines<'a>,
    is_imaginary: bool,
    per_point: f64,
}

impl Weight<'_> {
    fn multiply(&mut self, y: usize, spectrum: &mut [Complex64], values: &mut Vec<f64>) {
        values.resize(spectrum.len(), 0.0);
        (self.lines)(y, values);
        for (coefficient, value) in spectrum.iter_mut().zip(values) {
            *coefficient *= *value * self.per_point;
            if self.is_imaginary {
                *coefficient = Complex64::new(-coefficient.im, coefficient.re);
            }
        }
    }
}

#[derive(Default)]
struct PlaneScratch {
    rows: Vec<Complex64>,
    pencils: Vec<Complex64>,
    voxels: Vec<Complex64>,
    values: Vec<f64>,
    fft: Vec<Complex64>,
}

/// For a filter in slices: every column is a problem of its own.
fn respond_in_columns(
    plane: &mut [&mut [Complex64]],
    y: &Pencils,
    weight: &mut Weight,
    scratch: &mut PlaneScratch,
) {
    scratch.rows.resize(y.axis.period(), Complex64::ZERO);
    for column in plane {
        y.axis.extend(column, &mut scratch.rows);
        y.transform(&mut scratch.rows, &mut scratch.fft);
        weight.multiply(0, &mut scratch.rows, &mut scratch.values);
        y.transform_back(&mut scratch.rows, &mut scratch.fft);
        column.copy_from_slice(&scratch.rows[..y.axis.size]);
    }
}

/// For a filter in the volume: along y, then along z for some frequencies along y at a time, and back.
fn respond_in_plane(
    plane: &mut [&mut [Complex64]],
    [y, z]: [&Pencils; 2],
    weight: &mut Weight,
    scratch: &mut PlaneScratch,
) {
    let PlaneScratch {
        rows,
        pencils,
        voxels,
        values,
        fft,
    } = scratch;
    let (py, nz, pz) = (y.axis.period(), z.axis.size, z.axis.period());
    rows.resize(nz * py, Complex64::ZERO);
    for (column, row) in plane.iter().zip(rows.chunks_exact_mut(py)) {
        y.axis.extend(column, row);
    }
    y.transform(rows, fft);

    voxels.resize(BLOCK * nz, Complex64::ZERO);
    pencils.resize(BLOCK * pz, Complex64::ZERO);
    for start in (0..py).step_by(BLOCK) {
        let count = BLOCK.min(py - start);
        for (z, row) in rows.chunks_exact(py).enumerate() {
            for (i, value) in row[start..start + count].iter().enumerate() {
                voxels[i * nz + z] = *value;
            }
        }
        let pencils = &mut pencils[..count * pz];
        for (voxels, pencil) in voxels.chunks_exact(nz).zip(pencils.chunks_exact_mut(pz)) {
            z.axis.extend(voxels, pencil);
        }
        z.transform(pencils, fft);
        for (i, pencil) in pencils.chunks_exact_mut(pz).enumerate() {
            weight.multiply(start + i, pencil, values);
        }
        z.transform_back(pencils, fft);
        for (z, row) in rows.chunks_exact_mut(py).enumerate() {
            for (i, value) in row[start..start + count].iter_mut().enumerate() {
                *value = pencils[i * pz + z];
            }
        }
    }

    y.transform_back(rows, fft);
    for (column, row) in plane.iter_mut().zip(rows.chunks_exact(py)) {
        column.copy_from_slice(&row[..y.axis.size]);
    }
}

/// The axes of the periodic grid of an image, those on which the filter works.
pub(super) fn continued_axes(
    size: [usize; 3],
    dimension: Dimension,
    boundary: Boundary,
    reach: usize,
) -> Vec<Axis> {
    size[..dimension.axes()]
        .iter()
        .map(|n| Axis::continued(*n, boundary, reach))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::filter::{
        frequencies::opposite,
        samples::{bits, difference, noise, on_threads},
    };
    use crate::volume::Volume;

    const BOUNDARIES: [Boundary; 5] = [
        Boundary::Zero,
        Boundary::Constant(3.5),
        Boundary::Nearest,
        Boundary::Periodic,
        Boundary::Mirror,
    ];

    /// A transfer function without any regularity, but for that of a real response.
    struct Table {
        periods: [usize; 3],
        is_imaginary: bool,
    }

    impl Table {
        fn value(&self, k: [usize; 3]) -> f64 {
            let any =
                |k: [usize; 3]| (1.0 + k[0] as f64 + 5.0 * k[1] as f64 + 31.0 * k[2] as f64).sin();
            let minus = std::array::from_fn(|axis| opposite(k[axis], self.periods[axis]));
            if self.is_imaginary {
                any(k) - any(minus)
            } else {
                any(k) + any(minus)
            }
        }
    }

    impl Transfer for Table {
        fn is_imaginary(&self) -> bool {
            self.is_imaginary
        }

        fn plane(&self, x: usize) -> Lines<'_> {
            Box::new(move |y, line| {
                for (z, value) in line.iter_mut().enumerate() {
                    *value = self.value([x, y, z]);
                }
            })
        }
    }

    /// The periods of a grid whose middle axis is missing in slices.
    fn periods(axes: &[Axis]) -> [usize; 3] {
        match axes {
            [x, y] => [x.period(), 1, y.period()],
            [x, y, z] => [x.period(), y.period(), z.period()],
            _ => unreachable!("two or three axes"),
        }
    }

    /// By the sums of the definition, over an image continued voxel by voxel.
    fn naive(image: &Image, boundary: Boundary, table: &Table) -> Image {
        let [px, py, pz] = table.periods;
        let size = image.size();
        let signed = |x: usize, n: usize| {
            if boundary != Boundary::Periodic && x >= n + n.div_ceil(2) {
                x.cast_signed() - 2 * n.cast_signed()
            } else {
                x.cast_signed()
            }
        };
        let is_in_volume = py > 1 || size[1] == 1;
        let f = |[x, y, z]: [usize; 3], slice: usize| {
            let source = |x, n| boundary.source(signed(x, n), n);
            let voxel = if is_in_volume {
                (source(x, size[0]), source(y, size[1]), source(z, size[2]))
            } else {
                (source(x, size[0]), source(z, size[1]), Some(slice))
            };
            match voxel {
                (Some(x), Some(y), Some(z)) => image.voxels()[[x, y, z]],
                _ => boundary.constant(),
            }
        };
        let points: Vec<[usize; 3]> = (0..px * py * pz)
            .map(|i| [i % px, i / px % py, i / px / py])
            .collect();
        let wave = |k: [usize; 3], x: [usize; 3]| {
            let turns = (0..3).map(|a| (k[a] * x[a]) as f64 / table.periods[a] as f64);
            Complex64::cis(TAU * turns.sum::<f64>())
        };
        let factor = if table.is_imaginary {
            Complex64::I
        } else {
            Complex64::ONE
        };
        let slices = if is_in_volume { 1 } else { size[2] };
        let spectra: Vec<Vec<Complex64>> = (0..slices)
            .map(|slice| {
                let at = |k: &[usize; 3]| -> Complex64 {
                    let terms = points.iter().map(|x| f(*x, slice) * wave(*k, *x).conj());
                    terms.sum::<Complex64>() * factor * table.value(*k)
                };
                points.iter().map(at).collect()
            })
            .collect();
        Volume::from_fn(image.grid().clone(), |[x, y, z]| {
            let (at, slice) = if is_in_volume {
                ([x, y, z], 0)
            } else {
                ([x, 0, y], z)
            };
            let terms = points.iter().zip(&spectra[slice]);
            let h: Complex64 = terms.map(|(k, value)| value * wave(*k, at)).sum();
            h.re / points.len() as f64
        })
    }

    #[test]
    fn fast_lengths() {
        let lengths = [1, 8, 9, 33, 97, 209, 342].map(fast_length);
        assert_eq!(lengths, [8, 8, 16, 40, 112, 216, 352]);
    }

    #[test]
    fn continuation_is_half_on_either_side() {
        let extended = |boundary, size, reach| {
            let axis = Axis::continued(size, boundary, reach);
            let voxels: Vec<f64> = (1..=size).map(|v| v as f64).collect();
            let mut line = vec![f64::NAN; axis.period()];
            axis.extend(&voxels, &mut line);
            line
        };
        assert_eq!(extended(Boundary::Periodic, 3, 9), [1.0, 2.0, 3.0]);
        assert_eq!(
            extended(Boundary::Mirror, 3, 9),
            [1.0, 2.0, 3.0, 3.0, 2.0, 1.0]
        );
        assert_eq!(extended(Boundary::Nearest, 2, 0), [1.0, 2.0, 2.0, 1.0]);
        assert_eq!(
            extended(Boundary::Zero, 1, 2),
            [1.0, 0.0, 0.0, 0.0, 0.0],
            "as far as the kernel"
        );
    }

    #[test]
    fn responses_are_those_of_the_naive_transform() {
        for (size, dimension) in [
            ([4, 3, 2], Dimension::Volume),
            ([3, 2, 1], Dimension::Volume),
            ([5, 4, 2], Dimension::Slice),
            ([1, 3, 3], Dimension::Slice),
        ] {
            let image = noise(size, 1);
            for boundary in BOUNDARIES {
                for is_imaginary in [false, true] {
                    let axes = continued_axes(size, dimension, boundary, 0);
                    let table = Table {
                        periods: periods(&axes),
                        is_imaginary,
                    };
                    let response = respond(&image, &axes, boundary.constant(), &table);
                    let response = Volume::from_flat(image.grid().clone(), response);
                    let expected = naive(&image, boundary, &table);
                    let off = difference(&response, &expected);
                    assert!(
                        off < 1e-12,
                        "{size:?} {dimension:?} {boundary:?} {is_imaginary}: {off}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let image = noise([19, 11, 5], 2);
        for dimension in [Dimension::Slice, Dimension::Volume] {
            let axes = continued_axes(image.size(), dimension, Boundary::Mirror, 0);
            let table = Table {
                periods: periods(&axes),
                is_imaginary: false,
            };
            let run = || {
                let response = respond(&image, &axes, 0.0, &table);
                bits(&Volume::from_flat(image.grid().clone(), response))
            };
            assert_eq!(on_threads(1, run), on_threads(4, run), "{dimension:?}");
        }
    }
}
