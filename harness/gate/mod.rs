//! The gate of a release pipeline: whether a result document may pass, by a policy and against a baseline.

mod policy;
mod render;

pub use policy::{DriftLimits, Level, Policy, PolicyError, Rule};
pub use render::{github, json, text};

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::{
    certify::exit,
    results::{Check, Results},
    verdict::{Outcome, Verdict, allowance},
};

/// Something that the gate noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it weighs.
    pub level: Level,
    /// What it is about.
    pub rule: Rule,
    /// The check, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What was noticed, with its values.
    pub message: String,
}

/// What the gate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gated {
    /// Everything that was noticed, in the order of the document.
    pub findings: Vec<Finding>,
    /// Checks selected.
    pub selected: usize,
    /// Checks executed.
    pub executed: usize,
    /// How many the policy asks for.
    pub minimum: usize,
    /// The exit code: 0, 1, or 5 when nothing or too little was checked.
    pub exit_code: u8,
}

impl Gated {
    /// How many findings have this level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }
}

/// Gates a result document.
#[must_use]
pub fn gate(results: &Results, baseline: Option<&Results>, policy: &Policy) -> Gated {
    let mut noticed = Noticed {
        policy,
        findings: Vec::new(),
    };
    let (selected, executed) = (results.end.totals.selected, results.end.totals.executed);
    if !results.end.complete {
        noticed.push(Rule::Incomplete, None, || {
            "the run did not come to its end".to_owned()
        });
    }
    if executed == 0 || executed < policy.minimum {
        noticed.push(Rule::Minimum, None, || {
            format!(
                "{executed} checks executed, required are {}",
                policy.minimum.max(1)
            )
        });
    }
    for entry in results
        .run
        .expectations
        .iter()
        .flat_map(|stamp| &stamp.stale)
    {
        noticed.push(Rule::Stale, None, || {
            format!(
                "expectations, line {}: `{}` {}",
                entry.line, entry.glob, entry.fault
            )
        });
    }
    if let Some(baseline) = baseline {
        noticed.compare_runs(results, baseline);
    }
    let earlier: HashMap<&str, &Check> = baseline
        .iter()
        .flat_map(|baseline| &baseline.checks)
        .map(|check| (check.id.as_str(), check))
        .collect();
    let not_executed: HashMap<&str, &str> = results
        .cases
        .iter()
        .filter_map(|case| Some((case.id.as_str(), case.skipped.as_deref()?)))
        .collect();
    for check in &results.checks {
        let why = not_executed.get(check.case_id()).copied();
        noticed.check(check, earlier.get(check.id.as_str()).copied(), why);
    }
    if let Some(baseline) = baseline {
        let present: HashSet<&str> = results
            .checks
            .iter()
            .map(|check| check.id.as_str())
            .collect();
        for check in baseline
            .checks
            .iter()
            .filter(|check| !present.contains(check.id.as_str()))
        {
            noticed.push(Rule::Vanished, Some(&check.id), || {
                format!("in the baseline {}, not in the results", described(check))
            });
        }
    }
    let findings = noticed.findings;
    let exit_code = if executed == 0 || executed < policy.minimum {
        exit::NOTHING
    } else if findings.iter().any(|finding| finding.level == Level::Error) {
        exit::SHORT
    } else {
        exit::OK
    };
    Gated {
        findings,
        selected,
        executed,
        minimum: policy.minimum,
        exit_code,
    }
}

struct Noticed<'a> {
    policy: &'a Policy,
    findings: Vec<Finding>,
}

