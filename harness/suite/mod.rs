//! Suites: which images are processed how, what is asked of each, and what is expected.
//!
//! A suite is data made once: its cases and, per case, its [`Check`]s as they stand before anything was run (outcome
//! `skipped`, no value). Running fills in outcome, value and deviation.

mod analytic;
mod exact_values;
mod ibsi1;
mod ibsi2;
pub mod imsure;
pub mod invariance;

pub use analytic::analytic;
pub use ibsi1::ibsi1;
pub use ibsi2::ibsi2;
pub use imsure::imsure;
pub use invariance::invariance;

use std::collections::BTreeMap;

use radgauge_engine::{
    settings::Settings,
    volume::{Image, Mask},
};
use sha2::{Digest, Sha256};

use crate::results::{Check, Observation, SuiteStamp, hex};

/// A suite.
#[derive(Debug)]
pub struct Suite {
    /// Its name, the first part of every id in it.
    pub name: &'static str,
    /// Its edition: grows whenever a check is added, removed or changed.
    pub edition: u32,
    /// Its cases, in order.
    pub cases: Vec<SuiteCase>,
}

/// A case of a suite.
#[derive(Debug)]
pub struct SuiteCase {
    /// `suite/case`.
    pub id: String,
    /// What the case is, in a line.
    pub title: String,
    /// Where image and mask come from.
    pub input: Input,
    /// How they are processed.
    pub settings: Settings,
    /// What is asked for.
    pub asks: Asks,
    /// What is checked, in order.
    pub checks: Vec<Check>,
    /// What is asked for though there is no reference for it, in order; without values.
    pub observed: Vec<Observation>,
    /// What is asked for besides, where many cases ask for the same.
    pub observed_features: &'static [ObservedFeature],
    /// Whether it is run only when a glob selects it: it takes long, and nothing in it is judged.
    pub is_on_request: bool,
}

impl SuiteCase {
    /// The keys of its checks, in order: ids without the case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().map(|check| check.key())
    }

    /// What is asked for though there is no reference for it, in order; without values.
    pub fn observations(&self) -> impl Iterator<Item = Observation> {
        let features = self.observed_features.iter();
        let features = features.map(|feature| feature.observation(&self.id));
        self.observed.iter().cloned().chain(features)
    }

    /// The keys of everything that is asked for, in order.
    pub fn asked_keys(&self) -> impl Iterator<Item = &str> {
        let observed = self.observed.iter().map(Observation::key);
        let features = self.observed_features.iter().map(|one| one.key.as_str());
        self.keys().chain(observed).chain(features)
    }

    /// Whether another case puts the same question: the same image and mask, processed alike. Its answers are the
    /// same then, whatever is expected of them.
    #[must_use]
    pub fn asks_the_same_as(&self, other: &Self) -> bool {
        let is_same_input = match (self.input, other.input) {
            (Input::Phantom(a), Input::Phantom(b)) => std::ptr::fn_addr_eq(a, b),
            (
                Input::Numbered { make, number },
                Input::Numbered {
                    make: other,
                    number: other_number,
                },
            ) => std::ptr::fn_addr_eq(make, other) && number == other_number,
            (
                Input::Files { image, mask },
                Input::Files {
                    image: other_image,
                    mask: other_mask,
                },
            ) => (image, mask) == (other_image, other_mask),
            _ => false,
        };
        let is_same_task = !matches!(
            (self.asks, other.asks),
            (Asks::Invariance(_), _) | (_, Asks::Invariance(_))
        );
        is_same_input && is_same_task && self.settings == other.settings
    }

    /// The files of data sets that the case reads, by their path in the library.
    #[must_use]
    pub fn files(&self) -> Vec<&'static str> {
        let mut files = match self.input {
            Input::Phantom(_) | Input::Numbered { .. } | Input::Given(_) => Vec::new(),
            Input::Files { image, mask } => vec![image, mask],
        };
        if let Asks::ResponseMap(MapReference::File(reference)) = self.asks {
            files.push(reference);
        }
        files
    }

    /// Whether it is run when nothing is selected. It is not when it runs on request, nor when it asks anew about a
    /// transformed image and the answers are recorded already, as those in a file of values are.
    #[must_use]
    pub fn runs_unselected(&self, is_recorded: bool) -> bool {
        let is_asked_anew = matches!(self.asks, Asks::Invariance(_));
        !(self.is_on_request || (is_recorded && is_asked_anew))
    }

    /// Whether `selects` picks any check or observation by its id.
    #[must_use]
    pub fn is_selected(&self, selects: impl Fn(&str) -> bool) -> bool {
        let checks = self.checks.iter().map(|check| &check.id);
        let observed = self.observed.iter().map(|one| &one.id);
        let features = self.observed_features.iter();
        checks.chain(observed).any(|id| selects(id))
            || features
                .map(|feature| feature.id(&self.id))
                .any(|id| selects(&id))
    }
}

