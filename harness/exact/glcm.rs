//! Grey level co-occurrence based features (LFYI).

use std::collections::BTreeMap;

use num_traits::{One, Zero};

use super::{
    aggregate::TextureMatrix,
    arithmetic::{Rational, entropy, ratio, sum, to_f64, whole},
    region::{Position, Region, moved},
};

/// The features, in the manual's order.
pub(super) const CODES: [&str; 25] = [
    "GYBY", "60VM", "UR99", "TU9B", "TF7R", "D3YU", "NTRS", "ZGXS", "OEEB", "P6QZ", "8ZQL", "ACUI",
    "8S9J", "IB1Z", "NDRX", "WF0Z", "1QCO", "E8JP", "NI2N", "QWB0", "DG8W", "7NFM", "AE86", "R8DG",
    "JN9H",
];

/// A grey level co-occurrence matrix `M`: how often levels `(i, j)` are neighbours. Symmetric.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Glcm {
    counts: BTreeMap<(i64, i64), i64>,
    /// `N_g`.
    level_count: i64,
}

impl TextureMatrix for Glcm {
    fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    fn merge(&mut self, other: &Self) {
        for (pair, count) in &other.counts {
            *self.counts.entry(*pair).or_default() += count;
        }
        self.level_count = self.level_count.max(other.level_count);
    }
}

/// `M_m = M_m₊ + M_m₊ᵀ`, for one direction vector.
pub(super) fn matrix(region: &Region, direction: Position) -> Glcm {
    let mut counts = BTreeMap::new();
    for (position, i) in &region.levels {
        if let Some(j) = region.levels.get(&moved(*position, direction)) {
            *counts.entry((*i, *j)).or_default() += 1;
            *counts.entry((*j, *i)).or_default() += 1;
        }
    }
    Glcm {
        counts,
        level_count: region.level_count,
    }
}

impl Glcm {
    /// The sum of all elements: `p_ij` is an element divided by it.
    fn total(&self) -> i64 {
        self.counts.values().sum()
    }

    /// `Σ_i Σ_j f(i, j) p_ij`.
    fn expectation(&self, f: impl Fn(i64, i64) -> Rational) -> Rational {
        let sum: Rational = self
            .counts
            .iter()
            .map(|((i, j), n)| f(*i, *j) * whole(*n))
            .sum();
        sum / whole(self.total())
    }

    /// How often `f(i, j)` takes which value: `|i − j|` gives `p_{i−j}`, `i + j` gives `p_{i+j}`, `i` gives `p_{i.}`,
    /// each times the sum of all elements.
    fn distribution(&self, f: impl Fn(i64, i64) -> i64) -> BTreeMap<i64, i64> {
        let mut distribution = BTreeMap::new();
        for ((i, j), n) in &self.counts {
            *distribution.entry(f(*i, *j)).or_default() += n;
        }
        distribution
    }

    /// `Σ p_ij log₂ (p_ij / (p_i. p_.j))`, in bits.
    ///
    /// The manual's `HXY₁ − HXY` and `HXY₂ − HXY` are both this sum. Term by term with a rational argument of the
    /// logarithm nothing cancels, and it is exactly 0 where the levels are independent.
    fn mutual_information(&self) -> f64 {
        let total = self.total();
        let marginal = self.distribution(|i, _| i);
        sum(self.counts.iter().map(|((i, j), n)| {
            let dependence = ratio(n * total, marginal[i] * marginal[j]);
            to_f64(&ratio(*n, total)) * to_f64(&dependence).log2()
        }))
    }

