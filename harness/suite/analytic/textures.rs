//! Textures whose matrices can be written down.
//!
//! In a block of voxels, `C(δ, r) = Π max(nᵢ − (r−1)·|δᵢ|, 0)` stretches of `r` voxels lie along the direction δ; so
//! there are `C(δ, 2)` pairs of neighbours, and `C(δ, r) − 2·C(δ, r+1) + C(δ, r+2)` lines from border to border have `r`
//! voxels. In each texture here a direction either keeps the level (a line is one run, a pair has equal levels) or
//! changes it with every step (all runs have length 1), and which is told by δ. Levels are equally frequent among runs,
//! zones and dependences, so that features of two factors are products.

use std::collections::BTreeMap;

use radgauge_engine::volume::{Image, Mask};
use radgauge_phantoms::analytic::texture::{self, SIZE};

use super::{Known, case};
use crate::suite::SuiteCase;

const SOURCE: &str = "closed form of the texture's matrices";

/// A texture of the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Texture {
    Constant,
    Stripes,
    Checkerboard,
    Ramp,
}

const TEXTURES: [(Texture, &str, &str); 4] = [
    (Texture::Constant, "constant", "one grey level"),
    (
        Texture::Stripes,
        "stripes",
        "slabs of two grey levels across x",
    ),
    (
        Texture::Checkerboard,
        "checkerboard",
        "voxels of two grey levels in turn",
    ),
    (Texture::Ramp, "ramp", "grey levels that grow along x"),
];

pub(super) fn cases() -> Vec<SuiteCase> {
    let [a, b, c] = SIZE;
    let textures = TEXTURES.iter().enumerate();
    textures
        .map(|(number, (texture, name, what))| {
            let title = format!("block of {a} × {b} × {c} voxels: {what}");
            let settings = "features.families = ['stat', 'ih', 'glcm', 'glrlm', 'glszm', 'gldzm', 'ngtdm', 'ngldm']";
            case(name, title, (make, number), settings, texture.known())
        })
        .collect()
}

fn make(number: usize) -> (Image, Mask) {
    match TEXTURES[number].0 {
        Texture::Constant => texture::constant(),
        Texture::Stripes => texture::stripes(),
        Texture::Checkerboard => texture::checkerboard(),
        Texture::Ramp => texture::ramp(),
    }
}

/// A direction, in voxels.
type Direction = [i64; 3];

/// The 13 directions of a volume, or the 4 of a slice.
pub(super) fn directions(is_in_slice: bool) -> Vec<Direction> {
    let mut directions = Vec::new();
    for z in 0..=1 {
        for y in -1..=1 {
            for x in -1..=1 {
                // One of each two opposite ones.
                if [z, y, x] > [0; 3] && !(is_in_slice && z > 0) {
                    directions.push([x, y, z]);
                }
            }
        }
    }
    directions
}

/// `C(δ, r)` of the module.
pub(super) fn stretches(size: [usize; 3], direction: Direction, r: usize) -> i64 {
    let along = |axis: usize| size[axis] as i64 - (r as i64 - 1) * direction[axis].abs();
    (0..3).map(|axis| along(axis).max(0)).product()
}

/// How often runs, zones or dependences have a length, size, distance or count.
type Counts = BTreeMap<u64, f64>;

impl Texture {
    /// The grey levels, all equally frequent.
    fn levels(self) -> Vec<f64> {
        match self {
            Self::Constant => vec![3.0],
            Self::Stripes | Self::Checkerboard => vec![1.0, 2.0],
            Self::Ramp => (1..=SIZE[0]).map(|level| level as f64).collect(),
        }
    }

    /// Whether the level changes with every step along a direction.
    fn changes_along(self, [x, y, z]: Direction) -> bool {
        match self {
            Self::Constant => false,
            Self::Stripes | Self::Ramp => x != 0,
            Self::Checkerboard => (x + y + z) % 2 != 0,
        }
    }

    fn known(self) -> Vec<Known> {
        let mut values = self.intensities();
        values.extend(self.co_occurrences());
        values.extend(self.runs());
        values.extend(self.zones());
        values.extend(self.neighbourhoods());
        let known = values.into_iter();
        known
            .map(|(key, value)| Known::exact(key, value, SOURCE))
            .collect()
    }

