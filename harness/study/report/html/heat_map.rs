//! Heat map feature × settings of the bound that is judged. Every cell says it three ways: by number, by sign and by
//! shade, so that it reads without colour and on paper.

use std::{collections::BTreeMap, fmt::Write};

use crate::study::{
    criteria::Judge,
    outcome::{Feature, Outcome, Repeatability},
    report::plot::Mark,
};

/// More settings than this are not shown: those of the first ranks are.
const COLUMNS: usize = 60;

/// The heat map of an implementation.
pub(super) struct HeatMap<'a> {
    /// Indices of the settings that are shown, in the order of the grid.
    pub settings: Vec<usize>,
    /// A line of the head for each axis of the grid.
    pub heads: Vec<Head<'a>>,
    /// Rank of the settings that are shown.
    pub ranks: Vec<usize>,
    /// How many settings are not shown.
    pub left_out: usize,
    /// A line for each feature.
    pub rows: Vec<Row<'a>>,
    /// Fewest and most cases behind a cell.
    pub n: [usize; 2],
    /// Draws behind a cell.
    pub k: usize,
    /// What is shown: `lower bound of ICC(1)`.
    pub shown: &'static str,
    /// Settings of rank 1.
    pub best: Option<usize>,
}

/// A line of the head: an axis and its levels, with the number of columns of each.
pub(super) struct Head<'a> {
    pub axis: &'a str,
    pub levels: Vec<(&'a str, usize)>,
}

/// A feature.
pub(super) struct Row<'a> {
    pub feature: &'a Feature,
    /// The cells, as markup.
    pub cells: String,
    /// Under how many settings it is robust, of all.
    pub robust: usize,
    /// What is shown under the settings of rank 1, for sorting.
    pub best: String,
}

impl<'a> HeatMap<'a> {
    pub fn of(outcome: &'a Outcome, implementation: usize) -> Self {
        let study = &outcome.study;
        let rank: BTreeMap<usize, usize> = outcome
            .settings
            .iter()
            .filter(|summary| summary.implementation == implementation)
            .map(|summary| (summary.settings, summary.rank))
            .collect();
        let rank_of = |settings: usize| rank.get(&settings).copied().unwrap_or(usize::MAX);
        let mut settings: Vec<usize> = (0..study.settings.len()).collect();
        settings.sort_by_key(|settings| (rank_of(*settings), *settings));
        settings.truncate(COLUMNS);
        settings.sort_unstable();
        let best = outcome.best(implementation).map(|best| best.settings);
        let judge = study.criteria.judge;

        let mut n: Option<[usize; 2]> = None;
        let mut k = 0;
        for row in &outcome.repeatability {
            if row.implementation == implementation && row.n > 0 {
                let [few, many] = n.unwrap_or([row.n, row.n]);
                n = Some([few.min(row.n), many.max(row.n)]);
                k = k.max(row.k);
            }
        }
        let n = n.unwrap_or_default();
        let tables: Vec<&[Repeatability]> = (0..study.settings.len())
            .map(|settings| outcome.repeatability_of(implementation, settings))
            .collect();
        let rows = study
            .features
            .iter()
            .enumerate()
            // A document without implementations has no rows.
            .filter(|_| !outcome.repeatability.is_empty())
            .map(|(index, feature)| {
                let mut cells = String::new();
                for one in &settings {
                    let row = &tables[*one][index];
                    cell(&mut cells, row, judge, n[1], best == Some(*one));
                }
                let is_robust = |table: &&&[Repeatability]| table[index].verdict.class == "robust";
                let judged = best.and_then(|best| judged(&tables[best][index], judge));
                Row {
                    feature,
                    cells,
                    robust: tables.iter().filter(is_robust).count(),
                    best: judged.map_or_else(String::new, |value| format!("{value:.4}")),
                }
            })
            .collect();
        Self {
            heads: heads(outcome, &settings),
            ranks: settings.iter().map(|settings| rank_of(*settings)).collect(),
            left_out: study.settings.len() - settings.len(),
            settings,
            rows,
            n,
            k,
            shown: match judge {
                Judge::LowerBound => "lower bound of ICC(1)",
                Judge::Estimate => "estimate of ICC(1)",
            },
            best,
        }
    }
}

/// The figure that the criteria judge.
pub(super) fn judged(row: &Repeatability, judge: Judge) -> Option<f64> {
    let icc = row.icc.known()?;
    match judge {
        Judge::LowerBound => icc.lower,
        Judge::Estimate => Some(icc.value),
    }
}

/// Two digits after the point, and never more than there is: 0.996 is `.99`, for `1` is perfect agreement.
pub(super) fn short(value: f64) -> String {
    match value {
        _ if value >= 1.0 => "1".to_owned(),
        _ if value < 0.0 => "&lt;0".to_owned(),
        _ => format!(".{:02}", (100.0 * value + 1e-9).floor() as u32),
    }
}

fn cell(cells: &mut String, row: &Repeatability, judge: Judge, most: usize, is_best: bool) {
    let mark = Mark::of(&row.verdict.class);
    let shade = match row.icc.known().map(|icc| icc.category.as_str()) {
        Some("excellent") => "h4",
        Some("good") => "h3",
        Some("moderate") => "h2",
        Some("poor") => "h1",
        _ => "h0",
    };
    let best = if is_best { " b" } else { "" };
    let few = if row.n < most { " few" } else { "" };
    let _ = write!(cells, "<td class=\"{shade}{best}{few}\"");
    if row.n < most {
        let _ = write!(cells, " title=\"{} cases\"", row.n);
    }
    let text = judged(row, judge).map_or_else(String::new, short);
    let _ = write!(cells, ">{}{text}", mark.sign());
}

/// The levels of every axis; columns next to each other that share a level, and those of the axes before, share a head.
fn heads<'a>(outcome: &'a Outcome, settings: &[usize]) -> Vec<Head<'a>> {
    let study = &outcome.study;
    let axes = study.axes.iter().enumerate();
    axes.map(|(i, axis)| {
        let mut levels: Vec<(&str, usize)> = Vec::new();
        let mut before: Option<&[usize]> = None;
        for one in settings {
            let own = &study.settings[*one].levels[..=i];
            match levels.last_mut() {
                Some((_, columns)) if before == Some(own) => *columns += 1,
                _ => levels.push((axis.levels[own[i]].as_str(), 1)),
            }
            before = Some(own);
        }
        Head {
            axis: &axis.name,
            levels,
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_not_rounded_up() {
        let written: Vec<String> = [1.0, 0.999_9, 0.75, 0.749_9, 0.0, -0.2]
            .into_iter()
            .map(short)
            .collect();
        assert_eq!(written, ["1", ".99", ".75", ".74", ".00", "&lt;0"]);
    }
}
