//! Computing the features of a case in any way: what an implementation with some deviations would answer.
//!
//! A [`Laboratory`] holds a case and everything that was computed for it. What a part of the answers is made of depends
//! on some deviations only (the shape of a region does not know how its intensities are rounded), so that states of
//! processing, matrices and answers are kept by the deviations that matter to them and shared by all combinations.

mod combination;
mod levels;
mod part;
mod process;
mod shape;
mod statistics;
mod texture;

use std::{
    cell::OnceCell,
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use radgauge_engine::{
    diagnostics::{Diagnostic, Stage as DiagnosticStage, image_diagnostics, roi_diagnostics},
    feature::Family,
    roi::Roi,
    settings::Settings,
    volume::{Image, Mask},
};

use self::{
    levels::Levels,
    process::{Frame, Loaded, Region},
    texture::Matrices,
};
use super::{catalogue::Stage, way::Way};

pub use combination::Combination;
pub use part::Part;

/// A feature's code, parameter and value.
type Feature = (&'static str, &'static str, f64);

/// Answers by their place among the case's keys; NaN where there is none.
pub type Answers = Vec<f64>;

/// The answers of a part, each with its place.
type PartAnswers = Vec<(u32, f64)>;

/// A case, and all that was computed for it.
pub struct Laboratory<'a> {
    image: &'a Image,
    mask: &'a Mask,
    settings: &'a Settings,
    places: HashMap<String, usize>,
    parts: Vec<Part>,
    loaded: Memo<Combination, Option<Arc<Loaded>>>,
    images: Memo<Combination, Option<Arc<Image>>>,
    masks: Memo<Combination, Option<Arc<Mask>>>,
    extremes: Memo<Combination, [f64; 2]>,
    matrices: Memo<(Family, bool, Combination), Option<Arc<Matrices>>>,
    answers: Memo<(Part, Combination), Arc<PartAnswers>>,
}

impl<'a> Laboratory<'a> {
    /// For the answers with these keys, `glcm/3d_avg/TU9B` or `diag/initial/img_dim_x`; keys that are none get no
    /// answer.
    pub fn new(image: &'a Image, mask: &'a Mask, settings: &'a Settings, keys: &[&str]) -> Self {
        let mut parts: Vec<Part> = keys.iter().filter_map(|key| Part::of(key)).collect();
        parts.sort_unstable();
        parts.dedup();
        Self {
            image,
            mask,
            settings,
            places: keys
                .iter()
                .enumerate()
                .map(|(i, key)| ((*key).to_owned(), i))
                .collect(),
            parts,
            loaded: Memo::default(),
            images: Memo::default(),
            masks: Memo::default(),
            extremes: Memo::default(),
            matrices: Memo::default(),
            answers: Memo::default(),
        }
    }

    /// The parts to which the keys belong.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The settings of the case.
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// What an implementation with these deviations answers, for some parts.
    pub fn answers(&self, combination: &Combination, parts: &[Part]) -> Answers {
        let mut answers = vec![f64::NAN; self.places.len()];
        let run = Run::new(self, combination);
        for part in parts {
            for (place, value) in run.part(*part).iter() {
                answers[*place as usize] = *value;
            }
        }
        answers
    }

    /// Forgets matrices and answers of combinations of two and more.
    pub fn forget_combinations(&self) {
        self.matrices
            .retain(|(_, _, combination)| combination.len() < 2);
        self.answers
            .retain(|(_, combination)| combination.len() < 2);
        self.images.retain(|combination| combination.len() < 2);
    }
}

/// One combination being computed: states are made when first needed.
struct Run<'l, 'a> {
    laboratory: &'l Laboratory<'a>,
    combination: &'l Combination,
    way: Way,
    region: OnceCell<Option<Region>>,
    levels: OnceCell<Option<Levels>>,
}

