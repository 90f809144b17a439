//! Slice thickness.

use radgauge_engine::volume::{Grid, Image, Mask, Volume};
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, error::check_value, seed::Random, width::sigma_of_fwhm};

/// Makes thicker slices: each is a weighted mean of the slices of the scan, image and mask alike.
///
/// # Formula
/// ```text
/// I'(k) = Σ_j w_kj I(j),   Σ_j w_kj = 1           for every x, y
/// box        w_kj ∝ length of slice j (z_j ± s/2) within the new slice (z'_k ± mm/2)
/// gaussian   w_kj ∝ exp(−(z_j − z'_k)² / 2σ²)      σ = mm / √(8 ln 2), up to 4 σ
/// ```
/// `s` is the spacing of the slices, which are taken to be as thick as they are apart. New slices are `spacing_mm` apart, as
/// many as cover the scan, and centred on it: the grid that the manual's alignment of centres gives. Averaging and placing
/// the new slices is one operation. A voxel is inside the new mask from one half of its weights on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceThickness {
    /// Thickness of the new slices in mm; no less than that of the scan.
    pub mm: f64,
    /// Distance of the new slices in mm; absent = their thickness.
    #[serde(default)]
    pub spacing_mm: Option<f64>,
    /// Sensitivity through the slice.
    #[serde(default)]
    pub profile: SliceProfile,
}

/// Sensitivity through a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SliceProfile {
    /// The same over the thickness.
    #[default]
    Box,
    /// Gaussian with the thickness as its full width at half maximum.
    Gaussian,
}

/// A ratio of lengths that is whole up to this is whole.
const WHOLE_TOLERANCE: f64 = 1e-6;

/// Weights this close below one half reach it.
const HALF_TOLERANCE: f64 = 1e-9;

/// The most new slices for each of the scan.
const MAX_DENSITY: f64 = 16.0;

impl OnScan for SliceThickness {
    fn check(&self) -> Result<(), PerturbError> {
        let is_length = |mm: f64| (0.01..=1000.0).contains(&mm);
        check_value(
            is_length(self.mm),
            "slice-thickness.mm",
            "a thickness from 0.01 to 1000 mm",
            self.mm,
        )?;
        check_value(
            self.spacing_mm.is_none_or(is_length),
            "slice-thickness.spacing_mm",
            "a distance from 0.01 to 1000 mm",
            self.spacing_mm,
        )
    }

    fn apply(
        &self,
        image: &Image,
        mask: &Mask,
        _: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        let old = image.grid();
        let thickness_mm = old.spacing_mm[2];
        let distance_mm = self.spacing_mm.unwrap_or(self.mm);
        let is_thick_enough = self.mm >= thickness_mm * (1.0 - WHOLE_TOLERANCE);
        if !is_thick_enough || thickness_mm / distance_mm > MAX_DENSITY {
            return Err(PerturbError::Unfit {
                kind: "slice-thickness",
                expected: "a scan of slices no thicker than those asked for, and not many times farther apart",
                found: format!("slices of {thickness_mm} mm for {self:?}"),
            });
        }
        let count = ceil(old.size[2] as f64 * thickness_mm / distance_mm);
        let first_mm =
            0.5 * ((old.size[2] as f64 - 1.0) * thickness_mm - (count - 1.0) * distance_mm);
        let grid = Grid {
            size: [old.size[0], old.size[1], count as usize],
            spacing_mm: [old.spacing_mm[0], old.spacing_mm[1], distance_mm],
            origin_mm: old.world_mm([0.0, 0.0, first_mm / thickness_mm]),
            direction: old.direction,
        };
        let weights: Vec<Vec<(usize, f64)>> = (0..grid.size[2])
            .map(|k| self.weights(first_mm + k as f64 * distance_mm, old))
            .collect();
        let new_image = Volume::from_flat(grid.clone(), averaged(image, &weights, |voxel| voxel));
        let fractions = averaged(mask, &weights, |inside| f64::from(u8::from(inside)));
        let inside = fractions
            .into_iter()
            .map(|f| f >= 0.5 - HALF_TOLERANCE)
            .collect();
        Ok((new_image, Some(Volume::from_flat(grid, inside))))
    }
}

impl SliceThickness {
    /// The old slices that make a new one at `centre_mm` from the first old one, and their weights.
    fn weights(&self, centre_mm: f64, old: &Grid) -> Vec<(usize, f64)> {
        let spacing_mm = old.spacing_mm[2];
        let weight = |slice: usize| {
            let offset_mm = slice as f64 * spacing_mm - centre_mm;
            match self.profile {
                SliceProfile::Box => {
                    let low = (offset_mm - 0.5 * spacing_mm).max(-0.5 * self.mm);
                    let high = (offset_mm + 0.5 * spacing_mm).min(0.5 * self.mm);
                    (high - low).max(0.0)
                }
                SliceProfile::Gaussian => {
                    let deviations = offset_mm / sigma_of_fwhm(self.mm);
                    match deviations.abs() <= 4.0 {
                        true => libm::exp(-0.5 * deviations * deviations),
                        false => 0.0,
                    }
                }
            }
        };
        let weights = (0..old.size[2]).map(|slice| (slice, weight(slice)));
        // Overlaps that are rounding.
        let mut weights: Vec<_> = weights.filter(|(_, w)| *w > 1e-9 * spacing_mm).collect();
        let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
        weights.iter_mut().for_each(|(_, weight)| *weight /= sum);
        weights
    }
}

