//! Whole numbers without a call into the maths library.

/// From here on every `f64` is a whole number, and up to twice as far their distance is 1: adding this rounds.
const ALL_WHOLE: f64 = (1_u64 << 52) as f64;

/// Whether `x` is a whole number below 2^52; above, some are told and others are not.
pub(crate) fn is_whole(x: f64) -> bool {
    (x.abs() + ALL_WHOLE) - ALL_WHOLE == x.abs()
}

/// The largest whole number that is not above `x`: [`f64::floor`] to the bit.
///
/// Processors of the oldest kind that is compiled for have no instruction for it, so that [`f64::floor`] is a call for
/// every voxel. This is a few additions and comparisons, which the compiler applies to several voxels at a time.
pub(crate) fn floor(x: f64) -> f64 {
    let nearest = ((x.abs() + ALL_WHOLE) - ALL_WHOLE).copysign(x);
    let floor = nearest - if nearest > x { 1.0 } else { 0.0 };
    if x.abs() < ALL_WHOLE { floor } else { x }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_is_floor(x: f64) {
        assert_eq!(
            floor(x).to_bits(),
            x.floor().to_bits(),
            "floor of {x}: {} vs {}",
            floor(x),
            x.floor()
        );
    }

    #[test]
    fn whole_numbers_are_told() {
        let last = ALL_WHOLE - 1.0;
        for x in [0.0, -0.0, 1.0, -1024.0, 3071.0, last, -last] {
            assert!(is_whole(x), "{x}");
        }
        let fraction = ALL_WHOLE - 0.5;
        for x in [
            f64::MIN_POSITIVE,
            0.5,
            -0.999_999,
            1.0_f64.next_up(),
            fraction,
            f64::NAN,
        ] {
            assert!(!is_whole(x), "{x}");
        }
    }

    #[test]
    fn edges() {
        for power in [0, 1, 30, 31, 51, 52, 53, 62, 63, 64] {
            let x = 2.0_f64.powi(power);
            for x in [x.next_down(), x, x.next_up(), x - 0.5, x + 0.5] {
                assert_is_floor(x);
                assert_is_floor(-x);
            }
        }
        for x in [0.0, f64::MIN_POSITIVE, 0.5, f64::MAX, f64::INFINITY] {
            assert_is_floor(x);
            assert_is_floor(-x);
        }
        assert!(floor(f64::NAN).is_nan(), "no number stays none");
    }

    proptest! {
        #[test]
        fn is_the_floor_of_the_standard_library(x in any::<f64>(), near in -1e6..1e6_f64) {
            for x in [x, near, near.round(), near.round().next_down(), near.round().next_up()] {
                assert_is_floor(x);
            }
        }
    }
}
