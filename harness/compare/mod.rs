//! Result documents side by side: how far implementations, or versions of one, agree with each other.
//!
//! Two values *agree* when they differ by no more than the rule of their check forgives (its tolerance and rounding),
//! so that two values may agree and be wrong together: what is right is the business of certification.

pub mod cross;
mod html;
mod text;

pub use html::html;
pub use text::{csv, text};

use std::collections::HashMap;

use crate::{
    results::{Check, Results},
    verdict::{Outcome, allowance},
};

/// Digits that two equal values are said to agree in: more than double precision tells apart.
pub const ALL_DIGITS: f64 = 16.0;

/// Result documents, compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared, in the order given.
    pub documents: Vec<Document>,
    /// Every check of any document: in the order of the first, then what only later ones have.
    pub rows: Vec<Row>,
    /// Agreement of every pair of documents: `pairs[a][b]`.
    pub pairs: Vec<Vec<Agreement>>,
    /// Agreement of all documents, by family.
    pub families: Vec<Group>,
    /// Agreement of all documents, by feature.
    pub features: Vec<Group>,
    /// Suites that are not the same in all documents.
    pub differing_suites: Vec<String>,
}

/// A result document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// A letter, `A` for the first.
    pub letter: String,
    /// Product and version.
    pub name: String,
    /// The start of its digest, which tells two runs of one version apart.
    pub digest: String,
    /// Checks executed.
    pub executed: usize,
    /// Checks passed.
    pub passed: usize,
}

/// A check in all documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// The feature's name.
    pub name: String,
    /// The unit of its values.
    pub unit: String,
    /// The reference value, as printed.
    pub reference: String,
    /// The tolerance, as printed.
    pub tolerance: String,
    /// Per document, what came of it; none where the document does not have it.
    pub cells: Vec<Option<Cell>>,
    /// What the rule forgives.
    pub allowance: f64,
}

/// A check in a document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// The outcome.
    pub outcome: Outcome,
    /// The value, where there is one.
    pub value: Option<f64>,
}

/// How far two values, or all values of a row, agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closeness {
    /// They differ by no more than the rule forgives.
    pub agree: bool,
    /// They are the same number, to the last bit.
    pub is_equal: bool,
    /// Digits agreed: −log10 of the difference relative to the larger value, at most [`ALL_DIGITS`], at least 0.
    pub digits: f64,
}

/// Agreement over many checks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Checks for which there are values to compare.
    pub compared: usize,
    /// Those whose values agree.
    pub agree: usize,
    /// Those whose values are equal to the last bit.
    pub equal: usize,
    /// Median of the digits agreed.
    pub median_digits: Option<f64>,
    /// The fewest digits agreed.
    pub fewest_digits: Option<f64>,
}

/// The checks of a family or of a feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Family, or family and code.
    pub key: String,
    /// The feature's name; empty for a family.
    pub name: String,
    /// Agreement of all documents.
    pub agreement: Agreement,
    /// Per document: passed, executed.
    pub scores: Vec<(usize, usize)>,
}

impl Row {
    /// How far two documents agree on this check; none where one has no value.
    #[must_use]
    pub fn between(&self, a: usize, b: usize) -> Option<Closeness> {
        let value = |index: usize| self.cells[index].and_then(|cell| cell.value);
        Some(closeness(value(a)?, value(b)?, self.allowance))
    }

    /// How far all documents agree on this check: as far as the two values that are farthest apart. None where fewer
    /// than two have a value.
    #[must_use]
    pub fn overall(&self) -> Option<Closeness> {
        let mut values: Vec<f64> = self
            .cells
            .iter()
            .flatten()
            .filter_map(|cell| cell.value)
            .collect();
        values.sort_by(f64::total_cmp);
        match values.as_slice() {
            [lowest, .., highest] => Some(closeness(*lowest, *highest, self.allowance)),
            _ => None,
        }
    }

    /// The family part of the id.
    fn family(&self) -> &str {
        self.id.split('/').nth(2).unwrap_or_default()
    }

    /// Family and code.
    fn feature(&self) -> String {
        format!(
            "{}/{}",
            self.family(),
            self.id.rsplit('/').next().unwrap_or_default()
        )
    }
}

fn closeness(a: f64, b: f64, allowance: f64) -> Closeness {
    let difference = (a - b).abs();
    let digits = if a == b {
        ALL_DIGITS
    } else {
        -(difference / a.abs().max(b.abs())).log10()
    };
    Closeness {
        agree: difference <= allowance,
        is_equal: a == b,
        digits: digits.clamp(0.0, ALL_DIGITS),
    }
}

impl Agreement {
    fn of(closenesses: impl Iterator<Item = Closeness>) -> Self {
        let mut agreement = Self::default();
        let mut digits = Vec::new();
        for closeness in closenesses {
            agreement.compared += 1;
            agreement.agree += usize::from(closeness.agree);
            agreement.equal += usize::from(closeness.is_equal);
            digits.push(closeness.digits);
        }
        digits.sort_by(f64::total_cmp);
        agreement.fewest_digits = digits.first().copied();
        agreement.median_digits = match digits.len() {
            0 => None,
            n if n % 2 == 1 => Some(digits[n / 2]),
            n => Some((digits[n / 2 - 1] + digits[n / 2]) / 2.0),
        };
        agreement
    }
}

