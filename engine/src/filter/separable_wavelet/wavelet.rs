//! Wavelets by name, and their filters.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{coiflet, daubechies};

/// A wavelet with a separable transform: `haar`, `db1` to `db20`, `coif1` to `coif5` in text.
///
/// ```
/// use radgauge_engine::filter::Wavelet;
///
/// let haar: Wavelet = "haar".parse()?;
/// let half = 0.5_f64.sqrt();
/// assert_eq!(haar.high_pass(), [-half, half], "IBSI 2, section Haar");
/// assert!("sym4".parse::<Wavelet>().is_err(), "not offered");
/// # Ok::<(), radgauge_engine::filter::UnknownWavelet>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Wavelet(Family);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Haar,
    /// With this many vanishing moments.
    Daubechies(usize),
    /// Of this order: twice as many vanishing moments.
    Coiflet(usize),
}

impl Wavelet {
    /// The low-pass filter `g_L` of the decomposition, an even number of taps: the scaling filter `h` reversed.
    #[must_use]
    pub fn low_pass(self) -> Vec<f64> {
        let mut taps = self.scaling_filter();
        taps.reverse();
        taps
    }

    /// The high-pass filter `g_H` of the decomposition: `g_H[k] = (−1)^(k+1) h[k]`.
    #[must_use]
    pub fn high_pass(self) -> Vec<f64> {
        let mut taps = self.scaling_filter();
        taps.iter_mut().step_by(2).for_each(|h| *h = -*h);
        taps
    }

    /// The scaling filter `h`: `Σ h = √2`, `Σ h[k] h[k + 2m] = δ_m`.
    fn scaling_filter(self) -> Vec<f64> {
        match self.0 {
            Family::Haar => daubechies::scaling_filter(1),
            Family::Daubechies(moments) => daubechies::scaling_filter(moments),
            Family::Coiflet(order) => coiflet::scaling_filter(order),
        }
    }
}

/// A text that names no wavelet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a wavelet `haar`, `db1` to `db20` or `coif1` to `coif5`, found `{0}`")]
pub struct UnknownWavelet(String);

impl FromStr for Wavelet {
    type Err = UnknownWavelet;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let order = |prefix: &str, most: usize| -> Option<usize> {
            let digits = text.strip_prefix(prefix)?;
            let order: usize = digits.parse().ok()?;
            // Only the one way to write it: not `db+2`, not `db02`.
            ((1..=most).contains(&order) && order.to_string() == digits).then_some(order)
        };
        if text == "haar" {
            Some(Family::Haar)
        } else {
            let daubechies = order("db", daubechies::MAX_MOMENTS).map(Family::Daubechies);
            daubechies.or_else(|| order("coif", coiflet::MAX_ORDER).map(Family::Coiflet))
        }
        .map(Self)
        .ok_or_else(|| UnknownWavelet(text.to_owned()))
    }
}

impl TryFrom<String> for Wavelet {
    type Error = UnknownWavelet;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Wavelet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Family::Haar => f.write_str("haar"),
            Family::Daubechies(moments) => write!(f, "db{moments}"),
            Family::Coiflet(order) => write!(f, "coif{order}"),
        }
    }
}

