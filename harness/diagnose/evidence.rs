//! What submitted values say for and against a hypothesis.
//!
//! Every value is weighed by the digits that it has: a value printed with three digits that a hypothesis hits says as
//! much as that a wrong hypothesis would miss it, which is little when the value lies close to the right one. The weight
//! of a hit is in bits, `log2(gap / precision)`: the gap is how far the value is from the manual's, the precision how
//! well the hypothesis is met, or could be. The score of a hypothesis is a likelihood ratio. Per family, that share of
//! the values that the manual does not explain is taken for explained by the hypothesis which makes them most likely;
//! the rest is left to chance. So one value that is hit in a family of which nothing else is explained counts for little:
//! something else is wrong there, and the hit may be a coincidence.

use std::collections::BTreeMap;

use crate::{results::Check, verdict::Outcome};

/// The most bits that one value counts for: the features of a family are not independent.
const MOST_BITS: f64 = 14.0;

/// A value agrees with a prediction when they differ by less than this, relatively: other summation, single precision.
const AGREEMENT: f64 = 1e-4;

/// A value is the manual's when it differs by less than this, relatively.
const EQUALITY: f64 = 1e-6;

/// What a prediction must at least make of the gap to be a hit.
const CLOSER: f64 = 32.0;

/// What a value that the manual explains and the hypothesis does not costs, in bits.
const CONTRADICTION: f64 = 6.0;

/// What a deviation costs, in bits: so many can be tried.
const DEVIATION: f64 = 8.0;

/// A submitted value.
#[derive(Clone, Debug)]
pub(super) struct Observation {
    /// Place among the case's checks.
    pub place: usize,
    /// The value.
    pub actual: f64,
    /// Half a unit of its last digit.
    pub resolution: f64,
    /// Whether the check fails, so that an explanation is owed.
    pub is_failing: bool,
    /// What the manual's way gives.
    pub manual: f64,
    /// Family, within which values hang together.
    pub family: usize,
}

/// What a prediction makes of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Finding {
    /// It neither helps nor harms: it is the manual's, or there is none.
    Neutral,
    /// It hits the value, with so many bits of evidence.
    Hit(f64),
    /// It leaves a value as it is that the manual does not explain.
    Open,
    /// It moves the value, which the manual does not explain, but not to where it is.
    Miss,
    /// It moves a value that the manual explains.
    Contradiction,
}

impl Observation {
    fn gap(&self) -> f64 {
        (self.actual - self.manual).abs()
    }

    /// Whether the manual's way explains the value.
    pub fn is_manual(&self) -> bool {
        let equality = if self.is_failing {
            0.0
        } else {
            EQUALITY * self.actual.abs()
        };
        self.gap() <= self.resolution.max(equality)
    }

    /// What a prediction makes of the value.
    pub fn find(&self, predicted: f64) -> Finding {
        if predicted.is_nan() {
            return Finding::Neutral;
        }
        let error = (self.actual - predicted).abs();
        if self.is_manual() {
            let equal = 2.0 * self.resolution.max(EQUALITY * self.actual.abs());
            return if error <= equal {
                Finding::Neutral
            } else {
                Finding::Contradiction
            };
        }
        let moved = (predicted - self.manual).abs();
        if moved <= (1e-10 * self.manual.abs()).min(0.1 * self.gap()) {
            return Finding::Open;
        }
        let gap = self.gap();
        let close = (AGREEMENT * self.actual.abs())
            .min(gap / CLOSER)
            .max(self.resolution);
        if error > close || error > gap / 2.0 {
            return Finding::Miss;
        }
        let precision = error.max(self.resolution).max(1e-12 * self.actual.abs());
        let mut bits = (gap / precision).log2().min(MOST_BITS);
        // Of whole numbers there are not many between the two.
        if [self.actual, predicted, self.manual]
            .iter()
            .all(|x| x.fract() == 0.0)
        {
            bits = bits.min((1.0 + gap).log2());
        }
        Finding::Hit(bits.max(0.0))
    }

    /// Whether others meet the value about as well as some predictions do.
    pub fn is_met_alike(&self, predictions: &[f64], others: &[f64]) -> bool {
        const ALIKE: f64 = 8.0;
        let error = |predicted: &[f64]| (self.actual - predicted[self.place]).abs();
        let finest = self.resolution.max(0.1 * EQUALITY * self.actual.abs());
        error(others) <= ALIKE * error(predictions).max(finest)
    }

