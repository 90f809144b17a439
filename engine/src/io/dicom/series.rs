//! From the files of a folder to the image of a series. Slices are put in order by where they lie, never by the
//! names of their files or their instance numbers.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{
    file::{LABEL_MAP_SEGMENTATION, Object, RT_DOSE, SEGMENTATION, is_dicom, kind, load, required},
    problem::DicomProblem,
    slice::{Slice, check_spacing},
    tag::{self, Tag},
    to_ras,
};
use crate::{
    io::{
        MAX_VOXELS, ReadError, ReadProblem,
        geometry::{cross, decimal, dot, minus},
    },
    volume::{Grid, Image, Volume},
};

/// How far a slice may lie from its place on the grid, in voxels: positions are rounded to as little as 0.01 mm.
const MAX_DISPLACEMENT: f64 = 0.02;

/// How far components of directions, and relative spacings, may differ between the slices of a series.
const SAME: f64 = 1e-4;

/// Slices nearer than this along their normal lie at one position.
const SAME_POSITION_MM: f64 = 1e-3;

/// A gap of this many spacings is one in which slices are missing.
const MISSING: f64 = 1.5;

/// A series in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesSummary {
    /// Its `SeriesInstanceUID`, by which it is chosen.
    pub uid: String,
    /// Its modality, `CT`; empty when the files are silent.
    pub modality: String,
    /// Its description; empty when the files are silent.
    pub description: String,
    /// Number of slices.
    pub slices: usize,
}

impl fmt::Display for SeriesSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (", self.uid)?;
        for text in [&self.modality, &self.description] {
            if !text.is_empty() {
                write!(f, "{text}, ")?;
            }
        }
        write!(f, "{} slices)", self.slices)
    }
}

/// Reads a series of a folder: the one of this `SeriesInstanceUID`, or without it the only one that is there.
///
/// Files that are not DICOM, and DICOM objects that are no slices (structure sets, segmentations, doses, plans,
/// directories), are passed over; folders inside are not entered. Slices are sorted along the normal of their plane
/// (the cross product of the row and column directions), so that the image's z axis runs along the normal. Every
/// slice's rescale slope and intercept are applied in `f64`; intensities are not converted any further (a PET series
/// in Bq/ml stays in Bq/ml).
///
/// DICOM's patient axes are LPS and those of a [`Grid`] are RAS: x and y of every position and direction change their
/// sign, the voxels stay where they are in memory. Spacings and the origin are the decimals that 32-bit numbers stand
/// for, as in a NIfTI file of the same image.
///
/// # Errors
/// [`ReadError`] for damaged and compressed files, for a folder of several series when none is chosen, and for slices
/// that make no grid: of different size, spacing or orientation, twice at one position, with gaps, unevenly spaced,
/// or sheared by a tilted gantry; the message names the files.
pub fn read_series(folder: impl AsRef<Path>, series: Option<&str>) -> Result<Image, ReadError> {
    let folder = folder.as_ref();
    let members = scan(folder)?;
    let chosen = choose(&members, series).map_err(|problem| problem.at(folder))?;
    let mut slices = Vec::new();
    for member in members.iter().filter(|member| member.series == chosen) {
        let slice = read_slice(&member.path).map_err(|problem| problem.at(&member.path))?;
        slices.push(slice);
    }
    assemble(slices).map_err(|problem| problem.at(folder))
}

/// The series that a slice is part of, from the folder of its file.
pub(in crate::io) fn read_series_of(file: &Path) -> Result<Image, ReadError> {
    let member = member(file).map_err(|problem| problem.at(file))?;
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    read_series(folder.unwrap_or(Path::new(".")), Some(&member.series))
}

/// A slice in a folder.
struct Member {
    path: PathBuf,
    series: String,
    modality: String,
    description: String,
}

/// The slices in a folder, in the order of their names.
fn scan(folder: &Path) -> Result<Vec<Member>, ReadError> {
    let list = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect()
    };
    let mut paths = list().map_err(|problem| ReadProblem::Io(problem).at(folder))?;
    paths.sort();
    let mut members = Vec::new();
    for path in paths.iter().filter(|path| path.is_file()) {
        let at_path = |problem: ReadProblem| problem.at(path);
        if !is_dicom(path).map_err(at_path)? {
            continue;
        }
        match member(path) {
            Ok(member) => members.push(member),
            Err(ReadProblem::Dicom(problem)) if matches!(*problem, DicomProblem::Kind { .. }) => {}
            Err(problem) => return Err(at_path(problem)),
        }
    }
    if members.is_empty() {
        let files = paths.len();
        return Err(ReadProblem::from(DicomProblem::NoSlices { files }).at(folder));
    }
    Ok(members)
}