fn averaged<T: Copy>(
    volume: &Volume<T>,
    weights: &[Vec<(usize, f64)>],
    value: impl Fn(T) -> f64,
) -> Vec<f64> {
    let [nx, ny, _] = volume.size();
    let plane = nx * ny;
    let mut new = vec![0.0; plane * weights.len()];
    for (new, weights) in new.chunks_exact_mut(plane.max(1)).zip(weights) {
        for (slice, weight) in weights {
            let old = &volume.as_slice()[slice * plane..][..plane];
            for (new, old) in new.iter_mut().zip(old) {
                *new += weight * value(*old);
            }
        }
    }
    new
}

/// The smallest whole number that is not below `ratio` by more than rounding, at least 1.
fn ceil(ratio: f64) -> f64 {
    (ratio - WHOLE_TOLERANCE * ratio).ceil().max(1.0)
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use radgauge_engine::volume::{Grid, Volume};

    use super::*;
    use crate::perturb::{Perturbation, SeedKey};

    fn thickened(
        step: &SliceThickness,
        image: &Image,
        mask: &Mask,
    ) -> Result<(Image, Mask), PerturbError> {
        let random = SeedKey::of_name(0, "").random(&Perturbation::SliceThickness(step.clone()), 0);
        let (image, mask) = step.apply(image, mask, &random)?;
        Ok((image, mask.expect("the mask follows")))
    }

    fn stack(slices: &[f64], mm: f64) -> Image {
        Volume::from_fn(
            Grid::axis_aligned([1, 1, slices.len()], [1.0, 1.0, mm]),
            |[.., z]| slices[z],
        )
    }

    #[test]
    fn boxes_by_hand() {
        let image = stack(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0], 1.0);
        let mask = image.map(|voxel| (2.0..=8.0).contains(voxel));
        let step = SliceThickness {
            mm: 2.0,
            spacing_mm: None,
            profile: SliceProfile::Box,
        };
        let (thick, inside) = thickened(&step, &image, &mask).expect("can be thickened");
        assert_eq!(thick.as_slice(), [1.5, 6.0, 24.0], "means of two");
        assert_eq!(inside.as_slice(), [true, true, false], "from one half on");
        assert_eq!(
            thick.grid().origin_mm,
            [0.0, 0.0, 0.5],
            "in the middle of two"
        );
        assert_eq!(thick.grid().spacing_mm, [1.0, 1.0, 2.0]);
        // 2.5 mm: slices of 6 mm are covered by three, centres at 0, 2.5 and 5.
        let step = SliceThickness {
            mm: 2.5,
            spacing_mm: None,
            profile: SliceProfile::Box,
        };
        let (thick, _) = thickened(&step, &image, &mask).expect("can be thickened");
        assert_eq!(thick.size()[2], 3);
        let expected = [
            (1.0 + 0.75 * 2.0) / 1.75,
            (0.25 * 2.0 + 4.0 + 8.0 + 0.25 * 16.0) / 2.5,
            (0.75 * 16.0 + 32.0) / 1.75,
        ];
        for (found, expected) in thick.as_slice().iter().zip(expected) {
            assert_relative_eq!(*found, expected, max_relative = 1e-12);
        }
    }

    #[test]
    fn overlapping_slices_and_gaussian_profiles() {
        let image = stack(&[3.0; 12], 1.0);
        let mask = image.map(|_| true);
        for profile in [SliceProfile::Box, SliceProfile::Gaussian] {
            let step = SliceThickness {
                mm: 4.0,
                spacing_mm: Some(1.0),
                profile,
            };
            let (thick, inside) = thickened(&step, &image, &mask).expect("can be thickened");
            assert_eq!(thick.size(), image.size(), "as far apart as before");
            assert!(
                inside.as_slice().iter().all(|inside| *inside),
                "all stays inside"
            );
            for voxel in thick.as_slice() {
                assert_relative_eq!(*voxel, 3.0, max_relative = 1e-12);
            }
        }
        // A ramp stays a ramp where the profile does not reach beyond the scan.
        let ramp = stack(
            &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
            1.0,
        );
        let step = SliceThickness {
            mm: 2.0,
            spacing_mm: Some(1.0),
            profile: SliceProfile::Gaussian,
        };
        let (thick, _) = thickened(&step, &ramp, &ramp.map(|_| true)).expect("can be thickened");
        assert_relative_eq!(thick.as_slice()[5], 5.0, max_relative = 1e-12);
    }

    #[test]
    fn thinner_slices_are_refused() {
        let image = stack(&[1.0, 2.0], 5.0);
        let step = SliceThickness {
            mm: 3.0,
            spacing_mm: None,
            profile: SliceProfile::Box,
        };
        let error =
            thickened(&step, &image, &image.map(|_| true)).expect_err("thinner than the scan");
        assert!(error.to_string().contains("slices of 5 mm"), "{error}");
        let step = SliceThickness {
            mm: 5.0,
            spacing_mm: None,
            profile: SliceProfile::Box,
        };
        let (same, _) = thickened(&step, &image, &image.map(|_| true)).expect("as thick");
        assert_eq!(same, image, "its own thickness changes nothing");
    }
}
