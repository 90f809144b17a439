//! The gate, run as a pipeline runs it, and the pipelines of the examples themselves.

mod common;

use std::{fs, path::Path, process::Command};

use common::{
    radgauge,
    results::{
        answer, check_mut, perfect, sealed, small_suite, without_hashes, without_value, write,
    },
    run,
};
use radgauge::{
    expectations::{self, Date, Expectations, Here},
    results::Results,
    verdict::Outcome,
};
use serde_json::Value;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn gate(arguments: &[&Path], options: &[&str]) -> (i32, String, String) {
    run(radgauge().arg("gate").args(arguments).args(options))
}

/// A later run: one check fails, one is not answered, one value moved and one moved a little, one check is gone.
fn worse() -> Results {
    let mut results = perfect(&[small_suite()]);
    let ids: Vec<String> = results
        .checks
        .iter()
        .map(|check| check.id.clone())
        .collect();
    let nth = |results: &mut Results, n: usize, factor: f64| {
        let check = check_mut(results, &ids[n]);
        let value = check.actual.expect("a value") * factor;
        answer(check, value);
    };
    nth(&mut results, 1, 2.0);
    without_value(&mut results.checks[4], Outcome::Missing);
    nth(&mut results, 7, 1.0 + 1e-3);
    nth(&mut results, 8, 1.0 + 1e-12);
    results.checks.remove(12);
    sealed(results)
}

