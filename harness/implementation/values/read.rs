//! Reading a table of values, long or wide, without interpreting its names.

use csv::{ReaderBuilder, StringRecord};

use super::{Answer, Unmatched};

/// The largest file that is read.
const MAX_BYTES: usize = 64 << 20;

/// The most values that a file may have.
const MAX_ENTRIES: usize = 1_000_000;

/// So much of a name or cell is shown in a message.
const SHOWN: usize = 60;

/// Why a file is no table of values.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Too large.
    #[error("expected at most {MAX_BYTES} bytes, found {0}")]
    TooLarge(usize),
    /// Too many values.
    #[error("line {line}: more than {MAX_ENTRIES} values")]
    TooMany {
        /// The line, from 1.
        line: u64,
    },
    /// Not UTF-8.
    #[error("expected UTF-8, found another encoding at byte {0}; save the file as UTF-8")]
    Encoding(usize),
    /// No header.
    #[error("the file is empty, expected a header such as `case,key,value`")]
    Empty,
    /// A column twice.
    #[error("line 1: column `{0}` occurs twice")]
    Column(String),
    /// No case.
    #[error("line 1: no column `case`; add it, or say with `--case` which case the file is of")]
    NoCase,
    /// A column `case`, and a case besides.
    #[error("line 1: the file has a column `case`, so that `--case` is not needed")]
    TwoCases,
    /// Values without a column that names them.
    #[error("line 1: a column `value`, but none of `key`, `feature`, `name`, `code`, `tag`")]
    NoKey,
    /// A row with more or fewer cells than the header.
    #[error("line {line}: expected {expected} cells, found {found}{hint}")]
    Cells {
        /// The line, from 1.
        line: u64,
        /// Cells in the header.
        expected: usize,
        /// Cells in the row.
        found: usize,
        /// What may be the reason.
        hint: &'static str,
    },
    /// A status that is none.
    #[error("line {line}: expected the status `unsupported`, `undefined` or none, found `{found}`")]
    Status {
        /// The line, from 1.
        line: u64,
        /// What was found.
        found: String,
    },
    /// A dialect that is not shipped.
    #[error("`--dialect`: expected {}, found `{found}`", dialect_slugs())]
    Dialect {
        /// What was asked for.
        found: String,
    },
    /// Nothing in it is asked for.
    #[error("no value of the file belongs to a check{}", first.as_ref().map(in_words).unwrap_or_default())]
    Nothing {
        /// The first value.
        first: Option<Unmatched>,
    },
    /// The table cannot be read on.
    #[error(transparent)]
    Csv(#[from] csv::Error),
}

fn dialect_slugs() -> String {
    let slugs: Vec<&str> = radgauge_reference::dialects::dialects()
        .iter()
        .map(|dialect| dialect.slug)
        .collect();
    slugs.join(", ")
}

fn in_words(unmatched: &Unmatched) -> String {
    let Unmatched {
        line,
        name,
        reason,
        nearest,
    } = unmatched;
    let nearest = match nearest[..] {
        [] => String::new(),
        _ => format!(", like `{}`", nearest.join("`, `")),
    };
    format!("; the first, line {line}, is `{name}`: {reason}{nearest}")
}

/// Text of a file for a message: short, on one line.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SHOWN)
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// What a file holds.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
    /// The program's version, where the file has it.
    pub(super) version: Option<String>,
}

/// A value, or what stands in its place.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) line: u64,
    pub(super) case: String,
    pub(super) name: String,
    pub(super) aggregation: Option<String>,
    pub(super) content: Result<f64, Answer>,
}

/// Where PyRadiomics writes its version.
const VERSION_COLUMN: &str = "diagnostics_Versions_PyRadiomics";

impl Table {
    pub(super) fn read(bytes: &[u8], case: Option<&str>) -> Result<Self, FileError> {
        if bytes.len() > MAX_BYTES {
            return Err(FileError::TooLarge(bytes.len()));
        }
        let text = str::from_utf8(bytes).map_err(|e| FileError::Encoding(e.valid_up_to()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut records = ReaderBuilder::new()
            .delimiter(delimiter(text))
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes())
            .into_records();
        let header = records.next().ok_or(FileError::Empty)??;
        let columns = Columns::of(&header)?;
        if columns.case.is_some() && case.is_some() {
            return Err(FileError::TwoCases);
        }
        if columns.case.is_none() && case.is_none() {
            return Err(FileError::NoCase);
        }
        let mut table = Self {
            entries: Vec::new(),
            version: None,
        };
        for record in records {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != header.len() {
                return Err(FileError::Cells {
                    line,
                    expected: header.len(),
                    found: record.len(),
                    hint: match record.len() > header.len() {
                        true => "; a decimal comma without quotes?",
                        false => "",
                    },
                });
            }
            let row = Row {
                line,
                case: columns
                    .case
                    .map_or(case.unwrap_or_default(), |at| &record[at]),
                record: &record,
            };
            match columns.long {
                Some(long) => table.entries.push(row.long(long)?),
                None => row.wide(&header, columns.case, &mut table),
            }
            if table.entries.len() > MAX_ENTRIES {
                return Err(FileError::TooMany { line });
            }
        }
        Ok(table)
    }
}

/// Comma, semicolon or tab, whichever the header has most of.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    // Of equally many the last counts: the comma.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',')
}

