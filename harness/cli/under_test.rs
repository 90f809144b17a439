//! What `radgauge certify` tests: the built-in engine unless something else is named.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Args;

use super::{Failed, output::printable};
use crate::{
    implementation::{
        Engine, Started, Starting,
        adapter::{Adapter, Command, Limits, StartError, Unusable},
        values::{self, Unmatched, ValueFile, ValuesStamp},
    },
    suite::Suite,
};

/// A week.
const MAX_TIMEOUT_S: f64 = 604_800.0;

/// What is tested, and how it is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Under test (otherwise the built-in engine)")]
pub(super) struct UnderTest {
    /// Test the implementation behind this adapter: a command that speaks the adapter protocol, or
    /// `once:COMMAND {request} {response}`. Split into words as a shell does, run without a shell, in a folder of its
    /// own; arguments that name files are made absolute
    #[arg(long, value_name = "COMMAND", conflicts_with = "values")]
    adapter: Option<String>,
    /// Seconds that the adapter may take for a case
    #[arg(
        long,
        value_name = "SECONDS",
        requires = "adapter",
        default_value_t = 600.0
    )]
    timeout: f64,
    /// Ask the adapter every case twice, and say where the answers differ
    #[arg(long, requires = "adapter")]
    repeat: bool,
    /// Test the values in this CSV file: columns case, key, value and perhaps status, or a column per feature;
    /// `radgauge template` writes one to fill in
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// Whose feature names the file has: pyradiomics, mirp, lifex or cerr; found out when not given
    #[arg(long, value_name = "NAME", requires = "values")]
    dialect: Option<String>,
    /// The case of a file that has no column `case`
    #[arg(long, value_name = "ID", requires = "values")]
    case: Option<String>,
    /// Convert values of another definition or unit where the dialect has the exact conversion; the report says which
    #[arg(long, requires = "values")]
    convert: bool,
    /// Name of the product that the values are from
    #[arg(long, value_name = "NAME", requires = "values")]
    product: Option<String>,
    /// Version of the product
    #[arg(long, value_name = "VERSION", requires = "values")]
    product_version: Option<String>,
}

impl UnderTest {
    /// Makes ready what is tested and, while an adapter starts, the suites.
    pub(super) fn start(
        &self,
        suites: impl FnOnce() -> Result<Vec<Suite>, Failed>,
    ) -> Result<(Started, Vec<Suite>), Failed> {
        if let Some(command) = &self.adapter {
            let (limits, command) = (limits(self.timeout)?, command_line(command)?);
            let repeats_all = self.repeat;
            let adapter = Starting::new(move || started(command, limits, repeats_all));
            return Ok((Box::new(adapter), suites()?));
        }
        let suites = suites()?;
        match &self.values {
            Some(path) => Ok((Box::new(self.value_file(path, &suites)?), suites)),
            None => Ok((Box::new(Engine), suites)),
        }
    }

    /// How many questions are put at a time when nothing is said: an adapter gets one process, since nothing is known
    /// of its memory and its own threads.
    pub(super) fn default_jobs(&self) -> usize {
        usize::from(self.adapter.is_some())
    }

    fn value_file(&self, path: &PathBuf, suites: &[Suite]) -> Result<ValueFile, Failed> {
        let bytes = std::fs::read(path)
            .with_context(|| format!("cannot read `{}`", path.display()))
            .map_err(Failed::usage)?;
        let options = values::Options {
            dialect: self.dialect.clone(),
            case: self.case.clone(),
            converts: self.convert,
            product: self.product.clone(),
            version: self.product_version.clone(),
        };
        let file = ValueFile::read(&bytes, &options, suites)
            .with_context(|| format!("`{}`", path.display()))
            .map_err(Failed::usage)?;
        eprint!("{}", printable(&in_words(file.stamp())));
        Ok(file)
    }
}

/// An adapter, or why there is none.
fn started(command: Command, limits: Limits, repeats_all: bool) -> Started {
    let name = command.name();
    match Adapter::start(command, limits, repeats_all) {
        Ok(adapter) => Box::new(adapter),
        Err(error) => {
            eprint!("{}", printable(&unusable(&error)));
            Box::new(Unusable { name, error })
        }
    }
}

/// Reads the command line of an adapter.
pub(super) fn command_line(text: &str) -> Result<Command, Failed> {
    Command::parse(text)
        .context("the adapter's command")
        .map_err(Failed::usage)
}

/// The limits with so many seconds for a case.
pub(super) fn limits(timeout_s: f64) -> Result<Limits, Failed> {
    match Duration::try_from_secs_f64(timeout_s) {
        Ok(case) if case > Duration::ZERO && timeout_s <= MAX_TIMEOUT_S => Ok(Limits {
            case,
            ..Limits::default()
        }),
        _ => Err(Failed::usage(anyhow::anyhow!(
            "--timeout: expected seconds above 0 and up to {MAX_TIMEOUT_S}, found `{timeout_s}`"
        ))),
    }
}

fn unusable(error: &StartError) -> String {
    let mut text = format!("radgauge: the adapter cannot be used: {}\n", error.message);
    for line in error.log.lines() {
        text += &format!("  {line}\n");
    }
    text
}

/// What was found in a file of values.
fn in_words(stamp: &ValuesStamp) -> String {
    let mut text = format!(
        "values: {} matched, {} not\n",
        stamp.matched, stamp.unmatched
    );
    if let Some(dialect) = &stamp.dialect {
        text += &format!("names: dialect {dialect}\n");
    }
    if let Some(assumption) = &stamp.assumption {
        text += &format!("taken for granted: {assumption}\n");
    }
    for (key, conversion) in &stamp.converted {
        text += &format!("converted: {key}: {conversion}\n");
    }
    for unmatched in &stamp.unmatched_shown {
        let Unmatched {
            line,
            name,
            reason,
            nearest,
        } = unmatched;
        let reason = match reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        let nearest = match nearest[..] {
            [] => String::new(),
            _ => format!(" (like {})", nearest.join(", ")),
        };
        text += &format!("not matched: line {line}: {name}{reason}{nearest}\n");
    }
    if stamp.unmatched > stamp.unmatched_shown.len() {
        text += &format!(
            "not matched: and {} more\n",
            stamp.unmatched - stamp.unmatched_shown.len()
        );
    }
    text
}
