//! The reference engine of radgauge: an image, a mask and settings give the radiomic features of the Image Biomarker
//! Standardisation Initiative (IBSI 1 reference manual, arXiv:1612.07003), from the image itself or from the response map
//! of an image filter (IBSI 2 reference manual, arXiv:2006.05470).
//!
//! Section names and four-letter codes in this documentation are those of the manual. The axis order is stated in
//! [`volume`].

pub mod diagnostics;
pub mod feature;
pub mod filter;
pub mod io;
pub mod pipeline;
pub mod process;
pub mod roi;
pub mod settings;
pub mod volume;
