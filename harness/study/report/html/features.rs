//! Features under the settings of rank 1, each with everything that is known of it.

use std::collections::HashMap;

use super::heat_map::judged;
use crate::{
    statistics::{
        Level,
        bland_altman::{Repeats, TrueValue, bland_altman_with_repeats},
        repeatability::Multiplier,
    },
    study::{
        outcome::{
            Agreement, Coefficient, Correlation, Feature, Known, Outcome, Profile, Repeatability,
            Reproducibility, Response,
        },
        report::{
            plot::{
                Mark,
                bland_altman::{self, Lines, Point},
                curve::{self, Panel},
                figure, forest,
            },
            summary::{self, ACROSS_ALL, Kind},
        },
    },
};

/// So many features have pictures of their own.
const DETAILED: usize = 1000;

/// So many settings are in a forest plot.
const SETTINGS: usize = 40;

/// A feature under the settings of rank 1.
pub(super) struct FeatureRow<'a> {
    pub index: usize,
    pub feature: &'a Feature,
    pub row: &'a Repeatability,
    pub mark: Mark,
    /// ICC(1) with its interval as a picture.
    pub strip: String,
    /// … and in figures.
    pub icc: String,
    pub value: String,
    pub lower: String,
    /// RC with its unit.
    pub coefficient: String,
    /// RC in standard deviations between cases.
    pub relative_coefficient: String,
    /// wCV in percent.
    pub within_cv: String,
    /// Under how many settings it is robust.
    pub robust: usize,
    /// Class of the reproducibility across all settings; `None` when there is nothing to compare.
    pub across: Option<Mark>,
    /// `None` for the features after the first thousand.
    pub detail: Option<Detail>,
}

/// Everything that is known of a feature.
pub(super) struct Detail {
    /// Names and figures.
    pub lines: Vec<(String, String)>,
    /// ICC(1) under every setting.
    pub forest: String,
    pub forest_note: String,
    /// Perturbed against unperturbed scan, with what the picture says in words; or why there is none.
    pub bland_altman: Result<(String, String), String>,
    /// Responses at the first settings.
    pub curves: Option<String>,
}

/// Figures of the outcome by feature.
struct Index<'a> {
    responses: HashMap<(usize, usize), &'a Response>,
    across: HashMap<usize, Vec<&'a Reproducibility>>,
    agreement: HashMap<usize, Vec<&'a Agreement>>,
    profiles: HashMap<usize, &'a Profile>,
    /// Settings in the order of their rank.
    ranked: Vec<usize>,
    kinds: Vec<Kind<'a>>,
}

impl<'a> Index<'a> {
    fn of(outcome: &'a Outcome, settings: usize) -> Self {
        let mut across: HashMap<usize, Vec<&Reproducibility>> = HashMap::new();
        for row in outcome
            .reproducibility
            .iter()
            .filter(|row| row.implementation == 0)
        {
            across.entry(row.feature).or_default().push(row);
        }
        let mut agreement: HashMap<usize, Vec<&Agreement>> = HashMap::new();
        for row in outcome
            .agreement
            .iter()
            .filter(|row| row.settings == settings)
        {
            agreement.entry(row.feature).or_default().push(row);
        }
        let mut ranked: Vec<_> = outcome
            .settings
            .iter()
            .filter(|summary| summary.implementation == 0)
            .map(|summary| (summary.rank, summary.settings))
            .collect();
        ranked.sort_unstable();
        let responses = outcome.responses.iter();
        Self {
            responses: responses
                .map(|row| ((row.feature, row.perturbation), row))
                .collect(),
            across,
            agreement,
            profiles: outcome
                .profiles
                .iter()
                .map(|row| (row.feature, row))
                .collect(),
            ranked: ranked.into_iter().map(|(_, settings)| settings).collect(),
            kinds: summary::kinds(outcome),
        }
    }
}

