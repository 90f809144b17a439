//! Scans that never were: synthetic abdominal CT, so that a study can be tried with nothing downloaded.
//!
//! The field of view holds the right upper abdomen: air, skin fat, the muscle of the wall with ribs, visceral fat, a
//! stomach with gas, and a liver with three enhanced vessels and a lesion, which is the region of interest. Patients
//! differ by seed in size, shape, place, contrast and texture of the lesion, in its dark core, in the thickness of the
//! fat, the course of the vessels and the noise of the image.
//!
//! - **Partial volume**: a voxel is the average of twelve points in it, so that borders are mixtures.
//! - **Noise** is a Gaussian field that is correlated over one to two voxels, as that of a reconstructed CT is; liver and
//!   lesion have a coarser texture of their own.
//! - Intensities are Hounsfield units, rounded to whole numbers.
//!
//! The phantom is no model of a disease: it has the structure that perturbations and settings act upon.

use radgauge_engine::volume::{Grid, Image, Mask};

use crate::{
    field::{Axes, GaussianField},
    random::Draws,
};

/// Number of voxels along x, y, z.
const SIZE: [usize; 3] = [96, 96, 40];

/// Distance between voxel centres in mm.
const SPACING_MM: [f64; 3] = [1.25, 1.25, 2.5];

/// Points per voxel along x, y, z.
const POINTS: [usize; 3] = [2, 2, 3];

/// What a seed's stream is for.
mod stream {
    pub(super) const PATIENT: u64 = 0;
    pub(super) const FINE_NOISE: u64 = 1;
    pub(super) const COARSE_NOISE: u64 = 2;
    pub(super) const PARENCHYMA: u64 = 3;
    pub(super) const LESION: u64 = 4;
}

/// A scan with its region of interest.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// Intensities in Hounsfield units, whole numbers.
    pub image: Image,
    /// The lesion.
    pub mask: Mask,
}

/// A synthetic abdominal CT: 96 × 96 × 40 voxels of 1.25 × 1.25 × 2.5 mm, a liver lesion of 2 to 15 mL as its region of
/// interest. Each seed is another patient; a seed gives the same bits on every machine.
///
/// # Example
/// ```
/// let scan = radgauge_phantoms::scan::abdominal_ct(1);
/// assert_eq!(scan.image.size(), [96, 96, 40]);
/// assert!(scan.mask.count() > 500);
/// ```
#[must_use]
pub fn abdominal_ct(seed: u64) -> Scan {
    let patient = Patient::new(seed);
    let axes = centres();
    let field = |stream, spacing_mm| {
        let field = GaussianField {
            seed,
            stream,
            spacing_mm,
        };
        field.sample(&axes)
    };
    let fine = field(stream::FINE_NOISE, 1.3);
    let coarse = field(stream::COARSE_NOISE, 3.0);
    let parenchyma = field(stream::PARENCHYMA, 5.0);
    let texture = field(stream::LESION, patient.lesion.grain_mm);

    let grid = Grid::axis_aligned(SIZE, SPACING_MM);
    let mut inside = Vec::with_capacity(grid.len());
    let mut at = 0;
    let image = Image::from_fn(grid.clone(), |[x, y, z]| {
        let voxel = patient.voxel([axes[0][x], axes[1][y], axes[2][z]]);
        let noise = patient.noise * (0.8 * fine[at] + 0.6 * coarse[at]);
        let liver = voxel.liver * 6.0 * parenchyma[at];
        let lesion = voxel.lesion * patient.lesion.texture * texture[at];
        at += 1;
        inside.push(voxel.lesion >= 0.5);
        (voxel.level + noise + liver + lesion).round()
    });
    Scan {
        image,
        mask: Mask::from_flat(grid, inside),
    }
}

/// Where voxel centres lie: in mm from the centre of the field of view.
fn centres() -> Axes {
    std::array::from_fn(|axis| {
        let middle = (SIZE[axis] - 1) as f64 / 2.0;
        (0..SIZE[axis])
            .map(|i| (i as f64 - middle) * SPACING_MM[axis])
            .collect()
    })
}

/// What a point lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tissue {
    Air,
    Gas,
    Fat,
    Muscle,
    Bone,
    Liver,
    Vessel,
    LesionRim,
    LesionCore,
}

/// The average over a voxel: its level in HU, and the shares of it that are liver and lesion.
struct Voxel {
    level: f64,
    liver: f64,
    lesion: f64,
}

