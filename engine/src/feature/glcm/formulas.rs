//! The features of a co-occurrence matrix.
//!
//! In the formulas sums are over the grey levels that occur, terms with `p = 0` contribute nothing, and
//!
//! ```text
//! p_i. = sum_j p_ij      p_.j = sum_i p_ij      p_(i-j),k = sum_ij p_ij [|i - j| = k]      p_(i+j),k = sum_ij p_ij [i + j = k]
//! ```

use super::{Glcm, Probability};
use crate::feature::{Undefined, Value};

impl Glcm {
    /// `sum_ij f(i, j) p_ij`
    fn mean(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        self.elements.iter().map(|e| e.p * f(e.i, e.j)).sum()
    }
}

/// `sum_k k p_k`
fn average(probabilities: &[Probability]) -> f64 {
    probabilities.iter().map(|k| k.of * k.p).sum()
}

/// `sum_k (k - average)^2 p_k`
fn variance(probabilities: &[Probability]) -> f64 {
    let average = average(probabilities);
    probabilities
        .iter()
        .map(|k| (k.of - average) * (k.of - average) * k.p)
        .sum()
}

/// `-sum p log2 p`
fn entropy(probabilities: impl Iterator<Item = f64>) -> f64 {
    // 0 − x and not −x: the entropy of a certainty is 0, not −0
    0.0 - probabilities.map(|p| p * p.log2()).sum::<f64>()
}

/// The entropy of `p_i.`, HX in the manual, or of `p_.j`, which is the same in a symmetric matrix.
fn marginal_entropy(marginal: &[Probability]) -> f64 {
    entropy(marginal.iter().map(|k| k.p))
}

/// Joint maximum. IBSI code `GYBY`. Unit: 1.
///
/// ```text
/// max_ij p_ij
/// ```
#[must_use]
pub fn joint_maximum(m: &Glcm) -> f64 {
    m.elements.iter().map(|e| e.p).fold(0.0, f64::max)
}

/// Joint average. IBSI code `60VM`. Unit: bin.
///
/// ```text
/// sum_ij i p_ij
/// ```
#[must_use]
pub fn joint_average(m: &Glcm) -> f64 {
    m.mean(|i, _| i)
}

/// Joint variance, or sum of squares. IBSI code `UR99`. Unit: bin².
///
/// ```text
/// sum_ij (i - mu)^2 p_ij      mu the joint average
/// ```
#[must_use]
pub fn joint_variance(m: &Glcm) -> f64 {
    let mu = joint_average(m);
    m.mean(|i, _| (i - mu) * (i - mu))
}

/// Joint entropy. IBSI code `TU9B`. Unit: bit.
///
/// ```text
/// -sum_ij p_ij log2 p_ij
/// ```
///
/// # Example
/// ```
/// use radgauge_engine::feature::glcm::{Glcm, joint_entropy};
///
/// let matrix = Glcm::from_counts(2, [(1, 1, 2), (1, 2, 1), (2, 1, 1)])?;
/// assert_eq!(joint_entropy(&matrix), 1.5); // p = 1/2, 1/4, 1/4
/// # Ok::<(), radgauge_engine::feature::Undefined>(())
/// ```
#[must_use]
pub fn joint_entropy(m: &Glcm) -> f64 {
    entropy(m.elements.iter().map(|e| e.p))
}

/// Difference average. IBSI code `TF7R`. Unit: bin.
///
/// ```text
/// sum_k k p_(i-j),k
/// ```
#[must_use]
pub fn difference_average(m: &Glcm) -> f64 {
    average(&m.differences)
}

/// Difference variance. IBSI code `D3YU`. Unit: bin².
///
/// ```text
/// sum_k (k - mu)^2 p_(i-j),k      mu the difference average
/// ```
#[must_use]
pub fn difference_variance(m: &Glcm) -> f64 {
    variance(&m.differences)
}

/// Difference entropy. IBSI code `NTRS`. Unit: bit.
///
/// ```text
/// -sum_k p_(i-j),k log2 p_(i-j),k
/// ```
#[must_use]
pub fn difference_entropy(m: &Glcm) -> f64 {
    marginal_entropy(&m.differences)
}

