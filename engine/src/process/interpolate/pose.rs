//! Interpolation onto a grid that is turned and moved: the perturbations rotation and translation, composed with the
//! resampling so that no image is interpolated twice.

use rayon::prelude::*;

use super::{
    MAX_VOXELS, PARTIAL_VOLUME_TOLERANCE,
    grid::{Axis, Plan},
    interpolate_image, interpolate_mask,
    resample::{Voxel, resample},
    round_intensity,
    turn::Turn,
};
use crate::{
    process::ProcessError,
    settings::{Interpolate, Interpolation},
    volume::{Grid, Image, Mask, Volume},
};

/// Where the interpolation grid is put, besides what its alignment says: turned in the plane of the slices, then moved.
///
/// # Formula
/// ```text
/// p = c + R (g − c) + t ⊙ s      R = [cos θ, −sin θ; sin θ, cos θ] in x and y
/// ```
/// `g` is where a voxel of the new grid lies without a pose and `p` where it lies with one, in mm along the axes of the
/// image's grid; `c` is the centre of the image's grid, `s` the new voxel spacing. **The grid moves**, not the patient:
/// it turns from x towards y, so that on the new grid the image seems turned from y towards x and moved by −t. The new
/// grid says where it lies in the world; image and mask stay in place there.
///
/// # Extent
/// The turned and moved grid is extended, or shortened, by whole voxels until it just covers what the image and the grid
/// without a pose both cover: no part of the image is turned out of the grid. A whole number of voxels as translation
/// thus changes nothing, and a right angle is a permutation of square voxels whose numbers along x and y are both even or
/// both odd (else the centre of the image lies in the middle of a voxel along one axis and between two along the other).
///
/// # Outside the image
/// Intensities go on as those of the nearest edge voxel, as without a pose. A voxel whose centre lies outside the image
/// is never part of the mask.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    /// Rotation θ in the plane of the slices, in degrees.
    pub rotation_deg: f64,
    /// Translation t along x, y, z in fractions of the new voxel spacing. Where the slices stay (two spacings), what is
    /// along z has no effect.
    pub translation: [f64; 3],
}

/// The farthest translation that is accepted, in voxels.
const MAX_TRANSLATION: f64 = 1000.0;

impl Pose {
    /// Whether the grid stays where it is.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.rotation_deg == 0.0 && self.translation == [0.0; 3]
    }

    fn check(&self) -> Result<(), ProcessError> {
        let is_possible = self.rotation_deg.is_finite()
            && (self.translation.iter()).all(|t| t.abs() <= MAX_TRANSLATION);
        if is_possible {
            return Ok(());
        }
        Err(ProcessError::Setting {
            key: "pose",
            expected: "a finite angle and translations of up to 1000 voxels",
            found: format!("{self:?}"),
        })
    }
}

/// The image on the interpolation grid in a pose; without one, [`interpolate_image`] bit for bit.
///
/// # Errors
/// As [`interpolation_grid`](super::interpolation_grid), and [`ProcessError::Setting`] for a pose that is not finite.
pub fn interpolate_image_posed(
    image: &Image,
    settings: &Interpolate,
    pose: &Pose,
) -> Result<Image, ProcessError> {
    if pose.is_identity() || image.grid().is_empty() {
        return interpolate_image(image, settings);
    }
    let posed = Posed::new(image.grid(), settings, pose)?;
    let mut voxels = posed.resample(image, settings.image);
    if settings.round {
        voxels
            .par_iter_mut()
            .for_each(|voxel| *voxel = round_intensity(*voxel));
    }
    Ok(Volume::from_flat(posed.grid, voxels))
}

/// The mask on the interpolation grid in a pose; without one, [`interpolate_mask`] bit for bit.
///
/// # Errors
/// As [`interpolate_image_posed`].
pub fn interpolate_mask_posed(
    mask: &Mask,
    settings: &Interpolate,
    pose: &Pose,
) -> Result<Mask, ProcessError> {
    if pose.is_identity() || mask.grid().is_empty() {
        return interpolate_mask(mask, settings);
    }
    let posed = Posed::new(mask.grid(), settings, pose)?;
    let fractions = posed.resample(mask, settings.mask);
    let threshold = settings.mask_threshold - PARTIAL_VOLUME_TOLERANCE;
    let mut inside: Vec<bool> = fractions.par_iter().map(|f| *f >= threshold).collect();
    let [nx, ny, _] = posed.grid.size;
    inside
        .par_chunks_mut(nx)
        .enumerate()
        .filter(|(_, row)| row.contains(&true))
        .for_each(|(row, voxels)| {
            for (x, inside) in voxels.iter_mut().enumerate() {
                *inside &= posed.is_in_image([x, row % ny, row / ny]);
            }
        });
    Ok(Volume::from_flat(posed.grid, inside))
}

/// A resampling with a pose.
struct Posed {
    /// Along z, and along x and y where nothing turns.
    plan: Plan,
    /// In x and y, where the grid turns.
    turn: Option<Turn>,
    grid: Grid,
}

