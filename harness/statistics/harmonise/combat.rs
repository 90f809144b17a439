//! ComBat: location and scale of every batch, adjusted with empirical Bayes.
//!
//! W. E. Johnson, C. Li and A. Rabinovic, Adjusting batch effects in microarray expression data using empirical Bayes
//! methods, Biostatistics 8:118–127, 2007; J.-P. Fortin et al., Harmonization of cortical thickness measurements across
//! scanners and sites, NeuroImage 167:104–120, 2018 (neuroCombat). It stops where neuroCombat 0.2.12 stops, so that it
//! gives the same numbers.

use std::f64::consts::PI;

use super::{
    Batches, Covariate, CovariateValues, HarmoniseError, Harmonised, check_batches,
    least_squares::LeastSquares, same_samples,
};
use crate::statistics::{Matrix, mean, scale::sum_of_squares};

/// The change of the estimates, as a share, at which the iteration ends.
const CONVERGED: f64 = 1e-4;
/// It takes some ten.
const MOST_ITERATIONS: usize = 10_000;

/// What batch effects are drawn towards, by empirical Bayes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// A normal distribution of locations and an inverse gamma distribution of scales.
    Parametric,
    /// The effects of the other features.
    NonParametric,
    /// Nothing: no empirical Bayes.
    None,
}

/// What is adjusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Mean and variance of every batch.
    MeanAndVariance,
    /// The mean only.
    Mean,
}

/// How to harmonise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComBat {
    /// What batch effects are drawn towards.
    pub prior: Prior,
    /// What is adjusted.
    pub effect: Effect,
    /// A batch that the others are adjusted to, and that stays as it is.
    pub reference: Option<String>,
}

impl Default for ComBat {
    fn default() -> Self {
        Self {
            prior: Prior::Parametric,
            effect: Effect::MeanAndVariance,
            reference: None,
        }
    }
}

impl ComBat {
    /// Harmonises features (rows) × samples (columns).
    ///
    /// # Formula
    /// ```text
    /// y = α + X β + γ_b + δ_b ε      per feature, by least squares; z = (y - α - X β) / σ, σ² = mean residual²
    /// adjusted = σ (z - γ*_b) / sqrt(δ*_b) + α + X β
    /// ```
    /// γ* and δ* are the location and scale of a batch, drawn towards those of all features.
    ///
    /// # Errors
    /// When extents do not fit, with one batch, with a batch of one sample (unless only means are adjusted), when a
    /// covariate is confounded, when the reference is no batch, with empirical Bayes on a single feature.
    pub fn harmonise(
        &self,
        features: &Matrix,
        batches: &Batches,
        covariates: &[Covariate],
    ) -> Result<Harmonised, HarmoniseError> {
        check_batches(features, batches)?;
        let reference = self.reference(batches)?;
        self.check_sizes(batches)?;
        let design = Design::new(batches, reference, covariates)?;

        let standardised: Vec<_> = features
            .iter_rows()
            .map(|y| design.standardise(y, batches, reference))
            .collect();
        let unchanged: Vec<usize> = (0..features.rows())
            .filter(|f| standardised[*f].is_none())
            .collect();
        let usable: Vec<&Standardised> = standardised.iter().flatten().collect();
        if self.prior != Prior::None && usable.len() < 2 {
            return Err(HarmoniseError::TooFewFeatures {
                found: usable.len(),
            });
        }

        let effects = (0..batches.names.len())
            .map(|batch| {
                if reference == Some(batch) {
                    return Ok(vec![(0.0, 1.0); usable.len()]);
                }
                let z: Vec<Vec<f64>> = usable
                    .iter()
                    .map(|feature| batches.members(batch).map(|s| feature.z[s]).collect())
                    .collect();
                self.effects(&z, &batches.names[batch])
            })
            .collect::<Result<Vec<_>, _>>()?;

        let mut values = features.clone();
        let changed = (0..features.rows()).filter(|f| standardised[*f].is_some());
        for ((f, feature), usable_index) in changed.zip(&usable).zip(0..) {
            for (sample, value) in values.row_mut(f).iter_mut().enumerate() {
                let batch = batches.of_sample[sample];
                if reference == Some(batch) {
                    continue;
                }
                let (gamma, delta) = effects[batch][usable_index];
                *value = feature.sigma * (feature.z[sample] - gamma) / delta.sqrt()
                    + feature.kept[sample];
            }
            if values.row(f).iter().any(|value| !value.is_finite()) {
                return Err(HarmoniseError::Overflow { feature: f + 1 });
            }
        }
        Ok(Harmonised {
            arm: self.label(covariates),
            values,
            unchanged,
            components: Vec::new(),
        })
    }

