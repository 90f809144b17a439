//! How the responses of several filters become one, voxel by voxel.

/// What is made of the responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// Their sum.
    Sum,
    /// The largest.
    Max,
    /// The smallest: the negative of the largest negative.
    Min,
    /// The root of the sum of their squares.
    Norm,
}

/// With which sign a response takes part in a maximum or minimum: filters that differ in sign alone are applied once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Both,
}

impl Sign {
    pub(super) fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::Plus => Self::Minus,
            Self::Minus => Self::Plus,
            Self::Both => Self::Both,
        }
    }
}

impl Fold {
    /// What is there before any response.
    pub(super) fn start(self) -> f64 {
        match self {
            Self::Sum | Self::Norm => 0.0,
            Self::Max | Self::Min => f64::NEG_INFINITY,
        }
    }

    /// Takes in the responses `x + offset`.
    pub(super) fn take(self, folded: &mut [f64], responses: &[f64], offset: f64, sign: Sign) {
        let pairs = folded.iter_mut().zip(responses);
        let sign = if self == Self::Min {
            sign.negated()
        } else {
            sign
        };
        match (self, sign) {
            (Self::Sum, _) => pairs.for_each(|(y, x)| *y += x + offset),
            (Self::Norm, _) => pairs.for_each(|(y, x)| *y += (x + offset) * (x + offset)),
            (_, Sign::Plus) => pairs.for_each(|(y, x)| *y = larger(*y, x + offset)),
            (_, Sign::Minus) => pairs.for_each(|(y, x)| *y = larger(*y, -(x + offset))),
            (_, Sign::Both) => pairs.for_each(|(y, x)| *y = larger(*y, (x + offset).abs())),
        }
    }

    /// What is left to be done once all responses are taken in.
    pub(super) fn finish(self, folded: &mut [f64]) {
        match self {
            Self::Sum | Self::Max => {}
            Self::Min => folded.iter_mut().for_each(|y| *y = -*y),
            Self::Norm => folded.iter_mut().for_each(|y| *y = y.sqrt()),
        }
    }
}

/// The larger of two numbers, neither of them NaN: one instruction, unlike `f64::max`.
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
