//! Interpolation along one axis: which voxels of a line, with which weights, make each new voxel.

use super::grid::Axis;
use crate::settings::Interpolation;

/// How many voxels a new voxel may lie outside the old grid before its position is taken as that: the extended signal
/// is constant there, and what the spline still adds, `SPLINE_POLE^32`, is below the precision of `f64`.
const MAX_OUTSIDE: f64 = 32.0;

/// Pole of the cubic B-spline's prefilter, √3 − 2 (M. Unser, A. Aldroubi, M. Eden, IEEE Trans. Signal Process. 41,
/// 1993, 821–833).
const SPLINE_POLE: f64 = -0.267_949_192_431_122_7;

/// Positions this close to the middle between two voxels are in the middle.
const MIDDLE_TOLERANCE: f64 = 1e-9;

/// A line of voxels, extended on both sides.
///
/// Lines are processed several at a time ("lanes"): element `i` of lane `l` lies at `i * lanes + l`. A line is made of
/// `before` elements, its `from` voxels, and `after` elements.
#[derive(Clone, Copy)]
pub(super) struct Extended {
    /// Voxels of a line of the old grid.
    pub from: usize,
    /// Elements before the first voxel.
    pub before: usize,
    /// Elements after the last voxel.
    pub after: usize,
    is_spline: bool,
}

impl Extended {
    /// The extension of lines of `from` voxels that are read at elements from `lowest` up to `highest`, counted from the
    /// first voxel.
    pub fn new(from: usize, [lowest, highest]: [isize; 2], algorithm: Interpolation) -> Self {
        Self {
            from,
            before: lowest.min(0).unsigned_abs(),
            after: (highest + 1).max(0).cast_unsigned().saturating_sub(from),
            is_spline: algorithm == Interpolation::CubicSpline,
        }
    }

    /// Elements of a line.
    pub fn elements(&self) -> usize {
        self.before + self.from + self.after
    }

    /// Completes lines of which the voxels are set: what is before and after them becomes the extension by the nearest
    /// edge voxel, and for the spline all elements become coefficients.
    pub fn prepare(&self, lines: &mut [f64], lanes: usize) {
        let (before, rest) = lines.split_at_mut(self.before * lanes);
        let (voxels, after) = rest.split_at_mut(self.from * lanes);
        if self.is_spline {
            spline_coefficients(before, voxels, after, lanes);
        } else {
            for element in before.chunks_exact_mut(lanes) {
                element.copy_from_slice(&voxels[..lanes]);
            }
            for element in after.chunks_exact_mut(lanes) {
                element.copy_from_slice(&voxels[voxels.len() - lanes..]);
            }
        }
    }
}

/// The interpolation of one axis, ready to be applied to any number of [lines](Extended).
pub(super) struct Kernel {
    /// The lines that it reads.
    pub line: Extended,
    taps: Taps,
}

/// For each voxel of a line of the new grid, the first element that it is made of, and the weights of this one and the
/// following ones.
enum Taps {
    One(Vec<usize>),
    Two(Vec<(usize, [f64; 2])>),
    Four(Vec<(usize, [f64; 4])>),
}

impl Kernel {
    /// The kernel of an axis with at least one voxel.
    pub fn new(axis: &Axis, algorithm: Interpolation) -> Self {
        let positions: Vec<f64> = (0..axis.to)
            .map(|index| within_reach(axis.position(index), axis.from))
            .collect();
        // The first of the voxels that make each new voxel, and how many they are.
        let (firsts, support): (Vec<isize>, _) = match algorithm {
            Interpolation::Nearest => (floors(&positions, 0.5 + MIDDLE_TOLERANCE), 1),
            Interpolation::Linear => (floors(&positions, 0.0), 2),
            Interpolation::CubicSpline | Interpolation::CubicConvolution => {
                let floors = floors(&positions, 0.0);
                (floors.into_iter().map(|voxel| voxel - 1).collect(), 4)
            }
        };
        let lowest = firsts.iter().copied().min().unwrap_or(0).min(0);
        let highest = firsts.iter().copied().max().unwrap_or(0) + support - 1;
        let elements = firsts.iter().map(|first| (first - lowest).cast_unsigned());
        let fractions = positions.iter().map(|position| position - position.floor());
        let taps = match algorithm {
            Interpolation::Nearest => Taps::One(elements.collect()),
            Interpolation::Linear => {
                Taps::Two(elements.zip(fractions.map(linear_weights)).collect())
            }
            Interpolation::CubicSpline => {
                Taps::Four(elements.zip(fractions.map(spline_weights)).collect())
            }
            Interpolation::CubicConvolution => {
                Taps::Four(elements.zip(fractions.map(convolution_weights)).collect())
            }
        };
        Self {
            line: Extended::new(axis.from, [lowest, highest], algorithm),
            taps,
        }
    }

    /// How many times as many voxels a new line has.
    pub fn growth(&self) -> f64 {
        self.to() as f64 / self.line.from as f64
    }

    /// Voxels of a line of the new grid.
    pub fn to(&self) -> usize {
        match &self.taps {
            Taps::One(taps) => taps.len(),
            Taps::Two(taps) => taps.len(),
            Taps::Four(taps) => taps.len(),
        }
    }

    /// New voxel `index` of each of the prepared lines.
    pub fn apply(&self, lines: &[f64], index: usize, new: &mut [f64]) {
        match &self.taps {
            Taps::One(taps) => new.copy_from_slice(element(lines, taps[index], new.len())),
            Taps::Two(taps) => weighted_sum(lines, taps[index], new),
            Taps::Four(taps) => weighted_sum(lines, taps[index], new),
        }
    }
}

