//! `radgauge settings`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use radgauge_engine::settings::Settings;
use radgauge_reference::ibsi1::{self, Preset, presets};

use super::{Failed, output};
use crate::certify::exit;

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
                .map(|preset| format!("{:<14} {}\n", preset.name, preset.case.title()))
                .collect(),
            Self::Show { name } => preset(&name)?.toml.to_owned(),
            Self::Check { file } => read(&file)?.to_toml(),
        };
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }
}

/// The preset of this name.
pub(super) fn preset(name: &str) -> Result<&'static Preset, Failed> {
    ibsi1::preset(name).ok_or_else(|| {
        let names: Vec<_> = presets().iter().map(|preset| preset.name).collect();
        Failed::usage(anyhow::anyhow!(
            "there is no preset `{name}`; expected one of {}",
            names.join(", ")
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
