//! The section of a failing check: what was asked, what was found, how far off it is, and where to look.

use std::collections::HashMap;

use radgauge_engine::{diagnostics::Stage, feature::Feature};

use super::{Mark, data};
use crate::{
    report::summary::{how_far, requirement, value},
    results::{Check, Results},
    verdict::Outcome,
};

/// A failing check.
pub(super) struct Short<'a> {
    pub(super) check: &'a Check,
    pub(super) mark: Mark,
    pub(super) requirement: String,
    pub(super) value: String,
    pub(super) how_far: Option<String>,
    pub(super) strip: Option<Strip>,
    pub(super) look_at: Vec<String>,
    pub(super) feature: Option<&'static Feature>,
    /// The unit; nothing for what has none.
    pub(super) unit: &'a str,
    /// The selector that runs this check alone, where it can be typed into a shell as it is.
    pub(super) selector: Option<&'a str>,
}

/// What the diagnostic values of a case say of its image and region.
#[derive(Clone, Copy)]
enum Stages {
    /// All of them hold.
    Hold,
    /// The first stage with a wrong value.
    WrongAt(Stage),
    /// None is wrong, but not all are there.
    Unknown,
}

impl Stages {
    fn and(self, check: &Check) -> Self {
        let stage = Stage::ALL
            .into_iter()
            .find(|stage| stage.slug() == aggregation(check));
        match (self, check.outcome, stage) {
            (Self::WrongAt(first), Outcome::Fail, Some(stage)) => Self::WrongAt(first.min(stage)),
            (Self::WrongAt(first), ..) => Self::WrongAt(first),
            (_, Outcome::Fail, Some(stage)) => Self::WrongAt(stage),
            (_, Outcome::Pass, _) => self,
            _ => Self::Unknown,
        }
    }
}

/// What the other checks say of a failing one.
pub(super) struct Context<'a> {
    /// Wrong values and executed checks by case, family and aggregation.
    groups: HashMap<(&'a str, &'a str, &'a str), (usize, usize)>,
    /// What the diagnostic values of a case say.
    stages: HashMap<&'a str, Stages>,
    /// Messages of the diagnoses by the check that they explain.
    diagnoses: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Context<'a> {
    pub(super) fn of(results: &'a Results) -> Self {
        let mut groups: HashMap<_, (usize, usize)> = HashMap::new();
        let mut stages: HashMap<&str, Stages> = HashMap::new();
        for check in &results.checks {
            let (wrong, executed) = groups.entry(group(check)).or_default();
            *wrong += usize::from(check.outcome == Outcome::Fail);
            *executed += usize::from(check.outcome.is_executed());
            if check.family() == "diag" {
                let stages = stages.entry(check.case_id()).or_insert(Stages::Hold);
                *stages = stages.and(check);
            }
        }
        let mut diagnoses: HashMap<&str, Vec<&str>> = HashMap::new();
        for diagnosis in &results.diagnoses {
            for id in &diagnosis.explains {
                diagnoses.entry(id).or_default().push(&diagnosis.message);
            }
        }
        Self {
            groups,
            stages,
            diagnoses,
        }
    }

    /// Where to look, the likeliest cause first.
    fn look_at(&self, check: &Check) -> Vec<String> {
        let mut look_at: Vec<String> = self
            .diagnoses
            .get(check.id.as_str())
            .map(|messages| {
                messages
                    .iter()
                    .map(|message| (*message).to_owned())
                    .collect()
            })
            .unwrap_or_default();
        // What follows speaks of wrong values; where there is none, the reason says why.
        if check.outcome != Outcome::Fail {
            return look_at;
        }
        let is_diagnostic = check.family() == "diag";
        match self.stages.get(check.case_id()) {
            Some(Stages::WrongAt(stage)) if !is_diagnostic => look_at.push(format!(
                "Image or region already differ at the stage “{stage}” (see the diagnostics of this case): look there first."
            )),
            Some(Stages::Hold) if !is_diagnostic => look_at.push(
                "Every diagnostic value of this case holds: image and region are as they should be, what follows \
                 (discretisation, matrix, formula) is not."
                    .to_owned(),
            ),
            _ => {}
        }
        if let Some(&(wrong, executed)) = self.groups.get(&group(check)).filter(|_| !is_diagnostic)
        {
            let (family, aggregation) = (check.family(), aggregation(check));
            if wrong > 1 {
                look_at.push(format!(
                    "{wrong} of {executed} values of {family}/{aggregation} are wrong in this case: {}",
                    if 2 * wrong > executed {
                        "look at what they share before this formula."
                    } else {
                        "look at what these features have in common."
                    }
                ));
            } else if executed > 1 {
                look_at.push(format!(
                    "It is the only one of {executed} values of {family}/{aggregation} that is wrong in this case: look at this formula."
                ));
            }
        }
        match check.consensus.as_deref() {
            Some(level @ ("weak" | "moderate")) => {
                look_at.push(format!(
                    "The reference has {level} consensus only: it may itself be in doubt."
                ));
            }
            Some(level) => {
                look_at.push(format!(
                    "The reference has {level} consensus: it is unlikely to be what is wrong."
                ));
            }
            None => {}
        }
        look_at
    }
}

fn group(check: &Check) -> (&str, &str, &str) {
    (check.case_id(), check.family(), aggregation(check))
}

/// The aggregation of a feature, the stage of a diagnostic.
fn aggregation(check: &Check) -> &str {
    check.id.split('/').nth(3).unwrap_or_default()
}

impl<'a> Short<'a> {
    pub(super) fn of(check: &'a Check, context: &Context<'_>) -> Self {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_.:-".contains(c);
        Self {
            check,
            mark: Mark::of(check.outcome),
            requirement: requirement(check),
            value: value(check),
            how_far: how_far(check),
            strip: Strip::of(check),
            look_at: context.look_at(check),
            feature: data::feature(check),
            unit: if check.unit == "1" { "" } else { &check.unit },
            selector: check.id.chars().all(is_plain).then_some(&check.id),
        }
    }
}

/// The deviation as a picture: a band for what the rule forgives, a mark for where the value lies. The script draws
/// the same for the rows of the table.
pub(super) struct Strip {
    /// The symbol: `inside`, `outside`, or `below` and `above` where the value lies beyond the picture.
    pub(super) symbol: &'static str,
    /// Its place; the reference is at 60, an allowance is 20 wide.
    pub(super) x: String,
    /// The picture in words.
    pub(super) label: String,
}

/// How many allowances the picture shows on either side.
const REACH: f64 = 2.6;

impl Strip {
    fn of(check: &Check) -> Option<Self> {
        let deviation = check.deviation?;
        let allowances = match deviation.allowances {
            Some(allowances) => allowances.copysign(deviation.difference),
            None if deviation.difference == 0.0 => 0.0,
            None => f64::INFINITY.copysign(deviation.difference),
        };
        let symbol = if check.outcome == Outcome::Pass {
            "inside"
        } else if allowances.abs() <= REACH {
            "outside"
        } else if allowances > 0.0 {
            "above"
        } else {
            "below"
        };
        Some(Self {
            symbol,
            x: format!("{:.1}", 60.0 + 20.0 * allowances.clamp(-REACH, REACH)),
            label: match deviation.allowances {
                Some(allowances) => format!("off by {allowances:.2} of what the rule forgives"),
                None => "the rule forgives nothing".to_owned(),
            },
        })
    }
}
