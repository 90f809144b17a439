//! Harmonisation arms: features with batch effects (scanners, settings) removed.
//!
//! An arm is a *what-if*, and its [label](Harmonised::arm) has to be shown wherever its values are: harmonised values
//! agree better because they were made to. ComBat on one phantom would remove every effect of a setting and make all of
//! them look reproducible; batches need overlapping biology.

mod combat;
mod least_squares;
mod svd;

pub use combat::{ComBat, Effect, Prior};
pub use svd::{Component, Selection, SvdRemoval};

use thiserror::Error;

use super::Matrix;

/// Features after harmonisation.
#[derive(Clone, Debug, PartialEq)]
pub struct Harmonised {
    /// What was done: `ComBat (parametric, reference A; adjusted for sex, age)`.
    pub arm: String,
    /// The values, features × samples.
    pub values: Matrix,
    /// Features left as they were, because nothing in them varies beyond batch and covariates; indices from 0.
    pub unchanged: Vec<usize>,
    /// The singular components that were looked at, by size; none for ComBat.
    pub components: Vec<Component>,
}

/// Which batch (scanner, setting) a sample is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batches {
    names: Vec<String>,
    of_sample: Vec<usize>,
}

impl Batches {
    /// Batches by the name that every sample has; in order of their names.
    #[must_use]
    pub fn new<S: AsRef<str>>(samples: &[S]) -> Self {
        let mut names: Vec<String> = samples
            .iter()
            .map(|name| name.as_ref().to_owned())
            .collect();
        names.sort();
        names.dedup();
        let of_sample = samples
            .iter()
            .map(|name| {
                names
                    .iter()
                    .position(|known| known == name.as_ref())
                    .expect("every name was collected")
            })
            .collect();
        Self { names, of_sample }
    }

    /// Names of the batches.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn samples(&self) -> usize {
        self.of_sample.len()
    }

    /// The samples of a batch.
    fn members(&self, batch: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.samples()).filter(move |sample| self.of_sample[*sample] == batch)
    }

    fn size(&self, batch: usize) -> usize {
        self.members(batch).count()
    }
}

/// What a sample is besides its batch, and should keep: its biology.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariate {
    /// Its name.
    pub name: String,
    /// Its value for every sample.
    pub values: CovariateValues,
}

/// Values of a covariate, one a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum CovariateValues {
    /// Levels without an order.
    Categorical(Vec<String>),
    /// Numbers with a linear effect.
    Numeric(Vec<f64>),
}

impl CovariateValues {
    fn len(&self) -> usize {
        match self {
            Self::Categorical(values) => values.len(),
            Self::Numeric(values) => values.len(),
        }
    }

    /// The columns of the design: the number itself, or an indicator of every level but the first.
    fn columns(&self) -> Vec<Vec<f64>> {
        match self {
            Self::Numeric(values) => vec![values.clone()],
            Self::Categorical(values) => {
                let mut levels: Vec<&String> = values.iter().collect();
                levels.sort();
                levels.dedup();
                let indicator = |level: &String| {
                    let is_level = |value: &String| f64::from(u8::from(value == level));
                    values.iter().map(is_level).collect()
                };
                levels.into_iter().skip(1).map(indicator).collect()
            }
        }
    }
}

/// Why features cannot be harmonised.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum HarmoniseError {
    /// Batches or a covariate for another number of samples.
    #[error("{what}: expected a value for each of the {expected} samples, found {found}")]
    Samples {
        /// What has the wrong length.
        what: String,
        /// Samples of the features.
        expected: usize,
        /// Values found.
        found: usize,
    },
    /// A numeric covariate that is not finite.
    #[error("covariate `{name}`, sample {sample}: expected a finite number, found {found}")]
    NotFinite {
        /// The covariate.
        name: String,
        /// The sample, from 1.
        sample: usize,
        /// The value.
        found: f64,
    },
    /// One batch only.
    #[error("expected at least 2 batches, found {found}")]
    OneBatch {
        /// Batches found.
        found: usize,
    },
    /// A batch with too few samples to have a variance.
    #[error("batch `{batch}`: expected at least 2 samples to adjust its variance, found {found}")]
    SmallBatch {
        /// The batch.
        batch: String,
        /// Its samples.
        found: usize,
    },
    /// The reference is no batch.
    #[error("reference batch: expected one of {known}, found `{found}`")]
    NoSuchBatch {
        /// The batches.
        known: String,
        /// What was asked for.
        found: String,
    },
    /// Empirical Bayes shares information between features, and there is nothing to share.
    #[error("empirical Bayes needs at least 2 features that vary, found {found}")]
    TooFewFeatures {
        /// Features that vary.
        found: usize,
    },
    /// A covariate that follows from batch and other covariates.
    #[error("covariate `{name}` is confounded with the batches or with another covariate")]
    Confounded {
        /// The covariate.
        name: String,
    },
    /// The iteration of empirical Bayes does not come to rest.
    #[error("batch `{batch}`: the estimates did not settle in {iterations} iterations")]
    NotConverged {
        /// The batch.
        batch: String,
        /// Iterations done.
        iterations: usize,
    },
    /// A threshold that is none.
    #[error("{what}: expected a number between 0 and 1, found {found}")]
    Threshold {
        /// Which threshold.
        what: &'static str,
        /// The value.
        found: f64,
    },
    /// A harmonised value beyond the range of a double.
    #[error("feature {feature}: the harmonised values are too large for a number")]
    Overflow {
        /// Number of the feature, from 1.
        feature: usize,
    },
}

fn same_samples(what: &str, expected: usize, found: usize) -> Result<(), HarmoniseError> {
    if expected == found {
        return Ok(());
    }
    Err(HarmoniseError::Samples {
        what: what.to_owned(),
        expected,
        found,
    })
}

/// Refuses batches that do not fit the features.
fn check_batches(features: &Matrix, batches: &Batches) -> Result<(), HarmoniseError> {
    same_samples("batches", features.columns(), batches.samples())?;
    if batches.names.len() < 2 {
        return Err(HarmoniseError::OneBatch {
            found: batches.names.len(),
        });
    }
    Ok(())
}
