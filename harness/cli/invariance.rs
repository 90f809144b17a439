//! `radgauge invariance`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use radgauge_engine::{
    io::{self, RoiChoice, check_same_grid},
    settings::Settings,
};
use radgauge_reference::datasets::{Library, sha256};

use super::{Failed, check_jobs, examples, output, selection, under_test::UnderTest};
use crate::{
    certify::{Options, certify, exit},
    report,
    suite::{
        Given, Suite,
        invariance::{self, Exclusion, exclusions},
    },
};

/// Check that features stay what they are when nothing that matters is changed; needs no reference values
///
/// The image is mirrored, turned, padded, cut, moved, its intensities are mapped with a fixed number of bins, it is stored
/// in other forms of file: theory says what stays, and how exactly. Without an image a phantom that is made in code is
/// taken, which `radgauge certify` checks as well.
#[derive(Debug, Args)]
pub(super) struct Invariance {
    #[command(flatten)]
    under_test: UnderTest,
    /// The image: NIfTI, or a DICOM folder
    #[arg(long, value_name = "FILE", requires = "mask")]
    image: Option<PathBuf>,
    /// The region of interest on the grid of the image
    #[arg(long, value_name = "FILE", requires = "image")]
    mask: Option<PathBuf>,
    /// The label of the region, where the mask has several
    #[arg(long, value_name = "N", requires = "mask")]
    label: Option<u32>,
    /// Settings (TOML) without interpolation and filter, for an image of one's own; otherwise 32 bins, all features
    #[arg(long, value_name = "FILE", requires = "image")]
    settings: Option<PathBuf>,
    /// Only checks whose id matches this glob, e.g. `invariance/flip-x/*` or `*/glcm/*`; may be repeated
    #[arg(long, value_name = "GLOB")]
    select: Vec<String>,
    /// Shrink every violation to the smallest image that shows it, and write that into this folder: NIfTI files, settings,
    /// a README. Asks up to 250 more pairs of questions for each
    #[arg(long, value_name = "DIR")]
    examples: Option<PathBuf>,
    /// List what is checked and what is not, with the reason, and run nothing
    #[arg(long)]
    list: bool,
    /// Write the result document (JSON Lines) to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the result document and every report of it into this folder
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Number of threads, and of processes of an adapter (otherwise 1)
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// An image of one's own with its region, and the settings.
type GivenWithSettings = (&'static Given, Settings);

/// The number of bins for an image of one's own.
const BINS: u32 = 32;

impl Invariance {
    pub(super) fn run(self) -> Result<u8, Failed> {
        let selection = selection(&self.select)?;
        check_jobs(self.jobs)?;
        let library = Library::locate(None);
        let options = Options {
            selection,
            library: &library,
            requires_data: false,
        };
        let given = self.given()?;
        let suites = vec![match &given {
            Some((input, settings)) => invariance::on(input, settings)
                .map_err(|error| Failed::usage(anyhow::anyhow!("--settings: {error}")))?,
            None => invariance::invariance(),
        }];
        if self.list {
            let excluded = match &given {
                Some((given, settings)) => exclusions(&given.image, &given.mask, settings),
                None => invariance::default_exclusions(),
            };
            output::write(None, list(&suites[0], &excluded).as_bytes())?;
            return Ok(exit::OK);
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.jobs.unwrap_or_else(|| self.under_test.default_jobs()))
            .build()
            .map_err(Failed::usage)?;
        let (implementation, suites) = self.under_test.start(|| Ok(suites))?;
        let mut results = pool.install(|| certify(&*implementation, &suites, &options, &|_| {}));
        let written = match &self.examples {
            Some(folder) => pool.install(|| {
                examples::add(&*implementation, &suites, &library, &mut results, folder)
            }),
            None => Ok(()),
        };
        let document = results.seal();
        if let Some(path) = &self.out {
            output::write(Some(path), &document)?;
        }
        if let Some(folder) = &self.report {
            super::report::write_all(folder, &document, &results)?;
        }
        if !self.quiet {
            let text = output::printable(&report::terminal::render(&results));
            output::write(None, text.as_bytes())?;
        }
        written?;
        Ok(results.end.exit_code)
    }

    /// The image and the region that were named, with their settings. They live as long as the program, as phantoms do.
    fn given(&self) -> Result<Option<GivenWithSettings>, Failed> {
        let (Some(image_file), Some(mask_file)) = (&self.image, &self.mask) else {
            return Ok(None);
        };
        let settings = match &self.settings {
            Some(path) => read_settings(path)?,
            None => Settings {
                discretise: radgauge_engine::settings::Discretise::FixedBinNumber { bins: BINS },
                ivh: radgauge_engine::settings::Discretise::FixedBinNumber { bins: 1000 },
                ..Settings::default()
            },
        };
        let image = io::read_image(image_file).map_err(Failed::data)?;
        let roi = match self.label {
            Some(label) => RoiChoice::Number(label),
            None => RoiChoice::Only,
        };
        let mask = io::read_roi(mask_file, image.grid(), &roi).map_err(Failed::data)?;
        check_same_grid(image.grid(), mask.grid()).map_err(Failed::data)?;
        let hashed = |name: &str, file: &Path| {
            let hash = sha256(file).with_context(|| format!("cannot read `{}`", file.display()));
            Ok((name.to_owned(), hash.map_err(Failed::data)?))
        };
        let files = [hashed("image", image_file), hashed("mask", mask_file)];
        let given = Given {
            image,
            mask,
            hashes: files.into_iter().collect::<Result<_, Failed>>()?,
        };
        Ok(Some((Box::leak(Box::new(given)), settings)))
    }
}

fn read_settings(path: &Path) -> Result<Settings, Failed> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))
        .map_err(Failed::usage)?;
    Settings::from_toml(&text)
        .with_context(|| format!("`{}`", path.display()))
        .map_err(Failed::usage)
}

/// What is checked, and what is not.
fn list(suite: &Suite, excluded: &[Exclusion]) -> String {
    let mut text = String::from("checked\n");
    for case in &suite.cases {
        text += &format!(
            "  {:<30} {:>4}  {}\n",
            case.id,
            case.checks.len(),
            case.title
        );
    }
    text += "not checked\n";
    for Exclusion {
        transformation,
        families,
        features,
        reason,
    } in excluded
    {
        let what: Vec<&str> = families.iter().map(|family| family.slug()).collect();
        let id = format!("{}/{transformation}", invariance::NAME);
        text += &match what[..] {
            [] => format!("  {id:<30}       {reason}\n"),
            _ => format!("  {id:<30} {features:>4}  {}: {reason}\n", what.join(" ")),
        };
    }
    text
}
