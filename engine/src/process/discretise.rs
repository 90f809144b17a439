//! Intensity discretisation (4R0B).

mod lloyd_max;

use rayon::prelude::*;

use super::{ProcessError, whole::floor};
use crate::{
    settings::{Discretise, MAX_LEVELS},
    volume::{Image, Mask, Volume},
};

/// The grey levels of a region of interest.
#[derive(Clone, Debug, PartialEq)]
pub struct Discretised {
    /// The grey level of every voxel: 1 to `n_levels` inside the intensity mask, 0 outside.
    pub levels: Volume<u16>,
    /// The number of grey levels N_g: the bins of a fixed bin number, the highest level otherwise. Levels may be
    /// absent.
    pub n_levels: u16,
}

/// Discretises the intensities of `image` inside `mask`. `range` is the re-segmentation range, from whose lower end
/// bins of fixed size are counted.
///
/// # Errors
/// As [`grey_levels`].
///
/// # Panics
/// When image and mask have not the same number of voxels: the caller made both.
#[track_caller]
pub fn discretise(
    image: &Image,
    mask: &Mask,
    method: &Discretise,
    range: Option<[f64; 2]>,
) -> Result<Discretised, ProcessError> {
    Discretised::of(&image.inside(mask), mask, method, range)
}

impl Discretised {
    /// Discretises the intensities of the voxels inside `mask`, given in order, as [`discretise`] does.
    pub(crate) fn of(
        intensities: &[f64],
        mask: &Mask,
        method: &Discretise,
        range: Option<[f64; 2]>,
    ) -> Result<Self, ProcessError> {
        let (inside, n_levels) = grey_levels(intensities, method, range)?;
        let mut levels = vec![0; mask.grid().len()];
        let mut done = 0;
        for run in mask.runs() {
            let next = done + run.len();
            levels[run].copy_from_slice(&inside[done..next]);
            done = next;
        }
        Ok(Self {
            levels: Volume::from_flat(mask.grid().clone(), levels),
            n_levels,
        })
    }
}

/// The grey level of each intensity of a region, from 1 on, and the number of grey levels N_g.
///
/// # Formula
/// ```text
/// FixedBinNumber (K15C)      floor(N_g (X − X_min) / (X_max − X_min)) + 1, and N_g for X = X_max
/// FixedBinSize (Q3RU)        floor((X − low) / w) + 1,   low: lower end of the range if finite, else X_min
/// FixedBinWidthPyradiomics   floor(X / w) − floor(X_min / w) + 1
/// Equalise                   floor(N_g (below + equal / 2) / n) + 1,   below, equal: how many of the n intensities
///                            are lower than X, and equal to X
/// LloydMax                   the number of X's cell, of N_g cells that Lloyd's iteration leads to from equal widths
/// None                       X
/// ```
/// Everything is computed in `f64` in the order in which it is written. Where the formula of a number of bins is 0/0,
/// in a flat region, all levels are 1.
///
/// N_g is the number of bins where it is fixed, else the highest level; both for an empty region, where the highest
/// level is 0.
///
/// # Errors
/// - [`ProcessError::Setting`] for no bin at all, or a width that is not positive and finite
/// - [`ProcessError::NotFinite`] for an intensity that is no number
/// - [`ProcessError::NotGreyLevels`] when `None` is asked for and an intensity is no whole number from 1 to 65535
/// - [`ProcessError::BelowFirstBin`] for an intensity below the lower end of the range
/// - [`ProcessError::TooManyLevels`] for more than [`MAX_LEVELS`] levels
/// - [`ProcessError::RangeTooWide`] when the arithmetic would overflow
pub fn grey_levels(
    intensities: &[f64],
    method: &Discretise,
    range: Option<[f64; 2]>,
) -> Result<(Vec<u16>, u16), ProcessError> {
    if let Discretise::None = method {
        return as_they_are(intensities);
    }
    let extremes = extremes(intensities)?;
    match *method {
        Discretise::None => as_they_are(intensities),
        Discretise::FixedBinNumber { bins } => {
            by_number(intensities, bins, extremes, |bins, [low, high]| {
                fixed_bin_number(intensities, bins, low, high)
            })
        }
        Discretise::Equalise { bins } => by_number(intensities, bins, extremes, |bins, _| {
            equalise(intensities, bins)
        }),
        Discretise::LloydMax { bins } => by_number(intensities, bins, extremes, |bins, _| {
            lloyd_max::grey_levels(intensities, bins)
        }),
        Discretise::FixedBinSize { width } => {
            let lower_end = range.map(|[low, _]| low).filter(|low| low.is_finite());
            by_width(intensities, width, extremes, |[lowest, _]| {
                let low = lower_end.unwrap_or(lowest);
                if lowest < low {
                    return Err(ProcessError::BelowFirstBin {
                        found: lowest,
                        lowest: low,
                    });
                }
                Ok(move |x: f64| floor((x - low) / width) + 1.0)
            })
        }
        Discretise::FixedBinWidthPyradiomics { width } => {
            by_width(intensities, width, extremes, |[lowest, _]| {
                let first = floor(lowest / width);
                Ok(move |x: f64| floor(x / width) - first + 1.0)
            })
        }
    }
}

