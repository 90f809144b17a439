//! Repeatability: how far apart repeats of one subject are.
//!
//! D. L. Raunig et al., Quantitative imaging biomarkers: a review of statistical methods for technical performance
//! assessment, Statistical Methods in Medical Research 24:27–67, 2015.

use super::{Interval, Level, Undefined, all_finite, at_least, finite, mean, quantile, scale};

/// The number of standard deviations that 95 % of the differences are said to lie within. Which one was taken is a
/// classic source of small mismatches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multiplier {
    /// The normal quantile, 1.95996…
    #[default]
    Quantile,
    /// 1.96
    Rounded,
    /// 2, as printed by Bland and Altman in 1986.
    Two,
    /// 2.77 / √2, so that a repeatability coefficient is 2.77 wSD as printed by QIBA.
    Qiba,
}

impl Multiplier {
    /// The multiplier of the standard deviation of a difference.
    #[must_use]
    pub fn of_difference(self) -> f64 {
        match self {
            Self::Quantile => quantile::normal(Level::P95.upper_tail()),
            Self::Rounded => 1.96,
            Self::Two => 2.0,
            Self::Qiba => 2.77 / 2.0_f64.sqrt(),
        }
    }

    /// The multiplier of the standard deviation of a single measurement, √2 times that of a difference: 2.77.
    #[must_use]
    pub fn of_measurement(self) -> f64 {
        match self {
            Self::Qiba => 2.77,
            _ => 2.0_f64.sqrt() * self.of_difference(),
        }
    }
}

/// A coefficient with its interval, by the chi-squared distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficient {
    /// The estimate, in the unit of the feature.
    pub value: f64,
    /// Degrees of freedom of the variance beneath it.
    pub df: f64,
    /// Its interval; `None` when there are no degrees of freedom.
    pub interval: Option<Interval>,
}

impl Coefficient {
    /// `multiplier sqrt(variance)`; the bounds are `value sqrt(df / χ²)`.
    pub(super) fn of_variance(variance: f64, df: f64, multiplier: f64, level: Level) -> Self {
        let value = multiplier * variance.sqrt();
        let bound = |p: f64| Some(value * (df / quantile::chi_squared(p, df)?).sqrt());
        let interval = || {
            Interval {
                level,
                lower: bound(level.upper_tail())?,
                upper: bound(level.lower_tail())?,
            }
            .if_finite()
        };
        Self {
            value,
            df,
            interval: interval(),
        }
    }
}

/// Within-subject variation.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeatability {
    /// Subjects with at least two repeats.
    pub subjects: usize,
    /// Subjects with a single value, which say nothing about repeatability.
    pub dropped: usize,
    /// Within-subject standard deviation wSD, in the unit of the feature.
    pub within_sd: f64,
    /// Repeatability coefficient RC: two repeats of one subject differ by less, 95 times in a hundred.
    pub coefficient: Coefficient,
    /// Within-subject coefficient of variation.
    pub within_cv: WithinCv,
}

/// Within-subject coefficient of variation wCV, two ways. Both are relative, and so for positive values well away from
/// zero only.
#[derive(Clone, Debug, PartialEq)]
pub struct WithinCv {
    /// Root mean square: `sqrt(mean_i(s_i² / x_i.²))`.
    pub root_mean_square: Result<f64, Undefined>,
    /// By logarithms: `sqrt(exp(s_w²) - 1)`, with s_w² the within-subject variance of ln x.
    pub logarithmic: Result<f64, Undefined>,
    /// Subjects whose mean is less than two standard errors from zero: their quotient means nothing, and it dominates
    /// the root mean square.
    pub ill_conditioned_subjects: usize,
}

impl WithinCv {
    /// %RC: the repeatability coefficient in percent of a subject's mean, 277 wCV.
    ///
    /// # Errors
    /// When wCV is undefined.
    pub fn percent_coefficient(&self, multiplier: Multiplier) -> Result<f64, Undefined> {
        let within_cv = self.root_mean_square.clone()?;
        Ok(100.0 * multiplier.of_measurement() * within_cv)
    }
}

