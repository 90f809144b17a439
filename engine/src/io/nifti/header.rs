//! The NIfTI-1 header, every field that matters checked.

use nifti::NiftiHeader;

use super::orientation;
use crate::{io::ReadProblem, volume::Grid};

/// Length of a NIfTI-1 header in bytes.
pub(super) const HEADER_BYTES: u64 = 348;

/// The first byte that voxels may have in a single file: the header and its four extension bytes.
pub(super) const FIRST_VOXEL_OFFSET: u64 = 352;

/// The most voxels of an image: 8 GiB as `f64`.
pub const MAX_VOXELS: usize = 1 << 30;

/// A header that describes one volume of real scalars, and that lies about nothing that can be checked without the
/// voxels.
pub(super) struct Header {
    /// The fields, reduced to three dimensions and with a slope that is 0 or finite.
    pub fields: NiftiHeader,
    /// The grid of the voxels.
    pub grid: Grid,
    /// Where the voxels start in the file.
    pub voxel_offset: u64,
    /// How many bytes they take.
    pub voxel_bytes: u64,
}

/// Unsigned bytes, in the header's `datatype`.
const UINT8: i16 = 2;

impl Header {
    /// Whether voxels are unsigned bytes that mean themselves.
    pub fn is_of_plain_bytes(&self) -> bool {
        let scale = (self.fields.scl_slope, self.fields.scl_inter);
        self.fields.datatype == UINT8 && matches!(scale, (0.0 | 1.0, 0.0))
    }

    /// Reads a header from the first [`HEADER_BYTES`] bytes of a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadProblem> {
        let rank = check_format(bytes)?;
        let mut fields = NiftiHeader::from_reader(bytes).map_err(|problem| {
            // The format was checked: nothing is left to complain about.
            ReadProblem::NotNifti {
                found: problem.to_string(),
            }
        })?;
        let size = size(&fields, rank)?;
        let bytes_per_voxel = bytes_per_voxel(&fields)?;
        let voxel_offset = voxel_offset(&fields)?;
        check_unit(&fields)?;
        let grid = orientation::grid(&fields, rank, size)?;

        fields.dim = [3, 1, 1, 1, 1, 1, 1, 1];
        for (dim, n) in fields.dim[1..].iter_mut().zip(size) {
            *dim = u16::try_from(n).expect("read from 16 bits");
        }
        if !(fields.scl_slope.is_finite() && fields.scl_inter.is_finite()) {
            fields.scl_slope = 0.0;
        }
        Ok(Self {
            voxel_bytes: grid.len() as u64 * bytes_per_voxel,
            fields,
            grid,
            voxel_offset,
        })
    }
}

pub(super) fn header_problem(
    field: impl Into<String>,
    expected: &'static str,
    found: impl ToString,
) -> ReadProblem {
    ReadProblem::Header {
        field: field.into(),
        expected,
        found: found.to_string(),
    }
}

/// Checks length, magic and byte order, and returns the number of dimensions.
fn check_format(bytes: &[u8]) -> Result<usize, ReadProblem> {
    let short = || ReadProblem::NotNifti {
        found: format!(
            "{} bytes, fewer than the {HEADER_BYTES} of a header",
            bytes.len()
        ),
    };
    let length: [u8; 4] = *bytes.first_chunk().ok_or_else(short)?;
    let is_little_endian = match (u32::from_le_bytes(length), u32::from_be_bytes(length)) {
        (348, _) => true,
        (_, 348) => false,
        (540, _) | (_, 540) => {
            return Err(ReadProblem::UnsupportedFormat { found: "NIfTI-2" });
        }
        (found, _) => {
            return Err(ReadProblem::NotNifti {
                found: format!("a header length of `{found}` instead of 348"),
            });
        }
    };
    if bytes.len() as u64 != HEADER_BYTES {
        return Err(short());
    }
    match &bytes[344..348] {
        b"n+1\0" => {}
        b"ni1\0" => {
            return Err(ReadProblem::UnsupportedFormat {
                found: "the header of an .hdr/.img pair",
            });
        }
        magic => {
            return Err(ReadProblem::NotNifti {
                found: format!("the magic `{}` instead of `n+1`", magic.escape_ascii()),
            });
        }
    }
    // The crate tells the byte order by this field, and misreads a header where it is out of range.
    let rank = [bytes[40], bytes[41]];
    let rank = if is_little_endian {
        i16::from_le_bytes(rank)
    } else {
        i16::from_be_bytes(rank)
    };
    usize::try_from(rank)
        .ok()
        .filter(|rank| (2..=7).contains(rank))
        .ok_or_else(|| header_problem("dim[0]", "2 or 3 dimensions", rank))
}

