use approx::{assert_abs_diff_eq, assert_relative_eq};
use proptest::prelude::*;

use super::*;
use crate::settings::Interpolation;

/// Differences from sums of some hundred terms, relative to the largest voxel.
const SUMMATION: f64 = 1e-12;

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

fn settings(spacing_mm: &[f64], image: Interpolation, align: Alignment) -> Interpolate {
    Interpolate {
        spacing_mm: spacing_mm.to_vec(),
        image,
        mask: Interpolation::Linear,
        mask_threshold: 0.5,
        align,
        round: false,
    }
}

/// A volume of lines along x.
fn line(spacing_mm: f64, voxels: &[f64]) -> Image {
    let grid = Grid::axis_aligned([voxels.len(), 1, 1], [spacing_mm, 1.0, 1.0]);
    Volume::from_flat(grid, voxels.to_vec())
}

#[test]
fn the_grids_of_the_manual() {
    // The example of section UMPJ: 4 × 4 voxels of 3 mm, interpolated to 2 mm.
    let grid = Grid::axis_aligned([4, 4, 1], [3.0, 3.0, 5.0]);
    for (align, spacing, origin) in [
        (Alignment::Centre, 2.0, -0.5),
        (Alignment::Origin, 2.0, 0.0),
        (Alignment::Corner, 2.0, -0.5),
        (Alignment::Fit, 1.8, 0.0),
    ] {
        let new = interpolation_grid(&grid, &[2.0, 2.0], align).unwrap();
        assert_eq!(new.size, [6, 6, 1], "size, {align:?}");
        assert_eq!(
            new.spacing_mm,
            [spacing, spacing, 5.0],
            "spacing, {align:?}"
        );
        assert_eq!(new.origin_mm, [origin, origin, 0.0], "origin, {align:?}");
    }
}

#[test]
fn centres_stay_where_they_are_in_the_world() {
    let grid = Grid {
        size: [5, 4, 7],
        spacing_mm: [0.977, 1.5, 3.0],
        origin_mm: [-12.0, 40.0, 3.0],
        direction: [[0.0, 0.6, 0.8], [-1.0, 0.0, 0.0], [0.0, 0.8, -0.6]],
    };
    let new = interpolation_grid(&grid, &[2.0, 2.0, 2.0], Alignment::Centre).unwrap();
    assert_eq!(
        new.size,
        [3, 3, 11],
        "ceil(4.885 / 2), ceil(6 / 2), ceil(21 / 2)"
    );
    assert_eq!(new.direction, grid.direction, "direction");
    let centre = |grid: &Grid| grid.world_mm(grid.size.map(|n| (n as f64 - 1.0) / 2.0));
    for (new, old) in centre(&new).into_iter().zip(centre(&grid)) {
        assert_relative_eq!(new, old, max_relative = SUMMATION);
    }
}

#[test]
fn rounding_adds_no_slice() {
    // 0.8 mm as a 32-bit header has it: 25 voxels are 20.0000003 mm.
    let stored = f64::from(0.8_f32);
    for (from, spacing, wanted, count) in [
        (25, stored, 1.0, 20),
        (27, 0.1, 0.3, 9),
        (27, 0.7, 2.1, 9),
        (25, 1.0, 24.999, 2),
        (25, 1.0, 25.0, 1),
    ] {
        let grid = Grid::axis_aligned([from, 1, 1], [spacing, 1.0, 1.0]);
        let new = interpolation_grid(&grid, &[wanted, 1.0], Alignment::Centre).unwrap();
        assert_eq!(
            new.size[0], count,
            "{from} voxels of {spacing} mm at {wanted} mm"
        );
    }
}

#[test]
fn one_voxel_and_no_voxel() {
    for align in ALIGNMENTS {
        for algorithm in ALGORITHMS {
            let settings = settings(&[2.0, 0.5, 7.0], algorithm, align);
            let one = Volume::from_flat(Grid::axis_aligned([1; 3], [1.0; 3]), vec![3.0]);
            let image = interpolate_image(&one, &settings).unwrap();
            assert!(
                !image.grid().is_empty(),
                "{align:?}: one voxel stays at least one"
            );
            for voxel in image.as_slice() {
                assert_relative_eq!(*voxel, 3.0, max_relative = SUMMATION);
            }
            let none = Volume::from_flat(Grid::axis_aligned([0, 2, 1], [1.0; 3]), vec![]);
            let image = interpolate_image(&none, &settings).unwrap();
            assert!(image.grid().is_empty(), "{align:?}: nothing stays nothing");
        }
    }
}

