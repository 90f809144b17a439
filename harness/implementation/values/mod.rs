//! A file of values as the implementation under test.
//!
//! ```text
//! case,key,value[,status[,reason]]             long: a row per value
//! case,cm_joint_entr_3D_avg,morph_volume …     wide: a row per case, a column per feature
//! ```
//! A feature may be [named](names) by its id, IBSI code, IBSI name or IBSI submission tag, or as a program of the
//! [dialects](radgauge_reference::dialects) calls it. A dialect is chosen, or found out from the names and said.
//!
//! Nothing is guessed and nothing is dropped: what cannot be read is an answer of its own with the line it stands in,
//! what cannot be matched is listed with the nearest names. A value that goes by a feature's name and is another
//! definition or in another unit is not judged; where the table of the dialect has the exact conversion, it is applied
//! on request, and the report says so.
//!
//! Two cases that put the same question (the digital phantom in its two tiers) share the values of a file that has
//! only one of them.

pub mod names;
mod read;
mod template;

pub use names::Match;
pub use read::FileError;
pub use template::template;

use std::collections::{BTreeMap, HashMap, HashSet};

use radgauge_reference::dialects::{Dialect, Meaning, dialects};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::{
    names::Names,
    read::{Entry, Table},
};
use super::{Answer, Answers, Failure, Identity, Implementation, Question, Submission};
use crate::{
    results::hex,
    suite::{Suite, SuiteCase},
};

/// How a file is read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The dialect, by its slug; `None` = found out from the names.
    pub dialect: Option<String>,
    /// The case of every row of a file without a column `case`.
    pub case: Option<String>,
    /// Apply the exact conversions that a dialect has.
    pub converts: bool,
    /// The product's name; `None` = the dialect's program, or `values`.
    pub product: Option<String>,
    /// The product's version; `None` = `unknown`.
    pub version: Option<String>,
}

/// What the results say of a file of values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValuesStamp {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Values, states and faults that were assigned to a check.
    pub matched: usize,
    /// The dialect of its names; absent for IBSI's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// What was taken for granted of names that leave something open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumption: Option<String>,
    /// Keys of the values that were converted, with the conversion.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub converted: BTreeMap<String, String>,
    /// Number of values that were assigned to no check.
    pub unmatched: usize,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmatched_shown: Vec<Unmatched>,
}

/// A value that was assigned to no check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unmatched {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// Why it was not assigned.
    pub reason: String,
    /// Names that are like it, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<String>,
}

/// So many unmatched values are listed; searching the names that are like one costs time.
const UNMATCHED_SHOWN: usize = 50;

/// A file of values.
#[derive(Debug)]
pub struct ValueFile {
    identity: Identity,
    stamp: ValuesStamp,
    answers: HashMap<String, Answers>,
    nothing: Answers,
}

impl ValueFile {
    /// Reads a file and assigns what it has to the checks of the suites.
    ///
    /// # Errors
    /// [`FileError`] for a file that is no table of values, with the line; what is wrong with a single value is its
    /// answer.
    pub fn read(bytes: &[u8], options: &Options, suites: &[Suite]) -> Result<Self, FileError> {
        let table = Table::read(bytes, options.case.as_deref())?;
        let dialect = match &options.dialect {
            Some(slug) => Some(
                dialects()
                    .iter()
                    .find(|dialect| dialect.slug == slug)
                    .ok_or_else(|| FileError::Dialect {
                        found: slug.clone(),
                    })?,
            ),
            None => detected(&table),
        };
        let mut assignment = Assignment::new(suites, dialect, options.converts);
        for entry in &table.entries {
            assignment.add(entry);
        }
        if assignment.matched == 0 {
            return Err(FileError::Nothing {
                first: assignment.unmatched.into_iter().next(),
            });
        }
        assignment.share(suites);
        let version = options.version.clone().or(table.version);
        Ok(Self {
            identity: Identity {
                name: options.product.clone().unwrap_or_else(|| {
                    dialect
                        .map_or("values", |dialect| dialect.program)
                        .to_owned()
                }),
                version: version.unwrap_or_else(|| "unknown".to_owned()),
            },
            stamp: ValuesStamp {
                sha256: hex(&Sha256::digest(bytes)),
                matched: assignment.matched,
                dialect: dialect.map(|dialect| dialect.slug.to_owned()),
                assumption: dialect
                    .map(|dialect| dialect.assumption.to_owned())
                    .filter(|assumption| !assumption.is_empty()),
                converted: assignment.converted,
                unmatched: assignment.unmatched_count,
                unmatched_shown: assignment.unmatched,
            },
            answers: assignment
                .answers
                .into_iter()
                .map(|(case, given)| {
                    let answers = given.into_iter().map(|(key, (_, answer))| (key, answer));
                    (case, answers.collect())
                })
                .collect(),
            nothing: Answers::new(),
        })
    }

