//! `radgauge certify`

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use radgauge_reference::datasets::Library;

use super::{
    DataFolder, Failed, check_jobs, diagnose, examples, expect, output, selection,
    under_test::UnderTest,
};
use crate::{
    agreement,
    certify::{Options, certify},
    expectations, report,
    results::Results,
    statement::{self, Refused, WriteError},
    suite::Suite,
    verdict::Outcome,
};

/// Check every feature value of an implementation against its reference
///
/// Under test is an adapter, a file of values, or the built-in reference engine. Phantoms are made in code and always
/// checked; cases that need files are skipped, and said to be, when they are not there.
#[derive(Debug, Args)]
pub(super) struct Certify {
    #[command(flatten)]
    under_test: UnderTest,
    /// Only checks whose id matches this glob, e.g. `ibsi1/digital/*` or `*/glcm/3d_avg/TU9B`; may be repeated
    #[arg(long, value_name = "GLOB")]
    select: Vec<String>,
    #[command(flatten)]
    data: DataFolder,
    /// Fail with exit code 3, instead of skipping cases, when data is missing
    #[arg(long)]
    require_data: bool,
    /// Write the result document (JSON Lines) to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write all checks as CSV to this file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Judge by this expectations file: what is known not to pass is expected to do just that
    #[arg(long, value_name = "FILE", conflicts_with = "statement")]
    expect: Option<PathBuf>,
    /// Write a conformance statement to this folder; all checks of a profile must have been executed
    #[arg(long, value_name = "DIR", conflicts_with = "convert")]
    statement: Option<PathBuf>,
    /// Write the result document and every report of it into this folder: HTML, JUnit XML, Markdown, CSV, badges
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Shrink every violated invariance to the smallest image that shows it, and write that into this folder: NIfTI files,
    /// settings, a README. Asks up to 250 more pairs of questions for each
    #[arg(long, value_name = "DIR", conflicts_with = "statement")]
    examples: Option<PathBuf>,
    /// Do not look for the reasons of failures
    #[arg(long)]
    no_diagnosis: bool,
    /// Number of threads, and of processes of an adapter (otherwise 1); the results do not depend on it
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

impl Certify {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let selection = selection(&self.select)?;
        check_jobs(self.jobs)?;
        let library = self.data.library()?;
        let options = Options {
            selection,
            library: &library,
            requires_data: self.require_data,
        };
        let expectations = self.expect.as_deref().map(expect::read).transpose()?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.jobs.unwrap_or_else(|| self.under_test.default_jobs()))
            .build()
            .map_err(Failed::usage)?;
        let (implementation, suites) = self.under_test.start(|| {
            let suites = Suite::all();
            if let Some(folder) = &self.statement {
                statement::check_selection(&suites, |id| options.selects(id))
                    .and_then(|()| statement::check_folder(folder))
                    .with_context(|| format!("--statement {}", folder.display()))
                    .map_err(Failed::usage)?;
            }
            Ok(suites)
        })?;
        let bar = self.progress_bar();
        let mut results = pool.install(|| {
            certify(&*implementation, &suites, &options, &|case| {
                bar.set_message(case.to_owned());
                bar.inc(1);
            })
        });
        bar.finish_and_clear();

        let exemplified = match &self.examples {
            Some(folder) => pool.install(|| {
                examples::add(&*implementation, &suites, &library, &mut results, folder)
            }),
            None => Ok(()),
        };
        // An adapter takes its time to end: it does so while the results are looked into, written and cleared away.
        std::thread::scope(|scope| {
            scope.spawn(move || drop(implementation));
            let mut look_into = || self.look_into(&mut results, &suites, &library);
            // An adapter has one process when nothing is said, and what is left to do has every core.
            let looked_into = match self.jobs {
                Some(_) => pool.install(look_into),
                None => look_into(),
            };
            if let Some(expectations) = &expectations {
                let ids = expect::suite_ids(&suites);
                expectations::apply(expectations, &ids, &mut results, expect::here());
            }
            let written = self.write(&mut results, &suites);
            let exit_code = results.end.exit_code;
            drop((suites, results));
            written
                .and(looked_into)
                .and(exemplified)
                .map(|()| exit_code)
        })
    }

    /// Adds what the values say beyond their verdicts: why some fail, and how far they agree with those of others.
    fn look_into(
        &self,
        results: &mut Results,
        suites: &[Suite],
        library: &Library,
    ) -> Result<(), Failed> {
        if !self.no_diagnosis && results.end.totals.of(Outcome::Fail) > 0 {
            diagnose::add(results, library, suites, self.quiet);
        }
        agreement::add(results, library).map_err(Failed::data)
    }

    /// Writes whatever was asked for and can be written, even when a file before it could not be.
    fn write(&self, results: &mut Results, suites: &[Suite]) -> Result<(), Failed> {
        let document = results.seal();
        let written = self
            .out
            .as_deref()
            .map_or(Ok(()), |path| output::write(Some(path), &document));
        let csv_written = self.csv.as_deref().map_or(Ok(()), |path| {
            output::write(Some(path), report::csv::render(results).as_bytes())
        });
        let reports_written = self.report.as_deref().map_or(Ok(()), |folder| {
            super::report::write_all(folder, &document, results)
        });
        if !self.quiet {
            let text = output::printable(&report::terminal::render(results));
            output::write(None, text.as_bytes())?;
        }
        let stated = self
            .statement
            .as_deref()
            .map_or(Ok(()), |folder| write_statement(folder, results, suites));
        (written.and(csv_written).and(reports_written)).and(stated)
    }

    fn progress_bar(&self) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_style(
            ProgressStyle::with_template("{spinner} {pos} cases done, {elapsed}  {msg}")
                .expect("the template is well-formed"),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }
}

/// Writes the statement. The selection was complete, so a profile can lack only what was skipped for want of data.
fn write_statement(folder: &Path, results: &Results, suites: &[Suite]) -> Result<(), Failed> {
    match statement::write(folder, results, suites) {
        Ok(_) => Ok(()),
        Err(error @ WriteError::Refused(Refused::NoProfile(_))) => Err(Failed::data(error)),
        Err(error) => Err(Failed::usage(
            anyhow::Error::from(error).context(format!("--statement {}", folder.display())),
        )),
    }
}
