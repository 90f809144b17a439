//! `radgauge study`

mod check;
mod export;
mod init;
mod merge;
mod report;
mod run;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{Failed, input, under_test};
use crate::{
    certify::exit,
    implementation::adapter::Adapter,
    study::{
        analyse,
        design::Design,
        outcome::{self, Outcome},
        plan::{Computer, Plan},
        report::html,
        run::Extractor,
        store::Store,
        tables,
    },
};

/// Find out which features, under which settings, can be trusted on your own scans
#[derive(Debug, Subcommand)]
pub(super) enum StudyCommand {
    Init(init::Init),
    Check(check::Check),
    Run(run::Run),
    Merge(merge::Merge),
    Report(report::Report),
    Export(export::Export),
}

impl StudyCommand {
    pub(super) fn run(self) -> Result<u8, Failed> {
        match self {
            Self::Init(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Run(command) => command.run(),
            Self::Merge(command) => command.run(),
            Self::Report(command) => command.run(),
            Self::Export(command) => command.run(),
        }
    }
}

/// Which study.
#[derive(Debug, Args)]
struct StudyFile {
    /// The study: a file, or a folder with a `study.toml`
    #[arg(value_name = "STUDY", default_value = "study.toml")]
    study: PathBuf,
}

impl StudyFile {
    fn path(&self) -> PathBuf {
        match self.study.is_dir() {
            true => self.study.join("study.toml"),
            false => self.study.clone(),
        }
    }

    fn folder(&self) -> PathBuf {
        let path = self.path();
        path.parent().map_or_else(PathBuf::new, Path::to_owned)
    }

    /// Where results go when nothing is said.
    fn default_out(&self) -> PathBuf {
        self.folder().join("results")
    }

    fn design(&self) -> Result<Design, Failed> {
        let path = self.path();
        let text = fs::read_to_string(&path)
            .with_context(|| {
                format!(
                    "cannot read `{}`: `radgauge study init` writes one",
                    path.display()
                )
            })
            .map_err(Failed::usage)?;
        Design::from_toml(&text, &self.folder())
            .with_context(|| format!("`{}`", path.display()))
            .map_err(Failed::usage)
    }

    fn plan(&self, design: &Design) -> Result<Plan, Failed> {
        Plan::new(design)
            .with_context(|| format!("`{}`", self.path().display()))
            .map_err(Failed::usage)
    }
}

/// Makes ready who computes.
fn extractors(design: &Design) -> Result<Vec<Extractor>, Failed> {
    let choices = design.implementations.iter();
    choices
        .map(|choice| {
            let Some(command) = &choice.adapter else {
                return Ok(Extractor::Engine);
            };
            let limits = under_test::limits(choice.timeout_s)?;
            let command = under_test::command_line(command)?;
            let adapter = Adapter::start(command, limits, false).map_err(|error| Failed {
                exit_code: exit::IMPLEMENTATION,
                error: anyhow::anyhow!("the adapter cannot be used: {}", error.message),
            })?;
            Ok(Extractor::Other(Box::new(adapter)))
        })
        .collect()
}

/// Where the cells of a study lie in its folder of results.
fn cells(out: &Path) -> PathBuf {
    out.join("cells")
}

/// Analyses what there is, and writes the document and every table.
fn finish(
    plan: &Plan,
    computers: &[Computer],
    store: &Store,
    out: &Path,
    writes_values: bool,
) -> Result<Outcome, Failed> {
    let outcome = analyse::analyse(plan, computers, store).map_err(Failed::usage)?;
    let document = outcome.to_document();
    let text = String::from_utf8(document).expect("JSON is UTF-8");
    let outcome = outcome::read(&text).expect("the document was written by this program");
    write_file(out, outcome::FILE, text.as_bytes())?;
    write_reports(&outcome, out)?;
    if writes_values {
        write_values(plan, computers, store, out)?;
    }
    Ok(outcome)
}

/// The document of a finished study, by its folder or by itself, and where it is.
fn document(results: &Path) -> Result<(PathBuf, Outcome), Failed> {
    let path = match results.is_dir() {
        true => results.join(outcome::FILE),
        false => results.to_owned(),
    };
    let outcome = outcome::read(&input::text(&path)?)
        .with_context(|| format!("`{}` is refused", path.display()))
        .map_err(Failed::usage)?;
    Ok((path, outcome))
}

/// Every table and report that is a function of the outcome.
fn write_reports(outcome: &Outcome, out: &Path) -> Result<(), Failed> {
    for (name, table) in tables::tables(outcome) {
        write_file(out, name, &table)?;
    }
    write_file(out, "report.html", html::render(outcome).as_bytes())?;
    Ok(())
}

/// Writes a file whole or not at all. What a killed process leaves behind is no result and is written over by the next.
fn write_file(out: &Path, name: &str, bytes: &[u8]) -> Result<(), Failed> {
    write_whole(out, name, |file| Ok(file.write_all(bytes)?))
}

/// The values are too many to be held: they are streamed.
fn write_values(
    plan: &Plan,
    computers: &[Computer],
    store: &Store,
    out: &Path,
) -> Result<(), Failed> {
    write_whole(out, "values.csv", |file| {
        Ok(tables::write_values(plan, computers, store, file)?)
    })
}

/// Writes to a temporary file among the cells, and renames it. Its name is always the same, so that files of killed
/// processes do not pile up.
fn write_whole(
    out: &Path,
    name: &str,
    write: impl FnOnce(&mut fs::File) -> anyhow::Result<()>,
) -> Result<(), Failed> {
    let path = out.join(name);
    let folder = match cells(out) {
        cells if cells.is_dir() => cells,
        _ => out.to_owned(),
    };
    let partial = folder.join(format!(".{name}.partial"));
    let written = || -> anyhow::Result<()> {
        let mut file = fs::File::create(&partial)?;
        write(&mut file)?;
        file.sync_all()?;
        Ok(fs::rename(&partial, &path)?)
    };
    written()
        .with_context(|| format!("cannot write `{}`", path.display()))
        .map_err(Failed::usage)
}
