//! Growth and shrinkage by a distance.

use radgauge_engine::{
    filter::Dimension,
    volume::{Image, Mask},
};
use serde::{Deserialize, Serialize};

use super::{
    OnMask, PerturbError,
    distance::{Distances, is_within},
    error::check_value,
    region_bounds,
    seed::Random,
};

/// Grows or shrinks the region by a distance.
///
/// # Formula
/// ```text
/// mm > 0   voxels whose centre lies within mm of the centre of a voxel inside
/// mm < 0   voxels inside whose centre lies farther than |mm| from the centre of every voxel outside
/// ```
/// Distances are Euclidean, in mm along the axes of the grid, in the slice for `2d`; beyond the image all is outside. True
/// distances, since a number of morphological steps is another length along a diagonal, and another along every axis of
/// anisotropic voxels. The region moves in whole voxels: a distance below the spacing changes nothing.
///
/// MIRP grows by a Euclidean ball and shrinks by `round(|mm| / spacing)` steps of 6 neighbours, of which it takes as many as
/// leave 80 % of the volume: `keep = 0.8`, `beyond = "stop"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrowMm {
    /// The distance in mm; negative shrinks.
    pub mm: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// The share of the voxels that must be left, above 0.
    #[serde(default = "a_fifth")]
    pub keep: f64,
    /// What happens where fewer would be left.
    #[serde(default)]
    pub beyond: Beyond,
}

/// What happens where less than the share of `keep` would be left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beyond {
    /// It is an error.
    #[default]
    Refuse,
    /// The region shrinks by the largest distance that leaves enough.
    Stop,
}

fn a_fifth() -> f64 {
    0.2
}

impl OnMask for GrowMm {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            self.mm.abs() <= 200.0,
            "grow-mm.mm",
            "a distance from -200 to 200 mm",
            self.mm,
        )?;
        check_value(
            self.keep > 0.0 && self.keep <= 1.0,
            "grow-mm.keep",
            "a share above 0 and up to 1",
            self.keep,
        )
    }

    fn apply(&self, _: &Image, mask: &Mask, _: &Random) -> Result<Mask, PerturbError> {
        if self.mm >= 0.0 {
            return grown(mask, self.mm, self.dimension);
        }
        let least = (self.keep * mask.count() as f64).ceil() as usize;
        match self.beyond {
            Beyond::Refuse => shrunk(mask, -self.mm, self.dimension, "grow-mm", least),
            Beyond::Stop => shrunk_as_far_as(mask, -self.mm, self.dimension, least),
        }
    }
}

/// The region and all within a distance of it.
pub(super) fn grown(mask: &Mask, mm: f64, dimension: Dimension) -> Result<Mask, PerturbError> {
    let distances = Distances::to_inside(mask, region_bounds(mask)?, mm, dimension);
    let mut grown = mask.clone();
    for (voxel, squared) in distances.of_grid(mask) {
        if is_within(squared, mm) {
            grown.as_mut_slice()[voxel] = true;
        }
    }
    Ok(grown)
}

/// The region without what is within a distance of the outside.
pub(super) fn shrunk(
    mask: &Mask,
    mm: f64,
    dimension: Dimension,
    kind: &'static str,
    least: usize,
) -> Result<Mask, PerturbError> {
    let distances = Distances::to_outside(mask, region_bounds(mask)?, mm, dimension);
    let mut shrunk = mask.clone();
    for (voxel, squared) in distances.of_grid(mask) {
        if is_within(squared, mm) {
            shrunk.as_mut_slice()[voxel] = false;
        }
    }
    let left = shrunk.count();
    if left < least.max(1) {
        return Err(PerturbError::TooSmall {
            kind,
            left,
            of: mask.count(),
            least: least.max(1),
        });
    }
    Ok(shrunk)
}

