//! The mistakes, from arithmetic to image processing. Each is one that an implementation is known to make, or could.

use radgauge::implementation::{Answer, Answers, Question, answers};
use radgauge_engine::{
    feature::{
        Aggregation, Family, FeatureTable, Values,
        glcm::{self, Glcm},
        gldzm, ngtdm,
        texture::{LevelCounts, ZoneMaps},
        {glszm, ngldm},
    },
    pipeline::{self, Extraction, Prepared},
    process::{discretise::Discretised, resegment::resegment},
    settings::{Alignment, Discretise, Interpolation, Resegment, Settings},
    volume::{Image, Mask, Volume},
};

/// Gives the answers that an implementation with the mistake gives.
pub type Plant = Box<dyn Fn(Question<'_>) -> Answers + Send + Sync>;

/// A planted mistake.
pub struct Fault {
    /// What is wrong.
    pub name: String,
    /// The checks that are run, a glob.
    pub cases: &'static str,
    /// The families in which it must show, and only there; none when the published tolerances are too wide to see it.
    pub families: &'static [&'static str],
    pub plant: Plant,
}

impl Fault {
    pub fn needs_data(&self) -> bool {
        self.cases.contains("ct_")
    }

    /// The deviation of the catalogue that the mistake is, where it is one in all that it touches.
    pub fn deviation(&self) -> Option<String> {
        let known = match self.name.as_str() {
            "entropy in nats" => "logarithm-natural",
            "entropy in dits" => "logarithm-decimal",
            "kurtosis not excess" => "kurtosis-not-excess",
            "energy per voxel" => "energy-per-voxel",
            "semi-axes for axes" => "axes-of-2-sqrt-lambda",
            "contrast and dissimilarity exchanged" => "contrast-dissimilarity-exchanged",
            "co-occurrence at distance 2" => "glcm-distance-2",
            "zone distance to the border of the image" => "zone-distance-to-image-border",
            "dependence coarseness 1" => "ngldm-coarseness-1",
            "nothing outside the mask is seen" => "local-intensity-inside-mask",
            "spacing ignored" => "lengths-in-voxels",
            "axes swapped" => "axes-transposed",
            "grid aligned by corner" => "grid-aligned-by-corner",
            "grid aligned by origin" => "grid-aligned-by-origin",
            "intensities not rounded" => "not-rounded",
            "mask interpolated by nearest neighbour" => "mask-by-nearest-neighbour",
            "cubic convolution for spline" => "image-by-cubic-convolution",
            "not re-segmented" => "outliers-not-removed",
            "re-segmentation shrinks the morphological mask" => "resegmented-morphological-mask",
            "bin edges at multiples of the width" => "bins-at-multiples-of-width",
            "one bin too few" => "one-bin-too-few",
            "one bin too many" => "one-bin-too-many",
            "intensity-volume histogram of the texture bins" => "ivh-of-texture-levels",
            // `glszm 3d given for 2d`; the benchmark of the diagnosis has the other families.
            name => {
                let (family, aggregations) = name.split_once(' ')?;
                let (given, asked) = aggregations.split_once(" given for ")?;
                let is_tried = ["glszm", "ngtdm"].contains(&family);
                return is_tried.then(|| format!("{family}-{given}-for-{asked}"));
            }
        };
        Some(known.to_owned())
    }
}

const DIGITAL: &str = "ibsi1/digital/*";
const EXACT: &str = "ibsi1/digital_exact/*";
const TEXTURE: &[&str] = &["glcm", "gldzm", "glrlm", "glszm", "ngldm", "ngtdm"];

pub fn all() -> Vec<Fault> {
    let mut faults = arithmetic();
    faults.extend(aggregations_mixed_up());
    faults.extend(matrices());
    faults.extend(volumes());
    faults.extend(processing());
    faults
}

fn fault(
    name: impl Into<String>,
    cases: &'static str,
    families: &'static [&'static str],
    plant: impl Fn(Question<'_>) -> Answers + Send + Sync + 'static,
) -> Fault {
    Fault {
        name: name.into(),
        cases,
        families,
        plant: Box::new(plant),
    }
}

