//! What a study's report and exported files say, by content; how the page behaves is tested in a browser by
//! `report_readers`.

#[path = "common/study.rs"]
mod study;

use std::{collections::BTreeSet, process::Command};

use radgauge::study::{
    export::{Export, ExportError, Tool, export},
    outcome::Outcome,
    report::html,
};
use radgauge_engine::{feature::FeatureKey, settings::Settings};
use radgauge_reference::dialects::{Meaning, dialects};
use study::Size;
use yaml_rust2::{Yaml, YamlLoader};

/// What a hostile study has wherever it has words.
const HOSTILE: &str =
    "</style><script>alert(1)</script>\"'><img src=x onerror=alert(2)>\n--> # {{ title }} &amp;";

/// The document with this in every text that comes from others.
fn hostile() -> Outcome {
    let mut outcome = study::small();
    let text = || HOSTILE.to_owned();
    let study = &mut outcome.study;
    study.title = text();
    study.implementations[0].identity.name = text();
    study.implementations[0].identity.version = text();
    for case in &mut study.cases {
        case.id += HOSTILE;
        case.batch = Some(text());
        case.sha256 = Some(text());
    }
    for perturbation in &mut study.perturbations {
        perturbation.id += HOSTILE;
        for step in &mut perturbation.steps {
            step.kind += HOSTILE;
            step.unit += HOSTILE;
            step.definition = text();
        }
    }
    for point in &mut study.settings {
        point.label = text();
        point.id = text();
    }
    for feature in &mut study.features {
        feature.name += HOSTILE;
        feature.key += HOSTILE;
        feature.family = text();
        feature.unit = text();
    }
    study.criteria.preset = text();
    study.methods.icc = text();
    study.methods.ccc = text();
    study.methods.gauge = text();
    study.methods.missing = text();
    for row in &mut outcome.repeatability {
        row.verdict.reason = text();
        row.missing = Some(text());
        row.ill_conditioned = Some(text());
    }
    for failure in &mut outcome.failures {
        failure.case = text();
        failure.reason = text();
        failure.perturbation = Some(text());
    }
    for kind in &mut outcome.perturbation_kinds {
        kind.name = text();
    }
    for arm in &mut outcome.harmonised {
        arm.arm = text();
        arm.batches = text();
        arm.undefined = Some(text());
    }
    study::sealed(outcome)
}

#[test]
fn hostile_text_is_never_markup() {
    let page = html::render(&hostile());
    assert_eq!(page.matches("<script>").count(), 1, "the page's own script");
    assert_eq!(page.matches("</script>").count(), 1, "and its end");
    assert_eq!(page.matches("</style>").count(), 1, "the page's own style");
    assert!(!page.contains("<img"), "no element is smuggled in");
    assert!(
        !page.contains("onerror=alert(2)>\n"),
        "quotes do not end attributes"
    );
    assert!(
        page.contains("&#60;img src=x") || page.contains("&lt;img src=x"),
        "it is shown as text"
    );
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let outcome = study::small();
    assert_eq!(html::render(&outcome), html::render(&outcome));
}

#[test]
fn the_headline_counts_what_the_document_says() {
    let outcome = study::large();
    let best = outcome.best(0).expect("settings of rank 1");
    let trusted = outcome.trustworthy(0, best.settings).count();
    let features = outcome.study.features.len();
    let page = html::render(&outcome);
    let point = &outcome.study.settings[best.settings];
    assert!(
        page.contains(&format!(
            "<b>{trusted} of {features}</b> features can be trusted under settings <b>{}</b>",
            point.id
        )),
        "the headline"
    );
    let table = section(&page, "trustworthy");
    assert_eq!(
        table.matches("<th scope=\"row\">").count(),
        trusted,
        "a row each"
    );
    let heat = section(&page, "heat-map");
    assert_eq!(
        heat.matches("<tr data-family").count(),
        features,
        "a row each"
    );
    let cells = heat.matches("<td class=\"h").count();
    assert_eq!(
        cells,
        features * outcome.study.settings.len(),
        "a cell each"
    );
    // Nothing robust is drawn as something else: signs in the heat map are the verdicts of the document.
    let robust = outcome
        .repeatability
        .iter()
        .filter(|row| row.implementation == 0);
    let robust = robust.filter(|row| row.verdict.class == "robust").count();
    let legend = section(&page, "heat-map")
        .split("<tbody>")
        .next()
        .expect("a head")
        .matches('●')
        .count();
    assert_eq!(
        heat.matches('●').count() - legend,
        robust,
        "signs in the heat map"
    );
    let failures = section(&page, "failures");
    assert!(
        failures.contains("the file ends after 100 of 4096 bytes"),
        "{failures}"
    );
}

