//! What several reports say of the same results: counts, order of failures, wording.

use std::{
    collections::{BTreeMap, HashMap},
    ops::AddAssign,
};

use crate::{
    implementation::{Identity, Submission},
    results::{Case, Check, Observation, Results, Run, Tier},
    verdict::{OWN, Outcome, Rule, Verdict},
};

/// How many checks there are of a kind, and how far they got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) passed: usize,
    pub(super) executed: usize,
    pub(super) selected: usize,
}

impl Count {
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.passed += usize::from(outcome == Outcome::Pass);
        self.executed += usize::from(outcome.is_executed());
        self.selected += 1;
    }

    /// Whether every selected check passed.
    pub(super) fn holds(self) -> bool {
        self.passed == self.selected
    }

    /// Number of executed checks that did not pass.
    pub(super) fn short(self) -> usize {
        self.executed - self.passed
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.executed += other.executed;
        self.selected += other.selected;
    }
}

/// A profile, and what became of the checks that it requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Profile<'a> {
    pub(super) name: &'a str,
    pub(super) required: usize,
    pub(super) count: Count,
}

impl Profile<'_> {
    /// Whether every required check was executed, whatever came of it.
    pub(super) fn is_complete(&self) -> bool {
        self.count.executed == self.required
    }

    /// Whether every required check passed.
    pub(super) fn holds(&self) -> bool {
        self.count.passed == self.required
    }
}

/// The profiles of all suites, by name.
pub(super) fn profiles(results: &Results) -> Vec<Profile<'_>> {
    let mut profiles: BTreeMap<&str, Profile<'_>> = BTreeMap::new();
    for (name, required) in results.run.suites.iter().flat_map(|suite| &suite.profiles) {
        profiles
            .entry(name)
            .or_insert(Profile {
                name,
                required: 0,
                count: Count::default(),
            })
            .required += required;
    }
    for check in &results.checks {
        for name in &check.profiles {
            if let Some(profile) = profiles.get_mut(name.as_str()) {
                profile.count.add(check.outcome);
            }
        }
    }
    profiles.into_values().collect()
}

/// A tier, or one level of consensus within a tier: never mixed in one count.
pub(super) struct Level<'a> {
    pub(super) tier: Tier,
    pub(super) consensus: Option<&'a str>,
    pub(super) count: Count,
}

/// Counts by tier and level of consensus, the strongest consensus first.
pub(super) fn levels(results: &Results) -> Vec<Level<'_>> {
    const STRONGEST_FIRST: [&str; 4] = ["very strong", "strong", "moderate", "weak"];
    let strength = |consensus: Option<&str>| {
        let known = STRONGEST_FIRST
            .iter()
            .position(|level| Some(*level) == consensus);
        known.unwrap_or(STRONGEST_FIRST.len())
    };
    let mut counts: BTreeMap<_, Count> = BTreeMap::new();
    for check in &results.checks {
        let consensus = check.consensus.as_deref();
        counts
            .entry((check.tier, strength(consensus), consensus))
            .or_default()
            .add(check.outcome);
    }
    counts
        .into_iter()
        .map(|((tier, _, consensus), count)| Level {
            tier,
            consensus,
            count,
        })
        .collect()
}

/// A case with its checks, both in the document's order.
pub(super) struct CaseChecks<'a> {
    pub(super) id: &'a str,
    /// Absent when the document has checks of a case that it does not describe.
    pub(super) case: Option<&'a Case>,
    pub(super) checks: Vec<&'a Check>,
}

/// Every check under its case; no check is left out.
pub(super) fn by_case(results: &Results) -> Vec<CaseChecks<'_>> {
    let described = results
        .cases
        .iter()
        .map(|case| (case.id.as_str(), Some(case), None));
    let checks = results
        .checks
        .iter()
        .map(|check| (check.case_id(), None, Some(check)));
    let mut cases: Vec<CaseChecks<'_>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (id, case, check) in described.chain(checks) {
        let index = *known.entry(id).or_insert_with(|| {
            cases.push(CaseChecks {
                id,
                case,
                checks: Vec::new(),
            });
            cases.len() - 1
        });
        cases[index].checks.extend(check);
    }
    cases
}

/// More families than any suite has; what a document has beyond them is counted in the column *all* only, so that no
/// document can ask for a table of any width.
const MAX_FAMILIES: usize = 40;

/// Families against cases.
pub(super) struct Matrix<'a> {
    pub(super) families: Vec<&'a str>,
    pub(super) rows: Vec<MatrixRow<'a>>,
}

/// A case's row of the matrix.
pub(super) struct MatrixRow<'a> {
    pub(super) case: &'a str,
    /// What the case is; empty when the document does not say.
    pub(super) title: &'a str,
    /// Whether the case was not executed.
    pub(super) is_skipped: bool,
    /// The tiers of its checks.
    pub(super) tiers: String,
    /// By family, in the matrix's order; `None` where the case has no check of the family.
    pub(super) cells: Vec<Option<Count>>,
    /// Over all families.
    pub(super) all: Count,
}

