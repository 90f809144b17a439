use proptest::prelude::*;
use radgauge_engine::{
    filter::Dimension,
    process::interpolate::{interpolate_image_posed, interpolate_mask_posed},
    settings::{Interpolate, Interpolation},
    volume::{Grid, Volume},
};

use super::*;
use crate::perturb::*;

fn refusal(text: &str) -> String {
    Chain::from_toml(text)
        .expect_err("the chain is wrong")
        .to_string()
}

fn scan(size: [usize; 3], spacing_mm: [f64; 3]) -> (Image, Mask) {
    let grid = Grid::axis_aligned(size, spacing_mm);
    let image = Volume::from_fn(grid, |[x, y, z]| {
        ((x * 31 + y * 17 + z * 7 + x * y) % 101) as f64
    });
    let mask = Volume::from_fn(image.grid().clone(), |voxel| {
        voxel
            .iter()
            .zip(size)
            .all(|(i, n)| *i >= n / 4 && *i <= n - 1 - n / 4)
    });
    (image, mask)
}

/// Scan, pose and region of a chain, with one interpolation in between.
fn perturbed(chain: &Chain, image: &Image, mask: &Mask) -> Result<(Image, Mask), PerturbError> {
    let key = SeedKey::of_content(7, image, mask);
    let (image, mask) = chain.scan(image, mask, &key)?;
    let settings = Interpolate::at_own_spacing(image.grid(), Interpolation::Linear);
    let image = interpolate_image_posed(&image, &settings, &chain.pose())?;
    let mask = interpolate_mask_posed(&mask, &settings, &chain.pose())?;
    let mask = chain.region(&image, &mask, &key)?.into_owned();
    Ok((image, mask))
}

#[test]
fn chains_survive_their_own_text() {
    for preset in presets() {
        for chain in preset.chains() {
            let text = toml::to_string(&chain).expect("a chain has a TOML form");
            assert_eq!(
                Chain::from_toml(&text).expect("what is written can be read"),
                chain,
                "{text}"
            );
        }
    }
    let chains = chains_from_toml(
        "[[chain]]\nname = 'a'\n[[chain]]\nname = 'b'\ndraw = 3\nsteps = [{ kind = 'core', mm = 3 }]\n",
    );
    let chains = chains.expect("two chains");
    assert_eq!(
        (chains.len(), chains[1].draw, chains[1].steps.len()),
        (2, 3, 1)
    );
}

