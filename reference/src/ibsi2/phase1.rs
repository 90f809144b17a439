//! Phase 1: filters on digital phantoms.

use std::sync::LazyLock;

use radgauge_engine::{filter::Filter, settings::Settings};
use serde::Deserialize;

use super::super::presets::statistics_of;

/// A digital phantom of IBSI 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phantom {
    /// Cubes of 8 × 8 × 8 voxels, alternately 0 and 255.
    Checkerboard,
    /// One voxel of 255.
    Impulse,
    /// A ball and three spherical hulls.
    Sphere,
    /// Pattern #1: three perpendicular lines.
    #[serde(rename = "pattern-1")]
    Pattern1,
}

impl Phantom {
    /// Its name in a line.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Checkerboard => "checkerboard phantom",
            Self::Impulse => "impulse phantom",
            Self::Sphere => "sphere phantom",
            Self::Pattern1 => "pattern #1 phantom",
        }
    }
}

/// A test of phase 1: a filter applied to a phantom.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapTest {
    /// The manual's id, `1.a.1`.
    pub id: String,
    /// The phantom.
    pub phantom: Phantom,
    /// IBSI code of the filter.
    pub code: String,
    /// What the filter is, in a line.
    pub title: String,
    /// The filter.
    pub filter: Filter,
    /// The reference map; absent where none was published.
    #[serde(default)]
    pub reference: Option<ReferenceMap>,
    /// What else is to be known of the reference.
    #[serde(default)]
    pub note: Option<String>,
}

/// A published response map.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceMap {
    /// Its path in the library of data sets.
    pub map: String,
    /// How far a voxel may be from it: 1 % of the range of its intensities. As text, so that every digit is kept.
    pub tolerance: String,
}

impl MapTest {
    /// The settings of the test: the filter on the phantom as it is.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings {
            filter: Some(self.filter.clone()),
            ..statistics_of(Settings::default())
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    test: Vec<MapTest>,
}

static TESTS: LazyLock<Vec<MapTest>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("phase1.toml")).expect("the table is read by a test");
    table.test
});

/// The 36 tests of phase 1, in the manual's order.
#[must_use]
pub fn map_tests() -> &'static [MapTest] {
    &TESTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::data_set;

    #[test]
    fn are_the_36_of_the_manual() {
        let tests = map_tests();
        assert_eq!(tests.len(), 36, "tests");
        let without: Vec<&str> = (tests.iter().filter(|t| t.reference.is_none()))
            .map(|t| t.id.as_str())
            .collect();
        assert_eq!(
            without,
            ["9.b.2", "10.a", "10.b.2"],
            "tests without a reference map"
        );
    }

    #[test]
    fn have_their_reference_maps_in_the_data_set() {
        let set = data_set("ibsi2/response_maps").expect("the data set is listed");
        let mut listed: Vec<&str> = set.files.iter().map(|file| file.path.as_str()).collect();
        let references = map_tests()
            .iter()
            .filter_map(|test| test.reference.as_ref());
        let mut named: Vec<&str> = references.map(|reference| reference.map.as_str()).collect();
        listed.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, listed, "every map has its test, every test its map");
    }

    #[test]
    fn filters_are_possible() {
        for test in map_tests() {
            assert!(test.settings().check().is_ok(), "settings of {}", test.id);
            if let Some(reference) = &test.reference {
                assert!(
                    reference.tolerance.parse::<f64>().is_ok_and(|t| t > 0.0),
                    "tolerance of {}",
                    test.id
                );
            }
        }
    }
}
