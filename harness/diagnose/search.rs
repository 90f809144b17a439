//! The search for the deviations that reproduce submitted values.
//!
//! 1. Every single deviation is tried.
//! 2. Unless one of them explains everything, every pair of deviations in image processing is tried on what is cheap to
//!    compute: none of the two may come close by itself, as when grid and mask are both other than the manual's.
//! 3. The best few combinations are extended by one deviation after the other as long as that helps.
//! 4. What the best combination does not need is taken out of it, and what is left must have more evidence than chance
//!    gives.
//!
//! Work is bounded by numbers and not by time, so that the same values always have the same explanation.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{
    catalogue::deviations,
    emulate::{Answers, Combination, Laboratory, Part},
    evidence::{Assessment, Finding, Observation},
};

/// How many combinations are extended.
const BEAM: usize = 5;

/// How many extensions by a deviation in image processing are computed as a whole, of those that are cheaply tried.
const SHORTLIST: usize = 6;

/// The most deviations of a combination.
const DEEPEST: usize = 8;

/// The evidence, in bits, from which on an explanation is given, the price of its deviations deducted.
const LEAST_SCORE: f64 = 2.0;

/// What is believed to be otherwise.
#[derive(Clone, Debug)]
pub(super) struct Explanation {
    /// The deviations.
    pub combination: Combination,
    /// For each of them, others that the values cannot tell from it.
    pub alternatives: BTreeMap<usize, Vec<usize>>,
    /// For each observation, the deviations without which it would not be hit; `None` where it is not hit.
    pub needed: Vec<Option<BTreeSet<usize>>>,
    /// What the combination predicts, in the order of the checks.
    pub predicted: Answers,
}

/// The search for the values of one case.
pub(super) struct Search<'s, 'a> {
    laboratory: &'s Laboratory<'a>,
    observations: &'s [Observation],
    /// Deviations that change anything that was submitted.
    useful: Vec<usize>,
    parts: Vec<Part>,
    cheap: Vec<Part>,
    cheap_places: Vec<bool>,
}

/// A combination that was computed as a whole.
#[derive(Clone)]
struct Candidate {
    combination: Combination,
    assessment: Assessment,
}

impl<'s, 'a> Search<'s, 'a> {
    /// A search in a case.
    pub fn new(laboratory: &'s Laboratory<'a>, observations: &'s [Observation]) -> Self {
        let parts = laboratory.parts().to_vec();
        let cheap: Vec<Part> = parts
            .iter()
            .copied()
            .filter(|part| part.is_cheap())
            .collect();
        let manual = laboratory.answers(&Combination::default(), &cheap);
        Self {
            laboratory,
            observations,
            useful: Vec::new(),
            parts,
            cheap,
            cheap_places: manual.iter().map(|value| value.is_finite()).collect(),
        }
    }

    /// Searches; `None` when nothing is to be explained or no explanation stands.
    pub fn run(mut self) -> Option<Explanation> {
        let is_owed =
            |observation: &&Observation| observation.is_failing && !observation.is_manual();
        self.observations.iter().find(is_owed)?;

        let settings = self.laboratory.settings();
        let applicable: Vec<usize> = (0..deviations().len())
            .filter(|place| deviations()[*place].applies_to(settings))
            .collect();
        let mut seen =
            self.candidates(applicable.into_iter().map(|place| Combination::of([place])));
        seen.retain(|candidate| {
            let findings = &candidate.assessment.findings;
            let idle = [Finding::Neutral, Finding::Open];
            findings.iter().any(|finding| !idle.contains(finding))
        });
        self.useful = seen
            .iter()
            .flat_map(|candidate| candidate.combination.places())
            .collect();

        if !self.has_complete(&seen) {
            let pairs = self.processing_pairs(&seen);
            seen.extend(pairs);
            self.extend(&mut seen);
        }
        let best = best(&seen)?;
        let best = self.simplified(best);
        (best.assessment.score >= LEAST_SCORE && !best.combination.is_empty())
            .then(|| self.explained(best))
    }

    fn has_complete(&self, candidates: &[Candidate]) -> bool {
        best(candidates).is_some_and(|best| {
            let predicted = self.laboratory.answers(&best.combination, &self.parts);
            best.assessment.is_complete(self.observations, &predicted)
        })
    }

