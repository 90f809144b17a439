//! Morphology (HCUG): the shape of the region, and how its intensities lie in it.
//!
//! The manual uses two representations of the region, and so does this family: the surface mesh with its convex
//! hull for what the outside looks like, the voxel centres for what is inside. Shape comes from the morphological
//! mask alone; features with intensities use the intensity mask. All lengths are in mm along the voxel axes: turning
//! or moving the grid in the world changes nothing.

mod autocorrelation;
mod bounding_box;
mod ellipsoid;
mod enclosing_ellipsoid;
mod hull;
pub mod measures;
mod mesh;
mod polygon;
mod principal_axes;
#[cfg(test)]
pub(crate) mod samples;
mod vector;

use std::f64::consts::PI;

use self::{
    autocorrelation::Autocorrelation,
    bounding_box::Cuboid,
    ellipsoid::Ellipsoid,
    hull::Hull,
    mesh::Surface,
    principal_axes::PrincipalAxes,
    vector::{norm, scaled},
};
use super::{Undefined, Value, Values};
use crate::{
    roi::Roi,
    volume::{Image, Mask},
};

/// All 29 features, in the order of the catalogue.
///
/// `image` and both masks of `roi` lie on one grid; intensities inside the intensity mask are finite. Voxels around
/// the region cost time and change nothing: crop to the region where there are many.
///
/// # Undefined
/// Shape features are [`Undefined::EmptyRoi`] when the morphological mask is empty, features with intensities when the
/// intensity mask is. Principal axes need two voxels ([`Undefined::SingleVoxel`]), as do Moran's I and Geary's C. The
/// densities divide by the size of the ellipsoid of the principal axes, which a line or a plane of voxels does not have
/// ([`Undefined::Degenerate`]).
///
/// # Panics
/// When image and masks differ in size: the caller made them.
#[must_use = "computing the features has no other effect"]
#[track_caller]
pub fn features(image: &Image, roi: &Roi) -> Values {
    let Roi {
        morphological,
        intensity,
    } = roi;
    for mask in [morphological, intensity] {
        assert_eq!(image.size(), mask.size(), "image and masks lie on one grid");
    }
    let shape = Shape::of(morphological);
    let of_shape = |feature: fn(&Shape) -> Value| match &shape {
        Some(shape) => feature(shape),
        None => Err(Undefined::EmptyRoi),
    };
    let autocorrelation = Autocorrelation::of(image, intensity);

    let values = [
        ("RNU0", of_shape(volume_mesh)),
        ("YEKZ", of_shape(volume_voxel_counting)),
        ("C0JK", of_shape(surface_area)),
        ("2PR5", of_shape(surface_to_volume_ratio)),
        ("SKGS", of_shape(compactness_1)),
        ("BQWJ", of_shape(compactness_2)),
        ("KRCK", of_shape(spherical_disproportion)),
        ("QCFX", of_shape(sphericity)),
        ("25C7", of_shape(asphericity)),
        (
            "KLMA",
            centre_of_mass_shift(image, morphological, intensity),
        ),
        ("L0JK", of_shape(maximum_3d_diameter)),
        ("TDIC", of_shape(major_axis_length)),
        ("P9VJ", of_shape(minor_axis_length)),
        ("7J51", of_shape(least_axis_length)),
        ("Q3CK", of_shape(elongation)),
        ("N17B", of_shape(flatness)),
        ("PBX1", of_shape(volume_density_aabb)),
        ("R59B", of_shape(area_density_aabb)),
        ("ZH1A", of_shape(volume_density_ombb)),
        ("IQYR", of_shape(area_density_ombb)),
        ("6BDE", of_shape(volume_density_aee)),
        ("RDD2", of_shape(area_density_aee)),
        ("SWZ1", of_shape(volume_density_mvee)),
        ("BRI8", of_shape(area_density_mvee)),
        ("R3ER", of_shape(volume_density_convex_hull)),
        ("7T7F", of_shape(area_density_convex_hull)),
        (
            "99N0",
            integrated_intensity(of_shape(volume_mesh), image, intensity),
        ),
        ("N365", moran_i(autocorrelation)),
        ("NPT7", geary_c(autocorrelation)),
    ];
    values.map(|(code, value)| (code, "", value)).to_vec()
}

