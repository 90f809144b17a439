//! The manual's reporting guidelines (chapter *Radiomics reporting guidelines and nomenclature*), items 28 to 71:
//! what the methods section of a paper has to say of image reconstruction, processing and feature computation.
//!
//! What settings and results decide is filled in. The rest is the laboratory's to fill in, and is listed as such.

use radgauge_engine::{
    feature::{Aggregation, Family, catalogue},
    filter::Filter,
    settings::{
        Alignment, Discretise, Interpolate, Interpolation, Resegment, Selection, Settings, Texture,
    },
};

use super::summary::profiles;
use crate::results::Results;

/// An item of the guidelines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The manual's number, with its letter.
    pub(crate) number: &'static str,
    /// What it asks for.
    pub(crate) topic: &'static str,
    /// The answer.
    pub(crate) answer: String,
}

/// The items that only the laboratory knows: number, modality or empty, topic.
pub(crate) const BY_THE_LABORATORY: [(&str, &str, &str); 29] = [
    ("28", "", "pixel spacing, or field of view and matrix size"),
    ("29", "", "slice thickness"),
    ("30", "", "slice spacing"),
    ("31a", "CT", "convolution kernel"),
    ("31b", "CT", "settings of iterative reconstruction"),
    (
        "31c",
        "CT",
        "exposure in the slices with the region of interest",
    ),
    ("32a", "PET", "reconstruction method"),
    ("32b", "PET", "iterations"),
    ("32c", "PET", "subsets"),
    ("33", "PET", "point spread function modelling"),
    ("34a", "PET", "attenuation correction"),
    (
        "34b",
        "PET",
        "scatter, randoms, dead time and other corrections",
    ),
    ("35a", "MRI", "reconstruction from k-space"),
    ("35b", "MRI", "suppression of undersampling artefacts"),
    ("36", "DWI-MRI", "b-values"),
    ("37", "", "registration of several modalities"),
    (
        "38",
        "PET",
        "normalisation of the standardised uptake value",
    ),
    (
        "39",
        "DWI-MRI",
        "computation of the apparent diffusion coefficient",
    ),
    (
        "42",
        "",
        "noise suppression before the image was handed over",
    ),
    ("43", "PET", "smoothing after reconstruction"),
    ("44", "MRI (brain)", "skull stripping"),
    ("45", "MRI", "correction of non-uniformity"),
    ("46", "", "intensity normalisation"),
    ("48a", "", "how regions were segmented"),
    ("48b", "", "experts, their experience, how they agreed"),
    ("48c", "", "settings of automatic segmentation"),
    ("48d", "", "the image on which regions were drawn"),
    ("49", "", "conversion of contours to a mask"),
    ("60", "", "robustness of the features"),
];

/// The items that settings and results answer, in the manual's order.
pub(super) fn items(settings: &Settings, results: &Results) -> Vec<Item> {
    let run = &results.run;
    let software = format!("{} {}", run.implementation.name, run.implementation.version);
    items_of(settings, compliance(results), software)
}

/// The items that settings answer, with the answers to item 59 (compliance) and item 61 (software).
pub(crate) fn items_of(settings: &Settings, compliance: String, software: String) -> Vec<Item> {
    // Taken apart in full: a setting that is added must be reported too.
    let Settings {
        round_on_load,
        interpolate,
        resegment,
        filter,
        discretise,
        ivh,
        texture,
        features,
    } = settings;
    let item = |number, topic, answer: String| Item {
        number,
        topic,
        answer,
    };
    let mut items = vec![item(
        "40, 47",
        "other conversion and processing after acquisition",
        if *round_on_load {
            "intensities were rounded to whole numbers after loading".to_owned()
        } else {
            "none by the software".to_owned()
        },
    )];
    items.extend(interpolation(interpolate.as_ref()));
    items.push(item("55", "re-segmentation", resegmentation(resegment)));
    items.extend(discretisation(discretise, ivh, resegment));
    items.push(item("57", "image filter", image_filter(filter.as_ref())));
    items.push(item("58", "feature set", feature_set(features)));
    items.push(item("59", "IBSI compliance", compliance));
    items.push(item("61", "software", software));
    items.extend(texture_parameters(texture, features));
    items
}

