//! A way of computing features: the settings of a case, and everything that implementations are known to do otherwise.
//!
//! The default of every option is the manual's. A [deviation](super::catalogue::Deviation) changes one of them; since a
//! way is plain data, deviations compose by being applied one after the other.

use std::collections::{BTreeMap, BTreeSet};

use radgauge_engine::{
    feature::{
        Aggregation, Family,
        morphology::measures::{HullOf, Meshing},
    },
    settings::Settings,
};

/// A way of computing features.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// The settings of the case; deviations that are a matter of another setting change them.
    pub settings: Settings,
    /// How image and mask are read.
    pub load: Load,
    /// How many voxels the interpolation grid has.
    pub grid_size: GridSize,
    /// Whether a cubic spline is prefiltered, so that it goes through the voxels.
    pub is_prefiltered: bool,
    /// How interpolated intensities become whole, where they do.
    pub rounding: Rounding,
    /// Whether a voxel at the partial volume threshold belongs to the mask.
    pub is_threshold_inside: bool,
    /// Re-segmentation.
    pub resegment: ResegmentWay,
    /// Discretisation for histogram and texture.
    pub discretise: DiscretiseWay,
    /// The intensity-volume histogram.
    pub ivh: VolumeHistogramWay,
    /// Texture matrices.
    pub texture: TextureWay,
    /// The aggregation that is given where another one is asked for.
    pub aggregations: BTreeMap<(Family, Aggregation), Aggregation>,
    /// Formulas.
    pub formula: FormulaWay,
    /// Shape.
    pub shape: ShapeWay,
    /// Whether voxels outside the mask count as 0 for local intensity.
    pub is_outside_dark: bool,
    /// Whether lengths are counted in voxels.
    pub is_in_voxels: bool,
}

/// How image and mask are read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Whether x and z are exchanged, voxels and spacing alike.
    pub is_transposed: bool,
    /// Whether the spacings of x and z are exchanged.
    pub is_spacing_reversed: bool,
}

/// How many voxels the interpolation grid has along an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum GridSize {
    /// ⌈n_a s_a / s_b⌉
    #[default]
    Ceiling,
    /// ⌊n_a s_a / s_b⌋
    Floor,
    /// The nearest whole number.
    Nearest,
}

/// How an interpolated intensity becomes a whole number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Rounding {
    /// To the nearest, ties away from zero.
    #[default]
    Nearest,
    /// To the nearest, ties to the even one.
    HalfEven,
    /// To the next towards zero.
    Truncation,
}

/// Re-segmentation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ResegmentWay {
    /// Whether mean and deviation of the outlier limits come from what the range has left.
    pub is_range_first: bool,
    /// Whether the deviation of the outlier limits is divided by n − 1.
    pub is_deviation_of_sample: bool,
    /// Whether the morphological mask is re-segmented as well.
    pub is_morphological_too: bool,
    /// Whether intensities outside the range are moved to its ends instead of being left out.
    pub is_clamping: bool,
}

/// Discretisation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DiscretiseWay {
    /// Where bins of fixed size are counted from.
    pub first_edge: FirstEdge,
    /// The range that is cut into a fixed number of bins.
    pub extent: Extent,
    /// Where an intensity on an edge goes.
    pub edge: Edge,
    /// Whether the highest intensity, on the last edge, gets a bin of its own.
    pub has_top_bin: bool,
    /// Whether levels that do not occur are skipped in numbering.
    pub is_gapless: bool,
    /// Added to every level.
    pub shift: i32,
}

/// Where bins of fixed size are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum FirstEdge {
    /// The lower end of the re-segmentation range.
    #[default]
    Range,
    /// The lowest intensity of the region.
    Minimum,
    /// The multiple of the width below the lowest intensity of the region.
    Multiple,
}

/// The range that is cut into a fixed number of bins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Extent {
    /// That of the region's intensities.
    #[default]
    Region,
    /// That of all intensities of the image.
    Image,
    /// The re-segmentation range.
    Range,
}

/// Where an intensity on an edge between two bins goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Edge {
    /// Into the upper bin.
    #[default]
    Up,
    /// Into the lower bin.
    Down,
    /// Edges lie where bin centres should be: levels are rounded.
    Rounded,
}

/// The intensity-volume histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct VolumeHistogramWay {
    /// Whether the fraction is that of voxels above an intensity, instead of at least it.
    pub is_above: bool,
    /// Whether the grey levels of the texture stand for the intensities.
    pub is_of_texture_levels: bool,
}

/// Texture matrices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextureWay {
    /// The axis across which slices lie: 2 for z.
    pub slice_axis: usize,
    /// Whether the co-occurrence matrix counts both orders of a pair.
    pub is_glcm_symmetric: bool,
    /// Whether co-occurrence looks along the voxel axes only.
    pub is_glcm_along_axes: bool,
    /// Whether runs are sought along the voxel axes only.
    pub is_glrlm_along_axes: bool,
    /// Which voxels are linked to a zone.
    pub zones: Linked,
    /// How the distance of a zone to the edge is measured.
    pub zone_metric: Metric,
    /// The edge to which the distance of a zone is measured.
    pub zone_edge: ZoneEdge,
    /// The neighbourhood of the NGTDM.
    pub tones: Tones,
    /// Whether the NGTDM looks at neighbours that share a face only.
    pub is_ngtdm_along_axes: bool,
    /// Whether a dependence count includes the voxel itself.
    pub is_dependence_with_centre: bool,
    /// Whether the NGLDM looks at neighbours that share a face only.
    pub is_ngldm_along_axes: bool,
}

