//! Parts of the answers, each computed as one, and what they depend on.

use radgauge_engine::{
    diagnostics::Stage as DiagnosticStage,
    feature::{Aggregation, Family, FeatureKey},
};

use crate::diagnose::{
    catalogue::{Deviation, Stage},
    way::Way,
};

/// A part of the answers that is computed as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Diagnostic features of a stage.
    Diagnostics(DiagnosticStage),
    /// Shape without intensities.
    Shape,
    /// Shape with intensities.
    ShapeWithIntensities,
    /// Intensity-based statistics.
    Statistics,
    /// Intensity histogram.
    Histogram,
    /// Intensity-volume histogram.
    VolumeHistogram,
    /// A texture family in an aggregation.
    Texture(Family, Aggregation),
    /// Local intensity.
    Local,
    /// Spatial autocorrelation.
    Spatial,
}

impl Part {
    /// The part to which an answer belongs, by its key.
    pub(super) fn of(key: &str) -> Option<Self> {
        if let Some(rest) = key.strip_prefix("diag/") {
            let slug = rest.split('/').next()?;
            let stage = DiagnosticStage::ALL
                .into_iter()
                .find(|stage| stage.slug() == slug)?;
            return Some(Self::Diagnostics(stage));
        }
        let key: FeatureKey = key.parse().ok()?;
        Some(match key.feature.family {
            Family::Morphology => match key.feature.code.as_str() {
                "N365" | "NPT7" => Self::Spatial,
                "KLMA" | "99N0" => Self::ShapeWithIntensities,
                _ => Self::Shape,
            },
            Family::LocalIntensity => Self::Local,
            Family::IntensityStatistics => Self::Statistics,
            Family::IntensityHistogram => Self::Histogram,
            Family::IntensityVolumeHistogram => Self::VolumeHistogram,
            family => Self::Texture(family, key.aggregation),
        })
    }

    /// The part of its keys that its answers share.
    pub(super) fn prefix(self) -> String {
        match self {
            Self::Diagnostics(_) => String::new(),
            Self::Shape | Self::ShapeWithIntensities | Self::Spatial => "morph/-".to_owned(),
            Self::Local => "loc/-".to_owned(),
            Self::Statistics => "stat/-".to_owned(),
            Self::Histogram => "ih/-".to_owned(),
            Self::VolumeHistogram => "ivh/-".to_owned(),
            Self::Texture(family, aggregation) => format!("{family}/{aggregation}"),
        }
    }

    /// Whether the part costs little: what is tried on a large number of combinations.
    #[must_use]
    pub fn is_cheap(self) -> bool {
        self < Self::Texture(Family::Glcm, Aggregation::SliceDirectionAveraged)
            && self != Self::Diagnostics(DiagnosticStage::Initial)
            && self != Self::Diagnostics(DiagnosticStage::Interpolated)
    }

    /// Whether a deviation can change the part, in the company of the others.
    pub(super) fn follows(self, deviation: &Deviation, way: &Way) -> bool {
        let initial = Self::Diagnostics(DiagnosticStage::Initial);
        let interpolated = Self::Diagnostics(DiagnosticStage::Interpolated);
        match deviation.stage {
            Stage::Load => true,
            Stage::Grid | Stage::Mask => self != initial,
            Stage::Interpolation | Stage::Rounding => {
                self != initial && (self != Self::Shape || way.resegment.is_morphological_too)
            }
            Stage::Resegmentation => {
                self != initial
                    && self != interpolated
                    && (self != Self::Shape || way.resegment.is_morphological_too)
            }
            Stage::Discretisation => match self {
                Self::Histogram | Self::Texture(..) => true,
                Self::VolumeHistogram => way.ivh.is_of_texture_levels,
                _ => false,
            },
            Stage::VolumeHistogram => self == Self::VolumeHistogram,
            Stage::Unit => matches!(
                self,
                Self::Shape | Self::ShapeWithIntensities | Self::Spatial | Self::Local
            ),
            Stage::Shape => matches!(self, Self::Shape | Self::ShapeWithIntensities),
            Stage::LocalIntensity => self == Self::Local,
            Stage::Matrix | Stage::Aggregation | Stage::Formula => match self {
                Self::Texture(family, aggregation) => {
                    deviation.families.contains(&family)
                        && deviation.may_change(family, aggregation)
                }
                Self::Statistics => deviation.families.contains(&Family::IntensityStatistics),
                Self::Histogram => deviation.families.contains(&Family::IntensityHistogram),
                _ => false,
            },
        }
    }
}
