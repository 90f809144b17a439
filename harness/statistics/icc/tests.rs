use proptest::prelude::*;

use super::*;

const WITHOUT_MEANING: &str = "a form that the data do not define";

fn ratings<const K: usize>(rows: &[[f64; K]]) -> Ratings {
    Ratings::new(rows).expect("ratings")
}

fn of(ratings: &Ratings, form: Form) -> Result<Icc, Undefined> {
    icc(ratings, form, Level::P95)
}

fn average(model: Model) -> Form {
    Form::new(model, Unit::Average)
}

#[test]
fn exact_agreement_is_1_with_a_point_interval() {
    // 0.1 + 0.1 + 0.1 is not 0.3: exactness must not hang on rounded means
    let exact = ratings(&[[0.1; 3], [0.2; 3], [0.7; 3]]);
    for form in Form::ALL {
        let found = of(&exact, form).expect("exact agreement");
        let interval = found.interval.expect("an interval");
        assert!(found.is_exact, "{}", form.name());
        assert_eq!(
            (found.value, interval.lower, interval.upper),
            (1.0, 1.0, 1.0),
            "{}",
            form.name()
        );
        assert_eq!((found.subjects, found.raters, found.caution), (3, 3, None));
    }
    // as small as doubles get: squares underflow
    let tiny = ratings(&[[1e-200; 3], [2e-200, 2e-200, 3e-200], [7e-200; 3]]);
    let found = of(&tiny, Form::AGREEMENT).expect("an ICC");
    assert!(!found.is_exact && found.value < 0.999, "{found:?}");
}

#[test]
fn a_constant_difference_is_exact_for_consistency_only() {
    let shifted = ratings(&[[1.0, 3.0], [2.0, 4.0], [5.0, 7.0]]);
    let consistency = of(&shifted, Form::CONSISTENCY).expect("an ICC");
    assert!(consistency.is_exact, "{consistency:?}");
    let agreement = of(&shifted, Form::AGREEMENT).expect("an ICC");
    // MS_R 26/3, MS_C 6, MS_E 0: 26/3 / (26/3 + 2/3 · 6), with 1 degree of freedom
    assert!(
        (agreement.value - 13.0 / 19.0).abs() < 1e-15,
        "{agreement:?}"
    );
    assert!((agreement.agreement_df.expect("degrees of freedom") - 1.0).abs() < 1e-12);
    let interval = agreement.interval.expect("an interval");
    assert!(
        interval.lower < 0.06 && interval.upper < 1.0,
        "hardly anything is known: {interval:?}"
    );
}

#[test]
fn no_variance_is_undefined_with_a_reason() {
    let constant = ratings(&[[2.0; 3]; 4]);
    let flat = ratings(&[[1.0, 2.0, 4.0]; 4]);
    for form in Form::ALL {
        assert_eq!(
            of(&constant, form),
            Err(Undefined::NoVariance),
            "{}",
            form.name()
        );
    }
    for form in [
        Form::CONSISTENCY,
        average(Model::Consistency),
        average(Model::OneWay),
    ] {
        assert_eq!(
            of(&flat, form),
            Err(Undefined::NoSubjectVariance),
            "{}",
            form.name()
        );
    }
    // all of the variance is between raters
    let agreement = of(&flat, Form::AGREEMENT).expect("an ICC");
    assert_eq!((agreement.value, agreement.interval), (0.0, None));
}

#[test]
fn too_little_is_undefined_with_a_reason() {
    let message = |ratings: &Ratings| {
        of(ratings, Form::AGREEMENT)
            .expect_err("undefined")
            .to_string()
    };
    assert_eq!(
        message(&ratings(&[[1.0, 2.0]])),
        "needs at least 2 subjects, found 1"
    );
    assert_eq!(
        message(&ratings(&[[1.0], [2.0]])),
        "needs at least 2 raters, found 1"
    );
}

#[test]
fn negative_is_reported_as_it_is() {
    let contrary = ratings(&[[1.0, 9.0], [9.0, 1.0], [2.0, 8.0], [8.0, 2.5]]);
    let found = of(&contrary, Form::CONSISTENCY).expect("an ICC");
    assert!(found.value < -0.9, "{found:?}");
    assert!(of(&contrary, average(Model::OneWay)).expect("an ICC").value < -50.0);
}

