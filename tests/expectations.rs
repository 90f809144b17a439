//! Expectations: applied by a run, checked, extended and explained by the binary.

mod common;

use std::{fs, path::Path};

use common::{
    radgauge,
    results::{answer, perfect, sealed, small_suite, without_hashes, without_value, write},
    run,
};
use radgauge::{
    expectations::{self, Date, Expectations, Here},
    results::{self, Results},
    verdict::{Outcome, Verdict},
};

const HERE: Here<'static> = Here {
    today: Date {
        year: 2026,
        month: 6,
        day: 15,
    },
    os: "linux",
    arch: "x86_64",
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A run with a wrong value, a family that is missing and a case that was skipped.
fn flawed() -> Results {
    let mut results = perfect(&[small_suite()]);
    answer(&mut results.checks[1], -17.25);
    for check in &mut results.checks {
        if check.case_id() == "ibsi1/digital" && check.family() == "glszm" {
            without_value(check, Outcome::Missing);
        }
        if check.case_id() == "ibsi1/ct_c" {
            without_value(check, Outcome::Skipped);
        }
    }
    sealed(results)
}

/// The results judged by the file: exit code, stale entries, verdicts by id.
fn applied(results: &Results, toml: &str) -> Results {
    let expectations = Expectations::read(toml).unwrap_or_else(|error| panic!("{toml}: {error}"));
    let mut results = results.clone();
    expectations::apply(&expectations, &[], &mut results, HERE);
    let document = String::from_utf8(results.to_document()).expect("UTF-8");
    results::read(&document).expect("a document with verdicts can be read back")
}

fn entry(glob: &str, status: &str, more: &str) -> String {
    format!(
        "[[expect]]\nmatch = '{glob}'\nstatus = '{status}'\ncause = 'bug'\nreason = 'known'\n{more}\n"
    )
}

#[test]
fn verdicts_are_strict_both_ways() {
    let flawed = flawed();
    let wrong = flawed.checks[1].id.clone();
    let good = flawed.checks[0].id.clone();
    let missing = entry("ibsi1/digital/glszm/*", "missing", "");
    let all_known = missing.clone() + &entry(&wrong, "fail", "pin = -17.25");
    let case = |toml: &str, exit_code: u8, verdict: Option<Verdict>, stale: &str| {
        let results = applied(&flawed, toml);
        assert_eq!(results.end.exit_code, exit_code, "exit code under\n{toml}");
        let check = results
            .checks
            .iter()
            .find(|check| check.id == wrong)
            .expect("it is there");
        assert_eq!(
            check.verdict, verdict,
            "verdict of the wrong value under\n{toml}"
        );
        let faults: Vec<_> = results.run.expectations.expect("a stamp").stale;
        let faults: String = faults
            .iter()
            .map(|fault| format!("{}\n", fault.fault))
            .collect();
        assert!(
            faults.contains(stale) && faults.is_empty() == stale.is_empty(),
            "{faults} under\n{toml}"
        );
    };
    case("", 1, Some(Verdict::Unexpected), "");
    case(&all_known, 0, Some(Verdict::Expected), "");
    case(
        &(missing.clone() + &entry(&wrong, "fail", "")),
        0,
        Some(Verdict::Expected),
        "",
    );
    case(
        &(missing.clone() + &entry(&wrong, "fail", "pin = -17.26")),
        1,
        Some(Verdict::Unexpected),
        "",
    );
    case(
        &(missing.clone() + &entry(&wrong, "missing", "")),
        1,
        Some(Verdict::Unexpected),
        "",
    );
    case(
        &(all_known.clone() + &entry(&good, "fail", "")),
        1,
        Some(Verdict::Expected),
        "",
    );
    case(
        &(all_known.clone() + &entry("nothing/*", "fail", "")),
        1,
        Some(Verdict::Expected),
        "matches no check",
    );
    case(
        &(all_known.clone() + &entry(&wrong, "fail", "")),
        1,
        Some(Verdict::Stale),
        "overlaps",
    );
    let dated = |date: &str| missing.clone() + &entry(&wrong, "fail", &format!("expires = {date}"));
    case(&dated("2026-06-15"), 0, Some(Verdict::Expected), "");
    case(
        &dated("2026-06-14"),
        1,
        Some(Verdict::Stale),
        "expired on 2026-06-14",
    );
    let reasonless = all_known.replace("reason = 'known'\npin", "pin");
    case(&reasonless, 1, Some(Verdict::Stale), "gives no reason");

    let when = |condition: &str| all_known.clone() + &format!("when = {{ {condition} }}");
    case(
        &when("version = '1.*', implementation = 'exam*', os = 'linux', arch = 'x86_64'"),
        0,
        Some(Verdict::Expected),
        "",
    );
    for elsewhere in [
        "version = '2.*'",
        "implementation = 'other'",
        "os = 'windows'",
        "arch = 's390x'",
    ] {
        case(&when(elsewhere), 1, Some(Verdict::Unexpected), "");
    }
}

