//! `radgauge phantom`

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, Subcommand};
use radgauge_engine::{
    io,
    volume::{Image, Mask},
};
use radgauge_phantoms::{ibsi1, ibsi2, imsure, scan};
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Failed, output};
use crate::{
    certify::exit,
    results::hex,
    suite::{Input, analytic},
};

/// The manifest's name in the folder.
const MANIFEST: &str = "manifest.json";

/// Phantoms: images with known answers, and synthetic scans
#[derive(Debug, Subcommand)]
pub(super) enum PhantomCommand {
    List(List),
    Make(Make),
}

/// List the phantoms
#[derive(Debug, Args)]
pub(super) struct List {}

/// Write phantoms as NIfTI images and masks, with a manifest
///
/// The same name, seed and version of radgauge give the same voxels on every machine.
#[derive(Debug, Args)]
pub(super) struct Make {
    /// Which; `radgauge phantom list` lists them
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// The folder to write to; it is made when it is not there
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// The seed of phantoms that have one: another seed is another patient, or another tissue
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write the whole of an ImSURE-style phantom with one file of labels, instead of 90 cut-outs: 218 million voxels
    #[arg(long)]
    full: bool,
}

impl PhantomCommand {
    pub(super) fn run(self) -> Result<u8, Failed> {
        match self {
            Self::List(_) => list(),
            Self::Make(make) => make.run(),
        }
    }
}

/// A phantom by its name.
struct Phantom {
    name: &'static str,
    title: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Fixed(fn() -> (Image, Mask)),
    Seeded {
        make: fn(u64) -> (Image, Mask),
        default: u64,
    },
    /// Every phantom of the suite `analytic`.
    Analytic,
    Imsure(imsure::Phantom),
}

const PHANTOMS: [Phantom; 10] = [
    Phantom {
        name: "abdominal-ct",
        title: "synthetic abdominal CT with a liver lesion",
        kind: Kind::Seeded {
            make: |seed| {
                let scan = scan::abdominal_ct(seed);
                (scan.image, scan.mask)
            },
            default: 1,
        },
    },
    Phantom {
        name: "analytic",
        title: "all phantoms of the suite analytic: solids, boxes, textures, regions",
        kind: Kind::Analytic,
    },
    Phantom {
        name: "ibsi1-digital",
        title: "digital phantom of IBSI 1",
        kind: Kind::Fixed(ibsi1::digital_phantom),
    },
    Phantom {
        name: "ibsi2-checkerboard",
        title: "checkerboard phantom of IBSI 2",
        kind: Kind::Fixed(|| whole(ibsi2::checkerboard())),
    },
    Phantom {
        name: "ibsi2-impulse",
        title: "impulse response phantom of IBSI 2",
        kind: Kind::Fixed(|| whole(ibsi2::impulse())),
    },
    Phantom {
        name: "ibsi2-orientation",
        title: "orientation phantom of IBSI 2",
        kind: Kind::Fixed(|| whole(ibsi2::orientation())),
    },
    Phantom {
        name: "ibsi2-pattern-1",
        title: "pattern #1 phantom of IBSI 2",
        kind: Kind::Fixed(|| whole(ibsi2::pattern_1())),
    },
    Phantom {
        name: "ibsi2-sphere",
        title: "sphere phantom of IBSI 2",
        kind: Kind::Fixed(|| whole(ibsi2::sphere())),
    },
    Phantom {
        name: "imsure-anisotropic",
        title: "ImSURE-style phantom on voxels of 0.977 × 0.977 × 3 mm: 90 regions",
        kind: Kind::Imsure(imsure::Phantom::Anisotropic),
    },
    Phantom {
        name: "imsure-isotropic",
        title: "ImSURE-style phantom on voxels of 1 mm: 90 regions",
        kind: Kind::Imsure(imsure::Phantom::Isotropic),
    },
];

fn whole(image: Image) -> (Image, Mask) {
    let mask = ibsi2::full_mask(&image);
    (image, mask)
}

fn list() -> Result<u8, Failed> {
    let mut text = String::new();
    for phantom in &PHANTOMS {
        let seed = match phantom.default_seed() {
            Some(seed) => format!("; seed {seed} unless --seed says another"),
            None => String::new(),
        };
        text += &format!("{:<20} {}{seed}\n", phantom.name, phantom.title);
    }
    output::write(None, text.as_bytes())?;
    Ok(exit::OK)
}

impl Phantom {
    fn default_seed(&self) -> Option<u64> {
        match self.kind {
            Kind::Seeded { default, .. } => Some(default),
            Kind::Imsure(_) => Some(imsure::SEED),
            Kind::Fixed(_) | Kind::Analytic => None,
        }
    }
}

/// What was written, and by what.
#[derive(Serialize)]
struct Manifest {
    schema: &'static str,
    generator: &'static str,
    version: &'static str,
    phantoms: Vec<Made>,
}

/// A phantom that was written.
#[derive(Serialize)]
struct Made {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    files: Vec<File>,
}

/// A file of it.
#[derive(Serialize)]
struct File {
    /// In the folder.
    path: String,
    /// `image`, `mask` or `labels`.
    role: &'static str,
    sha256: String,
    /// By label, the regions of a file of labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    regions: Vec<&'static str>,
}

