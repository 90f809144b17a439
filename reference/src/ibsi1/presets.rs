//! The settings under which the reference values hold (manual, chapter *Reference data sets*).

use std::sync::LazyLock;

use radgauge_engine::settings::Settings;

use super::Case;

/// Settings by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// The name: `ibsi-digital`, `ibsi-a` … `ibsi-e`.
    pub name: &'static str,
    /// The case whose reference values hold under these settings.
    pub case: Case,
    /// The settings as they are written, with their source and comments.
    pub toml: &'static str,
    /// The settings.
    pub settings: Settings,
}

const TEXTS: [(&str, Case, &str); 6] = [
    (
        "ibsi-digital",
        Case::Digital,
        include_str!("settings/ibsi-digital.toml"),
    ),
    ("ibsi-a", Case::CtA, include_str!("settings/ibsi-a.toml")),
    ("ibsi-b", Case::CtB, include_str!("settings/ibsi-b.toml")),
    ("ibsi-c", Case::CtC, include_str!("settings/ibsi-c.toml")),
    ("ibsi-d", Case::CtD, include_str!("settings/ibsi-d.toml")),
    ("ibsi-e", Case::CtE, include_str!("settings/ibsi-e.toml")),
];

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    TEXTS
        .into_iter()
        .map(|(name, case, toml)| Preset {
            name,
            case,
            toml,
            settings: Settings::from_toml(toml).expect("the presets are read by a test"),
        })
        .collect()
});

/// The settings of the six IBSI 1 cases, in the order of [`Case::ALL`].
#[must_use]
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The settings of this name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|p| p.name == name)
}

#[cfg(test)]
mod tests {
    use radgauge_engine::{
        feature::{Aggregation, Family},
        settings::{Alignment, Discretise, Interpolate, Interpolation, Resegment, Texture},
    };

    use super::*;
    use crate::ibsi1::reference_values;

    fn settings(name: &str) -> &'static Settings {
        &preset(name).expect("the preset exists").settings
    }

    fn interpolate(spacing_mm: &[f64], image: Interpolation) -> Option<Interpolate> {
        Some(Interpolate {
            spacing_mm: spacing_mm.to_vec(),
            image,
            mask: Interpolation::Linear,
            mask_threshold: 0.5,
            align: Alignment::Centre,
            round: true,
        })
    }

    fn range(low: f64, high: f64) -> Resegment {
        Resegment {
            range: Some([low, high]),
            outlier_sigma: None,
        }
    }

    #[test]
    fn there_is_one_for_each_case() {
        let cases: Vec<Case> = presets().iter().map(|p| p.case).collect();
        assert_eq!(cases, Case::ALL, "cases of the presets");
        assert!(
            preset("ibsi-f").is_none(),
            "there is no sixth configuration"
        );
    }

    /// The manual's tables *Configuration A* to *Configuration E*, row by row.
    #[test]
    fn are_the_configurations_of_the_manual() {
        let fixed_size = |width| Discretise::FixedBinSize { width };
        let fixed_number = |bins| Discretise::FixedBinNumber { bins };
        let linear = Interpolation::Linear;
        let cube = [2.0, 2.0, 2.0];
        for (name, round_on_load, interpolation, resegment, discretise, ivh) in [
            (
                "ibsi-digital",
                false,
                None,
                Resegment::default(),
                Discretise::None,
                Discretise::None,
            ),
            (
                "ibsi-a",
                true,
                None,
                range(-500.0, 400.0),
                fixed_size(25.0),
                Discretise::None,
            ),
            (
                "ibsi-b",
                true,
                interpolate(&[2.0, 2.0], linear),
                range(-500.0, 400.0),
                fixed_number(32),
                Discretise::None,
            ),
            (
                "ibsi-c",
                true,
                interpolate(&cube, linear),
                range(-1000.0, 400.0),
                fixed_size(25.0),
                fixed_size(2.5),
            ),
            (
                "ibsi-d",
                true,
                interpolate(&cube, linear),
                Resegment {
                    range: None,
                    outlier_sigma: Some(3.0),
                },
                fixed_number(32),
                Discretise::None,
            ),
            (
                "ibsi-e",
                true,
                interpolate(&cube, Interpolation::CubicSpline),
                Resegment {
                    range: Some([-1000.0, 400.0]),
                    outlier_sigma: Some(3.0),
                },
                fixed_number(32),
                fixed_number(1000),
            ),
        ] {
            let found = settings(name);
            assert_eq!(found.round_on_load, round_on_load, "rounding of {name}");
            assert_eq!(found.interpolate, interpolation, "interpolation of {name}");
            assert_eq!(found.resegment, resegment, "re-segmentation of {name}");
            assert_eq!(found.discretise, discretise, "discretisation of {name}");
            assert_eq!(found.ivh, ivh, "discretisation of {name} for the IVH");
            assert_eq!(found.texture, Texture::default(), "texture of {name}");
        }
    }

    /// The presets compute exactly the features for which there are reference values.
    #[test]
    fn select_the_aggregations_of_their_reference_values() {
        for preset in presets() {
            for family in Family::ALL {
                let mut referenced: Vec<Aggregation> = reference_values()
                    .iter()
                    .filter(|r| r.case == preset.case && r.key.feature.family == family)
                    .map(|r| r.key.aggregation)
                    .collect();
                referenced.sort_unstable();
                referenced.dedup();
                assert_eq!(
                    preset.settings.features.aggregations_of(family),
                    referenced,
                    "aggregations of {family} under {}",
                    preset.name
                );
            }
        }
    }
}
