//! Studies: which features, under which settings, can be trusted on a lab's own images?

pub mod cases;
pub mod criteria;
pub mod grid;
pub mod outcome;
pub mod pattern;
pub mod phantom;
pub mod store;
