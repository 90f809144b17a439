//! Morphological features (HCUG), except for the oriented minimum bounding box and the minimum volume enclosing
//! ellipsoid, which have no reference values.

use std::{
    collections::{BTreeMap, BTreeSet},
    f64::consts::PI,
};

use num_traits::{Signed, Zero};

use super::{
    ExactPhantom,
    arithmetic::{Rational, ratio, sqrt, sum, to_f64, whole},
    hull,
    mesh::{self, Point, Triangle, cross, difference, dot},
    region::Position,
};

/// The features, in the manual's order.
pub(super) const CODES: [&str; 25] = [
    "RNU0", "YEKZ", "C0JK", "2PR5", "SKGS", "BQWJ", "KRCK", "QCFX", "25C7", "KLMA", "L0JK", "TDIC",
    "P9VJ", "7J51", "Q3CK", "N17B", "PBX1", "R59B", "6BDE", "RDD2", "R3ER", "7T7F", "99N0", "N365",
    "NPT7",
];

/// The degree after which the series of the ellipsoid's area stops (RDD2).
const LEGENDRE_DEGREE: u32 = 20;

/// What the features are computed from.
pub(super) struct Shape<'p> {
    phantom: &'p ExactPhantom,
    /// `V`, mm³
    volume: Rational,
    /// `A`, mm²
    area: f64,
    vertices: BTreeSet<Point>,
    /// The faces of the convex hull of the vertices.
    hull: Vec<hull::Face>,
    /// `None` for a single voxel, which has no covariance.
    axes: Option<PrincipalAxes>,
}

impl<'p> Shape<'p> {
    pub(super) fn new(phantom: &'p ExactPhantom) -> Self {
        let inside = phantom.region.levels.keys().copied().collect();
        let triangles = mesh::mesh(&inside);
        let vertices = triangles.iter().flatten().copied().collect();
        Self {
            phantom,
            volume: mesh_volume(&phantom.spacing_mm, &triangles),
            area: total_area(&phantom.spacing_mm, triangles.iter().map(double_area)),
            hull: hull::faces(&vertices),
            vertices,
            axes: PrincipalAxes::of(phantom),
        }
    }

