//! `radgauge data verify`

use clap::Args;
use radgauge_reference::datasets::{DataError, DataSet, Library};
use rayon::prelude::*;

use super::chosen;
use crate::{
    certify::exit,
    cli::{DataFolder, Failed, output},
};

/// Check every file of the data sets against its published digest
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// The data sets, or what their names begin with; otherwise all that are there
    names: Vec<String>,
    #[command(flatten)]
    data: DataFolder,
}

impl Verify {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let library = self.data.library()?;
        let mut text = String::new();
        let (mut whole, mut faulty) = (0, 0);
        for set in chosen(&self.names)? {
            let faults = faults(set, &library);
            let files = set.files.len();
            let missing = faults
                .iter()
                .filter(|fault| matches!(fault, DataError::Missing { .. }))
                .count();
            if faults.is_empty() {
                whole += 1;
                text += &format!("{}: {files} files verified\n", set.name);
                continue;
            }
            // Nobody has all data sets; what was not asked for by name may be absent as a whole.
            if missing < files || !self.names.is_empty() {
                faulty += 1;
            }
            for fault in &faults {
                match fault {
                    DataError::Missing { file, .. } if missing < files => {
                        text += &format!("{}: `{}` is missing\n", set.name, file.path);
                    }
                    DataError::Missing { .. } => {}
                    fault => text += &format!("{}: {fault}\n", set.name),
                }
            }
            text += &format!(
                "{}: {}; get it with: {}\n",
                set.name,
                match faults.len() - missing {
                    0 if missing == files => "not there".to_owned(),
                    0 => format!("{missing} of {files} files missing"),
                    damaged => format!("{missing} of {files} files missing, {damaged} damaged"),
                },
                set.command()
            );
        }
        output::write(None, output::printable(&text).as_bytes())?;
        Ok(if faulty == 0 && whole > 0 {
            exit::OK
        } else {
            exit::DATA
        })
    }
}

/// What is wrong with a data set, in the order of its files.
fn faults(set: &DataSet, library: &Library) -> Vec<DataError> {
    set.files
        .par_iter()
        .filter_map(|file| library.verify(&file.path).err())
        .collect()
}
