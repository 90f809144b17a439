//! Agreement of implementations: same scan, same settings. Rows are the unperturbed cases.

use super::{LEVEL, cube::Cube, figures};
use crate::{
    statistics::{
        Undefined,
        concordance::{Convention, concordance},
        icc::{Form, icc},
    },
    study::{
        outcome::{Agreement, Coefficient, Known},
        plan::Plan,
    },
};

pub(super) fn agreement(plan: &Plan, cube: &Cube, feature: usize) -> Vec<Agreement> {
    let mut rows = Vec::new();
    for second in 1..cube.implementations() {
        for first in 0..second {
            for point in 0..plan.points.points.len() {
                rows.push(one(plan, cube, feature, [first, second], point));
            }
        }
    }
    rows
}

fn one(plan: &Plan, cube: &Cube, feature: usize, pair: [usize; 2], settings: usize) -> Agreement {
    let rows: Vec<Vec<f64>> = (0..cube.cases())
        .map(|case| {
            pair.map(|i| cube.original(feature, i, settings, case))
                .to_vec()
        })
        .collect();
    let ratings = figures::complete(&rows);
    let (values, n) = match &ratings {
        Ok(ratings) => (ratings.values(), ratings.subjects()),
        Err(_) => (&[][..], 0),
    };
    let [x, y] = [0, 1].map(|i| {
        values
            .iter()
            .skip(i)
            .step_by(2)
            .copied()
            .collect::<Vec<f64>>()
    });
    let differences: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - x).collect();
    let too_few = Undefined::TooFew {
        what: "cases with a value of both",
        needed: 3,
        found: n,
    };
    let icc = match &ratings {
        Ok(ratings) => icc(ratings, Form::AGREEMENT, LEVEL),
        Err(_) => Err(too_few),
    };
    let ccc = concordance(&x, &y, Convention::Lin, LEVEL);
    Agreement {
        implementations: pair,
        settings,
        feature,
        n,
        icc: figures::correlation(&plan.criteria, icc.as_ref()),
        ccc: Known::from(ccc.map(|ccc| Coefficient {
            value: ccc.value,
            lower: ccc.fisher_z.map(|interval| interval.lower),
            upper: ccc.fisher_z.map(|interval| interval.upper),
            df: (ccc.pairs - 2) as f64,
        })),
        bias: figures::known(figures::mean(&differences), "no case has a value of both"),
    }
}
