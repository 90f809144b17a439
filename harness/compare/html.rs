//! A comparison as one HTML page that needs nothing else, on a screen or on paper.
//!
//! Shares are written as numbers and drawn as bars: colour says nothing that is not there in words.

use super::{
    Agreement, Comparison, Group,
    text::{digits, share},
};

const STYLE: &str = "\
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem;border-bottom:1px solid #ccc;text-align:right;vertical-align:top}
th:first-child,td:first-child{text-align:left}
thead th{border-bottom:2px solid #444}
.bar{display:block;height:.35rem;background:#e2e2e2;min-width:6rem}
.bar i{display:block;height:100%;background:#0b5394}
.apart{font-weight:600}.apart::before{content:'\\25B2 '}
.note{border-left:4px solid #b45f06;padding-left:.7rem}
code{font-size:.92em;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none;font-size:10pt}h2{break-after:avoid}tr{break-inside:avoid}
thead{display:table-header-group}.bar,.bar i{print-color-adjust:exact}}";

/// How many checks are listed of those on which not all agree; CSV has all.
const SHOWN: usize = 500;

/// The page.
#[must_use]
pub fn html(comparison: &Comparison) -> String {
    let documents = &comparison.documents;
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>radgauge: comparison</title>\n<style>{STYLE}</style></head>\n<body>\n<h1>Comparison of results</h1>\n"
    );
    let cells = documents.iter().map(|document| {
        format!(
            "<tr><td>{} {}</td><td>{}/{}</td><td><code>{}</code></td></tr>\n",
            escaped(&document.letter),
            escaped(&document.name),
            document.passed,
            document.executed,
            escaped(&document.digest)
        )
    });
    page += &table(
        &["product", "passed", "digest"].map(str::to_owned),
        cells.collect::<String>(),
    );
    for suite in &comparison.differing_suites {
        page += &format!(
            "<p class=\"note\">Suite <code>{}</code> is not the same in all documents; references are those of the \
             first.</p>\n",
            escaped(suite)
        );
    }
    page += "<p>Two values agree when they differ by no more than the rule of their check forgives: its tolerance and \
             its rounding. Values may agree and be wrong together.</p>\n<h2>Every pair</h2>\n";
    page += &pairs(comparison);
    page += "<h2>By family</h2>\n";
    page += &groups(comparison, "family", &comparison.families);
    page += "<h2>By feature</h2>\n";
    page += &groups(comparison, "feature", &comparison.features);
    page += &apart(comparison);
    page += &only_in_some(comparison);
    page + "</body></html>\n"
}

/// The matrix of pairs.
fn pairs(comparison: &Comparison) -> String {
    let documents = &comparison.documents;
    let letters = documents.iter().map(|document| document.letter.clone());
    let head: Vec<String> = [String::new()].into_iter().chain(letters).collect();
    let mut rows = String::new();
    for (a, document) in documents.iter().enumerate() {
        rows += &format!("<tr><td>{}</td>", escaped(&document.letter));
        for (b, agreement) in comparison.pairs[a].iter().enumerate() {
            rows += &match agreement {
                _ if a == b => "<td>·</td>".to_owned(),
                Agreement { compared: 0, .. } => "<td>nothing in common</td>".to_owned(),
                agreement => format!(
                    "<td>{}{}{} equal, {} digits<br>{} compared</td>",
                    share(agreement.agree, agreement.compared),
                    bar(agreement),
                    share(agreement.equal, agreement.compared),
                    digits(agreement.median_digits),
                    agreement.compared
                ),
            };
        }
        rows += "</tr>\n";
    }
    table(&head, rows)
}

/// A row a family or a feature.
fn groups(comparison: &Comparison, title: &str, groups: &[Group]) -> String {
    let mut head = [
        title,
        "compared",
        "agree",
        "equal",
        "median digits",
        "fewest digits",
    ]
    .map(str::to_owned)
    .to_vec();
    head.extend(
        comparison
            .documents
            .iter()
            .map(|document| format!("{} passed", document.letter)),
    );
    let mut rows = String::new();
    for group in groups {
        let agreement = &group.agreement;
        let class = if agreement.agree < agreement.compared {
            " class=\"apart\""
        } else {
            ""
        };
        rows += &format!(
            "<tr><td><code>{}</code> {}</td><td>{}</td><td><span{class}>{}</span>{}</td><td>{}</td><td>{}</td><td>{}</td>",
            escaped(&group.key),
            escaped(&group.name),
            agreement.compared,
            share(agreement.agree, agreement.compared),
            bar(agreement),
            share(agreement.equal, agreement.compared),
            digits(agreement.median_digits),
            digits(agreement.fewest_digits)
        );
        for (passed, executed) in &group.scores {
            rows += &format!("<td>{passed}/{executed}</td>");
        }
        rows += "</tr>\n";
    }
    table(&head, rows)
}

/// The checks on which not all agree.
fn apart(comparison: &Comparison) -> String {
    let apart: Vec<_> = comparison
        .rows
        .iter()
        .filter_map(|row| row.overall().map(|closeness| (row, closeness)))
        .filter(|(_, closeness)| !closeness.agree)
        .collect();
    if apart.is_empty() {
        return String::new();
    }
    let mut head = ["check", "reference"].map(str::to_owned).to_vec();
    head.extend(
        comparison
            .documents
            .iter()
            .map(|document| document.letter.clone()),
    );
    head.push("digits".to_owned());
    let mut rows = String::new();
    for (row, closeness) in apart.iter().take(SHOWN) {
        rows += &format!(
            "<tr><td><code>{}</code> {}</td><td>{} ± {}</td>",
            escaped(&row.id),
            escaped(&row.name),
            escaped(&row.reference),
            escaped(&row.tolerance)
        );
        for cell in &row.cells {
            let text = match cell {
                None => "not selected".to_owned(),
                Some(cell) => match cell.value {
                    Some(value) => format!("{value} {}", cell.outcome.name()),
                    None => cell.outcome.name().to_owned(),
                },
            };
            rows += &format!("<td>{text}</td>");
        }
        rows += &format!("<td>{:.1}</td></tr>\n", closeness.digits);
    }
    let title = format!("<h2>Checks on which not all agree: {}</h2>\n", apart.len());
    title + &table(&head, rows) + &cut(apart.len())
}

/// The checks that some documents do not have.
fn only_in_some(comparison: &Comparison) -> String {
    let some: Vec<_> = comparison
        .rows
        .iter()
        .filter(|row| row.cells.iter().any(Option::is_none))
        .collect();
    if some.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for row in some.iter().take(SHOWN) {
        let letters: Vec<String> = row
            .cells
            .iter()
            .zip(&comparison.documents)
            .filter(|(cell, _)| cell.is_some())
            .map(|(_, document)| escaped(&document.letter))
            .collect();
        rows += &format!(
            "<tr><td><code>{}</code></td><td>{}</td></tr>\n",
            escaped(&row.id),
            letters.join(", ")
        );
    }
    let title = format!("<h2>Checks that not all have: {}</h2>\n", some.len());
    title + &table(&["check", "in"].map(str::to_owned), rows) + &cut(some.len())
}

fn cut(count: usize) -> String {
    match count.checked_sub(SHOWN) {
        None | Some(0) => String::new(),
        Some(more) => format!("<p>and {more} more</p>\n"),
    }
}

/// A table of a head that is text and rows that are HTML.
fn table(head: &[String], rows: String) -> String {
    let head: String = head
        .iter()
        .map(|cell| format!("<th scope=\"col\">{}</th>", escaped(cell)))
        .collect();
    format!("<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>\n")
}

/// The share that agrees, as a picture.
fn bar(agreement: &Agreement) -> String {
    match (agreement.agree * 100).checked_div(agreement.compared) {
        None => String::new(),
        Some(percent) => format!(
            "<span class=\"bar\" aria-hidden=\"true\"><i style=\"width:{percent}%\"></i></span>"
        ),
    }
}

/// Text in which nothing is markup; control characters, which HTML forbids, are replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
