//! Judgement: a value against what is expected of it, by a named rule.
//!
//! | rule | passes iff |
//! | --- | --- |
//! | `ibsi-sf3/1` | the value, rounded to the reference's significant digits, lies within the tolerance |
//! | `relative/1` | the relative error is at most the tolerance (absolute where the reference is 0) |
//! | `response-map/1` | the largest difference between a response map and its reference is at most the tolerance |
//! | `invariant/1` | the value is the implementation's own value on the untransformed input, within the tolerance |
//!
//! Where `undefined` is expected, under any rule, it passes iff the implementation says that there is no value.
//!
//! `ibsi-sf3/1` is decided in exact decimal arithmetic: in binary, 0.702 − 0.698 is larger than 0.004, and a value on
//! the edge of its tolerance would fail or pass by accident. A value that is not finite never passes.

use num_bigint::BigInt;
use num_traits::{Pow, Signed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a value is compared with its reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Rule {
    /// Round to the reference's significant digits, then |value − reference| ≤ tolerance.
    #[serde(rename = "ibsi-sf3/1")]
    IbsiSignificantDigits,
    /// |value − reference| ≤ tolerance · |reference|, or ≤ tolerance where the reference is 0.
    #[serde(rename = "relative/1")]
    Relative,
    /// The value is the largest |response − reference| over the voxels of a [response map](crate::response_map), and at
    /// most the tolerance; the expected value is 0.
    #[serde(rename = "response-map/1")]
    ResponseMap,
    /// |value − expected| ≤ tolerance, in the unit of the value. What is expected follows from the implementation's own
    /// value before the input was transformed; until that is known, it is [`OWN`] and the tolerance relative.
    #[serde(rename = "invariant/1")]
    Invariant,
}

/// What a check of the rule `invariant/1` expects while the implementation's own value is not known.
pub const OWN: &str = "own";

/// What a check expects of a feature that has no value.
pub const UNDEFINED: &str = "undefined";

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 4] = [
        Self::IbsiSignificantDigits,
        Self::Relative,
        Self::ResponseMap,
        Self::Invariant,
    ];

    /// The rule's id, with its version.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::IbsiSignificantDigits => "ibsi-sf3/1",
            Self::Relative => "relative/1",
            Self::ResponseMap => "response-map/1",
            Self::Invariant => "invariant/1",
        }
    }
}

/// What a check expects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The reference value, as its source prints it; [`UNDEFINED`] where there must be none.
    pub value: String,
    /// The tolerance, as its source prints it; `0` where none is published. Relative for the rule `relative/1`.
    pub tolerance: String,
    /// Significant digits of the reference; absent = compared as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<u32>,
}

impl Expected {
    /// That there is no value.
    #[must_use]
    pub fn undefined() -> Self {
        Self {
            value: UNDEFINED.to_owned(),
            tolerance: "0".to_owned(),
            digits: None,
        }
    }

    /// Whether it is that there is no value.
    #[must_use]
    pub fn is_undefined(&self) -> bool {
        self.value == UNDEFINED
    }
}

/// How far a value is from its reference. All numbers are finite: what is larger than a number can be is the largest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// value − reference.
    pub difference: f64,
    /// |difference| / tolerance; absent where the tolerance is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerances: Option<f64>,
    /// |difference| / what the rule forgives: the tolerance and, where it rounds, half a unit of the last digit.
    /// Absent where the rule forgives nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowances: Option<f64>,
    /// Digits agreed: −log10 of the relative error; absent where value and reference are equal or the reference is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits_agreed: Option<f64>,
}

/// A reference table with a number that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a decimal number, found `{0}`")]
pub struct NotADecimal(pub String);

