//! The program as a process: what it writes, whatever happens to it.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use crate::common::{Nifti, radgauge, run, write};

/// Five small scans with a region each, and a study of them: 5 cases × 5 scans × 4 settings = 100 cells.
fn study(folder: &Path) {
    for case in 0..5_i16 {
        let scans = folder.join(format!("scans/p{case}"));
        fs::create_dir_all(&scans).expect("a folder");
        let size = [14, 12, 8];
        let image = Nifti::from_fn(size, |x, y, z| {
            f32::from((7 * x + 3 * y * (case + 1) + 5 * z + x * y) % (17 + 2 * case))
        });
        let mask = Nifti::from_fn(size, |x, y, z| {
            let near = |at: i16, centre: i16| (at - centre).pow(2);
            f32::from(i16::from(
                near(x, 7) + near(y, 6) + 2 * near(z, 4) < 16 + case,
            ))
        });
        image.write(&scans, "image.nii");
        mask.write(&scans, "mask.nii");
    }
    let text = "title = 'Small'\n\
        [[cases]]\nimages = 'scans/{patient}/image.nii'\nmasks = 'scans/{patient}/mask.nii'\n\
        [perturbations]\nchains = [\n\
        { name = 'turn', steps = [{ kind = 'rotate', degrees = 10 }] },\n\
        { name = 'turn back', steps = [{ kind = 'rotate', degrees = -10 }] },\n\
        { name = 'move', steps = [{ kind = 'translate', fraction = [0.25, 0.5, 0.0] }] },\n\
        { name = 'move on', steps = [{ kind = 'translate', fraction = [0.5, 0.0, 0.25] }] },\n]\n\
        [settings.interpolate]\nspacing_mm = [1, 1, 1]\nimage = 'linear'\n\
        [settings.features]\nfamilies = ['morph', 'stat', 'glcm', 'ngtdm']\naggregations = ['3d_mrg', '3d']\n\
        [grid]\nspacing_mm = [1, 1.5]\n\
        discretise = [{ method = 'fixed-bin-number', bins = 8 }, { method = 'fixed-bin-size', width = 2 }]\n";
    write(folder, "study.toml", text.as_bytes());
}

/// Every file of the results but the cells, by name.
fn results(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(out).expect("a folder of results");
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read(&path).expect("a file"))
        })
        .collect()
}

fn assert_same(found: &Path, expected: &Path, what: &str) {
    let (found, expected) = (results(found), results(expected));
    let names = |results: &BTreeMap<String, Vec<u8>>| results.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected), "{what}: the same files");
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{what}: {name} differs");
    }
}

fn study_run(folder: &Path, out: &str, arguments: &[&str]) -> (i32, String, String) {
    run(radgauge()
        .current_dir(folder)
        .args(["study", "run", "--out", out])
        .args(arguments))
}

#[test]
fn threads_shards_and_kills_leave_no_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    study(folder);
    let (code, out, err) = study_run(folder, "one", &["--jobs", "1"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("5 of 5 cases, 4 draws of each, 4 settings"),
        "{out}"
    );

    let (code, _, err) = study_run(folder, "two", &["--jobs", "2", "--quiet"]);
    assert_eq!((code, err.as_str()), (0, ""), "two threads");
    assert_same(&folder.join("two"), &folder.join("one"), "--jobs 2");

    for shard in ["3/3", "1/3", "2/3"] {
        let out = format!("shard{}", &shard[..1]);
        let (code, out, err) = study_run(folder, &out, &["--shard", shard]);
        assert_eq!(
            (code, out.as_str(), err.as_str()),
            (0, "", ""),
            "shard {shard}"
        );
    }
    let merge = [
        "study",
        "merge",
        "study.toml",
        "shard1",
        "shard2",
        "shard3",
        "--out",
        "merged",
        "--quiet",
    ];
    let (code, _, err) = run(radgauge().current_dir(folder).args(merge));
    assert_eq!((code, err.as_str()), (0, ""), "merge");
    assert_same(&folder.join("merged"), &folder.join("one"), "merged");

    let kills = killed_until_done(folder, "killed");
    assert!(
        kills >= 3,
        "killed {kills} times at work: too seldom to tell anything"
    );
    assert_same(
        &folder.join("killed"),
        &folder.join("one"),
        "killed and resumed",
    );

    let (code, _, err) = run(radgauge()
        .current_dir(folder)
        .args(["study", "report", "one", "--out", "again", "--quiet"]));
    assert_eq!((code, err.as_str()), (0, ""), "report");
    let again = results(&folder.join("again"));
    assert!(!again.is_empty(), "reports were written");
    let one = results(&folder.join("one"));
    for (name, bytes) in again {
        assert!(one[&name] == bytes, "{name}, rendered again, differs");
    }
}

