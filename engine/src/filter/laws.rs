//! Laws kernels (JTXT) and texture energy maps (PQSD).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError, MAX_SUPPORT, Pooling, kernel::Kernel,
    lines::LineOperator, rotation::pooled, separable::Separable,
};
use crate::{
    settings::{SettingsError, check_value},
    volume::Image,
};

/// Convolves with a Laws kernel along each axis.
///
/// # Steps
/// 1. convolve with the kernel, and with its rotations if they are pooled
/// 2. pool the responses
/// 3. if there is an energy distance δ: average the magnitude of the response over all voxels within Chebyshev distance
///    δ, with the same boundary condition
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Laws {
    /// The one-dimensional kernels along x, y (and z in 3D) (JVAD): `L5E5E5`.
    pub kernel: LawsKernel,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// How the image goes on beyond its borders.
    #[serde(default)]
    pub boundary: Boundary,
    /// How right-angle rotations of the kernel are pooled, 4 in the slice or 24 in the volume (O1AQ, SVKW); absent =
    /// the kernel is not rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooling: Option<Pooling>,
    /// Chebyshev distance δ of the energy map in voxels (I176); absent = the response itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_distance: Option<u32>,
}

impl Behaviour for Laws {
    fn name(&self) -> &'static str {
        "laws"
    }

    fn check(&self) -> Result<(), SettingsError> {
        check_value(
            self.kernel.0.len() == self.dimension.axes(),
            "filter.kernel",
            match self.dimension {
                Dimension::Slice => "two kernels for `2d`, such as `L5E5`",
                Dimension::Volume => "three kernels for `3d`, such as `L5E5E5`",
            },
            &self.kernel,
        )?;
        check_value(
            self.energy_distance
                .is_none_or(|delta| delta <= MAX_SUPPORT / 2),
            "filter.energy_distance",
            "a distance up to 2047 voxels",
            self.energy_distance,
        )?;
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let along = |axis: usize| {
            let law = self.kernel.0.get(axis);
            LineOperator::from(law.map_or(Kernel::new(&[1.0]), |law| law.kernel()))
        };
        let (terms, fold) = pooled(std::array::from_fn(along), self.dimension, self.pooling);
        let filter = Separable {
            dimension: self.dimension,
            boundary: self.boundary,
            terms,
            fold,
            energy_support: self.energy_distance.map(|delta| 2 * delta as usize + 1),
        };
        Ok(filter.apply(image))
    }
}

/// One-dimensional Laws kernels, one for each axis: `L5E5E5` in text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LawsKernel(Vec<Law>);

/// A one-dimensional Laws kernel, normalised to a sum of squares of 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Law {
    L3,
    L5,
    E3,
    E5,
    S3,
    S5,
    W5,
    R5,
}

impl Law {
    const ALL: [Self; 8] = [
        Self::L3,
        Self::L5,
        Self::E3,
        Self::E5,
        Self::S3,
        Self::S5,
        Self::W5,
        Self::R5,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::L3 => "L3",
            Self::L5 => "L5",
            Self::E3 => "E3",
            Self::E5 => "E5",
            Self::S3 => "S3",
            Self::S5 => "S5",
            Self::W5 => "W5",
            Self::R5 => "R5",
        }
    }

    /// Section *Laws Kernels*: level (B5BZ, 6HRH), edge (LJ4T, 2WPV), spot (MK5Z, RXA1), wave (4ENO), ripple (3A1W).
    fn taps(self) -> &'static [f64] {
        match self {
            Self::L3 => &[1.0, 2.0, 1.0],
            Self::L5 => &[1.0, 4.0, 6.0, 4.0, 1.0],
            Self::E3 => &[-1.0, 0.0, 1.0],
            Self::E5 => &[-1.0, -2.0, 0.0, 2.0, 1.0],
            Self::S3 => &[-1.0, 2.0, -1.0],
            Self::S5 => &[-1.0, 0.0, 2.0, 0.0, -1.0],
            Self::W5 => &[-1.0, 2.0, 0.0, -2.0, 1.0],
            Self::R5 => &[1.0, -4.0, 6.0, -4.0, 1.0],
        }
    }

    fn kernel(self) -> Kernel {
        let squares: f64 = self.taps().iter().map(|g| g * g).sum();
        Kernel::new(self.taps()).scaled(1.0 / squares.sqrt())
    }
}

/// A text that names no Laws kernels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected two or three of L3, L5, E3, E5, S3, S5, W5, R5, such as `L5E5E5`, found `{0}`")]
pub struct UnknownLawsKernel(String);

impl FromStr for LawsKernel {
    type Err = UnknownLawsKernel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownLawsKernel(text.to_owned());
        let mut laws = Vec::with_capacity(3);
        let mut rest = text;
        while !rest.is_empty() {
            let mut known = Law::ALL.into_iter();
            let law = known
                .find(|law| rest.starts_with(law.name()))
                .ok_or_else(unknown)?;
            laws.push(law);
            rest = &rest[law.name().len()..];
        }
        if (2..=3).contains(&laws.len()) {
            Ok(Self(laws))
        } else {
            Err(unknown())
        }
    }
}

impl TryFrom<String> for LawsKernel {
    type Error = UnknownLawsKernel;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for LawsKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|law| f.write_str(law.name()))
    }
}

impl fmt::Debug for LawsKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<LawsKernel> for String {
    fn from(kernel: LawsKernel) -> Self {
        kernel.to_string()
    }
}
