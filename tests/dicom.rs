//! What is refused of DICOM files, and how it is said; the command line on a series and a structure set.

mod common;

use std::path::Path;

use common::{
    dicom::{
        Elements, PIXEL_DATA, Segmentation, Series, Syntax, file, structure_set, write_object,
    },
    radgauge, run,
};
use radgauge_engine::{
    io::{self, RoiChoice, check_same_grid},
    volume::{Grid, Image},
};
use radgauge_phantoms::textured::textured_phantom;
use tempfile::{TempDir, tempdir};

fn folder() -> TempDir {
    tempdir().expect("a temporary folder")
}

/// Why the folder is no image.
fn refusal(folder: &Path) -> String {
    io::read_image(folder).expect_err("refused").to_string()
}

/// Why a series is no image when each of its slices is changed.
fn refusal_of(series: &Series, change: impl Fn(usize, &mut Elements)) -> String {
    let folder = folder();
    series.write_with(folder.path(), change);
    refusal(folder.path())
}

fn assert_says(message: &str, expected: &str) {
    assert!(
        message.contains(expected),
        "expected `{expected}`, found `{message}`"
    );
}

#[test]
fn rescaling_is_that_of_each_slice() {
    let folder = folder();
    Series::axial().write_with(folder.path(), |s, slice| {
        let slope = [0.1, 3.0][s];
        slice.decimals((0x0028, 0x1053), &[slope]);
        slice.decimals((0x0028, 0x1052), &[-1000.5]);
    });
    let image = io::read_image(folder.path()).expect("a series");
    let voxels = image.voxels();
    assert_eq!(
        voxels[[3, 2, 0]],
        321.0 * 0.1 - 1000.5,
        "the first slice's slope"
    );
    assert_eq!(
        voxels[[3, 2, 1]],
        322.0 * 3.0 - 1000.5,
        "the second slice's slope"
    );
}

#[test]
fn the_grid_is_that_of_a_nifti_file() {
    let folder = folder();
    let mut series = Series::axial_of(4);
    series.pixel_spacing = [0.976_999_998_092_65; 2];
    for (s, position) in series.positions.iter_mut().enumerate() {
        // As a writer prints the 32-bit numbers nearest to 76.6, 73.6, 70.6 and 67.6.
        position[2] = [
            76.599_998_474_121_1,
            73.599_998_474_121_1,
            70.599_998_474_121_1,
            67.599_998_474_121_1,
        ][s];
    }
    series.write(folder.path());
    let grid = io::read_image(folder.path())
        .expect("a series")
        .grid()
        .clone();
    assert_eq!(grid.spacing_mm, [0.977, 0.977, 3.0], "decimals");
    assert_eq!(grid.origin_mm, [10.0, 20.0, 67.6], "decimals");
}

