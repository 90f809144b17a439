//! Local binary patterns.

use std::f64::consts::TAU;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Behaviour, Boundary, FilterError};
use crate::{
    settings::{SettingsError, check_value},
    volume::{Image, Volume},
};

/// Which points on a circle about a voxel are at least as bright as the voxel, as a number. Not IBSI: the definitions
/// are those of T. Ojala, M. Pietikäinen and T. Mäenpää, IEEE Trans. Pattern Anal. Mach. Intell. 24 (2002), 971–987; in
/// volumes, codes are taken in one of the three orthogonal planes, as in LBP-TOP (G. Zhao and M. Pietikäinen, ibid. 29
/// (2007), 915–928).
///
/// # Formula
/// ```text
/// b_p = 1 if g_p ≥ g_c, else 0     p = 0 … P − 1, at (R cos 2πp/P, −R sin 2πp/P) from the voxel
/// plain               Σ b_p 2^p
/// rotation-invariant  the smallest plain code of the bits rotated
/// uniform             Σ b_p if the bits change at most twice around the circle, else P + 1
/// ```
/// `g_c` is the voxel's intensity, `g_p` that of the point, by bilinear interpolation if it is no voxel centre. The first
/// coordinate runs along the plane's first axis, the second along the other. Distances are in voxels, whatever their
/// spacing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalBinaryPattern {
    /// Number of points P.
    #[serde(default = "default_points")]
    pub points: u32,
    /// Radius R of the circle in voxels.
    #[serde(default = "default_radius")]
    pub radius: f64,
    /// What is made of the bits.
    #[serde(default)]
    pub code: PatternCode,
    /// The plane of the circle.
    #[serde(default)]
    pub plane: Plane,
    /// How the image goes on beyond its borders.
    #[serde(default)]
    pub boundary: Boundary,
}

/// What is made of the bits of a local binary pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatternCode {
    /// LBP: a binary number.
    #[default]
    Plain,
    /// LBP-ri: the smallest of the rotated numbers.
    RotationInvariant,
    /// LBP-riu2: the number of ones of a uniform pattern, one value for all others.
    Uniform,
}

/// A plane through two axes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plane {
    /// Slices.
    #[default]
    Xy,
    /// Rows across slices.
    Xz,
    /// Columns across slices.
    Yz,
}

impl Plane {
    fn axes(self) -> [usize; 2] {
        match self {
            Self::Xy => [0, 1],
            Self::Xz => [0, 2],
            Self::Yz => [1, 2],
        }
    }
}

/// The number of neighbours of a pixel.
fn default_points() -> u32 {
    8
}

fn default_radius() -> f64 {
    1.0
}

/// The most points: codes stay whole numbers that any reader of the map can hold.
const MAX_POINTS: u32 = 24;

/// The largest radius, in voxels.
const MAX_RADIUS: f64 = 64.0;

/// A point this close to a voxel centre along an axis lies on it: cosines of right angles are not exactly zero.
const CENTRE_TOLERANCE: f64 = 1e-9;

impl Behaviour for LocalBinaryPattern {
    fn name(&self) -> &'static str {
        "local-binary-pattern"
    }

    fn check(&self) -> Result<(), SettingsError> {
        check_value(
            (2..=MAX_POINTS).contains(&self.points),
            "filter.points",
            "a number of points from 2 to 24",
            self.points,
        )?;
        check_value(
            self.radius > 0.0 && self.radius <= MAX_RADIUS,
            "filter.radius",
            "a radius above 0 and up to 64 voxels",
            self.radius,
        )?;
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let points = self.circle();
        let [nx, ny, _] = image.size();
        let mut codes = vec![0.0; image.grid().len()];
        codes
            .par_chunks_mut(nx)
            .enumerate()
            .for_each(|(row, codes)| {
                for (x, code) in codes.iter_mut().enumerate() {
                    *code = self.code_at(image, &points, [x, row % ny, row / ny]);
                }
            });
        Ok(Volume::from_flat(image.grid().clone(), codes))
    }
}