    /// The value of a feature; `None` where its formula divides by zero.
    pub(super) fn feature(&self, code: &str) -> Option<f64> {
        let volume = to_f64(&self.volume);
        let area = self.area;
        Some(match code {
            // Volume (mesh)
            "RNU0" => volume,
            // Volume (voxel counting)
            "YEKZ" => to_f64(&(self.voxels() * self.phantom.voxel_volume())),
            // Surface area (mesh)
            "C0JK" => area,
            // Surface to volume ratio: A / V
            "2PR5" => area / volume,
            // Compactness 1: V / (π^½ A^(3/2))
            "SKGS" => volume / (PI.sqrt() * area.powf(1.5)),
            // Compactness 2: 36 π V² / A³
            "BQWJ" => 36.0 * PI * volume.powi(2) / area.powi(3),
            // Spherical disproportion: A / (36 π V²)^⅓
            "KRCK" => area / (36.0 * PI * volume.powi(2)).cbrt(),
            // Sphericity: (36 π V²)^⅓ / A
            "QCFX" => (36.0 * PI * volume.powi(2)).cbrt() / area,
            // Asphericity: (A³ / (36 π V²))^⅓ − 1
            "25C7" => (area.powi(3) / (36.0 * PI * volume.powi(2))).cbrt() - 1.0,
            "KLMA" => self.centre_of_mass_shift(),
            "L0JK" => self.maximum_3d_diameter(),
            // Major, minor, least axis length: 4 √λ
            "TDIC" => 4.0 * self.axes.as_ref()?.eigenvalues[0].sqrt(),
            "P9VJ" => 4.0 * self.axes.as_ref()?.eigenvalues[1].sqrt(),
            "7J51" => 4.0 * self.axes.as_ref()?.eigenvalues[2].sqrt(),
            // Elongation: √(λ_minor / λ_major), flatness: √(λ_least / λ_major)
            "Q3CK" => self.axes.as_ref()?.relative(1).sqrt(),
            "N17B" => self.axes.as_ref()?.relative(2).sqrt(),
            // Volume and area density (axis-aligned bounding box)
            "PBX1" => {
                let [x, y, z] = self.bounding_box();
                to_f64(&(&self.volume / (x * y * z)))
            }
            "R59B" => {
                let [x, y, z] = self.bounding_box();
                area / to_f64(&(whole(2) * (&x * &y + &y * &z + &z * &x)))
            }
            // Volume density (approximate enclosing ellipsoid): 3 V / (4 π a b c), with (a b c)² = 4³ λ₁ λ₂ λ₃
            "6BDE" => {
                let product = self.axes.as_ref()?.determinant.clone();
                if product.is_zero() {
                    return None;
                }
                3.0 * volume / (4.0 * PI * sqrt(&(whole(64) * product)))
            }
            // Area density (approximate enclosing ellipsoid)
            "RDD2" => {
                let ellipsoid = self.axes.as_ref()?.ellipsoid_area();
                if ellipsoid == 0.0 {
                    return None;
                }
                area / ellipsoid
            }
            // Volume density (convex hull): the hull's volume is ⅓ Σ p · A, in half voxels
            "R3ER" => {
                let six_volumes: i64 = self.hull.iter().map(|f| dot(f.point, f.double_area)).sum();
                let hull_volume = ratio(six_volumes, 6 * 8) * self.phantom.voxel_volume();
                to_f64(&(&self.volume / hull_volume))
            }
            // Area density (convex hull)
            "7T7F" => {
                area / total_area(
                    &self.phantom.spacing_mm,
                    self.hull.iter().map(|f| f.double_area),
                )
            }
            // Integrated intensity: V times the mean intensity
            "99N0" => {
                let intensities: i64 = self.phantom.region.levels.values().sum();
                to_f64(&(&self.volume * whole(intensities) / self.voxels()))
            }
            "N365" => self.autocorrelation()?.moran_i(),
            "NPT7" => self.autocorrelation()?.geary_c(),
            _ => unreachable!("{code} is not in CODES"),
        })
    }

    /// `N_v`
    fn voxels(&self) -> Rational {
        whole(self.phantom.region.levels.len() as i64)
    }

    /// The distance between the centroid and the intensity-weighted centroid.
    fn centre_of_mass_shift(&self) -> f64 {
        let levels = &self.phantom.region.levels;
        let intensities: i64 = levels.values().sum();
        let shift: [Rational; 3] = std::array::from_fn(|axis| {
            let positions: i64 = levels.keys().map(|p| p[axis]).sum();
            let weighted: i64 = levels.iter().map(|(p, x)| x * p[axis]).sum();
            ratio(positions, levels.len() as i64) - ratio(weighted, intensities)
        });
        sqrt(&self.squared_length(&shift))
    }

    /// The largest distance between any two mesh vertices.
    fn maximum_3d_diameter(&self) -> f64 {
        let squared_lengths: BTreeSet<[i64; 3]> = self
            .vertices
            .iter()
            .flat_map(|a| self.vertices.iter().map(|b| difference(*a, *b)))
            .map(|step| step.map(i64::abs))
            .collect();
        let largest = squared_lengths
            .into_iter()
            .map(|step| self.squared_length(&step.map(|s| ratio(s, 2))))
            .max()
            .expect("a mesh has vertices");
        sqrt(&largest)
    }

    /// The edges of the box around the mesh vertices along the image axes, in mm.
    fn bounding_box(&self) -> [Rational; 3] {
        std::array::from_fn(|axis| {
            let along = || self.vertices.iter().map(|v| v[axis]);
            let low = along().min().expect("a mesh has vertices");
            let high = along().max().expect("a mesh has vertices");
            ratio(high - low, 2) * &self.phantom.spacing_mm[axis]
        })
    }

    /// The squared length in mm² of a step given in voxels.
    fn squared_length(&self, step: &[Rational; 3]) -> Rational {
        squared_length(&self.phantom.spacing_mm, step)
    }

