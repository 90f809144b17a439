//! The Simoncelli wavelet.

use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError,
    fft::{continued_axes, respond},
    frequencies::Frequencies,
    transfer::{FourierGrid, Radial, RealResponse},
};
use crate::{
    settings::{SettingsError, check_value},
    volume::{Image, Volume},
};

/// The band-pass map B of the Simoncelli wavelet (PRT7), a non-separable wavelet (LODD): undecimated, isotropic, worked
/// out in the Fourier domain.
///
/// # Formula
/// ```text
/// ĝ(ν) = cos(π/2 · log₂(2 ‖ν‖ / b))   if b/4 ≤ ‖ν‖ ≤ b, else 0        b = ν_B / 2^(j−1)
/// ```
/// `j` is the `level`, from 1 on; the response is strongest to waves of `2^(j+1)` voxels. Frequencies are those of the
/// voxels, so that voxels need not be isotropic, but the filter is isotropic in voxels, not in mm.
///
/// # Borders
/// The filter has the support of the whole image. A periodic image is transformed as it is, which is what tests 8.a.1 to
/// 8.a.3 ask for. With every other boundary condition the image is continued to twice its size along every axis, half of
/// it on either side, as reference map 10.b.1 has it; with mirrored borders that is the endless mirror image.
/// The coordinates of the frequencies and with them the filter depend on the size of what is transformed: all reference
/// values of IBSI 2 phase 2, whose padding was free, are met with a periodic image, all but three with mirrored borders.
///
/// # Source
/// IBSI 2 manual, section *Non-separable wavelets*. In the manual's formula the first level has ν_B itself.
///
/// # Example
/// ```
/// use radgauge_engine::filter::{Filter, Simoncelli};
///
/// let text = "level = 2\nboundary = 'periodic'\n";
/// let simoncelli: Simoncelli = toml::from_str(text)?;
/// assert!(Filter::Simoncelli(simoncelli).check().is_ok());
/// let simoncelli: Simoncelli = toml::from_str(&text.replace('2', "0"))?;
/// assert!(Filter::Simoncelli(simoncelli).check().is_err(), "levels count from 1");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simoncelli {
    /// Decomposition level j (GCEK), from 1 on.
    pub level: u32,
    /// In slices or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// What stands beyond the image.
    #[serde(default)]
    pub boundary: Boundary,
    /// Coordinates of the frequencies.
    #[serde(default)]
    pub frequencies: Frequencies,
}

/// The deepest decomposition level that is accepted: waves of 2³¹ voxels.
const MAX_LEVEL: u32 = 30;

const NAME: &str = "simoncelli";

/// `ĝ` of a level as a function of `‖ν‖²`, ν in units of ν_B.
pub(super) fn band_pass(level: u32) -> impl Fn(f64) -> f64 + Sync {
    let scale = f64::from(2 * (level - 1)).exp2();
    move |radius_squared| {
        let relative = scale * radius_squared;
        if (1.0 / 16.0..=1.0).contains(&relative) {
            (std::f64::consts::FRAC_PI_4 * (4.0 * relative).log2()).cos()
        } else {
            0.0
        }
    }
}

pub(super) fn check_level(level: u32, key: &'static str) -> Result<(), SettingsError> {
    check_value(
        (1..=MAX_LEVEL).contains(&level),
        key,
        "a decomposition level from 1 to 30",
        level,
    )
}

/// Refuses a level whose waves are longer than the image, or at which the band holds what the image has for a mean.
pub(super) fn expect_room(
    filter: &'static str,
    level: u32,
    size: &[usize],
    grid: &FourierGrid,
) -> Result<(), FilterError> {
    let longest = size.iter().max().copied().unwrap_or(0) as f64;
    let lowest = f64::from(level + 1).exp2().recip();
    if longest * lowest >= 1.0 && grid.radius_of_mean() < lowest {
        return Ok(());
    }
    Err(FilterError::TooCoarse {
        filter,
        level,
        wave: 1 << (level + 1),
        size: size.to_vec(),
    })
}

