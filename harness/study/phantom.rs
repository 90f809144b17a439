//! The phantoms that a study can be tried with when there are no scans.

use serde::{Deserialize, Serialize};

use super::cases::Scan;

/// A phantom that makes scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phantom {
    /// A synthetic abdominal CT with a lesion in the liver.
    AbdominalCt,
}

impl Phantom {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AbdominalCt => "abdominal-ct",
        }
    }
}

/// The scan of a seed, the same on every machine.
#[must_use]
pub fn make(phantom: Phantom, seed: u64) -> Scan {
    match phantom {
        Phantom::AbdominalCt => {
            let radgauge_phantoms::scan::Scan { image, mask } =
                radgauge_phantoms::scan::abdominal_ct(seed);
            Scan { image, mask }
        }
    }
}
