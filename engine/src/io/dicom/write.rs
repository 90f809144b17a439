//! Writing an image as a series of slices, one file each.

use std::{fs, path::Path};

use super::{
    file::{CT_IMAGE, EXPLICIT_LITTLE_ENDIAN, MAGIC, PREAMBLE_BYTES},
    tag::{self, Tag},
    to_ras,
};
use crate::{
    io::{WriteError, WriteProblem},
    volume::{Grid, Image},
};

/// `RescaleIntercept`: what CT scanners write, whose stored values start at 0. Who forgets it is off by as much.
const INTERCEPT: f64 = -1024.0;

/// The most characters of a decimal string.
const MAX_DECIMAL: usize = 16;

/// Writes an image into a folder as a series of CT slices, `slice-0001.dcm` and so on: signed 16 bits, a rescale slope of 1
/// and intercept of −1024, explicit little endian. As scanners do that go from head to foot, it begins with the last slice:
/// who goes by names and instance numbers, and not by positions, reads the image upside down. The folder is made when it is
/// not there; slices of the same names are replaced.
///
/// Geometry is written in decimals of up to 16 characters. No patient is named. UIDs follow from the voxels and the grid, so
/// that the same image gives the same bytes. Axes that are left-handed come back from [`read_series`](super::read_series)
/// right-handed, z from the other end: a series has no other order.
///
/// # Errors
/// [`WriteError`]: [`WriteProblem::Size`] when there are no voxels along an axis, or more than 65,535,
/// [`WriteProblem::Encoding`] names the first intensity that is no whole number from −33,792 to 31,743, and whatever the
/// operating system refuses.
pub fn write_series(folder: impl AsRef<Path>, image: &Image) -> Result<(), WriteError> {
    let folder = folder.as_ref();
    slices(image)
        .and_then(|slices| {
            fs::create_dir_all(folder)?;
            for (number, slice) in (1..).zip(slices) {
                fs::write(folder.join(format!("slice-{number:04}.dcm")), slice)?;
            }
            Ok(())
        })
        .map_err(|problem| WriteError {
            path: folder.to_owned(),
            problem,
        })
}

/// The files of a series in the order of their numbers.
fn slices(image: &Image) -> Result<impl Iterator<Item = Vec<u8>>, WriteProblem> {
    let grid = image.grid();
    let [nx, ny, nz] = grid.size;
    let [Ok(columns @ 1..), Ok(rows @ 1..), Ok(1..)] = grid.size.map(u16::try_from) else {
        return Err(WriteProblem::Size {
            size: grid.size,
            most: u16::MAX,
        });
    };
    let stored = |intensity: &f64| {
        stored_value(*intensity).ok_or(WriteProblem::Encoding {
            intensity: *intensity,
        })
    };
    let pixels: Vec<i16> = image
        .as_slice()
        .iter()
        .map(stored)
        .collect::<Result<_, _>>()?;
    let series = Series {
        grid: grid.clone(),
        columns,
        rows,
        fingerprint: fingerprint(grid, &pixels),
    };
    Ok((0..nz).rev().map(move |z| {
        let of_slice = &pixels[z * nx * ny..(z + 1) * nx * ny];
        series.file(z, of_slice)
    }))
}

/// The stored value that stands for an intensity, if one stands for exactly this one.
fn stored_value(intensity: f64) -> Option<i16> {
    let number = intensity - INTERCEPT;
    let stored = number as i16;
    (f64::from(stored) == number).then_some(stored)
}

/// Whether [`write_series`] can write an intensity.
#[must_use]
pub fn series_holds(intensity: f64) -> bool {
    stored_value(intensity).is_some()
}

/// What the slices of a series share.
struct Series {
    grid: Grid,
    columns: u16,
    rows: u16,
    fingerprint: u128,
}

