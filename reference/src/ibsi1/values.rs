//! Reference values of the features.

use std::sync::LazyLock;

use radgauge_engine::feature::FeatureKey;
use serde::Deserialize;

use super::{Case, Source};
use crate::Consensus;

/// What one publication says a value is.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The value as it was printed (`3.58 × 10^5` is written `3.58e5`); empty when the publication has none.
    pub printed: String,
    /// The value; `None` when the publication has none.
    pub value: Option<f64>,
    /// The tolerance; 0 when none was published.
    pub tolerance: f64,
    /// The consensus on the value.
    pub consensus: Consensus,
    /// The publication.
    pub source: Source,
}

/// The reference for one feature in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceValue {
    /// The case.
    pub case: Case,
    /// The feature and its aggregation.
    pub key: FeatureKey,
    /// The manual's reading, which is the reference.
    pub reading: Reading,
    /// Significant digits of the reference: 3, the manual's convention. Not inferred from how the value is printed,
    /// where trailing zeros are dropped.
    pub digits: u32,
    /// The reading of another publication, where it differs from the manual in value, tolerance or consensus.
    pub alternative: Option<Reading>,
    /// A remark on the row; mostly empty.
    pub note: String,
}

impl ReferenceValue {
    /// The id of the check: `ibsi1/digital/glcm/3d_avg/TU9B`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("ibsi1/{}/{}", self.case, self.key)
    }

    /// Whether publications disagree on the value or its tolerance, so that the verdict depends on whom one follows.
    /// A difference in consensus alone does not make a value contested.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        self.alternative.as_ref().is_some_and(|other| {
            other.value != self.reading.value || other.tolerance != self.reading.tolerance
        })
    }
}

/// The reference values: case by case in the order of [`Case::ALL`], each case in the order of the catalogue, each
/// feature in the order of its family's aggregations.
///
/// 1804 rows; one of them, compactness 1 in configuration C, has no value in the manual.
#[must_use]
pub fn reference_values() -> &'static [ReferenceValue] {
    &VALUES
}

static VALUES: LazyLock<Vec<ReferenceValue>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_bytes!("reference_values.csv").as_slice())
        .deserialize()
        .map(|row| {
            let row: Row = row.expect("reference_values.csv is read by a test");
            row.into_reference_value()
        })
        .collect()
});

/// A line of `reference_values.csv`.
#[derive(Deserialize)]
struct Row {
    case: Case,
    key: String,
    value: String,
    tolerance: Option<f64>,
    digits: u32,
    consensus: Consensus,
    source: Source,
    alternative_value: String,
    alternative_tolerance: Option<f64>,
    alternative_consensus: Option<Consensus>,
    alternative_source: Option<Source>,
    note: String,
}

impl Row {
    fn into_reference_value(self) -> ReferenceValue {
        let alternative =
            self.alternative_consensus
                .zip(self.alternative_source)
                .map(|(consensus, source)| {
                    reading(
                        self.alternative_value,
                        self.alternative_tolerance,
                        consensus,
                        source,
                    )
                });
        ReferenceValue {
            case: self.case,
            key: self
                .key
                .parse()
                .expect("keys of reference_values.csv are read by a test"),
            reading: reading(self.value, self.tolerance, self.consensus, self.source),
            digits: self.digits,
            alternative,
            note: self.note,
        }
    }
}

fn reading(
    printed: String,
    tolerance: Option<f64>,
    consensus: Consensus,
    source: Source,
) -> Reading {
    let value = (!printed.is_empty()).then(|| {
        printed
            .parse()
            .expect("values of reference_values.csv are read by a test")
    });
    Reading {
        printed,
        value,
        tolerance: tolerance.unwrap_or(0.0),
        consensus,
        source,
    }
}

#[cfg(test)]
mod tests {
    use radgauge_engine::feature::Aggregation;

    use super::*;

