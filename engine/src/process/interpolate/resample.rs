//! Interpolation of a volume, one axis after the other.

use std::borrow::Cow;

use rayon::prelude::*;

use super::{grid::Plan, kernel::Kernel};
use crate::settings::Interpolation;

/// Rows of x that are interpolated together: enough for the processor's vectors.
const ROWS: usize = 8;

/// Lines of y or z that are interpolated together: neighbours along x, few enough to stay in the nearest cache.
const COLUMNS: usize = 64;

/// Interpolates voxels, x fastest, onto the plan's grid. Every line is computed by itself, so that the result does not
/// depend on the number of threads.
pub(super) fn resample<'a>(
    mut voxels: Cow<'a, [f64]>,
    mut size: [usize; 3],
    plan: &Plan,
    algorithm: Interpolation,
) -> Cow<'a, [f64]> {
    // Axes that shrink go first: less work, and no intermediate volume is larger than both the first and the last.
    let growth = |i: usize| plan.axes[i].to as f64 / plan.axes[i].from as f64;
    let mut order = [0, 1, 2];
    order.sort_by(|a, b| growth(*a).total_cmp(&growth(*b)));

    if voxels.is_empty() {
        return voxels;
    }
    for axis in order {
        let along = &plan.axes[axis];
        if along.is_unchanged() {
            continue;
        }
        let kernel = Kernel::new(along, algorithm);
        voxels = Cow::Owned(match axis {
            0 => along_x(&voxels, along.to, &kernel),
            1 => across(&voxels, size[0], along.to, &kernel),
            _ => across(&voxels, size[0] * size[1], along.to, &kernel),
        });
        size[axis] = along.to;
    }
    voxels
}

/// Interpolates along x, where the voxels of a line are neighbours in memory.
fn along_x(voxels: &[f64], to: usize, kernel: &Kernel) -> Vec<f64> {
    let from = kernel.from;
    let mut new = vec![0.0; voxels.len() / from * to];
    new.par_chunks_mut(ROWS * to)
        .zip(voxels.par_chunks(ROWS * from))
        .for_each_init(Vec::new, |lines, (new, voxels)| {
            let lanes = voxels.len() / from;
            lines.resize(kernel.elements() * lanes, 0.0);
            let elements = lines[kernel.before * lanes..].chunks_exact_mut(lanes);
            for (x, element) in elements.take(from).enumerate() {
                for (lane, voxel) in element.iter_mut().enumerate() {
                    *voxel = voxels[lane * from + x];
                }
            }
            kernel.prepare(lines, lanes);
            let mut column = [0.0; ROWS];
            for x in 0..to {
                kernel.apply(lines, x, &mut column[..lanes]);
                for (lane, voxel) in column[..lanes].iter().enumerate() {
                    new[lane * to + x] = *voxel;
                }
            }
        });
    new
}

/// Interpolates along an axis whose neighbouring voxels lie `stride` apart in memory.
fn across(voxels: &[f64], stride: usize, to: usize, kernel: &Kernel) -> Vec<f64> {
    let from = kernel.from;
    let mut new = vec![0.0; voxels.len() / from * to];
    // A job is a bundle of neighbouring lines: where their voxels start, and their pieces of the new volume.
    let mut jobs: Vec<(&[f64], Vec<&mut [f64]>)> = Vec::new();
    for (voxels, new) in voxels
        .chunks_exact(from * stride)
        .zip(new.chunks_exact_mut(to * stride))
    {
        let first_job = jobs.len();
        jobs.extend(
            (0..stride)
                .step_by(COLUMNS)
                .map(|x| (&voxels[x..], Vec::with_capacity(to))),
        );
        for row in new.chunks_exact_mut(stride) {
            for ((_, pieces), piece) in jobs[first_job..].iter_mut().zip(row.chunks_mut(COLUMNS)) {
                pieces.push(piece);
            }
        }
    }
    jobs.into_par_iter()
        .for_each_init(Vec::new, |lines, (voxels, mut pieces)| {
            let lanes = pieces[0].len();
            lines.resize(kernel.elements() * lanes, 0.0);
            let elements = lines[kernel.before * lanes..].chunks_exact_mut(lanes);
            for (element, voxels) in elements.take(from).zip(voxels.chunks(stride)) {
                element.copy_from_slice(&voxels[..lanes]);
            }
            kernel.prepare(lines, lanes);
            for (index, piece) in pieces.iter_mut().enumerate() {
                kernel.apply(lines, index, piece);
            }
        });
    new
}