/// Judges a finite value.
///
/// # Errors
/// [`NotADecimal`] when the reference or its tolerance is not a number.
pub fn judge(
    rule: Rule,
    expected: &Expected,
    value: f64,
) -> Result<(bool, Deviation), NotADecimal> {
    let Forgiven {
        reference,
        tolerance,
        allowance,
    } = Forgiven::by(rule, expected)?;
    let difference = value - reference;
    let passes = match rule {
        Rule::IbsiSignificantDigits => {
            let rounded = match expected.digits {
                Some(digits) => round_significant(value, digits),
                None => format!("{value:e}"),
            };
            let distance = Decimal::parse(&rounded)?.distance(&Decimal::parse(&expected.value)?);
            value.is_finite() && distance.at_most(&Decimal::parse(&expected.tolerance)?)
        }
        Rule::Relative | Rule::ResponseMap | Rule::Invariant => difference.abs() <= allowance,
    };
    let finite = |number: f64| number.clamp(f64::MIN, f64::MAX);
    let ratio = |allowed: f64| (allowed > 0.0).then(|| finite(difference.abs() / allowed));
    let deviation = Deviation {
        difference: finite(difference),
        tolerances: ratio(tolerance),
        allowances: ratio(allowance),
        digits_agreed: (difference != 0.0 && reference != 0.0)
            .then(|| finite(-(difference / reference).abs().log10())),
    };
    Ok((passes, deviation))
}

/// What a rule forgives, in the value's unit: the tolerance and, where it rounds, half a unit of the last digit; 0 where
/// it forgives nothing. Two values that differ by no more are the same to the rule.
///
/// # Errors
/// [`NotADecimal`] when the reference or its tolerance is not a number.
pub fn allowance(rule: Rule, expected: &Expected) -> Result<f64, NotADecimal> {
    Forgiven::by(rule, expected).map(|forgiven| forgiven.allowance)
}

/// What a rule makes of the numbers of a reference.
struct Forgiven {
    reference: f64,
    /// The tolerance in the value's unit.
    tolerance: f64,
    /// What [`allowance`] gives.
    allowance: f64,
}

impl Forgiven {
    fn by(rule: Rule, expected: &Expected) -> Result<Self, NotADecimal> {
        let number = |text: &str| {
            text.parse::<f64>()
                .ok()
                .filter(|n| n.is_finite())
                .ok_or_else(|| NotADecimal(text.to_owned()))
        };
        let (reference, tolerance) = (number(&expected.value)?, number(&expected.tolerance)?);
        let (tolerance, allowance) = match rule {
            Rule::IbsiSignificantDigits => {
                let half_unit = expected
                    .digits
                    .map_or(0.0, |digits| half_last_digit(reference, digits));
                (tolerance, tolerance + half_unit)
            }
            Rule::ResponseMap | Rule::Invariant => (tolerance, tolerance),
            Rule::Relative if reference == 0.0 => (tolerance, tolerance),
            Rule::Relative => (tolerance * reference.abs(), tolerance * reference.abs()),
        };
        Ok(Self {
            reference,
            tolerance,
            allowance,
        })
    }
}

/// The value in scientific notation with so many significant digits, correctly rounded.
fn round_significant(value: f64, digits: u32) -> String {
    let decimals = digits.saturating_sub(1) as usize;
    format!("{value:.decimals$e}")
}

/// Half a unit of the last of `digits` significant digits of `reference`.
fn half_last_digit(reference: f64, digits: u32) -> f64 {
    if reference == 0.0 {
        return 0.0;
    }
    let exponent = reference.abs().log10().floor() as i32 - digits as i32 + 1;
    0.5 * 10f64.powi(exponent)
}

/// An exact decimal number: `mantissa · 10^exponent`.
#[derive(Clone, Debug)]
struct Decimal {
    mantissa: BigInt,
    exponent: i32,
}

impl Decimal {
    /// Reads `-12.5`, `1.25e-3` and the like; not `NaN` and not infinities.
    fn parse(text: &str) -> Result<Self, NotADecimal> {
        let error = || NotADecimal(text.to_owned());
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().map_err(|_| error())?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let exponent = i64::from(exponent) - fraction.len() as i64;
        if text.len() > 400 || exponent.abs() > 1000 {
            // No double prints like this, and aligning such exponents would cost without bound.
            return Err(error());
        }
        Ok(Self {
            mantissa: format!("{whole}{fraction}").parse().map_err(|_| error())?,
            exponent: exponent as i32,
        })
    }

