//! Coiflets.

/// The highest order in the table.
pub(super) const MAX_ORDER: usize = 5;

/// The scaling filter of the coiflet of an order, 6 taps for each.
///
/// From a table: I. Daubechies, *Orthonormal bases of compactly supported wavelets II*, SIAM J. Math. Anal. 24 (1993),
/// 499–519, with the digits of double precision that PyWavelets gives. The tests hold it to the equations that define it.
///
/// # Panics
/// For an order that is not in the table.
pub(super) fn scaling_filter(order: usize) -> Vec<f64> {
    assert!(
        (1..=MAX_ORDER).contains(&order),
        "orders are checked when names are read"
    );
    let rows = include_str!("coiflets.csv").lines().skip(1);
    rows.filter_map(|row| {
        let (of_order, rest) = row.split_once(',')?;
        let (_tap, value) = rest.split_once(',')?;
        (of_order.parse() == Ok(order)).then(|| value.parse().expect("the table holds numbers"))
    })
    .collect()
}
