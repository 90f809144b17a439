//! Perturbations one after the other.

use std::borrow::Cow;

use radgauge_engine::{
    io::check_same_grid,
    process::interpolate::Pose,
    volume::{Image, Mask},
};
use serde::{Deserialize, Serialize};

use super::{Action, PerturbError, Perturbation, SeedKey};

/// A chain of perturbations: what happens to image and mask before interpolation, where the interpolation grid is put,
/// and what happens to the mask after it.
///
/// ```
/// use radgauge_engine::{process::interpolate::{interpolate_image_posed, interpolate_mask_posed}, settings::*, volume::*};
/// use radgauge_phantoms::perturb::{Chain, SeedKey};
///
/// let grid = Grid::axis_aligned([9, 9, 3], [1.0, 1.0, 2.0]);
/// let image = Volume::from_fn(grid, |[x, y, z]| (x + y * z) as f64);
/// let mask = Volume::from_fn(image.grid().clone(), |[x, y, _]| x.abs_diff(4) < 3 && y.abs_diff(4) < 3);
/// let settings = Interpolate::at_own_spacing(image.grid(), Interpolation::CubicSpline);
///
/// let chain = Chain::from_toml("name = 'noisy, moved'\nsteps = [{ kind = 'noise', level = 2 }, { kind = 'translate', fraction = [0.5, 0, 0] }]")?;
/// let key = SeedKey::of_content(1, &image, &mask);
/// let (image, mask) = chain.scan(&image, &mask, &key)?;
/// let image = interpolate_image_posed(&image, &settings, &chain.pose())?;
/// let mask = interpolate_mask_posed(&mask, &settings, &chain.pose())?;
/// let mask = chain.region(&image, &mask, &key)?;
/// # Ok::<(), radgauge_phantoms::perturb::PerturbError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// What the chain is called in tables; no number depends on it.
    pub name: String,
    /// The perturbations, in [order](super#order); none = the scan as it is.
    #[serde(default)]
    pub steps: Vec<Perturbation>,
    /// Which of the random draws: chains that differ in nothing else are repetitions.
    #[serde(default)]
    pub draw: u32,
}

impl Chain {
    /// A chain from TOML, checked.
    ///
    /// # Errors
    /// [`PerturbError::Syntax`] for what is not a chain, and as [`check`](Self::check).
    pub fn from_toml(text: &str) -> Result<Self, PerturbError> {
        let chain: Self = toml::from_str(text).map_err(Box::new)?;
        chain.check()?;
        Ok(chain)
    }

    /// Checks that every parameter is possible and that the steps are in order.
    ///
    /// # Errors
    /// [`PerturbError::Setting`], [`PerturbError::Order`], [`PerturbError::Exclusive`].
    pub fn check(&self) -> Result<(), PerturbError> {
        self.steps.iter().try_for_each(Perturbation::check)?;
        for (place, second) in self.steps.iter().enumerate() {
            for first in &self.steps[..place] {
                if first.excludes(second) {
                    return Err(PerturbError::Exclusive {
                        chain: self.name.clone(),
                        first: first.kind(),
                        second: second.kind(),
                    });
                }
                if first.stage() > second.stage() {
                    return Err(PerturbError::Order {
                        chain: self.name.clone(),
                        earlier: first.kind(),
                        later: second.kind(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Image and mask before interpolation, both on one grid: usually that of the image, another one if a step changes
    /// the slices or the spacing of the scan.
    ///
    /// # Errors
    /// [`PerturbError::EmptyMask`], [`PerturbError::Grid`] when image and mask do not lie on one grid, and what a step
    /// cannot do with this image.
    pub fn scan<'a>(
        &self,
        image: &'a Image,
        mask: &'a Mask,
        key: &SeedKey,
    ) -> Result<(Cow<'a, Image>, Cow<'a, Mask>), PerturbError> {
        expect_region(image, mask)?;
        let (mut image, mut mask) = (Cow::Borrowed(image), Cow::Borrowed(mask));
        for step in &self.steps {
            if let Action::Scan(action) = step.action() {
                let random = key.random(step, self.draw);
                let (new_image, new_mask) = action.apply(&image, &mask, &random)?;
                image = Cow::Owned(new_image);
                if let Some(new_mask) = new_mask {
                    if new_mask.bounding_box().is_none() {
                        return Err(PerturbError::TooSmall {
                            kind: step.kind(),
                            left: 0,
                            of: mask.count(),
                            least: 1,
                        });
                    }
                    mask = Cow::Owned(new_mask);
                }
            }
        }
        Ok((image, mask))
    }

    /// Where the interpolation grid is put.
    #[must_use]
    pub fn pose(&self) -> Pose {
        let mut pose = Pose::default();
        for step in &self.steps {
            if let Action::Pose(action) = step.action() {
                action.put(&mut pose);
            }
        }
        pose
    }

    /// The mask after interpolation, given the interpolated image and mask.
    ///
    /// # Errors
    /// As [`scan`](Self::scan).
    pub fn region<'a>(
        &self,
        image: &Image,
        mask: &'a Mask,
        key: &SeedKey,
    ) -> Result<Cow<'a, Mask>, PerturbError> {
        expect_region(image, mask)?;
        let mut mask = Cow::Borrowed(mask);
        for step in &self.steps {
            if let Action::Mask(action) = step.action() {
                let random = key.random(step, self.draw);
                mask = Cow::Owned(action.apply(image, &mask, &random)?);
            }
        }
        Ok(mask)
    }

    /// What decides the interpolated image, as text: chains with the same text share it (and the interpolated mask),
    /// given the same case and settings.
    #[must_use]
    pub fn shared(&self) -> String {
        let of_image = |step: &&Perturbation| !matches!(step.action(), Action::Mask(_));
        let steps: Vec<_> = self.steps.iter().filter(of_image).collect();
        let is_random = steps.iter().any(|step| step.is_random());
        let draw = if is_random { self.draw } else { 0 };
        let steps: Vec<_> = steps.iter().map(|step| step.canonical()).collect();
        format!("{} draw {draw}", steps.join(" "))
    }
}

/// A file of chains: `[[chain]]` for each.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chains {
    chain: Vec<Chain>,
}

/// Reads chains from TOML, `[[chain]]` for each, checked.
///
/// # Errors
/// [`PerturbError::Syntax`] for what is not chains, and as [`Chain::check`].
pub fn chains_from_toml(text: &str) -> Result<Vec<Chain>, PerturbError> {
    let Chains { chain: chains } = toml::from_str(text).map_err(Box::new)?;
    chains.iter().try_for_each(Chain::check)?;
    Ok(chains)
}

fn expect_region(image: &Image, mask: &Mask) -> Result<(), PerturbError> {
    check_same_grid(image.grid(), mask.grid())?;
    if mask.bounding_box().is_none() {
        return Err(PerturbError::EmptyMask);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
