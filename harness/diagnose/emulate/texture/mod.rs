//! Texture features in any [way](Way): matrices per slice or for the volume, merged and averaged as an aggregation asks.
//!
//! Matrices are built here, plainly and with every option; what a matrix is worth is the engine's to say, but for the
//! formulas that a way has otherwise.

mod build;
mod grid;
mod zones;

use std::collections::BTreeMap;

use radgauge_engine::feature::{
    Aggregation, Family, Values, glcm, gldzm, glrlm, glszm, ngldm, ngtdm, texture::LevelCounts,
};

use super::{Feature, levels::Levels};
use crate::diagnose::way::{Formula, FormulaWay, Logarithm, Way};

/// A texture matrix of a slice or the volume, and of a direction where the family has them.
#[derive(Clone, Debug)]
pub(super) enum Matrix {
    /// Grey levels of pairs of voxels, with their number.
    Pairs(Vec<(u16, u16, u64)>),
    /// Grey levels and quantities (run length, zone size, …), with their number.
    Quantities {
        counts: Vec<(u16, u32, u64)>,
        n_voxels: u64,
        n_directions: u64,
    },
    /// Rows of an NGTDM.
    Tones(Vec<ngtdm::Row>),
}

/// The matrices of a family: by slice, or one entry for the volume; in each by direction. What is empty is left out.
pub(super) struct Matrices {
    by_slice: Vec<Vec<Option<Matrix>>>,
    n_levels: u16,
    n_occurring: u16,
}

impl Matrices {
    /// Builds a family's matrices by slice or for the volume.
    pub fn new(levels: &Levels, family: Family, is_by_slice: bool, way: &Way) -> Self {
        let mut occurring = levels.inside();
        occurring.sort_unstable();
        occurring.dedup();
        Self {
            by_slice: build::matrices(levels, family, is_by_slice, way),
            n_levels: levels.n_levels,
            n_occurring: occurring.len() as u16,
        }
    }

    /// The features of a family in an aggregation.
    pub fn features(&self, family: Family, aggregation: Aggregation, way: &Way) -> Vec<Feature> {
        use Aggregation as A;

        let all = || self.by_slice.iter().flatten().flatten();
        let matrices: Vec<Matrix> = match aggregation {
            A::SliceDirectionAveraged | A::Averaged3d | A::BySlice | A::Volume | A::None => {
                all().cloned().collect()
            }
            A::SliceMerged => {
                let slices = self.by_slice.iter();
                slices
                    .filter_map(|directions| merged(directions.iter().flatten(), true))
                    .collect()
            }
            A::DirectionMerged => {
                let directions = self.by_slice.iter().map(Vec::len).max().unwrap_or(0);
                (0..directions)
                    .filter_map(|d| {
                        merged(
                            self.by_slice.iter().filter_map(|slice| slice[d].as_ref()),
                            false,
                        )
                    })
                    .collect()
            }
            A::Merged2d => {
                let slices = self.by_slice.iter();
                let of_slices: Vec<Matrix> = slices
                    .filter_map(|directions| merged(directions.iter().flatten(), true))
                    .collect();
                merged(of_slices.iter(), false).into_iter().collect()
            }
            A::Merged3d => merged(all(), true).into_iter().collect(),
            A::SlicesMerged => merged(all(), false).into_iter().collect(),
        };
        let mut sums: BTreeMap<&'static str, (usize, f64, f64)> = BTreeMap::new();
        for matrix in &matrices {
            let values = self.values(matrix, family, way);
            for (order, (code, _, value)) in values.into_iter().enumerate() {
                let sum = sums.entry(code).or_insert((order, 0.0, 0.0));
                sum.1 += value;
                sum.2 += 1.0;
            }
        }
        sums.into_iter()
            .map(|(code, (_, sum, n))| (code, "", sum / n))
            .collect()
    }

    /// The features of one matrix that are defined.
    fn values(&self, matrix: &Matrix, family: Family, way: &Way) -> Vec<Feature> {
        let shift = way.discretise.shift;
        let formula = &way.formula;
        let features = match matrix {
            Matrix::Pairs(counts) => {
                let is = |other| formula.others.contains(&other);
                let n_levels = if is(Formula::OccurringLevels) {
                    self.n_occurring
                } else {
                    self.n_levels
                } + u16::from(is(Formula::OneLevelTooMany));
                pairs(&shifted_pairs(counts, shift), n_levels, formula)
            }
            Matrix::Quantities {
                counts,
                n_voxels,
                n_directions,
            } => quantities(counts, *n_voxels, *n_directions, family, shift, formula),
            Matrix::Tones(rows) => tones(rows, self.n_levels, shift, formula),
        };
        features.unwrap_or_default()
    }
}

