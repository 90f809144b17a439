//! Filters made of separable ones, applied axis by axis (section *Separability of the Convolution*).
//!
//! Slices are filtered along x and y while they are in the cache, and what comes of it is filtered along z in bundles of
//! neighbouring lines. Terms share the passes that they have in common, and no more than [`BATCH`] volumes are held
//! besides the image. Every line is filtered by itself, so that the result does not depend on the number of threads.

use std::borrow::Cow;

use rayon::prelude::*;

use super::{
    Boundary, Dimension,
    fold::{Fold, Sign},
    lines::{LineOperator, Lines},
};
use crate::volume::{Image, Volume};

/// Lines of y or z that are filtered together: neighbours along x, few enough to stay in the cache.
const COLUMNS: usize = 32;

/// The most volumes that are held at a time, the response map among them.
const BATCH: usize = 3;

/// A separable filter: an operator for each axis. That of z is not used in 2D.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) operators: [LineOperator; 3],
    pub(super) sign: Sign,
}

impl Term {
    pub(super) fn new(operators: [LineOperator; 3]) -> Self {
        Self {
            operators,
            sign: Sign::Plus,
        }
    }

    /// The same operator along every axis.
    pub(super) fn uniform(operator: &LineOperator) -> Self {
        Self::new(std::array::from_fn(|_| operator.clone()))
    }

    /// A term for each axis on which a filter works, of the operators that `operator(the term's axis, axis)` gives.
    pub(super) fn one_per_axis(
        dimension: Dimension,
        operator: impl Fn(usize, usize) -> LineOperator,
    ) -> Vec<Self> {
        let axes = 0..dimension.axes();
        axes.map(|along| Self::new(std::array::from_fn(|axis| operator(along, axis))))
            .collect()
    }

    fn sum(&self, dimension: Dimension) -> f64 {
        let operators = &self.operators[..dimension.axes()];
        operators.iter().map(LineOperator::sum).product()
    }
}

/// A filter made of separable ones.
#[derive(Clone, Debug)]
pub(super) struct Separable {
    pub(super) dimension: Dimension,
    pub(super) boundary: Boundary,
    pub(super) terms: Vec<Term>,
    pub(super) fold: Fold,
    /// Support of the mean filter that makes a texture energy map (PQSD) of the folded response, if it is asked for.
    pub(super) energy_support: Option<usize>,
}

impl Separable {
    /// The response map.
    ///
    /// Where a constant surrounds the image, the response to that constant surrounds what a step makes of it, if another
    /// step follows.
    pub(super) fn apply(&self, image: &Image) -> Image {
        // Filters are linear, so that a constant C may be taken from the image, which then goes on with zeros, if the
        // response to C is added.
        let constant = self.boundary.constant();
        let voxels = if constant == 0.0 {
            Cow::Borrowed(image.as_slice())
        } else {
            Cow::Owned(image.as_slice().par_iter().map(|f| f - constant).collect())
        };
        let response = Plan::new(self, image.size()).run(voxels);
        Volume::from_flat(image.grid().clone(), response)
    }
}

/// The passes of a filter over an image of a certain size.
#[derive(Debug)]
struct Plan {
    size: [usize; 3],
    boundary: Boundary,
    fold: Fold,
    /// What is filtered along x and y, or along y only in 2D.
    intermediates: Vec<Intermediate>,
    /// The operators of the means that make an energy map, one for each axis.
    energy: Option<Vec<LineOperator>>,
    /// The folded response to the constant that surrounds the image.
    surroundings: f64,
}

/// A sum of responses along the first two axes, and what becomes of it.
#[derive(Debug)]
struct Intermediate {
    /// Operators along x and y.
    parts: Vec<[LineOperator; 2]>,
    lasts: Vec<Last>,
}

/// The end of a term: the operator along z (none in 2D), the response to the image's surroundings, which is added, and
/// the sign.
#[derive(Debug)]
struct Last {
    operator: Option<LineOperator>,
    offset: f64,
    sign: Sign,
}