/// The features under settings, of the first implementation.
pub(super) fn rows(outcome: &Outcome, settings: usize) -> Vec<FeatureRow<'_>> {
    let index = Index::of(outcome, settings);
    let tables: Vec<&[Repeatability]> = (0..outcome.study.settings.len())
        .map(|settings| outcome.repeatability_of(0, settings))
        .collect();
    let limits = [summary::required(&outcome.study.criteria)];
    let rows = outcome.repeatability_of(0, settings).iter();
    rows.map(|row| {
        let feature = &outcome.study.features[row.feature];
        let mark = Mark::of(&row.verdict.class);
        let icc = row.icc.known();
        let (value, interval) = estimate(icc);
        let coefficient = row.coefficient.known().map(|c| c.value);
        let is_robust = |table: &&&[Repeatability]| table[row.feature].verdict.class == "robust";
        let across = index.across.get(&row.feature).and_then(|rows| {
            let all = rows.iter().find(|row| row.across == ACROSS_ALL)?;
            Some(Mark::of(&all.verdict.class))
        });
        FeatureRow {
            index: row.feature,
            feature,
            row,
            mark,
            strip: forest::strip(mark, value, interval, &limits),
            icc: icc.map_or_else(|| "–".to_owned(), with_interval),
            value: value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}")),
            lower: judged(row, outcome.study.criteria.judge)
                .map_or_else(|| "–".to_owned(), |value| format!("{value:.3}")),
            coefficient: coefficient.map_or_else(|| "–".to_owned(), figure),
            relative_coefficient: coefficient
                .zip(row.between_sd.known())
                .map(|(rc, sd)| rc / sd)
                .filter(|relative| relative.is_finite())
                .map_or_else(|| "–".to_owned(), |relative| format!("{relative:.2}")),
            within_cv: match (&row.ill_conditioned, row.within_cv.known()) {
                (None, Some(cv)) => format!("{:.1}", 100.0 * cv),
                _ => "–".to_owned(),
            },
            robust: tables.iter().filter(is_robust).count(),
            across,
            detail: (row.feature < DETAILED)
                .then(|| detail(outcome, &index, &tables, feature, row)),
        }
    })
    .collect()
}

fn estimate(icc: Option<&Correlation>) -> (Option<f64>, Option<[f64; 2]>) {
    let interval = icc.and_then(|icc| Some([icc.lower?, icc.upper?]));
    (icc.map(|icc| icc.value), interval)
}

fn with_interval(icc: &Correlation) -> String {
    match (icc.lower, icc.upper) {
        (Some(lower), Some(upper)) => format!("{:.3} [{lower:.3}, {upper:.3}]", icc.value),
        _ => format!("{:.3}", icc.value),
    }
}

/// With everything that has to stand next to a correlation.
fn correlation(icc: &Known<Correlation>) -> String {
    match icc {
        Known::Known(icc) => {
            let mut words = format!(
                "{} {}: {} (n {} cases × k {}, {})",
                icc.form,
                with_interval(icc),
                icc.category,
                icc.n,
                icc.k,
                icc.computation
            );
            if icc.dropped > 0 {
                words += &format!("; {} cases left out", icc.dropped);
            }
            if let Some(caution) = &icc.caution {
                words += &format!("; caution: {caution}");
            }
            words
        }
        Known::Undefined { undefined } => format!("undefined: {undefined}"),
    }
}

fn coefficient(coefficient: &Known<Coefficient>, unit: &str) -> String {
    match coefficient {
        Known::Known(Coefficient {
            value,
            lower,
            upper,
            df,
        }) => {
            let interval = match (lower, upper) {
                (Some(lower), Some(upper)) => format!(" [{}, {}]", figure(*lower), figure(*upper)),
                _ => String::new(),
            };
            format!(
                "{}{interval}{unit} ({} degrees of freedom)",
                figure(*value),
                figure(*df)
            )
        }
        Known::Undefined { undefined } => format!("undefined: {undefined}"),
    }
}

fn number(known: &Known<f64>, unit: &str) -> String {
    match known {
        Known::Known(value) => format!("{}{unit}", figure(*value)),
        Known::Undefined { undefined } => format!("undefined: {undefined}"),
    }
}

fn share(known: &Known<f64>, of: f64) -> String {
    match known {
        Known::Known(value) => format!("{} %", figure(of * value)),
        Known::Undefined { undefined } => format!("undefined: {undefined}"),
    }
}

