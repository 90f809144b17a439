//! Badges: the state of one profile, as SVG and as the JSON of a shields.io endpoint.
//!
//! A badge counts one profile, never a blend of several, and never as a per cent. Where not every check of the profile
//! was executed it says `incomplete` in grey, with no number that could be taken for a score.

use serde::Serialize;

use super::summary::{Profile, profiles};
use crate::results::Results;

/// A badge: what it says, and in which colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// The left part: the profile.
    pub label: String,
    /// The right part: `1803/1803`, or `incomplete`.
    pub message: String,
    /// The colour of the right part.
    pub colour: Colour,
}

/// A badge's colour; the message says the same in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Every check of the profile passed.
    Blue,
    /// Every check was executed, not every one passed.
    Orange,
    /// Not every check was executed.
    Grey,
}

impl Colour {
    /// From a palette that colour-blind people can tell apart, dark enough for white letters.
    fn hex(self) -> &'static str {
        match self {
            Self::Blue => "#0072b2",
            Self::Orange => "#b34a00",
            Self::Grey => "#6b6b6b",
        }
    }
}

/// A profile that the results know nothing of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of the profiles {known}, found `{found}`")]
pub struct UnknownProfile {
    /// The profiles of the results' suites.
    pub known: String,
    /// The profile asked for.
    pub found: String,
}

impl Badge {
    /// The badge of a profile; when none is named, of that of the first suite which requires most: what IBSI published
    /// comes before what radgauge made.
    ///
    /// # Errors
    /// [`UnknownProfile`] when no suite of the results has this profile.
    pub fn of(results: &Results, profile: Option<&str>) -> Result<Self, UnknownProfile> {
        let profiles = profiles(results);
        let chosen = match profile {
            Some(name) => {
                let found = profiles.iter().find(|profile| profile.name == name);
                Some(found.ok_or_else(|| {
                    UnknownProfile {
                        known: profiles
                            .iter()
                            .map(|profile| profile.name)
                            .collect::<Vec<_>>()
                            .join(", "),
                        found: name.to_owned(),
                    }
                })?)
            }
            None => {
                let mut suites = results.run.suites.iter();
                let first = suites.find(|suite| !suite.profiles.is_empty());
                let is_of_first = |profile: &&Profile<'_>| {
                    first.is_some_and(|suite| suite.profiles.contains_key(profile.name))
                };
                let of_first = profiles.iter().filter(is_of_first);
                of_first.max_by_key(|profile| profile.required)
            }
        };
        Ok(match chosen {
            Some(profile) => Self::of_profile(profile),
            None => Self {
                label: "radgauge".to_owned(),
                message: "no profile".to_owned(),
                colour: Colour::Grey,
            },
        })
    }

    fn of_profile(profile: &Profile<'_>) -> Self {
        let label = match profile.name {
            "ibsi1-full" => "IBSI 1",
            "ibsi1-core" => "IBSI 1 core",
            other => other,
        };
        let (message, colour) = if profile.is_complete() {
            let colour = if profile.holds() {
                Colour::Blue
            } else {
                Colour::Orange
            };
            (
                format!("{}/{}", profile.count.passed, profile.required),
                colour,
            )
        } else {
            ("incomplete".to_owned(), Colour::Grey)
        };
        Self {
            label: label.to_owned(),
            message,
            colour,
        }
    }

    /// The badge as JSON for `https://img.shields.io/endpoint`.
    ///
    /// # Panics
    /// Never: text has a JSON form.
    #[must_use]
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Endpoint<'a> {
            schema_version: u8,
            label: &'a str,
            message: &'a str,
            color: &'a str,
        }
        let endpoint = Endpoint {
            schema_version: 1,
            label: &self.label,
            message: &self.message,
            color: self.colour.hex(),
        };
        let mut json = serde_json::to_string_pretty(&endpoint).expect("text has a JSON form");
        json.push('\n');
        json
    }

    /// The badge as SVG.
    #[must_use]
    pub fn to_svg(&self) -> String {
        // `textLength` makes every font fill these widths, so that letters need not be measured.
        let text_width = |text: &str| 7 * text.chars().count();
        let (label_width, message_width) = (text_width(&self.label), text_width(&self.message));
        let (left, right) = (label_width + 12, message_width + 12);
        let (label, message) = (escape(&self.label), escape(&self.message));
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {message}">
<title>{label}: {message}</title>
<rect width="{width}" height="20" rx="3" fill="#444"/>
<path d="M{left} 0h{straight}q3 0 3 3v14q0 3-3 3h-{straight}z" fill="{colour}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="6" y="14" textLength="{label_width}" lengthAdjust="spacingAndGlyphs">{label}</text>
<text x="{message_at}" y="14" textLength="{message_width}" lengthAdjust="spacingAndGlyphs">{message}</text>
</g>
</svg>
"##,
            width = left + right,
            straight = right - 3,
            colour = self.colour.hex(),
            message_at = left + 6,
        )
    }
}

fn escape(text: &str) -> String {
    super::junit::Attribute(text).to_string()
}
