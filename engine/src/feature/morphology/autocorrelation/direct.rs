//! The sums over all pairs, pair by pair.

use super::{Field, PairSums};
use crate::feature::morphology::vector::{minus, norm, scaled};

/// Cost of the spectral sums in units of one pair, as measured: per voxel of the box, and once for the plans of the
/// transforms. The choice changes the time and, by rounding only, the value.
const PAIRS_PER_BOX_VOXEL: usize = 40;
const PAIRS_PER_PLAN: usize = 10_000;

/// Whether [`pair_sums`] is faster than its spectral counterpart.
pub(super) fn is_cheaper(field: &Field) -> bool {
    let pairs = field.voxels.saturating_mul(field.voxels) / 2;
    pairs < PAIRS_PER_PLAN + PAIRS_PER_BOX_VOXEL * field.deviation.len()
}

pub(super) fn pair_sums(field: &Field) -> PairSums {
    let [nx, ny, _] = field.mask.size();
    let spacing_mm = field.mask.grid().spacing_mm;
    let voxels: Vec<([f64; 3], f64)> = field
        .mask
        .runs()
        .flatten()
        .map(|i| {
            let at = [i % nx, i / nx % ny, i / nx / ny].map(|i| i as f64);
            (scaled(at, spacing_mm), field.deviation[i])
        })
        .collect();
    let mut sums = PairSums::default();
    for (i, (p, a)) in voxels.iter().enumerate() {
        let mut row = PairSums::default();
        for (q, b) in &voxels[..i] {
            let weight = 1.0 / norm(minus(*p, *q));
            row.weight += weight;
            row.product += weight * a * b;
            row.squared_difference += weight * (a - b) * (a - b);
        }
        // Each pair counts in both orders.
        sums.weight += 2.0 * row.weight;
        sums.product += 2.0 * row.product;
        sums.squared_difference += 2.0 * row.squared_difference;
    }
    sums
}