fn detail(
    outcome: &Outcome,
    index: &Index<'_>,
    tables: &[&[Repeatability]],
    feature: &Feature,
    row: &Repeatability,
) -> Detail {
    let unit = unit(feature);
    let mut lines = vec![
        (
            "verdict",
            format!("{}: {}", row.verdict.class, row.verdict.reason),
        ),
        ("repeatability", correlation(&row.icc)),
        (
            "without constant shifts of draws",
            correlation(&row.consistency),
        ),
        ("mean", number(&row.mean, &unit)),
        ("SD between cases", number(&row.between_sd, &unit)),
        ("within-subject SD wSD", number(&row.within_sd, &unit)),
        (
            "repeatability coefficient RC",
            coefficient(&row.coefficient, &unit),
        ),
        ("wCV, root mean square", share(&row.within_cv, 100.0)),
        (
            "wCV, by logarithms",
            share(&row.within_cv_logarithmic, 100.0),
        ),
        (
            "RC in percent of the mean",
            share(&row.percent_coefficient, 1.0),
        ),
    ];
    if let Some(reason) = &row.ill_conditioned {
        lines.push((
            "ill-conditioned",
            format!("{reason}: quotients by the mean (wCV, RC in percent) mean nothing here"),
        ));
    }
    if let Some(reason) = &row.missing {
        lines.push((
            "missing",
            format!("{} cases lack a value: {reason}", row.dropped),
        ));
    }
    let mut lines: Vec<(String, String)> = lines
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect();
    for row in index.across.get(&row.feature).into_iter().flatten() {
        let what = match row.across.as_str() {
            ACROSS_ALL => "across all settings".to_owned(),
            axis => format!("across {axis}"),
        };
        let gauge = row.gauge.known().map_or_else(String::new, |gauge| {
            format!(
                "; gauge R&R {} of the total SD, {} distinct categories",
                share(&gauge.percent_study_variation, 1.0),
                gauge
                    .distinct_categories
                    .map_or("–".to_owned(), |n| n.to_string())
            )
        });
        lines.push((
            what,
            format!(
                "{}: {}; {}; {}; RDC {}{gauge}",
                row.verdict.class,
                row.verdict.reason,
                correlation(&row.agreement),
                correlation(&row.consistency),
                coefficient(&row.coefficient, &unit)
            ),
        ));
    }
    for row in index.agreement.get(&row.feature).into_iter().flatten() {
        let [first, second] = row
            .implementations
            .map(|i| outcome.study.implementations[i].identity.name.as_str());
        lines.push((
            format!("{first} and {second}"),
            format!(
                "{}; CCC {}; bias (second less first) {}",
                correlation(&row.icc),
                coefficient(&row.ccc, ""),
                number(&row.bias, &unit)
            ),
        ));
    }
    let limits = [summary::required(&outcome.study.criteria)];
    let forest_rows: Vec<forest::Row<'_>> = index
        .ranked
        .iter()
        .take(SETTINGS)
        .map(|settings| {
            let row = &tables[*settings][row.feature];
            let icc = row.icc.known();
            let (value, interval) = estimate(icc);
            forest::Row {
                label: &outcome.study.settings[*settings].label,
                mark: Mark::of(&row.verdict.class),
                value,
                interval,
                note: match icc {
                    Some(icc) => format!("{:.2}  n {} × k {}", icc.value, icc.n, icc.k),
                    None => "undefined".to_owned(),
                },
            }
        })
        .collect();
    Detail {
        lines,
        forest: forest::svg(
            &forest_rows,
            &limits,
            "ICC(1) with its interval by settings",
        ),
        forest_note: match index.ranked.len() > SETTINGS {
            true => format!(
                "the first {SETTINGS} of {} settings, by rank",
                index.ranked.len()
            ),
            false => "by rank of the settings".to_owned(),
        },
        bland_altman: match index.profiles.get(&row.feature) {
            Some(profile) => profile_picture(outcome, profile, &unit),
            None => Err("the document has no profile of this feature".to_owned()),
        },
        curves: curves(outcome, index, row.feature),
    }
}

/// With a space before it; nothing for what has no unit.
fn unit(feature: &Feature) -> String {
    match feature.unit.as_str() {
        "" | "1" => String::new(),
        unit => format!(" {unit}"),
    }
}

