//! The phantoms in the style of ImSURE: what is observed of each region.

use std::sync::LazyLock;

use radgauge_engine::{
    feature::{Family, FeatureKey, catalogue},
    settings::Settings,
    volume::{Image, Mask},
};
use radgauge_phantoms::imsure::{Phantom, Placement, SEED, placements};

use super::NAME;
use crate::suite::{Asks, Input, ObservedFeature, SuiteCase};

/// How far two implementations may be apart and still be said to agree, relative to the larger value: three digits,
/// which is what IBSI asks of its references.
const TOLERANCE: f64 = 1e-3;

/// How intensities are discretised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Discretisation {
    /// Not at all.
    None,
    /// A fixed number of bins.
    FixedBinNumber,
    /// Bins of a fixed size.
    FixedBinSize,
}

impl Discretisation {
    /// All three.
    pub const ALL: [Self; 3] = [Self::None, Self::FixedBinNumber, Self::FixedBinSize];

    /// Its part of a case's name; none where nothing is discretised.
    fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::FixedBinNumber => "-fbn",
            Self::FixedBinSize => "-fbs",
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::None => "not discretised",
            Self::FixedBinNumber => "64 bins",
            Self::FixedBinSize => "bins of 25 HU",
        }
    }

    /// Bins of fixed size begin at the lower end of the re-segmentation range, which keeps every voxel. The
    /// intensity-volume histogram has bins of its own, as in configurations C and E of IBSI 1.
    fn settings(self) -> &'static str {
        match self {
            Self::None => "features.families = ['morph', 'loc', 'stat']\n",
            Self::FixedBinNumber => {
                "discretise = { method = 'fixed-bin-number', bins = 64 }\n\
                 ivh = { method = 'fixed-bin-number', bins = 1000 }\n"
            }
            Self::FixedBinSize => {
                "discretise = { method = 'fixed-bin-size', width = 25.0 }\n\
                 ivh = { method = 'fixed-bin-size', width = 2.5 }\n"
            }
        }
    }

    fn features(self) -> &'static [ObservedFeature] {
        match self {
            Self::None => &UNDISCRETISED,
            _ => &DISCRETISED,
        }
    }
}

/// Families that read intensities as they are.
const READ_INTENSITIES: [Family; 3] = [
    Family::Morphology,
    Family::LocalIntensity,
    Family::IntensityStatistics,
];

static UNDISCRETISED: LazyLock<Vec<ObservedFeature>> =
    LazyLock::new(|| features(|family| READ_INTENSITIES.contains(&family)));
static DISCRETISED: LazyLock<Vec<ObservedFeature>> =
    LazyLock::new(|| features(|family| !READ_INTENSITIES.contains(&family)));

/// The standardised features of the families, in every aggregation.
fn features(is_in: impl Fn(Family) -> bool) -> Vec<ObservedFeature> {
    let families = Family::ALL.into_iter().filter(|family| is_in(*family));
    families
        .flat_map(|family| {
            family.aggregations().iter().flat_map(move |aggregation| {
                let features = catalogue::features().iter();
                features
                    .filter(move |feature| feature.family == family && feature.is_standardised)
                    .map(move |feature| ObservedFeature {
                        key: FeatureKey {
                            feature,
                            aggregation: *aggregation,
                        }
                        .to_string(),
                        name: &feature.name,
                        unit: &feature.unit,
                        tolerance: Some(TOLERANCE),
                    })
            })
        })
        .collect()
}

/// A case of the phantoms: phantom, region and discretisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// The phantom.
    pub phantom: Phantom,
    /// The region.
    pub placement: &'static Placement,
    /// How intensities are discretised.
    pub discretisation: Discretisation,
}

impl Cell {
    /// All cases in the order of the suite: phantom, region, discretisation.
    fn all() -> impl Iterator<Item = Self> {
        Phantom::ALL.into_iter().flat_map(|phantom| {
            placements().iter().flat_map(move |placement| {
                Discretisation::ALL.map(|discretisation| Self {
                    phantom,
                    placement,
                    discretisation,
                })
            })
        })
    }

    /// The case's id, `imsure/aniso-B_M_03-fbs`.
    #[must_use]
    pub fn id(&self) -> String {
        let suffix = self.discretisation.suffix();
        let phantom = slug(self.phantom);
        format!("{NAME}/{phantom}-{}{suffix}", self.placement.name)
    }

    /// The cell of a case, if it is one of the phantoms.
    #[must_use]
    pub fn of(case: &str) -> Option<Self> {
        let (phantom, rest) = case
            .strip_prefix(NAME)?
            .strip_prefix('/')?
            .split_once('-')?;
        let (region, _) = rest.split_once('-').unwrap_or((rest, ""));
        let suffix = &rest[region.len()..];
        Some(Self {
            phantom: Phantom::ALL.into_iter().find(|one| slug(*one) == phantom)?,
            placement: placements().iter().find(|one| one.name == region)?,
            discretisation: Discretisation::ALL
                .into_iter()
                .find(|one| one.suffix() == suffix)?,
        })
    }

