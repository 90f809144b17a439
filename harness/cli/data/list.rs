//! `radgauge data list`

use clap::Args;
use radgauge_reference::datasets::{DataSet, Library, data_sets};

use super::size;
use crate::{
    certify::exit,
    cli::{DataFolder, Failed, output},
};

/// List the data sets: licence, size, where they are or how to get them
#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    data: DataFolder,
}

impl List {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let library = self.data.library()?;
        let mut text = String::new();
        for set in data_sets() {
            text += &format!(
                "{}\n    {}\n    {}, {} files, {}\n    {}\n",
                set.name,
                set.title,
                set.licence.id,
                set.files.len(),
                size(set),
                whereabouts(set, &library)
            );
        }
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }
}

fn whereabouts(set: &'static DataSet, library: &Library) -> String {
    let files = set.files.len();
    let found = set.files.iter().map(|file| library.find(&file.path));
    let present = found.filter(Result::is_ok).count();
    match library.folder(set) {
        Ok(folder) => format!("in `{}`", folder.display()),
        Err(_) if present == 0 => format!("not there; get it with: {}", set.command()),
        Err(_) if present < files => format!(
            "{} of {files} files missing; get them with: {}",
            files - present,
            set.command()
        ),
        Err(error) => error.to_string(),
    }
}