impl Behaviour for Simoncelli {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self) -> Result<(), SettingsError> {
        check_level(self.level, "filter.level")?;
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let axes = continued_axes(image.size(), self.dimension, self.boundary, 0);
        let grid = FourierGrid::new(&axes, self.frequencies);
        let size = &image.size()[..self.dimension.axes()];
        expect_room(NAME, self.level, size, &grid)?;
        let symbol = Radial::new(&grid, band_pass(self.level));
        let transfer = RealResponse::new(grid, symbol, 0);
        let response = respond(image, &axes, self.boundary.constant(), &transfer);
        Ok(Volume::from_flat(image.grid().clone(), response))
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

    use proptest::prelude::*;
    use rustfft::num_complex::Complex64;

    use super::*;
    use crate::filter::{
        Filter,
        samples::{combined, difference, moved, noise, rearranged, turned_about_x, turned_about_z},
    };
    use crate::volume::Grid;

    fn filter(level: u32, boundary: Boundary, frequencies: Frequencies) -> Simoncelli {
        Simoncelli {
            level,
            dimension: Dimension::Volume,
            boundary,
            frequencies,
        }
    }

    fn respond(filter: Simoncelli, image: &Image) -> Image {
        let filter = Filter::Simoncelli(filter);
        filter.apply(image).expect("the level fits the image")
    }

    #[test]
    fn band_by_hand() {
        for (level, highest) in [(1, 1.0), (2, 0.5), (5, 0.0625)] {
            let g = |radius: f64| band_pass(level)((radius * highest).powi(2));
            assert_eq!(g(0.5), 1.0, "level {level}: the middle of the band");
            for edge in [0.25, 1.0] {
                assert!(g(edge).abs() < 1e-15, "level {level}: an edge of the band");
            }
            assert!((g(FRAC_1_SQRT_2) - FRAC_1_SQRT_2).abs() < 1e-15, "cos(π/4)");
            assert_eq!([g(0.0), g(0.249), g(1.001), g(1.7)], [0.0; 4], "outside");
        }
    }

    proptest! {
        /// With what lies below the lowest and above the highest band the squares of all bands sum to one.
        #[test]
        fn bands_share_unity(radius in 0.0_f64..1.8, levels in 1_u32..8) {
            let bands: f64 = (1..=levels).map(|j| band_pass(j)(radius * radius).powi(2)).sum();
            let lowest = f64::from(levels).exp2().recip();
            let low = if radius <= lowest / 2.0 {
                1.0
            } else if radius <= lowest {
                (PI / 2.0 * (2.0 * radius / lowest).log2()).cos()
            } else {
                0.0
            };
            let high = if radius >= 1.0 {
                1.0
            } else if radius >= 0.5 {
                (PI / 2.0 * radius.log2()).cos()
            } else {
                0.0
            };
            prop_assert!((bands + low * low + high * high - 1.0).abs() < 1e-13);
        }

        #[test]
        fn linear(a in -3.0_f64..3.0, b in -3.0_f64..3.0) {
            let (f, g) = (noise([6, 5, 7], 1), noise([6, 5, 7], 2));
            for boundary in [Boundary::Zero, Boundary::Nearest, Boundary::Periodic, Boundary::Mirror] {
                let filter = filter(1, boundary, Frequencies::default());
                let of_sum = respond(filter, &combined(a, &f, b, &g));
                let sum = combined(a, &respond(filter, &f), b, &respond(filter, &g));
                prop_assert!(difference(&of_sum, &sum) < 1e-13);
            }
        }

        #[test]
        fn equivariant_to_shifts(x in 0_usize..6, y in 0_usize..5, z in 0_usize..7) {
            let image = noise([6, 5, 7], 3);
            let filter = filter(1, Boundary::Periodic, Frequencies::default());
            let of_moved = respond(filter, &moved(&image, [x, y, z]));
            prop_assert!(difference(&of_moved, &moved(&respond(filter, &image), [x, y, z])) < 1e-14);
        }
    }

