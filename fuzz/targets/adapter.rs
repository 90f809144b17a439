#![no_main]

#[path = "../readers.rs"]
#[allow(dead_code, reason = "each target uses one reader")]
mod readers;

use std::{env, fs, process, sync::LazyLock};

static FOLDER: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    let folder = env::temp_dir().join(format!("radgauge-fuzz-adapter-{}", process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| readers::adapter(bytes, &FOLDER));
