//! The surface mesh of a mask (WRJH): marching cubes at level 0.5.
//!
//! W. E. Lorensen and H. E. Cline, *Marching cubes: a high resolution 3D surface construction algorithm*, Computer
//! Graphics 21(4), 1987, pp. 163–169. A cell is the cube between eight neighbouring voxel centres; which of its
//! corners lie inside the mask is its *case*, one of 256. As a mask knows only 0 and 1, every mesh vertex is the
//! midpoint of a cell edge, and the triangles of a cell depend on its case alone. So the mesh need never be built:
//! counting the cells of each case, and adding up where they are, gives the volume exactly and the area to rounding.
//!
//! Where a cell face has its inside corners on a diagonal only, the mesh keeps the two corners apart. The choice
//! depends on the face alone, so that neighbouring cells agree and the mesh is closed.

use std::sync::LazyLock;

use super::vector::{cross, dot, norm};
use crate::volume::Mask;

/// A point of a cell, in half voxels from its first corner: 0 and 2 are corners, 1 is the middle of an edge.
type CellPoint = [u8; 3];

/// A triangle of a cell; seen from outside the mask it runs counter-clockwise.
type CellTriangle = [CellPoint; 3];

/// The cases that are not rotations or mirror images of one another: the corners inside (bit `x + 2y + 4z`), and the
/// polygons of the surface, each a list of points in half voxels that is cut into triangles by a fan from its first
/// point. Which fan matters where a polygon is not flat; these are the ones of the published table of cases.
const BASE_CASES: [(u8, &[&str]); 20] = [
    (0b0000_0001, &["100 010 001"]),
    (0b0000_0011, &["201 210 010 001"]),
    (0b0000_0110, &["120 021 010", "201 210 100"]),
    (0b0001_1000, &["012 102 001", "210 221 120"]),
    (0b0000_0111, &["201 210 120 021 001"]),
    (0b0001_0110, &["012 102 001", "120 021 010", "201 210 100"]),
    (0b0001_1001, &["012 102 100 010", "210 221 120"]),
    (0b0000_1111, &["201 221 021 001"]),
    (0b0001_0111, &["102 201 210 120 021 012"]),
    (0b0001_1011, &["102 201 221 120 010 012"]),
    (0b0001_1110, &["012 102 001", "201 221 021 010 100"]),
    (0b0011_1100, &["012 212 201 001", "210 221 021 010"]),
    (
        0b0110_1001,
        &["100 010 001", "021 122 012", "212 201 102", "210 221 120"],
    ),
    (0b0001_1111, &["201 221 021 012 102"]),
    (0b0011_1101, &["100 210 221 021 012 212 201"]),
    (0b0110_1011, &["102 212 221 120 010 001", "021 122 012"]),
    (0b0011_1111, &["212 221 021 012"]),
    (0b0110_1111, &["221 122 012 001 102 212"]),
    (0b0111_1110, &["010 100 001", "212 221 122"]),
    (0b0111_1111, &["212 221 122"]),
];

/// The triangles of all 256 cases.
static CASES: LazyLock<[Vec<CellTriangle>; 256]> = LazyLock::new(|| {
    let mut cases = [const { Vec::new() }; 256];
    for (corners, polygons) in BASE_CASES {
        let triangles: Vec<_> = polygons.iter().flat_map(|polygon| fan(polygon)).collect();
        for symmetry in Symmetry::all() {
            let case = &mut cases[usize::from(symmetry.corners(corners))];
            if case.is_empty() {
                *case = triangles.iter().map(|t| symmetry.triangle(*t)).collect();
            }
        }
    }
    cases
});

/// Cuts a polygon of [`BASE_CASES`] into triangles that share its first point.
fn fan(polygon: &str) -> Vec<CellTriangle> {
    let points: Vec<CellPoint> = polygon
        .split(' ')
        .map(|point| std::array::from_fn(|axis| point.as_bytes()[axis] - b'0'))
        .collect();
    points[1..]
        .windows(2)
        .map(|edge| [points[0], edge[0], edge[1]])
        .collect()
}

