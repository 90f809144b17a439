//! Counting occurrences in matrices that may be small and full or huge and nearly empty.

/// An element of a matrix of counts that is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) i: u16,
    pub(crate) j: u32,
    pub(crate) count: u64,
}

/// A matrix of counts: its elements that are not 0, by rising (i, j).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts(Vec<Cell>);

/// What (i, j) is sorted by: one number compares faster than two.
fn place(i: u16, j: u32) -> u64 {
    u64::from(i) << u32::BITS | u64::from(j)
}

impl Counts {
    /// From cells in any order; those with the same (i, j) are added.
    pub(crate) fn new(cells: impl IntoIterator<Item = Cell>) -> Self {
        let mut cells: Vec<Cell> = cells.into_iter().filter(|cell| cell.count > 0).collect();
        // The stable sort finds the runs of cells that are sorted already, which merged matrices consist of.
        cells.sort_by_key(|cell| place(cell.i, cell.j));
        cells.dedup_by(|next, kept| {
            let same = (next.i, next.j) == (kept.i, kept.j);
            if same {
                kept.count += next.count;
            }
            same
        });
        Self(cells)
    }

    /// The sum of matrices.
    pub(crate) fn merged<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        Self::new(parts.flat_map(|part| part.0.iter().copied()))
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.0
    }

    /// The sum of all elements.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().map(|cell| cell.count).sum()
    }
}

/// Counts pairs (i, j) with `i` below a known number of rows.
///
/// The columns up to a width that keeps the table in proportion to the number of pairs are counted in a table, the
/// others are listed and sorted in the end. So a matrix of 65,535 levels or of zones of a million voxels costs no more
/// than the voxels do.
pub(crate) struct Tally {
    width: usize,
    table: Vec<u32>,
    beyond: Vec<(u16, u32)>,
}

impl Tally {
    /// The smallest table that is worth a limit: 64 levels × 64.
    const SMALL: usize = 4096;

    /// For `i < rows`, `j < columns`, and about `pairs` pairs.
    pub(crate) fn new(rows: usize, columns: usize, pairs: u64) -> Self {
        let limit = usize::try_from(pairs)
            .unwrap_or(usize::MAX)
            .saturating_mul(4)
            .max(Self::SMALL);
        let width = columns.min(limit / rows.max(1));
        Self {
            width,
            table: vec![0; rows * width],
            beyond: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, i: u16, j: u32) {
        if (j as usize) < self.width {
            self.table[usize::from(i) * self.width + j as usize] += 1;
        } else {
            self.beyond.push((i, j));
        }
    }

    /// What was counted, without row 0, which stands for voxels outside the region.
    pub(crate) fn into_cells(mut self) -> impl Iterator<Item = Cell> {
        self.beyond.sort_unstable_by_key(|(i, j)| place(*i, *j));
        let beyond: Vec<Cell> = self
            .beyond
            .chunk_by(|a, b| a == b)
            .map(|equal| Cell {
                i: equal[0].0,
                j: equal[0].1,
                count: equal.len() as u64,
            })
            .collect();
        let width = self.width.max(1);
        self.table
            .into_iter()
            .enumerate()
            .filter(|(_, count)| *count > 0)
            .map(move |(at, count)| Cell {
                i: u16::try_from(at / width).expect("rows are ranks of 16 bits"),
                j: u32::try_from(at % width).expect("columns are 32 bits wide"),
                count: u64::from(count),
            })
            .chain(beyond)
            .filter(|cell| cell.i > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tally_counts_in_and_beyond_its_table(
            pairs in prop::collection::vec((1_u16..40, prop_oneof![0_u32..200, 0_u32..1_000_000]), 0..300),
        ) {
            let mut tally = Tally::new(40, 1_000_000, pairs.len() as u64);
            let mut naive: BTreeMap<(u16, u32), u64> = BTreeMap::new();
            for (i, j) in &pairs {
                tally.add(*i, *j);
                *naive.entry((*i, *j)).or_default() += 1;
            }
            let counts = Counts::new(tally.into_cells());
            let want: Vec<Cell> = naive
                .into_iter()
                .map(|((i, j), count)| Cell { i, j, count })
                .collect();
            prop_assert_eq!(counts.cells(), &want, "table and list together");
        }
    }

    #[test]
    fn merging_adds() {
        let cell = |i, j, count| Cell { i, j, count };
        let a = Counts::new([cell(2, 1, 1), cell(1, 1, 2)]);
        let b = Counts::new([cell(2, 1, 3), cell(1, 5, 0)]);
        assert_eq!(
            Counts::merged([&a, &b].into_iter()).cells(),
            [cell(1, 1, 2), cell(2, 1, 4)],
            "equal places are added, zeros dropped"
        );
    }
}
