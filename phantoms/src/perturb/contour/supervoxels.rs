//! Supervoxels: small connected parts of an image of about the same size and of similar intensities.

use std::collections::BTreeSet;

use radgauge_engine::{
    filter::{Boundary, Dimension, Filter, Gaussian},
    volume::{Grid, Image},
};
use rayon::prelude::*;

use super::{PerturbError, SupervoxelSettings};
use crate::perturb::neighbours::neighbours;

/// How often voxels are assigned to centres.
const ITERATIONS: u32 = 10;

/// A partition of an image. Supervoxels are numbered from 0 in the order of their first voxels.
pub(super) struct Supervoxels {
    /// The supervoxel of every voxel, x fastest.
    pub labels: Vec<u32>,
    /// How many voxels each has.
    pub sizes: Vec<usize>,
}

/// A centre: its place in voxels and its intensity.
#[derive(Clone, Copy)]
struct Centre {
    place: [f64; 3],
    intensity: f64,
}

impl Supervoxels {
    /// The supervoxels of an image with intensities from 0 to 1.
    pub(super) fn of(image: &Image, settings: &SupervoxelSettings) -> Result<Self, PerturbError> {
        let grid = image.grid();
        let smooth = smoothed(image)?;
        let voxel_mm3 = grid.voxel_volume_mm3();
        let voxels = f64::from(settings.voxels).max(settings.volume_mm3 / voxel_mm3);
        let edge_mm = libm::cbrt(voxels * voxel_mm3);

        let lattice = grid.size.map(|n| n as f64);
        let cells: [usize; 3] = std::array::from_fn(|axis| {
            let cells = (lattice[axis] * grid.spacing_mm[axis] / edge_mm).round();
            (cells.max(1.0) as usize).min(grid.size[axis])
        });
        let mut labels = first_labels(grid, cells);
        let mut centres = first_centres(&smooth, cells);
        let clustering = Clustering {
            grid,
            intensities: smooth.as_slice(),
            edge_mm,
            compactness: settings.compactness,
        };
        for _ in 0..ITERATIONS {
            if !clustering.assign(&centres, &mut labels) {
                break;
            }
            clustering.move_centres(&mut centres, &labels);
        }
        let least = (voxels / 2.0).ceil() as usize;
        Ok(connected(&labels, smooth.as_slice(), grid.size, least))
    }
}

fn smoothed(image: &Image) -> Result<Image, PerturbError> {
    let [sx, sy, sz] = image.grid().spacing_mm;
    let filter = Filter::Gaussian(Gaussian {
        sigma_mm: sx.min(sy).min(sz),
        cutoff: 4.0,
        dimension: Dimension::Volume,
        boundary: Boundary::Nearest,
    });
    Ok(filter.apply(image)?)
}

/// The cell of a lattice that each voxel lies in.
fn first_labels(grid: &Grid, [cx, cy, cz]: [usize; 3]) -> Vec<u32> {
    let [nx, ny, nz] = grid.size;
    let mut labels = Vec::with_capacity(grid.len());
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                let cell = [x * cx / nx, y * cy / ny, z * cz / nz];
                labels.push((cell[0] + cx * (cell[1] + cy * cell[2])) as u32);
            }
        }
    }
    labels
}

/// The voxel in the middle of each cell.
fn first_centres(image: &Image, [cx, cy, cz]: [usize; 3]) -> Vec<Centre> {
    let [nx, ny, nz] = image.size();
    let middle = |cell: usize, cells: usize, n: usize| (2 * cell + 1) * n / (2 * cells);
    let mut centres = Vec::with_capacity(cx * cy * cz);
    for z in 0..cz {
        for y in 0..cy {
            for x in 0..cx {
                let voxel = [middle(x, cx, nx), middle(y, cy, ny), middle(z, cz, nz)];
                centres.push(Centre {
                    place: voxel.map(|i| i as f64),
                    intensity: image.voxels()[voxel],
                });
            }
        }
    }
    centres
}

struct Clustering<'a> {
    grid: &'a Grid,
    intensities: &'a [f64],
    edge_mm: f64,
    compactness: f64,
}