/// What the features of shape are computed from.
struct Shape {
    mesh: Surface,
    voxel_counting_mm3: f64,
    hull: Hull,
    axes: Result<PrincipalAxes, Undefined>,
    /// Axis-aligned bounding box.
    aabb: Cuboid,
    /// Oriented minimum bounding box.
    ombb: Cuboid,
    /// Minimum volume enclosing ellipsoid.
    mvee: Ellipsoid,
}

impl Shape {
    /// The shape of a mask; `None` when it is empty.
    fn of(mask: &Mask) -> Option<Self> {
        let hull = Hull::of(mask)?;
        Some(Self {
            mesh: Surface::of(mask),
            voxel_counting_mm3: mask.count() as f64 * mask.grid().voxel_volume_mm3(),
            axes: PrincipalAxes::of(mask),
            aabb: Cuboid::axis_aligned(&hull),
            ombb: Cuboid::oriented_minimum(&hull),
            mvee: Ellipsoid::minimum_volume_enclosing(&hull.vertices_mm()),
            hull,
        })
    }

    /// Approximate enclosing ellipsoid.
    fn aee(&self) -> Result<Ellipsoid, Undefined> {
        self.axes
            .map(|axes| Ellipsoid::approximate_enclosing(&axes))
    }
}

/// Volume (mesh).
///
/// IBSI code `RNU0`. Unit: mm³.
///
/// # Formula
/// ```text
/// V = |Σ_k a·(b × c) / 6|
/// ```
/// The sum is over the faces k of the mesh, with vertices a, b and c. The mesh cuts the corners off a voxel: a single
/// one has 1/6 of its volume.
fn volume_mesh(shape: &Shape) -> Value {
    Ok(shape.mesh.volume_mm3)
}

/// Volume (voxel counting).
///
/// IBSI code `YEKZ`. Unit: mm³.
///
/// # Formula
/// ```text
/// N · v
/// ```
/// N is the number of voxels in the morphological mask, v the volume of one.
fn volume_voxel_counting(shape: &Shape) -> Value {
    Ok(shape.voxel_counting_mm3)
}

/// Surface area (mesh).
///
/// IBSI code `C0JK`. Unit: mm².
///
/// # Formula
/// ```text
/// A = Σ_k |(b − a) × (c − a)| / 2
/// ```
/// The sum is over the faces k of the mesh, with vertices a, b and c.
fn surface_area(shape: &Shape) -> Value {
    Ok(shape.mesh.area_mm2)
}

/// Surface to volume ratio.
///
/// IBSI code `2PR5`. Unit: 1/mm.
///
/// # Formula
/// ```text
/// A / V
/// ```
fn surface_to_volume_ratio(shape: &Shape) -> Value {
    Ok(shape.mesh.area_mm2 / shape.mesh.volume_mm3)
}

/// Compactness 1.
///
/// IBSI code `SKGS`. Unit: 1. Range: above 0 to 1/(6π).
///
/// # Formula
/// ```text
/// V / (π^(1/2) A^(3/2))
/// ```
fn compactness_1(shape: &Shape) -> Value {
    let Surface {
        volume_mm3,
        area_mm2,
    } = shape.mesh;
    Ok(volume_mm3 / (PI.sqrt() * area_mm2.powf(1.5)))
}

/// Compactness 2.
///
/// IBSI code `BQWJ`. Unit: 1. Range: above 0 to 1, a sphere.
///
/// # Formula
/// ```text
/// 36π V² / A³
/// ```
fn compactness_2(shape: &Shape) -> Value {
    Ok(compactness_2_of(shape.mesh))
}

/// Spherical disproportion.
///
/// IBSI code `KRCK`. Unit: 1. Range: from 1, a sphere.
///
/// # Formula
/// ```text
/// A / (36π V²)^(1/3)
/// ```
fn spherical_disproportion(shape: &Shape) -> Value {
    Ok(compactness_2_of(shape.mesh).cbrt().recip())
}

/// Sphericity.
///
/// IBSI code `QCFX`. Unit: 1. Range: above 0 to 1, a sphere.
///
/// # Formula
/// ```text
/// (36π V²)^(1/3) / A
/// ```
fn sphericity(shape: &Shape) -> Value {
    Ok(compactness_2_of(shape.mesh).cbrt())
}

