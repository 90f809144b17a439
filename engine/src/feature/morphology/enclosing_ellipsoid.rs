//! The ellipsoid of smallest volume around a set of points (MVEE).

use super::{
    ellipsoid::Ellipsoid,
    principal_axes::symmetric_eigenvalues,
    vector::{cross, dot, minus},
};

/// How far the optimality conditions may be missed. The manual's default for the stopping criterion is 0.001, which
/// leaves the value dependent on the path of the iteration in its fourth digit; near rounding the ellipsoid is
/// reproducible, as the smallest one is unique.
const TOLERANCE: f64 = 1e-11;

/// A dozen steps suffice, for a handful of vertices as for thousands. The bound only keeps a case that rounding stalls
/// from running for ever.
const MOST_STEPS: usize = 1000;

/// A point with its barycentric weight.
#[derive(Clone, Copy)]
struct Weighted {
    at: [f64; 3],
    weight: f64,
}

impl Ellipsoid {
    /// The smallest ellipsoid around points that do not all lie in one plane.
    ///
    /// L. G. Khachiyan's barycentric coordinate descent (Mathematics of Operations Research 21(2), 1996, pp. 307–320):
    /// with weights u, mean c and covariance S of the weighted points, the ellipsoid `(x − c)ᵀ S⁻¹ (x − c) ≤ 3` is the
    /// smallest one when every point fulfils it and those of positive weight lie on its surface. The weights make det S
    /// largest. Each step first gives weight to the point that is farthest out, from the point where that gains most
    /// (D. Böhning's vertex exchange, Metrika 33, 1986, pp. 337–347), and then makes a Newton step for the points of
    /// positive weight. Exchanges alone converge slowly where few points of unequal pull decide.
    ///
    /// Points are put into the unit cube first, axis by axis; the smallest ellipsoid goes along with any affine map.
    pub fn minimum_volume_enclosing(points: &[[f64; 3]]) -> Self {
        let (low, high) = points.iter().fold(
            ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]),
            |(low, high), p| {
                (
                    std::array::from_fn(|axis| low[axis].min(p[axis])),
                    std::array::from_fn(|axis| high[axis].max(p[axis])),
                )
            },
        );
        let size = minus(high, low);
        let mut points: Vec<Weighted> = points
            .iter()
            .map(|p| Weighted {
                at: std::array::from_fn(|axis| (p[axis] - low[axis]) / size[axis] - 0.5),
                weight: 0.0,
            })
            .collect();
        optimise(&mut points);
        let (_, covariance) = mean_and_covariance(&points);
        let in_mm =
            std::array::from_fn(|a| std::array::from_fn(|b| covariance[a][b] * size[a] * size[b]));
        Self(symmetric_eigenvalues(in_mm).map(|variance| (3.0 * variance).sqrt()))
    }
}

/// Finds the weights.
fn optimise(points: &mut [Weighted]) {
    start(points);
    for _ in 0..MOST_STEPS {
        let metric = Metric::of(points);
        let distances: Vec<f64> = points.iter().map(|p| metric.product(p.at, p.at)).collect();
        let (farthest, most) = extreme(&distances, f64::gt);
        let support = support(points);
        let least = support
            .iter()
            .map(|i| distances[*i])
            .fold(f64::INFINITY, f64::min);
        if most <= 4.0 * (1.0 + TOLERANCE) && least >= 4.0 * (1.0 - TOLERANCE) {
            break;
        }
        exchange(points, &metric, farthest, &support);
        newton_step(points);
    }
}

/// The points of positive weight.
fn support(points: &[Weighted]) -> Vec<usize> {
    (0..points.len())
        .filter(|i| points[*i].weight > 0.0)
        .collect()
}

/// Moves weight to one point, from the point of the support and by the amount that make det S largest: moving t from k
/// to j multiplies it by `1 + t (d_jj − d_kk) − t² (d_jj d_kk − d_jk²)`, with d the products of the metric.
fn exchange(points: &mut [Weighted], metric: &Metric, to: usize, support: &[usize]) {
    let product = |i: usize, j: usize| metric.product(points[i].at, points[j].at);
    let best = support
        .iter()
        .filter(|from| **from != to)
        .map(|&from| {
            let linear = product(to, to) - product(from, from);
            let square = product(to, to) * product(from, from) - product(to, from).powi(2);
            let step = (linear / (2.0 * square)).min(points[from].weight);
            (from, step, step * (linear - step * square))
        })
        .reduce(|best, next| if next.2 > best.2 { next } else { best });
    if let Some((from, step, gain)) = best
        && gain > 0.0
    {
        points[to].weight += step;
        points[from].weight -= step;
    }
}