/// A point of the circle: the voxel at or before it, relative to the centre, and how far behind that voxel it lies, along
/// the axes of the plane.
#[derive(Clone, Copy, Debug)]
struct Point {
    voxel: [isize; 2],
    fraction: [f64; 2],
}

impl LocalBinaryPattern {
    fn circle(&self) -> Vec<Point> {
        (0..self.points)
            .map(|p| {
                let angle = TAU * f64::from(p) / f64::from(self.points);
                let position = [self.radius * angle.cos(), -self.radius * angle.sin()];
                let position = position.map(|x| {
                    let nearest = x.round();
                    if (x - nearest).abs() < CENTRE_TOLERANCE {
                        nearest
                    } else {
                        x
                    }
                });
                Point {
                    voxel: position.map(|x| x.floor() as isize),
                    fraction: position.map(|x| x - x.floor()),
                }
            })
            .collect()
    }

    fn code_at(&self, image: &Image, points: &[Point], centre: [usize; 3]) -> f64 {
        let intensity = image.voxels()[centre];
        let [first, second] = self.plane.axes();
        // Differences to the centre are interpolated, not intensities: exactly zero where the image is flat.
        let difference = |[i, j]: [isize; 2]| {
            let mut at = centre;
            for (axis, offset) in [(first, i), (second, j)] {
                let index = centre[axis] as isize + offset;
                match self.boundary.source(index, image.size()[axis]) {
                    Some(inside) => at[axis] = inside,
                    None => return self.boundary.constant() - intensity,
                }
            }
            image.voxels()[at] - intensity
        };
        let along = |[i, j]: [isize; 2], fraction: f64| {
            let near = difference([i, j]);
            if fraction == 0.0 {
                near
            } else {
                (1.0 - fraction) * near + fraction * difference([i + 1, j])
            }
        };
        let mut bits = 0_u32;
        for (
            p,
            Point {
                voxel: [i, j],
                fraction: [u, v],
            },
        ) in points.iter().enumerate()
        {
            let near = along([*i, *j], *u);
            let value = if *v == 0.0 {
                near
            } else {
                (1.0 - v) * near + v * along([*i, j + 1], *u)
            };
            bits |= u32::from(value >= 0.0) << p;
        }
        f64::from(self.code_of(bits))
    }

