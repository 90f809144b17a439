//! Intensity histogram (ZVCW): how the grey levels of the intensity mask are distributed.

use super::{
    Undefined, Values,
    intensity_statistics::{Distribution, Percentiles},
};

/// The features' codes, in the order of the catalogue.
const CODES: [&str; 23] = [
    "X6K6", "CH89", "88K1", "C3I7", "WIFQ", "1PR8", "GPMT", "OZ0C", "3NCY", "AMMC", "WR0O", "5Z3W",
    "D2ZX", "WRZB", "4RNL", "CWYJ", "SLWD", "TLU2", "BJ5W", "12CE", "8E6O", "VQB3", "RHQZ",
];

/// The 23 intensity histogram features of the grey levels inside the intensity mask, in any order.
///
/// Levels are 1 to `n_levels`; levels that do not occur are bins of count 0.
///
/// # Undefined
/// Every feature is [`Undefined::EmptyRoi`] when there is no voxel, the gradients are [`Undefined::SingleBin`] when
/// there is one bin.
///
/// # Panics
/// When a level is 0 or above `n_levels`: the caller made both.
#[must_use]
#[track_caller]
pub fn features(levels: &[u16], n_levels: u16) -> Values {
    if levels.is_empty() {
        return CODES
            .map(|code| (code, "", Err(Undefined::EmptyRoi)))
            .to_vec();
    }
    let histogram = Histogram::new(levels, n_levels);
    let bins = || histogram.bins().filter(|(_, n)| *n > 0);
    let d = Distribution::new(
        bins().map(|(i, n)| (i, n as f64)),
        Percentiles::of_histogram(bins()),
    );
    let maximum_gradient = histogram.maximum_gradient();
    let minimum_gradient = histogram.minimum_gradient();
    let values = [
        Ok(d.mean()),
        Ok(d.variance()),
        Ok(d.skewness()),
        Ok(d.kurtosis()),
        Ok(d.median()),
        Ok(d.minimum()),
        Ok(d.percentile_10()),
        Ok(d.percentile_90()),
        Ok(d.maximum()),
        Ok(histogram.mode(d.mean())),
        Ok(d.interquartile_range()),
        Ok(d.range()),
        Ok(d.mean_absolute_deviation()),
        d.robust_mean_absolute_deviation(),
        Ok(d.median_absolute_deviation()),
        d.coefficient_of_variation(),
        d.quartile_coefficient_of_dispersion(),
        Ok(histogram.entropy()),
        Ok(histogram.uniformity()),
        maximum_gradient.map(|g| g.gradient),
        maximum_gradient.map(|g| g.level),
        minimum_gradient.map(|g| g.gradient),
        minimum_gradient.map(|g| g.level),
    ];
    CODES
        .into_iter()
        .zip(values)
        .map(|(code, value)| (code, "", value))
        .collect()
}

/// The histogram H: `counts[i - 1]` voxels have grey level `i`, every level from 1 to N_g has its bin.
struct Histogram {
    counts: Vec<u64>,
    n_voxels: f64,
}

/// An extreme of the histogram gradient and the grey level at which it lies.
#[derive(Clone, Copy)]
struct Gradient {
    gradient: f64,
    level: f64,
}

impl Histogram {
    #[track_caller]
    fn new(levels: &[u16], n_levels: u16) -> Self {
        let mut counts = vec![0; usize::from(n_levels) + 1];
        for level in levels {
            counts[usize::from(*level)] += 1;
        }
        let outside = counts.remove(0);
        assert_eq!(outside, 0, "levels inside the mask are 1 or more");
        Self {
            counts,
            n_voxels: levels.len() as f64,
        }
    }

    /// Grey level and count of every bin, empty ones included.
    fn bins(&self) -> impl Iterator<Item = (f64, u64)> + Clone {
        self.counts
            .iter()
            .enumerate()
            .map(|(below, n)| ((below + 1) as f64, *n))
    }

    /// Probabilities `p_i` that are not 0.
    fn probabilities(&self) -> impl Iterator<Item = f64> {
        self.counts
            .iter()
            .filter(|n| **n > 0)
            .map(|n| *n as f64 / self.n_voxels)
    }

    /// Mode: the most frequent grey level; of several, the one closest to the mean, and of two as close, the lower
    /// one. IBSI code `AMMC`. Unit: bin.
    fn mode(&self, mean: f64) -> f64 {
        let highest = self.counts.iter().max();
        self.bins()
            .filter(|(_, n)| Some(n) == highest)
            .map(|(i, _)| i)
            // `min_by` takes the first of equals, and bins rise
            .min_by(|a, b| (a - mean).abs().total_cmp(&(b - mean).abs()))
            .expect("there is a bin")
    }

    /// Entropy. IBSI code `TLU2`. Unit: bit.
    ///
    /// ```text
    /// -sum_i p_i log2 p_i
    /// ```
    fn entropy(&self) -> f64 {
        // 0 − x and not −x: the entropy of one level is 0, not −0
        0.0 - self.probabilities().map(|p| p * p.log2()).sum::<f64>()
    }

    /// Uniformity. IBSI code `BJ5W`. Unit: 1.
    ///
    /// ```text
    /// sum_i p_i^2
    /// ```
    fn uniformity(&self) -> f64 {
        self.probabilities().map(|p| p * p).sum()
    }

