//! Discretisation in any [way](Way).

use radgauge_engine::{process::discretise::grey_levels, settings::Discretise};

use super::process::Region;
use crate::diagnose::way::{Edge, Extent, FirstEdge, Way};

/// The grey levels of a region, on the box around its morphological mask.
pub(super) struct Levels {
    /// Voxels along x, y, z.
    pub size: [usize; 3],
    /// Levels, x fastest; 0 outside the intensity mask.
    pub voxels: Vec<u16>,
    /// Number of grey levels N_g.
    pub n_levels: u16,
    /// The morphological mask on the same box.
    pub morphological: Vec<bool>,
    /// First voxel of the box on the whole grid.
    pub low: [usize; 3],
    /// Size of the whole grid.
    pub whole: [usize; 3],
}

impl Levels {
    /// Discretises; `extremes` gives the lowest and the highest intensity of the whole image. `None` for an empty
    /// region and for intensities that this way cannot discretise.
    pub fn new(region: &Region, way: &Way, extremes: impl FnOnce() -> [f64; 2]) -> Option<Self> {
        let (levels, n_levels) = discretised(&region.intensities(), way, extremes)?;
        let bounds = region.morphological.bounding_box()?;
        let mut all = levels.into_iter();
        let volume = region.intensity.map(|inside| match inside {
            true => all.next().expect("one level for each voxel inside"),
            false => 0,
        });
        Some(Self {
            size: bounds.size(),
            voxels: volume.crop(bounds).as_slice().to_vec(),
            n_levels,
            morphological: region.morphological.crop(bounds).as_slice().to_vec(),
            low: std::array::from_fn(|a| region.low[a] + bounds.low[a]),
            whole: region.whole,
        })
    }

    /// The levels inside the intensity mask, in order.
    pub fn inside(&self) -> Vec<u16> {
        self.voxels
            .iter()
            .copied()
            .filter(|level| *level > 0)
            .collect()
    }
}

fn discretised(
    intensities: &[f64],
    way: &Way,
    extremes: impl FnOnce() -> [f64; 2],
) -> Option<(Vec<u16>, u16)> {
    let range = way.settings.resegment.range;
    let lowest = intensities.iter().copied().reduce(f64::min)?;
    let highest = intensities.iter().copied().reduce(f64::max)?;
    let (levels, n_levels) = match way.settings.discretise {
        Discretise::FixedBinNumber { bins } => {
            let n = f64::from(bins);
            let [low, high] = match way.discretise.extent {
                Extent::Region => [lowest, highest],
                Extent::Image => extremes(),
                Extent::Range => range?,
            };
            let top = if way.discretise.has_top_bin {
                n + 1.0
            } else {
                n
            };
            let level = |x: &f64| {
                if low < high {
                    let place = n * (x - low) / (high - low);
                    level_at(place, way.discretise.edge).clamp(1.0, top)
                } else {
                    1.0
                }
            };
            (whole(intensities.iter().map(level))?, top)
        }
        Discretise::FixedBinSize { width } => {
            let low = match way.discretise.first_edge {
                FirstEdge::Range => {
                    range.map_or(
                        lowest,
                        |[low, _]| {
                            if low.is_finite() { low } else { lowest }
                        },
                    )
                }
                FirstEdge::Minimum => lowest,
                FirstEdge::Multiple => (lowest / width).floor() * width,
            };
            let level = |x: &f64| level_at((x - low) / width, way.discretise.edge);
            let levels = whole(intensities.iter().map(level))?;
            let highest = levels.iter().copied().max()?;
            (levels, f64::from(highest))
        }
        ref other => {
            let (levels, n_levels) = grey_levels(intensities, other, range).ok()?;
            (levels, f64::from(n_levels))
        }
    };
    if way.discretise.is_gapless {
        return Some(without_gaps(levels));
    }
    Some((levels, n_levels as u16))
}

/// The level of a place in units of bins.
fn level_at(place: f64, edge: Edge) -> f64 {
    match edge {
        Edge::Up => place.floor() + 1.0,
        Edge::Down => place.ceil().max(1.0),
        Edge::Rounded => place.round() + 1.0,
    }
}

/// Levels as numbers; `None` when one is none.
fn whole(levels: impl Iterator<Item = f64>) -> Option<Vec<u16>> {
    levels
        .map(|level| {
            (1.0..=f64::from(u16::MAX))
                .contains(&level)
                .then_some(level as u16)
        })
        .collect()
}

fn without_gaps(levels: Vec<u16>) -> (Vec<u16>, u16) {
    let mut occurring = levels.clone();
    occurring.sort_unstable();
    occurring.dedup();
    let rank = |level: &u16| occurring.partition_point(|other| other <= level) as u16;
    (levels.iter().map(rank).collect(), occurring.len() as u16)
}
