//! The square root of every intensity.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FilterError, pointwise};
use crate::{settings::SettingsError, volume::Image};

/// Takes the root of every magnitude and keeps the sign. Not IBSI: the definition is PyRadiomics', which
/// scales the response so that the largest magnitude m = max |f| stays what it is.
///
/// # Formula
/// ```text
/// h = sign(f) √(m |f|)
/// ```
/// The response of an image of zeros is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SquareRoot {}

impl Behaviour for SquareRoot {
    fn name(&self) -> &'static str {
        "square-root"
    }

    fn check(&self) -> Result<(), SettingsError> {
        Ok(())
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let m = pointwise::largest_magnitude(image);
        // Two roots: the product of large intensities need not be a number.
        let scale = m.sqrt();
        Ok(pointwise::map(image, |f| {
            (scale * f.abs().sqrt()).copysign(f)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::testing::line;

    #[test]
    fn values_by_hand() {
        let filter = SquareRoot {};
        let response = |voxels: &[f64]| {
            let response = filter.apply(&line(voxels)).expect("it has no errors");
            response.as_slice().to_vec()
        };
        assert_eq!(response(&[-4.0, 1.0, 0.25]), [-4.0, 2.0, 1.0]);
        assert_eq!(response(&[0.0, 0.0]), [0.0, 0.0]);
    }
}