/// The sum of matrices; `None` of none. Merging directions counts them, merging slices does not.
fn merged<'a>(parts: impl Iterator<Item = &'a Matrix>, are_directions: bool) -> Option<Matrix> {
    parts.cloned().reduce(|mut all, part| {
        match (&mut all, part) {
            (Matrix::Pairs(all), Matrix::Pairs(part)) => all.extend(part),
            (
                Matrix::Quantities {
                    counts,
                    n_voxels,
                    n_directions,
                },
                Matrix::Quantities {
                    counts: more,
                    n_voxels: voxels,
                    n_directions: directions,
                },
            ) => {
                counts.extend(more);
                *n_voxels += voxels;
                if are_directions {
                    *n_directions += directions;
                }
            }
            (Matrix::Tones(all), Matrix::Tones(part)) => all.extend(part),
            _ => unreachable!("the matrices of a family are of one kind"),
        }
        all
    })
}

/// `−Σ p log(p + ε)` over counts that are not 0.
pub(super) fn entropy(counts: impl IntoIterator<Item = u64>, way: &FormulaWay) -> f64 {
    let counts: Vec<f64> = counts.into_iter().map(|count| count as f64).collect();
    let total: f64 = counts.iter().sum();
    let sum: f64 = counts
        .iter()
        .filter(|count| **count > 0.0)
        .map(|count| count / total)
        .map(|p| p * (p + way.epsilon).log2())
        .sum();
    0.0 - sum * per_bit(way.logarithm)
}

/// One bit in units of the logarithm.
fn per_bit(logarithm: Logarithm) -> f64 {
    match logarithm {
        Logarithm::Binary => 1.0,
        Logarithm::Natural => std::f64::consts::LN_2,
        Logarithm::Decimal => std::f64::consts::LOG10_2,
    }
}

fn defined(values: Values) -> Vec<Feature> {
    values
        .into_iter()
        .filter_map(|(code, parameter, value)| Some((code, parameter, value.ok()?)))
        .collect()
}

fn value(features: &[Feature], code: &str) -> Option<f64> {
    let feature = features.iter().find(|(other, _, _)| *other == code);
    feature.map(|(_, _, value)| *value)
}

fn put(features: &mut [Feature], code: &str, new: f64) {
    if let Some((_, _, value)) = features.iter_mut().find(|(other, _, _)| *other == code) {
        *value = new;
    }
}

fn exchange(features: &mut [Feature], codes: [&str; 2]) {
    if let [Some(a), Some(b)] = codes.map(|code| value(features, code)) {
        put(features, codes[0], b);
        put(features, codes[1], a);
    }
}

fn shifted_pairs(counts: &[(u16, u16, u64)], shift: i32) -> Vec<(u16, u16, u64)> {
    let shifted = |level: u16| (i32::from(level) + shift).clamp(0, i32::from(u16::MAX)) as u16;
    counts
        .iter()
        .map(|(i, j, n)| (shifted(*i), shifted(*j), *n))
        .collect()
}

/// Co-occurrence features.
fn pairs(counts: &[(u16, u16, u64)], n_levels: u16, way: &FormulaWay) -> Option<Vec<Feature>> {
    let matrix = glcm::Glcm::from_counts(n_levels, counts.iter().copied()).ok()?;
    let mut features = defined(glcm::values(&matrix));
    if way.logarithm != Logarithm::Binary || way.epsilon != 0.0 {
        let (mut differences, mut sums) = (BTreeMap::new(), BTreeMap::new());
        for (i, j, n) in matrix.counts() {
            *differences.entry(i.abs_diff(j)).or_insert(0) += n;
            *sums.entry(u32::from(i) + u32::from(j)).or_insert(0) += n;
        }
        let joint: Vec<u64> = matrix.counts().map(|(_, _, n)| n).collect();
        put(&mut features, "TU9B", entropy(joint, way));
        put(
            &mut features,
            "NTRS",
            entropy(differences.into_values(), way),
        );
        put(&mut features, "P6QZ", entropy(sums.into_values(), way));
        // √(1 − exp(−2 (HXY_2 − HXY))) with entropies in other units.
        if let Some(correlation) = value(&features, "JN9H") {
            let independence = (1.0 - correlation * correlation).max(0.0);
            let independence = independence.powf(per_bit(way.logarithm));
            put(&mut features, "JN9H", (1.0 - independence).max(0.0).sqrt());
        }
    }
    let is = |formula| way.others.contains(&formula);
    if is(Formula::SumVarianceAroundEntropy)
        && let [Some(variance), Some(average), Some(entropy)] =
            ["OEEB", "ZGXS", "P6QZ"].map(|code| value(&features, code))
    {
        put(
            &mut features,
            "OEEB",
            variance + (average - entropy).powi(2),
        );
    }
    if is(Formula::ContrastForDissimilarity) {
        exchange(&mut features, ["ACUI", "8S9J"]);
    }
    if is(Formula::InverseDifferenceForMoment) {
        exchange(&mut features, ["IB1Z", "WF0Z"]);
    }
    Some(features)
}

