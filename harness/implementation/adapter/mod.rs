//! An adapter process as the implementation under test.
//!
//! The harness starts the adapter, speaks the [protocol] with it, and believes nothing: answers are validated, sizes and
//! times are bounded, the whole process group is killed in the end. What goes wrong with a case is that case's outcome
//! and costs no other case:
//!
//! | what happens | outcome of the case |
//! | --- | --- |
//! | no answer in time | `timeout` |
//! | the process ends | `crash` |
//! | an answer that is against the protocol: junk, another id, a key twice, a line too long | `error`, and exit code 4 |
//! | `error` | `error` |
//! | `unsupported` | `unsupported` |
//! | different answers to the same question | `nondeterministic`, feature by feature, or for a response map |
//!
//! After the first three the process is replaced, at most [`RESTARTS`] times a run; then the cases that are left are
//! skipped, and the exit code is 4. What lies outside the [capabilities](protocol::Capabilities) is not asked and counts
//! as `unsupported`.
//!
//! Whether answers repeat is tested where it costs nothing: of an adapter that says it is deterministic, small cases (up
//! to [`REPEATED_VOXELS`] voxels, which the phantoms made in code are) are asked twice, one after the other. On request
//! all cases of any adapter are.
//!
//! Everything in the request is in the [processing]; how the command line is read is said in [`Command`].

mod command;
mod input_files;
mod process;
pub mod processing;
pub mod protocol;
mod session;
mod smoke;

pub use command::{Command, CommandError};
pub use smoke::{Step, smoke};

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    processing::Processing,
    protocol::{Capabilities, HelloResponse},
    session::{Broken, Reply, Session},
};
use super::{
    Answer, Answers, Failure, Identity, Implementation, MapAnswer, Question, SettingsUsed, Storage,
    Submission,
};
use crate::verdict::Outcome;

/// So many times a run is a process replaced.
pub const RESTARTS: u32 = 3;

/// Cases of up to so many voxels are asked twice.
pub const REPEATED_VOXELS: usize = 10_000;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To start and say hello.
    pub start: Duration,
    /// To answer a case.
    pub case: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(120),
            case: Duration::from_secs(600),
        }
    }
}

/// What the results say of an adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdapterStamp {
    /// The adapter.
    pub adapter: Identity,
    /// The version of the protocol.
    pub protocol: u32,
    /// The language of the implementation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What it says can be asked of it.
    pub capabilities: Capabilities,
    /// Whether it says that the same question always has the same answer.
    pub deterministic: bool,
}

/// Why an adapter cannot be used at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StartError {
    /// What happened.
    pub message: String,
    /// The tail of what it wrote to standard error.
    pub log: String,
}

impl From<Broken> for StartError {
    fn from(broken: Broken) -> Self {
        Self {
            message: broken.message,
            log: broken.log,
        }
    }
}

/// An adapter. Processes are started as questions come in parallel; the number of threads that ask is their number.
#[derive(Debug)]
pub struct Adapter {
    command: Command,
    limits: Limits,
    repeats_all: bool,
    hello: HelloResponse,
    pool: Mutex<Pool>,
    settings_used: Mutex<HashMap<String, SettingsUsed>>,
}

/// The processes that wait for a question, and the account of those that broke.
#[derive(Debug, Default)]
struct Pool {
    idle: Vec<Session>,
    to_replace: u32,
    replaced: u32,
}

impl Adapter {
    /// Starts an adapter and hears who it is.
    ///
    /// # Errors
    /// [`StartError`] when it does not start, or not with a valid `hello` in time.
    pub fn start(command: Command, limits: Limits, repeats_all: bool) -> Result<Self, StartError> {
        let (session, hello) = Session::start(&command, limits)?;
        Ok(Self {
            command,
            limits,
            repeats_all,
            hello,
            pool: Mutex::new(Pool {
                idle: vec![session],
                ..Pool::default()
            }),
            settings_used: Mutex::default(),
        })
    }

    /// A process that waits, a further one, or one that replaces one that broke.
    fn session(&self) -> Result<Session, Failure> {
        loop {
            {
                let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(session) = pool.idle.pop() {
                    // What was said after the last answer must not be taken for the next one.
                    if !session.has_unread() {
                        return Ok(session);
                    }
                    pool.to_replace += 1;
                }
                if pool.to_replace > 0 {
                    if pool.replaced == RESTARTS {
                        return Err(Failure {
                            outcome: Outcome::Skipped,
                            message: format!(
                                "not asked: the adapter was restarted {RESTARTS} times in this run, and broke again"
                            ),
                            is_unusable: true,
                            log: String::new(),
                        });
                    }
                    pool.to_replace -= 1;
                    pool.replaced += 1;
                }
            }
            match Session::start(&self.command, self.limits) {
                Ok((session, hello)) if hello == self.hello => return Ok(session),
                Ok(_) | Err(_) => self.broke(),
            }
        }
    }