#[test]
fn impossible_spacings_are_refused() {
    let grid = Grid::axis_aligned([10; 3], [1.0; 3]);
    for spacing in [
        &[1.0][..],
        &[1.0; 4],
        &[0.0, 1.0],
        &[1.0, -1.0],
        &[f64::NAN, 1.0, 1.0],
        &[1.0, 1.0, f64::INFINITY],
    ] {
        assert!(
            matches!(
                interpolation_grid(&grid, spacing, Alignment::Centre),
                Err(ProcessError::Setting {
                    key: "spacing_mm",
                    ..
                })
            ),
            "{spacing:?}"
        );
    }
    assert_eq!(
        interpolation_grid(&grid, &[1e-3; 3], Alignment::Centre)
            .unwrap_err()
            .to_string(),
        "interpolating [10, 10, 10] voxels to a spacing of [0.001, 0.001, 0.001] mm gives [10000.0, 10000.0, 10000.0] voxels, more than the 1073741824 that are accepted"
    );
    // Never larger on the way than at both ends, and far outside the old grid.
    let slim = Volume::from_fn(Grid::axis_aligned([2, 300, 300], [1.0; 3]), |[x, ..]| {
        x as f64
    });
    let stretched = interpolate_image(
        &slim,
        &settings(
            &[1e-5, 1e6, 1e6],
            Interpolation::CubicSpline,
            Alignment::Corner,
        ),
    )
    .unwrap();
    assert_eq!(stretched.size(), [200_000, 1, 1], "stretched along x");
}

#[test]
fn ties_of_the_nearest_voxel_go_up() {
    let image = line(1.0, &[10.0, 20.0, 30.0, 40.0]);
    let new = interpolate_image(
        &image,
        &settings(&[2.0, 1.0], Interpolation::Nearest, Alignment::Centre),
    )
    .unwrap();
    assert_eq!(new.as_slice(), [20.0, 40.0], "positions 0.5 and 2.5");
}

#[test]
fn small_cases_by_hand() {
    let image = line(3.0, &[0.0, 6.0, 0.0]);
    let at = |algorithm| {
        let new = interpolate_image(&image, &settings(&[1.5, 1.0], algorithm, Alignment::Origin));
        new.unwrap().as_slice().to_vec()
    };
    // Positions 0, 0.5, 1, 1.5, 2 and 2.5, the last outside.
    assert_eq!(at(Interpolation::Linear), [0.0, 3.0, 6.0, 3.0, 0.0, 0.0]);
    // Keys' weights in the middle: −1/16, 9/16, 9/16, −1/16.
    assert_eq!(
        at(Interpolation::CubicConvolution),
        [0.0, 3.375, 6.0, 3.375, 0.0, -0.375]
    );
}

#[test]
fn splines_go_through_the_voxels() {
    let voxels = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0, 6.0];
    let new = interpolate_image(
        &line(1.0, &voxels),
        &settings(&[0.25, 1.0], Interpolation::CubicSpline, Alignment::Origin),
    )
    .unwrap();
    for (i, voxel) in voxels.iter().enumerate() {
        assert_abs_diff_eq!(new.as_slice()[4 * i], voxel, epsilon = 9.0 * SUMMATION);
    }
}

#[test]
fn polynomials_are_reproduced_inside() {
    // Far enough from the ends that their extension has decayed: |√3 − 2|^30 < 1e-17.
    const MARGIN: f64 = 30.0;
    for (algorithm, degree) in [
        (Interpolation::Nearest, 0),
        (Interpolation::Linear, 1),
        (Interpolation::CubicConvolution, 2),
        (Interpolation::CubicSpline, 3),
    ] {
        let f = |x: f64| (0..=degree).map(|n| (0.5 - 0.02 * x).powi(n)).sum::<f64>();
        let voxels: Vec<f64> = (0..80).map(|x| f(f64::from(x))).collect();
        for align in ALIGNMENTS {
            let image = line(1.0, &voxels);
            let new = interpolate_image(&image, &settings(&[0.37, 1.0], algorithm, align)).unwrap();
            let mut checked = 0;
            for (i, voxel) in new.as_slice().iter().enumerate() {
                let [x, ..] = new.grid().world_mm([i as f64, 0.0, 0.0]);
                if (MARGIN..=79.0 - MARGIN).contains(&x) {
                    assert_abs_diff_eq!(*voxel, f(x), epsilon = SUMMATION);
                    checked += 1;
                }
            }
            assert!(
                checked > 40,
                "{algorithm:?}, {align:?}: {checked} voxels inside"
            );
        }
    }
}

#[test]
fn the_mask_keeps_what_reaches_the_threshold() {
    let mask = line(1.0, &[1.0, 0.0, 0.0, 1.0, 1.0, 1.0]).map(|v| *v > 0.0);
    let at = |threshold| {
        let mut settings = settings(&[2.0, 1.0], Interpolation::Linear, Alignment::Centre);
        settings.mask_threshold = threshold;
        interpolate_mask(&mask, &settings)
            .unwrap()
            .as_slice()
            .to_vec()
    };
    assert_eq!(at(0.5), [true, true, true], "one half is inside");
    assert_eq!(
        at(0.500_001),
        [false, false, true],
        "more than one half asked for"
    );
    assert_eq!(at(1.0), [false, false, true], "only whole voxels");
}

