//! Implementations with a mistake that no reference value is needed to see: the right checks of the suite `invariance` turn
//! red, no other does, and each violation shrinks to a few voxels that show it again when they are read from their files.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use radgauge::{
    certify::{Options, certify, exit},
    counterexample::{self, Counterexample, TRIALS},
    implementation::{
        Answer, Answers, Engine, Failure, Identity, Implementation, Question, Storage,
    },
    results::{self, Results},
    suite::{
        Given, Suite,
        invariance::{self, invariance},
    },
    verdict::Outcome,
};
use radgauge_engine::{
    io,
    pipeline::prepare,
    settings::{Discretise, Settings},
    volume::{Grid, Volume},
};
use radgauge_reference::datasets::{Library, sha256};

/// The engine with a mistake in it.
struct Mistaken<F>(F);

impl<F: Fn(Question<'_>) -> Answers + Sync> Implementation for Mistaken<F> {
    fn identity(&self) -> Identity {
        Identity {
            name: "engine with a mistake".to_owned(),
            version: String::new(),
        }
    }

    fn answer(&self, question: Question<'_>) -> Result<Answers, Failure> {
        Ok((self.0)(question))
    }
}

fn honest(question: Question<'_>) -> Answers {
    Engine.answer(question).expect("the engine answers")
}

fn run(implementation: &dyn Implementation, suites: &[Suite]) -> Results {
    let library = Library::locate(None);
    let options = Options {
        selection: Vec::new(),
        library: &library,
        requires_data: false,
    };
    certify(implementation, suites, &options, &|_| {})
}

/// The cases with a check that does not pass, and the families of those checks.
fn red(results: &Results) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let wrong = results
        .checks
        .iter()
        .filter(|one| one.outcome != Outcome::Pass);
    wrong
        .map(|check| {
            (
                check.id.split('/').nth(1).unwrap_or_default(),
                check.family(),
            )
        })
        .unzip()
}

/// Runs the suite, compares what is red, shrinks, writes, and runs what was written again.
fn found(
    implementation: &dyn Implementation,
    cases: &[&str],
    families: &[&str],
    most_voxels: usize,
) {
    let suites = [invariance()];
    let results = run(implementation, &suites);
    assert_eq!(
        results.end.exit_code,
        exit::SHORT,
        "a violation falls short"
    );
    let (red_cases, red_families) = red(&results);
    assert_eq!(red_cases, cases.iter().copied().collect(), "cases");
    assert_eq!(red_families, families.iter().copied().collect(), "families");

    let library = Library::locate(None);
    let examples = counterexample::seek(implementation, &suites, &library, &results, &|_| {});
    let folder = tempfile::tempdir().expect("a folder");
    let exemplified: BTreeSet<&str> = (examples.iter())
        .map(|one| one.transformation.slug())
        .collect();
    let transformed = cases.iter().filter(|case| !is_degenerate(case));
    assert_eq!(exemplified, transformed.copied().collect(), "every case");
    for (at, example) in examples.iter().enumerate() {
        let what = example.diagnosis().message;
        assert!(
            example.trials <= TRIALS,
            "{what}: {} trials",
            example.trials
        );
        assert!(example.mask.count() <= most_voxels, "{what}");
        let written = example.write(folder.path(), at).expect("a written example");
        assert!(violates_again(implementation, example, &written), "{what}");
    }
}

fn is_degenerate(case: &str) -> bool {
    ["one-voxel", "flat", "two-level"].contains(&case)
}

/// Whether the files of an example still show the violation.
fn violates_again(
    implementation: &dyn Implementation,
    example: &Counterexample,
    folder: &Path,
) -> bool {
    let (image, mask) = Storage::default().read(folder).expect("image and mask");
    assert!(folder.join("README.md").is_file(), "a README");
    assert!(folder.join("transformed").is_dir(), "the transformed pair");
    let text = std::fs::read_to_string(folder.join("settings.toml")).expect("settings");
    let settings = Settings::from_toml(&text).expect("settings");
    let given = Given {
        image,
        mask,
        hashes: Default::default(),
    };
    let suite = invariance::on(Box::leak(Box::new(given)), &settings)
        .expect("settings without interpolation");
    let results = run(implementation, &[suite]);
    let first = &example.violated[0].id;
    let mut checks = results.checks.iter();
    checks.any(|check| check.id == *first && check.outcome == Outcome::Fail)
}

#[test]
fn the_engine_violates_nothing() {
    let results = run(&Engine, &[invariance()]);
    let wrong: Vec<_> = (results.checks.iter())
        .filter(|check| check.outcome != Outcome::Pass)
        .map(|check| (&check.id, check.actual, &check.expected, &check.reason))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        results.checks.len() > 4000,
        "{} checks",
        results.checks.len()
    );
}

