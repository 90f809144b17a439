//! Conformance statements: written, verified, and forged in every way that came to mind.

mod common;

use std::{fs, path::Path};

use common::{
    radgauge,
    results::{answer, perfect, sealed, small_suite, without_hashes, without_value},
    run,
};
use proptest::prelude::*;
use radgauge::{
    results::{Diagnosis, Results},
    statement::{
        self, JUNIT_FILE, PAGE_FILE, README_FILE, RESULTS_FILE, STATEMENT_FILE, Verification,
        WriteError,
    },
    suite::Suite,
    verdict::{Outcome, Rule},
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes the statement of the results, all hashes right, as a forger would.
fn stated(folder: &Path, results: &Results, suites: &[Suite]) {
    statement::write(folder, results, suites).expect("a statement can be made");
}

fn messages(verification: &Verification) -> String {
    verification
        .findings
        .iter()
        .map(|finding| format!("{}: {}\n", finding.file, finding.message))
        .collect()
}

#[test]
fn a_statement_is_written_and_verified() {
    let folder = folder();
    let suites = Suite::all();
    let results = perfect(&suites);
    stated(folder.path(), &results, &suites);
    let (code, out, err) = run(radgauge().arg("verify").arg(folder.path()));
    assert_eq!(code, 0, "{out}{err}");
    insta::assert_snapshot!("verified", without_hashes(&out));
    let readme = fs::read_to_string(folder.path().join("README.md")).expect("written");
    insta::assert_snapshot!("readme", without_hashes(&readme));
    let page = fs::read_to_string(folder.path().join(PAGE_FILE)).expect("written");
    let (_, body) = page.split_once("<body>").expect("a page");
    insta::assert_snapshot!("page", without_hashes(body));
    // Writing it again over itself changes nothing.
    let first = fs::read(folder.path().join(STATEMENT_FILE)).expect("written");
    stated(folder.path(), &results, &suites);
    assert_eq!(
        first,
        fs::read(folder.path().join(STATEMENT_FILE)).expect("written"),
        "same bytes"
    );
}

#[test]
fn failures_are_stated_not_hidden() {
    let folder = folder();
    let suites = [small_suite()];
    let mut results = perfect(&suites);
    let failing = &mut results.checks[3];
    answer(failing, failing.actual.expect("a value") * 3.0 + 7.0);
    without_value(&mut results.checks[5], Outcome::Unsupported);
    let mut results = sealed(results);
    results.diagnoses.push(Diagnosis {
        case: results.checks[3].case_id().to_owned(),
        message: "found after the document was read".to_owned(),
        explains: vec![results.checks[3].id.clone()],
        stage: None,
        evidence: None,
    });
    let statement = statement::write(folder.path(), &results, &suites).expect("a statement");
    let claim = statement.claims.last().expect("a profile was complete");
    assert_eq!(claim.passed, claim.required - 2, "{claim:?}");
    assert!(claim.finding.contains("did not pass"), "{}", claim.finding);
    assert_eq!(
        claim.outcomes[&Outcome::Unsupported],
        1,
        "unsupported counts against a profile"
    );
    let verification = statement::verify(folder.path(), &suites).expect("readable");
    assert_eq!(
        messages(&verification),
        "",
        "what is said of failures is true"
    );
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("written");
    let page = read(PAGE_FILE);
    for id in [&results.checks[3].id, &results.checks[5].id] {
        assert!(page.contains(id.as_str()), "{id} did not pass: {page}");
    }
    assert!(
        read(JUNIT_FILE).contains("failures=\"2\" errors=\"0\""),
        "JUnit counts the same"
    );
}

#[test]
fn no_statement_without_a_complete_profile_or_with_expectations() {
    let scratch = folder();
    let target = scratch.path().join("statement");
    let certify = |arguments: &[&str]| {
        let (code, out, err) = run(radgauge()
            .args(["certify", "--quiet", "--statement"])
            .arg(&target)
            .args(arguments));
        assert!(
            !target.join(STATEMENT_FILE).exists(),
            "nothing was written: {out}"
        );
        (code, err)
    };
    let (code, err) = certify(&["--select", "ibsi1/digital/*"]);
    assert_eq!(code, 2, "known before the run: {err}");
    assert!(
        err.contains("ibsi1-core lacks") && err.contains("not selected"),
        "{err}"
    );
    let results = scratch.path().join("results.jsonl");
    // Profiles of phantoms need no data, and would make a statement.
    let out = [
        "--select",
        "ibsi1/*",
        "--out",
        results.to_str().expect("UTF-8"),
    ];
    let (code, err) = certify(&out);
    assert_eq!(code, 3, "the data is missing: {err}");
    assert!(
        err.contains("skipped") && results.exists(),
        "other reports are written: {err}"
    );
    let (code, err) = certify(&["--expect", "x.toml"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("--expect"), "{err}");
    fs::create_dir(&target).expect("a new folder");
    common::write(&target, "thesis.tex", b"precious");
    let (code, err) = certify(&[]);
    assert_eq!((code, err.contains("thesis.tex")), (2, true), "{err}");

    let suites = [small_suite()];
    let mut results = perfect(&suites);
    results.checks[0].verdict = Some(radgauge::verdict::Verdict::Ok);
    let refused = statement::write(&target, &results, &suites);
    assert!(
        matches!(refused, Err(WriteError::Refused(_))),
        "verdicts are refused: {refused:?}"
    );
    results.checks[0].verdict = None;
    results.end.exit_code = 4;
    let refused = statement::write(&target, &results, &suites);
    assert!(
        matches!(refused, Err(WriteError::Refused(_))),
        "so is a broken run: {refused:?}"
    );
}

/// A forgery: its name, what is changed, and what the verifier must say.
type Forgery = (&'static str, fn(&mut Results), &'static str);

/// Every hash, total and count is made right again after the change, as somebody would who knows how.
#[test]
fn forged_results_are_detected_though_every_hash_is_right() {
    let suites = [small_suite()];
    let forgeries: Vec<Forgery> = vec![
        (
            "another reference",
            |r| {
                r.checks[3].expected.value = "7.77".into();
                answer(&mut r.checks[3], 7.77);
            },
            "the suite expects",
        ),
        (
            "another tolerance",
            |r| {
                r.checks[3].expected.tolerance = "1000".into();
                answer(&mut r.checks[3], 700.0);
            },
            "the suite expects",
        ),
        (
            "fewer digits",
            |r| {
                r.checks[3].expected.digits = Some(1);
                let value = r.checks[3].actual.expect("a value");
                answer(&mut r.checks[3], value);
            },
            "the suite expects",
        ),
        (
            "another rule",
            |r| {
                r.checks[3].rule = Rule::Relative;
                let value = r.checks[3].actual.expect("a value");
                answer(&mut r.checks[3], value);
            },
            "the suite expects",
        ),
        (
            "a failure called a pass",
            |r| {
                let value = r.checks[3].actual.expect("a value") * 2.0 + 3.0;
                answer(&mut r.checks[3], value);
                r.checks[3].outcome = Outcome::Pass;
            },
            "from its value",
        ),
        (
            "a pass without a value",
            |r| {
                without_value(&mut r.checks[3], Outcome::Pass);
            },
            "without a value",
        ),
        (
            "a failure called undefined",
            |r| r.checks[3].outcome = Outcome::Undefined,
            "but has a value",
        ),
        (
            "a prettier deviation",
            |r| {
                r.checks[3]
                    .deviation
                    .as_mut()
                    .expect("a deviation")
                    .allowances = Some(0.001);
            },
            "the deviation",
        ),
        (
            "a check that is gone",
            |r| {
                r.checks.retain(|check| {
                    check.case_id() != "ibsi1/digital_exact" || check.family() != "glcm"
                });
                for case in &mut r.cases {
                    case.selected = r
                        .checks
                        .iter()
                        .filter(|check| check.case_id() == case.id)
                        .count();
                }
            },
            "is gone",
        ),
        (
            "a check of one's own",
            |r| {
                let mut check = r.checks[0].clone();
                check.id += "x";
                r.checks.insert(1, check);
            },
            "not among those",
        ),
        ("checks in another order", |r| r.checks.swap(0, 1), "order"),
        (
            "membership of a profile",
            |r| r.checks[3].profiles.clear(),
            "profiles",
        ),
        (
            "another name",
            |r| r.checks[3].name = "Beauty".into(),
            "name",
        ),
        (
            "another note",
            |r| r.checks[3].note = Some("endorsed".into()),
            "note",
        ),
        ("another title", |r| r.cases[0].title = "T".into(), "title"),
        (
            "other settings",
            |r| r.cases[0].settings += "\n",
            "settings",
        ),
        (
            "another number of checks",
            |r| r.cases[0].selected += 1,
            "selected",
        ),
        (
            "another image",
            |r| {
                let hash = r.cases[2].inputs.values_mut().next().expect("an image");
                *hash = hash.replace(['0', '1', '2', '3', '4', '5', '6', '7', '8'], "9");
            },
            "not the published file",
        ),
        ("no image", |r| r.cases[2].inputs.clear(), "inputs"),
        (
            "an image of one's own",
            |r| {
                r.cases[0].inputs.insert("mine.nii".into(), "0".repeat(64));
            },
            "inputs",
        ),
        (
            "a case skipped after all",
            |r| r.cases[0].skipped = Some("tired".into()),
            "was skipped",
        ),
        (
            "a narrower selection",
            |r| r.run.selection = vec!["ibsi1/digital/*".into()],
            "not among those",
        ),
        (
            "a selection that is none",
            |r| r.run.selection = vec!["a[".into()],
            "glob",
        ),
        (
            "another edition",
            |r| r.run.suites[0].edition += 1,
            "edition",
        ),
        (
            "another suite",
            |r| r.run.suites[0].sha256 = "0".repeat(64),
            "not the built-in suite",
        ),
        (
            "an unknown suite",
            |r| {
                let mut stamp = r.run.suites[0].clone();
                stamp.name = "ibsi9".into();
                r.run.suites.push(stamp);
            },
            "no suite `ibsi9`",
        ),
        ("no suite", |r| r.run.suites.clear(), "occurs 0 times"),
        ("other rules", |r| r.run.rules.clear(), "rules"),
    ];
    for (name, forge, message) in forgeries {
        let folder = folder();
        let mut results = perfect(&suites);
        forge(&mut results);
        stated(folder.path(), &sealed(results), &suites);
        let found = messages(&statement::verify(folder.path(), &suites).expect("readable"));
        assert!(
            found.contains(message),
            "{name}: expected `{message}` in\n{found}"
        );
    }
}

#[test]
fn an_exit_code_that_does_not_follow_is_detected() {
    let folder = folder();
    let suites = [small_suite()];
    let mut results = perfect(&suites);
    results.end.exit_code = 1;
    stated(folder.path(), &results, &suites);
    let found = messages(&statement::verify(folder.path(), &suites).expect("readable"));
    assert!(found.contains("exit code is 1"), "{found}");
}

#[test]
fn files_are_exactly_those_that_are_listed() {
    let suites = [small_suite()];
    let results = perfect(&suites);
    let found = |change: &dyn Fn(&Path)| {
        let folder = folder();
        stated(folder.path(), &results, &suites);
        change(folder.path());
        messages(&statement::verify(folder.path(), &suites).expect("readable"))
    };
    let edited = |name: &str, from: &str, to: &str| {
        let found = found(&|folder| {
            let path = folder.join(name);
            let text = fs::read_to_string(&path).expect("written");
            assert!(text.contains(from), "`{from}` is in {name}");
            fs::write(path, text.replacen(from, to, 1)).expect("writable");
        });
        assert!(
            found.contains(&format!("{name}: size or SHA-256")),
            "{name}: {found}"
        );
    };
    edited(README_FILE, "not an endorsement", "an endorsement");
    edited(PAGE_FILE, "not an endorsement", "an endorsement");
    edited(JUNIT_FILE, "failures=\"0\"", "failures=\"1\"");
    let added = found(&|folder| {
        common::write(folder, "CERTIFICATE.html", b"endorsed by everyone");
    });
    assert_eq!(added, "CERTIFICATE.html: the statement does not list it\n");
    for name in [README_FILE, PAGE_FILE, JUNIT_FILE] {
        let removed = found(&|folder| fs::remove_file(folder.join(name)).expect("removable"));
        assert!(
            removed.contains(&format!("{name}: it is listed but cannot be read")),
            "{removed}"
        );
    }
    let outside = found(&|folder| {
        let path = folder.join(STATEMENT_FILE);
        let text = fs::read_to_string(&path).expect("written");
        fs::write(path, text.replace("\"README.md\"", "\"../README.md\"")).expect("writable");
    });
    assert!(
        outside.contains("no name of a file in the folder"),
        "{outside}"
    );
    // Who rewrites a file with its hashes is caught because it follows from the results.
    for name in [README_FILE, PAGE_FILE, JUNIT_FILE] {
        let rehashed = found(&|folder| {
            let path = folder.join(name);
            let old = fs::read(&path).expect("written");
            let new = [old.as_slice(), b"<!-- Endorsed by IBSI. -->\n"].concat();
            fs::write(&path, &new).expect("writable");
            let path = folder.join(STATEMENT_FILE);
            let text = fs::read_to_string(&path).expect("written");
            let text = text.replace(&sha256(&old), &sha256(&new)).replace(
                &format!("\"bytes\": {}", old.len()),
                &format!("\"bytes\": {}", new.len()),
            );
            fs::write(path, text).expect("writable");
        });
        assert!(
            rehashed.contains(&format!("{name}: it is not what radgauge makes")),
            "{rehashed}"
        );
        // Who takes it out of the list as well is caught because it belongs there.
        let unlisted = found(&|folder| {
            fs::remove_file(folder.join(name)).expect("removable");
            let path = folder.join(STATEMENT_FILE);
            let text = fs::read_to_string(&path).expect("written");
            let (before, rest) = text
                .split_once(&format!("    {{\n      \"name\": \"{name}\""))
                .expect("it is listed");
            let (_, after) = rest.split_once("}").expect("the entry ends");
            let text = before.trim_end().trim_end_matches(',').to_owned() + after;
            let text = text.replace("[,", "[");
            fs::write(path, text).expect("writable");
        });
        assert!(
            unlisted.contains(&format!("`{name}` is not listed")),
            "{unlisted}"
        );
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn what_is_no_statement_is_refused() {
    let suites = [small_suite()];
    let results = perfect(&suites);
    let refused = |file: &str, change: &dyn Fn(String) -> String, message: &str| {
        let folder = folder();
        stated(folder.path(), &results, &suites);
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).expect("written");
        fs::write(&path, change(text)).expect("writable");
        let (code, _, err) = run(radgauge().arg("verify").arg(folder.path()));
        assert_eq!(code, 2, "{message}: {err}");
        assert!(
            err.contains(message) && err.contains(file),
            "expected `{message}`: {err}"
        );
    };
    refused(STATEMENT_FILE, &|_| "{".into(), "refused");
    refused(
        STATEMENT_FILE,
        &|text| text.replace("statement/1", "statement/2"),
        "statement/2",
    );
    refused(
        STATEMENT_FILE,
        &|text| text.replace("\"scope\"", "\"soap\""),
        "soap",
    );
    refused(
        RESULTS_FILE,
        &|text| text.replace("results/1", "results/9"),
        "results/9",
    );
    refused(
        RESULTS_FILE,
        &|text| {
            text.replacen("TU9B", "TU9C", 1)
                .replacen("\"tier\"", "\"tear\"", 1)
        },
        "refused",
    );
    refused(
        RESULTS_FILE,
        &|text| {
            text.lines()
                .take(5)
                .map(|line| format!("{line}\n"))
                .collect()
        },
        "cut off",
    );
    refused(
        RESULTS_FILE,
        &|text| text.replacen("1.2.3", "1.2.4", 1),
        "digest",
    );
    let (code, _, err) = run(radgauge().args(["verify", "no/such/folder"]));
    assert_eq!((code, err.contains("no/such/folder")), (2, true), "{err}");
}

#[test]
fn any_byte_of_any_file_matters() {
    let folder = folder();
    let suites = [small_suite()];
    stated(folder.path(), &perfect(&suites), &suites);
    let verdict = || statement::verify(folder.path(), &suites);
    assert!(
        verdict().is_ok_and(|v| v.findings.is_empty()),
        "it holds before anything is changed"
    );
    let names = [
        STATEMENT_FILE,
        RESULTS_FILE,
        README_FILE,
        JUNIT_FILE,
        PAGE_FILE,
    ];
    let files = names.map(|name| {
        let path = folder.path().join(name);
        let bytes = fs::read(&path).expect("written");
        (path, bytes)
    });
    proptest!(|(file in 0usize..5, at in any::<prop::sample::Index>(), mask in 1u8..)| {
        let (path, bytes) = &files[file];
        let at = at.index(bytes.len());
        let mut flipped = bytes.clone();
        flipped[at] ^= mask;
        fs::write(path, &flipped).expect("writable");
        let detected = verdict().map_or(true, |verification| !verification.findings.is_empty());
        fs::write(path, bytes).expect("writable");
        prop_assert!(detected, "byte {} of {} flipped by {:#04x}", at, path.display(), mask);
    });
}
