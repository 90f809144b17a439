//! `radgauge power`

use std::{fmt, ops::RangeInclusive, str::FromStr};

use clap::{Args, ValueEnum};

use super::{Failed, output};
use crate::{
    certify::exit,
    statistics::{
        Level,
        icc::{self, Model, Unit},
        power::{MOST_CASES, Plan, PlanError},
    },
};

const AFTER_HELP: &str = "\
Examples:
  how many cases for an interval of 0.1 about an ICC of 0.9, with 2 to 5 repeats each:
    radgauge power --icc 0.9 --raters 2..5 --width 0.1
  how wide an interval to expect of 20, 50 and 100 cases:
    radgauge power --icc 0.9 --raters 2..5 --cases 20,50,100

The expected interval is the one by the F distribution at the expected mean squares of raters without bias. Bonett's
approximation (2002) stands beside it.";

/// Plan a study: cases and repeats against the width of the ICC interval
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Power {
    /// The ICC of a single rating that is expected, from 0 to below 1
    #[arg(long, allow_negative_numbers = true)]
    icc: f64,
    /// Raters (repeats, settings, tools) of every case: `3`, `2..5` (both included), `2,3,10`
    #[arg(long, default_value = "2..5")]
    raters: Numbers,
    /// Find the fewest cases for an interval no wider than this
    #[arg(
        long,
        allow_negative_numbers = true,
        required_unless_present = "cases",
        conflicts_with = "cases"
    )]
    width: Option<f64>,
    /// Show the interval to expect of so many cases: `30`, `20,50,100`
    #[arg(long)]
    cases: Option<Numbers>,
    /// Confidence level of the interval
    #[arg(long, default_value_t = Level::P95, allow_negative_numbers = true)]
    level: Level,
    /// Which ICC of single ratings
    #[arg(long, value_enum, default_value_t = Form::Agreement)]
    form: Form,
    /// How to print the table
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// ICC(1), for repeats
    OneWay,
    /// ICC(C,1)
    Consistency,
    /// ICC(A,1)
    Agreement,
}

impl Form {
    fn of_single_ratings(self) -> icc::Form {
        let model = match self {
            Self::OneWay => Model::OneWay,
            Self::Consistency => Model::Consistency,
            Self::Agreement => Model::Agreement,
        };
        icc::Form::new(model, Unit::Single)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns
    Text,
    /// Comma-separated values
    Csv,
}

/// Numbers as the user lists them: `2..5,10`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Numbers(Vec<u32>);

/// The longest list, which is far more than anyone reads.
const MOST_NUMBERS: usize = 1000;

#[derive(Debug, PartialEq, Eq)]
struct NotNumbers(String);

impl fmt::Display for NotNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected up to {MOST_NUMBERS} numbers such as `3`, `2..5` or `2,3,10`, found `{}`",
            self.0
        )
    }
}

impl std::error::Error for NotNumbers {}

impl FromStr for Numbers {
    type Err = NotNumbers;

    fn from_str(text: &str) -> Result<Self, NotNumbers> {
        let mut numbers = Vec::new();
        for part in text.split(',') {
            let range = range(part).ok_or_else(|| NotNumbers(text.to_owned()))?;
            numbers.extend(range.take(MOST_NUMBERS + 1));
            if numbers.len() > MOST_NUMBERS {
                return Err(NotNumbers(text.to_owned()));
            }
        }
        Ok(Self(numbers))
    }
}

/// A number, or a range with both ends.
fn range(part: &str) -> Option<RangeInclusive<u32>> {
    let number = |text: &str| text.trim().parse().ok();
    let (first, last) = match part.split_once("..") {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(part)?, number(part)?),
    };
    (first <= last).then_some(first..=last)
}

/// A line of the table; a cell is empty where there is nothing to say.
struct Row {
    raters: u32,
    cases: Option<u32>,
    bounds: Option<[f64; 3]>,
    bonett: Option<f64>,
}