    #[test]
    fn bands_share_the_energy_of_an_image() {
        // Waves from the highest frequency of the fourth level's middle up to that of the first.
        let image = Volume::from_fn(Grid::axis_aligned([32, 16, 16], [1.0; 3]), |[x, y, z]| {
            let wave = |kx: f64, ky: f64, kz: f64| {
                (TAU * (kx * x as f64 / 32.0 + ky * y as f64 / 16.0 + kz * z as f64 / 16.0) + kx)
                    .sin()
            };
            wave(1.0, 0.0, 0.0) + wave(2.0, 1.0, 0.0) - 2.0 * wave(1.0, -2.0, 1.0)
                + wave(4.0, 0.0, 3.0)
        });
        let energy = |image: &Image| -> f64 { image.as_slice().iter().map(|v| v * v).sum() };
        let bands: f64 = (1..=4)
            .map(|level| {
                energy(&respond(
                    filter(level, Boundary::Periodic, Frequencies::Fourier),
                    &image,
                ))
            })
            .sum();
        let whole = energy(&image);
        assert!((bands - whole).abs() < 1e-12 * whole, "{bands} vs {whole}");
    }

    /// The impulse response is the transform of the formula, on a grid counted from end to end as in the manual's figure.
    #[test]
    fn impulse_response_is_the_kernel() {
        for size in [[6, 5, 4], [5, 5, 3]] {
            let impulse = Volume::from_fn(Grid::axis_aligned(size, [1.0; 3]), |voxel| {
                f64::from(u8::from(voxel == [0; 3]))
            });
            let kernel = Volume::from_fn(impulse.grid().clone(), |x| {
                let mut sum = Complex64::ZERO;
                for i in 0..size[0] {
                    for j in 0..size[1] {
                        for l in 0..size[2] {
                            let (mut radius, mut turns) = (0.0, 0.0);
                            for (axis, i) in [i, j, l].into_iter().enumerate() {
                                let n = size[axis];
                                radius += (2.0 * i as f64 / (n as f64 - 1.0) - 1.0).powi(2);
                                let k = i as f64 - (n / 2) as f64;
                                turns += k * x[axis] as f64 / n as f64;
                            }
                            let radius = radius.sqrt();
                            let inside = (0.25..=1.0).contains(&radius);
                            let g = (PI / 2.0 * (2.0 * radius).log2()).cos();
                            sum += if inside { g } else { 0.0 } * Complex64::cis(TAU * turns);
                        }
                    }
                }
                sum.re / impulse.grid().len() as f64
            });
            // A grid of four points is too coarse for a response map, not for a transfer function.
            let axes = continued_axes(size, Dimension::Volume, Boundary::Periodic, 0);
            let grid = FourierGrid::new(&axes, Frequencies::Endpoints);
            let transfer = RealResponse::new(grid.clone(), Radial::new(&grid, band_pass(1)), 0);
            let response = super::respond(&impulse, &axes, 0.0, &transfer);
            let response = Volume::from_flat(impulse.grid().clone(), response);
            assert!(difference(&response, &kernel) < 1e-15, "{size:?}");
        }
    }

    /// Every boundary condition is that of a periodic image twice the size.
    #[test]
    fn continued_images_are_filtered() {
        let image = noise([6, 5, 7], 4);
        let size = image.size();
        let start = size.map(|n| n / 2);
        for boundary in [
            Boundary::Zero,
            Boundary::Constant(-2.0),
            Boundary::Nearest,
            Boundary::Mirror,
        ] {
            for frequencies in [Frequencies::Endpoints, Frequencies::Fourier] {
                let twice = Grid::axis_aligned(size.map(|n| 2 * n), [1.0; 3]);
                let continued = Volume::from_fn(twice, |voxel| {
                    let source: Option<Vec<usize>> = (0..3)
                        .map(|axis| {
                            let index = voxel[axis].cast_signed() - start[axis].cast_signed();
                            boundary.source(index, size[axis])
                        })
                        .collect();
                    source.map_or(boundary.constant(), |s| image.voxels()[[s[0], s[1], s[2]]])
                });
                let whole = respond(filter(1, Boundary::Periodic, frequencies), &continued);
                let expected = rearranged(&whole, size, |voxel| {
                    std::array::from_fn(|axis| voxel[axis] + start[axis])
                });
                let response = respond(filter(1, boundary, frequencies), &image);
                let off = difference(&response, &expected);
                assert!(off < 1e-13, "{boundary:?} {frequencies:?}: {off}");
            }
        }
    }

