//! Reading a result document back, with everything checked that a report relies on.

use std::{collections::HashSet, fmt};

use rayon::prelude::*;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use sha2::{Digest, Sha256};

use super::{
    Agreement, Case, Check, Diagnosis, End, Observation, Record, Run, SCHEMA, Totals, hex,
};

/// A result document in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// The header.
    pub run: Run,
    /// The cases, in suite order.
    pub cases: Vec<Case>,
    /// The checks, in suite order.
    pub checks: Vec<Check>,
    /// The observations, in suite order.
    pub observations: Vec<Observation>,
    /// The diagnoses.
    pub diagnoses: Vec<Diagnosis>,
    /// Agreement with the teams of a validation study.
    pub agreements: Vec<Agreement>,
    /// The footer.
    pub end: End,
}

/// Why a text is not a result document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A line that is no record.
    #[error("line {line}: {error}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What the JSON reader says.
        error: serde_json::Error,
    },
    /// The first line is no header.
    #[error("line 1: expected the header of a `{SCHEMA}` document")]
    NoHeader,
    /// Another schema.
    #[error("expected schema `{SCHEMA}`, found `{0}`")]
    Schema(String),
    /// The document has no footer: it was cut off.
    #[error("the document has no `end` line: it was cut off, run it again")]
    Truncated,
    /// A record where none may be: a second header, or anything after the footer.
    #[error("line {0}: a record that may not stand here")]
    Misplaced(usize),
    /// Two checks or observations with one id.
    #[error("line {line}: check `{id}` occurs twice")]
    Duplicate {
        /// The line, from 1.
        line: usize,
        /// The id.
        id: String,
    },
    /// The digest is not that of the lines.
    #[error("the digest does not match: the document was changed after it was written")]
    Digest,
    /// The totals are not those of the checks.
    #[error("the totals in the footer are not those of the checks")]
    Totals,
}

/// Reads a result document.
///
/// # Errors
/// [`ReadError`] for a text that is not one, was cut off or was changed.
pub fn read(text: &str) -> Result<Results, ReadError> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (Some((header, rest)), Some(footer)) = (lines.split_first(), lines.last()) else {
        return Err(ReadError::NoHeader);
    };
    let Record::Run(run) = parse(0, header)? else {
        return Err(ReadError::NoHeader);
    };
    if run.schema != SCHEMA {
        return Err(ReadError::Schema(run.schema));
    }
    let digested = &text.as_bytes()[..text.len() - footer.len()];
    let (records, digest): (Vec<_>, _) = rayon::join(
        || {
            let lines = rest.par_iter().enumerate();
            lines.map(|(n, line)| parse(n + 1, line)).collect()
        },
        || hex(&Sha256::digest(digested)),
    );
    let (mut cases, mut checks, mut diagnoses) = (Vec::new(), Vec::<Check>::new(), Vec::new());
    let mut observations = Vec::<Observation>::new();
    let mut agreements = Vec::new();
    let mut ids = HashSet::new();
    let mut end = None;
    for (index, record) in records.into_iter().enumerate() {
        let line = index + 2;
        match record? {
            _ if end.is_some() => return Err(ReadError::Misplaced(line)),
            Record::Run(_) => return Err(ReadError::Misplaced(line)),
            Record::Case(case) => cases.push(case),
            Record::Check(check) => {
                if !ids.insert(check.id.clone()) {
                    return Err(ReadError::Duplicate { line, id: check.id });
                }
                checks.push(check);
            }
            Record::Observation(observation) => {
                if !ids.insert(observation.id.clone()) {
                    return Err(ReadError::Duplicate {
                        line: index + 1,
                        id: observation.id,
                    });
                }
                observations.push(observation);
            }
            Record::Diagnosis(diagnosis) => diagnoses.push(diagnosis),
            Record::Agreement(agreement) => agreements.push(agreement),
            Record::End(footer) => end = Some(footer),
        }
    }
    let end = end.ok_or(ReadError::Truncated)?;
    if end.digest != digest {
        return Err(ReadError::Digest);
    }
    let mut totals = Totals {
        required: run.suites.iter().map(|suite| suite.checks).sum(),
        observed: observations.len(),
        ..Totals::default()
    };
    for check in &checks {
        totals.count(check.outcome);
    }
    if totals != end.totals {
        return Err(ReadError::Totals);
    }
    Ok(Results {
        run,
        cases,
        checks,
        observations,
        diagnoses,
        agreements,
        end,
    })
}

/// A line, by its place from 0. Nearly all lines are checks: as radgauge writes them, with `kind` first, they are read
/// without being held as a tree in between, as a tagged enum is.
fn parse(index: usize, line: &str) -> Result<Record, ReadError> {
    let record = if line.starts_with("{\"kind\":\"check\",") {
        serde_json::from_str(line).map(|CheckLine(check)| Record::Check(check))
    } else {
        serde_json::from_str(line)
    };
    record.map_err(|error| ReadError::Line {
        line: index + 1,
        error,
    })
}

/// A check whose first key is its kind.
struct CheckLine(Check);

impl<'de> Deserialize<'de> for CheckLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AfterKind)
    }
}

struct AfterKind;

impl<'de> Visitor<'de> for AfterKind {
    type Value = CheckLine;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a check")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CheckLine, A::Error> {
        match map.next_entry::<&str, &str>()? {
            Some(("kind", "check")) => {
                Check::deserialize(MapAccessDeserializer::new(map)).map(CheckLine)
            }
            _ => Err(A::Error::custom("expected `kind` to come first")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: &str = r#"{"kind":"check","id":"a/b/c/-/D","tier":"exact","profiles":["p"],"name":"n","unit":"1","rule":"relative/1","expected":{"value":"1","tolerance":"1e-9"},"source":"s","outcome":"pass","actual":1.0000000000000002}"#;

    /// The short way and the way of the tagged enum give the same, and refuse the same.
    #[test]
    fn checks_are_read_as_any_record_is() {
        let texts = [
            CHECK.to_owned(),
            CHECK.replace("\"unit\":\"1\",", ""),
            CHECK.replace("\"unit\"", "\"units\""),
            CHECK.replace("\"name\":\"n\"", "\"name\":7"),
            CHECK.replace("\"name\"", "\"kind\":\"check\",\"name\""),
            CHECK.replace("\"name\":\"n\"", "\"name\":\"n\",\"name\":\"n\""),
            format!("{CHECK} 7"),
            CHECK[..CHECK.len() - 1].to_owned(),
        ];
        for text in texts {
            let short = parse(0, &text).ok();
            let tagged = serde_json::from_str::<Record>(&text).ok();
            assert_eq!(short, tagged, "{text}");
            assert_eq!(
                short.is_some(),
                text == CHECK,
                "only this is a check: {text}"
            );
        }
    }
}
