//! Random numbers that are the same on every machine and in every version of a random-number library: the stream of
//! ChaCha8, and nothing but exact arithmetic on it.
//!
//! The key is the seed, eight bytes with the lowest first, followed by `radgauge phantoms` and zeros; the *stream* (the
//! nonce of ChaCha) tells what the numbers are for, so that one seed serves many independent uses.
//!
//! Sines, exponentials and logarithms differ between mathematical libraries in the last bit. Phantoms use additions,
//! multiplications, divisions and square roots only, which IEEE 754 fixes to the last bit.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// The generator of a seed and a stream.
pub(crate) fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    const PURPOSE: &[u8; 17] = b"radgauge phantoms";
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..8 + PURPOSE.len()].copy_from_slice(PURPOSE);
    let mut generator = ChaCha8Rng::from_seed(key);
    generator.set_stream(stream);
    generator
}

/// Draws one number after the other.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(generator(seed, stream))
    }

    /// Uniform in `[0, 1)`: a multiple of 2⁻⁵³.
    pub(crate) fn uniform(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * UNIT
    }

    /// Uniform in `[low, high)`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A unit vector, uniform on the sphere: the direction of a point drawn in the ball.
    pub(crate) fn direction(&mut self) -> [f64; 3] {
        loop {
            let point = [0; 3].map(|_| self.between(-1.0, 1.0));
            let square: f64 = point.iter().map(|c| c * c).sum();
            if (0.01..=1.0).contains(&square) {
                let length = square.sqrt();
                return point.map(|c| c / length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a transcription of the ChaCha definition in another language gives (eight rounds, 64-bit counter and nonce).
    #[test]
    fn stream_is_that_of_chacha8() {
        let words = |seed, stream| {
            let mut generator = generator(seed, stream);
            [0; 4].map(|_| generator.next_u32())
        };
        assert_eq!(
            words(0, 0),
            [0xf13c1052, 0xb8838c49, 0x50eb6561, 0x7b51cd81],
            "seed 0, stream 0"
        );
        assert_eq!(
            words(7, 3),
            [0x9174eeda, 0xed995138, 0x6c952e81, 0x74cf5a0b],
            "seed 7, stream 3"
        );
    }

    #[test]
    fn draws_keep_to_their_range() {
        let mut draws = Draws::new(1, 1);
        let mut sum = 0.0;
        for _ in 0..1000 {
            let number = draws.between(-2.0, 6.0);
            assert!((-2.0..6.0).contains(&number), "{number} from -2 to 6");
            sum += number;
            let direction = draws.direction();
            let length: f64 = direction.iter().map(|c| c * c).sum();
            assert!((length - 1.0).abs() < 1e-15, "{direction:?} has length 1");
        }
        // The standard deviation of the mean is 8 / √(12 · 1000) = 0.073.
        assert!((sum / 1000.0 - 2.0).abs() < 0.3, "the mean is 2: {sum}");
    }
}
