use std::f64::consts::TAU;

use super::*;
use crate::{
    filter::{
        Filter, Simoncelli,
        samples::{
            bits, difference, noise, on_threads, rearranged, turned_about_x, turned_about_z,
        },
    },
    volume::Grid,
};

/// Periodic and on the grid of the discrete transform, where everything is exact.
fn riesz(order: &[u32]) -> Riesz {
    Riesz {
        order: order.to_vec(),
        of: RieszOf::Identity,
        dimension: match order.len() {
            2 => Dimension::Slice,
            _ => Dimension::Volume,
        },
        boundary: Boundary::Periodic,
        frequencies: Frequencies::Fourier,
        structure_sigma_mm: None,
    }
}

fn respond(riesz: &Riesz, image: &Image) -> Image {
    let response = Filter::Riesz(riesz.clone()).apply(image);
    response.expect("the filter fits the image")
}

/// `f(phase)` of a wave with some periods along each axis.
fn wave(size: [usize; 3], periods: [f64; 3], f: impl Fn(f64) -> f64) -> Image {
    Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |voxel| {
        let turns = (0..3).map(|a| periods[a] * voxel[a] as f64 / size[a] as f64);
        f(TAU * turns.sum::<f64>())
    })
}

#[test]
fn a_wave_is_turned_by_a_quarter_each_time() {
    let size = [12, 10, 6];
    for (order, periods, expected) in [
        (vec![1, 0, 0], [2.0, 0.0, 0.0], f64::sin as fn(f64) -> f64),
        (vec![1, 0, 0], [0.0, 3.0, 0.0], |_| 0.0),
        (vec![0, 2, 0], [0.0, 3.0, 0.0], |phase| -phase.cos()),
        (vec![0, 0, 3], [0.0, 0.0, 1.0], |phase| -phase.sin()),
        (vec![0, 4, 0], [0.0, 1.0, 0.0], f64::cos),
        (vec![0, 1], [0.0, 2.0, 0.0], f64::sin),
    ] {
        let response = respond(&riesz(&order), &wave(size, periods, f64::cos));
        let off = difference(&response, &wave(size, periods, expected));
        assert!(
            off < 1e-14,
            "{order:?} of a wave of {periods:?} periods: {off}"
        );
    }
    // A diagonal wave, √2 ν₁ν₂/‖ν‖² = √2 · ½, and its gradient.
    let cube = [8, 8, 1];
    let diagonal = wave(cube, [1.0, 1.0, 0.0], f64::cos);
    let mixed = respond(&riesz(&[1, 1]), &diagonal);
    let expected = wave(cube, [1.0, 1.0, 0.0], |phase| -phase.cos() / 2_f64.sqrt());
    assert!(difference(&mixed, &expected) < 1e-14, "√(L! / l!) = √2");
}

/// `Σ_l |ĝ_l|² = (Σ νᵢ²)^L / ‖ν‖^2L = 1`: the components of an order share the energy of all but the mean.
#[test]
fn components_of_an_order_share_the_energy() {
    for (size, numbers) in [([7, 5, 3], 3), ([7, 9, 2], 2)] {
        let image = noise(size, 1);
        let slices = if numbers == 2 { size[2] } else { 1 };
        let per_mean = image.grid().len() / slices;
        let whole: f64 = image
            .as_slice()
            .chunks_exact(per_mean)
            .map(|voxels| {
                let mean = voxels.iter().sum::<f64>() / per_mean as f64;
                voxels.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
            })
            .sum();
        for total in 1..=3 {
            let shares = orders(total, numbers).into_iter().map(|order| {
                let component = respond(&riesz(&order), &image);
                component.as_slice().iter().map(|v| v * v).sum::<f64>()
            });
            let shared: f64 = shares.sum();
            assert!(
                (shared - whole).abs() < 1e-12 * whole,
                "L = {total}: {shared} vs {whole}"
            );
        }
    }
}

#[test]
fn orders_of_a_sum() {
    assert_eq!(orders(2, 2), [[0, 2], [1, 1], [2, 0]]);
    assert_eq!(orders(1, 3), [[0, 0, 1], [0, 1, 0], [1, 0, 0]]);
    assert_eq!([factorial(&[3, 0, 2]), factorial(&[4])], [12.0, 24.0]);
}

