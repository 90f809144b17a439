//! The public data sets: where they are published, under which licence, what to cite, which bytes are expected, and
//! how to find them on disk ([`Library`]).
//!
//! No image is part of this crate. Every file is known by its path in radgauge's own layout,
//! `ibsi1/ct_phantom/nifti/image.nii.gz`, and by its path in the repository that publishes it, so that a plain clone
//! of that repository serves as it is.

mod digest;
mod library;

pub use digest::{Digest, sha256};
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
    /// Git's id of the file, where its SHA-256 is not known.
    #[serde(default)]
    pub git_blob: Option<String>,
}

/// Where a file of a data set may lie in a folder that holds data, and what it must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Path in the folder.
    pub path: String,
    /// Size; `None` when it is not known.
    pub bytes: Option<u64>,
    /// Digest.
    pub digest: Digest<'a>,
}

impl DataFile {
    /// Whether the published file and that of radgauge's layout are the same bytes.
    #[must_use]
    pub fn is_unmodified(&self) -> bool {
        self.published.sha256.as_ref() == Some(&self.sha256)
    }
}

impl Published {
    /// The digest of the published file.
    ///
    /// # Panics
    /// When neither digest is known, which a test rules out for the data sets of this crate.
    #[must_use]
    pub fn digest(&self) -> Digest<'_> {
        match (&self.sha256, &self.git_blob) {
            (Some(digits), _) => Digest::Sha256(digits),
            (None, Some(digits)) => Digest::GitBlob(digits),
            (None, None) => panic!("no digest is known of `{}`", self.path),
        }
    }
}

impl DataSet {
    /// Where a file of the set is looked for in a folder, in this order: in radgauge's layout, as in a clone of the
    /// repository that publishes it, as in a folder that holds such a clone.
    #[must_use]
    pub fn candidates<'a>(&self, file: &'a DataFile) -> [Candidate<'a>; 3] {
        let published = &file.published;
        let as_published = |path| Candidate {
            path,
            bytes: published.bytes,
            digest: published.digest(),
        };
        [
            Candidate {
                path: file.path.clone(),
                bytes: Some(file.bytes),
                digest: Digest::Sha256(&file.sha256),
            },
            as_published(published.path.clone()),
            as_published(format!("{}/{}", self.clone_folder(), published.path)),
        ]
    }

    /// Where the published file is kept when it is downloaded: the first [candidate](Self::candidates) that it can be
    /// without being changed and without littering the folder.
    #[must_use]
    pub fn downloaded<'a>(&self, file: &'a DataFile) -> Candidate<'a> {
        let [own, _, in_clone] = self.candidates(file);
        if file.is_unmodified() { own } else { in_clone }
    }

    /// The folder that `git clone` makes of the repository: `data_sets`.
    #[must_use]
    pub fn clone_folder(&self) -> &str {
        self.repository
            .rsplit_once('/')
            .map_or(self.repository.as_str(), |(_, folder)| folder)
    }

    /// The command that gets the data.
    #[must_use]
    pub fn command(&self) -> String {
        format!("radgauge data fetch {}", self.name)
    }

    /// Where a file of the set can be downloaded as it is published, at the commit that the digests belong to: on this
    /// server, which has the folders of [`PUBLIC_SERVER`].
    #[must_use]
    pub fn url(&self, file: &DataFile, server: &str) -> String {
        let server = server.trim_end_matches('/');
        let repository = self.repository.trim_start_matches(REPOSITORIES);
        format!(
            "{server}/{repository}/{}/{}",
            self.commit, file.published.path
        )
    }
}

/// The server that gives single files of the repositories, `OWNER/NAME/COMMIT/PATH`.
pub const PUBLIC_SERVER: &str = "https://raw.githubusercontent.com";

/// What the addresses of the repositories begin with.
const REPOSITORIES: &str = "https://github.com/";

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
            assert!(
                set.repository.starts_with(REPOSITORIES),
                "{} is where addresses are known",
                set.repository
            );
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
                assert!(is_hexadecimal(&file.sha256, 64), "digest of {}", file.path);
                let published = &file.published;
                match published.digest() {
                    Digest::Sha256(digits) => {
                        assert!(is_hexadecimal(digits, 64), "digest of {}", published.path);
                        assert!(published.bytes > Some(0), "size of {}", published.path);
                    }
                    Digest::GitBlob(digits) => {
                        assert!(is_hexadecimal(digits, 40), "digest of {}", published.path);
                    }
                }
                assert!(
                    published
                        .path
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b)),
                    "{} can stand in an address as it is",
                    published.path
                );
                assert!(file.bytes > 0, "{} is not empty", file.path);
            }
        }
    }

    #[test]
    fn unmodified_sets_are_the_published_bytes() {
        for set in data_sets() {
            for file in &set.files {
                assert_eq!(
                    file.is_unmodified(),
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
            "published files whose SHA-256 is not known"
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
        let image = set
            .files
            .iter()
            .find(|f| f.path == "ibsi1/ct_phantom/nifti/image.nii.gz")
            .expect("the CT phantom has an image");
        let path = "theibsi/data_sets/6da96021bc91faf4c0cb7fd7fa56a4225d2064a8/ibsi_1_ct_radiomics_phantom/nifti/image/phantom.nii.gz";
        assert_eq!(
            set.url(image, PUBLIC_SERVER),
            format!("https://raw.githubusercontent.com/{path}"),
            "download address of the image"
        );
        assert_eq!(
            set.url(image, "http://mirror.example/ibsi/"),
            format!("http://mirror.example/ibsi/{path}"),
            "address at a mirror"
        );
        assert_eq!(
            set.command(),
            "radgauge data fetch ibsi1/ct_phantom",
            "command"
        );
    }

    #[test]
    fn downloads_are_kept_where_they_are_found() {
        let kept = |name: &str| {
            let set = data_set(name).expect("the set is listed");
            set.downloaded(&set.files[0])
        };
        let mask = kept("ibsi1/digital_phantom");
        assert_eq!(
            mask.path, "ibsi1/digital_phantom/image.nii.gz",
            "the published bytes, in radgauge's layout"
        );
        let map = kept("ibsi2/response_maps");
        assert!(
            map.path
                .starts_with("ibsi_2_reference_data/reference_response_maps/"),
            "the published file, as in a clone: {}",
            map.path
        );
        assert!(
            map.bytes.is_some() && map.digest.digits().len() == 64,
            "with the size and digest of the published file: {map:?}"
        );
    }
}
