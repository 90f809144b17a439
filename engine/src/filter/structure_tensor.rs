//! Local orientations from a structure tensor, and polynomials of directions turned to them.

use rayon::prelude::*;

type Matrix = [[f64; 3]; 3];

/// The components of a symmetric tensor, in the order in which [`Orientations::new`] takes them.
pub(super) fn tensor_components(dimensions: usize) -> impl Iterator<Item = [usize; 2]> {
    (0..dimensions).flat_map(move |m| (m..dimensions).map(move |n| [m, n]))
}

/// For every voxel those of the directions u₁, u₂, u₃ along which a derivative is taken.
pub(super) struct Orientations {
    /// How often the derivative is taken along each of them: none is zero.
    times: Vec<u32>,
    /// Voxel by voxel.
    directions: Vec<[f64; 3]>,
}

impl Orientations {
    /// Directions from the components of the tensor and the gradient, all of them voxel by voxel, for a derivative of
    /// an order l.
    pub(super) fn new(tensor: &[Vec<f64>], gradient: &[Vec<f64>], order: &[u32]) -> Self {
        let dimensions = gradient.len();
        let used: Vec<usize> = (0..dimensions).filter(|axis| order[*axis] > 0).collect();
        let mut directions = vec![[0.0; 3]; used.len() * gradient[0].len()];
        directions
            .par_chunks_exact_mut(used.len())
            .enumerate()
            .for_each(|(voxel, directions)| {
                let mut matrix = Matrix::default();
                for ([m, n], component) in tensor_components(dimensions).zip(tensor) {
                    matrix[m][n] = component[voxel];
                    matrix[n][m] = component[voxel];
                }
                let mut uphill = [0.0; 3];
                for (component, gradient) in uphill.iter_mut().zip(gradient) {
                    *component = gradient[voxel];
                }
                let rotation = rotation(matrix, uphill, dimensions);
                for (direction, axis) in directions.iter_mut().zip(&used) {
                    *direction = rotation[*axis];
                }
            });
        Self {
            times: used.iter().map(|axis| order[*axis]).collect(),
            directions,
        }
    }

    /// The coefficient of `ν^m` in `Π (uᵢ · ν)^lᵢ` at a voxel.
    pub(super) fn coefficient(&self, voxel: usize, powers: &[u32]) -> f64 {
        let directions = &self.directions[voxel * self.times.len()..][..self.times.len()];
        let mut left = [0; 3];
        left[..powers.len()].copy_from_slice(powers);
        coefficient(directions, &self.times, left)
    }
}

/// The coefficient of `ν^left` in the product of `(u · ν)^times` over the directions u: the sum over all ways to take
/// one component from every factor.
fn coefficient(directions: &[[f64; 3]], times: &[u32], left: [u32; 3]) -> f64 {
    let ([u, directions @ ..], [times, rest @ ..]) = (directions, times) else {
        return 1.0;
    };
    // How often x, y and z are taken from this direction: (u · ν)^n = Σ n! / (x! y! z!) · u^(x, y, z) ν^(x, y, z).
    let mut sum = 0.0;
    for x in 0..=left[0].min(*times) {
        for y in 0..=left[1].min(times - x) {
            let z = times - x - y;
            if z <= left[2] {
                let powers = [x, y, z];
                let own = (0..3).map(|axis| u[axis].powi(powers[axis].cast_signed()));
                let left = std::array::from_fn(|axis| left[axis] - powers[axis]);
                sum += multinomial(powers)
                    * own.product::<f64>()
                    * coefficient(directions, rest, left);
            }
        }
    }
    sum
}

/// `(a + b + c)! / (a! b! c!)`.
fn multinomial([a, b, c]: [u32; 3]) -> f64 {
    let binomial = |n: u32, k: u32| -> f64 {
        (1..=k)
            .map(|i| f64::from(n - k + i) / f64::from(i))
            .product()
    };
    binomial(a + b, b) * binomial(a + b + c, c)
}

/// The eigenvectors of a tensor, in rows, sorted by eigenvalue with the largest first, as a rotation whose first rows
/// point uphill.
fn rotation(tensor: Matrix, uphill: [f64; 3], dimensions: usize) -> Matrix {
    let (values, vectors) = eigenvectors(tensor);
    let mut order = [0, 1, 2];
    // A filter in slices has no third axis, and nothing may take its place.
    order[..dimensions].sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    let mut rotation = order.map(|i| vectors[i]);
    for row in &mut rotation[..dimensions - 1] {
        let slope: f64 = row.iter().zip(uphill).map(|(u, g)| u * g).sum();
        if slope < 0.0 {
            *row = row.map(|u| -u);
        }
    }
    let [first, second, _] = rotation;
    match dimensions {
        2 => rotation[1] = [-first[1], first[0], 0.0],
        _ => {
            rotation[2] = std::array::from_fn(|i| {
                let (j, k) = ((i + 1) % 3, (i + 2) % 3);
                first[j] * second[k] - first[k] * second[j]
            });
        }
    }
    rotation
}