impl Series {
    /// The file of slice `z` (PS3.10, with the modules of a CT image, PS3.3 A.3).
    fn file(&self, z: usize, pixels: &[i16]) -> Vec<u8> {
        let number = self.grid.size[2] - z;
        let instance = self.uid(3 + z as u128);

        let mut meta = Elements::default();
        meta.put(tag::FILE_META_INFORMATION_VERSION, b"OB", &[0, 1]);
        meta.text(tag::MEDIA_STORAGE_SOP_CLASS_UID, b"UI", CT_IMAGE);
        meta.text(tag::MEDIA_STORAGE_SOP_INSTANCE_UID, b"UI", &instance);
        meta.text(tag::TRANSFER_SYNTAX_UID, b"UI", EXPLICIT_LITTLE_ENDIAN);
        meta.text(
            tag::IMPLEMENTATION_CLASS_UID,
            b"UI",
            &uid(fnv1a(b"radgauge")),
        );

        let mut set = Elements::default();
        set.text(tag::IMAGE_TYPE, b"CS", r"DERIVED\SECONDARY\AXIAL");
        set.text(tag::SOP_CLASS_UID, b"UI", CT_IMAGE);
        set.text(tag::SOP_INSTANCE_UID, b"UI", &instance);
        for (unknown, representation) in [
            (tag::STUDY_DATE, b"DA"),
            (tag::STUDY_TIME, b"TM"),
            (tag::ACCESSION_NUMBER, b"SH"),
        ] {
            set.text(unknown, representation, "");
        }
        set.text(tag::MODALITY, b"CS", "CT");
        for (unknown, representation) in [
            (tag::MANUFACTURER, b"LO"),
            (tag::REFERRING_PHYSICIAN_NAME, b"PN"),
            (tag::PATIENT_NAME, b"PN"),
        ] {
            set.text(unknown, representation, "");
        }
        // There is no patient, but programs look for one.
        set.text(tag::PATIENT_ID, b"LO", "radgauge");
        set.text(tag::PATIENT_BIRTH_DATE, b"DA", "");
        set.text(tag::PATIENT_SEX, b"CS", "");
        set.decimals(tag::SLICE_THICKNESS, &[self.grid.spacing_mm[2]]);
        set.text(tag::KVP, b"DS", "");
        set.text(tag::PATIENT_POSITION, b"CS", "HFS");
        set.text(tag::STUDY_INSTANCE_UID, b"UI", &self.uid(0));
        set.text(tag::SERIES_INSTANCE_UID, b"UI", &self.uid(1));
        set.text(tag::STUDY_ID, b"SH", "");
        set.text(tag::SERIES_NUMBER, b"IS", "1");
        set.text(tag::ACQUISITION_NUMBER, b"IS", "");
        set.text(tag::INSTANCE_NUMBER, b"IS", &number.to_string());
        let position = self.grid.world_mm([0.0, 0.0, z as f64]);
        // The step between LPS and RAS is its own inverse.
        set.decimals(tag::IMAGE_POSITION, &to_ras(position));
        let [along_row, along_column] = [0, 1].map(|axis| to_ras(self.grid.direction[axis]));
        let orientation = [along_row, along_column];
        set.decimals(tag::IMAGE_ORIENTATION, orientation.as_flattened());
        set.text(tag::FRAME_OF_REFERENCE_UID, b"UI", &self.uid(2));
        set.text(tag::POSITION_REFERENCE_INDICATOR, b"LO", "");
        set.u16(tag::SAMPLES_PER_PIXEL, 1);
        set.text(tag::PHOTOMETRIC_INTERPRETATION, b"CS", "MONOCHROME2");
        set.u16(tag::ROWS, self.rows);
        set.u16(tag::COLUMNS, self.columns);
        let [column_distance, row_distance, _] = self.grid.spacing_mm;
        set.decimals(tag::PIXEL_SPACING, &[row_distance, column_distance]);
        set.u16(tag::BITS_ALLOCATED, 16);
        set.u16(tag::BITS_STORED, 16);
        set.u16(tag::HIGH_BIT, 15);
        set.u16(tag::PIXEL_REPRESENTATION, 1);
        set.decimals(tag::RESCALE_INTERCEPT, &[INTERCEPT]);
        set.decimals(tag::RESCALE_SLOPE, &[1.0]);
        let bytes: Vec<u8> = pixels
            .iter()
            .flat_map(|pixel| pixel.to_le_bytes())
            .collect();
        set.put(tag::PIXEL_DATA, b"OW", &bytes);

        let mut file = vec![0; PREAMBLE_BYTES];
        file.extend(MAGIC);
        let mut group_length = Elements::default();
        let length = meta.0.len() as u32;
        group_length.put(
            tag::FILE_META_INFORMATION_GROUP_LENGTH,
            b"UL",
            &length.to_le_bytes(),
        );
        [group_length, meta, set]
            .iter()
            .for_each(|elements| file.extend(&elements.0));
        file
    }

