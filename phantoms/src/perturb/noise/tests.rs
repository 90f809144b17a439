use approx::assert_relative_eq;
use radgauge_engine::volume::{Grid, Volume};

use super::*;
use crate::perturb::{Perturbation, SeedKey};

fn random(step: &Noise, draw: u32) -> Random {
    SeedKey::of_name(1, "noise").random(&Perturbation::Noise(step.clone()), draw)
}

fn of(text: &str) -> Noise {
    toml::from_str(text).expect("a noise")
}

fn noisy(image: &Image, step: &Noise, draw: u32) -> Image {
    let mask = image.map(|_| true);
    let (image, mask) = step
        .apply(image, &mask, &random(step, draw))
        .expect("noise can be added");
    assert!(mask.is_none(), "the mask stays");
    image
}

fn flat(size: [usize; 3], spacing_mm: [f64; 3], level: f64) -> Image {
    Volume::from_fn(Grid::axis_aligned(size, spacing_mm), |_| level)
}

fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (squares / n).sqrt())
}

#[test]
fn the_noise_of_a_gaussian_field_is_estimated() {
    // 98304 voxels: the median of the absolute value has a relative standard error of about 1.17 / √n, a little more as
    // neighbours correlate: below half a percent.
    let image = noisy(&flat([64, 64, 24], [1.0; 3], 0.0), &of("level = 7.5"), 0);
    let sigma = estimate_noise(&image, Estimator::Chang).expect("there is noise");
    assert!((sigma / 7.5 - 1.0).abs() < 0.015, "{sigma} is 7.5");
    // Slices of six voxels are all border, so that both see the same responses.
    let narrow = noisy(&flat([6, 6, 400], [1.0; 3], 0.0), &of("level = 7.5"), 0);
    let sigma = estimate_noise(&narrow, Estimator::Chang).expect("there is noise");
    let as_mirp = estimate_noise(&narrow, Estimator::ChangMirp).expect("there is noise");
    assert_relative_eq!(
        as_mirp / sigma,
        0.674_489_750_196_081_7 / 0.6754,
        max_relative = 1e-14
    );
    // And the mirrored border is what `chang` leaves out.
    let mirrored = estimate_noise(&image, Estimator::ChangMirp).expect("there is noise");
    assert!((0.95..0.985).contains(&(mirrored / 7.5)), "{mirrored}");
}

#[test]
fn anatomy_is_not_noise() {
    let white = noisy(&flat([64, 64, 12], [1.0; 3], 0.0), &of("level = 2"), 0);
    let alone = estimate_noise(&white, Estimator::Chang).expect("there is noise");
    let [nx, ny, _] = white.size();
    let slope = |at: usize| {
        3.0 * (at % nx) as f64 - 1.5 * (at / nx % ny) as f64 + 0.02 * ((at % nx) as f64).powi(2)
    };
    let voxels = white
        .as_slice()
        .iter()
        .enumerate()
        .map(|(at, v)| v + slope(at));
    let anatomy = Volume::from_flat(white.grid().clone(), voxels.collect());
    let sigma = estimate_noise(&anatomy, Estimator::Chang).expect("there is noise");
    // The coiflet has two vanishing moments along each axis.
    assert_relative_eq!(sigma, alone, max_relative = 1e-10);
}

#[test]
fn padding_has_no_part_in_the_estimate() {
    let white = noisy(&flat([64, 64, 12], [1.0; 3], 0.0), &of("level = 2"), 0);
    let padded = Volume::from_fn(Grid::axis_aligned([160, 64, 12], [1.0; 3]), |[x, y, z]| {
        if x < 64 {
            white.voxels()[[x, y, z]]
        } else {
            -1024.0
        }
    });
    let sigma = estimate_noise(&padded, Estimator::Chang).expect("there is noise");
    // Where noise meets padding, responses to the edge are few.
    assert!((sigma / 2.0 - 1.0).abs() < 0.15, "{sigma} is 2");
    let error = estimate_noise(&padded, Estimator::ChangMirp).expect_err("the median is 0");
    assert!(
        error.to_string().contains("half or more is flat"),
        "{error}"
    );
    let error = estimate_noise(&flat([9; 3], [1.0; 3], 3.0), Estimator::Chang).expect_err("flat");
    assert!(error.to_string().contains("or else a `level`"), "{error}");
}

