//! Reports. Each is a pure function of a result document.

pub mod csv;
mod summary;
pub mod terminal;