/// Asphericity.
///
/// IBSI code `25C7`. Unit: 1. Range: from 0, a sphere.
///
/// # Formula
/// ```text
/// (A³ / (36π V²))^(1/3) − 1
/// ```
fn asphericity(shape: &Shape) -> Value {
    Ok(compactness_2_of(shape.mesh).cbrt().recip() - 1.0)
}

/// The quantity from which [`compactness_2`], [`spherical_disproportion`], [`sphericity`] and [`asphericity`] all derive.
fn compactness_2_of(mesh: Surface) -> f64 {
    36.0 * PI * mesh.volume_mm3.powi(2) / mesh.area_mm2.powi(3)
}

/// Centre of mass shift: how far the intensities lie off centre.
///
/// IBSI code `KLMA`. Unit: mm.
///
/// # Formula
/// ```text
/// | Σ_k c_k / N  −  Σ_k X_k c_k / Σ_k X_k |
/// ```
/// The first sum is over the voxel centres c of the morphological mask, the other two are over those of the intensity
/// mask, with intensities X.
///
/// # Undefined
/// [`Undefined::EmptyRoi`] when either mask is empty, [`Undefined::ZeroSum`] when the intensities add up to zero, or so
/// nearly that what is left is within the rounding of the sum.
fn centre_of_mass_shift(image: &Image, morphological: &Mask, intensity: &Mask) -> Value {
    let centre = principal_axes::centroid(morphological).ok_or(Undefined::EmptyRoi)?;
    let [nx, ny, _] = image.size();
    let (mut count, mut sum, mut absolute_sum, mut moment) = (0_usize, 0.0, 0.0, [0.0; 3]);
    for run in intensity.runs() {
        let (row, first) = (run.start / nx, run.start % nx);
        let (mut of_run, mut along_run) = (0.0, 0.0);
        for (x, intensity) in (first..).zip(&image.as_slice()[run.clone()]) {
            of_run += intensity;
            absolute_sum += intensity.abs();
            // Offsets from the other centre, so that moving the region on its grid changes nothing.
            along_run += intensity * (x as f64 - centre[0]);
        }
        count += run.len();
        sum += of_run;
        moment[0] += along_run;
        moment[1] += of_run * ((row % ny) as f64 - centre[1]);
        moment[2] += of_run * ((row / ny) as f64 - centre[2]);
    }
    if count == 0 {
        return Err(Undefined::EmptyRoi);
    }
    if sum.abs() <= f64::EPSILON * absolute_sum {
        return Err(Undefined::ZeroSum);
    }
    Ok(norm(scaled(
        moment,
        image.grid().spacing_mm.map(|s| s / sum),
    )))
}

/// Maximum 3D diameter.
///
/// IBSI code `L0JK`. Unit: mm.
///
/// # Formula
/// ```text
/// max |p − q|
/// ```
/// over all vertices p and q of the mesh. The two farthest are vertices of its convex hull.
fn maximum_3d_diameter(shape: &Shape) -> Value {
    Ok(shape.hull.diameter_mm())
}

/// Major axis length.
///
/// IBSI code `TDIC`. Unit: mm.
///
/// # Formula
/// ```text
/// 4 √λ_major
/// ```
/// λ_major is the largest variance of the voxel centres along a principal axis.
///
/// # Undefined
/// [`Undefined::SingleVoxel`] for a single voxel.
fn major_axis_length(shape: &Shape) -> Value {
    Ok(4.0 * shape.axes?.variances_mm2[0].sqrt())
}

/// Minor axis length.
///
/// IBSI code `P9VJ`. Unit: mm.
///
/// # Formula
/// ```text
/// 4 √λ_minor
/// ```
/// λ_minor is the second largest variance of the voxel centres along a principal axis; 0 for a line of voxels.
///
/// # Undefined
/// [`Undefined::SingleVoxel`] for a single voxel.
fn minor_axis_length(shape: &Shape) -> Value {
    Ok(4.0 * shape.axes?.variances_mm2[1].sqrt())
}

