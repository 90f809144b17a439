//! `radgauge diagnose`, run as a user runs it, on a document of an implementation with two known mistakes.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::{radgauge, run, write};
use radgauge::{
    certify::{Options, certify},
    implementation::{Answer, Answers, Engine, Failure, Identity, Implementation, Question},
    results,
    suite::Suite,
};
use radgauge_reference::datasets::Library;

/// The engine with kurtosis not excess and contrast and dissimilarity exchanged.
struct Mistaken;

impl Implementation for Mistaken {
    fn identity(&self) -> Identity {
        Identity {
            name: "mistaken".to_owned(),
            version: "1".to_owned(),
        }
    }

    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure> {
        let honest = Engine.answer(question)?;
        let of = |key: &str| honest.get(key).cloned().expect("the engine answers all");
        let mistaken = honest.iter().map(|(key, answer)| {
            let answer = match answer {
                Answer::Value(value) if key.ends_with("/IPH6") || key.ends_with("/C3I7") => {
                    Answer::Value(value + 3.0)
                }
                _ if key.ends_with("/ACUI") => of(&key.replace("ACUI", "8S9J")),
                _ if key.ends_with("/8S9J") => of(&key.replace("8S9J", "ACUI")),
                _ => answer.clone(),
            };
            (key.clone(), answer)
        });
        Ok(mistaken.collect())
    }
}

fn document(folder: &Path) -> PathBuf {
    let options = Options {
        selection: vec![glob::Pattern::new("ibsi1/digital/*").expect("a glob")],
        library: &Library::locate(None),
        requires_data: false,
    };
    let results = certify(&Mistaken, &Suite::all(), &options, &|_| {});
    write(folder, "results.jsonl", &results.to_document())
}

#[test]
fn names_the_mistakes_with_their_evidence() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let with_diagnoses = folder.path().join("diagnosed.jsonl");
    let (code, out, err) = run(radgauge()
        .arg("diagnose")
        .arg(document(folder.path()))
        .arg("--output")
        .arg(&with_diagnoses));
    assert_eq!(code, 0, "{out}{err}");
    for expected in [
        "why ibsi1/digital falls short",
        "12 of 14 failing values are reproduced to 15 digits by: contrast and dissimilarity exchanged",
        "the other 2 failing values are reproduced to 15 digits by: kurtosis not excess",
    ] {
        assert!(out.contains(expected), "`{expected}` in {out}");
    }
    let text = fs::read_to_string(&with_diagnoses).expect("the document was written");
    let results = results::read(&text).expect("the document can be read");
    let named: Vec<&str> = results
        .diagnoses
        .iter()
        .flat_map(|diagnosis| &diagnosis.evidence)
        .flat_map(|evidence| &evidence.deviations)
        .map(|suspect| suspect.id.as_str())
        .collect();
    assert_eq!(
        named,
        ["contrast-dissimilarity-exchanged", "kurtosis-not-excess"],
        "what explains most comes first"
    );
    assert_eq!(results.diagnoses[0].explains.len(), 12, "checks explained");

    let (code, html, _) = run(radgauge()
        .args(["report", "--format", "html"])
        .arg(&with_diagnoses));
    assert_eq!(code, 0, "the document can be rendered");
    assert!(html.contains("kurtosis not excess"), "the report says why");
}

#[test]
fn silent_where_nothing_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("results.jsonl");
    let (code, ..) = run(radgauge()
        .args([
            "certify",
            "--quiet",
            "--select",
            "ibsi1/digital/stat/*",
            "--out",
        ])
        .arg(&path));
    assert_eq!(code, 0, "the digital phantom passes");
    let (code, out, _) = run(radgauge().arg("diagnose").arg(&path));
    assert_eq!((code, out.as_str()), (0, "no value fails\n"));
}

#[test]
fn the_catalogue_is_listed_and_explained() {
    let (code, out, _) = run(radgauge().args(["diagnose", "--list"]));
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("grid-aligned-by-corner"), "{out}");
    assert!(
        out.contains("intensities not rounded after interpolation"),
        "{out}"
    );
    let (code, out, _) = run(radgauge().args(["diagnose", "--explain", "not-rounded"]));
    assert_eq!(code, 0, "{out}");
    assert_eq!(
        out,
        "not-rounded\n\
         what     intensities not rounded after interpolation\n\
         stage    rounding\n\
         touches  everything after its stage\n\
         source   manual, Interpolation, 68QD; PyRadiomics\n"
    );
}

#[test]
fn wrong_use_is_said() {
    let (code, _, err) = run(radgauge().args(["diagnose", "--explain", "not-round"]));
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("there is no deviation `not-round`"), "{err}");
    let (code, _, err) = run(radgauge().arg("diagnose"));
    assert_eq!(code, 2, "{err}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = write(folder.path(), "cut.jsonl", b"{\"kind\":\"end\"}\n");
    let (code, _, err) = run(radgauge().arg("diagnose").arg(&path));
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("cannot use"), "{err}");
}
