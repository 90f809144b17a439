//! What has no values, told once: a case that failed as a whole is one failure, not one a cell.

use crate::study::{
    outcome::Failure,
    plan::{Computer, Plan},
    store::{Cell, Store, StoreError},
};

/// The failures, by case, implementation, perturbation, settings.
pub(super) fn failures(
    plan: &Plan,
    computers: &[Computer],
    store: &Store,
) -> Result<Vec<Failure>, StoreError> {
    let mut failures = Vec::new();
    let (draws, points) = (plan.draws.len(), plan.points.points.len());
    let keys: Vec<_> = computers
        .iter()
        .map(|computer| plan.keys(computer))
        .collect();
    for (case, planned) in plan.cases.iter().enumerate() {
        let failure = |reason: &str, cells| Failure {
            case: planned.case.id.clone(),
            perturbation: None,
            settings: None,
            implementation: None,
            cells,
            reason: reason.to_owned(),
        };
        if let Err(reason) = &planned.content {
            failures.push(failure(reason, draws * points * computers.len()));
            continue;
        }
        // By implementation, draw, point; `None` where there are values.
        let mut reasons: Vec<Option<String>> = Vec::new();
        for keys in &keys {
            for draw in 0..draws {
                for point in 0..points {
                    let key = keys.get(case, draw, point);
                    let key = key.expect("a case with content has keys");
                    reasons.push(match store.state(&key) {
                        Some(true) => None,
                        None => Some("not computed".to_owned()),
                        Some(false) => match store.get(&key)? {
                            Some(Cell::Failed(reason)) => Some(reason),
                            _ => None,
                        },
                    });
                }
            }
        }
        if let Some(Some(reason)) = common(&reasons) {
            failures.push(failure(reason, reasons.len()));
            continue;
        }
        for (computer, reasons) in computers.iter().zip(reasons.chunks(draws * points)) {
            let implementation = (computers.len() > 1).then(|| computer.identity.name.clone());
            let failure = |reason: &str, cells| Failure {
                implementation: implementation.clone(),
                ..failure(reason, cells)
            };
            if let Some(reason) = common(reasons) {
                failures.extend(reason.map(|reason| failure(reason, reasons.len())));
                continue;
            }
            for (draw, reasons) in plan.draws.iter().zip(reasons.chunks(points)) {
                let of_draw = |reason: &str, cells| Failure {
                    perturbation: Some(draw.name.clone()),
                    ..failure(reason, cells)
                };
                if let Some(reason) = common(reasons) {
                    failures.extend(reason.map(|reason| of_draw(reason, reasons.len())));
                    continue;
                }
                for (point, reason) in plan.points.points.iter().zip(reasons) {
                    failures.extend(reason.as_deref().map(|reason| Failure {
                        settings: Some(point.id.clone()),
                        ..of_draw(reason, 1)
                    }));
                }
            }
        }
    }
    Ok(failures)
}

/// What all have in common: that they have values, or one reason why not. `None` when they differ.
fn common(reasons: &[Option<String>]) -> Option<Option<&str>> {
    let first = reasons.first()?;
    let all = reasons.iter().all(|reason| reason == first);
    all.then_some(first.as_deref())
}