/// Least axis length.
///
/// IBSI code `7J51`. Unit: mm.
///
/// # Formula
/// ```text
/// 4 √λ_least
/// ```
/// λ_least is the smallest variance of the voxel centres along a principal axis; 0 for a line or a plane of voxels.
///
/// # Undefined
/// [`Undefined::SingleVoxel`] for a single voxel.
fn least_axis_length(shape: &Shape) -> Value {
    Ok(4.0 * shape.axes?.variances_mm2[2].sqrt())
}

/// Elongation.
///
/// IBSI code `Q3CK`. Unit: 1. Range: 0, a line, to 1.
///
/// # Formula
/// ```text
/// √(λ_minor / λ_major)
/// ```
///
/// # Undefined
/// [`Undefined::SingleVoxel`] for a single voxel.
fn elongation(shape: &Shape) -> Value {
    let [major, minor, _] = shape.axes?.variances_mm2;
    Ok((minor / major).sqrt())
}

/// Flatness.
///
/// IBSI code `N17B`. Unit: 1. Range: 0, a plane, to 1.
///
/// # Formula
/// ```text
/// √(λ_least / λ_major)
/// ```
///
/// # Undefined
/// [`Undefined::SingleVoxel`] for a single voxel.
fn flatness(shape: &Shape) -> Value {
    let [major, _, least] = shape.axes?.variances_mm2;
    Ok((least / major).sqrt())
}

/// Volume density (axis-aligned bounding box).
///
/// IBSI code `PBX1`. Unit: 1.
///
/// # Formula
/// ```text
/// V / V_aabb
/// ```
/// The box runs along the voxel axes around the mesh.
fn volume_density_aabb(shape: &Shape) -> Value {
    density(shape.mesh.volume_mm3, shape.aabb.volume_mm3())
}

/// Area density (axis-aligned bounding box).
///
/// IBSI code `R59B`. Unit: 1.
///
/// # Formula
/// ```text
/// A / A_aabb
/// ```
/// The box runs along the voxel axes around the mesh.
fn area_density_aabb(shape: &Shape) -> Value {
    density(shape.mesh.area_mm2, shape.aabb.area_mm2())
}

/// Volume density (oriented minimum bounding box).
///
/// IBSI code `ZH1A`. Unit: 1.
///
/// # Formula
/// ```text
/// V / V_ombb
/// ```
/// The smallest box around the mesh, as far as [`Cuboid::oriented_minimum`] finds it. There are no reference values.
fn volume_density_ombb(shape: &Shape) -> Value {
    density(shape.mesh.volume_mm3, shape.ombb.volume_mm3())
}

/// Area density (oriented minimum bounding box).
///
/// IBSI code `IQYR`. Unit: 1.
///
/// # Formula
/// ```text
/// A / A_ombb
/// ```
/// The same box as for [`volume_density_ombb`]. There are no reference values.
fn area_density_ombb(shape: &Shape) -> Value {
    density(shape.mesh.area_mm2, shape.ombb.area_mm2())
}

/// Volume density (approximate enclosing ellipsoid).
///
/// IBSI code `6BDE`. Unit: 1.
///
/// # Formula
/// ```text
/// V / V_aee
/// ```
/// The semi-axes of the ellipsoid are half the principal axis lengths, `V_aee = 4/3 π a b c`.
///
/// # Undefined
/// [`Undefined::SingleVoxel`] for a single voxel, [`Undefined::Degenerate`] for a line or a plane of voxels.
fn volume_density_aee(shape: &Shape) -> Value {
    density(shape.mesh.volume_mm3, shape.aee()?.volume_mm3())
}

/// Area density (approximate enclosing ellipsoid).
///
/// IBSI code `RDD2`. Unit: 1.
///
/// # Formula
/// ```text
/// A / A_aee
/// ```
/// The ellipsoid is that of [`volume_density_aee`], its area the series of [`Ellipsoid::area_mm2`].
///
/// # Undefined
/// [`Undefined::SingleVoxel`] for a single voxel, [`Undefined::Degenerate`] for a line of voxels.
fn area_density_aee(shape: &Shape) -> Value {
    density(shape.mesh.area_mm2, shape.aee()?.area_mm2())
}

