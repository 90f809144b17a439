//! Diagnostic features stage by stage: where the processing of a case parts from its reference.

use std::collections::HashMap;

use radgauge_engine::diagnostics::Stage;

use super::Mark;
use crate::{
    report::summary::{self, Count},
    results::{Check, Results},
};

/// The diagnostic features of a case.
pub(super) struct CaseStages<'a> {
    pub(super) case: &'a str,
    pub(super) count: Count,
    pub(super) mark: Mark,
    /// Number of executed checks that fell short at each stage.
    pub(super) stages: Vec<(Stage, usize)>,
    /// A row per quantity, a cell per stage.
    pub(super) rows: Vec<(&'a str, Vec<Option<Cell<'a>>>)>,
}

/// A quantity at a stage.
pub(super) struct Cell<'a> {
    pub(super) check: &'a Check,
    pub(super) mark: Mark,
    pub(super) value: String,
}

/// The cases that have diagnostic features, no more than `limit` of them.
pub(super) fn by_case(results: &Results, limit: usize) -> Vec<CaseStages<'_>> {
    summary::by_case(results)
        .into_iter()
        .filter_map(|case| CaseStages::of(case.id, &case.checks))
        .take(limit)
        .collect()
}

impl<'a> CaseStages<'a> {
    /// `None` for a case without diagnostic features.
    fn of(case: &'a str, checks: &[&'a Check]) -> Option<Self> {
        let mut rows: Vec<(&str, Vec<Option<Cell<'_>>>)> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut count = Count::default();
        let mut stages: Vec<(Stage, usize)> = Stage::ALL.map(|stage| (stage, 0)).into();
        for check in checks {
            let Some((stage, quantity)) = stage_and_quantity(check) else {
                continue;
            };
            let row = *known.entry(quantity).or_insert_with(|| {
                rows.push((quantity, Stage::ALL.map(|_| None).into()));
                rows.len() - 1
            });
            count.add(check.outcome);
            stages[stage].1 += usize::from(summary::falls_short(check));
            rows[row].1[stage] = Some(Cell {
                check,
                mark: Mark::of(check.outcome),
                value: summary::value(check),
            });
        }
        // A stage that no check is about, such as filtering where nothing is filtered, has no column.
        for stage in (0..Stage::ALL.len()).rev() {
            if rows.iter().all(|(_, cells)| cells[stage].is_none()) {
                stages.remove(stage);
                for (_, cells) in &mut rows {
                    cells.remove(stage);
                }
            }
        }
        (!rows.is_empty()).then(|| Self {
            case,
            mark: Mark::of_count(&count),
            count,
            stages,
            rows,
        })
    }
}

/// Position of the stage, and quantity, of a diagnostic check.
fn stage_and_quantity(check: &Check) -> Option<(usize, &str)> {
    let mut parts = check.id.splitn(5, '/').skip(2);
    let (family, stage, quantity) = (parts.next()?, parts.next()?, parts.next()?);
    let stage = Stage::ALL.iter().position(|known| known.slug() == stage)?;
    (family == "diag").then_some((stage, quantity))
}
