//! `radgauge settings`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use radgauge_engine::settings::Settings;
use radgauge_reference::{self as reference, Preset, presets};

use super::{Failed, output};
use crate::certify::exit;

/// How many presets are named when one is not found.
const NEAREST: usize = 5;

/// List, show and check settings
#[derive(Debug, Subcommand)]
pub(super) enum SettingsCommand {
    /// List the presets
    List,
    /// Print a preset as TOML, to start a file of your own from
    Show {
        /// Name of the preset, e.g. `ibsi-c`
        name: String,
    },
    /// Check a settings file and print it with every default written out
    Check {
        /// The file
        file: PathBuf,
    },
}

impl SettingsCommand {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let text = match self {
            Self::List => presets()
                .iter()
                .map(|preset| format!("{:<20} {}\n", preset.name, preset.title))
                .collect(),
            Self::Show { name } => preset(&name)?.toml.clone(),
            Self::Check { file } => read(&file)?.to_toml(),
        };
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }
}

/// The preset of this name.
pub(super) fn preset(name: &str) -> Result<&'static Preset, Failed> {
    reference::preset(name).ok_or_else(|| {
        let mut names: Vec<&str> = presets()
            .iter()
            .map(|preset| preset.name.as_str())
            .collect();
        names.sort_by_key(|known| strsim::levenshtein(known, name));
        Failed::usage(anyhow::anyhow!(
            "there is no preset `{name}`; the nearest are {}, `radgauge settings list` names all",
            names[..NEAREST].join(", ")
        ))
    })
}

/// Reads and checks a settings file.
pub(super) fn read(file: &Path) -> Result<Settings, Failed> {
    let name = || format!("`{}`", file.display());
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read settings {}", name()))
        .map_err(Failed::usage)?;
    Settings::from_toml(&text)
        .with_context(|| format!("settings {}", name()))
        .map_err(Failed::usage)
}
