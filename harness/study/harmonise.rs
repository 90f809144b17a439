//! Which corrections for batches a study tries.

use serde::{Deserialize, Serialize};

/// Corrections to be tried after the study, each a labelled arm; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Harmonise {
    /// The arms.
    pub arms: Vec<Arm>,
}

/// A correction for batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// ComBat with the parametric prior; batches are the settings.
    Combat,
    /// ComBat of means only; batches are the settings.
    CombatMeanOnly,
    /// Removal of the singular components that go with the settings.
    Svd,
}
