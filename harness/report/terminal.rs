//! The summary that a run leaves on the terminal; its last line is the verdict.

use std::fmt::Write as _;

use super::{
    agreement::{AgreementSummary, farthest},
    summary::{
        Count, Matrix, contested, distance, falling_short, group_name, how_far, observed, outcomes,
        profiles, skipped, submission, value, verdict,
    },
};
use crate::{
    expectations,
    results::{Check, Results},
    verdict::Outcome,
};

/// How many failing checks are shown in full; the result document has all of them.
const SHORT_SHOWN: usize = 20;

/// How many quantities are shown on which an implementation is less excellent than the teams are among themselves.
const APART_SHOWN: usize = 10;

/// How many passing checks are shown as the closest calls.
const CLOSE_SHOWN: usize = 5;

/// Renders the summary, in plain text.
///
/// # Panics
/// Never: writing to a string cannot fail.
#[must_use]
pub fn render(results: &Results) -> String {
    let mut text = String::new();
    let run = &results.run;
    text += &format!(
        "{} {} tests {} {}\n",
        run.harness.name, run.harness.version, run.implementation.name, run.implementation.version
    );
    for line in submission(run) {
        text += &format!("{line}\n");
    }
    for suite in &run.suites {
        text += &format!(
            "suite {} · edition {} · {} checks · sha256 {:.12}\n",
            suite.name, suite.edition, suite.checks, suite.sha256
        );
    }
    text.push('\n');
    matrix(&mut text, results);
    for profile in profiles(results) {
        let state = if profile.holds() {
            "complete"
        } else {
            "incomplete"
        };
        text += &format!(
            "profile {}: {}/{}, {state}\n",
            profile.name, profile.count.passed, profile.required
        );
    }
    contested_references(&mut text, results);
    short(&mut text, results);
    text += &diagnoses(results);
    closest_calls(&mut text, results);
    logs(&mut text, results);
    for (reason, cases) in skipped(results) {
        text += &format!("\nskipped: {}\n", names(&cases));
        for line in reason.lines() {
            text += &format!("  {line}\n");
        }
    }
    without_reference(&mut text, results);
    agreement(&mut text, results);
    text += &expectations::summary(results);
    let totals = &results.end.totals;
    text += &format!(
        "\n{} required · {} selected · {} executed: {}\n{} (exit code {})\n",
        totals.required,
        totals.selected,
        totals.executed,
        outcomes(results),
        verdict(results),
        results.end.exit_code
    );
    text
}

/// Cases by name, those of one group as one.
fn names(cases: &[&str]) -> String {
    let mut names: Vec<String> = cases.iter().map(|case| group_name(case)).collect();
    names.dedup();
    names.join(", ")
}

/// How many values were found for which there is no reference, and where.
fn without_reference(text: &mut String, results: &Results) {
    let observed = observed(results);
    if observed.is_empty() {
        return;
    }
    let cases: Vec<&str> = observed.iter().map(|(case, _)| *case).collect();
    let values = results.observations.iter();
    *text += &format!(
        "\nno reference: {} of {} values found in {}; they are in the result document and in its reports\n",
        values.filter(|one| one.value.is_some()).count(),
        results.observations.len(),
        names(&cases)
    );
}

/// How well the implementation agrees with the teams of IBSI 2 phase 3, as one more rater.
fn agreement(text: &mut String, results: &Results) {
    let Some(summary) = AgreementSummary::of(results) else {
        return;
    };
    *text += &format!(
        "\nagreement with the teams of IBSI 2 phase 3, {}, {} quantities\n",
        summary.form, summary.quantities
    );
    for (category, joined, others) in &summary.categories {
        *text += &format!("  {joined:>4} {category} with this implementation, {others} without\n");
    }
    for one in summary.apart.iter().take(APART_SHOWN) {
        *text += &format!(
            "  {}  {} with it, {} without; farthest from the median of the teams on {}\n",
            one.id,
            one.joined.category,
            one.others.category,
            farthest(one)
        );
    }
    if summary.apart.len() > APART_SHOWN {
        *text += &format!(
            "  and {} more on which it is less well agreed on\n",
            summary.apart.len() - APART_SHOWN
        );
    }
    *text += &format!("  {}\n", crate::agreement::KNOWN_DIFFERENCE);
}