    /// Levels 1 … n, or one level: moments of a uniform distribution.
    fn intensities(self) -> Vec<(String, f64)> {
        let levels = self.levels();
        let n = levels.len() as f64;
        let (lowest, highest) = (levels[0], levels[levels.len() - 1]);
        let mean = (lowest + highest) / 2.0;
        let variance = (n * n - 1.0) / 12.0;
        let kurtosis = if levels.len() == 1 {
            0.0
        } else {
            -6.0 * (n * n + 1.0) / (5.0 * (n * n - 1.0))
        };
        let voxels = SIZE.iter().product::<usize>() as f64;
        let square = mean * mean + variance;
        let key = |family: &str, code: &str| format!("{family}/-/{code}");
        vec![
            (key("stat", "Q4LE"), mean),
            (key("stat", "ECT3"), variance),
            (key("stat", "KE2A"), 0.0),
            (key("stat", "IPH6"), kurtosis),
            (key("stat", "1GSF"), lowest),
            (key("stat", "84IY"), highest),
            (key("stat", "2OJQ"), highest - lowest),
            (key("stat", "7TET"), variance.sqrt() / mean),
            (key("stat", "N8CA"), voxels * square),
            (key("stat", "5ZWQ"), square.sqrt()),
            (key("ih", "X6K6"), mean),
            (key("ih", "CH89"), variance),
            (key("ih", "88K1"), 0.0),
            (key("ih", "C3I7"), kurtosis),
            (key("ih", "TLU2"), n.log2()),
            (key("ih", "BJ5W"), 1.0 / n),
        ]
    }

