//! The tissue around and in the regions, defined at every point.
//!
//! Space is divided into one cell a region: the slab of its slices, and in it what lies nearer to its centre than to
//! another's. A cell holds one tissue, or two that meet at a bumpy surface which leaves the stated share of the region to
//! the second (`sites.csv`). Each tissue has a level, a correlated Gaussian field of its own, scaled to the standard
//! deviation stated for the cell, and inclusions: small blobs whose heights have a heavy tail.

use std::sync::LazyLock;

use rand_chacha::rand_core::Rng;
use serde::Deserialize;

use super::placement::{Placement, placements};
use crate::{
    field::{Axes, GaussianField},
    random::{Draws, generator},
};

/// Intensities are clipped to this range, in HU.
const RANGE: [f64; 2] = [-1000.0, 1500.0];

/// Half the width of the transition between two tissues, in mm.
const TRANSITION_MM: f64 = 0.75;

/// Height and spacing of the bumps of a boundary in a region of 8 mL, in mm.
const BUMPS_MM: [f64; 2] = [0.5, 7.0];

/// What the streams of a seed are for. A tissue's fields have the streams `FIELDS + 2·tissue` and the next.
mod stream {
    pub(super) const SITE: u64 = 100;
    pub(super) const BUMPS: u64 = 200;
    pub(super) const INCLUSIONS: u64 = 201;
    pub(super) const FIELDS: u64 = 300;
}

/// A tissue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tissue {
    Lung,
    Fat,
    Soft,
    Bone,
}

impl Tissue {
    const ALL: [Self; 4] = [Self::Lung, Self::Fat, Self::Soft, Self::Bone];

    /// In HU.
    fn level(self) -> f64 {
        match self {
            Self::Lung => -760.0,
            Self::Fat => -100.0,
            Self::Soft => 50.0,
            Self::Bone => 250.0,
        }
    }

    /// Lattice spacings of its fine and its coarse field, in mm.
    fn grains_mm(self) -> [f64; 2] {
        match self {
            Self::Lung => [1.8, 4.0],
            Self::Fat | Self::Soft => [1.2, 3.0],
            Self::Bone => [1.5, 3.0],
        }
    }

    /// The least height of an inclusion, in HU. Vessels in lung, strands in fat, dense trabeculae in bone; in soft
    /// tissue both fat and calcifications.
    fn inclusion(self, is_high: bool) -> f64 {
        match self {
            Self::Lung => 180.0,
            Self::Fat => 45.0,
            Self::Soft if is_high => 45.0,
            Self::Soft => -45.0,
            Self::Bone => 120.0,
        }
    }

    /// Its field at all points of a grid: variance 1.
    fn field(self, seed: u64, axes: &Axes) -> Vec<f64> {
        let field = |which: usize| {
            let field = GaussianField {
                seed,
                stream: stream::FIELDS + 2 * self as u64 + which as u64,
                spacing_mm: self.grains_mm()[which],
            };
            field.sample(axes)
        };
        let (mut fine, coarse) = (field(0), field(1));
        for (fine, coarse) in fine.iter_mut().zip(coarse) {
            *fine = 0.8 * *fine + 0.6 * coarse;
        }
        fine
    }
}

/// What `sites.csv` says of a region.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    roi: String,
    tissue: Tissue,
    /// Its level here and its standard deviation, in HU.
    level: f64,
    sd: f64,
    /// The second tissue, its standard deviation and the share of the region that is left to it.
    other: Option<Tissue>,
    other_sd: Option<f64>,
    share: Option<f64>,
    /// Inclusions per mL.
    inclusions: Option<f64>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_bytes!("sites.csv").as_slice())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("sites.csv is read by a test")
});

/// The scene of a seed.
pub(super) struct Scene {
    seed: u64,
    /// In the order of the placements.
    sites: Vec<Site>,
}

/// A region and the cell around it.
struct Site {
    centre_mm: [f64; 3],
    first: Part,
    second: Option<(Part, Boundary)>,
    inclusions_per_ml: f64,
}

#[derive(Clone, Copy)]
struct Part {
    tissue: Tissue,
    level: f64,
    sd: f64,
}

/// A bumpy plane; what lies beyond it is the second tissue.
struct Boundary {
    normal: [f64; 3],
    /// From the centre along the normal, in mm.
    offset_mm: f64,
    bumps_mm: f64,
}

