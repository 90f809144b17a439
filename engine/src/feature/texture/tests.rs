//! Laws that hold for every texture family.

use proptest::prelude::*;

use super::{
    ZoneMaps,
    testing::{self, discretised},
};
use crate::{
    feature::{
        Aggregation, Family, Undefined, Value, Values, glcm, gldzm, glrlm, glszm, ngldm, ngtdm,
    },
    process::discretise::Discretised,
};

/// The values of all texture families at distance 1, with the region as its own morphological mask.
fn all(d: &Discretised, aggregations: &[Aggregation]) -> Vec<(Family, Aggregation, Values)> {
    let zones = ZoneMaps::new(d);
    let mask = d.levels.map(|level| *level > 0);
    [
        (Family::Glcm, glcm::features(d, 1, aggregations)),
        (Family::Glrlm, glrlm::features(d, aggregations)),
        (Family::Glszm, glszm::features(&zones, aggregations)),
        (Family::Gldzm, gldzm::features(&zones, &mask, aggregations)),
        (Family::Ngtdm, ngtdm::features(d, 1, aggregations)),
        (Family::Ngldm, ngldm::features(d, 1, 0, aggregations)),
    ]
    .into_iter()
    .flat_map(|(family, values)| values.into_iter().map(move |(a, v)| (family, a, v)))
    .collect()
}

/// The aggregations that treat the three axes alike.
const VOLUMETRIC: [Aggregation; 3] = [
    Aggregation::Averaged3d,
    Aggregation::Merged3d,
    Aggregation::Volume,
];

