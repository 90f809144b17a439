//! What filters cost on a volume of 256 × 256 × 128 voxels of 1 mm.
//!
//! `cargo bench --bench filters` runs all; `-- laws` a part.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use radgauge_engine::{
    settings::Settings,
    volume::{Grid, Image, Volume},
};

/// As in the program.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// White noise (SplitMix64, fixed seed), 0 to 255.
fn noise(size: [usize; 3]) -> Image {
    let mut state = 20_261_124u64;
    Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 56) as f64
    })
}

/// Names and settings, those of the peers' benches among them.
const FILTERS: [(&str, &str); 12] = [
    ("mean/5", "kind = 'mean'\nsupport = 5"),
    ("mean/65", "kind = 'mean'\nsupport = 65"),
    ("gaussian/3", "kind = 'gaussian'\nsigma_mm = 3"),
    (
        "laplacian_of_gaussian/3",
        "kind = 'laplacian-of-gaussian'\nsigma_mm = 3",
    ),
    (
        "laws/L5E5E5_max_energy",
        "kind = 'laws'\nkernel = 'L5E5E5'\npooling = 'max'\nenergy_distance = 7",
    ),
    (
        "separable_wavelet/db2_LLH_average",
        "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LLH'\npooling = 'average'",
    ),
    (
        "separable_wavelet/coif1_HHL_average",
        "kind = 'separable-wavelet'\nwavelet = 'coif1'\nsubband = 'HHL'\npooling = 'average'",
    ),
    (
        "separable_wavelet/db2_LLH_max",
        "kind = 'separable-wavelet'\nwavelet = 'db2'\nsubband = 'LLH'\npooling = 'max'",
    ),
    (
        "gabor/5_2_1.5_orthogonal_average",
        "kind = 'gabor'\nsigma_mm = 5\nlambda_mm = 2\ngamma = 1.5\ndelta_theta_rad = 0.39269908169872414\npooling = 'average'\northogonal_planes = true",
    ),
    ("simoncelli/1", "kind = 'simoncelli'\nlevel = 1"),
    (
        "riesz/020_simoncelli_1",
        "kind = 'riesz'\norder = [0, 2, 0]\nof = { kind = 'simoncelli', level = 1 }",
    ),
    ("gradient_magnitude", "kind = 'gradient-magnitude'"),
];

fn filters(criterion: &mut Criterion) {
    let image = noise([256, 256, 128]);
    let mut group = criterion.benchmark_group("filter");
    group.sample_size(10);
    group.throughput(Throughput::Elements(image.grid().len() as u64));
    for (name, keys) in FILTERS {
        let settings = format!("[filter]\n{keys}\n[features]\nfamilies = ['stat']\n");
        let settings = Settings::from_toml(&settings).expect("the filters above are possible");
        let filter = settings.filter.expect("there is a filter");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                filter
                    .apply(black_box(&image))
                    .expect("the image is finite")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, filters);
criterion_main!(benches);