    /// How much closer a prediction comes than the manual, in bits; negative when it is farther. Unlike a finding it
    /// also tells a step in the right direction.
    pub fn approach(&self, predicted: f64) -> f64 {
        const MOST: f64 = 12.0;
        if predicted.is_nan() {
            return 0.0;
        }
        let error = (self.actual - predicted).abs();
        let finest = self
            .resolution
            .max(1e-9 * self.actual.abs())
            .max(f64::MIN_POSITIVE);
        let bits = ((self.gap() + finest) / (error + finest)).log2();
        bits.clamp(-MOST / 2.0, MOST)
    }
}

/// The precision to which values were printed, as half a unit of the last digit of each.
///
/// Values may be printed with so many digits or with so many decimals; what the printer did is told from all values
/// of a case together, the coarser reading counts, and trailing zeros that are lost in between do no harm.
pub(super) fn resolutions(values: &[f64]) -> Vec<f64> {
    let mut most_digits = 0;
    let mut most_decimals = 0;
    for value in values {
        let text = format!("{:e}", value.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = mantissa.chars().filter(char::is_ascii_digit).count() as i32;
        let exponent: i32 = exponent.parse().unwrap_or(0);
        most_digits = most_digits.max(digits);
        most_decimals = most_decimals.max(digits - 1 - exponent);
    }
    values
        .iter()
        .map(|value| {
            let magnitude = if *value == 0.0 {
                f64::from(-most_decimals)
            } else {
                value.abs().log10().floor()
            };
            let of_digits = 10f64.powf(magnitude - f64::from(most_digits - 1));
            let of_decimals = 10f64.powi(-most_decimals);
            // A little more than half a unit: what was printed was rounded from a value that had its own rounding.
            0.5001 * of_digits.max(of_decimals)
        })
        .collect()
}

/// The values of a case's checks, next to what the manual's way gives for them.
pub(super) fn observations(checks: &[Option<&Check>], manual: &[f64]) -> Vec<Observation> {
    let with_values: Vec<(usize, &Check, f64)> = checks
        .iter()
        .enumerate()
        .filter_map(|(place, check)| check.and_then(|check| Some((place, check, check.actual?))))
        .collect();
    let values: Vec<f64> = with_values.iter().map(|(_, _, actual)| *actual).collect();
    let mut families: BTreeMap<&str, usize> = BTreeMap::new();
    with_values
        .into_iter()
        .zip(resolutions(&values))
        .filter(|((place, _, _), _)| manual[*place].is_finite())
        .map(|((place, check, actual), resolution)| {
            let next = families.len();
            Observation {
                place,
                actual,
                resolution,
                is_failing: check.outcome == Outcome::Fail,
                manual: manual[place],
                family: *families.entry(check.family()).or_insert(next),
            }
        })
        .collect()
}

/// How a hypothesis stands.
#[derive(Clone, Debug)]
pub(super) struct Assessment {
    /// What was found of each observation.
    pub findings: Vec<Finding>,
    /// Bits of evidence for it, its price deducted.
    pub score: f64,
    /// How much closer it comes than the manual, in bits, its price deducted: to find a way to a better one.
    pub approach: f64,
}

impl Assessment {
    /// Weighs predictions, which have the order of the checks, of a hypothesis of so many deviations. Only observations
    /// that are `seen` count.
    pub fn of(
        observations: &[Observation],
        predicted: &[f64],
        n_deviations: usize,
        is_seen: impl Fn(&Observation) -> bool,
    ) -> Self {
        let mut approach = -2.0 * n_deviations as f64;
        let mut hits: BTreeMap<usize, (Vec<f64>, usize)> = BTreeMap::new();
        let mut contradictions = 0.0;
        let mut findings = Vec::with_capacity(observations.len());
        for observation in observations {
            if !is_seen(observation) {
                findings.push(Finding::Neutral);
                continue;
            }
            let predicted = predicted[observation.place];
            let finding = observation.find(predicted);
            let family = hits.entry(observation.family).or_default();
            match finding {
                Finding::Neutral => {}
                Finding::Hit(bits) => family.0.push(bits),
                Finding::Open | Finding::Miss => family.1 += 1,
                Finding::Contradiction => contradictions += 1.0,
            }
            approach += observation.approach(predicted);
            findings.push(finding);
        }
        let of_families: f64 = hits
            .values()
            .map(|(hits, misses)| evidence(hits, *misses))
            .sum();
        Self {
            findings,
            score: of_families - CONTRADICTION * contradictions - DEVIATION * n_deviations as f64,
            approach,
        }
    }

    /// Number of contradictions.
    pub fn contradictions(&self) -> usize {
        let contradictions = self
            .findings
            .iter()
            .filter(|f| **f == Finding::Contradiction);
        contradictions.count()
    }

    /// Whether the value of an observation is hit.
    pub fn hits(&self, observation: usize) -> bool {
        matches!(self.findings[observation], Finding::Hit(_))
    }

    /// Whether nothing is left to be explained: every value is the manual's or hit as well as it could be, and none is
    /// contradicted.
    pub fn is_complete(&self, observations: &[Observation], predicted: &[f64]) -> bool {
        let mut all = observations.iter().enumerate();
        self.contradictions() == 0
            && all.all(|(i, observation)| {
                let error = (observation.actual - predicted[observation.place]).abs();
                let equality = observation
                    .resolution
                    .max(EQUALITY * observation.actual.abs());
                observation.is_manual() || (self.hits(i) && error <= equality)
            })
    }
}

/// The evidence of a family: `max_s Σ_hits log2(s 2^bits + 1 − s) + misses log2(1 − s)`, where a share s of what the
/// manual does not explain is explained by the hypothesis and the rest is where it is by chance.
fn evidence(hits: &[f64], misses: usize) -> f64 {
    const SHARES: [f64; 10] = [0.02, 0.05, 0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 0.97];
    let at = |share: f64| {
        let of_hits: f64 = hits
            .iter()
            .map(|bits| (share * bits.exp2() + 1.0 - share).log2())
            .sum();
        of_hits + misses as f64 * (1.0 - share).log2()
    };
    SHARES.into_iter().map(at).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(actual: f64, manual: f64, resolution: f64) -> Observation {
        Observation {
            place: 0,
            actual,
            resolution,
            is_failing: true,
            manual,
            family: 0,
        }
    }

    #[test]
    fn printed_digits_are_told_from_all_values() {
        let half = |values: &[f64]| -> Vec<String> {
            resolutions(values)
                .iter()
                .map(|r| format!("{r:.0e}"))
                .collect()
        };
        assert_eq!(
            half(&[12300.0, 2.05, 0.00123, 2.5]),
            ["5e1", "5e-3", "5e-6", "5e-3"],
            "three digits"
        );
        assert_eq!(
            half(&[12345.678, 0.001, 2.5]),
            ["5e-4", "5e-4", "5e-4"],
            "three decimals"
        );
        assert_eq!(
            half(&[0.123456789012345, 3.0]),
            ["5e-16", "5e-15"],
            "full precision"
        );
        assert_eq!(
            half(&[0.0, 2.5]),
            ["5e-2", "5e-2"],
            "a zero is as coarse as its company"
        );
    }

    #[test]
    fn a_hit_weighs_as_much_as_it_could_have_missed() {
        let far = observation(0.6, 3.6, 0.005);
        assert!(
            matches!(far.find(0.602), Finding::Hit(bits) if bits > 8.0),
            "three of 600 places: {:?}",
            far.find(0.602)
        );
        let near = observation(2.06, 2.05, 0.005);
        assert!(
            matches!(near.find(2.062), Finding::Hit(bits) if bits <= 1.0 + 1e-9),
            "one of two places: {:?}",
            near.find(2.062)
        );
        assert_eq!(far.find(1.2), Finding::Miss);
        assert_eq!(
            far.find(3.6),
            Finding::Open,
            "the manual's value is no prediction of its own"
        );
        let right = Observation {
            is_failing: false,
            ..observation(3.6, 3.6, 0.005)
        };
        assert_eq!(right.find(0.6), Finding::Contradiction);
        assert_eq!(
            right.find(3.602),
            Finding::Neutral,
            "within what is printed"
        );
        let whole = observation(12.0, 10.0, 1e-15);
        assert!(
            matches!(whole.find(12.0), Finding::Hit(bits) if bits < 2.0),
            "whole numbers meet by chance"
        );
    }

    #[test]
    fn chance_is_no_evidence() {
        // One in 16 hit with 4 bits each is what chance gives.
        assert!(evidence(&[4.0; 5], 75) < 2.0, "chance");
        assert!(evidence(&[4.0; 40], 2) > 100.0, "nearly all");
        assert_eq!(evidence(&[], 10), 0.0);
    }
}
