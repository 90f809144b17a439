//! Studies: which features, under which settings, can be trusted on a lab's own images?

pub mod analyse;
pub mod cases;
pub mod compute;
pub mod criteria;
pub mod design;
pub mod discover;
pub mod estimate;
pub mod export;
pub mod grid;
pub mod harmonise;
pub mod outcome;
pub mod pattern;
pub mod phantom;
pub mod plan;
pub mod report;
pub mod run;
pub mod store;
pub mod summary;
pub mod tables;
pub mod template;
