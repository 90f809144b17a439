//! Filters against naive twins and the laws that they obey.

use proptest::prelude::*;

use super::{
    fold::Fold,
    kernel::Kernel,
    lines::LineOperator,
    separable::{Separable, Term},
    testing::*,
    *,
};
use crate::volume::{Grid, Volume};

fn any_boundary() -> impl Strategy<Value = Boundary> {
    prop::sample::select(BOUNDARIES.to_vec())
}

fn any_taps() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        prop::collection::vec(-1.0_f64..1.0, 1..10),
        // Even and odd kernels, which are convolved in another way.
        (prop::collection::vec(-1.0_f64..1.0, 1..5), any::<bool>()).prop_map(|(half, is_even)| {
            let mirrored = half.iter().rev().map(|g| if is_even { *g } else { -g });
            let centre = if is_even { 0.7 } else { 0.0 };
            mirrored
                .chain([centre])
                .chain(half.iter().copied())
                .collect()
        }),
    ]
}

proptest! {
    #[test]
    fn separable_is_direct_convolution(
        size in [1_usize..20, 1_usize..6, 1_usize..6],
        taps in [any_taps(), any_taps(), any_taps()],
        boundary in any_boundary(),
        in_slices in any::<bool>(),
    ) {
        let image = noise(size);
        let [x, y, z] = taps.each_ref().map(Vec::as_slice);
        let dimension = if in_slices { Dimension::Slice } else { Dimension::Volume };
        let filter = Separable {
            dimension,
            boundary,
            terms: vec![Term::new([x, y, z].map(|taps| LineOperator::from(Kernel::new(taps))))],
            fold: Fold::Sum,
            energy_support: None,
        };
        let kernel = outer_product([x, y, if in_slices { &[1.0] } else { z }]);
        let expected = convolved(&image, &kernel, boundary);
        assert_close(&filter.apply(&image), &expected, &format!("{boundary:?}"));
    }

    #[test]
    fn mean_is_direct_convolution(
        size in [1_usize..20, 1_usize..5, 1_usize..4],
        radius in 0_usize..8,
        boundary in any_boundary(),
    ) {
        let image = noise(size);
        let support = 2 * radius + 1;
        let taps = vec![1.0 / support as f64; support];
        for (dimension, z) in [("2d", &[1.0][..]), ("3d", &taps)] {
            let keys = format!(
                "kind = 'mean'\nsupport = {support}\ndimension = '{dimension}'\n{}",
                key(boundary)
            );
            let expected = convolved(&image, &outer_product([&taps, &taps, z]), boundary);
            assert_close(&apply(&keys, &image), &expected, &keys);
        }
    }
}

/// Filters that are linear, by their settings without boundary condition.
const LINEAR: [&str; 9] = [
    "kind = 'identity'",
    "kind = 'mean'\nsupport = 3",
    "kind = 'gaussian'\nsigma_mm = 0.8",
    "kind = 'laplacian-of-gaussian'\nsigma_mm = 0.6",
    "kind = 'laws'\nkernel = 'E5W5'\ndimension = '2d'",
    "kind = 'laws'\nkernel = 'E3S5L5'\npooling = 'average'",
    "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LHL'\nlevel = 2",
    "kind = 'separable-wavelet'\nwavelet = 'coif1'\nsubband = 'HHL'\npooling = 'average'",
    "kind = 'laplacian'",
];

/// More of them: those that go through the spectrum.
const SPECTRAL: [&str; 5] = [
    "kind = 'gabor'\nsigma_mm = 1.5\nlambda_mm = 3\ngamma = 1.5\ntheta_rad = 0.6\nresponse = 'real'",
    "kind = 'simoncelli'\nlevel = 1",
    "kind = 'riesz'\norder = [0, 1, 1]",
    "kind = 'riesz'\norder = [2, 0]\ndimension = '2d'\nof = { kind = 'simoncelli', level = 1 }",
    "kind = 'riesz'\norder = [1, 0, 0]\nof = { kind = 'laplacian-of-gaussian', sigma_mm = 0.6 }",
];

