//! What intensities and grey levels have in common as numbers: moments, percentiles, dispersion.
//!
//! The intensity-based statistics (UHIW) and the first features of the intensity histogram (ZVCW) are the same
//! functions of a set of values; they are defined here once, with both codes.

use crate::feature::{Undefined, Value};

/// A non-empty set of values `x_k` in which value `x` occurs `n` times; `N` is the number of values in all.
pub(crate) struct Distribution<I> {
    values: I,
    total: f64,
    mean: f64,
    central_moments: CentralMoments,
    minimum: f64,
    maximum: f64,
    percentiles: Percentiles,
}

/// `sum_k (x_k - mean)^m / N` for m = 2, 3, 4.
#[derive(Clone, Copy)]
struct CentralMoments {
    second: f64,
    third: f64,
    fourth: f64,
}

/// The five percentiles that features are made of.
#[derive(Clone, Copy)]
pub(crate) struct Percentiles {
    p10: f64,
    p25: f64,
    p50: f64,
    p75: f64,
    p90: f64,
}

impl Percentiles {
    /// The percentiles in hundredths, in the order of the fields.
    const HUNDREDTHS: [usize; 5] = [10, 25, 50, 75, 90];

    /// The two 0-based ranks around the `hundredths`-th percentile of `n` values and how far it lies towards the
    /// second.
    ///
    /// The manual leaves the definition of a percentile open. Taken here is linear interpolation between order
    /// statistics at the rank `q (n - 1)`, counted from 0, the most common one; with it all reference values hold.
    /// The arithmetic is in whole numbers so that a percentile that falls on a rank is that value exactly.
    fn ranks(hundredths: usize, n: usize) -> (usize, usize, f64) {
        let rank_in_hundredths = hundredths * (n - 1);
        let lower = rank_in_hundredths / 100;
        let towards = (rank_in_hundredths % 100) as f64 / 100.0;
        (lower, (lower + 1).min(n - 1), towards)
    }

    /// The percentiles of `n` values, of which `order_statistic` gives the one of a 0-based rank.
    fn interpolate(n: usize, order_statistic: impl Fn(usize) -> f64) -> Self {
        let [p10, p25, p50, p75, p90] = Self::HUNDREDTHS.map(|hundredths| {
            let (lower, upper, towards) = Self::ranks(hundredths, n);
            let (lower, upper) = (order_statistic(lower), order_statistic(upper));
            lower + towards * (upper - lower)
        });
        Self {
            p10,
            p25,
            p50,
            p75,
            p90,
        }
    }

    /// The percentiles of values in any order; at least one. Selection instead of sorting: linear in their number.
    pub(crate) fn of_values(values: &[f64]) -> Self {
        let n = values.len();
        let mut ranks: Vec<usize> = Self::HUNDREDTHS
            .iter()
            .flat_map(|&hundredths| {
                let (lower, upper, _) = Self::ranks(hundredths, n);
                [lower, upper]
            })
            .collect();
        ranks.sort_unstable();
        ranks.dedup();
        let mut selected = Vec::with_capacity(ranks.len());
        select(&mut values.to_vec(), 0, &ranks, &mut selected);
        Self::interpolate(n, |rank| {
            let at = ranks
                .binary_search(&rank)
                .expect("every rank asked for was selected");
            selected[at]
        })
    }

    /// The percentiles of a histogram given as `(value, count)` by rising value; at least one count is positive.
    pub(crate) fn of_histogram(histogram: impl Iterator<Item = (f64, u64)> + Clone) -> Self {
        let n: u64 = histogram.clone().map(|(_, count)| count).sum();
        Self::interpolate(usize::try_from(n).expect("voxels fit in memory"), |rank| {
            let mut below = 0;
            for (value, count) in histogram.clone() {
                below += count;
                if below > rank as u64 {
                    return value;
                }
            }
            unreachable!("ranks are below the number of values")
        })
    }
}

/// Appends the order statistics of the given rising ranks; `values` holds those of rank `offset` on.
fn select(values: &mut [f64], offset: usize, ranks: &[usize], selected: &mut Vec<f64>) {
    let Some(&rank) = ranks.get(ranks.len() / 2) else {
        return;
    };
    let (below, value, above) = values.select_nth_unstable_by(rank - offset, f64::total_cmp);
    let value = *value;
    let (lower_ranks, upper_ranks) = (&ranks[..ranks.len() / 2], &ranks[ranks.len() / 2 + 1..]);
    select(below, offset, lower_ranks, selected);
    selected.push(value);
    select(above, rank + 1, upper_ranks, selected);
}

