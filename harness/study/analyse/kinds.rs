//! What one kind of perturbation does by itself: repeatability over the unperturbed scan and the draws of that kind.

use std::collections::BTreeMap;

use radgauge_phantoms::perturb::Chain;

use super::{LEVEL, cube::Cube, figures};
use crate::{
    statistics::icc::{Form, icc},
    study::{
        outcome::{Feature, PerturbationKind},
        plan::Plan,
    },
};

/// Class of one feature by settings and kind of perturbation.
pub(super) type Classes = Vec<Vec<String>>;

/// The kinds in the order of their first draw, with the draws of each. The unperturbed scan is draw 0.
fn kinds(draws: &[Chain]) -> Vec<(String, Vec<usize>)> {
    let mut kinds: Vec<(String, Vec<usize>)> = Vec::new();
    for (i, draw) in draws.iter().enumerate().skip(1) {
        let steps: Vec<&str> = draw.steps.iter().map(|step| step.kind()).collect();
        let kind = steps.join(" + ");
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, draws)) => draws.push(i),
            None => kinds.push((kind, vec![i])),
        }
    }
    kinds
}

pub(super) fn classes(plan: &Plan, cube: &Cube, feature: usize) -> Classes {
    let kinds = kinds(&plan.draws);
    (0..plan.points.points.len())
        .map(|point| {
            kinds
                .iter()
                .map(|(_, draws)| class(plan, cube, feature, point, draws))
                .collect()
        })
        .collect()
}

fn class(plan: &Plan, cube: &Cube, feature: usize, point: usize, draws: &[usize]) -> String {
    let rows: Vec<Vec<f64>> = (0..cube.cases())
        .map(|case| {
            let values: Vec<f64> = cube.draws_of(feature, 0, point, case).collect();
            let columns = std::iter::once(&0).chain(draws);
            columns.map(|draw| values[*draw]).collect()
        })
        .collect();
    let Ok(ratings) = figures::complete(&rows) else {
        return "unknown".to_owned();
    };
    let agreement = icc(&ratings, Form::ONE_WAY, LEVEL);
    let consistency = icc(&ratings, Form::CONSISTENCY, LEVEL);
    figures::verdict(&plan.criteria, agreement.as_ref(), consistency.as_ref()).class
}

/// Kinds of perturbation over all features, by settings and kind; `classes` are in the order of the features.
pub(super) fn summaries(
    plan: &Plan,
    features: &[Feature],
    classes: &[Classes],
) -> Vec<PerturbationKind> {
    let mut summaries = Vec::new();
    for settings in 0..plan.points.points.len() {
        for (i, (name, draws)) in kinds(&plan.draws).into_iter().enumerate() {
            let mut summary = PerturbationKind {
                settings,
                name,
                k: draws.len() + 1,
                classes: BTreeMap::new(),
                families: BTreeMap::new(),
            };
            for (feature, classes) in features.iter().zip(classes) {
                let class = &classes[settings][i];
                let family = summary.families.entry(feature.family.clone());
                let [robust, of] = family.or_default();
                *robust += usize::from(class == "robust");
                *of += 1;
                *summary.classes.entry(class.clone()).or_default() += 1;
            }
            summaries.push(summary);
        }
    }
    summaries
}