/// Sum average. IBSI code `ZGXS`. Unit: bin.
///
/// ```text
/// sum_k k p_(i+j),k
/// ```
#[must_use]
pub fn sum_average(m: &Glcm) -> f64 {
    average(&m.sums)
}

/// Sum variance. IBSI code `OEEB`. Unit: bin².
///
/// ```text
/// sum_k (k - mu)^2 p_(i+j),k      mu the sum average
/// ```
#[must_use]
pub fn sum_variance(m: &Glcm) -> f64 {
    variance(&m.sums)
}

/// Sum entropy. IBSI code `P6QZ`. Unit: bit.
///
/// ```text
/// -sum_k p_(i+j),k log2 p_(i+j),k
/// ```
#[must_use]
pub fn sum_entropy(m: &Glcm) -> f64 {
    marginal_entropy(&m.sums)
}

/// Angular second moment, or energy. IBSI code `8ZQL`. Unit: 1.
///
/// ```text
/// sum_ij p_ij^2
/// ```
#[must_use]
pub fn angular_second_moment(m: &Glcm) -> f64 {
    m.elements.iter().map(|e| e.p * e.p).sum()
}

/// Contrast. IBSI code `ACUI`. Unit: bin².
///
/// ```text
/// sum_ij (i - j)^2 p_ij
/// ```
#[must_use]
pub fn contrast(m: &Glcm) -> f64 {
    m.mean(|i, j| (i - j) * (i - j))
}

/// Dissimilarity. IBSI code `8S9J`. Unit: bin. The same number as the difference average.
///
/// ```text
/// sum_ij |i - j| p_ij
/// ```
#[must_use]
pub fn dissimilarity(m: &Glcm) -> f64 {
    m.mean(|i, j| (i - j).abs())
}

/// Inverse difference. IBSI code `IB1Z`. Unit: 1.
///
/// ```text
/// sum_ij p_ij / (1 + |i - j|)
/// ```
#[must_use]
pub fn inverse_difference(m: &Glcm) -> f64 {
    m.mean(|i, j| 1.0 / (1.0 + (i - j).abs()))
}

/// Normalised inverse difference. IBSI code `NDRX`. Unit: 1.
///
/// ```text
/// sum_ij p_ij / (1 + |i - j| / N_g)
/// ```
#[must_use]
pub fn normalised_inverse_difference(m: &Glcm) -> f64 {
    let n_levels = f64::from(m.n_levels);
    m.mean(|i, j| 1.0 / (1.0 + (i - j).abs() / n_levels))
}

/// Inverse difference moment, or homogeneity. IBSI code `WF0Z`. Unit: 1.
///
/// ```text
/// sum_ij p_ij / (1 + (i - j)^2)
/// ```
#[must_use]
pub fn inverse_difference_moment(m: &Glcm) -> f64 {
    m.mean(|i, j| 1.0 / (1.0 + (i - j) * (i - j)))
}

/// Normalised inverse difference moment. IBSI code `1QCO`. Unit: 1.
///
/// ```text
/// sum_ij p_ij / (1 + (i - j)^2 / N_g^2)
/// ```
#[must_use]
pub fn normalised_inverse_difference_moment(m: &Glcm) -> f64 {
    let n_levels = f64::from(m.n_levels);
    m.mean(|i, j| 1.0 / (1.0 + (i - j) * (i - j) / (n_levels * n_levels)))
}

/// Inverse variance. IBSI code `E8JP`. Unit: bin⁻².
///
/// ```text
/// 2 sum_i sum_(j>i) p_ij / (i - j)^2
/// ```
#[must_use]
pub fn inverse_variance(m: &Glcm) -> f64 {
    let above_the_diagonal = m.elements.iter().filter(|e| e.j > e.i);
    2.0 * above_the_diagonal
        .map(|e| e.p / ((e.i - e.j) * (e.i - e.j)))
        .sum::<f64>()
}

