//! Phase 3: statistics of filtered scans of patients with soft-tissue sarcoma. There are no reference values: what is
//! found is observed, and [compared](crate::agreement) with what other teams found.

use radgauge_reference::{
    datasets::data_set,
    ibsi2::{ValidationTest, validation_tests},
};

use super::{NAME, phase2::statistics};
use crate::suite::{Asks, Input, SuiteCase};

/// The data set.
const SCANS: &str = "sts";

/// Scans first, so that those of one scan follow each other and it can be forgotten after the last of them.
pub(super) fn cases() -> Vec<SuiteCase> {
    let scans = scans();
    let configurations = |scan: &Scan| {
        let folder = scan.folder;
        let of_modality = validation_tests()
            .iter()
            .filter(move |test| folder.starts_with(&test.modality.slug().to_uppercase()));
        let scan = *scan;
        of_modality.map(move |test| case(scan, test))
    };
    scans.iter().flat_map(configurations).collect()
}

/// A scan of the data set.
#[derive(Clone, Copy)]
struct Scan {
    patient: &'static str,
    /// Folder of the modality: `CT`, `MR_T1`, `PET`.
    folder: &'static str,
    image: &'static str,
    mask: &'static str,
}

fn scans() -> Vec<Scan> {
    let files = &data_set(SCANS).expect("the data set is listed").files;
    let scan = |image: &'static str| {
        let [_, patient, folder, "image.nii.gz"] = image.split('/').collect::<Vec<_>>()[..] else {
            return None;
        };
        let of_scan = |path: &&str| {
            path.rsplit_once('/') == Some((&image[..image.len() - 13], "mask.nii.gz"))
        };
        let mask = files.iter().map(|file| file.path.as_str()).find(of_scan)?;
        Some(Scan {
            patient,
            folder,
            image,
            mask,
        })
    };
    let images = files.iter().map(|file| file.path.as_str());
    images.filter_map(scan).collect()
}

fn case(scan: Scan, test: &ValidationTest) -> SuiteCase {
    let id = format!(
        "{NAME}/phase3-{}-{}-{}",
        test.modality.slug(),
        test.number,
        scan.patient
    );
    SuiteCase {
        title: format!("{} of {}, {}", scan.folder, scan.patient, test.title),
        input: Input::Files {
            image: scan.image,
            mask: scan.mask,
        },
        settings: test.settings.clone(),
        asks: Asks::Features,
        checks: Vec::new(),
        observed: statistics(&id).collect(),
        observed_features: &[],
        is_on_request: true,
        id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scan_is_filtered_in_nine_ways() {
        let cases = cases();
        assert_eq!(
            cases.len(),
            20 * 3 * 9,
            "patients, modalities, configurations"
        );
        for case in &cases {
            assert_eq!(case.observed.len(), 18, "{}: statistics", case.id);
        }
        assert_eq!(cases[0].id, "ibsi2/phase3-ct-1-STS_001", "the first case");
    }
}
