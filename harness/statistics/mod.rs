//! Statistics of agreement: how far can a value be trusted to repeat, and to reproduce?
//!
//! Pure functions over plain tables; no files. Whatever is computed says how it was computed and from how many
//! subjects and raters, and a statistic that the data do not define is [`Undefined`] with a reason, never a number.
//!
//! | question | statistic | where |
//! | --- | --- | --- |
//! | do raters (tools, settings, repeats) agree on many subjects? | intraclass correlation, every McGraw–Wong form | [`icc`] |
//! | … in words | category by the lower bound of the interval | [`category`] |
//! | can the feature be trusted, corrected, or neither? | robust / systematic / unstable / unknown | [`robustness`] |
//! | do two tools agree? | Lin's concordance correlation | [`concordance`] |
//! | by how much do two tools differ? | bias and limits of agreement | [`bland_altman`] |
//! | how far apart may two repeats of one scan be? | wSD, wCV, repeatability coefficient | [`repeatability`] |
//! | … and when the settings change as well? | reproducibility coefficient | [`reproducibility`] |
//! | which part of the variance is whose? | gauge R&R, ANOVA and REML | [`gauge`] |
//! | how dispersed are values, and does the quotient mean anything? | coefficient of variation, quartile coefficient of dispersion | [`dispersion`] |
//! | does an interval hold without its model? | bootstrap over cases | [`bootstrap`] |
//! | what would be left if the batch were corrected for? | ComBat, removal of singular components | [`harmonise`] |
//! | how many cases does a study need? | expected width of the ICC interval | [`power`] |
//!
//! Beneath them: [`ratings`] (subjects × raters, and what happens to missing cells), [`anova`] (two-way mean squares),
//! [`transform`] (Yeo–Johnson), [`matrix`], and [`interval`] (confidence level and interval).
//!
//! Numbers: sums of squares are taken of deviations from the mean, in a unit that is a power of two near the largest
//! deviation, so that neither a large mean, nor very large or very small values, costs digits.

pub mod anova;
pub mod bland_altman;
pub mod bootstrap;
pub mod category;
pub mod concordance;
pub mod dispersion;
pub mod gauge;
pub mod harmonise;
pub mod icc;
pub mod interval;
pub mod matrix;
pub mod power;
mod quantile;
pub mod ratings;
pub mod repeatability;
pub mod reproducibility;
pub mod robustness;
mod scale;
pub mod transform;

pub use interval::{Interval, Level};
pub use matrix::Matrix;
pub use ratings::Ratings;

use thiserror::Error;

/// Why a statistic is not defined for the data.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Undefined {
    /// Not enough of something.
    #[error("needs at least {needed} {what}, found {found}")]
    TooFew {
        /// What there is too little of.
        what: &'static str,
        /// How many are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// All values are the same, so that there is nothing to compare the error with.
    #[error("all values are equal")]
    NoVariance,
    /// The subjects do not differ from each other, so that there is nothing to compare the error with.
    #[error("the subjects do not differ")]
    NoSubjectVariance,
    /// A quotient by a mean that is zero.
    #[error("the mean of {what} is zero")]
    ZeroMean {
        /// Whose mean.
        what: String,
    },
    /// A logarithm of a value that is not positive.
    #[error("needs positive values, found {found}")]
    NotPositive {
        /// The value.
        found: f64,
    },
    /// A value that is not finite.
    #[error("needs finite values, found {found}")]
    NotFinite {
        /// The value.
        found: f64,
    },
    /// Two series that should have the same length.
    #[error("needs series of one length, found {first} and {second} values")]
    LengthsDiffer {
        /// Length of the first.
        first: usize,
        /// Length of the second.
        second: usize,
    },
    /// The result lies beyond the range of a double.
    #[error("the result is too large for a number")]
    Overflow,
}

/// The finite number, or why there is none.
fn finite(value: f64) -> Result<f64, Undefined> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Undefined::Overflow)
    }
}

fn all_finite(values: &[f64]) -> Result<(), Undefined> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(&found) => Err(Undefined::NotFinite { found }),
        None => Ok(()),
    }
}

fn at_least(needed: usize, what: &'static str, found: usize) -> Result<(), Undefined> {
    if found < needed {
        return Err(Undefined::TooFew {
            what,
            needed,
            found,
        });
    }
    Ok(())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
