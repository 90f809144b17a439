//! The README of a statement: what it is, how to verify it, how to repeat the run.

use std::collections::BTreeMap;

use crate::{results::Results, statement::SCOPE};

/// Renders the README, in Markdown.
pub(super) fn render(results: &Results) -> String {
    let run = &results.run;
    let (harness, product) = (&run.harness, &run.implementation);
    let mut text = format!(
        "# Conformance statement: {}\n\n{SCOPE}\n\n\
         - tested: {}\n- by: {}\n",
        code(&format!("{} {}", product.name, product.version)),
        code(&format!("{} {}", product.name, product.version)),
        code(&format!("{} {}", harness.name, harness.version)),
    );
    for suite in &run.suites {
        text += &format!(
            "- suite: {}, edition {}, sha256 {}\n",
            code(&suite.name),
            suite.edition,
            code(&suite.sha256)
        );
    }
    text += "\nWhat was found is in `statement.json` and, for people, in `statement.html` (per profile), and in \
             `results.jsonl` and `junit.xml` (per check).\n\n\
             ## Verify it\n\n\
             With the name of this folder for FOLDER:\n\n\
             ```sh\nradgauge verify FOLDER\n```\n\n\
             This recomputes every verdict from the values in `results.jsonl`, compares every expected value with the \
             suite that is built into radgauge, counts the claims again and checks every hash. It needs a radgauge \
             with the suite editions above, such as the version above. It cannot tell whether the values are those \
             that the product gave; for that, repeat the run.\n\n\
             ## Repeat it\n\n";
    let mut inputs = BTreeMap::new();
    for case in &results.cases {
        inputs.extend(case.inputs.iter());
    }
    if !inputs.is_empty() {
        text += "Get these files; `radgauge doctor` says where radgauge looks for them:\n\n";
        for (name, sha256) in inputs {
            text += &format!("- {}, sha256 {}\n", code(name), code(sha256));
        }
        text.push('\n');
    }
    text += "Attach the product as the implementation under test, and run\n\n```sh\nradgauge certify --require-data";
    for glob in &run.selection {
        text += &format!(" --select {}", quoted(glob));
    }
    text += &format!(
        " --statement FOLDER\n```\n\n\
         The same product gives the same result document, whose digest is\n{}.\n",
        code(&results.end.digest)
    );
    text
}

/// A code span: no name in a document can become markup.
fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() || c == '`' { ' ' } else { c })
        .collect();
    format!("`{}`", text.trim())
}

/// An argument in single quotes, in which a shell reads nothing but their end.
fn quoted(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    format!("'{}'", text.replace('\'', r"'\''"))
}
