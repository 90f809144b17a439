//! Perturbations of a scan and its region: how far do feature values move when the patient lies a little differently, the
//! scanner is a little noisier, another reader draws the contour?
//!
//! A perturbation is **a formula and a seed, never a letter**: the same letter means different mathematics in different
//! tools (*N* estimates the noise with another constant, *R* turns by nearest neighbours, *V* rescales the slice). Each
//! file here has one perturbation, its formula, and what other tools mean by the same word.
//!
//! # Order
//! A [`Chain`] holds steps in this order, at most one of a kind; another order is refused, not rearranged. It is the order
//! of A. Zwanenburg et al., *Assessing robustness of radiomic features by image perturbation*, Sci. Rep. 9 (2019) 614,
//! as MIRP has it, with what an acquisition does to an image put first.
//!
//! 1. the acquisition, on the image's own grid: `bias-field`, `blur`, `sharpen`, `slice-thickness`, `spacing`,
//!    `intensity-scale`, `intensity-shift`
//! 2. `normalise`
//! 3. `noise`
//! 4. `rotate`, `translate`: composed with the interpolation that the settings ask for, one resampling for all
//! 5. `volume-fraction` or `grow-mm`, on the interpolated grid from here on
//! 6. `contour`
//! 7. `rim` or `core`
//!
//! ```
//! use radgauge_phantoms::perturb::{Chain, Perturbation};
//!
//! let chain = Chain::from_toml("name = 'turned'\n[[steps]]\nkind = 'rotate'\ndegrees = 5\n")?;
//! assert_eq!(chain.pose().rotation_deg, 5.0);
//! # Ok::<(), radgauge_phantoms::perturb::PerturbError>(())
//! ```

mod bias_field;
mod blur;
mod chain;
mod contour;
mod core;
mod distance;
mod error;
mod grow;
mod intensity;
mod neighbours;
mod noise;
mod normal;
mod normalise;
mod presets;
mod rim;
mod rotate;
mod seed;
mod sharpen;
mod slice_thickness;
mod spacing;
mod translate;
mod volume_fraction;
mod width;

use serde::{Deserialize, Serialize};

pub use self::core::Core;
pub use bias_field::BiasField;
pub use blur::Blur;
pub use chain::{Chain, chains_from_toml};
pub use contour::Contour;
pub use error::PerturbError;
pub use grow::{Beyond, GrowMm};
pub use intensity::{IntensityScale, IntensityShift};
pub use noise::{Estimator, Noise, NoiseModel, estimate_noise};
pub use normalise::{Normalisation, Normalise, Over};
pub use presets::{Preset, preset, presets};
pub use rim::{Rim, Side};
pub use rotate::Rotate;
pub use seed::SeedKey;
pub use sharpen::Sharpen;
pub use slice_thickness::{SliceProfile, SliceThickness};
pub use spacing::Spacing;
pub use translate::Translate;
pub use volume_fraction::VolumeFraction;

use radgauge_engine::{
    process::interpolate::Pose,
    volume::{Image, Mask, VoxelBox},
};

/// One perturbation with its parameters: `kind` names it, the other keys are its parameters.
///
/// ```
/// use radgauge_phantoms::perturb::Perturbation;
///
/// let noise: Perturbation = toml::from_str("kind = 'noise'\nmodel = 'white'\nlevel = 12.5\n")?;
/// assert_eq!(noise.kind(), "noise");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Perturbation {
    /// A smooth multiplicative field over the image.
    BiasField(BiasField),
    /// Blur by a Gaussian point-spread function.
    Blur(Blur),
    /// Sharpening, as by another reconstruction kernel.
    Sharpen(Sharpen),
    /// Thicker slices.
    SliceThickness(SliceThickness),
    /// Another voxel spacing of the scan.
    Spacing(Spacing),
    /// All intensities times a factor.
    IntensityScale(IntensityScale),
    /// All intensities moved.
    IntensityShift(IntensityShift),
    /// Intensities normalised.
    Normalise(Normalise),
    /// Noise added.
    Noise(Noise),
    /// The interpolation grid turned in the plane of the slices.
    Rotate(Rotate),
    /// The interpolation grid moved by a fraction of a voxel.
    Translate(Translate),
    /// The region grown or shrunk to a volume.
    VolumeFraction(VolumeFraction),
    /// The region grown or shrunk by a distance.
    GrowMm(GrowMm),
    /// The contour redrawn along supervoxels.
    Contour(Contour),
    /// The rim around the region, or within it.
    Rim(Rim),
    /// The core of the region.
    Core(Core),
}

/// What a perturbation acts on, in the order in which they follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Acquisition,
    Normalisation,
    Noise,
    Pose,
    Volume,
    Contour,
    Part,
}

