//! Diagnosis: why values are wrong.
//!
//! The [catalogue] lists what implementations are known to do otherwise than the manual. A case is
//! recomputed in these ways, alone and together, and the combination that reproduces the submitted values is reported,
//! with its evidence: which failing values it reproduces, to how many digits, and what cannot be told from it. Where
//! diagnostic features were submitted, the first stage of processing that leaves its reference is named first: what
//! follows it are consequences.
//!
//! A diagnosis is given when the evidence is more than chance gives; on noise and on correct values there is silence.

pub mod catalogue;
mod emulate;
mod evidence;
mod report;
mod run;
mod search;
pub mod way;

pub(crate) use run::is_invariance;
pub use run::{Undiagnosed, diagnose};

use std::collections::HashMap;

use radgauge_engine::{
    diagnostics::Stage,
    settings::Settings,
    volume::{Image, Mask},
};

use self::{
    emulate::{Combination, Laboratory},
    evidence::observations,
    report::Report,
    search::Search,
};
use crate::{
    results::{Check, Diagnosis},
    verdict::Outcome,
};

/// Diagnoses the values of cases that share an image, a mask and settings; what is computed for one is kept for the
/// next.
pub struct Diagnostician<'a> {
    laboratory: Laboratory<'a>,
    places: HashMap<String, usize>,
}

impl<'a> Diagnostician<'a> {
    /// For values with these keys, `glcm/3d_avg/TU9B` or `diag/initial/img_dim_x`.
    #[must_use]
    pub fn new(image: &'a Image, mask: &'a Mask, settings: &'a Settings, keys: &[&str]) -> Self {
        Self {
            laboratory: Laboratory::new(image, mask, settings, keys),
            places: keys
                .iter()
                .enumerate()
                .map(|(i, key)| ((*key).to_owned(), i))
                .collect(),
        }
    }

    /// What an implementation with some deviations, given by name, would answer, by the order of the keys; NaN where it
    /// would have no value. `None` when a name is not in the catalogue, a deviation does not apply to the settings, or
    /// one undoes another.
    #[must_use]
    pub fn emulate(&self, deviations: &[&str]) -> Option<Vec<f64>> {
        let places = deviations.iter().map(|id| {
            let mut all = catalogue::deviations().iter();
            all.position(|deviation| deviation.id == *id)
        });
        let combination = Combination::of(places.collect::<Option<Vec<_>>>()?);
        combination
            .is_consistent(self.laboratory.settings())
            .then(|| {
                self.laboratory
                    .answers(&combination, self.laboratory.parts())
            })
    }

    /// Diagnoses the checks of a case. Checks without a value, and with a key that was not announced, say nothing.
    #[must_use]
    pub fn diagnose(&self, case: &str, checks: &[&Check]) -> Vec<Diagnosis> {
        let mut by_place: Vec<Option<&Check>> = vec![None; self.places.len()];
        for check in checks {
            let key = check.id.get(case.len() + 1..).unwrap_or_default();
            if let Some(place) = self.places.get(key) {
                by_place[*place] = Some(check);
            }
        }
        let manual = self
            .laboratory
            .answers(&Combination::default(), self.laboratory.parts());
        let observations = observations(&by_place, &manual);
        let explanation = Search::new(&self.laboratory, &observations).run();
        self.laboratory.forget_combinations();
        Report {
            case,
            checks: &by_place,
            observations: &observations,
        }
        .diagnoses(first_stage(checks), explanation.as_ref())
    }
}

/// The first stage of processing at which a diagnostic feature fails, with the checks that do.
fn first_stage<'c>(checks: &[&'c Check]) -> Option<(Stage, Vec<&'c Check>)> {
    Stage::ALL.into_iter().find_map(|stage| {
        let at_stage = format!("/diag/{stage}/");
        let failing: Vec<&Check> = checks
            .iter()
            .copied()
            .filter(|check| check.outcome == Outcome::Fail && check.id.contains(&at_stage))
            .collect();
        (!failing.is_empty()).then_some((stage, failing))
    })
}
