//! Which pixel centres lie inside polygons (manual: *Segmentation*, OQYT): the crossing number algorithm, a row at a
//! time, with the even-odd rule over all polygons of a slice, so that a polygon inside another is a hole.

/// A coordinate this near to a centre line, in pixels, lies on it. Coordinates are printed and stored with less
/// precision than they are computed with here; without this, which side a contour drawn through pixel centres runs
/// of them would be chance.
const SNAP: f64 = 1.0 / 8192.0;

/// Sets `inside` (x fastest, `size` pixels) where the centre lies inside an odd number of `polygons`, whose corners
/// are in pixels; each is closed from its last corner to its first.
///
/// A centre on a polygon's edge is inside where the polygon lies towards higher x, or for a horizontal edge towards
/// higher y, and outside otherwise: neighbouring polygons share no pixel and leave none out.
pub(super) fn fill(polygons: &[Vec<[f64; 2]>], size: [usize; 2], inside: &mut [bool]) {
    let edges: Vec<Edge> = polygons.iter().flat_map(|polygon| edges(polygon)).collect();
    let mut crossings = Vec::new();
    for (y, row) in inside.chunks_exact_mut(size[0]).enumerate() {
        let y = y as f64;
        crossings.clear();
        crossings.extend(edges.iter().filter_map(|edge| edge.crossing(y)));
        crossings.sort_by(f64::total_cmp);
        // Every polygon crosses a row an even number of times.
        for pair in crossings.chunks_exact(2) {
            let [from, to] = [pair[0], pair[1]].map(|x| first_at_or_after(x, size[0]));
            row[from..to].fill(true);
        }
    }
}

/// A line from one corner to the next.
struct Edge {
    from: [f64; 2],
    to: [f64; 2],
}

fn edges(polygon: &[[f64; 2]]) -> impl Iterator<Item = Edge> {
    let snap = |corner: [f64; 2]| {
        corner.map(|x| {
            let line = x.round();
            if (x - line).abs() <= SNAP { line } else { x }
        })
    };
    let next = polygon.iter().skip(1).chain(polygon.first());
    polygon.iter().zip(next).map(move |(from, to)| Edge {
        from: snap(*from),
        to: snap(*to),
    })
}

impl Edge {
    /// Where the row of centres at `y` crosses the edge. The lower end counts and the upper does not, so that a
    /// corner between two edges counts once, and one that only touches the row twice or never.
    fn crossing(&self, y: f64) -> Option<f64> {
        if (self.from[1] <= y) == (self.to[1] <= y) {
            return None;
        }
        // From the lower end, so that an edge shared by two polygons gives both the same bits.
        let (low, high) = if self.from[1] < self.to[1] {
            (self.from, self.to)
        } else {
            (self.to, self.from)
        };
        Some(low[0] + (y - low[1]) * (high[0] - low[0]) / (high[1] - low[1]))
    }
}

