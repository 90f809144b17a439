//! `radgauge study merge`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::{StudyFile, cells, extractors, finish, run::where_to_look};
use crate::{
    cli::{Failed, output},
    study::{run::Extractor, store::Store, summary},
};

/// Write the results of a study whose cells were computed in shards
///
/// The results are those of a run without shards, byte for byte. A cell that no shard computed counts as failed.
#[derive(Debug, Args)]
pub(in crate::cli) struct Merge {
    #[command(flatten)]
    study: StudyFile,
    /// Folders of results that shards were computed in; otherwise the folder that is written to
    #[arg(value_name = "DIR")]
    from: Vec<PathBuf>,
    /// Folder for the results; otherwise `results` beside the study
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Number of threads
    #[arg(long, value_name = "N", default_value_t = 0)]
    jobs: usize,
    /// Do not write values.csv, which has a row for every value
    #[arg(long)]
    no_values: bool,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

impl Merge {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let design = self.study.design()?;
        let plan = self.study.plan(&design)?;
        let computers: Vec<_> = extractors(&design)?
            .iter()
            .map(Extractor::computer)
            .collect();
        let out = self.out.clone().unwrap_or_else(|| self.study.default_out());
        let folders: Vec<PathBuf> = match self.from.is_empty() {
            true => vec![cells(&out)],
            false => self.from.iter().map(|folder| cells(folder)).collect(),
        };
        let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
        let store = Store::read(&folders).map_err(Failed::usage)?;
        std::fs::create_dir_all(&out)
            .with_context(|| format!("cannot make `{}`", out.display()))
            .map_err(Failed::usage)?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.jobs)
            .build()
            .map_err(Failed::usage)?;
        let outcome = pool.install(|| finish(&plan, &computers, &store, &out, !self.no_values))?;
        if !self.quiet {
            let text = output::printable(&summary::render(&outcome));
            output::write(None, format!("{text}\n{}", where_to_look(&out)).as_bytes())?;
        }
        Ok(outcome.end.exit_code)
    }
}
