use approx::assert_abs_diff_eq;
use proptest::prelude::*;

use super::super::tests::naive;
use super::*;
use crate::settings::Alignment;

const ALGORITHMS: [Interpolation; 4] = [
    Interpolation::Nearest,
    Interpolation::Linear,
    Interpolation::CubicSpline,
    Interpolation::CubicConvolution,
];

const ALIGNMENTS: [Alignment; 4] = [
    Alignment::Centre,
    Alignment::Origin,
    Alignment::Corner,
    Alignment::Fit,
];

/// Differences from sums of some ten terms, relative to the largest voxel.
const SUMMATION: f64 = 1e-12;

fn settings(spacing_mm: &[f64], algorithm: Interpolation, align: Alignment) -> Interpolate {
    Interpolate {
        spacing_mm: spacing_mm.to_vec(),
        image: algorithm,
        mask: Interpolation::Linear,
        mask_threshold: 0.5,
        align,
        round: false,
    }
}

fn turned(rotation_deg: f64) -> Pose {
    Pose {
        rotation_deg,
        ..Pose::default()
    }
}

fn moved(translation: [f64; 3]) -> Pose {
    Pose {
        translation,
        ..Pose::default()
    }
}

fn oblique(size: [usize; 3], spacing_mm: [f64; 3]) -> Grid {
    Grid {
        origin_mm: [-12.0, 40.0, 3.0],
        direction: [[0.0, 0.6, 0.8], [-1.0, 0.0, 0.0], [0.0, 0.8, -0.6]],
        ..Grid::axis_aligned(size, spacing_mm)
    }
}

fn textured(grid: Grid) -> Image {
    Volume::from_fn(grid, |[x, y, z]| {
        ((x * 31 + y * 17 + z * 7) % 101) as f64 / 7.0 - 5.0
    })
}

/// Where a voxel of `new` lies among the voxels of `old`: by way of the world, that is of what the grids say.
fn position(new: &Grid, voxel: [usize; 3], old: &Grid) -> [f64; 3] {
    let world = new.world_mm(voxel.map(|i| i as f64));
    std::array::from_fn(|axis| {
        let along: f64 = (0..3)
            .map(|i| (world[i] - old.origin_mm[i]) * old.direction[axis][i])
            .sum();
        along / old.spacing_mm[axis]
    })
}

#[test]
fn no_pose_changes_no_bit() {
    let image = textured(oblique([7, 6, 5], [0.9, 1.1, 3.0]));
    let mask = image.map(|voxel| *voxel > 0.0);
    for algorithm in ALGORITHMS {
        for align in ALIGNMENTS {
            let settings = settings(&[1.3, 0.8, 2.0], algorithm, align);
            let none = Pose::default();
            assert_eq!(
                interpolate_image_posed(&image, &settings, &none).unwrap(),
                interpolate_image(&image, &settings).unwrap(),
                "{algorithm:?}, {align:?}"
            );
            assert_eq!(
                interpolate_mask_posed(&mask, &settings, &none).unwrap(),
                interpolate_mask(&mask, &settings).unwrap(),
                "mask, {align:?}"
            );
        }
    }
}

#[test]
fn whole_turns_and_whole_voxels_change_no_bit() {
    let image = textured(Grid::axis_aligned([7, 6, 5], [0.5, 0.5, 2.0]));
    for algorithm in ALGORITHMS {
        let own = Interpolate::at_own_spacing(image.grid(), algorithm);
        for pose in [
            turned(360.0),
            turned(-720.0),
            moved([1.0, 0.0, 0.0]),
            moved([-3.0, 2.0, 1.0]),
        ] {
            let posed = interpolate_image_posed(&image, &own, &pose).unwrap();
            assert_eq!(posed, image, "{algorithm:?}, {pose:?}");
        }
        let coarse = settings(&[1.0, 1.0, 2.5], algorithm, Alignment::Centre);
        let straight = interpolate_image(&image, &coarse).unwrap();
        let posed = interpolate_image_posed(&image, &coarse, &moved([1.0, -1.0, 2.0])).unwrap();
        assert_eq!(posed.size(), straight.size(), "as many voxels");
        for (posed, straight) in posed.as_slice().iter().zip(straight.as_slice()) {
            assert_abs_diff_eq!(posed, straight, epsilon = 20.0 * SUMMATION);
        }
    }
}

