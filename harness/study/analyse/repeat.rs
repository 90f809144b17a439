//! Repeatability: same settings, perturbed scans. Rows are cases, columns draws; the unperturbed scan is not one of them.

use super::{
    LEVEL, MULTIPLIER,
    cube::Cube,
    figures::{self, known},
};
use crate::{
    statistics::{
        Undefined,
        icc::{Form, icc},
        repeatability::{Repeatability as Within, repeatability as within},
    },
    study::{
        criteria::Criteria,
        outcome::{Known, Repeatability, Verdict},
        plan::Plan,
    },
};

/// A feature under all settings of all implementations.
pub(super) fn repeatability(plan: &Plan, cube: &Cube, feature: usize) -> Vec<Repeatability> {
    let points = 0..plan.points.points.len();
    (0..cube.implementations())
        .flat_map(|implementation| points.clone().map(move |point| (implementation, point)))
        .map(|(implementation, point)| one(plan, cube, feature, implementation, point))
        .collect()
}

fn one(
    plan: &Plan,
    cube: &Cube,
    feature: usize,
    implementation: usize,
    point: usize,
) -> Repeatability {
    let rows: Vec<Vec<f64>> = (0..cube.cases())
        .map(|case| {
            cube.draws_of(feature, implementation, point, case)
                .skip(1)
                .collect()
        })
        .collect();
    let k = cube.draws() - 1;
    let ratings = match k {
        0 => Err(Undefined::TooFew {
            what: "draws",
            needed: 2,
            found: 0,
        }
        .to_string()),
        _ => figures::complete(&rows).map_err(|error| error.to_string()),
    };
    let criteria = &plan.criteria;
    let missing = cube.reason(feature, implementation, point);
    let ratings = match ratings {
        Ok(ratings) => ratings,
        Err(reason) => {
            let reason = missing.map_or(reason, str::to_owned);
            let undefined = || Known::Undefined {
                undefined: reason.clone(),
            };
            return Repeatability {
                implementation,
                settings: point,
                feature,
                n: 0,
                k,
                dropped: rows.len(),
                missing: missing.map(str::to_owned),
                mean: undefined(),
                between_sd: undefined(),
                icc: Known::Undefined {
                    undefined: reason.clone(),
                },
                consistency: Known::Undefined {
                    undefined: reason.clone(),
                },
                within_sd: undefined(),
                coefficient: Known::Undefined {
                    undefined: reason.clone(),
                },
                within_cv: undefined(),
                within_cv_logarithmic: undefined(),
                percent_coefficient: undefined(),
                ill_conditioned: None,
                verdict: Verdict {
                    class: "unknown".to_owned(),
                    reason,
                },
            };
        }
    };
    let subjects: Vec<&[f64]> = ratings.iter_subjects().collect();
    let means: Vec<f64> = subjects
        .iter()
        .filter_map(|row| figures::mean(row))
        .collect();
    let between_sd = figures::sd(&means);
    let agreement = icc(&ratings, Form::ONE_WAY, LEVEL);
    let consistency = icc(&ratings, Form::CONSISTENCY, LEVEL);
    let within = within(&subjects, MULTIPLIER, LEVEL);
    let of_within = |figure: fn(&Within) -> Result<f64, Undefined>| -> Known<f64> {
        Known::from(within.as_ref().map_err(Clone::clone).and_then(figure))
    };
    let within_cv = of_within(|within| within.within_cv.root_mean_square.clone());
    let coefficient = figures::coefficient(within.as_ref().map(|within| &within.coefficient));
    let ill_conditioned = within.as_ref().ok().and_then(|within| {
        let ill = within.within_cv.ill_conditioned_subjects;
        let has_both_signs = means.iter().any(|m| *m < 0.0) && means.iter().any(|m| *m > 0.0);
        if ill > 0 {
            let of = within.subjects;
            Some(format!(
                "the mean of {ill} of {of} cases cannot be told from zero"
            ))
        } else if has_both_signs {
            Some("means of both signs".to_owned())
        } else {
            None
        }
    });
    let verdict = verdict(
        criteria,
        figures::verdict(criteria, agreement.as_ref(), consistency.as_ref()),
        within_cv
            .known()
            .filter(|_| ill_conditioned.is_none())
            .copied(),
        coefficient.known().map(|coefficient| coefficient.value),
        between_sd,
    );
    Repeatability {
        implementation,
        settings: point,
        feature,
        n: ratings.subjects(),
        k,
        dropped: ratings.dropped(),
        missing: missing.map(str::to_owned),
        mean: known(
            figures::mean(&means),
            "the result is too large for a number",
        ),
        between_sd: known(between_sd, "needs at least 2 cases"),
        icc: figures::correlation(criteria, agreement.as_ref()),
        consistency: figures::correlation(criteria, consistency.as_ref()),
        within_sd: of_within(|within| Ok(within.within_sd)),
        coefficient,
        within_cv,
        within_cv_logarithmic: of_within(|within| within.within_cv.logarithmic.clone()),
        percent_coefficient: of_within(|within| within.within_cv.percent_coefficient(MULTIPLIER)),
        ill_conditioned,
        verdict,
    }
}

/// The verdict by the correlation, and by the limits that are set beside it.
fn verdict(
    criteria: &Criteria,
    by_icc: Verdict,
    within_cv: Option<f64>,
    coefficient: Option<f64>,
    between_sd: Option<f64>,
) -> Verdict {
    let unstable = |reason: String| Verdict {
        class: "unstable".to_owned(),
        reason,
    };
    if by_icc.class != "robust" {
        return by_icc;
    }
    if let (Some(limit), Some(within_cv)) = (criteria.max_within_cv, within_cv)
        && within_cv > limit
    {
        return unstable(format!("wCV is {within_cv:.3}, more than {limit}"));
    }
    if let (Some(limit), Some(coefficient), Some(sd)) =
        (criteria.max_relative_coefficient, coefficient, between_sd)
    {
        // A feature without spread between cases fails whatever its coefficient is.
        if sd == 0.0 || coefficient / sd > limit {
            return unstable(format!(
                "RC is {:.3} SD between cases, more than {limit}",
                coefficient / sd
            ));
        }
    }
    by_icc
}
