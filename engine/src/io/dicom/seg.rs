//! DICOM segmentations: regions as frames of bits.

use std::path::Path;

use super::{
    dataset::DataSet,
    file::{Object, SEGMENTATION, kind, load, required},
    problem::DicomProblem,
    roi_choice::{Region, RoiChoice, choose},
    slice::{check_spacing, orientation, position},
    tag, voxel_of,
};
use crate::{
    io::{ReadError, geometry::minus},
    volume::{Grid, Mask, Volume},
};

/// How far the corners of a frame may lie from voxel centres of the image, in voxels.
const OFF_GRID: f64 = 0.02;

/// Reads a segment of a binary DICOM segmentation onto the grid of its image.
///
/// Every pixel of the segment's frames must be a voxel of the image: frames may be fewer than its slices, cover a
/// part of them, and run along other voxel axes or backwards, but not lie between the voxels.
///
/// # Errors
/// [`ReadError`] for a file that is no segmentation, one that is not `BINARY`, a segment that is not there (the
/// message lists those that are) or has no voxel, and frames that do not lie on the image's grid or beyond it.
pub fn read_seg_mask(
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
    let elements = &object.elements;
    if object.sop_class() != SEGMENTATION {
        return Err(DicomProblem::Kind {
            expected: "a segmentation",
            found: kind(&object.sop_class()),
        });
    }
    let segmentation_type = elements.text(tag::SEGMENTATION_TYPE).unwrap_or_default();
    if segmentation_type != "BINARY" {
        return Err(DicomProblem::value(
            tag::SEGMENTATION_TYPE,
            "BINARY",
            segmentation_type,
        ));
    }
    let region = choose(segments(elements)?, roi)?;
    let frames = Frames::new(object)?;
    let shared = match elements.item(tag::SHARED_FUNCTIONAL_GROUPS_SEQUENCE)? {
        Some(groups) => Groups::read(&groups)?,
        None => Groups::default(),
    };
    let mut inside = vec![false; image_grid.len()];
    let mut count = 0;
    for own in elements.items(tag::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE) {
        let index = count;
        count += 1;
        if count > frames.count {
            break;
        }
        let groups = Groups::read(&own?)?.or(&shared);
        let segment = required(groups.segment, tag::REFERENCED_SEGMENT_NUMBER)?;
        if u32::from(segment) == region.number {
            let place = Place::of(&groups, image_grid, index)?;
            frames.copy(index, &place, image_grid, &mut inside)?;
        }
    }
    if count != frames.count {
        return Err(DicomProblem::value(
            tag::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
            "an item per frame",
            format!("{count} or more items for {} frames", frames.count),
        ));
    }
    if !inside.contains(&true) {
        return Err(DicomProblem::EmptyRegion(region));
    }
    Ok(Volume::from_flat(image_grid.clone(), inside))
}

fn segments(elements: &DataSet) -> Result<Vec<Region>, DicomProblem> {
    let items = elements.items(tag::SEGMENT_SEQUENCE);
    items
        .map(|item| {
            let item = item?;
            let number = required(item.u16(tag::SEGMENT_NUMBER)?, tag::SEGMENT_NUMBER)?;
            Ok(Region {
                number: u32::from(number),
                name: item.text(tag::SEGMENT_LABEL).unwrap_or_default(),
            })
        })
        .collect()
}

/// What is said of a frame: once for all frames, or for each.
#[derive(Clone, Copy, Default)]
struct Groups {
    segment: Option<u16>,
    position: Option<[f64; 3]>,
    orientation: Option<[[f64; 3]; 2]>,
    /// The distance of neighbouring rows, and of neighbouring columns.
    spacing: Option<[f64; 2]>,
}

impl Groups {
    fn read(groups: &DataSet) -> Result<Self, DicomProblem> {
        let mut read = Self::default();
        if let Some(item) = groups.item(tag::SEGMENT_IDENTIFICATION_SEQUENCE)? {
            read.segment = item.u16(tag::REFERENCED_SEGMENT_NUMBER)?;
        }
        if let Some(item) = groups.item(tag::PLANE_POSITION_SEQUENCE)? {
            read.position = position(&item)?;
        }
        if let Some(item) = groups.item(tag::PLANE_ORIENTATION_SEQUENCE)? {
            read.orientation = orientation(&item)?;
        }
        if let Some(item) = groups.item(tag::PIXEL_MEASURES_SEQUENCE)? {
            read.spacing = item.some_decimals(tag::PIXEL_SPACING)?;
        }
        Ok(read)
    }

    fn or(self, shared: &Self) -> Self {
        Self {
            segment: self.segment.or(shared.segment),
            position: self.position.or(shared.position),
            orientation: self.orientation.or(shared.orientation),
            spacing: self.spacing.or(shared.spacing),
        }
    }
}

