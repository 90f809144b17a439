//! Files that a command reads.

use std::path::Path;

use anyhow::Context;

use super::Failed;
use crate::results::{self, Results};

/// The text of a file.
pub(super) fn text(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))
        .map_err(Failed::usage)
}

/// A result document.
pub(super) fn results(path: &Path) -> Result<Results, Failed> {
    results::read(&text(path)?)
        .with_context(|| format!("`{}` is refused", path.display()))
        .map_err(Failed::usage)
}
