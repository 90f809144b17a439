//! The matrix that GLRLM, GLSZM, GLDZM and NGLDM have in common: how often grey level i occurs with a quantity j.

use super::{Cell, Counts, Levels, Matrix, Tally};
use crate::feature::{Undefined, Value};

/// A matrix of counts `r_ij` of grey level `i` with quantity `j`: a run length (GLRLM), a zone size (GLSZM), a zone's
/// distance to the edge (GLDZM) or a dependence count (NGLDM). It has at least one count.
///
/// The manual defines the features of the four families by the same formulas under different names; here each is
/// defined once. In the formulas
///
/// ```text
/// N_s = sum_ij r_ij    r_i. = sum_j r_ij    r_.j = sum_i r_ij    p_ij = r_ij / N_s
/// ```
///
/// and N_v is the number of voxels from which the matrix was made; matrices that are merged add theirs. Codes are
/// given in the order GLRLM, GLSZM, GLDZM, NGLDM.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelCounts {
    counts: Counts,
    n_voxels: u64,
    /// Elements `(i, j, r_ij)` that are not 0.
    cells: Vec<(f64, f64, f64)>,
    /// `(i, r_i.)`
    levels: Vec<(f64, f64)>,
    /// `(j, r_.j)`
    quantities: Vec<(f64, f64)>,
    /// N_s
    total: f64,
}

impl LevelCounts {
    /// From `(i, j, count)` in any order; counts of the same place are added. `n_voxels` is N_v.
    ///
    /// # Errors
    /// [`Undefined::EmptyMatrix`] when all counts are 0.
    ///
    /// # Panics
    /// When a grey level or a quantity with a count is 0: both start at 1.
    #[track_caller]
    pub fn from_counts(
        n_voxels: u64,
        counts: impl IntoIterator<Item = (u16, u32, u64)>,
    ) -> Result<Self, Undefined> {
        let counts = counts.into_iter().map(|(i, j, count)| Cell { i, j, count });
        Self::new(n_voxels, Counts::new(counts)).ok_or(Undefined::EmptyMatrix)
    }

    /// The elements that are not 0, `(i, j, count)` by rising (i, j).
    pub fn counts(&self) -> impl Iterator<Item = (u16, u32, u64)> {
        self.counts
            .cells()
            .iter()
            .map(|cell| (cell.i, cell.j, cell.count))
    }

    /// The number of voxels N_v.
    #[must_use]
    pub fn n_voxels(&self) -> u64 {
        self.n_voxels
    }

    /// `None` when there is no count.
    #[track_caller]
    pub(crate) fn new(n_voxels: u64, counts: Counts) -> Option<Self> {
        if counts.cells().is_empty() {
            return None;
        }
        assert!(
            counts.cells().iter().all(|cell| cell.i > 0 && cell.j > 0),
            "grey levels and quantities start at 1"
        );
        let cells = counts.cells();
        let levels = cells
            .chunk_by(|a, b| a.i == b.i)
            .map(|row| {
                (
                    f64::from(row[0].i),
                    row.iter().map(|c| c.count as f64).sum(),
                )
            })
            .collect();
        let mut by_quantity: Vec<(u32, u64)> = cells.iter().map(|c| (c.j, c.count)).collect();
        by_quantity.sort_unstable();
        let quantities = by_quantity
            .chunk_by(|a, b| a.0 == b.0)
            .map(|column| {
                let sum = column.iter().map(|(_, count)| *count as f64).sum();
                (f64::from(column[0].0), sum)
            })
            .collect();
        Some(Self {
            n_voxels,
            cells: cells
                .iter()
                .map(|c| (f64::from(c.i), f64::from(c.j), c.count as f64))
                .collect(),
            levels,
            quantities,
            total: counts.total() as f64,
            counts,
        })
    }

