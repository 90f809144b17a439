use proptest::prelude::*;
use radgauge_engine::volume::{Grid, Volume};

use super::*;
use crate::perturb::{Perturbation, SeedKey};

fn random(step: &Contour, draw: u32) -> Random {
    SeedKey::of_name(1, "contour").random(&Perturbation::Contour(step.clone()), draw)
}

fn redrawn(image: &Image, mask: &Mask, step: &Contour, draw: u32) -> Mask {
    step.apply(image, mask, &random(step, draw))
        .expect("a contour can be drawn")
}

/// Deterministic texture from −1 to 1.
fn texture([x, y, z]: [usize; 3]) -> f64 {
    ((x * 73 + y * 151 + z * 283 + x * y * 7 + y * z * 11) % 97) as f64 / 48.0 - 1.0
}

fn ball(size: [usize; 3], spacing_mm: [f64; 3], radius_mm: f64) -> Mask {
    Volume::from_fn(Grid::axis_aligned(size, spacing_mm), |voxel| {
        let squared: f64 = (0..3)
            .map(|a| (voxel[a] as f64 - (size[a] as f64 - 1.0) / 2.0) * spacing_mm[a])
            .map(|mm| mm * mm)
            .sum();
        squared <= radius_mm * radius_mm
    })
}

fn dice(a: &Mask, b: &Mask) -> f64 {
    let both = a
        .as_slice()
        .iter()
        .zip(b.as_slice())
        .filter(|(a, b)| **a && **b)
        .count();
    2.0 * both as f64 / (a.count() + b.count()) as f64
}

#[test]
fn contours_keep_to_edges() {
    let mask = ball([34, 34, 34], [2.0; 3], 24.0);
    let image = Volume::from_fn(mask.grid().clone(), |voxel| {
        let inside = mask.voxels()[voxel];
        f64::from(u8::from(inside)) * 100.0 + 5.0 * texture(voxel)
    });
    let step = Contour::default();
    let edges = redrawn(&image, &mask, &step, 0);
    let noise = Volume::from_fn(mask.grid().clone(), texture);
    let anywhere = redrawn(&noise, &mask, &step, 0);
    let (edges, anywhere) = (dice(&edges, &mask), dice(&anywhere, &mask));
    assert!(edges > 0.95, "{edges}");
    assert!(
        (0.7..edges - 0.02).contains(&anywhere),
        "{anywhere} without edges"
    );
}

