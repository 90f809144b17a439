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
    volume::{Grid, Image, Mask},
};

/// Writes an image as 64-bit floating point, `.nii` or `.nii.gz` by its name, its grid as the sform.
///
/// The sform is 32-bit in the format, so that spacing, origin and direction keep seven digits. The file appears under
/// its name only when it is complete.
///
/// # Errors
/// [`WriteError`] for another name, a size that the format cannot hold, and whatever the operating system refuses.
pub fn write_image(path: impl AsRef<Path>, image: &Image) -> Result<(), WriteError> {
    const FLOAT64: i16 = 64;
    let path = path.as_ref();
    write(path, image.grid(), FLOAT64, 64, |out| {
        image
            .as_slice()
            .iter()
            .try_for_each(|voxel| out.write_all(&voxel.to_le_bytes()))
    })
}

/// Writes a mask as unsigned bytes, 1 inside and 0 outside, as [`write_image`] does.
///
/// # Errors
/// As [`write_image`].
pub fn write_mask(path: impl AsRef<Path>, mask: &Mask) -> Result<(), WriteError> {
    const UINT8: i16 = 2;
    let path = path.as_ref();
    write(path, mask.grid(), UINT8, 8, |out| {
        mask.as_slice()
            .iter()
            .try_for_each(|inside| out.write_all(&[u8::from(*inside)]))
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
    const FLOAT64: i16 = 64;
    write_slices(path.as_ref(), grid, FLOAT64, 64, |z| {
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
    const UINT8: i16 = 2;
    write_slices(path.as_ref(), grid, UINT8, 8, slice)
}

fn write_slices(
    path: &Path,
    grid: &Grid,
    datatype: i16,
    bits: i16,
    mut slice: impl FnMut(usize) -> Vec<u8>,
) -> Result<(), WriteError> {
    let [nx, ny, nz] = grid.size;
    let expected = nx * ny * (bits as usize / 8);
    let mut unfit = None;
    let written = write(path, grid, datatype, bits, |out| {
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
    datatype: i16,
    bits: i16,
    voxels: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    write_under_other_name(path, grid, datatype, bits, voxels).map_err(|problem| WriteError {
        path: path.to_owned(),
        problem,
    })
}

/// Writes a file beside its final name and renames it once it is complete, so that no half-written file is ever
/// taken for a whole one.
fn write_under_other_name(
    path: &Path,
    grid: &Grid,
    datatype: i16,
    bits: i16,
    voxels: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteProblem> {
    let name = path.file_name().ok_or(WriteProblem::Name)?;
    let lower = name.to_string_lossy().to_lowercase();
    let is_gzip = lower.ends_with(".nii.gz");
    if !is_gzip && !lower.ends_with(".nii") {
        return Err(WriteProblem::Name);
    }
    let header = header(grid, datatype, bits)?;
    let mut partial_name = OsString::from(".");
    partial_name.push(name);
    partial_name.push(format!(".{}.partial", std::process::id()));
    let partial: PathBuf = path.with_file_name(partial_name);

    let complete = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(&partial)?);
        if is_gzip {
            let mut encoder = GzEncoder::new(&mut file, Compression::fast());
            encoder.write_all(&header)?;
            // The encoder wants larger pieces than single voxels.
            let mut pieces = BufWriter::new(&mut encoder);
            voxels(&mut pieces)?;
            pieces.flush()?;
            drop(pieces);
            encoder.finish()?;
        } else {
            file.write_all(&header)?;
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
    datatype: i16,
    bits: i16,
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
            .ok_or(WriteProblem::Size { size: grid.size })?;
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
    // vox_offset, scl_slope; scl_inter stays 0
    put(108, &(FIRST_VOXEL_OFFSET as f32).to_le_bytes());
    put(112, &1_f32.to_le_bytes());
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