#[test]
fn halves_survive_rounding() {
    // Every new voxel lies in the middle between one that is inside and one that is not.
    for spacing in [0.1, 0.3, 0.7, 0.8, 0.977, 1.1] {
        for n in [2, 10, 64, 202] {
            let grid = Grid::axis_aligned([n; 3].map(|n| n.min(12)), [spacing; 3]);
            let grid = Grid {
                size: [n, grid.size[1], 2],
                ..grid
            };
            let mask = Volume::from_fn(grid, |[x, ..]| x % 2 == 0);
            let spacing = 2.0 * spacing;
            let settings = settings(&[spacing; 3], Interpolation::Linear, Alignment::Centre);
            let new = interpolate_mask(&mask, &settings).unwrap();
            assert_eq!(new.count(), new.grid().len(), "{n} voxels at {spacing} mm");
        }
    }
}

#[test]
fn rounding_to_whole_intensities() {
    for (intensity, rounded) in [
        (0.49, 0.0),
        (0.5, 1.0),
        (-0.5, -1.0),
        (12.499_999_999_999_998, 13.0),
        (-12.499_999_999_999_998, -13.0),
        (2.5, 3.0),
        (-1000.0, -1000.0),
        (1e300, 1e300),
    ] {
        assert_eq!(round_intensity(intensity), rounded, "{intensity}");
    }
    assert!(round_intensity(-0.1).is_sign_positive(), "no negative zero");
    let mut settings = settings(&[2.0, 1.0], Interpolation::Linear, Alignment::Centre);
    settings.round = true;
    let image = interpolate_image(&line(1.0, &[0.0, 3.0, -1.0, -2.0]), &settings).unwrap();
    assert_eq!(image.as_slice(), [2.0, -2.0], "1.5 and -1.5");
}

#[test]
fn threads_do_not_matter() {
    let grid = Grid::axis_aligned([37, 29, 23], [1.0, 0.7, 3.0]);
    let image = Volume::from_fn(grid, |[x, y, z]| {
        ((x * 31 + y * 17 + z * 7) % 101) as f64 / 7.0
    });
    for algorithm in ALGORITHMS {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let settings = settings(&[1.3; 3], algorithm, Alignment::Centre);
            pool.unwrap()
                .install(|| interpolate_image(&image, &settings).unwrap())
        };
        assert_eq!(with(1), with(5), "{algorithm:?}, bit for bit");
    }
}

/// The twin: every new voxel from the formula, as a sum over the extended volume of products of one-dimensional basis
/// functions.
pub(super) mod naive {
    use super::*;

    /// Voxels of extension on both sides.
    const EXTENSION: isize = 25;

    fn basis(algorithm: Interpolation, distance: f64) -> f64 {
        let d = distance.abs();
        match algorithm {
            Interpolation::Nearest => f64::from(u8::from(distance > -0.5 && distance <= 0.5)),
            Interpolation::Linear => (1.0 - d).max(0.0),
            Interpolation::CubicSpline if d < 1.0 => 2.0 / 3.0 - d * d + d * d * d / 2.0,
            Interpolation::CubicSpline => (2.0 - d).max(0.0).powi(3) / 6.0,
            Interpolation::CubicConvolution if d < 1.0 => 1.5 * d.powi(3) - 2.5 * d * d + 1.0,
            Interpolation::CubicConvolution if d < 2.0 => {
                -0.5 * d.powi(3) + 2.5 * d * d - 4.0 * d + 2.0
            }
            Interpolation::CubicConvolution => 0.0,
        }
    }

    /// Weight of each voxel of the old line in a new voxel at `position`.
    pub(in crate::process::interpolate) fn weights(
        n: usize,
        algorithm: Interpolation,
        position: f64,
    ) -> Vec<f64> {
        let last = n as isize - 1;
        let extended = n + 2 * EXTENSION as usize;
        let mut weights: Vec<f64> = (0..extended)
            .map(|i| basis(algorithm, (i as isize - EXTENSION) as f64 - position))
            .collect();
        if algorithm == Interpolation::CubicSpline {
            // value = basisᵀ · coefficients and samples · coefficients = voxels; the matrix is symmetric.
            let samples = |i: usize, j: usize| match i.abs_diff(j) {
                0 => 2.0 / 3.0,
                1 => 1.0 / 6.0,
                _ => 0.0,
            };
            weights = solve(extended, samples, weights);
        }
        let mut folded = vec![0.0; n];
        for (i, weight) in weights.into_iter().enumerate() {
            folded[(i as isize - EXTENSION).clamp(0, last) as usize] += weight;
        }
        folded
    }

