//! The features of a region under one or many settings, each piece of work done once.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::{
    feature::{
        Aggregation, Family, FeatureTable, Values, glcm, gldzm, glrlm, glszm, intensity_histogram,
        intensity_statistics, intensity_volume_histogram, local_intensity, morphology, ngldm,
        ngtdm, texture::ZoneMaps,
    },
    process::{ProcessError, discretise::Discretised},
    roi::Roi,
    settings::{Discretise, Selection, Settings, Texture},
    volume::Image,
};

/// An image and a region after processing, before discretisation, ready for features to be computed.
#[derive(Clone, Debug)]
pub struct Region<'a> {
    /// The whole image: local intensity looks beyond the box of the region.
    whole: (&'a Image, &'a Roi),
    image: Cow<'a, Image>,
    roi: Roi,
    intensities: Vec<f64>,
}

/// Families that are computed together: size zones and distance zones share their zones. The longest comes first.
const TOGETHER: [&[Family]; 10] = [
    &[Family::Morphology],
    &[Family::Glrlm],
    &[Family::Glszm, Family::Gldzm],
    &[Family::Glcm],
    &[Family::Ngldm],
    &[Family::Ngtdm],
    &[Family::LocalIntensity],
    &[Family::IntensityStatistics],
    &[Family::IntensityVolumeHistogram],
    &[Family::IntensityHistogram],
];

/// What families that are computed together read of the settings: tasks that read the same give the same.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reads {
    /// The image and the region alone.
    Nothing,
    /// The discretisation of the intensity-volume histogram, and the range in which it is calibrated.
    Ivh(Discretise, Option<[f64; 2]>),
    /// Grey levels, by the index of their discretisation, and the neighbourhoods of the matrices.
    Levels(usize, Neighbourhood),
}

/// The settings of the texture matrices that a family reads; 0 where it reads none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Neighbourhood {
    distance: u32,
    coarseness: u32,
}

/// Work that several settings may share.
struct Task<'s> {
    families: &'static [Family],
    reads: Reads,
    /// Whose features are selected.
    selections: Vec<&'s Selection>,
}

impl Task<'_> {
    /// The aggregations of a family that any of the settings selects, in the order of the catalogue.
    fn aggregations_of(&self, family: Family) -> Vec<Aggregation> {
        let all = family.aggregations().iter().copied();
        all.filter(|aggregation| {
            let mut selections = self.selections.iter();
            selections.any(|selection| selection.aggregations_of(family).contains(aggregation))
        })
        .collect()
    }
}

type Computed = Vec<(Family, Aggregation, Values)>;

impl<'a> Region<'a> {
    /// The region of an image.
    ///
    /// # Panics
    /// When image and region have not the same number of voxels.
    #[must_use]
    pub fn new(image: &'a Image, roi: &'a Roi) -> Self {
        // Everything but local intensity sees no farther than the box of the morphological mask. An empty region is left
        // as it is: every family reports it.
        let (cropped, cropped_roi) = match roi.morphological.bounding_box() {
            Some(bounds) => rayon::join(|| image.crop(bounds), || roi.crop(bounds)),
            None => (Cow::Borrowed(image), roi.clone()),
        };
        Self {
            whole: (image, roi),
            intensities: cropped.inside(&cropped_roi.intensity),
            image: cropped,
            roi: cropped_roi,
        }
    }

    /// Computes the selected features under settings, families in parallel; the values do not depend on the number of
    /// threads.
    ///
    /// # Errors
    /// [`ProcessError`] when the intensities cannot be discretised as the settings ask.
    pub fn features(&self, settings: &Settings) -> Result<FeatureTable, ProcessError> {
        self.features_of(&[settings])
            .pop()
            .expect("one table for one settings")
    }

