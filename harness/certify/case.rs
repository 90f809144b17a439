//! A case, put to an implementation.

use std::collections::BTreeMap;

use super::{
    Options,
    input::{DataState, InputError, Inputs, LoadedInput},
    invariance::asked_twice,
    judge::{answered, described, mapped, observed, unobserved, without_value},
};
use crate::{
    implementation::{Answers, Failure, Implementation, MapAnswer, Question, Storage},
    results::{Case, Check, Observation},
    suite::{Asks, SuiteCase, invariance::Transformation},
    verdict::Outcome,
};

/// Why the observations of a case without its input have no value; the case says what is missing.
const NOT_EXECUTED: &str = "the case was not executed";

/// Why recorded answers cannot be judged against a map.
const NO_MAPS_RECORDED: &str = "a file of values holds no response maps";

/// Why recorded answers cannot show whether features stay when the image is transformed.
const NOTHING_ASKED_ANEW: &str = "a file of values cannot be asked about a transformed image";

/// A case with the checks and observations that were selected in it.
pub(super) struct SelectedCase<'a> {
    pub(super) case: &'a SuiteCase,
    checks: Vec<&'a Check>,
    observed: Vec<Observation>,
}

/// A case after it was put to an implementation, or could not be.
pub(super) struct FinishedCase {
    pub(super) case: Case,
    pub(super) checks: Vec<Check>,
    pub(super) observations: Vec<Observation>,
    pub(super) data: DataState,
    pub(super) is_implementation_unusable: bool,
}

impl<'a> SelectedCase<'a> {
    /// `None` when nothing in the case is selected.
    pub(super) fn of(
        case: &'a SuiteCase,
        implementation: &dyn Implementation,
        options: &Options<'_>,
    ) -> Option<Self> {
        let is_recorded = implementation.recorded(&case.id).is_some();
        let is_left_out = options.selection.is_empty() && !case.runs_unselected(is_recorded);
        if is_left_out || !options.may_select(&case.id) {
            return None;
        }
        let checks = case.checks.iter().filter(|one| options.selects(&one.id));
        let observed = case.observations().filter(|one| options.selects(&one.id));
        let selected = Self {
            case,
            checks: checks.collect(),
            observed: observed.collect(),
        };
        (!selected.checks.is_empty() || !selected.observed.is_empty()).then_some(selected)
    }

    pub(super) fn run(
        self,
        implementation: &dyn Implementation,
        inputs: &Inputs<'_>,
    ) -> FinishedCase {
        let case = Case {
            id: self.case.id.clone(),
            title: self.case.title.clone(),
            selected: self.checks.len(),
            settings: self.case.settings.to_toml(),
            inputs: BTreeMap::new(),
            skipped: None,
            settings_used: None,
            log: None,
        };
        match (implementation.recorded(&self.case.id), self.case.asks) {
            (Some(answers), Asks::Features) => self.answered(case, answers, implementation),
            (Some(_), Asks::ResponseMap(_)) => {
                self.without_values(case, Outcome::Unsupported, NO_MAPS_RECORDED)
            }
            (Some(_), Asks::Invariance(_)) => {
                self.without_values(case, Outcome::Unsupported, NOTHING_ASKED_ANEW)
            }
            (None, _) => inputs.with(self.case, |input| match input {
                Ok(input) => self.asked(case, input, implementation, inputs),
                Err(error) => self.not_run(case, error),
            }),
        }
    }

