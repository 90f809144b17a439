//! Interpolation of a volume: slice by slice in their planes, and through the slices.

use rayon::prelude::*;

use super::{grid::Plan, kernel::Kernel};
use crate::settings::Interpolation;

/// Rows of x that are interpolated together: enough for the processor's vectors.
const ROWS: usize = 8;

/// Lines of y or z that are interpolated together: neighbours along x, few enough to stay in the nearest cache.
const COLUMNS: usize = 64;

/// What can be interpolated.
pub(super) trait Voxel: Copy + Into<f64> + Sync {}

impl Voxel for f64 {}

/// Partial volumes: 1 inside the mask, 0 outside.
impl Voxel for bool {}

/// Interpolates voxels, x fastest, onto the plan's grid. Every line is computed by itself, so that the result does not
/// depend on the number of threads.
///
/// Where all voxels of some lines are 0, as they are in most of a mask, so are the new ones: these are passed over.
pub(super) fn resample<T: Voxel>(
    voxels: &[T],
    [nx, ny, _]: [usize; 3],
    plan: &Plan,
    algorithm: Interpolation,
) -> Vec<f64> {
    if voxels.is_empty() {
        return Vec::new();
    }
    let [x, y, z] = plan.axes.each_ref().map(|axis| match axis.is_unchanged() {
        // The nearest voxels of an axis that is left alone are its own.
        true => Kernel::new(axis, Interpolation::Nearest),
        false => Kernel::new(axis, algorithm),
    });
    // What shrinks goes first, here and within a slice: less work, and what is in between is never larger than both
    // the old voxels and the new ones.
    if plan.axes[2].is_unchanged() {
        slice_by_slice(voxels, [nx, ny], [&x, &y])
    } else if z.growth() < x.growth() * y.growth() {
        slice_by_slice(&through_slices(voxels, nx * ny, &z), [nx, ny], [&x, &y])
    } else {
        let plane = x.to() * y.to();
        through_slices(&slice_by_slice(voxels, [nx, ny], [&x, &y]), plane, &z)
    }
}

pub(super) fn is_zero<T: Voxel>(voxels: &[T]) -> bool {
    // Looking at all of them is faster than stopping at the first: the compiler can look at many at once.
    let are_zero = voxels.iter().map(|voxel| (*voxel).into() == 0.0);
    are_zero.fold(true, |all, is_zero| all & is_zero)
}

/// Interpolates along x and y, each slice by itself: what is in between stays in the processor's cache.
fn slice_by_slice<T: Voxel>(
    voxels: &[T],
    [nx, ny]: [usize; 2],
    [kernel_x, kernel_y]: [&Kernel; 2],
) -> Vec<f64> {
    let [new_x, new_y] = [kernel_x.to(), kernel_y.to()];
    let mut new = vec![0.0; voxels.len() / (nx * ny) * new_x * new_y];
    new.par_chunks_mut(new_x * new_y)
        .zip(voxels.par_chunks(nx * ny))
        .filter(|(_, slice)| !slice.chunks(nx).all(is_zero))
        .for_each_init(
            || (Vec::new(), Vec::new()),
            |(between, lines), (new, slice)| {
                if kernel_y.growth() <= kernel_x.growth() {
                    between.resize(nx * new_y, 0.0);
                    along_y(slice, between, nx, kernel_y, lines);
                    along_x(between, new, kernel_x, lines);
                } else {
                    between.resize(new_x * ny, 0.0);
                    along_x(slice, between, kernel_x, lines);
                    along_y(between, new, new_x, kernel_y, lines);
                }
            },
        );
    new
}