impl Default for TextureWay {
    fn default() -> Self {
        Self {
            slice_axis: 2,
            is_glcm_symmetric: true,
            is_glcm_along_axes: false,
            is_glrlm_along_axes: false,
            zones: Linked::default(),
            zone_metric: Metric::default(),
            zone_edge: ZoneEdge::default(),
            tones: Tones::default(),
            is_ngtdm_along_axes: false,
            is_dependence_with_centre: true,
            is_ngldm_along_axes: false,
        }
    }
}

/// Which voxels of one grey level are linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Linked {
    /// Those that share a corner: 26, or 8 in a slice.
    #[default]
    Corners,
    /// Those that share an edge: 18, or 8 in a slice.
    Edges,
    /// Those that share a face: 6, or 4 in a slice.
    Faces,
}

/// How far two voxels are apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metric {
    /// Steps along the axes.
    #[default]
    Manhattan,
    /// Steps in any direction.
    Chebyshev,
}

/// The edge to which the distance of a zone is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZoneEdge {
    /// That of the morphological mask.
    #[default]
    Morphological,
    /// That of the intensity mask.
    Intensity,
    /// That of the image.
    Image,
}

/// The neighbourhood of the NGTDM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tones {
    /// The neighbours inside the region.
    #[default]
    Inside,
    /// The neighbours inside the region and the voxel itself.
    WithCentre,
    /// All neighbours; voxels with one outside the region are not counted.
    WholeOnly,
    /// All neighbours; those outside the region have level 0.
    OutsideZero,
}

/// Formulas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormulaWay {
    /// The base of logarithms.
    pub logarithm: Logarithm,
    /// What is added to a probability inside a logarithm.
    pub epsilon: f64,
    /// The definition of a percentile.
    pub percentile: Percentile,
    /// The others, each on or off.
    pub others: BTreeSet<Formula>,
}

/// The base of logarithms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Logarithm {
    /// 2
    #[default]
    Binary,
    /// e
    Natural,
    /// 10
    Decimal,
}

/// Definition of a percentile: the rank, from 0, among n values in order at fraction q (R. J. Hyndman, Y. Fan, *Sample
/// Quantiles in Statistical Packages*, The American Statistician 50, 1996, pp. 361–365).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Percentile {
    /// q (n − 1), linear between ranks: type 7.
    #[default]
    Linear,
    /// ⌈q n⌉ − 1: type 1, the inverse of the distribution function.
    Inverse,
    /// q n − 1/2, linear between ranks: type 5, Hazen's.
    Hazen,
    /// q (n + 1) − 1, linear between ranks: type 6, Weibull's.
    Weibull,
    /// ⌊q (n − 1)⌋
    Lower,
    /// ⌈q (n − 1)⌉
    Higher,
}

/// A formula that is another than the manual's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Formula {
    /// Variance and what is made of it divided by n − 1.
    SampleVariance,
    /// Kurtosis without − 3.
    KurtosisNotExcess,
    /// Skewness and kurtosis corrected for bias.
    UnbiasedShape,
    /// Median absolute deviation as the median of distances from the median.
    MedianOfDeviations,
    /// Robust mean absolute deviation around the mean of all intensities.
    RobustAroundOverallMean,
    /// Energy divided by the number of voxels.
    EnergyPerVoxel,
    /// Energy times the volume of a voxel.
    EnergyTimesVolume,
    /// Sum variance around sum entropy.
    SumVarianceAroundEntropy,
    /// Contrast and dissimilarity exchanged.
    ContrastForDissimilarity,
    /// Inverse difference and inverse difference moment exchanged.
    InverseDifferenceForMoment,
    /// N_g one too large where co-occurrence features are normalised by it.
    OneLevelTooMany,
    /// N_g as the number of levels that occur.
    OccurringLevels,
    /// Normalised non-uniformity given for non-uniformity.
    NormalisedNonUniformity,
    /// Percentages divided by the number of voxels once, not once a direction.
    PercentageOfVoxels,
    /// NGTDM contrast with N_g instead of the number of levels that occur.
    ContrastOfAllLevels,
}

/// Shape.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ShapeWay {
    /// The volume that other features are made of.
    pub is_volume_of_voxels: bool,
    /// Whether the area is that of the voxels' faces.
    pub is_area_of_faces: bool,
    /// How the mask is meshed.
    pub meshing: Meshing,
    /// The points around which the convex hull is laid.
    pub hull: HullOf,
    /// Whether the maximum diameter is that between voxel centres.
    pub is_diameter_of_centres: bool,
    /// Whether the axis-aligned box is that around voxel centres.
    pub is_box_of_centres: bool,
    /// Whether the covariance of the voxel centres is divided by N.
    pub is_covariance_of_population: bool,
    /// Whether axis lengths are 2 √λ.
    pub are_axes_halved: bool,
    /// Whether elongation and flatness are ratios of variances.
    pub are_ratios_of_variances: bool,
}

impl Way {
    /// The manual's way under these settings.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            load: Load::default(),
            grid_size: GridSize::default(),
            is_prefiltered: true,
            rounding: Rounding::default(),
            is_threshold_inside: true,
            resegment: ResegmentWay::default(),
            discretise: DiscretiseWay::default(),
            ivh: VolumeHistogramWay::default(),
            texture: TextureWay::default(),
            aggregations: BTreeMap::new(),
            formula: FormulaWay::default(),
            shape: ShapeWay::default(),
            is_outside_dark: false,
            is_in_voxels: false,
        }
    }
}