#[test]
fn what_is_no_correlation_says_so() {
    // residual only: MS_R and MS_C near zero, so that ICC(A,k) has a negative denominator and comes out as 3
    let residual = ratings(&[[1.0, -1.0, 0.0], [0.0, 1.0, -1.0], [-1.0, 0.0, 1.01]]);
    let found = of(&residual, average(Model::Agreement)).expect("a number");
    assert!(found.value > 1.0, "{found:?}");
    assert_eq!(found.caution, Some(Caution::DenominatorNotPositive));
}

#[test]
fn the_computation_of_ibsi1_by_hand() {
    // powers keep their order but not their distance: untransformed first
    let by_size = Computation {
        divisor: Divisor::TableSize,
        ..Computation::TEXTBOOK
    };
    let table = ratings(&[[0.5, 2.0, 3.5], [1.5, 4.0, 6.5]]);
    let found = icc_by(&table, Form::AGREEMENT, Level::P95, by_size).expect("an ICC");
    // sums of squares 6, 16, 1, each divided by 6: (6 - 1) / (6 + 2·1 + 3/2·(16 - 1))
    assert!((found.value - 5.0 / 30.5).abs() < 1e-15, "{found:?}");
    assert_eq!(found.computation.name(), "ms/nk");
    assert_eq!(Computation::IBSI1.name(), "ibsi1 (yeo-johnson, ms/nk)");
    assert_eq!(Computation::default().name(), "textbook");
    // the transformation is one of the values: transforming them first is the same
    let lambda = best_yeo_johnson(table.values());
    assert_ne!(lambda, 1.0, "the example is transformed");
    let transformed = table
        .values()
        .iter()
        .map(|x| yeo_johnson(*x, lambda))
        .collect();
    let expected = icc_by(
        &table.with_values(transformed),
        Form::AGREEMENT,
        Level::P95,
        by_size,
    );
    let found = icc_by(&table, Form::AGREEMENT, Level::P95, Computation::IBSI1).expect("an ICC");
    assert_eq!(found.value, expected.expect("an ICC").value);
}

/// Ratings of 2 to 12 subjects by 2 to 6 raters.
fn any_ratings() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (2_usize..12, 2_usize..6).prop_flat_map(|(n, k)| {
        let spread = prop::collection::vec(-10.0..10.0, n);
        let noise = prop::collection::vec(prop::collection::vec(-3.0..3.0, k), n);
        (spread, noise).prop_map(|(spread, noise)| {
            let row =
                |(subject, noise): (f64, Vec<f64>)| noise.iter().map(|e| subject + e).collect();
            spread.into_iter().zip(noise).map(row).collect()
        })
    })
}

fn all(rows: &[Vec<f64>]) -> Vec<Icc> {
    let ratings = Ratings::new(rows).expect("ratings");
    Form::ALL
        .map(|form| of(&ratings, form).expect(WITHOUT_MEANING))
        .to_vec()
}

fn same(a: &[Icc], b: &[Icc], tolerance: f64) -> Result<(), TestCaseError> {
    for (a, b) in a.iter().zip(b) {
        let close = |a: f64, b: f64| (a - b).abs() <= tolerance * (1.0 + a.abs());
        prop_assert!(close(a.value, b.value), "{:?} and {:?}", a, b);
        if let (Some(a), Some(b)) = (a.interval, b.interval) {
            prop_assert!(
                close(a.lower, b.lower) && close(a.upper, b.upper),
                "{:?} and {:?}",
                a,
                b
            );
        }
    }
    Ok(())
}

