//! Expectations, `radgauge.expect.toml`: which checks are known not to pass, how, and why.
//!
//! ```toml
//! [[expect]]
//! match = "ibsi1/*/glcm/25d_*/*"        # glob over ids; `*` also matches `/`
//! status = "unsupported"                # the outcome that is expected
//! cause = "not-implemented"
//! reason = "2.5D aggregation is planned for version 4"
//! issue = "https://example.org/issues/17"
//! when = { version = "3.*" }            # in force for these versions only
//! expires = 2027-06-30                  # the last day on which it holds
//!
//! [[expect]]
//! match = "ibsi1/ct_c/stat/-/IPH6"
//! status = "fail"
//! pin = -0.3401                         # the value it has now: another wrong value is noticed
//! cause = "bug"
//! reason = "skewness divides by n − 1"
//! ```
//! Strict both ways: a check that passes although it was expected not to, an entry that matches nothing, two entries
//! that match the same check, and an entry that has expired or gives no reason all fall short. A check that was not
//! executed is judged only by an entry that expects just that (`status = "skipped"`).
//!
//! Expectations never touch a claim: a profile counts what passes, and a [statement](crate::statement) admits none.

mod apply;
mod file;
mod update;

pub use apply::{Assessment, Fault, Here, apply, assess, lint};
pub use file::{Cause, Entry, Expectations, FileError, When};
pub use toml::value::Date;
pub use update::{Update, update};

use std::fmt::Write as _;

use crate::{results::Results, verdict::Verdict};

/// What the terminal says about expectations; empty when none were applied.
///
/// # Panics
/// Never: writing to a string cannot fail.
#[must_use]
pub fn summary(results: &Results) -> String {
    let Some(stamp) = &results.run.expectations else {
        return String::new();
    };
    let mut text = format!(
        "\nexpectations · {} entries · sha256 {}\n",
        stamp.entries,
        &stamp.sha256[..stamp.sha256.len().min(12)]
    );
    let mut line =
        |line: String| writeln!(text, "  {line}").expect("writing to a string cannot fail");
    for entry in &stamp.stale {
        line(format!(
            "stale            line {}: `{}` {}",
            entry.line, entry.glob, entry.fault
        ));
    }
    let of = |verdict: Verdict| {
        results
            .checks
            .iter()
            .filter(move |check| check.verdict == Some(verdict))
    };
    for verdict in [Verdict::UnexpectedPass, Verdict::Stale] {
        for check in of(verdict) {
            line(format!(
                "{:<16} {} ({})",
                verdict.name(),
                check.id,
                check.outcome.name()
            ));
        }
    }
    line(format!(
        "{} expected, {} unexpected, {} unexpected passes, {} stale; {} entries do not hold",
        of(Verdict::Expected).count(),
        of(Verdict::Unexpected).count(),
        of(Verdict::UnexpectedPass).count(),
        of(Verdict::Stale).count(),
        stamp.stale.len()
    ));
    text
}
