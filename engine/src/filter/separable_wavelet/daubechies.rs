//! Daubechies' wavelets of extremal phase.

use rustfft::num_complex::Complex64;

/// The most vanishing moments that are offered; beyond, double precision shows in the taps.
pub(super) const MAX_MOMENTS: usize = 20;

/// The scaling filter with `n` vanishing moments, `2 n` taps, by spectral factorisation (I. Daubechies, *Orthonormal
/// bases of compactly supported wavelets*, Comm. Pure Appl. Math. 41 (1988), 909–996).
///
/// # Formula
/// ```text
/// |H(ω)|² = 2 cos²ⁿ(ω/2) P(sin²(ω/2)),   P(y) = Σ_{k<n} C(n−1+k, k) yᵏ
/// H(z) ∝ (1 + z⁻¹)ⁿ Π (1 − zᵢ z⁻¹)
/// ```
/// Each root y of P gives a pair of zeros by `z + 1/z = 2 − 4y`, of which that inside the unit circle is taken.
pub(super) fn scaling_filter(n: usize) -> Vec<f64> {
    let mut taps = vec![Complex64::new(1.0, 0.0)];
    let mut multiply = |root: Complex64| {
        taps.push(Complex64::new(0.0, 0.0));
        for k in (1..taps.len()).rev() {
            let before = taps[k - 1];
            taps[k] -= root * before;
        }
    };
    multiply(Complex64::new(-1.0, 0.0));
    for y in roots(n) {
        let w = 1.0 - 2.0 * y;
        let root = (w * w - 1.0).sqrt();
        // The larger of the two has no cancellation; their product is 1.
        let outer = if (w + root).norm_sqr() > 1.0 {
            w + root
        } else {
            w - root
        };
        // Taken in turns, the factors keep the taps small.
        multiply(outer.inv());
        multiply(Complex64::new(-1.0, 0.0));
    }
    let sum: f64 = taps.iter().map(|h| h.re).sum();
    taps.iter().map(|h| h.re * 2_f64.sqrt() / sum).collect()
}

/// The roots of `P`, all at once (Aberth, Math. Comp. 27 (1973), 339–344).
fn roots(n: usize) -> Vec<Complex64> {
    // Highest power first: C(2n−2, n−1), …, 1.
    let mut coefficients = vec![1.0];
    for k in 1..n {
        coefficients.push(coefficients[k - 1] * (n - 1 + k) as f64 / k as f64);
    }
    coefficients.reverse();
    let degree = n - 1;
    let radius = (1.0 / coefficients[0]).powf(1.0 / degree.max(1) as f64);
    let mut roots: Vec<Complex64> = (0..degree)
        .map(|i| {
            Complex64::from_polar(
                radius,
                0.4 + std::f64::consts::TAU * i as f64 / degree as f64,
            )
        })
        .collect();
    // It converges in about 10 rounds; what is left then is rounding.
    for _ in 0..100 {
        for i in 0..degree {
            let y = roots[i];
            let zero = Complex64::new(0.0, 0.0);
            let (value, slope) = coefficients.iter().fold((zero, zero), |(value, slope), c| {
                (value * y + c, slope * y + value)
            });
            let newton = value / slope;
            let others = roots.iter().enumerate().filter(|(j, _)| *j != i);
            let repulsion: Complex64 = others.map(|(_, other)| (y - other).inv()).sum();
            roots[i] -= newton / (1.0 - newton * repulsion);
        }
    }
    roots
}
