//! Gauge R&R: which part of the variance is whose, in a crossed study of parts × operators × trials.
//!
//! AIAG, Measurement Systems Analysis. In a radiomics study
//!
//! | gauge study | radiomics study |
//! | --- | --- |
//! | part | the ROI (case) |
//! | operator | the setting, the scanner, the tool |
//! | trial | the perturbation seed, the repeat |
//! | interaction | a setting that matters for some ROIs only |
//! | repeatability | variance between repeats of one ROI under one setting |
//! | reproducibility | variance that the settings bring in |
//!
//! Customary bands: up to 10 % of the study variation is good, 10 to 30 % marginal, more is not acceptable; 5 distinct
//! categories or more are wanted.

use thiserror::Error;

use super::{Undefined, finite, mean, quantile, scale};

/// A complete crossed study.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    extents: [usize; 3],
    anova: Anova,
}

/// Values that make no gauge study.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum GaugeError {
    /// Too few parts, operators or trials.
    #[error(
        "expected at least 2 parts, 2 operators and 2 trials, found {parts}, {operators} and {trials}"
    )]
    TooFew {
        /// Number of parts.
        parts: usize,
        /// Number of operators.
        operators: usize,
        /// Number of trials.
        trials: usize,
    },
    /// Not as many values as the study has cells.
    #[error("expected {expected} values (parts × operators × trials), found {found}")]
    Length {
        /// Number of cells.
        expected: usize,
        /// Number of values.
        found: usize,
    },
    /// Nothing to decompose.
    #[error(transparent)]
    Undefined(#[from] Undefined),
}

/// A line of the analysis of variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Source {
    /// Sum of squares, in multiples of [`Anova::unit`]².
    pub sum_of_squares: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Mean square, in multiples of [`Anova::unit`]².
    pub mean_square: f64,
}

impl Source {
    fn new(sum_of_squares: f64, df: f64) -> Self {
        Self {
            sum_of_squares,
            df,
            mean_square: sum_of_squares / df,
        }
    }

    fn pooled_with(self, other: Self) -> Self {
        Self::new(
            self.sum_of_squares + other.sum_of_squares,
            self.df + other.df,
        )
    }
}

/// The analysis of variance of a crossed study.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anova {
    /// Sums of squares are in multiples of its square.
    pub unit: f64,
    /// Between parts.
    pub part: Source,
    /// Between operators.
    pub operator: Source,
    /// Interaction of part and operator.
    pub interaction: Source,
    /// Between trials.
    pub repeatability: Source,
}

impl Anova {
    /// F and p of the interaction, against the repeatability; `None` when the trials agree exactly.
    #[must_use]
    pub fn interaction_test(&self) -> Option<(f64, f64)> {
        let f = self.interaction.mean_square / self.repeatability.mean_square;
        let p = quantile::f_exceeds(f, self.interaction.df, self.repeatability.df)?;
        f.is_finite().then_some((f, p))
    }
}

/// How variance components are estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// From expected mean squares; negative components are set to zero. An interaction whose p exceeds the limit is
    /// pooled with the repeatability (0.05 is Minitab's limit, 0.25 AIAG's).
    Pooled {
        /// The limit of p.
        alpha: f64,
    },
    /// From expected mean squares, with the interaction whatever its p; negative components are set to zero.
    Kept,
    /// Restricted maximum likelihood, components not negative.
    Reml,
}

/// Variance components, in the squared unit of the feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Components {
    /// Between trials.
    pub repeatability: f64,
    /// Between operators.
    pub operator: f64,
    /// Interaction of part and operator.
    pub interaction: f64,
    /// Between parts.
    pub part: f64,
    /// Whether the interaction was pooled with the repeatability.
    pub is_pooled: bool,
}

impl Components {
    /// What the operators bring in: operator and interaction.
    #[must_use]
    pub fn reproducibility(&self) -> f64 {
        self.operator + self.interaction
    }

    /// Gauge R&R: repeatability and reproducibility.
    #[must_use]
    pub fn gauge(&self) -> f64 {
        self.repeatability + self.reproducibility()
    }

