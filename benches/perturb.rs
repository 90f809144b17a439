//! What perturbing a scan costs: a PET-sized one (40 × 40 × 60 voxels) and a CT-sized one (200 × 200 × 60), and the parts of
//! a chain on the latter. `/chain` is the first chain of `study-30` without its interpolation shared with others.
//!
//! `cargo bench --bench perturb`

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use radgauge_engine::{
    process::interpolate::{interpolate_image_posed, interpolate_mask_posed},
    settings::{Interpolate, Interpolation},
    volume::{Grid, Image, Mask, Volume},
};
use radgauge_phantoms::perturb::{Chain, SeedKey, preset};

/// A ball of a fifth of the image's width in a noisy background.
fn scan(size: [usize; 3], spacing_mm: [f64; 3]) -> (Image, Mask) {
    let grid = Grid::axis_aligned(size, spacing_mm);
    let radius_mm = 0.2 * size[0] as f64 * spacing_mm[0];
    let mask = Volume::from_fn(grid, |voxel| {
        let squared: f64 = (0..3)
            .map(|a| (voxel[a] as f64 - 0.5 * size[a] as f64) * spacing_mm[a])
            .map(|mm| mm * mm)
            .sum();
        squared <= radius_mm * radius_mm
    });
    let mut state = 20_261_124u64;
    let image = mask.map(|inside| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as f64 + if *inside { 100.0 } else { 0.0 }
    });
    (image, mask)
}

fn perturbed(chain: &Chain, image: &Image, mask: &Mask) -> Mask {
    let key = SeedKey::of_name(1, "bench");
    let (image, mask) = chain
        .scan(image, mask, &key)
        .expect("the scan can be perturbed");
    let settings = Interpolate::at_own_spacing(image.grid(), Interpolation::CubicSpline);
    let pose = chain.pose();
    let image = interpolate_image_posed(&image, &settings, &pose).expect("a small grid");
    let mask = interpolate_mask_posed(&mask, &settings, &pose).expect("a small grid");
    chain
        .region(&image, &mask, &key)
        .expect("the region can be perturbed")
        .into_owned()
}

fn chains(criterion: &mut Criterion) {
    let pet = scan([40, 40, 60], [4.0, 4.0, 3.3]);
    let ct = scan([200, 200, 60], [1.0, 1.0, 3.0]);
    let mut group = criterion.benchmark_group("perturb");
    group.sample_size(10);
    let whole = preset("study-30").expect("a preset").chains().remove(1);
    for (name, (image, mask)) in [("pet", &pet), ("ct", &ct)] {
        group.bench_function(format!("{name}/chain"), |b| {
            b.iter(|| perturbed(black_box(&whole), image, mask));
        });
    }
    let (image, mask) = &ct;
    for step in &whole.steps {
        let alone = Chain {
            name: step.kind().to_owned(),
            steps: vec![step.clone()],
            draw: 0,
        };
        group.bench_function(format!("ct/{}", step.kind()), |b| {
            b.iter(|| perturbed(black_box(&alone), image, mask));
        });
    }
    group.finish();
}

criterion_group!(benches, chains);
criterion_main!(benches);
