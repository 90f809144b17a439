//! Where random numbers come from: a hash of what is perturbed and how, so that the same perturbation of the same case is
//! the same on every machine, in whatever order and on however many threads it is computed.

use std::fmt;

use radgauge_engine::volume::{Image, Mask};
use sha2::{Digest, Sha256};

use super::Perturbation;

/// What the random numbers of a case hang on: a seed and the case.
///
/// # Definition
/// The key of the generator is the SHA-256 of this text, UTF-8 with `\n` at the end of each of its five lines:
/// ```text
/// radgauge perturb 1
/// seed <seed, decimal>
/// case <case, 64 hexadecimal digits>
/// step <canonical text of the perturbation>
/// draw <number of the draw, decimal>
/// ```
/// The generator is ChaCha8 with these 32 bytes as its key, a 64-bit block counter from 0 and a 64-bit nonce that tells
/// independent streams apart: most perturbations have one stream for each slice, see there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeedKey {
    seed: u64,
    case: [u8; 32],
}

impl SeedKey {
    /// The key of a case that the caller names. Two cases with one name get the same random numbers.
    #[must_use]
    pub fn of_name(seed: u64, name: &str) -> Self {
        Self {
            seed,
            case: Sha256::digest(name).into(),
        }
    }

    /// The key of a case by its content: sizes and spacings of the image's grid, intensities and mask, whatever the files
    /// were called.
    ///
    /// # Definition
    /// The case is the SHA-256 of these bytes: `nx, ny, nz` as 64-bit integers, `sx, sy, sz` in mm as IEEE 754 doubles,
    /// the intensities as doubles, x fastest, then a byte for each voxel of the mask, 1 inside and 0 outside; all with
    /// the lowest byte first.
    #[must_use]
    pub fn of_content(seed: u64, image: &Image, mask: &Mask) -> Self {
        let mut hash = Sha256::new();
        for n in image.size() {
            hash.update((n as u64).to_le_bytes());
        }
        for spacing in image.grid().spacing_mm {
            hash.update(spacing.to_le_bytes());
        }
        for row in image.as_slice().chunks(1024) {
            let bytes: Vec<u8> = row.iter().flat_map(|voxel| voxel.to_le_bytes()).collect();
            hash.update(bytes);
        }
        for row in mask.as_slice().chunks(8192) {
            let bytes: Vec<u8> = row.iter().map(|inside| u8::from(*inside)).collect();
            hash.update(bytes);
        }
        Self {
            seed,
            case: hash.finalize().into(),
        }
    }

    /// The text that is hashed to the key of the generator of one draw of a perturbation.
    #[must_use]
    pub fn text(&self, step: &Perturbation, draw: u32) -> String {
        format!(
            "radgauge perturb 1\nseed {}\ncase {self}\nstep {}\ndraw {draw}\n",
            self.seed,
            step.canonical()
        )
    }

    pub(super) fn random(&self, step: &Perturbation, draw: u32) -> Random {
        Random {
            key: Sha256::digest(self.text(step, draw)).into(),
        }
    }
}

/// The case, in hexadecimal digits.
impl fmt::Display for SeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.case
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The random numbers of one draw of a perturbation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Random {
    key: [u8; 32],
}