#[test]
fn slices_that_make_no_grid_are_refused() {
    let five = Series::axial_of(5);
    let position = (0x0020, 0x0032);
    let moved =
        |to: fn(usize) -> [f64; 3]| refusal_of(&five, |s, slice| slice.decimals(position, &to(s)));
    assert_says(
        &moved(|s| {
            [
                -10.0,
                -20.0,
                30.0 + 5.0 * if s > 2 { s as f64 + 2.0 } else { s as f64 },
            ]
        }),
        "2 slices are missing between `slice-2.dcm` and `slice-3.dcm`: they are 15 mm apart, the others 5 mm",
    );
    assert_says(
        &moved(|s| [-10.0, -20.0, [30.0, 35.0, 40.0, 46.0, 51.0][s]]),
        "unevenly spaced slices: `slice-2.dcm` and `slice-3.dcm` are 6 mm apart, the median is 5 mm",
    );
    assert_says(
        &moved(|s| [-10.0, -20.0, [30.0, 35.0, 40.0, 35.0, 50.0][s]]),
        "two slices lie at one position: `slice-1.dcm` and `slice-3.dcm`",
    );
    assert_says(
        &moved(|s| [-10.0, -20.0 + 1.25 * s as f64, 30.0 + 5.0 * s as f64]),
        "sheared by 14.04 degrees (a tilted gantry): `slice-4.dcm` lies 5.000 mm beside",
    );
    assert_says(
        &moved(|_| [1e7, 0.0, 0.0]),
        "ImagePositionPatient (0020,0032): expected a place within 1 km",
    );

    let last = |change: fn(&mut Elements)| {
        refusal_of(&five, |s, slice| {
            if s == 4 {
                change(slice);
            }
        })
    };
    assert_says(
        &last(|slice| slice.decimals((0x0020, 0x0037), &[0.0, 1.0, 0.0, 0.0, 0.0, -1.0])),
        "the slices differ in ImageOrientationPatient (0020,0037): [1.0, 0.0, 0.0, 0.0, 1.0, 0.0] in `slice-0.dcm`",
    );
    assert_says(
        &last(|slice| slice.decimals((0x0028, 0x0030), &[3.0, 2.01])),
        "differ in PixelSpacing (0028,0030): [3.0, 2.0] in `slice-0.dcm`, [3.0, 2.01] in `slice-4.dcm`",
    );
    assert_says(
        &last(|slice| {
            slice.u16((0x0028, 0x0010), 4);
            slice.u16((0x0028, 0x0011), 3);
        }),
        "differ in Columns (0028,0011): [4.0] in `slice-0.dcm`, [3.0] in `slice-4.dcm`",
    );
}

#[test]
fn positions_rounded_by_their_writer_are_accepted() {
    let folder = folder();
    let mut series = Series::axial_of(7);
    for (s, position) in series.positions.iter_mut().enumerate() {
        position[2] = (100.0 * 0.625 * s as f64).round() / 100.0;
    }
    series.write(folder.path());
    let image = io::read_image(folder.path()).expect("a grid");
    assert_eq!(image.grid().spacing_mm[2], 0.625, "the mean distance");
}

#[test]
fn one_slice_is_as_thick_as_it_says() {
    let one = Series::axial_of(1);
    assert_says(
        &refusal_of(&one, |_, _| {}),
        "expected the element SliceThickness (0018,0050), found none",
    );
    let folder = folder();
    one.write_with(folder.path(), |_, slice| {
        slice.decimals((0x0018, 0x0050), &[2.5])
    });
    let image = io::read_image(folder.path()).expect("one slice");
    assert_eq!(image.grid().spacing_mm, [2.0, 3.0, 2.5]);
}

#[test]
fn files_that_are_no_slices_are_named() {
    let series = Series::axial();
    let each = |change: fn(&mut Elements)| refusal_of(&series, |_, slice| change(slice));
    for (message, expected) in [
        (
            each(|s| s.remove((0x0020, 0x0032))),
            "slice-0.dcm: expected the element ImagePositionPatient (0020,0032), found none",
        ),
        (
            each(|s| s.remove((0x0020, 0x0037))),
            "expected the element ImageOrientationPatient",
        ),
        (
            each(|s| s.remove((0x0028, 0x0030))),
            "expected the element PixelSpacing",
        ),
        (
            each(|s| s.decimals((0x0028, 0x0030), &[0.0, 1.0])),
            "expected a positive spacing in mm, found `0`",
        ),
        (
            each(|s| s.decimals((0x0028, 0x0030), &[1.0])),
            "expected 2 numbers, found `1 of them`",
        ),
        (
            each(|s| s.decimals((0x0020, 0x0037), &[1.0, 0.0, 0.0, 0.1, 1.0, 0.0])),
            "expected two perpendicular unit vectors",
        ),
        (
            each(|s| s.u16((0x0028, 0x0002), 3)),
            "SamplesPerPixel (0028,0002): expected 1 (no colours), found `3`",
        ),
        (
            each(|s| s.u16((0x0028, 0x0100), 12)),
            "BitsAllocated (0028,0100): expected 8, 16 or 32, found `12`",
        ),
        (each(|s| s.u16((0x0028, 0x0101), 17)), "BitsStored"),
        (each(|s| s.u16((0x0028, 0x0102), 14)), "HighBit"),
        (each(|s| s.u16((0x0028, 0x0103), 2)), "PixelRepresentation"),
        (
            each(|s| s.u16((0x0028, 0x0010), 4)),
            "found `24 bytes for 4 × 4 pixels`",
        ),
        (
            each(|s| s.words(PIXEL_DATA, vec![])),
            "expected the element PixelData (7FE0,0010), found none",
        ),
        (
            each(|s| s.decimals((0x0028, 0x1053), &[0.0])),
            "a slope that is not 0",
        ),
        (
            each(|s| s.text((0x0028, 0x1053), "DS", "nan")),
            "RescaleSlope (0028,1053): expected finite decimal numbers",
        ),
        (
            each(|s| s.text((0x0028, 0x1053), "DS", "1e308")),
            "expected finite intensities",
        ),
        (
            each(|s| s.item((0x0028, 0x3000), |_| {})),
            "ModalityLUTSequence (0028,3000): expected a rescale slope",
        ),
        (
            each(|s| s.text((0x0028, 0x0008), "IS", "30")),
            "expected an image of one frame per file, found a CT slice of 30 frames",
        ),
        (
            each(|s| s.remove((0x0020, 0x000E))),
            "expected the element SeriesInstanceUID",
        ),
    ] {
        assert_says(&message, expected);
    }
}