    /// The aggregations in which levels are equally frequent: a slice of the checkerboard has diagonals with more voxels
    /// of one level than of the other.
    fn aggregations(self) -> &'static [&'static str] {
        match self {
            Self::Checkerboard => &["25d_avg", "25d_mrg", "3d_avg", "3d_mrg"],
            _ => &["2d_avg", "2d_mrg", "25d_avg", "25d_mrg", "3d_avg", "3d_mrg"],
        }
    }

    /// Of a co-occurrence matrix, all follows from the share `q` of pairs with different levels.
    fn co_occurrences(self) -> Vec<(String, f64)> {
        let features = |q: f64| match self {
            Self::Constant => constant_pairs(self.levels()[0]),
            Self::Stripes | Self::Checkerboard => two_level_pairs(q),
            Self::Ramp => ramp_pairs(q, SIZE[0] as f64),
        };
        let mut values = Vec::new();
        for aggregation in self.aggregations() {
            let directions = directions(!aggregation.starts_with("3d"));
            let pairs = |direction: &Direction| stretches(SIZE, *direction, 2) as f64;
            let of_direction =
                |direction: &Direction| f64::from(u8::from(self.changes_along(*direction)));
            let all = if aggregation.ends_with("mrg") {
                let total: f64 = directions.iter().map(pairs).sum();
                let changing: f64 = directions.iter().map(|d| of_direction(d) * pairs(d)).sum();
                vec![features(changing / total)]
            } else {
                directions
                    .iter()
                    .map(|d| features(of_direction(d)))
                    .collect()
            };
            values.extend(averaged("glcm", aggregation, &all));
        }
        values
    }

    fn runs(self) -> Vec<(String, f64)> {
        let mut values = Vec::new();
        for aggregation in self.aggregations() {
            let directions = directions(!aggregation.starts_with("3d"));
            // Slices are alike: the average over them is the value of one.
            let size = if aggregation.starts_with("2d") {
                [SIZE[0], SIZE[1], 1]
            } else {
                SIZE
            };
            let voxels = size.iter().product::<usize>() as f64;
            let runs = |direction: &Direction| {
                if self.changes_along(*direction) {
                    return Counts::from([(1, voxels)]);
                }
                let count = |r| stretches(size, *direction, r);
                let lines = |r| count(r) - 2 * count(r + 1) + count(r + 2);
                let longest = size.iter().max().copied().unwrap_or_default();
                let counts = (1..=longest).map(|r| (r as u64, lines(r) as f64));
                counts.filter(|(_, count)| *count > 0.0).collect()
            };
            let all: Vec<Vec<(usize, f64)>> = if aggregation.ends_with("mrg") {
                let mut merged = Counts::new();
                for (length, count) in directions.iter().flat_map(runs) {
                    *merged.entry(length).or_default() += count;
                }
                vec![self.counted(&merged, voxels * directions.len() as f64)]
            } else {
                let of_direction = |direction| self.counted(&runs(direction), voxels);
                directions.iter().map(of_direction).collect()
            };
            values.extend(coded("glrlm", aggregation, &RUN_CODES, &all));
        }
        values
    }

    /// Zones of connected voxels of one level, and their distances from the border, which all of them touch.
    fn zones(self) -> Vec<(String, f64)> {
        let [a, b, c] = SIZE.map(|n| n as f64);
        let mut values = Vec::new();
        for aggregation in ["2d", "25d", "3d"] {
            let (voxels, slices) = match aggregation {
                "2d" => (a * b, 1.0),
                "25d" => (a * b * c, c),
                _ => (a * b * c, 1.0),
            };
            // Number of zones in a slice or in the volume.
            let zones = match self {
                Self::Constant => 1.0,
                Self::Stripes | Self::Ramp => a,
                Self::Checkerboard => 2.0,
            };
            let count = zones * slices;
            let sizes = Counts::from([((voxels / count) as u64, count)]);
            let all = [self.counted(&sizes, voxels)];
            values.extend(coded("glszm", aggregation, &ZONE_CODES, &all));
            let all = [self.counted(&Counts::from([(1, count)]), voxels)];
            values.extend(coded("gldzm", aggregation, &DISTANCE_CODES, &all));
        }
        values
    }

    /// Neighbourhoods in the volume: of each voxel how many neighbours there are, itself counted, and how many of them
    /// have its level.
    fn neighbourhoods(self) -> Vec<(String, f64)> {
        let (mut dependences, mut differences) = (Counts::new(), 0.0);
        for (voxels, [x, y, z]) in positions() {
            let all = x * y * z;
            let same = match self {
                Self::Constant => all,
                Self::Stripes | Self::Ramp => y * z,
                // Even offsets: half of them, and the middle where there are neighbours on both sides of every axis: then
                // there is one odd offset more than even ones.
                Self::Checkerboard if [x, y, z] == [3; 3] => (all - 1) / 2,
                Self::Checkerboard => all / 2,
            };
            *dependences.entry(same).or_default() += voxels;
            // |level − mean of the neighbours|, in a texture of two neighbouring levels.
            differences += voxels * (all - same) as f64 / (all - 1) as f64;
        }
        let voxels = SIZE.iter().product::<usize>() as f64;
        let all = [self.counted(&dependences, voxels)];
        let mut values = coded("ngldm", "3d", &DEPENDENCE_CODES, &all);
        let squares: f64 = dependences
            .values()
            .map(|n| (n / voxels) * (n / voxels))
            .sum();
        let energy = squares / self.levels().len() as f64;
        values.push(("ngldm/3d/CAS9".to_owned(), energy));
        values.extend(self.tone_differences(differences, voxels));
        values
    }

    /// Of two levels, each with half of the sum `s` of differences: coarseness 1 / Σ p·s, and so on.
    fn tone_differences(self, s: f64, voxels: f64) -> Vec<(String, f64)> {
        let values: &[(&str, f64)] = match self {
            Self::Constant => &[
                ("QCDE", 1e6),
                ("65HE", 0.0),
                ("NQ30", 0.0),
                ("HDEZ", 0.0),
                ("1X9X", 0.0),
            ],
            Self::Stripes | Self::Checkerboard => &[
                ("QCDE", 2.0 / s),
                ("65HE", 0.25 * s / voxels),
                ("NQ30", s / 2.0),
                ("HDEZ", s / voxels),
                ("1X9X", 2.0 / s),
            ],
            Self::Ramp => &[],
        };
        let keyed = values.iter();
        keyed
            .map(|(code, value)| (format!("ngtdm/3d/{code}"), *value))
            .collect()
    }

    /// The features that matrices of level and length have in common, in the manual's order; by their places, since
    /// families lack some.
    fn counted(self, lengths: &Counts, voxels: f64) -> Vec<(usize, f64)> {
        let levels = self.levels();
        let n = levels.len() as f64;
        let total: f64 = lengths.values().sum();
        let over_levels = |f: &dyn Fn(f64) -> f64| levels.iter().map(|l| f(*l)).sum::<f64>() / n;
        let over_lengths = |f: &dyn Fn(f64) -> f64| {
            let terms = lengths
                .iter()
                .map(|(length, count)| f(*length as f64) * count);
            terms.sum::<f64>() / total
        };
        let (low, high) = (over_levels(&|l| 1.0 / (l * l)), over_levels(&|l| l * l));
        let (short, long) = (over_lengths(&|r| 1.0 / (r * r)), over_lengths(&|r| r * r));
        let level_mean = over_levels(&|l| l);
        let length_mean = over_lengths(&|r| r);
        let non_uniformity = lengths.values().map(|count| count * count).sum::<f64>() / total;
        let entropy = lengths
            .values()
            .map(|count| count / total)
            .map(|p| -p * p.log2());
        let values = [
            short,
            long,
            low,
            high,
            short * low,
            short * high,
            long * low,
            long * high,
            total / n,
            1.0 / n,
            non_uniformity,
            non_uniformity / total,
            total / voxels,
            high - level_mean * level_mean,
            over_lengths(&|r| (r - length_mean) * (r - length_mean)),
            n.log2() + entropy.sum::<f64>(),
        ];
        values.into_iter().enumerate().collect()
    }
}

