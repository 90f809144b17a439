use std::sync::LazyLock;

use super::*;
use crate::suite::ibsi1;

/// Made once: its exact tier is computed.
static SUITES: LazyLock<[Suite; 1]> = LazyLock::new(|| [ibsi1()]);

fn read_with(text: &str, options: &Options) -> Result<ValueFile, FileError> {
    ValueFile::read(text.as_bytes(), options, &*SUITES)
}

fn read(text: &str) -> ValueFile {
    read_with(text, &Options::default()).expect("a file of values")
}

fn refused(text: &str) -> String {
    read_with(text, &Options::default())
        .expect_err("no file of values")
        .to_string()
}

fn answer<'a>(file: &'a ValueFile, case: &str, key: &str) -> Option<&'a Answer> {
    file.recorded(case).expect("always recorded").get(key)
}

#[test]
fn long_and_wide_files_say_the_same() {
    let long = read("case,key,value\nibsi1/digital,stat_mean,2.15\ndigital,morph/-/RNU0,556.3\n");
    let wide = read("case,stat_mean,Volume (mesh)\ndigital,2.15,556.3\n");
    let semicolons = read("\u{feff}case;key;value\ndigital;Q4LE;2.15\ndigital;RNU0;556.3\n");
    for file in [&long, &wide, &semicolons] {
        let of = |key| answer(file, "ibsi1/digital", key);
        assert_eq!(of("stat/-/Q4LE"), Some(&Answer::Value(2.15)), "mean");
        assert_eq!(of("morph/-/RNU0"), Some(&Answer::Value(556.3)), "volume");
        assert_eq!(of("stat/-/ECT3"), None, "what was not given is missing");
        assert_eq!((file.stamp.matched, file.stamp.unmatched), (2, 0));
        assert_eq!(
            answer(file, "ibsi1/digital_exact", "stat/-/Q4LE"),
            Some(&Answer::Value(2.15)),
            "the other tier asks the same question"
        );
        assert_eq!(
            answer(file, "ibsi1/ct_c", "stat/-/Q4LE"),
            None,
            "another image"
        );
    }
}

#[test]
fn an_exact_case_of_its_own_is_not_overwritten() {
    let file = read("case,key,value\ndigital,Q4LE,2.15\ndigital_exact,Q4LE,2.1486486486\n");
    assert_eq!(
        answer(&file, "ibsi1/digital_exact", "stat/-/Q4LE"),
        Some(&Answer::Value(2.148_648_648_6))
    );
}

/// Cell → what it is, by a part of the answer.
#[test]
fn cells_that_are_no_numbers_are_said_to_be() {
    for (cell, expected) in [
        (
            "\"1,5\"",
            "line 2: `1,5` is no number: it has a comma, write a decimal point",
        ),
        ("\"1.234,5\"", "it has a comma"),
        ("abc", "line 2: `abc` is no number"),
        ("NaN", "line 2: `NaN` is not finite"),
        ("-inf", "line 2: `-inf` is not finite"),
        ("1e999", "line 2: `1e999` is not finite"),
        ("0x10", "`0x10` is no number"),
        ("1 000", "`1 000` is no number"),
    ] {
        let file = read(&format!("case,key,value\ndigital,Q4LE,{cell}\n"));
        match answer(&file, "ibsi1/digital", "stat/-/Q4LE") {
            Some(Answer::Invalid(reason)) => {
                assert!(reason.contains(expected), "{cell}: {reason}");
            }
            other => panic!("{cell} gave {other:?}"),
        }
    }
    for cell in ["1.5", "-1.5e0", "+1.5E+2", " 1.5 ", ".5"] {
        let file = read(&format!("case,key,value\ndigital,Q4LE,{cell}\n"));
        assert!(
            matches!(
                answer(&file, "ibsi1/digital", "stat/-/Q4LE"),
                Some(Answer::Value(_))
            ),
            "{cell} is a number"
        );
    }
}

