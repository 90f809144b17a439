//! `radgauge doctor`

use clap::Args;
use radgauge_reference::datasets::{DataError, DataSet, Library, data_sets};

use super::{DataFolder, Failed, output};
use crate::{certify::exit, suite::Suite};

/// Show what is installed and which data is there
#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    data: DataFolder,
}

impl Doctor {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let library = self.data.library()?;
        let mut text = format!(
            "radgauge {}\nthreads: {}\n\nsuites\n",
            env!("CARGO_PKG_VERSION"),
            rayon::current_num_threads()
        );
        for suite in Suite::all() {
            let stamp = suite.stamp();
            text += &format!(
                "  {:<8} edition {}, {} checks, sha256 {}\n",
                stamp.name, stamp.edition, stamp.checks, stamp.sha256
            );
        }
        text += "\ndata is looked for in\n";
        for place in library.places() {
            let state = if place.folder().is_dir() {
                ""
            } else {
                "  (not there)"
            };
            text += &format!("  {place}{state}\n");
        }
        text += "\ndata sets\n";
        for set in data_sets() {
            text += &format!("  {:<26} {}\n", set.name, state(set, &library));
        }
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }
}

/// How much of a data set is there, and whether it is whole; how to get it where it is not.
fn state(set: &DataSet, library: &Library) -> String {
    let (mut whole, mut missing) = (0, 0);
    let mut damaged = Vec::new();
    for file in &set.files {
        match library.verify(&file.path) {
            Ok(_) => whole += 1,
            Err(DataError::Missing { .. }) => missing += 1,
            Err(error) => damaged.push(error.to_string()),
        }
    }
    let total = set.files.len();
    if !damaged.is_empty() {
        return format!("{} of {total} files damaged: {}", damaged.len(), damaged[0]);
    }
    match (whole, missing) {
        (_, 0) => format!("complete, {total} files, {}", set.licence.id),
        (0, _) => format!("not there; get it with: {}", set.command()),
        _ => format!(
            "{missing} of {total} files missing; get them with: {}",
            set.command()
        ),
    }
}