    /// The double sums of Moran's I and Geary's C; `None` for a single voxel or when all intensities are equal.
    fn autocorrelation(&self) -> Option<Autocorrelation> {
        let levels = &self.phantom.region.levels;
        let voxels = levels.len() as i128;
        let intensities: i128 = levels.values().map(|x| i128::from(*x)).sum();
        // N (x − µ) is a whole number
        let centred = |x: i64| voxels * i128::from(x) - intensities;
        let spread: i128 = levels.values().map(|x| centred(*x).pow(2)).sum();
        if spread == 0 {
            return None;
        }
        // The pairs of voxels, gathered by what their distance depends on.
        let mut pairs: BTreeMap<Position, [i128; 3]> = BTreeMap::new();
        for (k1, x1) in levels {
            for (k2, x2) in levels {
                if k1 == k2 {
                    continue;
                }
                let step = difference(*k1, *k2).map(i64::abs);
                let [count, products, squares] = pairs.entry(step).or_default();
                *count += 1;
                *products += centred(*x1) * centred(*x2);
                *squares += (centred(*x1) - centred(*x2)).pow(2);
            }
        }
        let weighted = |which: usize| {
            sum(pairs.iter().map(|(step, sums)| {
                let distance = sqrt(&self.squared_length(&step.map(whole)));
                to_f64(&whole(sums[which])) / distance
            }))
        };
        Some(Autocorrelation {
            voxels: to_f64(&whole(voxels)),
            weights: weighted(0),
            products: weighted(1) / to_f64(&whole(spread)),
            squares: weighted(2) / to_f64(&whole(spread)),
        })
    }
}

/// The sums of Moran's I (N365) and Geary's C (NPT7), with weights `w = 1 / distance`.
struct Autocorrelation {
    /// `N_v`
    voxels: f64,
    /// `Σ Σ w`
    weights: f64,
    /// `Σ Σ w (x₁ − µ)(x₂ − µ) / Σ (x − µ)²`
    products: f64,
    /// `Σ Σ w (x₁ − x₂)² / Σ (x − µ)²`
    squares: f64,
}

impl Autocorrelation {
    fn moran_i(&self) -> f64 {
        self.voxels / self.weights * self.products
    }

    fn geary_c(&self) -> f64 {
        (self.voxels - 1.0) / (2.0 * self.weights) * self.squares
    }
}

fn double_area([a, b, c]: &Triangle) -> Point {
    cross(difference(*b, *a), difference(*c, *a))
}

/// Volume in mm³ and area in mm² of the mesh around voxels.
pub(super) fn mesh_measures(inside: &BTreeSet<Position>, spacing_mm: [Rational; 3]) -> (f64, f64) {
    let triangles = mesh::mesh(inside);
    let area = total_area(&spacing_mm, triangles.iter().map(double_area));
    (to_f64(&mesh_volume(&spacing_mm, &triangles)), area)
}

/// `|Σ a · (b × c) / 6|` over the triangles, in mm³.
fn mesh_volume(spacing_mm: &[Rational; 3], triangles: &[Triangle]) -> Rational {
    let six_volumes: i64 = triangles
        .iter()
        .map(|[a, b, c]| dot(*a, cross(*b, *c)))
        .sum();
    ratio(six_volumes.abs(), 6 * 8) * spacing_mm.iter().product::<Rational>()
}

/// The sum in mm² of the areas of faces given by their normals, which have twice the area in half voxels as length.
fn total_area(spacing_mm: &[Rational; 3], double_areas: impl Iterator<Item = Point>) -> f64 {
    let mut faces: BTreeMap<Point, i64> = BTreeMap::new();
    for double_area in double_areas {
        *faces.entry(double_area.map(i64::abs)).or_default() += 1;
    }
    let [x, y, z] = spacing_mm;
    // A component of a cross product is an area in the plane of the two other axes; 8 = 2 (twice) · 2 · 2 (halves).
    let units = [y * z, z * x, x * y];
    sum(faces.into_iter().map(|(double_area, count)| {
        let area = squared_length(&units, &double_area.map(|n| ratio(n, 8)));
        count as f64 * sqrt(&area)
    }))
}