    fn broke(&self) {
        self.pool
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .to_replace += 1;
    }

    fn give_back(&self, session: Session) {
        self.pool
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .idle
            .push(session);
    }

    /// Puts a question to a process. What leaves the conversation whole keeps the process.
    fn ask<T>(
        &self,
        ask: impl FnOnce(&mut Session) -> Result<Result<T, Failure>, Broken>,
    ) -> Result<T, Failure> {
        let mut session = self.session()?;
        match ask(&mut session) {
            Ok(answer) => {
                self.give_back(session);
                answer
            }
            Err(broken) => {
                drop(session);
                self.broke();
                Err(Failure {
                    outcome: broken.outcome,
                    is_unusable: broken.outcome == Outcome::Error,
                    message: broken.message,
                    log: broken.log,
                })
            }
        }
    }

    /// The values that one process answers.
    fn values(
        &self,
        session: &mut Session,
        question: Question<'_>,
        keys: &[&str],
    ) -> Result<Result<Valued, Failure>, Broken> {
        let reply = session.ask(question, keys)?;
        expect_silence(session)?;
        Ok(match reply {
            Reply::Result(mut result) => {
                let settings_used = result.settings_used.take();
                let answers = result.answers(keys).map_err(|message| Broken {
                    outcome: Outcome::Error,
                    message: format!("against the protocol: {message}"),
                    log: session.log(),
                })?;
                Ok((answers, settings_used))
            }
            Reply::Unsupported(reason) => {
                let unsupported =
                    |key: &&str| ((*key).to_owned(), Answer::Unsupported(reason.clone()));
                Ok((keys.iter().map(unsupported).collect(), None))
            }
            Reply::Error(message) => Err(Failure {
                log: session.log(),
                ..Failure::error(message)
            }),
        })
    }

    /// The response map that one process answers.
    fn map(
        &self,
        session: &mut Session,
        question: Question<'_>,
    ) -> Result<Result<MapAnswer, Failure>, Broken> {
        let reply = session.ask_for_map(question)?;
        expect_silence(session)?;
        Ok(match reply {
            Reply::Result(map) => Ok(MapAnswer::Map(map)),
            Reply::Unsupported(reason) => Ok(MapAnswer::Unsupported(reason)),
            Reply::Error(message) => Err(Failure {
                log: session.log(),
                ..Failure::error(message)
            }),
        })
    }

    /// Why a key is not asked for; `None` when it is.
    fn lack(&self, key: &str, processing: &Processing, storage: Storage) -> Option<String> {
        let capabilities = &self.hello.capabilities;
        if storage.is_dicom && !capabilities.dicom {
            return Some("DICOM is not among the capabilities".to_owned());
        }
        capabilities.lack(key, processing)
    }

    fn is_asked_twice(&self, question: Question<'_>) -> bool {
        let is_small = question.image.as_slice().len() <= REPEATED_VOXELS;
        self.repeats_all || (is_small && self.hello.deterministic)
    }
}

/// Answers, and the settings that were used.
type Valued = (Answers, Option<SettingsUsed>);

/// Breaks off a conversation in which more was said than the answer.
fn expect_silence(session: &Session) -> Result<(), Broken> {
    if !session.has_unread() {
        return Ok(());
    }
    Err(Broken {
        outcome: Outcome::Error,
        message: "against the protocol: more than one answer".to_owned(),
        log: session.log(),
    })
}

impl Implementation for Adapter {
    fn identity(&self) -> Identity {
        Identity {
            name: self.hello.implementation.name.clone(),
            version: self.hello.implementation.version.clone(),
        }
    }

    fn submission(&self) -> Option<Submission> {
        Some(Submission::Adapter(AdapterStamp {
            adapter: self.hello.adapter.clone(),
            protocol: protocol::PROTOCOL,
            language: self.hello.implementation.language.clone(),
            capabilities: self.hello.capabilities.clone(),
            deterministic: self.hello.deterministic,
        }))
    }

    fn is_elsewhere(&self) -> bool {
        true
    }

