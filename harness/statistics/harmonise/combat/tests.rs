use proptest::prelude::*;

use super::*;

fn label(batch: usize) -> String {
    ["A", "B", "C"][batch].to_owned()
}

/// Four features of twelve samples in three batches of four, from numbers without a pattern.
fn sample() -> (Matrix, Batches) {
    let value = |f: u32, s: u32| {
        let noise = f64::from((f * f * 7 + s * s * 5 + f * s * 3 + s) % 13) / 5.0;
        let batch = f64::from(s / 4);
        10.0 * f64::from(f) + batch * f64::from(f + 1) + noise * (1.0 + batch)
    };
    let rows: Vec<Vec<f64>> = (0..4)
        .map(|f| (0..12).map(|s| value(f, s)).collect())
        .collect();
    let batches: Vec<String> = (0..12).map(|s| label(s / 4)).collect();
    (
        Matrix::from_rows(&rows).expect("features"),
        Batches::new(&batches),
    )
}

fn harmonise(combat: &ComBat) -> Harmonised {
    let (features, batches) = sample();
    combat
        .harmonise(&features, &batches, &[])
        .expect("harmonised")
}

/// Mean and variance of a feature in each batch.
fn moments(values: &Matrix, feature: usize, batches: &Batches) -> Vec<(f64, f64)> {
    let of = |batch| {
        let members: Vec<f64> = batches
            .members(batch)
            .map(|s| values.row(feature)[s])
            .collect();
        (mean(&members), variance_or_one(&members))
    };
    (0..batches.names.len()).map(of).collect()
}

#[test]
fn without_empirical_bayes_batches_have_one_mean_and_variance() {
    let (_, batches) = sample();
    let found = harmonise(&ComBat {
        prior: Prior::None,
        ..ComBat::default()
    });
    for feature in 0..4 {
        let moments = moments(&found.values, feature, &batches);
        for (mean, variance) in &moments {
            assert!(
                (mean - moments[0].0).abs() < 1e-12,
                "feature {feature}: {moments:?}"
            );
            assert!(
                (variance / moments[0].1 - 1.0).abs() < 1e-12,
                "feature {feature}: {moments:?}"
            );
        }
    }
}

#[test]
fn the_reference_stays_as_it_is() {
    let (features, batches) = sample();
    for prior in [Prior::Parametric, Prior::NonParametric, Prior::None] {
        let reference = Some("B".into());
        let found = harmonise(&ComBat {
            prior,
            reference,
            ..ComBat::default()
        });
        for feature in 0..4 {
            for sample in batches.members(1) {
                let (new, old) = (
                    found.values.row(feature)[sample],
                    features.row(feature)[sample],
                );
                assert_eq!(new, old, "feature {feature}, sample {sample}");
            }
        }
        if prior == Prior::None {
            let moments = moments(&found.values, 2, &batches);
            assert!(
                (moments[0].0 - moments[1].0).abs() < 1e-12,
                "to the reference: {moments:?}"
            );
        }
    }
}

#[test]
fn labels_say_what_was_done() {
    let combat = ComBat {
        prior: Prior::NonParametric,
        effect: Effect::Mean,
        reference: Some("A".into()),
    };
    let (features, batches) = sample();
    let age = Covariate {
        name: "age".into(),
        values: CovariateValues::Numeric((0..12).map(|s| f64::from(s * s % 7)).collect()),
    };
    let found = combat
        .harmonise(&features, &batches, &[age])
        .expect("harmonised");
    assert_eq!(
        found.arm,
        "ComBat (non-parametric, mean only, reference A; adjusted for age)"
    );
    assert_eq!(harmonise(&ComBat::default()).arm, "ComBat (parametric)");
}

#[test]
fn a_constant_feature_is_left_alone() {
    let (features, batches) = sample();
    let mut rows: Vec<Vec<f64>> = features.iter_rows().map(<[f64]>::to_vec).collect();
    rows.insert(1, vec![0.3; 12]);
    let with = Matrix::from_rows(&rows).expect("features");
    let found = ComBat::default()
        .harmonise(&with, &batches, &[])
        .expect("harmonised");
    assert_eq!(found.unchanged, [1]);
    assert_eq!(found.values.row(1), [0.3; 12]);
    let without = harmonise(&ComBat::default());
    assert_eq!(
        found.values.row(3),
        without.values.row(2),
        "the prior is that of the others"
    );
}

