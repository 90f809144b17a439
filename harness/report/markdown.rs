//! Markdown for the summary page of a CI job: headline, profiles, matrix, what falls short, what was skipped.

use super::summary::{
    Count, Matrix, falling_short, how_far, levels, outcomes, profiles, skipped, submission, value,
    verdict,
};
use crate::results::Results;

/// How many failing checks are listed: summary pages are limited in size.
const SHORT_SHOWN: usize = 50;

/// How many cases the matrix shows, and how many names a list of skipped cases has.
const CASES_SHOWN: usize = 200;

/// Renders the summary as GitHub-flavoured Markdown.
#[must_use]
pub fn render(results: &Results) -> String {
    let run = &results.run;
    let totals = &results.end.totals;
    let mut text = format!(
        "## {} {}: {}\n\n{} required · {} selected · {} executed: {}. Tested by {} {}, exit code {}.\n\n",
        escape(&run.implementation.name),
        escape(&run.implementation.version),
        verdict(results),
        totals.required,
        totals.selected,
        totals.executed,
        outcomes(results),
        escape(&run.harness.name),
        escape(&run.harness.version),
        results.end.exit_code
    );
    for line in submission(run) {
        text += &format!("{}\n\n", escape(&line));
    }
    profile_table(&mut text, results);
    level_table(&mut text, results);
    matrix(&mut text, results);
    diagnoses(&mut text, results);
    short(&mut text, results);
    for (reason, cases) in skipped(results) {
        let names: Vec<String> = cases
            .iter()
            .take(CASES_SHOWN)
            .map(|case| code(case))
            .collect();
        text += &format!(
            "### Skipped cases ({})\n\n{}\n\n",
            cases.len(),
            names.join(", ")
        );
        // An indented block ends at nothing but a line that is not indented, whatever the reason holds.
        for line in reason.lines() {
            text += &format!("    {line}\n");
        }
        text.push('\n');
    }
    text
}

fn profile_table(text: &mut String, results: &Results) {
    let profiles = profiles(results);
    if profiles.is_empty() {
        return;
    }
    *text += "| profile | passed | executed | required | |\n| --- | ---: | ---: | ---: | --- |\n";
    for profile in profiles {
        let state = match (profile.is_complete(), profile.holds()) {
            (_, true) => "✓ holds",
            (true, false) => "✗ falls short",
            (false, false) => "– incomplete",
        };
        *text += &format!(
            "| {} | {} | {} | {} | {state} |\n",
            code(profile.name),
            profile.count.passed,
            profile.count.executed,
            profile.required
        );
    }
    text.push('\n');
}

fn level_table(text: &mut String, results: &Results) {
    *text +=
        "| tier | consensus | passed | executed | selected |\n| --- | --- | ---: | ---: | ---: |\n";
    for level in levels(results) {
        *text += &format!(
            "| {} | {} | {} | {} | {} |\n",
            level.tier.name(),
            escape(level.consensus.unwrap_or("–")),
            level.count.passed,
            level.count.executed,
            level.count.selected
        );
    }
    text.push('\n');
}

fn matrix(text: &mut String, results: &Results) {
    let matrix = Matrix::of(results);
    *text += "| passed |";
    for family in &matrix.families {
        *text += &format!(" {} |", escape(family));
    }
    *text += " all |\n| --- |";
    *text += &" ---: |".repeat(matrix.families.len() + 1);
    text.push('\n');
    let cell = |count: Option<Count>| match count {
        None => "·".to_owned(),
        Some(count) if count.executed == 0 => format!("– {}", count.selected),
        Some(count) if count.holds() => format!("✓ {}", count.passed),
        Some(count) => format!("✗ {}/{}", count.passed, count.selected),
    };
    for row in matrix.rows.iter().take(CASES_SHOWN) {
        *text += &format!("| {} |", code(row.case));
        for count in row.cells.iter().copied().chain([Some(row.all)]) {
            *text += &format!(" {} |", cell(count));
        }
        text.push('\n');
    }
    text.push('\n');
    if matrix.rows.len() > CASES_SHOWN {
        *text += &format!("and {} more cases\n\n", matrix.rows.len() - CASES_SHOWN);
    }
}

fn diagnoses(text: &mut String, results: &Results) {
    if results.diagnoses.is_empty() {
        return;
    }
    *text += "### Why\n\n";
    for diagnosis in results.diagnoses.iter().take(SHORT_SHOWN) {
        *text += &format!(
            "- {}: {}\n",
            code(&diagnosis.case),
            escape(&diagnosis.message)
        );
    }
    text.push('\n');
}

fn short(text: &mut String, results: &Results) {
    let short = falling_short(results);
    if short.is_empty() {
        return;
    }
    *text += &format!("### Checks that fall short ({})\n\n", short.len());
    if short.len() > SHORT_SHOWN {
        *text += &format!("The {SHORT_SHOWN} farthest off:\n\n");
    }
    *text += "| outcome | check | feature | value | reference | how far, why |\n| --- | --- | --- | ---: | ---: | --- |\n";
    for check in short.iter().take(SHORT_SHOWN) {
        let why: Vec<String> = how_far(check)
            .into_iter()
            .chain(check.reason.clone())
            .collect();
        *text += &format!(
            "| {} | {} | {} | {} | {} ± {} | {} |\n",
            check.outcome.name(),
            code(&check.id),
            escape(&check.name),
            value(check),
            escape(&check.expected.value),
            escape(&check.expected.tolerance),
            escape(&why.join("; "))
        );
    }
    text.push('\n');
}

/// A text that stays text: no markup, no HTML, no mention, no new line or table cell.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '@' => escaped += "&#64;",
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|'
            | '~' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A text in a monospaced font. Not a code span: that could not hold every text.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}
