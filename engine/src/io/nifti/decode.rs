//! From the bytes of a file to its voxels, nothing large allocated that the bytes cannot fill.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use nifti::{InMemNiftiVolume, IntoNdArray};

use super::header::{HEADER_BYTES, Header};
use crate::{io::ReadProblem, volume::Grid};

/// So many bytes are made room for before they are read.
const EXPECTED_BYTES: u64 = 1 << 24;

/// The most that deflate can shrink: 258 bytes in 2 bits, so a gzip stream never grows by more than this factor.
const MAX_DEFLATE_RATIO: u64 = 1032;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The header of a file and the bytes of its voxels, x fastest.
pub(super) struct Decoded {
    header: Header,
    raw: Vec<u8>,
}

/// Decodes a file of `stored_bytes` bytes, gzipped or not.
pub(super) fn decode(mut stored: impl BufRead, stored_bytes: u64) -> Result<Decoded, ReadProblem> {
    let is_gzip = stored
        .fill_buf()
        .map_err(ReadProblem::Io)?
        .starts_with(&GZIP_MAGIC);
    if is_gzip {
        let mut decoder = MultiGzDecoder::new(stored);
        let (header, raw) = read(&mut decoder, ReadProblem::DamagedGzip, |expected| {
            if expected.div_ceil(MAX_DEFLATE_RATIO) > stored_bytes {
                return Err(ReadProblem::ImpossibleCompression {
                    expected,
                    stored: stored_bytes,
                });
            }
            Ok(())
        })?;
        // The checksum stands at the end of the stream: only reading up to there verifies it.
        io::copy(&mut decoder, &mut io::sink()).map_err(ReadProblem::DamagedGzip)?;
        Ok(Decoded { header, raw })
    } else {
        let (header, raw) = read(&mut stored, ReadProblem::Io, |expected| {
            if expected > stored_bytes {
                return Err(ReadProblem::Truncated {
                    expected,
                    found: stored_bytes,
                });
            }
            Ok(())
        })?;
        Ok(Decoded { header, raw })
    }
}

impl Decoded {
    /// The grid of the voxels.
    pub(super) fn grid(&self) -> &Grid {
        &self.header.grid
    }

    /// The voxels where they are bytes and mean themselves, as labels mostly do.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        self.header.is_of_plain_bytes().then_some(&self.raw)
    }

    /// The voxels.
    pub(super) fn voxels(self) -> Result<Vec<f64>, ReadProblem> {
        // The header was checked field by field, so that the crate has nothing left to refuse.
        let array = InMemNiftiVolume::from_raw_data(&self.header.fields, self.raw)
            .and_then(IntoNdArray::into_ndarray::<f64>)
            .map_err(|problem| ReadProblem::NotNifti {
                found: problem.to_string(),
            })?;
        // Memory order is x fastest, as in the file.
        let (voxels, _) = array.into_raw_vec_and_offset();
        Ok(voxels)
    }
}

/// Reads the header and the raw voxels; `check_total` refuses a number of bytes that cannot be there.
fn read(
    source: &mut impl Read,
    problem: fn(io::Error) -> ReadProblem,
    check_total: impl FnOnce(u64) -> Result<(), ReadProblem>,
) -> Result<(Header, Vec<u8>), ReadProblem> {
    let bytes = read_up_to(source, HEADER_BYTES).map_err(problem)?;
    let header = Header::parse(&bytes)?;
    let expected = header.voxel_offset + header.voxel_bytes;
    check_total(expected)?;
    let truncated = |found| ReadProblem::Truncated { expected, found };

    let gap = header.voxel_offset - HEADER_BYTES;
    let skipped = io::copy(&mut source.take(gap), &mut io::sink()).map_err(problem)?;
    if skipped < gap {
        return Err(truncated(HEADER_BYTES + skipped));
    }
    let raw = read_up_to(source, header.voxel_bytes).map_err(problem)?;
    let found = raw.len() as u64;
    if found < header.voxel_bytes {
        return Err(truncated(header.voxel_offset + found));
    }
    Ok((header, raw))
}

/// Reads `limit` bytes, or fewer when the source ends; memory grows with what is read, not with what is announced.
fn read_up_to(source: &mut impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(limit.min(EXPECTED_BYTES) as usize);
    source.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
