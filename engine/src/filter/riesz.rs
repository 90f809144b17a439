//! The Riesz transform.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Behaviour, Boundary, Dimension, FilterError,
    fft::{Axis, Lines, continued_axes, respond},
    frequencies::Frequencies,
    gaussian::{Gaussian, default_cutoff, samples},
    gaussian_spectrum::LaplacianOfGaussian,
    isotropic_spacing_mm,
    simoncelli::{band_pass, check_level, expect_room},
    structure_tensor::{Orientations, tensor_components},
    transfer::{FourierGrid, Product, Radial, RealResponse, Symbol},
};
use crate::{
    settings::{SettingsError, check_value},
    volume::{Image, Volume},
};

/// The Riesz transform (AYRS) of an image or of a filter that works alike in all directions: its all-pass derivative of
/// order `l` (OC48).
///
/// # Formula
/// ```text
/// ĝ(ν) = (−i)^L √(L! / l!) · ν^l / ‖ν‖^L · ĝ_of(ν)      L = |l| = Σ lᵢ,  l! = Π lᵢ!,  ν^l = Π νᵢ^lᵢ
/// ```
/// A constant has no derivative: `ĝ(0) = 0`.
///
/// # Alignment (1SD3)
/// With a `structure_sigma_mm` the derivatives are taken along the eigenvectors u₁, u₂, u₃ of the structure tensor of
/// the image instead of x, y, z, sorted by eigenvalue, the largest first:
/// ```text
/// J_mn[k₀] = Σ_k w[k − k₀] · R_m{f}[k] · R_n{f}[k]
/// ```
/// `R_m` is the first-order Riesz transform along an axis, `w` a Gaussian window of this σ and weight 1, cut off at 4 σ.
/// The manual leaves the sign of eigenvectors open, which matters for odd derivatives: here u₁ and u₂ point up the
/// gradient `(R₁f, R₂f, R₃f)[k₀]`, and `u₃ = u₁ × u₂`; in slices u₁ does, and u₂ is u₁ turned from x towards y. Where the
/// tensor is zero nothing is turned. No response map is published for aligned transforms.
///
/// # Borders
/// As [`Simoncelli`](super::Simoncelli); for a Laplacian of Gaussian that reaches farther than half the image, the
/// continuation reaches as far as it does.
///
/// # Memory
/// Four times the image, itself among them; aligned, some thirteen times, with all three directions in use nineteen.
///
/// # Source
/// IBSI 2 manual, section *Riesz*; N. Chenouard and M. Unser, 3D steerable wavelets in practice, IEEE Trans. Image
/// Processing 21 (2012), 4522–4533, for the alignment.
///
/// # Example
/// ```
/// use radgauge_engine::filter::{Filter, Riesz};
///
/// let text = "order = [0, 2, 0]\nof = { kind = 'simoncelli', level = 1 }\n";
/// let riesz: Riesz = toml::from_str(text)?;
/// assert!(Filter::Riesz(riesz).check().is_ok());
/// let in_slices: Riesz = toml::from_str(&format!("{text}dimension = '2d'\n"))?;
/// assert!(Filter::Riesz(in_slices).check().is_err(), "two numbers in slices");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Riesz {
    /// The order l: how often the derivative is taken along x, y and, for a filter in the volume, z.
    pub order: Vec<u32>,
    /// What is transformed.
    #[serde(default)]
    pub of: RieszOf,
    /// In slices or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
    /// What stands beyond the image.
    #[serde(default)]
    pub boundary: Boundary,
    /// Coordinates of the frequencies.
    #[serde(default)]
    pub frequencies: Frequencies,
    /// Standard deviation in mm of the window of the structure tensor (41LN); absent = not aligned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structure_sigma_mm: Option<f64>,
}

/// What a Riesz transform is taken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RieszOf {
    /// The image.
    #[default]
    Identity,
    /// The response to a Laplacian of Gaussian (L6PA).
    LaplacianOfGaussian {
        /// Scale σ* in mm (41LN).
        sigma_mm: f64,
        /// Filter size cutoff d, in units of σ (WGPM).
        #[serde(default = "default_cutoff")]
        cutoff: f64,
    },
    /// The response to a band-pass map of the Simoncelli wavelet (PRT7).
    Simoncelli {
        /// Decomposition level, from 1 on.
        level: u32,
    },
}

const NAME: &str = "riesz";

/// The highest order L that is accepted.
const MAX_ORDER: u32 = 8;

/// The most points of the periodic grid on which a transform is done.
const MAX_POINTS: u64 = 1 << 32;

