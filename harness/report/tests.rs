//! Documents to render, and what every report must keep to.

use std::collections::BTreeMap;

use radgauge_engine::settings::Settings;

use super::{badge::Badge, csv, ctrf, html, junit, markdown, terminal};
use crate::{
    implementation::{Identity, Submission, values::ValuesStamp},
    results::{
        self, Case, Check, Diagnosis, Evidence, Record, Results, Run, SCHEMA, SuiteStamp, Suspect,
        Tier, Totals, Writer,
    },
    verdict::{Expected, Outcome, Rule, judge},
};

/// Markup, terminators of every format that is written, characters that XML cannot hold, and a right-to-left override.
pub(crate) const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`]]>--><!-- &lt; \
    {{ 7*7 }} | `x` [a](http://b) @all \u{0}\u{1b}[31m\u{8}\u{202e}\u{fffe}\u{2028}\r\n\tend";

/// A document to be made: its lines are written and read back as any document's.
pub(crate) struct Document {
    run: Run,
    records: Vec<Record>,
    totals: Totals,
}

impl Document {
    pub(crate) fn new(suite: &str, checks: usize, profiles: &[(&str, usize)]) -> Self {
        let identity = |name: &str, version: &str| Identity {
            name: name.to_owned(),
            version: version.to_owned(),
        };
        Self {
            run: Run {
                schema: SCHEMA.to_owned(),
                harness: identity("radgauge", "1.2.3"),
                implementation: identity("somebody's tool", "4.5"),
                suites: vec![SuiteStamp {
                    name: suite.to_owned(),
                    edition: 7,
                    sha256: "ab".repeat(32),
                    checks,
                    profiles: profiles
                        .iter()
                        .map(|(name, count)| ((*name).to_owned(), *count))
                        .collect(),
                }],
                selection: Vec::new(),
                submission: None,
                expectations: None,
                rules: vec![Rule::IbsiSignificantDigits, Rule::Relative],
            },
            records: Vec::new(),
            totals: Totals {
                required: checks,
                ..Totals::default()
            },
        }
    }

    pub(crate) fn case(&mut self, id: &str, skipped: Option<&str>) -> &mut Self {
        self.records.push(Record::Case(Case {
            id: id.to_owned(),
            title: format!("the case {id}"),
            selected: 0,
            settings: Settings::default().to_toml(),
            inputs: BTreeMap::from([("scan.nii.gz".to_owned(), "cd".repeat(32))]),
            skipped: skipped.map(str::to_owned),
            settings_used: None,
            log: None,
        }));
        self
    }

    pub(crate) fn check(&mut self, check: Check) -> &mut Self {
        self.totals.count(check.outcome);
        self.records.push(Record::Check(check));
        self
    }

    pub(crate) fn write(&self, exit_code: u8) -> Results {
        let mut writer = Writer::default();
        writer.push(&Record::Run(self.run.clone()));
        for record in &self.records {
            writer.push(record);
        }
        let bytes = writer.finish(true, self.totals.clone(), exit_code);
        let text = String::from_utf8(bytes).expect("JSON is UTF-8");
        results::read(&text).expect("the document is whole")
    }
}

/// A check of the reference 2.05 without tolerance, with this value under test.
pub(crate) fn valued(id: &str, actual: f64) -> Check {
    let expected = Expected {
        value: "2.05".to_owned(),
        tolerance: "0".to_owned(),
        digits: Some(3),
    };
    let (passes, deviation) =
        judge(Rule::IbsiSignificantDigits, &expected, actual).expect("the reference is a number");
    Check {
        id: id.to_owned(),
        tier: Tier::Consensus,
        profiles: vec!["basic".to_owned(), "full".to_owned()],
        name: "Joint entropy".to_owned(),
        unit: "bit".to_owned(),
        rule: Rule::IbsiSignificantDigits,
        expected,
        consensus: Some("very strong".to_owned()),
        source: "a manual".to_owned(),
        note: None,
        outcome: if passes { Outcome::Pass } else { Outcome::Fail },
        actual: Some(actual),
        deviation: Some(deviation),
        map: None,
        reason: None,
        verdict: None,
    }
}

fn without_value(id: &str, outcome: Outcome, reason: &str) -> Check {
    Check {
        outcome,
        actual: None,
        deviation: None,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        profiles: vec!["full".to_owned()],
        consensus: Some("weak".to_owned()),
        ..valued(id, 0.0)
    }
}

/// A document with every kind of outcome, in three cases.
pub(crate) fn small() -> Results {
    let mut document = Document::new("demo", 12, &[("basic", 4), ("full", 10)]);
    document
        .case("demo/phantom", None)
        .check(valued("demo/phantom/glcm/3d_avg/TU9B", 2.0476))
        .check(valued("demo/phantom/glcm/3d_mrg/TU9B", 2.0449))
        .check(Check {
            note: Some("contested: 2.05 (a manual); 3.05 (another)".to_owned()),
            ..valued("demo/phantom/stat/-/84IY", 17.0)
        })
        .check(without_value(
            "demo/phantom/stat/-/8CE5",
            Outcome::Undefined,
            "a flat region",
        ))
        .check(without_value(
            "demo/phantom/stat/-/GPMT",
            Outcome::Missing,
            "",
        ))
        .check(without_value(
            "demo/phantom/ih/-/WR0O",
            Outcome::Unsupported,
            "no histogram",
        ))
        .check(without_value(
            "demo/phantom/ih/-/X6K6",
            Outcome::Error,
            "expected a finite number, found `NaN`",
        ));
    document
        .case("demo/scan", None)
        .check(Check {
            name: "img_dim_x (initial)".to_owned(),
            unit: String::new(),
            profiles: Vec::new(),
            ..valued("demo/scan/diag/initial/img_dim_x", 2.05)
        })
        .check(Check {
            name: "img_dim_x (interpolated)".to_owned(),
            unit: String::new(),
            profiles: Vec::new(),
            ..valued("demo/scan/diag/interpolated/img_dim_x", 3.0)
        })
        .check(valued("demo/scan/morph/-/RNU0", -1.0))
        .check(without_value(
            "demo/scan/morph/-/C0JK",
            Outcome::Crash,
            "signal 11",
        ));
    document
        .case(
            "demo/other",
            Some("data set `x` is not there; get it with\nradgauge data fetch x"),
        )
        .check(without_value("demo/other/loc/-/VJGA", Outcome::Skipped, ""));
    document.records.push(Record::Diagnosis(Diagnosis {
        case: "demo/phantom".to_owned(),
        message: "the natural logarithm was taken".to_owned(),
        explains: vec!["demo/phantom/glcm/3d_mrg/TU9B".to_owned()],
        stage: Some("formula".to_owned()),
        evidence: Some(Evidence {
            deviations: vec![Suspect {
                id: "logarithm-natural".to_owned(),
                what: "natural logarithm in entropies".to_owned(),
                or: Vec::new(),
            }],
            reproduced: 1,
            failing: 1,
            digits: 3.0,
        }),
    }));
    document.write(1)
}

/// A document in which every text is hostile.
pub(crate) fn hostile() -> Results {
    let mut document = Document::new(HOSTILE, 3, &[(HOSTILE, 1)]);
    document.run.harness.name = HOSTILE.to_owned();
    document.run.implementation.version = HOSTILE.to_owned();
    document.run.implementation.name = HOSTILE.to_owned();
    document.run.selection = vec![HOSTILE.to_owned()];
    document.run.submission = Some(Submission::Values(ValuesStamp {
        sha256: HOSTILE.to_owned(),
        matched: 1,
        dialect: Some(HOSTILE.to_owned()),
        assumption: Some(HOSTILE.to_owned()),
        converted: BTreeMap::from([(HOSTILE.to_owned(), HOSTILE.to_owned())]),
        unmatched: 0,
        unmatched_shown: Vec::new(),
    }));
    document.run.suites[0].sha256 = HOSTILE.to_owned();
    let id = |last: &str| format!("{HOSTILE}/{HOSTILE}/{HOSTILE}/{HOSTILE}/{last}");
    document.case(&format!("{HOSTILE}/{HOSTILE}"), Some(HOSTILE));
    if let Some(Record::Case(case)) = document.records.last_mut() {
        case.title = HOSTILE.to_owned();
        case.settings = HOSTILE.to_owned();
        case.log = Some(HOSTILE.to_owned());
        case.inputs = BTreeMap::from([(HOSTILE.to_owned(), HOSTILE.to_owned())]);
    }
    for (last, check) in [
        ("a", without_value("", Outcome::Fail, HOSTILE)),
        ("b", valued("", 2.05)),
        ("c", without_value("", Outcome::Crash, HOSTILE)),
        ("d", without_value("", Outcome::Skipped, HOSTILE)),
    ] {
        document.check(Check {
            id: id(&format!("{last}{HOSTILE}")),
            profiles: vec![HOSTILE.to_owned()],
            name: HOSTILE.to_owned(),
            unit: HOSTILE.to_owned(),
            expected: Expected {
                value: HOSTILE.to_owned(),
                tolerance: HOSTILE.to_owned(),
                digits: Some(3),
            },
            consensus: Some(HOSTILE.to_owned()),
            source: HOSTILE.to_owned(),
            note: Some(HOSTILE.to_owned()),
            ..check
        });
    }
    document.check(Check {
        id: format!("x/y/diag/initial/{HOSTILE}"),
        ..valued("", 1.0)
    });
    document.records.push(Record::Diagnosis(Diagnosis {
        case: HOSTILE.to_owned(),
        message: HOSTILE.to_owned(),
        explains: vec![id(&format!("a{HOSTILE}"))],
        stage: Some(HOSTILE.to_owned()),
        evidence: Some(Evidence {
            deviations: vec![Suspect {
                id: HOSTILE.to_owned(),
                what: HOSTILE.to_owned(),
                or: vec![HOSTILE.to_owned()],
            }],
            reproduced: 1,
            failing: 1,
            digits: 3.0,
        }),
    }));
    document.write(1)
}

/// A document with so many checks, every fiftieth of which fails.
pub(crate) fn large(checks: usize) -> Results {
    let mut document = Document::new("large", checks, &[("full", checks)]);
    const PER_CASE: usize = 500;
    // A few values, each judged once: judging in exact arithmetic takes its time.
    let passing = [2.046, 2.0476, 2.05, 2.0523].map(|actual| valued("", actual));
    let failing = valued("", 2.2);
    for number in 0..checks {
        let case = format!("large/case_{}", number / PER_CASE);
        if number % PER_CASE == 0 {
            document.case(&case, None);
        }
        let family = ["glcm", "glrlm", "stat", "ih"][number % 4];
        let check = if number % 50 == 49 {
            &failing
        } else {
            &passing[number / 4 % 4]
        };
        document.check(Check {
            id: format!("{case}/{family}/3d_avg/TU9B:{number}"),
            ..check.clone()
        });
    }
    document.write(1)
}

#[test]
fn terminal_summary() {
    insta::assert_snapshot!(terminal::render(&small()));
}

#[test]
fn markdown_summary() {
    insta::assert_snapshot!(markdown::render(&small()));
}

#[test]
fn junit_report() {
    insta::assert_snapshot!(junit::render(&small()));
}

#[test]
fn ctrf_report() {
    let value: serde_json::Value = serde_json::from_str(&ctrf::render(&small())).expect("JSON");
    insta::assert_json_snapshot!(value);
}

#[test]
fn html_report() {
    let page = html::render(&small());
    // Style and script are files of their own; the policy is made from the script.
    let (head, rest) = page.split_once("<body>").expect("a body");
    assert!(
        head.contains("script-src &#39;sha256-"),
        "the policy names the script's hash"
    );
    let (body, _) = rest
        .split_once("\n<script>")
        .expect("the script comes last");
    insta::assert_snapshot!(body);
}

/// Where to look depends on what else is wrong in the case.
#[test]
fn failing_checks_say_where_to_look() {
    let page = |stages: &[(&str, f64)]| {
        let mut document = Document::new("demo", 9, &[]);
        document.case("demo/scan", None);
        for (stage, actual) in stages {
            document.check(valued(
                &format!("demo/scan/diag/{stage}/img_dim_x"),
                *actual,
            ));
        }
        document
            .check(valued("demo/scan/glcm/3d_avg/TU9B", 3.0))
            .check(valued("demo/scan/glcm/3d_avg/ACUI", 2.05));
        html::render(&document.write(1))
    };
    let holds = "Every diagnostic value of this case holds";
    assert!(
        page(&[("initial", 2.05), ("interpolated", 2.05)]).contains(holds),
        "image and region are right"
    );
    let wrong = page(&[
        ("resegmented", 9.0),
        ("interpolated", 9.0),
        ("initial", 2.05),
    ]);
    assert!(
        wrong.contains("differ at the stage “interpolated”"),
        "the first stage, in whatever order"
    );
    assert!(!wrong.contains(holds), "something is wrong");
    let unknown = page(&[]);
    assert!(
        !unknown.contains(holds) && !unknown.contains("at the stage"),
        "nothing is known of the stages"
    );
    assert!(
        unknown.contains("the only one of 2 values of glcm/3d_avg"),
        "its neighbour is right"
    );
}

#[test]
fn a_badge_is_of_a_complete_profile_only() {
    let badge = |results: &Results, profile| {
        let badge = Badge::of(results, profile).expect("the profile is known");
        format!("{}: {} {:?}", badge.label, badge.message, badge.colour)
    };
    let small = small();
    assert_eq!(
        badge(&small, Some("basic")),
        "basic: 1/4 Orange",
        "executed, not passed"
    );
    assert_eq!(
        badge(&small, Some("full")),
        "full: incomplete Grey",
        "one check was skipped"
    );
    assert_eq!(
        badge(&small, None),
        "full: incomplete Grey",
        "the profile that requires most"
    );
    let error = Badge::of(&small, Some("other")).expect_err("no such profile");
    assert_eq!(
        error.to_string(),
        "expected one of the profiles basic, full, found `other`"
    );

    let mut whole = Document::new("ibsi1", 1, &[("ibsi1-full", 1)]);
    whole.case("ibsi1/a", None).check(Check {
        profiles: vec!["ibsi1-full".to_owned()],
        ..valued("ibsi1/a/glcm/3d_avg/TU9B", 2.05)
    });
    let whole = whole.write(0);
    assert_eq!(badge(&whole, None), "IBSI 1: 1/1 Blue");
    let badge = Badge::of(&whole, None).expect("a profile");
    insta::assert_snapshot!("badge_svg", badge.to_svg());
    insta::assert_snapshot!("badge_json", badge.to_json());
    let none = Document::new("x", 0, &[]).write(5);
    assert_eq!(
        Badge::of(&none, None).expect("always a badge").message,
        "no profile"
    );
}

/// A text as a browser reads the markup: what is left outside of tags, with references resolved, must hold the
/// hostile text; and no tag may come of it.
#[test]
fn hostile_texts_stay_texts_in_html() {
    let page = html::render(&hostile());
    assert!(
        page.contains("&#60;/script&#62;"),
        "the hostile text is shown"
    );
    assert_eq!(
        page.matches("<script").count(),
        2,
        "the data and the script, no third"
    );
    assert_eq!(page.matches("</script").count(), 2, "each is closed once");
    for markup in ["<img", "onerror=alert(2)>", "<!--"] {
        let outside_data: String = page
            .split("<script")
            .map(|part| part.split_once("</script>").map_or(part, |(_, rest)| rest))
            .collect();
        assert!(
            !outside_data.contains(markup),
            "`{markup}` came out of a text"
        );
    }
    let data = page
        .split_once("id=\"data\">")
        .and_then(|(_, rest)| rest.split_once("</script>"))
        .expect("the data")
        .0;
    let data: serde_json::Value = serde_json::from_str(data).expect("the data are JSON");
    assert!(
        data["texts"]
            .as_array()
            .expect("a list")
            .iter()
            .any(|text| text == HOSTILE),
        "what the script shows is the text as it was"
    );
}

#[test]
fn hostile_texts_stay_texts_elsewhere() {
    let results = hostile();
    let markdown = markdown::render(&results);
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let lines: Vec<&str> = markdown.lines().collect();
    for pair in lines
        .windows(2)
        .filter(|pair| pair.iter().all(|line| line.starts_with('|')))
    {
        assert_eq!(
            cells(pair[0]),
            cells(pair[1]),
            "rows of one width: {pair:?}"
        );
    }
    for markup in ["<img", "<script", "](http", "@all"] {
        let table: String = markdown
            .lines()
            .filter(|line| !line.starts_with("    "))
            .collect();
        assert!(!table.contains(markup), "`{markup}` in {table}");
    }
    let badge = Badge::of(&results, None).expect("a profile");
    assert!(!badge.to_svg().contains("<img"), "escaped in the badge");
    let _: serde_json::Value = serde_json::from_str(&badge.to_json()).expect("JSON");
    let _: serde_json::Value = serde_json::from_str(&ctrf::render(&results)).expect("JSON");
    assert_eq!(
        csv::render(&results).matches("very strong").count(),
        1,
        "rows of CSV are whole"
    );
    assert!(
        terminal::render(&results).contains("falls short"),
        "the terminal's summary is rendered"
    );
}

/// Every row of the data has a value for every column, and every check is in it.
#[test]
fn a_hundred_thousand_checks_are_rendered() {
    let results = large(100_000);
    let page = html::render(&results);
    let data = page
        .split_once("id=\"data\">")
        .and_then(|(_, rest)| rest.split_once("</script>"))
        .expect("the data")
        .0;
    let data: serde_json::Value = serde_json::from_str(data).expect("the data are JSON");
    let rows = data["rows"].as_array().expect("a list");
    assert_eq!(rows.len(), 100_000, "a row per check");
    let width = data["columns"].as_array().expect("a list").len();
    assert!(
        rows.iter()
            .all(|row| row.as_array().is_some_and(|row| row.len() == width)),
        "whole rows"
    );
    assert!(
        page.matches("<details class=\"short\"").count() == 100,
        "sections are limited"
    );
    assert!(
        page.contains("more fall short; they are in the table"),
        "what is left out is said"
    );
    assert!(page.len() < 30_000_000, "{} bytes", page.len());
    assert_eq!(
        junit::render(&results).matches("<testcase ").count(),
        100_000,
        "a test case per check"
    );
}

/// How the values came, and the last words of an implementation that failed.
#[test]
fn the_way_of_the_values_and_standard_error_are_reported() {
    let mut results = small();
    results.run.submission = Some(Submission::Values(ValuesStamp {
        sha256: "ef".repeat(32),
        matched: 7,
        dialect: Some("pyradiomics".to_owned()),
        assumption: None,
        converted: BTreeMap::from([("stat/-/IPH6".to_owned(), "minus 3".to_owned())]),
        unmatched: 2,
        unmatched_shown: Vec::new(),
    }));
    results.cases[0].log = Some("no more memory".to_owned());
    for (report, text) in [
        ("terminal", super::terminal::render(&results)),
        ("html", super::html::render(&results)),
        ("markdown", super::markdown::render(&results)),
    ] {
        assert!(text.contains("7 matched, 2 not"), "{report}");
        assert!(text.contains("minus 3"), "{report}");
    }
    for (report, text) in [
        ("terminal", super::terminal::render(&results)),
        ("html", super::html::render(&results)),
        ("junit", super::junit::render(&results)),
    ] {
        assert!(text.contains("no more memory"), "{report}");
    }
}
