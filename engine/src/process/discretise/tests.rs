use proptest::prelude::*;

use super::*;
use crate::volume::Grid;

fn levels(intensities: &[f64], method: Discretise) -> Vec<u16> {
    grey_levels(intensities, &method, None).unwrap().0
}

fn refusal(intensities: &[f64], method: Discretise, range: Option<[f64; 2]>) -> String {
    grey_levels(intensities, &method, range)
        .unwrap_err()
        .to_string()
}

#[test]
fn fixed_bin_number_by_hand() {
    let bins = |bins| Discretise::FixedBinNumber { bins };
    assert_eq!(
        levels(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], bins(4)),
        [1, 1, 2, 2, 3, 3, 4, 4, 4],
        "edges belong to the upper bin, the maximum to the last"
    );
    assert_eq!(levels(&[-3.0, 10.0], bins(1)), [1, 1], "one bin");
    assert_eq!(levels(&[7.5; 3], bins(32)), [1; 3], "a flat region");
    assert_eq!(
        grey_levels(&[7.5; 3], &bins(32), None).unwrap().1,
        32,
        "N_g is the number of bins, whichever are filled"
    );
    // The range of re-segmentation plays no part.
    assert_eq!(
        grey_levels(&[0.0, 8.0], &bins(4), Some([-1000.0, 1000.0]))
            .unwrap()
            .0,
        [1, 4]
    );
}

#[test]
fn fixed_bin_size_by_hand() {
    let method = Discretise::FixedBinSize { width: 25.0 };
    let intensities = [-500.0, -475.1, -475.0, 399.0, 400.0];
    assert_eq!(
        grey_levels(&intensities, &method, Some([-500.0, 400.0])).unwrap(),
        (vec![1, 1, 2, 36, 37], 37),
        "counted from the lower end of the range, its upper end on an edge"
    );
    assert_eq!(
        grey_levels(&[-490.0, -466.0], &method, Some([-500.0, f64::INFINITY])).unwrap(),
        (vec![1, 2], 2),
        "half-open range"
    );
    for range in [None, Some([f64::NEG_INFINITY, 400.0])] {
        assert_eq!(
            grey_levels(&[-490.0, -466.0, -465.0], &method, range).unwrap(),
            (vec![1, 1, 2], 2),
            "counted from the minimum"
        );
    }
    assert_eq!(
        refusal(&[-501.0], method, Some([-500.0, 400.0])),
        "the intensity `-501` inside the region of interest lies below `-500`, where the first bin starts"
    );
}

#[test]
fn pyradiomics_bins_lie_at_multiples_of_the_width() {
    let method = Discretise::FixedBinWidthPyradiomics { width: 25.0 };
    assert_eq!(
        grey_levels(
            &[-26.0, -25.0, 0.0, 24.9, 25.0],
            &method,
            Some([-1000.0, 0.0])
        )
        .unwrap(),
        (vec![1, 2, 3, 3, 4], 4),
        "edges at -50, -25, 0, 25, 50"
    );
    assert_eq!(levels(&[30.0, 49.0, 50.0], method), [1, 1, 2], "from 25 on");
}

#[test]
fn equalised_bins_have_as_many_voxels() {
    let bins = |bins| Discretise::Equalise { bins };
    let intensities = [9.0, 1.0, 4.0, 16.0, 25.0, 36.0];
    assert_eq!(
        levels(&intensities, bins(3)),
        [2, 1, 1, 2, 3, 3],
        "two in each"
    );
    assert_eq!(
        levels(&[1.0, 2.0, 3.0, 9.0, 9.0, 9.0, 9.0, 9.0], bins(2)),
        [1, 1, 1, 2, 2, 2, 2, 2],
        "equal intensities stay together"
    );
    assert_eq!(levels(&[2.0; 4], bins(5)), [1; 4], "a flat region");
    assert_eq!(grey_levels(&intensities, &bins(3), None).unwrap().1, 3);
}

#[test]
fn lloyd_max_by_hand() {
    let bins = |bins| Discretise::LloydMax { bins };
    // Border 5 between 2.5 and 7.5 → means 1.25 and 9, border 5.125: settled.
    assert_eq!(
        levels(&[0.0, 1.0, 1.0, 3.0, 8.0, 10.0], bins(2)),
        [1, 1, 1, 1, 2, 2]
    );
    // Border 5 → means 2.97 and 7.6, border 5.28, so that 5.2 changes its cell → means 3.525 and 10: settled.
    assert_eq!(
        levels(&[0.0, 4.0, 4.9, 5.2, 10.0], bins(2)),
        [1, 1, 1, 1, 2],
        "a border moves"
    );
    assert_eq!(levels(&[5.0; 3], bins(4)), [1; 3], "a flat region");
    assert_eq!(
        levels(&[0.0, 100.0], bins(3)),
        [1, 3],
        "a cell without intensities keeps its number"
    );
}

