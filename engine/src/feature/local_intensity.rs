//! Local intensity (9ST6): the mean intensity in 1 cm³ around a voxel.
//!
//! The centre of the sphere lies in the intensity mask; the sphere itself takes every voxel of the image, in the mask
//! or not. Voxels beyond the edge of the image do not exist: the mean is over those that do.
//!
//! A sphere is a set of runs along x, one for each offset along y and z. The sum over a run is the difference of two
//! prefix sums, so a sphere of a thousand voxels costs a hundred of them, and neighbouring centres read neighbouring
//! prefix sums. Runs that reach equally far are added up before the difference is taken, once for all of them.

use std::f64::consts::PI;

use rayon::prelude::*;

use super::{Undefined, Value, Values};
use crate::volume::{Grid, Image, Mask, VoxelBox};

/// Both features, in the order of the catalogue.
///
/// `image` is the whole image, on one grid with the intensity `mask`; intensities are finite.
///
/// # Undefined
/// Both are [`Undefined::EmptyRoi`] when the mask is empty.
///
/// # Panics
/// When image and mask differ in size: the caller made both.
#[must_use = "computing the features has no other effect"]
#[track_caller]
pub fn features(image: &Image, mask: &Mask) -> Values {
    assert_eq!(image.size(), mask.size(), "image and mask lie on one grid");
    let peaks = Peaks::of(image, mask);
    vec![
        ("VJGA", "", local_intensity_peak(peaks)),
        ("0F91", "", global_intensity_peak(peaks)),
    ]
}

/// Local intensity peak: the mean intensity within 1 cm³ around the voxel with the highest intensity.
///
/// IBSI code `VJGA`. Unit: that of the intensities.
///
/// # Formula
/// ```text
/// max over voxels k of the mask with X_k = max X of
///     mean { X_j : |c_j − c_k| ≤ r },    r = (3 / 4π)^(1/3) cm
/// ```
/// `c` are voxel centres in the world; j runs over all voxels of the image. The sphere is closed; the bound is
/// irrational, so no distance on a grid of rational spacing falls on it.
///
/// # Undefined
/// [`Undefined::EmptyRoi`] when the mask is empty.
fn local_intensity_peak(peaks: Result<Peaks, Undefined>) -> Value {
    peaks.map(|peaks| peaks.local)
}

/// Global intensity peak: the highest mean intensity within 1 cm³ around any voxel of the mask.
///
/// IBSI code `0F91`. Unit: that of the intensities.
///
/// # Formula
/// ```text
/// max over voxels k of the mask of mean { X_j : |c_j − c_k| ≤ r },    r = (3 / 4π)^(1/3) cm
/// ```
///
/// # Undefined
/// [`Undefined::EmptyRoi`] when the mask is empty.
fn global_intensity_peak(peaks: Result<Peaks, Undefined>) -> Value {
    peaks.map(|peaks| peaks.global)
}

/// The two peaks.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Peaks {
    local: f64,
    global: f64,
}

impl Peaks {
    fn of(image: &Image, mask: &Mask) -> Result<Self, Undefined> {
        let bounds = mask.bounding_box().ok_or(Undefined::EmptyRoi)?;
        let inside = image.inside(mask);
        let highest = inside.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Prefix sums of deviations from the region's mean stay small, and lose less when subtracted.
        let mean = inside.iter().sum::<f64>() / inside.len() as f64;
        let spheres = Spheres::new(image, bounds, mean);

        let none = Self {
            local: f64::NEG_INFINITY,
            global: f64::NEG_INFINITY,
        };
        let larger = |a: Self, b: Self| Self {
            local: a.local.max(b.local),
            global: a.global.max(b.global),
        };
        let of_slices: Vec<Self> = (bounds.low[2]..=bounds.high[2])
            .into_par_iter()
            .map_init(Accumulator::default, |accumulator, z| {
                (bounds.low[1]..=bounds.high[1])
                    .filter_map(|y| spheres.row_peaks(image, mask, highest, [y, z], accumulator))
                    .fold(none, larger)
            })
            .collect();
        let peaks = of_slices.into_iter().fold(none, larger);
        Ok(Self {
            local: peaks.local + mean,
            global: peaks.global + mean,
        })
    }
}

