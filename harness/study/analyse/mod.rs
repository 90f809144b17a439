//! From computed cells to an [`Outcome`]: statistics per feature, features in parallel.
//!
//! Values are read from the store for a block of features at a time, so that memory is bounded whatever the size of the
//! study is. Everything is put together in the order of the plan: the outcome does not depend on which process computed
//! what, when, or on how many threads.

mod agree;
mod arms;
mod cube;
mod failures;
mod figures;
mod kinds;
mod rank;
mod repeat;
mod reproduce;
mod respond;

pub(super) use reproduce::ALL;

use rayon::prelude::*;

use self::{
    cube::{Cube, Reader},
    respond::Changes,
};
use super::{
    outcome::{
        self, Agreement, End, ImplementationStamp, Methods, Outcome, Profile, Repeatability,
        Reproducibility, Response, SCHEMA, Step, Study,
    },
    plan::{Computer, Plan},
    store::{Store, StoreError},
};
use crate::{
    certify::exit,
    implementation::Identity,
    statistics::{Level, icc::Computation, repeatability::Multiplier},
};

/// The level of all intervals.
pub(super) const LEVEL: Level = Level::P95;

/// The multiplier of RC and RDC.
const MULTIPLIER: Multiplier = Multiplier::Quantile;

/// What is found about one feature.
struct OfFeature {
    repeatability: Vec<Repeatability>,
    reproducibility: Vec<Reproducibility>,
    agreement: Vec<Agreement>,
    responses: Vec<Response>,
    /// Size of the change, by point and draw.
    changes: Changes,
    /// Class by point and kind of perturbation.
    classes: kinds::Classes,
}

/// Analyses what has been computed. A cell that is not in the store has failed: *not computed*.
///
/// # Errors
/// [`StoreError`] when cells cannot be read.
pub fn analyse(plan: &Plan, computers: &[Computer], store: &Store) -> Result<Outcome, StoreError> {
    let reader = Reader::new(plan, computers, store)?;
    let mut outcome = Outcome::empty(study(plan, computers, &reader));
    let mut changes = Vec::new();
    let mut classes = Vec::new();
    for block in reader.blocks() {
        let cube = reader.cube(block, None)?;
        let found: Vec<OfFeature> = cube
            .features()
            .into_par_iter()
            .map(|feature| of_feature(plan, &cube, feature))
            .collect();
        for of_feature in found {
            outcome.repeatability.extend(of_feature.repeatability);
            outcome.reproducibility.extend(of_feature.reproducibility);
            outcome.agreement.extend(of_feature.agreement);
            outcome.responses.extend(of_feature.responses);
            changes.push(of_feature.changes);
            classes.push(of_feature.classes);
        }
    }
    // The order of the document; features came first.
    outcome
        .repeatability
        .sort_by_key(|row| (row.implementation, row.settings, row.feature));
    let axes = &outcome.study.axes;
    let place = |across: &str| {
        axes.iter()
            .position(|axis| axis.name == across)
            .map_or(0, |i| i + 1)
    };
    outcome
        .reproducibility
        .sort_by_cached_key(|row| (row.implementation, place(&row.across), row.feature));
    outcome
        .agreement
        .sort_by_key(|row| (row.implementations, row.settings, row.feature));
    outcome
        .responses
        .sort_by_key(|row| (row.perturbation, row.feature));

    outcome.settings = rank::rank(&outcome);
    outcome.perturbations = respond::summaries(plan, &changes);
    outcome.perturbation_kinds = kinds::summaries(plan, &outcome.study.features, &classes);
    let best = outcome.best(0).map(|summary| summary.settings);
    if let Some(best) = best {
        outcome.profiles = profiles(&reader, best)?;
    }
    outcome.harmonised = arms::harmonised(plan, &reader)?;
    outcome.failures = failures::failures(plan, computers, store)?;
    outcome.end = end(plan, computers, &reader, &outcome);
    Ok(outcome)
}