/// Families against cases: passed, or passed/selected where they differ.
fn matrix(text: &mut String, results: &Results) {
    let matrix = Matrix::of(results).grouped();
    let cell = |count: Option<Count>| match count {
        None => "·".to_owned(),
        Some(count) if count.holds() => count.passed.to_string(),
        Some(count) => format!("{}/{}", count.passed, count.selected),
    };
    let mut table: Vec<Vec<String>> = vec![
        ["passed"]
            .into_iter()
            .chain(matrix.families.iter().copied())
            .chain(["all", "tier"])
            .map(str::to_owned)
            .collect(),
    ];
    for row in &matrix.rows {
        let mut line = vec![group_name(row.case)];
        line.extend(row.cells.iter().map(|count| cell(*count)));
        line.push(cell(Some(row.all)));
        line.push(if row.is_skipped {
            "skipped".to_owned()
        } else {
            row.tiers.clone()
        });
        table.push(line);
    }
    let columns = table[0].len();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            table
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for line in &table {
        for (column, (entry, &width)) in line.iter().zip(&widths).enumerate() {
            let written = match column {
                0 => write!(text, "{entry:width$}"),
                _ if column + 1 == columns => writeln!(text, "  {entry}"),
                _ => write!(text, "  {entry:>width$}"),
            };
            written.expect("writing to a string cannot fail");
        }
    }
    text.push('\n');
}

/// References on which published sources disagree, with both values.
fn contested_references(text: &mut String, results: &Results) {
    let contested = contested(results);
    if contested.is_empty() {
        return;
    }
    text.push_str("\nreferences on which sources disagree\n");
    for check in contested {
        *text += &format!(
            "  {}  {} against {} ± {} ({}): {}\n      {}\n",
            check.id,
            value(check),
            check.expected.value,
            check.expected.tolerance,
            check.source,
            check.outcome.name(),
            check.note.as_deref().unwrap_or_default()
        );
    }
}

fn short(text: &mut String, results: &Results) {
    let short = falling_short(results);
    if short.is_empty() {
        return;
    }
    *text += &format!("\n{} checks fall short", short.len());
    if short.len() > SHORT_SHOWN {
        *text += &format!(", the {SHORT_SHOWN} farthest off are");
    }
    text.push('\n');
    for check in short.iter().take(SHORT_SHOWN) {
        line(text, check);
    }
}

/// Why checks fail, as far as it is known; nothing when it is not.
pub(crate) fn diagnoses(results: &Results) -> String {
    let mut text = String::new();
    let mut case = "";
    for diagnosis in &results.diagnoses {
        if diagnosis.case != case {
            case = &diagnosis.case;
            text += &format!("\nwhy {case} falls short\n");
        }
        text += &format!("  {}\n", diagnosis.message);
        for suspect in diagnosis.evidence.iter().flat_map(|e| &e.deviations) {
            text += &format!("      {}", suspect.id);
            if !suspect.or.is_empty() {
                text += &format!(" (or {})", suspect.or.join(", "));
            }
            text.push('\n');
        }
    }
    text
}

fn closest_calls(text: &mut String, results: &Results) {
    let mut passed: Vec<&Check> = results
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Pass && distance(check) > 0.0)
        .collect();
    if passed.is_empty() {
        return;
    }
    passed.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
    text.push_str("\nclosest calls among the checks that pass\n");
    for check in passed.iter().take(CLOSE_SHOWN) {
        line(text, check);
    }
}

/// So many lines of what an implementation wrote to standard error are shown.
const LOG_LINES: usize = 8;

/// What the implementation wrote to standard error where it failed.
fn logs(text: &mut String, results: &Results) {
    for case in &results.cases {
        let Some(log) = &case.log else { continue };
        *text += &format!("\nstandard error, {}\n", case.id);
        let lines: Vec<&str> = log.lines().collect();
        for line in &lines[lines.len().saturating_sub(LOG_LINES)..] {
            *text += &format!("  {line}\n");
        }
    }
}

/// One check: id, name, requirement, value, how far off.
fn line(text: &mut String, check: &Check) {
    *text += &format!(
        "  {:<11} {}  {}",
        check.outcome.name(),
        check.id,
        check.name
    );
    if let Some(consensus) = &check.consensus {
        *text += &format!(" ({consensus} consensus)");
    }
    let Check { expected, .. } = check;
    *text += &format!(
        "\n      {} against {} ± {}",
        value(check),
        expected.value,
        expected.tolerance
    );
    if let Some(how_far) = how_far(check) {
        *text += &format!(", {how_far}");
    }
    if let Some(reason) = &check.reason {
        *text += &format!("\n      {reason}");
    }
    text.push('\n');
}
