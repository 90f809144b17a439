//! What is under test, behind one trait: the built-in engine, an [adapter] process, or a
//! [value file](values).

pub mod adapter;
mod engine;
mod starting;
mod storage;
pub mod values;

pub use engine::{Engine, answers};
pub use starting::{Started, Starting};
pub use storage::Storage;

use std::collections::BTreeMap;

use radgauge_engine::{
    settings::Settings,
    volume::{Image, Mask},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::verdict::Outcome;

/// Who an implementation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Name of the product.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One question: an image, a mask and settings. References and tolerances are never part of it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The case's id, `ibsi1/digital`.
    pub case: &'a str,
    /// The keys that are asked for, as in [`Answers`]; what is answered beyond them is not judged.
    pub keys: &'a [&'a str],
    /// The image.
    pub image: &'a Image,
    /// The region of interest on the image's grid.
    pub mask: &'a Mask,
    /// How to process them.
    pub settings: &'a Settings,
    /// In what form of file they are handed over, where files are.
    pub storage: Storage,
    /// Where image and mask are from: the SHA-256 of each file by its name. The same files are the same image and mask;
    /// `None` when they are made in code.
    pub source: Option<&'a BTreeMap<String, String>>,
}

/// The answer to one item of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A value; not necessarily finite, since implementations err.
    Value(f64),
    /// A value of which a difference is known that may explain it.
    Differing {
        /// The value.
        value: f64,
        /// What is known to differ.
        difference: String,
    },
    /// A value that was converted exactly from another definition or unit.
    Converted {
        /// As submitted.
        submitted: f64,
        /// As the feature is defined.
        value: f64,
        /// The conversion.
        conversion: String,
    },
    /// A value of something else that only goes by the feature's name: it is reported and never judged.
    OtherDefinition {
        /// As submitted.
        submitted: f64,
        /// In what it differs.
        difference: String,
    },
    /// The feature has no value here, because.
    Undefined(String),
    /// The implementation does not offer this feature, because.
    Unsupported(String),
    /// There is no value where one was to be, because.
    Missing(String),
    /// What was given is no value, because.
    Invalid(String),
    /// The same question was answered with two values; `NaN` where there was none.
    Nondeterministic([f64; 2]),
}

impl Answer {
    /// The number that the implementation gave, before anything was done to it.
    #[must_use]
    pub fn submitted(&self) -> Option<f64> {
        match self {
            Self::Value(value) | Self::Differing { value, .. } => Some(*value),
            Self::Converted { submitted, .. } | Self::OtherDefinition { submitted, .. } => {
                Some(*submitted)
            }
            _ => None,
        }
    }
}

/// The answer to a question for a response map.
#[derive(Clone, Debug, PartialEq)]
pub enum MapAnswer {
    /// The map, voxel for voxel on the grid of the processed image.
    Map(Image),
    /// The implementation does not offer this filter, because.
    Unsupported(String),
}

/// The answers to a question, by key: `glcm/3d_avg/TU9B` for a feature, `diag/initial/img_dim_x` for a diagnostic.
pub type Answers = BTreeMap<String, Answer>;

/// Why an implementation gave no answers to a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What becomes of everything that was asked.
    pub outcome: Outcome,
    /// What it said or did.
    pub message: String,
    /// Whether the implementation cannot be used, as opposed to not having managed this question.
    pub is_unusable: bool,
    /// The tail of what it wrote to standard error; empty when there is none.
    pub log: String,
}

impl Failure {
    /// The implementation said that it failed.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Error,
            message: message.into(),
            is_unusable: false,
            log: String::new(),
        }
    }
}

/// Something that computes radiomic features.
pub trait Implementation: Sync {
    /// Who it is.
    fn identity(&self) -> Identity;

    /// By what way its answers reach the harness; `None` for the built-in engine.
    fn submission(&self) -> Option<Submission> {
        None
    }

    /// Whether it computes in processes of its own, so that this one has time to spare while it answers.
    fn is_elsewhere(&self) -> bool {
        false
    }

    /// Answers that are there already, so that no image is needed; `None` when there are none for any case.
    fn recorded(&self, _case: &str) -> Option<&Answers> {
        None
    }

    /// The settings that it says it used for a case, in its own words.
    fn settings_used(&self, _case: &str) -> Option<SettingsUsed> {
        None
    }

    /// Answers one question.
    ///
    /// # Errors
    /// [`Failure`] when it cannot answer at all; what it lacks item by item is an [`Answer`], and what it leaves out is
    /// *missing*.
    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure>;

    /// Applies the settings' filter to the image, processed up to it, and gives the whole response map.
    ///
    /// # Errors
    /// [`Failure`] when it cannot answer at all.
    fn response_map(&self, question: Question<'_>) -> Result<MapAnswer, Failure> {
        let _ = question;
        Ok(MapAnswer::Unsupported(
            "it does not give response maps".to_owned(),
        ))
    }
}

/// The settings that an implementation says it used, in its own words.
pub type SettingsUsed = BTreeMap<String, serde_json::Value>;

/// By what way answers reach the harness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Submission {
    /// An adapter process.
    Adapter(adapter::AdapterStamp),
    /// A file of values.
    Values(values::ValuesStamp),
}