/// The first of `n` pixels whose centre lies at or after `x`, `n` if there is none.
fn first_at_or_after(x: f64, n: usize) -> usize {
    x.ceil().clamp(0.0, n as f64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(polygons: &[Vec<[f64; 2]>], size: [usize; 2]) -> Vec<String> {
        let mut inside = vec![false; size[0] * size[1]];
        fill(polygons, size, &mut inside);
        let row = |row: &[bool]| row.iter().map(|i| if *i { '#' } else { '.' }).collect();
        inside.chunks_exact(size[0]).map(row).collect()
    }

    fn rectangle([x0, y0]: [f64; 2], [x1, y1]: [f64; 2]) -> Vec<[f64; 2]> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    }

    #[test]
    fn even_odd_makes_holes_and_islands() {
        let outer = rectangle([0.5, 0.5], [6.5, 5.5]);
        let hole = rectangle([1.5, 1.5], [5.5, 4.5]);
        let island = rectangle([2.6, 2.4], [4.4, 3.4]);
        let apart = vec![[7.5, -0.5], [9.0, -0.5], [9.0, 2.2], [7.5, 0.7]];
        assert_eq!(
            filled(&[outer, hole, island, apart], [9, 7]),
            [
                "........#", //
                ".######.#",
                ".#....#..",
                ".#.##.#..",
                ".#....#..",
                ".######..",
                ".........",
            ],
            "an outer contour, a hole, an island in it, and a second contour cut by the border"
        );
    }

    #[test]
    fn edges_on_centres_belong_to_the_higher_side() {
        let rounding = 0.9 * SNAP;
        let left = rectangle([1.0, 1.0], [3.0 + rounding, 3.0 - rounding]);
        let right = rectangle([3.0 - rounding, 1.0 + rounding], [5.0, 3.0]);
        assert_eq!(
            filled(std::slice::from_ref(&left), [6, 4]),
            ["......", ".##...", ".##...", "......"]
        );
        assert_eq!(
            filled(&[left, right], [6, 4]),
            ["......", ".####.", ".####.", "......"],
            "neighbours that share an edge share no pixel"
        );
    }

    #[test]
    fn degenerate_polygons_hold_nothing() {
        for polygon in [
            vec![],
            vec![[1.0, 1.0]],
            vec![[0.0, 0.0], [3.0, 3.0]],
            vec![[1.0, 1.0]; 5],
        ] {
            let rows = filled(std::slice::from_ref(&polygon), [4, 4]);
            assert_eq!(rows, ["....", "....", "....", "...."], "{polygon:?}");
        }
    }

    /// The naive twin: the winding angles of every polygon around a centre, odd multiples counted.
    fn is_inside(polygons: &[Vec<[f64; 2]>], [x, y]: [f64; 2]) -> bool {
        let turns = |polygon: &Vec<[f64; 2]>| {
            let mut angle = 0.0;
            for (i, from) in polygon.iter().enumerate() {
                let to = polygon[(i + 1) % polygon.len()];
                let (a, b) = ([from[0] - x, from[1] - y], [to[0] - x, to[1] - y]);
                angle += (a[0] * b[1] - a[1] * b[0]).atan2(a[0] * b[0] + a[1] * b[1]);
            }
            (angle / std::f64::consts::TAU).round()
        };
        // Triangles are simple: they wind once or never.
        polygons.iter().map(turns).sum::<f64>() % 2.0 != 0.0
    }

    proptest! {
        /// Except for centres on an edge, where the angles are chance.
        #[test]
        fn triangles_agree_with_winding_angles(
            corners in proptest::collection::vec((-2.0_f64..9.0, -2.0_f64..9.0), 3..12)
        ) {
            let polygons: Vec<Vec<[f64; 2]>> = corners
                .chunks_exact(3)
                .map(|c| c.iter().map(|(x, y)| [*x, *y]).collect())
                .collect();
            let mut inside = vec![false; 8 * 7];
            fill(&polygons, [8, 7], &mut inside);
            for (i, found) in inside.iter().enumerate() {
                let centre = [(i % 8) as f64, (i / 8) as f64];
                if distance_to_edges(&polygons, centre) > 2.0 * SNAP {
                    prop_assert_eq!(*found, is_inside(&polygons, centre), "centre {:?}", centre);
                }
            }
        }
    }

    fn distance_to_edges(polygons: &[Vec<[f64; 2]>], [x, y]: [f64; 2]) -> f64 {
        let mut least = f64::INFINITY;
        for polygon in polygons {
            for (i, from) in polygon.iter().enumerate() {
                let to = polygon[(i + 1) % polygon.len()];
                let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
                let along = ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy);
                let along = if along.is_finite() {
                    along.clamp(0.0, 1.0)
                } else {
                    0.0
                };
                least = least.min((from[0] + along * dx - x).hypot(from[1] + along * dy - y));
            }
        }
        least
    }
}
