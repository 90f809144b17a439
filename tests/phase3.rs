//! Phase 3 of IBSI 2: the engine as one more rater among the teams. Needs the data sets `sts` and the teams' values.

use radgauge::{
    agreement,
    certify::{Options, certify},
    implementation::Engine,
    results::{Agreement, Results},
    suite::ibsi2,
};
use radgauge_reference::datasets::Library;

/// Runs the cases that a glob selects on so many threads.
fn run(glob: &str, threads: usize) -> Results {
    let library = Library::locate(None);
    let options = Options {
        selection: vec![glob::Pattern::new(glob).expect("a glob")],
        library: &library,
        requires_data: true,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let mut results = pool
        .expect("threads can be had")
        .install(|| certify(&Engine, &[ibsi2()], &options, &|_| {}));
    agreement::add(&mut results, &library).expect("the tables of the teams can be read");
    results
}

/// The agreement on one quantity.
fn on<'a>(results: &'a Results, id: &str) -> &'a Agreement {
    let mut agreements = results.agreements.iter();
    let found = agreements.find(|one| one.id == id);
    found.unwrap_or_else(|| panic!("{id} was not compared"))
}

#[test]
#[ignore = "needs data: RADGAUGE_DATA"]
fn positron_emission_tomography_agrees_with_the_teams() {
    let results = run("ibsi2/phase3-pet-*", 2);
    assert_eq!(
        results.to_document(),
        run("ibsi2/phase3-pet-*", 1).to_document(),
        "one thread gives the document that two give"
    );
    assert_eq!(
        results.observations.len(),
        20 * 9 * 18,
        "every statistic of every patient"
    );
    assert_eq!(results.agreements.len(), 9 * 18, "filters, statistics");
    for one in &results.agreements {
        let teams = one.teams.len();
        assert_eq!(
            one.joined.raters,
            teams + 1,
            "{}: the engine is one more rater",
            one.id
        );
        assert_eq!(one.others.raters, teams, "{}: the teams", one.id);
        // In configuration 2, one patient lacks a value of one team.
        let patients = if one.id.contains("-pet-2/") {
            19..=20
        } else {
            20..=20
        };
        assert!(
            patients.contains(&one.subjects),
            "{}: {} patients",
            one.id,
            one.subjects
        );
    }
    // Without a filter, on means over many voxels, nothing separates the engine from the teams.
    for code in ["Q4LE", "ECT3", "Y12H"] {
        let one = on(&results, &format!("ibsi2/phase3-pet-1/stat/-/{code}"));
        let icc = one.joined.icc.expect("patients differ");
        assert!(icc > 0.9999, "{}: ICC(A,1) {icc}", one.id);
    }
}
