//! `radgauge perturb`

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use clap::{ArgGroup, Args, ValueEnum};
use radgauge_engine::{
    io::{RoiChoice, check_same_grid, read_image, read_roi, read_series, write_image, write_mask},
    process::interpolate::{interpolate_image_posed, interpolate_mask_posed, round_intensities},
    settings::{Interpolate, Interpolation},
    volume::{Image, Mask},
};
use radgauge_phantoms::perturb::{Chain, PerturbError, SeedKey, chains_from_toml, preset, presets};
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Failed, input, output, settings};
use crate::{
    certify::exit,
    results::{hex, write_atomically},
};

const AFTER_HELP: &str = "\
A file of chains (TOML):
  [[chain]]
  name = \"turned and noisy\"
  draw = 0                                # repetitions differ in this
  steps = [
    { kind = \"noise\" },                   # of the level estimated from the image
    { kind = \"rotate\", degrees = 5 },
    { kind = \"volume-fraction\", fraction = 0.1 },
    { kind = \"contour\" },
  ]

The folder gets an image for each interpolated image, a mask for each chain and manifest.json, which says what was made of
what: every step with all its parameters, the seed texts, sizes, SHA-256.

A tool that interpolates what it is given interpolates a second time where a chain turns or moves the grid: give `--settings`
with the tool's spacing, and let the tool leave the images as they are.";

/// Perturb a scan: write images and masks, for any tool to read
///
/// A preset or a file names chains of perturbations. What lies on another grid says so in its header: image and mask of a
/// chain belong together.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, group = ArgGroup::new("what").required(true))]
pub(super) struct Perturb {
    /// The image: NIfTI (.nii or .nii.gz), or the folder of a DICOM series
    #[arg(required_unless_present = "list", requires = "mask")]
    image: Option<PathBuf>,
    /// The mask on the image's grid (NIfTI), or a DICOM RT structure set or segmentation
    #[arg(requires = "out")]
    mask: Option<PathBuf>,
    /// Chains of this name; `radgauge perturb --list` names them
    #[arg(long, value_name = "NAME", group = "what")]
    preset: Option<String>,
    /// Chains from a file (TOML, `[[chain]]` for each)
    #[arg(long, value_name = "FILE", group = "what")]
    chain: Option<PathBuf>,
    /// List the presets and what they are made of
    #[arg(long, group = "what", conflicts_with_all = ["image", "mask", "out"])]
    list: bool,
    /// The folder to write to; it must be new or empty
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed of all that is random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// What the random numbers hang on besides the seed; otherwise the content of image and mask
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// Interpolate as these settings (TOML) say, in the same resampling; otherwise the voxel spacing is kept
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// How intensities are resampled where the settings do not say
    #[arg(long, value_enum, default_value_t = Algorithm::CubicSpline, conflicts_with = "settings")]
    interpolation: Algorithm,
    /// Value of the mask's voxels that make up the region of interest; needed when it holds several
    #[arg(long, value_name = "N")]
    label: Option<NonZeroU32>,
    /// Name or number of the region in the structure set or segmentation; needed when it holds several
    #[arg(long, value_name = "NAME|NUMBER", conflicts_with = "label")]
    roi: Option<RoiChoice>,
    /// Which series of the image's folder (its SeriesInstanceUID); needed when it holds several
    #[arg(long, value_name = "UID")]
    series: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Algorithm {
    /// Nearest neighbour
    Nearest,
    /// Trilinear
    Linear,
    /// Tricubic spline
    CubicSpline,
    /// Tricubic convolution
    CubicConvolution,
}

impl From<Algorithm> for Interpolation {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Nearest => Self::Nearest,
            Algorithm::Linear => Self::Linear,
            Algorithm::CubicSpline => Self::CubicSpline,
            Algorithm::CubicConvolution => Self::CubicConvolution,
        }
    }
}

/// What was made of what: `manifest.json`.
#[derive(Debug, Serialize)]
struct Manifest {
    format: &'static str,
    version: &'static str,
    preset: Option<String>,
    seed: u64,
    /// What the random numbers hang on, in hexadecimal digits.
    case: String,
    source: [Source; 2],
    /// The interpolation that was asked for; without one the spacing is kept.
    interpolate: Option<Interpolate>,
    chains: Vec<Made>,
}

#[derive(Debug, Serialize)]
struct Source {
    name: String,
    size: [usize; 3],
    spacing_mm: [f64; 3],
    voxels: usize,
}

/// One chain and its files.
#[derive(Debug, Serialize)]
struct Made {
    #[serde(flatten)]
    chain: Chain,
    /// The texts whose SHA-256 is the key of what is random, step by step.
    seeds: Vec<String>,
    #[serde(flatten)]
    result: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Files {
        image: File,
        mask: File,
        size: [usize; 3],
        spacing_mm: [f64; 3],
        /// Voxels inside the mask.
        voxels: usize,
    },
    Error(String),
}

#[derive(Clone, Debug, Serialize)]
struct File {
    name: String,
    sha256: String,
}

impl Perturb {
    pub(super) fn run(self) -> Result<u8, Failed> {
        if self.list {
            let lines = presets().iter().map(|preset| {
                let chains = preset.chains().len();
                format!(
                    "{} ({chains} chains)\n    {}\n",
                    preset.name, preset.description
                )
            });
            output::write(None, lines.collect::<String>().as_bytes())?;
            return Ok(exit::OK);
        }
        let (Some(image_path), Some(mask_path), Some(out)) = (&self.image, &self.mask, &self.out)
        else {
            unreachable!("clap requires the three without --list");
        };
        let chains = self.chains()?;
        let settings = self.settings.as_deref().map(settings::read).transpose()?;
        let (image, mask) = self.scan(image_path, mask_path)?;
        let key = match &self.case {
            Some(name) => SeedKey::of_name(self.seed, name),
            None => SeedKey::of_content(self.seed, &image, &mask),
        };
        let rounds = settings
            .as_ref()
            .is_some_and(|settings| settings.round_on_load);
        let interpolate = settings.and_then(|settings| settings.interpolate);
        let loaded = match rounds {
            true => round_intensities(&image),
            false => std::borrow::Cow::Borrowed(&image),
        };
        let work = Work {
            image: &loaded,
            mask: &mask,
            key: &key,
            interpolate: interpolate.as_ref(),
            algorithm: self.interpolation.into(),
            out,
        };
        new_folder(out)?;
        let made = work.make(&chains)?;
        let failed = made
            .iter()
            .filter(|made| matches!(made.result, Outcome::Error(_)))
            .count();
        for made in &made {
            if let Outcome::Error(error) = &made.result {
                eprintln!(
                    "radgauge: {}: {}",
                    output::printable(&made.chain.name),
                    output::printable(error)
                );
            }
        }
        let manifest = Manifest {
            format: "radgauge.perturb/1",
            version: env!("CARGO_PKG_VERSION"),
            preset: self.preset.clone(),
            seed: self.seed,
            case: key.to_string(),
            source: [
                source(image_path, &image, image.grid().len()),
                source(mask_path, &mask, mask.count()),
            ],
            interpolate,
            chains: made,
        };
        let text = serde_json::to_string_pretty(&manifest).expect("a manifest has a JSON form");
        let file = out.join("manifest.json");
        write_atomically(&file, format!("{text}\n").as_bytes())
            .with_context(|| format!("cannot write `{}`", file.display()))
            .map_err(Failed::usage)?;
        let total = chains.len();
        output::write(
            None,
            format!(
                "{} of {total} chains written to {}\n",
                total - failed,
                out.display()
            )
            .as_bytes(),
        )?;
        Ok(if failed == 0 { exit::OK } else { exit::SHORT })
    }

    fn chains(&self) -> Result<Vec<Chain>, Failed> {
        if let Some(name) = &self.preset {
            let found = preset(name).ok_or_else(|| {
                let mut names: Vec<&str> = presets().iter().map(|preset| preset.name).collect();
                names.sort_by_key(|known| strsim::levenshtein(known, name));
                Failed::usage(anyhow!(
                    "there is no set of perturbations `{name}`; the nearest is `{}`, `radgauge perturb --list` names all",
                    names[0]
                ))
            })?;
            return Ok(found.chains());
        }
        let Some(file) = &self.chain else {
            unreachable!("clap requires one of the two");
        };
        let chains = chains_from_toml(&input::text(file)?)
            .with_context(|| format!("chains `{}`", file.display()))
            .map_err(Failed::usage)?;
        if chains.is_empty() {
            return Err(Failed::usage(anyhow!("`{}` has no chain", file.display())));
        }
        Ok(chains)
    }

    fn scan(&self, image: &Path, mask: &Path) -> Result<(Image, Mask), Failed> {
        let voxels = match &self.series {
            Some(uid) => read_series(image, Some(uid)),
            None => read_image(image),
        };
        let voxels = voxels.map_err(Failed::data)?;
        let roi = match (self.label, &self.roi) {
            (Some(label), _) => RoiChoice::Number(label.get()),
            (None, Some(roi)) => roi.clone(),
            (None, None) => RoiChoice::Only,
        };
        let region = read_roi(mask, voxels.grid(), &roi).map_err(Failed::data)?;
        check_same_grid(voxels.grid(), region.grid())
            .with_context(|| {
                format!(
                    "`{}` and `{}` do not lie on one grid",
                    image.display(),
                    mask.display()
                )
            })
            .map_err(Failed::data)?;
        Ok((voxels, region))
    }
}

fn source(
    path: &Path,
    volume: &radgauge_engine::volume::Volume<impl Copy>,
    voxels: usize,
) -> Source {
    let name = path.file_name().unwrap_or_default();
    Source {
        name: name.to_string_lossy().into_owned(),
        size: volume.size(),
        spacing_mm: volume.grid().spacing_mm,
        voxels,
    }
}

fn new_folder(folder: &Path) -> Result<(), Failed> {
    let name = folder.display();
    let entries = fs::create_dir_all(folder).and_then(|()| fs::read_dir(folder));
    let mut entries = entries
        .with_context(|| format!("cannot write to `{name}`"))
        .map_err(Failed::usage)?;
    if entries.next().is_some() {
        return Err(Failed::usage(anyhow!(
            "`{name}` is not empty: expected a new or an empty folder"
        )));
    }
    Ok(())
}

/// Everything that chains have in common.
struct Work<'a> {
    image: &'a Image,
    mask: &'a Mask,
    key: &'a SeedKey,
    interpolate: Option<&'a Interpolate>,
    algorithm: Interpolation,
    out: &'a Path,
}

impl Work<'_> {
    /// Makes the chains, in their order. Those that share an interpolated image are made together.
    fn make(&self, chains: &[Chain]) -> Result<Vec<Made>, Failed> {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, chain) in chains.iter().enumerate() {
            groups.entry(chain.shared()).or_default().push(place);
        }
        let groups: Vec<Vec<usize>> = groups.into_values().collect();
        let made: Result<Vec<_>, Failed> = groups
            .par_iter()
            .with_max_len(1)
            .map(|places| self.make_group(chains, places))
            .collect();
        let mut made: Vec<(usize, Outcome)> = made?.into_iter().flatten().collect();
        made.sort_by_key(|(place, _)| *place);
        let made = made.into_iter().map(|(place, result)| {
            let chain = chains[place].clone();
            let random = chain.steps.iter().filter(|step| step.is_random());
            Made {
                seeds: random.map(|step| self.key.text(step, chain.draw)).collect(),
                chain,
                result,
            }
        });
        Ok(made.collect())
    }

    fn make_group(
        &self,
        chains: &[Chain],
        places: &[usize],
    ) -> Result<Vec<(usize, Outcome)>, Failed> {
        let (image, mask) = match self.interpolated(&chains[places[0]]) {
            Ok(interpolated) => interpolated,
            Err(error) => {
                let error = error.to_string();
                return Ok(places
                    .iter()
                    .map(|place| (*place, Outcome::Error(error.clone())))
                    .collect());
            }
        };
        // An image that no chain uses is not written.
        let mut image_file = None;
        let mut outcomes = Vec::with_capacity(places.len());
        for &place in places {
            let outcome = match chains[place].region(&image, &mask, self.key) {
                Err(error) => Outcome::Error(error.to_string()),
                Ok(mask) => {
                    let image_file = match &image_file {
                        Some(file) => File::clone(file),
                        None => {
                            let name = format!("image-{:04}.nii.gz", places[0]);
                            let file = self.write(name, |path| write_image(path, &image))?;
                            image_file.insert(file).clone()
                        }
                    };
                    let name = format!("mask-{place:04}.nii.gz");
                    Outcome::Files {
                        image: image_file,
                        mask: self.write(name, |path| write_mask(path, &mask))?,
                        size: mask.size(),
                        spacing_mm: mask.grid().spacing_mm,
                        voxels: mask.count(),
                    }
                }
            };
            outcomes.push((place, outcome));
        }
        Ok(outcomes)
    }

    /// Image and mask after what comes before interpolation, and interpolation in the chain's pose.
    fn interpolated(&self, chain: &Chain) -> Result<(Image, Mask), PerturbError> {
        let (image, mask) = chain.scan(self.image, self.mask, self.key)?;
        let own;
        let settings = match self.interpolate {
            Some(settings) => settings,
            None => {
                own = Interpolate::at_own_spacing(image.grid(), self.algorithm);
                &own
            }
        };
        let pose = chain.pose();
        Ok((
            interpolate_image_posed(&image, settings, &pose)?,
            interpolate_mask_posed(&mask, settings, &pose)?,
        ))
    }

    fn write<E>(
        &self,
        name: String,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<File, Failed>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let path = self.out.join(&name);
        let context = || format!("cannot write `{}`", path.display());
        write(&path).with_context(context).map_err(Failed::usage)?;
        let bytes = fs::read(&path)
            .with_context(context)
            .map_err(Failed::usage)?;
        Ok(File {
            name,
            sha256: hex(&Sha256::digest(bytes)),
        })
    }
}