#[test]
fn right_angles_exchange_voxels() {
    // Spacings that are no binary fractions: positions round.
    for (spacing, [nx, ny, nz]) in [(1.0, [9, 5, 3]), (0.977, [8, 4, 3]), (0.3, [7, 7, 2])] {
        let image = textured(Grid::axis_aligned([nx, ny, nz], [spacing, spacing, 2.0]));
        let mask = image.map(|voxel| *voxel > 2.0);
        for algorithm in ALGORITHMS {
            let mut own = Interpolate::at_own_spacing(image.grid(), algorithm);
            own.mask = algorithm;
            let quarter = interpolate_image_posed(&image, &own, &turned(90.0)).unwrap();
            let expected = Volume::from_fn(quarter.grid().clone(), |[i, j, z]| {
                image.voxels()[[nx - 1 - j, i, z]]
            });
            assert_eq!(quarter.size(), [ny, nx, nz], "sides are exchanged");
            assert_eq!(quarter, expected, "90°, {algorithm:?}, {spacing} mm");
            let quarter = interpolate_mask_posed(&mask, &own, &turned(90.0)).unwrap();
            let expected = Volume::from_fn(quarter.grid().clone(), |[i, j, z]| {
                mask.voxels()[[nx - 1 - j, i, z]]
            });
            assert_eq!(quarter, expected, "mask, {algorithm:?}, {spacing} mm");
            let half = interpolate_image_posed(&image, &own, &turned(180.0)).unwrap();
            let expected = Volume::from_fn(half.grid().clone(), |[i, j, z]| {
                image.voxels()[[nx - 1 - i, ny - 1 - j, z]]
            });
            assert_eq!(half, expected, "180°, {algorithm:?}, {spacing} mm");
            let back = interpolate_image_posed(&image, &own, &turned(-90.0)).unwrap();
            let three = interpolate_image_posed(&image, &own, &turned(270.0)).unwrap();
            assert_eq!(back, three, "−90° is 270°");
        }
    }
}

#[test]
fn the_grid_turns_from_x_towards_y_and_moves() {
    let image = textured(Grid::axis_aligned([5, 5, 1], [2.0, 2.0, 1.0]));
    let own = Interpolate::at_own_spacing(image.grid(), Interpolation::Linear);
    let quarter = interpolate_image_posed(&image, &own, &turned(90.0)).unwrap();
    let [x, y, _] = quarter.grid().direction;
    assert_eq!(
        (x, y),
        ([0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]),
        "x runs along y"
    );
    let half = interpolate_image_posed(&image, &own, &moved([0.5, 0.0, 0.0])).unwrap();
    assert_eq!(half.size(), [6, 5, 1], "half a voxel on each side");
    assert_eq!(half.grid().origin_mm, [-1.0, 0.0, 0.0], "the first of them");
    let [a, b] = [[0, 2, 0], [1, 2, 0]].map(|voxel| image.voxels()[voxel]);
    assert_eq!(half.voxels()[[1, 2, 0]], 0.5 * a + 0.5 * b, "in the middle");
}

