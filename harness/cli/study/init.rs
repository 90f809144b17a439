//! `radgauge study init`

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::{
    certify::exit,
    cli::{Failed, output},
    results::write_atomically,
    study::{discover, template},
};

/// Write a commented study.toml for your folder of scans
///
/// Looks for images and masks (NIfTI) that belong together. Nothing is changed but the one file that is written.
#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// The folder with your scans
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// Write the example instead: a study of synthetic abdominal CT, for which nothing has to be downloaded
    #[arg(long)]
    example: bool,
    /// Replace a study.toml that is there
    #[arg(long)]
    force: bool,
}

impl Init {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let path = self.folder.join("study.toml");
        if path.exists() && !self.force {
            return Err(Failed::usage(anyhow::anyhow!(
                "`{}` is there already; --force replaces it",
                path.display()
            )));
        }
        let (text, found) = if self.example {
            std::fs::create_dir_all(&self.folder)
                .with_context(|| format!("cannot make `{}`", self.folder.display()))
                .map_err(Failed::usage)?;
            (template::EXAMPLE.to_owned(), "the example".to_owned())
        } else {
            if !self.folder.is_dir() {
                return Err(Failed::data(anyhow::anyhow!(
                    "`{}` is not a folder",
                    self.folder.display()
                )));
            }
            let groups = discover::discover(&self.folder);
            let cases: usize = groups.iter().map(|group| group.cases).sum();
            let found = match cases {
                0 => "no pair of an image and a mask was found: fill in `images` and `masks`"
                    .to_owned(),
                _ => format!("{cases} cases found"),
            };
            (template::of(&groups), found)
        };
        write_atomically(&path, text.as_bytes())
            .with_context(|| format!("cannot write `{}`", path.display()))
            .map_err(Failed::usage)?;
        let name = path.display();
        let text = format!(
            "{name}: {found}\nnext: radgauge study check {name}\n      radgauge study run {name}\n"
        );
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }
}