/// The engine's own answers.
fn honest(question: Question<'_>) -> Answers {
    let Question {
        image,
        mask,
        settings,
        ..
    } = question;
    answers(&pipeline::extract(image, mask, settings).expect("the engine answers"))
}

/// The engine's answers with the values of some features, given by code, changed.
fn changed(
    codes: &'static [&'static str],
    change: impl Fn(f64) -> f64 + Send + Sync + 'static,
) -> impl Fn(Question<'_>) -> Answers + Send + Sync + 'static {
    move |question| {
        let mut answers = honest(question);
        for (key, answer) in &mut answers {
            let code = key.rsplit('/').next().expect("keys have parts");
            if let Answer::Value(value) = answer
                && codes.contains(&code)
            {
                *value = change(*value);
            }
        }
        answers
    }
}

/// The engine's answers to a question about another image or mask.
fn elsewhere(
    other: impl Fn(&Image, &Mask) -> (Image, Mask) + Send + Sync + 'static,
) -> impl Fn(Question<'_>) -> Answers + Send + Sync + 'static {
    move |question| {
        let (image, mask) = other(question.image, question.mask);
        honest(Question {
            image: &image,
            mask: &mask,
            ..question
        })
    }
}

/// Mistakes in formulas. The digital phantom has 74 voxels in its region.
fn arithmetic() -> Vec<Fault> {
    const N: f64 = 74.0;
    const ENTROPIES: &[&str] = &[
        "TLU2", "TU9B", "NTRS", "P6QZ", "HJ9O", "GU8N", "GBDU", "FCBV",
    ];
    const ENTROPIC: &[&str] = &["glcm", "gldzm", "glrlm", "glszm", "ih", "ngldm"];
    vec![
        fault(
            "entropy in nats",
            DIGITAL,
            ENTROPIC,
            changed(ENTROPIES, |h| h * 2f64.ln()),
        ),
        fault(
            "entropy in dits",
            DIGITAL,
            ENTROPIC,
            changed(ENTROPIES, |h| h * 2f64.log10()),
        ),
        fault(
            "a small number inside the logarithm",
            EXACT,
            ENTROPIC,
            // −Σ p log2(p + ε) ≈ H − ε·(number of entries)/ln 2: invisible at three digits, as PyRadiomics has it.
            changed(ENTROPIES, |h| h - 1e-7),
        ),
        fault(
            "variance divided by n − 1",
            DIGITAL,
            &["ih", "stat"],
            changed(&["ECT3", "CH89"], |v| v * N / (N - 1.0)),
        ),
        fault(
            "kurtosis not excess",
            DIGITAL,
            &["ih", "stat"],
            changed(&["IPH6", "C3I7"], |k| k + 3.0),
        ),
        fault(
            "percentile by interpolating the histogram",
            DIGITAL,
            &["ih", "stat"],
            changed(&["8DWT", "OZ0C"], |_| 4.2),
        ),
        fault(
            "energy per voxel",
            DIGITAL,
            &["stat"],
            changed(&["N8CA"], |e| e / N),
        ),
        fault(
            "principal axes divided by n",
            DIGITAL,
            &["morph"],
            changed(&["TDIC", "P9VJ", "7J51"], |length| {
                length * ((N - 1.0) / N).sqrt()
            }),
        ),
        fault(
            "semi-axes for axes",
            DIGITAL,
            &["morph"],
            changed(&["TDIC", "P9VJ", "7J51"], |length| length / 2.0),
        ),
        fault(
            "mesh volume by counting voxels",
            DIGITAL,
            &["morph"],
            changed(&["RNU0"], |_| 592.0),
        ),
        fault(
            "surface by counting faces",
            DIGITAL,
            &["morph"],
            changed(&["C0JK"], |area| area * 1.5),
        ),
        fault(
            "a diameter between voxel centres",
            DIGITAL,
            &["morph"],
            changed(&["L0JK"], |_| 12.53),
        ),
        fault(
            "in single precision",
            EXACT,
            &[
                "glcm", "gldzm", "glrlm", "glszm", "ih", "ivh", "loc", "morph", "ngldm", "ngtdm",
                "stat",
            ],
            |question| {
                let mut answers = honest(question);
                for answer in answers.values_mut() {
                    if let Answer::Value(value) = answer {
                        *value = f64::from(*value as f32);
                    }
                }
                answers
            },
        ),
        fault(
            "contrast and dissimilarity exchanged",
            DIGITAL,
            &["glcm"],
            |question| {
                let mut answers = honest(question);
                for aggregation in Family::Glcm.aggregations() {
                    let key = |code| format!("glcm/{aggregation}/{code}");
                    let contrast = answers[&key("ACUI")].clone();
                    answers.insert(key("ACUI"), answers[&key("8S9J")].clone());
                    answers.insert(key("8S9J"), contrast);
                }
                answers
            },
        ),
        fault(
            "run percentage without the directions",
            DIGITAL,
            &["glrlm"],
            |question| {
                let mut answers = honest(question);
                if let Some(Answer::Value(share)) = answers.get_mut("glrlm/3d_mrg/9ZK5") {
                    *share *= 13.0;
                }
                answers
            },
        ),
        fault(
            "not a number",
            DIGITAL,
            &["stat"],
            changed(&["Q4LE"], |_| f64::NAN),
        ),
        fault(
            "infinite",
            DIGITAL,
            &["stat"],
            changed(&["Q4LE"], |_| f64::INFINITY),
        ),
        fault("one feature left out", DIGITAL, &["ngtdm"], |question| {
            let mut answers = honest(question);
            answers
                .remove("ngtdm/3d/QCDE")
                .expect("coarseness was there");
            answers
        }),
        fault(
            "one feature declared undefined",
            DIGITAL,
            &["ngtdm"],
            |question| {
                let mut answers = honest(question);
                answers.insert(
                    "ngtdm/3d/QCDE".into(),
                    Answer::Undefined("division by zero".into()),
                );
                answers
            },
        ),
    ]
}

/// Every aggregation of every texture family given for every other.
fn aggregations_mixed_up() -> Vec<Fault> {
    let families: [(Family, &'static [&'static str]); 6] = [
        (Family::Glcm, &["glcm"]),
        (Family::Glrlm, &["glrlm"]),
        (Family::Glszm, &["glszm"]),
        (Family::Gldzm, &["gldzm"]),
        (Family::Ngtdm, &["ngtdm"]),
        (Family::Ngldm, &["ngldm"]),
    ];
    let mut faults = Vec::new();
    for (family, families) in families {
        for &asked in family.aggregations() {
            for &given in family.aggregations() {
                if asked == given {
                    continue;
                }
                let plant = move |question: Question<'_>| {
                    let mut answers = honest(question);
                    let [asked, given] = [asked, given].map(|a| format!("{family}/{a}/"));
                    let others: Vec<_> = answers
                        .iter()
                        .filter_map(|(key, answer)| {
                            Some((
                                format!("{asked}{}", key.strip_prefix(&given)?),
                                answer.clone(),
                            ))
                        })
                        .collect();
                    answers.extend(others);
                    answers
                };
                faults.push(fault(
                    format!("{family} {given} given for {asked}"),
                    DIGITAL,
                    families,
                    plant,
                ));
            }
        }
    }
    faults
}

