//! Intensity-based statistics (UHIW) and the intensity histogram (ZVCW). The phantom's intensities are its grey
//! levels, so that the two families share most values.
//!
//! What the manual leaves open: a percentile is interpolated linearly between the order statistics, at rank
//! `q (N_v − 1)` counted from 0 (which gives the references: P90 of the digital phantom is 4); the gradient's extremes
//! are taken at the lowest bin that has them; bins run from 1 to `N_g`, the highest level.

use num_traits::{Signed, Zero};

use super::{
    arithmetic::{Rational, entropy, ratio, sqrt, to_f64, whole},
    region::Region,
};

/// The statistics, in the manual's order.
pub(super) const STATISTICS_CODES: [&str; 18] = [
    "Q4LE", "ECT3", "KE2A", "IPH6", "Y12H", "1GSF", "QG58", "8DWT", "84IY", "SALO", "2OJQ", "4FUA",
    "1128", "N72L", "7TET", "9S40", "N8CA", "5ZWQ",
];

/// The histogram features, in the manual's order.
pub(super) const HISTOGRAM_CODES: [&str; 23] = [
    "X6K6", "CH89", "88K1", "C3I7", "WIFQ", "1PR8", "GPMT", "OZ0C", "3NCY", "AMMC", "WR0O", "5Z3W",
    "D2ZX", "WRZB", "4RNL", "CWYJ", "SLWD", "TLU2", "BJ5W", "12CE", "8E6O", "VQB3", "RHQZ",
];

/// A sample of intensities in ascending order, at least one.
pub(super) struct Sample(Vec<i64>);

impl Sample {
    pub(super) fn of(region: &Region) -> Self {
        let mut sorted: Vec<i64> = region.levels.values().copied().collect();
        sorted.sort_unstable();
        Self(sorted)
    }

    /// The value of a feature; `None` for the gradient of a histogram with a single bin, and for the robust mean
    /// absolute deviation of no intensities.
    pub(super) fn feature(&self, code: &str) -> Option<f64> {
        let spread = self.moment(2);
        let exact = match code {
            // Mean
            "Q4LE" | "X6K6" => self.mean(),
            // Variance, without bias correction
            "ECT3" | "CH89" => spread,
            // Skewness: 0 when the variance is 0
            "KE2A" | "88K1" if spread.is_zero() => Rational::zero(),
            "KE2A" | "88K1" => {
                return Some(to_f64(&self.moment(3)) / to_f64(&spread).powf(1.5));
            }
            // Excess kurtosis: 0 when the variance is 0
            "IPH6" | "C3I7" if spread.is_zero() => Rational::zero(),
            "IPH6" | "C3I7" => self.moment(4) / spread.pow(2) - whole(3),
            // Median
            "Y12H" | "WIFQ" => self.median(),
            // Minimum
            "1GSF" | "1PR8" => whole(self.minimum()),
            // 10th and 90th percentile
            "QG58" | "GPMT" => self.percentile(10),
            "8DWT" | "OZ0C" => self.percentile(90),
            // Maximum
            "84IY" | "3NCY" => whole(self.maximum()),
            // Mode
            "AMMC" => whole(self.mode()),
            // Interquartile range
            "SALO" | "WR0O" => self.percentile(75) - self.percentile(25),
            // Range
            "2OJQ" | "5Z3W" => whole(self.maximum() - self.minimum()),
            // Mean absolute deviation
            "4FUA" | "D2ZX" => self.deviation_from(&self.mean()),
            // Robust mean absolute deviation
            "1128" | "WRZB" => {
                let robust = self.between_p10_and_p90()?;
                robust.deviation_from(&robust.mean())
            }
            // Median absolute deviation: the mean distance to the median
            "N72L" | "4RNL" => self.deviation_from(&self.median()),
            // Coefficient of variation: σ / µ
            "7TET" | "CWYJ" => return Some(sqrt(&(spread / self.mean().pow(2)))),
            // Quartile coefficient of dispersion
            "9S40" | "SLWD" => {
                let (low, high) = (self.percentile(25), self.percentile(75));
                (&high - &low) / (high + low)
            }
            // Energy
            "N8CA" => self.energy(),
            // Root mean square
            "5ZWQ" => return Some(sqrt(&(self.energy() / self.count()))),
            // Entropy
            "TLU2" => return Some(entropy(self.histogram().iter())),
            // Uniformity
            "BJ5W" => {
                let squares: i64 = self.histogram().iter().map(|n| n.pow(2)).sum();
                whole(squares) / self.count().pow(2)
            }
            // Maximum and minimum histogram gradient, and the levels where they are
            "12CE" => self.steepest(1)?.0,
            "8E6O" => whole(self.steepest(1)?.1),
            "VQB3" => self.steepest(-1)?.0,
            "RHQZ" => whole(self.steepest(-1)?.1),
            _ => unreachable!("{code} is in neither list of codes"),
        };
        Some(to_f64(&exact))
    }

    fn count(&self) -> Rational {
        whole(self.0.len() as i64)
    }

    fn minimum(&self) -> i64 {
        self.0[0]
    }

    fn maximum(&self) -> i64 {
        self.0[self.0.len() - 1]
    }

    fn mean(&self) -> Rational {
        whole(self.0.iter().sum::<i64>()) / self.count()
    }

    /// The central moment `1/N Σ (x − µ)ⁿ`.
    fn moment(&self, power: i32) -> Rational {
        let mu = self.mean();
        (1..=self.maximum())
            .map(|level| whole(self.occurrences(level)) * (whole(level) - &mu).pow(power))
            .sum::<Rational>()
            / self.count()
    }

