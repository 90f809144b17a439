//! The grid of settings: base settings, varied along axes.

use std::fmt;

use radgauge_engine::{
    feature::{Aggregation, Family, FeatureKey, catalogue},
    filter::Filter,
    settings::{Discretise, Interpolate, Interpolation, Resegment, Settings, SettingsError},
};
use serde::{Deserialize, Deserializer, Serialize, de};
use thiserror::Error;

use super::outcome::{Axis, Feature, SettingsPoint};

/// The most points of a grid.
pub const MAX_POINTS: usize = 10_000;

/// The axes, in the order of processing. One without a level leaves the base settings as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grid {
    /// How intensities are interpolated.
    pub interpolation: Vec<Interpolation>,
    /// Voxel spacing: one length, two for the plane, or three.
    pub spacing_mm: Vec<Spacing>,
    /// Re-segmentation.
    pub resegment: Vec<Resegment>,
    /// Filters; `{ kind = "identity" }` leaves the image unfiltered.
    pub filter: Vec<Filter>,
    /// Discretisation for the intensity histogram and the texture matrices.
    pub discretise: Vec<Discretise>,
    /// Aggregations that are compared with each other: each level at most one per family.
    pub aggregation: Vec<Vec<Aggregation>>,
}

/// A voxel spacing in mm: two lengths for the plane of a slice, or three.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spacing(pub Vec<f64>);

impl<'de> Deserialize<'de> for Spacing {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Spacing;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length in mm, or a list of two or three")
            }

            fn visit_f64<E: de::Error>(self, mm: f64) -> Result<Spacing, E> {
                Ok(Spacing(vec![mm; 3]))
            }

            fn visit_i64<E: de::Error>(self, mm: i64) -> Result<Spacing, E> {
                self.visit_f64(mm as f64)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Spacing, A::Error> {
                let mut lengths = Vec::new();
                while let Some(mm) = list.next_element()? {
                    lengths.push(mm);
                }
                Ok(Spacing(lengths))
            }
        }
        from.deserialize_any(Visitor)
    }
}

/// A grid that cannot run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GridError {
    /// Settings of a point are impossible.
    #[error("settings {point} ({label}): {problem}")]
    Point {
        /// Id of the point.
        point: String,
        /// Its levels.
        label: String,
        /// What is wrong.
        problem: SettingsError,
    },
    /// An axis that needs something of the base settings.
    #[error("`grid.{axis}`: expected {expected}, found {found}")]
    Axis {
        /// The axis.
        axis: &'static str,
        /// What it needs.
        expected: &'static str,
        /// What there is.
        found: String,
    },
}

/// A grid, expanded.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// The axes with more than one level.
    pub axes: Vec<Axis>,
    /// The points, the last axis fastest.
    pub points: Vec<SettingsPoint>,
    /// The features of the study.
    pub features: Vec<Feature>,
    /// For each point, the features that its settings give, and the feature of the study that each is.
    pub keys: Vec<Vec<(FeatureKey, usize)>>,
}

type Change<'a> = Box<dyn Fn(&mut Settings) + 'a>;