    /// Computes the selected features under each of several settings, one table each: exactly what [`features`] gives
    /// one by one, but what they have in common is computed once. Intensities are discretised once per method, a texture
    /// matrix serves all aggregations, and families that read no grey levels are computed once.
    ///
    /// Of the settings only discretisation, texture, selection and the re-segmentation range (where bins start) are
    /// read; the region is taken as it is.
    ///
    /// # Errors
    /// One by one, as [`features`].
    ///
    /// [`features`]: Self::features
    pub fn features_of(&self, settings: &[&Settings]) -> Vec<Result<FeatureTable, ProcessError>> {
        let mut methods: Vec<(Discretise, Option<[f64; 2]>)> = Vec::new();
        let method_of: Vec<Option<usize>> = settings
            .iter()
            .map(|settings| {
                reads_levels(settings).then(|| {
                    index_in(
                        &mut methods,
                        (settings.discretise, settings.resegment.range),
                    )
                })
            })
            .collect();
        let discretised: Vec<Result<Discretised, ProcessError>> = methods
            .par_iter()
            .map(|(method, range)| {
                Discretised::of(&self.intensities, &self.roi.intensity, method, *range)
            })
            .collect();

        let mut tasks: Vec<Task<'_>> = Vec::new();
        for families in TOGETHER {
            for (settings, method) in settings.iter().zip(&method_of) {
                let is_possible = method.is_none_or(|method| discretised[method].is_ok());
                if is_possible && let Some(reads) = reads(families, settings, *method) {
                    let known = tasks
                        .iter_mut()
                        .find(|task| task.families == families && task.reads == reads);
                    match known {
                        Some(task) => task.selections.push(&settings.features),
                        None => tasks.push(Task {
                            families,
                            reads,
                            selections: vec![&settings.features],
                        }),
                    }
                }
            }
        }
        let computed: Vec<Result<Computed, ProcessError>> = tasks
            .par_iter()
            .with_max_len(1)
            .map(|task| self.compute(task, &discretised))
            .collect();

        let table = |settings: &Settings, method: Option<usize>| {
            if let Some(Err(error)) = method.map(|method| &discretised[method]) {
                return Err(error.clone());
            }
            let mut own = Vec::new();
            for families in TOGETHER {
                let Some(reads) = reads(families, settings, method) else {
                    continue;
                };
                let done = tasks
                    .iter()
                    .position(|task| task.families == families && task.reads == reads)
                    .expect("there is a task for whatever is read");
                let values = computed[done].as_ref().map_err(Clone::clone)?.iter();
                own.extend(values.filter(|(family, aggregation, _)| {
                    settings
                        .features
                        .aggregations_of(*family)
                        .contains(aggregation)
                }));
            }
            own.sort_by_key(|(family, aggregation, _)| (*family, *aggregation));
            let mut table = FeatureTable::default();
            for (family, aggregation, values) in own {
                table.extend(*family, *aggregation, values.clone());
            }
            Ok(table)
        };
        let settings = settings.iter().zip(&method_of);
        settings
            .map(|(settings, method)| table(settings, *method))
            .collect()
    }

    fn compute(
        &self,
        task: &Task<'_>,
        discretised: &[Result<Discretised, ProcessError>],
    ) -> Result<Computed, ProcessError> {
        let once = |values: Values| vec![(Aggregation::None, values)];
        let (levels, neighbourhood) = match task.reads {
            Reads::Levels(method, neighbourhood) => (
                Some(discretised[method].as_ref().map_err(Clone::clone)?),
                neighbourhood,
            ),
            _ => (None, Neighbourhood::default()),
        };
        let levels = || levels.expect("a family that reads levels has a discretisation");
        let Neighbourhood {
            distance,
            coarseness,
        } = neighbourhood;
        let mut zones = None;
        let mut computed = Vec::new();
        for &family in task.families {
            let aggregations = task.aggregations_of(family);
            if aggregations.is_empty() {
                continue;
            }
            let values = match family {
                Family::Morphology => once(morphology::features(&self.image, &self.roi)),
                Family::LocalIntensity => {
                    let (image, roi) = self.whole;
                    once(local_intensity::features(image, &roi.intensity))
                }
                Family::IntensityStatistics => {
                    once(intensity_statistics::features(&self.intensities))
                }
                Family::IntensityHistogram => {
                    let in_box = levels().levels.as_slice().iter().copied();
                    let inside: Vec<u16> = in_box.filter(|level| *level > 0).collect();
                    once(intensity_histogram::features(&inside, levels().n_levels))
                }
                Family::IntensityVolumeHistogram => {
                    let Reads::Ivh(method, range) = task.reads else {
                        unreachable!("what the family reads was found by its name");
                    };
                    once(intensity_volume_histogram::features(
                        &self.intensities,
                        &method,
                        range,
                    )?)
                }
                Family::Glcm => glcm::features(levels(), distance, &aggregations),
                Family::Glrlm => glrlm::features(levels(), &aggregations),
                Family::Glszm => {
                    let zones = zones.get_or_insert_with(|| ZoneMaps::new(levels()));
                    glszm::features(zones, &aggregations)
                }
                Family::Gldzm => {
                    let zones = zones.get_or_insert_with(|| ZoneMaps::new(levels()));
                    gldzm::features(zones, &self.roi.morphological, &aggregations)
                }
                Family::Ngtdm => ngtdm::features(levels(), distance, &aggregations),
                Family::Ngldm => ngldm::features(levels(), distance, coarseness, &aggregations),
            };
            computed.extend(
                values
                    .into_iter()
                    .map(|(aggregation, values)| (family, aggregation, values)),
            );
        }
        Ok(computed)
    }
}

