//! Settings by name: those under which reference values were published.

use std::sync::LazyLock;

use radgauge_engine::{feature::Family, settings::Settings};

use crate::{
    ibsi1,
    ibsi2::{filtered_tests, map_tests, validation_tests},
};

/// Settings by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// The name: `ibsi-c`, `ibsi2-phase1-4.a.1`, `ibsi2-phase2-3.b`, `ibsi2-phase3-ct-2`.
    pub name: String,
    /// What the settings are for, in a line.
    pub title: String,
    /// The settings as TOML, commented where their source comments them.
    pub toml: String,
    /// The settings.
    pub settings: Settings,
}

impl Preset {
    /// Settings that come from a table: their TOML is written from them.
    fn tabulated(name: String, title: String, settings: &Settings) -> Self {
        Self {
            toml: format!("# {name}: {title}\n\n{}", settings.to_toml()),
            name,
            title,
            settings: settings.clone(),
        }
    }
}

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let ibsi1 = ibsi1::presets().iter().map(|preset| Preset {
        name: preset.name.to_owned(),
        title: preset.case.title().to_owned(),
        toml: preset.toml.to_owned(),
        settings: preset.settings.clone(),
    });
    let phase1 = map_tests().iter().map(|test| {
        let title = format!("{}, {}", test.phantom.title(), test.title);
        Preset::tabulated(format!("ibsi2-phase1-{}", test.id), title, &test.settings())
    });
    let phase2 = filtered_tests().iter().map(|test| {
        let name = format!("ibsi2-phase2-{}", test.id);
        Preset::tabulated(name, test.title.clone(), &test.settings)
    });
    let phase3 = validation_tests().iter().map(|test| {
        let name = format!("ibsi2-phase3-{}-{}", test.modality.slug(), test.number);
        Preset::tabulated(name, test.title.clone(), &test.settings)
    });
    ibsi1.chain(phase1).chain(phase2).chain(phase3).collect()
});

/// Every preset.
#[must_use]
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The settings of this name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|preset| preset.name == name)
}

/// The settings with intensity-based statistics as the only features: what IBSI 2 reads off a response map.
pub(crate) fn statistics_of(mut settings: Settings) -> Settings {
    settings.features.families = vec![Family::IntensityStatistics];
    settings
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_settings_are_read_back() {
        let mut names = HashSet::new();
        for preset in presets() {
            assert!(names.insert(&preset.name), "{} occurs twice", preset.name);
            let read = Settings::from_toml(&preset.toml).expect("TOML of a preset is settings");
            assert_eq!(read, preset.settings, "settings of {}", preset.name);
        }
        assert_eq!(names.len(), 6 + 36 + 22 + 27, "presets");
        assert!(preset("ibsi2-phase2-3.b").is_some(), "found by name");
    }
}
