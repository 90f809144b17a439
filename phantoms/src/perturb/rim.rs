//! The rim around a region, or within it.

use radgauge_engine::{
    filter::Dimension,
    volume::{Image, Mask, Volume},
};
use serde::{Deserialize, Serialize};

use super::{
    OnMask, PerturbError,
    error::check_value,
    grow::{grown, shrunk},
    seed::Random,
};

/// The rim of the region: the peritumoral ring, or the outer layer of the region itself. It takes the place of the region.
///
/// # Formula
/// ```text
/// outer   grown by mm, without the region
/// inner   the region, without its core: what shrinking by mm takes away
/// ```
/// Growing and shrinking as [`GrowMm`](super::GrowMm) does. The outer rim does not ask what tissue it lies in: a
/// re-segmentation range leaves out air and bone. MIRP splits into an inner rim and the bulk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rim {
    /// Its width in mm.
    pub mm: f64,
    /// Around the region or within it.
    #[serde(default)]
    pub side: Side,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
}

/// On which side of the contour a rim lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Around the region: peritumoral.
    #[default]
    Outer,
    /// Within the region.
    Inner,
}

impl OnMask for Rim {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            (0.01..=200.0).contains(&self.mm),
            "rim.mm",
            "a width from 0.01 to 200 mm",
            self.mm,
        )
    }

    fn apply(&self, _: &Image, mask: &Mask, _: &Random) -> Result<Mask, PerturbError> {
        let (outer, inner) = match self.side {
            Side::Outer => (grown(mask, self.mm, self.dimension)?, Some(mask.clone())),
            Side::Inner => {
                let core = shrunk(mask, self.mm, self.dimension, "rim", 1);
                // A region without a core is all rim.
                (mask.clone(), core.ok())
            }
        };
        let Some(inner) = inner else {
            return Ok(outer);
        };
        let voxels = outer.as_slice().iter().zip(inner.as_slice());
        let rim = voxels.map(|(outer, inner)| *outer && !inner).collect();
        let rim = Volume::from_flat(mask.grid().clone(), rim);
        if rim.bounding_box().is_none() {
            return Err(PerturbError::TooSmall {
                kind: "rim",
                left: 0,
                of: mask.count(),
                least: 1,
            });
        }
        Ok(rim)
    }
}

#[cfg(test)]
mod tests {
    use radgauge_engine::volume::{Grid, Volume};

    use super::*;
    use crate::perturb::{Perturbation, SeedKey};

    #[test]
    fn rims_and_core_are_parts() {
        let mask = Volume::from_fn(
            Grid::axis_aligned([21, 21, 11], [1.0, 1.0, 2.0]),
            |[x, y, z]| (5..16).contains(&x) && (5..16).contains(&y) && (3..8).contains(&z),
        );
        let image = mask.map(|_| 0.0);
        let rim = |side| {
            let step = Rim {
                mm: 3.0,
                side,
                dimension: Dimension::Volume,
            };
            let random = SeedKey::of_name(0, "").random(&Perturbation::Rim(step.clone()), 0);
            step.apply(&image, &mask, &random).expect("a rim")
        };
        let core = shrunk(&mask, 3.0, Dimension::Volume, "core", 1).expect("a core");
        // 11 × 11 × 5 voxels of 1 × 1 × 2 mm: 3 voxels in x and y and 1 in z are within 3 mm of the outside.
        assert_eq!(core.count(), 5 * 5 * 3, "the core");
        let inner = rim(Side::Inner);
        assert_eq!(
            inner.count() + core.count(),
            mask.count(),
            "rim and core are the region"
        );
        let outer = rim(Side::Outer);
        assert!(
            outer
                .as_slice()
                .iter()
                .zip(mask.as_slice())
                .all(|(rim, inside)| !(*rim && *inside)),
            "around it"
        );
        let grown = grown(&mask, 3.0, Dimension::Volume).expect("grows");
        assert_eq!(
            outer.count() + mask.count(),
            grown.count(),
            "region and rim"
        );
        // No voxel is within 0.5 mm.
        let step = Rim {
            mm: 0.5,
            side: Side::Outer,
            dimension: Dimension::Volume,
        };
        let random = SeedKey::of_name(0, "").random(&Perturbation::Rim(step.clone()), 0);
        let error = step.apply(&image, &mask, &random).expect_err("no rim");
        assert!(
            error
                .to_string()
                .starts_with("`rim` would leave 0 of the 605 voxels"),
            "{error}"
        );
        let one = Volume::from_fn(mask.grid().clone(), |voxel| voxel == [0, 20, 5]);
        let step = Rim {
            mm: 3.0,
            side: Side::Inner,
            dimension: Dimension::Volume,
        };
        let all = step.apply(&image, &one, &random).expect("all rim");
        assert_eq!(all, one, "a region without a core is all rim");
    }
}
