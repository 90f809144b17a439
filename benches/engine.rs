//! What the engine costs: whole configurations, and every family over three sizes of the region.
//!
//! `cargo bench --bench engine` runs all; `-- extract` or `-- family/glcm` a part. The CT phantom is benched when its
//! data set is found (`RADGAUGE_DATA`).

use std::{hint::black_box, sync::LazyLock};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use radgauge::{certify, implementation::Engine, suite::ibsi1};
use radgauge_engine::{
    feature::{Aggregation, Family},
    io::{read_image, read_mask},
    pipeline,
    settings::{Discretise, Settings},
    volume::{Grid, Image, Mask, Volume},
};
use radgauge_reference::{datasets::Library, ibsi1::preset};

/// As in the program.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A smooth random image: white noise (SplitMix64, fixed seed) under three periodic moving averages of 7 voxels along
/// every axis, scaled to a mean of 50 and a standard deviation of 100.
fn smooth_noise(size: [usize; 3]) -> Image {
    let mut state = 20_261_123u64;
    let noise = Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    });
    let mut voxels = noise.as_slice().to_vec();
    let strides = [1, size[0], size[0] * size[1]];
    for (n, stride) in [0, 1, 2]
        .into_iter()
        .cycle()
        .take(9)
        .map(|axis| (size[axis], strides[axis]))
    {
        let old = voxels.clone();
        for (i, voxel) in voxels.iter_mut().enumerate() {
            let at = i / stride % n;
            let start = i - at * stride;
            *voxel = (0..7)
                .map(|k| old[start + (at + n + k - 3) % n * stride])
                .sum::<f64>()
                / 7.0;
        }
    }
    let mean = voxels.iter().sum::<f64>() / voxels.len() as f64;
    let variance = voxels.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / voxels.len() as f64;
    let scaled = voxels
        .iter()
        .map(|v| 50.0 + 100.0 * (v - mean) / variance.sqrt())
        .collect();
    Volume::from_flat(noise.grid().clone(), scaled)
}

/// A ball of this radius, in voxels, about the middle of the grid.
fn ball(grid: &Grid, radius: f64) -> Mask {
    Volume::from_fn(grid.clone(), |voxel| {
        let squared =
            |axis: usize| (voxel[axis] as f64 - (grid.size[axis] as f64 - 1.0) / 2.0).powi(2);
        (0..3).map(squared).sum::<f64>() <= radius * radius
    })
}

/// Every feature in three dimensions, 32 bins.
fn volumetric() -> Settings {
    let mut settings = Settings {
        discretise: Discretise::FixedBinNumber { bins: 32 },
        ivh: Discretise::FixedBinNumber { bins: 1000 },
        ..Settings::default()
    };
    settings.features.aggregations = vec![
        Aggregation::Averaged3d,
        Aggregation::Merged3d,
        Aggregation::Volume,
    ];
    settings
}

fn extract(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("extract");
    group.sample_size(20);
    // Made when a bench that needs it is selected.
    let ball = LazyLock::new(|| {
        let image = smooth_noise([256, 256, 128]);
        let mask = ball(image.grid(), 49.2);
        (image, mask)
    });
    let settings = volumetric();
    group.bench_function("ball_498944_voxels_32_bins", |bencher| {
        let (image, mask) = &*ball;
        bencher.iter(|| pipeline::extract(black_box(image), mask, &settings));
    });
    let library = Library::locate(None);
    let find = |name| library.find(name).ok();
    if let (Some(image), Some(mask)) = (
        find("ibsi1/ct_phantom/nifti/image.nii.gz"),
        find("ibsi1/ct_phantom/nifti/mask.nii.gz"),
    ) {
        let image = read_image(&image).expect("the data set is whole");
        let mask = read_mask(&mask, None).expect("the data set is whole");
        for name in ["ibsi-a", "ibsi-b", "ibsi-c", "ibsi-d", "ibsi-e"] {
            let settings = preset(name).expect("a preset").settings.clone();
            group.bench_function(name, |bencher| {
                bencher.iter(|| pipeline::extract(black_box(&image), &mask, &settings));
            });
        }
    }
    group.finish();
}

/// All cases of IBSI 1 from files to verdicts; without data, the digital phantom's.
fn certification(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("certify");
    group.sample_size(10);
    let library = Library::locate(None);
    let suites = [ibsi1()];
    group.bench_function("ibsi1", |bencher| {
        bencher.iter(|| {
            let options = certify::Options {
                selection: Vec::new(),
                library: &library,
                requires_data: false,
            };
            certify::certify(&Engine, &suites, &options, &|_| {})
        });
    });
    group.finish();
}

fn family(criterion: &mut Criterion) {
    let grid = Grid::axis_aligned([128; 3], [1.0; 3]);
    let image = LazyLock::new(|| smooth_noise(grid.size));
    let masks = [15.0, 30.0, 60.0].map(|radius| ball(&grid, radius));
    for family in Family::ALL {
        let mut group = criterion.benchmark_group(format!("family/{}", family.slug()));
        group.sample_size(10);
        for mask in &masks {
            let mut settings = volumetric();
            settings.features.families = vec![family];
            let prepared = LazyLock::new(|| {
                pipeline::prepare(&image, mask, &settings).expect("a ball can be processed")
            });
            let voxels = mask.count() as u64;
            group.throughput(Throughput::Elements(voxels));
            group.bench_function(BenchmarkId::from_parameter(voxels), |bencher| {
                bencher.iter(|| black_box(&*prepared).features());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, extract, certification, family);
criterion_main!(benches);
