//! The closed forms against the exact twin, the bands against theory.

use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::exact;

fn made(case: &SuiteCase) -> (Image, Mask) {
    match case.input {
        Input::Numbered { make, number } => make(number),
        _ => panic!("{}: made in code", case.id),
    }
}

/// The closed forms of textures against the exact twin: on the phantoms themselves, which are small enough.
#[test]
fn closed_forms_of_textures_are_those_of_the_exact_twin() {
    for case in textures::cases() {
        let (image, mask) = made(&case);
        let twin: BTreeMap<String, Option<f64>> = exact::values(&image, &mask)
            .expect("a texture is small")
            .into_iter()
            .collect();
        for check in &case.checks {
            let expected: f64 = check.expected.value.parse().expect("a number");
            let value = twin[check.key()].unwrap_or_else(|| panic!("{} is defined", check.id));
            assert!(
                (value - expected).abs() <= 1e-10 * expected.abs().max(1e-3),
                "{}: the closed form gives {expected}, the exact twin {value}",
                check.id
            );
        }
    }
}

/// Volume and area of every box, and all features of those that the twin is quick with.
#[test]
fn closed_forms_of_boxes_are_those_of_the_exact_twin() {
    for case in boxes::cases() {
        let (image, mask) = made(&case);
        let (volume, area) = exact::mesh_measures(&mask).expect("a box has voxels");
        let mut twin = BTreeMap::from([
            ("morph/-/RNU0".to_owned(), volume),
            ("morph/-/C0JK".to_owned(), area),
        ]);
        let is_small = mask.count() <= 125;
        if is_small {
            let values = exact::values(&image, &mask).expect("the box is small");
            twin.extend(
                values
                    .into_iter()
                    .filter_map(|(key, value)| Some((key, value?))),
            );
        }
        for check in &case.checks {
            let Some(value) = twin.get(check.key()) else {
                assert!(!is_small, "{} is defined", check.id);
                continue;
            };
            let expected: f64 = check.expected.value.parse().expect("a number");
            assert!(
                (value - expected).abs() <= 1e-12 * expected.abs().max(1.0),
                "{}: the closed form gives {expected}, the exact twin {value}",
                check.id
            );
        }
    }
}

/// The bands of the noise hold for other seeds too, and are no wider than they need be: of 12 phantoms all lie inside
/// five standard deviations, and some outside one.
#[test]
fn bands_of_the_noise_are_those_of_theory() {
    use radgauge_engine::pipeline;
    let case = noise::case();
    let Input::Numbered { make, .. } = case.input else {
        panic!("made in code");
    };
    let mut beyond_one = HashSet::new();
    for seed in 2..14 {
        let (image, mask) = make(seed);
        let extraction = pipeline::extract(&image, &mask, &case.settings).expect("extracted");
        let answers = crate::implementation::answers(&extraction);
        for check in &case.checks {
            let value = answers[check.key()].submitted().expect("a value");
            let (passes, deviation) =
                crate::verdict::judge(check.rule, &check.expected, value).expect("numbers");
            assert!(
                passes,
                "{} of seed {seed}: {value} against {:?}",
                check.id, check.expected
            );
            if deviation.allowances.expect("a band") > 0.2 {
                beyond_one.insert(check.id.clone());
            }
        }
    }
    assert_eq!(
        beyond_one.len(),
        case.checks.len(),
        "every band is reached beyond one deviation"
    );
}

#[test]
fn ids_are_unique_and_tolerances_meaningful() {
    let suite = analytic();
    let mut ids = HashSet::new();
    for check in suite.cases.iter().flat_map(|case| &case.checks) {
        assert!(ids.insert(check.id.clone()), "{} occurs twice", check.id);
        let tolerance: f64 = check.expected.tolerance.parse().expect("a number");
        assert!(
            (1e-9..0.5).contains(&tolerance),
            "{}: tolerance {tolerance}",
            check.id
        );
        let value: f64 = check.expected.value.parse().expect("a number");
        assert!(value.is_finite(), "{}: {value}", check.id);
    }
    assert_eq!(ids.len(), 4097, "checks of the suite");
}
