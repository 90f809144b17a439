//! Everything that decides a feature value besides the image and the mask, as one struct that the whole pipeline
//! reads and that is written as TOML.
//!
//! Unknown keys and impossible values are refused by name. The order of processing is fixed by the manual
//! (chapter *Image processing*): load, interpolate, re-segment, filter, discretise, compute features.

use serde::{Deserialize, Serialize};

use crate::{
    feature::{Aggregation, Family},
    filter::Filter,
    volume::Grid,
};

/// Settings of one extraction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Round intensities to whole numbers right after loading (CT stored as floating point).
    pub round_on_load: bool,
    /// Interpolation; absent = the image's own grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpolate: Option<Interpolate>,
    /// Re-segmentation of the intensity mask, which reads the unfiltered intensities.
    pub resegment: Resegment,
    /// Filter whose response map the features read; absent = they read the image itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Discretisation for the intensity histogram and the texture matrices.
    pub discretise: Discretise,
    /// Discretisation for the intensity-volume histogram, which has its own.
    pub ivh: Discretise,
    /// Neighbourhoods of the texture matrices.
    pub texture: Texture,
    /// Which features are computed.
    pub features: Selection,
}

/// Interpolation of image and mask (VTM2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interpolate {
    /// Voxel spacing after interpolation in mm: two values interpolate in the plane of a slice (2D), three in the
    /// volume (3D).
    pub spacing_mm: Vec<f64>,
    /// How intensities are interpolated.
    pub image: Interpolation,
    /// How the mask is interpolated.
    #[serde(default = "Interpolate::default_mask")]
    pub mask: Interpolation,
    /// A voxel belongs to the mask from this partial volume on (E8H9).
    #[serde(default = "Interpolate::default_mask_threshold")]
    pub mask_threshold: f64,
    /// Where the new grid lies with respect to the old one (UMPJ).
    #[serde(default)]
    pub align: Alignment,
    /// Round interpolated intensities to whole numbers (68QD).
    #[serde(default)]
    pub round: bool,
}

impl Interpolate {
    /// Interpolation at the spacing that the grid has: what a pose needs where the settings have no interpolation.
    #[must_use]
    pub fn at_own_spacing(grid: &Grid, image: Interpolation) -> Self {
        Self {
            spacing_mm: grid.spacing_mm.to_vec(),
            image,
            mask: Self::default_mask(),
            mask_threshold: Self::default_mask_threshold(),
            align: Alignment::default(),
            round: false,
        }
    }

    fn default_mask() -> Interpolation {
        Interpolation::Linear
    }

    fn default_mask_threshold() -> f64 {
        0.5
    }
}

/// An interpolation algorithm, applied in the plane or in the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// Nearest neighbour.
    Nearest,
    /// Bilinear or trilinear.
    Linear,
    /// Bicubic or tricubic spline: cubic B-spline with prefilter, so that it goes through the voxels.
    CubicSpline,
    /// Bicubic or tricubic convolution (Keys, a = −1/2).
    CubicConvolution,
}

/// How the interpolation grid is laid over the image grid (UMPJ).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alignment {
    /// Align grid centres (3WE3): what the manual recommends.
    #[default]
    Centre,
    /// Align grid origins (SBKJ): the first voxel centres coincide.
    Origin,
    /// Align the outer corners of the first voxels, as several resampling tools do. Not in the manual.
    Corner,
    /// Fit to the original grid (58MB): first and last voxel centres coincide, the spacing gives way.
    Fit,
}

/// Re-segmentation of the intensity mask (IF9H). Range and outlier limits both come from the mask as it was drawn;
/// what lies in both is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Resegment {
    /// Keep intensities in this closed interval (USB3); `inf` makes it half-open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// Keep intensities within this many standard deviations of the mean (7ACA); the manual uses 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlier_sigma: Option<f64>,
}

/// Intensity discretisation (4R0B).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Discretise {
    /// Intensities are taken as they are. For histogram and texture they must be whole numbers from 1 on.
    #[default]
    None,
    /// Fixed bin number (K15C): `bins` bins over the range of the region's intensities.
    FixedBinNumber {
        /// Number of bins.
        bins: u32,
    },
    /// Fixed bin size (Q3RU): bins of `width` from the lower end of the re-segmentation range, or from the region's
    /// minimum when there is no such range.
    FixedBinSize {
        /// Bin width in intensity units.
        width: f64,
    },
    /// Fixed bin width as PyRadiomics has it: bin edges at multiples of `width`, the first bin holding the region's
    /// minimum. Not IBSI.
    FixedBinWidthPyradiomics {
        /// Bin width in intensity units.
        width: f64,
    },
    /// Histogram equalisation: `bins` bins with voxel counts as equal as ties allow.
    Equalise {
        /// Number of bins.
        bins: u32,
    },
    /// Lloyd–Max: `bins` bins that minimise the mean squared discretisation error.
    LloydMax {
        /// Number of bins.
        bins: u32,
    },
}

