//! Phase 3: features of filtered scans of patients with soft-tissue sarcoma.

use std::{collections::BTreeMap, sync::LazyLock};

use radgauge_engine::{filter::Filter, settings::Settings};
use serde::Deserialize;

use super::super::presets::statistics_of;

/// A modality of the validation study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Modality {
    /// Computed tomography.
    Ct,
    /// T1-weighted magnetic resonance.
    Mr,
    /// FDG positron emission tomography.
    Pet,
}

impl Modality {
    /// The name in ids and folders of the data set: `ct`, `mr`, `pet`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Ct => "ct",
            Self::Mr => "mr",
            Self::Pet => "pet",
        }
    }
}

/// A configuration of phase 3 for one modality.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidationTest {
    /// The manual's number of the configuration, 1 to 9.
    pub number: u32,
    /// The modality.
    pub modality: Modality,
    /// What is done, in a line.
    pub title: String,
    /// The settings.
    pub settings: Settings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    processing: BTreeMap<Modality, Settings>,
    test: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: u32,
    title: String,
    #[serde(default)]
    filter: Option<Filter>,
}

static TESTS: LazyLock<Vec<ValidationTest>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("phase3.toml")).expect("the table is read by a test");
    let test = |modality: Modality, settings: &Settings, row: &Row| ValidationTest {
        number: row.number,
        modality,
        title: row.title.clone(),
        settings: Settings {
            filter: row.filter.clone(),
            ..statistics_of(settings.clone())
        },
    };
    (table.processing.iter())
        .flat_map(|(modality, s)| (table.test.iter()).map(move |row| test(*modality, s, row)))
        .collect()
});

/// The nine configurations for each of the three modalities.
#[must_use]
pub fn validation_tests() -> &'static [ValidationTest] {
    &TESTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_nine_for_each_modality() {
        let found: Vec<(Modality, u32)> = (validation_tests().iter())
            .map(|t| (t.modality, t.number))
            .collect();
        let expected: Vec<(Modality, u32)> = [Modality::Ct, Modality::Mr, Modality::Pet]
            .into_iter()
            .flat_map(|modality| (1..=9).map(move |number| (modality, number)))
            .collect();
        assert_eq!(found, expected, "modalities and configurations");
        for test in validation_tests() {
            assert!(test.settings.check().is_ok(), "settings of {test:?}");
        }
    }
}
