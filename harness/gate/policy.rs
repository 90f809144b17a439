//! The policy: which findings are errors, which are warnings, which are nothing.

use std::collections::BTreeMap;

use glob::Pattern;
use serde::{Deserialize, Serialize};

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// An executed check does not pass, or is not as the expectations say.
    Short,
    /// A selected check was not executed.
    Skipped,
    /// A check does not pass, as an expectation says.
    Expected,
    /// An entry of the expectations does not hold.
    Stale,
    /// A check that passed in the baseline does not any more.
    Regression,
    /// A value moved away from the baseline's.
    Drift,
    /// A check of the baseline is not in the document.
    Vanished,
    /// Fewer checks were selected than in the baseline.
    Selection,
    /// A suite has another edition or another hash than in the baseline, or is gone.
    Suite,
    /// Fewer checks were executed than the policy asks for.
    Minimum,
    /// The run did not come to its end.
    Incomplete,
}

impl Rule {
    /// The rule's name in policies and findings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Skipped => "skipped",
            Self::Expected => "expected",
            Self::Stale => "stale",
            Self::Regression => "regression",
            Self::Drift => "drift",
            Self::Vanished => "vanished",
            Self::Selection => "selection",
            Self::Suite => "suite",
            Self::Minimum => "minimum",
            Self::Incomplete => "incomplete",
        }
    }

    /// Whether its findings are about a check, so that a glob can single them out.
    #[must_use]
    pub fn is_about_a_check(self) -> bool {
        matches!(
            self,
            Self::Short
                | Self::Skipped
                | Self::Expected
                | Self::Regression
                | Self::Drift
                | Self::Vanished
        )
    }

    /// The level where the policy says nothing.
    fn default_level(self) -> Level {
        match self {
            Self::Skipped | Self::Expected | Self::Drift => Level::Warn,
            _ => Level::Error,
        }
    }

    /// Whether a policy may say anything: a document that is not all there is always an error.
    fn is_fixed(self) -> bool {
        matches!(self, Self::Minimum | Self::Incomplete)
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not reported.
    Off,
    /// It is reported.
    Warn,
    /// It makes the gate fall short.
    Error,
}

/// From where on a moved value is a drift. Where a check's rule forgives nothing, any change is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftLimits {
    /// Parts of what the check's rule forgives (tolerance and rounding).
    pub allowances: Option<f64>,
    /// Steps between neighbouring double-precision numbers.
    pub ulps: Option<u64>,
}

impl DriftLimits {
    /// What holds where the policy says nothing: a tenth of what the rule forgives.
    const DEFAULT: Self = Self {
        allowances: Some(0.1),
        ulps: None,
    };
}

/// A policy, as TOML:
///
/// ```toml
/// minimum = 964                     # executed checks: fewer is exit code 5
///
/// [levels]                          # off, warn or error
/// skipped = "error"
///
/// [drift]
/// allowances = 0.1
/// ulps = 64
///
/// [[rule]]                          # for some checks; the last that matches decides
/// match = "ibsi1/ct_e/*"
/// levels = { short = "warn" }
/// drift = { allowances = 0.5 }
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// How many checks must be executed: a ratchet, raised by hand as coverage grows.
    pub minimum: usize,
    /// Levels for all checks.
    levels: BTreeMap<Rule, Level>,
    /// Drift limits for all checks.
    drift: DriftLimits,
    /// What is different for some checks.
    #[serde(rename = "rule")]
    overrides: Vec<Override>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    #[serde(rename = "match", deserialize_with = "glob")]
    glob: Pattern,
    #[serde(default)]
    levels: BTreeMap<Rule, Level>,
    #[serde(default)]
    drift: DriftLimits,
}