/// Neighbourhoods of the texture matrices, in voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Texture {
    /// Chebyshev distance δ of co-occurring voxels.
    pub glcm_distance: u32,
    /// Chebyshev radius δ of the NGTDM neighbourhood.
    pub ngtdm_distance: u32,
    /// Chebyshev radius δ of the NGLDM neighbourhood.
    pub ngldm_distance: u32,
    /// Coarseness α of the NGLDM: the largest difference of dependent grey levels.
    pub ngldm_coarseness: u32,
}

impl Default for Texture {
    fn default() -> Self {
        Self {
            glcm_distance: 1,
            ngtdm_distance: 1,
            ngldm_distance: 1,
            ngldm_coarseness: 0,
        }
    }
}

/// Which features are computed; the default is all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Families, by slug.
    pub families: Vec<Family>,
    /// Aggregations of the texture families, by slug; features that are not aggregated are always computed.
    pub aggregations: Vec<Aggregation>,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            families: Family::ALL.to_vec(),
            aggregations: Aggregation::ALL.to_vec(),
        }
    }
}

impl Selection {
    /// The aggregations of `family` that are selected; empty when the family is not.
    #[must_use]
    pub fn aggregations_of(&self, family: Family) -> Vec<Aggregation> {
        if !self.families.contains(&family) {
            return Vec::new();
        }
        family
            .aggregations()
            .iter()
            .copied()
            .filter(|a| *a == Aggregation::None || self.aggregations.contains(a))
            .collect()
    }
}

/// What is wrong with settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Not TOML, an unknown key, a value of the wrong type. The text points at the place.
    #[error("{0}")]
    Syntax(#[from] Box<toml::de::Error>),
    /// A value that no extraction can honour.
    #[error("`{key}`: expected {expected}, found `{found}`")]
    Value {
        /// The key, dotted.
        key: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it was.
        found: String,
    },
}

/// The most bins that a discretisation may have: grey levels are stored in 16 bits.
pub const MAX_LEVELS: u32 = 65_535;

/// The largest texture neighbourhood radius that is accepted, in voxels.
pub const MAX_DISTANCE: u32 = 64;

impl Settings {
    /// Reads settings from TOML and checks them.
    ///
    /// # Errors
    /// [`SettingsError::Syntax`] for what is not TOML or not a setting, [`SettingsError::Value`] for an impossible
    /// value.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text).map_err(Box::new)?;
        settings.check()?;
        Ok(settings)
    }

    /// The settings as TOML, every key written.
    ///
    /// # Panics
    /// Never: every field has a TOML form.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("settings have a TOML form")
    }

    /// Checks that every value is possible.
    ///
    /// # Errors
    /// [`SettingsError::Value`], naming the first key whose value is not.
    pub fn check(&self) -> Result<(), SettingsError> {
        if let Some(interpolate) = &self.interpolate {
            let spacing = &interpolate.spacing_mm;
            check_value(
                (spacing.len() == 2 || spacing.len() == 3)
                    && spacing.iter().all(|s| s.is_finite() && *s > 0.0),
                "interpolate.spacing_mm",
                "two (in the plane) or three positive lengths in mm",
                spacing,
            )?;
            check_value(
                interpolate.mask_threshold > 0.0 && interpolate.mask_threshold <= 1.0,
                "interpolate.mask_threshold",
                "a partial volume above 0 and up to 1",
                interpolate.mask_threshold,
            )?;
        }
        if let Some([low, high]) = self.resegment.range {
            check_value(
                low <= high && low < f64::INFINITY && high > f64::NEG_INFINITY,
                "resegment.range",
                "[lowest, highest] with lowest ≤ highest",
                [low, high],
            )?;
        }
        if let Some(sigma) = self.resegment.outlier_sigma {
            check_value(
                sigma.is_finite() && sigma > 0.0,
                "resegment.outlier_sigma",
                "a positive number of standard deviations",
                sigma,
            )?;
        }
        self.discretise
            .check(["discretise.bins", "discretise.width"])?;
        self.ivh.check(["ivh.bins", "ivh.width"])?;
        if let Some(filter) = &self.filter {
            filter.check()?;
        }
        self.check_discretisation_of_response_map()?;
        let Texture {
            glcm_distance,
            ngtdm_distance,
            ngldm_distance,
            ngldm_coarseness: _,
        } = self.texture;
        for (key, distance) in [
            ("texture.glcm_distance", glcm_distance),
            ("texture.ngtdm_distance", ngtdm_distance),
            ("texture.ngldm_distance", ngldm_distance),
        ] {
            check_value(
                (1..=MAX_DISTANCE).contains(&distance),
                key,
                "a distance from 1 to 64 voxels",
                distance,
            )?;
        }
        check_value(
            !self.features.families.is_empty(),
            "features.families",
            "at least one family",
            &self.features.families,
        )
    }
}