    /// `Σ x²`
    fn energy(&self) -> Rational {
        whole(self.0.iter().map(|x| x * x).sum::<i64>())
    }

    /// `1/N Σ |x − centre|`
    fn deviation_from(&self, centre: &Rational) -> Rational {
        self.0
            .iter()
            .map(|x| (whole(*x) - centre).abs())
            .sum::<Rational>()
            / self.count()
    }

    /// The value at rank `percent / 100 · (N − 1)`, counted from 0.
    fn percentile(&self, percent: i64) -> Rational {
        let rank = ratio(percent * (self.0.len() as i64 - 1), 100);
        let below = to_f64(&rank.floor()) as usize;
        let above = to_f64(&rank.ceil()) as usize;
        let (low, high) = (whole(self.0[below]), whole(self.0[above]));
        &low + rank.fract() * (high - &low)
    }

    fn median(&self) -> Rational {
        self.percentile(50)
    }

    /// `None` when there is nothing between, as with two different intensities.
    fn between_p10_and_p90(&self) -> Option<Self> {
        let (low, high) = (self.percentile(10), self.percentile(90));
        let is_robust = |x: &i64| (&low..=&high).contains(&&whole(*x));
        let robust: Vec<i64> = self.0.iter().copied().filter(is_robust).collect();
        (!robust.is_empty()).then_some(Self(robust))
    }

    /// `n_i`
    fn occurrences(&self, level: i64) -> i64 {
        self.0.iter().filter(|x| **x == level).count() as i64
    }

    /// `H`, the counts of all bins; `p_i = n_i / N_v`.
    fn histogram(&self) -> Vec<i64> {
        (1..=self.maximum())
            .map(|level| self.occurrences(level))
            .collect()
    }

    /// The level that occurs most; of several the one closest to the mean, of two equally close the lower.
    fn mode(&self) -> i64 {
        let mu = self.mean();
        (1..=self.maximum())
            .min_by_key(|level| {
                let from_mean = (whole(*level) - &mu).abs();
                (-self.occurrences(*level), from_mean, *level)
            })
            .expect("levels start at 1")
    }

    /// The gradient of the histogram `H′` at a level: a difference to the neighbouring bins.
    fn gradient(&self, level: i64) -> Rational {
        let (low, high) = ((level - 1).max(1), (level + 1).min(self.maximum()));
        ratio(self.occurrences(high) - self.occurrences(low), high - low)
    }

    /// The largest (`sign` 1) or smallest (`sign` −1) gradient and the lowest level that has it.
    fn steepest(&self, sign: i64) -> Option<(Rational, i64)> {
        (self.maximum() > 1).then(|| {
            (1..=self.maximum())
                .map(|level| (self.gradient(level), level))
                .max_by_key(|(gradient, level)| (gradient * whole(sign), -level))
                .expect("there are at least two bins")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sample: &[i64], by_hand: &[(&str, f64)]) {
        let sample = Sample(sample.to_vec());
        for (code, by_hand) in by_hand {
            let value = sample.feature(code).expect("defined for several levels");
            assert!(
                (value - by_hand).abs() <= 2.0 * f64::EPSILON * by_hand.abs(),
                "{code}: {value} is not {by_hand}"
            );
        }
    }

    #[test]
    fn four_voxels_by_pencil() {
        check(
            &[1, 1, 2, 4],
            &[
                ("Q4LE", 2.0),
                ("ECT3", 1.5),
                ("KE2A", 1.5 / 1.5_f64.powf(1.5)), // (−1 −1 + 0 + 8) / 4
                ("IPH6", 4.5 / 2.25 - 3.0),        // (1 + 1 + 0 + 16) / 4
                ("Y12H", 1.5),
                ("QG58", 1.0),
                ("8DWT", 3.4), // rank 2.7
                ("SALO", 1.5), // ranks 0.75 and 2.25: 1 and 2.5
                ("2OJQ", 3.0),
                ("4FUA", 1.0),
                ("1128", 4.0 / 9.0), // 1 1 2 about 4/3
                ("N72L", 1.0),
                ("7TET", 1.5_f64.sqrt() / 2.0),
                ("9S40", 1.5 / 3.5),
                ("N8CA", 22.0),
                ("5ZWQ", 5.5_f64.sqrt()),
                ("AMMC", 1.0),
                ("TLU2", 1.5),
                ("BJ5W", 0.375),
                // H = 2 1 0 1, H′ = −1 −1 0 1
                ("12CE", 1.0),
                ("8E6O", 4.0),
                ("VQB3", -1.0),
                ("RHQZ", 1.0),
            ],
        );
    }

    #[test]
    fn mode_is_the_most_common_level_closest_to_the_mean() {
        check(&[1, 1, 2, 3, 3, 6, 6], &[("AMMC", 3.0)]);
        check(&[1, 1, 2, 3, 3], &[("AMMC", 1.0)]); // equally close: the one to the left
    }

    #[test]
    fn two_voxels_leave_nothing_between_the_percentiles() {
        let sample = Sample(vec![1, 2]);
        assert_eq!(sample.feature("1128"), None, "P10 = 1.1 and P90 = 1.9");
    }

    #[test]
    fn a_flat_sample_has_no_gradient_when_it_has_one_bin() {
        let flat = Sample(vec![1, 1]);
        assert_eq!(flat.feature("12CE"), None, "one bin");
        assert_eq!(flat.feature("KE2A"), Some(0.0), "skewness is set to 0");
        assert_eq!(flat.feature("IPH6"), Some(0.0), "kurtosis is set to 0");
        assert_eq!(flat.feature("TLU2"), Some(0.0), "one level has no entropy");
    }
}
