//! Sets of chains by name.
//!
//! Where a publication leaves a parameter open, the set says what was taken; a set whose name is not that of a publication
//! is radgauge's own.

use radgauge_engine::filter::Dimension;

use super::{
    Beyond, BiasField, Blur, Chain, Contour, Core, Estimator, GrowMm, IntensityScale, Noise,
    NoiseModel, Perturbation, Rim, Rotate, Sharpen, Side, SliceProfile, SliceThickness, Translate,
    VolumeFraction,
};

/// A set of chains with a name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it is made of.
    pub description: &'static str,
    chains: fn() -> Vec<Chain>,
}

impl Preset {
    /// The chains.
    #[must_use]
    pub fn chains(&self) -> Vec<Chain> {
        (self.chains)()
    }
}

/// All presets, by name.
#[must_use]
pub fn presets() -> &'static [Preset] {
    PRESETS
}

/// The preset of a name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

const PRESETS: &[Preset] = &[
    Preset {
        name: "contour-10",
        description: "10 draws of the contour along supervoxels, nothing else",
        chains: || {
            (0..10)
                .map(|draw| named(format!("contour {draw}"), draw, vec![contour()]))
                .collect()
        },
    },
    Preset {
        name: "ibsi1-tolerance",
        description: "the 336 of the IBSI 1 tolerances: rotation -15 to 15 by 5 degrees, translation 0, 0.25, 0.5, 0.75 voxels \
            along x and y, region shrunk or grown by 2 mm or as it is (no more than a fifth of it taken away, as MIRP does)",
        chains: || tolerance(&[0.0], Dimension::Volume),
    },
    Preset {
        name: "ibsi2-tolerance-2d",
        description: "the 336 of the IBSI 2 tolerances in 2D: as ibsi1-tolerance, shrunk or grown in the slice",
        chains: || tolerance(&[0.0], Dimension::Slice),
    },
    Preset {
        name: "ibsi2-tolerance-3d",
        description: "the 1344 of the IBSI 2 tolerances in 3D: as ibsi1-tolerance, translation along z too",
        chains: || tolerance(&QUARTERS, Dimension::Volume),
    },
    Preset {
        name: "noise-10",
        description: "10 draws of white noise of the level estimated from the image, nothing else",
        chains: || {
            (0..10)
                .map(|draw| {
                    named(
                        format!("noise {draw}"),
                        draw,
                        vec![noise(NoiseModel::White)],
                    )
                })
                .collect()
        },
    },
    Preset {
        name: "noise-translation-volume-contour",
        description: "30 chains of the kind that A. Zwanenburg et al. (2019) found closest to test-retest: white noise of the \
            estimated level, sub-voxel translation, volume -10, 0 or +10 %, contour by supervoxels; as study-30 without \
            rotation",
        chains: || (0..30).map(|k| combined(k, false)).collect(),
    },
    Preset {
        name: "parts",
        description: "the region's parts: cores 3 and 5 mm from the contour, rims of 3 and 5 mm around it and within it",
        chains: parts,
    },
    Preset {
        name: "rotation",
        description: "rotation alone: -15 to 15 by 5 degrees",
        chains: || {
            ANGLES
                .iter()
                .map(|degrees| named(format!("rotate {degrees}"), 0, vec![rotate(*degrees)]))
                .collect()
        },
    },
    Preset {
        name: "scanner",
        description: "other acquisitions: blur of 2 and 4 mm, sharpened by half and once, slices of 3 and 5 mm (box; the scan's must be no thicker), bias field of 10 and 20 %, calibration \
            -5 and +5 %",
        chains: scanner,
    },
    Preset {
        name: "study-30",
        description: "30 chains for a study, k = 0 to 29: white noise of the estimated level (draw k), rotation -10, -5, 0, 5, 10 \
            degrees by k mod 5, translation in quarters of a voxel ((k mod 4), (k + k div 4) mod 4, (k div 2) mod 4), volume \
            -10, 0, +10 % by k mod 3, contour by supervoxels (draw k)",
        chains: || (0..30).map(|k| combined(k, true)).collect(),
    },
    Preset {
        name: "test-retest",
        description: "10 chains for the same patient on the table again, the same contour: white noise of the estimated level \
            (draw k), rotation -4 to 5 degrees, translation as in study-30",
        chains: || (0..10).map(retest).collect(),
    },
    Preset {
        name: "translation",
        description: "translation alone: 0, 0.25, 0.5, 0.75 voxels along x, y and z, 64 chains",
        chains: translations,
    },
    Preset {
        name: "volume",
        description: "volume alone: -20, -10, -5, 0, 5, 10, 20 %",
        chains: || {
            let fractions = [-0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2];
            fractions
                .iter()
                .map(|f| named(format!("volume {f}"), 0, vec![volume(*f)]))
                .collect()
        },
    },
];

