//! Phase 2: features of the filtered CT phantom.

use std::{collections::BTreeMap, sync::LazyLock};

use radgauge_engine::{feature::FeatureKey, filter::Filter, settings::Settings};
use serde::{Deserialize, Deserializer, de::Error};

use super::super::presets::statistics_of;

/// A configuration of phase 2: the CT phantom under processing A (2D) or B (3D), filtered.
#[derive(Clone, Debug, PartialEq)]
pub struct FilteredTest {
    /// The manual's id in lower case, `3.b`.
    pub id: String,
    /// What is done, in a line.
    pub title: String,
    /// The settings.
    pub settings: Settings,
}

/// The reference for one feature under one configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilteredValue {
    /// The configuration.
    pub test: String,
    /// The feature.
    #[serde(deserialize_with = "key")]
    pub key: FeatureKey,
    /// The value, as it was printed.
    pub value: String,
    /// How far a value may be from it, as it was printed; nothing is rounded before.
    pub tolerance: String,
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FeatureKey, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    processing: BTreeMap<String, Processing>,
    test: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Processing {
    title: String,
    settings: Settings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    /// The filter by the letter of the processing; none in the first test.
    #[serde(default)]
    filter: BTreeMap<String, Filter>,
}

static TESTS: LazyLock<Vec<FilteredTest>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("phase2.toml")).expect("the table is read by a test");
    let test = |row: &Row, letter: &str, processing: &Processing| FilteredTest {
        id: format!("{}.{letter}", row.id),
        title: format!("CT phantom, {}: {}", processing.title, row.title),
        settings: Settings {
            filter: row.filter.get(letter).cloned(),
            ..statistics_of(processing.settings.clone())
        },
    };
    (table.test.iter())
        .flat_map(|row| (table.processing.iter()).map(move |(letter, p)| test(row, letter, p)))
        .collect()
});

static VALUES: LazyLock<Vec<FilteredValue>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_bytes!("phase2_values.csv").as_slice())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("the table is read by a test")
});

/// The 22 configurations of phase 2, in the manual's order.
#[must_use]
pub fn filtered_tests() -> &'static [FilteredTest] {
    &TESTS
}

/// The 323 values for which there is a consensus, in the order of the configurations. The Riesz transforms
/// (configurations 10 and 11) have none, nor has the quartile coefficient of dispersion in 8.B.
#[must_use]
pub fn filtered_values() -> &'static [FilteredValue] {
    &VALUES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_the_configurations_of_the_manual() {
        let ids: Vec<&str> = filtered_tests().iter().map(|t| t.id.as_str()).collect();
        let expected: Vec<String> = (1..=11)
            .flat_map(|n| ["a", "b"].map(|letter| format!("{n}.{letter}")))
            .collect();
        assert_eq!(ids, expected, "configurations");
        for test in filtered_tests() {
            assert!(test.settings.check().is_ok(), "settings of {}", test.id);
            assert_eq!(
                test.settings.filter.is_none(),
                test.id.starts_with("1."),
                "only the first configuration has no filter, not {}",
                test.id
            );
        }
    }

    #[test]
    fn have_their_values() {
        assert_eq!(filtered_values().len(), 323, "values");
        let count = |id: &str| filtered_values().iter().filter(|v| v.test == id).count();
        for test in filtered_tests() {
            let expected = match test.id.as_str() {
                "8.b" => 17,
                id if id.starts_with("10.") || id.starts_with("11.") => 0,
                _ => 18,
            };
            assert_eq!(count(&test.id), expected, "values of {}", test.id);
        }
        for value in filtered_values() {
            for number in [&value.value, &value.tolerance] {
                assert!(number.parse::<f64>().is_ok(), "`{number}` is a number");
            }
        }
    }
}
