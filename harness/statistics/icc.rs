//! Intraclass correlation coefficients.
//!
//! K. O. McGraw and S. P. Wong, Forming inferences about some intraclass correlation coefficients, Psychological
//! Methods 1:30–46, 1996 (errata p. 390); P. E. Shrout and J. L. Fleiss, Intraclass correlations: uses in assessing
//! rater reliability, Psychological Bulletin 86:420–428, 1979.
//!
//! | form | model | Shrout–Fleiss | McGraw–Wong case |
//! | --- | --- | --- | --- |
//! | ICC(1), ICC(1,k) | one-way: the raters of a subject are exchangeable | (1,1), (1,k) | 1 |
//! | ICC(C,1), ICC(C,k) | two-way, consistency: differences between raters do not count | (3,1), (3,k) | 2, 2A, 3, 3A |
//! | ICC(A,1), ICC(A,k) | two-way, absolute agreement: differences between raters count | (2,1), (2,k) | 2, 2A, 3, 3A |
//!
//! Cases 2 and 3 have random and fixed raters, the letter A says that there is no interaction of subject and rater.
//! They differ in what the number means, not in how it is computed, and so are not told apart here. One exception: in
//! case 3 (fixed raters *with* interaction) the average forms have no estimate; use them under 2, 2A or 3A.

use super::{
    Interval, Level, Ratings, Undefined,
    anova::{Divisor, MeanSquares, SumsOfSquares},
    quantile,
    ratings::Missing,
    transform::{best_yeo_johnson, yeo_johnson},
};

/// What the correlation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// One-way: the ratings of a subject are exchangeable, as repeats are.
    OneWay,
    /// Two-way, consistency: raters may differ by a constant.
    Consistency,
    /// Two-way, absolute agreement: a constant difference between raters is an error.
    Agreement,
}

/// Whose reliability it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// That of a single rating.
    Single,
    /// That of the mean of all k ratings.
    Average,
}

/// A form of the intraclass correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Form {
    /// What the correlation is about.
    pub model: Model,
    /// Whose reliability it is.
    pub unit: Unit,
}

impl Form {
    /// ICC(1)
    pub const ONE_WAY: Self = Self::new(Model::OneWay, Unit::Single);
    /// ICC(C,1)
    pub const CONSISTENCY: Self = Self::new(Model::Consistency, Unit::Single);
    /// ICC(A,1)
    pub const AGREEMENT: Self = Self::new(Model::Agreement, Unit::Single);
    /// All six forms.
    pub const ALL: [Self; 6] = [
        Self::ONE_WAY,
        Self::CONSISTENCY,
        Self::AGREEMENT,
        Self::new(Model::OneWay, Unit::Average),
        Self::new(Model::Consistency, Unit::Average),
        Self::new(Model::Agreement, Unit::Average),
    ];

    /// The form of this model and unit.
    #[must_use]
    pub const fn new(model: Model, unit: Unit) -> Self {
        Self { model, unit }
    }

    /// The name, `ICC(A,1)`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match (self.model, self.unit) {
            (Model::OneWay, Unit::Single) => "ICC(1)",
            (Model::OneWay, Unit::Average) => "ICC(1,k)",
            (Model::Consistency, Unit::Single) => "ICC(C,1)",
            (Model::Consistency, Unit::Average) => "ICC(C,k)",
            (Model::Agreement, Unit::Single) => "ICC(A,1)",
            (Model::Agreement, Unit::Average) => "ICC(A,k)",
        }
    }
}

/// What happens to the values first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// Nothing.
    None,
    /// [Yeo–Johnson](crate::statistics::transform), with the most likely power.
    YeoJohnson,
}

/// Which degrees of freedom the interval of ICC(A,k) has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AverageAgreement {
    /// Those of ICC(A,1) (McGraw and Wong, Shrout and Fleiss, psych, pingouin): the bounds are the Spearman–Brown
    /// step-up of those of ICC(A,1).
    StepUp,
    /// Those of R's irr 0.84.1, which puts ICC(A,k) where ICC(A,1) belongs. For comparison with its output only.
    Irr,
}

/// How an intraclass correlation is computed. Two computations of one form on one table may differ, so that a result
/// names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Computation {
    /// What happens to the values first.
    pub transform: Transform,
    /// What sums of squares are divided by.
    pub divisor: Divisor,
    /// The interval of ICC(A,k).
    pub average_agreement: AverageAgreement,
}

