//! Suite `imsure`: 90 regions of three shapes and three sizes.
//!
//! | cases | tier | expects |
//! | --- | --- | --- |
//! | `mask-C_L_01` … | cross | the shape of the published regions, as LIFEx finds it |
//! | `iso-C_L_01`, `iso-C_L_01-fbn`, `iso-C_L_01-fbs` … | | observations in the isotropic phantom, on request |
//! | `aniso-C_L_01` … | | the same in the anisotropic phantom, interpolated to 1 mm |
//!
//! The phantoms are radgauge's own, in the [style](radgauge_phantoms::imsure) of ImSURE, so that no reference exists for
//! them: their 919 values per region are for [comparing](crate::compare::cross) implementations with each other.
//! 45 values need no discretisation, 437 are asked with 64 bins and again with bins of 25 HU.

mod masks;
mod phantoms;

pub use phantoms::{Cell, Discretisation};

use super::Suite;

const NAME: &str = "imsure";
const EDITION: u32 = 1;

/// The suite `imsure`.
#[must_use]
pub fn imsure() -> Suite {
    let mut cases = masks::cases();
    cases.extend(phantoms::cases());
    Suite {
        name: NAME,
        edition: EDITION,
        cases,
    }
}
