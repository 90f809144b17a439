//! The region grown by one voxel: what follows from the definitions, without any reference.
//!
//! The new voxel touches the region by a face and has an intensity `x` within the region's range, so that bins and grey
//! levels of the others stay; of several such voxels it is the darkest. With `n` voxels before:
//!
//! | feature | statement |
//! | --- | --- |
//! | minimum, maximum, range | unchanged |
//! | mean `m` | `(n·m + x) / (n + 1)` |
//! | variance `v` | `n/(n + 1) · (v + (x − m)²/(n + 1))` |
//! | energy `E` | `E + x²` |
//! | root mean square `r` | `√((n·r² + x²) / (n + 1))` |
//! | volume by voxel counting | grows by the volume of a voxel |
//! | volume of the mesh | moves by at most 8 voxels: of the cells between voxel centres, the 8 about the new voxel change |
//! | mean grey level | moves by at most `(N_g − 1) / (n + 1)` |
//! | uniformity `Σ p²` | moves by at most `4 / (n + 1)`: `Σ (p′ − p)(p′ + p)`, where `Σ abs(p′ − p) ≤ 2/(n + 1)` and `p′ + p ≤ 2` |
//! | co-occurrence features `Σ w(i,j)·p(i,j)`, one matrix | move by at most `k/(N + k) · (max w − min w)` for `k` new entries among `N + k`: `p′ = (N·p + k·q)/(N + k)` |

use radgauge_engine::{
    feature::{Aggregation, Family, FeatureKey},
    settings::{Discretise, Settings},
    volume::{Image, Mask},
};

/// Features about which there is a statement; of the co-occurrence matrix only the merged volumetric one.
const STATED: [&str; 21] = [
    "YEKZ", "RNU0", "1GSF", "84IY", "2OJQ", "Q4LE", "ECT3", "N8CA", "5ZWQ", "X6K6", "BJ5W", "60VM",
    "TF7R", "8S9J", "ACUI", "QWB0", "ZGXS", "IB1Z", "WF0Z", "NDRX", "1QCO",
];

/// A voxel that can be added to a region.
#[derive(Clone, Debug)]
pub(super) struct Growth {
    at: [usize; 3],
    /// Its intensity.
    intensity: f64,
    /// Voxels before.
    voxels: f64,
    /// Mean intensity before.
    mean: f64,
    voxel_mm3: f64,
    /// Entries of the merged volumetric co-occurrence matrix before, and those that are added.
    pairs: [f64; 2],
    /// Number of grey levels.
    levels: f64,
}

impl Growth {
    pub(super) fn speaks_of(key: &FeatureKey) -> bool {
        let is_one_matrix = matches!(key.aggregation, Aggregation::None | Aggregation::Merged3d);
        is_one_matrix && STATED.contains(&key.feature.code.as_str())
    }

    /// The voxel by which the region is to grow.
    pub(super) fn of(image: &Image, mask: &Mask, settings: &Settings) -> Result<Self, String> {
        let Discretise::FixedBinNumber { bins } = settings.discretise else {
            return Err("grey levels need not stay: the number of bins is not fixed".into());
        };
        if settings.resegment != Default::default() {
            return Err("re-segmentation may take the new voxel away again".into());
        }
        let inside = image.inside(mask);
        let low = inside.iter().copied().fold(f64::INFINITY, f64::min);
        let high = inside.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let is_in = |at: [usize; 3]| mask.voxels().get(at).is_some_and(|inside| *inside);
        let mut darkest: Option<([usize; 3], f64)> = None;
        for ((x, y, z), intensity) in image.voxels().indexed_iter() {
            let (at, intensity) = ([x, y, z], *intensity);
            let touches =
                (0..3).any(|a| [-1, 1].iter().any(|s| step(at, a, *s).is_some_and(is_in)));
            let fits = !is_in(at) && touches && (low..=high).contains(&intensity);
            if fits && darkest.is_none_or(|(_, found)| intensity < found) {
                darkest = Some((at, intensity));
            }
        }
        let (at, intensity) = darkest
            .ok_or("no voxel beside the region has an intensity within the region's range")?;
        let distance = settings.texture.glcm_distance as isize;
        let pairs = mask.voxels().indexed_iter().filter(|(_, inside)| **inside);
        let pairs = pairs.map(|((x, y, z), _)| neighbours([x, y, z], distance, is_in));
        let voxels = inside.len() as f64;
        Ok(Self {
            at,
            intensity,
            voxels,
            mean: inside.iter().sum::<f64>() / voxels,
            voxel_mm3: image.grid().voxel_volume_mm3(),
            pairs: [pairs.sum(), 2.0 * neighbours(at, distance, is_in)],
            levels: f64::from(bins),
        })
    }