#[test]
fn compressed_files_are_refused_by_name() {
    for (uid, expected) in [
        (
            "1.2.840.10008.1.2.4.70",
            "found JPEG Lossless (1.2.840.10008.1.2.4.70)",
        ),
        (
            "1.2.840.10008.1.2.5",
            "found RLE Lossless (1.2.840.10008.1.2.5)",
        ),
        (
            "1.2.840.10008.1.2.1.99",
            "found Deflated Explicit VR Little Endian",
        ),
        ("1.2.840.113619.5.2", "found `1.2.840.113619.5.2`"),
    ] {
        let folder = folder();
        let mut bytes = file(Syntax::Explicit, uid, &Series::axial().slice(0), true);
        // The pixels are fragments of undefined length.
        let length = bytes.len() - 24 - 4;
        bytes[length..length + 4].copy_from_slice(&[0xFF; 4]);
        common::write(folder.path(), "slice.dcm", &bytes);
        let message = refusal(folder.path());
        assert_says(&message, expected);
        assert_says(
            &message,
            "slice.dcm: expected an uncompressed transfer syntax",
        );
    }
}

#[test]
fn folders_of_several_series_and_of_none() {
    let folder = folder();
    common::write(folder.path(), "readme.txt", b"not DICOM");
    write_object(folder.path(), "set.dcm", &structure_set(&[]));
    assert_says(
        &refusal(folder.path()),
        "found none (2 files in the folder)",
    );

    Series::axial().write(folder.path());
    let other = Series {
        uid: "1.2.4",
        ..Series::axial_of(1)
    };
    let mut slice = other.slice(0);
    slice.text((0x0008, 0x103E), "LO", "Scout");
    slice.decimals((0x0018, 0x0050), &[1.0]);
    let scout = write_object(folder.path(), "scout.dcm", &slice);
    let listed = "`1.2.3` (CT, 2 slices), `1.2.4` (CT, Scout, 1 slices)";
    assert_says(
        &refusal(folder.path()),
        &format!("expected one series, found {listed}: choose one"),
    );
    let missing = io::read_series(folder.path(), Some("1.2")).expect_err("there is no such series");
    assert_says(
        &missing.to_string(),
        &format!("expected the series `1.2`, found {listed}"),
    );
    let size = |uid| io::read_series(folder.path(), Some(uid)).expect(uid).size();
    assert_eq!((size("1.2.3"), size("1.2.4")), ([4, 3, 2], [4, 3, 1]));
    let one = io::read_image(&scout).expect("a slice stands for its series");
    assert_eq!(one.size(), [4, 3, 1]);
    let set = io::read_image(folder.path().join("set.dcm")).expect_err("no image");
    assert_says(
        &set.to_string(),
        "expected a slice of an image, found an RT structure set",
    );
}

