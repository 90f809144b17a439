//! Six forms of the intraclass correlation with intervals, on 43 tables.
//!
//! The answers were computed from the decimal figures. Two tables have a mean so large that the nearest doubles are not
//! those figures any more; what is asked of arithmetic in doubles is then the correlation of the doubles, so that every
//! table is also checked against exact rational arithmetic on the doubles themselves.

use std::{collections::BTreeMap, sync::Arc};

use libtest_mimic::{Failed, Trial};
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use radgauge::statistics::{
    Level, Ratings,
    anova::{Divisor, SumsOfSquares},
    icc::{AverageAgreement, Caution, Computation, Form, icc_by},
};

use crate::{
    TEN_DIGITS, close, same_digits,
    table::{Row, committed},
};

/// The share by which a result may differ from exact arithmetic: sums of some hundred terms, and their quotient.
const EXACT: f64 = 1e-12;

pub fn trials() -> Vec<Trial> {
    let tables = Arc::new(tables());
    let answers = committed("icc_known_answers.csv");
    let mut trials = vec![Trial::test("icc/count", {
        let count = (tables.len(), answers.len());
        move || match count {
            (43, 263) => Ok(()),
            (tables, answers) => Err(format!("{tables} tables and {answers} answers").into()),
        }
    })];
    trials.extend(answers.into_iter().map(|answer| {
        let interval = match answer.text("interval") {
            "irr" => "/irr",
            _ => "",
        };
        let name = format!(
            "icc/{}/{}{interval}",
            answer.text("table"),
            answer.text("form")
        );
        let tables = Arc::clone(&tables);
        Trial::test(name, move || {
            check(&answer, &tables[answer.text("table")].figures)
        })
    }));
    trials.extend(tables.keys().cloned().map(|name| {
        let tables = Arc::clone(&tables);
        Trial::test(format!("icc/{name}/exact"), move || {
            check_exactly(&tables[&name].doubles)
        })
    }));
    trials
}

/// A table of ratings.
struct Table {
    /// The doubles that its figures are read as.
    doubles: Ratings,
    /// The same, for tables with a large mean less their first figure, which is taken off before anything is rounded.
    figures: Ratings,
}

/// The tables, by name.
fn tables() -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, BTreeMap<(usize, usize), Row>> = BTreeMap::new();
    for row in committed("icc_tables.csv") {
        let cell = (row.count("subject"), row.count("rater"));
        tables
            .entry(row.text("table").to_owned())
            .or_default()
            .insert(cell, row);
    }
    let table = |cells: BTreeMap<(usize, usize), Row>| {
        let raters = cells.keys().map(|(_, rater)| *rater).max().expect("cells");
        let ratings = |values: Vec<f64>| {
            let rows: Vec<&[f64]> = values.chunks(raters).collect();
            Ratings::new(&rows).expect("complete ratings")
        };
        let rows: Vec<&Row> = cells.values().collect();
        let doubles = ratings(rows.iter().map(|row| row.number("value")).collect());
        let figures = match rows[0].text("class") {
            "large mean" => ratings(less_first(&rows)),
            _ => doubles.clone(),
        };
        Table { doubles, figures }
    };
    tables
        .into_iter()
        .map(|(name, cells)| (name, table(cells)))
        .collect()
}

/// The figures less the first, in whole multiples of 10^-6.
fn less_first(rows: &[&Row]) -> Vec<f64> {
    let millionths = |row: &&Row| -> i64 {
        let text = row.text("value");
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        format!("{whole}{fraction:0<6}")
            .parse()
            .expect("a figure of at most six decimals")
    };
    let first = millionths(&rows[0]);
    rows.iter()
        .map(|row| (millionths(row) - first) as f64 / 1e6)
        .collect()
}

