//! How much noise an image has.

use radgauge_engine::{
    filter::{Boundary, Dimension, Filter, SeparableWavelet},
    volume::Image,
};
use serde::{Deserialize, Serialize};

use super::PerturbError;

/// How the noise level of an image is estimated: by its finest diagonal wavelet coefficients, which see little of anatomy
/// (S. G. Chang, B. Yu, M. Vetterli, IEEE Trans. Image Process. 9, 2000, 1532–1546, after D. L. Donoho).
///
/// # Formula
/// ```text
/// HH    the undecimated high-high sub-band of each slice by the coiflet of 6 taps, borders mirrored
/// chang        σ = median |HH| / 0.6744897501960817      over HH that see neither beyond the slice nor flat background only
/// chang-mirp   σ = median |HH| / 0.6754                  over all HH
/// ```
/// The median of the absolute value of a normal variable is Φ⁻¹(¾) = 0.67449 standard deviations. MIRP and CERR divide by
/// 0.6754, which makes σ smaller by 0.13 %. `chang` leaves out responses within three voxels of the border of a slice (if it
/// has others), since a mirrored image has less detail than noise has: of a field of 64 × 64 voxels the mirrored borders
/// would take away 3 %. The background of a scan is often one constant; `chang` leaves out what has no response there
/// (|HH| ≤ 1e-9 of the largest intensity), or else σ would be 0 where more than half of an image is padding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// With the constant of the normal distribution, flat background left out.
    #[default]
    Chang,
    /// As MIRP and CERR have it.
    ChangMirp,
}

/// Φ⁻¹(¾).
const MEDIAN_OF_NORMAL: f64 = 0.674_489_750_196_081_7;

/// What MIRP and CERR have in its place.
const MEDIAN_OF_MIRP: f64 = 0.6754;

/// How far from the border of a slice the six taps see beyond it, in voxels.
const BORDER: usize = 3;

/// A response below this share of the largest intensity is none.
const FLAT: f64 = 1e-9;

/// Estimates the standard deviation of the noise of an image, in intensity units.
///
/// # Errors
/// [`PerturbError::Unfit`] for an image in which there is no noise to see, [`PerturbError::Filter`] for intensities that are
/// not finite.
pub fn estimate_noise(image: &Image, estimator: Estimator) -> Result<f64, PerturbError> {
    let filter = Filter::SeparableWavelet(SeparableWavelet {
        wavelet: "coif1".parse().expect("a wavelet that the engine has"),
        subband: "HH".parse().expect("a sub-band of a slice"),
        level: 1,
        dimension: Dimension::Slice,
        boundary: Boundary::Mirror,
        pooling: None,
    });
    let response_map = filter.apply(image)?;
    let [nx, ny, _] = image.size();
    let is_whole = |i: usize, n: usize| n <= 2 * BORDER || (BORDER..n - BORDER).contains(&i);
    let mut responses: Vec<f64> = match estimator {
        Estimator::ChangMirp => response_map.as_slice().to_vec(),
        Estimator::Chang => {
            let all = response_map.as_slice().iter().enumerate();
            all.filter(|(at, _)| is_whole(at % nx, nx) && is_whole(at / nx % ny, ny))
                .map(|(_, response)| *response)
                .collect()
        }
    };
    responses
        .iter_mut()
        .for_each(|response| *response = response.abs());
    let largest = image
        .as_slice()
        .iter()
        .fold(0.0, |largest, voxel| voxel.abs().max(largest));
    let constant = match estimator {
        Estimator::Chang => {
            responses.retain(|response| *response > FLAT * largest);
            MEDIAN_OF_NORMAL
        }
        Estimator::ChangMirp => MEDIAN_OF_MIRP,
    };
    let median = median(&mut responses).filter(|median| *median > FLAT * largest);
    median
        .map(|median| median / constant)
        .ok_or_else(|| PerturbError::Unfit {
            kind: "noise",
            expected: "an image from which its level can be estimated, or else a `level`",
            found: match estimator {
                Estimator::Chang => "one that is flat or smooth everywhere".to_owned(),
                Estimator::ChangMirp => "one of which half or more is flat or smooth".to_owned(),
            },
        })
}

/// The median, of an even number of values the mean of the middle two.
fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let is_odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if is_odd {
        return Some(upper);
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(0.5 * (lower + upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&mut []), None, "of nothing");
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0), "odd");
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5), "even");
    }
}