#[test]
fn states_and_empty_cells_are_answers() {
    let file = read(
        "case,key,value,status,reason\n\
         digital,Q4LE,,,\n\
         digital,ECT3,,unsupported,planned\n\
         digital,KE2A,,Undefined,\n\
         digital,IPH6,3,undefined,\n",
    );
    let of = |key| answer(&file, "ibsi1/digital", key).cloned();
    assert_eq!(
        of("stat/-/Q4LE"),
        Some(Answer::Missing("line 2: the cell is empty".to_owned()))
    );
    assert_eq!(
        of("stat/-/ECT3"),
        Some(Answer::Unsupported("planned".to_owned()))
    );
    assert_eq!(
        of("stat/-/KE2A"),
        Some(Answer::Undefined("no reason given".to_owned()))
    );
    assert!(
        matches!(of("stat/-/IPH6"), Some(Answer::Invalid(_))),
        "both cannot be"
    );
}

#[test]
fn duplicates_count_for_nothing_whatever_they_say() {
    let file = read("case,key,value\ndigital,Q4LE,2.15\ndigital,stat_mean,2.15\nA,RNU0,1\n");
    assert_eq!(
        answer(&file, "ibsi1/digital", "stat/-/Q4LE"),
        Some(&Answer::Invalid(
            "given more than once: line 2 and line 3".to_owned()
        ))
    );
    assert_eq!(file.stamp.unmatched_shown[0].reason, "`A` is no case");
}

#[test]
fn what_matches_nothing_is_listed_with_the_nearest_names() {
    let file = read(
        "case,key,value\n\
         digital,Q4LE,2.15\n\
         digital,stat_maen,2.15\n\
         digital,TU9B,2.4\n\
         digitl,Q4LE,2.15\n\
         ct_c,glcm/2d_avg/TU9B,6\n",
    );
    let unmatched: Vec<(u64, &str, &str)> = file
        .stamp
        .unmatched_shown
        .iter()
        .map(|u| {
            (
                u.line,
                u.reason.as_str(),
                u.nearest.first().map_or("", String::as_str),
            )
        })
        .collect();
    assert_eq!(
        unmatched,
        [
            (3, "no feature has this name", "stat_mean"),
            (
                4,
                "stands for more than one feature or aggregation",
                "glcm/2d_avg/TU9B"
            ),
            (5, "`digitl` is no case", ""),
            (6, "not asked for in this case", ""),
        ]
    );
    assert_eq!(file.stamp.unmatched, 4, "all are counted");
}

#[test]
fn dialects_are_found_out_and_said() {
    let text = "case,diagnostics_Versions_PyRadiomics,original_firstorder_Mean,original_firstorder_Kurtosis,\
                original_shape_MinorAxisLength,original_glcm_JointEntropy,original_glcm_MCC\n\
                ct_a,v3.0.1,2.1,2.6,9.2,2.4,0.5\nct_c,v3.0.1,2.1,2.6,9.2,2.4,0.5\n";
    let file = read(text);
    assert_eq!(file.stamp.dialect.as_deref(), Some("pyradiomics"));
    assert!(
        file.stamp.assumption.is_some(),
        "names leave the aggregation open"
    );
    let Identity { name, version } = file.identity();
    assert_eq!((name.as_str(), version.as_str()), ("PyRadiomics", "3.0.1"));
    let of = |key| answer(&file, "ibsi1/ct_c", key).cloned();
    assert_eq!(of("stat/-/Q4LE"), Some(Answer::Value(2.1)));
    assert_eq!(
        of("glcm/3d_avg/TU9B").and_then(|a| a.submitted()),
        Some(2.4)
    );
    assert_eq!(
        answer(&file, "ibsi1/ct_a", "glcm/25d_avg/TU9B").and_then(Answer::submitted),
        Some(2.4),
        "a case without 3D"
    );
    assert!(
        matches!(of("morph/-/P9VJ"), Some(Answer::Differing { difference, .. }) if difference.contains("one less")),
        "what is known to differ is said"
    );
    assert!(
        matches!(of("stat/-/IPH6"), Some(Answer::OtherDefinition { submitted: 2.6, difference }) if difference.contains("--convert")),
        "never converted silently"
    );
    assert!(
        file.stamp
            .unmatched_shown
            .iter()
            .any(|u| u.reason.contains("no IBSI feature")),
        "{:?}",
        file.stamp.unmatched_shown
    );

    let options = Options {
        converts: true,
        ..Options::default()
    };
    let converted = read_with(text, &options).expect("a file of values");
    match answer(&converted, "ibsi1/ct_c", "stat/-/IPH6") {
        Some(Answer::Converted {
            submitted, value, ..
        }) => {
            assert_eq!((*submitted, *value), (2.6, 2.6 - 3.0));
        }
        other => panic!("converted on request, found {other:?}"),
    }
    assert_eq!(converted.stamp.converted.len(), 1, "the results say which");
}