/// An axis as a list of levels: how it is shown, and what it changes.
type Levels<'a> = (&'static str, Vec<(String, Change<'a>)>);

impl Grid {
    /// All points of the grid, and the features that they have between them.
    ///
    /// # Errors
    /// [`GridError`], naming the axis or the key of the settings.
    pub fn expand(&self, base: &Settings) -> Result<Points, GridError> {
        self.check(base)?;
        let axes = self.levels();
        let mut points = vec![(Vec::new(), Vec::new(), base.clone())];
        for (_, levels) in &axes {
            points = points
                .into_iter()
                .flat_map(|(indices, words, settings)| {
                    levels.iter().enumerate().map(move |(i, (word, change))| {
                        let (mut indices, mut words) = (indices.clone(), words.clone());
                        let mut settings = settings.clone();
                        change(&mut settings);
                        if levels.len() > 1 {
                            indices.push(i);
                            words.push(word.clone());
                        }
                        (indices, words, settings)
                    })
                })
                .collect();
        }
        let digits = points.len().to_string().len().max(2);
        let points: Vec<SettingsPoint> = points
            .into_iter()
            .enumerate()
            .map(|(i, (levels, words, settings))| SettingsPoint {
                id: format!("s{:0digits$}", i + 1),
                levels,
                label: match words.is_empty() {
                    true => "as given".to_owned(),
                    false => words.join(" · "),
                },
                settings,
            })
            .collect();
        for point in &points {
            point.settings.check().map_err(|problem| GridError::Point {
                point: point.id.clone(),
                label: point.label.clone(),
                problem,
            })?;
        }
        let axes = axes
            .into_iter()
            .filter(|(_, levels)| levels.len() > 1)
            .map(|(name, levels)| Axis {
                name: name.to_owned(),
                levels: levels.into_iter().map(|(word, _)| word).collect(),
            })
            .collect();
        let (features, keys) = self.features(&points);
        Ok(Points {
            axes,
            points,
            features,
            keys,
        })
    }

    fn check(&self, base: &Settings) -> Result<(), GridError> {
        let axis = |axis, expected, found: &dyn fmt::Debug| GridError::Axis {
            axis,
            expected,
            found: format!("{found:?}"),
        };
        let sizes = [
            self.interpolation.len(),
            self.spacing_mm.len(),
            self.resegment.len(),
            self.filter.len(),
            self.discretise.len(),
            self.aggregation.len(),
        ];
        let points = sizes
            .iter()
            .try_fold(1_usize, |product, n| product.checked_mul((*n).max(1)))
            .unwrap_or(usize::MAX);
        if points > MAX_POINTS {
            return Err(axis("*", "at most 10000 points", &points));
        }
        if !self.interpolation.is_empty()
            && base.interpolate.is_none()
            && self.spacing_mm.is_empty()
        {
            return Err(axis(
                "interpolation",
                "a spacing, in `grid.spacing_mm` or `settings.interpolate.spacing_mm`",
                &"none",
            ));
        }
        if !self.spacing_mm.is_empty()
            && base.interpolate.is_none()
            && self.interpolation.is_empty()
        {
            return Err(axis(
                "spacing_mm",
                "an algorithm, in `grid.interpolation` or `settings.interpolate.image`",
                &"none",
            ));
        }
        for level in &self.aggregation {
            for family in Family::ALL {
                let own = |a: &&Aggregation| family.aggregations().contains(a);
                let of_family: Vec<&Aggregation> = level.iter().filter(own).collect();
                if of_family.len() > 1 {
                    return Err(axis(
                        "aggregation",
                        "at most one aggregation a family in a level: levels are compared with each other",
                        &of_family,
                    ));
                }
            }
            if level.is_empty() || level.contains(&Aggregation::None) {
                return Err(axis(
                    "aggregation",
                    "aggregations of texture families",
                    level,
                ));
            }
        }
        // Levels that are the same would be compared as if they differed.
        fn repeated<T: PartialEq + fmt::Debug>(levels: &[T]) -> Option<&T> {
            let mut indices = levels.iter().enumerate();
            indices.find_map(|(i, level)| levels[..i].contains(level).then_some(level))
        }
        let twice = "levels that differ";
        if let Some(level) = repeated(&self.interpolation) {
            return Err(axis("interpolation", twice, level));
        }
        if let Some(level) = repeated(&self.spacing_mm) {
            return Err(axis("spacing_mm", twice, level));
        }
        if let Some(level) = repeated(&self.resegment) {
            return Err(axis("resegment", twice, level));
        }
        if let Some(level) = repeated(&self.filter) {
            return Err(axis("filter", twice, level));
        }
        if let Some(level) = repeated(&self.discretise) {
            return Err(axis("discretise", twice, level));
        }
        if let Some(level) = repeated(&self.aggregation) {
            return Err(axis("aggregation", twice, level));
        }
        Ok(())
    }

    /// The axes that have levels. One of a single level changes the settings, and is no axis of the outcome.
    fn levels(&self) -> Vec<Levels<'_>> {
        fn axis<'a, T>(
            name: &'static str,
            levels: &'a [T],
            word: impl Fn(&T) -> String,
            change: impl Fn(&mut Settings, &T) + Copy + 'a,
        ) -> Levels<'a> {
            let levels = levels
                .iter()
                .map(|level| {
                    let change: Change<'a> = Box::new(move |settings| change(settings, level));
                    (word(level), change)
                })
                .collect();
            (name, levels)
        }
        fn interpolate(settings: &mut Settings) -> &mut Interpolate {
            // The check has seen that both are set in the end.
            settings.interpolate.get_or_insert_with(|| Interpolate {
                spacing_mm: vec![1.0; 3],
                image: Interpolation::Linear,
                mask: Interpolation::Linear,
                mask_threshold: 0.5,
                align: Default::default(),
                round: false,
            })
        }
        let axes = [
            axis("interpolation", &self.interpolation, word, |s, level| {
                interpolate(s).image = *level;
            }),
            axis("spacing_mm", &self.spacing_mm, spacing, |s, level| {
                interpolate(s).spacing_mm.clone_from(&level.0);
            }),
            axis("resegment", &self.resegment, resegmentation, |s, level| {
                s.resegment.clone_from(level);
            }),
            axis("filter", &self.filter, filter, |s, level| {
                s.filter = match level {
                    Filter::Identity(_) => None,
                    filter => Some(filter.clone()),
                };
            }),
            axis(
                "discretise",
                &self.discretise,
                discretisation,
                |s, level| {
                    s.discretise = *level;
                },
            ),
            axis(
                "aggregation",
                &self.aggregation,
                |level| {
                    let slugs: Vec<&str> = level.iter().map(|a| a.slug()).collect();
                    slugs.join("+")
                },
                |s, level| s.features.aggregations.clone_from(level),
            ),
        ];
        axes.into_iter()
            .filter(|(_, levels)| !levels.is_empty())
            .collect()
    }

    /// The features of the study in the order of the catalogue, and for each point which of them its settings give.
    fn features(&self, points: &[SettingsPoint]) -> (Vec<Feature>, Vec<Vec<(FeatureKey, usize)>>) {
        // With an axis of aggregations, a feature is the same feature whatever its aggregation is.
        let is_merged = !self.aggregation.is_empty();
        let identity = |key: &FeatureKey| match is_merged && key.aggregation != Aggregation::None {
            true => {
                let mut text = key.to_string();
                let aggregation = format!("/{}/", key.aggregation.slug());
                if let Some(at) = text.find(&aggregation) {
                    text.replace_range(at..at + aggregation.len(), "/*/");
                }
                text
            }
            false => key.to_string(),
        };
        let of_points: Vec<Vec<FeatureKey>> =
            points.iter().map(|point| keys(&point.settings)).collect();
        let mut all: Vec<FeatureKey> = of_points.concat();
        all.sort_by_cached_key(order);
        let mut features: Vec<Feature> = Vec::new();
        let mut index = std::collections::HashMap::new();
        for key in all {
            let text = identity(&key);
            index.entry(text.clone()).or_insert_with(|| {
                features.push(Feature {
                    key: text,
                    name: key.feature.name.clone(),
                    family: key.feature.family.slug().to_owned(),
                    unit: key.feature.unit.clone(),
                    is_standardised: key.feature.is_standardised,
                });
                features.len() - 1
            });
        }
        let keys = of_points
            .into_iter()
            .map(|keys| {
                keys.into_iter()
                    .map(|key| (key, index[&identity(&key)]))
                    .collect()
            })
            .collect();
        (features, keys)
    }
}

