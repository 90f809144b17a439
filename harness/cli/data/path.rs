//! `radgauge data path`

use clap::Args;

use super::chosen;
use crate::{
    certify::exit,
    cli::{DataFolder, Failed, output},
};

/// Print the folder that holds a data set
#[derive(Debug, Args)]
pub(in crate::cli) struct Path {
    /// The data set, e.g. `ibsi1/ct_phantom`
    name: String,
    #[command(flatten)]
    data: DataFolder,
}

impl Path {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let library = self.data.library()?;
        let [set] = chosen(std::slice::from_ref(&self.name))?[..] else {
            return Err(Failed::usage(anyhow::anyhow!(
                "expected one data set, `{}` is several: see `radgauge data list`",
                self.name
            )));
        };
        let folder = library.folder(set).map_err(Failed::data)?;
        output::write(None, format!("{}\n", folder.display()).as_bytes())?;
        Ok(exit::OK)
    }
}