/// A square around the voxels of columns 1 and 2 and row 1, at a height.
fn square(z: f64) -> Vec<[f64; 3]> {
    vec![
        [-8.5, -18.0, z],
        [-5.0, -18.0, z],
        [-5.0, -15.5, z],
        [-8.5, -15.5, z],
    ]
}

/// Why a structure set is no mask of [`Series::axial_of`] three slices.
fn contour_refusal(contours: Vec<Vec<[f64; 3]>>, change: impl Fn(&mut Elements)) -> String {
    let folder = folder();
    Series::axial_of(3).write(folder.path());
    let image = io::read_image(folder.path()).expect("a series");
    let mut set = structure_set(&[(1, "GTV", contours)]);
    change(&mut set);
    let path = write_object(folder.path(), "set.dcm", &set);
    io::read_rtstruct_mask(path, image.grid(), &RoiChoice::Only)
        .expect_err("refused")
        .to_string()
}

#[test]
fn contours_that_make_no_mask_are_refused() {
    let refused = |contours| contour_refusal(contours, |_| {});
    let mut oblique = square(35.0);
    oblique[1][2] = 39.0;
    let mut beside = square(35.0);
    beside[1][0] = -1.9;
    for (message, expected) in [
        (
            refused(vec![]),
            "set.dcm: the region `GTV` (number 1) has no voxel",
        ),
        (refused(vec![square(30.0)[..2].to_vec()]), "has no voxel"),
        (
            refused(vec![oblique]),
            "contour 1 of the region crosses slices: it goes from slice 1.00 to slice 1.80",
        ),
        (
            refused(vec![beside]),
            "goes beyond the image of [4, 3, 3] voxels: found voxel [4.05, 0.67, 1.00]",
        ),
        (
            refused(vec![square(27.4)]),
            "goes beyond the image of [4, 3, 3] voxels: found voxel [0.75, 0.67, -0.52]",
        ),
        (refused(vec![square(42.6)]), "goes beyond the image"),
        (
            refused(vec![square(35.0), square(36.0)]),
            "contours of several planes fall on slice 1 of the image, from 1.00 to 1.20",
        ),
        (
            contour_refusal(vec![square(30.0)], |set| {
                set.item((0x3006, 0x0039), |roi| {
                    roi.text((0x3006, 0x0084), "IS", "1");
                    roi.item((0x3006, 0x0040), |contour| {
                        contour.text((0x3006, 0x0042), "CS", "POINT");
                    });
                });
            }),
            "ContourGeometricType (3006,0042): expected CLOSED_PLANAR, found `POINT`",
        ),
        (
            contour_refusal(vec![square(30.0)], |set| {
                set.item((0x3006, 0x0039), |roi| {
                    roi.text((0x3006, 0x0084), "IS", "1");
                    roi.item((0x3006, 0x0040), |contour| {
                        contour.text((0x3006, 0x0042), "CS", "CLOSED_PLANAR");
                        contour.decimals((0x3006, 0x0050), &[1.0, 2.0, 3.0, 4.0]);
                    });
                });
            }),
            "expected three coordinates a point, found `4 coordinates`",
        ),
    ] {
        assert_says(&message, expected);
    }
}

