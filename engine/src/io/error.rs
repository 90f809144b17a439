//! What can go wrong with a file.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use super::dicom::{DicomProblem, RoiChoice};
use crate::volume::Grid;

/// A file that cannot be read, and why. The message is complete: no source repeats it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ReadError {
    /// The file, as the caller named it.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: ReadProblem,
}

/// What is wrong with a file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadProblem {
    /// The operating system refuses to open or read it.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// A folder, a pipe or a device.
    #[error("expected a regular file, found a folder or a device")]
    NotAFile,
    /// A DICOM file, or the files of a series.
    #[error(transparent)]
    Dicom(Box<DicomProblem>),
    /// The first bytes are not those of a NIfTI-1 file.
    #[error("expected a NIfTI-1 file, found {found}")]
    NotNifti {
        /// What the first bytes are.
        found: String,
    },
    /// A relative of NIfTI-1 in one file that is not supported.
    #[error("expected NIfTI-1 in a single file (.nii or .nii.gz), found {found}")]
    UnsupportedFormat {
        /// The format.
        found: &'static str,
    },
    /// Voxels that are not real scalars.
    #[error("expected integer or real voxels of 8 to 64 bits, found datatype {found}")]
    UnsupportedDataType {
        /// Name and code of the data type.
        found: String,
    },
    /// A header field that makes no sense.
    #[error("header field `{field}`: expected {expected}, found `{found}`")]
    Header {
        /// The field, by its name in the NIfTI-1 standard.
        field: String,
        /// What it may be.
        expected: &'static str,
        /// What it was.
        found: String,
    },
    /// Not one volume, but a series of them.
    #[error("expected one volume (2 or 3 dimensions), found {dimensions:?} voxels")]
    NotOneVolume {
        /// The size along every dimension.
        dimensions: Vec<u16>,
    },
    /// More voxels than are accepted.
    #[error("expected at most {MAX_VOXELS} voxels, found {size:?}", MAX_VOXELS = super::MAX_VOXELS)]
    TooManyVoxels {
        /// The size along x, y, z.
        size: [usize; 3],
    },
    /// The file ends before its voxels do.
    #[error("the file is truncated: expected {expected} bytes, found {found}")]
    Truncated {
        /// Bytes up to the last voxel, after decompression.
        expected: u64,
        /// Bytes that are there, after decompression.
        found: u64,
    },
    /// The compressed file is too short to hold what its header announces, whatever its content.
    #[error(
        "the header announces {expected} bytes, more than {stored} compressed bytes can ever hold"
    )]
    ImpossibleCompression {
        /// Bytes up to the last voxel, after decompression.
        expected: u64,
        /// Bytes of the compressed file.
        stored: u64,
    },
    /// The gzip stream is damaged or incomplete.
    #[error("the gzip stream is damaged or incomplete: {0}")]
    DamagedGzip(io::Error),
    /// The voxel axes have no length or are not perpendicular.
    #[error("the orientation ({form}): expected perpendicular voxel axes, found {found}")]
    Orientation {
        /// Which of the header's orientations.
        form: &'static str,
        /// What is wrong.
        found: String,
    },
    /// Intensities that are not numbers.
    #[error(
        "expected finite intensities, found {count} that are not, the first `{value}` at voxel {first:?}"
    )]
    NotFinite {
        /// How many.
        count: usize,
        /// Voxel x, y, z of the first one.
        first: [usize; 3],
        /// The first one.
        value: f64,
    },
    /// A mask voxel that is no label.
    #[error("expected whole numbers in a mask, found `{value}` at voxel {at:?}")]
    NotALabel {
        /// The value.
        value: f64,
        /// Voxel x, y, z.
        at: [usize; 3],
    },
    /// A mask of several regions, and none was chosen.
    #[error(
        "expected a mask of one label, found the labels {}: choose one",
        Listed(labels)
    )]
    SeveralLabels {
        /// The first labels, in increasing order; at most [`ReadProblem::MAX_LISTED`].
        labels: Vec<f64>,
    },
    /// A mask without any voxel.
    #[error("expected a mask with at least one voxel that is not 0, found none")]
    EmptyMask,
    /// A choice that does not suit a NIfTI mask, whose regions have no names.
    #[error("expected the label of a region, a whole number from 1 on, found {chosen}")]
    NoLabel {
        /// What was asked for.
        chosen: RoiChoice,
    },
    /// The chosen label is nowhere in the mask.
    #[error(
        "expected voxels of label {label}, found the labels {}",
        Listed(present)
    )]
    NoSuchLabel {
        /// The label that was asked for.
        label: u32,
        /// The first labels that are there, in increasing order; at most [`ReadProblem::MAX_LISTED`].
        present: Vec<f64>,
    },
}

impl From<DicomProblem> for ReadProblem {
    fn from(problem: DicomProblem) -> Self {
        Self::Dicom(Box::new(problem))
    }
}

impl ReadProblem {
    /// The most labels that an error lists.
    pub const MAX_LISTED: usize = 32;

    /// The problem as one of a file or folder.
    pub(super) fn at(self, path: &Path) -> ReadError {
        ReadError {
            path: path.to_owned(),
            problem: self,
        }
    }

    /// What is wrong with voxels of which the one at index `first` is the first that is not finite.
    pub(super) fn not_finite(grid: &Grid, voxels: &[f64], first: usize) -> Self {
        Self::NotFinite {
            count: voxels.iter().filter(|v| !v.is_finite()).count(),
            first: position(grid, first),
            value: voxels[first],
        }
    }
}

/// Voxel x, y, z of a flat index.
pub(super) fn position(grid: &Grid, index: usize) -> [usize; 3] {
    let [nx, ny, _] = grid.size;
    [index % nx, index / nx % ny, index / nx / ny]
}

/// Labels in a message.
struct Listed<'a>(&'a [f64]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(none)");
        }
        for (i, label) in self.0.iter().enumerate() {
            write!(f, "{}{label}", if i == 0 { "" } else { ", " })?;
        }
        if self.0.len() == ReadProblem::MAX_LISTED {
            f.write_str(", …")?;
        }
        Ok(())
    }
}

/// A file that cannot be written, and why. The message is complete: no source repeats it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct WriteError {
    /// The file, as the caller named it.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: WriteProblem,
}

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteProblem {
    /// The operating system refuses.
    #[error("cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The name does not say how to write it.
    #[error("expected a name that ends in .nii or .nii.gz")]
    Name,
    /// The format cannot hold the size.
    #[error("expected 1 to {most} voxels along every axis, found {size:?}")]
    Size {
        /// The size along x, y, z.
        size: [usize; 3],
        /// The most voxels along an axis.
        most: u16,
    },
    /// A slice of an image that is made slice by slice does not fit the grid.
    #[error("expected slice {z} to have {expected} bytes, found {found}")]
    Slice {
        /// The slice.
        z: usize,
        /// Its bytes on the grid.
        expected: usize,
        /// The bytes that were given.
        found: usize,
    },
    /// An intensity that the type, slope and intercept of the file cannot hold.
    #[error("the file's type, slope and intercept cannot hold the intensity `{intensity}`")]
    Encoding {
        /// The intensity.
        intensity: f64,
    },
}