#[test]
fn what_is_wrong_is_named() {
    let steps = |steps: &str| format!("name = 'x'\nsteps = [{steps}]");
    for (text, part) in [
        (
            steps("{ kind = 'turn', degrees = 3 }"),
            "unknown variant `turn`",
        ),
        (steps("{ kind = 'rotate', degree = 3 }"), "degree"),
        (steps("{ kind = 'rotate' }"), "missing field `degrees`"),
        ("name = 'x'\nsted = []".to_owned(), "unknown field `sted`"),
        (
            steps("{ kind = 'rotate', degrees = 400 }"),
            "`rotate.degrees`: expected an angle from -180 to 180 degrees, found `400.0`",
        ),
        (
            steps("{ kind = 'rotate', degrees = nan }"),
            "`rotate.degrees`",
        ),
        (
            steps("{ kind = 'translate', fraction = [0, 0, inf] }"),
            "`translate.fraction`",
        ),
        (steps("{ kind = 'noise', level = -1 }"), "`noise.level`"),
        (steps("{ kind = 'noise', level = nan }"), "`noise.level`"),
        (steps("{ kind = 'noise', factor = -0.5 }"), "`noise.factor`"),
        (
            steps("{ kind = 'volume-fraction', fraction = -1 }"),
            "`volume-fraction.fraction`",
        ),
        (steps("{ kind = 'grow-mm', mm = inf }"), "`grow-mm.mm`"),
        (
            steps("{ kind = 'grow-mm', mm = 1, keep = 0 }"),
            "`grow-mm.keep`",
        ),
        (
            steps("{ kind = 'contour', never = 0.95 }"),
            "`contour.always`",
        ),
        (steps("{ kind = 'rim', mm = 0 }"), "`rim.mm`"),
        (steps("{ kind = 'blur', fwhm_mm = 0 }"), "`blur.fwhm_mm`"),
        (
            steps("{ kind = 'bias-field', amplitude = 1 }"),
            "`bias-field.amplitude`",
        ),
        (
            steps("{ kind = 'normalise', method = 'range', percentiles = [90, 10] }"),
            "`normalise.percentiles`",
        ),
        (
            steps("{ kind = 'rotate', degrees = 3 }, { kind = 'noise' }"),
            "chain `x`: `noise` must come before `rotate`, not after it",
        ),
        (
            steps("{ kind = 'noise' }, { kind = 'noise', level = 3 }"),
            "chain `x`: `noise` and `noise` exclude one another",
        ),
        (
            steps("{ kind = 'volume-fraction', fraction = 0.1 }, { kind = 'grow-mm', mm = 1 }"),
            "chain `x`: `volume-fraction` and `grow-mm` exclude one another",
        ),
        (
            steps("{ kind = 'core', mm = 1 }, { kind = 'rim', mm = 1 }"),
            "chain `x`: `core` and `rim` exclude one another",
        ),
    ] {
        let message = refusal(&text);
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn no_steps_change_nothing() {
    let (image, mask) = scan([9, 8, 5], [1.0, 1.0, 2.0]);
    let chain = Chain::from_toml("name = 'as it is'").expect("a chain");
    assert!(chain.pose().is_identity(), "no pose");
    assert_eq!(
        perturbed(&chain, &image, &mask).expect("nothing to do"),
        (image, mask)
    );
}

#[test]
fn images_and_masks_must_fit() {
    let (image, mask) = scan([9, 8, 5], [1.0, 1.0, 2.0]);
    let chain = Chain::from_toml("name = ''").expect("a chain");
    let key = SeedKey::of_name(0, "");
    let (_, other) = scan([9, 8, 4], [1.0, 1.0, 2.0]);
    let error = chain.scan(&image, &other, &key).expect_err("another size");
    assert!(
        error.to_string().contains("differs from the image in size"),
        "{error}"
    );
    let none = mask.map(|_| false);
    for error in [
        chain.scan(&image, &none, &key).expect_err("empty"),
        chain.region(&image, &none, &key).expect_err("empty"),
    ] {
        assert_eq!(
            error.to_string(),
            "the mask is empty: there is no region to perturb"
        );
    }
}

#[test]
fn the_same_whatever_the_threads_and_the_name() {
    let (image, mask) = scan([31, 28, 12], [1.0, 1.0, 2.5]);
    let mut chain = preset("study-30").expect("a preset").chains().remove(7);
    let with = |chain: &Chain, threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        pool.install(|| perturbed(chain, &image, &mask).expect("can be perturbed"))
    };
    let one = with(&chain, 1);
    assert_eq!(with(&chain, 4), one, "threads do not matter");
    chain.name = "another name".to_owned();
    assert_eq!(with(&chain, 2), one, "names do not matter");
    chain.draw += 1;
    assert!(with(&chain, 2) != one, "draws do");
}

#[test]
fn every_preset_works_on_a_scan() {
    let (image, mask) = scan([30, 30, 24], [1.0, 1.0, 1.5]);
    for preset in presets() {
        // Of the large sets, some.
        let chains = preset.chains();
        let step = chains.len().div_ceil(12);
        for chain in chains.iter().step_by(step) {
            let (new_image, new_mask) = perturbed(chain, &image, &mask)
                .unwrap_or_else(|error| panic!("{}, {}: {error}", preset.name, chain.name));
            assert_eq!(new_image.grid(), new_mask.grid(), "{}", chain.name);
            assert!(new_mask.count() > 0, "{}", chain.name);
        }
    }
}

/// Any perturbation, its parameters possible and impossible.
fn any_step() -> impl Strategy<Value = Perturbation> {
    let number = || prop_oneof![-3.0..6.0_f64, 0.0..1.0_f64, any::<f64>()];
    let dimension = || prop::sample::select(vec![Dimension::Slice, Dimension::Volume]);
    // Spacings that do not make millions of voxels of a few.
    let length = || prop_oneof![0.4..9.0_f64, Just(f64::NAN), Just(-1.0)];
    prop_oneof![
        (number(), 0_u32..10).prop_map(|(amplitude, degree)| Perturbation::BiasField(BiasField {
            amplitude,
            degree
        })),
        (number(), dimension())
            .prop_map(|(fwhm_mm, dimension)| Perturbation::Blur(Blur { fwhm_mm, dimension })),
        (number(), number(), dimension()).prop_map(|(fwhm_mm, amount, dimension)| {
            Perturbation::Sharpen(Sharpen {
                fwhm_mm,
                amount,
                dimension,
            })
        }),
        (length(), prop::option::of(length()), any::<bool>()).prop_map(
            |(mm, spacing_mm, is_box)| {
                let profile = if is_box {
                    SliceProfile::Box
                } else {
                    SliceProfile::Gaussian
                };
                Perturbation::SliceThickness(SliceThickness {
                    mm,
                    spacing_mm,
                    profile,
                })
            }
        ),
        prop::array::uniform3(length()).prop_map(|mm| Perturbation::Spacing(Spacing {
            mm,
            image: Interpolation::CubicSpline
        })),
        number().prop_map(|factor| Perturbation::IntensityScale(IntensityScale { factor })),
        number().prop_map(|by| Perturbation::IntensityShift(IntensityShift { by })),
        (
            any::<bool>(),
            any::<bool>(),
            prop::array::uniform2(number()),
            number()
        )
            .prop_map(|(z, region, percentiles, scale)| {
                Perturbation::Normalise(Normalise {
                    method: if z {
                        Normalisation::ZScore
                    } else {
                        Normalisation::Range
                    },
                    over: if region { Over::Region } else { Over::Image },
                    percentiles: if z { [0.0, 100.0] } else { percentiles },
                    scale,
                })
            }),
        (
            0..3,
            prop::option::of(number()),
            number(),
            number(),
            number()
        )
            .prop_map(|(model, level, factor, fwhm_mm, surround)| {
                let model = [
                    NoiseModel::White,
                    NoiseModel::Correlated,
                    NoiseModel::Rician,
                ][model as usize];
                Perturbation::Noise(Noise {
                    model,
                    level,
                    factor,
                    fwhm_mm,
                    surround,
                    ..Noise::default()
                })
            }),
        number().prop_map(|degrees| Perturbation::Rotate(Rotate { degrees })),
        prop::array::uniform3(number())
            .prop_map(|fraction| Perturbation::Translate(Translate { fraction })),
        (number(), dimension()).prop_map(|(fraction, dimension)| Perturbation::VolumeFraction(
            VolumeFraction {
                fraction,
                dimension
            }
        )),
        (number(), dimension(), number(), any::<bool>()).prop_map(
            |(mm, dimension, keep, stops)| {
                let beyond = if stops { Beyond::Stop } else { Beyond::Refuse };
                Perturbation::GrowMm(GrowMm {
                    mm,
                    dimension,
                    keep,
                    beyond,
                })
            }
        ),
        (number(), 0_u32..30, number(), number(), number()).prop_map(
            |(volume_mm3, voxels, compactness, always, margin_mm)| {
                Perturbation::Contour(Contour {
                    volume_mm3,
                    voxels,
                    compactness,
                    always,
                    never: 0.1,
                    margin_mm,
                })
            }
        ),
        (number(), any::<bool>(), dimension()).prop_map(|(mm, outer, dimension)| {
            let side = if outer { Side::Outer } else { Side::Inner };
            Perturbation::Rim(Rim {
                mm,
                side,
                dimension,
            })
        }),
        (number(), dimension())
            .prop_map(|(mm, dimension)| Perturbation::Core(Core { mm, dimension })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_step_gives_a_scan_or_an_error(
        step in any_step(),
        size in prop::array::uniform3(1_usize..7),
        spacing_mm in prop::array::uniform3(prop::sample::select(vec![0.7, 1.0, 3.0])),
        voxels in prop::collection::vec(prop_oneof![Just(0.0), -50.0..50.0_f64], 216),
        inside in prop::collection::vec(any::<bool>(), 216),
        draw in any::<u32>(),
    ) {
        let grid = Grid::axis_aligned(size, spacing_mm);
        let n = grid.len();
        let image = Volume::from_flat(grid.clone(), voxels[..n].to_vec());
        let mask = Volume::from_flat(grid, inside[..n].to_vec());
        let chain = Chain { name: "any".to_owned(), steps: vec![step], draw };
        let done = chain.check().and_then(|()| perturbed(&chain, &image, &mask));
        if let Ok((image, mask)) = done {
            prop_assert_eq!(image.grid(), mask.grid());
            prop_assert!(mask.count() > 0, "a region is left");
            prop_assert!(image.as_slice().iter().all(|voxel| voxel.is_finite()), "numbers stay numbers");
        }
    }
}
