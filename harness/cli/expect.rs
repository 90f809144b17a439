//! `radgauge expect`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;

use super::{Failed, input, output};
use crate::{
    certify::exit,
    expectations::{self, Date, Entry, Expectations, Fault, Here},
    suite::Suite,
};

/// Keep the file that says which checks are known not to pass, and why
#[derive(Debug, Subcommand)]
pub(super) enum ExpectCommand {
    /// Say which entries do not hold: no reason, expired, matching nothing, overlapping
    Lint {
        /// The expectations file
        file: PathBuf,
        /// A result document: says besides which of its checks are not as expected
        results: Option<PathBuf>,
    },
    /// Append entries for what falls short; their reasons are to be filled in
    Update {
        /// A result document
        results: PathBuf,
        /// The expectations file; its entries are kept
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Say what is expected of a check
    Explain {
        /// The expectations file
        file: PathBuf,
        /// The check's id
        id: String,
    },
}

impl ExpectCommand {
    pub(super) fn run(self) -> Result<u8, Failed> {
        match self {
            Self::Lint { file, results } => lint(&file, results.as_deref()),
            Self::Update { results, out } => update(&results, &out),
            Self::Explain { file, id } => explain(&file, &id),
        }
    }
}

/// Reads an expectations file.
pub(super) fn read(path: &Path) -> Result<Expectations, Failed> {
    Expectations::read(&input::text(path)?)
        .with_context(|| format!("`{}`", path.display()))
        .map_err(Failed::usage)
}

/// This day and this machine: the one place where the clock is read.
pub(super) fn here() -> Here<'static> {
    let since_epoch = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Here {
        today: civil_date(since_epoch.as_secs() / 86_400),
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
    }
}

/// The Gregorian date so many days after 1970-01-01, in UTC.
fn civil_date(mut days: u64) -> Date {
    let is_leap = |year: u16| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) && year < 9999 {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    Date {
        year,
        month,
        day: 1 + days.min(30) as u8,
    }
}

/// The ids of every built-in suite.
pub(super) fn suite_ids(suites: &[Suite]) -> Vec<String> {
    suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .flat_map(|case| &case.checks)
        .map(|check| check.id.clone())
        .collect()
}

fn lint(file: &Path, results: Option<&Path>) -> Result<u8, Failed> {
    let expectations = read(file)?;
    let ids = suite_ids(&Suite::all());
    let mut text = String::new();
    let (faults, falls_short) = match results {
        None => {
            let ids = ids.iter().map(String::as_str);
            (expectations::lint(&expectations, ids, here().today), 0)
        }
        Some(path) => {
            let results = input::results(path)?;
            let assessment = expectations::assess(&expectations, &ids, &results, here());
            let mut falls_short = 0;
            for (check, verdict) in results.checks.iter().zip(&assessment.verdicts) {
                if let Some(verdict) = verdict.filter(|verdict| verdict.falls_short()) {
                    falls_short += 1;
                    text += &format!(
                        "{:<16} {} ({})\n",
                        verdict.name(),
                        check.id,
                        check.outcome.name()
                    );
                }
            }
            (assessment.faults, falls_short)
        }
    };
    let mut faulty = 0;
    for (entry, faults) in expectations.entries.iter().zip(&faults) {
        faulty += usize::from(!faults.is_empty());
        for fault in faults {
            text += &format!(
                "{}:{}: `{}` {fault}\n",
                file.display(),
                entry.line,
                entry.glob
            );
        }
    }
    text += &format!(
        "{} entries, {faulty} of them do not hold",
        expectations.entries.len()
    );
    if results.is_some() {
        text += &format!(", {falls_short} checks are not as expected");
    }
    text.push('\n');
    output::write(None, output::printable(&text).as_bytes())?;
    Ok(if faulty + falls_short == 0 {
        exit::OK
    } else {
        exit::SHORT
    })
}

