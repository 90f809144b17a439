//! What a finished study found: `radgauge.study/1`, the one document from which every report of a study is rendered.
//!
//! JSON Lines, in this order whatever the number of threads, shards and interruptions was:
//!
//! ```text
//! study                    what was asked: cases, perturbations, grid of settings, features, criteria
//! repeatability …          per implementation × settings × feature: same settings, perturbed scans
//! settings …               per implementation × settings: how many features repeat, and the rank
//! reproducibility …        per implementation × axis × feature: same scan, other settings
//! agreement …              per pair of implementations × settings × feature: same scan, same settings
//! response …               per perturbation × feature, at the first settings: by how much values shift
//! perturbation …           per perturbation × settings: the same over all features
//! perturbation_kind …      per settings × kind of perturbation: which features repeat when nothing else is perturbed
//! profile …                per feature, at the settings of rank 1: every case before and after perturbation
//! harmonised …             labelled arms: what a correction for batches would change
//! failure …                what has no values, and why
//! end                      counts, exit code, digest
//! ```
//!
//! Three questions are kept apart, because they have three answers: whether a feature **repeats** (the draws of a case
//! are exchangeable: ICC(1), wSD, RC, wCV), whether it **reproduces** when the settings change (ICC(A,1), ICC(C,1),
//! gauge R&R, RDC), and whether **implementations agree** (ICC(A,1), CCC).
//!
//! Every statistic names how it was computed and from how many cases (n) and columns (k). What the data do not define is
//! [`Known::Undefined`] with a reason, never a number. Numbers are finite. There are no paths, times or hosts: a case goes
//! by its id.
//!
//! The values themselves are not part of the document; they are in `values.csv` beside it, one row a value.

mod document;

pub use document::{ReadError, read};

use std::collections::BTreeMap;

use radgauge_engine::settings::Settings as Processing;
use serde::{Deserialize, Serialize};

use super::criteria::Criteria;
use crate::implementation::{Identity, Submission};

/// The schema's name and version.
pub const SCHEMA: &str = "radgauge.study/1";

/// The name of the document in the folder of a study.
pub const FILE: &str = "study.results";

/// A finished study.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What was asked.
    pub study: Study,
    /// Repeatability: by implementation, settings, feature, in the order of [`Study`].
    pub repeatability: Vec<Repeatability>,
    /// Settings summarised: by implementation, settings.
    pub settings: Vec<SettingsSummary>,
    /// Reproducibility: by implementation, axis (all first), feature.
    pub reproducibility: Vec<Reproducibility>,
    /// Agreement of implementations: by pair, settings, feature.
    pub agreement: Vec<Agreement>,
    /// Response of features to perturbations: by perturbation, feature.
    pub responses: Vec<Response>,
    /// Perturbations summarised: by settings, perturbation.
    pub perturbations: Vec<PerturbationSummary>,
    /// Repeatability under one kind of perturbation alone: by settings, kind.
    pub perturbation_kinds: Vec<PerturbationKind>,
    /// Cases before and after perturbation: by feature.
    pub profiles: Vec<Profile>,
    /// What corrections for batches would change.
    pub harmonised: Vec<Harmonised>,
    /// What has no values.
    pub failures: Vec<Failure>,
    /// The footer.
    pub end: End,
}

/// One line of the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// The header.
    Study(Box<Study>),
    /// Repeatability of a feature under settings.
    Repeatability(Box<Repeatability>),
    /// Settings over all features.
    Settings(SettingsSummary),
    /// Reproducibility of a feature across settings.
    Reproducibility(Box<Reproducibility>),
    /// Agreement of two implementations on a feature.
    Agreement(Agreement),
    /// Response of a feature to a perturbation.
    Response(Response),
    /// A perturbation over all features.
    Perturbation(PerturbationSummary),
    /// Repeatability under one kind of perturbation alone.
    PerturbationKind(PerturbationKind),
    /// Cases before and after perturbation.
    Profile(Profile),
    /// A harmonisation arm.
    Harmonised(Harmonised),
    /// Something without values.
    Failure(Failure),
    /// The footer.
    End(End),
}

/// A figure, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Known<T> {
    /// The figure.
    Known(T),
    /// None.
    Undefined {
        /// Because.
        undefined: String,
    },
}

impl<T> Known<T> {
    /// The figure, if there is one.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Undefined { .. } => None,
        }
    }

    /// Why there is none.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Undefined { undefined } => Some(undefined),
        }
    }
}