    /// The mantissa at a smaller exponent.
    fn scaled_to(&self, exponent: i32) -> BigInt {
        &self.mantissa * BigInt::from(10).pow((self.exponent - exponent).unsigned_abs())
    }

    fn distance(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self {
            mantissa: (self.scaled_to(exponent) - other.scaled_to(exponent)).abs(),
            exponent,
        }
    }

    fn at_most(&self, other: &Self) -> bool {
        let exponent = self.exponent.min(other.exponent);
        self.scaled_to(exponent) <= other.scaled_to(exponent)
    }
}

/// What came of a check.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The value is as the rule asks.
    Pass,
    /// The value is not.
    Fail,
    /// The implementation says that the feature has no value here.
    Undefined,
    /// The implementation gave no answer for it.
    Missing,
    /// The implementation says that it does not offer it.
    Unsupported,
    /// The check was selected but not executed, e.g. for want of data.
    Skipped,
    /// The implementation failed, or answered with something that is not a number.
    Error,
    /// The implementation did not answer in time.
    Timeout,
    /// The implementation died.
    Crash,
    /// The same question was answered differently.
    Nondeterministic,
}

impl Outcome {
    /// Every outcome, in the order in which reports list them.
    pub const ALL: [Self; 10] = [
        Self::Pass,
        Self::Fail,
        Self::Undefined,
        Self::Missing,
        Self::Unsupported,
        Self::Skipped,
        Self::Error,
        Self::Timeout,
        Self::Crash,
        Self::Nondeterministic,
    ];

    /// The outcome's name in results and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Undefined => "undefined",
            Self::Missing => "missing",
            Self::Unsupported => "unsupported",
            Self::Skipped => "skipped",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Crash => "crash",
            Self::Nondeterministic => "nondeterministic",
        }
    }

    /// Whether the check was executed at all.
    #[must_use]
    pub fn is_executed(self) -> bool {
        self != Self::Skipped
    }
}

/// What an outcome means where outcomes other than `pass` may be [expected](crate::expectations).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It passes, and nothing else was expected.
    Ok,
    /// It does not pass, and that was not expected, or not like this.
    Unexpected,
    /// It does not pass, as expected.
    Expected,
    /// It passes although it was not expected to.
    UnexpectedPass,
    /// It does not pass, and the entry that expects so does not hold any more.
    Stale,
}