fn update(results: &Path, out: &Path) -> Result<u8, Failed> {
    let results = input::results(results)?;
    let mut text = if out.exists() {
        input::text(out)?
    } else {
        String::new()
    };
    let expectations = Expectations::read(&text)
        .with_context(|| format!("`{}`", out.display()))
        .map_err(Failed::usage)?;
    let update = expectations::update(&expectations, &results, here());
    if text.is_empty() {
        text.push_str(
            "# What is known not to pass, and why. `radgauge expect lint` says what is still to be filled in.\n",
        );
    } else if !text.ends_with('\n') {
        text.push('\n');
    }
    text += &update.toml;
    output::write(Some(out), text.as_bytes())?;
    let mut said: String = update
        .by_hand
        .iter()
        .map(|line| format!("by hand: {line}\n"))
        .collect();
    said += &format!(
        "{} entries added to {}, {} to be changed by hand\n",
        update.entries,
        out.display(),
        update.by_hand.len()
    );
    output::write(None, output::printable(&said).as_bytes())?;
    Ok(exit::OK)
}

fn explain(file: &Path, id: &str) -> Result<u8, Failed> {
    let expectations = read(file)?;
    let ids = suite_ids(&Suite::all());
    let faults = expectations::lint(&expectations, ids.iter().map(String::as_str), here().today);
    let mut text = String::new();
    if !ids.iter().any(|known| known == id) {
        text += &format!("no built-in suite has a check `{id}`\n");
    }
    let matching: Vec<(&Entry, &Vec<Fault>)> = expectations
        .entries
        .iter()
        .zip(&faults)
        .filter(|(entry, _)| entry.glob.matches(id))
        .collect();
    if matching.is_empty() {
        text += &format!("no entry speaks of `{id}`: it is expected to pass\n");
    }
    for (entry, faults) in matching {
        text += &described(entry);
        for fault in faults {
            text += &format!("  does not hold: {fault}\n");
        }
    }
    output::write(None, output::printable(&text).as_bytes())?;
    Ok(exit::OK)
}

/// An entry, a line a key.
fn described(entry: &Entry) -> String {
    let mut text = format!("line {}: `{}`\n", entry.line, entry.glob);
    let mut row = |key: &str, value: &str| text += &format!("  {key:<8} {value}\n");
    row("status", entry.status.name());
    row("cause", entry.cause.name());
    row(
        "reason",
        if entry.reason.is_empty() {
            "none"
        } else {
            &entry.reason
        },
    );
    if let Some(issue) = &entry.issue {
        row("issue", issue);
    }
    if let Some(pin) = entry.pin {
        row("pin", &pin.to_string());
    }
    if let Some(expires) = entry.expires {
        row("expires", &expires.to_string());
    }
    if let Some(when) = &entry.when {
        let glob = |glob: &Option<glob::Pattern>| glob.as_ref().map(ToString::to_string);
        let conditions = [
            ("implementation", glob(&when.implementation)),
            ("version", glob(&when.version)),
            ("os", when.os.clone()),
            ("arch", when.arch.clone()),
        ];
        for (name, condition) in conditions {
            if let Some(condition) = condition {
                row("when", &format!("{name} is {condition}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::civil_date;

    /// Days since the epoch as `date -u -d DATE +%s` gives them, divided by 86400.
    #[test]
    fn dates_follow_the_gregorian_calendar() {
        let cases = [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (789, "1972-02-29"),
            (11_016, "2000-02-29"),
            (19_723, "2024-01-01"),
            (20_088, "2024-12-31"),
            (20_780, "2026-11-23"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ];
        for (days, date) in cases {
            assert_eq!(
                civil_date(days).to_string(),
                date,
                "{days} days after the epoch"
            );
        }
        assert_eq!(
            civil_date(u64::MAX / 86_400).to_string(),
            "9999-12-31",
            "a clock out of order"
        );
    }
}
