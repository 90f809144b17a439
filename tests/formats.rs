//! The same image in every format: where each voxel lies in the world, against coordinates worked out by hand; and
//! the CT phantom of IBSI 1 in DICOM against its NIfTI files. Trials without their data are listed as ignored.

mod common;

use std::{path::Path, process::ExitCode};

use common::{
    Nifti,
    dicom::{Segmentation, Series, Syntax, structure_set, write_object},
};
use libtest_mimic::{Arguments, Failed, Trial};
use radgauge_engine::{
    io::{self, RoiChoice},
    volume::{Image, Mask},
};

/// A voxel's value and its centre in the world (RAS), in mm.
type Landmark = (f64, [f64; 3]);

/// How far a voxel centre may be off, in mm: what headers of 32-bit numbers and decimal strings round away.
const WORLD_TOLERANCE_MM: f64 = 1e-3;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = orientation_trials();
    trials.extend(phantom_trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn orientation_trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn(&Path) -> Result<(), Failed>| {
        Trial::test(format!("orientation/{name}"), move || {
            test(tempfile::tempdir().expect("a temporary folder").path())
        })
    };
    vec![
        trial("nifti/sform_along_the_axes", nifti_along_the_axes),
        trial("nifti/sform_permuted_and_flipped", nifti_permuted),
        trial("nifti/sform_oblique", nifti_oblique),
        trial("nifti/qform_half_turn", nifti_half_turn),
        trial("nifti/qform_mirrored", nifti_mirrored),
        trial("dicom/axial", dicom_axial),
        trial("dicom/axial_files_from_head_to_feet", dicom_axial_reversed),
        trial("dicom/sagittal", dicom_sagittal),
        trial("dicom/coronal", dicom_coronal),
        trial("dicom/oblique", dicom_oblique),
        trial("rtstruct/axial", rtstruct_axial),
        trial("rtstruct/sagittal", rtstruct_sagittal),
        trial("rtstruct/on_a_nifti_image", rtstruct_on_nifti),
        trial("seg/axial_frames_from_head_to_feet", seg_axial),
        trial("seg/part_of_a_slice_turned", seg_turned),
        trial("seg/on_a_nifti_image", seg_on_nifti),
    ]
}

/// Checks that the voxel of each value lies where it should.
fn check(image: &Image, landmarks: &[Landmark]) -> Result<(), Failed> {
    let [nx, ny, _] = image.size();
    for (value, expected) in landmarks {
        let index = image.as_slice().iter().position(|v| v == value);
        let index = index.ok_or_else(|| format!("no voxel has the value {value}"))?;
        let voxel = [index % nx, index / nx % ny, index / nx / ny].map(|i| i as f64);
        let found = image.grid().world_mm(voxel);
        let off = found
            .iter()
            .zip(expected)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        if off > WORLD_TOLERANCE_MM {
            return Err(
                format!("value {value}: expected at {expected:?}, found at {found:?}").into(),
            );
        }
    }
    Ok(())
}

/// Checks that the mask holds the voxels of these values and no other.
fn check_mask(image: &Image, mask: &Mask, expected: &[f64]) -> Result<(), Failed> {
    let voxels = image.as_slice().iter().zip(mask.as_slice());
    let mut found: Vec<f64> = voxels
        .filter(|(_, inside)| **inside)
        .map(|(v, _)| *v)
        .collect();
    found.sort_by(f64::total_cmp);
    if found == expected {
        Ok(())
    } else {
        Err(format!("expected the voxels {expected:?}, found {found:?}").into())
    }
}

// Every image has the value 100 i + 10 j + k + 1 in the voxel (i, j, k) of its file, and 4 × 3 × 2 voxels.

/// An image without orientation.
fn nifti() -> Vec<u8> {
    let mut bytes =
        Nifti::from_fn([4, 3, 2], |i, j, k| f32::from(100 * i + 10 * j + k + 1)).bytes();
    bytes[254..256].copy_from_slice(&0_i16.to_le_bytes());
    put(&mut bytes, 80, &[2.0, 3.0, 5.0]);
    bytes
}

