//! The *exact* tier: the features of IBSI 1 computed a second time, slowly and with nothing in common with the engine.
//!
//! The published references have three significant digits, and most carry no tolerance: a wrong value that rounds to
//! the right three digits passes. Here every value comes straight from the definitions of the IBSI 1 reference manual
//! (arXiv:1612.07003), by brute force, in rational arithmetic; only square roots, logarithms, π and averages of values
//! that contain them are taken in floating point, at the very end. The engine has to agree to 1e-9.
//!
//! It is for tiny phantoms that need no image processing: the intensities inside the mask are the grey levels. Nothing
//! of the engine is used but its image and mask types.
//!
//! One file a family: `morphology` (HCUG, with its `mesh` and `hull`), `local_intensity` (9ST6), `intensity` (UHIW and
//! ZVCW), `intensity_volume` (P88C), `glcm` (LFYI), `runs` (TP0I), `zones` (9SAK and VMDZ), `neighbourhood` (IPET and
//! REK0); the features that several matrices share are in `counts`.
//!
//! Where the manual leaves a choice open, the file of the family names the one that was made.

mod aggregate;
mod arithmetic;
mod counts;
pub mod filter;
mod glcm;
mod hull;
mod intensity;
mod intensity_volume;
mod local_intensity;
mod mesh;
mod morphology;
mod neighbourhood;
mod region;
mod runs;
mod zones;

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{Signed, ToPrimitive};
use radgauge_engine::volume::{Image, Mask};
use radgauge_phantoms::ibsi1;

use aggregate::{Aggregated, TextureMatrix, averaged};
use arithmetic::Rational;
use counts::{CountFeature, CountMatrix};
use region::{Extent, Position, Region};

/// The largest number of voxels, inside the mask and outside, that is accepted: beyond it brute force takes too long.
pub const MAX_VOXELS: usize = 4096;

/// The highest grey level that is accepted.
pub const MAX_LEVEL: i64 = 256;

/// Why an image and a mask are no phantom for exact computation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotExact {
    /// Image and mask have different numbers of voxels along some axis.
    #[error("expected a mask of {image:?} voxels, as the image has, found {mask:?}")]
    SizesDiffer {
        /// Size of the image.
        image: [usize; 3],
        /// Size of the mask.
        mask: [usize; 3],
    },
    /// The image has more than [`MAX_VOXELS`] voxels.
    #[error("expected at most {MAX_VOXELS} voxels, found {found}")]
    TooLarge {
        /// Number of voxels.
        found: usize,
    },
    /// The mask has no voxel.
    #[error("expected a voxel inside the mask, found none")]
    EmptyMask,
    /// An intensity inside the mask cannot serve as a grey level.
    #[error(
        "expected whole intensities from 1 to {MAX_LEVEL} inside the mask, found `{found}` at {at:?}"
    )]
    NotAGreyLevel {
        /// The intensity.
        found: f64,
        /// Its voxel.
        at: [usize; 3],
    },
    /// An intensity outside the mask is no number.
    #[error("expected finite intensities, found `{found}` at {at:?}")]
    NotFinite {
        /// The intensity.
        found: f64,
        /// Its voxel.
        at: [usize; 3],
    },
    /// Voxels have no extent.
    #[error("expected a positive voxel spacing in mm along x, y and z, found {found:?}")]
    NoExtent {
        /// The spacing in mm.
        found: [f64; 3],
    },
}

/// A phantom whose intensities are its grey levels.
#[derive(Clone, Debug)]
struct ExactPhantom {
    /// The intensities of all voxels of the image.
    intensities: BTreeMap<Position, Rational>,
    /// The grey levels inside the mask; never empty.
    region: Region,
    /// Along x, y, z. The direction of the grid is of no consequence: boxes are laid along the image's axes.
    spacing_mm: [Rational; 3],
}

impl ExactPhantom {
    fn new(image: &Image, mask: &Mask) -> Result<Self, NotExact> {
        if image.size() != mask.size() {
            return Err(NotExact::SizesDiffer {
                image: image.size(),
                mask: mask.size(),
            });
        }
        let found = image.grid().len();
        if found > MAX_VOXELS {
            return Err(NotExact::TooLarge { found });
        }
        let mut intensities = BTreeMap::new();
        let mut levels = BTreeMap::new();
        for ((x, y, z), intensity) in image.voxels().indexed_iter() {
            let position = [x, y, z].map(|i| i as i64);
            if mask.voxels()[[x, y, z]] {
                let level = grey_level(*intensity).ok_or(NotExact::NotAGreyLevel {
                    found: *intensity,
                    at: [x, y, z],
                })?;
                levels.insert(position, level);
            }
            let exact = Rational::from_float(*intensity).ok_or(NotExact::NotFinite {
                found: *intensity,
                at: [x, y, z],
            })?;
            intensities.insert(position, exact);
        }
        let level_count = *levels.values().max().ok_or(NotExact::EmptyMask)?;
        let found = image.grid().spacing_mm;
        let [Some(x), Some(y), Some(z)] = found.map(positive) else {
            return Err(NotExact::NoExtent { found });
        };
        Ok(Self {
            intensities,
            region: Region {
                levels,
                level_count,
                extent: Extent::Volume,
            },
            spacing_mm: [x, y, z],
        })
    }

