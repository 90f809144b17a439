//! Judging the outcomes of a result document by an expectations file.

use std::fmt;

use toml::value::Date;

use super::{Entry, Expectations, When};
use crate::{
    certify::exit,
    implementation::Identity,
    results::{Check, ExpectationsStamp, Results, StaleEntry},
    verdict::{Outcome, Verdict},
};

/// How far, relative to the pin, a value may be from it: enough for another platform's rounding, too little for another
/// mistake.
const PIN_TOLERANCE: f64 = 1e-6;

/// When and where a file is applied.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// The day.
    pub today: Date,
    /// The operating system, as `std::env::consts::OS` names it.
    pub os: &'a str,
    /// The architecture, as `std::env::consts::ARCH` names it.
    pub arch: &'a str,
}

/// Why an entry does not hold.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// It gives no reason.
    Reasonless,
    /// Its last day is over.
    Expired(Date),
    /// It matches no check.
    MatchesNothing,
    /// Another entry matches the same check.
    Overlaps {
        /// The other entry's line.
        line: usize,
        /// The first check that both match.
        id: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reasonless => write!(f, "gives no reason"),
            Self::Expired(date) => write!(f, "expired on {date}"),
            Self::MatchesNothing => write!(f, "matches no check"),
            Self::Overlaps { line, id } => {
                write!(
                    f,
                    "overlaps with the entry of line {line}: both match `{id}`"
                )
            }
        }
    }
}

/// What an expectations file makes of a result document.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// Per entry, what is wrong with it.
    pub faults: Vec<Vec<Fault>>,
    /// Per check, its verdict; none for a check that was not executed.
    pub verdicts: Vec<Option<Verdict>>,
}

impl Entry {
    /// Whether the entry is in force for this implementation on this machine.
    #[must_use]
    pub fn is_in_force(&self, implementation: &Identity, here: Here<'_>) -> bool {
        let When {
            implementation: name,
            version,
            os,
            arch,
        } = match &self.when {
            None => return true,
            Some(when) => when,
        };
        name.as_ref()
            .is_none_or(|glob| glob.matches(&implementation.name))
            && version
                .as_ref()
                .is_none_or(|glob| glob.matches(&implementation.version))
            && os.as_ref().is_none_or(|os| os == here.os)
            && arch.as_ref().is_none_or(|arch| arch == here.arch)
    }

    /// What is wrong with the entry whatever it matches.
    fn own_faults(&self, today: Date) -> Vec<Fault> {
        let reasonless = self.reason.is_empty().then_some(Fault::Reasonless);
        let expired = self
            .expires
            .filter(|last_day| *last_day < today)
            .map(Fault::Expired);
        reasonless.into_iter().chain(expired).collect()
    }

    /// Whether the check does not pass in the way that the entry says.
    pub(super) fn describes(&self, check: &Check) -> bool {
        let is_pinned_value = match (self.pin, check.actual) {
            (None, _) => true,
            (Some(pin), Some(value)) => (value - pin).abs() <= PIN_TOLERANCE * pin.abs(),
            (Some(_), None) => false,
        };
        check.outcome == self.status && is_pinned_value
    }
}

/// What is wrong with a file by itself, per entry: `ids` are all ids that an entry may speak of, so that one for checks
/// that were not selected is not taken to match nothing. Two entries overlap when `may_meet` and both match an id.
fn faults<'a>(
    expectations: &Expectations,
    ids: impl Iterator<Item = &'a str>,
    today: Date,
    is_in_force: impl Fn(&Entry) -> bool,
    may_meet: impl Fn(&Entry, &Entry) -> bool,
) -> Vec<Vec<Fault>> {
    let entries = &expectations.entries;
    let mut faults: Vec<Vec<Fault>> = entries
        .iter()
        .map(|entry| entry.own_faults(today))
        .collect();
    let mut matches_something = vec![false; entries.len()];
    for id in ids {
        let matching: Vec<usize> = (0..entries.len())
            .filter(|&index| entries[index].glob.matches(id))
            .collect();
        for (nth, &index) in matching.iter().enumerate() {
            matches_something[index] = true;
            for &other in &matching[..nth] {
                let is_known = faults[index].iter().any(
                    |fault| matches!(fault, Fault::Overlaps { line, .. } if *line == entries[other].line),
                );
                if !is_known && may_meet(&entries[index], &entries[other]) {
                    faults[index].push(Fault::Overlaps {
                        line: entries[other].line,
                        id: id.to_owned(),
                    });
                }
            }
        }
    }
    for (index, entry) in entries.iter().enumerate() {
        if !is_in_force(entry) {
            faults[index].clear();
        } else if !matches_something[index] {
            faults[index].push(Fault::MatchesNothing);
        }
    }
    faults
}

