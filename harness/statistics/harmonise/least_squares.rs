//! Linear least squares by Householder reflections.

/// A design matrix, factorised: as many columns as unknowns, as many rows as samples.
pub(super) struct LeastSquares {
    /// The reflections, each with the column that it clears, and R above the diagonal.
    columns: Vec<Vec<f64>>,
    reflectors: Vec<Vec<f64>>,
    /// Lengths that the columns were divided by.
    lengths: Vec<f64>,
}

/// A column closer than this to a combination of those before it, as a share of its length, is one.
const DEPENDENT: f64 = 1e-10;

impl LeastSquares {
    /// Factorises the design, given by its columns.
    ///
    /// # Errors
    /// The first column that is a combination of those before it.
    pub fn new(mut columns: Vec<Vec<f64>>) -> Result<Self, usize> {
        let mut lengths = Vec::with_capacity(columns.len());
        let mut reflectors: Vec<Vec<f64>> = Vec::with_capacity(columns.len());
        for (j, column) in columns.iter_mut().enumerate() {
            let length = norm(column);
            lengths.push(length);
            if length > 0.0 {
                column.iter_mut().for_each(|x| *x /= length);
            }
            for (i, reflector) in reflectors.iter().enumerate() {
                reflect(reflector, &mut column[i..]);
            }
            let rest = column.get(j..).unwrap_or_default();
            let diagonal = norm(rest);
            // NaN is not large enough either
            if diagonal.is_nan() || diagonal <= DEPENDENT {
                return Err(j);
            }
            let mut reflector = rest.to_vec();
            reflector[0] += diagonal.copysign(rest[0]);
            let size = norm(&reflector);
            reflector.iter_mut().for_each(|x| *x /= size);
            reflect(&reflector, &mut column[j..]);
            reflectors.push(reflector);
        }
        Ok(Self {
            columns,
            reflectors,
            lengths,
        })
    }

    /// The coefficients that fit `y` best.
    pub fn solve(&self, y: &[f64]) -> Vec<f64> {
        let mut y = y.to_vec();
        for (i, reflector) in self.reflectors.iter().enumerate() {
            reflect(reflector, &mut y[i..]);
        }
        let p = self.columns.len();
        let mut solution = vec![0.0; p];
        for i in (0..p).rev() {
            let known: f64 = (i + 1..p).map(|j| self.columns[j][i] * solution[j]).sum();
            solution[i] = (y[i] - known) / self.columns[i][i];
        }
        solution
            .iter_mut()
            .zip(&self.lengths)
            .for_each(|(x, length)| *x /= length);
        solution
    }
}

/// Reflects in the plane at right angles to a unit vector.
fn reflect(reflector: &[f64], x: &mut [f64]) {
    let along: f64 = 2.0 * reflector.iter().zip(&*x).map(|(a, b)| a * b).sum::<f64>();
    x.iter_mut()
        .zip(reflector)
        .for_each(|(x, r)| *x -= along * r);
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_points() {
        let design = vec![vec![1.0; 4], vec![0.0, 1000.0, 2000.0, 3000.0]];
        let solution = LeastSquares::new(design)
            .expect("independent")
            .solve(&[1.0, 3.0, 2.0, 4.0]);
        // by hand: intercept 1.3, slope 0.8 per thousand
        assert!((solution[0] - 1.3).abs() < 1e-14, "{solution:?}");
        assert!((solution[1] - 0.8e-3).abs() < 1e-17, "{solution:?}");
    }

    #[test]
    fn dependent_columns_are_named() {
        let dependent = |columns| LeastSquares::new(columns).err();
        assert_eq!(dependent(vec![vec![1.0; 3], vec![2.0; 3]]), Some(1));
        assert_eq!(dependent(vec![vec![0.0; 3]]), Some(0));
        assert_eq!(
            dependent(vec![vec![1.0], vec![2.0]]),
            Some(1),
            "more unknowns than samples"
        );
    }
}