impl Settings {
    /// The re-segmentation range, if it is in the unit of the intensities that the features read: it bounds the bins of
    /// fixed size (Q3RU) and the intensity-volume histogram (P88C).
    #[must_use]
    pub fn calibrated_range(&self) -> Option<[f64; 2]> {
        self.resegment.range.filter(|_| self.keeps_unit())
    }

    fn keeps_unit(&self) -> bool {
        self.filter.as_ref().is_none_or(Filter::keeps_unit)
    }

    /// Intensities of a response map have no physical meaning, so that bins of fixed size can no longer be used (IBSI 2,
    /// *Interpolation and convolutional filtering*), nor an intensity-volume histogram in calibrated units.
    fn check_discretisation_of_response_map(&self) -> Result<(), SettingsError> {
        if self.keeps_unit() {
            return Ok(());
        }
        let has_fixed_size = |method: &Discretise| {
            matches!(
                method,
                Discretise::FixedBinSize { .. } | Discretise::FixedBinWidthPyradiomics { .. }
            )
        };
        let reads_levels = self
            .features
            .families
            .iter()
            .any(|family| family.reads_levels());
        check_value(
            !(reads_levels && has_fixed_size(&self.discretise)),
            "discretise.method",
            "a method with a number of bins, since the response map of the filter has no physical unit",
            self.discretise,
        )?;
        let reads_ivh = self
            .features
            .families
            .contains(&Family::IntensityVolumeHistogram);
        check_value(
            !(reads_ivh && (self.ivh == Discretise::None || has_fixed_size(&self.ivh))),
            "ivh.method",
            "a method with a number of bins, since the response map of the filter has no physical unit",
            self.ivh,
        )
    }
}

