//! Reports in the programs that read them: the HTML page in Chromium, JUnit XML in xmllint. Trials whose program is
//! not in the path are listed as ignored.
//!
//! A page cannot be clicked from outside without a driver. The trials add a script of their own to a copy of the page
//! without its content security policy; the script clicks, types and looks, and leaves what it found in an element
//! that `--dump-dom` shows. Without the policy, whatever the page would load is loaded, and found out.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/study.rs"]
mod study;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Output},
};

use libtest_mimic::{Arguments, Failed, Trial};
use radgauge::{
    certify::{Options, certify, exit},
    implementation::Engine,
    report::{html, junit},
    results::{self, Record, Results, Totals, Writer},
    statement,
    suite::{Suite, ibsi1, ibsi2},
    verdict::{Outcome, judge},
};
use radgauge_reference::datasets::Library;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let browser = find(&[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]);
    let in_browser = |name: &str, run: fn(&Browser) -> Result<(), Failed>| {
        let is_missing = browser.is_none();
        let browser = browser.clone();
        let trial = Trial::test(name, move || {
            run(&Browser {
                program: browser.ok_or("there is no Chromium in the path")?,
                folder: tempfile::tempdir()?,
            })
        });
        trial.with_kind("chromium").with_ignored_flag(is_missing)
    };
    let xmllint = find(&["xmllint"]);
    let trials = vec![
        in_browser("runs_under_its_own_policy", runs_under_its_own_policy),
        in_browser("table_sorts_filters_and_expands", |browser| {
            browser.finds_nothing_wrong(&failing_page(), include_str!("table.js"), "")
        }),
        in_browser("matrix_leads_to_checks", |browser| {
            let fragment = "#checks=ibsi1%2Fdigital%2Fglcm%2F*";
            browser.finds_nothing_wrong(&failing_page(), include_str!("matrix.js"), fragment)
        }),
        in_browser("paper_shows_all_but_the_controls", |browser| {
            let page = failing_page().replace("@media print", "@media all");
            browser.finds_nothing_wrong(&page, include_str!("paper.js"), "")
        }),
        in_browser("prints", prints),
        in_browser(
            "statement_prints_on_one_sheet",
            statement_prints_on_one_sheet,
        ),
        in_browser("reads_without_javascript", reads_without_javascript),
        in_browser("study_filters_sorts_and_opens", |browser| {
            browser.finds_nothing_wrong(&study_page(), include_str!("study.js"), "")
        }),
        in_browser("study_on_paper", |browser| {
            let page = study_page().replace("@media print", "@media all");
            browser.finds_nothing_wrong(&page, include_str!("study_paper.js"), "")
        }),
        in_browser(
            "study_runs_under_its_own_policy",
            study_runs_under_its_own_policy,
        ),
        in_browser("study_prints", |browser| {
            match browser.sheets(&study_page())? {
                0..5 => Err("expected a PDF of some sheets".into()),
                _ => Ok(()),
            }
        }),
        in_browser(
            "study_reads_without_javascript",
            study_reads_without_javascript,
        ),
        in_browser(
            "a_script_that_fails_is_noticed",
            a_script_that_fails_is_noticed,
        ),
        Trial::test("junit_keeps_to_the_schema", {
            let xmllint = xmllint.clone();
            move || junit_keeps_to_the_schema(&xmllint.ok_or("there is no xmllint in the path")?)
        })
        .with_kind("xmllint")
        .with_ignored_flag(xmllint.is_none()),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The first of these programs that is in the path.
fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|program| program.is_file())
}