/// One of the 48 ways to lay a cube onto itself: axes are exchanged, then mirrored.
#[derive(Clone, Copy)]
struct Symmetry {
    source_axis: [usize; 3],
    is_mirrored: [bool; 3],
}

impl Symmetry {
    fn all() -> impl Iterator<Item = Self> {
        const PERMUTATIONS: [[usize; 3]; 6] = [
            [0, 1, 2],
            [1, 2, 0],
            [2, 0, 1],
            [0, 2, 1],
            [1, 0, 2],
            [2, 1, 0],
        ];
        PERMUTATIONS.into_iter().flat_map(|source_axis| {
            (0..8).map(move |mirrors| Self {
                source_axis,
                is_mirrored: std::array::from_fn(|axis| mirrors >> axis & 1 == 1),
            })
        })
    }

    fn point(self, point: CellPoint) -> CellPoint {
        std::array::from_fn(|axis| {
            let along = point[self.source_axis[axis]];
            if self.is_mirrored[axis] {
                2 - along
            } else {
                along
            }
        })
    }

    fn corners(self, corners: u8) -> u8 {
        (0..8)
            .filter(|corner| corners >> corner & 1 == 1)
            .map(|corner| {
                let [x, y, z] = self.point([0, 1, 2].map(|axis| (corner >> axis & 1) * 2));
                1 << (x / 2 + y + z * 2)
            })
            .sum()
    }

    /// The image of a triangle, still counter-clockwise from outside: a reflection needs its points in reverse.
    fn triangle(self, triangle: CellTriangle) -> CellTriangle {
        let [a, b, c] = triangle.map(|point| self.point(point));
        let cyclic = (self.source_axis[0] + 1) % 3 == self.source_axis[1];
        let mirrors = self.is_mirrored.into_iter().filter(|m| *m).count();
        if cyclic == mirrors.is_multiple_of(2) {
            [a, b, c]
        } else {
            [a, c, b]
        }
    }
}

/// What the surface mesh of a mask encloses and measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Surface {
    /// Enclosed volume in mm³.
    pub volume_mm3: f64,
    /// Area in mm².
    pub area_mm2: f64,
}

/// How many cells of one case there are, and the sum of their positions.
#[derive(Clone, Copy, Default)]
struct Tally {
    cells: i64,
    position: [i64; 3],
}

impl Surface {
    /// The surface of a mask that is surrounded by nothing: beyond the edge of the grid all is outside.
    ///
    /// Volume: with doubled coordinates the signed volume of the tetrahedron between a triangle `a b c` and the
    /// origin is `a·(b×c) / 48` voxels. For a cell at `o` (doubled) it is
    /// ```text
    /// (o+a)·((o+b)×(o+c)) = a·(b×c) + o·(a×b + b×c + c×a)
    /// ```
    /// so the cells of one case add up to integers from their number and the sum of their positions.
    pub fn of(mask: &Mask) -> Self {
        let spacing_mm = mask.grid().spacing_mm;
        let mut sixfold_volume = 0_i64;
        let mut area_mm2 = 0.0;
        for (triangles, tally) in CASES.iter().zip(tally_cases(mask, true)) {
            let mut case_area_mm2 = 0.0;
            for triangle in triangles {
                let [a, b, c] = triangle.map(|point| point.map(i64::from));
                let flat = [cross(a, b), cross(b, c), cross(c, a)];
                let twice_area: [i64; 3] =
                    std::array::from_fn(|axis| flat.iter().map(|product| product[axis]).sum());
                sixfold_volume +=
                    tally.cells * dot(a, flat[1]) + 2 * dot(tally.position, twice_area);
                let [x, y, z] = twice_area.map(|component| component as f64);
                let [sx, sy, sz] = spacing_mm;
                case_area_mm2 += (x * sy * sz).hypot((y * sz * sx).hypot(z * sx * sy)) / 8.0;
            }
            area_mm2 += tally.cells as f64 * case_area_mm2;
        }
        Self {
            volume_mm3: sixfold_volume.abs() as f64 / 48.0 * mask.grid().voxel_volume_mm3(),
            area_mm2,
        }
    }
}