#[test]
fn white_noise_has_its_level_and_its_streams() {
    let image = flat([50, 40, 10], [1.0; 3], 100.0);
    let step = of("level = 5\nfactor = 2");
    let noise = noisy(&image, &step, 4);
    let (mean, sd) = mean_and_sd(noise.as_slice());
    // 20000 voxels: standard errors 0.07 and 0.05.
    assert!((mean - 100.0).abs() < 0.3, "mean {mean}");
    assert!((sd - 10.0).abs() < 0.2, "standard deviation {sd}");
    let mut stream = random(&step, 4).stream(3);
    let first = noise.voxels()[[0, 0, 3]];
    assert_relative_eq!(first, 100.0 + 10.0 * stream.normal());
    assert_relative_eq!(noise.voxels()[[1, 0, 3]], 100.0 + 10.0 * stream.normal());
    assert!(noisy(&image, &step, 5) != noise, "another draw");
    assert_eq!(
        noisy(&image, &of("level = 0"), 0),
        image,
        "no noise at level 0"
    );
}

#[test]
fn the_estimated_level_is_added() {
    let image = noisy(&flat([48, 48, 8], [1.0; 3], 50.0), &of("level = 3"), 0);
    let sigma = estimate_noise(&image, Estimator::Chang).expect("there is noise");
    let step = of("");
    let twice = noisy(&image, &step, 1);
    let difference = twice
        .as_slice()
        .iter()
        .zip(image.as_slice())
        .map(|(a, b)| a - b);
    let (_, sd) = mean_and_sd(&difference.collect::<Vec<_>>());
    assert!((sd / sigma - 1.0).abs() < 0.03, "{sd} is {sigma}");
}

#[test]
fn correlated_noise_has_the_documented_spectrum() {
    // The autocorrelation is that of the kernel with itself: the Fourier transform of the power spectrum.
    let grid = Grid::axis_aligned([80, 70, 12], [0.8, 1.0, 3.0]);
    for surround in [0.0, 0.9] {
        let step = Noise {
            model: NoiseModel::Correlated,
            level: Some(1.0),
            fwhm_mm: 2.5,
            surround,
            ..Noise::default()
        };
        let image = Volume::from_fn(grid.clone(), |_| 0.0);
        let noise = noisy(&image, &step, 0);
        let sigma = 2.5 / (8.0 * 2.0_f64.ln()).sqrt();
        let gaussian = |s: f64, spacing: f64| -> Vec<f64> {
            let reach = (4.0 * s / spacing).ceil();
            let weights: Vec<f64> = (-40..=40)
                .map(f64::from)
                .map(|k| {
                    if k.abs() <= reach {
                        (-0.5 * (k * spacing / s).powi(2)).exp()
                    } else {
                        0.0
                    }
                })
                .collect();
            let sum: f64 = weights.iter().sum();
            weights.iter().map(|w| w / sum).collect()
        };
        let [nx, ny] = [gaussian(sigma, 0.8), gaussian(sigma, 1.0)];
        let [wx, wy] = [gaussian(2.0 * sigma, 0.8), gaussian(2.0 * sigma, 1.0)];
        let h = |i: usize, j: usize| nx[i] * ny[j] - surround * wx[i] * wy[j];
        let correlation = |lag_x: usize, lag_y: usize| -> f64 {
            let mut sum = 0.0;
            for i in 0..81 - lag_x {
                for j in 0..81 - lag_y {
                    sum += h(i, j) * h(i + lag_x, j + lag_y);
                }
            }
            sum
        };
        let measured = |lag_x: usize, lag_y: usize, lag_z: usize| -> f64 {
            let [nx, ny, nz] = grid.size;
            let mut sum = 0.0;
            for z in 0..nz - lag_z {
                for y in 0..ny - lag_y {
                    for x in 0..nx - lag_x {
                        sum += noise.voxels()[[x, y, z]]
                            * noise.voxels()[[x + lag_x, y + lag_y, z + lag_z]];
                    }
                }
            }
            sum / ((nx - lag_x) * (ny - lag_y) * (nz - lag_z)) as f64
        };
        for (x, y) in [(0, 0), (1, 0), (0, 1), (2, 2), (4, 0), (0, 6)] {
            let expected = correlation(x, y) / correlation(0, 0);
            let found = measured(x, y, 0);
            // Some 67200 voxels of which about one in ten counts.
            assert!(
                (found - expected).abs() < 0.05,
                "{surround}, lag {x} {y}: {found} is {expected}"
            );
        }
        assert!(measured(0, 0, 1).abs() < 0.05, "slices are independent");
        // As much noise at the border as inside.
        let border: Vec<f64> = noise
            .voxels()
            .indexed_iter()
            .filter(|((x, ..), _)| *x < 2)
            .map(|(_, v)| *v)
            .collect();
        let (_, sd) = mean_and_sd(&border);
        assert!((sd - 1.0).abs() < 0.12, "{sd} at the border");
    }
}

