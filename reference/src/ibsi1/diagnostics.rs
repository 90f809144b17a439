//! Reference values of the diagnostic features: what image and region look like after each processing step (manual,
//! section *Diagnostic features*).

use std::sync::LazyLock;

use radgauge_engine::diagnostics::Stage;
use serde::Deserialize;

use super::{Case, Source};
use crate::Consensus;

/// The reference for one diagnostic feature.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DiagnosticValue {
    /// The configuration of the CT phantom.
    pub case: Case,
    /// After which step.
    pub stage: Stage,
    /// What is described, such as `img_dim_x` (voxels), `vox_dim_x` (mm), `mean_int` (HU), `int_mask_vox_count`.
    pub quantity: String,
    /// The short name of the IBSI submission tables: quantity, stage and object.
    pub tag: String,
    /// The value.
    pub value: f64,
    /// The tolerance; 0 when none was published.
    #[serde(deserialize_with = "zero_when_empty")]
    pub tolerance: f64,
    /// Significant digits of the reference: 3 for mean intensities and voxel spacings; `None` for whole numbers,
    /// which are compared as they are.
    pub digits: Option<u32>,
    /// The consensus on the value.
    pub consensus: Consensus,
    /// Where it was published.
    pub source: Source,
}

impl DiagnosticValue {
    /// The id of the check: `ibsi1/ct_a/diag/initial/img_dim_x`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("ibsi1/{}/diag/{}/{}", self.case, self.stage, self.quantity)
    }
}

fn zero_when_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(0.0))
}

/// The diagnostic reference values: 60 for each configuration of the CT phantom, in the order of the IBSI submission
/// tables.
#[must_use]
pub fn diagnostic_values() -> &'static [DiagnosticValue] {
    &VALUES
}

static VALUES: LazyLock<Vec<DiagnosticValue>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_bytes!("diagnostic_values.csv").as_slice())
        .deserialize()
        .map(|row| row.expect("diagnostic_values.csv is read by a test"))
        .collect()
});

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_configuration_has_the_same_sixty() {
        let of_case = |case: Case| -> Vec<(Stage, &str)> {
            diagnostic_values()
                .iter()
                .filter(|d| d.case == case)
                .map(|d| (d.stage, d.quantity.as_str()))
                .collect()
        };
        assert!(
            of_case(Case::Digital).is_empty(),
            "the digital phantom is not processed"
        );
        let first = of_case(Case::CtA);
        for case in [Case::CtA, Case::CtB, Case::CtC, Case::CtD, Case::CtE] {
            assert_eq!(of_case(case), first, "stages and quantities of {case}");
        }
        let per_stage = Stage::ALL.map(|stage| first.iter().filter(|(s, _)| *s == stage).count());
        assert_eq!(
            per_stage,
            [23, 23, 14, 0],
            "9 image quantities twice, 14 region quantities three times; nothing is filtered"
        );
        assert_eq!(diagnostic_values().len(), 300, "rows in all");
    }

    #[test]
    fn ids_are_unique() {
        let ids: HashSet<String> = diagnostic_values()
            .iter()
            .map(DiagnosticValue::id)
            .collect();
        assert_eq!(ids.len(), diagnostic_values().len(), "distinct ids");
        assert!(
            ids.contains("ibsi1/ct_a/diag/initial/img_dim_x"),
            "form of an id"
        );
    }

    #[test]
    fn only_means_and_spacings_are_rounded() {
        for d in diagnostic_values() {
            let is_rounded = d.quantity.contains("mean_int") || d.quantity.starts_with("vox_dim");
            assert_eq!(d.digits, is_rounded.then_some(3), "digits of {}", d.id());
            assert!(
                is_rounded || d.value.fract() == 0.0,
                "{} is a whole number",
                d.id()
            );
            assert!(d.tolerance >= 0.0, "tolerance of {}", d.id());
        }
    }

    #[test]
    fn values_are_those_published() {
        let value = |id: &str| {
            diagnostic_values()
                .iter()
                .find(|d| d.id() == id)
                .map(|d| (d.value, d.tolerance, d.consensus))
        };
        for (id, expected) in [
            (
                "ibsi1/ct_a/diag/initial/vox_dim_x",
                (0.977, 0.0, Consensus::VeryStrong),
            ),
            (
                "ibsi1/ct_a/diag/resegmented/int_mask_mean_int",
                (13.4, 1.1, Consensus::Strong),
            ),
            (
                "ibsi1/ct_a/diag/resegmented/morph_mask_vox_count",
                (125_256.0, 1_000.0, Consensus::Moderate),
            ),
            (
                "ibsi1/ct_c/diag/interpolated/img_dim_y",
                (99.0, 0.8, Consensus::VeryStrong),
            ),
        ] {
            let found = value(id);
            assert_eq!(found, Some(expected), "{id}");
        }
    }
}
