//! `radgauge adapter`

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Subcommand, ValueEnum};

use super::{
    Failed, output,
    under_test::{command_line, limits},
};
use crate::{
    certify::exit,
    implementation::adapter::smoke,
    suite::{Input, Suite},
};

/// Write and try out the program that connects an implementation with radgauge
#[derive(Debug, Subcommand)]
pub(super) enum AdapterCommand {
    /// Try an adapter before any suite: does it start, answer, repeat itself, survive, end?
    Check {
        /// The command, as for `certify --adapter`
        command: String,
        /// Seconds that it may take for a case
        #[arg(long, value_name = "SECONDS", default_value_t = 600.0)]
        timeout: f64,
    },
    /// Write an adapter that works, to be filled in
    New {
        /// The language
        #[arg(long)]
        lang: Language,
        /// The folder; it is made when it does not exist
        folder: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Language {
    /// Python 3, without packages
    Python,
    /// R, with the package jsonlite
    R,
    /// POSIX shell
    Shell,
}

impl Language {
    /// The file's name, its text, and how it is run.
    fn skeleton(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Python => (
                "adapter.py",
                include_str!("../adapters/skeletons/adapter.py"),
                "python3",
            ),
            Self::R => (
                "adapter.R",
                include_str!("../adapters/skeletons/adapter.R"),
                "Rscript",
            ),
            Self::Shell => (
                "adapter.sh",
                include_str!("../adapters/skeletons/adapter.sh"),
                "sh",
            ),
        }
    }
}

impl AdapterCommand {
    pub(super) fn run(self) -> Result<u8, Failed> {
        match self {
            Self::Check { command, timeout } => check(&command, timeout),
            Self::New { lang, folder } => new(lang, &folder),
        }
    }
}

fn check(command: &str, timeout_s: f64) -> Result<u8, Failed> {
    let (command, limits) = (command_line(command)?, limits(timeout_s)?);
    let suites = Suite::all();
    let case = suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .find(|case| matches!(case.input, Input::Phantom(_)))
        .expect("a suite has a case that is made in code");
    let steps = smoke(&command, limits, case);
    let mut text = String::new();
    for step in &steps {
        let mark = if step.holds { "ok" } else { "FAULT" };
        text += &format!("{mark:<6} {}: {}\n", step.name, step.found);
        for line in step.log.lines() {
            text += &format!("         {line}\n");
        }
    }
    let holds = steps.iter().all(|step| step.holds);
    text += if holds {
        "the adapter can be used\n"
    } else {
        "the adapter is at fault\n"
    };
    output::write(None, output::printable(&text).as_bytes())?;
    Ok(if holds {
        exit::OK
    } else {
        exit::IMPLEMENTATION
    })
}

fn new(language: Language, folder: &Path) -> Result<u8, Failed> {
    let (name, text, program) = language.skeleton();
    let path = folder.join(name);
    let usage = |error: anyhow::Error| Failed::usage(error);
    if path.exists() {
        return Err(usage(anyhow::anyhow!(
            "`{}` is there already",
            path.display()
        )));
    }
    output::write(Some(&path), text.as_bytes())?;
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .with_context(|| format!("cannot make `{}` executable", path.display()))
        .map_err(usage)?;
    let path = path.display();
    let next = format!(
        "wrote {path}\n\n\
         try it      radgauge adapter check '{program} {path}'\n\
         certify     radgauge certify --adapter '{program} {path}'\n"
    );
    output::write(None, next.as_bytes())?;
    Ok(exit::OK)
}
