//! A plain matrix of numbers.

use thiserror::Error;

/// A matrix, stored row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

/// Values that make no matrix of finite numbers.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum MatrixError {
    /// Rows of different length.
    #[error("row {row} has {found} values, expected {expected} as in the first row")]
    Ragged {
        /// Index of the row, from 1.
        row: usize,
        /// Length of the first row.
        expected: usize,
        /// Its length.
        found: usize,
    },
    /// No row, or rows of no value.
    #[error("expected at least one row and one column")]
    Empty,
    /// A value that is not finite.
    #[error("row {row}, column {column}: expected a finite number, found {found}")]
    NotFinite {
        /// Index of the row, from 1.
        row: usize,
        /// Index of the column, from 1.
        column: usize,
        /// The value.
        found: f64,
    },
}

impl Matrix {
    /// The matrix with these rows.
    ///
    /// # Errors
    /// When there is no value, when rows differ in length, when a value is not finite.
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self, MatrixError> {
        let columns = rows.first().map_or(0, |row| row.as_ref().len());
        if columns == 0 {
            return Err(MatrixError::Empty);
        }
        let mut values = Vec::with_capacity(rows.len() * columns);
        for (i, row) in rows.iter().map(AsRef::as_ref).enumerate() {
            if row.len() != columns {
                return Err(MatrixError::Ragged {
                    row: i + 1,
                    expected: columns,
                    found: row.len(),
                });
            }
            if let Some(j) = row.iter().position(|value| !value.is_finite()) {
                return Err(MatrixError::NotFinite {
                    row: i + 1,
                    column: j + 1,
                    found: row[j],
                });
            }
            values.extend_from_slice(row);
        }
        Ok(Self {
            rows: rows.len(),
            columns,
            values,
        })
    }

    /// The matrix of zeros; both extents are positive.
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        Self {
            rows,
            columns,
            values: vec![0.0; rows * columns],
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A row.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..][..self.columns]
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.columns..][..self.columns]
    }

    /// The rows, in order.
    pub fn iter_rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns)
    }

    /// All values, row by row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The matrix whose rows are these columns.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut transposed = Self::zeros(self.columns, self.rows);
        for (i, row) in self.iter_rows().enumerate() {
            for (j, value) in row.iter().enumerate() {
                transposed.row_mut(j)[i] = *value;
            }
        }
        transposed
    }

    /// The matrix of these rows, in this order; indices may repeat.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        Self {
            rows: rows.len(),
            columns: self.columns,
            values: rows
                .iter()
                .flat_map(|row| self.row(*row))
                .copied()
                .collect(),
        }
    }

    /// The matrix of the same extents with these values.
    pub(crate) fn with_values(&self, values: Vec<f64>) -> Self {
        debug_assert_eq!(values.len(), self.values.len(), "the extents stay");
        Self { values, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_make_no_matrix_are_named() {
        let error = |rows: &[&[f64]]| Matrix::from_rows(rows).expect_err("no matrix").to_string();
        assert_eq!(error(&[]), "expected at least one row and one column");
        assert_eq!(error(&[&[]]), "expected at least one row and one column");
        assert_eq!(
            error(&[&[1.0, 2.0], &[3.0]]),
            "row 2 has 1 values, expected 2 as in the first row"
        );
        assert_eq!(
            error(&[&[1.0, 2.0], &[3.0, f64::NAN]]),
            "row 2, column 2: expected a finite number, found NaN"
        );
    }

    #[test]
    fn transposed() {
        let matrix = Matrix::from_rows(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).expect("a matrix");
        let expected = Matrix::from_rows(&[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]).expect("a matrix");
        assert_eq!(matrix.transposed(), expected);
    }
}
