//! Statistics as the document has them.

use crate::{
    statistics::{
        Interval, Ratings, Undefined,
        category::Category,
        icc::{Caution, Icc},
        ratings::{Missing, RatingsError},
        repeatability,
    },
    study::{
        criteria::{Criteria, Judge, Required},
        outcome::{Coefficient, Correlation, Known, Verdict},
    },
};

/// The mean of finite values; `None` of nothing.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(mean).filter(|mean| mean.is_finite())
}

/// The standard deviation (n − 1) of finite values; `None` of fewer than two.
pub(super) fn sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    let squares = values.iter().map(|value| (value - mean).powi(2));
    let sd = (squares.sum::<f64>() / (values.len() - 1) as f64).sqrt();
    Some(sd).filter(|sd| sd.is_finite())
}

/// A percentile by linear interpolation; the values are sorted.
pub(super) fn percentile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = p * last as f64;
    let (below, above) = (position.floor(), position.ceil());
    let share = position - below;
    Some(sorted[below as usize] * (1.0 - share) + sorted[above as usize] * share)
}

/// The figure, or why there is none.
pub(super) fn known(value: Option<f64>, otherwise: &str) -> Known<f64> {
    match value {
        Some(value) => Known::Known(value),
        None => Known::Undefined {
            undefined: otherwise.to_owned(),
        },
    }
}

/// Rows without a missing value.
pub(super) fn complete(rows: &[Vec<f64>]) -> Result<Ratings, RatingsError> {
    let rows: Vec<Vec<Option<f64>>> = rows
        .iter()
        .map(|row| row.iter().map(|value| Some(*value)).collect())
        .collect();
    Ratings::with_missing(&rows, Missing::DropSubjects)
}

pub(super) fn correlation(
    criteria: &Criteria,
    icc: Result<&Icc, &Undefined>,
) -> Known<Correlation> {
    Known::from(icc.map(|icc| Correlation {
        form: icc.form.name().to_owned(),
        computation: icc.computation.name(),
        value: icc.value,
        lower: icc.interval.map(|interval| interval.lower),
        upper: icc.interval.map(|interval| interval.upper),
        n: icc.subjects,
        k: icc.raters,
        dropped: icc.dropped,
        category: category(criteria, icc).name().to_owned(),
        caution: icc.caution.map(|caution| caution.text().to_owned()),
    }))
}

/// A coefficient. Where there is no variance there are no degrees of freedom: 0.
pub(super) fn coefficient(
    coefficient: Result<&repeatability::Coefficient, &Undefined>,
) -> Known<Coefficient> {
    let finite = |coefficient: &repeatability::Coefficient| {
        let bound = |bound: fn(&Interval) -> f64| coefficient.interval.as_ref().map(bound);
        match coefficient.value.is_finite() {
            true => Ok(Coefficient {
                value: coefficient.value,
                lower: bound(|interval| interval.lower),
                upper: bound(|interval| interval.upper),
                df: Some(coefficient.df)
                    .filter(|df| df.is_finite())
                    .unwrap_or(0.0),
            }),
            false => Err(Undefined::Overflow),
        }
    };
    Known::from(coefficient.map_err(Clone::clone).and_then(finite))
}

/// The number that the criteria compare with their limits.
fn judged(criteria: &Criteria, icc: &Icc) -> Option<f64> {
    if icc.raters < criteria.minimum_columns || icc.caution == Some(Caution::DenominatorNotPositive)
    {
        return None;
    }
    match criteria.judge {
        Judge::LowerBound => icc.interval.map(|interval| interval.lower),
        Judge::Estimate => Some(icc.value),
    }
}

fn category(criteria: &Criteria, icc: &Icc) -> Category {
    match judged(criteria, icc) {
        None => Category::Unknown,
        Some(value) if value >= criteria.excellent => Category::Excellent,
        Some(value) if value >= criteria.good => Category::Good,
        Some(value) if value >= criteria.moderate => Category::Moderate,
        Some(_) => Category::Poor,
    }
}

fn limit(criteria: &Criteria) -> f64 {
    match criteria.required {
        Required::Moderate => criteria.moderate,
        Required::Good => criteria.good,
        Required::Excellent => criteria.excellent,
    }
}

/// The verdict on a correlation that counts constant differences (between draws or settings) as errors, given the one
/// that does not.
pub(super) fn verdict(
    criteria: &Criteria,
    icc: Result<&Icc, &Undefined>,
    consistency: Result<&Icc, &Undefined>,
) -> Verdict {
    let verdict = |class: &str, reason: String| Verdict {
        class: class.to_owned(),
        reason,
    };
    let icc = match icc {
        Ok(icc) => icc,
        Err(undefined) => return verdict("unknown", undefined.to_string()),
    };
    let form = icc.form.name();
    let what = |form: &str| match criteria.judge {
        Judge::LowerBound => format!("the lower bound of {form}"),
        Judge::Estimate => form.to_owned(),
    };
    let limit = limit(criteria);
    let Some(value) = judged(criteria, icc) else {
        let reason = match icc.raters < criteria.minimum_columns {
            true => format!(
                "{} columns, {} are needed",
                icc.raters, criteria.minimum_columns
            ),
            false => format!("{form} has no interval"),
        };
        return verdict("unknown", reason);
    };
    if value >= limit {
        return verdict(
            "robust",
            format!("{} is {value:.3}, at least {limit}", what(form)),
        );
    }
    if let Ok(consistency) = consistency
        && let Some(consistent) = judged(criteria, consistency)
        && consistent >= limit
        && consistency.value - icc.value >= criteria.systematic_gap
    {
        let other = what(consistency.form.name());
        let gap = consistency.value - icc.value;
        return verdict(
            "systematic",
            format!(
                "{other} is {consistent:.3}, but {form} is {gap:.2} smaller: a shift that can be corrected"
            ),
        );
    }
    let hint = match criteria.judge == Judge::LowerBound && icc.value >= limit {
        true => ", though the estimate is: too few cases or columns",
        false => "",
    };
    verdict(
        "unstable",
        format!("{} is {value:.3}, not {limit}{hint}", what(form)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{
        Level,
        icc::{Form, icc},
    };

    #[test]
    fn verdicts_tell_a_shift_from_noise() {
        let criteria = Criteria::default();
        let judge = |rows: &[[f64; 3]]| {
            let ratings = Ratings::new(rows).expect("ratings");
            let agreement = icc(&ratings, Form::AGREEMENT, Level::P95);
            let consistency = icc(&ratings, Form::CONSISTENCY, Level::P95);
            verdict(&criteria, agreement.as_ref(), consistency.as_ref()).class
        };
        let rows = |column: fn(usize, usize) -> f64| -> Vec<[f64; 3]> {
            (0..12)
                .map(|i| [0, 1, 2].map(|j| i as f64 + column(i, j)))
                .collect()
        };
        assert_eq!(
            judge(&rows(|i, j| 0.1 * ((i + 2 * j) % 3) as f64)),
            "robust"
        );
        assert_eq!(
            judge(&rows(|i, j| 20.0 * j as f64 + 0.1 * ((i + j) % 3) as f64)),
            "systematic"
        );
        assert_eq!(
            judge(&rows(|i, j| 9.0 * ((5 * i + 7 * j) % 3) as f64)),
            "unstable"
        );
        assert_eq!(judge(&[[1.0; 3]; 12]), "unknown");
    }

    #[test]
    fn percentiles_interpolate() {
        assert_eq!(percentile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(percentile(&[1.0, 2.0], 0.25), Some(1.25));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
