//! `radgauge filters`

use clap::Args;
use radgauge_engine::filter::{FilterEntry, filter_entries};

use super::{Failed, output};
use crate::certify::exit;

const SHARED: &str = "\
Most filters also take
  dimension   4AGS  2d (slice by slice) or 3d; default 3d
  boundary    GBYQ  zero, nearest, periodic, mirror or { constant = C }; default mirror
";

/// List the filters with their parameters, units and IBSI 2 codes
#[derive(Debug, Args)]
pub(super) struct Filters {
    /// Only this kind
    kind: Option<String>,
}

impl Filters {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let entries: Vec<&FilterEntry> = filter_entries()
            .iter()
            .filter(|entry| self.kind.as_ref().is_none_or(|kind| *kind == entry.kind))
            .collect();
        if entries.is_empty() {
            return Err(Failed::usage(anyhow::anyhow!(
                "there is no filter `{}`; `radgauge filters` lists them",
                self.kind.unwrap_or_default()
            )));
        }
        let mut text: String = entries.into_iter().map(line).collect();
        text.push('\n');
        text += SHARED;
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }
}

fn line(entry: &FilterEntry) -> String {
    let FilterEntry {
        kind,
        parameter,
        code,
        unit,
        default,
        meaning,
    } = entry;
    if entry.is_filter() {
        return format!("{kind:<24} {code:<4}  {meaning}\n");
    }
    let unit = if unit.is_empty() {
        String::new()
    } else {
        format!(" [{unit}]")
    };
    let default = match default.as_str() {
        "required" => "required".to_owned(),
        "none" => "optional".to_owned(),
        default => format!("default {default}"),
    };
    format!("  {parameter:<22} {code:<4}  {meaning}{unit}; {default}\n")
}
