//! Concordance, limits of agreement, repeatability and gauge R&R of published data.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use radgauge::statistics::{
    Level,
    bland_altman::{BlandAltman, bland_altman, limit_standard_error},
    concordance::{Concordance, Convention, concordance},
    gauge::{Anova, Components, Gauge, Method, Source},
    repeatability::{Multiplier, Repeatability, repeatability},
};

use crate::{
    same_digits,
    table::{Row, committed},
};

pub fn trials() -> Vec<Trial> {
    let data = Arc::new(Data::read());
    let answers = committed("agreement_known_answers.csv");
    let count = answers.len();
    let mut trials = vec![Trial::test("agreement/count", move || match count {
        115 => Ok(()),
        _ => Err(format!("{count} answers").into()),
    })];
    trials.extend(answers.into_iter().map(|answer| {
        let [data_name, statistic, variant] =
            ["data", "statistic", "variant"].map(|c| answer.text(c));
        let name = format!("agreement/{data_name}/{statistic}/{variant}");
        let data = Arc::clone(&data);
        Trial::test(name.trim_end_matches('/').to_owned(), move || {
            data.check(&answer)
        })
    }));
    trials.push(Trial::test("agreement/gauge_aiag/reml", move || {
        data.reml()
    }));
    trials
}

/// Peak flow of 17 subjects by a large and a mini meter, twice each; and the AIAG study.
struct Data {
    large: [Vec<f64>; 2],
    mini: [Vec<f64>; 2],
    gauge: Gauge,
}

impl Data {
    fn read() -> Self {
        let rows = committed("agreement_tables.csv");
        let series = |data: &str, condition: &str, trial: &str| -> Vec<f64> {
            let of = |row: &&Row| {
                row.text("data") == data
                    && row.text("condition") == condition
                    && row.text("trial") == trial
            };
            let mut found: Vec<&Row> = rows.iter().filter(of).collect();
            found.sort_by_key(|row| row.count("subject"));
            found.iter().map(|row| row.number("value")).collect()
        };
        let twice = |meter| ["1", "2"].map(|trial| series("pefr", meter, trial));
        let trials: Vec<Vec<f64>> = ["A", "B", "C"]
            .iter()
            .flat_map(|operator| ["1", "2", "3"].map(|trial| series("gauge_aiag", operator, trial)))
            .collect();
        let values: Vec<f64> = (0..10)
            .flat_map(|part| trials.iter().map(move |t| t[part]))
            .collect();
        Self {
            large: twice("large"),
            mini: twice("mini"),
            gauge: Gauge::new([10, 3, 3], &values).expect("a complete study"),
        }
    }

    /// The pair of series that an answer is about.
    fn pair(&self, data: &str) -> (&[f64], &[f64]) {
        match data {
            "pefr_large" => (&self.large[0], &self.large[1]),
            "pefr_mini" => (&self.mini[0], &self.mini[1]),
            "pefr_first" => (&self.large[0], &self.mini[0]),
            _ => panic!("series of `{data}`"),
        }
    }

    fn check(&self, answer: &Row) -> Result<(), Failed> {
        let [data, statistic, variant] = ["data", "statistic", "variant"].map(|c| answer.text(c));
        let expected = answer.number("value");
        let found = match data {
            "gauge_aiag" => self.gauge_statistic(statistic, variant)?,
            _ => pair_statistic(self.pair(data), statistic, variant)?,
        };
        same_digits(statistic, found, expected)
    }

    fn gauge_statistic(&self, statistic: &str, variant: &str) -> Result<f64, Failed> {
        let anova: &Anova = self.gauge.anova();
        let sum = |source: Source| source.sum_of_squares * anova.unit * anova.unit;
        let test = || anova.interaction_test().ok_or("no test");
        let method = match variant {
            "interaction kept, negative component set to 0" => Method::Kept,
            _ => Method::Pooled { alpha: 0.05 },
        };
        let components: Components = self.gauge.components(method)?;
        Ok(match statistic {
            "ss_part" => sum(anova.part),
            "ss_operator" => sum(anova.operator),
            "ss_interaction" => sum(anova.interaction),
            "ss_repeatability" => sum(anova.repeatability),
            "ss_total" => [
                anova.part,
                anova.operator,
                anova.interaction,
                anova.repeatability,
            ]
            .map(sum)
            .iter()
            .sum(),
            "f_interaction" => test()?.0,
            "p_interaction" => test()?.1,
            "var_repeatability" => components.repeatability,
            "var_reproducibility" => components.reproducibility(),
            "var_operator" => components.operator,
            "var_interaction" => components.interaction,
            "var_gauge" => components.gauge(),
            "var_part" => components.part,
            "var_total" => components.total(),
            "percent_contribution" => components.percent_contribution(),
            "percent_study_variation" => components.percent_study_variation(),
            "distinct_categories" => components.distinct_categories().ok_or("none")? as f64,
            _ => return Err(format!("no such statistic: {statistic}").into()),
        })
    }

