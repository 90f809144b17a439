//! The features that the run length, size zone, distance zone and dependence matrices share.
//!
//! The manual gives them under each family with other names; the formulas are the same for the count `n_ij` of runs,
//! zones or neighbourhoods with grey level `i` and length, size, distance or dependence `j`.

use std::collections::BTreeMap;

use super::{
    aggregate::TextureMatrix,
    arithmetic::{Rational, entropy, ratio, to_f64, whole},
};

/// Counts `n_ij` (`r_ij`, `s_ij`, `d_ij` in the manual).
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CountMatrix {
    pub(super) counts: BTreeMap<(i64, i64), i64>,
    /// `N_v`: number of voxels, summed over the matrices that were merged.
    pub(super) voxels: i64,
}

impl TextureMatrix for CountMatrix {
    fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    fn merge(&mut self, other: &Self) {
        for (element, count) in &other.counts {
            *self.counts.entry(*element).or_default() += count;
        }
        self.voxels += other.voxels;
    }
}

/// A feature by its formula; `j` stands for length, size, distance or dependence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CountFeature {
    /// `1/N_s Σ n_.j / j²`: short runs, small zones, small distance, low dependence emphasis.
    LowEmphasis,
    /// `1/N_s Σ j² n_.j`: long runs, large zones, large distance, high dependence emphasis.
    HighEmphasis,
    /// `1/N_s Σ n_i. / i²`
    LowGreyLevelEmphasis,
    /// `1/N_s Σ i² n_i.`
    HighGreyLevelEmphasis,
    /// `1/N_s Σ Σ n_ij / (i² j²)`
    LowLowGreyLevelEmphasis,
    /// `1/N_s Σ Σ i² n_ij / j²`
    LowHighGreyLevelEmphasis,
    /// `1/N_s Σ Σ j² n_ij / i²`
    HighLowGreyLevelEmphasis,
    /// `1/N_s Σ Σ i² j² n_ij`
    HighHighGreyLevelEmphasis,
    /// `1/N_s Σ n_i.²`
    GreyLevelNonUniformity,
    /// `1/N_s² Σ n_i.²`
    NormalisedGreyLevelNonUniformity,
    /// `1/N_s Σ n_.j²`
    NonUniformity,
    /// `1/N_s² Σ n_.j²`
    NormalisedNonUniformity,
    /// `N_s / N_v`
    Percentage,
    /// `Σ Σ (i − µ)² p_ij`
    GreyLevelVariance,
    /// `Σ Σ (j − µ)² p_ij`
    Variance,
    /// `−Σ Σ p_ij log₂ p_ij`
    Entropy,
    /// `Σ Σ p_ij²`; of the dependence matrix only.
    Energy,
}

impl CountFeature {
    /// In the manual's order.
    pub(super) const ALL: [Self; 17] = [
        Self::LowEmphasis,
        Self::HighEmphasis,
        Self::LowGreyLevelEmphasis,
        Self::HighGreyLevelEmphasis,
        Self::LowLowGreyLevelEmphasis,
        Self::LowHighGreyLevelEmphasis,
        Self::HighLowGreyLevelEmphasis,
        Self::HighHighGreyLevelEmphasis,
        Self::GreyLevelNonUniformity,
        Self::NormalisedGreyLevelNonUniformity,
        Self::NonUniformity,
        Self::NormalisedNonUniformity,
        Self::Percentage,
        Self::GreyLevelVariance,
        Self::Variance,
        Self::Entropy,
        Self::Energy,
    ];
}

impl CountMatrix {
    /// Counts one more run, zone or neighbourhood.
    pub(super) fn count(&mut self, i: i64, j: i64) {
        *self.counts.entry((i, j)).or_default() += 1;
    }

    /// `N_s`
    fn total(&self) -> i64 {
        self.counts.values().sum()
    }

    /// `Σ Σ f(i, j) p_ij`, with `p_ij = n_ij / N_s`.
    fn expectation(&self, f: impl Fn(i64, i64) -> Rational) -> Rational {
        let sum: Rational = self
            .counts
            .iter()
            .map(|((i, j), n)| f(*i, *j) * whole(*n))
            .sum();
        sum / whole(self.total())
    }

