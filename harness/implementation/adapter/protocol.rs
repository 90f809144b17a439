//! Version 1 of the adapter protocol: UTF-8 JSON, one message a line.
//!
//! | harness says (`op`) | adapter answers (`kind`) |
//! | --- | --- |
//! | `hello` | `hello` |
//! | `case` | `result`, `unsupported` or `error`, after any number of `log` |
//! | `bye` | nothing; it ends |
//!
//! An answer carries the `id` of its question. Unknown fields, missing fields and values of another type are against the
//! protocol, in both directions. The schemas are committed in `harness/adapters/schema/`; `harness/adapters/README.md`
//! is the guide for those who write an adapter.

use std::collections::{BTreeMap, HashSet};

use radgauge_engine::feature::{Aggregation, Family};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::processing::Processing;
use crate::implementation::{Answer, Answers, Identity, SettingsUsed};

/// The version of the protocol.
pub const PROTOCOL: u32 = 1;

/// The longest line, in bytes, line feed included.
pub const MAX_LINE: usize = 8 << 20;

/// What the harness says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// The first message.
    Hello(HelloRequest),
    /// A question.
    Case(Box<CaseRequest>),
    /// The last message: the adapter ends.
    Bye(ByeRequest),
}

/// The first message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HelloRequest {
    /// Number of the message.
    pub id: u64,
    /// The version of the protocol, 1.
    pub protocol: u32,
    /// Who asks.
    pub harness: Identity,
    /// A folder for the adapter's own files, relative to its working directory, removed at the end.
    pub scratch: String,
}

/// A question: an image, a region, how to process them, and which features are wanted. Expected values are never sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseRequest {
    /// Number of the message.
    pub id: u64,
    /// The case's id, `ibsi1/digital`.
    pub case: String,
    /// The image: a NIfTI-1 file, as a rule of 64-bit floating point; or the folder of a DICOM series, if the adapter says
    /// that it reads them.
    pub image: File,
    /// The region of interest: NIfTI-1 on the image's grid.
    pub roi: Roi,
    /// How to process them. It has no implicit defaults: who cannot honour a field answers `unsupported`.
    pub processing: Processing,
    /// Keys of the features that are wanted, `glcm/3d_avg/TU9B`, and of diagnostics, `diag/initial/img_dim_x`.
    pub features: Vec<String>,
    /// What is wanted besides values; absent = nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Outputs>,
    /// Seconds after which the adapter is killed.
    pub timeout_s: f64,
}

/// The last message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByeRequest {
    /// Number of the message.
    pub id: u64,
}

/// A file, or a folder of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its path, relative to the adapter's working directory.
    pub path: String,
    /// SHA-256 of its bytes. Of a folder: of the lines that `sha256sum *` prints in it, digest, two spaces and name of each
    /// file in the order of names.
    pub sha256: String,
}

/// A region of interest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roi {
    /// The file's path, relative to the adapter's working directory.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// The value of the voxels inside.
    pub label: u32,
}

/// What is wanted besides values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    /// The filtered image.
    pub response_map: bool,
}

/// What an adapter answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Response {
    /// Who it is.
    Hello(Box<HelloResponse>),
    /// Values.
    Result(Box<ResultResponse>),
    /// The case cannot be processed as it asks.
    Unsupported(UnsupportedResponse),
    /// It failed; the next case may be asked.
    Error(ErrorResponse),
    /// Something for the log.
    Log(LogResponse),
}

/// Who an adapter is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HelloResponse {
    /// Number of the message that is answered.
    pub id: u64,
    /// The version of the protocol that it speaks; another than the one it was greeted in cannot be understood.
    #[serde(default = "HelloResponse::first_protocol")]
    pub protocol: u32,
    /// What is under test.
    pub implementation: Product,
    /// What speaks for it.
    pub adapter: Identity,
    /// What can be asked of it.
    pub capabilities: Capabilities,
    /// Whether the same question always has the same answer.
    pub deterministic: bool,
}

impl HelloResponse {
    fn first_protocol() -> u32 {
        1
    }
}

