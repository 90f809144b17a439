//! `radgauge schema`

use clap::{Args, ValueEnum};

use super::{Failed, output};
use crate::{certify::exit, results};

/// Print the JSON Schema of a file format
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// The format
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A line of a result document, `radgauge.results/1`
    Results,
}

impl Schema {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let text = match self.format {
            Format::Results => results::schema(),
        };
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }
}