impl Plan {
    fn new(filter: &Separable, size: [usize; 3]) -> Self {
        let constant = filter.boundary.constant();
        let boundary = match filter.boundary {
            Boundary::Constant(_) => Boundary::Zero,
            linear => linear,
        };
        let mut surroundings = [filter.fold.start()];
        let mut intermediates: Vec<Intermediate> = Vec::new();
        for term in &filter.terms {
            let offset = constant * term.sum(filter.dimension);
            filter
                .fold
                .take(&mut surroundings, &[offset], 0.0, term.sign);
            let [x, y, z] = &term.operators;
            let part = [x.folded(size[0], boundary), y.folded(size[1], boundary)];
            let operator = match filter.dimension {
                Dimension::Slice => None,
                Dimension::Volume => Some(z.folded(size[2], boundary)),
            };
            // A sum shares the last pass, other folds the first ones.
            let shared = if filter.fold == Fold::Sum {
                intermediates
                    .iter_mut()
                    .find(|known| known.lasts[0].operator == operator)
            } else {
                intermediates
                    .iter_mut()
                    .find(|known| known.parts[0] == part)
            };
            let last = Last {
                operator,
                offset,
                sign: term.sign,
            };
            match shared {
                Some(known) if filter.fold == Fold::Sum => {
                    known.parts.push(part);
                    known.lasts[0].offset += offset;
                }
                Some(known) => known.lasts.push(last),
                None => intermediates.push(Intermediate {
                    parts: vec![part],
                    lasts: vec![last],
                }),
            }
        }
        filter.fold.finish(&mut surroundings);
        Self {
            size,
            boundary,
            fold: filter.fold,
            intermediates,
            energy: filter
                .energy_support
                .map(|support| vec![LineOperator::mean(support); filter.dimension.axes()]),
            surroundings: surroundings[0],
        }
    }

    fn run(&self, voxels: Cow<'_, [f64]>) -> Vec<f64> {
        let first = self.intermediates.first();
        let Some(first) = first else {
            return vec![0.0; voxels.len()];
        };
        let mut response = vec![0.0; voxels.len()];
        if first.lasts[0].operator.is_none() {
            self.filter_slices(&voxels, &mut response);
            return response;
        }
        // The response map is itself the first intermediate, until it is filtered along z.
        let (batch, mut rest) = self
            .intermediates
            .split_at(self.intermediates.len().min(BATCH));
        let mut spare = vec![vec![0.0; voxels.len()]; batch.len() - 1];
        self.filter_xy(
            &voxels,
            batch,
            std::iter::once(&mut response).chain(&mut spare),
        );
        self.filter_z(batch, &spare, &mut response, true, rest.is_empty());
        while !rest.is_empty() {
            let (batch, others) = rest.split_at(rest.len().min(spare.len()));
            rest = others;
            self.filter_xy(&voxels, batch, spare.iter_mut());
            self.filter_z(batch, &spare, &mut response, false, rest.is_empty());
        }
        drop(voxels);
        if let Some(means) = &self.energy {
            self.spread_energy(means, &mut response);
        }
        response
    }

    fn slice_len(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Filters every slice along x and y into a volume for each of `batch`.
    fn filter_xy<'a>(
        &self,
        voxels: &[f64],
        batch: &[Intermediate],
        volumes: impl Iterator<Item = &'a mut Vec<f64>>,
    ) {
        let passes = SlicePasses::new(batch);
        let mut slices: Vec<Vec<&mut [f64]>> = Vec::new();
        slices.resize_with(self.size[2], Vec::new);
        for volume in volumes.take(batch.len()) {
            for (slices, slice) in slices
                .iter_mut()
                .zip(volume.chunks_exact_mut(self.slice_len()))
            {
                slices.push(slice);
            }
        }
        slices
            .into_par_iter()
            .zip(voxels.par_chunks_exact(self.slice_len()))
            .for_each_init(Scratch::default, |scratch, (mut out, slice)| {
                passes.run(self, slice, scratch, |columns, lanes, bundles, _| {
                    for (bundle, slice) in bundles.iter().zip(&mut out) {
                        scatter(bundle, lanes, slice, columns, self.size[0]);
                    }
                });
            });
    }

    /// Filters every slice along x and y, and folds: all there is to do in 2D.
    fn filter_slices(&self, voxels: &[f64], response: &mut [f64]) {
        let passes = SlicePasses::new(&self.intermediates);
        let [nx, ny, _] = self.size;
        response
            .par_chunks_exact_mut(self.slice_len())
            .zip(voxels.par_chunks_exact(self.slice_len()))
            .for_each_init(Scratch::default, |scratch, (out, slice)| {
                passes.run(self, slice, scratch, |columns, lanes, bundles, along_y| {
                    let mut folded = vec![self.fold.start(); ny * lanes];
                    for (intermediate, bundle) in self.intermediates.iter().zip(bundles) {
                        for last in &intermediate.lasts {
                            self.fold.take(&mut folded, bundle, last.offset, last.sign);
                        }
                    }
                    self.fold.finish(&mut folded);
                    if let Some(means) = &self.energy {
                        self.sum_energy(&means[1], along_y, lanes, &mut folded);
                    }
                    scatter(&folded, lanes, out, columns, nx);
                });
                if let Some(means) = &self.energy {
                    self.filter_rows(&means[0], out, scratch);
                    out.iter_mut().for_each(|e| *e += self.surroundings.abs());
                }
            });
    }