#[test]
fn correlated_noise_needs_a_width_for_the_voxels() {
    let step = of("model = 'correlated'\nlevel = 1\nfwhm_mm = 50");
    let image = flat([4, 4, 1], [0.05; 3], 0.0);
    let error = step
        .apply(&image, &image.map(|_| true), &random(&step, 0))
        .expect_err("too wide");
    assert!(error.to_string().contains("some hundred voxels"), "{error}");
    let step = of("model = 'correlated'\nlevel = 1\nfwhm_mm = 0.1\nsurround = 1");
    let image = flat([4, 4, 1], [5.0; 3], 0.0);
    let error = step
        .apply(&image, &image.map(|_| true), &random(&step, 0))
        .expect_err("too narrow");
    assert!(
        error.to_string().contains("far below the voxel spacing"),
        "{error}"
    );
}

#[test]
fn rician_noise_has_its_moments() {
    let step = of("model = 'rician'\nlevel = 4");
    let background = noisy(&flat([60, 60, 6], [1.0; 3], 0.0), &step, 0);
    let (mean, sd) = mean_and_sd(background.as_slice());
    // Rayleigh: mean σ √(π/2), variance (2 − π/2) σ².
    let pi = std::f64::consts::PI;
    assert!(
        (mean / (4.0 * (pi / 2.0).sqrt()) - 1.0).abs() < 0.02,
        "mean {mean}"
    );
    assert!(
        (sd / (4.0 * (2.0 - pi / 2.0).sqrt()) - 1.0).abs() < 0.03,
        "deviation {sd}"
    );
    let signal = noisy(&flat([60, 60, 6], [1.0; 3], 100.0), &step, 0);
    let (mean, sd) = mean_and_sd(signal.as_slice());
    assert!((mean - (100.0 + 16.0 / 200.0)).abs() < 0.12, "mean {mean}");
    assert!((sd / 4.0 - 1.0).abs() < 0.03, "deviation {sd}");
    let mut negative = flat([3, 2, 2], [1.0; 3], 1.0);
    negative.as_mut_slice()[7] = -2.0;
    let error = step.apply(&negative, &negative.map(|_| true), &random(&step, 0));
    assert_eq!(
        error.expect_err("a magnitude is not negative").to_string(),
        "`noise` needs intensities that are not negative for Rician noise, but voxel [1, 0, 1] is `-2`"
    );
}

#[test]
fn threads_do_not_matter() {
    let image = flat([31, 29, 7], [1.0; 3], 5.0);
    for model in [
        NoiseModel::White,
        NoiseModel::Correlated,
        NoiseModel::Rician,
    ] {
        let step = Noise {
            model,
            level: Some(2.0),
            ..Noise::default()
        };
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool");
            pool.install(|| noisy(&image, &step, 0))
        };
        assert_eq!(with(1), with(4), "{model:?}");
    }
}
