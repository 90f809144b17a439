//! `radgauge data`: real processes against a server on this machine that truncates, stalls, corrupts and redirects.

#[path = "../common/mod.rs"]
mod common;
mod fetch_from;
mod fetch_web;
mod published;
mod server;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{radgauge, run};
use published::{IMAGE, MASK, PUBLISHED_IMAGE, PUBLISHED_MASK, image, mask};

const SET: &str = "ibsi1/digital_phantom";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// `radgauge data …` with nothing of the network in its environment.
fn data(arguments: &[&str]) -> Command {
    let mut command = radgauge();
    for variable in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command
            .env_remove(variable)
            .env_remove(variable.to_ascii_lowercase());
    }
    command.env_remove("SSL_CERT_FILE");
    command.arg("data").args(arguments);
    command
}

/// `radgauge data fetch` of the smallest set into the folder, its licence accepted.
fn fetch(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = data(&["fetch", SET, "--accept-licence", "--data"]);
    command.arg(folder).args(arguments);
    command
}

/// Every file in the folder, but for the lock.
fn files(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                let path = path.strip_prefix(root).expect("below the root");
                found.push(path.display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.retain(|path| path != ".radgauge-fetch.lock");
    found.sort();
    found
}

fn put(folder: &Path, path: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("the file has a folder")).expect("a new folder");
    fs::write(&path, bytes).expect("writable");
    path
}

/// Both files are there, whole, and nothing else is.
#[track_caller]
fn assert_whole(folder: &Path) {
    assert_eq!(files(folder), [IMAGE, MASK], "the files of the set");
    for (path, bytes) in [(IMAGE, image()), (MASK, mask())] {
        let found = fs::read(folder.join(path)).expect("readable");
        assert_eq!(found, bytes, "bytes of {path}");
    }
}

#[test]
fn list_says_what_is_where_and_how_to_get_the_rest() {
    let folder = folder();
    put(folder.path(), IMAGE, &image());
    put(
        folder.path(),
        &format!("data_sets/{PUBLISHED_MASK}"),
        &mask(),
    );
    for file in 0..60 {
        put(
            folder.path(),
            &format!("ibsi1/ct_phantom/dicom/image/ct_{file:03}.dcm"),
            b"",
        );
    }
    let (code, out, err) = run(data(&["list", "--data"]).arg(folder.path()));
    assert_eq!(code, 0, "{err}");
    let blotted = out.replace(&folder.path().display().to_string(), "DATA");
    insta::assert_snapshot!("list", blotted);
}

#[test]
fn path_prints_the_folder() {
    let folder = folder();
    let path = |name: &str| run(data(&["path", name, "--data"]).arg(folder.path()));
    let (code, out, err) = path(SET);
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(
        err.contains(IMAGE) && err.contains("radgauge data fetch ibsi1/digital_phantom"),
        "{err}"
    );
    put(folder.path(), PUBLISHED_IMAGE, b"not looked at");
    put(folder.path(), PUBLISHED_MASK, b"not looked at");
    let expected = folder.path().join("ibsi_1_digital_phantom/nifti");
    assert_eq!(
        path(SET),
        (0, format!("{}\n", expected.display()), String::new()),
        "the folder in a clone"
    );
    for (name, reason) in [("ibsi9", "found `ibsi9`"), ("ibsi1", "is several")] {
        let (code, _, err) = path(name);
        assert_eq!((code, err.contains(reason)), (2, true), "{err}");
    }
}

#[test]
fn verify_names_what_differs() {
    let folder = folder();
    let verify = |arguments: &[&str]| {
        run(data(&["verify", "--data"])
            .arg(folder.path())
            .args(arguments))
    };
    let (code, out, _) = verify(&[]);
    assert_eq!(code, 3, "nothing is there at all: {out}");

    put(folder.path(), IMAGE, &image());
    let (code, out, _) = verify(&[SET]);
    assert_eq!(code, 3, "one is missing: {out}");
    assert!(
        out.contains(&format!("`{MASK}` is missing")) && out.contains("1 of 2 files missing"),
        "{out}"
    );

    let mut damaged = mask();
    damaged[50] ^= 1;
    let path = put(folder.path(), MASK, &damaged);
    let (code, out, _) = verify(&[]);
    assert_eq!(code, 3, "one is damaged: {out}");
    assert!(
        out.contains(&format!("`{}` to have SHA-256 3032d3409", path.display()))
            && out.contains("1 damaged")
            && !out.contains("image.nii.gz"),
        "{out}"
    );

    put(folder.path(), MASK, &mask());
    let (code, out, _) = verify(&[]);
    assert_eq!(
        code, 0,
        "whole, and the other sets were not asked for: {out}"
    );
    assert!(
        out.contains("ibsi1/digital_phantom: 2 files verified")
            && out.contains("sts: not there; get it with: radgauge data fetch sts"),
        "{out}"
    );
    let (code, out, _) = verify(&["ibsi1"]);
    assert_eq!(code, 3, "the CT phantom was asked for: {out}");
    let (code, _, err) = verify(&["ibsi9"]);
    assert_eq!((code, err.contains("found `ibsi9`")), (2, true), "{err}");
}
