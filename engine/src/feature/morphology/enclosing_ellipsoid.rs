//! The ellipsoid of smallest volume around a set of points (MVEE).

use super::{
    ellipsoid::Ellipsoid,
    principal_axes::symmetric_eigenvalues,
    vector::{cross, dot, minus},
};

/// How far the optimality conditions may be missed. The manual's default for the stopping criterion is 0.001, which
/// leaves the value dependent on the path of the iteration in its fourth digit; far below it the ellipsoid is
/// reproducible, as the smallest one is unique.
const TOLERANCE: f64 = 1e-9;

/// Convergence is linear, with a rate that depends on the points; a hull of thousands of vertices takes hundreds of
/// steps. The bound only keeps a case that rounding stalls from running for ever.
const MOST_STEPS: usize = 100_000;

/// After so many steps the points that cannot touch the ellipsoid are dropped.
const STEPS_BETWEEN_PRUNING: usize = 10;

/// A point with its barycentric weight.
#[derive(Clone, Copy)]
struct Weighted {
    at: [f64; 3],
    weight: f64,
}

impl Ellipsoid {
    /// The smallest ellipsoid around points that do not all lie in one plane.
    ///
    /// L. G. Khachiyan's barycentric coordinate descent (Mathematics of Operations Research 21(2), 1996, pp. 307–320)
    /// with the steps away from points and the stopping rule of M. J. Todd and E. A. Yıldırım (Discrete Applied
    /// Mathematics 155(13), 2007, pp. 1731–1744). With weights u, mean c and covariance S of the weighted points, the
    /// ellipsoid `(x − c)ᵀ S⁻¹ (x − c) ≤ 3` is the smallest one when every point fulfils it and those of positive
    /// weight lie on its surface.
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

/// Finds the weights; points that cannot lie on the ellipsoid may be dropped on the way.
fn optimise(points: &mut Vec<Weighted>) {
    start(points);
    for step in 1..=MOST_STEPS {
        let distances = squared_distances(points, points);
        let (farthest, most) = extreme(&distances, |_| true, f64::gt);
        let (nearest, least) = extreme(&distances, |i| points[i].weight > 0.0, f64::lt);
        // The conditions in the lifted space of dimension 4, where a squared distance is one larger.
        let excess = (most + 1.0) / 4.0 - 1.0;
        let shortfall = 1.0 - (least + 1.0) / 4.0;
        if excess <= TOLERANCE && shortfall <= TOLERANCE {
            break;
        }
        if excess > shortfall {
            move_weight(points, farthest, (most - 3.0) / (4.0 * most));
        } else {
            let weight = points[nearest].weight;
            let emptied = weight / (1.0 - weight);
            let best = (3.0 - least) / (4.0 * least);
            move_weight(points, nearest, -best.min(emptied));
            if best >= emptied {
                points[nearest].weight = 0.0;
            }
        }
        if step.is_multiple_of(STEPS_BETWEEN_PRUNING) {
            prune(points, &distances, most);
        }
    }
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
        let (high, _) = extreme(&along, |_| true, f64::gt);
        let (low, _) = extreme(&along, |_| true, f64::lt);
        extents.push(minus(points[high].at, points[low].at));
        points[high].weight += 1.0 / 6.0;
        points[low].weight += 1.0 / 6.0;
    }
}

/// Moves the share `step` of all weight to one point, or from it when negative.
fn move_weight(points: &mut [Weighted], to: usize, step: f64) {
    for point in points.iter_mut() {
        point.weight *= 1.0 - step;
    }
    points[to].weight += step;
}

