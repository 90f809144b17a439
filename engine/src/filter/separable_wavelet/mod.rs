//! Separable wavelets (25BO), undecimated (CVCQ).

mod coiflet;
mod daubechies;
mod wavelet;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError, Pooling, kernel::Kernel, lines::LineOperator,
    rotation::pooled, separable::Separable,
};
use crate::{
    settings::{SettingsError, check_value},
    volume::Image,
};
pub use wavelet::{UnknownWavelet, Wavelet};

/// A sub-band of the undecimated transform with a separable wavelet.
///
/// # Steps
/// At each level below the last, the image becomes its low-pass response (L along every axis); at the last it is filtered
/// as the sub-band says. At level j the à trous algorithm puts `2^(j−1) − 1` zeros between taps and as many after the
/// last (the manual's second alternative). Image and intermediate responses are extended anew at each level. A rotation
/// rotates the filters of all levels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeparableWavelet {
    /// The wavelet (BPXS): `haar`, `db1` to `db20`, `coif1` to `coif5`.
    pub wavelet: Wavelet,
    /// Low (L) or high (H) pass along x, y (and z in 3D) (UK1F): `LHL`.
    pub subband: Subband,
    /// Decomposition level (GCEK), from 1.
    #[serde(default = "first_level")]
    pub level: u32,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// How the image goes on beyond its borders.
    #[serde(default)]
    pub boundary: Boundary,
    /// How right-angle rotations of the filter are pooled, 4 in the slice or 24 in the volume (O1AQ, SVKW); absent =
    /// the filter is not rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooling: Option<Pooling>,
}

fn first_level() -> u32 {
    1
}

/// The deepest level that is accepted for any image.
const MAX_LEVEL: u32 = 10;

impl Behaviour for SeparableWavelet {
    fn name(&self) -> &'static str {
        "separable-wavelet"
    }

    fn check(&self) -> Result<(), SettingsError> {
        check_value(
            self.subband.0.len() == self.dimension.axes(),
            "filter.subband",
            match self.dimension {
                Dimension::Slice => "two letters for `2d`, such as `LH`",
                Dimension::Volume => "three letters for `3d`, such as `LLH`",
            },
            &self.subband,
        )?;
        check_value(
            (1..=MAX_LEVEL).contains(&self.level),
            "filter.level",
            "a level from 1 to 10",
            self.level,
        )?;
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let spread = 1 << (self.level - 1);
        let sizes = image.size().into_iter().zip(['x', 'y', 'z']);
        for (size, axis) in sizes.take(self.dimension.axes()) {
            if spread > size {
                return Err(FilterError::TooDeep {
                    filter: self.name(),
                    level: self.level,
                    spread,
                    size,
                    axis,
                });
            }
        }
        let low = self.wavelet.low_pass();
        let high = self.wavelet.high_pass();
        let along = |axis: usize| match self.subband.0.get(axis) {
            None => LineOperator::from(Kernel::new(&[1.0])),
            Some(pass) => LineOperator::chain((1..=self.level).map(|level| {
                let taps = if level == self.level && *pass == Pass::High {
                    &high
                } else {
                    &low
                };
                Kernel::spread(taps, 1 << (level - 1))
            })),
        };
        let (terms, fold) = pooled(std::array::from_fn(along), self.dimension, self.pooling);
        let filter = Separable {
            dimension: self.dimension,
            boundary: self.boundary,
            terms,
            fold,
            energy_support: None,
        };
        Ok(filter.apply(image))
    }
}

/// Low or high pass along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Low,
    High,
}

/// Which pass is used along which axis: `LHL` in text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subband(Vec<Pass>);

/// A text that names no sub-band.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a sub-band of two or three letters L and H, such as `LLH`, found `{0}`")]
pub struct UnknownSubband(String);

impl FromStr for Subband {
    type Err = UnknownSubband;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let passes = text.chars().map(|letter| match letter {
            'L' => Some(Pass::Low),
            'H' => Some(Pass::High),
            _ => None,
        });
        let passes: Option<Vec<Pass>> = passes.collect();
        passes
            .filter(|passes| (2..=3).contains(&passes.len()))
            .map(Self)
            .ok_or_else(|| UnknownSubband(text.to_owned()))
    }
}

impl TryFrom<String> for Subband {
    type Error = UnknownSubband;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Subband {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|pass| {
            f.write_str(match pass {
                Pass::Low => "L",
                Pass::High => "H",
            })
        })
    }
}

impl fmt::Debug for Subband {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Subband> for String {
    fn from(subband: Subband) -> Self {
        subband.to_string()
    }
}