impl Clustering<'_> {
    /// Assigns each voxel to the nearest centre; tells whether any voxel changed. Slices do not depend on one another.
    fn assign(&self, centres: &[Centre], labels: &mut [u32]) -> bool {
        let [nx, ny, _] = self.grid.size;
        let scale = self.grid.spacing_mm.map(|spacing| spacing / self.edge_mm);
        let reach = scale.map(|scale| 1.0 / scale);
        let by_intensity = 1.0 / self.compactness;
        labels
            .par_chunks_mut(nx * ny)
            .zip(self.intensities.par_chunks(nx * ny))
            .enumerate()
            .map(|(z, (labels, intensities))| {
                let mut nearest = vec![f64::INFINITY; nx * ny];
                let mut new_labels = labels.to_vec();
                for (label, centre) in centres.iter().enumerate() {
                    let dz = (z as f64 - centre.place[2]) * scale[2];
                    if dz.abs() > 1.0 {
                        continue;
                    }
                    let columns = within(centre.place[0], reach[0], nx);
                    for y in within(centre.place[1], reach[1], ny) {
                        let dy = (y as f64 - centre.place[1]) * scale[1];
                        let off_row = dz * dz + dy * dy;
                        let row = y * nx;
                        let voxels = row + columns.start..row + columns.end;
                        let best = nearest[voxels.clone()].iter_mut();
                        let new_labels = new_labels[voxels.clone()].iter_mut();
                        let intensities = &intensities[voxels];
                        for (((x, best), new_label), intensity) in
                            columns.clone().zip(best).zip(new_labels).zip(intensities)
                        {
                            let dx = (x as f64 - centre.place[0]) * scale[0];
                            let di = (intensity - centre.intensity) * by_intensity;
                            let distance = di * di + (dx * dx + off_row);
                            if distance < *best {
                                *best = distance;
                                *new_label = label as u32;
                            }
                        }
                    }
                }
                let has_changed = *labels != new_labels[..];
                labels.copy_from_slice(&new_labels);
                has_changed
            })
            .reduce(|| false, |a, b| a || b)
    }

    /// Moves each centre to the mean of its voxels; one without any stays.
    fn move_centres(&self, centres: &mut [Centre], labels: &[u32]) {
        let [nx, ny, _] = self.grid.size;
        let mut sums = vec![([0.0; 4], 0.0); centres.len()];
        for (row, (labels, intensities)) in labels
            .chunks(nx)
            .zip(self.intensities.chunks(nx))
            .enumerate()
        {
            let (y, z) = ((row % ny) as f64, (row / ny) as f64);
            for (x, (label, intensity)) in labels.iter().zip(intensities).enumerate() {
                let ([sum_x, sum_y, sum_z, sum_i], count) = &mut sums[*label as usize];
                *sum_x += x as f64;
                *sum_y += y;
                *sum_z += z;
                *sum_i += intensity;
                *count += 1.0;
            }
        }
        for (centre, ([x, y, z, intensity], count)) in centres.iter_mut().zip(sums) {
            if count > 0.0 {
                *centre = Centre {
                    place: [x / count, y / count, z / count],
                    intensity: intensity / count,
                };
            }
        }
    }
}

/// The voxels within a distance of a place along an axis of n voxels.
fn within(place: f64, reach: f64, n: usize) -> std::ops::Range<usize> {
    let first = (place - reach).ceil().max(0.0) as usize;
    let end = ((place + reach).floor() + 1.0).max(0.0) as usize;
    first.min(n)..end.min(n)
}

/// Connected parts, small ones joined to their neighbours.
fn connected(labels: &[u32], intensities: &[f64], size: [usize; 3], least: usize) -> Supervoxels {
    let (parts, mut sizes) = components(labels, size);
    let count = sizes.len();
    let mut sums = vec![0.0; count];
    let mut touched: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); count];
    for (at, part) in parts.iter().enumerate() {
        sums[*part as usize] += intensities[at];
        if sizes[*part as usize] < least {
            let others = neighbours(at, size, Dimension::Volume).map(|at| parts[at]);
            touched[*part as usize].extend(others.filter(|other| other != part));
        }
    }

    let mut joined: Vec<u32> = (0..count as u32).collect();
    let is_small = |part: &u32| sizes[*part as usize] < least;
    let mut small: Vec<u32> = (0..count as u32).filter(is_small).collect();
    small.sort_by_key(|part| (sizes[*part as usize], *part));
    for part in small {
        // It may have grown by others that joined it.
        if sizes[part as usize] >= least {
            continue;
        }
        let mean = |part: u32| sums[part as usize] / sizes[part as usize] as f64;
        let mut nearest: Option<(f64, u32)> = None;
        let others = std::mem::take(&mut touched[part as usize]);
        let others: BTreeSet<u32> = others
            .iter()
            .map(|other| root(&mut joined, *other))
            .collect();
        for other in others.iter().filter(|other| **other != part) {
            let difference = (mean(*other) - mean(part)).abs();
            if nearest.is_none_or(|(least, _)| difference < least) {
                nearest = Some((difference, *other));
            }
        }
        // A part that is all of the image has none.
        let Some((_, other)) = nearest else {
            continue;
        };
        joined[part as usize] = other;
        sizes[other as usize] += sizes[part as usize];
        sums[other as usize] += sums[part as usize];
        // What it touched, the part that it joined touches.
        touched[other as usize].extend(others);
    }

    let mut numbers = vec![u32::MAX; count];
    let mut numbered = Supervoxels {
        labels: Vec::with_capacity(parts.len()),
        sizes: Vec::new(),
    };
    for part in parts {
        let root = root(&mut joined, part) as usize;
        if numbers[root] == u32::MAX {
            numbers[root] = numbered.sizes.len() as u32;
            numbered.sizes.push(0);
        }
        numbered.labels.push(numbers[root]);
        numbered.sizes[numbers[root] as usize] += 1;
    }
    numbered
}

fn root(joined: &mut [u32], mut part: u32) -> u32 {
    while joined[part as usize] != part {
        let above = joined[joined[part as usize] as usize];
        joined[part as usize] = above;
        part = above;
    }
    part
}

/// Connected parts of voxels with the same label, numbered in the order of their first voxels, and their sizes.
fn components(labels: &[u32], size: [usize; 3]) -> (Vec<u32>, Vec<usize>) {
    let mut parts = vec![u32::MAX; labels.len()];
    let mut sizes = Vec::new();
    let mut open = Vec::new();
    for start in 0..labels.len() {
        if parts[start] != u32::MAX {
            continue;
        }
        let part = sizes.len() as u32;
        parts[start] = part;
        sizes.push(0);
        open.push(start);
        while let Some(at) = open.pop() {
            sizes[part as usize] += 1;
            for neighbour in neighbours(at, size, Dimension::Volume) {
                if parts[neighbour] == u32::MAX && labels[neighbour] == labels[start] {
                    parts[neighbour] = part;
                    open.push(neighbour);
                }
            }
        }
    }
    (parts, sizes)
}