/// Whether any selected family reads grey levels: an image that cannot be discretised still has a shape.
fn reads_levels(settings: &Settings) -> bool {
    let mut families = settings.features.families.iter();
    families.any(|family| family.reads_levels())
}

/// What families that are computed together read of settings; `None` when none of them is selected.
fn reads(families: &[Family], settings: &Settings, method: Option<usize>) -> Option<Reads> {
    let selected = |family: &&Family| !settings.features.aggregations_of(**family).is_empty();
    let family = families.iter().find(selected)?;
    let Texture {
        glcm_distance,
        ngtdm_distance,
        ngldm_distance,
        ngldm_coarseness,
    } = settings.texture;
    let neighbourhood = |distance, coarseness| Neighbourhood {
        distance,
        coarseness,
    };
    let levels = |neighbourhood| {
        let method = method.expect("settings with a family that reads levels have a method");
        Reads::Levels(method, neighbourhood)
    };
    Some(match family {
        Family::Morphology | Family::LocalIntensity | Family::IntensityStatistics => Reads::Nothing,
        Family::IntensityVolumeHistogram => Reads::Ivh(settings.ivh, settings.calibrated_range()),
        Family::IntensityHistogram | Family::Glrlm | Family::Glszm | Family::Gldzm => {
            levels(Neighbourhood::default())
        }
        Family::Glcm => levels(neighbourhood(glcm_distance, 0)),
        Family::Ngtdm => levels(neighbourhood(ngtdm_distance, 0)),
        Family::Ngldm => levels(neighbourhood(ngldm_distance, ngldm_coarseness)),
    })
}

/// The index of an item, which is appended when it is new.
fn index_in<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    match items.iter().position(|known| *known == item) {
        Some(index) => index,
        None => {
            items.push(item);
            items.len() - 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::{Grid, Volume};

    /// Settings that share a lot, a little, and nothing; one of them cannot be discretised.
    #[test]
    fn many_settings_at_once_give_what_each_gives_alone() {
        let grid = Grid::axis_aligned([7, 6, 4], [1.0, 1.0, 2.0]);
        let image = Volume::from_fn(grid, |[x, y, z]| {
            ((7 * x + 5 * y + 3 * z + x * y) % 13) as f64 - 0.5
        });
        let roi = Roi::new(image.map(|v| *v < 11.0));
        let texts = [
            "[discretise]\nmethod = 'fixed-bin-number'\nbins = 4\n",
            "[discretise]\nmethod = 'fixed-bin-number'\nbins = 4\n[texture]\nglcm_distance = 2\n",
            "[discretise]\nmethod = 'fixed-bin-number'\nbins = 4\n[features]\naggregations = ['3d_avg', '3d']\n",
            "[discretise]\nmethod = 'fixed-bin-number'\nbins = 6\n[texture]\nngldm_coarseness = 1\n\
             [ivh]\nmethod = 'fixed-bin-number'\nbins = 10\n",
            "",
            "[features]\nfamilies = ['morph', 'stat']\n",
            "[discretise]\nmethod = 'fixed-bin-size'\nwidth = 2\n[features]\nfamilies = ['gldzm', 'ngtdm']\naggregations = ['25d']\n",
        ];
        let settings: Vec<Settings> = texts
            .iter()
            .map(|text| Settings::from_toml(text).expect("the settings are right"))
            .collect();
        let region = Region::new(&image, &roi);
        let together = region.features_of(&settings.iter().collect::<Vec<_>>());
        for ((settings, together), text) in settings.iter().zip(&together).zip(texts) {
            let alone = region.features(settings);
            assert_eq!(*together, alone, "settings `{text}`");
        }
        assert!(
            matches!(together[4], Err(ProcessError::NotGreyLevels { .. })),
            "without discretisation these intensities are no grey levels"
        );
        assert!(
            together[5].is_ok(),
            "shape and statistics need no grey levels"
        );
    }
}