const ANGLES: [f64; 7] = [-15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0];

const QUARTERS: [f64; 4] = [0.0, 0.25, 0.5, 0.75];

fn named(name: String, draw: u32, steps: Vec<Perturbation>) -> Chain {
    Chain { name, steps, draw }
}

fn rotate(degrees: f64) -> Perturbation {
    Perturbation::Rotate(Rotate { degrees })
}

fn translate(fraction: [f64; 3]) -> Perturbation {
    Perturbation::Translate(Translate { fraction })
}

fn noise(model: NoiseModel) -> Perturbation {
    Perturbation::Noise(Noise {
        model,
        estimator: Estimator::Chang,
        ..Noise::default()
    })
}

fn volume(fraction: f64) -> Perturbation {
    Perturbation::VolumeFraction(VolumeFraction {
        fraction,
        dimension: Dimension::Volume,
    })
}

fn contour() -> Perturbation {
    Perturbation::Contour(Contour::default())
}

/// The translation of chain k of a study.
fn quarters(k: u32) -> [f64; 3] {
    [k % 4, (k + k / 4) % 4, k / 2 % 4].map(|quarters| f64::from(quarters) / 4.0)
}

fn combined(k: u32, turns: bool) -> Chain {
    let degrees = [-10.0, -5.0, 0.0, 5.0, 10.0][k as usize % 5];
    let fraction = [-0.1, 0.0, 0.1][k as usize % 3];
    let mut steps = vec![noise(NoiseModel::White)];
    if turns {
        steps.push(rotate(degrees));
    }
    steps.extend([translate(quarters(k)), volume(fraction), contour()]);
    named(format!("chain {k:02}"), k, steps)
}

fn retest(k: u32) -> Chain {
    let degrees = f64::from(k) - 4.0;
    let steps = vec![
        noise(NoiseModel::White),
        rotate(degrees),
        translate(quarters(k)),
    ];
    named(format!("retest {k}"), k, steps)
}

fn translations() -> Vec<Chain> {
    let mut chains = Vec::with_capacity(64);
    for z in QUARTERS {
        for y in QUARTERS {
            for x in QUARTERS {
                chains.push(named(
                    format!("translate {x} {y} {z}"),
                    0,
                    vec![translate([x, y, z])],
                ));
            }
        }
    }
    chains
}

/// Rotations × translations × masks: what the tolerances of IBSI come from.
fn tolerance(along_z: &[f64], dimension: Dimension) -> Vec<Chain> {
    let mut chains = Vec::with_capacity(336 * along_z.len());
    for degrees in ANGLES {
        for z in along_z {
            for y in QUARTERS {
                for x in QUARTERS {
                    for mm in [-2.0, 0.0, 2.0] {
                        let grow = GrowMm {
                            mm,
                            dimension,
                            keep: 0.8,
                            beyond: Beyond::Stop,
                        };
                        let steps = vec![
                            rotate(degrees),
                            translate([x, y, *z]),
                            Perturbation::GrowMm(grow),
                        ];
                        chains.push(named(
                            format!("rotate {degrees} translate {x} {y} {z} grow {mm}"),
                            0,
                            steps,
                        ));
                    }
                }
            }
        }
    }
    chains
}

fn parts() -> Vec<Chain> {
    let dimension = Dimension::Volume;
    let mut chains = Vec::new();
    for mm in [3.0, 5.0] {
        let rim = |side| {
            Perturbation::Rim(Rim {
                mm,
                side,
                dimension,
            })
        };
        chains.push(named(
            format!("core {mm} mm"),
            0,
            vec![Perturbation::Core(Core { mm, dimension })],
        ));
        chains.push(named(
            format!("outer rim {mm} mm"),
            0,
            vec![rim(Side::Outer)],
        ));
        chains.push(named(
            format!("inner rim {mm} mm"),
            0,
            vec![rim(Side::Inner)],
        ));
    }
    chains
}