impl Computation {
    /// McGraw and Wong's: values as they are, mean squares with their degrees of freedom. IBSI 2 used this one.
    pub const TEXTBOOK: Self = Self {
        transform: Transform::None,
        divisor: Divisor::DegreesOfFreedom,
        average_agreement: AverageAgreement::StepUp,
    };

    /// That of the published reproducibility of IBSI 1 (theibsi/ibsi_1_data_analysis, `validation.R`): Yeo–Johnson
    /// transformed values, sums of squares divided by nk. MS_R / MS_E is thereby k - 1 times smaller than the
    /// textbook's, and the correlations are smaller.
    pub const IBSI1: Self = Self {
        transform: Transform::YeoJohnson,
        divisor: Divisor::TableSize,
        average_agreement: AverageAgreement::StepUp,
    };

    /// The name, `textbook` or what is different from it.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::TEXTBOOK => return "textbook".into(),
            Self::IBSI1 => return "ibsi1 (yeo-johnson, ms/nk)".into(),
            _ => {}
        }
        let mut parts = Vec::new();
        if self.transform == Transform::YeoJohnson {
            parts.push("yeo-johnson");
        }
        if self.divisor == Divisor::TableSize {
            parts.push("ms/nk");
        }
        if self.average_agreement == AverageAgreement::Irr {
            parts.push("irr interval");
        }
        parts.join(", ")
    }
}

impl Default for Computation {
    fn default() -> Self {
        Self::TEXTBOOK
    }
}

/// Why a correlation should not be read as one. It is reported all the same, as the formula gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caution {
    /// The denominator of ICC(A,k), or of a bound of its interval, is not positive, because the residual is far larger
    /// than both effects; the number may then be larger than 1.
    DenominatorNotPositive,
    /// The interval has less than one degree of freedom, because the estimate is negative; it has collapsed and need
    /// not contain the estimate.
    IntervalCollapsed,
}

impl Caution {
    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::DenominatorNotPositive => {
                "the denominator is not positive: the number is not a correlation"
            }
            Self::IntervalCollapsed => "the interval has less than one degree of freedom",
        }
    }
}

/// An intraclass correlation.
#[derive(Clone, Debug, PartialEq)]
pub struct Icc {
    /// The form.
    pub form: Form,
    /// How it was computed.
    pub computation: Computation,
    /// The estimate; negative where it is, never clamped.
    pub value: f64,
    /// Its interval, by the F distribution; `None` where the distribution gives no bounds.
    pub interval: Option<Interval>,
    /// Number of subjects, n.
    pub subjects: usize,
    /// Number of raters, k.
    pub raters: usize,
    /// Subjects left out because a rating was missing.
    pub dropped: usize,
    /// Degrees of freedom, ν, of the interval of an agreement form.
    pub agreement_df: Option<f64>,
    /// Whether the raters agree exactly as far as the form looks at them, which makes it 1 with the interval [1, 1].
    pub is_exact: bool,
    /// Why not to read it as a correlation.
    pub caution: Option<Caution>,
}

/// The intraclass correlation of the ratings in this form, textbook computation.
///
/// # Formula
/// ```text
/// ICC(1)   = (MS_R - MS_W) / (MS_R + (k-1) MS_W)             ICC(1,k) = (MS_R - MS_W) / MS_R
/// ICC(C,1) = (MS_R - MS_E) / (MS_R + (k-1) MS_E)             ICC(C,k) = (MS_R - MS_E) / MS_R
/// ICC(A,1) = (MS_R - MS_E) / (MS_R + (k-1) MS_E + k/n (MS_C - MS_E))
/// ICC(A,k) = (MS_R - MS_E) / (MS_R + (MS_C - MS_E)/n)
/// ```
///
/// # Undefined
/// With fewer than two subjects or raters; when all values are equal; when the subjects do not differ and the form
/// divides by that.
///
/// # Example
/// ```
/// use radgauge::statistics::{Level, Ratings, icc::{Form, icc}};
/// // six subjects, four judges: Shrout and Fleiss, table 2
/// let ratings = Ratings::new(&[
///     [9.0, 2.0, 5.0, 8.0], [6.0, 1.0, 3.0, 2.0], [8.0, 4.0, 6.0, 8.0],
///     [7.0, 1.0, 2.0, 6.0], [10.0, 5.0, 6.0, 9.0], [6.0, 2.0, 4.0, 7.0],
/// ])?;
/// let icc = icc(&ratings, Form::AGREEMENT, Level::P95)?;
/// assert_eq!(format!("{:.2}", icc.value), "0.29");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn icc(ratings: &Ratings, form: Form, level: Level) -> Result<Icc, Undefined> {
    icc_by(ratings, form, level, Computation::TEXTBOOK)
}

