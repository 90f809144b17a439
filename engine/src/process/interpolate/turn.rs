//! Interpolation onto slices that are turned in their plane. It is no longer separable in x and y: every voxel of a new
//! slice has its own weights along x and along y, the same in every slice.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    grid::Axis,
    kernel::{Extended, Kernel, cubic_convolution, cubic_spline, linear, nearest, within_reach},
    pose::Rotation,
    resample::{Voxel, is_zero, through_slices},
};
use crate::settings::Interpolation;

/// Slices that are turned together: the weights of a voxel serve all of them.
const SLICES: usize = 8;

/// A position this close to a voxel of the old grid is that voxel: cosines of 60° round.
const WHOLE_TOLERANCE: f64 = 1e-9;

/// The new slices with respect to the old ones.
pub(super) struct Turn {
    /// Along x and y, as if nothing turned or moved.
    pub axes: [Axis; 2],
    pub rotation: Rotation,
    pub shift_mm: [f64; 2],
}

impl Turn {
    /// Position of a new voxel in voxels of the old grid.
    pub fn position(&self, voxel: [usize; 2]) -> [f64; 2] {
        let [x, y] = &self.axes;
        let Rotation { cos, sin } = self.rotation;
        let from_centre = |axis: &Axis, index: usize| {
            axis.start_mm + index as f64 * axis.new_mm - axis.centre_mm()
        };
        let (u, v) = (from_centre(x, voxel[0]), from_centre(y, voxel[1]));
        let turned_mm = [
            x.centre_mm() + (cos * u - sin * v) + self.shift_mm[0],
            y.centre_mm() + (sin * u + cos * v) + self.shift_mm[1],
        ];
        let snap = |position: f64| match position.round() {
            whole if (position - whole).abs() < WHOLE_TOLERANCE => whole,
            _ => position,
        };
        [snap(turned_mm[0] / x.old_mm), snap(turned_mm[1] / y.old_mm)]
    }

    /// Interpolates voxels, x fastest, onto the turned slices and along z.
    pub fn resample<T: Voxel>(&self, voxels: &[T], z: &Axis, algorithm: Interpolation) -> Vec<f64> {
        let plane = self.axes.map(|axis| axis.from).iter().product::<usize>();
        let new_plane = self.axes.map(|axis| axis.to).iter().product::<usize>();
        if z.is_unchanged() {
            return self.slices(voxels, algorithm);
        }
        let kernel = Kernel::new(z, algorithm);
        // What shrinks goes first: less work.
        if kernel.growth() < 1.0 {
            self.slices(&through_slices(voxels, plane, &kernel), algorithm)
        } else {
            through_slices(&self.slices(voxels, algorithm), new_plane, &kernel)
        }
    }

    fn slices<T: Voxel>(&self, voxels: &[T], algorithm: Interpolation) -> Vec<f64> {
        match algorithm {
            // A right angle on square voxels: they are exchanged, to the bit.
            _ if self.is_permutation() => self.slices_by(voxels, Interpolation::Nearest, nearest),
            Interpolation::Nearest => self.slices_by(voxels, algorithm, nearest),
            Interpolation::Linear => self.slices_by(voxels, algorithm, linear),
            Interpolation::CubicSpline => self.slices_by(voxels, algorithm, cubic_spline),
            Interpolation::CubicConvolution => self.slices_by(voxels, algorithm, cubic_convolution),
        }
    }

    /// Whether every new voxel lies on an old one. The position is linear in both indices, so that two neighbours tell the
    /// steps, and the corners that they have not added up to something else.
    fn is_permutation(&self) -> bool {
        let [last_x, last_y] = self.axes.map(|axis| axis.to - 1);
        let corners = [[0, 0], [last_x, 0], [0, last_y], [last_x, last_y]];
        let neighbours = [[1.min(last_x), 0], [0, 1.min(last_y)]];
        corners.iter().chain(&neighbours).all(|voxel| {
            let position = self.position(*voxel);
            position.iter().all(|position| position.fract() == 0.0)
        })
    }

