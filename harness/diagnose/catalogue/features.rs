//! Deviations in what features are made of, and in their formulas.

use radgauge_engine::feature::{Family, morphology::measures::HullOf};

use super::{Deviation, Stage};
use crate::diagnose::way::{Formula as F, Logarithm, Percentile};

const MORPH: &[Family] = &[Family::Morphology];
const LENGTHS: &[Family] = &[Family::Morphology, Family::LocalIntensity];
const LOCAL: &[Family] = &[Family::LocalIntensity];
const STATISTICS: &[Family] = &[Family::IntensityStatistics, Family::IntensityHistogram];
const INTENSITIES: &[Family] = &[Family::IntensityStatistics];
const ENTROPIES: &[Family] = &[
    Family::IntensityHistogram,
    Family::Glcm,
    Family::Glrlm,
    Family::Glszm,
    Family::Gldzm,
    Family::Ngldm,
];
const GLCM: &[Family] = &[Family::Glcm];
const GLRLM: &[Family] = &[Family::Glrlm];
const COUNTS: &[Family] = &[Family::Glrlm, Family::Glszm, Family::Gldzm, Family::Ngldm];
const NGTDM: &[Family] = &[Family::Ngtdm];

#[rustfmt::skip]
pub(super) fn deviations() -> Vec<Deviation> {
    use Stage as S;
    let new = Deviation::new;
    vec![
        // units
        new("lengths-in-voxels", S::Unit, LENGTHS, "lengths counted in voxels instead of mm",
            "manual, Image features: morphology and local intensity are in mm",
            |way| way.is_in_voxels = true),

        // shape
        new("volume-by-voxels", S::Shape, MORPH, "volume by counting voxels where the mesh volume is meant",
            "manual, Morphological features, RNU0; PyRadiomics before 2.0",
            |way| way.shape.is_volume_of_voxels = true),
        new("surface-by-faces", S::Shape, MORPH, "surface area by counting voxel faces instead of by the mesh",
            "manual, Morphological features, C0JK",
            |way| way.shape.is_area_of_faces = true),
        new("mesh-at-level-1", S::Shape, MORPH, "mesh through the centres of the outermost voxels of the region instead of midway",
            "manual, Morphological features, mesh at level 0.5; an isosurface at 1",
            |way| way.shape.meshing.level = 1.0),
        new("mesh-at-level-0", S::Shape, MORPH, "mesh through the centres of the voxels around the region instead of midway",
            "manual, Morphological features, mesh at level 0.5; an isosurface just above 0",
            |way| way.shape.meshing.level = 0.0),
        new("mesh-not-padded", S::Shape, MORPH, "mesh of the region's box without padding, open where the region touches it",
            "manual, Morphological features: the mask is padded before meshing; scikit-image's marching_cubes on a cropped mask",
            |way| way.shape.meshing.is_padded = false),
        new("hull-of-voxel-centres", S::Shape, MORPH, "convex hull of the voxel centres instead of the mesh",
            "manual, Morphological features, R3ER and 7T7F",
            |way| way.shape.hull = HullOf::VoxelCentres),
        new("diameter-of-voxel-centres", S::Shape, MORPH, "maximum diameter between voxel centres instead of mesh vertices",
            "manual, Morphological features, L0JK; PyRadiomics before 2.0",
            |way| way.shape.is_diameter_of_centres = true),
        new("box-of-voxel-centres", S::Shape, MORPH, "bounding box around voxel centres instead of the mesh",
            "manual, Morphological features, PBX1 and R59B",
            |way| way.shape.is_box_of_centres = true),
        new("axes-divided-by-n", S::Shape, MORPH, "covariance of the voxel centres divided by N instead of N − 1",
            "manual, Morphological features, principal axes; the reference values use N − 1; PyRadiomics",
            |way| way.shape.is_covariance_of_population = true),
        new("axes-of-2-sqrt-lambda", S::Shape, MORPH, "axis lengths of 2 √λ instead of 4 √λ",
            "manual, Morphological features, TDIC, P9VJ, 7J51",
            |way| way.shape.are_axes_halved = true),
        new("ratios-of-variances", S::Shape, MORPH, "elongation and flatness as ratios of variances, without the root",
            "manual, Morphological features, Q3CK and N17B",
            |way| way.shape.are_ratios_of_variances = true),

        // local intensity
        new("local-intensity-inside-mask", S::LocalIntensity, LOCAL, "voxels outside the mask taken as 0 in local intensity peaks",
            "manual, Local intensity features: the sphere takes every voxel of the image",
            |way| way.is_outside_dark = true),

        // intensities
        new("variance-of-sample", S::Formula, STATISTICS, "variance, and the deviation in the coefficient of variation, divided by n − 1",
            "manual, Intensity-based statistical features, ECT3; MATLAB's var, R's var",
            |way| { way.formula.others.insert(F::SampleVariance); }),
        new("kurtosis-not-excess", S::Formula, STATISTICS, "kurtosis not excess",
            "manual, Intensity-based statistical features, IPH6; PyRadiomics, MATLAB's kurtosis",
            |way| { way.formula.others.insert(F::KurtosisNotExcess); }),
        new("moments-bias-corrected", S::Formula, STATISTICS, "skewness and kurtosis corrected for bias",
            "manual, Intensity-based statistical features, KE2A and IPH6; pandas, Excel, SAS",
            |way| { way.formula.others.insert(F::UnbiasedShape); }),
        new("median-of-absolute-deviations", S::Formula, STATISTICS, "median absolute deviation as the median, not the mean, of the distances from the median",
            "manual, Intensity-based statistical features, N72L; what statistics packages call MAD",
            |way| { way.formula.others.insert(F::MedianOfDeviations); }),
        new("robust-deviation-around-overall-mean", S::Formula, STATISTICS, "robust mean absolute deviation around the mean of all intensities",
            "manual, Intensity-based statistical features, 1128",
            |way| { way.formula.others.insert(F::RobustAroundOverallMean); }),
        new("percentiles-inverse", S::Formula, STATISTICS, "percentiles as the inverse of the distribution function, not interpolated",
            "manual, Intensity-based statistical features, QG58, which leaves the definition open; type 1 of Hyndman and Fan",
            |way| way.formula.percentile = Percentile::Inverse),
        new("percentiles-hazen", S::Formula, STATISTICS, "percentiles interpolated at the rank q n + 1/2",
            "manual, Intensity-based statistical features, QG58; MATLAB's prctile, type 5 of Hyndman and Fan",
            |way| way.formula.percentile = Percentile::Hazen),
        new("percentiles-weibull", S::Formula, STATISTICS, "percentiles interpolated at the rank q (n + 1)",
            "manual, Intensity-based statistical features, QG58; SPSS, Minitab, type 6 of Hyndman and Fan",
            |way| way.formula.percentile = Percentile::Weibull),
        new("percentiles-lower", S::Formula, STATISTICS, "percentiles as the lower of two ranks, not interpolated",
            "manual, Intensity-based statistical features, QG58; numpy.percentile with 'lower'",
            |way| way.formula.percentile = Percentile::Lower),
        new("percentiles-higher", S::Formula, STATISTICS, "percentiles as the higher of two ranks, not interpolated",
            "manual, Intensity-based statistical features, QG58; numpy.percentile with 'higher'",
            |way| way.formula.percentile = Percentile::Higher),
        new("energy-per-voxel", S::Formula, INTENSITIES, "energy divided by the number of voxels",
            "manual, Intensity-based statistical features, N8CA",
            |way| { way.formula.others.insert(F::EnergyPerVoxel); }),
        new("energy-times-volume", S::Formula, INTENSITIES, "energy times the volume of a voxel",
            "manual, Intensity-based statistical features, N8CA; PyRadiomics' TotalEnergy",
            |way| { way.formula.others.insert(F::EnergyTimesVolume); }),

        // logarithms
        new("logarithm-natural", S::Formula, ENTROPIES, "natural logarithm in entropies",
            "manual, Intensity histogram and texture features: log2; scipy.stats.entropy, PORTS",
            |way| way.formula.logarithm = Logarithm::Natural),
        new("logarithm-decimal", S::Formula, ENTROPIES, "decimal logarithm in entropies",
            "manual, Intensity histogram and texture features: log2; LIFEx before 5",
            |way| way.formula.logarithm = Logarithm::Decimal),
        new("logarithm-epsilon-6", S::Formula, ENTROPIES, "10⁻⁶ added inside the logarithm of entropies",
            "manual, Intensity histogram and texture features: terms with p = 0 are left out",
            |way| way.formula.epsilon = 1e-6),
        new("logarithm-epsilon-10", S::Formula, ENTROPIES, "10⁻¹⁰ added inside the logarithm of entropies",
            "manual, Intensity histogram and texture features: terms with p = 0 are left out",
            |way| way.formula.epsilon = 1e-10),

        // texture
        new("sum-variance-around-sum-entropy", S::Formula, GLCM, "sum variance around the sum entropy instead of the sum average",
            "manual, OEEB; a misprint in R. M. Haralick, K. Shanmugam, I. Dinstein, 1973, f7; mahotas",
            |way| { way.formula.others.insert(F::SumVarianceAroundEntropy); }),
        new("contrast-dissimilarity-exchanged", S::Formula, GLCM, "contrast and dissimilarity exchanged",
            "manual, ACUI and 8S9J",
            |way| { way.formula.others.insert(F::ContrastForDissimilarity); }),
        new("inverse-difference-exchanged", S::Formula, GLCM, "inverse difference and inverse difference moment exchanged",
            "manual, IB1Z and WF0Z; both are called homogeneity",
            |way| { way.formula.others.insert(F::InverseDifferenceForMoment); }),
        new("glcm-one-level-too-many", S::Formula, GLCM, "N_g one too large in the normalised inverse differences",
            "manual, NDRX and 1QCO",
            |way| { way.formula.others.insert(F::OneLevelTooMany); }),
        new("glcm-occurring-levels", S::Formula, GLCM, "N_g as the number of grey levels that occur in the normalised inverse differences",
            "manual, NDRX and 1QCO: N_g is the number of levels of the discretisation",
            |way| { way.formula.others.insert(F::OccurringLevels); }),
        new("non-uniformity-normalised", S::Formula, COUNTS, "normalised non-uniformities given for the non-uniformities",
            "manual, R5YN, W92Y and their kin",
            |way| { way.formula.others.insert(F::NormalisedNonUniformity); }),
        new("run-percentage-of-voxels", S::Formula, GLRLM, "run percentage of merged directions divided by the number of voxels once, not once a direction",
            "manual, 9ZK5",
            |way| { way.formula.others.insert(F::PercentageOfVoxels); }),
        new("ngtdm-contrast-of-all-levels", S::Formula, NGTDM, "NGTDM contrast with N_g instead of the number of levels that occur",
            "manual, 65HE: N_g,p is the number of levels with p > 0",
            |way| { way.formula.others.insert(F::ContrastOfAllLevels); }),
    ]
}
