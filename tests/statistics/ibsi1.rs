//! Phase III of IBSI 1: the categories of 169 features in three modalities (A. Zwanenburg, M. Vallières et al.,
//! Radiology 295:328–338, 2020), from the values that six teams submitted, in the published and in the textbook
//! computation.
//!
//! The data is a clone of theibsi/ibsi_1_data_analysis (GPL-3, so that nothing of it is part of this repository).
//! Its script takes means over what cells there are; leaving out a patient that a team has no value for moves two cells
//! of MR, where 15 of 51 are incomplete.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use libtest_mimic::{Failed, Trial};
use radgauge::statistics::{
    Level, Undefined,
    anova::Divisor,
    category::{Category, Criterion},
    icc::{Computation, Form, Transform, icc_of_available_cells},
};

use crate::{rds::Frame, table::in_data_folder};

const CLONE: &str = "ibsi_1_data_analysis";
/// Features that were not standardised in the end.
const NOT_STANDARDISED: [&str; 5] = [
    "morph_area_dens_mvee",
    "morph_area_dens_ombb",
    "morph_vol_dens_ombb",
    "morph_vol_dens_mvee",
    "ivh_auc",
];

/// Excellent, good, moderate, poor, unknown.
type Counts = [usize; 5];

/// Transformation, divisor, and the counts of CT, T1-weighted MR and PET.
const KNOWN: [(&str, Transform, Divisor, [Counts; 3]); 4] = [
    (
        "published",
        Transform::YeoJohnson,
        Divisor::TableSize,
        [[166, 1, 0, 0, 2], [164, 3, 0, 0, 2], [164, 3, 0, 0, 2]],
    ),
    (
        "yeo-johnson",
        Transform::YeoJohnson,
        Divisor::DegreesOfFreedom,
        [[166, 0, 1, 0, 2], [165, 1, 1, 0, 2], [166, 0, 1, 0, 2]],
    ),
    (
        "ms_by_nk",
        Transform::None,
        Divisor::TableSize,
        [[166, 1, 0, 0, 2], [163, 4, 0, 0, 2], [163, 3, 0, 1, 2]],
    ),
    (
        "textbook",
        Transform::None,
        Divisor::DegreesOfFreedom,
        [[166, 0, 1, 0, 2], [165, 1, 1, 0, 2], [165, 1, 0, 1, 2]],
    ),
];

pub fn trials() -> Vec<Trial> {
    let clone = in_data_folder(CLONE);
    let values: Arc<OnceLock<Values>> = Arc::default();
    let mut trials = Vec::new();
    for (name, transform, divisor, counts) in KNOWN {
        for (modality, counts) in ["CT", "MR_T1", "PET"].into_iter().zip(counts) {
            let (clone, values) = (clone.clone(), Arc::clone(&values));
            let computation = Computation {
                transform,
                divisor,
                ..Computation::TEXTBOOK
            };
            let has_data = clone.is_some();
            let trial = Trial::test(format!("ibsi1/phase3/{name}/{modality}"), move || {
                let clone = clone.as_ref().expect("the trial is ignored without data");
                let values = values.get_or_init(|| Values::read(clone));
                check(values, modality, computation, counts)
            });
            trials.push(trial.with_ignored_flag(!has_data));
        }
    }
    trials
}

fn check(
    values: &Values,
    modality: &str,
    computation: Computation,
    expected: Counts,
) -> Result<(), Failed> {
    let mut found = Counts::default();
    let mut not_excellent = Vec::new();
    for ((of, tag), teams) in &values.0 {
        if of != modality {
            continue;
        }
        let category = category(teams, computation)?;
        if category != Category::Excellent {
            not_excellent.push(format!("{tag} {}", category.name()));
        }
        found[Category::Excellent as usize - category as usize] += 1;
    }
    if found == expected {
        return Ok(());
    }
    Err(format!("found {found:?}, expected {expected:?}: {not_excellent:?}").into())
}

fn category(
    teams: &BTreeMap<String, BTreeMap<String, f64>>,
    computation: Computation,
) -> Result<Category, Failed> {
    // a team without a value for any patient did not compute the feature
    let teams: Vec<_> = teams
        .values()
        .filter(|of| of.values().any(|x| x.is_finite()))
        .collect();
    if teams.len() < 2 {
        return Ok(Category::Unknown);
    }
    let patients: BTreeSet<&String> = teams.iter().flat_map(|of| of.keys()).collect();
    let row = |patient: &String| teams.iter().map(|of| of.get(patient).copied()).collect();
    let rows: Vec<Vec<Option<f64>>> = patients.into_iter().map(row).collect();
    match icc_of_available_cells(&rows, Form::AGREEMENT, Level::P95, computation) {
        Ok(icc) => Ok(Criterion::IBSI1.category(&icc)),
        // dependence count percentage is 1 for every patient: exact agreement to the script, undefined here
        Err(Undefined::NoVariance) => Ok(Category::Excellent),
        Err(error) => Err(error.into()),
    }
}

/// The values that enter, by modality and tag, team and patient.
struct Values(BTreeMap<(String, String), BTreeMap<String, BTreeMap<String, f64>>>);