#[test]
fn questions_that_were_not_asked_are_not_answered() {
    let mut outcome = study::small();
    let page = html::render(&outcome);
    assert!(
        page.contains("Not asked: there is one point in the grid."),
        "reproducibility"
    );
    assert!(
        page.contains("Not asked: there is one implementation."),
        "agreement"
    );
    outcome.study.perturbations.clear();
    outcome.responses.clear();
    outcome.perturbations.clear();
    outcome.perturbation_kinds.clear();
    outcome.profiles.clear();
    let page = html::render(&study::sealed(outcome));
    assert!(
        page.contains("repeatability was not asked"),
        "perturbations"
    );
}

#[test]
fn a_study_in_which_all_failed_has_a_report() {
    let mut outcome = study::small();
    for row in &mut outcome.repeatability {
        row.n = 0;
        row.icc = radgauge::study::outcome::Known::Undefined {
            undefined: "no case has a value".to_owned(),
        };
        row.coefficient = radgauge::study::outcome::Known::Undefined {
            undefined: "no case has a value".to_owned(),
        };
        row.verdict.class = "unknown".to_owned();
    }
    for profile in &mut outcome.profiles {
        profile.original.fill(None);
    }
    let outcome = study::sealed(outcome);
    let page = html::render(&outcome);
    assert!(
        page.contains("No feature is robust under any of the settings."),
        "it is said"
    );
    let refused = export(&outcome, Tool::Radgauge, None).expect_err("nothing to export");
    assert!(
        matches!(refused, ExportError::NothingTrusted(_)),
        "{refused}"
    );
}

#[test]
fn absurd_counts_do_no_harm() {
    let mut outcome = study::small();
    for profile in &mut outcome.profiles {
        profile.draws.fill(usize::MAX);
    }
    for summary in &mut outcome.settings {
        summary
            .classes
            .values_mut()
            .for_each(|count| *count = usize::MAX);
        summary
            .families
            .values_mut()
            .for_each(|of| *of = [usize::MAX, 1]);
    }
    for kind in &mut outcome.perturbation_kinds {
        kind.classes = summary_of(usize::MAX);
    }
    let page = html::render(&study::sealed(outcome));
    assert!(page.trim_end().ends_with("</html>"), "it is whole");

    let mut outcome = study::small();
    outcome.study.implementations.clear();
    outcome.repeatability.clear();
    outcome.settings.clear();
    let page = html::render(&study::sealed(outcome));
    assert!(
        page.contains("There is nothing to report"),
        "nobody computed anything"
    );
}

fn summary_of(count: usize) -> std::collections::BTreeMap<String, usize> {
    ["robust", "unstable", "unknown"]
        .map(|class| (class.to_owned(), count))
        .into()
}

/// A section of the page.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let start = page
        .find(&format!("<section id=\"{id}\">"))
        .expect("the section is there");
    let rest = &page[start..];
    &rest[..rest.find("</section>").expect("it ends")]
}

// Parameter files.

/// A study with these settings and one point.
fn with_settings(settings: &str) -> Outcome {
    study::outcome(&Size {
        cases: 5,
        grid: "",
        settings,
        implementations: 1,
    })
}

const CT: &str = "\
    [interpolate]\nspacing_mm = [2.0, 1.5, 3.0]\nimage = 'cubic-spline'\nround = true\n\
    [resegment]\nrange = [-200.0, 400.0]\n\
    [discretise]\nmethod = 'fixed-bin-number'\nbins = 32\n\
    [ivh]\nmethod = 'fixed-bin-number'\nbins = 1000\n";