/// Filters that are not.
const OTHERS: [&str; 5] = [
    "kind = 'laws'\nkernel = 'E5L5S5'\npooling = 'max'\nenergy_distance = 1",
    "kind = 'laws'\nkernel = 'L5S5'\npooling = 'min'\ndimension = '2d'\nenergy_distance = 2",
    "kind = 'separable-wavelet'\nwavelet = 'haar'\nsubband = 'LLH'\npooling = 'max'\nlevel = 2",
    "kind = 'sobel'",
    "kind = 'gradient-magnitude'\ndimension = '2d'",
];

fn bounded(keys: &str, boundary: Boundary) -> String {
    if keys.contains("identity") {
        keys.to_owned()
    } else {
        format!("{keys}\n{}", key(boundary))
    }
}

#[test]
fn linear_filters_are_linear() {
    let one = noise([7, 6, 5]);
    let other = one.map(|f| (7.0 * f).sin());
    let sum = combined(&one, &other, |f, g| 3.0 * f - 0.5 * g);
    for keys in LINEAR.into_iter().chain(SPECTRAL) {
        for boundary in BOUNDARIES.into_iter().filter(|b| b.constant() == 0.0) {
            let keys = bounded(keys, boundary);
            let [one, other] = [&one, &other].map(|image| apply(&keys, image));
            let expected = combined(&one, &other, |f, g| 3.0 * f - 0.5 * g);
            assert_close(&apply(&keys, &sum), &expected, &keys);
        }
    }
}

fn combined(one: &Image, other: &Image, f: impl Fn(f64, f64) -> f64) -> Image {
    let voxels = one.as_slice().iter().zip(other.as_slice());
    Volume::from_flat(one.grid().clone(), voxels.map(|(x, y)| f(*x, *y)).collect())
}

#[test]
fn filters_move_with_a_periodic_image() {
    let image = noise([7, 6, 5]);
    let shift = "kind = 'translation'\nshift = [2, -3, 11]\nboundary = 'periodic'";
    for keys in LINEAR.into_iter().chain(SPECTRAL).chain(OTHERS) {
        let keys = bounded(keys, Boundary::Periodic);
        let moved = apply(&keys, &apply(shift, &image));
        assert_close(&moved, &apply(shift, &apply(&keys, &image)), &keys);
    }
}

#[test]
fn translation_is_defined_beyond_the_borders() {
    let image = line(&[1.0, 2.0, 3.0]);
    let moved = |shift: i32, boundary: Boundary| {
        let keys = format!(
            "kind = 'translation'\nshift = [{shift}, 0, 0]\n{}",
            key(boundary)
        );
        apply(&keys, &image).as_slice().to_vec()
    };
    assert_eq!(moved(1, Boundary::Zero), [0.0, 1.0, 2.0]);
    assert_eq!(moved(-1, Boundary::Constant(9.0)), [2.0, 3.0, 9.0]);
    assert_eq!(moved(2, Boundary::Nearest), [1.0, 1.0, 1.0]);
    assert_eq!(moved(4, Boundary::Periodic), [3.0, 1.0, 2.0]);
    assert_eq!(moved(2, Boundary::Mirror), [2.0, 1.0, 1.0]);
    assert_eq!(
        moved(i32::MIN, Boundary::Nearest),
        [3.0; 3],
        "as far as can be"
    );
    assert_eq!(moved(i32::MAX, Boundary::Zero), [0.0; 3]);
}