    /// Gauge R&R and parts.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.gauge() + self.part
    }

    /// Gauge R&R in percent of the total variance.
    #[must_use]
    pub fn percent_contribution(&self) -> f64 {
        100.0 * self.gauge() / self.total()
    }

    /// Gauge R&R in percent of the total standard deviation, %GRR.
    #[must_use]
    pub fn percent_study_variation(&self) -> f64 {
        100.0 * (self.gauge() / self.total()).sqrt()
    }

    /// How many groups of parts can be told apart, ndc: `1.41 σ_part / σ_gauge`, rounded down, at least 1; `None` when
    /// there is no gauge variance, which tells all apart.
    #[must_use]
    pub fn distinct_categories(&self) -> Option<u64> {
        let categories = 1.41 * (self.part / self.gauge()).sqrt();
        categories
            .is_finite()
            .then(|| (categories.floor() as u64).max(1))
    }
}

impl Gauge {
    /// The study of these extents, parts × operators × trials; values with the trial fastest, then the operator.
    ///
    /// # Errors
    /// When an extent is below 2, when the number of values does not fit, when a value is not finite, when all values
    /// are equal.
    pub fn new(extents: [usize; 3], values: &[f64]) -> Result<Self, GaugeError> {
        let [parts, operators, trials] = extents;
        if extents.iter().any(|extent| *extent < 2) {
            return Err(GaugeError::TooFew {
                parts,
                operators,
                trials,
            });
        }
        let expected = parts.saturating_mul(operators).saturating_mul(trials);
        if values.len() != expected {
            return Err(GaugeError::Length {
                expected,
                found: values.len(),
            });
        }
        super::all_finite(values)?;
        let scale::Centred {
            unit, deviations, ..
        } = scale::centred(values);
        if unit == 0.0 {
            return Err(Undefined::NoVariance.into());
        }
        Ok(Self {
            extents,
            anova: analyse(extents, unit, &deviations, values),
        })
    }

    /// Numbers of parts, operators and trials.
    #[must_use]
    pub fn extents(&self) -> [usize; 3] {
        self.extents
    }

    /// The analysis of variance.
    #[must_use]
    pub fn anova(&self) -> &Anova {
        &self.anova
    }

    /// The variance components.
    ///
    /// # Formula
    /// ```text
    /// E MS_PO = σ²_E + r σ²_PO
    /// E MS_P  = σ²_E + r σ²_PO + o r σ²_P        E MS_O = σ²_E + r σ²_PO + p r σ²_O
    /// ```
    ///
    /// # Undefined
    /// When a component is beyond the range of a double.
    pub fn components(&self, method: Method) -> Result<Components, Undefined> {
        let Anova {
            part,
            operator,
            interaction,
            repeatability,
            unit,
        } = self.anova;
        // the strata in the order that their expectations have: error, interaction, part, operator
        let (strata, is_pooled) = match method {
            Method::Pooled { alpha }
                if self
                    .anova
                    .interaction_test()
                    .is_some_and(|(_, p)| p > alpha) =>
            {
                let pooled = repeatability.pooled_with(interaction).mean_square;
                (
                    [pooled, pooled, part.mean_square, operator.mean_square],
                    true,
                )
            }
            Method::Pooled { .. } | Method::Kept => (
                [repeatability, interaction, part, operator].map(|source| source.mean_square),
                false,
            ),
            Method::Reml => (reml([repeatability, interaction, part, operator]), false),
        };
        let [error, interaction, part, operator] = strata.map(|stratum| stratum * unit * unit);
        strata
            .iter()
            .try_for_each(|stratum| finite(stratum * unit * unit).map(drop))?;
        let [p, o, r] = self.extents.map(|extent| extent as f64);
        Ok(Components {
            repeatability: error,
            interaction: ((interaction - error) / r).max(0.0),
            part: ((part - interaction) / (o * r)).max(0.0),
            operator: ((operator - interaction) / (p * r)).max(0.0),
            is_pooled,
        })
    }
}

