//! `radgauge study report`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{document, write_reports};
use crate::{
    cli::{Failed, output},
    study::summary,
};

/// Write the reports of a finished study again, from its document alone
#[derive(Debug, Args)]
pub(in crate::cli) struct Report {
    /// The folder of results, or its `study.results`
    #[arg(value_name = "RESULTS", default_value = "results")]
    results: PathBuf,
    /// Folder for the reports; otherwise that of the document
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

impl Report {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let (path, outcome) = document(&self.results)?;
        let beside = path.parent().map(ToOwned::to_owned).unwrap_or_default();
        let out = self.out.unwrap_or(beside);
        std::fs::create_dir_all(&out)
            .with_context(|| format!("cannot make `{}`", out.display()))
            .map_err(Failed::usage)?;
        write_reports(&outcome, &out)?;
        if !self.quiet {
            let text = output::printable(&summary::render(&outcome));
            output::write(None, text.as_bytes())?;
        }
        Ok(outcome.end.exit_code)
    }
}
