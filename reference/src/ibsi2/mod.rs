//! IBSI 2: reference response maps of convolutional filters on digital phantoms (phase 1), reference values of features
//! of filtered images (phase 2), and the settings of the validation study (phase 3).
//!
//! Source: IBSI 2 reference manual (arXiv:2006.05470, version 9, text of theibsi/ibsi2_manual at `b6ef585`) for settings,
//! and theibsi/ibsi_2_reference_data at `5404579` (CC0 1.0) for response maps and values. `README.md` beside this file
//! says what each table is.

mod phase1;
mod phase2;
mod phase3;
mod team_values;

pub use phase1::{MapTest, Phantom, ReferenceMap, map_tests};
pub use phase2::{FilteredTest, FilteredValue, filtered_tests, filtered_values};
pub use phase3::{Modality, ValidationTest, validation_tests};
pub use team_values::{Patients, Quantity, TeamValues, TeamValuesError};

/// What to cite for the settings.
pub const MANUAL: &str = "IBSI 2 reference manual, arXiv:2006.05470v9";

/// What to cite for response maps and values.
pub const REFERENCE_DATA: &str = "IBSI 2 reference data, theibsi/ibsi_2_reference_data at 5404579";

/// Profile `ibsi2-phase1`: the 33 response maps for which a reference was published.
pub const PHASE_1_PROFILE: &str = "ibsi2-phase1";

/// Profile `ibsi2-phase2`: the 323 feature values for which there is a consensus.
pub const PHASE_2_PROFILE: &str = "ibsi2-phase2";
