//! The contour drawn anew, along what the image shows.

mod supervoxels;

use radgauge_engine::{
    filter::Dimension,
    volume::{Image, Mask, VoxelBox},
};
use serde::{Deserialize, Serialize};

use super::{
    OnMask, PerturbError, error::check_value, neighbours::neighbours, region_bounds, seed::Random,
};
use supervoxels::Supervoxels;

/// Redraws the contour along supervoxels, as another reader might who sees the same edges.
///
/// # Steps
/// 1. The neighbourhood: the box of the region and `margin_mm` on every side, within the image.
/// 2. Intensities are clipped to the range of the region's, extended by a tenth of it on both sides, and mapped to 0 … 1.
///    The region's range is that on the interpolated grid, before re-segmentation.
/// 3. Supervoxels of that.
/// 4. Of each supervoxel that has a voxel inside the region, the share f of its voxels that are inside. From `always` on it
///    is in, below `never` it is out, in between it is in with probability f: when u < f, with u from stream 0 of the
///    [seed](super::SeedKey), one number for each supervoxel that has a voxel inside, in the order of their first voxels
///    (x fastest). The supervoxel with the largest f (the first of several) is always in.
/// 5. Closing by one step of six neighbours: voxels are added that lie between others. Nothing is taken away, not at the
///    border of the image either.
///
/// The rules are those of MIRP, after A. Zwanenburg et al., Sci. Rep. 9 (2019) 614; the supervoxels are not those of the
/// scikit-image library, so that contours differ in detail. CERR toggles supervoxels at the boundary with probability ½.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contour {
    /// Volume of a supervoxel in mm³.
    #[serde(default = "default_volume_mm3")]
    pub volume_mm3: f64,
    /// The least number of voxels that a supervoxel is made for, whatever its volume.
    #[serde(default = "default_voxels")]
    pub voxels: u32,
    /// How much the shape of supervoxels counts against their intensities.
    #[serde(default = "default_compactness")]
    pub compactness: f64,
    /// The share of a supervoxel inside the region from which on it is always in.
    #[serde(default = "default_always")]
    pub always: f64,
    /// The share below which it is always out.
    #[serde(default = "default_never")]
    pub never: f64,
    /// How far beyond the region supervoxels are made, in mm.
    #[serde(default = "default_margin_mm")]
    pub margin_mm: f64,
}

/// How supervoxels are made: simple linear iterative clustering (SLIC; R. Achanta et al., IEEE Trans. Pattern Anal. Mach.
/// Intell. 34, 2012, 2274–2282) in three dimensions.
///
/// # Steps
/// 1. Intensities from 0 to 1, smoothed by a Gaussian with σ = the smallest voxel spacing.
/// 2. Supervoxels of `v = max(voxels, volume_mm3 / voxel volume)` voxels, of edge `S = ∛(v · voxel volume)` in mm: centres on
///    a lattice of `max(1, round(n s / S))` equal cells along each axis, at the voxel in the middle of a cell.
/// 3. Ten times: each voxel joins the centre, among those whose voxel box ±S it lies in, of smallest
///    `D² = ((I − I_c) / compactness)² + (‖x − x_c‖ / S)²` (x in mm; the first of several; no centre near: it stays where it
///    is); then each centre becomes the mean of its voxels. Earlier, when no voxel changes.
/// 4. Connected parts (six neighbours) of less than v / 2 voxels join the neighbouring part of nearest mean intensity (the
///    first of several), smaller ones first; other parts are supervoxels of their own.
#[derive(Clone, Copy, Debug)]
pub(in crate::perturb) struct SupervoxelSettings {
    /// Volume in mm³.
    volume_mm3: f64,
    /// The least number of voxels.
    voxels: u32,
    /// Compactness.
    compactness: f64,
}

fn default_volume_mm3() -> f64 {
    500.0
}

fn default_voxels() -> u32 {
    20
}

fn default_compactness() -> f64 {
    0.05
}

fn default_always() -> f64 {
    0.9
}

fn default_never() -> f64 {
    0.2
}

fn default_margin_mm() -> f64 {
    25.0
}

impl Default for Contour {
    fn default() -> Self {
        Self {
            volume_mm3: default_volume_mm3(),
            voxels: default_voxels(),
            compactness: default_compactness(),
            always: default_always(),
            never: default_never(),
            margin_mm: default_margin_mm(),
        }
    }
}

/// How far the range of the region's intensities is extended on both sides, as a share of it.
const EXTENSION: f64 = 0.1;