/// The perturbed against the unperturbed scan: a case a point, its draws a whisker.
fn profile_picture(
    outcome: &Outcome,
    profile: &Profile,
    unit: &str,
) -> Result<(String, String), String> {
    let mut points = Vec::new();
    let mut repeats = Vec::new();
    for (i, case) in outcome.study.cases.iter().enumerate() {
        let (Some(original), Some(mean)) = (profile.original[i], profile.mean[i]) else {
            continue;
        };
        let sd = profile.sd[i].unwrap_or_default();
        points.push(Point {
            case: &case.id,
            mean: original / 2.0 + mean / 2.0,
            difference: mean - original,
            spread: sd,
        });
        repeats.push(Repeats {
            first: with_mean_and_sd(
                profile.draws[i].min(outcome.study.perturbations.len()),
                mean,
                sd,
            ),
            second: vec![original],
        });
    }
    let level = Level::P95;
    let found =
        bland_altman_with_repeats(&repeats, TrueValue::Constant, Multiplier::default(), level)
            .map_err(|undefined| undefined.to_string())?;
    let lines = Lines {
        bias: found.bias,
        limits: [found.lower.value, found.upper.value],
    };
    let with_unit = |name: &str| match unit.trim() {
        "" => name.to_owned(),
        unit => format!("{name}, {unit}"),
    };
    let picture = bland_altman::svg(
        &points,
        Some(lines),
        &with_unit("mean of perturbed and unperturbed"),
        &with_unit("perturbed − unperturbed"),
        "Bland–Altman plot of perturbed and unperturbed scans",
    );
    let bias = found.bias_interval.map_or_else(String::new, |interval| {
        format!(" [{}, {}]", figure(interval.lower), figure(interval.upper))
    });
    let words = format!(
        "n {} cases, {} values; bias {}{bias}{unit}; a single perturbed scan differs from the \
         unperturbed one by {} to {}{unit} in 95 % of cases (Bland and Altman 2007, several values a case). A point is the mean of a \
         case's draws, its whisker their SD; open: outside the limits.",
        found.subjects,
        found.observations,
        figure(found.bias),
        figure(found.lower.value),
        figure(found.upper.value)
    );
    Ok((picture, words))
}

/// Values with this number, mean and standard deviation. They stand for a case's draws, of which limits of agreement
/// know nothing else.
fn with_mean_and_sd(count: usize, mean: f64, sd: f64) -> Vec<f64> {
    let mut values = vec![mean; count.max(1)];
    if count > 1 {
        // Two values off by this have all of the variance: 2 off² / (count − 1) = sd².
        let off = sd * ((count - 1) as f64 / 2.0).sqrt();
        values[0] += off;
        values[1] -= off;
    }
    values
}

/// Mean shift by perturbation, in standard deviations between the unperturbed cases.
fn curves(outcome: &Outcome, index: &Index<'_>, feature: usize) -> Option<String> {
    let perturbations = &outcome.study.perturbations;
    let panels: Vec<Panel> = index
        .kinds
        .iter()
        .map(|kind| {
            let shift = |i: &usize| {
                let response = index.responses.get(&(feature, *i))?;
                response.standardised_shift.known().copied()
            };
            Panel {
                title: panel_title(kind),
                perturbations: kind
                    .perturbations
                    .iter()
                    .map(|i| {
                        let magnitude = summary::magnitude(&perturbations[*i]);
                        (
                            perturbations[*i].id.clone(),
                            magnitude.filter(|_| kind.unit.is_some()),
                        )
                    })
                    .collect(),
                series: vec![kind.perturbations.iter().map(shift).collect()],
            }
        })
        .collect();
    (!panels.is_empty()).then(|| {
        curve::svg(
            &panels,
            "mean shift, SD",
            "mean shift by perturbation in standard deviations between cases",
        )
    })
}

/// The kind, with the unit of its magnitudes.
pub(super) fn panel_title(kind: &Kind<'_>) -> String {
    match kind.unit {
        Some(unit) if !unit.is_empty() => format!("{}, {unit}", kind.name),
        _ => kind.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_stand_for_draws_have_their_mean_and_sd() {
        for count in [2, 3, 8] {
            let values = with_mean_and_sd(count, 5.0, 2.0);
            assert_eq!(values.len(), count);
            let mean = values.iter().sum::<f64>() / count as f64;
            let variance: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            let sd = (variance / (count - 1) as f64).sqrt();
            approx::assert_relative_eq!(mean, 5.0, max_relative = 1e-14);
            approx::assert_relative_eq!(sd, 2.0, max_relative = 1e-14);
        }
        assert_eq!(with_mean_and_sd(1, 5.0, 0.0), [5.0]);
    }
}
