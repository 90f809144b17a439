//! Bootstrap over cases: does an interval hold without the model that it was derived from?
//!
//! Cases (subjects) are drawn with replacement, with all their ratings. The interval is that of the percentiles, which
//! with few cases is too narrow and for a correlation biased towards smaller values: a cross-check of an interval by the
//! F distribution, not a replacement for it.
//!
//! Every replicate has its own stream of the ChaCha8 generator, so that the result depends on the seed alone: not on the
//! machine, the number of threads or a version of a random-number library.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use rayon::prelude::*;

use super::{Interval, Level, Ratings, Undefined, dispersion::percentile};

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// How often.
    pub replicates: u32,
    /// The seed of the generator.
    pub seed: u64,
    /// The level of the interval.
    pub level: Level,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            replicates: 2000,
            seed: 0,
            level: Level::P95,
        }
    }
}

/// What resampling gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Resampled {
    /// The statistic of the cases as they are.
    pub estimate: f64,
    /// Percentile interval over the replicates that the statistic is defined for.
    pub interval: Interval,
    /// Replicates that the statistic is defined for.
    pub defined: u32,
    /// Replicates that it is not defined for, such as a single case drawn again and again.
    pub undefined: u32,
}

impl Bootstrap {
    /// Resamples the cases and computes the statistic of every sample.
    ///
    /// # Undefined
    /// When the statistic is not defined for the cases as they are, or for fewer than nine tenths of the replicates:
    /// what is left would not be a fair sample.
    ///
    /// # Example
    /// ```
    /// use radgauge::statistics::{Level, Ratings, bootstrap::Bootstrap, icc::{Form, icc}};
    /// let ratings = Ratings::new(&[[1.0, 1.2], [2.0, 1.9], [3.1, 3.0], [4.0, 4.4], [5.2, 5.0], [6.0, 6.1]])?;
    /// let statistic = |ratings: &Ratings| Ok(icc(ratings, Form::AGREEMENT, Level::P95)?.value);
    /// let resampled = Bootstrap { replicates: 500, ..Bootstrap::default() }.resample(&ratings, statistic)?;
    /// assert!(resampled.interval.lower > 0.9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resample(
        &self,
        ratings: &Ratings,
        statistic: impl Fn(&Ratings) -> Result<f64, Undefined> + Sync,
    ) -> Result<Resampled, Undefined> {
        let estimate = statistic(ratings)?;
        let replicate = |stream: u32| {
            let mut rng = generator(self.seed, stream);
            let n = ratings.subjects();
            let cases: Vec<usize> = (0..n).map(|_| uniform_index(&mut rng, n)).collect();
            statistic(&ratings.resampled(&cases)).ok()
        };
        let mut values: Vec<f64> = (0..self.replicates)
            .into_par_iter()
            .filter_map(replicate)
            .filter(|value| value.is_finite())
            .collect();
        let needed = (self.replicates as usize * 9).div_ceil(10).max(2);
        super::at_least(
            needed,
            "replicates that the statistic is defined for",
            values.len(),
        )?;
        values.sort_by(f64::total_cmp);
        let defined = values.len() as u32;
        Ok(Resampled {
            estimate,
            interval: Interval {
                level: self.level,
                lower: percentile(&values, self.level.lower_tail()),
                upper: percentile(&values, self.level.upper_tail()),
            },
            defined,
            undefined: self.replicates - defined,
        })
    }
}

/// The generator whose key is the seed, in the first eight bytes, and whose stream is that of the replicate.
pub(super) fn generator(seed: u64, stream: u32) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(u64::from(stream));
    rng
}

/// An index below `n`, each equally likely: the high word of a 64-bit random number times `n`, which is drawn again
/// where it would favour some (D. Lemire, ACM Transactions on Modeling and Computer Simulation 29:3, 2019).
fn uniform_index(rng: &mut impl Rng, n: usize) -> usize {
    let n = n as u64;
    let biased = n.wrapping_neg() % n;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(n);
        if product as u64 >= biased {
            return (product >> 64) as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::icc::{Form, icc};

    #[test]
    fn indices_are_portable_and_uniform() {
        let mut rng = generator(2020, 3);
        let first: Vec<usize> = (0..12).map(|_| uniform_index(&mut rng, 10)).collect();
        // worked out by an implementation of ChaCha8 from its definition
        assert_eq!(first, [7, 4, 4, 8, 8, 2, 9, 6, 9, 0, 1, 1]);
        let mut counts = [0_i32; 7];
        (0..70_000).for_each(|_| counts[uniform_index(&mut rng, 7)] += 1);
        // five standard deviations of a binomial count
        assert!(
            counts.iter().all(|count| (count - 10_000).abs() < 463),
            "{counts:?}"
        );
    }

    fn sample() -> Ratings {
        let rows: Vec<[f64; 3]> = (0..30)
            .map(|i| [0, 1, 2].map(|j| f64::from(i) + f64::from((i * 7 + j * 5 + i * j * 3) % 11)))
            .collect();
        Ratings::new(&rows).expect("ratings")
    }

    #[test]
    fn the_seed_decides_whatever_the_threads() {
        let ratings = sample();
        let statistic = |ratings: &Ratings| Ok(icc(ratings, Form::AGREEMENT, Level::P95)?.value);
        let run = |seed, threads| {
            let bootstrap = Bootstrap {
                seed,
                replicates: 300,
                ..Bootstrap::default()
            };
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("threads");
            pool.install(|| bootstrap.resample(&ratings, statistic))
                .expect("an interval")
        };
        let one = run(1, 1);
        assert_eq!(one, run(1, 4), "one thread and four");
        assert_ne!(one.interval, run(2, 1).interval, "two seeds");
        assert!(one.interval.contains(one.estimate), "{one:?}");
    }

    #[test]
    fn it_supports_the_interval_by_the_f_distribution() {
        let ratings = sample();
        let found = icc(&ratings, Form::AGREEMENT, Level::P95).expect("an ICC");
        let by_f = found.interval.expect("an interval");
        let statistic = |ratings: &Ratings| Ok(icc(ratings, Form::AGREEMENT, Level::P95)?.value);
        let resampled = Bootstrap::default()
            .resample(&ratings, statistic)
            .expect("an interval");
        assert_eq!(resampled.estimate, found.value);
        let overlap =
            by_f.upper.min(resampled.interval.upper) - by_f.lower.max(resampled.interval.lower);
        assert!(overlap > 0.5 * by_f.width(), "{by_f:?} and {resampled:?}");
    }

    #[test]
    fn a_statistic_that_is_seldom_defined_has_no_interval() {
        let never = |_: &Ratings| Err(Undefined::NoVariance);
        let bootstrap = Bootstrap::default();
        assert_eq!(
            bootstrap.resample(&sample(), never),
            Err(Undefined::NoVariance)
        );
        // two subjects are the same subject twice in half of the samples
        let two = Ratings::new(&[[1.0, 1.1], [2.0, 2.3]]).expect("ratings");
        let statistic = |ratings: &Ratings| Ok(icc(ratings, Form::CONSISTENCY, Level::P95)?.value);
        let undefined = bootstrap
            .resample(&two, statistic)
            .expect_err("half are undefined");
        assert!(
            undefined
                .to_string()
                .starts_with("needs at least 1800 replicates that the statistic is defined for"),
            "{undefined}"
        );
    }
}
