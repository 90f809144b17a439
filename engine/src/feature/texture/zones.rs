//! Zones: groups of linked voxels of one grey level, which GLSZM and GLDZM count.

use std::sync::OnceLock;

use super::{DIRECTIONS, Levels};
use crate::process::discretise::Discretised;

/// The zones of a region of interest, in its slices and in its volume, labelled when first asked for.
///
/// Made once, it serves both [`glszm`](crate::feature::glszm) and [`gldzm`](crate::feature::gldzm).
pub struct ZoneMaps {
    levels: Levels,
    by_slice: OnceLock<Zones>,
    volume: OnceLock<Zones>,
}

impl ZoneMaps {
    /// The zones of these grey levels. A box of at most 2³² voxels.
    #[must_use]
    pub fn new(discretised: &Discretised) -> Self {
        Self {
            levels: Levels::new(discretised),
            by_slice: OnceLock::new(),
            volume: OnceLock::new(),
        }
    }

    pub(crate) fn levels(&self) -> &Levels {
        &self.levels
    }

    /// The zones of 8-connected voxels of each slice.
    pub(crate) fn by_slice(&self) -> &Zones {
        self.by_slice
            .get_or_init(|| Zones::label(&self.levels, Connectivity::Slice))
    }

    /// The zones of 26-connected voxels.
    pub(crate) fn volume(&self) -> &Zones {
        self.volume
            .get_or_init(|| Zones::label(&self.levels, Connectivity::Volume))
    }
}

/// Which voxels of the same grey level are linked: those within Chebyshev distance 1 in the plane or in the volume.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connectivity {
    Slice,
    Volume,
}

/// One zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Rank of its grey level.
    pub(crate) rank: u16,
    /// Number of voxels.
    pub(crate) size: u32,
    /// Slice of its first voxel; the only one when zones were labelled by slice.
    pub(crate) slice: usize,
}

/// Labelled zones.
pub(crate) struct Zones {
    /// In order of their first voxels.
    pub(crate) zones: Vec<Zone>,
    /// For every voxel, border included, 1 + the number of its zone; 0 outside the region.
    pub(crate) labels: Vec<u32>,
}

impl Zones {
    /// Labels zones in one pass over the voxels with a union-find forest of provisional labels, and a second one that
    /// replaces these by zone numbers.
    fn label(levels: &Levels, connectivity: Connectivity) -> Self {
        // Neighbours that come before a voxel are those against the directions, which point forwards. The nearest
        // along the last axis is within one step of all the others: where it has the voxel's level, all others with
        // this level are in its zone already, and need not be looked at.
        let (nearest, others) = match connectivity {
            Connectivity::Slice => ([0, 1, 0], &DIRECTIONS[..4]),
            Connectivity::Volume => ([0, 0, 1], &DIRECTIONS[..]),
        };
        let back = |direction| levels.offset(direction).unsigned_abs();
        let nearest = back(nearest);
        let others: Vec<usize> = others
            .iter()
            .map(|d| back(*d))
            .filter(|offset| *offset != nearest)
            .collect();

        let ranks = levels.ranks();
        let mut labels = vec![0_u32; ranks.len()];
        let mut forest = Forest::default();
        for (at, rank) in levels.voxels(levels.volume()) {
            labels[at] = if ranks[at - nearest] == rank {
                labels[at - nearest]
            } else {
                let mut zone = None;
                for offset in &others {
                    if ranks[at - offset] == rank {
                        let root = forest.root(labels[at - offset]);
                        zone = Some(zone.map_or(root, |zone| forest.join(zone, root)));
                    }
                }
                zone.unwrap_or_else(|| forest.plant())
            };
        }

        // A root is the lowest label of its tree, and labels were planted in the order of voxels: numbering zones as
        // their roots come up orders them by their first voxels.
        let mut zones: Vec<Zone> = Vec::new();
        let mut zone_of = vec![0_u32; forest.parents.len()];
        for slice in levels.slices() {
            for (at, rank) in levels.voxels(slice..slice + 1) {
                let root = forest.root(labels[at]) as usize;
                if zone_of[root] == 0 {
                    zones.push(Zone {
                        rank,
                        size: 0,
                        slice,
                    });
                    zone_of[root] = u32::try_from(zones.len()).expect("fewer than 2^32 voxels");
                }
                labels[at] = zone_of[root];
                zones[zone_of[root] as usize - 1].size += 1;
            }
        }
        Self { zones, labels }
    }