    /// The ANOVA component of the interaction is negative, so that restricted maximum likelihood pools it, as the test
    /// of significance does: an independent way to the same published figures.
    fn reml(&self) -> Result<(), Failed> {
        let reml = self.gauge.components(Method::Reml)?;
        let pooled = self.gauge.components(Method::Pooled { alpha: 0.05 })?;
        for (what, reml, pooled) in [
            ("repeatability", reml.repeatability, pooled.repeatability),
            (
                "reproducibility",
                reml.reproducibility(),
                pooled.reproducibility(),
            ),
            ("part", reml.part, pooled.part),
        ] {
            same_digits(what, reml, pooled)?;
        }
        Ok(())
    }
}

fn pair_statistic((x, y): (&[f64], &[f64]), statistic: &str, variant: &str) -> Result<f64, Failed> {
    let level = Level::P95;
    let convention = match variant {
        "variances with n-1" => Convention::Unbiased,
        text if text.ends_with("variances with n-1") => Convention::Unbiased,
        text if text.ends_with("location shift with n-1") => Convention::EpiR,
        _ => Convention::Lin,
    };
    let multiplier = match variant {
        "multiplier 2" => Multiplier::Two,
        "2 sqrt(mean d^2)" => Multiplier::Two,
        "2.77" | "277 wCV" => Multiplier::Qiba,
        "multiplier 1.96" => Multiplier::Rounded,
        text if text.starts_with("1.96 sqrt 2") => Multiplier::Rounded,
        _ => Multiplier::Quantile,
    };
    let concordance: Concordance = concordance(x, y, convention, level)?;
    let interval = if variant.starts_with("Fisher z") {
        concordance.fisher_z
    } else {
        concordance.asymptotic
    };
    let limits: BlandAltman = bland_altman(x, y, multiplier, level)?;
    let repeats: Vec<[f64; 2]> = x.iter().zip(y).map(|(x, y)| [*x, *y]).collect();
    // Bland and Altman's own coefficient has the multiplier 2, whichever the variant is called
    let multiplier = if statistic == "ba_repeatability" {
        Multiplier::Two
    } else {
        multiplier
    };
    let repeated: Repeatability = repeatability(&repeats, multiplier, level)?;
    let none = "no interval";
    Ok(match statistic {
        "ccc" => concordance.value,
        "pearson_r" => concordance.pearson,
        "bias_correction" => concordance.bias_correction,
        "scale_shift" => concordance.scale_shift,
        "location_shift" => concordance.location_shift,
        "ccc_lower" => interval.ok_or(none)?.lower,
        "ccc_upper" => interval.ok_or(none)?.upper,
        "ba_bias" => limits.bias,
        "ba_sd" => limits.sd,
        "ba_lower" => limits.lower.value,
        "ba_upper" => limits.upper.value,
        "ba_bias_lower" => limits.bias_interval.ok_or(none)?.lower,
        "ba_bias_upper" => limits.bias_interval.ok_or(none)?.upper,
        "ba_limit_se" => limit_standard_error(limits.sd, limits.subjects),
        "wsd" => repeated.within_sd,
        "rc" | "ba_repeatability" => repeated.coefficient.value,
        "rc_lower" => repeated.coefficient.interval.ok_or(none)?.lower,
        "rc_upper" => repeated.coefficient.interval.ok_or(none)?.upper,
        "wcv" => repeated.within_cv.root_mean_square?,
        "percent_rc" => repeated.within_cv.percent_coefficient(multiplier)?,
        _ => return Err(format!("no such statistic: {statistic}").into()),
    })
}
