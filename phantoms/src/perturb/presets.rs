//! Sets of chains by name.

use super::Chain;

/// A set of chains with a name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it is made of.
    pub description: &'static str,
    chains: fn() -> Vec<Chain>,
}

impl Preset {
    /// The chains.
    #[must_use]
    pub fn chains(&self) -> Vec<Chain> {
        (self.chains)()
    }
}

/// All presets.
#[must_use]
pub fn presets() -> &'static [Preset] {
    &[]
}

/// The preset of a name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|preset| preset.name == name)
}