/// The region without what is within a distance of the outside, or within the largest smaller one that leaves enough.
fn shrunk_as_far_as(
    mask: &Mask,
    mm: f64,
    dimension: Dimension,
    least: usize,
) -> Result<Mask, PerturbError> {
    let distances = Distances::to_outside(mask, region_bounds(mask)?, mm, dimension);
    let mut shell: Vec<(f64, usize)> = distances
        .of_grid(mask)
        .filter(|(voxel, squared)| mask.as_slice()[*voxel] && is_within(*squared, mm))
        .map(|(voxel, squared)| (squared, voxel))
        .collect();
    shell.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut shrunk = mask.clone();
    let mut left = mask.count();
    // All voxels of one distance go together.
    for layer in shell.chunk_by(|(a, _), (b, _)| is_within(*b, a.sqrt())) {
        if left - layer.len() < least.max(1) {
            break;
        }
        left -= layer.len();
        for (_, voxel) in layer {
            shrunk.as_mut_slice()[*voxel] = false;
        }
    }
    Ok(shrunk)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use radgauge_engine::volume::{Grid, Volume};

    use super::*;

    fn sphere(radius_mm: f64) -> Mask {
        Volume::from_fn(
            Grid::axis_aligned([41, 41, 27], [1.0, 1.0, 1.5]),
            |[x, y, z]| {
                let [x, y, z] = [x as f64 - 20.0, y as f64 - 20.0, 1.5 * (z as f64 - 13.0)];
                x * x + y * y + z * z <= radius_mm * radius_mm
            },
        )
    }

    #[test]
    fn spheres_become_spheres() {
        let mask = sphere(10.0);
        for mm in [-5.0, -3.0, 3.0, 5.0] {
            let step = GrowMm {
                mm,
                dimension: Dimension::Volume,
                keep: 0.01,
                beyond: Beyond::Refuse,
            };
            let changed = if mm > 0.0 {
                grown(&mask, mm, step.dimension)
            } else {
                shrunk(&mask, -mm, step.dimension, "grow-mm", 1)
            };
            let changed = changed.expect("there is room").count() as f64;
            let expected = sphere(10.0 + mm).count() as f64;
            // Half a voxel of radius more or less.
            let band = 3.0 * 0.6 / (10.0 + mm);
            assert!(
                (changed / expected - 1.0).abs() < band,
                "{mm} mm: {changed} and {expected}"
            );
        }
    }

    #[test]
    fn enough_is_kept() {
        let mask = sphere(10.0);
        let image = mask.map(|_| 0.0);
        let random = crate::perturb::SeedKey::of_name(0, "").random(
            &toml::from_str("kind = 'grow-mm'\nmm = -2\n").expect("a perturbation"),
            0,
        );
        let step = |mm, keep, beyond| GrowMm {
            mm,
            dimension: Dimension::Volume,
            keep,
            beyond,
        };
        let error = step(-4.0, 0.8, Beyond::Refuse)
            .apply(&image, &mask, &random)
            .expect_err("too little left");
        assert!(
            error.to_string().starts_with("`grow-mm` would leave "),
            "{error}"
        );
        let stopped = step(-4.0, 0.5, Beyond::Stop)
            .apply(&image, &mask, &random)
            .expect("stops");
        let share = stopped.count() as f64 / mask.count() as f64;
        assert!((0.5..0.9).contains(&share), "{share} is left");
        // What is left is what a smaller distance leaves.
        let smaller = [
            1.0,
            2.0_f64.sqrt(),
            1.5,
            3.25_f64.sqrt(),
            4.25_f64.sqrt(),
            5.0_f64.sqrt(),
            2.5,
            2.0,
        ]
        .map(|mm| shrunk(&mask, mm, Dimension::Volume, "grow-mm", 1).expect("some is left"));
        assert!(
            smaller.contains(&stopped),
            "one of the distances on this grid"
        );
        let all = step(-30.0, 1e-9, Beyond::Stop)
            .apply(&image, &mask, &random)
            .expect("stops");
        assert!(all.count() > 0, "never nothing");
        let error = step(-30.0, 1e-9, Beyond::Refuse)
            .apply(&image, &mask, &random)
            .expect_err("nothing left");
        assert!(error.to_string().contains("would leave 0 of"), "{error}");
    }

    fn small_mask() -> impl Strategy<Value = Mask> {
        (
            prop::array::uniform3(1_usize..7),
            prop::array::uniform3(prop::sample::select(vec![0.5, 1.0, 0.977, 3.0])),
            prop::collection::vec(prop::bool::weighted(0.8), 216),
        )
            .prop_map(|(size, spacing_mm, voxels)| {
                let grid = Grid::axis_aligned(size, spacing_mm);
                let n = grid.len();
                Volume::from_flat(grid, voxels[..n].to_vec())
            })
    }

    /// The square of the distance to the nearest voxel of the kind, over all voxels, with a ring of voxels around the image
    /// that are outside.
    fn nearest(mask: &Mask, from: [usize; 3], to: bool, dimension: Dimension) -> f64 {
        let [nx, ny, nz] = mask.size().map(|n| n as isize);
        let from = from.map(|i| i as isize);
        let mut best = f64::INFINITY;
        for z in -1..=nz {
            for y in -1..=ny {
                for x in -1..=nx {
                    if dimension == Dimension::Slice && z != from[2] {
                        continue;
                    }
                    let is_within =
                        (0..nx).contains(&x) && (0..ny).contains(&y) && (0..nz).contains(&z);
                    let inside = is_within && mask.voxels()[[x, y, z].map(isize::unsigned_abs)];
                    if inside == to {
                        let squares = [x, y, z].into_iter().zip(from).zip(mask.grid().spacing_mm);
                        let squared = squares
                            .map(|((to, from), s)| ((to - from) as f64 * s).powi(2))
                            .sum();
                        best = best.min(squared);
                    }
                }
            }
        }
        best
    }

    proptest! {
        #[test]
        fn the_fast_way_is_the_naive_way(
            mask in small_mask(),
            mm in prop::sample::select(vec![0.4, 0.977, 1.0, 1.5, 2.0, 3.0, 4.2, 50.0]),
            dimension in prop::sample::select(vec![Dimension::Slice, Dimension::Volume]),
        ) {
            prop_assume!(mask.count() > 0);
            let limit = mm * mm * (1.0 + 2e-6);
            let naive = Volume::from_fn(mask.grid().clone(), |voxel| nearest(&mask, voxel, true, dimension) <= limit);
            prop_assert_eq!(grown(&mask, mm, dimension).expect("grows"), naive);
            let naive = Volume::from_fn(mask.grid().clone(), |voxel| {
                mask.voxels()[voxel] && nearest(&mask, voxel, false, dimension) > limit
            });
            match shrunk(&mask, mm, dimension, "core", 1) {
                Ok(shrunk) => prop_assert_eq!(shrunk, naive),
                Err(PerturbError::TooSmall { left: 0, .. }) => prop_assert_eq!(naive.count(), 0),
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }
}
