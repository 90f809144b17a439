//! Morphology and local intensity in any [way](Way).

use std::f64::consts::PI;

use radgauge_engine::{
    feature::{
        local_intensity,
        morphology::measures::{
            Body, HullOf, autocorrelation, ellipsoid, hull, principal_variances_mm2, surface,
        },
    },
    volume::{Grid, Image, Mask},
};

use super::{
    Feature,
    process::{Region, on_grid},
};
use crate::diagnose::way::{ShapeWay, Way};

/// The grid on which lengths are measured.
fn measured(grid: &Grid, way: &Way) -> Grid {
    Grid {
        spacing_mm: if way.is_in_voxels {
            [1.0; 3]
        } else {
            grid.spacing_mm
        },
        ..grid.clone()
    }
}

/// The morphological mask on the box around it; `None` when it is empty.
fn cropped(region: &Region, way: &Way) -> Option<Mask> {
    let mask = Mask::clone(
        &region
            .morphological
            .crop(region.morphological.bounding_box()?),
    );
    let grid = measured(mask.grid(), way);
    Some(on_grid(&mask, grid))
}

/// The features of shape alone.
pub(super) fn shape(region: &Region, way: &Way) -> Vec<Feature> {
    cropped(region, way)
        .and_then(|mask| of_mask(&mask, &way.shape))
        .unwrap_or_default()
}

fn of_mask(mask: &Mask, way: &ShapeWay) -> Option<Vec<Feature>> {
    let Body {
        volume_mm3: volume,
        area_mm2: area,
    } = body(mask, way);
    let of_mesh = hull(mask, HullOf::MeshVertices)?;
    let of_centres = || hull(mask, HullOf::VoxelCentres);
    let convex = match way.hull {
        HullOf::MeshVertices => of_mesh.body,
        HullOf::VoxelCentres => of_centres()?.body,
    };
    let aabb = if way.is_box_of_centres {
        of_centres()?.aabb
    } else {
        of_mesh.aabb
    };
    let diameter = if way.is_diameter_of_centres {
        of_centres()?.diameter_mm
    } else {
        of_mesh.diameter_mm
    };
    let compactness_2 = 36.0 * PI * volume.powi(2) / area.powi(3);
    let mut features = vec![
        ("RNU0", volume),
        ("YEKZ", mask.count() as f64 * mask.grid().voxel_volume_mm3()),
        ("C0JK", area),
        ("2PR5", area / volume),
        ("SKGS", volume / (PI.sqrt() * area.powf(1.5))),
        ("BQWJ", compactness_2),
        ("KRCK", compactness_2.cbrt().recip()),
        ("QCFX", compactness_2.cbrt()),
        ("25C7", compactness_2.cbrt().recip() - 1.0),
        ("L0JK", diameter),
        ("PBX1", volume / aabb.volume_mm3),
        ("R59B", area / aabb.area_mm2),
        ("R3ER", volume / convex.volume_mm3),
        ("7T7F", area / convex.area_mm2),
    ];
    if let Ok(variances) = principal_variances_mm2(mask) {
        let n = mask.count() as f64;
        let population = if way.is_covariance_of_population {
            (n - 1.0) / n
        } else {
            1.0
        };
        let deviations = variances.map(|variance| (variance * population).sqrt());
        let [major, minor, least] = deviations;
        let length = if way.are_axes_halved { 2.0 } else { 4.0 };
        let power = if way.are_ratios_of_variances { 2 } else { 1 };
        let enclosing = ellipsoid(deviations.map(|deviation| 2.0 * deviation));
        features.extend([
            ("TDIC", length * major),
            ("P9VJ", length * minor),
            ("7J51", length * least),
            ("Q3CK", (minor / major).powi(power)),
            ("N17B", (least / major).powi(power)),
            ("6BDE", volume / enclosing.volume_mm3),
            ("RDD2", area / enclosing.area_mm2),
        ]);
    }
    Some(finite(features))
}

