//! Bias and limits of agreement of two methods.
//!
//! J. M. Bland and D. G. Altman, Statistical methods for assessing agreement between two methods of clinical
//! measurement, Lancet 327:307–310, 1986; with repeats: the same, Agreement between methods of measurement with multiple
//! observations per individual, Journal of Biopharmaceutical Statistics 17:571–582, 2007. Intervals of the limits with
//! repeats: G. Y. Zou, Confidence interval estimation for the Bland–Altman limits of agreement with multiple
//! observations per individual, Statistical Methods in Medical Research 22:630–642, 2013.

use super::{
    Interval, Level, Undefined, all_finite, at_least, finite, mean, quantile,
    repeatability::Multiplier, scale,
};

/// Agreement of two methods, in the unit of the feature. Differences are first less second.
#[derive(Clone, Debug, PartialEq)]
pub struct BlandAltman {
    /// Number of subjects, n.
    pub subjects: usize,
    /// Number of differences, or of values where repeats are not paired.
    pub observations: usize,
    /// Mean difference.
    pub bias: f64,
    /// Standard deviation of the difference of single measurements.
    pub sd: f64,
    /// Interval of the bias, by t with n - 1 degrees of freedom.
    pub bias_interval: Option<Interval>,
    /// Lower limit of agreement.
    pub lower: Limit,
    /// Upper limit of agreement.
    pub upper: Limit,
}

/// A limit of agreement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The estimate, `bias ± multiplier sd`.
    pub value: f64,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// The standard error of a limit by Bland and Altman's approximation, `sqrt(3 sd² / n)`.
#[must_use]
pub fn limit_standard_error(sd: f64, subjects: usize) -> f64 {
    (3.0 * sd * sd / subjects as f64).sqrt()
}

/// Agreement of two methods, one measurement of each subject by each.
///
/// # Formula
/// ```text
/// limits: d. ± 1.96 s_d      their intervals: ± t_{n-1} sqrt(3 s_d² / n)      that of the bias: ± t_{n-1} s_d / √n
/// ```
///
/// # Undefined
/// With fewer than two pairs, for series of different length or with a value that is not finite.
pub fn bland_altman(
    first: &[f64],
    second: &[f64],
    multiplier: Multiplier,
    level: Level,
) -> Result<BlandAltman, Undefined> {
    let differences = differences(first, second)?;
    let n = differences.len();
    at_least(2, "pairs", n)?;
    let (bias, variance) = mean_and_variance(&differences);
    let sd = finite(variance)?.sqrt();
    let t = quantile::students_t(level.upper_tail(), n as f64 - 1.0);
    let around = |centre: f64, standard_error: f64| {
        Interval::around(centre, t? * standard_error, level).if_finite()
    };
    let limit = |sign: f64| {
        let value = bias + sign * multiplier.of_difference() * sd;
        Limit {
            value,
            interval: around(value, limit_standard_error(sd, n)),
        }
    };
    Ok(BlandAltman {
        subjects: n,
        observations: n,
        bias,
        sd,
        bias_interval: around(bias, sd / (n as f64).sqrt()),
        lower: limit(-1.0),
        upper: limit(1.0),
    })
}

/// A subject measured more than once by both methods.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeats {
    /// Measurements by the first method.
    pub first: Vec<f64>,
    /// Measurements by the second method.
    pub second: Vec<f64>,
}

/// What repeats of a subject have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrueValue {
    /// The subject did not change: repeats of the two methods are not paired, and their number may differ.
    Constant,
    /// The subject changed between repeats, which were taken by both methods at the same time: they are paired.
    Varying,
}

