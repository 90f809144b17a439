//! The values of a block of features, read from the store.

use std::{collections::HashMap, ops::Range};

use crate::study::{
    plan::{Computer, Keys, Plan},
    store::{Cell, Store, StoreError},
};

/// So many values are held at a time: 512 MiB.
const MAX_VALUES: usize = 1 << 26;

/// Reads values in blocks of features.
pub(super) struct Reader<'a> {
    plan: &'a Plan,
    store: &'a Store,
    keys: Vec<Keys>,
    /// The cases that have values; the others are not in a cube.
    usable: Vec<usize>,
}

/// The values of a block of features.
pub(super) struct Cube {
    features: Range<usize>,
    points: Range<usize>,
    implementations: usize,
    draws: usize,
    cases: usize,
    /// By feature, implementation, point, case, draw; NaN where there is none.
    values: Vec<f64>,
    /// Why the first missing value is missing, by implementation, point, feature.
    missing: HashMap<(usize, usize, usize), String>,
}

impl<'a> Reader<'a> {
    pub fn new(
        plan: &'a Plan,
        computers: &[Computer],
        store: &'a Store,
    ) -> Result<Self, StoreError> {
        let keys: Vec<Keys> = computers
            .iter()
            .map(|computer| plan.keys(computer))
            .collect();
        let has_values = |case: &usize| {
            keys.iter().any(|keys| {
                (0..plan.draws.len()).any(|draw| {
                    (0..plan.points.points.len()).any(|point| {
                        let key = keys.get(*case, draw, point);
                        key.and_then(|key| store.state(&key)) == Some(true)
                    })
                })
            })
        };
        let usable = (0..plan.cases.len()).filter(has_values).collect();
        Ok(Self {
            plan,
            store,
            keys,
            usable,
        })
    }

    /// Number of cases, usable or not.
    pub fn cases(&self) -> usize {
        self.plan.cases.len()
    }

    pub fn is_usable(&self, case: usize) -> bool {
        self.place(case).is_some()
    }

    /// The place of a case in a cube.
    pub fn place(&self, case: usize) -> Option<usize> {
        self.usable.binary_search(&case).ok()
    }

    /// The features in blocks that can be held.
    pub fn blocks(&self) -> Vec<Range<usize>> {
        let features = self.plan.points.features.len();
        let cells = self.plan.cells() * self.keys.len();
        let size = (MAX_VALUES / cells.max(1)).clamp(1, features.max(1));
        let starts = (0..features).step_by(size);
        starts
            .map(|start| start..(start + size).min(features))
            .collect()
    }

    /// The values of a block, under all settings or one.
    pub fn cube(&self, features: Range<usize>, point: Option<usize>) -> Result<Cube, StoreError> {
        let points = match point {
            Some(point) => point..point + 1,
            None => 0..self.plan.points.points.len(),
        };
        let mut cube = Cube {
            implementations: self.keys.len(),
            draws: self.plan.draws.len(),
            cases: self.usable.len(),
            values: Vec::new(),
            missing: HashMap::new(),
            features,
            points,
        };
        let size = cube.features.len()
            * cube.implementations
            * cube.points.len()
            * cube.draws
            * cube.cases;
        cube.values = vec![f64::NAN; size];
        for (implementation, keys) in self.keys.iter().enumerate() {
            for (place, case) in self.usable.iter().enumerate() {
                for draw in 0..cube.draws {
                    for point in cube.points.clone() {
                        let cell = match keys.get(*case, draw, point) {
                            Some(key) => self.store.get(&key)?,
                            None => None,
                        };
                        let own = &self.plan.points.keys[point];
                        match cell {
                            Some(Cell::Values { values, reasons }) => {
                                for ((_, feature), value) in own.iter().zip(values) {
                                    if cube.features.contains(feature) {
                                        let at =
                                            cube.at(*feature, implementation, point, place, draw);
                                        cube.values[at] = value;
                                    }
                                }
                                for (i, reason) in reasons {
                                    if let Some((_, feature)) = own.get(i as usize) {
                                        cube.is_missing(implementation, point, *feature, reason);
                                    }
                                }
                            }
                            Some(Cell::Failed(reason)) => {
                                for (_, feature) in own {
                                    cube.is_missing(
                                        implementation,
                                        point,
                                        *feature,
                                        reason.clone(),
                                    );
                                }
                            }
                            None => {
                                for (_, feature) in own {
                                    let reason = "not computed".to_owned();
                                    cube.is_missing(implementation, point, *feature, reason);
                                }
                            }
                        }
                    }
                }
            }
        }
        Ok(cube)
    }
}

impl Cube {
    /// The features of the block.
    pub fn features(&self) -> Vec<usize> {
        self.features.clone().collect()
    }

    pub fn implementations(&self) -> usize {
        self.implementations
    }

    pub fn cases(&self) -> usize {
        self.cases
    }

    /// Draws, with the unperturbed scan.
    pub fn draws(&self) -> usize {
        self.draws
    }

    fn at(
        &self,
        feature: usize,
        implementation: usize,
        point: usize,
        case: usize,
        draw: usize,
    ) -> usize {
        let mut at = feature - self.features.start;
        at = at * self.implementations + implementation;
        at = at * self.points.len() + (point - self.points.start);
        at = at * self.cases + case;
        at * self.draws + draw
    }

    fn is_missing(&mut self, implementation: usize, point: usize, feature: usize, reason: String) {
        if self.features.contains(&feature) {
            self.missing
                .entry((implementation, point, feature))
                .or_insert(reason);
        }
    }

    /// Why the first missing value of a feature under settings is missing.
    pub fn reason(&self, feature: usize, implementation: usize, point: usize) -> Option<&str> {
        let key = (implementation, point, feature);
        self.missing.get(&key).map(String::as_str)
    }

    /// The value of the unperturbed scan; NaN where there is none.
    pub fn original(
        &self,
        feature: usize,
        implementation: usize,
        point: usize,
        case: usize,
    ) -> f64 {
        self.values[self.at(feature, implementation, point, case, 0)]
    }

    /// The values of a case, the unperturbed scan first.
    pub fn draws_of(
        &self,
        feature: usize,
        implementation: usize,
        point: usize,
        case: usize,
    ) -> impl Iterator<Item = f64> + '_ {
        let start = self.at(feature, implementation, point, case, 0);
        self.values[start..start + self.draws].iter().copied()
    }
}
