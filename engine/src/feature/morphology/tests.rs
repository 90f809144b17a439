use proptest::prelude::*;

use super::{
    samples::{any_image_and_mask, assert_matches_reference, digital_phantom, mask_of},
    *,
};
use crate::{
    feature::{Family, catalogue, local_intensity},
    volume::{Grid, Volume},
};

/// IBSI 1 reference values of configuration "digital", with tolerance; the four features that could not be
/// standardised have none.
const DIGITAL_PHANTOM: [(&str, f64, f64); 25] = [
    ("RNU0", 556.0, 4.0),
    ("YEKZ", 592.0, 4.0),
    ("C0JK", 388.0, 3.0),
    ("2PR5", 0.698, 0.004),
    ("SKGS", 0.0411, 0.0003),
    ("BQWJ", 0.599, 0.004),
    ("KRCK", 1.19, 0.01),
    ("QCFX", 0.843, 0.005),
    ("25C7", 0.186, 0.001),
    ("KLMA", 0.672, 0.004),
    ("L0JK", 13.1, 0.1),
    ("TDIC", 11.4, 0.1),
    ("P9VJ", 9.31, 0.06),
    ("7J51", 8.54, 0.05),
    ("Q3CK", 0.816, 0.005),
    ("N17B", 0.749, 0.005),
    ("PBX1", 0.869, 0.005),
    ("R59B", 0.866, 0.005),
    ("6BDE", 1.17, 0.01),
    ("RDD2", 1.36, 0.01),
    ("R3ER", 0.961, 0.006),
    ("7T7F", 1.03, 0.01),
    ("99N0", 1200.0, 10.0),
    ("N365", 0.0397, 0.0003),
    ("NPT7", 0.974, 0.006),
];

fn value_of(values: &Values, code: &str) -> Value {
    values.iter().find(|row| row.0 == code).unwrap().2
}

/// The features of an image whose region is the same for shape and for intensities.
fn features_of(image: &Image, mask: &Mask) -> Values {
    features(image, &Roi::new(mask.clone()))
}

#[test]
fn features_come_in_the_order_of_the_catalogue() {
    let (image, mask) = digital_phantom();
    let codes: Vec<_> = features_of(&image, &mask).iter().map(|row| row.0).collect();
    let expected: Vec<_> = catalogue::features()
        .iter()
        .filter(|feature| feature.family == Family::Morphology)
        .map(|feature| feature.code.as_str())
        .collect();
    assert_eq!(codes, expected, "29 features");
}

#[test]
fn digital_phantom_has_the_reference_values() {
    let (image, mask) = digital_phantom();
    let values = features_of(&image, &mask);
    for (code, reference, tolerance) in DIGITAL_PHANTOM {
        let value = value_of(&values, code).expect("defined for 74 voxels");
        assert_matches_reference(code, value, reference, tolerance);
    }
}

#[test]
fn masks_have_their_own_features() {
    // A bar of four voxels for the shape, of which the last two are left for the intensities.
    let grid = Grid::axis_aligned([4, 1, 1], [2.0, 1.0, 1.0]);
    let image = Volume::from_flat(grid.clone(), vec![7.0, 8.0, 1.0, 3.0]);
    let roi = Roi {
        morphological: mask_of(grid.clone(), |_| true),
        intensity: mask_of(grid, |[x, _, _]| x > 1),
    };
    let values = features(&image, &roi);
    assert_eq!(value_of(&values, "YEKZ"), Ok(8.0), "four voxels of 2 mm³");
    // Centre of the bar at x = 1.5, of the intensities at (2 · 1 + 3 · 3) / 4 = 2.75.
    assert_eq!(value_of(&values, "KLMA"), Ok(2.5), "1.25 voxels of 2 mm");
    let volume = value_of(&values, "RNU0").unwrap();
    assert_eq!(
        value_of(&values, "99N0"),
        Ok(volume * 2.0),
        "mean of 1 and 3"
    );
    // One pair: its product of deviations is −1, and so is I; C = 1/(2·2w) · 2w·4/2 = 1.
    assert_eq!(value_of(&values, "N365"), Ok(-1.0), "one pair of opposites");
    assert_eq!(value_of(&values, "NPT7"), Ok(1.0), "one pair of opposites");
}