    fn label(&self, covariates: &[Covariate]) -> String {
        let mut parts = vec![
            match self.prior {
                Prior::Parametric => "parametric",
                Prior::NonParametric => "non-parametric",
                Prior::None => "no empirical Bayes",
            }
            .to_owned(),
        ];
        if self.effect == Effect::Mean {
            parts.push("mean only".into());
        }
        if let Some(reference) = &self.reference {
            parts.push(format!("reference {reference}"));
        }
        let mut label = format!("ComBat ({}", parts.join(", "));
        if !covariates.is_empty() {
            let names: Vec<&str> = covariates.iter().map(|c| c.name.as_str()).collect();
            label += &format!("; adjusted for {}", names.join(", "));
        }
        label + ")"
    }

    fn reference(&self, batches: &Batches) -> Result<Option<usize>, HarmoniseError> {
        let Some(reference) = &self.reference else {
            return Ok(None);
        };
        match batches.names.iter().position(|name| name == reference) {
            Some(batch) => Ok(Some(batch)),
            None => Err(HarmoniseError::NoSuchBatch {
                known: batches.names.join(", "),
                found: reference.clone(),
            }),
        }
    }

    fn check_sizes(&self, batches: &Batches) -> Result<(), HarmoniseError> {
        if self.effect == Effect::Mean {
            return Ok(());
        }
        for (batch, name) in batches.names.iter().enumerate() {
            let found = batches.size(batch);
            if found < 2 {
                return Err(HarmoniseError::SmallBatch {
                    batch: name.clone(),
                    found,
                });
            }
        }
        Ok(())
    }

    /// γ* and δ* of a batch for every feature; `z` holds the features' standardised values in the batch.
    fn effects(&self, z: &[Vec<f64>], batch: &str) -> Result<Vec<(f64, f64)>, HarmoniseError> {
        let gamma: Vec<f64> = z.iter().map(|z| mean(z)).collect();
        let delta: Vec<f64> = match self.effect {
            Effect::Mean => vec![1.0; z.len()],
            Effect::MeanAndVariance => z.iter().map(|z| variance_or_one(z)).collect(),
        };
        match (self.prior, self.effect) {
            (Prior::None, _) => Ok(gamma.into_iter().zip(delta).collect()),
            (Prior::NonParametric, _) => Ok(non_parametric(z, &gamma, &delta)),
            (Prior::Parametric, Effect::Mean) => {
                let (centre, spread) = normal_prior(&gamma);
                let shrunk = |gamma| posterior_mean(gamma, centre, 1.0, 1.0, spread);
                Ok(gamma
                    .into_iter()
                    .map(|gamma| (shrunk(gamma), 1.0))
                    .collect())
            }
            (Prior::Parametric, Effect::MeanAndVariance) => parametric(z, &gamma, &delta, batch),
        }
    }
}

/// Least squares of batches and covariates.
struct Design {
    fit: LeastSquares,
    /// The columns that are kept: covariates, after the batches.
    covariates: Vec<Vec<f64>>,
    columns: Vec<Vec<f64>>,
}

/// A feature with everything but its batch effects taken off.
struct Standardised {
    z: Vec<f64>,
    sigma: f64,
    /// α + X β of every sample.
    kept: Vec<f64>,
}

impl Design {
    fn new(
        batches: &Batches,
        reference: Option<usize>,
        covariates: &[Covariate],
    ) -> Result<Self, HarmoniseError> {
        // with a reference, its column is the common level, and the others are differences from it
        let batch_column = |batch: usize| -> Vec<f64> {
            let is_in = |of: &usize| f64::from(u8::from(reference == Some(batch) || *of == batch));
            batches.of_sample.iter().map(is_in).collect()
        };
        let mut columns: Vec<Vec<f64>> = (0..batches.names.len()).map(batch_column).collect();
        let mut names = vec![""; columns.len()];
        let mut kept = Vec::new();
        for Covariate { name, values } in covariates {
            same_samples(
                &format!("covariate `{name}`"),
                batches.samples(),
                values.len(),
            )?;
            if let CovariateValues::Numeric(numbers) = values
                && let Some(sample) = numbers.iter().position(|number| !number.is_finite())
            {
                return Err(HarmoniseError::NotFinite {
                    name: name.clone(),
                    sample: sample + 1,
                    found: numbers[sample],
                });
            }
            for column in values.columns() {
                names.push(name);
                columns.push(column.clone());
                kept.push(column);
            }
        }
        let fit =
            LeastSquares::new(columns.clone()).map_err(|column| HarmoniseError::Confounded {
                name: names[column].to_owned(),
            })?;
        Ok(Self {
            fit,
            covariates: kept,
            columns,
        })
    }