    /// In mm³.
    fn voxel_volume(&self) -> Rational {
        self.spacing_mm.iter().product()
    }
}

/// The rational that a positive floating-point number is.
fn positive(number: f64) -> Option<Rational> {
    Rational::from_float(number).filter(Signed::is_positive)
}

fn grey_level(intensity: f64) -> Option<i64> {
    let level = intensity.to_i64()?;
    (level as f64 == intensity && (1..=MAX_LEVEL).contains(&level)).then_some(level)
}

/// The values of all standardised IBSI 1 features of a small phantom whose intensities are its grey levels, keyed as
/// the engine's [`FeatureKey`](radgauge_engine::feature::FeatureKey) is written (`glcm/3d_avg/TU9B`), in the order of
/// the catalogue. `None` where a formula divides by zero or asks for what is not there, and the manual sets no value.
///
/// Settings are those of the digital phantom: no processing, distance 1, coarseness 0, both masks the same. `N_g` is
/// the highest level inside the mask, also for slices and matrices that do not reach it. Averages leave out empty
/// matrices and those for which the feature is undefined.
///
/// # Errors
/// [`NotExact`] when the intensities inside the mask are not whole numbers from 1 to [`MAX_LEVEL`], when the mask is
/// empty or does not fit the image, or when there are too many voxels.
pub fn values(image: &Image, mask: &Mask) -> Result<Vec<(String, Option<f64>)>, NotExact> {
    let phantom = ExactPhantom::new(image, mask)?;
    let region = &phantom.region;
    let shape = morphology::Shape::new(&phantom);
    let sample = intensity::Sample::of(region);
    let mut values = Vec::new();
    values.extend(single("morph", &morphology::CODES, |code| {
        shape.feature(code)
    }));
    values.extend(single("loc", &local_intensity::CODES, |code| {
        Some(local_intensity::feature(&phantom, code))
    }));
    values.extend(single("stat", &intensity::STATISTICS_CODES, |code| {
        sample.feature(code)
    }));
    values.extend(single("ih", &intensity::HISTOGRAM_CODES, |code| {
        sample.feature(code)
    }));
    values.extend(single("ivh", &intensity_volume::CODES, |code| {
        intensity_volume::feature(region, code)
    }));

    let glcms = aggregate::by_direction(region, glcm::matrix);
    values.extend(texture("glcm", &glcm::CODES, &glcms, |matrix, n| {
        matrix.feature(glcm::CODES[n])
    }));
    let counted = |matrix: &CountMatrix, n: usize| Some(matrix.feature(CountFeature::ALL[n]));
    let glrlms = aggregate::by_direction(region, runs::matrix);
    values.extend(texture("glrlm", &runs::CODES, &glrlms, counted));
    let glszms = aggregate::by_extent(region, zones::size_matrix);
    values.extend(texture("glszm", &zones::SIZE_CODES, &glszms, counted));
    let gldzms = aggregate::by_extent(region, zones::distance_matrix);
    values.extend(texture("gldzm", &zones::DISTANCE_CODES, &gldzms, counted));
    let ngtdms = aggregate::by_extent(region, neighbourhood::tone_matrix);
    values.extend(texture(
        "ngtdm",
        &neighbourhood::TONE_CODES,
        &ngtdms,
        |matrix, n| matrix.feature(neighbourhood::TONE_CODES[n]),
    ));
    let ngldms = aggregate::by_extent(region, neighbourhood::dependence_matrix);
    values.extend(texture(
        "ngldm",
        &neighbourhood::DEPENDENCE_CODES,
        &ngldms,
        counted,
    ));
    Ok(values)
}

/// Volume in mm³ and area in mm² of the mesh around a mask of any size; `None` when it is empty or has no extent.
#[must_use]
pub fn mesh_measures(mask: &Mask) -> Option<(f64, f64)> {
    let inside = mask.voxels().indexed_iter().filter(|(_, inside)| **inside);
    let inside: BTreeSet<Position> = inside
        .map(|((x, y, z), _)| [x, y, z].map(|i| i as i64))
        .collect();
    let [Some(x), Some(y), Some(z)] = mask.grid().spacing_mm.map(positive) else {
        return None;
    };
    (!inside.is_empty()).then(|| morphology::mesh_measures(&inside, [x, y, z]))
}

