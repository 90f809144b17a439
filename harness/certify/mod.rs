//! Certification: every selected check of every suite put to an implementation, and the answers judged.

mod case;
mod input;
mod invariance;
mod judge;

use radgauge_reference::datasets::Library;
use rayon::prelude::*;

use crate::{
    implementation::{Identity, Implementation},
    results::{End, Results, Run, SCHEMA, Totals},
    suite::Suite,
    verdict::{Outcome, Rule},
};
use case::{FinishedCase, SelectedCase};
use input::{DataState, Inputs};

pub(crate) use self::invariance::asked_twice;
pub(crate) use input::read_input;

/// The exit codes of the program, one meaning each.
pub mod exit {
    /// Everything asked for was executed, and holds.
    pub const OK: u8 = 0;
    /// Something falls short.
    pub const SHORT: u8 = 1;
    /// Usage, configuration or settings are wrong.
    pub const USAGE: u8 = 2;
    /// Reference data or input images are missing, damaged or do not fit together.
    pub const DATA: u8 = 3;
    /// The implementation under test cannot be used.
    pub const IMPLEMENTATION: u8 = 4;
    /// Nothing was checked, or fewer checks than required.
    pub const NOTHING: u8 = 5;
    /// A bug in radgauge.
    pub const BUG: u8 = 70;
}

/// Which checks are run, and what missing data means.
#[derive(Debug)]
pub struct Options<'a> {
    /// Globs over ids; empty = everything. `*` also matches `/`.
    pub selection: Vec<glob::Pattern>,
    /// Where data sets are found.
    pub library: &'a Library,
    /// Whether missing data fails the run instead of skipping cases.
    pub requires_data: bool,
}

impl Options<'_> {
    /// Whether the check of this id is selected.
    #[must_use]
    pub fn selects(&self, id: &str) -> bool {
        self.selection.is_empty() || self.selection.iter().any(|glob| glob.matches(id))
    }

    /// Whether a check whose id begins so may be selected: `false` saves writing out the ids of a case.
    fn may_select(&self, beginning: &str) -> bool {
        let may_match = |glob: &glob::Pattern| {
            let plain = glob.as_str().split(['*', '?', '[']).next().unwrap_or("");
            plain.starts_with(beginning) || beginning.starts_with(plain)
        };
        self.selection.is_empty() || self.selection.iter().any(may_match)
    }
}

/// Runs the selected checks of `suites`; `progress` hears of every finished case (finished, of how many).
///
/// A case that cannot be run becomes an outcome of its checks, so that nothing leaves the count.
pub fn certify(
    implementation: &dyn Implementation,
    suites: &[Suite],
    options: &Options<'_>,
    progress: &(dyn Fn(&str) + Sync),
) -> Results {
    let stamps: Vec<_> = suites.iter().map(Suite::stamp).collect();
    let mut totals = Totals {
        required: stamps.iter().map(|stamp| stamp.checks).sum(),
        ..Totals::default()
    };
    let selected: Vec<SelectedCase<'_>> = suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .filter_map(|case| SelectedCase::of(case, implementation, options))
        .collect();
    let read: Vec<_> = selected
        .iter()
        .map(|selected| selected.case)
        .filter(|case| implementation.recorded(&case.id).is_none())
        .collect();
    let inputs = Inputs::of(&read, options.library, implementation.is_elsewhere());
    let finished: Vec<FinishedCase> = selected
        .into_par_iter()
        .map(|case| {
            let id = case.case.id.clone();
            let finished = case.run(implementation, &inputs);
            progress(&id);
            finished
        })
        .collect();

    let run = Run {
        schema: SCHEMA.to_owned(),
        harness: Identity {
            name: "radgauge".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        implementation: implementation.identity(),
        submission: implementation.submission(),
        suites: stamps,
        selection: options.selection.iter().map(ToString::to_string).collect(),
        rules: Rule::ALL.to_vec(),
        expectations: None,
    };
    let (mut cases, mut checks, mut observations) = (Vec::new(), Vec::new(), Vec::new());
    let (mut is_missing, mut is_damaged, mut is_unusable) = (false, false, false);
    for finished in finished {
        is_missing |= finished.data == DataState::Missing;
        is_damaged |= finished.data == DataState::Unusable;
        is_unusable |= finished.is_implementation_unusable;
        cases.push(finished.case);
        checks.extend(finished.checks);
        observations.extend(finished.observations);
    }
    for check in &checks {
        totals.count(check.outcome);
    }
    totals.observed = observations.len();
    let exit_code = if is_damaged || (is_missing && options.requires_data) {
        exit::DATA
    } else if is_unusable {
        exit::IMPLEMENTATION
    } else if totals.executed == 0 && totals.observed == 0 {
        exit::NOTHING
    } else if totals.executed != totals.of(Outcome::Pass) {
        exit::SHORT
    } else {
        exit::OK
    };
    Results {
        run,
        cases,
        checks,
        observations,
        diagnoses: Vec::new(),
        agreements: Vec::new(),
        end: End {
            complete: true,
            totals,
            exit_code,
            digest: String::new(),
        },
    }
}