/// How a perturbation acts.
enum Action<'a> {
    Scan(&'a dyn OnScan),
    Pose(&'a dyn OnPose),
    Mask(&'a dyn OnMask),
}

/// A perturbation of the scan before interpolation.
trait OnScan {
    fn check(&self) -> Result<(), PerturbError>;

    /// The perturbed image, and the mask if it had to follow onto another grid.
    fn apply(
        &self,
        image: &Image,
        mask: &Mask,
        random: &seed::Random,
    ) -> Result<(Image, Option<Mask>), PerturbError>;
}

/// A perturbation of where the interpolation grid lies.
trait OnPose {
    fn check(&self) -> Result<(), PerturbError>;

    fn put(&self, pose: &mut Pose);
}

/// A perturbation of the region after interpolation. The mask that it is given has a voxel inside, and so has the one that
/// it gives.
trait OnMask {
    fn check(&self) -> Result<(), PerturbError>;

    fn apply(
        &self,
        image: &Image,
        mask: &Mask,
        random: &seed::Random,
    ) -> Result<Mask, PerturbError>;
}

impl Perturbation {
    /// The `kind`: `volume-fraction`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::BiasField(_) => "bias-field",
            Self::Blur(_) => "blur",
            Self::Sharpen(_) => "sharpen",
            Self::SliceThickness(_) => "slice-thickness",
            Self::Spacing(_) => "spacing",
            Self::IntensityScale(_) => "intensity-scale",
            Self::IntensityShift(_) => "intensity-shift",
            Self::Normalise(_) => "normalise",
            Self::Noise(_) => "noise",
            Self::Rotate(_) => "rotate",
            Self::Translate(_) => "translate",
            Self::VolumeFraction(_) => "volume-fraction",
            Self::GrowMm(_) => "grow-mm",
            Self::Contour(_) => "contour",
            Self::Rim(_) => "rim",
            Self::Core(_) => "core",
        }
    }

    /// The canonical text: JSON without spaces, `kind` first, then every parameter in the order of the documentation,
    /// also those left at their default; numbers in the shortest form that reads back the same. It is part of the
    /// [seed](SeedKey) of what is random.
    ///
    /// # Panics
    /// Never: every parameter has a JSON form.
    #[must_use]
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).expect("every parameter has a JSON form")
    }

    /// Checks that every parameter is possible.
    ///
    /// # Errors
    /// [`PerturbError::Setting`], naming the first parameter that is not.
    pub fn check(&self) -> Result<(), PerturbError> {
        match self.action() {
            Action::Scan(step) => step.check(),
            Action::Pose(step) => step.check(),
            Action::Mask(step) => step.check(),
        }
    }

    /// Whether it draws random numbers: of these, other draws are other results.
    #[must_use]
    pub fn is_random(&self) -> bool {
        match self {
            Self::BiasField(_) | Self::Noise(_) | Self::VolumeFraction(_) | Self::Contour(_) => {
                true
            }
            Self::Blur(_)
            | Self::Sharpen(_)
            | Self::SliceThickness(_)
            | Self::Spacing(_)
            | Self::IntensityScale(_)
            | Self::IntensityShift(_)
            | Self::Normalise(_)
            | Self::Rotate(_)
            | Self::Translate(_)
            | Self::GrowMm(_)
            | Self::Rim(_)
            | Self::Core(_) => false,
        }
    }

    /// Whether a chain may have only one of the two: of a kind, of what sets the volume, of what takes the region's place.
    fn excludes(&self, other: &Self) -> bool {
        let is_one_of_its_stage = matches!(self.stage(), Stage::Volume | Stage::Part);
        self.kind() == other.kind() || (is_one_of_its_stage && self.stage() == other.stage())
    }

    fn stage(&self) -> Stage {
        match self {
            Self::BiasField(_)
            | Self::Blur(_)
            | Self::Sharpen(_)
            | Self::SliceThickness(_)
            | Self::Spacing(_)
            | Self::IntensityScale(_)
            | Self::IntensityShift(_) => Stage::Acquisition,
            Self::Normalise(_) => Stage::Normalisation,
            Self::Noise(_) => Stage::Noise,
            Self::Rotate(_) | Self::Translate(_) => Stage::Pose,
            Self::VolumeFraction(_) | Self::GrowMm(_) => Stage::Volume,
            Self::Contour(_) => Stage::Contour,
            Self::Rim(_) | Self::Core(_) => Stage::Part,
        }
    }

    fn action(&self) -> Action<'_> {
        match self {
            Self::BiasField(step) => Action::Scan(step),
            Self::Blur(step) => Action::Scan(step),
            Self::Sharpen(step) => Action::Scan(step),
            Self::SliceThickness(step) => Action::Scan(step),
            Self::Spacing(step) => Action::Scan(step),
            Self::IntensityScale(step) => Action::Scan(step),
            Self::IntensityShift(step) => Action::Scan(step),
            Self::Normalise(step) => Action::Scan(step),
            Self::Noise(step) => Action::Scan(step),
            Self::Rotate(step) => Action::Pose(step),
            Self::Translate(step) => Action::Pose(step),
            Self::VolumeFraction(step) => Action::Mask(step),
            Self::GrowMm(step) => Action::Mask(step),
            Self::Contour(step) => Action::Mask(step),
            Self::Rim(step) => Action::Mask(step),
            Self::Core(step) => Action::Mask(step),
        }
    }
}

/// The box of a region.
///
/// # Errors
/// [`PerturbError::EmptyMask`].
fn region_bounds(mask: &Mask) -> Result<VoxelBox, PerturbError> {
    mask.bounding_box().ok_or(PerturbError::EmptyMask)
}
