//! Neighbourhood grey tone difference matrix (IPET): how far grey levels differ from the mean of their neighbours.

use std::ops::Range;

use super::{
    Aggregation, Undefined, Value, Values,
    texture::{Features, Levels, Matrix, evaluate, undirected, window_sums},
};
use crate::{process::discretise::Discretised, settings::MAX_DISTANCE};

/// The features, in the order of the catalogue.
const FEATURES: &Features<Ngtdm> = &[
    ("QCDE", |m| Ok(coarseness(m))),
    ("65HE", |m| Ok(contrast(m))),
    ("NQ30", busyness),
    ("HDEZ", |m| Ok(complexity(m))),
    ("1X9X", |m| Ok(strength(m))),
];

/// The five features of the grey levels, for each of the family's aggregations asked for.
///
/// The neighbourhood of a voxel are the voxels of the region within Chebyshev distance `distance` of it, in its slice
/// or in the volume; a voxel without any is not counted.
///
/// # Undefined
/// Every feature is [`Undefined::EmptyRoi`] when there is no voxel, [`Undefined::EmptyMatrix`] when no voxel has a
/// neighbour.
///
/// # Panics
/// When `distance` is above [`MAX_DISTANCE`]: settings are checked.
#[must_use]
#[track_caller]
pub fn features(
    discretised: &Discretised,
    distance: u32,
    aggregations: &[Aggregation],
) -> Vec<(Aggregation, Values)> {
    assert!(
        distance <= MAX_DISTANCE,
        "the distance is at most {MAX_DISTANCE}"
    );
    let levels = Levels::new(discretised);
    let distance = distance as usize;
    undirected(
        &levels,
        FEATURES,
        aggregations,
        || {
            let neighbourhoods = Neighbourhoods::new(&levels, [distance, distance, 0]);
            levels
                .slices()
                .filter_map(|z| neighbourhoods.matrix(z..z + 1))
                .collect()
        },
        || Neighbourhoods::new(&levels, [distance; 3]).matrix(levels.volume()),
    )
}

/// The values of one matrix, in the order of the catalogue.
#[must_use]
pub fn values(matrix: &Ngtdm) -> Values {
    evaluate(FEATURES, matrix)
}

/// A row of the matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Grey level i.
    pub level: u16,
    /// n_i, the number of voxels of this level that have a neighbour.
    pub count: u64,
    /// s_i, the sum over these voxels of the distance between i and the mean level of the neighbourhood.
    pub difference: f64,
}

/// A neighbourhood grey tone difference matrix: the rows with n_i > 0, at least one.
///
/// In the formulas `N_vc = sum_i n_i`, `p_i = n_i / N_vc`, and N_gp is the number of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Ngtdm {
    rows: Vec<Row>,
    total: f64,
}

impl Ngtdm {
    /// From rows in any order; those of the same level are added, those with n_i = 0 left out.
    ///
    /// # Errors
    /// [`Undefined::EmptyMatrix`] when all n_i are 0.
    pub fn from_rows(rows: impl IntoIterator<Item = Row>) -> Result<Self, Undefined> {
        let mut rows: Vec<Row> = rows.into_iter().filter(|row| row.count > 0).collect();
        rows.sort_by_key(|row| row.level);
        rows.dedup_by(|next, kept| {
            let same = next.level == kept.level;
            if same {
                kept.count += next.count;
                kept.difference += next.difference;
            }
            same
        });
        if rows.is_empty() {
            return Err(Undefined::EmptyMatrix);
        }
        let total = rows.iter().map(|row| row.count as f64).sum();
        Ok(Self { rows, total })
    }

    /// The rows, by rising level.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// `(i, p_i, s_i)` of every row.
    fn terms(&self) -> impl Iterator<Item = (f64, f64, f64)> + Clone {
        self.rows.iter().map(|row| {
            (
                f64::from(row.level),
                row.count as f64 / self.total,
                row.difference,
            )
        })
    }

    /// `sum_i p_i s_i`
    fn mean_difference(&self) -> f64 {
        self.terms().map(|(_, p, s)| p * s).sum()
    }

    /// `sum_i s_i`
    fn total_difference(&self) -> f64 {
        self.rows.iter().map(|row| row.difference).sum()
    }
}

impl Matrix for Ngtdm {
    fn merged<'a>(parts: impl Iterator<Item = &'a Self>) -> Option<Self> {
        Self::from_rows(parts.flat_map(|part| part.rows.iter().copied())).ok()
    }
}

