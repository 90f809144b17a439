//! The cases of a study: scans with a region of interest each, from files or made by a phantom.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use radgauge_engine::{
    io::{RoiChoice, check_same_grid, read_image, read_roi},
    volume::{Image, Mask},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{
    pattern::{Parts, Pattern, PatternError},
    phantom::{self, Phantom},
};
use crate::results::hex;

/// The most cases of a study.
pub const MAX_CASES: usize = 100_000;

/// Where cases come from: files that match patterns, or a phantom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseSource {
    /// Pattern of the images: NIfTI files, or folders of one DICOM series each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<String>,
    /// Pattern of the masks, with the placeholders of the images: NIfTI, RT structure sets or segmentations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masks: Option<String>,
    /// Value of the mask's voxels that make up the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<u32>,
    /// Name of the region in the structure set or segmentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roi: Option<String>,
    /// A phantom by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phantom: Option<Phantom>,
    /// How many cases of the phantom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Seed of the phantom's first case; the others count on from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Id of a case, with the placeholders of the images; otherwise what they stand for, joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the cases belong to (a scanner, a site), with the placeholders of the images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
}

/// Cases that cannot be found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CasesError {
    /// A key that is missing, or that does not belong there.
    #[error("`cases[{index}].{key}`: expected {expected}")]
    Key {
        /// Which of the sources, from 1.
        index: usize,
        /// The key.
        key: &'static str,
        /// What it should be.
        expected: String,
    },
    /// A pattern that is none.
    #[error("`cases[{index}].{key}`: {source}")]
    Pattern {
        /// Which of the sources, from 1.
        index: usize,
        /// The key.
        key: &'static str,
        /// What is wrong.
        source: PatternError,
    },
    /// Two cases of one id.
    #[error("two cases have the id `{0}`: let `id` or the pattern of the images tell them apart")]
    Twice(String),
    /// No case at all.
    #[error("there is no case: no file matches {0}")]
    None(String),
    /// Too many.
    #[error("expected at most {MAX_CASES} cases, found {0}")]
    TooMany(usize),
}

/// A case, not read yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its id, unique in the study.
    pub id: String,
    /// What it belongs to.
    pub batch: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a case comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// Files.
    Files {
        /// The image.
        image: PathBuf,
        /// The mask, or why there is none.
        mask: Result<PathBuf, String>,
        /// Which region of the mask.
        roi: RoiChoice,
    },
    /// A phantom with its seed.
    Phantom(Phantom, u64),
}

/// Finds the cases, in the order of the sources and by path.
///
/// # Errors
/// [`CasesError`], naming the key. A case whose mask is not found is a case all the same: it costs that case and not the
/// study.
pub fn find(sources: &[CaseSource], folder: &Path) -> Result<Vec<Case>, CasesError> {
    let mut cases = Vec::new();
    for (i, source) in sources.iter().enumerate() {
        source.find(i + 1, folder, &mut cases)?;
        if cases.len() > MAX_CASES {
            return Err(CasesError::TooMany(cases.len()));
        }
    }
    let mut ids = BTreeSet::new();
    if let Some(case) = cases.iter().find(|case| !ids.insert(&case.id)) {
        return Err(CasesError::Twice(case.id.clone()));
    }
    if cases.is_empty() {
        let patterns: Vec<String> = sources
            .iter()
            .filter_map(|source| source.images.as_ref())
            .map(|pattern| format!("`{pattern}`"))
            .collect();
        return Err(CasesError::None(match patterns.is_empty() {
            true => "a pattern, for there are no `[[cases]]`".to_owned(),
            false => patterns.join(" or "),
        }));
    }
    Ok(cases)
}

impl CaseSource {
    fn find(&self, index: usize, folder: &Path, cases: &mut Vec<Case>) -> Result<(), CasesError> {
        let key = |key, expected: &str| CasesError::Key {
            index,
            key,
            expected: expected.to_owned(),
        };
        match (&self.images, &self.phantom) {
            (Some(images), None) => {
                let masks = self
                    .masks
                    .as_ref()
                    .ok_or_else(|| key("masks", "a pattern of masks to go with the images"))?;
                if self.count.is_some() || self.seed.is_some() {
                    return Err(key("count", "no `count` and `seed` for files"));
                }
                self.find_files(index, folder, images, masks, cases)
            }
            (None, Some(phantom)) => {
                if self.masks.is_some() || self.roi.is_some() || self.label.is_some() {
                    return Err(key("masks", "no `masks`, `roi` and `label` for a phantom"));
                }
                if self.id.is_some() {
                    return Err(key(
                        "id",
                        "no `id` for a phantom: its cases go by their seed",
                    ));
                }
                let count = self.count.unwrap_or(1);
                if count == 0 || count as usize > MAX_CASES {
                    return Err(key("count", "from 1 to 100000 cases"));
                }
                let first = self.seed.unwrap_or(1);
                let last = first.checked_add(u64::from(count) - 1);
                let last =
                    last.ok_or_else(|| key("seed", "a seed from which `count` can go on"))?;
                cases.extend((first..=last).map(|seed| Case {
                    id: format!("{}-{seed}", phantom.name()),
                    batch: self.batch.clone(),
                    origin: Origin::Phantom(*phantom, seed),
                }));
                Ok(())
            }
            (Some(_), Some(_)) | (None, None) => {
                Err(key("images", "either `images` with `masks`, or `phantom`"))
            }
        }
    }