/// What is under test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The language that it is written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What can be asked of an adapter: what is not listed is not asked, and counts as unsupported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Feature families, `glcm`.
    pub families: Vec<String>,
    /// Aggregations of the texture families, `3d_avg`; features that are not aggregated need none.
    pub aggregations: Vec<String>,
    /// Discretisations, besides none.
    pub discretisation: Vec<DiscretisationMethod>,
    /// Interpolations, besides none.
    pub interpolation: Vec<InterpolationMethod>,
    /// Filters.
    pub filters: Vec<String>,
    /// Whether filtered images can be had.
    pub response_maps: bool,
    /// Whether the image may be a folder with a DICOM series.
    #[serde(default)]
    pub dicom: bool,
}

/// A discretisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiscretisationMethod {
    /// None: intensities are grey levels.
    None,
    /// Fixed bin size.
    Fbs,
    /// Fixed bin number.
    Fbn,
    /// Fixed bin width with edges at multiples of the width.
    FbwPyradiomics,
    /// Histogram equalisation.
    Equalise,
    /// Lloyd–Max.
    LloydMax,
}

/// An interpolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InterpolationMethod {
    /// Nearest neighbour.
    Nearest,
    /// Bilinear or trilinear.
    Linear,
    /// Cubic B-spline with prefilter.
    CubicSpline,
    /// Cubic convolution.
    CubicConvolution,
}

/// Values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultResponse {
    /// Number of the message that is answered.
    pub id: u64,
    /// One entry for each key that was asked for, in any order; a key that is left out is missing.
    pub values: Vec<Entry>,
    /// What image and region looked like on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<Diagnostics>,
    /// The settings that were used, in the implementation's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_used: Option<SettingsUsed>,
    /// The filtered image, a NIfTI file in the adapter's working directory, when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_map: Option<File>,
}

/// The answer to one key: a value, or a status that says why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The key, as it was asked for.
    pub key: String,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// More on the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The feature has no value for this region.
    Undefined,
    /// The implementation does not have the feature.
    Unsupported,
}

/// A number: a JSON number, or one of the strings `NaN`, `+Inf` and `-Inf`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Value", into = "serde_json::Value")]
pub struct Number(pub f64);

impl JsonSchema for Number {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A number: a JSON number, or one of the strings `NaN`, `+Inf` and `-Inf`.",
            "anyOf": [
                { "type": "number" },
                { "enum": ["NaN", "+Inf", "-Inf"] }
            ]
        })
    }
}

impl TryFrom<serde_json::Value> for Number {
    type Error = String;

    fn try_from(value: serde_json::Value) -> Result<Self, String> {
        let number = match &value {
            serde_json::Value::Number(number) => number.as_f64(),
            serde_json::Value::String(text) => match text.as_str() {
                "NaN" => Some(f64::NAN),
                "+Inf" => Some(f64::INFINITY),
                "-Inf" => Some(f64::NEG_INFINITY),
                _ => None,
            },
            _ => None,
        };
        number.map(Self).ok_or_else(|| {
            let found: String = value.to_string().chars().take(60).collect();
            format!(r#"expected a number, "NaN", "+Inf" or "-Inf", found {found}"#)
        })
    }
}

impl From<Number> for serde_json::Value {
    fn from(Number(number): Number) -> Self {
        if number.is_finite() {
            Self::from(number)
        } else if number.is_nan() {
            Self::from("NaN")
        } else {
            Self::from(if number > 0.0 { "+Inf" } else { "-Inf" })
        }
    }
}

/// What image and region looked like on the way. The short fields describe the end of processing; `stages` has the
/// diagnostic features of the IBSI 1 manual by stage and name, and counts where both are given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diagnostics {
    /// Size of the processed image in voxels: x, y, z.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dims: Option<[u32; 3]>,
    /// Voxel spacing of the processed image in mm: x, y, z.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing_mm: Option<[Number; 3]>,
    /// Voxels of the morphological mask at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voxels_morph: Option<u64>,
    /// Voxels of the intensity mask at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voxels_int: Option<u64>,
    /// Lowest intensity of the intensity mask at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    /// Highest intensity of the intensity mask at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
    /// Number of grey levels after discretisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<u32>,
    /// Diagnostic features by stage and name: `{"initial":{"img_dim_x":204,…},…}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<BTreeMap<Stage, BTreeMap<String, Number>>>,
}

