//! Transfer functions of filters that are defined in the Fourier domain, from their formulas.

use super::{
    fft::{Axis, Lines, Transfer},
    frequencies::{Frequencies, opposite},
};

/// A real function of the frequency: what a formula gives at every point of the grid.
pub(super) trait Symbol: Sync {
    /// The values at one frequency along x, as [`Transfer::plane`].
    fn plane(&self, x: usize) -> Lines<'_>;
}

/// The periodic grid of a filter: a filter in slices has a middle axis of one point.
#[derive(Clone, Debug)]
pub(super) struct FourierGrid {
    /// Number of points along x, the middle axis and the last axis.
    pub(super) periods: [usize; 3],
    /// Coordinates in units of ν_B.
    pub(super) coordinates: [Vec<f64>; 3],
    has_middle_axis: bool,
}

impl FourierGrid {
    pub(super) fn new(axes: &[Axis], frequencies: Frequencies) -> Self {
        let periods = match axes {
            [x, y] => [x.period(), 1, y.period()],
            [x, y, z] => [x.period(), y.period(), z.period()],
            _ => unreachable!("a filter works on two or three axes"),
        };
        let mut coordinates = periods.map(|n| frequencies.coordinates(n));
        if axes.len() == 2 {
            coordinates[1] = vec![0.0];
        }
        Self {
            periods,
            coordinates,
            has_middle_axis: axes.len() == 3,
        }
    }

    /// Whether the filter works on the first, middle or last axis.
    pub(super) fn is_axis(&self, axis: usize) -> bool {
        axis != 1 || self.has_middle_axis
    }

    /// The radius ‖ν‖ at which the mean of an image lies: 0, or nearly so where no coordinate is.
    pub(super) fn radius_of_mean(&self) -> f64 {
        let squared: f64 = self.coordinates.iter().map(|nu| nu[0] * nu[0]).sum();
        squared.sqrt()
    }
}

/// The part of `(−i)^L s(ν)` whose response is real.
///
/// Where the coordinates of k and −k are no opposites, the response of the formula is complex. The response map is its
/// real part, the response of `(ĝ[k] + conj ĝ[−k]) / 2`.
pub(super) struct RealResponse<S> {
    grid: FourierGrid,
    symbol: S,
    /// L, the power of −i.
    power: u32,
}

impl<S: Symbol> RealResponse<S> {
    pub(super) fn new(grid: FourierGrid, symbol: S, power: u32) -> Self {
        Self {
            grid,
            symbol,
            power,
        }
    }
}

impl<S: Symbol> Transfer for RealResponse<S> {
    fn is_imaginary(&self) -> bool {
        !self.power.is_multiple_of(2)
    }

    fn plane(&self, x: usize) -> Lines<'_> {
        let [nx, ny, n] = self.grid.periods;
        let mut at = self.symbol.plane(x);
        let mut at_opposite = self.symbol.plane(opposite(x, nx));
        let mut opposites = vec![0.0; n];
        // (−i)^L is 1, −i, −1, i; that of the opposite frequency is conjugate.
        let sign = [0.5, -0.5][self.power.div_ceil(2) as usize % 2];
        let parity = if self.is_imaginary() { -sign } else { sign };
        Box::new(move |y, line| {
            at(y, line);
            at_opposite(opposite(y, ny), &mut opposites);
            for (z, value) in line.iter_mut().enumerate() {
                *value = sign * *value + parity * opposites[opposite(z, n)];
            }
        })
    }
}

/// The product of two functions.
pub(super) struct Product<A, B>(pub(super) A, pub(super) B);

impl<A: Symbol, B: Symbol> Symbol for Product<A, B> {
    fn plane(&self, x: usize) -> Lines<'_> {
        let mut one = self.0.plane(x);
        let mut other = self.1.plane(x);
        let mut factors = Vec::new();
        Box::new(move |y, line| {
            one(y, line);
            factors.resize(line.len(), 0.0);
            other(y, &mut factors);
            for (value, factor) in line.iter_mut().zip(&factors) {
                *value *= factor;
            }
        })
    }
}

/// A function of `‖ν‖²`.
pub(super) struct Radial<F> {
    x: Vec<f64>,
    middle: Magnitudes,
    last: Magnitudes,
    profile: F,
}

impl<F: Fn(f64) -> f64 + Sync> Radial<F> {
    pub(super) fn new(grid: &FourierGrid, profile: F) -> Self {
        let [x, middle, last] = &grid.coordinates;
        Self {
            x: x.clone(),
            middle: Magnitudes::new(middle),
            last: Magnitudes::new(last),
            profile,
        }
    }
}

impl<F: Fn(f64) -> f64 + Sync> Symbol for Radial<F> {
    /// The profile is worked out once for coordinates that differ in sign only.
    fn plane(&self, x: usize) -> Lines<'_> {
        let x_squared = self.x[x] * self.x[x];
        let rows = self.last.distinct.len();
        let mut profile = Vec::with_capacity(self.middle.distinct.len() * rows);
        for y in &self.middle.distinct {
            let xy_squared = x_squared + y * y;
            let row = self.last.distinct.iter();
            profile.extend(row.map(|z| (self.profile)(xy_squared + z * z)));
        }
        Box::new(move |y, line| {
            let row = &profile[self.middle.of[y] * rows..][..rows];
            for (value, z) in line.iter_mut().zip(&self.last.of) {
                *value = row[*z];
            }
        })
    }
}

/// The distinct magnitudes among coordinates, and which of them each coordinate has.
struct Magnitudes {
    distinct: Vec<f64>,
    of: Vec<usize>,
}

impl Magnitudes {
    fn new(coordinates: &[f64]) -> Self {
        let mut distinct: Vec<f64> = coordinates.iter().map(|nu| nu.abs()).collect();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        let of = coordinates
            .iter()
            .map(|nu| distinct.partition_point(|d| *d < nu.abs()))
            .collect();
        Self { distinct, of }
    }
}
