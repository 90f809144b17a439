//! A smoke test: is the adapter at fault, before any suite is run?

use std::time::Instant;

use super::{
    Command, Limits,
    session::{Broken, Reply, Session},
};
use crate::{
    implementation::{Answer, Answers, Question, Storage, adapter::compared},
    suite::{Input, SuiteCase},
};

/// A step of the smoke test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was tried.
    pub name: &'static str,
    /// What was found, in words.
    pub found: String,
    /// Whether that is as it must be.
    pub holds: bool,
    /// The tail of what the adapter wrote to standard error, where the step does not hold.
    pub log: String,
}

/// Puts an adapter through what every suite relies on, with a small case that is made in code: it starts and says hello,
/// answers, answers the same again, survives a file that is not there, and ends. The steps, up to the first after which
/// there is nothing to try.
///
/// # Panics
/// When the case needs files: the caller chose one that is made in code.
pub fn smoke(command: &Command, limits: Limits, case: &SuiteCase) -> Vec<Step> {
    let Input::Phantom(make) = case.input else {
        panic!("the smoke test needs a case that is made in code");
    };
    let (image, mask) = make();
    let keys: Vec<&str> = case.keys().collect();
    let question = Question {
        case: &case.id,
        keys: &keys,
        image: &image,
        mask: &mask,
        settings: &case.settings,
        storage: Storage::default(),
        source: None,
    };
    let mut steps = Steps::default();
    let started = Instant::now();
    let Some((mut session, hello)) = steps.broken("hello", Session::start(command, limits)) else {
        return steps.0;
    };
    steps.holds(
        "hello",
        format!(
            "{} {} through {} {}, {} s to start",
            hello.implementation.name,
            hello.implementation.version,
            hello.adapter.name,
            hello.adapter.version,
            started.elapsed().as_secs()
        ),
    );
    let Some(first) = steps.broken("a case", answered(&mut session, question)) else {
        return steps.0;
    };
    let Some(first) = steps.failed("a case", first, &session) else {
        return steps.0;
    };
    let count = |is: fn(&Answer) -> bool| first.values().filter(|answer| is(answer)).count();
    let values = count(|answer| answer.submitted().is_some_and(f64::is_finite));
    let not_finite = count(|answer| answer.submitted().is_some_and(|value| !value.is_finite()));
    let explained = count(|a| matches!(a, Answer::Unsupported(_) | Answer::Undefined(_)));
    let found = format!(
        "{} asked: {values} values, {not_finite} not finite, {explained} unsupported or undefined, {} missing",
        keys.len(),
        keys.len() - keys.iter().filter(|key| first.contains_key(**key)).count()
    );
    steps.add(
        "a case",
        found,
        values > 0 && not_finite == 0,
        session.log(),
    );

    let Some(second) = steps.broken("the same case again", answered(&mut session, question)) else {
        return steps.0;
    };
    let Some(second) = steps.failed("the same case again", second, &session) else {
        return steps.0;
    };
    let differing = compared(first, &second)
        .values()
        .filter(|answer| matches!(answer, Answer::Nondeterministic(_)))
        .count();
    let (found, holds) = match (differing, hello.deterministic) {
        (0, _) => ("the same answers".to_owned(), true),
        (n, true) => (
            format!("{n} answers differ, though it says that it is deterministic"),
            false,
        ),
        (n, false) => (format!("{n} answers differ, as it says"), true),
    };
    steps.add("the same case again", found, holds, session.log());

    let name = "a file that is not there";
    let Some(reply) = steps.broken(name, session.ask_about_nothing(question, &keys)) else {
        return steps.0;
    };
    match reply {
        Reply::Error(message) => steps.holds(name, format!("an error: {message}")),
        Reply::Unsupported(reason) => steps.holds(name, format!("unsupported: {reason}")),
        Reply::Result(_) => steps.add(
            name,
            "values of an image that does not exist".to_owned(),
            false,
            session.log(),
        ),
    }
    let log = session.log();
    match session.close() {
        None => steps.holds("goodbye", "it ended by itself".to_owned()),
        Some(ending) => steps.add("goodbye", format!("it {ending}"), false, log),
    }
    steps.0
}

/// The answers to the question, or what the adapter says instead.
fn answered(
    session: &mut Session,
    question: Question<'_>,
) -> Result<Result<Answers, String>, Broken> {
    Ok(match session.ask(question, question.keys)? {
        Reply::Result(result) => result
            .answers(question.keys)
            .map_err(|message| format!("against the protocol: {message}")),
        Reply::Unsupported(reason) => Err(format!("unsupported: {reason}")),
        Reply::Error(message) => Err(format!("an error: {message}")),
    })
}

#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    fn add(&mut self, name: &'static str, found: String, holds: bool, log: String) {
        self.0.push(Step {
            name,
            found,
            holds,
            log: if holds { String::new() } else { log },
        });
    }

    fn holds(&mut self, name: &'static str, found: String) {
        self.add(name, found, true, String::new());
    }

    /// What was got, or a step that does not hold.
    fn broken<T>(&mut self, name: &'static str, got: Result<T, Broken>) -> Option<T> {
        got.map_err(|broken| self.add(name, broken.message, false, broken.log))
            .ok()
    }

    fn failed<T>(
        &mut self,
        name: &'static str,
        got: Result<T, String>,
        session: &Session,
    ) -> Option<T> {
        got.map_err(|message| self.add(name, message, false, session.log()))
            .ok()
    }
}
