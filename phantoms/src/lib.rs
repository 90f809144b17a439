//! Images whose radiomic feature values are known, and scans to try a study with.

pub mod analytic;
mod field;
pub mod ibsi1;
pub mod ibsi2;
pub mod imsure;
mod random;
pub mod scan;
