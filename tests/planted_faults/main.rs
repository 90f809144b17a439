//! A certification that cannot turn red proves nothing. Here likely mistakes are planted in the engine's answers one by
//! one, a named trial each, and every one of them must be found, in the families that it touches and in no other. The
//! one that published tolerances cannot see is pinned as such. Of those that the catalogue of deviations knows, the
//! diagnosis must name the cause.
//!
//! `cargo test --test planted_faults -- entropy` runs some. Faults in image processing need the CT phantom and are
//! listed as ignored without it.

mod faults;

use std::{
    collections::BTreeSet,
    process::ExitCode,
    sync::{Arc, LazyLock},
};

use faults::{Fault, Plant};
use libtest_mimic::{Arguments, Failed, Trial};
use radgauge::{
    certify::{Options, certify, exit},
    diagnose::diagnose,
    implementation::{Answers, Failure, Identity, Implementation, Question},
    results,
    suite::Suite,
    verdict::Outcome,
};
use radgauge_reference::datasets::Library;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let library = Arc::new(Library::locate(None));
    let suites: Arc<LazyLock<Vec<Suite>>> = Arc::new(LazyLock::new(Suite::all));
    let has_data = library.find("ibsi1/ct_phantom/nifti/image.nii.gz").is_ok();
    let trials = faults::all()
        .into_iter()
        .map(|fault| {
            let (library, suites) = (Arc::clone(&library), Arc::clone(&suites));
            let is_ignored = fault.needs_data() && !has_data;
            Trial::test(fault.name.clone(), move || check(&fault, &suites, &library))
                .with_ignored_flag(is_ignored)
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The engine with a mistake in it.
struct Faulty<'a>(&'a Plant);

impl Implementation for Faulty<'_> {
    fn identity(&self) -> Identity {
        Identity {
            name: "engine with a fault".to_owned(),
            version: String::new(),
        }
    }

    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure> {
        Ok(self.0(question))
    }
}

fn check(fault: &Fault, suites: &[Suite], library: &Library) -> Result<(), Failed> {
    let options = Options {
        selection: vec![glob::Pattern::new(fault.cases).expect("a glob")],
        library,
        requires_data: true,
    };
    let results = certify(&Faulty(&fault.plant), suites, &options, &|_| {});
    let exit_code = results.end.exit_code;
    let wrong: Vec<_> = results
        .checks
        .iter()
        .filter(|check| check.outcome != Outcome::Pass)
        .collect();
    let is_found = exit_code == exit::SHORT;
    if is_found == fault.families.is_empty() {
        return Err(format!("exit code {exit_code}, {} checks fail", wrong.len()).into());
    }
    let touched: BTreeSet<&str> = wrong.iter().map(|check| check.family()).collect();
    let expected: BTreeSet<&str> = fault.families.iter().copied().collect();
    if touched != expected {
        return Err(format!("expected failures in {expected:?}, found them in {touched:?}").into());
    }
    match fault.deviation() {
        Some(deviation) => check_diagnosis(&deviation, &results, suites, library),
        None => Ok(()),
    }
}

/// What the catalogue of deviations knows is named, though it was planted by other means than the catalogue's.
fn check_diagnosis(
    deviation: &str,
    results: &results::Results,
    suites: &[Suite],
    library: &Library,
) -> Result<(), Failed> {
    let (diagnoses, undiagnosed) = diagnose(results, suites, library, &|_| {});
    if !undiagnosed.is_empty() {
        return Err(format!("{undiagnosed:?}").into());
    }
    let suspects = diagnoses
        .iter()
        .filter_map(|diagnosis| diagnosis.evidence.as_ref());
    let named: Vec<&str> = suspects
        .flat_map(|evidence| &evidence.deviations)
        .flat_map(|suspect| [&suspect.id].into_iter().chain(&suspect.or))
        .map(String::as_str)
        .collect();
    if named.contains(&deviation) {
        Ok(())
    } else {
        Err(format!("expected the diagnosis `{deviation}`, found {named:?}").into())
    }
}
