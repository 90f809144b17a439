//! Images whose radiomic feature values are known, scans to try a study with, and perturbations of scans.

pub mod analytic;
mod field;
pub mod ibsi1;
pub mod ibsi2;
pub mod imsure;
pub mod perturb;
mod random;
pub mod scan;
pub mod textured;
