//! One-dimensional convolution kernels.

use super::{Boundary, lines::Lines};

/// Values that are convolved at once: enough to keep their sums in registers.
const BLOCK: usize = 16;

/// What becomes of a kernel when it is flipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parity {
    /// It stays: `g[−k] = g[k]`.
    Even,
    /// It changes sign: `g[−k] = −g[k]`.
    Odd,
    /// It is another kernel.
    Neither,
}

impl Parity {
    /// The parity of a convolution or product of two kernels.
    pub(super) fn times(self, other: Self) -> Self {
        match (self, other) {
            (Self::Neither, _) | (_, Self::Neither) => Self::Neither,
            (one, another) if one == another => Self::Even,
            _ => Self::Odd,
        }
    }
}

/// A kernel `g[k]`: the taps that are not zero, by ascending offset `k`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    taps: Vec<(isize, f64)>,
}

impl Kernel {
    /// Taps whose centre is number `⌊M / 2⌋` of `M`: an even number of taps is one more with a zero appended, as the
    /// manual recommends (section *Combining Directional Sensitivity and Invariance to Local Rotations*).
    pub(super) fn new(taps: &[f64]) -> Self {
        Self::spread(taps, 1)
    }

    /// Taps between which the à trous algorithm has put `step − 1` zeros, and as many after the last (section
    /// *Undecimated Transform*, second alternative).
    pub(super) fn spread(taps: &[f64], step: usize) -> Self {
        let centre = (taps.len() * step / 2) as isize;
        let offsets = (0..taps.len()).map(|tap| (tap * step) as isize - centre);
        Self::from_taps(offsets.zip(taps.iter().copied()).collect())
    }

    /// The kernel that moves an image by `offset` voxels.
    pub(super) fn shift(offset: isize) -> Self {
        Self::from_taps(vec![(offset, 1.0)])
    }

    /// Adds up taps of the same offset and drops those that are zero.
    fn from_taps(mut taps: Vec<(isize, f64)>) -> Self {
        taps.sort_by_key(|(offset, _)| *offset);
        let mut merged: Vec<(isize, f64)> = Vec::with_capacity(taps.len());
        for (offset, weight) in taps {
            match merged.last_mut() {
                Some((last, sum)) if *last == offset => *sum += weight,
                _ => merged.push((offset, weight)),
            }
        }
        merged.retain(|(_, weight)| *weight != 0.0);
        Self { taps: merged }
    }

    /// `g[−k]`: the exchange matrix J of the manual's appendix, applied.
    pub(super) fn flipped(&self) -> Self {
        let taps = self.taps.iter().rev();
        Self {
            taps: taps.map(|(offset, weight)| (-offset, *weight)).collect(),
        }
    }

    pub(super) fn scaled(&self, factor: f64) -> Self {
        let taps = self.taps.iter();
        Self::from_taps(
            taps.map(|(offset, weight)| (*offset, factor * weight))
                .collect(),
        )
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        Self::from_taps([self.taps.as_slice(), &other.taps].concat())
    }

    pub(super) fn parity(&self) -> Parity {
        let flipped = self.flipped();
        if *self == flipped {
            Parity::Even
        } else if *self == flipped.scaled(-1.0) {
            Parity::Odd
        } else {
            Parity::Neither
        }
    }

    /// `Σ g[k]`: the response where the image is 1 everywhere.
    pub(super) fn sum(&self) -> f64 {
        match self.parity() {
            Parity::Odd => 0.0,
            Parity::Even | Parity::Neither => self.taps.iter().map(|(_, weight)| weight).sum(),
        }
    }

    /// Largest `|k|`.
    pub(super) fn radius(&self) -> usize {
        let offsets = self.taps.iter().map(|(offset, _)| offset.unsigned_abs());
        offsets.max().unwrap_or(0)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.taps.is_empty()
    }

