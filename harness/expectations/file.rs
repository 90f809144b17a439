//! Reading an expectations file.

use glob::Pattern;
use serde::{Deserialize, Deserializer, de::Error as _};
use sha2::{Digest, Sha256};
use toml::{Spanned, value::Date};

use crate::{results::hex, verdict::Outcome};

/// An expectations file.
#[derive(Clone, Debug)]
pub struct Expectations {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
}

/// What is expected of the checks that a glob matches.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line of its `match`, from 1.
    pub line: usize,
    /// The ids it speaks of.
    pub glob: Pattern,
    /// The outcome they have.
    pub status: Outcome,
    /// What kind of reason there is.
    pub cause: Cause,
    /// The reason; empty when the file gives none or still has the placeholder, which falls short.
    pub reason: String,
    /// Where it is discussed.
    pub issue: Option<String>,
    /// The value that the checks have now.
    pub pin: Option<f64>,
    /// Where the entry is in force; absent = everywhere.
    pub when: Option<When>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
}

/// Why a check is known not to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The implementation follows another definition.
    Definition,
    /// It is wrong.
    Bug,
    /// It computes with fewer digits than the check asks for.
    Precision,
    /// It differs on some machines.
    Platform,
    /// It does not have the feature.
    NotImplemented,
    /// It disputes the reference.
    DisputedReference,
}

impl Cause {
    /// The cause's name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Bug => "bug",
            Self::Precision => "precision",
            Self::Platform => "platform",
            Self::NotImplemented => "not-implemented",
            Self::DisputedReference => "disputed-reference",
        }
    }
}

/// Where an entry is in force: everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Glob over the name of the implementation.
    #[serde(deserialize_with = "optional_glob")]
    pub implementation: Option<Pattern>,
    /// Glob over its version.
    #[serde(deserialize_with = "optional_glob")]
    pub version: Option<Pattern>,
    /// The operating system of the machine that applies the file: `linux`, `macos`, `windows` …
    pub os: Option<String>,
    /// Its architecture: `x86_64`, `aarch64` …
    pub arch: Option<String>,
}

/// Why a text is not an expectations file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// No TOML, an unknown key, a missing key or a value of the wrong type.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// A value that an entry may not have.
    #[error("line {line}: `{key}` of `{glob}`: {message}")]
    Entry {
        /// The line of the entry's `match`, from 1.
        line: usize,
        /// The entry's glob.
        glob: String,
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    expect: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    r#match: Spanned<String>,
    status: Outcome,
    cause: Cause,
    #[serde(default)]
    reason: String,
    issue: Option<String>,
    pin: Option<f64>,
    when: Option<When>,
    expires: Option<toml::value::Datetime>,
}

impl Expectations {
    /// What stands for a reason that somebody still has to write.
    pub const PLACEHOLDER: &str = "(fill in:";

