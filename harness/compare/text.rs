//! A comparison as text and as CSV.

use super::{Agreement, Closeness, Comparison, Row};

/// How many checks are listed in full; CSV has all.
const SHOWN: usize = 20;

/// For people.
#[must_use]
pub fn text(comparison: &Comparison) -> String {
    let documents = &comparison.documents;
    let mut text = String::new();
    for document in documents {
        text += &format!(
            "{}  {}: {} of {} executed checks passed (digest {})\n",
            document.letter, document.name, document.passed, document.executed, document.digest
        );
    }
    for suite in &comparison.differing_suites {
        text += &format!(
            "suite `{suite}` is not the same in all documents; references are those of the first\n"
        );
    }

    let letters = || documents.iter().map(|document| document.letter.clone());
    text += "\nagreement of pairs: values that agree within what the rule forgives / equal to the last bit / \
             median digits\n";
    let mut table = vec![
        [String::new()]
            .into_iter()
            .chain(letters())
            .collect::<Vec<_>>(),
    ];
    for (a, document) in documents.iter().enumerate() {
        let cells = (0..documents.len()).map(|b| match a == b {
            true => "·".to_owned(),
            false => pair(&comparison.pairs[a][b]),
        });
        table.push([document.letter.clone()].into_iter().chain(cells).collect());
    }
    text += &aligned(&table);

    text += "\nagreement of all, by family\n";
    let head = ["family", "compared", "agree", "equal", "median digits"].map(str::to_owned);
    let mut table = vec![
        head.into_iter()
            .chain(letters().map(|letter| format!("{letter} passed")))
            .collect(),
    ];
    for family in &comparison.families {
        let Agreement {
            compared,
            agree,
            equal,
            median_digits,
            ..
        } = family.agreement;
        let mut row = vec![
            family.key.clone(),
            compared.to_string(),
            share(agree, compared),
            share(equal, compared),
            digits(median_digits),
        ];
        row.extend(
            family
                .scores
                .iter()
                .map(|(passed, executed)| format!("{passed}/{executed}")),
        );
        table.push(row);
    }
    text += &aligned(&table);

    let mut features: Vec<_> = comparison
        .features
        .iter()
        .filter(|feature| feature.agreement.agree < feature.agreement.compared)
        .collect();
    features
        .sort_by_key(|feature| feature.agreement.agree as i64 - feature.agreement.compared as i64);
    listed(
        &mut text,
        "features on which not all agree",
        &features,
        |feature| {
            let agreement = &feature.agreement;
            format!(
                "{} {}: {} of {} agree, fewest digits {}",
                feature.key,
                feature.name,
                agreement.agree,
                agreement.compared,
                digits(agreement.fewest_digits)
            )
        },
    );
    let mut apart: Vec<(&Row, Closeness)> = comparison
        .rows
        .iter()
        .filter_map(|row| row.overall().map(|closeness| (row, closeness)))
        .filter(|(_, closeness)| !closeness.agree)
        .collect();
    apart.sort_by(|(_, a), (_, b)| a.digits.total_cmp(&b.digits));
    listed(
        &mut text,
        "checks farthest apart",
        &apart,
        |(row, closeness)| {
            let values = row.cells.iter().zip(documents).map(|(cell, document)| {
                let value = cell
                    .and_then(|cell| cell.value)
                    .map(|value| value.to_string());
                let outcome = cell.map_or("not selected", |cell| cell.outcome.name());
                format!(
                    "{} {}",
                    document.letter,
                    value.unwrap_or_else(|| outcome.to_owned())
                )
            });
            format!(
                "{}: {} ({:.1} digits)",
                row.id,
                values.collect::<Vec<_>>().join(", "),
                closeness.digits
            )
        },
    );
    for (index, document) in documents.iter().enumerate() {
        let only: Vec<&Row> = comparison
            .rows
            .iter()
            .filter(|row| {
                row.cells
                    .iter()
                    .enumerate()
                    .all(|(at, cell)| cell.is_some() == (at == index))
            })
            .collect();
        listed(
            &mut text,
            &format!("checks in {} only", document.letter),
            &only,
            |row| row.id.clone(),
        );
    }
    text
}

/// A titled list, cut when it is long; nothing when it is empty.
pub(super) fn listed<T>(text: &mut String, title: &str, items: &[T], line: impl Fn(&T) -> String) {
    if items.is_empty() {
        return;
    }
    *text += &format!("\n{title}: {}\n", items.len());
    for item in items.iter().take(SHOWN) {
        *text += &format!("  {}\n", line(item));
    }
    if items.len() > SHOWN {
        *text += &format!("  and {} more\n", items.len() - SHOWN);
    }
}

/// Rows as columns of equal width, the first to the left and the others to the right.
pub(super) fn aligned(table: &[Vec<String>]) -> String {
    let columns = table.first().map_or(0, Vec::len);
    let width = |column: usize| {
        table
            .iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in table {
        let mut line = format!("  {:<1$}", row[0], widths[0]);
        for (cell, &width) in row.iter().zip(&widths).skip(1) {
            line += &format!("  {cell:>width$}");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn pair(agreement: &Agreement) -> String {
    if agreement.compared == 0 {
        return "nothing in common".to_owned();
    }
    format!(
        "{} / {} / {}",
        share(agreement.agree, agreement.compared),
        share(agreement.equal, agreement.compared),
        digits(agreement.median_digits)
    )
}

/// A share in per cent, rounded towards less: 100 % is all of them.
pub(super) fn share(part: usize, whole: usize) -> String {
    match (part * 1000).checked_div(whole) {
        None => "–".to_owned(),
        Some(1000) => "100 %".to_owned(),
        Some(mille) => format!("{}.{} %", mille / 10, mille % 10),
    }
}

/// Digits agreed, to one decimal.
pub(super) fn digits(digits: Option<f64>) -> String {
    digits.map_or("–".to_owned(), |digits| format!("{digits:.1}"))
}

/// Every check as CSV: value and outcome in each document, and how far all agree.
///
/// # Panics
/// Never: writing to memory cannot fail.
#[must_use]
pub fn csv(comparison: &Comparison) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = ["id", "name", "unit", "reference", "tolerance"].map(str::to_owned);
    let columns = comparison.documents.iter().flat_map(|document| {
        ["value", "outcome"].map(|what| format!("{what} {}", document.letter))
    });
    let last = ["agree", "equal", "digits"].map(str::to_owned);
    let mut record = |fields: Vec<String>| {
        writer
            .write_record(fields)
            .expect("writing to memory cannot fail")
    };
    record(head.into_iter().chain(columns).chain(last).collect());
    for row in &comparison.rows {
        let mut fields = vec![
            row.id.clone(),
            row.name.clone(),
            row.unit.clone(),
            row.reference.clone(),
            row.tolerance.clone(),
        ];
        for cell in &row.cells {
            let value = cell.and_then(|cell| cell.value);
            fields.push(value.map(|value| value.to_string()).unwrap_or_default());
            fields.push(cell.map_or("", |cell| cell.outcome.name()).to_owned());
        }
        fields.extend(match row.overall() {
            None => [const { String::new() }; 3],
            Some(closeness) => {
                let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
                [
                    yes(closeness.agree),
                    yes(closeness.is_equal),
                    closeness.digits.to_string(),
                ]
            }
        });
        record(fields);
    }
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is UTF-8")
}
