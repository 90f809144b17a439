//! Zones of linked voxels: their sizes and their distances to an edge.

use std::{collections::VecDeque, ops::Range};

use super::{
    Matrix,
    build::{Tally, one_by_part, quantities, rows},
    grid::{Grid, Step},
};
use crate::diagnose::way::{Linked, Metric, TextureWay, ZoneEdge};

/// A zone: its grey level and its voxels.
struct Zone {
    level: u16,
    voxels: Vec<usize>,
}

/// Size zone matrices, one a part.
pub(super) fn sizes(
    grid: &Grid,
    parts: &[Range<usize>],
    is_by_slice: bool,
    way: &TextureWay,
) -> Vec<Vec<Option<Matrix>>> {
    let links = links(grid, is_by_slice, way.zones);
    one_by_part(parts, |part| {
        matrix(grid, &zones(grid, part, &links), |zone| {
            zone.voxels.len() as u32
        })
    })
}

/// Distance zone matrices, one a part.
pub(super) fn distances(
    grid: &Grid,
    parts: &[Range<usize>],
    is_by_slice: bool,
    way: &TextureWay,
) -> Vec<Vec<Option<Matrix>>> {
    let links = links(grid, is_by_slice, way.zones);
    let to_edge = distances_to_edge(grid, is_by_slice, way);
    one_by_part(parts, |part| {
        matrix(grid, &zones(grid, part, &links), |zone| {
            let least = zone.voxels.iter().map(|at| to_edge[*at]).min();
            least.unwrap_or(1).max(1)
        })
    })
}

/// The matrix of zones by some quantity of each.
fn matrix(grid: &Grid, zones: &[Zone], quantity: impl Fn(&Zone) -> u32) -> Option<Matrix> {
    let of_zones: Vec<u32> = zones.iter().map(quantity).collect();
    let largest = of_zones.iter().copied().max()?;
    let mut tally = Tally::new(rows(grid), largest as usize + 1);
    let mut n_voxels = 0;
    for (zone, quantity) in zones.iter().zip(of_zones) {
        n_voxels += zone.voxels.len() as u64;
        tally.add(zone.level, quantity);
    }
    quantities(tally, n_voxels)
}

fn links(grid: &Grid, is_by_slice: bool, linked: Linked) -> Vec<isize> {
    let farthest = match linked {
        Linked::Corners => 3,
        Linked::Edges => 2,
        Linked::Faces => 1,
    };
    unit_steps(is_by_slice)
        .filter(|step| step.iter().map(|s| s.abs()).sum::<isize>() <= farthest)
        .map(|step| grid.offset(step))
        .collect()
}

/// The steps to all neighbours in a slice or in the volume.
fn unit_steps(is_by_slice: bool) -> impl Iterator<Item = Step> {
    let along_z = if is_by_slice { 0..=0 } else { -1..=1 };
    along_z
        .flat_map(|z| (-1..=1).flat_map(move |y| (-1..=1).map(move |x| [x, y, z])))
        .filter(|step| *step != [0; 3])
}

/// The zones of a part, by filling them.
fn zones(grid: &Grid, part: Range<usize>, links: &[isize]) -> Vec<Zone> {
    let mut is_seen = vec![false; grid.levels.len()];
    let mut zones = Vec::new();
    for (start, level) in grid.voxels(part) {
        if is_seen[start] {
            continue;
        }
        is_seen[start] = true;
        let mut voxels = vec![start];
        let mut next = 0;
        while let Some(at) = voxels.get(next).copied() {
            next += 1;
            for link in links {
                let other = at.wrapping_add_signed(*link);
                if grid.levels[other] == level && !is_seen[other] {
                    is_seen[other] = true;
                    voxels.push(other);
                }
            }
        }
        zones.push(Zone { level, voxels });
    }
    zones
}

/// The distance of every voxel to the nearest one outside: 1 at the edge.
fn distances_to_edge(grid: &Grid, is_by_slice: bool, way: &TextureWay) -> Vec<u32> {
    let is_inside: Vec<bool> = match way.zone_edge {
        ZoneEdge::Morphological => grid.morphological.clone(),
        ZoneEdge::Intensity => grid.levels.iter().map(|level| *level > 0).collect(),
        ZoneEdge::Image => {
            return (0..grid.levels.len())
                .map(|at| to_border(grid, at, is_by_slice))
                .collect();
        }
    };
    let steps: Vec<isize> = unit_steps(is_by_slice)
        .filter(|step| {
            way.zone_metric == Metric::Chebyshev || step.iter().map(|s| s.abs()).sum::<isize>() == 1
        })
        .map(|step| grid.offset(step))
        .collect();
    let mut distances = vec![0; is_inside.len()];
    let mut front: VecDeque<usize> = (0..is_inside.len())
        .filter(|at| is_inside[*at])
        .filter(|at| {
            let mut neighbours = steps.iter().map(|step| at.wrapping_add_signed(*step));
            neighbours.any(|other| !is_inside[other])
        })
        .collect();
    for at in &front {
        distances[*at] = 1;
    }
    while let Some(at) = front.pop_front() {
        for step in &steps {
            let other = at.wrapping_add_signed(*step);
            if is_inside[other] && distances[other] == 0 {
                distances[other] = distances[at] + 1;
                front.push_back(other);
            }
        }
    }
    distances
}

/// The distance of a voxel to the border of the whole image.
fn to_border(grid: &Grid, at: usize, is_by_slice: bool) -> u32 {
    let position = grid.position(at);
    let axes = if is_by_slice { 0..2 } else { 0..3 };
    let distance = |axis: usize| {
        let index = (position[axis] + grid.low[axis]).saturating_sub(grid.border);
        (index + 1).min(grid.whole[axis].saturating_sub(index))
    };
    axes.map(distance).min().unwrap_or(1) as u32
}
