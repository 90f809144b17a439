//! `radgauge perturb`, run as a user runs it: what it writes, that it repeats, what it refuses.

mod common;

use std::{fs, path::Path};

use common::{Nifti, radgauge, run, write};
use serde_json::Value;

/// A scan of 24 × 20 × 8 voxels with a region in the middle.
fn scan(folder: &Path) -> [String; 2] {
    let size = [24, 20, 8];
    let image = Nifti::from_fn(size, |x, y, z| {
        f32::from((x * 31 + y * 17 + z * 7 + x * y) % 97)
    });
    let mask = Nifti::from_fn(size, |x, y, z| {
        let is_in = (6..17).contains(&x) && (5..15).contains(&y) && (2..6).contains(&z);
        f32::from(u8::from(is_in))
    });
    [
        image.write(folder, "image.nii"),
        mask.write(folder, "mask.nii"),
    ]
    .map(|path| path.to_str().expect("UTF-8").to_owned())
}

fn manifest(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("manifest.json")).expect("there is a manifest");
    serde_json::from_str(&text).expect("the manifest is JSON")
}

const CHAINS: &str = "\
[[chain]]
name = 'as it is'
[[chain]]
name = 'noisy'
draw = 3
steps = [{ kind = 'noise', level = 2.5 }]
[[chain]]
name = 'turned, larger'
steps = [{ kind = 'rotate', degrees = 90 }, { kind = 'volume-fraction', fraction = 0.5 }]
[[chain]]
name = 'turned, smaller'
steps = [{ kind = 'rotate', degrees = 90 }, { kind = 'grow-mm', mm = -1 }]
";

#[test]
fn chains_become_files_and_a_manifest() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [image, mask] = scan(folder.path());
    let chains = write(folder.path(), "chains.toml", CHAINS.as_bytes());
    let out = folder.path().join("out");
    let perturb = |out: &Path, jobs: &str| {
        let mut command = radgauge();
        command
            .env("RAYON_NUM_THREADS", jobs)
            .args(["perturb", &image, &mask, "--seed", "7", "--chain"]);
        run(command.arg(&chains).arg("-o").arg(out))
    };
    let (code, text, err) = perturb(&out, "1");
    assert_eq!((code, err.as_str()), (0, ""), "{text}");
    assert!(text.starts_with("4 of 4 chains written to "), "{text}");

    let made = manifest(&out);
    assert_eq!(made["format"], "radgauge.perturb/1");
    assert_eq!(
        made["source"][1]["voxels"], 440,
        "11 × 10 × 4 voxels inside"
    );
    let chains = made["chains"].as_array().expect("a list");
    let voxels: Vec<&Value> = chains
        .iter()
        .map(|chain| &chain["files"]["voxels"])
        .collect();
    assert_eq!(
        voxels,
        [440, 440, 660, 9 * 8 * 2],
        "kept, kept, half as many again, a layer less"
    );
    assert_eq!(
        chains[2]["files"]["size"],
        serde_json::json!([20, 24, 8]),
        "turned"
    );
    assert_eq!(
        chains[2]["files"]["image"], chains[3]["files"]["image"],
        "one image for both"
    );
    let seed = chains[1]["seeds"][0]
        .as_str()
        .expect("the text of the seed");
    assert!(
        seed.starts_with("radgauge perturb 1\nseed 7\ncase "),
        "{seed}"
    );
    assert!(seed.ends_with("\ndraw 3\n"), "{seed}");
    let mut files: Vec<String> = fs::read_dir(&out)
        .expect("the folder is there")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "image-0000.nii.gz",
            "image-0001.nii.gz",
            "image-0002.nii.gz",
            "manifest.json",
            "mask-0000.nii.gz",
            "mask-0001.nii.gz",
            "mask-0002.nii.gz",
            "mask-0003.nii.gz",
        ]
    );

    let again = folder.path().join("again");
    let (code, ..) = perturb(&again, "4");
    assert_eq!(code, 0, "once more");
    for file in files {
        let [first, second] = [&out, &again].map(|out| fs::read(out.join(&file)).expect("a file"));
        assert!(
            first == second,
            "{file}: the same bytes for any number of threads"
        );
    }
    let (code, _, err) = perturb(&out, "1");
    assert_eq!(code, 2, "nothing is overwritten");
    assert!(err.contains("is not empty"), "{err}");

    // What was written is a scan as any other.
    let settings = write(
        folder.path(),
        "settings.toml",
        b"[features]\nfamilies = ['stat', 'morph']\n",
    );
    let [image, mask] = ["image-0002.nii.gz", "mask-0002.nii.gz"].map(|file| out.join(file));
    let mut extract = radgauge();
    extract
        .arg("extract")
        .args([image, mask])
        .arg("--settings")
        .arg(settings);
    let (code, values, err) = run(&mut extract);
    assert_eq!(code, 0, "{err}");
    // 660 voxels of 1 mm³.
    assert!(
        values.contains("morph/-/YEKZ,"),
        "the volume by counting is among them: {values}"
    );
    let volume = values
        .lines()
        .find(|line| line.starts_with("morph/-/YEKZ,"));
    assert!(
        volume.is_some_and(|line| line.contains(",660,")),
        "{volume:?}"
    );
}

