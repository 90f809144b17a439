//! The conformance statement: a folder that says what was tested and what was found, and that can be checked.
//!
//! ```text
//! statement.json    product, claims per profile, wording, SHA-256 of every other file
//! statement.html    the same on one sheet of paper
//! results.jsonl     the result document that the claims are counted from
//! junit.xml         its checks, for whatever reads JUnit XML
//! README.md         how to reproduce and how to verify it
//! ```
//! A statement is a function of the result document alone, so [`verify`] can make it again and compare. Its hashes
//! chain: the footer of the results holds the digest of their lines, the statement the hashes of the files, and its own
//! digest covers all that. Hashes alone prove nothing to who can recompute them, so every verdict is recomputed too,
//! and every expected value is compared with the built-in suite. What no recomputation can tell is whether the values
//! are those that the product gave: for that, the run is repeated.

mod page;
mod readme;
mod verify;

pub use verify::{Finding, Verification, VerifyError, verify};

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::Path,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    certify::exit,
    implementation::{Identity, Submission},
    report,
    results::{Check, Results, SuiteStamp, hex, write_atomically},
    suite::Suite,
    verdict::Outcome,
};

/// The schema's name and version.
pub const SCHEMA: &str = "radgauge.statement/1";

/// The statement itself.
pub const STATEMENT_FILE: &str = "statement.json";

/// The result document beside it.
pub const RESULTS_FILE: &str = "results.jsonl";

/// The instructions beside it.
pub const README_FILE: &str = "README.md";

/// The checks as JUnit XML beside it.
pub const JUNIT_FILE: &str = "junit.xml";

/// The statement on one page beside it.
pub const PAGE_FILE: &str = "statement.html";

/// Every file beside the statement.
const FILES: [&str; 4] = [RESULTS_FILE, README_FILE, JUNIT_FILE, PAGE_FILE];

/// What the statement says it is, whatever was found.
const SCOPE: &str = "This statement reports what was tested and what was found. It was made by whoever ran the tests, \
                     and speaks for no other version and no other check. It is not an endorsement by the Image \
                     Biomarker Standardisation Initiative (IBSI) or by anyone else.";

/// A conformance statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Always `radgauge.statement/1`.
    pub schema: String,
    /// What was tested.
    pub product: Identity,
    /// What tested it.
    pub harness: Identity,
    /// What the statement is, and what it is not.
    pub scope: String,
    /// The suites that the profiles belong to.
    pub suites: Vec<SuiteStamp>,
    /// What was found, for every profile that was executed to the last check.
    pub claims: Vec<Claim>,
    /// The digest in the footer of the result document.
    pub results_digest: String,
    /// Every other file of the statement.
    pub files: Vec<FileStamp>,
    /// SHA-256 of this statement as compact JSON with this field empty.
    pub digest: String,
}

/// What was found in a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The profile.
    pub profile: String,
    /// What was found, in words.
    pub finding: String,
    /// Checks that the profile requires; every one was executed.
    pub required: usize,
    /// How many of them passed.
    pub passed: usize,
    /// All of them by outcome; outcomes that did not occur are left out.
    pub outcomes: BTreeMap<Outcome, usize>,
}

/// A file's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileStamp {
    /// Its name in the folder.
    pub name: String,
    /// Its size.
    pub bytes: usize,
    /// Its SHA-256.
    pub sha256: String,
}

/// Why no statement can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Expectations were applied.
    #[error("a statement admits no expectations: run again without them")]
    Expectations,
    /// Values were converted before they were judged.
    #[error("a statement admits no conversions: run again without them")]
    Conversions,
    /// The run broke half-way, or the implementation could not be used.
    #[error("the run did not come to its end")]
    Incomplete,
    /// The folder is used for something else.
    #[error("the folder holds `{0}`, which is no part of a statement: name an empty one")]
    Folder(
        /// What it holds.
        String,
    ),
    /// No profile was executed to the last check.
    #[error("no profile was executed to the last check: {}", .0.join("; "))]
    NoProfile(
        /// Per profile, what lacks.
        Vec<String>,
    ),
}

/// The [`FILES`]: they are written, hashed into the statement, and compared when it is verified. Each is made from the
/// result document alone.
fn files(
    results: &Results,
    document: &[u8],
    claims: &[Claim],
) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    let contents = [
        document.to_vec(),
        readme::render(results).into_bytes(),
        report::junit::render(results).into_bytes(),
        page::render(results, claims).into_bytes(),
    ];
    FILES.into_iter().zip(contents)
}

/// Why no statement could be made of checks selected like this; to be asked before hours of computing.
///
/// # Errors
/// [`Refused::NoProfile`] when the selection leaves a gap in every profile.
pub fn check_selection(suites: &[Suite], selects: impl Fn(&str) -> bool) -> Result<(), Refused> {
    gaps(suites, |id| {
        if selects(id) {
            None
        } else {
            Some("not selected")
        }
    })
    .map(|_| ())
}

/// Why a statement may not be written to this folder: what it holds would be neither listed nor removed.
///
/// # Errors
/// [`Refused::Folder`] names the first file that is no part of a statement.
pub fn check_folder(folder: &Path) -> Result<(), Refused> {
    let mut foreign: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != STATEMENT_FILE && !FILES.contains(&name.as_str()))
        .collect();
    foreign.sort_unstable();
    match foreign.into_iter().next() {
        Some(name) => Err(Refused::Folder(name)),
        None => Ok(()),
    }
}

