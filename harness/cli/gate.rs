//! `radgauge gate`

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::{Failed, input, output};
use crate::gate::{self, Policy};

/// Decide whether a result document may pass: by a policy, and against an earlier one
///
/// Without a policy, an executed check that does not pass, a regression, a vanished check, a smaller selection and
/// another suite are errors; a skipped check, one that fails as expected, and a value that drifted are warnings.
#[derive(Debug, Args)]
pub(super) struct Gate {
    /// The result document
    results: PathBuf,
    /// An earlier result document
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// The policy, as TOML
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// For people, as annotations of GitHub Actions, or everything for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Github,
    Json,
}

impl Gate {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let policy = match &self.policy {
            None => Policy::default(),
            Some(path) => Policy::read(&input::text(path)?)
                .with_context(|| format!("`{}`", path.display()))
                .map_err(Failed::usage)?,
        };
        // Reading is most of the work.
        let (results, baseline) = rayon::join(
            || input::results(&self.results),
            || self.baseline.as_deref().map(input::results).transpose(),
        );
        let (results, baseline) = (results?, baseline?);
        let gated = gate::gate(&results, baseline.as_ref(), &policy);
        let text = match self.format {
            Format::Text => output::printable(&gate::text(&gated, &results, baseline.as_ref())),
            Format::Github => output::printable(&gate::github(&gated)),
            Format::Json => gate::json(&gated),
        };
        output::write(None, text.as_bytes())?;
        Ok(gated.exit_code)
    }
}