/// The grey levels of the digital phantom.
fn grey_levels(question: Question<'_>) -> (Settings, Discretised) {
    let settings = question.settings.clone();
    let prepared =
        pipeline::prepare(question.image, question.mask, &settings).expect("it can be prepared");
    let discretised = prepared.discretise().expect("it has grey levels");
    (settings, discretised)
}

/// The engine's answers with one family's values for some aggregations replaced.
fn replaced(
    question: Question<'_>,
    family: Family,
    values: impl IntoIterator<Item = (Aggregation, Values)>,
) -> Answers {
    let mut table = FeatureTable::default();
    for (aggregation, values) in values {
        table.extend(family, aggregation, values);
    }
    let mut all = honest(question);
    all.extend(answers(&Extraction {
        features: table,
        diagnostics: Default::default(),
    }));
    all
}

/// All pairs of a voxel of the region and a voxel of the region at this offset, as levels.
fn pairs(discretised: &Discretised, offset: [isize; 3]) -> Vec<(u16, u16)> {
    let levels = discretised.levels.voxels();
    let size = discretised.levels.size();
    let mut pairs = Vec::new();
    for ([x, y, z], level) in indexed(&discretised.levels) {
        let at = |i: usize, axis: usize| {
            i.checked_add_signed(offset[axis])
                .filter(|j| *j < size[axis])
        };
        if let (Some(x), Some(y), Some(z)) = (at(x, 0), at(y, 1), at(z, 2))
            && level > 0
            && levels[[x, y, z]] > 0
        {
            pairs.push((level, levels[[x, y, z]]));
        }
    }
    pairs
}

