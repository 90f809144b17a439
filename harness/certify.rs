//! Certification: every selected check of every suite put to an implementation, and the answers judged.

use std::collections::{BTreeMap, HashMap};

use radgauge_engine::{
    io::{self, check_same_grid},
    volume::{Image, Mask},
};
use radgauge_reference::datasets::{DataError, Library, Verified};
use rayon::prelude::*;

use crate::{
    implementation::{Answer, Answers, Failure, Identity, Implementation, Question},
    results::{Case, Check, Record, Run, SCHEMA, Totals, Writer},
    suite::{Input, Suite, SuiteCase},
    verdict::{Outcome, Rule, judge},
};

/// The exit codes of the program, one meaning each.
pub mod exit {
    /// Everything asked for was executed, and holds.
    pub const OK: u8 = 0;
    /// Something falls short.
    pub const SHORT: u8 = 1;
    /// Usage, configuration or settings are wrong.
    pub const USAGE: u8 = 2;
    /// Reference data or input images are missing, damaged or do not fit together.
    pub const DATA: u8 = 3;
    /// The implementation under test cannot be used.
    pub const IMPLEMENTATION: u8 = 4;
    /// Nothing was checked, or fewer checks than required.
    pub const NOTHING: u8 = 5;
    /// A bug in radgauge.
    pub const BUG: u8 = 70;
}

/// Which checks are run, and what missing data means.
#[derive(Debug)]
pub struct Options<'a> {
    /// Globs over ids; empty = everything. `*` also matches `/`.
    pub selection: Vec<glob::Pattern>,
    /// Where data sets are found.
    pub library: &'a Library,
    /// Whether missing data fails the run instead of skipping cases.
    pub requires_data: bool,
}

impl Options<'_> {
    /// Whether the check of this id is selected.
    #[must_use]
    pub fn selects(&self, id: &str) -> bool {
        self.selection.is_empty() || self.selection.iter().any(|glob| glob.matches(id))
    }
}

/// A finished run.
#[derive(Debug)]
pub struct Certification {
    /// The result document.
    pub document: Vec<u8>,
    /// The exit code.
    pub exit_code: u8,
}

/// Runs the selected checks of `suites`; `progress` hears of every finished case (finished, of how many).
///
/// A case that cannot be run becomes an outcome of its checks, so that nothing leaves the count.
pub fn certify(
    implementation: &dyn Implementation,
    suites: &[Suite],
    options: &Options<'_>,
    progress: &(dyn Fn(&str) + Sync),
) -> Certification {
    let stamps: Vec<_> = suites.iter().map(Suite::stamp).collect();
    let mut totals = Totals {
        required: stamps.iter().map(|stamp| stamp.checks).sum(),
        ..Totals::default()
    };
    let selected: Vec<SelectedCase<'_>> = suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .filter_map(|case| SelectedCase::of(case, options))
        .collect();
    let inputs = load_inputs(&selected, implementation, options.library);
    let finished: Vec<FinishedCase> = selected
        .into_par_iter()
        .map(|case| {
            let id = case.case.id.clone();
            let finished = case.run(implementation, &inputs);
            progress(&id);
            finished
        })
        .collect();

    let mut writer = Writer::default();
    writer.push(&Record::Run(Run {
        schema: SCHEMA.to_owned(),
        harness: Identity {
            name: "radgauge".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        implementation: implementation.identity(),
        submission: implementation.submission(),
        suites: stamps,
        selection: options.selection.iter().map(ToString::to_string).collect(),
        rules: Rule::ALL.to_vec(),
        expectations: None,
    }));
    let (mut is_missing, mut is_damaged, mut is_unusable) = (false, false, false);
    for finished in finished {
        is_missing |= finished.data == DataState::Missing;
        is_damaged |= finished.data == DataState::Unusable;
        is_unusable |= finished.is_implementation_unusable;
        writer.push(&Record::Case(finished.case));
        for check in finished.checks {
            totals.count(check.outcome);
            writer.push(&Record::Check(check));
        }
    }
    let exit_code = if is_damaged || (is_missing && options.requires_data) {
        exit::DATA
    } else if is_unusable {
        exit::IMPLEMENTATION
    } else if totals.executed == 0 {
        exit::NOTHING
    } else if totals.executed != totals.of(Outcome::Pass) {
        exit::SHORT
    } else {
        exit::OK
    };
    Certification {
        document: writer.finish(true, totals, exit_code),
        exit_code,
    }
}

/// A case with the checks that were selected in it.
struct SelectedCase<'a> {
    case: &'a SuiteCase,
    checks: Vec<&'a Check>,
}

