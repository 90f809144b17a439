//! The binary, run as a user runs it: what it prints, what it writes, how it ends.

mod common;

use common::{Nifti, radgauge, run, write};

/// A cube of 4³ voxels in a 6³ image, with intensities from 1 to 6.
fn image() -> Nifti {
    Nifti::from_fn([6, 6, 6], |x, y, z| f32::from(1 + (x + 2 * y + 3 * z) % 6))
}

fn mask() -> Nifti {
    Nifti::from_fn([6, 6, 6], |x, y, z| {
        f32::from(u8::from([x, y, z].iter().all(|i| (1..5).contains(i))))
    })
}

#[test]
fn certify_without_data_checks_the_digital_phantom_and_says_how_to_get_the_rest() {
    let (code, out, err) = run(radgauge().arg("certify"));
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("ibsi1/digital "), "{out}");
    assert!(out.contains("ibsi1/digital_exact"), "{out}");
    assert!(out.contains("skipped: ibsi1/ct_a, ibsi1/ct_b"), "{out}");
    assert!(
        out.contains("radgauge data fetch ibsi1/ct_phantom"),
        "the command that gets the data: {out}"
    );
    assert!(
        out.trim_end()
            .ends_with("not every required check was executed (exit code 0)"),
        "skipping is said in the last line: {out}"
    );
    assert_eq!(err, "", "no progress without a terminal");
}

#[test]
fn missing_data_fails_where_it_is_required() {
    let (code, out, _) = run(radgauge().args(["certify", "--require-data"]));
    assert_eq!(code, 3, "{out}");
    let (code, out, _) = run(radgauge().args(["certify", "--select", "ibsi1/ct_c/*"]));
    assert_eq!(code, 5, "everything selected was skipped: {out}");
    let (code, _, err) = run(radgauge().args(["certify", "--data", "no/such/folder"]));
    assert_eq!((code, err.contains("no/such/folder")), (3, true), "{err}");
}

#[test]
fn selecting_nothing_is_an_error() {
    let (code, out, _) = run(radgauge().args(["certify", "--select", "ibsi9/*"]));
    assert_eq!(code, 5, "{out}");
    assert!(out.contains("nothing was checked"), "{out}");
    let (code, _, err) = run(radgauge().args(["certify", "--select", "a[b"]));
    assert_eq!((code, err.contains("a[b")), (2, true), "{err}");
    let (code, _, err) = run(radgauge().args(["certify", "--jobs", "0"]));
    assert_eq!((code, err.contains("--jobs")), (2, true), "{err}");
}

#[test]
fn results_are_the_same_bytes_for_any_number_of_jobs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = |jobs: &str| {
        let path = folder.path().join(format!("deep/results-{jobs}.jsonl"));
        let (code, out, err) = run(radgauge()
            .args([
                "certify",
                "--quiet",
                "--select",
                "ibsi1/digital*",
                "--jobs",
                jobs,
                "--out",
            ])
            .arg(&path));
        assert_eq!(
            (code, out.as_str(), err.as_str()),
            (0, "", ""),
            "quiet means quiet"
        );
        std::fs::read_to_string(path).expect("the document was written")
    };
    let (one, two) = (document("1"), document("2"));
    assert_eq!(one, two);
    let results = radgauge::results::read(&one).expect("the document can be read back");
    assert_eq!(
        results.end.totals.executed,
        2 * 482,
        "both tiers of the digital phantom"
    );
    assert!(
        results.end.totals.required > 2000,
        "the rest is counted as required"
    );
}

#[test]
fn csv_has_a_row_per_check() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("checks.csv");
    let (code, ..) = run(radgauge()
        .args([
            "certify",
            "--quiet",
            "--select",
            "ibsi1/digital/glcm/*",
            "--csv",
        ])
        .arg(&path));
    assert_eq!(code, 0);
    let text = std::fs::read_to_string(path).expect("the table was written");
    assert_eq!(
        text.lines().count(),
        1 + 150,
        "25 features in 6 aggregations"
    );
    assert!(
        text.contains(
            "ibsi1/digital/glcm/3d_avg/TU9B,Joint entropy,bit,consensus,very strong,ibsi-sf3/1,2.4,"
        ),
        "{text}"
    );
}

