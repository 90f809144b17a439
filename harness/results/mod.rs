//! The result document, `radgauge.results/1`: JSON Lines, the one source from which every report is rendered.
//!
//! ```text
//! run                     versions, suites with edition and hash, implementation, selection
//! case check check …      in suite order, whatever --jobs is
//!      observation …      values of the case for which there is no reference
//! diagnosis …
//! agreement …
//! end                     totals, exit code, digest
//! ```
//! No times, no host, no absolute paths: the same version on the same input writes the same bytes. A document without
//! its `end` line was cut off and is refused by [`read`].

mod read;
mod write;

pub use read::{ReadError, Results, read};
pub use write::Writer;
pub(crate) use write::{hex, write_atomically};

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    implementation::{Identity, SettingsUsed, Submission},
    response_map::{MapComparison, MapSlice},
    verdict::{Deviation, Expected, Outcome, Rule, Verdict},
};

/// The schema's name and version.
pub const SCHEMA: &str = "radgauge.results/1";

/// One line of a result document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// The header.
    Run(Run),
    /// A case, followed by its checks.
    Case(Case),
    /// A check.
    Check(Check),
    /// A value without a reference.
    Observation(Observation),
    /// An explanation of failures.
    Diagnosis(Diagnosis),
    /// How well values agree with those of other teams.
    Agreement(Agreement),
    /// The footer.
    End(End),
}

/// The header: what was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Always `radgauge.results/1`.
    pub schema: String,
    /// The harness.
    pub harness: Identity,
    /// What was under test.
    pub implementation: Identity,
    /// By what way its answers reached the harness; absent for the built-in engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<Submission>,
    /// The suites that the selection is taken from.
    pub suites: Vec<SuiteStamp>,
    /// The globs that selected checks; empty = everything.
    pub selection: Vec<String>,
    /// Ids of the rules that judge.
    pub rules: Vec<Rule>,
    /// The expectations that were applied; absent when none were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expectations: Option<ExpectationsStamp>,
}

/// The identity of an expectations file, and which of its entries do not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectationsStamp {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Number of entries.
    pub entries: usize,
    /// The entries that fall short by themselves: expired, without a reason, matching nothing …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<StaleEntry>,
}

/// An entry of an expectations file that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StaleEntry {
    /// Its line in the file.
    pub line: usize,
    /// Its glob.
    pub glob: String,
    /// What is wrong with it.
    pub fault: String,
}

/// A suite's identity at the time of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteStamp {
    /// The suite's name, `ibsi1`.
    pub name: String,
    /// Its edition; grows whenever a check is added, removed or changed.
    pub edition: u32,
    /// SHA-256 over all its checks.
    pub sha256: String,
    /// Number of checks in the suite.
    pub checks: usize,
    /// How many of them each profile requires.
    pub profiles: BTreeMap<String, usize>,
}

/// A case: one image, one mask, one set of settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// `suite/case`.
    pub id: String,
    /// What the case is.
    pub title: String,
    /// Number of checks selected in it.
    pub selected: usize,
    /// The settings, as TOML.
    pub settings: String,
    /// SHA-256 of the input files by their name in the data set; empty for phantoms made in code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// Why the case was not executed, and what would let it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// The settings that the implementation says it used, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_used: Option<SettingsUsed>,
    /// The tail of what the implementation wrote to standard error, kept where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// Where an expected value comes from: tiers are never mixed in one score.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Closed form, or exact arithmetic on a small phantom.
    Exact,
    /// A published IBSI reference value.
    Consensus,
    /// Independent implementations agree.
    Cross,
    /// The implementation's own earlier result.
    Regression,
    /// What follows, by theory, from the implementation's own value on the same input in another form.
    Invariant,
}

impl Tier {
    /// The tier's name in results and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Consensus => "consensus",
            Self::Cross => "cross",
            Self::Regression => "regression",
            Self::Invariant => "invariant",
        }
    }
}

/// A check and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `suite/case/family/aggregation/CODE[:parameter]`.
    pub id: String,
    /// The tier of truth.
    pub tier: Tier,
    /// Names of the profiles that require this check.
    pub profiles: Vec<String>,
    /// The feature's or the quantity's name.
    pub name: String,
    /// Unit of value and reference.
    pub unit: String,
    /// The rule.
    pub rule: Rule,
    /// Reference value and tolerance.
    pub expected: Expected,
    /// IBSI's level of consensus on the reference, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consensus: Option<String>,
    /// Where the reference value comes from.
    pub source: String,
    /// What else is to be known of the reference, e.g. that sources disagree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// The value under test; absent when there is none or it is not finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<f64>,
    /// How far it is from the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Deviation>,
    /// Where and how a response map differs from its reference; absent for a feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<MapComparison>,
    /// Why there is no value, why the value counts for nothing, or what was done to it before it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the outcome means under the expectations; absent when none were applied or the check was not executed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

impl Check {
    /// What a check has besides its id, its reference and its rule before it is run: nothing.
    pub(crate) fn not_run() -> Self {
        Self {
            id: String::new(),
            tier: Tier::Exact,
            profiles: Vec::new(),
            name: String::new(),
            unit: String::new(),
            rule: Rule::Relative,
            expected: Expected::undefined(),
            consensus: None,
            source: String::new(),
            note: None,
            outcome: Outcome::Skipped,
            actual: None,
            deviation: None,
            map: None,
            reason: None,
            verdict: None,
        }
    }
}

