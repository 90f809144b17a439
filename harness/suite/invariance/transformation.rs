//! The transformations: what is done to an image and its region, and what theory says of the features.

use std::{fmt, num::NonZeroU8};

use radgauge_engine::{
    feature::{Family, FeatureKey},
    io::{Datatype, Encoding},
    settings::{Discretise, Resegment, Settings},
    volume::{Image, Mask, VoxelBox},
};

use super::{
    geometry::{cropped, shifted, stored_along, turned},
    growth::Growth,
    series,
};
use crate::implementation::Storage;

/// Something that is done to an image and its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transformation {
    /// Nothing: the same question again.
    Duplicate,
    /// Intensities are multiplied and shifted; bins of a fixed number move along.
    AffineIntensities,
    /// Mirrored along x, y or z.
    Flip(usize),
    /// Turned by a quarter about x, y or z.
    Turn(usize),
    /// x becomes y, y becomes z, z becomes x.
    PermuteAxes,
    /// More voxels around the image.
    Pad,
    /// The image cut to the box of the region.
    Crop,
    /// The region with its surroundings moved by whole voxels inside the image.
    Translate,
    /// The file has whole numbers of 16 bits.
    FileInt16,
    /// The file has 32-bit floating-point numbers.
    FileFloat32,
    /// The file has whole numbers, a slope and an intercept.
    FileSlope,
    /// The files are compressed.
    FileGzip,
    /// The region has label 3, and another region has label 1.
    FileLabel,
    /// The files run along x and y from the other end (LPS for RAS); voxels stay where they are in the world.
    FileOrientation,
    /// The files have other axes first; voxels stay where they are in the world.
    FileAxes,
    /// The image is a DICOM series.
    FileDicom,
    /// The region has one voxel more.
    GrowMask,
}

/// How close the features stay to what they are without the transformation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// The same numbers go through the same arithmetic: the values are equal.
    Equal,
    /// The same numbers may be added in another order: equal but for rounding.
    Reordered,
    /// A bound or a prediction that follows from the definition.
    Derived,
}

/// What is handed over in place of the image.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The image.
    pub image: Image,
    /// The region.
    pub mask: Mask,
    /// The form of the files.
    pub storage: Storage,
}

/// The radius of the sphere of 1 cm³ of the local intensity peak (9ST6).
const PEAK_RADIUS_MM: f64 = 6.203_504_908_994;

/// An intensity this close to the edge of a bin, in bins, may be moved to another bin by rounding.
const NEAR_EDGE: f64 = 1e-6;

/// Features that are computed from the surface mesh.
const MESHED: [&str; 15] = [
    "RNU0", "C0JK", "2PR5", "SKGS", "BQWJ", "KRCK", "QCFX", "25C7", "PBX1", "R59B", "6BDE", "RDD2",
    "R3ER", "7T7F", "99N0",
];

const X: usize = 0;
const Y: usize = 1;
const Z: usize = 2;

impl Transformation {
    /// All of them, in the order of the suite.
    pub const ALL: [Self; 21] = [
        Self::Duplicate,
        Self::AffineIntensities,
        Self::Flip(X),
        Self::Flip(Y),
        Self::Flip(Z),
        Self::Turn(X),
        Self::Turn(Y),
        Self::Turn(Z),
        Self::PermuteAxes,
        Self::Pad,
        Self::Crop,
        Self::Translate,
        Self::FileInt16,
        Self::FileFloat32,
        Self::FileSlope,
        Self::FileGzip,
        Self::FileLabel,
        Self::FileOrientation,
        Self::FileAxes,
        Self::FileDicom,
        Self::GrowMask,
    ];

