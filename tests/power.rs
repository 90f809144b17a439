//! `radgauge power`, run as a user runs it.

mod common;

use common::{radgauge, run};

#[test]
fn cases_for_a_width() {
    let (code, out, err) = run(radgauge().args([
        "power", "--icc", "0.9", "--raters", "2..5", "--width", "0.1",
    ]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    insta::assert_snapshot!("cases", out);
}

#[test]
fn widths_of_given_cases_as_csv() {
    let (code, out, err) = run(radgauge().args([
        "power",
        "--icc",
        "0.9",
        "--raters",
        "3",
        "--cases",
        "20,50..51",
        "--form",
        "one-way",
        "--format",
        "csv",
    ]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let mut lines = out.lines();
    assert_eq!(
        lines.next(),
        Some("form,icc,level,raters,cases,lower,upper,width,bonett_cases")
    );
    let widths: Vec<f64> = lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            assert_eq!(fields[..4], ["ICC(1)", "0.9", "0.95", "3"], "{line}");
            assert_eq!(fields[8], "", "no width was asked for: {line}");
            let [lower, upper, width] =
                [5, 6, 7].map(|i| fields[i].parse::<f64>().expect("a number"));
            assert!(lower < 0.9 && 0.9 < upper, "{line}");
            assert!((upper - lower - width).abs() < 1e-12, "{line}");
            width
        })
        .collect();
    assert_eq!(widths.len(), 3, "{out}");
    assert!(
        widths.is_sorted_by(|a, b| a > b),
        "more cases, narrower: {widths:?}"
    );
}

#[test]
fn more_cases_than_there_are() {
    let (code, out, _) = run(radgauge().args(["power", "--icc", "0.5", "--width", "0.0001"]));
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("more than 100000"), "{out}");
}

#[test]
fn what_is_wrong_is_said() {
    let refused = |arguments: &[&str], message: &str| {
        let (code, _, err) = run(radgauge().arg("power").args(arguments));
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert!(
            err.contains(message),
            "{arguments:?}: expected `{message}` in `{err}`"
        );
    };
    refused(
        &["--icc", "1", "--width", "0.1"],
        "expected an ICC of at least 0 and below 1, found 1",
    );
    refused(
        &["--icc", "0.9", "--width", "-1"],
        "expected a width above 0 and below 2, found -1",
    );
    refused(
        &["--icc", "0.9", "--width", "0.1", "--raters", "1..3"],
        "expected at least 2 raters, found 1",
    );
    refused(
        &["--icc", "0.9", "--width", "0.1", "--raters", "5..2"],
        "expected up to 1000 numbers such as `3`, `2..5` or `2,3,10`, found `5..2`",
    );
    refused(
        &["--icc", "0.9", "--cases", "1"],
        "expected 2 to 100000 cases, found 1",
    );
    refused(
        &["--icc", "0.9", "--width", "0.1", "--level", "95"],
        "expected a confidence level between 0 and 1, such as 0.95, found `95`",
    );
    refused(&["--icc", "0.9"], "--width");
    refused(
        &["--icc", "0.9", "--width", "0.1", "--cases", "30"],
        "cannot be used with",
    );
}