fn indexed(volume: &Volume<u16>) -> impl Iterator<Item = ([usize; 3], u16)> {
    volume
        .voxels()
        .indexed_iter()
        .map(|((x, y, z), level)| ([x, y, z], *level))
}

/// The 26 offsets within Chebyshev distance 1.
fn neighbours() -> impl Iterator<Item = [isize; 3]> {
    let range = || -1isize..=1;
    range()
        .flat_map(move |x| range().flat_map(move |y| range().map(move |z| [x, y, z])))
        .filter(|offset| *offset != [0, 0, 0])
}

/// Mistakes in building texture matrices.
fn matrices() -> Vec<Fault> {
    let glcm_with = |question: Question<'_>, n_levels: u16, symmetric: bool| {
        let (_, discretised) = grey_levels(question);
        // Half of the 26 offsets: one of each pair of opposite directions.
        let offsets = neighbours().filter(|[x, y, z]| (*z, *y, *x) > (0, 0, 0));
        let mut counts = Vec::new();
        for (i, j) in offsets.flat_map(|offset| pairs(&discretised, offset)) {
            counts.push((i, j, 1));
            if symmetric {
                counts.push((j, i, 1));
            }
        }
        let matrix = Glcm::from_counts(n_levels, counts).expect("there are pairs");
        replaced(
            question,
            Family::Glcm,
            [(Aggregation::Merged3d, glcm::values(&matrix))],
        )
    };
    vec![
        fault(
            "co-occurrence matrix not symmetric",
            DIGITAL,
            &["glcm"],
            move |question| glcm_with(question, 6, false),
        ),
        fault(
            "one grey level too many",
            DIGITAL,
            &["glcm"],
            move |question| glcm_with(question, 7, true),
        ),
        fault(
            "co-occurrence at distance 2",
            DIGITAL,
            &["glcm"],
            |question| {
                let mut settings = question.settings.clone();
                settings.texture.glcm_distance = 2;
                honest(Question {
                    settings: &settings,
                    ..question
                })
            },
        ),
        fault(
            "grey levels counted from 2",
            DIGITAL,
            &["glcm", "gldzm", "glrlm", "glszm", "ih", "ngldm", "ngtdm"],
            |question| {
                // Intensities one higher, for the families that see grey levels only.
                let image = question.image.map(|level| level + 1.0);
                let higher = honest(Question {
                    image: &image,
                    ..question
                });
                let mut answers = honest(question);
                answers.extend(higher.into_iter().filter(|(key, _)| {
                    TEXTURE
                        .iter()
                        .chain(&["ih"])
                        .any(|family| key.starts_with(&format!("{family}/")))
                }));
                answers
            },
        ),
        fault(
            "zones linked across faces only",
            DIGITAL,
            &["glszm"],
            |question| {
                let (_, discretised) = grey_levels(question);
                let zones = face_connected_zones(&discretised);
                let voxels = indexed(&discretised.levels)
                    .filter(|(_, level)| *level > 0)
                    .count();
                let counts = zones.into_iter().map(|(level, size)| (level, size, 1));
                let matrix =
                    LevelCounts::from_counts(voxels as u64, counts).expect("there are zones");
                replaced(
                    question,
                    Family::Glszm,
                    [(Aggregation::Volume, glszm::values(&matrix))],
                )
            },
        ),
        fault(
            "zone distance to the border of the image",
            DIGITAL,
            &["gldzm"],
            |question| {
                let (_, discretised) = grey_levels(question);
                let everything = question.mask.map(|_| true);
                let values = gldzm::features(
                    &ZoneMaps::new(&discretised),
                    &everything,
                    Family::Gldzm.aggregations(),
                );
                replaced(question, Family::Gldzm, values)
            },
        ),
        fault(
            "the neighbourhood holds its centre",
            DIGITAL,
            &["ngtdm"],
            |question| {
                tone_differences(question, |centre, neighbours| {
                    let sum: f64 = neighbours.iter().sum::<f64>() + centre;
                    Some(sum / (neighbours.len() as f64 + 1.0))
                })
            },
        ),
        fault(
            "only whole neighbourhoods",
            DIGITAL,
            &["ngtdm"],
            |question| {
                tone_differences(question, |_, neighbours| {
                    (neighbours.len() >= 17)
                        .then(|| neighbours.iter().sum::<f64>() / neighbours.len() as f64)
                })
            },
        ),
        fault(
            "dependence without the centre",
            DIGITAL,
            &["ngldm"],
            |question| {
                let (settings, discretised) = grey_levels(question);
                let honest = ngldm::features(
                    &discretised,
                    settings.texture.ngldm_distance,
                    0,
                    &[Aggregation::Volume],
                );
                assert_eq!(honest.len(), 1, "one aggregation was asked for");
                let mut counts = Vec::new();
                for (centre, level) in indexed(&discretised.levels).filter(|(_, level)| *level > 0)
                {
                    let same = around(&discretised, centre)
                        .filter(|other| *other == level)
                        .count();
                    counts.push((level, same.max(1) as u32, 1));
                }
                let matrix = LevelCounts::from_counts(counts.len() as u64, counts)
                    .expect("there are voxels");
                replaced(
                    question,
                    Family::Ngldm,
                    [(Aggregation::Volume, ngldm::values(&matrix))],
                )
            },
        ),
        fault("dependence coarseness 1", DIGITAL, &["ngldm"], |question| {
            let mut settings = question.settings.clone();
            settings.texture.ngldm_coarseness = 1;
            honest(Question {
                settings: &settings,
                ..question
            })
        }),
        fault(
            "neighbourhoods of distance 2",
            DIGITAL,
            &["ngldm", "ngtdm"],
            |question| {
                let mut settings = question.settings.clone();
                settings.texture.ngldm_distance = 2;
                settings.texture.ngtdm_distance = 2;
                honest(Question {
                    settings: &settings,
                    ..question
                })
            },
        ),
    ]
}

