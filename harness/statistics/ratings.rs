//! Subjects × raters: the table that agreement is computed from.

use thiserror::Error;

use super::matrix::{Matrix, MatrixError};

/// Complete ratings: every rater (tool, setting, repeat) rated every subject (case, ROI).
///
/// Rows are subjects, columns are raters; all values are finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratings {
    table: Matrix,
    dropped: usize,
}

/// What to do with a subject that some rater has no finite value for. There is no default: both are defensible, and
/// the reader of a result must know which it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Refuse the table, naming the first missing cell.
    Refuse,
    /// Leave the subject out for all raters (listwise deletion); [`Ratings::dropped`] counts them.
    DropSubjects,
}

/// Why a table of ratings cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum RatingsError {
    /// The values make no table.
    #[error("ratings (subjects in rows, raters in columns): {0}")]
    Table(#[from] MatrixError),
    /// A cell is missing, and [`Missing::Refuse`] was asked for.
    #[error("subject {subject}, rater {rater}: expected a finite value, found none")]
    MissingCell {
        /// Number of the subject, from 1.
        subject: usize,
        /// Number of the rater, from 1.
        rater: usize,
    },
    /// No subject is complete.
    #[error("none of the {subjects} subjects has a value of every rater")]
    NoCompleteSubject {
        /// How many subjects there are.
        subjects: usize,
    },
}

impl Ratings {
    /// Ratings without a missing cell: one row a subject, one column a rater.
    ///
    /// # Errors
    /// When rows differ in length, when there is no value, when a value is not finite.
    pub fn new<R: AsRef<[f64]>>(subjects: &[R]) -> Result<Self, RatingsError> {
        Ok(Self {
            table: Matrix::from_rows(subjects)?,
            dropped: 0,
        })
    }

    /// Ratings with missing cells: `None`, or a value that is not finite.
    ///
    /// # Errors
    /// As [`Ratings::new`], and as the policy says.
    ///
    /// # Example
    /// ```
    /// use radgauge::statistics::ratings::{Missing, Ratings};
    /// let rows = [vec![Some(1.0), Some(2.0)], vec![Some(3.0), None]];
    /// let ratings = Ratings::with_missing(&rows, Missing::DropSubjects)?;
    /// assert_eq!((ratings.subjects(), ratings.dropped()), (1, 1));
    /// assert!(Ratings::with_missing(&rows, Missing::Refuse).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_missing(
        subjects: &[Vec<Option<f64>>],
        missing: Missing,
    ) -> Result<Self, RatingsError> {
        let raters = subjects.first().map_or(0, Vec::len);
        let mut complete = Vec::with_capacity(subjects.len());
        for (i, row) in subjects.iter().enumerate() {
            if row.len() != raters {
                return Err(RatingsError::Table(MatrixError::Ragged {
                    row: i + 1,
                    expected: raters,
                    found: row.len(),
                }));
            }
            let values: Vec<f64> = row
                .iter()
                .copied()
                .map_while(|cell| cell.filter(|value| value.is_finite()))
                .collect();
            if values.len() == raters {
                complete.push(values);
            } else if missing == Missing::Refuse {
                return Err(RatingsError::MissingCell {
                    subject: i + 1,
                    rater: values.len() + 1,
                });
            }
        }
        if complete.is_empty() && !subjects.is_empty() && raters > 0 {
            return Err(RatingsError::NoCompleteSubject {
                subjects: subjects.len(),
            });
        }
        Ok(Self {
            dropped: subjects.len() - complete.len(),
            ..Self::new(&complete)?
        })
    }

    /// Number of subjects, n.
    #[must_use]
    pub fn subjects(&self) -> usize {
        self.table.rows()
    }

    /// Number of raters, k.
    #[must_use]
    pub fn raters(&self) -> usize {
        self.table.columns()
    }

    /// Subjects left out because a rating was missing.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The ratings of each subject.
    pub fn iter_subjects(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.table.iter_rows()
    }

    /// All values, subject by subject.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        self.table.values()
    }

    /// The same table with other values.
    pub(crate) fn with_values(&self, values: Vec<f64>) -> Self {
        Self {
            table: self.table.with_values(values),
            dropped: self.dropped,
        }
    }

    /// The table of these subjects, which may repeat.
    pub(crate) fn resampled(&self, subjects: &[usize]) -> Self {
        Self {
            table: self.table.select(subjects),
            dropped: self.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_cells_are_refused_by_name_or_dropped_and_counted() {
        let rows = [
            vec![Some(1.0), Some(2.0), Some(3.0)],
            vec![Some(1.0), Some(f64::NAN), None],
            vec![Some(4.0), Some(5.0), Some(6.0)],
        ];
        let refused = Ratings::with_missing(&rows, Missing::Refuse).expect_err("a missing cell");
        assert_eq!(
            refused.to_string(),
            "subject 2, rater 2: expected a finite value, found none"
        );
        let kept = Ratings::with_missing(&rows, Missing::DropSubjects).expect("two complete rows");
        assert_eq!(kept.values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(kept.dropped(), 1);
    }

    #[test]
    fn tables_of_nothing_are_refused() {
        let error = |rows: &[Vec<Option<f64>>]| {
            Ratings::with_missing(rows, Missing::DropSubjects)
                .expect_err("no ratings")
                .to_string()
        };
        let empty = "ratings (subjects in rows, raters in columns): expected at least one row and one column";
        assert_eq!(error(&[]), empty);
        assert_eq!(error(&[vec![]]), empty);
        assert_eq!(
            error(&[vec![None], vec![None]]),
            "none of the 2 subjects has a value of every rater"
        );
    }
}
