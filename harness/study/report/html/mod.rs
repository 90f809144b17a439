//! The report of a study as one HTML file: no network, no library, no font of its own.
//!
//! What must be read without JavaScript or on paper is written as HTML. The script filters and sorts rows that are there,
//! and opens a feature from a `template` element, which costs no layout before.
//!
//! The document is hostile until shown: the template escapes whatever it inserts but pictures and cells that
//! [`plot`](super::plot) and the heat map have made of figures and escaped words, the script only moves and clones
//! elements, and the page's content security policy runs no script but this one and loads nothing.

mod features;
mod heat_map;

use std::collections::HashMap;

use askama::Template;

use super::{
    checklists::{self, Answer},
    plot::{
        Mark,
        curve::{self, Panel},
    },
    summary::{self, ACROSS_ALL, Across, Classes, Family, Pair, percent},
};
use crate::{
    report::{html::policy, reporting_items::Item},
    study::outcome::{
        Failure, Known, Outcome, PerturbationKind, PerturbationSummary, Repeatability,
        SettingsPoint, SettingsSummary,
    },
};
use features::FeatureRow;
use heat_map::HeatMap;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// How many settings, failures, cases and perturbations are listed.
const LISTED: usize = 500;

/// The report.
///
/// # Panics
/// Never: writing to a string cannot fail.
#[must_use]
pub fn render(outcome: &Outcome) -> String {
    let study = &outcome.study;
    let best = outcome.best(0);
    let settings = best.map_or(0, |best| best.settings);
    let point = study.settings.get(settings);
    let rows = features::rows(outcome, settings);
    let heat_map = HeatMap::of(outcome, 0);
    let page = Page {
        style: STYLE,
        script: SCRIPT,
        policy: policy::content_security_policy(SCRIPT),
        outcome,
        best,
        point,
        usable: study.cases.iter().filter(|case| case.is_usable).count(),
        answers: answers(outcome, best),
        warnings: warnings(outcome, &rows),
        ranking: ranking(outcome),
        families: summary::families(outcome, 0, settings),
        family_shares: family_shares(outcome, &heat_map.settings),
        kinds: summary::perturbation_kinds(outcome, settings),
        kind_families: kind_families(outcome, settings),
        responses: responses(outcome, settings),
        across: summary::across(outcome, 0),
        pairs: summary::pairs(outcome),
        heat_map,
        ill: rows
            .iter()
            .filter(|row| row.row.ill_conditioned.is_some())
            .count(),
        trusted: rows.iter().filter(|row| row.mark == Mark::Robust).count(),
        rows,
        criteria: summary::criteria_in_words(&study.criteria, study.methods.level),
        items: point.map_or_else(Vec::new, |point| checklists::ibsi(outcome, point)),
        by_the_laboratory: checklists::by_the_laboratory(),
        checklist: point.map_or_else(Vec::new, |point| checklists::answers(outcome, point)),
    };
    page.render().expect("writing to a string cannot fail")
}

