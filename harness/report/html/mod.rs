//! The report as one HTML file: no network, no library, no font of its own.
//!
//! What must be read without JavaScript or on paper (headline, matrix, failing checks, contested references,
//! diagnostics, provenance) is written as HTML. The table of all checks is compact JSON, of which the script shows a
//! page at a time, so that a hundred thousand checks stay usable.
//!
//! Results are hostile until shown: the template escapes whatever it inserts, the JSON cannot close its element, the
//! script only ever sets text, and the page's content security policy runs no script but this one and loads nothing.

mod data;
mod diagnostics;
mod maps;
pub(crate) mod policy;
mod short;

use askama::Template;
use radgauge_engine::settings::Settings;

use super::{
    agreement::{self, AgreementSummary},
    reporting_items::{self, BY_THE_LABORATORY, Item},
    summary::{
        Count, Level, Matrix, Profile, contested, falling_short, levels, observed, outcomes,
        profiles, skipped, submission, value, verdict,
    },
};
use crate::{
    results::{Case, Check, Observation, Results},
    verdict::Outcome,
};
use diagnostics::CaseStages;
use maps::Map;
use short::{Context, Short};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("report.js");

/// How many failing checks have a section of their own.
const SECTIONS: usize = 100;

/// How many more are listed in a static table.
const LISTED: usize = 1000;

/// How many cases are described in full.
const CASES: usize = 200;

/// Renders the report.
///
/// # Panics
/// Never: writing to a string cannot fail.
#[must_use]
pub fn render(results: &Results) -> String {
    let short = falling_short(results);
    let context = Context::of(results);
    let contested = contested(results);
    let page = Page {
        style: STYLE,
        script: SCRIPT,
        policy: policy::content_security_policy(SCRIPT),
        results,
        verdict: verdict(results),
        verdict_mark: match results.end.exit_code {
            0 if results.end.totals.executed == 0 => Mark::Skipped,
            0 => Mark::Pass,
            1 => Mark::Fail,
            _ => Mark::Other,
        },
        outcomes: outcomes(results),
        profiles: profiles(results),
        levels: levels(results),
        matrix: Matrix::of(results),
        more_short: short.iter().skip(SECTIONS).take(LISTED).copied().collect(),
        unlisted: short.len().saturating_sub(SECTIONS + LISTED),
        short: short
            .iter()
            .take(SECTIONS)
            .map(|check| Short::of(check, &context))
            .collect(),
        short_count: short.len(),
        skipped: skipped(results),
        submission: submission(&results.run),
        contested_count: contested.len(),
        contested: contested.into_iter().take(LISTED).collect(),
        stages: diagnostics::by_case(results, CASES),
        maps: maps::of(results),
        observed: observed(results),
        agreement: AgreementSummary::of(results),
        settings: settings_groups(results),
        by_the_laboratory: &BY_THE_LABORATORY,
        data: data::json(results),
    };
    page.render().expect("writing to a string cannot fail")
}

#[derive(Template)]
#[template(path = "report.html", config = "harness/report/html/askama.toml")]
struct Page<'a> {
    style: &'static str,
    script: &'static str,
    policy: String,
    results: &'a Results,
    verdict: &'static str,
    verdict_mark: Mark,
    outcomes: String,
    profiles: Vec<Profile<'a>>,
    levels: Vec<Level<'a>>,
    matrix: Matrix<'a>,
    short: Vec<Short<'a>>,
    short_count: usize,
    more_short: Vec<&'a Check>,
    unlisted: usize,
    skipped: Vec<(&'a str, Vec<&'a str>)>,
    submission: Vec<String>,
    contested: Vec<&'a Check>,
    contested_count: usize,
    stages: Vec<CaseStages<'a>>,
    maps: Vec<Map<'a>>,
    observed: Vec<(&'a str, Vec<&'a Observation>)>,
    agreement: Option<AgreementSummary<'a>>,
    settings: Vec<SettingsGroup<'a>>,
    by_the_laboratory: &'static [(&'static str, &'static str, &'static str)],
    data: String,
}

/// How something stands, told apart by shape and word, not by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Pass,
    Fail,
    Skipped,
    Other,
}

impl Mark {
    fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pass => Self::Pass,
            Outcome::Fail => Self::Fail,
            Outcome::Skipped => Self::Skipped,
            _ => Self::Other,
        }
    }

    fn of_count(count: &Count) -> Self {
        match count {
            count if count.executed == 0 => Self::Skipped,
            count if count.holds() => Self::Pass,
            count if count.short() == 0 => Self::Skipped,
            _ => Self::Fail,
        }
    }

    fn of_profile(profile: &Profile<'_>) -> Self {
        match profile {
            profile if profile.holds() => Self::Pass,
            profile if profile.count.short() > 0 => Self::Fail,
            _ => Self::Skipped,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Fail => "✗",
            Self::Skipped => "–",
            Self::Other => "!",
        }
    }

    /// The class in the style sheet.
    fn class(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
            Self::Other => "other",
        }
    }
}

/// Settings with the cases that share them.
struct SettingsGroup<'a> {
    cases: Vec<&'a Case>,
    toml: &'a str,
    /// The reporting items, or why the settings could not be read.
    items: Result<Vec<Item>, String>,
}

fn settings_groups(results: &Results) -> Vec<SettingsGroup<'_>> {
    let mut groups: Vec<SettingsGroup<'_>> = Vec::new();
    for case in results.cases.iter().take(CASES) {
        match groups.iter_mut().find(|group| group.toml == case.settings) {
            Some(group) => group.cases.push(case),
            None => groups.push(SettingsGroup {
                cases: vec![case],
                toml: &case.settings,
                items: Settings::from_toml(&case.settings)
                    .map(|settings| reporting_items::items(&settings, results))
                    .map_err(|error| error.to_string()),
            }),
        }
    }
    groups
}
