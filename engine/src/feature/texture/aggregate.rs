//! Aggregation (5QB6): from matrices of slices and directions to one set of values.

use rayon::prelude::*;

use super::{DIRECTIONS, Direction, Levels};
use crate::feature::{Aggregation, Undefined, Value, Values};

/// A texture matrix that is not empty.
pub(crate) trait Matrix: Sized + Send + Sync {
    /// The sum of matrices; `None` of no matrices.
    fn merged<'a>(parts: impl Iterator<Item = &'a Self>) -> Option<Self>
    where
        Self: 'a;
}

/// A family's features, by IBSI code, in the order of the catalogue.
pub(crate) type Features<M> = [(&'static str, fn(&M) -> Value)];

/// The values of one matrix.
pub(crate) fn evaluate<M>(features: &Features<M>, matrix: &M) -> Values {
    features
        .iter()
        .map(|(code, feature)| (*code, "", feature(matrix)))
        .collect()
}

/// The values of a family whose matrices are made per direction (GLCM, GLRLM), for each aggregation asked for;
/// aggregations that the family does not have are passed over.
///
/// `matrix` makes the matrix of a range of slices and a direction, or `None` when it would be empty.
pub(crate) fn directional<M: Matrix>(
    levels: &Levels,
    features: &Features<M>,
    aggregations: &[Aggregation],
    matrix: impl Fn(std::ops::Range<usize>, Direction) -> Option<M> + Sync,
) -> Vec<(Aggregation, Values)> {
    use Aggregation as A;

    const IN_PLANE: usize = 4;
    let asked = |which: &[A]| which.iter().any(|a| aggregations.contains(a));

    // by_slice[slice][direction]
    let by_slice: Vec<[Option<M>; IN_PLANE]> = if asked(&[
        A::SliceDirectionAveraged,
        A::SliceMerged,
        A::DirectionMerged,
        A::Merged2d,
    ]) {
        levels
            .slices()
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|z| std::array::from_fn(|d| matrix(z..z + 1, DIRECTIONS[d])))
            .collect()
    } else {
        Vec::new()
    };
    let by_direction: Vec<M> = if asked(&[A::Averaged3d, A::Merged3d]) {
        DIRECTIONS
            .into_par_iter()
            .filter_map(|direction| matrix(levels.volume(), direction))
            .collect()
    } else {
        Vec::new()
    };

    let all_in_plane = || by_slice.iter().flatten().flatten();
    let average = |matrices: &mut dyn Iterator<Item = &M>| {
        let matrices: Vec<&M> = matrices.collect();
        average(levels.absence(), features, &matrices)
    };
    let merge_and_average = |matrices: Vec<M>| average(&mut matrices.iter());
    let values = |aggregation| {
        Some(match aggregation {
            A::SliceDirectionAveraged => average(&mut all_in_plane()),
            A::SliceMerged => merge_and_average(
                by_slice
                    .par_iter()
                    .filter_map(|directions| M::merged(directions.iter().flatten()))
                    .collect(),
            ),
            A::DirectionMerged => merge_and_average(
                (0..IN_PLANE)
                    .into_par_iter()
                    .filter_map(|d| {
                        M::merged(by_slice.iter().filter_map(|slice| slice[d].as_ref()))
                    })
                    .collect(),
            ),
            A::Merged2d => merge_and_average(M::merged(all_in_plane()).into_iter().collect()),
            A::Averaged3d => average(&mut by_direction.iter()),
            A::Merged3d => merge_and_average(M::merged(by_direction.iter()).into_iter().collect()),
            A::BySlice | A::SlicesMerged | A::Volume | A::None => return None,
        })
    };
    aggregations
        .iter()
        .filter_map(|aggregation| Some((*aggregation, values(*aggregation)?)))
        .collect()
}

/// The values of a family whose matrices know no direction (all but GLCM and GLRLM), for each aggregation asked for;
/// aggregations that the family does not have are passed over.
///
/// `by_slice` makes the matrices of the slices, `volume` that of the volume; matrices that would be empty are left
/// out.
pub(crate) fn undirected<M: Matrix>(
    levels: &Levels,
    features: &Features<M>,
    aggregations: &[Aggregation],
    by_slice: impl FnOnce() -> Vec<M>,
    volume: impl FnOnce() -> Option<M>,
) -> Vec<(Aggregation, Values)> {
    use Aggregation as A;

    let asked = |which: &[A]| which.iter().any(|a| aggregations.contains(a));
    let by_slice = if asked(&[A::BySlice, A::SlicesMerged]) {
        by_slice()
    } else {
        Vec::new()
    };
    let volume = if asked(&[A::Volume]) { volume() } else { None };

    let average = |matrices: &[&M]| average(levels.absence(), features, matrices);
    let values = |aggregation| {
        Some(match aggregation {
            A::BySlice => average(&by_slice.iter().collect::<Vec<_>>()),
            A::SlicesMerged => average(M::merged(by_slice.iter()).as_ref().as_slice()),
            A::Volume => average(volume.as_ref().as_slice()),
            _ => return None,
        })
    };
    aggregations
        .iter()
        .filter_map(|aggregation| Some((*aggregation, values(*aggregation)?)))
        .collect()
}

/// Feature values averaged over matrices.
///
/// The manual averages over slices and directions and does not say what to do with those that have no value. Here a
/// matrix that would be empty does not exist and takes no part (a slice whose voxels have no neighbours, a direction
/// across a single slice), and a feature that is undefined for some of the matrices is averaged over those for which
/// it is defined. It is undefined when there is none: for the first matrix's reason, or for `absence` when there is
/// no matrix at all.
fn average<M: Sync>(absence: Undefined, features: &Features<M>, matrices: &[&M]) -> Values {
    let values: Vec<Values> = matrices
        .par_iter()
        .map(|matrix| evaluate(features, matrix))
        .collect();
    features
        .iter()
        .enumerate()
        .map(|(at, (code, _))| {
            let (sum, n) = values
                .iter()
                .filter_map(|values| values[at].2.ok())
                .fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
            let value = if n > 0.0 {
                Ok(sum / n)
            } else {
                Err(values
                    .first()
                    .and_then(|values| values[at].2.err())
                    .unwrap_or(absence))
            };
            (*code, "", value)
        })
        .collect()
}