/// The levels of the region's voxels next to a voxel.
fn around(discretised: &Discretised, centre: [usize; 3]) -> impl Iterator<Item = u16> {
    let size = discretised.levels.size();
    neighbours().filter_map(move |offset| {
        let mut voxel = [0; 3];
        for axis in 0..3 {
            voxel[axis] = centre[axis]
                .checked_add_signed(offset[axis])
                .filter(|i| *i < size[axis])?;
        }
        Some(discretised.levels.voxels()[voxel]).filter(|level| *level > 0)
    })
}

/// Level and size of every zone of voxels that share a face, by repeated relabelling.
fn face_connected_zones(discretised: &Discretised) -> Vec<(u16, u32)> {
    let levels = discretised.levels.voxels();
    let mut label = levels.mapv(u32::from);
    for (number, (label, level)) in label.iter_mut().zip(levels).enumerate() {
        *label = if *level > 0 { number as u32 + 1 } else { 0 };
    }
    loop {
        let before = label.clone();
        for ((x, y, z), level) in levels.indexed_iter() {
            let mut link = |other: [usize; 3]| {
                if levels.get(other) == Some(level) && *level > 0 {
                    let lowest = label[[x, y, z]].min(label[other]);
                    label[[x, y, z]] = lowest;
                    label[other] = lowest;
                }
            };
            link([x + 1, y, z]);
            link([x, y + 1, z]);
            link([x, y, z + 1]);
        }
        if label == before {
            break;
        }
    }
    let mut zones = std::collections::BTreeMap::<u32, (u16, u32)>::new();
    for (label, level) in label.iter().zip(levels).filter(|(label, _)| **label > 0) {
        zones.entry(*label).or_insert((*level, 0)).1 += 1;
    }
    zones.into_values().collect()
}

