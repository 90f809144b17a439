//! Reading and writing images and masks.
//!
//! Files are hostile until checked: sizes are bounded by the bytes that are there before anything is allocated, and
//! every refusal names the file, what was expected and what was found. Intensities are read as `f64` whatever the
//! type of the file is.
//!
//! | | images | masks |
//! |---|---|---|
//! | NIfTI-1 in one file, `.nii` or `.nii.gz` | [`read_image`] | [`read_mask`], [`read_roi`] |
//! | DICOM, uncompressed: a folder of slices, or one of its files | [`read_image`], [`read_series`] | |
//! | DICOM RT structure set, binary DICOM segmentation | | [`read_roi`] |
//!
//! Formats are recognised by content and not by name.

mod dicom;
mod error;
mod geometry;
mod nifti;
mod same_grid;

use std::{fs, num::NonZeroU32, path::Path};

use crate::volume::{Grid, Image, Mask};

pub use dicom::{
    DicomProblem, Region, RoiChoice, SeriesSummary, Tag, read_rtstruct_mask, read_seg_mask,
    read_series, series_holds, write_series,
};
pub use error::{ReadError, ReadProblem, WriteError, WriteProblem};
pub use nifti::{
    Datatype, Encoding, MAX_VOXELS, write_image, write_image_as, write_image_by_slice,
    write_labels, write_labels_by_slice, write_mask,
};
pub use same_grid::{
    DIRECTION_TOLERANCE, GridMismatch, ORIGIN_TOLERANCE_MM, SPACING_TOLERANCE_MM, check_same_grid,
};

/// Reads an image: a NIfTI-1 file, a folder that holds one DICOM series, or a slice of a series, which stands for
/// the series in its folder.
///
/// NIfTI: integer and real voxels of 8 to 64 bits in either byte order become `f64`, with the header's slope and
/// intercept applied in `f64` (a slope of 0, and a slope or intercept that is not finite, mean none). The orientation
/// is the sform when `sform_code` is positive, else the qform when `qform_code` is, else the spacing alone. A file of
/// two dimensions is one slice; dimensions beyond the third must have size 1. DICOM: see [`read_series`].
///
/// # Errors
/// [`ReadError`], with the file's name and a [`ReadProblem`]: unreadable, truncated or damaged files, NIfTI-2 and
/// `.hdr`/`.img` pairs, complex and colour voxels, series of volumes, impossible sizes, spacings or orientations,
/// more than [`MAX_VOXELS`] voxels, intensities that are not finite, and what [`read_series`] refuses.
pub fn read_image(path: impl AsRef<Path>) -> Result<Image, ReadError> {
    let path = path.as_ref();
    match form(path).map_err(|problem| problem.at(path))? {
        Form::Folder => read_series(path, None),
        Form::Dicom => dicom::read_series_of(path),
        Form::Other => nifti::read_image(path),
    }
}

/// Reads a mask from a NIfTI-1 file: the voxels that equal `label`, or without a label all voxels that are not 0.
///
/// # Errors
/// [`ReadError`] as [`read_image`], and when a voxel is not a whole number, when the mask has several labels and
/// none was chosen, and when no voxel is inside; the message then lists the labels that are there.
pub fn read_mask(path: impl AsRef<Path>, label: Option<NonZeroU32>) -> Result<Mask, ReadError> {
    nifti::read_mask(path.as_ref(), label)
}

/// Reads a region of interest from a NIfTI-1 mask, a DICOM RT structure set or a DICOM segmentation. The region of a
/// DICOM file lies on `image_grid`; that of a NIfTI file on its own grid, see [`check_same_grid`].
///
/// # Errors
/// [`ReadError`] as [`read_mask`], [`read_rtstruct_mask`] and [`read_seg_mask`]; a NIfTI mask has labels and no names.
pub fn read_roi(
    path: impl AsRef<Path>,
    image_grid: &Grid,
    roi: &RoiChoice,
) -> Result<Mask, ReadError> {
    let path = path.as_ref();
    if form(path).map_err(|problem| problem.at(path))? == Form::Dicom {
        return dicom::read_region(path, image_grid, roi);
    }
    let label = match roi {
        RoiChoice::Only => None,
        RoiChoice::Number(number) => NonZeroU32::new(*number),
        RoiChoice::Name(_) => None,
    };
    if label.is_none() && *roi != RoiChoice::Only {
        let chosen = roi.clone();
        return Err(ReadProblem::NoLabel { chosen }.at(path));
    }
    nifti::read_mask(path, label)
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Folder,
    Dicom,
    Other,
}

fn form(path: &Path) -> Result<Form, ReadProblem> {
    // Asked before anything is opened: opening a pipe would wait for its writer.
    let metadata = fs::metadata(path).map_err(ReadProblem::Io)?;
    if metadata.is_dir() {
        return Ok(Form::Folder);
    }
    if !metadata.is_file() {
        return Err(ReadProblem::NotAFile);
    }
    Ok(if dicom::is_dicom(path)? {
        Form::Dicom
    } else {
        Form::Other
    })
}