/// A small ball, highest in its middle.
struct Inclusion {
    centre_mm: [f64; 3],
    radius_mm: f64,
    height: f64,
}

impl Scene {
    pub(super) fn new(seed: u64) -> Self {
        let row = |placement: &Placement| {
            let row = ROWS.iter().find(|row| row.roi == placement.name);
            row.expect("there is a site for every region, which a test checks")
        };
        let sites = placements().iter().zip(0..);
        Self {
            seed,
            sites: sites
                .map(|(placement, index)| Site::new(placement, row(placement), seed, index))
                .collect(),
        }
    }

    /// Whole HU at all points of a grid, x fastest.
    pub(super) fn sample(&self, axes: &Axes) -> Vec<f64> {
        let sites = self.sites_of(axes);
        let used = |tissue: Tissue| {
            sites.iter().any(|site| {
                let site = &self.sites[usize::from(*site)];
                let second = site.second.as_ref().map(|(part, _)| part.tissue);
                site.first.tissue == tissue || second == Some(tissue)
            })
        };
        let fields = Tissue::ALL.map(|tissue| {
            let field = used(tissue).then(|| tissue.field(self.seed, axes));
            field.unwrap_or_default()
        });
        let bumps = GaussianField {
            seed: self.seed,
            stream: stream::BUMPS,
            spacing_mm: BUMPS_MM[1],
        };
        let bumps = bumps.sample(axes);
        let inclusions = self.inclusions(axes);

        let mut image = Vec::with_capacity(sites.len());
        for z in &axes[2] {
            for y in &axes[1] {
                for x in &axes[0] {
                    let at = image.len();
                    let site = &self.sites[usize::from(sites[at])];
                    let value =
                        |part: Part| part.level + part.sd * fields[part.tissue as usize][at];
                    let mut intensity = value(site.first);
                    if let Some((second, boundary)) = &site.second {
                        let there = [
                            x - site.centre_mm[0],
                            y - site.centre_mm[1],
                            z - site.centre_mm[2],
                        ];
                        let share = boundary.share_beyond(there, bumps[at]);
                        intensity = (1.0 - share) * intensity + share * value(*second);
                    }
                    let intensity = intensity + inclusions[at];
                    image.push(intensity.clamp(RANGE[0], RANGE[1]).round());
                }
            }
        }
        image
    }

    /// The site of every point.
    fn sites_of(&self, axes: &Axes) -> Vec<u8> {
        let mut sites = Vec::with_capacity(axes.iter().map(Vec::len).product());
        for z in &axes[2] {
            let slab = self.slab(*z);
            for y in &axes[1] {
                sites.extend(axes[0].iter().map(|x| self.site([*x, *y], &slab)));
            }
        }
        sites
    }

    /// The sites of the slab that a slice lies in: those whose centres are nearest along z.
    fn slab(&self, z: f64) -> Vec<u8> {
        let distance = |site: &Site| (site.centre_mm[2] - z).abs();
        let least = self
            .sites
            .iter()
            .map(distance)
            .fold(f64::INFINITY, f64::min);
        // Centres of one slab lie half a voxel apart at most.
        let is_near = |(index, site): (u8, &Site)| (distance(site) <= least + 1.0).then_some(index);
        (0..).zip(&self.sites).filter_map(is_near).collect()
    }

    /// The site in the slab whose centre is nearest in the plane; the first of those that are equally near.
    fn site(&self, [x, y]: [f64; 2], slab: &[u8]) -> u8 {
        let mut nearest = (f64::INFINITY, 0);
        for index in slab {
            let [cx, cy, _] = self.sites[usize::from(*index)].centre_mm;
            let square = (x - cx) * (x - cx) + (y - cy) * (y - cy);
            if square < nearest.0 {
                nearest = (square, *index);
            }
        }
        nearest.1
    }