/// What a file says of its series, [`DicomProblem::Kind`] when it is no slice.
fn member(path: &Path) -> Result<Member, ReadProblem> {
    let bytes = load(path)?;
    let object = Object::parse(&bytes)?;
    let class = object.sop_class();
    let is_other = [SEGMENTATION, LABEL_MAP_SEGMENTATION, RT_DOSE].contains(&class.as_str());
    if is_other || !object.elements.has(tag::PIXEL_DATA) {
        return Err(DicomProblem::Kind {
            expected: "a slice of an image",
            found: kind(&class),
        }
        .into());
    }
    let text = |tag| object.elements.text(tag).unwrap_or_default();
    Ok(Member {
        path: path.to_owned(),
        series: required(
            object.elements.text(tag::SERIES_INSTANCE_UID),
            tag::SERIES_INSTANCE_UID,
        )?,
        modality: text(tag::MODALITY),
        description: text(tag::SERIES_DESCRIPTION),
    })
}

/// The UID of the chosen series, or of the only one.
fn choose<'a>(members: &'a [Member], chosen: Option<&str>) -> Result<&'a str, ReadProblem> {
    let mut series: BTreeMap<&str, SeriesSummary> = BTreeMap::new();
    for member in members {
        let summary = series
            .entry(&member.series)
            .or_insert_with(|| SeriesSummary {
                uid: member.series.clone(),
                modality: member.modality.clone(),
                description: member.description.clone(),
                slices: 0,
            });
        summary.slices += 1;
    }
    let mut uids = series.keys().copied();
    let found = match chosen {
        Some(chosen) => uids.find(|uid| *uid == chosen),
        None => uids.next().filter(|_| series.len() == 1),
    };
    found.ok_or_else(|| {
        let series = series.into_values().collect();
        match chosen.map(str::to_owned) {
            Some(chosen) => DicomProblem::NoSuchSeries { chosen, series },
            None => DicomProblem::SeveralSeries { series },
        }
        .into()
    })
}

fn read_slice(path: &Path) -> Result<Slice, ReadProblem> {
    let bytes = load(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Slice::read(&Object::parse(&bytes)?, name.into_owned())?)
}

/// Puts slices in order and makes them one image.
fn assemble(mut slices: Vec<Slice>) -> Result<Image, ReadProblem> {
    check_alike(&slices)?;
    let normal = cross(slices[0].orientation[0], slices[0].orientation[1]);
    slices.sort_by(|a, b| a.height_mm(normal).total_cmp(&b.height_mm(normal)));
    let grid = grid(&slices, normal)?;
    // The intensities of each slice were there in its file, so that their number is bounded by its size.
    let mut voxels = Vec::with_capacity(grid.len());
    for slice in slices {
        slice.append_intensities(&mut voxels);
    }
    if let Some(first) = voxels.iter().position(|v| !v.is_finite()) {
        return Err(ReadProblem::not_finite(&grid, &voxels, first));
    }
    Ok(Volume::from_flat(grid, voxels))
}

/// Refuses slices that differ in what all slices of a grid share.
fn check_alike(slices: &[Slice]) -> Result<(), DicomProblem> {
    let first = &slices[0];
    let close = |a: f64, b: f64, scale: f64| (a - b).abs() <= SAME * scale;
    for other in slices {
        let mixed = |what: Tag, values: fn(&Slice) -> Vec<f64>| {
            Err(DicomProblem::Mixed {
                what,
                first: first.file.clone(),
                first_value: values(first),
                other: other.file.clone(),
                other_value: values(other),
            })
        };
        if other.size[0] != first.size[0] {
            return mixed(tag::COLUMNS, |slice| vec![slice.size[0] as f64]);
        }
        if other.size[1] != first.size[1] {
            return mixed(tag::ROWS, |slice| vec![slice.size[1] as f64]);
        }
        if (0..2).any(|i| {
            !close(
                other.spacing_mm[i],
                first.spacing_mm[i],
                first.spacing_mm[i],
            )
        }) {
            return mixed(tag::PIXEL_SPACING, |slice| {
                vec![slice.spacing_mm[1], slice.spacing_mm[0]]
            });
        }
        let components = |slice: &Slice| slice.orientation.as_flattened().to_vec();
        if components(other)
            .iter()
            .zip(components(first))
            .any(|(a, b)| !close(*a, b, 1.0))
        {
            return mixed(tag::IMAGE_ORIENTATION, components);
        }
    }
    Ok(())
}

