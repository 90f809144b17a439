//! `radgauge explain`

use anyhow::Context;
use clap::Args;
use radgauge_engine::feature::{Feature, FeatureKey, catalogue};
use radgauge_reference::ibsi1::{self, ReferenceValue};

use super::{Failed, output};
use crate::certify::exit;

/// Explain a feature: definition, formula, section of the manual, reference values
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A feature key such as `glcm/3d_avg/TU9B`, a check id such as `ibsi1/ct_c/glcm/3d_avg/TU9B`, or an IBSI code
    feature: String,
}

impl Explain {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let found = find(&self.feature)?;
        let text: Vec<String> = found.iter().map(|one| one.explain()).collect();
        output::write(None, text.join("\n").as_bytes())?;
        Ok(exit::OK)
    }
}

/// A feature, in one aggregation or in all of them.
struct Found {
    feature: &'static Feature,
    key: Option<FeatureKey>,
}

fn find(text: &str) -> Result<Vec<Found>, Failed> {
    if !text.contains('/') {
        let (code, parameter) = text.split_once(':').unwrap_or((text, ""));
        let found: Vec<_> = catalogue::features()
            .iter()
            .filter(|f| f.code.eq_ignore_ascii_case(code))
            .filter(|f| parameter.is_empty() || f.parameter == parameter)
            .map(|feature| Found { feature, key: None })
            .collect();
        if found.is_empty() {
            return Err(Failed::usage(anyhow::anyhow!(
                "there is no feature with the code `{text}`; `radgauge features` lists all of them"
            )));
        }
        return Ok(found);
    }
    // The last three parts of a check id are a feature key.
    let parts: Vec<&str> = text.split('/').collect();
    let key = parts[parts.len().saturating_sub(3)..].join("/");
    let key: FeatureKey = key
        .parse()
        .with_context(|| format!("`{text}` is no feature; `radgauge features` lists all of them"))
        .map_err(Failed::usage)?;
    Ok(vec![Found {
        feature: key.feature,
        key: Some(key),
    }])
}

impl Found {
    fn explain(&self) -> String {
        let feature = self.feature;
        let mut text = format!(
            "{} ({}), {} ({})\n",
            feature.name,
            feature.code,
            feature.family.slug(),
            feature.family.code()
        );
        if let Some(key) = self.key {
            text += &format!(
                "aggregation  {} ({})\n",
                key.aggregation,
                key.aggregation.code()
            );
        }
        text += &format!(
            "definition   {}\nformula      {}\nunit         {}\nsection      {}\n",
            feature.definition, feature.formula, feature.unit, feature.section
        );
        if !feature.is_standardised {
            text += "IBSI could not standardise this feature: it has no reference values.\n";
            return text;
        }
        text += "reference values\n";
        for row in ibsi1::reference_values()
            .iter()
            .filter(|row| self.is_about(row))
        {
            text += &format!(
                "  {:<8} {:<7} {:>10} ± {:<8} {}{}\n",
                row.case.slug(),
                row.key.aggregation.slug(),
                if row.reading.value.is_some() {
                    &row.reading.printed
                } else {
                    "none"
                },
                row.reading.tolerance,
                row.reading.consensus,
                if row.note.is_empty() {
                    String::new()
                } else {
                    format!("\n           {}", row.note)
                },
            );
        }
        text
    }

    fn is_about(&self, row: &ReferenceValue) -> bool {
        match self.key {
            Some(key) => row.key == key,
            None => row.key.feature == self.feature,
        }
    }
}
