//! Computing what is missing: workers take one case × group of draws after the other.
//!
//! A worker holds one scan (shared by all that work on it), one interpolated image and one response map, so that memory
//! grows with the number of workers and not with the number of cells. Which worker computes a cell, and when, does not
//! matter to its values.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use radgauge_phantoms::perturb::SeedKey;
use thiserror::Error;

use super::{
    cases::{Case, Scan},
    compute::{self, Point, Work},
    plan::{Computer, Keys, Plan},
    store::{Cell, Store, StoreError},
};
use crate::implementation::{Engine, Failure, Implementation};

/// Who computes.
pub enum Extractor {
    /// The built-in engine, which shares work between settings.
    Engine,
    /// Another implementation.
    Other(Box<dyn Implementation>),
}

impl Extractor {
    /// Who it is.
    #[must_use]
    pub fn computer(&self) -> Computer {
        let implementation: &dyn Implementation = match self {
            Self::Engine => &Engine,
            Self::Other(implementation) => &**implementation,
        };
        Computer {
            identity: implementation.identity(),
            submission: implementation.submission(),
        }
    }
}

/// Told how a run goes on.
pub trait Progress: Sync {
    /// Of so many cells so many were there already.
    fn start(&self, cells: usize, there: usize);
    /// A cell was computed.
    fn cell(&self);
}

/// How to run.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Which part of the work: shard `i` of `n`, from 1.
    pub shard: Option<(usize, usize)>,
    /// Compute cells again that failed before.
    pub retries_failed: bool,
    /// Told how it goes on.
    pub progress: &'a dyn Progress,
}

/// Why a run ended early.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// Cells cannot be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An implementation cannot be used any more.
    #[error("{name}: {failure}")]
    Unusable {
        /// Its name.
        name: String,
        /// What it did.
        failure: Failure,
    },
}

/// One case × group of draws.
#[derive(Clone, Copy, Debug)]
struct Unit {
    implementation: usize,
    case: usize,
    group: usize,
}

/// Computes the cells that are not in the store, on as many workers as the pool has threads.
///
/// # Errors
/// [`RunError`]; what was computed until then is in the store.
pub fn run(
    plan: &Plan,
    extractors: &[Extractor],
    store: &Store,
    pool: &rayon::ThreadPool,
    options: Options<'_>,
) -> Result<(), RunError> {
    let groups = plan.groups();
    let keys: Vec<Keys> = extractors
        .iter()
        .map(|extractor| plan.keys(&extractor.computer()))
        .collect();
    let mut units = Vec::new();
    for implementation in 0..extractors.len() {
        for case in 0..plan.cases.len() {
            units.extend((0..groups.len()).map(|group| Unit {
                implementation,
                case,
                group,
            }));
        }
    }
    // Shards are runs of units, so that a scan is read by two of them at most.
    if let Some((shard, of)) = options.shard {
        let bound = |i: usize| (units.len() as u128 * i as u128 / of as u128) as usize;
        units = units[bound(shard - 1)..bound(shard)].to_vec();
    }
    let run = Run {
        plan,
        extractors,
        store,
        groups,
        keys,
        options,
        scans: Scans::default(),
        stops: AtomicBool::new(false),
        error: Mutex::new(None),
    };
    let total: usize = units.iter().map(|unit| run.cells(*unit)).sum();
    let there = |unit: &Unit| run.cells(*unit) - run.missing(*unit).len();
    let done: usize = units.iter().map(there).sum();
    options.progress.start(total, done);
    let next = AtomicUsize::new(0);
    pool.broadcast(|_| {
        // Kept until the next unit has its own: the same scan is then not read again.
        let mut held = None;
        while !run.stops.load(Ordering::Relaxed) {
            let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            run.unit(*unit, &mut held);
        }
    });
    let error = run.error.into_inner();
    error
        .unwrap_or_else(PoisonError::into_inner)
        .map_or(Ok(()), Err)
}

struct Run<'a> {
    plan: &'a Plan,
    extractors: &'a [Extractor],
    store: &'a Store,
    groups: Vec<Vec<usize>>,
    keys: Vec<Keys>,
    options: Options<'a>,
    scans: Scans,
    stops: AtomicBool,
    error: Mutex<Option<RunError>>,
}