    /// Reads a file.
    ///
    /// # Errors
    /// [`FileError`] names the key and what was expected of it. An entry without a reason is read: it is a fault that
    /// falls short, not a file that cannot be understood.
    pub fn read(text: &str) -> Result<Self, FileError> {
        let file: RawFile = toml::from_str(text)?;
        Ok(Self {
            sha256: hex(&Sha256::digest(text)),
            entries: file
                .expect
                .into_iter()
                .map(|entry| entry.checked(text))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl RawEntry {
    fn checked(self, text: &str) -> Result<Entry, FileError> {
        let line = 1 + text[..self.r#match.span().start].matches('\n').count();
        let glob = self.r#match.into_inner();
        let refused = |key, message: String| FileError::Entry {
            line,
            glob: glob.clone(),
            key,
            message,
        };
        if self.status == Outcome::Pass {
            return Err(refused(
                "status",
                "a check that passes needs no entry".to_owned(),
            ));
        }
        if let Some(pin) = self.pin {
            if !pin.is_finite() {
                return Err(refused(
                    "pin",
                    format!("expected a finite number, found `{pin}`"),
                ));
            }
            if self.status != Outcome::Fail {
                return Err(refused(
                    "pin",
                    format!("a check that is `{}` has no value", self.status.name()),
                ));
            }
        }
        let expires = match self.expires {
            None => None,
            Some(toml::value::Datetime {
                date: Some(date),
                time: None,
                offset: None,
            }) => Some(date),
            Some(other) => {
                let message = format!("expected a date such as 2027-06-30, found `{other}`");
                return Err(refused("expires", message));
            }
        };
        let reason = self.reason.trim();
        Ok(Entry {
            line,
            glob: Pattern::new(&glob).map_err(|error| refused("match", error.to_string()))?,
            status: self.status,
            cause: self.cause,
            reason: if reason.starts_with(Expectations::PLACEHOLDER) {
                ""
            } else {
                reason
            }
            .to_owned(),
            issue: self.issue,
            pin: self.pin,
            when: self.when,
            expires,
        })
    }
}

fn optional_glob<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pattern>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Pattern::new(&text)
        .map(Some)
        .map_err(|error| D::Error::custom(format!("`{text}` is no glob: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(text: &str) -> String {
        Expectations::read(text).expect_err(text).to_string()
    }

    const ENTRY: &str =
        "[[expect]]\nmatch = 'a/*'\nstatus = 'fail'\ncause = 'bug'\nreason = 'known'\n";

    #[test]
    fn an_entry_has_its_line_and_everything_it_says() {
        let text = format!(
            "# a comment\n{ENTRY}pin = -1.5\nexpires = 2027-06-30\nissue = '#7'\nwhen = {{ version = '3.*', os = 'linux' }}\n"
        );
        let file = Expectations::read(&text).expect("a good file");
        let entry = &file.entries[0];
        assert_eq!(entry.line, 3, "the line of `match`");
        assert_eq!((entry.status, entry.cause), (Outcome::Fail, Cause::Bug));
        assert_eq!((entry.pin, entry.reason.as_str()), (Some(-1.5), "known"));
        let (year, month, day) = (2027, 6, 30);
        assert_eq!(entry.expires, Some(Date { year, month, day }));
        let when = entry.when.as_ref().expect("it was given");
        assert!(
            when.version
                .as_ref()
                .is_some_and(|glob| glob.matches("3.1")),
            "{when:?}"
        );
        assert_eq!(file.sha256.len(), 64, "{}", file.sha256);
    }

    #[test]
    fn an_empty_file_expects_nothing() {
        assert!(
            Expectations::read("")
                .expect("no entries")
                .entries
                .is_empty(),
            "empty"
        );
    }

    /// What is wrong with a file, and what the message must name.
    #[test]
    fn bad_files_are_refused_by_key() {
        let cases = [
            ("[[expects]]".to_owned(), "expects"),
            (format!("{ENTRY}color = 'red'\n"), "color"),
            (format!("{ENTRY}pin = 'x'\n"), "pin"),
            (format!("{ENTRY}pin = nan\n"), "pin"),
            (format!("{ENTRY}pin = inf\n"), "pin"),
            (format!("{ENTRY}issue = 7\n"), "issue"),
            (format!("{ENTRY}expires = '2027-06-30'\n"), "expires"),
            (
                format!("{ENTRY}expires = 2027-06-30T10:00:00Z\n"),
                "expires",
            ),
            (format!("{ENTRY}expires = 10:00:00\n"), "expires"),
            (format!("{ENTRY}expires = 2027-02-31\n"), "expires"),
            (format!("{ENTRY}when = 'always'\n"), "when"),
            (format!("{ENTRY}when = {{ moon = 'full' }}\n"), "moon"),
            (format!("{ENTRY}when = {{ version = 'a[b' }}\n"), "version"),
            (format!("{ENTRY}reason = 'twice'\n"), "reason"),
            (ENTRY.replace("'fail'", "'failed'"), "status"),
            (ENTRY.replace("'fail'", "'pass'"), "status"),
            (ENTRY.replace("'fail'", "5"), "status"),
            (ENTRY.replace("'bug'", "'moon'"), "cause"),
            (ENTRY.replace("'known'", "5"), "reason"),
            (ENTRY.replace("'a/*'", "'a['"), "match"),
            (ENTRY.replace("'a/*'", "['a']"), "match"),
            (ENTRY.replace("match = 'a/*'\n", ""), "match"),
            (ENTRY.replace("status = 'fail'\n", ""), "status"),
            (ENTRY.replace("cause = 'bug'\n", ""), "cause"),
            (
                format!("{}pin = 1.0\n", ENTRY.replace("'fail'", "'missing'")),
                "pin",
            ),
            ("expect = 5".to_owned(), "expect"),
            ("[expect]\nmatch = 'a'".to_owned(), "expect"),
        ];
        for (text, key) in cases {
            let message = refusal(&text);
            assert!(
                message.contains(key),
                "`{key}` in the refusal of {text}:\n{message}"
            );
        }
    }

    #[test]
    fn no_reason_is_read_as_none() {
        for reason in ["", "   ", "(fill in: why)"] {
            let text = ENTRY.replace("known", reason);
            let file = Expectations::read(&text).expect("readable");
            assert_eq!(file.entries[0].reason, "", "`{reason}` is no reason");
        }
        let file = Expectations::read(&ENTRY.replace("reason = 'known'\n", "")).expect("readable");
        assert_eq!(file.entries[0].reason, "", "no key, no reason");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", cut in 0usize..100) {
            let _ = Expectations::read(&text);
            let entry: String = ENTRY.chars().take(cut).chain(text.chars()).collect();
            let _ = Expectations::read(&entry);
        }
    }
}