/// Agreement of two methods, with repeats.
///
/// # Formula
/// ```text
/// constant: sd² = s²_B + (1 - 1/m_x) s²_xw + (1 - 1/m_y) s²_yw     s²_B: variance of the subjects' mean differences
/// varying:  sd² = s²_B + (1 - 1/m) s²_dw                           m: harmonic mean of the number of repeats
/// ```
/// Intervals of the limits recover the variance of each component (MOVER).
///
/// # Undefined
/// With fewer than two subjects; when a subject has no measurement by a method, or paired repeats differ in number; when
/// a value is not finite.
pub fn bland_altman_with_repeats(
    subjects: &[Repeats],
    true_value: TrueValue,
    multiplier: Multiplier,
    level: Level,
) -> Result<BlandAltman, Undefined> {
    at_least(2, "subjects", subjects.len())?;
    for Repeats { first, second } in subjects {
        all_finite(first)?;
        all_finite(second)?;
        at_least(
            1,
            "measurement of each subject by each method",
            first.len().min(second.len()),
        )?;
    }
    let n = subjects.len() as f64;
    let (within, observations) = match true_value {
        TrueValue::Constant => {
            let series = |of: fn(&Repeats) -> &[f64]| subjects.iter().map(of).collect::<Vec<_>>();
            let (x, y) = (series(|s| &s.first), series(|s| &s.second));
            let values = x.iter().chain(&y).map(|values| values.len()).sum();
            (vec![Within::of(&x), Within::of(&y)], values)
        }
        TrueValue::Varying => {
            let differences = subjects
                .iter()
                .map(|s| differences(&s.first, &s.second))
                .collect::<Result<Vec<_>, _>>()?;
            let differences: Vec<&[f64]> = differences.iter().map(Vec::as_slice).collect();
            let pairs = differences.iter().map(|d| d.len()).sum();
            (vec![Within::of(&differences)], pairs)
        }
    };
    let means: Vec<f64> = subjects
        .iter()
        .map(|s| mean(&s.first) - mean(&s.second))
        .collect();
    let (bias, between) = mean_and_variance(&means);
    let variance = finite(between + within.iter().map(Within::share).sum::<f64>())?;
    let sd = variance.sqrt();
    let t = quantile::students_t(level.upper_tail(), n - 1.0);
    let bias_interval =
        t.and_then(|t| Interval::around(bias, t * (between / n).sqrt(), level).if_finite());

    // how far the variance may lie below and above its estimate
    let distance = |p: f64| {
        let one = |variance: f64, df: f64| {
            if df == 0.0 || variance == 0.0 {
                return Some(0.0);
            }
            Some((variance * (1.0 - df / quantile::chi_squared(p, df)?)).powi(2))
        };
        let mut sum = one(between, n - 1.0)?;
        for component in &within {
            sum += one(component.share(), component.df)?;
        }
        Some(sum.sqrt())
    };
    let multiplier = multiplier.of_difference();
    let interval = |value: f64, is_upper: bool| {
        let standard_error = quantile::normal(level.upper_tail()) * (between / n).sqrt();
        let smallest = (variance - distance(level.upper_tail())?).max(0.0).sqrt();
        let largest = (variance + distance(level.lower_tail())?).sqrt();
        let inner = standard_error.hypot(multiplier * (sd - smallest));
        let outer = standard_error.hypot(multiplier * (largest - sd));
        let (below, above) = if is_upper {
            (inner, outer)
        } else {
            (outer, inner)
        };
        Interval {
            level,
            lower: value - below,
            upper: value + above,
        }
        .if_finite()
    };
    let limit = |sign: f64| {
        let value = bias + sign * multiplier * sd;
        Limit {
            value,
            interval: interval(value, sign > 0.0),
        }
    };
    Ok(BlandAltman {
        subjects: subjects.len(),
        observations,
        bias,
        sd,
        bias_interval,
        lower: limit(-1.0),
        upper: limit(1.0),
    })
}

/// Variance within subjects.
struct Within {
    variance: f64,
    df: f64,
    /// Harmonic mean of the number of repeats.
    repeats: f64,
}

impl Within {
    fn of(subjects: &[&[f64]]) -> Self {
        let observations: usize = subjects.iter().map(|values| values.len()).sum();
        let df = (observations - subjects.len()) as f64;
        let sum: f64 = subjects
            .iter()
            .map(|values| scale::sum_of_squares(values))
            .sum();
        let reciprocals: f64 = subjects
            .iter()
            .map(|values| 1.0 / values.len() as f64)
            .sum();
        Self {
            variance: if df == 0.0 { 0.0 } else { sum / df },
            df,
            repeats: subjects.len() as f64 / reciprocals,
        }
    }

    /// What the mean of the repeats hides of it.
    fn share(&self) -> f64 {
        (1.0 - 1.0 / self.repeats) * self.variance
    }
}

