//! Grey levels laid out for fast neighbour access.

use std::ops::Range;

use crate::{feature::Undefined, process::discretise::Discretised, volume::Mask};

/// A step from a voxel to its neighbour along x, y, z.
pub(crate) type Direction = [isize; 3];

/// One of each pair of opposite directions to the 26 neighbours; the first four lie in the plane of a slice.
///
/// Each points forwards in the order of the voxels in memory.
pub(crate) const DIRECTIONS: [Direction; 13] = [
    [1, 0, 0],
    [-1, 1, 0],
    [0, 1, 0],
    [1, 1, 0],
    [-1, -1, 1],
    [0, -1, 1],
    [1, -1, 1],
    [-1, 0, 1],
    [0, 0, 1],
    [1, 0, 1],
    [-1, 1, 1],
    [0, 1, 1],
    [1, 1, 1],
];

/// The grey levels of a region of interest with a border of one voxel around the box.
///
/// Levels are kept as ranks: 1 for the lowest level that occurs, 2 for the next, 0 outside the mask. Ranks are
/// without gaps, so tables indexed by them are as small as can be. The border lets all 26 neighbours of a voxel of
/// the box be read without asking whether they exist.
pub(crate) struct Levels {
    size: [usize; 3],
    ranks: Vec<u16>,
    /// `grey_levels[rank]`, with 0 for rank 0.
    grey_levels: Vec<u16>,
    n_levels: u16,
    /// For row `y + ny z`, where in `ranks` its voxels from the first to the last inside the mask lie.
    rows: Vec<Range<usize>>,
    voxels_in_slice: Vec<u64>,
}

impl Levels {
    pub(crate) fn new(discretised: &Discretised) -> Self {
        let volume = &discretised.levels;
        let size @ [nx, ny, nz] = volume.size();
        let highest = volume.as_slice().iter().copied().max().unwrap_or(0);
        let mut occurs = vec![false; usize::from(highest) + 1];
        for level in volume.as_slice() {
            occurs[usize::from(*level)] = true;
        }
        occurs[0] = true;
        let mut rank_of = vec![0; occurs.len()];
        let mut grey_levels = Vec::new();
        for (level, _) in (0..=highest).zip(occurs).filter(|(_, occurs)| *occurs) {
            rank_of[usize::from(level)] =
                u16::try_from(grey_levels.len()).expect("there are no more ranks than levels");
            grey_levels.push(level);
        }

        let mut levels = Self {
            size,
            ranks: vec![0; size.iter().map(|n| n + 2).product()],
            grey_levels,
            n_levels: discretised.n_levels,
            rows: Vec::with_capacity(ny * nz),
            voxels_in_slice: vec![0; nz],
        };
        for (row, voxels) in volume.as_slice().chunks_exact(nx.max(1)).enumerate() {
            let (y, z) = (row % ny, row / ny);
            let start = levels.row_start(y, z);
            let first = voxels.iter().position(|level| *level > 0).unwrap_or(0);
            let last = voxels.iter().rposition(|level| *level > 0);
            let inside = first..last.map_or(first, |last| last + 1);
            let mut count = 0;
            for (rank, level) in levels.ranks[start + inside.start..]
                .iter_mut()
                .zip(&voxels[inside.clone()])
            {
                *rank = rank_of[usize::from(*level)];
                count += u64::from(*level > 0);
            }
            levels.voxels_in_slice[z] += count;
            levels.rows.push(start + inside.start..start + inside.end);
        }
        levels
    }

    /// Number of voxels of the box along x, y, z, border not counted.
    pub(crate) fn size(&self) -> [usize; 3] {
        self.size
    }

    /// All slices of the volume.
    pub(crate) fn volume(&self) -> Range<usize> {
        0..self.size[2]
    }

    /// The slices that hold voxels of the region of interest; to the manual, there are no others.
    pub(crate) fn slices(&self) -> impl Iterator<Item = usize> {
        (0..self.size[2]).filter(|z| self.voxels_in_slice[*z] > 0)
    }

    /// Number of voxels N_v of the region in the given slices.
    pub(crate) fn n_voxels(&self, slices: Range<usize>) -> u64 {
        self.voxels_in_slice[slices].iter().sum()
    }

    /// The number of grey levels N_g of the discretisation.
    pub(crate) fn n_levels(&self) -> u16 {
        self.n_levels
    }

    /// How many ranks there are, that of the voxels outside included.
    pub(crate) fn n_ranks(&self) -> usize {
        self.grey_levels.len()
    }

    /// The grey level of a rank.
    pub(crate) fn grey_level(&self, rank: u32) -> u16 {
        self.grey_levels[rank as usize]
    }

    /// The ranks of all voxels, border included, x fastest.
    pub(crate) fn ranks(&self) -> &[u16] {
        &self.ranks
    }

