//! Images and rotations for the tests of filters in the Fourier domain.

use crate::volume::{Grid, Image, Volume};

/// Intensities from −1 to 1 without pattern (SplitMix64).
pub(super) fn noise(size: [usize; 3], seed: u64) -> Image {
    let mut state = seed;
    Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    })
}

/// An image of the same voxels in other places: voxel `v` is that at `from(v)`.
pub(super) fn rearranged(
    image: &Image,
    size: [usize; 3],
    from: impl Fn([usize; 3]) -> [usize; 3],
) -> Image {
    Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |voxel| {
        image.voxels()[from(voxel)]
    })
}

/// An image turned by a quarter turn in the plane of x and y.
pub(super) fn turned_about_z(image: &Image) -> Image {
    let [nx, ny, nz] = image.size();
    rearranged(image, [ny, nx, nz], |[x, y, z]| [y, ny - 1 - x, z])
}

/// An image turned by a quarter turn in the plane of y and z.
pub(super) fn turned_about_x(image: &Image) -> Image {
    let [nx, ny, nz] = image.size();
    rearranged(image, [nx, nz, ny], |[x, y, z]| [x, z, nz - 1 - y])
}

/// An image moved cyclically.
pub(super) fn moved(image: &Image, by: [usize; 3]) -> Image {
    let size = image.size();
    rearranged(image, size, |voxel| {
        std::array::from_fn(|axis| (voxel[axis] + by[axis]) % size[axis])
    })
}

/// `a f + b g`.
pub(super) fn combined(a: f64, f: &Image, b: f64, g: &Image) -> Image {
    let voxels = f.as_slice().iter().zip(g.as_slice());
    let voxels = voxels.map(|(f, g)| a * f + b * g).collect();
    Volume::from_flat(f.grid().clone(), voxels)
}

/// The largest difference of two images.
#[track_caller]
pub(super) fn difference(a: &Image, b: &Image) -> f64 {
    assert_eq!(a.size(), b.size(), "images of one size");
    let voxels = a.as_slice().iter().zip(b.as_slice());
    voxels.fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
}

/// What a function gives on this many threads.
pub(super) fn on_threads<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be started").install(f)
}

/// The bits of an image.
pub(super) fn bits(image: &Image) -> Vec<u64> {
    image.as_slice().iter().map(|v| v.to_bits()).collect()
}
