//! From an image, a mask and settings to features, in the manual's order:
//!
//! 1. round intensities as loaded, if asked for
//! 2. interpolate image and mask
//! 3. re-segment the intensity mask
//! 4. discretise, once for histogram and texture, once for the intensity-volume histogram
//! 5. compute the features
//!
//! Every intermediate state can be observed: [`prepare`] gives the processed image and region with the diagnostic
//! features of every stage, [`Prepared::features`] the feature table.
//!
//! ```
//! use radgauge_engine::{pipeline, settings::Settings, volume::{Grid, Volume}};
//!
//! let grid = Grid::axis_aligned([2, 2, 1], [1.0; 3]);
//! let image = Volume::from_flat(grid.clone(), vec![1.0, 2.0, 3.0, 2.0]);
//! let mask = Volume::from_flat(grid, vec![true; 4]);
//! let extraction = pipeline::extract(&image, &mask, &Settings::default())?;
//! assert_eq!(extraction.features.get("stat/-/Q4LE"), Some(Ok(2.0)), "mean intensity");
//! # Ok::<(), pipeline::PipelineError>(())
//! ```

use std::borrow::Cow;

use rayon::prelude::*;

use crate::{
    diagnostics::{Diagnostics, Object, Stage},
    feature::{
        Aggregation, Family, FeatureTable, Values, glcm, gldzm, glrlm, glszm, intensity_histogram,
        intensity_statistics, intensity_volume_histogram, local_intensity, morphology, ngldm,
        ngtdm, texture::ZoneMaps,
    },
    io::{GridMismatch, check_same_grid},
    process::{
        ProcessError,
        discretise::{Discretised, discretise},
        interpolate::{interpolate_image, interpolate_mask, round_intensities},
        resegment::resegment,
    },
    roi::Roi,
    settings::{Resegment, Settings, SettingsError},
    volume::{Image, Mask},
};

/// Why an extraction failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The settings are impossible.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Image and mask do not lie on one grid.
    #[error(transparent)]
    Grid(#[from] GridMismatch),
    /// The image cannot be processed as the settings ask.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// What an extraction gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Extraction {
    /// The features, in the order of the catalogue.
    pub features: FeatureTable,
    /// The diagnostic features of every stage.
    pub diagnostics: Diagnostics,
}

/// Processes an image and a mask and computes the selected features.
///
/// # Errors
/// As [`prepare`] and [`Prepared::features`].
pub fn extract(
    image: &Image,
    mask: &Mask,
    settings: &Settings,
) -> Result<Extraction, PipelineError> {
    let prepared = prepare(image, mask, settings)?;
    Ok(Extraction {
        features: prepared.features()?,
        diagnostics: prepared.diagnostics,
    })
}

/// An image and a region after processing, before discretisation.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    /// The image, interpolated if the settings ask for it.
    pub image: Cow<'a, Image>,
    /// The region, its intensity mask re-segmented.
    pub roi: Roi,
    /// The diagnostic features of every stage.
    pub diagnostics: Diagnostics,
    settings: &'a Settings,
}

/// Processes an image and a mask up to re-segmentation.
///
/// # Errors
/// [`PipelineError`] for impossible settings, an image and a mask on different grids, or an interpolation grid too
/// large to hold.
pub fn prepare<'a>(
    image: &'a Image,
    mask: &Mask,
    settings: &'a Settings,
) -> Result<Prepared<'a>, PipelineError> {
    settings.check()?;
    check_same_grid(image.grid(), mask.grid())?;
    let mut diagnostics = Diagnostics::default();

    let mut image = match settings.round_on_load {
        true => round_intensities(image),
        false => Cow::Borrowed(image),
    };
    let mut roi = Roi::new(mask.clone());
    diagnostics.add(Stage::Initial, &image, &roi);

    if let Some(interpolate) = &settings.interpolate {
        let (new_image, new_mask) = rayon::join(
            || interpolate_image(&image, interpolate),
            || interpolate_mask(mask, interpolate),
        );
        image = Cow::Owned(new_image?);
        roi = Roi::new(new_mask?);
        diagnostics.add(Stage::Interpolated, &image, &roi);
    } else {
        diagnostics.repeat(Object::Image, Stage::Initial, Stage::Interpolated);
        diagnostics.repeat(Object::Roi, Stage::Initial, Stage::Interpolated);
    }

    if settings.resegment == Resegment::default() {
        diagnostics.repeat(Object::Roi, Stage::Interpolated, Stage::Resegmented);
    } else {
        resegment(&image, &mut roi, &settings.resegment);
        diagnostics.add_roi(Stage::Resegmented, &image, &roi);
    }
    Ok(Prepared {
        image,
        roi,
        diagnostics,
        settings,
    })
}

