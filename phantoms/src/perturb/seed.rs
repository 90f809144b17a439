//! Where random numbers come from: a hash of what is perturbed and how, so that the same perturbation of the same case is
//! the same on every machine, in whatever order and on however many threads it is computed.

use std::fmt;

use radgauge_engine::volume::{Image, Mask};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use sha2::{Digest, Sha256};

use super::{Perturbation, normal::normal_quantile};

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
/// independent streams apart; perturbations of images have one stream for each slice, so that threads do not matter.
///
/// A stream is read in words of 64 bits w (two words of ChaCha, the lower half first), each of which is one number:
/// ```text
/// uniform   u = (⌊w / 2¹¹⌋ + ½) / 2⁵³             in (0, 1)
/// normal    Φ⁻¹(u)                               by AS 241, see the tests for known answers
/// index     ⌊u n⌋                                from 0 to n − 1
/// ```
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

impl Random {
    /// One of the independent streams.
    pub(super) fn stream(&self, stream: u64) -> Stream {
        let mut generator = ChaCha8Rng::from_seed(self.key);
        generator.set_stream(stream);
        Stream(generator)
    }
}

/// A stream of random numbers.
pub(super) struct Stream(ChaCha8Rng);

impl Stream {
    /// Uniform between 0 and 1, neither of them.
    pub(super) fn uniform(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;
        ((self.0.next_u64() >> 11) as f64 + 0.5) * UNIT
    }

    /// Standard normal.
    pub(super) fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Uniform from 0 to `n − 1`; n is not 0.
    pub(super) fn index(&mut self, n: usize) -> usize {
        // The product may round up to n.
        ((self.uniform() * n as f64) as usize).min(n - 1)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use radgauge_engine::volume::{Grid, Volume};

    use super::*;

    fn noise() -> Perturbation {
        toml::from_str("kind = 'noise'\nlevel = 12.5\n").expect("a perturbation")
    }

    #[test]
    fn the_hashed_text_is_the_documented_one() {
        let key = SeedKey::of_name(7, "patient 1");
        assert_eq!(
            key.text(&noise(), 3),
            concat!(
                "radgauge perturb 1\nseed 7\n",
                "case fe7592d01d79c2c51ebf00617a9834b11886d6d3752f578b09fd3cb2e731466a\n",
                r#"step {"kind":"noise","model":"white","level":12.5,"estimator":"chang","#,
                r#""factor":1.0,"fwhm_mm":1.5,"surround":0.9}"#,
                "\ndraw 3\n"
            )
        );
    }

    #[test]
    fn content_decides_the_case() {
        let grid = Grid::axis_aligned([2, 1, 1], [1.0, 2.0, 3.0]);
        let image = Volume::from_flat(grid.clone(), vec![1.0, -2.5]);
        let mask = image.map(|voxel| *voxel > 0.0);
        let key = SeedKey::of_content(1, &image, &mask);
        assert_eq!(
            key.to_string(),
            "6d8efc22506dad8d11a2a8ed490f7d9542b930ee8e2cec5e9255fc01f5dd3ba3",
            "by a transcription in Python"
        );
        assert_ne!(key, SeedKey::of_content(2, &image, &mask), "another seed");
        let other = image.map(|voxel| voxel + 1.0);
        assert_ne!(
            key,
            SeedKey::of_content(1, &other, &mask),
            "other intensities"
        );
        let other = mask.map(|inside| !inside);
        assert_ne!(key, SeedKey::of_content(1, &image, &other), "another mask");
    }

    /// Known answers from a transcription of SHA-256, ChaCha8 and AS 241 in Python.
    #[test]
    fn streams_are_those_of_the_definition() {
        let random = SeedKey::of_name(7, "patient 1").random(&noise(), 3);
        let mut stream = random.stream(5);
        let normals = [0; 3].map(|_| stream.normal());
        let expected = [-1.9939486086698295, 0.8451106417064691, -2.488032869325158];
        for (normal, expected) in normals.iter().zip(expected) {
            // The logarithm in the tails is that of another library.
            assert_relative_eq!(*normal, expected, max_relative = 4.0 * f64::EPSILON);
        }
        let mut stream = random.stream(0);
        let indices = [0; 6].map(|_| stream.index(1000));
        assert_eq!(indices, [81, 165, 549, 316, 410, 347]);
    }
}
