//! From an image, a mask and settings to features, in the manual's order:
//!
//! 1. round intensities as loaded, if asked for
//! 2. interpolate image and mask
//! 3. re-segment the intensity mask, by the unfiltered intensities
//! 4. filter the whole image, if asked for: from here on the response map stands for the image
//! 5. discretise, once for histogram and texture, once for the intensity-volume histogram
//! 6. compute the features
//!
//! On a response map the morphology of the region is that of its mask, as ever; the morphological features that weigh
//! voxels by their intensity, and all other families, read the response map. Where its intensities have no physical
//! unit, settings with bins of fixed size are refused.
//!
//! Every intermediate state can be observed: [`prepare`] gives the processed image and region with the diagnostic
//! features of every stage, [`Prepared::features`] the feature table. A study of many settings takes the steps one by
//! one, each step's result shared by all settings that agree up to it, down to [`Region::features_of`].
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

mod region;

pub use region::Region;

use std::borrow::Cow;

use crate::{
    diagnostics::{Diagnostics, Object, Stage},
    feature::FeatureTable,
    filter::FilterError,
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
    /// The image cannot be filtered as the settings ask.
    #[error(transparent)]
    Filter(#[from] FilterError),
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
    /// The image, interpolated and filtered if the settings ask for it.
    pub image: Cow<'a, Image>,
    /// The region, its intensity mask re-segmented.
    pub roi: Roi,
    /// The diagnostic features of every stage.
    pub diagnostics: Diagnostics,
    settings: &'a Settings,
}

/// Processes an image and a mask up to re-segmentation and filtering.
///
/// # Errors
/// [`PipelineError`] for impossible settings, an image and a mask on different grids, an interpolation grid too large to
/// hold, or an image that the filter refuses.
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

    if let Some(filter) = &settings.filter {
        image = Cow::Owned(filter.apply(&image)?);
        diagnostics.add_image(Stage::Filtered, &image);
        diagnostics.add_roi(Stage::Filtered, &image, &roi);
    }
    Ok(Prepared {
        image,
        roi,
        diagnostics,
        settings,
    })
}

impl Prepared<'_> {
    /// Discretises the region for histogram and texture.
    ///
    /// # Errors
    /// [`ProcessError`] when the intensities cannot be discretised as the settings ask.
    pub fn discretise(&self) -> Result<Discretised, ProcessError> {
        let range = self.settings.calibrated_range();
        discretise(
            &self.image,
            &self.roi.intensity,
            &self.settings.discretise,
            range,
        )
    }

    /// Computes the selected features, families in parallel; the values do not depend on the number of threads.
    ///
    /// # Errors
    /// [`ProcessError`] when the intensities cannot be discretised as the settings ask.
    pub fn features(&self) -> Result<FeatureTable, ProcessError> {
        Region::new(&self.image, &self.roi).features(self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::{Grid, Volume};

    fn extract_all(settings: &str) -> Extraction {
        let grid = Grid::axis_aligned([3, 3, 1], [1.0; 3]);
        let image = Volume::from_fn(grid, |[x, y, _]| (x + 3 * y + 1) as f64);
        let mask = image.map(|_| true);
        let settings = Settings::from_toml(settings).expect("the settings are right");
        extract(&image, &mask, &settings).expect("the image can be processed")
    }

    #[test]
    fn the_range_reads_the_image_and_features_the_response_map() {
        // Squares of 1 to 9, the largest 81: they become x²·(9/81)… = x²/9.
        let settings = "[resegment]\nrange = [2, 8]\n[filter]\nkind = 'square'\n\
            [discretise]\nmethod = 'fixed-bin-number'\nbins = 4\n\
            [ivh]\nmethod = 'fixed-bin-number'\nbins = 4\n";
        let filtered = extract_all(settings);
        let minimum = filtered.features.get("stat/-/1GSF");
        let maximum = filtered.features.get("stat/-/84IY");
        assert_eq!(minimum, Some(Ok(4.0 / 9.0)), "2², scaled");
        assert_eq!(maximum, Some(Ok(64.0 / 9.0)), "8², scaled");
        assert_eq!(
            filtered.diagnostics.get("int_mask_max_int_reseg_roi"),
            Some(Ok(8.0)),
            "re-segmentation is observed in the image"
        );
        assert_eq!(
            filtered.diagnostics.get("int_mask_max_int_filt_roi"),
            Some(Ok(64.0 / 9.0)),
            "filtering in the response map"
        );
    }

    #[test]
    fn the_identity_filter_changes_no_feature() {
        let settings =
            "[discretise]\nmethod = 'fixed-bin-size'\nwidth = 2\n[resegment]\nrange = [1, 8]\n";
        let plain = extract_all(settings);
        let filtered = extract_all(&format!("{settings}[filter]\nkind = 'identity'\n"));
        assert_eq!(plain.features, filtered.features);
    }
}
