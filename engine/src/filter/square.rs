//! The square of every intensity.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FilterError, pointwise};
use crate::{settings::SettingsError, volume::Image};

/// Squares every intensity. Not IBSI: the definition is PyRadiomics', which
/// scales the response so that the largest magnitude m = max |f| stays what it is.
///
/// # Formula
/// ```text
/// h = f² / m
/// ```
/// The response of an image of zeros is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Square {}

impl Behaviour for Square {
    fn name(&self) -> &'static str {
        "square"
    }

    fn check(&self) -> Result<(), SettingsError> {
        Ok(())
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let m = pointwise::largest_magnitude(image);
        // Divided first: the square of a large intensity need not be a number.
        Ok(pointwise::map(image, |f| {
            if m == 0.0 { 0.0 } else { f / m * f }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::testing::line;

    #[test]
    fn values_by_hand() {
        let filter = Square {};
        let response = |voxels: &[f64]| {
            let response = filter.apply(&line(voxels)).expect("it has no errors");
            response.as_slice().to_vec()
        };
        assert_eq!(response(&[-4.0, 1.0, 2.0]), [4.0, 0.25, 1.0]);
        assert_eq!(response(&[0.0, 0.0]), [0.0, 0.0]);
        assert_eq!(response(&[1e300, -5e299]), [1e300, 2.5e299], "no overflow");
    }
}