fn put(bytes: &mut [u8], at: usize, values: &[f32]) {
    for (i, value) in values.iter().enumerate() {
        bytes[at + 4 * i..at + 4 * i + 4].copy_from_slice(&value.to_le_bytes());
    }
}

fn nifti_with_sform(folder: &Path, rows: [[f32; 4]; 3]) -> Result<Image, Failed> {
    let mut bytes = nifti();
    bytes[254] = 1;
    put(&mut bytes, 280, rows.as_flattened());
    Ok(io::read_image(common::write(folder, "image.nii", &bytes))?)
}

fn nifti_along_the_axes(folder: &Path) -> Result<(), Failed> {
    let rows = [
        [2.0, 0.0, 0.0, 10.0],
        [0.0, 3.0, 0.0, 20.0],
        [0.0, 0.0, 5.0, 30.0],
    ];
    check(
        &nifti_with_sform(folder, rows)?,
        &[
            (1.0, [10.0, 20.0, 30.0]),
            (301.0, [16.0, 20.0, 30.0]),
            (21.0, [10.0, 26.0, 30.0]),
            (2.0, [10.0, 20.0, 35.0]),
            (322.0, [16.0, 26.0, 35.0]),
        ],
    )
}

/// The first voxel axis runs to the feet, the second to the left, the third to the front.
fn nifti_permuted(folder: &Path) -> Result<(), Failed> {
    let rows = [
        [0.0, -3.0, 0.0, 10.0],
        [0.0, 0.0, 5.0, 20.0],
        [-2.0, 0.0, 0.0, 30.0],
    ];
    check(
        &nifti_with_sform(folder, rows)?,
        &[
            (1.0, [10.0, 20.0, 30.0]),
            (301.0, [10.0, 20.0, 24.0]),
            (21.0, [4.0, 20.0, 30.0]),
            (2.0, [10.0, 25.0, 30.0]),
        ],
    )
}

/// Turned about the long axis by the angle of the 3-4-5 triangle: x along (0.8, 0.6), y along (-0.6, 0.8).
fn nifti_oblique(folder: &Path) -> Result<(), Failed> {
    let rows = [
        [1.6, -1.8, 0.0, 10.0],
        [1.2, 2.4, 0.0, 20.0],
        [0.0, 0.0, 5.0, 30.0],
    ];
    check(
        &nifti_with_sform(folder, rows)?,
        &[
            (1.0, [10.0, 20.0, 30.0]),
            (301.0, [14.8, 23.6, 30.0]),
            (21.0, [6.4, 24.8, 30.0]),
            (2.0, [10.0, 20.0, 35.0]),
        ],
    )
}

/// A half turn about the long axis, quaternion (0, 0, 0, 1): x to the left, y to the back.
fn nifti_half_turn(folder: &Path) -> Result<(), Failed> {
    let mut bytes = nifti();
    bytes[252] = 1;
    put(&mut bytes, 256, &[0.0, 0.0, 1.0, 10.0, 20.0, 30.0]);
    check(
        &io::read_image(common::write(folder, "image.nii", &bytes))?,
        &[
            (1.0, [10.0, 20.0, 30.0]),
            (301.0, [4.0, 20.0, 30.0]),
            (21.0, [10.0, 14.0, 30.0]),
            (2.0, [10.0, 20.0, 35.0]),
        ],
    )
}

/// A half turn about the axis from left to right, quaternion (0, 1, 0, 0), and a third axis turned round by `qfac`:
/// x to the right, y to the back, z to the head.
fn nifti_mirrored(folder: &Path) -> Result<(), Failed> {
    let mut bytes = nifti();
    bytes[252] = 1;
    put(&mut bytes, 76, &[-1.0]);
    put(&mut bytes, 256, &[1.0, 0.0, 0.0, 10.0, 20.0, 30.0]);
    check(
        &io::read_image(common::write(folder, "image.nii", &bytes))?,
        &[
            (1.0, [10.0, 20.0, 30.0]),
            (301.0, [16.0, 20.0, 30.0]),
            (21.0, [10.0, 14.0, 30.0]),
            (2.0, [10.0, 20.0, 35.0]),
        ],
    )
}