/// Compares result documents.
#[must_use]
pub fn compare(results: &[Results]) -> Comparison {
    let rows = rows(results);
    let count = results.len();
    let pairs = (0..count)
        .map(|a| {
            (0..count)
                .map(|b| Agreement::of(rows.iter().filter_map(|row| row.between(a, b))))
                .collect()
        })
        .collect();
    Comparison {
        documents: results
            .iter()
            .enumerate()
            .map(|(index, one)| document(index, one))
            .collect(),
        families: groups(&rows, count, |row| (row.family().to_owned(), String::new())),
        features: groups(&rows, count, |row| (row.feature(), row.name.clone())),
        differing_suites: differing_suites(results),
        rows,
        pairs,
    }
}

fn document(index: usize, results: &Results) -> Document {
    let implementation = &results.run.implementation;
    let letter = match u8::try_from(index) {
        Ok(index @ 0..26) => char::from(b'A' + index).to_string(),
        _ => format!("#{}", index + 1),
    };
    Document {
        letter,
        name: format!("{} {}", implementation.name, implementation.version),
        digest: results.end.digest.chars().take(12).collect(),
        executed: results.end.totals.executed,
        passed: results.end.totals.of(Outcome::Pass),
    }
}

fn rows(results: &[Results]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut index_of: HashMap<&str, usize> = HashMap::new();
    for (document, one) in results.iter().enumerate() {
        for check in &one.checks {
            let index = *index_of.entry(&check.id).or_insert_with(|| {
                rows.push(row(check, results.len()));
                rows.len() - 1
            });
            rows[index].cells[document] = Some(Cell {
                outcome: check.outcome,
                value: check.actual,
            });
        }
    }
    rows
}

/// A row without cells. What the rule forgives comes from the first document that has the check; a reference that is no
/// number forgives nothing.
fn row(check: &Check, documents: usize) -> Row {
    Row {
        id: check.id.clone(),
        name: check.name.clone(),
        unit: check.unit.clone(),
        reference: check.expected.value.clone(),
        tolerance: check.expected.tolerance.clone(),
        cells: vec![None; documents],
        allowance: allowance(check.rule, &check.expected).unwrap_or(0.0),
    }
}

/// Rows by key, in the order in which keys first occur.
fn groups(rows: &[Row], documents: usize, key: impl Fn(&Row) -> (String, String)) -> Vec<Group> {
    let mut groups: Vec<((String, String), Vec<&Row>)> = Vec::new();
    let mut index_of: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let key = key(row);
        let index = *index_of.entry(key.0.clone()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[index].1.push(row);
    }
    groups
        .into_iter()
        .map(|((key, name), rows)| Group {
            key,
            name,
            agreement: Agreement::of(rows.iter().filter_map(|row| row.overall())),
            scores: (0..documents)
                .map(|document| {
                    let cells = rows.iter().filter_map(|row| row.cells[document]);
                    cells.fold((0, 0), |(passed, executed), cell| {
                        (
                            passed + usize::from(cell.outcome == Outcome::Pass),
                            executed + usize::from(cell.outcome.is_executed()),
                        )
                    })
                })
                .collect(),
        })
        .collect()
}

fn differing_suites(results: &[Results]) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    for suite in results.iter().flat_map(|one| &one.run.suites) {
        if !names.contains(&suite.name.as_str()) {
            names.push(&suite.name);
        }
    }
    names
        .into_iter()
        .filter(|name| {
            let stamp = |one: &Results| {
                let suite = one.run.suites.iter().find(|suite| suite.name == *name);
                suite.map(|suite| (suite.edition, suite.sha256.clone()))
            };
            results
                .windows(2)
                .any(|two| stamp(&two[0]) != stamp(&two[1]))
        })
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn closeness_counts_digits_and_allowances() {
        let equal = closeness(0.0, 0.0, 0.0);
        assert!(
            equal.agree && equal.is_equal,
            "equal values agree where nothing is forgiven: {equal:?}"
        );
        assert_eq!(equal.digits, ALL_DIGITS, "in all digits");
        let close = closeness(100.0, 99.9, 0.5);
        assert!(close.agree && !close.is_equal, "{close:?}");
        assert!(
            (close.digits - 3.0).abs() < 1e-9,
            "a part in a thousand: {close:?}"
        );
        assert_eq!(closeness(1.0, -1.0, 0.5).digits, 0.0, "the sign differs");
    }

    #[test]
    fn medians() {
        let digits = |digits| Closeness {
            agree: true,
            is_equal: false,
            digits,
        };
        let of = |all: &[f64]| Agreement::of(all.iter().copied().map(digits)).median_digits;
        assert_eq!(of(&[]), None, "nothing compared");
        assert_eq!(of(&[3.0, 1.0, 2.0]), Some(2.0), "odd");
        assert_eq!(of(&[4.0, 1.0, 2.0, 3.0]), Some(2.5), "even");
    }

    proptest! {
        #[test]
        fn agreement_is_symmetric(a in -1e3f64..1e3, b in -1e3f64..1e3, allowance in 0f64..10.0) {
            prop_assert_eq!(closeness(a, b, allowance), closeness(b, a, allowance), "{} and {}", a, b);
        }
    }
}
