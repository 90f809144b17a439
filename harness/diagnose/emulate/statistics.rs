//! Intensity statistics, intensity histogram and intensity-volume histogram in any [way](Way).
//!
//! The engine computes the features; what a way has otherwise is put in place of them.

use radgauge_engine::{
    feature::{Values, intensity_histogram, intensity_statistics, intensity_volume_histogram},
    settings::Discretise,
};

use super::{Feature, levels::Levels, texture::entropy};
use crate::diagnose::way::{Formula, FormulaWay, Percentile, Way};

/// Features that both families have, by their codes in them.
struct Codes {
    mean: &'static str,
    variance: &'static str,
    skewness: &'static str,
    kurtosis: &'static str,
    median: &'static str,
    minimum: &'static str,
    p10: &'static str,
    p90: &'static str,
    maximum: &'static str,
    interquartile_range: &'static str,
    robust_mean_absolute_deviation: &'static str,
    median_absolute_deviation: &'static str,
    coefficient_of_variation: &'static str,
    quartile_coefficient_of_dispersion: &'static str,
}

const OF_INTENSITIES: Codes = Codes {
    mean: "Q4LE",
    variance: "ECT3",
    skewness: "KE2A",
    kurtosis: "IPH6",
    median: "Y12H",
    minimum: "1GSF",
    p10: "QG58",
    p90: "8DWT",
    maximum: "84IY",
    interquartile_range: "SALO",
    robust_mean_absolute_deviation: "1128",
    median_absolute_deviation: "N72L",
    coefficient_of_variation: "7TET",
    quartile_coefficient_of_dispersion: "9S40",
};

const OF_LEVELS: Codes = Codes {
    mean: "X6K6",
    variance: "CH89",
    skewness: "88K1",
    kurtosis: "C3I7",
    median: "WIFQ",
    minimum: "1PR8",
    p10: "GPMT",
    p90: "OZ0C",
    maximum: "3NCY",
    interquartile_range: "WR0O",
    robust_mean_absolute_deviation: "WRZB",
    median_absolute_deviation: "4RNL",
    coefficient_of_variation: "CWYJ",
    quartile_coefficient_of_dispersion: "SLWD",
};

/// The intensity-based statistics.
pub(super) fn intensities(intensities: &[f64], voxel_volume_mm3: f64, way: &Way) -> Vec<Feature> {
    let mut features = of_engine(intensity_statistics::features(intensities));
    let n = intensities.len() as f64;
    let others = &way.formula.others;
    change(&mut features, "N8CA", |energy| {
        let mut energy = energy;
        if others.contains(&Formula::EnergyPerVoxel) {
            energy /= n;
        }
        if others.contains(&Formula::EnergyTimesVolume) {
            energy *= voxel_volume_mm3;
        }
        energy
    });
    distribution(&mut features, &OF_INTENSITIES, intensities, &way.formula);
    features
}

/// The intensity histogram.
pub(super) fn histogram(levels: &Levels, way: &Way) -> Vec<Feature> {
    let inside = levels.inside();
    let mut features = of_engine(intensity_histogram::features(&inside, levels.n_levels));
    let values: Vec<f64> = inside.iter().map(|level| f64::from(*level)).collect();
    distribution(&mut features, &OF_LEVELS, &values, &way.formula);

    let mut counts = vec![0_u64; usize::from(levels.n_levels) + 1];
    for level in &inside {
        counts[usize::from(*level)] += 1;
    }
    change(&mut features, "TLU2", |_| {
        entropy(counts.iter().copied(), &way.formula)
    });
    shift(&mut features, f64::from(way.discretise.shift));
    features
}

/// Levels counted from another number than 1: what says where the levels lie moves, what says how they spread stays.
fn shift(features: &mut [Feature], by: f64) {
    if by == 0.0 {
        return;
    }
    let value = |features: &[Feature], code| {
        let feature = features.iter().find(|(other, _, _)| *other == code);
        feature.map_or(f64::NAN, |(_, _, value)| *value)
    };
    let mean = value(features, OF_LEVELS.mean);
    let quartiles = value(features, OF_LEVELS.interquartile_range)
        / value(features, OF_LEVELS.quartile_coefficient_of_dispersion);
    change(features, OF_LEVELS.coefficient_of_variation, |c| {
        c * mean / (mean + by)
    });
    change(
        features,
        OF_LEVELS.quartile_coefficient_of_dispersion,
        |c| c * quartiles / (quartiles + 2.0 * by),
    );
    let Codes {
        mean,
        median,
        minimum,
        p10,
        p90,
        maximum,
        ..
    } = OF_LEVELS;
    // The last three: mode, and the levels of the extreme gradients.
    for code in [
        mean, median, minimum, p10, p90, maximum, "AMMC", "8E6O", "RHQZ",
    ] {
        change(features, code, |level| level + by);
    }
}

fn of_engine(values: Values) -> Vec<Feature> {
    values
        .into_iter()
        .filter_map(|(code, parameter, value)| Some((code, parameter, value.ok()?)))
        .collect()
}

fn change(features: &mut [Feature], code: &str, f: impl FnOnce(f64) -> f64) {
    if let Some((_, _, value)) = features.iter_mut().find(|(other, _, _)| *other == code) {
        *value = f(*value);
    }
}