/// The values of a family that is not aggregated.
fn single(
    family: &str,
    codes: &[&str],
    feature: impl Fn(&str) -> Option<f64>,
) -> Vec<(String, Option<f64>)> {
    codes
        .iter()
        .map(|code| (format!("{family}/-/{code}"), feature(code)))
        .collect()
}

/// The values of a texture family in all its aggregations; `feature` is given a matrix and the place of a code.
fn texture<M: TextureMatrix>(
    family: &str,
    codes: &[&str],
    aggregated: &[Aggregated<M>],
    feature: impl Fn(&M, usize) -> Option<f64>,
) -> Vec<(String, Option<f64>)> {
    let mut values = Vec::new();
    for (aggregation, matrices) in aggregated {
        for (n, code) in codes.iter().enumerate() {
            let value = averaged(matrices, |matrix| feature(matrix, n));
            values.push((format!("{family}/{aggregation}/{code}"), value));
        }
    }
    values
}

/// The 482 values of the digital phantom that have a reference in the manual.
///
/// # Panics
/// Never: every feature of the digital phantom is defined.
#[must_use]
pub fn digital_phantom_values() -> Vec<(String, f64)> {
    let (image, mask) = ibsi1::digital_phantom();
    values(&image, &mask)
        .expect("the digital phantom is small and its intensities are grey levels")
        .into_iter()
        .map(|(key, value)| (key, value.expect("the digital phantom has every feature")))
        .collect()
}

#[cfg(test)]
fn digital_phantom_region() -> Region {
    let (image, mask) = ibsi1::digital_phantom();
    ExactPhantom::new(&image, &mask)
        .expect("the digital phantom is small and its intensities are grey levels")
        .region
}

#[cfg(test)]
mod tests {
    use radgauge_engine::{
        feature::{Aggregation, FeatureKey, catalogue},
        volume::Grid,
    };

    use super::*;

    /// The keys of all standardised features in all their aggregations, in the order of the catalogue.
    fn catalogue_keys() -> Vec<String> {
        let keys_of = |family: catalogue::Family, aggregation: &Aggregation| {
            let aggregation = *aggregation;
            catalogue::features()
                .iter()
                .filter(move |f| f.family == family && f.is_standardised)
                .map(move |feature| FeatureKey {
                    feature,
                    aggregation,
                })
                .map(|key| key.to_string())
                .collect::<Vec<_>>()
        };
        catalogue::Family::ALL
            .into_iter()
            .flat_map(|family| {
                family
                    .aggregations()
                    .iter()
                    .flat_map(move |aggregation| keys_of(family, aggregation))
            })
            .collect()
    }

    #[test]
    fn every_standardised_feature_is_there_once() {
        let values = digital_phantom_values();
        assert_eq!(values.len(), 482, "rows of the digital phantom");
        let keys: Vec<&String> = values.iter().map(|(key, _)| key).collect();
        assert_eq!(
            keys.iter().collect::<BTreeSet<_>>().len(),
            482,
            "no key is there twice"
        );
        assert_eq!(
            keys,
            catalogue_keys().iter().collect::<Vec<_>>(),
            "the keys of the catalogue, in its order"
        );
        for (key, value) in &values {
            assert!(value.is_finite(), "{key} is {value}");
        }
    }

    /// Values that follow from the counts of voxels and levels alone.
    #[test]
    fn digital_phantom_by_pencil() {
        let values: BTreeMap<String, f64> = digital_phantom_values().into_iter().collect();
        for (key, by_hand) in [
            ("morph/-/YEKZ", 592.0),       // 74 · 8 mm³
            ("stat/-/Q4LE", 159.0 / 74.0), // (50 + 3 + 16 · 4 + 7 · 6) / 74
            ("stat/-/N8CA", 567.0),        // 50 + 9 + 16 · 16 + 7 · 36
            ("stat/-/8DWT", 4.0),
            ("ih/-/BJ5W", 2806.0 / 5476.0), // (50² + 1 + 16² + 7²) / 74²
            ("ih/-/12CE", 8.0),             // (16 − 0) / 2 at level 3
            ("ih/-/VQB3", -50.0),           // level 2 is absent
            ("ivh/-/BC2M:10", 24.0 / 74.0), // intensity 2 or more
            ("glcm/3d_mrg/GYBY", 536.0 / 1054.0),
            ("glszm/3d/48P8", 550.0), // (50² + 1 + 2² + 14² + 7²) / 5
            ("glszm/3d/P30P", 5.0 / 74.0),
            ("gldzm/3d/0GBI", 1.0), // every zone touches the edge
            ("ngldm/3d/6XV8", 1.0),
        ] {
            assert_eq!(values[key], by_hand, "{key}");
        }
    }