#[test]
fn ramps_stay_ramps() {
    let grid = oblique([70, 66, 64], [1.0, 1.2, 0.9]);
    let ramp = |[x, y, z]: [f64; 3]| 3.0 + 0.7 * x - 1.1 * y + 0.4 * z;
    let image = Volume::from_fn(grid.clone(), |voxel| ramp(voxel.map(|i| i as f64)));
    let pose = Pose {
        rotation_deg: 17.0,
        translation: [0.25, 0.5, 0.75],
    };
    for algorithm in [
        Interpolation::Linear,
        Interpolation::CubicSpline,
        Interpolation::CubicConvolution,
    ] {
        let settings = settings(&[1.1; 3], algorithm, Alignment::Centre);
        let new = interpolate_image_posed(&image, &settings, &pose).unwrap();
        let mut checked = 0;
        let [nx, ny, nz] = new.size();
        for z in (0..nz).step_by(3) {
            for y in (0..ny).step_by(3) {
                for x in (0..nx).step_by(3) {
                    let at = position(new.grid(), [x, y, z], &grid);
                    // The spline's extension decays by √3 − 2 a voxel: below 1e-14 after 25.
                    let inside = at
                        .iter()
                        .zip(grid.size)
                        .all(|(p, n)| (25.0..=n as f64 - 26.0).contains(p));
                    if inside {
                        assert_abs_diff_eq!(
                            new.voxels()[[x, y, z]],
                            ramp(at),
                            epsilon = 100.0 * SUMMATION
                        );
                        checked += 1;
                    }
                }
            }
        }
        assert!(checked > 100, "{algorithm:?}: {checked} voxels inside");
    }
}

#[test]
fn nothing_is_turned_out_of_the_grid_and_nothing_comes_in() {
    // A disc in the corner, and a slab along the border.
    let grid = Grid::axis_aligned([40, 30, 3], [1.0, 1.0, 1.0]);
    let corner = Volume::from_fn(grid.clone(), |[x, y, _]| x * x + y * y < 100);
    let slab = Volume::from_fn(grid, |[x, ..]| x < 5);
    for mask in [corner, slab] {
        for degrees in [5.0, 15.0, 45.0, 77.0, 90.0, 135.0, -179.0] {
            let own = Interpolate::at_own_spacing(mask.grid(), Interpolation::Linear);
            let pose = Pose {
                rotation_deg: degrees,
                translation: [0.25, 0.75, 0.0],
            };
            let new = interpolate_mask_posed(&mask, &own, &pose).unwrap();
            let change = new.count() as f64 / mask.count() as f64 - 1.0;
            // What a contour loses and gains on another lattice: about the square root of its length.
            assert!(
                change.abs() < 0.06,
                "{degrees}°: {change:+.3} of {}",
                mask.count()
            );
        }
    }
}

#[test]
fn slices_stay_where_they_are_not_interpolated() {
    let image = textured(Grid::axis_aligned([6, 6, 4], [1.0, 1.0, 3.0]));
    let flat = settings(&[1.5, 1.5], Interpolation::Linear, Alignment::Centre);
    let along_z = interpolate_image_posed(&image, &flat, &moved([0.0, 0.0, 0.5])).unwrap();
    assert_eq!(
        along_z,
        interpolate_image(&image, &flat).unwrap(),
        "no effect"
    );
}

#[test]
fn intensities_are_rounded_after_the_pose() {
    let image = textured(Grid::axis_aligned([9, 9, 2], [1.0; 3]));
    let mut settings = settings(&[0.7; 3], Interpolation::CubicSpline, Alignment::Centre);
    settings.round = true;
    let new = interpolate_image_posed(&image, &settings, &turned(10.0)).unwrap();
    assert!(
        new.as_slice().iter().all(|voxel| voxel.fract() == 0.0),
        "whole"
    );
}

#[test]
fn impossible_poses_are_refused() {
    let image = textured(Grid::axis_aligned([4; 3], [1.0; 3]));
    let own = Interpolate::at_own_spacing(image.grid(), Interpolation::Linear);
    for pose in [
        turned(f64::NAN),
        turned(f64::INFINITY),
        moved([0.0, f64::NAN, 0.0]),
        moved([1e4, 0.0, 0.0]),
    ] {
        let error = interpolate_image_posed(&image, &own, &pose).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`pose`: expected a finite angle"),
            "{error}"
        );
    }
    let mut dense = own;
    dense.spacing_mm = vec![1e-3; 3];
    assert!(
        matches!(
            interpolate_image_posed(&image, &dense, &turned(1.0)),
            Err(ProcessError::GridTooLarge { .. })
        ),
        "64 thousand million voxels"
    );
    let none = Volume::from_flat(Grid::axis_aligned([0, 2, 1], [1.0; 3]), vec![]);
    let own = Interpolate::at_own_spacing(none.grid(), Interpolation::Linear);
    let turned = interpolate_image_posed(&none, &own, &turned(3.0)).unwrap();
    assert!(turned.grid().is_empty(), "nothing stays nothing");
}