/// The manual's other way to a rotation-invariant response: turn the image, filter it, turn the response back, pool.
#[test]
fn pooling_kernels_is_pooling_turned_images() {
    let image = noise([7, 5, 6]);
    let filters = [
        ("kind = 'laws'\nkernel = 'E3W5R5'", 3),
        ("kind = 'laws'\nkernel = 'L5E5E5'", 3),
        ("kind = 'laws'\nkernel = 'E5S5'\ndimension = '2d'", 2),
        (
            "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LLH'",
            3,
        ),
        (
            "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LH'\ndimension = '2d'",
            2,
        ),
        (
            "kind = 'separable-wavelet'\nwavelet = 'haar'\nsubband = 'HHL'\nlevel = 2",
            3,
        ),
        (
            "kind = 'separable-wavelet'\nwavelet = 'coif1'\nsubband = 'HH'\nlevel = 2\ndimension = '2d'",
            2,
        ),
    ];
    for (keys, n_axes) in filters {
        let turns = Turn::all(n_axes);
        assert_eq!(turns.len(), if n_axes == 3 { 24 } else { 4 }, "rotations");
        for boundary in BOUNDARIES {
            let keys = bounded(keys, boundary);
            let turned = |turn: &Turn| turn.undo(&apply(&keys, &turn.apply(&image)), image.grid());
            let responses: Vec<Image> = turns.iter().map(turned).collect();
            let pooled = |f: &dyn Fn(f64, f64) -> f64| {
                let rest = responses[1..].iter();
                rest.fold(responses[0].clone(), |pooled, response| {
                    combined(&pooled, response, f)
                })
            };
            let n = turns.len() as f64;
            for (pooling, expected) in [
                ("average", pooled(&|x, y| x + y).map(|sum| sum / n)),
                ("max", pooled(&f64::max)),
                ("min", pooled(&f64::min)),
            ] {
                let keys = format!("{keys}\npooling = '{pooling}'");
                assert_close(&apply(&keys, &image), &expected, &keys);
            }
        }
    }
}

#[test]
fn rotation_invariant_filters_turn_with_the_image() {
    let image = noise([6, 5, 4]);
    let isotropic = [
        "kind = 'mean'\nsupport = 3",
        "kind = 'gaussian'\nsigma_mm = 0.8",
        "kind = 'laplacian-of-gaussian'\nsigma_mm = 0.6",
        "kind = 'laws'\nkernel = 'E5L5S5'\npooling = 'max'\nenergy_distance = 1",
        "kind = 'separable-wavelet'\nwavelet = 'db3'\nsubband = 'LLH'\npooling = 'average'",
        "kind = 'sobel'",
        "kind = 'laplacian'",
        "kind = 'gradient-magnitude'",
    ];
    for keys in isotropic {
        for boundary in BOUNDARIES {
            let keys = bounded(keys, boundary);
            for turn in Turn::all(3) {
                let expected = turn.apply(&apply(&keys, &image));
                assert_close(
                    &apply(&keys, &turn.apply(&image)),
                    &expected,
                    &format!("{keys} {turn:?}"),
                );
            }
        }
    }
}

/// A constant beyond the borders is an image that goes on with that constant.
#[test]
fn constant_surroundings_are_a_wide_margin() {
    const MARGIN: usize = 24;
    let image = noise([4, 3, 2]);
    let size = image.size().map(|n| n + 2 * MARGIN);
    let c = -2.5;
    let padded = Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |at| {
        let inside = [0, 1, 2].map(|a| at[a].checked_sub(MARGIN).filter(|i| *i < image.size()[a]));
        match inside {
            [Some(x), Some(y), Some(z)] => image.voxels()[[x, y, z]],
            _ => c,
        }
    });
    for keys in LINEAR.into_iter().chain(OTHERS) {
        let keys = bounded(keys, Boundary::Constant(c));
        // Filters of several steps extend what a step gives, not the image.
        if keys.contains("level") || keys.contains("energy") {
            continue;
        }
        let wide = apply(&keys, &padded);
        let expected = Volume::from_fn(image.grid().clone(), |at| {
            wide.voxels()[at.map(|i| i + MARGIN)]
        });
        assert_close(&apply(&keys, &image), &expected, &keys);
    }
}