    fn of_case(case: Case) -> impl Iterator<Item = &'static ReferenceValue> {
        reference_values().iter().filter(move |r| r.case == case)
    }

    fn find(id: &str) -> &'static ReferenceValue {
        reference_values()
            .iter()
            .find(|r| r.id() == id)
            .unwrap_or_else(|| panic!("{id} is in the table"))
    }

    /// Counts of the manual's tables: a row lost or added is noticed here.
    #[test]
    fn has_the_rows_of_the_manual() {
        let counts = Case::ALL.map(|case| {
            let count = |consensus| {
                of_case(case)
                    .filter(|r| r.reading.consensus == consensus)
                    .count()
            };
            (of_case(case).count(), Consensus::ALL.map(count))
        });
        assert_eq!(
            counts,
            [
                (482, [0, 20, 233, 229]),
                (346, [0, 21, 307, 18]),
                (346, [0, 24, 318, 4]),
                (210, [0, 11, 169, 30]),
                (210, [0, 7, 195, 8]),
                (210, [0, 45, 165, 0]),
            ],
            "rows per case: all, and weak, moderate, strong, very strong"
        );
        let without_tolerance =
            Case::ALL.map(|case| of_case(case).filter(|r| r.reading.tolerance == 0.0).count());
        assert_eq!(
            without_tolerance,
            [457, 13, 9, 6, 4, 4],
            "rows without tolerance per case"
        );
    }

    /// Together with the key's own parser this shows that every key is in the catalogue.
    #[test]
    fn is_sorted_without_duplicates() {
        let order = |r: &ReferenceValue| (r.case, r.key);
        for pair in reference_values().windows(2) {
            assert!(
                order(&pair[0]) < order(&pair[1]),
                "{} comes before {}",
                pair[0].id(),
                pair[1].id()
            );
        }
    }

    #[test]
    fn every_standardised_feature_has_a_reference_in_every_case() {
        let two_dimensional = |a: &Aggregation| a.is_by_slice() || *a == Aggregation::None;
        let three_dimensional = |a: &Aggregation| !a.is_by_slice();
        for case in Case::ALL {
            let mut expected = Vec::new();
            for feature in radgauge_engine::feature::catalogue::features() {
                if !feature.is_standardised {
                    continue;
                }
                for aggregation in feature.family.aggregations() {
                    let belongs = match case {
                        Case::Digital => true,
                        Case::CtA | Case::CtB => two_dimensional(aggregation),
                        Case::CtC | Case::CtD | Case::CtE => three_dimensional(aggregation),
                    };
                    if belongs {
                        expected.push(FeatureKey {
                            feature,
                            aggregation: *aggregation,
                        });
                    }
                }
            }
            let keys: Vec<FeatureKey> = of_case(case).map(|r| r.key).collect();
            assert_eq!(keys, expected, "keys of {case}");
        }
    }

    #[test]
    fn values_are_read_as_printed() {
        let entropy = find("ibsi1/digital/glcm/3d_avg/TU9B");
        assert_eq!(entropy.reading.printed, "2.4", "joint entropy as printed");
        assert_eq!(entropy.reading.value, Some(2.4), "joint entropy");
        assert_eq!(entropy.digits, 3, "2.4 stands for 2.40");
        assert_eq!(entropy.reading.tolerance, 0.0, "no tolerance published");
        assert_eq!(
            entropy.reading.consensus,
            Consensus::VeryStrong,
            "consensus on joint entropy"
        );

        let volume = find("ibsi1/ct_a/morph/-/RNU0");
        assert_eq!(volume.reading.printed, "3.58e5", "volume as printed");
        assert_eq!(volume.reading.value, Some(358_000.0), "volume");
        assert_eq!(volume.reading.tolerance, 5_000.0, "tolerance of the volume");

        let v90 = find("ibsi1/ct_d/ivh/-/BC2M:90");
        assert_eq!(v90.reading.value, Some(9e-5), "V90");
        assert!(
            reference_values().iter().all(|r| r.digits == 3
                && r.reading.tolerance >= 0.0
                && r.reading.value.is_none_or(f64::is_finite)),
            "three digits, finite values, tolerances of at least 0"
        );
    }

    #[test]
    fn one_value_is_contested() {
        let contested: Vec<String> = reference_values()
            .iter()
            .filter(|r| r.is_contested())
            .map(ReferenceValue::id)
            .collect();
        assert_eq!(contested, ["ibsi1/ct_c/morph/-/SKGS"], "contested values");

        let compactness = find("ibsi1/ct_c/morph/-/SKGS");
        assert_eq!(
            compactness.reading,
            Reading {
                printed: String::new(),
                value: None,
                tolerance: 0.0,
                consensus: Consensus::Moderate,
                source: Source::Manual,
            },
            "the manual has no value"
        );
        assert_eq!(
            compactness.alternative,
            Some(Reading {
                printed: "0.0326".to_owned(),
                value: Some(0.0326),
                tolerance: 0.0002,
                consensus: Consensus::Strong,
                source: Source::Spreadsheet,
            }),
            "the spreadsheet has one"
        );
        let without_value = reference_values()
            .iter()
            .filter(|r| r.reading.value.is_none())
            .count();
        assert_eq!(without_value, 1, "rows without a value");
    }

    /// The publications agree on these values and tolerances, not on how many teams found them.
    #[test]
    fn fifteen_values_differ_in_consensus() {
        let differing: Vec<String> = reference_values()
            .iter()
            .filter(|r| !r.is_contested())
            .filter_map(|r| {
                let other = r.alternative.as_ref()?;
                Some(format!(
                    "{}: {} / {}",
                    r.id(),
                    r.reading.consensus,
                    other.consensus
                ))
            })
            .collect();
        assert_eq!(
            differing,
            [
                "ibsi1/ct_a/morph/-/7J51: strong / very strong",
                "ibsi1/ct_a/stat/-/1128: very strong / strong",
                "ibsi1/ct_b/morph/-/RNU0: strong / very strong",
                "ibsi1/ct_b/morph/-/25C7: moderate / strong",
                "ibsi1/ct_b/stat/-/Q4LE: strong / very strong",
                "ibsi1/ct_c/morph/-/6BDE: moderate / strong",
                "ibsi1/ct_c/glcm/3d_mrg/TF7R: strong / very strong",
                "ibsi1/ct_c/glcm/3d_mrg/D3YU: strong / very strong",
                "ibsi1/ct_c/glcm/3d_mrg/NDRX: very strong / strong",
                "ibsi1/ct_d/morph/-/6BDE: moderate / strong",
                "ibsi1/ct_d/glcm/3d_mrg/60VM: strong / very strong",
                "ibsi1/ct_d/glcm/3d_mrg/ZGXS: strong / very strong",
                "ibsi1/ct_d/glcm/3d_mrg/8ZQL: strong / very strong",
                "ibsi1/ct_d/glcm/3d_mrg/ACUI: strong / very strong",
                "ibsi1/ct_d/glcm/3d_mrg/NI2N: strong / very strong",
            ],
            "manual / spreadsheet"
        );
    }
}
