//! Pictures of a study as SVG text: the same figures give the same bytes. They are drawn without colour that says
//! anything: classes differ by shape, series by shape and dash. Colours are the style sheet's.

pub mod bland_altman;
pub mod curve;
pub mod forest;

use std::fmt;

/// A class of a feature, as every picture and table shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Can be trusted.
    Robust,
    /// Shifted by something that can be corrected.
    Systematic,
    /// Cannot be trusted.
    Unstable,
    /// Nothing can be said.
    Unknown,
}

impl Mark {
    /// Every class, in the order in which they are told.
    pub const ALL: [Self; 4] = [
        Self::Robust,
        Self::Systematic,
        Self::Unstable,
        Self::Unknown,
    ];

    /// Of the class of a verdict; what is not known is unknown.
    #[must_use]
    pub fn of(class: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|mark| mark.name() == class)
            .unwrap_or(Self::Unknown)
    }

    /// The name of the class.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Robust => "robust",
            Self::Systematic => "systematic",
            Self::Unstable => "unstable",
            Self::Unknown => "unknown",
        }
    }

    /// The sign in text.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Robust => "●",
            Self::Systematic => "◆",
            Self::Unstable => "○",
            Self::Unknown => "×",
        }
    }

    /// The sign in a picture.
    fn shape(self, x: f64, y: f64) -> String {
        let (x0, y0) = (At(x), At(y));
        match self {
            Self::Robust => format!("<circle class=\"full\" cx=\"{x0}\" cy=\"{y0}\" r=\"3.6\"/>"),
            Self::Systematic => format!(
                "<path class=\"full\" d=\"M{} {y0}l4.4-4.4 4.4 4.4-4.4 4.4z\"/>",
                At(x - 4.4)
            ),
            Self::Unstable => format!("<circle class=\"open\" cx=\"{x0}\" cy=\"{y0}\" r=\"3.4\"/>"),
            Self::Unknown => format!(
                "<path class=\"line\" d=\"M{} {}l6 6m0-6l-6 6\"/>",
                At(x - 3.0),
                At(y - 3.0)
            ),
        }
    }
}

/// A coordinate: a tenth of a pixel is more than anyone sees.
#[derive(Clone, Copy)]
struct At(f64);

impl fmt::Display for At {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `+ 0.0` takes the sign off a zero.
        let tenths = (self.0 * 10.0).round() / 10.0 + 0.0;
        write!(to, "{tenths}")
    }
}

/// From figures to pixels, linearly.
#[derive(Clone, Copy, Debug)]
struct Scale {
    low: f64,
    high: f64,
    from_px: f64,
    to_px: f64,
}

impl Scale {
    /// A scale with room around these figures; those that are not finite are passed over.
    fn around(values: impl Iterator<Item = f64>, from_px: f64, to_px: f64) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // Halves: the range may be larger than the largest number.
        let half = (high / 2.0 - low / 2.0).max(1e-9 * low.abs().max(high.abs()));
        let room = if half > f64::MIN_POSITIVE {
            0.12 * half
        } else {
            1.0
        };
        Self {
            low: (low - room).max(f64::MIN),
            high: (high + room).min(f64::MAX),
            from_px,
            to_px,
        }
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        self.from_px + share * (self.to_px - self.from_px)
    }

    /// Round figures within, `about` of them.
    fn ticks(&self, about: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / about.max(1) as f64;
        if !rough.is_finite() || rough <= 0.0 {
            return Vec::new();
        }
        let decade = 10f64.powf(rough.log10().floor());
        let Some(step) = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|of| of * decade)
            .find(|step| *step >= rough)
        else {
            return Vec::new();
        };
        let first = (self.low / step).ceil();
        (0..=2 * about)
            .map(|i| (first + i as f64) * step + 0.0)
            .take_while(|tick| *tick <= self.high)
            .collect()
    }
}

/// A figure with four significant digits, more than a reader compares; the CSV tables have all of them.
#[must_use]
pub fn figure(value: f64) -> String {
    let size = value.abs();
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    if rounded == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&size) {
        rounded.to_string()
    } else {
        format!("{rounded:e}")
    }
}

/// Text that may stand in markup and in attributes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c => escaped.push(c),
        }
    }
    escaped
}

/// The beginning of a picture.
fn open(width: f64, height: f64, label: &str) -> String {
    format!(
        "<svg class=\"plot\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" aria-label=\"{2}\">",
        At(width),
        At(height),
        escaped(label)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits() {
        let written: Vec<String> = [0.0, -0.0, 0.123_456, -12.345_6, 99_999.6, 1.5e-7, 1e300]
            .into_iter()
            .map(figure)
            .collect();
        assert_eq!(
            written,
            ["0", "0", "0.1235", "-12.35", "100000", "1.5e-7", "1e300"]
        );
    }

    #[test]
    fn ticks_are_round_and_within() {
        let scale = Scale {
            low: -0.13,
            high: 0.92,
            from_px: 0.0,
            to_px: 100.0,
        };
        assert_eq!(scale.ticks(5), [0.0, 0.25, 0.5, 0.75]);
        for (low, high) in [(0.0, 0.0), (1e300, 1e300), (-1e308, 1e308), (5.0, 5.0)] {
            let scale = Scale::around([low, high].into_iter(), 0.0, 100.0);
            let at = scale.at(low);
            assert!((0.0..=100.0).contains(&at), "{low} to {high}: {at}");
            assert!(scale.ticks(4).len() <= 9, "{low} to {high}");
        }
    }

    #[test]
    fn markup_cannot_be_smuggled_in() {
        assert_eq!(
            escaped("<a b='c\"'>&"),
            "&lt;a b=&#39;c&quot;&#39;&gt;&amp;"
        );
    }
}
