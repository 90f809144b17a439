//! Confidence level and confidence interval.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// A confidence level, strictly between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Level(f64);

impl Level {
    /// 95 %, the level of every published figure that is reproduced here.
    pub const P95: Self = Self(0.95);

    /// The level `1 - alpha`.
    ///
    /// # Errors
    /// When it does not lie strictly between 0 and 1.
    ///
    /// # Example
    /// ```
    /// use radgauge::statistics::Level;
    /// assert_eq!(Level::new(0.75)?.lower_tail(), 0.125);
    /// assert!(Level::new(95.0).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(level: f64) -> Result<Self, NotALevel> {
        // NaN lies in no range
        if level > 0.0 && level < 1.0 && 1.0 - level > 0.0 {
            Ok(Self(level))
        } else {
            Err(NotALevel(level.to_string()))
        }
    }

    /// The level itself, 0.95.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// Probability of the lower tail, 0.025.
    #[must_use]
    pub fn lower_tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// Probability up to the upper tail, 0.975.
    #[must_use]
    pub fn upper_tail(self) -> f64 {
        1.0 - self.lower_tail()
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::P95
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Level {
    type Err = NotALevel;

    fn from_str(text: &str) -> Result<Self, NotALevel> {
        let level = text.parse().map_err(|_| NotALevel(text.to_owned()))?;
        Self::new(level)
    }
}

/// Not a confidence level.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("expected a confidence level between 0 and 1, such as 0.95, found `{0}`")]
pub struct NotALevel(String);

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its level.
    pub level: Level,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

impl Interval {
    /// Upper less lower bound.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }

    /// Whether the value lies in the interval, bounds included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }

    /// `centre ± half_width`.
    pub(crate) fn around(centre: f64, half_width: f64, level: Level) -> Self {
        Self {
            level,
            lower: centre - half_width,
            upper: centre + half_width,
        }
    }

    /// The interval, if its bounds are numbers.
    pub(crate) fn if_finite(self) -> Option<Self> {
        (self.lower.is_finite() && self.upper.is_finite()).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_lies_between_0_and_1() {
        for level in [0.0, 1.0, -0.5, 95.0, f64::NAN, f64::INFINITY] {
            assert!(Level::new(level).is_err(), "{level} is no level");
        }
        assert_eq!("0.95".parse(), Ok(Level::P95));
        assert_eq!(
            "95 %"
                .parse::<Level>()
                .expect_err("not a number")
                .to_string(),
            "expected a confidence level between 0 and 1, such as 0.95, found `95 %`"
        );
    }
}
