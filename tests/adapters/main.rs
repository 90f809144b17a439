//! Adapters as real processes: what misbehaves costs its own cases an explicit outcome and nothing else.

#[path = "../common/mod.rs"]
mod common;
mod fake;

use std::{
    env, fs,
    path::Path,
    process::{Command as Program, ExitCode, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};

use common::{radgauge, run};
use libtest_mimic::{Arguments, Trial};
use radgauge::{
    certify::{Options, certify},
    implementation::{
        Submission,
        adapter::{Adapter, Command, Limits, StartError},
    },
    results::{self, Check, Results},
    suite::{Asks, Input, Suite, SuiteCase, ibsi1, ibsi2, invariance},
    verdict::Outcome,
};
use radgauge_reference::datasets::Library;

fn main() -> ExitCode {
    fake::play_if_asked();
    let mut trials: Vec<Trial> = VICTIMS
        .iter()
        .map(|victim| {
            Trial::test(format!("fake::{}", victim.fake), || {
                victim.check();
                Ok(())
            })
        })
        .collect();
    trials.extend(MAPS.iter().map(|victim| {
        Trial::test(format!("fake::{}", victim.fake), || {
            victim.check_map();
            Ok(())
        })
    }));
    let tests: &[(&str, fn())] = &[
        (
            "good_adapter_passes_and_is_described",
            good_adapter_passes_and_is_described,
        ),
        (
            "parallel_processes_give_the_same_bytes",
            parallel_processes_give_the_same_bytes,
        ),
        (
            "what_is_not_among_the_capabilities_is_not_asked",
            what_is_not_among_the_capabilities_is_not_asked,
        ),
        (
            "a_series_is_a_folder_with_a_digest",
            a_series_is_a_folder_with_a_digest,
        ),
        ("children_are_gone", children_are_gone),
        (
            "a_dead_adapter_with_a_living_child_is_a_crash",
            a_dead_adapter_with_a_living_child_is_a_crash,
        ),
        ("restarts_are_counted", restarts_are_counted),
        (
            "adapters_that_do_not_start_are_unusable",
            adapters_that_do_not_start_are_unusable,
        ),
        (
            "one_shot_adapters_answer_from_file_to_file",
            one_shot_adapters_answer_from_file_to_file,
        ),
        (
            "an_unusable_adapter_ends_with_exit_code_4",
            an_unusable_adapter_ends_with_exit_code_4,
        ),
        ("check_finds_the_fault", check_finds_the_fault),
        ("skeletons_work", skeletons_work),
    ];
    trials.extend(tests.iter().map(|(name, test)| {
        let test = *test;
        Trial::test(*name, move || {
            test();
            Ok(())
        })
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A fake, the outcome of the first check of its victim and of the others, a part of the reason, the exit code.
struct Victim {
    fake: &'static str,
    outcome: Outcome,
    others: Outcome,
    reason: &'static str,
    exit_code: u8,
}

const fn victim(
    fake: &'static str,
    [outcome, others]: [Outcome; 2],
    reason: &'static str,
    exit_code: u8,
) -> Victim {
    Victim {
        fake,
        outcome,
        others,
        reason,
        exit_code,
    }
}

use Outcome::{Crash, Error, Missing, Nondeterministic, Pass, Timeout, Unsupported};

const VICTIMS: &[Victim] = &[
    victim("silent", [Timeout; 2], "no answer within 1 s", 1),
    victim("late", [Timeout; 2], "no answer within 1 s", 1),
    victim("dies", [Crash; 2], "ended with exit code 3", 1),
    victim("aborts", [Crash; 2], "signal 6", 1),
    victim("closes_output", [Crash; 2], "signal 9", 1),
    victim("floods_stderr", [Pass; 2], "", 0),
    victim(
        "floods_stdout",
        [Error; 2],
        "a line of more than 8388608 bytes",
        4,
    ),
    victim("floods_log", [Error; 2], "more than 10000 log messages", 4),
    victim(
        "junk",
        [Error; 2],
        "expected a message, found `Loading image... [31m done`",
        4,
    ),
    victim("foreign_id", [Error; 2], "found one to message 77", 4),
    victim("foreign_kind", [Error; 2], "found `hello`", 4),
    victim(
        "foreign_key",
        [Error; 2],
        "`stat/-/XXXX` was not asked for",
        4,
    ),
    victim("twice", [Error; 2], "a key is answered twice", 4),
    victim("two_answers", [Error; 2], "against the protocol", 4),
    victim("nan", [Error, Pass], "found `NaN`", 1),
    victim("infinity", [Error, Pass], "found `-inf`", 1),
    victim("enormous", [Outcome::Fail, Pass], "", 1),
    victim("bare_nan", [Error; 2], "expected a message", 4),
    victim(
        "text",
        [Error; 2],
        r#"expected a number, "NaN", "+Inf" or "-Inf", found "1.0""#,
        4,
    ),
    victim(
        "long_line",
        [Error; 2],
        "a line of more than 8388608 bytes",
        4,
    ),
    victim("deep", [Error; 2], "expected a message", 4),
    victim("leaves_out", [Missing; 2], "", 1),
    victim("boasts", [Unsupported, Pass], "not in this build", 1),
    victim("fails", [Error; 2], "load: no memory", 1),
    victim("unsupported", [Unsupported; 2], "only at full moon", 1),
    victim(
        "wavers",
        [Nondeterministic, Pass],
        "asked twice, answered `2` and `3`",
        1,
    ),
    victim("stays", [Pass; 2], "", 0),
];

/// Fakes that are asked for a response map in their victim.
const MAPS: &[Victim] = &[
    victim("maps", [Pass; 2], "", 0),
    victim("map_wrong", [Outcome::Fail; 2], "", 1),
    victim("map_unsupported", [Unsupported; 2], "only at full moon", 1),
    victim("map_wavers", [Nondeterministic; 2], "two response maps", 1),
    victim("map_nan", [Error; 2], "expected finite intensities", 1),
    victim("map_truncated", [Error; 2], "`work/map.nii`: ", 1),
    victim("map_of_another_size", [Error; 2], "found [1, 5, 4]", 1),
    victim(
        "map_of_another_digest",
        [Error; 2],
        "`work/map.nii` has the SHA-256 ",
        4,
    ),
    victim("map_absent", [Error; 2], "found no file `work/map.nii`", 4),
    victim("map_elsewhere", [Error; 2], "found no file `../map.nii`", 4),
    #[cfg(unix)]
    victim(
        "map_behind_a_link",
        [Error; 2],
        "found no file `work/link/map.nii`",
        4,
    ),
    victim(
        "map_forgotten",
        [Error; 2],
        "a response map was asked for",
        4,
    ),
    victim(
        "map_with_values",
        [Error; 2],
        "values were not asked for",
        4,
    ),
    // It does not say that it can.
    victim(
        "good",
        [Unsupported; 2],
        "response maps are not among the capabilities",
        1,
    ),
];

impl Victim {
    /// Checks a victim that is asked for features.
    fn check(&self) {
        self.check_in(suite());
    }

    /// Checks a victim that is asked for a response map.
    fn check_map(&self) {
        let mut suite = suite();
        let mut victim = ibsi2_mean();
        victim.id = "t/victim".to_owned();
        for check in &mut victim.checks {
            check.id = format!("t/victim/{}", check.key());
        }
        suite.cases[1] = victim;
        self.check_in(suite);
    }

    fn check_in(&self, suite: Suite) {
        let fake = self.fake;
        let first = suite.cases[1].checks[0].id.clone();
        let results = certified_in(suite, started(fake, None).expect("it starts"), 1);
        for check in &results.checks {
            let expected = match check.case_id() {
                "t/victim" if check.id == first => self.outcome,
                "t/victim" => self.others,
                _ => Pass,
            };
            assert_eq!(
                check.outcome, expected,
                "{fake}: {} ({:?})",
                check.id, check.reason
            );
        }
        let reason = of(&results, &first).reason.clone().unwrap_or_default();
        assert!(reason.contains(self.reason), "{fake}: {reason}");
        assert_eq!(results.end.exit_code, self.exit_code, "{fake}");
        let log = results.cases[1].log.as_deref().unwrap_or_default();
        if fake == "dies" {
            assert_eq!(log, "Segmentation fault, sort of", "standard error is kept");
        }
        assert!(log.len() <= 8192, "{fake}: no more than a tail");
    }
}

/// The command that starts this program as a fake.
fn command(fake: &str, argument: Option<&Path>) -> Command {
    let program = env::current_exe().expect("this program has a path");
    let argument = argument.map_or_else(String::new, |path| format!("'{}'", path.display()));
    Command::parse(&format!("'{}' --fake {fake} {argument}", program.display())).expect("a command")
}

/// Generous to start, a second for a case where that is what is waited for.
fn limits(fake: &str) -> Limits {
    Limits {
        start: Duration::from_secs(30),
        case: Duration::from_secs(if ["silent", "late"].contains(&fake) {
            1
        } else {
            60
        }),
    }
}

fn started(fake: &str, argument: Option<&Path>) -> Result<Adapter, StartError> {
    Adapter::start(command(fake, argument), limits(fake), false)
}

/// A suite of four small cases, each of which expects of two features what a good fake answers.
fn suite() -> Suite {
    let full = ibsi1_digital();
    let case = |slug: &str| {
        let id = format!("t/{slug}");
        let check = |check: &Check| {
            let mut check = Check {
                id: format!("{id}/{}", check.key()),
                profiles: Vec::new(),
                ..check.clone()
            };
            check.expected.value = fake::VALUE.to_string();
            check
        };
        let wanted = |check: &&Check| ["stat/-/Q4LE", "stat/-/ECT3"].contains(&check.key());
        SuiteCase {
            title: String::new(),
            input: full.input,
            settings: full.settings.clone(),
            asks: Asks::Features,
            observed: Vec::new(),
            observed_features: &[],
            is_on_request: false,
            checks: full.checks.iter().filter(wanted).map(check).collect(),
            id,
        }
    };
    Suite {
        name: "t",
        edition: 1,
        cases: ["first", "victim", "third", "last"].map(case).into(),
    }
}

fn ibsi1_digital() -> &'static SuiteCase {
    static IBSI1: LazyLock<Suite> = LazyLock::new(ibsi1);
    let case = &IBSI1.cases[0];
    assert!(
        matches!(case.input, Input::Phantom(_)),
        "it is made in code"
    );
    case
}

/// The response map of a mean over 3 × 3 × 3 voxels.
fn ibsi2_mean() -> SuiteCase {
    let mut cases = ibsi2().cases;
    let is_it = |case: &SuiteCase| case.id == "ibsi2/exact-mean-impulse";
    let at = cases.iter().position(is_it).expect("a case of the suite");
    cases.swap_remove(at)
}

fn certified(fake: &str, argument: Option<&Path>, jobs: usize) -> Results {
    certified_in(suite(), started(fake, argument).expect("it starts"), jobs)
}

fn certified_in(suite: Suite, adapter: Adapter, jobs: usize) -> Results {
    let library = Library::locate(None);
    let options = Options {
        selection: Vec::new(),
        library: &library,
        requires_data: false,
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build()
        .expect("threads");
    let mut results = pool.install(|| certify(&adapter, &[suite], &options, &|_| {}));
    let text = String::from_utf8(results.to_document()).expect("JSON is UTF-8");
    let read = results::read(&text).expect("the document was written by radgauge");
    results.end.digest.clone_from(&read.end.digest);
    assert!(read == results, "what is read is what was written: {text}");
    read
}

fn of<'a>(results: &'a Results, id: &str) -> &'a Check {
    results
        .checks
        .iter()
        .find(|check| check.id == id)
        .expect("a check of the suite")
}

fn good_adapter_passes_and_is_described() {
    let results = certified("good", None, 1);
    assert_eq!(results.end.exit_code, 0, "{:?}", results.checks);
    assert_eq!(results.run.implementation.name, "fake", "the product");
    let Some(Submission::Adapter(stamp)) = &results.run.submission else {
        panic!("the results say that the values came through an adapter");
    };
    assert_eq!(
        (stamp.adapter.name.as_str(), stamp.adapter.version.as_str()),
        ("fake-adapter", "2.0"),
        "the adapter"
    );
    assert_eq!(stamp.capabilities.families, ["stat"], "what it offers");
    assert!(stamp.deterministic, "as it says");
    let used = results.cases[0]
        .settings_used
        .as_ref()
        .expect("it says its settings");
    assert_eq!(used["binWidth"], 1, "in its own words");
}

fn parallel_processes_give_the_same_bytes() {
    for fake in ["good", "dies", "nan", "junk"] {
        let document = |jobs| {
            String::from_utf8(certified(fake, None, jobs).to_document()).expect("JSON is UTF-8")
        };
        assert!(document(1) == document(3), "{fake}");
    }
}

fn what_is_not_among_the_capabilities_is_not_asked() {
    let results = certified("few_families", None, 1);
    for check in &results.checks {
        assert_eq!(check.outcome, Unsupported, "{}", check.id);
        let reason = check.reason.as_deref().unwrap_or_default();
        assert!(reason.contains("family `stat` is not among"), "{reason}");
    }
}

fn a_series_is_a_folder_with_a_digest() {
    let outcomes = |fake: &str| {
        let mut suite = invariance();
        suite
            .cases
            .retain(|case| case.id == "invariance/file-dicom");
        let results = certified_in(suite, started(fake, None).expect("it starts"), 1);
        ["stat/-/Q4LE", "glcm/3d_mrg/TU9B"].map(|key| {
            let check = of(&results, &format!("invariance/file-dicom/{key}"));
            let reason = check.reason.clone().unwrap_or_default();
            (check.outcome, reason)
        })
    };
    let [(mean, reason), (glcm, _)] = outcomes("reads_series");
    assert_eq!(mean, Pass, "{reason}");
    assert_eq!(glcm, Unsupported, "it has no such family");
    let [(mean, reason), _] = outcomes("good");
    assert_eq!(mean, Unsupported, "it does not say that it reads series");
    assert!(reason.contains("DICOM is not among"), "{reason}");
}

/// Whether a process runs; one that has ended and is not yet waited for does not.
fn is_alive(pid: &str) -> bool {
    let output = Program::new("ps")
        .args(["-o", "stat=", "-p", pid])
        .stderr(Stdio::null())
        .output()
        .expect("ps starts");
    let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

fn is_gone(pid_file: &Path) -> bool {
    let pid = fs::read_to_string(pid_file).expect("the fake wrote it");
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_alive(&pid) {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

fn children_are_gone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pid_file = folder.path().join("pid");
    let results = certified("children", Some(&pid_file), 1);
    assert_eq!(results.end.exit_code, 0, "the answers are good");
    assert!(is_gone(&pid_file), "the child is killed with its group");
}

fn a_dead_adapter_with_a_living_child_is_a_crash() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pid_file = folder.path().join("pid");
    let started = Instant::now();
    let results = certified("dies_with_children", Some(&pid_file), 1);
    assert_eq!(
        of(&results, "t/victim/stat/-/Q4LE").outcome,
        Crash,
        "no timeout"
    );
    assert!(
        started.elapsed() < limits("dies_with_children").case,
        "an output that a child keeps open is not waited for"
    );
    assert!(is_gone(&pid_file), "the child is killed with its group");
}

fn restarts_are_counted() {
    let mut suite = suite();
    let more: Vec<SuiteCase> = (0..3)
        .map(|n| {
            let mut case = self::suite().cases.remove(0);
            case.id = format!("t/more{n}");
            for check in &mut case.checks {
                check.id = format!("{}/{}", case.id, check.key());
            }
            case
        })
        .collect();
    suite.cases.extend(more);
    let adapter = started("always_dies", None).expect("it starts");
    let library = Library::locate(None);
    let options = Options {
        selection: Vec::new(),
        library: &library,
        requires_data: false,
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("a thread");
    let results = pool.install(|| certify(&adapter, &[suite], &options, &|_| {}));
    assert_eq!(
        results.end.totals.of(Crash),
        2 * 4,
        "the first process and three more"
    );
    assert_eq!(
        results.end.totals.of(Outcome::Skipped),
        2 * 3,
        "the rest is not asked"
    );
    assert_eq!(results.end.exit_code, 4, "it cannot be used");
    let reason = results.checks.last().and_then(|check| check.reason.clone());
    assert!(
        reason.is_some_and(|r| r.contains("restarted 3 times")),
        "and why"
    );
}

fn adapters_that_do_not_start_are_unusable() {
    for (fake, message, log) in [
        (
            "dies_at_once",
            "ended with exit code 1",
            "cannot find my libraries",
        ),
        ("banner", "found `Welcome to MyTool!`", ""),
        ("strange_family", "`magic` is no family", ""),
        ("strange_protocol", "expected protocol 1, found `2`", ""),
    ] {
        let error = started(fake, None).expect_err(fake);
        assert!(error.message.contains(message), "{fake}: {}", error.message);
        assert!(error.log.contains(log), "{fake}: {}", error.log);
    }
    let impatient = Limits {
        start: Duration::from_millis(300),
        ..limits("never_hello")
    };
    let error = Adapter::start(command("never_hello", None), impatient, false).expect_err("silent");
    assert!(
        error.message.contains("no answer within 0.3 s"),
        "{}",
        error.message
    );
    let absent = Command::parse("no-such-program-anywhere").expect("a command");
    let error = Adapter::start(absent, impatient, false).expect_err("absent");
    assert!(
        error.message.contains("does not start"),
        "{}",
        error.message
    );
}

fn one_shot_adapters_answer_from_file_to_file() {
    let program = env::current_exe().expect("this program has a path");
    let line = format!(
        "once:'{}' --fake once {{request}} {{response}}",
        program.display()
    );
    let command = Command::parse(&line).expect("a command");
    let adapter = Adapter::start(command, limits("once"), false).expect("it starts");
    let library = Library::locate(None);
    let options = Options {
        selection: Vec::new(),
        library: &library,
        requires_data: false,
    };
    let results = certify(&adapter, &[suite()], &options, &|_| {});
    for check in &results.checks {
        let expected = if check.case_id() == "t/victim" {
            Crash
        } else {
            Pass
        };
        assert_eq!(check.outcome, expected, "{}: {:?}", check.id, check.reason);
    }
    assert_eq!(
        results.cases[1].log.as_deref(),
        Some("no more memory"),
        "standard error is kept"
    );
}

fn an_unusable_adapter_ends_with_exit_code_4() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = folder.path().join("results.jsonl");
    let (code, out, err) = run(radgauge()
        .args([
            "certify",
            "--adapter",
            "false",
            "--select",
            "ibsi1/digital/stat/*",
            "--out",
        ])
        .arg(&document));
    assert_eq!(code, 4, "{out}{err}");
    assert!(err.contains("the adapter cannot be used"), "{err}");
    let text = fs::read_to_string(document).expect("what was asked for is written even then");
    let results = results::read(&text).expect("a document");
    assert_eq!(
        results.end.totals.of(Outcome::Skipped),
        18,
        "nothing leaves the count"
    );
    for (arguments, message) in [
        (["--adapter", "a 'b"], "a quote is not closed"),
        (["--adapter", " "], "found nothing"),
        (["--adapter", "once:tool"], "{request}"),
    ] {
        let (code, _, err) = run(radgauge().arg("certify").args(arguments));
        assert_eq!((code, err.contains(message)), (2, true), "{err}");
    }
    let (code, _, err) = run(radgauge().args(["certify", "--adapter", "true", "--timeout", "0"]));
    assert_eq!((code, err.contains("--timeout")), (2, true), "{err}");
}

fn check_finds_the_fault() {
    let check = |fake: &str| {
        let program = env::current_exe().expect("this program has a path");
        let (code, out, err) = run(radgauge()
            .args(["adapter", "check"])
            .arg(format!("'{}' --fake {fake}", program.display())));
        assert_eq!(err, "", "{fake}");
        (code, out)
    };
    let (code, out) = check("banner");
    assert_eq!(code, 4, "{out}");
    assert!(out.contains("FAULT  hello: against the protocol"), "{out}");
    let (code, out) = check("always_dies");
    assert!(
        code == 4 && out.contains("FAULT  a case: the adapter was ended by signal 6"),
        "{out}"
    );
    let (code, out) = check("good");
    assert!(
        code == 4
            && out.contains(
                "FAULT  a file that is not there: values of an image that does not exist"
            ),
        "the fake reads no files: {out}"
    );
}

fn skeletons_work() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (language, file, program) in [
        ("python", "adapter.py", "python3"),
        ("shell", "adapter.sh", "sh"),
        ("r", "adapter.R", "Rscript"),
    ] {
        let target = folder.path().join(language);
        let new = || {
            run(radgauge()
                .args(["adapter", "new", "--lang", language])
                .arg(&target))
        };
        let (code, out, err) = new();
        assert_eq!(code, 0, "{out}{err}");
        let (code, _, err) = new();
        assert!(
            code == 2 && err.contains("is there already"),
            "nothing is overwritten: {err}"
        );
        let is_installed = Program::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok();
        if !is_installed {
            println!(
                "{program} is not installed: the {language} skeleton was written and not tried"
            );
            continue;
        }
        let command = format!("{program} '{}'", target.join(file).display());
        let (code, out, err) = run(radgauge().args(["adapter", "check", &command]));
        assert_eq!(code, 0, "{language}: {out}{err}");
        let (code, out, err) = run(radgauge().args([
            "certify",
            "--select",
            "ibsi1/digital*/stat/-/Q4LE",
            "--adapter",
            &command,
        ]));
        assert_eq!(
            code, 0,
            "{language}: the mean is right in both tiers: {out}{err}"
        );
    }
}