    fn settings_used(&self, case: &str) -> Option<SettingsUsed> {
        self.settings_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(case)
            .cloned()
    }

    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure> {
        let processing = Processing::of(question.settings);
        let mut answers = Answers::new();
        let mut keys = Vec::new();
        for key in question.keys {
            match self.lack(key, &processing, question.storage) {
                None => keys.push(*key),
                Some(lack) => {
                    answers.insert((*key).to_owned(), Answer::Unsupported(lack));
                }
            }
        }
        // Diagnostics alone are not worth asking of who computes none of the features.
        let is_worth_asking =
            keys.iter().any(|key| !key.starts_with("diag/")) || answers.is_empty();
        if keys.is_empty() || !is_worth_asking {
            let lack = "no feature of this case is among the capabilities";
            answers.extend(
                keys.into_iter()
                    .map(|key| (key.to_owned(), Answer::Unsupported(lack.to_owned()))),
            );
            return Ok(answers);
        }
        let (given, used) = self.ask(|session| {
            let first = self.values(session, question, &keys)?;
            Ok(match first {
                Ok((first, used)) if self.is_asked_twice(question) => self
                    .values(session, question, &keys)?
                    .map(|(second, _)| (compared(first, &second), used)),
                once => once,
            })
        })?;
        if let Some(used) = used {
            self.settings_used
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(question.case.to_owned(), used);
        }
        answers.extend(given);
        Ok(answers)
    }

    fn response_map(&self, question: Question<'_>) -> Result<MapAnswer, Failure> {
        let processing = Processing::of(question.settings);
        if let Some(lack) = self.hello.capabilities.lack_of_map(&processing) {
            return Ok(MapAnswer::Unsupported(lack));
        }
        self.ask(|session| {
            let first = self.map(session, question)?;
            if !self.is_asked_twice(question) || first.is_err() {
                return Ok(first);
            }
            let second = self.map(session, question)?;
            Ok(match second {
                Ok(second) if first.as_ref() != Ok(&second) => Err(Failure {
                    outcome: Outcome::Nondeterministic,
                    message: "the same question was answered with two response maps".to_owned(),
                    is_unusable: false,
                    log: String::new(),
                }),
                second => second,
            })
        })
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        let pool = self.pool.get_mut().unwrap_or_else(PoisonError::into_inner);
        for session in pool.idle.drain(..) {
            let _ = session.close();
        }
    }
}

/// The first answers, those that the second ones contradict marked.
fn compared(first: Answers, second: &Answers) -> Answers {
    let is_same = |a: &Answer, b: &Answer| match (a, b) {
        (Answer::Value(a), Answer::Value(b)) => a.to_bits() == b.to_bits(),
        _ => mem::discriminant(a) == mem::discriminant(b),
    };
    let number = |answer: Option<&Answer>| answer.and_then(Answer::submitted).unwrap_or(f64::NAN);
    let only_second: Vec<String> = second
        .keys()
        .filter(|key| !first.contains_key(*key))
        .cloned()
        .collect();
    let mut compared: Answers = first
        .into_iter()
        .map(|(key, answer)| {
            let again = second.get(&key);
            if again.is_some_and(|again| is_same(&answer, again)) {
                return (key, answer);
            }
            let numbers = [number(Some(&answer)), number(again)];
            (key, Answer::Nondeterministic(numbers))
        })
        .collect();
    compared.extend(only_second.into_iter().map(|key| {
        let numbers = [f64::NAN, number(second.get(&key))];
        (key, Answer::Nondeterministic(numbers))
    }));
    compared
}

/// What is under test when an adapter does not even start: nothing is asked of it, and the results say why.
#[derive(Clone, Debug)]
pub struct Unusable {
    /// The name of its program.
    pub name: String,
    /// Why it cannot be used.
    pub error: StartError,
}

impl Implementation for Unusable {
    fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            version: "unknown".to_owned(),
        }
    }

    fn answer(&self, _: Question<'_>) -> Result<Answers, Failure> {
        Err(Failure {
            outcome: Outcome::Skipped,
            message: format!("not asked: {}", self.error.message),
            is_unusable: true,
            log: self.error.log.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_do_not_repeat_are_marked_one_by_one() {
        let answers = |values: &[(&str, Answer)]| -> Answers {
            let owned = |(key, answer): &(&str, Answer)| ((*key).to_owned(), answer.clone());
            values.iter().map(owned).collect()
        };
        let first = answers(&[
            ("a", Answer::Value(1.0)),
            ("b", Answer::Value(1.0)),
            ("c", Answer::Value(f64::NAN)),
            ("d", Answer::Undefined("flat".to_owned())),
            ("e", Answer::Value(1.0)),
            ("f", Answer::Value(0.0)),
        ]);
        let second = answers(&[
            ("a", Answer::Value(1.0)),
            ("b", Answer::Value(1.0 + f64::EPSILON)),
            ("c", Answer::Value(f64::NAN)),
            ("d", Answer::Undefined("FLAT".to_owned())),
            ("f", Answer::Undefined("flat".to_owned())),
            ("g", Answer::Value(2.0)),
        ]);
        let marked: Vec<String> = compared(first, &second)
            .into_iter()
            .filter(|(_, answer)| matches!(answer, Answer::Nondeterministic(_)))
            .map(|(key, _)| key)
            .collect();
        assert_eq!(
            marked,
            ["b", "e", "f", "g"],
            "bit by bit, and what came once only"
        );
    }
}
