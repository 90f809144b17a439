//! Solids at several resolutions: what voxelising leaves of their closed forms, and their meshes.

use radgauge_engine::volume::{Image, Mask};
use radgauge_phantoms::analytic::solid::Solid;

use super::{Known, case};
use crate::suite::SuiteCase;

const SOLIDS: [Solid; 5] = [
    Solid::Sphere { radius: 10.0 },
    Solid::Ellipsoid {
        semi_axes: [14.0, 10.0, 7.0],
    },
    Solid::Cylinder {
        radius: 8.0,
        height: 20.0,
    },
    Solid::Torus {
        ring: 12.0,
        tube: 5.0,
    },
    Solid::Shell {
        outer: 12.0,
        inner: 8.0,
    },
];

/// Names and spacings in mm.
const SPACINGS: [(&str, [f64; 3]); 4] = [
    ("2mm", [2.0; 3]),
    ("1mm", [1.0; 3]),
    ("0.5mm", [0.5; 3]),
    ("0.8x0.8x2mm", [0.8, 0.8, 2.0]),
];

/// Where the discretisation error is more than a tenth, a check would say nothing: it is left out.
const MOST: f64 = 0.1;

const WITHIN: &str = "closed form of the solid, within the discretisation error derived for it";

pub(super) fn cases() -> Vec<SuiteCase> {
    (0..SOLIDS.len() * SPACINGS.len())
        .map(|number| {
            let (solid, (spacing, spacing_mm)) = phantom(number);
            let name = format!("{}-{spacing}", solid.name());
            let mut known = known(&solid, spacing_mm);
            known.extend(Known::tabulated(&name));
            case(
                &name,
                format!("{}, voxels of {spacing}", title(&solid)),
                (make, number),
                "features.families = ['morph']",
                known,
            )
        })
        .collect()
}

fn phantom(number: usize) -> (Solid, (&'static str, [f64; 3])) {
    (
        SOLIDS[number / SPACINGS.len()],
        SPACINGS[number % SPACINGS.len()],
    )
}

pub(super) fn make(number: usize) -> (Image, Mask) {
    let (solid, (_, spacing_mm)) = phantom(number);
    solid.voxelise(spacing_mm)
}

fn title(solid: &Solid) -> String {
    match solid {
        Solid::Sphere { radius } => format!("sphere of radius {radius} mm"),
        Solid::Ellipsoid {
            semi_axes: [a, b, c],
        } => format!("ellipsoid of semi-axes {a}, {b} and {c} mm"),
        Solid::Cylinder { radius, height } => {
            format!("cylinder of radius {radius} and height {height} mm")
        }
        Solid::Torus { ring, tube } => format!("torus of radii {ring} and {tube} mm"),
        Solid::Shell { outer, inner } => {
            format!("ball of radius {outer} mm with a cavity of radius {inner} mm")
        }
    }
}

fn known(solid: &Solid, spacing_mm: [f64; 3]) -> Vec<Known> {
    let within = |code: &str, value: f64, error: f64| Known {
        key: format!("morph/-/{code}"),
        value,
        tolerance: error / value,
        source: WITHIN,
    };
    let volume = solid.volume_mm3();
    let mut known = vec![within("YEKZ", volume, solid.volume_error_mm3(spacing_mm))];
    // The manual's covariance is that of a sample of N voxels: N/(N − 1) of the body's.
    let voxel = spacing_mm.iter().product::<f64>();
    let of_sample = volume / (volume - voxel);
    let variances = solid.variances_mm2().map(|variance| variance * of_sample);
    let error = solid.variance_error_mm2(spacing_mm);
    for (code, variance) in ["TDIC", "P9VJ", "7J51"].into_iter().zip(variances) {
        // The square root bends downwards: it falls faster than it rises.
        let low = (variance - error).max(0.0).sqrt();
        known.push(within(
            code,
            4.0 * variance.sqrt(),
            4.0 * (variance.sqrt() - low),
        ));
    }
    for (code, shorter) in [("Q3CK", variances[1]), ("N17B", variances[2])] {
        let ratio = (shorter / variances[0]).sqrt();
        let high = ((shorter + error) / (variances[0] - error)).sqrt();
        let low = ((shorter - error).max(0.0) / (variances[0] + error)).sqrt();
        known.push(within(code, ratio, (high - ratio).max(ratio - low)));
    }
    known.retain(|known| known.tolerance <= MOST);
    // Intensities are 1 throughout.
    known.push(Known::exact(
        "morph/-/KLMA",
        0.0,
        "the intensity is the same everywhere",
    ));
    known
}
