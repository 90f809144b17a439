//! Reference values.
