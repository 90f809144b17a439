//! Bland–Altman plot: difference against mean, the bias and the limits of agreement.

use std::fmt::Write;

use super::{At, Scale, escaped, figure, open};

/// A case.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'a> {
    /// Its id.
    pub case: &'a str,
    /// Mean of the two values.
    pub mean: f64,
    /// Their difference.
    pub difference: f64,
    /// Half the length of its whisker; 0 for none.
    pub spread: f64,
}

/// What is drawn across all cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lines {
    /// Mean difference.
    pub bias: f64,
    /// Limits of agreement.
    pub limits: [f64; 2],
}

/// More cases than this hide each other: of those within the limits, every second, third … is drawn.
const MOST: usize = 200;

/// The plot. `horizontal` and `vertical` name the axes.
#[must_use]
pub fn svg(
    points: &[Point<'_>],
    lines: Option<Lines>,
    horizontal: &str,
    vertical: &str,
    label: &str,
) -> String {
    const LEFT: f64 = 78.0;
    const RIGHT: f64 = 400.0;
    const BOTTOM: f64 = 190.0;
    let x = Scale::around(points.iter().map(|point| point.mean), LEFT, RIGHT);
    let drawn = lines.iter().flat_map(|lines| {
        let [low, high] = lines.limits;
        [low, lines.bias, high]
    });
    let reached = points.iter().flat_map(|point| {
        [
            point.difference - point.spread,
            point.difference + point.spread,
        ]
    });
    let y = Scale::around(reached.chain(drawn).chain([0.0]), BOTTOM, 8.0);
    let mut svg = open(480.0, 236.0, label);
    let _ = write!(
        svg,
        "<path class=\"axis\" d=\"M{LEFT} 4V{BOTTOM}H{RIGHT}M{LEFT} {}H{RIGHT}\"/>",
        At(y.at(0.0))
    );
    for tick in x.ticks(4) {
        let at = At(x.at(tick));
        let _ = write!(
            svg,
            "<path class=\"axis\" d=\"M{at} {BOTTOM}v4\"/><text class=\"tick middle\" x=\"{at}\" y=\"206\">{}</text>",
            figure(tick)
        );
    }
    for tick in y.ticks(5) {
        let at = y.at(tick);
        let _ = write!(
            svg,
            "<path class=\"axis\" d=\"M{LEFT} {}h-4\"/><text class=\"tick end\" x=\"70\" y=\"{}\">{}</text>",
            At(at),
            At(at + 4.0),
            figure(tick)
        );
    }
    if let Some(Lines { bias, limits }) = lines {
        let _ = write!(
            svg,
            "<path class=\"line\" d=\"M{LEFT} {}H{RIGHT}\"/><path class=\"limit\" d=\"",
            At(y.at(bias))
        );
        for limit in limits {
            let _ = write!(svg, "M{LEFT} {}H{RIGHT}", At(y.at(limit)));
        }
        svg += "\"/>";
        for (word, value, shift) in [
            ("limit", limits[1], -4.0),
            ("bias", bias, 4.0),
            ("limit", limits[0], 12.0),
        ] {
            let _ = write!(
                svg,
                "<text class=\"tick\" x=\"404\" y=\"{}\">{word} {}</text>",
                At((y.at(value) + shift).clamp(10.0, BOTTOM + 12.0)),
                figure(value)
            );
        }
    }
    let is_outside = |point: &Point<'_>| {
        lines.is_some_and(|lines| {
            point.difference < lines.limits[0] || point.difference > lines.limits[1]
        })
    };
    let step = points.len().div_ceil(MOST).max(1);
    for (i, point) in points.iter().enumerate() {
        let is_outside = is_outside(point);
        if i % step > 0 && !is_outside {
            continue;
        }
        let (cx, cy) = (At(x.at(point.mean)), At(y.at(point.difference)));
        if point.spread > 0.0 {
            let _ = write!(
                svg,
                "<path class=\"spread\" d=\"M{cx} {}V{}\"/>",
                At(y.at(point.difference - point.spread)),
                At(y.at(point.difference + point.spread))
            );
        }
        match is_outside {
            true => {
                let _ = write!(
                    svg,
                    "<circle class=\"open\" cx=\"{cx}\" cy=\"{cy}\" r=\"4\"><title>{}</title></circle>",
                    escaped(point.case)
                );
            }
            false => {
                let _ = write!(
                    svg,
                    "<circle class=\"full\" cx=\"{cx}\" cy=\"{cy}\" r=\"2.5\"/>"
                );
            }
        }
    }
    let _ = write!(
        svg,
        "<text class=\"middle\" x=\"239\" y=\"226\">{}</text>\
         <text class=\"middle\" transform=\"translate(11 97)rotate(-90)\">{}</text></svg>",
        escaped(horizontal),
        escaped(vertical)
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<Point<'static>> {
        [(1.0, 0.1, 0.05), (2.0, -0.1, 0.0), (3.0, 0.9, 0.05)]
            .map(|(mean, difference, spread)| Point {
                case: "a & b",
                mean,
                difference,
                spread,
            })
            .into()
    }

    #[test]
    fn differences_against_means() {
        let lines = Lines {
            bias: 0.1,
            limits: [-0.5, 0.7],
        };
        let svg = svg(
            &points(),
            Some(lines),
            "mean, HU",
            "difference, HU",
            "Bland–Altman",
        );
        insta::assert_snapshot!(svg.replace("><", ">\n<"));
    }

    #[test]
    fn figures_of_any_size_stay_in_the_picture() {
        for size in [0.0, 5e-324, 1e-300, 1.0, 1e300] {
            let mut points = points();
            for point in &mut points {
                point.mean *= size;
                point.difference *= size;
                point.spread *= size;
            }
            let svg = svg(&points, None, "x", "y", "label");
            assert!(
                !svg.contains("NaN") && !svg.contains("inf"),
                "{size}: {svg}"
            );
        }
        let svg = svg(&[], None, "x", "y", "label");
        assert!(!svg.contains("NaN"), "{svg}");
    }
}