impl<'l, 'a> Run<'l, 'a> {
    fn new(laboratory: &'l Laboratory<'a>, combination: &'l Combination) -> Self {
        Self {
            laboratory,
            combination,
            way: combination.way(laboratory.settings),
            region: OnceCell::new(),
            levels: OnceCell::new(),
        }
    }

    fn up_to(&self, stages: &[Stage]) -> Combination {
        self.combination
            .filtered(|deviation| stages.contains(&deviation.stage))
    }

    fn part(&self, part: Part) -> Arc<PartAnswers> {
        let relevant = self
            .combination
            .filtered(|deviation| part.follows(deviation, &self.way));
        self.laboratory.answers.get((part, relevant), || {
            let places = &self.laboratory.places;
            let known = |key: String, value: f64| {
                let place = places.get(&key).filter(|_| value.is_finite())?;
                Some((*place as u32, value))
            };
            if let Part::Diagnostics(stage) = part {
                let rows = self.diagnostics(stage);
                let values = rows
                    .into_iter()
                    .filter_map(|row| Some((row.key(), row.value.ok()?)));
                return Arc::new(
                    values
                        .filter_map(|(key, value)| known(key, value))
                        .collect(),
                );
            }
            let prefix = part.prefix();
            let features = self.features(part).into_iter();
            Arc::new(
                features
                    .filter_map(|(code, parameter, value)| {
                        let key = match parameter {
                            "" => format!("{prefix}/{code}"),
                            _ => format!("{prefix}/{code}:{parameter}"),
                        };
                        known(key, value)
                    })
                    .collect(),
            )
        })
    }

    fn features(&self, part: Part) -> Vec<Feature> {
        let way = &self.way;
        let of_region = |features: fn(&Region, &Way) -> Vec<Feature>| {
            self.region()
                .map(|region| features(region, way))
                .unwrap_or_default()
        };
        match part {
            Part::Diagnostics(_) => Vec::new(),
            Part::Shape => of_region(shape::shape),
            Part::ShapeWithIntensities => of_region(shape::with_intensities),
            Part::Spatial => of_region(shape::spatial),
            Part::Local => of_region(shape::local),
            Part::Statistics => of_region(|region, way| {
                let voxel_volume_mm3 = region.image.grid().voxel_volume_mm3();
                statistics::intensities(&region.intensities(), voxel_volume_mm3, way)
            }),
            Part::VolumeHistogram => {
                of_region(|region, way| statistics::volume_histogram(&region.intensities(), way))
            }
            Part::Histogram => {
                let levels = self.levels();
                levels
                    .map(|levels| statistics::histogram(levels, way))
                    .unwrap_or_default()
            }
            Part::Texture(family, asked) => {
                let given = way
                    .aggregations
                    .get(&(family, asked))
                    .copied()
                    .unwrap_or(asked);
                self.matrices(family, given.is_by_slice())
                    .map(|matrices| matrices.features(family, given, way))
                    .unwrap_or_default()
            }
        }
    }

    fn loaded(&self) -> Option<Arc<Loaded>> {
        let Laboratory { image, mask, .. } = self.laboratory;
        self.laboratory.loaded.get(self.up_to(&[Stage::Load]), || {
            Loaded::new(image, mask, &self.way).map(Arc::new)
        })
    }

    fn region(&self) -> Option<&Region> {
        self.region
            .get_or_init(|| {
                let loaded = self.loaded()?;
                let frame = Frame::new(&loaded, &self.way).ok()?;
                let of_image = [
                    Stage::Load,
                    Stage::Grid,
                    Stage::Interpolation,
                    Stage::Rounding,
                ];
                let image = self.laboratory.images.get(self.up_to(&of_image), || {
                    process::image(&loaded, &frame, &self.way)
                        .ok()
                        .map(Arc::new)
                })?;
                let of_mask = [Stage::Load, Stage::Grid, Stage::Mask];
                let mask = self.laboratory.masks.get(self.up_to(&of_mask), || {
                    process::mask(&loaded, &frame, &self.way).ok().map(Arc::new)
                })?;
                Some(Region::new(image, mask, &frame, &self.way))
            })
            .as_ref()
    }

