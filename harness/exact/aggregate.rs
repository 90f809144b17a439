//! Feature aggregation (5QB6): which texture matrices are merged, and which values are averaged.

use super::{
    arithmetic::mean,
    region::{Extent, Position, Region},
};

/// A texture matrix that can be merged with others of its kind.
pub(super) trait TextureMatrix: Clone + Default {
    /// Whether the matrix has no entry; such a matrix takes no part in an average.
    fn is_empty(&self) -> bool;

    /// Adds the counts of `other`, element by element.
    fn merge(&mut self, other: &Self);
}

/// The matrices of one aggregation: features are computed from each and averaged.
pub(super) type Aggregated<M> = (&'static str, Vec<M>);

/// The six aggregations of a matrix that is made along a direction (GLCM, GLRLM).
pub(super) fn by_direction<M: TextureMatrix>(
    region: &Region,
    matrix: impl Fn(&Region, Position) -> M,
) -> Vec<Aggregated<M>> {
    let in_plane = Region::directions(Extent::Slice);
    let slices = region.slices();
    // planar[s][d]: the matrix of slice s along direction d
    let planar: Vec<Vec<M>> = slices
        .iter()
        .map(|slice| in_plane.iter().map(|m| matrix(slice, *m)).collect())
        .collect();
    let volumetric: Vec<M> = Region::directions(Extent::Volume)
        .into_iter()
        .map(|m| matrix(region, m))
        .collect();

    let along = |d: usize| merged(planar.iter().map(|of_slice| &of_slice[d]));
    vec![
        ("2d_avg", planar.concat()),
        ("2d_mrg", planar.iter().map(merged).collect()),
        ("25d_avg", (0..in_plane.len()).map(along).collect()),
        ("25d_mrg", vec![merged(planar.iter().flatten())]),
        ("3d_avg", volumetric.clone()),
        ("3d_mrg", vec![merged(&volumetric)]),
    ]
}

/// The three aggregations of a matrix that has no direction (GLSZM, GLDZM, NGTDM, NGLDM).
pub(super) fn by_extent<M: TextureMatrix>(
    region: &Region,
    matrix: impl Fn(&Region) -> M,
) -> Vec<Aggregated<M>> {
    let planar: Vec<M> = region.slices().iter().map(&matrix).collect();
    let all_slices = merged(&planar);
    vec![
        ("2d", planar),
        ("25d", vec![all_slices]),
        ("3d", vec![matrix(region)]),
    ]
}

/// A feature's value: the average over the matrices that have entries and for which the feature is defined; `None`
/// when there is no such matrix.
pub(super) fn averaged<M: TextureMatrix>(
    matrices: &[M],
    feature: impl Fn(&M) -> Option<f64>,
) -> Option<f64> {
    let values: Vec<f64> = matrices
        .iter()
        .filter(|matrix| !matrix.is_empty())
        .filter_map(feature)
        .collect();
    mean(&values)
}

fn merged<'m, M: TextureMatrix + 'm>(matrices: impl IntoIterator<Item = &'m M>) -> M {
    let mut all = M::default();
    for matrix in matrices {
        all.merge(matrix);
    }
    all
}
