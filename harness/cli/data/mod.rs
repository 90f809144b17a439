//! `radgauge data`

mod fetch;
mod list;
mod path;
mod verify;

use clap::Subcommand;
use radgauge_reference::datasets::{DataSet, data_sets};

use super::Failed;

/// List, find, verify and fetch the public data sets
///
/// No image is part of radgauge. Data sets are looked for in --data, then in the folder that RADGAUGE_DATA names, then in
/// the cache folder; a clone of the repository that publishes a set serves as it is.
#[derive(Debug, Subcommand)]
pub(super) enum DataCommand {
    List(list::List),
    Path(path::Path),
    Verify(verify::Verify),
    Fetch(fetch::Fetch),
}

impl DataCommand {
    pub(super) fn run(self) -> Result<u8, Failed> {
        match self {
            Self::List(command) => command.run(),
            Self::Path(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Fetch(command) => command.run(),
        }
    }
}

/// The data sets of these names, or of names that begin with them, such as `ibsi1`; all when none is given.
fn chosen(names: &[String]) -> Result<Vec<&'static DataSet>, Failed> {
    let is_meant = |set: &DataSet, name: &str| {
        let rest = set.name.strip_prefix(name.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if let Some(unknown) = names
        .iter()
        .find(|name| !data_sets().iter().any(|set| is_meant(set, name)))
    {
        let known: Vec<&str> = data_sets().iter().map(|set| set.name.as_str()).collect();
        return Err(Failed::usage(anyhow::anyhow!(
            "expected one of the data sets {}, found `{unknown}`",
            known.join(", ")
        )));
    }
    Ok(data_sets()
        .iter()
        .filter(|set| names.is_empty() || names.iter().any(|name| is_meant(set, name)))
        .collect())
}

/// The size of a download, for people.
fn size(set: &DataSet) -> String {
    let published = set.files.iter().map(|file| file.published.bytes);
    let bytes: u64 = published.clone().flatten().sum();
    let known = match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    };
    match published.filter(Option::is_none).count() {
        0 => known,
        unknown => format!("{known} and {unknown} files of unknown size"),
    }
}
