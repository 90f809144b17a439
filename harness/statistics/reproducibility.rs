//! Reproducibility: how far apart two measurements of one subject are when conditions (settings, tools, scanners)
//! change as well.
//!
//! D. L. Raunig et al., Statistical Methods in Medical Research 24:27–67, 2015.

use super::{
    Level, Ratings, Undefined,
    anova::{Divisor, SumsOfSquares},
    finite,
    gauge::Gauge,
    repeatability::{Coefficient, Multiplier},
};

/// The reproducibility coefficient of ratings without repeats, one column a condition.
///
/// # Formula
/// ```text
/// RDC = 1.96 √2 sqrt(σ²_C + σ²_E),  σ²_C = max(0, (MS_C - MS_E) / n),  σ²_E = MS_E
/// ```
/// Interaction and repeatability cannot be told apart without repeats; both are in σ²_E. The interval is
/// Satterthwaite's: chi-squared with the degrees of freedom that the combination of mean squares has.
///
/// # Undefined
/// As [`SumsOfSquares::of`].
pub fn of_ratings(
    ratings: &Ratings,
    multiplier: Multiplier,
    level: Level,
) -> Result<Coefficient, Undefined> {
    let sums = SumsOfSquares::of(ratings)?;
    let ms = sums.mean_squares(Divisor::DegreesOfFreedom);
    let (n, k) = (sums.subjects as f64, sums.raters as f64);
    let terms = if ms.columns > ms.error {
        vec![
            (ms.columns / n, k - 1.0),
            (ms.error * (1.0 - 1.0 / n), (n - 1.0) * (k - 1.0)),
        ]
    } else {
        vec![(ms.error, (n - 1.0) * (k - 1.0))]
    };
    coefficient(&terms, sums.unit, multiplier, level)
}

/// The reproducibility coefficient of a crossed study with repeats: subjects × conditions × repeats.
///
/// # Formula
/// ```text
/// RDC = 1.96 √2 sqrt(σ²_condition + σ²_interaction + σ²_within)
/// ```
/// with the ANOVA components of [`Gauge`], negative ones set to zero, so that RDC is never below the repeatability
/// coefficient of the same study.
///
/// # Undefined
/// When the squares are beyond the range of a double.
pub fn of_gauge(
    gauge: &Gauge,
    multiplier: Multiplier,
    level: Level,
) -> Result<Coefficient, Undefined> {
    let table = gauge.anova();
    let [p, _, r] = gauge.extents().map(|extent| extent as f64);
    let (operator, interaction, error) = (table.operator, table.interaction, table.repeatability);
    // σ²_O + σ²_PO + σ²_E, written as a combination of the mean squares of the components that are kept
    let keeps_interaction = interaction.mean_square > error.mean_square;
    let keeps_operator = operator.mean_square > interaction.mean_square;
    let (mut of_operator, mut of_interaction, mut of_error) = (0.0, 0.0, 1.0);
    if keeps_interaction {
        of_interaction += 1.0 / r;
        of_error -= 1.0 / r;
    }
    if keeps_operator {
        of_operator += 1.0 / (p * r);
        of_interaction -= 1.0 / (p * r);
    }
    let terms = [
        (of_operator * operator.mean_square, operator.df),
        (of_interaction * interaction.mean_square, interaction.df),
        (of_error * error.mean_square, error.df),
    ];
    coefficient(&terms, table.unit, multiplier, level)
}

/// The coefficient of a sum of terms, each with its degrees of freedom. Satterthwaite:
/// `df = (Σ t)² / Σ (t² / df)`.
fn coefficient(
    terms: &[(f64, f64)],
    unit: f64,
    multiplier: Multiplier,
    level: Level,
) -> Result<Coefficient, Undefined> {
    let sum: f64 = terms.iter().map(|(term, _)| term).sum();
    let squares = terms.iter().filter(|(term, _)| *term != 0.0);
    let df = sum.powi(2) / squares.map(|(term, df)| term.powi(2) / df).sum::<f64>();
    let variance = finite(sum.max(0.0) * unit * unit)?;
    Ok(Coefficient::of_variance(
        variance,
        df,
        multiplier.of_measurement(),
        level,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::repeatability::repeatability;

    #[test]
    fn by_hand() {
        // SS_C 16 with 2, SS_E 1 with 2 degrees of freedom, n = 2: σ²_C = (8 - 0.5) / 2, σ²_E = 0.5
        let ratings = Ratings::new(&[[0.5, 2.0, 3.5], [1.5, 4.0, 6.5]]).expect("ratings");
        let found = of_ratings(&ratings, Multiplier::Rounded, Level::P95).expect("RDC");
        let expected = 1.96 * (2.0 * 4.25_f64).sqrt();
        assert!(
            (found.value - expected).abs() < 1e-14,
            "{} vs {expected}",
            found.value
        );
        // Satterthwaite: 4.25² / (4² / 2 + 0.25² / 2)
        let expected = 4.25_f64.powi(2) / (8.0 + 0.03125);
        assert!(
            (found.df - expected).abs() < 1e-14,
            "{} vs {expected}",
            found.df
        );
    }

    #[test]
    fn without_a_difference_of_conditions_it_is_the_error() {
        let ratings = Ratings::new(&[[1.0, 2.0], [5.0, 4.0], [8.0, 8.0]]).expect("ratings");
        let found = of_ratings(&ratings, Multiplier::Rounded, Level::P95).expect("RDC");
        // differences 1, -1, 0 with mean 0: MS_E = 1/2 of their variance, 1
        let expected = 1.96 * (2.0_f64 * 0.5).sqrt();
        assert!(
            (found.value - expected).abs() < 1e-14,
            "{} vs {expected}",
            found.value
        );
        assert_eq!(found.df, 2.0);
    }

    proptest! {
        /// RC ≤ RDC, and the interval contains it.
        #[test]
        fn not_below_the_repeatability_coefficient(
            values in prop::collection::vec(-10.0..10.0, 4 * 3 * 2),
        ) {
            let repeats: Vec<&[f64]> = values.chunks(2).collect();
            let repeatability = repeatability(&repeats, Multiplier::Quantile, Level::P95).expect("repeats");
            let gauge = Gauge::new([4, 3, 2], &values).expect("a gauge study");
            let found = of_gauge(&gauge, Multiplier::Quantile, Level::P95).expect("RDC");
            prop_assert!(found.value >= repeatability.coefficient.value * (1.0 - 1e-12));
            let interval = found.interval.expect("an interval");
            prop_assert!(interval.contains(found.value), "{:?}", found);
        }
    }
}