/// `Σ (unit · step)²` over the axes.
fn squared_length(units: &[Rational; 3], step: &[Rational; 3]) -> Rational {
    units.iter().zip(step).map(|(u, s)| (u * s).pow(2)).sum()
}

/// The principal component analysis of the voxel centres.
struct PrincipalAxes {
    /// `λ_major ≥ λ_minor ≥ λ_least`, in mm².
    eigenvalues: [f64; 3],
    /// `λ_major λ_minor λ_least`, exactly.
    determinant: Rational,
}

impl PrincipalAxes {
    /// The eigenvalues of the covariance with denominator `N_v − 1`.
    fn of(phantom: &ExactPhantom) -> Option<Self> {
        let centres = &phantom.region.levels;
        let voxels = centres.len() as i64;
        if voxels < 2 {
            return None;
        }
        let sum_of = |f: &dyn Fn(&Position) -> i64| -> i64 { centres.keys().map(f).sum() };
        let covariance = |a: usize, b: usize| {
            // N² cov = N Σ x y − Σ x Σ y, with the denominator N (N − 1) for N²
            let products = voxels * sum_of(&|p| p[a] * p[b]);
            let product = sum_of(&|p| p[a]) * sum_of(&|p| p[b]);
            ratio(products - product, voxels * (voxels - 1))
                * &phantom.spacing_mm[a]
                * &phantom.spacing_mm[b]
        };
        let matrix = std::array::from_fn(|a| std::array::from_fn(|b| covariance(a, b)));
        Some(Self {
            eigenvalues: eigenvalues(&matrix),
            determinant: determinant(&matrix),
        })
    }

    /// `λ / λ_major` of the minor (1) or least (2) axis.
    fn relative(&self, axis: usize) -> f64 {
        self.eigenvalues[axis] / self.eigenvalues[0]
    }

    /// The manual's area of the approximate enclosing ellipsoid (RDD2):
    /// `4 π a b Σ_ν (α β)^ν / (1 − 4 ν²) P_ν((α² + β²) / (2 α β))`, with `α² = 1 − b²/a²` and `β² = 1 − c²/a²`.
    ///
    /// It is taken as it stands, for the references agree with it. The surface of an ellipsoid has the same series
    /// with eccentricities against the least axis, `1 − c²/a²` and `1 − c²/b²`; the digital phantom's area density
    /// would then be 1.30 and not 1.36.
    ///
    /// `Q_ν = (α β)^ν P_ν` is a polynomial in `α²` and `β²`, also where `α β = 0`, and follows Bonnet's recursion
    /// `(ν + 1) Q_{ν+1} = (2 ν + 1) ½ (α² + β²) Q_ν − ν α² β² Q_{ν−1}`.
    fn ellipsoid_area(&self) -> f64 {
        let [alpha2, beta2] = [1, 2].map(|axis| 1.0 - self.relative(axis));
        let half_sum = (alpha2 + beta2) / 2.0;
        let (mut previous, mut current) = (0.0, 1.0);
        let mut terms = Vec::new();
        for degree in 0..=LEGENDRE_DEGREE {
            let nu = f64::from(degree);
            terms.push(current / (1.0 - 4.0 * nu * nu));
            let next = ((2.0 * nu + 1.0) * half_sum * current - nu * alpha2 * beta2 * previous)
                / (nu + 1.0);
            (previous, current) = (current, next);
        }
        let [a, b] = [0, 1].map(|axis: usize| 2.0 * self.eigenvalues[axis].sqrt());
        4.0 * PI * a * b * sum(terms)
    }
}

type Matrix = [[Rational; 3]; 3];

fn trace(m: &Matrix) -> Rational {
    (0..3).map(|a| m[a][a].clone()).sum()
}

/// Laplace expansion along the first row.
fn determinant(m: &Matrix) -> Rational {
    (0..3)
        .map(|a| {
            let (b, c) = ((a + 1) % 3, (a + 2) % 3);
            &m[0][a] * (&m[1][b] * &m[2][c] - &m[1][c] * &m[2][b])
        })
        .sum()
}

/// The sum of the three principal minors.
fn principal_minors(m: &Matrix) -> Rational {
    [(0, 1), (1, 2), (2, 0)]
        .into_iter()
        .map(|(a, b)| &m[a][a] * &m[b][b] - &m[a][b] * &m[b][a])
        .sum()
}

