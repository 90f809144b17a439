//! `radgauge report` and `certify --report`, run as a user runs them, on documents that the binary wrote.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use common::{radgauge, run, write};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};

/// The results of the digital phantom, in both tiers.
fn document(folder: &Path) -> PathBuf {
    let path = folder.join("results.jsonl");
    let (code, ..) = run(radgauge()
        .args(["certify", "--quiet", "--select", "ibsi1/digital*", "--out"])
        .arg(&path));
    assert_eq!(code, 0, "the digital phantom passes");
    path
}

/// The document with one check turned into one that the implementation answered with a control character, its digest
/// and totals made anew.
fn failing(document: &Path) -> String {
    let text = fs::read_to_string(document).expect("the document was written");
    let results = radgauge::results::read(&text).expect("the document can be read");
    let mut totals = radgauge::results::Totals {
        required: results.end.totals.required,
        ..Default::default()
    };
    let mut writer = radgauge::results::Writer::default();
    writer.push(&radgauge::results::Record::Run(results.run));
    for case in results.cases {
        writer.push(&radgauge::results::Record::Case(case));
    }
    for mut check in results.checks {
        if check.id.ends_with("3d_avg/TU9B") {
            check.outcome = radgauge::verdict::Outcome::Error;
            check.actual = None;
            check.deviation = None;
            check.reason = Some("it said \u{0}\u{1b}[31m<&\u{ffff}]]>".to_owned());
        }
        totals.count(check.outcome);
        writer.push(&radgauge::results::Record::Check(check));
    }
    String::from_utf8(writer.finish(true, totals, 1)).expect("JSON is UTF-8")
}

#[test]
fn every_format_is_rendered() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = document(folder.path());
    for (format, start) in [
        ("terminal", "radgauge "),
        ("html", "<!DOCTYPE html>"),
        ("junit", "<?xml "),
        ("markdown", "## radgauge-engine "),
        ("csv", "id,name,"),
        ("ctrf", "{\"reportFormat\":\"CTRF\""),
        ("badge-svg", "<svg "),
        ("badge-json", "{\n  \"schemaVersion\": 1"),
    ] {
        let (code, out, err) = run(radgauge()
            .arg("report")
            .arg(&document)
            .args(["--format", format]));
        assert_eq!((code, err.as_str()), (0, ""), "{format}");
        assert!(out.starts_with(start), "{format}: {out:.200}");
        let file = folder.path().join("deep/report");
        let (code, printed, _) = run(radgauge()
            .arg("report")
            .arg(&document)
            .args(["--format", format, "-o"])
            .arg(&file));
        assert_eq!((code, printed.as_str()), (0, ""), "{format}");
        assert_eq!(
            fs::read_to_string(&file).expect("the report was written"),
            out,
            "{format}"
        );
    }
}

#[test]
fn a_document_can_come_through_a_pipe() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = fs::File::open(document(folder.path())).expect("the document was written");
    let (code, out, _) = run(radgauge().args(["report", "-"]).stdin(Stdio::from(input)));
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("964 pass"), "{out}");
}

#[test]
fn what_is_no_whole_document_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = document(folder.path());
    let text = fs::read_to_string(&document).expect("the document was written");
    let (without_end, _) = text.trim_end().rsplit_once('\n').expect("many lines");
    let second_check = text.lines().nth(3).expect("many lines");
    for (name, bytes, reason) in [
        (
            "cut.jsonl",
            format!("{without_end}\n").into_bytes(),
            "cut off",
        ),
        (
            "half.jsonl",
            text.as_bytes()[..text.len() / 2].to_vec(),
            "line ",
        ),
        (
            "changed.jsonl",
            text.replacen("\"556\"", "\"557\"", 1).into_bytes(),
            "digest",
        ),
        (
            "schema.jsonl",
            text.replacen("results/1", "results/9", 1).into_bytes(),
            "radgauge.results/9",
        ),
        (
            "twice.jsonl",
            text.replacen(second_check, &format!("{second_check}\n{second_check}"), 1)
                .into_bytes(),
            "twice",
        ),
        ("empty.jsonl", Vec::new(), "header"),
        ("binary.jsonl", vec![0xff, 0xfe, 0], "utf-8"),
    ] {
        let file = write(folder.path(), name, &bytes);
        for format in ["html", "junit", "badge-json"] {
            let (code, out, err) = run(radgauge()
                .arg("report")
                .arg(&file)
                .args(["--format", format]));
            assert_eq!((code, out.as_str()), (2, ""), "{name}: {err}");
            assert!(err.contains(name) && err.contains(reason), "{name}: {err}");
        }
    }
    let (code, _, err) = run(radgauge().args(["report", "absent.jsonl"]));
    assert_eq!((code, err.contains("absent.jsonl")), (2, true), "{err}");
    let unknown = ["--format", "badge-svg", "--profile", "ibsi9"];
    let (code, _, err) = run(radgauge().arg("report").arg(&document).args(unknown));
    assert_eq!(
        (code, err.contains("ibsi1-core, ibsi1-full")),
        (2, true),
        "{err}"
    );
    let (code, _, err) = run(radgauge()
        .arg("report")
        .arg(&document)
        .args(["--profile", "ibsi1-core"]));
    assert_eq!((code, err.contains("--profile")), (2, true), "{err}");
}