/// Eigenvalues and eigenvectors, in rows, of a symmetric matrix (cyclic Jacobi rotations: Golub and Van Loan, *Matrix
/// Computations*, section 8.5). A matrix that is diagonal already has the axes for eigenvectors.
fn eigenvectors(mut m: Matrix) -> ([f64; 3], Matrix) {
    /// Convergence is quadratic: six sweeps are plenty for three rows.
    const SWEEPS: usize = 12;
    let mut vectors = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for _ in 0..SWEEPS {
        let off_diagonal = m[0][1].abs() + m[0][2].abs() + m[1][2].abs();
        let diagonal = m[0][0].abs() + m[1][1].abs() + m[2][2].abs();
        if off_diagonal <= f64::EPSILON * diagonal * f64::EPSILON {
            break;
        }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if m[p][q] == 0.0 {
                continue;
            }
            let tau = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = tau.signum() / (tau.abs() + tau.hypot(1.0));
            let c = 1.0 / t.hypot(1.0);
            let s = t * c;
            for row in &mut m {
                (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
            }
            for rows in [&mut m, &mut vectors] {
                let (a, b) = (rows[p], rows[q]);
                rows[p] = std::array::from_fn(|i| c * a[i] - s * b[i]);
                rows[q] = std::array::from_fn(|i| s * a[i] + c * b[i]);
            }
        }
    }
    (std::array::from_fn(|i| m[i][i]), vectors)
}

#[cfg(test)]
mod tests {
    use approx::assert_abs_diff_eq;
    use proptest::prelude::*;

    use super::*;

    fn times(m: &Matrix, v: [f64; 3]) -> [f64; 3] {
        m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
    }

    fn symmetric(c: [f64; 6]) -> Matrix {
        [[c[0], c[1], c[2]], [c[1], c[3], c[4]], [c[2], c[4], c[5]]]
    }

    proptest! {
        #[test]
        fn eigenvectors_are_orthonormal_and_only_stretched(c in prop::array::uniform6(-5.0_f64..5.0)) {
            let m = symmetric(c);
            let (values, vectors) = eigenvectors(m);
            for i in 0..3 {
                let image = times(&m, vectors[i]);
                for j in 0..3 {
                    prop_assert!((image[j] - values[i] * vectors[i][j]).abs() < 1e-12, "m u = λ u");
                    let product: f64 = vectors[i].iter().zip(vectors[j]).map(|(a, b)| a * b).sum();
                    prop_assert!((product - f64::from(u8::from(i == j))).abs() < 1e-13, "u · u");
                }
            }
        }

        #[test]
        fn rotations_sort_point_uphill_and_keep_handedness(
            c in prop::array::uniform6(-5.0_f64..5.0), uphill in prop::array::uniform3(-1.0_f64..1.0)
        ) {
            let m = symmetric(c);
            let rows = rotation(m, uphill, 3);
            let value = |u: [f64; 3]| -> f64 { times(&m, u).iter().zip(u).map(|(a, b)| a * b).sum() };
            prop_assert!(value(rows[0]) >= value(rows[1]) - 1e-12, "sorted");
            prop_assert!(value(rows[1]) >= value(rows[2]) - 1e-12, "sorted");
            for row in &rows[..2] {
                prop_assert!(row.iter().zip(uphill).map(|(a, b)| a * b).sum::<f64>() >= 0.0, "uphill");
            }
            let [a, b, c] = rows;
            let determinant = a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
                + a[2] * (b[0] * c[1] - b[1] * c[0]);
            prop_assert!((determinant - 1.0).abs() < 1e-12, "a rotation, not a reflection");
        }

        #[test]
        fn in_slices_the_third_axis_stays(a in -5.0_f64..5.0, b in -5.0_f64..5.0, c in -5.0_f64..5.0) {
            let m = [[a, b, 0.0], [b, c, 0.0], [0.0; 3]];
            let rows = rotation(m, [1.0, 0.5, 0.0], 2);
            prop_assert_eq!([rows[0][2], rows[1][2]], [0.0, 0.0]);
            let determinant = rows[0][0] * rows[1][1] - rows[0][1] * rows[1][0];
            prop_assert!((determinant - 1.0).abs() < 1e-12, "a rotation");
        }

        #[test]
        fn coefficients_are_those_of_the_product(
            u in prop::array::uniform3(-1.0_f64..1.0),
            v in prop::array::uniform3(-1.0_f64..1.0),
            nu in prop::array::uniform3(-1.0_f64..1.0),
        ) {
            let dot = |a: [f64; 3]| -> f64 { a.iter().zip(nu).map(|(a, b)| a * b).sum() };
            let mut sum = 0.0;
            for x in 0..=3 {
                for y in 0..=3 - x {
                    let powers = [x, y, 3 - x - y];
                    let monomial: f64 = (0..3).map(|i| nu[i].powi(powers[i] as i32)).product();
                    sum += coefficient(&[u, v], &[2, 1], powers) * monomial;
                }
            }
            prop_assert!((sum - dot(u).powi(2) * dot(v)).abs() < 1e-13, "(u·ν)² (v·ν)");
        }
    }

    #[test]
    fn nothing_is_turned_where_the_tensor_is_zero() {
        let rows = rotation(Matrix::default(), [0.0; 3], 3);
        for (i, row) in rows.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                assert_abs_diff_eq!(*value, f64::from(u8::from(i == j)));
            }
        }
        assert_abs_diff_eq!(multinomial([2, 1, 3]), 60.0, epsilon = 1e-12);
    }
}
