//! The smallest images that show violated invariances, put into the results and written into a folder.

use std::path::Path;

use anyhow::Context;
use radgauge_reference::datasets::Library;

use super::Failed;
use crate::{counterexample, implementation::Implementation, results::Results, suite::Suite};

/// Seeks examples, notes them among the diagnoses and writes each into a folder of its own below `folder`.
pub(super) fn add(
    implementation: &dyn Implementation,
    suites: &[Suite],
    library: &Library,
    results: &mut Results,
    folder: &Path,
) -> Result<(), Failed> {
    let examples = counterexample::seek(implementation, suites, library, results, &|_| {});
    let mut written = Ok(());
    for (at, example) in examples.iter().enumerate() {
        let of_case = examples[..at].iter().filter(|one| one.case == example.case);
        results.diagnoses.push(example.diagnosis());
        if let Err(error) = example.write(folder, of_case.count()) {
            written = Err(error);
        }
    }
    written
        .with_context(|| format!("--examples {}", folder.display()))
        .map_err(Failed::usage)
}