fn interpolation(interpolate: Option<&Interpolate>) -> Vec<Item> {
    const TOPICS: [(&str, &str); 8] = [
        ("41", "anti-aliasing"),
        ("50a", "image interpolation"),
        ("50b", "position of the interpolation grid"),
        ("50c", "size of the interpolation grid"),
        ("50d", "extrapolation"),
        ("51", "voxel size"),
        ("52", "rounding of intensities after interpolation"),
        ("53, 54", "mask interpolation, partially masked voxels"),
    ];
    let answers = match interpolate {
        None => {
            let mut answers = TOPICS.map(|_| "not applicable: no interpolation".to_owned());
            answers[1] = "none".to_owned();
            answers[5] = "that of the image".to_owned();
            answers
        }
        Some(interpolate) => {
            let Interpolate {
                spacing_mm,
                image,
                mask,
                mask_threshold,
                align,
                round,
            } = interpolate;
            let is_planar = spacing_mm.len() == 2;
            let spacing: Vec<String> = spacing_mm.iter().map(ToString::to_string).collect();
            let (position, size) = grid(*align);
            [
                "none before interpolation".to_owned(),
                algorithm(*image, is_planar),
                position.to_owned(),
                size.to_owned(),
                "the image is extended by its nearest edge voxels".to_owned(),
                format!(
                    "{} mm{}",
                    spacing.join(" × "),
                    if is_planar {
                        " in the plane of the slices, slices as they are"
                    } else {
                        ""
                    }
                ),
                if *round {
                    "to the nearest whole number"
                } else {
                    "none"
                }
                .to_owned(),
                format!(
                    "{}; a voxel belongs to the region from a partial volume of {mask_threshold} on",
                    algorithm(*mask, is_planar)
                ),
            ]
        }
    };
    TOPICS
        .into_iter()
        .zip(answers)
        .map(|((number, topic), answer)| Item {
            number,
            topic,
            answer,
        })
        .collect()
}

fn algorithm(interpolation: Interpolation, is_planar: bool) -> String {
    let prefix = if is_planar { "bi" } else { "tri" };
    match interpolation {
        Interpolation::Nearest => "nearest neighbour".to_owned(),
        Interpolation::Linear => format!("{prefix}linear"),
        Interpolation::CubicSpline => format!("{prefix}cubic spline"),
        Interpolation::CubicConvolution => format!("{prefix}cubic convolution"),
    }
}

/// Position and size of the interpolation grid.
fn grid(align: Alignment) -> (&'static str, &'static str) {
    const WHOLE: &str =
        "original extent divided by the new spacing, rounded up to a whole number of voxels";
    match align {
        Alignment::Centre => ("centres of both grids aligned (3WE3)", WHOLE),
        Alignment::Origin => ("origins of both grids aligned (SBKJ)", WHOLE),
        Alignment::Corner => (
            "outer corners of the first voxels aligned (not in the manual)",
            WHOLE,
        ),
        Alignment::Fit => (
            "fitted to the original grid (58MB): first and last voxel centres coincide",
            "distance of first and last voxel divided by the new spacing, rounded up; the spacing gives way",
        ),
    }
}

/// The filter's settings, `kind = "mean", support = 5`.
fn image_filter(filter: Option<&Filter>) -> String {
    let Some(filter) = filter else {
        return "none".to_owned();
    };
    let keys = toml::to_string(filter).expect("filters have a TOML form");
    keys.lines().collect::<Vec<_>>().join(", ")
}