/// Where the columns are.
struct Columns {
    case: Option<usize>,
    long: Option<Long>,
}

/// The columns of a long table.
#[derive(Clone, Copy)]
struct Long {
    key: usize,
    value: usize,
    aggregation: Option<usize>,
    status: Option<usize>,
    reason: Option<usize>,
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, FileError> {
        let mut names: Vec<&str> = header.iter().filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(FileError::Column(shown(pair[0])));
        }
        let find = |name: &str| header.iter().position(|n| n.eq_ignore_ascii_case(name));
        let long = match find("value") {
            None => None,
            Some(value) => Some(Long {
                value,
                key: ["key", "feature", "tag", "code", "name"]
                    .into_iter()
                    .find_map(find)
                    .ok_or(FileError::NoKey)?,
                aggregation: find("aggregation"),
                status: find("status"),
                reason: find("reason"),
            }),
        };
        Ok(Self {
            case: find("case"),
            long,
        })
    }
}

struct Row<'a> {
    line: u64,
    case: &'a str,
    record: &'a StringRecord,
}

impl Row<'_> {
    fn long(&self, columns: Long) -> Result<Entry, FileError> {
        let cell = |at: Option<usize>| at.map_or("", |at| &self.record[at]);
        let value = &self.record[columns.value];
        let reason = |otherwise: &str| match cell(columns.reason) {
            "" => otherwise.to_owned(),
            reason => reason.to_owned(),
        };
        let status = cell(columns.status).to_lowercase();
        let line = self.line;
        let content = match (status.as_str(), value) {
            ("" | "ok", "") => Err(Answer::Missing(format!("line {line}: the cell is empty"))),
            ("" | "ok", value) => number(line, value),
            ("unsupported", "") => Err(Answer::Unsupported(reason("no reason given"))),
            ("undefined", "") => Err(Answer::Undefined(reason("no reason given"))),
            ("unsupported" | "undefined", value) => Err(Answer::Invalid(format!(
                "line {line}: both a value, `{}`, and the status `{status}`",
                shown(value)
            ))),
            _ => {
                return Err(FileError::Status {
                    line,
                    found: shown(&status),
                });
            }
        };
        Ok(Entry {
            line,
            case: self.case.to_owned(),
            name: self.record[columns.key].to_owned(),
            aggregation: columns.aggregation.map(|at| self.record[at].to_owned()),
            content,
        })
    }

    /// A row with a column per feature. Columns that describe image and run (a path, a version) are entries like all
    /// others: what is no feature is left over and said to be.
    fn wide(&self, header: &StringRecord, case: Option<usize>, table: &mut Table) {
        for (column, (name, cell)) in header.iter().zip(self.record).enumerate() {
            if case == Some(column) || name.is_empty() {
                continue;
            }
            if name == VERSION_COLUMN {
                table
                    .version
                    .get_or_insert_with(|| shown(cell.trim_start_matches('v')));
            }
            let content = match cell {
                "" => Err(Answer::Missing(format!(
                    "line {}, column `{}`: the cell is empty",
                    self.line,
                    shown(name)
                ))),
                cell => number(self.line, cell),
            };
            table.entries.push(Entry {
                line: self.line,
                case: self.case.to_owned(),
                name: name.to_owned(),
                aggregation: None,
                content,
            });
        }
    }
}

/// A finite decimal number with a point, or what the cell is instead.
fn number(line: u64, cell: &str) -> Result<f64, Answer> {
    let fault = |fault: &str| {
        Err(Answer::Invalid(format!(
            "line {line}: `{}` {fault}",
            shown(cell)
        )))
    };
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => fault(
            "is not finite; where the feature has no value, leave it out and write the status `undefined`",
        ),
        Err(_) if is_with_comma(cell) => {
            fault("is no number: it has a comma, write a decimal point")
        }
        Err(_) => fault("is no number"),
    }
}

/// Digits with a comma among them, and perhaps points, as German or English write thousands and decimals.
fn is_with_comma(cell: &str) -> bool {
    cell.contains(',')
        && cell
            .replace([',', '.', '\'', ' '], "")
            .parse::<f64>()
            .is_ok()
}
