//! `radgauge schema`

use clap::{Args, ValueEnum};

use super::{Failed, output};
use crate::{certify::exit, implementation::adapter::protocol, results, statement};

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
    /// What the harness says to an adapter, protocol 1
    AdapterRequest,
    /// What an adapter answers, protocol 1
    AdapterResponse,
    /// The `statement.json` of a conformance statement, `radgauge.statement/1`
    Statement,
}

impl Schema {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let text = match self.format {
            Format::Results => results::schema(),
            Format::AdapterRequest => protocol::request_schema(),
            Format::AdapterResponse => protocol::response_schema(),
            Format::Statement => statement::schema(),
        };
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }
}
