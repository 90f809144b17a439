//! Deviations in image processing, up to discretisation.

use radgauge_engine::{
    feature::Family,
    settings::{Alignment, Discretise, Interpolation},
};

use super::{Deviation, Stage};
use crate::diagnose::way::{Edge, Extent, FirstEdge, GridSize, Rounding, VolumeHistogramWay, Way};

const ALL: &[Family] = &[];
const IVH: &[Family] = &[Family::IntensityVolumeHistogram];

fn align(way: &mut Way, align: Alignment) {
    if let Some(interpolate) = &mut way.settings.interpolate {
        interpolate.align = align;
    }
}

fn size_grid(way: &mut Way, size: GridSize) {
    if way.settings.interpolate.is_some() {
        way.grid_size = size;
    }
}

fn interpolate_image(way: &mut Way, algorithm: Interpolation) {
    if let Some(interpolate) = &mut way.settings.interpolate {
        interpolate.image = algorithm;
    }
}

fn round(way: &mut Way, rounding: Rounding) {
    if way.settings.interpolate.as_ref().is_some_and(|i| i.round) {
        way.rounding = rounding;
    }
}

fn count_from(way: &mut Way, edge: FirstEdge) {
    if let Discretise::FixedBinSize { .. } = way.settings.discretise {
        way.discretise.first_edge = edge;
    }
}

fn change_bins(way: &mut Way, change: i32) {
    if let Discretise::FixedBinNumber { bins } = &mut way.settings.discretise {
        *bins = bins.saturating_add_signed(change);
    }
}

fn cut(way: &mut Way, extent: Extent) {
    let has_extent = match extent {
        Extent::Range => way
            .settings
            .resegment
            .range
            .is_some_and(|range| range.iter().all(|end| end.is_finite())),
        Extent::Region | Extent::Image => true,
    };
    if let Discretise::FixedBinNumber { .. } = way.settings.discretise
        && has_extent
    {
        way.discretise.extent = extent;
    }
}

fn treat_edges(way: &mut Way, edge: Edge) {
    if let Discretise::FixedBinNumber { .. } | Discretise::FixedBinSize { .. } =
        way.settings.discretise
    {
        way.discretise.edge = edge;
    }
}

