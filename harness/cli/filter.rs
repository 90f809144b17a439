//! `radgauge filter`

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{ArgGroup, Args};
use radgauge_engine::{
    feature::Family,
    io::{read_image, write_image},
    pipeline,
    settings::Settings,
};

use super::{Failed, settings};
use crate::certify::exit;

/// Filter an image and write the response map, for looking at it in any viewer
///
/// The map lies where the image lies: its affine is kept. With settings or a preset the image is processed up to the
/// filter, so that an interpolated image gives an interpolated map.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("how").required(true))]
pub(super) struct Filter {
    /// The image: NIfTI (.nii or .nii.gz), or the folder of a DICOM series
    image: PathBuf,
    /// Kind of filter; `radgauge filters` lists them
    #[arg(long, value_name = "KIND", group = "how")]
    filter: Option<String>,
    /// Parameter of the filter, as settings have it, e.g. `support=5`, `dimension=2d` or `order=[0,2,0]`; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "filter")]
    set: Vec<String>,
    /// Settings file (TOML) with a filter
    #[arg(long, value_name = "FILE", group = "how")]
    settings: Option<PathBuf>,
    /// Settings of this name; `radgauge settings list` names them
    #[arg(long, value_name = "NAME", group = "how")]
    preset: Option<String>,
    /// The response map to write: .nii or .nii.gz, in double precision
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
}

impl Filter {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let settings = match (&self.filter, &self.settings, &self.preset) {
            (Some(kind), _, _) => {
                let text = as_toml(kind, &self.set).map_err(Failed::usage)?;
                Settings::from_toml(&text)
                    .with_context(|| format!("--filter {kind}"))
                    .map_err(Failed::usage)?
            }
            (_, Some(file), _) => settings::read(file)?,
            (_, _, Some(name)) => settings::preset(name)?.settings.clone(),
            (None, None, None) => unreachable!("clap requires one of the three"),
        };
        if settings.filter.is_none() {
            return Err(Failed::usage(anyhow::anyhow!(
                "the settings have no filter"
            )));
        }
        let image = read_image(&self.image).map_err(Failed::data)?;
        // Filters see the whole image; a region matters only to the features.
        let everywhere = image.map(|_| true);
        let prepared = pipeline::prepare(&image, &everywhere, &settings).map_err(Failed::usage)?;
        write_image(&self.out, &prepared.image)
            .with_context(|| format!("cannot write `{}`", self.out.display()))
            .map_err(Failed::usage)?;
        Ok(exit::OK)
    }
}

/// Settings with the filter alone. A value that is no TOML by itself is a word.
fn as_toml(kind: &str, set: &[String]) -> anyhow::Result<String> {
    let mut filter = toml::Table::new();
    filter.insert("kind".to_owned(), kind.into());
    for parameter in set {
        let Some((key, value)) = parameter.split_once('=') else {
            bail!("--set: expected KEY=VALUE, found `{parameter}`");
        };
        let parsed = toml::from_str::<toml::Table>(&format!("value = {value}"));
        let value = match parsed {
            Ok(mut table) if table.len() == 1 => {
                table.remove("value").unwrap_or_else(|| value.into())
            }
            _ => value.into(),
        };
        if filter.insert(key.trim().to_owned(), value).is_some() {
            bail!("--set: `{key}` is given twice");
        }
    }
    let settings = toml::Table::from_iter([
        ("filter".to_owned(), filter.into()),
        (
            "features".to_owned(),
            // Families that need bins of a response map are not asked for.
            toml::Table::from_iter([(
                "families".to_owned(),
                vec![Family::IntensityStatistics.slug()].into(),
            )])
            .into(),
        ),
    ]);
    Ok(toml::to_string(&settings)?)
}