/// The grid of slices that are alike and in order along their normal.
fn grid(slices: &[Slice], normal: [f64; 3]) -> Result<Grid, ReadProblem> {
    let first = &slices[0];
    let size = [first.size[0], first.size[1], slices.len()];
    // Two factors of 16 bits, and a number of files.
    if size.iter().map(|n| *n as u128).product::<u128>() > MAX_VOXELS as u128 {
        return Err(ReadProblem::TooManyVoxels { size });
    }
    let spacing = slice_spacing(slices, normal)?;
    check_shear(slices, normal)?;
    Ok(Grid {
        size,
        spacing_mm: [first.spacing_mm[0], first.spacing_mm[1], spacing]
            .map(|spacing| decimal(spacing as f32)),
        origin_mm: to_ras(first.position_mm).map(|position| decimal(position as f32)),
        direction: [first.orientation[0], first.orientation[1], normal].map(to_ras),
    })
}

/// The distance of neighbouring slices, refused unless each lies where a regular distance puts it.
fn slice_spacing(slices: &[Slice], normal: [f64; 3]) -> Result<f64, DicomProblem> {
    let heights: Vec<f64> = slices.iter().map(|slice| slice.height_mm(normal)).collect();
    let [lowest, .., highest] = heights[..] else {
        let thickness = required(slices[0].thickness_mm, tag::SLICE_THICKNESS)?;
        check_spacing(tag::SLICE_THICKNESS, thickness)?;
        return Ok(thickness);
    };
    let gaps: Vec<f64> = heights.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if let Some(i) = gaps.iter().position(|gap| *gap < SAME_POSITION_MM) {
        return Err(DicomProblem::SamePosition {
            first: slices[i].file.clone(),
            second: slices[i + 1].file.clone(),
        });
    }
    let spacing = (highest - lowest) / gaps.len() as f64;
    let is_displaced = |(i, height): (usize, &f64)| {
        (height - lowest - i as f64 * spacing).abs() > MAX_DISPLACEMENT * spacing
    };
    if !heights.iter().enumerate().any(is_displaced) {
        return Ok(spacing);
    }
    let mut sorted = gaps.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[(sorted.len() - 1) / 2];
    let unusual = |gap: &f64| (gap - median).abs();
    let (i, gap) = gaps
        .iter()
        .enumerate()
        .max_by(|a, b| unusual(a.1).total_cmp(&unusual(b.1)))
        .expect("two slices have a gap");
    let (before, after) = (slices[i].file.clone(), slices[i + 1].file.clone());
    Err(if *gap >= MISSING * median {
        DicomProblem::MissingSlices {
            count: (gap / median).round() - 1.0,
            before,
            after,
            gap_mm: *gap,
            spacing_mm: median,
        }
    } else {
        DicomProblem::UnevenSpacing {
            before,
            after,
            gap_mm: *gap,
            spacing_mm: median,
        }
    })
}

/// Refuses slices whose first voxels do not lie above each other.
fn check_shear(slices: &[Slice], normal: [f64; 3]) -> Result<(), DicomProblem> {
    let first = &slices[0];
    let offset = |slice: &Slice| minus(slice.position_mm, first.position_mm);
    let in_plane = |slice: &Slice| first.orientation.map(|axis| dot(offset(slice), axis));
    let is_beside = |slice: &&Slice| {
        in_plane(slice)
            .iter()
            .zip(first.spacing_mm)
            .any(|(shift, spacing)| shift.abs() > MAX_DISPLACEMENT * spacing)
    };
    let shift = |slice: &Slice| {
        let [x, y] = in_plane(slice);
        x.hypot(y)
    };
    let farthest = slices
        .iter()
        .filter(is_beside)
        .max_by(|a, b| shift(a).total_cmp(&shift(b)));
    match farthest {
        None => Ok(()),
        Some(slice) => Err(DicomProblem::Sheared {
            degrees: shift(slice).atan2(dot(offset(slice), normal)).to_degrees(),
            file: slice.file.clone(),
            shift_mm: shift(slice),
        }),
    }
}

impl Slice {
    /// How far the slice lies along the normal.
    fn height_mm(&self, normal: [f64; 3]) -> f64 {
        dot(self.position_mm, normal)
    }
}