/// NGTDM answers for the volume with another mean of the neighbourhood, given the centre and its neighbours.
fn tone_differences(question: Question<'_>, mean: impl Fn(f64, &[f64]) -> Option<f64>) -> Answers {
    let (_, discretised) = grey_levels(question);
    let rows = indexed(&discretised.levels)
        .filter(|(_, level)| *level > 0)
        .filter_map(|(centre, level)| {
            let neighbours: Vec<f64> = around(&discretised, centre).map(f64::from).collect();
            let difference = (f64::from(level) - mean(f64::from(level), &neighbours)?).abs();
            Some(ngtdm::Row {
                level,
                count: 1,
                difference,
            })
        });
    let matrix = ngtdm::Ngtdm::from_rows(rows).expect("voxels have neighbours");
    replaced(
        question,
        Family::Ngtdm,
        [(Aggregation::Volume, ngtdm::values(&matrix))],
    )
}

/// Mistakes in reading image and mask.
fn volumes() -> Vec<Fault> {
    fn swap_axes<T: Copy>(volume: &Volume<T>) -> Volume<T> {
        let [x, y, z] = volume.size();
        let grid = radgauge_engine::volume::Grid::axis_aligned([z, y, x], volume.grid().spacing_mm);
        Volume::from_fn(grid, |[x, y, z]| volume.voxels()[[z, y, x]])
    }
    const ALL: &[&str] = &[
        "glcm", "gldzm", "glrlm", "glszm", "ih", "ivh", "loc", "morph", "ngldm", "ngtdm", "stat",
    ];
    vec![
        // Nothing that is not sliced sees which axis is which.
        fault(
            "axes swapped",
            DIGITAL,
            TEXTURE,
            elsewhere(|image, mask| (swap_axes(image), swap_axes(mask))),
        ),
        fault(
            "spacing ignored",
            DIGITAL,
            &["loc", "morph"],
            elsewhere(|image, mask| {
                let mut grid = image.grid().clone();
                grid.spacing_mm = [1.0; 3];
                (
                    Volume::from_flat(grid.clone(), image.as_slice().to_vec()),
                    Volume::from_flat(grid, mask.as_slice().to_vec()),
                )
            }),
        ),
        fault(
            "mask ignored",
            DIGITAL,
            ALL,
            elsewhere(|image, mask| (image.map(|level| level.max(1.0)), mask.map(|_| true))),
        ),
        fault(
            "first voxel of the mask lost",
            EXACT,
            &[
                "glcm", "gldzm", "glrlm", "glszm", "ih", "ivh", "morph", "ngldm", "ngtdm", "stat",
            ],
            elsewhere(|image, mask| {
                let mut mask = mask.clone();
                *mask
                    .as_mut_slice()
                    .iter_mut()
                    .find(|inside| **inside)
                    .expect("the mask has voxels") = false;
                (image.clone(), mask)
            }),
        ),
        fault(
            "nothing outside the mask is seen",
            DIGITAL,
            &["loc"],
            elsewhere(|image, mask| {
                let voxels = image.as_slice().iter().zip(mask.as_slice());
                let inside = voxels
                    .map(|(level, inside)| if *inside { *level } else { 0.0 })
                    .collect();
                (
                    Volume::from_flat(image.grid().clone(), inside),
                    mask.clone(),
                )
            }),
        ),
    ]
}

