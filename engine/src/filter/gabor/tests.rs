use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, FRAC_PI_8};

use proptest::prelude::*;

use super::*;
use crate::{
    filter::{
        Filter,
        samples::{
            bits, combined, difference, moved, noise, on_threads, rearranged, turned_about_x,
            turned_about_z,
        },
    },
    volume::Grid,
};

const BOUNDARIES: [Boundary; 5] = [
    Boundary::Zero,
    Boundary::Constant(-1.5),
    Boundary::Nearest,
    Boundary::Periodic,
    Boundary::Mirror,
];

fn gabor(sigma_mm: f64, lambda_mm: f64, gamma: f64, theta_rad: f64) -> Gabor {
    Gabor {
        sigma_mm,
        lambda_mm,
        gamma,
        theta_rad,
        delta_theta_rad: None,
        pooling: None,
        orthogonal_planes: false,
        response: ComplexResponse::Modulus,
        boundary: Boundary::Mirror,
    }
}

fn pooled(gabor: Gabor, delta_theta_rad: f64, pooling: Pooling) -> Gabor {
    Gabor {
        delta_theta_rad: Some(delta_theta_rad),
        pooling: Some(pooling),
        ..gabor
    }
}

fn respond(gabor: Gabor, image: &Image) -> Image {
    Filter::Gabor(gabor).apply(image).expect("the filter fits")
}

/// The manual's kernel of `N + 1` or `N` taps, convolved tap by tap in axial planes of 1 mm voxels.
fn naive(gabor: &Gabor, image: &Image) -> Image {
    let size = image.size();
    let half = [size[0] / 2, size[1] / 2].map(usize::cast_signed);
    let (sin, cos) = gabor.theta_rad.sin_cos();
    Volume::from_fn(image.grid().clone(), |[x, y, z]| {
        let mut h = Complex64::ZERO;
        for k1 in -half[0]..=half[0] {
            for k2 in -half[1]..=half[1] {
                let along = k1 as f64 * cos + k2 as f64 * sin;
                let across = k1 as f64 * sin - k2 as f64 * cos;
                let squared = along.powi(2) + (gabor.gamma * across).powi(2);
                let g = (-squared / (2.0 * gabor.sigma_mm.powi(2))).exp()
                    * Complex64::cis(TAU * along / gabor.lambda_mm);
                let source = [(x, k1), (y, k2)].map(|(x, k)| x.cast_signed() - k);
                let x = gabor.boundary.source(source[0], size[0]);
                let y = gabor.boundary.source(source[1], size[1]);
                h += g * match (x, y) {
                    (Some(x), Some(y)) => image.voxels()[[x, y, z]],
                    _ => gabor.boundary.constant(),
                };
            }
        }
        gabor.response.of(h)
    })
}

#[test]
fn responses_are_those_of_spatial_convolution() {
    for (size, sigma, lambda, gamma, theta) in [
        ([9, 8, 2], 2.0, 3.0, 0.5, 0.3),
        ([12, 5, 1], 1.2, 2.0, 1.5, -2.1),
        ([1, 7, 2], 3.0, 4.0, 1.0, 1.0),
        // A Gaussian that ends well inside the image, narrow in the spectrum.
        ([45, 40, 1], 1.9, 2.5, 1.3, FRAC_PI_8),
    ] {
        let image = noise(size, 1);
        for boundary in BOUNDARIES {
            for response in [
                ComplexResponse::Modulus,
                ComplexResponse::Real,
                ComplexResponse::Imaginary,
            ] {
                let gabor = Gabor {
                    response,
                    boundary,
                    ..gabor(sigma, lambda, gamma, theta)
                };
                let off = difference(&respond(gabor, &image), &naive(&gabor, &image));
                assert!(off < 1e-12, "{size:?} {boundary:?} {response:?}: {off}");
            }
        }
        let phase = Gabor {
            response: ComplexResponse::Argument,
            ..gabor(sigma, lambda, gamma, theta)
        };
        let off = difference(&respond(phase, &image), &naive(&phase, &image));
        assert!(off < 1e-9, "{size:?}: the argument, {off}");
    }
}

#[test]
fn impulse_response_is_the_kernel() {
    let impulse = Volume::from_fn(Grid::axis_aligned([11, 11, 1], [2.0; 3]), |voxel| {
        f64::from(u8::from(voxel == [5, 5, 0]))
    });
    let filter = Gabor {
        boundary: Boundary::Zero,
        response: ComplexResponse::Real,
        ..gabor(4.0, 6.0, 0.5, FRAC_PI_2)
    };
    let kernel = Volume::from_fn(impulse.grid().clone(), |[x, y, _]| {
        // A quarter turn clockwise: the wave runs down the rows. σ is 2 voxels, λ is 3.
        let (along, across) = (y as f64 - 5.0, 0.5 * (x as f64 - 5.0));
        (-(along * along + across * across) / 8.0).exp() * (TAU * along / 3.0).cos()
    });
    assert!(difference(&respond(filter, &impulse), &kernel) < 1e-15);
}

