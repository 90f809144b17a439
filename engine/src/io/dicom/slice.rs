//! One slice of a series: where it lies and its intensities.

use super::{
    dataset::{DataSet, Encoding},
    file::{Object, kind, required},
    problem::DicomProblem,
    tag::{self, Tag},
};
use crate::io::geometry::{MAX_AXIS_COSINE, dot};

/// How far the length of a direction may be from 1: writers round the components.
const UNIT_LENGTH_TOLERANCE: f64 = 1e-3;

/// A slice in the patient axes of DICOM (LPS: x to the left, y to the back, z to the head).
pub(super) struct Slice {
    /// Name of the file, without its folder.
    pub file: String,
    /// Number of voxels along a row and along a column.
    pub size: [usize; 2],
    /// Distance of neighbouring voxels along a row and along a column, in mm.
    pub spacing_mm: [f64; 2],
    /// Centre of the first voxel, in mm.
    pub position_mm: [f64; 3],
    /// Unit vectors along a row and along a column.
    pub orientation: [[f64; 3]; 2],
    /// `SliceThickness`, which only tells a spacing where there is no second slice.
    pub thickness_mm: Option<f64>,
    pixels: Pixels,
}

/// Stored values and what they mean.
struct Pixels {
    bytes: Vec<u8>,
    encoding: Encoding,
    bytes_per_pixel: usize,
    bits_stored: u32,
    is_signed: bool,
    slope: f64,
    intercept: f64,
}

impl Slice {
    pub fn read(object: &Object, file: String) -> Result<Self, DicomProblem> {
        let elements = &object.elements;
        if let Some(frames) = elements.integer(tag::NUMBER_OF_FRAMES)?
            && frames != 1
        {
            return Err(DicomProblem::Kind {
                expected: "an image of one frame per file",
                found: format!("{} of {frames} frames", kind(&object.sop_class())),
            });
        }
        let [row_spacing, column_spacing] = required(
            elements.some_decimals(tag::PIXEL_SPACING)?,
            tag::PIXEL_SPACING,
        )?;
        // The first is the distance between rows, that is along a column.
        let spacing_mm = [column_spacing, row_spacing];
        for spacing in spacing_mm {
            check_spacing(tag::PIXEL_SPACING, spacing)?;
        }
        let size = [
            usize::from(object.required_u16(tag::COLUMNS)?),
            usize::from(object.required_u16(tag::ROWS)?),
        ];
        Ok(Self {
            file,
            size,
            spacing_mm,
            position_mm: required(position(elements)?, tag::IMAGE_POSITION)?,
            orientation: required(orientation(elements)?, tag::IMAGE_ORIENTATION)?,
            thickness_mm: elements
                .some_decimals::<1>(tag::SLICE_THICKNESS)?
                .map(|[thickness]| thickness),
            pixels: Pixels::read(object, size)?,
        })
    }

    /// Appends the intensities, a row after the other.
    pub fn append_intensities(&self, voxels: &mut Vec<f64>) {
        let pixels = &self.pixels;
        let intensity = |value: f64| value * pixels.slope + pixels.intercept;
        for bytes in pixels.bytes.chunks_exact(pixels.bytes_per_pixel) {
            voxels.push(intensity(pixels.stored_value(bytes)));
        }
    }
}

impl Pixels {
    fn read(object: &Object, [columns, rows]: [usize; 2]) -> Result<Self, DicomProblem> {
        let elements = &object.elements;
        let expect = |tag: Tag, expected: &'static str, is_right: fn(u16) -> bool| {
            let value = object.required_u16(tag)?;
            if is_right(value) {
                Ok(value)
            } else {
                Err(DicomProblem::value(tag, expected, value))
            }
        };
        if elements
            .u16(tag::SAMPLES_PER_PIXEL)?
            .is_some_and(|samples| samples != 1)
        {
            expect(tag::SAMPLES_PER_PIXEL, "1 (no colours)", |samples| {
                samples == 1
            })?;
        }
        let allocated = expect(tag::BITS_ALLOCATED, "8, 16 or 32", |bits| {
            matches!(bits, 8 | 16 | 32)
        })?;
        let stored = elements.u16(tag::BITS_STORED)?.unwrap_or(allocated);
        if !(1..=allocated).contains(&stored) {
            return Err(DicomProblem::value(
                tag::BITS_STORED,
                "1 to as many bits as are allocated",
                stored,
            ));
        }
        if let Some(high_bit) = elements.u16(tag::HIGH_BIT)?
            && high_bit != stored - 1
        {
            return Err(DicomProblem::value(
                tag::HIGH_BIT,
                "one less than the bits stored",
                high_bit,
            ));
        }
        let representation = expect(tag::PIXEL_REPRESENTATION, "0 or 1", |value| value < 2)?;
        if allocated == 8 && object.encoding.is_big_endian {
            return Err(DicomProblem::value(
                tag::BITS_ALLOCATED,
                "16 or 32 in a big endian file",
                allocated,
            ));
        }
        if elements.has(tag::MODALITY_LUT_SEQUENCE) {
            return Err(DicomProblem::value(
                tag::MODALITY_LUT_SEQUENCE,
                "a rescale slope and intercept",
                "a table",
            ));
        }
        let decimal = |tag: Tag, default: f64| {
            let value = elements.some_decimals::<1>(tag)?;
            Ok(value.map_or(default, |[value]| value))
        };
        let slope = decimal(tag::RESCALE_SLOPE, 1.0)?;
        if slope == 0.0 {
            return Err(DicomProblem::value(
                tag::RESCALE_SLOPE,
                "a slope that is not 0",
                slope,
            ));
        }