fn check(answer: &Row, ratings: &Ratings) -> Result<(), Failed> {
    let name = match answer.text("form") {
        "ICC(1,1)" => "ICC(1)",
        name => name,
    };
    let form = Form::ALL
        .into_iter()
        .find(|form| form.name() == name)
        .expect("a form");
    let average_agreement = match answer.text("interval") {
        "irr" => AverageAgreement::Irr,
        _ => AverageAgreement::StepUp,
    };
    let computation = Computation {
        average_agreement,
        ..Computation::TEXTBOOK
    };
    let found = icc_by(ratings, form, Level::P95, computation)?;
    let interval = found.interval.ok_or("no interval")?;

    close("ICC", found.value, answer.number("icc"), TEN_DIGITS)?;
    close("lower", interval.lower, answer.number("lower"), TEN_DIGITS)?;
    close("upper", interval.upper, answer.number("upper"), TEN_DIGITS)?;
    if !answer.text("nu").is_empty() {
        same_digits(
            "nu",
            found.agreement_df.ok_or("no nu")?,
            answer.number("nu"),
        )?;
    }
    if (found.subjects, found.raters) != (answer.count("n"), answer.count("k")) {
        return Err(format!("n = {}, k = {}", found.subjects, found.raters).into());
    }
    let sums = SumsOfSquares::of(ratings)?;
    let mean_squares = sums.mean_squares(Divisor::DegreesOfFreedom);
    let unit = sums.unit * sums.unit;
    same_digits("MS_R", mean_squares.rows * unit, answer.number("ms_rows"))?;
    same_digits(
        "MS_W",
        mean_squares.within * unit,
        answer.number("ms_within"),
    )?;
    same_digits(
        "MS_C",
        mean_squares.columns * unit,
        answer.number("ms_columns"),
    )?;
    same_digits("MS_E", mean_squares.error * unit, answer.number("ms_error"))?;
    cautious(found.caution, answer)
}

/// A correlation above 1, and an interval with hardly any degrees of freedom, are pointed out.
fn cautious(caution: Option<Caution>, answer: &Row) -> Result<(), Failed> {
    let has_collapsed = !answer.text("nu").is_empty() && answer.number("nu") < 1.0;
    let expected = if answer.number("icc") > 1.0 {
        Some(Caution::DenominatorNotPositive)
    } else if has_collapsed {
        Some(Caution::IntervalCollapsed)
    } else {
        None
    };
    if caution == expected {
        Ok(())
    } else {
        Err(format!("caution: found {caution:?}, expected {expected:?}").into())
    }
}

/// Checks all forms against the formulas in rational arithmetic.
fn check_exactly(ratings: &Ratings) -> Result<(), Failed> {
    let number = |count: usize| BigRational::from_integer(count.into());
    let (n, k) = (number(ratings.subjects()), number(ratings.raters()));
    let one = number(1);
    let rows: Vec<Vec<BigRational>> = ratings
        .iter_subjects()
        .map(|row| {
            row.iter()
                .map(|x| BigRational::from_float(*x).expect("finite"))
                .collect()
        })
        .collect();
    let sum = |values: &mut dyn Iterator<Item = BigRational>| {
        values.fold(BigRational::zero(), |sum, value| sum + value)
    };
    let row_means: Vec<_> = rows
        .iter()
        .map(|row| sum(&mut row.iter().cloned()) / &k)
        .collect();
    let column_means: Vec<_> = (0..ratings.raters())
        .map(|j| sum(&mut rows.iter().map(|row| row[j].clone())) / &n)
        .collect();
    let grand = sum(&mut row_means.iter().cloned()) / &n;
    let about_grand = |x: &BigRational| {
        let difference = x - &grand;
        &difference * &difference
    };
    let ss_rows = &k * sum(&mut row_means.iter().map(about_grand));
    let ss_columns = &n * sum(&mut column_means.iter().map(about_grand));
    let ss_total = sum(&mut rows.iter().flatten().map(about_grand));
    let rows = &ss_rows / (&n - &one);
    let within = (&ss_total - &ss_rows) / (&n * (&k - &one));
    let columns = &ss_columns / (&k - &one);
    let error = (&ss_total - &ss_rows - &ss_columns) / ((&n - &one) * (&k - &one));

    let others = &k - &one;
    let expected = |form: Form| match form.name() {
        "ICC(1)" => (&rows - &within) / (&rows + &others * &within),
        "ICC(1,k)" => (&rows - &within) / &rows,
        "ICC(C,1)" => (&rows - &error) / (&rows + &others * &error),
        "ICC(C,k)" => (&rows - &error) / &rows,
        "ICC(A,1)" => (&rows - &error) / (&rows + &others * &error + &k / &n * (&columns - &error)),
        _ => (&rows - &error) / (&rows + (&columns - &error) / &n),
    };
    for form in Form::ALL {
        let found = icc_by(ratings, form, Level::P95, Computation::TEXTBOOK)?;
        let expected = expected(form).to_f64().ok_or("a number")?;
        close(form.name(), found.value, expected, EXACT)?;
    }
    Ok(())
}
