//! Forest plot: an intraclass correlation with its interval a line, and where the criteria lie.

use std::fmt::Write;

use super::{At, Mark, Scale, escaped, open};

/// A line of a forest plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// What it is about.
    pub label: &'a str,
    /// The verdict.
    pub mark: Mark,
    /// The estimate; `None` where there is none.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
    /// What stands beside it.
    pub note: String,
}

/// The smallest correlation that has a place; what lies below is an arrow.
const LOWEST: f64 = -0.2;

const ROW: f64 = 16.0;

/// The plot; `limits` are drawn through all lines.
#[must_use]
pub fn svg(rows: &[Row<'_>], limits: &[f64], label: &str) -> String {
    let scale = Scale {
        low: LOWEST,
        high: 1.0,
        from_px: 250.0,
        to_px: 510.0,
    };
    let bottom = ROW * rows.len() as f64 + 4.0;
    let mut svg = open(650.0, bottom + 18.0, label);
    axis(&mut svg, &scale, bottom, limits);
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let _ = write!(
            svg,
            "<text class=\"tick middle\" x=\"{}\" y=\"{}\">{tick}</text>",
            At(scale.at(tick)),
            At(bottom + 13.0)
        );
    }
    for (i, row) in rows.iter().enumerate() {
        let y = ROW * (i as f64 + 0.5) + 2.0;
        let _ = write!(
            svg,
            "<text x=\"0\" y=\"{0}\">{1}</text>",
            At(y + 4.0),
            escaped(&shortened(row.label, 38)),
        );
        whisker(&mut svg, &scale, y, row.mark, row.value, row.interval);
        let _ = write!(
            svg,
            "<text x=\"518\" y=\"{}\">{}</text>",
            At(y + 4.0),
            escaped(&row.note)
        );
    }
    svg + "</svg>"
}

/// One line without words, for a cell of a table.
#[must_use]
pub fn strip(mark: Mark, value: Option<f64>, interval: Option<[f64; 2]>, limits: &[f64]) -> String {
    let scale = Scale {
        low: LOWEST,
        high: 1.0,
        from_px: 6.0,
        to_px: 124.0,
    };
    let mut svg =
        "<svg class=\"plot strip\" viewBox=\"0 0 130 16\" width=\"130\" height=\"16\" aria-hidden=\"true\">"
            .to_owned();
    axis(&mut svg, &scale, 16.0, limits);
    whisker(&mut svg, &scale, 8.0, mark, value, interval);
    svg + "</svg>"
}

/// Zero, one, and the limits.
fn axis(svg: &mut String, scale: &Scale, bottom: f64, limits: &[f64]) {
    let line = |x: f64| format!("M{} 0V{}", At(scale.at(x)), At(bottom));
    let _ = write!(
        svg,
        "<path class=\"axis\" d=\"{}{}\"/>",
        line(0.0),
        line(1.0)
    );
    let limits: String = limits.iter().copied().map(line).collect();
    let _ = write!(svg, "<path class=\"limit\" d=\"{limits}\"/>");
}

fn whisker(
    svg: &mut String,
    scale: &Scale,
    y: f64,
    mark: Mark,
    value: Option<f64>,
    interval: Option<[f64; 2]>,
) {
    let y0 = At(y);
    let place = |value: f64| scale.at(value.clamp(LOWEST, 1.0));
    if let Some([lower, upper]) = interval {
        let (from, to) = (At(place(lower)), At(place(upper)));
        let _ = write!(svg, "<path class=\"line\" d=\"M{from} {y0}H{to}");
        match lower < LOWEST {
            // An arrow: the interval goes on.
            true => {
                let _ = write!(svg, "M{from} {y0}l5-3.5v7z");
            }
            false => {
                let _ = write!(svg, "M{from} {}v6", At(y - 3.0));
            }
        }
        let _ = write!(svg, "M{to} {}v6\"/>", At(y - 3.0));
    }
    if let Some(value) = value.filter(|value| *value >= LOWEST) {
        *svg += &mark.shape(place(value), y);
    }
}

/// At most so many characters.
fn shortened(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forest() {
        let row = |label, mark, value, interval| Row {
            label,
            mark,
            value,
            interval,
            note: "n 20 × k 8".to_owned(),
        };
        let rows = [
            row(
                "s01 linear <b>",
                Mark::Robust,
                Some(0.95),
                Some([0.91, 0.98]),
            ),
            row("s02", Mark::Unstable, Some(0.1), Some([-3.0, 0.4])),
            row("s03", Mark::Systematic, Some(0.5), None),
            row("s04", Mark::Unknown, None, None),
        ];
        insta::assert_snapshot!(svg(&rows, &[0.75, 0.9], "ICC(1)").replace("><", ">\n<"));
    }

    #[test]
    fn a_strip() {
        let strip = strip(Mark::Robust, Some(0.95), Some([0.91, 0.98]), &[0.75]);
        insta::assert_snapshot!(strip.replace("><", ">\n<"));
    }
}