/// A patient: lengths in mm from the centre of the field of view, levels in HU.
struct Patient {
    fat_mm: f64,
    noise: f64,
    liver_level: f64,
    vessel_level: f64,
    stomach: Ellipsoid,
    vessels: [Tube; 3],
    ribs: [Tube; 4],
    lesion: Lesion,
}

impl Patient {
    fn new(seed: u64) -> Self {
        let mut draws = Draws::new(seed, stream::PATIENT);
        let draws = &mut draws;
        let lesion = Lesion::new(draws);
        let hilum = [26.0, draws.between(-8.0, 8.0), draws.between(-8.0, 8.0)];
        let vessels = [4.5, 3.2, 2.4].map(|radius| Tube {
            from: hilum,
            to: [
                draws.between(-30.0, -10.0),
                draws.between(-32.0, 32.0),
                draws.between(-40.0, 40.0),
            ],
            radius: radius * draws.between(0.85, 1.15),
        });
        let fat_mm = draws.between(6.0, 14.0);
        let slope = draws.between(8.0, 20.0);
        // Along the wall from back to front, each a step lower.
        let ribs = [-48.0, -16.0, 16.0, 48.0].map(|z| {
            let wall = |y: f64| WALL.surface(-fat_mm - 4.5, y);
            Tube {
                from: [wall(-30.0), -30.0, z + slope],
                to: [wall(30.0), 30.0, z - slope],
                radius: 4.5,
            }
        });
        Self {
            fat_mm,
            noise: draws.between(8.0, 16.0),
            liver_level: draws.between(95.0, 120.0),
            vessel_level: draws.between(150.0, 190.0),
            stomach: Ellipsoid {
                centre: [46.0, draws.between(20.0, 34.0), draws.between(-20.0, 20.0)],
                radii: [13.0, 17.0, 22.0].map(|radius| radius * draws.between(0.85, 1.15)),
            },
            vessels,
            ribs,
            lesion,
        }
    }

    fn voxel(&self, centre: [f64; 3]) -> Voxel {
        let mut voxel = Voxel {
            level: 0.0,
            liver: 0.0,
            lesion: 0.0,
        };
        let offset = |axis: usize, i: usize| {
            ((i as f64 + 0.5) / POINTS[axis] as f64 - 0.5) * SPACING_MM[axis]
        };
        for k in 0..POINTS[2] {
            for j in 0..POINTS[1] {
                for i in 0..POINTS[0] {
                    let tissue = self.tissue([
                        centre[0] + offset(0, i),
                        centre[1] + offset(1, j),
                        centre[2] + offset(2, k),
                    ]);
                    voxel.level += self.level(tissue);
                    match tissue {
                        Tissue::Liver => voxel.liver += 1.0,
                        Tissue::LesionRim | Tissue::LesionCore => voxel.lesion += 1.0,
                        _ => (),
                    }
                }
            }
        }
        let points = POINTS.iter().product::<usize>() as f64;
        voxel.level /= points;
        voxel.liver /= points;
        voxel.lesion /= points;
        voxel
    }

    /// From the outside in.
    fn tissue(&self, point: [f64; 3]) -> Tissue {
        let depth = WALL.depth(point);
        if depth < 0.0 {
            return Tissue::Air;
        }
        if depth < self.fat_mm {
            return Tissue::Fat;
        }
        if depth < self.fat_mm + 8.0 {
            let is_rib = self.ribs.iter().any(|rib| rib.holds(point));
            return if is_rib { Tissue::Bone } else { Tissue::Muscle };
        }
        match self.lesion.fraction(point) {
            fraction if fraction < self.lesion.core => return Tissue::LesionCore,
            fraction if fraction < 1.0 => return Tissue::LesionRim,
            _ => (),
        }
        if LIVER.holds(point, 1.0) {
            let is_vessel = self.vessels.iter().any(|vessel| vessel.holds(point));
            return if is_vessel {
                Tissue::Vessel
            } else {
                Tissue::Liver
            };
        }
        if self.stomach.holds(point, 1.0) {
            // The gas collects at the front; the wall is an eighth of the radius.
            let is_gas =
                self.stomach.holds(point, 0.875) && point[1] > self.stomach.centre[1] - 6.0;
            return if is_gas { Tissue::Gas } else { Tissue::Muscle };
        }
        Tissue::Fat
    }

    fn level(&self, tissue: Tissue) -> f64 {
        match tissue {
            Tissue::Air => -990.0,
            Tissue::Gas => -900.0,
            Tissue::Fat => -100.0,
            Tissue::Muscle => 55.0,
            Tissue::Bone => 420.0,
            Tissue::Liver => self.liver_level,
            Tissue::Vessel => self.vessel_level,
            Tissue::LesionRim => self.liver_level + self.lesion.contrast,
            Tissue::LesionCore => self.liver_level + self.lesion.core_contrast,
        }
    }
}

