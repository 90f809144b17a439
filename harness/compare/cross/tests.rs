use super::*;
use crate::suite::imsure::imsure;

/// What a document would hold of one feature: values by region, from a function of the region's place.
fn observed(value: impl Fn(usize) -> Option<f64>) -> Vec<Observation> {
    let suite = imsure();
    let cases = suite.cases.iter().filter(|case| {
        Cell::of(&case.id).is_some_and(|cell| {
            cell.phantom == Phantom::Isotropic && cell.discretisation == Discretisation::None
        })
    });
    cases
        .enumerate()
        .map(|(place, case)| {
            let mean = case.observations().find(|one| one.key() == "stat/-/Q4LE");
            Observation {
                value: value(place),
                ..mean.expect("the mean is asked for")
            }
        })
        .collect()
}

fn agreement(documents: [Vec<Observation>; 2]) -> Cross {
    let results = documents.map(|observations| {
        let mut results = empty();
        results.observations = observations;
        results
    });
    cross(&results).expect("there are observations")
}

/// A result document without anything in it.
fn empty() -> Results {
    use crate::{certify, implementation::Engine};
    let library = radgauge_reference::datasets::Library::of(std::path::Path::new("nowhere"));
    let options = certify::Options {
        selection: vec![glob::Pattern::new("nothing").expect("a glob")],
        library: &library,
        requires_data: false,
    };
    certify::certify(&Engine, &[], &options, &|_| {})
}

#[test]
fn equal_values_agree_exactly() {
    let values = |place: usize| Some(place as f64 - 40.0);
    let cross = agreement([observed(values), observed(values)]);
    let all = &cross.parts[0].features[0];
    assert_eq!(
        (all.asked, all.compared, all.within),
        (90, 90, 90),
        "regions"
    );
    assert_eq!(all.icc, Some(1.0), "ICC of equal values");
    assert_eq!(all.category, Category::Excellent, "category");
    assert_eq!(all.largest_difference, Some(0.0), "difference");
    let counts: Vec<(String, usize)> = (cross.parts.iter())
        .map(|part| (part.regions.name(), part.features[0].compared))
        .collect();
    let expected = [
        ("all", 90),
        ("cube", 30),
        ("sphere", 30),
        ("bean", 30),
        ("8 mL", 30),
        ("1 mL", 30),
        ("0.125 mL", 30),
    ];
    let expected = expected.map(|(name, count)| (name.to_owned(), count));
    assert_eq!(counts, expected, "parts");
}

/// A tool that errs on beans: the share and the correlation say so there, and nowhere else.
#[test]
fn slices_show_where_implementations_differ() {
    let truth = |place: usize| 100.0 + place as f64;
    // Beans are the last thirty.
    let wrong = |place: usize| truth(place) * if place < 60 { 1.0005 } else { 1.2 };
    let cross = agreement([
        observed(|place| Some(truth(place))),
        observed(|place| (place != 3).then(|| wrong(place))),
    ]);
    let of = |name: &str| {
        let part = cross.parts.iter().find(|part| part.regions.name() == name);
        &part.expect("the part is there").features[0]
    };
    let cubes = of("cube");
    assert_eq!(
        (cubes.asked, cubes.compared, cubes.within),
        (30, 29, 29),
        "0.05 % is within 0.1 %"
    );
    assert_eq!(cubes.category, Category::Excellent, "cubes: {cubes:?}");
    let beans = of("bean");
    assert_eq!((beans.compared, beans.within), (30, 0), "20 % is not");
    assert!(beans.icc.is_some_and(|icc| icc < 0.5), "beans: {beans:?}");
    assert_eq!(beans.category, Category::Poor, "beans: {beans:?}");
    let difference = beans.largest_difference.expect("a difference");
    assert!(
        (difference - 0.2 / 1.2).abs() < 1e-12,
        "relative to the larger: {difference}"
    );
    assert_eq!((of("all").asked, of("all").within), (90, 59), "all");

    let text = text(&cross);
    assert!(
        text.contains("bean") && text.contains("59 of 90 regions within, 1 without a value"),
        "{text}"
    );
    let csv = csv(&cross);
    assert_eq!(csv.lines().count(), 1 + 7, "a row per part: {csv}");
    assert!(
        csv.contains("bean,isotropic,not discretised,stat/-/Q4LE,Mean intensity,30,30,0,"),
        "{csv}"
    );
}

#[test]
fn differences_are_relative_to_the_larger_value() {
    for (values, expected) in [
        (vec![0.0, 0.0], 0.0),
        (vec![2.0, 1.0], 0.5),
        (vec![-4.0, -3.0, -4.0], 0.25),
        (vec![0.0, 1e-300], 1.0),
        (vec![-1.0, 1.0], 2.0),
    ] {
        assert_eq!(difference(&values), expected, "{values:?}");
    }
}