    /// From counts of (rank, quantity) made of `n_voxels` voxels; `None` when there is no count.
    pub(crate) fn from_tally(levels: &Levels, n_voxels: u64, tally: Tally) -> Option<Self> {
        let cells = tally.into_cells().map(|cell| Cell {
            i: levels.grey_level(cell.i.into()),
            ..cell
        });
        Self::new(n_voxels, Counts::new(cells))
    }

    /// `sum_ij f(i, j) p_ij`
    fn mean(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        self.cells
            .iter()
            .map(|(i, j, r)| r * f(*i, *j))
            .sum::<f64>()
            / self.total
    }

    /// Short runs emphasis `22OV`, small zone emphasis `5QRC`, small distance emphasis `0GBI`, low dependence
    /// emphasis `SODN`. Unit: 1.
    ///
    /// ```text
    /// sum_j r_.j / j^2 / N_s
    /// ```
    #[must_use]
    pub fn low_quantity_emphasis(&self) -> f64 {
        self.mean(|_, j| 1.0 / (j * j))
    }

    /// Long runs emphasis `W4KF`, large zone emphasis `48P8`, large distance emphasis `MB4I`, high dependence emphasis
    /// `IMOQ`. Unit: 1.
    ///
    /// ```text
    /// sum_j j^2 r_.j / N_s
    /// ```
    #[must_use]
    pub fn high_quantity_emphasis(&self) -> f64 {
        self.mean(|_, j| j * j)
    }

    /// Low grey level emphasis of runs `V3SW`, zones `XMSY` and `S1RA`, counts `TL9H`. Unit: bin⁻².
    ///
    /// ```text
    /// sum_i r_i. / i^2 / N_s
    /// ```
    #[must_use]
    pub fn low_grey_level_emphasis(&self) -> f64 {
        self.mean(|i, _| 1.0 / (i * i))
    }

    /// High grey level emphasis of runs `G3QZ`, zones `5GN9` and `K26C`, counts `OAE7`. Unit: bin².
    ///
    /// ```text
    /// sum_i i^2 r_i. / N_s
    /// ```
    #[must_use]
    pub fn high_grey_level_emphasis(&self) -> f64 {
        self.mean(|i, _| i * i)
    }

    /// Short run low grey level emphasis `HTZT`, small zone `5RAI`, small distance `RUVG`, low dependence `EQ3F`.
    /// Unit: bin⁻².
    ///
    /// ```text
    /// sum_ij r_ij / (i^2 j^2) / N_s
    /// ```
    #[must_use]
    pub fn low_quantity_low_grey_level_emphasis(&self) -> f64 {
        self.mean(|i, j| 1.0 / (i * i * j * j))
    }

    /// Short run high grey level emphasis `GD3A`, small zone `HW1V`, small distance `DKNJ`, low dependence `JA6D`.
    /// Unit: bin².
    ///
    /// ```text
    /// sum_ij i^2 r_ij / j^2 / N_s
    /// ```
    #[must_use]
    pub fn low_quantity_high_grey_level_emphasis(&self) -> f64 {
        self.mean(|i, j| i * i / (j * j))
    }

    /// Long run low grey level emphasis `IVPO`, large zone `YH51`, large distance `A7WM`, high dependence `NBZI`.
    /// Unit: bin⁻².
    ///
    /// ```text
    /// sum_ij j^2 r_ij / i^2 / N_s
    /// ```
    #[must_use]
    pub fn high_quantity_low_grey_level_emphasis(&self) -> f64 {
        self.mean(|i, j| j * j / (i * i))
    }

    /// Long run high grey level emphasis `3KUM`, large zone `J17V`, large distance `KLTH`, high dependence `9QMG`.
    /// Unit: bin².
    ///
    /// ```text
    /// sum_ij i^2 j^2 r_ij / N_s
    /// ```
    #[must_use]
    pub fn high_quantity_high_grey_level_emphasis(&self) -> f64 {
        self.mean(|i, j| i * i * j * j)
    }