/// Features of runs, zones and dependences. The four families have them in the same order.
fn quantities(
    counts: &[(u16, u32, u64)],
    n_voxels: u64,
    n_directions: u64,
    family: Family,
    shift: i32,
    way: &FormulaWay,
) -> Option<Vec<Feature>> {
    let matrix = LevelCounts::from_counts(n_voxels, counts.iter().copied()).ok()?;
    let mut features = defined(match family {
        Family::Glrlm => glrlm::values(&matrix),
        Family::Glszm => glszm::values(&matrix),
        Family::Gldzm => gldzm::values(&matrix),
        _ => ngldm::values(&matrix),
    });
    let is = |formula| way.others.contains(&formula);
    if way.logarithm != Logarithm::Binary || way.epsilon != 0.0 {
        let elements: Vec<u64> = matrix.counts().map(|(_, _, n)| n).collect();
        features[15].2 = entropy(elements, way);
    }
    if is(Formula::NormalisedNonUniformity) {
        features[8].2 = features[9].2;
        features[10].2 = features[11].2;
    }
    if is(Formula::PercentageOfVoxels) && family == Family::Glrlm {
        features[12].2 *= n_directions as f64;
    }
    if shift != 0 {
        shift_levels(&mut features, &matrix, f64::from(shift));
    }
    Some(features)
}

/// Emphases of low and high grey levels with levels counted from another number; where a level is 0 the emphases of
/// low levels have no value.
fn shift_levels(features: &mut Vec<Feature>, matrix: &LevelCounts, shift: f64) {
    let total: f64 = matrix.counts().map(|(_, _, n)| n as f64).sum();
    let mean = |f: &dyn Fn(f64, f64) -> f64| {
        let terms = matrix.counts();
        terms
            .map(|(i, j, n)| n as f64 * f(f64::from(i) + shift, f64::from(j)))
            .sum::<f64>()
            / total
    };
    let emphases: [&dyn Fn(f64, f64) -> f64; 6] = [
        &|i, _| 1.0 / (i * i),
        &|i, _| i * i,
        &|i, j| 1.0 / (i * i * j * j),
        &|i, j| i * i / (j * j),
        &|i, j| j * j / (i * i),
        &|i, j| i * i * j * j,
    ];
    for (feature, emphasis) in features[2..8].iter_mut().zip(emphases) {
        feature.2 = mean(emphasis);
    }
    features.retain(|(_, _, value)| value.is_finite());
}

/// NGTDM features.
fn tones(rows: &[ngtdm::Row], n_levels: u16, shift: i32, way: &FormulaWay) -> Option<Vec<Feature>> {
    let rows = rows.iter().map(|row| ngtdm::Row {
        level: (i32::from(row.level) + shift).clamp(0, i32::from(u16::MAX)) as u16,
        ..*row
    });
    let matrix = ngtdm::Ngtdm::from_rows(rows).ok()?;
    let mut features = defined(ngtdm::values(&matrix));
    if way.others.contains(&Formula::ContrastOfAllLevels)
        && n_levels > 1
        && let Some(contrast) = value(&features, "65HE")
    {
        let [occurring, all] = [matrix.rows().len() as f64, f64::from(n_levels)];
        let contrast = contrast * occurring * (occurring - 1.0) / (all * (all - 1.0));
        put(&mut features, "65HE", contrast);
    }
    Some(features)
}