/// Makes the statement of results and writes it to a folder, `statement.json` last. It names the digest of the document
/// that it writes, whatever document the results come from.
///
/// # Errors
/// [`WriteError`] when no statement can be made or the folder cannot be written; nothing is written in the first case.
pub fn write(folder: &Path, results: &Results, suites: &[Suite]) -> Result<Statement, WriteError> {
    let claims = claims(results, suites)?;
    let mut results = results.clone();
    let document = results.seal();
    let files: Vec<_> = files(&results, &document, &claims).collect();
    let stamps = files
        .iter()
        .map(|(name, bytes)| FileStamp::of(name, bytes))
        .collect();
    let statement = Statement::of(&results, claims, stamps);
    for (name, bytes) in &files {
        write_atomically(&folder.join(name), bytes)?;
    }
    write_atomically(&folder.join(STATEMENT_FILE), statement.to_json().as_bytes())?;
    Ok(statement)
}

/// Why a statement was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// None can be made.
    #[error("no statement was written")]
    Refused(#[from] Refused),
    /// The folder cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl FileStamp {
    fn of(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            bytes: bytes.len(),
            sha256: hex(&Sha256::digest(bytes)),
        }
    }
}

impl Statement {
    /// The statement of a result document, with what is claimed of it and the stamps of its files.
    fn of(results: &Results, claims: Vec<Claim>, files: Vec<FileStamp>) -> Self {
        let run = &results.run;
        let mut statement = Self {
            schema: SCHEMA.to_owned(),
            product: run.implementation.clone(),
            harness: run.harness.clone(),
            scope: SCOPE.to_owned(),
            suites: run.suites.clone(),
            claims,
            results_digest: results.end.digest.clone(),
            files,
            digest: String::new(),
        };
        let unsigned = serde_json::to_vec(&statement).expect("a statement has a JSON form");
        statement.digest = hex(&Sha256::digest(unsigned));
        statement
    }

    /// The statement as it is written.
    fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a statement has a JSON form") + "\n"
    }
}

impl Claim {
    fn of(profile: &str, ids: &[&str], executed: &HashMap<&str, &Check>, product: &str) -> Self {
        let mut outcomes = BTreeMap::new();
        for id in ids {
            *outcomes.entry(executed[id].outcome).or_default() += 1;
        }
        let required = ids.len();
        let passed = outcomes.get(&Outcome::Pass).copied().unwrap_or(0);
        let finding = if passed == required {
            format!("{product} passed all {required} checks of profile {profile}.")
        } else {
            format!(
                "{product} did not pass profile {profile}: {passed} of its {required} checks passed."
            )
        };
        Self {
            profile: profile.to_owned(),
            finding,
            required,
            passed,
            outcomes,
        }
    }
}

/// What can be claimed of a result document: one claim per profile that was executed to the last check.
fn claims(results: &Results, suites: &[Suite]) -> Result<Vec<Claim>, Refused> {
    let run = &results.run;
    if run.expectations.is_some() || results.checks.iter().any(|check| check.verdict.is_some()) {
        return Err(Refused::Expectations);
    }
    if let Some(Submission::Values(stamp)) = &run.submission
        && !stamp.converted.is_empty()
    {
        return Err(Refused::Conversions);
    }
    let has_ended = matches!(results.end.exit_code, exit::OK | exit::SHORT | exit::DATA);
    if !results.end.complete || !has_ended {
        return Err(Refused::Incomplete);
    }
    let executed: HashMap<&str, &Check> = results
        .checks
        .iter()
        .map(|check| (check.id.as_str(), check))
        .collect();
    let profiles = gaps(suites, |id| match executed.get(id) {
        None => Some("not selected"),
        Some(check) if !check.outcome.is_executed() => Some("skipped"),
        Some(_) => None,
    })?;
    let product = format!("{} {}", run.implementation.name, run.implementation.version);
    Ok(profiles
        .into_iter()
        .map(|(profile, ids)| Claim::of(profile, &ids, &executed, &product))
        .collect())
}

/// The profiles of which no check lacks, each with its ids; `lacks` says why a check does.
fn gaps(
    suites: &[Suite],
    lacks: impl Fn(&str) -> Option<&'static str>,
) -> Result<BTreeMap<&str, Vec<&str>>, Refused> {
    let mut profiles: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for check in suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .flat_map(|case| &case.checks)
    {
        for profile in &check.profiles {
            profiles.entry(profile).or_default().push(&check.id);
        }
    }
    let mut gaps = Vec::new();
    profiles.retain(|profile, ids| {
        let lacking: Vec<_> = ids
            .iter()
            .filter_map(|id| lacks(id).map(|why| (id, why)))
            .collect();
        if let [(id, why), ..] = lacking.as_slice() {
            gaps.push(format!(
                "{profile} lacks {} of {} checks, the first is `{id}` ({why})",
                lacking.len(),
                ids.len()
            ));
        }
        lacking.is_empty()
    });
    if profiles.is_empty() {
        return Err(Refused::NoProfile(gaps));
    }
    Ok(profiles)
}

/// The JSON Schema of `statement.json`, as committed in `harness/statement/schema.json`.
///
/// # Panics
/// Never: a schema has a JSON form.
#[must_use]
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(Statement))
        .expect("a schema has a JSON form")
        + "\n"
}

#[cfg(test)]
mod tests {
    #[test]
    fn committed_schema_is_current() {
        let committed = include_str!("schema.json");
        assert!(
            committed == super::schema(),
            "harness/statement/schema.json is out of date; `radgauge schema statement` prints it anew"
        );
    }
}
