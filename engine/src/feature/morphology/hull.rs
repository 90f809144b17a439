//! The convex hull of the mesh vertices of a mask.
//!
//! C. B. Barber, D. P. Dobkin and H. Huhdanpaa, *The quickhull algorithm for convex hulls*, ACM Transactions on
//! Mathematical Software 22(4), 1996, pp. 469–483; here in whole numbers. Mesh vertices lie midway between voxel
//! centres, so they have whole coordinates in half voxels, and on which side of a plane a point lies is decided
//! exactly: the many coplanar points of a lattice need no tolerance. Stretching the axes from voxels to mm is affine
//! and leaves the hull's faces as they are, so lengths come in only where something is measured.

use std::mem;

use rayon::prelude::*;

use super::{
    polygon::convex_polygon,
    vector::{cross, dot, minus, norm, scaled},
};
use crate::volume::Mask;

/// A point in half voxels.
pub(super) type Point = [i64; 3];

/// A convex polyhedron with triangles as faces; coplanar neighbours are possible.
#[derive(Clone, Debug)]
pub(super) struct Hull {
    /// The corners, in half voxels; now and then a point on a face or an edge is among them.
    pub vertices: Vec<Point>,
    /// Three vertices each, counter-clockwise seen from outside.
    pub faces: Vec<[usize; 3]>,
    /// `neighbours[f][i]` is the face on the other side of the edge from `faces[f][i]` to the vertex after it.
    pub neighbours: Vec<[usize; 3]>,
    /// Length of half a voxel along x, y, z, in mm.
    pub half_voxel_mm: [f64; 3],
}

impl Hull {
    /// The hull of the mesh of a mask; `None` when the mask is empty.
    pub fn of(mask: &Mask) -> Option<Self> {
        Self::of_points(
            &slice_corners(mask),
            mask.grid().spacing_mm.map(|s| s / 2.0),
        )
    }

    /// The hull of points in half voxels; `None` when they all lie in one plane.
    ///
    /// Sides are told by determinants of at most 48 times the number of voxels in the points' bounding box, so `i64`
    /// cannot overflow for any mask that fits into memory.
    pub fn of_points(points: &[Point], half_voxel_mm: [f64; 3]) -> Option<Self> {
        let mut builder = Builder::new(points)?;
        builder.expand();
        Some(builder.finish(half_voxel_mm))
    }

    /// A vertex in mm along the voxel axes, from the centre of the first voxel.
    pub fn vertex_mm(&self, vertex: usize) -> [f64; 3] {
        scaled(self.vertices[vertex].map(|i| i as f64), self.half_voxel_mm)
    }

    /// All vertices in mm.
    pub fn vertices_mm(&self) -> Vec<[f64; 3]> {
        (0..self.vertices.len())
            .map(|v| self.vertex_mm(v))
            .collect()
    }

    /// Twice the outward area vector of a face, in square half voxels: exact.
    pub fn face_normal(&self, face: usize) -> [i64; 3] {
        let [a, b, c] = self.faces[face].map(|v| self.vertices[v]);
        cross(minus(b, a), minus(c, a))
    }

    /// Turns a vector that is normal to a plane in half voxels into one that is normal to the plane in mm, with the
    /// length that makes a twice-area of one.
    pub fn normal_mm(&self, normal: [i64; 3]) -> [f64; 3] {
        let [hx, hy, hz] = self.half_voxel_mm;
        scaled(normal.map(|i| i as f64), [hy * hz, hz * hx, hx * hy])
    }

    /// Enclosed volume in mm³.
    pub fn volume_mm3(&self) -> f64 {
        let sixfold: i64 = self
            .faces
            .iter()
            .map(|face| {
                // From a vertex instead of the origin: the sum is the same and its terms stay small.
                let [a, b, c] = face.map(|v| minus(self.vertices[v], self.vertices[0]));
                dot(a, cross(b, c))
            })
            .sum();
        sixfold as f64 / 6.0 * self.half_voxel_mm.iter().product::<f64>()
    }

    /// Area in mm².
    pub fn area_mm2(&self) -> f64 {
        (0..self.faces.len())
            .map(|face| norm(self.normal_mm(self.face_normal(face))) / 2.0)
            .sum()
    }

    /// The largest distance between two vertices, in mm.
    pub fn diameter_mm(&self) -> f64 {
        let vertices = self.vertices_mm();
        let farthest_before = |i: usize| {
            vertices[..i].iter().fold(0.0, |largest, other| {
                let [x, y, z] = minus(vertices[i], *other);
                let square = x * x + y * y + z * z;
                if square > largest { square } else { largest }
            })
        };
        let squares = (0..vertices.len()).into_par_iter().map(farthest_before);
        squares.reduce(|| 0.0, f64::max).sqrt()
    }
}