impl OnMask for Contour {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            (1e-3..=1e9).contains(&self.volume_mm3),
            "contour.volume_mm3",
            "a volume from 0.001 to 1e9 mm³",
            self.volume_mm3,
        )?;
        check_value(
            (1..=1_000_000).contains(&self.voxels),
            "contour.voxels",
            "a number of voxels from 1 to 1000000",
            self.voxels,
        )?;
        check_value(
            (1e-6..=1e6).contains(&self.compactness),
            "contour.compactness",
            "a positive number from 1e-6 to 1e6",
            self.compactness,
        )?;
        check_value(
            0.0 <= self.never && self.never <= self.always && self.always <= 1.0,
            "contour.always",
            "shares with 0 ≤ never ≤ always ≤ 1",
            [self.never, self.always],
        )?;
        check_value(
            (0.0..=1000.0).contains(&self.margin_mm),
            "contour.margin_mm",
            "a margin from 0 to 1000 mm",
            self.margin_mm,
        )
    }

    fn apply(&self, image: &Image, mask: &Mask, random: &Random) -> Result<Mask, PerturbError> {
        let bounds = self.neighbourhood(mask, region_bounds(mask)?);
        let near_image = rescaled(image, mask, bounds)?;
        let near_mask = mask.crop(bounds);
        let settings = SupervoxelSettings {
            volume_mm3: self.volume_mm3,
            voxels: self.voxels,
            compactness: self.compactness,
        };
        let supervoxels = Supervoxels::of(&near_image, &settings)?;

        let mut inside = vec![0_usize; supervoxels.sizes.len()];
        for (label, is_inside) in supervoxels.labels.iter().zip(near_mask.as_slice()) {
            inside[*label as usize] += usize::from(*is_inside);
        }
        let is_in = self.choose(&inside, &supervoxels.sizes, random);

        let mut redrawn = mask.map(|_| false);
        let [nx, ny, _] = mask.size();
        let [bx, by, _] = bounds.size();
        for (at, label) in supervoxels.labels.iter().enumerate() {
            if is_in[*label as usize] {
                let [x, y, z] = [at % bx, at / bx % by, at / bx / by];
                let [x0, y0, z0] = bounds.low;
                redrawn.as_mut_slice()[x0 + x + nx * (y0 + y + ny * (z0 + z))] = true;
            }
        }
        close(&mut redrawn);
        Ok(redrawn)
    }
}

impl Contour {
    fn neighbourhood(&self, mask: &Mask, region: VoxelBox) -> VoxelBox {
        let n = mask.size();
        let margin = mask
            .grid()
            .spacing_mm
            .map(|s| (self.margin_mm / s).ceil() as usize);
        VoxelBox {
            low: std::array::from_fn(|a| region.low[a].saturating_sub(margin[a])),
            high: std::array::from_fn(|a| region.high[a].saturating_add(margin[a]).min(n[a] - 1)),
        }
    }

    /// Which supervoxels are in, given how many of their voxels are inside the region. They are numbered in the order of
    /// their first voxels.
    fn choose(&self, inside: &[usize], sizes: &[usize], random: &Random) -> Vec<bool> {
        let shares: Vec<f64> = inside
            .iter()
            .zip(sizes)
            .map(|(inside, size)| *inside as f64 / *size as f64)
            .collect();
        let largest = shares.iter().copied().fold(0.0, f64::max);
        let first_of_largest = shares.iter().position(|share| *share == largest);
        let mut stream = random.stream(0);
        shares
            .iter()
            .enumerate()
            .map(|(label, share)| {
                if *share == 0.0 {
                    return false;
                }
                let u = stream.uniform();
                let is_drawn = *share >= self.always || (*share >= self.never && u < *share);
                is_drawn || first_of_largest == Some(label)
            })
            .collect()
    }
}

/// The image in the neighbourhood, its intensities clipped to those of the region and mapped to 0 … 1.
fn rescaled(image: &Image, mask: &Mask, bounds: VoxelBox) -> Result<Image, PerturbError> {
    let region = image.inside(mask);
    let low = region.iter().copied().fold(f64::INFINITY, f64::min);
    let high = region.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let extension = EXTENSION * (high - low);
    let (low, high) = (low - extension, high + extension);
    let range = high - low;
    if !range.is_finite() {
        return Err(PerturbError::Unfit {
            kind: "contour",
            expected: "finite intensities inside the region",
            found: format!("a range from {low} to {high}"),
        });
    }
    let near = image.crop(bounds);
    Ok(near.map(|voxel| match range > 0.0 {
        true => (voxel.clamp(low, high) - low) / range,
        // A flat region: whatever differs from it lies on one side or the other.
        false if *voxel == low => 0.5,
        false => f64::from(u8::from(*voxel > low)),
    }))
}

/// Adds the voxels outside of which every neighbour, and so the voxel itself, is inside or next to one inside.
fn close(mask: &mut Mask) {
    let size = mask.size();
    let Some(bounds) = mask.bounding_box() else {
        return;
    };
    let voxels = mask.as_slice();
    let is_near =
        |at: usize| voxels[at] || neighbours(at, size, Dimension::Volume).any(|at| voxels[at]);
    let mut added = Vec::new();
    for z in bounds.low[2]..=bounds.high[2] {
        for y in bounds.low[1]..=bounds.high[1] {
            for x in bounds.low[0]..=bounds.high[0] {
                let at = x + size[0] * (y + size[1] * z);
                let is_closed = !voxels[at]
                    && is_near(at)
                    && neighbours(at, size, Dimension::Volume).all(is_near);
                if is_closed {
                    added.push(at);
                }
            }
        }
    }
    for at in added {
        mask.as_mut_slice()[at] = true;
    }
}

#[cfg(test)]
mod tests;
