//! `radgauge phantom`: what is listed can be made, and what is made is what the manifest says.

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use common::{radgauge, run};
use radgauge_engine::io;
use radgauge_phantoms::{ibsi1, imsure, scan};
use sha2::{Digest, Sha256};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn make(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run(radgauge()
        .args(["phantom", "make", "-o"])
        .arg(folder)
        .args(arguments))
}

/// The manifest of a folder, its hashes and the list of its files checked.
fn manifest(folder: &Path) -> serde_json::Value {
    let text = fs::read_to_string(folder.join("manifest.json")).expect("there is a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(manifest["schema"], "radgauge.phantoms/1", "schema");
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"), "version");
    let mut listed = BTreeSet::from(["manifest.json".to_owned()]);
    for phantom in manifest["phantoms"].as_array().expect("phantoms") {
        for file in phantom["files"].as_array().expect("files") {
            let path = file["path"].as_str().expect("a path");
            let bytes = fs::read(folder.join(path)).expect("the file is there");
            let digest = Sha256::digest(&bytes);
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(file["sha256"], hex.as_str(), "{path}");
            listed.insert(path.to_owned());
        }
    }
    let there = fs::read_dir(folder).expect("the folder").map(|entry| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("UTF-8")
    });
    assert_eq!(there.collect::<BTreeSet<_>>(), listed, "files and manifest");
    manifest
}

#[test]
fn what_is_made_is_the_phantom() {
    let folder = folder();
    let names = [
        "ibsi1-digital",
        "abdominal-ct",
        "ibsi2-orientation",
        "--seed",
        "7",
    ];
    assert_eq!(
        make(folder.path(), &names),
        (0, String::new(), String::new())
    );
    let manifest = manifest(folder.path());
    assert_eq!(
        manifest["phantoms"][0]["seed"],
        serde_json::Value::Null,
        "has no seed"
    );
    assert_eq!(
        manifest["phantoms"][1]["seed"], 7,
        "has the seed that was given"
    );

    let read = |name: &str| {
        let image = io::read_image(folder.path().join(format!("{name}-image.nii.gz")));
        let mask = io::read_mask(folder.path().join(format!("{name}-mask.nii.gz")), None);
        (image.expect("an image"), mask.expect("a mask"))
    };
    assert_eq!(
        read("ibsi1-digital"),
        ibsi1::digital_phantom(),
        "the digital phantom"
    );
    let scan = scan::abdominal_ct(7);
    assert_eq!(read("abdominal-ct-7"), (scan.image, scan.mask), "the scan");
}

#[test]
fn ninety_regions_of_the_imsure_style_phantom() {
    let folder = folder();
    assert_eq!(make(folder.path(), &["imsure-anisotropic"]).0, 0, "made");
    let manifest = manifest(folder.path());
    let files = manifest["phantoms"][0]["files"].as_array().expect("files");
    assert_eq!(files.len(), 180, "an image and a mask a region");
    assert_eq!(
        manifest["phantoms"][0]["seed"],
        imsure::SEED,
        "the seed of the suite"
    );
    let image = io::read_image(folder.path().join("imsure-anisotropic-B_S_03-image.nii.gz"));
    let region = imsure::placements().iter().find(|one| one.name == "B_S_03");
    let (expected, _) = imsure::Phantom::Anisotropic.crop(region.expect("a region"), imsure::SEED);
    let image = image.expect("an image");
    assert_eq!(image.as_slice(), expected.as_slice(), "its voxels");
    assert_eq!(
        image.grid().spacing_mm,
        expected.grid().spacing_mm,
        "its spacing"
    );
}

#[test]
fn phantoms_are_listed() {
    let (code, out, err) = run(radgauge().args(["phantom", "list"]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let names: Vec<&str> = (out.lines())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.is_sorted(), "in order: {names:?}");
    assert!(
        names.contains(&"imsure-isotropic") && names.contains(&"abdominal-ct"),
        "{out}"
    );
}

#[test]
fn what_cannot_be_made_is_said() {
    for (arguments, expected) in [
        (&["ibsi1"][..], "found `ibsi1`"),
        (
            &["ibsi1-digital", "--full"],
            "--full: expected imsure-isotropic",
        ),
        (&["ibsi1-digital", "--seed", "1"], "--seed: ibsi1-digital"),
    ] {
        let folder = folder();
        let (code, out, err) = make(folder.path(), arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
        let is_empty = fs::read_dir(folder.path())
            .expect("the folder")
            .next()
            .is_none();
        assert!(is_empty, "{arguments:?}: nothing is written");
    }
}
