//! Lines of voxels along one axis, and linear operators on them.

use super::{
    Boundary,
    kernel::{Kernel, Parity},
    moving_mean,
};

/// Neighbouring lines, extended beyond their ends: `lanes` values of the first element, `lanes` of the second …
#[derive(Debug, Default)]
pub(super) struct Lines {
    values: Vec<f64>,
    elements: usize,
    lanes: usize,
    margin: usize,
}

impl Lines {
    /// Lines of `elements` elements, extended by `margin` elements on either side; `fill` writes the former.
    pub(super) fn fill(
        &mut self,
        [elements, lanes, margin]: [usize; 3],
        boundary: Boundary,
        fill: impl FnOnce(&mut [f64]),
    ) {
        (self.elements, self.lanes, self.margin) = (elements, lanes, margin);
        self.values.resize((elements + 2 * margin) * lanes, 0.0);
        let inside = margin * lanes..(margin + elements) * lanes;
        fill(&mut self.values[inside]);
        for element in (0..margin).chain(margin + elements..elements + 2 * margin) {
            let to = element * lanes;
            match boundary.source(element as isize - margin as isize, elements) {
                Some(source) => {
                    let from = (margin + source) * lanes;
                    self.values.copy_within(from..from + lanes, to);
                }
                None => self.values[to..to + lanes].fill(0.0),
            }
        }
    }

    /// As many values as there are elements, from `offset` elements after the first.
    pub(super) fn shifted(&self, offset: isize) -> &[f64] {
        let start = self.margin.strict_add_signed(offset) * self.lanes;
        &self.values[start..start + self.elements * self.lanes]
    }

    /// The elements from `offset` before the first to `offset` behind the last.
    pub(super) fn widened(&self, offset: usize) -> &[f64] {
        let start = (self.margin - offset) * self.lanes;
        &self.values[start..start + (self.elements + 2 * offset) * self.lanes]
    }

    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }
}

/// One step along an axis.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Convolution(Kernel),
    /// The mean over this many elements, an odd number.
    Mean(usize),
}

impl Step {
    fn radius(&self) -> usize {
        match self {
            Self::Convolution(kernel) => kernel.radius(),
            Self::Mean(support) => support / 2,
        }
    }

    fn apply(&self, lines: &Lines, out: &mut [f64], add: bool) {
        match self {
            Self::Convolution(kernel) => kernel.convolve(lines, out, add),
            Self::Mean(support) => moving_mean::apply(*support, lines, out, add),
        }
    }
}

/// A linear operator along one axis: a sum of chains of steps. Lines are extended anew before each step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LineOperator {
    chains: Vec<Vec<Step>>,
}

impl From<Kernel> for LineOperator {
    fn from(kernel: Kernel) -> Self {
        Self::chain([kernel])
    }
}

impl LineOperator {
    /// One kernel after the other.
    pub(super) fn chain(kernels: impl IntoIterator<Item = Kernel>) -> Self {
        let chain: Vec<Step> = kernels.into_iter().map(Step::Convolution).collect();
        Self {
            chains: vec![chain],
        }
    }

    /// The mean over `support` elements, an odd number.
    pub(super) fn mean(support: usize) -> Self {
        Self {
            chains: vec![vec![Step::Mean(support)]],
        }
    }

    /// The operator with its kernels flipped.
    pub(super) fn flipped(&self) -> Self {
        self.map_kernels(Kernel::flipped)
    }

    pub(super) fn scaled(&self, factor: f64) -> Self {
        let mut scaled = self.clone();
        for chain in &mut scaled.chains {
            if let Some(Step::Convolution(kernel)) = chain.first_mut() {
                *kernel = kernel.scaled(factor);
            }
        }
        scaled
    }

