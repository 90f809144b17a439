//! An implementation that starts while other things are made ready.

use std::{sync::LazyLock, thread};

use super::{
    Answers, Failure, Identity, Implementation, MapAnswer, Question, SettingsUsed, Submission,
};

/// An implementation that can be asked, or handed to another thread.
pub type Started = Box<dyn Implementation + Send>;

/// An implementation in processes of its own, which starts in the background. Whoever asks it something waits until it has: an interpreter with its
/// libraries takes longer to start than the first image takes to read.
pub struct Starting(LazyLock<Started, Box<dyn FnOnce() -> Started + Send>>);

impl Starting {
    /// Starts an implementation.
    #[must_use]
    pub fn new(start: impl FnOnce() -> Started + Send + 'static) -> Self {
        let started = thread::spawn(start);
        let wait = move || match started.join() {
            Ok(implementation) => implementation,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        Self(LazyLock::new(Box::new(wait)))
    }
}

impl std::fmt::Debug for Starting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Starting").finish_non_exhaustive()
    }
}

impl Drop for Starting {
    /// Nothing that was started is left behind.
    fn drop(&mut self) {
        LazyLock::force(&self.0);
    }
}

/// Has no recorded answers, and computes elsewhere: nobody waits to hear that.
impl Implementation for Starting {
    fn identity(&self) -> Identity {
        self.0.identity()
    }

    fn submission(&self) -> Option<Submission> {
        self.0.submission()
    }

    fn is_elsewhere(&self) -> bool {
        true
    }

    fn settings_used(&self, case: &str) -> Option<SettingsUsed> {
        self.0.settings_used(case)
    }

    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure> {
        self.0.answer(question)
    }

    fn response_map(&self, question: Question<'_>) -> Result<MapAnswer, Failure> {
        self.0.response_map(question)
    }
}
