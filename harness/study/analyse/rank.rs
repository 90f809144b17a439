//! Which settings make most features repeat.

use std::{cmp::Reverse, collections::BTreeMap};

use super::figures::{self, known};
use crate::study::outcome::{Known, Outcome, SettingsSummary};

/// Settings summarised and ranked, by implementation and in the order of the grid.
pub(super) fn rank(outcome: &Outcome) -> Vec<SettingsSummary> {
    let study = &outcome.study;
    let mut all = Vec::new();
    for implementation in 0..study.implementations.len() {
        let mut summaries: Vec<SettingsSummary> = (0..study.settings.len())
            .map(|settings| summary(outcome, implementation, settings))
            .collect();
        let mut order: Vec<usize> = (0..summaries.len()).collect();
        order.sort_by(|a, b| {
            let robust = |i: &usize| Reverse(summaries[*i].classes.get("robust").copied());
            let median = |i: &usize| {
                let median = summaries[*i].median_lower.known();
                median.copied().unwrap_or(f64::NEG_INFINITY)
            };
            robust(a)
                .cmp(&robust(b))
                .then(median(b).total_cmp(&median(a)))
                .then(a.cmp(b))
        });
        for (rank, settings) in order.into_iter().enumerate() {
            summaries[settings].rank = rank + 1;
        }
        all.append(&mut summaries);
    }
    all
}

fn summary(outcome: &Outcome, implementation: usize, settings: usize) -> SettingsSummary {
    let names = |names: [&str; 4]| names.map(|name| (name.to_owned(), 0)).into();
    let mut classes: BTreeMap<String, usize> =
        names(["robust", "systematic", "unstable", "unknown"]);
    let mut categories: BTreeMap<String, usize> = names(["excellent", "good", "moderate", "poor"]);
    categories.insert("unknown".to_owned(), 0);
    let mut families: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut lower = Vec::new();
    let rows = outcome.repeatability_of(implementation, settings);
    for row in rows {
        let class = row.verdict.class.clone();
        let family = &outcome.study.features[row.feature].family;
        let [robust, of] = families.entry(family.clone()).or_default();
        *robust += usize::from(class == "robust");
        *of += 1;
        *classes.entry(class).or_default() += 1;
        let category = match &row.icc {
            Known::Known(icc) => icc.category.clone(),
            Known::Undefined { .. } => "unknown".to_owned(),
        };
        *categories.entry(category).or_default() += 1;
        lower.extend(row.icc.known().and_then(|icc| icc.lower));
    }
    lower.sort_by(f64::total_cmp);
    SettingsSummary {
        implementation,
        settings,
        rank: 0,
        features: rows.len(),
        classes,
        categories,
        families,
        median_lower: known(
            figures::percentile(&lower, 0.5),
            "no feature has an interval",
        ),
    }
}