/// A position in voxels, no farther outside a line of `from` voxels than makes a difference.
pub(super) fn within_reach(position: f64, from: usize) -> f64 {
    position.clamp(-MAX_OUTSIDE, (from - 1) as f64 + MAX_OUTSIDE)
}

/// The voxel nearest to a position, the upper one of two.
pub(super) fn nearest(position: f64) -> (isize, [f64; 1]) {
    (
        (position + (0.5 + MIDDLE_TOLERANCE)).floor() as isize,
        [1.0],
    )
}

/// The two voxels around a position and their weights.
pub(super) fn linear(position: f64) -> (isize, [f64; 2]) {
    let floor = position.floor();
    (floor as isize, linear_weights(position - floor))
}

/// The first of the four spline coefficients around a position, and their weights.
pub(super) fn cubic_spline(position: f64) -> (isize, [f64; 4]) {
    let floor = position.floor();
    (floor as isize - 1, spline_weights(position - floor))
}

/// The first of the four voxels around a position, and their weights.
pub(super) fn cubic_convolution(position: f64) -> (isize, [f64; 4]) {
    let floor = position.floor();
    (floor as isize - 1, convolution_weights(position - floor))
}

fn floors(positions: &[f64], shift: f64) -> Vec<isize> {
    let floor = |position: &f64| (position + shift).floor() as isize;
    positions.iter().map(floor).collect()
}

fn element(lines: &[f64], index: usize, lanes: usize) -> &[f64] {
    &lines[index * lanes..][..lanes]
}

fn weighted_sum<const N: usize>(
    lines: &[f64],
    (first, weights): (usize, [f64; N]),
    new: &mut [f64],
) {
    let lanes = new.len();
    let terms: [&[f64]; N] = std::array::from_fn(|k| element(lines, first + k, lanes));
    for (lane, new) in new.iter_mut().enumerate() {
        *new = weights[0] * terms[0][lane];
        for k in 1..N {
            *new += weights[k] * terms[k][lane];
        }
    }
}

fn linear_weights(t: f64) -> [f64; 2] {
    [1.0 - t, t]
}

/// Six times the cubic B-spline at distances 1 + t, t, 1 − t, 2 − t; [`spline_coefficients`] has the other sixth.
fn spline_weights(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [
        s * s * s,
        4.0 - 3.0 * t * t * (2.0 - t),
        4.0 - 3.0 * s * s * (2.0 - s),
        t * t * t,
    ]
}

/// Cubic convolution at distances 1 + t, t, 1 − t, 2 − t (R. Keys, IEEE Trans. Acoust. Speech Signal Process. 29,
/// 1981, 1153–1160; a = −1/2).
fn convolution_weights(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [
        -0.5 * t * s * s,
        1.0 - 0.5 * t * t * (5.0 - 3.0 * t),
        1.0 - 0.5 * s * s * (5.0 - 3.0 * s),
        -0.5 * s * t * t,
    ]
}

/// Turns voxels into a sixth of the B-spline coefficients of the spline that goes through them and, on both sides,
/// through infinitely many repetitions of the edge voxel: `c(k−1) + 4 c(k) + c(k+1) = voxel(k)` for all k.
///
/// The recursive filter of Unser et al. with pole z, whose start and end have closed forms on constant sides:
/// ```text
/// forward    u(k) = v(k) + z u(k−1),          u(−1) = v(0) / (1 − z)
/// backward   c(k) = z (c(k+1) − u(k)),        c(n−1) = −z (A / (1 − z) + B / (1 − z²))
///            A = v(n−1) / (1 − z),  B = u(n−1) − A      as u(n−1+j) = A + B z^j
/// outside    c(−j) = e + (c(0) − e) z^j,      e = v(0) / 6, and likewise after the end
/// ```
fn spline_coefficients(before: &mut [f64], voxels: &mut [f64], after: &mut [f64], lanes: usize) {
    const Z: f64 = SPLINE_POLE;
    let n = voxels.len() / lanes;
    let first = voxels[..lanes].to_vec();
    let last = voxels[(n - 1) * lanes..].to_vec();

    for voxel in &mut voxels[..lanes] {
        *voxel /= 1.0 - Z;
    }
    for k in 1..n {
        let (done, rest) = voxels.split_at_mut(k * lanes);
        for (u, previous) in rest[..lanes].iter_mut().zip(&done[(k - 1) * lanes..]) {
            *u += Z * previous;
        }
    }
    for (c, last) in voxels[(n - 1) * lanes..].iter_mut().zip(&last) {
        let a = last / (1.0 - Z);
        let b = *c - a;
        *c = -Z * (a / (1.0 - Z) + b / (1.0 - Z * Z));
    }
    for k in (0..n - 1).rev() {
        let (rest, done) = voxels.split_at_mut((k + 1) * lanes);
        for (c, next) in rest[k * lanes..].iter_mut().zip(&done[..lanes]) {
            *c = Z * (next - *c);
        }
    }

    let outside = |element: &mut [f64], decay: f64, edge: &[f64], coefficient: &[f64]| {
        for ((c, edge), coefficient) in element.iter_mut().zip(edge).zip(coefficient) {
            let settled = edge / 6.0;
            *c = settled + (coefficient - settled) * decay;
        }
    };
    let mut decay = 1.0;
    for element in before.chunks_exact_mut(lanes).rev() {
        decay *= Z;
        outside(element, decay, &first, &voxels[..lanes]);
    }
    let mut decay = 1.0;
    for element in after.chunks_exact_mut(lanes) {
        decay *= Z;
        outside(element, decay, &last, &voxels[(n - 1) * lanes..]);
    }
}
