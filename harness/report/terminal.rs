//! The summary that a run leaves on the terminal; its last line is the verdict.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    expectations,
    results::{Check, Results, Tier},
    verdict::{Outcome, Verdict},
};

/// How many failing checks are shown in full; the result document has all of them.
const SHORT_SHOWN: usize = 20;

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
    for suite in &run.suites {
        text += &format!(
            "suite {} · edition {} · {} checks · sha256 {}\n",
            suite.name,
            suite.edition,
            suite.checks,
            &suite.sha256[..suite.sha256.len().min(12)]
        );
    }
    text.push('\n');
    matrix(&mut text, results);
    profiles(&mut text, results);
    contested(&mut text, results);
    falling_short(&mut text, results);
    closest_calls(&mut text, results);
    skipped(&mut text, results);
    text += &expectations::summary(results);
    totals(&mut text, results);
    text
}

/// Families against cases: passed, or passed/selected where they differ.
fn matrix(text: &mut String, results: &Results) {
    let mut families: Vec<&str> = Vec::new();
    let mut cells: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for check in &results.checks {
        if !families.contains(&check.family()) {
            families.push(check.family());
        }
        for column in [check.family(), "all"] {
            let (passed, selected) = cells.entry((check.case_id(), column)).or_default();
            *passed += usize::from(check.outcome == Outcome::Pass);
            *selected += 1;
        }
    }
    families.push("all");
    let cell = |case: &str, family: &str| match cells.get(&(case, family)) {
        None => "·".to_owned(),
        Some((passed, selected)) if passed == selected => passed.to_string(),
        Some((passed, selected)) => format!("{passed}/{selected}"),
    };
    let width = |family: &str| {
        results
            .cases
            .iter()
            .map(|case| cell(&case.id, family).chars().count())
            .chain([family.len()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = families.iter().map(|family| width(family)).collect();
    let case_width = results
        .cases
        .iter()
        .map(|case| case.id.len())
        .chain(["passed".len()])
        .max()
        .unwrap_or(0);
    let mut row = |first: &str, columns: &dyn Fn(&str) -> String, last: &str| {
        write!(text, "{first:case_width$}").expect("writing to a string cannot fail");
        for (family, &width) in families.iter().zip(&widths) {
            write!(text, "  {:>width$}", columns(family)).expect("writing to a string cannot fail");
        }
        let _ = writeln!(text, "  {last}");
    };
    row("passed", &|family| family.to_owned(), "tier");
    for case in &results.cases {
        let last = if case.skipped.is_some() {
            "skipped".to_owned()
        } else {
            let mut tiers: Vec<Tier> = results
                .checks
                .iter()
                .filter(|check| check.case_id() == case.id)
                .map(|check| check.tier)
                .collect();
            tiers.sort_unstable();
            tiers.dedup();
            tiers
                .iter()
                .map(|tier| tier.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        row(&case.id, &|family| cell(&case.id, family), &last);
    }
    text.push('\n');
}

/// How many of the checks that each profile requires have passed.
fn profiles(text: &mut String, results: &Results) {
    let mut required: BTreeMap<&str, usize> = BTreeMap::new();
    for suite in &results.run.suites {
        for (profile, count) in &suite.profiles {
            *required.entry(profile).or_default() += count;
        }
    }
    for (profile, required) in required {
        let passed = results
            .checks
            .iter()
            .filter(|check| {
                check.outcome == Outcome::Pass && check.profiles.iter().any(|name| name == profile)
            })
            .count();
        let state = if passed == required {
            "complete"
        } else {
            "incomplete"
        };
        *text += &format!("profile {profile}: {passed}/{required}, {state}\n");
    }
}

/// References on which published sources disagree, with both values.
fn contested(text: &mut String, results: &Results) {
    let contested: Vec<&Check> = results
        .checks
        .iter()
        .filter(|check| check.note.is_some())
        .collect();
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

fn falling_short(text: &mut String, results: &Results) {
    let mut short: Vec<&Check> = results
        .checks
        .iter()
        .filter(|check| check.outcome.is_executed() && check.outcome != Outcome::Pass)
        .filter(|check| check.verdict != Some(Verdict::Expected))
        .collect();
    if short.is_empty() {
        return;
    }
    short.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
    *text += &format!("\n{} checks fall short", short.len());
    if short.len() > SHORT_SHOWN {
        *text += &format!(", the {SHORT_SHOWN} farthest off are");
    }
    text.push('\n');
    for check in short.iter().take(SHORT_SHOWN) {
        line(text, check);
    }
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

/// How far a check is off, in parts of what its rule forgives; a missing value is farther than any.
fn distance(check: &Check) -> f64 {
    match check.deviation {
        Some(deviation) => deviation
            .allowances
            .unwrap_or(f64::from(deviation.difference != 0.0)),
        None => f64::INFINITY,
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
    if let Some(deviation) = check.deviation {
        *text += &format!(", off by {}", short_number(deviation.difference));
        if let Some(tolerances) = deviation.tolerances {
            *text += &format!(" = {} tolerances", short_number(tolerances));
        }
        if let Some(digits) = deviation.digits_agreed {
            *text += &format!(", {digits:.1} digits agree");
        }
    }
    if let Some(reason) = &check.reason {
        *text += &format!("\n      {reason}");
    }
    text.push('\n');
}

fn value(check: &Check) -> String {
    check
        .actual
        .map_or_else(|| "no value".to_owned(), short_number)
}

/// Up to six significant digits, without an exponent where that reads better.
fn short_number(number: f64) -> String {
    let magnitude = if number == 0.0 {
        0.0
    } else {
        number.abs().log10().floor()
    };
    if (-4.0..7.0).contains(&magnitude) {
        let decimals = (5.0 - magnitude).max(0.0) as usize;
        let text = format!("{number:.decimals$}");
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    } else {
        format!("{number:.5e}")
    }
}

fn skipped(text: &mut String, results: &Results) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for case in &results.cases {
        let Some(reason) = &case.skipped else {
            continue;
        };
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, cases)) => cases.push(&case.id),
            None => reasons.push((reason, vec![&case.id])),
        }
    }
    for (reason, cases) in reasons {
        *text += &format!("\nskipped: {}\n", cases.join(", "));
        for line in reason.lines() {
            *text += &format!("  {line}\n");
        }
    }
}

fn totals(text: &mut String, results: &Results) {
    let totals = &results.end.totals;
    let outcomes: Vec<String> = Outcome::ALL
        .into_iter()
        .filter(|outcome| totals.of(*outcome) > 0)
        .map(|outcome| format!("{} {}", totals.of(outcome), outcome.name()))
        .collect();
    *text += &format!(
        "\n{} required · {} selected · {} executed: {}\n",
        totals.required,
        totals.selected,
        totals.executed,
        outcomes.join(", ")
    );
    let verdict = match results.end.exit_code {
        0 if results.run.expectations.is_some() => "every executed check is as expected",
        0 if totals.executed == totals.required => "every check holds",
        0 => "every executed check holds, but not every required check was executed",
        1 => "falls short",
        3 => "reference data is missing or damaged",
        4 => "the implementation cannot be used",
        5 => "nothing was checked",
        _ => "the run broke",
    };
    *text += &format!("{verdict} (exit code {})\n", results.end.exit_code);
}