fn written(outcome: &Outcome, tool: Tool) -> Export {
    export(outcome, tool, None).expect("a file")
}

fn trusted(outcome: &Outcome) -> BTreeSet<String> {
    let rows = outcome.trustworthy(0, outcome.best(0).expect("rank 1").settings);
    rows.map(|(feature, _)| feature.key.clone()).collect()
}

#[test]
fn settings_of_radgauge_read_back_and_hold_every_feature() {
    let outcome = with_settings(CT);
    let export = written(&outcome, Tool::Radgauge);
    let settings = Settings::from_toml(&export.text).expect("settings");
    assert_eq!(
        settings.interpolate,
        outcome.study.settings[0].settings.interpolate
    );
    let computed: BTreeSet<String> = radgauge::study::grid::keys(&settings)
        .iter()
        .map(ToString::to_string)
        .collect();
    let trusted = trusted(&outcome);
    assert!(trusted.is_subset(&computed), "{trusted:?}");
    assert_eq!(
        export.covered.iter().cloned().collect::<BTreeSet<_>>(),
        trusted
    );
}

fn yaml(export: &Export) -> Yaml {
    let mut documents = YamlLoader::load_from_str(&export.text).expect("YAML");
    assert_eq!(documents.len(), 1, "one document");
    documents.remove(0)
}

#[test]
fn pyradiomics_is_asked_for_trusted_features_by_its_names() {
    let outcome = with_settings(CT);
    let export = written(&outcome, Tool::Pyradiomics);
    let file = yaml(&export);
    let trusted = trusted(&outcome);
    let dialect = dialects()
        .iter()
        .find(|d| d.slug == "pyradiomics")
        .expect("a dialect");
    let mut asked = 0;
    for (class, features) in file["featureClass"].as_hash().expect("classes") {
        let class = class.as_str().expect("a name");
        for feature in features.as_vec().expect("features, never a whole class") {
            let name = format!("{class}_{}", feature.as_str().expect("a name"));
            let row = dialect.find(&name).expect("a name of PyRadiomics");
            let keys = match &row.meaning {
                Meaning::Same(keys) | Meaning::Other(keys, Some(_)) => keys,
                other => panic!("{name} stands for no feature: {other:?}"),
            };
            assert!(
                keys.iter().any(|key| {
                    let merged = key.to_string().replace("d_avg/", "d_mrg/");
                    trusted.contains(&key.to_string()) || trusted.contains(&merged)
                }),
                "{name} is not trusted"
            );
            asked += 1;
        }
    }
    assert_eq!(asked, export.covered.len(), "every covered feature once");
    assert_eq!(
        export.covered.len() + export.left_out.len(),
        trusted.len(),
        "every trusted feature is in the file or said to be left out"
    );
    for (key, _) in &export.left_out {
        assert!(
            export.text.contains(&format!("#   {key}: ")),
            "{key} is named"
        );
    }
    let setting = &file["setting"];
    assert_eq!(setting["binCount"].as_i64(), Some(32));
    assert!(setting["binWidth"].is_badvalue(), "bins by number");
    assert_eq!(setting["interpolator"].as_str(), Some("sitkBSpline"));
    let spacing = setting["resampledPixelSpacing"].as_vec().expect("spacing");
    let spacing: Vec<f64> = spacing.iter().filter_map(Yaml::as_f64).collect();
    assert_eq!(spacing, [2.0, 1.5, 3.0], "x, y, z");
    let range = setting["resegmentRange"].as_vec().expect("range");
    let range: Vec<f64> = range.iter().filter_map(Yaml::as_f64).collect();
    assert_eq!(range, [-200.0, 400.0]);
    assert_eq!(setting["resegmentShape"].as_bool(), Some(false));
    for what in ["alignment of grids", "mask interpolation", "rounding"] {
        assert!(
            export.not_honoured.iter().any(|line| line.contains(what)),
            "{what}: {:?}",
            export.not_honoured
        );
        assert!(export.text.contains(what), "{what} is in the file");
    }
}