/// The intraclass correlation of the ratings in this form, computed as asked.
///
/// # Undefined
/// As [`icc`]; also when transformed values are beyond the range of a double.
pub fn icc_by(
    ratings: &Ratings,
    form: Form,
    level: Level,
    computation: Computation,
) -> Result<Icc, Undefined> {
    let sums = match computation.transform {
        Transform::None => SumsOfSquares::of(ratings)?,
        Transform::YeoJohnson => {
            SumsOfSquares::of(&ratings.with_values(yeo_johnson_transformed(ratings.values())?))?
        }
    };
    of_sums(&sums, ratings.dropped(), form, level, computation)
}

/// The intraclass correlation over the cells that there are, as the analysis script of IBSI 1 computes it; see
/// [`SumsOfSquares::of_available_cells`]. For reproducing published figures: the F distribution of the interval holds for
/// complete ratings only.
///
/// # Undefined
/// As [`icc_by`], and for rows of different length.
pub fn icc_of_available_cells(
    subjects: &[Vec<Option<f64>>],
    form: Form,
    level: Level,
    computation: Computation,
) -> Result<Icc, Undefined> {
    if let Ok(complete) = Ratings::with_missing(subjects, Missing::Refuse) {
        return icc_by(&complete, form, level, computation);
    }
    let sums = match computation.transform {
        Transform::None => SumsOfSquares::of_available_cells(subjects)?,
        Transform::YeoJohnson => {
            let present = |cell: &&Option<f64>| cell.is_some_and(f64::is_finite);
            let cells: Vec<f64> = subjects
                .iter()
                .flatten()
                .filter(present)
                .copied()
                .flatten()
                .collect();
            let mut transformed = yeo_johnson_transformed(&cells)?.into_iter();
            let mut replace = |cell: &Option<f64>| {
                if present(&cell) {
                    transformed.next()
                } else {
                    None
                }
            };
            let subjects: Vec<Vec<Option<f64>>> = subjects
                .iter()
                .map(|row| row.iter().map(&mut replace).collect())
                .collect();
            SumsOfSquares::of_available_cells(&subjects)?
        }
    };
    of_sums(
        &sums,
        subjects.len() - sums.subjects,
        form,
        level,
        computation,
    )
}

fn yeo_johnson_transformed(values: &[f64]) -> Result<Vec<f64>, Undefined> {
    let lambda = best_yeo_johnson(values);
    let transformed: Vec<f64> = values.iter().map(|x| yeo_johnson(*x, lambda)).collect();
    match super::all_finite(&transformed) {
        Ok(()) => Ok(transformed),
        Err(_) => Err(Undefined::Overflow),
    }
}

fn of_sums(
    sums: &SumsOfSquares,
    dropped: usize,
    form: Form,
    level: Level,
    computation: Computation,
) -> Result<Icc, Undefined> {
    let table = Table {
        mean_squares: sums.mean_squares(computation.divisor),
        n: sums.subjects as f64,
        k: sums.raters as f64,
    };
    let exact = Icc {
        form,
        computation,
        value: 1.0,
        interval: Some(Interval::around(1.0, 0.0, level)),
        subjects: sums.subjects,
        raters: sums.raters,
        dropped,
        agreement_df: None,
        is_exact: true,
        caution: None,
    };
    if table.is_exact(form.model) {
        return Ok(exact);
    }
    let value = table.value(form)?;
    let df = table.error_df(form, computation.average_agreement);
    let interval = table.interval(form, df, level);
    // where the denominator changes its sign between the bounds, so does the lower bound
    let is_crossed = interval.is_some_and(|bounds| bounds.lower > bounds.upper);
    let caution = if table.quotient(form, 1.0).1 <= 0.0 || is_crossed {
        Some(Caution::DenominatorNotPositive)
    } else if df < 1.0 {
        Some(Caution::IntervalCollapsed)
    } else {
        None
    };
    Ok(Icc {
        value,
        interval,
        agreement_df: (form.model == Model::Agreement && df.is_finite()).then_some(df),
        is_exact: false,
        caution,
        ..exact
    })
}

