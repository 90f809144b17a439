//! Lin's concordance correlation coefficient of two series.
//!
//! L. I.-K. Lin, A concordance correlation coefficient to evaluate reproducibility, Biometrics 45:255–268, 1989.

use super::{Interval, Level, Undefined, all_finite, at_least, mean, quantile, scale};

/// Which variances go into the coefficient and into the location shift: a known source of small differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convention {
    /// Sums divided by n throughout: Lin's.
    #[default]
    Lin,
    /// The coefficient with n, the location shift with n - 1: R's epiR.
    EpiR,
    /// Sums divided by n - 1 throughout.
    Unbiased,
}

/// The concordance of two series.
#[derive(Clone, Debug, PartialEq)]
pub struct Concordance {
    /// Which variances were used.
    pub convention: Convention,
    /// Number of pairs, n.
    pub pairs: usize,
    /// The coefficient, ρ_c.
    pub value: f64,
    /// Precision: Pearson's correlation, r.
    pub pearson: f64,
    /// Accuracy: the bias correction factor C_b, ρ_c = r C_b.
    pub bias_correction: f64,
    /// σ_x / σ_y.
    pub scale_shift: f64,
    /// (μ_x - μ_y) / sqrt(σ_x σ_y).
    pub location_shift: f64,
    /// Interval from the normal distribution of ρ_c itself.
    pub asymptotic: Option<Interval>,
    /// Interval from the normal distribution of Fisher's z of ρ_c: the better one.
    pub fisher_z: Option<Interval>,
}

/// The concordance of two series.
///
/// # Formula
/// ```text
/// ρ_c = 2 s_xy / (s_x² + s_y² + (x. - y.)²)
/// variance of ρ_c = [ (1-r²) ρ_c² (1-ρ_c²) / r² + 2 ρ_c³ (1-ρ_c) u² / r - ρ_c⁴ u⁴ / (2 r²) ] / (n - 2)
/// ```
/// u is the location shift. Series that agree exactly have the coefficient 1 with the interval [1, 1]; there is no
/// interval where the variance is not positive (r = 0).
///
/// # Undefined
/// With fewer than three pairs, for series of different length or with a value that is not finite, when one series is
/// constant.
pub fn concordance(
    x: &[f64],
    y: &[f64],
    convention: Convention,
    level: Level,
) -> Result<Concordance, Undefined> {
    if x.len() != y.len() {
        return Err(Undefined::LengthsDiffer {
            first: x.len(),
            second: y.len(),
        });
    }
    all_finite(x)?;
    all_finite(y)?;
    at_least(3, "pairs", x.len())?;
    let pairs = x.len();
    let n = pairs as f64;
    let both: Vec<f64> = x.iter().chain(y).copied().collect();
    let scale::Centred { deviations, .. } = scale::centred(&both);
    let (dx, dy) = deviations.split_at(pairs);
    let is_constant = |series: &[f64]| series.iter().all(|value| *value == series[0]);
    if is_constant(x) || is_constant(y) {
        return Err(Undefined::NoVariance);
    }

    let (mean_x, mean_y) = (mean(dx), mean(dy));
    let (ss_x, ss_y) = (scale::sum_of_squares(dx), scale::sum_of_squares(dy));
    let products = dx.iter().zip(dy).map(|(x, y)| (x - mean_x) * (y - mean_y));
    let ss_xy: f64 = products.sum();
    let (divisor, shift_divisor) = match convention {
        Convention::Lin => (n, n),
        Convention::EpiR => (n, n - 1.0),
        Convention::Unbiased => (n - 1.0, n - 1.0),
    };
    let difference = mean_x - mean_y;
    let value = 2.0 * ss_xy / (ss_x + ss_y + divisor * difference.powi(2));
    let pearson = (ss_xy / (ss_x.sqrt() * ss_y.sqrt())).clamp(-1.0, 1.0);
    let location_shift = difference * shift_divisor.sqrt() / (ss_x * ss_y).powf(0.25);

    let is_exact = x == y;
    let intervals = if is_exact {
        let exact = Some(Interval::around(1.0, 0.0, level));
        (exact, exact)
    } else {
        intervals(value, pearson, location_shift, n, level)
    };
    Ok(Concordance {
        convention,
        pairs,
        value: if is_exact { 1.0 } else { value },
        pearson,
        bias_correction: 2.0 * ss_x.sqrt() * ss_y.sqrt()
            / (ss_x + ss_y + divisor * difference.powi(2)),
        scale_shift: (ss_x / ss_y).sqrt(),
        location_shift,
        asymptotic: intervals.0,
        fisher_z: intervals.1,
    })
}

