//! ComBat in 24 modes on three tables, one of them part of the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock, OnceLock},
};

use libtest_mimic::{Failed, Trial};
use radgauge::statistics::{
    Matrix,
    harmonise::{Batches, ComBat, Covariate, CovariateValues, Effect, Prior},
};

use crate::table::{Row, committed, in_data_folder, read};

/// In standard deviations of the feature, or parts of the value: the answers have twelve digits.
const TOLERANCE: f64 = 1e-10;

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for table in ["mixed_scale", "balanced", "unbalanced"] {
        let is_committed = table == "mixed_scale";
        let has_data = is_committed || DATA.is_some();
        let known: Arc<OnceLock<Known>> = Arc::default();
        for mode in Mode::all() {
            let known = Arc::clone(&known);
            let trial = Trial::test(format!("combat/{table}/{}", mode.name()), move || {
                known
                    .get_or_init(|| Known::read(table, is_committed))
                    .check(&mode)
            });
            trials.push(trial.with_ignored_flag(!has_data));
        }
    }
    trials
}

static DATA: LazyLock<Option<[Vec<Row>; 2]>> = LazyLock::new(|| {
    let tables = in_data_folder("agreement/combat_tables.csv")?;
    let answers = in_data_folder("agreement/combat_known_answers.csv.gz")?;
    Some([read(&tables), read(&answers)])
});

/// How the answers name a way to harmonise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mode {
    covariates: String,
    prior: String,
    mean_only: String,
    reference_batch: String,
}

impl Mode {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for covariates in ["no", "yes"] {
            for prior in ["parametric", "nonparametric", "none"] {
                for mean_only in ["no", "yes"] {
                    for reference_batch in ["", "A"] {
                        let [covariates, prior, mean_only, reference_batch] =
                            [covariates, prior, mean_only, reference_batch].map(String::from);
                        all.push(Self {
                            covariates,
                            prior,
                            mean_only,
                            reference_batch,
                        });
                    }
                }
            }
        }
        all
    }

    fn of(row: &Row) -> Self {
        let [covariates, prior, mean_only, reference_batch] =
            ["covariates", "prior", "mean_only", "reference_batch"].map(|c| row.text(c).to_owned());
        Self {
            covariates,
            prior,
            mean_only,
            reference_batch,
        }
    }

    fn name(&self) -> String {
        let mut name = self.prior.clone();
        for (is_set, part) in [
            (self.mean_only == "yes", "/mean_only"),
            (self.reference_batch == "A", "/reference"),
            (self.covariates == "yes", "/covariates"),
        ] {
            if is_set {
                name += part;
            }
        }
        name
    }

    fn combat(&self) -> ComBat {
        ComBat {
            prior: match self.prior.as_str() {
                "parametric" => Prior::Parametric,
                "nonparametric" => Prior::NonParametric,
                _ => Prior::None,
            },
            effect: match self.mean_only.as_str() {
                "yes" => Effect::Mean,
                _ => Effect::MeanAndVariance,
            },
            reference: Some(self.reference_batch.clone()).filter(|name| !name.is_empty()),
        }
    }
}

/// Feature and sample.
type Cell = (usize, usize);

/// A table with its answers.
struct Known {
    features: Matrix,
    batches: Batches,
    covariates: Vec<Covariate>,
    answers: BTreeMap<Mode, BTreeMap<Cell, f64>>,
}

impl Known {
    fn read(table: &str, is_committed: bool) -> Self {
        if is_committed {
            let tables = committed("combat_tables.csv");
            Self::new(table, &tables, &committed("combat_known_answers.csv"))
        } else {
            let [tables, answers] = DATA.as_ref().expect("the trial is ignored without data");
            Self::new(table, tables, answers)
        }
    }

    fn new(table: &str, rows: &[Row], answers: &[Row]) -> Self {
        let cell = |row: &Row| (row.count("feature"), row.count("sample"));
        let of_table = |row: &&Row| row.text("table") == table;
        let mut cells = BTreeMap::new();
        let mut samples = BTreeMap::new();
        for row in rows.iter().filter(of_table) {
            cells.insert(cell(row), row.number("value"));
            samples.insert(row.count("sample"), row);
        }
        let values: Vec<f64> = cells.into_values().collect();
        let rows: Vec<&[f64]> = values.chunks(samples.len()).collect();
        let column = |name: &str| {
            samples
                .values()
                .map(|row| row.text(name).to_owned())
                .collect()
        };
        let mut by_mode: BTreeMap<Mode, BTreeMap<Cell, f64>> = BTreeMap::new();
        for row in answers.iter().filter(of_table) {
            by_mode
                .entry(Mode::of(row))
                .or_default()
                .insert(cell(row), row.number("value"));
        }
        let batch: Vec<String> = column("batch");
        Self {
            features: Matrix::from_rows(&rows).expect("complete features"),
            batches: Batches::new(&batch),
            covariates: vec![
                Covariate {
                    name: "sex".into(),
                    values: CovariateValues::Categorical(column("sex")),
                },
                Covariate {
                    name: "age".into(),
                    values: CovariateValues::Numeric(
                        samples.values().map(|row| row.number("age")).collect(),
                    ),
                },
            ],
            answers: by_mode,
        }
    }

    fn check(&self, mode: &Mode) -> Result<(), Failed> {
        let covariates = match mode.covariates.as_str() {
            "yes" => self.covariates.as_slice(),
            _ => &[],
        };
        let found = mode
            .combat()
            .harmonise(&self.features, &self.batches, covariates)?;
        let answers = self.answers.get(mode).ok_or("no answers in this mode")?;
        let expected: BTreeSet<Cell> = (1..=self.features.rows())
            .flat_map(|f| (1..=self.features.columns()).map(move |s| (f, s)))
            .collect();
        if !answers.keys().eq(&expected) {
            return Err(format!("{} answers for {} cells", answers.len(), expected.len()).into());
        }
        for (&(feature, sample), expected) in answers {
            let found = found.values.row(feature - 1)[sample - 1];
            let scale = standard_deviation(self.features.row(feature - 1)).max(expected.abs());
            if (found - expected).abs() > TOLERANCE * scale {
                let error = (found - expected).abs() / scale;
                return Err(format!(
                    "feature {feature}, sample {sample}: found {found}, expected {expected}, off by {error:e}"
                )
                .into());
            }
        }
        Ok(())
    }
}

fn standard_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt()
}
