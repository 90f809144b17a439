//! Files of values under test, by the binary: from the template to a verdict, and what becomes of bad ones.

mod common;

use std::fs;

use common::{radgauge, run, write};
use radgauge::{
    implementation::Submission,
    results::{self, Results},
    suite::{Suite, ibsi1},
    verdict::Outcome,
};

/// Certifies a file of values; exit code, standard output, standard error and results.
fn certify(file: &std::path::Path, args: &[&str]) -> (i32, String, String, Option<Results>) {
    let document = file.with_extension("jsonl");
    let (code, out, err) = run(radgauge()
        .args(["certify", "--values"])
        .arg(file)
        .arg("--out")
        .arg(&document)
        .args(args));
    let results = fs::read_to_string(&document)
        .ok()
        .map(|text| results::read(&text).expect("the document can be read"));
    (code, out, err, results)
}

/// The template of one suite, every value filled in by `value` from what the check expects.
fn filled(suite: &Suite, value: impl Fn(&str) -> String) -> String {
    let (code, template, err) = run(radgauge().args(["template", "--suite", suite.name]));
    assert_eq!(code, 0, "{err}");
    let mut rows = template.lines();
    let mut text = format!("{}\n", rows.next().expect("a header"));
    for row in rows {
        let (id, rest) = row
            .split_once(",,,,")
            .expect("value, status and reason are empty");
        let id = id.replacen(',', "/", 1);
        let check = suite
            .cases
            .iter()
            .flat_map(|case| &case.checks)
            .find(|check| check.id == id)
            .unwrap_or_else(|| panic!("{id} is a check"));
        text += &format!(
            "{},{},,,{rest}\n",
            id.replacen(check.key(), "", 1)
                .trim_end_matches('/')
                .to_owned()
                + ","
                + check.key(),
            value(&check.expected.value)
        );
    }
    text
}

/// Filled in with the published values, the template passes every check of tier consensus, without any data set; in
/// tier exact the same three digits are too few.
#[test]
fn a_template_filled_with_the_references_passes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = filled(&ibsi1(), ToOwned::to_owned);
    let file = write(folder.path(), "mine.csv", text.as_bytes());
    let args = ["--select", "ibsi1/digital/*", "--select", "ibsi1/ct_*"];
    let (code, out, err, results) = certify(&file, &[&args[..], &["--product", "mine"]].concat());
    assert_eq!(code, 0, "{out}{err}");
    let results = results.expect("the document was written");
    assert_eq!(results.end.totals.of(Outcome::Pass), 2586 - 482);
    assert_eq!(results.run.implementation.name, "mine");
    assert!(
        results.cases.iter().all(|case| case.inputs.is_empty()),
        "no image was read"
    );
    let Some(Submission::Values(stamp)) = results.run.submission else {
        panic!("the results say that the values are from a file");
    };
    assert_eq!((stamp.matched, stamp.unmatched), (2586 - 482, 0));
    let (code, ..) = certify(&file, &["--select", "ibsi1/digital_exact/*"]);
    assert_eq!(code, 1, "three digits are not exact");
}

#[test]
fn a_statement_from_values_can_be_verified_but_not_from_converted_ones() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = filled(&ibsi1(), ToOwned::to_owned);
    let file = write(folder.path(), "mine.csv", text.as_bytes());
    let statement = folder.path().join("statement");
    let (code, out, err) = run(radgauge()
        .args(["certify", "--quiet", "--values"])
        .arg(&file)
        .arg("--statement")
        .arg(&statement));
    assert_eq!(code, 1, "the exact tier falls short: {out}{err}");
    let (code, out, err) = run(radgauge().arg("verify").arg(&statement));
    assert_eq!(code, 0, "{out}{err}");
    let (code, _, err) = run(radgauge()
        .args(["certify", "--convert", "--values"])
        .arg(&file)
        .arg("--statement")
        .arg(&statement));
    assert_eq!((code, err.contains("--convert")), (2, true), "{err}");
}