/// Volume density (minimum volume enclosing ellipsoid).
///
/// IBSI code `SWZ1`. Unit: 1.
///
/// # Formula
/// ```text
/// V / V_mvee
/// ```
/// The smallest ellipsoid around the mesh. There are no reference values.
fn volume_density_mvee(shape: &Shape) -> Value {
    density(shape.mesh.volume_mm3, shape.mvee.volume_mm3())
}

/// Area density (minimum volume enclosing ellipsoid).
///
/// IBSI code `BRI8`. Unit: 1.
///
/// # Formula
/// ```text
/// A / A_mvee
/// ```
/// The ellipsoid is that of [`volume_density_mvee`], its area the series of [`Ellipsoid::area_mm2`]. There are no
/// reference values.
fn area_density_mvee(shape: &Shape) -> Value {
    density(shape.mesh.area_mm2, shape.mvee.area_mm2())
}

/// Volume density (convex hull).
///
/// IBSI code `R3ER`. Unit: 1.
///
/// # Formula
/// ```text
/// V / V_convex
/// ```
/// The convex hull of the mesh. Range: above 0 to 1.
fn volume_density_convex_hull(shape: &Shape) -> Value {
    density(shape.mesh.volume_mm3, shape.hull.volume_mm3())
}

/// Area density (convex hull).
///
/// IBSI code `7T7F`. Unit: 1.
///
/// # Formula
/// ```text
/// A / A_convex
/// ```
/// The convex hull of the mesh.
fn area_density_convex_hull(shape: &Shape) -> Value {
    density(shape.mesh.area_mm2, shape.hull.area_mm2())
}

/// The part of a reference body that the region takes; undefined when the body has no extent.
fn density(region: f64, reference: f64) -> Value {
    if reference == 0.0 {
        Err(Undefined::Degenerate)
    } else {
        Ok(region / reference)
    }
}

/// Integrated intensity.
///
/// IBSI code `99N0`. Unit: intensity · mm³.
///
/// # Formula
/// ```text
/// V · mean X
/// ```
/// V is the mesh volume of the morphological mask, X are the intensities of the intensity mask.
///
/// # Undefined
/// [`Undefined::EmptyRoi`] when either mask is empty.
fn integrated_intensity(volume_mm3: Value, image: &Image, intensity: &Mask) -> Value {
    let voxels = image.as_slice().iter().zip(intensity.as_slice());
    let (mut count, mut sum) = (0_usize, 0.0);
    for (x, _) in voxels.filter(|(_, inside)| **inside) {
        count += 1;
        sum += x;
    }
    if count == 0 {
        return Err(Undefined::EmptyRoi);
    }
    Ok(volume_mm3? * sum / count as f64)
}

/// Moran's I index.
///
/// IBSI code `N365`. Unit: 1.
///
/// # Formula
/// ```text
/// N / Σ_ij w_ij · Σ_ij w_ij (X_i − μ)(X_j − μ) / Σ_i (X_i − μ)²,    i ≠ j
/// ```
/// N voxels of the intensity mask have intensities X with mean μ; `w_ij` is the inverse of the distance between the
/// centres of voxels i and j.
///
/// # Undefined
/// [`Undefined::EmptyRoi`] when the intensity mask is empty, [`Undefined::SingleVoxel`] for a single voxel,
/// [`Undefined::NoSpread`] when all intensities are equal.
fn moran_i(autocorrelation: Result<Autocorrelation, Undefined>) -> Value {
    autocorrelation.map(|indices| indices.moran_i)
}

/// Geary's C measure.
///
/// IBSI code `NPT7`. Unit: 1.
///
/// # Formula
/// ```text
/// (N − 1) / (2 Σ_ij w_ij) · Σ_ij w_ij (X_i − X_j)² / Σ_i (X_i − μ)²,    i ≠ j
/// ```
/// with the symbols of [`moran_i`].
///
/// # Undefined
/// [`Undefined::EmptyRoi`] when the intensity mask is empty, [`Undefined::SingleVoxel`] for a single voxel,
/// [`Undefined::NoSpread`] when all intensities are equal.
fn geary_c(autocorrelation: Result<Autocorrelation, Undefined>) -> Value {
    autocorrelation.map(|indices| indices.geary_c)
}

#[cfg(test)]
mod tests;