/// A value of the implementation under test for which no reference was published: it is reported, never judged, and
/// part of no profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// `suite/case/family/aggregation/CODE[:parameter]`, like a check's.
    pub id: String,
    /// The feature's or the quantity's name.
    pub name: String,
    /// Unit of the value.
    pub unit: String,
    /// How far two implementations may be apart and still agree, relative to the larger value; absent where nothing is
    /// said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// The value; absent when there is none or it is not finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Pictures of a response map; empty for a feature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<MapSlice>,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Observation {
    /// The `suite/case` part of the id.
    #[must_use]
    pub fn case_id(&self) -> &str {
        case_of(&self.id)
    }

    /// The id without the case: `stat/-/Q4LE`.
    #[must_use]
    pub fn key(&self) -> &str {
        key_of(&self.id)
    }
}

/// The id without its `suite/case` part.
fn key_of(id: &str) -> &str {
    id.get(case_of(id).len() + 1..).unwrap_or_default()
}

/// The `suite/case` part of an id.
fn case_of(id: &str) -> &str {
    match id.match_indices('/').nth(1) {
        Some((at, _)) => &id[..at],
        None => id,
    }
}

impl Check {
    /// The `suite/case` part of the id.
    #[must_use]
    pub fn case_id(&self) -> &str {
        case_of(&self.id)
    }

    /// The id without the case: `glcm/3d_avg/TU9B`.
    #[must_use]
    pub fn key(&self) -> &str {
        key_of(&self.id)
    }

    /// The family part of the id.
    #[must_use]
    pub fn family(&self) -> &str {
        self.id.split('/').nth(2).unwrap_or_default()
    }
}

/// How well an implementation agrees with the teams of a validation study on one quantity: it is one more rater.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// What is compared, over the subjects of the study: `ibsi2/phase3-ct-3/stat/-/Q4LE`.
    pub id: String,
    /// The feature's name.
    pub name: String,
    /// The form of the intraclass correlation, `ICC(A,1)`.
    pub form: String,
    /// Number of subjects of whom the implementation and every team have a value, n.
    pub subjects: usize,
    /// The teams, a letter each; the implementation is a rater besides them.
    pub teams: String,
    /// The implementation among the teams.
    pub joined: Correlation,
    /// The teams alone, on the same subjects.
    pub others: Correlation,
    /// Largest distance of the implementation from the median of the teams, in parts of the standard deviation between
    /// subjects, and whose it is; absent when the subjects do not differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub farthest: Option<Farthest>,
}

/// An intraclass correlation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// Number of raters, k.
    pub raters: usize,
    /// The estimate; absent where it is not defined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icc: Option<f64>,
    /// Lower bound of the 95 % interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// Upper bound of the 95 % interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// The category by the lower bound: `excellent`, `good`, `moderate`, `poor`, `unknown`.
    pub category: String,
}

/// The subject on whom an implementation is farthest from the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Farthest {
    /// The subject.
    pub subject: String,
    /// The distance, in parts of the standard deviation between subjects.
    pub deviation: f64,
}

/// An explanation of failures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diagnosis {
    /// The case it speaks of.
    pub case: String,
    /// The explanation.
    pub message: String,
    /// The checks that it explains.
    pub explains: Vec<String>,
    /// The stage of the computation that it speaks of, the first if it speaks of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What reproduces the submitted values; absent when the explanation rests on diagnostic features alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// The evidence for an explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The deviations from the manual that, together, reproduce values.
    pub deviations: Vec<Suspect>,
    /// Number of failing values of the case that they reproduce.
    pub reproduced: usize,
    /// Number of failing values of the case.
    pub failing: usize,
    /// Digits to which values are reproduced, the median; no more than were submitted.
    pub digits: f64,
}

/// A deviation that is named in an explanation; `radgauge diagnose --list` has them all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Suspect {
    /// Its name, `kurtosis-not-excess`.
    pub id: String,
    /// What is done otherwise.
    pub what: String,
    /// Names of others that the submitted values cannot tell from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or: Vec<String>,
}

/// Totals over checks: nothing leaves the count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Checks in the suites.
    pub required: usize,
    /// Checks selected.
    pub selected: usize,
    /// Checks executed.
    pub executed: usize,
    /// Selected checks by outcome; outcomes that did not occur are left out.
    pub outcomes: BTreeMap<Outcome, usize>,
    /// Observations: values without a reference, which count among none of the above.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub observed: usize,
}

/// Whether a count can be left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Totals {
    /// How many checks had this outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> usize {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// Counts a selected check.
    pub fn count(&mut self, outcome: Outcome) {
        self.selected += 1;
        self.executed += usize::from(outcome.is_executed());
        *self.outcomes.entry(outcome).or_default() += 1;
    }
}

/// The footer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Whether the run came to its end; false when it broke half-way.
    pub complete: bool,
    /// The totals.
    pub totals: Totals,
    /// The exit code of the run.
    pub exit_code: u8,
    /// SHA-256 over every line before this one, line feeds included: of the document that the results were read from, or
    /// sealed as. Empty before.
    pub digest: String,
}

/// The JSON Schema of a line, as committed in `harness/results/schema.json`.
///
/// # Panics
/// Never: a schema has a JSON form.
#[must_use]
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Record))
        .expect("a schema has a JSON form");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    /// The schema is a promise to others: a change to it is a decision (CHANGELOG, *Formats*), so it is committed.
    #[test]
    fn committed_schema_is_current() {
        let committed = include_str!("schema.json");
        assert!(
            committed == super::schema(),
            "harness/results/schema.json is out of date; `radgauge schema results` prints it anew"
        );
    }
}
