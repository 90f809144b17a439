//! The shipped adapters, with the programs that they connect, over `ibsi1/digital` and `ibsi1/ct_c`, and with files of other
//! forms. Listed as ignored
//! where their environments (`harness/adapters/make_environments.sh`) or the CT phantom are not there.

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
    /// Values that stay in each form of file.
    stay: usize,
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
        stay: 210,
    },
    Shipped {
        name: "pyradiomics_as_the_tool_does",
        program: "pyradiomics",
        option: "--as-the-tool-does",
        expectations: "as-the-tool-does.expect.toml",
        // In 2.5D and in 3D; two axis lengths are wrong, kurtosis is another definition.
        digital: [254, 256],
        ct_c: [33, 143],
        stay: 143,
    },
    Shipped {
        name: "pyradiomics",
        program: "pyradiomics",
        option: "",
        expectations: "radgauge.expect.toml",
        digital: [254, 256],
        // It cannot resample as configuration C asks, and does not pretend.
        ct_c: [0, 0],
        stay: 143,
    },
];

fn main() -> ExitCode {
    let environments = env::var_os(ENVIRONMENTS).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/adapters"),
        PathBuf::from,
    );
    let has_data = Library::locate(None)
        .find("ibsi1/ct_phantom/nifti/image.nii.gz")
        .is_ok();
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
            let values = Trial::test(shipped.name, move || shipped.check(&python))
                .with_ignored_flag(!(has_data && is_there));
            [values, files]
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
        for form in FORMS {
            invariance.args(["--select", &format!("invariance/file-{form}/*")]);
        }
        let (_, out, err) = run(&mut invariance);
        let results = results::read(&fs::read_to_string(&document)?)?;
        let totals = &results.end.totals;
        let found = [Outcome::Pass, Outcome::Unsupported].map(|outcome| totals.of(outcome));
        let of = |values: usize| values * FORMS.len();
        let known = [of(self.stay), totals.selected - of(self.stay)];
        if found != known {
            let message =
                format!("passed and unsupported {found:?}, known are {known:?}\n{out}{err}");
            return Err(Failed::from(message));
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
        let (code, out, err) = run(&mut certify);
        let results = results::read(&fs::read_to_string(&document)?)?;
        let found = [of(&results, "ibsi1/digital"), of(&results, "ibsi1/ct_c")];
        if found != [self.digital, self.ct_c] || code != 0 {
            return Err(Failed::from(format!(
                "exit code {code}, passed and given {found:?}, known are {:?}\n{out}{err}",
                [self.digital, self.ct_c]
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
