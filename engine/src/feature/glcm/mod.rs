//! Grey level co-occurrence matrix (LFYI): which grey levels are neighbours along a direction.

mod formulas;

pub use formulas::*;

use std::ops::Range;

use super::{
    Aggregation, Undefined, Values,
    texture::{Cell, Counts, Direction, Features, Levels, Matrix, Tally, directional, evaluate},
};
use crate::process::discretise::Discretised;

/// The features, in the order of the catalogue.
const FEATURES: &Features<Glcm> = &[
    ("GYBY", |m| Ok(joint_maximum(m))),
    ("60VM", |m| Ok(joint_average(m))),
    ("UR99", |m| Ok(joint_variance(m))),
    ("TU9B", |m| Ok(joint_entropy(m))),
    ("TF7R", |m| Ok(difference_average(m))),
    ("D3YU", |m| Ok(difference_variance(m))),
    ("NTRS", |m| Ok(difference_entropy(m))),
    ("ZGXS", |m| Ok(sum_average(m))),
    ("OEEB", |m| Ok(sum_variance(m))),
    ("P6QZ", |m| Ok(sum_entropy(m))),
    ("8ZQL", |m| Ok(angular_second_moment(m))),
    ("ACUI", |m| Ok(contrast(m))),
    ("8S9J", |m| Ok(dissimilarity(m))),
    ("IB1Z", |m| Ok(inverse_difference(m))),
    ("NDRX", |m| Ok(normalised_inverse_difference(m))),
    ("WF0Z", |m| Ok(inverse_difference_moment(m))),
    ("1QCO", |m| Ok(normalised_inverse_difference_moment(m))),
    ("E8JP", |m| Ok(inverse_variance(m))),
    ("NI2N", correlation),
    ("QWB0", |m| Ok(autocorrelation(m))),
    ("DG8W", |m| Ok(cluster_tendency(m))),
    ("7NFM", |m| Ok(cluster_shade(m))),
    ("AE86", |m| Ok(cluster_prominence(m))),
    ("R8DG", information_correlation_1),
    ("JN9H", |m| Ok(information_correlation_2(m))),
];

/// The 25 co-occurrence features of the grey levels, for each of the family's aggregations asked for.
///
/// Voxels co-occur when they lie `distance` steps apart along one of the 4 directions of the plane (2D and 2.5D) or
/// the 13 of the volume.
///
/// # Undefined
/// Every feature is [`Undefined::EmptyRoi`] when there is no voxel, [`Undefined::EmptyMatrix`] when no two voxels
/// co-occur; what a division by zero leaves undefined is stated with the feature.
#[must_use]
pub fn features(
    discretised: &Discretised,
    distance: u32,
    aggregations: &[Aggregation],
) -> Vec<(Aggregation, Values)> {
    let levels = Levels::new(discretised);
    directional(&levels, FEATURES, aggregations, |slices, direction| {
        matrix(&levels, slices, direction, distance)
    })
}

/// The values of one matrix, in the order of the catalogue.
#[must_use]
pub fn values(matrix: &Glcm) -> Values {
    evaluate(FEATURES, matrix)
}

/// A grey level co-occurrence matrix with at least one count, and what features are made of: its probabilities
/// `p_ij`, and their sums along rows, columns, diagonals and cross-diagonals.
///
/// The manual's matrix is symmetric; this one is what it is made from, symmetric or not, so that features take rows
/// and columns where their definitions do.
#[derive(Clone, Debug, PartialEq)]
pub struct Glcm {
    n_levels: u16,
    counts: Counts,
    /// `p_ij` that are not 0.
    elements: Vec<Element>,
    /// `p_i.`
    rows: Vec<Probability>,
    /// `p_.j`
    columns: Vec<Probability>,
    /// `p_(i-j),k`, k = |i − j|
    differences: Vec<Probability>,
    /// `p_(i+j),k`, k = i + j
    sums: Vec<Probability>,
}

/// An element of the matrix that is not 0.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Element {
    i: f64,
    j: f64,
    p: f64,
}

/// A probability that is not 0, and of what.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Probability {
    of: f64,
    p: f64,
}

impl Glcm {
    /// From `(i, j, count)` in any order, as they are; counts of the same place are added. `n_levels` is N_g.
    ///
    /// # Errors
    /// [`Undefined::EmptyMatrix`] when all counts are 0.
    pub fn from_counts(
        n_levels: u16,
        counts: impl IntoIterator<Item = (u16, u16, u64)>,
    ) -> Result<Self, Undefined> {
        let cells = counts.into_iter().map(|(i, j, count)| Cell {
            i,
            j: u32::from(j),
            count,
        });
        Self::new(n_levels, Counts::new(cells)).ok_or(Undefined::EmptyMatrix)
    }

    /// The number of grey levels N_g.
    #[must_use]
    pub fn n_levels(&self) -> u16 {
        self.n_levels
    }

