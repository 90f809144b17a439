//! The shipped adapters, with the programs that they connect, over `ibsi1/digital`, `ibsi1/ct_c` and the response maps of
//! phase 1 of IBSI 2, and with files of other forms. Listed as ignored where their environments
//! (`harness/adapters/make_environments.sh`) or the phantoms are not there.

mod common;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use common::{radgauge, run};
use libtest_mimic::{Arguments, Failed, Trial};
use radgauge::{
    implementation::Submission,
    results::{self, Check, Results},
    verdict::Outcome,
};
use radgauge_reference::datasets::Library;

/// Where the environments are looked for; otherwise in `target/adapters`.
const ENVIRONMENTS: &str = "RADGAUGE_ADAPTER_ENVIRONMENTS";

/// An adapter, its option, its expectations, and what is known of it by an independent measurement: values that pass
/// and values that it gives, in `ibsi1/digital` and in the features of `ibsi1/ct_c`.
struct Shipped {
    name: &'static str,
    program: &'static str,
    option: &'static str,
    expectations: &'static str,
    digital: [usize; 2],
    ct_c: [usize; 2],
    /// Response maps of phase 1 of IBSI 2 that pass, and that are asked for; 0 when filters are not connected.
    maps: [usize; 2],
    /// Values that stay in each form of file.
    stay: usize,
    /// Values that stay, that do not, and that are not given when the image is a DICOM series.
    series: [usize; 3],
}

/// Forms of file that must not matter, bit for bit.
const FORMS: [&str; 4] = ["int16", "slope", "gzip", "label"];

const SHIPPED: [Shipped; 3] = [
    Shipped {
        name: "mirp",
        program: "mirp",
        option: "",
        expectations: "radgauge.expect.toml",
        digital: [482, 482],
        // Moran's I is approximated.
        ct_c: [209, 210],
        // It does not continue an image before a Simoncelli wavelet.
        maps: [32, 33],
        stay: 210,
        // It swaps the distances of rows and columns.
        series: [13, 197, 0],
    },
    Shipped {
        name: "pyradiomics_as_the_tool_does",
        program: "pyradiomics",
        option: "--as-the-tool-does",
        expectations: "as-the-tool-does.expect.toml",
        // In 2.5D and in 3D; two axis lengths are wrong, kurtosis is another definition.
        digital: [254, 256],
        ct_c: [33, 143],
        maps: [0, 0],
        stay: 143,
        series: [0, 0, 210],
    },
    Shipped {
        name: "pyradiomics",
        program: "pyradiomics",
        option: "",
        expectations: "radgauge.expect.toml",
        digital: [254, 256],
        // It cannot resample as configuration C asks, and does not pretend.
        ct_c: [0, 0],
        maps: [0, 0],
        stay: 143,
        series: [0, 0, 210],
    },
];

const OPEN_RANGE: &str = "
[resegment]
range = [0.0, inf]
[discretise]
method = \"fixed-bin-number\"
bins = 8
";

