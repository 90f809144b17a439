//! `radgauge study run`

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{StudyFile, cells, extractors, finish};
use crate::{
    certify::exit,
    cli::{Failed, check_jobs, output},
    study::{
        run::{self, Extractor, Options, Progress, RunError},
        store::Store,
        summary,
    },
};

/// Compute what is missing, and write the results
///
/// A study can be stopped at any moment, also by `kill -9`, and run again: what was computed stays. A cell (case ×
/// perturbation × settings) is known by the content of its scan and by its settings, so that a changed grid or one more
/// case recomputes nothing else. The results do not depend on the number of threads, shards or interruptions.
#[derive(Debug, Args)]
pub(in crate::cli) struct Run {
    #[command(flatten)]
    study: StudyFile,
    /// Folder for the results; otherwise `results` beside the study
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Number of threads, each with its own scan in memory; one per processor otherwise, and one with an adapter
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Compute only part I of N of the cells, and write no results: `radgauge study merge` does
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Compute cells again that failed before
    #[arg(long)]
    retry_failed: bool,
    /// Do not write values.csv, which has a row for every value
    #[arg(long)]
    no_values: bool,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// One of so many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    part: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || format!("expected I/N with I from 1 to N, found `{text}`");
        let (part, of) = text.split_once('/').ok_or_else(problem)?;
        let part: usize = part.parse().map_err(|_| problem())?;
        let of: usize = of.parse().map_err(|_| problem())?;
        match (1..=of).contains(&part) && of <= 100_000 {
            true => Ok(Self { part, of }),
            false => Err(problem()),
        }
    }
}

impl Run {
    pub(super) fn run(self) -> Result<u8, Failed> {
        check_jobs(self.jobs)?;
        let design = self.study.design()?;
        let plan = self.study.plan(&design)?;
        let extractors = extractors(&design)?;
        let has_adapter = extractors
            .iter()
            .any(|extractor| matches!(extractor, Extractor::Other(_)));
        // Of an adapter nothing is known of its memory and its own threads.
        let jobs = self.jobs.unwrap_or(usize::from(has_adapter));
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs)
            .build()
            .map_err(Failed::usage)?;
        let out = self.out.clone().unwrap_or_else(|| self.study.default_out());
        let name = match self.shard {
            Some(Shard { part, of }) => format!("shard-{part}-of-{of}"),
            None => "all".to_owned(),
        };
        let store = Store::write(&cells(&out), &name)
            .with_context(|| format!("results in `{}`", out.display()))
            .map_err(Failed::usage)?;
        let bar = Bar(self.progress_bar());
        let ran = run::run(
            &plan,
            &extractors,
            &store,
            &pool,
            Options {
                shard: self.shard.map(|Shard { part, of }| (part, of)),
                retries_failed: self.retry_failed,
                progress: &bar,
            },
        );
        bar.0.finish_and_clear();
        let stopped = match ran {
            Ok(()) => None,
            // What was computed is written all the same.
            Err(error @ RunError::Unusable { .. }) => Some(error),
            Err(error) => return Err(Failed::usage(error)),
        };
        if self.shard.is_none() {
            let computers: Vec<_> = extractors.iter().map(Extractor::computer).collect();
            let outcome =
                pool.install(|| finish(&plan, &computers, &store, &out, !self.no_values))?;
            if !self.quiet {
                let text = output::printable(&summary::render(&outcome));
                output::write(None, format!("{text}\n{}", where_to_look(&out)).as_bytes())?;
            }
            if stopped.is_none() {
                return Ok(outcome.end.exit_code);
            }
        }
        match stopped {
            Some(error) => Err(Failed {
                exit_code: exit::IMPLEMENTATION,
                error: error.into(),
            }),
            None => Ok(exit::OK),
        }
    }

    fn progress_bar(&self) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let template = "{bar:30} {pos} of {len} cells, {per_sec}, {eta} to go";
        let style = ProgressStyle::with_template(template).expect("the template is well-formed");
        let bar = ProgressBar::new(0).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

pub(super) fn where_to_look(out: &Path) -> String {
    format!("results: {}\n", out.display())
}

/// Progress on a terminal.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn start(&self, cells: usize, there: usize) {
        self.0.set_length(cells as u64);
        self.0.set_position(there as u64);
        self.0.reset_eta();
    }

    fn cell(&self) {
        self.0.inc(1);
    }
}