/// A feature that is asked for without a reference.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedFeature {
    /// Its key, `stat/-/Q4LE`.
    pub key: String,
    /// Its name.
    pub name: &'static str,
    /// Unit of its values.
    pub unit: &'static str,
    /// How far two implementations may be apart and still agree, relative to the larger value.
    pub tolerance: Option<f64>,
}

impl ObservedFeature {
    fn id(&self, case: &str) -> String {
        format!("{case}/{}", self.key)
    }

    fn observation(&self, case: &str) -> Observation {
        Observation {
            id: self.id(case),
            name: self.name.to_owned(),
            unit: self.unit.to_owned(),
            tolerance: self.tolerance,
            value: None,
            slices: Vec::new(),
            reason: None,
        }
    }
}

/// What a case asks an implementation for.
#[derive(Clone, Copy, Debug)]
pub enum Asks {
    /// Feature values and diagnostics.
    Features,
    /// The response map of the settings' filter over the whole image.
    ResponseMap(MapReference),
    /// Feature values of the image, and again of the image transformed.
    Invariance(invariance::Transformation),
}

/// Where the reference of a response map comes from.
#[derive(Clone, Copy, Debug)]
pub enum MapReference {
    /// A file of a public data set, by its path in the library.
    File(&'static str),
    /// Computed from the image and the settings, independently of the engine.
    Computed(fn(&Image, &Settings) -> Image),
    /// None was published.
    None,
}

/// Where a case's image and mask come from.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// Made in code.
    Phantom(fn() -> (Image, Mask)),
    /// Made in code, one of many.
    Numbered {
        /// Makes the phantom of a number.
        make: fn(usize) -> (Image, Mask),
        /// Its number.
        number: usize,
    },
    /// Files of a public data set, by their path in the library.
    Files {
        /// The image.
        image: &'static str,
        /// The mask.
        mask: &'static str,
    },
    /// The user's own, read when the program started.
    Given(&'static Given),
}

/// An image of the user's own and its region.
#[derive(Debug)]
pub struct Given {
    /// The image.
    pub image: Image,
    /// The region.
    pub mask: Mask,
    /// SHA-256 of their files, as `image` and `mask`: the names of the files may be those of patients.
    pub hashes: BTreeMap<String, String>,
}

impl Suite {
    /// Every suite of the harness, in the order in which they are run.
    #[must_use]
    pub fn all() -> Vec<Self> {
        vec![ibsi1(), ibsi2(), analytic(), imsure(), invariance()]
    }

    /// The suite's identity: name, edition, and a hash over everything it asks and expects.
    ///
    /// # Panics
    /// Never: checks have a JSON form.
    #[must_use]
    pub fn stamp(&self) -> SuiteStamp {
        let mut hash = Sha256::new();
        // Many cases share a list of features, which is long.
        let mut written = BTreeMap::new();
        let mut profiles = BTreeMap::new();
        let mut checks = 0;
        for case in &self.cases {
            hash.update(case.id.as_bytes());
            hash.update(case.settings.to_toml().as_bytes());
            for check in &case.checks {
                hash.update(serde_json::to_vec(check).expect("checks have a JSON form"));
                checks += 1;
                for profile in &check.profiles {
                    *profiles.entry(profile.clone()).or_default() += 1;
                }
            }
            for observation in &case.observed {
                hash.update(serde_json::to_vec(observation).expect("as do observations"));
            }
            let features = case.observed_features;
            hash.update(written.entry(features.as_ptr()).or_insert_with(|| {
                let features = features.iter();
                features
                    .map(|feature| format!("{}{:?}", feature.key, feature.tolerance))
                    .collect::<String>()
            }));
            if let Asks::ResponseMap(MapReference::File(path)) = case.asks {
                hash.update(path.as_bytes());
            }
        }
        SuiteStamp {
            name: self.name.to_owned(),
            edition: self.edition,
            sha256: hex(&hash.finalize()),
            checks,
            profiles,
        }
    }
}
