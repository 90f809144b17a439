//! The smallest image that shows a violated invariance.
//!
//! A feature that does not survive a quarter turn of 2,500 voxels says little; three voxels that it does not survive
//! say what is wrong. For every violated case of the suite [`invariance`](mod@crate::suite::invariance) the image is shrunk while the
//! violation persists. An example explains all checks of the case that it violates too; for the others another one is
//! sought, up to [`EXAMPLES`] a case. The implementation is asked at most [`TRIALS`] times an example, and no more once
//! it breaks, so that shrinking ends and always takes the same way.

mod shrink;
mod write;

use radgauge_engine::{
    settings::Settings,
    volume::{Image, Mask},
};

use crate::{
    certify::{asked_twice, read_input},
    implementation::Implementation,
    results::{Check, Diagnosis, Results},
    suite::{
        Asks, Suite, SuiteCase,
        invariance::{Transformation, Trial},
    },
    verdict::Outcome,
};
use radgauge_reference::datasets::Library;
use shrink::shrink;

/// At most so many examples are sought of a case.
pub const EXAMPLES: usize = 3;

/// At most so many images are tried for an example.
pub const TRIALS: usize = 250;

/// So many voxels are at most written out in words.
const SHOWN: usize = 12;

/// An image on which an implementation violates an invariance.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// `invariance/flip-x`.
    pub case: String,
    /// What is done to the image.
    pub transformation: Transformation,
    /// The image.
    pub image: Image,
    /// The region.
    pub mask: Mask,
    /// How both are processed.
    pub settings: Settings,
    /// The checks that are violated on this image, with the values found there.
    pub violated: Vec<Check>,
    /// How many images were tried.
    pub trials: usize,
}

/// Seeks examples for every case of a run that an implementation violates; `progress` hears of each case.
pub fn seek(
    implementation: &dyn Implementation,
    suites: &[Suite],
    library: &Library,
    results: &Results,
    progress: &dyn Fn(&str),
) -> Vec<Counterexample> {
    let mut examples = Vec::new();
    for case in suites.iter().flat_map(|suite| &suite.cases) {
        let Asks::Invariance(transformation) = case.asks else {
            continue;
        };
        let of_case = results.checks.iter().filter(|one| one.case_id() == case.id);
        let mut violated: Vec<&Check> = of_case.filter(|check| is_violated(check)).collect();
        if violated.is_empty() {
            continue;
        }
        progress(&case.id);
        let Ok((image, mask)) = read_input(case, library) else {
            continue;
        };
        for _ in 0..EXAMPLES {
            if violated.is_empty() {
                break;
            }
            let mut trials = Trials {
                implementation,
                case,
                transformation,
                violated: &violated,
                left: TRIALS,
            };
            let Some(example) = trials.example(&image, &mask) else {
                break;
            };
            violated.retain(|check| example.violated.iter().all(|one| one.id != check.id));
            examples.push(example);
        }
    }
    examples
}

/// Whether a check is violated in a way that an image can show: a value that is wrong, that is there and should not be,
/// or is not there and should be.
fn is_violated(check: &Check) -> bool {
    matches!(
        check.outcome,
        Outcome::Fail | Outcome::Undefined | Outcome::Nondeterministic
    )
}

/// Images put to an implementation, as long as that is allowed.
struct Trials<'a> {
    implementation: &'a dyn Implementation,
    case: &'a SuiteCase,
    transformation: Transformation,
    /// The violated checks of the case that have no example yet; the first one is to be shown.
    violated: &'a [&'a Check],
    left: usize,
}

impl Trials<'_> {
    /// The smallest image that shows the first of the violations; `None` when it does not show again.
    fn example(&mut self, image: &Image, mask: &Mask) -> Option<Counterexample> {
        let whole = (image.clone(), mask.clone());
        self.violated_on(&whole)?;
        let (image, mask) = shrink(whole, &mut |scene| self.violated_on(scene).is_some());
        // The trial that tells what else the image shows is not counted.
        self.left += 1;
        let trials = TRIALS + 1 - self.left;
        let scene = (image, mask);
        let violated = self.violated_on(&scene)?;
        Some(Counterexample {
            case: self.case.id.clone(),
            transformation: self.transformation,
            image: scene.0,
            mask: scene.1,
            settings: self.case.settings.clone(),
            violated,
            trials,
        })
    }

    /// What is violated on an image, if the first violation is, in the way in which it was.
    fn violated_on(&mut self, (image, mask): &(Image, Mask)) -> Option<Vec<Check>> {
        self.left = self.left.checked_sub(1)?;
        let first = *self.violated.first()?;
        // Where nothing is promised, nothing can be violated, and nothing need be asked.
        Trial::of(self.transformation, image, mask, &self.case.settings).ok()?;
        let blank: Vec<Check> = self
            .violated
            .iter()
            .map(|check| self.blank(check))
            .collect();
        let blank: Vec<&Check> = blank.iter().collect();
        let scene = (image, mask);
        let asked = asked_twice(
            self.implementation,
            self.case,
            self.transformation,
            &blank,
            scene,
        );
        let Ok(checks) = asked else {
            self.left = 0;
            return None;
        };
        let shows = |check: &Check| check.id == first.id && check.outcome == first.outcome;
        let is_shown = checks.iter().any(shows);
        is_shown.then(|| checks.into_iter().filter(is_violated).collect())
    }

    /// The check as it was before the run.
    fn blank(&self, check: &Check) -> Check {
        let of_suite = self.case.checks.iter().find(|one| one.id == check.id);
        of_suite.unwrap_or(check).clone()
    }
}

impl Counterexample {
    /// The finding, as it stands in the results.
    #[must_use]
    pub fn diagnosis(&self) -> Diagnosis {
        let first = &self.violated[0];
        let others = match self.violated.len() - 1 {
            0 => String::new(),
            1 => " (and another feature)".to_owned(),
            n => format!(" (and {n} other features)"),
        };
        Diagnosis {
            case: self.case.clone(),
            message: format!(
                "smallest example found, {}: {}{others} {} when {}",
                self.in_words(),
                first.key(),
                in_words(first),
                self.transformation.words()
            ),
            explains: self.violated.iter().map(|check| check.id.clone()).collect(),
            stage: None,
            evidence: None,
        }
    }

    /// Size, voxels and intensities.
    fn in_words(&self) -> String {
        let [x, y, z] = self.image.size();
        let inside = self.image.inside(&self.mask);
        let shown: Vec<String> = inside.iter().take(SHOWN).map(f64::to_string).collect();
        let more = if inside.len() > SHOWN { " …" } else { "" };
        let voxels = if inside.len() == 1 { "voxel" } else { "voxels" };
        format!(
            "{x} × {y} × {z} with {} {voxels} inside of intensity {}{more}",
            inside.len(),
            shown.join(" ")
        )
    }
}

/// What a violated check found, in words.
fn in_words(check: &Check) -> String {
    let expected = &check.expected.value;
    match (check.actual, check.outcome) {
        (Some(actual), _) => format!("is {actual} instead of {expected}"),
        (None, Outcome::Undefined) => format!("is undefined instead of {expected}"),
        (None, _) => match &check.reason {
            Some(reason) => format!("is wrong: {reason}"),
            None => "is wrong".to_owned(),
        },
    }
}
