//! Reading a result document back, with everything checked that a report relies on.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::{Case, Check, Diagnosis, End, Record, Run, SCHEMA, Totals, hex};

/// A result document in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// The header.
    pub run: Run,
    /// The cases, in suite order.
    pub cases: Vec<Case>,
    /// The checks, in suite order.
    pub checks: Vec<Check>,
    /// The diagnoses.
    pub diagnoses: Vec<Diagnosis>,
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
    /// Two checks with one id.
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
    let mut lines = text.split_inclusive('\n').enumerate();
    let parse = |index: usize, line: &str| {
        serde_json::from_str::<Record>(line).map_err(|error| ReadError::Line {
            line: index + 1,
            error,
        })
    };
    let Some((index, line)) = lines.next() else {
        return Err(ReadError::NoHeader);
    };
    let Record::Run(run) = parse(index, line)? else {
        return Err(ReadError::NoHeader);
    };
    if run.schema != SCHEMA {
        return Err(ReadError::Schema(run.schema));
    }
    let mut digested = line.len();
    let (mut cases, mut checks, mut diagnoses) = (Vec::new(), Vec::<Check>::new(), Vec::new());
    let mut ids = HashSet::new();
    let mut end = None;
    for (index, line) in lines {
        let record = parse(index, line)?;
        match record {
            _ if end.is_some() => return Err(ReadError::Misplaced(index + 1)),
            Record::Run(_) => return Err(ReadError::Misplaced(index + 1)),
            Record::Case(case) => cases.push(case),
            Record::Check(check) => {
                if !ids.insert(check.id.clone()) {
                    return Err(ReadError::Duplicate {
                        line: index + 1,
                        id: check.id,
                    });
                }
                checks.push(check);
            }
            Record::Diagnosis(diagnosis) => diagnoses.push(diagnosis),
            Record::End(footer) => {
                end = Some(footer);
                continue;
            }
        }
        digested += line.len();
    }
    let end = end.ok_or(ReadError::Truncated)?;
    if end.digest != hex(&Sha256::digest(&text.as_bytes()[..digested])) {
        return Err(ReadError::Digest);
    }
    let mut totals = Totals {
        required: run.suites.iter().map(|suite| suite.checks).sum(),
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
        diagnoses,
        end,
    })
}