/// What was asked, as the document says it.
fn study(plan: &Plan, computers: &[Computer], reader: &Reader<'_>) -> Study {
    Study {
        schema: SCHEMA.to_owned(),
        harness: Identity {
            name: "radgauge".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        title: plan.title.clone(),
        implementations: computers
            .iter()
            .map(|computer| ImplementationStamp {
                identity: computer.identity.clone(),
                submission: computer.submission.clone(),
            })
            .collect(),
        cases: plan
            .cases
            .iter()
            .enumerate()
            .map(|(i, planned)| outcome::Case {
                id: planned.case.id.clone(),
                batch: planned.case.batch.clone(),
                sha256: planned.content.clone().ok(),
                is_usable: reader.is_usable(i),
            })
            .collect(),
        perturbations: plan.draws[1..]
            .iter()
            .map(|draw| outcome::Perturbation {
                id: draw.name.clone(),
                steps: draw.steps.iter().map(Step::of).collect(),
                seed: plan.seed,
            })
            .collect(),
        axes: plan.points.axes.clone(),
        settings: plan.points.points.clone(),
        features: plan.points.features.clone(),
        criteria: plan.criteria.clone(),
        methods: Methods {
            level: LEVEL.get(),
            icc: Computation::TEXTBOOK.name(),
            coefficient_multiplier: MULTIPLIER.of_measurement(),
            ccc: "Lin, variances with 1/n, interval by Fisher's z".to_owned(),
            gauge: "crossed ANOVA, interaction kept, negative components set to zero".to_owned(),
            missing: "a case that lacks a value is left out of that statistic (listwise)"
                .to_owned(),
        },
    }
}

fn of_feature(plan: &Plan, cube: &Cube, feature: usize) -> OfFeature {
    OfFeature {
        repeatability: repeat::repeatability(plan, cube, feature),
        reproducibility: reproduce::reproducibility(plan, cube, feature),
        agreement: agree::agreement(plan, cube, feature),
        responses: respond::responses(plan, cube, feature),
        changes: respond::changes(plan, cube, feature),
        classes: kinds::classes(plan, cube, feature),
    }
}

/// Every case before and after perturbation under some settings.
fn profiles(reader: &Reader<'_>, settings: usize) -> Result<Vec<Profile>, StoreError> {
    let mut profiles = Vec::new();
    for block in reader.blocks() {
        let cube = reader.cube(block, Some(settings))?;
        for feature in cube.features() {
            let mut profile = Profile {
                feature,
                settings,
                original: Vec::new(),
                mean: Vec::new(),
                sd: Vec::new(),
                draws: Vec::new(),
            };
            for case in 0..reader.cases() {
                let mut draws = reader.place(case).map_or_else(Vec::new, |case| {
                    cube.draws_of(feature, 0, settings, case)
                        .collect::<Vec<_>>()
                });
                let original = (!draws.is_empty()).then(|| draws.remove(0));
                draws.retain(|value| !value.is_nan());
                profile
                    .original
                    .push(original.filter(|value| !value.is_nan()));
                profile.mean.push(figures::mean(&draws));
                profile.sd.push(figures::sd(&draws));
                profile.draws.push(draws.len());
            }
            profiles.push(profile);
        }
    }
    Ok(profiles)
}

fn end(plan: &Plan, computers: &[Computer], reader: &Reader<'_>, outcome: &Outcome) -> End {
    let cells = plan.cells() * computers.len();
    let failed_cells: usize = outcome.failures.iter().map(|failure| failure.cells).sum();
    let failed_cases = (0..plan.cases.len())
        .filter(|case| !reader.is_usable(*case))
        .count();
    End {
        cells,
        failed_cells,
        failed_cases,
        exit_code: if failed_cells == cells {
            exit::NOTHING
        } else if failed_cells > 0 {
            exit::DATA
        } else {
            exit::OK
        },
        digest: String::new(),
    }
}

impl Step {
    /// A perturbation as the document says it; its magnitude is the parameter that it is mostly a matter of, or the length
    /// of it when that is a vector.
    fn of(step: &radgauge_phantoms::perturb::Perturbation) -> Self {
        let definition = step.canonical();
        let kind = step.kind();
        let (name, unit) = match kind {
            "rotate" => ("degrees", "deg"),
            "translate" => ("fraction", "voxel"),
            "noise" => ("level", "intensity"),
            "volume-fraction" => ("fraction", ""),
            "blur" => ("fwhm_mm", "mm"),
            "grow-mm" | "rim" | "core" | "slice-thickness" => ("mm", "mm"),
            "sharpen" => ("amount", ""),
            "bias-field" => ("amplitude", ""),
            "intensity-scale" => ("factor", ""),
            "intensity-shift" => ("by", "intensity"),
            _ => ("", ""),
        };
        let parameters: serde_json::Value =
            serde_json::from_str(&definition).unwrap_or(serde_json::Value::Null);
        let magnitude = match parameters.get(name) {
            Some(serde_json::Value::Array(values)) => {
                let squares = values.iter().map(|value| value.as_f64().map(|x| x * x));
                squares.sum::<Option<f64>>().map(f64::sqrt)
            }
            value => value.and_then(serde_json::Value::as_f64),
        };
        Self {
            kind: kind.to_owned(),
            magnitude,
            unit: magnitude.map_or("", |_| unit).to_owned(),
            definition,
        }
    }
}