/// A matrix that counts every pair from one side only: the mean level of the first voxels depends on the direction.
#[test]
fn an_asymmetric_cooccurrence_matrix() {
    let implementation = Mistaken(|question: Question<'_>| {
        let mut answers = honest(question);
        let Question {
            image,
            mask,
            settings,
            ..
        } = question;
        let prepared = prepare(image, mask, settings).expect("the engine prepares");
        let levels = prepared.discretise().expect("levels").levels;
        let level = |at: [usize; 3]| levels.voxels().get(at).copied().filter(|level| *level > 0);
        let (mut sum, mut pairs) = (0.0, 0.0);
        for ((x, y, z), first) in levels.voxels().indexed_iter() {
            let neighbours = [[x + 1, y, z], [x, y + 1, z], [x, y, z + 1]];
            let count = neighbours.iter().filter(|at| level(**at).is_some()).count() as f64;
            if *first > 0 {
                sum += count * f64::from(*first);
                pairs += count;
            }
        }
        if pairs > 0.0 {
            answers.insert("glcm/3d_mrg/60VM".to_owned(), Answer::Value(sum / pairs));
        }
        answers
    });
    let cases = [
        "flip-x",
        "flip-y",
        "flip-z",
        "turn-x",
        "turn-y",
        "turn-z",
        "file-orientation",
        "two-level",
    ];
    found(&implementation, &cases, &["glcm"], 3);
}

/// Bins of a fixed width where a fixed number of them was asked for.
#[test]
fn bins_of_absolute_width() {
    let implementation = Mistaken(|question: Question<'_>| {
        let mut settings = question.settings.clone();
        if let Discretise::FixedBinNumber { .. } = settings.discretise {
            settings.discretise = Discretise::FixedBinSize { width: 20.0 };
        }
        honest(Question {
            settings: &settings,
            ..question
        })
    });
    let families = ["ih", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm"];
    found(&implementation, &["affine-intensities"], &families, 4);
}

/// Voxel spacing in the order z, y, x.
#[test]
fn swapped_spacing() {
    let reversed = |grid: &Grid| {
        let [x, y, z] = grid.spacing_mm;
        Grid {
            spacing_mm: [z, y, x],
            ..grid.clone()
        }
    };
    let implementation = Mistaken(move |question: Question<'_>| {
        let grid = reversed(question.image.grid());
        let image = Volume::from_flat(grid.clone(), question.image.as_slice().to_vec());
        let mask = Volume::from_flat(grid, question.mask.as_slice().to_vec());
        honest(Question {
            image: &image,
            mask: &mask,
            ..question
        })
    });
    let suites = [invariance()];
    let results = run(&implementation, &suites);
    let (cases, families) = red(&results);
    for case in ["turn-x", "turn-z", "permute-axes", "file-axes"] {
        assert!(cases.contains(case), "{case} among {cases:?}");
    }
    assert!(
        !cases.contains("flip-x"),
        "a mirror swaps no axes: {cases:?}"
    );
    assert!(
        !cases.contains("turn-y"),
        "nor does a turn about y: {cases:?}"
    );
    assert!(families.contains("morph"), "{families:?}");
    assert!(
        !families.contains("glcm"),
        "levels have no length: {families:?}"
    );
}

/// The label that is asked for is ignored: whatever is not 0 counts.
#[test]
fn an_ignored_label() {
    let implementation = Mistaken(|question: Question<'_>| {
        if question.storage == Storage::default() {
            return honest(question);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let Question {
            image,
            mask,
            storage,
            ..
        } = question;
        storage.write(folder.path(), image, mask).expect("written");
        let [image, mask] = storage.names().map(|name| folder.path().join(name));
        let image = io::read_image(image).expect("an image");
        let labels = io::read_image(mask).expect("a mask is an image");
        let mask = labels.map(|label| *label != 0.0);
        honest(Question {
            image: &image,
            mask: &mask,
            storage: Storage::default(),
            source: None,
            ..question
        })
    });
    let families = [
        "morph", "loc", "stat", "ih", "ivh", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm",
    ];
    found(&implementation, &["file-label"], &families, 3);
}

/// Numbers are read as they stand in the file, without slope and intercept.
#[test]
fn an_ignored_slope() {
    let implementation = Mistaken(|question: Question<'_>| {
        let encoding = question.storage.encoding;
        let image = question
            .image
            .map(|v| encoding.number(*v).expect("a number"));
        honest(Question {
            image: &image,
            storage: Storage::default(),
            source: None,
            ..question
        })
    });
    let families = ["loc", "morph", "stat", "ivh"];
    found(&implementation, &["file-slope"], &families, 6);
}

/// A value with noise, as of sums in the order in which threads finish.
#[test]
fn an_answer_that_does_not_repeat() {
    let asked = AtomicU32::new(0);
    let implementation = Mistaken(|question: Question<'_>| {
        let mut answers = honest(question);
        if let Some(Answer::Value(mean)) = answers.get_mut("stat/-/Q4LE") {
            *mean *= 1.0 + f64::EPSILON * f64::from(asked.fetch_add(1, Ordering::Relaxed) % 4);
        }
        answers
    });
    let results = run(&implementation, &[invariance()]);
    let (cases, families) = red(&results);
    assert!(cases.contains("duplicate"), "{cases:?}");
    assert_eq!(families, BTreeSet::from(["stat"]));
}