        let bytes_per_pixel = usize::from(allocated / 8);
        let bytes = object.pixels()?;
        let expected = columns * rows * bytes_per_pixel;
        // One more byte may make the number even.
        if expected == 0 || bytes.len() < expected || bytes.len() > expected + 1 {
            return Err(DicomProblem::value(
                tag::PIXEL_DATA,
                "as many bytes as rows × columns need, and at least one",
                format!("{} bytes for {columns} × {rows} pixels", bytes.len()),
            ));
        }
        Ok(Self {
            bytes: bytes[..expected].to_vec(),
            encoding: object.encoding,
            bytes_per_pixel,
            bits_stored: u32::from(stored),
            is_signed: representation == 1,
            slope,
            intercept: decimal(tag::RESCALE_INTERCEPT, 0.0)?,
        })
    }

    /// The number in the bits stored: what lies in higher bits (overlays, in old files) is no part of it.
    fn stored_value(&self, bytes: &[u8]) -> f64 {
        let word = match *bytes {
            [byte] => u32::from(byte),
            [a, b] => u32::from(self.encoding.u16([a, b])),
            [a, b, c, d] => self.encoding.u32([a, b, c, d]),
            _ => unreachable!("pixels have 1, 2 or 4 bytes"),
        };
        let unused = u32::BITS - self.bits_stored;
        if self.is_signed {
            f64::from((word << unused).cast_signed() >> unused)
        } else {
            f64::from(word << unused >> unused)
        }
    }
}

pub(super) fn check_spacing(tag: Tag, spacing: f64) -> Result<(), DicomProblem> {
    // The bounds keep every spacing and its products in range; nothing is imaged beyond them.
    if (1e-6..=1e6).contains(&spacing) {
        Ok(())
    } else {
        Err(DicomProblem::value(
            tag,
            "a positive spacing in mm",
            spacing,
        ))
    }
}

/// The centre of the first voxel; `None` when the element is absent.
pub(super) fn position(elements: &DataSet) -> Result<Option<[f64; 3]>, DicomProblem> {
    let position = elements.some_decimals(tag::IMAGE_POSITION)?;
    if let Some(far) = position.iter().flatten().find(|x: &&f64| x.abs() > 1e6) {
        return Err(DicomProblem::value(
            tag::IMAGE_POSITION,
            "a place within 1 km, in mm",
            far,
        ));
    }
    Ok(position)
}

/// The directions of rows and columns, as unit vectors; `None` when the element is absent.
pub(super) fn orientation(elements: &DataSet) -> Result<Option<[[f64; 3]; 2]>, DicomProblem> {
    let Some([a, b, c, d, e, f]) = elements.some_decimals(tag::IMAGE_ORIENTATION)? else {
        return Ok(None);
    };
    let refuse = || {
        DicomProblem::value(
            tag::IMAGE_ORIENTATION,
            "two perpendicular unit vectors",
            format!("{a}\\{b}\\{c}\\{d}\\{e}\\{f}"),
        )
    };
    let mut directions = [[a, b, c], [d, e, f]];
    for direction in &mut directions {
        let length = dot(*direction, *direction).sqrt();
        if (length - 1.0).abs() > UNIT_LENGTH_TOLERANCE {
            return Err(refuse());
        }
        *direction = direction.map(|component| component / length);
    }
    if dot(directions[0], directions[1]).abs() > MAX_AXIS_COSINE {
        return Err(refuse());
    }
    Ok(Some(directions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(bits_stored: u32, is_signed: bool, encoding: Encoding) -> Pixels {
        Pixels {
            bytes: Vec::new(),
            encoding,
            bytes_per_pixel: 2,
            bits_stored,
            is_signed,
            slope: 1.0,
            intercept: 0.0,
        }
    }

    #[test]
    fn stored_values() {
        let little = Encoding::EXPLICIT_LITTLE;
        let big = Encoding::EXPLICIT_BIG;
        for (bits, is_signed, encoding, bytes, expected) in [
            (16, false, little, vec![0xFE, 0xFF], 65534.0),
            (16, true, little, vec![0xFE, 0xFF], -2.0),
            (16, true, big, vec![0xFF, 0xFE], -2.0),
            (12, false, little, vec![0xFE, 0xFF], 4094.0),
            (12, true, little, vec![0xFE, 0x0F], -2.0),
            (12, true, little, vec![0xFF, 0xF7], 2047.0),
            (8, true, little, vec![0x80], -128.0),
            (32, false, little, vec![0, 0, 0, 0x80], 2_147_483_648.0),
            (32, true, big, vec![0x80, 0, 0, 0], -2_147_483_648.0),
        ] {
            assert_eq!(
                pixels(bits, is_signed, encoding).stored_value(&bytes),
                expected,
                "{bits} bits, signed {is_signed}, {encoding:?}, {bytes:?}"
            );
        }
    }
}
