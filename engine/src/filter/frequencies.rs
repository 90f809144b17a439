//! Frequency coordinates of filters that are defined in the Fourier domain.

use serde::{Deserialize, Serialize};

/// Which coordinates ν the frequencies of a periodic grid have (*Non-separable wavelets*, LODD), for a grid of N points
/// with frequencies k from −⌊N/2⌋ on, in units of the Nyquist frequency ν_B = π.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frequencies {
    /// N coordinates from −1 to 1, both ends included: `(k + ½) / ((N − 1) / 2)` for even N, `k / ((N − 1) / 2)` for odd
    /// N. The IBSI 2 response maps of tests 8.a.1 to 8.a.3 are met by this grid only. For even N no frequency has
    /// coordinate 0: seen as a convolution, the kernel is multiplied by `cos(π (x + y + z) / N)`, and the filter is not
    /// quite isotropic.
    #[default]
    Endpoints,
    /// `2 k / N`: a step of 2π/N, as the manual recommends, the coordinates of the discrete Fourier transform.
    Fourier,
}

impl Frequencies {
    /// The coordinates of a grid of N points in the order of the discrete Fourier transform: k = 0, 1, …, −1.
    pub(super) fn coordinates(self, n: usize) -> Vec<f64> {
        let shift = if n.is_multiple_of(2) { 0.5 } else { 0.0 };
        (0..n)
            .map(|index| {
                let k = if index < n.div_ceil(2) {
                    index as f64
                } else {
                    index as f64 - n as f64
                };
                match self {
                    Self::Endpoints if n == 1 => 0.0,
                    Self::Endpoints => (k + shift) / ((n as f64 - 1.0) / 2.0),
                    Self::Fourier => 2.0 * k / n as f64,
                }
            })
            .collect()
    }
}

/// Index of the frequency of opposite sign.
pub(super) fn opposite(index: usize, n: usize) -> usize {
    if index == 0 { 0 } else { n - index }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_by_hand() {
        let at = |frequencies: Frequencies, n| frequencies.coordinates(n);
        assert_eq!(
            at(Frequencies::Fourier, 4),
            [0.0, 0.5, -1.0, -0.5],
            "the manual's grid"
        );
        assert_eq!(at(Frequencies::Endpoints, 5), [0.0, 0.5, 1.0, -1.0, -0.5]);
        let third = 1.0 / 3.0;
        assert_eq!(
            at(Frequencies::Endpoints, 4),
            [third, 1.0, -1.0, -third],
            "from −1 to 1 in steps of 2/3"
        );
        for frequencies in [Frequencies::Endpoints, Frequencies::Fourier] {
            assert_eq!(at(frequencies, 1), [0.0], "{frequencies:?}: a single point");
        }
    }

    #[test]
    fn opposite_frequencies() {
        let opposites: Vec<usize> = (0..5).map(|k| opposite(k, 5)).collect();
        assert_eq!(opposites, [0, 4, 3, 2, 1]);
    }
}
