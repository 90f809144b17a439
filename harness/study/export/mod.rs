//! What a lab takes away from a study: the features that can be trusted under some settings, as a parameter file for the
//! program that will compute them.
//!
//! A file says exactly what was studied, or says in a comment what of it the program cannot do. Features that the program
//! would compute differently are left out, and named.

mod mirp;
mod pyradiomics;
mod radgauge;

use std::collections::BTreeSet;

use radgauge_engine::{feature::FeatureKey, settings::Settings};
use radgauge_reference::dialects::{Dialect, Meaning, Name, dialects};
use thiserror::Error;

use super::{
    grid,
    outcome::{Outcome, SettingsPoint},
};

/// A program that computes features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `radgauge extract --settings`: TOML.
    Radgauge,
    /// PyRadiomics' parameter file: YAML.
    Pyradiomics,
    /// MIRP's settings file: XML.
    Mirp,
}

impl Tool {
    /// The program's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Radgauge => "radgauge",
            Self::Pyradiomics => "PyRadiomics",
            Self::Mirp => "MIRP",
        }
    }
}

/// A parameter file.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The file.
    pub text: String,
    /// The features that the file asks for, of those that can be trusted.
    pub covered: Vec<String>,
    /// Those that it does not ask for, each with the reason.
    pub left_out: Vec<(String, String)>,
    /// What of the settings the program cannot do.
    pub not_honoured: Vec<String>,
}

/// Why there is no file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The study has no such settings.
    #[error("expected settings of the study ({known}), found `{found}`")]
    Settings {
        /// The ids.
        known: String,
        /// What was asked for.
        found: String,
    },
    /// No feature can be trusted: the file would compute nothing, or everything.
    #[error("no feature is robust under {0}: there is nothing to export")]
    NothingTrusted(String),
    /// The features read a response map that the program is not asked for.
    #[error("{settings} use the filter `{filter}`, for which no {tool} settings are written")]
    Filter {
        /// The id of the settings.
        settings: String,
        /// The filter.
        filter: &'static str,
        /// The program.
        tool: &'static str,
    },
    /// The program computes none of the features as they were studied.
    #[error(
        "{tool} computes none of the {trusted} features that are robust under {settings} as they were studied: {reason}"
    )]
    NothingCovered {
        /// The program.
        tool: &'static str,
        /// How many can be trusted.
        trusted: usize,
        /// The id of the settings.
        settings: String,
        /// Why the first is left out.
        reason: String,
    },
}

/// Writes the parameter file for a program: the features of the first implementation that are robust under the settings
/// with this id, or those of rank 1.
///
/// # Errors
/// [`ExportError`].
pub fn export(
    outcome: &Outcome,
    tool: Tool,
    settings: Option<&str>,
) -> Result<Export, ExportError> {
    let study = &outcome.study;
    let index = match settings {
        None => outcome.best(0).map(|best| best.settings),
        Some(id) => study.settings.iter().position(|point| point.id == id),
    };
    let Some(index) = index else {
        let ids: Vec<&str> = study.settings.iter().map(|p| p.id.as_str()).collect();
        return Err(ExportError::Settings {
            known: match ids[..] {
                [] => "it has none".to_owned(),
                [only] => only.to_owned(),
                [first, .., last] => format!("{first} to {last}"),
            },
            found: settings.unwrap_or("rank 1").to_owned(),
        });
    };
    let point = &study.settings[index];
    let trusted: BTreeSet<&str> = outcome
        .trustworthy(0, index)
        .map(|(feature, _)| feature.key.as_str())
        .collect();
    // With an axis of aggregations the study has `glcm/*/TU9B`; the settings say which aggregation that is.
    let is_trusted = |key: &FeatureKey| {
        let text = key.to_string();
        let aggregation = format!("/{}/", key.aggregation.slug());
        trusted.contains(text.as_str())
            || trusted.contains(text.replacen(&aggregation, "/*/", 1).as_str())
    };
    let mut keys = grid::keys(&point.settings);
    keys.retain(is_trusted);
    if keys.is_empty() {
        return Err(ExportError::NothingTrusted(point.id.clone()));
    }
    if let Some(filter) = &point.settings.filter
        && tool != Tool::Radgauge
    {
        return Err(ExportError::Filter {
            settings: point.id.clone(),
            filter: filter.name(),
            tool: tool.name(),
        });
    }
    let request = Request {
        outcome,
        point,
        settings: &point.settings,
        keys: &keys,
    };
    let export = match tool {
        Tool::Radgauge => radgauge::export(&request),
        Tool::Pyradiomics => pyradiomics::export(&request),
        Tool::Mirp => mirp::export(&request),
    };
    match (export.covered.is_empty(), export.left_out.first()) {
        (true, Some((_, reason))) => Err(ExportError::NothingCovered {
            tool: tool.name(),
            trusted: keys.len(),
            settings: point.id.clone(),
            reason: reason.clone(),
        }),
        _ => Ok(export),
    }
}

