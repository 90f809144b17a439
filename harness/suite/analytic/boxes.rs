//! Boxes of whole voxels. Their mesh has a closed form.
//!
//! Mesh vertices lie half-way between a voxel centre inside and one outside: the mesh is the box of the outer voxel
//! borders with its edges bevelled and its corners cut, by half a voxel each. For `a × b × c` voxels with the spacings
//! `s, t, u`:
//! ```text
//! volume    a·b·c − (a + b + c − 3)/2 − 5/6                                         in voxels
//! area      2·[(a−1)(b−1)·s·t + (b−1)(c−1)·t·u + (c−1)(a−1)·u·s]                   faces
//!           + 2·[(a−1)·s·√(t²+u²) + (b−1)·t·√(u²+s²) + (c−1)·u·√(s²+t²)]           bevels
//!           + √(s²t² + t²u² + u²s²)                                                corners
//! diameter  max of √((a·s)² + ((b−1)·t)² + ((c−1)·u)²) and the two like it
//! λ         (n² − 1)/12 · spacing² · N/(N − 1)     along each axis, of N voxels       principal axes
//! ```
//! A bevel cuts 1/8 of a voxel along its length of n − 1, a corner 5/48. For n³ unit voxels the volume is
//! n³ − 1.5·(n − 1) − 5/6.

use std::f64::consts::PI;

use radgauge_engine::volume::{Image, Mask};
use radgauge_phantoms::analytic::solid::voxel_box;

use super::{Known, case};
use crate::suite::SuiteCase;

/// Name, voxels along x, y and z, spacings in mm.
const BOXES: [(&str, [usize; 3], [f64; 3]); 7] = [
    ("box-2", [2, 2, 2], [1.0; 3]),
    ("box-5", [5, 5, 5], [1.0; 3]),
    ("box-10", [10, 10, 10], [1.0; 3]),
    ("box-20", [20, 20, 20], [1.0; 3]),
    ("box-12x9x7", [12, 9, 7], [1.0, 1.5, 2.5]),
    ("box-5x14x8", [5, 14, 8], [0.8, 0.8, 3.0]),
    ("box-9x6x1", [9, 6, 1], [1.0, 1.25, 3.0]),
];

const SOURCE: &str = "closed form of the mesh of a box of whole voxels";

pub(super) fn cases() -> Vec<SuiteCase> {
    let boxes = BOXES.iter().enumerate();
    boxes
        .map(|(number, (name, [a, b, c], [s, t, u]))| {
            case(
                name,
                format!("box of {a} × {b} × {c} voxels of {s} × {t} × {u} mm, ramp along x"),
                (make, number),
                "features.families = ['morph']",
                known(BOXES[number].1, BOXES[number].2),
            )
        })
        .collect()
}

fn make(number: usize) -> (Image, Mask) {
    let (_, voxels, spacing_mm) = BOXES[number];
    voxel_box(voxels, spacing_mm)
}

fn known(voxels: [usize; 3], spacing: [f64; 3]) -> Vec<Known> {
    let n = voxels.map(|n| n as f64);
    let ([a, b, c], [s, t, u]) = (n, spacing);
    let voxel = s * t * u;
    let volume = (a * b * c - (a + b + c - 3.0) / 2.0 - 5.0 / 6.0) * voxel;
    let [x, y, z] = [(a - 1.0) * s, (b - 1.0) * t, (c - 1.0) * u];
    let area = 2.0 * (x * y + y * z + z * x)
        + 2.0 * (x * t.hypot(u) + y * u.hypot(s) + z * s.hypot(t))
        + (s * s * t * t + t * t * u * u + u * u * s * s).sqrt();
    let diameter = [[a * s, y, z], [x, b * t, z], [x, y, c * u]]
        .map(|[x, y, z]| (x * x + y * y + z * z).sqrt())
        .into_iter()
        .fold(0.0, f64::max);
    let mut variances: Vec<f64> = (0..3)
        .map(|axis| (n[axis] * n[axis] - 1.0) / 12.0 * spacing[axis] * spacing[axis])
        // The manual's covariance is that of a sample.
        .map(|variance| variance * a * b * c / (a * b * c - 1.0))
        .collect();
    variances.sort_by(|a, b| b.total_cmp(a));
    let [major, minor, least] = [0, 1, 2].map(|axis| 4.0 * variances[axis].sqrt());
    // That of a sphere of the same volume.
    let sphere_area = (36.0 * PI * volume * volume).cbrt();
    let [width, height, depth] = [a * s, b * t, c * u];
    let box_area = 2.0 * (width * height + height * depth + depth * width);
    let mut values = vec![
        ("RNU0", volume),
        ("YEKZ", a * b * c * voxel),
        ("C0JK", area),
        ("2PR5", area / volume),
        ("SKGS", volume / (PI.sqrt() * area.powf(1.5))),
        ("BQWJ", 36.0 * PI * volume * volume / area.powi(3)),
        ("KRCK", area / sphere_area),
        ("QCFX", sphere_area / area),
        (
            "25C7",
            (area.powi(3) / (36.0 * PI * volume * volume)).cbrt() - 1.0,
        ),
        // The centre of a ramp 1, 2 … a lies at 2·(a − 1)/3, that of the box at (a − 1)/2.
        ("KLMA", (a - 1.0) / 6.0 * s),
        ("L0JK", diameter),
        ("TDIC", major),
        ("P9VJ", minor),
        ("7J51", least),
        ("Q3CK", minor / major),
        ("N17B", least / major),
        ("PBX1", volume / (width * height * depth)),
        ("R59B", area / box_area),
        ("R3ER", 1.0),
        ("7T7F", 1.0),
        ("99N0", volume * (a + 1.0) / 2.0),
    ];
    if least > 0.0 {
        // Semi-axes are half the axis lengths.
        values.push(("6BDE", volume / (PI / 6.0 * major * minor * least)));
    }
    values
        .into_iter()
        .map(|(code, value)| Known::exact(format!("morph/-/{code}"), value, SOURCE))
        .collect()
}