#[test]
fn extract_gives_every_feature_as_csv_and_json() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (image, mask) = (
        image().write(folder.path(), "image.nii"),
        mask().write(folder.path(), "mask.nii"),
    );
    let extract = |format: &str| {
        let (code, out, err) = run(radgauge().arg("extract").args([&image, &mask]).args([
            "--preset",
            "ibsi-digital",
            "--format",
            format,
        ]));
        assert_eq!(code, 0, "{err}");
        out
    };
    let csv = extract("csv");
    assert!(
        csv.starts_with("key,name,unit,value,undefined,standardised\n"),
        "{csv}"
    );
    assert!(
        csv.contains("morph/-/YEKZ,Volume (voxel counting),mm^3,64,,yes\n"),
        "{csv}"
    );
    assert!(!csv.to_lowercase().contains("nan"), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&extract("json")).expect("JSON");
    assert_eq!(
        json["features"]["stat/-/84IY"]["value"], 6.0,
        "maximum intensity"
    );
    assert_eq!(
        json["features"].as_object().expect("an object").len(),
        29 + 2 + 18 + 23 + 7 + 6 * (25 + 16) + 3 * (16 + 16 + 5 + 17),
        "every feature in every aggregation"
    );
}

/// Bad input: file, arguments, exit code, and what the message must name.
#[test]
fn bad_input_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let good_image = image().write(folder, "image.nii");
    let good_mask = mask().write(folder, "mask.nii");
    let bytes = image().bytes();

    let patched = |name: &str, at: usize, patch: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + patch.len()].copy_from_slice(patch);
        write(folder, name, &bytes)
    };
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    let zipped = gzip(&bytes);
    let images = [
        (folder.join("absent.nii"), "absent.nii"),
        (write(folder, "empty.nii", b""), "empty.nii"),
        (write(folder, "short.nii", &bytes[..200]), "short.nii"),
        (
            write(folder, "cut.nii", &bytes[..bytes.len() - 5]),
            "cut.nii",
        ),
        (
            write(folder, "cut.nii.gz", &zipped[..zipped.len() / 2]),
            "cut.nii.gz",
        ),
        (
            write(folder, "junk.nii.gz", &[0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5]),
            "junk.nii.gz",
        ),
        (
            write(folder, "text.nii", &b"not an image at all ".repeat(40)),
            "text.nii",
        ),
        // 32767³ voxels announced by a file of a kilobyte.
        (
            patched("absurd.nii", 42, &[0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f]),
            "absurd.nii",
        ),
        (
            patched("negative.nii", 42, &(-6i16).to_le_bytes()),
            "negative.nii",
        ),
        (patched("flat.nii", 80, &0f32.to_le_bytes()), "flat.nii"),
        (
            patched("nan.nii", 352 + 40, &f32::NAN.to_le_bytes()),
            "nan.nii",
        ),
        (
            patched("inf.nii", 352 + 40, &f32::INFINITY.to_le_bytes()),
            "inf.nii",
        ),
        (patched("rgb.nii", 70, &128i16.to_le_bytes()), "rgb.nii"),
        (
            {
                let mut bytes = bytes.clone();
                bytes[40..42].copy_from_slice(&4i16.to_le_bytes());
                bytes[48..50].copy_from_slice(&2i16.to_le_bytes());
                bytes.extend_from_within(352..);
                write(folder, "four.nii", &bytes)
            },
            "four.nii",
        ),
    ];
    for (path, name) in &images {
        refused(
            &[path, &good_mask],
            &["--preset", "ibsi-digital"],
            3,
            &[name],
        );
    }

    let mut shifted = mask();
    shifted.origin_mm[0] = 0.5;
    let mut coarse = mask();
    coarse.spacing_mm[2] = 2.0;
    let masks = [
        (
            shifted.write(folder, "shifted.nii"),
            vec!["shifted.nii", "origin"],
        ),
        (
            coarse.write(folder, "coarse.nii"),
            vec!["coarse.nii", "spacing"],
        ),
        (
            Nifti::from_fn([6, 6, 5], |_, _, _| 1.0).write(folder, "small.nii"),
            vec!["small.nii", "size"],
        ),
        (
            Nifti::from_fn([6, 6, 6], |_, _, _| 0.0).write(folder, "void.nii"),
            vec!["void.nii"],
        ),
        (
            Nifti::from_fn([6, 6, 6], |x, _, _| f32::from(x % 3)).write(folder, "labels.nii"),
            vec!["labels.nii", "1", "2", "label"],
        ),
        (
            Nifti::from_fn([6, 6, 6], |x, _, _| f32::from(x) * 0.25).write(folder, "soft.nii"),
            vec!["soft.nii", "0.25"],
        ),
    ];
    for (path, names) in &masks {
        refused(
            &[&good_image, path],
            &["--preset", "ibsi-digital"],
            3,
            names,
        );
    }
    refused(
        &[&good_image, &good_mask],
        &["--preset", "ibsi-digital", "--label", "7"],
        3,
        &["mask.nii", "7"],
    );

    let settings = [
        ("[interpolat]", vec!["s.toml", "interpolat"]),
        (
            "[resegment]\nrange = [1, 0]",
            vec!["s.toml", "resegment.range"],
        ),
        ("round_on_load", vec!["s.toml"]),
        (
            "[discretise]\nmethod = 'fixed-bin-size'\nwidth = 1e-9",
            vec!["grey levels"],
        ),
        (
            "[interpolate]\nspacing_mm = [1e-6, 1e-6, 1e-6]\nimage = 'linear'",
            vec!["voxels"],
        ),
    ];
    for (text, names) in settings {
        let file = write(folder, "s.toml", text.as_bytes());
        let file = file.to_str().expect("UTF-8");
        refused(&[&good_image, &good_mask], &["--settings", file], 2, &names);
    }
    refused(
        &[&good_image, &good_mask],
        &["--preset", "ibsi-x"],
        2,
        &["ibsi-x", "ibsi-c"],
    );
    refused(
        &[&good_image, &good_mask],
        &["--settings", "absent.toml"],
        2,
        &["absent.toml"],
    );
    refused(&[&good_image, &good_mask], &[], 2, &["--preset"]);
}