/// Correlation. IBSI code `NI2N`. Unit: 1.
///
/// ```text
/// sum_ij (i - mu_i.) (j - mu_.j) p_ij / (sigma_i. sigma_.j)
/// ```
///
/// with mean and standard deviation of `p_i.` and `p_.j`.
///
/// # Undefined
/// [`Undefined::NoSpread`] when there is one grey level only.
pub fn correlation(m: &Glcm) -> Value {
    if m.rows.len() == 1 || m.columns.len() == 1 {
        return Err(Undefined::NoSpread);
    }
    let (row_mean, column_mean) = (average(&m.rows), average(&m.columns));
    let covariance = m.mean(|i, j| (i - row_mean) * (j - column_mean));
    Ok(covariance / (variance(&m.rows).sqrt() * variance(&m.columns).sqrt()))
}

/// Autocorrelation. IBSI code `QWB0`. Unit: bin².
///
/// ```text
/// sum_ij i j p_ij
/// ```
#[must_use]
pub fn autocorrelation(m: &Glcm) -> f64 {
    m.mean(|i, j| i * j)
}

/// `sum_ij (i + j - mu_i. - mu_.j)^power p_ij`
fn cluster(m: &Glcm, power: i32) -> f64 {
    let centre = average(&m.rows) + average(&m.columns);
    m.mean(|i, j| (i + j - centre).powi(power))
}

/// Cluster tendency. IBSI code `DG8W`. Unit: bin². The same number as the sum variance.
///
/// ```text
/// sum_ij (i + j - mu_i. - mu_.j)^2 p_ij      mu the means of p_i. and p_.j
/// ```
#[must_use]
pub fn cluster_tendency(m: &Glcm) -> f64 {
    cluster(m, 2)
}

/// Cluster shade. IBSI code `7NFM`. Unit: bin³.
///
/// ```text
/// sum_ij (i + j - mu_i. - mu_.j)^3 p_ij
/// ```
#[must_use]
pub fn cluster_shade(m: &Glcm) -> f64 {
    cluster(m, 3)
}

/// Cluster prominence. IBSI code `AE86`. Unit: bin⁴.
///
/// ```text
/// sum_ij (i + j - mu_i. - mu_.j)^4 p_ij
/// ```
#[must_use]
pub fn cluster_prominence(m: &Glcm) -> f64 {
    cluster(m, 4)
}

/// How far the matrix is from one of independent rows and columns, in bits: `HXY - HXY_1` of the manual, which is at
/// most 0.
///
/// ```text
/// HXY   = -sum_ij p_ij log2 p_ij
/// HXY_1 = -sum_ij p_ij log2 (p_i. p_.j)
/// HXY_2 = -sum_ij p_i. p_.j log2 (p_i. p_.j)
/// ```
///
/// As the logarithm of the product is a sum and the `p_ij` of a row add up to `p_i.`, both HXY_1 and HXY_2 are the sum
/// of the entropies of `p_i.` and `p_.j`.
fn dependence(m: &Glcm) -> f64 {
    joint_entropy(m) - (marginal_entropy(&m.rows) + marginal_entropy(&m.columns))
}

/// Information correlation 1. IBSI code `R8DG`. Unit: 1.
///
/// ```text
/// (HXY - HXY_1) / HX      HX = -sum_i p_i. log2 p_i., HXY and HXY_1 as above
/// ```
///
/// # Undefined
/// [`Undefined::NoSpread`] when HX is 0: there is one grey level only.
pub fn information_correlation_1(m: &Glcm) -> Value {
    if m.rows.len() == 1 {
        return Err(Undefined::NoSpread);
    }
    Ok(dependence(m) / marginal_entropy(&m.rows))
}

/// Information correlation 2. IBSI code `JN9H`. Unit: 1.
///
/// ```text
/// sqrt(1 - exp(-2 (HXY_2 - HXY)))
/// ```
///
/// with entropies in bits although the base of the exponential is e; so the manual has it.
#[must_use]
pub fn information_correlation_2(m: &Glcm) -> f64 {
    // HXY_2 is never below HXY, but rounding can make it so by a little when rows and columns are independent.
    (1.0 - (2.0 * dependence(m)).exp()).max(0.0).sqrt()
}
