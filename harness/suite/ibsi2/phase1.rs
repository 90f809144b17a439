//! Phase 1: filters on digital phantoms, whole response maps against the published ones.

use radgauge_engine::volume::{Image, Mask};
use radgauge_phantoms::ibsi2;
use radgauge_reference::ibsi2::{MapTest, PHASE_1_PROFILE, Phantom, REFERENCE_DATA, map_tests};

use super::{NAME, map_check, map_id, observation, whole};
use crate::{
    results::{Check, Tier},
    suite::{Asks, Input, MapReference, SuiteCase},
};

pub(super) fn cases() -> Vec<SuiteCase> {
    map_tests().iter().map(case).collect()
}

fn case(test: &'static MapTest) -> SuiteCase {
    let id = format!("{NAME}/phase1-{}", test.id);
    let check = test.reference.as_ref().map(|reference| Check {
        profiles: vec![PHASE_1_PROFILE.to_owned()],
        note: test.note.clone(),
        ..map_check(
            &id,
            &test.code,
            Tier::Consensus,
            reference.tolerance.clone(),
            REFERENCE_DATA.to_owned(),
        )
    });
    let observed = observation(map_id(&id, &test.code), "largest response", "I");
    SuiteCase {
        title: format!("{}, {}", test.phantom.title(), test.title),
        input: Input::Phantom(phantom(test.phantom)),
        settings: test.settings(),
        asks: Asks::ResponseMap(match &test.reference {
            Some(reference) => MapReference::File(&reference.map),
            None => MapReference::None,
        }),
        observed: if check.is_none() {
            vec![observed]
        } else {
            Vec::new()
        },
        checks: check.into_iter().collect(),
        observed_features: &[],
        is_on_request: false,
        id,
    }
}

fn phantom(phantom: Phantom) -> fn() -> (Image, Mask) {
    match phantom {
        Phantom::Checkerboard => || whole(ibsi2::checkerboard()),
        Phantom::Impulse => || whole(ibsi2::impulse()),
        Phantom::Sphere => || whole(ibsi2::sphere()),
        Phantom::Pattern1 => || whole(ibsi2::pattern_1()),
    }
}