    /// The region with the voxel.
    pub(super) fn mask(&self, mask: &Mask) -> Mask {
        Mask::from_fn(mask.grid().clone(), |at| at == self.at || mask.voxels()[at])
    }

    /// Where a value that was `own` is to be afterwards, and within what; `None` for a tolerance means rounding.
    pub(super) fn statement(&self, key: &FeatureKey, own: f64) -> (f64, Option<f64>) {
        let Self {
            intensity: x,
            voxels: n,
            mean,
            levels,
            ..
        } = *self;
        let after = n + 1.0;
        let moved = self.pairs[1] / (self.pairs[0] + self.pairs[1]);
        let most = levels - 1.0;
        let weights = |range: f64| (own, Some(moved * range));
        let exactly = |value: f64| (value, None);
        match key.feature.code.as_str() {
            "YEKZ" => exactly(own + self.voxel_mm3),
            "RNU0" => (own, Some(8.0 * self.voxel_mm3)),
            "Q4LE" => exactly((n * own + x) / after),
            "ECT3" => exactly(n / after * (own + (x - mean).powi(2) / after)),
            "N8CA" => exactly(own + x * x),
            "5ZWQ" => exactly(((n * own * own + x * x) / after).sqrt()),
            "X6K6" => (own, Some(most / after)),
            "BJ5W" => (own, Some(4.0 / after)),
            // Σ i p(i,j), and sums and differences of levels
            "60VM" | "TF7R" | "8S9J" => weights(most),
            "ZGXS" => weights(2.0 * most),
            "ACUI" => weights(most * most),
            "QWB0" => weights(levels * levels - 1.0),
            "IB1Z" => weights(1.0 - 1.0 / levels),
            "WF0Z" => weights(1.0 - 1.0 / (1.0 + most * most)),
            "NDRX" => weights(1.0 - 1.0 / (1.0 + most / levels)),
            "1QCO" => weights(1.0 - 1.0 / (1.0 + (most / levels).powi(2))),
            _ => exactly(own),
        }
    }

    /// The statement in words.
    pub(super) fn words(key: &FeatureKey) -> &'static str {
        match (key.feature.family, key.feature.code.as_str()) {
            (Family::Morphology, "YEKZ") => "grows by the volume of a voxel",
            (Family::Morphology, _) => "moves by at most the volume of 8 voxels",
            (Family::IntensityHistogram, "X6K6") => "moves by at most (N_g - 1)/(n + 1)",
            (Family::IntensityHistogram, _) => "moves by at most 4/(n + 1)",
            (Family::Glcm, _) => {
                "moves by at most the share of new pairs times the range of its weights"
            }
            (_, "1GSF" | "84IY" | "2OJQ") => "stays: the new voxel lies within the range",
            _ => "follows from the value before and the new intensity",
        }
    }
}

/// The number of neighbours inside at a Chebyshev distance.
fn neighbours(at: [usize; 3], distance: isize, is_in: impl Fn([usize; 3]) -> bool) -> f64 {
    let steps = [-distance, 0, distance];
    let mut count = 0.0;
    for z in steps {
        for y in steps {
            for x in steps {
                let to = step(at, 0, x)
                    .and_then(|at| step(at, 1, y))
                    .and_then(|at| step(at, 2, z));
                count += f64::from(u8::from([x, y, z] != [0; 3] && to.is_some_and(&is_in)));
            }
        }
    }
    count
}

fn step(mut at: [usize; 3], axis: usize, by: isize) -> Option<[usize; 3]> {
    at[axis] = at[axis].checked_add_signed(by)?;
    Some(at)
}
