//! The statement on one sheet of paper: what was tested, what was found, how to verify it.

use std::collections::BTreeMap;

use askama::Template;

use super::{Claim, SCOPE};
use crate::{
    results::{Check, Results},
    verdict::Outcome,
};

/// How many checks that did not pass are listed: what lies between the lines must fit on the sheet.
const LISTED: usize = 10;

/// How many input files are listed, for the same reason.
const INPUTS_LISTED: usize = 4;

#[derive(Template)]
#[template(path = "page.html", config = "harness/statement/askama.toml")]
struct Page<'a> {
    results: &'a Results,
    claims: &'a [Claim],
    scope: &'static str,
    short: Vec<&'a Check>,
    more_short: usize,
    inputs: Vec<(&'a str, &'a str)>,
    more_inputs: usize,
}

/// Renders the page.
pub(super) fn render(results: &Results, claims: &[Claim]) -> String {
    let is_claimed = |check: &&Check| {
        let profiles = &check.profiles;
        profiles
            .iter()
            .any(|profile| claims.iter().any(|claim| claim.profile == *profile))
    };
    let mut short: Vec<&Check> = results
        .checks
        .iter()
        .filter(is_claimed)
        .filter(|check| check.outcome != Outcome::Pass)
        .collect();
    let more_short = short.len().saturating_sub(LISTED);
    short.truncate(LISTED);
    let inputs: BTreeMap<&str, &str> = results
        .cases
        .iter()
        .flat_map(|case| &case.inputs)
        .map(|(name, sha256)| (name.as_str(), sha256.as_str()))
        .collect();
    let page = Page {
        results,
        claims,
        scope: SCOPE,
        short,
        more_short,
        more_inputs: inputs.len().saturating_sub(INPUTS_LISTED),
        inputs: inputs.into_iter().take(INPUTS_LISTED).collect(),
    };
    page.render().expect("writing to a string cannot fail")
}

impl Claim {
    fn holds(&self) -> bool {
        self.passed == self.required
    }

    /// What became of the checks, in words: `480 pass, 2 fail`.
    fn outcomes_in_words(&self) -> String {
        let words: Vec<String> = self
            .outcomes
            .iter()
            .map(|(outcome, count)| format!("{count} {}", outcome.name()))
            .collect();
        words.join(", ")
    }
}