#[test]
fn one_dialect_is_not_taken_for_another() {
    let mirp =
        read("case,stat_mean,cm_joint_entr_d1_3d_avg_fbs_w25.0,szm_sze_3d_fbs_w25.0\nct_c,1,2,3\n");
    assert_eq!(mirp.stamp.dialect.as_deref(), Some("mirp"));
    assert_eq!(mirp.stamp.matched, 3);
    let lifex =
        read("case,MORPHOLOGICAL_Volume(IBSI:RNU0)[mL],GLCM_Contrast(IBSI:ACUI)[]\nct_c,0.36,19\n");
    assert_eq!(lifex.stamp.dialect.as_deref(), Some("lifex"));
    let ibsi = read("case,stat_mean,cm_joint_entr_3D_avg\nct_c,1,2\n");
    assert_eq!(ibsi.stamp.dialect, None, "IBSI's own names are no dialect");
}

#[test]
fn files_that_are_no_tables_are_refused_by_what_is_wrong() {
    for (text, message) in [
        ("", "the file is empty"),
        ("key,value\nQ4LE,1\n", "no column `case`"),
        ("case,value\ndigital,1\n", "a column `value`, but none of"),
        ("case,key,value,key\na,b,1,c\n", "column `key` occurs twice"),
        (
            "case,key,value\ndigital,Q4LE,1,5\n",
            "line 2: expected 3 cells, found 4; a decimal comma without quotes?",
        ),
        (
            "case,key,value\ndigital,Q4LE\n",
            "line 2: expected 3 cells, found 2",
        ),
        (
            "case,key,value,status\ndigital,Q4LE,1,good\n",
            "line 2: expected the status",
        ),
        (
            "case,key,value\ndigital,stat_maen,1\n",
            "no value of the file belongs to a check; the first, line 2, is `stat_maen`: no feature has this name, \
             like `stat_mean`",
        ),
    ] {
        let error = refused(text);
        assert!(error.contains(message), "{text:?} gave {error}");
    }
    let latin1 = ValueFile::read(
        b"case,key,value\n\xe4,b,1\n",
        &Options::default(),
        &[ibsi1()],
    );
    assert!(
        latin1
            .expect_err("no UTF-8")
            .to_string()
            .contains("at byte 15"),
        "the place is named"
    );
    let options = Options {
        dialect: Some("klingon".to_owned()),
        case: None,
        ..Options::default()
    };
    let error = read_with("case,key,value\ndigital,Q4LE,1\n", &options).expect_err("no dialect");
    assert!(
        error.to_string().contains("pyradiomics, mirp, lifex"),
        "{error}"
    );
}

#[test]
fn a_case_given_apart_is_that_of_every_row() {
    let options = Options {
        case: Some("ct_c".to_owned()),
        ..Options::default()
    };
    let file = read_with("key,value\nQ4LE,-49\n", &options).expect("a file of values");
    assert_eq!(
        answer(&file, "ibsi1/ct_c", "stat/-/Q4LE"),
        Some(&Answer::Value(-49.0))
    );
    let twice = read_with("case,key,value\nct_c,Q4LE,-49\n", &options);
    assert!(
        matches!(twice, Err(FileError::TwoCases)),
        "the file says it already"
    );
}

/// Filled in with anything, the template is a file whose every row belongs to a check.
#[test]
fn the_template_has_a_row_per_check_and_no_expected_value() {
    let suites = &*SUITES;
    let empty = template(suites, &[]);
    let rows = empty.lines().count() - 1;
    assert_eq!(
        rows,
        2586 - 482,
        "the exact tier shares the digital phantom"
    );
    let filled = empty.replace(",,,,", ",1.5,,,");
    let file = read(&filled);
    assert_eq!((file.stamp.matched, file.stamp.unmatched), (rows, 0));
    let glob = glob::Pattern::new("*/stat/*").expect("a glob");
    assert_eq!(template(suites, &[glob]).lines().count(), 1 + 6 * 18);
}
