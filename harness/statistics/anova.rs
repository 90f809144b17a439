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

    /// Sums of squares over the cells that there are, as the analysis script of IBSI 1 takes them: means of rows and
    /// columns over their own cells, and every sum over all cells. With a missing cell the sums are not orthogonal any
    /// more; for reproducing published figures. Cells that are missing are `None` or not finite.
    ///
    /// # Undefined
    /// As [`SumsOfSquares::of`], where a subject or rater without any cell does not count; for rows of different length.
    pub fn of_available_cells(subjects: &[Vec<Option<f64>>]) -> Result<Self, Undefined> {
        let raters = subjects.first().map_or(0, Vec::len);
        let mut cells = Vec::new();
        for (i, row) in subjects.iter().enumerate() {
            if row.len() != raters {
                return Err(Undefined::LengthsDiffer {
                    first: raters,
                    second: row.len(),
                });
            }
            let finite = |cell: &Option<f64>| cell.filter(|value| value.is_finite());
            let found = row.iter().map(finite).enumerate();
            cells.extend(found.filter_map(|(j, value)| Some((i, j, value?))));
        }
        let values: Vec<f64> = cells.iter().map(|(_, _, value)| *value).collect();
        let mut rows = vec![Vec::new(); subjects.len()];
        let mut columns = vec![Vec::new(); raters];
        let scale::Centred {
            unit, deviations, ..
        } = scale::centred(&values);
        for ((i, j, _), deviation) in cells.iter().zip(&deviations) {
            rows[*i].push(*deviation);
            columns[*j].push(*deviation);
        }
        let count = |of: &[Vec<f64>]| of.iter().filter(|cells| !cells.is_empty()).count();
        let (n, k) = (count(&rows), count(&columns));
        at_least(2, "subjects", n)?;
        at_least(2, "raters", k)?;
        if unit == 0.0 {
            return Err(Undefined::NoVariance);
        }
        let grand = super::mean(&deviations);
        let means = |of: &[Vec<f64>]| {
            of.iter()
                .map(|cells| super::mean(cells))
                .collect::<Vec<_>>()
        };
        let (rows, columns) = (means(&rows), means(&columns));
        let over_cells = |square: &dyn Fn(usize, usize, f64) -> f64| -> f64 {
            let cells = cells.iter().zip(&deviations);
            cells.map(|((i, j, _), x)| square(*i, *j, *x)).sum()
        };
        Ok(Self {
            subjects: n,
            raters: k,
            unit,
            rows: over_cells(&|i, _, _| (rows[i] - grand).powi(2)),
            columns: over_cells(&|_, j, _| (columns[j] - grand).powi(2)),
            error: over_cells(&|i, j, x| (x - rows[i] - columns[j] + grand).powi(2)),
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
    fn available_cells_by_hand() {
        let complete: Vec<Vec<Option<f64>>> = vec![
            vec![Some(0.5), Some(2.0), Some(3.5)],
            vec![Some(1.5), Some(4.0), Some(6.5)],
        ];
        let sums = |cells: &[Vec<Option<f64>>]| {
            let found = SumsOfSquares::of_available_cells(cells).expect("sums");
            let unit = found.unit * found.unit;
            (
                [found.subjects, found.raters],
                [found.rows, found.columns, found.error].map(|s| s * unit),
            )
        };
        assert_eq!(
            sums(&complete),
            ([2, 3], [6.0, 16.0, 1.0]),
            "as without missing cells"
        );
        // rows 1 and 3, columns 2 and 2, mean 5/3 of the three cells: deviations of rows -2/3, -2/3, 4/3
        let missing = [
            vec![Some(0.0), Some(2.0)],
            vec![Some(3.0), None],
            vec![None, Some(f64::NAN)],
        ];
        let ([n, k], [rows, columns, error]) = sums(&missing);
        assert_eq!([n, k], [2, 2], "a subject without a value does not count");
        // rows 1, 1, 3; columns 3/2, 2, 3/2; grand 5/3; residuals -5/6, 2/3, 1/6
        for (found, expected) in [(rows, 8.0 / 3.0), (columns, 1.0 / 6.0), (error, 7.0 / 6.0)] {
            assert!((found - expected).abs() < 1e-14, "{found} vs {expected}");
        }
        let none = SumsOfSquares::of_available_cells(&[vec![None, None]]);
        assert_eq!(
            none.expect_err("nothing").to_string(),
            "needs at least 2 subjects, found 0"
        );
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
