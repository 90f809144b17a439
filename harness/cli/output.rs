//! Where a command's result goes: a file, written whole or not at all, or standard output.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::Context;

use super::Failed;
use crate::results::write_atomically;

/// Writes to the file, or to standard output when there is none. A reader that closes the pipe is no error.
pub(super) fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), Failed> {
    match path {
        Some(path) => write_atomically(path, bytes)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .map_err(Failed::usage),
        None => match io::stdout().lock().write_all(bytes) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failed::usage(
                anyhow::Error::from(error).context("cannot write to standard output"),
            )),
            _ => Ok(()),
        },
    }
}
