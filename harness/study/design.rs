//! `study.toml`: what a study is to find out, as its author writes it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use radgauge_engine::settings::{Settings, SettingsError};
use radgauge_phantoms::perturb::{self, Chain, PerturbError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    cases::CaseSource,
    criteria::{self, Criteria, CriteriaError},
    grid::Grid,
    harmonise::Harmonise,
    outcome::ORIGINAL,
};

/// The most draws of a study.
pub const MAX_DRAWS: usize = 10_000;

/// A study as it is written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "File::default_title")]
    title: String,
    #[serde(default)]
    cases: Vec<CaseSource>,
    #[serde(default)]
    perturbations: Perturbations,
    preset: Option<String>,
    settings_file: Option<PathBuf>,
    settings: Option<toml::Table>,
    #[serde(default)]
    grid: Grid,
    #[serde(default)]
    implementations: Vec<ImplementationChoice>,
    #[serde(default)]
    criteria: toml::Table,
    #[serde(default)]
    harmonise: Harmonise,
}

impl File {
    fn default_title() -> String {
        "A study".to_owned()
    }
}

/// The perturbations of every scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Perturbations {
    /// The seed of everything random.
    seed: u64,
    /// A set of chains by name.
    preset: Option<String>,
    /// How many draws of every chain that has something random.
    repeats: u32,
    /// Chains of one's own, after those of the preset.
    chains: Vec<Chain>,
}

impl Default for Perturbations {
    fn default() -> Self {
        Self {
            seed: 1,
            preset: None,
            repeats: 1,
            chains: Vec::new(),
        }
    }
}

/// Who computes the features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImplementationChoice {
    /// The command of an adapter; absent = the built-in engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// Seconds that an adapter may take for a question.
    #[serde(default = "ImplementationChoice::default_timeout_s")]
    pub timeout_s: f64,
}

impl ImplementationChoice {
    fn default_timeout_s() -> f64 {
        600.0
    }
}

/// A study, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Its title.
    pub title: String,
    /// The folder of the file: relative paths start here.
    pub folder: PathBuf,
    /// Where cases come from.
    pub cases: Vec<CaseSource>,
    /// The seed of everything random.
    pub seed: u64,
    /// The draws of every scan, without the unperturbed one.
    pub draws: Vec<Chain>,
    /// The settings that the grid varies.
    pub base: Settings,
    /// The axes.
    pub grid: Grid,
    /// Who computes the features; at least one.
    pub implementations: Vec<ImplementationChoice>,
    /// What a feature has to fulfil.
    pub criteria: Criteria,
    /// Corrections for batches to be tried.
    pub harmonise: Harmonise,
}