#[test]
fn contours_count_for_the_nearest_slice_and_cut_holes() {
    let folder = folder();
    Series::axial_of(3).write(folder.path());
    let image = io::read_image(folder.path()).expect("a series");
    let whole = |z: f64| {
        vec![
            [-10.9, -20.9, z],
            [-3.1, -20.9, z],
            [-3.1, -13.1, z],
            [-10.9, -13.1, z],
        ]
    };
    // A whole slice with a hole a little beside its plane, and a contour 2.4 mm below the first slice.
    let regions = [
        (5, "ring", vec![whole(37.0), square(37.1)]),
        (6, "low", vec![square(27.6)]),
    ];
    for has_lengths in [false, true] {
        for syntax in Syntax::ALL {
            let bytes = file(syntax, syntax.uid(), &structure_set(&regions), has_lengths);
            let path = common::write(folder.path(), "set.dcm", &bytes);
            let slices = |name: &str| {
                let choice = RoiChoice::Name(name.to_owned());
                let mask = io::read_roi(&path, image.grid(), &choice).expect(name);
                let slice =
                    |voxels: &[bool]| voxels.iter().map(|v| if *v { '#' } else { '.' }).collect();
                mask.as_slice()
                    .chunks_exact(12)
                    .map(slice)
                    .collect::<Vec<String>>()
            };
            let context = format!("{syntax:?}, lengths {has_lengths}");
            assert_eq!(
                slices("ring"),
                ["............", "#####..#####", "............"],
                "{context}"
            );
            assert_eq!(
                slices("low"),
                [".....##.....", "............", "............"],
                "{context}"
            );
        }
    }
}

#[test]
fn segmentations_that_make_no_mask_are_refused() {
    let folder = folder();
    Series::axial().write(folder.path());
    let image = io::read_image(folder.path()).expect("a series");
    let seg = Segmentation {
        columns: 4,
        rows: 3,
        pixel_spacing: [3.0, 2.0],
        orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        segments: vec![(1, "liver"), (2, "spleen"), (3, "nothing")],
        frames: vec![
            (1, [-10.0, -20.0, 35.0], "#... .... ...."),
            (2, [-10.0, -20.0, 35.0], "...# .... ...."),
        ],
    };
    let refused = |elements: &Elements, choice: &str| {
        let path = write_object(folder.path(), "seg.dcm", elements);
        let choice = choice.parse().expect("every text is a choice");
        io::read_roi(path, image.grid(), &choice)
            .expect_err("refused")
            .to_string()
    };
    let moved = |x: f64, z: f64| {
        let mut seg = seg.clone();
        seg.frames[0].1 = [x, -20.0, z];
        refused(&seg.elements(), "1")
    };
    assert_says(
        &refused(&seg.elements(), "kidney"),
        "expected the region `kidney`, found `liver` (number 1), `spleen` (number 2)",
    );
    assert_says(
        &refused(&seg.elements(), "3"),
        "the region `nothing` (number 3) has no voxel",
    );
    assert_says(
        &moved(-10.0, 37.0),
        "frame 1 does not lie on the image's grid: expected its first pixel on whole voxels, found [0.000, 0.000, 1.400]",
    );
    assert_says(
        &moved(-10.0, 40.0),
        "goes beyond the image of [4, 3, 2] voxels: found voxel [0.00, 0.00, 2.00]",
    );
    assert_says(&moved(-12.0, 35.0), "goes beyond the image");
    let finer = Segmentation {
        pixel_spacing: [3.0, 1.0],
        ..seg.clone()
    };
    assert_says(
        &refused(&finer.elements(), "1"),
        "expected its step along a row on whole voxels, found [0.500, 0.000, 0.000]",
    );
    let mut elements = seg.elements();
    elements.text((0x0062, 0x0001), "CS", "FRACTIONAL");
    assert_says(
        &refused(&elements, "1"),
        "SegmentationType (0062,0001): expected BINARY, found `FRACTIONAL`",
    );
    let mut elements = seg.elements();
    elements.text((0x0028, 0x0008), "IS", "3");
    assert_says(
        &refused(&elements, "1"),
        "found `4 bytes for 3 frames of 4 × 3 pixels`",
    );
    elements.text((0x0028, 0x0008), "IS", "1");
    assert_says(&refused(&elements, "1"), "expected an item per frame");
    let slice = folder.path().join("slice-0.dcm");
    let message =
        io::read_roi(slice, image.grid(), &RoiChoice::Only).expect_err("a slice is no mask");
    assert_says(
        &message.to_string(),
        "expected an RT structure set or a segmentation, found a CT slice",
    );
}