impl<'a> Matrix<'a> {
    pub(super) fn of(results: &'a Results) -> Self {
        let mut families: Vec<&str> = Vec::new();
        for check in &results.checks {
            if families.len() < MAX_FAMILIES && !families.contains(&check.family()) {
                families.push(check.family());
            }
        }
        let row = |case: CaseChecks<'a>| {
            let mut all = Count::default();
            let mut cells: HashMap<&str, Count> = HashMap::new();
            let mut tiers: Vec<Tier> = Vec::new();
            for check in &case.checks {
                all.add(check.outcome);
                cells.entry(check.family()).or_default().add(check.outcome);
                if !tiers.contains(&check.tier) {
                    tiers.push(check.tier);
                }
            }
            tiers.sort_unstable();
            MatrixRow {
                case: case.id,
                title: case.case.map_or("", |case| &case.title),
                is_skipped: case.case.is_some_and(|case| case.skipped.is_some()),
                tiers: tiers
                    .iter()
                    .map(|tier| tier.name())
                    .collect::<Vec<_>>()
                    .join(", "),
                cells: families
                    .iter()
                    .map(|family| cells.get(family).copied())
                    .collect(),
                all,
            }
        };
        Self {
            rows: by_case(results)
                .into_iter()
                // A case that has no reference has nothing to count.
                .filter(|case| !case.checks.is_empty())
                .map(row)
                .collect(),
            families,
        }
    }

    /// The same with a row for each group of cases: the terminal has no room for every test of IBSI 2.
    pub(super) fn grouped(self) -> Self {
        let mut rows: Vec<MatrixRow<'a>> = Vec::new();
        for row in self.rows {
            let group = group(row.case);
            match rows.last_mut() {
                Some(last) if group.is_some() && last.case == group.unwrap_or_default() => {
                    last.absorb(row);
                }
                _ => rows.push(MatrixRow {
                    case: group.unwrap_or(row.case),
                    ..row
                }),
            }
        }
        Self { rows, ..self }
    }
}

/// The group that a case belongs to: `ibsi2/phase1-1.a.1` is of `ibsi2/phase1-`.
pub(super) fn group(case: &str) -> Option<&str> {
    case.find('-').map(|at| &case[..=at])
}

/// The name of a case or of a group: `ibsi1/ct_c`, `ibsi2/phase1-*`.
pub(super) fn group_name(case: &str) -> String {
    match group(case) {
        Some(group) => format!("{group}*"),
        None => case.to_owned(),
    }
}

impl<'a> MatrixRow<'a> {
    /// Counts another case of the same group in.
    fn absorb(&mut self, other: Self) {
        self.all += other.all;
        self.is_skipped &= other.is_skipped;
        for (mine, theirs) in self.cells.iter_mut().zip(other.cells) {
            match (mine.as_mut(), theirs) {
                (Some(mine), Some(theirs)) => *mine += theirs,
                (None, theirs) => *mine = theirs,
                (Some(_), None) => (),
            }
        }
        if !self.tiers.contains(&other.tiers) {
            self.tiers = format!("{}, {}", self.tiers, other.tiers);
        }
    }
}

/// The observations with the cases that they belong to.
pub(super) fn observed(results: &Results) -> Vec<(&str, Vec<&Observation>)> {
    let mut cases: Vec<(&str, Vec<&Observation>)> = Vec::new();
    for one in &results.observations {
        match cases.last_mut() {
            Some((case, observations)) if *case == one.case_id() => observations.push(one),
            _ => cases.push((one.case_id(), vec![one])),
        }
    }
    cases
}

/// Whether a check was executed and did not pass.
pub(super) fn falls_short(check: &Check) -> bool {
    check.outcome.is_executed()
        && check.outcome != Outcome::Pass
        && check.verdict != Some(Verdict::Expected)
}

/// The checks that fall short, the farthest off first.
pub(super) fn falling_short(results: &Results) -> Vec<&Check> {
    let mut short: Vec<&Check> = results
        .checks
        .iter()
        .filter(|check| falls_short(check))
        .collect();
    short.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
    short
}

/// How far a check is off, in parts of what its rule forgives; a missing value is farther than any, unless it is right that
/// there is none.
pub(super) fn distance(check: &Check) -> f64 {
    match check.deviation {
        Some(deviation) => deviation
            .allowances
            .unwrap_or(f64::from(deviation.difference != 0.0)),
        None if check.outcome == Outcome::Pass => 0.0,
        None => f64::INFINITY,
    }
}

/// Checks whose reference has a note, which says that sources disagree on it.
pub(super) fn contested(results: &Results) -> Vec<&Check> {
    results
        .checks
        .iter()
        .filter(|check| check.note.is_some())
        .collect()
}

/// Why cases were not executed, each reason with the cases that it stopped.
pub(super) fn skipped(results: &Results) -> Vec<(&str, Vec<&str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for case in &results.cases {
        let Some(reason) = case.skipped.as_deref() else {
            continue;
        };
        let index = *known.entry(reason).or_insert_with(|| {
            reasons.push((reason, Vec::new()));
            reasons.len() - 1
        });
        reasons[index].1.push(&case.id);
    }
    reasons
}

