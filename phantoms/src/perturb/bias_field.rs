//! Bias field.

use radgauge_engine::volume::{Grid, Image, Mask};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{OnScan, PerturbError, error::check_value, seed::Random};

/// Multiplies the image with a smooth random field, as uneven coil sensitivity in MR does.
///
/// # Formula
/// ```text
/// I' = I (1 + amplitude b),   b = B / max |B|
/// B(x, y, z) = Σ a_ijk P_i(x) P_j(y) P_k(z)         1 ≤ i + j + k ≤ degree
/// ```
/// `P` are Legendre polynomials of the coordinates from −1 (first voxel) to 1 (last voxel) along each axis, 0 on an axis of
/// one voxel; the maximum is that over all voxels. The `a` are standard normal numbers from stream 0 of the
/// [seed](super::SeedKey), for k, within it j, within it i, each from 0 on. Intensities are scaled about 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiasField {
    /// The largest relative deviation from 1, below 1.
    pub amplitude: f64,
    /// The highest degree of the polynomials, from 1 to 8.
    #[serde(default = "three")]
    pub degree: u32,
}

fn three() -> u32 {
    3
}

impl OnScan for BiasField {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            (0.0..1.0).contains(&self.amplitude),
            "bias-field.amplitude",
            "an amplitude from 0 to below 1",
            self.amplitude,
        )?;
        check_value(
            (1..=8).contains(&self.degree),
            "bias-field.degree",
            "a degree from 1 to 8",
            self.degree,
        )
    }

    fn apply(
        &self,
        image: &Image,
        _: &Mask,
        random: &Random,
    ) -> Result<(Image, Option<Mask>), PerturbError> {
        let mut field = field(image.grid(), self.degree as usize, random);
        let largest = field
            .iter()
            .fold(0.0, |largest: f64, b| largest.max(b.abs()));
        // A field that is 0 everywhere, as on one voxel by an odd degree, stays so.
        let scale = if largest > 0.0 {
            self.amplitude / largest
        } else {
            0.0
        };
        field
            .par_iter_mut()
            .zip(image.as_slice())
            .for_each(|(b, voxel)| *b = voxel * (1.0 + scale * *b));
        let biased = radgauge_engine::volume::Volume::from_flat(image.grid().clone(), field);
        Ok((biased, None))
    }
}

/// The field B, x fastest.
fn field(grid: &Grid, degree: usize, random: &Random) -> Vec<f64> {
    let mut stream = random.stream(0);
    let mut terms = Vec::new();
    for k in 0..=degree {
        for j in 0..=degree - k {
            for i in 0..=degree - k - j {
                if i + j + k > 0 {
                    terms.push(([i, j, k], stream.normal()));
                }
            }
        }
    }
    let [along_x, along_y, along_z] = grid.size.map(|n| {
        let coordinate = |i: usize| match n {
            0 | 1 => 0.0,
            _ => 2.0 * i as f64 / (n - 1) as f64 - 1.0,
        };
        (0..n)
            .map(|i| legendre(degree, coordinate(i)))
            .collect::<Vec<_>>()
    });
    let [nx, ny, _] = grid.size;
    let mut field = vec![0.0; grid.len()];
    field
        .par_chunks_mut(nx.max(1))
        .enumerate()
        .for_each(|(row, field)| {
            let (of_y, of_z) = (&along_y[row % ny], &along_z[row / ny]);
            // Within a row it is a polynomial in x alone.
            let mut of_row = vec![0.0; degree + 1];
            for ([i, j, k], a) in &terms {
                of_row[*i] += a * of_y[*j] * of_z[*k];
            }
            for (b, of_x) in field.iter_mut().zip(&along_x) {
                *b = of_row.iter().zip(of_x).map(|(a, p)| a * p).sum();
            }
        });
    field
}

/// `P_0(x)` to `P_degree(x)`.
fn legendre(degree: usize, x: f64) -> Vec<f64> {
    let mut values = vec![1.0, x];
    for n in 1..degree {
        let n_plus_1 = (n + 1) as f64;
        values.push(((2 * n + 1) as f64 * x * values[n] - n as f64 * values[n - 1]) / n_plus_1);
    }
    values
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use radgauge_engine::volume::{Grid, Volume};

    use super::*;
    use crate::perturb::{Perturbation, SeedKey};

    fn biased(image: &Image, step: &BiasField, draw: u32) -> Image {
        let random =
            SeedKey::of_name(0, "bias").random(&Perturbation::BiasField(step.clone()), draw);
        let (image, _) = step
            .apply(image, &image.map(|_| true), &random)
            .expect("a field");
        image
    }

    #[test]
    fn fields_are_smooth_and_as_strong_as_asked() {
        let image = Volume::from_fn(Grid::axis_aligned([40, 30, 20], [1.0; 3]), |_| 100.0);
        let step = BiasField {
            amplitude: 0.2,
            degree: 3,
        };
        let field = biased(&image, &step, 0);
        let largest = field.as_slice().iter().fold(0.0, |most: f64, voxel| {
            most.max((voxel / 100.0 - 1.0).abs())
        });
        assert_relative_eq!(largest, 0.2, max_relative = 1e-12);
        // A polynomial of degree 3 has no fourth difference.
        for at in 0..30 {
            let line: Vec<f64> = (0..5).map(|i| field.voxels()[[at + i, 11, 7]]).collect();
            let fourth = line[0] - 4.0 * line[1] + 6.0 * line[2] - 4.0 * line[3] + line[4];
            assert!(fourth.abs() < 1e-10, "{fourth}");
        }
        assert!(biased(&image, &step, 1) != field, "another draw");
        assert_eq!(biased(&image, &step, 0), field, "the same again");
        let one = Volume::from_fn(Grid::axis_aligned([1; 3], [1.0; 3]), |_| 5.0);
        let voxel = biased(&one, &step, 0).as_slice()[0];
        assert!((voxel / 5.0 - 1.0).abs() <= 0.2 + 1e-12, "{voxel}");
    }

    #[test]
    fn polynomials_are_those_of_legendre() {
        let x = 0.3;
        let expected = [
            1.0,
            x,
            (3.0 * x * x - 1.0) / 2.0,
            (5.0 * x * x * x - 3.0 * x) / 2.0,
        ];
        for (found, expected) in legendre(3, x).iter().zip(expected) {
            assert_relative_eq!(*found, expected, max_relative = 1e-14);
        }
    }
}
