//! Response maps in tier `exact`: small images on which every boundary condition, every axis and every direction of a
//! kernel gives another map, against direct convolution. The published maps cannot tell some of them apart (1.a.2 and
//! 1.a.4 are one map).

use super::{NAME, map_check, whole};
use crate::{
    exact::filter::response_map,
    results::Tier,
    suite::{Asks, Input, MapReference, SuiteCase},
};
use radgauge_engine::{
    settings::Settings,
    volume::{Grid, Image, Mask},
};

/// How far a voxel may be from direct convolution. Intensities go up to 100: this is 1e-11 of them.
const TOLERANCE: &str = "1e-9";

/// The boundary conditions, as settings write them.
const BOUNDARIES: [(&str, &str); 5] = [
    ("zero", "'zero'"),
    ("constant", "{ constant = -50.0 }"),
    ("nearest", "'nearest'"),
    ("periodic", "'periodic'"),
    ("mirror", "'mirror'"),
];

/// Filters that are tested under every boundary condition, on the uneven image: name, IBSI code, settings. The support of
/// 15 voxels is wider than the image, Laws kernels are not symmetric and of different length along the axes.
const UNDER_EVERY_BOUNDARY: [(&str, &str, &str); 6] = [
    (
        "mean-3d",
        "S60F",
        "kind = 'mean', support = 5, dimension = '3d'",
    ),
    (
        "mean-2d",
        "S60F",
        "kind = 'mean', support = 5, dimension = '2d'",
    ),
    (
        "mean-wide",
        "S60F",
        "kind = 'mean', support = 15, dimension = '3d'",
    ),
    (
        "log-3d",
        "L6PA",
        "kind = 'laplacian-of-gaussian', sigma_mm = 0.8, dimension = '3d'",
    ),
    (
        "laws-3d",
        "JTXT",
        "kind = 'laws', kernel = 'E5L3W5', dimension = '3d'",
    ),
    (
        "db2-3d",
        "25BO",
        "kind = 'separable-wavelet', wavelet = 'db2', subband = 'LHL', dimension = '3d'",
    ),
];

/// Makes an image and its mask.
type Make = fn() -> (Image, Mask);

/// Filters that are tested with mirrored borders: name, IBSI code, image, settings.
const MIRRORED: [(&str, &str, Make, &str); 17] = [
    (
        "log-2d",
        "L6PA",
        uneven,
        "kind = 'laplacian-of-gaussian', sigma_mm = 1.1, dimension = '2d'",
    ),
    (
        "gaussian-anisotropic",
        "8BC3",
        anisotropic,
        "kind = 'gaussian', sigma_mm = 1.2, dimension = '3d'",
    ),
    (
        "gaussian-2d",
        "8BC3",
        uneven,
        "kind = 'gaussian', sigma_mm = 0.9, dimension = '2d'",
    ),
    (
        "mean-impulse",
        "S60F",
        impulse,
        "kind = 'mean', support = 3, dimension = '3d'",
    ),
    (
        "mean-step",
        "S60F",
        step,
        "kind = 'mean', support = 5, dimension = '3d'",
    ),
    (
        "laws-impulse",
        "JTXT",
        impulse,
        "kind = 'laws', kernel = 'E5W5L3', dimension = '3d'",
    ),
    (
        "laws-step",
        "JTXT",
        step,
        "kind = 'laws', kernel = 'E3L5L5', dimension = '3d'",
    ),
    (
        "laws-max-3d",
        "JTXT",
        uneven,
        "kind = 'laws', kernel = 'L5E5W5', pooling = 'max', dimension = '3d'",
    ),
    (
        "laws-min-3d",
        "JTXT",
        uneven,
        "kind = 'laws', kernel = 'L5E5E3', pooling = 'min', dimension = '3d'",
    ),
    (
        "laws-max-2d",
        "JTXT",
        uneven,
        "kind = 'laws', kernel = 'L3E5', pooling = 'max', dimension = '2d'",
    ),
    (
        "laws-energy-2d",
        "JTXT",
        uneven,
        "kind = 'laws', kernel = 'L5E3', energy_distance = 2, dimension = '2d'",
    ),
    (
        "laws-energy-3d",
        "JTXT",
        uneven,
        "kind = 'laws', kernel = 'L5E5E5', pooling = 'max', energy_distance = 1, dimension = '3d'",
    ),
    (
        "haar-level-2",
        "25BO",
        uneven,
        "kind = 'separable-wavelet', wavelet = 'haar', subband = 'LHH', level = 2, dimension = '3d'",
    ),
    (
        "haar-average-3d",
        "25BO",
        uneven,
        "kind = 'separable-wavelet', wavelet = 'haar', subband = 'LLH', level = 2, pooling = 'average', dimension = '3d'",
    ),
    (
        "db2-average-2d",
        "25BO",
        uneven,
        "kind = 'separable-wavelet', wavelet = 'db2', subband = 'LH', pooling = 'average', dimension = '2d'",
    ),
    (
        "db2-max-3d",
        "25BO",
        uneven,
        "kind = 'separable-wavelet', wavelet = 'db2', subband = 'HLL', pooling = 'max', dimension = '3d'",
    ),
    (
        "coif1-average-3d",
        "25BO",
        impulse,
        "kind = 'separable-wavelet', wavelet = 'coif1', subband = 'HHL', pooling = 'average', dimension = '3d'",
    ),
];

