//! Response curves: how far figures move with the magnitude of a perturbation, a panel for each kind.

use std::fmt::Write;

use super::{At, Scale, escaped, figure, open};

/// The perturbations of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// The kind, with the unit of its magnitude.
    pub title: String,
    /// The perturbations: name and magnitude. Without magnitudes they stand side by side.
    pub perturbations: Vec<(String, Option<f64>)>,
    /// The series, each with a figure by perturbation.
    pub series: Vec<Vec<Option<f64>>>,
}

/// More perturbations of a kind are too many for a panel.
const MOST: usize = 40;

/// More kinds are too many for a page.
const PANELS: usize = 12;

const WIDTH: f64 = 168.0;
const HEIGHT: f64 = 150.0;
const COLUMNS: usize = 4;

/// The panels, on one vertical scale.
#[must_use]
pub fn svg(panels: &[Panel], vertical: &str, label: &str) -> String {
    let panels = &panels[..panels.len().min(PANELS)];
    let figures = panels
        .iter()
        .flat_map(|panel| panel.series.iter())
        .flat_map(|series| series.iter().take(MOST).flatten().copied());
    let y = Scale::around(figures.chain([0.0]), HEIGHT - 34.0, 24.0);
    let columns = panels.len().clamp(1, COLUMNS);
    let rows = panels.len().div_ceil(COLUMNS).max(1);
    let left = 62.0;
    let mut svg = open(
        left + WIDTH * columns as f64,
        HEIGHT * rows as f64 + 6.0,
        label,
    );
    for row in 0..rows {
        let top = HEIGHT * row as f64;
        for tick in y.ticks(4) {
            let _ = write!(
                svg,
                "<text class=\"tick end\" x=\"{}\" y=\"{}\">{}</text>",
                At(left - 6.0),
                At(top + y.at(tick) + 4.0),
                figure(tick)
            );
        }
        let _ = write!(
            svg,
            "<text class=\"middle\" transform=\"translate(11 {})rotate(-90)\">{}</text>",
            At(top + 70.0),
            escaped(vertical)
        );
    }
    for (i, panel) in panels.iter().enumerate() {
        let left = left + WIDTH * (i % COLUMNS) as f64;
        let top = HEIGHT * (i / COLUMNS) as f64;
        draw(&mut svg, panel, &y, [left, top]);
    }
    svg + "</svg>"
}

fn draw(svg: &mut String, panel: &Panel, y: &Scale, [left, top]: [f64; 2]) {
    let shown = panel.perturbations.len().min(MOST);
    let perturbations = &panel.perturbations[..shown];
    let has_magnitudes = perturbations
        .iter()
        .all(|(_, magnitude)| magnitude.is_some());
    let place = |i: usize| match perturbations[i].1 {
        Some(magnitude) if has_magnitudes => magnitude,
        _ => i as f64,
    };
    let right = left + WIDTH - 16.0;
    let x = Scale::around((0..shown).map(place), left, right);
    let bottom = top + HEIGHT - 34.0;
    let _ = write!(
        svg,
        "<text class=\"title\" x=\"{0}\" y=\"{1}\">{2}</text>\
         <path class=\"axis\" d=\"M{0} {3}V{4}H{5}M{0} {6}H{5}\"/>",
        At(left),
        At(top + 14.0),
        escaped(&panel.title),
        At(top + 20.0),
        At(bottom),
        At(right),
        At(top + y.at(0.0))
    );
    if has_magnitudes {
        for tick in x.ticks(4) {
            let at = At(x.at(tick));
            let _ = write!(
                svg,
                "<path class=\"axis\" d=\"M{at} {0}v4\"/><text class=\"tick middle\" x=\"{at}\" y=\"{1}\">{2}</text>",
                At(bottom),
                At(bottom + 15.0),
                figure(tick)
            );
        }
    } else {
        let words = match shown {
            1 => "1 draw".to_owned(),
            _ if shown < panel.perturbations.len() => format!("first {shown} draws"),
            _ => format!("{shown} draws"),
        };
        let _ = write!(
            svg,
            "<text class=\"tick middle\" x=\"{}\" y=\"{}\">{words}</text>",
            At((left + right) / 2.0),
            At(bottom + 15.0)
        );
    }
    let mut order: Vec<usize> = (0..shown).collect();
    order.sort_by(|a, b| place(*a).total_cmp(&place(*b)));
    for (number, series) in panel.series.iter().enumerate() {
        let points: Vec<(usize, f64, f64)> = order
            .iter()
            .filter_map(|i| {
                let value = series.get(*i).copied().flatten()?;
                Some((*i, x.at(place(*i)), top + y.at(value)))
            })
            .collect();
        if has_magnitudes && points.len() > 1 {
            let class = if number == 0 { "line" } else { "line dash" };
            let _ = write!(svg, "<path class=\"{class}\" d=\"M");
            for (i, (_, x, y)) in points.iter().enumerate() {
                let separator = if i == 0 { "" } else { "L" };
                let _ = write!(svg, "{separator}{} {}", At(*x), At(*y));
            }
            *svg += "\"/>";
        }
        for (i, x, y) in points {
            let class = if number == 0 { "full" } else { "open" };
            let _ = write!(
                svg,
                "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"2.8\"><title>{}</title></circle>",
                At(x),
                At(y),
                escaped(&perturbations[i].0)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_for_each_kind() {
        let panels = [
            Panel {
                title: "rotate, deg".to_owned(),
                perturbations: [-4.0, 8.0, 4.0]
                    .map(|angle| (format!("turn {angle}"), Some(angle)))
                    .into(),
                series: vec![
                    vec![Some(0.1), Some(0.4), None],
                    vec![Some(0.2), Some(0.8), Some(0.5)],
                ],
            },
            Panel {
                title: "noise".to_owned(),
                perturbations: vec![("noise <1>".to_owned(), None)],
                series: vec![vec![Some(-0.3)], vec![None]],
            },
        ];
        let svg = svg(&panels, "change, SD", "responses");
        insta::assert_snapshot!(svg.replace("><", ">\n<"));
    }

    #[test]
    fn many_kinds_and_draws_are_cut() {
        let panel = Panel {
            title: "noise".to_owned(),
            perturbations: vec![("noise".to_owned(), None); 1000],
            series: vec![vec![Some(1.0); 1000]],
        };
        let svg = svg(&vec![panel; 100], "change", "responses");
        assert_eq!(svg.matches("<circle").count(), PANELS * MOST);
        assert!(svg.contains("first 40 draws"), "it is said");
    }
}
