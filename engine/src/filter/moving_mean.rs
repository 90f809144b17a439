//! The mean over a window that moves along lines, at a cost that does not depend on the window.

use super::lines::Lines;

/// The mean over `support` elements (an odd number) about every element, added to what is in `out` if `add`.
///
/// The extended line is cut into blocks as long as the window, which then is the end of one block and the beginning of
/// the next (van Herk, Pattern Recognition Letters 13, 1992, for extrema). Sums from an element to the end of its block
/// and from the beginning of the next block only ever add voxels of the window itself: nothing is subtracted, so that
/// no error is carried along the line, as it would be in a running sum.
pub(super) fn apply(support: usize, lines: &Lines, out: &mut [f64], add: bool) {
    let lanes = lines.lanes();
    let values = lines.widened(support / 2);
    let mut ends = vec![0.0; support * lanes];
    let mut beginning = vec![0.0; lanes];
    let scale = 1.0 / support as f64;
    for (block, out) in out.chunks_mut(support * lanes).enumerate() {
        let values = &values[block * support * lanes..];
        sum_to_the_end(&values[..support * lanes], lanes, &mut ends);
        beginning.fill(0.0);
        let next = values[support * lanes..].chunks_exact(lanes);
        let mut next = next;
        for (out, end) in out.chunks_exact_mut(lanes).zip(ends.chunks_exact(lanes)) {
            for ((out, end), begin) in out.iter_mut().zip(end).zip(&beginning) {
                let mean = (end + begin) * scale;
                *out = if add { *out + mean } else { mean };
            }
            if let Some(next) = next.next() {
                for (begin, x) in beginning.iter_mut().zip(next) {
                    *begin += x;
                }
            }
        }
    }
}

/// `ends[i] = Σ_{j ≥ i} values[j]`, lane by lane.
fn sum_to_the_end(values: &[f64], lanes: usize, ends: &mut [f64]) {
    ends.copy_from_slice(values);
    for i in (0..values.len() - lanes).rev() {
        ends[i] += ends[i + lanes];
    }
}
