//! The table of checks as compact JSON: a row is an array, texts that occur again and again are numbers into a list.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use radgauge_engine::feature::{Feature, catalogue};
use serde::{Serialize, Serializer, ser::SerializeTuple};

use super::Mark;
use crate::{
    report::summary::rule_in_words,
    results::{Check, Results},
};

/// What a row holds, in this order. `*` marks columns that hold a number into the list of texts.
const COLUMNS: [&str; 19] = [
    "id",
    "outcome*",
    "name*",
    "unit*",
    "tier*",
    "profiles*",
    "rule*",
    "reference",
    "tolerance",
    "digits",
    "consensus*",
    "source*",
    "note*",
    "actual",
    "difference",
    "tolerances",
    "allowances",
    "agreed",
    "reason*",
];

/// The data of the page's script, safe to stand inside a `script` element: no `<` is left in it.
pub(super) fn json(results: &Results) -> String {
    let mut texts = Texts::default();
    let rows: Vec<Row<'_>> = results
        .checks
        .iter()
        .map(|check| Row::of(check, &mut texts))
        .collect();
    let marks = results
        .end
        .totals
        .outcomes
        .keys()
        .map(|outcome| {
            (
                outcome.name(),
                (Mark::of(*outcome).sign(), Mark::of(*outcome).class()),
            )
        })
        .collect();
    let data = Data {
        columns: &COLUMNS,
        texts: &texts.list,
        rows: &rows,
        features: features(results),
        rules: results
            .run
            .rules
            .iter()
            .map(|rule| (rule.id(), rule_in_words(*rule)))
            .collect(),
        marks,
    };
    serde_json::to_string(&data)
        .expect("records hold finite numbers only")
        .replace('<', "\\u003c")
}

#[derive(Serialize)]
struct Data<'a> {
    columns: &'a [&'a str],
    texts: &'a [String],
    rows: &'a [Row<'a>],
    /// Definition, formula and section by `family/CODE[:parameter]`.
    features: BTreeMap<String, [&'static str; 3]>,
    rules: BTreeMap<&'static str, &'static str>,
    /// Sign and class by outcome.
    marks: BTreeMap<&'static str, (&'static str, &'static str)>,
}

/// Each text once, in the order of first use.
#[derive(Default)]
struct Texts {
    list: Vec<String>,
    known: HashMap<String, usize>,
}

impl Texts {
    fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        self.list.push(text.to_owned());
        self.known.insert(text.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }
}

struct Row<'a> {
    check: &'a Check,
    outcome: usize,
    name: usize,
    unit: usize,
    tier: usize,
    profiles: usize,
    rule: usize,
    consensus: Option<usize>,
    source: usize,
    note: Option<usize>,
    reason: Option<usize>,
}

impl<'a> Row<'a> {
    fn of(check: &'a Check, texts: &mut Texts) -> Self {
        let mut optional = |text: &Option<String>| text.as_deref().map(|text| texts.number(text));
        Self {
            check,
            consensus: optional(&check.consensus),
            note: optional(&check.note),
            reason: optional(&check.reason),
            outcome: texts.number(check.outcome.name()),
            name: texts.number(&check.name),
            unit: texts.number(&check.unit),
            tier: texts.number(check.tier.name()),
            profiles: texts.number(&check.profiles.join(", ")),
            rule: texts.number(check.rule.id()),
            source: texts.number(&check.source),
        }
    }
}

impl Serialize for Row<'_> {
    /// The columns of [`COLUMNS`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let check = self.check;
        let deviation = check.deviation;
        let mut row = serializer.serialize_tuple(COLUMNS.len())?;
        row.serialize_element(&check.id)?;
        row.serialize_element(&self.outcome)?;
        row.serialize_element(&self.name)?;
        row.serialize_element(&self.unit)?;
        row.serialize_element(&self.tier)?;
        row.serialize_element(&self.profiles)?;
        row.serialize_element(&self.rule)?;
        row.serialize_element(&check.expected.value)?;
        row.serialize_element(&check.expected.tolerance)?;
        row.serialize_element(&check.expected.digits)?;
        row.serialize_element(&self.consensus)?;
        row.serialize_element(&self.source)?;
        row.serialize_element(&self.note)?;
        row.serialize_element(&check.actual)?;
        row.serialize_element(&deviation.map(|d| Short(d.difference)))?;
        row.serialize_element(&deviation.and_then(|d| d.tolerances).map(Short))?;
        row.serialize_element(&deviation.and_then(|d| d.allowances).map(Short))?;
        row.serialize_element(&deviation.and_then(|d| d.digits_agreed).map(Short))?;
        row.serialize_element(&self.reason)?;
        row.end()
    }
}

/// A derived number with five digits, which is more than anyone reads off; values under test keep all of theirs.
struct Short(f64);

impl Serialize for Short {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rounded: f64 = format!("{:.4e}", self.0).parse().unwrap_or(self.0);
        serializer.serialize_f64(rounded)
    }
}

/// Definition, formula and section of every feature that is checked.
fn features(results: &Results) -> BTreeMap<String, [&'static str; 3]> {
    let codes: BTreeSet<(&str, &str)> = results.checks.iter().filter_map(family_and_code).collect();
    codes
        .into_iter()
        .filter_map(|(family, code)| {
            let feature = find(family, code)?;
            let texts = [&*feature.definition, &*feature.formula, &*feature.section];
            Some((format!("{family}/{code}"), texts))
        })
        .collect()
}

/// The feature of the catalogue that a check is about; `None` for diagnostics and for what is not in the catalogue.
pub(super) fn feature(check: &Check) -> Option<&'static Feature> {
    let (family, code) = family_and_code(check)?;
    find(family, code)
}

/// Family and `CODE[:parameter]` of an id.
fn family_and_code(check: &Check) -> Option<(&str, &str)> {
    let mut parts = check.id.splitn(5, '/').skip(2);
    let (family, _aggregation, code) = (parts.next()?, parts.next()?, parts.next()?);
    Some((family, code))
}

fn find(family: &str, code: &str) -> Option<&'static Feature> {
    let (code, parameter) = code.split_once(':').unwrap_or((code, ""));
    catalogue::find(family.parse().ok()?, code, parameter)
}
