//! What can be wrong with DICOM files.

use std::{fmt, path::Path};

use super::{Region, RoiChoice, SeriesSummary, tag::Tag};
use crate::io::{ReadError, ReadProblem};

/// What is wrong with a DICOM file, or with the files of a series. Files of a series are named without their folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DicomProblem {
    /// No `DICM` after 128 bytes.
    #[error("expected a DICOM file, with `DICM` after 128 bytes")]
    NotDicom,
    /// More bytes than are read.
    #[error("expected a DICOM file of at most {limit} bytes, found {found}")]
    TooLarge {
        /// The most that is read.
        limit: u64,
        /// Size of the file.
        found: u64,
    },
    /// Bytes that are no data elements.
    #[error("damaged at byte {at}: {what}")]
    Damaged {
        /// Where, from the start of the file.
        at: usize,
        /// What is there.
        what: &'static str,
    },
    /// A value that goes beyond its file, or beyond the item that it is part of.
    #[error("damaged or truncated at byte {at}: expected {expected} bytes, {left} are left")]
    Truncated {
        /// Where the bytes should start.
        at: usize,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        left: usize,
    },
    /// An element that a data set has twice.
    #[error("the element ({group:04X},{element:04X}) occurs twice")]
    Repeated {
        /// Its group number.
        group: u16,
        /// Its element number.
        element: u16,
    },
    /// A compression, or an encoding that is not supported.
    #[error(
        "expected an uncompressed transfer syntax (implicit or explicit little endian, explicit big endian), found {found}"
    )]
    TransferSyntax {
        /// Its name or its identifier.
        found: String,
    },
    /// A necessary element that is absent or empty.
    #[error("expected the element {0}, found none")]
    Missing(Tag),
    /// A value that makes no sense here.
    #[error("{tag}: expected {expected}, found `{found}`")]
    Value {
        /// The element.
        tag: Tag,
        /// What it may be.
        expected: &'static str,
        /// What it was.
        found: String,
    },
    /// Another kind of DICOM object.
    #[error("expected {expected}, found {found}")]
    Kind {
        /// What was needed.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A folder without an image.
    #[error("expected the slices of a DICOM series, found none ({files} files in the folder)")]
    NoSlices {
        /// Number of files.
        files: usize,
    },
    /// Several series, and none was chosen.
    #[error("expected one series, found {}: choose one", Listed(series))]
    SeveralSeries {
        /// They.
        series: Vec<SeriesSummary>,
    },
    /// The chosen series is not there.
    #[error("expected the series `{chosen}`, found {}", Listed(series))]
    NoSuchSeries {
        /// What was asked for.
        chosen: String,
        /// What is there.
        series: Vec<SeriesSummary>,
    },
    /// Slices that differ in what all slices of a grid share.
    #[error(
        "the slices differ in {what}: {first_value:?} in `{first}`, {other_value:?} in `{other}`"
    )]
    Mixed {
        /// In which element.
        what: Tag,
        /// A file.
        first: String,
        /// Its value.
        first_value: Vec<f64>,
        /// Another file.
        other: String,
        /// Its value.
        other_value: Vec<f64>,
    },
    /// Two slices in one place: two acquisitions, or times, in one series.
    #[error("two slices lie at one position: `{first}` and `{second}`")]
    SamePosition {
        /// A file.
        first: String,
        /// Another file.
        second: String,
    },
    /// A gap as wide as several slices.
    #[error(
        "{count} slices are missing between `{before}` and `{after}`: they are {gap_mm} mm apart, the others {spacing_mm} mm"
    )]
    MissingSlices {
        /// How many.
        count: f64,
        /// The slice before the gap.
        before: String,
        /// The slice after it.
        after: String,
        /// Its width.
        gap_mm: f64,
        /// The median distance of neighbouring slices.
        spacing_mm: f64,
    },
    /// Slices that do not lie at regular distances.
    #[error(
        "unevenly spaced slices: `{before}` and `{after}` are {gap_mm} mm apart, the median is {spacing_mm} mm"
    )]
    UnevenSpacing {
        /// A slice.
        before: String,
        /// The next one.
        after: String,
        /// Their distance.
        gap_mm: f64,
        /// The median distance of neighbouring slices.
        spacing_mm: f64,
    },
    /// Slices shifted against each other in their own plane: a tilted gantry.
    #[error(
        "the slices are sheared by {degrees:.2} degrees (a tilted gantry): `{file}` lies {shift_mm:.3} mm beside the normal of the first slice"
    )]
    Sheared {
        /// The angle.
        degrees: f64,
        /// The slice that is farthest off.
        file: String,
        /// How far it is off.
        shift_mm: f64,
    },
    /// Several regions, and none was chosen.
    #[error("expected one region, found {}: choose one", Listed(regions))]
    SeveralRegions {
        /// They.
        regions: Vec<Region>,
    },
    /// The chosen region is not there.
    #[error("expected the region {chosen}, found {}", Listed(regions))]
    NoSuchRegion {
        /// What was asked for.
        chosen: RoiChoice,
        /// What is there.
        regions: Vec<Region>,
    },
    /// A name or a number that several regions have.
    #[error("expected one region {chosen}, found {}", Listed(regions))]
    AmbiguousRegion {
        /// What was asked for.
        chosen: RoiChoice,
        /// The regions that it may mean.
        regions: Vec<Region>,
    },
    /// A region without contours, or without a voxel centre inside.
    #[error("the region {0} has no voxel")]
    EmptyRegion(Region),
    /// A contour that lies in no slice.
    #[error(
        "contour {contour} of the region crosses slices: it goes from slice {from:.2} to slice {to:.2}"
    )]
    OffPlane {
        /// Its number, from 1.
        contour: usize,
        /// Its lowest z, in voxels.
        from: f64,
        /// Its highest z, in voxels.
        to: f64,
    },
    /// Contours that do not lie on the image's slices.
    #[error(
        "contours of several planes fall on slice {slice} of the image, from {from:.2} to {to:.2}: they were drawn on another image"
    )]
    SeveralPlanes {
        /// The slice, from 0.
        slice: usize,
        /// The lowest z, in voxels.
        from: f64,
        /// The highest z, in voxels.
        to: f64,
    },
    /// A part of a region beyond the image.
    #[error(
        "the region goes beyond the image of {size:?} voxels: found voxel [{:.2}, {:.2}, {:.2}]",
        voxel[0], voxel[1], voxel[2]
    )]
    BeyondImage {
        /// Where, in voxels of the image, x, y, z.
        voxel: [f64; 3],
        /// Of the image.
        size: [usize; 3],
    },
    /// Frames whose pixels are not voxels of the image.
    #[error(
        "frame {frame} does not lie on the image's grid: expected its {what} on whole voxels, found [{:.3}, {:.3}, {:.3}]",
        found[0], found[1], found[2]
    )]
    OffGrid {
        /// The frame, from 1.
        frame: usize,
        /// What is off.
        what: &'static str,
        /// Where it is, or where it goes, in voxels of the image.
        found: [f64; 3],
    },
}

impl DicomProblem {
    /// The problem as one of a file or folder.
    pub(super) fn at(self, path: &Path) -> ReadError {
        ReadProblem::from(self).at(path)
    }

    pub(super) fn value(tag: Tag, expected: &'static str, found: impl fmt::Display) -> Self {
        Self::Value {
            tag,
            expected,
            found: found.to_string(),
        }
    }
}

/// Things in a message, the first [`ReadProblem::MAX_LISTED`] of them.
struct Listed<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (i, thing) in self.0.iter().take(ReadProblem::MAX_LISTED).enumerate() {
            write!(f, "{}{thing}", if i == 0 { "" } else { ", " })?;
        }
        if self.0.len() > ReadProblem::MAX_LISTED {
            f.write_str(", …")?;
        }
        Ok(())
    }
}
