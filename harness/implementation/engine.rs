//! The built-in reference engine as an implementation under test.

use radgauge_engine::{
    pipeline::{self, Extraction},
    volume::{Image, Mask},
};

use super::{Answer, Answers, Failure, Identity, Implementation, MapAnswer, Question, Storage};

/// The built-in reference engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Engine;

impl Implementation for Engine {
    fn identity(&self) -> Identity {
        Identity {
            name: "radgauge-engine".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure> {
        if question.storage != Storage::default() {
            let (image, mask) = through_files(question)?;
            return self.answer(Question {
                image: &image,
                mask: &mask,
                storage: Storage::default(),
                ..question
            });
        }
        let extraction = pipeline::extract(question.image, question.mask, question.settings)
            .map_err(|error| Failure::error(error.to_string()))?;
        Ok(answers(&extraction))
    }

    fn response_map(&self, question: Question<'_>) -> Result<MapAnswer, Failure> {
        let prepared = pipeline::prepare(question.image, question.mask, question.settings)
            .map_err(|error| Failure::error(error.to_string()))?;
        Ok(MapAnswer::Map(prepared.image.into_owned()))
    }
}

/// Image and mask as the engine reads them from files of the form that is asked for.
fn through_files(question: Question<'_>) -> Result<(Image, Mask), Failure> {
    let failed = |error: &dyn std::error::Error| Failure::error(error.to_string());
    let folder = tempfile::tempdir().map_err(|error| failed(&error))?;
    let Question { image, mask, .. } = question;
    let written = question.storage.write(folder.path(), image, mask);
    // A message never says where the folder was.
    written.map_err(|error| failed(&error.problem))?;
    let read = question.storage.read(folder.path());
    read.map_err(|error| failed(&error.problem))
}

/// What the engine computed, as answers.
#[must_use]
pub fn answers(extraction: &Extraction) -> Answers {
    let features = extraction.features.rows().iter();
    let diagnostics = extraction.diagnostics.rows().iter();
    features
        .map(|(key, value)| (key.to_string(), *value))
        .chain(diagnostics.map(|row| (row.key(), row.value)))
        .map(|(key, value)| {
            let answer = match value {
                Ok(value) => Answer::Value(value),
                Err(reason) => Answer::Undefined(reason.to_string()),
            };
            (key, answer)
        })
        .collect()
}
