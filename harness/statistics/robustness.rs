//! The verdict on a feature: can it be trusted, corrected, or neither?

use super::{
    Level, Ratings, Undefined,
    category::{Category, Criterion},
    icc::{Form, Icc, icc},
};

/// The class of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// It agrees: the lower bound of ICC(A,1) reaches the criterion.
    Robust,
    /// It does not agree, but only because raters (settings, scanners) differ by a constant, which can be corrected:
    /// the lower bound of ICC(C,1) reaches the criterion, and ICC(C,1) exceeds ICC(A,1) by a large gap.
    Systematic,
    /// Neither.
    Unstable,
    /// Nothing can be said.
    Unknown,
}

impl Class {
    /// The name, `robust`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Robust => "robust",
            Self::Systematic => "systematic",
            Self::Unstable => "unstable",
            Self::Unknown => "unknown",
        }
    }
}

/// When a feature is robust, and when a difference is systematic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Where categories begin.
    pub criterion: Criterion,
    /// The category that the lower bound has to reach; good by default.
    pub required: Category,
    /// The gap ICC(C,1) - ICC(A,1) from which the difference of raters is called systematic; 0.1 by default. A smaller
    /// one does not explain why a feature misses the criterion: then the interval is wide, and correcting will not help.
    pub gap: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            criterion: Criterion::default(),
            required: Category::Good,
            gap: 0.1,
        }
    }
}

/// The verdict, with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Robustness {
    /// The class.
    pub class: Class,
    /// Why, in words.
    pub reason: String,
    /// ICC(A,1).
    pub agreement: Result<Icc, Undefined>,
    /// ICC(C,1).
    pub consistency: Result<Icc, Undefined>,
}

impl Thresholds {
    /// The verdict on a feature, whose columns are settings, scanners, tools or repeats.
    #[must_use]
    pub fn judge(&self, ratings: &Ratings, level: Level) -> Robustness {
        let agreement = icc(ratings, Form::AGREEMENT, level);
        let consistency = icc(ratings, Form::CONSISTENCY, level);
        let (class, reason) = match (&agreement, &consistency) {
            (Ok(agreement), Ok(consistency)) => self.class(agreement, consistency),
            (Err(undefined), _) | (_, Err(undefined)) => (Class::Unknown, undefined.to_string()),
        };
        Robustness {
            class,
            reason,
            agreement,
            consistency,
        }
    }

    fn class(&self, agreement: &Icc, consistency: &Icc) -> (Class, String) {
        let category = self.criterion.category(agreement);
        if category == Category::Unknown {
            let reason = if agreement.raters < self.criterion.minimum_raters {
                format!(
                    "{} raters, {} are needed",
                    agreement.raters, self.criterion.minimum_raters
                )
            } else {
                "ICC(A,1) has no interval".into()
            };
            return (Class::Unknown, reason);
        }
        let required = self.required.name();
        if category >= self.required {
            return (
                Class::Robust,
                format!("the lower bound of ICC(A,1) is {required}"),
            );
        }
        let gap = consistency.value - agreement.value;
        if self.criterion.category(consistency) >= self.required && gap >= self.gap {
            return (
                Class::Systematic,
                format!("the lower bound of ICC(C,1) is {required}, ICC(A,1) is {gap:.2} smaller"),
            );
        }
        let reason = if self.reaches(agreement.value) {
            // a wide interval is a matter of the design, and more cases or raters would settle it
            format!("ICC(A,1) is {required}, but its lower bound is not: too few cases or raters")
        } else {
            format!("ICC(A,1) is not {required}")
        };
        (Class::Unstable, reason)
    }

    fn reaches(&self, value: f64) -> bool {
        value
            >= match self.required {
                Category::Excellent => self.criterion.excellent,
                Category::Good => self.criterion.good,
                Category::Moderate => self.criterion.moderate,
                Category::Poor | Category::Unknown => f64::NEG_INFINITY,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve subjects 10 apart, three raters: `offset` between raters, `noise` of both signs on every rating.
    fn class(offset: f64, noise: f64) -> (Class, String) {
        let rows: Vec<[f64; 3]> = (0..12)
            .map(|i| {
                [0, 1, 2].map(|j| {
                    // a fixed pattern of numbers between -1 and 1
                    let sign = f64::from((i * 7 + j * 5 + i * j * 3) % 11) / 5.0 - 1.0;
                    10.0 * f64::from(i) + offset * f64::from(j) + noise * sign
                })
            })
            .collect();
        let verdict =
            Thresholds::default().judge(&Ratings::new(&rows).expect("ratings"), Level::P95);
        (verdict.class, verdict.reason)
    }

    #[test]
    fn classes() {
        let expect = |found: (Class, String), class, reason: &str| {
            assert_eq!(found, (class, reason.to_owned()));
        };
        expect(
            class(0.0, 1.0),
            Class::Robust,
            "the lower bound of ICC(A,1) is good",
        );
        expect(
            class(60.0, 1.0),
            Class::Systematic,
            "the lower bound of ICC(C,1) is good, ICC(A,1) is 0.73 smaller",
        );
        expect(class(0.0, 80.0), Class::Unstable, "ICC(A,1) is not good");
        expect(class(60.0, 80.0), Class::Unstable, "ICC(A,1) is not good");
    }

    #[test]
    fn a_wide_interval_is_said_to_be_one() {
        let ratings = Ratings::new(&[[0.0, 1.0, 2.0], [10.0, 11.5, 12.0]]).expect("ratings");
        let verdict = Thresholds::default().judge(&ratings, Level::P95);
        assert_eq!(verdict.class, Class::Unstable);
        assert_eq!(
            verdict.reason,
            "ICC(A,1) is good, but its lower bound is not: too few cases or raters"
        );
    }

    #[test]
    fn nothing_to_judge_is_unknown() {
        let judge = |rows: &[[f64; 3]]| {
            Thresholds::default().judge(&Ratings::new(rows).expect("ratings"), Level::P95)
        };
        let constant = judge(&[[1.0; 3]; 5]);
        assert_eq!(constant.class, Class::Unknown);
        assert_eq!(constant.reason, "all values are equal");
        let flat = judge(&[[1.0, 2.0, 3.0]; 5]);
        assert_eq!(flat.class, Class::Unknown);
        assert_eq!(flat.reason, "the subjects do not differ");
        let two = Ratings::new(&[[1.0, 1.0], [2.0, 2.0]]).expect("ratings");
        let two = Thresholds::default().judge(&two, Level::P95);
        assert_eq!(two.class, Class::Unknown, "{}", two.reason);
        assert_eq!(two.reason, "2 raters, 3 are needed");
    }
}
