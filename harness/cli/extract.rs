//! `radgauge extract`

use std::{num::NonZeroU32, path::PathBuf};

use clap::{ArgGroup, Args, ValueEnum};
use radgauge_engine::{
    io::{RoiChoice, check_same_grid, read_image, read_roi, read_series},
    pipeline::{self, Extraction},
    settings::Settings,
};
use serde_json::json;

use super::{Failed, output, settings};
use crate::certify::exit;

/// Compute the features of an image and a mask
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("how").required(true))]
pub(super) struct Extract {
    /// The image: NIfTI (.nii or .nii.gz), or the folder of a DICOM series
    image: PathBuf,
    /// The mask on the image's grid (NIfTI), or a DICOM RT structure set or segmentation
    mask: PathBuf,
    /// Settings file (TOML); `radgauge settings show ibsi-c` prints one to start from
    #[arg(long, value_name = "FILE", group = "how")]
    settings: Option<PathBuf>,
    /// Settings of this name; `radgauge settings list` names them
    #[arg(long, value_name = "NAME", group = "how")]
    preset: Option<String>,
    /// Value of the mask's voxels that make up the region of interest; needed when it holds several
    #[arg(long, value_name = "N")]
    label: Option<NonZeroU32>,
    /// Name or number of the region in the structure set or segmentation; needed when it holds several
    #[arg(long, value_name = "NAME|NUMBER", conflicts_with = "label")]
    roi: Option<RoiChoice>,
    /// Which series of the image's folder (its SeriesInstanceUID); needed when it holds several
    #[arg(long, value_name = "UID")]
    series: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A row per feature and per diagnostic feature
    Csv,
    /// One object: settings, diagnostics, features
    Json,
}

impl Extract {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let settings = match (&self.settings, &self.preset) {
            (Some(file), _) => settings::read(file)?,
            (None, Some(name)) => settings::preset(name)?.settings.clone(),
            (None, None) => unreachable!("clap requires one of the two"),
        };
        let image = match &self.series {
            Some(uid) => read_series(&self.image, Some(uid)),
            None => read_image(&self.image),
        };
        let image = image.map_err(Failed::data)?;
        let roi = match (self.label, self.roi) {
            (Some(label), _) => RoiChoice::Number(label.get()),
            (None, Some(roi)) => roi,
            (None, None) => RoiChoice::Only,
        };
        let mask = read_roi(&self.mask, image.grid(), &roi).map_err(Failed::data)?;
        check_same_grid(image.grid(), mask.grid())
            .map_err(|error| {
                anyhow::Error::from(error).context(format!(
                    "`{}` and `{}` do not lie on one grid",
                    self.image.display(),
                    self.mask.display()
                ))
            })
            .map_err(Failed::data)?;
        let extraction = pipeline::extract(&image, &mask, &settings).map_err(Failed::usage)?;
        let text = match self.format {
            Format::Csv => csv(&extraction),
            Format::Json => json(&extraction, &settings),
        };
        output::write(self.out.as_deref(), text.as_bytes())?;
        Ok(exit::OK)
    }
}

/// A row each: key, name, unit, value (empty when undefined), why it is undefined.
fn csv(extraction: &Extraction) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: [&str; 6]| {
        writer
            .write_record(row)
            .expect("writing to memory cannot fail");
    };
    write(["key", "name", "unit", "value", "undefined", "standardised"]);
    for row in extraction.diagnostics.rows() {
        let (value, undefined) = cells(row.value);
        write([&row.key(), row.quantity, "", &value, &undefined, ""]);
    }
    for (key, value) in extraction.features.rows() {
        let (value, undefined) = cells(*value);
        let standardised = if key.feature.is_standardised {
            "yes"
        } else {
            "no"
        };
        write([
            &key.to_string(),
            &key.feature.name,
            &key.feature.unit,
            &value,
            &undefined,
            standardised,
        ]);
    }
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is UTF-8")
}

fn cells(value: radgauge_engine::feature::Value) -> (String, String) {
    match value {
        Ok(value) => (value.to_string(), String::new()),
        Err(reason) => (String::new(), reason.to_string()),
    }
}

fn json(extraction: &Extraction, settings: &Settings) -> String {
    let entry = |value: radgauge_engine::feature::Value| match value {
        Ok(value) => json!({ "value": value }),
        Err(reason) => json!({ "undefined": reason.to_string() }),
    };
    let diagnostics: serde_json::Map<_, _> = extraction
        .diagnostics
        .rows()
        .iter()
        .map(|row| (row.key(), entry(row.value)))
        .collect();
    let features: serde_json::Map<_, _> = extraction
        .features
        .rows()
        .iter()
        .map(|(key, value)| {
            let mut entry = entry(*value);
            entry["name"] = json!(key.feature.name);
            entry["unit"] = json!(key.feature.unit);
            entry["standardised"] = json!(key.feature.is_standardised);
            (key.to_string(), entry)
        })
        .collect();
    let document = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "settings": settings,
        "diagnostics": diagnostics,
        "features": features,
    });
    format!("{document:#}\n")
}