impl Surface {
    /// The surface at another `level` than 0.5, where mesh vertices are no midpoints: at 1 they are the centres of the
    /// voxels inside, at 0 those of the voxels outside. A mask that is not padded has no surface where it touches the
    /// edge of its grid; the volume of what is then open is seen from the centre of the first voxel.
    pub fn at_level(mask: &Mask, level: f64, is_padded: bool) -> Self {
        let spacing_mm = mask.grid().spacing_mm;
        let (mut sixfold_volume, mut area_mm2) = (0.0, 0.0);
        for (case, tally) in tally_cases(mask, is_padded).into_iter().enumerate() {
            let position: [f64; 3] = std::array::from_fn(|axis| {
                (tally.position[axis] - tally.cells) as f64 * spacing_mm[axis]
            });
            for triangle in &CASES[case] {
                let [a, b, c] = triangle.map(|point| {
                    let at = along_edge(point, case, level);
                    std::array::from_fn(|axis| at[axis] * spacing_mm[axis])
                });
                let flat = [cross(a, b), cross(b, c), cross(c, a)];
                let twice_area: [f64; 3] =
                    std::array::from_fn(|axis| flat.iter().map(|product| product[axis]).sum());
                sixfold_volume += tally.cells as f64 * dot(a, flat[1]) + dot(position, twice_area);
                area_mm2 += tally.cells as f64 * norm(twice_area) / 2.0;
            }
        }
        Self {
            volume_mm3: sixfold_volume.abs() / 6.0,
            area_mm2,
        }
    }
}

/// Where the surface at `level` cuts the edge of which `point` is the middle, in voxels from the cell's first corner.
fn along_edge(point: CellPoint, case: usize, level: f64) -> [f64; 3] {
    let first = [0, 1, 2]
        .map(|axis| usize::from(point[axis] == 2) << axis)
        .iter()
        .sum::<usize>();
    let is_first_inside = case >> first & 1 == 1;
    point.map(|half_voxels| match half_voxels {
        1 if is_first_inside => 1.0 - level,
        1 => level,
        corner => f64::from(corner) / 2.0,
    })
}