fn distribution(features: &mut [Feature], codes: &Codes, values: &[f64], way: &FormulaWay) {
    let n = values.len() as f64;
    let is = |formula| way.others.contains(&formula);
    if is(Formula::SampleVariance) && n > 1.0 {
        change(features, codes.variance, |v| v * n / (n - 1.0));
        change(features, codes.coefficient_of_variation, |c| {
            c * (n / (n - 1.0)).sqrt()
        });
    }
    if is(Formula::UnbiasedShape) && n > 3.0 {
        change(features, codes.skewness, |g1| {
            g1 * (n * (n - 1.0)).sqrt() / (n - 2.0)
        });
        change(features, codes.kurtosis, |g2| {
            (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * g2 + 6.0)
        });
    }
    if is(Formula::KurtosisNotExcess) {
        change(features, codes.kurtosis, |g2| g2 + 3.0);
    }
    let needs_order = way.percentile != Percentile::Linear
        || is(Formula::MedianOfDeviations)
        || is(Formula::RobustAroundOverallMean);
    if !needs_order || values.is_empty() {
        return;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |q: f64| percentile(&sorted, q, way.percentile);
    let [p10, p25, p50, p75, p90] = [0.1, 0.25, 0.5, 0.75, 0.9].map(at);
    let mean = values.iter().sum::<f64>() / n;

    let central = || values.iter().filter(|x| (p10..=p90).contains(*x));
    let n_central = central().count() as f64;
    let centre = if is(Formula::RobustAroundOverallMean) {
        mean
    } else {
        central().sum::<f64>() / n_central
    };
    let deviations: Vec<f64> = values.iter().map(|x| (x - p50).abs()).collect();
    let around_median = if is(Formula::MedianOfDeviations) {
        let mut sorted = deviations;
        sorted.sort_unstable_by(f64::total_cmp);
        percentile(&sorted, 0.5, Percentile::Linear)
    } else {
        deviations.iter().sum::<f64>() / n
    };
    for (code, value) in [
        (codes.median, p50),
        (codes.p10, p10),
        (codes.p90, p90),
        (codes.interquartile_range, p75 - p25),
        (
            codes.quartile_coefficient_of_dispersion,
            (p75 - p25) / (p75 + p25),
        ),
        (
            codes.robust_mean_absolute_deviation,
            central().map(|x| (x - centre).abs()).sum::<f64>() / n_central,
        ),
        (codes.median_absolute_deviation, around_median),
    ] {
        change(features, code, |_| value);
    }
}

/// The percentile at fraction `q` of values in order; at least one.
fn percentile(sorted: &[f64], q: f64, definition: Percentile) -> f64 {
    // A product such as 0.1 · 30 may be rounded to either side of a whole number.
    const ROUNDING: f64 = 1e-9;
    let n = sorted.len() as f64;
    let rank = match definition {
        Percentile::Linear => q * (n - 1.0),
        Percentile::Inverse => (q * n - ROUNDING).ceil() - 1.0,
        Percentile::Hazen => q * n - 0.5,
        Percentile::Weibull => q * (n + 1.0) - 1.0,
        Percentile::Lower => (q * (n - 1.0) + ROUNDING).floor(),
        Percentile::Higher => (q * (n - 1.0) - ROUNDING).ceil(),
    }
    .clamp(0.0, n - 1.0);
    let (below, above) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
    below + (rank - rank.floor()) * (above - below)
}

/// The intensity-volume histogram.
pub(super) fn volume_histogram(intensities: &[f64], way: &Way) -> Vec<Feature> {
    let settings = &way.settings;
    let discretise = if way.ivh.is_of_texture_levels {
        &settings.discretise
    } else {
        &settings.ivh
    };
    let range = settings.resegment.range;
    let at_least = || {
        intensity_volume_histogram::features(intensities, discretise, range)
            .map(of_engine)
            .unwrap_or_default()
    };
    if !way.ivh.is_above {
        return at_least();
    }
    // Above an intensity is at least the next one on a grid of whole steps: every voxel moves one step down, in a range
    // that stays.
    let lowest = intensities.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = intensities
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let [low, high] = range.unwrap_or([lowest, highest]);
    let low = if low.is_finite() { low } else { lowest };
    let high = if high.is_finite() { high } else { highest };
    let (positions, first, step, last): (Vec<f64>, f64, f64, f64) = match *discretise {
        Discretise::None => (
            intensities.iter().map(|x| x - low).collect(),
            low,
            1.0,
            high - low,
        ),
        Discretise::FixedBinSize { width } => (
            intensities
                .iter()
                .map(|x| ((x - low) / width).floor())
                .collect(),
            low + 0.5 * width,
            width,
            (high - low) / width - 1.0,
        ),
        _ => {
            let levels =
                radgauge_engine::process::discretise::grey_levels(intensities, discretise, range);
            let Ok((levels, n_levels)) = levels else {
                return Vec::new();
            };
            let positions = levels.iter().map(|level| f64::from(*level) - 1.0).collect();
            (positions, 1.0, 1.0, f64::from(n_levels) - 1.0)
        }
    };
    let mut sorted = positions;
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len();
    if n == 0 || last <= 0.0 {
        return Vec::new();
    }
    let volume_above = |fraction: f64| {
        let place = (fraction * last - 1e-9).ceil();
        (n - sorted.partition_point(|x| *x <= place)) as f64 / n as f64
    };
    let intensity_above = |fraction: f64| {
        let allowed = (fraction * n as f64 + 1e-9).floor() as usize;
        let place = if allowed >= n {
            0.0
        } else {
            sorted[n - allowed - 1].ceil().max(0.0)
        };
        first + place * step
    };
    let [v10, v90] = [0.1, 0.9].map(volume_above);
    let [i10, i90] = [0.1, 0.9].map(intensity_above);
    vec![
        ("BC2M", "10", v10),
        ("BC2M", "90", v90),
        ("GBPN", "10", i10),
        ("GBPN", "90", i90),
        ("DDTU", "10-90", v10 - v90),
        ("CNV2", "10-90", i10 - i90),
    ]
}