    fn candidate(&self, combination: Combination) -> Candidate {
        let predicted = self.laboratory.answers(&combination, &self.parts);
        Candidate {
            assessment: Assessment::of(self.observations, &predicted, combination.len(), |_| true),
            combination,
        }
    }

    fn candidates(&self, combinations: impl IntoIterator<Item = Combination>) -> Vec<Candidate> {
        let combinations: Vec<Combination> = combinations.into_iter().collect();
        combinations
            .into_par_iter()
            .map(|combination| self.candidate(combination))
            .collect()
    }

    /// How close combinations come in what is cheap to compute, the closest first.
    fn cheaply(&self, combinations: Vec<Combination>) -> Vec<Combination> {
        let mut tried: Vec<(f64, Combination)> = combinations
            .into_par_iter()
            .map(|combination| {
                let predicted = self.laboratory.answers(&combination, &self.cheap);
                let assessment = Assessment::of(
                    self.observations,
                    &predicted,
                    combination.len(),
                    |observation| self.cheap_places[observation.place],
                );
                (assessment.approach, combination)
            })
            .collect();
        tried.sort_by(|a, b| b.0.total_cmp(&a.0));
        tried
            .into_iter()
            .map(|(_, combination)| combination)
            .collect()
    }

    fn processing(&self) -> impl Iterator<Item = usize> + '_ {
        let useful = self.useful.iter().copied();
        useful.filter(|place| deviations()[*place].stage.is_processing())
    }

    /// The closest pairs of deviations in image processing.
    fn processing_pairs(&self, singles: &[Candidate]) -> Vec<Candidate> {
        if self.cheap.is_empty() {
            return Vec::new();
        }
        let mut closest: Vec<&Candidate> = singles.iter().collect();
        closest.sort_by(|a, b| b.assessment.approach.total_cmp(&a.assessment.approach));
        let places: Vec<usize> = self.processing().collect();
        let pairs = places
            .iter()
            .enumerate()
            .flat_map(|(i, a)| {
                places[i + 1..]
                    .iter()
                    .map(move |b| Combination::of([*a, *b]))
            })
            .filter(|pair| pair.is_consistent(self.laboratory.settings()))
            .collect();
        let closest = self.cheaply(pairs).into_iter().take(2 * SHORTLIST);
        self.candidates(closest)
    }

    /// Extends the best combinations one deviation at a time.
    fn extend(&self, seen: &mut Vec<Candidate>) {
        let mut beam = front(seen);
        for _ in 1..DEEPEST {
            let known: BTreeSet<Combination> = seen
                .iter()
                .map(|candidate| candidate.combination.clone())
                .collect();
            let mut next: BTreeSet<Combination> = BTreeSet::new();
            for candidate in &beam {
                let consistent = |place: &usize| {
                    let extended = candidate.combination.with(*place);
                    (!candidate.combination.has(*place)
                        && !known.contains(&extended)
                        && extended.is_consistent(self.laboratory.settings()))
                    .then_some(extended)
                };
                let of_processing: Vec<Combination> = self
                    .processing()
                    .filter_map(|place| consistent(&place))
                    .collect();
                next.extend(self.cheaply(of_processing).into_iter().take(SHORTLIST));
                let of_features = self.useful.iter().filter(|place| {
                    !deviations()[**place].stage.is_processing()
                        && self.helps(&candidate.assessment, **place)
                });
                next.extend(of_features.filter_map(consistent));
            }
            let before = best(seen).map_or(f64::NEG_INFINITY, |best| best.assessment.score);
            let extended = self.candidates(next);
            let came_closer = extended.iter().any(|new| {
                beam.iter()
                    .all(|old| new.assessment.approach > old.assessment.approach)
            });
            seen.extend(extended);
            let after = best(seen).map_or(f64::NEG_INFINITY, |best| best.assessment.score);
            if self.has_complete(seen) || !(after > before || came_closer) {
                break;
            }
            beam = front(seen);
        }
    }

    /// Whether a deviation touches values that a combination does not explain.
    fn helps(&self, assessment: &Assessment, place: usize) -> bool {
        let deviation = &deviations()[place];
        let answers = self
            .laboratory
            .answers(&Combination::of([place]), &self.parts);
        let observations = self.observations.iter().enumerate();
        let mut open = observations
            .filter(|(i, observation)| !observation.is_manual() && !assessment.hits(*i));
        // A deviation in a matrix can matter to values that it alone leaves as they are; in formulas it cannot.
        open.any(|(_, observation)| {
            let alone = answers[observation.place];
            deviation.stage <= super::catalogue::Stage::Matrix && !alone.is_nan()
                || (alone - observation.manual).abs() > 1e-10 * observation.manual.abs()
        })
    }

    /// The combination without what does not pay for itself.
    fn simplified(&self, mut best: Candidate) -> Candidate {
        loop {
            let simpler = best
                .combination
                .places()
                .map(|place| best.combination.without(place));
            let simpler = self.candidates(simpler);
            match self::best(&simpler) {
                Some(simpler) if simpler.assessment.score >= best.assessment.score => {
                    best = simpler
                }
                _ => return best,
            }
        }
    }

    fn explained(&self, best: Candidate) -> Explanation {
        let Candidate {
            combination,
            assessment,
        } = best;
        let predicted = self.laboratory.answers(&combination, &self.parts);
        let without: Vec<(usize, Answers)> = combination
            .places()
            .map(|place| {
                let rest = combination.without(place);
                (place, self.laboratory.answers(&rest, &self.parts))
            })
            .collect();
        let observations = self.observations.iter().enumerate();
        let needed = observations
            .map(|(i, observation)| {
                assessment.hits(i).then(|| {
                    let needed = without
                        .iter()
                        .filter(|(_, without)| !observation.is_met_alike(&predicted, without));
                    needed.map(|(place, _)| *place).collect()
                })
            })
            .collect();
        let alternatives = combination
            .places()
            .map(|place| {
                let others = self.alternatives(&combination, place, &assessment, &predicted);
                (place, others)
            })
            .collect();
        Explanation {
            combination,
            alternatives,
            needed,
            predicted,
        }
    }

    /// What the values cannot tell from a deviation of a combination.
    fn alternatives(
        &self,
        of: &Combination,
        place: usize,
        assessment: &Assessment,
        predicted: &Answers,
    ) -> Vec<usize> {
        let rest = of.without(place);
        let is_as_good =
            |other: &Combination, parts: &[Part], is_seen: &dyn Fn(&Observation) -> bool| {
                let answers = self.laboratory.answers(other, parts);
                let of_other = Assessment::of(self.observations, &answers, of.len(), is_seen);
                let mut observations = self.observations.iter().enumerate();
                of_other.contradictions() <= assessment.contradictions()
                    && observations.all(|(i, observation)| {
                        !is_seen(observation)
                            || !assessment.hits(i)
                            || observation.is_met_alike(predicted, &answers)
                    })
            };
        self.useful
            .par_iter()
            .copied()
            .filter(|other| !of.has(*other))
            .filter(|other| {
                let combination = rest.with(*other);
                combination.is_consistent(self.laboratory.settings())
                    && is_as_good(&combination, &self.cheap, &|observation| {
                        self.cheap_places[observation.place]
                    })
                    && is_as_good(&combination, &self.parts, &|_| true)
            })
            .collect()
    }
}

