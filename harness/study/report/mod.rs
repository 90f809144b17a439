//! Reports of a finished study. Each is a pure function of its [`Outcome`](super::outcome::Outcome).

mod checklists;
pub mod html;
pub mod plot;
pub mod summary;