/// Starts the study again and again and kills it, until it comes to its end: now at some moment of its start, now after
/// it has computed some more cells. Gives how often it was killed with some cells there and others missing.
fn killed_until_done(folder: &Path, out: &str) -> usize {
    let cells = folder.join(out).join("cells/all.cells");
    let length = || fs::metadata(&cells).map_or(0, |metadata| metadata.len());
    let whole = fs::metadata(folder.join("one/cells/all.cells"))
        .expect("cells")
        .len();
    // A linear congruential generator: the moments differ from each other, not from run to run.
    let mut state = 7_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut kills = 0;
    for attempt in 0..200 {
        let enough = match attempt % 3 {
            0 => 0,
            _ => length() + random(whole / 8),
        };
        let mut child = start(folder, out);
        while length() < enough && child.try_wait().expect("a status").is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(random(20_000)));
        if child.try_wait().expect("a status").is_some() {
            break;
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("it ended");
        kills += usize::from((1..whole).contains(&length()));
    }
    let (code, _, err) = study_run(folder, out, &["--quiet"]);
    assert_eq!((code, err.as_str()), (0, ""), "resumed after {kills} kills");
    kills
}

fn start(folder: &Path, out: &str) -> Child {
    radgauge()
        .current_dir(folder)
        .args(["study", "run", "--out", out, "--jobs", "2", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts")
}

#[test]
fn a_changed_grid_recomputes_only_what_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    study(folder);
    study_run(folder, "results", &["--quiet"]);
    let cells = folder.join("results/cells/all.cells");
    let before = fs::read(&cells).expect("cells");
    let text = fs::read_to_string(folder.join("study.toml")).expect("the study");
    let wider = text.replace("spacing_mm = [1, 1.5]", "spacing_mm = [1, 1.5, 2]");
    write(folder, "study.toml", wider.as_bytes());
    let (code, out, err) = study_run(folder, "results", &[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("6 settings"), "{out}");
    let after = fs::read(&cells).expect("cells");
    assert_eq!(after[..before.len()], before, "what was there stays");
    // Half as many cells more, each of the same size but for reasons.
    let (old, new) = (before.len() as f64, (after.len() - before.len()) as f64);
    assert!((new / old - 0.5).abs() < 0.02, "{old} bytes and {new} more");
    write(folder, "study.toml", text.as_bytes());
    study_run(folder, "results", &["--quiet"]);
    let again = fs::read(&cells).expect("cells");
    assert_eq!(again, after, "all cells of the first grid are there");
}

#[test]
fn an_unreadable_case_costs_that_case() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    study(folder);
    fs::remove_dir_all(folder.join("scans/p3")).expect("removed");
    let (code, _, _) = study_run(folder, "without", &["--quiet"]);
    assert_eq!(code, 0, "four cases");
    study(folder);
    write(folder, "scans/p3/image.nii", b"no image at all");
    let (code, out, err) = study_run(folder, "with", &[]);
    assert_eq!((code, err.as_str()), (3, ""), "{out}");
    assert!(out.contains("4 of 5 cases"), "{out}");
    assert!(
        out.contains("failed: 20 of 100 cells, 1 cases as a whole\n  p3: image.nii: "),
        "{out}"
    );
    let (with, without) = (
        results(&folder.join("with")),
        results(&folder.join("without")),
    );
    for name in [
        "features.csv",
        "reproducibility.csv",
        "settings.csv",
        "trustworthy.csv",
    ] {
        assert!(
            with[name] == without[name],
            "{name}: the other cases are as they would be without it"
        );
    }
    let document = String::from_utf8(with["study.results"].clone()).expect("UTF-8");
    assert!(
        document.contains("\"kind\":\"failure\",\"case\":\"p3\""),
        "named in the document"
    );
    assert!(
        !document.contains(&*folder.to_string_lossy()),
        "no path in the document"
    );

    fs::remove_file(folder.join("scans/p3/mask.nii")).expect("removed");
    let (code, out, _) = study_run(folder, "no-mask", &[]);
    assert_eq!(code, 3, "{out}");
    assert!(
        out.contains("p3: there is no mask `scans/p3/mask.nii`"),
        "{out}"
    );

    for case in 0..5 {
        write(
            folder,
            &format!("scans/p{case}/image.nii"),
            b"no image at all",
        );
    }
    let (code, out, _) = study_run(folder, "none", &[]);
    assert_eq!(code, 5, "nothing was computed: {out}");
}

#[test]
fn studies_that_cannot_run_are_refused_by_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    study(folder);
    let text = fs::read_to_string(folder.join("study.toml")).expect("the study");
    for (from, to, expected) in [
        ("[grid]", "[grid]\nspacings = [2]", "spacings"),
        (
            "spacing_mm = [1, 1.5]",
            "spacing_mm = [1, -1.5]",
            "`interpolate.spacing_mm`: expected",
        ),
        (
            "spacing_mm = [1, 1.5]",
            "spacing_mm = [1, 1]",
            "`grid.spacing_mm`: expected levels that differ",
        ),
        (
            "discretise =",
            "filter = [{ kind = 'square' }]\ndiscretise =",
            "`discretise.method`: expected a method with a number of bins",
        ),
        (
            "masks = 'scans/{patient}/",
            "masks = 'scans/{pat}/",
            "`{pat}` is not a part of",
        ),
        (
            "images = 'scans",
            "images = 'scan",
            "there is no case: no file matches `scan/{patient}/image.nii`",
        ),
        ("degrees = 10", "degrees = 1000", "rotate.degrees"),
        (
            "name = 'turn back'",
            "name = 'turn'",
            "`perturbations.chains.name`: expected names that differ",
        ),
        ("degrees = -10", "degrees = 10", "does the same as `turn`"),
    ] {
        assert!(text.contains(from), "`{from}` is in the study");
        write(folder, "study.toml", text.replace(from, to).as_bytes());
        for command in ["check", "run"] {
            let (code, out, err) = run(radgauge().current_dir(folder).args(["study", command]));
            assert_eq!((code, out.as_str()), (2, ""), "{command}, {to}: {err}");
            assert!(err.contains(expected), "{command}, {to}: {err}");
        }
    }
    write(
        folder,
        "study.toml",
        text.replace(
            "[settings.interpolate]\nspacing_mm = [1, 1, 1]\nimage = 'linear'\n",
            "",
        )
        .replace("spacing_mm = [1, 1.5]\n", "")
        .as_bytes(),
    );
    let (code, _, err) = run(radgauge().current_dir(folder).args(["study", "check"]));
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("`turn` turns or moves the interpolation grid"),
        "{err}"
    );
}

#[test]
fn init_finds_the_scans_and_check_says_the_plan() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    study(folder);
    fs::remove_file(folder.join("study.toml")).expect("removed");
    let init = |arguments: &[&str]| {
        run(radgauge()
            .current_dir(folder)
            .args(["study", "init"])
            .args(arguments))
    };
    let (code, out, err) = init(&[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("5 cases found"), "{out}");
    let text = fs::read_to_string(folder.join("study.toml")).expect("the study");
    assert!(
        text.contains("images = \"scans/{case}/image.nii\""),
        "{text}"
    );
    let (code, _, err) = init(&[]);
    assert_eq!(code, 2, "not overwritten");
    assert!(
        err.contains("is there already; --force replaces it"),
        "{err}"
    );

    let (code, out, err) =
        run(radgauge()
            .current_dir(folder)
            .args(["study", "check", "--no-timing", "--jobs", "2"]));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("cases            5, of which 0 cannot be read"),
        "{out}"
    );
    assert!(out.contains("time             not measured"), "{out}");

    let (code, out, _) = init(&["example", "--example"]);
    assert_eq!(code, 0, "{out}");
    assert!(
        folder.join("example/study.toml").is_file(),
        "the example was written"
    );
}
