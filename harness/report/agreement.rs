//! What reports say of the agreement with other teams.

use super::summary::short_number;
use crate::{
    results::{Agreement, Correlation, Results},
    statistics::category::Category,
};

/// Counts by category, and what an implementation makes worse.
pub(super) struct AgreementSummary<'a> {
    /// Form of the intraclass correlation.
    pub(super) form: &'a str,
    /// Number of quantities compared.
    pub(super) quantities: usize,
    /// Category, number of quantities in it with the implementation, number without; those that occur, the best first.
    pub(super) categories: Vec<(&'static str, usize, usize)>,
    /// Quantities that are in a lower category with the implementation than without it, in the document's order.
    pub(super) apart: Vec<&'a Agreement>,
}

/// The best first; unknown is below all.
const CATEGORIES: [Category; 5] = [
    Category::Excellent,
    Category::Good,
    Category::Moderate,
    Category::Poor,
    Category::Unknown,
];

/// Where a category stands, 0 for the best.
fn rank(category: &str) -> usize {
    let known = CATEGORIES.iter().position(|one| one.name() == category);
    known.unwrap_or(CATEGORIES.len())
}

impl<'a> AgreementSummary<'a> {
    /// `None` when nothing was compared.
    pub(super) fn of(results: &'a Results) -> Option<Self> {
        let agreements = &results.agreements;
        let form = agreements.first()?.form.as_str();
        let count = |category: Category| {
            let is = |found: &str| found == category.name();
            let joined = agreements.iter().filter(|one| is(&one.joined.category));
            let others = agreements.iter().filter(|one| is(&one.others.category));
            (category.name(), joined.count(), others.count())
        };
        let occurring = |(_, joined, others): &(&str, usize, usize)| joined + others > 0;
        let is_apart = |one: &&Agreement| rank(&one.joined.category) > rank(&one.others.category);
        Some(Self {
            form,
            quantities: agreements.len(),
            categories: CATEGORIES
                .map(count)
                .into_iter()
                .filter(occurring)
                .collect(),
            apart: agreements.iter().filter(is_apart).collect(),
        })
    }
}

/// The estimate, or a dash.
pub(super) fn icc(of: &Correlation) -> String {
    of.icc.map_or_else(|| "–".to_owned(), short_number)
}

/// The 95 % interval, or a dash.
pub(super) fn bounds(of: &Correlation) -> String {
    match (of.lower, of.upper) {
        (Some(lower), Some(upper)) => format!("{} … {}", short_number(lower), short_number(upper)),
        _ => "–".to_owned(),
    }
}

/// On whom the implementation is farthest from the median of the teams, or a dash.
pub(super) fn farthest(of: &Agreement) -> String {
    of.farthest.as_ref().map_or_else(
        || "–".to_owned(),
        |one| format!("{}, {} SD", one.subject, short_number(one.deviation)),
    )
}
