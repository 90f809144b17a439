//! What a feature has to fulfil to be trusted: user policy, with a named preset for every convention in use.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::statistics::category::Criterion;

/// What a feature has to fulfil to be trusted. All that is set must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Criteria {
    /// The convention that this is; `custom` when values were changed.
    pub preset: String,
    /// Whether the lower bound of the interval is judged, or the estimate.
    pub judge: Judge,
    /// ICC from which a feature is moderate.
    pub moderate: f64,
    /// ICC from which a feature is good.
    pub good: f64,
    /// ICC from which a feature is excellent.
    pub excellent: f64,
    /// What is required of a robust feature: `moderate`, `good` or `excellent`.
    pub required: Required,
    /// Unknown with fewer draws (or settings, or implementations).
    pub minimum_columns: usize,
    /// Largest within-subject coefficient of variation, as a fraction. Features whose mean cannot be told from zero are
    /// not judged by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_within_cv: Option<f64>,
    /// Largest repeatability coefficient in standard deviations between cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_relative_coefficient: Option<f64>,
    /// The gap between consistency and agreement from which a difference is called systematic.
    pub systematic_gap: f64,
}

/// What is compared with the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// The lower bound of the interval.
    LowerBound,
    /// The estimate. It does not say how far to trust it.
    Estimate,
}

/// What is required of a robust feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Required {
    /// Moderate or better.
    Moderate,
    /// Good or better.
    Good,
    /// Excellent.
    Excellent,
}

impl Default for Criteria {
    fn default() -> Self {
        Self {
            preset: "koo-li".to_owned(),
            judge: Judge::LowerBound,
            moderate: 0.50,
            good: 0.75,
            excellent: 0.90,
            required: Required::Good,
            minimum_columns: 2,
            max_within_cv: None,
            max_relative_coefficient: None,
            systematic_gap: 0.1,
        }
    }
}

/// A convention by name: where it comes from, and what it asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Its source.
    pub source: &'static str,
    /// What it asks for.
    pub criteria: Criteria,
}

/// The conventions that have a name.
#[must_use]
pub fn presets() -> Vec<Preset> {
    let preset = |name: &'static str, source, change: fn(&mut Criteria)| {
        let mut criteria = Criteria {
            preset: name.to_owned(),
            ..Criteria::default()
        };
        change(&mut criteria);
        Preset {
            name,
            source,
            criteria,
        }
    };
    vec![
        preset(
            "koo-li",
            "Koo and Li 2016: good from 0.75, by the lower bound; IBSI judges so",
            |_| {},
        ),
        preset(
            "ibsi2",
            "IBSI 2: the same, unknown with fewer than three columns",
            |c| c.minimum_columns = 3,
        ),
        preset(
            "zwanenburg-2019",
            "Zwanenburg et al. 2019: ICC(1,1) of at least 0.90, the estimate",
            |c| {
                c.judge = Judge::Estimate;
                c.required = Required::Excellent;
            },
        ),
        preset(
            "estimate-0.75",
            "common in the literature: ICC of at least 0.75, the estimate",
            |c| c.judge = Judge::Estimate,
        ),
        preset(
            "strict",
            "excellent by the lower bound, and wCV of at most 10 %",
            |c| {
                c.required = Required::Excellent;
                c.max_within_cv = Some(0.10);
            },
        ),
    ]
}

/// Criteria that cannot be judged by.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("`criteria.{key}`: expected {expected}, found `{found}`")]
pub struct CriteriaError {
    /// The key.
    pub key: &'static str,
    /// What it may be.
    pub expected: String,
    /// What it was.
    pub found: String,
}

impl Criteria {
    /// Checks that limits are limits.
    ///
    /// # Errors
    /// Naming the first key whose value is none.
    pub fn check(&self) -> Result<(), CriteriaError> {
        let error = |key, expected: &str, found: String| {
            Err(CriteriaError {
                key,
                expected: expected.to_owned(),
                found,
            })
        };
        let is_correlation = |value: f64| (0.0..=1.0).contains(&value);
        for (key, value) in [
            ("moderate", self.moderate),
            ("good", self.good),
            ("excellent", self.excellent),
            ("systematic_gap", self.systematic_gap),
        ] {
            if !is_correlation(value) {
                return error(key, "a correlation between 0 and 1", value.to_string());
            }
        }
        if !(self.moderate <= self.good && self.good <= self.excellent) {
            let found = format!("{}, {}, {}", self.moderate, self.good, self.excellent);
            return error("good", "moderate ≤ good ≤ excellent", found);
        }
        if self.minimum_columns < 2 {
            let found = self.minimum_columns.to_string();
            return error("minimum_columns", "at least 2", found);
        }
        for (key, limit) in [
            ("max_within_cv", self.max_within_cv),
            ("max_relative_coefficient", self.max_relative_coefficient),
        ] {
            if let Some(limit) = limit
                && !(limit.is_finite() && limit > 0.0)
            {
                return error(key, "a positive number", limit.to_string());
            }
        }
        Ok(())
    }

    /// Where categories begin.
    #[must_use]
    pub fn criterion(&self) -> Criterion {
        Criterion {
            moderate: self.moderate,
            good: self.good,
            excellent: self.excellent,
            minimum_raters: self.minimum_columns,
        }
    }
}
