//! Patterns of paths with named parts: `scans/{patient}/{modality}/image.nii.gz`.
//!
//! A placeholder stands for any text without a slash; one that comes twice stands for the same text. `*` in the name of a
//! file is a placeholder without a name. The same placeholders make the path of the mask, the id of the case and its batch,
//! so that an image cannot be paired with another case's mask.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// What the placeholders of a pattern stand for in a path.
pub type Parts = BTreeMap<String, String>;

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Braces that do not pair, or a placeholder without a name.
    #[error("expected placeholders such as `{{patient}}`, found `{0}`")]
    Braces(String),
    /// A placeholder that is not in the pattern of the images.
    #[error("`{{{name}}}` is not a part of the pattern of the images, `{pattern}`")]
    Unknown {
        /// The placeholder.
        name: String,
        /// The pattern of the images.
        pattern: String,
    },
    /// A pattern that no glob can be made of.
    #[error("`{pattern}` is no pattern of paths: {problem}")]
    Glob {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// `{name}`, or `*` without a name.
    Any(Option<String>),
}

/// A pattern of paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError::Braces`] when braces do not pair.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let broken = || PatternError::Braces(text.to_owned());
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}', '*']) {
            if at > 0 {
                pieces.push(Piece::Text(rest[..at].to_owned()));
            }
            let end = match &rest[at..=at] {
                "*" => {
                    pieces.push(Piece::Any(None));
                    at
                }
                "{" => {
                    let end = at + rest[at..].find('}').ok_or_else(broken)?;
                    let name = &rest[at + 1..end];
                    if name.is_empty() || name.contains(['{', '/', '*']) {
                        return Err(broken());
                    }
                    pieces.push(Piece::Any(Some(name.to_owned())));
                    end
                }
                _ => return Err(broken()),
            };
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            pieces,
        })
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of its placeholders.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Any(Some(name)) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The paths that match, sorted, with what the placeholders stand for. Relative patterns start in `folder`.
    ///
    /// # Errors
    /// [`PatternError::Glob`] when no glob can be made of it.
    pub fn find(&self, folder: &Path) -> Result<Vec<(PathBuf, Parts)>, PatternError> {
        let problem = |problem: String| PatternError::Glob {
            pattern: self.text.clone(),
            problem,
        };
        let prefix = match Path::new(&self.text).is_absolute() {
            true => String::new(),
            false => {
                let folder = folder
                    .to_str()
                    .ok_or_else(|| problem("its folder has no name in UTF-8".to_owned()))?;
                match folder {
                    "" => String::new(),
                    folder => format!("{}/", folder.trim_end_matches('/')),
                }
            }
        };
        let body: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => glob::Pattern::escape(text),
                Piece::Any(_) => "*".to_owned(),
            })
            .collect();
        let options = glob::MatchOptions {
            require_literal_separator: true,
            require_literal_leading_dot: true,
            ..glob::MatchOptions::new()
        };
        let pattern = format!("{}{body}", glob::Pattern::escape(&prefix));
        let paths =
            glob::glob_with(&pattern, options).map_err(|error| problem(error.to_string()))?;
        let mut found: Vec<(PathBuf, Parts)> = paths
            .filter_map(Result::ok)
            .filter_map(|path| {
                let text = path.to_str()?;
                let own = text.strip_prefix(&prefix).unwrap_or(text);
                let parts = self.parts(own)?;
                Some((path, parts))
            })
            .collect();
        found.sort();
        Ok(found)
    }

    /// What the placeholders stand for in a text; `None` when it does not match.
    #[must_use]
    pub fn parts(&self, text: &str) -> Option<Parts> {
        let mut parts = Parts::new();
        matches(&self.pieces, text, &mut parts).then_some(parts)
    }

    /// The text with the placeholders replaced; `*` stays.
    ///
    /// # Errors
    /// [`PatternError::Unknown`] when a placeholder stands for nothing; `of` is the pattern that has them.
    pub fn fill(&self, parts: &Parts, of: &Self) -> Result<String, PatternError> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(text.clone()),
                Piece::Any(None) => Ok("*".to_owned()),
                Piece::Any(Some(name)) => {
                    parts
                        .get(name)
                        .cloned()
                        .ok_or_else(|| PatternError::Unknown {
                            name: name.clone(),
                            pattern: of.text.clone(),
                        })
                }
            })
            .collect()
    }
}

/// Whether the pieces match the whole text. The shortest text that fits is taken first; what was taken is in `parts`.
fn matches(pieces: &[Piece], text: &str, parts: &mut Parts) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return text.is_empty();
    };
    match first {
        Piece::Text(expected) => text
            .strip_prefix(expected.as_str())
            .is_some_and(|text| matches(rest, text, parts)),
        Piece::Any(name) => {
            let until = text.find('/').unwrap_or(text.len());
            let mut ends = (0..=until).filter(|end| text.is_char_boundary(*end));
            ends.any(|end| {
                let taken = &text[..end];
                let before = parts.clone();
                if let Some(name) = name {
                    if taken.is_empty() || parts.get(name).is_some_and(|known| known != taken) {
                        return false;
                    }
                    parts.insert(name.clone(), taken.to_owned());
                }
                let holds = matches(rest, &text[end..], parts);
                if !holds {
                    *parts = before;
                }
                holds
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(pattern: &str, text: &str) -> Option<Vec<(String, String)>> {
        let pattern = Pattern::new(pattern).expect("a pattern");
        pattern.parts(text).map(|parts| parts.into_iter().collect())
    }

    #[test]
    fn placeholders_stand_for_text_within_a_name() {
        let found = parts("{patient}/{kind}-image.nii", "p1/ct-image.nii");
        let expected = [("kind", "ct"), ("patient", "p1")].map(|(a, b)| (a.into(), b.into()));
        assert_eq!(found, Some(expected.to_vec()), "two placeholders");
        assert_eq!(parts("{a}.nii", "x/y.nii"), None, "not over a slash");
        assert_eq!(parts("{a}/{a}.nii", "x/y.nii"), None, "the same text twice");
        assert!(
            parts("{a}/{a}.nii", "x/x.nii").is_some(),
            "the same text twice"
        );
        assert_eq!(parts("{a}b{c}", "bb"), None, "no placeholder is empty");
        assert_eq!(
            parts("*/{a}", "/x").map(|p| p.len()),
            Some(1),
            "`*` may be empty"
        );
    }

    #[test]
    fn a_mask_is_named_by_the_parts_of_its_image() {
        let images = Pattern::new("{p}/i_{k}.nii").expect("a pattern");
        let parts = images.parts("7/i_ct.nii").expect("it matches");
        let mask = Pattern::new("{p}/m_{k}_*.nii").expect("a pattern");
        assert_eq!(mask.fill(&parts, &images), Ok("7/m_ct_*.nii".to_owned()));
        let unknown = Pattern::new("{q}.nii")
            .expect("a pattern")
            .fill(&parts, &images);
        assert_eq!(
            unknown.expect_err("unknown").to_string(),
            "`{q}` is not a part of the pattern of the images, `{p}/i_{k}.nii`"
        );
        for broken in ["{", "}", "{}", "{a/b}"] {
            assert!(Pattern::new(broken).is_err(), "{broken}");
        }
    }
}
