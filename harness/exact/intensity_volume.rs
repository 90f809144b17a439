//! The intensity-volume histogram (P88C) for discrete calibrated intensities: no discretisation,
//! `G = [min, max]` of the region's intensities and the interval `w_d = 1`.

use num_traits::One;

use super::{
    arithmetic::{Rational, ratio, to_f64},
    region::Region,
};

/// The features, each with its parameter as keys have it.
pub(super) const CODES: [&str; 6] = [
    "BC2M:10",
    "BC2M:90",
    "GBPN:10",
    "GBPN:90",
    "DDTU:10-90",
    "CNV2:10-90",
];

/// The value of a feature; `None` when no intensity in `G` has the fraction that is asked for (all intensities are
/// equal, or the highest intensity fills more than the fraction of the volume).
pub(super) fn feature(region: &Region, code: &str) -> Option<f64> {
    let exact = match code {
        "BC2M:10" => volume_at_intensity(region, 10)?,
        "BC2M:90" => volume_at_intensity(region, 90)?,
        "GBPN:10" => intensity_at_volume(region, 10)?,
        "GBPN:90" => intensity_at_volume(region, 90)?,
        "DDTU:10-90" => volume_at_intensity(region, 10)? - volume_at_intensity(region, 90)?,
        "CNV2:10-90" => intensity_at_volume(region, 10)? - intensity_at_volume(region, 90)?,
        _ => unreachable!("{code} is not in CODES"),
    };
    Some(to_f64(&exact))
}

/// `G`
fn range(region: &Region) -> (i64, i64) {
    let levels = || region.levels.values().copied();
    let lowest = levels().min().expect("a region has a voxel");
    let highest = levels().max().expect("a region has a voxel");
    (lowest, highest)
}

/// `ν_i = 1 − 1/N_v Σ [x < i]`
fn volume_fraction(region: &Region, intensity: i64) -> Rational {
    let below = region.levels.values().filter(|x| **x < intensity).count();
    Rational::one() - ratio(below as i64, region.levels.len() as i64)
}

/// The largest volume fraction `ν` with an intensity fraction `γ = (i − min G) / (max G − min G)` of at least
/// `percent`.
fn volume_at_intensity(region: &Region, percent: i64) -> Option<Rational> {
    let (lowest, highest) = range(region);
    if lowest == highest {
        return None;
    }
    (lowest..=highest)
        .filter(|i| ratio(i - lowest, highest - lowest) >= ratio(percent, 100))
        .map(|i| volume_fraction(region, i))
        .max()
}

/// The lowest intensity present in at most `percent` of the volume.
fn intensity_at_volume(region: &Region, percent: i64) -> Option<Rational> {
    let (lowest, highest) = range(region);
    (lowest..=highest)
        .find(|i| volume_fraction(region, *i) <= ratio(percent, 100))
        .map(|i| ratio(i, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_voxels_by_pencil() {
        // ν₁ = 1, ν₂ = ν₃ = 4/10, ν₄ = 1/10; γ = 0, 1/3, 2/3, 1
        let region = Region::from_rows(&[&[&[1, 1, 1, 1, 1, 1, 3, 3, 3, 4]]]);
        let values = CODES.map(|code| feature(&region, code));
        let by_hand = [0.4, 0.1, 4.0, 2.0, 0.3, 2.0].map(Some);
        assert_eq!(values, by_hand, "{CODES:?}");
    }

    #[test]
    fn a_fraction_that_no_intensity_has_is_undefined() {
        let flat = Region::from_rows(&[&[&[2, 2]]]);
        assert_eq!(feature(&flat, "BC2M:10"), None, "γ is 0/0");
        assert_eq!(feature(&flat, "GBPN:90"), None, "the only ν is 1");
    }
}
