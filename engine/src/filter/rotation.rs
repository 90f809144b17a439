//! Right-angle rotations of separable filters (O1AQ; appendix *Equivariant right angle rotational representation for
//! separable filters*).

use super::{
    Dimension, Pooling,
    fold::{Fold, Sign},
    kernel::Parity,
    lines::LineOperator,
    separable::Term,
};

/// The orders in which three kernels can be laid along x, y, z, and whether that is an odd permutation. The first two
/// leave z alone.
const ORDERS: [([usize; 3], bool); 6] = [
    ([0, 1, 2], false),
    ([1, 0, 2], true),
    ([0, 2, 1], true),
    ([2, 1, 0], true),
    ([1, 2, 0], false),
    ([2, 0, 1], false),
];

fn orders(dimension: Dimension) -> &'static [([usize; 3], bool)] {
    match dimension {
        Dimension::Slice => &ORDERS[..2],
        Dimension::Volume => &ORDERS,
    }
}

/// For every rotation and axis: which kernel lies along it, and whether it is flipped. A rotation permutes and flips
/// axes without mirroring space, which leaves the 4 rotations in the plane or the 24 of the cube.
fn rotations(dimension: Dimension) -> Vec<[(usize, bool); 3]> {
    let flips = 0..1_u32 << dimension.axes();
    let orders = orders(dimension).iter();
    orders
        .flat_map(|(order, is_odd)| {
            flips
                .clone()
                .filter(|flips| (flips.count_ones() % 2 == 1) == *is_odd)
                .map(|flips| std::array::from_fn(|axis| (order[axis], flips >> axis & 1 == 1)))
        })
        .collect()
}

/// The separable filters, and what is made of their responses, that give the pooled response of a filter and its
/// rotations, or the filter alone.
pub(super) fn pooled(
    operators: [LineOperator; 3],
    dimension: Dimension,
    pooling: Option<Pooling>,
) -> (Vec<Term>, Fold) {
    match pooling {
        None => (vec![Term::new(operators)], Fold::Sum),
        Some(Pooling::Average) => (averaged(&operators, dimension), Fold::Sum),
        Some(Pooling::Max) => (distinct(&operators, dimension), Fold::Max),
        Some(Pooling::Min) => (distinct(&operators, dimension), Fold::Min),
    }
}

/// The rotated filters, those that differ in sign alone taken together.
fn distinct(operators: &[LineOperator; 3], dimension: Dimension) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for rotation in rotations(dimension) {
        let mut sign = Sign::Plus;
        let rotated = rotation.map(|(kernel, is_flipped)| {
            let operator = &operators[kernel];
            match (is_flipped, operator.parity()) {
                (true, Parity::Neither) => operator.flipped(),
                (true, Parity::Odd) => {
                    sign = sign.negated();
                    operator.clone()
                }
                _ => operator.clone(),
            }
        });
        match terms.iter_mut().find(|known| known.operators == rotated) {
            Some(known) => known.sign = known.sign.and(sign),
            None => terms.push(Term {
                operators: rotated,
                sign,
            }),
        }
    }
    terms
}

/// The mean of the rotated filters, as few separable ones.
///
/// With the even and odd parts of the kernels, `g = s + a` and `J g = s − a`, the products of `s ± a` over all flips that
/// a rotation may have add up to
/// ```text
/// n Σ_orders  s ⊗ s ⊗ s + sign(order) a ⊗ a ⊗ a
/// ```
/// where `n` is the number of flips, since products with both parts cancel. Likewise in the plane.
fn averaged(operators: &[LineOperator; 3], dimension: Dimension) -> Vec<Term> {
    let orders = orders(dimension);
    let n_axes = dimension.axes();
    let mut products: Vec<([LineOperator; 3], f64)> = Vec::new();
    let even = operators.each_ref().map(LineOperator::even_part);
    let odd = operators.each_ref().map(LineOperator::odd_part);
    for (parts, sign_of_odd_order) in [(even, 1.0), (odd, -1.0)] {
        if parts[..n_axes].iter().any(LineOperator::is_zero) {
            continue;
        }
        for (order, is_odd) in orders {
            let sign = if *is_odd { sign_of_odd_order } else { 1.0 };
            let weight = sign / orders.len() as f64;
            let ordered = order.map(|kernel| parts[kernel].clone());
            match products.iter_mut().find(|(known, _)| *known == ordered) {
                Some((_, sum)) => *sum += weight,
                None => products.push((ordered, weight)),
            }
        }
    }
    products.retain(|(_, weight)| *weight != 0.0);
    products
        .into_iter()
        .map(|([x, y, z], weight)| Term::new([x, y.scaled(weight), z]))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn rotations_are_those_of_the_appendix() {
        // Kernels along x, y, z; `-` is the exchange matrix J.
        let table = "1 2 3,-3 2 1,-1 2 -3,3 2 -1,2 3 1,2 -3 -1,2 -1 3,-1 -2 3,-2 1 3,-3 -1 2,-3 -2 -1,-3 1 -2,\
            -2 -1 -3,1 -2 -3,2 1 -3,3 -1 -2,3 -2 1,3 1 2,-1 3 2,-2 3 -1,1 3 -2,-1 -3 -2,-2 -3 1,1 -3 2";
        let written = |dimension: Dimension| -> HashSet<String> {
            let name = |(kernel, is_flipped): (usize, bool)| {
                format!("{}{}", if is_flipped { "-" } else { "" }, kernel + 1)
            };
            let rotations = rotations(dimension).into_iter();
            let names = rotations.map(|r| r[..dimension.axes()].iter().map(|k| name(*k)).collect());
            names.map(|names: Vec<String>| names.join(" ")).collect()
        };
        let expected: HashSet<String> = table.split(',').map(str::to_owned).collect();
        assert_eq!(expected.len(), 24, "the table is copied in full");
        assert_eq!(written(Dimension::Volume), expected);
        let expected = ["1 2", "-2 1", "-1 -2", "2 -1"];
        assert_eq!(
            written(Dimension::Slice),
            expected.map(str::to_owned).into(),
            "the four of the plane"
        );
    }
}