/// Pixels of one bit: eight a byte from the lowest bit on, frames without padding between them (PS3.5, 8.1.1).
struct Frames<'a> {
    bits: &'a [u8],
    columns: usize,
    rows: usize,
    count: usize,
}

impl<'a> Frames<'a> {
    fn new(object: &Object<'a>) -> Result<Self, DicomProblem> {
        let elements = &object.elements;
        let allocated = object.required_u16(tag::BITS_ALLOCATED)?;
        if allocated != 1 {
            return Err(DicomProblem::value(tag::BITS_ALLOCATED, "1", allocated));
        }
        let columns = usize::from(object.required_u16(tag::COLUMNS)?);
        let rows = usize::from(object.required_u16(tag::ROWS)?);
        let frames = required(
            elements.integer(tag::NUMBER_OF_FRAMES)?,
            tag::NUMBER_OF_FRAMES,
        )?;
        let bits = object.pixels()?;
        // Two factors of 16 bits and one of 32.
        let expected = (columns as u64 * rows as u64).saturating_mul(u64::from(frames));
        if expected == 0 || expected.div_ceil(8) > bits.len() as u64 {
            return Err(DicomProblem::value(
                tag::PIXEL_DATA,
                "a bit per pixel, and at least one",
                format!(
                    "{} bytes for {frames} frames of {columns} × {rows} pixels",
                    bits.len()
                ),
            ));
        }
        Ok(Self {
            bits,
            columns,
            rows,
            count: frames as usize,
        })
    }

    /// Copies the bits that are set of a frame to the voxels that they are.
    fn copy(
        &self,
        frame: usize,
        place: &Place,
        grid: &Grid,
        inside: &mut [bool],
    ) -> Result<(), DicomProblem> {
        let first = frame * self.rows * self.columns;
        for row in 0..self.rows {
            for column in 0..self.columns {
                let bit = first + row * self.columns + column;
                if self.bits[bit / 8] >> (bit % 8) & 1 == 0 {
                    continue;
                }
                let voxel = place.voxel(column, row);
                let [x, y, z] = std::array::from_fn(|axis| {
                    usize::try_from(voxel[axis])
                        .ok()
                        .filter(|i| *i < grid.size[axis])
                });
                let (Some(x), Some(y), Some(z)) = (x, y, z) else {
                    return Err(DicomProblem::BeyondImage {
                        voxel: voxel.map(|i| i as f64),
                        size: grid.size,
                    });
                };
                inside[x + grid.size[0] * (y + grid.size[1] * z)] = true;
            }
        }
        Ok(())
    }
}

/// Where the pixels of a frame are among the voxels of the image.
struct Place {
    first: [i64; 3],
    /// From a pixel to the next in its row, and in its column.
    steps: [[i64; 3]; 2],
}

impl Place {
    fn of(groups: &Groups, grid: &Grid, frame: usize) -> Result<Self, DicomProblem> {
        let position = required(groups.position, tag::IMAGE_POSITION)?;
        let orientation = required(groups.orientation, tag::IMAGE_ORIENTATION)?;
        let [row_spacing, column_spacing] = required(groups.spacing, tag::PIXEL_SPACING)?;
        let first = voxel_of(grid, position);
        let whole = |what: &'static str, found: [f64; 3]| {
            if found
                .iter()
                .all(|x| (x - x.round()).abs() <= OFF_GRID && x.abs() < 1e9)
            {
                Ok(found.map(|x| x.round() as i64))
            } else {
                Err(DicomProblem::OffGrid {
                    frame: frame + 1,
                    what,
                    found,
                })
            }
        };
        let step = |direction: [f64; 3], spacing: f64, what| {
            check_spacing(tag::PIXEL_SPACING, spacing)?;
            let next = std::array::from_fn(|i| position[i] + spacing * direction[i]);
            let found = minus(voxel_of(grid, next), first);
            let step = whole(what, found)?;
            // Along one voxel axis, from each voxel to its neighbour.
            if step.iter().map(|x| x.abs()).sum::<i64>() == 1 {
                Ok(step)
            } else {
                Err(DicomProblem::OffGrid {
                    frame: frame + 1,
                    what,
                    found,
                })
            }
        };
        Ok(Self {
            first: whole("first pixel", first)?,
            steps: [
                step(orientation[0], column_spacing, "step along a row")?,
                step(orientation[1], row_spacing, "step along a column")?,
            ],
        })
    }

    fn voxel(&self, column: usize, row: usize) -> [i64; 3] {
        let [along_row, along_column] = self.steps;
        std::array::from_fn(|axis| {
            self.first[axis] + column as i64 * along_row[axis] + row as i64 * along_column[axis]
        })
    }
}