impl Behaviour for Riesz {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self) -> Result<(), SettingsError> {
        let total = self
            .order
            .iter()
            .fold(0_u32, |sum, l| sum.saturating_add(*l));
        check_value(
            self.order.len() == self.dimension.axes() && (1..=MAX_ORDER).contains(&total),
            "filter.order",
            match self.dimension {
                Dimension::Slice => "two numbers (x, y) with a sum from 1 to 8",
                Dimension::Volume => "three numbers (x, y, z) with a sum from 1 to 8",
            },
            &self.order,
        )?;
        match self.of {
            RieszOf::Identity => {}
            RieszOf::LaplacianOfGaussian { sigma_mm, cutoff } => {
                check_value(
                    (1e-3..=1e4).contains(&sigma_mm),
                    "filter.of.sigma_mm",
                    "a scale from 0.001 to 10000 mm",
                    sigma_mm,
                )?;
                check_value(
                    cutoff > 0.0 && cutoff <= 100.0,
                    "filter.of.cutoff",
                    "a cutoff above 0 and up to 100 times the scale",
                    cutoff,
                )?;
            }
            RieszOf::Simoncelli { level } => check_level(level, "filter.of.level")?,
        }
        if let Some(sigma_mm) = self.structure_sigma_mm {
            check_value(
                (1e-3..=1e4).contains(&sigma_mm),
                "filter.structure_sigma_mm",
                "a scale from 0.001 to 10000 mm",
                sigma_mm,
            )?;
        }
        self.boundary.check()
    }

    fn apply(&self, image: &Image) -> Result<Image, FilterError> {
        let of = self.of_in_voxels(image)?;
        let reach = match of {
            Of::LaplacianOfGaussian { half_width, .. } => half_width,
            Of::Identity | Of::Simoncelli { .. } => 0,
        };
        let transform = Transform::new(self, image, reach)?;
        if let Of::Simoncelli { level } = of {
            let size = &image.size()[..self.dimension.axes()];
            expect_room(NAME, level, size, &transform.grid)?;
        }
        let response = match self.structure_sigma_mm {
            None => transform.component(&self.order, of),
            Some(sigma_mm) => {
                let orientations = self.orientations(image, sigma_mm)?;
                self.aligned(&transform, of, &orientations)
            }
        };
        Ok(Volume::from_flat(image.grid().clone(), response))
    }
}

/// [`RieszOf`] with lengths in voxels.
#[derive(Clone, Copy)]
enum Of {
    Identity,
    LaplacianOfGaussian { sigma: f64, half_width: u32 },
    Simoncelli { level: u32 },
}

impl Riesz {
    fn of_in_voxels(&self, image: &Image) -> Result<Of, FilterError> {
        Ok(match self.of {
            RieszOf::Identity => Of::Identity,
            RieszOf::Simoncelli { level } => Of::Simoncelli { level },
            RieszOf::LaplacianOfGaussian { sigma_mm, cutoff } => {
                let (sigma, half_width) = self.in_voxels(image, sigma_mm, cutoff)?;
                Of::LaplacianOfGaussian { sigma, half_width }
            }
        })
    }

    /// A standard deviation in voxels, and the half width of its kernel.
    fn in_voxels(
        &self,
        image: &Image,
        sigma_mm: f64,
        cutoff: f64,
    ) -> Result<(f64, u32), FilterError> {
        let sigma = sigma_mm / isotropic_spacing_mm(image, self.dimension, NAME)?;
        let taps = samples(sigma, cutoff, NAME)?.len();
        Ok((sigma, taps as u32 / 2))
    }

    fn orientations(&self, image: &Image, sigma_mm: f64) -> Result<Orientations, FilterError> {
        // Refuses a window that is no window of this filter.
        self.in_voxels(image, sigma_mm, default_cutoff())?;
        // Products go on beyond the borders as the image does; a constant has no derivative.
        let window = Gaussian {
            sigma_mm,
            cutoff: default_cutoff(),
            dimension: self.dimension,
            boundary: match self.boundary {
                Boundary::Constant(_) => Boundary::Zero,
                boundary => boundary,
            },
        };
        let transform = Transform::new(self, image, 0)?;
        let dimensions = self.dimension.axes();
        let gradient: Vec<Vec<f64>> = (0..dimensions)
            .map(|axis| {
                let mut order = vec![0; dimensions];
                order[axis] = 1;
                transform.component(&order, Of::Identity)
            })
            .collect();
        let tensor: Vec<Image> = tensor_components(dimensions)
            .map(|[m, n]| {
                let products = gradient[m].par_iter().zip(&gradient[n]);
                let products = products.map(|(a, b)| a * b).collect();
                let products = Volume::from_flat(image.grid().clone(), products);
                window.apply(&products)
            })
            .collect::<Result<_, _>>()?;
        Ok(Orientations::new(&tensor, &gradient, &self.order))
    }