/// Points that include every vertex of the hull of a mask's mesh, and none outside it.
///
/// Mesh vertices lie half a voxel beyond an inside voxel along one axis. A vertex of the hull is also a vertex of the
/// hull of its own slice of mesh vertices (whole and half z), which is found from the first and last voxel of each row:
/// for a ball of radius r this leaves about r^(5/3) of its r² mesh vertices.
fn slice_corners(mask: &Mask) -> Vec<Point> {
    let [nx, ny, nz] = mask.size();
    let row_ends = |y: usize, z: usize| {
        let start = nx * (y + ny * z);
        let row = &mask.as_slice()[start..start + nx];
        let first = row.iter().position(|inside| *inside)?;
        let last = row.iter().rposition(|inside| *inside)?;
        Some([first, last].map(|x| [2 * x as i64, 2 * y as i64]))
    };
    let polygon = |mut points: Vec<[i64; 2]>| {
        points.sort_unstable();
        convex_polygon(&points)
    };
    let mut corners = Vec::new();
    let mut below = Vec::new();
    for z in 0..=nz {
        let here = if z < nz {
            polygon((0..ny).filter_map(|y| row_ends(y, z)).flatten().collect())
        } else {
            Vec::new()
        };
        // Half a voxel above the slice below and half a voxel below this one.
        let between = polygon([&below[..], &here[..]].concat());
        // Half a voxel beyond this slice's own corners along x and y.
        let around = polygon(
            here.iter()
                .flat_map(|&[x, y]| [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]])
                .collect(),
        );
        let z = 2 * z as i64;
        corners.extend(between.iter().map(|[x, y]| [*x, *y, z - 1]));
        corners.extend(around.iter().map(|[x, y]| [*x, *y, z]));
        below = here;
    }
    corners
}

/// A triangle of the growing hull.
struct Face {
    vertices: [u32; 3],
    neighbours: [u32; 3],
    /// Outward normal, not of unit length.
    normal: Point,
    /// `normal · p` for the points p of the face's plane.
    offset: i64,
    /// Points that this face sees and no earlier face does.
    outside: Vec<u32>,
    is_alive: bool,
}

struct Builder<'a> {
    points: &'a [Point],
    faces: Vec<Face>,
    /// Faces that may still have points outside.
    pending: Vec<u32>,
    /// For each point: the new face whose horizon edge starts there (meaningful within one step only).
    face_from: Vec<u32>,
}

impl<'a> Builder<'a> {
    /// Starts from a tetrahedron; `None` when there is none.
    ///
    /// Here and later, of equally far points the one that is last in lexicographic order is taken. That keeps most
    /// points inside a face or an edge from becoming corners; the others do no harm.
    fn new(points: &'a [Point]) -> Option<Self> {
        let all = 0..u32::try_from(points.len()).ok()?;
        let at = |i: u32| points[i as usize];
        let first = all.clone().min_by_key(|i| at(*i))?;
        let second = all.clone().max_by_key(|i| at(*i))?;
        let along = minus(at(second), at(first));
        let off_line = |i: u32| {
            // Squared and summed in i128: the only quantity of degree four.
            cross(along, minus(at(i), at(first)))
                .map(|c| i128::from(c) * i128::from(c))
                .iter()
                .sum::<i128>()
        };
        let third = all.clone().max_by_key(|i| (off_line(*i), at(*i)))?;
        let normal = cross(along, minus(at(third), at(first)));
        let off_plane = |i: u32| dot(normal, minus(at(i), at(first)));
        let fourth = all.clone().max_by_key(|i| (off_plane(*i).abs(), at(*i)))?;
        let [a, b, c, d] = match off_plane(fourth) {
            0 => return None,
            1.. => [first, third, second, fourth],
            _ => [first, second, third, fourth],
        };
        let mut builder = Self {
            points,
            faces: Vec::new(),
            pending: Vec::new(),
            face_from: vec![0; points.len()],
        };
        // d lies below the plane of a b c.
        for (vertices, neighbours) in [
            ([a, b, c], [1, 2, 3]),
            ([b, a, d], [0, 3, 2]),
            ([c, b, d], [0, 1, 3]),
            ([a, c, d], [0, 2, 1]),
        ] {
            builder.add_face(vertices, neighbours);
        }
        builder.share_out(all.collect(), 0);
        Some(builder)
    }

    fn add_face(&mut self, vertices: [u32; 3], neighbours: [u32; 3]) {
        let [a, b, c] = vertices.map(|v| self.points[v as usize]);
        let normal = cross(minus(b, a), minus(c, a));
        self.faces.push(Face {
            vertices,
            neighbours,
            normal,
            offset: dot(normal, a),
            outside: Vec::new(),
            is_alive: true,
        });
    }

