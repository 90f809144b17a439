//! JUnit XML: a `testsuite` per case, a `testcase` per check, as GitLab, Jenkins and GitHub actions read it.
//!
//! | outcome | element |
//! | --- | --- |
//! | `pass` | none |
//! | `fail undefined missing unsupported nondeterministic` | `failure` |
//! | `error timeout crash` | `error` |
//! | `skipped` | `skipped` |
//!
//! Where an implementation failed, `system-err` holds the tail of its standard error.
//!
//! `classname` is the case with dots for slashes, which Jenkins shows as package and class; `classname` and `name`
//! together tell checks apart from run to run. Result documents hold no times: every `time` is 0.

use std::fmt::{self, Write as _};

use super::summary::{by_case, how_far, requirement, value};
use crate::{
    results::{Case, Check, Results},
    verdict::Outcome,
};

/// The element that an outcome becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Passed,
    Failure,
    Error,
    Skipped,
}

impl Element {
    fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pass => Self::Passed,
            Outcome::Fail
            | Outcome::Undefined
            | Outcome::Missing
            | Outcome::Unsupported
            | Outcome::Nondeterministic => Self::Failure,
            Outcome::Error | Outcome::Timeout | Outcome::Crash => Self::Error,
            Outcome::Skipped => Self::Skipped,
        }
    }
}

/// Renders the checks as JUnit XML.
#[must_use]
pub fn render(results: &Results) -> String {
    let run = &results.run;
    let name = format!(
        "{} {} tests {} {}",
        run.harness.name, run.harness.version, run.implementation.name, run.implementation.version
    );
    let all: Vec<&Check> = results.checks.iter().collect();
    // The schema of Jenkins has no `skipped` on the outermost element.
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\"{} time=\"0\">\n",
        Attribute(&name),
        counts(&all)
    );
    for case in by_case(results) {
        xml += &format!(
            "  <testsuite name=\"{}\"{} skipped=\"{}\" time=\"0\">\n",
            Attribute(case.id),
            counts(&case.checks),
            count(&case.checks, Element::Skipped)
        );
        for check in &case.checks {
            test_case(&mut xml, case.id, case.case, check);
        }
        if let Some(log) = case.case.and_then(|case| case.log.as_deref()) {
            xml += &format!("    <system-err>{}</system-err>\n", Content(log));
        }
        xml += "  </testsuite>\n";
    }
    xml += "</testsuites>\n";
    xml
}

fn counts(checks: &[&Check]) -> String {
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\"",
        checks.len(),
        count(checks, Element::Failure),
        count(checks, Element::Error)
    )
}

fn count(checks: &[&Check], element: Element) -> usize {
    checks
        .iter()
        .filter(|check| Element::of(check.outcome) == element)
        .count()
}

fn test_case(xml: &mut String, case_id: &str, case: Option<&Case>, check: &Check) {
    let key = check.id.get(case_id.len() + 1..).unwrap_or(&check.id);
    *xml += &format!(
        "    <testcase classname=\"{}\" name=\"{}\" time=\"0\"",
        Attribute(&case_id.replace('/', ".")),
        Attribute(key)
    );
    let element = match Element::of(check.outcome) {
        Element::Passed => {
            *xml += "/>\n";
            return;
        }
        Element::Failure => "failure",
        Element::Error => "error",
        Element::Skipped => {
            let reason = case.and_then(|case| case.skipped.as_deref());
            let reason = check.reason.as_deref().or(reason).unwrap_or_default();
            *xml += &format!(
                ">\n      <skipped message=\"{}\"/>\n    </testcase>\n",
                Attribute(reason)
            );
            return;
        }
    };
    let how_far = how_far(check)
        .map(|text| format!(", {text}"))
        .unwrap_or_default();
    let message = format!(
        "{}: {} against {} ± {}{how_far}",
        check.name,
        value(check),
        check.expected.value,
        check.expected.tolerance
    );
    let optional = |label: &str, text: Option<&str>| {
        text.map(|text| format!("{label}: {text}\n"))
            .unwrap_or_default()
    };
    let text = format!(
        "{}\nrequired: {}\nfound: {}{how_far}\n{}{}{}source: {}\n",
        check.id,
        requirement(check),
        value(check),
        optional("reason", check.reason.as_deref()),
        optional("consensus", check.consensus.as_deref()),
        optional("note", check.note.as_deref()),
        check.source
    );
    *xml += &format!(
        ">\n      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n    </testcase>\n",
        check.outcome.name(),
        Attribute(&message),
        Content(&text)
    );
}

/// A text as it may stand in an attribute, line ends and tabs kept from its normalisation.
pub(super) struct Attribute<'a>(pub(super) &'a str);

/// A text as it may stand between tags.
struct Content<'a>(&'a str);

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\t' | '\n' => write!(f, "&#{};", u32::from(character))?,
                _ => write_character(f, character)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .try_for_each(|character| write_character(f, character))
    }
}

/// A character with its markup escaped. What no XML 1.0 document may hold, not even as a reference, is shown as
/// U+FFFD.
fn write_character(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    match character {
        '&' => f.write_str("&amp;"),
        '<' => f.write_str("&lt;"),
        '>' => f.write_str("&gt;"),
        '"' => f.write_str("&quot;"),
        '\'' => f.write_str("&apos;"),
        '\r' => f.write_str("&#13;"),
        '\t' | '\n' => f.write_char(character),
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}'),
        _ => f.write_char(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_replaced() {
        let text = "a<b>&\"'\u{0}\u{1b}[31m\u{ffff}\r\n\t]]>é😀";
        let escaped = "a&lt;b&gt;&amp;&quot;&apos;\u{fffd}\u{fffd}[31m\u{fffd}&#13;\n\t]]&gt;é😀";
        assert_eq!(Content(text).to_string(), escaped, "between tags");
        let escaped = escaped.replace('\n', "&#10;").replace('\t', "&#9;");
        assert_eq!(Attribute(text).to_string(), escaped, "in an attribute");
    }
}