/// A stage of processing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// As loaded.
    Initial,
    /// After interpolation.
    Interpolated,
    /// After re-segmentation.
    Resegmented,
}

impl Stage {
    fn slug(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Interpolated => "interpolated",
            Self::Resegmented => "resegmented",
        }
    }
}

/// The case cannot be processed as it asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnsupportedResponse {
    /// Number of the message that is answered.
    pub id: u64,
    /// What cannot be honoured.
    pub reason: String,
    /// Where that is discussed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorResponse {
    /// Number of the message that is answered.
    pub id: u64,
    /// What was being done: `load`, `process`, `compute` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// What happened.
    pub message: String,
}

/// Something for the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogResponse {
    /// Number of the message that is being answered.
    pub id: u64,
    /// `debug`, `info`, `warning` or `error`.
    pub level: Level,
    /// The text.
    pub message: String,
}

/// How much a log message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For who writes the adapter.
    Debug,
    /// Progress.
    Info,
    /// Something that should be looked at.
    Warning,
    /// Something that failed.
    Error,
}

impl Capabilities {
    /// Refuses families and aggregations that do not exist.
    ///
    /// # Errors
    /// The name that is none.
    pub fn check(&self) -> Result<(), String> {
        for family in &self.families {
            if !Family::ALL.iter().any(|known| known.slug() == family) {
                return Err(format!("capabilities.families: `{family}` is no family"));
            }
        }
        for aggregation in &self.aggregations {
            if !Aggregation::ALL
                .iter()
                .any(|known| known.slug() == aggregation)
            {
                return Err(format!(
                    "capabilities.aggregations: `{aggregation}` is no aggregation"
                ));
            }
        }
        Ok(())
    }

    /// Why a key is not asked under this processing; `None` when it is.
    #[must_use]
    pub fn lack(&self, key: &str, processing: &Processing) -> Option<String> {
        let mut parts = key.split('/');
        let (family, aggregation) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        if family == "diag" {
            return None;
        }
        if !self.families.iter().any(|known| known == family) {
            return not_listed("family", family);
        }
        if aggregation != "-" && !self.aggregations.iter().any(|known| known == aggregation) {
            return not_listed("aggregation", aggregation);
        }
        if let Some(lack) = self.lack_of_image(processing) {
            return Some(lack);
        }
        let method = match family {
            "morph" | "loc" | "stat" => DiscretisationMethod::None,
            "ivh" => processing.ivh.method(),
            _ => processing.discretise.method(),
        };
        if method != DiscretisationMethod::None && !self.discretisation.contains(&method) {
            return not_listed("discretisation", &name_of(method));
        }
        None
    }

    /// Why the response map of this processing is not asked for; `None` when it is.
    #[must_use]
    pub fn lack_of_map(&self, processing: &Processing) -> Option<String> {
        if !self.response_maps {
            return Some("response maps are not among the capabilities".to_owned());
        }
        self.lack_of_image(processing)
    }

    /// Why an image is not processed so; `None` when it is.
    fn lack_of_image(&self, processing: &Processing) -> Option<String> {
        if let Some(interpolate) = &processing.interpolate
            && !self.interpolation.contains(&interpolate.image)
        {
            return not_listed("interpolation", &name_of(interpolate.image));
        }
        if let Some(filter) = processing.filter_kind()
            && !self.filters.iter().any(|known| known == filter)
        {
            return not_listed("filter", filter);
        }
        None
    }
}

fn not_listed(what: &str, name: &str) -> Option<String> {
    Some(format!("{what} `{name}` is not among the capabilities"))
}