    /// What inclusions add at all points of a grid, in HU.
    ///
    /// Inclusions lie in cubes of [`Inclusion::CUBE_MM`], one at most in each. They are added in the order of the cubes,
    /// so that a point has the same bits whatever the grid.
    fn inclusions(&self, axes: &Axes) -> Vec<f64> {
        let [nx, ny, _] = axes.each_ref().map(Vec::len);
        let mut sum = vec![0.0; axes.iter().map(Vec::len).product()];
        let cubes = axes.each_ref().map(|axis| {
            let cube = |mm: f64| (mm / Inclusion::CUBE_MM).floor() as i64;
            let (first, last) = (axis.first(), axis.last());
            let [first, last] = [first, last].map(|mm| mm.map_or(0, |mm| cube(*mm)));
            first - 1..=last + 1
        });
        let mut generator = generator(self.seed, stream::INCLUSIONS);
        for k in cubes[2].clone() {
            for j in cubes[1].clone() {
                for i in cubes[0].clone() {
                    let place = [i, j, k].map(|index| (index + (1 << 19)) as u64);
                    generator
                        .set_word_pos(16 * u128::from(place[2] << 40 | place[1] << 20 | place[0]));
                    let words = [0; 8].map(|_| generator.next_u32());
                    let Some(inclusion) = self.inclusion([i, j, k], words) else {
                        continue;
                    };
                    let spans = inclusion.spans(axes);
                    for z in spans[2].clone() {
                        for y in spans[1].clone() {
                            for x in spans[0].clone() {
                                let point = [axes[0][x], axes[1][y], axes[2][z]];
                                sum[x + nx * (y + ny * z)] += inclusion.height_at(point);
                            }
                        }
                    }
                }
            }
        }
        sum
    }

    /// The inclusion of a cube, if it has one.
    fn inclusion(&self, cube: [i64; 3], words: [u32; 8]) -> Option<Inclusion> {
        let uniform = words.map(|word| f64::from(word) / 4_294_967_296.0);
        let centre_mm: [f64; 3] =
            std::array::from_fn(|axis| (cube[axis] as f64 + uniform[axis]) * Inclusion::CUBE_MM);
        let site = self.site([centre_mm[0], centre_mm[1]], &self.slab(centre_mm[2]));
        let site = &self.sites[usize::from(site)];
        let cube_ml = Inclusion::CUBE_MM * Inclusion::CUBE_MM * Inclusion::CUBE_MM / 1000.0;
        if uniform[3] >= site.inclusions_per_ml * cube_ml {
            return None;
        }
        // A Pareto tail of exponent 2, cut off at five times the least height.
        let tail = (1.0 / (1.0 - uniform[4]).sqrt()).min(5.0);
        Some(Inclusion {
            centre_mm,
            radius_mm: 1.2 + 1.3 * uniform[5],
            height: tail * site.first.tissue.inclusion(uniform[6] < 0.3),
        })
    }
}

impl Site {
    fn new(placement: &Placement, row: &Row, seed: u64, index: u64) -> Self {
        let mut draws = Draws::new(seed, stream::SITE + index);
        let scale = placement.size.scale();
        let second = row.other.zip(row.other_sd).zip(row.share);
        let second = second.map(|((tissue, sd), share)| {
            let normal = draws.direction();
            let boundary = Boundary {
                normal,
                offset_mm: offset_that_leaves(share, placement, normal),
                bumps_mm: BUMPS_MM[0] * scale,
            };
            let level = tissue.level();
            (Part { tissue, level, sd }, boundary)
        });
        Self {
            centre_mm: placement.centre_mm,
            first: Part {
                tissue: row.tissue,
                level: row.level,
                sd: row.sd,
            },
            second,
            inclusions_per_ml: row.inclusions.unwrap_or(0.0),
        }
    }
}

/// How far along `normal` a plane has to lie for `share` of the solid to lie beyond it: found on a lattice of points.
fn offset_that_leaves(share: f64, placement: &Placement, normal: [f64; 3]) -> f64 {
    let solid = placement.solid();
    let step = 2.0 * placement.size.scale();
    let range = || (-12..12).map(|i| (f64::from(i) + 0.5) * step);
    let mut heights = Vec::new();
    for z in range() {
        for y in range() {
            let points = range()
                .map(|x| [x, y, z])
                .filter(|point| solid.holds(*point));
            heights.extend(points.map(|point| dot(point, normal)));
        }
    }
    heights.sort_by(|a, b| b.total_cmp(a));
    heights[((share * heights.len() as f64) as usize).min(heights.len() - 1)]
}

