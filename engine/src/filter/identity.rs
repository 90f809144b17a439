//! The identity filter (section *Spectral Coverage*).

use serde::{Deserialize, Serialize};

use super::{Behaviour, FilterError};
use crate::{settings::SettingsError, volume::Image};

/// The image as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {}

impl Behaviour for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn keeps_unit(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), SettingsError> {
        Ok(())
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        Ok(image.clone())
    }
}