/// Sums of squares of the deviations; `values` tell whether trials agree exactly.
fn analyse(extents: [usize; 3], unit: f64, deviations: &[f64], values: &[f64]) -> Anova {
    let [p, o, r] = extents;
    let cells: Vec<f64> = deviations.chunks_exact(r).map(mean).collect();
    let parts: Vec<f64> = cells.chunks_exact(o).map(mean).collect();
    let operators: Vec<f64> = (0..o)
        .map(|j| cells[j..].iter().step_by(o).sum::<f64>() / p as f64)
        .collect();
    let grand = mean(&parts);
    let about_grand = |means: &[f64]| means.iter().map(|m| (m - grand).powi(2)).sum::<f64>();
    let interaction = cells
        .iter()
        .enumerate()
        .map(|(c, cell)| (cell - parts[c / o] - operators[c % o] + grand).powi(2));
    let trials_agree = values
        .chunks_exact(r)
        .all(|cell| cell.iter().all(|value| *value == cell[0]));
    let within = if trials_agree {
        0.0
    } else {
        deviations.chunks_exact(r).map(scale::sum_of_squares).sum()
    };
    let [pf, of, rf] = extents.map(|extent| extent as f64);
    Anova {
        unit,
        part: Source::new(of * rf * about_grand(&parts), pf - 1.0),
        operator: Source::new(pf * rf * about_grand(&operators), of - 1.0),
        interaction: Source::new(rf * interaction.sum::<f64>(), (pf - 1.0) * (of - 1.0)),
        repeatability: Source::new(within, pf * of * (rf - 1.0)),
    }
}