/// What the families read: everything but local intensity sees no farther than the box of the morphological mask.
struct Inputs<'a> {
    image: Cow<'a, Image>,
    roi: Roi,
    intensities: Vec<f64>,
    discretised: Discretised,
}

impl Prepared<'_> {
    /// Discretises the region for histogram and texture.
    ///
    /// # Errors
    /// [`ProcessError`] when the intensities cannot be discretised as the settings ask.
    pub fn discretise(&self) -> Result<Discretised, ProcessError> {
        let Settings {
            discretise: method,
            resegment,
            ..
        } = self.settings;
        discretise(&self.image, &self.roi.intensity, method, resegment.range)
    }

    /// Computes the selected features, families in parallel; the values do not depend on the number of threads.
    ///
    /// # Errors
    /// [`ProcessError`] when the intensities cannot be discretised as the settings ask.
    pub fn features(&self) -> Result<FeatureTable, ProcessError> {
        let inputs = self.inputs()?;
        // Size zones and distance zones share their zones and so their task. The longest task comes first.
        let tasks: [&[Family]; 10] = [
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
        let mut computed: Vec<(Family, Aggregation, Values)> = tasks
            .into_par_iter()
            .with_max_len(1)
            .map(|families| self.compute(families, &inputs))
            .collect::<Result<Vec<_>, _>>()?
            .concat();
        computed.sort_by_key(|(family, aggregation, _)| (*family, *aggregation));
        let mut table = FeatureTable::default();
        for (family, aggregation, values) in computed {
            table.extend(family, aggregation, values);
        }
        Ok(table)
    }

    fn inputs(&self) -> Result<Inputs<'_>, ProcessError> {
        // An empty region is left as it is: every family reports it.
        let (image, roi) = match self.roi.morphological.bounding_box() {
            Some(bounds) => rayon::join(|| self.image.crop(bounds), || self.roi.crop(bounds)),
            None => (Cow::Borrowed(&*self.image), self.roi.clone()),
        };
        let intensities = image.inside(&roi.intensity);
        let Settings {
            discretise: method,
            resegment,
            ..
        } = self.settings;
        let discretised = if self.needs_levels() {
            Discretised::of(&intensities, &roi.intensity, method, resegment.range)?
        } else {
            Discretised {
                levels: roi.intensity.map(|_| 0),
                n_levels: 0,
            }
        };
        Ok(Inputs {
            image,
            roi,
            intensities,
            discretised,
        })
    }

    /// Whether any selected family reads grey levels: an image that cannot be discretised still has a shape.
    fn needs_levels(&self) -> bool {
        self.settings.features.families.iter().any(|family| {
            !matches!(
                family,
                Family::Morphology
                    | Family::LocalIntensity
                    | Family::IntensityStatistics
                    | Family::IntensityVolumeHistogram
            )
        })
    }

    fn compute(
        &self,
        families: &[Family],
        inputs: &Inputs<'_>,
    ) -> Result<Vec<(Family, Aggregation, Values)>, ProcessError> {
        let Inputs {
            image,
            roi,
            intensities,
            discretised,
        } = inputs;
        let Settings {
            texture,
            ivh,
            resegment,
            features: selection,
            ..
        } = self.settings;
        let once = |values: Values| vec![(Aggregation::None, values)];
        let mut zones = None;
        let mut computed = Vec::new();
        for &family in families {
            let aggregations = selection.aggregations_of(family);
            if aggregations.is_empty() {
                continue;
            }
            let values = match family {
                Family::Morphology => once(morphology::features(image, roi)),
                Family::LocalIntensity => {
                    once(local_intensity::features(&self.image, &self.roi.intensity))
                }
                Family::IntensityStatistics => once(intensity_statistics::features(intensities)),
                Family::IntensityHistogram => {
                    let levels = discretised.levels.as_slice().iter().copied();
                    let levels: Vec<u16> = levels.filter(|level| *level > 0).collect();
                    once(intensity_histogram::features(&levels, discretised.n_levels))
                }
                Family::IntensityVolumeHistogram => once(intensity_volume_histogram::features(
                    intensities,
                    ivh,
                    resegment.range,
                )?),
                Family::Glcm => glcm::features(discretised, texture.glcm_distance, &aggregations),
                Family::Glrlm => glrlm::features(discretised, &aggregations),
                Family::Glszm => {
                    let zones = zones.get_or_insert_with(|| ZoneMaps::new(discretised));
                    glszm::features(zones, &aggregations)
                }
                Family::Gldzm => {
                    let zones = zones.get_or_insert_with(|| ZoneMaps::new(discretised));
                    gldzm::features(zones, &roi.morphological, &aggregations)
                }
                Family::Ngtdm => {
                    ngtdm::features(discretised, texture.ngtdm_distance, &aggregations)
                }
                Family::Ngldm => ngldm::features(
                    discretised,
                    texture.ngldm_distance,
                    texture.ngldm_coarseness,
                    &aggregations,
                ),
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
