//! Regions of interest for tests, and their voxels and neighbours enumerated the slow way.

use proptest::prelude::*;

use crate::{
    process::discretise::Discretised,
    volume::{Grid, Volume},
};

/// Grey levels (0 outside) of shape `size`, x fastest, with N_g the highest of them.
pub(crate) fn discretised(size: [usize; 3], levels: &[u16]) -> Discretised {
    Discretised {
        levels: Volume::from_flat(Grid::axis_aligned(size, [1.0; 3]), levels.to_vec()),
        n_levels: levels.iter().copied().max().unwrap_or(0).max(1),
    }
}

/// Regions of 1 to 6 voxels along each axis of levels up to `highest`, any part of them outside the mask.
pub(crate) fn regions(highest: u16) -> impl Strategy<Value = ([usize; 3], Vec<u16>)> {
    (prop::array::uniform3(1_usize..=6), 0.0..=1.0_f64).prop_flat_map(move |(size, inside)| {
        let voxel = (prop::bool::weighted(inside), 1..=highest)
            .prop_map(|(inside, level)| if inside { level } else { 0 });
        (
            Just(size),
            prop::collection::vec(voxel, size.iter().product::<usize>()),
        )
    })
}

/// All voxels of a box, x fastest.
pub(crate) fn positions(size: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    let [nx, ny, nz] = size;
    (0..nz).flat_map(move |z| (0..ny).flat_map(move |y| (0..nx).map(move |x| [x, y, z])))
}

/// The voxel a step away, if it is in the box.
pub(crate) fn step(size: [usize; 3], voxel: [usize; 3], step: [isize; 3]) -> Option<[usize; 3]> {
    let mut to = voxel;
    for axis in 0..3 {
        to[axis] = voxel[axis]
            .checked_add_signed(step[axis])
            .filter(|x| *x < size[axis])?;
    }
    Some(to)
}

/// The voxels of a box within `radius` of a voxel along each axis, without itself.
pub(crate) fn neighbours(
    size: [usize; 3],
    voxel: [usize; 3],
    radius: [usize; 3],
) -> impl Iterator<Item = [usize; 3]> {
    let [rx, ry, rz] = radius.map(usize::cast_signed);
    (-rz..=rz)
        .flat_map(move |dz| (-ry..=ry).flat_map(move |dy| (-rx..=rx).map(move |dx| [dx, dy, dz])))
        .filter(|d| *d != [0; 3])
        .filter_map(move |d| step(size, voxel, d))
}

/// A region with its axes in another order: voxel `[x, y, z]` goes where `order` names the old axes; with
/// mirroring of the first axis, a rotation by 90° for an odd permutation.
pub(crate) fn turned(
    size: [usize; 3],
    levels: &[u16],
    order: [usize; 3],
    mirror: bool,
) -> ([usize; 3], Vec<u16>) {
    let turned_size = order.map(|axis| size[axis]);
    let turned = positions(turned_size)
        .map(|mut position| {
            if mirror {
                position[0] = turned_size[0] - 1 - position[0];
            }
            let mut old = [0; 3];
            for (axis, at) in order.into_iter().zip(position) {
                old[axis] = at;
            }
            levels[old[0] + size[0] * (old[1] + size[1] * old[2])]
        })
        .collect();
    (turned_size, turned)
}

/// Shape of the digital phantom.
pub(crate) const DIGITAL_PHANTOM_SIZE: [usize; 3] = [5, 4, 4];

/// The grey levels of the IBSI digital phantom, 0 outside its mask.
///
/// Source: IBSI 1 reference manual, *Reference data sets*.
#[rustfmt::skip]
pub(crate) const DIGITAL_PHANTOM: [u16; 80] = [
    1, 4, 4, 1, 1, // slice 1
    1, 4, 6, 1, 1,
    4, 1, 6, 4, 1,
    4, 4, 6, 4, 1,
    1, 4, 4, 1, 1, // slice 2
    1, 1, 6, 1, 1,
    0, 1, 3, 1, 1,
    4, 4, 6, 1, 1,
    1, 4, 4, 0, 0, // slice 3
    1, 1, 1, 1, 1,
    1, 1, 0, 1, 1,
    1, 1, 6, 1, 1,
    1, 4, 4, 0, 0, // slice 4
    1, 1, 1, 1, 1,
    1, 1, 1, 1, 1,
    1, 1, 6, 1, 1,
];