/// A study that cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DesignError {
    /// Not TOML, an unknown key, a value of the wrong type. The text points at the place.
    #[error("{0}")]
    Syntax(#[from] Box<toml::de::Error>),
    /// The settings are impossible.
    #[error("`settings`: {0}")]
    Settings(#[from] SettingsError),
    /// The criteria are impossible.
    #[error(transparent)]
    Criteria(#[from] CriteriaError),
    /// A chain of perturbations is impossible.
    #[error("`perturbations`: {0}")]
    Perturb(#[from] PerturbError),
    /// A key whose value makes no sense.
    #[error("`{key}`: expected {expected}, found `{found}`")]
    Key {
        /// The key.
        key: &'static str,
        /// What it may be.
        expected: String,
        /// What it was.
        found: String,
    },
}

fn key(key: &'static str, expected: impl Into<String>, found: impl ToString) -> DesignError {
    DesignError::Key {
        key,
        expected: expected.into(),
        found: found.to_string(),
    }
}

impl Design {
    /// Reads a study from TOML; relative paths start in `folder`.
    ///
    /// # Errors
    /// [`DesignError`], naming the key.
    pub fn from_toml(text: &str, folder: &Path) -> Result<Self, DesignError> {
        let file: File = toml::from_str(text).map_err(Box::new)?;
        let base = base(&file, folder)?;
        let criteria = criteria(file.criteria)?;
        let draws = draws(&file.perturbations)?;
        for choice in &file.implementations {
            let timeout = choice.timeout_s;
            if !(timeout > 0.0 && timeout <= 604_800.0) {
                let expected = "seconds above 0 and up to 604800";
                return Err(key("implementations.timeout_s", expected, timeout));
            }
        }
        let mut implementations = file.implementations;
        for (i, choice) in implementations.iter().enumerate() {
            if implementations[..i]
                .iter()
                .any(|known| known.adapter == choice.adapter)
            {
                let found = choice.adapter.as_deref().unwrap_or("the built-in engine");
                return Err(key("implementations", "every implementation once", found));
            }
        }
        if implementations.is_empty() {
            implementations.push(ImplementationChoice {
                adapter: None,
                timeout_s: ImplementationChoice::default_timeout_s(),
            });
        }
        Ok(Self {
            title: file.title,
            folder: folder.to_owned(),
            cases: file.cases,
            seed: file.perturbations.seed,
            draws,
            base,
            grid: file.grid,
            implementations,
            criteria,
            harmonise: file.harmonise,
        })
    }
}

/// The settings that the grid varies.
fn base(file: &File, folder: &Path) -> Result<Settings, DesignError> {
    let given = [
        file.preset.is_some(),
        file.settings_file.is_some(),
        file.settings.is_some(),
    ];
    if given.iter().filter(|given| **given).count() > 1 {
        let expected = "one of `preset`, `settings_file` and `[settings]`";
        return Err(key("settings", expected, "several"));
    }
    let settings = if let Some(name) = &file.preset {
        radgauge_reference::preset(name)
            .ok_or_else(|| key("preset", "a name that `radgauge settings list` has", name))?
            .settings
            .clone()
    } else if let Some(path) = &file.settings_file {
        let found = path.display();
        let text = std::fs::read_to_string(folder.join(path))
            .map_err(|error| key("settings_file", format!("a file ({error})"), found))?;
        toml::from_str(&text).map_err(Box::new)?
    } else {
        // Not checked yet: the grid may supply what is missing here.
        let table = file.settings.clone().unwrap_or_default();
        table.try_into().map_err(Box::new)?
    };
    Ok(settings)
}

/// The criteria of the preset, with what is changed of them.
fn criteria(changes: toml::Table) -> Result<Criteria, DesignError> {
    let mut criteria = Criteria::default();
    if let Some(preset) = changes.get("preset") {
        let presets = criteria::presets();
        let known = presets
            .iter()
            .find(|known| preset.as_str() == Some(known.name));
        criteria = known
            .ok_or_else(|| {
                let names: Vec<&str> = presets.iter().map(|preset| preset.name).collect();
                key(
                    "criteria.preset",
                    format!("one of {}", names.join(", ")),
                    preset,
                )
            })?
            .criteria
            .clone();
    }
    let mut table = toml::Table::try_from(&criteria).expect("criteria have a TOML form");
    let is_changed = changes.keys().any(|key| key != "preset");
    table.extend(changes);
    let mut criteria: Criteria = table.try_into().map_err(Box::new)?;
    if is_changed {
        criteria.preset = format!("{}, changed", criteria.preset);
    }
    criteria.check()?;
    Ok(criteria)
}

/// The draws: every chain once, and as often as asked where it has something random. Each has its own name.
fn draws(perturbations: &Perturbations) -> Result<Vec<Chain>, DesignError> {
    let mut chains = Vec::new();
    if let Some(name) = &perturbations.preset {
        let preset = perturb::preset(name).ok_or_else(|| {
            let names: Vec<&str> = perturb::presets()
                .iter()
                .map(|preset| preset.name)
                .collect();
            key(
                "perturbations.preset",
                format!("one of {}", names.join(", ")),
                name,
            )
        })?;
        chains.extend(preset.chains());
    }
    chains.extend(perturbations.chains.iter().cloned());
    let repeats = perturbations.repeats;
    if repeats == 0 || repeats as usize > MAX_DRAWS {
        return Err(key("perturbations.repeats", "from 1 to 10000", repeats));
    }
    let mut draws: Vec<Chain> = Vec::new();
    for chain in chains {
        chain.check()?;
        let repeats = if is_random(&chain) { repeats } else { 1 };
        for repeat in 0..repeats {
            let name = match repeats {
                1 => chain.name.clone(),
                _ => format!("{} #{}", chain.name, repeat + 1),
            };
            let draw = chain.draw.saturating_add(repeat);
            draws.push(Chain {
                name,
                draw,
                ..chain.clone()
            });
        }
        if draws.len() > MAX_DRAWS {
            return Err(key("perturbations", "at most 10000 draws", draws.len()));
        }
    }
    // A draw that comes twice would agree with itself, and make every feature look repeatable.
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    for draw in &draws {
        if draw.name == ORIGINAL || draw.name.is_empty() {
            return Err(key("perturbations.chains.name", "another name", &draw.name));
        }
        if draw.steps.is_empty() {
            let expected = "at least one step: the unperturbed scan is part of every study";
            return Err(key("perturbations.chains.steps", expected, &draw.name));
        }
        if draws.iter().filter(|other| other.name == draw.name).count() > 1 {
            return Err(key(
                "perturbations.chains.name",
                "names that differ",
                &draw.name,
            ));
        }
        if let Some(twin) = known.insert(definition(draw), &draw.name) {
            return Err(key(
                "perturbations.chains",
                format!("chains that differ; this one does the same as `{twin}`"),
                &draw.name,
            ));
        }
    }
    Ok(draws)
}

/// Whether a chain has something random.
#[must_use]
pub fn is_random(chain: &Chain) -> bool {
    chain.steps.iter().any(|step| step.is_random())
}

/// Everything that a draw is: chains with the same definition give the same values.
#[must_use]
pub fn definition(chain: &Chain) -> String {
    let steps: Vec<String> = chain.steps.iter().map(|step| step.canonical()).collect();
    let draw = if is_random(chain) { chain.draw } else { 0 };
    format!("{} draw {draw}", steps.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Design::from_toml(text, Path::new("."))
            .expect_err("it cannot be read")
            .to_string()
    }

    #[test]
    fn wrong_keys_are_named() {
        for (text, expected) in [
            ("titel = 'x'", "titel"),
            ("[grid]\nspacing = [1]", "spacing"),
            ("[grid]\nspacing_mm = ['1']", "a length in mm"),
            ("[[cases]]\nimage = 'x'", "image"),
            ("preset = 'ibsi-z'", "`preset`: expected a name"),
            ("[criteria]\nexcelent = 0.9", "excelent"),
            (
                "[criteria]\npreset = 'x'",
                "`criteria.preset`: expected one of koo-li, ",
            ),
            (
                "[criteria]\ngood = 75.0",
                "`criteria.good`: expected a correlation between 0 and 1, found `75`",
            ),
            (
                "[criteria]\ngood = 0.95",
                "`criteria.good`: expected moderate ≤ good ≤ excellent",
            ),
            (
                "[perturbations]\npreset = 'x'",
                "`perturbations.preset`: expected one of ",
            ),
            ("[perturbations]\nrepeats = 0", "`perturbations.repeats`: "),
            ("[settings.discretise]\nmethod = 'fbn'", "fixed-bin-number"),
            (
                "preset = 'ibsi-c'\n[settings]",
                "`settings`: expected one of",
            ),
            (
                "[[implementations]]\ntimeout_s = 0.0",
                "`implementations.timeout_s`",
            ),
        ] {
            let message = refusal(text);
            assert!(message.contains(expected), "`{text}`: {message}");
        }
    }

    #[test]
    fn draws_that_do_the_same_are_refused() {
        let twice = "[perturbations]\nchains = [\n\
            { name = 'a', steps = [{ kind = 'rotate', degrees = 5 }] },\n\
            { name = 'b', draw = 1, steps = [{ kind = 'rotate', degrees = 5 }] },\n]\n";
        let message = refusal(twice);
        assert!(
            message.contains("this one does the same as `a`, found `b`"),
            "{message}"
        );
        let original = "[perturbations]\nchains = [{ name = 'a' }]\n";
        assert!(refusal(original).contains("at least one step"));
    }

    #[test]
    fn random_chains_repeat_and_others_do_not() {
        let text = "[perturbations]\nrepeats = 3\nchains = [\n\
            { name = 'noise', steps = [{ kind = 'noise' }] },\n\
            { name = 'turn', steps = [{ kind = 'rotate', degrees = 5 }] },\n]\n";
        let design = Design::from_toml(text, Path::new(".")).expect("a study");
        let names: Vec<&str> = design.draws.iter().map(|draw| draw.name.as_str()).collect();
        assert_eq!(names, ["noise #1", "noise #2", "noise #3", "turn"]);
    }

    #[test]
    fn every_preset_of_perturbations_makes_a_study() {
        for preset in perturb::presets() {
            let text = format!("[perturbations]\npreset = '{}'", preset.name);
            let design = Design::from_toml(&text, Path::new(".")).expect(preset.name);
            assert_eq!(design.draws.len(), preset.chains().len(), "{}", preset.name);
        }
    }

    #[test]
    fn criteria_start_from_a_preset() {
        let design = Design::from_toml(
            "[criteria]\npreset = 'ibsi2'\nexcellent = 0.95",
            Path::new("."),
        );
        let criteria = design.expect("a study").criteria;
        assert_eq!((criteria.minimum_columns, criteria.excellent), (3, 0.95));
        assert_eq!(criteria.preset, "ibsi2, changed");
    }
}