    /// What was found in the file.
    #[must_use]
    pub fn stamp(&self) -> &ValuesStamp {
        &self.stamp
    }
}

impl Implementation for ValueFile {
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn submission(&self) -> Option<Submission> {
        Some(Submission::Values(self.stamp.clone()))
    }

    fn recorded(&self, case: &str) -> Option<&Answers> {
        Some(self.answers.get(case).unwrap_or(&self.nothing))
    }

    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure> {
        Ok(self.answers.get(question.case).cloned().unwrap_or_default())
    }
}

/// The dialect that knows the most names, when it knows more of them than IBSI's own nomenclature does.
fn detected(table: &Table) -> Option<&'static Dialect> {
    let distinct: HashSet<&str> = table.entries.iter().map(|e| e.name.as_str()).collect();
    let names = Names::get();
    let by_ibsi = distinct.iter().filter(|name| names.knows(name)).count();
    let (known, dialect) = dialects()
        .iter()
        .map(|dialect| {
            let known = distinct.iter().filter(|name| dialect.find(name).is_some());
            (known.count(), dialect)
        })
        .reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    (known > by_ibsi).then_some(dialect)
}

/// What is given for a case: by key, the line and the answer.
type Given = BTreeMap<String, (u64, Answer)>;

/// Values on their way to their checks.
struct Assignment<'a> {
    cases: HashMap<&'a str, HashSet<&'a str>>,
    case_ids: Vec<&'a str>,
    /// Cases by their ids and by what tells their ids from the others; none where several have the name.
    by_name: HashMap<&'a str, Option<&'a str>>,
    dialect: Option<&'static Dialect>,
    converts: bool,
    answers: HashMap<String, Given>,
    matched: usize,
    converted: BTreeMap<String, String>,
    unmatched: Vec<Unmatched>,
    unmatched_count: usize,
}

/// A key that was found, and what is to be said of its value.
struct Found {
    key: String,
    meaning: Remark,
}

enum Remark {
    Nothing,
    Differs(String),
    Other(String, Option<radgauge_reference::dialects::Conversion>),
}

impl<'a> Assignment<'a> {
    fn new(suites: &'a [Suite], dialect: Option<&'static Dialect>, converts: bool) -> Self {
        let all = || suites.iter().flat_map(|suite| &suite.cases);
        let mut by_name = HashMap::new();
        for id in all().map(|case| case.id.as_str()) {
            let slug = id.split_once('/').map_or(id, |(_, slug)| slug);
            for name in [id, slug] {
                let known = by_name.entry(name).or_insert(Some(id));
                *known = known.filter(|known| *known == id);
            }
        }
        Self {
            by_name,
            cases: all()
                .map(|case| (case.id.as_str(), case.asked_keys().collect()))
                .collect(),
            case_ids: all().map(|case| case.id.as_str()).collect(),
            dialect,
            converts,
            answers: HashMap::new(),
            matched: 0,
            converted: BTreeMap::new(),
            unmatched: Vec::new(),
            unmatched_count: 0,
        }
    }

    fn add(&mut self, entry: &Entry) {
        let Some(case) = self.case(&entry.case) else {
            return self.leave(
                entry,
                format!("`{}` is no case", read::shown(&entry.case)),
                |assignment| names::nearest(&entry.case, assignment.case_ids.iter().copied()),
            );
        };
        match self.find(entry, case) {
            Ok(found) => {
                let answer = self.answer(entry, &found);
                let given = self.answers.entry(case.to_owned()).or_default();
                match given.get_mut(&found.key) {
                    None => {
                        self.matched += 1;
                        given.insert(found.key, (entry.line, answer));
                    }
                    Some((first, answer)) => {
                        *answer = Answer::Invalid(format!(
                            "given more than once: line {first} and line {}",
                            entry.line
                        ));
                    }
                }
            }
            Err((reason, nearest)) => self.leave(entry, reason, |_| nearest),
        }
    }