    /// Grey level non-uniformity `R5YN`, `JNSA`, `VFT7`, `FP8K`. Unit: 1.
    ///
    /// ```text
    /// sum_i r_i.^2 / N_s
    /// ```
    #[must_use]
    pub fn grey_level_non_uniformity(&self) -> f64 {
        sum_of_squares(&self.levels) / self.total
    }

    /// Normalised grey level non-uniformity `OVBL`, `Y1RO`, `7HP3`, `5SPA`. Unit: 1.
    ///
    /// ```text
    /// sum_i r_i.^2 / N_s^2
    /// ```
    #[must_use]
    pub fn normalised_grey_level_non_uniformity(&self) -> f64 {
        sum_of_squares(&self.levels) / (self.total * self.total)
    }

    /// Run length non-uniformity `W92Y`, zone size `4JP3`, zone distance `V294`, dependence count `Z87G`. Unit: 1.
    ///
    /// ```text
    /// sum_j r_.j^2 / N_s
    /// ```
    #[must_use]
    pub fn quantity_non_uniformity(&self) -> f64 {
        sum_of_squares(&self.quantities) / self.total
    }

    /// Normalised run length non-uniformity `IC23`, zone size `VB3A`, zone distance `IATH`, dependence count `OKJI`.
    /// Unit: 1.
    ///
    /// ```text
    /// sum_j r_.j^2 / N_s^2
    /// ```
    #[must_use]
    pub fn normalised_quantity_non_uniformity(&self) -> f64 {
        sum_of_squares(&self.quantities) / (self.total * self.total)
    }

    /// Run percentage `9ZK5`, zone percentage `P30P` and `VIWW`, dependence count percentage `6XV8`. A fraction, in
    /// spite of its name; unit: 1.
    ///
    /// ```text
    /// N_s / N_v
    /// ```
    ///
    /// # Undefined
    /// [`Undefined::EmptyRoi`] when N_v is 0.
    pub fn percentage(&self) -> Value {
        if self.n_voxels == 0 {
            return Err(Undefined::EmptyRoi);
        }
        Ok(self.total / self.n_voxels as f64)
    }

    /// Grey level variance `8CE5`, `BYLV`, `QK93`, `1PFV`. Unit: bin².
    ///
    /// ```text
    /// sum_ij (i - mu)^2 p_ij      mu = sum_ij i p_ij
    /// ```
    #[must_use]
    pub fn grey_level_variance(&self) -> f64 {
        let mu = self.mean(|i, _| i);
        self.mean(|i, _| (i - mu) * (i - mu))
    }

    /// Run length variance `SXLW`, zone size `3NSA`, zone distance `7WT1`, dependence count `DNX2`. Unit: 1.
    ///
    /// ```text
    /// sum_ij (j - mu)^2 p_ij      mu = sum_ij j p_ij
    /// ```
    #[must_use]
    pub fn quantity_variance(&self) -> f64 {
        let mu = self.mean(|_, j| j);
        self.mean(|_, j| (j - mu) * (j - mu))
    }

    /// Run entropy `HJ9O`, zone size entropy `GU8N`, zone distance entropy `GBDU`, dependence count entropy `FCBV`.
    /// Unit: bit.
    ///
    /// ```text
    /// -sum_ij p_ij log2 p_ij      terms with p_ij = 0 contribute 0
    /// ```
    #[must_use]
    pub fn entropy(&self) -> f64 {
        let sum: f64 = self
            .cells
            .iter()
            .map(|(_, _, r)| r / self.total)
            .map(|p| p * p.log2())
            .sum();
        // 0 − x and not −x: the entropy of a single element is 0, not −0
        0.0 - sum
    }

    /// Dependence count energy `CAS9` (NGLDM alone has it). Unit: 1.
    ///
    /// ```text
    /// sum_ij p_ij^2
    /// ```
    #[must_use]
    pub fn energy(&self) -> f64 {
        let sum: f64 = self.cells.iter().map(|(_, _, r)| r * r).sum();
        sum / (self.total * self.total)
    }
}

