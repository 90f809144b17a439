//! Quantiles and tail probabilities, guarded: where a distribution is not defined there is no number, and no panic.

use statrs::{
    distribution::{ChiSquared, Continuous, ContinuousCDF, FisherSnedecor, Normal, StudentsT},
    function::beta::{checked_beta_reg, ln_beta},
};

/// The quantile of the standard normal distribution.
pub(super) fn normal(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// The quantile of Student's t distribution.
pub(super) fn students_t(p: f64, df: f64) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, usable(df)?).ok()?;
    polished(&t, p)
}

/// The quantile of the chi-squared distribution.
pub(super) fn chi_squared(p: f64, df: f64) -> Option<f64> {
    let chi_squared = ChiSquared::new(usable(df)?).ok()?;
    polished(&chi_squared, p)
}

/// The inverse that statrs finds by bisection, to some ten digits, after a Newton step.
fn polished<D>(distribution: &D, p: f64) -> Option<f64>
where
    D: Continuous<f64, f64> + ContinuousCDF<f64, f64>,
{
    let x = distribution.inverse_cdf(p);
    let polished = x - (distribution.cdf(x) - p) / distribution.pdf(x);
    [polished, x].into_iter().find(|x| x.is_finite())
}

/// Probability that an F variable exceeds `f`.
pub(super) fn f_exceeds(f: f64, df1: f64, df2: f64) -> Option<f64> {
    let distribution = FisherSnedecor::new(usable(df1)?, usable(df2)?).ok()?;
    if f == f64::INFINITY {
        return Some(0.0);
    }
    (f >= 0.0).then(|| distribution.sf(f))
}

fn usable(df: f64) -> Option<f64> {
    (df > 0.0 && df.is_finite()).then_some(df)
}

/// The quantile of the F distribution; zero where it is below the range of a double, none where it is above.
///
/// Safeguarded Newton iteration on the logarithm of F, with each tail taken from the incomplete beta function of its
/// own side: the inverse that statrs has loses a tail when one of the degrees of freedom is below 1, which those of the
/// agreement interval may be.
pub(super) fn f(p: f64, df1: f64, df2: f64) -> Option<f64> {
    let (a, b) = (usable(df1)? / 2.0, usable(df2)? / 2.0);
    let ln_beta = ln_beta(a, b);
    // z = df1 F / (df1 F + df2) and 1 - z, neither by subtraction
    let z = |ln_f: f64| {
        let odds = df1 / df2 * ln_f.exp();
        (odds / (1.0 + odds), 1.0 / (1.0 + odds))
    };
    // the excess of the distribution function over p, from the smaller tail
    let excess = |ln_f: f64| {
        let (z, rest) = z(ln_f);
        if z <= rest {
            checked_beta_reg(a, b, z).map(|lower| lower - p)
        } else {
            checked_beta_reg(b, a, rest).map(|upper| (1.0 - p) - upper)
        }
        .ok()
    };
    let slope = |ln_f: f64| {
        let (z, rest) = z(ln_f);
        (a * z.ln() + b * rest.ln() - ln_beta).exp()
    };

    // exp of the bounds is still a normal number, and so are the odds for any usable degrees of freedom
    let (mut low, mut high) = (-650.0, 650.0);
    if excess(low)? >= 0.0 {
        return Some(0.0);
    }
    if excess(high)? <= 0.0 {
        return None;
    }
    let mut ln_f: f64 = 0.0;
    for _ in 0..200 {
        let error = excess(ln_f)?;
        if error > 0.0 {
            high = ln_f;
        } else {
            low = ln_f;
        }
        let newton = ln_f - error / slope(ln_f);
        // NaN lies in no range
        let next = if newton > low && newton < high {
            newton
        } else {
            (low + high) / 2.0
        };
        let step = (next - ln_f).abs();
        ln_f = next;
        if step <= f64::EPSILON * (1.0 + ln_f.abs()) {
            break;
        }
    }
    Some(ln_f.exp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn closed_forms() {
        // F(2, d): P(F > f) = (1 + 2 f / d)^(-d/2);  F(1, 1) is the square of a Cauchy variable
        for d in [0.5, 1.0, 3.7, 40.0, 5000.0] {
            for p in [1e-6, 0.025, 0.5, 0.975, 1.0 - 1e-6] {
                let expected = d / 2.0 * (-2.0 / d * f64::ln_1p(-p)).exp_m1();
                let found = f(p, 2.0, d).expect("a quantile");
                assert!(
                    (found / expected - 1.0).abs() < 1e-9,
                    "F(2, {d}) at {p}: {found} vs {expected}"
                );
            }
        }
        let expected = (std::f64::consts::PI * 0.975 / 2.0).tan().powi(2);
        let found = f(0.975, 1.0, 1.0).expect("a quantile");
        assert!(
            (found / expected - 1.0).abs() < 1e-11,
            "{found} vs {expected}"
        );
        // χ² with 2 degrees of freedom is exponential; t with 1 is Cauchy
        let found = chi_squared(0.975, 2.0).expect("a quantile");
        assert!(
            (found / (-2.0 * 0.025_f64.ln()) - 1.0).abs() < 1e-13,
            "{found}"
        );
        let found = students_t(0.975, 1.0).expect("a quantile");
        let expected = (std::f64::consts::PI * 0.475).tan();
        assert!(
            (found / expected - 1.0).abs() < 1e-9,
            "{found} vs {expected}"
        );
        assert!(
            (normal(0.975) - 1.959_963_984_540_054).abs() < 1e-12,
            "{}",
            normal(0.975)
        );
    }

    #[test]
    fn no_distribution_no_number() {
        for df in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(f(0.975, df, 3.0), None, "F with {df} degrees of freedom");
            assert_eq!(f(0.975, 3.0, df), None, "F with {df} degrees of freedom");
            assert_eq!(
                f_exceeds(1.0, df, 3.0),
                None,
                "F with {df} degrees of freedom"
            );
            assert_eq!(
                students_t(0.975, df),
                None,
                "t with {df} degrees of freedom"
            );
            assert_eq!(
                chi_squared(0.975, df),
                None,
                "χ² with {df} degrees of freedom"
            );
        }
    }

    #[test]
    fn the_ends_are_no_numbers() {
        // a level so near 1 that its upper tail rounds to 1
        assert_eq!(f(1.0, 3.0, 5.0), None);
        assert_eq!(students_t(1.0, 3.0), None);
        assert_eq!(chi_squared(1.0, 3.0), None);
        assert_eq!(f(0.0, 3.0, 5.0), Some(0.0));
    }

    proptest! {
        /// Reciprocal: F_p(a, b) F_{1-p}(b, a) = 1. From hardly any degrees of freedom to very many.
        #[test]
        fn reciprocal(p in 0.001..0.999, a in -7.0..5.0, b in -7.0..5.0) {
            let (a, b) = (10_f64.powf(a), 10_f64.powf(b));
            match (f(p, a, b), f(1.0 - p, b, a)) {
                (Some(upper), Some(lower)) if upper > 0.0 && lower > 0.0 => {
                    let product = upper * lower;
                    prop_assert!((product - 1.0).abs() < 1e-7, "{upper} · {lower} = {product}");
                }
                (Some(upper), Some(lower)) => prop_assert!(upper + lower == 0.0 || upper.max(lower) > 1e250),
                (None, Some(zero)) | (Some(zero), None) => prop_assert!(zero < 1e-250, "{zero}"),
                (None, None) => prop_assert!(false, "both infinite"),
            }
        }
    }
}
