//! Removal of the singular components that tell batches apart.
//!
//! Features are standardised and decomposed; components whose scores differ between batches are left out, and the rest
//! is put together again. M. Ligero et al., Minimizing acquisition-related radiomics variability by image resampling and
//! batch effect correction to allow for large-scale data analysis, European Radiology 31:1460–1470, 2021, correct
//! slice thickness that way.

use super::{Batches, HarmoniseError, Harmonised, check_batches};
use crate::statistics::{Matrix, mean, quantile, scale};

/// Which components are removed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Selection {
    /// Those whose scores differ between batches in a one-way analysis of variance with p below `alpha` and with at
    /// least the share `eta_squared` of their variance between batches.
    Associated {
        /// Limit of p, below 1.
        alpha: f64,
        /// Least share of the variance that lies between batches, from 0.
        eta_squared: f64,
    },
    /// So many of the largest, whatever they are.
    Leading(usize),
}

/// How to harmonise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SvdRemoval {
    /// Which components are removed.
    pub selection: Selection,
}

impl Default for SvdRemoval {
    fn default() -> Self {
        Self {
            selection: Selection::Associated {
                alpha: 0.01,
                eta_squared: 0.5,
            },
        }
    }
}

/// A singular component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// Its share of the variance of all standardised features.
    pub share: f64,
    /// Share of the variance of its scores that lies between batches, η².
    pub eta_squared: f64,
    /// p of the one-way analysis of variance of its scores by batch; `None` without degrees of freedom.
    pub p: Option<f64>,
    /// Whether it was removed.
    pub is_removed: bool,
}

impl SvdRemoval {
    /// Harmonises features (rows) × samples (columns).
    ///
    /// # Errors
    /// When extents do not fit, with one batch, when a threshold lies outside 0 to 1.
    pub fn harmonise(
        &self,
        features: &Matrix,
        batches: &Batches,
    ) -> Result<Harmonised, HarmoniseError> {
        check_batches(features, batches)?;
        self.check_thresholds()?;
        let samples = features.columns();
        let mut unchanged = Vec::new();
        let mut standardised = Vec::new();
        for (f, y) in features.iter_rows().enumerate() {
            let centred = scale::centred(y);
            let sd = (scale::sum_of_squares(&centred.deviations) / samples as f64).sqrt();
            if centred.unit == 0.0 {
                unchanged.push(f);
            } else {
                standardised.push((f, centred, sd));
            }
        }

        // one column a feature, one row a sample: scores · components, each component at right angles to the others
        let z = |(_, centred, sd): &(usize, scale::Centred, f64)| -> Vec<f64> {
            centred.deviations.iter().map(|d| d / sd).collect()
        };
        let rows: Vec<Vec<f64>> = standardised.iter().map(z).collect();
        let decomposition = Decomposition::of(&rows, samples);
        let total: f64 = decomposition.sizes.iter().map(|size| size * size).sum();
        let mut components = Vec::new();
        let mut removed = vec![vec![0.0; samples]; rows.len()];
        for (i, (size, scores)) in decomposition
            .sizes
            .iter()
            .zip(&decomposition.scores)
            .enumerate()
        {
            let (eta_squared, p) = association(scores, batches);
            let is_removed = match self.selection {
                Selection::Leading(count) => i < count,
                Selection::Associated {
                    alpha,
                    eta_squared: least,
                } => eta_squared >= least && p.is_some_and(|p| p < alpha),
            };
            components.push(Component {
                share: size * size / total,
                eta_squared,
                p,
                is_removed,
            });
            if is_removed {
                for (row, removed) in rows.iter().zip(&mut removed) {
                    let along: f64 = row.iter().zip(scores).map(|(z, score)| z * score).sum();
                    removed
                        .iter_mut()
                        .zip(scores)
                        .for_each(|(r, score)| *r += along * score);
                }
            }
        }

        let mut values = features.clone();
        for ((f, centred, sd), removed) in standardised.iter().zip(&removed) {
            let scale = centred.unit * sd;
            values
                .row_mut(*f)
                .iter_mut()
                .zip(removed)
                .for_each(|(value, r)| *value -= scale * r);
            if values.row(*f).iter().any(|value| !value.is_finite()) {
                return Err(HarmoniseError::Overflow { feature: f + 1 });
            }
        }
        let count = components
            .iter()
            .filter(|component| component.is_removed)
            .count();
        Ok(Harmonised {
            arm: format!("SVD ({count} of {} components removed)", components.len()),
            values,
            unchanged,
            components,
        })
    }

