//! `radgauge template`

use std::path::PathBuf;

use clap::Args;

use super::{Failed, output, selection};
use crate::{certify::exit, implementation::values::template, suite::Suite};

/// Write the file of values to fill in: a row per check, for `radgauge certify --values`
///
/// Leave a cell empty and write `unsupported` or `undefined` as its status where there is no value. Expected values are
/// not in the file.
#[derive(Debug, Args)]
pub(super) struct Template {
    /// Only this suite
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
    /// Only checks whose id matches this glob; may be repeated
    #[arg(long, value_name = "GLOB")]
    select: Vec<String>,
    /// The file to write; otherwise standard output
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Template {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let selection = selection(&self.select)?;
        let mut suites = Suite::all();
        if let Some(name) = &self.suite {
            let names: Vec<&str> = suites.iter().map(|suite| suite.name).collect();
            if !names.contains(&name.as_str()) {
                return Err(Failed::usage(anyhow::anyhow!(
                    "--suite: expected {}, found `{name}`",
                    names.join(", ")
                )));
            }
            suites.retain(|suite| suite.name == name);
        }
        let text = template(&suites, &selection);
        if text.lines().count() == 1 {
            return Err(Failed {
                exit_code: exit::NOTHING,
                error: anyhow::anyhow!("no check is selected"),
            });
        }
        output::write(self.out.as_deref(), text.as_bytes())?;
        Ok(exit::OK)
    }
}
