//! Deviations from the mean, in a unit that keeps their squares within range.

/// `values[i] = mean + unit * deviations[i]`, up to rounding.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Centred {
    /// Mean of the values.
    pub mean: f64,
    /// A power of two; zero when all values equal the mean.
    pub unit: f64,
    /// Deviations, the largest of them between 1 and 2 in size.
    pub deviations: Vec<f64>,
}

/// Takes the mean off finite values. The difference of two doubles near each other is exact, so that a large mean
/// costs no digits, and the unit keeps squares from overflow and underflow.
pub(super) fn centred(values: &[f64]) -> Centred {
    let first = power_of_two(values);
    let mut deviations: Vec<f64> = values.iter().map(|value| value / first).collect();
    let mean = super::mean(&deviations);
    deviations.iter_mut().for_each(|value| *value -= mean);
    let second = power_of_two(&deviations);
    deviations.iter_mut().for_each(|value| *value /= second);
    let is_constant = values.windows(2).all(|pair| pair[0] == pair[1]);
    if is_constant {
        // what is left is the rounding of the mean
        deviations.fill(0.0);
    }
    Centred {
        mean: mean * first,
        unit: if is_constant { 0.0 } else { first * second },
        deviations,
    }
}

/// The power of two just below the largest magnitude; 1 when all are zero.
pub(super) fn power_of_two(values: &[f64]) -> f64 {
    let largest = values
        .iter()
        .fold(0.0, |largest: f64, v| largest.max(v.abs()));
    if largest == 0.0 {
        return 1.0;
    }
    // 2^-1074 is the smallest double, but its reciprocal is not one
    largest.log2().floor().max(-1022.0).exp2()
}

/// Sum of squared deviations from the mean of the values.
pub(super) fn sum_of_squares(values: &[f64]) -> f64 {
    let mean = super::mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_mean_costs_no_digits() {
        let Centred {
            mean,
            unit,
            deviations,
        } = centred(&[1e12 + 1.0, 1e12 + 2.0, 1e12 + 6.0]);
        let restored: Vec<f64> = deviations.iter().map(|d| d * unit).collect();
        assert_eq!(mean, 1e12 + 3.0);
        assert_eq!(restored, [-2.0, -1.0, 3.0]);
    }

    #[test]
    fn extreme_magnitudes_stay_in_range() {
        for scale in [f64::MAX / 4.0, 1e200, 1e-200, 1e-310, 5e-324] {
            let Centred { deviations, .. } = centred(&[-scale, scale, scale]);
            let squares: f64 = deviations.iter().map(|d| d * d).sum();
            assert!(
                (1.0..=16.0).contains(&squares),
                "scale {scale:e}: sum of squares {squares}"
            );
        }
    }

    #[test]
    fn equal_values_have_no_deviations() {
        // 0.1 + 0.1 + 0.1 is not 0.3, so that their mean is not 0.1
        let Centred {
            unit, deviations, ..
        } = centred(&[0.1; 3]);
        assert_eq!(unit, 0.0);
        assert_eq!(deviations, [0.0; 3]);
    }
}