/// Of a Laplacian of Gaussian: of the image convolved, tap by tap, with the kernel of the manual.
#[test]
fn of_a_laplacian_of_gaussian() {
    for (order, size) in [(vec![0, 1, 1], [7, 9, 5]), (vec![2, 0], [9, 7, 2])] {
        let image = noise(size, 2);
        let (sigma, half) = (0.8_f64, 3_isize);
        let is_in_slices = order.len() == 2;
        let dimensions = order.len() as f64;
        let tap = |k: [isize; 3]| {
            let squared = k.iter().map(|k| (k * k) as f64).sum::<f64>() / (sigma * sigma);
            -(TAU.sqrt() * sigma).powf(-dimensions) / (sigma * sigma)
                * (dimensions - squared)
                * (-squared / 2.0).exp()
        };
        let filtered = Volume::from_fn(image.grid().clone(), |voxel| {
            let mut sum = 0.0;
            let depth = if is_in_slices { 0 } else { half };
            for x in -half..=half {
                for y in -half..=half {
                    for z in -depth..=depth {
                        let k = [x, y, z];
                        let source = std::array::from_fn::<_, 3, _>(|a| {
                            (voxel[a].cast_signed() - k[a]).rem_euclid(size[a].cast_signed())
                        });
                        sum += tap(k) * image.voxels()[source.map(isize::unsigned_abs)];
                    }
                }
            }
            sum
        });
        // M = 1 + 2 ⌊3.5 · 0.8 + ½⌋ = 7 taps.
        let of = RieszOf::LaplacianOfGaussian {
            sigma_mm: sigma,
            cutoff: 3.5,
        };
        let response = respond(
            &Riesz {
                of,
                ..riesz(&order)
            },
            &image,
        );
        let off = difference(&response, &respond(&riesz(&order), &filtered));
        assert!(off < 1e-14, "{order:?}: {off}");
    }
}

#[test]
fn of_a_simoncelli_wavelet() {
    let image = noise([9, 8, 10], 3);
    let wavelet = Filter::Simoncelli(Simoncelli {
        level: 1,
        dimension: Dimension::Volume,
        boundary: Boundary::Periodic,
        frequencies: Frequencies::Fourier,
    });
    let filtered = wavelet.apply(&image).expect("the level fits the image");
    for order in [[1, 0, 0], [0, 2, 0], [1, 0, 1]] {
        let of = RieszOf::Simoncelli { level: 1 };
        let response = respond(
            &Riesz {
                of,
                ..riesz(&order)
            },
            &image,
        );
        assert!(
            difference(&response, &respond(&riesz(&order), &filtered)) < 1e-14,
            "{order:?}"
        );
    }
}

/// A kernel that reaches farther than half the image sees the continuation as far as it reaches.
#[test]
fn wide_kernels_see_what_lies_beyond() {
    let image = noise([3, 2, 1], 4);
    let of = RieszOf::LaplacianOfGaussian {
        sigma_mm: 1.5,
        cutoff: 4.0,
    };
    for boundary in [
        Boundary::Zero,
        Boundary::Constant(2.0),
        Boundary::Nearest,
        Boundary::Periodic,
        Boundary::Mirror,
    ] {
        let response = respond(
            &Riesz {
                of,
                boundary,
                ..riesz(&[2, 0, 0])
            },
            &image,
        );
        assert!(
            response.as_slice().iter().all(|v| v.is_finite()),
            "{boundary:?}"
        );
        let constant = image.map(|_| 2.0);
        let response = respond(
            &Riesz {
                of,
                boundary,
                ..riesz(&[2, 0, 0])
            },
            &constant,
        );
        let largest = response
            .as_slice()
            .iter()
            .fold(0.0, |m: f64, v| m.max(v.abs()));
        let is_seen = boundary == Boundary::Zero;
        assert_eq!(
            largest > 1e-6,
            is_seen,
            "{boundary:?}: a constant that goes on has no derivative"
        );
    }
}

#[test]
fn constants_have_no_derivative() {
    for frequencies in [Frequencies::Endpoints, Frequencies::Fourier] {
        for order in [[1, 0, 0], [0, 2, 0]] {
            let image = noise([6, 4, 8], 5).map(|_| 7.0);
            let filter = Riesz {
                frequencies,
                boundary: Boundary::Mirror,
                ..riesz(&order)
            };
            let response = respond(&filter, &image);
            assert!(
                response.as_slice().iter().all(|v| v.abs() < 1e-13),
                "{frequencies:?} {order:?}"
            );
        }
    }
}

/// Along a wave everything happens in its direction, whatever that is.
#[test]
fn alignment_finds_the_direction_of_a_wave() {
    let (size, periods) = ([12, 12, 12], [2.0, 1.0, -1.0]);
    let image = wave(size, periods, f64::cos);
    for (order, expected) in [
        (vec![2, 0, 0], (|phase| -phase.cos()) as fn(f64) -> f64),
        (vec![0, 2, 0], |_| 0.0),
        (vec![1, 1, 0], |_| 0.0),
        // Uphill, wherever that is.
        (vec![1, 0, 0], |phase: f64| phase.sin().abs()),
    ] {
        let aligned = Riesz {
            structure_sigma_mm: Some(1.0),
            ..riesz(&order)
        };
        let off = difference(&respond(&aligned, &image), &wave(size, periods, expected));
        assert!(off < 1e-12, "{order:?}: {off}");
    }
    let in_slices = Riesz {
        structure_sigma_mm: Some(1.0),
        ..riesz(&[0, 2])
    };
    let image = wave([12, 12, 2], [1.0, 2.0, 0.0], f64::cos);
    assert!(
        respond(&in_slices, &image)
            .as_slice()
            .iter()
            .all(|v| v.abs() < 1e-13),
        "in slices"
    );
}