    #[test]
    fn isotropic_where_the_grid_is() {
        for (size, boundary, frequencies) in [
            ([7, 9, 5], Boundary::Periodic, Frequencies::Endpoints),
            ([6, 8, 5], Boundary::Mirror, Frequencies::Fourier),
            ([6, 8, 5], Boundary::Zero, Frequencies::Fourier),
        ] {
            let image = noise(size, 5);
            let filter = filter(1, boundary, frequencies);
            for turn in [turned_about_z, turned_about_x] {
                let off = difference(
                    &respond(filter, &turn(&image)),
                    &turn(&respond(filter, &image)),
                );
                assert!(off < 1e-14, "{boundary:?} {frequencies:?}: {off}");
            }
        }
    }

    #[test]
    fn slices_are_filtered_by_themselves() {
        let image = noise([9, 8, 3], 6);
        let in_slices = Simoncelli {
            dimension: Dimension::Slice,
            ..filter(1, Boundary::Mirror, Frequencies::default())
        };
        let whole = respond(in_slices, &image);
        for z in 0..3 {
            let slice = |image: &Image| rearranged(image, [9, 8, 1], |[x, y, _]| [x, y, z]);
            assert!(
                difference(&slice(&whole), &respond(in_slices, &slice(&image))) < 1e-15,
                "slice {z}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refusal = |filter: Simoncelli, size| {
            let filter = Filter::Simoncelli(filter);
            filter
                .apply(&noise(size, 7))
                .expect_err("it does not fit")
                .to_string()
        };
        let at = |level| filter(level, Boundary::Mirror, Frequencies::Endpoints);
        assert_eq!(
            refusal(at(0), [8; 3]),
            "`filter.level`: expected a decomposition level from 1 to 30, found `0`"
        );
        assert_eq!(
            refusal(at(4), [16, 16, 8]),
            "filter `simoncelli`: level 4 is for waves of 32 voxels, too long for an image of [16, 16, 8] voxels along \
             the axes of the filter: use a lower level, or `dimension = \"2d\"` for few slices"
        );
        assert!(
            refusal(at(1), [64, 64, 1]).contains("[64, 64, 1]"),
            "one slice on a grid without frequency 0"
        );
        let one_slice = noise([16, 16, 1], 8);
        let in_slices = Simoncelli {
            dimension: Dimension::Slice,
            ..at(1)
        };
        assert!(
            respond(in_slices, &one_slice)
                .as_slice()
                .iter()
                .any(|v| *v != 0.0),
            "a slice is enough in 2D"
        );
        let of_volume = respond(
            filter(1, Boundary::Mirror, Frequencies::Fourier),
            &one_slice,
        );
        let of_slice = respond(
            Simoncelli {
                frequencies: Frequencies::Fourier,
                ..in_slices
            },
            &one_slice,
        );
        assert!(
            difference(&of_volume, &of_slice) < 1e-14,
            "mirrored, one slice is constant along z"
        );
        let mut broken = noise([8; 3], 9);
        broken.as_mut_slice()[3] = f64::NAN;
        assert!(
            matches!(
                Filter::Simoncelli(at(1)).apply(&broken),
                Err(FilterError::NotFinite {
                    voxel: [3, 0, 0],
                    ..
                })
            ),
            "NaN would reach every voxel"
        );
    }
}