#[test]
fn what_cannot_be_harmonised_is_said() {
    let (features, batches) = sample();
    let message = |combat: &ComBat, batches: &Batches, covariates: &[Covariate]| {
        combat
            .harmonise(&features, batches, covariates)
            .expect_err("an error")
            .to_string()
    };
    let default = ComBat::default();
    let names =
        |names: &[&str]| Batches::new(&names.iter().flat_map(|n| [*n; 4]).collect::<Vec<_>>());
    assert_eq!(
        message(&default, &names(&["A", "B"]), &[]),
        "batches: expected a value for each of the 12 samples, found 8"
    );
    assert_eq!(
        message(&default, &names(&["A", "A", "A"]), &[]),
        "expected at least 2 batches, found 1"
    );
    let lone: Vec<String> = (0..12).map(|s| label(usize::from(s > 0))).collect();
    assert_eq!(
        message(&default, &Batches::new(&lone), &[]),
        "batch `A`: expected at least 2 samples to adjust its variance, found 1"
    );
    let mean_only = ComBat {
        effect: Effect::Mean,
        ..ComBat::default()
    };
    assert!(
        mean_only
            .harmonise(&features, &Batches::new(&lone), &[])
            .is_ok(),
        "a mean has one"
    );
    let reference = ComBat {
        reference: Some("Z".into()),
        ..ComBat::default()
    };
    assert_eq!(
        message(&reference, &batches, &[]),
        "reference batch: expected one of A, B, C, found `Z`"
    );
    let scanner = Covariate {
        name: "scanner".into(),
        values: CovariateValues::Categorical(
            (0..12).map(|s| format!("scanner {}", s / 8)).collect(),
        ),
    };
    let same = message(&default, &batches, &[scanner]);
    assert_eq!(
        same,
        "covariate `scanner` is confounded with the batches or with another covariate"
    );
    let age = |values| Covariate {
        name: "age".into(),
        values: CovariateValues::Numeric(values),
    };
    assert_eq!(
        message(&default, &batches, &[age(vec![1.0])]),
        "covariate `age`: expected a value for each of the 12 samples, found 1"
    );
    assert_eq!(
        message(
            &default,
            &batches,
            &[age((0..12).map(|s| 1.0 / f64::from(s)).collect())]
        ),
        "covariate `age`, sample 1: expected a finite number, found inf"
    );
    let single = Matrix::from_rows(&[features.row(0)]).expect("features");
    assert_eq!(
        default
            .harmonise(&single, &batches, &[])
            .expect_err("an error")
            .to_string(),
        "empirical Bayes needs at least 2 features that vary, found 1"
    );
}

proptest! {
    /// An offset of every feature passes through; a factor as well: ComBat has no unit.
    #[test]
    fn affine(factor in 0.01_f64..100.0, offset in -100.0..100.0, mode in 0_usize..6) {
        let combat = ComBat {
            prior: [Prior::Parametric, Prior::NonParametric, Prior::None][mode % 3],
            effect: [Effect::MeanAndVariance, Effect::Mean][mode / 3],
            reference: None,
        };
        let (features, batches) = sample();
        let plain = harmonise(&combat);
        let map = |x: &f64| factor * x + offset;
        let mapped = features.with_values(features.values().iter().map(map).collect());
        let mapped = combat.harmonise(&mapped, &batches, &[]).expect("harmonised");
        for (mapped, plain) in mapped.values.values().iter().zip(plain.values.values()) {
            prop_assert!((mapped - map(plain)).abs() < 1e-9 * factor.max(1.0), "{} vs {}", mapped, map(plain));
        }
    }

    /// Without empirical Bayes, batch means are equal whatever the features, and a covariate's effect is kept.
    #[test]
    fn batch_means_are_removed(values in prop::collection::vec(-10.0..10.0, 3 * 12), slope in -5.0..5.0) {
        let (_, batches) = sample();
        let age: Vec<f64> = (0..12).map(|s| f64::from(s % 4)).collect();
        let rows: Vec<Vec<f64>> = values
            .chunks(12)
            .map(|row| row.iter().zip(&age).map(|(x, age)| x + slope * age).collect())
            .collect();
        let features = Matrix::from_rows(&rows).expect("features");
        let combat = ComBat { prior: Prior::None, effect: Effect::Mean, reference: None };
        let covariate = Covariate { name: "age".into(), values: CovariateValues::Numeric(age.clone()) };
        let found = combat.harmonise(&features, &batches, &[covariate]).expect("harmonised");
        for feature in 0..3 {
            // age is the same in all batches, so that it does not move their means
            let moments = moments(&found.values, feature, &batches);
            for (mean, _) in &moments {
                prop_assert!((mean - moments[0].0).abs() < 1e-11, "{:?}", moments);
            }
            let slope_of = |row: &[f64]| row.iter().zip(&age).map(|(y, age)| y * (age - 1.5)).sum::<f64>() / 15.0;
            let kept = slope_of(found.values.row(feature)) - slope_of(features.row(feature));
            prop_assert!(kept.abs() < 1e-11, "the slope of age moved by {}", kept);
        }
    }
}