impl<T, E: std::fmt::Display> From<Result<T, E>> for Known<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Known(value),
            Err(error) => Self::Undefined {
                undefined: error.to_string(),
            },
        }
    }
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Always `radgauge.study/1`.
    pub schema: String,
    /// The harness.
    pub harness: Identity,
    /// Title of the study.
    pub title: String,
    /// Who computed the values; the first is the one whose settings are ranked.
    pub implementations: Vec<ImplementationStamp>,
    /// The cases, in order; also those that failed.
    pub cases: Vec<Case>,
    /// The draws of every case, in order. The unperturbed scan is not among them.
    pub perturbations: Vec<Perturbation>,
    /// The axes of the grid that have more than one level, in the order in which they vary, the last fastest.
    pub axes: Vec<Axis>,
    /// The points of the grid, in order.
    pub settings: Vec<SettingsPoint>,
    /// The features, in the order of the catalogue.
    pub features: Vec<Feature>,
    /// What a feature has to fulfil.
    pub criteria: Criteria,
    /// How the statistics are computed.
    pub methods: Methods,
}

/// Who computed the values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImplementationStamp {
    /// Who it is.
    pub identity: Identity,
    /// By what way its answers reached the harness; absent for the built-in engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<Submission>,
}

/// A case: an image and a region of interest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// What it belongs to (a scanner, a site, a modality), if the study says so: batches of a harmonisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// SHA-256 over image and region; absent when they cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Whether it has values.
    pub is_usable: bool,
}

/// A draw: one perturbation of every scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Perturbation {
    /// Its id: `rotation+5` or `draw-07`.
    pub id: String,
    /// What is done, in the order in which it is done.
    pub steps: Vec<Step>,
    /// Its seed; every case has its own stream of it.
    pub seed: u64,
}

impl Perturbation {
    /// Its kind: the kinds of its steps in order, `rotate` or `noise + contour`.
    #[must_use]
    pub fn kind(&self) -> String {
        let kinds: Vec<&str> = self.steps.iter().map(|step| step.kind.as_str()).collect();
        kinds.join(" + ")
    }
}

/// A part of a perturbation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is: `rotation`, `translation`, `noise`, `volume` …
    pub kind: String,
    /// How much of it, for a response curve; absent where it has no single magnitude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub magnitude: Option<f64>,
    /// The unit of the magnitude: `deg`, `voxel`, `mm`; empty for a fraction.
    pub unit: String,
    /// Everything that defines it, in words.
    pub definition: String,
}

/// An axis of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// Its name: `interpolation`, `spacing_mm`, `resegment`, `discretise`, `aggregation`, `filter` …
    pub name: String,
    /// Its levels, as they are shown.
    pub levels: Vec<String>,
}

/// A point of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsPoint {
    /// Its id: `s01`, `s02`, … in the order of the grid.
    pub id: String,
    /// The level on every axis of [`Study::axes`], as an index.
    pub levels: Vec<usize>,
    /// The levels in words, `linear · 2 mm · 25`; `as given` when the grid has one point.
    pub label: String,
    /// Everything that the extraction reads; in the document its TOML text, since JSON has no infinity.
    #[serde(with = "as_toml")]
    pub settings: Processing,
}

/// Settings as their TOML text.
mod as_toml {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::Processing;

    pub fn serialize<S: Serializer>(settings: &Processing, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&settings.to_toml())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Processing, D::Error> {
        Processing::from_toml(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Its key, `glcm/3d_avg/TU9B`; with an axis of aggregations `glcm/*/TU9B`.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its family, `glcm`.
    pub family: String,
    /// Its unit; empty when it has none.
    pub unit: String,
    /// Whether it is among the 169 features that IBSI standardised.
    pub is_standardised: bool,
}

/// How the statistics are computed: names that a methods section can print.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Methods {
    /// Confidence level of all intervals.
    pub level: f64,
    /// How intraclass correlations are computed: `textbook` (McGraw and Wong, intervals by the F distribution).
    pub icc: String,
    /// The multiplier of wSD that makes RC and RDC: 2.7718…
    pub coefficient_multiplier: f64,
    /// How concordance correlations are computed.
    pub ccc: String,
    /// How variance components are estimated.
    pub gauge: String,
    /// What happens to a case that lacks a value.
    pub missing: String,
}

/// An intraclass correlation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// The form, `ICC(1)`.
    pub form: String,
    /// How it was computed, `textbook`.
    pub computation: String,
    /// The estimate; may be negative.
    pub value: f64,
    /// Bounds of its interval; absent where the distribution gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// Upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// Cases.
    pub n: usize,
    /// Columns: draws, settings, implementations.
    pub k: usize,
    /// Cases left out because a value is missing.
    pub dropped: usize,
    /// `excellent good moderate poor unknown`, by the lower bound.
    pub category: String,
    /// Why not to read it as a correlation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

/// A coefficient in the unit of the feature, with its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coefficient {
    /// The estimate.
    pub value: f64,
    /// Lower bound; absent without degrees of freedom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// Upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// Degrees of freedom.
    pub df: f64,
}