    fn find_files(
        &self,
        index: usize,
        folder: &Path,
        images: &str,
        masks: &str,
        cases: &mut Vec<Case>,
    ) -> Result<(), CasesError> {
        let broken = |key| move |source| CasesError::Pattern { index, key, source };
        let roi = match (self.label, &self.roi) {
            (None, None) => RoiChoice::Only,
            (Some(label), None) if label > 0 => RoiChoice::Number(label),
            (None, Some(name)) => RoiChoice::Name(name.clone()),
            (Some(_), _) => {
                return Err(CasesError::Key {
                    index,
                    key: "label",
                    expected: "a value from 1 on, and no `roi` beside it".to_owned(),
                });
            }
        };
        let images = Pattern::new(images).map_err(broken("images"))?;
        let masks = Pattern::new(masks).map_err(broken("masks"))?;
        let pattern = |key, text: &Option<String>| {
            let text = text.as_deref();
            text.map(Pattern::new).transpose().map_err(broken(key))
        };
        let id = pattern("id", &self.id)?;
        let batch = pattern("batch", &self.batch)?;
        // A placeholder that is not there is an error, even when no file is found.
        let names: Parts = images
            .names()
            .map(|name| (name.to_owned(), "x".to_owned()))
            .collect();
        masks.fill(&names, &images).map_err(broken("masks"))?;
        for (path, parts) in images.find(folder).map_err(broken("images"))? {
            let fill = |key, pattern: &Pattern| pattern.fill(&parts, &images).map_err(broken(key));
            let joined = || match parts.is_empty() {
                true => path.file_name().map_or_else(String::new, |name| {
                    let name = name.to_string_lossy();
                    name.split('.').next().unwrap_or_default().to_owned()
                }),
                false => {
                    // In the order of the pattern.
                    let mut names: Vec<&str> = Vec::new();
                    for name in images.names() {
                        if !names.contains(&name) {
                            names.push(name);
                        }
                    }
                    let values: Vec<&str> =
                        names.iter().map(|name| parts[*name].as_str()).collect();
                    values.join("-")
                }
            };
            let mask = fill("masks", &masks)?;
            let found = Pattern::new(&mask)
                .and_then(|pattern| pattern.find(folder))
                .map_err(broken("masks"))?;
            let mask = match &found[..] {
                [(path, _)] => Ok(path.clone()),
                [] => Err(format!("there is no mask `{mask}`")),
                several => Err(format!(
                    "{} masks match `{mask}`, expected one",
                    several.len()
                )),
            };
            cases.push(Case {
                id: id
                    .as_ref()
                    .map_or_else(|| Ok(joined()), |id| fill("id", id))?,
                batch: batch
                    .as_ref()
                    .map(|batch| fill("batch", batch))
                    .transpose()?,
                origin: Origin::Files {
                    image: path,
                    mask,
                    roi: roi.clone(),
                },
            });
        }
        Ok(())
    }
}

/// A scan with a region of interest on its grid.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The image.
    pub image: Image,
    /// The region.
    pub mask: Mask,
}

impl Case {
    /// SHA-256 over what the scan is made of: the bytes of its files, in order of their names, or the phantom with its
    /// seed.
    ///
    /// # Errors
    /// In words, when a file is not there or cannot be read.
    pub fn content(&self) -> Result<String, String> {
        let mut hash = Sha256::new();
        match &self.origin {
            Origin::Files { image, mask, roi } => {
                let mask = mask.as_ref().map_err(Clone::clone)?;
                add_path(&mut hash, image)?;
                hash.update([0]);
                add_path(&mut hash, mask)?;
                hash.update(format!("{roi:?}"));
            }
            Origin::Phantom(phantom, seed) => hash.update(format!(
                "phantom {} {seed} {}",
                phantom.name(),
                env!("CARGO_PKG_VERSION")
            )),
        }
        Ok(hex(&hash.finalize()))
    }

    /// Reads the scan.
    ///
    /// # Errors
    /// In words, when it cannot be read or image and mask do not lie on one grid. Files are named without their folder.
    pub fn read(&self) -> Result<Scan, String> {
        match &self.origin {
            Origin::Files { image, mask, roi } => {
                let mask = mask.as_ref().map_err(Clone::clone)?;
                let volume =
                    read_image(image).map_err(|error| relative(error.to_string(), image))?;
                let region = read_roi(mask, volume.grid(), roi)
                    .map_err(|error| relative(error.to_string(), mask))?;
                check_same_grid(volume.grid(), region.grid())
                    .map_err(|error| format!("image and mask do not lie on one grid: {error}"))?;
                Ok(Scan {
                    image: volume,
                    mask: region,
                })
            }
            Origin::Phantom(phantom, seed) => Ok(phantom::make(*phantom, *seed)),
        }
    }
}

/// A message that names a file by its name alone: documents hold no paths.
fn relative(message: String, path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    message.replace(&path.display().to_string(), &name.to_string_lossy())
}

/// Adds a file, or all files of a folder.
fn add_path(hash: &mut Sha256, path: &Path) -> Result<(), String> {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    let problem = |error: io::Error| format!("`{name}` cannot be read: {error}");
    let metadata = fs::metadata(path).map_err(problem)?;
    if !metadata.is_dir() {
        if !metadata.is_file() {
            return Err(format!("`{name}` is neither a file nor a folder"));
        }
        let mut file = fs::File::open(path).map_err(problem)?;
        hash.update(metadata.len().to_le_bytes());
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer).map_err(problem)? {
                0 => return Ok(()),
                read => hash.update(&buffer[..read]),
            }
        }
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    files.iter().try_for_each(|file| add_path(hash, file))
}