    /// The kernel with the same response on a line of `n` voxels and a radius below `2 n`: what lies farther out sees
    /// voxels that a nearer tap sees too.
    pub(super) fn folded(&self, n: usize, boundary: Boundary) -> Self {
        if self.radius() < n {
            return self.clone();
        }
        let size = isize::try_from(n).expect("sizes fit in memory");
        let taps = self.taps.iter().filter_map(|&(offset, weight)| {
            let offset = match boundary {
                Boundary::Zero | Boundary::Constant(_) => Some(offset).filter(|o| o.abs() < size),
                Boundary::Nearest => Some(offset.clamp(1 - size, size - 1)),
                Boundary::Periodic => Some(offset % size),
                Boundary::Mirror => Some(offset % (2 * size)),
            };
            Some((offset?, weight))
        });
        Self::from_taps(taps.collect())
    }

    /// Convolves lines: `out[i] = Σ_k g[k] lines[i − k]`, added to what is in `out` if `add`.
    ///
    /// The terms of every element's sum come in the same order wherever the element lies.
    pub(super) fn convolve(&self, lines: &Lines, out: &mut [f64], add: bool) {
        let shifted = |offset: isize| lines.shifted(-offset);
        let parity = self.parity();
        if parity == Parity::Neither {
            let taps = self.taps.iter().map(|(k, g)| (shifted(*k), *g));
            let taps: Vec<(&[f64], f64)> = taps.collect();
            return by_blocks(
                out,
                add,
                |at, sums| add_taps::<BLOCK>(&taps, at, sums),
                |at, sums| add_taps::<1>(&taps, at, sums),
            );
        }
        // Taps on either side of the centre share their weight, so that their voxels are added first.
        let centre = self.taps.iter().filter(|(k, _)| *k == 0);
        let centre: Vec<(&[f64], f64)> = centre.map(|(k, g)| (shifted(*k), *g)).collect();
        let pairs = self.taps.iter().filter(|(k, _)| *k > 0);
        let pairs: Vec<Pair> = pairs
            .map(|(k, g)| (shifted(*k), shifted(-*k), *g))
            .collect();
        if parity == Parity::Even {
            by_blocks(
                out,
                add,
                |at, sums| {
                    add_taps::<BLOCK>(&centre, at, sums);
                    add_pairs::<BLOCK>(&pairs, at, sums, |before, after| before + after);
                },
                |at, sums| {
                    add_taps::<1>(&centre, at, sums);
                    add_pairs::<1>(&pairs, at, sums, |before, after| before + after);
                },
            );
        } else {
            by_blocks(
                out,
                add,
                |at, sums| {
                    add_pairs::<BLOCK>(&pairs, at, sums, |before, after| before - after);
                },
                |at, sums| add_pairs::<1>(&pairs, at, sums, |before, after| before - after),
            );
        }
    }
}

/// Voxels `f[i − k]` and `f[i + k]` and their weight.
type Pair<'a> = (&'a [f64], &'a [f64], f64);

#[inline(always)]
fn add_taps<const N: usize>(taps: &[(&[f64], f64)], at: usize, sums: &mut [f64; N]) {
    for (values, g) in taps {
        for (sum, x) in sums.iter_mut().zip(&values[at..at + N]) {
            *sum += g * x;
        }
    }
}

#[inline(always)]
fn add_pairs<const N: usize>(
    pairs: &[Pair],
    at: usize,
    sums: &mut [f64; N],
    join: impl Fn(f64, f64) -> f64,
) {
    for (before, after, g) in pairs {
        let (before, after) = (&before[at..at + N], &after[at..at + N]);
        for (sum, (b, a)) in sums.iter_mut().zip(before.iter().zip(after)) {
            *sum += g * join(*b, *a);
        }
    }
}

/// Has the elements of `out` summed up, as many at once as can be, starting from what they are if `add`.
#[inline(always)]
fn by_blocks(
    out: &mut [f64],
    add: bool,
    many: impl Fn(usize, &mut [f64; BLOCK]),
    one: impl Fn(usize, &mut [f64; 1]),
) {
    let (blocks, rest) = out.as_chunks_mut::<BLOCK>();
    let summed = blocks.len() * BLOCK;
    for (block, out) in blocks.iter_mut().enumerate() {
        let mut sums = if add { *out } else { [0.0; BLOCK] };
        many(block * BLOCK, &mut sums);
        *out = sums;
    }
    for (at, out) in rest.iter_mut().enumerate() {
        let mut sum = [if add { *out } else { 0.0 }];
        one(summed + at, &mut sum);
        *out = sum[0];
    }
}
