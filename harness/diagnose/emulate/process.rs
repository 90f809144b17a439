//! Image processing in any [way](Way), up to the region whose features are computed.
//!
//! Everything but the descriptors of whole images needs what lies in and around the region only, so that is all that is
//! interpolated.

use std::sync::Arc;

use radgauge_engine::{
    process::{
        ProcessError,
        interpolate::{interpolation_grid, resample_onto, round_intensity},
    },
    settings::{Alignment, Interpolation},
    volume::{Grid, Image, Mask, Volume, VoxelBox},
};

use crate::diagnose::way::{GridSize, Rounding, Way};

/// As the engine has it: weights such as 1/6 leave partial volumes just beside the threshold.
const PARTIAL_VOLUME_TOLERANCE: f64 = 1e-9;

/// As the engine has it: a number of voxels that is whole but for the rounding of spacings is whole.
const WHOLE_TOLERANCE: f64 = 1e-6;

/// The radius of the sphere of local intensity, 6.2 mm, and a little: in mm, and in voxels where lengths are counted so.
const SPHERE: f64 = 7.0;

/// Voxels around what is interpolated: the prefilter of a cubic spline decays by 0.27 a voxel.
const SPLINE_REACH: f64 = 24.0;

/// Image and mask as they were read.
pub(super) struct Loaded {
    /// The whole image.
    pub image: Image,
    /// The whole mask.
    pub mask: Mask,
    /// The box around the mask.
    pub bounds: VoxelBox,
    /// What of the image can matter to the region.
    near: Image,
    near_mask: Image,
}

/// The interpolation grid, and the part of it that matters to the region.
pub(super) struct Frame {
    /// The whole grid.
    pub grid: Grid,
    /// The part.
    pub bounds: VoxelBox,
}

/// Image and region after re-segmentation, on the part of the grid that matters.
pub(super) struct Region {
    /// Intensities.
    pub image: Arc<Image>,
    /// The morphological mask.
    pub morphological: Arc<Mask>,
    /// The intensity mask.
    pub intensity: Mask,
    /// First voxel of the part on the whole grid.
    pub low: [usize; 3],
    /// Size of the whole grid.
    pub whole: [usize; 3],
}

impl Loaded {
    /// Reads image and mask; `None` when the mask is empty.
    pub fn new(image: &Image, mask: &Mask, way: &Way) -> Option<Self> {
        let mut image = if way.settings.round_on_load {
            image.map(|intensity| round_intensity(*intensity))
        } else {
            image.clone()
        };
        let mut mask = mask.clone();
        if way.load.is_transposed {
            (image, mask) = (transposed(&image), transposed(&mask));
        }
        if way.load.is_spacing_reversed {
            let mut grid = image.grid().clone();
            grid.spacing_mm.reverse();
            (image, mask) = (on_grid(&image, grid.clone()), on_grid(&mask, grid));
        }
        let bounds = mask.bounding_box()?;
        let widest = match &way.settings.interpolate {
            Some(interpolate) => interpolate.spacing_mm.iter().copied().fold(0.0, f64::max),
            None => 0.0,
        };
        let spacing_mm = image.grid().spacing_mm;
        let margin = spacing_mm
            .map(|s| (SPHERE * widest.max(1.0) + 2.0 * widest) / s + SPLINE_REACH + SPHERE);
        let near = grown(bounds, margin, image.size());
        let near_mask = Mask::clone(&mask.crop(near)).map(|inside| f64::from(u8::from(*inside)));
        Some(Self {
            near: Image::clone(&image.crop(near)),
            near_mask,
            image,
            mask,
            bounds,
        })
    }
}

fn transposed<T: Copy>(volume: &Volume<T>) -> Volume<T> {
    let mut grid = volume.grid().clone();
    grid.size.reverse();
    grid.spacing_mm.reverse();
    Volume::from_fn(grid, |[x, y, z]| volume.voxels()[[z, y, x]])
}

/// The same voxels on another grid of the same size.
pub(super) fn on_grid<T: Copy>(volume: &Volume<T>, grid: Grid) -> Volume<T> {
    Volume::from_flat(grid, volume.as_slice().to_vec())
}