/// Coarseness. IBSI code `QCDE`. Unit: bin⁻¹.
///
/// ```text
/// 1 / sum_i p_i s_i      at most 10^6, also when the sum is 0
/// ```
#[must_use]
pub fn coarseness(m: &Ngtdm) -> f64 {
    const MAXIMUM: f64 = 1e6;
    (1.0 / m.mean_difference()).min(MAXIMUM)
}

/// Contrast. IBSI code `65HE`. Unit: bin³.
///
/// ```text
/// (sum_ij p_i p_j (i - j)^2 / (N_gp (N_gp - 1))) (sum_i s_i / N_vc)      0 when N_gp = 1
/// ```
///
/// Computed from `sum_ij p_i p_j (i - j)^2 = 2 sum_i p_i (i - mean)^2`, which needs no double sum.
#[must_use]
pub fn contrast(m: &Ngtdm) -> f64 {
    if m.rows.len() == 1 {
        return 0.0;
    }
    let n = m.rows.len() as f64;
    let mean: f64 = m.terms().map(|(i, p, _)| p * i).sum();
    let variance: f64 = m.terms().map(|(i, p, _)| p * (i - mean) * (i - mean)).sum();
    2.0 * variance / (n * (n - 1.0)) * (m.total_difference() / m.total)
}

/// Busyness. IBSI code `NQ30`. Unit: 1.
///
/// ```text
/// sum_i p_i s_i / sum_ij |i p_i - j p_j|      over p_i, p_j > 0; 0 when N_gp = 1
/// ```
///
/// # Undefined
/// [`Undefined::NoSpread`] when there are several levels and `i p_i` is the same for all.
pub fn busyness(m: &Ngtdm) -> Value {
    if m.rows.len() == 1 {
        return Ok(0.0);
    }
    // `i n_i` in whole numbers, so that equal terms are equal. In rising order the k-th of n terms is added k times
    // and subtracted n - 1 - k times, once for each partner, and the double sum has each pair twice.
    let mut terms: Vec<u128> = m
        .rows
        .iter()
        .map(|row| u128::from(row.level) * u128::from(row.count))
        .collect();
    terms.sort_unstable();
    let differences: u128 = (1..)
        .zip(terms.windows(2))
        .map(|(k, pair)| k * (terms.len() as u128 - k) * (pair[1] - pair[0]))
        .sum();
    if differences == 0 {
        return Err(Undefined::NoSpread);
    }
    Ok(m.mean_difference() / (2.0 * differences as f64 / m.total))
}

/// Complexity. IBSI code `HDEZ`. Unit: bin².
///
/// ```text
/// sum_ij |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) / N_vc      over p_i, p_j > 0
/// ```
///
/// The terms depend on `p` through few different values when there are many levels (n voxels have at most √(2n)
/// different counts): for each count, the levels that have it are summed on either side of `i` at once.
#[must_use]
pub fn complexity(m: &Ngtdm) -> f64 {
    let mut by_count = m.rows.clone();
    by_count.sort_by_key(|row| row.count); // stable: levels rise within a count
    let mut sum = 0.0;
    for group in by_count.chunk_by(|a, b| a.count == b.count) {
        let n = group[0].count as f64;
        let mut above = Sums::default();
        for row in group {
            above.add(row);
        }
        let mut below = Sums::default();
        let mut next = group.iter().peekable();
        for row in &m.rows {
            while let Some(passed) = next.next_if(|other| other.level <= row.level) {
                below.add(passed);
                above.remove(passed);
            }
            let i = f64::from(row.level);
            let distances = (i * below.rows - below.levels) + (above.levels - i * above.rows);
            let weighted = (i * below.differences - below.level_differences)
                + (above.level_differences - i * above.differences);
            let own = row.count as f64;
            sum += (own * row.difference * distances + n * weighted) / (own + n);
        }
    }
    sum / m.total
}

/// Sums over rows of 1, i, s and i s.
#[derive(Clone, Copy, Default)]
struct Sums {
    rows: f64,
    levels: f64,
    differences: f64,
    level_differences: f64,
}

impl Sums {
    fn add(&mut self, row: &Row) {
        self.change(row, 1.0);
    }

    fn remove(&mut self, row: &Row) {
        self.change(row, -1.0);
    }

    fn change(&mut self, row: &Row, sign: f64) {
        let i = f64::from(row.level);
        self.rows += sign;
        self.levels += sign * i;
        self.differences += sign * row.difference;
        self.level_differences += sign * i * row.difference;
    }
}

