//! Boxes around the mesh: along the voxel axes (AABB) and of smallest volume (OMBB).

use rayon::prelude::*;

use super::{
    hull::{Hull, Point},
    polygon::convex_polygon,
    vector::{cross, dot, norm, scaled},
};

/// Boxes whose volumes differ by less than this, relative to the smallest, count as equally small: far above the
/// rounding of a product of three lengths, far below any difference that matters.
const EQUAL_VOLUME: f64 = 1e-10;

/// The three edge lengths of a box, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cuboid([f64; 3]);

impl Cuboid {
    pub fn volume_mm3(self) -> f64 {
        self.0.iter().product()
    }

    pub fn area_mm2(self) -> f64 {
        let [a, b, c] = self.0;
        2.0 * (a * b + b * c + c * a)
    }

    /// The box around a hull along the voxel axes.
    pub fn axis_aligned(hull: &Hull) -> Self {
        Self(std::array::from_fn(|axis| {
            let along = || hull.vertices.iter().map(|vertex| vertex[axis]);
            let extent = along().max().unwrap_or(0) - along().min().unwrap_or(0);
            extent as f64 * hull.half_voxel_mm[axis]
        }))
    }

    /// The smallest box around a hull among those with a side in the plane of a hull face or across a voxel axis.
    ///
    /// For a given direction of two of its sides, the best box has the smallest rectangle around the hull's
    /// projection, and one side of that rectangle lies along an edge of the projection (H. Freeman and R. Shapira,
    /// Communications of the ACM 18(7), 1975, pp. 409–413), so the search over these directions is exact. J. O'Rourke
    /// (International Journal of Computer and Information Sciences 14(3), 1985, pp. 183–199) shows that the smallest
    /// box of all may touch the hull along edges only, as the one around a regular tetrahedron does. Such boxes are
    /// not searched: around meshes of hundreds of voxels they gain a thousandth now and then. The voxel axes make
    /// sure that the result is never larger than [`Cuboid::axis_aligned`].
    ///
    /// Of equally small boxes the one with the smallest area is taken, so that the result does not depend on how the
    /// hull lies on the grid.
    pub fn oriented_minimum(hull: &Hull) -> Self {
        let silhouettes = Silhouettes::new(hull);
        let boxes: Vec<Self> = side_directions(hull)
            .into_par_iter()
            .map(|direction| silhouettes.boxes(hull.normal_mm(direction)))
            .flatten_iter()
            .collect();
        let smallest = boxes
            .iter()
            .map(|b| b.volume_mm3())
            .fold(f64::INFINITY, f64::min);
        boxes
            .into_iter()
            .filter(|b| b.volume_mm3() <= smallest * (1.0 + EQUAL_VOLUME))
            .min_by(|a, b| a.area_mm2().total_cmp(&b.area_mm2()))
            .expect("the voxel axes are always among the directions")
    }
}