const RUN_CODES: [&str; 16] = [
    "22OV", "W4KF", "V3SW", "G3QZ", "HTZT", "GD3A", "IVPO", "3KUM", "R5YN", "OVBL", "W92Y", "IC23",
    "9ZK5", "8CE5", "SXLW", "HJ9O",
];

const ZONE_CODES: [&str; 16] = [
    "5QRC", "48P8", "XMSY", "5GN9", "5RAI", "HW1V", "YH51", "J17V", "JNSA", "Y1RO", "4JP3", "VB3A",
    "P30P", "BYLV", "3NSA", "GU8N",
];

const DISTANCE_CODES: [&str; 16] = [
    "0GBI", "MB4I", "S1RA", "K26C", "RUVG", "DKNJ", "A7WM", "KLTH", "VFT7", "7HP3", "V294", "IATH",
    "VIWW", "QK93", "7WT1", "GBDU",
];

const DEPENDENCE_CODES: [&str; 16] = [
    "SODN", "IMOQ", "TL9H", "OAE7", "EQ3F", "JA6D", "NBZI", "9QMG", "FP8K", "5SPA", "Z87G", "OKJI",
    "6XV8", "1PFV", "DNX2", "FCBV",
];

/// How many voxels have so many neighbours along the axes, themselves counted: 2 at a border, else 3.
pub(super) fn positions() -> Vec<(f64, [u64; 3])> {
    let along = |axis: usize| [(2.0, 2), ((SIZE[axis] - 2) as f64, 3)];
    let mut positions = Vec::new();
    for (z, nz) in along(2) {
        for (y, ny) in along(1) {
            positions.extend(along(0).map(|(x, nx)| (x * y * z, [nx, ny, nz])));
        }
    }
    positions
}

