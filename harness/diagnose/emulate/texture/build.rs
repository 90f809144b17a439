//! Building texture matrices.

use std::{collections::BTreeMap, ops::Range};

use radgauge_engine::feature::{Family, ngtdm};

use super::{
    Matrix,
    grid::{DIRECTIONS, Grid, Step, is_along_axis},
    zones,
};
use crate::diagnose::{
    emulate::levels::Levels,
    way::{Tones, Way},
};

/// The matrices of a family, by slice (or one entry for the volume) and direction (or one entry).
pub(super) fn matrices(
    levels: &Levels,
    family: Family,
    is_by_slice: bool,
    way: &Way,
) -> Vec<Vec<Option<Matrix>>> {
    let texture = &way.texture;
    let settings = &way.settings.texture;
    let distance = match family {
        Family::Glcm => settings.glcm_distance,
        Family::Ngtdm => settings.ngtdm_distance,
        Family::Ngldm => settings.ngldm_distance,
        _ => 1,
    } as usize;
    let slice_axis = if is_by_slice { texture.slice_axis } else { 2 };
    let grid = Grid::new(levels, slice_axis, distance);
    let directions = |is_along_axes: bool| -> Vec<Step> {
        let directions = if is_by_slice {
            &DIRECTIONS[..4]
        } else {
            &DIRECTIONS[..]
        };
        let directions = directions.iter().copied();
        directions
            .filter(|step| !is_along_axes || is_along_axis(step))
            .collect()
    };
    let parts = grid.parts(is_by_slice);
    match family {
        Family::Glcm => {
            let directions = directions(texture.is_glcm_along_axes);
            let matrix = |part: &Range<usize>, step: &Step| {
                let step = step.map(|s| s * distance.cast_signed());
                pairs(&grid, part.clone(), step, texture.is_glcm_symmetric)
            };
            by_part_and_direction(&parts, &directions, matrix)
        }
        Family::Glrlm => {
            let directions = directions(texture.is_glrlm_along_axes);
            by_part_and_direction(&parts, &directions, |part, step| {
                runs(&grid, part.clone(), *step)
            })
        }
        Family::Glszm => zones::sizes(&grid, &parts, is_by_slice, texture),
        Family::Gldzm => zones::distances(&grid, &parts, is_by_slice, texture),
        Family::Ngtdm => {
            let around = grid.neighbours(distance, is_by_slice, texture.is_ngtdm_along_axes);
            one_by_part(&parts, |part| tones(&grid, part, &around, texture.tones))
        }
        _ => {
            let around = grid.neighbours(distance, is_by_slice, texture.is_ngldm_along_axes);
            let coarseness = u16::try_from(settings.ngldm_coarseness).unwrap_or(u16::MAX);
            let centre = u32::from(texture.is_dependence_with_centre);
            one_by_part(&parts, |part| {
                dependences(&grid, part, &around, coarseness, centre)
            })
        }
    }
}

fn by_part_and_direction(
    parts: &[Range<usize>],
    directions: &[Step],
    matrix: impl Fn(&Range<usize>, &Step) -> Option<Matrix>,
) -> Vec<Vec<Option<Matrix>>> {
    let of_part = |part| directions.iter().map(|step| matrix(part, step)).collect();
    parts.iter().map(of_part).collect()
}

pub(super) fn one_by_part(
    parts: &[Range<usize>],
    matrix: impl Fn(Range<usize>) -> Option<Matrix>,
) -> Vec<Vec<Option<Matrix>>> {
    parts
        .iter()
        .map(|part| vec![matrix(part.clone())])
        .collect()
}

/// Counts pairs of numbers.
pub(super) struct Tally {
    width: usize,
    table: Vec<u32>,
    beyond: BTreeMap<(u16, u32), u64>,
}

impl Tally {
    /// The largest table: beyond it, pairs are kept in a map.
    const LARGEST: usize = 1 << 20;