/// Mean squares with the extents of their table: all that the formulas need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub mean_squares: MeanSquares,
    pub n: f64,
    pub k: f64,
}

impl Table {
    /// Nothing that the model calls an error, and subjects that differ.
    fn is_exact(&self, model: Model) -> bool {
        let ms = self.mean_squares;
        let has_error = match model {
            Model::OneWay => ms.within > 0.0,
            Model::Consistency => ms.error > 0.0,
            Model::Agreement => ms.error > 0.0 || ms.columns > 0.0,
        };
        !has_error && ms.rows > 0.0
    }

    /// The mean square that the model compares subjects with.
    fn noise(&self, model: Model) -> f64 {
        match model {
            Model::OneWay => self.mean_squares.within,
            Model::Consistency | Model::Agreement => self.mean_squares.error,
        }
    }

    fn value(&self, form: Form) -> Result<f64, Undefined> {
        let (numerator, denominator) = self.quotient(form, 1.0);
        let value = numerator / denominator;
        if value.is_finite() {
            Ok(value)
        } else if self.mean_squares.rows == 0.0 {
            Err(Undefined::NoSubjectVariance)
        } else {
            Err(Undefined::Overflow)
        }
    }

    /// Numerator and denominator of the form with q MS_R in place of MS_R: the estimate for q = 1, and a bound of its
    /// interval for a quantile q of F(df of the error, n - 1).
    fn quotient(&self, form: Form, q: f64) -> (f64, f64) {
        let MeanSquares { columns, error, .. } = self.mean_squares;
        let (n, k) = (self.n, self.k);
        let rows = q * self.mean_squares.rows;
        let noise = self.noise(form.model);
        let bias = match form.model {
            Model::OneWay | Model::Consistency => 0.0,
            Model::Agreement => columns - error,
        };
        let denominator = match form.unit {
            Unit::Single => rows + (k - 1.0) * noise + k / n * bias,
            Unit::Average => rows + bias / n,
        };
        (rows - noise, denominator)
    }

    /// Degrees of freedom of the error that MS_R is compared with; NaN where there are none.
    pub(super) fn error_df(&self, form: Form, average_agreement: AverageAgreement) -> f64 {
        let (n, k) = (self.n, self.k);
        match form.model {
            Model::OneWay => n * (k - 1.0),
            Model::Consistency => (n - 1.0) * (k - 1.0),
            Model::Agreement => {
                let unit = match average_agreement {
                    AverageAgreement::StepUp => Unit::Single,
                    AverageAgreement::Irr => form.unit,
                };
                let (numerator, denominator) = self.quotient(Form { unit, ..form }, 1.0);
                self.satterthwaite(numerator, denominator - numerator)
            }
        }
    }

    /// Satterthwaite's degrees of freedom of a MS_C + b MS_E, with
    /// a = k ρ / (n (1 - ρ)), b = 1 + k ρ (n - 1) / (n (1 - ρ)). Only the ratio of a and b matters, so that
    /// numerator : rest stand for ρ : 1 - ρ, and ρ = 1 needs no division.
    fn satterthwaite(&self, rho: f64, rest: f64) -> f64 {
        let MeanSquares { columns, error, .. } = self.mean_squares;
        let (n, k) = (self.n, self.k);
        let columns = k * rho * columns;
        let error = (n * rest + k * rho * (n - 1.0)) * error;
        (columns + error).powi(2)
            / (columns.powi(2) / (k - 1.0) + error.powi(2) / ((n - 1.0) * (k - 1.0)))
    }

    /// The interval. With q a quantile of F(df, n - 1), each bound is the form's own quotient with q MS_R in place of
    /// MS_R: McGraw and Wong's table 7, in which the lower bound divides by the quantile of F(n - 1, df) instead.
    pub(super) fn interval(&self, form: Form, df: f64, level: Level) -> Option<Interval> {
        let bound = |p: f64| {
            let q = quantile::f(p, df, self.n - 1.0)?;
            let (numerator, denominator) = self.quotient(form, q);
            Some(numerator / denominator)
        };
        Interval {
            level,
            lower: bound(level.lower_tail())?,
            upper: bound(level.upper_tail())?,
        }
        .if_finite()
    }
}

#[cfg(test)]
mod tests;