fn assert_same(
    a: &[(Family, Aggregation, Values)],
    b: &[(Family, Aggregation, Values)],
    change: &str,
) -> Result<(), TestCaseError> {
    /// Sums are taken in another order.
    const TOLERANCE: f64 = 1e-9;
    for ((family, aggregation, a), (.., b)) in a.iter().zip(b) {
        for ((code, _, x), (.., y)) in a.iter().zip(b) {
            match (x, y) {
                (Ok(x), Ok(y)) => prop_assert!(
                    (x - y).abs() <= TOLERANCE * (1.0 + x.abs()),
                    "{family}/{aggregation}/{code} after {change}: {x} to {y}"
                ),
                (x, y) => {
                    prop_assert_eq!(x, y, "{}/{}/{} after {}", family, aggregation, code, change);
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn values_are_finite_and_complete((size, voxels) in testing::regions(40)) {
        let values = all(&discretised(size, &voxels), &Aggregation::ALL);
        let aggregations: Vec<_> = values.iter().map(|(f, a, _)| (*f, *a)).collect();
        let want: Vec<_> = Family::ALL[5..]
            .iter()
            .flat_map(|f| f.aggregations().iter().map(move |a| (*f, *a)))
            .collect();
        prop_assert_eq!(aggregations, want, "every family in all of its aggregations");
        for (family, aggregation, values) in values {
            for (code, _, value) in values {
                prop_assert!(
                    value.is_ok_and(f64::is_finite) || value.is_err(),
                    "{family}/{aggregation}/{code}: {value:?}"
                );
            }
        }
    }

    #[test]
    fn axes_may_be_swapped_and_mirrored(
        (size, voxels) in testing::regions(5),
        order in Just([0, 1, 2]).prop_shuffle(),
        mirror: bool,
    ) {
        let (turned_size, turned) = testing::turned(size, &voxels, order, mirror);
        assert_same(
            &all(&discretised(size, &voxels), &VOLUMETRIC),
            &all(&discretised(turned_size, &turned), &VOLUMETRIC),
            "turning",
        )?;
    }

    #[test]
    fn the_box_does_not_matter(
        (size, voxels) in testing::regions(5),
        before in prop::array::uniform3(0_usize..3),
        after in prop::array::uniform3(0_usize..3),
    ) {
        let large = std::array::from_fn(|axis| before[axis] + size[axis] + after[axis]);
        let moved: Vec<u16> = testing::positions(large)
            .map(|p| {
                let inside = (0..3).all(|a| (before[a]..before[a] + size[a]).contains(&p[a]));
                let [x, y, z] = std::array::from_fn(|a| p[a].wrapping_sub(before[a]));
                if inside { voxels[x + size[0] * (y + size[1] * z)] } else { 0 }
            })
            .collect();
        assert_same(
            &all(&discretised(size, &voxels), &Aggregation::ALL),
            &all(&discretised(large, &moved), &Aggregation::ALL),
            "moving",
        )?;
    }

    #[test]
    fn raising_all_levels((size, voxels) in testing::regions(5), by in 1_u16..60_000) {
        let d = discretised(size, &voxels);
        let raised: Vec<u16> = voxels.iter().map(|v| if *v > 0 { v + by } else { 0 }).collect();
        let raised = Discretised { n_levels: d.n_levels, ..discretised(size, &raised) };
        let (a, b) = (all(&d, &Aggregation::ALL), all(&raised, &Aggregation::ALL));
        let invariant = [
            // GLCM: all of differences, entropies and central moments
            "GYBY", "UR99", "TU9B", "TF7R", "D3YU", "NTRS", "OEEB", "P6QZ", "8ZQL", "ACUI", "8S9J", "IB1Z", "NDRX",
            "WF0Z", "1QCO", "E8JP", "NI2N", "DG8W", "7NFM", "AE86", "R8DG", "JN9H",
            // runs, zones, dependences: all without a power of the level
            "22OV", "W4KF", "R5YN", "OVBL", "W92Y", "IC23", "9ZK5", "8CE5", "SXLW", "HJ9O",
            "5QRC", "48P8", "JNSA", "Y1RO", "4JP3", "VB3A", "P30P", "BYLV", "3NSA", "GU8N",
            "0GBI", "MB4I", "VFT7", "7HP3", "V294", "IATH", "VIWW", "QK93", "7WT1", "GBDU",
            "SODN", "IMOQ", "FP8K", "5SPA", "Z87G", "OKJI", "6XV8", "1PFV", "DNX2", "FCBV", "CAS9",
            // NGTDM: all but busyness
            "QCDE", "65HE", "HDEZ", "1X9X",
        ];
        for ((family, aggregation, a), (.., b)) in a.iter().zip(&b) {
            for ((code, _, x), (.., y)) in a.iter().zip(b) {
                let moved_by = match *code {
                    code if invariant.contains(&code) => 0.0,
                    "60VM" => f64::from(by),
                    "ZGXS" => 2.0 * f64::from(by),
                    _ => continue,
                };
                match (x, y) {
                    // levels of 60,000 leave differences fewer digits
                    (Ok(x), Ok(y)) => prop_assert!(
                        (x + moved_by - y).abs() <= 1e-7 * (1.0 + x.abs() + moved_by),
                        "{family}/{aggregation}/{code} raised by {by}: {x} to {y}"
                    ),
                    (x, y) => prop_assert_eq!(x, y, "{}/{}/{}", family, aggregation, code),
                }
            }
        }
    }

    #[test]
    fn one_slice_is_its_own_average_and_sum((size, voxels) in testing::regions(5)) {
        let size = [size[0], size[1] * size[2], 1];
        let values = all(&discretised(size, &voxels), &Aggregation::ALL);
        for family in [Family::Glcm, Family::Glrlm] {
            let of = |a| values.iter().find(|v| v.0 == family && v.1 == a).cloned().unwrap();
            let [merged, all_merged] = [Aggregation::SliceMerged, Aggregation::Merged2d].map(of);
            assert_same(&[merged], &[all_merged], "merging one slice")?;
            let [by_slice, by_direction] =
                [Aggregation::SliceDirectionAveraged, Aggregation::DirectionMerged].map(of);
            assert_same(&[by_slice], &[by_direction], "merging one slice per direction")?;
        }
        for family in [Family::Glszm, Family::Gldzm, Family::Ngtdm, Family::Ngldm] {
            let of = |a| values.iter().find(|v| v.0 == family && v.1 == a).cloned().unwrap();
            let [average, sum] = [Aggregation::BySlice, Aggregation::SlicesMerged].map(of);
            assert_same(&[average], &[sum], "merging one slice")?;
        }
    }
}

#[test]
fn single_voxel() {
    for (family, aggregation, values) in all(&discretised([1, 1, 1], &[2]), &Aggregation::ALL) {
        for (code, _, value) in values {
            match family {
                Family::Glcm | Family::Ngtdm => assert_eq!(
                    value,
                    Err(Undefined::EmptyMatrix),
                    "{family}/{aggregation}/{code}: no neighbours"
                ),
                _ => assert!(value.is_ok(), "{family}/{aggregation}/{code}: {value:?}"),
            }
        }
    }
}

#[test]
fn empty_region() {
    for (family, aggregation, values) in all(&discretised([2, 2, 2], &[0; 8]), &Aggregation::ALL) {
        for (code, _, value) in values {
            assert_eq!(
                value,
                Err(Undefined::EmptyRoi),
                "{family}/{aggregation}/{code}"
            );
        }
    }
}

/// A feature that some slices leave undefined is the mean over the others.
#[test]
fn averages_pass_over_undefined_matrices() {
    // Slice 1 alternates, slice 2 is flat and without a correlation, slice 3 has no neighbours and no matrix.
    let voxels = [1, 2, 1, 2, 3, 3, 3, 3, 0, 1, 0, 0];
    let d = discretised([4, 1, 3], &voxels);
    let values = glcm::features(&d, 1, &[Aggregation::SliceMerged]);
    let value =
        |code: &str| -> Value { values[0].1.iter().find(|v| v.0 == code).expect("a code").2 };
    assert_eq!(value("NI2N"), Ok(-1.0), "correlation: slice 1 alone");
    assert_eq!(value("ACUI"), Ok(0.5), "contrast: mean of 1 and 0");
}

/// Tables must not be made for all pairs of levels or all zone sizes.
#[test]
fn many_levels_need_no_large_tables() {
    let size = [256, 256, 1];
    let voxels: Vec<u16> = (0..=u16::MAX).map(|level| level.max(1)).collect();
    let d = discretised(size, &voxels);
    for (family, aggregation, values) in all(&d, &[Aggregation::Merged3d, Aggregation::Volume]) {
        for (code, _, value) in values {
            assert!(
                value.is_ok_and(f64::is_finite),
                "{family}/{aggregation}/{code}: {value:?}"
            );
        }
    }
}

#[test]
fn threads_do_not_matter() {
    let size = [9, 8, 7];
    // an arbitrary but fixed texture
    let voxels: Vec<u16> = (0..504_u32).map(|k| (k * k % 31 % 7) as u16).collect();
    let d = discretised(size, &voxels);
    let with = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads can be started")
            .install(|| all(&d, &Aggregation::ALL))
    };
    assert_eq!(with(1), with(8), "bit for bit");
}
