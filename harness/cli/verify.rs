//! `radgauge verify`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{Failed, output};
use crate::{certify::exit, statement, suite::Suite};

/// How many findings are shown of a statement that does not hold.
const SHOWN: usize = 50;

/// Verify a conformance statement: recompute every verdict, claim and hash
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The folder that `radgauge certify --statement` wrote
    folder: PathBuf,
}

impl Verify {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let verification = statement::verify(&self.folder, &Suite::all())
            .with_context(|| format!("`{}`", self.folder.display()))
            .map_err(Failed::usage)?;
        let statement = &verification.statement;
        let findings = &verification.findings;
        let mut text = String::new();
        for finding in findings.iter().take(SHOWN) {
            text += &format!("{}: {}\n", finding.file, finding.message);
        }
        if findings.len() > SHOWN {
            text += &format!("and {} more\n", findings.len() - SHOWN);
        }
        for note in &verification.notes {
            text += &format!("note: {note}\n");
        }
        let holds = findings.is_empty();
        if holds {
            for claim in &statement.claims {
                text += &format!("{}\n", claim.finding);
            }
            text += &format!("{}\n", statement.scope);
        }
        text += &format!(
            "statement of {} {}, digest {}: {}\n",
            statement.product.name,
            statement.product.version,
            statement.digest,
            if holds { "verified" } else { "does not hold" }
        );
        output::write(None, output::printable(&text).as_bytes())?;
        Ok(if holds { exit::OK } else { exit::SHORT })
    }
}