/// The seeds of the fuzz targets were written by pydicom: the structure set holds columns 1 and 2 of row 1 of both
/// slices, the segmentation those of the first slice and the first voxel of the second.
#[test]
fn files_written_by_another_library_are_read() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/dicom");
    for name in ["slice_implicit.dcm", "slice_explicit.dcm", "slice_big.dcm"] {
        let folder = folder();
        std::fs::copy(seeds.join(name), folder.path().join(name)).expect("the seed is there");
        let image = io::read_image(folder.path()).expect(name);
        let expected: Vec<f64> = (0..12).map(|i| f64::from(i) - 1000.0).collect();
        assert_eq!(image.as_slice(), expected, "{name}");
        assert_eq!(
            image.grid().world_mm([3.0, 2.0, 0.0]),
            [4.0, 14.0, 30.0],
            "{name}"
        );
    }
    let folder = folder();
    Series::axial().write(folder.path());
    let image = io::read_image(folder.path()).expect("a series");
    for (name, expected) in [
        ("structure_set_explicit.dcm", vec![5, 6, 17, 18]),
        ("structure_set_open.dcm", vec![5, 6, 17, 18]),
        ("segmentation.dcm", vec![5, 6, 12]),
    ] {
        let mask = io::read_roi(seeds.join(name), image.grid(), &RoiChoice::Only).expect(name);
        let inside = mask
            .as_slice()
            .iter()
            .enumerate()
            .filter(|(_, inside)| **inside);
        let found: Vec<usize> = inside.map(|(i, _)| i).collect();
        assert_eq!(found, expected, "{name}");
    }
}

/// An image that was written as a series and read back.
fn through_a_series(image: &Image) -> Image {
    let folder = folder();
    io::write_series(folder.path(), image).expect("it can be written");
    io::read_image(folder.path()).expect("a series")
}

#[test]
fn a_series_that_is_written_is_the_image_again() {
    let (image, _) = textured_phantom();
    assert_eq!(through_a_series(&image), image, "grid and intensities");
}

#[test]
fn a_series_has_oblique_axes_as_its_image_has() {
    let (image, _) = textured_phantom();
    let (sine, cosine) = 0.3_f64.sin_cos();
    let grid = Grid {
        direction: [[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]],
        spacing_mm: [0.7, 1.0 / 3.0, 2.1],
        ..image.grid().clone()
    };
    let image = Image::from_flat(grid, image.as_slice().to_vec());
    let read = through_a_series(&image);
    assert_eq!(read.as_slice(), image.as_slice(), "intensities");
    check_same_grid(read.grid(), image.grid()).expect("in their places");
}

/// Whose third axis runs against the normal of the slices is read from the other end, every voxel in its place.
#[test]
fn a_series_is_right_handed() {
    let (image, _) = textured_phantom();
    let mut grid = image.grid().clone();
    grid.direction[2] = [0.0, 0.0, -1.0];
    let image = Image::from_flat(grid, image.as_slice().to_vec());
    let read = through_a_series(&image);
    let last = image.size()[2] - 1;
    let turned = |[x, y, z]: [usize; 3]| [x, y, last - z];
    for ((x, y, z), intensity) in image.voxels().indexed_iter() {
        assert_eq!(
            read.voxels()[turned([x, y, z])],
            *intensity,
            "{x}, {y}, {z}"
        );
    }
    assert_eq!(
        read.grid().world_mm([0.0; 3]),
        image.grid().world_mm([0.0, 0.0, last as f64]),
        "the first voxel"
    );
}

#[test]
fn a_series_begins_with_the_last_slice_and_is_the_same_bytes_again() {
    let (image, _) = textured_phantom();
    let files = |folder: &TempDir| {
        io::write_series(folder.path(), &image).expect("it can be written");
        let of = |n: usize| std::fs::read(folder.path().join(format!("slice-{n:04}.dcm")));
        (1..=image.size()[2])
            .map(|n| of(n).expect("a file for each slice"))
            .collect::<Vec<_>>()
    };
    let (one, other) = (folder(), folder());
    assert_eq!(files(&one), files(&other), "bytes");
    let first = folder();
    std::fs::copy(one.path().join("slice-0001.dcm"), first.path().join("1")).expect("it is there");
    let slice = io::read_image(first.path()).expect("one slice");
    let last = image.size()[2] - 1;
    assert_eq!(
        slice.grid().origin_mm,
        image.grid().world_mm([0.0, 0.0, last as f64]),
        "the place of the first file"
    );
}

