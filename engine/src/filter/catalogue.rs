//! What filters there are, with their parameters: codes, units, defaults, meaning.

use std::sync::LazyLock;

use serde::Deserialize;

/// A filter or one of its parameters, as listed for a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterEntry {
    /// The `kind` in settings.
    pub kind: String,
    /// The key in settings; empty for the filter itself.
    pub parameter: String,
    /// The code in the IBSI 2 manual; empty where it has none.
    pub code: String,
    /// The unit; empty for a pure number or a word.
    pub unit: String,
    /// The default, `required`, or `none` for what may be left out; empty for the filter itself.
    pub default: String,
    /// What it is, in a line; for a filter with the section of the manual.
    pub meaning: String,
}

impl FilterEntry {
    /// Whether it is a filter, not a parameter of one.
    #[must_use]
    pub fn is_filter(&self) -> bool {
        self.parameter.is_empty()
    }
}

static ENTRIES: LazyLock<Vec<FilterEntry>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_bytes!("catalogue.csv").as_slice())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("the catalogue is read by a test")
});

/// Every filter, each followed by its parameters. `dimension` and `boundary`, which most share, are not repeated.
#[must_use]
pub fn filter_entries() -> &'static [FilterEntry] {
    &ENTRIES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;

    /// The catalogue names what settings accept: required parameters by an example, the others by not being refused as
    /// unknown.
    #[test]
    fn lists_what_settings_accept() {
        let example = |entry: &FilterEntry| match (entry.kind.as_str(), entry.parameter.as_str()) {
            (_, "shift") => "[1, 0, 0]",
            (_, "support") => "3",
            (_, "kernel") => "'L5E5E5'",
            (_, "wavelet") => "'db2'",
            (_, "subband") => "'LLH'",
            (_, "order") => "[0, 2, 0]",
            (_, "level") => "1",
            _ => "1.5",
        };
        for filter in filter_entries().iter().filter(|entry| entry.is_filter()) {
            let parameters = filter_entries().iter();
            let parameters = parameters.filter(|e| e.kind == filter.kind && !e.is_filter());
            let mut text = format!("kind = '{}'\n", filter.kind);
            for entry in parameters.clone().filter(|e| e.default == "required") {
                text += &format!("{} = {}\n", entry.parameter, example(entry));
            }
            let parsed: Filter = toml::from_str(&text)
                .unwrap_or_else(|error| panic!("{text} is no filter: {error}"));
            assert_eq!(parsed.name(), filter.kind, "kind of {text}");
            assert!(parsed.check().is_ok(), "{text} is possible");
            for entry in parameters.filter(|e| e.default != "required") {
                let wrong = format!("{text}{} = [[]]\n", entry.parameter);
                let error = toml::from_str::<Filter>(&wrong).expect_err("no parameter is [[]]");
                let is_unknown = error.to_string().contains("unknown field");
                assert!(!is_unknown, "{} knows {}", filter.kind, entry.parameter);
            }
        }
    }
}