    /// How far a point lies outside the plane of a face, in units of the face's own.
    fn height(&self, face: &Face, point: u32) -> i64 {
        dot(face.normal, self.points[point as usize]) - face.offset
    }

    /// Gives each point to the first of the faces from `first_face` on that sees it; the others are inside the hull.
    fn share_out(&mut self, points: Vec<u32>, first_face: usize) {
        for point in points {
            let seen_by = (first_face..self.faces.len())
                .find(|face| self.height(&self.faces[*face], point) > 0);
            if let Some(face) = seen_by {
                self.faces[face].outside.push(point);
            }
        }
        for face in first_face..self.faces.len() {
            if !self.faces[face].outside.is_empty() {
                self.pending.push(face as u32);
            }
        }
    }

    /// Adds the farthest point outside a face until no face has points outside.
    fn expand(&mut self) {
        while let Some(start) = self.pending.pop() {
            let face = &self.faces[start as usize];
            if !face.is_alive {
                continue;
            }
            let farthest = face
                .outside
                .iter()
                .max_by_key(|p| (self.height(face, **p), self.points[**p as usize]));
            if let Some(&apex) = farthest {
                self.add_apex(apex, start);
            }
        }
    }

    /// Replaces the faces that see `apex` by faces that join it to their outline, the horizon.
    fn add_apex(&mut self, apex: u32, start: u32) {
        let first_new = self.faces.len();
        let mut orphans = Vec::new();
        // An edge of the horizon: its two vertices, and the face beyond with the index of the edge there.
        let mut horizon = Vec::new();
        let mut visible = vec![start];
        self.faces[start as usize].is_alive = false;
        while let Some(face) = visible.pop() {
            let Face {
                vertices,
                neighbours,
                ..
            } = self.faces[face as usize];
            orphans.append(&mut mem::take(&mut self.faces[face as usize].outside));
            for edge in 0..3 {
                let beyond = neighbours[edge];
                let other = &self.faces[beyond as usize];
                if !other.is_alive {
                    continue;
                }
                if self.height(other, apex) > 0 {
                    self.faces[beyond as usize].is_alive = false;
                    visible.push(beyond);
                } else {
                    horizon.push((vertices[edge], vertices[(edge + 1) % 3], beyond));
                }
            }
        }
        for (i, &(from, to, beyond)) in horizon.iter().enumerate() {
            let new = (first_new + i) as u32;
            self.add_face([from, to, apex], [beyond, new, new]);
            self.face_from[from as usize] = new;
            let other = &mut self.faces[beyond as usize];
            let edge = (0..3)
                .find(|e| other.vertices[*e] == to)
                .expect("the face beyond runs along the same edge in the other direction");
            other.neighbours[edge] = new;
        }
        for (i, &(_, to, _)) in horizon.iter().enumerate() {
            // The horizon is one closed path: the new face on the edge that follows begins where this edge ends.
            let new = (first_new + i) as u32;
            let next = self.face_from[to as usize];
            self.faces[new as usize].neighbours[1] = next;
            self.faces[next as usize].neighbours[2] = new;
        }
        self.share_out(orphans, first_new);
    }

