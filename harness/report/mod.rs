//! Reports. Each is a pure function of a result document.

mod agreement;
pub mod badge;
pub mod csv;
pub mod ctrf;
pub mod html;
pub mod junit;
pub mod markdown;
pub(crate) mod reporting_items;
mod summary;
pub mod terminal;

#[cfg(test)]
pub(crate) mod tests;