/// The candidate with the most evidence; of several, the simplest.
fn best(candidates: &[Candidate]) -> Option<Candidate> {
    let by_evidence = |a: &&Candidate, b: &&Candidate| {
        let score = a.assessment.score.total_cmp(&b.assessment.score);
        score
            .then(b.combination.len().cmp(&a.combination.len()))
            .then(b.combination.cmp(&a.combination))
    };
    candidates.iter().max_by(by_evidence).cloned()
}

/// The candidates that are extended: half those with the most evidence, half those that come closest.
fn front(candidates: &[Candidate]) -> Vec<Candidate> {
    let mut front: Vec<Candidate> = Vec::new();
    let measures: [fn(&Candidate) -> f64; 2] = [
        |candidate| candidate.assessment.approach,
        |candidate| candidate.assessment.score,
    ];
    for (measure, n) in measures.into_iter().zip([BEAM.div_ceil(2), BEAM]) {
        let mut order: Vec<&Candidate> = candidates.iter().collect();
        order.sort_by(|a, b| {
            measure(b)
                .total_cmp(&measure(a))
                .then(a.combination.cmp(&b.combination))
        });
        for candidate in order {
            if front.len() >= n {
                break;
            }
            if front
                .iter()
                .all(|other| other.combination != candidate.combination)
            {
                front.push(candidate.clone());
            }
        }
    }
    front
}
