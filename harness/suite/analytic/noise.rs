//! Independent voxels: expectations and bands from theory.
//!
//! The levels 1 … G are equally probable. A feature that is the mean of `f(i, j)` over the `M` pairs of neighbours has
//! the expectation `E f` and, since pairs that share a voxel are correlated,
//! ```text
//! variance  [M·ζ₂ + Q·ζ₁] / M²      ζ₂ = Var f(i, j), ζ₁ = Var E[f(i, j) | i], Q = Σ d·(d − 1) over voxels with d neighbours
//! ```
//! A line of voxels has one run more than changes of level; a change has the probability 1 − 1/G, and changes at two
//! pairs are uncorrelated even when they share a voxel. Bands are five standard deviations: a phantom outside them is
//! one in a million.

use radgauge_engine::volume::{Image, Mask};
use radgauge_phantoms::analytic::texture::{self, NOISE_LEVELS, NOISE_SIZE};

use super::{
    Known,
    textures::{directions, stretches},
};
use crate::suite::SuiteCase;

const SOURCE: &str = "expectation over independent voxels, within five standard deviations";

const DEVIATIONS: f64 = 5.0;

const SEED: usize = 1;

/// A function of the levels of a pair.
type OfPair = fn(f64, f64) -> f64;

/// Features that are the mean of a function over the pairs.
const MEANS: [(&str, OfPair); 11] = [
    ("60VM", |i, j| (i + j) / 2.0),
    ("ZGXS", |i, j| i + j),
    ("ACUI", |i, j| (i - j) * (i - j)),
    ("8S9J", |i, j| (i - j).abs()),
    ("TF7R", |i, j| (i - j).abs()),
    ("IB1Z", |i, j| 1.0 / (1.0 + (i - j).abs())),
    ("NDRX", |i, j| {
        1.0 / (1.0 + (i - j).abs() / f64::from(NOISE_LEVELS))
    }),
    ("WF0Z", |i, j| 1.0 / (1.0 + (i - j) * (i - j))),
    ("1QCO", |i, j| {
        let part = (i - j) / f64::from(NOISE_LEVELS);
        1.0 / (1.0 + part * part)
    }),
    ("E8JP", |i, j| {
        if i == j {
            0.0
        } else {
            1.0 / ((i - j) * (i - j))
        }
    }),
    ("QWB0", |i, j| i * j),
];

pub(super) fn case() -> SuiteCase {
    let mut known = intensities();
    // Slices have equally many pairs: their average is the mean over all.
    for aggregation in ["2d_mrg", "25d_mrg", "3d_mrg"] {
        known.extend(pairs(aggregation));
    }
    known.push(run_percentage("25d_mrg"));
    known.push(run_percentage("3d_mrg"));
    let [a, b, c] = NOISE_SIZE;
    super::case(
        "noise",
        format!("block of {a} × {b} × {c} independent voxels of {NOISE_LEVELS} grey levels"),
        (make, SEED),
        "features.families = ['stat', 'glcm', 'glrlm']",
        known,
    )
}

fn make(seed: usize) -> (Image, Mask) {
    texture::noise(seed as u64)
}

fn within(key: String, value: f64, deviation: f64) -> Known {
    Known {
        key,
        value,
        tolerance: DEVIATIONS * deviation / value.abs(),
        source: SOURCE,
    }
}

/// The mean over the levels.
fn mean(f: impl Fn(f64) -> f64) -> f64 {
    let levels = 1..=NOISE_LEVELS;
    levels.map(|level| f(f64::from(level))).sum::<f64>() / f64::from(NOISE_LEVELS)
}

fn intensities() -> Vec<Known> {
    let voxels = NOISE_SIZE.iter().product::<usize>() as f64;
    let centre = mean(|i| i);
    let variance = mean(|i| (i - centre) * (i - centre));
    let fourth = mean(|i| (i - centre).powi(4));
    let deviation = ((fourth - variance * variance) / voxels).sqrt();
    vec![
        within("stat/-/Q4LE".to_owned(), centre, (variance / voxels).sqrt()),
        within(
            "stat/-/ECT3".to_owned(),
            variance * (1.0 - 1.0 / voxels),
            deviation,
        ),
    ]
}

fn pairs(aggregation: &str) -> Vec<Known> {
    let directions = directions(!aggregation.starts_with("3d"));
    let count = |direction: &[i64; 3]| stretches(NOISE_SIZE, *direction, 2) as f64;
    let total: f64 = directions.iter().map(count).sum();
    let sharing = sharing(!aggregation.starts_with("3d"));
    let features = MEANS.iter();
    features
        .map(|(code, f)| {
            let expected = mean(|i| mean(|j| f(i, j)));
            let of_pair = mean(|i| mean(|j| (f(i, j) - expected).powi(2)));
            let of_voxel = mean(|i| (mean(|j| f(i, j)) - expected).powi(2));
            let variance = (total * of_pair + sharing * of_voxel) / (total * total);
            let key = format!("glcm/{aggregation}/{code}");
            within(key, expected, variance.sqrt())
        })
        .collect()
}

/// `Q` of the module: ordered pairs of different pairs that share a voxel.
fn sharing(is_in_slice: bool) -> f64 {
    let mut sum = 0.0;
    let along = |axis: usize| [(2.0, 2.0), ((NOISE_SIZE[axis] - 2) as f64, 3.0)];
    let z = if is_in_slice {
        vec![(NOISE_SIZE[2] as f64, 1.0)]
    } else {
        along(2).to_vec()
    };
    for (z, nz) in z {
        for (y, ny) in along(1) {
            for (x, nx) in along(0) {
                let neighbours: f64 = nx * ny * nz - 1.0;
                sum += x * y * z * neighbours * (neighbours - 1.0);
            }
        }
    }
    sum
}

fn run_percentage(aggregation: &str) -> Known {
    let directions = directions(!aggregation.starts_with("3d"));
    let of_all = |r| {
        directions
            .iter()
            .map(move |d| stretches(NOISE_SIZE, *d, r) as f64)
    };
    let (voxels, pairs): (f64, f64) = (of_all(1).sum(), of_all(2).sum());
    // A line of n voxels has n − 1 pairs: there are as many lines as voxels less pairs.
    let lines = voxels - pairs;
    let stays = 1.0 / f64::from(NOISE_LEVELS);
    let deviation = (pairs * stays * (1.0 - stays)).sqrt() / voxels;
    let expected = (lines + pairs * (1.0 - stays)) / voxels;
    within(format!("glrlm/{aggregation}/9ZK5"), expected, deviation)
}
