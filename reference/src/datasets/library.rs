//! Finding the data sets on disk.

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{Candidate, DataFile, DataSet, Digest, data_sets, digest::sha256};

/// A folder in which data sets are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The folder that the user gave.
    Given(PathBuf),
    /// The folder that the environment variable `RADGAUGE_DATA` names.
    Environment(PathBuf),
    /// The cache folder of the user.
    Cache(PathBuf),
}

impl Place {
    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        match self {
            Self::Given(folder) | Self::Environment(folder) | Self::Cache(folder) => folder,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder().display();
        match self {
            Self::Given(_) => write!(f, "`{folder}` (--data)"),
            Self::Environment(_) => write!(f, "`{folder}` (RADGAUGE_DATA)"),
            Self::Cache(_) => write!(f, "`{folder}` (cache)"),
        }
    }
}

/// Why a file of a data set cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No data set has this file.
    #[error("no data set has a file `{path}`")]
    Unlisted {
        /// The path asked for.
        path: String,
    },
    /// The file is in none of the places.
    #[error(
        "expected `{}` of the data set `{}` ({}) in {}, found it nowhere; get it with `{}`",
        .file.path, .set.name, .set.licence.id, list(.places), .set.command()
    )]
    Missing {
        /// The data set.
        set: &'static DataSet,
        /// The file.
        file: &'static DataFile,
        /// Where it was looked for.
        places: Vec<Place>,
    },
    /// The file's bytes are not those that were published.
    #[error("expected `{}` to have {expected}, found {found}", .path.display())]
    Damaged {
        /// The file on disk.
        path: PathBuf,
        /// The digest of the published bytes.
        expected: Digest<'static>,
        /// The digits of that digest of the bytes on disk.
        found: String,
    },
    /// The files of a data set are not in one place.
    #[error("`{set}` is scattered over {}", list(.places))]
    Scattered {
        /// The name of the data set.
        set: &'static str,
        /// Where its files were found.
        places: Vec<Place>,
    },
    /// The file is there and cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Unreadable {
        /// The file on disk.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn list(places: &[Place]) -> String {
    if places.is_empty() {
        return "--data, RADGAUGE_DATA or the cache folder (none of which is set)".to_owned();
    }
    let places: Vec<String> = places.iter().map(Place::to_string).collect();
    places.join(", ")
}

/// A file whose bytes are the published ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// The places in which data sets are looked for, in order.
///
/// In each place a file is looked for in radgauge's layout, then as in a clone of the repository that publishes it,
/// then as in a folder that holds such clones:
///
/// ```text
/// PLACE/ibsi1/ct_phantom/nifti/image.nii.gz
/// PLACE/ibsi_1_ct_radiomics_phantom/nifti/image/phantom.nii.gz
/// PLACE/data_sets/ibsi_1_ct_radiomics_phantom/nifti/image/phantom.nii.gz
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    places: Vec<Place>,
}

impl Library {
    /// The library of this process: the folder given by the user, then the one that `RADGAUGE_DATA` names, then the
    /// cache folder (`$XDG_CACHE_HOME/radgauge` or `~/.cache/radgauge`, on Windows `%LOCALAPPDATA%\radgauge`).
    #[must_use]
    pub fn locate(explicit: Option<&Path>) -> Self {
        Self::from_environment(explicit, |variable| {
            env::var_os(variable).map(PathBuf::from)
        })
    }