struct FinishedCase {
    case: Case,
    checks: Vec<Check>,
    data: DataState,
    is_implementation_unusable: bool,
}

/// Whether a case's input could be had.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DataState {
    Present,
    Missing,
    Unusable,
}

/// An image and its mask, with the SHA-256 of the files they come from.
struct LoadedInput {
    image: Image,
    mask: Mask,
    hashes: BTreeMap<String, String>,
}

enum InputError {
    Missing(String),
    Unusable(String),
}

/// The files that the selected cases need, each pair read once.
fn load_inputs(
    cases: &[SelectedCase<'_>],
    implementation: &dyn Implementation,
    library: &Library,
) -> HashMap<(&'static str, &'static str), Result<LoadedInput, InputError>> {
    let mut inputs = HashMap::new();
    for case in cases {
        if let Input::Files { image, mask } = case.case.input
            && implementation.recorded(&case.case.id).is_none()
        {
            inputs
                .entry((image, mask))
                .or_insert_with(|| load(library, image, mask));
        }
    }
    inputs
}

fn load(library: &Library, image: &str, mask: &str) -> Result<LoadedInput, InputError> {
    let (image_file, mask_file) = (find(library, image)?, find(library, mask)?);
    // A result document names files as the data set does, never as this machine does.
    let unusable = |file: &Verified, name: &str, error: &dyn std::error::Error| {
        InputError::Unusable(
            error
                .to_string()
                .replace(&file.path.display().to_string(), name),
        )
    };
    let loaded_image =
        io::read_image(&image_file.path).map_err(|error| unusable(&image_file, image, &error))?;
    let loaded_mask =
        io::read_mask(&mask_file.path, None).map_err(|error| unusable(&mask_file, mask, &error))?;
    check_same_grid(loaded_image.grid(), loaded_mask.grid())
        .map_err(|error| InputError::Unusable(format!("`{image}` and `{mask}`: {error}")))?;
    Ok(LoadedInput {
        image: loaded_image,
        mask: loaded_mask,
        hashes: BTreeMap::from([
            (image.to_owned(), image_file.sha256),
            (mask.to_owned(), mask_file.sha256),
        ]),
    })
}

/// Image and mask of a case; an error says what is missing or damaged.
pub(crate) fn read_input(case: &SuiteCase, library: &Library) -> Result<(Image, Mask), String> {
    match case.input {
        Input::Phantom(make) => Ok(make()),
        Input::Files { image, mask } => load(library, image, mask)
            .map(|input| (input.image, input.mask))
            .map_err(|error| match error {
                InputError::Missing(message) | InputError::Unusable(message) => message,
            }),
    }
}

/// A file of a data set, its bytes checked.
fn find(library: &Library, name: &str) -> Result<Verified, InputError> {
    library.verify(name).map_err(|error| match error {
        DataError::Missing { set, .. } => InputError::Missing(format!(
            "data set `{}` ({}) is not there; get it with\n{}",
            set.name,
            set.licence.id,
            set.command()
        )),
        DataError::Damaged {
            expected, found, ..
        } => InputError::Unusable(format!(
            "`{name}` is damaged: expected {expected}, found {found}"
        )),
        DataError::Unreadable { source, .. } => {
            InputError::Unusable(format!("`{name}` cannot be read: {source}"))
        }
        other => InputError::Unusable(format!("`{name}`: {other}")),
    })
}

impl<'a> SelectedCase<'a> {
    fn of(case: &'a SuiteCase, options: &Options<'_>) -> Option<Self> {
        let checks: Vec<_> = case
            .checks
            .iter()
            .filter(|check| options.selects(&check.id))
            .collect();
        (!checks.is_empty()).then_some(Self { case, checks })
    }

    fn run(
        self,
        implementation: &dyn Implementation,
        inputs: &HashMap<(&'static str, &'static str), Result<LoadedInput, InputError>>,
    ) -> FinishedCase {
        let SuiteCase {
            id,
            title,
            settings,
            ..
        } = self.case;
        let case = Case {
            id: id.clone(),
            title: title.clone(),
            selected: self.checks.len(),
            settings: settings.to_toml(),
            inputs: BTreeMap::new(),
            skipped: None,
            settings_used: None,
            log: None,
        };
        if let Some(answers) = implementation.recorded(id) {
            return self.judged(case, Ok(answers), implementation);
        }
        let made;
        let input = match self.case.input {
            Input::Phantom(make) => {
                let (image, mask) = make();
                made = LoadedInput {
                    image,
                    mask,
                    hashes: BTreeMap::new(),
                };
                Ok(&made)
            }
            Input::Files { image, mask } => inputs[&(image, mask)].as_ref(),
        };
        match input {
            Ok(input) => {
                let keys: Vec<&str> = self.checks.iter().map(|check| check.key()).collect();
                let answers = implementation.answer(Question {
                    case: id,
                    keys: &keys,
                    image: &input.image,
                    mask: &input.mask,
                    settings,
                });
                let case = Case {
                    inputs: input.hashes.clone(),
                    ..case
                };
                self.judged(case, answers.as_ref(), implementation)
            }
            Err(error) => {
                let (data, message) = match error {
                    InputError::Missing(message) => (DataState::Missing, message),
                    InputError::Unusable(message) => (DataState::Unusable, message),
                };
                FinishedCase {
                    checks: self.checks.into_iter().cloned().collect(),
                    case: Case {
                        skipped: Some(message.clone()),
                        ..case
                    },
                    data,
                    is_implementation_unusable: false,
                }
            }
        }
    }

    /// The case with what was answered, or with why nothing was.
    fn judged(
        &self,
        case: Case,
        answers: Result<&Answers, &Failure>,
        implementation: &dyn Implementation,
    ) -> FinishedCase {
        let checks = self.checks.iter().map(|check| (*check).clone());
        match answers {
            Ok(answers) => FinishedCase {
                checks: checks.map(|check| answered(check, answers)).collect(),
                case: Case {
                    settings_used: implementation.settings_used(&case.id),
                    ..case
                },
                data: DataState::Present,
                is_implementation_unusable: false,
            },
            Err(failure) => FinishedCase {
                checks: checks
                    .map(|check| Check {
                        outcome: failure.outcome,
                        reason: Some(failure.message.clone()),
                        ..check
                    })
                    .collect(),
                case: Case {
                    skipped: (!failure.outcome.is_executed()).then(|| failure.message.clone()),
                    log: (!failure.log.is_empty()).then(|| failure.log.clone()),
                    ..case
                },
                data: DataState::Present,
                is_implementation_unusable: failure.is_unusable,
            },
        }
    }
}

/// The check with its answer judged.
fn answered(check: Check, answers: &Answers) -> Check {
    let without_value = |check: Check, outcome, reason: &str| Check {
        outcome,
        reason: Some(reason.to_owned()),
        ..check
    };
    match answers.get(check.key()) {
        None => Check {
            outcome: Outcome::Missing,
            ..check
        },
        Some(Answer::Missing(reason)) => without_value(check, Outcome::Missing, reason),
        Some(Answer::Invalid(reason)) => without_value(check, Outcome::Error, reason),
        Some(Answer::Undefined(reason)) => without_value(check, Outcome::Undefined, reason),
        Some(Answer::Unsupported(reason)) => without_value(check, Outcome::Unsupported, reason),
        Some(Answer::OtherDefinition {
            submitted,
            difference,
        }) => without_value(
            check,
            Outcome::Unsupported,
            &format!("another definition, not judged: {difference}; found `{submitted}`"),
        ),
        Some(Answer::Nondeterministic([first, second])) => without_value(
            check,
            Outcome::Nondeterministic,
            &format!("asked twice, answered `{first}` and `{second}`"),
        ),
        Some(Answer::Value(value)) => judged_value(check, *value),
        Some(Answer::Differing { value, difference }) => {
            let check = judged_value(check, *value);
            if check.outcome == Outcome::Fail {
                let reason = Some(format!("known of this implementation: {difference}"));
                Check { reason, ..check }
            } else {
                check
            }
        }
        Some(Answer::Converted {
            submitted,
            value,
            conversion,
        }) => {
            let check = judged_value(check, *value);
            let conversion = format!("converted from `{submitted}`: {conversion}");
            Check {
                reason: Some(match &check.reason {
                    Some(reason) => format!("{reason}; {conversion}"),
                    None => conversion,
                }),
                ..check
            }
        }
    }
}

fn judged_value(check: Check, value: f64) -> Check {
    let error = |check: Check, reason: String| Check {
        outcome: Outcome::Error,
        reason: Some(reason),
        ..check
    };
    if !value.is_finite() {
        return error(check, format!("expected a finite number, found `{value}`"));
    }
    match judge(check.rule, &check.expected, value) {
        Ok((passes, deviation)) => Check {
            outcome: if passes { Outcome::Pass } else { Outcome::Fail },
            actual: Some(value),
            deviation: Some(deviation),
            ..check
        },
        Err(problem) => error(check, problem.to_string()),
    }
}
