//! `radgauge study export`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::document;
use crate::{
    certify::exit,
    cli::{Failed, output},
    study::export::{self, Tool},
};

/// Write the features that can be trusted as a parameter file for the program that will compute them
///
/// What of the settings the program cannot do stands in a comment at the head of the file, and is told on standard error.
/// Features that it would compute otherwise are left out, and named there.
#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// The folder of results, or its `study.results`
    #[arg(value_name = "RESULTS", default_value = "results")]
    results: PathBuf,
    /// The program
    #[arg(long, value_enum, default_value = "radgauge")]
    tool: ToolName,
    /// The settings, by their id (`s07`); otherwise those of rank 1
    #[arg(long, value_name = "NAME")]
    settings: Option<String>,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ToolName {
    /// Settings of `radgauge extract` (TOML)
    Radgauge,
    /// Parameter file of PyRadiomics (YAML)
    Pyradiomics,
    /// Settings file of MIRP (XML)
    Mirp,
}

impl Export {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let (_, outcome) = document(&self.results)?;
        let tool = match self.tool {
            ToolName::Radgauge => Tool::Radgauge,
            ToolName::Pyradiomics => Tool::Pyradiomics,
            ToolName::Mirp => Tool::Mirp,
        };
        let export =
            export::export(&outcome, tool, self.settings.as_deref()).map_err(Failed::usage)?;
        output::write(self.output.as_deref(), export.text.as_bytes())?;
        let trusted = export.covered.len() + export.left_out.len();
        eprintln!(
            "{} of {trusted} trustworthy features, {} settings that {} does not honour",
            export.covered.len(),
            export.not_honoured.len(),
            tool.name()
        );
        Ok(exit::OK)
    }
}