#[test]
fn what_is_wrong_with_a_value_costs_its_check_and_no_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = write(
        folder.path(),
        "mine.csv",
        b"case,key,value,status,reason\n\
          digital,stat_mean,2.15,,\n\
          digital,stat_var,\"3,05\",,\n\
          digital,stat_skew,NaN,,\n\
          digital,stat_kurt,,unsupported,planned\n\
          digital,stat_median,,,\n\
          digital,stat_min,1,,\n\
          digital,1GSF,1,,\n\
          digital,stat_p10,,undefined,\n\
          digital,sat_mean,9,,\n",
    );
    let (code, out, err, results) = certify(&file, &["--select", "ibsi1/digital/stat/*"]);
    assert_eq!(code, 1, "{out}{err}");
    let results = results.expect("the document was written");
    let of = |code: &str| {
        let id = format!("ibsi1/digital/stat/-/{code}");
        let check = results.checks.iter().find(|check| check.id == id);
        let check = check.expect("a check of the suite");
        (check.outcome, check.reason.clone().unwrap_or_default())
    };
    assert_eq!(of("Q4LE").0, Outcome::Pass, "the one good value");
    for (code, outcome, reason) in [
        (
            "ECT3",
            Outcome::Error,
            "line 3: `3,05` is no number: it has a comma",
        ),
        ("KE2A", Outcome::Error, "line 4: `NaN` is not finite"),
        ("IPH6", Outcome::Unsupported, "planned"),
        ("Y12H", Outcome::Missing, "line 6: the cell is empty"),
        (
            "1GSF",
            Outcome::Error,
            "given more than once: line 7 and line 8",
        ),
        ("QG58", Outcome::Undefined, "no reason given"),
        ("8DWT", Outcome::Missing, ""),
    ] {
        let found = of(code);
        assert_eq!(found.0, outcome, "{code}");
        assert!(found.1.contains(reason), "{code}: {}", found.1);
    }
    assert!(err.contains("not matched: line 10: sat_mean"), "{err}");
    assert!(err.contains("like stat_"), "near names are proposed: {err}");
}

#[test]
fn dialects_are_said_and_conversions_are_reported() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = write(
        folder.path(),
        "pyradiomics.csv",
        b"case,diagnostics_Versions_PyRadiomics,original_firstorder_Mean,original_firstorder_Kurtosis,original_glcm_MCC\n\
          digital,v3.0.1,2.1486,2.64538,0.2\n",
    );
    let select = [
        "--select",
        "ibsi1/digital/stat/-/Q4LE",
        "--select",
        "ibsi1/digital/stat/-/IPH6",
    ];
    let (code, out, err, results) = certify(&file, &select);
    assert_eq!(code, 1, "kurtosis is not judged: {out}{err}");
    assert!(err.contains("names: dialect pyradiomics"), "{err}");
    assert!(out.contains("PyRadiomics 3.0.1"), "{out}");
    assert!(err.contains("original_glcm_MCC: no IBSI feature"), "{err}");
    let kurtosis = results
        .expect("a document")
        .checks
        .pop()
        .expect("two checks");
    assert_eq!(kurtosis.outcome, Outcome::Unsupported);
    assert!(
        kurtosis
            .reason
            .as_deref()
            .is_some_and(|r| r.contains("not excess") && r.contains("2.64538")),
        "{:?}",
        kurtosis.reason
    );
    let (code, out, _, results) = certify(&file, &[&select[..], &["--convert"]].concat());
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("converted before judging: stat/-/IPH6"),
        "{out}"
    );
    let kurtosis = results
        .expect("a document")
        .checks
        .pop()
        .expect("two checks");
    assert!(
        kurtosis
            .reason
            .as_deref()
            .is_some_and(|r| r.starts_with("converted from `2.64538`")),
        "{:?}",
        kurtosis.reason
    );
}

#[test]
fn files_that_cannot_be_used_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes, message) in [
        ("empty.csv", &b""[..], "the file is empty"),
        (
            "cut.csv",
            b"case,key,value\ndigital,Q4LE\n",
            "line 2: expected 3 cells, found 2",
        ),
        (
            "nothing.csv",
            b"case,key,value\ndigital,foo,1\n",
            "no value of the file belongs to a check",
        ),
        ("binary.csv", b"\xff\xfe\x00", "expected UTF-8"),
    ] {
        let file = write(folder.path(), name, bytes);
        let (code, _, err, results) = certify(&file, &[]);
        assert_eq!(code, 2, "{name}: {err}");
        assert!(err.contains(name) && err.contains(message), "{name}: {err}");
        assert!(results.is_none(), "nothing was run");
    }
    let (code, _, err, _) = certify(&folder.path().join("absent.csv"), &[]);
    assert_eq!((code, err.contains("absent.csv")), (2, true), "{err}");
    let (code, _, err) = run(radgauge().args(["template", "--suite", "ibsi9"]));
    assert_eq!((code, err.contains("ibsi9")), (2, true), "{err}");
    let (code, _, err) = run(radgauge().args(["template", "--select", "nothing"]));
    assert_eq!(code, 5, "{err}");
}
