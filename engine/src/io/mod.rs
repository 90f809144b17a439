//! Reading and writing images and masks.
//!
//! Files are hostile until checked: sizes are bounded by the bytes that are there before anything is allocated, and
//! every refusal names the file, what was expected and what was found. Intensities are read as `f64` whatever the
//! type of the file is.
//!
//! The format is NIfTI-1 in one file, `.nii` or `.nii.gz`, recognised by content and not by name.

mod error;
mod nifti;
mod same_grid;

pub use error::{ReadError, ReadProblem, WriteError, WriteProblem};
pub use nifti::{MAX_VOXELS, read_image, read_mask, write_image, write_mask};
pub use same_grid::{
    DIRECTION_TOLERANCE, GridMismatch, ORIGIN_TOLERANCE_MM, SPACING_TOLERANCE_MM, check_same_grid,
};