#[test]
fn an_empty_region_has_no_feature() {
    let (image, mask) = digital_phantom();
    let none = mask.map(|_| false);
    for (code, _, value) in features_of(&image, &none) {
        assert_eq!(value, Err(Undefined::EmptyRoi), "{code} of no voxel");
    }
    // Without intensities the shape is still there.
    let values = features(
        &image,
        &Roi {
            morphological: mask,
            intensity: none,
        },
    );
    for (code, _, value) in values {
        let needs_intensities = ["KLMA", "99N0", "N365", "NPT7"].contains(&code);
        assert_eq!(value.is_err(), needs_intensities, "{code}: {value:?}");
    }
}

#[test]
fn small_and_flat_regions_say_what_is_undefined() {
    use Undefined::{Degenerate, NoSpread, SingleVoxel, ZeroSum};
    let grid = Grid::axis_aligned([3, 3, 3], [1.0, 2.0, 3.0]);
    let image = Volume::from_fn(grid.clone(), |[x, y, z]| (x + 3 * y + z) as f64);
    let undefined = |image: &Image, inside: &dyn Fn([usize; 3]) -> bool| -> Vec<_> {
        features_of(image, &mask_of(grid.clone(), inside))
            .into_iter()
            .filter_map(|(code, _, value)| Some((code, value.err()?)))
            .collect()
    };
    let single = [
        "TDIC", "P9VJ", "7J51", "Q3CK", "N17B", "6BDE", "RDD2", "N365", "NPT7",
    ]
    .map(|code| (code, SingleVoxel));
    assert_eq!(
        undefined(&image, &|at| at == [1; 3]),
        single,
        "single voxel"
    );
    let line = [("6BDE", Degenerate), ("RDD2", Degenerate)];
    assert_eq!(
        undefined(&image, &|[x, y, z]| x == y && y == z),
        line,
        "line"
    );
    assert_eq!(
        undefined(&image, &|[x, y, z]| x + y == z),
        line[..1],
        "tilted plane"
    );
    let flat = image.map(|_| 5.0);
    let no_spread = [("N365", NoSpread), ("NPT7", NoSpread)];
    assert_eq!(undefined(&flat, &|_| true), no_spread, "constant intensity");
    let balanced = image.map(|x| x - 5.0);
    assert_eq!(
        undefined(&balanced, &|_| true),
        [("KLMA", ZeroSum)],
        "sum zero"
    );
}

#[test]
fn values_do_not_depend_on_the_number_of_threads() {
    // Large enough for the spectral sums, and for boxes to be searched in parallel.
    let grid = Grid::axis_aligned([17, 15, 16], [1.0, 1.5, 0.8]);
    let image = Volume::from_fn(grid.clone(), |[x, y, z]| {
        ((x * 31 + y * 17 + z * 7) % 23) as f64
    });
    let mask = mask_of(grid, |[x, y, z]| {
        (x * 5 + y * 3 + z) % 7 > 1 && x + y + z < 36
    });
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut values = features_of(&image, &mask);
            values.extend(local_intensity::features(&image, &mask));
            values
        })
    };
    assert_eq!(with_threads(1), with_threads(3), "the same bits");
}

/// How much a value may move under an operation that leaves the region the same; the enclosing ellipsoid is iterated.
fn tolerance(code: &str) -> f64 {
    if ["SWZ1", "BRI8"].contains(&code) {
        1e-9
    } else {
        1e-11
    }
}