/// Interpolates a slice along y.
fn along_y<T: Voxel>(
    slice: &[T],
    new: &mut [f64],
    nx: usize,
    kernel: &Kernel,
    lines: &mut Vec<f64>,
) {
    for x in (0..nx).step_by(COLUMNS) {
        let columns = x..(x + COLUMNS).min(nx);
        let lanes = columns.len();
        let rows = || slice.chunks_exact(nx).map(|row| &row[columns.clone()]);
        let new_rows = new
            .chunks_exact_mut(nx)
            .map(|row| &mut row[columns.clone()]);
        if rows().all(is_zero) {
            new_rows.for_each(|row| row.fill(0.0));
            continue;
        }
        gather(rows(), lanes, kernel, lines);
        kernel.line.prepare(lines, lanes);
        for (index, row) in new_rows.enumerate() {
            kernel.apply(lines, index, row);
        }
    }
}

/// Interpolates a slice along x, where the voxels of a line are neighbours in memory.
fn along_x<T: Voxel>(slice: &[T], new: &mut [f64], kernel: &Kernel, lines: &mut Vec<f64>) {
    let (from, to) = (kernel.line.from, kernel.to());
    let mut columns = Vec::new();
    for (rows, new) in slice.chunks(ROWS * from).zip(new.chunks_mut(ROWS * to)) {
        if is_zero(rows) {
            new.fill(0.0);
            continue;
        }
        let lanes = rows.len() / from;
        lines.resize(kernel.line.elements() * lanes, 0.0);
        for (lane, row) in rows.chunks_exact(from).enumerate() {
            let elements = lines[kernel.line.before * lanes + lane..].iter_mut();
            for (element, voxel) in elements.step_by(lanes).zip(row) {
                *element = (*voxel).into();
            }
        }
        kernel.line.prepare(lines, lanes);
        columns.resize(to * lanes, 0.0);
        for (x, column) in columns.chunks_exact_mut(lanes).enumerate() {
            kernel.apply(lines, x, column);
        }
        for (lane, row) in new.chunks_exact_mut(to).enumerate() {
            for (voxel, column) in row.iter_mut().zip(columns[lane..].iter().step_by(lanes)) {
                *voxel = *column;
            }
        }
    }
}

/// Interpolates along z, given the number of voxels in a slice.
pub(super) fn through_slices<T: Voxel>(voxels: &[T], plane: usize, kernel: &Kernel) -> Vec<f64> {
    let mut new = vec![0.0; plane * kernel.to()];
    // For each bundle of neighbouring lines, its pieces of the new volume.
    let bundles = plane.div_ceil(COLUMNS);
    let mut pieces: Vec<Vec<&mut [f64]>> = Vec::new();
    pieces.resize_with(bundles, || Vec::with_capacity(kernel.to()));
    for slice in new.chunks_exact_mut(plane) {
        for (pieces, piece) in pieces.iter_mut().zip(slice.chunks_mut(COLUMNS)) {
            pieces.push(piece);
        }
    }
    pieces
        .into_par_iter()
        .enumerate()
        .for_each_init(Vec::new, |lines, (bundle, mut pieces)| {
            let first = bundle * COLUMNS;
            let lanes = pieces[0].len();
            let rows = || {
                voxels
                    .chunks_exact(plane)
                    .map(|slice| &slice[first..first + lanes])
            };
            if rows().all(is_zero) {
                return;
            }
            gather(rows(), lanes, kernel, lines);
            kernel.line.prepare(lines, lanes);
            for (index, piece) in pieces.iter_mut().enumerate() {
                kernel.apply(lines, index, piece);
            }
        });
    new
}

/// Makes lines of rows that lie across them.
fn gather<'a, T: Voxel + 'a>(
    rows: impl Iterator<Item = &'a [T]>,
    lanes: usize,
    kernel: &Kernel,
    lines: &mut Vec<f64>,
) {
    lines.resize(kernel.line.elements() * lanes, 0.0);
    let elements = lines[kernel.line.before * lanes..].chunks_exact_mut(lanes);
    for (element, row) in elements.zip(rows) {
        for (element, voxel) in element.iter_mut().zip(row) {
            *element = (*voxel).into();
        }
    }
}