    /// The library of one folder, whatever the environment says.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self {
            places: vec![Place::Given(folder.to_owned())],
        }
    }

    /// As [`Library::locate`], with the environment as an argument. Empty variables count as unset; a relative
    /// `XDG_CACHE_HOME` is ignored, as its specification demands.
    fn from_environment(
        explicit: Option<&Path>,
        variable: impl Fn(&str) -> Option<PathBuf>,
    ) -> Self {
        let variable = |name| variable(name).filter(|path| !path.as_os_str().is_empty());
        let cache = if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else {
            variable("XDG_CACHE_HOME")
                .filter(|path| path.is_absolute())
                .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        };
        let places = [
            explicit.map(|folder| Place::Given(folder.to_owned())),
            variable("RADGAUGE_DATA").map(Place::Environment),
            cache.map(|folder| Place::Cache(folder.join("radgauge"))),
        ];
        Self {
            places: places.into_iter().flatten().collect(),
        }
    }

    /// The places, in the order in which they are searched.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Finds a file by its path in radgauge's layout, `ibsi1/ct_phantom/nifti/image.nii.gz`. Its bytes are not
    /// looked at.
    ///
    /// # Errors
    /// [`DataError::Unlisted`], [`DataError::Missing`], or [`DataError::Unreadable`] when the system does not let
    /// the first candidate be looked at.
    pub fn find(&self, path: &str) -> Result<PathBuf, DataError> {
        let (place, candidate) = self.candidate(path)?;
        Ok(place.folder().join(candidate.path))
    }

    /// Finds a file as [`Library::find`] does and checks that its bytes are the published ones.
    ///
    /// # Errors
    /// Those of [`Library::find`], and [`DataError::Damaged`] or [`DataError::Unreadable`].
    pub fn verify(&self, path: &str) -> Result<Verified, DataError> {
        let (place, Candidate { path, digest, .. }) = self.candidate(path)?;
        let path = place.folder().join(path);
        let unreadable = |source| DataError::Unreadable {
            path: path.clone(),
            source,
        };
        let found = digest.of_file(&path).map_err(unreadable)?;
        if found != digest.digits() {
            return Err(DataError::Damaged {
                path,
                expected: digest,
                found,
            });
        }
        let sha256 = match digest {
            Digest::Sha256(_) => found,
            Digest::GitBlob(_) => sha256(&path).map_err(unreadable)?,
        };
        Ok(Verified { path, sha256 })
    }

    /// The deepest folder that holds all files of a data set.
    ///
    /// # Errors
    /// Those of [`Library::find`], and [`DataError::Scattered`].
    pub fn folder(&self, set: &'static DataSet) -> Result<PathBuf, DataError> {
        let mut places: Vec<Place> = Vec::new();
        let mut common: Option<PathBuf> = None;
        for file in &set.files {
            let (place, candidate) = self.candidate(&file.path)?;
            if !places.contains(place) {
                places.push(place.clone());
            }
            let path = place.folder().join(candidate.path);
            let folder = path.parent().unwrap_or(place.folder());
            common = Some(match common {
                None => folder.to_owned(),
                Some(common) => common
                    .components()
                    .zip(folder.components())
                    .take_while(|(a, b)| a == b)
                    .map(|(component, _)| component)
                    .collect(),
            });
        }
        match common {
            Some(common) if places.len() == 1 => Ok(common),
            _ => Err(DataError::Scattered {
                set: &set.name,
                places,
            }),
        }
    }

    /// The place and the layout in which a file is found first.
    fn candidate(&self, path: &str) -> Result<(&Place, Candidate<'static>), DataError> {
        let (set, file) = data_sets()
            .iter()
            .find_map(|set| {
                let file = set.files.iter().find(|file| file.path == path)?;
                Some((set, file))
            })
            .ok_or_else(|| DataError::Unlisted {
                path: path.to_owned(),
            })?;
        for place in &self.places {
            for candidate in set.candidates(file) {
                let path = place.folder().join(&candidate.path);
                match fs::metadata(&path) {
                    Ok(found) if found.is_file() => return Ok((place, candidate)),
                    Ok(_) => {}
                    Err(e) if is_absence(&e) => {}
                    Err(source) => return Err(DataError::Unreadable { path, source }),
                }
            }
        }
        Err(DataError::Missing {
            set,
            file,
            places: self.places.clone(),
        })
    }
}

