//! Phase 3 of IBSI 2: ICC(A,1) of 486 combinations of modality, filter and feature, of which 458 are reproducible
//! (P. Whybra, A. Zwanenburg et al., Radiology 310:e231319, 2024), from the values that nine teams submitted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use libtest_mimic::{Failed, Trial};
use radgauge::statistics::{
    Level, Ratings,
    category::{Category, Criterion},
    icc::{Form, Icc, icc},
    ratings::Missing,
};

use crate::{
    TEN_DIGITS, close,
    table::{Row, in_data_folder, read},
};

const FILES: [&str; 3] = [
    "agreement/ibsi2_phase3_icc.csv",
    "agreement/ibsi2_phase3_filter.csv",
    "agreement/ibsi2_phase3_values.csv.gz",
];

/// Excellent, good, moderate, poor, unknown, and the one of exact agreement; 439 + 18 + 1 are reproducible.
const COUNTS: [(&str, usize); 6] = [
    ("exact agreement", 1),
    ("excellent", 439),
    ("good", 18),
    ("moderate", 5),
    ("poor", 19),
    ("unknown", 4),
];

pub fn trials() -> Vec<Trial> {
    let Some(files) = FILES
        .map(in_data_folder)
        .into_iter()
        .collect::<Option<Vec<_>>>()
    else {
        return vec![Trial::test("ibsi2/phase3", || Ok(())).with_ignored_flag(true)];
    };
    let values: Arc<OnceLock<Values>> = Arc::default();
    let answers: Arc<Vec<Row>> = Arc::new(read(&files[0]));
    let mut trials = Vec::new();
    for i in 0..answers.len() {
        let (files, values, answers) = (files.clone(), Arc::clone(&values), Arc::clone(&answers));
        let key = Key::of(&answers[i]);
        let name = format!(
            "ibsi2/phase3/{}/{}/{}",
            key.0,
            key.1,
            answers[i].text("tag")
        );
        trials.push(Trial::test(name, move || {
            values
                .get_or_init(|| Values::read(&files[1], &files[2]))
                .check(&answers[i])
        }));
    }
    trials.push(Trial::test("ibsi2/phase3/count", move || {
        let values = values.get_or_init(|| Values::read(&files[1], &files[2]));
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for answer in answers.iter() {
            let (icc, category, _) = values.judge(&Key::of(answer))?;
            *counts.entry(name_of(icc.as_ref(), category)).or_default() += 1;
        }
        if counts == BTreeMap::from(COUNTS) {
            Ok(())
        } else {
            Err(format!("found {counts:?}, expected {COUNTS:?}").into())
        }
    }));
    trials
}

fn name_of(icc: Option<&Icc>, category: Category) -> &'static str {
    match icc {
        Some(icc) if icc.is_exact => "exact agreement",
        _ => category.name(),
    }
}

/// Modality, configuration, feature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(String, String, String);

impl Key {
    fn of(row: &Row) -> Self {
        let [modality, configuration, feature] =
            ["modality", "configuration", "feature"].map(|column| row.text(column).to_owned());
        Self(modality, configuration, feature)
    }
}

/// The values of the teams that enter, by key, team and patient.
struct Values(BTreeMap<Key, BTreeMap<String, BTreeMap<String, Option<f64>>>>);

impl Values {
    fn read(filter: &std::path::Path, values: &std::path::Path) -> Self {
        let enters: BTreeSet<(Key, String)> = read(filter)
            .iter()
            .filter(|row| row.text("passes") == "yes")
            .map(|row| (Key::of(row), row.text("team").to_owned()))
            .collect();
        let mut teams: BTreeMap<Key, BTreeMap<String, BTreeMap<String, Option<f64>>>> =
            BTreeMap::new();
        for row in read(values) {
            let (key, team) = (Key::of(&row), row.text("team").to_owned());
            if enters.contains(&(key.clone(), team.clone())) {
                let value = row
                    .text("value")
                    .parse()
                    .ok()
                    .filter(|value: &f64| value.is_finite());
                let patients = teams.entry(key).or_default().entry(team).or_default();
                patients.insert(row.text("patient").to_owned(), value);
            }
        }
        // a column of zeros is how some teams say that they did not compute the feature
        for teams in teams.values_mut() {
            teams.retain(|_, patients| patients.values().flatten().any(|value| *value != 0.0));
        }
        Self(teams)
    }

    /// The correlation, where there is one, its category, and the teams.
    fn judge(&self, key: &Key) -> Result<(Option<Icc>, Category, String), Failed> {
        let none = BTreeMap::new();
        let teams = self.0.get(key).unwrap_or(&none);
        let names: String = teams.keys().map(String::as_str).collect();
        if teams.len() < 2 {
            return Ok((None, Category::Unknown, names));
        }
        let patients: BTreeSet<&String> = teams.values().flat_map(BTreeMap::keys).collect();
        let row = |patient: &String| {
            teams
                .values()
                .map(|of| of.get(patient).copied().flatten())
                .collect()
        };
        let rows: Vec<Vec<Option<f64>>> = patients.into_iter().map(row).collect();
        let ratings = Ratings::with_missing(&rows, Missing::DropSubjects)?;
        let found = icc(&ratings, Form::AGREEMENT, Level::P95)?;
        let category = Criterion::IBSI2.category(&found);
        Ok((Some(found), category, names))
    }

    fn check(&self, answer: &Row) -> Result<(), Failed> {
        let (found, category, teams) = self.judge(&Key::of(answer))?;
        let name = name_of(found.as_ref(), category);
        if (name, teams.as_str()) != (answer.text("category"), answer.text("teams")) {
            let expected = (answer.text("category"), answer.text("teams"));
            return Err(format!("found {name} of {teams}, expected {expected:?}").into());
        }
        if answer.text("icc").is_empty() {
            return Ok(());
        }
        let found = found.ok_or("no ICC")?;
        let interval = found.interval.ok_or("no interval")?;
        if (found.subjects, found.raters) != (answer.count("n"), answer.count("k")) {
            return Err(format!("n = {}, k = {}", found.subjects, found.raters).into());
        }
        close("ICC", found.value, answer.number("icc"), TEN_DIGITS)?;
        close("lower", interval.lower, answer.number("lower"), TEN_DIGITS)?;
        close("upper", interval.upper, answer.number("upper"), TEN_DIGITS)
    }
}