/// The liver; what lies outside the abdominal wall is cut off.
const LIVER: Ellipsoid = Ellipsoid {
    centre: [-2.0, 0.0, 0.0],
    radii: [40.0, 54.0, 58.0],
};

/// The body: an elliptic cylinder along z, its centre to the patient's left of the field of view.
const WALL: Wall = Wall {
    centre_x: 75.0,
    radii: [128.0, 100.0],
};

struct Wall {
    centre_x: f64,
    radii: [f64; 2],
}

impl Wall {
    /// How deep a point lies below the skin along x, in mm; negative outside.
    fn depth(&self, point: [f64; 3]) -> f64 {
        point[0] - self.surface(0.0, point[1])
    }

    /// Where the surface lies along x, moved outwards by `margin_mm`.
    fn surface(&self, margin_mm: f64, y: f64) -> f64 {
        let part = y / self.radii[1];
        self.centre_x - self.radii[0] * (1.0 - part * part).max(0.0).sqrt() - margin_mm
    }
}

struct Ellipsoid {
    centre: [f64; 3],
    radii: [f64; 3],
}

impl Ellipsoid {
    /// Whether a point lies in the ellipsoid scaled by `scale`.
    fn holds(&self, point: [f64; 3], scale: f64) -> bool {
        let parts = (0..3).map(|axis| (point[axis] - self.centre[axis]) / self.radii[axis]);
        parts.map(|part| part * part).sum::<f64>() <= scale * scale
    }
}

/// All points within `radius` of a line.
struct Tube {
    from: [f64; 3],
    to: [f64; 3],
    radius: f64,
}

impl Tube {
    fn holds(&self, point: [f64; 3]) -> bool {
        let along: [f64; 3] = std::array::from_fn(|axis| self.to[axis] - self.from[axis]);
        let there: [f64; 3] = std::array::from_fn(|axis| point[axis] - self.from[axis]);
        let t = (dot(there, along) / dot(along, along)).clamp(0.0, 1.0);
        let off: [f64; 3] = std::array::from_fn(|axis| there[axis] - t * along[axis]);
        dot(off, off) <= self.radius * self.radius
    }
}

/// The lesion: a ball with bulges and dents.
struct Lesion {
    centre: [f64; 3],
    radius_mm: f64,
    /// Directions and heights, as shares of the radius.
    bulges: [([f64; 3], f64); 8],
    /// Share of the radius that is core.
    core: f64,
    contrast: f64,
    core_contrast: f64,
    /// Standard deviation of its texture in HU, and the lattice spacing of the field.
    texture: f64,
    grain_mm: f64,
}

impl Lesion {
    fn new(draws: &mut Draws) -> Self {
        let contrast = draws.between(-45.0, -10.0);
        Self {
            centre: [
                draws.between(-12.0, 2.0),
                draws.between(-16.0, 16.0),
                draws.between(-14.0, 14.0),
            ],
            radius_mm: draws.between(10.0, 14.0),
            bulges: [0; 8].map(|_| (draws.direction(), draws.between(-0.22, 0.22))),
            core: draws.between(0.0, 0.65),
            contrast,
            core_contrast: contrast + draws.between(-45.0, -10.0),
            texture: draws.between(6.0, 26.0),
            grain_mm: draws.between(1.8, 4.5),
        }
    }

    /// How far out a point lies, as a share of the way to the surface in its direction.
    fn fraction(&self, point: [f64; 3]) -> f64 {
        let there: [f64; 3] = std::array::from_fn(|axis| point[axis] - self.centre[axis]);
        let square = dot(there, there);
        // No surface is farther out than twice the radius, for bulges are 8 · 0.22 at most and seldom meet.
        if square > 4.0 * self.radius_mm * self.radius_mm {
            return f64::INFINITY;
        }
        let length = square.sqrt();
        if length == 0.0 {
            return 0.0;
        }
        let heights = self.bulges.iter().map(|(direction, height)| {
            // A bump of about 60° across.
            let cosine = (dot(there, *direction) / length).max(0.0);
            height * cosine * cosine * cosine * cosine
        });
        length / (self.radius_mm * (1.0 + heights.sum::<f64>()).max(0.4))
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENTS: u64 = 6;

    fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        (mean, (square / n).sqrt())
    }

    #[test]
    fn a_seed_is_a_patient() {
        let scan = abdominal_ct(3);
        assert_eq!(scan, abdominal_ct(3), "the same seed again");
        let other = abdominal_ct(4);
        assert!(scan.image != other.image, "another image");
        assert!(scan.mask != other.mask, "another lesion");
    }