fn refused(files: &[&std::path::PathBuf], arguments: &[&str], expected_code: i32, names: &[&str]) {
    let (code, out, err) = run(radgauge().arg("extract").args(files).args(arguments));
    assert_eq!(code, expected_code, "{files:?} {arguments:?}: {err}");
    assert_eq!(out, "", "{files:?} {arguments:?}: nothing is computed");
    for name in names {
        assert!(
            err.contains(name),
            "{files:?} {arguments:?}: `{name}` is not in: {err}"
        );
    }
    assert!(
        err.lines().count() < 12,
        "{files:?}: a message, not a backtrace: {err}"
    );
}

#[test]
fn settings_can_be_listed_shown_and_checked() {
    let (code, list, _) = run(radgauge().args(["settings", "list"]));
    assert_eq!(code, 0);
    for name in [
        "ibsi-digital",
        "ibsi-a",
        "ibsi-b",
        "ibsi-c",
        "ibsi-d",
        "ibsi-e",
    ] {
        assert!(list.contains(name), "{list}");
        let (code, shown, _) = run(radgauge().args(["settings", "show", name]));
        assert_eq!(code, 0);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = write(folder.path(), "s.toml", shown.as_bytes());
        let (code, checked, err) = run(radgauge().args(["settings", "check"]).arg(file));
        assert_eq!(code, 0, "{name}: {err}");
        assert!(
            checked.contains("[texture]"),
            "defaults are written out: {checked}"
        );
    }
}

#[test]
fn the_catalogue_and_every_explanation_can_be_read() {
    let (code, list, _) = run(radgauge().args(["features", "--format", "csv"]));
    assert_eq!(code, 0);
    assert_eq!(list.lines().count(), 1 + 174, "all features of IBSI 1");
    let (code, text, _) = run(radgauge().args(["explain", "ibsi1/ct_c/glcm/3d_avg/TU9B"]));
    assert_eq!(code, 0);
    insta::assert_snapshot!("explain_joint_entropy", text);
    for unknown in [
        "XXXX",
        "glcm/3d/TU9B",
        "glcm/3d_avg/XXXX",
        "glxm/3d_avg/TU9B",
    ] {
        let (code, _, err) = run(radgauge().args(["explain", unknown]));
        assert_eq!(code, 2, "{unknown}");
        assert!(err.contains(unknown), "{err}");
    }
}

#[test]
fn help_lists_the_exit_codes() {
    let (code, help, _) = run(radgauge().arg("--help"));
    assert_eq!(code, 0);
    insta::assert_snapshot!("help", help);
}
