//! Principal component analysis of the voxel centres.

use super::vector::{cross, dot, minus};
use crate::{feature::Undefined, volume::Mask};

/// Spread of the voxel centres of a mask.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PrincipalAxes {
    /// Variances along the principal axes in mm², the largest first: the eigenvalues of the covariance matrix of the
    /// voxel centres. Exactly zero along the axes that a line or a plane of voxels lacks.
    pub variances_mm2: [f64; 3],
}

impl PrincipalAxes {
    /// The principal axes of a mask's voxel centres.
    ///
    /// The covariance is divided by N − 1. The manual leaves the divisor open; its reference values were computed so
    /// (for the digital phantom a minor axis of 9.31 ± 0.06 mm, where N would give 9.24 mm).
    ///
    /// # Undefined
    /// [`Undefined::EmptyRoi`] without voxels, [`Undefined::SingleVoxel`] with one.
    pub fn of(mask: &Mask) -> Result<Self, Undefined> {
        let moments = Moments::of(mask);
        match moments.voxels {
            0 => return Err(Undefined::EmptyRoi),
            1 => return Err(Undefined::SingleVoxel),
            _ => {}
        }
        let mut variances_mm2 =
            symmetric_eigenvalues(moments.covariance_mm2(mask.grid().spacing_mm));
        // Rounding leaves the missing axes of a tilted line or plane a variance near zero of either sign.
        variances_mm2[dimensions(mask)..].fill(0.0);
        Ok(Self { variances_mm2 })
    }
}

/// The mean of the voxel centres of a mask, in voxels; `None` when it is empty.
pub(super) fn centroid(mask: &Mask) -> Option<[f64; 3]> {
    let moments = Moments::of(mask);
    (moments.voxels > 0).then(|| moments.first.map(|sum| sum as f64 / moments.voxels as f64))
}

/// Number of voxels of a mask, and the sums of their indices and of the products of these, all exact.
struct Moments {
    voxels: i64,
    first: [i64; 3],
    second: [[i64; 3]; 3],
}

impl Moments {
    fn of(mask: &Mask) -> Self {
        let [nx, ny, _] = mask.size();
        let mut moments = Self {
            voxels: 0,
            first: [0; 3],
            second: [[0; 3]; 3],
        };
        for (row, inside) in mask.as_slice().chunks_exact(nx.max(1)).enumerate() {
            let (mut n, mut x, mut xx) = (0, 0, 0);
            for (i, inside) in (0_i64..).zip(inside) {
                let inside = i64::from(*inside);
                n += inside;
                x += inside * i;
                xx += inside * i * i;
            }
            let (y, z) = ((row % ny) as i64, (row / ny) as i64);
            let rows = [
                [xx, x * y, x * z],
                [x * y, n * y * y, n * y * z],
                [x * z, n * y * z, n * z * z],
            ];
            moments.voxels += n;
            for (a, first) in [x, n * y, n * z].into_iter().enumerate() {
                moments.first[a] += first;
                for (b, second) in rows[a].into_iter().enumerate() {
                    moments.second[a][b] += second;
                }
            }
        }
        moments
    }

    /// Sample covariance of the voxel centres. N·Σab − Σa·Σb cancels, but in whole numbers nothing is lost.
    fn covariance_mm2(&self, spacing_mm: [f64; 3]) -> [[f64; 3]; 3] {
        let n = i128::from(self.voxels);
        std::array::from_fn(|a| {
            std::array::from_fn(|b| {
                let scatter = n * i128::from(self.second[a][b])
                    - i128::from(self.first[a]) * i128::from(self.first[b]);
                scatter as f64 / (n * (n - 1)) as f64 * (spacing_mm[a] * spacing_mm[b])
            })
        })
    }
}

/// In how many dimensions the voxel centres spread: 0 for at most one voxel, 1 for a line, 2 for a plane, else 3.
fn dimensions(mask: &Mask) -> usize {
    let [nx, ny, _] = mask.size();
    let mut centres = mask
        .as_slice()
        .iter()
        .enumerate()
        .filter(|(_, inside)| **inside)
        .map(|(i, _)| [i % nx, i / nx % ny, i / nx / ny].map(|i| i as i64));
    let Some(first) = centres.next() else {
        return 0;
    };
    let mut offsets = centres.map(|centre| minus(centre, first));
    // Each search goes on where the one before stopped: what was passed over lies in the smaller space.
    let Some(along) = offsets.next() else {
        return 0;
    };
    let Some(normal) = offsets
        .by_ref()
        .map(|offset| cross(along, offset))
        .find(|normal| *normal != [0; 3])
    else {
        return 1;
    };
    if offsets.any(|offset| dot(normal, offset) != 0) {
        3
    } else {
        2
    }
}