impl Discretise {
    fn check(&self, [bins_key, width_key]: [&'static str; 2]) -> Result<(), SettingsError> {
        match *self {
            Self::None => Ok(()),
            Self::FixedBinNumber { bins } | Self::Equalise { bins } | Self::LloydMax { bins } => {
                check_value(
                    (1..=MAX_LEVELS).contains(&bins),
                    bins_key,
                    "a number of bins from 1 to 65535",
                    bins,
                )
            }
            Self::FixedBinSize { width } | Self::FixedBinWidthPyradiomics { width } => check_value(
                width.is_finite() && width > 0.0,
                width_key,
                "a positive bin width in intensity units",
                width,
            ),
        }
    }
}

/// Refuses a value that does not hold.
pub(crate) fn check_value(
    holds: bool,
    key: &'static str,
    expected: &'static str,
    found: impl std::fmt::Debug,
) -> Result<(), SettingsError> {
    if holds {
        Ok(())
    } else {
        Err(SettingsError::Value {
            key,
            expected,
            found: format!("{found:?}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Settings::from_toml(text)
            .expect_err("the settings are wrong")
            .to_string()
    }

    #[test]
    fn empty_settings_are_the_defaults() {
        let settings = Settings::from_toml("").expect("every key has a default");
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.discretise, Discretise::None);
        assert_eq!(settings.features.families.len(), 11, "all families");
    }

    #[test]
    fn settings_survive_their_own_text() {
        let text = "\
            round_on_load = true\n\
            [interpolate]\nspacing_mm = [2.0, 2.0]\nimage = 'cubic-spline'\nround = true\n\
            [resegment]\nrange = [-500, inf]\noutlier_sigma = 3\n\
            [discretise]\nmethod = 'fixed-bin-size'\nwidth = 25\n\
            [features]\nfamilies = ['glcm', 'morph']\naggregations = ['2d_avg', '25d']\n";
        let settings = Settings::from_toml(text).expect("the settings are right");
        assert_eq!(settings.resegment.range, Some([-500.0, f64::INFINITY]));
        let again = Settings::from_toml(&settings.to_toml()).expect("what is written can be read");
        assert_eq!(again, settings);
        assert_eq!(
            settings.features.aggregations_of(Family::Glcm),
            [Aggregation::SliceDirectionAveraged],
            "25d is no aggregation of the GLCM"
        );
        assert_eq!(
            settings.features.aggregations_of(Family::Morphology),
            [Aggregation::None],
            "what is not aggregated is always computed"
        );
        assert!(
            settings.features.aggregations_of(Family::Ngldm).is_empty(),
            "not among the families"
        );
    }

    #[test]
    fn unknown_keys_and_words_are_named() {
        assert!(refusal("[interpolat]\n").contains("interpolat"));
        assert!(refusal("[texture]\nglcm_distanc = 1\n").contains("glcm_distanc"));
        assert!(refusal("[discretise]\nmethod = 'fbn'\nbins = 3\n").contains("fixed-bin-number"));
        assert!(refusal("[features]\naggregations = ['4d']\n").contains("4d"));
        assert!(refusal("round_on_load = 1\n").contains("boolean"));
    }

    #[test]
    fn impossible_values_are_named_with_what_is_possible() {
        let interpolate = |rest: &str| format!("[interpolate]\nimage = 'linear'\n{rest}\n");
        for (text, key) in [
            (interpolate("spacing_mm = [2.0]"), "interpolate.spacing_mm"),
            (
                interpolate("spacing_mm = [2.0, 0.0]"),
                "interpolate.spacing_mm",
            ),
            (
                interpolate("spacing_mm = [2.0, 2.0, nan]"),
                "interpolate.spacing_mm",
            ),
            (
                interpolate("spacing_mm = [1.0, 1.0]\nmask_threshold = 0.0"),
                "interpolate.mask_threshold",
            ),
            ("[resegment]\nrange = [1.0, -1.0]".into(), "resegment.range"),
            ("[resegment]\nrange = [nan, 1.0]".into(), "resegment.range"),
            (
                "[resegment]\noutlier_sigma = -3".into(),
                "resegment.outlier_sigma",
            ),
            (
                "[discretise]\nmethod = 'fixed-bin-number'\nbins = 0".into(),
                "discretise.bins",
            ),
            (
                "[ivh]\nmethod = 'fixed-bin-size'\nwidth = -2.5".into(),
                "ivh.width",
            ),
            (
                "[texture]\nglcm_distance = 0".into(),
                "texture.glcm_distance",
            ),
            ("[features]\nfamilies = []".into(), "features.families"),
        ] {
            let message = refusal(&text);
            assert!(
                message.starts_with(&format!("`{key}`: expected ")),
                "{text}: {message}"
            );
        }
    }

    #[test]
    fn response_maps_without_a_unit_have_no_bins_of_fixed_size() {
        let filtered = |rest: &str| format!("[filter]\nkind = 'square'\n{rest}\n");
        let fixed = "method = 'fixed-bin-size'\nwidth = 25\n";
        let numbered = "method = 'fixed-bin-number'\nbins = 8\n";
        let message = refusal(&filtered(&format!("[discretise]\n{fixed}")));
        assert!(message.starts_with("`discretise.method`: "), "{message}");
        let message = refusal(&filtered(&format!(
            "[discretise]\n{numbered}[ivh]\n{fixed}"
        )));
        assert!(message.starts_with("`ivh.method`: "), "{message}");
        for accepted in [
            filtered(&format!("[discretise]\n{numbered}[ivh]\n{numbered}")),
            filtered(&format!(
                "[discretise]\n{fixed}[features]\nfamilies = ['stat']"
            )),
            format!("[filter]\nkind = 'identity'\n[discretise]\n{fixed}"),
        ] {
            assert!(Settings::from_toml(&accepted).is_ok(), "{accepted}");
        }
    }

    #[test]
    fn filters_are_checked() {
        assert!(refusal("[filter]\nkind = 'median'\n").contains("`identity`"));
        assert!(refusal("[filter]\nkind = 'identity'\nsigma = 1\n").contains("sigma"));
    }
}
