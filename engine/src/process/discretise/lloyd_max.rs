//! Lloyd–Max quantisation (S. P. Lloyd, IEEE Trans. Inf. Theory 28, 1982, 129–137; J. Max, IRE Trans. Inf. Theory 6,
//! 1960, 7–12).

/// Lloyd's iteration takes far fewer steps on images; this is an end for the cases made to last.
const MAX_ITERATIONS: usize = 10_000;

/// The cell of each intensity, from 1 on. There are at least two different intensities.
///
/// Cell centres start in the middle of `bins` bins of equal width. Each step puts the border between two cells halfway
/// between their centres, a border belonging to the upper cell, and each centre at the mean of the intensities in its
/// cell; a cell without intensities keeps its centre. It ends when no intensity changes its cell. Neither step makes
/// the squared error larger; the minimum that is reached is a local one.
pub(super) fn grey_levels(intensities: &[f64], bins: u16) -> Vec<u16> {
    let mut sorted = intensities.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let lowest = sorted[0];
    let width = (sorted[sorted.len() - 1] - lowest) / f64::from(bins);
    // Sum of the first i intensities, counted from the lowest, so that large offsets cost no digits.
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(sorted.iter().scan(0.0, |sum, x| {
            *sum += x - lowest;
            Some(*sum)
        }))
        .collect();

    let mut centres: Vec<f64> = (0..bins)
        .map(|bin| lowest + (f64::from(bin) + 0.5) * width)
        .collect();
    // Where the cells start in the sorted intensities, and where the last one ends: the bins of a fixed bin number.
    let bin_of = super::fixed_bin_number(&sorted, bins, lowest, sorted[sorted.len() - 1]);
    let mut starts: Vec<usize> = (0..=bins)
        .map(|bin| bin_of.partition_point(|level| *level <= bin))
        .collect();
    let mut borders = Vec::new();
    for _ in 0..MAX_ITERATIONS {
        for (centre, cell) in centres.iter_mut().zip(starts.windows(2)) {
            if cell[0] < cell[1] {
                let sum = sums[cell[1]] - sums[cell[0]];
                *centre = lowest + sum / (cell[1] - cell[0]) as f64;
            }
        }
        borders = centres
            .windows(2)
            .map(|pair| pair[0] + 0.5 * (pair[1] - pair[0]))
            .collect();
        let new_starts: Vec<usize> = std::iter::once(0)
            .chain(
                borders
                    .iter()
                    .map(|border| sorted.partition_point(|x| x < border)),
            )
            .chain([sorted.len()])
            .collect();
        if new_starts == starts {
            break;
        }
        starts = new_starts;
    }
    let level = |x: &f64| borders.partition_point(|border| border <= x) as u16 + 1;
    intensities.iter().map(level).collect()
}