pub(super) fn cases() -> Vec<SuiteCase> {
    let bounded = UNDER_EVERY_BOUNDARY
        .iter()
        .flat_map(|(name, code, filter)| {
            BOUNDARIES.iter().map(move |(boundary, setting)| {
                case(&format!("{name}-{boundary}"), code, uneven, filter, setting)
            })
        });
    let mirrored = MIRRORED
        .iter()
        .map(|(name, code, image, filter)| case(name, code, *image, filter, "'mirror'"));
    bounded.chain(mirrored).collect()
}

fn case(name: &str, code: &str, image: Make, filter: &str, boundary: &str) -> SuiteCase {
    let id = format!("{NAME}/exact-{name}");
    let settings =
        format!("filter = {{ {filter}, boundary = {boundary} }}\nfeatures.families = ['stat']");
    SuiteCase {
        title: format!("small image, {name}, against direct convolution"),
        input: Input::Phantom(image),
        settings: Settings::from_toml(&settings).expect("a test reads the settings of every case"),
        asks: Asks::ResponseMap(MapReference::Computed(response_map)),
        checks: vec![map_check(
            &id,
            code,
            Tier::Exact,
            TOLERANCE.to_owned(),
            "direct convolution with the kernel of the manual".to_owned(),
        )],
        observed: Vec::new(),
        observed_features: &[],
        is_on_request: false,
        id,
    }
}

/// An image without any symmetry, of odd, even and odd size.
fn uneven() -> (Image, Mask) {
    scrambled([1.0; 3])
}

/// The same intensities on voxels of 1 × 1.5 × 2 mm.
fn anisotropic() -> (Image, Mask) {
    scrambled([1.0, 1.5, 2.0])
}

fn scrambled(spacing_mm: [f64; 3]) -> (Image, Mask) {
    let grid = Grid::axis_aligned([7, 6, 5], spacing_mm);
    whole(Image::from_fn(grid, |[x, y, z]| {
        ((17 * x + 29 * y + 43 * z + 5 * x * y * z) % 101) as f64
    }))
}

/// One voxel off the centre and at the border.
fn impulse() -> (Image, Mask) {
    let grid = Grid::axis_aligned([6, 5, 4], [1.0; 3]);
    whole(Image::from_fn(grid, |voxel| {
        if voxel == [1, 3, 0] { 100.0 } else { 0.0 }
    }))
}

/// A step along x, near the border.
fn step() -> (Image, Mask) {
    let grid = Grid::axis_aligned([8, 5, 4], [1.0; 3]);
    whole(Image::from_fn(
        grid,
        |[x, _, _]| {
            if x < 2 { 0.0 } else { 100.0 }
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(map: &Image) -> f64 {
        let values = map.as_slice().iter().copied();
        values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
    }

    /// What the tier is for: no two boundary conditions give the same map, by far more than the tolerance.
    #[test]
    fn boundary_conditions_can_be_told_apart() {
        for (name, _, filter) in UNDER_EVERY_BOUNDARY {
            let maps = BOUNDARIES.map(|(_, boundary)| {
                let case = case(name, "", uneven, filter, boundary);
                response_map(&uneven().0, &case.settings)
            });
            for (a, one) in maps.iter().enumerate() {
                for (b, other) in maps.iter().enumerate().skip(a + 1) {
                    let differences = one.as_slice().iter().zip(other.as_slice());
                    let largest = differences.map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
                    let (one, other) = (BOUNDARIES[a].0, BOUNDARIES[b].0);
                    assert!(
                        largest > 1e-3 * range(&maps[a]),
                        "{name}: {one} against {other} differs by {largest}"
                    );
                }
            }
        }
    }
}
