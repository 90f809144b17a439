//! The interpolation grid.

use crate::{process::ProcessError, settings::Alignment, volume::Grid};

/// The most voxels of an interpolation grid: 8 GiB as `f64`.
pub const MAX_VOXELS: usize = 1 << 30;

/// A number of voxels that is whole up to this relative difference is whole: spacings come from 32-bit headers, and
/// one slice more or less must not hang on their rounding.
const WHOLE_TOLERANCE: f64 = 1e-6;

/// Where the voxels of the new grid lie along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// Number of voxels of the old grid.
    pub from: usize,
    /// Number of voxels of the new grid.
    pub to: usize,
    /// Spacing of the old grid in mm.
    pub old_mm: f64,
    /// Spacing of the new grid in mm.
    pub new_mm: f64,
    /// From the first old voxel to the first new one, in mm.
    pub start_mm: f64,
}

impl Axis {
    fn new(from: usize, old_mm: f64, count: f64, wanted_mm: f64, align: Alignment) -> Self {
        let extent_mm = (from as f64 - 1.0) * old_mm;
        let (start_mm, new_mm) = match align {
            Alignment::Centre => (0.5 * (extent_mm - (count - 1.0) * wanted_mm), wanted_mm),
            Alignment::Origin => (0.0, wanted_mm),
            Alignment::Corner => (0.5 * (wanted_mm - old_mm), wanted_mm),
            // Also an axis of one voxel; and dividing would round.
            Alignment::Fit if count == from as f64 => (0.0, old_mm),
            Alignment::Fit => (0.0, extent_mm / (count - 1.0)),
        };
        Self {
            from,
            // At most MAX_VOXELS, and not negative.
            to: count as usize,
            old_mm,
            new_mm,
            start_mm,
        }
    }

    /// Whether every new voxel is the old voxel of the same index.
    pub fn is_unchanged(&self) -> bool {
        self.from == self.to && self.start_mm == 0.0 && self.new_mm == self.old_mm
    }

    /// From the first old voxel to the centre of the old grid, in mm.
    pub fn centre_mm(&self) -> f64 {
        0.5 * (self.from as f64 - 1.0) * self.old_mm
    }

    /// What the old grid and the new one both cover, from face to face of their outermost voxels, in mm from the first
    /// old voxel.
    pub fn shared_mm(&self) -> [f64; 2] {
        let old = [-0.5, self.from as f64 - 0.5].map(|edge| edge * self.old_mm);
        let new = [-0.5, self.to as f64 - 0.5].map(|edge| self.start_mm + edge * self.new_mm);
        [old[0].max(new[0]), old[1].min(new[1])]
    }

    /// Extends or shortens the new grid by whole voxels until it just covers `[low, high]`, in mm from the first old voxel.
    ///
    /// # Errors
    /// The number of voxels, when there would be too many of them.
    pub fn cover(&self, [low, high]: [f64; 2]) -> Result<Self, f64> {
        let face_mm = self.start_mm - 0.5 * self.new_mm;
        let first = ((low - face_mm) / self.new_mm + WHOLE_TOLERANCE).floor();
        let end = ((high - face_mm) / self.new_mm - WHOLE_TOLERANCE).ceil();
        let count = (end - first).max(1.0);
        if count > MAX_VOXELS as f64 {
            return Err(count);
        }
        Ok(Self {
            to: count as usize,
            start_mm: self.start_mm + first * self.new_mm,
            ..*self
        })
    }

    /// Position of new voxel `index` in voxels of the old grid.
    pub fn position(&self, index: usize) -> f64 {
        (self.start_mm + index as f64 * self.new_mm) / self.old_mm
    }
}

/// The new grid with respect to the old one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Along x, y, z.
    pub axes: [Axis; 3],
}

impl Plan {
    pub fn new(grid: &Grid, spacing_mm: &[f64], align: Alignment) -> Result<Self, ProcessError> {
        let old = grid.spacing_mm;
        let wanted = match *spacing_mm {
            [x, y] => [x, y, old[2]],
            [x, y, z] => [x, y, z],
            _ => return Err(spacing_problem(spacing_mm)),
        };
        // The ratio is checked too: extreme spacings leave what can be computed with.
        let is_possible = |s: f64| s.is_finite() && s > 0.0;
        if !wanted
            .iter()
            .zip(old)
            .all(|(s, old)| is_possible(*s) && is_possible(s / old))
        {
            return Err(spacing_problem(spacing_mm));
        }
        let counts: [f64; 3] =
            std::array::from_fn(|i| count(grid.size[i], old[i], wanted[i], align));
        if counts.iter().product::<f64>() > MAX_VOXELS as f64 {
            return Err(ProcessError::GridTooLarge {
                from: grid.size,
                spacing_mm: wanted,
                to: counts,
                limit: MAX_VOXELS,
            });
        }
        Ok(Self {
            axes: std::array::from_fn(|i| {
                Axis::new(grid.size[i], old[i], counts[i], wanted[i], align)
            }),
        })
    }

    /// The plan of a new grid that is given, along the axes of the old one.
    pub fn onto(old: &Grid, new: &Grid) -> Result<Self, ProcessError> {
        let is_possible = |s: &f64| s.is_finite() && *s > 0.0;
        if !new.spacing_mm.iter().all(is_possible) {
            return Err(spacing_problem(&new.spacing_mm));
        }
        let counts = new.size.map(|n| n as f64);
        if counts.iter().product::<f64>() > MAX_VOXELS as f64 {
            return Err(ProcessError::GridTooLarge {
                from: old.size,
                spacing_mm: new.spacing_mm,
                to: counts,
                limit: MAX_VOXELS,
            });
        }
        let offset_mm: [f64; 3] = std::array::from_fn(|i| new.origin_mm[i] - old.origin_mm[i]);
        Ok(Self {
            axes: std::array::from_fn(|i| Axis {
                from: old.size[i],
                to: new.size[i],
                old_mm: old.spacing_mm[i],
                new_mm: new.spacing_mm[i],
                start_mm: offset_mm
                    .iter()
                    .zip(old.direction[i])
                    .map(|(offset, along)| offset * along)
                    .sum(),
            }),
        })
    }

    /// The new grid, given the old one.
    pub fn grid(&self, old: &Grid) -> Grid {
        Grid {
            size: self.axes.map(|axis| axis.to),
            spacing_mm: self.axes.map(|axis| axis.new_mm),
            origin_mm: old.world_mm(self.axes.map(|axis| axis.position(0))),
            direction: old.direction,
        }
    }
}

fn spacing_problem(found: &[f64]) -> ProcessError {
    ProcessError::Setting {
        key: "spacing_mm",
        expected: "two (in the plane) or three positive lengths in mm",
        found: format!("{found:?}"),
    }
}

/// Number of new voxels along an axis.
fn count(from: usize, old_mm: f64, new_mm: f64, align: Alignment) -> f64 {
    match align {
        Alignment::Centre | Alignment::Origin | Alignment::Corner => {
            ceil(from as f64 * old_mm / new_mm)
        }
        Alignment::Fit => match from {
            0 | 1 => from as f64,
            _ => ceil((from - 1) as f64 * old_mm / new_mm) + 1.0,
        },
    }
}

/// The smallest whole number that is not below `ratio` by more than rounding.
fn ceil(ratio: f64) -> f64 {
    let nearest = ratio.round();
    if nearest > 0.0 && (ratio - nearest).abs() <= WHOLE_TOLERANCE * nearest {
        nearest
    } else {
        ratio.ceil()
    }
}