/// The lowest and the highest intensity, or `None` when there is none.
///
/// # Errors
/// [`ProcessError::NotFinite`] for an intensity that is no number.
pub(crate) fn extremes(intensities: &[f64]) -> Result<Option<[f64; 2]>, ProcessError> {
    if let Some(found) = intensities.iter().find(|x| !x.is_finite()) {
        return Err(ProcessError::NotFinite { found: *found });
    }
    let widened = |[low, high]: [f64; 2], x: &f64| {
        [
            if *x < low { *x } else { low },
            if *x > high { *x } else { high },
        ]
    };
    let first = intensities.first();
    Ok(first.map(|first| intensities.iter().fold([*first; 2], widened)))
}

fn as_they_are(intensities: &[f64]) -> Result<(Vec<u16>, u16), ProcessError> {
    let is_level = |x: &f64| x.fract() == 0.0 && (1.0..=f64::from(MAX_LEVELS)).contains(x);
    if let Some(found) = intensities.iter().find(|x| !is_level(x)) {
        return Err(ProcessError::NotGreyLevels { found: *found });
    }
    let levels: Vec<u16> = intensities.iter().map(|x| *x as u16).collect();
    let highest = levels.iter().copied().max().unwrap_or(0);
    Ok((levels, highest))
}

/// Checks what all methods with a number of bins need checked, and settles the regions without a range of intensities.
fn by_number(
    intensities: &[f64],
    bins: u32,
    extremes: Option<[f64; 2]>,
    levels: impl FnOnce(u16, [f64; 2]) -> Vec<u16>,
) -> Result<(Vec<u16>, u16), ProcessError> {
    if bins == 0 {
        return Err(ProcessError::Setting {
            key: "bins",
            expected: "a number of bins from 1 to 65535",
            found: bins.to_string(),
        });
    }
    let bins = u16::try_from(bins).map_err(|_| ProcessError::TooManyLevels {
        levels: f64::from(bins),
    })?;
    let Some([lowest, highest]) = extremes else {
        return Ok((Vec::new(), bins));
    };
    if lowest == highest {
        return Ok((vec![1; intensities.len()], bins));
    }
    // Sums and products of the methods stay below this.
    if !((highest - lowest) * f64::from(MAX_LEVELS)).is_finite() {
        return Err(ProcessError::RangeTooWide { lowest, highest });
    }
    Ok((levels(bins, [lowest, highest]), bins))
}

fn fixed_bin_number(intensities: &[f64], bins: u16, low: f64, high: f64) -> Vec<u16> {
    let n = f64::from(bins);
    let level = |x: &f64| {
        // Division may round the highest intensities but one up to N_g + 1.
        (floor(n * (x - low) / (high - low)) + 1.0).min(n) as u16
    };
    intensities.par_iter().map(level).collect()
}

/// Histogram equalisation: an intensity goes where the middle of its voxels lies in the order of all voxels, so that
/// each bin has N/N_g voxels but for equal intensities, which are never parted.
fn equalise(intensities: &[f64], bins: u16) -> Vec<u16> {
    let mut sorted = intensities.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len() as u64;
    let level = |x: &f64| {
        let below = sorted.partition_point(|other| other < x) as u64;
        let up_to = sorted.partition_point(|other| other <= x) as u64;
        // Twice the middle, in whole numbers: nothing rounds. It lies below 2 n, so that the bin lies below N_g.
        let bin = u64::from(bins) * (below + up_to) / (2 * n);
        bin as u16 + 1
    };
    intensities.par_iter().map(level).collect()
}

/// Checks what both methods with a bin width need checked, and applies the level function that `levels` makes from the
/// extremes of the region.
fn by_width<F: Fn(f64) -> f64 + Sync>(
    intensities: &[f64],
    width: f64,
    extremes: Option<[f64; 2]>,
    levels: impl FnOnce([f64; 2]) -> Result<F, ProcessError>,
) -> Result<(Vec<u16>, u16), ProcessError> {
    if !(width.is_finite() && width > 0.0) {
        return Err(ProcessError::Setting {
            key: "width",
            expected: "a positive bin width in intensity units",
            found: width.to_string(),
        });
    }
    let Some([lowest, highest]) = extremes else {
        return Ok((Vec::new(), 0));
    };
    let level = levels([lowest, highest])?;
    // Levels grow with the intensity: where the highest fits, all do.
    let n_levels = level(highest);
    if !n_levels.is_finite() {
        return Err(ProcessError::RangeTooWide { lowest, highest });
    }
    if n_levels > f64::from(MAX_LEVELS) {
        return Err(ProcessError::TooManyLevels { levels: n_levels });
    }
    let levels = intensities.par_iter().map(|x| level(*x) as u16).collect();
    Ok((levels, n_levels as u16))
}

#[cfg(test)]
mod tests;
