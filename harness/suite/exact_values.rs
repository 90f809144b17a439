//! Values that the [exact twin](crate::exact) gives, kept in a table because it takes its time; a test makes them anew.

use std::{collections::HashMap, sync::LazyLock};

/// Where the values are from, as checks say it.
pub(super) const SOURCE: &str = "independent computation from the manual's definitions, in exact arithmetic where the formula allows";

/// Key and value (`None` where the manual gives none), by case, in the order of the table.
type Table = HashMap<String, Vec<(String, Option<f64>)>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    let rows = csv::Reader::from_reader(include_bytes!("exact_values.csv").as_slice());
    for row in rows.into_deserialize() {
        let (case, key, value): (String, String, Option<f64>) =
            row.expect("exact_values.csv is read by a test");
        table.entry(case).or_default().push((key, value));
    }
    table
});

/// What is known of a case; nothing when it is not in the table.
pub(super) fn of(case: &str) -> impl Iterator<Item = (&'static str, Option<f64>)> + use<> {
    let rows = TABLE.get(case).into_iter().flatten();
    rows.map(|(key, value)| (key.as_str(), *value))
}

#[cfg(test)]
mod tests {
    use super::super::{Input, SuiteCase, analytic, ibsi1, invariance};
    use crate::exact;

    /// Cases of which every feature stands in the table, by how their ids begin.
    const REGIONS: [&str; 5] = [
        "ibsi1/digital_exact",
        "analytic/region-",
        "invariance/one-voxel",
        "invariance/flat",
        "invariance/two-level",
    ];

    /// Cases of which the mesh stands in the table, by how their ids begin.
    const SOLIDS: [&str; 5] = [
        "analytic/sphere-",
        "analytic/ellipsoid-",
        "analytic/cylinder-",
        "analytic/torus-",
        "analytic/shell-",
    ];

    /// Beyond so many voxels inside, the mesh of a solid takes the twin minutes.
    const MOST_VOXELS: usize = 6000;

    type Row = (String, String, Option<f64>);

    /// The rows that the exact twin gives for a case.
    fn made(case: &SuiteCase) -> Vec<Row> {
        let begins_with = |begin: &&str| case.id.starts_with(begin);
        let (is_region, is_solid) = (
            REGIONS.iter().any(begins_with),
            SOLIDS.iter().any(begins_with),
        );
        if !is_region && !is_solid {
            return Vec::new();
        }
        let (image, mask) = match case.input {
            Input::Phantom(make) => make(),
            Input::Numbered { make, number } => make(number),
            _ => panic!("{}: made in code", case.id),
        };
        let values = if is_region {
            exact::values(&image, &mask).expect("a region is small")
        } else if mask.count() <= MOST_VOXELS {
            let (volume, area) = exact::mesh_measures(&mask).expect("a solid has voxels");
            [
                ("RNU0", volume),
                ("C0JK", area),
                ("2PR5", area / volume),
                ("99N0", volume),
            ]
            .map(|(code, value)| (format!("morph/-/{code}"), Some(value)))
            .to_vec()
        } else {
            Vec::new()
        };
        let rows = values.into_iter();
        rows.map(|(key, value)| (case.id.clone(), key, value))
            .collect()
    }

    /// Where it is not, the table is written to the temporary folder, for a look and to be put in place of the old one.
    #[test]
    fn table_is_what_the_exact_twin_gives() {
        let suites = [ibsi1(), analytic(), invariance()];
        let new: Vec<Row> = (suites.iter().flat_map(|suite| &suite.cases))
            .flat_map(made)
            .collect();
        let kept = csv::Reader::from_reader(include_bytes!("exact_values.csv").as_slice())
            .into_deserialize()
            .map(|row| row.expect("case, key and value"))
            .collect::<Vec<Row>>();
        // Logarithms differ in the last bit between mathematical libraries.
        let is_same_value = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-13 * a.abs().max(1.0),
            _ => a == b,
        };
        let is_same = |a: &Row, b: &Row| (&a.0, &a.1) == (&b.0, &b.1) && is_same_value(a.2, b.2);
        let differing = kept.iter().zip(&new).find(|(a, b)| !is_same(a, b));
        if differing.is_some() || kept.len() != new.len() {
            let path = std::env::temp_dir().join("exact_values.csv");
            let mut text = "case,key,value\n".to_owned();
            for (case, key, value) in &new {
                let value = value.map_or_else(String::new, |value| value.to_string());
                text += &format!("{case},{key},{value}\n");
            }
            std::fs::write(&path, text).expect("the temporary folder can be written");
            panic!(
                "exact_values.csv has {} rows, the exact twin gives {}; the first that differ: {differing:?}; `{}` has them",
                kept.len(),
                new.len(),
                path.display()
            );
        }
    }
}
