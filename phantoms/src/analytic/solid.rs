//! Solids with closed forms, voxelised: a voxel belongs to a solid when its centre does.
//!
//! # What voxelising does
//! With `N` voxel centres inside and voxels of volume `v`, the voxel volume `N·v` is an unbiased estimate of the volume
//! `V` when the lattice is laid at random: its mean over all places of the lattice is `V` exactly. Its variance over all
//! places and orientations, for a body with a smooth surface of area `A` (in units of the voxel), is
//! ```text
//! Var(N) → c·A,     c = Σ_{k ≠ 0} |k|⁻⁴ / (8·π³) = 16.5323 / 248.050 = 0.06665     (k in Z³)
//! ```
//! which follows from the Fourier transform of the body: `Var(N) = Σ_{k≠0} |F(k)|²`, and far out the spherical average
//! of `|F(k)|²` is `A / (8·π³·|k|⁴)` (B. Matérn, Biometrika 76 (1989) 195–197; the same constant for a ball follows from
//! its Bessel function). The deviation of a volume is thus of the order `h²` at a spacing of `h`: relative to the
//! volume, a quarter when the spacing is halved. An integral of `f` over the body, such as a second moment, has the
//! variance `c·∮ f² dA`.
//!
//! Voxels that are not cubes are cubes in a space that is stretched; areas grow there by at most the product of the two
//! largest factors.
//!
//! Solids are tilted and moved off the lattice by fixed amounts without symmetry, so that they are ordinary places of the
//! lattice. Deviations of four standard deviations are said to be the discretisation error; Chebyshev's inequality alone
//! leaves 6 % of the places outside, the tests here find none in hundreds.

use std::f64::consts::PI;

use radgauge_engine::volume::{Grid, Image, Mask};

/// `c` of the module: variance of the number of lattice points per unit of surface.
const VARIANCE_PER_AREA: f64 = 0.066_65;

/// Standard deviations that are said to be the discretisation error.
const DEVIATIONS: f64 = 4.0;

/// Rows of the rotation by which solids are tilted: that of the quaternion (4, 1, 2, 3), over its square, 30.
const TILT: [[f64; 3]; 3] = [
    [4.0 / 30.0, -20.0 / 30.0, 22.0 / 30.0],
    [28.0 / 30.0, 10.0 / 30.0, 4.0 / 30.0],
    [-10.0 / 30.0, 20.0 / 30.0, 20.0 / 30.0],
];

/// How far solids are moved off a voxel centre along x, y and z, in voxels.
const SHIFT: [f64; 3] = [0.31, 0.17, 0.43];

/// A solid around the origin; lengths in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Solid {
    /// A ball.
    Sphere {
        /// Its radius.
        radius: f64,
    },
    /// An ellipsoid.
    Ellipsoid {
        /// Its semi-axes, in decreasing order.
        semi_axes: [f64; 3],
    },
    /// A circular cylinder.
    Cylinder {
        /// Its radius.
        radius: f64,
        /// Its height.
        height: f64,
    },
    /// A ring torus.
    Torus {
        /// Radius of the circle in the middle of the tube.
        ring: f64,
        /// Radius of the tube.
        tube: f64,
    },
    /// A ball with a concentric cavity.
    Shell {
        /// Outer radius.
        outer: f64,
        /// Radius of the cavity.
        inner: f64,
    },
}