fn resegmentation(resegment: &Resegment) -> String {
    let Resegment {
        range,
        outlier_sigma,
    } = resegment;
    let range = range.map(|[low, high]| format!("range [{low}, {high}] (USB3)"));
    let outliers = outlier_sigma
        .map(|sigma| format!("outliers beyond {sigma} standard deviations of the mean (7ACA)"));
    let methods: Vec<String> = range.into_iter().chain(outliers).collect();
    if methods.is_empty() {
        "none".to_owned()
    } else {
        methods.join("; ")
    }
}

fn discretisation(discretise: &Discretise, ivh: &Discretise, resegment: &Resegment) -> Vec<Item> {
    let both = |answer: &dyn Fn(&Discretise) -> String| {
        format!(
            "histogram and texture: {}; intensity-volume histogram: {}",
            answer(discretise),
            answer(ivh)
        )
    };
    let method = both(&|method| {
        match method {
            Discretise::None => "none",
            Discretise::FixedBinNumber { .. } => "fixed bin number (K15C)",
            Discretise::FixedBinSize { .. } => "fixed bin size (Q3RU)",
            Discretise::FixedBinWidthPyradiomics { .. } => {
                "fixed bin width as PyRadiomics has it (not in the manual)"
            }
            Discretise::Equalise { .. } => "histogram equalisation",
            Discretise::LloydMax { .. } => "Lloyd–Max",
        }
        .to_owned()
    });
    let parameter = both(&|method| match method {
        Discretise::None => "–".to_owned(),
        Discretise::FixedBinNumber { bins }
        | Discretise::Equalise { bins }
        | Discretise::LloydMax { bins } => format!("{bins} bins"),
        Discretise::FixedBinSize { width } | Discretise::FixedBinWidthPyradiomics { width } => {
            format!("bins of {width} intensity units")
        }
    });
    let lowest = both(&|method| match (method, resegment.range) {
        (Discretise::None, _) => "–".to_owned(),
        (Discretise::FixedBinSize { .. }, Some([low, _])) if low.is_finite() => {
            format!("{low}, the lower end of the re-segmentation range")
        }
        (Discretise::FixedBinWidthPyradiomics { width }, _) => {
            format!("the multiple of {width} at or below the lowest intensity in the region")
        }
        _ => "the lowest intensity in the region".to_owned(),
    });
    [
        ("56a", "discretisation", method),
        ("56b", "number or size of bins", parameter),
        ("56c", "lowest intensity in the first bin", lowest),
    ]
    .map(|(number, topic, answer)| Item {
        number,
        topic,
        answer,
    })
    .into()
}

fn feature_set(selection: &Selection) -> String {
    let Selection {
        families,
        aggregations: _,
    } = selection;
    let count = catalogue::features()
        .iter()
        .filter(|f| families.contains(&f.family))
        .count();
    let names: Vec<String> = families
        .iter()
        .map(|family| format!("{} ({})", family.slug(), family.code()))
        .collect();
    format!(
        "{count} features as the IBSI 1 reference manual (arXiv:1612.07003) defines them, families {}",
        names.join(", ")
    )
}

/// What was tested and found, profile by profile: a finding, not an endorsement.
fn compliance(results: &Results) -> String {
    let found: Vec<String> = profiles(results)
        .iter()
        .map(|profile| {
            format!(
                "{}: {} of {} required checks executed, {} passed",
                profile.name, profile.count.executed, profile.required, profile.count.passed
            )
        })
        .collect();
    let run = &results.run;
    let suites: Vec<String> = run
        .suites
        .iter()
        .map(|suite| format!("{} edition {}", suite.name, suite.edition))
        .collect();
    format!(
        "tested with {} {} (suite {}); {}. This says what was tested and found; it is no endorsement by IBSI",
        run.harness.name,
        run.harness.version,
        suites.join(", "),
        if found.is_empty() {
            "no profile".to_owned()
        } else {
            found.join("; ")
        }
    )
}

