//! Studies: which features, under which settings, can be trusted on a lab's own images?

pub mod criteria;
pub mod outcome;