    /// Maximum histogram gradient, `12CE`, in voxels per bin, and its grey level, `8E6O`; of several, the lowest.
    ///
    /// # Undefined
    /// [`Undefined::SingleBin`] when N_g = 1.
    fn maximum_gradient(&self) -> Result<Gradient, Undefined> {
        Ok(self
            .gradients()?
            .reduce(|best, g| if g.gradient > best.gradient { g } else { best })
            .expect("there are two bins or more"))
    }

    /// Minimum histogram gradient, `VQB3`, in voxels per bin, and its grey level, `RHQZ`; of several, the lowest.
    ///
    /// # Undefined
    /// [`Undefined::SingleBin`] when N_g = 1.
    fn minimum_gradient(&self) -> Result<Gradient, Undefined> {
        Ok(self
            .gradients()?
            .reduce(|best, g| if g.gradient < best.gradient { g } else { best })
            .expect("there are two bins or more"))
    }

    /// The histogram gradient H'.
    ///
    /// ```text
    /// n_2 - n_1                    at i = 1
    /// (n_(i+1) - n_(i-1)) / 2      between
    /// n_Ng - n_(Ng-1)              at i = N_g
    /// ```
    fn gradients(&self) -> Result<impl Iterator<Item = Gradient>, Undefined> {
        let last = self.counts.len() - 1;
        if last == 0 {
            return Err(Undefined::SingleBin);
        }
        Ok((0..=last).map(move |bin| {
            let (low, high) = (bin.saturating_sub(1), (bin + 1).min(last));
            let rise = self.counts[high] as f64 - self.counts[low] as f64;
            Gradient {
                gradient: rise / (high - low) as f64,
                level: (bin + 1) as f64,
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::{Family, Value, catalogue, intensity_statistics};

    fn value(levels: &[u16], n_levels: u16, code: &str) -> Value {
        let values = features(levels, n_levels);
        values
            .iter()
            .find(|v| v.0 == code)
            .expect("a code of the family")
            .2
    }

    #[test]
    fn features_are_those_of_the_catalogue() {
        assert_eq!(
            catalogue::codes_of(Family::IntensityHistogram),
            features(&[1], 1)
                .iter()
                .map(|v| (v.0, v.1))
                .collect::<Vec<_>>(),
            "codes and order"
        );
    }

    #[test]
    fn by_hand() {
        // H = 2 1 0 1
        let levels = [1, 4, 1, 2];
        for (code, want) in [
            ("X6K6", 2.0),
            ("AMMC", 1.0),
            ("TLU2", 1.5),
            ("BJ5W", 0.375),
            ("12CE", 1.0), // gradient -1 -1 0 1
            ("8E6O", 4.0),
            ("VQB3", -1.0),
            ("RHQZ", 1.0),
        ] {
            assert_eq!(value(&levels, 4, code), Ok(want), "{code}");
        }
    }

    #[test]
    fn mode_ties() {
        // Mean 2.75: of 1, 3 and 4, with two voxels each, 3 is closest.
        assert_eq!(
            value(&[1, 1, 3, 3, 4, 4, 2, 4, 3, 1, 5, 2], 5, "AMMC"),
            Ok(3.0),
            "closest to the mean"
        );
        assert_eq!(
            value(&[1, 1, 3, 3], 3, "AMMC"),
            Ok(1.0),
            "left of the mean when equidistant"
        );
    }

    #[test]
    fn one_bin_has_no_gradient() {
        for code in ["12CE", "8E6O", "VQB3", "RHQZ"] {
            assert_eq!(value(&[1, 1], 1, code), Err(Undefined::SingleBin), "{code}");
        }
        assert_eq!(value(&[1, 1], 1, "TLU2"), Ok(0.0), "entropy of one level");
        assert_eq!(value(&[], 1, "TLU2"), Err(Undefined::EmptyRoi), "no voxel");
    }

    proptest! {
        #[test]
        fn shared_features_are_those_of_the_levels_as_intensities(
            levels in prop::collection::vec(1_u16..9, 1..80),
        ) {
            let intensities: Vec<f64> = levels.iter().map(|l| f64::from(*l)).collect();
            let statistics = intensity_statistics::features(&intensities);
            let histogram = features(&levels, 9);
            // the histogram has the mode in the tenth place
            for (of_intensities, of_levels) in statistics[..16]
                .iter()
                .zip(histogram[..9].iter().chain(&histogram[10..17]))
            {
                match (of_intensities.2, of_levels.2) {
                    (Ok(a), Ok(b)) => prop_assert!(
                        (a - b).abs() <= 1e-10 * (1.0 + a.abs()),
                        "{} {a} and {} {b}", of_intensities.0, of_levels.0
                    ),
                    (a, b) => prop_assert_eq!(a, b, "{} and {}", of_intensities.0, of_levels.0),
                }
            }
        }

        #[test]
        fn entropy_and_uniformity_are_bounded(levels in prop::collection::vec(1_u16..9, 1..80)) {
            let entropy = value(&levels, 8, "TLU2").unwrap();
            let uniformity = value(&levels, 8, "BJ5W").unwrap();
            prop_assert!((0.0..=3.0 + 1e-12).contains(&entropy), "entropy {entropy} of 8 bins");
            prop_assert!((0.125 - 1e-12..=1.0 + 1e-12).contains(&uniformity), "uniformity {uniformity} of 8 bins");
        }
    }
}
