//! Response maps by direct convolution: every kernel written out as a list of taps in space, every response voxel as a
//! sum over them, `h[k₀] = Σ g[k] f[k₀ − k]` (IBSI 2 reference manual, arXiv:2006.05470, section *Convolution*).
//!
//! Slow and obviously right; nothing is separated, reused or transformed. Nothing of the engine is used but its image
//! and settings types. It knows the filters whose kernels are written down in space: mean, Gaussian, Laplacian of
//! Gaussian, Laws with texture energy, and separable wavelets whose coefficients have a closed form.

use radgauge_engine::{
    filter::{Boundary, Dimension, Filter, Pooling},
    settings::Settings,
    volume::Image,
};

/// A kernel: taps with the offset `k` at which they stand.
type Kernel = Vec<([i64; 3], f64)>;

/// The response map of the settings' filter, for the filters of this module.
///
/// # Panics
/// When the settings have no filter, or one whose kernel is not written down here: suites are made in code, and a test
/// computes every case of them.
#[must_use]
pub fn response_map(image: &Image, settings: &Settings) -> Image {
    let filter = settings.filter.as_ref().expect("the case has a filter");
    let spacing_mm = image.grid().spacing_mm;
    match filter {
        Filter::Mean(mean) => {
            let taps = vec![1.0 / f64::from(mean.support); mean.support as usize];
            let kernel = outer(&vec![taps; axes(mean.dimension)]);
            convolve(image, &kernel, mean.boundary)
        }
        Filter::Gaussian(gaussian) => {
            let sigma = spacing_mm.map(|s| gaussian.sigma_mm / s);
            let kernel = radial(gaussian.dimension, sigma, gaussian.cutoff, |k| {
                (-0.5 * square_radius(k, sigma)).exp()
            });
            let sum: f64 = kernel.iter().map(|(_, weight)| weight).sum();
            let kernel: Kernel = kernel.into_iter().map(|(k, w)| (k, w / sum)).collect();
            convolve(image, &kernel, gaussian.boundary)
        }
        Filter::LaplacianOfGaussian(log) => {
            let sigma = spacing_mm.map(|s| log.sigma_mm / s);
            // Eq. (LoG) of the manual: σ is in voxels of the axes' common spacing.
            let dimensions = axes(log.dimension) as f64;
            let norm = (2.0 * std::f64::consts::PI).sqrt() * sigma[0];
            let kernel = radial(log.dimension, sigma, log.cutoff, |k| {
                let r2 = square_radius(k, sigma);
                -(dimensions - r2) * (-0.5 * r2).exp()
                    / (sigma[0].powi(2) * norm.powi(axes(log.dimension) as i32))
            });
            convolve(image, &kernel, log.boundary)
        }
        Filter::Laws(laws) => {
            let name = laws.kernel.to_string();
            let kernels: Vec<Vec<f64>> = laws_names(&name).map(laws_kernel).collect();
            let response = turned(&kernels, kernels.len(), laws.pooling, |kernels| {
                convolve(image, &outer(kernels), laws.boundary)
            });
            match laws.energy_distance {
                None => response,
                Some(delta) => {
                    let side = 2 * delta as usize + 1;
                    let mean = outer(&vec![vec![1.0 / side as f64; side]; kernels.len()]);
                    // What surrounds h where the image is surrounded by a constant, the manual leaves open.
                    assert!(
                        !matches!(laws.boundary, Boundary::Constant(_)),
                        "an energy map within a constant is not written down here"
                    );
                    convolve(&response.map(|r| r.abs()), &mean, laws.boundary)
                }
            }
        }
        Filter::SeparableWavelet(wavelet) => {
            let low = scaling_kernel(&wavelet.wavelet.to_string());
            let subband = wavelet.subband.to_string();
            // The kernels of every level below the last, then those of the last.
            let levels: Vec<Vec<f64>> = (1..=wavelet.level)
                .flat_map(|level| {
                    let is_last = level == wavelet.level;
                    let letters = subband.chars();
                    let letters = letters.map(move |letter| if is_last { letter } else { 'L' });
                    let low = &low;
                    letters.map(move |letter| match letter {
                        'L' => with_holes(low, level),
                        _ => with_holes(&wavelet_kernel(low), level),
                    })
                })
                .collect();
            turned(&levels, subband.len(), wavelet.pooling, |levels| {
                let filtered = |image: Image, level: &[Vec<f64>]| {
                    convolve(&image, &outer(level), wavelet.boundary)
                };
                levels.chunks(subband.len()).fold(image.clone(), filtered)
            })
        }
        other => panic!("the kernel of `{}` is not written down here", other.name()),
    }
}

fn axes(dimension: Dimension) -> usize {
    match dimension {
        Dimension::Slice => 2,
        Dimension::Volume => 3,
    }
}