fn sum_of_squares(marginal: &[(f64, f64)]) -> f64 {
    marginal.iter().map(|(_, r)| r * r).sum()
}

impl Matrix for LevelCounts {
    fn merged<'a>(parts: impl Iterator<Item = &'a Self>) -> Option<Self> {
        let parts: Vec<&Self> = parts.collect();
        Self::new(
            parts.iter().map(|part| part.n_voxels).sum(),
            Counts::merged(parts.iter().map(|part| &part.counts)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Two of level 1 and quantity 1, one of level 2 and quantity 3, of 5 voxels.
        let m =
            LevelCounts::from_counts(5, [(2, 3, 1), (1, 1, 1), (1, 1, 1)]).expect("three counts");
        for (name, got, want) in [
            (
                "low quantity emphasis",
                m.low_quantity_emphasis(),
                (2.0 + 1.0 / 9.0) / 3.0,
            ),
            (
                "high quantity emphasis",
                m.high_quantity_emphasis(),
                11.0 / 3.0,
            ),
            ("low grey level emphasis", m.low_grey_level_emphasis(), 0.75),
            (
                "high grey level emphasis",
                m.high_grey_level_emphasis(),
                2.0,
            ),
            (
                "low, low",
                m.low_quantity_low_grey_level_emphasis(),
                (2.0 + 1.0 / 36.0) / 3.0,
            ),
            (
                "low, high",
                m.low_quantity_high_grey_level_emphasis(),
                (2.0 + 4.0 / 9.0) / 3.0,
            ),
            (
                "high, low",
                m.high_quantity_low_grey_level_emphasis(),
                (2.0 + 9.0 / 4.0) / 3.0,
            ),
            (
                "high, high",
                m.high_quantity_high_grey_level_emphasis(),
                38.0 / 3.0,
            ),
            (
                "grey level non-uniformity",
                m.grey_level_non_uniformity(),
                5.0 / 3.0,
            ),
            (
                "the same, normalised",
                m.normalised_grey_level_non_uniformity(),
                5.0 / 9.0,
            ),
            (
                "quantity non-uniformity",
                m.quantity_non_uniformity(),
                5.0 / 3.0,
            ),
            (
                "the same, normalised",
                m.normalised_quantity_non_uniformity(),
                5.0 / 9.0,
            ),
            ("percentage", m.percentage().expect("voxels"), 0.6),
            ("grey level variance", m.grey_level_variance(), 2.0 / 9.0),
            ("quantity variance", m.quantity_variance(), 8.0 / 9.0),
            ("entropy", m.entropy(), 3.0_f64.log2() - 2.0 / 3.0),
            ("energy", m.energy(), 5.0 / 9.0),
        ] {
            assert!((got - want).abs() < 1e-14, "{name}: {got} vs {want}");
        }
    }

    #[test]
    fn merging_adds_counts_and_voxels() {
        let a = LevelCounts::from_counts(5, [(1, 1, 2), (3, 2, 1)]).expect("counts");
        let b = LevelCounts::from_counts(2, [(1, 1, 1), (1, 2, 1)]).expect("counts");
        let sum = LevelCounts::merged([&a, &b].into_iter()).expect("counts");
        assert_eq!(sum.n_voxels(), 7, "N_v is summed");
        assert_eq!(
            sum.counts().collect::<Vec<_>>(),
            [(1, 1, 3), (1, 2, 1), (3, 2, 1)],
            "counts are summed"
        );
    }

    #[test]
    fn no_counts_no_matrix() {
        assert_eq!(
            LevelCounts::from_counts(3, [(1, 1, 0)]),
            Err(Undefined::EmptyMatrix),
            "counts of 0 are no counts"
        );
    }
}