#[test]
fn threads_do_not_matter() {
    let image = textured(Grid::axis_aligned([37, 29, 23], [1.0, 0.7, 3.0]));
    let pose = Pose {
        rotation_deg: 11.0,
        translation: [0.25, 0.0, 0.5],
    };
    for algorithm in ALGORITHMS {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let settings = settings(&[1.3; 3], algorithm, Alignment::Centre);
            pool.unwrap()
                .install(|| interpolate_image_posed(&image, &settings, &pose).unwrap())
        };
        assert_eq!(with(1), with(5), "{algorithm:?}, bit for bit");
    }
}

fn small_image() -> impl Strategy<Value = Image> {
    (
        prop::array::uniform3(1_usize..6),
        prop::array::uniform3(0.5_f64..2.0),
        prop::collection::vec(-100.0_f64..100.0, 5 * 5 * 5),
    )
        .prop_map(|(size, spacing_mm, voxels)| {
            let grid = oblique(size, spacing_mm);
            let n = grid.len();
            Volume::from_flat(grid, voxels[..n].to_vec())
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Every new voxel from the formula, as a sum over the extended volume of products of one-dimensional basis functions
    /// at the place where the new grid says that the voxel lies.
    #[test]
    fn the_fast_way_is_the_naive_way(
        image in small_image(),
        spacing in prop::array::uniform3(0.6_f64..2.0),
        dimensions in 2_usize..=3,
        rotation_deg in prop::sample::select(vec![0.0, 5.0, -15.0, 60.0, 90.0, 123.0]),
        translation in prop::array::uniform3(prop::sample::select(vec![0.0, 0.25, -0.4])),
        algorithm in prop::sample::select(&ALGORITHMS[1..]),
        align in prop::sample::select(&ALIGNMENTS),
    ) {
        let settings = settings(&spacing[..dimensions], algorithm, align);
        let pose = Pose { rotation_deg, translation };
        let new = interpolate_image_posed(&image, &settings, &pose).unwrap();
        for ((x, y, z), fast) in new.voxels().indexed_iter().step_by(3) {
            let at = position(new.grid(), [x, y, z], image.grid());
            let [wx, wy, wz]: [Vec<f64>; 3] =
                std::array::from_fn(|axis| naive::weights(image.size()[axis], algorithm, at[axis]));
            let naive: f64 = image
                .voxels()
                .indexed_iter()
                .map(|((a, b, c), voxel)| wx[a] * wy[b] * wz[c] * voxel)
                .sum();
            prop_assert!(
                (fast - naive).abs() <= 1e-9,
                "{pose:?}, {algorithm:?}, {align:?}, voxel {x} {y} {z}: {fast} and {naive}"
            );
        }
    }

    #[test]
    fn any_pose_gives_a_grid_or_an_error(
        image in small_image(),
        rotation_deg in any::<f64>(),
        translation in prop::array::uniform3(any::<f64>()),
        small in prop::array::uniform3(-3.0..3.0_f64),
    ) {
        let own = Interpolate::at_own_spacing(image.grid(), Interpolation::CubicSpline);
        let mask = image.map(|voxel| *voxel > 0.0);
        for translation in [translation, small] {
            let pose = Pose { rotation_deg, translation };
            let new_image = interpolate_image_posed(&image, &own, &pose);
            let new_mask = interpolate_mask_posed(&mask, &own, &pose);
            match (new_image, new_mask) {
                (Ok(image), Ok(mask)) => prop_assert_eq!(image.grid(), mask.grid()),
                (Err(image), Err(mask)) => prop_assert_eq!(image, mask),
                _ => prop_assert!(false, "image and mask differ"),
            }
        }
    }
}