#[test]
fn one_file_has_one_way_of_aggregating() {
    for (aggregations, key, value) in [
        ("['3d_avg', '3d']", "weightingNorm", None),
        ("['3d_mrg', '3d']", "weightingNorm", Some("no_weighting")),
        ("['25d_mrg', '25d']", "weightingNorm", Some("no_weighting")),
    ] {
        let settings = format!("{CT}[features]\naggregations = {aggregations}\n");
        let export = written(&with_settings(&settings), Tool::Pyradiomics);
        let setting = yaml(&export)["setting"].clone();
        assert_eq!(setting[key].as_str(), value, "{aggregations}");
        let is_by_slice = setting["force2D"].as_bool().unwrap_or(false);
        assert_eq!(is_by_slice, aggregations.contains("25d"), "{aggregations}");
        let texture = export.covered.iter().filter(|key| key.starts_with("glcm/"));
        assert!(texture.count() > 0, "{aggregations}: {:?}", export.left_out);
    }
    let settings = format!("{CT}[features]\nfamilies = ['glcm']\naggregations = ['2d_avg']\n");
    let refused = export(&with_settings(&settings), Tool::Pyradiomics, None);
    let refused = refused.expect_err("PyRadiomics has no 2D aggregation");
    assert!(
        refused.to_string().contains("no 2d_avg aggregation"),
        "{refused}"
    );
}

#[test]
fn what_a_program_does_not_have_is_left_out_and_said() {
    let equalised = CT.replace("'fixed-bin-number'\nbins = 32", "'equalise'\nbins = 32");
    let outcome = with_settings(&equalised);
    for tool in [Tool::Pyradiomics, Tool::Mirp] {
        let export = written(&outcome, tool);
        let reads_levels = |key: &String| {
            let key: FeatureKey = key.parse().expect("a key");
            key.feature.family.reads_levels()
        };
        assert!(
            !export.covered.iter().any(reads_levels),
            "{tool:?}: {:?}",
            export.covered
        );
        assert!(
            export
                .left_out
                .iter()
                .any(|(_, reason)| reason.contains("no such discretisation")),
            "{tool:?}"
        );
    }
    let filtered = "[features]\nfamilies = ['stat']\n[filter]\nkind = 'square'\n";
    let outcome = with_settings(filtered);
    for tool in [Tool::Pyradiomics, Tool::Mirp] {
        let refused = export(&outcome, tool, None).expect_err("no counterpart");
        assert!(
            matches!(
                refused,
                ExportError::Filter {
                    filter: "square",
                    ..
                }
            ),
            "{refused}"
        );
    }
    written(&outcome, Tool::Radgauge);
    let refused = export(&outcome, Tool::Radgauge, Some("s99")).expect_err("no such settings");
    assert!(refused.to_string().contains("found `s99`"), "{refused}");
}