#[test]
fn a_badge_needs_every_check_of_its_profile() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = document(folder.path());
    let (code, out, _) = run(radgauge()
        .arg("report")
        .arg(&document)
        .args(["--format", "badge-json"]));
    assert_eq!(code, 0, "{out}");
    let badge: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (&badge["label"], &badge["message"]),
        (&"IBSI 1".into(), &"incomplete".into()),
        "the CT phantom was not selected"
    );
}

/// Every report that is asked for is written, and whole, also when the run falls short of everything.
#[test]
fn certify_writes_all_reports_into_a_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Their stamp becomes part of the results after the run, and of what the digest is of.
    let expectations = write(folder.path(), "radgauge.expect.toml", b"");
    for (select, expects, expected_code) in [
        ("ibsi1/digital/*", false, 0),
        ("ibsi1/digital/stat/*", true, 0),
        ("ibsi1/ct_a/*", false, 5),
    ] {
        let reports = folder.path().join(format!("reports/{expected_code}"));
        let mut certify = radgauge();
        certify.args(["certify", "--quiet", "--select", select, "--report"]);
        certify.arg(&reports);
        if expects {
            certify.arg("--expect").arg(&expectations);
        }
        let (code, out, err) = run(&mut certify);
        assert_eq!(
            (code, out.as_str(), err.as_str()),
            (expected_code, "", ""),
            "{select}"
        );
        let mut names: Vec<String> = fs::read_dir(&reports)
            .expect("the folder was made")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        let expected = [
            "badge.json",
            "badge.svg",
            "checks.csv",
            "junit.xml",
            "report.html",
            "results.jsonl",
            "summary.md",
        ];
        assert_eq!(names, expected, "nothing but whole files");
        let document = fs::read_to_string(reports.join("results.jsonl")).expect("text");
        let results = radgauge::results::read(&document).expect("the document is whole");
        let html = fs::read_to_string(reports.join("report.html")).expect("text");
        assert_eq!(
            html,
            radgauge::report::html::render(&results),
            "rendered from the document alone"
        );
    }
}

/// Read by another program's reader: the numbers of a suite are those of its test cases.
#[test]
fn junit_is_read_by_an_independent_reader() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let failing = write(
        folder.path(),
        "failing.jsonl",
        failing(&document(folder.path())).as_bytes(),
    );
    let (code, xml, err) = run(radgauge()
        .arg("report")
        .arg(failing)
        .args(["--format", "junit"]));
    assert_eq!(code, 0, "{err}");
    let report = Report::deserialize_from_str(&xml).expect("JUnit XML");
    assert_eq!(
        (report.tests, report.failures, report.errors),
        (964, 0, 2),
        "the joint entropy in both tiers"
    );
    assert_eq!(report.test_suites.len(), 2, "a suite per case");
    for suite in &report.test_suites {
        assert_eq!(
            (suite.tests, suite.test_cases.len(), suite.errors),
            (482, 482, 1),
            "{:?}",
            suite.name
        );
        let failed: Vec<_> = suite
            .test_cases
            .iter()
            .filter_map(|case| match &case.status {
                TestCaseStatus::NonSuccess {
                    kind,
                    message,
                    description,
                    ..
                } => Some((case, *kind, message, description)),
                _ => None,
            })
            .collect();
        let [(case, kind, message, description)] = &failed[..] else {
            panic!("one test case fails, found {failed:?}");
        };
        assert_eq!(
            case.name.as_str(),
            "glcm/3d_avg/TU9B",
            "the id without its case"
        );
        assert!(
            case.classname
                .as_ref()
                .is_some_and(|name| name.as_str().starts_with("ibsi1.digital")),
            "{:?}",
            case.classname
        );
        assert_eq!(
            *kind,
            NonSuccessKind::Error,
            "an implementation that answers nonsense is an error"
        );
        assert!(
            message
                .as_ref()
                .is_some_and(|text| text.contains("no value against")),
            "{message:?}"
        );
        assert!(
            description
                .as_ref()
                .is_some_and(|text| text.contains("it said \u{fffd}\u{fffd}[31m<&\u{fffd}]]>")),
            "what XML cannot hold is replaced: {description:?}"
        );
    }
}