impl Noticed<'_> {
    fn push(&mut self, rule: Rule, id: Option<&str>, message: impl FnOnce() -> String) {
        let level = self.policy.level(rule, id);
        if level > Level::Off {
            self.findings.push(Finding {
                level,
                rule,
                id: id.map(str::to_owned),
                message: message(),
            });
        }
    }

    /// What differs between the runs as a whole.
    fn compare_runs(&mut self, results: &Results, baseline: &Results) {
        let (now, was) = (results.end.totals.selected, baseline.end.totals.selected);
        if now < was {
            self.push(Rule::Selection, None, || {
                format!("{now} checks selected, the baseline has {was}")
            });
        }
        for before in &baseline.run.suites {
            let short = |hash: &str| hash.chars().take(12).collect::<String>();
            let name = &before.name;
            let Some(after) = results.run.suites.iter().find(|suite| suite.name == *name) else {
                self.push(Rule::Suite, None, || {
                    format!("suite `{name}` of the baseline is gone")
                });
                continue;
            };
            if (after.edition, &after.sha256) != (before.edition, &before.sha256) {
                self.push(Rule::Suite, None, || {
                    format!(
                        "suite `{name}` is edition {} (sha256 {}), in the baseline it is edition {} (sha256 {}): \
                         values are compared with other references; renew the baseline",
                        after.edition,
                        short(&after.sha256),
                        before.edition,
                        short(&before.sha256)
                    )
                });
            }
        }
    }

    /// What is to be said of a check: one finding, the heaviest. `not_executed` says why its case was not.
    fn check(&mut self, check: &Check, earlier: Option<&Check>, not_executed: Option<&str>) {
        let id = Some(check.id.as_str());
        let passed_before = earlier.is_some_and(|earlier| earlier.outcome == Outcome::Pass);
        let rule = match (check.verdict, check.outcome) {
            (Some(Verdict::Ok), _) | (None, Outcome::Pass) => None,
            (Some(Verdict::Expected), _) => Some(Rule::Expected),
            (Some(_), _) => Some(Rule::Short),
            (None, Outcome::Skipped) => Some(Rule::Skipped),
            (None, _) => Some(Rule::Short),
        };
        let level = |rule| self.policy.level(rule, id);
        let has_regressed = passed_before
            && check.outcome != Outcome::Pass
            && rule.is_some_and(|rule| {
                rule != Rule::Expected && level(Rule::Regression) >= level(rule)
            });
        if has_regressed {
            self.push(Rule::Regression, id, || {
                format!("passed in the baseline, is {}", described(check))
            });
        } else if let Some(rule) = rule {
            self.push(rule, id, || match (check.verdict, not_executed) {
                (Some(verdict), _) => format!("{}: {}", verdict.name(), described(check)),
                (None, Some(why)) => {
                    format!("not executed: {}", why.lines().next().unwrap_or_default())
                }
                (None, None) => described(check),
            });
        } else if let Some((was, now)) =
            earlier.and_then(|earlier| earlier.actual).zip(check.actual)
        {
            self.drift(check, was, now);
        }
    }

    fn drift(&mut self, check: &Check, was: f64, now: f64) {
        if was == now {
            return;
        }
        let limits = self.policy.drift_limits(&check.id);
        let parts = allowance(check.rule, &check.expected)
            .ok()
            .filter(|allowance| *allowance > 0.0)
            .map(|allowance| (now - was).abs() / allowance);
        let ulps = ulps_between(was, now);
        let exceeded = match parts {
            None => Some("the rule forgives nothing".to_owned()),
            Some(parts) if limits.allowances.is_some_and(|limit| parts > limit) => limits
                .allowances
                .map(|limit| format!("the limit is {limit} allowances")),
            Some(_) => limits
                .ulps
                .filter(|limit| ulps > *limit)
                .map(|limit| format!("the limit is {limit} ulps")),
        };
        if let Some(exceeded) = exceeded {
            self.push(Rule::Drift, Some(&check.id), || {
                let parts =
                    parts.map_or(String::new(), |parts| format!("{parts:.3} allowances = "));
                format!("was {was:?} in the baseline, is {now:?}: {parts}{ulps} ulps; {exceeded}")
            });
        }
    }
}

/// A check in a line: its outcome, and its value against the reference or why there is none.
fn described(check: &Check) -> String {
    let mut text = check.outcome.name().to_owned();
    if let Some(value) = check.actual {
        text += &format!(
            " with {value:?} against {} ± {}",
            check.expected.value, check.expected.tolerance
        );
    }
    if let Some(allowances) = check.deviation.and_then(|deviation| deviation.allowances) {
        text += &format!(" = {allowances:.3} allowances");
    }
    if let Some(reason) = &check.reason {
        text += &format!(" ({reason})");
    }
    text
}

/// How many steps from one double-precision number to the next lie between two finite numbers; 0 and −0 are one number.
fn ulps_between(a: f64, b: f64) -> u64 {
    let place = |number: f64| {
        let magnitude = (number.to_bits() & !(1 << 63)) as i64;
        if number.is_sign_negative() {
            -magnitude
        } else {
            magnitude
        }
    };
    place(a).abs_diff(place(b))
}

#[cfg(test)]
mod tests {
    use super::ulps_between;

    #[test]
    fn ulps_count_the_numbers_between() {
        assert_eq!(ulps_between(1.0, 1.0), 0, "equal");
        assert_eq!(ulps_between(1.0, 1.0 + f64::EPSILON), 1, "neighbours");
        assert_eq!(
            ulps_between(1.0, 1.0 - f64::EPSILON / 2.0),
            1,
            "neighbours below"
        );
        assert_eq!(ulps_between(0.0, -0.0), 0, "one zero");
        assert_eq!(ulps_between(5e-324, -5e-324), 2, "across zero");
        assert_eq!(
            ulps_between(f64::MAX, f64::MIN),
            2 * f64::MAX.to_bits(),
            "no overflow"
        );
    }
}
