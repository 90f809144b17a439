//! How many cases, and how many repeats, does a study need for a narrow ICC interval?
//!
//! The expected width is that of the interval by the F distribution at the *expected* mean squares: no simulation, and
//! the same formula that will be used on the data. With MS_E = 1 and the correlation ρ,
//!
//! ```text
//! E MS_R = 1 + k ρ / (1 - ρ)          raters without bias: E MS_C = E MS_W = E MS_E = 1
//! ```
//!
//! It is the width at a typical result; the mean width differs by some per cent in small studies. Beside it stands
//! D. G. Bonett's approximation (Sample size requirements for estimating intraclass correlations with desired
//! precision, Statistics in Medicine 21:1331–1335, 2002).

use thiserror::Error;

use super::{
    Interval, Level,
    anova::MeanSquares,
    icc::{AverageAgreement, Form, Table},
    quantile,
};

/// The largest study that is looked at.
pub const MOST_CASES: u32 = 100_000;

/// What is expected of a study.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    icc: f64,
    form: Form,
    level: Level,
}

/// Why a study cannot be planned.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// An ICC that a study cannot be planned for.
    #[error("expected an ICC of at least 0 and below 1, found {found}")]
    Icc {
        /// The value.
        found: f64,
    },
    /// A width that no interval can be asked to have.
    #[error("expected a width above 0 and below 2, found {found}")]
    Width {
        /// The value.
        found: f64,
    },
    /// Too few raters.
    #[error("expected at least 2 raters, found {found}")]
    Raters {
        /// The number.
        found: u32,
    },
    /// Too few or too many cases.
    #[error("expected 2 to {MOST_CASES} cases, found {found}")]
    Cases {
        /// The number.
        found: u32,
    },
}

impl Plan {
    /// A plan for an expected ICC of a single rating, interval of this form and level.
    ///
    /// # Errors
    /// When the ICC is negative, 1 or more, or not a number.
    pub fn new(icc: f64, form: Form, level: Level) -> Result<Self, PlanError> {
        if !(0.0..1.0).contains(&icc) {
            return Err(PlanError::Icc { found: icc });
        }
        Ok(Self { icc, form, level })
    }

    /// The interval to expect of so many cases and raters; `None` where the F distribution gives no bounds.
    ///
    /// # Errors
    /// With fewer than two cases or raters, or too many cases.
    ///
    /// # Example
    /// ```
    /// use radgauge::statistics::{Level, icc::Form, power::Plan};
    /// let plan = Plan::new(0.9, Form::CONSISTENCY, Level::P95)?;
    /// let interval = plan.expected_interval(30, 3)?.expect("an interval");
    /// assert!(interval.contains(0.9) && interval.width() < 0.14);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expected_interval(
        &self,
        cases: u32,
        raters: u32,
    ) -> Result<Option<Interval>, PlanError> {
        check_raters(raters)?;
        if !(2..=MOST_CASES).contains(&cases) {
            return Err(PlanError::Cases { found: cases });
        }
        let (n, k) = (f64::from(cases), f64::from(raters));
        let table = Table {
            mean_squares: MeanSquares {
                rows: 1.0 + k * self.icc / (1.0 - self.icc),
                within: 1.0,
                columns: 1.0,
                error: 1.0,
            },
            n,
            k,
        };
        let df = table.error_df(self.form, AverageAgreement::StepUp);
        Ok(table.interval(self.form, df, self.level))
    }

    /// The fewest cases whose expected interval is no wider; `None` when even [`MOST_CASES`] are too few.
    ///
    /// # Errors
    /// With fewer than two raters, or a width that no interval can have.
    pub fn cases(&self, raters: u32, width: f64) -> Result<Option<u32>, PlanError> {
        check_width(width)?;
        let is_enough = |cases: u32| {
            let interval = self.expected_interval(cases, raters)?;
            Ok::<_, PlanError>(interval.is_some_and(|interval| interval.width() <= width))
        };
        if !is_enough(MOST_CASES)? {
            return Ok(None);
        }
        // too few, enough
        let (mut low, mut high) = (1, MOST_CASES);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_enough(middle)? {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(Some(high))
    }

    /// Bonett's approximation of the number of cases for an ICC of single ratings.
    ///
    /// # Formula
    /// ```text
    /// n = 8 z² (1 - ρ)² (1 + (k-1) ρ)² / (k (k-1) w²) + 1,  and 5 ρ more for k = 2 and ρ ≥ 0.7;  rounded up
    /// ```
    ///
    /// # Errors
    /// As [`Plan::cases`].
    pub fn bonett(&self, raters: u32, width: f64) -> Result<f64, PlanError> {
        check_raters(raters)?;
        check_width(width)?;
        let (rho, k) = (self.icc, f64::from(raters));
        let z = quantile::normal(self.level.upper_tail());
        let root = z * (1.0 - rho) * (1.0 + (k - 1.0) * rho) / width;
        let extra = if raters == 2 && rho >= 0.7 {
            5.0 * rho
        } else {
            0.0
        };
        Ok((8.0 * root * root / (k * (k - 1.0)) + 1.0 + extra).ceil())
    }
}