/// `‖k / σ‖²`.
fn square_radius(k: [i64; 3], sigma: [f64; 3]) -> f64 {
    let squares = k
        .iter()
        .zip(sigma)
        .map(|(k, sigma)| (*k as f64 / sigma).powi(2));
    squares.sum()
}

/// A kernel by its weight at every offset of the box of side `1 + 2⌊dσ + ½⌋` (WGPM).
fn radial(
    dimension: Dimension,
    sigma: [f64; 3],
    cutoff: f64,
    weight: impl Fn([i64; 3]) -> f64,
) -> Kernel {
    let mut reach = sigma.map(|sigma| (cutoff * sigma + 0.5).floor() as i64);
    if dimension == Dimension::Slice {
        reach[2] = 0;
    }
    let [x, y, z] = reach.map(|reach| -reach..=reach);
    let offsets = z.flat_map(|k3| {
        let (x, y) = (x.clone(), y.clone());
        y.flat_map(move |k2| x.clone().map(move |k1| [k1, k2, k3]))
    });
    offsets.map(|k| (k, weight(k))).collect()
}

/// The outer product of one kernel an axis, each centred on tap `⌊M / 2⌋` (JVAD).
fn outer(kernels: &[Vec<f64>]) -> Kernel {
    let mut product: Kernel = vec![([0; 3], 1.0)];
    for (axis, taps) in kernels.iter().enumerate() {
        let centre = (taps.len() / 2) as i64;
        product = product
            .iter()
            .flat_map(|(k, weight)| {
                taps.iter().enumerate().map(move |(tap, factor)| {
                    let mut k = *k;
                    k[axis] = tap as i64 - centre;
                    (k, weight * factor)
                })
            })
            .collect();
    }
    product
}

/// The direct sum.
fn convolve(image: &Image, kernel: &Kernel, boundary: Boundary) -> Image {
    let size = image.size();
    Image::from_fn(image.grid().clone(), |voxel| {
        kernel
            .iter()
            .map(|(k, weight)| {
                let at: [i64; 3] = std::array::from_fn(|axis| voxel[axis] as i64 - k[axis]);
                weight * extended(image, size, at, boundary)
            })
            .sum()
    })
}

/// The image beyond its borders (GBYQ), found by walking step by step.
fn extended(image: &Image, size: [usize; 3], mut at: [i64; 3], boundary: Boundary) -> f64 {
    for (index, size) in at.iter_mut().zip(size.map(|n| n as i64)) {
        while !(0..size).contains(index) {
            *index = match boundary {
                Boundary::Zero => return 0.0,
                Boundary::Constant(value) => return value,
                Boundary::Nearest if *index < 0 => 0,
                Boundary::Nearest => size - 1,
                Boundary::Periodic if *index < 0 => *index + size,
                Boundary::Periodic => *index - size,
                // The edge voxel is repeated: -1 is 0, size is size − 1.
                Boundary::Mirror if *index < 0 => -1 - *index,
                Boundary::Mirror => 2 * size - 1 - *index,
            };
        }
    }
    image.voxels()[at.map(|index| index.unsigned_abs() as usize)]
}

/// The names of one-dimensional Laws kernels in `L5E5S5`.
fn laws_names(name: &str) -> impl Iterator<Item = &str> {
    (0..name.len() / 2).map(|n| &name[2 * n..2 * n + 2])
}

/// The normalised Laws kernels of the manual.
fn laws_kernel(name: &str) -> Vec<f64> {
    let (square, taps): (f64, &[f64]) = match name {
        "L3" => (6.0, &[1.0, 2.0, 1.0]),
        "L5" => (70.0, &[1.0, 4.0, 6.0, 4.0, 1.0]),
        "E3" => (2.0, &[-1.0, 0.0, 1.0]),
        "E5" => (10.0, &[-1.0, -2.0, 0.0, 2.0, 1.0]),
        "S3" => (6.0, &[-1.0, 2.0, -1.0]),
        "S5" => (6.0, &[-1.0, 0.0, 2.0, 0.0, -1.0]),
        "W5" => (10.0, &[-1.0, 2.0, 0.0, -2.0, 1.0]),
        "R5" => (70.0, &[1.0, -4.0, 6.0, -4.0, 1.0]),
        other => panic!("there is no Laws kernel `{other}`"),
    };
    taps.iter().map(|tap| tap / square.sqrt()).collect()
}

