//! The tables that answer a study's questions at a glance: by family, by kind of perturbation, by axis of the grid.

use std::collections::BTreeMap;

use super::plot::Mark;
use crate::study::{
    criteria::{Criteria, Judge, Required},
    outcome::{Known, Outcome, Perturbation, PerturbationKind, Reproducibility},
};

/// The name under which all points of the grid are compared.
pub const ACROSS_ALL: &str = "all";

/// How many features are in each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    /// Can be trusted.
    pub robust: usize,
    /// Shifted by something that can be corrected.
    pub systematic: usize,
    /// Cannot be trusted.
    pub unstable: usize,
    /// Nothing can be said.
    pub unknown: usize,
}

impl Classes {
    /// Counts as the document has them.
    #[must_use]
    pub fn of(counts: &BTreeMap<String, usize>) -> Self {
        let mut classes = Self::default();
        for (class, count) in counts {
            let slot = classes.slot(Mark::of(class));
            *slot = slot.saturating_add(*count);
        }
        classes
    }

    fn slot(&mut self, mark: Mark) -> &mut usize {
        match mark {
            Mark::Robust => &mut self.robust,
            Mark::Systematic => &mut self.systematic,
            Mark::Unstable => &mut self.unstable,
            Mark::Unknown => &mut self.unknown,
        }
    }

    fn add(&mut self, class: &str) {
        *self.slot(Mark::of(class)) += 1;
    }

    /// Share of robust features in all.
    #[must_use]
    pub fn share_robust(&self) -> String {
        percent(self.robust, self.total())
    }

    /// Share of lost features in those that are known.
    #[must_use]
    pub fn share_lost(&self) -> String {
        percent(self.lost(), self.robust.saturating_add(self.lost()))
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> usize {
        self.each()
            .iter()
            .fold(0, |total, (_, count)| total.saturating_add(*count))
    }

    /// Known, and not robust.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.systematic.saturating_add(self.unstable)
    }

    /// Each class with its count, in the order in which they are told.
    #[must_use]
    pub fn each(&self) -> [(Mark, usize); 4] {
        let mut own = *self;
        Mark::ALL.map(|mark| (mark, *own.slot(mark)))
    }
}

/// A share in whole percent; a share that is not all or nothing is never written as such. Empty of nothing.
#[must_use]
pub fn percent(part: usize, of: usize) -> String {
    if of == 0 {
        return String::new();
    }
    let percent = (100.0 * part as f64 / of as f64).round() as u32;
    let percent = match part {
        0 => 0,
        _ if part == of => 100,
        _ => percent.clamp(1, 99),
    };
    format!("{percent} %")
}

/// A family under settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family<'a> {
    /// Its slug, `glcm`.
    pub name: &'a str,
    /// Its features by class of repeatability.
    pub classes: Classes,
}

/// The families in the order of the catalogue, under settings.
#[must_use]
pub fn families(outcome: &Outcome, implementation: usize, settings: usize) -> Vec<Family<'_>> {
    let mut families: Vec<Family<'_>> = Vec::new();
    for row in outcome.repeatability_of(implementation, settings) {
        let name = outcome.study.features[row.feature].family.as_str();
        let index = families
            .iter()
            .position(|family| family.name == name)
            .unwrap_or_else(|| {
                families.push(Family {
                    name,
                    classes: Classes::default(),
                });
                families.len() - 1
            });
        families[index].classes.add(&row.verdict.class);
    }
    families
}

/// The perturbations of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind<'a> {
    /// The kind, as [`Perturbation::kind`] has it.
    pub name: String,
    /// Indices of its perturbations.
    pub perturbations: Vec<usize>,
    /// The unit of their magnitude, where each has a magnitude and they share the unit.
    pub unit: Option<&'a str>,
}

/// The magnitude of a perturbation of one step.
#[must_use]
pub fn magnitude(perturbation: &Perturbation) -> Option<f64> {
    match &perturbation.steps[..] {
        [step] => step.magnitude,
        _ => None,
    }
}

/// The kinds of perturbation, in the order of their first draw.
#[must_use]
pub fn kinds(outcome: &Outcome) -> Vec<Kind<'_>> {
    let perturbations = &outcome.study.perturbations;
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    for (i, perturbation) in perturbations.iter().enumerate() {
        let name = perturbation.kind();
        match kinds.iter_mut().find(|kind| kind.name == name) {
            Some(kind) => kind.perturbations.push(i),
            None => kinds.push(Kind {
                name,
                perturbations: vec![i],
                unit: None,
            }),
        }
    }
    for kind in &mut kinds {
        let mut units = kind.perturbations.iter().map(|i| {
            let perturbation = &perturbations[*i];
            magnitude(perturbation).map(|_| perturbation.steps[0].unit.as_str())
        });
        let first = units.next().flatten();
        kind.unit = first.filter(|first| units.all(|unit| unit == Some(first)));
    }
    kinds
}

/// What each kind of perturbation does by itself under settings.
#[must_use]
pub fn perturbation_kinds(outcome: &Outcome, settings: usize) -> Vec<&PerturbationKind> {
    let all = outcome.perturbation_kinds.iter();
    all.filter(|kind| kind.settings == settings).collect()
}

/// A comparison across settings, over all features.
#[derive(Clone, Debug, PartialEq)]
pub struct Across<'a> {
    /// `all`, or the axis that varies.
    pub name: &'a str,
    /// Settings.
    pub k: usize,
    /// Fewest and most cases.
    pub n: [usize; 2],
    /// Features by class of reproducibility.
    pub classes: Classes,
    /// Median ICC(A,1).
    pub agreement: Option<f64>,
    /// Median ICC(C,1).
    pub consistency: Option<f64>,
    /// Median share of gauge R&R in the total standard deviation, in percent.
    pub study_variation: Option<f64>,
}