impl<I: Iterator<Item = (f64, f64)> + Clone> Distribution<I> {
    /// From `(value, number of occurrences)` in any order and their percentiles. At least one value, all finite.
    pub(crate) fn new(values: I, percentiles: Percentiles) -> Self {
        let total: f64 = values.clone().map(|(_, n)| n).sum();
        let (minimum, maximum) = values.clone().fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(minimum, maximum), (x, _)| (minimum.min(x), maximum.max(x)),
        );
        // The mean of equal values is that value; its sum may be rounded, and a variance of 1e-30 would then take the
        // place of the 0 that skewness and kurtosis ask for.
        let mean = if minimum == maximum {
            minimum
        } else {
            values.clone().map(|(x, n)| n * x).sum::<f64>() / total
        };
        let [second, third, fourth] = values.clone().fold([0.0; 3], |[m2, m3, m4], (x, n)| {
            let d = x - mean;
            let d2 = d * d;
            [m2 + n * d2, m3 + n * d2 * d, m4 + n * d2 * d2]
        });
        Self {
            values,
            total,
            mean,
            central_moments: CentralMoments {
                second: second / total,
                third: third / total,
                fourth: fourth / total,
            },
            minimum,
            maximum,
            percentiles,
        }
    }

    /// `sum_k f(x_k) / N`.
    fn mean_of(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.values.clone().map(|(x, n)| n * f(x)).sum::<f64>() / self.total
    }

    /// Mean. IBSI codes `Q4LE` (intensities), `X6K6` (grey levels). Unit: that of the values.
    ///
    /// ```text
    /// sum_k x_k / N
    /// ```
    pub(crate) fn mean(&self) -> f64 {
        self.mean
    }

    /// Variance, without bias correction. IBSI codes `ECT3`, `CH89`. Unit: that of the values, squared.
    ///
    /// ```text
    /// sum_k (x_k - mean)^2 / N
    /// ```
    pub(crate) fn variance(&self) -> f64 {
        self.central_moments.second
    }

    /// Skewness; 0 when the variance is 0, as the manual says. IBSI codes `KE2A`, `88K1`. Unit: 1.
    ///
    /// ```text
    /// (sum_k (x_k - mean)^3 / N) / variance^(3/2)
    /// ```
    pub(crate) fn skewness(&self) -> f64 {
        let CentralMoments { second, third, .. } = self.central_moments;
        if second == 0.0 {
            0.0
        } else {
            third / (second * second.sqrt())
        }
    }

    /// Excess kurtosis; 0 when the variance is 0, as the manual says. IBSI codes `IPH6`, `C3I7`. Unit: 1.
    ///
    /// ```text
    /// (sum_k (x_k - mean)^4 / N) / variance^2 - 3
    /// ```
    pub(crate) fn kurtosis(&self) -> f64 {
        let CentralMoments { second, fourth, .. } = self.central_moments;
        if second == 0.0 {
            0.0
        } else {
            fourth / (second * second) - 3.0
        }
    }

    /// Median: the 50th percentile. IBSI codes `Y12H`, `WIFQ`. Unit: that of the values.
    pub(crate) fn median(&self) -> f64 {
        self.percentiles.p50
    }

    /// Minimum. IBSI codes `1GSF`, `1PR8`. Unit: that of the values.
    pub(crate) fn minimum(&self) -> f64 {
        self.minimum
    }

    /// 10th percentile. IBSI codes `QG58`, `GPMT`. Unit: that of the values.
    pub(crate) fn percentile_10(&self) -> f64 {
        self.percentiles.p10
    }

    /// 90th percentile. IBSI codes `8DWT`, `OZ0C`. Unit: that of the values.
    pub(crate) fn percentile_90(&self) -> f64 {
        self.percentiles.p90
    }

    /// Maximum. IBSI codes `84IY`, `3NCY`. Unit: that of the values.
    pub(crate) fn maximum(&self) -> f64 {
        self.maximum
    }

    /// Interquartile range, P75 − P25. IBSI codes `SALO`, `WR0O`. Unit: that of the values.
    pub(crate) fn interquartile_range(&self) -> f64 {
        self.percentiles.p75 - self.percentiles.p25
    }

    /// Range, maximum − minimum. IBSI codes `2OJQ`, `5Z3W`. Unit: that of the values.
    pub(crate) fn range(&self) -> f64 {
        self.maximum - self.minimum
    }

    /// Mean absolute deviation. IBSI codes `4FUA`, `D2ZX`. Unit: that of the values.
    ///
    /// ```text
    /// sum_k |x_k - mean| / N
    /// ```
    pub(crate) fn mean_absolute_deviation(&self) -> f64 {
        self.mean_of(|x| (x - self.mean).abs())
    }

    /// Robust mean absolute deviation: that of the values from P10 to P90, around their own mean. IBSI codes `1128`,
    /// `WRZB`. Unit: that of the values.
    ///
    /// ```text
    /// sum_k |x_k - mean'| / N'      over the N' values with P10 <= x_k <= P90, mean' their mean
    /// ```
    ///
    /// # Undefined
    /// [`Undefined::EmptyRoi`] when no value lies there: two different values lie outside both percentiles.
    pub(crate) fn robust_mean_absolute_deviation(&self) -> Value {
        let Percentiles { p10, p90, .. } = self.percentiles;
        let central = self.values.clone().filter(|(x, _)| (p10..=p90).contains(x));
        let (total, sum) = central
            .clone()
            .fold((0.0, 0.0), |(total, sum), (x, n)| (total + n, sum + n * x));
        if total == 0.0 {
            return Err(Undefined::EmptyRoi);
        }
        let mean = sum / total;
        Ok(central.map(|(x, n)| n * (x - mean).abs()).sum::<f64>() / total)
    }

    /// Median absolute deviation: the mean distance from the median. IBSI codes `N72L`, `4RNL`. Unit: that of the
    /// values.
    ///
    /// ```text
    /// sum_k |x_k - median| / N
    /// ```
    pub(crate) fn median_absolute_deviation(&self) -> f64 {
        self.mean_of(|x| (x - self.percentiles.p50).abs())
    }

    /// Coefficient of variation. IBSI codes `7TET`, `CWYJ`. Unit: 1.
    ///
    /// ```text
    /// sqrt(variance) / mean
    /// ```
    ///
    /// # Undefined
    /// [`Undefined::ZeroSum`] when the mean is 0.
    pub(crate) fn coefficient_of_variation(&self) -> Value {
        if self.mean == 0.0 {
            return Err(Undefined::ZeroSum);
        }
        Ok(self.variance().sqrt() / self.mean)
    }

    /// Quartile coefficient of dispersion. IBSI codes `9S40`, `SLWD`. Unit: 1.
    ///
    /// ```text
    /// (P75 - P25) / (P75 + P25)
    /// ```
    ///
    /// # Undefined
    /// [`Undefined::ZeroSum`] when the quartiles add up to 0.
    pub(crate) fn quartile_coefficient_of_dispersion(&self) -> Value {
        let Percentiles { p25, p75, .. } = self.percentiles;
        if p75 + p25 == 0.0 {
            return Err(Undefined::ZeroSum);
        }
        Ok((p75 - p25) / (p75 + p25))
    }

    /// Energy. IBSI code `N8CA`. Unit: that of the values, squared.
    ///
    /// ```text
    /// sum_k x_k^2
    /// ```
    pub(crate) fn energy(&self) -> f64 {
        self.values.clone().map(|(x, n)| n * x * x).sum()
    }

    /// Root mean square. IBSI code `5ZWQ`. Unit: that of the values.
    ///
    /// ```text
    /// sqrt(sum_k x_k^2 / N)
    /// ```
    pub(crate) fn root_mean_square(&self) -> f64 {
        self.mean_of(|x| x * x).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_lie_between_order_statistics() {
        let percentiles = Percentiles::of_values(&[4.0, 1.0, 3.0, 2.0, 5.0]);
        assert_eq!(percentiles.p10, 1.4, "rank 0.4 between 1 and 2");
        assert_eq!(percentiles.p25, 2.0, "rank 1");
        assert_eq!(percentiles.p50, 3.0, "rank 2");
        assert_eq!(percentiles.p75, 4.0, "rank 3");
        assert_eq!(percentiles.p90, 4.6, "rank 3.6 between 4 and 5");
    }

    proptest! {
        #[test]
        fn selection_agrees_with_sorting_and_with_the_histogram(
            values in prop::collection::vec(0_u8..20, 1..200),
        ) {
            let as_f64: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
            let mut sorted = as_f64.clone();
            sorted.sort_by(f64::total_cmp);
            let by_sorting = Percentiles::interpolate(sorted.len(), |rank| sorted[rank]);
            let histogram = (0..20_u8).map(|v| {
                (f64::from(v), values.iter().filter(|x| **x == v).count() as u64)
            });
            for (name, got) in [
                ("selection", Percentiles::of_values(&as_f64)),
                ("histogram", Percentiles::of_histogram(histogram)),
            ] {
                prop_assert_eq!(
                    [got.p10, got.p25, got.p50, got.p75, got.p90],
                    [by_sorting.p10, by_sorting.p25, by_sorting.p50, by_sorting.p75, by_sorting.p90],
                    "percentiles by {}", name
                );
            }
        }
    }
}
