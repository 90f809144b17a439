//! What reports and the gate cost on a result document of 100,000 checks, reading included.
//!
//! `cargo bench --bench documents`; `-- gate` for a part.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use radgauge::{
    gate::{Policy, gate},
    implementation::Identity,
    report::html,
    results::{self, Case, Record, Results, Run, SCHEMA, Totals, Writer},
    suite::Suite,
    verdict::{Outcome, Rule, judge},
};

const CHECKS: usize = 100_000;

/// The built-in suite over and over, every copy under its own name, answered with the reference value but for a part of
/// its size.
fn document(part: f64) -> String {
    let suite = Suite::all().remove(0);
    let mut stamp = suite.stamp();
    stamp.checks = CHECKS;
    let identity = |name: &str| Identity {
        name: name.to_owned(),
        version: "1.2.3".to_owned(),
    };
    let mut writer = Writer::default();
    writer.push(&Record::Run(Run {
        schema: SCHEMA.to_owned(),
        harness: identity("radgauge"),
        implementation: identity("example"),
        submission: None,
        suites: vec![stamp],
        selection: Vec::new(),
        rules: Rule::ALL.to_vec(),
        expectations: None,
    }));
    let mut totals = Totals {
        required: CHECKS,
        ..Totals::default()
    };
    for (copy, case) in (0..).flat_map(|copy| suite.cases.iter().map(move |case| (copy, case))) {
        let left = CHECKS - totals.selected;
        if left == 0 {
            break;
        }
        let id = format!("{}_{copy}", case.id);
        writer.push(&Record::Case(Case {
            id: id.clone(),
            title: case.title.clone(),
            selected: case.checks.len().min(left),
            settings: case.settings.to_toml(),
            inputs: Default::default(),
            skipped: None,
            settings_used: None,
            log: None,
        }));
        for check in case.checks.iter().take(left) {
            let mut check = check.clone();
            check.id = check.id.replacen(&case.id, &id, 1);
            let reference: f64 = check.expected.value.parse().expect("a number");
            let value = reference * (1.0 + part);
            let (passes, deviation) =
                judge(check.rule, &check.expected, value).expect("the reference is a number");
            check.outcome = if passes { Outcome::Pass } else { Outcome::Fail };
            check.actual = Some(value);
            check.deviation = Some(deviation);
            totals.count(check.outcome);
            writer.push(&Record::Check(check));
        }
    }
    let exit_code = u8::from(totals.of(Outcome::Pass) < CHECKS);
    String::from_utf8(writer.finish(true, totals, exit_code)).expect("JSON is UTF-8")
}

fn read(document: &str) -> Results {
    results::read(document).expect("the document is whole")
}

fn documents(criterion: &mut Criterion) {
    let (now, before) = (document(1e-12), document(0.0));
    let policy = Policy::default();
    let mut group = criterion.benchmark_group("documents");
    group.sample_size(10);
    group.bench_function("read/100000", |bencher| {
        bencher.iter_with_large_drop(|| read(black_box(&now)));
    });
    group.bench_function("report/html/100000", |bencher| {
        bencher.iter(|| html::render(&read(black_box(&now))));
    });
    group.bench_function("gate/100000", |bencher| {
        bencher.iter(|| gate(&read(black_box(&now)), None, &policy));
    });
    group.bench_function("gate/100000-with-baseline", |bencher| {
        bencher.iter(|| {
            let (now, before) = rayon::join(|| read(black_box(&now)), || read(&before));
            gate(&now, Some(&before), &policy)
        });
    });
    group.finish();
}

criterion_group!(benches, documents);
criterion_main!(benches);