/// Columns of 2 mm, rows of 3 mm, slices of 5 mm. Positions are LPS: (-10, -20, 30) is 10 mm to the right and 20 mm
/// to the front.
const AXIAL: [Landmark; 5] = [
    (1.0, [10.0, 20.0, 30.0]),
    (301.0, [4.0, 20.0, 30.0]),
    (21.0, [10.0, 14.0, 30.0]),
    (2.0, [10.0, 20.0, 35.0]),
    (322.0, [4.0, 14.0, 35.0]),
];

fn dicom_axial(folder: &Path) -> Result<(), Failed> {
    for syntax in Syntax::ALL {
        Series {
            syntax,
            ..Series::axial()
        }
        .write(folder);
        check(&io::read_image(folder)?, &AXIAL)?;
        check(&io::read_image(folder.join("slice-1.dcm"))?, &AXIAL)?;
    }
    Ok(())
}

/// The first file is the upper slice: the names of files say nothing.
fn dicom_axial_reversed(folder: &Path) -> Result<(), Failed> {
    let mut series = Series::axial();
    series.positions.reverse();
    series.write(folder);
    check(
        &io::read_image(folder)?,
        &[
            (1.0, [10.0, 20.0, 35.0]),
            (301.0, [4.0, 20.0, 35.0]),
            (21.0, [10.0, 14.0, 35.0]),
            (2.0, [10.0, 20.0, 30.0]),
        ],
    )
}

/// Rows run to the back, columns to the feet, so that the normal points to the right and slices are 5 mm apart.
fn sagittal() -> Series {
    Series {
        orientation: [0.0, 1.0, 0.0, 0.0, 0.0, -1.0],
        positions: vec![[-10.0, -20.0, 30.0], [-5.0, -20.0, 30.0]],
        ..Series::axial()
    }
}

fn dicom_sagittal(folder: &Path) -> Result<(), Failed> {
    sagittal().write(folder);
    let image = io::read_image(folder)?;
    check(
        &image,
        &[
            (1.0, [10.0, 20.0, 30.0]),
            (301.0, [10.0, 14.0, 30.0]),
            (21.0, [10.0, 20.0, 24.0]),
            (2.0, [5.0, 20.0, 30.0]),
        ],
    )?;
    if image.grid().direction[2] != [1.0, 0.0, 0.0] {
        return Err("slices are in order along the normal, which points to the right".into());
    }
    Ok(())
}

/// Rows run to the left, columns to the feet; the slices lie behind each other.
fn dicom_coronal(folder: &Path) -> Result<(), Failed> {
    let series = Series {
        orientation: [1.0, 0.0, 0.0, 0.0, 0.0, -1.0],
        positions: vec![[-10.0, -20.0, 30.0], [-10.0, -15.0, 30.0]],
        ..Series::axial()
    };
    series.write(folder);
    check(
        &io::read_image(folder)?,
        &[
            (1.0, [10.0, 20.0, 30.0]),
            (301.0, [4.0, 20.0, 30.0]),
            (21.0, [10.0, 20.0, 24.0]),
            (2.0, [10.0, 15.0, 30.0]),
        ],
    )
}

/// Rows along (0.8, 0.6, 0) and columns along (0, 0, -1) of LPS: the normal is (-0.6, 0.8, 0).
fn dicom_oblique(folder: &Path) -> Result<(), Failed> {
    let series = Series {
        orientation: [0.8, 0.6, 0.0, 0.0, 0.0, -1.0],
        positions: vec![[-10.0, -20.0, 30.0], [-13.0, -16.0, 30.0]],
        ..Series::axial()
    };
    series.write(folder);
    check(
        &io::read_image(folder)?,
        &[
            (1.0, [10.0, 20.0, 30.0]),
            (301.0, [5.2, 16.4, 30.0]),
            (21.0, [10.0, 20.0, 24.0]),
            (2.0, [13.0, 16.0, 30.0]),
        ],
    )
}

