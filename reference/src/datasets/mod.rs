//! The public data sets: where they are published, under which licence, what to cite, which bytes are expected, and
//! how to find them on disk ([`Library`]).
//!
//! No image is part of this crate. Every file is known by its path in radgauge's own layout,
//! `ibsi1/ct_phantom/nifti/image.nii.gz`, and by its path in the repository that publishes it, so that a plain clone
//! of that repository serves as it is.

mod library;

pub use library::{DataError, Library, Place, Verified};

use std::sync::LazyLock;

use serde::Deserialize;

/// A public data set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSet {
    /// The name, which is also its folder in radgauge's layout: `ibsi1/ct_phantom`.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Address of the git repository that publishes it.
    pub repository: String,
    /// The commit whose files the digests belong to.
    pub commit: String,
    /// The licence.
    pub licence: Licence,
    /// What to cite when the data are used.
    pub citations: Vec<String>,
    /// What was done to the published files to get those of radgauge's layout; `None`: they are the same bytes.
    #[serde(default)]
    pub modification: Option<String>,
    /// The files.
    pub files: Vec<DataFile>,
}

/// A licence.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// SPDX identifier.
    pub id: String,
    /// Address of its text.
    pub url: String,
}

/// A file of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Path in radgauge's layout.
    pub path: String,
    /// Size there.
    pub bytes: u64,
    /// SHA-256 there, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The file as it is published.
    pub published: Published,
}

/// A file as its repository publishes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Path in the repository.
    pub path: String,
    /// Size there; `None` when it is not known.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// SHA-256 there; `None` when it is not known.
    #[serde(default)]
    pub sha256: Option<String>,
}

impl DataSet {
    /// The folder that `git clone` makes of the repository: `data_sets`.
    #[must_use]
    pub fn clone_folder(&self) -> &str {
        self.repository
            .rsplit_once('/')
            .map_or(self.repository.as_str(), |(_, folder)| folder)
    }

    /// The one command that gets the data and uses them.
    #[must_use]
    pub fn command(&self) -> String {
        format!(
            "git clone --depth 1 {} && radgauge certify --data {}",
            self.repository,
            self.clone_folder()
        )
    }

    /// Where a file of the set can be downloaded as it is published, at the commit that the digests belong to.
    #[must_use]
    pub fn url(&self, file: &DataFile) -> String {
        let raw = self
            .repository
            .replacen("github.com", "raw.githubusercontent.com", 1);
        format!("{raw}/{}/{}", self.commit, file.published.path)
    }
}

/// The data sets.
#[must_use]
pub fn data_sets() -> &'static [DataSet] {
    &DATA_SETS
}

/// The data set of this name.
#[must_use]
pub fn data_set(name: &str) -> Option<&'static DataSet> {
    data_sets().iter().find(|set| set.name == name)
}

static DATA_SETS: LazyLock<Vec<DataSet>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("datasets.json")).expect("datasets.json is read by a test")
});

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        path::{Component, Path},
    };

    use super::*;

    #[test]
    fn sets_have_their_files() {
        let counts: Vec<(&str, usize)> = data_sets()
            .iter()
            .map(|set| (set.name.as_str(), set.files.len()))
            .collect();
        assert_eq!(
            counts,
            [
                ("ibsi1/digital_phantom", 2),
                ("ibsi1/ct_phantom", 63),
                ("ibsi2/digital_phantoms", 7),
                ("ibsi2/response_maps", 33),
                ("sts", 120),
            ],
            "files per data set"
        );
    }

    fn is_hexadecimal(text: &str, length: usize) -> bool {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }

    fn stays_inside(path: &str) -> bool {
        !path.contains('\\')
            && Path::new(path)
                .components()
                .all(|c| matches!(c, Component::Normal(_)))
    }

    #[test]
    fn digests_and_paths_are_well_formed() {
        let mut paths = HashSet::new();
        for set in data_sets() {
            assert!(is_hexadecimal(&set.commit, 40), "commit of {}", set.name);
            for file in &set.files {
                assert!(
                    file.path.starts_with(&format!("{}/", set.name)),
                    "{} lies in the folder of {}",
                    file.path,
                    set.name
                );
                assert!(paths.insert(&file.path), "{} is listed twice", file.path);
                for path in [&file.path, &file.published.path] {
                    assert!(stays_inside(path), "{path} stays inside its folder");
                }
                for digest in [Some(&file.sha256), file.published.sha256.as_ref()]
                    .into_iter()
                    .flatten()
                {
                    assert!(is_hexadecimal(digest, 64), "digest of {}", file.path);
                }
                assert!(file.bytes > 0, "{} is not empty", file.path);
                assert_eq!(
                    file.published.sha256.is_some(),
                    file.published.bytes.is_some(),
                    "size and digest of the published {} are known together",
                    file.path
                );
            }
        }
    }

    #[test]
    fn unmodified_sets_are_the_published_bytes() {
        for set in data_sets() {
            for file in &set.files {
                let is_same = file.published.sha256.as_ref() == Some(&file.sha256);
                assert_eq!(
                    is_same,
                    set.modification.is_none(),
                    "{} is the published file exactly when the set is unmodified",
                    file.path
                );
            }
        }
        let unknown: Vec<&str> = data_sets()
            .iter()
            .flat_map(|set| &set.files)
            .filter(|f| f.published.sha256.is_none())
            .map(|f| f.path.split('/').next().expect("paths have a first part"))
            .collect();
        assert_eq!(
            unknown, ["sts"; 10],
            "published files whose digest is not known"
        );
    }

    #[test]
    fn licence_and_citation_are_named() {
        let licences: Vec<(&str, &str)> = data_sets()
            .iter()
            .map(|set| (set.name.as_str(), set.licence.id.as_str()))
            .collect();
        assert_eq!(
            licences,
            [
                ("ibsi1/digital_phantom", "CC-BY-4.0"),
                ("ibsi1/ct_phantom", "CC-BY-NC-3.0"),
                ("ibsi2/digital_phantoms", "CC-BY-4.0"),
                ("ibsi2/response_maps", "CC0-1.0"),
                ("sts", "CC-BY-3.0"),
            ],
            "licences"
        );
        for set in data_sets() {
            assert!(
                set.licence.url.starts_with("https://") && !set.citations.is_empty(),
                "licence text and citation of {}",
                set.name
            );
        }
    }

    #[test]
    fn addresses_point_at_the_commit() {
        let set = data_set("ibsi1/ct_phantom").expect("the CT phantom is a data set");
        let image = &set
            .files
            .iter()
            .find(|f| f.path == "ibsi1/ct_phantom/nifti/image.nii.gz")
            .expect("the CT phantom has an image");
        assert_eq!(
            set.url(image),
            "https://raw.githubusercontent.com/theibsi/data_sets/6da96021bc91faf4c0cb7fd7fa56a4225d2064a8/ibsi_1_ct_radiomics_phantom/nifti/image/phantom.nii.gz",
            "download address of the image"
        );
        assert_eq!(
            set.command(),
            "git clone --depth 1 https://github.com/theibsi/data_sets && radgauge certify --data data_sets",
            "command"
        );
    }
}