/// 0 where there is no value.
#[test]
fn zero_for_undefined() {
    let implementation = Mistaken(|question: Question<'_>| {
        let answers = honest(question).into_iter();
        let zeroed = answers.map(|(key, answer)| match answer {
            Answer::Undefined(_) => (key, Answer::Value(0.0)),
            answer => (key, answer),
        });
        zeroed.collect()
    });
    let results = run(&implementation, &[invariance()]);
    let (cases, _) = red(&results);
    assert_eq!(cases, BTreeSet::from(["flat", "one-voxel"]));
}

/// The variance of a sample where that of the population is asked for: what one voxel more does to it tells.
#[test]
fn a_variance_of_the_sample() {
    let implementation = Mistaken(|question: Question<'_>| {
        let n = question.mask.count() as f64;
        let mut answers = honest(question);
        if let Some(Answer::Value(variance)) = answers.get_mut("stat/-/ECT3")
            && n > 1.0
        {
            *variance *= n / (n - 1.0);
        }
        answers
    });
    let cases = ["grow-mask", "two-level"];
    found(&implementation, &cases, &["stat"], 3);
}

/// Features of the whole image where the region is asked for: padding and cutting tell.
#[test]
fn a_region_that_is_not_looked_at() {
    let implementation = Mistaken(|question: Question<'_>| {
        let mut answers = honest(question);
        let voxels = question.image.as_slice();
        let mean = voxels.iter().sum::<f64>() / voxels.len() as f64;
        answers.insert("stat/-/Q4LE".to_owned(), Answer::Value(mean));
        answers
    });
    let cases = [
        "pad",
        "crop",
        "translate",
        "grow-mask",
        "one-voxel",
        "flat",
        "two-level",
    ];
    found(&implementation, &cases, &["stat"], 2);
}

/// The command writes examples for an image of one's own, and says what it does not check.
#[test]
fn the_command_checks_any_image() {
    let folder = tempfile::tempdir().expect("a folder");
    let (image, mask) = radgauge_phantoms::ibsi1::digital_phantom();
    let storage = Storage::default();
    storage
        .write(folder.path(), &image, &mask)
        .expect("written");
    let command = |arguments: &[&str]| {
        let mut radgauge = std::process::Command::new(env!("CARGO_BIN_EXE_radgauge"));
        let output = radgauge
            .current_dir(folder.path())
            .args(["invariance", "--image", "image.nii", "--mask", "mask.nii"])
            .args(arguments)
            .output()
            .expect("the program starts");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        (output.status.code(), text)
    };
    let (code, text) = command(&["--out", "results.jsonl"]);
    assert_eq!(code, Some(0), "{text}");
    let document = std::fs::read_to_string(folder.path().join("results.jsonl")).expect("written");
    let results = results::read(&document).expect("a result document");
    let digest = |file: &str| sha256(&folder.path().join(file)).expect("it is there");
    let digests = [
        ("image".to_owned(), digest("image.nii")),
        ("mask".to_owned(), digest("mask.nii")),
    ];
    assert_eq!(
        results.cases[0].inputs,
        digests.into(),
        "which image it was, without its name"
    );
    let (code, text) = command(&["--list"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("its sphere reaches beyond the image"),
        "{text}"
    );

    let settings = "[interpolate]\nspacing_mm = [1, 1, 1]\nimage = 'linear'\n";
    std::fs::write(folder.path().join("s.toml"), settings).expect("written");
    let (code, text) = command(&["--settings", "s.toml"]);
    assert_eq!(
        code,
        Some(2),
        "nothing is promised under interpolation: {text}"
    );

    // The shell skeleton computes the mean of what it reads; this one counts the region's voxels by any label.
    let adapter = r#"sh -c 'while read -r l; do i=$(printf %s "$l" | sed "s/.*\"id\":\([0-9]*\).*/\1/"); case $l in *hello*) echo "{\"kind\":\"hello\",\"id\":$i,\"implementation\":{\"name\":\"t\",\"version\":\"1\"},\"adapter\":{\"name\":\"t\",\"version\":\"1\"},\"capabilities\":{\"families\":[\"stat\"],\"aggregations\":[],\"discretisation\":[],\"interpolation\":[],\"filters\":[],\"response_maps\":false},\"deterministic\":true}";; *case*) n=$(od -An -v -tu1 -j352 in/mask.nii | tr -s " " "\n" | grep -c "[1-9]"); echo "{\"kind\":\"result\",\"id\":$i,\"values\":[{\"key\":\"stat/-/Q4LE\",\"value\":$n}]}";; *) exit 0;; esac; done'"#;
    let select = "invariance/file-label/stat/-/Q4LE";
    let (code, text) = command(&[
        "--adapter",
        adapter,
        "--select",
        select,
        "--examples",
        "examples",
    ]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("smallest example found"), "{text}");
    let example = folder.path().join("examples/file-label");
    for name in ["image.nii", "mask.nii", "settings.toml", "README.md"] {
        assert!(example.join(name).is_file(), "{name}");
    }
    let labels = io::read_image(example.join("transformed/mask.nii")).expect("labels");
    assert!(labels.as_slice().contains(&3.0), "the region has label 3");
    assert!(labels.as_slice().contains(&1.0), "beside another region");
}
