//! RT structure sets: regions as closed planar contours, made voxels of the image they were drawn on.

use std::{collections::BTreeMap, path::Path};

use super::{
    file::{Object, RT_STRUCTURE_SET, kind, load, required},
    polygon,
    problem::DicomProblem,
    roi_choice::{Region, RoiChoice, choose},
    tag, voxel_of,
};
use crate::{
    io::ReadError,
    volume::{Grid, Mask, Volume},
};

/// How far the points of the contours of a slice may lie apart along z, in slices: they were drawn on one plane.
const PLANE_TOLERANCE: f64 = 0.1;

/// How far beyond the outermost voxel centres of a slice a contour may run, in voxels: along the border of the image
/// and no farther.
const BORDER: f64 = 1.0;

/// Reads a region of an RT structure set onto the grid of the image that it was drawn on.
///
/// A voxel is inside when its centre is, by the even-odd rule over all contours of its slice: a contour inside
/// another is a hole. A centre on a contour belongs to the region when that lies towards higher x or y. Each contour
/// counts for the slice whose plane is nearest. The contours are taken to lie in the image's frame of reference.
///
/// # Errors
/// [`ReadError`] for a file that is no structure set, a region that is not there (the message lists those that
/// are), a region without voxels, contours other than `CLOSED_PLANAR`, and contours that do not lie in the image's
/// slices or go beyond the image.
pub fn read_rtstruct_mask(
    path: impl AsRef<Path>,
    image_grid: &Grid,
    roi: &RoiChoice,
) -> Result<Mask, ReadError> {
    let path = path.as_ref();
    let bytes = load(path).map_err(|problem| problem.at(path))?;
    Object::parse(&bytes)
        .and_then(|object| mask(&object, image_grid, roi))
        .map_err(|problem| problem.at(path))
}

pub(super) fn mask(
    object: &Object,
    image_grid: &Grid,
    roi: &RoiChoice,
) -> Result<Mask, DicomProblem> {
    if object.sop_class() != RT_STRUCTURE_SET {
        return Err(DicomProblem::Kind {
            expected: "an RT structure set",
            found: kind(&object.sop_class()),
        });
    }
    let region = choose(regions(object)?, roi)?;
    let slices = contours(object, region.number, image_grid)?;
    let [nx, ny, _] = image_grid.size;
    let mut inside = vec![false; image_grid.len()];
    for (z, slice) in slices {
        let voxels = &mut inside[z * nx * ny..(z + 1) * nx * ny];
        polygon::fill(&slice.polygons, [nx, ny], voxels);
    }
    if !inside.contains(&true) {
        return Err(DicomProblem::EmptyRegion(region));
    }
    Ok(Volume::from_flat(image_grid.clone(), inside))
}

fn regions(object: &Object) -> Result<Vec<Region>, DicomProblem> {
    let items = object.elements.items(tag::STRUCTURE_SET_ROI_SEQUENCE);
    items
        .map(|item| {
            let item = item?;
            Ok(Region {
                number: required(item.integer(tag::ROI_NUMBER)?, tag::ROI_NUMBER)?,
                name: item.text(tag::ROI_NAME).unwrap_or_default(),
            })
        })
        .collect()
}

/// The contours of a slice, in voxels.
struct SliceContours {
    /// The lowest and the highest z.
    plane: [f64; 2],
    polygons: Vec<Vec<[f64; 2]>>,
}

/// The contours of a region by the slice of the image that they lie in.
fn contours(
    object: &Object,
    roi_number: u32,
    grid: &Grid,
) -> Result<BTreeMap<usize, SliceContours>, DicomProblem> {
    let mut slices: BTreeMap<usize, SliceContours> = BTreeMap::new();
    let mut number = 0;
    for item in object.elements.items(tag::ROI_CONTOUR_SEQUENCE) {
        let item = item?;
        let of = required(
            item.integer(tag::REFERENCED_ROI_NUMBER)?,
            tag::REFERENCED_ROI_NUMBER,
        )?;
        if of != roi_number {
            continue;
        }
        for contour in item.items(tag::CONTOUR_SEQUENCE) {
            let contour = contour?;
            number += 1;
            let kind = contour
                .text(tag::CONTOUR_GEOMETRIC_TYPE)
                .unwrap_or_default();
            if kind != "CLOSED_PLANAR" {
                return Err(DicomProblem::value(
                    tag::CONTOUR_GEOMETRIC_TYPE,
                    "CLOSED_PLANAR",
                    kind,
                ));
            }
            let points = contour.decimals(tag::CONTOUR_DATA)?.unwrap_or_default();
            let (points, []) = points.as_chunks::<3>() else {
                return Err(DicomProblem::value(
                    tag::CONTOUR_DATA,
                    "three coordinates a point",
                    format!("{} coordinates", points.len()),
                ));
            };
            let voxels: Vec<[f64; 3]> = points.iter().map(|point| voxel_of(grid, *point)).collect();
            if voxels.is_empty() {
                continue;
            }
            let (z, plane) = slice_of(&voxels, number, grid)?;
            let slice = slices.entry(z).or_insert(SliceContours {
                plane,
                polygons: Vec::new(),
            });
            slice.plane = [slice.plane[0].min(plane[0]), slice.plane[1].max(plane[1])];
            let [from, to] = slice.plane;
            if to - from > PLANE_TOLERANCE {
                return Err(DicomProblem::SeveralPlanes { slice: z, from, to });
            }
            slice
                .polygons
                .push(voxels.iter().map(|[x, y, _]| [*x, *y]).collect());
        }
    }
    Ok(slices)
}

/// The slice that a contour lies in, and its lowest and highest z.
fn slice_of(
    voxels: &[[f64; 3]],
    contour: usize,
    grid: &Grid,
) -> Result<(usize, [f64; 2]), DicomProblem> {
    let [nx, ny, nz] = grid.size.map(|n| n as f64);
    let is_beyond = |[x, y, z]: &&[f64; 3]| {
        !((-BORDER..=nx - 1.0 + BORDER).contains(x)
            && (-BORDER..=ny - 1.0 + BORDER).contains(y)
            && (-0.5..=nz - 0.5).contains(z))
    };
    if let Some(voxel) = voxels.iter().find(is_beyond) {
        return Err(DicomProblem::BeyondImage {
            voxel: *voxel,
            size: grid.size,
        });
    }
    let from = voxels.iter().map(|v| v[2]).fold(f64::INFINITY, f64::min);
    let to = voxels
        .iter()
        .map(|v| v[2])
        .fold(f64::NEG_INFINITY, f64::max);
    if to - from > PLANE_TOLERANCE {
        return Err(DicomProblem::OffPlane { contour, from, to });
    }
    // Half a slice above the last one rounds to one more.
    let z = (f64::midpoint(from, to).round().max(0.0) as usize).min(grid.size[2] - 1);
    Ok((z, [from, to]))
}