    /// The elements that are not 0, `(i, j, count)` by rising (i, j).
    pub fn counts(&self) -> impl Iterator<Item = (u16, u16, u64)> {
        self.counts.cells().iter().map(|cell| {
            let j = u16::try_from(cell.j).expect("columns are grey levels");
            (cell.i, j, cell.count)
        })
    }

    /// `None` when there is no count.
    fn new(n_levels: u16, counts: Counts) -> Option<Self> {
        let cells = counts.cells();
        if cells.is_empty() {
            return None;
        }
        let total = counts.total() as f64;
        let marginal = |of: fn(&Cell) -> u32| {
            let (low, high) = cells
                .iter()
                .map(of)
                .fold((u32::MAX, 0), |(low, high), k| (low.min(k), high.max(k)));
            let mut counts = vec![0; (high - low) as usize + 1];
            for cell in cells {
                counts[(of(cell) - low) as usize] += cell.count;
            }
            (low..)
                .zip(counts)
                .filter(|(_, count)| *count > 0)
                .map(|(k, count)| Probability {
                    of: f64::from(k),
                    p: count as f64 / total,
                })
                .collect()
        };
        Some(Self {
            n_levels,
            elements: cells
                .iter()
                .map(|cell| Element {
                    i: f64::from(cell.i),
                    j: f64::from(cell.j),
                    p: cell.count as f64 / total,
                })
                .collect(),
            rows: marginal(|cell| u32::from(cell.i)),
            columns: marginal(|cell| cell.j),
            differences: marginal(|cell| u32::from(cell.i).abs_diff(cell.j)),
            sums: marginal(|cell| u32::from(cell.i) + cell.j),
            counts,
        })
    }
}

impl Matrix for Glcm {
    fn merged<'a>(parts: impl Iterator<Item = &'a Self>) -> Option<Self> {
        let parts: Vec<&Self> = parts.collect();
        let n_levels = parts.first()?.n_levels;
        Self::new(
            n_levels,
            Counts::merged(parts.iter().map(|part| &part.counts)),
        )
    }
}

