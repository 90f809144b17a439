//! What `radgauge certify` tests: the built-in engine unless something else is named.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{Failed, output::printable};
use crate::{
    implementation::{
        Engine, Implementation,
        values::{self, Unmatched, ValueFile, ValuesStamp},
    },
    suite::Suite,
};

/// What is tested, and how it is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Under test (otherwise the built-in engine)")]
pub(super) struct UnderTest {
    /// Test the values in this CSV file: columns case, key, value and perhaps status, or a column per feature;
    /// `radgauge template` writes one to fill in
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// Whose feature names the file has: pyradiomics, mirp or lifex; found out when not given
    #[arg(long, value_name = "NAME", requires = "values")]
    dialect: Option<String>,
    /// The case of a file that has no column `case`
    #[arg(long, value_name = "ID", requires = "values")]
    case: Option<String>,
    /// Convert values of another definition or unit where the dialect has the exact conversion; the report says which
    #[arg(long, requires = "values", conflicts_with = "statement")]
    convert: bool,
    /// Name of the product that the values are from
    #[arg(long, value_name = "NAME", requires = "values")]
    product: Option<String>,
    /// Version of the product
    #[arg(long, value_name = "VERSION", requires = "values")]
    product_version: Option<String>,
}

impl UnderTest {
    /// Makes ready what is tested.
    pub(super) fn start(&self, suites: &[Suite]) -> Result<Box<dyn Implementation>, Failed> {
        match &self.values {
            Some(path) => Ok(Box::new(self.value_file(path, suites)?)),
            None => Ok(Box::new(Engine)),
        }
    }

    fn value_file(&self, path: &PathBuf, suites: &[Suite]) -> Result<ValueFile, Failed> {
        let bytes = std::fs::read(path)
            .with_context(|| format!("cannot read `{}`", path.display()))
            .map_err(Failed::usage)?;
        let options = values::Options {
            dialect: self.dialect.clone(),
            case: self.case.clone(),
            converts: self.convert,
            product: self.product.clone(),
            version: self.product_version.clone(),
        };
        let file = ValueFile::read(&bytes, &options, suites)
            .with_context(|| format!("`{}`", path.display()))
            .map_err(Failed::usage)?;
        eprint!("{}", printable(&in_words(file.stamp())));
        Ok(file)
    }
}

/// What was found in a file of values.
fn in_words(stamp: &ValuesStamp) -> String {
    let mut text = format!(
        "values: {} matched, {} not\n",
        stamp.matched, stamp.unmatched
    );
    if let Some(dialect) = &stamp.dialect {
        text += &format!("names: dialect {dialect}\n");
    }
    if let Some(assumption) = &stamp.assumption {
        text += &format!("taken for granted: {assumption}\n");
    }
    for (key, conversion) in &stamp.converted {
        text += &format!("converted: {key}: {conversion}\n");
    }
    for unmatched in &stamp.unmatched_shown {
        let Unmatched {
            line,
            name,
            reason,
            nearest,
        } = unmatched;
        let reason = match reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        let nearest = match nearest[..] {
            [] => String::new(),
            _ => format!(" (like {})", nearest.join(", ")),
        };
        text += &format!("not matched: line {line}: {name}{reason}{nearest}\n");
    }
    if stamp.unmatched > stamp.unmatched_shown.len() {
        text += &format!(
            "not matched: and {} more\n",
            stamp.unmatched - stamp.unmatched_shown.len()
        );
    }
    text
}
