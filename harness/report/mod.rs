//! Reports. Each is a pure function of a result document.

pub mod csv;
pub mod terminal;