/// A Newton step for the logarithm of det S, with gradient d_jj and second derivatives −d_jk², among weights that add
/// up to one; cut short where a weight would become negative, and not taken where it does not enlarge det S.
fn newton_step(points: &mut [Weighted]) {
    // More than ten points on an ellipsoid do not determine their weights; this picks the nearest of all solutions.
    const DAMPING: f64 = 1e-10;
    let metric = Metric::of(points);
    let support = support(points);
    let rows = support.iter().enumerate().map(|(i, &point)| {
        let products = |j: usize| metric.product(points[point].at, points[j].at);
        let mut row: Vec<f64> = support.iter().map(|&j| products(j).powi(2)).collect();
        row[i] += DAMPING;
        row.extend([products(point), 1.0]);
        row
    });
    let solutions = solve(rows.collect());
    let [free, constraint]: [f64; 2] = [0, 1].map(|side| solutions.iter().map(|s| s[side]).sum());
    let direction = solutions.iter().map(|[x, one]| x - free / constraint * one);

    let limits = direction.clone().zip(&support).enumerate();
    let (emptied, length) = limits
        .filter(|(_, (change, _))| *change < 0.0)
        .map(|(i, (change, &point))| (Some(i), -points[point].weight / change))
        .fold(
            (None, 1.0),
            |first, next| if next.1 < first.1 { next } else { first },
        );
    let mut moved = points.to_vec();
    for (change, &point) in direction.zip(&support) {
        moved[point].weight = (moved[point].weight + length * change).max(0.0);
    }
    if let Some(emptied) = emptied {
        moved[support[emptied]].weight = 0.0;
    }
    let total: f64 = support.iter().map(|i| moved[*i].weight).sum();
    for &point in &support {
        moved[point].weight /= total;
    }
    if Metric::of(&moved).determinant >= metric.determinant {
        points.copy_from_slice(&moved);
    }
}

/// Solves a system that is symmetric and positive definite for two right sides, the last columns of its rows:
/// Gauss-Jordan elimination, which needs no choice of pivots there.
fn solve(mut rows: Vec<Vec<f64>>) -> Vec<[f64; 2]> {
    let n = rows.len();
    for pivot in 0..n {
        let pivot_row = rows[pivot].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
            let factor = row[pivot] / pivot_row[pivot];
            for (value, above) in row[pivot..].iter_mut().zip(&pivot_row[pivot..]) {
                *value -= factor * above;
            }
        }
    }
    let solution = |(i, row): (usize, &Vec<f64>)| [n, n + 1].map(|side| row[side] / row[i]);
    rows.iter().enumerate().map(solution).collect()
}

/// Gives equal weights to the two extreme points along each of three directions, each direction at right angles to the
/// extents found before (P. Kumar and E. A. Yıldırım, Journal of Optimization Theory and Applications 126(1), 2005).
fn start(points: &mut [Weighted]) {
    let mut extents: Vec<[f64; 3]> = Vec::new();
    for _ in 0..3 {
        let direction = match extents[..] {
            [] => [1.0, 0.0, 0.0],
            // At right angles to the first extent, which is longest along x.
            [first] => cross(first, [0.0, 0.0, 1.0]),
            [first, second, ..] => cross(first, second),
        };
        let along: Vec<f64> = points.iter().map(|p| dot(direction, p.at)).collect();
        let (high, _) = extreme(&along, f64::gt);
        let (low, _) = extreme(&along, f64::lt);
        extents.push(minus(points[high].at, points[low].at));
        points[high].weight += 1.0 / 6.0;
        points[low].weight += 1.0 / 6.0;
    }
}

/// Mean and covariance of the points under their weights.
fn mean_and_covariance(points: &[Weighted]) -> ([f64; 3], [[f64; 3]; 3]) {
    let used = || points.iter().filter(|p| p.weight > 0.0);
    let total: f64 = used().map(|p| p.weight).sum();
    let mean: [f64; 3] =
        std::array::from_fn(|a| used().map(|p| p.weight * p.at[a]).sum::<f64>() / total);
    let mut covariance = [[0.0; 3]; 3];
    for point in used() {
        let offset = minus(point.at, mean);
        for a in 0..3 {
            for b in 0..3 {
                covariance[a][b] += point.weight / total * offset[a] * offset[b];
            }
        }
    }
    (mean, covariance)
}