/// `robust systematic unstable unknown`, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The class.
    pub class: String,
    /// Why, in words.
    pub reason: String,
}

/// Whether a feature repeats: same settings, perturbed scans. Rows are cases, columns draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeatability {
    /// Index of the implementation.
    pub implementation: usize,
    /// Index of the settings.
    pub settings: usize,
    /// Index of the feature.
    pub feature: usize,
    /// Cases with a value of every draw.
    pub n: usize,
    /// Draws.
    pub k: usize,
    /// Cases that lack a value.
    pub dropped: usize,
    /// Why the first missing value is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Mean over cases and draws.
    pub mean: Known<f64>,
    /// Standard deviation between the means of the cases.
    pub between_sd: Known<f64>,
    /// ICC(1): the draws of a case are exchangeable.
    pub icc: Known<Correlation>,
    /// ICC(C,1): what is left when every draw may shift all cases by a constant.
    pub consistency: Known<Correlation>,
    /// Within-subject standard deviation wSD, in the unit of the feature.
    pub within_sd: Known<f64>,
    /// Repeatability coefficient RC.
    pub coefficient: Known<Coefficient>,
    /// Within-subject coefficient of variation wCV, root mean square.
    pub within_cv: Known<f64>,
    /// wCV by logarithms.
    pub within_cv_logarithmic: Known<f64>,
    /// RC in percent of a case's mean, 277 wCV.
    pub percent_coefficient: Known<f64>,
    /// Why quotients by the mean mean nothing here, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ill_conditioned: Option<String>,
    /// Whether the feature can be trusted under these settings.
    pub verdict: Verdict,
}

/// How settings do over all features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsSummary {
    /// Index of the implementation.
    pub implementation: usize,
    /// Index of the settings.
    pub settings: usize,
    /// Rank, 1 = most robust features; ties by the median lower bound, then by the order of the grid.
    pub rank: usize,
    /// Features.
    pub features: usize,
    /// Features by class.
    pub classes: BTreeMap<String, usize>,
    /// Features by category of ICC(1).
    pub categories: BTreeMap<String, usize>,
    /// Robust features, of all features, by family.
    pub families: BTreeMap<String, [usize; 2]>,
    /// Median of the lower bounds of ICC(1), over the features that have one.
    pub median_lower: Known<f64>,
}

/// Whether a feature reproduces: same scan, other settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reproducibility {
    /// Index of the implementation.
    pub implementation: usize,
    /// `all` points of the grid, or the name of the axis that varies while the others stay at their first level.
    pub across: String,
    /// Index of the feature.
    pub feature: usize,
    /// Cases with a value under every setting.
    pub n: usize,
    /// Settings.
    pub k: usize,
    /// Draws, which are the trials of the gauge study; the unperturbed scan is one of them.
    pub trials: usize,
    /// Cases that lack a value.
    pub dropped: usize,
    /// ICC(A,1) of the unperturbed scans.
    pub agreement: Known<Correlation>,
    /// ICC(C,1) of the unperturbed scans.
    pub consistency: Known<Correlation>,
    /// Gauge R&R: part = case, operator = settings, trial = draw.
    pub gauge: Known<Gauge>,
    /// Reproducibility coefficient RDC.
    pub coefficient: Known<Coefficient>,
    /// Whether values under different settings can be used side by side.
    pub verdict: Verdict,
}

/// Variance components, in the squared unit of the feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gauge {
    /// Between cases.
    pub part: f64,
    /// Between settings.
    pub operator: f64,
    /// Settings that matter for some cases only.
    pub interaction: f64,
    /// Between draws.
    pub repeatability: f64,
    /// Gauge R&R in percent of the total standard deviation.
    pub percent_study_variation: Known<f64>,
    /// Number of groups of cases that can be told apart.
    pub distinct_categories: Option<u64>,
}

/// Whether two implementations agree: same scan, same settings. Rows are the unperturbed cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Indices of the implementations.
    pub implementations: [usize; 2],
    /// Index of the settings.
    pub settings: usize,
    /// Index of the feature.
    pub feature: usize,
    /// Cases with a value of both.
    pub n: usize,
    /// ICC(A,1).
    pub icc: Known<Correlation>,
    /// Lin's concordance correlation, with its interval by Fisher's z.
    pub ccc: Known<Coefficient>,
    /// Mean of second less first.
    pub bias: Known<f64>,
}

