//! Image filters (IBSI 2 reference manual, *Standardised convolutional filtering for radiomics*, arXiv:2006.05470):
//! an image gives a response map of the same size. Chapters and sections named here are those of that manual.
//!
//! A filter acts on the whole image after interpolation. The range of re-segmentation reads the unfiltered intensities,
//! features read the response map ([`pipeline`](crate::pipeline)).
//!
//! - **Directions** (XKP5): k₁, k₂, k₃ are x, y, z of [`volume`](crate::volume). A [`Dimension::Slice`] filter works in
//!   every plane of constant z by itself.
//! - **Convolution** (Y4GJ): `h[k₀] = Σ_k g[k] f[k₀ − k]`, a kernel of `M` taps centred on tap `⌊M / 2⌋`.
//! - **Borders** (GBYQ): as [`Boundary`] says. A kernel may be wider than the image.
//! - **Anisotropic voxels**: the manual asks for interpolation to isotropic voxels first. A kernel given in voxels is
//!   applied as it is; a filter with a scale in mm that is no product of one-dimensional scales refuses voxels that are
//!   not isotropic along the axes on which it works.
//! - **Numbers**: `f64`, the same bits for any number of threads. An image with a voxel that is no finite number is
//!   refused, since a response would spread it.

mod boundary;
mod catalogue;
mod exponential;
mod fft;
mod fold;
mod frequencies;
mod gabor;
mod gaussian;
mod gaussian_spectrum;
mod gradient_magnitude;
mod identity;
mod kernel;
mod laplacian;
mod laplacian_of_gaussian;
mod laws;
mod lines;
mod local_binary_pattern;
mod logarithm;
mod mean;
mod moving_mean;
mod pointwise;
mod riesz;
mod rotation;
#[cfg(test)]
mod samples;
mod separable;
mod separable_wavelet;
mod simoncelli;
mod sobel;
mod square;
mod square_root;
mod structure_tensor;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transfer;
mod translation;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    settings::{SettingsError, check_value},
    volume::Image,
};

pub use boundary::Boundary;
pub use catalogue::{FilterEntry, filter_entries};
pub use exponential::Exponential;
pub use frequencies::Frequencies;
pub use gabor::{ComplexResponse, Gabor};
pub use gaussian::Gaussian;
pub use gradient_magnitude::GradientMagnitude;
pub use identity::Identity;
pub use laplacian::Laplacian;
pub use laplacian_of_gaussian::LaplacianOfGaussian;
pub use laws::{Laws, LawsKernel, UnknownLawsKernel};
pub use local_binary_pattern::{LocalBinaryPattern, PatternCode, Plane};
pub use logarithm::Logarithm;
pub use mean::Mean;
pub use riesz::{Riesz, RieszOf};
pub use separable_wavelet::{SeparableWavelet, Subband, UnknownSubband, UnknownWavelet, Wavelet};
pub use simoncelli::Simoncelli;
pub use sobel::Sobel;
pub use square::Square;
pub use square_root::SquareRoot;
pub use translation::Translation;

/// A filter with its parameters, as settings have it: `kind` names the filter, the other keys are its parameters.
///
/// ```
/// use radgauge_engine::settings::Settings;
///
/// let settings = Settings::from_toml("[filter]\nkind = 'identity'\n")?;
/// assert_eq!(settings.filter.expect("there is one").name(), "identity");
/// # Ok::<(), radgauge_engine::settings::SettingsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Filter {
    /// The image as it is.
    Identity(Identity),
    /// The image moved on its grid.
    Translation(Translation),
    /// Mean over a square or cube (S60F).
    Mean(Mean),
    /// Gaussian (8BC3).
    Gaussian(Gaussian),
    /// Laplacian of Gaussian (L6PA).
    LaplacianOfGaussian(LaplacianOfGaussian),
    /// Laws kernels (JTXT), and texture energy (PQSD).
    Laws(Laws),
    /// A sub-band of a separable wavelet (25BO).
    SeparableWavelet(SeparableWavelet),
    /// Gabor filter (Q88H).
    Gabor(Gabor),
    /// Band-pass map of the Simoncelli wavelet (PRT7).
    Simoncelli(Simoncelli),
    /// Riesz transform (AYRS).
    Riesz(Riesz),
    /// Magnitude of the smoothed gradient.
    Sobel(Sobel),
    /// Sum of second differences.
    Laplacian(Laplacian),
    /// Magnitude of the gradient.
    GradientMagnitude(GradientMagnitude),
    /// Local binary pattern.
    LocalBinaryPattern(LocalBinaryPattern),
    /// The square of every intensity.
    Square(Square),
    /// The square root of every intensity.
    SquareRoot(SquareRoot),
    /// The logarithm of every intensity.
    Logarithm(Logarithm),
    /// The exponential of every intensity.
    Exponential(Exponential),
}