impl Run<'_> {
    fn cells(&self, unit: Unit) -> usize {
        match self.plan.cases[unit.case].content {
            Ok(_) => self.groups[unit.group].len() * self.plan.points.points.len(),
            Err(_) => 0,
        }
    }

    /// Draw and point of the cells that are to be computed.
    fn missing(&self, unit: Unit) -> Vec<(usize, usize)> {
        let keys = &self.keys[unit.implementation];
        let cells = self.groups[unit.group]
            .iter()
            .flat_map(|draw| (0..self.plan.points.points.len()).map(move |point| (*draw, point)));
        cells
            .filter(|(draw, point)| {
                keys.get(unit.case, *draw, *point)
                    .is_some_and(|key| match self.store.state(&key) {
                        None => true,
                        Some(has_values) => !has_values && self.options.retries_failed,
                    })
            })
            .collect()
    }

    fn unit(&self, unit: Unit, held: &mut Option<Arc<Slot>>) {
        let missing = self.missing(unit);
        if missing.is_empty() {
            return;
        }
        let keys = &self.keys[unit.implementation];
        let mut sink = |draw: usize, point: usize, cell: Cell| {
            let key = keys.get(unit.case, draw, point);
            let key = key.expect("only cases with a content have missing cells");
            match self.store.add(key, &cell) {
                Ok(()) => self.options.progress.cell(),
                Err(error) => self.stop(error.into()),
            }
            !self.stops.load(Ordering::Relaxed)
        };
        let case = &self.plan.cases[unit.case].case;
        let slot = self.scans.slot(unit.case);
        let loaded = slot.loaded(case, self.plan.seed);
        *held = Some(slot.clone());
        let (scan, key) = match loaded {
            Ok((scan, key)) => (scan, *key),
            Err(reason) => {
                for (draw, point) in missing {
                    if !sink(draw, point, Cell::Failed(reason.clone())) {
                        return;
                    }
                }
                return;
            }
        };
        let draws = self.groups[unit.group].iter().map(|draw| {
            let points = missing.iter().filter(|(own, _)| own == draw);
            let points = points.map(|(_, index)| Point {
                index: *index,
                settings: &self.plan.points.points[*index].settings,
                keys: &self.plan.points.keys[*index],
            });
            (*draw, &self.plan.draws[*draw], points.collect::<Vec<_>>())
        });
        let work = Work {
            case: &case.id,
            draws: draws.filter(|(_, _, points)| !points.is_empty()).collect(),
            key,
        };
        match &self.extractors[unit.implementation] {
            Extractor::Engine => compute::by_engine(scan, &work, &mut sink),
            Extractor::Other(implementation) => {
                if let Err(failure) =
                    compute::by_implementation(&**implementation, scan, &work, &mut sink)
                {
                    self.stop(RunError::Unusable {
                        name: implementation.identity().name,
                        failure,
                    });
                }
            }
        }
    }

    fn stop(&self, error: RunError) {
        self.stops.store(true, Ordering::Relaxed);
        self.error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
    }
}

/// The scans that are being worked on: each is read once, and dropped when the last worker has gone on to another.
#[derive(Default)]
struct Scans {
    slots: Mutex<HashMap<usize, Weak<Slot>>>,
}

/// A scan and its seed key once it is read.
#[derive(Default)]
struct Slot {
    scan: OnceLock<Result<(Scan, SeedKey), String>>,
}

impl Scans {
    fn slot(&self, case: usize) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&case).and_then(Weak::upgrade) {
            return slot;
        }
        slots.retain(|_, slot| slot.strong_count() > 0);
        let slot = Arc::<Slot>::default();
        slots.insert(case, Arc::downgrade(&slot));
        slot
    }
}

impl Slot {
    fn loaded(&self, case: &Case, seed: u64) -> &Result<(Scan, SeedKey), String> {
        self.scan.get_or_init(|| {
            let scan = case.read()?;
            let key = SeedKey::of_content(seed, &scan.image, &scan.mask);
            Ok((scan, key))
        })
    }
}
