//! Agreement with the teams of IBSI 2 phase 3: the implementation under test joins them as one more rater.
//!
//! Phase 3 has no reference values, only what teams found on the same scans. A value is one rater's word on one patient;
//! ICC(A,1) says how well raters agree, with the implementation among them and, on the same patients, without it.
//!
//! The scans of the data set `sts` are cropped 40 mm around the region, those of the teams were cropped 50 mm around the
//! contour. That matters in two ways. The interpolation grid is centred on the image: where the crop moves the centre by
//! other than whole voxels of the new grid, every voxel is interpolated elsewhere, which the extremes of small regions
//! show even without a filter. And what lies beyond the crop is not seen by filters that reach that far.

use std::collections::BTreeMap;

use radgauge_reference::{
    datasets::Library,
    ibsi2::{Patients, Quantity, TeamValues, TeamValuesError},
};

use crate::{
    results::{Agreement, Correlation, Farthest, Results},
    statistics::{
        Level, Ratings,
        category::{Category, Criterion},
        icc::{Form, icc},
    },
};

/// What the cases of phase 3 are called: `ibsi2/phase3-MODALITY-CONFIGURATION-PATIENT`.
const CASES: &str = "ibsi2/phase3-";

/// What differs between the teams and whoever reads the data set, in a sentence.
pub const KNOWN_DIFFERENCE: &str = "The teams had scans with a wider margin: the narrower crop moves the interpolation \
grid, and hides from wide filters what lies beyond it.";

/// Adds the agreement with the teams to the results, where there are values of phase 3 and the library has those of the
/// teams. Nothing in it is a verdict.
///
/// # Errors
/// When the tables of the teams are there and cannot be read.
pub fn add(results: &mut Results, library: &Library) -> Result<(), TeamValuesError> {
    let found = values(results);
    if found.is_empty() {
        return Ok(());
    }
    if let Some(teams) = TeamValues::find(library)? {
        let agreements = found.iter().map(|(id, found)| found.agreement(id, &teams));
        results.agreements = agreements.collect();
    }
    Ok(())
}

/// What the implementation found of one quantity.
struct Found {
    quantity: Quantity,
    name: String,
    patients: Patients,
}

/// The implementation's values by quantity, `ibsi2/phase3-ct-1/stat/-/Q4LE`.
fn values(results: &Results) -> BTreeMap<String, Found> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for one in &results.observations {
        let Some((modality, configuration, patient)) = study(one.case_id()) else {
            continue;
        };
        let id = format!("{CASES}{modality}-{configuration}/{}", one.key());
        let quantity = || Quantity {
            modality: match modality {
                "mr" => "MR_T1".to_owned(),
                other => other.to_uppercase(),
            },
            configuration: format!("ID_{configuration}"),
            feature: one.key().rsplit('/').next().unwrap_or_default().to_owned(),
        };
        let of_quantity = found.entry(id).or_insert_with(|| Found {
            quantity: quantity(),
            name: one.name.clone(),
            patients: Patients::new(),
        });
        of_quantity.patients.insert(patient.to_owned(), one.value);
    }
    found
}

/// Modality, configuration and patient of a case of phase 3.
fn study(case: &str) -> Option<(&str, &str, &str)> {
    let mut parts = case.strip_prefix(CASES)?.splitn(3, '-');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

impl Found {
    fn agreement(&self, id: &str, values: &TeamValues) -> Agreement {
        let teams: Vec<(&str, &Patients)> = values.teams(&self.quantity).collect();
        let value = |patients: &Patients, patient: &str| patients.get(patient).copied().flatten();
        // of whom every rater has a value: the first rater is the implementation
        let complete: Vec<(&str, Vec<f64>)> = (self.patients.keys())
            .filter_map(|patient| {
                let raters = std::iter::once(&self.patients).chain(teams.iter().map(|team| team.1));
                let row: Option<Vec<f64>> = raters.map(|of| value(of, patient)).collect();
                Some((patient.as_str(), row?))
            })
            .collect();
        let joined: Vec<&[f64]> = complete.iter().map(|(_, row)| &row[..]).collect();
        let others: Vec<&[f64]> = complete.iter().map(|(_, row)| &row[1..]).collect();
        Agreement {
            id: id.to_owned(),
            name: self.name.clone(),
            form: Form::AGREEMENT.name().to_owned(),
            subjects: complete.len(),
            teams: teams.iter().map(|(team, _)| *team).collect(),
            joined: correlation(&joined, teams.len() + 1),
            others: correlation(&others, teams.len()),
            farthest: farthest(&complete),
        }
    }
}

/// ICC(A,1) of subjects × raters, judged as IBSI 2 does.
fn correlation(rows: &[&[f64]], raters: usize) -> Correlation {
    let found = Ratings::new(rows)
        .ok()
        .and_then(|ratings| icc(&ratings, Form::AGREEMENT, Level::P95).ok());
    let interval = found.as_ref().and_then(|found| found.interval);
    let category = found
        .as_ref()
        .map_or(Category::Unknown, |found| Criterion::IBSI2.category(found));
    Correlation {
        raters,
        icc: found.map(|found| found.value).filter(|icc| icc.is_finite()),
        lower: interval.map(|interval| interval.lower),
        upper: interval.map(|interval| interval.upper),
        category: category.name().to_owned(),
    }
}

/// The subject on whom the first rater is farthest from the median of the others.
fn farthest(rows: &[(&str, Vec<f64>)]) -> Option<Farthest> {
    let medians: Vec<f64> = rows
        .iter()
        .map(|(_, row)| median(&row[1..]))
        .collect::<Option<_>>()?;
    let n = medians.len() as f64;
    let mean = medians.iter().sum::<f64>() / n;
    let variance = medians.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let deviations = rows
        .iter()
        .zip(&medians)
        .map(|((subject, row), median)| Farthest {
            subject: (*subject).to_owned(),
            deviation: (row[0] - median).abs() / variance.sqrt(),
        });
    deviations
        .filter(|one| one.deviation.is_finite())
        .max_by(|a, b| a.deviation.total_cmp(&b.deviation))
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get((sorted.len() - 1) / 2)?;
    Some(0.5 * (lower + upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_taken_apart() {
        assert_eq!(
            study("ibsi2/phase3-ct-1-STS_001"),
            Some(("ct", "1", "STS_001")),
            "a scan"
        );
        assert_eq!(study("ibsi2/phase2-1.a"), None, "not a scan");
    }

    #[test]
    fn the_farthest_subject_is_named() {
        let rows = [
            ("a", vec![1.0, 1.0, 1.0, 1.0]),
            ("b", vec![2.5, 2.0, 2.0, 9.0]),
            ("c", vec![3.0, 3.0, 3.0, 3.0]),
        ];
        let expected = Farthest {
            subject: "b".to_owned(),
            deviation: 0.5,
        };
        assert_eq!(
            farthest(&rows),
            Some(expected),
            "half a standard deviation of the medians 1, 2, 3"
        );
        let flat = [("a", vec![1.0, 1.0]), ("b", vec![1.0, 1.0])];
        assert_eq!(farthest(&flat), None, "subjects that do not differ");
    }
}