/// Steering is a rotation of the components of an order: the sum of their squares stays, voxel by voxel.
#[test]
fn alignment_keeps_the_energy_of_every_voxel() {
    for (size, numbers) in [([7, 6, 5], 3), ([7, 6, 3], 2)] {
        let image = noise(size, 6);
        for total in 1..=3 {
            let energy = |structure_sigma_mm| {
                let mut sum = vec![0.0; image.grid().len()];
                for order in orders(total, numbers) {
                    let response = respond(
                        &Riesz {
                            structure_sigma_mm,
                            ..riesz(&order)
                        },
                        &image,
                    );
                    for (sum, value) in sum.iter_mut().zip(response.as_slice()) {
                        *sum += value * value;
                    }
                }
                Volume::from_flat(image.grid().clone(), sum)
            };
            assert!(
                difference(&energy(None), &energy(Some(0.7))) < 1e-13,
                "L = {total}"
            );
        }
    }
}

#[test]
fn aligned_derivatives_turn_with_the_image() {
    let image = noise([5, 7, 9], 7);
    for order in [[0, 2, 0], [1, 0, 0], [1, 1, 0]] {
        let aligned = Riesz {
            structure_sigma_mm: Some(1.0),
            ..riesz(&order)
        };
        for turn in [turned_about_x, turned_about_z] {
            let off = difference(
                &respond(&aligned, &turn(&image)),
                &turn(&respond(&aligned, &image)),
            );
            assert!(off < 1e-12, "{order:?}: {off}");
        }
        let fixed = riesz(&order);
        let off = difference(
            &respond(&fixed, &turned_about_z(&image)),
            &turned_about_z(&respond(&fixed, &image)),
        );
        assert!(off > 1e-3, "{order:?}: derivatives along the axes do not");
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let image = noise([13, 11, 4], 8);
    let aligned = Riesz {
        structure_sigma_mm: Some(1.0),
        ..riesz(&[0, 2, 0])
    };
    let run = || bits(&respond(&aligned, &image));
    assert_eq!(on_threads(1, run), on_threads(4, run));
}

#[test]
fn what_cannot_be_done_is_refused() {
    let refusal = |filter: Riesz, image: &Image| {
        let refusal = Filter::Riesz(filter).apply(image);
        refusal.expect_err("it cannot be done").to_string()
    };
    let image = noise([8, 8, 8], 9);
    assert_eq!(
        refusal(
            Riesz {
                order: vec![0, 2],
                ..riesz(&[0, 2, 0])
            },
            &image
        ),
        "`filter.order`: expected three numbers (x, y, z) with a sum from 1 to 8, found `[0, 2]`"
    );
    assert!(
        refusal(riesz(&[0, 0]), &image).contains("two numbers (x, y)"),
        "order 0 is no derivative"
    );
    let huge = Riesz {
        order: vec![u32::MAX, u32::MAX, 2],
        ..riesz(&[1, 0, 0])
    };
    assert!(refusal(huge, &image).contains("sum from 1 to 8"));
    let of = |sigma_mm| RieszOf::LaplacianOfGaussian {
        sigma_mm,
        cutoff: 4.0,
    };
    assert!(
        refusal(
            Riesz {
                of: of(-1.0),
                ..riesz(&[1, 0])
            },
            &image
        )
        .starts_with("`filter.of.sigma_mm`")
    );
    assert_eq!(
        refusal(
            Riesz {
                of: of(1e4),
                ..riesz(&[1, 0])
            },
            &image
        ),
        "filter `riesz`: `sigma_mm` gives a kernel of 80001 voxels, more than the 4095 that are accepted"
    );
    let level = Riesz {
        of: RieszOf::Simoncelli { level: 5 },
        ..riesz(&[1, 0])
    };
    assert!(refusal(level, &image).contains("too long for an image of [8, 8]"));
    let sigma = Riesz {
        structure_sigma_mm: Some(f64::NAN),
        ..riesz(&[1, 0])
    };
    assert!(refusal(sigma, &image).starts_with("`filter.structure_sigma_mm`"));
    let grid = Grid::axis_aligned([8, 8, 8], [1.0, 1.0, 2.0]);
    let flat = Volume::from_flat(grid, image.as_slice().to_vec());
    let refused = refusal(
        Riesz {
            of: of(1.0),
            ..riesz(&[1, 0, 0])
        },
        &flat,
    );
    assert!(
        refused.contains("same voxel spacing along x, y and z"),
        "{refused}"
    );
    let in_slices = Riesz {
        of: of(1.0),
        ..riesz(&[1, 0])
    };
    let off = difference(
        &rearranged(&respond(&in_slices, &flat), [8; 3], |v| v),
        &respond(&in_slices, &image),
    );
    assert_eq!(off, 0.0, "in slices the distance of slices does not matter");
}