/// The strata variances of error, interaction, part and operator by restricted maximum likelihood.
///
/// In a balanced study the restricted likelihood is a product over the strata,
/// -2 ln L = Σ df (ln λ + MS / λ), and components that are not negative mean λ_E ≤ λ_PO ≤ λ_P, λ_O. Its maximum is
/// the isotonic regression of the mean squares, weighted with their degrees of freedom, in that order (R. E. Barlow et
/// al., Statistical Inference under Order Restrictions, 1972, theorem 1.10): strata that violate it are pooled. There
/// are three constraints, so that the eight ways to pool are simply tried; no iteration, no starting value.
fn reml(strata: [Source; 4]) -> [f64; 4] {
    const CONSTRAINTS: [(usize, usize); 3] = [(0, 1), (1, 2), (1, 3)];
    let mut best = ([f64::NAN; 4], f64::INFINITY);
    for pooled in 0..1_usize << CONSTRAINTS.len() {
        let mut group = [0, 1, 2, 3];
        for (bit, (low, high)) in CONSTRAINTS.into_iter().enumerate() {
            if pooled >> bit & 1 == 1 {
                let (from, to) = (group[high], group[low]);
                group
                    .iter_mut()
                    .filter(|g| **g == from)
                    .for_each(|g| *g = to);
            }
        }
        let fitted = group.map(|g| {
            let members = || strata.iter().zip(group).filter(move |(_, of)| *of == g);
            let sum: f64 = members().map(|(source, _)| source.sum_of_squares).sum();
            sum / members().map(|(source, _)| source.df).sum::<f64>()
        });
        let is_ordered = CONSTRAINTS
            .into_iter()
            .all(|(low, high)| fitted[low] <= fitted[high]);
        let distance: f64 = strata
            .iter()
            .zip(fitted)
            .map(|(source, fitted)| source.df * (source.mean_square - fitted).powi(2))
            .sum();
        if is_ordered && distance < best.1 {
            best = (fitted, distance);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        // cells 1±1, 3±1 / 5±1, 7±1: parts 2 and 6, operators 3 and 5, no interaction
        let values = [0.0, 2.0, 2.0, 4.0, 4.0, 6.0, 6.0, 8.0];
        let gauge = Gauge::new([2, 2, 2], &values).expect("a study");
        let Anova {
            unit,
            part,
            operator,
            interaction,
            repeatability,
        } = *gauge.anova();
        let sums =
            [part, operator, interaction, repeatability].map(|s| s.sum_of_squares * unit * unit);
        assert_eq!(sums, [32.0, 8.0, 0.0, 8.0]);
        let kept = gauge.components(Method::Kept).expect("components");
        assert_eq!(
            (
                kept.repeatability,
                kept.part,
                kept.operator,
                kept.interaction
            ),
            (2.0, 8.0, 2.0, 0.0)
        );
        // pooled: (8 + 0) / (4 + 1) for error and interaction
        let pooled = gauge
            .components(Method::Pooled { alpha: 0.05 })
            .expect("components");
        let reml = gauge.components(Method::Reml).expect("components");
        assert!(pooled.is_pooled, "p of the interaction is 1");
        for components in [pooled, reml] {
            assert!(
                (components.repeatability - 1.6).abs() < 1e-15,
                "{components:?}"
            );
            assert!((components.part - 7.6).abs() < 1e-15, "{components:?}");
            assert!((components.operator - 1.6).abs() < 1e-15, "{components:?}");
        }
        assert!((pooled.percent_contribution() - 100.0 * 3.2 / 10.8).abs() < 1e-12);
        assert_eq!(pooled.distinct_categories(), Some(2));
    }

    #[test]
    fn what_is_no_study_is_said() {
        let message = |extents, values: &[f64]| {
            Gauge::new(extents, values)
                .expect_err("no study")
                .to_string()
        };
        assert_eq!(
            message([2, 2, 1], &[1.0; 4]),
            "expected at least 2 parts, 2 operators and 2 trials, found 2, 2 and 1"
        );
        assert_eq!(
            message([2, 2, 2], &[1.0; 4]),
            "expected 8 values (parts × operators × trials), found 4"
        );
        assert_eq!(message([2, 2, 2], &[1.0; 8]), "all values are equal");
        assert_eq!(
            message([usize::MAX, 2, 2], &[1.0; 8]),
            format!(
                "expected {} values (parts × operators × trials), found 8",
                usize::MAX
            )
        );
    }

    #[test]
    fn trials_that_agree_leave_the_parts() {
        let values = [0.1, 0.1, 0.1, 0.1, 0.7, 0.7, 0.7, 0.7];
        let gauge = Gauge::new([2, 2, 2], &values).expect("a study");
        assert_eq!(gauge.anova().interaction_test(), None);
        let components = gauge
            .components(Method::Pooled { alpha: 0.05 })
            .expect("components");
        assert_eq!(components.repeatability, 0.0);
        assert!(components.gauge() < 1e-30, "{components:?}");
        assert!((components.part - 0.18).abs() < 1e-15, "{components:?}");
    }

    /// The restricted likelihood, up to a constant, at strata variances.
    fn deviance(strata: [Source; 4], fitted: [f64; 4]) -> f64 {
        let one = |(source, fitted): (Source, f64)| {
            source.df * (fitted.ln() + source.mean_square / fitted)
        };
        strata.into_iter().zip(fitted).map(one).sum()
    }

    proptest! {
        /// Where all ANOVA components are positive, REML gives the same; elsewhere nothing that obeys the order is more
        /// likely than what it gives.
        #[test]
        fn reml_is_most_likely(
            squares in [0.01..10.0, 0.01..10.0, 0.01..10.0, 0.01..10.0],
            others in prop::collection::vec([0.0..5.0, 0.0..5.0, 0.0..5.0, 0.01..5.0], 40),
        ) {
            let df = [12.0, 6.0, 3.0, 2.0];
            let strata = [0, 1, 2, 3].map(|i| Source::new(squares[i], df[i]));
            let fitted = reml(strata);
            let [error, interaction, part, operator] = fitted;
            prop_assert!(error <= interaction && interaction <= part && interaction <= operator);
            let ms = strata.map(|s| s.mean_square);
            if ms[0] <= ms[1] && ms[1] <= ms[2] && ms[1] <= ms[3] {
                prop_assert_eq!(fitted, ms);
            }
            let least = deviance(strata, fitted);
            for [a, b, c, error] in others {
                let other = [error, error + a, error + a + b, error + a + c];
                prop_assert!(deviance(strata, other) >= least - 1e-9, "{:?} beats {:?}", other, fitted);
            }
        }

        /// Sums of squares add up to the total.
        #[test]
        fn sums_add_up(values in prop::collection::vec(-10.0..10.0, 3 * 4 * 2)) {
            let gauge = Gauge::new([3, 4, 2], &values).expect("a study");
            let Anova { unit, part, operator, interaction, repeatability } = *gauge.anova();
            let sum: f64 = [part, operator, interaction, repeatability].iter().map(|s| s.sum_of_squares).sum();
            let total = scale::sum_of_squares(&values);
            prop_assert!((sum * unit * unit / total - 1.0).abs() < 1e-12);
        }
    }
}