    /// The zones of each slice with any, when they were labelled by slice: the number of the first, and the zones.
    pub(crate) fn slices(&self) -> impl Iterator<Item = (usize, &[Zone])> {
        let mut first = 0;
        self.zones
            .chunk_by(|a, b| a.slice == b.slice)
            .map(move |zones| {
                let start = first;
                first += zones.len();
                (start, zones)
            })
    }
}

/// A union-find forest of labels; the root of a tree is its lowest label.
struct Forest {
    parents: Vec<u32>,
}

impl Default for Forest {
    /// A forest of the label 0 alone, which stands for voxels outside the region.
    fn default() -> Self {
        Self { parents: vec![0] }
    }
}

impl Forest {
    /// A new label in a tree of its own.
    fn plant(&mut self) -> u32 {
        let label = u32::try_from(self.parents.len()).expect("fewer than 2^32 voxels");
        self.parents.push(label);
        label
    }

    /// The root of the tree of `label`; paths are halved on the way.
    fn root(&mut self, mut label: u32) -> u32 {
        loop {
            let parent = self.parents[label as usize];
            if parent == label {
                return label;
            }
            let grandparent = self.parents[parent as usize];
            self.parents[label as usize] = grandparent;
            label = grandparent;
        }
    }

    /// Joins the trees with these roots; gives the common root.
    fn join(&mut self, root: u32, other: u32) -> u32 {
        let (low, high) = (root.min(other), root.max(other));
        self.parents[high as usize] = low;
        low
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::texture::testing::{self, discretised};

    /// Zones by flood fill: `(grey level, slice of the first voxel, voxels)` in order of their first voxels.
    fn flood_fill(
        size: [usize; 3],
        levels: &[u16],
        in_plane: bool,
    ) -> Vec<(u16, usize, Vec<[usize; 3]>)> {
        let at = |[x, y, z]: [usize; 3]| x + size[0] * (y + size[1] * z);
        let mut seen = vec![false; levels.len()];
        let mut zones = Vec::new();
        for start in testing::positions(size) {
            let level = levels[at(start)];
            if level == 0 || seen[at(start)] {
                continue;
            }
            seen[at(start)] = true;
            let mut zone = vec![start];
            let mut next = 0;
            while next < zone.len() {
                for neighbour in
                    testing::neighbours(size, zone[next], if in_plane { [1, 1, 0] } else { [1; 3] })
                {
                    if levels[at(neighbour)] == level && !seen[at(neighbour)] {
                        seen[at(neighbour)] = true;
                        zone.push(neighbour);
                    }
                }
                next += 1;
            }
            zones.push((level, start[2], zone));
        }
        zones
    }

    proptest! {
        #[test]
        fn union_find_agrees_with_flood_fill((size, voxels) in testing::regions(4)) {
            let maps = ZoneMaps::new(&discretised(size, &voxels));
            for (zones, in_plane) in [(maps.by_slice(), true), (maps.volume(), false)] {
                let want = flood_fill(size, &voxels, in_plane);
                let got: Vec<(u16, usize, usize)> = zones
                    .zones
                    .iter()
                    .map(|z| (maps.levels.grey_level(z.rank.into()), z.slice, z.size as usize))
                    .collect();
                let expected: Vec<(u16, usize, usize)> =
                    want.iter().map(|(level, slice, zone)| (*level, *slice, zone.len())).collect();
                prop_assert_eq!(got, expected, "level, slice, size; in plane: {}", in_plane);
                let [sx, sy, sz] = maps.levels.strides();
                for (number, (_, _, zone)) in want.iter().enumerate() {
                    for [x, y, z] in zone {
                        let label = zones.labels[sx * (x + 1) + sy * (y + 1) + sz * (z + 1)];
                        prop_assert_eq!(label as usize, number + 1, "label of voxel {} {} {}", x, y, z);
                    }
                }
            }
        }
    }
}