/// Why a text is no policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// No TOML, an unknown key, or a value of the wrong type.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// A level for a rule that has none.
    #[error("{place}: `{}` is always an error", .rule.name())]
    Fixed {
        /// The table.
        place: String,
        /// The rule.
        rule: Rule,
    },
    /// A level by glob for a rule that is not about checks.
    #[error("{place}: `{}` is about the whole document; set it in [levels]", .rule.name())]
    NotAboutChecks {
        /// The table.
        place: String,
        /// The rule.
        rule: Rule,
    },
    /// A drift limit that is none.
    #[error("{place}: `drift.allowances`: expected a number from 0 on, found `{found}`")]
    Allowances {
        /// The table.
        place: String,
        /// What was found.
        found: f64,
    },
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`] names the key.
    pub fn read(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text)?;
        check_limits("policy", policy.drift)?;
        check_levels("[levels]", &policy.levels)?;
        for one in &policy.overrides {
            let place = format!("[[rule]] `{}`", one.glob);
            check_limits(&place, one.drift)?;
            check_levels(&place, &one.levels)?;
            if let Some(rule) = one.levels.keys().find(|rule| !rule.is_about_a_check()) {
                return Err(PolicyError::NotAboutChecks { place, rule: *rule });
            }
        }
        Ok(policy)
    }

    /// The level of a rule for a check; for a finding that is about none, the level for all.
    #[must_use]
    pub fn level(&self, rule: Rule, id: Option<&str>) -> Level {
        if rule.is_fixed() {
            return Level::Error;
        }
        id.and_then(|id| self.last_override(id, |one| one.levels.get(&rule).copied()))
            .or_else(|| self.levels.get(&rule).copied())
            .unwrap_or_else(|| rule.default_level())
    }

    /// The drift limits for a check. A table that gives one limit leaves the others off.
    #[must_use]
    pub fn drift_limits(&self, id: &str) -> DriftLimits {
        let given = |limits: DriftLimits| (limits != DriftLimits::default()).then_some(limits);
        self.last_override(id, |one| given(one.drift))
            .or(given(self.drift))
            .unwrap_or(DriftLimits::DEFAULT)
    }

    fn last_override<T>(&self, id: &str, say: impl Fn(&Override) -> Option<T>) -> Option<T> {
        self.overrides
            .iter()
            .rev()
            .find_map(|one| say(one).filter(|_| one.glob.matches(id)))
    }
}

fn check_levels(place: &str, levels: &BTreeMap<Rule, Level>) -> Result<(), PolicyError> {
    match levels.keys().find(|rule| rule.is_fixed()) {
        Some(rule) => Err(PolicyError::Fixed {
            place: place.to_owned(),
            rule: *rule,
        }),
        None => Ok(()),
    }
}

fn check_limits(place: &str, limits: DriftLimits) -> Result<(), PolicyError> {
    match limits
        .allowances
        .filter(|parts| !(parts.is_finite() && *parts >= 0.0))
    {
        Some(found) => Err(PolicyError::Allowances {
            place: place.to_owned(),
            found,
        }),
        None => Ok(()),
    }
}

fn glob<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Pattern, D::Error> {
    let text = String::deserialize(deserializer)?;
    Pattern::new(&text)
        .map_err(|error| serde::de::Error::custom(format!("`match`: `{text}` is no glob: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_a_file_what_falls_short_is_an_error_and_what_was_skipped_a_warning() {
        let policy = Policy::read("").expect("an empty policy");
        assert_eq!(policy.level(Rule::Short, Some("a/b")), Level::Error);
        assert_eq!(policy.level(Rule::Skipped, Some("a/b")), Level::Warn);
        assert_eq!(policy.drift_limits("a/b"), DriftLimits::DEFAULT);
        assert_eq!(policy.minimum, 0, "no ratchet");
    }

    #[test]
    fn the_last_rule_that_says_something_decides() {
        let policy = Policy::read(
            "[levels]\nshort = 'warn'\n[drift]\nulps = 4\n\
             [[rule]]\nmatch = 'a/*'\nlevels = { short = 'off', drift = 'error' }\n\
             [[rule]]\nmatch = 'a/b/*'\nlevels = { short = 'error' }\ndrift = { allowances = 0.5 }\n",
        )
        .expect("a good policy");
        assert_eq!(
            policy.level(Rule::Short, Some("c/d")),
            Level::Warn,
            "for all"
        );
        assert_eq!(
            policy.level(Rule::Short, Some("a/c")),
            Level::Off,
            "first rule"
        );
        assert_eq!(
            policy.level(Rule::Short, Some("a/b/c")),
            Level::Error,
            "second rule"
        );
        assert_eq!(
            policy.level(Rule::Drift, Some("a/b/c")),
            Level::Error,
            "the second is silent"
        );
        let limits = |allowances, ulps| DriftLimits { allowances, ulps };
        assert_eq!(policy.drift_limits("a/c"), limits(None, Some(4)), "for all");
        assert_eq!(
            policy.drift_limits("a/b/c"),
            limits(Some(0.5), None),
            "second rule"
        );
    }

    /// What is wrong with a policy, and what the message must name.
    #[test]
    fn bad_policies_are_refused_by_key() {
        let cases = [
            ("maximum = 5", "maximum"),
            ("minimum = -1", "minimum"),
            ("minimum = 'many'", "minimum"),
            ("[levels]\nshort = 'fatal'", "short"),
            ("[levels]\nshorts = 'warn'", "shorts"),
            ("[levels]\nminimum = 'off'", "minimum"),
            ("[levels]\nincomplete = 'off'", "incomplete"),
            ("levels = 5", "levels"),
            ("[drift]\nulps = -1", "ulps"),
            ("[drift]\nulps = 1.5", "ulps"),
            ("[drift]\nparts = 1", "parts"),
            ("[drift]\nallowances = -0.1", "allowances"),
            ("[drift]\nallowances = nan", "allowances"),
            ("[[rule]]\nlevels = {}", "match"),
            ("[[rule]]\nmatch = 'a['", "match"),
            ("[[rule]]\nmatch = 7", "match"),
            ("[[rule]]\nmatch = 'a'\nlevel = 'off'", "level"),
            ("[[rule]]\nmatch = 'a'\nlevels = { suite = 'off' }", "suite"),
            (
                "[[rule]]\nmatch = 'a'\ndrift = { allowances = inf }",
                "allowances",
            ),
            ("[rule]\nmatch = 'a'", "rule"),
        ];
        for (text, key) in cases {
            let message = Policy::read(text).expect_err(text).to_string();
            assert!(
                message.contains(key),
                "`{key}` in the refusal of {text}:\n{message}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = Policy::read(&text);
            let _ = Policy::read(&format!("[[rule]]\nmatch = '{text}'"));
        }
    }
}