/// Volume and area as this way has them.
fn body(mask: &Mask, way: &ShapeWay) -> Body {
    let mesh = surface(mask, way.meshing);
    Body {
        volume_mm3: if way.is_volume_of_voxels {
            mask.count() as f64 * mask.grid().voxel_volume_mm3()
        } else {
            mesh.volume_mm3
        },
        area_mm2: if way.is_area_of_faces {
            area_of_faces_mm2(mask)
        } else {
            mesh.area_mm2
        },
    }
}

/// The area of the voxel faces between inside and outside.
fn area_of_faces_mm2(mask: &Mask) -> f64 {
    let size = mask.size();
    let [sx, sy, sz] = mask.grid().spacing_mm;
    let face = [sy * sz, sz * sx, sx * sy];
    let mut area = 0.0;
    for ((x, y, z), _) in mask.voxels().indexed_iter().filter(|(_, inside)| **inside) {
        for axis in 0..3 {
            for is_up in [false, true] {
                let mut at = [x, y, z];
                let is_at_edge = at[axis] == if is_up { size[axis] - 1 } else { 0 };
                if !is_at_edge {
                    at[axis] = if is_up { at[axis] + 1 } else { at[axis] - 1 };
                }
                if is_at_edge || !mask.voxels()[at] {
                    area += face[axis];
                }
            }
        }
    }
    area
}

/// The features of morphology that take intensities in: centre of mass shift and integrated intensity.
pub(super) fn with_intensities(region: &Region, way: &Way) -> Vec<Feature> {
    let Some(mask) = cropped(region, way) else {
        return Vec::new();
    };
    let spacing = measured(region.image.grid(), way).spacing_mm;
    let (mut n_shape, mut of_shape) = (0.0, [0.0; 3]);
    let (mut n, mut sum, mut moment) = (0.0, 0.0, [0.0; 3]);
    let [nx, ny, _] = region.image.size();
    let voxels = region.image.as_slice().iter().enumerate();
    let masks = region
        .morphological
        .as_slice()
        .iter()
        .zip(region.intensity.as_slice());
    for ((i, x), (is_in_shape, is_inside)) in voxels.zip(masks) {
        let at = [i % nx, i / nx % ny, i / nx / ny].map(|i| i as f64);
        if *is_in_shape {
            n_shape += 1.0;
            for axis in 0..3 {
                of_shape[axis] += at[axis];
            }
        }
        if *is_inside {
            n += 1.0;
            sum += x;
            for axis in 0..3 {
                moment[axis] += x * at[axis];
            }
        }
    }
    let shift: f64 = (0..3)
        .map(|axis| ((of_shape[axis] / n_shape - moment[axis] / sum) * spacing[axis]).powi(2))
        .sum();
    finite(vec![
        ("KLMA", shift.sqrt()),
        ("99N0", body(&mask, &way.shape).volume_mm3 * sum / n),
    ])
}

/// Moran's I and Geary's C.
pub(super) fn spatial(region: &Region, way: &Way) -> Vec<Feature> {
    let grid = measured(region.image.grid(), way);
    let image = on_grid(&region.image, grid.clone());
    let mask = on_grid(&region.intensity, grid);
    match autocorrelation(&image, &mask) {
        Ok([moran, geary]) => finite(vec![("N365", moran), ("NPT7", geary)]),
        Err(_) => Vec::new(),
    }
}

/// Local intensity.
pub(super) fn local(region: &Region, way: &Way) -> Vec<Feature> {
    let grid = measured(region.image.grid(), way);
    let image = if way.is_outside_dark {
        let voxels = region
            .image
            .as_slice()
            .iter()
            .zip(region.morphological.as_slice());
        let inside = voxels.map(|(x, inside)| if *inside { *x } else { 0.0 });
        Image::from_flat(grid.clone(), inside.collect())
    } else {
        on_grid(&region.image, grid.clone())
    };
    local_intensity::features(&image, &on_grid(&region.intensity, grid))
        .into_iter()
        .filter_map(|(code, parameter, value)| Some((code, parameter, value.ok()?)))
        .collect()
}

fn finite(features: Vec<(&'static str, f64)>) -> Vec<Feature> {
    features
        .into_iter()
        .filter(|(_, value)| value.is_finite())
        .map(|(code, value)| (code, "", value))
        .collect()
}
