//! Intensity-volume histogram (P88C): which fraction of the volume has at least a given intensity.

use super::{Undefined, Value, Values};
use crate::{
    process::{
        ProcessError,
        discretise::{extremes, grey_levels},
        whole::floor,
    },
    settings::Discretise,
};

/// The features' codes and parameters, in the order of the catalogue.
const FEATURES: [(&str, &str); 7] = [
    ("BC2M", "10"),
    ("BC2M", "90"),
    ("GBPN", "10"),
    ("GBPN", "90"),
    ("DDTU", "10-90"),
    ("CNV2", "10-90"),
    ("9CMM", ""),
];

/// The seven features of the intensities inside the intensity mask, in any order.
///
/// The histogram has its own discretisation, by which the manual's three cases are told apart. `range` is the
/// re-segmentation range; an infinite end of it stands for the region's own extreme.
///
/// | case | discretisation | discretised intensities | range G | step w_d |
/// |---|---|---|---|---|
/// | discrete, calibrated | none | as they are | `range`, or the region's extremes | 1 |
/// | continuous, calibrated | fixed bin size w | bin centres | `range` or extremes, half a bin inwards | w |
/// | arbitrary units | any other | bin numbers | 1 to N_g | 1 |
///
/// # Undefined
/// Every feature is [`Undefined::EmptyRoi`] when there is no intensity. What needs an intensity fraction is
/// [`Undefined::NoSpread`] when G is a single intensity.
///
/// # Errors
/// [`ProcessError::NotFinite`] for an intensity that is no number, [`ProcessError::RangeTooWide`] when the arithmetic
/// would overflow, [`ProcessError::BelowFirstBin`] when an intensity lies below the range from which bins of fixed size
/// are counted; for methods that number bins, as [`grey_levels`].
pub fn features(
    intensities: &[f64],
    discretise: &Discretise,
    range: Option<[f64; 2]>,
) -> Result<Values, ProcessError> {
    let values = match Histogram::new(intensities, discretise, range)? {
        None => [Err(Undefined::EmptyRoi); 7],
        Some(histogram) => {
            let [v10, v90] = [10.0, 90.0].map(|percent| histogram.volume_at_intensity(percent));
            let [i10, i90] = [10.0, 90.0].map(|percent| histogram.intensity_at_volume(percent));
            [
                v10,
                v90,
                Ok(i10),
                Ok(i90),
                // Volume fraction difference between intensity fractions. IBSI code `DDTU`. Unit: 1.
                v10.and_then(|v10| Ok(v10 - v90?)),
                // Intensity fraction difference between volume fractions. IBSI code `CNV2`. Unit: that of the
                // discretised intensities.
                Ok(i10 - i90),
                Ok(histogram.area()),
            ]
        }
    };
    Ok(FEATURES
        .into_iter()
        .zip(values)
        .map(|((code, parameter), value)| (code, parameter, value))
        .collect())
}

/// The histogram, evaluated where it is asked for and never written out: G may have any number of intensities.
///
/// The intensities of G are `first + k step` for k = 0, 1, 2 …; a discretised intensity is given by its position on
/// that grid, `(intensity - first) / step`.
#[derive(Debug)]
struct Histogram {
    positions: Vec<f64>,
    first: f64,
    step: f64,
    /// The position of the last intensity of G; not a whole number when the range is not a multiple of the step.
    last: f64,
}