impl Power {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let rows = self.rows().map_err(Failed::usage)?;
        let text = match self.format {
            Format::Text => self.text(&rows),
            Format::Csv => self.csv(&rows),
        };
        output::write(None, text.as_bytes())?;
        Ok(exit::OK)
    }

    fn rows(&self) -> Result<Vec<Row>, PlanError> {
        let plan = Plan::new(self.icc, self.form.of_single_ratings(), self.level)?;
        let row = |raters: u32, cases: Option<u32>, bonett: Option<f64>| {
            let interval = match cases {
                Some(cases) => plan.expected_interval(cases, raters)?,
                None => None,
            };
            Ok(Row {
                raters,
                cases,
                bounds: interval.map(|i| [i.lower, i.upper, i.width()]),
                bonett,
            })
        };
        let mut rows = Vec::new();
        for &raters in &self.raters.0 {
            match (self.width, &self.cases) {
                (Some(width), _) => {
                    let cases = plan.cases(raters, width)?;
                    rows.push(row(raters, cases, Some(plan.bonett(raters, width)?))?);
                }
                (None, cases) => {
                    for &cases in cases.iter().flat_map(|cases| &cases.0) {
                        rows.push(row(raters, Some(cases), None)?);
                    }
                }
            }
        }
        Ok(rows)
    }

    fn text(&self, rows: &[Row]) -> String {
        let mut text = format!(
            "{} {}, {} % interval by the F distribution at the expected mean squares",
            self.form.of_single_ratings().name(),
            self.icc,
            100.0 * self.level.get()
        );
        if let Some(width) = self.width {
            text += &format!(", no wider than {width}");
        }
        text += "\n\nraters   cases   ratings    lower    upper    width";
        text += if self.width.is_some() {
            "   Bonett\n"
        } else {
            "\n"
        };
        for row in rows {
            text += &format!("{:>6}", row.raters);
            match (row.cases, row.bounds) {
                (Some(cases), Some([lower, upper, width])) => {
                    let ratings = u64::from(cases) * u64::from(row.raters);
                    text += &format!("{cases:>8}{ratings:>10}{lower:>9.4}{upper:>9.4}{width:>9.4}");
                }
                (Some(cases), None) => text += &format!("{cases:>8}   no interval"),
                (None, _) => text += &format!("   more than {MOST_CASES}{:>30}", ""),
            }
            if let Some(bonett) = row.bonett {
                text += &format!("{bonett:>9}");
            }
            text += "\n";
        }
        text
    }

    fn csv(&self, rows: &[Row]) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |row: [String; 9]| {
            writer
                .write_record(row)
                .expect("writing to memory cannot fail");
        };
        write(
            [
                "form",
                "icc",
                "level",
                "raters",
                "cases",
                "lower",
                "upper",
                "width",
                "bonett_cases",
            ]
            .map(String::from),
        );
        let or_empty = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
        for row in rows {
            let [lower, upper, width] = match row.bounds {
                Some(bounds) => bounds.map(|bound| bound.to_string()),
                None => Default::default(),
            };
            write([
                self.form.of_single_ratings().name().to_owned(),
                self.icc.to_string(),
                self.level.to_string(),
                row.raters.to_string(),
                row.cases.map(|cases| cases.to_string()).unwrap_or_default(),
                lower,
                upper,
                width,
                or_empty(row.bonett),
            ]);
        }
        let bytes = writer.into_inner().expect("writing to memory cannot fail");
        String::from_utf8(bytes).expect("numbers and names of forms are UTF-8")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let numbers = |text: &str| text.parse::<Numbers>().map(|numbers| numbers.0);
        assert_eq!(numbers("3"), Ok(vec![3]));
        assert_eq!(numbers("2..4, 10"), Ok(vec![2, 3, 4, 10]));
        for text in ["", "a", "5..2", "2..", "-1", "2,,3", "1..4000000000", "1.5"] {
            assert!(numbers(text).is_err(), "`{text}` is no list of numbers");
        }
    }
}