/// The asymptotic interval and that by Fisher's z.
fn intervals(
    rho: f64,
    r: f64,
    u: f64,
    n: f64,
    level: Level,
) -> (Option<Interval>, Option<Interval>) {
    let variance = ((1.0 - r * r) * rho.powi(2) * (1.0 - rho.powi(2)) / r.powi(2)
        + 2.0 * rho.powi(3) * (1.0 - rho) * u.powi(2) / r
        - rho.powi(4) * u.powi(4) / (2.0 * r.powi(2)))
        / (n - 2.0);
    // NaN, which r = 0 gives, is not positive
    if variance.is_nan() || variance < 0.0 {
        return (None, None);
    }
    let half_width = quantile::normal(level.upper_tail()) * variance.sqrt();
    let asymptotic = Interval::around(rho, half_width, level).if_finite();
    let z = Interval::around(rho.atanh(), half_width / (1.0 - rho * rho), level);
    let fisher_z = Interval {
        level,
        lower: z.lower.tanh(),
        upper: z.upper.tanh(),
    };
    (asymptotic, fisher_z.if_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(x: &[f64], y: &[f64]) -> Result<Concordance, Undefined> {
        concordance(x, y, Convention::Lin, Level::P95)
    }

    #[test]
    fn by_hand() {
        // means 2 and 3; variances 2/3 and 2/3; covariance 2/3: 2·(2/3) / (4/3 + 1)
        let found = of(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0]).expect("concordance");
        assert!((found.value - 4.0 / 7.0).abs() < 1e-15, "{}", found.value);
        assert!((found.pearson - 1.0).abs() < 1e-15, "{}", found.pearson);
        assert_eq!(found.scale_shift, 1.0);
    }

    #[test]
    fn edges() {
        let exact = of(&[0.1, 0.2, 0.7], &[0.1, 0.2, 0.7]).expect("exact agreement");
        assert_eq!(exact.value, 1.0);
        let bounds = exact.fisher_z.expect("an interval");
        assert_eq!((bounds.lower, bounds.upper), (1.0, 1.0));
        assert_eq!(of(&[1.0; 3], &[1.0; 3]), Err(Undefined::NoVariance));
        assert_eq!(of(&[1.0; 3], &[1.0, 2.0, 3.0]), Err(Undefined::NoVariance));
        let message = |x: &[f64], y: &[f64]| of(x, y).expect_err("undefined").to_string();
        assert_eq!(
            message(&[1.0, 2.0], &[1.0, 2.0]),
            "needs at least 3 pairs, found 2"
        );
        assert_eq!(
            message(&[1.0, 2.0], &[1.0]),
            "needs series of one length, found 2 and 1 values"
        );
        assert_eq!(
            message(&[1.0, 2.0, f64::NAN], &[1.0, 2.0, 3.0]),
            "needs finite values, found NaN"
        );
        let uncorrelated = of(&[0.0, 1.0, 0.0, 1.0], &[0.0, 0.0, 1.0, 1.0]).expect("concordance");
        assert_eq!((uncorrelated.value, uncorrelated.fisher_z), (0.0, None));
    }

    proptest! {
        /// Symmetric; unchanged by one affine map of both series; at most |r|; the interval contains it.
        #[test]
        fn laws(
            pairs in prop::collection::vec((-5.0..5.0, -5.0..5.0), 4..20),
            slope in 0.01..100.0, offset in -100.0..100.0,
        ) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let found = of(&x, &y).expect("concordance");
            let swapped = of(&y, &x).expect("concordance");
            prop_assert!((found.value - swapped.value).abs() < 1e-12);
            let map = |series: &[f64]| series.iter().map(|v| slope * v + offset).collect::<Vec<_>>();
            let mapped = of(&map(&x), &map(&y)).expect("concordance");
            prop_assert!((found.value - mapped.value).abs() < 1e-9);
            prop_assert!(found.value.abs() <= found.pearson.abs() + 1e-12);
            prop_assert!((found.pearson * found.bias_correction - found.value).abs() < 1e-12);
            for interval in [found.asymptotic, found.fisher_z].into_iter().flatten() {
                prop_assert!(interval.contains(found.value), "{:?} {}", interval, found.value);
            }
        }
    }
}
