//! Writing and reading `radgauge.study/1`.

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{End, Outcome, Record, SCHEMA, Study};
use crate::results::hex;

/// Why a document is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A line is no record.
    #[error("line {line}: {source}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Another format or version.
    #[error("expected schema `{SCHEMA}`, found `{0}`")]
    Schema(String),
    /// The first line is not the header, or there are two.
    #[error("line {0}: expected one header (`study`), in the first line")]
    Header(usize),
    /// There is no footer: the document was cut off.
    #[error("the document was cut off: its last line is no `end`")]
    Truncated,
    /// There are lines after the footer.
    #[error("line {0}: expected nothing after `end`")]
    AfterEnd(usize),
    /// The lines are not those that were written.
    #[error("expected digest `{expected}`, found `{found}`: the document was changed")]
    Digest {
        /// As the footer says.
        expected: String,
        /// As the lines are.
        found: String,
    },
    /// A record refers to what the header does not have.
    #[error("{record}: expected an index below {limit}, found {found}")]
    Index {
        /// Which record.
        record: String,
        /// The number of things.
        limit: usize,
        /// The index.
        found: usize,
    },
    /// There is not one record for each of what the header lists.
    #[error("expected {expected} records of {what}, found {found}")]
    Count {
        /// Of what.
        what: &'static str,
        /// As the header says.
        expected: usize,
        /// As there are.
        found: usize,
    },
}

impl Outcome {
    /// The document. The digest of the footer is computed anew.
    ///
    /// # Panics
    /// When a figure is not finite: they are by construction.
    #[must_use]
    pub fn to_document(&self) -> Vec<u8> {
        let mut lines = Vec::new();
        let mut push = |record: &Record| {
            serde_json::to_writer(&mut lines, record).expect("records have a JSON form");
            lines.push(b'\n');
        };
        push(&Record::Study(Box::new(self.study.clone())));
        for row in &self.repeatability {
            push(&Record::Repeatability(Box::new(row.clone())));
        }
        for row in &self.settings {
            push(&Record::Settings(row.clone()));
        }
        for row in &self.reproducibility {
            push(&Record::Reproducibility(Box::new(row.clone())));
        }
        for row in &self.agreement {
            push(&Record::Agreement(row.clone()));
        }
        for row in &self.responses {
            push(&Record::Response(row.clone()));
        }
        for row in &self.perturbations {
            push(&Record::Perturbation(row.clone()));
        }
        for row in &self.perturbation_kinds {
            push(&Record::PerturbationKind(row.clone()));
        }
        for row in &self.profiles {
            push(&Record::Profile(row.clone()));
        }
        for row in &self.harmonised {
            push(&Record::Harmonised(row.clone()));
        }
        for row in &self.failures {
            push(&Record::Failure(row.clone()));
        }
        let digest = hex(&Sha256::digest(&lines));
        let end = End {
            digest,
            ..self.end.clone()
        };
        serde_json::to_writer(&mut lines, &Record::End(end)).expect("records have a JSON form");
        lines.push(b'\n');
        lines
    }
}

/// Reads a document: complete, unchanged, and consistent in itself.
///
/// # Errors
/// [`ReadError`], naming the line.
pub fn read(text: &str) -> Result<Outcome, ReadError> {
    let mut outcome: Option<Outcome> = None;
    let mut end: Option<End> = None;
    let mut digest = Sha256::new();
    for (i, line) in text.lines().enumerate() {
        let number = i + 1;
        if end.is_some() {
            return Err(ReadError::AfterEnd(number));
        }
        let record: Record = serde_json::from_str(line).map_err(|source| ReadError::Line {
            line: number,
            source,
        })?;
        let record = match record {
            Record::End(footer) => {
                end = Some(footer);
                continue;
            }
            record => record,
        };
        digest.update(line);
        digest.update("\n");
        match (record, &mut outcome) {
            (Record::Study(study), None) => {
                if study.schema != SCHEMA {
                    return Err(ReadError::Schema(study.schema));
                }
                outcome = Some(Outcome::empty(*study));
            }
            (Record::Study(_), Some(_)) | (_, None) => return Err(ReadError::Header(number)),
            (record, Some(outcome)) => outcome.add(record),
        }
    }
    let (Some(mut outcome), Some(end)) = (outcome, end) else {
        return Err(ReadError::Truncated);
    };
    let found = hex(&digest.finalize());
    if found != end.digest {
        return Err(ReadError::Digest {
            expected: end.digest,
            found,
        });
    }
    outcome.end = end;
    outcome.check()?;
    Ok(outcome)
}