/// Counts the cells of each case, the mask padded with one layer of nothing or not.
fn tally_cases(mask: &Mask, is_padded: bool) -> [Tally; 256] {
    let [nx, ny, nz] = mask.size();
    let flat = mask.as_slice();
    let outside = vec![false; nx];
    // The row y - 1, z - 1: cells, and rows of voxels, are numbered from 0 with the padding.
    let row = |y: usize, z: usize| {
        if (1..=ny).contains(&y) && (1..=nz).contains(&z) {
            let start = nx * (y - 1 + ny * (z - 1));
            &flat[start..start + nx]
        } else {
            &outside
        }
    };
    let is_counted = |cell: [usize; 3]| {
        let mut axes = cell.into_iter().zip([nx, ny, nz]);
        is_padded || axes.all(|(at, n)| (1..n).contains(&at))
    };
    let mut tallies = [Tally::default(); 256];
    for z in 0..=nz {
        for y in 0..=ny {
            let rows = [row(y, z), row(y + 1, z), row(y, z + 1), row(y + 1, z + 1)];
            let mut case = 0_u8;
            for x in 0..=nx {
                // The corners that were ahead in x are now behind.
                case = case >> 1 & 0b0101_0101;
                if x < nx {
                    for (corner, row) in rows.iter().enumerate() {
                        case |= u8::from(row[x]) << (2 * corner + 1);
                    }
                }
                if case != 0 && case != u8::MAX && is_counted([x, y, z]) {
                    let tally = &mut tallies[usize::from(case)];
                    tally.cells += 1;
                    for (sum, at) in tally.position.iter_mut().zip([x, y, z]) {
                        *sum += at as i64;
                    }
                }
            }
        }
    }
    tallies
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashMap,
        f64::consts::{PI, SQRT_2},
    };

    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        feature::morphology::{
            samples::{any_mask, cube, mask_of},
            vector::{minus, norm},
        },
        volume::Grid,
    };

    /// The mesh as a list of triangles in doubled voxel coordinates, cell by cell.
    fn triangles(mask: &Mask) -> Vec<[[i64; 3]; 3]> {
        let [nx, ny, nz] = mask.size().map(|n| n as i64);
        let inside = |x: i64, y: i64, z: i64| {
            (0..nx).contains(&x)
                && (0..ny).contains(&y)
                && (0..nz).contains(&z)
                && mask.voxels()[[x as usize, y as usize, z as usize]]
        };
        let mut all = Vec::new();
        for z in -1..nz {
            for y in -1..ny {
                for x in -1..nx {
                    let case: usize = (0..8)
                        .filter(|i| inside(x + (i & 1), y + (i >> 1 & 1), z + (i >> 2)))
                        .map(|i| 1 << i)
                        .sum();
                    all.extend(CASES[case].iter().map(|triangle| {
                        triangle.map(|[a, b, c]| {
                            [
                                2 * x + i64::from(a),
                                2 * y + i64::from(b),
                                2 * z + i64::from(c),
                            ]
                        })
                    }));
                }
            }
        }
        all
    }

    #[test]
    fn every_case_but_two_has_triangles() {
        let empty: Vec<_> = (0..256).filter(|case| CASES[*case].is_empty()).collect();
        assert_eq!(
            empty,
            [0, 255],
            "all outside and all inside have no surface"
        );
    }

    #[test]
    fn cubes_have_their_closed_form() {
        for n in 1..=6_usize {
            let surface = Surface::of(&cube(n, [1.0; 3]));
            let edge = (n - 1) as f64;
            let volume = (n as f64).powi(3) - 1.5 * edge - 5.0 / 6.0;
            let area = 6.0 * edge * edge + 12.0 * edge / SQRT_2 + 3.0_f64.sqrt();
            assert_relative_eq!(surface.volume_mm3, volume, max_relative = 1e-14);
            assert_relative_eq!(surface.area_mm2, area, max_relative = 1e-14);
        }
    }

    #[test]
    fn a_large_ball_has_the_volume_of_a_ball() {
        let centre = [20.0; 3];
        let mask = mask_of(Grid::axis_aligned([41; 3], [1.0; 3]), |at| {
            let distance: f64 = (0..3).map(|a| (at[a] as f64 - centre[a]).powi(2)).sum();
            distance < 19.5 * 19.5
        });
        assert_relative_eq!(
            Surface::of(&mask).volume_mm3,
            4.0 / 3.0 * PI * 19.5_f64.powi(3),
            max_relative = 0.01
        );
    }

    proptest! {
        #[test]
        fn mesh_is_closed_and_consistently_oriented(mask in any_mask(5)) {
            let mut edges: HashMap<_, i32> = HashMap::new();
            for triangle in triangles(&mask) {
                for i in 0..3 {
                    *edges.entry((triangle[i], triangle[(i + 1) % 3])).or_default() += 1;
                }
            }
            for ((a, b), count) in &edges {
                prop_assert_eq!(*count, 1, "edge {:?} {:?} used once in this direction", a, b);
                prop_assert_eq!(edges.get(&(*b, *a)), Some(&1), "edge {:?} {:?} has its opposite", a, b);
            }
        }

        #[test]
        fn counting_cases_equals_summing_triangles(mask in any_mask(5)) {
            let spacing = mask.grid().spacing_mm;
            let (mut volume, mut area) = (0.0, 0.0);
            for triangle in triangles(&mask) {
                let [a, b, c] = triangle.map(|p| {
                    std::array::from_fn::<_, 3, _>(|axis| p[axis] as f64 / 2.0 * spacing[axis])
                });
                volume += dot(a, cross(b, c)) / 6.0;
                area += norm(cross(minus(b, a), minus(c, a))) / 2.0;
            }
            let surface = Surface::of(&mask);
            prop_assert!(volume >= 0.0, "faces look outwards: {}", volume);
            prop_assert!((surface.volume_mm3 - volume).abs() <= 1e-10 * (1.0 + volume),
                "volume {} vs {}", surface.volume_mm3, volume);
            prop_assert!((surface.area_mm2 - area).abs() <= 1e-12 * (1.0 + area),
                "area {} vs {}", surface.area_mm2, area);
        }
    }
}
