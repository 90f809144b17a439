//! The same question about an image and about its transformation, and what the second answer should have been.

use radgauge_engine::volume::{Image, Mask};

use super::judge::answered;
use crate::{
    implementation::{Answer, Answers, Failure, Implementation, Question, Storage},
    results::Check,
    suite::{
        SuiteCase,
        invariance::{Transformation, Trial},
    },
    verdict::Expected,
};

/// Puts both questions to an implementation and judges the checks.
///
/// # Errors
/// [`Failure`] when it cannot answer one of them, or the image cannot be transformed.
pub(crate) fn asked_twice(
    implementation: &dyn Implementation,
    case: &SuiteCase,
    transformation: Transformation,
    checks: &[&Check],
    (image, mask): (&Image, &Mask),
) -> Result<Vec<Check>, Failure> {
    let trial = Trial::of(transformation, image, mask, &case.settings).map_err(Failure::error)?;
    let keys: Vec<&str> = checks.iter().map(|check| check.key()).collect();
    let question = Question {
        case: &case.id,
        keys: &keys,
        image,
        mask,
        settings: &case.settings,
        storage: Storage::default(),
        source: None,
    };
    let before = implementation.answer(question)?;
    let presented = &trial.presented;
    let after = implementation.answer(Question {
        image: &presented.image,
        mask: &presented.mask,
        storage: presented.storage,
        ..question
    })?;
    let judged = checks
        .iter()
        .map(|check| judged(check, &before, &after, &trial));
    Ok(judged.collect())
}

/// The check, given what was answered before and after.
fn judged(check: &Check, before: &Answers, after: &Answers, trial: &Trial) -> Check {
    let own = before.get(check.key());
    let expected = match own {
        Some(Answer::Undefined(_)) => Expected::undefined(),
        _ => match own
            .and_then(Answer::submitted)
            .filter(|own| own.is_finite())
        {
            Some(own) => trial.expected(check, own),
            // Without a value of its own there is nothing to hold the other against.
            None => return answered(check.clone(), before),
        },
    };
    let check = Check {
        expected,
        ..check.clone()
    };
    answered(check, after)
}
