//! Two implementations over the regions of the ImSURE-style phantoms: from certification to the comparison.

mod common;

use std::{fs, path::Path};

use common::{radgauge, run};

/// Ten small regions of the isotropic phantom, intensity statistics alone.
const SELECTED: &str = "imsure/iso-C_S_*/stat/*";

fn certify(folder: &Path, name: &str, arguments: &[&str]) -> std::path::PathBuf {
    let document = folder.join(name);
    let (code, out, _) = run(radgauge()
        .args([
            "certify",
            "--quiet",
            "--no-diagnosis",
            "--select",
            SELECTED,
            "--out",
        ])
        .arg(&document)
        .args(arguments));
    assert_eq!(code, 0, "{out}");
    document
}

/// The engine against a file of its own values, one feature of which is a tenth too large in some regions.
#[test]
fn an_implementation_is_compared_with_a_file_of_values() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = certify(folder.path(), "engine.jsonl", &[]);

    let (code, template, err) = run(radgauge().args(["template", "--select", SELECTED]));
    assert_eq!((code, err.as_str()), (0, ""), "{template}");
    assert_eq!(
        template.lines().count(),
        1 + 10 * 18,
        "a row per value to fill in"
    );

    let text = fs::read_to_string(&engine).expect("the document");
    let mut values = "case,key,value\n".to_owned();
    let mut observed = 0;
    for line in text
        .lines()
        .filter(|line| line.contains(r#""kind":"observation""#))
    {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let id = record["id"].as_str().expect("an id");
        let (case, key) = id.split_at(id.match_indices('/').nth(1).expect("a key").0);
        let mut value = record["value"].as_f64().expect("a value");
        if key == "/stat/-/ECT3" && case < "imsure/iso-C_S_05" {
            value *= 1.1;
        }
        values += &format!("{case},{},{value}\n", &key[1..]);
        assert_eq!(
            record["tolerance"], 1e-3,
            "{id}: the tolerance is stored with the row"
        );
        observed += 1;
    }
    assert_eq!(observed, 10 * 18, "statistics of ten regions");
    let file = common::write(folder.path(), "values.csv", values.as_bytes());
    let other = certify(
        folder.path(),
        "other.jsonl",
        &["--values", file.to_str().expect("UTF-8")],
    );

    let table = folder.path().join("cross.csv");
    let (code, out, err) = run(radgauge()
        .arg("compare")
        .args([&engine, &other])
        .arg("--cross")
        .arg(&table));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("agreement over the regions of the ImSURE-style phantoms: 18 features"),
        "{out}"
    );
    assert!(
        out.contains("features on which not all regions agree: 1\n")
            && out.contains("stat/-/ECT3 Intensity variance: 6 of 10 regions within"),
        "{out}"
    );
    let mut reader = csv::Reader::from_path(&table).expect("the table");
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    // All regions, cubes, and those of 0.125 mL.
    assert_eq!(rows.len(), 3 * 18, "rows");
    let of = |key: &str| {
        let row = rows.iter().find(|row| &row[0] == "all" && &row[3] == key);
        row.unwrap_or_else(|| panic!("{key} is there"))
    };
    assert_eq!(&of("stat/-/Q4LE")[7], "10", "regions within");
    assert_eq!(&of("stat/-/Q4LE")[9], "1", "ICC of equal values");
    assert_eq!(&of("stat/-/ECT3")[7], "6", "regions within");
}

#[test]
fn documents_without_regions_have_no_such_table() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = folder.path().join("digital.jsonl");
    run(radgauge()
        .args([
            "certify",
            "--quiet",
            "--select",
            "ibsi1/digital/stat/*",
            "--out",
        ])
        .arg(&document));
    let (code, _, err) = run(radgauge()
        .arg("compare")
        .args([&document, &document])
        .arg("--cross")
        .arg(folder.path().join("cross.csv")));
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("--cross: no document has observations"),
        "{err}"
    );
    assert!(!folder.path().join("cross.csv").exists(), "no table");
}