impl Filter {
    fn behaviour(&self) -> &dyn Behaviour {
        match self {
            Self::Identity(filter) => filter,
            Self::Translation(filter) => filter,
            Self::Mean(filter) => filter,
            Self::Gaussian(filter) => filter,
            Self::LaplacianOfGaussian(filter) => filter,
            Self::Laws(filter) => filter,
            Self::SeparableWavelet(filter) => filter,
            Self::Gabor(filter) => filter,
            Self::Simoncelli(filter) => filter,
            Self::Riesz(filter) => filter,
            Self::Sobel(filter) => filter,
            Self::Laplacian(filter) => filter,
            Self::GradientMagnitude(filter) => filter,
            Self::LocalBinaryPattern(filter) => filter,
            Self::Square(filter) => filter,
            Self::SquareRoot(filter) => filter,
            Self::Logarithm(filter) => filter,
            Self::Exponential(filter) => filter,
        }
    }

    /// The `kind` of settings: `laplacian-of-gaussian`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.behaviour().name()
    }

    /// Whether the response map is in the unit of the image, so that a bin width or an intensity range means there what
    /// it means in the image.
    #[must_use]
    pub fn keeps_unit(&self) -> bool {
        self.behaviour().keeps_unit()
    }

    /// Checks that every parameter is possible.
    ///
    /// # Errors
    /// [`SettingsError::Value`], naming the first key whose value is not.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.behaviour().check()
    }

    /// The response map, on the grid of the image.
    ///
    /// # Errors
    /// [`FilterError::Settings`] as [`check`](Self::check), [`FilterError::NotFinite`] for a voxel that is NaN or
    /// infinite, and what the filter cannot do with this image: [`FilterError::Anisotropic`], [`FilterError::TooWide`],
    /// [`FilterError::TooDeep`], [`FilterError::TooCoarse`].
    pub fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        self.check()?;
        expect_finite(image)?;
        if image.grid().is_empty() {
            return Ok(image.clone());
        }
        self.behaviour().apply(image)
    }
}

/// What every filter does. [`Filter`] calls `apply` with checked parameters and a non-empty image of finite voxels only.
pub(crate) trait Behaviour {
    /// The `kind` of settings.
    fn name(&self) -> &'static str;

    /// As [`Filter::keeps_unit`].
    fn keeps_unit(&self) -> bool {
        false
    }

    /// As [`Filter::check`].
    fn check(&self) -> Result<(), SettingsError>;

    /// As [`Filter::apply`].
    fn apply(&self, image: &Image) -> Result<Image, FilterError>;
}

/// Whether a filter works slice by slice or in the volume (4AGS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dimension {
    /// Within each axial slice, in x and y (2D, 7QSE).
    #[serde(rename = "2d")]
    Slice,
    /// In the volume, in x, y and z (3D, 0ODV).
    #[default]
    #[serde(rename = "3d")]
    Volume,
}

impl Dimension {
    /// Number of axes along which a filter works; they come first among x, y, z.
    #[must_use]
    pub fn axes(self) -> usize {
        match self {
            Self::Slice => 2,
            Self::Volume => 3,
        }
    }
}

/// How the responses to the rotations of a filter become one, voxel by voxel (SVKW).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The mean response (M1CY).
    Average,
    /// The largest response (0TAW).
    Max,
    /// The smallest response (DUX4).
    Min,
}