    /// The derivative along the eigenvectors: a sum of all the derivatives of its order along the axes (steerability).
    fn aligned(&self, transform: &Transform, of: Of, orientations: &Orientations) -> Vec<f64> {
        let mut response = vec![0.0; transform.image.grid().len()];
        for order in orders(self.order.iter().sum(), self.order.len()) {
            let component = transform.component(&order, of);
            let scale = (factorial(&order) / factorial(&self.order)).sqrt();
            response
                .par_iter_mut()
                .zip(orientations.coefficients(&order))
                .zip(component)
                .for_each(|((response, coefficient), component)| {
                    *response += scale * coefficient * component;
                });
        }
        response
    }
}

/// An image on the grid of its transforms.
struct Transform<'a> {
    image: &'a Image,
    axes: Vec<Axis>,
    grid: FourierGrid,
    constant: f64,
}

impl<'a> Transform<'a> {
    fn new(riesz: &Riesz, image: &'a Image, reach: u32) -> Result<Self, FilterError> {
        let boundary = riesz.boundary;
        let axes = continued_axes(image.size(), riesz.dimension, boundary, reach as usize);
        let points = axes.iter().try_fold(1_u64, |points, axis| {
            points.checked_mul(axis.period() as u64)
        });
        if points.is_none_or(|points| points > MAX_POINTS) {
            return Err(FilterError::TooWide {
                filter: NAME,
                key: "sigma_mm",
                taps: 1.0 + 2.0 * f64::from(reach),
            });
        }
        Ok(Self {
            image,
            grid: FourierGrid::new(&axes, riesz.frequencies),
            axes,
            constant: boundary.constant(),
        })
    }

    /// The derivative of an order along the axes.
    fn component(&self, order: &[u32], of: Of) -> Vec<f64> {
        let grid = &self.grid;
        let total: u32 = order.iter().sum();
        let over_radius = move |squared: f64| squared.sqrt().powi(-total.cast_signed());
        // What depends on ‖ν‖ alone is worked out together.
        let of: Box<dyn Symbol> = match of {
            Of::Identity => Box::new(Radial::new(grid, over_radius)),
            Of::LaplacianOfGaussian { sigma, half_width } => Box::new(Product(
                LaplacianOfGaussian::new(grid, sigma, half_width),
                Radial::new(grid, over_radius),
            )),
            Of::Simoncelli { level } => {
                let band_pass = band_pass(level);
                let profile = move |squared| band_pass(squared) * over_radius(squared);
                Box::new(Radial::new(grid, profile))
            }
        };
        let symbol = Derivative::new(grid, order, of);
        let transfer = RealResponse::new(grid.clone(), symbol, total);
        respond(self.image, &self.axes, self.constant, &transfer)
    }
}

/// `√(L! / l!) · ν^l / ‖ν‖^L · ĝ_of(ν)`.
struct Derivative {
    /// `√(L! / l!)`.
    scale: f64,
    /// `νᵢ^lᵢ` along the three axes of the grid.
    powers: [Vec<f64>; 3],
    /// `ĝ_of(ν) / ‖ν‖^L`.
    of: Box<dyn Symbol>,
}

impl Derivative {
    fn new(grid: &FourierGrid, order: &[u32], of: Box<dyn Symbol>) -> Self {
        let total: u32 = order.iter().sum();
        let axes = match order {
            [x, y] => [*x, 0, *y],
            [x, y, z] => [*x, *y, *z],
            _ => unreachable!("checked: two or three numbers"),
        };
        let powers = |axis: usize| {
            let coordinates = grid.coordinates[axis].iter();
            coordinates
                .map(|nu| nu.powi(axes[axis].cast_signed()))
                .collect()
        };
        Self {
            scale: (factorial(&[total]) / factorial(order)).sqrt(),
            powers: [0, 1, 2].map(powers),
            of,
        }
    }
}

impl Symbol for Derivative {
    fn plane(&self, x: usize) -> Lines<'_> {
        let mut of = self.of.plane(x);
        let [of_x, of_y, of_z] = &self.powers;
        Box::new(move |y, line| {
            of(y, line);
            let of_xy = self.scale * of_x[x] * of_y[y];
            for (value, of_z) in line.iter_mut().zip(of_z) {
                *value *= of_xy * of_z;
            }
            // The mean, which a grid without coordinate 0 has elsewhere.
            if x == 0 && y == 0 {
                line[0] = 0.0;
            }
        })
    }
}

/// `l! = Π lᵢ!`.
fn factorial(order: &[u32]) -> f64 {
    let factors = order.iter().flat_map(|l| 1..=*l);
    factors.map(f64::from).product()
}

/// All orders of some numbers with this sum.
fn orders(sum: u32, numbers: usize) -> Vec<Vec<u32>> {
    if numbers == 1 {
        return vec![vec![sum]];
    }
    (0..=sum)
        .flat_map(|first| {
            orders(sum - first, numbers - 1)
                .into_iter()
                .map(move |rest| {
                    let mut order = vec![first];
                    order.extend(rest);
                    order
                })
        })
        .collect()
}

#[cfg(test)]
mod tests;