/// What is wrong with a file, per entry, without a result document: entries under the same condition may not overlap.
#[must_use]
pub fn lint<'a>(
    expectations: &Expectations,
    ids: impl Iterator<Item = &'a str>,
    today: Date,
) -> Vec<Vec<Fault>> {
    faults(expectations, ids, today, |_| true, |a, b| a.when == b.when)
}

/// Judges a result document by an expectations file. `suite_ids` are the ids of the suites of the run; those of the
/// document are known besides.
#[must_use]
pub fn assess(
    expectations: &Expectations,
    suite_ids: &[String],
    results: &Results,
    here: Here<'_>,
) -> Assessment {
    let is_in_force = |entry: &Entry| entry.is_in_force(&results.run.implementation, here);
    let ids = suite_ids
        .iter()
        .chain(results.checks.iter().map(|check| &check.id))
        .map(String::as_str);
    let faults = faults(expectations, ids, here.today, is_in_force, |a, b| {
        is_in_force(a) && is_in_force(b)
    });
    let in_force: Vec<(&Entry, &[Fault])> = expectations
        .entries
        .iter()
        .zip(faults.iter().map(Vec::as_slice))
        .filter(|(entry, _)| is_in_force(entry))
        .collect();
    let verdicts = results
        .checks
        .iter()
        .map(|check| verdict(check, &in_force))
        .collect();
    Assessment { faults, verdicts }
}

fn verdict(check: &Check, in_force: &[(&Entry, &[Fault])]) -> Option<Verdict> {
    let matching: Vec<_> = in_force
        .iter()
        .filter(|(entry, _)| entry.glob.matches(&check.id))
        .collect();
    let is_executed = check.outcome.is_executed();
    match matching.as_slice() {
        [] if check.outcome == Outcome::Pass => Some(Verdict::Ok),
        [] => is_executed.then_some(Verdict::Unexpected),
        _ if check.outcome == Outcome::Pass => Some(Verdict::UnexpectedPass),
        [(entry, _)] if !is_executed && entry.status != Outcome::Skipped => None,
        [(entry, faults)] => Some(match (faults, entry.describes(check)) {
            (_, false) => Verdict::Unexpected,
            ([], true) | ([Fault::Overlaps { .. }, ..], true) => Verdict::Expected,
            (_, true) => Verdict::Stale,
        }),
        _ => is_executed.then_some(Verdict::Stale),
    }
}

/// Writes verdicts, the file's stamp and the exit code that follows into a result document.
///
/// An exit code that says more than whether checks hold (missing data, an unusable implementation, nothing checked)
/// stays as it is.
pub fn apply(
    expectations: &Expectations,
    suite_ids: &[String],
    results: &mut Results,
    here: Here<'_>,
) {
    let Assessment { faults, verdicts } = assess(expectations, suite_ids, results, here);
    let stale: Vec<StaleEntry> = expectations
        .entries
        .iter()
        .zip(&faults)
        .flat_map(|(entry, faults)| {
            faults.iter().map(|fault| StaleEntry {
                line: entry.line,
                glob: entry.glob.to_string(),
                fault: fault.to_string(),
            })
        })
        .collect();
    let falls_short = !stale.is_empty()
        || verdicts
            .iter()
            .any(|verdict| verdict.is_some_and(Verdict::falls_short));
    for (check, verdict) in results.checks.iter_mut().zip(verdicts) {
        check.verdict = verdict;
    }
    results.run.expectations = Some(ExpectationsStamp {
        sha256: expectations.sha256.clone(),
        entries: expectations.entries.len(),
        stale,
    });
    if matches!(results.end.exit_code, exit::OK | exit::SHORT) {
        results.end.exit_code = if falls_short { exit::SHORT } else { exit::OK };
    }
}
