//! Response: by how much a perturbation shifts a feature.

use super::{
    cube::Cube,
    figures::{self, known},
};
use crate::study::{
    outcome::{PerturbationSummary, Response},
    plan::Plan,
};

/// Size of the change of one feature by settings and perturbation: root mean square over the cases of the difference, in
/// standard deviations between the unperturbed cases.
pub(super) type Changes = Vec<Vec<Option<f64>>>;

/// Differences from the unperturbed scan, over the cases that have both, and the spread of the unperturbed cases.
fn differences(cube: &Cube, feature: usize, point: usize, draw: usize) -> (Vec<f64>, Option<f64>) {
    let mut differences = Vec::new();
    let mut originals = Vec::new();
    for case in 0..cube.cases() {
        let mut draws = cube.draws_of(feature, 0, point, case);
        let original = cube.original(feature, 0, point, case);
        let perturbed = draws.nth(draw).unwrap_or(f64::NAN);
        let difference = perturbed - original;
        if difference.is_finite() {
            differences.push(difference);
            originals.push(original);
        }
    }
    (differences, figures::sd(&originals).filter(|sd| *sd > 0.0))
}

/// The response at the first settings, of the first implementation.
pub(super) fn responses(plan: &Plan, cube: &Cube, feature: usize) -> Vec<Response> {
    (1..plan.draws.len())
        .map(|draw| {
            let (differences, spread) = differences(cube, feature, 0, draw);
            let mean = figures::mean(&differences);
            let standardised = mean.zip(spread).map(|(mean, sd)| mean / sd);
            Response {
                perturbation: draw - 1,
                settings: 0,
                feature,
                n: differences.len(),
                mean_shift: known(mean, "no case has a value before and after"),
                sd_shift: known(figures::sd(&differences), "needs at least 2 cases"),
                standardised_shift: known(
                    standardised.filter(|shift| shift.is_finite()),
                    "the unperturbed cases do not differ",
                ),
            }
        })
        .collect()
}

pub(super) fn changes(plan: &Plan, cube: &Cube, feature: usize) -> Changes {
    let change = |point: usize, draw: usize| {
        let (differences, spread) = differences(cube, feature, point, draw);
        let squares: Vec<f64> = differences.iter().map(|d| d * d).collect();
        let change = figures::mean(&squares)?.sqrt() / spread?;
        Some(change).filter(|change| change.is_finite())
    };
    (0..plan.points.points.len())
        .map(|point| {
            (1..plan.draws.len())
                .map(|draw| change(point, draw))
                .collect()
        })
        .collect()
}

/// Perturbations over all features, by settings and perturbation.
pub(super) fn summaries(plan: &Plan, changes: &[Changes]) -> Vec<PerturbationSummary> {
    let mut summaries = Vec::new();
    for settings in 0..plan.points.points.len() {
        for perturbation in 0..plan.draws.len() - 1 {
            let of_features = changes.iter().filter_map(|of| of[settings][perturbation]);
            let mut sizes: Vec<f64> = of_features.collect();
            sizes.sort_by(f64::total_cmp);
            let figure = |p| known(figures::percentile(&sizes, p), "no feature has a change");
            summaries.push(PerturbationSummary {
                settings,
                perturbation,
                features: sizes.len(),
                median_change: figure(0.5),
                upper_decile_change: figure(0.9),
            });
        }
    }
    summaries
}