    /// The value of a feature for a matrix that is not empty; `None` where its formula divides by zero.
    pub(super) fn feature(&self, code: &str) -> Option<f64> {
        let levels = || whole(self.level_count);
        let joint_average = || self.expectation(|i, _| whole(i));
        let exact = match code {
            // Joint maximum: max p_ij
            "GYBY" => ratio(*self.counts.values().max()?, self.total()),
            // Joint average: Σ i p_ij
            "60VM" => joint_average(),
            // Joint variance: Σ (i − µ)² p_ij
            "UR99" => {
                let mu = joint_average();
                self.expectation(|i, _| (whole(i) - &mu).pow(2))
            }
            // Joint entropy
            "TU9B" => return Some(entropy(self.counts.values())),
            // Difference average: Σ k p_{i−j,k}
            "TF7R" => average(&self.distribution(difference)),
            // Difference variance: Σ (k − µ)² p_{i−j,k}
            "D3YU" => variance(&self.distribution(difference)),
            // Difference entropy
            "NTRS" => return Some(entropy(self.distribution(difference).values())),
            // Sum average: Σ k p_{i+j,k}
            "ZGXS" => average(&self.distribution(|i, j| i + j)),
            // Sum variance: Σ (k − µ)² p_{i+j,k}
            "OEEB" => variance(&self.distribution(|i, j| i + j)),
            // Sum entropy
            "P6QZ" => return Some(entropy(self.distribution(|i, j| i + j).values())),
            // Angular second moment: Σ p_ij²
            "8ZQL" => ratio(
                self.counts.values().map(|n| n.pow(2)).sum::<i64>(),
                self.total().pow(2),
            ),
            // Contrast: Σ (i − j)² p_ij
            "ACUI" => self.expectation(|i, j| whole((i - j).pow(2))),
            // Dissimilarity: Σ |i − j| p_ij
            "8S9J" => self.expectation(|i, j| whole(difference(i, j))),
            // Inverse difference: Σ p_ij / (1 + |i − j|)
            "IB1Z" => self.expectation(|i, j| ratio(1, 1 + difference(i, j))),
            // Normalised inverse difference: Σ p_ij / (1 + |i − j| / N_g)
            "NDRX" => self
                .expectation(|i, j| (Rational::one() + whole(difference(i, j)) / levels()).recip()),
            // Inverse difference moment: Σ p_ij / (1 + (i − j)²)
            "WF0Z" => self.expectation(|i, j| ratio(1, 1 + (i - j).pow(2))),
            // Normalised inverse difference moment: Σ p_ij / (1 + (i − j)² / N_g²)
            "1QCO" => self
                .expectation(|i, j| (Rational::one() + (whole(i - j) / levels()).pow(2)).recip()),
            // Inverse variance: 2 Σ_{j>i} p_ij / (i − j)²
            "E8JP" => self.expectation(|i, j| {
                if j > i {
                    ratio(2, (i - j).pow(2))
                } else {
                    Rational::zero()
                }
            }),
            // Correlation: Σ (i − µ)(j − µ) p_ij / σ²; 0/0 when only one level co-occurs
            "NI2N" => {
                let mu = joint_average();
                let variance = self.expectation(|i, _| (whole(i) - &mu).pow(2));
                if variance.is_zero() {
                    return None;
                }
                self.expectation(|i, j| (whole(i) - &mu) * (whole(j) - &mu)) / variance
            }
            // Autocorrelation: Σ i j p_ij
            "QWB0" => self.expectation(|i, j| whole(i * j)),
            // Cluster tendency, shade, prominence: Σ (i + j − 2µ)ⁿ p_ij with n = 2, 3, 4
            "DG8W" => self.cluster(2),
            "7NFM" => self.cluster(3),
            "AE86" => self.cluster(4),
            // Information correlation 1: (HXY − HXY₁) / HX; 0/0 when only one level co-occurs
            "R8DG" => {
                let marginal = self.distribution(|i, _| i);
                let has_entropy = marginal.len() > 1;
                return has_entropy
                    .then(|| (0.0 - self.mutual_information()) / entropy(marginal.values()));
            }
            // Information correlation 2: sqrt(1 − exp(−2 (HXY₂ − HXY)))
            "JN9H" => {
                let information = self.mutual_information().max(0.0);
                return Some((-(-2.0 * information).exp_m1()).sqrt());
            }
            _ => unreachable!("{code} is not in CODES"),
        };
        Some(to_f64(&exact))
    }

    fn cluster(&self, power: i32) -> Rational {
        let mu = self.expectation(|i, _| whole(i));
        self.expectation(|i, j| (whole(i + j) - whole(2) * &mu).pow(power))
    }
}