/// Values under their codes, averaged over the matrices.
fn coded(
    family: &str,
    aggregation: &str,
    codes: &[&'static str],
    all: &[Vec<(usize, f64)>],
) -> Vec<(String, f64)> {
    let coded: Vec<Vec<(&str, f64)>> = all
        .iter()
        .map(|values| {
            values
                .iter()
                .map(|(place, value)| (codes[*place], *value))
                .collect()
        })
        .collect();
    averaged(family, aggregation, &coded)
}

fn averaged(family: &str, aggregation: &str, all: &[Vec<(&str, f64)>]) -> Vec<(String, f64)> {
    let places = 0..all[0].len();
    places
        .map(|place| {
            let sum: f64 = all.iter().map(|values| values[place].1).sum();
            let key = format!("{family}/{aggregation}/{}", all[0][place].0);
            (key, sum / all.len() as f64)
        })
        .collect()
}

/// `−p·log2 p`, 0 for 0.
fn surprise(p: f64) -> f64 {
    if p > 0.0 { -p * p.log2() } else { 0.0 }
}

/// All pairs are (level, level).
fn constant_pairs(level: f64) -> Vec<(&'static str, f64)> {
    vec![
        ("GYBY", 1.0),
        ("60VM", level),
        ("UR99", 0.0),
        ("TU9B", 0.0),
        ("TF7R", 0.0),
        ("D3YU", 0.0),
        ("NTRS", 0.0),
        ("ZGXS", 2.0 * level),
        ("OEEB", 0.0),
        ("P6QZ", 0.0),
        ("8ZQL", 1.0),
        ("ACUI", 0.0),
        ("8S9J", 0.0),
        ("IB1Z", 1.0),
        ("NDRX", 1.0),
        ("WF0Z", 1.0),
        ("1QCO", 1.0),
        ("E8JP", 0.0),
        ("QWB0", level * level),
        ("DG8W", 0.0),
        ("7NFM", 0.0),
        ("AE86", 0.0),
    ]
}

/// p(1,1) = p(2,2) = (1 − q)/2 and p(1,2) = p(2,1) = q/2.
fn two_level_pairs(q: f64) -> Vec<(&'static str, f64)> {
    let entropy = 2.0 * surprise((1.0 - q) / 2.0) + 2.0 * surprise(q / 2.0);
    vec![
        ("GYBY", q.max(1.0 - q) / 2.0),
        ("60VM", 1.5),
        ("UR99", 0.25),
        ("TU9B", entropy),
        ("TF7R", q),
        ("D3YU", q * (1.0 - q)),
        ("NTRS", surprise(q) + surprise(1.0 - q)),
        ("ZGXS", 3.0),
        ("OEEB", 1.0 - q),
        ("P6QZ", surprise(q) + 2.0 * surprise((1.0 - q) / 2.0)),
        ("8ZQL", ((1.0 - q) * (1.0 - q) + q * q) / 2.0),
        ("ACUI", q),
        ("8S9J", q),
        ("IB1Z", 1.0 - q / 2.0),
        ("NDRX", 1.0 - q / 3.0),
        ("WF0Z", 1.0 - q / 2.0),
        ("1QCO", 1.0 - q / 5.0),
        ("E8JP", q),
        ("NI2N", 1.0 - 2.0 * q),
        ("QWB0", 2.5 - q / 2.0),
        ("DG8W", 1.0 - q),
        ("7NFM", 0.0),
        ("AE86", 1.0 - q),
        // The marginal distribution is (1/2, 1/2): its entropy is 1, that of two independent ones 2.
        ("R8DG", entropy - 2.0),
        (
            "JN9H",
            (1.0 - (-2.0 * (2.0 - entropy)).exp()).max(0.0).sqrt(),
        ),
    ]
}

/// p(i,i) = (1 − q)/n and p(i,i+1) = p(i+1,i) = q/(2·(n − 1)).
fn ramp_pairs(q: f64, n: f64) -> Vec<(&'static str, f64)> {
    let (same, next) = ((1.0 - q) / n, q / (2.0 * (n - 1.0)));
    let entropy = n * surprise(same) + 2.0 * (n - 1.0) * surprise(next);
    vec![
        ("GYBY", same.max(next)),
        ("60VM", (n + 1.0) / 2.0),
        ("TU9B", entropy),
        ("TF7R", q),
        ("D3YU", q * (1.0 - q)),
        ("NTRS", surprise(q) + surprise(1.0 - q)),
        ("ZGXS", n + 1.0),
        // Sums 2i with p(i,i) and 2i + 1 with 2·p(i,i+1).
        (
            "P6QZ",
            n * surprise(same) + (n - 1.0) * surprise(2.0 * next),
        ),
        ("8ZQL", n * same * same + 2.0 * (n - 1.0) * next * next),
        ("ACUI", q),
        ("8S9J", q),
        ("IB1Z", 1.0 - q / 2.0),
        ("NDRX", 1.0 - q + q / (1.0 + 1.0 / n)),
        ("WF0Z", 1.0 - q / 2.0),
        ("1QCO", 1.0 - q + q / (1.0 + 1.0 / (n * n))),
        ("E8JP", q),
        // Means of i² over 1 … n, and of i·(i+1) over 1 … n − 1.
        (
            "QWB0",
            (1.0 - q) * (n + 1.0) * (2.0 * n + 1.0) / 6.0 + q * n * (n + 1.0) / 3.0,
        ),
        // The distribution is its own mirror image.
        ("7NFM", 0.0),
    ]
}
