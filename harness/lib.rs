//! Harness.

pub mod exact;