/// A triangle, in the upper slice, around the voxels at 10 and 8 mm to the right of the first row and at 10 mm of the
/// second: those of columns 0 and 1 of row 0, and of column 0 of row 1.
fn triangle() -> Vec<[f64; 3]> {
    vec![
        [-11.0, -21.5, 35.0],
        [-6.5, -21.5, 35.0],
        [-11.0, -14.5, 35.0],
    ]
}

fn rtstruct_axial(folder: &Path) -> Result<(), Failed> {
    Series::axial().write(folder);
    let set = structure_set(&[(4, "GTV", vec![triangle()])]);
    let path = write_object(folder, "set.dcm", &set);
    // The structure set lies in the folder of the image, and is no slice of it.
    let image = io::read_image(folder)?;
    let mask = io::read_rtstruct_mask(path, image.grid(), &RoiChoice::Only)?;
    check_mask(&image, &mask, &[2.0, 12.0, 102.0])
}

/// In the left slice, from 19 mm to 15 mm to the front and from 31 to 23 mm to the head: columns 1 and 2, all rows.
fn rtstruct_sagittal(folder: &Path) -> Result<(), Failed> {
    sagittal().write(folder);
    let contour = vec![
        [-5.0, -19.0, 31.0],
        [-5.0, -19.0, 23.0],
        [-5.0, -15.0, 23.0],
        [-5.0, -15.0, 31.0],
    ];
    let set = structure_set(&[(1, "left", vec![contour]), (2, "none", vec![])]);
    let path = write_object(folder, "set.dcm", &set);
    let image = io::read_image(folder)?;
    let mask = io::read_rtstruct_mask(path, image.grid(), &RoiChoice::Name("left".to_owned()))?;
    check_mask(&image, &mask, &[102.0, 112.0, 122.0, 202.0, 212.0, 222.0])
}

/// The same contour on the same place of a NIfTI image whose axes run the other way (to the right and to the front):
/// the voxels at 10 and 8 mm to the right, 20 mm to the front, are (3, 2) and (2, 2), and (3, 1) lies at 17 mm.
fn rtstruct_on_nifti(folder: &Path) -> Result<(), Failed> {
    let rows = [
        [2.0, 0.0, 0.0, 4.0],
        [0.0, 3.0, 0.0, 14.0],
        [0.0, 0.0, 5.0, 30.0],
    ];
    let image = nifti_with_sform(folder, rows)?;
    let path = write_object(
        folder,
        "set.dcm",
        &structure_set(&[(4, "GTV", vec![triangle()])]),
    );
    let mask = io::read_roi(path, image.grid(), &RoiChoice::Number(4))?;
    check_mask(&image, &mask, &[222.0, 312.0, 322.0])
}

/// Two segments; the frames of the second from head to feet.
fn seg() -> Segmentation {
    Segmentation {
        columns: 4,
        rows: 3,
        pixel_spacing: [3.0, 2.0],
        orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        segments: vec![(1, "liver"), (2, "spleen")],
        frames: vec![
            (1, [-10.0, -20.0, 30.0], "#### #### ####"),
            (2, [-10.0, -20.0, 35.0], "##.. #... ...."),
            (2, [-10.0, -20.0, 30.0], "...# .... ...."),
        ],
    }
}

fn seg_axial(folder: &Path) -> Result<(), Failed> {
    Series::axial().write(folder);
    let path = write_object(folder, "seg.dcm", &seg().elements());
    let image = io::read_image(folder)?;
    let spleen = io::read_seg_mask(&path, image.grid(), &RoiChoice::Name("spleen".to_owned()))?;
    check_mask(&image, &spleen, &[2.0, 12.0, 102.0, 301.0])?;
    let liver = io::read_roi(&path, image.grid(), &RoiChoice::Number(1))?;
    check_mask(
        &image,
        &liver,
        &[
            1.0, 11.0, 21.0, 101.0, 111.0, 121.0, 201.0, 211.0, 221.0, 301.0, 311.0, 321.0,
        ],
    )
}

