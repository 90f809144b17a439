//! `radgauge compare`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Failed, input, output};
use crate::{certify::exit, compare, results::Results};

/// Compare result documents: implementations, or versions of one, side by side
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// Two result documents or more
    #[arg(required = true, num_args = 2..)]
    results: Vec<PathBuf>,
    /// A summary, or a row a check
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write a scoreboard, one HTML page, to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Csv,
}

impl Compare {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let results: Vec<Results> = self
            .results
            .iter()
            .map(|path| input::results(path))
            .collect::<Result<_, _>>()?;
        let comparison = compare::compare(&results);
        let written = self.html.as_deref().map_or(Ok(()), |path| {
            output::write(Some(path), compare::html(&comparison).as_bytes())
        });
        let text = match self.format {
            Format::Text => output::printable(&compare::text(&comparison)),
            Format::Csv => compare::csv(&comparison),
        };
        output::write(None, text.as_bytes())?;
        written?;
        let has_compared = comparison.rows.iter().any(|row| row.overall().is_some());
        Ok(if has_compared {
            exit::OK
        } else {
            exit::NOTHING
        })
    }
}