#[test]
fn impulse_responses_are_kernels() {
    let grid = Grid::axis_aligned([13, 13, 13], [2.0; 3]);
    let impulse = Volume::from_fn(grid.clone(), |at| if at == [6; 3] { 1.0 } else { 0.0 });
    // σ = 1.5 voxels, cut off at ⌊4 σ + 0.5⌋ = 6 voxels. The manual's formula as it stands.
    let sigma: f64 = 1.5;
    let kernel = |k: [usize; 3], d: i32| {
        let squared: f64 = k[..d as usize]
            .iter()
            .map(|i| (*i as f64 - 6.0).powi(2))
            .sum();
        -sigma.powi(-2)
            * (1.0 / ((2.0 * std::f64::consts::PI).sqrt() * sigma)).powi(d)
            * (f64::from(d) - squared / sigma.powi(2))
            * (-squared / (2.0 * sigma.powi(2))).exp()
    };
    let log = "kind = 'laplacian-of-gaussian'\nsigma_mm = 3\nboundary = 'zero'";
    assert_close(
        &apply(log, &impulse),
        &Volume::from_fn(grid.clone(), |k| kernel(k, 3)),
        log,
    );
    let log = format!("{log}\ndimension = '2d'");
    let expected = Volume::from_fn(grid.clone(), |k| if k[2] == 6 { kernel(k, 2) } else { 0.0 });
    assert_close(&apply(&log, &impulse), &expected, &log);

    let gaussian = apply(
        "kind = 'gaussian'\nsigma_mm = 3\nboundary = 'zero'",
        &impulse,
    );
    let sum: f64 = gaussian.as_slice().iter().sum();
    assert!(
        (sum - 1.0).abs() < 1e-12,
        "a Gaussian keeps the mean: {sum}"
    );
    let ratio = gaussian.voxels()[[8, 6, 7]] / gaussian.voxels()[[6; 3]];
    assert!(
        (ratio - (-5.0 / 4.5_f64).exp()).abs() < 1e-12,
        "2 and 1 voxels away: {ratio}"
    );

    // The manual's kernels as they stand: E3 along x, L5 along y, R5 along z, of which the impulse shows the taps.
    let laws = apply(
        "kind = 'laws'\nkernel = 'E3L5R5'\nboundary = 'zero'",
        &impulse,
    );
    let [e3, l5, r5] = [
        [-1.0, 0.0, 1.0].map(|g| g / 2_f64.sqrt()).to_vec(),
        [1.0, 4.0, 6.0, 4.0, 1.0]
            .map(|g| g / 70_f64.sqrt())
            .to_vec(),
        [1.0, -4.0, 6.0, -4.0, 1.0]
            .map(|g| g / 70_f64.sqrt())
            .to_vec(),
    ];
    let expected = convolved(&impulse, &outer_product([&e3, &l5, &r5]), Boundary::Zero);
    assert_close(&laws, &expected, "E3L5R5");
}

#[test]
fn laws_kernels_have_unit_norm_and_those_of_textures_no_mean() {
    let impulse = Volume::from_fn(Grid::axis_aligned([9, 9, 1], [1.0; 3]), |at| {
        if at == [4, 4, 0] { 1.0 } else { 0.0 }
    });
    for name in ["L3", "L5", "E3", "E5", "S3", "S5", "W5", "R5"] {
        let keys =
            format!("kind = 'laws'\nkernel = '{name}L3'\ndimension = '2d'\nboundary = 'zero'");
        let response = apply(&keys, &impulse);
        let squares: f64 = response.as_slice().iter().map(|g| g * g).sum();
        assert!(
            (squares - 1.0).abs() < 1e-12,
            "{name}: sum of squares {squares}"
        );
        let sum: f64 = response.as_slice().iter().sum();
        if !name.starts_with('L') {
            assert!(sum.abs() < 1e-12, "{name}: sum {sum}");
        }
    }
}