/// The name in the protocol of a method.
fn name_of(method: impl Serialize) -> String {
    match serde_json::to_value(method) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

impl ResultResponse {
    /// The answers, each key once and each asked for.
    ///
    /// # Errors
    /// What is against the protocol.
    pub fn answers(self, asked: &[&str]) -> Result<Answers, String> {
        if self.response_map.is_some() {
            return Err("a response map was not asked for".to_owned());
        }
        let known: HashSet<&str> = asked.iter().copied().collect();
        let mut answers = Answers::new();
        for entry in self.values {
            if !known.contains(entry.key.as_str()) {
                return Err(format!("`{}` was not asked for", shown(&entry.key)));
            }
            let key = entry.key.clone();
            if answers.insert(key, entry.answer()?).is_some() {
                return Err("a key is answered twice".to_owned());
            }
        }
        for (key, value) in self.diagnostics.unwrap_or_default().by_key() {
            answers.entry(key).or_insert(Answer::Value(value));
        }
        Ok(answers)
    }
}

impl Entry {
    fn answer(self) -> Result<Answer, String> {
        let reason = shown(self.reason.as_deref().unwrap_or("no reason given"));
        match (self.value, self.status) {
            (Some(Number(value)), None) => Ok(Answer::Value(value)),
            (None, Some(Status::Undefined)) => Ok(Answer::Undefined(reason)),
            (None, Some(Status::Unsupported)) => Ok(Answer::Unsupported(reason)),
            (Some(_), Some(_)) => Err(format!("`{}` has a value and a status", self.key)),
            (None, None) => Err(format!("`{}` has neither value nor status", self.key)),
        }
    }
}

impl Diagnostics {
    /// The values, by the key under which they would be asked for.
    fn by_key(self) -> BTreeMap<String, f64> {
        let mut values = BTreeMap::new();
        let mut put = |stage: &str, quantity: &str, value: Option<f64>| {
            if let Some(value) = value {
                values.insert(format!("diag/{stage}/{quantity}"), value);
            }
        };
        for (axis, name) in ["x", "y", "z"].into_iter().enumerate() {
            let size = self.dims.map(|dims| f64::from(dims[axis]));
            put("interpolated", &format!("img_dim_{name}"), size);
            let spacing = self.spacing_mm.map(|spacing| spacing[axis].0);
            put("interpolated", &format!("vox_dim_{name}"), spacing);
        }
        for (quantity, value) in [
            ("morph_mask_vox_count", self.voxels_morph.map(|n| n as f64)),
            ("int_mask_vox_count", self.voxels_int.map(|n| n as f64)),
            ("int_mask_min_int", self.min.map(|n| n.0)),
            ("int_mask_max_int", self.max.map(|n| n.0)),
        ] {
            put("resegmented", quantity, value);
        }
        put("discretised", "bins", self.bins.map(f64::from));
        for (stage, quantities) in self.stages.unwrap_or_default() {
            for (quantity, Number(value)) in quantities {
                put(stage.slug(), &quantity, Some(value));
            }
        }
        values
    }
}

/// Text of an adapter for a report: on one line, not too long.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 500;
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// The JSON Schema of what the harness says, as committed in `harness/adapters/schema/request.json`.
#[must_use]
pub fn request_schema() -> String {
    schema_text(&schemars::schema_for!(Request))
}

/// The JSON Schema of what an adapter answers, as committed in `harness/adapters/schema/response.json`.
#[must_use]
pub fn response_schema() -> String {
    schema_text(&schemars::schema_for!(Response))
}

fn schema_text(schema: &schemars::Schema) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("a schema has a JSON form");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The schemas are a promise to others: a change to them is a decision (CHANGELOG, *Formats*).
    #[test]
    fn committed_schemas_are_current() {
        let folder =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("harness/adapters/schema");
        for (name, current) in [
            ("request.json", request_schema()),
            ("response.json", response_schema()),
        ] {
            let committed = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert!(
                committed == current,
                "harness/adapters/schema/{name} is out of date; `radgauge schema adapter-request` and \
                 `adapter-response` print them anew"
            );
        }
    }

    /// The transcript in the guide is read by the types, and what the harness says in it is written as it stands there.
    #[test]
    fn the_transcript_is_protocol() {
        let transcript = include_str!("../../adapters/transcript.jsonl");
        let (mut requests, mut responses) = (0, 0);
        for line in transcript.lines() {
            if line.starts_with(r#"{"op""#) {
                let request: Request = serde_json::from_str(line).expect(line);
                let written = serde_json::to_string(&request).expect("a message has a JSON form");
                assert_eq!(written, line, "what the harness writes");
                requests += 1;
            } else {
                let _: Response = serde_json::from_str(line).expect(line);
                responses += 1;
            }
        }
        assert_eq!((requests, responses), (6, 6), "messages in the transcript");
    }

    fn result(text: &str) -> Result<Answers, String> {
        let line = format!(r#"{{"kind":"result","id":1,{text}}}"#);
        match serde_json::from_str(&line) {
            Ok(Response::Result(result)) => {
                result.answers(&["stat/-/Q4LE", "diag/interpolated/img_dim_x"])
            }
            Ok(other) => panic!("a result, found {other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn numbers_are_numbers_or_the_three_names() {
        let value = |text: &str| {
            result(&format!(
                r#""values":[{{"key":"stat/-/Q4LE","value":{text}}}]"#
            ))
            .map(|answers| answers["stat/-/Q4LE"].submitted().expect("a value"))
        };
        assert_eq!(value("2.15"), Ok(2.15));
        assert_eq!(value("0.1"), Ok(0.1), "read to the last bit");
        assert_eq!(value(r#""+Inf""#), Ok(f64::INFINITY));
        assert!(
            value(r#""NaN""#).is_ok_and(f64::is_nan),
            "not a number, explicitly"
        );
        for text in [
            r#""2.15""#,
            r#""nan""#,
            "null",
            "true",
            "[1]",
            "NaN",
            "1e999",
            "1,5",
        ] {
            assert!(value(text).is_err(), "{text} is no number");
        }
        for number in [1.5, f64::NEG_INFINITY] {
            let text = serde_json::to_string(&Number(number)).expect("has a JSON form");
            assert_eq!(
                serde_json::from_str::<Number>(&text).expect("reads back"),
                Number(number)
            );
        }
    }

    #[test]
    fn answers_are_each_key_once_and_asked_for() {
        for (text, message) in [
            (
                r#""values":[{"key":"stat/-/ECT3","value":1}]"#,
                "was not asked for",
            ),
            (
                r#""values":[{"key":"stat/-/Q4LE","value":1},{"key":"stat/-/Q4LE","value":1}]"#,
                "answered twice",
            ),
            (
                r#""values":[{"key":"stat/-/Q4LE"}]"#,
                "neither value nor status",
            ),
            (
                r#""values":[{"key":"stat/-/Q4LE","value":1,"status":"undefined"}]"#,
                "a value and a status",
            ),
            (
                r#""values":[{"key":"stat/-/Q4LE","valeu":1}]"#,
                "unknown field",
            ),
            (r#""values":{}"#, "invalid type"),
            (r#""values":[],"extra":1"#, "unknown field"),
            (
                r#""values":[],"response_map":{"path":"x.nii","sha256":""}"#,
                "was not asked for",
            ),
        ] {
            let error = result(text).expect_err(text);
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn diagnostics_are_answers_like_others() {
        let answers = result(
            r#""values":[],"diagnostics":{"dims":[5,4,3],"voxels_int":74,"stages":{"initial":{"mean_int":-46.9},"interpolated":{"img_dim_x":6}}}"#,
        )
        .expect("a result");
        let of = |key: &str| answers.get(key).and_then(Answer::submitted);
        assert_eq!(
            of("diag/interpolated/img_dim_x"),
            Some(6.0),
            "the stage's own word counts"
        );
        assert_eq!(of("diag/interpolated/img_dim_z"), Some(3.0));
        assert_eq!(of("diag/resegmented/int_mask_vox_count"), Some(74.0));
        assert_eq!(of("diag/initial/mean_int"), Some(-46.9));
    }
}
