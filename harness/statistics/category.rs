//! An intraclass correlation in words.

use super::icc::{Caution, Icc};

/// How reliable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Nothing can be said: no correlation, no interval, or too few raters.
    Unknown,
    /// Below moderate.
    Poor,
    /// From 0.50.
    Moderate,
    /// From 0.75.
    Good,
    /// From 0.90.
    Excellent,
}

impl Category {
    /// The name, `excellent`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Poor => "poor",
            Self::Moderate => "moderate",
            Self::Good => "good",
            Self::Excellent => "excellent",
        }
    }
}

/// Where categories begin. A category is that of the *lower bound* of the interval (T. K. Koo and M. Y. Li, Journal of
/// Chiropractic Medicine 15:155–163, 2016, judged as IBSI does): an estimate alone does not say how far to trust it.
///
/// With few raters the rule punishes the design, not the feature: ICC(A,1) of two raters with a constant difference has
/// hardly one degree of freedom. Show n and k next to a category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Criterion {
    /// Moderate from here.
    pub moderate: f64,
    /// Good from here.
    pub good: f64,
    /// Excellent from here.
    pub excellent: f64,
    /// Unknown with fewer raters.
    pub minimum_raters: usize,
}

impl Criterion {
    /// 0.50, 0.75, 0.90; unknown below three raters: IBSI 2, and the default.
    pub const IBSI2: Self = Self {
        moderate: 0.50,
        good: 0.75,
        excellent: 0.90,
        minimum_raters: 3,
    };
    /// The same for two raters already: IBSI 1, and the choice for test and retest.
    pub const IBSI1: Self = Self {
        minimum_raters: 2,
        ..Self::IBSI2
    };

    /// The category of a correlation.
    #[must_use]
    pub fn category(&self, icc: &Icc) -> Category {
        let Some(interval) = &icc.interval else {
            return Category::Unknown;
        };
        if icc.raters < self.minimum_raters || icc.caution == Some(Caution::DenominatorNotPositive)
        {
            return Category::Unknown;
        }
        match interval.lower {
            lower if lower >= self.excellent => Category::Excellent,
            lower if lower >= self.good => Category::Good,
            lower if lower >= self.moderate => Category::Moderate,
            _ => Category::Poor,
        }
    }
}

impl Default for Criterion {
    fn default() -> Self {
        Self::IBSI2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{
        Interval, Level, Ratings,
        icc::{Form, icc},
    };

    fn sample() -> Icc {
        let ratings = Ratings::new(&[[1.0, 1.5, 2.0], [4.0, 4.0, 5.0], [9.0, 7.0, 8.0]]);
        icc(&ratings.expect("ratings"), Form::AGREEMENT, Level::P95).expect("an ICC")
    }

    #[test]
    fn each_band_includes_its_lower_end() {
        let category = |lower: f64| {
            let interval = Some(Interval {
                level: Level::P95,
                lower,
                upper: 1.0,
            });
            Criterion::default().category(&Icc {
                interval,
                ..sample()
            })
        };
        let just_below = |x: f64| x - f64::EPSILON;
        assert_eq!(category(1.0), Category::Excellent);
        assert_eq!(category(0.9), Category::Excellent);
        assert_eq!(category(just_below(0.9)), Category::Good);
        assert_eq!(category(0.75), Category::Good);
        assert_eq!(category(just_below(0.75)), Category::Moderate);
        assert_eq!(category(0.5), Category::Moderate);
        assert_eq!(category(just_below(0.5)), Category::Poor);
        assert_eq!(category(-3.0), Category::Poor);
    }

    #[test]
    fn what_is_not_known_is_not_called_excellent() {
        let exact = Ratings::new(&[[1.0, 1.0], [2.0, 2.0]]).expect("ratings");
        let exact = icc(&exact, Form::AGREEMENT, Level::P95).expect("exact agreement");
        assert_eq!(
            Criterion::IBSI2.category(&exact),
            Category::Unknown,
            "two raters"
        );
        assert_eq!(
            Criterion::IBSI1.category(&exact),
            Category::Excellent,
            "two suffice"
        );
        let without = Icc {
            interval: None,
            ..sample()
        };
        assert_eq!(
            Criterion::IBSI2.category(&without),
            Category::Unknown,
            "no interval"
        );
        let no_correlation = Icc {
            caution: Some(Caution::DenominatorNotPositive),
            ..sample()
        };
        assert_eq!(
            Criterion::IBSI2.category(&no_correlation),
            Category::Unknown
        );
    }
}