    fn check_thresholds(&self) -> Result<(), HarmoniseError> {
        let Selection::Associated { alpha, eta_squared } = self.selection else {
            return Ok(());
        };
        for (what, found) in [("alpha", alpha), ("eta_squared", eta_squared)] {
            if !(0.0..=1.0).contains(&found) {
                return Err(HarmoniseError::Threshold { what, found });
            }
        }
        Ok(())
    }
}

/// η² and p of a one-way analysis of variance of the scores.
fn association(scores: &[f64], batches: &Batches) -> (f64, Option<f64>) {
    let grand = mean(scores);
    let between: f64 = (0..batches.names.len())
        .map(|batch| {
            let members: Vec<f64> = batches
                .members(batch)
                .map(|sample| scores[sample])
                .collect();
            members.len() as f64 * (mean(&members) - grand).powi(2)
        })
        .sum();
    let total = scale::sum_of_squares(scores);
    let eta_squared = if total > 0.0 {
        (between / total).min(1.0)
    } else {
        0.0
    };
    let df1 = batches.names.len() as f64 - 1.0;
    let df2 = scores.len() as f64 - batches.names.len() as f64;
    let f = eta_squared / df1 / ((1.0 - eta_squared) / df2);
    (eta_squared, quantile::f_exceeds(f, df1, df2))
}

/// A singular value decomposition, by falling size; components of no size are left out.
struct Decomposition {
    sizes: Vec<f64>,
    /// Unit vectors over the samples, at right angles to each other.
    scores: Vec<Vec<f64>>,
}

impl Decomposition {
    /// Decomposes features, each a row over the samples. One-sided Jacobi rotations of whichever side is shorter
    /// (M. R. Hestenes, Journal of the SIAM 6:51–90, 1958).
    fn of(features: &[Vec<f64>], samples: usize) -> Self {
        let is_wide = features.len() > samples;
        // vectors to be turned until they are at right angles
        let mut vectors: Vec<Vec<f64>> = if is_wide {
            (0..samples)
                .map(|s| features.iter().map(|f| f[s]).collect())
                .collect()
        } else {
            features.to_vec()
        };
        let mut turned = identity(vectors.len());
        rotate(&mut vectors, &mut turned);
        let mut parts: Vec<(f64, Vec<f64>)> = vectors
            .into_iter()
            .enumerate()
            .map(|(i, vector)| {
                let size = dot(&vector, &vector).sqrt();
                // the scores are the turned samples themselves, or what the features were turned into
                let scores = if is_wide {
                    turned[i].clone()
                } else {
                    vector.iter().map(|x| x / size).collect()
                };
                (size, scores)
            })
            .collect();
        parts.sort_by(|a, b| b.0.total_cmp(&a.0));
        let largest = parts.first().map_or(0.0, |(size, _)| *size);
        parts.retain(|(size, _)| *size > 1e-12 * largest);
        let (sizes, scores) = parts.into_iter().unzip();
        Self { sizes, scores }
    }
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n)
        .map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect())
        .collect()
}