    /// Filters along z and folds. The response map is the first intermediate itself if `is_first`, and holds what is
    /// folded so far otherwise.
    fn filter_z(
        &self,
        batch: &[Intermediate],
        volumes: &[Vec<f64>],
        response: &mut [f64],
        is_first: bool,
        is_last: bool,
    ) {
        let nz = self.size[2];
        let margins: Vec<usize> = batch
            .iter()
            .map(|intermediate| {
                let operators = intermediate
                    .lasts
                    .iter()
                    .filter_map(|l| l.operator.as_ref());
                operators.map(LineOperator::radius).max().unwrap_or(0)
            })
            .collect();
        bundles(response, self.slice_len(), nz)
            .into_par_iter()
            .for_each_init(Scratch::default, |scratch, mut bundle| {
                let lanes = bundle.rows[0].len();
                let Scratch {
                    lines,
                    spare,
                    folded,
                    filtered,
                    ..
                } = scratch;
                filtered.resize(nz * lanes, 0.0);
                folded.clear();
                if is_first {
                    folded.resize(nz * lanes, self.fold.start());
                } else {
                    bundle
                        .rows
                        .iter()
                        .for_each(|row| folded.extend_from_slice(row));
                }
                for (index, (intermediate, margin)) in batch.iter().zip(&margins).enumerate() {
                    let volume = index
                        .checked_sub(usize::from(is_first))
                        .map(|i| &volumes[i]);
                    lines.fill(
                        [nz, lanes, *margin],
                        self.boundary,
                        |elements| match volume {
                            None => elements
                                .chunks_exact_mut(lanes)
                                .zip(&bundle.rows)
                                .for_each(|(element, row)| element.copy_from_slice(row)),
                            Some(volume) => {
                                gather(&volume[bundle.start..], self.slice_len(), lanes, elements);
                            }
                        },
                    );
                    for last in &intermediate.lasts {
                        let operator = last.operator.as_ref().expect("3D terms have all operators");
                        if self.fold == Fold::Sum && last.offset == 0.0 {
                            operator.apply(lines, self.boundary, spare, folded, true);
                        } else {
                            operator.apply(lines, self.boundary, spare, filtered, false);
                            self.fold.take(folded, filtered, last.offset, last.sign);
                        }
                    }
                }
                if is_last {
                    self.fold.finish(folded);
                    if let Some(means) = &self.energy {
                        self.sum_energy(&means[2], lines, lanes, folded);
                    }
                }
                for (row, values) in bundle.rows.iter_mut().zip(folded.chunks_exact(lanes)) {
                    row.copy_from_slice(values);
                }
            });
    }

    /// The magnitude of the responses, less that of the surroundings, averaged along the lines that they are.
    fn sum_energy(
        &self,
        mean: &LineOperator,
        lines: &mut Lines,
        lanes: usize,
        responses: &mut [f64],
    ) {
        let outside = self.surroundings.abs();
        let shape = [responses.len() / lanes, lanes, mean.radius()];
        lines.fill(shape, self.boundary, |elements| {
            for (energy, response) in elements.iter_mut().zip(&*responses) {
                *energy = response.abs() - outside;
            }
        });
        mean.apply(lines, self.boundary, &mut Vec::new(), responses, false);
    }

    /// Averages energies, which are averaged along z already, along x and y.
    fn spread_energy(&self, means: &[LineOperator], response: &mut [f64]) {
        let [nx, ny, _] = self.size;
        let outside = self.surroundings.abs();
        response
            .par_chunks_exact_mut(self.slice_len())
            .for_each_init(Scratch::default, |scratch, slice| {
                self.filter_rows(&means[0], slice, scratch);
                let Scratch {
                    lines,
                    spare,
                    filtered,
                    ..
                } = scratch;
                for columns in (0..nx).step_by(COLUMNS) {
                    let lanes = COLUMNS.min(nx - columns);
                    lines.fill([ny, lanes, means[1].radius()], self.boundary, |elements| {
                        gather(&slice[columns..], nx, lanes, elements);
                    });
                    filtered.resize(ny * lanes, 0.0);
                    means[1].apply(lines, self.boundary, spare, filtered, false);
                    filtered.iter_mut().for_each(|energy| *energy += outside);
                    scatter(filtered, lanes, slice, columns, nx);
                }
            });
    }

    /// Filters the rows of a slice in place.
    fn filter_rows(&self, operator: &LineOperator, slice: &mut [f64], scratch: &mut Scratch) {
        let nx = self.size[0];
        let Scratch { lines, spare, .. } = scratch;
        for row in slice.chunks_exact_mut(nx) {
            lines.fill([nx, 1, operator.radius()], self.boundary, |elements| {
                elements.copy_from_slice(row);
            });
            operator.apply(lines, self.boundary, spare, row, false);
        }
    }
}

