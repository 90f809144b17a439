//! IBSI 1: reference values of 169 standardised features for the digital phantom and for five processing
//! configurations of the CT phantom.
//!
//! The tables come from the IBSI 1 reference manual (arXiv:1612.07003, CC BY 4.0) and from the IBSI 1 compliance
//! check spreadsheet; `README.md` beside this file says what each column is and how the tables were made. Where the
//! published readings differ, both are kept: nothing is decided here.

mod diagnostics;
mod presets;
mod profile;
mod values;

pub use diagnostics::{DiagnosticValue, diagnostic_values};
pub use presets::{Preset, preset, presets};
pub use profile::{Profile, UnknownProfile};
pub use values::{Reading, ReferenceValue, reference_values};

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An image with its processing: the digital phantom, or one of the configurations A to E of the CT phantom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Case {
    /// The digital phantom, not processed.
    #[serde(rename = "digital")]
    Digital,
    /// Configuration A: 2D, no interpolation, fixed bin size.
    #[serde(rename = "ct_a")]
    CtA,
    /// Configuration B: 2D, bilinear interpolation, fixed bin number.
    #[serde(rename = "ct_b")]
    CtB,
    /// Configuration C: 3D, trilinear interpolation, fixed bin size.
    #[serde(rename = "ct_c")]
    CtC,
    /// Configuration D: 3D, trilinear interpolation, outlier filtering, fixed bin number.
    #[serde(rename = "ct_d")]
    CtD,
    /// Configuration E: 3D, tricubic spline interpolation, range and outlier filtering, fixed bin number.
    #[serde(rename = "ct_e")]
    CtE,
}

impl Case {
    /// Every case, in the manual's order.
    pub const ALL: [Self; 6] = [
        Self::Digital,
        Self::CtA,
        Self::CtB,
        Self::CtC,
        Self::CtD,
        Self::CtE,
    ];

    /// The form used in ids: `digital ct_a ct_b ct_c ct_d ct_e`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Digital => "digital",
            Self::CtA => "ct_a",
            Self::CtB => "ct_b",
            Self::CtC => "ct_c",
            Self::CtD => "ct_d",
            Self::CtE => "ct_e",
        }
    }

    /// The case in a line.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Digital => "digital phantom, not processed",
            Self::CtA => "CT phantom, configuration A: 2D, no interpolation, fixed bin size",
            Self::CtB => {
                "CT phantom, configuration B: 2D, bilinear interpolation, fixed bin number"
            }
            Self::CtC => "CT phantom, configuration C: 3D, trilinear interpolation, fixed bin size",
            Self::CtD => {
                "CT phantom, configuration D: 3D, trilinear interpolation, outlier filtering, fixed bin number"
            }
            Self::CtE => {
                "CT phantom, configuration E: 3D, tricubic spline, range and outlier filtering, fixed bin number"
            }
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// A text that names no case of IBSI 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an IBSI 1 case (digital, ct_a, ct_b, ct_c, ct_d or ct_e), found `{0}`")]
pub struct UnknownCase(pub String);

impl FromStr for Case {
    type Err = UnknownCase;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|c| c.slug() == text)
            .ok_or_else(|| UnknownCase(text.to_owned()))
    }
}

/// Where a reading was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The IBSI 1 reference manual.
    Manual,
    /// The IBSI 1 compliance check spreadsheet.
    Spreadsheet,
}

impl Source {
    /// What to cite.
    #[must_use]
    pub fn citation(self) -> &'static str {
        match self {
            Self::Manual => {
                "IBSI 1 reference manual, arXiv:1612.07003, text of theibsi/ibsi-doc at b952e71e9d40"
            }
            Self::Spreadsheet => {
                "IBSI 1 compliance check spreadsheet, as copied in medical-physics-usz/z-rad tests/data at e7731b17f45f"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_found_by_slug() {
        for case in Case::ALL {
            assert_eq!(case.slug().parse(), Ok(case), "slug of {case:?}");
        }
        assert_eq!(
            "ct_f".parse::<Case>(),
            Err(UnknownCase("ct_f".to_owned())),
            "an unknown case is named"
        );
    }
}