    /// The grey levels of all voxels, border included, x fastest; 0 outside the region.
    pub(crate) fn grey_levels(&self) -> Vec<u16> {
        self.ranks
            .iter()
            .map(|rank| self.grey_levels[usize::from(*rank)])
            .collect()
    }

    /// Number of voxels along x, y, z, border included.
    pub(crate) fn bordered_size(&self) -> [usize; 3] {
        self.size.map(|n| n + 2)
    }

    /// Distance in [`Levels::ranks`] between neighbours along x, y, z.
    pub(crate) fn strides(&self) -> [usize; 3] {
        let [nx, ny, _] = self.bordered_size();
        [1, nx, nx * ny]
    }

    /// Where in the box the voxel of the region at this place of [`Levels::ranks`] is.
    pub(crate) fn position(&self, at: usize) -> [usize; 3] {
        let [_, sy, sz] = self.strides();
        [at % sy - 1, at % sz / sy - 1, at / sz - 1]
    }

    /// Distance in [`Levels::ranks`] between a voxel and its neighbour in `direction`.
    pub(crate) fn offset(&self, direction: Direction) -> isize {
        let [dx, dy, dz] = direction;
        let [_, sy, sz] = self.strides().map(usize::cast_signed);
        dx + sy * dy + sz * dz
    }

    /// Where the first voxel of a row of the box is in [`Levels::ranks`].
    fn row_start(&self, y: usize, z: usize) -> usize {
        let [_, sy, sz] = self.strides();
        1 + sy * (y + 1) + sz * (z + 1)
    }

    /// Where in [`Levels::ranks`] the voxels of row (y, z) from the first to the last inside the mask are; empty for
    /// a row without any.
    pub(crate) fn row(&self, y: usize, z: usize) -> Range<usize> {
        self.rows[y + self.size[1] * z].clone()
    }

    /// [`Levels::row`] of every row of the given slices.
    pub(crate) fn rows(&self, slices: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let ny = self.size[1];
        self.rows[ny * slices.start..ny * slices.end]
            .iter()
            .cloned()
    }

    /// The voxels of the region in the given slices, in order: their places in [`Levels::ranks`] and their ranks.
    pub(crate) fn voxels(&self, slices: Range<usize>) -> impl Iterator<Item = (usize, u16)> {
        self.rows(slices).flat_map(|row| {
            row.clone()
                .zip(&self.ranks[row])
                .filter(|(_, rank)| **rank > 0)
                .map(|(at, rank)| (at, *rank))
        })
    }

    /// The pairs of a row and the row `direction` leads to, cut to the voxels that have a partner there: the ranges
    /// in [`Levels::ranks`] of the voxels and of their partners, of the same length. Rows of the given slices only.
    pub(crate) fn row_pairs(
        &self,
        slices: Range<usize>,
        direction: Direction,
    ) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let [_, dy, dz] = direction;
        let offset = self.offset(direction);
        let ny = self.size[1];
        slices
            .clone()
            .flat_map(move |z| (0..ny).map(move |y| (y, z)))
            .filter_map(move |(y, z)| {
                let partner_y = y.checked_add_signed(dy).filter(|y| *y < ny)?;
                let partner_z = z.checked_add_signed(dz).filter(|z| slices.contains(z))?;
                let (row, partner) = (self.row(y, z), self.row(partner_y, partner_z));
                // The row is moved to where the partners are and cut there; it may reach beyond their row on either
                // side, but their range does not. It cannot be moved out of memory at the low end unless it lies
                // wholly beyond the partners.
                let partners = partner.start.max(row.start.checked_add_signed(offset)?)
                    ..partner.end.min(row.end.checked_add_signed(offset)?);
                (partners.start < partners.end).then(|| {
                    let back = |at: usize| at.wrapping_add_signed(-offset);
                    (back(partners.start)..back(partners.end), partners)
                })
            })
    }

    /// `mask` with the border of [`Levels::ranks`].
    ///
    /// # Panics
    /// When the mask has another size.
    #[track_caller]
    pub(crate) fn with_border(&self, mask: &Mask) -> Vec<bool> {
        assert_eq!(
            mask.size(),
            self.size,
            "the mask has the size of the grey levels"
        );
        let [nx, ny, _] = self.size;
        let mut padded = vec![false; self.ranks.len()];
        for (row, voxels) in mask.as_slice().chunks_exact(nx.max(1)).enumerate() {
            let start = self.row_start(row % ny, row / ny);
            padded[start..start + nx].copy_from_slice(voxels);
        }
        padded
    }

    /// Why there is no matrix when there is none.
    pub(crate) fn absence(&self) -> Undefined {
        if self.n_voxels(self.volume()) == 0 {
            Undefined::EmptyRoi
        } else {
            Undefined::EmptyMatrix
        }
    }
}
