//! Checking a statement: everything that can be recomputed is.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::Path,
};

use radgauge_reference::datasets::data_sets;
use serde_json::Value;

use super::{
    Claim, FILES, FileStamp, RESULTS_FILE, SCHEMA, STATEMENT_FILE, Statement, claims, files,
};
use crate::{
    certify::exit,
    implementation::Submission,
    results::{self, Case, Check, ReadError, Results, SuiteStamp},
    suite::{Suite, SuiteCase},
    verdict::{Deviation, Outcome, Rule, judge},
};

/// How far, relative to its size, a derived number may be from what this machine computes: logarithms and powers differ
/// in the last digit between platforms. Verdicts are decided in exact decimal arithmetic and do not.
const DERIVED_TOLERANCE: f64 = 1e-9;

/// Something about a statement that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub message: String,
}

/// A statement that could be read, with what is wrong about it.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The statement.
    pub statement: Statement,
    /// What is wrong; empty when it holds.
    pub findings: Vec<Finding>,
    /// What could not be compared, though nothing is wrong with it.
    pub notes: Vec<String>,
}

/// A folder that is no statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A file cannot be read.
    #[error("`{name}` cannot be read")]
    Unreadable {
        /// The file.
        name: String,
        /// What the file system says.
        source: std::io::Error,
    },
    /// `statement.json` is no statement.
    #[error("`{STATEMENT_FILE}` is refused")]
    Statement(#[from] serde_json::Error),
    /// `statement.json` has another schema.
    #[error("`{STATEMENT_FILE}` is refused: expected schema `{SCHEMA}`, found `{0}`")]
    Schema(String),
    /// `results.jsonl` is no text.
    #[error("`{RESULTS_FILE}` is refused: it is not UTF-8")]
    NotText,
    /// `results.jsonl` is no result document.
    #[error("`{RESULTS_FILE}` is refused")]
    Results(#[from] ReadError),
}

/// Verifies the statement in a folder against the built-in suites.
///
/// # Errors
/// [`VerifyError`] when the folder holds no statement or its documents are refused by their readers.
pub fn verify(folder: &Path, suites: &[Suite]) -> Result<Verification, VerifyError> {
    let read = |name: &str| {
        fs::read(folder.join(name)).map_err(|source| VerifyError::Unreadable {
            name: name.to_owned(),
            source,
        })
    };
    let statement_bytes = read(STATEMENT_FILE)?;
    let value: Value = serde_json::from_slice(&statement_bytes)?;
    match value.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => (),
        other => return Err(VerifyError::Schema(other.unwrap_or("none").to_owned())),
    }
    let statement: Statement = serde_json::from_value(value)?;
    let document = read(RESULTS_FILE)?;
    let text = str::from_utf8(&document).map_err(|_| VerifyError::NotText)?;
    let results = results::read(text)?;

    let mut findings = Findings::default();
    let mut notes = Vec::new();
    if results.to_document() != document {
        findings.push(RESULTS_FILE, "it is not written as radgauge writes it");
    }
    findings.results(&results, suites);
    let claims = claims(&results, suites).unwrap_or_else(|refused| {
        let message = format!("no statement can be made of the results: {refused}");
        findings.push(STATEMENT_FILE, message);
        Vec::new()
    });
    let made = files(&results, &document, &claims).collect();
    findings.files(folder, &statement, &results, &made, &mut notes);
    findings.statement(&statement, &statement_bytes, &results, claims);
    Ok(Verification {
        statement,
        findings: findings.0,
        notes,
    })
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn push(&mut self, file: &str, message: impl Into<String>) {
        self.0.push(Finding {
            file: file.to_owned(),
            message: message.into(),
        });
    }

    fn in_results(&mut self, message: impl Into<String>) {
        self.push(RESULTS_FILE, message);
    }

    /// The files of the folder: those that are listed, as they are listed, and no others.
    fn files(
        &mut self,
        folder: &Path,
        statement: &Statement,
        results: &Results,
        made: &HashMap<&str, Vec<u8>>,
        notes: &mut Vec<String>,
    ) {
        let is_same_version = results.run.harness.version == env!("CARGO_PKG_VERSION");
        let mut listed: HashSet<&str> = HashSet::from([STATEMENT_FILE]);
        for stamp in &statement.files {
            let name = stamp.name.as_str();
            if !listed.insert(name) {
                self.push(STATEMENT_FILE, format!("`{name}` is listed twice"));
                continue;
            }
            if name.contains(['/', '\\']) || name.starts_with('.') {
                self.push(
                    STATEMENT_FILE,
                    format!("`{name}` is no name of a file in the folder"),
                );
                continue;
            }
            let bytes = match fs::read(folder.join(name)) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.push(name, format!("it is listed but cannot be read: {error}"));
                    continue;
                }
            };
            if FileStamp::of(name, &bytes) != *stamp {
                self.push(name, "size or SHA-256 is not what the statement lists");
            }
            match made.get(name) {
                Some(made) if *made == bytes => (),
                _ if !is_same_version => notes.push(format!(
                    "`{name}` was written by radgauge {}, this is {}: only its hash was compared",
                    results.run.harness.version,
                    env!("CARGO_PKG_VERSION")
                )),
                _ => self.push(name, "it is not what radgauge makes of the results"),
            }
        }
        for name in FILES {
            if !listed.contains(name) {
                self.push(STATEMENT_FILE, format!("`{name}` is not listed"));
            }
        }
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut unlisted: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !listed.contains(name.as_str()))
            .collect();
        unlisted.sort_unstable();
        for name in unlisted {
            self.push(&name, "the statement does not list it");
        }
    }

    /// The statement, made again from the results.
    fn statement(
        &mut self,
        statement: &Statement,
        bytes: &[u8],
        results: &Results,
        claims: Vec<Claim>,
    ) {
        let made = Statement::of(results, claims, statement.files.clone());
        if made.to_json().as_bytes() == bytes {
            return;
        }
        let found = self.0.len();
        let value = |statement: &Statement| serde_json::to_value(statement).unwrap_or_default();
        let (made, stated) = (value(&made), value(statement));
        for (key, made) in made.as_object().into_iter().flatten() {
            if stated.get(key) != Some(made) {
                self.push(
                    STATEMENT_FILE,
                    format!("`{key}` is not what follows from the results"),
                );
            }
        }
        if self.0.len() == found {
            self.push(STATEMENT_FILE, "it is not written as radgauge writes it");
        }
    }

    /// The results: what was asked is what the suites ask, and what is said of the answers is what follows from them.
    fn results(&mut self, results: &Results, suites: &[Suite]) {
        let run = &results.run;
        if run.expectations.is_some() || results.checks.iter().any(|check| check.verdict.is_some())
        {
            self.in_results("expectations were applied");
        }
        if run.rules != Rule::ALL {
            self.in_results("the rules are not those of radgauge");
        }
        self.suites(&run.suites, suites);
        let globs: Result<Vec<glob::Pattern>, _> = run
            .selection
            .iter()
            .map(|text| glob::Pattern::new(text))
            .collect();
        match globs {
            Ok(globs) => self.cases(results, suites, &globs),
            Err(error) => self.in_results(format!("the selection holds what is no glob: {error}")),
        }
        for check in &results.checks {
            self.verdict(check);
        }
        let totals = &results.end.totals;
        let follows = if totals.executed == 0 && totals.observed == 0 {
            exit::NOTHING
        } else if totals.executed == totals.of(Outcome::Pass) {
            exit::OK
        } else {
            exit::SHORT
        };
        // A run that required data that was not there ended with 3, whatever the checks that could be executed said.
        let skipped_for_data =
            totals.of(Outcome::Skipped) > 0 && results.end.exit_code == exit::DATA;
        if results.end.exit_code != follows && !skipped_for_data {
            self.in_results(format!(
                "the exit code is {}, from the outcomes follows {follows}",
                results.end.exit_code
            ));
        }
    }

    fn suites(&mut self, stated: &[SuiteStamp], suites: &[Suite]) {
        let built_in: BTreeMap<&str, SuiteStamp> = suites
            .iter()
            .map(|suite| (suite.name, suite.stamp()))
            .collect();
        for stamp in stated {
            match built_in.get(stamp.name.as_str()) {
                None => self.in_results(format!("this radgauge has no suite `{}`", stamp.name)),
                Some(known) if known.edition != stamp.edition => self.in_results(format!(
                    "suite `{}` is of edition {}, this radgauge has edition {}",
                    stamp.name, stamp.edition, known.edition
                )),
                Some(known) if known != stamp => self.in_results(format!(
                    "suite `{}` is not the built-in suite of edition {}",
                    stamp.name, stamp.edition
                )),
                Some(_) => (),
            }
        }
        let names = |name: &str| stated.iter().filter(|stamp| stamp.name == name).count();
        for name in built_in.keys().filter(|name| names(name) != 1) {
            self.in_results(format!(
                "suite `{name}` occurs {} times among the suites",
                names(name)
            ));
        }
    }

    /// Cases and checks are exactly what the selection picks from the suites, in their order, with what they ask.
    fn cases(&mut self, results: &Results, suites: &[Suite], globs: &[glob::Pattern]) {
        let is_recorded = matches!(results.run.submission, Some(Submission::Values(_)));
        let selects = |id: &str| globs.is_empty() || globs.iter().any(|glob| glob.matches(id));
        let expected: Vec<(&SuiteCase, Vec<&Check>)> = suites
            .iter()
            .flat_map(|suite| &suite.cases)
            .filter(|case| case.is_selected(selects))
            .filter(|case| !globs.is_empty() || case.runs_unselected(is_recorded))
            .map(|case| {
                let checks = case.checks.iter().filter(|check| selects(&check.id));
                (case, checks.collect())
            })
            .collect();
        let observed = expected.iter().flat_map(|(case, _)| case.observations());
        let observed = observed.map(|one| one.id).filter(|id| selects(id));
        if observed.ne(results.observations.iter().map(|one| one.id.clone())) {
            self.in_results("the values without a reference are not those of the suites");
        }

        let known: HashSet<&str> = expected
            .iter()
            .flat_map(|(_, checks)| checks)
            .map(|check| check.id.as_str())
            .collect();
        let found: HashMap<&str, &Check> = results
            .checks
            .iter()
            .map(|check| (check.id.as_str(), check))
            .collect();
        for check in results
            .checks
            .iter()
            .filter(|check| !known.contains(check.id.as_str()))
        {
            self.in_results(format!(
                "check `{}` is not among those that the selection picks",
                check.id
            ));
        }
        for check in expected.iter().flat_map(|(_, checks)| checks) {
            match found.get(check.id.as_str()) {
                None => self.in_results(format!("check `{}` is gone", check.id)),
                Some(found) => self.asked(check, found),
            }
        }
        let expected_ids: Vec<&str> = expected
            .iter()
            .flat_map(|(_, checks)| checks.iter().map(|check| check.id.as_str()))
            .collect();
        let found_ids: Vec<&str> = results
            .checks
            .iter()
            .map(|check| check.id.as_str())
            .collect();
        if found.len() == known.len() && expected_ids != found_ids {
            self.in_results("the checks are not in the order of the suites");
        }

        let expected_cases: Vec<&str> = expected.iter().map(|(case, _)| case.id.as_str()).collect();
        let found_cases: Vec<&str> = results.cases.iter().map(|case| case.id.as_str()).collect();
        if expected_cases != found_cases {
            self.in_results("the cases are not those of the suites");
            return;
        }
        for (case, (suite_case, checks)) in results.cases.iter().zip(&expected) {
            let reads_images = !matches!(results.run.submission, Some(Submission::Values(_)));
            self.case(case, suite_case, checks.len(), reads_images);
            let outcomes = results
                .checks
                .iter()
                .filter(|check| check.case_id() == case.id);
            let is_skipped = case.skipped.is_some();
            if let Some(check) = outcomes
                .into_iter()
                .find(|check| (check.outcome == Outcome::Skipped) != is_skipped)
            {
                self.in_results(format!(
                    "check `{}` is {}, but its case was {}",
                    check.id,
                    check.outcome.name(),
                    if is_skipped { "skipped" } else { "executed" }
                ));
            }
        }
    }

    fn case(&mut self, case: &Case, suite_case: &SuiteCase, selected: usize, reads_images: bool) {
        let id = &case.id;
        if case.title != suite_case.title {
            self.in_results(format!("case `{id}`: the title is not the suite's"));
        }
        if case.settings != suite_case.settings.to_toml() {
            self.in_results(format!("case `{id}`: the settings are not the suite's"));
        }
        if case.selected != selected {
            self.in_results(format!(
                "case `{id}`: {} checks selected, there are {selected}",
                case.selected
            ));
        }
        let mut expected = match case.skipped {
            None if reads_images => suite_case.files(),
            _ => Vec::new(),
        };
        expected.sort_unstable();
        if case.inputs.keys().map(String::as_str).ne(expected) {
            self.in_results(format!("case `{id}`: the inputs are not the suite's"));
        }
        for (name, sha256) in &case.inputs {
            let is_published = data_sets()
                .iter()
                .flat_map(|set| &set.files)
                .filter(|file| file.path == *name)
                .any(|file| {
                    file.sha256 == *sha256 || file.published.sha256.as_ref() == Some(sha256)
                });
            if !is_published {
                self.in_results(format!("case `{id}`: `{name}` is not the published file"));
            }
        }
    }

    /// What a check asks is what the suite asks.
    fn asked(&mut self, suite: &Check, found: &Check) {
        let id = &suite.id;
        // What follows from the implementation's own value is known to the run alone.
        let is_own = suite.rule == Rule::Invariant && found.rule == Rule::Invariant;
        if !is_own && found.expected != suite.expected || found.rule != suite.rule {
            self.in_results(format!(
                "check `{id}`: expects {} ± {} by {}, the suite expects {} ± {} by {}",
                found.expected.value,
                found.expected.tolerance,
                found.rule.id(),
                suite.expected.value,
                suite.expected.tolerance,
                suite.rule.id()
            ));
        }
        let as_asked = Check {
            expected: suite.expected.clone(),
            rule: suite.rule,
            outcome: suite.outcome,
            actual: suite.actual,
            deviation: suite.deviation,
            map: suite.map.clone(),
            reason: suite.reason.clone(),
            verdict: suite.verdict,
            ..found.clone()
        };
        if as_asked != *suite {
            self.in_results(format!(
                "check `{id}`: tier, profiles, name, unit, consensus, source or note is not the suite's"
            ));
        }
    }

    /// What is said of a value is what follows from it.
    fn verdict(&mut self, check: &Check) {
        let id = &check.id;
        let is_judged = matches!(check.outcome, Outcome::Pass | Outcome::Fail);
        let Some(value) = check.actual else {
            let is_as_undefined = check.expected.is_undefined();
            if is_judged && !is_as_undefined || check.deviation.is_some() {
                self.in_results(format!(
                    "check `{id}` is {} without a value",
                    check.outcome.name()
                ));
            }
            return;
        };
        if !is_judged {
            self.in_results(format!(
                "check `{id}` is {} but has a value",
                check.outcome.name()
            ));
            return;
        }
        match judge(check.rule, &check.expected, value) {
            Err(error) => self.in_results(format!("check `{id}`: {error}")),
            Ok((passes, deviation)) => {
                let outcome = if passes { Outcome::Pass } else { Outcome::Fail };
                if outcome != check.outcome {
                    self.in_results(format!(
                        "check `{id}` is {}, from its value {value} follows {}",
                        check.outcome.name(),
                        outcome.name()
                    ));
                }
                if !check
                    .deviation
                    .is_some_and(|stated| is_same(stated, deviation))
                {
                    self.in_results(format!(
                        "check `{id}`: the deviation is not that of its value {value}"
                    ));
                }
                let is_map = check.rule == Rule::ResponseMap;
                let follows = check.map.as_ref().is_some_and(|map| {
                    close(map.largest_tolerances, deviation.tolerances)
                        && (map.voxels_off == 0) == passes
                });
                if is_map && !follows || !is_map && check.map.is_some() {
                    self.in_results(format!(
                        "check `{id}`: what is said of its response map is not what follows from its value {value}"
                    ));
                }
            }
        }
    }
}

/// Whether two deviations are the same but for the last digits of what is derived.
fn is_same(a: Deviation, b: Deviation) -> bool {
    a.difference == b.difference
        && close(a.tolerances, b.tolerances)
        && close(a.allowances, b.allowances)
        && close(a.digits_agreed, b.digits_agreed)
}

/// Whether two derived numbers are the same but for their last digits.
fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => (a - b).abs() <= DERIVED_TOLERANCE * a.abs().max(b.abs()),
        _ => false,
    }
}
