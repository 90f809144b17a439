//! What `radgauge data fetch` does.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use radgauge_reference::datasets::{DataError, DataSet, Library};

use super::Fetch;
use crate::{
    certify::exit,
    cli::{
        Failed,
        data::{chosen, size},
        output,
    },
    fetch::{Failure, Source, Store, Wanted, Web, fetch, lacking},
};

/// How many failures are shown.
const SHOWN: usize = 20;

impl Fetch {
    pub(in crate::cli::data) fn run(self) -> Result<u8, Failed> {
        let sets = chosen(&self.names)?;
        let source = self.source()?;
        let folder = self.folder()?;
        let lacking_sets: Vec<&DataSet> = sets
            .iter()
            .copied()
            .filter(|set| !lacking(&[set], &folder).is_empty())
            .collect();
        if !lacking_sets.is_empty() {
            eprint!("{}", output::printable(&licences(&lacking_sets)));
            if !self.accept_licence {
                ask()?;
            }
            let failures = fetch_into(&folder, &lacking_sets, &source)?;
            for failure in failures.iter().take(SHOWN) {
                eprintln!("radgauge: {}", output::printable(&failure.to_string()));
            }
            if failures.len() > SHOWN {
                eprintln!("radgauge: and {} more", failures.len() - SHOWN);
            }
        }
        report(&sets, &folder)
    }

    fn source(&self) -> Result<Source, Failed> {
        match &self.from {
            Some(path) if path.is_dir() => Ok(Source::Folder(path.clone())),
            Some(path) if path.is_file() => Ok(Source::Archive(path.clone())),
            Some(path) => Err(Failed::data(anyhow::anyhow!(
                "--from: `{}` is not there",
                path.display()
            ))),
            None => Web::new(self.mirror.as_deref(), Duration::from_secs(self.timeout))
                .map(Source::Web)
                .map_err(Failed::usage),
        }
    }

    /// The first place in which data are looked for.
    fn folder(&self) -> Result<PathBuf, Failed> {
        let library = Library::locate(self.data.as_deref());
        match library.places().first() {
            Some(place) => Ok(place.folder().to_owned()),
            None => Err(Failed::usage(anyhow::anyhow!(
                "there is no cache folder: name a folder with --data"
            ))),
        }
    }
}

/// What the user agrees to.
fn licences(sets: &[&DataSet]) -> String {
    let mut text = String::new();
    for set in sets {
        text += &format!(
            "{}: {}\n  {} files, {}, from {}\n  licence {}, {}\n",
            set.name,
            set.title,
            set.files.len(),
            size(set),
            set.repository,
            set.licence.id,
            set.licence.url
        );
        if set.licence.id.contains("-NC-") {
            text += "  no commercial use\n";
        }
        for citation in &set.citations {
            text += &format!("  cite: {citation}\n");
        }
        if let Some(modification) = &set.modification {
            text += &format!(
                "  radgauge's own form of it ({modification}) is not published; the published files serve\n"
            );
        }
    }
    text
}

fn ask() -> Result<(), Failed> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(Failed::usage(anyhow::anyhow!(
            "nobody is there to accept the licences above: pass --accept-licence"
        )));
    }
    eprint!("Do you accept these licences? [y/N] ");
    io::stderr().flush().map_err(Failed::usage)?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(Failed::usage)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failed::usage(anyhow::anyhow!(
            "the licences were not accepted: nothing was fetched"
        ))),
    }
}

fn fetch_into(
    folder: &Path,
    sets: &[&'static DataSet],
    source: &Source,
) -> Result<Vec<Failure>, Failed> {
    let waiting = || {
        eprintln!(
            "another radgauge fetches into `{}`: waiting",
            folder.display()
        )
    };
    let store = Store::open(folder, waiting)
        .with_context(|| format!("cannot fetch into `{}`", folder.display()))
        .map_err(Failed::usage)?;
    // Another process may have fetched them meanwhile.
    let wanted: Vec<Wanted> = lacking(sets, folder);
    let bar = progress_bar(wanted.len());
    let failures = fetch(&wanted, source, &store, &|wanted| {
        bar.set_message(wanted.file.path.clone());
        bar.inc(1);
    });
    bar.finish_and_clear();
    Ok(failures)
}

fn progress_bar(files: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    ProgressBar::new(files as u64).with_style(
        ProgressStyle::with_template("{pos}/{len} files, {elapsed}  {msg}")
            .expect("the template is well-formed"),
    )
}

/// What is there now, whatever was done for it.
fn report(sets: &[&'static DataSet], folder: &Path) -> Result<u8, Failed> {
    let library = Library::of(folder);
    let mut text = String::new();
    let mut lacks_any = false;
    for set in sets {
        let files = set.files.len();
        let lacking = lacking(&[set], folder);
        if lacking.is_empty() {
            text += &format!(
                "{}: {files} files verified in `{}`\n",
                set.name,
                folder.display()
            );
            continue;
        }
        lacks_any = true;
        for wanted in &lacking {
            match library.verify(&wanted.file.path) {
                Ok(_) | Err(DataError::Missing { .. }) => {}
                Err(error) => text += &format!("{}: {error}\n", set.name),
            }
        }
        text += &format!(
            "{}: {} of {files} files are not there\n",
            set.name,
            lacking.len()
        );
    }
    output::write(None, output::printable(&text).as_bytes())?;
    Ok(if lacks_any { exit::DATA } else { exit::OK })
}