/// A run of a sphere: voxels from `-reach` to `reach` along x, at an offset along y and z.
#[derive(Clone, Copy, Debug)]
struct Run {
    offset: [isize; 2],
    reach: usize,
}

/// The runs of the sphere of 1 cm³ around a voxel centre, as far as they can matter on the grid, by rising reach.
fn sphere_runs(grid: &Grid) -> Vec<Run> {
    const MM3_PER_CM3: f64 = 1000.0;
    let radius_mm = (3.0 / (4.0 * PI) * MM3_PER_CM3).cbrt();
    let square_mm2 = |steps: usize, axis: usize| (steps as f64 * grid.spacing_mm[axis]).powi(2);
    // The longest reach along an axis within what is left of the squared radius; no further than the grid.
    let reach = |axis: usize, used_mm2: f64| {
        let most = grid.size[axis] - 1;
        let left_mm2 = radius_mm * radius_mm - used_mm2;
        // Start from the root and correct what rounding may have done to it.
        let estimate = (left_mm2.max(0.0).sqrt() / grid.spacing_mm[axis]) as usize;
        (0..=estimate.saturating_add(1).min(most))
            .rev()
            .find(|steps| square_mm2(*steps, axis) <= left_mm2)
    };
    let mut runs = Vec::new();
    let across_z = reach(2, 0.0).unwrap_or(0) as isize;
    for z in -across_z..=across_z {
        let z_mm2 = square_mm2(z.unsigned_abs(), 2);
        let across_y = reach(1, z_mm2).unwrap_or(0) as isize;
        for y in -across_y..=across_y {
            if let Some(reach) = reach(0, z_mm2 + square_mm2(y.unsigned_abs(), 1)) {
                runs.push(Run {
                    offset: [y, z],
                    reach,
                });
            }
        }
    }
    runs.sort_by_key(|run| run.reach);
    runs
}

/// Prefix sums along x of the rows that spheres around a box of voxels can reach.
struct Spheres {
    runs: Vec<Run>,
    /// The centres.
    bounds: VoxelBox,
    /// First and last row along y and along z.
    rows: [[usize; 2]; 2],
    /// The longest run reaches so far.
    longest: usize,
    /// Values in a row of `prefix`: one more than the voxels from `longest` before the box to `longest` after it.
    row_length: usize,
    /// `prefix[i]` is the sum of the deviations of the voxels before the i-th, x fastest. The row goes on beyond the
    /// image, where it adds nothing, so that no run needs to be cut.
    prefix: Vec<f64>,
    /// The same for the number of voxels; equal for all rows.
    counts: Vec<f64>,
}

/// Sums and counts of a row of centres.
#[derive(Default)]
struct Accumulator {
    sums: Vec<f64>,
    counts: Vec<f64>,
    /// Where in the prefix sums the rows begin in which runs of one reach lie.
    rows: Vec<usize>,
    /// The prefix sums of these rows, added up.
    column: Vec<f64>,
}

impl Spheres {
    fn new(image: &Image, bounds: VoxelBox, mean: f64) -> Self {
        let runs = sphere_runs(image.grid());
        let [nx, ny, _] = image.size();
        let longest = runs.iter().map(|run| run.reach).max().unwrap_or(0);
        let rows = [0, 1].map(|i| {
            let across = runs.iter().map(|run| run.offset[i].unsigned_abs()).max();
            let (axis, across) = (i + 1, across.unwrap_or(0));
            [
                bounds.low[axis].saturating_sub(across),
                (bounds.high[axis] + across).min(image.size()[axis] - 1),
            ]
        });
        let row_length = bounds.size()[0] + 2 * longest + 1;
        // The voxel along x at the i-th place of a row, if the image has it.
        let voxel = |i: usize| (bounds.low[0] + i).checked_sub(longest).filter(|x| *x < nx);
        let prefix_of = |value: &dyn Fn(usize) -> f64, out: &mut [f64]| {
            let mut sum = 0.0;
            for (i, out) in out.iter_mut().enumerate() {
                *out = sum;
                sum += voxel(i).map_or(0.0, value);
            }
        };
        let mut counts = vec![0.0; row_length];
        prefix_of(&|_| 1.0, &mut counts);
        let [[low_y, high_y], [low_z, high_z]] = rows;
        let rows_y = high_y - low_y + 1;
        let mut prefix = vec![0.0; row_length * rows_y * (high_z - low_z + 1)];
        prefix
            .par_chunks_mut(row_length)
            .enumerate()
            .for_each(|(row, out)| {
                let start = nx * (low_y + row % rows_y + ny * (low_z + row / rows_y));
                let voxels = &image.as_slice()[start..start + nx];
                prefix_of(&|x| voxels[x] - mean, out);
            });
        Self {
            runs,
            bounds,
            rows,
            longest,
            row_length,
            prefix,
            counts,
        }
    }