/// The roots of the characteristic cubic of a symmetric matrix without negative eigenvalues, largest first.
///
/// With `K = M − q I`, `q = tr M / 3`, `P = tr K² / 6` and `D = det K / 2` the roots are
/// `q + 2 √P cos(φ + 2πk/3)`, `3 φ = atan2(√(P³ − D²), D)`. `q`, `P`, `D` and `P³ − D²` are exact, so that equal roots
/// come out equal; a root that is zero is known from the exact invariants.
fn eigenvalues(m: &Matrix) -> [f64; 3] {
    let q = trace(m) / whole(3);
    let k: Matrix = std::array::from_fn(|a| {
        std::array::from_fn(|b| {
            if a == b {
                &m[a][b] - &q
            } else {
                m[a][b].clone()
            }
        })
    });
    let p = k.iter().flatten().map(|e| e.pow(2)).sum::<Rational>() / whole(6);
    let d = determinant(&k) / whole(2);
    let discriminant = p.pow(3) - d.pow(2);
    debug_assert!(
        !discriminant.is_negative(),
        "a symmetric matrix has real roots"
    );
    let phi = sqrt(&discriminant).atan2(to_f64(&d)) / 3.0;
    let root = |k: f64| to_f64(&q) + 2.0 * sqrt(&p) * (phi + 2.0 * PI * k / 3.0).cos();

    let major = root(0.0);
    let (minors, product) = (principal_minors(m), determinant(m));
    if minors.is_zero() {
        [major, 0.0, 0.0]
    } else if product.is_zero() {
        [major, to_f64(&minors) / major, 0.0]
    } else {
        let minor = root(-1.0);
        [major, minor, to_f64(&product) / (major * minor)]
    }
}

#[cfg(test)]
mod tests {
    use radgauge_engine::volume::{Grid, Image, Mask};

    use super::*;

    /// The whole of an image of the given size, all intensities 1.
    fn block(size: [usize; 3], spacing_mm: [f64; 3]) -> ExactPhantom {
        let grid = Grid::axis_aligned(size, spacing_mm);
        let image = Image::from_fn(grid.clone(), |_| 1.0);
        let mask = Mask::from_fn(grid, |_| true);
        ExactPhantom::new(&image, &mask).expect("a small block of ones")
    }

    #[track_caller]
    fn close(what: &str, value: f64, by_hand: f64) {
        assert!(
            (value - by_hand).abs() <= 1e-14 * by_hand.abs(),
            "{what}: {value} is not {by_hand}"
        );
    }

    /// The mesh of an n³ cube has its edges and corners cut off.
    #[test]
    fn cubes_have_their_closed_forms() {
        for n in 1..=4 {
            let phantom = block([n; 3], [1.0; 3]);
            let shape = Shape::new(&phantom);
            let n = n as f64;
            let by_hand = [
                ("RNU0", n.powi(3) - 1.5 * (n - 1.0) - 5.0 / 6.0),
                (
                    "C0JK",
                    6.0 * (n - 1.0).powi(2) + 12.0 * (n - 1.0) / 2_f64.sqrt() + 3_f64.sqrt(),
                ),
                ("L0JK", (n * n + 2.0 * (n - 1.0).powi(2)).sqrt()),
                ("R3ER", 1.0), // it is convex
                ("7T7F", 1.0),
            ];
            for (code, by_hand) in by_hand {
                let value = shape.feature(code).expect("defined for every cube");
                close(&format!("{code} of a cube of {n}"), value, by_hand);
            }
        }
    }

    #[test]
    fn spacing_scales_every_axis() {
        let phantom = block([1, 1, 1], [1.0, 2.0, 4.0]);
        let shape = Shape::new(&phantom);
        let value = |code| shape.feature(code).expect("defined for one voxel");
        close("volume of the octahedron", value("RNU0"), 8.0 / 6.0);
        // eight faces, each ½ |(½, 0, 0)−(0, 1, 0) × (½, 0, 0)−(0, 0, 2)| = ½ |(2, 1, ½)|
        close(
            "area of the octahedron",
            value("C0JK"),
            4.0 * 5.25_f64.sqrt(),
        );
        close("diameter", value("L0JK"), 4.0);
        close("volume density", value("PBX1"), 1.0 / 6.0);
        close("area density", value("R59B"), 5.25_f64.sqrt() / 7.0);
    }