#[test]
fn draws_differ_and_repeat() {
    let mask = ball([34, 34, 34], [2.0; 3], 24.0);
    let image = Volume::from_fn(mask.grid().clone(), texture);
    let step = Contour::default();
    let draws: Vec<Mask> = (0..4)
        .map(|draw| redrawn(&image, &mask, &step, draw))
        .collect();
    assert_eq!(redrawn(&image, &mask, &step, 2), draws[2], "the same again");
    assert!(
        draws.iter().skip(1).any(|draw| *draw != draws[0]),
        "draws differ"
    );
    for draw in &draws {
        // Some 120 supervoxels at the boundary, each of less than a hundredth of the volume.
        let ratio = draw.count() as f64 / mask.count() as f64;
        assert!((0.8..1.25).contains(&ratio), "volume × {ratio}");
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(4)
        .build()
        .expect("a pool");
    let threaded = pool.install(|| redrawn(&image, &mask, &step, 1));
    assert_eq!(threaded, draws[1], "threads do not matter");
}

#[test]
fn shares_decide() {
    let step = Contour::default();
    let sizes = [100; 6];
    let inside = [0, 19, 20, 50, 89, 90];
    let mut counts = [0; 6];
    for draw in 0..2000 {
        let is_in = step.choose(&inside, &sizes, &random(&step, draw));
        for (count, is_in) in counts.iter_mut().zip(is_in) {
            *count += usize::from(is_in);
        }
    }
    assert_eq!(
        (counts[0], counts[1], counts[5]),
        (0, 0, 2000),
        "never, never, always"
    );
    for (count, share) in counts[2..5].iter().zip([0.2, 0.5, 0.89]) {
        // Four standard errors of a share of 2000.
        let found = *count as f64 / 2000.0;
        assert!(
            (found - share).abs() < 4.0 * (0.25_f64 / 2000.0).sqrt(),
            "{found} is {share}"
        );
    }
    let is_in = step.choose(&[0, 3, 5, 5], &[100; 4], &random(&step, 0));
    assert_eq!(
        is_in,
        [false, false, true, false],
        "the first of the largest is always in"
    );
}

#[test]
fn small_and_odd_regions() {
    let step = Contour::default();
    let grid = Grid::axis_aligned([9, 8, 7], [3.0, 3.0, 5.0]);
    let image = Volume::from_fn(grid.clone(), texture);
    let flat = image.map(|_| 7.0);
    let one = Volume::from_fn(grid.clone(), |voxel| voxel == [0, 0, 0]);
    let all = Volume::from_fn(grid.clone(), |_| true);
    let slice = Volume::from_fn(grid, |[_, _, z]| z == 3);
    for mask in [one, all, slice] {
        for image in [&image, &flat] {
            assert!(redrawn(image, &mask, &step, 0).count() > 0, "never nothing");
        }
    }
    let grid = Grid::axis_aligned([30, 30, 1], [1.0, 1.0, 5.0]);
    let image = Volume::from_fn(grid.clone(), texture);
    let mask = Volume::from_fn(grid, |[x, y, _]| x > 8 && x < 20 && y > 9);
    assert!(
        redrawn(&image, &mask, &step, 0).count() > 0,
        "a single slice"
    );
    let none = mask.map(|_| false);
    let error = step
        .apply(&image, &none, &random(&step, 0))
        .expect_err("nothing to draw");
    assert!(matches!(error, PerturbError::EmptyMask), "{error}");
}

#[test]
fn supervoxels_are_connected_and_of_their_size() {
    let grid = Grid::axis_aligned([30, 28, 20], [1.0, 1.0, 1.5]);
    let image = Volume::from_fn(grid, |[x, y, z]| {
        0.5 + 0.3 * ((x as f64) / 5.0).sin() * ((y + z) as f64 / 6.0).cos()
            + 0.05 * texture([x, y, z])
    });
    let settings = SupervoxelSettings {
        volume_mm3: 300.0,
        voxels: 20,
        compactness: 0.05,
    };
    let supervoxels = Supervoxels::of(&image, &settings).expect("supervoxels");
    let Supervoxels { labels, sizes } = &supervoxels;
    assert_eq!(
        sizes.iter().sum::<usize>(),
        image.grid().len(),
        "every voxel has one"
    );
    assert!(
        sizes.iter().all(|size| *size >= 100),
        "none below half of 200 voxels: {sizes:?}"
    );
    let mean = image.grid().len() as f64 / sizes.len() as f64;
    assert!((120.0..320.0).contains(&mean), "about 200 voxels: {mean}");
    // Numbered in the order of their first voxels, and connected.
    let mut next = 0;
    for label in labels {
        assert!(*label <= next, "{label} before {next}");
        next = next.max(label + 1);
    }
    let [nx, ny, nz] = image.size();
    let mut seen = vec![false; labels.len()];
    let mut parts = 0;
    for start in 0..labels.len() {
        if seen[start] {
            continue;
        }
        parts += 1;
        let mut open = vec![start];
        seen[start] = true;
        while let Some(at) = open.pop() {
            for next in neighbours(at, [nx, ny, nz], Dimension::Volume) {
                if !seen[next] && labels[next] == labels[start] {
                    seen[next] = true;
                    open.push(next);
                }
            }
        }
    }
    assert_eq!(parts, sizes.len(), "a part each");
}

#[test]
fn supervoxels_do_not_cross_strong_edges() {
    let grid = Grid::axis_aligned([32, 24, 16], [1.0; 3]);
    // An edge that the lattice of cells does not follow.
    let image = Volume::from_fn(grid, |[x, y, _]| f64::from(u8::from(3 * x + y > 57)));
    let settings = SupervoxelSettings {
        volume_mm3: 500.0,
        voxels: 20,
        compactness: 0.05,
    };
    let supervoxels = Supervoxels::of(&image, &settings).expect("supervoxels");
    let mut bright = vec![0; supervoxels.sizes.len()];
    for (label, voxel) in supervoxels.labels.iter().zip(image.as_slice()) {
        bright[*label as usize] += usize::from(*voxel > 0.5);
    }
    let wrong: usize = bright
        .iter()
        .zip(&supervoxels.sizes)
        .map(|(b, n)| (*b).min(n - b))
        .sum();
    let share = wrong as f64 / image.grid().len() as f64;
    // The Gaussian blurs the edge over about a voxel: of 32 voxels in a row, half of one.
    assert!(share < 0.03, "{share} of the voxels lie across the edge");
}

fn small_mask() -> impl Strategy<Value = Mask> {
    (
        prop::array::uniform3(1_usize..6),
        prop::collection::vec(any::<bool>(), 125),
    )
        .prop_map(|(size, voxels)| {
            let grid = Grid::axis_aligned(size, [1.0; 3]);
            let n = grid.len();
            Volume::from_flat(grid, voxels[..n].to_vec())
        })
}

proptest! {
    /// Dilation by the voxel and its neighbours, then erosion, beyond the image all inside.
    #[test]
    fn closing_is_dilation_then_erosion(mask in small_mask()) {
        let [nx, ny, nz] = mask.size().map(|n| n as isize);
        let cross = [[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]];
        let at = |mask: &Mask, v: [isize; 3], beyond: bool| {
            let is_within = (0..nx).contains(&v[0]) && (0..ny).contains(&v[1]) && (0..nz).contains(&v[2]);
            if is_within { mask.voxels()[v.map(isize::unsigned_abs)] } else { beyond }
        };
        let moved = |v: [usize; 3], d: [isize; 3]| -> [isize; 3] { std::array::from_fn(|a| v[a] as isize + d[a]) };
        let dilated = Volume::from_fn(mask.grid().clone(), |v| cross.iter().any(|d| at(&mask, moved(v, *d), false)));
        let closed = Volume::from_fn(mask.grid().clone(), |v| cross.iter().all(|d| at(&dilated, moved(v, *d), true)));
        let mut found = mask.clone();
        close(&mut found);
        // Outside the box of the region nothing can be closed in but along the border of the image.
        prop_assert!(found.as_slice().iter().zip(mask.as_slice()).all(|(after, before)| *after || !before));
        if mask.count() > 0 {
            let bounds = mask.bounding_box().expect("a voxel");
            prop_assert_eq!(found.crop(bounds).into_owned(), closed.crop(bounds).into_owned());
        }
    }
}
