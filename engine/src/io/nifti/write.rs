//! Writing NIfTI-1.
//!
//! Not through the `nifti` crate: it rewrites names with more than one dot and loses errors of the last write.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};

use super::header::FIRST_VOXEL_OFFSET;
use crate::{
    io::{WriteError, WriteProblem},
    volume::{Grid, Image, Mask, Volume},
};

/// Writes an image as 64-bit floating point, `.nii` or `.nii.gz` by its name, its grid as the sform.
///
/// The sform is 32-bit in the format, so that spacing, origin and direction keep seven digits. The file appears under
/// its name only when it is complete.
///
/// # Errors
/// [`WriteError`] for another name, a size that the format cannot hold, and whatever the operating system refuses.
pub fn write_image(path: impl AsRef<Path>, image: &Image) -> Result<(), WriteError> {
    write_image_as(path, image, Encoding::default())
}

/// How intensities become the numbers in a file: `intensity = slope · number + intercept`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Encoding {
    /// The type of the numbers.
    pub datatype: Datatype,
    /// `scl_slope` of the header; not 0.
    pub slope: f32,
    /// `scl_inter` of the header.
    pub intercept: f32,
}

/// The type of the numbers in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datatype {
    /// Whole numbers of 16 bits with a sign, as CT has them.
    Int16,
    /// 32-bit floating point.
    Float32,
    /// 64-bit floating point.
    Float64,
}

/// Larger pieces than single voxels are written faster.
const VOXELS_AT_A_TIME: usize = 1 << 13;

/// `datatype` and `bitpix` of unsigned bytes.
const UINT8: [i16; 2] = [2, 8];

impl Default for Encoding {
    /// The intensities themselves, in 64 bits.
    fn default() -> Self {
        Self {
            datatype: Datatype::Float64,
            slope: 1.0,
            intercept: 0.0,
        }
    }
}

impl Encoding {
    /// The number that stands for an intensity; `None` when no number of the type stands for exactly this one.
    #[must_use]
    pub fn number(&self, intensity: f64) -> Option<f64> {
        let (slope, intercept) = (f64::from(self.slope), f64::from(self.intercept));
        let number = (intensity - intercept) / slope;
        let is_of_type = match self.datatype {
            Datatype::Int16 => f64::from(number as i16) == number,
            Datatype::Float32 => f64::from(number as f32) == number,
            Datatype::Float64 => true,
        };
        (is_of_type && slope * number + intercept == intensity).then_some(number)
    }

    /// `datatype` and `bitpix` of the header.
    fn codes(&self) -> [i16; 2] {
        match self.datatype {
            Datatype::Int16 => [4, 16],
            Datatype::Float32 => [16, 32],
            Datatype::Float64 => [64, 64],
        }
    }
}

/// Writes an image as [`write_image`] does, its intensities encoded. Nothing is rounded: an intensity that the encoding
/// cannot hold is refused.
///
/// # Errors
/// As [`write_image`], and [`WriteProblem::Encoding`] names the first intensity that the encoding cannot hold.
pub fn write_image_as(
    path: impl AsRef<Path>,
    image: &Image,
    encoding: Encoding,
) -> Result<(), WriteError> {
    let path = path.as_ref();
    let voxels = image.as_slice();
    if encoding == Encoding::default() {
        return write(path, image.grid(), encoding, |out| {
            voxels.chunks(VOXELS_AT_A_TIME).try_for_each(|voxels| {
                let bytes: Vec<u8> = voxels.iter().flat_map(|v| v.to_le_bytes()).collect();
                out.write_all(&bytes)
            })
        });
    }
    let unheld = voxels.iter().find(|v| encoding.number(**v).is_none());
    if let Some(intensity) = unheld {
        return Err(WriteError {
            path: path.to_owned(),
            problem: WriteProblem::Encoding {
                intensity: *intensity,
            },
        });
    }
    write(path, image.grid(), encoding, |out| {
        voxels.iter().try_for_each(|voxel| {
            let number = encoding.number(*voxel).unwrap_or(f64::NAN);
            match encoding.datatype {
                Datatype::Int16 => out.write_all(&(number as i16).to_le_bytes()),
                Datatype::Float32 => out.write_all(&(number as f32).to_le_bytes()),
                Datatype::Float64 => out.write_all(&number.to_le_bytes()),
            }
        })
    })
}

/// Writes a mask as unsigned bytes, 1 inside and 0 outside, as [`write_image`] does.
///
/// # Errors
/// As [`write_image`].
pub fn write_mask(path: impl AsRef<Path>, mask: &Mask) -> Result<(), WriteError> {
    write_labels(path, &mask.map(|inside| u8::from(*inside)))
}

/// Writes a mask with a label for each of its regions, 0 outside of all, as [`write_image`] does.
///
/// # Errors
/// As [`write_image`].
pub fn write_labels(path: impl AsRef<Path>, labels: &Volume<u8>) -> Result<(), WriteError> {
    write_voxels(path.as_ref(), labels.grid(), UINT8, [1.0, 0.0], |out| {
        out.write_all(labels.as_slice())
    })
}

/// Writes an image that is made slice by slice, as [`write_image`] does, so that it need not fit into memory: `slice`
/// gives the intensities of the slices in order, x fastest.
///
/// # Errors
/// As [`write_image`], and [`WriteProblem::Slice`] when a slice has not as many voxels as the grid says.
pub fn write_image_by_slice(
    path: impl AsRef<Path>,
    grid: &Grid,
    mut slice: impl FnMut(usize) -> Vec<f64>,
) -> Result<(), WriteError> {
    let codes = Encoding::default().codes();
    write_slices(path.as_ref(), grid, codes, |z| {
        slice(z).into_iter().flat_map(f64::to_le_bytes).collect()
    })
}

