//! Statistics of agreement against published and independently computed figures: one named trial per known answer,
//! `cargo test --test statistics -- icc/wine` runs those of one table. Trials whose data is not there are listed as
//! ignored; where the figures come from is told in `data/README.md`.

mod agreement;
mod combat;
mod ibsi1;
mod ibsi2;
mod icc;
mod rds;
mod table;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = [
        icc::trials(),
        agreement::trials(),
        combat::trials(),
        ibsi1::trials(),
        ibsi2::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit_code()
}

/// Ten significant digits and the rounding of the last one: how exactly the answers are written down.
const TEN_DIGITS: f64 = 1e-9;

/// Checks that a number is the answer, to a share of it or of 1, whichever is larger.
fn close(what: &str, found: f64, expected: f64, tolerance: f64) -> Result<(), Failed> {
    if (found - expected).abs() <= tolerance * expected.abs().max(1.0) {
        return Ok(());
    }
    Err(format!("{what}: found {found}, expected {expected}").into())
}

/// As [`close`], for numbers whose size says nothing about their error: variances, sums of squares.
fn same_digits(what: &str, found: f64, expected: f64) -> Result<(), Failed> {
    if (found - expected).abs() <= TEN_DIGITS * expected.abs() {
        return Ok(());
    }
    Err(format!("{what}: found {found:e}, expected {expected:e}").into())
}
