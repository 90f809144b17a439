use std::sync::LazyLock;

use super::*;

/// Mean, standard deviation, skewness and excess kurtosis.
fn moments(values: &[f64]) -> [f64; 4] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let central = |power| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    let variance = central(2);
    [
        mean,
        variance.sqrt(),
        central(3) / variance.powf(1.5),
        central(4) / (variance * variance) - 3.0,
    ]
}

fn moments_of_all(phantom: Phantom, seed: u64) -> Vec<[f64; 4]> {
    let crops = placements()
        .iter()
        .map(|placement| phantom.crop(placement, seed));
    crops
        .map(|(image, mask)| moments(&image.inside(&mask)))
        .collect()
}

/// Those of the suite's phantoms, which several tests look at.
static MOMENTS: LazyLock<[Vec<[f64; 4]>; 2]> =
    LazyLock::new(|| Phantom::ALL.map(|phantom| moments_of_all(phantom, SEED)));

/// Counts and bounding boxes of the published isotropic masks, by shape and size: what a bean measures along its long
/// axis, across it and along z; fewest and most voxels.
const PUBLISHED: [(Shape, Size, [usize; 3], [usize; 2]); 9] = [
    (Shape::Cube, Size::Large, [20, 20, 20], [8000, 8000]),
    (Shape::Cube, Size::Medium, [10, 10, 10], [1000, 1000]),
    (Shape::Cube, Size::Small, [5, 5, 5], [125, 125]),
    (Shape::Sphere, Size::Large, [25, 25, 25], [8276, 8276]),
    (Shape::Sphere, Size::Medium, [13, 13, 12], [1057, 1057]),
    (Shape::Sphere, Size::Small, [7, 7, 7], [127, 127]),
    (Shape::Bean, Size::Large, [41, 19, 16], [8072, 8137]),
    (Shape::Bean, Size::Medium, [21, 9, 8], [1027, 1038]),
    (Shape::Bean, Size::Small, [11, 5, 5], [136, 138]),
];

#[test]
fn regions_are_of_the_published_size() {
    for placement in placements() {
        let mask = Phantom::Isotropic.mask(placement);
        let name = &placement.name;
        let row = PUBLISHED
            .iter()
            .find(|row| (row.0, row.1) == (placement.shape, placement.size));
        let (_, _, extent, [fewest, most]) = row.expect("every shape and size is listed");
        let bounds = mask.bounding_box().expect("the region is not empty");
        let size = bounds.size();
        let expected = match placement.bulge {
            Some(Bulge::LowX | Bulge::HighX) => [extent[1], extent[0], extent[2]],
            _ => *extent,
        };
        assert_eq!(size, expected, "{name}: bounding box");
        // The published spheres and small beans are up to 10 % larger than what has its centre inside the solid.
        let count = mask.count() as f64;
        let least = 0.9 * *fewest as f64;
        assert!(
            (least..=1.03 * *most as f64).contains(&count),
            "{name}: {count} voxels"
        );
        let middle: [f64; 3] = std::array::from_fn(|axis| {
            mask.grid().origin_mm[axis] + (bounds.low[axis] + bounds.high[axis]) as f64 / 2.0
        });
        assert_eq!(middle, placement.centre_mm, "{name}: centre");
    }
}

#[test]
fn regions_of_the_anisotropic_phantom_have_their_volume_and_two_slices_at_least() {
    for placement in placements() {
        let mask = Phantom::Anisotropic.mask(placement);
        let grid = mask.grid();
        assert_eq!(grid.spacing_mm, [0.976_562_5, 0.976_562_5, 3.0], "spacing");
        let volume_ml = mask.count() as f64 * grid.voxel_volume_mm3() / 1000.0;
        let nominal = placement.size.volume_ml();
        // A slice more or less is much of a small solid.
        let band = match placement.size {
            Size::Large => 0.12,
            Size::Medium => 0.3,
            Size::Small => 0.6,
        };
        assert!(
            (volume_ml / nominal - 1.0).abs() < band,
            "{}: {volume_ml} of {nominal} mL",
            placement.name
        );
        let slices = mask.bounding_box().expect("not empty").size()[2];
        assert!(slices >= 2, "{}: {slices} slices", placement.name);
    }
}