/// The scalar product in which the weighted points are round, in the lifted space of dimension 4:
/// `1 + (x − c)ᵀ S⁻¹ (y − c)`. Under optimal weights no point is farther out than 4.
struct Metric {
    mean: [f64; 3],
    inverse: [[f64; 3]; 3],
    /// det S
    determinant: f64,
}

impl Metric {
    fn of(points: &[Weighted]) -> Self {
        let (mean, s) = mean_and_covariance(points);
        let adjugate = [cross(s[1], s[2]), cross(s[2], s[0]), cross(s[0], s[1])];
        let determinant = dot(s[0], adjugate[0]);
        Self {
            mean,
            inverse: adjugate.map(|row| row.map(|entry| entry / determinant)),
            determinant,
        }
    }

    fn product(&self, x: [f64; 3], y: [f64; 3]) -> f64 {
        let y = minus(y, self.mean);
        1.0 + dot(minus(x, self.mean), self.inverse.map(|row| dot(row, y)))
    }
}

/// The first extreme value with its place.
fn extreme(values: &[f64], is_better: impl Fn(&f64, &f64) -> bool) -> (usize, f64) {
    let mut best = (0, values[0]);
    for (i, value) in values.iter().enumerate() {
        if is_better(value, &best.1) {
            best = (i, *value);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::feature::morphology::{
        hull::Hull,
        samples::{any_mask, cube},
    };

    #[test]
    fn a_box_lies_in_the_ellipsoid_through_its_corners() {
        let corners: Vec<[f64; 3]> = (0..8)
            .map(|i| {
                [
                    f64::from(i & 1) * 2.0,
                    f64::from(i >> 1 & 1) * 4.0,
                    f64::from(i >> 2) * 6.0,
                ]
            })
            .collect();
        let Ellipsoid(axes) = Ellipsoid::minimum_volume_enclosing(&corners);
        for (axis, half_edge) in axes.into_iter().zip([3.0, 2.0, 1.0]) {
            assert_relative_eq!(axis, half_edge * 3.0_f64.sqrt(), max_relative = 1e-10);
        }
    }

    #[test]
    fn a_simplex_lies_in_its_circumscribed_ellipsoid() {
        // The regular tetrahedron with corners on every other corner of the unit cube: a sphere of radius √3/2.
        let corners = [[0.0; 3], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]];
        let Ellipsoid(axes) = Ellipsoid::minimum_volume_enclosing(&corners);
        for axis in axes {
            assert_relative_eq!(axis, 0.75_f64.sqrt(), max_relative = 1e-10);
        }
    }

    #[test]
    fn one_voxel_lies_in_a_sphere() {
        let hull = Hull::of(&cube(1, [2.0; 3])).expect("one voxel has a mesh");
        let Ellipsoid(axes) = Ellipsoid::minimum_volume_enclosing(&hull.vertices_mm());
        for axis in axes {
            assert_relative_eq!(axis, 1.0, max_relative = 1e-10);
        }
    }

    proptest! {
        #[test]
        fn every_point_is_inside_and_no_volume_is_wasted(mask in any_mask(5)) {
            let Some(hull) = Hull::of(&mask) else { return Ok(()) };
            let points = hull.vertices_mm();
            let smallest = Ellipsoid::minimum_volume_enclosing(&points).volume_mm3();
            prop_assert!(smallest >= hull.volume_mm3(), "{} holds the hull", smallest);
            let mut used: Vec<Weighted> =
                points.iter().map(|at| Weighted { at: *at, weight: 0.0 }).collect();
            optimise(&mut used);
            let metric = Metric::of(&used);
            let lifted = |p: &Weighted| metric.product(p.at, p.at);
            prop_assert!(used.iter().all(|p| lifted(p) <= 4.0 * (1.0 + 1e-10)), "all points inside");
            let weight: f64 = used.iter().map(|p| p.weight).sum();
            prop_assert!((weight - 1.0).abs() < 1e-12, "weights add up to {}", weight);
            // Optimal: all weight lies on the surface.
            let on_surface: f64 = used.iter().map(|p| p.weight * (lifted(p) - 4.0).abs()).sum();
            prop_assert!(on_surface < 1e-9, "weight off the surface: {}", on_surface);
        }
    }
}