impl Values {
    fn read(clone: &Path) -> Self {
        let matches = matches(
            &Frame::read(&clone.join("data/rawR/20191014.RDS")),
            &Frame::read(&clone.join("tolerance/20181101.RDS")),
        );
        let mut values = BTreeMap::<_, BTreeMap<_, BTreeMap<_, _>>>::new();
        for file in files(&clone.join("validation")) {
            let frame = Frame::read(&file);
            let [teams, modalities, tags, patients] =
                ["team", "modality", "tag", "id"].map(|column| frame.texts(column));
            for (i, value) in frame.numbers("value").iter().enumerate() {
                let is_diagnostic = tags[i].ends_with("_img") || tags[i].ends_with("_roi");
                let is_standardised = !NOT_STANDARDISED.contains(&tags[i].as_str());
                let has_matched = matches.contains(&(teams[i].clone(), tags[i].clone()));
                if has_matched && is_standardised && !is_diagnostic {
                    let key = (modalities[i].clone(), tags[i].clone());
                    let of_team = values
                        .entry(key)
                        .or_default()
                        .entry(teams[i].clone())
                        .or_default();
                    of_team.insert(patients[i].clone(), *value);
                }
            }
        }
        Self(values)
    }
}

/// The data files of every team.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("a folder of the clone");
        entries
            .map(|entry| entry.expect("an entry").path())
            .collect()
    };
    let mut files: Vec<PathBuf> = entries(folder)
        .iter()
        .flat_map(|team| entries(team))
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "RDS"));
    files.sort();
    files
}

/// Teams and tags whose value matched the most frequent one in all of configurations C, D and E: after rounding to
/// three digits, within a tolerance on the same decimal base (`tools.R` of the clone).
fn matches(values: &Frame, tolerances: &Frame) -> BTreeSet<(String, String)> {
    let keys = |frame: &Frame| -> Vec<(String, String)> {
        let (sets, tags) = (frame.texts("data_set"), frame.texts("tag"));
        sets.iter().cloned().zip(tags.iter().cloned()).collect()
    };
    let tolerances: BTreeMap<_, f64> = keys(tolerances)
        .into_iter()
        .zip(tolerances.numbers("tolerance").iter().copied())
        .collect();
    let mut submissions = BTreeMap::<_, Vec<(&String, f64)>>::new();
    let rows = values.texts("team").iter().zip(values.numbers("value"));
    for (key, (team, value)) in keys(values).into_iter().zip(rows) {
        if ["configuration C", "configuration D", "configuration E"].contains(&key.0.as_str()) {
            submissions.entry(key).or_default().push((team, *value));
        }
    }
    let mut matched = BTreeMap::<_, usize>::new();
    for (key, submissions) in submissions {
        let values: Vec<f64> = submissions.iter().map(|(_, value)| *value).collect();
        let (rounded, tolerance) = rounded(&values, tolerances.get(&key).copied().unwrap_or(0.0));
        let mode = most_frequent(&rounded);
        for ((team, _), value) in submissions.iter().zip(rounded) {
            if mode - tolerance <= value && value <= mode + tolerance {
                *matched.entry(((*team).clone(), key.1.clone())).or_default() += 1;
            }
        }
    }
    matched.retain(|_, configurations| *configurations == 3);
    matched.into_keys().collect()
}

/// Values and tolerance, rounded to three digits on the base of the larger.
fn rounded(values: &[f64], tolerance: f64) -> (Vec<f64>, f64) {
    const DIGITS: i32 = 3;
    let base = |x: f64| {
        if x == 0.0 {
            0.0
        } else {
            x.abs().log10().floor()
        }
    };
    let round = |digits: i32| {
        values
            .iter()
            .map(|x| significant(*x, digits))
            .collect::<Vec<_>>()
    };
    if tolerance == 0.0 {
        return (round(DIGITS), 0.0);
    }
    let bases: Vec<f64> = values.iter().map(|x| base(*x)).collect();
    let (of_values, of_tolerance) = (most_frequent(&bases), base(tolerance));
    let digits = DIGITS - (of_values - of_tolerance).abs() as i32;
    if of_values >= of_tolerance {
        let unit = 10_f64.powf(of_values);
        let last_digit = 10_f64.powf(of_values - 2.0);
        let tolerance = if digits > 0 {
            unit * significant(tolerance / unit, digits) + last_digit
        } else {
            last_digit
        };
        return (round(DIGITS), tolerance);
    }
    let unit = 10_f64.powf(of_tolerance);
    let round = |x: &f64| {
        if digits > 0 {
            unit * significant(x / unit, digits)
        } else {
            0.0
        }
    };
    (
        values.iter().map(round).collect(),
        significant(tolerance, DIGITS),
    )
}

fn significant(x: f64, digits: i32) -> f64 {
    let text = format!("{x:.*e}", digits as usize - 1);
    text.parse().expect("a number")
}

/// The most frequent value, the first of them where several are.
fn most_frequent(values: &[f64]) -> f64 {
    let count = |x: f64| values.iter().filter(|y| **y == x).count();
    let most = values.iter().map(|x| count(*x)).max().unwrap_or_default();
    values
        .iter()
        .copied()
        .find(|x| count(*x) == most)
        .expect("a submission")
}