fn scanner() -> Vec<Chain> {
    let dimension = Dimension::Volume;
    let mut chains = Vec::new();
    for fwhm_mm in [2.0, 4.0] {
        let blur = Perturbation::Blur(Blur { fwhm_mm, dimension });
        chains.push(named(format!("blur {fwhm_mm} mm"), 0, vec![blur]));
    }
    for amount in [0.5, 1.0] {
        let sharpen = Perturbation::Sharpen(Sharpen {
            fwhm_mm: 2.0,
            amount,
            dimension,
        });
        chains.push(named(format!("sharpen {amount}"), 0, vec![sharpen]));
    }
    for mm in [3.0, 5.0] {
        let slices = Perturbation::SliceThickness(SliceThickness {
            mm,
            spacing_mm: None,
            profile: SliceProfile::Box,
        });
        chains.push(named(format!("slices of {mm} mm"), 0, vec![slices]));
    }
    for amplitude in [0.1, 0.2] {
        let bias = Perturbation::BiasField(BiasField {
            amplitude,
            degree: 3,
        });
        chains.push(named(format!("bias field {amplitude}"), 0, vec![bias]));
    }
    for factor in [0.95, 1.05] {
        let scale = Perturbation::IntensityScale(IntensityScale { factor });
        chains.push(named(format!("calibration {factor}"), 0, vec![scale]));
    }
    chains
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn presets_are_sorted_and_possible() {
        let names: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
        assert!(names.is_sorted(), "{names:?}");
        for preset in presets() {
            let chains = preset.chains();
            let mut names = BTreeSet::new();
            for chain in &chains {
                chain
                    .check()
                    .unwrap_or_else(|error| panic!("{}: {error}", preset.name));
                assert!(
                    names.insert(&chain.name),
                    "{}: `{}` twice",
                    preset.name,
                    chain.name
                );
            }
            assert!(!chains.is_empty(), "{} has chains", preset.name);
        }
    }

    #[test]
    fn sets_have_the_sizes_of_the_publications() {
        let count = |name| preset(name).map(|preset| preset.chains().len());
        assert_eq!(count("ibsi1-tolerance"), Some(336), "7 × 16 × 3");
        assert_eq!(count("ibsi2-tolerance-2d"), Some(336));
        assert_eq!(count("ibsi2-tolerance-3d"), Some(1344), "7 × 64 × 3");
        assert_eq!(count("study-30"), Some(30));
        assert_eq!(count("NTVC"), None, "letters name nothing");
    }

    #[test]
    fn chains_of_a_study_all_differ() {
        for name in ["study-30", "noise-translation-volume-contour"] {
            let chains = preset(name).expect("a preset").chains();
            let distinct: BTreeSet<String> = chains
                .iter()
                .map(|chain| format!("{:?} {}", chain.steps, chain.draw))
                .collect();
            assert_eq!(distinct.len(), 30, "{name}");
        }
        let chains = preset("study-30").expect("a preset").chains();
        let poses: BTreeSet<String> = chains
            .iter()
            .map(|chain| format!("{:?}", chain.pose()))
            .collect();
        assert!(poses.len() >= 20, "{} poses", poses.len());
    }

    #[test]
    fn chains_that_differ_after_interpolation_share_it() {
        let chains = preset("ibsi1-tolerance").expect("a preset").chains();
        let shared: BTreeSet<String> = chains.iter().map(Chain::shared).collect();
        assert_eq!(shared.len(), 112, "rotations × translations");
        let chains = preset("contour-10").expect("a preset").chains();
        let shared: BTreeSet<String> = chains.iter().map(Chain::shared).collect();
        assert_eq!(shared.len(), 1, "one interpolation for all contours");
        let chains = preset("noise-10").expect("a preset").chains();
        let shared: BTreeSet<String> = chains.iter().map(Chain::shared).collect();
        assert_eq!(shared.len(), 10, "every draw is another image");
    }
}