/// Repeatability of a feature from repeats of every subject, two or more each; their number may differ.
///
/// # Formula
/// ```text
/// wSD² = Σ_i (k_i - 1) s_i² / Σ_i (k_i - 1)          RC = 1.96 √2 wSD = 2.77 wSD
/// interval of RC: RC sqrt(df / χ²_{1-α/2}), RC sqrt(df / χ²_{α/2}), df = Σ_i (k_i - 1)
/// ```
///
/// # Undefined
/// When no subject has two values; when a value is not finite.
///
/// # Example
/// ```
/// use radgauge::statistics::{Level, repeatability::{Multiplier, repeatability}};
/// let repeats = [[10.0, 12.0], [20.0, 20.0], [31.0, 29.0]];
/// let found = repeatability(&repeats, Multiplier::Rounded, Level::P95)?;
/// // wSD² = (2 + 0 + 2) / 3
/// assert!((found.within_sd - (4.0_f64 / 3.0).sqrt()).abs() < 1e-12);
/// assert_eq!(found.coefficient.df, 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn repeatability<R: AsRef<[f64]>>(
    subjects: &[R],
    multiplier: Multiplier,
    level: Level,
) -> Result<Repeatability, Undefined> {
    let repeated: Vec<&[f64]> = subjects
        .iter()
        .map(AsRef::as_ref)
        .filter(|values| values.len() > 1)
        .collect();
    subjects
        .iter()
        .try_for_each(|values| all_finite(values.as_ref()))?;
    at_least(1, "subject with two repeats", repeated.len())?;

    let (variance, df) = within_variance(&repeated)?;
    Ok(Repeatability {
        subjects: repeated.len(),
        dropped: subjects.len() - repeated.len(),
        within_sd: variance.sqrt(),
        coefficient: Coefficient::of_variance(variance, df, multiplier.of_measurement(), level),
        within_cv: within_cv(&repeated),
    })
}

/// The pooled within-subject variance and its degrees of freedom.
fn within_variance(subjects: &[&[f64]]) -> Result<(f64, f64), Undefined> {
    let deviations: Vec<f64> = subjects
        .iter()
        .flat_map(|values| {
            let scale::Centred {
                unit, deviations, ..
            } = scale::centred(values);
            deviations.into_iter().map(move |d| unit * d)
        })
        .collect();
    let unit = scale::power_of_two(&deviations);
    let sum: f64 = deviations.iter().map(|d| (d / unit).powi(2)).sum();
    let df = (deviations.len() - subjects.len()) as f64;
    Ok((finite(sum / df * unit * unit)?, df))
}

fn within_cv(subjects: &[&[f64]]) -> WithinCv {
    let mut squares = Vec::with_capacity(subjects.len());
    let mut ill_conditioned_subjects = 0;
    for values in subjects {
        let n = values.len() as f64;
        let scale::Centred {
            mean,
            unit,
            deviations,
        } = scale::centred(values);
        let sum: f64 = deviations.iter().map(|d| d * d).sum();
        let sd = unit * (sum / (n - 1.0)).sqrt();
        if mean.abs() <= 2.0 * sd / n.sqrt() {
            ill_conditioned_subjects += 1;
        }
        squares.push((sd / mean).powi(2));
    }
    let root_mean_square = match squares.iter().position(|square| !square.is_finite()) {
        Some(i) => Err(Undefined::ZeroMean {
            what: format!("subject {}", i + 1),
        }),
        None => Ok(mean(&squares).sqrt()),
    };
    let logarithmic = || {
        let logarithms = subjects
            .iter()
            .map(|values| values.iter().map(|x| logarithm(*x)).collect())
            .collect::<Result<Vec<Vec<f64>>, Undefined>>()?;
        let logarithms: Vec<&[f64]> = logarithms.iter().map(Vec::as_slice).collect();
        finite(within_variance(&logarithms)?.0.exp_m1().sqrt())
    };
    WithinCv {
        root_mean_square,
        logarithmic: logarithmic(),
        ill_conditioned_subjects,
    }
}

