//! DICOM: series of slices (one file each), RT structure sets, segmentations.

mod dataset;
mod file;
mod polygon;
mod problem;
mod roi_choice;
mod rtstruct;
mod seg;
mod series;
mod slice;
mod tag;
mod write;

use std::path::Path;

use super::ReadError;
use crate::volume::{Grid, Mask};

pub use problem::DicomProblem;
pub use roi_choice::{Region, RoiChoice};
pub use rtstruct::read_rtstruct_mask;
pub use seg::read_seg_mask;
pub use series::{SeriesSummary, read_series};
pub use tag::Tag;
pub use write::{series_holds, write_series};

pub(super) use file::is_dicom;
pub(super) use series::read_series_of;

/// Reads a region of an RT structure set or of a segmentation, whichever the file is.
pub(super) fn read_region(
    path: &Path,
    image_grid: &Grid,
    roi: &RoiChoice,
) -> Result<Mask, ReadError> {
    let bytes = file::load(path).map_err(|problem| problem.at(path))?;
    let object = file::Object::parse(&bytes).map_err(|problem| problem.at(path))?;
    let mask = match object.sop_class().as_str() {
        file::RT_STRUCTURE_SET => rtstruct::mask(&object, image_grid, roi),
        file::SEGMENTATION => seg::mask(&object, image_grid, roi),
        other => Err(DicomProblem::Kind {
            expected: "an RT structure set or a segmentation",
            found: file::kind(other),
        }),
    };
    mask.map_err(|problem| problem.at(path))
}

/// From the patient axes of DICOM (LPS) to those of a grid (RAS), and back.
fn to_ras([x, y, z]: [f64; 3]) -> [f64; 3] {
    // 0 - x and not -x, which would make a negative zero of 0.
    [0.0 - x, 0.0 - y, z]
}

/// Voxel coordinates in a grid of a position in DICOM's patient axes, in mm.
fn voxel_of(grid: &Grid, position_mm: [f64; 3]) -> [f64; 3] {
    let offset = super::geometry::minus(to_ras(position_mm), grid.origin_mm);
    std::array::from_fn(|axis| {
        super::geometry::dot(offset, grid.direction[axis]) / grid.spacing_mm[axis]
    })
}

#[cfg(test)]
mod tests;
