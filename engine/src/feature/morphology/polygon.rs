//! Convex polygons in a plane.

use std::ops::{Mul, Sub};

/// The corners of the convex hull of points that are sorted by x, then y: counter-clockwise, without points inside an
/// edge (the monotone chains of A. M. Andrew, Information Processing Letters 9(5), 1979, pp. 216–219).
pub(super) fn convex_polygon<T>(sorted: &[[T; 2]]) -> Vec<[T; 2]>
where
    T: Copy + PartialOrd + Sub<Output = T> + Mul<Output = T>,
{
    let mut lower = chain(sorted.iter());
    let mut upper = chain(sorted.iter().rev());
    // Each chain ends where the other begins.
    if lower.len() > 1 {
        lower.pop();
        upper.pop();
        lower.append(&mut upper);
    }
    lower
}

/// Leaves out the points at which a path does not turn left.
fn chain<'a, T>(points: impl Iterator<Item = &'a [T; 2]>) -> Vec<[T; 2]>
where
    T: Copy + PartialOrd + Sub<Output = T> + Mul<Output = T> + 'a,
{
    let mut path: Vec<[T; 2]> = Vec::new();
    for &[x, y] in points {
        while let [.., [ax, ay], [bx, by]] = path[..] {
            if (bx - ax) * (y - ay) > (by - ay) * (x - ax) {
                break;
            }
            path.pop();
        }
        if path.last() != Some(&[x, y]) {
            path.push([x, y]);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn points_on_edges_and_repeated_points_are_left_out() {
        let mut points: Vec<[i64; 2]> = (0..3).flat_map(|x| (0..3).map(move |y| [x, y])).collect();
        points.extend([[0, 0], [2, 2], [1, 1]]);
        points.sort_unstable();
        assert_eq!(
            convex_polygon(&points),
            [[0, 0], [2, 0], [2, 2], [0, 2]],
            "corners of a square"
        );
        assert_eq!(
            convex_polygon(&[[0, 0], [1, 1], [3, 3]]),
            [[0, 0], [3, 3]],
            "a line has two ends"
        );
        assert_eq!(convex_polygon(&[[1, 1], [1, 1]]), [[1, 1]], "one point");
        assert_eq!(convex_polygon::<i64>(&[]), [[0; 2]; 0], "no point");
    }

    proptest! {
        #[test]
        fn polygon_is_convex_and_holds_all_points(
            mut points in vec([-6..=6_i64, -6..=6_i64], 1..30)
        ) {
            points.sort_unstable();
            let polygon = convex_polygon(&points);
            for i in 0..polygon.len() {
                let (a, b) = (polygon[i], polygon[(i + 1) % polygon.len()]);
                for p in &points {
                    let side = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
                    prop_assert!(side >= 0, "{:?} lies right of the edge {:?} {:?}", p, a, b);
                }
            }
        }
    }
}