    /// The case's id, from its id or the part of it that tells it from the others.
    fn case(&self, name: &str) -> Option<&'a str> {
        self.by_name.get(name).copied().flatten()
    }

    /// The key that an entry names, or why there is none, with names that are like it.
    fn find(&self, entry: &Entry, case: &str) -> Result<Found, (String, Vec<String>)> {
        let asked = &self.cases[case];
        let plain = |key: String| Found {
            key,
            meaning: Remark::Nothing,
        };
        if let Some(name) = self.dialect.and_then(|dialect| dialect.find(&entry.name)) {
            let keys = match &name.meaning {
                Meaning::None => {
                    return Err((format!("no IBSI feature: {}", name.note), Vec::new()));
                }
                Meaning::Same(keys) | Meaning::Other(keys, _) => keys,
            };
            let key = keys
                .iter()
                .map(ToString::to_string)
                .find(|key| asked.contains(key.as_str()))
                .ok_or_else(|| ("not asked for in this case".to_owned(), Vec::new()))?;
            let meaning = match &name.meaning {
                Meaning::Other(_, conversion) => Remark::Other(name.note.clone(), *conversion),
                _ if name.note.is_empty() => Remark::Nothing,
                _ => Remark::Differs(name.note.clone()),
            };
            return Ok(Found { key, meaning });
        }
        match Names::get().find(&entry.name, entry.aggregation.as_deref(), |key| {
            asked.contains(key)
        }) {
            Match::One(key) => Ok(plain(key)),
            Match::NotAsked => Err(("not asked for in this case".to_owned(), Vec::new())),
            Match::Several(keys) => Err((
                "stands for more than one feature or aggregation".to_owned(),
                keys,
            )),
            Match::None if self.unmatched.len() < UNMATCHED_SHOWN => {
                let dialect = self.dialect.map(Dialect::names).unwrap_or_default();
                let names = dialect.iter().map(|name| name.name.as_str());
                let nearest = names::nearest(&entry.name, names.chain(Names::get().shown()));
                Err(("no feature has this name".to_owned(), nearest))
            }
            Match::None => Err((String::new(), Vec::new())),
        }
    }

    fn answer(&mut self, entry: &Entry, found: &Found) -> Answer {
        let value = match &entry.content {
            Ok(value) => *value,
            Err(answer) => return answer.clone(),
        };
        match &found.meaning {
            Remark::Nothing => Answer::Value(value),
            Remark::Differs(difference) => Answer::Differing {
                value,
                difference: difference.clone(),
            },
            Remark::Other(note, Some(conversion)) if self.converts => {
                self.converted.insert(found.key.clone(), note.clone());
                Answer::Converted {
                    submitted: value,
                    value: conversion.apply(value),
                    conversion: note.clone(),
                }
            }
            Remark::Other(note, conversion) => Answer::OtherDefinition {
                submitted: value,
                difference: match conversion {
                    Some(_) => format!("{note} (`--convert` does so)"),
                    None => note.clone(),
                },
            },
        }
    }

    fn leave(&mut self, entry: &Entry, reason: String, nearest: impl FnOnce(&Self) -> Vec<String>) {
        self.unmatched_count += 1;
        if self.unmatched.len() < UNMATCHED_SHOWN {
            let nearest = nearest(self);
            self.unmatched.push(Unmatched {
                line: entry.line,
                name: read::shown(&entry.name),
                reason,
                nearest,
            });
        }
    }

    /// Gives a case without values those of a case that puts the same question.
    fn share(&mut self, suites: &[Suite]) {
        let cases: Vec<&SuiteCase> = suites.iter().flat_map(|suite| &suite.cases).collect();
        for case in &cases {
            if self.answers.contains_key(&case.id) {
                continue;
            }
            let like = |other: &&&SuiteCase| {
                other.id != case.id
                    && other.asks_the_same_as(case)
                    && self.answers.contains_key(&other.id)
            };
            if let Some(other) = cases.iter().find(like) {
                let shared = self.answers[&other.id].clone();
                self.answers.insert(case.id.clone(), shared);
            }
        }
    }
}

#[cfg(test)]
mod tests;