fn main() -> ExitCode {
    let environments = env::var_os(ENVIRONMENTS).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/adapters"),
        PathBuf::from,
    );
    let library = Library::locate(None);
    let has_data = [
        "ibsi1/ct_phantom/nifti/image.nii.gz",
        "ibsi2/response_maps/1.a.1.nii.gz",
    ]
    .iter()
    .all(|file| library.find(file).is_ok());
    let trials = SHIPPED
        .iter()
        .flat_map(|shipped| {
            let python = environments.join(shipped.program).join("bin/python");
            let is_there = python.exists();
            let files = {
                let python = python.clone();
                let name = format!("{}_reads_every_form_of_file", shipped.name);
                Trial::test(name, move || shipped.check_files(&python)).with_ignored_flag(!is_there)
            };
            let range = {
                let python = python.clone();
                let name = format!("{}_answers_an_open_range", shipped.name);
                Trial::test(name, move || shipped.check_range(&python)).with_ignored_flag(!is_there)
            };
            let values = Trial::test(shipped.name, move || shipped.check(&python))
                .with_ignored_flag(!(has_data && is_there));
            [values, files, range]
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

impl Shipped {
    fn sources(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("harness/adapters")
            .join(self.program)
    }

    fn command(&self, python: &Path) -> String {
        let adapter = self.sources().join("adapter.py");
        format!(
            "'{}' '{}' {}",
            python.display(),
            adapter.display(),
            self.option
        )
    }

    /// Whole numbers, slope and intercept, compression and another label change no bit of any value.
    fn check_files(&self, python: &Path) -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let document = folder.path().join("results.jsonl");
        let mut invariance = radgauge();
        invariance.args(["invariance", "--adapter", &self.command(python), "--out"]);
        invariance.arg(&document);
        invariance.args(["--select", "invariance/file-dicom/*"]);
        for form in FORMS {
            invariance.args(["--select", &format!("invariance/file-{form}/*")]);
        }
        let (_, out, err) = run(&mut invariance);
        let results = results::read(&fs::read_to_string(&document)?)?;
        let of = |case: &str| {
            let of_case = |check: &&Check| check.case_id() == case;
            let checks: Vec<&Check> = results.checks.iter().filter(of_case).collect();
            [Outcome::Pass, Outcome::Fail, Outcome::Unsupported]
                .map(|outcome| checks.iter().filter(|one| one.outcome == outcome).count())
        };
        let asked = results.end.totals.selected / (FORMS.len() + 1);
        for (form, known) in FORMS
            .map(|form| (form, [self.stay, 0, asked - self.stay]))
            .into_iter()
            .chain([("dicom", self.series)])
        {
            let found = of(&format!("invariance/file-{form}"));
            if found != known {
                return Err(Failed::from(format!(
                    "{form}: passed, failed and unsupported {found:?}, known are {known:?}\n{out}{err}"
                )));
            }
        }
        Ok(())
    }

    /// A range without an upper end is settings with a number that JSON has not.
    fn check_range(&self, python: &Path) -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        let phantom = ["phantom", "make", "ibsi1-digital", "--out"];
        let (code, _, err) = run(radgauge().args(phantom).arg(folder.path()));
        assert_eq!(code, 0, "{err}");
        fs::write(path("settings.toml"), OPEN_RANGE)?;
        let mut invariance = radgauge();
        invariance.args(["invariance", "--adapter", &self.command(python)]);
        for (option, file) in [
            ("--image", "ibsi1-digital-image.nii.gz"),
            ("--mask", "ibsi1-digital-mask.nii.gz"),
            ("--settings", "settings.toml"),
            ("--out", "results.jsonl"),
        ] {
            invariance.arg(option).arg(path(file));
        }
        let (_, out, err) = run(invariance.args(["--select", "invariance/duplicate/stat/*"]));
        let results = results::read(&fs::read_to_string(path("results.jsonl"))?)?;
        let used = &results.cases[0].settings_used;
        if results.end.totals.of(Outcome::Pass) == 0 || used.is_none() {
            return Err(Failed::from(format!("no value, {used:?}\n{out}{err}")));
        }
        Ok(())
    }

    fn check(&self, python: &Path) -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let document = folder.path().join("results.jsonl");
        let sources = self.sources();
        let adapter = self.command(python);
        let mut certify = radgauge();
        if let Some(data) = env::var_os("RADGAUGE_DATA") {
            certify.env("RADGAUGE_DATA", data);
        }
        certify
            .args([
                "certify",
                "--require-data",
                "--adapter",
                &adapter,
                "--expect",
            ])
            .arg(sources.join(self.expectations))
            .args([
                "--select",
                "ibsi1/digital/*",
                "--select",
                "ibsi1/ct_c/*",
                "--out",
            ])
            .arg(&document);
        if self.maps != [0; 2] {
            certify.args(["--select", "ibsi2/phase1-*"]);
        }
        let (code, out, err) = run(&mut certify);
        let results = results::read(&fs::read_to_string(&document)?)?;
        let maps = results.checks.iter().filter(|one| one.family() == "map");
        let passed = maps.clone().filter(|one| one.outcome == Outcome::Pass);
        let found = [
            of(&results, "ibsi1/digital"),
            of(&results, "ibsi1/ct_c"),
            [passed.count(), maps.count()],
        ];
        let known = [self.digital, self.ct_c, self.maps];
        if found != known || code != 0 {
            return Err(Failed::from(format!(
                "exit code {code}, passed and given {found:?}, known are {known:?}\n{out}{err}"
            )));
        }
        let Some(Submission::Adapter(stamp)) = results.run.submission else {
            return Err(Failed::from(
                "the results do not say that an adapter was used",
            ));
        };
        assert!(stamp.deterministic, "the phantom was asked twice");
        Ok(())
    }
}

/// How many features of a case pass, and of how many there is a value.
fn of(results: &Results, case: &str) -> [usize; 2] {
    let checks = || {
        let of_case = |check: &&Check| check.case_id() == case && check.family() != "diag";
        results.checks.iter().filter(of_case)
    };
    [
        checks()
            .filter(|check| check.outcome == Outcome::Pass)
            .count(),
        checks().filter(|check| check.actual.is_some()).count(),
    ]
}
