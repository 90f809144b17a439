//! The command line: one file a command. Results go to standard output, progress and errors to standard error.

mod adapter;
mod certify;
mod compare;
mod data;
mod diagnose;
mod doctor;
mod examples;
mod expect;
mod explain;
mod extract;
mod features;
mod filter;
mod filters;
mod gate;
mod input;
mod invariance;
mod output;
mod perturb;
mod phantom;
mod power;
mod report;
mod schema;
mod settings;
mod study;
mod template;
mod under_test;
mod verify;

use std::{
    io::{self, Write as _},
    panic,
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use radgauge_reference::datasets::Library;

use crate::certify::exit;

const EXIT_CODES: &str = "\
Exit codes:
   0  everything asked for was executed, and holds
   1  something falls short
   2  usage, configuration or settings are wrong
   3  reference data or input images are missing, damaged or do not fit together
   4  the implementation under test cannot be used
   5  nothing was checked, or fewer checks than required
  70  a bug in radgauge";

#[derive(Debug, Parser)]
#[command(name = "radgauge", version, about, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Certify(certify::Certify),
    Invariance(invariance::Invariance),
    Template(template::Template),
    #[command(subcommand)]
    Adapter(adapter::AdapterCommand),
    Gate(gate::Gate),
    #[command(subcommand)]
    Expect(expect::ExpectCommand),
    Verify(verify::Verify),
    Compare(compare::Compare),
    Diagnose(diagnose::Diagnose),
    Report(report::Report),
    Power(power::Power),
    #[command(subcommand)]
    Study(study::StudyCommand),
    #[command(subcommand)]
    Phantom(phantom::PhantomCommand),
    Extract(extract::Extract),
    Features(features::Features),
    Filter(filter::Filter),
    Filters(filters::Filters),
    Perturb(perturb::Perturb),
    Explain(explain::Explain),
    #[command(subcommand)]
    Settings(settings::SettingsCommand),
    Schema(schema::Schema),
    #[command(subcommand)]
    Data(data::DataCommand),
    Doctor(doctor::Doctor),
}

/// Where data sets are looked for.
#[derive(Debug, Args)]
struct DataFolder {
    /// Folder with the reference data sets, for example a clone of theibsi/data_sets; otherwise RADGAUGE_DATA, then
    /// the cache folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl DataFolder {
    fn library(&self) -> Result<Library, Failed> {
        if let Some(folder) = &self.data
            && !folder.is_dir()
        {
            return Err(Failed::data(anyhow::anyhow!(
                "--data: `{}` is not a folder",
                folder.display()
            )));
        }
        Ok(Library::locate(self.data.as_deref()))
    }
}

/// Why a command failed, with the exit code that says so.
#[derive(Debug)]
struct Failed {
    exit_code: u8,
    error: anyhow::Error,
}

impl Failed {
    fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit_code: exit::USAGE,
            error: error.into(),
        }
    }

    fn data(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit_code: exit::DATA,
            error: error.into(),
        }
    }
}

/// The globs of `--select`.
fn selection(globs: &[String]) -> Result<Vec<glob::Pattern>, Failed> {
    let pattern = |text: &String| {
        glob::Pattern::new(text).with_context(|| format!("--select: `{text}` is no glob"))
    };
    let patterns: Result<_, _> = globs.iter().map(pattern).collect();
    patterns.map_err(Failed::usage)
}

/// `--jobs` is a number of threads.
fn check_jobs(jobs: Option<usize>) -> Result<(), Failed> {
    if jobs == Some(0) {
        return Err(Failed::usage(anyhow::anyhow!(
            "--jobs: expected at least 1, found `0`"
        )));
    }
    Ok(())
}

/// Runs the program: reads the arguments, runs the command, gives the exit code. A panic is a bug in radgauge; it is
/// caught and said so.
#[must_use]
pub fn main() -> ExitCode {
    static PANIC: Mutex<Option<String>> = Mutex::new(None);
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload_as_str().unwrap_or("no message");
        PANIC
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(|| format!("{place}: {message}"));
    }));
    let code = match panic::catch_unwind(|| run(Cli::parse())) {
        Ok(Ok(code)) => code,
        Ok(Err(failed)) => {
            say(&format!("{:#}", failed.error));
            failed.exit_code
        }
        Err(_) => {
            let panic = PANIC.lock().unwrap_or_else(PoisonError::into_inner);
            say(&format!(
                "this is a bug in radgauge, please report it: {}",
                panic.as_deref().unwrap_or("no message")
            ));
            exit::BUG
        }
    };
    ExitCode::from(code)
}

/// Says what went wrong, to whoever listens: the exit code says it, too.
fn say(message: &str) {
    let _ = writeln!(io::stderr(), "radgauge: {message}");
}

fn run(cli: Cli) -> Result<u8, Failed> {
    match cli.command {
        Command::Certify(command) => command.run(),
        Command::Invariance(command) => command.run(),
        Command::Template(command) => command.run(),
        Command::Adapter(command) => command.run(),
        Command::Gate(command) => command.run(),
        Command::Expect(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Compare(command) => command.run(),
        Command::Diagnose(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Power(command) => command.run(),
        Command::Study(command) => command.run(),
        Command::Phantom(command) => command.run(),
        Command::Extract(command) => command.run(),
        Command::Features(command) => command.run(),
        Command::Filter(command) => command.run(),
        Command::Filters(command) => command.run(),
        Command::Perturb(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Settings(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Data(command) => command.run(),
        Command::Doctor(command) => command.run(),
    }
}