/// A frame of 2 × 3 pixels that starts at the last column and first row of the upper slice (LPS -4, -20): its rows run
/// to the back and its columns to the right.
fn seg_turned(folder: &Path) -> Result<(), Failed> {
    Series::axial().write(folder);
    let seg = Segmentation {
        columns: 2,
        rows: 3,
        pixel_spacing: [2.0, 3.0],
        orientation: [0.0, 1.0, 0.0, -1.0, 0.0, 0.0],
        segments: vec![(1, "part")],
        frames: vec![(1, [-4.0, -20.0, 35.0], "## .# #.")],
    };
    let path = write_object(folder, "seg.dcm", &seg.elements());
    let image = io::read_image(folder)?;
    let mask = io::read_seg_mask(path, image.grid(), &RoiChoice::Only)?;
    check_mask(&image, &mask, &[102.0, 212.0, 302.0, 312.0])
}

fn seg_on_nifti(folder: &Path) -> Result<(), Failed> {
    let rows = [
        [2.0, 0.0, 0.0, 4.0],
        [0.0, 3.0, 0.0, 14.0],
        [0.0, 0.0, 5.0, 30.0],
    ];
    let image = nifti_with_sform(folder, rows)?;
    let path = write_object(folder, "seg.dcm", &seg().elements());
    let mask = io::read_roi(path, image.grid(), &RoiChoice::Number(2))?;
    check_mask(&image, &mask, &[21.0, 222.0, 312.0, 322.0])
}

fn phantom_trials() -> Vec<Trial> {
    // Also when it is set but empty, as `env RADGAUGE_DATA= …` does.
    let data = std::env::var_os("RADGAUGE_DATA").filter(|folder| !folder.is_empty());
    let is_absent = data.is_none();
    let folder = Path::new(&data.unwrap_or_default()).join("ibsi1/ct_phantom");
    let trial = |name: &str, test: fn(&Path) -> Result<(), Failed>| {
        let folder = folder.clone();
        Trial::test(format!("ct_phantom/{name}"), move || test(&folder))
            .with_ignored_flag(is_absent)
    };
    vec![
        trial("dicom_image_is_the_nifti_image", phantom_image),
        trial("rtstruct_is_the_nifti_mask", phantom_mask),
    ]
}

fn phantom_image(folder: &Path) -> Result<(), Failed> {
    let dicom = io::read_image(folder.join("dicom/image"))?;
    let nifti = io::read_image(folder.join("nifti/image.nii.gz"))?;
    io::check_same_grid(nifti.grid(), dicom.grid())?;
    if nifti.grid().spacing_mm != dicom.grid().spacing_mm {
        return Err("the spacing is the same decimal in both formats".into());
    }
    // The last voxel is where all errors of spacing and direction add up.
    let last = nifti.size().map(|n| (n - 1) as f64);
    let corners = [nifti.grid().world_mm(last), dicom.grid().world_mm(last)];
    let off = (0..3)
        .map(|i| (corners[0][i] - corners[1][i]).abs())
        .fold(0.0, f64::max);
    if off > WORLD_TOLERANCE_MM {
        return Err(format!("the last voxels lie at {corners:?}").into());
    }
    // Intensities are Hounsfield units, rounded after loading.
    let voxels = dicom.as_slice().iter().zip(nifti.as_slice());
    let differing = voxels.filter(|(a, b)| a.round() != b.round()).count();
    if differing > 0 {
        return Err(format!("{differing} voxels differ").into());
    }
    Ok(())
}

fn phantom_mask(folder: &Path) -> Result<(), Failed> {
    let set = folder.join("dicom/rtstruct.dcm");
    let nifti = io::read_mask(folder.join("nifti/mask.nii.gz"), None)?;
    for image in ["dicom/image", "nifti/image.nii.gz"] {
        let image = io::read_image(folder.join(image))?;
        let roi = RoiChoice::Name("GTV-1".to_owned());
        let mask = io::read_rtstruct_mask(&set, image.grid(), &roi)?;
        let voxels = mask.as_slice().iter().zip(nifti.as_slice());
        let differing = voxels.filter(|(a, b)| a != b).count();
        if differing > 0 || nifti.count() == 0 {
            return Err(format!("{differing} of {} voxels differ", nifti.count()).into());
        }
    }
    Ok(())
}
