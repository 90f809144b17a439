//! Deviations in making texture matrices.

use radgauge_engine::feature::Family;

use super::{Deviation, Stage};
use crate::diagnose::way::{Linked, Metric, Tones, ZoneEdge};

const SLICED: &[Family] = &[
    Family::Glcm,
    Family::Glrlm,
    Family::Glszm,
    Family::Gldzm,
    Family::Ngtdm,
    Family::Ngldm,
];
const GLCM: &[Family] = &[Family::Glcm];
const GLRLM: &[Family] = &[Family::Glrlm];
const ZONES: &[Family] = &[Family::Glszm, Family::Gldzm];
const GLDZM: &[Family] = &[Family::Gldzm];
const NGTDM: &[Family] = &[Family::Ngtdm];
const NGLDM: &[Family] = &[Family::Ngldm];

#[rustfmt::skip]
pub(super) fn deviations() -> Vec<Deviation> {
    use Stage::Matrix as M;
    let new = Deviation::new;
    vec![
        new("slices-across-x", M, SLICED, "2D and 2.5D texture in slices across x instead of z",
            "manual, Image features: slices lie across z; the first axis of an array taken for the slices",
            |way| way.texture.slice_axis = 0),
        new("slices-across-y", M, SLICED, "2D and 2.5D texture in slices across y instead of z",
            "manual, Image features: slices lie across z",
            |way| way.texture.slice_axis = 1),

        new("glcm-not-symmetric", M, GLCM, "co-occurrence counted in one order only, the matrix not symmetric",
            "manual, Grey level co-occurrence based features; PyRadiomics with symmetricalGLCM=False, scikit-image by default",
            |way| way.texture.is_glcm_symmetric = false),
        new("glcm-distance-2", M, GLCM, "co-occurrence at distance 2",
            "manual, Grey level co-occurrence based features, PVMT",
            |way| way.settings.texture.glcm_distance += 1),
        new("glcm-along-axes", M, GLCM, "co-occurrence along the voxel axes only, not along diagonals",
            "manual, Texture families, directions: 13 in 3D, 4 in 2D",
            |way| way.texture.is_glcm_along_axes = true),

        new("glrlm-along-axes", M, GLRLM, "runs along the voxel axes only, not along diagonals",
            "manual, Texture families, directions: 13 in 3D, 4 in 2D",
            |way| way.texture.is_glrlm_along_axes = true),

        new("zones-linked-by-faces", M, ZONES, "zones linked across faces only (6 neighbours in 3D, 4 in 2D)",
            "manual, Grey level size zone based features: 26 and 8 neighbours; scipy.ndimage.label by default",
            |way| way.texture.zones = Linked::Faces),
        new("zones-linked-by-edges", M, ZONES, "zones linked across faces and edges only (18 neighbours)",
            "manual, Grey level size zone based features: 26 neighbours",
            |way| way.texture.zones = Linked::Edges),

        new("zone-distance-chebyshev", M, GLDZM, "zone distance counted in steps in any direction instead of along the axes",
            "manual, Grey level distance zone based features: Manhattan distance",
            |way| way.texture.zone_metric = Metric::Chebyshev),
        new("zone-distance-to-image-border", M, GLDZM, "zone distance measured to the border of the image instead of the region's",
            "manual, Grey level distance zone based features",
            |way| way.texture.zone_edge = ZoneEdge::Image),
        new("zone-distance-to-intensity-mask", M, GLDZM, "zone distance measured to the edge of the intensity mask instead of the morphological mask",
            "manual, Grey level distance zone based features: the morphological mask",
            |way| way.texture.zone_edge = ZoneEdge::Intensity),

        new("ngtdm-distance-2", M, NGTDM, "NGTDM neighbourhood of distance 2",
            "manual, Neighbourhood grey tone difference based features",
            |way| way.settings.texture.ngtdm_distance += 1),
        new("ngtdm-face-neighbours", M, NGTDM, "NGTDM neighbourhood of the voxels that share a face",
            "manual, Neighbourhood grey tone difference based features: Chebyshev distance",
            |way| way.texture.is_ngtdm_along_axes = true),
        new("ngtdm-with-centre", M, NGTDM, "the centre counted to its own NGTDM neighbourhood",
            "manual, Neighbourhood grey tone difference based features; a mean filter",
            |way| way.texture.tones = Tones::WithCentre),
        new("ngtdm-whole-neighbourhoods", M, NGTDM, "voxels at the border of the region left out of the NGTDM",
            "manual, Neighbourhood grey tone difference based features; M. Amadasun, R. King, 1989",
            |way| way.texture.tones = Tones::WholeOnly),
        new("ngtdm-outside-zero", M, NGTDM, "neighbours outside the region counted as level 0 in the NGTDM",
            "manual, Neighbourhood grey tone difference based features",
            |way| way.texture.tones = Tones::OutsideZero),

        new("ngldm-distance-2", M, NGLDM, "NGLDM neighbourhood of distance 2",
            "manual, Neighbouring grey level dependence based features",
            |way| way.settings.texture.ngldm_distance += 1),
        new("ngldm-coarseness-1", M, NGLDM, "NGLDM with coarseness 1 instead of 0",
            "manual, Neighbouring grey level dependence based features",
            |way| way.settings.texture.ngldm_coarseness += 1),
        new("ngldm-face-neighbours", M, NGLDM, "NGLDM neighbourhood of the voxels that share a face",
            "manual, Neighbouring grey level dependence based features: Chebyshev distance",
            |way| way.texture.is_ngldm_along_axes = true),
        new("ngldm-without-centre", M, NGLDM, "the centre not counted in its NGLDM dependence",
            "manual, Neighbouring grey level dependence based features: j = 1 + dependent neighbours",
            |way| way.texture.is_dependence_with_centre = false),
    ]
}
