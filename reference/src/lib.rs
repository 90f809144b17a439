//! What the answers are: reference values with their tolerances and where they were published, the settings under
//! which they hold, and the public data sets they were computed from.
//!
//! This crate holds data and how to read it. It judges nothing: comparing a value with its reference is the
//! harness's business.

mod consensus;
pub mod datasets;
pub mod dialects;
pub mod ibsi1;
pub mod ibsi2;
pub mod imsure;
mod presets;

pub use consensus::{Consensus, UnknownConsensus};
pub use presets::{Preset, preset, presets};