/// The symmetric co-occurrence matrix of some slices along a direction; `None` when no two voxels co-occur.
fn matrix(
    levels: &Levels,
    slices: Range<usize>,
    direction: Direction,
    distance: u32,
) -> Option<Glcm> {
    let ranks = levels.ranks();
    let distance = distance as isize;
    let mut tally = Tally::new(
        levels.n_ranks(),
        levels.n_ranks(),
        levels.n_voxels(slices.clone()),
    );
    for (voxels, partners) in levels.row_pairs(slices, direction.map(|step| step * distance)) {
        for (i, j) in ranks[voxels].iter().zip(&ranks[partners]) {
            tally.add(*i, u32::from(*j));
        }
    }
    // Rank 0 is outside the region: such pairs fill a row and a column that are dropped, cheaper than a question for
    // every pair.
    let pairs: Vec<Cell> = tally
        .into_cells()
        .filter(|cell| cell.j > 0)
        .map(|cell| Cell {
            i: levels.grey_level(cell.i.into()),
            j: u32::from(levels.grey_level(cell.j)),
            ..cell
        })
        .collect();
    let reversed = pairs.iter().map(|cell| Cell {
        i: u16::try_from(cell.j).expect("columns are grey levels"),
        j: u32::from(cell.i),
        ..*cell
    });
    let both = pairs.iter().copied().chain(reversed);
    Glcm::new(levels.n_levels(), Counts::new(both))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::feature::{
        Family, Value, catalogue,
        texture::{
            DIRECTIONS,
            testing::{self, discretised},
        },
    };

    #[test]
    fn features_are_those_of_the_catalogue() {
        let codes: Vec<_> = FEATURES.iter().map(|(code, _)| (*code, "")).collect();
        assert_eq!(codes, catalogue::codes_of(Family::Glcm), "codes and order");
    }

    proptest! {
        #[test]
        fn matrix_agrees_with_the_definition(
            (size, voxels) in testing::regions(4),
            distance in 1_u32..4,
            direction in prop::sample::select(&DIRECTIONS[..]),
        ) {
            let step = direction.map(|d| d * distance as isize);
            let of = |[x, y, z]: [usize; 3]| voxels[x + size[0] * (y + size[1] * z)];
            let mut naive: BTreeMap<(u16, u16), u64> = BTreeMap::new();
            for voxel in testing::positions(size) {
                for step in [step, step.map(|d| -d)] {
                    if let Some(partner) = testing::step(size, voxel, step)
                        && of(voxel) > 0
                        && of(partner) > 0
                    {
                        *naive.entry((of(voxel), of(partner))).or_default() += 1;
                    }
                }
            }
            let levels = Levels::new(&discretised(size, &voxels));
            let matrix = matrix(&levels, levels.volume(), direction, distance);
            let counts: Vec<_> = matrix.iter().flat_map(Glcm::counts).collect();
            let naive: Vec<_> = naive.into_iter().map(|((i, j), n)| (i, j, n)).collect();
            prop_assert_eq!(&counts, &naive, "counts along {:?}", step);

            let Some(matrix) = matrix else { return Ok(()) };
            for (i, j, count) in &counts {
                prop_assert!(counts.contains(&(*j, *i, *count)), "symmetric at {i}, {j}");
            }
            let sum: f64 = matrix.elements.iter().map(|e| e.p).sum();
            prop_assert!((sum - 1.0).abs() < 1e-12, "probabilities sum to {sum}");
        }

        #[test]
        fn equal_features_are_equal((size, voxels) in testing::regions(9)) {
            let d = discretised(size, &voxels);
            for (aggregation, values) in features(&d, 1, &[Aggregation::Merged2d, Aggregation::Merged3d]) {
                let value = |code| -> Value { values.iter().find(|v| v.0 == code).unwrap().2 };
                for (a, b, factor) in [
                    ("TF7R", "8S9J", 1.0), // difference average, dissimilarity
                    ("OEEB", "DG8W", 1.0), // sum variance, cluster tendency
                    ("ZGXS", "60VM", 2.0), // sum average, joint average
                ] {
                    match (value(a), value(b)) {
                        (Ok(x), Ok(y)) => prop_assert!(
                            (x - factor * y).abs() <= 1e-10 * (1.0 + x.abs()),
                            "{aggregation}: {a} {x}, {b} {y}"
                        ),
                        (x, y) => prop_assert_eq!(x, y, "{} {}: undefined alike", a, b),
                    }
                }
                if let Ok(correlation) = value("NI2N") {
                    prop_assert!(correlation.abs() <= 1.0 + 1e-9, "correlation {correlation}");
                }
            }
        }
    }

    #[test]
    fn by_hand() {
        // The manual's kind of example: three times (1, 1), once (1, 2) and once (2, 1), N_g = 2.
        let m = Glcm::from_counts(2, [(1, 1, 3), (1, 2, 1), (2, 1, 1)]).expect("five pairs");
        let h = |p: f64| -p * p.log2();
        let (hx, hxy) = (h(0.8) + h(0.2), h(0.6) + 2.0 * h(0.2));
        for (code, want) in [
            ("GYBY", 0.6),
            ("60VM", 1.2),
            ("UR99", 0.16),
            ("TU9B", hxy),
            ("TF7R", 0.4),
            ("D3YU", 0.24),
            ("NTRS", h(0.6) + h(0.4)),
            ("ZGXS", 2.4),
            ("8ZQL", 0.44),
            ("ACUI", 0.4),
            ("IB1Z", 0.8),
            ("NDRX", 0.6 + 0.4 / 1.5),
            ("1QCO", 0.6 + 0.4 / 1.25),
            ("E8JP", 0.4),
            ("NI2N", -0.25),
            ("QWB0", 1.4),
            ("7NFM", 0.6 * -0.064 + 0.4 * 0.216),
            ("R8DG", (hxy - 2.0 * hx) / hx),
            ("JN9H", (1.0 - (-2.0 * (2.0 * hx - hxy)).exp()).sqrt()),
        ] {
            let values = values(&m);
            let got = values
                .iter()
                .find(|v| v.0 == code)
                .expect("a code")
                .2
                .expect("defined");
            assert!((got - want).abs() < 1e-12, "{code}: {got} vs {want}");
        }
    }

    #[test]
    fn one_level_has_no_correlation() {
        let m = Glcm::from_counts(3, [(2, 2, 8)]).expect("eight pairs");
        assert_eq!(correlation(&m), Err(Undefined::NoSpread), "variance 0");
        assert_eq!(
            information_correlation_1(&m),
            Err(Undefined::NoSpread),
            "HX = 0"
        );
        assert_eq!(information_correlation_2(&m), 0.0, "HXY_2 = HXY");
        assert_eq!(
            Glcm::from_counts(3, []),
            Err(Undefined::EmptyMatrix),
            "no pair"
        );
    }

    #[test]
    fn checkerboard() {
        // Of the 13 directions, the 3 along axes and the 4 along space diagonals change the colour, the 6 along face
        // diagonals keep it.
        let size = [4, 4, 4];
        let voxels: Vec<u16> = testing::positions(size)
            .map(|p| 1 + (p.iter().sum::<usize>() % 2) as u16)
            .collect();
        let values = features(&discretised(size, &voxels), 1, &[Aggregation::Averaged3d]);
        let value = |code| values[0].1.iter().find(|v| v.0 == code).unwrap().2.unwrap();
        assert!(
            (value("ACUI") - 7.0 / 13.0).abs() < 1e-12,
            "contrast {}",
            value("ACUI")
        );
        assert!(
            (value("NI2N") - (6.0 - 7.0) / 13.0).abs() < 1e-12,
            "correlation {}",
            value("NI2N")
        );
    }
}