    /// What becomes of the operator when it is flipped.
    pub(super) fn parity(&self) -> Parity {
        let [chain] = self.chains.as_slice() else {
            return Parity::Neither;
        };
        chain.iter().fold(Parity::Even, |parity, step| {
            let step = match step {
                Step::Convolution(kernel) => kernel.parity(),
                Step::Mean(_) => Parity::Even,
            };
            parity.times(step)
        })
    }

    /// `(g + J g) / 2`.
    pub(super) fn even_part(&self) -> Self {
        match self.parity() {
            Parity::Even => self.clone(),
            Parity::Odd => Self { chains: Vec::new() },
            Parity::Neither => self.scaled(0.5).plus(self.flipped().scaled(0.5)),
        }
    }

    /// `(g − J g) / 2`.
    pub(super) fn odd_part(&self) -> Self {
        match self.parity() {
            Parity::Even => Self { chains: Vec::new() },
            Parity::Odd => self.clone(),
            Parity::Neither => self.scaled(0.5).plus(self.flipped().scaled(-0.5)),
        }
    }

    fn plus(mut self, mut other: Self) -> Self {
        if let ([one], [another]) = (self.chains.as_slice(), other.chains.as_slice())
            && let ([Step::Convolution(one)], [Step::Convolution(another)]) =
                (one.as_slice(), another.as_slice())
        {
            return Self::from(one.plus(another));
        }
        self.chains.append(&mut other.chains);
        self
    }

    /// Whether the response is always zero.
    pub(super) fn is_zero(&self) -> bool {
        self.chains.iter().all(|chain| {
            chain
                .iter()
                .any(|step| matches!(step, Step::Convolution(kernel) if kernel.is_zero()))
        })
    }

    /// The response where the image is 1 everywhere.
    pub(super) fn sum(&self) -> f64 {
        let of_step = |step: &Step| match step {
            Step::Convolution(kernel) => kernel.sum(),
            Step::Mean(_) => 1.0,
        };
        let of_chain = |chain: &Vec<Step>| chain.iter().map(of_step).product::<f64>();
        self.chains.iter().map(of_chain).sum()
    }

    /// How far beyond its ends a line must be extended.
    pub(super) fn radius(&self) -> usize {
        let first = self.chains.iter().filter_map(|chain| chain.first());
        first.map(Step::radius).max().unwrap_or(0)
    }

    /// The operator for lines of `n` elements, whatever the width of its kernels.
    pub(super) fn folded(&self, n: usize, boundary: Boundary) -> Self {
        self.map_kernels(|kernel| kernel.folded(n, boundary))
    }

    fn map_kernels(&self, map: impl Fn(&Kernel) -> Kernel) -> Self {
        let mut mapped = self.clone();
        for step in mapped.chains.iter_mut().flatten() {
            if let Step::Convolution(kernel) = step {
                *kernel = map(kernel);
            }
        }
        mapped
    }

    /// Applies the operator to lines extended by at least its radius; the result is added to `out` if `add`.
    pub(super) fn apply(
        &self,
        lines: &Lines,
        boundary: Boundary,
        spare: &mut Vec<Lines>,
        out: &mut [f64],
        add: bool,
    ) {
        if self.chains.is_empty() && !add {
            out.fill(0.0);
        }
        for (index, chain) in self.chains.iter().enumerate() {
            run(chain, lines, boundary, spare, out, add || index > 0);
        }
    }
}

fn run(
    steps: &[Step],
    lines: &Lines,
    boundary: Boundary,
    spare: &mut Vec<Lines>,
    out: &mut [f64],
    add: bool,
) {
    match steps {
        [] => {}
        [last] => last.apply(lines, out, add),
        [first, rest @ ..] => {
            let mut next = spare.pop().unwrap_or_default();
            let shape = [lines.elements, lines.lanes, rest[0].radius()];
            next.fill(shape, boundary, |elements| {
                first.apply(lines, elements, false)
            });
            run(rest, &next, boundary, spare, out, add);
            spare.push(next);
        }
    }
}