/// The box with a margin in voxels, as far as the volume goes.
fn grown(bounds: VoxelBox, margin: [f64; 3], size: [usize; 3]) -> VoxelBox {
    VoxelBox {
        low: std::array::from_fn(|i| bounds.low[i].saturating_sub(margin[i].ceil() as usize)),
        high: std::array::from_fn(|i| {
            (bounds.high[i] + margin[i].ceil() as usize).min(size[i] - 1)
        }),
    }
}

impl Frame {
    /// Lays the grid.
    pub fn new(loaded: &Loaded, way: &Way) -> Result<Self, ProcessError> {
        let old = loaded.image.grid();
        let Some(interpolate) = &way.settings.interpolate else {
            let margin = old.spacing_mm.map(|s| SPHERE / s.min(1.0));
            return Ok(Self {
                bounds: grown(loaded.bounds, margin, old.size),
                grid: old.clone(),
            });
        };
        let ceiling = interpolation_grid(old, &interpolate.spacing_mm, interpolate.align)?;
        let grid = resized(old, ceiling, way.grid_size, interpolate.align);
        let offset_mm: [f64; 3] = std::array::from_fn(|a| {
            let along = grid
                .origin_mm
                .iter()
                .zip(old.origin_mm)
                .zip(old.direction[a]);
            along.map(|((new, old), d)| (new - old) * d).sum()
        });
        // Voxels of the new grid from one old voxel before the mask to one after it, and the spheres around them.
        let end = |a: usize, voxel: f64, sign: f64| {
            let s = grid.spacing_mm[a];
            (voxel * old.spacing_mm[a] - offset_mm[a]) / s + sign * (SPHERE / s.min(1.0) + 1.0)
        };
        let bounds = VoxelBox {
            low: std::array::from_fn(|a| {
                let low = end(a, loaded.bounds.low[a] as f64 - 1.0, -1.0)
                    .floor()
                    .max(0.0);
                (low as usize).min(grid.size[a] - 1)
            }),
            high: std::array::from_fn(|a| {
                let high = end(a, loaded.bounds.high[a] as f64 + 1.0, 1.0)
                    .ceil()
                    .max(0.0);
                (high as usize).min(grid.size[a] - 1)
            }),
        };
        Ok(Self { grid, bounds })
    }

    /// The same grid with all of it as the part that matters.
    pub fn whole(self) -> Self {
        Self {
            bounds: VoxelBox {
                low: [0; 3],
                high: self.grid.size.map(|n| n - 1),
            },
            ..self
        }
    }

    fn is_whole(&self) -> bool {
        self.bounds.size() == self.grid.size
    }

    fn part(&self) -> Grid {
        Grid {
            size: self.bounds.size(),
            origin_mm: self.grid.world_mm(self.bounds.low.map(|i| i as f64)),
            ..self.grid.clone()
        }
    }
}

/// The grid with its size not rounded up; a grid that is aligned by its centre stays so.
fn resized(old: &Grid, ceiling: Grid, size: GridSize, align: Alignment) -> Grid {
    if size == GridSize::Ceiling || align == Alignment::Fit {
        return ceiling;
    }
    let to: [usize; 3] = std::array::from_fn(|a| {
        let ratio = old.size[a] as f64 * old.spacing_mm[a] / ceiling.spacing_mm[a];
        let whole = match size {
            GridSize::Floor => (ratio * (1.0 + WHOLE_TOLERANCE)).floor(),
            GridSize::Nearest | GridSize::Ceiling => ratio.round(),
        };
        (whole as usize).max(1)
    });
    let first = match align {
        Alignment::Centre => std::array::from_fn(|a| (ceiling.size[a] as f64 - to[a] as f64) / 2.0),
        _ => [0.0; 3],
    };
    Grid {
        origin_mm: ceiling.world_mm(first),
        size: to,
        ..ceiling
    }
}

/// The intensities of the part of the grid.
pub(super) fn image(loaded: &Loaded, frame: &Frame, way: &Way) -> Result<Image, ProcessError> {
    let Some(interpolate) = &way.settings.interpolate else {
        return Ok(Image::clone(&loaded.image.crop(frame.bounds)));
    };
    let near = if frame.is_whole() {
        &loaded.image
    } else {
        &loaded.near
    };
    let image = if interpolate.image == Interpolation::CubicSpline && !way.is_prefiltered {
        resample_onto(&smoothed(near, frame), &frame.part(), interpolate.image)?
    } else {
        resample_onto(near, &frame.part(), interpolate.image)?
    };
    Ok(match (interpolate.round, way.rounding) {
        (false, _) => image,
        (true, Rounding::Nearest) => image.map(|x| round_intensity(*x)),
        (true, Rounding::HalfEven) => image.map(|x| x.round_ties_even()),
        (true, Rounding::Truncation) => image.map(|x| x.trunc()),
    })
}

