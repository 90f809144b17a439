//! Where the 90 regions lie.

use std::sync::LazyLock;

use serde::Deserialize;

use super::shape::{Bulge, Shape, Size, Solid};

/// A region of interest: a solid in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// The name, `C_L_01`: shape, size and number, as published.
    pub name: String,
    /// The solid.
    pub shape: Shape,
    /// Its size.
    pub size: Size,
    /// From 1 to 10 among the regions of its shape and size.
    pub number: u8,
    /// Its centre in mm: that of the published mask's bounding box.
    pub centre_mm: [f64; 3],
    /// Where a bean's convex side points.
    pub bulge: Option<Bulge>,
}

impl Placement {
    pub(super) fn solid(&self) -> Solid {
        Solid {
            shape: self.shape,
            scale: self.size.scale(),
            bulge: self.bulge.unwrap_or(Bulge::LowX),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    roi: String,
    shape: Shape,
    size: Size,
    number: u8,
    x_mm: f64,
    y_mm: f64,
    z_mm: f64,
    bulge: Option<Bulge>,
}

static PLACEMENTS: LazyLock<Vec<Placement>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_bytes!("placements.csv").as_slice())
        .deserialize()
        .map(|row| {
            let row: Row = row.expect("placements.csv is read by a test");
            Placement {
                name: row.roi,
                shape: row.shape,
                size: row.size,
                number: row.number,
                centre_mm: [row.x_mm, row.y_mm, row.z_mm],
                bulge: row.bulge,
            }
        })
        .collect()
});

/// The 90 regions: cubes, spheres, beans; large, medium, small; ten of each.
#[must_use]
pub fn placements() -> &'static [Placement] {
    &PLACEMENTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_of_each_shape_and_size() {
        assert_eq!(placements().len(), 90, "regions");
        for (place, one) in placements().iter().enumerate() {
            let shape = [Shape::Cube, Shape::Sphere, Shape::Bean][place / 30];
            let size = [Size::Large, Size::Medium, Size::Small][place / 10 % 3];
            let letters = (["C", "S", "B"][place / 30], ["L", "M", "S"][place / 10 % 3]);
            assert_eq!((one.shape, one.size), (shape, size), "{}", one.name);
            assert_eq!(usize::from(one.number), place % 10 + 1, "{}", one.name);
            let name = format!("{}_{}_{:02}", letters.0, letters.1, one.number);
            assert_eq!(one.name, name, "its name");
            assert_eq!(one.bulge.is_some(), shape == Shape::Bean, "{name} bulges");
        }
    }

    /// Nine slabs 60 mm apart, of the sizes S, L, M from below; in each two plus-shaped groups 120 mm apart, with arms
    /// of 30 mm.
    #[test]
    fn lie_on_the_published_lattice() {
        let mut places: Vec<[usize; 2]> = Vec::new();
        for one in placements() {
            let [x, y, z] = one.centre_mm;
            // Centres of solids with an even number of voxels lie half a voxel off the lattice.
            let slab = ((z - 196.0) / 60.0).round();
            assert!(
                (0.0..=0.5).contains(&(z - 196.0 - 60.0 * slab)),
                "{}: slab",
                one.name
            );
            let sizes = [Size::Small, Size::Large, Size::Medium];
            assert_eq!(
                sizes[slab as usize % 3],
                one.size,
                "{}: slab {slab}",
                one.name
            );
            let group = if x < 249.0 { 189.0 } else { 309.0 };
            let arms = [
                [0.0, 0.0],
                [-30.0, 0.0],
                [30.0, 0.0],
                [0.0, -30.0],
                [0.0, 30.0],
            ];
            let arm = arms.iter().position(|[ax, ay]| {
                (0.0..=0.5).contains(&(x - group - ax)) && (0.0..=0.5).contains(&(y - 249.0 - ay))
            });
            let arm = arm.unwrap_or_else(|| panic!("{}: {x}, {y} on an arm", one.name));
            places.push([slab as usize, arm + 5 * usize::from(x > 249.0)]);
            if let Some(bulge) = one.bulge {
                let outwards = match arm {
                    1 => Bulge::LowX,
                    2 => Bulge::HighX,
                    3 => Bulge::LowY,
                    4 => Bulge::HighY,
                    _ if x < 249.0 => Bulge::LowX,
                    _ => Bulge::HighX,
                };
                assert_eq!(bulge, outwards, "{} bulges away from its group", one.name);
            }
        }
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 90, "no place is taken twice");
    }
}
