//! Reproducibility: same scan, other settings. For all points of the grid, and along each axis with the others at their
//! first level.

use super::{LEVEL, MULTIPLIER, cube::Cube, figures};
use crate::{
    statistics::{
        gauge::{self, Method},
        icc::{Form, icc},
        reproducibility,
    },
    study::{
        outcome::{Gauge, Known, Reproducibility, Verdict},
        plan::Plan,
    },
};

/// The name of all points of the grid.
pub(in crate::study) const ALL: &str = "all";

/// The points that are compared with each other: all, and those along each axis. Nothing when there is one point.
fn comparisons(plan: &Plan) -> Vec<(String, Vec<usize>)> {
    let points = &plan.points.points;
    if points.len() < 2 {
        return Vec::new();
    }
    let mut comparisons = vec![(ALL.to_owned(), (0..points.len()).collect())];
    if plan.points.axes.len() > 1 {
        for (i, axis) in plan.points.axes.iter().enumerate() {
            let is_along = |levels: &[usize]| {
                levels
                    .iter()
                    .enumerate()
                    .all(|(other, level)| other == i || *level == 0)
            };
            let along = (0..points.len()).filter(|point| is_along(&points[*point].levels));
            comparisons.push((axis.name.clone(), along.collect()));
        }
    }
    comparisons
}

pub(super) fn reproducibility(plan: &Plan, cube: &Cube, feature: usize) -> Vec<Reproducibility> {
    let comparisons = comparisons(plan);
    (0..cube.implementations())
        .flat_map(|implementation| {
            comparisons.iter().map(move |(across, points)| {
                one(plan, cube, feature, implementation, across, points)
            })
        })
        .collect()
}

fn one(
    plan: &Plan,
    cube: &Cube,
    feature: usize,
    implementation: usize,
    across: &str,
    points: &[usize],
) -> Reproducibility {
    let originals: Vec<Vec<f64>> = (0..cube.cases())
        .map(|case| {
            let original = |point: &usize| cube.original(feature, implementation, *point, case);
            points.iter().map(original).collect()
        })
        .collect();
    let criteria = &plan.criteria;
    let trials = cube.draws();
    let undefined = |reason: &str| Known::Undefined {
        undefined: reason.to_owned(),
    };
    let ratings = match figures::complete(&originals) {
        Ok(ratings) => ratings,
        Err(error) => {
            let mut reasons = points.iter();
            let reason = reasons
                .find_map(|point| cube.reason(feature, implementation, *point))
                .map_or_else(|| error.to_string(), str::to_owned);
            return Reproducibility {
                implementation,
                across: across.to_owned(),
                feature,
                n: 0,
                k: points.len(),
                trials,
                dropped: originals.len(),
                agreement: undefined(&reason),
                consistency: Known::Undefined {
                    undefined: reason.clone(),
                },
                gauge: Known::Undefined {
                    undefined: reason.clone(),
                },
                coefficient: Known::Undefined {
                    undefined: reason.clone(),
                },
                verdict: Verdict {
                    class: "unknown".to_owned(),
                    reason,
                },
            };
        }
    };
    let agreement = icc(&ratings, Form::AGREEMENT, LEVEL);
    let consistency = icc(&ratings, Form::CONSISTENCY, LEVEL);
    let study = gauge_study(cube, feature, implementation, points);
    let coefficient = match &study {
        Ok(study) => reproducibility::of_gauge(study, MULTIPLIER, LEVEL),
        // Without draws (or with a single case) what there is are the unperturbed scans.
        Err(_) => reproducibility::of_ratings(&ratings, MULTIPLIER, LEVEL),
    };
    Reproducibility {
        implementation,
        across: across.to_owned(),
        feature,
        n: ratings.subjects(),
        k: points.len(),
        trials,
        dropped: ratings.dropped(),
        verdict: figures::verdict(criteria, agreement.as_ref(), consistency.as_ref()),
        agreement: figures::correlation(criteria, agreement.as_ref()),
        consistency: figures::correlation(criteria, consistency.as_ref()),
        gauge: Known::from(study.and_then(|study| {
            let components = study
                .components(Method::Kept)
                .map_err(|error| error.to_string())?;
            let percent = components.percent_study_variation();
            Ok(Gauge {
                part: components.part,
                operator: components.operator,
                interaction: components.interaction,
                repeatability: components.repeatability,
                percent_study_variation: figures::known(
                    Some(percent).filter(|percent| percent.is_finite()),
                    "there is no variance",
                ),
                distinct_categories: components.distinct_categories(),
            })
        })),
        coefficient: figures::coefficient(coefficient.as_ref()),
    }
}

/// Part = case, operator = settings, trial = draw; cases that lack a value are left out.
fn gauge_study(
    cube: &Cube,
    feature: usize,
    implementation: usize,
    points: &[usize],
) -> Result<gauge::Gauge, String> {
    let mut values = Vec::with_capacity(cube.cases() * points.len() * cube.draws());
    let mut parts = 0;
    for case in 0..cube.cases() {
        let before = values.len();
        for point in points {
            values.extend(cube.draws_of(feature, implementation, *point, case));
        }
        if values[before..].iter().all(|value| value.is_finite()) {
            parts += 1;
        } else {
            values.truncate(before);
        }
    }
    gauge::Gauge::new([parts, points.len(), cube.draws()], &values)
        .map_err(|error| error.to_string())
}
