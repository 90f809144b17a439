//! Neighbourhood grey tone difference (IPET) and neighbouring grey level dependence (REK0) based features, both for
//! Chebyshev distance 1, the latter for coarseness 0.

use std::collections::BTreeMap;

use num_traits::{Signed, Zero};

use super::{
    aggregate::TextureMatrix,
    arithmetic::{Rational, ratio, to_f64, whole},
    counts::CountMatrix,
    region::Region,
};

/// The dependence features, in the order of [`CountFeature::ALL`](super::counts::CountFeature::ALL).
pub(super) const DEPENDENCE_CODES: [&str; 17] = [
    "SODN", "IMOQ", "TL9H", "OAE7", "EQ3F", "JA6D", "NBZI", "9QMG", "FP8K", "5SPA", "Z87G", "OKJI",
    "6XV8", "1PFV", "DNX2", "FCBV", "CAS9",
];

/// The grey tone difference features, in the manual's order.
pub(super) const TONE_CODES: [&str; 5] = ["QCDE", "65HE", "NQ30", "HDEZ", "1X9X"];

/// The dependence matrix: `s_ij` voxels with level `i` and `j − 1` neighbours of the same level.
pub(super) fn dependence_matrix(region: &Region) -> CountMatrix {
    let mut matrix = CountMatrix {
        voxels: region.levels.len() as i64,
        ..CountMatrix::default()
    };
    for (position, level) in &region.levels {
        let neighbours = region.neighbours(*position);
        let dependent = neighbours.iter().filter(|l| *l == level).count();
        matrix.count(*level, 1 + dependent as i64);
    }
    matrix
}

/// The grey tone difference matrix: for every level `n_i`, the number of its voxels that have a neighbour, and `s_i`,
/// the sum of their differences to the mean of their neighbours.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ngtdm {
    levels: BTreeMap<i64, (i64, Rational)>,
}

impl TextureMatrix for Ngtdm {
    fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    fn merge(&mut self, other: &Self) {
        for (level, (n, s)) in &other.levels {
            self.add(*level, *n, s);
        }
    }
}

/// `s_i = Σ_k |i − X̄_k|` over the voxels `k` of level `i` with `W_k ≠ 0`.
pub(super) fn tone_matrix(region: &Region) -> Ngtdm {
    let mut matrix = Ngtdm::default();
    for (position, level) in &region.levels {
        let neighbours = region.neighbours(*position);
        if !neighbours.is_empty() {
            let average = ratio(neighbours.iter().sum::<i64>(), neighbours.len() as i64);
            matrix.add(*level, 1, &(whole(*level) - average).abs());
        }
    }
    matrix
}

/// One row of the matrix with its probability.
struct Row {
    i: Rational,
    p: Rational,
    s: Rational,
}

impl Ngtdm {
    fn add(&mut self, level: i64, n: i64, s: &Rational) {
        let row = self
            .levels
            .entry(level)
            .or_insert_with(|| (0, Rational::zero()));
        row.0 += n;
        row.1 += s;
    }

    /// `N_{v,c}`
    fn voxels(&self) -> i64 {
        self.levels.values().map(|(n, _)| n).sum()
    }

    /// The rows with `p_i ≠ 0`, the only ones that contribute to any feature.
    fn rows(&self) -> Vec<Row> {
        let voxels = self.voxels();
        self.levels
            .iter()
            .map(|(i, (n, s))| Row {
                i: whole(*i),
                p: ratio(*n, voxels),
                s: s.clone(),
            })
            .collect()
    }

    /// `Σ_{i₁} Σ_{i₂} f`
    fn double_sum(&self, f: impl Fn(&Row, &Row) -> Rational) -> Rational {
        let rows = self.rows();
        rows.iter()
            .flat_map(|first| rows.iter().map(move |second| (first, second)))
            .map(|(first, second)| f(first, second))
            .sum()
    }

