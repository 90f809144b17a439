//! Values that the [exact twin](crate::exact) gives, kept in a table because it takes its time; a test makes them anew.

use std::{collections::HashMap, sync::LazyLock};

use super::Known;

const SOURCE: &str = "independent computation from the manual's definitions, in exact arithmetic where the formula allows";

/// Key and value, by case, in the order of the table.
type Table = HashMap<String, Vec<(String, f64)>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    let rows = csv::Reader::from_reader(include_bytes!("exact_values.csv").as_slice());
    for row in rows.into_deserialize() {
        let (case, key, value): (String, String, f64) =
            row.expect("exact_values.csv is read by a test");
        table.entry(case).or_default().push((key, value));
    }
    table
});

/// What is known of a case.
pub(super) fn values(case: &str) -> impl Iterator<Item = Known> + use<> {
    let rows = TABLE.get(case).into_iter().flatten();
    rows.map(|(key, value)| Known::exact(key, *value, SOURCE))
}
