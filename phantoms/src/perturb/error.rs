//! Why a scan cannot be perturbed.

use radgauge_engine::{filter::FilterError, io::GridMismatch, process::ProcessError};

/// Why a scan cannot be perturbed as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PerturbError {
    /// Not TOML, an unknown kind or parameter, a value of the wrong type. The text points at the place.
    #[error("{0}")]
    Syntax(#[from] Box<toml::de::Error>),
    /// A parameter that no scan can be perturbed with.
    #[error("`{key}`: expected {expected}, found `{found}`")]
    Setting {
        /// Kind and parameter, dotted.
        key: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it was.
        found: String,
    },
    /// Steps in an order that is none.
    #[error("chain `{chain}`: `{later}` must come before `{earlier}`, not after it")]
    Order {
        /// The chain.
        chain: String,
        /// The kind that comes first in the chain.
        earlier: &'static str,
        /// The kind that comes later in the chain.
        later: &'static str,
    },
    /// Two steps of which a chain may have one.
    #[error("chain `{chain}`: `{first}` and `{second}` exclude one another")]
    Exclusive {
        /// The chain.
        chain: String,
        /// The first of them.
        first: &'static str,
        /// The second, the same kind or another.
        second: &'static str,
    },
    /// The region has no voxel.
    #[error("the mask is empty: there is no region to perturb")]
    EmptyMask,
    /// The region would become too small.
    #[error(
        "`{kind}` would leave {left} of the {of} voxels of the region, fewer than the {least} that must be left"
    )]
    TooSmall {
        /// The perturbation.
        kind: &'static str,
        /// Voxels that would be left.
        left: usize,
        /// Voxels before.
        of: usize,
        /// Voxels that must be left.
        least: usize,
    },
    /// The region cannot grow as far as asked within the image.
    #[error(
        "`{kind}` needs {wanted} voxels, but the region can grow to {most} at most within the image"
    )]
    NoRoom {
        /// The perturbation.
        kind: &'static str,
        /// Voxels asked for.
        wanted: usize,
        /// Voxels that there are.
        most: usize,
    },
    /// An intensity that the perturbation has no meaning for.
    #[error("`{kind}` needs {expected}, but voxel {voxel:?} is `{found}`")]
    Intensity {
        /// The perturbation.
        kind: &'static str,
        /// What the intensities must be.
        expected: &'static str,
        /// Index of the first voxel that is something else.
        voxel: [usize; 3],
        /// Its intensity.
        found: f64,
    },
    /// An image without the spread or the size that the perturbation needs.
    #[error("`{kind}` needs {expected}, found {found}")]
    Unfit {
        /// The perturbation.
        kind: &'static str,
        /// What the image must have.
        expected: &'static str,
        /// What it has.
        found: String,
    },
    /// Image and mask do not lie on one grid.
    #[error(transparent)]
    Grid(#[from] GridMismatch),
    /// The image cannot be resampled as asked.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The image cannot be filtered as asked.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

/// Refuses a parameter that does not hold.
pub(super) fn check_value(
    holds: bool,
    key: &'static str,
    expected: &'static str,
    found: impl std::fmt::Debug,
) -> Result<(), PerturbError> {
    if holds {
        Ok(())
    } else {
        Err(PerturbError::Setting {
            key,
            expected,
            found: format!("{found:?}"),
        })
    }
}