/// By how much a perturbation shifts a feature, at the first settings of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Index of the perturbation.
    pub perturbation: usize,
    /// Index of the settings.
    pub settings: usize,
    /// Index of the feature.
    pub feature: usize,
    /// Cases with a value before and after.
    pub n: usize,
    /// Mean of perturbed less unperturbed, in the unit of the feature.
    pub mean_shift: Known<f64>,
    /// Standard deviation of that difference.
    pub sd_shift: Known<f64>,
    /// Mean shift in standard deviations between the unperturbed cases.
    pub standardised_shift: Known<f64>,
}

/// By how much a perturbation shifts features under settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerturbationSummary {
    /// Index of the settings.
    pub settings: usize,
    /// Index of the perturbation.
    pub perturbation: usize,
    /// Features that have a standardised shift.
    pub features: usize,
    /// Median of its size: root mean square over the cases of the difference, in standard deviations between cases.
    pub median_change: Known<f64>,
    /// Its ninth decile.
    pub upper_decile_change: Known<f64>,
}

/// What one kind of perturbation does by itself under settings: repeatability by ICC(1) over the unperturbed scan and the
/// draws of that kind, and no others. What is not robust here is lost to this kind of perturbation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerturbationKind {
    /// Index of the settings.
    pub settings: usize,
    /// The kind, as [`Perturbation::kind`] has it.
    pub name: String,
    /// Columns: its draws and the unperturbed scan.
    pub k: usize,
    /// Features by class.
    pub classes: BTreeMap<String, usize>,
    /// Robust features, of all features, by family.
    pub families: BTreeMap<String, [usize; 2]>,
}

/// Every case before and after perturbation, at the settings of rank 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Index of the feature.
    pub feature: usize,
    /// Index of the settings.
    pub settings: usize,
    /// Value of the unperturbed scan, by case.
    pub original: Vec<Option<f64>>,
    /// Mean over the draws that have a value, by case.
    pub mean: Vec<Option<f64>>,
    /// Standard deviation over them, by case.
    pub sd: Vec<Option<f64>>,
    /// How many draws have a value, by case.
    pub draws: Vec<usize>,
}

/// A harmonisation arm. Never the result: it says what a correction would change, and it has been told the batches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Harmonised {
    /// What was done, `ComBat (parametric)`.
    pub arm: String,
    /// What the batches are: `settings`, `batch`.
    pub batches: String,
    /// Why it could not be done, if so; then there is nothing below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undefined: Option<String>,
    /// Features that took part.
    pub features: usize,
    /// Features by class of reproducibility across settings, before.
    pub before: BTreeMap<String, usize>,
    /// … and after.
    pub after: BTreeMap<String, usize>,
    /// ICC(A,1) across settings by feature that took part: its index, before, after.
    pub agreement: Vec<(usize, Known<f64>, Known<f64>)>,
}

/// What has no values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Id of the case.
    pub case: String,
    /// Id of the perturbation, `original` for the unperturbed scan; absent when all of the case failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perturbation: Option<String>,
    /// Id of the settings; absent when all of them failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
    /// Name of the implementation, when there are several and one failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implementation: Option<String>,
    /// How many cells have no values for it.
    pub cells: usize,
    /// Why.
    pub reason: String,
}

/// The footer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Cells of the plan: case × (perturbations and the unperturbed scan) × settings × implementations.
    pub cells: usize,
    /// Cells without values.
    pub failed_cells: usize,
    /// Cases without values.
    pub failed_cases: usize,
    /// The exit code of the run.
    pub exit_code: u8,
    /// SHA-256 of all lines above.
    pub digest: String,
}

/// The id of the unperturbed scan among perturbations, in files.
pub const ORIGINAL: &str = "original";

impl Outcome {
    /// The settings of rank 1 for an implementation.
    #[must_use]
    pub fn best(&self, implementation: usize) -> Option<&SettingsSummary> {
        let mut of_implementation = self.settings.iter();
        of_implementation
            .find(|summary| summary.implementation == implementation && summary.rank == 1)
    }

    /// Repeatability of all features for an implementation under settings, in the order of the features.
    #[must_use]
    pub fn repeatability_of(&self, implementation: usize, settings: usize) -> &[Repeatability] {
        let features = self.study.features.len();
        let start = features * (implementation * self.study.settings.len() + settings);
        self.repeatability
            .get(start..start + features)
            .unwrap_or_default()
    }

    /// The features that can be trusted under settings: those whose repeatability is robust.
    pub fn trustworthy(
        &self,
        implementation: usize,
        settings: usize,
    ) -> impl Iterator<Item = (&Feature, &Repeatability)> {
        self.repeatability_of(implementation, settings)
            .iter()
            .filter(|row| row.verdict.class == "robust")
            .map(|row| (&self.study.features[row.feature], row))
    }
}