#[rustfmt::skip]
pub(super) fn deviations() -> Vec<Deviation> {
    use Stage as S;
    let new = Deviation::new;
    vec![
        // load
        new("axes-transposed", S::Load, ALL, "x and z of image and mask exchanged, so that slices lie across x",
            "manual, Image processing: slices lie across z; arrays that are indexed [z, y, x] read as [x, y, z]",
            |way| way.load.is_transposed = true),
        new("spacing-reversed", S::Load, ALL, "voxel spacing read in the order z, y, x",
            "manual, Image processing; SimpleITK gives spacings in the order x, y, z and NumPy arrays as [z, y, x]",
            |way| way.load.is_spacing_reversed = true),
        new("not-rounded-on-load", S::Load, ALL, "intensities of a CT taken as the file stores them, not rounded to whole Hounsfield units",
            "manual, Reference data sets: CT intensities are whole numbers; the NIfTI files store them as floating point",
            |way| way.settings.round_on_load = false),

        // grid
        new("grid-aligned-by-corner", S::Grid, ALL, "interpolation grid aligned by the outer corner of the first voxel instead of by centres",
            "manual, Interpolation, UMPJ; PyRadiomics",
            |way| align(way, Alignment::Corner)),
        new("grid-aligned-by-origin", S::Grid, ALL, "interpolation grid aligned by the centre of the first voxel instead of by grid centres",
            "manual, Interpolation, SBKJ; SimpleITK and ITK resampling with the image's origin",
            |way| align(way, Alignment::Origin)),
        new("grid-fitted", S::Grid, ALL, "interpolation grid fitted to first and last voxel centre instead of aligned by centres",
            "manual, Interpolation, 58MB; scipy.ndimage.zoom",
            |way| align(way, Alignment::Fit)),
        new("grid-size-floored", S::Grid, ALL, "size of the interpolation grid rounded down instead of up",
            "manual, Interpolation, 026Q",
            |way| size_grid(way, GridSize::Floor)),
        new("grid-size-rounded", S::Grid, ALL, "size of the interpolation grid rounded to the nearest instead of up",
            "manual, Interpolation, 026Q; scipy.ndimage.zoom",
            |way| size_grid(way, GridSize::Nearest)),

        // mask
        new("mask-by-nearest-neighbour", S::Mask, ALL, "mask interpolated by nearest neighbour",
            "manual, Interpolation, partial volume effects, E8H9; PyRadiomics",
            |way| if let Some(interpolate) = &mut way.settings.interpolate { interpolate.mask = Interpolation::Nearest }),
        new("mask-threshold-excluded", S::Mask, ALL, "voxels whose partial volume is just 0.5 left out of the mask (> instead of ≥)",
            "manual, Interpolation, partial volume effects, E8H9",
            |way| if way.settings.interpolate.is_some() { way.is_threshold_inside = false }),
        new("mask-of-any-partial-volume", S::Mask, ALL, "every voxel that the region touches taken into the mask",
            "manual, Interpolation, partial volume effects, E8H9",
            |way| if let Some(interpolate) = &mut way.settings.interpolate { interpolate.mask_threshold = 1e-6 }),
        new("mask-of-whole-voxels", S::Mask, ALL, "only voxels that lie in the region as a whole taken into the mask",
            "manual, Interpolation, partial volume effects, E8H9",
            |way| if let Some(interpolate) = &mut way.settings.interpolate { interpolate.mask_threshold = 1.0 }),

        // interpolation
        new("image-by-nearest-neighbour", S::Interpolation, ALL, "intensities interpolated by nearest neighbour",
            "manual, Interpolation, VTM2",
            |way| interpolate_image(way, Interpolation::Nearest)),
        new("image-by-linear", S::Interpolation, ALL, "intensities interpolated linearly instead of as asked",
            "manual, Interpolation, VTM2",
            |way| interpolate_image(way, Interpolation::Linear)),
        new("image-by-cubic-spline", S::Interpolation, ALL, "intensities interpolated by cubic spline instead of as asked",
            "manual, Interpolation, VTM2; the default of PyRadiomics",
            |way| interpolate_image(way, Interpolation::CubicSpline)),
        new("image-by-cubic-convolution", S::Interpolation, ALL, "intensities interpolated by cubic convolution instead of as asked",
            "manual, Interpolation, VTM2: cubic spline and cubic convolution differ; MATLAB's interp3 'cubic'",
            |way| interpolate_image(way, Interpolation::CubicConvolution)),
        new("spline-not-prefiltered", S::Interpolation, ALL, "cubic B-spline without its prefilter, which smooths",
            "manual, Interpolation, VTM2; scipy.ndimage with prefilter=False",
            |way| if let Some(interpolate) = &mut way.settings.interpolate {
                interpolate.image = Interpolation::CubicSpline;
                way.is_prefiltered = false;
            }),

        // rounding
        new("not-rounded", S::Rounding, ALL, "intensities not rounded after interpolation",
            "manual, Interpolation, 68QD; PyRadiomics",
            |way| if let Some(interpolate) = &mut way.settings.interpolate { interpolate.round = false }),
        new("rounded-towards-zero", S::Rounding, ALL, "interpolated intensities cut to whole numbers instead of rounded",
            "manual, Interpolation, 68QD; a cast to an integer type",
            |way| round(way, Rounding::Truncation)),
        new("rounded-half-to-even", S::Rounding, ALL, "interpolated intensities on a half rounded to the even number",
            "manual, Interpolation, 68QD, which leaves ties open; numpy.rint, IEEE 754",
            |way| round(way, Rounding::HalfEven)),

        // re-segmentation
        new("range-not-applied", S::Resegmentation, ALL, "intensity mask not re-segmented by range",
            "manual, Re-segmentation, USB3",
            |way| way.settings.resegment.range = None),
        new("outliers-not-removed", S::Resegmentation, ALL, "outliers not removed from the intensity mask",
            "manual, Re-segmentation, 7ACA; PyRadiomics cannot combine range and outliers",
            |way| way.settings.resegment.outlier_sigma = None),
        new("outliers-after-range", S::Resegmentation, ALL, "mean and deviation of the outlier limits taken after the range was applied",
            "manual, Re-segmentation: the mask is the intersection of both intervals",
            |way| if way.settings.resegment.range.is_some() && way.settings.resegment.outlier_sigma.is_some() {
                way.resegment.is_range_first = true;
            }),
        new("outliers-by-sample-deviation", S::Resegmentation, ALL, "outlier limits with a standard deviation divided by n − 1",
            "manual, Re-segmentation, 7ACA; MATLAB's std, R's sd",
            |way| if way.settings.resegment.outlier_sigma.is_some() { way.resegment.is_deviation_of_sample = true }),
        new("resegmented-morphological-mask", S::Resegmentation, ALL, "morphological mask re-segmented as well",
            "manual, Intensity and morphological masks, ECJF; PyRadiomics before 2.0, Pictologics 0.9 by default",
            |way| if way.settings.resegment.range.is_some() || way.settings.resegment.outlier_sigma.is_some() {
                way.resegment.is_morphological_too = true;
            }),
        new("intensities-clamped", S::Resegmentation, ALL, "intensities outside the range moved to its ends instead of left out",
            "manual, Re-segmentation, USB3",
            |way| if way.settings.resegment.range.is_some() { way.resegment.is_clamping = true }),

        // discretisation
        new("bins-from-roi-minimum", S::Discretisation, ALL, "bins of fixed size counted from the lowest intensity of the region instead of from the re-segmentation range",
            "manual, Intensity discretisation, Q3RU",
            |way| count_from(way, FirstEdge::Minimum)),
        new("bins-at-multiples-of-width", S::Discretisation, ALL, "edges of bins of fixed size at multiples of the width, counted from zero instead of from the re-segmentation range",
            "manual, Intensity discretisation, Q3RU; PyRadiomics",
            |way| count_from(way, FirstEdge::Multiple)),
        new("one-bin-too-few", S::Discretisation, ALL, "one bin too few",
            "manual, Intensity discretisation, K15C",
            |way| change_bins(way, -1)),
        new("one-bin-too-many", S::Discretisation, ALL, "one bin too many",
            "manual, Intensity discretisation, K15C",
            |way| change_bins(way, 1)),
        new("highest-intensity-in-own-bin", S::Discretisation, ALL, "highest intensity put into a bin of its own above the last",
            "manual, Intensity discretisation, K15C: X = X_max belongs to bin N_g",
            |way| if let Discretise::FixedBinNumber { .. } = way.settings.discretise { way.discretise.has_top_bin = true }),
        new("bins-closed-above", S::Discretisation, ALL, "intensities on a bin edge put into the lower bin",
            "manual, Intensity discretisation, K15C and Q3RU; R's cut, MATLAB's discretize with 'right'",
            |way| treat_edges(way, Edge::Down)),
        new("levels-rounded", S::Discretisation, ALL, "grey levels rounded to the nearest instead of down, so that the first bin is half as wide",
            "manual, Intensity discretisation, K15C and Q3RU",
            |way| treat_edges(way, Edge::Rounded)),
        new("discretised-over-image", S::Discretisation, ALL, "bins laid over the intensities of the whole image instead of the region's",
            "manual, Intensity discretisation, K15C",
            |way| cut(way, Extent::Image)),
        new("discretised-over-range", S::Discretisation, ALL, "bins laid over the re-segmentation range instead of the region's intensities",
            "manual, Intensity discretisation, K15C",
            |way| cut(way, Extent::Range)),
        new("levels-without-gaps", S::Discretisation, ALL, "grey levels that do not occur skipped in numbering",
            "manual, Intensity discretisation: a level is the number of its bin; MATLAB's unique",
            |way| way.discretise.is_gapless = true),
        new("levels-from-zero", S::Discretisation, ALL, "grey levels counted from 0 instead of 1",
            "manual, Intensity discretisation; LIFEx and PyRadiomics differed by this (pyradiomics issue 648)",
            |way| way.discretise.shift = -1),
        new("levels-from-two", S::Discretisation, ALL, "grey levels counted from 2 instead of 1",
            "manual, Intensity discretisation: 1 added twice",
            |way| way.discretise.shift = 1),

        // intensity-volume histogram
        new("ivh-above", S::VolumeHistogram, IVH, "intensity-volume histogram of the voxels above an intensity (> instead of ≥)",
            "manual, Intensity-volume histogram, P88C",
            |way| way.ivh.is_above = true),
        new("ivh-of-texture-levels", S::VolumeHistogram, IVH, "intensity-volume histogram of the grey levels made for texture",
            "manual, Intensity-volume histogram: it has a discretisation of its own",
            |way| way.ivh = VolumeHistogramWay {
                is_of_texture_levels: way.settings.discretise != Discretise::None,
                ..way.ivh
            }),
        new("ivh-not-discretised", S::VolumeHistogram, IVH, "intensity-volume histogram of the intensities themselves instead of bins",
            "manual, Intensity-volume histogram, discretisation",
            |way| way.settings.ivh = Discretise::None),
    ]
}