#[derive(Template)]
#[template(path = "page.html", config = "harness/study/report/html/askama.toml")]
struct Page<'a> {
    style: &'static str,
    script: &'static str,
    policy: String,
    outcome: &'a Outcome,
    best: Option<&'a SettingsSummary>,
    point: Option<&'a SettingsPoint>,
    usable: usize,
    answers: Vec<Question>,
    warnings: Vec<String>,
    ranking: Vec<Ranked<'a>>,
    families: Vec<Family<'a>>,
    family_shares: Vec<FamilyShares<'a>>,
    kinds: Vec<&'a PerturbationKind>,
    kind_families: Vec<(&'a str, Vec<Share>)>,
    responses: Option<String>,
    across: Vec<Across<'a>>,
    pairs: Vec<Pair>,
    heat_map: HeatMap<'a>,
    rows: Vec<FeatureRow<'a>>,
    trusted: usize,
    ill: usize,
    criteria: String,
    items: Vec<Item>,
    by_the_laboratory: Vec<(&'static str, &'static str, &'static str)>,
    checklist: Vec<Answer>,
}

/// One of the three questions that a study may ask.
struct Question {
    question: &'static str,
    meaning: &'static str,
    /// The figure, if it was asked.
    figure: Option<String>,
    words: String,
    link: &'static str,
}

fn answers(outcome: &Outcome, best: Option<&SettingsSummary>) -> Vec<Question> {
    let study = &outcome.study;
    let best_settings = best.map_or(0, |best| best.settings);
    let repeatability = outcome.repeatability_of(0, best_settings);
    let robust_of = |summary: &SettingsSummary| Classes::of(&summary.classes).robust;
    let mut questions = vec![Question {
        question: "Does it repeat?",
        meaning: "same settings, perturbed scans: ICC(1)",
        figure: best.map(|best| format!("{} of {}", robust_of(best), best.features)),
        words: match best {
            None => "There are no features.".to_owned(),
            Some(best) => {
                let own = outcome
                    .settings
                    .iter()
                    .filter(|one| one.implementation == 0);
                let fewest = own.map(robust_of).min().unwrap_or_default();
                let across = match study.settings.len() {
                    1 => String::new(),
                    settings => format!(
                        " Over all {settings} settings it is {fewest} to {}.",
                        robust_of(best)
                    ),
                };
                format!(
                    "features are robust under the best settings ({}).{across}",
                    counts(repeatability)
                )
            }
        },
        link: "#features",
    }];
    let across = summary::across(outcome, 0);
    let all = across.iter().find(|one| one.name == ACROSS_ALL);
    questions.push(Question {
        question: "Does it reproduce across settings?",
        meaning: "same scan, other settings: ICC(A,1), ICC(C,1)",
        figure: all.map(|all| format!("{} of {}", all.classes.robust, all.classes.total())),
        words: match all {
            None => "Not asked: there is one point in the grid.".to_owned(),
            Some(all) => format!(
                "features can be compared whatever of the {} settings was used (n {} × k {}); {} more are shifted \
                 systematically, which can be corrected.",
                all.k,
                range(all.n),
                all.k,
                all.classes.systematic
            ),
        },
        link: "#reproducibility",
    });
    let pairs = summary::pairs(outcome);
    let pair = pairs.iter().find(|pair| pair.settings == best_settings);
    questions.push(Question {
        question: "Do implementations agree?",
        meaning: "same scan, same settings: ICC(A,1), CCC",
        figure: pair.map(|pair| format!("{} of {}", pair.agree, pair.features)),
        words: match pair {
            None => "Not asked: there is one implementation.".to_owned(),
            Some(pair) => {
                let [first, second] = pair
                    .implementations
                    .map(|i| study.implementations[i].identity.name.as_str());
                let more = match study.implementations.len() {
                    2 => "",
                    _ => " Other pairs are below.",
                };
                format!(
                    "features have the same values in {first} and {second} under the best settings as far as ICC(A,1) \
                     tells.{more}"
                )
            }
        },
        link: "#agreement",
    });
    questions
}

/// `n 20 cases × k 8 draws`.
fn counts(rows: &[Repeatability]) -> String {
    let n = rows.iter().map(|row| row.n).filter(|n| *n > 0);
    let k = rows.iter().map(|row| row.k).max().unwrap_or_default();
    match (n.clone().min(), n.max()) {
        (Some(few), Some(many)) => format!("n {} cases × k {k} draws", range([few, many])),
        _ => "no case has all values".to_owned(),
    }
}

fn range([few, many]: [usize; 2]) -> String {
    match few == many {
        true => few.to_string(),
        false => format!("{few}–{many}"),
    }
}

/// What a reader has to know before the figures.
fn warnings(outcome: &Outcome, rows: &[FeatureRow<'_>]) -> Vec<String> {
    let mut warnings = Vec::new();
    let end = &outcome.end;
    if end.failed_cells > 0 {
        warnings.push(format!(
            "{} of {} cells have no values, {} of {} cases have none at all: see the failures. A case that lacks a value is \
             left out of that statistic.",
            end.failed_cells,
            end.cells,
            end.failed_cases,
            outcome.study.cases.len()
        ));
    }
    let fewest = rows.iter().map(|row| row.row.n).filter(|n| *n > 0).min();
    if fewest.is_some_and(|n| n < 10) {
        warnings.push(
            "Statistics rest on fewer than 10 cases: intervals are wide, and features that are not robust here may only \
             lack cases. radgauge power says how many it takes."
                .to_owned(),
        );
    }
    let cautions = rows
        .iter()
        .filter(|row| row.row.icc.known().is_some_and(|icc| icc.caution.is_some()));
    match cautions.count() {
        0 => {}
        count => warnings.push(format!(
            "{count} correlations are to be read with caution; the reason is told with each."
        )),
    }
    warnings
}

/// Settings in the order of their rank.
struct Ranked<'a> {
    summary: &'a SettingsSummary,
    implementation: &'a str,
    point: &'a SettingsPoint,
    classes: Classes,
    /// Features by category, from excellent to unknown.
    categories: [usize; 5],
    median: String,
    /// Length of the bar of robust features, of 120.
    bar: usize,
    share: String,
}

/// From excellent to unknown.
const CATEGORIES: [&str; 5] = ["excellent", "good", "moderate", "poor", "unknown"];

fn ranking(outcome: &Outcome) -> Vec<Ranked<'_>> {
    let study = &outcome.study;
    let mut ranking: Vec<Ranked<'_>> = outcome
        .settings
        .iter()
        .map(|summary| Ranked {
            summary,
            implementation: &study.implementations[summary.implementation].identity.name,
            point: &study.settings[summary.settings],
            classes: Classes::of(&summary.classes),
            categories: CATEGORIES.map(|category| {
                summary
                    .categories
                    .get(category)
                    .copied()
                    .unwrap_or_default()
            }),
            median: three_digits(summary.median_lower.known().copied()),
            bar: 120
                * Classes::of(&summary.classes)
                    .robust
                    .min(study.features.len())
                / study.features.len().max(1),
            share: percent(Classes::of(&summary.classes).robust, summary.features),
        })
        .collect();
    ranking.sort_by_key(|one| (one.summary.implementation, one.summary.rank));
    ranking
}

