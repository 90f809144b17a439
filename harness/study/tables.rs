//! The tables of a study as CSV. All but the values are pure functions of the [`Outcome`].
//!
//! | file | a row |
//! | --- | --- |
//! | `values.csv` | a value: implementation, case, perturbation, settings, feature |
//! | `features.csv` | a feature under settings: every statistic of its repeatability |
//! | `reproducibility.csv` | a feature across settings |
//! | `agreement.csv` | a feature, two implementations; with several implementations only |
//! | `responses.csv` | a feature and a perturbation |
//! | `settings.csv` | settings, ranked |
//! | `trustworthy.csv` | a feature that can be trusted under the settings of rank 1 |
//! | `harmonised.csv` | a feature under a harmonisation arm; when asked for only |

use std::io::{self, Write};

use super::{
    outcome::{Coefficient, Correlation, Known, ORIGINAL, Outcome},
    plan::{Computer, Plan},
    store::{Cell, Store, StoreError},
};

/// A table: its file name and its text.
pub type Table = (&'static str, Vec<u8>);

/// Every table that is a function of the outcome.
#[must_use]
pub fn tables(outcome: &Outcome) -> Vec<Table> {
    let mut tables = vec![
        ("features.csv", features(outcome)),
        ("reproducibility.csv", reproducibility(outcome)),
        ("responses.csv", responses(outcome)),
        ("settings.csv", settings(outcome)),
        ("trustworthy.csv", trustworthy(outcome)),
    ];
    if outcome.study.implementations.len() > 1 {
        tables.push(("agreement.csv", agreement(outcome)));
    }
    if !outcome.harmonised.is_empty() {
        tables.push(("harmonised.csv", harmonised(outcome)));
    }
    tables
}

/// A row that is being written.
#[derive(Default)]
struct Row(Vec<String>);

impl Row {
    fn text(mut self, text: impl ToString) -> Self {
        self.0.push(text.to_string());
        self
    }

    fn number(self, value: Option<f64>) -> Self {
        self.text(value.map(number).unwrap_or_default())
    }

    fn known(self, value: &Known<f64>) -> Self {
        self.number(value.known().copied())
    }

    /// Value, bounds.
    fn coefficient(self, coefficient: &Known<Coefficient>) -> Self {
        let of = coefficient.known();
        self.number(of.map(|c| c.value))
            .number(of.and_then(|c| c.lower))
            .number(of.and_then(|c| c.upper))
    }

    /// Value, bounds, category.
    fn correlation(self, correlation: &Known<Correlation>) -> Self {
        let of = correlation.known();
        self.number(of.map(|c| c.value))
            .number(of.and_then(|c| c.lower))
            .number(of.and_then(|c| c.upper))
            .text(of.map_or("unknown", |c| c.category.as_str()))
    }
}

/// The shortest text that reads back as the same number.
fn number(value: f64) -> String {
    serde_json::to_string(&value).expect("a number has a JSON form")
}

fn table(header: &[&str], rows: impl Iterator<Item = Row>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: &[String]| {
        writer
            .write_record(row)
            .expect("writing to memory cannot fail");
    };
    write(&header.iter().map(ToString::to_string).collect::<Vec<_>>());
    rows.for_each(|row| write(&row.0));
    writer.into_inner().expect("writing to memory cannot fail")
}

fn features(outcome: &Outcome) -> Vec<u8> {
    let study = &outcome.study;
    let rows = outcome.repeatability.iter().map(|row| {
        let feature = &study.features[row.feature];
        Row::default()
            .text(&study.implementations[row.implementation].identity.name)
            .text(&study.settings[row.settings].id)
            .text(&study.settings[row.settings].label)
            .text(&feature.key)
            .text(&feature.name)
            .text(&row.verdict.class)
            .text(&row.verdict.reason)
            .text(row.n)
            .text(row.k)
            .text(row.dropped)
            .correlation(&row.icc)
            .correlation(&row.consistency)
            .known(&row.mean)
            .known(&row.between_sd)
            .known(&row.within_sd)
            .coefficient(&row.coefficient)
            .known(&row.within_cv)
            .known(&row.within_cv_logarithmic)
            .known(&row.percent_coefficient)
            .text(row.ill_conditioned.as_deref().unwrap_or_default())
            .text(row.missing.as_deref().unwrap_or_default())
    });
    table(
        &[
            "implementation",
            "settings",
            "label",
            "feature",
            "name",
            "class",
            "reason",
            "n",
            "k",
            "dropped",
            "icc1",
            "icc1_lower",
            "icc1_upper",
            "icc1_category",
            "icc_c1",
            "icc_c1_lower",
            "icc_c1_upper",
            "icc_c1_category",
            "mean",
            "between_sd",
            "within_sd",
            "rc",
            "rc_lower",
            "rc_upper",
            "within_cv",
            "within_cv_logarithmic",
            "percent_rc",
            "ill_conditioned",
            "missing",
        ],
        rows,
    )
}

fn reproducibility(outcome: &Outcome) -> Vec<u8> {
    let study = &outcome.study;
    let rows = outcome.reproducibility.iter().map(|row| {
        let feature = &study.features[row.feature];
        let gauge = row.gauge.known();
        Row::default()
            .text(&study.implementations[row.implementation].identity.name)
            .text(&row.across)
            .text(&feature.key)
            .text(&feature.name)
            .text(&row.verdict.class)
            .text(&row.verdict.reason)
            .text(row.n)
            .text(row.k)
            .text(row.trials)
            .text(row.dropped)
            .correlation(&row.agreement)
            .correlation(&row.consistency)
            .coefficient(&row.coefficient)
            .number(gauge.map(|gauge| gauge.part))
            .number(gauge.map(|gauge| gauge.operator))
            .number(gauge.map(|gauge| gauge.interaction))
            .number(gauge.map(|gauge| gauge.repeatability))
            .number(gauge.and_then(|gauge| gauge.percent_study_variation.known().copied()))
            .text(
                gauge
                    .and_then(|g| g.distinct_categories)
                    .map_or(String::new(), |n| n.to_string()),
            )
    });
    table(
        &[
            "implementation",
            "across",
            "feature",
            "name",
            "class",
            "reason",
            "n",
            "k",
            "trials",
            "dropped",
            "icc_a1",
            "icc_a1_lower",
            "icc_a1_upper",
            "icc_a1_category",
            "icc_c1",
            "icc_c1_lower",
            "icc_c1_upper",
            "icc_c1_category",
            "rdc",
            "rdc_lower",
            "rdc_upper",
            "var_case",
            "var_settings",
            "var_interaction",
            "var_repeatability",
            "percent_grr",
            "ndc",
        ],
        rows,
    )
}

fn agreement(outcome: &Outcome) -> Vec<u8> {
    let study = &outcome.study;
    let rows = outcome.agreement.iter().map(|row| {
        let [first, second] = row
            .implementations
            .map(|i| &study.implementations[i].identity.name);
        Row::default()
            .text(first)
            .text(second)
            .text(&study.settings[row.settings].id)
            .text(&study.features[row.feature].key)
            .text(row.n)
            .correlation(&row.icc)
            .coefficient(&row.ccc)
            .known(&row.bias)
    });
    table(
        &[
            "first",
            "second",
            "settings",
            "feature",
            "n",
            "icc_a1",
            "icc_a1_lower",
            "icc_a1_upper",
            "icc_a1_category",
            "ccc",
            "ccc_lower",
            "ccc_upper",
            "bias",
        ],
        rows,
    )
}

fn responses(outcome: &Outcome) -> Vec<u8> {
    let study = &outcome.study;
    let rows = outcome.responses.iter().map(|row| {
        Row::default()
            .text(&study.perturbations[row.perturbation].id)
            .text(&study.settings[row.settings].id)
            .text(&study.features[row.feature].key)
            .text(row.n)
            .known(&row.mean_shift)
            .known(&row.sd_shift)
            .known(&row.standardised_shift)
    });
    table(
        &[
            "perturbation",
            "settings",
            "feature",
            "n",
            "mean_shift",
            "sd_shift",
            "standardised_shift",
        ],
        rows,
    )
}

fn settings(outcome: &Outcome) -> Vec<u8> {
    let study = &outcome.study;
    let mut ranked: Vec<_> = outcome.settings.iter().collect();
    ranked.sort_by_key(|summary| (summary.implementation, summary.rank));
    let axes: Vec<&str> = study.axes.iter().map(|axis| axis.name.as_str()).collect();
    let header = [
        &["implementation", "rank", "settings", "label"][..],
        &axes,
        &[
            "features",
            "robust",
            "systematic",
            "unstable",
            "unknown",
            "excellent",
            "good",
            "moderate",
            "poor",
            "median_icc1_lower",
        ],
    ]
    .concat();
    let rows = ranked.into_iter().map(|summary| {
        let point = &study.settings[summary.settings];
        let mut row = Row::default()
            .text(&study.implementations[summary.implementation].identity.name)
            .text(summary.rank)
            .text(&point.id)
            .text(&point.label);
        for (axis, level) in study.axes.iter().zip(&point.levels) {
            row = row.text(&axis.levels[*level]);
        }
        row = row.text(summary.features);
        let count = |counts: &std::collections::BTreeMap<String, usize>, name: &str| {
            counts.get(name).copied().unwrap_or_default()
        };
        for class in ["robust", "systematic", "unstable", "unknown"] {
            row = row.text(count(&summary.classes, class));
        }
        for category in ["excellent", "good", "moderate", "poor"] {
            row = row.text(count(&summary.categories, category));
        }
        row.known(&summary.median_lower)
    });
    table(&header, rows)
}

fn trustworthy(outcome: &Outcome) -> Vec<u8> {
    let study = &outcome.study;
    let best = outcome.best(0).map(|summary| summary.settings);
    let rows = best.into_iter().flat_map(|settings| {
        let across = |feature: usize| {
            outcome.reproducibility.iter().find(move |row| {
                row.implementation == 0
                    && row.across == super::analyse::ALL
                    && row.feature == feature
            })
        };
        outcome.trustworthy(0, settings).map(move |(feature, row)| {
            let across = across(row.feature);
            Row::default()
                .text(&feature.key)
                .text(&feature.name)
                .text(&feature.family)
                .text(&study.settings[settings].id)
                .text(row.n)
                .text(row.k)
                .correlation(&row.icc)
                .coefficient(&row.coefficient)
                .known(&row.within_cv)
                .text(across.map_or("", |row| row.verdict.class.as_str()))
        })
    });
    table(
        &[
            "feature",
            "name",
            "family",
            "settings",
            "n",
            "k",
            "icc1",
            "icc1_lower",
            "icc1_upper",
            "icc1_category",
            "rc",
            "rc_lower",
            "rc_upper",
            "within_cv",
            "class_across_settings",
        ],
        rows,
    )
}

fn harmonised(outcome: &Outcome) -> Vec<u8> {
    let study = &outcome.study;
    let rows = outcome.harmonised.iter().flat_map(|arm| {
        arm.agreement.iter().map(move |(feature, before, after)| {
            Row::default()
                .text(&arm.arm)
                .text(&arm.batches)
                .text(&study.features[*feature].key)
                .known(before)
                .known(after)
        })
    });
    table(
        &["arm", "batches", "feature", "icc_a1_before", "icc_a1_after"],
        rows,
    )
}

/// Why values were not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValuesError {
    /// They cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes all values, one row a value, cell by cell: by implementation, case, perturbation, settings, feature. A cell that
/// failed has one row without a feature.
///
/// # Errors
/// [`ValuesError`].
pub fn write_values(
    plan: &Plan,
    computers: &[Computer],
    store: &Store,
    to: impl Write,
) -> Result<(), ValuesError> {
    let mut to = io::BufWriter::with_capacity(1 << 20, to);
    to.write_all(b"implementation,case,perturbation,settings,feature,value,undefined\n")?;
    let mut line = Vec::new();
    for computer in computers {
        let keys = plan.keys(computer);
        for (case, planned) in plan.cases.iter().enumerate() {
            for (draw, chain) in plan.draws.iter().enumerate() {
                let name = if draw == 0 { ORIGINAL } else { &chain.name };
                for (point, settings) in plan.points.points.iter().enumerate() {
                    let prefix = [
                        &computer.identity.name,
                        &planned.case.id,
                        name,
                        &settings.id,
                    ]
                    .map(quoted)
                    .join(",");
                    let cell = match keys.get(case, draw, point) {
                        Some(key) => store.get(&key)?,
                        None => None,
                    };
                    line.clear();
                    match cell {
                        Some(Cell::Values { values, reasons }) => {
                            let mut reasons = reasons.into_iter().peekable();
                            for (i, ((key, _), value)) in
                                plan.points.keys[point].iter().zip(values).enumerate()
                            {
                                write!(line, "{prefix},{key},")?;
                                match reasons.next_if(|(index, _)| *index as usize == i) {
                                    Some((_, reason)) => writeln!(line, ",{}", quoted(&reason))?,
                                    None => {
                                        serde_json::to_writer(&mut line, &value)
                                            .map_err(io::Error::from)?;
                                        line.extend_from_slice(b",\n");
                                    }
                                }
                            }
                        }
                        Some(Cell::Failed(reason)) => {
                            writeln!(line, "{prefix},,,{}", quoted(&reason))?
                        }
                        None => {
                            let reason = match &planned.content {
                                Ok(_) => "not computed",
                                Err(reason) => reason,
                            };
                            writeln!(line, "{prefix},,,{}", quoted(reason))?;
                        }
                    }
                    to.write_all(&line)?;
                }
            }
        }
    }
    to.flush()?;
    Ok(())
}

/// A field of CSV, quoted where it has to be.
fn quoted(text: &str) -> String {
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}