fn texture_parameters(texture: &Texture, selection: &Selection) -> Vec<Item> {
    const TEXTURE: [Family; 6] = [
        Family::Glcm,
        Family::Glrlm,
        Family::Glszm,
        Family::Gldzm,
        Family::Ngtdm,
        Family::Ngldm,
    ];
    let Texture {
        glcm_distance,
        ngtdm_distance,
        ngldm_distance,
        ngldm_coarseness,
    } = texture;
    let mut aggregations: Vec<Aggregation> = Vec::new();
    for family in TEXTURE {
        for aggregation in selection.aggregations_of(family) {
            if !aggregations.contains(&aggregation) {
                aggregations.push(aggregation);
            }
        }
    }
    let aggregations: Vec<String> = aggregations
        .iter()
        .map(|aggregation| format!("{} ({})", aggregation.slug(), aggregation.code()))
        .collect();
    let chebyshev = |distance: u32| format!("Chebyshev distance {distance}");
    let of = |family: Family, number, topic, answer: String| {
        selection.families.contains(&family).then_some(Item {
            number,
            topic,
            answer,
        })
    };
    let mut items = vec![
        Item {
            number: "62",
            topic: "aggregation of texture matrices",
            answer: if aggregations.is_empty() {
                "none".to_owned()
            } else {
                aggregations.join(", ")
            },
        },
        Item {
            number: "63",
            topic: "weighting by distance",
            answer: "none".to_owned(),
        },
    ];
    items.extend(
        [
            of(
                Family::Glcm,
                "64",
                "co-occurrence matrix symmetry",
                "symmetric".to_owned(),
            ),
            of(
                Family::Glcm,
                "65",
                "co-occurrence distance",
                chebyshev(*glcm_distance),
            ),
            of(Family::Glszm, "66", "size zone linkage", chebyshev(1)),
            of(Family::Gldzm, "67", "distance zone linkage", chebyshev(1)),
            of(
                Family::Gldzm,
                "68",
                "distance of zones to the border",
                "Manhattan distance".to_owned(),
            ),
            of(
                Family::Ngtdm,
                "69",
                "NGTDM neighbourhood",
                chebyshev(*ngtdm_distance),
            ),
            of(
                Family::Ngldm,
                "70",
                "NGLDM neighbourhood",
                chebyshev(*ngldm_distance),
            ),
            of(
                Family::Ngldm,
                "71",
                "NGLDM coarseness",
                ngldm_coarseness.to_string(),
            ),
        ]
        .into_iter()
        .flatten(),
    );
    items
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::tests::small;

    /// Every number that the guidelines give from 28 to 71 is either answered or left to the laboratory, none twice.
    #[test]
    fn every_item_is_answered_once_or_left_to_the_laboratory() {
        let items = items(&Settings::default(), &small());
        let answered = items.iter().flat_map(|item| item.number.split(", "));
        let left = BY_THE_LABORATORY.iter().map(|(number, ..)| *number);
        let all: Vec<&str> = answered.chain(left).collect();
        let distinct: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len(), "an item twice: {all:?}");
        let whole: BTreeSet<u32> = distinct
            .iter()
            .map(|number| {
                number
                    .trim_end_matches(char::is_alphabetic)
                    .parse()
                    .expect("a number")
            })
            .collect();
        assert_eq!(whole, (28..=71).collect(), "items 28 to 71");
    }

    #[test]
    fn settings_are_put_into_words() {
        let text = "\
            [interpolate]\nspacing_mm = [2.0, 2.0]\nimage = 'cubic-spline'\nround = true\n\
            [resegment]\nrange = [-500, 400]\noutlier_sigma = 3\n\
            [discretise]\nmethod = 'fixed-bin-size'\nwidth = 25\n\
            [ivh]\nmethod = 'fixed-bin-number'\nbins = 1000\n\
            [features]\nfamilies = ['glcm']\naggregations = ['3d_avg', '3d']\n";
        let settings = Settings::from_toml(text).expect("the settings are right");
        let items = items(&settings, &small());
        let written: Vec<String> = items
            .iter()
            .map(|item| format!("{} {}: {}", item.number, item.topic, item.answer))
            .collect();
        insta::assert_snapshot!(written.join("\n"));
    }
}
