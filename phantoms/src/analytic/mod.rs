//! Phantoms whose feature values have a closed form, or one that exact arithmetic finds.
//!
//! - [`solid`]: sphere, ellipsoid, cylinder, torus and shell, voxelised at any spacing, with what voxelising does to
//!   their volume and moments; and boxes of whole voxels, whose mesh has a closed form.
//! - [`texture`]: constant, stripes, checkerboard, ramp and independent noise.
//! - [`region`]: small regions of interest that trip up implementations: a cavity, several components, the border of
//!   the image, a single slice.

pub mod region;
pub mod solid;
pub mod texture;
