//! What is under test, behind one trait: the built-in engine today, adapters and value files by the same door.

mod engine;

pub use engine::{Engine, answers};

use std::collections::BTreeMap;

use radgauge_engine::{
    settings::Settings,
    volume::{Image, Mask},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// The image.
    pub image: &'a Image,
    /// The region of interest on the image's grid.
    pub mask: &'a Mask,
    /// How to process them.
    pub settings: &'a Settings,
}

/// The answer to one item of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A value; not necessarily finite, since implementations err.
    Value(f64),
    /// The feature has no value here, because.
    Undefined(String),
    /// The implementation does not offer this feature, because.
    Unsupported(String),
}

/// The answers to a question, by key: `glcm/3d_avg/TU9B` for a feature, `diag/initial/img_dim_x` for a diagnostic.
pub type Answers = BTreeMap<String, Answer>;

/// Why an implementation gave no answers to a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What it said or did.
    pub message: String,
}

/// Something that computes radiomic features.
pub trait Implementation: Sync {
    /// Who it is.
    fn identity(&self) -> Identity;

    /// Answers one question.
    ///
    /// # Errors
    /// [`Failure`] when it cannot answer at all; what it lacks item by item is an [`Answer`], and what it leaves out is
    /// *missing*.
    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure>;
}