fn logarithm(x: f64) -> Result<f64, Undefined> {
    if x > 0.0 {
        Ok(x.ln())
    } else {
        Err(Undefined::NotPositive { found: x })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(subjects: &[&[f64]]) -> Repeatability {
        repeatability(subjects, Multiplier::default(), Level::P95).expect("repeats")
    }

    #[test]
    fn subjects_without_a_repeat_are_counted() {
        let found = of(&[&[1.0, 3.0], &[5.0], &[2.0, 2.0, 2.0]]);
        assert_eq!((found.subjects, found.dropped), (2, 1));
        // 2 with 1 degree of freedom, 0 with 2
        assert!((found.within_sd - (2.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(found.coefficient.df, 3.0);
        let undefined = repeatability(&[[1.0], [2.0]], Multiplier::default(), Level::P95);
        assert_eq!(
            undefined.expect_err("no repeats").to_string(),
            "needs at least 1 subject with two repeats, found 0"
        );
    }

    #[test]
    fn means_near_zero_are_pointed_out() {
        let found = of(&[&[10.0, 11.0], &[-1.0, 1.5]]).within_cv;
        assert_eq!(found.ill_conditioned_subjects, 1);
        assert_eq!(
            found.logarithmic,
            Err(Undefined::NotPositive { found: -1.0 })
        );
        let found = of(&[&[10.0, 11.0], &[-1.0, 1.0]]).within_cv;
        assert_eq!(
            found.root_mean_square.expect_err("no quotient").to_string(),
            "the mean of subject 2 is zero"
        );
    }

    #[test]
    fn both_variants_agree_for_small_variation() {
        let found = of(&[&[100.0, 101.0], &[200.0, 198.0], &[50.0, 50.2]]).within_cv;
        let rms = found.root_mean_square.expect("positive means");
        let logarithmic = found.logarithmic.expect("positive values");
        assert!(
            (rms / logarithmic - 1.0).abs() < 1e-3,
            "{rms} vs {logarithmic}"
        );
        // wCV of x e^±s is tanh(s) √2 by definition, here for every subject
        let s: f64 = 0.3;
        let found = of(&[&[(-s).exp(), s.exp()], &[7.0 * (-s).exp(), 7.0 * s.exp()]]).within_cv;
        let rms = found.root_mean_square.expect("positive means");
        assert!((rms - 2.0_f64.sqrt() * s.tanh()).abs() < 1e-14, "{rms}");
        let logarithmic = found.logarithmic.expect("positive values");
        assert!(
            (logarithmic - (2.0 * s * s).exp_m1().sqrt()).abs() < 1e-14,
            "{logarithmic}"
        );
    }

    #[test]
    fn repeats_that_agree_have_none_of_it() {
        let found = of(&[&[0.1, 0.1, 0.1], &[0.7, 0.7, 0.7]]);
        assert_eq!(found.within_sd, 0.0);
        assert_eq!(found.within_cv.logarithmic, Ok(0.0));
    }

    proptest! {
        /// RC scales with the feature, is not moved by an offset, and lies within its interval; wCV has no unit.
        #[test]
        fn laws(
            repeats in prop::collection::vec([1.0..2.0, 1.0..2.0, 1.0..2.0], 2..12),
            factor in 0.01_f64..100.0, offset in 0.0..100.0,
        ) {
            let of = |repeats: &[[f64; 3]]| {
                repeatability(repeats, Multiplier::default(), Level::P95).expect("repeats")
            };
            let found = of(&repeats);
            let interval = found.coefficient.interval.expect("an interval");
            prop_assert!(interval.contains(found.coefficient.value), "{:?}", interval);
            let mapped = of(&repeats.iter().map(|r| r.map(|x| factor * (x + offset))).collect::<Vec<_>>());
            prop_assert!((mapped.coefficient.value / found.coefficient.value / factor - 1.0).abs() < 1e-10);
            let scaled = of(&repeats.iter().map(|r| r.map(|x| factor * x)).collect::<Vec<_>>());
            let (a, b) = (found.within_cv, scaled.within_cv);
            let ratio = a.root_mean_square.expect("positive") / b.root_mean_square.expect("positive");
            prop_assert!((ratio - 1.0).abs() < 1e-10);
            let ratio = a.logarithmic.expect("positive") / b.logarithmic.expect("positive");
            prop_assert!((ratio - 1.0).abs() < 1e-9);
        }
    }
}