impl Solid {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sphere { .. } => "sphere",
            Self::Ellipsoid { .. } => "ellipsoid",
            Self::Cylinder { .. } => "cylinder",
            Self::Torus { .. } => "torus",
            Self::Shell { .. } => "shell",
        }
    }

    /// Whether a point of the solid's own axes, in mm, lies in it.
    fn holds(&self, [x, y, z]: [f64; 3]) -> bool {
        match *self {
            Self::Sphere { radius } => x * x + y * y + z * z <= radius * radius,
            Self::Ellipsoid {
                semi_axes: [a, b, c],
            } => (x / a) * (x / a) + (y / b) * (y / b) + (z / c) * (z / c) <= 1.0,
            Self::Cylinder { radius, height } => {
                x * x + y * y <= radius * radius && z.abs() <= height / 2.0
            }
            Self::Torus { ring, tube } => {
                let off = (x * x + y * y).sqrt() - ring;
                off * off + z * z <= tube * tube
            }
            Self::Shell { outer, inner } => {
                let square = x * x + y * y + z * z;
                (inner * inner..=outer * outer).contains(&square)
            }
        }
    }

    /// Its volume in mm³.
    #[must_use]
    pub fn volume_mm3(&self) -> f64 {
        match *self {
            Self::Sphere { radius } => ball(radius),
            Self::Ellipsoid {
                semi_axes: [a, b, c],
            } => 4.0 / 3.0 * PI * a * b * c,
            Self::Cylinder { radius, height } => PI * radius * radius * height,
            Self::Torus { ring, tube } => 2.0 * PI * PI * ring * tube * tube,
            Self::Shell { outer, inner } => ball(outer) - ball(inner),
        }
    }

    /// Its surface in mm², the wall of a cavity included; for an ellipsoid, whose surface has no closed form, at least
    /// that: the mean of `√(b²c²·u² + a²c²·v² + a²b²·w²)` over unit vectors is at most the root of the mean square.
    #[must_use]
    pub fn surface_at_most_mm2(&self) -> f64 {
        match *self {
            Self::Sphere { radius } => 4.0 * PI * radius * radius,
            Self::Ellipsoid {
                semi_axes: [a, b, c],
            } => {
                let squares = a * a * b * b + b * b * c * c + c * c * a * a;
                4.0 * PI * (squares / 3.0).sqrt()
            }
            Self::Cylinder { radius, height } => 2.0 * PI * radius * (radius + height),
            Self::Torus { ring, tube } => 4.0 * PI * PI * ring * tube,
            Self::Shell { outer, inner } => 4.0 * PI * (outer * outer + inner * inner),
        }
    }

    /// Variances of its points along its principal axes in mm², in decreasing order.
    #[must_use]
    pub fn variances_mm2(&self) -> [f64; 3] {
        let mut variances = match *self {
            Self::Sphere { radius } => [radius * radius / 5.0; 3],
            Self::Ellipsoid { semi_axes } => semi_axes.map(|a| a * a / 5.0),
            Self::Cylinder { radius, height } => {
                let across = radius * radius / 4.0;
                [across, across, height * height / 12.0]
            }
            Self::Torus { ring, tube } => {
                let across = ring * ring / 2.0 + 3.0 * tube * tube / 8.0;
                [across, across, tube * tube / 4.0]
            }
            Self::Shell { outer, inner } => {
                [(outer.powi(5) - inner.powi(5)) / (outer.powi(3) - inner.powi(3)) / 5.0; 3]
            }
        };
        variances.sort_by(|a, b| b.total_cmp(a));
        variances
    }

    /// The largest distance of its points from its centre, in mm.
    #[must_use]
    pub fn reach_mm(&self) -> f64 {
        match *self {
            Self::Sphere { radius } => radius,
            Self::Ellipsoid {
                semi_axes: [a, b, c],
            } => a.max(b).max(c),
            Self::Cylinder { radius, height } => (radius * radius + height * height / 4.0).sqrt(),
            Self::Torus { ring, tube } => ring + tube,
            Self::Shell { outer, .. } => outer,
        }
    }

    /// The discretisation error of the voxel volume in mm³: four times `√(c·A)` voxels.
    #[must_use]
    pub fn volume_error_mm3(&self, spacing_mm: [f64; 3]) -> f64 {
        let [s, t, u] = spacing_mm;
        // Area in voxels: at most what the two smallest spacings make of it.
        let area = self.surface_at_most_mm2() / (s * t * u / s.max(t).max(u));
        DEVIATIONS * (VARIANCE_PER_AREA * area).sqrt() * s * t * u
    }

    /// The discretisation error of the variances along the principal axes, in mm².
    ///
    /// The variance along a unit vector is `∫(x² − λ)/V + λ`, and `|x² − λ| ≤ r²` on the surface for the largest
    /// distance `r`: its standard deviation is at most `√(c·A)·r²/V`. The three variances are the eigenvalues of a matrix
    /// whose nine entries err by no more; an eigenvalue errs by at most the norm of the errors, three times as much.
    #[must_use]
    pub fn variance_error_mm2(&self, spacing_mm: [f64; 3]) -> f64 {
        let reach = self.reach_mm();
        3.0 * self.volume_error_mm3(spacing_mm) * reach * reach / self.volume_mm3()
    }

    /// The solid on a grid of its own, tilted and moved off the lattice; the image is 1 throughout. Two voxels at least
    /// lie around the solid.
    #[must_use]
    pub fn voxelise(&self, spacing_mm: [f64; 3]) -> (Image, Mask) {
        self.voxelise_at(spacing_mm, &TILT, SHIFT)
    }

    fn voxelise_at(
        &self,
        spacing_mm: [f64; 3],
        tilt: &[[f64; 3]; 3],
        shift: [f64; 3],
    ) -> (Image, Mask) {
        let half = spacing_mm.map(|spacing| (self.reach_mm() / spacing).ceil() + 2.0);
        let size = half.map(|half| 2 * half as usize + 1);
        let grid = Grid::axis_aligned(size, spacing_mm);
        let mask = Mask::from_fn(grid.clone(), |voxel| {
            let offset: [f64; 3] = std::array::from_fn(|axis| {
                (voxel[axis] as f64 - half[axis] - shift[axis]) * spacing_mm[axis]
            });
            self.holds(tilt.map(|row| row.iter().zip(offset).map(|(r, o)| r * o).sum()))
        });
        (Image::from_fn(grid, |_| 1.0), mask)
    }
}

