//! The Yeo–Johnson power transformation.
//!
//! I.-K. Yeo and R. A. Johnson, A new family of power transformations to improve normality or symmetry, Biometrika
//! 87:954–959, 2000.

use super::mean;

/// The powers among which IBSI 1 chooses (its analysis script writes 0.33333 for a third).
const LAMBDAS: [f64; 9] = [-2.0, -1.0, -0.5, 0.0, 0.33333, 0.5, 1.0, 1.5, 2.0];

/// The transformed value.
///
/// # Formula
/// ```text
/// x ≥ 0:   ((x + 1)^λ - 1) / λ               λ = 0:  ln(x + 1)
/// x < 0:  -((1 - x)^(2 - λ) - 1) / (2 - λ)   λ = 2: -ln(1 - x)
/// ```
///
/// # Example
/// ```
/// use radgauge::statistics::transform::yeo_johnson;
/// assert_eq!(yeo_johnson(3.0, 0.5), 2.0);
/// assert_eq!(yeo_johnson(-3.0, 1.0), -3.0);
/// ```
#[must_use]
pub fn yeo_johnson(x: f64, lambda: f64) -> f64 {
    if x >= 0.0 {
        if lambda == 0.0 {
            x.ln_1p()
        } else {
            ((x + 1.0).powf(lambda) - 1.0) / lambda
        }
    } else if lambda == 2.0 {
        -(-x).ln_1p()
    } else {
        -((1.0 - x).powf(2.0 - lambda) - 1.0) / (2.0 - lambda)
    }
}

/// The power of -2, -1, -½, 0, ⅓, ½, 1, 1½, 2 with the largest log-likelihood, as in the analysis of IBSI 1; the first
/// of them where several tie, and 1 (no transformation) for values that are all equal.
///
/// # Formula
/// ```text
/// (λ - 1) Σ sign(x) ln(1 + |x|) - n/2 ln( Σ (y - y.)² / n )        y: the transformed values
/// ```
#[must_use]
pub fn best_yeo_johnson(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        return 1.0;
    }
    let jacobian: f64 = values.iter().map(|x| x.abs().ln_1p().copysign(*x)).sum();
    let log_likelihood = |lambda: f64| {
        let y: Vec<f64> = values.iter().map(|x| yeo_johnson(*x, lambda)).collect();
        let centre = mean(&y);
        let variance = y.iter().map(|y| (y - centre).powi(2)).sum::<f64>() / n;
        (lambda - 1.0) * jacobian - n / 2.0 * variance.ln()
    };
    let mut best = (1.0, f64::NEG_INFINITY);
    for lambda in LAMBDAS {
        let score = log_likelihood(lambda);
        // a transformed value beyond the range of a double scores NaN, which is never better
        if score > best.1 {
            best = (lambda, score);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn log_normal_values_want_a_logarithm() {
        let values: Vec<f64> = (-10..=10)
            .map(|i| f64::from(i).exp_m1().abs() + 1e3 * f64::from(i).exp())
            .collect();
        assert_eq!(best_yeo_johnson(&values), 0.0);
        let values: Vec<f64> = (-10..=10).map(f64::from).collect();
        assert_eq!(best_yeo_johnson(&values), 1.0, "symmetrical as they are");
        assert_eq!(best_yeo_johnson(&[0.3; 4]), 1.0, "nothing to transform");
    }

    proptest! {
        /// The transformation rises, and is odd in the pair (x, λ) ↔ (-x, 2 - λ).
        #[test]
        fn monotone_and_odd(x in -50.0..50.0, step in 0.001..10.0, lambda in -2.0..2.0) {
            prop_assert!(yeo_johnson(x + step, lambda) > yeo_johnson(x, lambda));
            let mirrored = -yeo_johnson(-x, 2.0 - lambda);
            let y = yeo_johnson(x, lambda);
            prop_assert!((y - mirrored).abs() <= 1e-9 * (1.0 + y.abs()), "{} vs {}", y, mirrored);
        }
    }
}
