//! Two-way analysis of variance without replication, subjects × raters.

use super::{Ratings, Undefined, at_least, scale};

/// Mean squares of a table of ratings, in a common unit that drops out of every ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanSquares {
    /// Between subjects, MS_R.
    pub rows: f64,
    /// Within subjects, MS_W.
    pub within: f64,
    /// Between raters, MS_C.
    pub columns: f64,
    /// Residual, MS_E.
    pub error: f64,
}

/// What sums of squares are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divisor {
    /// Their degrees of freedom: n - 1, n(k - 1), k - 1 and (n - 1)(k - 1), the textbook's.
    DegreesOfFreedom,
    /// The size of the table, nk, for each of them: as in the analysis script of IBSI 1.
    TableSize,
}

/// Sums of squares of a table of ratings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SumsOfSquares {
    /// Number of subjects, n.
    pub subjects: usize,
    /// Number of raters, k.
    pub raters: usize,
    /// The sums of squares are in multiples of `unit²`, which itself may be beyond the range of a double.
    pub unit: f64,
    /// Between subjects, SS_R.
    pub rows: f64,
    /// Between raters, SS_C.
    pub columns: f64,
    /// Residual, SS_E.
    pub error: f64,
}

impl SumsOfSquares {
    /// Sums of squares of the ratings.
    ///
    /// # Formula
    /// ```text
    /// SS_R = k Σ_i (x_i. - x..)²     SS_C = n Σ_j (x_.j - x..)²     SS_E = Σ_ij (x_ij - x_i. - x_.j + x..)²
    /// ```
    /// A sum that is zero by the structure of the table (raters that agree exactly, raters at a constant distance,
    /// subjects that do not differ) is exactly zero, whatever the means round to.
    ///
    /// # Undefined
    /// With fewer than two subjects or raters; when all values are equal.
    pub fn of(ratings: &Ratings) -> Result<Self, Undefined> {
        let (n, k) = (ratings.subjects(), ratings.raters());
        at_least(2, "subjects", n)?;
        at_least(2, "raters", k)?;
        let scale::Centred {
            unit, deviations, ..
        } = scale::centred(ratings.values());
        if unit == 0.0 {
            return Err(Undefined::NoVariance);
        }

        let rows: Vec<f64> = deviations.chunks_exact(k).map(super::mean).collect();
        let columns: Vec<f64> = (0..k)
            .map(|j| deviations[j..].iter().step_by(k).sum::<f64>() / n as f64)
            .collect();
        let grand = super::mean(&rows);
        let square = |value: f64| (value - grand).powi(2);
        let residual = |(i, x): (usize, &f64)| (x - rows[i / k] - columns[i % k] + grand).powi(2);

        let structure = Structure::of(ratings);
        let unless = |is_zero: bool, sum: f64| if is_zero { 0.0 } else { sum };
        Ok(Self {
            subjects: n,
            raters: k,
            unit,
            rows: unless(
                structure.subjects_are_equal,
                k as f64 * rows.iter().copied().map(square).sum::<f64>(),
            ),
            columns: unless(
                structure.raters_are_equal,
                n as f64 * columns.iter().copied().map(square).sum::<f64>(),
            ),
            error: unless(
                structure.raters_are_parallel,
                deviations.iter().enumerate().map(residual).sum(),
            ),
        })
    }

    /// The mean squares, in multiples of `unit²`.
    #[must_use]
    pub fn mean_squares(&self, divisor: Divisor) -> MeanSquares {
        let (n, k) = (self.subjects as f64, self.raters as f64);
        let [rows, within, columns, error] = match divisor {
            Divisor::DegreesOfFreedom => [n - 1.0, n * (k - 1.0), k - 1.0, (n - 1.0) * (k - 1.0)],
            Divisor::TableSize => [n * k; 4],
        };
        MeanSquares {
            rows: self.rows / rows,
            within: (self.columns + self.error) / within,
            columns: self.columns / columns,
            error: self.error / error,
        }
    }
}

/// What can be said of a table by comparing its values, before anything is rounded.
struct Structure {
    subjects_are_equal: bool,
    raters_are_equal: bool,
    raters_are_parallel: bool,
}

impl Structure {
    fn of(ratings: &Ratings) -> Self {
        let k = ratings.raters();
        let (first, rest) = ratings.values().split_at(k);
        let subjects_are_equal = rest.chunks_exact(k).all(|row| row == first);
        let raters_are_equal = ratings
            .iter_subjects()
            .all(|row| row.iter().all(|value| *value == row[0]));
        let is_parallel = |row: &[f64]| {
            row.iter()
                .zip(first)
                .all(|(x, reference)| x - row[0] == reference - first[0])
        };
        Self {
            subjects_are_equal,
            raters_are_equal,
            raters_are_parallel: subjects_are_equal
                || raters_are_equal
                || rest.chunks_exact(k).all(is_parallel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(rows: &[[f64; 3]]) -> [f64; 3] {
        let sums = SumsOfSquares::of(&Ratings::new(rows).expect("ratings")).expect("sums");
        [sums.rows, sums.columns, sums.error].map(|sum| sum * sums.unit * sums.unit)
    }

    #[test]
    fn by_hand() {
        // means of rows 2, 4; of columns 1, 3, 5; of all 3; residuals 1 0 -1 / -1 0 1 over 2 where they are not zero
        assert_eq!(sums(&[[0.5, 2.0, 3.5], [1.5, 4.0, 6.5]]), [6.0, 16.0, 1.0]);
    }

    #[test]
    fn structural_zeros_are_exact() {
        let [_, columns, error] = sums(&[[0.1; 3], [0.2; 3], [0.7; 3]]);
        assert_eq!([columns, error], [0.0; 2], "raters agree");
        let [rows, _, error] = sums(&[[0.1, 0.2, 0.7]; 3]);
        assert_eq!([rows, error], [0.0; 2], "subjects are equal");
        let [.., error] = sums(&[[0.0, 0.1, 0.7], [0.25, 0.35, 0.95], [1.0, 1.1, 1.7]]);
        assert!(error < 1e-30, "raters at a constant distance: {error}");
    }
}
