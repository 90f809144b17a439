//! The logarithm of every intensity.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FilterError, pointwise};
use crate::{settings::SettingsError, volume::Image};

/// Takes the logarithm of every magnitude plus one and keeps the sign. Not IBSI: the definition is PyRadiomics', which
/// scales the response so that the largest magnitude m = max |f| stays what it is.
///
/// # Formula
/// ```text
/// h = sign(f) m ln(|f| + 1) / ln(m + 1)
/// ```
/// The response of an image of zeros is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logarithm {}

impl Behaviour for Logarithm {
    fn name(&self) -> &'static str {
        "logarithm"
    }

    fn check(&self) -> Result<(), SettingsError> {
        Ok(())
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let m = pointwise::largest_magnitude(image);
        let scale = if m == 0.0 { 0.0 } else { m / m.ln_1p() };
        Ok(pointwise::map(image, |f| {
            (scale * f.abs().ln_1p()).copysign(f)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::testing::line;

    #[test]
    fn values_by_hand() {
        let filter = Logarithm {};
        let response = |voxels: &[f64]| {
            let response = filter.apply(&line(voxels)).expect("it has no errors");
            response.as_slice().to_vec()
        };
        let [low, middle, high] = response(&[-1.0, 0.0, 3.0])[..] else {
            panic!("three voxels have three responses");
        };
        assert!((high - 3.0).abs() < 1e-12, "the largest stays: {high}");
        assert!((low + 1.5).abs() < 1e-12, "ln 2 is half of ln 4: {low}");
        assert_eq!(middle, 0.0);
        assert_eq!(response(&[0.0, 0.0]), [0.0, 0.0]);
    }
}
