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
    /// Write the agreement over the regions of the ImSURE-style phantoms to this CSV file: a row per feature, for all
    /// regions and for those of each shape and volume
    #[arg(long, value_name = "FILE")]
    cross: Option<PathBuf>,
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
        let cross = compare::cross::cross(&results);
        let cross_written = match (&self.cross, &cross) {
            (None, _) => Ok(()),
            (Some(path), Some(cross)) => {
                output::write(Some(path), compare::cross::csv(cross).as_bytes())
            }
            (Some(_), None) => Err(Failed::usage(anyhow::anyhow!(
                "--cross: no document has observations of the suite imsure; `radgauge certify --select 'imsure/*'` makes \
                 them"
            ))),
        };
        let text = match self.format {
            Format::Text => {
                let cross = cross.as_ref().map(compare::cross::text);
                output::printable(&(compare::text(&comparison) + &cross.unwrap_or_default()))
            }
            Format::Csv => compare::csv(&comparison),
        };
        output::write(None, text.as_bytes())?;
        written.and(cross_written)?;
        let crossed = cross.iter().flat_map(|cross| &cross.parts[0].features);
        let has_compared = comparison.rows.iter().any(|row| row.overall().is_some())
            || crossed.into_iter().any(|feature| feature.compared > 0);
        Ok(if has_compared {
            exit::OK
        } else {
            exit::NOTHING
        })
    }
}
