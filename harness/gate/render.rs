//! What the gate says, for people and for pipelines.

use serde::Serialize;

use super::{Finding, Gated, Level};
use crate::results::Results;

/// How many findings of one rule and level are written out in text; JSON has all.
const SHOWN: usize = 20;

/// How many annotations of one level are worth writing: GitHub shows no more of a step.
const ANNOTATIONS: usize = 10;

/// For people.
#[must_use]
pub fn text(gated: &Gated, results: &Results, baseline: Option<&Results>) -> String {
    let name = |results: &Results| {
        let implementation = &results.run.implementation;
        format!("{} {}", implementation.name, implementation.version)
    };
    let mut text = format!(
        "gate: {}, {} checks executed of {} selected",
        name(results),
        gated.executed,
        gated.selected
    );
    if let Some(baseline) = baseline {
        text += &format!(
            ", against {}, {} executed",
            name(baseline),
            baseline.end.totals.executed
        );
    }
    text.push('\n');
    for level in [Level::Error, Level::Warn] {
        let mut rules: Vec<_> = at(gated, level).map(|finding| finding.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        for rule in rules {
            let findings: Vec<_> = at(gated, level)
                .filter(|finding| finding.rule == rule)
                .collect();
            text += &format!("\n{} {}: {}\n", word(level), rule.name(), findings.len());
            for finding in findings.iter().take(SHOWN) {
                let message = finding.message.replace('\n', "\n      ");
                text += &match &finding.id {
                    Some(id) => format!("  {id}\n      {message}\n"),
                    None => format!("  {message}\n"),
                };
            }
            if findings.len() > SHOWN {
                text += &format!("  and {} more\n", findings.len() - SHOWN);
            }
        }
    }
    if gated.minimum > 0 && gated.executed > gated.minimum {
        text += &format!(
            "\nthe policy asks for {} checks; it could ask for {}\n",
            gated.minimum, gated.executed
        );
    }
    text + "\n" + &last_line(gated) + "\n"
}

/// As workflow commands of GitHub Actions, which shows them beside the run.
#[must_use]
pub fn github(gated: &Gated) -> String {
    let mut text = String::new();
    for (level, command) in [(Level::Error, "error"), (Level::Warn, "warning")] {
        for Finding {
            rule, id, message, ..
        } in at(gated, level).take(ANNOTATIONS)
        {
            let title = match id {
                Some(id) => format!("{} {id}", rule.name()),
                None => rule.name().to_owned(),
            };
            text += &format!(
                "::{command} title={}::{}\n",
                escaped_property(&format!("radgauge: {title}")),
                escaped(message)
            );
        }
        let count = gated.count(level);
        if count > ANNOTATIONS {
            let more = format!("{} findings more", count - ANNOTATIONS);
            text += &format!("::{command} title=radgauge::{}\n", escaped(&more));
        }
    }
    text + &format!(
        "::notice title=radgauge gate::{}\n",
        escaped(&last_line(gated))
    )
}

/// Everything, for programs: one object.
///
/// # Panics
/// Never: findings have a JSON form.
#[must_use]
pub fn json(gated: &Gated) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: &'static str,
        #[serde(flatten)]
        gated: &'a Gated,
    }
    let document = Document {
        schema: "radgauge.gate/1",
        gated,
    };
    serde_json::to_string_pretty(&document).expect("findings have a JSON form") + "\n"
}

fn at(gated: &Gated, level: Level) -> impl Iterator<Item = &Finding> {
    gated
        .findings
        .iter()
        .filter(move |finding| finding.level == level)
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Off => "off",
        Level::Warn => "warning",
        Level::Error => "error",
    }
}

fn last_line(gated: &Gated) -> String {
    let verdict = match gated.exit_code {
        0 => "the gate is open",
        1 => "falls short",
        _ => "too little was checked",
    };
    let count = |level: Level| match gated.count(level) {
        1 => format!("1 {}", word(level)),
        count => format!("{count} {}s", word(level)),
    };
    format!(
        "{}, {}: {verdict} (exit code {})",
        count(Level::Error),
        count(Level::Warn),
        gated.exit_code
    )
}

/// The message of a workflow command: a line feed would end it, and what follows could be a command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property of a workflow command, which `:` and `,` would end besides.
fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Rule;

    fn gated(findings: Vec<Finding>) -> Gated {
        Gated {
            findings,
            selected: 3,
            executed: 2,
            minimum: 0,
            exit_code: 1,
        }
    }

    #[test]
    fn nothing_that_a_document_says_can_become_a_workflow_command() {
        let text = github(&gated(vec![Finding {
            level: Level::Error,
            rule: Rule::Short,
            id: Some("a/b,c::d\n::stop-commands::x".to_owned()),
            message: "100 %\r\n::set-output name=x::y".to_owned(),
        }]));
        insta::assert_snapshot!(text, @r"
        ::error title=radgauge%3A short a/b%2Cc%3A%3Ad%0A%3A%3Astop-commands%3A%3Ax::100 %25%0D%0A::set-output name=x::y
        ::notice title=radgauge gate::1 error, 0 warnings: falls short (exit code 1)
        ");
    }

    #[test]
    fn more_annotations_than_are_shown_are_counted() {
        let finding = Finding {
            level: Level::Warn,
            rule: Rule::Skipped,
            id: None,
            message: "m".to_owned(),
        };
        let text = github(&gated(vec![finding; 25]));
        assert_eq!(text.lines().count(), ANNOTATIONS + 2, "{text}");
        assert!(text.contains("15 findings more"), "{text}");
    }
}