/// The normals of the hull's faces and the voxel axes, each once, in half voxels: parallel sides share a direction.
fn side_directions(hull: &Hull) -> Vec<Point> {
    let mut directions: Vec<Point> = (0..hull.faces.len())
        .map(|face| primitive(hull.face_normal(face)))
        .chain([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
        .collect();
    directions.sort_unstable();
    directions.dedup();
    directions
}

/// The shortest whole vector along a line.
fn primitive(vector: Point) -> Point {
    let divisor = vector.into_iter().fold(0, |a, b| gcd(a, b.abs()));
    let sign = if vector < [0; 3] { -1 } else { 1 };
    vector.map(|component| sign * component / divisor)
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// What is needed to see a hull from many sides.
struct Silhouettes {
    vertices: Vec<[f64; 3]>,
    normals: Vec<[f64; 3]>,
    edges: Vec<Edge>,
}

/// An edge of the hull: its two vertices, in the order in which the first of its two faces has them. Narrow indices,
/// as all edges are read for every direction.
struct Edge {
    vertices: [u32; 2],
    faces: [u32; 2],
}

impl Silhouettes {
    fn new(hull: &Hull) -> Self {
        let edges = hull
            .neighbours
            .iter()
            .enumerate()
            .flat_map(|(face, beyond)| {
                let corners = hull.faces[face];
                (0..3)
                    .filter(move |i| face < beyond[*i])
                    .map(move |i| Edge {
                        vertices: [corners[i], corners[(i + 1) % 3]].map(|v| v as u32),
                        faces: [face, beyond[i]].map(|f| f as u32),
                    })
            });
        Self {
            vertices: hull.vertices_mm(),
            normals: (0..hull.faces.len())
                .map(|face| hull.normal_mm(hull.face_normal(face)))
                .collect(),
            edges: edges.collect(),
        }
    }

    /// The boxes with two sides across `direction` whose other sides lie along an edge of the silhouette.
    fn boxes(&self, direction: [f64; 3]) -> Vec<Cuboid> {
        let [n, u, v] = frame(direction);
        let height = extent(self.vertices.iter().map(|vertex| dot(n, *vertex)));
        // Where a face that looks along n meets one that does not, the hull's outline turns. Faces seen edge-on may
        // fall on either side by rounding; all their points lie on the outline anyway.
        let is_front: Vec<bool> = self.normals.iter().map(|g| dot(n, *g) > 0.0).collect();
        let outline = self
            .edges
            .iter()
            .filter_map(|edge| {
                let [first, second] = edge.faces.map(|face| is_front[face as usize]);
                // Where the edge begins, going around the front: every point of the outline once.
                (first != second).then_some(edge.vertices[usize::from(second)])
            })
            .map(|vertex| {
                let vertex = self.vertices[vertex as usize];
                [dot(u, vertex), dot(v, vertex)]
            })
            .collect();
        rectangles(outline)
            .into_iter()
            .map(|[width, depth]| Cuboid([height, width, depth]))
            .collect()
    }
}

/// The rectangles around points in a plane that have a side along an edge of their convex hull, by rotating calipers.
fn rectangles(mut points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut polygon = convex_polygon(&points);
    let size = extent(polygon.iter().map(|p| p[0])) + extent(polygon.iter().map(|p| p[1]));
    // Far above rounding: corners this close are one, and their edge has no direction. Far below any edge.
    let slack = 1e-9 * size;
    let is_same = |a: &[f64; 2], b: &[f64; 2]| length(*a, *b) <= slack;
    polygon.dedup_by(|b, a| is_same(a, b));
    if let [first, .., last] = polygon[..]
        && is_same(&first, &last)
    {
        polygon.pop();
    }
    let corner = |i: usize| polygon[i % polygon.len()];
    let along = |[x, y]: [f64; 2], i: usize| x * corner(i)[0] + y * corner(i)[1];

    // The corner farthest along a direction, from `start` on: the way there goes up, but for rounding.
    let climb = |direction: [f64; 2], start: usize| {
        let is_step_up = |i: usize| along(direction, i + 1) >= along(direction, i) - 1e-3 * slack;
        let last = start + polygon.len();
        (start..last).find(|i| !is_step_up(*i)).unwrap_or(last)
    };
    let mut ahead = 0;
    let mut across = 0;
    let mut behind = 0;
    (0..polygon.len())
        .map(|i| {
            let (from, to) = (corner(i), corner(i + 1));
            let length = length(from, to);
            let forward @ [x, y] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
            let (left, backward) = ([-y, x], [-x, -y]);
            // Counter-clockwise from the edge come its end, the corner farthest ahead, across, and behind.
            ahead = climb(forward, ahead.max(i + 1));
            across = climb(left, across.max(ahead));
            behind = climb(backward, behind.max(across));
            let width = along(forward, ahead) + along(backward, behind);
            let depth = along(left, across) - along(left, i);
            [width, depth]
        })
        .collect()
}

fn length(from: [f64; 2], to: [f64; 2]) -> f64 {
    let (x, y) = (to[0] - from[0], to[1] - from[1]);
    (x * x + y * y).sqrt()
}

/// Difference between the largest and the smallest value.
fn extent(values: impl Iterator<Item = f64>) -> f64 {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    high - low
}

/// Three unit vectors at right angles, the first along `direction`.
fn frame(direction: [f64; 3]) -> [[f64; 3]; 3] {
    let unit = |v: [f64; 3]| scaled(v, [1.0 / norm(v); 3]);
    let n = unit(direction);
    // The voxel axis that n is least along makes the best conditioned second vector.
    let least = (0..3)
        .min_by(|a, b| n[*a].abs().total_cmp(&n[*b].abs()))
        .expect("there are three axes");
    let mut axis = [0.0; 3];
    axis[least] = 1.0;
    let u = unit(cross(n, axis));
    [n, u, cross(n, u)]
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::feature::morphology::samples::{any_mask, cube};

    fn sorted(cuboid: Cuboid) -> [f64; 3] {
        let mut edges = cuboid.0;
        edges.sort_by(f64::total_cmp);
        edges
    }

    #[test]
    fn octahedron_has_a_box_between_two_faces() {
        // A single voxel: height between opposite faces 1/√3, and the smallest rectangle around the regular
        // hexagon that they leave, 1/√2 by √(2/3).
        let hull = Hull::of(&cube(1, [1.0; 3])).expect("one voxel has a mesh");
        let edges = sorted(Cuboid::oriented_minimum(&hull));
        let expected = [1.0 / 3.0_f64.sqrt(), 0.5_f64.sqrt(), (2.0 / 3.0_f64).sqrt()];
        for (edge, expected) in edges.into_iter().zip(expected) {
            assert_relative_eq!(edge, expected, max_relative = 1e-14);
        }
        assert_eq!(
            Cuboid::axis_aligned(&hull),
            Cuboid([1.0; 3]),
            "from tip to tip"
        );
    }

    #[test]
    fn a_tilted_box_is_found() {
        // A box with edges along (3, 4, 0), (-4, 3, 0) and (0, 0, 5), all of length 5.
        let corners: Vec<Point> = (0..8)
            .map(|i: i64| {
                let [a, b, c] = [i & 1, i >> 1 & 1, i >> 2];
                [3 * a - 4 * b, 4 * a + 3 * b, 5 * c]
            })
            .collect();
        let hull = Hull::of_points(&corners, [0.5; 3]).expect("a box is not flat");
        assert_relative_eq!(
            Cuboid::oriented_minimum(&hull).volume_mm3(),
            2.5_f64.powi(3),
            max_relative = 1e-14
        );
    }

    proptest! {
        #[test]
        fn oriented_box_is_between_hull_and_axis_aligned_box(mask in any_mask(5)) {
            let Some(hull) = Hull::of(&mask) else { return Ok(()) };
            let oriented = Cuboid::oriented_minimum(&hull).volume_mm3();
            let aligned = Cuboid::axis_aligned(&hull).volume_mm3();
            prop_assert!(oriented <= aligned * (1.0 + 1e-12), "OMBB {} AABB {}", oriented, aligned);
            prop_assert!(oriented >= hull.volume_mm3() * (1.0 - 1e-12), "OMBB {} holds the hull", oriented);
        }

        /// The twin projects every vertex instead of the outline.
        #[test]
        fn outline_is_that_of_all_vertices(mask in any_mask(4)) {
            let Some(hull) = Hull::of(&mask) else { return Ok(()) };
            let mut smallest = f64::INFINITY;
            for direction in side_directions(&hull) {
                let [n, u, v] = frame(hull.normal_mm(direction));
                let vertices = hull.vertices_mm();
                let mut flat: Vec<_> = vertices.iter().map(|p| [dot(u, *p), dot(v, *p)]).collect();
                flat.sort_by(|a, b| a.partial_cmp(b).unwrap());
                let polygon = convex_polygon(&flat);
                let height = extent(vertices.iter().map(|p| dot(n, *p)));
                for (i, a) in polygon.iter().enumerate() {
                    let b = polygon[(i + 1) % polygon.len()];
                    let angle = (b[1] - a[1]).atan2(b[0] - a[0]);
                    let (sin, cos) = angle.sin_cos();
                    let width = extent(flat.iter().map(|p| cos * p[0] + sin * p[1]));
                    let depth = extent(flat.iter().map(|p| cos * p[1] - sin * p[0]));
                    smallest = smallest.min(height * width * depth);
                }
            }
            let fast = Cuboid::oriented_minimum(&hull).volume_mm3();
            prop_assert!((fast - smallest).abs() <= 1e-9 * smallest, "{} vs {}", fast, smallest);
        }
    }
}
