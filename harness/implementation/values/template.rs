//! The file to fill in.

use glob::Pattern;

use crate::suite::{Asks, Suite, SuiteCase};

/// A file of values with everything but the values: a row for each check whose id one of the globs matches (all, when
/// there are none), and for each observation of a case that is run on request when one does. Expected values are not in
/// it. A case that puts the same question as one before it is left out: it
/// shares the values.
///
/// # Panics
/// Never: writing to memory cannot fail.
#[must_use]
pub fn template(suites: &[Suite], selection: &[Pattern]) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut write = |row: [&str; 7]| table.write_record(row).expect("memory can be written");
    write(["case", "key", "value", "status", "reason", "name", "unit"]);
    let mut asked: Vec<&SuiteCase> = Vec::new();
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    // A response map is no value that could be filled in.
    for case in cases.filter(|case| matches!(case.asks, Asks::Features)) {
        if asked.iter().any(|other| other.asks_the_same_as(case)) {
            continue;
        }
        asked.push(case);
        for check in &case.checks {
            if selection.is_empty() || selection.iter().any(|glob| glob.matches(&check.id)) {
                write([&case.id, check.key(), "", "", "", &check.name, &check.unit]);
            }
        }
        if case.is_on_request && !selection.is_empty() {
            for one in case.observations() {
                if selection.iter().any(|glob| glob.matches(&one.id)) {
                    write([&case.id, one.key(), "", "", "", &one.name, &one.unit]);
                }
            }
        }
    }
    let bytes = table.into_inner().expect("memory can be written");
    String::from_utf8(bytes).expect("what was written is UTF-8")
}