/// A browser, with a folder for its profile and the pages that it opens.
struct Browser {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Browser {
    /// Opens a page; fails when anything is written to the browser's console.
    fn open(&self, page: &str, fragment: &str, arguments: &[&str]) -> Result<Output, Failed> {
        let file = self.folder.path().join("report.html");
        fs::write(&file, page)?;
        let output = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--enable-logging=stderr",
                "--virtual-time-budget=10000",
            ])
            .arg(format!(
                "--user-data-dir={}",
                self.folder.path().join("profile").display()
            ))
            .args(arguments)
            .arg(format!("file://{}{fragment}", file.display()))
            .output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        match errors.lines().find(|line| line.contains("CONSOLE")) {
            Some(line) => Err(format!("the console is not empty: {line}").into()),
            None => Ok(output),
        }
    }

    /// Prints a page; gives the number of sheets.
    fn sheets(&self, page: &str) -> Result<usize, Failed> {
        let file = self.folder.path().join("report.pdf");
        let argument = format!("--print-to-pdf={}", file.display());
        self.open(page, "", &[&argument])?;
        let pdf = fs::read(&file)?;
        if !pdf.starts_with(b"%PDF") {
            return Err("expected a PDF".into());
        }
        let is_sheet = |bytes: &&[u8]| bytes.starts_with(b"/Type /Page\n");
        Ok(pdf.windows(12).filter(is_sheet).count())
    }

    /// The document as it is after the page's scripts have run.
    fn document(&self, page: &str, fragment: &str) -> Result<String, Failed> {
        Ok(String::from_utf8(
            self.open(page, fragment, &["--dump-dom"])?.stdout,
        )?)
    }

    /// Runs a script in a copy of the page and fails with what it found wrong.
    fn finds_nothing_wrong(&self, page: &str, script: &str, fragment: &str) -> Result<(), Failed> {
        let without_policy: String = page
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("<meta http-equiv=\"Content-Security-Policy\""))
            .collect();
        let checks = include_str!("checks.js").replace("/* what is checked */", script);
        let page =
            without_policy.replace("</body>", &format!("<script>{checks}</script>\n</body>"));
        let document = self.document(&page, fragment)?;
        let found = document
            .split_once("<pre id=\"found\">")
            .and_then(|(_, rest)| rest.split_once("</pre>"))
            .ok_or("the script did not come to its end")?
            .0;
        if found == "nothing wrong" {
            Ok(())
        } else {
            Err(found.to_owned().into())
        }
    }
}

/// The digital phantom's results with faults planted: the natural logarithm in one entropy, half of one family
/// doubled, a feature left out.
fn failing() -> Results {
    let library = Library::locate(Some(Path::new("no such folder")));
    let options = Options {
        selection: Vec::new(),
        library: &library,
        requires_data: false,
    };
    let results = certify(&Engine, &[ibsi1(), ibsi2()], &options, &|_| {});
    let mut totals = Totals {
        required: results.end.totals.required,
        ..Totals::default()
    };
    let mut writer = Writer::default();
    writer.push(&Record::Run(results.run));
    for case in results.cases {
        let id = case.id.clone();
        writer.push(&Record::Case(case));
        for mut check in results
            .checks
            .iter()
            .filter(|check| check.case_id() == id)
            .cloned()
        {
            let factor = match check.family() {
                "glcm" if check.id.ends_with("3d_avg/TU9B") => std::f64::consts::LN_2,
                "ngtdm" if check.id.contains("/3d/") => 2.0,
                _ => 1.0,
            };
            if let Some(actual) = check.actual.map(|actual| actual * factor) {
                let (passes, deviation) =
                    judge(check.rule, &check.expected, actual).expect("the reference is a number");
                check.outcome = if passes { Outcome::Pass } else { Outcome::Fail };
                check.actual = Some(actual);
                check.deviation = Some(deviation);
            }
            if check.id == "ibsi1/digital/ih/-/WR0O" {
                check.outcome = Outcome::Missing;
                check.actual = None;
                check.deviation = None;
            }
            totals.count(check.outcome);
            writer.push(&Record::Check(check));
        }
    }
    let text = String::from_utf8(writer.finish(true, totals, exit::SHORT)).expect("JSON is UTF-8");
    results::read(&text).expect("the document is whole")
}

fn failing_page() -> String {
    html::render(&failing())
}

/// The page as it is delivered: its script runs, and nothing that the policy forbids is tried, which the console
/// would show.
fn runs_under_its_own_policy(browser: &Browser) -> Result<(), Failed> {
    let document = browser.document(&failing_page(), "")?;
    let rows = document.matches("aria-label=\"details of ").count();
    if rows != 100 {
        return Err(format!("expected a page of 100 rows, found {rows}").into());
    }
    Ok(())
}

fn study_page() -> String {
    radgauge::study::report::html::render(&study::large())
}