    fn code_of(&self, bits: u32) -> u32 {
        let n = self.points;
        let rotated = |by: u32| (bits >> by | bits << (n - by)) & ((1 << n) - 1);
        match self.code {
            PatternCode::Plain => bits,
            PatternCode::RotationInvariant => (1..n).map(rotated).fold(bits, u32::min),
            PatternCode::Uniform if (bits ^ rotated(1)).count_ones() <= 2 => bits.count_ones(),
            PatternCode::Uniform => n + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        filter::testing::{apply, filter, noise},
        volume::{Grid, Image, Volume},
    };

    /// `kind` and keys of a filter.
    fn keys(rest: &str) -> String {
        format!("kind = 'local-binary-pattern'\n{rest}")
    }

    fn plane(rows: [[f64; 3]; 3]) -> Image {
        let grid = Grid::axis_aligned([3, 3, 1], [1.0; 3]);
        Volume::from_flat(grid, rows.concat())
    }

    #[test]
    fn four_neighbours_by_hand() {
        // From the centre 5: right 6 (bit 0), up 5 (bit 1), left 1 (bit 2), down 9 (bit 3).
        let image = plane([[0.0, 5.0, 0.0], [1.0, 5.0, 6.0], [0.0, 9.0, 0.0]]);
        let centre =
            |rest: &str| apply(&keys(&format!("points = 4\n{rest}")), &image).voxels()[[1, 1, 0]];
        assert_eq!(centre(""), f64::from(0b1011));
        assert_eq!(centre("code = 'rotation-invariant'"), f64::from(0b0111));
        assert_eq!(centre("code = 'uniform'"), 3.0);
        assert_eq!(
            centre("code = 'uniform'\nradius = 2\nboundary = 'zero'"),
            0.0,
            "all darker"
        );
    }

    #[test]
    fn patterns_that_change_often_are_not_uniform() {
        let image = plane([[0.0, 1.0, 0.0], [9.0, 5.0, 9.0], [0.0, 1.0, 0.0]]);
        let code = apply(&keys("points = 4\ncode = 'uniform'"), &image).voxels()[[1, 1, 0]];
        assert_eq!(code, 5.0, "0101 changes four times");
    }

    #[test]
    fn points_between_voxels_are_interpolated() {
        // Point 1 of 8 lies √½ to the right and √½ up: (1−a)² 5 + a (1−a) (6 + 4) + a² g with a = √½.
        let with_corner = |corner: f64| {
            let image = plane([[0.0, 4.0, corner], [0.0, 5.0, 6.0], [0.0, 0.0, 0.0]]);
            let code = apply(&keys(""), &image).voxels()[[1, 1, 0]] as u32;
            code >> 1 & 1
        };
        assert_eq!(with_corner(5.0), 1, "the neighbours' differences cancel");
        assert_eq!(with_corner(4.99), 0);
    }

    #[test]
    fn flat_images_have_all_bits() {
        let flat = noise([5, 4, 3]).map(|_| 0.1);
        for plane in ["xy", "xz", "yz"] {
            let codes = apply(&keys(&format!("plane = '{plane}'\nradius = 1.7")), &flat);
            assert!(
                codes.as_slice().iter().all(|code| *code == 255.0),
                "{plane}"
            );
        }
    }

    /// Every plane is the plane of slices once the axes are exchanged.
    #[test]
    fn planes_are_slices_of_the_transposed_volume() {
        let image = noise([5, 4, 6]);
        for (plane, order) in [("xz", [0, 2, 1]), ("yz", [1, 2, 0])] {
            let size = order.map(|axis| image.size()[axis]);
            let transposed = Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |at| {
                let mut source = [0; 3];
                order.iter().zip(at).for_each(|(axis, i)| source[*axis] = i);
                image.voxels()[source]
            });
            let slices = apply(&keys("radius = 1.5"), &transposed);
            let codes = apply(&keys(&format!("radius = 1.5\nplane = '{plane}'")), &image);
            let expected = Volume::from_fn(image.grid().clone(), |at| {
                slices.voxels()[order.map(|axis| at[axis])]
            });
            assert_eq!(codes, expected, "{plane}");
        }
    }

    #[test]
    fn turning_the_image_by_a_right_angle_keeps_invariant_codes() {
        let image = noise([6, 6, 1]);
        let turned = Volume::from_fn(image.grid().clone(), |[x, y, z]| {
            image.voxels()[[y, 5 - x, z]]
        });
        for code in ["rotation-invariant", "uniform"] {
            let keys = keys(&format!("code = '{code}'"));
            let codes = apply(&keys, &image);
            let expected = Volume::from_fn(image.grid().clone(), |[x, y, z]| {
                codes.voxels()[[y, 5 - x, z]]
            });
            assert_eq!(apply(&keys, &turned), expected, "{code}");
        }
    }

    #[test]
    fn impossible_parameters() {
        for (rest, key) in [
            ("points = 1", "filter.points"),
            ("points = 25", "filter.points"),
            ("radius = 0", "filter.radius"),
            ("radius = nan", "filter.radius"),
            ("boundary = { constant = inf }", "filter.boundary"),
        ] {
            let text = format!(
                "[filter]\n{}\n[features]\nfamilies = ['stat']\n",
                keys(rest)
            );
            let error = crate::settings::Settings::from_toml(&text).expect_err("it is impossible");
            assert!(
                error.to_string().starts_with(&format!("`{key}`: ")),
                "{rest}: {error}"
            );
        }
        assert_eq!(filter(&keys("")).name(), "local-binary-pattern");
    }
}
