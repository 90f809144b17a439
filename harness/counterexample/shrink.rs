//! Shrinking: an image and its region made smaller and plainer, step by step, while a violation persists.
//!
//! In turn, until nothing helps any more: planes are cut from the six sides of the image, voxels leave the region, grey
//! levels are merged, intensities outside become one. Last, intensities become 1, 2, 3 … and voxels 1 mm long at the
//! world's origin, if it is all the same. Cuts are halves first, so that a small example takes few trials.

use radgauge_engine::volume::{Grid, Image, Mask, Volume, VoxelBox};

type Scene = (Image, Mask);

/// Shrinks a scene for which `persists` holds to one for which it still does.
pub(super) fn shrink(scene: Scene, persists: &mut dyn FnMut(&Scene) -> bool) -> Scene {
    let mut best = scene;
    loop {
        let before = cost(&best);
        best = with_fewer_planes(best, persists);
        best = with_fewer_voxels(best, persists);
        best = with_fewer_levels(best, persists);
        best = kept_if(best, with_plain_outside, persists);
        if cost(&best) == before {
            break;
        }
    }
    best = kept_if(best, with_plain_intensities, persists);
    kept_if(best, with_plain_grid, persists)
}

/// What shrinking makes less of: voxels, voxels inside, intensities.
fn cost((image, mask): &Scene) -> [usize; 3] {
    let levels = levels(image.as_slice().iter().copied());
    [image.as_slice().len(), mask.count(), levels.len()]
}

fn levels(intensities: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut levels: Vec<f64> = intensities.collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

/// The scene that `change` makes, if the violation persists there.
fn kept_if(
    scene: Scene,
    change: impl Fn(&Scene) -> Scene,
    persists: &mut dyn FnMut(&Scene) -> bool,
) -> Scene {
    let changed = change(&scene);
    if changed != scene && persists(&changed) {
        changed
    } else {
        scene
    }
}

fn with_fewer_planes(mut scene: Scene, persists: &mut dyn FnMut(&Scene) -> bool) -> Scene {
    for axis in 0..3 {
        for is_high in [false, true] {
            let mut planes = scene.0.size()[axis] / 2;
            while planes > 0 {
                let cut = without_planes(&scene, axis, is_high, planes);
                match cut.filter(|cut| persists(cut)) {
                    Some(cut) => scene = cut,
                    None => planes /= 2,
                }
            }
        }
    }
    scene
}

/// The scene without so many planes on a side; `None` when nothing of the region would be left.
fn without_planes(
    (image, mask): &Scene,
    axis: usize,
    is_high: bool,
    planes: usize,
) -> Option<Scene> {
    let size = image.size();
    let mut bounds = VoxelBox {
        low: [0; 3],
        high: size.map(|n| n - 1),
    };
    if is_high {
        bounds.high[axis] = bounds.high[axis].checked_sub(planes)?;
    } else {
        bounds.low[axis] = planes;
    }
    if bounds.low[axis] > bounds.high[axis] {
        return None;
    }
    let mask = mask.crop(bounds).into_owned();
    (mask.count() > 0).then(|| (image.crop(bounds).into_owned(), mask))
}

fn with_fewer_voxels(mut scene: Scene, persists: &mut dyn FnMut(&Scene) -> bool) -> Scene {
    let mut piece = scene.1.count() / 2;
    while piece > 0 {
        let mut first = 0;
        while first < scene.1.count() {
            let fewer = without_voxels(&scene.1, first, piece);
            let smaller = (scene.0.clone(), fewer);
            if smaller.1.count() > 0 && persists(&smaller) {
                scene = smaller;
            } else {
                first += piece;
            }
        }
        piece /= 2;
    }
    scene
}

/// The region without `piece` of its voxels, from the `first` on.
fn without_voxels(mask: &Mask, first: usize, piece: usize) -> Mask {
    let mut inside = 0;
    mask.map(|is_in| {
        let is_left = !(first..first + piece).contains(&inside);
        inside += usize::from(*is_in);
        *is_in && is_left
    })
}

fn with_fewer_levels(mut scene: Scene, persists: &mut dyn FnMut(&Scene) -> bool) -> Scene {
    let mut piece = levels(scene.0.inside(&scene.1).into_iter()).len() / 2;
    while piece > 0 {
        let mut first = 0;
        loop {
            let levels = levels(scene.0.inside(&scene.1).into_iter());
            let Some(merged) = levels.get(first..(first + piece + 1).min(levels.len())) else {
                break;
            };
            let [lowest, .., highest] = *merged else {
                break;
            };
            let into_one = |v: &f64| match (lowest..=highest).contains(v) {
                true => lowest,
                false => *v,
            };
            let plainer = (scene.0.map(into_one), scene.1.clone());
            if persists(&plainer) {
                scene = plainer;
            } else {
                first += piece;
            }
        }
        piece /= 2;
    }
    scene
}

/// One intensity outside, the lowest of those inside.
fn with_plain_outside((image, mask): &Scene) -> Scene {
    let inside = image.inside(mask).into_iter();
    let lowest = inside.fold(f64::INFINITY, f64::min);
    let voxels = image.as_slice().iter().zip(mask.as_slice());
    let plain = voxels.map(|(v, is_in)| if *is_in { *v } else { lowest });
    let plain = Volume::from_flat(image.grid().clone(), plain.collect());
    (plain, mask.clone())
}

/// Intensities 1, 2, 3 … in the same order.
fn with_plain_intensities((image, mask): &Scene) -> Scene {
    let levels = levels(image.as_slice().iter().copied());
    let rank = |v: &f64| levels.partition_point(|level| level < v) as f64 + 1.0;
    (image.map(rank), mask.clone())
}

/// Voxels of 1 mm, the first at the world's origin.
fn with_plain_grid((image, mask): &Scene) -> Scene {
    let grid = Grid::axis_aligned(image.size(), [1.0; 3]);
    (
        Volume::from_flat(grid.clone(), image.as_slice().to_vec()),
        Volume::from_flat(grid, mask.as_slice().to_vec()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use radgauge_phantoms::textured::textured_phantom;

    #[test]
    fn two_neighbours_of_different_intensity_are_found() {
        let mut trials = 0;
        let (image, mask) = shrink(textured_phantom(), &mut |(image, mask)| {
            trials += 1;
            let is_in = |x: usize, y: usize, z: usize| mask.voxels()[[x, y, z]];
            let [nx, ny, nz] = image.size();
            (1..nx).any(|x| {
                (0..ny).any(|y| {
                    (0..nz).any(|z| {
                        let [a, b] = [x - 1, x].map(|x| image.voxels()[[x, y, z]]);
                        is_in(x - 1, y, z) && is_in(x, y, z) && a != b
                    })
                })
            })
        });
        assert_eq!(image.size(), [2, 1, 1], "one pair along x is left");
        assert_eq!(mask.count(), 2, "both inside");
        let mut intensities = image.as_slice().to_vec();
        intensities.sort_by(f64::total_cmp);
        assert_eq!(intensities, [1.0, 2.0], "plain intensities");
        assert_eq!(image.grid().spacing_mm, [1.0; 3], "plain voxels");
        assert!(trials < 150, "{trials} trials");
    }

    #[test]
    fn what_cannot_be_smaller_stays() {
        let scene = textured_phantom();
        let same = shrink(scene.clone(), &mut |_| false);
        assert!(same == scene, "nothing persists, nothing changes");
    }
}