/// The size along x, y, z.
fn size(fields: &NiftiHeader, rank: usize) -> Result<[usize; 3], ReadProblem> {
    let dimensions = &fields.dim[1..=rank];
    for (i, n) in dimensions.iter().enumerate() {
        // The standard's type is signed, the crate's is not.
        let n = n.cast_signed();
        if n <= 0 {
            return Err(header_problem(
                format!("dim[{}]", i + 1),
                "a positive number of voxels",
                n,
            ));
        }
    }
    if dimensions.iter().skip(3).any(|n| *n != 1) {
        return Err(ReadProblem::NotOneVolume {
            dimensions: dimensions.to_vec(),
        });
    }
    let mut size = [1; 3];
    for (n, dim) in size.iter_mut().zip(dimensions) {
        *n = usize::from(*dim);
    }
    // Three factors of 15 bits: no overflow in 64 bits.
    if size.iter().map(|n| *n as u64).product::<u64>() > MAX_VOXELS as u64 {
        return Err(ReadProblem::TooManyVoxels { size });
    }
    Ok(size)
}

fn bytes_per_voxel(fields: &NiftiHeader) -> Result<u64, ReadProblem> {
    let (bytes, unsupported) = match fields.datatype {
        2 | 256 => (1, ""),
        4 | 512 => (2, ""),
        8 | 16 | 768 => (4, ""),
        64 | 1024 | 1280 => (8, ""),
        0 => (0, "unknown"),
        1 => (0, "binary"),
        32 => (0, "complex64"),
        128 => (0, "RGB24"),
        1536 => (0, "float128"),
        1792 => (0, "complex128"),
        2048 => (0, "complex256"),
        2304 => (0, "RGBA32"),
        _ => (0, "unassigned"),
    };
    if bytes == 0 {
        return Err(ReadProblem::UnsupportedDataType {
            found: format!("{unsupported} (code {})", fields.datatype),
        });
    }
    if u64::try_from(fields.bitpix).ok() != Some(8 * bytes) {
        return Err(header_problem(
            "bitpix",
            "the number of bits of `datatype`",
            fields.bitpix,
        ));
    }
    Ok(bytes)
}

fn voxel_offset(fields: &NiftiHeader) -> Result<u64, ReadProblem> {
    // Whole numbers beyond 2^24 have gaps in 32-bit floating point, but those below 2^63 convert exactly.
    const HIGHEST: f32 = (1_u64 << 62) as f32;
    let offset = fields.vox_offset;
    if !(FIRST_VOXEL_OFFSET as f32..HIGHEST).contains(&offset) || offset.fract() != 0.0 {
        return Err(header_problem(
            "vox_offset",
            "a whole number of bytes from 352 on",
            offset,
        ));
    }
    Ok(offset as u64)
}

/// Refuses lengths that are said to be in another unit than mm: nobody writes them on purpose, and taking them for mm
/// would be wrong by a factor of 1000.
fn check_unit(fields: &NiftiHeader) -> Result<(), ReadProblem> {
    let unit = match fields.xyzt_units & 0b111 {
        1 => "metre",
        3 => "micrometre",
        _ => return Ok(()),
    };
    Err(header_problem("xyzt_units", "lengths in mm", unit))
}
