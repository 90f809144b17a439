//! Writing entries for what falls short, with the reasons left to people.

use std::collections::HashMap;

use glob::Pattern;

use super::{Entry, Expectations, Here};
use crate::{
    results::{Check, Results},
    verdict::Outcome,
};

/// What an expectations file lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The entries to append, as TOML; empty when there is nothing to add.
    pub toml: String,
    /// How many entries that is.
    pub entries: usize,
    /// Checks that an entry of the file speaks of, but not as they are: somebody has to look.
    pub by_hand: Vec<String>,
}

/// The entries that a file lacks for every check of the document that falls short to be expected.
///
/// Checks of one outcome share an entry where a whole aggregation, family or case has it; a wrong value has an entry
/// of its own, pinned. Reasons are placeholders, which count as none.
#[must_use]
pub fn update(expectations: &Expectations, results: &Results, here: Here<'_>) -> Update {
    let in_force: Vec<&Entry> = expectations
        .entries
        .iter()
        .filter(|entry| entry.is_in_force(&results.run.implementation, here))
        .collect();
    let entry_of = |check: &Check| in_force.iter().find(|entry| entry.glob.matches(&check.id));

    let mut update = Update {
        toml: String::new(),
        entries: 0,
        by_hand: Vec::new(),
    };
    let mut lacking = Vec::new();
    let mut prefixes: HashMap<&str, Option<Outcome>> = HashMap::new();
    for check in &results.checks {
        let falls_short = check.outcome.is_executed() && check.outcome != Outcome::Pass;
        let entry = entry_of(check);
        let lacks = falls_short && entry.is_none();
        if lacks {
            lacking.push(check);
        }
        if let Some(entry) =
            entry.filter(|entry| check.outcome.is_executed() && !entry.describes(check))
        {
            update.by_hand.push(format!(
                "line {}: `{}` expects {}, and `{}` is {}",
                entry.line,
                entry.glob,
                entry.status.name(),
                check.id,
                described(check)
            ));
        }
        // A wrong value is pinned, so it shares its entry with no other.
        let shared = (lacks && check.outcome != Outcome::Fail).then_some(check.outcome);
        for prefix in prefixes_of(&check.id) {
            let known = prefixes.entry(prefix).or_insert(shared);
            if *known != shared {
                *known = None;
            }
        }
    }

    let mut counts: Vec<(String, &Check, usize)> = Vec::new();
    for check in lacking {
        let widest = prefixes_of(&check.id).find(|prefix| prefixes[prefix].is_some());
        let glob = match widest {
            Some(prefix) => format!("{}/*", Pattern::escape(prefix)),
            None => Pattern::escape(&check.id),
        };
        match counts.last_mut() {
            Some((last, _, count)) if *last == glob => *count += 1,
            _ => counts.push((glob, check, 1)),
        }
    }
    update.entries = counts.len();
    for (glob, check, count) in counts {
        update.toml += &entry(&glob, check, count);
    }
    update
}

/// `suite/case`, `suite/case/family` and so on, without the id itself.
fn prefixes_of(id: &str) -> impl Iterator<Item = &str> {
    id.match_indices('/').skip(1).map(|(at, _)| &id[..at])
}

/// The outcome, with the value where there is one.
fn described(check: &Check) -> String {
    match check.actual {
        Some(value) => format!("{} with {value}", check.outcome.name()),
        None => check.outcome.name().to_owned(),
    }
}

fn entry(glob: &str, check: &Check, count: usize) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let about = if count > 1 {
        format!("{count} checks")
    } else {
        format!(
            "{}: {} against {} ± {}",
            check.name,
            described(check),
            check.expected.value,
            check.expected.tolerance
        )
    };
    let about: String = about
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let cause = match check.outcome {
        Outcome::Missing | Outcome::Unsupported => "not-implemented",
        _ => "bug",
    };
    let mut text = format!(
        "\n# {about}\n[[expect]]\nmatch = {}\nstatus = \"{}\"\n",
        quoted(glob),
        check.outcome.name()
    );
    if let Some(value) = check.actual.filter(|_| check.outcome == Outcome::Fail) {
        text += &format!("pin = {value:?}\n");
    }
    text + &format!(
        "cause = \"{cause}\"\nreason = \"{} why, and whether the cause is right)\"\n",
        Expectations::PLACEHOLDER
    )
}
