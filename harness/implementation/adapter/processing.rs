//! How a case is to be processed, in the words of the protocol: every field is written, nothing is implied.

use radgauge_engine::settings::{
    self, Alignment, Discretise, Interpolate, Interpolation, Resegment, Settings, Texture,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::protocol::{DiscretisationMethod, InterpolationMethod, Number};

/// How image and region are processed, in this order: round, interpolate, re-segment, discretise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Processing {
    /// Whether slices are processed one by one. Morphology is computed in 3D either way.
    pub dimension: Dimension,
    /// Round intensities to whole numbers right after loading.
    pub round_on_load: bool,
    /// Interpolation; null = the image's own grid.
    pub interpolate: Option<InterpolateStep>,
    /// Re-segmentation of the intensity mask; null = none.
    pub resegment: Option<ResegmentStep>,
    /// Discretisation for intensity histogram and texture.
    pub discretise: DiscretiseStep,
    /// Discretisation for the intensity-volume histogram.
    pub ivh: DiscretiseStep,
    /// Neighbourhoods of the texture matrices.
    pub texture: TextureStep,
    /// The filter whose response map the features read, applied after interpolation: `kind` and parameters as settings
    /// have them; null = none. Re-segmentation reads the unfiltered intensities.
    pub filter: Option<serde_json::Value>,
}

/// Whether slices are processed one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Dimension {
    /// Slices, in the plane of x and y.
    #[serde(rename = "2d")]
    Slices,
    /// The volume.
    #[serde(rename = "3d")]
    Volume,
}

/// Interpolation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterpolateStep {
    /// Spacing in mm: x and y, or x, y and z.
    pub spacing_mm: Vec<f64>,
    /// How intensities are interpolated.
    pub image: InterpolationMethod,
    /// How the mask is interpolated.
    pub mask: InterpolationMethod,
    /// A voxel is inside from this partial volume on.
    pub mask_threshold: f64,
    /// Where the new grid lies.
    pub align: Align,
    /// Round interpolated intensities to whole numbers.
    pub round: bool,
}

/// Where the interpolation grid lies with respect to the image's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Align {
    /// Centres of both grids coincide.
    Centre,
    /// Centres of the first voxels coincide.
    Origin,
    /// Outer corners of the first voxels coincide.
    Corner,
    /// First and last voxel centres coincide.
    Fit,
}

/// Re-segmentation; what lies in both range and outlier limits is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResegmentStep {
    /// Keep intensities from the lowest to the highest, both included; null = all.
    pub range: Option<[Number; 2]>,
    /// Keep intensities within so many standard deviations of the mean; null = all.
    pub outlier_sigma: Option<f64>,
}

/// Discretisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DiscretiseStep {
    /// Intensities are taken as they are.
    None,
    /// Fixed bin size, from the lower end of the re-segmentation range, or from the region's minimum without one.
    Fbs {
        /// Width of a bin.
        width: f64,
    },
    /// Fixed bin number over the range of the region.
    Fbn {
        /// Number of bins.
        bins: u32,
    },
    /// Fixed bin width with edges at multiples of the width.
    FbwPyradiomics {
        /// Width of a bin.
        width: f64,
    },
    /// Histogram equalisation.
    Equalise {
        /// Number of bins.
        bins: u32,
    },
    /// Lloyd–Max.
    LloydMax {
        /// Number of bins.
        bins: u32,
    },
}

/// Neighbourhoods of the texture matrices, in voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextureStep {
    /// Chebyshev distance of co-occurring voxels.
    pub glcm_distance: u32,
    /// Chebyshev radius of the NGTDM neighbourhood.
    pub ngtdm_distance: u32,
    /// Chebyshev radius of the NGLDM neighbourhood.
    pub ngldm_distance: u32,
    /// Coarseness of the NGLDM: the largest difference of dependent grey levels.
    pub ngldm_coarseness: u32,
}

