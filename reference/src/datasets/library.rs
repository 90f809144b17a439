//! Finding the data sets on disk.

use std::{
    env, fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{DataFile, DataSet, data_sets};

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
    #[error("expected `{}` to have SHA-256 {expected}, found {found}", .path.display())]
    Damaged {
        /// The file on disk.
        path: PathBuf,
        /// The digest of the published bytes.
        expected: String,
        /// The digest of the bytes on disk.
        found: String,
    },
    /// The file cannot be checked: the digest of this form of it is not known.
    #[error("no SHA-256 is known to verify `{}` against", .path.display())]
    Unverifiable {
        /// The file on disk.
        path: PathBuf,
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
        self.find_with_digest(path).map(|(found, _)| found)
    }

    /// Finds a file as [`Library::find`] does and checks that its bytes are the published ones.
    ///
    /// # Errors
    /// Those of [`Library::find`], and [`DataError::Damaged`], [`DataError::Unverifiable`], or
    /// [`DataError::Unreadable`].
    pub fn verify(&self, path: &str) -> Result<Verified, DataError> {
        let (path, expected) = self.find_with_digest(path)?;
        let Some(expected) = expected else {
            return Err(DataError::Unverifiable { path });
        };
        match sha256(&path) {
            Ok(sha256) if sha256 == expected => Ok(Verified { path, sha256 }),
            Ok(found) => Err(DataError::Damaged {
                path,
                expected: expected.to_owned(),
                found,
            }),
            Err(source) => Err(DataError::Unreadable { path, source }),
        }
    }

    /// The file on disk and the digest that belongs to the layout in which it was found.
    fn find_with_digest(&self, path: &str) -> Result<(PathBuf, Option<&'static str>), DataError> {
        let (set, file) = data_sets()
            .iter()
            .find_map(|set| {
                let file = set.files.iter().find(|file| file.path == path)?;
                Some((set, file))
            })
            .ok_or_else(|| DataError::Unlisted {
                path: path.to_owned(),
            })?;
        let published = file.published.sha256.as_deref();
        for place in &self.places {
            let folder = place.folder();
            for (candidate, digest) in [
                (folder.join(&file.path), Some(file.sha256.as_str())),
                (folder.join(&file.published.path), published),
                (
                    folder.join(set.clone_folder()).join(&file.published.path),
                    published,
                ),
            ] {
                match fs::metadata(&candidate) {
                    Ok(found) if found.is_file() => return Ok((candidate, digest)),
                    Ok(_) => {}
                    Err(e) if is_absence(&e) => {}
                    Err(source) => {
                        return Err(DataError::Unreadable {
                            path: candidate,
                            source,
                        });
                    }
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

/// The SHA-256 of a file in lower-case hexadecimal digits, without holding the file in memory.
fn sha256(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => hasher.update(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

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

    /// A library of one place, whatever the environment of the test is.
    fn library(folder: &Path) -> Library {
        Library::from_environment(Some(folder), |_| None)
    }

    #[test]
    fn finds_files_in_every_layout() {
        for path in [IMAGE, PUBLISHED, &format!("data_sets/{PUBLISHED}")] {
            let folder = folder_with(path, b"image");
            assert_eq!(
                library(folder.path()).find(IMAGE).ok(),
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
                    library(folder.path()).find(&file.path).ok(),
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
             get it with `git clone --depth 1 https://github.com/theibsi/data_sets && radgauge certify --data data_sets`",
            "message"
        );

        let error = Library { places: Vec::new() }
            .find("ibsi2/response_maps/9.a.nii.gz")
            .expect_err("there is no place to look");
        assert_eq!(
            error.to_string(),
            "expected `ibsi2/response_maps/9.a.nii.gz` of the data set `ibsi2/response_maps` (CC0-1.0) \
             in --data, RADGAUGE_DATA or the cache folder (none of which is set), found it nowhere; \
             get it with `git clone --depth 1 https://github.com/theibsi/ibsi_2_reference_data && radgauge certify --data ibsi_2_reference_data`",
            "message without places"
        );
    }

    #[test]
    fn only_listed_files_are_looked_for() {
        let folder = folder_with("secret", b"");
        for path in ["secret", "../secret", "ibsi1/ct_phantom/../../secret"] {
            let error = library(folder.path())
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
        match library(folder.path()).verify(IMAGE) {
            Err(DataError::Damaged {
                path: found_at,
                expected,
                found,
            }) => {
                assert_eq!(found_at, path, "the damaged file");
                assert_eq!(expected, DIGEST, "published digest");
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
            let found = library(folder.path()).verify("ibsi1/digital_phantom/mask.nii.gz");
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
            match library(folder.path()).verify(map) {
                Err(DataError::Damaged { expected, .. }) => expected,
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
    fn an_unknown_digest_is_said_to_be_unknown() {
        let folder = folder_with("ibsi_validation/nifti/STS_007/CT_image.nii.gz", b"");
        let error = library(folder.path())
            .verify("sts/STS_007/CT/image.nii.gz")
            .expect_err("the digest of the published file is not known");
        assert!(
            matches!(error, DataError::Unverifiable { .. }),
            "unverifiable, found {error:?}"
        );
    }

    #[test]
    fn folders_and_files_in_the_way_are_no_data() {
        let folder = folder_with(&format!("{IMAGE}/file"), b"");
        assert!(
            matches!(
                library(folder.path()).find(IMAGE),
                Err(DataError::Missing { .. })
            ),
            "a folder of that name is not the file"
        );
        let file = folder_with("ibsi1", b"");
        assert!(
            matches!(
                library(file.path()).find(IMAGE),
                Err(DataError::Missing { .. })
            ),
            "a file where a folder should be holds no data"
        );
    }
}
