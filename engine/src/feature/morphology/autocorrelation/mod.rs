//! Spatial autocorrelation of the intensities: what Moran's I and Geary's C have in common.
//!
//! Both are sums over all pairs of voxels, weighted by the inverse of their distance. Up to a few hundred voxels the
//! [`direct`] sum is taken; above, [`spectral`] gets the same sums from the Fourier transform, in time that grows with
//! the volume of the bounding box and not with the square of the number of voxels. Nothing is sampled or approximated.

mod direct;
mod kernel;
mod spectral;

use std::{borrow::Cow, ops::Range};

use crate::{
    feature::Undefined,
    volume::{Image, Mask},
};

/// Weighted sums over all ordered pairs of different voxels `k1 ≠ k2`, with `w = 1 / distance` in 1/mm.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct PairSums {
    /// `Σ w`
    weight: f64,
    /// `Σ w · (x1 − μ)(x2 − μ)`
    product: f64,
    /// `Σ w · (x1 − x2)²`
    squared_difference: f64,
}

/// The intensities of a mask, deviations from their mean, on the mask's bounding box.
struct Field<'a> {
    /// `x − μ` in units of the range of the intensities, 0 outside the mask; x fastest. The two indices do not change
    /// with the scale, and squares can neither overflow nor vanish.
    deviation: Vec<f64>,
    mask: Cow<'a, Mask>,
    /// Number of voxels in the mask.
    voxels: usize,
}

/// The two indices of spatial autocorrelation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Autocorrelation {
    /// Moran's I.
    pub moran_i: f64,
    /// Geary's C.
    pub geary_c: f64,
}

impl Autocorrelation {
    /// The indices of the intensities of an image inside a mask.
    ///
    /// # Undefined
    /// [`Undefined::EmptyRoi`] without voxels, [`Undefined::SingleVoxel`] with one, [`Undefined::NoSpread`] when all
    /// intensities are equal.
    pub fn of(image: &Image, mask: &Mask) -> Result<Self, Undefined> {
        let field = Field::new(image, mask)?;
        let sums = if direct::is_cheaper(&field) {
            direct::pair_sums(&field)
        } else {
            spectral::pair_sums(&field)
        };
        let squares: f64 = field.deviation.iter().map(|d| d * d).sum();
        let voxels = field.voxels as f64;
        Ok(Self {
            moran_i: voxels / sums.weight * (sums.product / squares),
            geary_c: (voxels - 1.0) / (2.0 * sums.weight) * (sums.squared_difference / squares),
        })
    }
}

impl<'a> Field<'a> {
    fn new(image: &Image, mask: &'a Mask) -> Result<Self, Undefined> {
        let bounds = mask.bounding_box().ok_or(Undefined::EmptyRoi)?;
        let (image, mask) = (image.crop(bounds), mask.crop(bounds));
        let runs: Vec<Range<usize>> = mask.runs().collect();
        let inside = || runs.iter().flat_map(|run| &image.as_slice()[run.clone()]);
        let voxels = mask.count();
        if voxels == 1 {
            return Err(Undefined::SingleVoxel);
        }
        let low = inside().copied().fold(f64::INFINITY, f64::min);
        let high = inside().copied().fold(f64::NEG_INFINITY, f64::max);
        if low == high {
            return Err(Undefined::NoSpread);
        }
        // Measured from the lowest intensity and in units of the range, which costs no accuracy and cannot overflow.
        let range = high - low;
        let mean = inside().map(|x| (x - low) / range).sum::<f64>() / voxels as f64;
        let mut deviation = vec![0.0; mask.grid().len()];
        for run in &runs {
            let intensities = &image.as_slice()[run.clone()];
            for (deviation, x) in deviation[run.clone()].iter_mut().zip(intensities) {
                *deviation = (x - low) / range - mean;
            }
        }
        Ok(Self {
            deviation,
            mask,
            voxels,
        })
    }
}
