//! `radgauge features`

use clap::{Args, ValueEnum};
use radgauge_engine::feature::{Family, Feature, catalogue};

use super::{Failed, output};
use crate::certify::exit;

/// List the catalogue of features
#[derive(Debug, Args)]
pub(super) struct Features {
    /// Only this family, by slug or IBSI code, e.g. `glcm` or `LFYI`
    #[arg(long)]
    family: Option<Family>,
    /// How to print the list
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns
    Text,
    /// Comma-separated values
    Csv,
}

impl Features {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let features = catalogue::features()
            .iter()
            .filter(|feature| self.family.is_none_or(|family| family == feature.family));
        let text = match self.format {
            Format::Text => text(features),
            Format::Csv => csv(features),
        };
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }
}

/// The feature's code with its parameter, `BC2M:10`.
fn code(feature: &Feature) -> String {
    match feature.parameter.as_str() {
        "" => feature.code.clone(),
        parameter => format!("{}:{parameter}", feature.code),
    }
}

fn aggregations(feature: &Feature) -> String {
    let slugs: Vec<_> = feature
        .family
        .aggregations()
        .iter()
        .map(|a| a.slug())
        .collect();
    slugs.join(" ")
}

fn text<'a>(features: impl Iterator<Item = &'a Feature>) -> String {
    let mut text = String::new();
    let mut family = None;
    for feature in features {
        if family != Some(feature.family) {
            family = Some(feature.family);
            text += &format!(
                "{}{} ({})  {}\n",
                if text.is_empty() { "" } else { "\n" },
                feature.family.slug(),
                feature.family.code(),
                aggregations(feature)
            );
        }
        let mark = if feature.is_standardised {
            ""
        } else {
            " [not standardised by IBSI]"
        };
        text += &format!(
            "  {:<10} {:<10} {}{mark}\n             {}\n",
            code(feature),
            feature.unit,
            feature.name,
            feature.definition
        );
    }
    text
}

fn csv<'a>(features: impl Iterator<Item = &'a Feature>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: [&str; 9]| {
        writer
            .write_record(row)
            .expect("writing to memory cannot fail");
    };
    write([
        "family",
        "family_code",
        "code",
        "name",
        "tag",
        "unit",
        "standardised",
        "aggregations",
        "definition",
    ]);
    for feature in features {
        write([
            feature.family.slug(),
            feature.family.code(),
            &code(feature),
            &feature.name,
            &feature.tag,
            &feature.unit,
            if feature.is_standardised { "yes" } else { "no" },
            &aggregations(feature),
            &feature.definition,
        ]);
    }
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("the catalogue is UTF-8")
}