impl Histogram {
    /// `None` when there is no intensity.
    fn new(
        intensities: &[f64],
        discretise: &Discretise,
        range: Option<[f64; 2]>,
    ) -> Result<Option<Self>, ProcessError> {
        let Some([lowest, highest]) = extremes(intensities)? else {
            return Ok(None);
        };
        let [low, high] = range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        let low = if low.is_finite() { low } else { lowest };
        let high = if high.is_finite() { high } else { highest };
        let histogram = match *discretise {
            Discretise::None => Self {
                positions: intensities.iter().map(|x| x - low).collect(),
                first: low,
                step: 1.0,
                last: high - low,
            },
            Discretise::FixedBinSize { width } => {
                if !(width.is_finite() && width > 0.0) {
                    return Err(ProcessError::Setting {
                        key: "width",
                        expected: "a positive bin width in intensity units",
                        found: width.to_string(),
                    });
                }
                if lowest < low {
                    return Err(ProcessError::BelowFirstBin {
                        found: lowest,
                        lowest: low,
                    });
                }
                // Bin numbers, less 1. Not limited to 16 bits, as no table is made of them.
                let bin = |x: &f64| floor((x - low) / width);
                Self {
                    positions: intensities.iter().map(bin).collect(),
                    first: low + 0.5 * width,
                    step: width,
                    last: (high - low) / width - 1.0,
                }
            }
            Discretise::FixedBinNumber { .. }
            | Discretise::FixedBinWidthPyradiomics { .. }
            | Discretise::Equalise { .. }
            | Discretise::LloydMax { .. } => {
                let (levels, n_levels) = grey_levels(intensities, discretise, range)?;
                Self {
                    positions: levels.iter().map(|level| f64::from(*level) - 1.0).collect(),
                    first: 1.0,
                    step: 1.0,
                    last: f64::from(n_levels) - 1.0,
                }
            }
        };
        let Self {
            positions, last, ..
        } = &histogram;
        if last.is_finite() && positions.iter().all(|x| x.is_finite()) {
            Ok(Some(histogram))
        } else {
            Err(ProcessError::RangeTooWide { lowest, highest })
        }
    }

    /// Volume at intensity fraction V_x: the largest volume fraction ν of an intensity of G whose intensity fraction γ
    /// is at least x %. IBSI code `BC2M`. Unit: 1.
    ///
    /// ```text
    /// gamma_i = (i - min G) / (max G - min G)      nu_i = 1 - (number of voxels with X < i) / N_v
    /// ```
    ///
    /// ν falls as i rises, so it is that of the lowest such intensity.
    ///
    /// # Undefined
    /// [`Undefined::NoSpread`] when G is a single intensity.
    fn volume_at_intensity(&self, percent: f64) -> Value {
        if self.last <= 0.0 {
            return Err(Undefined::NoSpread);
        }
        let fraction = percent / 100.0;
        // The product may be rounded to either side of a whole number that the quotient, as the definition has it,
        // reaches exactly: the neighbour below is tried too.
        let estimate = (fraction * self.last).ceil();
        let lowest = if (estimate - 1.0) / self.last >= fraction {
            estimate - 1.0
        } else {
            estimate
        };
        let at_least = self.positions.iter().filter(|x| **x >= lowest).count();
        Ok(at_least as f64 / self.positions.len() as f64)
    }

    /// Intensity at volume fraction I_x: the lowest intensity that is present in at most x % of the volume, that is
    /// with ν ≤ x %. IBSI code `GBPN`. Unit: that of the discretised intensities.
    ///
    /// More than x % of the voxels may have the highest intensity of G. The intensity one step above it is then the
    /// answer: it is present nowhere.
    fn intensity_at_volume(&self, percent: f64) -> f64 {
        let n = self.positions.len();
        let fraction = percent / 100.0;
        let is_at_most = |count: usize| count as f64 / n as f64 <= fraction;
        // How many voxels may be at or above the intensity; rounding is undone as above.
        let estimate = (fraction * n as f64) as usize;
        let allowed = if is_at_most(estimate + 1) {
            estimate + 1
        } else {
            estimate
        };
        if allowed >= n {
            return self.first;
        }
        // The intensity lies above all other voxels: on the first place of the grid above the highest of these.
        let mut positions = self.positions.clone();
        let (_, highest, _) = positions.select_nth_unstable_by(n - allowed - 1, f64::total_cmp);
        let place = (highest.floor() + 1.0).max(0.0);
        self.first + place * self.step
    }