/// Drops points that cannot lie on the smallest ellipsoid (R. Harman and L. Pronzato, Statistics & Probability Letters
/// 77(1), 2007, pp. 90–94): those whose lifted squared distance is below a bound that rises to 4 as the largest one,
/// `most + 1`, falls to it.
fn prune(points: &mut Vec<Weighted>, distances: &[f64], most: f64) {
    let excess = (most - 3.0).max(0.0);
    let bound = 4.0 * (1.0 + excess / 2.0 - (excess * (4.0 + excess - 1.0)).sqrt() / 2.0);
    // A margin for the rounding of the distances.
    let bound = bound - 1e-9;
    let mut distance = distances.iter();
    points.retain(|point| {
        let lifted = distance.next().expect("one distance a point") + 1.0;
        lifted >= bound || point.weight > 0.0
    });
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

/// `(x − c)ᵀ S⁻¹ (x − c)` for every point, c and S from the weights of `of`.
fn squared_distances(of: &[Weighted], points: &[Weighted]) -> Vec<f64> {
    let (mean, s) = mean_and_covariance(of);
    let adjugate = [cross(s[1], s[2]), cross(s[2], s[0]), cross(s[0], s[1])];
    let determinant = dot(s[0], adjugate[0]);
    let inverse = adjugate.map(|row| row.map(|entry| entry / determinant));
    points
        .iter()
        .map(|point| {
            let offset = minus(point.at, mean);
            dot(offset, inverse.map(|row| dot(row, offset)))
        })
        .collect()
}

/// The first extreme value of those allowed, with its place.
fn extreme(
    values: &[f64],
    is_allowed: impl Fn(usize) -> bool,
    is_better: impl Fn(&f64, &f64) -> bool,
) -> (usize, f64) {
    values
        .iter()
        .copied()
        .enumerate()
        .filter(|(i, _)| is_allowed(*i))
        .reduce(|best, next| {
            if is_better(&next.1, &best.1) {
                next
            } else {
                best
            }
        })
        .expect("there are points, and weights add up to one")
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
            assert_relative_eq!(axis, half_edge * 3.0_f64.sqrt(), max_relative = 1e-8);
        }
    }

    #[test]
    fn a_simplex_lies_in_its_circumscribed_ellipsoid() {
        // The regular tetrahedron with corners on every other corner of the unit cube: a sphere of radius √3/2.
        let corners = [[0.0; 3], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]];
        let Ellipsoid(axes) = Ellipsoid::minimum_volume_enclosing(&corners);
        for axis in axes {
            assert_relative_eq!(axis, 0.75_f64.sqrt(), max_relative = 1e-8);
        }
    }

    #[test]
    fn one_voxel_lies_in_a_sphere() {
        let hull = Hull::of(&cube(1, [2.0; 3])).expect("one voxel has a mesh");
        let Ellipsoid(axes) = Ellipsoid::minimum_volume_enclosing(&hull.vertices_mm());
        for axis in axes {
            assert_relative_eq!(axis, 1.0, max_relative = 1e-8);
        }
    }

    proptest! {
        #[test]
        fn every_point_is_inside_and_no_volume_is_wasted(mask in any_mask(5)) {
            let Some(hull) = Hull::of(&mask) else { return Ok(()) };
            let points = hull.vertices_mm();
            let smallest = Ellipsoid::minimum_volume_enclosing(&points).volume_mm3();
            prop_assert!(smallest >= hull.volume_mm3(), "{} holds the hull", smallest);
            let unweighted: Vec<Weighted> =
                points.iter().map(|at| Weighted { at: *at, weight: 0.0 }).collect();
            let mut used = unweighted.clone();
            optimise(&mut used);
            let distances = squared_distances(&used, &unweighted);
            prop_assert!(distances.iter().all(|d| *d <= 3.0 * (1.0 + 1e-8)), "all points inside");
            let weight: f64 = used.iter().map(|p| p.weight).sum();
            prop_assert!((weight - 1.0).abs() < 1e-12, "weights add up to {}", weight);
            // Optimal: all weight lies on the surface.
            let on_surface: f64 = used.iter().zip(squared_distances(&used, &used))
                .map(|(p, d)| p.weight * (d - 3.0).abs()).sum();
            prop_assert!(on_surface < 1e-7, "weight off the surface: {}", on_surface);
        }
    }
}
