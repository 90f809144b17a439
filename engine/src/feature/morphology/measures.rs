//! What the features of shape are made of, measured as the manual says and in other ways that are in use: so that it can
//! be told which of them an implementation has taken.

use super::{
    autocorrelation::Autocorrelation, bounding_box::Cuboid, ellipsoid::Ellipsoid, hull::Hull,
    mesh::Surface, principal_axes::PrincipalAxes,
};
use crate::{
    feature::Undefined,
    volume::{Image, Mask},
};

/// How a mask is meshed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meshing {
    /// The level of the surface between outside, 0, and inside, 1; the manual's is 0.5.
    pub level: f64,
    /// Whether the mask is surrounded by nothing, as in the manual. If not, the surface is open where the mask touches
    /// the edge of its grid, and its volume is seen from the centre of the first voxel.
    pub is_padded: bool,
}

impl Default for Meshing {
    fn default() -> Self {
        Self {
            level: 0.5,
            is_padded: true,
        }
    }
}

/// The points around which the convex hull is laid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HullOf {
    /// The vertices of the mesh, as in the manual.
    #[default]
    MeshVertices,
    /// The centres of the voxels.
    VoxelCentres,
}

/// A body's volume in mm³ and area in mm².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Body {
    /// Volume in mm³.
    pub volume_mm3: f64,
    /// Area in mm².
    pub area_mm2: f64,
}

/// What a convex hull measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HullMeasures {
    /// The hull itself.
    pub body: Body,
    /// The box around it along the voxel axes.
    pub aabb: Body,
    /// The largest distance between two of its corners, in mm.
    pub diameter_mm: f64,
}

/// The surface mesh of a mask (WRJH).
#[must_use]
pub fn surface(mask: &Mask, meshing: Meshing) -> Body {
    let Surface {
        volume_mm3,
        area_mm2,
    } = if meshing == Meshing::default() {
        Surface::of(mask)
    } else {
        Surface::at_level(mask, meshing.level, meshing.is_padded)
    };
    Body {
        volume_mm3,
        area_mm2,
    }
}

/// The convex hull of a mask; `None` when the mask is empty, or its voxel centres lie in one plane and they are asked
/// for.
#[must_use]
pub fn hull(mask: &Mask, of: HullOf) -> Option<HullMeasures> {
    let hull = match of {
        HullOf::MeshVertices => Hull::of(mask)?,
        HullOf::VoxelCentres => {
            let [nx, ny, _] = mask.size();
            let rows = mask.as_slice().chunks_exact(nx.max(1)).enumerate();
            // No other centre of a row can be a corner.
            let ends = rows.filter_map(|(row, inside)| {
                let first = inside.iter().position(|inside| *inside)?;
                let last = inside.iter().rposition(|inside| *inside)?;
                Some([first, last].map(|x| [x, row % ny, row / ny].map(|i| 2 * i as i64)))
            });
            let centres: Vec<_> = ends.flatten().collect();
            Hull::of_points(&centres, mask.grid().spacing_mm.map(|s| s / 2.0))?
        }
    };
    let aabb = Cuboid::axis_aligned(&hull);
    Some(HullMeasures {
        body: Body {
            volume_mm3: hull.volume_mm3(),
            area_mm2: hull.area_mm2(),
        },
        aabb: Body {
            volume_mm3: aabb.volume_mm3(),
            area_mm2: aabb.area_mm2(),
        },
        diameter_mm: hull.diameter_mm(),
    })
}

/// Variances of the voxel centres along the principal axes in mm², the largest first, with N − 1 for a divisor.
///
/// # Errors
/// [`Undefined::EmptyRoi`] without voxels, [`Undefined::SingleVoxel`] with one.
pub fn principal_variances_mm2(mask: &Mask) -> Result<[f64; 3], Undefined> {
    PrincipalAxes::of(mask).map(|axes| axes.variances_mm2)
}