    /// The value of a feature for a matrix that is not empty; `None` where its formula divides by zero and the manual
    /// gives no other value.
    pub(super) fn feature(&self, code: &str) -> Option<f64> {
        let rows = self.rows();
        let levels = whole(rows.len() as i64); // N_{g,p}
        let has_one_level = rows.len() == 1;
        let voxels = whole(self.voxels());
        let weighted: Rational = rows.iter().map(|row| &row.p * &row.s).sum(); // Σ p_i s_i
        let total: Rational = rows.iter().map(|row| row.s.clone()).sum(); // Σ s_i
        let exact = match code {
            // Coarseness: 1 / Σ p_i s_i, at most 10⁶
            "QCDE" if weighted.is_zero() => whole(1_000_000),
            "QCDE" => weighted.recip(),
            // Contrast: Σ Σ p₁ p₂ (i₁ − i₂)² / (N_{g,p} (N_{g,p} − 1)) · Σ s_i / N_{v,c}
            "65HE" if has_one_level => Rational::zero(),
            "65HE" => {
                let range = self.double_sum(|a, b| &a.p * &b.p * (&a.i - &b.i).pow(2));
                range / (&levels * (&levels - whole(1))) * total / voxels
            }
            // Busyness: Σ p_i s_i / Σ Σ |i₁ p₁ − i₂ p₂|
            "NQ30" if has_one_level => Rational::zero(),
            "NQ30" => {
                let denominator = self.double_sum(|a, b| (&a.i * &a.p - &b.i * &b.p).abs());
                if denominator.is_zero() {
                    return None;
                }
                weighted / denominator
            }
            // Complexity: Σ Σ |i₁ − i₂| (p₁ s₁ + p₂ s₂) / (p₁ + p₂) / N_{v,c}
            "HDEZ" => {
                self.double_sum(|a, b| {
                    (&a.i - &b.i).abs() * (&a.p * &a.s + &b.p * &b.s) / (&a.p + &b.p)
                }) / voxels
            }
            // Strength: Σ Σ (p₁ + p₂) (i₁ − i₂)² / Σ s_i, or 0 when that is 0/0
            "1X9X" if total.is_zero() => Rational::zero(),
            "1X9X" => self.double_sum(|a, b| (&a.p + &b.p) * (&a.i - &b.i).pow(2)) / total,
            _ => unreachable!("{code} is not in TONE_CODES"),
        };
        Some(to_f64(&exact))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The row `1 2 4`: the mean neighbour levels are 2, 5/2 and 2, so s₁ = 1, s₂ = 1/2, s₄ = 2, and p_i = 1/3.
    #[test]
    fn three_voxels_by_pencil() {
        let matrix = tone_matrix(&Region::from_rows(&[&[&[1, 2, 4]]]));
        for (code, by_hand) in [
            ("QCDE", 3.0 / 3.5),
            // 2/9 (1 + 9 + 4) / 6 · 3.5 / 3
            ("65HE", 2.0 * 14.0 / 9.0 / 6.0 * 3.5 / 3.0),
            // 3.5/3 / (2/3 (1 + 3 + 2))
            ("NQ30", 3.5 / 12.0),
            // 2/3 (1 · 1.5/2 + 3 · 3/2 + 2 · 2.5/2)
            ("HDEZ", 2.0 / 3.0 * (0.75 + 4.5 + 2.5)),
            // 2 · 2/3 (1 + 9 + 4) / 3.5
            ("1X9X", 4.0 / 3.0 * 14.0 / 3.5),
        ] {
            let value = matrix.feature(code).expect("defined for three levels");
            assert!(
                (value - by_hand).abs() <= 4.0 * f64::EPSILON * by_hand,
                "{code}: {value} is not {by_hand}"
            );
        }
    }

    #[test]
    fn a_flat_region_has_the_values_that_the_manual_sets() {
        let matrix = tone_matrix(&Region::from_rows(&[&[&[3, 3]]]));
        let values = TONE_CODES.map(|code| matrix.feature(code));
        assert_eq!(
            values,
            [Some(1e6), Some(0.0), Some(0.0), Some(0.0), Some(0.0)],
            "coarseness is capped, the rest is 0"
        );
    }

    #[test]
    fn a_voxel_without_neighbours_is_not_counted() {
        let region = Region::from_rows(&[&[&[1, 0, 2, 3]]]);
        let matrix = tone_matrix(&region);
        assert_eq!(matrix.voxels(), 2, "level 1 stands alone");
        assert_eq!(
            dependence_matrix(&region).elements(),
            [(1, 1, 1), (2, 1, 1), (3, 1, 1)],
            "but it has a dependence of 1"
        );
    }

    /// Manual, chapter *Digital phantom texture matrices*, NGTDM (3D): `s` is printed with six decimals.
    #[test]
    fn digital_phantom_tones_3d_are_the_manuals() {
        let matrix = tone_matrix(&super::super::digital_phantom_region());
        let printed: Vec<(i64, i64, String)> = matrix
            .levels
            .iter()
            .map(|(i, (n, s))| (*i, *n, format!("{:.6}", to_f64(s))))
            .collect();
        let row = |i, n, s: &str| (i, n, s.to_owned());
        assert_eq!(
            printed,
            [
                row(1, 50, "39.946954"),
                row(3, 1, "0.200000"),
                row(4, 16, "20.825401"),
                row(6, 7, "24.127005"),
            ],
            "level, n and s"
        );
    }

    /// Manual, chapter *Digital phantom texture matrices*, NGLDM (3D).
    #[test]
    #[rustfmt::skip]
    fn digital_phantom_dependence_3d_is_the_manuals() {
        assert_eq!(
            dependence_matrix(&super::super::digital_phantom_region()).elements(),
            [
                (1, 5, 2), (1, 6, 2), (1, 7, 1), (1, 8, 6), (1, 9, 4), (1, 10, 6), (1, 11, 5), (1, 12, 5),
                (1, 13, 3), (1, 14, 2), (1, 15, 5), (1, 16, 3), (1, 17, 3), (1, 18, 2), (1, 21, 1),
                (3, 1, 1),
                (4, 2, 2), (4, 4, 2), (4, 5, 6), (4, 6, 4), (4, 7, 2),
                (6, 2, 1), (6, 3, 4), (6, 4, 1), (6, 5, 1),
            ],
            "level, dependence and count"
        );
    }
}
