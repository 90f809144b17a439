//! Deviations in aggregation: one way to aggregate over slices and directions given where another one is asked for.

use std::borrow::Cow;

use radgauge_engine::feature::{
    Aggregation::{
        self, Averaged3d, DirectionMerged, Merged2d, Merged3d, SliceDirectionAveraged, SliceMerged,
        SlicesMerged, Volume,
    },
    Family,
};

use super::{Change, Deviation, Stage};

const TEXTURE: [Family; 6] = [
    Family::Glcm,
    Family::Glrlm,
    Family::Glszm,
    Family::Gldzm,
    Family::Ngtdm,
    Family::Ngldm,
];

const SOURCE: &str = "manual, Image features, aggregation of texture features, 5QB6";

/// Every aggregation of a family for every other, and the mistakes that concern all families at once.
pub(super) fn deviations() -> Vec<Deviation> {
    let of_all = |id: &'static str, what: &'static str, source: &'static str, swaps: &[_]| {
        let swaps: Vec<(Aggregation, Aggregation)> = swaps.to_vec();
        let of_families = TEXTURE.iter().flat_map(|family| {
            let swaps = swaps.iter();
            swaps
                .filter(|(asked, _)| family.aggregations().contains(asked))
                .map(|(asked, given)| (*family, *asked, *given))
        });
        Deviation {
            id: Cow::Borrowed(id),
            stage: Stage::Aggregation,
            what: Cow::Borrowed(what),
            source: Cow::Borrowed(source),
            families: &TEXTURE,
            change: Change::Aggregations(of_families.collect()),
        }
    };
    let mut all = vec![
        of_all(
            "volume-by-slice",
            "texture of the volume made slice by slice (2.5D for 3D)",
            "manual, 5QB6; PyRadiomics with force2D",
            &[
                (Averaged3d, DirectionMerged),
                (Merged3d, Merged2d),
                (Volume, SlicesMerged),
            ],
        ),
        of_all(
            "slices-as-volume",
            "texture of slices made in the volume (3D for 2.5D)",
            "manual, 5QB6; PyRadiomics without force2D",
            &[
                (DirectionMerged, Averaged3d),
                (Merged2d, Merged3d),
                (SlicesMerged, Volume),
            ],
        ),
        of_all(
            "averaged-for-merged",
            "features averaged over directions where their matrices are to be merged",
            "manual, 5QB6; PyRadiomics by default",
            &[
                (SliceMerged, SliceDirectionAveraged),
                (Merged2d, DirectionMerged),
                (Merged3d, Averaged3d),
            ],
        ),
        of_all(
            "merged-for-averaged",
            "matrices merged over directions where their features are to be averaged",
            "manual, 5QB6; PyRadiomics with weightingNorm='no_weighting'",
            &[
                (SliceDirectionAveraged, SliceMerged),
                (DirectionMerged, Merged2d),
                (Averaged3d, Merged3d),
            ],
        ),
    ];
    const OF_FAMILY: [&[Family]; 6] = [
        &[Family::Glcm],
        &[Family::Glrlm],
        &[Family::Glszm],
        &[Family::Gldzm],
        &[Family::Ngtdm],
        &[Family::Ngldm],
    ];
    for families in OF_FAMILY {
        let family = families[0];
        for asked in family.aggregations() {
            for given in family.aggregations().iter().filter(|given| *given != asked) {
                let slug = |aggregation: &Aggregation| aggregation.slug().replace('_', "-");
                all.push(Deviation {
                    id: format!("{family}-{}-for-{}", slug(given), slug(asked)).into(),
                    stage: Stage::Aggregation,
                    what: format!("{family} aggregated as {given} where {asked} is asked for")
                        .into(),
                    source: Cow::Borrowed(SOURCE),
                    families,
                    change: Change::Aggregations(vec![(family, *asked, *given)]),
                });
            }
        }
    }
    all
}
