//! Intensity-based statistics (UHIW): how the intensities of the intensity mask are distributed, without
//! discretisation.

mod distribution;

pub(crate) use distribution::{Distribution, Percentiles};

use super::{Undefined, Values};

/// The features' codes, in the order of the catalogue.
const CODES: [&str; 18] = [
    "Q4LE", "ECT3", "KE2A", "IPH6", "Y12H", "1GSF", "QG58", "8DWT", "84IY", "SALO", "2OJQ", "4FUA",
    "1128", "N72L", "7TET", "9S40", "N8CA", "5ZWQ",
];

/// The 18 intensity-based statistics of the intensities inside the intensity mask, in any order.
///
/// Intensities are finite.
///
/// # Undefined
/// Every feature is [`Undefined::EmptyRoi`] when there is no intensity; what a division by zero leaves undefined is
/// stated with the feature.
#[must_use]
pub fn features(intensities: &[f64]) -> Values {
    if intensities.is_empty() {
        return CODES
            .map(|code| (code, "", Err(Undefined::EmptyRoi)))
            .to_vec();
    }
    let d = Distribution::new(
        intensities.iter().map(|x| (*x, 1.0)),
        Percentiles::of_values(intensities),
    );
    let values = [
        Ok(d.mean()),
        Ok(d.variance()),
        Ok(d.skewness()),
        Ok(d.kurtosis()),
        Ok(d.median()),
        Ok(d.minimum()),
        Ok(d.percentile_10()),
        Ok(d.percentile_90()),
        Ok(d.maximum()),
        Ok(d.interquartile_range()),
        Ok(d.range()),
        Ok(d.mean_absolute_deviation()),
        d.robust_mean_absolute_deviation(),
        Ok(d.median_absolute_deviation()),
        d.coefficient_of_variation(),
        d.quartile_coefficient_of_dispersion(),
        Ok(d.energy()),
        Ok(d.root_mean_square()),
    ];
    CODES
        .into_iter()
        .zip(values)
        .map(|(code, value)| (code, "", value))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::{Family, Value, catalogue};

    fn value(intensities: &[f64], code: &str) -> Value {
        let values = features(intensities);
        values
            .iter()
            .find(|v| v.0 == code)
            .expect("a code of the family")
            .2
    }

    #[test]
    fn features_are_those_of_the_catalogue() {
        assert_eq!(
            catalogue::codes_of(Family::IntensityStatistics),
            features(&[1.0])
                .iter()
                .map(|v| (v.0, v.1))
                .collect::<Vec<_>>(),
            "codes and order"
        );
    }

    #[test]
    fn by_hand() {
        // Mean 3; deviations -2 -1 0 3; squares 4 1 0 9; cubes -8 -1 0 27; fourth powers 16 1 0 81.
        let x = [1.0, 2.0, 3.0, 6.0];
        for (code, want) in [
            ("Q4LE", 3.0),
            ("ECT3", 3.5),
            ("KE2A", 4.5 / 3.5_f64.powf(1.5)),
            ("IPH6", 24.5 / 3.5_f64.powi(2) - 3.0),
            ("Y12H", 2.5),
            ("SALO", 3.75 - 1.75),
            ("4FUA", 1.5),
            ("1128", 0.5), // P10 = 1.3, P90 = 5.1: 2 and 3 remain
            ("N72L", 1.5),
            ("9S40", 2.0 / 5.5),
            ("N8CA", 50.0),
            ("5ZWQ", 12.5_f64.sqrt()),
        ] {
            let got = value(&x, code).expect("defined");
            assert!((got - want).abs() < 1e-14, "{code}: {got} vs {want}");
        }
    }

    #[test]
    fn flat_and_empty_regions() {
        // 0.1 cannot be summed exactly: the mean must still be it.
        let flat = [0.1; 7];
        assert_eq!(value(&flat, "ECT3"), Ok(0.0), "variance");
        assert_eq!(value(&flat, "KE2A"), Ok(0.0), "skewness is 0 by definition");
        assert_eq!(value(&flat, "IPH6"), Ok(0.0), "kurtosis is 0 by definition");
        assert_eq!(
            value(&[-1.0, 1.0], "7TET"),
            Err(Undefined::ZeroSum),
            "mean 0"
        );
        assert_eq!(
            value(&[-1.0, 1.0], "9S40"),
            Err(Undefined::ZeroSum),
            "quartiles add to 0"
        );
        assert_eq!(
            value(&[-1.0, 1.0], "1128"),
            Err(Undefined::EmptyRoi),
            "none from P10 to P90"
        );
        assert_eq!(value(&[], "Q4LE"), Err(Undefined::EmptyRoi), "no voxel");
    }

    proptest! {
        #[test]
        fn shift_moves_location_and_leaves_spread(
            x in prop::collection::vec(-1000_i32..1000, 1..60),
            shift in -500_i32..500,
        ) {
            let x: Vec<f64> = x.into_iter().map(f64::from).collect();
            let shift = f64::from(shift);
            let shifted: Vec<f64> = x.iter().map(|v| v + shift).collect();
            for code in ["Q4LE", "Y12H", "1GSF", "QG58", "8DWT", "84IY"] {
                let (a, b) = (value(&x, code).unwrap(), value(&shifted, code).unwrap());
                prop_assert!((a + shift - b).abs() < 1e-9, "{code} moves by {shift}: {a} to {b}");
            }
            for code in ["ECT3", "KE2A", "IPH6", "SALO", "2OJQ", "4FUA", "1128", "N72L"] {
                match (value(&x, code), value(&shifted, code)) {
                    (Ok(a), Ok(b)) => prop_assert!(
                        (a - b).abs() <= 1e-7 * (1.0 + a.abs()), "{code} stays: {a} to {b}"
                    ),
                    (a, b) => prop_assert_eq!(a, b, "{} stays undefined", code),
                }
            }
        }
    }
}
