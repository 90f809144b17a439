//! The surface mesh of a mask (WRJH), derived cube by cube from the eight voxel centres at the cube's corners instead
//! of being looked up in a table.
//!
//! A cube edge whose ends differ carries a vertex at its middle (level 0.5). On every face of the cube the vertices
//! are joined so that each line goes round corners that are inside. A face with two diagonally opposite corners
//! inside can be joined in two ways; the corners inside are kept apart, as they are in the marching cubes table after
//! Lorensen and Cline (1987) that is in general use (P. Bourke, *Polygonising a scalar field*, 1994). The lines form
//! closed loops, and each loop is filled with triangles.
//!
//! Loops of five to seven vertices can be bent, and then area and volume depend on the triangles. That choice does
//! not follow from anything; [`triangulated`] has a rule that gives the area and the volume of that table for all 256
//! cubes.

use std::collections::{BTreeMap, BTreeSet};

use super::region::Position;

/// A point in half voxels: the centre of voxel `(x, y, z)` lies at `(2x, 2y, 2z)`, a mesh vertex half-way between two
/// neighbouring centres.
pub(super) type Point = [i64; 3];

/// Three vertices, so that all triangles of a mesh have their normals on the same side of the surface.
pub(super) type Triangle = [Point; 3];

/// The mesh around `inside`; all other positions are outside.
pub(super) fn mesh(inside: &BTreeSet<Position>) -> Vec<Triangle> {
    // A cube is named by its lowest corner: those that have a corner inside.
    let cubes: BTreeSet<Position> = inside
        .iter()
        .flat_map(|[x, y, z]| {
            let (x, y, z) = (*x, *y, *z);
            corners().map(move |[dx, dy, dz]| [x - dx, y - dy, z - dz])
        })
        .collect();
    cubes
        .into_iter()
        .flat_map(|cube| cube_triangles(cube, inside))
        .collect()
}

/// The corners of the unit cube.
fn corners() -> impl Iterator<Item = Position> {
    (0..8).map(|corner| [corner & 1, corner >> 1 & 1, corner >> 2 & 1])
}

/// The corners of the six faces of a cube, each counter-clockwise as seen from outside the cube.
fn faces(cube: Position) -> Vec<[Position; 4]> {
    let mut faces = Vec::new();
    for axis in 0..3 {
        for side in [0, 1] {
            let mut face = [[0, 0], [1, 0], [1, 1], [0, 1]].map(|[u, v]| {
                let mut corner = cube;
                corner[axis] += side;
                corner[(axis + 1) % 3] += u;
                corner[(axis + 2) % 3] += v;
                corner
            });
            if side == 0 {
                face.reverse();
            }
            faces.push(face);
        }
    }
    faces
}

fn cube_triangles(cube: Position, inside: &BTreeSet<Position>) -> Vec<Triangle> {
    let corners_inside = corners()
        .filter(|[x, y, z]| inside.contains(&[cube[0] + x, cube[1] + y, cube[2] + z]))
        .count();
    let mut next: BTreeMap<Point, Point> = BTreeMap::new();
    for face in faces(cube) {
        let is_inside = face.map(|corner| inside.contains(&corner));
        for last in (0..4).filter(|corner| is_inside[*corner] && !is_inside[(corner + 1) % 4]) {
            // Walk back over the corners inside that hang together along the face's border.
            let mut first = last;
            while is_inside[(first + 3) % 4] {
                first = (first + 3) % 4;
            }
            let leave = middle(face[last], face[(last + 1) % 4]);
            let enter = middle(face[(first + 3) % 4], face[first]);
            next.insert(leave, enter);
        }
    }
    let mut triangles = Vec::new();
    while let Some((start, _)) = next.first_key_value() {
        let mut vertex = *start;
        let mut outline = Vec::new();
        while let Some(following) = next.remove(&vertex) {
            outline.push(vertex);
            vertex = following;
        }
        triangles.extend(triangulated(&outline, corners_inside));
    }
    triangles
}

/// The middle between two neighbouring voxel centres.
fn middle(a: Position, b: Position) -> Point {
    std::array::from_fn(|axis| a[axis] + b[axis])
}