/// The elements of well-formed XML with their text, `section/name`.
fn elements(text: &str) -> Vec<(String, String)> {
    use quick_xml::{Reader, events::Event};
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let (mut path, mut found): (Vec<String>, Vec<(String, String)>) = Default::default();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) => {
                path.push(String::from_utf8(start.name().as_ref().to_vec()).expect("UTF-8"));
            }
            Event::Text(text) => {
                let text = String::from_utf8(text.to_vec()).expect("UTF-8");
                if !text.trim().is_empty() {
                    found.push((path[2..].join("/"), text));
                }
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn mirp_is_asked_for_families_and_told_the_columns() {
    let outcome = with_settings(CT);
    let export = written(&outcome, Tool::Mirp);
    let elements = elements(&export.text);
    let value = |name: &str| {
        let mut all = elements.iter().filter(|(known, _)| known == name);
        all.next().map(|(_, value)| value.as_str())
    };
    assert_eq!(
        value("image_interpolation/new_spacing"),
        Some("3.0, 1.5, 2.0"),
        "z, y, x"
    );
    assert_eq!(value("image_interpolation/spline_order"), Some("3"));
    assert_eq!(value("image_interpolation/anti_aliasing"), Some("False"));
    assert_eq!(value("mask_interpolation/spline_order"), Some("1"));
    assert_eq!(
        value("mask_resegmentation/intensity_range"),
        Some("-200.0, 400.0")
    );
    assert_eq!(
        value("feature_computation/discretisation_method"),
        Some("fixed_bin_number")
    );
    assert_eq!(
        value("feature_computation/discretisation_n_bins"),
        Some("32")
    );
    let trusted = trusted(&outcome);
    assert_eq!(export.covered.len() + export.left_out.len(), trusted.len());
    let dialect = dialects()
        .iter()
        .find(|d| d.slug == "mirp")
        .expect("a dialect");
    let mut named = 0;
    for line in export.text.lines() {
        let Some((name, key)) = line.trim().split_once(": ") else {
            continue;
        };
        let name = name.split(" (").next().expect("a name");
        if let (Some(row), true) = (dialect.find(name), trusted.contains(key)) {
            let is_it = matches!(&row.meaning, Meaning::Same(keys) if keys.iter().any(|k| k.to_string() == key));
            assert!(is_it, "{name} is {key}");
            named += 1;
        }
    }
    assert_eq!(named, export.covered.len(), "every column is named");
}

#[test]
fn titles_cannot_end_a_comment() {
    let mut outcome = with_settings(CT);
    outcome.study.title = format!("a --- b --> c -{HOSTILE}\u{ffff}-");
    outcome.study.settings[0].label = "\r\nsetting:\n  label: 7\n--".to_owned();
    let outcome = study::sealed(outcome);
    let file = yaml(&written(&outcome, Tool::Pyradiomics));
    assert!(
        file["setting"]["label"].is_badvalue(),
        "a label cannot add a setting"
    );
    assert_eq!(file.as_hash().map(|hash| hash.len()), Some(3));
    let mirp = written(&outcome, Tool::Mirp);
    assert!(!elements(&mirp.text).is_empty(), "well-formed");
    let comment = mirp.text.split("<!--").nth(1).expect("a comment");
    assert!(
        !comment.split("-->").next().expect("it ends").contains("--"),
        "{comment}"
    );
    Settings::from_toml(&written(&outcome, Tool::Radgauge).text).expect("settings");
}

#[test]
fn an_axis_of_aggregations_is_resolved_by_the_settings() {
    let outcome = study::outcome(&Size {
        cases: 5,
        grid: "aggregation = [['3d_mrg', '3d'], ['3d_avg', '3d']]\n",
        settings: CT,
        implementations: 1,
    });
    for (id, aggregation) in [("s01", "3d_mrg"), ("s02", "3d_avg")] {
        let export = export(&outcome, Tool::Pyradiomics, Some(id)).expect("a file");
        let mut glcm = export.covered.iter().filter(|key| key.starts_with("glcm/"));
        assert!(
            glcm.all(|key| key.starts_with(&format!("glcm/{aggregation}/"))),
            "{id}: {:?}",
            export.covered
        );
        let is_merged = yaml(&export)["setting"]["weightingNorm"].as_str() == Some("no_weighting");
        assert_eq!(is_merged, aggregation == "3d_mrg", "{id}");
    }
}

#[test]
fn the_command_writes_the_report_and_parameter_files() {
    let outcome = with_settings(CT);
    let folder = tempfile::tempdir().expect("a folder");
    let results = folder.path();
    std::fs::write(results.join("study.results"), outcome.to_document()).expect("written");
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_radgauge"))
            .arg("study")
            .args(arguments)
            .arg(results)
            .output()
            .expect("it runs")
    };
    let output = run(&["report", "--quiet"]);
    let code = output.status.code();
    assert_eq!(code, Some(3), "that of the study: {output:?}");
    let page = std::fs::read_to_string(results.join("report.html")).expect("the page");
    assert_eq!(page, html::render(&outcome), "the page");
    for (name, tool) in [
        ("radgauge", Tool::Radgauge),
        ("pyradiomics", Tool::Pyradiomics),
        ("mirp", Tool::Mirp),
    ] {
        let output = run(&["export", "--tool", name]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(text, written(&outcome, tool).text, "{name}");
    }
    let output = run(&["export", "--settings", "s99"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("found `s99`"), "{message}");
}
