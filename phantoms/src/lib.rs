//! Images whose radiomic feature values are known.

pub mod ibsi1;
pub mod ibsi2;