/// Place of a key in the tables of the engine: by family, aggregation, catalogue.
fn order(key: &FeatureKey) -> (Family, Aggregation, usize) {
    let place = catalogue::features()
        .iter()
        .position(|feature| std::ptr::eq(feature, key.feature));
    (
        key.feature.family,
        key.aggregation,
        place.unwrap_or(usize::MAX),
    )
}

/// The keys of the features that settings select, in the order of the engine's tables.
#[must_use]
pub fn keys(settings: &Settings) -> Vec<FeatureKey> {
    let mut keys = Vec::new();
    for family in Family::ALL {
        let mut aggregations = settings.features.aggregations_of(family);
        aggregations.sort_unstable();
        for aggregation in aggregations {
            let features = catalogue::features().iter();
            let own = features.filter(|feature| feature.family == family);
            keys.extend(own.map(|feature| FeatureKey {
                feature,
                aggregation,
            }));
        }
    }
    keys
}

/// A value as it is written in a file of settings.
fn word<T: Serialize>(value: &T) -> String {
    toml::Value::try_from(value).map_or_else(
        |_| "?".to_owned(),
        |value| match value {
            toml::Value::String(text) => text,
            other => other.to_string(),
        },
    )
}

fn spacing(Spacing(lengths): &Spacing) -> String {
    match lengths[..] {
        [x, y, z] if x == y && y == z => format!("{x} mm"),
        _ => {
            let lengths: Vec<String> = lengths.iter().map(ToString::to_string).collect();
            format!("{} mm", lengths.join("×"))
        }
    }
}

fn resegmentation(resegment: &Resegment) -> String {
    let mut parts = Vec::new();
    if let Some([low, high]) = resegment.range {
        parts.push(format!("[{low}, {high}]"));
    }
    if let Some(sigma) = resegment.outlier_sigma {
        parts.push(format!("±{sigma} σ"));
    }
    match parts.is_empty() {
        true => "whole ROI".to_owned(),
        false => parts.join(" "),
    }
}

/// A discretisation in the usual abbreviation.
fn discretisation(method: &Discretise) -> String {
    match method {
        Discretise::None => "none".to_owned(),
        Discretise::FixedBinNumber { bins } => format!("FBN {bins}"),
        Discretise::FixedBinSize { width } => format!("FBS {width}"),
        Discretise::FixedBinWidthPyradiomics { width } => format!("FBW {width}"),
        Discretise::Equalise { bins } => format!("equalise {bins}"),
        Discretise::LloydMax { bins } => format!("Lloyd–Max {bins}"),
    }
}