    /// Drops what is no longer part of the hull and numbers the rest anew.
    fn finish(self, half_voxel_mm: [f64; 3]) -> Hull {
        const UNUSED: usize = usize::MAX;
        let mut new_vertex = vec![UNUSED; self.points.len()];
        let mut new_face = vec![UNUSED; self.faces.len()];
        let mut vertices = Vec::new();
        let alive = || (0..self.faces.len()).filter(|f| self.faces[*f].is_alive);
        for (new, old) in alive().enumerate() {
            new_face[old] = new;
            for vertex in self.faces[old].vertices.map(|v| v as usize) {
                if new_vertex[vertex] == UNUSED {
                    new_vertex[vertex] = vertices.len();
                    vertices.push(self.points[vertex]);
                }
            }
        }
        Hull {
            vertices,
            faces: alive()
                .map(|f| self.faces[f].vertices.map(|v| new_vertex[v as usize]))
                .collect(),
            neighbours: alive()
                .map(|f| self.faces[f].neighbours.map(|n| new_face[n as usize]))
                .collect(),
            half_voxel_mm,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use approx::assert_relative_eq;
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::feature::morphology::{
        mesh::Surface,
        samples::{any_mask, cube},
    };

    /// Every mesh vertex of a mask: midpoints between a voxel inside and a neighbour outside.
    fn mesh_vertices(mask: &Mask) -> Vec<Point> {
        let inside = |at: Point| {
            let [x, y, z] = at.map(|i| usize::try_from(i).unwrap_or(usize::MAX));
            mask.voxels().get([x, y, z]).copied().unwrap_or(false)
        };
        let [nx, ny, nz] = mask.size().map(|n| n as i64);
        let mut vertices = Vec::new();
        for at in (0..nx).flat_map(|x| (0..ny).flat_map(move |y| (0..nz).map(move |z| [x, y, z]))) {
            for (axis, step) in [(0, 1), (0, -1), (1, 1), (1, -1), (2, 1), (2, -1)] {
                let mut next = at;
                next[axis] += step;
                if inside(at) && !inside(next) {
                    vertices.push([0, 1, 2].map(|a| at[a] + next[a]));
                }
            }
        }
        vertices
    }

    /// A closed surface of triangles that bulges nowhere inwards and has `points` on one side.
    fn assert_is_hull_of(hull: &Hull, points: &[Point]) {
        for (face, corners) in hull.faces.iter().enumerate() {
            let normal = hull.face_normal(face);
            assert_ne!(normal, [0; 3], "face {face} has an area");
            for point in points {
                let height = dot(normal, minus(*point, hull.vertices[corners[0]]));
                assert!(height <= 0, "{point:?} lies outside face {face}");
            }
            for edge in 0..3 {
                let beyond = hull.neighbours[face][edge];
                let (from, to) = (corners[edge], corners[(edge + 1) % 3]);
                let shared = (0..3).any(|e| {
                    let other = hull.faces[beyond];
                    (other[e], other[(e + 1) % 3]) == (to, from)
                        && hull.neighbours[beyond][e] == face
                });
                assert!(
                    shared,
                    "faces {face} and {beyond} share an edge, one each way"
                );
            }
        }
        let (v, f) = (hull.vertices.len(), hull.faces.len());
        assert_eq!(f, 2 * v - 4, "Euler's formula for triangles");
        let known: HashSet<_> = points.iter().collect();
        assert!(
            hull.vertices.iter().all(|v| known.contains(v)),
            "corners are among the points"
        );
    }

    #[test]
    fn a_cube_of_voxels_is_a_cube_without_edges() {
        // 8 faces over the corners, 12 over the edges and 6 sides: all points of each side are coplanar.
        let n = 4_usize;
        let hull = Hull::of(&cube(n, [2.0; 3])).expect("64 voxels");
        let edge = (n - 1) as f64;
        let volume = (n as f64).powi(3) - 1.5 * edge - 5.0 / 6.0;
        assert_relative_eq!(hull.volume_mm3(), 8.0 * volume, max_relative = 1e-14);
        let diameter = ((n * n) as f64 + 2.0 * edge * edge).sqrt();
        assert_relative_eq!(hull.diameter_mm(), 2.0 * diameter, max_relative = 1e-14);
    }

    #[test]
    fn flat_points_have_no_hull() {
        let plane: Vec<Point> = (0..25)
            .map(|i| [i % 5, i / 5, i % 5 - 2 * (i / 5)])
            .collect();
        assert!(
            Hull::of_points(&plane, [1.0; 3]).is_none(),
            "a tilted plane"
        );
        let line: Vec<Point> = (0..5).map(|i| [i, 2 * i, -i]).collect();
        assert!(Hull::of_points(&line, [1.0; 3]).is_none(), "a line");
        assert!(
            Hull::of_points(&[[1, 2, 3]; 4], [1.0; 3]).is_none(),
            "a point"
        );
        assert!(Hull::of_points(&[], [1.0; 3]).is_none(), "nothing");
    }

    proptest! {
        #[test]
        fn hull_of_points_is_convex_and_closed(
            points in vec([-4..=4_i64, -4..=4_i64, -4..=4_i64], 4..60)
        ) {
            if let Some(hull) = Hull::of_points(&points, [1.0; 3]) {
                assert_is_hull_of(&hull, &points);
            }
        }

        #[test]
        fn hull_of_a_mask_is_that_of_all_its_mesh_vertices(mask in any_mask(6)) {
            let vertices = mesh_vertices(&mask);
            let Some(hull) = Hull::of(&mask) else {
                prop_assert!(vertices.is_empty(), "only without voxels");
                return Ok(());
            };
            assert_is_hull_of(&hull, &vertices);
            let surface = Surface::of(&mask);
            prop_assert!(hull.volume_mm3() >= surface.volume_mm3 * (1.0 - 1e-12), "holds the mesh");
            let half = mask.grid().spacing_mm.map(|s| s / 2.0);
            let mut largest = 0.0_f64;
            for a in &vertices {
                for b in &vertices {
                    largest = largest.max(norm(scaled(minus(*a, *b).map(|i| i as f64), half)));
                }
            }
            prop_assert!((hull.diameter_mm() - largest).abs() <= 1e-12 * largest,
                "diameter {} vs {}", hull.diameter_mm(), largest);
        }
    }
}
