//! The exponential of every intensity.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FilterError, pointwise};
use crate::{settings::SettingsError, volume::Image};

/// Takes the exponential of every intensity. Not IBSI: the definition is PyRadiomics', which
/// scales the response so that the largest magnitude m = max |f| stays what it is where it is positive.
///
/// # Formula
/// ```text
/// h = exp(f ln(m) / m)
/// ```
/// The response of an image of zeros is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exponential {}

impl Behaviour for Exponential {
    fn name(&self) -> &'static str {
        "exponential"
    }

    fn check(&self) -> Result<(), SettingsError> {
        Ok(())
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let m = pointwise::largest_magnitude(image);
        let scale = if m == 0.0 { 0.0 } else { m.ln() / m };
        Ok(pointwise::map(image, |f| (scale * f).exp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::testing::line;

    #[test]
    fn values_by_hand() {
        let filter = Exponential {};
        let response = |voxels: &[f64]| {
            let response = filter.apply(&line(voxels)).expect("it has no errors");
            response.as_slice().to_vec()
        };
        let [low, middle, high] = response(&[-4.0, 0.0, 2.0])[..] else {
            panic!("three voxels have three responses");
        };
        assert!((low - 0.25).abs() < 1e-12, "1 / m: {low}");
        assert_eq!(middle, 1.0);
        assert!((high - 2.0).abs() < 1e-12, "√m: {high}");
        assert_eq!(response(&[0.0, 0.0]), [1.0, 1.0]);
    }
}