#[test]
fn a_good_document_passes() {
    let folder = folder();
    let good = write(folder.path(), "good.jsonl", &perfect(&[small_suite()]));
    let (code, out, err) = gate(&[&good, Path::new("--baseline"), &good], &[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    insta::assert_snapshot!("open", out);
}

#[test]
fn a_worse_document_is_stopped_with_every_reason() {
    let folder = folder();
    let base = write(folder.path(), "base.jsonl", &perfect(&[small_suite()]));
    let now = write(folder.path(), "now.jsonl", &worse());
    let against = [now.as_path(), Path::new("--baseline"), &base];
    let (code, out, _) = gate(&against, &[]);
    assert_eq!(code, 1, "{out}");
    insta::assert_snapshot!("worse", without_hashes(&out));
    let (code, out, _) = gate(&[&now], &[]);
    assert_eq!(code, 1, "without a baseline what falls short does: {out}");
    let (code, out, _) = gate(&against, &["--format", "github"]);
    assert_eq!(code, 1, "{out}");
    insta::assert_snapshot!("worse_github", without_hashes(&out));
    let (code, out, _) = gate(&against, &["--format", "json"]);
    assert_eq!(code, 1, "{out}");
    let json: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(json["schema"], "radgauge.gate/1", "{out}");
    let rules: Vec<&str> = json["findings"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|finding| finding["rule"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        rules,
        ["selection", "regression", "regression", "drift", "vanished"]
    );
}

#[test]
fn policies_decide() {
    let folder = folder();
    let base = write(folder.path(), "base.jsonl", &perfect(&[small_suite()]));
    let now = write(folder.path(), "now.jsonl", &worse());
    let policy = |text: &str| {
        let policy = common::write(folder.path(), "policy.toml", text.as_bytes());
        let (code, out, err) = gate(
            &[
                &now,
                Path::new("--baseline"),
                &base,
                Path::new("--policy"),
                &policy,
            ],
            &[],
        );
        (code, out + &err)
    };
    let quiet =
        "[levels]\nshort = 'off'\nregression = 'off'\nvanished = 'off'\nselection = 'off'\n";
    let (code, out) = policy(quiet);
    assert_eq!(
        (code, out.contains("drift: 1")),
        (0, true),
        "drift is a warning: {out}"
    );
    let (code, out) = policy(&format!("{quiet}drift = 'error'"));
    assert_eq!((code, out.contains("drift: 1")), (1, true), "{out}");
    let (code, out) = policy(&format!("{quiet}[drift]\nulps = 4"));
    assert_eq!(
        (code, out.contains("drift: 2")),
        (0, true),
        "the small one is seen too: {out}"
    );
    let (code, out) = policy(&format!("{quiet}[drift]\nallowances = 1e6"));
    assert_eq!(
        (code, out.contains("drift:")),
        (0, false),
        "a generous limit: {out}"
    );
    let (code, out) = policy(&format!(
        "{quiet}[[rule]]\nmatch = '*'\nlevels = {{ drift = 'off' }}"
    ));
    assert_eq!((code, out.contains("drift:")), (0, false), "{out}");
    let (code, out) = policy(&format!("minimum = 50\n{quiet}"));
    assert_eq!(
        (code, out.contains("minimum: 1")),
        (0, false),
        "51 of 51 are enough: {out}"
    );
    let (code, out) = policy(&format!("minimum = 500\n{quiet}"));
    assert_eq!(code, 5, "{out}");
    assert!(out.contains("checks executed, required are 500"), "{out}");
    let (code, out) = policy("[levels]\nshirt = 'off'");
    assert_eq!((code, out.contains("shirt")), (2, true), "{out}");
    assert!(out.contains("policy.toml"), "the file is named: {out}");
}

#[test]
fn another_suite_is_noticed() {
    let folder = folder();
    let mut other = perfect(&[small_suite()]);
    other.run.suites[0].edition += 1;
    let base = write(folder.path(), "base.jsonl", &perfect(&[small_suite()]));
    let now = write(folder.path(), "now.jsonl", &other);
    let (code, out, _) = gate(&[&now, Path::new("--baseline"), &base], &[]);
    assert_eq!(
        (code, out.contains("renew the baseline")),
        (1, true),
        "{out}"
    );
    other.run.suites[0].name = "mine".to_owned();
    let now = write(folder.path(), "now.jsonl", &other);
    let (code, out, _) = gate(&[&now, Path::new("--baseline"), &base], &[]);
    assert_eq!(
        (code, out.contains("suite `ibsi1` of the baseline is gone")),
        (1, true),
        "{out}"
    );
}

#[test]
fn nothing_executed_is_not_good_enough() {
    let folder = folder();
    let mut results = perfect(&[small_suite()]);
    for check in &mut results.checks {
        without_value(check, Outcome::Skipped);
    }
    let skipped = write(folder.path(), "skipped.jsonl", &sealed(results));
    let (code, out, _) = gate(&[&skipped], &[]);
    assert_eq!(code, 5, "{out}");
    let (code, _, _) = gate(&[&skipped], &["--format", "json"]);
    assert_eq!(code, 5, "in every format");
    let mut broken = perfect(&[small_suite()]);
    broken.end.complete = false;
    let broken = write(folder.path(), "broken.jsonl", &broken);
    let (code, out, _) = gate(&[&broken], &[]);
    assert_eq!((code, out.contains("incomplete")), (1, true), "{out}");
}

#[test]
fn what_is_expected_is_a_warning_and_what_is_stale_an_error() {
    let folder = folder();
    let mut results = worse();
    let missing = results
        .checks
        .iter()
        .find(|check| check.outcome == Outcome::Missing);
    let id = missing.expect("one is missing").id.clone();
    let expect = |status: &str, more: &str| {
        let text = format!(
            "[[expect]]\nmatch = '{id}'\nstatus = '{status}'\ncause = 'not-implemented'\nreason = 'later'\n{more}"
        );
        Expectations::read(&text).expect("a good file")
    };
    let here = Here {
        today: Date {
            year: 2026,
            month: 1,
            day: 1,
        },
        os: "linux",
        arch: "x86_64",
    };
    let ids: Vec<String> = results
        .checks
        .iter()
        .map(|check| check.id.clone())
        .collect();
    let mut gated = |expectations: &Expectations| {
        expectations::apply(expectations, &ids, &mut results, here);
        let path = write(folder.path(), "now.jsonl", &results);
        gate(&[&path], &[]).1
    };
    let out = gated(&expect("missing", ""));
    assert!(
        out.contains(&format!(
            "warning expected: 1\n  {id}\n      expected: missing"
        )),
        "{out}"
    );
    assert!(
        out.contains("error short: 1\n"),
        "the failing one is left: {out}"
    );
    let out = gated(&expect("fail", ""));
    assert!(out.contains("unexpected: missing"), "{out}");
    let out = gated(&expect("missing", "expires = 2025-12-31"));
    assert!(
        out.contains("error stale: 1") && out.contains("expired on 2025-12-31"),
        "{out}"
    );
}

/// Documents that every reader must refuse, with the reason.
#[test]
fn refused_documents() {
    let folder = folder();
    let good = String::from_utf8(perfect(&[small_suite()]).to_document()).expect("UTF-8");
    let lines: Vec<&str> = good.lines().collect();
    let joined = |lines: &[&str]| {
        lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let twice: Vec<&str> = lines[..3].iter().chain(&lines[2..]).copied().collect();
    let cases = [
        (joined(&lines[..lines.len() - 1]), "cut off"),
        (joined(&twice), "occurs twice"),
        (good.replace("results/1", "results/2"), "radgauge.results/2"),
        (good.replace("1.2.3", "3.2.1"), "digest"),
        (good[..good.len() / 2].to_owned(), "line"),
        (String::new(), "header"),
        ("\u{0}".to_owned(), "line 1"),
        (good.clone() + &good, "may not stand here"),
    ];
    for (text, reason) in cases {
        let path = common::write(folder.path(), "bad.jsonl", text.as_bytes());
        let ok = common::write(folder.path(), "ok.jsonl", good.as_bytes());
        let bad = path.to_str().expect("UTF-8");
        let ok = ok.to_str().expect("UTF-8");
        for arguments in [
            vec!["gate", bad],
            vec!["gate", ok, "--baseline", bad],
            vec!["compare", ok, bad],
            vec!["expect", "update", bad, "-o", "never.toml"],
        ] {
            let (code, out, err) = run(radgauge().args(&arguments));
            assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
            assert!(
                err.contains(reason) && err.contains("bad.jsonl"),
                "expected `{reason}`: {err}"
            );
        }
    }
    let path = common::write(folder.path(), "latin.jsonl", b"\xff\xfe");
    let (code, _, err) = gate(&[&path], &[]);
    assert_eq!((code, err.contains("latin.jsonl")), (2, true), "{err}");
}

/// The block style of YAML that the examples are written in, and nothing else of it: whatever is not a plain scalar, a
/// block mapping, a block sequence or a flow sequence of plain scalars is refused.
mod yaml {
    use serde_json::{Map, Value};

    pub fn parse(text: &str) -> Value {
        assert!(!text.contains('\t'), "YAML is not indented by tabs");
        let lines: Vec<(usize, &str)> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty())
            .map(|line| (line.len() - line.trim_start().len(), line.trim()))
            .collect();
        let mut at = 0;
        let value = block(&lines, &mut at, 0);
        assert_eq!(
            at,
            lines.len(),
            "line outside of every block: {:?}",
            lines.get(at)
        );
        value
    }

    fn block(lines: &[(usize, &str)], at: &mut usize, indent: usize) -> Value {
        if lines[*at].1.starts_with("- ") {
            let mut items = Vec::new();
            while let Some((found, line)) = lines.get(*at).filter(|(found, _)| *found >= indent) {
                assert_eq!(*found, indent, "indentation of `{line}`");
                let item = line.strip_prefix("- ").expect("an item of the sequence");
                if split(item).is_none() {
                    items.push(scalar(item));
                    *at += 1;
                } else {
                    // A mapping that begins on the line of its dash.
                    let mut inner = vec![(indent + 2, item)];
                    *at += 1;
                    while let Some(line) = lines.get(*at).filter(|(found, _)| *found > indent) {
                        inner.push(*line);
                        *at += 1;
                    }
                    let mut inner_at = 0;
                    items.push(block(&inner, &mut inner_at, indent + 2));
                    assert_eq!(
                        inner_at,
                        inner.len(),
                        "line outside of every block: {inner:?}"
                    );
                }
            }
            return Value::Array(items);
        }
        let mut map = Map::new();
        while let Some((found, line)) = lines.get(*at).filter(|(found, _)| *found >= indent) {
            assert_eq!(*found, indent, "indentation of `{line}`");
            let (key, rest) =
                split(line).unwrap_or_else(|| panic!("`{line}` is no entry of a mapping"));
            *at += 1;
            let value = match rest {
                "" => {
                    let (deeper, line) = *lines.get(*at).expect("a value follows");
                    assert!(
                        deeper > indent,
                        "`{line}` is the value of `{key}` and lies deeper"
                    );
                    block(lines, at, deeper)
                }
                rest => scalar(rest),
            };
            assert!(
                map.insert(key.to_owned(), value).is_none(),
                "`{key}` occurs twice"
            );
        }
        Value::Object(map)
    }

    /// Key and value of an entry of a mapping.
    fn split(line: &str) -> Option<(&str, &str)> {
        let (key, rest) = line
            .split_once(": ")
            .or_else(|| Some((line.strip_suffix(':')?, "")))?;
        let is_plain = !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        is_plain.then_some((key, rest.trim()))
    }

    fn scalar(text: &str) -> Value {
        if let Some(items) = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
        {
            return items.split(',').map(|item| scalar(item.trim())).collect();
        }
        let starts = text.chars().next().expect("a scalar is not empty");
        let is_plain = !"!&*|>%@`\"'{}[],#?-:".contains(starts)
            && !text.contains(": ")
            && !text.contains(" #");
        assert!(is_plain, "`{text}` is no plain scalar");
        Value::String(text.to_owned())
    }
}

/// Runs a script of a pipeline in a folder with the binary on the path, as `sh -e` like the services do.
fn pipeline(folder: &Path, script: &str) -> (i32, String, String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_radgauge"))
        .parent()
        .expect("a folder");
    let path = std::env::var("PATH").expect("a path");
    run(Command::new("sh")
        .args(["-e", "-c", script])
        .current_dir(folder)
        .env_remove("RADGAUGE_DATA")
        .env("XDG_CACHE_HOME", "/nonexistent")
        .env("PATH", format!("{}:{path}", binary.display())))
}

#[test]
fn the_pipelines_of_the_examples_run() {
    let github = yaml::parse(include_str!("../harness/ci/github.yml"));
    let gitlab = yaml::parse(include_str!("../harness/ci/gitlab.yml"));
    let steps = github["jobs"]["conformance"]["steps"]
        .as_array()
        .expect("steps");
    assert!(
        steps
            .iter()
            .all(|step| step["uses"].is_string() != step["run"].is_string()),
        "{steps:?}"
    );
    let github: Vec<&str> = steps
        .iter()
        .filter_map(|step| step["run"].as_str())
        .collect();
    let gitlab: Vec<&str> = gitlab["conformance"]["script"]
        .as_array()
        .expect("a script")
        .iter()
        .map(|line| line.as_str().expect("text"))
        .collect();

    let folder = folder();
    let policy = include_str!("../harness/ci/radgauge.gate.toml");
    common::write(folder.path(), "radgauge.gate.toml", policy.as_bytes());
    let (code, _, err) = pipeline(
        folder.path(),
        "radgauge certify --quiet --out baseline.jsonl",
    );
    assert_eq!(code, 0, "{err}");
    for (name, lines) in [("github", &github), ("gitlab", &gitlab)] {
        assert_eq!(
            lines[0], "cargo install --locked radgauge",
            "{name} installs"
        );
        let script = lines[1..].join("\n");
        let (code, out, err) = pipeline(folder.path(), &script);
        assert_eq!(code, 0, "{name}: {out}{err}");
        assert!(out.contains("the gate is open"), "{name}: {out}");
    }
    // A gate that asks for more than there is stops both.
    let stricter = policy.replace("minimum = 964", "minimum = 1000000");
    fs::write(folder.path().join("radgauge.gate.toml"), stricter).expect("writable");
    for (name, lines) in [("github", &github), ("gitlab", &gitlab)] {
        let (code, out, _) = pipeline(folder.path(), &lines[1..].join("\n"));
        assert_eq!(code, 5, "{name}: {out}");
    }
}
