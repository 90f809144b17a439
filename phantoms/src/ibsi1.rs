//! The digital phantom of the IBSI 1 reference manual.
//!
//! Source: IBSI 1 reference manual (arXiv:1612.07003), chapter *Reference data sets*, section *Digital phantom*, and
//! its NIfTI form in the IBSI data sets repository (<https://github.com/theibsi/data_sets>, `ibsi_1_digital_phantom`);
//! CC BY 4.0.

use radgauge_engine::volume::{Grid, Image, Mask};

/// Number of voxels along x, y, z.
const SIZE: [usize; 3] = [5, 4, 4];

/// Distance between voxel centres along x, y, z, in mm.
const SPACING_MM: [f64; 3] = [2.0; 3];

/// Grey levels, one slice of constant z after the other, y downwards, x to the right. Voxels outside the region of
/// interest have an intensity too: local intensity features see it, which is why the 9 is there.
#[rustfmt::skip]
const INTENSITIES: [f64; 80] = [
    1., 4., 4., 1., 1., // z = 0
    1., 4., 6., 1., 1.,
    4., 1., 6., 4., 1.,
    4., 4., 6., 4., 1.,

    1., 4., 4., 1., 1., // z = 1
    1., 1., 6., 1., 1.,
    1., 1., 3., 1., 1.,
    4., 4., 6., 1., 1.,

    1., 4., 4., 1., 1., // z = 2
    1., 1., 1., 1., 1.,
    1., 1., 9., 1., 1.,
    1., 1., 6., 1., 1.,

    1., 4., 4., 1., 1., // z = 3
    1., 1., 1., 1., 1.,
    1., 1., 1., 1., 1.,
    1., 1., 6., 1., 1.,
];

/// 1 inside the region of interest, laid out as [`INTENSITIES`].
#[rustfmt::skip]
const INSIDE: [u8; 80] = [
    1, 1, 1, 1, 1, // z = 0
    1, 1, 1, 1, 1,
    1, 1, 1, 1, 1,
    1, 1, 1, 1, 1,

    1, 1, 1, 1, 1, // z = 1
    1, 1, 1, 1, 1,
    0, 1, 1, 1, 1,
    1, 1, 1, 1, 1,

    1, 1, 1, 0, 0, // z = 2
    1, 1, 1, 1, 1,
    1, 1, 0, 1, 1,
    1, 1, 1, 1, 1,

    1, 1, 1, 0, 0, // z = 3
    1, 1, 1, 1, 1,
    1, 1, 1, 1, 1,
    1, 1, 1, 1, 1,
];

/// The digital phantom: 5 × 4 × 4 voxels (x, y, z) of 2 mm, 74 of them inside the region of interest, with the grey
/// levels 1, 3, 4 and 6.
///
/// It needs no image processing: the intensities are the grey levels, and the morphological and the intensity mask
/// are the same. The grid is laid along the world's axes; the NIfTI file turns x and y round, which changes no feature.
#[must_use]
pub fn digital_phantom() -> (Image, Mask) {
    let grid = Grid::axis_aligned(SIZE, SPACING_MM);
    let image = Image::from_flat(grid.clone(), INTENSITIES.to_vec());
    let mask = Mask::from_flat(grid, INSIDE.iter().map(|inside| *inside == 1).collect());
    (image, mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the manual says of the phantom, and its grey level counts (the 3D NGTDM of the chapter *Digital phantom
    /// texture matrices* lists them).
    #[test]
    fn is_the_phantom_of_the_manual() {
        let (image, mask) = digital_phantom();
        assert_eq!(image.size(), [5, 4, 4], "5 × 4 × 4 voxels");
        assert_eq!(image.grid(), mask.grid(), "image and mask share a grid");
        assert_eq!(image.grid().spacing_mm, [2.0; 3], "voxels of 2 mm");
        assert_eq!(mask.count(), 74, "74 voxels inside");
        let inside: Vec<f64> = image
            .as_slice()
            .iter()
            .zip(mask.as_slice())
            .filter_map(|(v, inside)| inside.then_some(*v))
            .collect();
        let count = |level: f64| inside.iter().filter(|v| **v == level).count();
        assert_eq!(
            [1., 2., 3., 4., 5., 6.].map(count),
            [50, 0, 1, 16, 0, 7],
            "grey levels 1 to 6; 2 and 5 are absent"
        );
    }

    #[test]
    fn one_voxel_inside_is_excluded() {
        let (image, mask) = digital_phantom();
        assert!(!mask.voxels()[[2, 2, 2]], "the internal hole");
        assert_eq!(image.voxels()[[2, 2, 2]], 9.0, "its intensity");
        assert_eq!(
            image.voxels()[[3, 2, 0]],
            4.0,
            "x runs along a row, z over slices"
        );
    }
}