impl Posed {
    fn new(old: &Grid, settings: &Interpolate, pose: &Pose) -> Result<Self, ProcessError> {
        pose.check()?;
        let straight = Plan::new(old, &settings.spacing_mm, settings.align)?.axes;
        let mut translation = pose.translation;
        if settings.spacing_mm.len() == 2 {
            translation[2] = 0.0;
        }
        let shift_mm: [f64; 3] = std::array::from_fn(|i| translation[i] * straight[i].new_mm);
        let too_large = |to: [f64; 3]| ProcessError::GridTooLarge {
            from: old.size,
            spacing_mm: straight.map(|axis| axis.new_mm),
            to,
            limit: MAX_VOXELS,
        };

        let rotation = Rotation::of_degrees(pose.rotation_deg);
        let plane: [Axis; 2] = [straight[0], straight[1]];
        let seen = rotation.seen_mm(&plane, [shift_mm[0], shift_mm[1]]);
        let mut axes = straight;
        for (i, axis) in straight.iter().enumerate() {
            let covered_mm = match i {
                0 | 1 => seen[i],
                _ => axis.shared_mm().map(|mm| mm - shift_mm[2]),
            };
            let axis = axis.cover(covered_mm);
            axes[i] = axis.map_err(|count| too_large([count; 3]))?;
        }
        let counts = axes.map(|axis| axis.to as f64);
        if counts.iter().product::<f64>() > MAX_VOXELS as f64 {
            return Err(too_large(counts));
        }

        let turn = (!rotation.is_none()).then(|| Turn {
            axes: [axes[0], axes[1]],
            rotation,
            shift_mm: [shift_mm[0], shift_mm[1]],
        });
        for (axis, shift_mm) in axes.iter_mut().zip(shift_mm) {
            axis.start_mm += shift_mm;
        }
        let plan = Plan { axes };
        let first = match &turn {
            None => [0, 1].map(|i| axes[i].position(0)),
            Some(turn) => turn.position([0, 0]),
        };
        let mut direction = old.direction;
        for world in 0..3 {
            let [x, y, _] = old.direction.map(|axis| axis[world]);
            direction[0][world] = rotation.cos * x + rotation.sin * y;
            direction[1][world] = rotation.cos * y - rotation.sin * x;
        }
        let grid = Grid {
            size: axes.map(|axis| axis.to),
            spacing_mm: axes.map(|axis| axis.new_mm),
            origin_mm: old.world_mm([first[0], first[1], axes[2].position(0)]),
            direction,
        };
        Ok(Self { plan, turn, grid })
    }

    fn resample<T: Voxel>(&self, volume: &Volume<T>, algorithm: Interpolation) -> Vec<f64> {
        let voxels = volume.as_slice();
        match &self.turn {
            None => resample(voxels, volume.size(), &self.plan, algorithm),
            Some(turn) => turn.resample(voxels, &self.plan.axes[2], algorithm),
        }
    }

    /// Whether the centre of a new voxel lies inside the image, or on its face.
    fn is_in_image(&self, voxel: [usize; 3]) -> bool {
        let mut position: [f64; 3] = std::array::from_fn(|i| self.plan.axes[i].position(voxel[i]));
        if let Some(turn) = &self.turn {
            [position[0], position[1]] = turn.position([voxel[0], voxel[1]]);
        }
        position
            .iter()
            .zip(&self.plan.axes)
            .all(|(position, axis)| {
                let edge = 0.5 + PARTIAL_VOLUME_TOLERANCE;
                (-edge..=axis.from as f64 - 1.0 + edge).contains(position)
            })
    }
}

/// A rotation from x towards y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rotation {
    pub cos: f64,
    pub sin: f64,
}

impl Rotation {
    /// Exact for multiples of 90°, and the same bits on every machine.
    fn of_degrees(degrees: f64) -> Self {
        let turned = degrees.rem_euclid(360.0);
        let quarters = (turned / 90.0).round();
        let rest = (turned - 90.0 * quarters).to_radians();
        let (sin, cos) = (libm::sin(rest), libm::cos(rest));
        let [cos, sin] = match quarters as u8 % 4 {
            0 => [cos, sin],
            1 => [-sin, cos],
            2 => [-cos, -sin],
            _ => [sin, -cos],
        };
        // Adding 0 turns −0 into 0.
        Self {
            cos: cos + 0.0,
            sin: sin + 0.0,
        }
    }

    fn is_none(self) -> bool {
        self == Self { cos: 1.0, sin: 0.0 }
    }

    /// Of what the two grids share in the plane, the extent as a grid sees it that was turned about the centre and moved.
    fn seen_mm(self, axes: &[Axis; 2], shift_mm: [f64; 2]) -> [[f64; 2]; 2] {
        let centre = axes.each_ref().map(Axis::centre_mm);
        let [shared_x, shared_y] = axes.each_ref().map(Axis::shared_mm);
        let mut seen = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
        for corner in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            let x = shared_x[corner[0]] - shift_mm[0] - centre[0];
            let y = shared_y[corner[1]] - shift_mm[1] - centre[1];
            let turned_back = [
                centre[0] + self.cos * x + self.sin * y,
                centre[1] + self.cos * y - self.sin * x,
            ];
            for (seen, mm) in seen.iter_mut().zip(turned_back) {
                *seen = [seen[0].min(mm), seen[1].max(mm)];
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests;