fn three_digits(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

fn one_digit(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"))
}

fn is_one(best: Option<usize>, settings: &usize) -> bool {
    best == Some(*settings)
}

/// A family under all settings that the heat map shows.
struct FamilyShares<'a> {
    name: &'a str,
    /// Robust features, of all, by settings.
    shares: Vec<Share>,
}

fn family_shares<'a>(outcome: &'a Outcome, settings: &[usize]) -> Vec<FamilyShares<'a>> {
    let names = summary::families(outcome, 0, settings.first().copied().unwrap_or(0));
    let own: Vec<&SettingsSummary> = settings
        .iter()
        .filter_map(|settings| {
            let mut all = outcome.settings.iter();
            all.find(|one| one.implementation == 0 && one.settings == *settings)
        })
        .collect();
    names
        .into_iter()
        .map(|family| FamilyShares {
            name: family.name,
            shares: own
                .iter()
                .map(|one| Share::of(one.families.get(family.name).copied().unwrap_or_default()))
                .collect(),
        })
        .collect()
}

/// Robust features, of all, by family and kind of perturbation.
fn kind_families(outcome: &Outcome, settings: usize) -> Vec<(&str, Vec<Share>)> {
    let kinds = summary::perturbation_kinds(outcome, settings);
    let families = summary::families(outcome, 0, settings);
    families
        .into_iter()
        .map(|family| {
            let of_kind = |kind: &&PerturbationKind| {
                Share::of(kind.families.get(family.name).copied().unwrap_or_default())
            };
            (family.name, kinds.iter().map(of_kind).collect())
        })
        .collect()
}

/// Change over all features by perturbation, under settings.
fn responses(outcome: &Outcome, settings: usize) -> Option<String> {
    let perturbations = &outcome.study.perturbations;
    let own: HashMap<usize, &PerturbationSummary> = outcome
        .perturbations
        .iter()
        .filter(|one| one.settings == settings)
        .map(|one| (one.perturbation, one))
        .collect();
    let panels: Vec<Panel> = summary::kinds(outcome)
        .iter()
        .map(|kind| {
            let summaries: Vec<_> = kind
                .perturbations
                .iter()
                .map(|i| own.get(i).copied())
                .collect();
            let figures = |figure: fn(&PerturbationSummary) -> &Known<f64>| {
                summaries
                    .iter()
                    .map(|one| one.and_then(|one| figure(one).known().copied()))
                    .collect()
            };
            Panel {
                title: features::panel_title(kind),
                perturbations: kind
                    .perturbations
                    .iter()
                    .map(|i| {
                        let magnitude = summary::magnitude(&perturbations[*i]);
                        let magnitude = magnitude.filter(|_| kind.unit.is_some());
                        (perturbations[*i].id.clone(), magnitude)
                    })
                    .collect(),
                series: vec![
                    figures(|one| &one.median_change),
                    figures(|one| &one.upper_decile_change),
                ],
            }
        })
        .collect();
    (!panels.is_empty()).then(|| {
        curve::svg(
            &panels,
            "change, SD",
            "change of features by perturbation in standard deviations between cases",
        )
    })
}

/// A share in percent with a shade.
struct Share {
    shade: &'static str,
    text: String,
}

impl Share {
    fn of([part, of]: [usize; 2]) -> Self {
        let percent = (part as u128 * 100).checked_div(of as u128);
        Self {
            shade: match percent {
                None => "h0",
                Some(0..25) => "h1",
                Some(25..50) => "h2",
                Some(50..75) => "h3",
                Some(_) => "h4",
            },
            text: percent.map_or_else(String::new, |percent| percent.to_string()),
        }
    }
}

/// What a failure is about.
fn scope(failure: &Failure) -> String {
    let parts = [
        failure.implementation.as_deref(),
        failure.perturbation.as_deref(),
        failure.settings.as_deref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => "all of it".to_owned(),
        false => parts.join(", "),
    }
}

/// The first digits of a hash, which are enough to find it.
fn hash(sha256: &Option<String>) -> String {
    match sha256 {
        Some(sha256) => sha256.chars().take(16).collect(),
        None => "–".to_owned(),
    }
}
