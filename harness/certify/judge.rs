//! Answers put beside what is expected of them.

use radgauge_engine::volume::Image;

use crate::{
    implementation::{Answer, Answers},
    response_map,
    results::{Check, Observation},
    verdict::{Outcome, judge},
};

/// The check with its answer judged.
pub(super) fn answered(check: Check, answers: &Answers) -> Check {
    match answers.get(check.key()) {
        None => Check {
            outcome: Outcome::Missing,
            ..check
        },
        Some(Answer::Missing(reason)) => without_value(check, Outcome::Missing, reason),
        Some(Answer::Invalid(reason)) => without_value(check, Outcome::Error, reason),
        Some(Answer::Undefined(reason)) if check.expected.is_undefined() => {
            without_value(check, Outcome::Pass, reason)
        }
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
    if !value.is_finite() {
        let reason = format!("expected a finite number, found `{value}`");
        return without_value(check, Outcome::Error, &reason);
    }
    if check.expected.is_undefined() {
        let reason = format!("expected no value, found `{value}`");
        return without_value(check, Outcome::Fail, &reason);
    }
    match judge(check.rule, &check.expected, value) {
        Ok((passes, deviation)) => Check {
            outcome: if passes { Outcome::Pass } else { Outcome::Fail },
            actual: Some(value),
            deviation: Some(deviation),
            ..check
        },
        Err(error) => without_value(check, Outcome::Error, &error.to_string()),
    }
}

/// The check of a response map, judged.
pub(super) fn mapped(check: Check, map: &Image, reference: Option<&Image>) -> Check {
    let Some(reference) = reference else {
        let reason = "the suite has no reference map for it";
        return without_value(check, Outcome::Error, reason);
    };
    let tolerance = check.expected.tolerance.parse();
    match tolerance.map(|tolerance| response_map::compare(map, reference, tolerance)) {
        Err(_) => without_value(check, Outcome::Error, "its tolerance is not a number"),
        Ok(Err(error)) => without_value(check, Outcome::Error, &error.to_string()),
        Ok(Ok((largest, comparison))) => Check {
            map: Some(comparison),
            ..judged_value(check, largest)
        },
    }
}

/// The observation with its answer.
pub(super) fn observed(observation: Observation, answers: &Answers) -> Observation {
    let answer = answers.get(observation.key());
    match answer.and_then(Answer::submitted) {
        Some(value) if value.is_finite() => Observation {
            value: Some(value),
            ..observation
        },
        Some(value) => {
            let reason = format!("expected a finite number, found `{value}`");
            unobserved(observation, &reason)
        }
        None => match answer {
            Some(Answer::Undefined(reason) | Answer::Unsupported(reason)) => {
                unobserved(observation, reason)
            }
            _ => unobserved(observation, "there is no value"),
        },
    }
}

/// The observation of a response map.
pub(super) fn described(observation: Observation, map: &Image) -> Observation {
    match response_map::describe(map) {
        Ok((largest, slices)) => Observation {
            value: Some(largest),
            slices,
            ..observation
        },
        Err(error) => unobserved(observation, &error.to_string()),
    }
}

pub(super) fn without_value(check: Check, outcome: Outcome, reason: &str) -> Check {
    Check {
        outcome,
        reason: Some(reason.to_owned()),
        ..check
    }
}

pub(super) fn unobserved(observation: Observation, reason: &str) -> Observation {
    Observation {
        reason: Some(reason.to_owned()),
        ..observation
    }
}
