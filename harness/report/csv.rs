//! All checks as CSV, a row each in suite order, and after them the values without a reference.

use crate::results::Results;

/// Number of columns.
const COLUMNS: usize = 17;

/// The checks as CSV with a header row. Empty cells are what a check does not have.
///
/// # Panics
/// Never: writing to memory cannot fail.
#[must_use]
pub fn render(results: &Results) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record([
            "id",
            "name",
            "unit",
            "tier",
            "consensus",
            "rule",
            "reference",
            "tolerance",
            "digits",
            "actual",
            "outcome",
            "difference",
            "tolerances",
            "digits_agreed",
            "source",
            "note",
            "reason",
        ])
        .expect("writing to memory cannot fail");
    let number = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
    for check in &results.checks {
        let deviation = check.deviation;
        writer
            .write_record([
                check.id.as_str(),
                &check.name,
                &check.unit,
                check.tier.name(),
                check.consensus.as_deref().unwrap_or_default(),
                check.rule.id(),
                &check.expected.value,
                &check.expected.tolerance,
                &check
                    .expected
                    .digits
                    .map(|d| d.to_string())
                    .unwrap_or_default(),
                &number(check.actual),
                check.outcome.name(),
                &number(deviation.map(|d| d.difference)),
                &number(deviation.and_then(|d| d.tolerances)),
                &number(deviation.and_then(|d| d.digits_agreed)),
                &check.source,
                check.note.as_deref().unwrap_or_default(),
                check.reason.as_deref().unwrap_or_default(),
            ])
            .expect("writing to memory cannot fail");
    }
    for one in &results.observations {
        let mut record = [""; COLUMNS];
        let value = number(one.value);
        (record[0], record[1], record[2]) = (&one.id, &one.name, &one.unit);
        (record[9], record[10]) = (&value, "no-reference");
        record[COLUMNS - 1] = one.reason.as_deref().unwrap_or_default();
        writer
            .write_record(record)
            .expect("writing to memory cannot fail");
    }
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is UTF-8")
}