/// Fills a loop with triangles.
///
/// - Three vertices are a triangle; four are always in a plane, so that either diagonal will do.
/// - Six around four corners inside: three triangles that cut off every other vertex, and the one in between. (Which
///   every other is the same by symmetry, or the loop is in a plane.)
/// - Seven: a fan around the vertex whose four diagonals are equally long.
/// - Five, and the other loops of six: a fan around an end of the longest diagonal.
fn triangulated(outline: &[Point], corners_inside: usize) -> Vec<Triangle> {
    let n = outline.len();
    let diagonals = |apex: usize| {
        (2..n - 1).map(move |step| squared_distance(outline[apex], outline[(apex + step) % n]))
    };
    let fan = |apex: usize| {
        (1..n - 1)
            .map(|step| [0, step, step + 1].map(|step| outline[(apex + step) % n]))
            .collect()
    };
    match n {
        6 if corners_inside == 4 => [[0, 2, 4], [0, 1, 2], [2, 3, 4], [4, 5, 0]]
            .map(|triangle| triangle.map(|vertex| outline[vertex]))
            .to_vec(),
        7 => fan((0..n)
            .find(|apex| diagonals(*apex).min() == diagonals(*apex).max())
            .expect("a loop of seven is a mirror image of itself")),
        _ => fan((0..n)
            .max_by_key(|apex| diagonals(*apex).max())
            .expect("a loop has vertices")),
    }
}

/// Squared distance in half voxels.
fn squared_distance(a: Point, b: Point) -> i64 {
    (0..3).map(|axis| (a[axis] - b[axis]).pow(2)).sum()
}

/// The vector from `from` to `to`.
pub(super) fn difference(to: Point, from: Point) -> Point {
    std::array::from_fn(|axis| to[axis] - from[axis])
}

/// The cross product.
pub(super) fn cross(a: Point, b: Point) -> Point {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

/// The scalar product.
pub(super) fn dot(a: Point, b: Point) -> i64 {
    (0..3).map(|axis| a[axis] * b[axis]).sum()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The voxels of an n³ cube.
    pub(in super::super) fn cube(n: i64) -> BTreeSet<Position> {
        (0..n.pow(3))
            .map(|i| [i % n, i / n % n, i / n / n])
            .collect()
    }

    /// "In a regular, closed mesh, all edges are shared between exactly two faces", in opposite directions.
    fn is_closed(triangles: &[Triangle]) -> bool {
        let mut edges: BTreeMap<(Point, Point), i64> = BTreeMap::new();
        for [a, b, c] in triangles {
            for edge in [(a, b), (b, c), (c, a)] {
                *edges.entry((*edge.0, *edge.1)).or_default() += 1;
            }
        }
        edges
            .iter()
            .all(|((a, b), count)| edges.get(&(*b, *a)) == Some(count))
    }

    #[test]
    fn one_voxel_is_an_octahedron() {
        let triangles = mesh(&cube(1));
        let vertices: BTreeSet<Point> = triangles.iter().flatten().copied().collect();
        assert_eq!(triangles.len(), 8, "eight faces");
        let around: [Point; 6] = [
            [-1, 0, 0],
            [0, -1, 0],
            [0, 0, -1],
            [0, 0, 1],
            [0, 1, 0],
            [1, 0, 0],
        ];
        assert_eq!(vertices, BTreeSet::from(around), "half a voxel around");
    }

    #[test]
    fn every_configuration_of_a_cube_closes() {
        for configuration in 0_i64..256 {
            let inside: BTreeSet<Position> = corners()
                .zip(0..)
                .filter(|(_, corner)| configuration >> corner & 1 == 1)
                .map(|(position, _)| position)
                .collect();
            assert!(
                is_closed(&mesh(&inside)),
                "the mesh of the corners {configuration:#010b} is open"
            );
        }
    }

    /// The sum over all masks of 2 × 2 × 2 voxels was computed elsewhere: scikit-image 0.26.0,
    /// `marching_cubes(method="lorensen")`. Every other way to fill a bent loop changes it.
    #[test]
    fn all_masks_of_eight_voxels_have_the_area_of_the_classic_table() {
        let (mut area, mut six_volumes) = (0.0, 0);
        for configuration in 1_i64..256 {
            let inside: BTreeSet<Position> = corners()
                .zip(0..)
                .filter(|(_, corner)| configuration >> corner & 1 == 1)
                .map(|(position, _)| position)
                .collect();
            for [a, b, c] in mesh(&inside) {
                let normal = cross(difference(b, a), difference(c, a));
                area += (dot(normal, normal) as f64).sqrt() / 8.0;
                six_volumes += dot(a, cross(b, c));
            }
        }
        assert!(
            (area - 2_356.207_391_721_9).abs() < 1e-9,
            "sum of areas: {area}"
        );
        // twice the coordinates, so 2³ times the volume: 1520/3
        assert_eq!(six_volumes.abs(), 24_320, "48 times the sum of volumes");
    }

    #[test]
    fn diagonal_voxels_are_kept_apart() {
        let triangles = mesh(&[[0, 0, 0], [1, 1, 0]].into());
        assert_eq!(triangles.len(), 16, "two octahedra");
    }
}