#[test]
fn intensities_as_they_are() {
    let none = Discretise::None;
    assert_eq!(
        grey_levels(&[1.0, 6.0, 3.0, 65535.0], &none, None).unwrap(),
        (vec![1, 6, 3, 65535], 65535)
    );
    for (found, shown) in [
        (0.0, "0"),
        (1.5, "1.5"),
        (-1.0, "-1"),
        (65536.0, "65536"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
    ] {
        assert_eq!(
            refusal(&[1.0, found], none, None),
            format!(
                "discretisation `none` needs whole intensities from 1 to 65535 inside the region of interest, found `{shown}`"
            )
        );
    }
}

#[test]
fn what_cannot_be_discretised_is_refused() {
    let narrow = Discretise::FixedBinSize { width: 1e-3 };
    assert_eq!(
        refusal(&[0.0, 100.0], narrow, None),
        "the discretisation gives 100001 grey levels, more than the 65535 that are accepted: use wider bins"
    );
    assert_eq!(
        refusal(&[1.0], Discretise::LloydMax { bins: 65536 }, None),
        "the discretisation gives 65536 grey levels, more than the 65535 that are accepted: use wider bins"
    );
    let by_number: [fn(u32) -> Discretise; 3] = [
        |bins| Discretise::FixedBinNumber { bins },
        |bins| Discretise::Equalise { bins },
        |bins| Discretise::LloydMax { bins },
    ];
    for method in by_number {
        assert!(
            matches!(
                grey_levels(&[1.0], &method(0), None),
                Err(ProcessError::Setting { key: "bins", .. })
            ),
            "no bin"
        );
        assert!(
            matches!(
                grey_levels(&[-1e308, 1e308], &method(8), None),
                Err(ProcessError::RangeTooWide { .. })
            ),
            "overflow"
        );
        assert!(
            matches!(
                grey_levels(&[1.0, f64::NAN], &method(8), None),
                Err(ProcessError::NotFinite { .. })
            ),
            "NaN"
        );
        assert_eq!(
            grey_levels(&[], &method(8), None).unwrap(),
            (vec![], 8),
            "an empty region"
        );
    }
    let by_width: [fn(f64) -> Discretise; 2] = [
        |width| Discretise::FixedBinSize { width },
        |width| Discretise::FixedBinWidthPyradiomics { width },
    ];
    for method in by_width {
        for width in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(
                matches!(
                    grey_levels(&[1.0], &method(width), None),
                    Err(ProcessError::Setting { key: "width", .. })
                ),
                "width {width}"
            );
        }
        assert!(
            matches!(
                grey_levels(&[-1e308, 1e308], &method(1e-10), None),
                Err(ProcessError::RangeTooWide { .. })
            ),
            "overflow"
        );
        assert_eq!(
            grey_levels(&[], &method(1.0), None).unwrap(),
            (vec![], 0),
            "an empty region"
        );
    }
}

#[test]
fn only_the_mask_has_levels() {
    let grid = Grid::axis_aligned([3, 2, 1], [1.0; 3]);
    let image = Volume::from_flat(grid.clone(), vec![f64::NAN, 3.0, 1.0, 2.0, -9.0, 5.0]);
    let mask = Volume::from_flat(grid, vec![false, true, true, true, false, true]);
    let discretised =
        discretise(&image, &mask, &Discretise::FixedBinNumber { bins: 4 }, None).unwrap();
    assert_eq!(discretised.n_levels, 4, "N_g");
    assert_eq!(
        discretised.levels.as_slice(),
        [0, 3, 1, 2, 0, 4],
        "what lies outside is neither discretised nor looked at"
    );
}

/// Squared error of replacing intensities by the mean of their level.
fn squared_error(intensities: &[f64], levels: &[u16]) -> f64 {
    let of = |level| {
        let pairs = intensities.iter().zip(levels);
        let cell: Vec<f64> = pairs
            .filter(|(_, l)| **l == level)
            .map(|(x, _)| *x)
            .collect();
        let mean = cell.iter().sum::<f64>() / cell.len().max(1) as f64;
        cell.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
    };
    let highest = levels.iter().copied().max().unwrap_or(0);
    (1..=highest).map(of).sum()
}

