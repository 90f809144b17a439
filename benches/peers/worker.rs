//! Loads an image and a mask and extracts once for every line on standard input, as `worker.py` does with the peers.
//!
//! Usage: `peers_worker SETTINGS IMAGE MASK`, where SETTINGS is a preset or a file. Answers each line with the number of
//! feature values.

use std::{
    env, fs,
    io::{self, BufRead},
    path::PathBuf,
};

use anyhow::{Context, bail};
use radgauge_engine::{
    io::{read_image, read_mask},
    pipeline,
    settings::Settings,
};
use radgauge_reference::ibsi1::preset;

/// As in the program.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [settings, image, mask] = arguments.as_slice() else {
        bail!("expected SETTINGS IMAGE MASK, found {arguments:?}");
    };
    let settings = match preset(settings) {
        Some(preset) => preset.settings.clone(),
        None => Settings::from_toml(&fs::read_to_string(settings).context(settings.clone())?)?,
    };
    let image = read_image(PathBuf::from(image))?;
    let mask = read_mask(PathBuf::from(mask), None)?;
    for line in io::stdin().lock().lines() {
        line?;
        let extraction = pipeline::extract(&image, &mask, &settings)?;
        let values = extraction.features.rows().iter();
        println!("{}", values.filter(|(_, value)| value.is_ok()).count());
    }
    Ok(())
}