fn differences(first: &[f64], second: &[f64]) -> Result<Vec<f64>, Undefined> {
    if first.len() != second.len() {
        return Err(Undefined::LengthsDiffer {
            first: first.len(),
            second: second.len(),
        });
    }
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    all_finite(&differences)?;
    Ok(differences)
}

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let scale::Centred {
        mean,
        unit,
        deviations,
    } = scale::centred(values);
    let sum = scale::sum_of_squares(&deviations);
    (mean, sum / (values.len() as f64 - 1.0) * unit * unit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        let found = bland_altman(
            &[2.0, 4.0, 9.0],
            &[1.0, 4.0, 7.0],
            Multiplier::Two,
            Level::P95,
        )
        .expect("agreement");
        // differences 1, 0, 2
        assert_eq!((found.bias, found.sd), (1.0, 1.0));
        assert_eq!((found.lower.value, found.upper.value), (-1.0, 3.0));
        assert_eq!(limit_standard_error(1.0, 3), 1.0);
        // t with 2 degrees of freedom at 0.975: 0.95 sqrt(2 / (1 - 0.95²)), which is also ± sqrt(3 sd² / n) here
        let t = 0.95 * (2.0_f64 / (1.0 - 0.9025)).sqrt();
        let interval = found.upper.interval.expect("an interval");
        assert!((interval.upper - (3.0 + t)).abs() < 1e-9, "{interval:?}");
    }

    #[test]
    fn with_repeats_by_hand() {
        // mean differences 1 and 3: s²_B = 2; within the first method 2 and 2, within the second 0 and 0
        let subjects = [
            Repeats {
                first: vec![1.0, 3.0],
                second: vec![1.0, 1.0],
            },
            Repeats {
                first: vec![7.0, 9.0],
                second: vec![5.0, 5.0],
            },
        ];
        for true_value in [TrueValue::Constant, TrueValue::Varying] {
            let found =
                bland_altman_with_repeats(&subjects, true_value, Multiplier::Two, Level::P95)
                    .expect("agreement");
            assert_eq!(found.bias, 2.0, "{true_value:?}");
            assert!(
                (found.sd - 3.0_f64.sqrt()).abs() < 1e-15,
                "{true_value:?}: {}",
                found.sd
            );
        }
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        let message = |first: &[f64], second: &[f64]| {
            bland_altman(first, second, Multiplier::Two, Level::P95)
                .expect_err("undefined")
                .to_string()
        };
        assert_eq!(message(&[1.0], &[1.0]), "needs at least 2 pairs, found 1");
        assert_eq!(
            message(&[1.0], &[1.0, 2.0]),
            "needs series of one length, found 1 and 2 values"
        );
        assert_eq!(
            message(&[1.0, f64::INFINITY], &[1.0, 2.0]),
            "needs finite values, found inf"
        );
        let unpaired = [
            Repeats {
                first: vec![1.0, 3.0],
                second: vec![1.0],
            },
            Repeats {
                first: vec![7.0],
                second: vec![],
            },
        ];
        let of = |true_value| {
            bland_altman_with_repeats(&unpaired, true_value, Multiplier::Two, Level::P95)
                .expect_err("undefined")
                .to_string()
        };
        assert_eq!(
            of(TrueValue::Constant),
            "needs at least 1 measurement of each subject by each method, found 0"
        );
    }

    proptest! {
        /// Without repeats, both ways with repeats are the plain one; intervals contain their estimates.
        #[test]
        fn one_repeat_is_none(
            pairs in prop::collection::vec((-5.0..5.0, -5.0..5.0), 3..15),
        ) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
            let plain = bland_altman(&x, &y, Multiplier::Quantile, Level::P95).expect("agreement");
            let repeats: Vec<Repeats> = pairs
                .iter()
                .map(|(x, y)| Repeats { first: vec![*x], second: vec![*y] })
                .collect();
            for true_value in [TrueValue::Constant, TrueValue::Varying] {
                let found = bland_altman_with_repeats(&repeats, true_value, Multiplier::Quantile, Level::P95)
                    .expect("agreement");
                prop_assert!((found.bias - plain.bias).abs() < 1e-12);
                prop_assert!((found.sd - plain.sd).abs() < 1e-12);
                for limit in [plain.lower, plain.upper, found.lower, found.upper] {
                    prop_assert!(limit.interval.expect("an interval").contains(limit.value), "{:?}", limit);
                }
            }
        }
    }
}