/// An ellipsoid with these semi-axes in mm, the longest first; its area as the manual approximates it.
#[must_use]
pub fn ellipsoid(semi_axes_mm: [f64; 3]) -> Body {
    let ellipsoid = Ellipsoid(semi_axes_mm);
    Body {
        volume_mm3: ellipsoid.volume_mm3(),
        area_mm2: ellipsoid.area_mm2(),
    }
}

/// Moran's I and Geary's C of the intensities of an image inside a mask.
///
/// # Errors
/// [`Undefined::EmptyRoi`] without voxels, [`Undefined::SingleVoxel`] with one, [`Undefined::NoSpread`] when all
/// intensities are equal.
pub fn autocorrelation(image: &Image, mask: &Mask) -> Result<[f64; 2], Undefined> {
    Autocorrelation::of(image, mask).map(|indices| [indices.moran_i, indices.geary_c])
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        feature::morphology::samples::{any_mask, cube},
        volume::{Grid, Volume},
    };

    proptest! {
        #[test]
        fn the_level_of_the_manual_is_one_of_all_levels(mask in any_mask(5)) {
            let manual = surface(&mask, Meshing::default());
            let general = Surface::at_level(&mask, 0.5, true);
            prop_assert!((manual.volume_mm3 - general.volume_mm3).abs() < 1e-9, "volume");
            prop_assert!((manual.area_mm2 - general.area_mm2).abs() < 1e-9, "area");
        }
    }

    #[test]
    fn a_cube_at_other_levels() {
        // 3³ voxels of 1 mm: at level 1 the surface runs through the outermost voxel centres.
        let mask = cube(3, [1.0; 3]);
        let inner = surface(
            &mask,
            Meshing {
                level: 1.0,
                is_padded: true,
            },
        );
        assert_relative_eq!(inner.volume_mm3, 8.0, max_relative = 1e-12);
        assert_relative_eq!(inner.area_mm2, 24.0, max_relative = 1e-12);
        let outer = surface(
            &mask,
            Meshing {
                level: 0.0,
                is_padded: true,
            },
        );
        assert!(
            outer.volume_mm3 > 27.0 && outer.volume_mm3 < 64.0,
            "between the voxels' volume and the box of the centres outside: {outer:?}"
        );
    }

    #[test]
    fn without_padding_a_full_grid_has_no_surface() {
        let mask = Volume::from_fn(Grid::axis_aligned([3; 3], [1.0; 3]), |_| true);
        let open = Meshing {
            level: 0.5,
            is_padded: false,
        };
        assert_eq!(
            surface(&mask, open).area_mm2,
            0.0,
            "no cell has a corner outside"
        );
        let framed = Volume::from_fn(Grid::axis_aligned([5; 3], [1.0; 3]), |at| {
            at.iter().all(|i| (1..4).contains(i))
        });
        let (open, closed) = (surface(&framed, open), surface(&mask, Meshing::default()));
        assert_relative_eq!(open.volume_mm3, closed.volume_mm3, max_relative = 1e-12);
        assert_relative_eq!(open.area_mm2, closed.area_mm2, max_relative = 1e-12);
    }

    #[test]
    fn hull_of_voxel_centres() {
        let mask = Volume::from_fn(Grid::axis_aligned([4, 3, 2], [1.0, 2.0, 3.0]), |_| true);
        let hull = hull(&mask, HullOf::VoxelCentres).expect("three dimensions");
        assert_relative_eq!(hull.body.volume_mm3, 3.0 * 4.0 * 3.0, max_relative = 1e-12);
        assert_relative_eq!(hull.aabb.volume_mm3, 36.0, max_relative = 1e-12);
        assert_relative_eq!(hull.diameter_mm, 34_f64.sqrt(), max_relative = 1e-12);
        let flat = Volume::from_fn(Grid::axis_aligned([4, 3, 1], [1.0; 3]), |_| true);
        assert!(
            super::hull(&flat, HullOf::VoxelCentres).is_none(),
            "centres in one plane"
        );
    }
}