/// A filter by its kind and what is written of it.
fn filter(filter: &Filter) -> String {
    if matches!(filter, Filter::Identity(_)) {
        return "none".to_owned();
    }
    let Ok(toml::Value::Table(mut table)) = toml::Value::try_from(filter) else {
        return "?".to_owned();
    };
    let kind = table.remove("kind").map(|kind| word(&kind));
    let rest: Vec<String> = table
        .iter()
        .map(|(key, value)| format!("{key} {}", word(value)))
        .collect();
    let kind = kind.unwrap_or_default();
    match rest.is_empty() {
        true => kind,
        false => format!("{kind} ({})", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(text: &str) -> Grid {
        toml::from_str(text).expect("a grid")
    }

    fn settings(text: &str) -> Settings {
        Settings::from_toml(text).expect("settings")
    }

    #[test]
    fn the_last_axis_is_the_fastest() {
        let grid = grid(
            "spacing_mm = [1, [2.0, 2.0]]\n\
             discretise = [{ method = 'fixed-bin-number', bins = 8 }, { method = 'fixed-bin-size', width = 25 }]\n",
        );
        let base = settings("[interpolate]\nspacing_mm = [3.0, 3.0, 3.0]\nimage = 'linear'\n");
        let points = grid.expand(&base).expect("a grid");
        let labels: Vec<&str> = points.points.iter().map(|p| p.label.as_str()).collect();
        let expected = [
            "1 mm · FBN 8",
            "1 mm · FBS 25",
            "2×2 mm · FBN 8",
            "2×2 mm · FBS 25",
        ];
        assert_eq!(labels, expected);
        assert_eq!(points.points[3].levels, [1, 1]);
        let interpolate = points.points[3].settings.interpolate.as_ref();
        assert_eq!(interpolate.expect("interpolated").spacing_mm, [2.0, 2.0]);
        assert_eq!(
            points.features.len(),
            points.keys[0].len(),
            "every point has every feature"
        );
    }

    #[test]
    fn keys_are_those_of_the_engine() {
        use radgauge_engine::{
            pipeline,
            volume::{Grid, Volume},
        };
        let image = Volume::from_fn(Grid::axis_aligned([3, 3, 2], [1.0; 3]), |[x, y, z]| {
            (1 + x + y * z) as f64
        });
        let mask = image.map(|_| true);
        let settings = settings("[features]\nfamilies = ['glcm', 'ivh', 'stat', 'ngtdm']\n");
        let extraction = pipeline::extract(&image, &mask, &settings).expect("an extraction");
        let computed: Vec<FeatureKey> = extraction.features.rows().iter().map(|r| r.0).collect();
        assert_eq!(keys(&settings), computed);
    }

    #[test]
    fn an_axis_of_aggregations_compares_features_across_them() {
        let grid = grid("aggregation = [['3d_mrg', '3d'], ['2d_avg', '2d']]\n");
        let points = grid
            .expand(&settings(
                "[features]\nfamilies = ['stat', 'glcm', 'ngtdm']\n",
            ))
            .expect("a grid");
        let keys: Vec<&str> = points.features.iter().map(|f| f.key.as_str()).collect();
        assert!(keys.contains(&"glcm/*/TU9B"), "{keys:?}");
        assert!(keys.contains(&"stat/-/Q4LE"), "{keys:?}");
        assert_eq!(keys.len(), points.keys[0].len(), "no feature twice");
        assert_eq!(
            points.keys[1].len(),
            points.keys[0].len(),
            "the same at every point"
        );
    }

    #[test]
    fn grids_that_cannot_run_name_the_key() {
        let refusal = |text: &str, base: &str| {
            grid(text)
                .expand(&settings(base))
                .expect_err("it cannot run")
                .to_string()
        };
        assert!(refusal("interpolation = ['linear']", "").starts_with("`grid.interpolation`: "));
        assert!(refusal("spacing_mm = [1]", "").starts_with("`grid.spacing_mm`: "));
        assert!(
            refusal("aggregation = [['3d_mrg', '3d_avg']]", "").starts_with("`grid.aggregation`: ")
        );
        let same = "discretise = [{ method = 'none' }, { method = 'none' }]";
        assert!(refusal(same, "").starts_with("`grid.discretise`: expected levels that differ"));
        let filtered = refusal(
            "filter = [{ kind = 'identity' }, { kind = 'square' }]",
            "[discretise]\nmethod = 'fixed-bin-size'\nwidth = 25\n",
        );
        assert!(
            filtered.starts_with("settings s02 (square): `discretise.method`: expected"),
            "{filtered}"
        );
    }
}