/// θ turns from x towards y: a wave along the diagonal that falls on a screen answers at 45°, not at −45°.
#[test]
fn orientations_turn_clockwise() {
    let image = Volume::from_fn(Grid::axis_aligned([32, 32, 1], [1.0; 3]), |[x, y, _]| {
        (TAU * (x as f64 + y as f64) / 4.0 / 2_f64.sqrt()).cos()
    });
    let at = |theta| respond(gabor(3.0, 4.0, 1.0, theta), &image).voxels()[[16, 16, 0]];
    assert!(
        at(FRAC_PI_4) > 100.0 * at(-FRAC_PI_4),
        "{} vs {}",
        at(FRAC_PI_4),
        at(-FRAC_PI_4)
    );
}

/// Every orientation by itself, also those that the filter takes for conjugates of others.
#[test]
fn pooling_is_over_a_whole_turn() {
    let image = noise([10, 9, 2], 2);
    for response in [
        ComplexResponse::Modulus,
        ComplexResponse::Argument,
        ComplexResponse::Real,
        ComplexResponse::Imaginary,
    ] {
        for turn in [8_u32, 3, 1] {
            let single = Gabor {
                response,
                ..gabor(2.0, 3.0, 0.7, 0.2)
            };
            let delta = TAU / f64::from(turn);
            let responses: Vec<Image> = (0..turn)
                .map(|i| {
                    respond(
                        Gabor {
                            theta_rad: 0.2 + delta * f64::from(i),
                            ..single
                        },
                        &image,
                    )
                })
                .collect();
            for (pooling, pool) in [
                (
                    Pooling::Average,
                    (|values| values.iter().sum::<f64>() / values.len() as f64)
                        as fn(&[f64]) -> f64,
                ),
                (Pooling::Max, |values| {
                    values.iter().copied().fold(f64::MIN, f64::max)
                }),
                (Pooling::Min, |values| {
                    values.iter().copied().fold(f64::MAX, f64::min)
                }),
            ] {
                let expected = Volume::from_fn(image.grid().clone(), |voxel| {
                    let values: Vec<f64> = responses.iter().map(|r| r.voxels()[voxel]).collect();
                    pool(&values)
                });
                let off = difference(&respond(pooled(single, delta, pooling), &image), &expected);
                assert!(off < 1e-10, "{response:?} {turn} {pooling:?}: {off}");
            }
        }
    }
}

/// The manual's order: pooled in every plane, then averaged over the planes.
#[test]
fn orthogonal_planes_are_averaged() {
    let image = noise([9, 10, 11], 3);
    let axial = pooled(gabor(2.0, 3.0, 1.5, 0.1), FRAC_PI_4, Pooling::Max);
    let [nx, ny, nz] = image.size();
    let xz = rearranged(&image, [nx, nz, ny], |[x, z, y]| [x, y, z]);
    let yz = rearranged(&image, [ny, nz, nx], |[y, z, x]| [x, y, z]);
    let [xy, xz, yz] = [&image, &xz, &yz].map(|image| respond(axial, image));
    let expected = Volume::from_fn(image.grid().clone(), |[x, y, z]| {
        (xy.voxels()[[x, y, z]] + xz.voxels()[[x, z, y]] + yz.voxels()[[y, z, x]]) / 3.0
    });
    let response = respond(
        Gabor {
            orthogonal_planes: true,
            ..axial
        },
        &image,
    );
    assert!(difference(&response, &expected) < 1e-14);
}

#[test]
fn pooled_responses_turn_with_the_image() {
    for boundary in [Boundary::Mirror, Boundary::Zero, Boundary::Nearest] {
        let image = noise([10, 11, 9], 4);
        let axial = Gabor {
            boundary,
            ..pooled(gabor(1.5, 3.0, 0.5, 0.0), FRAC_PI_4, Pooling::Average)
        };
        let off = difference(
            &respond(axial, &turned_about_z(&image)),
            &turned_about_z(&respond(axial, &image)),
        );
        assert!(off < 1e-13, "{boundary:?}: {off}");
        let in_planes = Gabor {
            orthogonal_planes: true,
            ..axial
        };
        for turn in [turned_about_z, turned_about_x] {
            let off = difference(
                &respond(in_planes, &turn(&image)),
                &turn(&respond(in_planes, &image)),
            );
            assert!(off < 1e-13, "{boundary:?}: {off}");
        }
    }
}