/// Buffers of one thread.
#[derive(Debug, Default)]
struct Scratch {
    lines: Lines,
    spare: Vec<Lines>,
    /// A slice for each operator along x.
    rows: Vec<Vec<f64>>,
    /// A bundle for each intermediate.
    bundles: Vec<Vec<f64>>,
    folded: Vec<f64>,
    filtered: Vec<f64>,
}

/// The passes over one slice.
#[derive(Debug)]
struct SlicePasses<'a> {
    n_bundles: usize,
    passes: Vec<SlicePass<'a>>,
}

/// An operator along x, applied once, and what follows it along y.
#[derive(Debug)]
struct SlicePass<'a> {
    along_x: &'a LineOperator,
    /// Operators, and the intermediates to which their results belong.
    along_y: Vec<(usize, &'a LineOperator)>,
    /// The largest radius of those operators.
    margin: usize,
}

impl<'a> SlicePasses<'a> {
    fn new(batch: &'a [Intermediate]) -> Self {
        let mut passes: Vec<SlicePass> = Vec::new();
        for (index, intermediate) in batch.iter().enumerate() {
            for [x, y] in &intermediate.parts {
                match passes.iter_mut().find(|known| known.along_x == x) {
                    Some(known) => {
                        known.along_y.push((index, y));
                        known.margin = known.margin.max(y.radius());
                    }
                    None => passes.push(SlicePass {
                        along_x: x,
                        along_y: vec![(index, y)],
                        margin: y.radius(),
                    }),
                }
            }
        }
        Self {
            n_bundles: batch.len(),
            passes,
        }
    }

    /// Filters a slice and hands over the intermediates, a bundle of columns at a time: the first column, the number of
    /// columns, a bundle for each intermediate, and lines to use.
    fn run(
        &self,
        plan: &Plan,
        slice: &[f64],
        scratch: &mut Scratch,
        mut hand_over: impl FnMut(usize, usize, &[Vec<f64>], &mut Lines),
    ) {
        let [nx, ny, _] = plan.size;
        let boundary = plan.boundary;
        let Scratch {
            lines,
            spare,
            rows,
            bundles,
            ..
        } = scratch;
        rows.resize_with(self.passes.len(), Vec::new);
        for (pass, rows) in self.passes.iter().zip(&mut *rows) {
            let operator = pass.along_x;
            rows.resize(slice.len(), 0.0);
            for (out, row) in rows.chunks_exact_mut(nx).zip(slice.chunks_exact(nx)) {
                lines.fill([nx, 1, operator.radius()], boundary, |elements| {
                    elements.copy_from_slice(row);
                });
                operator.apply(lines, boundary, spare, out, false);
            }
        }
        bundles.resize_with(self.n_bundles, Vec::new);
        for columns in (0..nx).step_by(COLUMNS) {
            let lanes = COLUMNS.min(nx - columns);
            bundles.iter_mut().for_each(|bundle| bundle.clear());
            for (pass, rows) in self.passes.iter().zip(&*rows) {
                lines.fill([ny, lanes, pass.margin], boundary, |elements| {
                    gather(&rows[columns..], nx, lanes, elements);
                });
                for (index, operator) in &pass.along_y {
                    let bundle = &mut bundles[*index];
                    let add = !bundle.is_empty();
                    bundle.resize(ny * lanes, 0.0);
                    operator.apply(lines, boundary, spare, bundle, add);
                }
            }
            hand_over(columns, lanes, bundles, lines);
        }
    }
}

/// Neighbouring lines of z, as the pieces of a volume that they are.
#[derive(Debug)]
struct Bundle<'a> {
    /// Where they lie in a slice.
    start: usize,
    rows: Vec<&'a mut [f64]>,
}

fn bundles(volume: &mut [f64], slice_len: usize, nz: usize) -> Vec<Bundle<'_>> {
    let mut bundles: Vec<Bundle> = (0..slice_len)
        .step_by(COLUMNS)
        .map(|start| Bundle {
            start,
            rows: Vec::with_capacity(nz),
        })
        .collect();
    for slice in volume.chunks_exact_mut(slice_len) {
        for (bundle, row) in bundles.iter_mut().zip(slice.chunks_mut(COLUMNS)) {
            bundle.rows.push(row);
        }
    }
    bundles
}

/// Copies rows of `lanes` values that lie `stride` apart into `elements`.
fn gather(values: &[f64], stride: usize, lanes: usize, elements: &mut [f64]) {
    for (element, row) in elements.chunks_exact_mut(lanes).zip(values.chunks(stride)) {
        element.copy_from_slice(&row[..lanes]);
    }
}

/// Copies a bundle of columns into a slice of rows of `nx` voxels.
fn scatter(bundle: &[f64], lanes: usize, slice: &mut [f64], columns: usize, nx: usize) {
    for (values, row) in bundle.chunks_exact(lanes).zip(slice.chunks_exact_mut(nx)) {
        row[columns..columns + lanes].copy_from_slice(values);
    }
}