fn ball(radius: f64) -> f64 {
    4.0 / 3.0 * PI * radius * radius * radius
}

/// A box of whole voxels along the axes, with one voxel around it. The image is a ramp: 1 in the first voxel of the box
/// along x, and 1 more with every voxel.
#[must_use]
pub fn voxel_box(voxels: [usize; 3], spacing_mm: [f64; 3]) -> (Image, Mask) {
    let grid = Grid::axis_aligned(voxels.map(|n| n + 2), spacing_mm);
    let mask = Mask::from_fn(grid.clone(), |voxel| {
        (0..3).all(|axis| (1..=voxels[axis]).contains(&voxel[axis]))
    });
    (Image::from_fn(grid, |[x, _, _]| x as f64), mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

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

    #[test]
    fn the_tilt_is_a_rotation() {
        for (a, row) in TILT.iter().enumerate() {
            for (b, other) in TILT.iter().enumerate() {
                let product: f64 = row.iter().zip(other).map(|(x, y)| x * y).sum();
                let expected = f64::from(u8::from(a == b));
                assert!(
                    (product - expected).abs() < 1e-15,
                    "rows {a} and {b}: {product}"
                );
            }
        }
    }

    /// A rotation drawn at random: that of a random unit quaternion.
    fn random_tilt(draws: &mut Draws) -> [[f64; 3]; 3] {
        let q = loop {
            let q = [0; 4].map(|_| draws.between(-1.0, 1.0));
            let square: f64 = q.iter().map(|c| c * c).sum();
            if (0.05..=1.0).contains(&square) {
                break q.map(|c| c / square.sqrt());
            }
        };
        let [w, x, y, z] = q;
        [
            [
                1.0 - 2.0 * (y * y + z * z),
                2.0 * (x * y - w * z),
                2.0 * (x * z + w * y),
            ],
            [
                2.0 * (x * y + w * z),
                1.0 - 2.0 * (x * x + z * z),
                2.0 * (y * z - w * x),
            ],
            [
                2.0 * (x * z - w * y),
                2.0 * (y * z + w * x),
                1.0 - 2.0 * (x * x + y * y),
            ],
        ]
    }

    /// The theory of the module against many places of the lattice: volumes scatter around the closed form, by the
    /// standard deviation that is stated, and none lies outside four of them.
    #[test]
    fn volumes_scatter_as_stated() {
        const PLACES: usize = 60;
        let mut draws = Draws::new(11, 0);
        for solid in SOLIDS {
            for spacing in [[2.0; 3], [1.5, 1.5, 2.5]] {
                let deviation = solid.volume_error_mm3(spacing) / DEVIATIONS;
                let errors: Vec<f64> = (0..PLACES)
                    .map(|_| {
                        let tilt = random_tilt(&mut draws);
                        let shift = [0; 3].map(|_| draws.uniform());
                        let (_, mask) = solid.voxelise_at(spacing, &tilt, shift);
                        let volume = mask.count() as f64 * mask.grid().voxel_volume_mm3();
                        (volume - solid.volume_mm3()) / deviation
                    })
                    .collect();
                let what = format!("{} at {spacing:?} mm", solid.name());
                let n = PLACES as f64;
                let mean = errors.iter().sum::<f64>() / n;
                assert!(
                    mean.abs() < 4.0 / n.sqrt(),
                    "{what}: unbiased, found {mean} deviations"
                );
                let spread = (errors.iter().map(|e| e * e).sum::<f64>() / n).sqrt();
                // 60 places know the spread to a tenth; the stated area is too large for voxels that are not cubes and
                // for the ellipsoid.
                let least = if spacing[0] == spacing[2] { 0.65 } else { 0.5 };
                assert!(
                    (least..1.35).contains(&spread),
                    "{what}: spread {spread} of 1"
                );
                let largest = errors.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
                assert!(largest < DEVIATIONS, "{what}: {largest} deviations");
            }
        }
    }

    /// The place that is used is ordinary, and the error falls with the square of the spacing.
    #[test]
    fn the_place_that_is_used_is_within_the_stated_error() {
        for solid in SOLIDS {
            for h in [2.0, 1.0, 0.5] {
                let (_, mask) = solid.voxelise([h; 3]);
                let volume = mask.count() as f64 * h * h * h;
                let error = solid.volume_error_mm3([h; 3]);
                assert!(
                    (volume - solid.volume_mm3()).abs() < error,
                    "{} at {h} mm: {volume} is {} ± {error}",
                    solid.name(),
                    solid.volume_mm3()
                );
                let halved = solid.volume_error_mm3([h / 2.0; 3]);
                assert!((halved / error - 0.25).abs() < 1e-12, "of the order h²");
            }
        }
    }

    /// Variances of voxel centres against the closed forms; the trace of their matrix needs no eigenvalues.
    #[test]
    fn variances_are_those_of_the_voxels() {
        for solid in SOLIDS {
            let h = 0.8;
            let (_, mask) = solid.voxelise([h; 3]);
            let centres: Vec<[f64; 3]> = (mask.voxels().indexed_iter())
                .filter(|(_, inside)| **inside)
                .map(|((x, y, z), _)| [x, y, z].map(|i| i as f64 * h))
                .collect();
            let n = centres.len() as f64;
            let variance = |axis: usize| {
                let mean = centres.iter().map(|c| c[axis]).sum::<f64>() / n;
                centres
                    .iter()
                    .map(|c| (c[axis] - mean).powi(2))
                    .sum::<f64>()
                    / n
            };
            let found: f64 = [0, 1, 2].map(variance).iter().sum();
            let expected: f64 = solid.variances_mm2().iter().sum();
            let error = solid.variance_error_mm2([h; 3]);
            assert!(
                (found - expected).abs() < error,
                "{}: {found} is {expected} ± {error} mm²",
                solid.name()
            );
        }
    }

    #[test]
    fn nothing_touches_the_border() {
        for solid in SOLIDS {
            let (image, mask) = solid.voxelise([2.0, 1.0, 3.0]);
            let bounds = mask.bounding_box().expect("a solid has voxels");
            for axis in 0..3 {
                let last = image.size()[axis] - 1;
                assert!(
                    bounds.low[axis] >= 1 && bounds.high[axis] < last,
                    "{}: {bounds:?}",
                    solid.name()
                );
            }
        }
    }
}