    #[test]
    fn axes_of_blocks_by_pencil() {
        // n voxels in a row have the variance n (n + 1) / 12 with denominator n − 1; in a block each coordinate is
        // repeated, so that the denominator is N − 1
        let phantom = block([2, 2, 3], [1.0, 1.0, 2.0]);
        let shape = Shape::new(&phantom);
        let value = |code| shape.feature(code).expect("defined for a block");
        close("major", value("TDIC"), 4.0 * (4.0 * 8.0 / 11.0_f64).sqrt());
        close("minor", value("P9VJ"), 4.0 * (3.0 / 11.0_f64).sqrt());
        close("least", value("7J51"), 4.0 * (3.0 / 11.0_f64).sqrt());
        close("flatness", value("N17B"), (3.0 / 32.0_f64).sqrt());
    }

    #[test]
    fn flat_shapes_have_no_ellipsoid() {
        let feature = |size, code| Shape::new(&block(size, [1.0; 3])).feature(code);
        assert_eq!(feature([1, 1, 1], "TDIC"), None, "a voxel has no axes");
        assert_eq!(feature([3, 1, 1], "TDIC"), Some(4.0), "a row of 3: λ = 1");
        assert_eq!(feature([3, 1, 1], "Q3CK"), Some(0.0), "a row has no width");
        assert_eq!(feature([3, 1, 1], "RDD2"), None, "its ellipsoid no area");
        assert_eq!(feature([3, 3, 1], "7J51"), Some(0.0), "a plane no height");
        assert_eq!(feature([3, 3, 1], "6BDE"), None, "its ellipsoid no volume");
    }

    /// For `b = c` the argument of `P_ν` is 1, and so is `P_ν`.
    #[test]
    fn ellipsoid_of_revolution_by_pencil() {
        let axes = PrincipalAxes {
            eigenvalues: [4.0, 1.0, 1.0],
            determinant: whole(4),
        };
        let series = (0..=20).map(|nu| 0.75_f64.powi(nu) / f64::from(1 - 4 * nu * nu));
        let by_hand = 4.0 * PI * 4.0 * 2.0 * series.sum::<f64>();
        close("area", axes.ellipsoid_area(), by_hand);
    }

    #[test]
    fn a_sphere_like_shape_has_a_sphere() {
        let shape = block([2, 2, 2], [1.0; 3]);
        let axes = PrincipalAxes::of(&shape).expect("eight voxels");
        // λ = 8 · ¼ / 7 for every axis, and the area 4 π a²
        close("λ", axes.eigenvalues[2], 2.0 / 7.0);
        close("area", axes.ellipsoid_area(), 4.0 * PI * 4.0 * 2.0 / 7.0);
    }

    #[test]
    fn autocorrelation_of_a_row_by_pencil() {
        // 1 2 at a distance of 2 mm: I = 2/1 · 2 (−¼) / 2 / ½ = −1, C = 1/2 · ... = 1
        let grid = Grid::axis_aligned([2, 1, 1], [2.0; 3]);
        let image = Image::from_flat(grid.clone(), vec![1.0, 2.0]);
        let mask = Mask::from_flat(grid, vec![true; 2]);
        let phantom = ExactPhantom::new(&image, &mask).expect("two voxels");
        let shape = Shape::new(&phantom);
        assert_eq!(shape.feature("N365"), Some(-1.0), "Moran's I");
        assert_eq!(shape.feature("NPT7"), Some(1.0), "Geary's C");
        // centroid at 1, weighted centroid at 2 · 2 / 3
        close("shift", shape.feature("KLMA").expect("defined"), 1.0 / 3.0);
        assert_eq!(
            Shape::new(&block([2, 1, 1], [1.0; 3])).feature("N365"),
            None,
            "no spread of intensities"
        );
    }
}