impl From<Wavelet> for String {
    fn from(wavelet: Wavelet) -> Self {
        wavelet.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest rounding that an identity below may show.
    const TOLERANCE: f64 = 1e-11;

    fn wavelets() -> Vec<(Wavelet, usize)> {
        let daubechies = (1..=daubechies::MAX_MOMENTS).map(|n| (Wavelet(Family::Daubechies(n)), n));
        let coiflets = (1..=coiflet::MAX_ORDER).map(|n| (Wavelet(Family::Coiflet(n)), 2 * n));
        daubechies.chain(coiflets).collect()
    }

    /// `Σ a[k] b[k + shift]`.
    fn correlation(a: &[f64], b: &[f64], shift: usize) -> f64 {
        a.iter().zip(&b[shift..]).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn filters_are_orthonormal_to_their_even_shifts_and_to_each_other() {
        for (wavelet, _) in wavelets() {
            let (low, high) = (wavelet.low_pass(), wavelet.high_pass());
            let sum: f64 = low.iter().sum();
            assert!(
                (sum - 2_f64.sqrt()).abs() < TOLERANCE,
                "{wavelet}: Σ g_L = {sum}"
            );
            for shift in (0..low.len()).step_by(2) {
                let unit = if shift == 0 { 1.0 } else { 0.0 };
                for (name, product, expected) in [
                    ("LL", correlation(&low, &low, shift), unit),
                    ("HH", correlation(&high, &high, shift), unit),
                    ("LH", correlation(&low, &high, shift), 0.0),
                    ("HL", correlation(&high, &low, shift), 0.0),
                ] {
                    assert!(
                        (product - expected).abs() < TOLERANCE,
                        "{wavelet} {name}, shift {shift}: {product}"
                    );
                }
            }
        }
    }

    #[test]
    fn moments_vanish() {
        for (wavelet, moments) in wavelets() {
            let high = wavelet.high_pass();
            // About the centre and in units of half the support, so that powers stay small.
            let centre = (high.len() - 1) as f64 / 2.0;
            for power in 0..moments as i32 {
                let positions = (0..high.len()).map(|k| (k as f64 - centre) / (centre + 0.5));
                let moment: f64 = positions.zip(&high).map(|(x, g)| x.powi(power) * g).sum();
                assert!(
                    moment.abs() < TOLERANCE,
                    "{wavelet}: moment {power} is {moment}"
                );
            }
            let next: f64 = (0..high.len())
                .zip(&high)
                .map(|(k, g)| ((k as f64 - centre) / (centre + 0.5)).powi(moments as i32) * g)
                .sum();
            assert!(
                next.abs() > TOLERANCE,
                "{wavelet}: no more than {moments} moments vanish"
            );
        }
    }

    #[test]
    fn scaling_moments_of_coiflets_vanish() {
        for order in 1..=coiflet::MAX_ORDER {
            let scaling = coiflet::scaling_filter(order);
            let centre = 2.0 * order as f64;
            for power in 1..2 * order as i32 {
                let positions = (0..scaling.len()).map(|k| (k as f64 - centre) / centre);
                let moment: f64 = positions
                    .zip(&scaling)
                    .map(|(x, h)| x.powi(power) * h)
                    .sum();
                assert!(
                    moment.abs() < TOLERANCE,
                    "coif{order}: moment {power} is {moment}"
                );
            }
        }
    }

    #[test]
    fn closed_forms() {
        let [three, seven] = [3_f64.sqrt(), 7_f64.sqrt()];
        // Daubechies, Ten Lectures on Wavelets (1992), sections 6.4 and 8.2.
        let db2 = [1.0 + three, 3.0 + three, 3.0 - three, 1.0 - three].map(|h| h / 32_f64.sqrt());
        let coif1 = [
            1.0 - seven,
            5.0 + seven,
            14.0 + 2.0 * seven,
            14.0 - 2.0 * seven,
            1.0 - seven,
            -3.0 + seven,
        ]
        .map(|h| h / (16.0 * 2_f64.sqrt()));
        for (computed, expected) in [
            (daubechies::scaling_filter(2), db2.to_vec()),
            (coiflet::scaling_filter(1), coif1.to_vec()),
        ] {
            assert_eq!(computed.len(), expected.len(), "taps of {expected:?}");
            for (h, closed) in computed.iter().zip(&expected) {
                assert!((h - closed).abs() < 1e-15, "{h} is not {closed}");
            }
        }
    }

    #[test]
    fn names() {
        for name in ["haar", "db1", "db20", "coif1", "coif5"] {
            let wavelet: Wavelet = name.parse().expect("the wavelet is known");
            assert_eq!(wavelet.to_string(), name);
        }
        for name in [
            "", "db", "db0", "db21", "db02", "db+2", "coif6", "Haar", "sym4", "db2 ",
        ] {
            let error = name.parse::<Wavelet>().expect_err("no such wavelet");
            assert!(
                error.to_string().ends_with(&format!("found `{name}`")),
                "{error}"
            );
        }
    }
}