/// The verdict in words.
pub(super) fn verdict(results: &Results) -> &'static str {
    let totals = &results.end.totals;
    match results.end.exit_code {
        0 if totals.executed == 0 => "nothing was judged: there is no reference for what was run",
        0 if results.run.expectations.is_some() => "every executed check is as expected",
        0 if totals.executed == totals.required => "every check holds",
        0 => "every executed check holds, but not every required check was executed",
        1 => "falls short",
        3 => "reference data is missing or damaged",
        4 => "the implementation cannot be used",
        5 => "nothing was checked",
        _ => "the run broke",
    }
}

/// The outcomes that occurred: `964 pass, 3 fail`.
pub(super) fn outcomes(results: &Results) -> String {
    let totals = &results.end.totals;
    let outcomes: Vec<String> = Outcome::ALL
        .into_iter()
        .filter(|outcome| totals.of(*outcome) > 0)
        .map(|outcome| format!("{} {}", totals.of(outcome), outcome.name()))
        .collect();
    outcomes.join(", ")
}

/// By what way the values reached the harness, line by line; empty for the built-in engine.
pub(super) fn submission(run: &Run) -> Vec<String> {
    match &run.submission {
        None => Vec::new(),
        Some(Submission::Adapter(stamp)) => {
            let determinism = if stamp.deterministic {
                "says that it is deterministic"
            } else {
                "does not say that it is deterministic"
            };
            let Identity { name, version } = &stamp.adapter;
            vec![format!(
                "through {name} {version} · protocol {} · {determinism}",
                stamp.protocol
            )]
        }
        Some(Submission::Values(stamp)) => {
            let dialect = stamp.dialect.as_deref().unwrap_or("IBSI");
            let mut lines = vec![format!(
                "values from a file · sha256 {:.12} · {} matched, {} not · names {dialect}",
                stamp.sha256, stamp.matched, stamp.unmatched
            )];
            lines.extend(stamp.assumption.clone());
            lines.extend(stamp.converted.iter().map(|(key, conversion)| {
                format!("converted before judging: {key} ({conversion})")
            }));
            lines
        }
    }
}

/// A rule in words.
pub(super) fn rule_in_words(rule: Rule) -> &'static str {
    match rule {
        Rule::IbsiSignificantDigits => {
            "rounded to the reference's significant digits, the value lies within the tolerance of it"
        }
        Rule::Relative => {
            "the relative error is at most the tolerance; the absolute error, where the reference is 0"
        }
        Rule::ResponseMap => {
            "the largest difference between response map and reference, over all voxels, is at most the tolerance"
        }
        Rule::Invariant => {
            "the value follows from the implementation's own value on the untransformed input, within the tolerance"
        }
    }
}

/// What a check asks of the value.
pub(super) fn requirement(check: &Check) -> String {
    let expected = &check.expected;
    if expected.is_undefined() {
        return "the implementation says that the feature is undefined".to_owned();
    }
    match (check.rule, expected.digits) {
        (Rule::IbsiSignificantDigits, Some(digits)) if expected.tolerance == "0" => format!(
            "rounded to {digits} significant digits, the value is {}",
            expected.value
        ),
        (Rule::IbsiSignificantDigits, Some(digits)) => format!(
            "rounded to {digits} significant digits, the value lies within {} of {}",
            expected.tolerance, expected.value
        ),
        (Rule::IbsiSignificantDigits, None) => {
            format!(
                "the value lies within {} of {}",
                expected.tolerance, expected.value
            )
        }
        (Rule::Relative, _) => format!(
            "the value is {} up to a relative error of {}",
            expected.value, expected.tolerance
        ),
        (Rule::ResponseMap, _) => format!(
            "no voxel of the response map is farther than {} from the reference map",
            expected.tolerance
        ),
        (Rule::Invariant, _) if expected.value == OWN => {
            "the value is what it is on the untransformed input".to_owned()
        }
        (Rule::Invariant, _) => format!(
            "the value lies within {} of {}, which follows from the untransformed input",
            expected.tolerance, expected.value
        ),
    }
}

/// How far the value is off, in words; `None` when there is no value.
pub(super) fn how_far(check: &Check) -> Option<String> {
    let deviation = check.deviation?;
    let mut text = format!("off by {}", short_number(deviation.difference));
    if let Some(tolerances) = deviation.tolerances {
        text += &format!(" = {} tolerances", short_number(tolerances));
    }
    if let Some(digits) = deviation.digits_agreed {
        text += &format!(", {:.1} digits agree", digits.max(0.0));
    }
    Some(text)
}

/// The value under test, short.
pub(super) fn value(check: &Check) -> String {
    check
        .actual
        .map_or_else(|| "no value".to_owned(), short_number)
}

/// Up to six significant digits, without an exponent where that reads better.
pub(super) fn short_number(number: f64) -> String {
    let magnitude = if number == 0.0 {
        0.0
    } else {
        number.abs().log10().floor()
    };
    if (-4.0..7.0).contains(&magnitude) {
        let decimals = (5.0 - magnitude).max(0.0) as usize;
        let text = format!("{number:.decimals$}");
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    } else {
        format!("{number:.5e}")
    }
}
