//! Small regions of interest that trip up implementations, in an image of the grey levels 1 to 5 on voxels of
//! 1 × 1.5 × 2 mm. The image goes on around the regions, for those features that look there.

use radgauge_engine::volume::{Grid, Image, Mask};

use crate::random::Draws;

/// Number of voxels along x, y and z.
const SIZE: [usize; 3] = [8, 7, 6];

/// A region, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// A block with a cavity of 2 × 2 × 2 voxels and a channel of one voxel into it.
    Cavity,
    /// Three parts: two that touch at a corner only, and a single voxel apart.
    Components,
    /// All of the image: the region touches every border.
    Border,
    /// One slice with a hole.
    Slice,
    /// A line of voxels, bent once.
    Line,
}

impl Region {
    /// Every region.
    pub const ALL: [Self; 5] = [
        Self::Cavity,
        Self::Components,
        Self::Border,
        Self::Slice,
        Self::Line,
    ];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cavity => "cavity",
            Self::Components => "components",
            Self::Border => "border",
            Self::Slice => "slice",
            Self::Line => "line",
        }
    }

    /// What it is, in a line.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Cavity => "a region with a cavity",
            Self::Components => "a region of three components",
            Self::Border => "a region that fills its image",
            Self::Slice => "a region of one slice, with a hole",
            Self::Line => "a region one voxel thin",
        }
    }

    /// The image and the region.
    #[must_use]
    pub fn make(self) -> (Image, Mask) {
        let grid = Grid::axis_aligned(SIZE, [1.0, 1.5, 2.0]);
        let mut draws = Draws::new(5, 500);
        let image = Image::from_fn(grid.clone(), |_| (draws.uniform() * 5.0).floor() + 1.0);
        (image, Mask::from_fn(grid, |voxel| self.holds(voxel)))
    }

    fn holds(self, [x, y, z]: [usize; 3]) -> bool {
        match self {
            Self::Cavity => {
                let block = (1..=6).contains(&x) && (1..=5).contains(&y) && (1..=4).contains(&z);
                let cavity = (3..=4).contains(&x) && (2..=3).contains(&y) && (2..=3).contains(&z);
                let channel = (x, y) == (4, 3) && z == 4;
                block && !cavity && !channel
            }
            Self::Components => {
                let first = (1..=3).contains(&x) && (1..=3).contains(&y) && (1..=2).contains(&z);
                let second = (4..=5).contains(&x) && (4..=5).contains(&y) && (3..=4).contains(&z);
                first || second || [x, y, z] == [6, 1, 4]
            }
            Self::Border => true,
            Self::Slice => {
                let slab = (1..=6).contains(&x) && (1..=5).contains(&y) && z == 2;
                slab && [x, y] != [3, 3]
            }
            Self::Line => {
                let along = (1..=5).contains(&x) && y == 2;
                let up = x == 5 && (2..=4).contains(&y);
                z == 3 && (along || up)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_as_described() {
        let counts = Region::ALL.map(|region| region.make().1.count());
        assert_eq!(
            counts,
            [6 * 5 * 4 - 9, 18 + 8 + 1, 8 * 7 * 6, 29, 7],
            "voxels"
        );
        for region in Region::ALL {
            let (image, mask) = region.make();
            let levels = image.inside(&mask);
            assert!(
                levels
                    .iter()
                    .all(|v| v.fract() == 0.0 && (1.0..=5.0).contains(v)),
                "{}: grey levels",
                region.name()
            );
        }
    }
}