    /// `Σ n_i.²` or `Σ n_.j²`
    fn squared_marginals(&self, margin: impl Fn(i64, i64) -> i64) -> i64 {
        let mut marginals: BTreeMap<i64, i64> = BTreeMap::new();
        for ((i, j), n) in &self.counts {
            *marginals.entry(margin(*i, *j)).or_default() += n;
        }
        marginals.values().map(|n| n.pow(2)).sum()
    }

    fn variance(&self, of: impl Fn(i64, i64) -> i64) -> Rational {
        let mu = self.expectation(|i, j| whole(of(i, j)));
        self.expectation(|i, j| (whole(of(i, j)) - &mu).pow(2))
    }

    /// The value of a feature for a matrix that is not empty.
    pub(super) fn feature(&self, feature: CountFeature) -> f64 {
        let total = self.total();
        let grey = |i: i64, _: i64| i;
        let other = |_: i64, j: i64| j;
        let exact = match feature {
            CountFeature::LowEmphasis => self.expectation(|_, j| ratio(1, j * j)),
            CountFeature::HighEmphasis => self.expectation(|_, j| whole(j * j)),
            CountFeature::LowGreyLevelEmphasis => self.expectation(|i, _| ratio(1, i * i)),
            CountFeature::HighGreyLevelEmphasis => self.expectation(|i, _| whole(i * i)),
            CountFeature::LowLowGreyLevelEmphasis => {
                self.expectation(|i, j| ratio(1, i * i * j * j))
            }
            CountFeature::LowHighGreyLevelEmphasis => self.expectation(|i, j| ratio(i * i, j * j)),
            CountFeature::HighLowGreyLevelEmphasis => self.expectation(|i, j| ratio(j * j, i * i)),
            CountFeature::HighHighGreyLevelEmphasis => {
                self.expectation(|i, j| whole(i * i * j * j))
            }
            CountFeature::GreyLevelNonUniformity => ratio(self.squared_marginals(grey), total),
            CountFeature::NormalisedGreyLevelNonUniformity => {
                ratio(self.squared_marginals(grey), total * total)
            }
            CountFeature::NonUniformity => ratio(self.squared_marginals(other), total),
            CountFeature::NormalisedNonUniformity => {
                ratio(self.squared_marginals(other), total * total)
            }
            CountFeature::Percentage => ratio(total, self.voxels),
            CountFeature::GreyLevelVariance => self.variance(grey),
            CountFeature::Variance => self.variance(other),
            CountFeature::Entropy => return entropy(self.counts.values()),
            CountFeature::Energy => {
                let squares: i64 = self.counts.values().map(|n| n.pow(2)).sum();
                ratio(squares, total * total)
            }
        };
        to_f64(&exact)
    }
}

#[cfg(test)]
impl CountMatrix {
    /// The elements as `(i, j, n_ij)`.
    pub(super) fn elements(&self) -> Vec<(i64, i64, i64)> {
        self.counts.iter().map(|((i, j), n)| (*i, *j, *n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// n₁₁ = 2, n₁₂ = 1, n₃₁ = 1: four runs over five voxels.
    #[test]
    fn every_formula_by_pencil() {
        let matrix = CountMatrix {
            counts: [((1, 1), 2), ((1, 2), 1), ((3, 1), 1)].into(),
            voxels: 5,
        };
        let by_hand = [
            13.0 / 16.0,              // (3 + 1/4) / 4
            7.0 / 4.0,                // (3 + 4) / 4
            7.0 / 9.0,                // (3 + 1/9) / 4
            3.0,                      // (3 + 9) / 4
            (2.25 + 1.0 / 9.0) / 4.0, // n₁₁ + n₁₂/4 + n₃₁/9
            11.25 / 4.0,              // 2 + 1/4 + 9
            (6.0 + 1.0 / 9.0) / 4.0,  // 2 + 4 + 1/9
            15.0 / 4.0,               // 2 + 4 + 9
            10.0 / 4.0,               // 3² + 1²
            10.0 / 16.0,
            10.0 / 4.0,
            10.0 / 16.0,
            4.0 / 5.0,
            0.75,   // µ = 3/2
            0.1875, // µ = 5/4
            1.5,
            6.0 / 16.0,
        ];
        for (feature, by_hand) in CountFeature::ALL.into_iter().zip(by_hand) {
            let value = matrix.feature(feature);
            assert!(
                (value - by_hand).abs() <= 2.0 * f64::EPSILON * by_hand,
                "{feature:?}: {value} is not {by_hand}"
            );
        }
    }
}
