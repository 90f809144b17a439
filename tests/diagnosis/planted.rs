//! Values of a case as an implementation with deviations would submit them, and what is made of them.

use std::collections::BTreeSet;

use radgauge::{
    diagnose::{Diagnostician, catalogue::deviations},
    implementation::{Answer, answers},
    results::{Check, Diagnosis},
    suite::{Input, SuiteCase},
    verdict::{self, judge},
};
use radgauge_engine::{
    io, pipeline,
    volume::{Image, Mask},
};
use radgauge_reference::datasets::Library;

/// Values that differ by less, relatively, are the same but for how they were summed up.
const EQUAL: f64 = 1e-6;

/// Image and mask of a case; `None` when the data are not there.
pub fn input(case: &SuiteCase, library: &Library) -> Option<(Image, Mask)> {
    match case.input {
        Input::Phantom(make) => Some(make()),
        Input::Numbered { make, number } => Some(make(number)),
        Input::Given(given) => Some((given.image.clone(), given.mask.clone())),
        Input::Files { image, mask } => {
            let (image, mask) = (library.find(image).ok()?, library.find(mask).ok()?);
            let image = io::read_image(&image).expect("the image can be read");
            Some((
                image,
                io::read_mask(&mask, None).expect("the mask can be read"),
            ))
        }
    }
}

/// A case that is diagnosed.
pub struct Bench<'a> {
    pub case: &'a SuiteCase,
    pub diagnostician: Diagnostician<'a>,
    /// What the manual's way gives.
    pub manual: Vec<f64>,
}

/// What came of one plant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No check fails, or one of the deviations changes neither what fails nor the first six digits of any value.
    Invisible,
    /// The planted deviations are named, and no others.
    Named,
    /// Something else is named, or nothing.
    Missed(Vec<String>),
}

impl<'a> Bench<'a> {
    pub fn new(case: &'a SuiteCase, image: &'a Image, mask: &'a Mask) -> Self {
        let keys: Vec<&str> = case
            .checks
            .iter()
            .map(|check| &check.id[case.id.len() + 1..])
            // What an implementation gives: few deliver diagnostic features.
            .filter(|key| !key.starts_with("diag/"))
            .collect();
        let diagnostician = Diagnostician::new(image, mask, &case.settings, &keys);
        let manual = diagnostician
            .emulate(&[])
            .expect("nothing is a combination");
        Self {
            case,
            diagnostician,
            manual,
        }
    }

    /// What is emulated without deviations is what the engine computes.
    pub fn assert_manual_is_the_engine(&self, image: &Image, mask: &Mask) {
        let extraction =
            pipeline::extract(image, mask, &self.case.settings).expect("the engine answers");
        let answers = answers(&extraction);
        for (check, emulated) in self.checks().zip(&self.manual) {
            let Some(Answer::Value(value)) = answers.get(&check.id[self.case.id.len() + 1..])
            else {
                panic!("{}: the engine has no value", check.id);
            };
            assert!(
                (emulated - value).abs() <= 1e-9 * (1.0 + value.abs()),
                "{}: {emulated} emulated, {value} by the engine",
                check.id
            );
        }
    }

    fn checks(&self) -> impl Iterator<Item = &'a Check> {
        let checks = self.case.checks.iter();
        checks.filter(|check| check.family() != "diag")
    }

    /// The checks with these values submitted.
    pub fn judged(&self, values: &[f64], digits: Option<usize>) -> Vec<Check> {
        let with_values = self.checks().zip(values);
        with_values
            .map(|(check, value)| {
                if !value.is_finite() {
                    return Check {
                        outcome: verdict::Outcome::Missing,
                        ..check.clone()
                    };
                }
                let value = printed(*value, digits);
                let (passes, deviation) =
                    judge(check.rule, &check.expected, value).expect("references are numbers");
                Check {
                    outcome: if passes {
                        verdict::Outcome::Pass
                    } else {
                        verdict::Outcome::Fail
                    },
                    actual: Some(value),
                    deviation: Some(deviation),
                    ..check.clone()
                }
            })
            .collect()
    }

    pub fn diagnose(&self, checks: &[Check]) -> Vec<Diagnosis> {
        let checks: Vec<&Check> = checks.iter().collect();
        self.diagnostician.diagnose(&self.case.id, &checks)
    }

    /// Plants deviations and has them diagnosed.
    pub fn plant(&self, planted: &[&str], digits: Option<usize>) -> Outcome {
        let Some(values) = self.diagnostician.emulate(planted) else {
            return Outcome::Invisible;
        };
        let checks = self.judged(&values, digits);
        let is_same = |other: &[f64]| {
            let mut pairs = values.iter().zip(other);
            let close =
                |a: f64, b: f64| (a - b).abs() <= EQUAL * a.abs() || a.is_nan() && b.is_nan();
            pairs.all(|(a, b)| close(printed(*a, digits), printed(*b, digits)))
                && failing(&self.judged(other, digits)) == failing(&checks)
        };
        for left_out in planted {
            let fewer: Vec<&str> = planted
                .iter()
                .copied()
                .filter(|id| id != left_out)
                .collect();
            let fewer = self
                .diagnostician
                .emulate(&fewer)
                .expect("a part of a combination");
            if is_same(&fewer) {
                return Outcome::Invisible;
            }
        }
        let manual = self.judged(&self.manual, digits);
        if failing(&checks).is_subset(&failing(&manual)) {
            return Outcome::Invisible;
        }
        let named: Vec<(String, Vec<String>)> = self
            .diagnose(&checks)
            .into_iter()
            .filter_map(|diagnosis| diagnosis.evidence)
            .flat_map(|evidence| evidence.deviations)
            .map(|suspect| (suspect.id, suspect.or))
            .collect();
        let is_named = |id: &&str| {
            named
                .iter()
                .any(|(named, or)| named == id || or.iter().any(|or| or == id))
        };
        if named.len() == planted.len() && planted.iter().all(is_named) {
            Outcome::Named
        } else {
            Outcome::Missed(named.into_iter().map(|(id, _)| id).collect())
        }
    }

    /// The deviations that apply to the case.
    pub fn applicable(&self) -> Vec<&'static str> {
        let all = deviations().iter();
        all.filter(|deviation| deviation.applies_to(&self.case.settings))
            .map(|deviation| &*deviation.id)
            .collect()
    }
}

/// Ids of the checks that fail.
fn failing(checks: &[Check]) -> BTreeSet<&str> {
    let failing = checks
        .iter()
        .filter(|check| check.outcome == verdict::Outcome::Fail);
    failing.map(|check| check.id.as_str()).collect()
}

/// The number as printed with so many significant digits.
pub fn printed(value: f64, digits: Option<usize>) -> f64 {
    match digits {
        Some(digits) => format!("{value:.*e}", digits - 1)
            .parse()
            .expect("a number"),
        None => value,
    }
}

/// Numbers that look random and are the same everywhere (splitmix64: G. Steele, D. Lea, C. Flood, OOPSLA 2014).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