fn assert_same(operation: &str, before: &Values, after: &Values) {
    for ((code, _, a), (_, _, b)) in before.iter().zip(after) {
        match (a, b) {
            (Ok(a), Ok(b)) => assert!(
                // Centre of mass shift and Moran's I may be differences that cancel.
                (a - b).abs() <= tolerance(code) * (1.0 + a.abs().max(b.abs())),
                "{operation} changes {code}: {a} vs {b}"
            ),
            _ => assert_eq!(a, b, "{operation} changes {code}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_value_is_finite((image, mask) in any_image_and_mask(4)) {
        for (code, _, value) in features_of(&image, &mask) {
            prop_assert!(value.is_err() || value.is_ok_and(f64::is_finite), "{}: {:?}", code, value);
        }
    }

    #[test]
    fn moving_turning_and_mirroring_change_nothing(
        (image, mask) in any_image_and_mask(5),
        margin in [0..3_usize, 0..3_usize, 0..3_usize],
        flip in any::<[bool; 3]>(),
        axis in 0..3_usize,
    ) {
        let before = features_of(&image, &mask);
        let Grid { size, spacing_mm, .. } = image.grid().clone();

        let padded = Grid::axis_aligned(std::array::from_fn(|a| size[a] + 2 * margin[a]), spacing_mm);
        let inner = |at: [usize; 3]| -> Option<[usize; 3]> {
            let at: [Option<usize>; 3] =
                std::array::from_fn(|a| at[a].checked_sub(margin[a]).filter(|i| *i < size[a]));
            Some([at[0]?, at[1]?, at[2]?])
        };
        let moved = features_of(
            &Volume::from_fn(padded.clone(), |at| inner(at).map_or(1e3, |at| image.voxels()[at])),
            &Volume::from_fn(padded, |at| inner(at).is_some_and(|at| mask.voxels()[at])),
        );
        assert_same("translation", &before, &moved);

        let mirror = |at: [usize; 3]| -> [usize; 3] {
            std::array::from_fn(|a| if flip[a] { size[a] - 1 - at[a] } else { at[a] })
        };
        let mirrored = features_of(
            &Volume::from_fn(image.grid().clone(), |at| image.voxels()[mirror(at)]),
            &Volume::from_fn(image.grid().clone(), |at| mask.voxels()[mirror(at)]),
        );
        assert_same("reflection", &before, &mirrored);

        let cycle = |v: [usize; 3]| [v[axis], v[(axis + 1) % 3], v[(axis + 2) % 3]];
        let back = |v: [usize; 3]| {
            let mut out = [0; 3];
            for a in 0..3 {
                out[(axis + a) % 3] = v[a];
            }
            out
        };
        let grid = Grid::axis_aligned(cycle(size), cycle([0, 1, 2]).map(|a| spacing_mm[a]));
        let turned = features_of(
            &Volume::from_fn(grid.clone(), |at| image.voxels()[back(at)]),
            &Volume::from_fn(grid, |at| mask.voxels()[back(at)]),
        );
        assert_same("permutation of the axes", &before, &turned);
    }

    #[test]
    fn lengths_areas_and_volumes_scale(
        (image, mask) in any_image_and_mask(4), scale in 0.1..10.0_f64,
    ) {
        let spacing = image.grid().spacing_mm.map(|s| s * scale);
        let grid = Grid::axis_aligned(image.size(), spacing);
        let before = features_of(&image, &mask);
        let after = features_of(
            &Volume::from_flat(grid.clone(), image.as_slice().to_vec()),
            &Volume::from_flat(grid, mask.as_slice().to_vec()),
        );
        let power = |code: &str| match code {
            "RNU0" | "YEKZ" | "99N0" => 3,
            "C0JK" => 2,
            "KLMA" | "L0JK" | "TDIC" | "P9VJ" | "7J51" => 1,
            "2PR5" => -1,
            _ => 0,
        };
        let scaled = before
            .into_iter()
            .map(|(code, p, value)| (code, p, value.map(|v| v * scale.powi(power(code)))))
            .collect();
        assert_same("scaling the spacing", &scaled, &after);
    }
}