fn methods() -> impl Strategy<Value = Discretise> {
    prop_oneof![
        (1_u32..20).prop_map(|bins| Discretise::FixedBinNumber { bins }),
        (1_u32..20).prop_map(|bins| Discretise::Equalise { bins }),
        (1_u32..20).prop_map(|bins| Discretise::LloydMax { bins }),
        (0.1_f64..20.0).prop_map(|width| Discretise::FixedBinSize { width }),
        (0.1_f64..20.0).prop_map(|width| Discretise::FixedBinWidthPyradiomics { width }),
    ]
}

/// Intensities with ties.
fn intensities() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-200_i32..200).prop_map(|x| f64::from(x) / 4.0), 1..60)
}

proptest! {
    #[test]
    fn levels_are_in_the_order_of_intensities(xs in intensities(), method in methods()) {
        let (levels, n_levels) = grey_levels(&xs, &method, None).unwrap();
        prop_assert!(levels.iter().all(|level| (1..=n_levels).contains(level)), "{levels:?}");
        for (a, level_a) in xs.iter().zip(&levels) {
            for (b, level_b) in xs.iter().zip(&levels) {
                prop_assert!(a > b || level_a <= level_b, "{a} has {level_a}, {b} has {level_b}");
            }
        }
    }

    #[test]
    fn fixed_bins_hold_their_intensities(xs in intensities(), bins in 1_u32..40, width in 0.1_f64..20.0) {
        let lowest = xs.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = xs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let number = levels(&xs, Discretise::FixedBinNumber { bins });
        let size = levels(&xs, Discretise::FixedBinSize { width });
        // A quotient may round across an edge by a part in 1e12.
        let holds = |x: f64, level: u16, w: f64| {
            let low = lowest + (f64::from(level) - 1.0) * w;
            x >= low - 1e-12 * w.max(100.0) && x <= low + w + 1e-12 * w.max(100.0)
        };
        for (x, (number, size)) in xs.iter().zip(number.iter().zip(&size)) {
            let w = (highest - lowest) / f64::from(bins);
            prop_assert!(holds(*x, *number, w), "{x} in bin {number} of {bins}");
            prop_assert!(holds(*x, *size, width), "{x} in bin {size} of width {width}");
        }
    }

    #[test]
    fn equalised_bins_differ_by_ties_only(n in 1_usize..60, bins in 1_u32..20) {
        let xs: Vec<f64> = (0..n).map(|i| ((i * 37) % 61) as f64).collect();
        let levels = levels(&xs, Discretise::Equalise { bins });
        let counts: Vec<usize> = (1..=bins as u16)
            .map(|level| levels.iter().filter(|l| **l == level).count())
            .collect();
        if n > 1 {
            let spread = counts.iter().max().unwrap() - counts.iter().min().unwrap();
            prop_assert!(spread <= 1, "without ties: {counts:?}");
        }
    }

    #[test]
    fn lloyd_max_is_at_a_minimum(xs in intensities(), bins in 2_u32..12) {
        let equal_width = levels(&xs, Discretise::FixedBinNumber { bins });
        let settled = levels(&xs, Discretise::LloydMax { bins });
        let error = squared_error(&xs, &settled);
        prop_assert!(
            error <= squared_error(&xs, &equal_width) + 1e-9,
            "no worse than where it started"
        );
        // No intensity is nearer to the mean of another cell that has one.
        let mean = |level: u16| {
            let cell: Vec<f64> = xs
                .iter()
                .zip(&settled)
                .filter(|(_, l)| **l == level)
                .map(|(x, _)| *x)
                .collect();
            (!cell.is_empty()).then(|| cell.iter().sum::<f64>() / cell.len() as f64)
        };
        let means: Vec<f64> = (1..=bins as u16).filter_map(mean).collect();
        for (x, level) in xs.iter().zip(&settled) {
            let own = (x - mean(*level).expect("x is in this cell")).abs();
            let nearest = means.iter().map(|m| (x - m).abs()).fold(f64::INFINITY, f64::min);
            prop_assert!(own <= nearest + 1e-9, "{x} is {own} from its mean, {nearest} from another");
        }
    }
}