    /// The case with the implementation's answers to its question.
    fn asked(
        &self,
        case: Case,
        input: &LoadedInput,
        implementation: &dyn Implementation,
        inputs: &Inputs<'_>,
    ) -> FinishedCase {
        let checks = self.checks.iter().map(|check| check.key());
        let observed = self.observed.iter().map(|one| one.key());
        let keys: Vec<&str> = checks.chain(observed).collect();
        let question = Question {
            case: &self.case.id,
            keys: &keys,
            image: &input.image,
            mask: &input.mask,
            settings: &self.case.settings,
            storage: Storage::default(),
            source: (!input.hashes.is_empty()).then_some(&input.hashes),
        };
        let mut case = Case {
            inputs: input.hashes.clone(),
            ..case
        };
        if let Asks::Invariance(transformation) = self.case.asks {
            return self.transformed(case, input, implementation, transformation);
        }
        if let Asks::Features = self.case.asks {
            return match implementation.answer(question) {
                Ok(answers) => self.answered(case, &answers, implementation),
                Err(failure) => self.failed(case, &failure),
            };
        }
        let reference = match inputs.reference(self.case) {
            Ok(reference) => reference,
            Err(error) => return self.not_run(case, &error),
        };
        case.inputs.extend(reference.hash());
        match implementation.response_map(question) {
            Ok(MapAnswer::Map(map)) => match reference.map(self.case, input) {
                Ok(reference) => self.finished(
                    case,
                    |check| mapped(check, &map, reference.as_ref()),
                    |observation| described(observation, &map),
                ),
                Err(error) => self.not_run(case, &error),
            },
            Ok(MapAnswer::Unsupported(reason)) => {
                self.without_values(case, Outcome::Unsupported, &reason)
            }
            Err(failure) => self.failed(case, &failure),
        }
    }

    /// The case, asked with the image as it is and transformed.
    fn transformed(
        &self,
        case: Case,
        input: &LoadedInput,
        implementation: &dyn Implementation,
        transformation: Transformation,
    ) -> FinishedCase {
        let scene = (&input.image, &input.mask);
        match asked_twice(
            implementation,
            self.case,
            transformation,
            &self.checks,
            scene,
        ) {
            Ok(checks) => FinishedCase {
                case: Case {
                    settings_used: implementation.settings_used(&case.id),
                    ..case
                },
                checks,
                observations: Vec::new(),
                data: DataState::Present,
                is_implementation_unusable: false,
            },
            Err(failure) => self.failed(case, &failure),
        }
    }

    fn answered(
        &self,
        case: Case,
        answers: &Answers,
        implementation: &dyn Implementation,
    ) -> FinishedCase {
        let case = Case {
            settings_used: implementation.settings_used(&case.id),
            ..case
        };
        self.finished(
            case,
            |check| answered(check, answers),
            |observation| observed(observation, answers),
        )
    }

    /// The implementation gave no answer at all.
    fn failed(&self, case: Case, failure: &Failure) -> FinishedCase {
        let case = Case {
            skipped: (!failure.outcome.is_executed()).then(|| failure.message.clone()),
            log: (!failure.log.is_empty()).then(|| failure.log.clone()),
            ..case
        };
        FinishedCase {
            is_implementation_unusable: failure.is_unusable,
            ..self.without_values(case, failure.outcome, &failure.message)
        }
    }

    /// The case without its input: its checks stay skipped.
    fn not_run(&self, case: Case, error: &InputError) -> FinishedCase {
        let case = Case {
            skipped: Some(error.message().to_owned()),
            inputs: BTreeMap::new(),
            ..case
        };
        FinishedCase {
            data: error.state(),
            ..self.finished(
                case,
                |check| check,
                |observation| unobserved(observation, NOT_EXECUTED),
            )
        }
    }

    fn without_values(&self, case: Case, outcome: Outcome, reason: &str) -> FinishedCase {
        self.finished(
            case,
            |check| without_value(check, outcome, reason),
            |observation| unobserved(observation, reason),
        )
    }

    fn finished(
        &self,
        case: Case,
        check: impl Fn(Check) -> Check,
        observe: impl Fn(Observation) -> Observation,
    ) -> FinishedCase {
        FinishedCase {
            case,
            checks: self
                .checks
                .iter()
                .map(|one| check((*one).clone()))
                .collect(),
            observations: (self.observed.iter())
                .map(|one| observe(one.clone()))
                .collect(),
            data: DataState::Present,
            is_implementation_unusable: false,
        }
    }
}
