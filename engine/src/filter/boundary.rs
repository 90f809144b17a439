//! Boundary conditions (GBYQ).

use serde::{Deserialize, Serialize};

use crate::settings::{SettingsError, check_value};

/// How the image goes on beyond its borders (GBYQ).
///
/// Filters of several steps extend what a step gives by the same condition, a constant by the response to that constant.
/// Every condition maps an index outside the image to one inside, however far outside it lies, so that a kernel may be
/// wider than the image.
///
/// ```
/// use radgauge_engine::filter::Boundary;
///
/// // Voxels a b c d, three more on either side:
/// let extended = |boundary: Boundary| -> String {
///     let voxel = |i| boundary.source(i, 4).map_or('0', |i| char::from(b"abcd"[i]));
///     (-3..7).map(voxel).collect()
/// };
/// assert_eq!(extended(Boundary::Zero), "000abcd000");
/// assert_eq!(extended(Boundary::Nearest), "aaaabcdddd");
/// assert_eq!(extended(Boundary::Periodic), "bcdabcdabc");
/// assert_eq!(extended(Boundary::Mirror), "cbaabcddcb");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// With zeros (Z3VE with C = 0).
    Zero,
    /// With this intensity (Z3VE): `{ constant = -1000.0 }` in settings.
    Constant(f64),
    /// With the nearest voxel of the image (SIJG).
    Nearest,
    /// With the image again (Z7YO).
    Periodic,
    /// With the image reflected at its outer voxel faces, so that the edge voxel is repeated (ZDTV). What the manual
    /// recommends, and the default.
    #[default]
    Mirror,
}

impl Boundary {
    /// The index in `0..size` whose voxel stands at `index`, or `None` where [`constant`](Self::constant) stands.
    ///
    /// # Panics
    /// When `size` is 0: there is nothing to extend.
    #[must_use]
    pub fn source(self, index: isize, size: usize) -> Option<usize> {
        let n = isize::try_from(size).expect("sizes fit in memory");
        let source = match self {
            Self::Zero | Self::Constant(_) => {
                return usize::try_from(index).ok().filter(|i| *i < size);
            }
            Self::Nearest => index.clamp(0, n - 1),
            Self::Periodic => index.rem_euclid(n),
            Self::Mirror => {
                let folded = index.rem_euclid(2 * n);
                folded.min(2 * n - 1 - folded)
            }
        };
        Some(source.unsigned_abs())
    }

    /// The intensity that stands where [`source`](Self::source) gives no voxel.
    #[must_use]
    pub fn constant(self) -> f64 {
        match self {
            Self::Constant(value) => value,
            Self::Zero | Self::Nearest | Self::Periodic | Self::Mirror => 0.0,
        }
    }

    /// Checks that a constant is a number.
    ///
    /// # Errors
    /// [`SettingsError::Value`] when it is not.
    pub(crate) fn check(self) -> Result<(), SettingsError> {
        check_value(
            self.constant().is_finite(),
            "filter.boundary",
            "a finite constant",
            self.constant(),
        )
    }
}
