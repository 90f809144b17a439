//! NIfTI-1 in one file, `.nii` or `.nii.gz`.

mod decode;
mod header;
mod orientation;
mod write;

use std::{fs::File, io::BufReader, num::NonZeroU32, path::Path};

use super::{ReadError, ReadProblem};
use crate::volume::{Grid, Image, Mask, Volume};

pub use header::MAX_VOXELS;
pub use write::{write_image, write_mask};

/// Reads an image from a NIfTI-1 file, `.nii` or `.nii.gz`.
///
/// Integer and real voxels of 8 to 64 bits in either byte order become `f64`, with the header's slope and intercept
/// applied in `f64` (a slope of 0, and a slope or intercept that is not finite, mean none). The orientation is the
/// sform when `sform_code` is positive, else the qform when `qform_code` is, else the spacing alone. A file of two
/// dimensions is one slice; dimensions beyond the third must have size 1.
///
/// # Errors
/// [`ReadError`], with the file's name and a [`ReadProblem`]: unreadable, truncated or damaged files, NIfTI-2 and
/// `.hdr`/`.img` pairs, complex and colour voxels, series of volumes, impossible sizes, spacings or orientations,
/// more than [`MAX_VOXELS`] voxels, and intensities that are not finite.
pub fn read_image(path: impl AsRef<Path>) -> Result<Image, ReadError> {
    let path = path.as_ref();
    read_voxels(path)
        .and_then(|(grid, voxels)| image(grid, voxels))
        .map_err(|problem| at(path, problem))
}

/// Reads a mask from a NIfTI-1 file: the voxels that equal `label`, or without a label all voxels that are not 0.
///
/// # Errors
/// [`ReadError`] as [`read_image`], and when a voxel is not a whole number, when the mask has several labels and
/// none was chosen, and when no voxel is inside; the message then lists the labels that are there.
pub fn read_mask(path: impl AsRef<Path>, label: Option<NonZeroU32>) -> Result<Mask, ReadError> {
    let path = path.as_ref();
    read_voxels(path)
        .and_then(|(grid, voxels)| mask(grid, &voxels, label))
        .map_err(|problem| at(path, problem))
}

fn at(path: &Path, problem: ReadProblem) -> ReadError {
    ReadError {
        path: path.to_owned(),
        problem,
    }
}

fn read_voxels(path: &Path) -> Result<(Grid, Vec<f64>), ReadProblem> {
    let file = File::open(path).map_err(ReadProblem::Io)?;
    let metadata = file.metadata().map_err(ReadProblem::Io)?;
    if !metadata.is_file() {
        return Err(ReadProblem::NotAFile);
    }
    decode::decode(BufReader::new(file), metadata.len())
}

fn image(grid: Grid, voxels: Vec<f64>) -> Result<Image, ReadProblem> {
    if let Some(first) = voxels.iter().position(|v| !v.is_finite()) {
        return Err(ReadProblem::NotFinite {
            count: voxels.iter().filter(|v| !v.is_finite()).count(),
            first: position(&grid, first),
            value: voxels[first],
        });
    }
    Ok(Volume::from_flat(grid, voxels))
}

fn mask(grid: Grid, voxels: &[f64], label: Option<NonZeroU32>) -> Result<Mask, ReadProblem> {
    // An infinite value has a NaN fraction, so that it is refused here too.
    if let Some(index) = voxels.iter().position(|v| v.fract() != 0.0) {
        return Err(ReadProblem::NotALabel {
            value: voxels[index],
            at: position(&grid, index),
        });
    }
    let inside: Vec<bool> = match label {
        Some(label) => {
            let value = f64::from(label.get());
            voxels.iter().map(|v| *v == value).collect()
        }
        None => voxels.iter().map(|v| *v != 0.0).collect(),
    };
    let is_empty = !inside.contains(&true);
    match label {
        Some(label) if is_empty => Err(ReadProblem::NoSuchLabel {
            label: label.get(),
            present: labels(voxels),
        }),
        None if is_empty => Err(ReadProblem::EmptyMask),
        None if labels(voxels).len() > 1 => Err(ReadProblem::SeveralLabels {
            labels: labels(voxels),
        }),
        _ => Ok(Volume::from_flat(grid, inside)),
    }
}

/// The smallest labels in increasing order, as many as an error lists.
fn labels(voxels: &[f64]) -> Vec<f64> {
    let mut labels: Vec<f64> = Vec::new();
    for voxel in voxels.iter().filter(|v| **v != 0.0) {
        if let Err(place) = labels.binary_search_by(|label| label.total_cmp(voxel)) {
            labels.insert(place, *voxel);
            labels.truncate(ReadProblem::MAX_LISTED);
        }
    }
    labels
}

/// Voxel x, y, z of a flat index.
fn position(grid: &Grid, index: usize) -> [usize; 3] {
    let [nx, ny, _] = grid.size;
    [index % nx, index / nx % ny, index / nx / ny]
}

#[cfg(test)]
mod tests;
