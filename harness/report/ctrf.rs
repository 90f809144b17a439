//! CTRF, the Common Test Report Format: JSON that test dashboards read.
//!
//! Whatever falls short is `failed`, with the outcome as `rawStatus`. Result documents hold no times: every time is 0.

use serde::Serialize;

use super::summary::{falls_short, how_far, requirement, value};
use crate::{
    results::{Check, Results},
    verdict::Outcome,
};

/// The version of the format that is written.
const SPEC_VERSION: &str = "1.0.0";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    report_format: &'static str,
    spec_version: &'static str,
    generated_by: String,
    results: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    tool: Tool<'a>,
    summary: Summary,
    tests: Vec<Test<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Summary {
    tests: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
    pending: usize,
    other: usize,
    start: u64,
    stop: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Test<'a> {
    name: &'a str,
    status: &'static str,
    duration: u64,
    suite: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    raw_status: &'static str,
    tags: [&'static str; 1],
}

/// Renders the checks as CTRF.
///
/// # Panics
/// Never: text has a JSON form.
#[must_use]
pub fn render(results: &Results) -> String {
    let run = &results.run;
    let totals = &results.end.totals;
    let passed = totals.of(Outcome::Pass);
    let document = Document {
        report_format: "CTRF",
        spec_version: SPEC_VERSION,
        generated_by: format!("{} {}", run.harness.name, run.harness.version),
        results: Body {
            tool: Tool {
                name: &run.implementation.name,
                version: &run.implementation.version,
            },
            summary: Summary {
                tests: totals.selected,
                passed,
                failed: totals.executed - passed,
                skipped: totals.selected - totals.executed,
                pending: 0,
                other: 0,
                start: 0,
                stop: 0,
            },
            tests: results.checks.iter().map(test).collect(),
        },
    };
    let mut json = serde_json::to_string(&document).expect("text has a JSON form");
    json.push('\n');
    json
}

fn test(check: &Check) -> Test<'_> {
    let status = match check.outcome {
        Outcome::Pass => "passed",
        Outcome::Skipped => "skipped",
        _ => "failed",
    };
    let message = falls_short(check).then(|| {
        let details = how_far(check).into_iter().chain(check.reason.clone());
        let first = format!("required: {}; found: {}", requirement(check), value(check));
        [first]
            .into_iter()
            .chain(details)
            .collect::<Vec<_>>()
            .join("; ")
    });
    Test {
        name: &check.id,
        status,
        duration: 0,
        suite: check.case_id().split('/').collect(),
        message,
        raw_status: check.outcome.name(),
        tags: [check.tier.name()],
    }
}
