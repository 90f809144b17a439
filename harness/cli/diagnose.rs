//! `radgauge diagnose`

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use radgauge_reference::datasets::Library;

use super::{DataFolder, Failed, output, report::read};
use crate::{
    certify::exit,
    diagnose::{
        self,
        catalogue::{self, Deviation, Stage},
    },
    report,
    results::Results,
    suite::Suite,
    verdict::Outcome,
};

/// Say why checks fail: which known deviations from the manual reproduce the values that were submitted
///
/// The cases of a result document are recomputed in the ways in which implementations are known to deviate, alone and
/// together. What reproduces the failing values is printed with its evidence. `radgauge certify` does the same by
/// itself.
#[derive(Debug, Args)]
pub(super) struct Diagnose {
    /// The result document, as `radgauge certify --out` writes it; `-` reads standard input
    #[arg(required_unless_present_any = ["list", "explain"])]
    results: Option<PathBuf>,
    #[command(flatten)]
    data: DataFolder,
    /// Write the result document with the diagnoses in it to this file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// List the catalogue: every deviation that is looked for
    #[arg(long, conflicts_with_all = ["results", "output", "explain"])]
    list: bool,
    /// Explain a deviation of the catalogue
    #[arg(long, value_name = "DEVIATION", conflicts_with_all = ["results", "output"])]
    explain: Option<String>,
}

impl Diagnose {
    pub(super) fn run(self) -> Result<u8, Failed> {
        if self.list {
            output::write(None, list().as_bytes())?;
            return Ok(exit::OK);
        }
        if let Some(id) = &self.explain {
            output::write(None, explain(find(id)?).as_bytes())?;
            return Ok(exit::OK);
        }
        let path = self.results.as_deref().unwrap_or(Path::new("-"));
        let mut results = read(path)?;
        let is_undiagnosed = add(&mut results, &self.data.library()?, &Suite::all(), false);
        if let Some(path) = &self.output {
            output::write(Some(path), &results.to_document())?;
        }
        output::write(None, answer(&results).as_bytes())?;
        Ok(if is_undiagnosed { exit::DATA } else { exit::OK })
    }
}

/// Puts diagnoses into a result document, in place of those that it has; says whether a case could not be diagnosed.
pub(super) fn add(
    results: &mut Results,
    library: &Library,
    suites: &[Suite],
    is_quiet: bool,
) -> bool {
    let bar = if is_quiet || !std::io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        let bar = ProgressBar::new_spinner().with_style(
            ProgressStyle::with_template("{spinner} why does {msg} fail? {elapsed}")
                .expect("the template is well-formed"),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    };
    let (diagnoses, undiagnosed) = diagnose::diagnose(results, suites, library, &|case| {
        bar.set_message(case.to_owned());
    });
    bar.finish_and_clear();
    for case in &undiagnosed {
        eprintln!(
            "radgauge: {} cannot be diagnosed: {}",
            case.case, case.reason
        );
    }
    // What was found while the implementation could still be asked stays.
    results
        .diagnoses
        .retain(|one| diagnose::is_invariance(&one.case));
    results.diagnoses.splice(..0, diagnoses);
    !undiagnosed.is_empty()
}

fn answer(results: &Results) -> String {
    let text = report::terminal::diagnoses(results);
    if !text.is_empty() {
        return text;
    }
    let totals = &results.end.totals;
    match totals.of(Outcome::Fail) {
        0 => "no value fails\n".to_owned(),
        failing => format!(
            "values that fail: {failing}; no known deviation reproduces enough of them to be named\n"
        ),
    }
}

fn find(id: &str) -> Result<&'static Deviation, Failed> {
    catalogue::find(id).ok_or_else(|| {
        Failed::usage(anyhow::anyhow!(
            "there is no deviation `{id}`; `radgauge diagnose --list` lists all of them"
        ))
    })
}

fn list() -> String {
    let mut text = String::new();
    for stage in Stage::ALL {
        let of_stage = catalogue::deviations().iter().filter(|d| d.stage == stage);
        text += &format!("{stage}\n");
        for Deviation {
            id, what, source, ..
        } in of_stage
        {
            text += &format!("  {id:<38} {what}\n  {:<38} {source}\n", "");
        }
    }
    text
}

fn explain(deviation: &Deviation) -> String {
    let families: Vec<&str> = deviation
        .families
        .iter()
        .map(|family| family.slug())
        .collect();
    let touched = if families.is_empty() {
        "everything after its stage".to_owned()
    } else {
        families.join(", ")
    };
    format!(
        "{}\nwhat     {}\nstage    {}\ntouches  {touched}\nsource   {}\n",
        deviation.id, deviation.what, deviation.stage, deviation.source
    )
}
