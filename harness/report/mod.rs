//! Reports. Each is a pure function of a result document.

pub mod badge;
pub mod csv;
pub mod ctrf;
pub mod junit;
pub mod markdown;
mod summary;
pub mod terminal;
