//! Image and mask moved, turned and cut, voxel by voxel: no intensity is ever computed anew.

use radgauge_engine::volume::{Grid, Image, Mask, Volume, VoxelBox};

/// An image and the region of interest on its grid.
pub(super) type Scene = (Image, Mask);

/// The scene with its axes permuted and reversed in space: voxel `(x, y, z)` of the new scene is voxel `p` of the old one,
/// where `p[axes[a]]` runs along new axis `a`, backwards if `reversed[a]`. The grid stays where it was.
pub(super) fn turned(image: &Image, mask: &Mask, axes: [usize; 3], reversed: [bool; 3]) -> Scene {
    let old = image.grid();
    let grid = Grid {
        size: axes.map(|axis| old.size[axis]),
        spacing_mm: axes.map(|axis| old.spacing_mm[axis]),
        ..old.clone()
    };
    rearranged(image, mask, grid, axes, reversed)
}

/// The same scene, its voxels stored along other axes or from the other end: every voxel stays where it is in the world.
pub(super) fn stored_along(
    image: &Image,
    mask: &Mask,
    axes: [usize; 3],
    reversed: [bool; 3],
) -> Scene {
    let old = image.grid();
    let mut first = [0.0; 3];
    for a in 0..3 {
        if reversed[a] {
            first[axes[a]] = (old.size[axes[a]] - 1) as f64;
        }
    }
    let sign = |a: usize| if reversed[a] { -1.0 } else { 1.0 };
    let grid = Grid {
        size: axes.map(|axis| old.size[axis]),
        spacing_mm: axes.map(|axis| old.spacing_mm[axis]),
        origin_mm: old.world_mm(first),
        direction: std::array::from_fn(|a| old.direction[axes[a]].map(|d| sign(a) * d)),
    };
    rearranged(image, mask, grid, axes, reversed)
}

fn rearranged(
    image: &Image,
    mask: &Mask,
    grid: Grid,
    axes: [usize; 3],
    reversed: [bool; 3],
) -> Scene {
    let size = grid.size;
    let source = |voxel: [usize; 3]| {
        let mut old = [0; 3];
        for a in 0..3 {
            old[axes[a]] = if reversed[a] {
                size[a] - 1 - voxel[a]
            } else {
                voxel[a]
            };
        }
        old
    };
    (
        Volume::from_fn(grid.clone(), |voxel| image.voxels()[source(voxel)]),
        Volume::from_fn(grid, |voxel| mask.voxels()[source(voxel)]),
    )
}

/// The scene on a grid of `size` voxels, whose voxel `p` is the old voxel `p - shift`; where there is none, voxels of
/// intensity `fill` outside the region.
pub(super) fn shifted(
    image: &Image,
    mask: &Mask,
    size: [usize; 3],
    shift: [isize; 3],
    fill: f64,
) -> Scene {
    let old = image.grid();
    let grid = Grid {
        size,
        origin_mm: old.world_mm(shift.map(|s| -(s as f64))),
        ..old.clone()
    };
    let source = |voxel: [usize; 3]| {
        let mut from = [0; 3];
        for a in 0..3 {
            from[a] = voxel[a]
                .checked_add_signed(-shift[a])
                .filter(|i| *i < old.size[a])?;
        }
        Some(from)
    };
    (
        Volume::from_fn(grid.clone(), |v| {
            source(v).map_or(fill, |s| image.voxels()[s])
        }),
        Volume::from_fn(grid, |v| source(v).is_some_and(|s| mask.voxels()[s])),
    )
}

/// Image and mask cut to a box.
pub(super) fn cropped(image: &Image, mask: &Mask, bounds: VoxelBox) -> Scene {
    (
        image.crop(bounds).into_owned(),
        mask.crop(bounds).into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use radgauge_phantoms::textured::textured_phantom;

    #[test]
    fn storage_leaves_every_voxel_in_its_place() {
        let (image, mask) = textured_phantom();
        let (stored, _) = stored_along(&image, &mask, [2, 0, 1], [true, false, true]);
        let place = |image: &Image, at: [usize; 3]| image.grid().world_mm(at.map(|i| i as f64));
        assert_eq!(stored.size(), [12, 16, 13], "z, x, y");
        for (at, old) in [
            ([0, 0, 0], [0, 12, 11]),
            ([3, 5, 7], [5, 5, 8]),
            ([11, 15, 12], [15, 0, 0]),
        ] {
            assert_eq!(stored.voxels()[at], image.voxels()[old], "{at:?}");
            assert_eq!(place(&stored, at), place(&image, old), "{at:?}");
        }
    }

    #[test]
    fn a_turn_there_and_back_is_none() {
        let (image, mask) = textured_phantom();
        let (there, mask_there) = turned(&image, &mask, [1, 2, 0], [true, false, false]);
        let back = turned(&there, &mask_there, [2, 0, 1], [false, true, false]);
        assert!(back == (image, mask), "the inverse undoes it");
    }

    #[test]
    fn what_is_shifted_keeps_its_surroundings() {
        let (image, mask) = textured_phantom();
        let (moved, moved_mask) = shifted(&image, &mask, [18, 13, 11], [2, 0, -1], 7.0);
        assert_eq!(moved.voxels()[[2, 0, 0]], image.voxels()[[0, 0, 1]]);
        assert_eq!(moved.voxels()[[1, 0, 0]], 7.0, "new voxels are filled");
        assert_eq!(moved_mask.count(), mask.count(), "no voxel is lost");
        assert_eq!(
            moved.grid().world_mm([2.0, 0.0, 0.0]),
            image.grid().world_mm([0.0, 0.0, 1.0]),
            "voxels stay where they are in the world"
        );
    }
}
