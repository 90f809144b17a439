//! Response maps in pictures: middle slices of response, reference and difference.

use super::Mark;
use crate::{
    report::summary::short_number,
    response_map::MapSlice,
    results::{Check, Observation, Results},
};

/// More maps than any suite has: pictures are what makes a page heavy.
const MAPS: usize = 200;

/// The longer side of a picture, in pixels of the page.
const SIDE: f64 = 160.0;

/// A response map.
pub(super) struct Map<'a> {
    pub(super) id: &'a str,
    /// Absent where there is no reference.
    pub(super) mark: Option<Mark>,
    /// How far it is from its reference, in a line.
    pub(super) summary: String,
    pub(super) slices: &'a [MapSlice],
}

/// The response maps of a document, with a reference or without.
pub(super) fn of(results: &Results) -> Vec<Map<'_>> {
    let checked = results.checks.iter().filter_map(of_check);
    let observed = results.observations.iter().filter_map(of_observation);
    checked.chain(observed).take(MAPS).collect()
}

fn of_check(check: &Check) -> Option<Map<'_>> {
    let map = check.map.as_ref()?;
    let tolerances = |value: Option<f64>| value.map_or("–".to_owned(), short_number);
    let [x, y, z] = map.worst_voxel;
    Some(Map {
        id: &check.id,
        mark: Some(Mark::of(check.outcome)),
        summary: format!(
            "largest difference {} tolerances, 99th percentile {}; {} of {} voxels beyond the tolerance; worst at \
             ({x}, {y}, {z}): {} against {}",
            tolerances(map.largest_tolerances),
            tolerances(map.percentile_99_tolerances),
            map.voxels_off,
            map.voxels,
            short_number(map.response),
            short_number(map.reference),
        ),
        slices: &map.slices,
    })
}

fn of_observation(observation: &Observation) -> Option<Map<'_>> {
    (!observation.slices.is_empty()).then(|| Map {
        id: &observation.id,
        mark: None,
        summary: "no reference was published".to_owned(),
        slices: &observation.slices,
    })
}

impl MapSlice {
    /// Width and height on the page.
    pub(super) fn shown_size(&self) -> [u32; 2] {
        let longer = self.size[0].max(self.size[1]).max(1) as f64;
        self.size
            .map(|side| (side as f64 * SIDE / longer).round().max(1.0) as u32)
    }
}