    /// The name, as in ids.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::AffineIntensities => "affine-intensities",
            Self::Flip(axis) => ["flip-x", "flip-y", "flip-z"][axis],
            Self::Turn(axis) => ["turn-x", "turn-y", "turn-z"][axis],
            Self::PermuteAxes => "permute-axes",
            Self::Pad => "pad",
            Self::Crop => "crop",
            Self::Translate => "translate",
            Self::FileInt16 => "file-int16",
            Self::FileFloat32 => "file-float32",
            Self::FileSlope => "file-slope",
            Self::FileGzip => "file-gzip",
            Self::FileLabel => "file-label",
            Self::FileOrientation => "file-orientation",
            Self::FileAxes => "file-axes",
            Self::FileDicom => "file-dicom",
            Self::GrowMask => "grow-mask",
        }
    }

    /// What is done, in words that complete *the features stay when …*.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Duplicate => "the same question is put again",
            Self::AffineIntensities => "intensities are multiplied and shifted",
            Self::Flip(axis) => [
                "the image is mirrored along x",
                "the image is mirrored along y",
                "the image is mirrored along z",
            ][axis],
            Self::Turn(axis) => [
                "the image is turned by a quarter about x",
                "the image is turned by a quarter about y",
                "the image is turned by a quarter about z",
            ][axis],
            Self::PermuteAxes => "x becomes y, y becomes z and z becomes x",
            Self::Pad => "the image is padded",
            Self::Crop => "the image is cut to the box of the region",
            Self::Translate => "the region is moved by whole voxels",
            Self::FileInt16 => "the file stores int16",
            Self::FileFloat32 => "the file stores float32",
            Self::FileSlope => "the file stores int16 with a slope and an intercept",
            Self::FileGzip => "the files are compressed",
            Self::FileLabel => "the region has label 3 beside a region of label 1",
            Self::FileOrientation => "the files run from right to left and from front to back",
            Self::FileAxes => "the files store z first, then x, then y",
            Self::FileDicom => "the image is a DICOM series",
            Self::GrowMask => "the region grows by one voxel",
        }
    }

    /// Whether slice-wise features can survive: the slices stay what they are.
    fn keeps_slices(self) -> bool {
        !matches!(self, Self::Turn(X | Y) | Self::PermuteAxes | Self::FileAxes)
    }

    /// Whether slice-wise features are asked for at all. A file that is read wrongly shows in volumetric features too.
    #[must_use]
    pub fn asks_by_slice(self) -> bool {
        let is_of_files = self.slug().starts_with("file-");
        self.keeps_slices() && !is_of_files && self != Self::GrowMask
    }

    /// What theory says of a feature, or why it says nothing. `sees_all`: whether the sphere of the local intensity peak
    /// lies inside the image wherever it is laid.
    ///
    /// # Errors
    /// Why nothing is promised.
    pub fn promise(self, key: &FeatureKey, sees_all: bool) -> Result<Promise, &'static str> {
        let family = key.feature.family;
        if !key.feature.is_standardised {
            return Err("not standardised by IBSI: implementations approximate it");
        }
        if key.aggregation.is_by_slice() && !self.asks_by_slice() {
            return Err(if self.keeps_slices() {
                "not asked: a wrong file shows in volumetric features as well"
            } else {
                "slices lie in another plane"
            });
        }
        match self {
            Self::Duplicate
            | Self::FileInt16
            | Self::FileFloat32
            | Self::FileSlope
            | Self::FileGzip
            | Self::FileLabel
            | Self::FileDicom => Ok(Promise::Equal),
            Self::AffineIntensities => match family {
                Family::IntensityVolumeHistogram => {
                    Err("it has a discretisation of its own, in units of intensity")
                }
                family if family.reads_levels() => Ok(Promise::Equal),
                _ => Err("it reads intensities, which are changed"),
            },
            Self::Flip(_)
            | Self::Turn(_)
            | Self::PermuteAxes
            | Self::FileOrientation
            | Self::FileAxes => {
                if MESHED.contains(&key.feature.code.as_str()) {
                    return Err(
                        "it is computed from the mesh: tables of marching cubes are not symmetric, and the manual leaves \
                         the triangles open",
                    );
                }
                Ok(Promise::Reordered)
            }
            Self::Pad | Self::Translate if family == Family::LocalIntensity && !sees_all => {
                Err("its sphere reaches beyond the image")
            }
            Self::Crop if family == Family::LocalIntensity => {
                Err("its sphere reaches beyond the region, where the image was cut")
            }
            Self::Pad | Self::Translate | Self::Crop => Ok(Promise::Reordered),
            Self::GrowMask if Growth::speaks_of(key) => Ok(Promise::Derived),
            Self::GrowMask => Err("no bound is derived for it"),
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// Why it cannot be done to this image, or why theory promises nothing there.
    pub fn apply(
        self,
        image: &Image,
        mask: &Mask,
        settings: &Settings,
    ) -> Result<Presented, String> {
        let bounds = mask.bounding_box().ok_or("the region is empty")?;
        let mut storage = Storage::default();
        let identity = || (image.clone(), mask.clone());
        let (image, mask) = match self {
            Self::Duplicate => identity(),
            Self::AffineIntensities => {
                let map = affine_map(image, mask, settings)?;
                (image.map(|v| map.of(*v)), mask.clone())
            }
            Self::Flip(axis) => turned(image, mask, [X, Y, Z], [X, Y, Z].map(|a| a == axis)),
            Self::Turn(X) => turned(image, mask, [X, Z, Y], [false, true, false]),
            Self::Turn(Y) => turned(image, mask, [Z, Y, X], [false, false, true]),
            Self::Turn(_) => turned(image, mask, [Y, X, Z], [true, false, false]),
            Self::PermuteAxes => turned(image, mask, [Z, X, Y], [false; 3]),
            Self::Pad => {
                let (before, after) = ([2, 1, 3], [1, 3, 2]);
                let old = image.size();
                let size = std::array::from_fn(|a| old[a] + before[a] + after[a]);
                shifted(
                    image,
                    mask,
                    size,
                    before.map(|n| n as isize),
                    far_from(image),
                )
            }
            Self::Crop => cropped(image, mask, bounds),
            Self::Translate => {
                let shift = room(bounds, image.size());
                if shift == [0; 3] {
                    return Err("the region fills the image: there is no room to move it".into());
                }
                shifted(image, mask, image.size(), shift, far_from(image))
            }
            Self::FileInt16 | Self::FileFloat32 => {
                storage.encoding.datatype = match self {
                    Self::FileInt16 => Datatype::Int16,
                    _ => Datatype::Float32,
                };
                identity()
            }
            Self::FileSlope => {
                let lowest = image
                    .as_slice()
                    .iter()
                    .copied()
                    .fold(f64::INFINITY, f64::min);
                storage.encoding = Encoding {
                    datatype: Datatype::Int16,
                    slope: 0.5,
                    intercept: lowest as f32 - 10.0,
                };
                identity()
            }
            Self::FileGzip => {
                storage.is_gzip = true;
                identity()
            }
            Self::FileLabel => {
                storage.label = NonZeroU8::MIN.saturating_add(2);
                identity()
            }
            Self::FileDicom => {
                series::check(image)?;
                storage.is_dicom = true;
                identity()
            }
            Self::FileOrientation => stored_along(image, mask, [X, Y, Z], [true, true, false]),
            Self::FileAxes => stored_along(image, mask, [Z, X, Y], [false; 3]),
            Self::GrowMask => {
                let growth = Growth::of(image, mask, settings)?;
                (image.clone(), growth.mask(mask))
            }
        };
        let encoding = storage.encoding;
        if let Some(v) = (image.as_slice().iter()).find(|v| encoding.number(**v).is_none()) {
            return Err(format!("such a file cannot hold the intensity `{v}`"));
        }
        Ok(Presented {
            image,
            mask,
            storage,
        })
    }
}