impl Make {
    fn run(self) -> Result<u8, Failed> {
        let mut phantoms = Vec::new();
        for name in &self.names {
            let phantom = PHANTOMS.iter().find(|phantom| phantom.name == name);
            let Some(phantom) = phantom else {
                let names: Vec<&str> = PHANTOMS.iter().map(|phantom| phantom.name).collect();
                return Err(Failed::usage(anyhow::anyhow!(
                    "expected one of {}, found `{name}`",
                    names.join(", ")
                )));
            };
            let repeated = phantoms
                .iter()
                .any(|one: &&Phantom| one.name == phantom.name);
            if !repeated {
                phantoms.push(phantom);
            }
        }
        let has = |is_it: fn(&Kind) -> bool| phantoms.iter().any(|phantom| is_it(&phantom.kind));
        if self.full && !has(|kind| matches!(kind, Kind::Imsure(_))) {
            return Err(Failed::usage(anyhow::anyhow!(
                "--full: expected imsure-isotropic or imsure-anisotropic, found {}",
                self.names.join(", ")
            )));
        }
        if self.seed.is_some() && phantoms.iter().all(|one| one.default_seed().is_none()) {
            return Err(Failed::usage(anyhow::anyhow!(
                "--seed: {} have no seed",
                self.names.join(", ")
            )));
        }
        fs::create_dir_all(&self.out)
            .with_context(|| format!("--out: cannot make the folder `{}`", self.out.display()))
            .map_err(Failed::usage)?;
        let mut made = Vec::new();
        for phantom in phantoms {
            made.push(self.make(phantom)?);
        }
        let manifest = Manifest {
            schema: "radgauge.phantoms/1",
            generator: "radgauge",
            version: env!("CARGO_PKG_VERSION"),
            phantoms: made,
        };
        let mut json = serde_json::to_string_pretty(&manifest).map_err(Failed::usage)?;
        json.push('\n');
        output::write(Some(&self.out.join(MANIFEST)), json.as_bytes())?;
        Ok(exit::OK)
    }

    fn make(&self, phantom: &Phantom) -> Result<Made, Failed> {
        let seed = phantom.default_seed().map(|seed| self.seed.unwrap_or(seed));
        let name = phantom.name;
        let files = match phantom.kind {
            Kind::Fixed(make) => self.write(name, make())?,
            Kind::Seeded { make, default } => {
                let seed = seed.unwrap_or(default);
                self.write(&format!("{name}-{seed}"), make(seed))?
            }
            Kind::Analytic => {
                let mut files = Vec::new();
                for case in analytic().cases {
                    if let Input::Numbered { make, number } = case.input {
                        files.extend(self.write(&case.id.replace('/', "-"), make(number))?);
                    }
                }
                files
            }
            Kind::Imsure(sampling) if self.full => {
                self.write_full(name, sampling, seed.unwrap_or(imsure::SEED))?
            }
            Kind::Imsure(sampling) => {
                let seed = seed.unwrap_or(imsure::SEED);
                let regions = imsure::placements().par_iter();
                let files: Result<Vec<Vec<File>>, Failed> = regions
                    .map(|region| {
                        let crop = sampling.crop(region, seed);
                        self.write(&format!("{name}-{}", region.name), crop)
                    })
                    .collect();
                files?.into_iter().flatten().collect()
            }
        };
        Ok(Made { name, seed, files })
    }

    /// An image and its mask.
    fn write(&self, name: &str, (image, mask): (Image, Mask)) -> Result<Vec<File>, Failed> {
        let image = self.file(format!("{name}-image.nii.gz"), "image", |path| {
            io::write_image(path, &image)
        })?;
        let mask = self.file(format!("{name}-mask.nii.gz"), "mask", |path| {
            io::write_mask(path, &mask)
        })?;
        Ok(vec![image, mask])
    }

    /// The whole of a phantom, slice by slice: some slices at a time, on all processors.
    fn write_full(
        &self,
        name: &str,
        sampling: imsure::Phantom,
        seed: u64,
    ) -> Result<Vec<File>, Failed> {
        let grid = sampling.grid();
        let at_a_time = 2 * rayon::current_num_threads();
        let mut ready: Vec<Vec<f64>> = Vec::new();
        let image = self.file(format!("{name}-full-image.nii.gz"), "image", |path| {
            io::write_image_by_slice(path, &grid, |z| {
                if z % at_a_time == 0 {
                    let slices = z..(z + at_a_time).min(grid.size[2]);
                    ready = slices
                        .into_par_iter()
                        .map(|z| sampling.slice(z, seed))
                        .collect();
                }
                std::mem::take(&mut ready[z % at_a_time])
            })
        })?;
        let mut labels = self.file(format!("{name}-full-labels.nii.gz"), "labels", |path| {
            io::write_labels_by_slice(path, &grid, |z| sampling.label_slice(z))
        })?;
        labels.regions = imsure::placements()
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        Ok(vec![image, labels])
    }

    fn file(
        &self,
        path: String,
        role: &'static str,
        write: impl FnOnce(&Path) -> Result<(), io::WriteError>,
    ) -> Result<File, Failed> {
        let target = self.out.join(&path);
        write(&target).map_err(Failed::usage)?;
        let mut hash = Sha256::new();
        let unreadable = || format!("cannot read `{}` back", target.display());
        let mut file = fs::File::open(&target)
            .with_context(unreadable)
            .map_err(Failed::usage)?;
        std::io::copy(&mut file, &mut HashWriter(&mut hash))
            .with_context(unreadable)
            .map_err(Failed::usage)?;
        Ok(File {
            path,
            role,
            sha256: hex(&hash.finalize()),
            regions: Vec::new(),
        })
    }
}

/// Hashes what is written to it.
struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
