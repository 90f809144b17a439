use radgauge_engine::pipeline;
use radgauge_phantoms::ibsi1::digital_phantom;
use radgauge_reference::ibsi1::preset;

use super::*;
use crate::{
    diagnose::catalogue::deviations,
    implementation::{self, Answer},
};

/// Without a deviation, and so for every option that is not touched, the emulation answers what the engine does.
fn assert_manual(image: &Image, mask: &Mask, settings: &Settings) {
    let extraction = pipeline::extract(image, mask, settings).expect("the engine answers");
    let engine: Vec<(String, f64)> = implementation::answers(&extraction)
        .into_iter()
        .filter_map(|(key, answer)| match answer {
            Answer::Value(value) => Some((key, value)),
            _ => None,
        })
        // Not standardised, and so without a reference.
        .filter(|(key, _)| {
            !["ZH1A", "IQYR", "SWZ1", "BRI8", "9CMM"]
                .iter()
                .any(|code| key.ends_with(code))
        })
        .collect();
    let keys: Vec<&str> = engine.iter().map(|(key, _)| key.as_str()).collect();
    let laboratory = Laboratory::new(image, mask, settings, &keys);
    let answers = laboratory.answers(&Combination::default(), laboratory.parts());
    assert!(keys.len() > 100, "the engine answered {} keys", keys.len());
    for ((key, expected), answer) in engine.iter().zip(answers) {
        assert!(
            (answer - expected).abs() <= 1e-9 * (1.0 + expected.abs()),
            "{key}: {answer} emulated, {expected} by the engine"
        );
    }
}

#[test]
fn the_manual_way_is_the_engine_on_the_digital_phantom() {
    let (image, mask) = digital_phantom();
    assert_manual(
        &image,
        &mask,
        &preset("ibsi-digital").expect("a preset").settings,
    );
}

#[test]
fn the_manual_way_is_the_engine_with_every_step_of_processing() {
    let grid = radgauge_engine::volume::Grid::axis_aligned([14, 12, 9], [1.3, 1.1, 2.5]);
    let image = Image::from_fn(grid.clone(), |[x, y, z]| {
        ((x * 37 + y * 91 + z * 53 + x * y * z) % 97) as f64 * 4.3 - 120.0
    });
    let mask = Mask::from_fn(grid, |[x, y, z]| {
        (3..11).contains(&x)
            && (2..10).contains(&y)
            && (1..8).contains(&z)
            && (x + 2 * y + z) % 13 > 0
    });
    for name in ["ibsi-b", "ibsi-c", "ibsi-e"] {
        let mut settings = preset(name).expect("a preset").settings.clone();
        settings.resegment.range = Some([-100.0, 250.0]);
        assert_manual(&image, &mask, &settings);
    }
}

#[test]
fn deviations_that_undo_each_other_are_no_combination() {
    let place = |id: &str| {
        let place = deviations().iter().position(|deviation| deviation.id == id);
        place.expect("a deviation of the catalogue")
    };
    let settings = &preset("ibsi-c").expect("a preset").settings;
    let of = |ids: &[&str]| Combination::of(ids.iter().map(|id| place(id)));
    assert!(of(&["grid-aligned-by-corner", "not-rounded"]).is_consistent(settings));
    assert!(
        !of(&["grid-aligned-by-corner", "grid-aligned-by-origin"]).is_consistent(settings),
        "one grid has one alignment"
    );
    assert!(
        !of(&["one-bin-too-many"]).is_consistent(settings),
        "bins of fixed size are not counted"
    );
}
