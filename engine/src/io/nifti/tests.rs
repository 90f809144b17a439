//! Files written byte by byte, at the offsets of the NIfTI-1 standard and not by our writer.

use std::{
    fs,
    io::{Read, Write},
    path::PathBuf,
};

use approx::assert_abs_diff_eq;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::io::WriteProblem;

/// How far a world position may be off, in mm: some roundings of a 32-bit header field.
const HEADER_ROUNDING_MM: f64 = 1e-5;

/// A NIfTI-1 file in memory.
#[derive(Clone)]
struct Fixture {
    bytes: Vec<u8>,
    is_big_endian: bool,
}

impl Fixture {
    /// A header for voxels of 1 mm without orientation, and no voxel yet.
    fn new(size: [i16; 3], datatype: i16, bits: i16, is_big_endian: bool) -> Self {
        let mut fixture = Self {
            bytes: vec![0; 352],
            is_big_endian,
        };
        fixture.put_i32(0, 348);
        fixture.put_i16(40, 3);
        for (axis, n) in size.into_iter().enumerate() {
            fixture.put_i16(42 + 2 * axis, n);
        }
        fixture.put_i16(70, datatype);
        fixture.put_i16(72, bits);
        for i in 0..4 {
            fixture.put_f32(76 + 4 * i, 1.0);
        }
        fixture.put_f32(108, 352.0);
        fixture.bytes[344..348].copy_from_slice(b"n+1\0");
        fixture
    }

    /// Little-endian 16-bit voxels.
    fn int16(size: [i16; 3], voxels: &[i16]) -> Self {
        let mut fixture = Self::new(size, 4, 16, false);
        for voxel in voxels {
            fixture.bytes.extend(voxel.to_le_bytes());
        }
        fixture
    }

    fn put(&mut self, at: usize, little_endian: &[u8]) {
        let field = &mut self.bytes[at..at + little_endian.len()];
        field.copy_from_slice(little_endian);
        if self.is_big_endian {
            field.reverse();
        }
    }

    fn put_i16(&mut self, at: usize, value: i16) {
        self.put(at, &value.to_le_bytes());
    }

    fn put_i32(&mut self, at: usize, value: i32) {
        self.put(at, &value.to_le_bytes());
    }

    fn put_f32(&mut self, at: usize, value: f32) {
        self.put(at, &value.to_le_bytes());
    }

    fn put_f32s(&mut self, at: usize, values: &[f32]) {
        for (i, value) in values.iter().enumerate() {
            self.put_f32(at + 4 * i, *value);
        }
    }

    fn append(&mut self, little_endian: &[u8]) {
        let at = self.bytes.len();
        self.bytes.resize(at + little_endian.len(), 0);
        self.put(at, little_endian);
    }

    fn gzipped(&self) -> Vec<u8> {
        gzip(&self.bytes)
    }

    fn image(&self) -> Result<Image, ReadProblem> {
        decoded_image(&self.bytes)
    }

    fn mask(&self, label: Option<u32>) -> Result<Mask, ReadProblem> {
        let decoded = decode::decode(self.bytes.as_slice(), self.bytes.len() as u64)?;
        let label = label.map(|label| NonZeroU32::new(label).expect("labels start at 1"));
        mask(decoded, label)
    }

