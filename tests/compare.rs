//! Result documents side by side.

mod common;

use std::fs;

use common::{
    radgauge,
    results::{answer, perfect, sealed, small_suite, without_hashes, without_value, write},
    run,
};
use radgauge::{compare, results::Results, verdict::Outcome};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Three products: the second is off in places, the third has fewer checks and a name that is markup.
fn three() -> [Results; 3] {
    let suite = [small_suite()];
    let first = perfect(&suite);
    let mut second = perfect(&suite);
    second.run.implementation.version = "1.2.4".to_owned();
    for (nth, factor) in [(1, 2.0), (7, 1.0 + 1e-4), (9, 1.0 + 1e-14)] {
        let value = second.checks[nth].actual.expect("a value") * factor;
        answer(&mut second.checks[nth], value);
    }
    without_value(&mut second.checks[4], Outcome::Unsupported);
    let mut third = perfect(&suite);
    third.run.implementation.name = "<script>alert('x')</script>".to_owned();
    third.run.suites[0].edition += 1;
    third
        .checks
        .retain(|check| check.case_id() != "ibsi1/digital_exact");
    [first, sealed(second), sealed(third)]
}

#[test]
fn text_shows_pairs_families_and_what_is_apart() {
    let folder = folder();
    let paths: Vec<_> = three()
        .iter()
        .zip(["a.jsonl", "b.jsonl", "c.jsonl"])
        .map(|(results, name)| write(folder.path(), name, results))
        .collect();
    let (code, out, err) = run(radgauge().arg("compare").args(&paths));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    insta::assert_snapshot!("text", without_hashes(&out));

    let (code, out, _) = run(radgauge()
        .arg("compare")
        .args(&paths)
        .args(["--format", "csv"]));
    assert_eq!(code, 0, "{out}");
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let expected = [
        "id",
        "name",
        "unit",
        "reference",
        "tolerance",
        "value A",
        "outcome A",
        "value B",
        "outcome B",
        "value C",
        "outcome C",
        "agree",
        "equal",
        "digits",
    ];
    assert_eq!(header.iter().collect::<Vec<_>>(), expected);
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
    assert_eq!(rows.len(), three()[0].checks.len(), "a row a check");
    assert_eq!(&rows[1][11], "no", "{:?}", rows[1]);
    assert_eq!((&rows[9][11], &rows[9][12]), ("yes", "no"), "{:?}", rows[9]);
    assert_eq!(&rows[4][8], "unsupported", "{:?}", rows[4]);
}

#[test]
fn the_scoreboard_needs_nothing_else_and_holds_no_markup_of_others() {
    let folder = folder();
    let paths: Vec<_> = three()
        .iter()
        .zip(["a.jsonl", "b.jsonl", "c.jsonl"])
        .map(|(results, name)| write(folder.path(), name, results))
        .collect();
    let page = folder.path().join("board/index.html");
    let (code, ..) = run(radgauge()
        .arg("compare")
        .args(&paths)
        .arg("--html")
        .arg(&page));
    assert_eq!(code, 0);
    let html = fs::read_to_string(page).expect("written");
    assert!(
        !html.contains("<script"),
        "no script, neither ours nor theirs"
    );
    assert!(
        html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
        "the name is text"
    );
    for outside in ["http:", "https:", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(outside), "`{outside}` would ask the network");
    }
    for tag in [
        "table", "thead", "tbody", "tr", "td", "th", "p", "code", "span", "i",
    ] {
        let count = |text: &str| html.matches(text).count();
        let opened = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
        assert_eq!(
            opened,
            count(&format!("</{tag}>")),
            "every <{tag}> is closed"
        );
    }
    insta::assert_snapshot!("scoreboard", without_hashes(&html));
}

#[test]
fn nothing_in_common_is_nothing_compared() {
    let folder = folder();
    let [first, ..] = three();
    let half = |keep: &str| {
        let mut half = first.clone();
        half.checks.retain(|check| check.case_id() == keep);
        write(folder.path(), &keep.replace('/', "_"), &sealed(half))
    };
    let (a, b) = (half("ibsi1/digital"), half("ibsi1/digital_exact"));
    let (code, out, _) = run(radgauge().arg("compare").args([&a, &b]));
    assert_eq!(code, 5, "{out}");
    assert!(out.contains("nothing in common"), "{out}");
    let (code, _, err) = run(radgauge().arg("compare").arg(&a));
    assert_eq!(code, 2, "one document compares with nothing: {err}");
}

#[test]
fn a_document_agrees_with_itself_and_pairs_are_symmetric() {
    let results = three();
    let comparison = compare::compare(&results);
    for a in 0..3 {
        let own = &comparison.pairs[a][a];
        assert_eq!(
            (own.agree, own.equal),
            (own.compared, own.compared),
            "document {a} with itself"
        );
        for b in 0..3 {
            assert_eq!(
                comparison.pairs[a][b], comparison.pairs[b][a],
                "pair {a}, {b}"
            );
        }
    }
    let compared: usize = comparison
        .families
        .iter()
        .map(|family| family.agreement.compared)
        .sum();
    let by_feature: usize = comparison
        .features
        .iter()
        .map(|feature| feature.agreement.compared)
        .sum();
    assert_eq!(
        compared, by_feature,
        "families and features count the same checks"
    );
    assert_eq!(
        comparison.differing_suites,
        ["ibsi1"],
        "the third has another edition"
    );
}
