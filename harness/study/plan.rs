//! A study, resolved: which cells there are, and the key of each.

use radgauge_engine::settings::Settings;
use radgauge_phantoms::perturb::Chain;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{
    cases::{self, Case, CasesError},
    criteria::Criteria,
    design::{Design, definition, is_random},
    grid::{GridError, Points},
    harmonise::Harmonise,
    outcome::ORIGINAL,
    store::Key,
};
use crate::implementation::{Identity, Submission};

/// Everything that a study will do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its title.
    pub title: String,
    /// The cases.
    pub cases: Vec<PlannedCase>,
    /// The seed of everything random.
    pub seed: u64,
    /// What happens to every scan; the first is the unperturbed scan.
    pub draws: Vec<Chain>,
    /// The grid.
    pub points: Points,
    /// What a feature has to fulfil.
    pub criteria: Criteria,
    /// Corrections for batches to be tried.
    pub harmonise: Harmonise,
}

/// A case with the hash of its content.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCase {
    /// The case.
    pub case: Case,
    /// SHA-256 over its content, or why it cannot be read.
    pub content: Result<String, String>,
}

/// A study that cannot run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Cases cannot be found.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// The grid cannot run.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A draw needs an interpolation that settings do not have.
    #[error(
        "`perturbations`: `{draw}` turns or moves the interpolation grid, and settings {point} ({label}) do not \
         interpolate: give `grid.spacing_mm` or `settings.interpolate`, or leave such draws out"
    )]
    NoInterpolation {
        /// The draw.
        draw: String,
        /// Id of the settings.
        point: String,
        /// Their levels.
        label: String,
    },
}

/// Who computes: what its cells' keys depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Computer {
    /// Who it is.
    pub identity: Identity,
    /// By what way its answers reach the harness.
    pub submission: Option<Submission>,
}

impl Plan {
    /// Finds the cases, reads all of their content once, and expands the grid.
    ///
    /// # Errors
    /// [`PlanError`]. A case that cannot be read is no error: it has no content.
    pub fn new(design: &Design) -> Result<Self, PlanError> {
        let points = design.grid.expand(&design.base)?;
        for draw in &design.draws {
            let still = |settings: &Settings| settings.interpolate.is_none();
            let mut unmoved = points.points.iter().filter(|point| still(&point.settings));
            if !draw.pose().is_identity()
                && let Some(point) = unmoved.next()
            {
                return Err(PlanError::NoInterpolation {
                    draw: draw.name.clone(),
                    point: point.id.clone(),
                    label: point.label.clone(),
                });
            }
        }
        let cases = cases::find(&design.cases, &design.folder)?
            .into_iter()
            .map(|case| PlannedCase {
                content: case.content(),
                case,
            })
            .collect();
        let original = Chain {
            name: ORIGINAL.to_owned(),
            steps: Vec::new(),
            draw: 0,
        };
        Ok(Self {
            title: design.title.clone(),
            cases,
            seed: design.seed,
            draws: [&[original], &design.draws[..]].concat(),
            points,
            criteria: design.criteria.clone(),
            harmonise: design.harmonise.clone(),
        })
    }

    /// Number of cells of one implementation.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cases.len() * self.draws.len() * self.points.points.len()
    }

    /// The draws in groups that share the interpolated image: those of a group differ in what happens to the region after
    /// interpolation. Groups are in the order of their first draw.
    #[must_use]
    pub fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for (i, draw) in self.draws.iter().enumerate() {
            let shared = draw.shared();
            match groups.iter_mut().find(|(known, _)| *known == shared) {
                Some((_, group)) => group.push(i),
                None => groups.push((shared, vec![i])),
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// The keys of all cells of an implementation.
    #[must_use]
    pub fn keys(&self, computer: &Computer) -> Keys {
        let digest = |text: String| -> [u8; 32] { Sha256::digest(text).into() };
        let submission = match &computer.submission {
            Some(Submission::Adapter(stamp)) => {
                format!("{} {}", stamp.adapter.name, stamp.adapter.version)
            }
            _ => String::new(),
        };
        let Identity { name, version } = &computer.identity;
        Keys {
            computer: digest(format!(
                "radgauge cell 1\nharness {}\nimplementation {name} {version}\nadapter {submission}\n",
                env!("CARGO_PKG_VERSION"),
            )),
            cases: self
                .cases
                .iter()
                .map(|case| case.content.clone().ok())
                .collect(),
            draws: self
                .draws
                .iter()
                .map(|draw| {
                    // The seed decides nothing where nothing is random.
                    let seed = if is_random(draw) { self.seed } else { 0 };
                    digest(format!("seed {seed}\n{}\n", definition(draw)))
                })
                .collect(),
            points: self
                .points
                .points
                .iter()
                .map(|point| digest(point.settings.to_toml()))
                .collect(),
        }
    }
}

/// The keys of the cells of an implementation. A cell's key is a hash of everything that its values depend on: the
/// program's version, the implementation, the content of the scan, the perturbation with its seed, the settings. So a
/// changed grid or a case more leaves the keys of all other cells as they were.
#[derive(Clone, Debug)]
pub struct Keys {
    computer: [u8; 32],
    cases: Vec<Option<String>>,
    draws: Vec<[u8; 32]>,
    points: Vec<[u8; 32]>,
}

impl Keys {
    /// The key of a cell; `None` when the case cannot be read.
    #[must_use]
    pub fn get(&self, case: usize, draw: usize, point: usize) -> Option<Key> {
        let hash = Sha256::new()
            .chain_update(self.computer)
            .chain_update(self.cases[case].as_ref()?)
            .chain_update(self.draws[draw])
            .chain_update(self.points[point])
            .finalize();
        Some(std::array::from_fn(|i| hash[i]))
    }
}
