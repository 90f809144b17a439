//! Agreement over the regions as text and as CSV.

use super::{Cross, FeatureAgreement, Regions};
use crate::{
    compare::text::{aligned, listed, share},
    statistics::category::Category,
    suite::imsure::Discretisation,
};

/// Categories in the order in which they are shown.
const CATEGORIES: [Category; 5] = [
    Category::Excellent,
    Category::Good,
    Category::Moderate,
    Category::Poor,
    Category::Unknown,
];

/// For people.
#[must_use]
pub fn text(cross: &Cross) -> String {
    let all: Vec<&FeatureAgreement> = cross.parts[0].features.iter().collect();
    let mut text = format!(
        "\nagreement over the regions of the ImSURE-style phantoms: {} features; values within their tolerance, and \
         ICC(A,1) of regions × documents by the lower end of its 95 % interval\n",
        all.len()
    );
    let head = ["slice", "values", "within"].map(str::to_owned);
    let categories = CATEGORIES.iter().map(|category| category.name().to_owned());
    let last = ["median ICC".to_owned()];
    let mut table = vec![head.into_iter().chain(categories).chain(last).collect()];
    table.push(row("all", &all));
    let mut sliced = |title: &str, is_in: &dyn Fn(&FeatureAgreement) -> bool| {
        let features: Vec<_> = all.iter().copied().filter(|one| is_in(one)).collect();
        if !features.is_empty() && features.len() < all.len() {
            table.push(row(title, &features));
        }
    };
    for (phantom, title) in [
        ("isotropic", "isotropic, as it is"),
        ("anisotropic", "anisotropic, interpolated"),
    ] {
        sliced(title, &|one| one.feature.phantom == phantom);
    }
    for discretisation in Discretisation::ALL {
        sliced(discretisation.title(), &|one| {
            one.feature.discretisation == discretisation
        });
    }
    let mut aggregations: Vec<&str> = Vec::new();
    for one in &all {
        if !aggregations.contains(&one.feature.aggregation()) {
            aggregations.push(one.feature.aggregation());
        }
    }
    for aggregation in aggregations {
        let title = match aggregation {
            "-" => "not aggregated",
            other => other,
        };
        sliced(title, &|one| one.feature.aggregation() == aggregation);
    }
    for part in cross
        .parts
        .iter()
        .filter(|part| part.regions != Regions::All)
    {
        let features: Vec<_> = part.features.iter().collect();
        if !features.is_empty() {
            table.push(row(&part.regions.name(), &features));
        }
    }
    text += &aligned(&table);

    let mut apart: Vec<&FeatureAgreement> = all
        .iter()
        .copied()
        .filter(|one| one.within < one.asked)
        .collect();
    let part = |one: &FeatureAgreement| one.within as f64 / one.asked as f64;
    apart.sort_by(|a, b| part(a).total_cmp(&part(b)));
    listed(
        &mut text,
        "features on which not all regions agree",
        &apart,
        |one| {
            let interval = one.interval.map_or_else(String::new, |interval| {
                format!(" ({:.3} to {:.3})", interval.lower, interval.upper)
            });
            format!(
                "{} {}, {} {}: {} of {} regions within, {} without a value, ICC {}{interval}",
                one.feature.phantom,
                one.feature.discretisation.title(),
                one.feature.key,
                one.name,
                one.within,
                one.asked,
                one.asked - one.compared,
                shown(one.icc)
            )
        },
    );
    text
}

fn row(title: &str, features: &[&FeatureAgreement]) -> Vec<String> {
    let compared: usize = features.iter().map(|one| one.compared).sum();
    let within: usize = features.iter().map(|one| one.within).sum();
    let of = |category: &Category| {
        let features = features.iter();
        features
            .filter(|one| one.category == *category)
            .count()
            .to_string()
    };
    let mut iccs: Vec<f64> = features.iter().filter_map(|one| one.icc).collect();
    iccs.sort_by(f64::total_cmp);
    let median = match iccs.len() {
        0 => None,
        n => Some((iccs[(n - 1) / 2] + iccs[n / 2]) / 2.0),
    };
    let mut row = vec![
        title.to_owned(),
        compared.to_string(),
        share(within, compared),
    ];
    row.extend(CATEGORIES.iter().map(of));
    row.push(shown(median));
    row
}

/// A correlation with three decimals, cut and not rounded: 1.000 is 1.
fn shown(icc: Option<f64>) -> String {
    icc.map_or("–".to_owned(), |icc| {
        format!("{:.3}", (icc * 1000.0).floor() / 1000.0)
    })
}

/// A row per feature and part of the regions.
///
/// # Panics
/// Never: writing to memory cannot fail.
#[must_use]
pub fn csv(cross: &Cross) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut record = |fields: &[&str]| {
        writer
            .write_record(fields)
            .expect("writing to memory cannot fail");
    };
    record(&[
        "regions",
        "phantom",
        "discretisation",
        "key",
        "name",
        "asked",
        "compared",
        "within",
        "largest_difference",
        "icc_a1",
        "lower",
        "upper",
        "category",
    ]);
    let number = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
    for part in &cross.parts {
        for one in &part.features {
            record(&[
                &part.regions.name(),
                one.feature.phantom,
                one.feature.discretisation.title(),
                &one.feature.key,
                &one.name,
                &one.asked.to_string(),
                &one.compared.to_string(),
                &one.within.to_string(),
                &number(one.largest_difference),
                &number(one.icc),
                &number(one.interval.map(|interval| interval.lower)),
                &number(one.interval.map(|interval| interval.upper)),
                one.category.name(),
            ]);
        }
    }
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is UTF-8")
}