#[test]
fn levels_put_holes_between_taps() {
    let impulse = line(&[0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    let plane = Volume::from_fn(Grid::axis_aligned([9, 9, 1], [1.0; 3]), |[x, y, _]| {
        impulse.as_slice()[x] * impulse.as_slice()[y]
    });
    let keys = "kind = 'separable-wavelet'\nwavelet = 'haar'\nsubband = 'HH'\nlevel = 2\n\
        dimension = '2d'\nboundary = 'zero'";
    let response = apply(keys, &plane);
    // Level 1: (1, 1, 0) / √2. Level 2: (−1, 0, 1, 0, 0) / √2. Together (−1, −1, 1, 1) / 2 from 3 voxels before.
    let taps = [0.0, -0.5, -0.5, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0];
    let expected = Volume::from_fn(plane.grid().clone(), |[x, y, _]| taps[x] * taps[y]);
    assert_close(&response, &expected, keys);
}

/// The squares of all sub-bands of an orthonormal wavelet add up to 2^D times those of the image (periodic).
#[test]
fn subbands_keep_the_energy() {
    let image = noise([8, 6, 10]);
    let energy = |image: &Image| image.as_slice().iter().map(|f| f * f).sum::<f64>();
    for wavelet in ["haar", "db3", "db10", "db20", "coif1", "coif5"] {
        let mut sum = 0.0;
        for subband in ["LLL", "LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH"] {
            let keys = format!(
                "kind = 'separable-wavelet'\nwavelet = '{wavelet}'\nsubband = '{subband}'\nboundary = 'periodic'"
            );
            sum += energy(&apply(&keys, &image));
        }
        let ratio = sum / energy(&image);
        assert!((ratio - 8.0).abs() < 1e-10, "{wavelet}: {ratio}");
    }
}

/// The magnitude is extended by the same boundary condition, a constant by the magnitude of the response to it.
#[test]
fn energy_is_the_mean_magnitude() {
    let image = noise([6, 5, 7]);
    for boundary in BOUNDARIES {
        for kernel in ["E5S5", "L3L5", "E5S5R5", "L5L3L5"] {
            let dimension = if kernel.len() == 4 { "2d" } else { "3d" };
            let keys = format!("kind = 'laws'\nkernel = '{kernel}'\ndimension = '{dimension}'");
            let laws = bounded(&keys, boundary);
            let magnitude = apply(&laws, &image).map(|h| h.abs());
            let surroundings = match boundary {
                Boundary::Constant(c) => {
                    let flat = apply(&keys, &image.map(|_| c));
                    Boundary::Constant(flat.as_slice()[0].abs())
                }
                other => other,
            };
            let mean = format!("kind = 'mean'\nsupport = 5\ndimension = '{dimension}'");
            let expected = apply(&bounded(&mean, surroundings), &magnitude);
            let keys = format!("{laws}\nenergy_distance = 2");
            assert_close(&apply(&keys, &image), &expected, &keys);
        }
    }
}

#[test]
fn gradients_by_hand() {
    let grid = Grid::axis_aligned([5, 5, 5], [0.5, 1.0, 2.0]);
    let slope = Volume::from_fn(grid, |[x, y, z]| {
        2.0 * x as f64 + 6.0 * y as f64 + 3.0 * z as f64
    });
    let centre = |keys: &str| apply(keys, &slope).voxels()[[2; 3]];
    // Per mm: 4, 6, 1.5.
    let expected = (16.0 + 36.0 + 2.25_f64).sqrt();
    assert_eq!(centre("kind = 'gradient-magnitude'"), expected);
    assert_eq!(
        centre("kind = 'gradient-magnitude'\ndimension = '2d'"),
        52_f64.sqrt()
    );
    assert_eq!(
        centre("kind = 'sobel'"),
        32.0 * 7.0,
        "per voxel: √(2² + 6² + 3²) = 7"
    );
    assert_eq!(
        centre("kind = 'sobel'\ndimension = '2d'"),
        8.0 * 40_f64.sqrt()
    );
    assert_eq!(centre("kind = 'laplacian'"), 0.0, "a slope is not curved");
    let curved = slope.map(|f| f * f);
    let laplacian = apply("kind = 'laplacian'", &curved).voxels()[[2; 3]];
    assert_eq!(laplacian, 2.0 * 49.0, "2 (2² + 6² + 3²)");
}

#[test]
fn threads_change_no_bit() {
    let image = noise([70, 41, 9]);
    let pools = [1, 4].map(|n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build();
        pool.expect("threads can be started")
    });
    for keys in LINEAR.into_iter().chain(OTHERS) {
        let [one, four] = pools
            .each_ref()
            .map(|pool| pool.install(|| apply(keys, &image)));
        let bits = |image: &Image| {
            image
                .as_slice()
                .iter()
                .map(|f| f.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(bits(&one), bits(&four), "{keys}");
    }
}

/// A bright voxel must not spoil those behind it, as it does in a running sum.
#[test]
fn the_mean_has_no_drift() {
    let mut voxels = vec![0.1; 100];
    voxels[10] = 1e18;
    let response = apply(
        "kind = 'mean'\nsupport = 5\ndimension = '2d'",
        &line(&voxels),
    );
    for (x, mean) in response.as_slice().iter().enumerate().skip(13) {
        assert!((mean - 0.1).abs() < 1e-15, "voxel {x}: {mean}");
    }
}

#[test]
fn images_of_one_slice_and_of_one_voxel() {
    for size in [[5, 4, 1], [1, 1, 1], [0, 3, 2]] {
        let image = noise(size);
        for keys in LINEAR.into_iter().chain(OTHERS) {
            for boundary in BOUNDARIES {
                let keys = bounded(keys, boundary);
                match filter(&keys).apply(&image) {
                    Ok(response) => {
                        assert_eq!(response.size(), size, "{keys}");
                        let finite = response.as_slice().iter().all(|h| h.is_finite());
                        assert!(finite, "{keys} on {size:?}");
                    }
                    Err(FilterError::TooDeep { level: 2, .. }) => {
                        assert!(keys.contains("level = 2"), "{keys}");
                    }
                    Err(error) => panic!("{keys} on {size:?}: {error}"),
                }
            }
        }
    }
}

/// So do the filters of the spectrum, whose kernels are far wider than such images.
#[test]
fn the_spectrum_of_one_slice_and_of_one_voxel() {
    let gabor = "kind = 'gabor'\nsigma_mm = 2\nlambda_mm = 2\ngamma = 1.5";
    for keys in [
        gabor.to_owned(),
        format!("{gabor}\northogonal_planes = true"),
        "kind = 'riesz'\norder = [1, 0, 1]".to_owned(),
        "kind = 'riesz'\norder = [1, 1]\ndimension = '2d'".to_owned(),
    ] {
        for size in [[5, 4, 1], [9, 1, 1], [1, 1, 1]] {
            let response = apply(&keys, &noise(size));
            assert_eq!(response.size(), size, "{keys}");
            let finite = response.as_slice().iter().all(|h| h.is_finite());
            assert!(finite, "{keys} on {size:?}");
        }
    }
}

#[test]
fn images_that_cannot_be_filtered() {
    let mut image = noise([4, 3, 3]);
    image.as_mut_slice()[4 + 4 * 3 * 2] = f64::NAN;
    let message = refusal("kind = 'mean'\nsupport = 3", &image).to_string();
    assert_eq!(
        message,
        "filters need finite intensities in the whole image, but voxel [0, 1, 2] is `NaN`"
    );

    let anisotropic = Volume::from_fn(Grid::axis_aligned([4, 4, 4], [1.0, 1.0, 3.0]), |_| 1.0);
    let log = "kind = 'laplacian-of-gaussian'\nsigma_mm = 3";
    let message = refusal(log, &anisotropic).to_string();
    assert_eq!(
        message,
        "filter `laplacian-of-gaussian` needs the same voxel spacing along x, y and z, found [1.0, 1.0, 3.0] mm: \
         interpolate first, as IBSI 2 recommends"
    );
    apply(&format!("{log}\ndimension = '2d'"), &anisotropic);
    apply("kind = 'gaussian'\nsigma_mm = 3", &anisotropic);

    let message = refusal("kind = 'gaussian'\nsigma_mm = 1000", &noise([4, 3, 3])).to_string();
    assert_eq!(
        message,
        "filter `gaussian`: `sigma_mm` gives a kernel of 8001 voxels, more than the 4095 that are accepted"
    );

    let keys = "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LLH'\nlevel = 4";
    let message = refusal(keys, &noise([16, 9, 7])).to_string();
    assert_eq!(
        message,
        "filter `separable-wavelet`: at level 4 its taps lie 8 voxels apart, farther than the 7 voxels of the image along z"
    );
}

#[test]
fn parameters_that_are_impossible() {
    let refusal = |keys: &str| {
        let settings = format!("[filter]\n{keys}\n[features]\nfamilies = ['stat']\n");
        let settings = crate::settings::Settings::from_toml(&settings);
        settings.expect_err("the filter is impossible").to_string()
    };
    for (keys, part) in [
        (
            "kind = 'mean'\nsupport = 4",
            "`filter.support`: expected an odd number of voxels from 1 to 4095, found `4`",
        ),
        ("kind = 'mean'\nsupport = 0", "`filter.support`"),
        ("kind = 'mean'\nsupport = 4097", "`filter.support`"),
        ("kind = 'mean'", "missing field `support`"),
        (
            "kind = 'mean'\nsupport = 3\nsigma_mm = 1",
            "unknown field `sigma_mm`",
        ),
        (
            "kind = 'mean'\nsupport = 3\nboundary = { constant = nan }",
            "`filter.boundary`: expected a finite constant",
        ),
        (
            "kind = 'mean'\nsupport = 3\nboundary = 'reflect'",
            "unknown variant `reflect`",
        ),
        (
            "kind = 'mean'\nsupport = 3\ndimension = '4d'",
            "unknown variant `4d`",
        ),
        (
            "kind = 'gaussian'\nsigma_mm = 0",
            "`filter.sigma_mm`: expected a scale from 0.001 to 10000 mm, found `0.0`",
        ),
        ("kind = 'gaussian'\nsigma_mm = nan", "`filter.sigma_mm`"),
        (
            "kind = 'laplacian-of-gaussian'\nsigma_mm = 1e9",
            "`filter.sigma_mm`",
        ),
        (
            "kind = 'laplacian-of-gaussian'\nsigma_mm = 1\ncutoff = inf",
            "`filter.cutoff`",
        ),
        (
            "kind = 'laws'\nkernel = 'L5E5'",
            "`filter.kernel`: expected three kernels for `3d`, such as `L5E5E5`, found `L5E5`",
        ),
        (
            "kind = 'laws'\nkernel = 'L5E5E5'\ndimension = '2d'",
            "`filter.kernel`: expected two kernels",
        ),
        ("kind = 'laws'\nkernel = 'L5X5'", "found `L5X5`"),
        (
            "kind = 'laws'\nkernel = 'L5E5E5'\nenergy_distance = 2048",
            "`filter.energy_distance`",
        ),
        (
            "kind = 'laws'\nkernel = 'L5E5E5'\npooling = 'median'",
            "unknown variant `median`",
        ),
        (
            "kind = 'separable-wavelet'\nwavelet = 'sym4'\nsubband = 'LLH'",
            "expected a wavelet `haar`, `db1` to `db20` or `coif1` to `coif5`, found `sym4`",
        ),
        (
            "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LXH'",
            "found `LXH`",
        ),
        (
            "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LH'",
            "`filter.subband`: expected three letters",
        ),
        (
            "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LLH'\nlevel = 0",
            "`filter.level`",
        ),
        (
            "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LLH'\nlevel = 11",
            "`filter.level`",
        ),
    ] {
        let message = refusal(keys);
        assert!(message.contains(part), "{keys}: {message}");
    }
}