impl Processing {
    /// What the settings ask. Which features are wanted is not part of it: the request lists them.
    ///
    /// # Panics
    /// Never: every filter has a JSON form.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        // Every field is named, so that a new one cannot be forgotten here.
        let Settings {
            round_on_load,
            interpolate,
            resegment,
            discretise,
            ivh,
            texture,
            features,
            filter,
        } = settings;
        let is_by_slice = match interpolate {
            Some(interpolate) => interpolate.spacing_mm.len() == 2,
            None => features.aggregations.iter().all(|a| a.is_by_slice()),
        };
        Self {
            dimension: if is_by_slice {
                Dimension::Slices
            } else {
                Dimension::Volume
            },
            round_on_load: *round_on_load,
            interpolate: interpolate.as_ref().map(InterpolateStep::of),
            resegment: (*resegment != Resegment::default()).then(|| ResegmentStep::of(resegment)),
            discretise: DiscretiseStep::of(*discretise),
            ivh: DiscretiseStep::of(*ivh),
            texture: TextureStep::of(*texture),
            filter: filter
                .as_ref()
                .map(|filter| serde_json::to_value(filter).expect("filters have a JSON form")),
        }
    }

    /// The kind of the filter, if there is one.
    #[must_use]
    pub fn filter_kind(&self) -> Option<&str> {
        self.filter.as_ref()?.get("kind")?.as_str()
    }
}

impl InterpolateStep {
    fn of(interpolate: &Interpolate) -> Self {
        let Interpolate {
            spacing_mm,
            image,
            mask,
            mask_threshold,
            align,
            round,
        } = interpolate;
        Self {
            spacing_mm: spacing_mm.clone(),
            image: InterpolationMethod::of(*image),
            mask: InterpolationMethod::of(*mask),
            mask_threshold: *mask_threshold,
            align: match align {
                Alignment::Centre => Align::Centre,
                Alignment::Origin => Align::Origin,
                Alignment::Corner => Align::Corner,
                Alignment::Fit => Align::Fit,
            },
            round: *round,
        }
    }
}

impl InterpolationMethod {
    fn of(interpolation: Interpolation) -> Self {
        match interpolation {
            Interpolation::Nearest => Self::Nearest,
            Interpolation::Linear => Self::Linear,
            Interpolation::CubicSpline => Self::CubicSpline,
            Interpolation::CubicConvolution => Self::CubicConvolution,
        }
    }
}

impl ResegmentStep {
    fn of(resegment: &Resegment) -> Self {
        let Resegment {
            range,
            outlier_sigma,
        } = resegment;
        Self {
            range: range.map(|range| range.map(Number)),
            outlier_sigma: *outlier_sigma,
        }
    }
}

impl DiscretiseStep {
    fn of(discretise: settings::Discretise) -> Self {
        match discretise {
            Discretise::None => Self::None,
            Discretise::FixedBinSize { width } => Self::Fbs { width },
            Discretise::FixedBinNumber { bins } => Self::Fbn { bins },
            Discretise::FixedBinWidthPyradiomics { width } => Self::FbwPyradiomics { width },
            Discretise::Equalise { bins } => Self::Equalise { bins },
            Discretise::LloydMax { bins } => Self::LloydMax { bins },
        }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> DiscretisationMethod {
        match self {
            Self::None => DiscretisationMethod::None,
            Self::Fbs { .. } => DiscretisationMethod::Fbs,
            Self::Fbn { .. } => DiscretisationMethod::Fbn,
            Self::FbwPyradiomics { .. } => DiscretisationMethod::FbwPyradiomics,
            Self::Equalise { .. } => DiscretisationMethod::Equalise,
            Self::LloydMax { .. } => DiscretisationMethod::LloydMax,
        }
    }
}

impl TextureStep {
    fn of(texture: Texture) -> Self {
        let Texture {
            glcm_distance,
            ngtdm_distance,
            ngldm_distance,
            ngldm_coarseness,
        } = texture;
        Self {
            glcm_distance,
            ngtdm_distance,
            ngldm_distance,
            ngldm_coarseness,
        }
    }
}