    /// Area under the IVH curve, ν over the intensities of G, by the trapezoidal rule; 0 when there is only one
    /// discretised intensity in the region. IBSI code `9CMM`; not standardised. Unit: that of the intensities.
    ///
    /// ```text
    /// sum_k w_d (nu_k + nu_(k+1)) / 2
    /// ```
    ///
    /// The sum of all ν_k is found voxel by voxel: a voxel adds 1 / N_v at every intensity of G up to its own.
    fn area(&self) -> f64 {
        let first = self.positions[0];
        if self.positions.iter().all(|x| *x == first) {
            return 0.0;
        }
        let last = self.last.floor().max(0.0);
        let n = self.positions.len() as f64;
        let sum: f64 = self
            .positions
            .iter()
            .map(|x| (floor(*x).min(last) + 1.0).max(0.0))
            .sum::<f64>()
            / n;
        let nu = |place: f64| self.positions.iter().filter(|x| **x >= place).count() as f64 / n;
        self.step * (sum - 0.5 * (nu(0.0) + nu(last)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::{Family, catalogue};

    const NONE: Discretise = Discretise::None;

    fn values(x: &[f64], discretise: &Discretise, range: Option<[f64; 2]>) -> [Value; 7] {
        let values = features(x, discretise, range).expect("intensities can be discretised");
        std::array::from_fn(|k| values[k].2)
    }

    /// The features from a table of all intensities of G.
    fn tabulated(positions: &[f64], first: f64, step: f64, n: usize) -> [f64; 7] {
        let nu: Vec<f64> = (0..=n)
            .map(|k| {
                let at_least = positions.iter().filter(|x| **x >= k as f64).count();
                at_least as f64 / positions.len() as f64
            })
            .collect();
        let gamma = |k: usize| k as f64 / (n - 1) as f64;
        let v = |x: f64| (0..n).find(|k| gamma(*k) >= x).map(|k| nu[k]).unwrap();
        let i = |x: f64| {
            (0..=n)
                .find(|k| nu[*k] <= x)
                .map(|k| first + k as f64 * step)
                .unwrap()
        };
        let area: f64 = (1..n).map(|k| step * (nu[k - 1] + nu[k]) / 2.0).sum();
        let is_flat = positions.iter().all(|x| *x == positions[0]);
        [
            v(0.1),
            v(0.9),
            i(0.1),
            i(0.9),
            v(0.1) - v(0.9),
            i(0.1) - i(0.9),
            if is_flat { 0.0 } else { area },
        ]
    }

    #[test]
    fn features_are_those_of_the_catalogue() {
        assert_eq!(
            FEATURES.to_vec(),
            catalogue::codes_of(Family::IntensityVolumeHistogram),
            "codes, parameters and order"
        );
    }

    proptest! {
        #[test]
        fn discrete_agrees_with_a_table(
            x in prop::collection::vec(-20_i32..=20, 1..80),
            range in prop::option::of(Just([-20.0, 25.0])),
        ) {
            let x: Vec<f64> = x.into_iter().map(f64::from).collect();
            let minimum = x.iter().copied().fold(f64::INFINITY, f64::min);
            let maximum = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let [low, high] = range.unwrap_or([minimum, maximum]);
            prop_assume!(low < high);
            let positions: Vec<f64> = x.iter().map(|x| x - low).collect();
            let want = tabulated(&positions, low, 1.0, (high - low) as usize + 1);
            for (got, want) in values(&x, &NONE, range).into_iter().zip(want) {
                prop_assert!((got.unwrap() - want).abs() < 1e-9, "{got:?} vs {want}");
            }
        }

        #[test]
        fn bins_agree_with_a_table(x in prop::collection::vec(0.0..10.0_f64, 2..80)) {
            // A quarter is exact in binary: 40 bins over [0, 10].
            let width = 0.25;
            let positions: Vec<f64> = x.iter().map(|x| (x / width).floor()).collect();
            let want = tabulated(&positions, 0.125, width, 40);
            let got = values(&x, &Discretise::FixedBinSize { width }, Some([0.0, 10.0]));
            for (got, want) in got.into_iter().zip(want) {
                prop_assert!((got.unwrap() - want).abs() < 1e-9, "bin centres: {got:?} vs {want}");
            }

            let (levels, _) = grey_levels(&x, &Discretise::FixedBinNumber { bins: 16 }, None).unwrap();
            let positions: Vec<f64> = levels.iter().map(|l| f64::from(*l) - 1.0).collect();
            let want = tabulated(&positions, 1.0, 1.0, 16);
            let got = values(&x, &Discretise::FixedBinNumber { bins: 16 }, Some([0.0, 10.0]));
            for (got, want) in got.into_iter().zip(want) {
                prop_assert!((got.unwrap() - want).abs() < 1e-9, "bin numbers: {got:?} vs {want}");
            }
        }
    }

    #[test]
    fn digital_phantom() {
        // The manual's example: 50, 1, 16 and 7 of 74 voxels have intensities 1, 3, 4 and 6.
        let x = [(1.0, 50), (3.0, 1), (4.0, 16), (6.0, 7)]
            .map(|(x, n)| vec![x; n])
            .concat();
        assert_eq!(
            values(&x, &NONE, None)[..6],
            [
                Ok(24.0 / 74.0),
                Ok(7.0 / 74.0),
                Ok(5.0),
                Ok(2.0),
                Ok(24.0 / 74.0 - 7.0 / 74.0),
                Ok(3.0)
            ],
            "intensities 2 and 5 are absent, and evaluated"
        );
    }

    #[test]
    fn flat_and_empty_regions() {
        let flat = values(&[5.0; 4], &NONE, None);
        assert_eq!(flat[0], Err(Undefined::NoSpread), "no intensity fraction");
        assert_eq!(
            flat[2],
            Ok(6.0),
            "the lowest intensity in at most 10 % of the volume"
        );
        assert_eq!(flat[6], Ok(0.0), "no area under a single intensity");
        assert_eq!(
            values(&[], &NONE, None),
            [Err(Undefined::EmptyRoi); 7],
            "no voxel"
        );
    }

    #[test]
    fn half_open_range_ends_at_the_region() {
        let x = [2.0, 3.0, 7.0];
        assert_eq!(
            values(&x, &NONE, Some([0.0, f64::INFINITY])),
            values(&x, &NONE, Some([0.0, 7.0])),
            "the upper end is the maximum"
        );
        assert_eq!(
            values(&x, &NONE, Some([f64::NEG_INFINITY, 9.0])),
            values(&x, &NONE, Some([2.0, 9.0])),
            "the lower end is the minimum"
        );
    }

    #[test]
    fn wide_ranges_are_not_tabulated() {
        let x = [0.0, 4e11, 1e12];
        let got = values(&x, &NONE, Some([0.0, 1e12]));
        assert_eq!(got[0], Ok(2.0 / 3.0), "V10");
        assert_eq!(got[2], Ok(1e12 + 1.0), "I10");
        let area = got[6].expect("area");
        assert!(
            (area / (1.4e12 / 3.0) - 1.0).abs() < 1e-9,
            "area {area}: the mean intensity"
        );
        let width = f64::MIN_POSITIVE;
        let error = features(&x, &Discretise::FixedBinSize { width }, None);
        assert_eq!(
            error,
            Err(ProcessError::RangeTooWide {
                lowest: 0.0,
                highest: 1e12
            }),
            "more bins than numbers"
        );
    }

    #[test]
    fn refused_intensities() {
        assert_eq!(
            features(
                &[-1.0, 2.0],
                &Discretise::FixedBinSize { width: 1.0 },
                Some([0.0, 5.0])
            ),
            Err(ProcessError::BelowFirstBin {
                found: -1.0,
                lowest: 0.0
            }),
            "bins start at the range"
        );
        let error = features(&[f64::INFINITY], &NONE, None).expect_err("not finite");
        assert!(matches!(error, ProcessError::NotFinite { .. }), "{error:?}");
    }
}