/// Eigenvalues of a symmetric matrix, the largest first (cyclic Jacobi rotations: Golub and Van Loan, *Matrix
/// Computations*, 4th edition, section 8.5).
pub(super) fn symmetric_eigenvalues(mut m: [[f64; 3]; 3]) -> [f64; 3] {
    // Converges quadratically: a handful of sweeps makes the off-diagonal exactly negligible.
    const SWEEPS: usize = 30;
    for _ in 0..SWEEPS {
        let off_diagonal = m[0][1].abs() + m[0][2].abs() + m[1][2].abs();
        let diagonal = m[0][0].abs() + m[1][1].abs() + m[2][2].abs();
        if off_diagonal <= f64::EPSILON * f64::EPSILON * diagonal {
            break;
        }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if m[p][q] == 0.0 {
                continue;
            }
            let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
            let c = 1.0 / t.hypot(1.0);
            let s = t * c;
            let r = 3 - p - q;
            let (mpq, mpr, mqr) = (m[p][q], m[p][r], m[q][r]);
            m[p][p] -= t * mpq;
            m[q][q] += t * mpq;
            m[p][q] = 0.0;
            m[q][p] = 0.0;
            m[p][r] = c * mpr - s * mqr;
            m[r][p] = m[p][r];
            m[q][r] = s * mpr + c * mqr;
            m[r][q] = m[q][r];
        }
    }
    let mut eigenvalues = [m[0][0], m[1][1], m[2][2]];
    eigenvalues.sort_by(|a, b| b.total_cmp(a));
    eigenvalues
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        feature::morphology::samples::{any_mask, mask_of},
        volume::Grid,
    };

    #[test]
    fn a_block_has_the_variances_of_its_edges() {
        // The variance of 0..n with divisor N - 1 is (n² - 1) / 12 · N / (N - 1).
        let mask = mask_of(Grid::axis_aligned([4, 6, 3], [1.0, 0.5, 2.0]), |_| true);
        let correction = 72.0 / 71.0 / 12.0;
        let axes = PrincipalAxes::of(&mask).expect("72 voxels");
        let expected = [8.0 * 4.0, 15.0, 35.0 * 0.25];
        for (variance, expected) in axes.variances_mm2.into_iter().zip(expected) {
            assert_relative_eq!(variance, expected * correction, max_relative = 1e-14);
        }
    }

    #[test]
    fn missing_axes_have_no_variance_at_all() {
        let grid = || Grid::axis_aligned([5; 3], [0.7, 1.1, 1.3]);
        let line = mask_of(grid(), |[x, y, z]| x == y && y == z);
        let plane = mask_of(grid(), |[x, y, z]| x + y == z);
        let [a, b, c] = PrincipalAxes::of(&line).expect("five voxels").variances_mm2;
        assert!(
            a > 1.0 && b == 0.0 && c == 0.0,
            "diagonal line: {a} {b} {c}"
        );
        let [a, b, c] = PrincipalAxes::of(&plane).expect("a plane").variances_mm2;
        assert!(a > 1.0 && b > 0.1 && c == 0.0, "tilted plane: {a} {b} {c}");
    }

    proptest! {
        #[test]
        fn eigenvalues_keep_trace_square_sum_and_determinant(
            [a, b, c, d, e, f] in prop::array::uniform6(-3.0..3.0)
        ) {
            let m = [[a, d, e], [d, b, f], [e, f, c]];
            let [x, y, z] = symmetric_eigenvalues(m);
            prop_assert!(x >= y && y >= z, "largest first: {} {} {}", x, y, z);
            let squares: f64 = m.iter().flatten().map(|v| v * v).sum();
            prop_assert!((x + y + z - (a + b + c)).abs() < 1e-13, "trace");
            prop_assert!((x * x + y * y + z * z - squares).abs() < 1e-12, "sum of squares");
            prop_assert!((x * y * z - dot(m[0], cross(m[1], m[2]))).abs() < 1e-12, "determinant");
        }

        #[test]
        fn covariance_is_the_two_pass_covariance(mask in any_mask(5)) {
            let [nx, ny, _] = mask.size();
            let spacing = mask.grid().spacing_mm;
            let centres: Vec<[f64; 3]> = mask.as_slice().iter().enumerate()
                .filter(|(_, inside)| **inside)
                .map(|(i, _)| [i % nx, i / nx % ny, i / nx / ny])
                .map(|at| std::array::from_fn(|axis| at[axis] as f64 * spacing[axis]))
                .collect();
            prop_assume!(centres.len() > 1);
            let n = centres.len() as f64;
            let mean: [f64; 3] =
                std::array::from_fn(|a| centres.iter().map(|c| c[a]).sum::<f64>() / n);
            let fast = Moments::of(&mask).covariance_mm2(spacing);
            for a in 0..3 {
                for b in 0..3 {
                    let slow = centres.iter().map(|c| (c[a] - mean[a]) * (c[b] - mean[b]))
                        .sum::<f64>() / (n - 1.0);
                    prop_assert!((fast[a][b] - slow).abs() < 1e-12 * (1.0 + slow.abs()),
                        "covariance {} {}: {} vs {}", a, b, fast[a][b], slow);
                }
            }
        }
    }
}