fn difference(i: i64, j: i64) -> i64 {
    (i - j).abs()
}

/// `Σ k p_k`
fn average(distribution: &BTreeMap<i64, i64>) -> Rational {
    let sum: i64 = distribution.iter().map(|(k, n)| k * n).sum();
    ratio(sum, distribution.values().sum::<i64>())
}

/// `Σ (k − µ)² p_k`
fn variance(distribution: &BTreeMap<i64, i64>) -> Rational {
    let mu = average(distribution);
    let sum: Rational = distribution
        .iter()
        .map(|(k, n)| (whole(*k) - &mu).pow(2) * whole(*n))
        .sum();
    sum / whole(distribution.values().sum::<i64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONG_X: Position = [1, 0, 0];

    /// Two rows `1 2` and `1 1`: along x the pairs are (1,2), (2,1) and twice (1,1), so p₁₁ = 1/2, p₁₂ = p₂₁ = 1/4.
    fn small() -> Glcm {
        matrix(&Region::from_rows(&[&[&[1, 2], &[1, 1]]]), ALONG_X)
    }

    #[test]
    fn two_by_two_by_pencil() {
        for (code, by_hand) in [
            ("GYBY", 0.5),
            ("60VM", 1.25),
            ("UR99", 0.1875), // 1/16 · 3/4 + 9/16 · 1/4
            ("TU9B", 1.5),
            ("TF7R", 0.5),
            ("NTRS", 1.0),
            ("OEEB", 0.25), // sums 2 and 3, half each
            ("8ZQL", 0.375),
            ("ACUI", 0.5),
            ("IB1Z", 0.75),
            ("NDRX", 0.5 + 0.5 / 1.5), // N_g = 2
            ("1QCO", 0.5 + 0.5 / 1.25),
            ("E8JP", 0.5),
            ("NI2N", -1.0 / 3.0), // (1/16 · 1/2 − 2 · 3/16 · 1/4) / (3/16)
            ("QWB0", 1.5),
            ("7NFM", 0.0), // sums are symmetric about their mean
        ] {
            let value = small().feature(code).expect("defined for two levels");
            assert!(
                (value - by_hand).abs() <= f64::EPSILON,
                "{code}: {value} is not {by_hand}"
            );
        }
    }

    #[test]
    fn one_level_has_no_correlation() {
        let flat = matrix(&Region::from_rows(&[&[&[2, 2, 2]]]), ALONG_X);
        assert_eq!(flat.feature("NI2N"), None, "correlation divides by σ² = 0");
        assert_eq!(flat.feature("R8DG"), None, "IC1 divides by HX = 0");
        assert_eq!(flat.feature("JN9H"), Some(0.0), "IC2 of no information");
    }

    #[test]
    fn independent_levels_have_no_mutual_information() {
        // the pairs of 1 1 2 2 1 are 11, 12, 22, 21: each a quarter of the matrix
        let independent = matrix(&Region::from_rows(&[&[&[1, 1, 2, 2, 1]]]), ALONG_X);
        assert_eq!(independent.feature("R8DG"), Some(0.0), "IC1");
        assert_eq!(independent.feature("JN9H"), Some(0.0), "IC2");
    }

    /// Manual, chapter *Digital phantom texture matrices*, GLCM (3D, merged).
    #[test]
    fn digital_phantom_merged_3d_is_the_manuals() {
        let region = super::super::digital_phantom_region();
        let mut merged = Glcm::default();
        for direction in Region::directions(region.extent) {
            merged.merge(&matrix(&region, direction));
        }
        let upper: Vec<(i64, i64, i64)> = merged
            .counts
            .iter()
            .filter(|((i, j), _)| i <= j)
            .map(|((i, j), n)| (*i, *j, *n))
            .collect();
        assert_eq!(
            upper,
            [
                (1, 1, 536),
                (1, 3, 14),
                (1, 4, 105),
                (1, 6, 61),
                (3, 4, 5),
                (3, 6, 6),
                (4, 4, 64),
                (4, 6, 28),
                (6, 6, 16),
            ],
            "upper triangle of the merged 3D co-occurrence matrix"
        );
    }
}
