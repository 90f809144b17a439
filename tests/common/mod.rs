//! What the integration tests share: NIfTI files written byte by byte (never with the project's own writer, so that a
//! mistake shared by reader and writer cannot hide), and the binary.

#![allow(
    dead_code,
    reason = "each test binary uses its own part of this module"
)]

pub mod dicom;

pub mod results;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A NIfTI-1 file to be written: float32 voxels, identity orientation.
#[derive(Clone, Debug)]
pub struct Nifti {
    pub size: [i16; 3],
    pub spacing_mm: [f32; 3],
    pub origin_mm: [f32; 3],
    pub voxels: Vec<f32>,
}

impl Nifti {
    /// A volume with 1 mm voxels whose voxel (x, y, z) is `f(x, y, z)`.
    pub fn from_fn(size: [i16; 3], f: impl Fn(i16, i16, i16) -> f32) -> Self {
        let mut voxels = Vec::new();
        for z in 0..size[2] {
            for y in 0..size[1] {
                for x in 0..size[0] {
                    voxels.push(f(x, y, z));
                }
            }
        }
        Self {
            size,
            spacing_mm: [1.0; 3],
            origin_mm: [0.0; 3],
            voxels,
        }
    }

    /// The bytes of the file: header of 348 bytes, 4 bytes of no extension, voxels.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0u8; 352];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &348i32.to_le_bytes());
        put(40, &3i16.to_le_bytes());
        for (axis, size) in self.size.iter().enumerate() {
            put(42 + 2 * axis, &size.to_le_bytes());
        }
        for axis in 3..7 {
            put(42 + 2 * axis, &1i16.to_le_bytes());
        }
        put(70, &16i16.to_le_bytes());
        put(72, &32i16.to_le_bytes());
        put(76, &1f32.to_le_bytes());
        for (axis, spacing) in self.spacing_mm.iter().enumerate() {
            put(80 + 4 * axis, &spacing.to_le_bytes());
            // The rows of the sform: spacing on the diagonal, the origin in the last column.
            put(280 + 16 * axis + 4 * axis, &spacing.to_le_bytes());
            put(280 + 16 * axis + 12, &self.origin_mm[axis].to_le_bytes());
        }
        put(108, &352f32.to_le_bytes());
        put(254, &1i16.to_le_bytes());
        put(344, b"n+1\0");
        bytes.extend(self.voxels.iter().flat_map(|voxel| voxel.to_le_bytes()));
        bytes
    }

    /// Writes the file and gives its path.
    pub fn write(&self, folder: &Path, name: &str) -> PathBuf {
        write(folder, name, &self.bytes())
    }
}

/// Writes bytes to a file in the folder and gives its path.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("the test folder can be written");
    path
}

/// The binary under test, with no data set in its environment.
pub fn radgauge() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_radgauge"));
    command
        .env_remove("RADGAUGE_DATA")
        .env("XDG_CACHE_HOME", "/nonexistent")
        .env("NO_COLOR", "1");
    command
}

/// Exit code, standard output and standard error of a finished run.
pub fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the binary starts");
    (
        status.code().expect("the binary is not killed"),
        String::from_utf8(stdout).expect("UTF-8"),
        String::from_utf8(stderr).expect("UTF-8"),
    )
}
