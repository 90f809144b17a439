//! The catalogue of deviations: what implementations are known to do otherwise than the manual, each with its stage and
//! its source. This is the one place where such things are written down.

mod aggregations;
mod features;
mod matrices;
mod processing;

use std::{borrow::Cow, fmt, sync::LazyLock};

use radgauge_engine::{
    feature::{Aggregation, Family},
    settings::Settings,
};

use super::way::Way;

/// A stage of the computation, in the order in which they follow each other. What comes after a stage is computed from
/// what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Reading image and mask.
    Load,
    /// Laying the interpolation grid.
    Grid,
    /// Interpolating the mask.
    Mask,
    /// Interpolating intensities.
    Interpolation,
    /// Rounding interpolated intensities.
    Rounding,
    /// Re-segmentation.
    Resegmentation,
    /// Discretisation.
    Discretisation,
    /// The intensity-volume histogram.
    VolumeHistogram,
    /// Units of length.
    Unit,
    /// Mesh, hull and axes.
    Shape,
    /// Local intensity.
    LocalIntensity,
    /// Texture matrices.
    Matrix,
    /// Aggregation over slices and directions.
    Aggregation,
    /// Formulas.
    Formula,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 14] = [
        Self::Load,
        Self::Grid,
        Self::Mask,
        Self::Interpolation,
        Self::Rounding,
        Self::Resegmentation,
        Self::Discretisation,
        Self::VolumeHistogram,
        Self::Unit,
        Self::Shape,
        Self::LocalIntensity,
        Self::Matrix,
        Self::Aggregation,
        Self::Formula,
    ];

    /// The stage's name in results and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Grid => "grid",
            Self::Mask => "mask",
            Self::Interpolation => "interpolation",
            Self::Rounding => "rounding",
            Self::Resegmentation => "re-segmentation",
            Self::Discretisation => "discretisation",
            Self::VolumeHistogram => "intensity-volume histogram",
            Self::Unit => "unit",
            Self::Shape => "shape",
            Self::LocalIntensity => "local intensity",
            Self::Matrix => "matrix",
            Self::Aggregation => "aggregation",
            Self::Formula => "formula",
        }
    }

    /// Whether the stage is part of image processing, so that whole families follow it.
    #[must_use]
    pub fn is_processing(self) -> bool {
        self <= Self::Discretisation
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that an implementation does otherwise than the manual.
#[derive(Debug)]
pub struct Deviation {
    /// The name, in kebab case.
    pub id: Cow<'static, str>,
    /// Where in the computation it lies.
    pub stage: Stage,
    /// What is done otherwise, as a phrase: *intensities not rounded after interpolation*.
    pub what: Cow<'static, str>,
    /// The section of the manual that it departs from, and tools known to do so.
    pub source: Cow<'static, str>,
    /// The families that it can touch; empty = all that follow its stage.
    pub families: &'static [Family],
    change: Change,
}

/// What a deviation changes in a way of computing.
#[derive(Debug)]
enum Change {
    Way(fn(&mut Way)),
    Aggregations(Vec<(Family, Aggregation, Aggregation)>),
}

impl Deviation {
    const fn new(
        id: &'static str,
        stage: Stage,
        families: &'static [Family],
        what: &'static str,
        source: &'static str,
        change: fn(&mut Way),
    ) -> Self {
        Self {
            id: Cow::Borrowed(id),
            stage,
            what: Cow::Borrowed(what),
            source: Cow::Borrowed(source),
            families,
            change: Change::Way(change),
        }
    }

    /// Changes a way of computing; one to which the deviation does not apply stays as it was.
    pub fn apply(&self, way: &mut Way) {
        match &self.change {
            Change::Way(change) => change(way),
            Change::Aggregations(swaps) => {
                way.aggregations.extend(
                    swaps
                        .iter()
                        .map(|(family, asked, given)| ((*family, *asked), *given)),
                );
            }
        }
    }

    /// Whether a texture family in an aggregation can be changed, as far as the aggregation matters.
    pub(super) fn may_change(&self, family: Family, aggregation: Aggregation) -> bool {
        match &self.change {
            Change::Way(_) => true,
            Change::Aggregations(swaps) => swaps
                .iter()
                .any(|(of, asked, _)| (*of, *asked) == (family, aggregation)),
        }
    }

    /// Whether the deviation is one from the manual's way under these settings.
    #[must_use]
    pub fn applies_to(&self, settings: &Settings) -> bool {
        let manual = Way::of(settings);
        let mut way = manual.clone();
        self.apply(&mut way);
        way != manual
    }
}

static CATALOGUE: LazyLock<Vec<Deviation>> = LazyLock::new(|| {
    let mut all = processing::deviations();
    all.extend(features::deviations());
    all.extend(matrices::deviations());
    all.extend(aggregations::deviations());
    // Stable: within a stage they stay as they are written down.
    all.sort_by_key(|deviation| deviation.stage);
    all
});

/// All deviations, by stage.
#[must_use]
pub fn deviations() -> &'static [Deviation] {
    &CATALOGUE
}

/// The deviation of this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Deviation> {
    deviations().iter().find(|deviation| deviation.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use radgauge_reference::ibsi1::presets;

    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case() {
        let mut names = HashSet::new();
        for deviation in deviations() {
            assert!(
                names.insert(&deviation.id),
                "`{}` occurs twice",
                deviation.id
            );
            let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(
                deviation.id.chars().all(is_kebab) && deviation.id.len() <= 60,
                "`{}` is no short name in kebab case",
                deviation.id
            );
        }
    }

    #[test]
    fn texts_are_phrases_on_one_line() {
        for Deviation {
            id, what, source, ..
        } in deviations()
        {
            for text in [what, source] {
                assert!(
                    !text.is_empty() && text.trim() == text && !text.contains('\n'),
                    "`{id}`: `{text}`"
                );
            }
            assert!(!what.ends_with('.'), "`{id}`: a phrase has no full stop");
            let is_symbol = what
                .chars()
                .nth(1)
                .is_some_and(|c| c == '_' || c.is_uppercase());
            assert!(
                is_symbol || !what.starts_with(char::is_uppercase),
                "`{id}`: a phrase starts in lower case, save for symbols and abbreviations"
            );
        }
    }

    #[test]
    fn every_deviation_applies_somewhere() {
        for deviation in deviations() {
            assert!(
                presets()
                    .iter()
                    .any(|preset| deviation.applies_to(&preset.settings)),
                "`{}` changes nothing in any configuration of IBSI 1",
                deviation.id
            );
        }
    }

    #[test]
    fn every_stage_is_represented() {
        for stage in Stage::ALL {
            assert!(
                deviations()
                    .iter()
                    .any(|deviation| deviation.stage == stage),
                "no deviation at the stage {stage}"
            );
        }
    }
}