/// The ranges over the 90 regions that were published: skewness −3.0 to 3.9, excess kurtosis −1.7 to 16.5, and by mean
/// intensity 13 of lung, 3 strong mixtures, 13 of fat, 24 mixtures of fat, 30 of soft tissue, 7 of bone.
#[test]
fn moments_cover_the_published_ranges() {
    // The suite's own phantom in full, another seed in kind: least and largest skewness and excess kurtosis.
    let other = moments_of_all(Phantom::Isotropic, 2);
    for (what, all, skewness, kurtosis) in [
        ("isotropic", &MOMENTS[0], [-3.0, 3.7], [-1.7, 15.0]),
        ("anisotropic", &MOMENTS[1], [-3.0, 3.7], [-1.7, 15.0]),
        ("another seed", &other, [-2.8, 2.7], [-1.7, 10.0]),
    ] {
        let [_, deviations, skewnesses, kurtoses] = [0, 1, 2, 3].map(|moment| {
            let values = all.iter().map(|one| one[moment]);
            values.fold([f64::MAX, f64::MIN], |[low, high], v| {
                [low.min(v), high.max(v)]
            })
        });
        for (moment, found, [low, high]) in [
            ("skewness", skewnesses, skewness),
            ("excess kurtosis", kurtoses, kurtosis),
            ("standard deviation", deviations, [14.0, 290.0]),
        ] {
            assert!(
                found[0] <= low && found[1] >= high,
                "{what}: {moment} in {found:?}, expected to cover {low} to {high}"
            );
        }
        assert!(
            skewnesses[0] > -6.0 && skewnesses[1] < 6.0 && kurtoses[1] < 40.0,
            "{what}: {skewnesses:?}, {kurtoses:?}"
        );
        let edges = [f64::MIN, -400.0, -130.0, -80.0, 0.0, 75.0, f64::MAX];
        for (edges, published) in edges.windows(2).zip([13, 3, 13, 24, 30, 7]) {
            let count = all
                .iter()
                .filter(|one| (edges[0]..edges[1]).contains(&one[0]))
                .count();
            assert!(
                count.abs_diff(published) <= 6 && count > 0,
                "{what}: {count} means in {edges:?}, published {published}"
            );
        }
    }
}

/// The twins show one scene: means of a region differ by the sampling alone.
#[test]
fn twins_show_the_same_scene() {
    let [isotropic, anisotropic] = &*MOMENTS;
    for ((placement, one), other) in placements().iter().zip(isotropic).zip(anisotropic) {
        // Noise and boundaries are sampled elsewhere; a small solid has about 40 voxels in the anisotropic phantom.
        let band = one[1]
            * if placement.size == Size::Small {
                0.9
            } else {
                0.35
            };
        assert!(
            (one[0] - other[0]).abs() < band,
            "{}: {one:?} and {other:?}",
            placement.name
        );
    }
}

#[test]
fn crops_are_parts_of_the_whole() {
    for (phantom, name) in [
        (Phantom::Isotropic, "B_M_02"),
        (Phantom::Anisotropic, "C_L_05"),
    ] {
        let place = placements()
            .iter()
            .position(|one| one.name == name)
            .expect("a region");
        let (image, mask) = phantom.crop(&placements()[place], SEED);
        let whole = phantom.grid();
        let origin: [usize; 3] = std::array::from_fn(|axis| {
            let off = image.grid().origin_mm[axis] - whole.origin_mm[axis];
            (off / whole.spacing_mm[axis]).round() as usize
        });
        let z = image.size()[2] / 2;
        let slice = phantom.slice(origin[2] + z, SEED);
        let labels = phantom.label_slice(origin[2] + z);
        for y in 0..image.size()[1] {
            for x in 0..image.size()[0] {
                let at = origin[0] + x + whole.size[0] * (origin[1] + y);
                assert_eq!(image.voxels()[[x, y, z]], slice[at], "{name}: {x}, {y}");
                let is_inside = usize::from(labels[at]) == place + 1;
                assert_eq!(mask.voxels()[[x, y, z]], is_inside, "{name}: {x}, {y}");
            }
        }
    }
}

/// No region covers another, so that one label a voxel is enough.
#[test]
fn regions_are_apart() {
    let mut voxels = [0; 91];
    for z in 190..=690 {
        for label in Phantom::Isotropic.label_slice(z) {
            voxels[usize::from(label)] += 1;
        }
    }
    for (placement, count) in placements().iter().zip(&voxels[1..]) {
        let mask = Phantom::Isotropic.mask(placement);
        assert_eq!(*count, mask.count(), "{}", placement.name);
    }
}

#[test]
fn seeds_change_the_tissue_and_not_the_regions() {
    let placement = &placements()[3];
    let (one, mask) = Phantom::Isotropic.crop(placement, 1);
    let (other, same) = Phantom::Isotropic.crop(placement, 2);
    assert_eq!(mask, same, "the region is the same");
    assert!(one != other, "the image is not");
    assert_eq!(
        (one, mask),
        Phantom::Isotropic.crop(placement, 1),
        "a seed repeats"
    );
}

/// The bits of a phantom are part of its definition: they change with its version only.
#[test]
fn bits_are_those_of_the_first_version() {
    let sums = Phantom::ALL.map(|phantom| {
        let crops = placements()
            .iter()
            .map(|placement| phantom.crop(placement, SEED));
        crops.fold(0, |sum: u64, (image, mask)| {
            let voxels = image.as_slice().iter().zip(mask.as_slice());
            voxels.fold(sum, |sum, (intensity, inside)| {
                let voxel = (*intensity as i64 + 2048) as u64 * 2 + u64::from(*inside);
                sum.wrapping_mul(1_000_003).wrapping_add(voxel)
            })
        })
    });
    assert_eq!(
        sums,
        [19_054_563_185_957_756, 12_355_345_387_838_722_705],
        "checksums of the crops"
    );
}
