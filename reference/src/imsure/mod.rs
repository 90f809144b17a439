//! The regions of the isotropic ImSURE phantom, and what LIFEx 7.4.0 finds of their shape: see `imsure/README.md` in the
//! sources.

use std::sync::LazyLock;

use radgauge_engine::{
    feature::FeatureKey,
    volume::{Grid, Mask},
};
use serde::{Deserialize, Deserializer, de::Error};

/// Profile `imsure`: the shape of the 90 published regions.
pub const PROFILE: &str = "imsure";

/// Where the values are from.
pub const SOURCE: &str =
    "LIFEx 7.4.0, https://github.com/bianconif/iccad_2024 at cf38be0 (CC BY 4.0)";

/// How far a value may be from LIFEx's, relative to it: two sums over the same triangles in double precision.
pub const TOLERANCE: &str = "1e-12";

/// How many voxels lie around a region in its mask.
const MARGIN: usize = 2;

/// A published region.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// The name, `C_L_01`.
    #[serde(rename = "roi")]
    pub name: String,
    /// The region whose mask it shares.
    pub mask: String,
}

/// What LIFEx found.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// The mask, by its first region.
    pub mask: String,
    /// The feature.
    #[serde(deserialize_with = "key")]
    pub key: FeatureKey,
    /// The value, as it was printed.
    pub value: String,
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FeatureKey, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

/// Neighbouring voxels along x that lie in a mask.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    mask: String,
    z: usize,
    y: usize,
    x: usize,
    length: usize,
}

fn table<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Vec<T> {
    csv::Reader::from_reader(bytes)
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("the table is read by a test")
}

static REGIONS: LazyLock<Vec<Region>> = LazyLock::new(|| table(include_bytes!("rois.csv")));
static VALUES: LazyLock<Vec<Value>> = LazyLock::new(|| table(include_bytes!("lifex_values.csv")));
static RUNS: LazyLock<Vec<Run>> = LazyLock::new(|| table(include_bytes!("masks.csv")));

/// The 90 regions: cubes, spheres, beans; large, medium, small; ten of each.
#[must_use]
pub fn regions() -> &'static [Region] {
    &REGIONS
}

/// The ten values of each of the 18 masks.
#[must_use]
pub fn lifex_values() -> &'static [Value] {
    &VALUES
}

impl Region {
    /// The published mask, cropped to the region and two voxels around it; voxels of 1 mm.
    #[must_use]
    pub fn voxels(&self) -> Mask {
        let runs: Vec<&Run> = RUNS.iter().filter(|run| run.mask == self.mask).collect();
        let size = |end: &dyn Fn(&Run) -> usize| {
            runs.iter().map(|run| end(run)).max().unwrap_or(0) + MARGIN
        };
        let size = [
            size(&|run| run.x + run.length),
            size(&|run| run.y + 1),
            size(&|run| run.z + 1),
        ];
        let grid = Grid::axis_aligned(size, [1.0; 3]);
        let mut mask = Mask::from_fn(grid, |_| false);
        let voxels = mask.as_mut_slice();
        for run in runs {
            let start = run.x + size[0] * (run.y + size[1] * run.z);
            voxels[start..start + run.length].fill(true);
        }
        mask
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_region_has_a_mask_with_ten_values() {
        assert_eq!(regions().len(), 90, "regions");
        let masks: HashSet<&str> = regions().iter().map(|one| one.mask.as_str()).collect();
        assert_eq!(masks.len(), 18, "distinct masks");
        for mask in masks {
            let values = lifex_values().iter().filter(|value| value.mask == mask);
            let keys: HashSet<String> = values.map(|value| value.key.to_string()).collect();
            assert_eq!(keys.len(), 10, "values of {mask}");
        }
        assert_eq!(lifex_values().len(), 180, "values");
    }

    /// The voxel counts that were published with the masks, and that LIFEx counts.
    #[test]
    fn masks_have_their_voxels() {
        for region in regions() {
            let mask = region.voxels();
            let counted = lifex_values()
                .iter()
                .find(|value| value.mask == region.mask && value.key.to_string() == "morph/-/YEKZ");
            let counted: f64 = counted
                .and_then(|value| value.value.parse().ok())
                .expect("every mask has a voxel volume");
            assert_eq!(mask.count() as f64, counted, "{}: voxels", region.name);
            let bounds = mask.bounding_box().expect("the region is not empty");
            assert_eq!(bounds.low, [MARGIN; 3], "{}: before it", region.name);
            let last = mask.size().map(|n| n - 1 - MARGIN);
            assert_eq!(bounds.high, last, "{}: after it", region.name);
        }
    }
}
