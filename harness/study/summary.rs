//! A finished study in a screenful of text.

use std::fmt::Write;

use super::{
    criteria::{Judge, Required},
    outcome::{Known, Outcome},
};

/// How many settings and failures are shown.
const SHOWN: usize = 10;

/// The study in words and small tables.
#[must_use]
pub fn render(outcome: &Outcome) -> String {
    let mut text = String::new();
    write_into(&mut text, outcome).expect("writing to memory cannot fail");
    text
}

fn write_into(text: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let study = &outcome.study;
    let usable = study.cases.iter().filter(|case| case.is_usable).count();
    writeln!(text, "{}", study.title)?;
    writeln!(
        text,
        "{usable} of {} cases, {} draws of each, {} settings, {} features; {} cells",
        study.cases.len(),
        study.perturbations.len(),
        study.settings.len(),
        study.features.len(),
        outcome.end.cells,
    )?;
    let criteria = &study.criteria;
    let required = match criteria.required {
        Required::Moderate => criteria.moderate,
        Required::Good => criteria.good,
        Required::Excellent => criteria.excellent,
    };
    let judged = match criteria.judge {
        Judge::LowerBound => "lower bound of ICC",
        Judge::Estimate => "ICC",
    };
    writeln!(
        text,
        "criteria {}: {judged} at least {required}",
        criteria.preset
    )?;

    for (implementation, stamp) in study.implementations.iter().enumerate() {
        let Some(best) = outcome.best(implementation) else {
            continue;
        };
        let robust = best.classes.get("robust").copied().unwrap_or_default();
        let point = &study.settings[best.settings];
        writeln!(text)?;
        if study.implementations.len() > 1 {
            writeln!(text, "{} {}", stamp.identity.name, stamp.identity.version)?;
        }
        writeln!(
            text,
            "repeatable: {robust} of {} features under {} ({}), the settings of rank 1",
            best.features, point.id, point.label
        )?;
        for (family, [robust, of]) in &best.families {
            writeln!(text, "  {family:<6} {robust:>4} of {of}")?;
        }
        writeln!(text)?;
        let classes = ["robust", "systematic", "unstable", "unknown"];
        writeln!(
            text,
            "rank  settings  robust  systematic  unstable  unknown  median lower bound"
        )?;
        let mut ranked: Vec<_> = outcome
            .settings
            .iter()
            .filter(|summary| summary.implementation == implementation)
            .collect();
        ranked.sort_by_key(|summary| summary.rank);
        for summary in ranked.iter().take(SHOWN) {
            let [robust, systematic, unstable, unknown] =
                classes.map(|class| summary.classes.get(class).copied().unwrap_or_default());
            let point = &study.settings[summary.settings];
            let median = match summary.median_lower {
                Known::Known(median) => format!("{median:.3}"),
                Known::Undefined { .. } => "–".to_owned(),
            };
            writeln!(
                text,
                "{:>4}  {:<8}  {robust:>6}  {systematic:>10}  {unstable:>8}  {unknown:>7}  {median:>6}  {}",
                summary.rank, point.id, point.label
            )?;
        }
        if ranked.len() > SHOWN {
            writeln!(
                text,
                "      and {} more in settings.csv",
                ranked.len() - SHOWN
            )?;
        }
        reproducibility(text, outcome, implementation)?;
    }
    perturbations(text, outcome)?;
    agreement(text, outcome)?;
    for arm in &outcome.harmonised {
        let count = |counts: &std::collections::BTreeMap<String, usize>| {
            counts.get("robust").copied().unwrap_or_default()
        };
        match &arm.undefined {
            Some(reason) => writeln!(text, "\nwhat if, {}: not done, {reason}", arm.arm)?,
            None => writeln!(
                text,
                "\nwhat if, {} over {}: {} of {} features reproduce across settings, {} before",
                arm.arm,
                arm.batches,
                count(&arm.after),
                arm.features,
                count(&arm.before)
            )?,
        }
    }
    if !outcome.failures.is_empty() {
        writeln!(
            text,
            "\nfailed: {} of {} cells, {} cases as a whole",
            outcome.end.failed_cells, outcome.end.cells, outcome.end.failed_cases
        )?;
        for failure in outcome.failures.iter().take(SHOWN) {
            let mut what = failure.case.clone();
            let parts = [
                &failure.implementation,
                &failure.perturbation,
                &failure.settings,
            ];
            for part in parts.into_iter().flatten() {
                what = format!("{what} / {part}");
            }
            writeln!(text, "  {what}: {}", failure.reason)?;
        }
        if outcome.failures.len() > SHOWN {
            writeln!(
                text,
                "  and {} more in the document",
                outcome.failures.len() - SHOWN
            )?;
        }
    }
    Ok(())
}

fn reproducibility(
    text: &mut String,
    outcome: &Outcome,
    implementation: usize,
) -> std::fmt::Result {
    let of: Vec<_> = outcome
        .reproducibility
        .iter()
        .filter(|row| row.implementation == implementation)
        .collect();
    if of.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\nacross settings  robust  systematic  unstable  unknown"
    )?;
    let mut axes: Vec<&str> = Vec::new();
    for row in &of {
        if !axes.contains(&row.across.as_str()) {
            axes.push(&row.across);
        }
    }
    for across in axes {
        let count = |class: &str| {
            let rows = of.iter().filter(|row| row.across == across);
            rows.filter(|row| row.verdict.class == class).count()
        };
        let [robust, systematic, unstable, unknown] =
            ["robust", "systematic", "unstable", "unknown"].map(count);
        writeln!(
            text,
            "{across:<15}  {robust:>6}  {systematic:>10}  {unstable:>8}  {unknown:>7}"
        )?;
    }
    Ok(())
}

/// The perturbations that hurt most, at the settings of rank 1.
fn perturbations(text: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let Some(best) = outcome.best(0) else {
        return Ok(());
    };
    let mut rows: Vec<_> = outcome
        .perturbations
        .iter()
        .filter(|row| row.settings == best.settings)
        .filter_map(|row| Some((row, *row.median_change.known()?)))
        .collect();
    rows.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.perturbation.cmp(&b.perturbation)));
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "\nlargest change of the median feature, in SD between cases"
    )?;
    for (row, change) in rows.iter().take(SHOWN) {
        let id = &outcome.study.perturbations[row.perturbation].id;
        writeln!(text, "  {change:.3}  {id}")?;
    }
    Ok(())
}

fn agreement(text: &mut String, outcome: &Outcome) -> std::fmt::Result {
    let mut pairs: Vec<[usize; 2]> = outcome
        .agreement
        .iter()
        .map(|row| row.implementations)
        .collect();
    pairs.dedup();
    for pair in pairs {
        let of: Vec<_> = outcome
            .agreement
            .iter()
            .filter(|row| row.implementations == pair)
            .collect();
        let compared = of.iter().filter(|row| row.icc.known().is_some()).count();
        let excellent = of
            .iter()
            .filter(|row| {
                row.icc
                    .known()
                    .is_some_and(|icc| icc.category == "excellent")
            })
            .count();
        let [first, second] = pair.map(|i| &outcome.study.implementations[i].identity.name);
        writeln!(
            text,
            "\n{first} and {second}: agreement excellent for {excellent} of {compared} features × settings that can be \
             compared, of {}",
            of.len()
        )?;
    }
    Ok(())
}
