//! Images, naive filters and rotations for the tests of filters.

use crate::volume::{Grid, Image, Volume};

use super::{Boundary, Filter, FilterError};
use crate::settings::Settings;

/// Voxels along x.
pub(super) fn line(voxels: &[f64]) -> Image {
    let grid = Grid::axis_aligned([voxels.len(), 1, 1], [1.0; 3]);
    Volume::from_flat(grid, voxels.to_vec())
}

/// An image without any symmetry, intensities from −1 to 1.
pub(super) fn noise(size: [usize; 3]) -> Image {
    let mut state = 0.37_f64;
    Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |_| {
        // The logistic map: chaotic, the same everywhere.
        state *= 3.99 * (1.0 - state);
        2.0 * state - 1.0
    })
}

/// The filter with these keys, as settings have it.
pub(super) fn filter(keys: &str) -> Filter {
    let settings = format!("[filter]\n{keys}\n[features]\nfamilies = ['stat']\n");
    let settings = Settings::from_toml(&settings).expect("the filter is possible");
    settings.filter.expect("there is a filter")
}

pub(super) fn apply(keys: &str, image: &Image) -> Image {
    filter(keys)
        .apply(image)
        .expect("the image can be filtered")
}

pub(super) fn refusal(keys: &str, image: &Image) -> FilterError {
    let response = filter(keys).apply(image);
    response.expect_err("the image cannot be filtered")
}

#[track_caller]
pub(super) fn assert_close(response: &Image, expected: &Image, what: &str) {
    assert_eq!(response.size(), expected.size(), "{what}: size");
    let scale = expected
        .as_slice()
        .iter()
        .fold(1.0_f64, |scale, x| scale.max(x.abs()));
    for (index, (x, y)) in response
        .as_slice()
        .iter()
        .zip(expected.as_slice())
        .enumerate()
    {
        assert!(
            (x - y).abs() <= 1e-12 * scale,
            "{what}: voxel {index} is {x}, not {y}"
        );
    }
}

/// `boundary` in settings.
pub(super) fn key(boundary: Boundary) -> String {
    match boundary {
        Boundary::Zero => "boundary = 'zero'".into(),
        Boundary::Constant(c) => format!("boundary = {{ constant = {c:?} }}"),
        Boundary::Nearest => "boundary = 'nearest'".into(),
        Boundary::Periodic => "boundary = 'periodic'".into(),
        Boundary::Mirror => "boundary = 'mirror'".into(),
    }
}

pub(super) const BOUNDARIES: [Boundary; 5] = [
    Boundary::Zero,
    Boundary::Constant(-2.5),
    Boundary::Nearest,
    Boundary::Periodic,
    Boundary::Mirror,
];

/// `f_ext[k]`, found by walking into the image one voxel at a time.
fn extended(image: &Image, k: [isize; 3], boundary: Boundary) -> f64 {
    let mut inside = [0; 3];
    for axis in 0..3 {
        let n = image.size()[axis] as isize;
        let mut at = k[axis];
        while !(0..n).contains(&at) {
            at = match boundary {
                Boundary::Zero => return 0.0,
                Boundary::Constant(c) => return c,
                Boundary::Nearest => at - at.signum(),
                Boundary::Periodic => at - n * at.signum(),
                Boundary::Mirror if at < 0 => -1 - at,
                Boundary::Mirror => 2 * n - 1 - at,
            };
        }
        inside[axis] = at as usize;
    }
    image.voxels()[inside]
}

/// A kernel in the volume: offsets and weights.
pub(super) type Kernel3d = Vec<([isize; 3], f64)>;

/// `h[k₀] = Σ_k g[k] f[k₀ − k]`, from the definition.
pub(super) fn convolved(image: &Image, kernel: &Kernel3d, boundary: Boundary) -> Image {
    Volume::from_fn(image.grid().clone(), |at| {
        kernel
            .iter()
            .map(|(offset, weight)| {
                let source = std::array::from_fn(|axis| at[axis] as isize - offset[axis]);
                weight * extended(image, source, boundary)
            })
            .sum()
    })
}

/// The outer product of taps along x, y, z, each centred on tap `⌊M / 2⌋`.
pub(super) fn outer_product(taps: [&[f64]; 3]) -> Kernel3d {
    let mut kernel = Vec::new();
    for (x, gx) in taps[0].iter().enumerate() {
        for (y, gy) in taps[1].iter().enumerate() {
            for (z, gz) in taps[2].iter().enumerate() {
                let tap = [x, y, z];
                let offset = std::array::from_fn(|a| tap[a] as isize - taps[a].len() as isize / 2);
                kernel.push((offset, gx * gy * gz));
            }
        }
    }
    kernel
}

/// A rotation of the image by right angles: axis `a` of the result is axis `order[a]` of the image, reversed if
/// `reversed[a]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    order: [usize; 3],
    reversed: [bool; 3],
}

impl Turn {
    /// All that do not mirror: the determinant of the signed permutation is 1. In the plane, z stays.
    pub(super) fn all(n_axes: usize) -> Vec<Self> {
        let mut turns = Vec::new();
        for code in 0..27 * 8 {
            let order = [code % 3, code / 3 % 3, code / 9 % 3];
            let reversed = [0, 1, 2].map(|axis| (code / 27) >> axis & 1 == 1);
            let sign = |axis: usize| if reversed[axis] { -1 } else { 1 };
            let row = |axis: usize| -> [i32; 3] {
                std::array::from_fn(|to| if order[axis] == to { sign(axis) } else { 0 })
            };
            let [a, b, c] = [row(0), row(1), row(2)];
            let determinant = a[0] * (b[1] * c[2] - b[2] * c[1])
                - a[1] * (b[0] * c[2] - b[2] * c[0])
                + a[2] * (b[0] * c[1] - b[1] * c[0]);
            if determinant == 1 && (n_axes == 3 || c == [0, 0, 1]) {
                turns.push(Self { order, reversed });
            }
        }
        turns
    }

    pub(super) fn apply(self, image: &Image) -> Image {
        let size = self.order.map(|axis| image.size()[axis]);
        Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |at| {
            image.voxels()[self.source(at, size)]
        })
    }

    /// Undoes [`apply`](Self::apply).
    pub(super) fn undo(self, turned: &Image, grid: &Grid) -> Image {
        let mut image = Volume::from_flat(grid.clone(), vec![0.0; grid.len()]);
        let [nx, ny, _] = grid.size;
        for z in 0..turned.size()[2] {
            for y in 0..turned.size()[1] {
                for x in 0..turned.size()[0] {
                    let [i, j, k] = self.source([x, y, z], turned.size());
                    image.as_mut_slice()[i + nx * (j + ny * k)] = turned.voxels()[[x, y, z]];
                }
            }
        }
        image
    }

    fn source(self, at: [usize; 3], size: [usize; 3]) -> [usize; 3] {
        let mut source = [0; 3];
        for axis in 0..3 {
            source[self.order[axis]] = if self.reversed[axis] {
                size[axis] - 1 - at[axis]
            } else {
                at[axis]
            };
        }
        source
    }
}