    fn settings(phantom: Phantom, discretisation: Discretisation) -> Settings {
        let interpolate = match phantom {
            Phantom::Isotropic => "",
            Phantom::Anisotropic => {
                "interpolate = { spacing_mm = [1.0, 1.0, 1.0], image = 'linear', mask = 'linear', \
                 mask_threshold = 0.5, round = true }\n"
            }
        };
        let settings = format!(
            "{}{interpolate}resegment.range = [-1000.0, 1500.0]\n",
            discretisation.settings()
        );
        let mut settings =
            Settings::from_toml(&settings).expect("a test reads the settings of every case");
        if discretisation != Discretisation::None {
            let families = &mut settings.features.families;
            families.retain(|family| !READ_INTENSITIES.contains(family));
        }
        settings
    }

    fn case(&self, settings: Settings) -> SuiteCase {
        let region = self.placement;
        SuiteCase {
            id: self.id(),
            title: format!(
                "{} phantom, {} {} of {} mL, {}",
                self.phantom.name(),
                region.shape.name(),
                region.number,
                region.size.volume_ml(),
                self.discretisation.title()
            ),
            input: Input::Numbered {
                make,
                number: self.number(),
            },
            settings,
            asks: Asks::Features,
            checks: Vec::new(),
            observed: Vec::new(),
            observed_features: self.discretisation.features(),
            is_on_request: true,
        }
    }

    /// The number by which its phantom is made.
    fn number(&self) -> usize {
        let phantom = Phantom::ALL.iter().position(|one| *one == self.phantom);
        let region = placements().iter().position(|one| one == self.placement);
        phantom.unwrap_or(0) * placements().len() + region.unwrap_or(0)
    }
}

fn slug(phantom: Phantom) -> &'static str {
    match phantom {
        Phantom::Isotropic => "iso",
        Phantom::Anisotropic => "aniso",
    }
}

pub(super) fn cases() -> Vec<SuiteCase> {
    // Read once, not for every region.
    let settings =
        Phantom::ALL.map(|phantom| Discretisation::ALL.map(|one| Cell::settings(phantom, one)));
    let of = |cell: &Cell| settings[cell.phantom as usize][cell.discretisation as usize].clone();
    Cell::all().map(|cell| cell.case(of(&cell))).collect()
}

fn make(number: usize) -> (Image, Mask) {
    let regions = placements();
    Phantom::ALL[number / regions.len()].crop(&regions[number % regions.len()], SEED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 45 values that need no discretisation and 437 for each of two make the 919 of ImSURE; the 487 values of phase 1
    /// of IBSI 1 are those of the whole catalogue once.
    #[test]
    fn there_are_919_values_per_region_and_487_in_ibsi_1() {
        assert_eq!(UNDISCRETISED.len(), 45, "not discretised");
        assert_eq!(DISCRETISED.len(), 437, "discretised");
        let of_region: usize = Discretisation::ALL
            .iter()
            .map(|one| one.features().len())
            .sum();
        assert_eq!(of_region, 919, "per region");
        let of_catalogue = catalogue::features().iter();
        let aggregated = of_catalogue.map(|feature| feature.family.aggregations().len());
        assert_eq!(
            aggregated.sum::<usize>(),
            487,
            "values of phase 1 of IBSI 1"
        );
        let standardised = catalogue::features()
            .iter()
            .filter(|one| one.is_standardised);
        assert_eq!(standardised.count(), 169, "standardised features");
    }

    #[test]
    fn cells_have_cases() {
        let cells: Vec<Cell> = Cell::all().collect();
        assert_eq!(
            cells.len(),
            2 * 90 * 3,
            "phantoms, regions, discretisations"
        );
        for (place, cell) in cells.iter().enumerate() {
            assert_eq!(Cell::of(&cell.id()), Some(*cell), "{}", cell.id());
            assert_eq!(cell.number(), place / 3, "{}", cell.id());
        }
        assert_eq!(cells[0].id(), "imsure/iso-C_L_01", "the first case");
        for case in [
            "imsure/mask-C_L_01",
            "imsure/iso-C_L_01-fbx",
            "ibsi1/digital",
        ] {
            assert_eq!(Cell::of(case), None, "{case}");
        }
        let fbs = &cases()[5];
        assert_eq!(fbs.id, "imsure/iso-C_L_02-fbs", "the sixth case");
        assert_eq!(
            fbs.settings.features.families.len(),
            8,
            "families that read bins"
        );
        assert_eq!(fbs.observations().count(), 437, "observations");
    }
}
