//! The convex hull of mesh vertices by trying every plane through three of them, in whole numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::mesh::{Point, cross, difference, dot};

/// A face of the hull.
#[derive(Clone, Debug)]
pub(super) struct Face {
    /// A point of the face, in half voxels.
    pub(super) point: Point,
    /// The normal that points outward, with twice the area as its length, in half voxels.
    pub(super) double_area: Point,
}

/// The faces of the convex hull of `points`, one for every plane.
///
/// A plane through three points is a face when no point lies in front of it. Its outline consists of the pairs of
/// points in the plane that have all others on their left, and `Σ p × q` over the outline is twice its area.
pub(super) fn faces(points: &BTreeSet<Point>) -> Vec<Face> {
    let corners = possible_corners(points);
    let mut planes: BTreeMap<(Point, i64), Vec<Point>> = BTreeMap::new();
    for (i, a) in corners.iter().enumerate() {
        for (j, b) in corners.iter().enumerate().skip(i + 1) {
            for c in &corners[j + 1..] {
                let normal = cross(difference(*b, *a), difference(*c, *a));
                if normal == [0; 3] {
                    continue;
                }
                let Some(outward) = outward(normal, *a, &corners) else {
                    continue;
                };
                let normal = shortest(outward);
                planes
                    .entry((normal, dot(normal, *a)))
                    .or_default()
                    .extend([*a, *b, *c]);
            }
        }
    }
    planes
        .into_iter()
        .map(|((normal, _), mut on_plane)| {
            on_plane.sort_unstable();
            on_plane.dedup();
            Face {
                point: on_plane[0],
                double_area: double_area(normal, &on_plane),
            }
        })
        .collect()
}

/// The points without those that lie half-way between two others, which cannot be corners of the hull.
fn possible_corners(points: &BTreeSet<Point>) -> Vec<Point> {
    let is_between = |point: &Point| {
        points.iter().any(|other| {
            let opposite = std::array::from_fn(|axis| 2 * point[axis] - other[axis]);
            other != point && points.contains(&opposite)
        })
    };
    points.iter().filter(|p| !is_between(p)).copied().collect()
}

/// `normal` turned away from all points, or `None` when there are points on both sides of its plane through `a`.
fn outward(normal: Point, a: Point, points: &[Point]) -> Option<Point> {
    let (mut is_front, mut is_back) = (false, false);
    for point in points {
        let height = dot(normal, difference(*point, a));
        is_front |= height > 0;
        is_back |= height < 0;
        if is_front && is_back {
            return None;
        }
    }
    Some(if is_front { normal.map(|n| -n) } else { normal })
}

/// The shortest vector of whole numbers with the direction of `normal`: one name for one plane.
fn shortest(normal: Point) -> Point {
    let [x, y, z] = normal;
    let divisor = greatest_common_divisor(greatest_common_divisor(x, y), z);
    normal.map(|n| n / divisor)
}

/// Euclid's algorithm; not negative.
fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 {
        a.abs()
    } else {
        greatest_common_divisor(b, a % b)
    }
}

fn double_area(normal: Point, on_plane: &[Point]) -> Point {
    let mut area = [0; 3];
    for p in on_plane {
        for q in on_plane {
            let is_edge = p != q
                && on_plane.iter().all(|r| {
                    let (along, to_r) = (difference(*q, *p), difference(*r, *p));
                    let left = dot(cross(along, to_r), normal);
                    // a point in line with the edge must lie between its ends
                    left > 0 || (left == 0 && dot(to_r, difference(*q, *r)) >= 0)
                });
            if is_edge {
                let part = cross(*p, *q);
                area = std::array::from_fn(|axis| area[axis] + part[axis]);
            }
        }
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_six_faces_however_many_points_it_has() {
        let points: BTreeSet<Point> = (0..27)
            .map(|i| [2 * (i % 3), i / 3 % 3, 3 * (i / 9)])
            .collect();
        let faces = faces(&points);
        assert_eq!(faces.len(), 6, "a box of 4 × 2 × 6");
        let mut areas: Vec<i64> = faces
            .iter()
            .map(|f| f.double_area.iter().map(|n| n.abs()).sum())
            .collect();
        areas.sort_unstable();
        assert_eq!(areas, [16, 16, 24, 24, 48, 48], "twice 8, 12 and 24");
        let volume: i64 = faces.iter().map(|f| dot(f.point, f.double_area)).sum();
        assert_eq!(volume, 6 * 48, "Σ p · 2A is six times the volume");
    }
}