    /// No feature knows left from right or x from y. This holds for the mesh only if its rules have no handedness.
    #[test]
    fn turned_and_mirrored_phantoms_have_the_same_values() {
        let (image, mask) = ibsi1::digital_phantom();
        let [nx, ny, nz] = image.size();
        let grid = |size| Grid::axis_aligned(size, image.grid().spacing_mm);
        let mirrored = |[x, y, z]: [usize; 3]| [nx - 1 - x, y, z];
        let transposed = |[x, y, z]: [usize; 3]| [y, x, z];
        let values_of = |size, from: &dyn Fn([usize; 3]) -> [usize; 3]| {
            let image = Image::from_fn(grid(size), |at| image.voxels()[from(at)]);
            let mask = Mask::from_fn(grid(size), |at| mask.voxels()[from(at)]);
            values(&image, &mask).expect("as small as the digital phantom")
        };
        for (what, turned) in [
            ("mirrored", values_of([nx, ny, nz], &mirrored)),
            ("transposed", values_of([ny, nx, nz], &transposed)),
        ] {
            for ((key, expected), (_, value)) in digital_phantom_values().iter().zip(&turned) {
                let value = value.expect("defined for the digital phantom");
                assert!(
                    (value - expected).abs() <= 1e-14 * expected.abs(),
                    "{key} {what}: {value} is not {expected}"
                );
            }
        }
    }

    #[test]
    fn a_single_voxel_has_values_where_formulas_have() {
        let grid = Grid::axis_aligned([1, 1, 1], [1.0; 3]);
        let image = Image::from_flat(grid.clone(), vec![2.0]);
        let mask = Mask::from_flat(grid, vec![true]);
        let values: BTreeMap<String, Option<f64>> = values(&image, &mask)
            .expect("one voxel is a region")
            .into_iter()
            .collect();
        assert_eq!(values.len(), 482, "undefined features keep their row");
        assert_eq!(values["stat/-/Q4LE"], Some(2.0), "it has a mean");
        assert_eq!(values["glrlm/2d_avg/9ZK5"], Some(1.0), "and is a run");
        assert_eq!(values["glcm/3d_avg/TU9B"], None, "but no neighbour");
        assert_eq!(values["ngtdm/2d/QCDE"], None, "in no slice either");
    }

    #[test]
    fn what_is_no_phantom_is_refused() {
        let grid = |size| Grid::axis_aligned(size, [1.0; 3]);
        let image = |voxels: [f64; 2]| Image::from_flat(grid([2, 1, 1]), voxels.to_vec());
        let mask = |voxels: [bool; 2]| Mask::from_flat(grid([2, 1, 1]), voxels.to_vec());
        let message = |image: &Image, mask: &Mask| {
            let error = values(image, mask).expect_err("no phantom");
            error.to_string()
        };
        assert_eq!(
            message(&image([1.0, 0.5]), &mask([true, true])),
            "expected whole intensities from 1 to 256 inside the mask, found `0.5` at [1, 0, 0]",
            "a fraction"
        );
        assert_eq!(
            message(&image([1.0, f64::NAN]), &mask([true, false])),
            "expected finite intensities, found `NaN` at [1, 0, 0]",
            "outside the mask"
        );
        assert_eq!(
            message(&image([1.0, 1.0]), &mask([false, false])),
            "expected a voxel inside the mask, found none",
            "an empty mask"
        );
        let other = Mask::from_flat(grid([1, 2, 1]), vec![true; 2]);
        assert_eq!(
            message(&image([1.0, 1.0]), &other),
            "expected a mask of [2, 1, 1] voxels, as the image has, found [1, 2, 1]",
            "a mask of another image"
        );
        let mut flat = grid([2, 1, 1]);
        flat.spacing_mm[2] = 0.0;
        assert_eq!(
            message(&Image::from_flat(flat, vec![1.0; 2]), &mask([true; 2])),
            "expected a positive voxel spacing in mm along x, y and z, found [1.0, 1.0, 0.0]",
            "voxels without extent"
        );
        let large = Image::from_fn(grid([17, 16, 16]), |_| 1.0);
        assert_eq!(
            message(&large, &large.map(|_| true)),
            "expected at most 4096 voxels, found 4352",
            "too large for brute force"
        );
    }
}
