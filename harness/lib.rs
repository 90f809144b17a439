//! radgauge: a conformance and validation harness for radiomics.
//!
//! The harness puts the checks of a [`suite`] to an [`implementation`], [judges](verdict) the answers, and writes one
//! [result document](results) from which every [`report`] is rendered. The features themselves are computed by the
//! [`radgauge_engine`] crate, reference values come from [`radgauge_reference`], images with known answers from
//! [`radgauge_phantoms`].

pub mod agreement;
pub mod certify;
pub mod cli;
pub mod compare;
pub mod counterexample;
pub mod diagnose;
pub mod exact;
pub mod expectations;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod gate;
pub mod implementation;
pub mod report;
pub mod response_map;
pub mod results;
pub mod statement;
pub mod statistics;
pub mod study;
pub mod suite;
pub mod verdict;