proptest! {
    /// One affine map of all values, another order of subjects or of raters: nothing changes.
    #[test]
    fn invariances(rows in any_ratings(), slope in 0.001..1000.0, offset in -1e4..1e4, turn in 0_usize..12) {
        let found = all(&rows);
        let mapped: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| row.iter().map(|x| slope * x + offset).collect())
            .collect();
        // the offset itself rounds the values
        same(&found, &all(&mapped), 1e-6)?;
        let mut subjects = rows.clone();
        subjects.rotate_left(turn % rows.len());
        same(&found, &all(&subjects), 1e-9)?;
        let raters: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().rev().copied().collect()).collect();
        same(&found, &all(&raters), 1e-9)?;
    }

    /// A constant added to one rater leaves consistency alone; a large one destroys agreement.
    #[test]
    fn a_biased_rater(rows in any_ratings()) {
        let biased = |bias: f64| -> Vec<Vec<f64>> {
            rows.iter().map(|row| {
                let mut row = row.clone();
                row[0] += bias;
                row
            }).collect()
        };
        let (plain, biased) = (all(&rows), all(&biased(1e4)));
        let consistency = 1;
        prop_assert!((plain[consistency].value - biased[consistency].value).abs() < 1e-6);
        prop_assert!(biased[2].value.abs() < 0.01, "ICC(A,1) {}", biased[2].value);
    }

    /// ICC(C,1) ≥ ICC(A,1) where raters differ by more than the residual (MS_C ≥ MS_E) and the correlation is positive;
    /// the other way round where they differ by less. ICC(1) is below both for MS_C ≥ MS_E.
    #[test]
    fn forms_are_ordered(rows in any_ratings()) {
        let found = all(&rows);
        let [one_way, consistency, agreement] = [found[0].value, found[1].value, found[2].value];
        let ratings = Ratings::new(&rows).expect("ratings");
        let ms = SumsOfSquares::of(&ratings).expect("sums").mean_squares(Divisor::DegreesOfFreedom);
        if consistency > 0.0 {
            if ms.columns >= ms.error {
                prop_assert!(consistency >= agreement - 1e-12);
                prop_assert!(one_way <= agreement + 1e-12);
            } else {
                prop_assert!(consistency <= agreement + 1e-12);
            }
        }
    }

    /// The interval contains the estimate unless it says that it collapsed; a higher level contains a lower one; the
    /// average forms are the Spearman–Brown step-up of the single ones, bounds included.
    #[test]
    fn intervals(rows in any_ratings()) {
        let ratings = Ratings::new(&rows).expect("ratings");
        for form in Form::ALL {
            let found = of(&ratings, form).expect(WITHOUT_MEANING);
            let Some(interval) = found.interval else { continue };
            if found.caution.is_none() {
                prop_assert!(interval.contains(found.value), "{:?}", found);
                let wider = icc(&ratings, form, Level::new(0.99).expect("a level")).expect(WITHOUT_MEANING);
                if wider.caution.is_none() {
                    let wider = wider.interval.expect("an interval");
                    prop_assert!(wider.lower <= interval.lower && interval.upper <= wider.upper);
                }
            }
        }
        let k = ratings.raters() as f64;
        let step_up = |rho: f64| k * rho / (1.0 + (k - 1.0) * rho);
        for model in [Model::OneWay, Model::Consistency, Model::Agreement] {
            let single = of(&ratings, Form::new(model, Unit::Single)).expect(WITHOUT_MEANING);
            let average = of(&ratings, average(model)).expect(WITHOUT_MEANING);
            if average.caution.is_some() || single.value < -0.1 { continue }
            prop_assert!((step_up(single.value) - average.value).abs() < 1e-9 * (1.0 + average.value.abs()));
            let (single, average) = (single.interval.expect("bounds"), average.interval.expect("bounds"));
            prop_assert!((step_up(single.lower) - average.lower).abs() < 1e-7 * (1.0 + average.lower.abs()));
            prop_assert!((step_up(single.upper) - average.upper).abs() < 1e-9);
        }
    }

    /// Whatever the values, there is a number or a reason, never NaN and never a panic.
    #[test]
    fn hostile_values(rows in prop::collection::vec(prop::collection::vec(prop_oneof![
        any::<f64>().prop_filter("finite", |x| x.is_finite()),
        prop::sample::select(vec![0.0, 1.0, -1.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324]),
    ], 3), 1..6)) {
        let ratings = Ratings::new(&rows).expect("ratings");
        for form in Form::ALL {
            for computation in [Computation::TEXTBOOK, Computation::IBSI1] {
                if let Ok(found) = icc_by(&ratings, form, Level::P95, computation) {
                    prop_assert!(found.value.is_finite(), "{:?}", found);
                    if let Some(interval) = found.interval {
                        prop_assert!(interval.lower.is_finite() && interval.upper.is_finite());
                    }
                }
            }
        }
    }
}