/// Writes labels from 0 to 255 as unsigned bytes, slice by slice, as [`write_image_by_slice`] does.
///
/// # Errors
/// As [`write_image_by_slice`].
pub fn write_labels_by_slice(
    path: impl AsRef<Path>,
    grid: &Grid,
    slice: impl FnMut(usize) -> Vec<u8>,
) -> Result<(), WriteError> {
    write_slices(path.as_ref(), grid, UINT8, slice)
}

fn write_slices(
    path: &Path,
    grid: &Grid,
    codes: [i16; 2],
    mut slice: impl FnMut(usize) -> Vec<u8>,
) -> Result<(), WriteError> {
    let [nx, ny, nz] = grid.size;
    let expected = nx * ny * (codes[1] as usize / 8);
    let mut unfit = None;
    let written = write_voxels(path, grid, codes, [1.0, 0.0], |out| {
        (0..nz).try_for_each(|z| {
            let bytes = slice(z);
            if bytes.len() != expected {
                unfit = Some(WriteProblem::Slice {
                    z,
                    expected,
                    found: bytes.len(),
                });
                return Err(io::ErrorKind::InvalidInput.into());
            }
            out.write_all(&bytes)
        })
    });
    match unfit {
        Some(problem) => Err(WriteError {
            path: path.to_owned(),
            problem,
        }),
        None => written,
    }
}

fn write(
    path: &Path,
    grid: &Grid,
    encoding: Encoding,
    voxels: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    let scale = [encoding.slope, encoding.intercept];
    write_voxels(path, grid, encoding.codes(), scale, voxels)
}

/// `codes` are `datatype` and `bitpix` of the header, `scale` its slope and intercept.
fn write_voxels(
    path: &Path,
    grid: &Grid,
    codes: [i16; 2],
    scale: [f32; 2],
    voxels: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    let written =
        header(grid, codes, scale).and_then(|header| write_under_other_name(path, &header, voxels));
    written.map_err(|problem| WriteError {
        path: path.to_owned(),
        problem,
    })
}

/// Writes a file beside its final name and renames it once it is complete, so that no half-written file is ever
/// taken for a whole one.
fn write_under_other_name(
    path: &Path,
    header: &[u8],
    voxels: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteProblem> {
    let name = path.file_name().ok_or(WriteProblem::Name)?;
    let lower = name.to_string_lossy().to_lowercase();
    let is_gzip = lower.ends_with(".nii.gz");
    if !is_gzip && !lower.ends_with(".nii") {
        return Err(WriteProblem::Name);
    }
    let mut partial_name = OsString::from(".");
    partial_name.push(name);
    partial_name.push(format!(".{}.partial", std::process::id()));
    let partial: PathBuf = path.with_file_name(partial_name);

    let complete = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(&partial)?);
        if is_gzip {
            let mut encoder = GzEncoder::new(&mut file, Compression::fast());
            encoder.write_all(header)?;
            // The encoder wants larger pieces than single voxels.
            let mut pieces = BufWriter::new(&mut encoder);
            voxels(&mut pieces)?;
            pieces.flush()?;
            drop(pieces);
            encoder.finish()?;
        } else {
            file.write_all(header)?;
            voxels(&mut file)?;
        }
        file.flush()?;
        drop(file);
        fs::rename(&partial, path)
    };
    complete().map_err(|problem| {
        // Nothing more can be done when this fails as well; the first problem is the one to report.
        let _ = fs::remove_file(&partial);
        WriteProblem::Io(problem)
    })
}

/// The 352 bytes before the voxels, little-endian.
fn header(
    grid: &Grid,
    [datatype, bits]: [i16; 2],
    [slope, intercept]: [f32; 2],
) -> Result<[u8; FIRST_VOXEL_OFFSET as usize], WriteProblem> {
    let mut bytes = [0; FIRST_VOXEL_OFFSET as usize];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, &348_i32.to_le_bytes());
    // dim
    put(40, &3_i16.to_le_bytes());
    for axis in 0..3 {
        let n = i16::try_from(grid.size[axis])
            .ok()
            .filter(|n| *n > 0)
            .ok_or(WriteProblem::Size {
                size: grid.size,
                most: i16::MAX as u16,
            })?;
        put(42 + 2 * axis, &n.to_le_bytes());
    }
    for dimension in 4..=7 {
        put(40 + 2 * dimension, &1_i16.to_le_bytes());
    }
    put(70, &datatype.to_le_bytes());
    put(72, &bits.to_le_bytes());
    // pixdim
    put(76, &1_f32.to_le_bytes());
    for axis in 0..3 {
        put(80 + 4 * axis, &(grid.spacing_mm[axis] as f32).to_le_bytes());
    }
    // vox_offset, scl_slope, scl_inter
    put(108, &(FIRST_VOXEL_OFFSET as f32).to_le_bytes());
    put(112, &slope.to_le_bytes());
    put(116, &intercept.to_le_bytes());
    // xyzt_units: mm
    put(123, &[2]);
    // sform_code: scanner coordinates; qform_code stays 0, unknown
    put(254, &1_i16.to_le_bytes());
    // srow_x, srow_y, srow_z
    for world in 0..3 {
        let at = 280 + 16 * world;
        for axis in 0..3 {
            let step = grid.spacing_mm[axis] * grid.direction[axis][world];
            put(at + 4 * axis, &(step as f32).to_le_bytes());
        }
        put(at + 12, &(grid.origin_mm[world] as f32).to_le_bytes());
    }
    put(344, b"n+1\0");
    Ok(bytes)
}