fn check_raters(raters: u32) -> Result<(), PlanError> {
    if raters < 2 {
        return Err(PlanError::Raters { found: raters });
    }
    Ok(())
}

fn check_width(width: f64) -> Result<(), PlanError> {
    if width > 0.0 && width < 2.0 {
        Ok(())
    } else {
        Err(PlanError::Width { found: width })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use rand_chacha::rand_core::Rng;

    use super::*;
    use crate::statistics::{
        Ratings,
        bootstrap::generator,
        icc::{Model, Unit, icc},
    };

    fn plan(icc: f64) -> Plan {
        Plan::new(icc, Form::CONSISTENCY, Level::P95).expect("a plan")
    }

    #[test]
    fn bonett_by_hand() {
        // 8 · 3.841459 · 0.01 · 3.61 / (2 · 0.01) + 1 + 4.5 = 60.97
        assert_eq!(plan(0.9).bonett(2, 0.1), Ok(61.0));
        // 8 · 3.841459 · 0.01 · 7.84 / (6 · 0.01) + 1 = 41.16
        assert_eq!(plan(0.9).bonett(3, 0.1), Ok(42.0));
    }

    #[test]
    fn bonett_and_the_exact_width_agree() {
        for icc in [0.5, 0.7, 0.8, 0.9, 0.95] {
            for raters in 2..6 {
                let exact = plan(icc)
                    .cases(raters, 0.15)
                    .expect("a width")
                    .expect("enough");
                let approximate = plan(icc).bonett(raters, 0.15).expect("a width");
                let difference = (f64::from(exact) - approximate).abs();
                assert!(
                    difference <= 4.0 + 0.05 * approximate,
                    "ICC {icc}, {raters} raters: {exact} and {approximate}"
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_planned_is_said() {
        let message = |error: PlanError| error.to_string();
        for icc in [1.0, -0.1, f64::NAN] {
            let error = Plan::new(icc, Form::AGREEMENT, Level::P95).expect_err("no ICC");
            assert_eq!(
                message(error),
                format!("expected an ICC of at least 0 and below 1, found {icc}")
            );
        }
        let plan = plan(0.9);
        assert_eq!(
            message(plan.cases(1, 0.1).expect_err("raters")),
            "expected at least 2 raters, found 1"
        );
        assert_eq!(
            message(plan.cases(2, f64::NAN).expect_err("width")),
            "expected a width above 0 and below 2, found NaN"
        );
        assert_eq!(
            message(plan.expected_interval(1, 2).expect_err("cases")),
            "expected 2 to 100000 cases, found 1"
        );
        assert_eq!(plan.cases(2, 1e-6), Ok(None), "more cases than there are");
    }

    /// Simulated studies: the width at the expected mean squares is the mean width to some per cent.
    #[test]
    fn simulated_studies_have_the_expected_width() {
        let (cases, raters, rho) = (30, 3, 0.8_f64);
        let mut rng = generator(1, 0);
        // nearly normal, with variance 1: the sum of twelve uniform numbers
        let mut normal = || -> f64 {
            let uniform = |_| f64::from(rng.next_u32()) / 2.0_f64.powi(32);
            (0..12).map(uniform).sum::<f64>() - 6.0
        };
        let mut width = || {
            let rows: Vec<Vec<f64>> = (0..cases)
                .map(|_| {
                    let subject = (rho / (1.0 - rho)).sqrt() * normal();
                    (0..raters).map(|_| subject + normal()).collect()
                })
                .collect();
            let ratings = Ratings::new(&rows).expect("ratings");
            let found = icc(&ratings, Form::CONSISTENCY, Level::P95).expect("an ICC");
            found.interval.expect("an interval").width()
        };
        const STUDIES: u32 = 300;
        let mean = (0..STUDIES).map(|_| width()).sum::<f64>() / f64::from(STUDIES);
        let expected = plan(rho)
            .expected_interval(cases, raters)
            .expect("a plan")
            .expect("an interval")
            .width();
        // the standard error of the mean is below 2 %
        assert!(
            (mean / expected - 1.0).abs() < 0.06,
            "{mean} in {STUDIES} studies, {expected} expected"
        );
    }

    proptest! {
        /// More cases never widen the interval; the fewest cases suffice, and one fewer does not.
        #[test]
        fn fewest(icc in 0.0..0.99, raters in 2_u32..6, width in 0.02..0.5, one_way: bool) {
            let model = if one_way { Model::OneWay } else { Model::Agreement };
            let plan = Plan::new(icc, Form::new(model, Unit::Single), Level::P95).expect("a plan");
            let width_of = |cases| {
                plan.expected_interval(cases, raters).expect("cases").map_or(f64::INFINITY, |i| i.width())
            };
            let cases = plan.cases(raters, width).expect("a width").expect("enough");
            prop_assert!(width_of(cases) <= width);
            prop_assert!(cases == 2 || width_of(cases - 1) > width);
            prop_assert!(width_of(cases * 2) <= width_of(cases));
        }
    }
}