    /// One UID of many that the series needs.
    fn uid(&self, number: u128) -> String {
        uid(self.fingerprint.wrapping_add(number))
    }
}

/// A UID made of a number of 128 bits (PS3.5, B.2).
fn uid(number: u128) -> String {
    format!("2.25.{number}")
}

/// Tells one image from another.
fn fingerprint(grid: &Grid, pixels: &[i16]) -> u128 {
    let mut bytes = format!("{grid:?}").into_bytes();
    bytes.extend(pixels.iter().flat_map(|pixel| pixel.to_le_bytes()));
    fnv1a(&bytes)
}

/// The FNV-1a hash of 128 bits.
fn fnv1a(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let step = |hash: u128, byte: &u8| (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
    bytes.iter().fold(BASIS, step)
}

/// Data elements as bytes, explicit little endian (PS3.5, 7.1.2). They are put in the order of their tags.
#[derive(Default)]
struct Elements(Vec<u8>);

impl Elements {
    fn put(&mut self, tag: Tag, representation: &[u8; 2], value: &[u8]) {
        let (group, element) = tag.number;
        self.0.extend(group.to_le_bytes());
        self.0.extend(element.to_le_bytes());
        self.0.extend(representation);
        let is_odd = value.len() % 2 == 1;
        let length = value.len() + usize::from(is_odd);
        if matches!(representation, b"OB" | b"OW") {
            self.0.extend([0, 0]);
            self.0.extend((length as u32).to_le_bytes());
        } else {
            self.0.extend((length as u16).to_le_bytes());
        }
        self.0.extend(value);
        if is_odd {
            self.0.push(if representation == b"UI" { 0 } else { b' ' });
        }
    }

    fn text(&mut self, tag: Tag, representation: &[u8; 2], value: &str) {
        self.put(tag, representation, value.as_bytes());
    }

    fn u16(&mut self, tag: Tag, value: u16) {
        self.put(tag, b"US", &value.to_le_bytes());
    }

    fn decimals(&mut self, tag: Tag, values: &[f64]) {
        let texts: Vec<String> = values.iter().map(|value| decimal(*value)).collect();
        self.text(tag, b"DS", &texts.join("\\"));
    }
}

/// The decimal string that comes nearest to a number.
fn decimal(value: f64) -> String {
    let plain = (0..MAX_DECIMAL).map(|digits| format!("{value:.digits$}"));
    let scientific = (0..MAX_DECIMAL).map(|digits| format!("{value:.digits$e}"));
    let fitting = plain
        .chain(scientific)
        .filter(|text| text.len() <= MAX_DECIMAL);
    let error = |text: &String| (text.parse().unwrap_or(f64::INFINITY) - value).abs();
    fitting
        .min_by(|a, b| error(a).total_cmp(&error(b)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_as_near_as_16_characters_allow() {
        for (value, text) in [
            (0.0, "0"),
            (-1024.0, "-1024"),
            (1e9 + 1.0 / 3.0, "1000000000.33333"),
            (0.9765625, "0.9765625"),
            (0.1 + 0.2, "0.3"),
            (-1.0 / 3.0, "-0.3333333333333"),
            (1e-7 / 3.0, "3.33333333333e-8"),
        ] {
            assert_eq!(decimal(value), text, "{value}");
            assert!(text.len() <= MAX_DECIMAL, "{text} fits");
        }
    }

    /// The test vectors of the hash's authors.
    #[test]
    fn fnv1a_of_known_texts() {
        assert_eq!(
            fnv1a(b""),
            0x6c62_272e_07bb_0142_62b8_2175_6295_c58d,
            "empty"
        );
        assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964, "a");
    }
}