#[test]
fn what_a_series_cannot_hold_is_refused() {
    let refusal = |size: [usize; 3], intensity: f64| {
        let grid = Grid::axis_aligned(size, [1.0; 3]);
        let image = Image::from_fn(grid, |_| intensity);
        let folder = folder();
        let error = io::write_series(folder.path().join("series"), &image).expect_err("refused");
        let is_untouched = !folder.path().join("series").exists();
        assert!(is_untouched, "nothing is written of what cannot be");
        error.problem.to_string()
    };
    for intensity in [0.5, 31_744.0, -33_793.0] {
        let expected = format!("cannot hold the intensity `{intensity}`");
        assert_says(&refusal([2, 1, 1], intensity), &expected);
    }
    assert_says(&refusal([65_536, 1, 1], 0.0), "found [65536, 1, 1]");
    let ends = Image::from_flat(
        Grid::axis_aligned([2, 1, 1], [1.0; 3]),
        vec![31_743.0, -33_792.0],
    );
    assert_eq!(through_a_series(&ends), ends, "the last that it holds");
}

#[test]
fn a_nifti_mask_has_labels_and_no_names() {
    let folder = folder();
    let mask = common::Nifti::from_fn([4, 3, 2], |x, _, _| f32::from(x));
    let path = mask.write(folder.path(), "mask.nii");
    let image = io::read_image(&path).expect("an image");
    let read = |choice: RoiChoice| io::read_roi(&path, image.grid(), &choice);
    assert_eq!(read(RoiChoice::Number(3)).expect("label 3").count(), 6);
    for choice in [RoiChoice::Name("GTV".to_owned()), RoiChoice::Number(0)] {
        let expected =
            format!("expected the label of a region, a whole number from 1 on, found {choice}");
        assert_says(&read(choice).expect_err("no label").to_string(), &expected);
    }
}

#[test]
fn features_are_extracted_from_a_folder_and_a_structure_set() {
    let folder = folder();
    Series::axial_of(3).write(folder.path());
    let contours = vec![square(30.0), square(35.0)];
    let set = structure_set(&[(1, "GTV", contours), (2, "PTV", vec![square(35.0)])]);
    let set = write_object(folder.path(), "set.dcm", &set);
    let extract = |rest: &[&str]| {
        run(radgauge()
            .args(["extract", "--preset", "ibsi-digital"])
            .args(rest)
            .arg(folder.path())
            .arg(&set))
    };
    let (code, out, err) = extract(&["--roi", "GTV", "--series", "1.2.3"]);
    assert_eq!(code, 0, "{err}");
    // Columns 1 and 2, row 1, slices 0 and 1: 111, 211, 112, 212.
    let mean = out
        .lines()
        .find(|line| line.contains("Q4LE"))
        .expect("the mean has a row");
    assert!(
        mean.contains(",161.5,"),
        "the mean of the four voxels: {mean}"
    );
    assert_eq!(extract(&["--roi", "1"]).1, out, "by number");

    let (code, _, err) = extract(&[]);
    assert_eq!(code, 3, "{err}");
    assert_says(
        &err,
        "expected one region, found `GTV` (number 1), `PTV` (number 2): choose one",
    );
    let (code, _, err) = extract(&["--roi", "GTV", "--series", "1.2.5"]);
    assert_eq!(code, 3, "{err}");
    assert_says(
        &err,
        "expected the series `1.2.5`, found `1.2.3` (CT, 3 slices)",
    );
    let (code, _, err) = extract(&["--roi", "GTV", "--label", "1"]);
    assert_eq!(code, 2, "a label or a region: {err}");
}