impl Verdict {
    /// The verdict's name in results and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unexpected => "unexpected",
            Self::Expected => "expected",
            Self::UnexpectedPass => "unexpected-pass",
            Self::Stale => "stale",
        }
    }

    /// Whether it falls short.
    #[must_use]
    pub fn falls_short(self) -> bool {
        !matches!(self, Self::Ok | Self::Expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sf3(value: &str, tolerance: &str) -> Expected {
        Expected {
            value: value.into(),
            tolerance: tolerance.into(),
            digits: Some(3),
        }
    }

    fn passes(expected: &Expected, value: f64) -> bool {
        judge(Rule::IbsiSignificantDigits, expected, value)
            .expect("the reference is a number")
            .0
    }

    #[test]
    fn the_edge_of_a_tolerance_is_inside_in_decimal() {
        let expected = sf3("0.698", "0.004");
        assert!(
            std::hint::black_box(0.702) - 0.698 > 0.004,
            "binary arithmetic would fail this value"
        );
        assert!(passes(&expected, 0.702), "0.702 is 0.004 away from 0.698");
        assert!(passes(&expected, 0.70249), "rounds to 0.702");
        assert!(!passes(&expected, 0.7025001), "rounds to 0.703");
        assert!(passes(&expected, 0.6935001), "rounds to 0.694");
        assert!(!passes(&expected, 0.69349), "rounds to 0.693");
    }

    #[test]
    fn without_tolerance_the_rounded_value_must_be_the_reference() {
        assert!(passes(&sf3("2.05", "0"), 2.0476), "2.0476 rounds to 2.05");
        assert!(!passes(&sf3("2.05", "0"), 2.0449), "2.0449 rounds to 2.04");
        assert!(
            passes(&sf3("125000", "0"), 125_256.0),
            "three digits of 125256"
        );
        assert!(passes(&sf3("-0.355", "0"), -0.354_62), "signs are kept");
        assert!(!passes(&sf3("0.355", "0"), -0.354_62), "and matter");
        assert!(passes(&sf3("0", "0"), 0.0), "zero is zero");
        assert!(!passes(&sf3("0", "0"), 1e-300), "and nothing else is");
    }

    #[test]
    fn without_digits_the_value_is_compared_as_it_is() {
        let expected = Expected {
            digits: None,
            ..sf3("125256", "0")
        };
        assert!(passes(&expected, 125_256.0), "equal");
        assert!(!passes(&expected, 125_257.0), "one voxel more");
        assert!(!passes(&expected, 125_256.000_1), "no rounding");
    }

    #[test]
    fn what_is_not_a_number_never_passes() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for rule in Rule::ALL {
                let verdict = judge(rule, &sf3("1.00", "1e300"), value);
                assert!(
                    !matches!(verdict, Ok((true, _))),
                    "{value} against {rule:?} gave {verdict:?}"
                );
            }
        }
        for text in ["", "1,5", "NaN", "inf", "0x10", "1e", "0e2000000000"] {
            assert!(
                judge(Rule::IbsiSignificantDigits, &sf3(text, "0"), 1.0).is_err(),
                "`{text}` is no reference"
            );
        }
    }

    #[test]
    fn relative_rule_falls_back_to_absolute_at_zero() {
        let expected = |value: &str| Expected {
            value: value.into(),
            tolerance: "1e-9".into(),
            digits: None,
        };
        let passes = |text: &str, value| {
            judge(Rule::Relative, &expected(text), value)
                .expect("a number")
                .0
        };
        assert!(passes("1e6", 1e6 + 1e-4), "1e-10 off");
        assert!(!passes("1e6", 1e6 + 1e-2), "1e-8 off");
        assert!(passes("0", 1e-10), "absolute near 0");
        assert!(!passes("0", 1e-8), "too far from 0");
    }

    proptest! {
        /// JSON holds no other numbers, and an implementation may answer with any.
        #[test]
        fn deviations_are_finite(value in any::<f64>(), reference in any::<f64>(), tolerance in 0.0..1.0) {
            prop_assume!(value.is_finite() && reference.is_finite());
            for rule in Rule::ALL {
                let expected = sf3(&format!("{reference:e}"), &format!("{tolerance:e}"));
                let (_, deviation) = judge(rule, &expected, value).expect("numbers");
                let others = [deviation.tolerances, deviation.allowances, deviation.digits_agreed];
                for number in others.into_iter().flatten().chain([deviation.difference]) {
                    prop_assert!(number.is_finite(), "{deviation:?}");
                }
            }
        }

        /// The allowance is what the rule forgives: well inside it passes, well outside it fails.
        #[test]
        fn allowance_bounds_the_verdict(reference in 100u32..999, exponent in -6i32..6, tolerance in 0u32..20, part in -3.0f64..3.0) {
            let expected = sf3(&format!("{reference}e{exponent}"), &format!("{tolerance}e{exponent}"));
            let unit = 10f64.powi(exponent);
            let value = f64::from(reference).mul_add(unit, part * (f64::from(tolerance) + 0.5) * unit);
            // Rounding to three digits changes its step when the value leaves the reference's decade.
            prop_assume!((100.0..999.0).contains(&(value / unit)));
            let (passes, deviation) = judge(Rule::IbsiSignificantDigits, &expected, value).expect("numbers");
            let allowances = deviation.allowances.expect("three digits always forgive something");
            prop_assume!((allowances - 1.0).abs() > 1e-6);
            prop_assert_eq!(passes, allowances < 1.0, "{} against {:?}", value, expected);
        }
    }
}