/// The page of a study as it is delivered: its script runs, and the console stays empty. A small study, too.
fn study_runs_under_its_own_policy(browser: &Browser) -> Result<(), Failed> {
    for outcome in [study::large(), study::small()] {
        let page = radgauge::study::report::html::render(&outcome);
        let document = browser.document(&page, "")?;
        let buttons = document.matches("aria-label=\"details of ").count();
        let features = outcome.study.features.len();
        if buttons != features {
            return Err(format!("expected {features} features to open, found {buttons}").into());
        }
    }
    Ok(())
}

/// Without its script the page of a study has all of its tables, and no control that does nothing.
fn study_reads_without_javascript(browser: &Browser) -> Result<(), Failed> {
    let page = study_page();
    let (before, _) = page
        .rsplit_once("<script>")
        .ok_or("the script is the last")?;
    let document = browser.document(&format!("{before}</body></html>"), "")?;
    for text in [
        "features can be trusted under settings",
        "id=\"heat\"",
        "<table class=\"trusted\">",
        "Plots of single features need JavaScript",
    ] {
        if !document.contains(text) {
            return Err(format!("`{text}` is not in the page").into());
        }
    }
    let forms = document.matches("<form").count();
    let hidden = document
        .matches("<form class=\"filters interactive\" hidden")
        .count();
    if forms != hidden {
        return Err(format!("{forms} forms, of which {hidden} are hidden").into());
    }
    Ok(())
}

/// Printed, the page has several sheets.
fn prints(browser: &Browser) -> Result<(), Failed> {
    match browser.sheets(&failing_page())? {
        0..3 => Err("expected a PDF of some sheets".into()),
        _ => Ok(()),
    }
}

/// Whatever was found: nothing that falls short, or more than the page lists.
fn statement_prints_on_one_sheet(browser: &Browser) -> Result<(), Failed> {
    let suites = Suite::all();
    let mut results = common::results::perfect(&suites);
    for falling_short in [0, 100] {
        for check in results.checks.iter_mut().take(falling_short) {
            common::results::without_value(check, Outcome::Unsupported);
        }
        let results = common::results::sealed(results.clone());
        let folder = browser.folder.path().join("statement");
        statement::write(&folder, &results, &suites)?;
        let page = fs::read_to_string(folder.join(statement::PAGE_FILE))?;
        let sheets = browser.sheets(&page)?;
        if sheets != 1 {
            return Err(format!(
                "expected 1 sheet, found {sheets} with {falling_short} checks that fall short"
            )
            .into());
        }
    }
    Ok(())
}

/// Without its script the page still has headline, matrix and failing checks; the table says what it needs.
fn reads_without_javascript(browser: &Browser) -> Result<(), Failed> {
    let page = failing_page();
    let (before, _) = page
        .rsplit_once("<script>")
        .ok_or("the script is the last")?;
    let document = browser.document(&format!("{before}</body></html>"), "")?;
    for text in [
        "falls short",
        "<table class=\"matrix\">",
        "id=\"check-ibsi1/digital/glcm/3d_avg/TU9B\"",
        "<div class=\"interactive\" hidden",
        "The table of all checks needs JavaScript",
    ] {
        if !document.contains(text) {
            return Err(format!("`{text}` is not in the page").into());
        }
    }
    Ok(())
}

/// The trials would notice: an error on the console, a script that does not end, a resource that is loaded.
fn a_script_that_fails_is_noticed(browser: &Browser) -> Result<(), Failed> {
    let page = failing_page();
    for fault in [
        "throw new Error('planted')",
        "same('planted', 1, 2)",
        "await new Promise((done) => { const image = new Image(); image.onerror = done; image.src = 'http://127.0.0.1:65001/absent.png'; })",
    ] {
        if browser.finds_nothing_wrong(&page, fault, "").is_ok() {
            return Err(format!("`{fault}` went unnoticed").into());
        }
    }
    Ok(())
}

/// With a reason that no XML may hold.
fn junit_keeps_to_the_schema(xmllint: &Path) -> Result<(), Failed> {
    let mut results = failing();
    for check in results
        .checks
        .iter_mut()
        .filter(|check| check.outcome == Outcome::Missing)
    {
        check.reason = Some("\u{0}\u{1b}<&\u{ffff}]]>".to_owned());
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("junit.xml");
    fs::write(&file, junit::render(&results))?;
    let output = Command::new(xmllint)
        .args(["--noout", "--nonet", "--schema"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report_readers/junit.xsd"))
        .arg(&file)
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
