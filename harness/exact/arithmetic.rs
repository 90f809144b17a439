//! Exact rational numbers, and the few steps by which they leave exactness: square roots, logarithms and averages of
//! values that contain them.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;

/// An exact rational number.
pub(super) type Rational = BigRational;

/// A whole number as a rational.
pub(super) fn whole(number: impl Into<BigInt>) -> Rational {
    Rational::from_integer(number.into())
}

/// `numerator / denominator`; the denominator is not zero.
pub(super) fn ratio(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Rational {
    Rational::new(numerator.into(), denominator.into())
}

/// The nearest floating-point number.
pub(super) fn to_f64(exact: &Rational) -> f64 {
    exact
        .to_f64()
        .expect("every rational has a nearest floating-point number")
}

/// The square root of a number that is not negative.
pub(super) fn sqrt(exact: &Rational) -> f64 {
    to_f64(exact).sqrt()
}

/// A sum with the rounding errors of its partial sums added back (Neumaier 1974).
pub(super) fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0);
    for term in terms {
        let next = total + term;
        lost += if total.abs() >= term.abs() {
            (total - next) + term
        } else {
            (term - next) + total
        };
        total = next;
    }
    total + lost
}

/// The mean of some numbers; `None` when there are none.
pub(super) fn mean(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| sum(numbers.iter().copied()) / numbers.len() as f64)
}

/// Shannon entropy `−Σ p log₂ p` in bits, with `p = n / Σ n` for counts `n`; those that are zero contribute nothing.
pub(super) fn entropy<'n>(counts: impl Iterator<Item = &'n i64> + Clone) -> f64 {
    let total: i64 = counts.clone().sum();
    -sum(counts
        .filter(|n| **n != 0)
        .map(|n| to_f64(&ratio(*n, total)))
        .map(|p| p * p.log2()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_equal_counts_is_the_logarithm_of_their_number() {
        assert_eq!(entropy([5; 8].iter()), 3.0, "8 equal counts are 3 bits");
    }

    #[test]
    fn sum_keeps_what_plain_addition_loses() {
        assert_eq!(sum([1e16, 1.0, -1e16]), 1.0, "the 1 is not lost");
    }

    #[test]
    fn conversion_rounds_to_nearest() {
        assert_eq!(to_f64(&ratio(1, 3)), 1.0 / 3.0, "one third");
        assert_eq!(sqrt(&ratio(9, 4)), 1.5, "a perfect square");
    }
}
