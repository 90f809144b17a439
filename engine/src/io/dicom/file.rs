//! A DICOM file (PS3.10): preamble, meta elements that say how the rest is written, data set.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use super::{
    dataset::{DataSet, Encoding},
    problem::DicomProblem,
    tag::{self, Tag},
};
use crate::io::ReadProblem;

/// The most bytes that are read of a file. Slices and contours have a few megabytes.
const MAX_BYTES: u64 = 1 << 31;

pub(super) const PREAMBLE_BYTES: usize = 128;
pub(super) const MAGIC: &[u8; 4] = b"DICM";

/// Whether a file starts as DICOM files do.
pub(in crate::io) fn is_dicom(path: &Path) -> Result<bool, ReadProblem> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| {
            file.take((PREAMBLE_BYTES + 4) as u64)
                .read_to_end(&mut start)
        })
        .map_err(ReadProblem::Io)?;
    Ok(start.get(PREAMBLE_BYTES..) == Some(MAGIC))
}

/// All bytes of a regular file.
pub(super) fn load(path: &Path) -> Result<Vec<u8>, ReadProblem> {
    let metadata = fs::metadata(path).map_err(ReadProblem::Io)?;
    if !metadata.is_file() {
        return Err(ReadProblem::NotAFile);
    }
    let found = metadata.len();
    if found > MAX_BYTES {
        return Err(DicomProblem::TooLarge {
            limit: MAX_BYTES,
            found,
        }
        .into());
    }
    fs::read(path).map_err(ReadProblem::Io)
}

/// The content of a file.
pub(super) struct Object<'a> {
    /// Its elements.
    pub elements: DataSet<'a>,
    /// How they are written.
    pub encoding: Encoding,
    /// The name of the compression of its pixels.
    pub compression: Option<String>,
}

impl<'a> Object<'a> {
    pub fn parse(file: &'a [u8]) -> Result<Self, DicomProblem> {
        let start = PREAMBLE_BYTES + MAGIC.len();
        if file.get(PREAMBLE_BYTES..start) != Some(MAGIC) {
            return Err(DicomProblem::NotDicom);
        }
        let (meta, end) = DataSet::parse_meta(file, start)?;
        let uid = meta
            .text(tag::TRANSFER_SYNTAX_UID)
            .ok_or(DicomProblem::Missing(tag::TRANSFER_SYNTAX_UID))?;
        let (encoding, compression) = transfer_syntax(&uid)?;
        Ok(Self {
            elements: DataSet::parse(file, end..file.len(), encoding)?,
            encoding,
            compression,
        })
    }

    /// What kind of object it is.
    pub fn sop_class(&self) -> String {
        self.elements.text(tag::SOP_CLASS_UID).unwrap_or_default()
    }

    /// The bytes of the pixels, refused when they are compressed.
    pub fn pixels(&self) -> Result<&'a [u8], DicomProblem> {
        if let Some(name) = &self.compression {
            return Err(DicomProblem::TransferSyntax {
                found: name.clone(),
            });
        }
        if self.elements.has_encapsulated_pixels() {
            return Err(DicomProblem::TransferSyntax {
                found: "pixel data in fragments".to_owned(),
            });
        }
        required(self.elements.bytes(tag::PIXEL_DATA), tag::PIXEL_DATA)
    }

    pub fn required_u16(&self, tag: Tag) -> Result<u16, DicomProblem> {
        required(self.elements.u16(tag)?, tag)
    }
}

pub(super) fn required<T>(value: Option<T>, tag: Tag) -> Result<T, DicomProblem> {
    value.ok_or(DicomProblem::Missing(tag))
}

/// How the elements of a transfer syntax are written, and its name if it compresses pixels.
fn transfer_syntax(uid: &str) -> Result<(Encoding, Option<String>), DicomProblem> {
    let compression = match uid {
        "1.2.840.10008.1.2" => return Ok((Encoding::IMPLICIT_LITTLE, None)),
        EXPLICIT_LITTLE_ENDIAN => return Ok((Encoding::EXPLICIT_LITTLE, None)),
        "1.2.840.10008.1.2.2" => return Ok((Encoding::EXPLICIT_BIG, None)),
        "1.2.840.10008.1.2.4.50" | "1.2.840.10008.1.2.4.51" => "JPEG",
        "1.2.840.10008.1.2.4.57" | "1.2.840.10008.1.2.4.70" => "JPEG Lossless",
        "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => "JPEG-LS",
        "1.2.840.10008.1.2.4.90" | "1.2.840.10008.1.2.4.91" => "JPEG 2000",
        "1.2.840.10008.1.2.4.201" | "1.2.840.10008.1.2.4.202" | "1.2.840.10008.1.2.4.203" => {
            "High-Throughput JPEG 2000"
        }
        "1.2.840.10008.1.2.5" => "RLE Lossless",
        _ => {
            let found = match uid {
                "1.2.840.10008.1.2.1.99" => format!("Deflated Explicit VR Little Endian ({uid})"),
                _ => format!("`{uid}`"),
            };
            return Err(DicomProblem::TransferSyntax { found });
        }
    };
    Ok((
        Encoding::EXPLICIT_LITTLE,
        Some(format!("{compression} ({uid})")),
    ))
}

/// The name of a kind of object, for messages.
pub(super) fn kind(sop_class: &str) -> String {
    let name = match sop_class {
        RT_STRUCTURE_SET => "an RT structure set",
        SEGMENTATION => "a segmentation",
        LABEL_MAP_SEGMENTATION => "a label map segmentation",
        RT_DOSE => "an RT dose",
        "1.2.840.10008.5.1.4.1.1.481.5" => "an RT plan",
        "1.2.840.10008.1.3.10" => "a DICOM directory",
        CT_IMAGE => "a CT slice",
        "1.2.840.10008.5.1.4.1.1.4" => "an MR slice",
        "1.2.840.10008.5.1.4.1.1.128" => "a PET slice",
        "" => "an object of no class",
        _ => return format!("an object of class {sop_class}"),
    };
    name.to_owned()
}

pub(super) const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";

pub(super) const CT_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.2";
pub(super) const RT_STRUCTURE_SET: &str = "1.2.840.10008.5.1.4.1.1.481.3";
pub(super) const RT_DOSE: &str = "1.2.840.10008.5.1.4.1.1.481.2";
pub(super) const SEGMENTATION: &str = "1.2.840.10008.5.1.4.1.1.66.4";
pub(super) const LABEL_MAP_SEGMENTATION: &str = "1.2.840.10008.5.1.4.1.1.66.7";