    /// Gaussian elimination of a dense, diagonally dominant system.
    fn solve(n: usize, matrix: impl Fn(usize, usize) -> f64, mut right: Vec<f64>) -> Vec<f64> {
        let mut rows: Vec<Vec<f64>> = (0..n)
            .map(|i| (0..n).map(|j| matrix(i, j)).collect())
            .collect();
        for pivot in 0..n {
            for i in pivot + 1..n {
                let factor = rows[i][pivot] / rows[pivot][pivot];
                let (above, below) = rows.split_at_mut(i);
                for (element, known) in below[0].iter_mut().zip(&above[pivot]).skip(pivot) {
                    *element -= factor * known;
                }
                right[i] -= factor * right[pivot];
            }
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|j| rows[i][j] * right[j]).sum();
            right[i] = (right[i] - known) / rows[i][i];
        }
        right
    }

    pub(super) fn interpolate(image: &Image, new: &Grid, algorithm: Interpolation) -> Vec<f64> {
        let old = image.grid();
        let [x, y, z]: [Vec<Vec<f64>>; 3] = std::array::from_fn(|axis| {
            (0..new.size[axis])
                .map(|i| {
                    let mm =
                        new.origin_mm[axis] - old.origin_mm[axis] + i as f64 * new.spacing_mm[axis];
                    // Ties of the nearest voxel go up, whatever the rounding of the position.
                    let tie = if algorithm == Interpolation::Nearest {
                        1e-9
                    } else {
                        0.0
                    };
                    weights(old.size[axis], algorithm, mm / old.spacing_mm[axis] + tie)
                })
                .collect()
        });
        let voxels = image.voxels();
        let volume = Volume::from_fn(new.clone(), |[i, j, k]| {
            voxels
                .indexed_iter()
                .map(|((a, b, c), voxel)| x[i][a] * y[j][b] * z[k][c] * voxel)
                .sum::<f64>()
        });
        volume.as_slice().to_vec()
    }
}

fn small_image() -> impl Strategy<Value = Image> {
    (
        prop::array::uniform3(1_usize..7),
        prop::array::uniform3(0.4_f64..3.0),
        prop::collection::vec(-100.0_f64..100.0, 6 * 6 * 6),
    )
        .prop_map(|(size, spacing_mm, voxels)| {
            let mut grid = Grid::axis_aligned(size, spacing_mm);
            grid.origin_mm = [5.0, -3.0, 1.0];
            let n = grid.len();
            Volume::from_flat(grid, voxels[..n].to_vec())
        })
}

proptest! {
    #[test]
    fn the_fast_way_is_the_naive_way(
        image in small_image(),
        spacing in prop::array::uniform3(0.4_f64..3.0),
        dimensions in 2_usize..=3,
        algorithm in prop::sample::select(&ALGORITHMS),
        align in prop::sample::select(&ALIGNMENTS),
    ) {
        let settings = settings(&spacing[..dimensions], algorithm, align);
        let new = interpolate_image(&image, &settings).unwrap();
        let naive = naive::interpolate(&image, new.grid(), algorithm);
        for (i, (fast, naive)) in new.as_slice().iter().zip(&naive).enumerate() {
            prop_assert!(
                (fast - naive).abs() <= 100.0 * 100.0 * SUMMATION,
                "{algorithm:?}, {align:?}, voxel {i}: {fast} and {naive}"
            );
        }
    }

    #[test]
    fn the_own_spacing_changes_nothing(
        image in small_image(),
        algorithm in prop::sample::select(&ALGORITHMS),
        align in prop::sample::select(&ALIGNMENTS),
    ) {
        let settings = settings(&image.grid().spacing_mm, algorithm, align);
        prop_assert_eq!(&interpolate_image(&image, &settings).unwrap(), &image);
        let mask = image.map(|v| *v > 0.0);
        prop_assert_eq!(&interpolate_mask(&mask, &settings).unwrap(), &mask);
    }

    #[test]
    fn grids_cover_the_image(
        image in small_image(),
        spacing in prop::array::uniform3(0.2_f64..20.0),
    ) {
        let grid = image.grid();
        let new = interpolation_grid(grid, &spacing, Alignment::Centre).unwrap();
        for (axis, spacing) in spacing.into_iter().enumerate() {
            let extent = |grid: &Grid| grid.size[axis] as f64 * grid.spacing_mm[axis];
            prop_assert!(extent(&new) >= extent(grid) * (1.0 - 1e-6), "covered along axis {axis}");
            prop_assert!(extent(&new) < extent(grid) + spacing, "no voxel too many");
        }
    }
}
