//! One named trial per check of every suite: `cargo test --test conformance -- glcm/3d_avg/TU9B` runs those of one
//! feature. Checks whose data is not there are listed as ignored.

use std::{
    collections::HashMap,
    process::ExitCode,
    sync::{Arc, OnceLock},
};

use libtest_mimic::{Arguments, Failed, Trial};
use radgauge::{
    certify::{Options, certify},
    implementation::Engine,
    results::Check,
    suite::Suite,
    verdict::Outcome,
};
use radgauge_reference::datasets::Library;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let library = Arc::new(Library::locate(None));
    let verdicts: Arc<OnceLock<HashMap<String, Check>>> = Arc::default();
    let mut trials = Vec::new();
    for suite in Suite::all() {
        for case in suite.cases {
            let has_data = case.files().iter().all(|file| library.find(file).is_ok());
            for check in case.checks {
                let (library, verdicts) = (Arc::clone(&library), Arc::clone(&verdicts));
                let trial = Trial::test(check.id.clone(), move || {
                    let verdicts = verdicts.get_or_init(|| run(&library));
                    passed(&verdicts[&check.id])
                });
                trials.push(
                    trial
                        .with_kind(check.tier.name())
                        .with_ignored_flag(!has_data),
                );
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The engine's verdicts on everything, by id.
fn run(library: &Library) -> HashMap<String, Check> {
    let options = Options {
        selection: Vec::new(),
        library,
        requires_data: false,
    };
    let results = certify(&Engine, &Suite::all(), &options, &|_| {});
    let by_id = |check: Check| (check.id.clone(), check);
    results.checks.into_iter().map(by_id).collect()
}

fn passed(check: &Check) -> Result<(), Failed> {
    if check.outcome == Outcome::Pass {
        return Ok(());
    }
    Err(Failed::from(format!(
        "{}: found {:?}, expected {} ± {}{}",
        check.outcome.name(),
        check.actual,
        check.expected.value,
        check.expected.tolerance,
        check
            .reason
            .as_ref()
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default()
    )))
}
