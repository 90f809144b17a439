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

/// The text with control characters other than line feeds made visible: names and reasons in a document come from
/// others, and a terminal obeys what it is told.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => printable.push(c),
            c if c.is_control() => printable.extend(c.escape_default()),
            c => printable.push(c),
        }
    }
    printable
}