    /// Where in `prefix` the row begins in which a run lies for centres in row (y, z), if the image has that row.
    fn row(&self, run: &Run, centres: [usize; 2]) -> Option<usize> {
        let [[low_y, high_y], [low_z, high_z]] = self.rows;
        let y = centres[0].checked_add_signed(run.offset[0])?;
        let z = centres[1].checked_add_signed(run.offset[1])?;
        if !(low_y..=high_y).contains(&y) || !(low_z..=high_z).contains(&z) {
            return None;
        }
        Some(self.row_length * (y - low_y + (high_y - low_y + 1) * (z - low_z)))
    }

    /// The peaks, as deviations, of the centres in one row of voxels; `None` when the mask has none there.
    fn row_peaks(
        &self,
        image: &Image,
        mask: &Mask,
        highest: f64,
        [y, z]: [usize; 2],
        Accumulator {
            sums,
            counts,
            rows,
            column,
        }: &mut Accumulator,
    ) -> Option<Peaks> {
        let [nx, ny, _] = image.size();
        let row = nx * (y + ny * z);
        let inside = &mask.as_slice()[row..row + nx];
        let first = inside.iter().position(|inside| *inside)?;
        let last = inside.iter().rposition(|inside| *inside)?;
        let centres = last - first + 1;
        for buffer in [&mut *sums, &mut *counts] {
            buffer.clear();
            buffer.resize(centres, 0.0);
        }
        for of_one_reach in self.runs.chunk_by(|a, b| a.reach == b.reach) {
            let length = 2 * of_one_reach[0].reach + 1;
            let before = first - self.bounds.low[0] + self.longest - of_one_reach[0].reach;
            let span = before..before + centres + length;
            column.clear();
            column.resize(span.len(), 0.0);
            rows.clear();
            rows.extend(of_one_reach.iter().filter_map(|run| self.row(run, [y, z])));
            // Several rows at a time, as the sums need to be read and written once for all of them.
            let (quads, rest) = rows.as_chunks::<4>();
            let prefix = |row: usize| &self.prefix[row + span.start..row + span.end];
            for quad in quads {
                let [a, b, c, d] = quad.map(prefix);
                let quads = a.iter().zip(b).zip(c.iter().zip(d));
                for (sum, ((a, b), (c, d))) in column.iter_mut().zip(quads) {
                    *sum += (a + b) + (c + d);
                }
            }
            for row in rest {
                for (sum, prefix) in column.iter_mut().zip(prefix(*row)) {
                    *sum += prefix;
                }
            }
            let runs = rows.len() as f64;
            for (sum, (after, before)) in sums.iter_mut().zip(column[length..].iter().zip(&*column))
            {
                *sum += after - before;
            }
            let prefix = &self.counts[span];
            for (count, (after, before)) in
                counts.iter_mut().zip(prefix[length..].iter().zip(prefix))
            {
                *count += runs * (after - before);
            }
        }
        let intensities = &image.as_slice()[row + first..=row + last];
        let means = sums.iter().zip(&*counts).map(|(sum, count)| sum / count);
        let mut peaks = Peaks {
            local: f64::NEG_INFINITY,
            global: f64::NEG_INFINITY,
        };
        for ((mean, intensity), inside) in means.zip(intensities).zip(&inside[first..]) {
            if *inside {
                peaks.global = peaks.global.max(mean);
                if *intensity == highest {
                    peaks.local = peaks.local.max(mean);
                }
            }
        }
        Some(peaks)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        feature::morphology::samples::{
            any_image_and_mask, assert_matches_reference, digital_phantom, mask_of,
        },
        volume::Volume,
    };

