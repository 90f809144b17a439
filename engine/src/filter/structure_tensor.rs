//! Local orientations from a structure tensor, and polynomials of directions turned to them.

use rayon::prelude::*;

use crate::volume::Image;

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
    pub(super) fn new(tensor: &[Image], gradient: &[Vec<f64>], order: &[u32]) -> Self {
        let dimensions = gradient.len();
        let used: Vec<usize> = (0..dimensions).filter(|axis| order[*axis] > 0).collect();
        let mut directions = vec![[0.0; 3]; used.len() * gradient[0].len()];
        directions
            .par_chunks_exact_mut(used.len())
            .enumerate()
            .for_each(|(voxel, directions)| {
                let mut matrix = Matrix::default();
                for ([m, n], component) in tensor_components(dimensions).zip(tensor) {
                    matrix[m][n] = component.as_slice()[voxel];
                    matrix[n][m] = matrix[m][n];
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

    /// Voxel by voxel the coefficient of `ν^m` in `Π (uᵢ · ν)^lᵢ`.
    pub(super) fn coefficients(&self, powers: &[u32]) -> impl IndexedParallelIterator<Item = f64> {
        let mut left = [0; 3];
        left[..powers.len()].copy_from_slice(powers);
        let coefficient = Coefficient::new(&self.times, left);
        self.directions
            .par_chunks_exact(self.times.len())
            .map(move |directions| coefficient.at(directions))
    }
}

/// The coefficient of `ν^m` in a product of `(u · ν)^l` over some directions u, as a polynomial of the directions: the
/// sum over all ways to take one component from every factor.
struct Coefficient {
    terms: Vec<Term>,
}

/// `factor · Π u^powers`, with three powers for each direction.
struct Term {
    factor: f64,
    powers: Vec<[u32; 3]>,
}

impl Coefficient {
    /// For directions of which each comes `times` often.
    fn new(times: &[u32], left: [u32; 3]) -> Self {
        let [times, rest @ ..] = times else {
            let end = Term {
                factor: 1.0,
                powers: Vec::new(),
            };
            return Self { terms: vec![end] };
        };
        // How often x, y and z are taken from this direction: (u · ν)^n = Σ n! / (x! y! z!) · u^(x, y, z) ν^(x, y, z).
        let mut terms = Vec::new();
        for x in 0..=left[0].min(*times) {
            for y in 0..=left[1].min(times - x) {
                let z = times - x - y;
                if z <= left[2] {
                    let own = [x, y, z];
                    let left = std::array::from_fn(|axis| left[axis] - own[axis]);
                    let others = Self::new(rest, left).terms.into_iter();
                    terms.extend(others.map(|term| Term {
                        factor: multinomial(own) * term.factor,
                        powers: [vec![own], term.powers].concat(),
                    }));
                }
            }
        }
        Self { terms }
    }

    fn at(&self, directions: &[[f64; 3]]) -> f64 {
        let value = |term: &Term| {
            let components = directions.iter().flatten();
            let powers = term.powers.iter().flatten();
            components
                .zip(powers)
                .fold(term.factor, |product, (u, n)| product * power(*u, *n))
        };
        self.terms.iter().map(value).sum()
    }
}

/// `xⁿ` for a small n.
fn power(x: f64, n: u32) -> f64 {
    (0..n).fold(1.0, |power, _| power * x)
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
        // Only what is on and above the diagonal is kept up.
        for (p, q, third) in [(0, 1, 2), (0, 2, 1), (1, 2, 0)] {
            if m[p][q] == 0.0 {
                continue;
            }
            // A τ whose square is no number gives a t of 0, as it should.
            let tau = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = tau.signum() / (tau.abs() + (tau * tau + 1.0).sqrt());
            let c = 1.0 / (t * t + 1.0).sqrt();
            let s = t * c;
            m[p][p] -= t * m[p][q];
            m[q][q] += t * m[p][q];
            m[p][q] = 0.0;
            let [at_p, at_q] = [p, q].map(|i| [i.min(third), i.max(third)]);
            let (a, b) = (m[at_p[0]][at_p[1]], m[at_q[0]][at_q[1]]);
            m[at_p[0]][at_p[1]] = c * a - s * b;
            m[at_q[0]][at_q[1]] = s * a + c * b;
            let (a, b) = (vectors[p], vectors[q]);
            vectors[p] = std::array::from_fn(|i| c * a[i] - s * b[i]);
            vectors[q] = std::array::from_fn(|i| s * a[i] + c * b[i]);
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
                    sum += Coefficient::new(&[2, 1], powers).at(&[u, v]) * monomial;
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
