//! Several implementations in one study: who computes what, and what becomes of those that fail.

use std::path::Path;

use radgauge::{
    implementation::{Answers, Engine, Failure, Identity, Implementation, Question},
    study::{
        analyse::analyse,
        design::Design,
        outcome::Outcome,
        plan::Plan,
        run::{self, Extractor, Options, Progress, RunError},
        store::Store,
    },
    verdict::Outcome as Checked,
};

/// The engine as another implementation, which fails where it is told to.
struct Other {
    fails: fn(&Question<'_>) -> Option<Failure>,
}

impl Implementation for Other {
    fn identity(&self) -> Identity {
        Identity {
            name: "other".to_owned(),
            version: "7".to_owned(),
        }
    }

    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure> {
        match (self.fails)(&question) {
            Some(failure) => Err(failure),
            None => Engine.answer(question),
        }
    }
}

struct Quiet;

impl Progress for Quiet {
    fn start(&self, _: usize, _: usize) {}

    fn cell(&self) {}
}

fn plan() -> Plan {
    let text = "[[cases]]\nphantom = 'abdominal-ct'\ncount = 3\n\
        [perturbations]\nchains = [\n\
        { name = 'noise', steps = [{ kind = 'noise' }] },\n\
        { name = 'turn', steps = [{ kind = 'rotate', degrees = 5 }] },\n\
        { name = 'shrink', steps = [{ kind = 'volume-fraction', fraction = -0.1 }] },\n]\n\
        [settings.interpolate]\nspacing_mm = [4, 4, 4]\nimage = 'linear'\n\
        [settings.features]\nfamilies = ['morph', 'stat']\n\
        [grid]\nspacing_mm = [4, 5]\n";
    let design = Design::from_toml(text, Path::new(".")).expect("a study");
    Plan::new(&design).expect("a plan")
}

fn ran(fails: fn(&Question<'_>) -> Option<Failure>) -> (Outcome, Result<(), RunError>) {
    let plan = plan();
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::write(folder.path(), "all").expect("a store");
    let extractors = [
        Extractor::Engine,
        Extractor::Other(Box::new(Other { fails })),
    ];
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("threads");
    let options = Options {
        shard: None,
        retries_failed: false,
        progress: &Quiet,
    };
    let ran = run::run(&plan, &extractors, &store, &pool, options);
    let computers: Vec<_> = extractors.iter().map(Extractor::computer).collect();
    (analyse(&plan, &computers, &store).expect("an outcome"), ran)
}

#[test]
fn the_engine_agrees_with_itself() {
    let (outcome, ran) = ran(|_| None);
    ran.expect("both ran");
    assert_eq!(
        (outcome.end.failed_cells, outcome.end.cells),
        (0, 2 * 3 * 4 * 2)
    );
    assert!(
        !outcome.agreement.is_empty(),
        "there are two implementations"
    );
    let mut compared = 0;
    for row in &outcome.agreement {
        let key = &outcome.study.features[row.feature].key;
        if let Some(icc) = row.icc.known() {
            assert_eq!((icc.value, icc.lower), (1.0, Some(1.0)), "{key}");
            compared += 1;
        }
    }
    assert!(
        compared > 60,
        "most features vary over the cases: {compared}"
    );
    // The other one gets perturbed scans that were resampled once more where the grid turns: it repeats differently.
    assert_eq!(
        outcome.repeatability_of(1, 0).len(),
        outcome.study.features.len()
    );
}

#[test]
fn what_another_implementation_does_not_manage_is_its_failure() {
    let (outcome, ran) = ran(|question| {
        let is_turned = question.case.ends_with("/turn");
        is_turned.then(|| Failure::error("no way"))
    });
    ran.expect("a failed cell does not end a study");
    assert_eq!(
        outcome.end.failed_cells,
        3 * 2,
        "one draw of three cases under two settings"
    );
    let failure = &outcome.failures[0];
    assert_eq!(failure.implementation.as_deref(), Some("other"));
    assert_eq!(failure.perturbation.as_deref(), Some("turn"));
    assert_eq!((failure.cells, failure.reason.as_str()), (2, "no way"));
    assert_eq!(outcome.end.exit_code, 3);
    let engine = &outcome.repeatability_of(0, 0)[0];
    let other = &outcome.repeatability_of(1, 0)[0];
    assert_eq!(
        (engine.n, other.n),
        (3, 0),
        "only its own statistics suffer"
    );
}

#[test]
fn an_implementation_that_cannot_be_used_ends_the_run_and_keeps_what_there_is() {
    let (outcome, ran) = ran(|question| {
        (question.case == "study/abdominal-ct-2/noise").then(|| Failure {
            outcome: Checked::Skipped,
            message: "it broke too often".to_owned(),
            is_unusable: true,
            log: String::new(),
        })
    });
    let error = ran.expect_err("it cannot be used").to_string();
    assert_eq!(error, "other: it broke too often");
    let engine = &outcome.repeatability_of(0, 0)[0];
    assert_eq!(engine.n, 3, "the engine had done its part");
    let not_computed = outcome
        .failures
        .iter()
        .filter(|failure| failure.reason == "not computed");
    assert!(
        not_computed.count() > 0,
        "what was not computed is said: {:?}",
        outcome.failures
    );
}
