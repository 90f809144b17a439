//! NIfTI-1 in one file, `.nii` or `.nii.gz`.

mod decode;
mod header;
mod orientation;
mod write;

use std::{fs::File, io::BufReader, num::NonZeroU32, path::Path};

use super::{ReadError, ReadProblem, error::position};
use crate::volume::{Grid, Image, Mask, Volume};

pub use header::MAX_VOXELS;
pub use write::{
    Datatype, Encoding, write_image, write_image_as, write_image_by_slice, write_labels,
    write_labels_by_slice, write_mask,
};

pub(super) fn read_image(path: &Path) -> Result<Image, ReadError> {
    read_voxels(path)
        .and_then(|(grid, voxels)| image(grid, voxels))
        .map_err(|problem| problem.at(path))
}

pub(super) fn read_mask(path: &Path, label: Option<NonZeroU32>) -> Result<Mask, ReadError> {
    read_voxels(path)
        .and_then(|(grid, voxels)| mask(grid, &voxels, label))
        .map_err(|problem| problem.at(path))
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
        return Err(ReadProblem::not_finite(&grid, &voxels, first));
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

#[cfg(test)]
mod tests;
