//! An explanation in words and records.

use std::collections::{BTreeMap, BTreeSet};

use radgauge_engine::diagnostics::Stage;

use super::{catalogue::deviations, evidence::Observation, search::Explanation};
use crate::{
    results::{Check, Diagnosis, Evidence, Suspect},
    verdict::Outcome,
};

/// The families whose values follow from everything before.
const TEXTURE: [&str; 6] = ["glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm"];

/// How many names of diagnostic features are written out.
const NAMED: usize = 3;

/// What a case's explanation speaks of.
pub(super) struct Report<'r> {
    /// The case.
    pub case: &'r str,
    /// Its checks, by place.
    pub checks: &'r [Option<&'r Check>],
    /// Their values.
    pub observations: &'r [Observation],
}

/// Deviations that are named together, and the observations that they reproduce.
struct Group {
    places: Vec<usize>,
    observations: Vec<usize>,
}

impl Report<'_> {
    /// The first stage that leaves its reference first, then what reproduces the values: image processing as a whole,
    /// then every other deviation by itself.
    pub fn diagnoses(
        &self,
        stage: Option<(Stage, Vec<&Check>)>,
        explanation: Option<&Explanation>,
    ) -> Vec<Diagnosis> {
        let mut diagnoses: Vec<Diagnosis> = stage
            .map(|(stage, failing)| self.of_stage(stage, &failing))
            .into_iter()
            .collect();
        let Some(explanation) = explanation else {
            return diagnoses;
        };
        let groups = self.groups(explanation);
        let counts = groups.iter().map(|group| self.failing(group).count());
        let left = self.n_failing() - counts.sum::<usize>();
        let mut before = 0;
        for (i, group) in groups.iter().enumerate() {
            let is_last = i + 1 == groups.len();
            let mut diagnosis = self.of_group(group, explanation, before, is_last && left == 0);
            if is_last && left > 0 {
                diagnosis.message += &format!("; {left} remain unexplained");
            }
            before += diagnosis.explains.len();
            diagnoses.push(diagnosis);
        }
        diagnoses
    }

    /// The explanation by a group, after so many failing values were explained by those before it.
    fn of_group(
        &self,
        group: &Group,
        explanation: &Explanation,
        before: usize,
        is_rest: bool,
    ) -> Diagnosis {
        let explains: Vec<&Check> = self.failing(group).collect();
        let failing = self.n_failing();
        let (n, which) = match (before, explains.len()) {
            (_, 0) => {
                let n = group.observations.len();
                (n, format!("{} that pass all the same", values(n, "")))
            }
            (0, here) => (here, format!("{here} of {}", values(failing, "failing "))),
            (_, here) if is_rest => (here, format!("the other {}", values(here, "failing "))),
            (_, here) => (
                here,
                format!("{here} more of {}", values(failing, "failing ")),
            ),
        };
        let verb = if n == 1 { "is" } else { "are" };
        let digits = self.digits(group, explanation);
        let whats: Vec<String> = group
            .places
            .iter()
            .map(|place| what(*place, &explanation.alternatives[place]))
            .collect();
        let mut message = format!(
            "{which} {verb} reproduced to {digits:.0} digits by: {}",
            whats.join("; ")
        );
        let stage = deviations()[group.places[0]].stage;
        let texture = explains
            .iter()
            .filter(|check| TEXTURE.contains(&check.family()));
        let n_texture = texture.count();
        if stage.is_processing() && n_texture > 0 {
            message += &format!(" ({n_texture} of them texture, as a consequence)");
        }
        Diagnosis {
            case: self.case.to_owned(),
            message,
            explains: explains.iter().map(|check| check.id.clone()).collect(),
            stage: Some(stage.name().to_owned()),
            evidence: Some(Evidence {
                deviations: group
                    .places
                    .iter()
                    .map(|place| suspect(*place, &explanation.alternatives[place]))
                    .collect(),
                reproduced: explains.len(),
                failing,
                digits,
            }),
        }
    }

    fn of_stage(&self, stage: Stage, failing: &[&Check]) -> Diagnosis {
        let names: Vec<&str> = failing
            .iter()
            .take(NAMED)
            .filter_map(|check| check.id.rsplit('/').next())
            .collect();
        let more = match failing.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let features = self
            .checks
            .iter()
            .flatten()
            .filter(|check| check.outcome == Outcome::Fail && check.family() != "diag");
        Diagnosis {
            case: self.case.to_owned(),
            message: format!(
                "image or region leave their reference at the stage `{stage}` ({}{more}): look there first; \
                 {} failing features come after it and may be consequences",
                names.join(", "),
                features.count()
            ),
            explains: failing.iter().map(|check| check.id.clone()).collect(),
            stage: Some(stage.slug().to_owned()),
            evidence: None,
        }
    }

    /// The deviations in image processing are one group, every other is one by itself. A value that needs several of
    /// the others belongs to the last.
    fn groups(&self, explanation: &Explanation) -> Vec<Group> {
        let is_processing = |place: &usize| deviations()[*place].stage.is_processing();
        let mut groups: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for place in explanation.combination.places() {
            groups.insert((!is_processing(&place)).then_some(place), Vec::new());
        }
        let first = groups.keys().next().copied();
        for (i, needed) in explanation.needed.iter().enumerate() {
            let Some(needed) = needed else { continue };
            let last: Option<usize> = needed
                .iter()
                .copied()
                .filter(|place| !is_processing(place))
                .max();
            let group = match last {
                Some(_) => Some(last),
                None => first,
            };
            if let Some(observations) = group.and_then(|group| groups.get_mut(&group)) {
                observations.push(i);
            }
        }
        let processing: Vec<usize> = explanation
            .combination
            .places()
            .filter(is_processing)
            .collect();
        let mut groups: Vec<Group> = groups
            .into_iter()
            .filter(|(_, observations)| !observations.is_empty())
            .map(|(place, observations)| Group {
                places: place.map_or_else(|| processing.clone(), |place| vec![place]),
                observations,
            })
            .collect();
        // Image processing first, then what explains most.
        groups.sort_by_key(|group| {
            let is_first = is_processing(&group.places[0]);
            (
                !is_first,
                usize::MAX - self.failing(group).count(),
                usize::MAX - group.observations.len(),
            )
        });
        groups
    }

    fn failing(&self, group: &Group) -> impl Iterator<Item = &Check> {
        let failing = group.observations.iter().map(|i| &self.observations[*i]);
        failing
            .filter(|observation| observation.is_failing)
            .filter_map(|observation| self.checks[observation.place])
    }

    fn n_failing(&self) -> usize {
        let failing = self
            .observations
            .iter()
            .filter(|observation| observation.is_failing);
        failing.count()
    }

    /// The median number of digits to which a group's values are reproduced, as far as they were submitted.
    fn digits(&self, group: &Group, explanation: &Explanation) -> f64 {
        const MOST: f64 = 15.0;
        let mut digits: Vec<f64> = group
            .observations
            .iter()
            .map(|i| &self.observations[*i])
            .map(|observation| {
                let error = (observation.actual - explanation.predicted[observation.place]).abs();
                let relative = error.max(observation.resolution) / observation.actual.abs();
                // Half a unit of the last of n digits is at least 5 · 10^−n of a number.
                (-(relative / 5.0).log10()).clamp(1.0, MOST).floor()
            })
            .collect();
        digits.sort_by(f64::total_cmp);
        digits.get(digits.len() / 2).copied().unwrap_or(1.0)
    }
}

/// So many values.
fn values(n: usize, kind: &str) -> String {
    format!("{n} {kind}value{}", if n == 1 { "" } else { "s" })
}

/// A deviation in words, with what cannot be told from it.
fn what(place: usize, alternatives: &[usize]) -> String {
    let what = &deviations()[place].what;
    if alternatives.is_empty() {
        return what.clone().into_owned();
    }
    let others: BTreeSet<&str> = alternatives
        .iter()
        .map(|other| &*deviations()[*other].what)
        .collect();
    let others: Vec<&str> = others.into_iter().collect();
    format!(
        "{what} (or, which these values cannot tell apart: {})",
        others.join("; or: ")
    )
}

fn suspect(place: usize, alternatives: &[usize]) -> Suspect {
    let deviation = &deviations()[place];
    Suspect {
        id: deviation.id.clone().into_owned(),
        what: deviation.what.clone().into_owned(),
        or: alternatives
            .iter()
            .map(|other| deviations()[*other].id.clone().into_owned())
            .collect(),
    }
}
