//! What a certification through an adapter costs beyond the implementation's own time: the shipped adapter of PyRadiomics,
//! certified, and alone with the same questions from a file.
//!
//! `harness/adapters/make_environments.sh`, then `RADGAUGE_DATA=… cargo bench --bench adapter`.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use criterion::{Criterion, criterion_group, criterion_main};
use radgauge_reference::datasets::Library;
use tempfile::TempDir;

/// A phantom that takes next to no time, asked twice, and a scan.
const CASES: [&str; 2] = ["ibsi1/digital", "ibsi1/ct_c"];

/// Keeps what the adapter is asked, and the files that it is asked about.
const RECORDER: &str = r#"folder=$1; shift
tee "$folder/questions.jsonl" | "$@"
cp -R in "$folder"
"#;

fn adapter() -> Option<[PathBuf; 2]> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/adapters/pyradiomics/bin/python");
    let adapter = root.join("harness/adapters/pyradiomics/adapter.py");
    python.exists().then_some([python, adapter])
}

/// Certifies a case through an adapter that is started by these words.
fn certify(case: &str, words: &[&Path]) {
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("'{}'", word.display()))
        .collect();
    let ended = Command::new(env!("CARGO_BIN_EXE_radgauge"))
        .args(["certify", "--no-diagnosis", "--quiet", "--select"])
        .arg(format!("{case}/*"))
        .args(["--adapter", &(words.join(" ") + " --as-the-tool-does")])
        .status()
        .expect("radgauge starts");
    // Some features are not as they should be; the adapter can be used.
    assert_eq!(ended.code(), Some(1), "{case}");
}

/// The questions of a case, in a folder as the adapter finds it.
fn questions(case: &str, [python, adapter]: [&Path; 2]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let recorder = folder.path().join("record.sh");
    fs::write(&recorder, RECORDER).expect("the folder can be written");
    certify(
        case,
        &[Path::new("sh"), &recorder, folder.path(), python, adapter],
    );
    assert!(
        folder.path().join("in/image.nii").exists(),
        "the files are kept"
    );
    fs::create_dir(folder.path().join("work")).expect("the folder can be written");
    folder
}

fn answer(questions: &Path, [python, adapter]: [&Path; 2]) {
    let input = File::open(questions.join("questions.jsonl")).expect("the questions are there");
    let ended = Command::new(python)
        .arg(adapter)
        .arg("--as-the-tool-does")
        .current_dir(questions)
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the adapter starts");
    assert!(ended.success(), "it answers");
}

fn bench(c: &mut Criterion) {
    let scan = Library::locate(None).find("ibsi1/ct_phantom/nifti/image.nii.gz");
    let (Some([python, adapter]), Ok(_)) = (adapter(), scan) else {
        println!("skipped: needs the environment of PyRadiomics and the CT phantom");
        return;
    };
    let adapter = [python.as_path(), adapter.as_path()];
    for case in CASES {
        let questions = questions(case, adapter);
        let mut group = c.benchmark_group(format!("adapter/{case}"));
        group.sample_size(15);
        group.bench_function("alone", |b| b.iter(|| answer(questions.path(), adapter)));
        group.bench_function("certified", |b| b.iter(|| certify(case, &adapter)));
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