    /// For about `rows` × `columns` pairs.
    pub fn new(rows: usize, columns: usize) -> Self {
        let width = columns.min(Self::LARGEST / rows.max(1));
        Self {
            width,
            table: vec![0; rows * width],
            beyond: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, i: u16, j: u32) {
        match self.table.get_mut(usize::from(i) * self.width + j as usize) {
            Some(count) if (j as usize) < self.width => *count += 1,
            _ => *self.beyond.entry((i, j)).or_default() += 1,
        }
    }

    /// The pairs with their number.
    pub fn into_counts(self) -> Vec<(u16, u32, u64)> {
        let width = self.width.max(1);
        let table = self.table.into_iter().enumerate();
        table
            .filter(|(_, count)| *count > 0)
            .map(|(at, count)| ((at / width) as u16, (at % width) as u32, u64::from(count)))
            .chain(self.beyond.into_iter().map(|((i, j), count)| (i, j, count)))
            .collect()
    }
}

/// The number of rows of a tally by grey level.
pub(super) fn rows(grid: &Grid) -> usize {
    usize::from(grid.levels.iter().copied().max().unwrap_or(0)) + 1
}

fn pairs(grid: &Grid, part: Range<usize>, step: Step, is_symmetric: bool) -> Option<Matrix> {
    let offset = grid.offset(step);
    let mut tally = Tally::new(rows(grid), rows(grid));
    for (at, level) in grid.voxels(part) {
        let other = grid.levels[at.wrapping_add_signed(offset)];
        if other > 0 {
            tally.add(level, u32::from(other));
        }
    }
    let counts = tally.into_counts();
    let once = counts.iter().map(|(i, j, n)| (*i, *j as u16, *n));
    let pairs: Vec<_> = if is_symmetric {
        let reversed = counts.iter().map(|(i, j, n)| (*j as u16, *i, *n));
        once.chain(reversed).collect()
    } else {
        once.collect()
    };
    (!pairs.is_empty()).then_some(Matrix::Pairs(pairs))
}

fn runs(grid: &Grid, part: Range<usize>, step: Step) -> Option<Matrix> {
    let offset = grid.offset(step);
    let longest = grid.size.iter().max().map_or(0, |n| n + 1);
    let mut tally = Tally::new(rows(grid), longest);
    let mut n_voxels = 0;
    for (at, level) in grid.voxels(part) {
        n_voxels += 1;
        if grid.levels[at.wrapping_add_signed(-offset)] == level {
            continue;
        }
        let (mut length, mut next) = (1, at.wrapping_add_signed(offset));
        while grid.levels[next] == level {
            length += 1;
            next = next.wrapping_add_signed(offset);
        }
        tally.add(level, length);
    }
    quantities(tally, n_voxels)
}

/// The matrix of a tally of levels and quantities; `None` when it is empty.
pub(super) fn quantities(tally: Tally, n_voxels: u64) -> Option<Matrix> {
    let counts = tally.into_counts();
    (!counts.is_empty()).then_some(Matrix::Quantities {
        counts,
        n_voxels,
        n_directions: 1,
    })
}

fn tones(grid: &Grid, part: Range<usize>, around: &[isize], tones: Tones) -> Option<Matrix> {
    let mut by_level = vec![(0_u64, 0.0_f64); rows(grid)];
    for (at, level) in grid.voxels(part) {
        let (mut sum, mut n) = (0.0, 0.0);
        for offset in around {
            let other = grid.levels[at.wrapping_add_signed(*offset)];
            if other > 0 {
                sum += f64::from(other);
                n += 1.0;
            }
        }
        let centre = f64::from(level);
        let mean = match tones {
            Tones::Inside if n == 0.0 => continue,
            Tones::Inside => sum / n,
            Tones::WithCentre => (sum + centre) / (n + 1.0),
            Tones::WholeOnly if n < around.len() as f64 => continue,
            Tones::WholeOnly | Tones::OutsideZero => sum / around.len() as f64,
        };
        let row = &mut by_level[usize::from(level)];
        row.0 += 1;
        row.1 += (centre - mean).abs();
    }
    let rows = (0..).zip(by_level).filter(|(_, (count, _))| *count > 0);
    let rows: Vec<ngtdm::Row> = rows
        .map(|(level, (count, difference))| ngtdm::Row {
            level,
            count,
            difference,
        })
        .collect();
    (!rows.is_empty()).then_some(Matrix::Tones(rows))
}

fn dependences(
    grid: &Grid,
    part: Range<usize>,
    around: &[isize],
    coarseness: u16,
    centre: u32,
) -> Option<Matrix> {
    let mut tally = Tally::new(rows(grid), around.len() + 2);
    let mut n_voxels = 0;
    for (at, level) in grid.voxels(part) {
        n_voxels += 1;
        let dependent = around.iter().filter(|offset| {
            let other = grid.levels[at.wrapping_add_signed(**offset)];
            other > 0 && other.abs_diff(level) <= coarseness
        });
        let count = dependent.count() as u32 + centre;
        if count > 0 {
            tally.add(level, count);
        }
    }
    quantities(tally, n_voxels)
}