    fn refusal(&self) -> String {
        self.image().expect_err("refused").to_string()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn decoded_image(bytes: &[u8]) -> Result<Image, ReadProblem> {
    decode::decode(bytes, bytes.len() as u64).and_then(image)
}

/// A voxel as little-endian bytes, and what it means.
type Voxel = (Vec<u8>, f64);

/// Datatype code, bits, and six voxels.
fn every_type() -> Vec<(i16, i16, Vec<Voxel>)> {
    macro_rules! voxels {
        ($type:ty, $($value:expr),*) => {
            vec![$({
                let voxel: $type = $value;
                (voxel.to_le_bytes().to_vec(), voxel as f64)
            }),*]
        };
    }
    vec![
        (2, 8, voxels!(u8, 0, 1, 127, 128, 254, 255)),
        (256, 8, voxels!(i8, -128, -1, 0, 1, 2, 127)),
        (512, 16, voxels!(u16, 0, 1, 2, 258, 32768, 65535)),
        (4, 16, voxels!(i16, -32768, -1024, -1, 0, 258, 32767)),
        (768, 32, voxels!(u32, 0, 1, 2, 3, 16909060, 4294967295)),
        (
            8,
            32,
            voxels!(i32, -2147483648, -1, 0, 1, 16909060, 2147483647),
        ),
        (
            1280,
            64,
            voxels!(u64, 0, 1, 2, 3, 72623859790382856, 1 << 63),
        ),
        (
            1024,
            64,
            voxels!(i64, i64::MIN, -1, 0, 1, 2, 72623859790382856),
        ),
        (16, 32, voxels!(f32, -1.5, 0.0, 0.1, 1e-30, 3.25, 1e30)),
        (64, 64, voxels!(f64, -1.5, 0.0, 0.1, 1e-300, 3.25, 1e300)),
    ]
}

#[test]
fn every_data_type_byte_order_and_packing() {
    for (datatype, bits, voxels) in every_type() {
        for is_big_endian in [false, true] {
            let mut fixture = Fixture::new([3, 1, 2], datatype, bits, is_big_endian);
            for (bytes, _) in &voxels {
                fixture.append(bytes);
            }
            let expected: Vec<f64> = voxels.iter().map(|(_, value)| *value).collect();
            for bytes in [fixture.bytes.clone(), fixture.gzipped()] {
                let image = decoded_image(&bytes).unwrap();
                assert_eq!(image.size(), [3, 1, 2], "size, datatype {datatype}");
                assert_eq!(
                    image.as_slice(),
                    expected,
                    "voxels, datatype {datatype}, big endian: {is_big_endian}"
                );
                assert_eq!(image.voxels()[[1, 0, 1]], expected[4], "x runs fastest");
            }
        }
    }
}

#[test]
fn slope_and_intercept_are_applied_in_64_bits() {
    let scaled = |slope: f32, intercept: f32| {
        let mut fixture = Fixture::int16([2, 1, 1], &[-3, 32767]);
        fixture.put_f32s(112, &[slope, intercept]);
        fixture.image().unwrap().as_slice().to_vec()
    };
    assert_eq!(scaled(0.5, -1.0), [-2.5, 16382.5], "plain");
    let tenth = f64::from(0.1_f32);
    assert_eq!(
        scaled(0.1, 0.0),
        [-3.0 * tenth, 32767.0 * tenth],
        "not rounded to 32 bits"
    );
    assert_eq!(scaled(0.0, 7.0), [-3.0, 32767.0], "slope 0 means none");
    assert_eq!(scaled(f32::NAN, 0.0), [-3.0, 32767.0], "NaN slope");
    assert_eq!(
        scaled(1.0, f32::INFINITY),
        [-3.0, 32767.0],
        "infinite intercept"
    );
}

#[test]
fn voxels_start_at_the_offset() {
    let mut fixture = Fixture::int16([2, 1, 1], &[]);
    fixture.put_f32(108, 368.0);
    fixture.bytes.extend([0xff; 16]);
    fixture.bytes.extend([1, 0, 2, 0]);
    for bytes in [fixture.bytes.clone(), fixture.gzipped()] {
        let image = decoded_image(&bytes).unwrap();
        assert_eq!(
            image.as_slice(),
            [1.0, 2.0],
            "a header extension is skipped"
        );
    }
}

#[test]
fn spacing_alone_when_no_orientation_is_set() {
    let mut fixture = Fixture::int16([1, 1, 1], &[0]);
    fixture.put_f32s(80, &[0.977, 0.8, 3.0]);
    fixture.put_f32s(268, &[5.0, 6.0, 7.0]);
    let image = fixture.image().unwrap();
    let expected = Grid::axis_aligned([1, 1, 1], [0.977, 0.8, 3.0]);
    assert_eq!(
        image.grid(),
        &expected,
        "decimal spacing, qform offset unused"
    );
}

/// A rotation by 90° about z (x runs to the world's y, y to −x), z flipped by qfac, offset (10, 20, 30), and an sform
/// that says something else.
fn with_both_forms(qform_code: i16, sform_code: i16) -> Grid {
    let mut fixture = Fixture::int16([2, 2, 2], &[0; 8]);
    fixture.put_f32s(76, &[-1.0, 2.0, 3.0, 5.0]);
    fixture.put_i16(252, qform_code);
    fixture.put_i16(254, sform_code);
    let half = std::f32::consts::FRAC_1_SQRT_2;
    fixture.put_f32s(256, &[0.0, 0.0, half, 10.0, 20.0, 30.0]);
    // x runs to −z, y to x, z to y
    fixture.put_f32s(280, &[0.0, 3.0, 0.0, -1.0]);
    fixture.put_f32s(296, &[0.0, 0.0, 5.0, -2.0]);
    fixture.put_f32s(312, &[-2.0, 0.0, 0.0, -3.0]);
    fixture.image().unwrap().grid().clone()
}

#[test]
fn orientation_from_the_qform() {
    let grid = with_both_forms(1, 0);
    assert_eq!(grid.spacing_mm, [2.0, 3.0, 5.0], "spacing from pixdim");
    for (voxel, world) in [
        ([0.0, 0.0, 0.0], [10.0, 20.0, 30.0]),
        ([1.0, 0.0, 0.0], [10.0, 22.0, 30.0]),
        ([0.0, 1.0, 0.0], [7.0, 20.0, 30.0]),
        ([0.0, 0.0, 1.0], [10.0, 20.0, 25.0]),
        ([2.0, 1.0, 3.0], [7.0, 24.0, 15.0]),
    ] {
        for (got, want) in grid.world_mm(voxel).into_iter().zip(world) {
            assert_abs_diff_eq!(got, want, epsilon = HEADER_ROUNDING_MM);
        }
    }
}

#[test]
fn half_turns_have_no_scalar_part() {
    // A half turn about z, as files from DICOM's axes have it; the rounding of `d` leaves a square of 1 + 1e-7.
    let mut fixture = Fixture::int16([1, 1, 1], &[0]);
    fixture.put_i16(252, 1);
    fixture.put_f32s(256, &[0.0, 0.0, 1.000_000_1]);
    assert_eq!(
        fixture.image().unwrap().grid().direction,
        [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]]
    );
}

#[test]
fn the_sform_goes_before_the_qform() {
    for qform_code in [0, 1] {
        let grid = with_both_forms(qform_code, 2);
        assert_eq!(
            grid.world_mm([1.0, 2.0, 3.0]),
            [-1.0 + 6.0, -2.0 + 15.0, -3.0 - 2.0],
            "hand-computed position"
        );
        assert_eq!(
            grid.direction,
            [[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            "unit directions"
        );
    }
}

#[test]
fn sform_spacing_rules_where_pixdim_disagrees() {
    let mut fixture = Fixture::int16([1, 1, 1], &[0]);
    fixture.put_i16(254, 1);
    fixture.put_f32s(80, &[1.0, 1.0, 1.0]);
    fixture.put_f32s(280, &[0.3, -0.4, 0.0, 0.0]);
    fixture.put_f32s(296, &[0.4, 0.3, 0.0, 0.0]);
    fixture.put_f32s(312, &[0.0, 0.0, 4.0, 0.0]);
    let grid = fixture.image().unwrap().grid().clone();
    for (got, want) in grid.spacing_mm.into_iter().zip([0.5, 0.5, 4.0]) {
        assert_abs_diff_eq!(got, want, epsilon = f64::EPSILON);
    }
    fixture.put_f32s(80, &[0.5, 0.5, 4.0]);
    assert_eq!(
        fixture.image().unwrap().grid().spacing_mm,
        [0.5, 0.5, 4.0],
        "pixdim without the rounding of oblique components"
    );
}

#[test]
fn fewer_and_more_dimensions() {
    let mut slice = Fixture::int16([2, 2, 0], &[1, 2, 3, 4]);
    slice.put_i16(40, 2);
    slice.put_f32(88, 0.0);
    slice.put_i16(254, 1);
    slice.put_f32s(280, &[0.0, 1.0, 0.0, 0.0]);
    slice.put_f32s(296, &[1.0, 0.0, 0.0, 0.0]);
    let image = slice.image().unwrap();
    assert_eq!(image.size(), [2, 2, 1], "two dimensions are one slice");
    assert_eq!(
        image.grid().direction[2],
        [0.0, 0.0, -1.0],
        "completed axis"
    );

    let mut series = Fixture::int16([2, 1, 1], &[1, 2, 3, 4]);
    series.put_i16(40, 5);
    series.put_i16(48, 1);
    series.put_i16(50, 1);
    assert_eq!(series.image().unwrap().size(), [2, 1, 1], "trailing ones");
    series.put_i16(50, 2);
    assert_eq!(
        series.refusal(),
        "expected one volume (2 or 3 dimensions), found [2, 1, 1, 1, 2] voxels"
    );
}

#[test]
fn other_formats_are_named() {
    let valid = Fixture::int16([1, 1, 1], &[0]);
    let refusal = |change: fn(&mut Fixture)| {
        let mut fixture = valid.clone();
        change(&mut fixture);
        fixture.refusal()
    };
    assert_eq!(
        refusal(|f| f.put_i32(0, 540)),
        "expected NIfTI-1 in a single file (.nii or .nii.gz), found NIfTI-2"
    );
    assert_eq!(
        refusal(|f| f.bytes[344..348].copy_from_slice(b"ni1\0")),
        "expected NIfTI-1 in a single file (.nii or .nii.gz), found the header of an .hdr/.img pair"
    );
    assert_eq!(
        refusal(|f| f.bytes[344..348].copy_from_slice(b"\0\0\0\0")),
        r"expected a NIfTI-1 file, found the magic `\x00\x00\x00\x00` instead of `n+1`"
    );
    assert_eq!(
        refusal(|f| f.bytes = b"DICM, perhaps".to_vec()),
        "expected a NIfTI-1 file, found a header length of `1296255300` instead of 348"
    );
    assert_eq!(
        refusal(|f| f.bytes.truncate(100)),
        "expected a NIfTI-1 file, found 100 bytes, fewer than the 348 of a header"
    );
    assert_eq!(
        refusal(|f| f.bytes.clear()),
        "expected a NIfTI-1 file, found 0 bytes, fewer than the 348 of a header"
    );
    for (code, name) in [
        (32, "complex64"),
        (128, "RGB24"),
        (1536, "float128"),
        (1792, "complex128"),
        (2048, "complex256"),
        (2304, "RGBA32"),
        (0, "unknown"),
        (1, "binary"),
        (-7, "unassigned"),
    ] {
        let mut fixture = valid.clone();
        fixture.put_i16(70, code);
        assert_eq!(
            fixture.refusal(),
            format!(
                "expected integer or real voxels of 8 to 64 bits, found datatype {name} (code {code})"
            )
        );
    }
}

#[test]
fn impossible_header_fields_are_named() {
    let valid = Fixture::int16([1, 1, 1], &[0]);
    let refusal = |change: fn(&mut Fixture)| {
        let mut fixture = valid.clone();
        change(&mut fixture);
        fixture.refusal()
    };
    for (change, message) in [
        (
            (|f| f.put_i16(40, 0)) as fn(&mut Fixture),
            "header field `dim[0]`: expected 2 or 3 dimensions, found `0`",
        ),
        (
            |f| f.put_i16(40, 8),
            "header field `dim[0]`: expected 2 or 3 dimensions, found `8`",
        ),
        (
            |f| f.put_i16(44, 0),
            "header field `dim[2]`: expected a positive number of voxels, found `0`",
        ),
        (
            |f| f.put_i16(46, -5),
            "header field `dim[3]`: expected a positive number of voxels, found `-5`",
        ),
        (
            |f| f.put_i16(72, 8),
            "header field `bitpix`: expected the number of bits of `datatype`, found `8`",
        ),
        (
            |f| f.put_f32(80, 0.0),
            "header field `pixdim[1]`: expected a positive spacing in mm, found `0`",
        ),
        (
            |f| f.put_f32(84, -2.0),
            "header field `pixdim[2]`: expected a positive spacing in mm, found `-2`",
        ),
        (
            |f| f.put_f32(88, f32::NAN),
            "header field `pixdim[3]`: expected a positive spacing in mm, found `NaN`",
        ),
        (
            |f| f.put_f32(108, 348.0),
            "header field `vox_offset`: expected a whole number of bytes from 352 on, found `348`",
        ),
        (
            |f| f.put_f32(108, 352.5),
            "header field `vox_offset`: expected a whole number of bytes from 352 on, found `352.5`",
        ),
        (
            |f| f.bytes[123] = 1,
            "header field `xyzt_units`: expected lengths in mm, found `metre`",
        ),
        (
            |f| f.bytes[123] = 3,
            "header field `xyzt_units`: expected lengths in mm, found `micrometre`",
        ),
        (
            |f| f.put_f32(108, 1e9),
            "the file is truncated: expected 1000000002 bytes, found 354",
        ),
    ] {
        assert_eq!(refusal(change), message);
    }
    assert!(
        refusal(|f| f.put_f32(108, f32::INFINITY)).contains("found `inf`"),
        "an infinite offset"
    );
}

#[test]
fn impossible_orientations_are_refused() {
    let mut fixture = Fixture::int16([1, 1, 1], &[0]);
    fixture.put_i16(254, 1);
    fixture.put_f32s(280, &[1.0, 0.0, 0.0, 0.0]);
    fixture.put_f32s(296, &[0.0, 1.0, 0.1, 0.0]);
    fixture.put_f32s(312, &[0.0, 0.0, 1.0, 0.0]);
    assert!(
        fixture.refusal().starts_with(
            "the orientation (sform): expected perpendicular voxel axes, found a cosine of 0.0995"
        ),
        "sheared: {}",
        fixture.refusal()
    );
    fixture.put_f32s(296, &[0.0, 0.0, 0.0, 0.0]);
    assert_eq!(
        fixture.refusal(),
        "the orientation (sform): expected perpendicular voxel axes, found an axis y of length 0"
    );
    fixture.put_f32s(296, &[0.0, f32::NAN, 0.0, 0.0]);
    assert!(fixture.refusal().contains("found the number `NaN`"), "NaN");

    fixture.put_i16(254, 0);
    fixture.put_i16(252, 1);
    fixture.put_f32s(256, &[1.0, 1.0, 0.0]);
    assert_eq!(
        fixture.refusal(),
        "the orientation (qform): expected perpendicular voxel axes, found a quaternion of squared length 2"
    );
}

#[test]
fn truncated_files_are_refused() {
    let fixture = Fixture::int16([2, 2, 1], &[1, 2, 3, 4]);
    for length in 348..fixture.bytes.len() {
        assert_eq!(
            decoded_image(&fixture.bytes[..length])
                .unwrap_err()
                .to_string(),
            format!("the file is truncated: expected 360 bytes, found {length}")
        );
        // An intact gzip stream of a truncated file.
        assert_eq!(
            decoded_image(&gzip(&fixture.bytes[..length]))
                .unwrap_err()
                .to_string(),
            format!("the file is truncated: expected 360 bytes, found {length}")
        );
    }
    let gzipped = fixture.gzipped();
    for length in 2..gzipped.len() {
        assert!(
            matches!(
                decoded_image(&gzipped[..length]),
                Err(ReadProblem::DamagedGzip(_))
            ),
            "gzip stream cut at {length} of {}",
            gzipped.len()
        );
    }
}

#[test]
fn a_wrong_gzip_checksum_is_noticed() {
    let mut gzipped = Fixture::int16([2, 2, 1], &[1, 2, 3, 4]).gzipped();
    let checksum = gzipped.len() - 8;
    gzipped[checksum] ^= 1;
    assert!(
        matches!(decoded_image(&gzipped), Err(ReadProblem::DamagedGzip(_))),
        "the checksum at the end is verified"
    );
}

#[test]
fn announced_sizes_allocate_nothing() {
    let absurd = Fixture::int16([32767, 32767, 32767], &[1]);
    assert_eq!(
        absurd.refusal(),
        "expected at most 1073741824 voxels, found [32767, 32767, 32767]"
    );
    let large = Fixture::int16([1000, 1000, 1000], &[1]);
    assert_eq!(
        large.refusal(),
        "the file is truncated: expected 2000000352 bytes, found 354"
    );
    let gzipped = large.gzipped();
    assert_eq!(
        decoded_image(&gzipped).unwrap_err().to_string(),
        format!(
            "the header announces 2000000352 bytes, more than {} compressed bytes can ever hold",
            gzipped.len()
        )
    );
}

#[test]
fn intensities_must_be_numbers() {
    let mut fixture = Fixture::new([2, 2, 2], 16, 32, false);
    for voxel in [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, f32::NAN, f32::INFINITY] {
        fixture.append(&voxel.to_le_bytes());
    }
    assert_eq!(
        fixture.refusal(),
        "expected finite intensities, found 2 that are not, the first `NaN` at voxel [0, 1, 1]"
    );
}

#[test]
fn masks_and_labels() {
    let one = Fixture::int16([2, 2, 1], &[0, 3, 3, 0]);
    let inside = [false, true, true, false];
    assert_eq!(one.mask(None).unwrap().as_slice(), inside, "the only label");
    assert_eq!(one.mask(Some(3)).unwrap().as_slice(), inside, "chosen");
    assert_eq!(
        one.mask(Some(1)).unwrap_err().to_string(),
        "expected voxels of label 1, found the labels 3"
    );
    let several = Fixture::int16([2, 2, 1], &[0, 3, -1, 2]);
    assert_eq!(
        several.mask(None).unwrap_err().to_string(),
        "expected a mask of one label, found the labels -1, 2, 3: choose one"
    );
    assert_eq!(
        several.mask(Some(2)).unwrap().as_slice(),
        [false, false, false, true],
        "one of several"
    );
    let empty = Fixture::int16([2, 1, 1], &[0, 0]);
    assert_eq!(
        empty.mask(None).unwrap_err().to_string(),
        "expected a mask with at least one voxel that is not 0, found none"
    );
    assert_eq!(
        empty.mask(Some(1)).unwrap_err().to_string(),
        "expected voxels of label 1, found the labels (none)"
    );
    let voxels: Vec<i16> = (0..100).rev().collect();
    let image = Fixture::int16([100, 1, 1], &voxels).mask(None).unwrap_err();
    assert!(
        image.to_string().contains("found the labels 1, 2, 3,")
            && image.to_string().ends_with("31, 32, …: choose one"),
        "an image taken for a mask: {image}"
    );
    for (value, shown) in [(0.5, "0.5"), (f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        let mut fraction = Fixture::new([1, 2, 1], 16, 32, false);
        fraction.append(&1_f32.to_le_bytes());
        fraction.append(&value.to_le_bytes());
        assert_eq!(
            fraction.mask(None).unwrap_err().to_string(),
            format!("expected whole numbers in a mask, found `{shown}` at voxel [0, 1, 0]")
        );
    }
}

/// Bytes are labels as they are, but not where the header scales them.
#[test]
fn labels_of_bytes_mean_what_the_header_says() {
    let bytes = |slope: f32, intercept: f32| {
        let mut fixture = Fixture::new([2, 2, 1], 2, 8, false);
        fixture.put(112, &slope.to_le_bytes());
        fixture.put(116, &intercept.to_le_bytes());
        fixture.append(&[0, 3, 255, 3]);
        fixture
    };
    let labels = |slope, intercept| bytes(slope, intercept).mask(None).unwrap_err().to_string();
    let found = |labels: &str| {
        format!("expected a mask of one label, found the labels {labels}: choose one")
    };
    assert_eq!(labels(0.0, 0.0), found("3, 255"), "not scaled");
    assert_eq!(labels(1.0, 0.0), found("3, 255"), "scaled by 1");
    assert_eq!(labels(2.0, 0.0), found("6, 510"), "scaled");
    assert_eq!(labels(1.0, -3.0), found("-3, 252"), "shifted");
    assert_eq!(
        bytes(1.0, 0.0).mask(Some(3)).unwrap().as_slice(),
        [false, true, false, true],
        "chosen"
    );
    assert_eq!(
        bytes(2.0, 0.0).mask(Some(6)).unwrap().as_slice(),
        [false, true, false, true],
        "chosen among scaled ones"
    );
}

fn folder_with(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn files_are_read_and_errors_name_them() {
    let fixture = Fixture::int16([2, 1, 1], &[0, 1]);
    for bytes in [fixture.bytes.clone(), fixture.gzipped()] {
        // The content decides, whatever the name.
        let (_folder, path) = folder_with("image.nii", &bytes);
        assert_eq!(read_image(&path).unwrap().as_slice(), [0.0, 1.0]);
        assert_eq!(read_mask(&path, None).unwrap().count(), 1);
    }
    let (folder, path) = folder_with("image.nii", &fixture.bytes[..355]);
    assert_eq!(
        read_image(&path).unwrap_err().to_string(),
        format!(
            "{}: the file is truncated: expected 356 bytes, found 355",
            path.display()
        )
    );
    let missing = folder.path().join("missing.nii");
    let error = read_mask(&missing, None).unwrap_err();
    assert_eq!(error.path, missing, "the error names the file");
    assert!(matches!(error.problem, ReadProblem::Io(_)), "{error}");
    assert!(
        matches!(
            read_image(folder.path()).unwrap_err().problem,
            ReadProblem::NotAFile
        ),
        "a folder"
    );
}

fn oblique_image() -> Image {
    let grid = Grid {
        size: [3, 2, 2],
        spacing_mm: [0.977, 0.5, 3.0],
        origin_mm: [-12.25, 100.1, 7.0],
        direction: [[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, -1.0]],
    };
    Volume::from_fn(grid, |[x, y, z]| 0.1 + (x + 10 * y + 100 * z) as f64)
}

#[test]
fn written_bytes_are_where_the_standard_has_them() {
    let folder = tempfile::tempdir().unwrap();
    // Dots in the name are kept.
    for name in ["case.1.map.nii", "case.1.map.nii.gz"] {
        let path = folder.path().join(name);
        write_image(&path, &oblique_image()).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        if name.ends_with(".gz") {
            let mut decoded = Vec::new();
            GzDecoder::new(bytes.as_slice())
                .read_to_end(&mut decoded)
                .unwrap();
            bytes = decoded;
        }
        let f32_at = |at: usize| f32::from_le_bytes(*bytes[at..].first_chunk().unwrap());
        let i16_at = |at: usize| i16::from_le_bytes(*bytes[at..].first_chunk().unwrap());
        assert_eq!(bytes.len(), 352 + 12 * 8, "length of {name}");
        assert_eq!(bytes[..4], [92, 1, 0, 0], "sizeof_hdr");
        assert_eq!([40, 42, 44, 46].map(i16_at), [3, 3, 2, 2], "dim");
        assert_eq!(
            [70, 72, 252, 254].map(i16_at),
            [64, 64, 0, 1],
            "types, forms"
        );
        assert_eq!([80, 84, 88].map(f32_at), [0.977, 0.5, 3.0], "pixdim");
        assert_eq!(
            [108, 112, 116].map(f32_at),
            [352.0, 1.0, 0.0],
            "offset, scale"
        );
        assert_eq!(
            [280, 284, 288, 292].map(f32_at),
            [0.5862, -0.4, 0.0, -12.25]
        );
        assert_eq!([296, 300, 304, 308].map(f32_at), [0.7816, 0.3, 0.0, 100.1]);
        assert_eq!([312, 316, 320, 324].map(f32_at), [0.0, 0.0, -3.0, 7.0]);
        assert_eq!(bytes[344..348], *b"n+1\0", "magic");
        assert_eq!(bytes[360..368], 1.1_f64.to_le_bytes(), "voxel (1, 0, 0)");
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing is left beside the files");
}

#[test]
fn what_is_written_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let image = oblique_image();
    let mask = image.map(|v| v.fract() > 0.0 && *v > 100.0);
    for suffix in ["nii", "nii.gz"] {
        let [image_path, mask_path] =
            ["image", "mask"].map(|stem| folder.path().join(format!("{stem}.{suffix}")));
        write_image(&image_path, &image).unwrap();
        write_mask(&mask_path, &mask).unwrap();
        let read = read_image(&image_path).unwrap();
        assert_eq!(read.as_slice(), image.as_slice(), "voxels bit for bit");
        assert_eq!(read.grid().spacing_mm, image.grid().spacing_mm, "spacing");
        assert_eq!(read.grid().origin_mm, image.grid().origin_mm, "origin");
        for (got, want) in read
            .grid()
            .direction
            .as_flattened()
            .iter()
            .zip(image.grid().direction.as_flattened())
        {
            assert_abs_diff_eq!(got, want, epsilon = 1e-7);
        }
        let read = read_mask(&mask_path, None).unwrap();
        assert_eq!(read.as_slice(), mask.as_slice(), "mask");
    }
}

#[test]
fn what_cannot_be_written_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |name: &str, size: [usize; 3]| {
        let mask = Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |_| true);
        write_mask(folder.path().join(name), &mask)
            .unwrap_err()
            .problem
    };
    assert!(matches!(refusal("a.nrrd", [1; 3]), WriteProblem::Name));
    assert!(matches!(
        refusal("missing/a.nii", [1; 3]),
        WriteProblem::Io(_)
    ));
    for size in [[0, 1, 1], [40000, 1, 1]] {
        assert!(
            matches!(refusal("a.nii", size), WriteProblem::Size { .. }),
            "size {size:?}"
        );
    }
    let mut left = fs::read_dir(folder.path()).unwrap();
    assert!(left.next().is_none(), "no file appears");
}

proptest! {
    #[test]
    fn damaged_files_never_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        header_damage in prop::collection::vec((0_usize..352, any::<u8>()), 0..4),
        length in any::<prop::sample::Index>(),
        is_truncated: bool,
        is_gzipped: bool,
        is_damaged_before_packing: bool,
    ) {
        let mut bytes = with_orientation().bytes;
        for (at, value) in header_damage {
            bytes[at] = value;
        }
        let spoil = |bytes: &mut Vec<u8>| {
            for (at, value) in &damage {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            if is_truncated {
                bytes.truncate(length.index(bytes.len()));
            }
        };
        if is_damaged_before_packing {
            spoil(&mut bytes);
        }
        if is_gzipped {
            bytes = gzip(&bytes);
        }
        if !is_damaged_before_packing {
            spoil(&mut bytes);
        }
        if let Ok(image) = decoded_image(&bytes) {
            prop_assert!(
                image.as_slice().iter().all(|v| v.is_finite()),
                "an image that is read has finite intensities"
            );
            let grid = image.grid();
            prop_assert!(grid.spacing_mm.iter().all(|s| s.is_finite() && *s > 0.0), "{grid:?}");
        }
    }
}

fn with_orientation() -> Fixture {
    let mut fixture = Fixture::int16([2, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8]);
    fixture.put_i16(252, 1);
    fixture.put_i16(254, 1);
    fixture.put_f32s(280, &[1.0, 0.0, 0.0, 5.0]);
    fixture.put_f32s(296, &[0.0, 1.0, 0.0, 5.0]);
    fixture.put_f32s(312, &[0.0, 0.0, 1.0, 5.0]);
    fixture
}

#[test]
fn slices_are_written_as_a_whole_image_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let grid = Grid::axis_aligned([3, 2, 4], [1.0, 2.0, 3.0]);
    let image = Image::from_fn(grid.clone(), |[x, y, z]| {
        (x + 10 * y + 100 * z) as f64 - 7.0
    });
    let (whole, sliced) = (
        folder.path().join("whole.nii"),
        folder.path().join("sliced.nii"),
    );
    write_image(&whole, &image).expect("written");
    write_image_by_slice(&sliced, &grid, |z| {
        image.as_slice()[6 * z..6 * (z + 1)].to_vec()
    })
    .expect("written");
    let bytes = |path| std::fs::read(path).expect("read");
    assert_eq!(bytes(whole), bytes(sliced.clone()), "the same bytes");

    let labels = folder.path().join("labels.nii.gz");
    write_labels_by_slice(&labels, &grid, |z| vec![z as u8; 6]).expect("written");
    let of_label = read_mask(&labels, std::num::NonZeroU32::new(2)).expect("a label is chosen");
    assert_eq!(of_label.count(), 6, "the voxels of slice 2");
    assert!(of_label.voxels()[[0, 0, 2]], "in slice 2");

    let short = write_image_by_slice(&sliced, &grid, |z| vec![0.0; 6 - z]);
    let message = short.expect_err("slice 1 is too short").to_string();
    assert!(
        message.contains("expected slice 1 to have 48 bytes, found 40"),
        "{message}"
    );
}
