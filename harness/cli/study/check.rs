//! `radgauge study check`

use clap::Args;

use super::StudyFile;
use crate::{
    certify::exit,
    cli::{Failed, output},
    study::estimate,
};

/// Say what a study would do: how many cells, what they share, how long it takes, how much memory it needs
///
/// Refuses a study that cannot run, naming the key. The time is measured on one scan of the study.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    #[command(flatten)]
    study: StudyFile,
    /// Number of threads that the estimate is for; one per processor otherwise
    #[arg(long, value_name = "N", default_value_t = 0)]
    jobs: usize,
    /// Do not measure the time
    #[arg(long)]
    no_timing: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let design = self.study.design()?;
        let plan = self.study.plan(&design)?;
        let jobs = match self.jobs {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        };
        let has_engine = design
            .implementations
            .iter()
            .any(|choice| choice.adapter.is_none());
        let implementations = design.implementations.len();
        let estimate = estimate::estimate(&plan, has_engine && !self.no_timing);
        let text = estimate::render(&plan, &estimate, implementations, jobs);
        output::write(None, output::printable(&text).as_bytes())?;
        Ok(match estimate.unreadable.is_empty() {
            true => exit::OK,
            false => exit::DATA,
        })
    }
}
