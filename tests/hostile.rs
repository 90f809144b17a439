//! Every reader survives whatever a file holds: the seeds of `fuzz/seeds`, cut and mutated. No panic, no stack
//! overflow, and no memory beyond what a small file can need: each test runs again in a process of its own that may
//! only have [`MEMORY_KIB`], where an allocation that a header announces ends it.

#[path = "../fuzz/readers.rs"]
mod readers;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The address space of a process that reads files of a few kilobytes, most of it for the program itself.
const MEMORY_KIB: u32 = 128 * 1024;

/// Mutations of each seed.
const MUTATIONS: u64 = 500;

/// Says that this process is the one with little memory.
const IS_CONFINED: &str = "RADGAUGE_HOSTILE_IS_CONFINED";

#[test]
fn nifti() {
    survives("nifti", readers::nifti);
}

#[test]
fn dicom() {
    survives("dicom", readers::dicom);
}

#[test]
fn results() {
    survives("results", readers::results);
}

#[test]
fn settings() {
    survives("settings", readers::settings);
}

#[test]
fn values() {
    survives("values", readers::values);
}

#[test]
fn adapter() {
    survives("adapter", readers::adapter);
}

fn survives(name: &str, read: fn(&[u8], &Path)) {
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "fuzz/seeds/{name} has seeds");
    if env::var_os(IS_CONFINED).is_none() && cfg!(target_os = "linux") {
        return confined(name);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (s, (path, seed)) in seeds.iter().enumerate() {
        // Shown when the test fails.
        println!("{}", path.display());
        read(seed, folder.path());
        for length in (0..64).map(|i| seed.len() * i / 64) {
            read(&seed[..length], folder.path());
        }
        for m in 0..MUTATIONS {
            println!("mutation {m}");
            let mut random = Random(m * 64 + s as u64 + 1);
            read(&mutated(seed, &mut random), folder.path());
        }
    }
}

/// Runs one test of this program in a process with little memory.
fn confined(name: &str) {
    let program = env::current_exe().expect("this program has a path");
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -v \"$1\" && exec \"$0\" --exact \"$2\" --test-threads 1",
        ])
        .arg(program)
        .args([&MEMORY_KIB.to_string(), name])
        .env(IS_CONFINED, "1")
        // A thread's arena reserves address space as luck has it, up to all that there is.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .expect("a shell starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success() && text(&output.stdout).contains("1 passed"),
        "{}: {}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
}

fn seeds(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(name);
    let entries = fs::read_dir(folder).expect("the seeds are part of the repository");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).expect("a seed can be read");
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

/// SplitMix64: the same mutations on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// One to four changes: flipped bits, bytes and numbers at their limits, parts left out, doubled or swapped in.
fn mutated(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + random.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF, b'9', b'\\', b'"'][random.below(8)],
            2 => {
                let number: [u8; 4] = [
                    [0xFF; 4],
                    [0; 4],
                    [0xFF, 0xFF, 0xFF, 0x7F],
                    [0x7F, 0xFF, 0xFF, 0xFF],
                    [0xF0, 0xFF, 0xFF, 0x3F],
                    [0, 0, 0x80, 0x7F],
                ][random.below(6)];
                let n = bytes.len().min(at + 4) - at;
                bytes[at..at + n].copy_from_slice(&number[..n]);
            }
            3 => drop(bytes.drain(at..end)),
            4 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}
