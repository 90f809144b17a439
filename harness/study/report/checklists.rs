//! What a study answers of the checklists that journals ask for.
//!
//! CLEAR: Kocak et al., CheckList for EvaluAtion of Radiomics research, Insights into Imaging 14:75, 2023. METRICS: Kocak
//! et al., METhodological RadiomICs Score, Insights into Imaging 15:8, 2024. An item is answered as far as the study
//! knows; what it does not know is said.

use crate::{
    report::reporting_items::{self, BY_THE_LABORATORY, Item},
    study::outcome::{Outcome, Perturbation, SettingsPoint},
};

use super::summary::criteria_in_words;

/// An item of a checklist.
pub(super) struct Answer {
    /// The list and the number, `CLEAR 22`.
    pub item: &'static str,
    /// What it asks for.
    pub topic: &'static str,
    /// What the study says to it.
    pub answer: String,
}

/// The IBSI reporting items under these settings; item 60, robustness, is what a study answers.
pub(super) fn ibsi(outcome: &Outcome, point: &SettingsPoint) -> Vec<Item> {
    let software: Vec<String> = outcome.study.implementations.iter().map(software).collect();
    let mut items = reporting_items::items_of(
        &point.settings,
        "not tested by a study: `radgauge certify` does".to_owned(),
        software.join("; "),
    );
    let robustness = Item {
        number: "60",
        topic: "robustness of the features",
        answer: robustness(outcome, point),
    };
    let place = items.iter().position(|item| item.number == "61");
    items.insert(place.unwrap_or(items.len()), robustness);
    items
}

/// The items that the laboratory has to fill in.
pub(super) fn by_the_laboratory() -> Vec<(&'static str, &'static str, &'static str)> {
    let all = BY_THE_LABORATORY.iter().copied();
    all.filter(|(number, ..)| *number != "60").collect()
}

fn software(stamp: &crate::study::outcome::ImplementationStamp) -> String {
    format!("{} {}", stamp.identity.name, stamp.identity.version)
}

fn robustness(outcome: &Outcome, point: &SettingsPoint) -> String {
    let study = &outcome.study;
    let usable = study.cases.iter().filter(|case| case.is_usable).count();
    let index = study.settings.iter().position(|other| other.id == point.id);
    let robust = index.map_or(0, |index| outcome.trustworthy(0, index).count());
    format!(
        "{} perturbations of each of {usable} cases, {} settings; ICC(1), {}: {robust} of {} features are robust under \
         these settings. {}",
        study.perturbations.len(),
        study.settings.len(),
        study.methods.icc,
        study.features.len(),
        criteria_in_words(&study.criteria, study.methods.level)
    )
}

/// Perturbations that change the region, as the phantoms crate names them.
const OF_THE_REGION: [&str; 5] = ["volume-fraction", "grow-mm", "contour", "rim", "core"];

fn changes_region(perturbation: &Perturbation) -> bool {
    let mut steps = perturbation.steps.iter();
    steps.any(|step| OF_THE_REGION.contains(&step.kind.as_str()))
}

/// The items of CLEAR and METRICS under these settings.
pub(super) fn answers(outcome: &Outcome, point: &SettingsPoint) -> Vec<Answer> {
    let study = &outcome.study;
    let items = ibsi(outcome, point);
    let of = |numbers: &[&str]| -> String {
        let answers = items.iter().filter(|item| numbers.contains(&item.number));
        let answers: Vec<String> = answers
            .map(|item| format!("{}: {}", item.topic, item.answer))
            .collect();
        answers.join("; ")
    };
    let region = study.perturbations.iter().filter(|one| changes_region(one));
    let segmentation = match region.count() {
        0 => "not studied: no perturbation changes the region".to_owned(),
        count => format!(
            "simulated: {count} of {} perturbations change the region; ICC(1), {}. Readers were not compared",
            study.perturbations.len(),
            study.methods.icc
        ),
    };
    let mut families: Vec<&str> = Vec::new();
    for feature in &study.features {
        if !families.contains(&feature.family.as_str()) {
            families.push(&feature.family);
        }
    }
    let standardised = study.features.iter().filter(|f| f.is_standardised).count();
    let answer = |item, topic, answer| Answer {
        item,
        topic,
        answer,
    };
    vec![
        answer(
            "CLEAR 21",
            "image pre-processing",
            of(&["40, 47", "50a", "51", "55", "61"]),
        ),
        answer("CLEAR 22", "resampling", of(&["50a", "50b", "51", "53, 54"])),
        answer("CLEAR 23", "discretisation", of(&["56a", "56b", "56c"])),
        answer("CLEAR 24", "image types", of(&["57"])),
        answer(
            "CLEAR 25",
            "feature extraction, adherence to IBSI",
            of(&["59", "61"]),
        ),
        answer("CLEAR 26", "feature classes", families.join(", ")),
        answer(
            "CLEAR 27",
            "number of features",
            format!(
                "{}, of which {standardised} are values of features that IBSI standardised",
                study.features.len()
            ),
        ),
        answer(
            "CLEAR 28",
            "remaining settings",
            "none is implied: the settings below are complete".to_owned(),
        ),
        answer("CLEAR 31", "reliability of the segmentation", segmentation),
        answer(
            "CLEAR 46",
            "statistics of reproducibility",
            format!(
                "ICC(1), ICC(A,1) and ICC(C,1) ({}), within-subject SD, RC and RDC ({:.4} SD), {}",
                study.methods.icc, study.methods.coefficient_multiplier, study.methods.gauge
            ),
        ),
        answer(
            "CLEAR 55",
            "sharing of settings",
            "`radgauge study export` writes the settings; they are below, too".to_owned(),
        ),
        answer(
            "METRICS 11",
            "pre-processing described",
            "as CLEAR 21 to 23; what was done before the images were handed over is the laboratory's to say"
                .to_owned(),
        ),
        answer("METRICS 12", "standardised software", of(&["59", "61"])),
        answer(
            "METRICS 13",
            "extraction parameters described",
            "complete, below".to_owned(),
        ),
        answer(
            "METRICS 14",
            "removal of non-robust features",
            "this report says which features are robust; fulfilled when the others are left out of the model".to_owned(),
        ),
    ]
}
