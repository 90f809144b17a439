//! How far rounding may move a value when sums are taken in another order.
//!
//! A sum of `n` terms in another order differs by at most `n·ε·Σ abs(term)`: relative to the value where terms do not
//! cancel, relative to the terms where they do. The tolerance is [`RELATIVE`] of the larger of the value and the
//! magnitude of its terms, which is far above `n·ε` for any region that is worth computing, and far below what a mistake
//! does.

use radgauge_engine::{
    feature::Feature,
    settings::{Discretise, Settings},
    volume::{Image, Mask},
};

/// The tolerance of the exact tier.
pub(super) const RELATIVE: f64 = 1e-9;

/// The square root of a difference that vanishes turns an error of ε into √ε.
const ROOT_OF_DIFFERENCE: f64 = 100.0;

/// What is neither signed nor a difference has terms of its own size; this covers rounding where the value is 0.
const OWN_SIZE: f64 = 1e-3;

/// Magnitudes of an image and its region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Magnitudes {
    /// The largest absolute intensity inside.
    intensity: f64,
    /// The largest absolute intensity in standard deviations.
    deviations: f64,
    /// The number of grey levels, or the largest there may be.
    levels: f64,
    /// The diagonal of the region's box, in mm.
    extent_mm: f64,
}

impl Magnitudes {
    pub(super) fn of(image: &Image, mask: &Mask, settings: &Settings) -> Self {
        let inside = image.inside(mask);
        let n = inside.len().max(1) as f64;
        let mean = inside.iter().sum::<f64>() / n;
        let variance = inside.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        let intensity = inside.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        let bounds = mask.bounding_box().map_or([0; 3], |bounds| bounds.size());
        let spacing_mm = image.grid().spacing_mm;
        let squares = (0..3).map(|a| (bounds[a] as f64 * spacing_mm[a]).powi(2));
        Self {
            intensity,
            deviations: if variance > 0.0 {
                intensity / variance.sqrt()
            } else {
                1.0
            },
            levels: match settings.discretise {
                Discretise::FixedBinNumber { bins }
                | Discretise::Equalise { bins }
                | Discretise::LloydMax { bins } => f64::from(bins),
                Discretise::FixedBinSize { width }
                | Discretise::FixedBinWidthPyradiomics { width } => 2.0 * intensity / width + 1.0,
                Discretise::None => intensity,
            },
            extent_mm: squares.sum::<f64>().sqrt(),
        }
    }

    /// By how much rounding may move a value of the feature.
    pub(super) fn tolerance(&self, feature: &Feature, value: f64) -> f64 {
        RELATIVE * value.abs().max(self.of_terms(feature))
    }

    /// The magnitude of the terms of a feature.
    fn of_terms(&self, feature: &Feature) -> f64 {
        match (feature.code.as_str(), feature.unit.as_str()) {
            // third and fourth moments
            ("KE2A" | "IPH6", _) => self.deviations.max(1.0),
            ("88K1" | "C3I7", _) => self.levels.max(1.0),
            ("7NFM", _) => (2.0 * self.levels).powi(3),
            // correlations and the like: differences of numbers about 1
            ("NI2N" | "R8DG" | "N365" | "25C7" | "7TET" | "CWYJ", _) => 1.0,
            ("JN9H" | "Q3CK" | "N17B", _) => ROOT_OF_DIFFERENCE,
            ("P9VJ" | "7J51", _) => ROOT_OF_DIFFERENCE * self.extent_mm,
            (_, "mm") => self.extent_mm,
            (_, "I") => self.intensity,
            (_, "I^2") => self.intensity.powi(2),
            // - Σ p log p, where p may be 1 + ε
            (_, "bit") => 1.0,
            _ => OWN_SIZE,
        }
    }
}