#[test]
fn what_cannot_be_done_is_told_and_costs_one_chain() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [image, mask] = scan(folder.path());
    let chains = "[[chain]]\nname = 'good'\n[[chain]]\nname = 'gone'\nsteps = [{ kind = 'core', mm = 50 }]\n";
    let chains = write(folder.path(), "chains.toml", chains.as_bytes());
    let out = folder.path().join("out");
    let mut command = radgauge();
    command
        .args(["perturb", &image, &mask, "--chain"])
        .arg(chains)
        .arg("-o")
        .arg(&out);
    let (code, text, err) = run(&mut command);
    assert_eq!(code, 1, "{text}{err}");
    assert!(text.starts_with("1 of 2 chains written"), "{text}");
    assert!(
        err.contains(
            "gone: `core` would leave 0 of the 440 voxels of the region, fewer than the 1"
        ),
        "{err}"
    );
    let made = manifest(&out);
    assert!(
        made["chains"][1]["error"]
            .as_str()
            .is_some_and(|error| error.contains("`core`")),
        "{made}"
    );
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [image, mask] = scan(folder.path());
    let out = folder
        .path()
        .join("out")
        .to_str()
        .expect("UTF-8")
        .to_owned();
    let wrong = write(
        folder.path(),
        "wrong.toml",
        b"[[chain]]\nname = 'x'\nsteps = [{ kind = 'rotate', degrees = 1e9 }]\n",
    );
    let wrong = wrong.to_str().expect("UTF-8");
    for (arguments, code, part) in [
        (
            vec![&image[..], &mask, "--preset", "study-3", "-o", &out],
            2,
            "the nearest is `study-30`",
        ),
        (
            vec![&image, &mask, "--chain", wrong, "-o", &out],
            2,
            "`rotate.degrees`: expected an angle",
        ),
        (
            vec![&image, &mask, "--chain", "none.toml", "-o", &out],
            2,
            "none.toml",
        ),
        (
            vec![&image, "none.nii", "--preset", "parts", "-o", &out],
            3,
            "none.nii",
        ),
        (vec![&image, &mask, "--preset", "parts"], 2, "--out"),
        (vec![&image, &mask, "-o", &out], 2, "--preset"),
    ] {
        let (found, text, err) = run(radgauge().arg("perturb").args(&arguments));
        assert_eq!(found, code, "{arguments:?}: {text}{err}");
        assert!(err.contains(part), "{arguments:?}: {err}");
    }
}

#[test]
fn presets_are_listed() {
    let (code, text, err) = run(radgauge().args(["perturb", "--list"]));
    assert_eq!((code, err.as_str()), (0, ""), "{text}");
    assert!(
        text.contains("study-30 (30 chains)\n    30 chains for a study"),
        "{text}"
    );
    assert!(text.contains("ibsi2-tolerance-3d (1344 chains)"), "{text}");
}
