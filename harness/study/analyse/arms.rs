//! Harmonisation arms: what a correction for the settings would change in their reproducibility. Batches are the points of
//! the grid, samples the unperturbed cases under each of them, of the first implementation.

use std::collections::BTreeMap;

use super::{LEVEL, cube::Reader, figures};
use crate::{
    statistics::{
        Matrix, Ratings,
        harmonise::{Batches, ComBat, Effect, HarmoniseError, SvdRemoval},
        icc::{Form, icc},
    },
    study::{
        harmonise::Arm,
        outcome::{Harmonised, Known},
        plan::Plan,
        store::StoreError,
    },
};

pub(super) fn harmonised(plan: &Plan, reader: &Reader<'_>) -> Result<Vec<Harmonised>, StoreError> {
    if plan.harmonise.arms.is_empty() {
        return Ok(Vec::new());
    }
    let points = plan.points.points.len();
    // Features that have a value of every case under all settings, and vary.
    let mut features = Vec::new();
    let mut rows = Vec::new();
    for block in reader.blocks() {
        let cube = reader.cube(block, None)?;
        for feature in cube.features() {
            let mut row = Vec::with_capacity(cube.cases() * points);
            for case in 0..cube.cases() {
                row.extend((0..points).map(|point| cube.original(feature, 0, point, case)));
            }
            let is_complete = !row.is_empty() && row.iter().all(|value| value.is_finite());
            if is_complete && row.iter().any(|value| *value != row[0]) {
                features.push(feature);
                rows.push(row);
            }
        }
    }
    let samples = rows.first().map_or(0, Vec::len);
    let names: Vec<&str> = (0..samples)
        .map(|sample| plan.points.points[sample % points].id.as_str())
        .collect();
    let batches = Batches::new(&names);
    let table = Matrix::from_rows(&rows).map_err(|error| error.to_string());
    let arms = plan.harmonise.arms.iter().map(|arm| {
        let mut record = Harmonised {
            arm: name(*arm).to_owned(),
            batches: "settings".to_owned(),
            undefined: None,
            features: features.len(),
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            agreement: Vec::new(),
        };
        let corrected = match &table {
            Ok(table) => correct(*arm, table, &batches).map_err(|error| error.to_string()),
            Err(error) => Err(error.clone()),
        };
        match corrected {
            Ok((arm, corrected)) => {
                record.arm = arm;
                for ((feature, before), after) in
                    features.iter().zip(&rows).zip(corrected.iter_rows())
                {
                    let (class_before, before) = judged(plan, before, points);
                    let (class_after, after) = judged(plan, after, points);
                    *record.before.entry(class_before).or_default() += 1;
                    *record.after.entry(class_after).or_default() += 1;
                    record.agreement.push((*feature, before, after));
                }
            }
            Err(error) => record.undefined = Some(error),
        }
        record
    });
    Ok(arms.collect())
}

fn name(arm: Arm) -> &'static str {
    match arm {
        Arm::Combat => "ComBat (parametric)",
        Arm::CombatMeanOnly => "ComBat (parametric, mean only)",
        Arm::Svd => "SVD removal",
    }
}

fn correct(
    arm: Arm,
    table: &Matrix,
    batches: &Batches,
) -> Result<(String, Matrix), HarmoniseError> {
    let effect = match arm {
        Arm::Svd => {
            let corrected = SvdRemoval::default().harmonise(table, batches)?;
            return Ok((corrected.arm, corrected.values));
        }
        Arm::Combat => Effect::MeanAndVariance,
        Arm::CombatMeanOnly => Effect::Mean,
    };
    let combat = ComBat {
        effect,
        ..ComBat::default()
    };
    let corrected = combat.harmonise(table, batches, &[])?;
    Ok((corrected.arm, corrected.values))
}

/// Class of the reproducibility across settings, and ICC(A,1).
fn judged(plan: &Plan, row: &[f64], points: usize) -> (String, Known<f64>) {
    let rows: Vec<&[f64]> = row.chunks(points).collect();
    let ratings = match Ratings::new(&rows) {
        Ok(ratings) => ratings,
        Err(error) => {
            let undefined = error.to_string();
            return ("unknown".to_owned(), Known::Undefined { undefined });
        }
    };
    let agreement = icc(&ratings, Form::AGREEMENT, LEVEL);
    let consistency = icc(&ratings, Form::CONSISTENCY, LEVEL);
    let verdict = figures::verdict(&plan.criteria, agreement.as_ref(), consistency.as_ref());
    (verdict.class, Known::from(agreement.map(|icc| icc.value)))
}