/// What is to be written.
struct Request<'a> {
    outcome: &'a Outcome,
    point: &'a SettingsPoint,
    settings: &'a Settings,
    /// The features that can be trusted, in the order of the catalogue.
    keys: &'a [FeatureKey],
}

impl Request<'_> {
    /// The lines that every file begins with.
    fn preamble(&self, tool: Tool) -> Vec<String> {
        let study = &self.outcome.study;
        vec![
            format!(
                "{} features that are robust under settings {} ({}) of the study \"{}\",",
                self.keys.len(),
                self.point.id,
                self.point.label,
                study.title
            ),
            format!(
                "for {}. Written by {} {} from a {} document, SHA-256 {}.",
                tool.name(),
                study.harness.name,
                study.harness.version,
                study.schema,
                self.outcome.end.digest
            ),
        ]
    }
}

/// What was left out, as lines of a comment.
fn left_out_lines(left_out: &[(String, String)]) -> Vec<String> {
    if left_out.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!(
        "Not in this file, though robust ({} features):",
        left_out.len()
    )];
    lines.extend(
        left_out
            .iter()
            .map(|(key, reason)| format!("  {key}: {reason}")),
    );
    lines
}

/// What is not honoured, as lines of a comment.
fn not_honoured_lines(tool: Tool, not_honoured: &[String]) -> Vec<String> {
    if not_honoured.is_empty() {
        return vec![format!("{} can do all that was studied.", tool.name())];
    }
    let mut lines = vec![format!(
        "NOT HONOURED by {}: values differ from those that were studied.",
        tool.name()
    )];
    lines.extend(not_honoured.iter().map(|what| format!("  {what}")));
    lines
}

/// One line of a comment: titles and labels come from others.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn dialect(slug: &str) -> &'static Dialect {
    let mut all = dialects().iter();
    all.find(|dialect| dialect.slug == slug)
        .expect("the dialects of the exporters are part of the reference crate")
}

/// The name that stands for a feature, with what has to be known of it; or why there is none.
fn name_of<'a>(
    dialect: &'a Dialect,
    key: &FeatureKey,
    is_usable: impl Fn(&Name) -> bool,
) -> Result<(&'a str, Option<String>), String> {
    let same = dialect.names().iter().find(|name| {
        is_usable(name) && matches!(&name.meaning, Meaning::Same(keys) if keys.contains(key))
    });
    if let Some(name) = same {
        return Ok((
            &name.name,
            Some(name.note.clone()).filter(|n| !n.is_empty()),
        ));
    }
    let other = dialect.names().iter().find_map(|name| match &name.meaning {
        Meaning::Other(keys, conversion) if is_usable(name) && keys.contains(key) => {
            Some((name, conversion))
        }
        _ => None,
    });
    match other {
        // A shift or a factor changes neither ICC nor rank: the feature can be trusted as it is.
        Some((name, Some(conversion))) => Ok((
            &name.name,
            Some(format!(
                "IBSI's value is {} · value + {} ({})",
                conversion.factor, conversion.offset, name.note
            )),
        )),
        Some((name, None)) => Err(format!(
            "`{}` is another definition: {}",
            name.name, name.note
        )),
        None => Err(format!("{} does not have it", dialect.program)),
    }
}

/// A number that every reader takes for floating point, without an exponent.
fn float(value: f64) -> String {
    let text = value.to_string();
    match text.contains('.') {
        true => text,
        false => format!("{text}.0"),
    }
}
