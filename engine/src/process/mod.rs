//! Image processing, in the manual's order: interpolate, re-segment, discretise.

pub mod discretise;
pub mod interpolate;
pub mod resegment;
pub(crate) mod whole;

/// Why an image cannot be processed as the settings ask.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The interpolation grid would be too large to hold.
    #[error(
        "interpolating {from:?} voxels to a spacing of {spacing_mm:?} mm gives {to:?} voxels, more than the {limit} that are accepted"
    )]
    GridTooLarge {
        /// Size of the image's grid.
        from: [usize; 3],
        /// The spacing asked for.
        spacing_mm: [f64; 3],
        /// Size of the interpolation grid.
        to: [f64; 3],
        /// The most voxels that are accepted.
        limit: usize,
    },
    /// The intensities cannot serve as grey levels without discretisation.
    #[error(
        "discretisation `none` needs whole intensities from 1 to 65535 inside the region of interest, found `{found}`"
    )]
    NotGreyLevels {
        /// The first intensity that is not a grey level.
        found: f64,
    },
    /// The discretisation has more grey levels than can be stored.
    #[error(
        "the discretisation gives {levels} grey levels, more than the 65535 that are accepted: use wider bins"
    )]
    TooManyLevels {
        /// Number of grey levels.
        levels: f64,
    },
    /// An intensity inside the region lies below the lower end from which fixed-size bins are counted.
    #[error(
        "the intensity `{found}` inside the region of interest lies below `{lowest}`, where the first bin starts"
    )]
    BelowFirstBin {
        /// The intensity.
        found: f64,
        /// The lower edge of the first bin.
        lowest: f64,
    },
    /// An intensity inside the region is no number.
    #[error("expected finite intensities inside the region of interest, found `{found}`")]
    NotFinite {
        /// The first intensity that is not finite.
        found: f64,
    },
    /// The intensities inside the region are so far apart that their range is no number any more.
    #[error(
        "the intensities inside the region of interest run from `{lowest}` to `{highest}`, too far to be divided into bins"
    )]
    RangeTooWide {
        /// The lowest intensity.
        lowest: f64,
        /// The highest intensity.
        highest: f64,
    },
    /// A setting that no image can be processed with; [`Settings::check`](crate::settings::Settings::check) refuses
    /// it earlier.
    #[error("`{key}`: expected {expected}, found `{found}`")]
    Setting {
        /// The key.
        key: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it was.
        found: String,
    },
}