    fn slices_by<T: Voxel, const N: usize>(
        &self,
        voxels: &[T],
        algorithm: Interpolation,
        taps: impl Fn(f64) -> (isize, [f64; N]) + Sync,
    ) -> Vec<f64> {
        let [nx, ny] = self.axes.map(|axis| axis.from);
        let [mx, my] = self.axes.map(|axis| axis.to);
        let [line_x, line_y] = self.lines(algorithm, &taps);
        let width = line_x.elements();
        let count = voxels.len() / (nx * ny);
        let mut new = vec![0.0; count * mx * my];
        new.par_chunks_mut(SLICES * mx * my)
            .zip(voxels.par_chunks(SLICES * nx * ny))
            .filter(|(_, old)| !old.chunks(nx).all(is_zero))
            .for_each_init(Vec::new, |lines: &mut Vec<f64>, (new, old)| {
                // Where fewer slices are left, empty ones follow them.
                let row = width * SLICES;
                lines.clear();
                lines.resize(line_y.elements() * row, 0.0);
                // Rows of all slices side by side are lines along x, rows below one another are lines along y.
                let rows = lines.chunks_exact_mut(row).skip(line_y.before);
                for (y, elements) in rows.take(ny).enumerate() {
                    let first = line_x.before * SLICES;
                    for (lane, slice) in old.chunks_exact(nx * ny).enumerate() {
                        let elements = elements[first + lane..].iter_mut().step_by(SLICES);
                        for (element, voxel) in elements.zip(&slice[y * nx..][..nx]) {
                            *element = (*voxel).into();
                        }
                    }
                    line_x.prepare(elements, SLICES);
                }
                line_y.prepare(lines, row);

                let (elements, _) = lines.as_chunks::<SLICES>();
                let Some([columns, rows]) = filled(elements, width) else {
                    return;
                };
                for voxel in 0..mx * my {
                    let [x, y] = self.reached([voxel % mx, voxel / mx]);
                    let ((x, weights_x), (y, weights_y)) = (taps(x), taps(y));
                    let x = (x + line_x.before as isize).cast_unsigned();
                    let y = (y + line_y.before as isize).cast_unsigned();
                    // Far from a mask there is nothing to sum.
                    if x >= columns.end
                        || y >= rows.end
                        || x + N <= columns.start
                        || y + N <= rows.start
                    {
                        continue;
                    }
                    let mut sums = [0.0; SLICES];
                    for (row, weight_y) in weights_y.iter().enumerate() {
                        let mut along_x = [0.0; SLICES];
                        let elements = &elements[(y + row) * width + x..][..N];
                        for (element, weight_x) in elements.iter().zip(&weights_x) {
                            for (sum, element) in along_x.iter_mut().zip(element) {
                                *sum += weight_x * element;
                            }
                        }
                        for (sum, along_x) in sums.iter_mut().zip(&along_x) {
                            *sum += weight_y * along_x;
                        }
                    }
                    for (new, sum) in new[voxel..].iter_mut().step_by(mx * my).zip(sums) {
                        *new = sum;
                    }
                }
            });
        new
    }

    fn reached(&self, voxel: [usize; 2]) -> [f64; 2] {
        let [x, y] = self.position(voxel);
        let [nx, ny] = self.axes.map(|axis| axis.from);
        [within_reach(x, nx), within_reach(y, ny)]
    }

    /// The lines along x and y, extended as far as the corners of the new slices reach.
    fn lines<const N: usize>(
        &self,
        algorithm: Interpolation,
        taps: &impl Fn(f64) -> (isize, [f64; N]),
    ) -> [Extended; 2] {
        let [last_x, last_y] = self.axes.map(|axis| axis.to - 1);
        let corners = [[0, 0], [last_x, 0], [0, last_y], [last_x, last_y]];
        std::array::from_fn(|axis| {
            // A voxel more on each side: what lies between corners may be rounded beyond them.
            let firsts = corners.map(|corner| taps(self.reached(corner)[axis]).0);
            let lowest = firsts.into_iter().min().unwrap_or(0) - 1;
            let highest = firsts.into_iter().max().unwrap_or(0) + N as isize;
            Extended::new(self.axes[axis].from, [lowest, highest], algorithm)
        })
    }
}

/// The columns and rows in which there are elements other than 0; none when all are 0.
fn filled(elements: &[[f64; SLICES]], width: usize) -> Option<[Range<usize>; 2]> {
    let mut filled: Option<[Range<usize>; 2]> = None;
    for (y, row) in elements.chunks_exact(width).enumerate() {
        let is_filled = |element: &[f64; SLICES]| !is_zero(element);
        let Some(first) = row.iter().position(is_filled) else {
            continue;
        };
        let end = row.iter().rposition(is_filled).unwrap_or(first) + 1;
        let [columns, rows] = filled.get_or_insert([first..end, y..y + 1]);
        *columns = columns.start.min(first)..columns.end.max(end);
        rows.end = y + 1;
    }
    filled
}