impl Outcome {
    /// An outcome of nothing yet.
    pub(crate) fn empty(study: Study) -> Self {
        Self {
            study,
            repeatability: Vec::new(),
            settings: Vec::new(),
            reproducibility: Vec::new(),
            agreement: Vec::new(),
            responses: Vec::new(),
            perturbations: Vec::new(),
            perturbation_kinds: Vec::new(),
            profiles: Vec::new(),
            harmonised: Vec::new(),
            failures: Vec::new(),
            end: End {
                cells: 0,
                failed_cells: 0,
                failed_cases: 0,
                exit_code: 0,
                digest: String::new(),
            },
        }
    }

    fn add(&mut self, record: Record) {
        match record {
            Record::Repeatability(row) => self.repeatability.push(*row),
            Record::Settings(row) => self.settings.push(row),
            Record::Reproducibility(row) => self.reproducibility.push(*row),
            Record::Agreement(row) => self.agreement.push(row),
            Record::Response(row) => self.responses.push(row),
            Record::Perturbation(row) => self.perturbations.push(row),
            Record::PerturbationKind(row) => self.perturbation_kinds.push(row),
            Record::Profile(row) => self.profiles.push(row),
            Record::Harmonised(row) => self.harmonised.push(row),
            Record::Failure(row) => self.failures.push(row),
            Record::Study(_) | Record::End(_) => unreachable!("handled by the reader"),
        }
    }

    /// Whether every record refers to what the header has, so that a report can index without a question.
    fn check(&self) -> Result<(), ReadError> {
        let Study {
            implementations,
            cases,
            perturbations,
            axes,
            settings,
            features,
            ..
        } = &self.study;
        let below = |record: &str, found: usize, limit: usize| {
            if found < limit {
                Ok(())
            } else {
                Err(ReadError::Index {
                    record: record.to_owned(),
                    limit,
                    found,
                })
            }
        };
        let count = |what, expected, found| {
            if expected == found {
                Ok(())
            } else {
                Err(ReadError::Count {
                    what,
                    expected,
                    found,
                })
            }
        };
        for point in settings {
            count("levels of a settings point", axes.len(), point.levels.len())?;
            for (axis, level) in axes.iter().zip(&point.levels) {
                below("study: level", *level, axis.levels.len())?;
            }
        }
        let points = implementations.len() * settings.len();
        count("settings", points, self.settings.len())?;
        count(
            "repeatability",
            points * features.len(),
            self.repeatability.len(),
        )?;
        for (i, row) in self.repeatability.iter().enumerate() {
            let expected = (
                i / features.len() / settings.len(),
                i / features.len() % settings.len(),
                i % features.len(),
            );
            if (row.implementation, row.settings, row.feature) != expected {
                return Err(ReadError::Index {
                    record: format!("repeatability {}: out of order", i + 1),
                    limit: features.len(),
                    found: row.feature,
                });
            }
        }
        for row in &self.settings {
            below(
                "settings: implementation",
                row.implementation,
                implementations.len(),
            )?;
            below("settings: settings", row.settings, settings.len())?;
        }
        for row in &self.reproducibility {
            below(
                "reproducibility: implementation",
                row.implementation,
                implementations.len(),
            )?;
            below("reproducibility: feature", row.feature, features.len())?;
        }
        for row in &self.agreement {
            for implementation in row.implementations {
                below(
                    "agreement: implementation",
                    implementation,
                    implementations.len(),
                )?;
            }
            below("agreement: settings", row.settings, settings.len())?;
            below("agreement: feature", row.feature, features.len())?;
        }
        for row in &self.responses {
            below(
                "response: perturbation",
                row.perturbation,
                perturbations.len(),
            )?;
            below("response: settings", row.settings, settings.len())?;
            below("response: feature", row.feature, features.len())?;
        }
        for row in &self.perturbations {
            below(
                "perturbation: perturbation",
                row.perturbation,
                perturbations.len(),
            )?;
            below("perturbation: settings", row.settings, settings.len())?;
        }
        for row in &self.perturbation_kinds {
            below("perturbation_kind: settings", row.settings, settings.len())?;
        }
        for row in &self.profiles {
            below("profile: feature", row.feature, features.len())?;
            below("profile: settings", row.settings, settings.len())?;
            for series in [&row.original, &row.mean, &row.sd] {
                count("cases in a profile", cases.len(), series.len())?;
            }
            count("cases in a profile", cases.len(), row.draws.len())?;
        }
        for (feature, ..) in self.harmonised.iter().flat_map(|row| &row.agreement) {
            below("harmonised: feature", *feature, features.len())?;
        }
        Ok(())
    }
}