impl fmt::Display for Transformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// Whether the sphere of the local intensity peak lies inside the image for every voxel of the region, and still does when
/// the region is moved by a voxel.
pub(super) fn sees_all(image: &Image, mask: &Mask) -> bool {
    let Some(bounds) = mask.bounding_box() else {
        return false;
    };
    let grid = image.grid();
    (0..3).all(|a| {
        let margin = bounds.low[a].min(grid.size[a] - 1 - bounds.high[a]);
        margin.saturating_sub(1) as f64 * grid.spacing_mm[a] > PEAK_RADIUS_MM
    })
}

/// One voxel along every axis that has room for it.
fn room(bounds: VoxelBox, size: [usize; 3]) -> [isize; 3] {
    std::array::from_fn(|a| {
        if bounds.high[a] + 1 < size[a] {
            1
        } else {
            -isize::from(bounds.low[a] > 0)
        }
    })
}

/// An intensity that the image has nowhere.
fn far_from(image: &Image) -> f64 {
    let voxels = image.as_slice().iter().copied();
    let (low, high) = voxels.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    high + (high - low) + 1.0
}

struct AffineMap {
    slope: f64,
    intercept: f64,
}

impl AffineMap {
    fn of(&self, intensity: f64) -> f64 {
        self.slope * intensity + self.intercept
    }
}

/// A map that moves no voxel to another bin, whatever the order in which an implementation rounds. An intensity on the
/// edge of a bin may only be doubled, which is exact.
fn affine_map(image: &Image, mask: &Mask, settings: &Settings) -> Result<AffineMap, String> {
    let (Discretise::FixedBinNumber { bins } | Discretise::Equalise { bins }) = settings.discretise
    else {
        return Err("bins do not move along with intensities: their number is not fixed".into());
    };
    if settings.resegment != Resegment::default() || settings.round_on_load {
        return Err("re-segmentation and rounding do not move along with intensities".into());
    }
    let inside = image.inside(mask);
    let low = inside.iter().copied().fold(f64::INFINITY, f64::min);
    let high = inside.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let is_near_edge = |v: f64| {
        let bin = f64::from(bins) * (v - low) / (high - low);
        v > low && v < high && (bin - bin.round()).abs() < NEAR_EDGE
    };
    let is_ranked = matches!(settings.discretise, Discretise::Equalise { .. });
    Ok(if is_ranked || inside.iter().any(|v| is_near_edge(*v)) {
        AffineMap {
            slope: 2.0,
            intercept: 0.0,
        }
    } else {
        AffineMap {
            slope: 0.37,
            intercept: -5.0,
        }
    })
}
