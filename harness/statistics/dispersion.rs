//! Relative dispersion, and whether it means anything.
//!
//! The coefficient of variation and the quartile coefficient of dispersion divide by a centre. They are scale-free only
//! for positive data: where the centre is near zero, as of band-pass filtered images, the quotient is large, unstable and
//! of either sign. That is a property of the feature, not an error of whoever computed it; 18 of the 24 failures of
//! IBSI 2 are of this kind.

use super::{Undefined, all_finite, at_least, scale};

/// Whether a quotient by a centre means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditioning {
    /// The centre is well away from zero.
    Well,
    /// The centre is well away from zero, but there are values of both signs.
    MixedSigns,
    /// The centre cannot be told from zero: the mean is within two standard errors, or the quartiles have opposite
    /// signs.
    CentreNearZero,
}

impl Conditioning {
    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Well => "well-conditioned",
            Self::MixedSigns => "ill-conditioned: values of both signs",
            Self::CentreNearZero => "ill-conditioned: the centre cannot be told from zero",
        }
    }
}

/// A relative dispersion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dispersion {
    /// The quotient, by the centre with its sign.
    pub value: f64,
    /// Whether it means anything.
    pub conditioning: Conditioning,
}

/// The coefficient of variation, standard deviation (n - 1) by mean.
///
/// # Undefined
/// With fewer than two values, when a value is not finite, when the mean is zero.
///
/// # Example
/// ```
/// use radgauge::statistics::dispersion::{Conditioning, coefficient_of_variation};
/// let filtered = coefficient_of_variation(&[-1.0, 1.0, 0.5, -0.6])?;
/// assert_eq!(filtered.conditioning, Conditioning::CentreNearZero);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn coefficient_of_variation(values: &[f64]) -> Result<Dispersion, Undefined> {
    all_finite(values)?;
    at_least(2, "values", values.len())?;
    let n = values.len() as f64;
    let scale::Centred {
        mean,
        unit,
        deviations,
    } = scale::centred(values);
    let sd = unit * (scale::sum_of_squares(&deviations) / (n - 1.0)).sqrt();
    let is_near_zero = mean.abs() <= 2.0 * sd / n.sqrt();
    dispersion(sd, mean, is_near_zero, values, "the values")
}

/// The quartile coefficient of dispersion, `(Q3 - Q1) / (Q3 + Q1)`, with quartiles by linear interpolation between
/// order statistics.
///
/// # Undefined
/// With fewer than two values, when a value is not finite, when the quartiles add up to zero.
pub fn quartile_coefficient_of_dispersion(values: &[f64]) -> Result<Dispersion, Undefined> {
    all_finite(values)?;
    at_least(2, "values", values.len())?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // halves, so that neither sum nor difference overflows
    let (q1, q3) = (
        percentile(&sorted, 0.25) / 2.0,
        percentile(&sorted, 0.75) / 2.0,
    );
    let is_near_zero = q1 <= 0.0 && q3 >= 0.0;
    dispersion(q3 - q1, q3 + q1, is_near_zero, values, "the quartiles")
}

fn dispersion(
    spread: f64,
    centre: f64,
    is_near_zero: bool,
    values: &[f64],
    what: &str,
) -> Result<Dispersion, Undefined> {
    if centre == 0.0 {
        return Err(Undefined::ZeroMean { what: what.into() });
    }
    let has_both_signs = values.iter().any(|x| *x < 0.0) && values.iter().any(|x| *x > 0.0);
    Ok(Dispersion {
        value: super::finite(spread / centre)?,
        conditioning: if is_near_zero {
            Conditioning::CentreNearZero
        } else if has_both_signs {
            Conditioning::MixedSigns
        } else {
            Conditioning::Well
        },
    })
}

/// The percentile of sorted values, by linear interpolation between order statistics.
pub(super) fn percentile(sorted: &[f64], p: f64) -> f64 {
    let position = p * (sorted.len() - 1) as f64;
    let below = position.floor();
    let (low, high) = (sorted[below as usize], sorted[position.ceil() as usize]);
    let share = position - below;
    low * (1.0 - share) + high * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let found = coefficient_of_variation(&[1.0, 2.0, 3.0]).expect("a quotient");
        assert_eq!(
            found,
            Dispersion {
                value: 0.5,
                conditioning: Conditioning::Well
            }
        );
        let found =
            quartile_coefficient_of_dispersion(&[4.0, 1.0, 3.0, 2.0, 5.0]).expect("a quotient");
        assert_eq!(
            found,
            Dispersion {
                value: 1.0 / 3.0,
                conditioning: Conditioning::Well
            }
        );
    }

    #[test]
    fn ill_conditioned_is_flagged_not_failed() {
        let near_zero = [-3.0, -1.0, 1.0, 3.2];
        for found in [
            coefficient_of_variation(&near_zero),
            quartile_coefficient_of_dispersion(&near_zero),
        ] {
            let found = found.expect("a quotient");
            assert_eq!(
                found.conditioning,
                Conditioning::CentreNearZero,
                "{found:?}"
            );
            assert!(found.value > 10.0, "large: {found:?}");
        }
        let mixed = [-0.1, 9.0, 10.0, 10.0, 11.0];
        let found = coefficient_of_variation(&mixed).expect("a quotient");
        assert_eq!(found.conditioning, Conditioning::MixedSigns);
        assert_eq!(
            coefficient_of_variation(&[-1.0, 1.0])
                .expect_err("zero")
                .to_string(),
            "the mean of the values is zero"
        );
        let extreme = coefficient_of_variation(&[1e300, 2e300, 3e300]).expect("a quotient");
        assert!((extreme.value - 0.5).abs() < 1e-15, "{extreme:?}");
    }
}