/// Whether an error of the system means that there is no such file, rather than that it cannot be looked at.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::datasets::data_set;

    const IMAGE: &str = "ibsi1/ct_phantom/nifti/image.nii.gz";
    const PUBLISHED: &str = "ibsi_1_ct_radiomics_phantom/nifti/image/phantom.nii.gz";
    const DIGEST: &str = "909129fdf99d5f5fd17bc568b1834d31edce8663ea6746c6020720bfc1d7bbcb";

    fn folder_with(path: &str, bytes: &[u8]) -> TempDir {
        let folder = TempDir::new().expect("a temporary folder can be made");
        put(folder.path(), path, bytes);
        folder
    }

    fn put(folder: &Path, path: &str, bytes: &[u8]) {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().expect("the file has a folder"))
            .expect("a folder can be made");
        fs::write(file, bytes).expect("a file can be written");
    }

    #[test]
    fn finds_files_in_every_layout() {
        for path in [IMAGE, PUBLISHED, &format!("data_sets/{PUBLISHED}")] {
            let folder = folder_with(path, b"image");
            assert_eq!(
                Library::of(folder.path()).find(IMAGE).ok(),
                Some(folder.path().join(path)),
                "found as {path}"
            );
        }
    }

    #[test]
    fn every_file_is_found_in_a_clone() {
        for set in data_sets() {
            let folder = TempDir::new().expect("a temporary folder can be made");
            for file in &set.files {
                put(folder.path(), &file.published.path, b"");
            }
            for file in &set.files {
                assert_eq!(
                    Library::of(folder.path()).find(&file.path).ok(),
                    Some(folder.path().join(&file.published.path)),
                    "{} in a clone",
                    file.path
                );
            }
        }
    }

    #[test]
    fn searches_given_then_environment_then_cache() {
        let variables = |name: &str| match name {
            "RADGAUGE_DATA" => Some(PathBuf::from("/of-environment")),
            "HOME" | "LOCALAPPDATA" => Some(PathBuf::from("/home")),
            _ => None,
        };
        let cache = if cfg!(windows) {
            "/home/radgauge"
        } else {
            "/home/.cache/radgauge"
        };
        assert_eq!(
            Library::from_environment(Some(Path::new("given")), variables).places(),
            [
                Place::Given("given".into()),
                Place::Environment("/of-environment".into()),
                Place::Cache(cache.into()),
            ],
            "order of the places"
        );
        assert_eq!(
            Library::from_environment(None, |_| Some(PathBuf::new())).places(),
            [],
            "empty variables count as unset"
        );

        let first = folder_with(PUBLISHED, b"first");
        let second = folder_with(IMAGE, b"second");
        let both = Library::from_environment(Some(first.path()), |name| {
            (name == "RADGAUGE_DATA").then(|| second.path().to_owned())
        });
        assert_eq!(
            both.find(IMAGE).ok(),
            Some(first.path().join(PUBLISHED)),
            "an earlier place wins over a later one, whatever the layout"
        );
    }

    #[cfg(not(windows))]
    #[test]
    fn cache_folder_follows_xdg() {
        for (xdg, expected) in [
            ("/xdg", "/xdg/radgauge"),
            ("relative", "/home/.cache/radgauge"),
            ("", "/home/.cache/radgauge"),
        ] {
            let found = Library::from_environment(None, |name| match name {
                "XDG_CACHE_HOME" => Some(xdg.into()),
                "HOME" => Some("/home".into()),
                _ => None,
            });
            assert_eq!(
                found.places(),
                [Place::Cache(expected.into())],
                "cache folder when XDG_CACHE_HOME is `{xdg}`"
            );
        }
    }

    #[test]
    fn missing_files_name_the_places_and_the_command() {
        let nowhere = Library {
            places: vec![
                Place::Given("here".into()),
                Place::Environment("there".into()),
                Place::Cache("cache/radgauge".into()),
            ],
        };
        let error = nowhere.find(IMAGE).expect_err("there is no such file");
        assert_eq!(
            error.to_string(),
            "expected `ibsi1/ct_phantom/nifti/image.nii.gz` of the data set `ibsi1/ct_phantom` (CC-BY-NC-3.0) \
             in `here` (--data), `there` (RADGAUGE_DATA), `cache/radgauge` (cache), found it nowhere; \
             get it with `radgauge data fetch ibsi1/ct_phantom`",
            "message"
        );

        let error = Library { places: Vec::new() }
            .find("ibsi2/response_maps/9.a.nii.gz")
            .expect_err("there is no place to look");
        assert_eq!(
            error.to_string(),
            "expected `ibsi2/response_maps/9.a.nii.gz` of the data set `ibsi2/response_maps` (CC0-1.0) \
             in --data, RADGAUGE_DATA or the cache folder (none of which is set), found it nowhere; \
             get it with `radgauge data fetch ibsi2/response_maps`",
            "message without places"
        );
    }

    #[test]
    fn only_listed_files_are_looked_for() {
        let folder = folder_with("secret", b"");
        for path in ["secret", "../secret", "ibsi1/ct_phantom/../../secret"] {
            let error = Library::of(folder.path())
                .find(path)
                .expect_err("the file belongs to no data set");
            assert_eq!(
                error.to_string(),
                format!("no data set has a file `{path}`"),
                "message for {path}"
            );
        }
    }

    #[test]
    fn damage_is_told_by_the_digests() {
        let folder = folder_with(IMAGE, b"abc");
        let path = folder.path().join(IMAGE);
        match Library::of(folder.path()).verify(IMAGE) {
            Err(DataError::Damaged {
                path: found_at,
                expected,
                found,
            }) => {
                assert_eq!(found_at, path, "the damaged file");
                assert_eq!(expected, Digest::Sha256(DIGEST), "published digest");
                // The SHA-256 of "abc" is the first example of FIPS 180-2.
                assert_eq!(
                    found, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    "digest on disk"
                );
            }
            other => panic!("expected damage, found {other:?}"),
        }
    }

    /// The digital phantom's files are 126 and 99 bytes; the mask's are small enough to stand here (CC BY 4.0).
    #[test]
    fn sound_files_are_verified() {
        let mask: Vec<u8> = MASK
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                let digits = std::str::from_utf8(pair).expect("the digits are ASCII");
                u8::from_str_radix(digits, 16).expect("the digits are hexadecimal")
            })
            .collect();
        for path in [
            "ibsi1/digital_phantom/mask.nii.gz",
            "ibsi_1_digital_phantom/nifti/mask/mask.nii.gz",
        ] {
            let folder = folder_with(path, &mask);
            let found = Library::of(folder.path()).verify("ibsi1/digital_phantom/mask.nii.gz");
            assert_eq!(
                found.ok().map(|verified| verified.path),
                Some(folder.path().join(path)),
                "verified as {path}"
            );
        }
    }

    const MASK: &str = "1f8b080000000000000b8b6164200214313033b032b000212314a20216060130dd600f241c90301ad8e00c5503024cc4d84c4bc084e20fb0bb1aa018040e204ba2893520c93960333b4fdb104c33520071ebc63419bb5ac22e0000d608e94a00020000";

    #[test]
    fn the_digest_is_that_of_the_layout() {
        let map = "ibsi2/response_maps/9.a.nii.gz";
        let expected = |path: &str| {
            let folder = folder_with(path, b"");
            match Library::of(folder.path()).verify(map) {
                Err(DataError::Damaged { expected, .. }) => expected.digits().to_owned(),
                other => panic!("expected damage, found {other:?}"),
            }
        };
        assert_eq!(
            expected(map),
            "a795f10f971fbe2726cc9771a08e4f46527d6450eb8ae8c45003d5d845dae24b",
            "digest of the compressed file"
        );
        assert_eq!(
            expected("reference_response_maps/9_a-ValidCRM.nii"),
            "9ef1621d397e12a4d16079b7bb83658a1b2fb1da4706047c9c50c043daddf62b",
            "digest of the published file"
        );
    }

    #[test]
    fn where_sha256_is_not_known_git_tells() {
        let folder = folder_with("ibsi_validation/nifti/STS_007/CT_image.nii.gz", b"");
        match Library::of(folder.path()).verify("sts/STS_007/CT/image.nii.gz") {
            Err(DataError::Damaged {
                expected, found, ..
            }) => {
                assert_eq!(
                    expected.to_string(),
                    "git blob a321e8382650249d82981d251ebae3afb1a777b7",
                    "digest of the published file"
                );
                assert_eq!(
                    found, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
                    "git's id of an empty file"
                );
            }
            other => panic!("expected damage, found {other:?}"),
        }
    }

    #[test]
    fn the_folder_of_a_set_holds_all_its_files() {
        let set = data_set("ibsi1/digital_phantom").expect("the set is listed");
        let (image, mask) = (
            "ibsi_1_digital_phantom/nifti/image/phantom.nii.gz",
            "ibsi_1_digital_phantom/nifti/mask/mask.nii.gz",
        );
        let clone = folder_with(&format!("data_sets/{image}"), b"");
        assert!(
            matches!(
                Library::of(clone.path()).folder(set),
                Err(DataError::Missing { .. })
            ),
            "half a set has no folder"
        );
        put(clone.path(), &format!("data_sets/{mask}"), b"");
        assert_eq!(
            Library::of(clone.path()).folder(set).ok(),
            Some(clone.path().join("data_sets/ibsi_1_digital_phantom/nifti")),
            "folder in a clone"
        );

        let other = folder_with(mask, b"");
        let image = folder_with(image, b"");
        let both = Library::from_environment(Some(image.path()), |name| {
            (name == "RADGAUGE_DATA").then(|| other.path().to_owned())
        });
        let error = both.folder(set).expect_err("two places");
        assert!(
            error.to_string().contains("is scattered over"),
            "message: {error}"
        );
    }

    #[test]
    fn folders_and_files_in_the_way_are_no_data() {
        let folder = folder_with(&format!("{IMAGE}/file"), b"");
        assert!(
            matches!(
                Library::of(folder.path()).find(IMAGE),
                Err(DataError::Missing { .. })
            ),
            "a folder of that name is not the file"
        );
        let file = folder_with("ibsi1", b"");
        assert!(
            matches!(
                Library::of(file.path()).find(IMAGE),
                Err(DataError::Missing { .. })
            ),
            "a file where a folder should be holds no data"
        );
    }
}