/// The comparisons across settings of an implementation.
#[must_use]
pub fn across(outcome: &Outcome, implementation: usize) -> Vec<Across<'_>> {
    let mut names: Vec<&str> = Vec::new();
    let own: Vec<&Reproducibility> = outcome
        .reproducibility
        .iter()
        .filter(|row| row.implementation == implementation)
        .collect();
    for row in &own {
        if !names.contains(&row.across.as_str()) {
            names.push(&row.across);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let rows: Vec<&&Reproducibility> =
                own.iter().filter(|row| row.across == name).collect();
            let mut classes = Classes::default();
            rows.iter().for_each(|row| classes.add(&row.verdict.class));
            let n = rows.iter().map(|row| row.n);
            let median_of = |figure: fn(&Reproducibility) -> Option<f64>| {
                median(rows.iter().filter_map(|row| figure(row)).collect())
            };
            Across {
                name,
                k: rows.iter().map(|row| row.k).max().unwrap_or_default(),
                n: [
                    n.clone().min().unwrap_or_default(),
                    n.max().unwrap_or_default(),
                ],
                classes,
                agreement: median_of(|row| row.agreement.known().map(|icc| icc.value)),
                consistency: median_of(|row| row.consistency.known().map(|icc| icc.value)),
                study_variation: median_of(|row| {
                    let gauge = row.gauge.known()?;
                    gauge.percent_study_variation.known().copied()
                }),
            }
        })
        .collect()
}

/// How two implementations agree under settings, over all features.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Indices of the implementations.
    pub implementations: [usize; 2],
    /// Index of the settings.
    pub settings: usize,
    /// Features.
    pub features: usize,
    /// Features whose ICC(A,1) fulfils the criteria.
    pub agree: usize,
    /// Features without an ICC(A,1).
    pub unknown: usize,
    /// Median ICC(A,1).
    pub median: Option<f64>,
}

/// The pairs of implementations, by settings.
#[must_use]
pub fn pairs(outcome: &Outcome) -> Vec<Pair> {
    let criteria = &outcome.study.criteria;
    let mut pairs: Vec<Pair> = Vec::new();
    let mut values: Vec<Vec<f64>> = Vec::new();
    for row in &outcome.agreement {
        let is_of = |pair: &Pair| {
            pair.implementations == row.implementations && pair.settings == row.settings
        };
        let index = match pairs.last().is_some_and(is_of) {
            true => pairs.len() - 1,
            false => pairs.iter().position(is_of).unwrap_or_else(|| {
                values.push(Vec::new());
                pairs.push(Pair {
                    implementations: row.implementations,
                    settings: row.settings,
                    features: 0,
                    agree: 0,
                    unknown: 0,
                    median: None,
                });
                pairs.len() - 1
            }),
        };
        let pair = &mut pairs[index];
        pair.features += 1;
        match &row.icc {
            Known::Known(icc) => {
                values[index].push(icc.value);
                pair.agree += usize::from(fulfils(criteria, &icc.category));
                pair.unknown += usize::from(icc.category == "unknown");
            }
            Known::Undefined { .. } => pair.unknown += 1,
        }
    }
    for (pair, values) in pairs.iter_mut().zip(values) {
        pair.median = median(values);
    }
    pairs
}

/// Whether a category is what the criteria require.
#[must_use]
pub fn fulfils(criteria: &Criteria, category: &str) -> bool {
    let required: &[&str] = match criteria.required {
        Required::Moderate => &["moderate", "good", "excellent"],
        Required::Good => &["good", "excellent"],
        Required::Excellent => &["excellent"],
    };
    required.contains(&category)
}

/// The correlation from which a feature is robust.
#[must_use]
pub fn required(criteria: &Criteria) -> f64 {
    match criteria.required {
        Required::Moderate => criteria.moderate,
        Required::Good => criteria.good,
        Required::Excellent => criteria.excellent,
    }
}

/// The criteria in words.
#[must_use]
pub fn criteria_in_words(criteria: &Criteria, level: f64) -> String {
    let judged = match criteria.judge {
        Judge::LowerBound => format!("the lower bound of the {} % interval of", 100.0 * level),
        Judge::Estimate => "the estimate (not its interval) of".to_owned(),
    };
    let mut words = format!(
        "A feature is robust when {judged} its intraclass correlation is at least {}",
        required(criteria)
    );
    if let Some(limit) = criteria.max_within_cv {
        words += &format!(", its within-subject coefficient of variation at most {limit}");
    }
    if let Some(limit) = criteria.max_relative_coefficient {
        words += &format!(", its repeatability coefficient at most {limit} SD between cases");
    }
    words + &format!(" (convention {}).", criteria.preset)
}

/// The middle one, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(values[middle - 1] / 2.0 + values[middle] / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_all_or_nothing_only_when_they_are() {
        assert_eq!(percent(0, 500), "0 %");
        assert_eq!(percent(1, 500), "1 %");
        assert_eq!(percent(499, 500), "99 %");
        assert_eq!(percent(500, 500), "100 %");
        assert_eq!(percent(0, 0), "");
    }

    #[test]
    fn classes_that_are_not_known_are_unknown() {
        let counts = [("robust", 3), ("novel", 2), ("unstable", 1)];
        let counts = counts.map(|(class, n)| (class.to_owned(), n)).into();
        let classes = Classes::of(&counts);
        assert_eq!((classes.robust, classes.lost(), classes.unknown), (3, 1, 2));
        assert_eq!(classes.total(), 6);
    }
}
