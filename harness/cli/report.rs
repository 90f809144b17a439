//! `radgauge report`

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::{Failed, output};
use crate::{
    certify::exit,
    report::{self, badge::Badge},
    results::{self, Results},
};

/// Render a report from a result document
///
/// Every format is a view of the same stored results; rendering judges nothing anew, and the exit code says only
/// whether the report was written. A document that was cut off or changed is refused.
#[derive(Debug, Args)]
pub(super) struct Report {
    /// The result document, as `radgauge certify --out` writes it; `-` reads standard input
    results: PathBuf,
    /// The format
    #[arg(long, value_enum, default_value = "terminal")]
    format: Format,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The profile of a badge, e.g. `ibsi1-core`; otherwise the one of the first suite that requires most
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// A format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The summary that a run leaves on the terminal
    Terminal,
    /// One self-contained HTML file
    Html,
    /// JUnit XML for GitLab, Jenkins and GitHub actions
    Junit,
    /// Markdown for the summary page of a CI job
    Markdown,
    /// All checks as CSV
    Csv,
    /// Common Test Report Format (JSON)
    Ctrf,
    /// Badge of a profile as SVG; `incomplete` unless every check of the profile was executed
    BadgeSvg,
    /// Badge of a profile as JSON for a shields.io endpoint
    BadgeJson,
}

impl Report {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let is_badge = matches!(self.format, Format::BadgeSvg | Format::BadgeJson);
        if self.profile.is_some() && !is_badge {
            return Err(Failed::usage(anyhow::anyhow!(
                "--profile: only a badge is of one profile"
            )));
        }
        let results = read(&self.results)?;
        let text = render(self.format, &results, self.profile.as_deref())?;
        output::write(self.output.as_deref(), text.as_bytes())?;
        Ok(exit::OK)
    }
}

/// Reads a result document; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Results, Failed> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    bytes
        .map_err(anyhow::Error::from)
        .and_then(|bytes| Ok(String::from_utf8(bytes)?))
        .and_then(|text| Ok(results::read(&text)?))
        .with_context(|| format!("cannot use `{}` as a result document", path.display()))
        .map_err(Failed::usage)
}

fn render(format: Format, results: &Results, profile: Option<&str>) -> Result<String, Failed> {
    let badge = || {
        Badge::of(results, profile)
            .context("--profile")
            .map_err(Failed::usage)
    };
    Ok(match format {
        Format::Terminal => report::terminal::render(results),
        Format::Html => report::html::render(results),
        Format::Junit => report::junit::render(results),
        Format::Markdown => report::markdown::render(results),
        Format::Csv => report::csv::render(results),
        Format::Ctrf => report::ctrf::render(results),
        Format::BadgeSvg => badge()?.to_svg(),
        Format::BadgeJson => badge()?.to_json(),
    })
}

/// Writes the result document and every report of it into a folder, each file whole or not at all. Whatever can be
/// written is written, even when a file before it could not be.
pub(super) fn write_all(folder: &Path, document: &[u8], results: &Results) -> Result<(), Failed> {
    const REPORTS: [(&str, Format); 6] = [
        ("report.html", Format::Html),
        ("junit.xml", Format::Junit),
        ("summary.md", Format::Markdown),
        ("checks.csv", Format::Csv),
        ("badge.svg", Format::BadgeSvg),
        ("badge.json", Format::BadgeJson),
    ];
    let mut written = output::write(Some(&folder.join("results.jsonl")), document);
    for (name, format) in REPORTS {
        let one = render(format, results, None)
            .and_then(|text| output::write(Some(&folder.join(name)), text.as_bytes()));
        written = written.and(one);
    }
    written
}