    /// Voxel by voxel, from the definition.
    fn naive(image: &Image, mask: &Mask) -> Option<Peaks> {
        let radius_mm = 10.0 * (3.0 / (4.0 * PI)).cbrt();
        let voxels: Vec<([usize; 3], f64, bool)> = image
            .voxels()
            .indexed_iter()
            .map(|((x, y, z), value)| ([x, y, z], *value, mask.voxels()[[x, y, z]]))
            .collect();
        let mut means = Vec::new();
        for (centre, value, _) in voxels.iter().filter(|v| v.2) {
            let near: Vec<f64> = voxels
                .iter()
                .filter(|(at, _, _)| {
                    let square: f64 = (0..3)
                        .map(|a| {
                            let steps = at[a] as f64 - centre[a] as f64;
                            (steps * image.grid().spacing_mm[a]).powi(2)
                        })
                        .sum();
                    square.sqrt() <= radius_mm
                })
                .map(|v| v.1)
                .collect();
            means.push((*value, near.iter().sum::<f64>() / near.len() as f64));
        }
        let highest = means.iter().map(|m| m.0).fold(f64::NEG_INFINITY, f64::max);
        let largest = |means: &mut dyn Iterator<Item = f64>| means.reduce(f64::max);
        Some(Peaks {
            local: largest(&mut means.iter().filter(|m| m.0 == highest).map(|m| m.1))?,
            global: largest(&mut means.iter().map(|m| m.1))?,
        })
    }

    #[test]
    fn sphere_at_one_mm_has_the_voxels_of_the_lattice() {
        let runs = sphere_runs(&Grid::axis_aligned([50; 3], [1.0; 3]));
        let voxels: usize = runs.iter().map(|run| 2 * run.reach + 1).sum();
        let near = |at: [i32; 3]| at.iter().map(|i| i * i).sum::<i32>() <= 38;
        let axis = || -7..=7;
        let expected = axis()
            .flat_map(|x| axis().flat_map(move |y| axis().map(move |z| [x, y, z])))
            .filter(|at| near(*at))
            .count();
        assert_eq!(voxels, expected, "r² = 38.48 mm²");
    }

    #[test]
    fn digital_phantom_has_the_reference_values() {
        // IBSI 1 reference values, configuration "digital".
        let (image, mask) = digital_phantom();
        let values = features(&image, &mask);
        for ((code, _, value), (expected, reference)) in
            values.into_iter().zip([("VJGA", 2.6), ("0F91", 3.1)])
        {
            assert_eq!(code, expected, "order of the catalogue");
            assert_matches_reference(code, value.expect("74 voxels"), reference, 0.0);
        }
    }

    #[test]
    fn highest_of_several_maxima_counts() {
        // Two equal maxima 40 mm apart, the second in brighter surroundings.
        let grid = Grid::axis_aligned([13, 1, 1], [5.0; 3]);
        let image = Volume::from_flat(
            grid.clone(),
            vec![
                0.0, 9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 9.0, 3.0, 0.0, 0.0,
            ],
        );
        let mask = mask_of(grid, |_| true);
        let peaks = Peaks::of(&image, &mask).expect("voxels");
        assert!(
            (peaks.local - 5.0).abs() < 1e-12,
            "mean of 3, 9, 3: {}",
            peaks.local
        );
    }

    #[test]
    fn empty_mask_has_no_peak() {
        let (image, mask) = digital_phantom();
        for (code, _, value) in features(&image, &mask.map(|_| false)) {
            assert_eq!(value, Err(Undefined::EmptyRoi), "{code} of no voxel");
        }
    }

    proptest! {
        #[test]
        fn runs_equal_the_definition((image, mask) in any_image_and_mask(7)) {
            match (Peaks::of(&image, &mask), naive(&image, &mask)) {
                (Ok(fast), Some(slow)) => {
                    prop_assert!((fast.local - slow.local).abs() < 1e-10,
                        "local {} vs {}", fast.local, slow.local);
                    prop_assert!((fast.global - slow.global).abs() < 1e-10,
                        "global {} vs {}", fast.global, slow.global);
                }
                (fast, slow) => prop_assert!(
                    fast == Err(Undefined::EmptyRoi) && slow.is_none(), "only without voxels"),
            }
        }
    }
}