    /// The bits of a phantom are part of its definition: they change with its version only.
    #[test]
    fn bits_are_those_of_the_first_version() {
        let scan = abdominal_ct(1);
        assert_eq!(
            checksum(&scan),
            5_356_676_675_293_565_148,
            "image and mask of seed 1"
        );
    }

    /// Order-dependent, in whole numbers: intensities are.
    fn checksum(scan: &Scan) -> u64 {
        let voxels = scan.image.as_slice().iter().zip(scan.mask.as_slice());
        voxels.fold(0, |sum: u64, (intensity, inside)| {
            let voxel = (*intensity as i64 + 2048) as u64 * 2 + u64::from(*inside);
            sum.wrapping_mul(1_000_003).wrapping_add(voxel)
        })
    }

    #[test]
    fn lesions_are_of_the_stated_size_and_lie_within_the_image() {
        for seed in 0..PATIENTS {
            let Scan { image, mask } = abdominal_ct(seed);
            assert_eq!(image.grid(), mask.grid(), "seed {seed}: one grid");
            let volume_ml = mask.count() as f64 * mask.grid().voxel_volume_mm3() / 1000.0;
            assert!(
                (2.0..15.0).contains(&volume_ml),
                "seed {seed}: {volume_ml} mL"
            );
            let bounds = mask.bounding_box().expect("there is a lesion");
            for axis in 0..3 {
                let margin_mm = SPACING_MM[axis]
                    * bounds.low[axis].min(SIZE[axis] - 1 - bounds.high[axis]) as f64;
                assert!(
                    margin_mm >= 15.0,
                    "seed {seed}: {margin_mm} mm along axis {axis}"
                );
            }
        }
    }

    /// Every tissue is there, in numbers that matter, with about its level.
    #[test]
    fn image_holds_the_tissues() {
        for seed in 0..PATIENTS {
            let image = abdominal_ct(seed).image;
            let values = image.as_slice();
            assert!(values.iter().all(|v| v.fract() == 0.0), "whole numbers");
            let share = |low: f64, high: f64| {
                let within = values.iter().filter(|v| (low..high).contains(v)).count();
                within as f64 / values.len() as f64
            };
            for (what, low, high, at_least) in [
                ("air and gas", -1100.0, -800.0, 0.05),
                ("fat", -150.0, -50.0, 0.05),
                ("soft tissue and liver", 20.0, 160.0, 0.3),
                ("vessels", 165.0, 300.0, 0.001),
                ("bone", 300.0, 600.0, 0.003),
                ("partial volume of air and fat", -750.0, -200.0, 0.002),
            ] {
                let share = share(low, high);
                assert!(share > at_least, "seed {seed}: {what} fill {share}");
            }
        }
    }

    #[test]
    fn lesions_differ_and_are_darker_than_the_liver() {
        let mut means = Vec::new();
        for seed in 0..PATIENTS {
            let Scan { image, mask } = abdominal_ct(seed);
            let (mean, deviation) = mean_and_deviation(&image.inside(&mask));
            let liver = Patient::new(seed).liver_level;
            assert!(mean < liver, "seed {seed}: {mean} against {liver}");
            assert!(
                (8.0..60.0).contains(&deviation),
                "seed {seed}: SD {deviation}"
            );
            means.push(mean);
        }
        let (_, spread) = mean_and_deviation(&means);
        assert!(spread > 10.0, "means of lesions spread by {spread} HU");
    }

    /// In air, far from everything, there is noise alone: its standard deviation is the patient's, and neighbours
    /// correlate within a slice.
    #[test]
    fn noise_is_correlated() {
        let patient = Patient::new(2);
        let image = abdominal_ct(2).image;
        let corner = |x: usize, y: usize, z: usize| image.voxels()[[x, y, z]] + 990.0;
        let (mut square, mut product, mut n) = (0.0, 0.0, 0.0);
        for z in 0..SIZE[2] {
            for y in 0..8 {
                for x in 0..8 {
                    square += corner(x, y, z) * corner(x, y, z);
                    product += corner(x, y, z) * corner(x + 1, y, z);
                    n += 1.0;
                }
            }
        }
        let deviation = f64::sqrt(square / n);
        assert!(
            (deviation / patient.noise - 1.0).abs() < 0.1,
            "{deviation} of {} HU",
            patient.noise
        );
        let correlation = product / square;
        assert!(
            (0.4..0.8).contains(&correlation),
            "correlation {correlation}"
        );
    }
}