    fn levels(&self) -> Option<&Levels> {
        self.levels
            .get_or_init(|| Levels::new(self.region()?, &self.way, || self.extremes()))
            .as_ref()
    }

    fn matrices(&self, family: Family, is_by_slice: bool) -> Option<Arc<Matrices>> {
        let relevant = self.combination.filtered(|deviation| {
            deviation.stage.is_processing()
                || (deviation.stage == Stage::Matrix && deviation.families.contains(&family))
        });
        let key = (family, is_by_slice, relevant);
        self.laboratory.matrices.get(key, || {
            let levels = self.levels()?;
            Some(Arc::new(Matrices::new(
                levels,
                family,
                is_by_slice,
                &self.way,
            )))
        })
    }

    /// The interpolated image as a whole, with the mask on the same grid.
    fn whole(&self) -> Option<(Image, Mask)> {
        let loaded = self.loaded()?;
        let frame = Frame::new(&loaded, &self.way).ok()?.whole();
        let image = process::image(&loaded, &frame, &self.way).ok()?;
        Some((image, process::mask(&loaded, &frame, &self.way).ok()?))
    }

    /// The lowest and the highest intensity of the whole interpolated image.
    fn extremes(&self) -> [f64; 2] {
        let of_image = [
            Stage::Load,
            Stage::Grid,
            Stage::Interpolation,
            Stage::Rounding,
        ];
        self.laboratory.extremes.get(self.up_to(&of_image), || {
            let image = self.whole();
            let intensities = image.iter().flat_map(|(image, _)| image.as_slice());
            intensities.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| {
                [x.min(low), x.max(high)]
            })
        })
    }

    fn diagnostics(&self, stage: DiagnosticStage) -> Vec<Diagnostic> {
        match stage {
            // What is filtered is not emulated.
            DiagnosticStage::Filtered => Vec::new(),
            DiagnosticStage::Initial => self
                .loaded()
                .map(|loaded| {
                    let roi = Roi::new(loaded.mask.clone());
                    let mut rows = image_diagnostics(stage, &loaded.image);
                    rows.extend(roi_diagnostics(stage, &loaded.image, &roi));
                    rows
                })
                .unwrap_or_default(),
            DiagnosticStage::Interpolated => self
                .whole()
                .map(|(image, mask)| {
                    let mut rows = image_diagnostics(stage, &image);
                    rows.extend(roi_diagnostics(stage, &image, &Roi::new(mask)));
                    rows
                })
                .unwrap_or_default(),
            DiagnosticStage::Resegmented => self
                .region()
                .map(|region| {
                    let roi = Roi {
                        morphological: (*region.morphological).clone(),
                        intensity: region.intensity.clone(),
                    };
                    let mut rows = roi_diagnostics(stage, &region.image, &roi);
                    let sizes = ["int_mask_dim_x", "int_mask_dim_y", "int_mask_dim_z"];
                    for (quantity, size) in sizes.into_iter().zip(region.whole) {
                        let of_whole = rows.iter_mut().filter(|row| row.quantity == quantity);
                        of_whole.for_each(|row| row.value = Ok(size as f64));
                    }
                    rows
                })
                .unwrap_or_default(),
        }
    }
}

/// What was computed, by what it was computed from. Two threads may compute the same; neither waits for the other, which
/// could wait for the first.
struct Memo<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    fn get(&self, key: K, compute: impl FnOnce() -> V) -> V {
        let known = |key: &K| {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(key)
                .cloned()
        };
        if let Some(value) = known(&key) {
            return value;
        }
        let value = compute();
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        values.entry(key).or_insert(value).clone()
    }

    fn retain(&self, is_kept: impl Fn(&K) -> bool) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        values.retain(|key, _| is_kept(key));
    }
}

#[cfg(test)]
mod tests;