proptest! {
    #[test]
    fn real_responses_are_linear(a in -3.0_f64..3.0, b in -3.0_f64..3.0, theta in -7.0_f64..7.0) {
        let (f, g) = (noise([8, 7, 2], 5), noise([8, 7, 2], 6));
        for boundary in [Boundary::Zero, Boundary::Nearest, Boundary::Periodic, Boundary::Mirror] {
            let gabor = Gabor { response: ComplexResponse::Imaginary, boundary, ..gabor(2.0, 3.0, 1.5, theta) };
            let sum = combined(a, &respond(gabor, &f), b, &respond(gabor, &g));
            prop_assert!(difference(&respond(gabor, &combined(a, &f, b, &g)), &sum) < 1e-12);
        }
    }

    #[test]
    fn equivariant_to_shifts(x in 0_usize..8, y in 0_usize..7) {
        let image = noise([8, 7, 2], 7);
        let gabor = Gabor { boundary: Boundary::Periodic, ..gabor(1.0, 2.5, 1.5, 0.4) };
        let of_moved = respond(gabor, &moved(&image, [x, y, 1]));
        prop_assert!(difference(&of_moved, &moved(&respond(gabor, &image), [x, y, 1])) < 1e-13);
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let image = noise([21, 13, 10], 8);
    let filter = Gabor {
        orthogonal_planes: true,
        ..pooled(gabor(2.0, 3.0, 1.5, 0.0), FRAC_PI_8, Pooling::Average)
    };
    let run = || bits(&respond(filter, &image));
    assert_eq!(on_threads(1, run), on_threads(4, run));
}

#[test]
fn what_cannot_be_done_is_refused() {
    let image = noise([6, 6, 6], 9);
    let refusal = |gabor: Gabor, image: &Image| {
        let refusal = Filter::Gabor(gabor).apply(image);
        refusal.expect_err("it cannot be done").to_string()
    };
    let usual = gabor(2.0, 3.0, 1.0, 0.0);
    for (gabor, key) in [
        (
            Gabor {
                sigma_mm: 0.0,
                ..usual
            },
            "filter.sigma_mm",
        ),
        (
            Gabor {
                sigma_mm: f64::INFINITY,
                ..usual
            },
            "filter.sigma_mm",
        ),
        (
            Gabor {
                lambda_mm: f64::NAN,
                ..usual
            },
            "filter.lambda_mm",
        ),
        (
            Gabor {
                lambda_mm: 1e-300,
                ..usual
            },
            "filter.lambda_mm",
        ),
        (
            Gabor {
                gamma: -1.0,
                ..usual
            },
            "filter.gamma",
        ),
        (
            Gabor {
                theta_rad: f64::INFINITY,
                ..usual
            },
            "filter.theta_rad",
        ),
        (pooled(usual, 1.0, Pooling::Max), "filter.delta_theta_rad"),
        (pooled(usual, 0.0, Pooling::Max), "filter.delta_theta_rad"),
        (
            pooled(usual, -FRAC_PI_4, Pooling::Max),
            "filter.delta_theta_rad",
        ),
        (pooled(usual, 1e-4, Pooling::Max), "filter.delta_theta_rad"),
        (
            Gabor {
                pooling: Some(Pooling::Max),
                ..usual
            },
            "filter.pooling",
        ),
        (
            Gabor {
                delta_theta_rad: Some(FRAC_PI_4),
                ..usual
            },
            "filter.pooling",
        ),
        (
            Gabor {
                boundary: Boundary::Constant(f64::NAN),
                ..usual
            },
            "filter.boundary",
        ),
    ] {
        let refused = refusal(gabor, &image);
        assert!(
            refused.starts_with(&format!("`{key}`: expected ")),
            "{gabor:?}: {refused}"
        );
    }
    let grid = Grid::axis_aligned([6, 6, 6], [1.0, 1.0, 3.0]);
    let flat = Volume::from_flat(grid, image.as_slice().to_vec());
    let refused = refusal(
        Gabor {
            orthogonal_planes: true,
            ..usual
        },
        &flat,
    );
    assert!(
        refused.contains("same voxel spacing along x, y and z"),
        "{refused}"
    );
    let axial = respond(usual, &flat);
    assert_eq!(
        axial.as_slice(),
        respond(usual, &image).as_slice(),
        "slices may lie apart"
    );
    let wide = Gabor {
        sigma_mm: 1e6,
        ..usual
    };
    assert!(
        difference(&respond(wide, &image), &naive(&wide, &image)) < 1e-12,
        "as wide as the image"
    );
    let slice = noise([6, 5, 1], 10);
    let in_planes = respond(
        Gabor {
            orthogonal_planes: true,
            ..usual
        },
        &slice,
    );
    assert!(
        in_planes.as_slice().iter().all(|v| v.is_finite()),
        "planes of one row"
    );
}