#[test]
fn what_was_not_executed_is_not_judged() {
    let flawed = flawed();
    let skipped = |toml: &str| {
        let results = applied(&flawed, toml);
        let check = results
            .checks
            .iter()
            .find(|check| check.outcome == Outcome::Skipped);
        check.expect("a case was skipped").verdict
    };
    assert_eq!(skipped(""), None, "no entry");
    assert_eq!(
        skipped(&entry("ibsi1/ct_c/*", "fail", "")),
        None,
        "it may still fail"
    );
    let verdict = skipped(&entry("ibsi1/ct_c/*", "skipped", ""));
    assert_eq!(
        verdict,
        Some(Verdict::Expected),
        "it was expected to be skipped"
    );
}

#[test]
fn a_run_follows_its_expectations() {
    let folder = folder();
    let certify = |toml: &str| {
        let file = common::write(folder.path(), "radgauge.expect.toml", toml.as_bytes());
        let out = folder.path().join("results.jsonl");
        let (code, text, err) = run(radgauge()
            .args(["certify", "--select", "ibsi1/digital/ngtdm/*", "--expect"])
            .arg(file)
            .arg("--out")
            .arg(&out));
        (code, text + &err)
    };
    let (code, text) = certify("");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.trim_end()
            .ends_with("every executed check is as expected (exit code 0)"),
        "{text}"
    );
    let document = fs::read_to_string(folder.path().join("results.jsonl")).expect("written");
    let results = results::read(&document).expect("readable");
    assert!(
        results
            .checks
            .iter()
            .all(|check| check.verdict == Some(Verdict::Ok)),
        "all pass"
    );

    let toml = entry("ibsi1/digital/ngtdm/3d/QCDE", "fail", "")
        + &entry("ibsi1/digital/glcm/3d_avg/TU9B", "fail", "")
        + &entry("ibsi7/*", "unsupported", "")
        + &entry("ibsi1/ct_a/*", "skipped", "expires = 2001-01-01");
    let (code, text) = certify(&toml);
    assert_eq!(code, 1, "{text}");
    let section = text.split("\nexpectations").nth(1).expect("a section");
    insta::assert_snapshot!("summary", without_hashes(section));

    let (code, text) = certify("[[expect]]\nmatch = 'x'\ncolour = 'red'\n");
    assert_eq!((code, text.contains("colour")), (2, true), "{text}");
    assert!(
        text.contains("radgauge.expect.toml"),
        "the file is named: {text}"
    );
}