/// Mistakes in image processing, on the CT phantom.
fn processing() -> Vec<Fault> {
    const MASK: &[&str] = &[
        "diag", "glcm", "gldzm", "glrlm", "glszm", "ih", "ivh", "morph", "ngldm", "ngtdm", "stat",
    ];
    const LEVELS: &[&str] = &["glcm", "gldzm", "glrlm", "glszm", "ih", "ngldm", "ngtdm"];
    let with = |change: fn(&mut Settings)| {
        move |question: Question<'_>| {
            let mut settings = question.settings.clone();
            change(&mut settings);
            honest(Question {
                settings: &settings,
                ..question
            })
        }
    };
    let interpolation = |settings: &mut Settings| {
        settings.interpolate.as_mut().expect("C interpolates").round = false
    };
    vec![
        fault(
            "grid aligned by corner",
            "ibsi1/ct_b/*",
            &[
                "diag", "glcm", "gldzm", "glrlm", "glszm", "ih", "ivh", "loc", "morph", "ngldm",
                "ngtdm",
            ],
            with(|settings| {
                settings.interpolate.as_mut().expect("B interpolates").align = Alignment::Corner;
            }),
        ),
        fault(
            "grid aligned by origin",
            "ibsi1/ct_b/*",
            &[
                "diag", "glcm", "gldzm", "glrlm", "glszm", "ih", "loc", "morph", "ngldm", "ngtdm",
                "stat",
            ],
            with(|settings| {
                settings.interpolate.as_mut().expect("B interpolates").align = Alignment::Origin;
            }),
        ),
        fault(
            "intensities not rounded",
            "ibsi1/ct_c/*",
            &["ngldm", "stat"],
            with(interpolation),
        ),
        fault(
            "mask interpolated by nearest neighbour",
            "ibsi1/ct_c/*",
            MASK,
            with(|settings| {
                settings.interpolate.as_mut().expect("C interpolates").mask =
                    Interpolation::Nearest;
            }),
        ),
        fault(
            "cubic convolution for spline",
            "ibsi1/ct_e/*",
            &[
                "diag", "glcm", "gldzm", "glrlm", "glszm", "ih", "ivh", "ngldm", "ngtdm", "stat",
            ],
            with(|settings| {
                settings.interpolate.as_mut().expect("E interpolates").image =
                    Interpolation::CubicConvolution;
            }),
        ),
        fault(
            "not re-segmented",
            "ibsi1/ct_d/*",
            MASK,
            with(|settings| settings.resegment = Resegment::default()),
        ),
        fault(
            "outliers from 2 σ on",
            "ibsi1/ct_d/*",
            &[
                "diag", "glcm", "gldzm", "glrlm", "glszm", "ih", "ivh", "loc", "morph", "ngldm",
                "ngtdm", "stat",
            ],
            with(|settings| settings.resegment.outlier_sigma = Some(2.0)),
        ),
        fault(
            "re-segmentation shrinks the morphological mask",
            "ibsi1/ct_d/*",
            &["gldzm", "morph"],
            |question| {
                processed(question, |prepared| {
                    prepared.roi.morphological = prepared.roi.intensity.clone()
                })
            },
        ),
        // Few voxels lie beyond the range, so that the published tolerances cannot tell this from the manual's order.
        fault(
            "outliers found after the range",
            "ibsi1/ct_e/*",
            &[],
            |question| {
                processed(question, |prepared| {
                    let sequential = Resegment {
                        range: None,
                        ..question.settings.resegment.clone()
                    };
                    let range = Resegment {
                        outlier_sigma: None,
                        ..question.settings.resegment.clone()
                    };
                    let mut roi =
                        radgauge_engine::roi::Roi::new(prepared.roi.morphological.clone());
                    resegment(&prepared.image, &mut roi, &range);
                    let morphological =
                        std::mem::replace(&mut roi.morphological, roi.intensity.clone());
                    resegment(&prepared.image, &mut roi, &sequential);
                    roi.morphological = morphological;
                    prepared.roi = roi;
                })
            },
        ),
        fault(
            "bin edges at multiples of the width",
            "ibsi1/ct_c/*",
            LEVELS,
            with(|settings| {
                settings.discretise = Discretise::FixedBinWidthPyradiomics { width: 25.0 };
            }),
        ),
        fault(
            "one bin too few",
            "ibsi1/ct_d/*",
            LEVELS,
            with(|settings| {
                settings.discretise = Discretise::FixedBinNumber { bins: 31 };
            }),
        ),
        fault(
            "one bin too many",
            "ibsi1/ct_d/*",
            LEVELS,
            with(|settings| {
                settings.discretise = Discretise::FixedBinNumber { bins: 33 };
            }),
        ),
        fault(
            "intensity-volume histogram of the texture bins",
            "ibsi1/ct_e/*",
            &["ivh"],
            with(|settings| {
                settings.ivh = settings.discretise;
            }),
        ),
    ]
}

/// The answers after a change to what processing gave.
fn processed(question: Question<'_>, change: impl Fn(&mut Prepared<'_>)) -> Answers {
    let mut prepared = pipeline::prepare(question.image, question.mask, question.settings)
        .expect("it can be prepared");
    change(&mut prepared);
    answers(&Extraction {
        features: prepared.features().expect("it has features"),
        diagnostics: prepared.diagnostics,
    })
}