/// Strength. IBSI code `1X9X`. Unit: bin.
///
/// ```text
/// sum_ij (p_i + p_j) (i - j)^2 / sum_i s_i      over p_i, p_j > 0; 0 when all s_i are 0
/// ```
///
/// Computed from `sum_ij (p_i + p_j) (i - j)^2 = 2 sum_i p_i sum_j (i - j)^2`, and the inner sum from the mean of the
/// levels that occur and their spread around it.
#[must_use]
pub fn strength(m: &Ngtdm) -> f64 {
    let differences = m.total_difference();
    if differences == 0.0 {
        return 0.0;
    }
    let n = m.rows.len() as f64;
    let mean = m.terms().map(|(i, _, _)| i).sum::<f64>() / n;
    let spread: f64 = m.terms().map(|(i, _, _)| (i - mean) * (i - mean)).sum();
    let sum: f64 = m
        .terms()
        .map(|(i, p, _)| p * (spread + n * (i - mean) * (i - mean)))
        .sum();
    2.0 * sum / differences
}

/// For every voxel, border included, how many voxels of the region are within the window around it, itself included, and
/// the sum of their grey levels.
struct Neighbourhoods<'a> {
    levels: &'a Levels,
    /// Number and sum in one whole number, so that one pass of sums makes both: a window of at most 129³ < 2²² voxels
    /// of levels below 2¹⁶ keeps the sum below 2³⁸.
    windows: Vec<u64>,
}

impl<'a> Neighbourhoods<'a> {
    const COUNT_SHIFT: u32 = 40;

    fn new(levels: &'a Levels, radius: [usize; 3]) -> Self {
        let mut windows = vec![0; levels.ranks().len()];
        for (at, rank) in levels.voxels(levels.volume()) {
            windows[at] = 1 << Self::COUNT_SHIFT | u64::from(levels.grey_level(rank.into()));
        }
        window_sums(&mut windows, levels.bordered_size(), radius);
        Self { levels, windows }
    }

