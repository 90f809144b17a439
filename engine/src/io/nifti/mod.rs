//! NIfTI-1 in one file, `.nii` or `.nii.gz`.

mod decode;
mod header;
mod orientation;
mod write;

use std::{fs::File, io::BufReader, num::NonZeroU32, path::Path};

use self::decode::Decoded;
use super::{ReadError, ReadProblem, error::position};
use crate::volume::{Grid, Image, Mask, Volume};

pub use header::MAX_VOXELS;
pub use write::{
    Datatype, Encoding, write_image, write_image_as, write_image_by_slice, write_labels,
    write_labels_by_slice, write_mask,
};

pub(super) fn read_image(path: &Path) -> Result<Image, ReadError> {
    (decoded(path).and_then(image)).map_err(|problem| problem.at(path))
}

pub(super) fn read_mask(path: &Path, label: Option<NonZeroU32>) -> Result<Mask, ReadError> {
    (decoded(path).and_then(|decoded| mask(decoded, label))).map_err(|problem| problem.at(path))
}

fn decoded(path: &Path) -> Result<Decoded, ReadProblem> {
    let file = File::open(path).map_err(ReadProblem::Io)?;
    let metadata = file.metadata().map_err(ReadProblem::Io)?;
    if !metadata.is_file() {
        return Err(ReadProblem::NotAFile);
    }
    decode::decode(BufReader::new(file), metadata.len())
}

fn image(decoded: Decoded) -> Result<Image, ReadProblem> {
    let grid = decoded.grid().clone();
    let voxels = decoded.voxels()?;
    if let Some(first) = voxels.iter().position(|v| !v.is_finite()) {
        return Err(ReadProblem::not_finite(&grid, &voxels, first));
    }
    Ok(Volume::from_flat(grid, voxels))
}

fn mask(decoded: Decoded, label: Option<NonZeroU32>) -> Result<Mask, ReadProblem> {
    let grid = decoded.grid().clone();
    match decoded.bytes() {
        Some(labels) => mask_of_labels(grid, labels, label),
        None => mask_of_labels(grid, &decoded.voxels()?, label),
    }
}

fn mask_of_labels(
    grid: Grid,
    voxels: &[impl Copy + Into<f64>],
    label: Option<NonZeroU32>,
) -> Result<Mask, ReadProblem> {
    let numbers = || voxels.iter().map(|voxel| (*voxel).into());
    // An infinite value has a NaN fraction, so that it is refused here too.
    if let Some(index) = numbers().position(|v| v.fract() != 0.0) {
        return Err(ReadProblem::NotALabel {
            value: voxels[index].into(),
            at: position(&grid, index),
        });
    }
    let inside: Vec<bool> = match label {
        Some(label) => {
            let value = f64::from(label.get());
            numbers().map(|v| v == value).collect()
        }
        None => numbers().map(|v| v != 0.0).collect(),
    };
    let is_empty = !inside.contains(&true);
    match label {
        Some(label) if is_empty => Err(ReadProblem::NoSuchLabel {
            label: label.get(),
            present: labels(numbers()),
        }),
        None if is_empty => Err(ReadProblem::EmptyMask),
        None if labels(numbers()).len() > 1 => Err(ReadProblem::SeveralLabels {
            labels: labels(numbers()),
        }),
        _ => Ok(Volume::from_flat(grid, inside)),
    }
}

/// The smallest labels in increasing order, as many as an error lists.
fn labels(voxels: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut labels: Vec<f64> = Vec::new();
    for voxel in voxels.filter(|v| *v != 0.0) {
        if let Err(place) = labels.binary_search_by(|label| label.total_cmp(&voxel)) {
            labels.insert(place, voxel);
            labels.truncate(ReadProblem::MAX_LISTED);
        }
    }
    labels
}

#[cfg(test)]
mod tests;