#[test]
fn update_writes_entries_that_lint_refuses_until_reasons_are_given() {
    let folder = folder();
    let document = write(folder.path(), "results.jsonl", &flawed());
    let file = folder.path().join("radgauge.expect.toml");
    let update = || {
        run(radgauge()
            .args(["expect", "update"])
            .arg(&document)
            .arg("-o")
            .arg(&file))
    };
    let lint = || {
        run(radgauge()
            .args(["expect", "lint"])
            .arg(&file)
            .arg(&document))
    };

    let (code, out, err) = update();
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let text = fs::read_to_string(&file).expect("written");
    insta::assert_snapshot!("updated", text);
    let (code, out, _) = lint();
    assert_eq!(code, 1, "reasons lack: {out}");
    assert_eq!(out.matches("gives no reason").count(), 2, "{out}");

    let reasoned = text.replace(
        "(fill in: why, and whether the cause is right)",
        "known since 2019",
    );
    fs::write(&file, &reasoned).expect("writable");
    let (code, out, _) = lint();
    assert_eq!(code, 0, "{out}");
    let (code, out, _) = update();
    assert_eq!((code, out.contains("0 entries added")), (0, true), "{out}");
    assert_eq!(
        fs::read_to_string(&file).expect("written"),
        reasoned,
        "what is there is kept"
    );

    // Another wrong value is for people to judge.
    let mut later = flawed();
    answer(&mut later.checks[1], 99.0);
    write(folder.path(), "results.jsonl", &sealed(later));
    let (code, out, _) = update();
    assert_eq!((code, out.contains("by hand: line 5")), (0, true), "{out}");
    let (code, out, _) = lint();
    assert_eq!((code, out.contains("unexpected")), (1, true), "{out}");
}

#[test]
fn groups_never_cover_what_passes() {
    let results = flawed();
    let none = Expectations::read("").expect("empty");
    let update = expectations::update(&none, &results, HERE);
    let toml = update
        .toml
        .replace("(fill in: why, and whether the cause is right)", "known");
    let results = applied(&results, &toml);
    assert_eq!(
        results.end.exit_code, 0,
        "what was written down is what falls short, and no more:\n{toml}"
    );
}

#[test]
fn lint_without_results_knows_the_suites() {
    let folder = folder();
    let lint = |toml: &str| {
        let file = common::write(folder.path(), "e.toml", toml.as_bytes());
        let (code, out, err) = run(radgauge().args(["expect", "lint"]).arg(file));
        (code, out + &err)
    };
    let good = entry("ibsi1/ct_a/glcm/*", "fail", "when = { os = 'linux' }");
    let elsewhere = entry("ibsi1/ct_a/*", "fail", "when = { os = 'windows' }");
    let (code, out) = lint(&(good.clone() + &elsewhere));
    assert_eq!(
        (code, out.as_str()),
        (0, "2 entries, 0 of them do not hold\n"),
        "other machines"
    );
    let (code, out) = lint(&(good.clone() + &good + &entry("x/*", "fail", "expires = 1999-12-31")));
    assert_eq!(code, 1, "{out}");
    let name = format!("{}", folder.path().join("e.toml").display());
    insta::assert_snapshot!("lint", out.replace(&name, "e.toml"));
    let (code, out) = lint("[[expect]]\nmatch = 5");
    assert_eq!((code, out.contains("match")), (2, true), "{out}");
    let (code, _, err) = run(radgauge().args(["expect", "lint", "no-such.toml"]));
    assert_eq!((code, err.contains("no-such.toml")), (2, true), "{err}");
}

#[test]
fn explain_says_what_is_expected_of_a_check() {
    let folder = folder();
    let toml = entry(
        "ibsi1/*/glcm/*",
        "fail",
        "pin = 1.5\nissue = 'https://example.org/7'\nexpires = 2001-02-03\nwhen = { version = '1.*' }",
    );
    let file = common::write(folder.path(), "e.toml", toml.as_bytes());
    let explain = |id: &str| {
        let (code, out, err) = run(radgauge().args(["expect", "explain"]).arg(&file).arg(id));
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        out
    };
    insta::assert_snapshot!("explained", explain("ibsi1/digital/glcm/3d_avg/TU9B"));
    insta::assert_snapshot!("not_explained", explain("ibsi1/digital/ngtdm/3d/XXXX"));
}

/// Control characters in a file that somebody else wrote do not reach the terminal.
#[test]
fn hostile_reasons_are_printed_harmlessly() {
    let folder = folder();
    let toml = entry("*", "fail", "").replace("'known'", "\"\\u001b[2Jgone\"");
    let file = common::write(folder.path(), "e.toml", toml.as_bytes());
    let (code, out, _) = run(radgauge()
        .args(["expect", "explain"])
        .arg::<&Path>(&file)
        .arg("a/b"));
    assert_eq!(code, 0);
    assert!(
        out.contains("\\u{1b}[2Jgone") && !out.contains('\u{1b}'),
        "{out:?}"
    );
}
