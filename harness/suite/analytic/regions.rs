//! Small regions that trip up implementations, every feature by exact arithmetic.

use radgauge_engine::volume::{Image, Mask};
use radgauge_phantoms::analytic::region::Region;

use super::{Known, case};
use crate::suite::SuiteCase;

pub(super) fn cases() -> Vec<SuiteCase> {
    let regions = Region::ALL.iter().enumerate();
    regions
        .map(|(number, region)| {
            let name = name(*region);
            let known = Known::tabulated(&name).collect();
            // Intensities are grey levels: nothing is discretised.
            case(&name, region.title().to_owned(), (make, number), "", known)
        })
        .collect()
}

fn name(region: Region) -> String {
    format!("region-{}", region.name())
}

fn make(number: usize) -> (Image, Mask) {
    Region::ALL[number].make()
}
