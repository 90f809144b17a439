//! Masks and images for the tests of this family and of local intensity.

use proptest::{collection::vec, prelude::*};

use crate::volume::{Grid, Image, Mask, Volume};

/// The mask of the voxels for which `inside` holds.
pub(crate) fn mask_of(grid: Grid, inside: impl FnMut([usize; 3]) -> bool) -> Mask {
    Volume::from_fn(grid, inside)
}

/// A mask that is one cube of `n`³ voxels, with a layer of nothing around.
pub(crate) fn cube(n: usize, spacing_mm: [f64; 3]) -> Mask {
    mask_of(Grid::axis_aligned([n + 2; 3], spacing_mm), |at| {
        at.iter().all(|i| (1..=n).contains(i))
    })
}

/// A grid of 1 to `most` voxels an axis with any spacing.
pub(crate) fn any_grid(most: usize) -> impl Strategy<Value = Grid> {
    (
        [1..=most, 1..=most, 1..=most],
        [0.3..4.0, 0.3..4.0, 0.3..4.0],
    )
        .prop_map(|(size, spacing_mm)| Grid::axis_aligned(size, spacing_mm))
}

/// A mask, possibly empty, on [`any_grid`].
pub(crate) fn any_mask(most: usize) -> impl Strategy<Value = Mask> {
    (any_grid(most), 0.05..1.0).prop_flat_map(|(grid, density)| {
        vec(prop::bool::weighted(density), grid.len())
            .prop_map(move |voxels| Volume::from_flat(grid.clone(), voxels))
    })
}

/// An image of whole or of fractional intensities and a mask on the same [`any_grid`].
pub(crate) fn any_image_and_mask(most: usize) -> impl Strategy<Value = (Image, Mask)> {
    (any_mask(most), any::<bool>()).prop_flat_map(|(mask, whole)| {
        vec(-50.0..150.0, mask.grid().len()).prop_map(move |mut voxels| {
            if whole {
                voxels.iter_mut().for_each(|v: &mut f64| *v = v.round());
            }
            (Volume::from_flat(mask.grid().clone(), voxels), mask.clone())
        })
    })
}

/// The digital phantom of the manual's chapter *Reference data sets*: 5×4×4 voxels of 2 mm, 74 of them inside.
pub(crate) fn digital_phantom() -> (Image, Mask) {
    const INTENSITIES: [u8; 80] = [
        1, 4, 4, 1, 1, 1, 4, 6, 1, 1, 4, 1, 6, 4, 1, 4, 4, 6, 4, 1, //
        1, 4, 4, 1, 1, 1, 1, 6, 1, 1, 1, 1, 3, 1, 1, 4, 4, 6, 1, 1, //
        1, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 1, 1, 1, 1, 6, 1, 1, //
        1, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 6, 1, 1,
    ];
    const OUTSIDE: [[usize; 3]; 6] = [
        [0, 2, 1],
        [3, 0, 2],
        [4, 0, 2],
        [2, 2, 2],
        [3, 0, 3],
        [4, 0, 3],
    ];
    let grid = Grid::axis_aligned([5, 4, 4], [2.0; 3]);
    let image = Volume::from_flat(grid.clone(), INTENSITIES.map(f64::from).to_vec());
    (image, mask_of(grid, |at| !OUTSIDE.contains(&at)))
}

/// Asserts that `value` agrees with a reference value after rounding to its three significant digits.
#[track_caller]
pub(crate) fn assert_matches_reference(code: &str, value: f64, reference: f64, tolerance: f64) {
    let rounded: f64 = format!("{value:.2e}").parse().expect("a number");
    // Half a unit of the last digit of f64 for the subtraction of two decimal fractions.
    let slack = 4.0 * f64::EPSILON * reference.abs();
    assert!(
        (rounded - reference).abs() <= tolerance + slack,
        "{code}: {value} is not {reference} ± {tolerance}"
    );
}
