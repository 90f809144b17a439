//! The three solids: cube, sphere and bean, of 8, 1 and 0.125 mL.
//!
//! Lengths are those of the 8 mL solid times 1, 1/2 or 1/4. The bean is a bent superellipsoid, fitted to the published
//! masks (its exponents rounded to 4, so that square roots suffice): along its long axis `y` an elliptic cross-section
//! with the half-axes `b·t(y)` and `c·t(y)`, `t(y) = (1 − (y/a)⁴)^(1/4)`, around the centre line `x(y) = x0 + κ·y²`.

use serde::Deserialize;

/// Half the edge of the cube of 8 mL, in mm.
const CUBE: f64 = 10.0;

/// Radius of the sphere of 8 mL, in mm: the cube root of 6000/π.
const SPHERE: f64 = 12.407;

/// The bean of 8 mL: half its length, half-axes of its cross-section in the plane of the bend and across it, in mm.
const BEAN: [f64; 3] = [20.28, 8.67, 8.35];

/// The bend of the bean of 8 mL: `x0` in mm and κ in 1/mm.
const BEND: [f64; 2] = [-0.625, 0.0088];

/// The solid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A cube.
    Cube,
    /// A sphere.
    Sphere,
    /// A bean.
    Bean,
}

/// Its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum Size {
    /// 8 mL.
    #[serde(rename = "L")]
    Large,
    /// 1 mL.
    #[serde(rename = "M")]
    Medium,
    /// 0.125 mL.
    #[serde(rename = "S")]
    Small,
}

/// Where the convex side of a bean points; its long axis is the other one of the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Bulge {
    /// Towards smaller x.
    #[serde(rename = "-x")]
    LowX,
    /// Towards larger x.
    #[serde(rename = "+x")]
    HighX,
    /// Towards smaller y.
    #[serde(rename = "-y")]
    LowY,
    /// Towards larger y.
    #[serde(rename = "+y")]
    HighY,
}

impl Shape {
    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cube => "cube",
            Self::Sphere => "sphere",
            Self::Bean => "bean",
        }
    }
}

impl Size {
    /// The nominal volume in mL.
    #[must_use]
    pub fn volume_ml(self) -> f64 {
        let scale = self.scale();
        8.0 * scale * scale * scale
    }

    /// Lengths relative to those of the solid of 8 mL.
    #[must_use]
    pub fn scale(self) -> f64 {
        match self {
            Self::Large => 1.0,
            Self::Medium => 0.5,
            Self::Small => 0.25,
        }
    }
}

/// A solid at the origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Solid {
    pub(super) shape: Shape,
    pub(super) scale: f64,
    pub(super) bulge: Bulge,
}

impl Solid {
    /// Whether a point, in mm from the centre, lies in the solid.
    pub(super) fn holds(&self, point: [f64; 3]) -> bool {
        let [x, y, z] = point.map(|coordinate| coordinate / self.scale);
        match self.shape {
            Shape::Cube => [x, y, z].iter().all(|c| c.abs() <= CUBE),
            Shape::Sphere => x * x + y * y + z * z <= SPHERE * SPHERE,
            Shape::Bean => {
                let (across, along) = match self.bulge {
                    Bulge::LowX => (x, y),
                    Bulge::HighX => (-x, y),
                    Bulge::LowY => (y, x),
                    Bulge::HighY => (-y, x),
                };
                let [a, b, c] = BEAN;
                let [x0, kappa] = BEND;
                let part = (along / a) * (along / a);
                let off = (across - x0 - kappa * along * along) / b;
                // t² = √(1 − (y/a)⁴)
                part <= 1.0 && off * off + (z / c) * (z / c) <= (1.0 - part * part).sqrt()
            }
        }
    }

    /// How far the solid reaches from its centre along x, y and z, in mm; no point of it lies beyond.
    pub(super) fn reach_mm(&self) -> [f64; 3] {
        let reach = match (self.shape, self.bulge) {
            (Shape::Cube, _) => [CUBE; 3],
            (Shape::Sphere, _) => [SPHERE; 3],
            // Half the width and what the bend adds.
            (Shape::Bean, Bulge::LowX | Bulge::HighX) => [10.0, BEAN[0], BEAN[2]],
            (Shape::Bean, Bulge::LowY | Bulge::HighY) => [BEAN[0], 10.0, BEAN[2]],
        };
        reach.map(|length| length * self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BULGES: [Bulge; 4] = [Bulge::LowX, Bulge::HighX, Bulge::LowY, Bulge::HighY];

    fn solids() -> impl Iterator<Item = Solid> {
        let shapes = [Shape::Cube, Shape::Sphere, Shape::Bean];
        let sizes = [Size::Large, Size::Medium, Size::Small];
        shapes.into_iter().flat_map(move |shape| {
            sizes.into_iter().flat_map(move |size| {
                BULGES.map(|bulge| Solid {
                    shape,
                    scale: size.scale(),
                    bulge,
                })
            })
        })
    }

    /// Points of a fine lattice that lie in a solid, and the volume that they stand for.
    fn points(solid: &Solid) -> (Vec<[f64; 3]>, f64) {
        let step = 0.4 * solid.scale;
        let range = || (-60..60).map(|i| (f64::from(i) + 0.5) * step);
        let mut points = Vec::new();
        for z in range() {
            for y in range() {
                points.extend(range().map(|x| [x, y, z]).filter(|p| solid.holds(*p)));
            }
        }
        let volume = points.len() as f64 * step * step * step;
        (points, volume)
    }

    #[test]
    fn volumes_are_the_nominal_ones() {
        for solid in solids() {
            let nominal = 8000.0 * solid.scale * solid.scale * solid.scale;
            let (_, volume) = points(&solid);
            // The published beans are 8.1 mL, and the fit is.
            let most = if solid.shape == Shape::Bean {
                0.02
            } else {
                0.003
            };
            assert!(
                (volume / nominal - 1.0).abs() < most,
                "{solid:?}: {volume} of {nominal} mm³"
            );
        }
    }

    #[test]
    fn nothing_lies_beyond_the_reach() {
        for solid in solids() {
            let reach = solid.reach_mm();
            for point in points(&solid).0 {
                let is_within = (0..3).all(|axis| point[axis].abs() <= reach[axis]);
                assert!(is_within, "{solid:?}: {point:?} beyond {reach:?}");
            }
        }
    }

    /// The middle of a bean lies on its convex side, its ends on the other.
    #[test]
    fn beans_bulge_where_they_say() {
        for (bulge, towards) in BULGES.into_iter().zip([
            [-1.0, 0.0, 0.0],
            [1.0, 0.0, 0.0],
            [0.0, -1.0, 0.0],
            [0.0, 1.0, 0.0],
        ]) {
            let solid = Solid {
                shape: Shape::Bean,
                scale: 1.0,
                bulge,
            };
            let along: fn(&[f64; 3]) -> f64 = match bulge {
                Bulge::LowX | Bulge::HighX => |p| p[1],
                Bulge::LowY | Bulge::HighY => |p| p[0],
            };
            let mean = |is_end: bool| {
                let (points, _) = points(&solid);
                let part: Vec<f64> = (points.iter())
                    .filter(|point| (along(point).abs() > 14.0) == is_end)
                    .map(|point| point.iter().zip(towards).map(|(p, t)| p * t).sum())
                    .collect();
                part.iter().sum::<f64>() / part.len() as f64
            };
            let bend = mean(false) - mean(true);
            assert!((1.5..3.5).contains(&bend), "{bulge:?}: bent by {bend} mm");
        }
    }
}