    /// The matrix of the voxels of some slices; `None` when none has a neighbour.
    fn matrix(&self, slices: Range<usize>) -> Option<Ngtdm> {
        let mut counts = vec![0_u64; self.levels.n_ranks()];
        let mut differences = vec![0.0; self.levels.n_ranks()];
        for (at, rank) in self.levels.voxels(slices) {
            let level = u64::from(self.levels.grey_level(rank.into()));
            let window = self.windows[at];
            let n_neighbours = (window >> Self::COUNT_SHIFT) - 1;
            if n_neighbours > 0 {
                let sum = (window & ((1 << Self::COUNT_SHIFT) - 1)) - level;
                counts[usize::from(rank)] += 1;
                differences[usize::from(rank)] +=
                    (level as f64 - sum as f64 / n_neighbours as f64).abs();
            }
        }
        let rows = (0..).zip(counts).zip(differences);
        Ngtdm::from_rows(rows.map(|((rank, count), difference)| Row {
            level: self.levels.grey_level(rank),
            count,
            difference,
        }))
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::{
        Family, catalogue,
        texture::testing::{self, discretised},
    };

    #[test]
    fn features_are_those_of_the_catalogue() {
        let codes: Vec<_> = FEATURES.iter().map(|(code, _)| (*code, "")).collect();
        assert_eq!(codes, catalogue::codes_of(Family::Ngtdm), "codes and order");
    }

    /// The five features from the double sums of their definitions.
    fn by_definition(m: &Ngtdm) -> [Value; 5] {
        /// `(i, p_i, s_i)`
        type Term = (f64, f64, f64);
        let terms: Vec<Term> = m.terms().collect();
        let double = |f: &dyn Fn(Term, Term) -> f64| -> f64 {
            terms
                .iter()
                .flat_map(|a| terms.iter().map(move |b| f(*a, *b)))
                .sum()
        };
        let ps: f64 = terms.iter().map(|(_, p, s)| p * s).sum();
        let s: f64 = terms.iter().map(|(_, _, s)| s).sum();
        let n = terms.len() as f64;
        let is_single = terms.len() == 1;
        let busy = double(&|(i, p, _), (j, q, _)| (i * p - j * q).abs());
        [
            Ok(if ps == 0.0 { 1e6 } else { (1.0 / ps).min(1e6) }),
            Ok(if is_single {
                0.0
            } else {
                double(&|(i, p, _), (j, q, _)| p * q * (i - j).powi(2)) / (n * (n - 1.0)) * s
                    / m.total
            }),
            if is_single {
                Ok(0.0)
            } else if busy < 1e-12 {
                Err(Undefined::NoSpread)
            } else {
                Ok(ps / busy)
            },
            Ok(double(&|(i, p, s), (j, q, t)| (i - j).abs() * (p * s + q * t) / (p + q)) / m.total),
            Ok(if s == 0.0 {
                0.0
            } else {
                double(&|(i, p, _), (j, q, _)| (p + q) * (i - j).powi(2)) / s
            }),
        ]
    }

    proptest! {
        #[test]
        fn matrix_agrees_with_the_definition(
            (size, voxels) in testing::regions(9),
            distance in 1_usize..5,
            in_plane: bool,
        ) {
            let radius = [distance, distance, if in_plane { 0 } else { distance }];
            let of = |[x, y, z]: [usize; 3]| voxels[x + size[0] * (y + size[1] * z)];
            let rows = testing::positions(size).filter(|p| of(*p) > 0).filter_map(|p| {
                let neighbours: Vec<f64> = testing::neighbours(size, p, radius)
                    .filter(|n| of(*n) > 0)
                    .map(|n| f64::from(of(n)))
                    .collect();
                let mean = neighbours.iter().sum::<f64>() / neighbours.len() as f64;
                let row = Row { level: of(p), count: 1, difference: (f64::from(of(p)) - mean).abs() };
                (!neighbours.is_empty()).then_some(row)
            });
            let naive = Ngtdm::from_rows(rows).ok();
            let levels = Levels::new(&discretised(size, &voxels));
            let matrix = Neighbourhoods::new(&levels, radius).matrix(levels.volume());
            prop_assert_eq!(matrix.is_some(), naive.is_some(), "voxels with neighbours");
            let (Some(matrix), Some(naive)) = (matrix, naive) else { return Ok(()) };
            for (got, want) in matrix.rows().iter().zip(naive.rows()) {
                prop_assert_eq!((got.level, got.count), (want.level, want.count), "levels and counts");
                prop_assert!(
                    (got.difference - want.difference).abs() < 1e-10,
                    "s_{}: {} vs {}", got.level, got.difference, want.difference
                );
            }
            prop_assert_eq!(matrix.rows().len(), naive.rows().len(), "number of levels");
        }

        #[test]
        fn features_agree_with_their_double_sums(
            rows in prop::collection::vec((1_u16..300, 1_u64..12, prop_oneof![Just(0.0), 0.0..50.0_f64]), 1..40),
        ) {
            let rows = rows.into_iter().map(|(level, count, difference)| Row { level, count, difference });
            let m = Ngtdm::from_rows(rows).unwrap();
            for ((code, _, got), want) in values(&m).into_iter().zip(by_definition(&m)) {
                match (got, want) {
                    (Ok(got), Ok(want)) => prop_assert!(
                        (got - want).abs() <= 1e-9 * want.abs().max(1e-3),
                        "{code}: {got} vs {want}"
                    ),
                    (got, want) => prop_assert_eq!(got, want, "{}", code),
                }
            }
        }
    }

    #[test]
    fn special_cases() {
        let row = |level, count, difference| Row {
            level,
            count,
            difference,
        };
        let values_of = |rows: &[Row]| -> Vec<Value> {
            let m = Ngtdm::from_rows(rows.iter().copied()).expect("rows");
            values(&m).into_iter().map(|v| v.2).collect()
        };
        assert_eq!(
            values_of(&[row(3, 27, 0.0)]),
            [Ok(1e6), Ok(0.0), Ok(0.0), Ok(0.0), Ok(0.0)],
            "uniform: coarseness is capped, the others are 0"
        );
        assert_eq!(
            values_of(&[row(1, 2, 1.0), row(2, 1, 1.0)])[2],
            Err(Undefined::NoSpread),
            "busyness with 1 · 2/3 = 2 · 1/3"
        );
        assert_eq!(
            Ngtdm::from_rows([row(1, 0, 0.0)]),
            Err(Undefined::EmptyMatrix),
            "no voxel with a neighbour"
        );
    }

    #[test]
    fn digital_phantom() {
        // Source: IBSI 1 reference manual, *Digital phantom texture matrices*, NGTDM (3D), printed to six decimals.
        let levels = Levels::new(&discretised(
            testing::DIGITAL_PHANTOM_SIZE,
            &testing::DIGITAL_PHANTOM,
        ));
        let matrix = Neighbourhoods::new(&levels, [1; 3])
            .matrix(levels.volume())
            .expect("neighbours");
        let want = [
            (1, 50, 39.946954),
            (3, 1, 0.2),
            (4, 16, 20.825401),
            (6, 7, 24.127005),
        ];
        assert_eq!(matrix.rows().len(), want.len(), "levels");
        for (row, (level, count, difference)) in matrix.rows().iter().zip(want) {
            assert_eq!((row.level, row.count), (level, count), "published n_i");
            assert!(
                (row.difference - difference).abs() <= 5.1e-7,
                "published s_{level}: {} vs {difference}",
                row.difference
            );
        }
    }
}