/// Why an image cannot be filtered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// A parameter is impossible for any image.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A voxel is no number: its response would reach every voxel within the filter's support.
    #[error("filters need finite intensities in the whole image, but voxel {voxel:?} is `{found}`")]
    NotFinite {
        /// Index of the first such voxel.
        voxel: [usize; 3],
        /// Its intensity.
        found: f64,
    },
    /// The filter has one scale in mm for axes of different voxel spacing.
    #[error(
        "filter `{filter}` needs the same voxel spacing along {axes}, found {spacing_mm:?} mm: interpolate first, as IBSI 2 recommends"
    )]
    Anisotropic {
        /// The filter's name.
        filter: &'static str,
        /// The axes on which it works.
        axes: &'static str,
        /// Spacing along x, y, z.
        spacing_mm: [f64; 3],
    },
    /// A kernel in voxels is wider than what is accepted, because of the spacing of this image.
    #[error(
        "filter `{filter}`: `{key}` gives a kernel of {taps} voxels, more than the {MAX_SUPPORT} that are accepted"
    )]
    TooWide {
        /// The filter's name.
        filter: &'static str,
        /// The parameter.
        key: &'static str,
        /// Number of taps.
        taps: f64,
    },
    /// A decomposition level at which the filter is wider than the image, so that all that it sees is padding.
    #[error(
        "filter `{filter}`: at level {level} its taps lie {spread} voxels apart, farther than the {size} voxels of the image along {axis}"
    )]
    TooDeep {
        /// The filter's name.
        filter: &'static str,
        /// The level.
        level: u32,
        /// Distance of neighbouring taps in voxels.
        spread: usize,
        /// Size of the image along the axis.
        size: usize,
        /// The axis.
        axis: char,
    },
    /// A decomposition level at which a filter of the Fourier domain passes waves that do not fit into the image.
    #[error(
        "filter `{filter}`: level {level} is for waves of {wave} voxels, too long for an image of {size:?} voxels along the axes of the filter: use a lower level, or `dimension = \"2d\"` for few slices"
    )]
    TooCoarse {
        /// The filter's name.
        filter: &'static str,
        /// The level.
        level: u32,
        /// Length of the waves in voxels.
        wave: u64,
        /// Size of the image along the axes on which the filter works.
        size: Vec<usize>,
    },
}

/// The widest kernel that is accepted, in voxels along an axis.
pub const MAX_SUPPORT: u32 = 4_095;

/// Spacings that differ by less than this fraction are the same: files store them with six digits or so.
const SPACING_TOLERANCE: f64 = 1e-4;

/// The voxel spacing that the axes of a filter share, in mm.
///
/// # Errors
/// [`FilterError::Anisotropic`] when they share none.
pub(crate) fn isotropic_spacing_mm(
    image: &Image,
    dimension: Dimension,
    filter: &'static str,
) -> Result<f64, FilterError> {
    let spacing_mm = image.grid().spacing_mm;
    let first = spacing_mm[0];
    let used = &spacing_mm[..dimension.axes()];
    if used
        .iter()
        .all(|s| (s - first).abs() <= SPACING_TOLERANCE * first)
    {
        return Ok(first);
    }
    Err(FilterError::Anisotropic {
        filter,
        axes: match dimension {
            Dimension::Slice => "x and y",
            Dimension::Volume => "x, y and z",
        },
        spacing_mm,
    })
}

/// Checks the support of a kernel in voxels.
///
/// # Errors
/// [`SettingsError::Value`] for an even number and for what is too wide.
fn check_support(key: &'static str, support: u32) -> Result<(), SettingsError> {
    check_value(
        support % 2 == 1 && support <= MAX_SUPPORT,
        key,
        "an odd number of voxels from 1 to 4095",
        support,
    )
}

/// Voxels that are looked at together.
const CHUNK: usize = 1 << 14;

fn expect_finite(image: &Image) -> Result<(), FilterError> {
    let voxels = image.as_slice();
    // Looking at all of a chunk is faster than stopping at the first: the compiler can look at many at once.
    let has_other = |chunk: &[f64]| chunk.iter().fold(false, |any, f| any | !f.is_finite());
    let Some(chunk) = voxels.par_chunks(CHUNK).position_first(has_other) else {
        return Ok(());
    };
    let in_chunk = voxels[chunk * CHUNK..].iter().position(|f| !f.is_finite());
    let index = chunk * CHUNK + in_chunk.unwrap_or(0);
    let [nx, ny, _] = image.size();
    Err(FilterError::NotFinite {
        voxel: [index % nx, index / nx % ny, index / nx / ny],
        found: voxels[index],
    })
}