    /// The feature standardised; `None` when nothing is left of it but rounding.
    fn standardise(
        &self,
        y: &[f64],
        batches: &Batches,
        reference: Option<usize>,
    ) -> Option<Standardised> {
        let beta = self.fit.solve(y);
        let of_batches = &beta[..batches.names.len()];
        let of_covariates = &beta[batches.names.len()..];
        let level = match reference {
            Some(batch) => of_batches[batch],
            None => {
                let share = |batch: usize| batches.size(batch) as f64 / y.len() as f64;
                of_batches
                    .iter()
                    .enumerate()
                    .map(|(b, beta)| share(b) * beta)
                    .sum()
            }
        };
        let combine = |columns: &[Vec<f64>], beta: &[f64], sample: usize| -> f64 {
            columns
                .iter()
                .zip(beta)
                .map(|(column, beta)| column[sample] * beta)
                .sum()
        };
        // with a reference, its own residuals set the scale
        let counted: Vec<usize> = match reference {
            Some(batch) => batches.members(batch).collect(),
            None => (0..y.len()).collect(),
        };
        let squares: f64 = counted
            .iter()
            .map(|s| (y[*s] - combine(&self.columns, &beta, *s)).powi(2))
            .sum();
        let sigma = (squares / counted.len() as f64).sqrt();
        let largest = y.iter().fold(0.0, |largest: f64, y| largest.max(y.abs()));
        if sigma <= 16.0 * f64::EPSILON * largest {
            return None;
        }
        let kept: Vec<f64> = (0..y.len())
            .map(|s| level + combine(&self.covariates, of_covariates, s))
            .collect();
        let z = y
            .iter()
            .zip(&kept)
            .map(|(y, kept)| (y - kept) / sigma)
            .collect();
        Some(Standardised { z, sigma, kept })
    }
}

fn variance_or_one(z: &[f64]) -> f64 {
    let variance = sum_of_squares(z) / (z.len() as f64 - 1.0);
    if variance == 0.0 { 1.0 } else { variance }
}

/// Mean and variance of the locations over the features.
fn normal_prior(gamma: &[f64]) -> (f64, f64) {
    (
        mean(gamma),
        sum_of_squares(gamma) / (gamma.len() as f64 - 1.0),
    )
}

/// γ*: the location, drawn towards the centre of its prior.
fn posterior_mean(gamma: f64, centre: f64, n: f64, delta: f64, spread: f64) -> f64 {
    if n * spread + delta == 0.0 {
        return centre;
    }
    (spread * n * gamma + delta * centre) / (spread * n + delta)
}

fn parametric(
    z: &[Vec<f64>],
    gamma: &[f64],
    delta: &[f64],
    batch: &str,
) -> Result<Vec<(f64, f64)>, HarmoniseError> {
    let (centre, spread) = normal_prior(gamma);
    // the inverse gamma distribution with the mean and variance of the scales
    let (m, s2) = normal_prior(delta);
    let a = (2.0 * s2 + m * m) / s2;
    let b = (m * s2 + m * m * m) / s2;
    let posterior_variance = |squares: f64, n: f64| {
        if s2 == 0.0 {
            return m;
        }
        (0.5 * squares + b) / (n / 2.0 + a - 1.0)
    };

    let mut old: Vec<(f64, f64)> = gamma.iter().copied().zip(delta.iter().copied()).collect();
    for _ in 0..MOST_ITERATIONS {
        let new: Vec<(f64, f64)> = z
            .iter()
            .zip(gamma)
            .zip(&old)
            .map(|((z, gamma_hat), (_, delta_old))| {
                let n = z.len() as f64;
                let gamma = posterior_mean(*gamma_hat, centre, n, *delta_old, spread);
                let squares = z.iter().map(|z| (z - gamma).powi(2)).sum();
                (gamma, posterior_variance(squares, n))
            })
            .collect();
        // relative to the old value with its sign, as in neuroCombat: a negative one never holds the iteration up
        let change = |new: f64, old: f64| (new - old).abs() / old;
        let largest = new
            .iter()
            .zip(&old)
            .flat_map(|(new, old)| [change(new.0, old.0), change(new.1, old.1)])
            .fold(f64::NEG_INFINITY, f64::max);
        old = new;
        if largest <= CONVERGED {
            return Ok(old);
        }
    }
    Err(HarmoniseError::NotConverged {
        batch: batch.to_owned(),
        iterations: MOST_ITERATIONS,
    })
}

/// The mean of the other features' effects, each weighted with its likelihood for this feature's values.
fn non_parametric(z: &[Vec<f64>], gamma: &[f64], delta: &[f64]) -> Vec<(f64, f64)> {
    let one = |(f, z): (usize, &Vec<f64>)| {
        let n = z.len() as f64;
        let others = || (0..gamma.len()).filter(move |other| *other != f);
        let logarithms: Vec<f64> = others()
            .map(|o| {
                let squares: f64 = z.iter().map(|z| (z - gamma[o]).powi(2)).sum();
                -n / 2.0 * (2.0 * PI * delta[o]).ln() - squares / (2.0 * delta[o])
            })
            .collect();
        // less the largest, so that not all of them underflow
        let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = logarithms.iter().map(|l| (l - largest).exp()).collect();
        let total: f64 = weights.iter().sum();
        let weighted = |values: &[f64]| -> f64 {
            others()
                .zip(&weights)
                .map(|(o, weight)| values[o] * weight)
                .sum::<f64>()
                / total
        };
        (weighted(gamma), weighted(delta))
    };
    z.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests;