impl Boundary {
    /// How much of a point, in mm from the centre, belongs to the second tissue: 0 or 1 but for the transition.
    fn share_beyond(&self, there: [f64; 3], bump: f64) -> f64 {
        let beyond = dot(there, self.normal) - self.offset_mm + self.bumps_mm * bump;
        let t = (0.5 + 0.5 * beyond / TRANSITION_MM).clamp(0.0, 1.0);
        t * t * (3.0 - 2.0 * t)
    }
}

impl Inclusion {
    /// Edge of the cubes that hold one inclusion at most, in mm; more than the largest radius.
    const CUBE_MM: f64 = 4.0;

    fn height_at(&self, point: [f64; 3]) -> f64 {
        let there: [f64; 3] = std::array::from_fn(|axis| point[axis] - self.centre_mm[axis]);
        let rest = (1.0 - dot(there, there) / (self.radius_mm * self.radius_mm)).max(0.0);
        self.height * rest * rest
    }

    /// The points along each axis that it may reach.
    fn spans(&self, axes: &Axes) -> [std::ops::Range<usize>; 3] {
        std::array::from_fn(|axis| {
            let before = |mm: f64| axes[axis].partition_point(|position| *position < mm);
            let centre = self.centre_mm[axis];
            before(centre - self.radius_mm)..before(centre + self.radius_mm)
        })
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_site_for_every_region() {
        let names: Vec<&str> = placements().iter().map(|one| one.name.as_str()).collect();
        let rows: Vec<&str> = ROWS.iter().map(|row| row.roi.as_str()).collect();
        assert_eq!(names, rows, "regions and sites, in one order");
        for row in ROWS.iter() {
            assert_eq!(row.other.is_some(), row.share.is_some(), "{}", row.roi);
            assert_eq!(row.other.is_some(), row.other_sd.is_some(), "{}", row.roi);
            let off = (row.level - row.tissue.level()).abs();
            assert!(
                off <= 75.0 || row.tissue == Tissue::Bone && off <= 200.0,
                "{}",
                row.roi
            );
            assert!(row.other != Some(row.tissue), "{}: two tissues", row.roi);
            assert!(
                row.share.is_none_or(|share| share > 0.0 && share <= 0.5),
                "{}",
                row.roi
            );
        }
    }

    /// A small volume has the bits of the same points in a larger one, alone and in the other phantom's grid.
    #[test]
    fn a_point_has_the_same_bits_whatever_the_grid() {
        let scene = Scene::new(9);
        let range = |from: f64, count: usize| -> Vec<f64> {
            (0..count).map(|i| from + 1.5 * i as f64).collect()
        };
        // Across cells of four regions and two slabs.
        let axes = [range(168.0, 20), range(228.0, 16), range(580.0, 12)];
        let whole = scene.sample(&axes);
        let part = [
            axes[0][5..9].to_vec(),
            axes[1][3..].to_vec(),
            vec![axes[2][7]],
        ];
        let mut values = scene.sample(&part).into_iter();
        for y in 3..16 {
            for x in 5..9 {
                assert_eq!(
                    values.next(),
                    Some(whole[x + 20 * (y + 16 * 7)]),
                    "{x}, {y}"
                );
            }
        }
        let levels = whole.iter().filter(|v| **v < -500.0).count();
        assert!(
            levels > 0 && levels < whole.len(),
            "several tissues: {levels}"
        );
    }

    /// Without bumps, a plane leaves the share that is asked for.
    #[test]
    fn boundaries_leave_their_share() {
        for placement in placements() {
            for share in [0.04, 0.3, 0.5] {
                let normal = [0.48, -0.6, 0.64];
                let offset = offset_that_leaves(share, placement, normal);
                let solid = placement.solid();
                let step = 0.9 * placement.size.scale();
                let (mut all, mut beyond) = (0.0, 0.0);
                let range = || (-24..24).map(|i| (f64::from(i) + 0.5) * step);
                for z in range() {
                    for y in range() {
                        for point in range().map(|x| [x, y, z]).filter(|p| solid.holds(*p)) {
                            all += 1.0;
                            beyond += f64::from(u8::from(dot(point, normal) > offset));
                        }
                    }
                }
                let found: f64 = beyond / all;
                assert!(
                    (found - share).abs() < 0.02,
                    "{}: {found} of {share}",
                    placement.name
                );
            }
        }
    }
}