/// The scaling kernel `g_L` of a wavelet: Daubechies, *Ten Lectures on Wavelets*, in the order in which PyWavelets lists
/// it (`dec_lo`).
fn scaling_kernel(wavelet: &str) -> Vec<f64> {
    let (r2, r3, r7) = (2f64.sqrt(), 3f64.sqrt(), 7f64.sqrt());
    match wavelet {
        "haar" => vec![1.0 / r2, 1.0 / r2],
        "db2" => [1.0 - r3, 3.0 - r3, 3.0 + r3, 1.0 + r3]
            .map(|g| g / (4.0 * r2))
            .into(),
        "coif1" => [
            r7 - 3.0,
            1.0 - r7,
            14.0 - 2.0 * r7,
            14.0 + 2.0 * r7,
            5.0 + r7,
            1.0 - r7,
        ]
        .map(|g| g / (16.0 * r2))
        .into(),
        other => panic!("the kernel of `{other}` is not written down here"),
    }
}

/// The wavelet kernel `g_H` that belongs to `g_L`: reversed, with alternating signs; `[−1, 1] / √2` for Haar.
fn wavelet_kernel(low: &[f64]) -> Vec<f64> {
    let reversed = low.iter().rev().enumerate();
    let sign = |tap: usize| if tap.is_multiple_of(2) { -1.0 } else { 1.0 };
    reversed.map(|(tap, g)| sign(tap) * g).collect()
}

/// The kernel at a decomposition level: `2^(j−1) − 1` zeros after every tap (section *Undecimated Transform*, the
/// recommended alternative).
fn with_holes(taps: &[f64], level: u32) -> Vec<f64> {
    let step = 1 << (level - 1);
    let mut spread = vec![0.0; taps.len() * step];
    for (tap, weight) in taps.iter().enumerate() {
        spread[tap * step] = *weight;
    }
    spread
}

/// A right-angle rotation: axis `a` goes to axis `turn[a].0`, reversed where `turn[a].1`.
type Turn = Vec<(usize, bool)>;

/// The proper right-angle rotations of a plane (4) or of space (24): permutations of the axes with reversals whose
/// determinant is 1.
fn rotations(axes: usize) -> Vec<Turn> {
    let permutations: Vec<Vec<usize>> = match axes {
        2 => vec![vec![0, 1], vec![1, 0]],
        _ => vec![
            vec![0, 1, 2],
            vec![1, 2, 0],
            vec![2, 0, 1],
            vec![1, 0, 2],
            vec![0, 2, 1],
            vec![2, 1, 0],
        ],
    };
    let is_odd = |permutation: &[usize]| {
        let pairs = (0..axes).flat_map(|a| (a + 1..axes).map(move |b| (a, b)));
        pairs
            .filter(|(a, b)| permutation[*a] > permutation[*b])
            .count()
            % 2
            == 1
    };
    let mut turns = Vec::new();
    for permutation in permutations {
        for reversed in 0..1usize << axes {
            if is_odd(&permutation) == (reversed.count_ones() % 2 == 1) {
                let turn = permutation.iter().enumerate();
                turns.push(turn.map(|(a, to)| (*to, reversed >> a & 1 == 1)).collect());
            }
        }
    }
    turns
}

/// The response with these kernels, or the pooled responses with all their rotations. Kernels come in groups of one an
/// axis; every group is turned alike.
fn turned(
    kernels: &[Vec<f64>],
    axes: usize,
    pooling: Option<Pooling>,
    respond: impl Fn(&[Vec<f64>]) -> Image,
) -> Image {
    let Some(pooling) = pooling else {
        return respond(kernels);
    };
    let responses = rotations(axes).into_iter().map(|turn| {
        let groups = kernels.chunks(axes);
        respond(
            &groups
                .flat_map(|group| rotated(group, &turn))
                .collect::<Vec<_>>(),
        )
    });
    pool(responses, pooling)
}

/// One kernel an axis, turned. A zero is appended to kernels of even length, so that turning keeps the centre (appendix
/// on right-angle rotations of separable filters).
fn rotated(kernels: &[Vec<f64>], turn: &Turn) -> Vec<Vec<f64>> {
    let mut turned = vec![Vec::new(); kernels.len()];
    for (taps, (to, is_reversed)) in kernels.iter().zip(turn) {
        let mut taps = taps.clone();
        if taps.len().is_multiple_of(2) {
            taps.push(0.0);
        }
        if *is_reversed {
            taps.reverse();
        }
        turned[*to] = taps;
    }
    turned
}

/// Pools responses voxel by voxel.
fn pool(responses: impl Iterator<Item = Image>, pooling: Pooling) -> Image {
    let responses: Vec<Image> = responses.collect();
    Image::from_fn(responses[0].grid().clone(), |voxel| {
        let values = responses.iter().map(|response| response.voxels()[voxel]);
        match pooling {
            Pooling::Average => values.sum::<f64>() / responses.len() as f64,
            Pooling::Max => values.fold(f64::NEG_INFINITY, f64::max),
            Pooling::Min => values.fold(f64::INFINITY, f64::min),
        }
    })
}
