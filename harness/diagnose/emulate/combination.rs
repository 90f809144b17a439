//! Deviations that are made together.

use radgauge_engine::settings::Settings;

use crate::diagnose::{
    catalogue::{Deviation, deviations},
    way::Way,
};

/// Deviations that are made together: their places in the catalogue, rising.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Combination(Vec<u16>);

impl Combination {
    /// Of deviations by their places in the catalogue.
    pub fn of(places: impl IntoIterator<Item = usize>) -> Self {
        let mut places: Vec<u16> = places.into_iter().map(|place| place as u16).collect();
        places.sort_unstable();
        places.dedup();
        Self(places)
    }

    /// The places.
    pub fn places(&self) -> impl ExactSizeIterator<Item = usize> + Clone {
        self.0.iter().map(|place| usize::from(*place))
    }

    /// The deviations, in the order of the computation.
    pub fn deviations(&self) -> impl Iterator<Item = &'static Deviation> {
        self.places().map(|place| &deviations()[place])
    }

    /// With another deviation.
    #[must_use]
    pub fn with(&self, place: usize) -> Self {
        Self::of(self.places().chain([place]))
    }

    /// Without one of its deviations.
    #[must_use]
    pub fn without(&self, place: usize) -> Self {
        Self::of(self.places().filter(|other| *other != place))
    }

    /// Whether a deviation is in it.
    #[must_use]
    pub fn has(&self, place: usize) -> bool {
        self.places().any(|other| other == place)
    }

    /// Number of deviations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is the manual's way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The way of computing that the deviations make of the manual's.
    pub(super) fn way(&self, settings: &Settings) -> Way {
        let mut way = Way::of(settings);
        self.deviations()
            .for_each(|deviation| deviation.apply(&mut way));
        way
    }

    /// Whether every deviation still shows in the way that all of them make: none undoes another.
    #[must_use]
    pub fn is_consistent(&self, settings: &Settings) -> bool {
        let way = self.way(settings);
        self.places()
            .all(|place| self.without(place).way(settings) != way)
    }

    /// Those of the deviations that are wanted.
    pub(super) fn filtered(&self, is_wanted: impl Fn(&Deviation) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .copied()
                .filter(|place| is_wanted(&deviations()[usize::from(*place)]))
                .collect(),
        )
    }
}