/// The image of which the spline through it is the B-spline of the given one without prefilter: along every axis that
/// is interpolated, (f(k−1) + 4 f(k) + f(k+1)) / 6.
fn smoothed(image: &Image, frame: &Frame) -> Image {
    let mut image = image.clone();
    for axis in 0..3 {
        if image.grid().spacing_mm[axis] == frame.grid.spacing_mm[axis] {
            continue;
        }
        let last = image.size()[axis] - 1;
        image = Volume::from_fn(image.grid().clone(), |at| {
            let shifted = |by: usize| {
                let mut to = at;
                to[axis] = (to[axis] + by).saturating_sub(1).min(last);
                image.voxels()[to]
            };
            (shifted(0) + 4.0 * shifted(1) + shifted(2)) / 6.0
        });
    }
    image
}

/// The morphological mask on the part of the grid.
pub(super) fn mask(loaded: &Loaded, frame: &Frame, way: &Way) -> Result<Mask, ProcessError> {
    let Some(interpolate) = &way.settings.interpolate else {
        return Ok(Mask::clone(&loaded.mask.crop(frame.bounds)));
    };
    let fractions = resample_onto(&loaded.near_mask, &frame.part(), interpolate.mask)?;
    let threshold = interpolate.mask_threshold;
    Ok(if way.is_threshold_inside {
        fractions.map(|f| *f >= threshold - PARTIAL_VOLUME_TOLERANCE)
    } else {
        fractions.map(|f| *f > threshold + PARTIAL_VOLUME_TOLERANCE)
    })
}

impl Region {
    /// Re-segments.
    pub fn new(image: Arc<Image>, mask: Arc<Mask>, frame: &Frame, way: &Way) -> Self {
        let settings = &way.settings.resegment;
        let mut region = Self {
            intensity: Mask::clone(&mask),
            image,
            morphological: mask,
            low: frame.bounds.low,
            whole: frame.grid.size,
        };
        if let Some([low, high]) = settings.range
            && way.resegment.is_clamping
        {
            region.image = Arc::new(region.image.map(|x| x.clamp(low, high)));
        }
        let outliers = |region: &Self| {
            let limits = settings.outlier_sigma.and_then(|k| {
                outlier_limits(
                    &region.intensities(),
                    k,
                    way.resegment.is_deviation_of_sample,
                )
            });
            limits.into_iter()
        };
        let range = settings.range.filter(|_| !way.resegment.is_clamping);
        if way.resegment.is_range_first {
            range.into_iter().for_each(|range| region.keep(range));
            outliers(&region).for_each(|limits| region.keep(limits));
        } else {
            let limits: Vec<_> = outliers(&region).chain(range).collect();
            limits.into_iter().for_each(|limits| region.keep(limits));
        }
        if way.resegment.is_morphological_too {
            region.morphological = Arc::new(region.intensity.clone());
        }
        region
    }

    fn keep(&mut self, [low, high]: [f64; 2]) {
        let voxels = self.intensity.as_mut_slice().iter_mut();
        for (inside, intensity) in voxels.zip(self.image.as_slice()) {
            *inside &= (low..=high).contains(intensity);
        }
    }

    /// The intensities of the intensity mask, in order.
    pub fn intensities(&self) -> Vec<f64> {
        let voxels = self.image.as_slice().iter().zip(self.intensity.as_slice());
        voxels
            .filter_map(|(intensity, inside)| inside.then_some(*intensity))
            .collect()
    }
}

fn outlier_limits(intensities: &[f64], k: f64, is_of_sample: bool) -> Option<[f64; 2]> {
    let first = intensities.first()?;
    let n = intensities.len() as f64;
    let mean = first + intensities.iter().map(|x| x - first).sum::<f64>() / n;
    let squares: f64 = intensities.iter().map(|x| (x - mean).powi(2)).sum();
    let divisor = if is_of_sample { (n - 1.0).max(1.0) } else { n };
    let limit = k * (squares / divisor).sqrt();
    Some([mean - limit, mean + limit])
}