/// Turns pairs of vectors until all are at right angles; `turned` follows.
fn rotate(vectors: &mut [Vec<f64>], turned: &mut [Vec<f64>]) {
    const MOST_SWEEPS: usize = 60;
    for _ in 0..MOST_SWEEPS {
        let mut is_done = true;
        for i in 0..vectors.len() {
            for j in i + 1..vectors.len() {
                let (a, b) = (dot(&vectors[i], &vectors[i]), dot(&vectors[j], &vectors[j]));
                let c = dot(&vectors[i], &vectors[j]);
                if c.abs() <= 1e-15 * (a * b).sqrt() || c == 0.0 {
                    continue;
                }
                is_done = false;
                let zeta = (b - a) / (2.0 * c);
                let t = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let cosine = 1.0 / t.hypot(1.0);
                for matrix in [&mut *vectors, &mut *turned] {
                    let (head, tail) = matrix.split_at_mut(j);
                    for (x, y) in head[i].iter_mut().zip(&mut tail[0]) {
                        (*x, *y) = (cosine * (*x - t * *y), cosine * (t * *x + *y));
                    }
                }
            }
        }
        if is_done {
            return;
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Features that are a batch effect of their own size, and noise: `size · batch + noise`.
    fn sample(features: u32, effect: f64) -> (Matrix, Batches) {
        let value = |f: u32, s: u32| {
            let noise = f64::from((f * f * 7 + s * 5 + f * s * s * 3) % 23) / 11.0 - 1.0;
            effect * f64::from(f + 1) * f64::from(s % 2) + noise
        };
        let rows: Vec<Vec<f64>> = (0..features)
            .map(|f| (0..16).map(|s| value(f, s)).collect())
            .collect();
        let names: Vec<&str> = (0..16)
            .map(|s| if s % 2 == 0 { "A" } else { "B" })
            .collect();
        (
            Matrix::from_rows(&rows).expect("features"),
            Batches::new(&names),
        )
    }

    fn eta_squared(row: &[f64], batches: &Batches) -> f64 {
        association(row, batches).0
    }

    #[test]
    fn the_batch_component_is_found_and_removed() {
        for features in [6, 40] {
            let (before, batches) = sample(features, 5.0);
            let found = SvdRemoval::default()
                .harmonise(&before, &batches)
                .expect("harmonised");
            let removed: Vec<usize> = (0..found.components.len())
                .filter(|i| found.components[*i].is_removed)
                .collect();
            assert_eq!(removed, [0], "{features} features: {:?}", found.components);
            assert!(found.arm.starts_with("SVD (1 of "), "{}", found.arm);
            for f in 0..before.rows() {
                let (before, after) = (
                    eta_squared(before.row(f), &batches),
                    eta_squared(found.values.row(f), &batches),
                );
                assert!(
                    before > 0.9 && after < 0.35,
                    "feature {f}: η² {before} before, {after} after"
                );
            }
        }
    }

    #[test]
    fn without_a_batch_effect_nothing_is_removed() {
        let (features, batches) = sample(6, 0.0);
        let found = SvdRemoval::default()
            .harmonise(&features, &batches)
            .expect("harmonised");
        assert!(
            found.components.iter().all(|c| !c.is_removed),
            "{:?}",
            found.components
        );
        assert_eq!(found.values, features);
    }

    #[test]
    fn edges() {
        let (features, batches) = sample(3, 1.0);
        let nothing = SvdRemoval {
            selection: Selection::Leading(0),
        };
        assert_eq!(
            nothing
                .harmonise(&features, &batches)
                .expect("harmonised")
                .values,
            features
        );
        let all = SvdRemoval {
            selection: Selection::Leading(99),
        };
        let flat = all
            .harmonise(&features, &batches)
            .expect("harmonised")
            .values;
        for (f, row) in flat.iter_rows().enumerate() {
            let expected = mean(features.row(f));
            assert!(
                row.iter().all(|x| (x - expected).abs() < 1e-13),
                "only the mean is left: {row:?}"
            );
        }
        let constant = Matrix::from_rows(&[[0.3; 16]]).expect("features");
        let found = SvdRemoval::default()
            .harmonise(&constant, &batches)
            .expect("harmonised");
        assert_eq!((found.values, found.unchanged), (constant, vec![0]));
        let bad = SvdRemoval {
            selection: Selection::Associated {
                alpha: 5.0,
                eta_squared: 0.5,
            },
        };
        assert_eq!(
            bad.harmonise(&features, &batches)
                .expect_err("a threshold")
                .to_string(),
            "alpha: expected a number between 0 and 1, found 5"
        );
    }

    proptest! {
        /// Scores are unit vectors at right angles to each other, and shares add up to 1.
        #[test]
        fn a_decomposition(values in prop::collection::vec(-5.0..5.0, 60), rows in prop::sample::select(vec![3_usize, 5, 12, 20])) {
            let features: Vec<Vec<f64>> = values.chunks(60 / rows).map(<[f64]>::to_vec).collect();
            let samples = 60 / rows;
            let Decomposition { sizes, scores } = Decomposition::of(&features, samples);
            for (i, a) in scores.iter().enumerate() {
                for (j, b) in scores.iter().enumerate() {
                    let expected = f64::from(u8::from(i == j));
                    prop_assert!((dot(a, b) - expected).abs() < 1e-10, "{} and {}: {}", i, j, dot(a, b));
                }
            }
            prop_assert!(sizes.is_sorted_by(|a, b| a >= b));
            let total: f64 = sizes.iter().map(|s| s * s).sum();
            let expected: f64 = values.iter().map(|x| x * x).sum();
            prop_assert!((total / expected - 1.0).abs() < 1e-12);
        }
    }
}
