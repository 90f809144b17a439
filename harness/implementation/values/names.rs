//! By which names a feature may be called.
//!
//! | form | example |
//! | --- | --- |
//! | id | `glcm/3d_avg/TU9B`, `diag/initial/img_dim_x`; IBSI codes may stand for family and aggregation |
//! | IBSI code | `QG58`; `TU9B` with an aggregation: `TU9B_ITBB`, `TU9B 3D:avg` |
//! | IBSI name | `Mean intensity`, `glcm Joint entropy 3d_avg` |
//! | IBSI submission tag | `stat_mean`, `cm_joint_entr_3D_avg`, `mean_int_init_img` |
//!
//! Case, spaces and punctuation do not matter. A name that fits several keys is narrowed by the aggregation, when that
//! is given apart, and by what the case asks for; when several are left, it is ambiguous.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use radgauge_engine::feature::{Aggregation, Feature, FeatureKey, catalogue::features};
use radgauge_reference::ibsi1::diagnostic_values;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// One key.
    One(String),
    /// Several.
    Several(Vec<String>),
    /// Keys that are not asked for.
    NotAsked,
    /// Nothing.
    None,
}

/// Every name of every key.
#[derive(Debug)]
pub struct Names {
    keys: Vec<(String, Option<Aggregation>)>,
    by_form: HashMap<String, Vec<usize>>,
    shown: Vec<String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(Names::new);

impl Names {
    /// The names.
    #[must_use]
    pub fn get() -> &'static Self {
        &NAMES
    }

    fn new() -> Self {
        let mut names = Self {
            keys: Vec::new(),
            by_form: HashMap::new(),
            shown: Vec::new(),
        };
        for feature in features() {
            if !names.shown.contains(&feature.name) {
                names.shown.push(feature.name.clone());
            }
            for aggregation in feature.family.aggregations() {
                let key = FeatureKey {
                    feature,
                    aggregation: *aggregation,
                };
                names.shown.push(tag(feature, *aggregation));
                names.shown.push(key.to_string());
                names.add(
                    key.to_string(),
                    Some(*aggregation),
                    forms(feature, *aggregation),
                );
            }
        }
        let mut known = HashSet::new();
        for row in diagnostic_values() {
            let key = format!("diag/{}/{}", row.stage, row.quantity);
            if known.insert(key.clone()) {
                names.shown.push(row.tag.clone());
                names.add(key.clone(), None, vec![key, row.tag.clone()]);
            }
        }
        names
    }

    fn add(&mut self, key: String, aggregation: Option<Aggregation>, forms: Vec<String>) {
        let index = self.keys.len();
        self.keys.push((key, aggregation));
        for form in forms {
            let indices = self.by_form.entry(plain(&form)).or_default();
            if !indices.contains(&index) {
                indices.push(index);
            }
        }
    }

    /// Whether anything goes by this name.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.by_form.contains_key(&plain(name))
    }

    /// Names to propose for one that is not known.
    pub fn shown(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().map(String::as_str)
    }

    /// What a name stands for among the keys that are asked for.
    #[must_use]
    pub fn find(
        &self,
        name: &str,
        aggregation: Option<&str>,
        is_asked: impl Fn(&str) -> bool,
    ) -> Match {
        let Some(indices) = self.by_form.get(&plain(name)) else {
            return Match::None;
        };
        let fits = |index: &&usize| {
            let (_, own) = &self.keys[**index];
            match (aggregation, own) {
                (Some(given), Some(own)) => {
                    let given = plain(given);
                    given.is_empty() || aggregation_forms(*own).contains(&given)
                }
                _ => true,
            }
        };
        let keys = indices.iter().filter(fits).map(|i| &self.keys[*i].0);
        let asked: Vec<&String> = keys.filter(|key| is_asked(key)).collect();
        match asked[..] {
            [] => Match::NotAsked,
            [key] => Match::One(key.clone()),
            _ => Match::Several(asked.into_iter().cloned().collect()),
        }
    }
}

/// Lower-case letters and digits alone.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The tag of the IBSI submission tables: `cm_joint_entr_3D_avg`.
fn tag(feature: &Feature, aggregation: Aggregation) -> String {
    let suffix = match aggregation {
        Aggregation::SliceDirectionAveraged => "_2D_avg",
        Aggregation::SliceMerged => "_2D_comb",
        Aggregation::DirectionMerged => "_2_5D_avg",
        Aggregation::Merged2d => "_2_5D_comb",
        Aggregation::Averaged3d => "_3D_avg",
        Aggregation::Merged3d => "_3D_comb",
        Aggregation::BySlice => "_2D",
        Aggregation::SlicesMerged => "_2_5D",
        Aggregation::Volume => "_3D",
        Aggregation::None => "",
    };
    format!("{}{suffix}", feature.tag)
}

/// The ways in which an aggregation is written, in plain form: slug, IBSI code, submission tag.
fn aggregation_forms(aggregation: Aggregation) -> Vec<String> {
    let slug = plain(aggregation.slug());
    let mut forms = vec![plain(aggregation.code())];
    match aggregation {
        // The reference tables call it `3D`.
        Aggregation::None => forms.push("3d".to_owned()),
        _ => forms.push(slug.clone()),
    }
    if let Some(merged) = slug.strip_suffix("mrg") {
        forms.push(format!("{merged}comb"));
    }
    forms
}

fn forms(feature: &Feature, aggregation: Aggregation) -> Vec<String> {
    let code = match feature.parameter.as_str() {
        "" => feature.code.clone(),
        parameter => format!("{}:{parameter}", feature.code),
    };
    let mut bases = vec![
        code.clone(),
        feature.code.clone(),
        feature.name.clone(),
        feature.tag.clone(),
        format!("{} {}", feature.family, feature.name),
        format!("{} {}", feature.family, code),
    ];
    // `(Excess) intensity kurtosis` is called by what follows as well.
    if let Some((_, name)) = feature.name.split_once(") ") {
        bases.push(name.to_owned());
    }
    let key = |family: &str, aggregation: &str| format!("{family}/{aggregation}/{code}");
    let mut forms = vec![
        key(feature.family.slug(), aggregation.slug()),
        key(feature.family.code(), aggregation.slug()),
        key(feature.family.slug(), aggregation.code()),
        key(feature.family.code(), aggregation.code()),
    ];
    for base in &bases {
        forms.extend(
            aggregation_forms(aggregation)
                .iter()
                .map(|aggregation| format!("{base} {aggregation}")),
        );
    }
    forms.extend(bases);
    forms
}

/// So many names are proposed.
const PROPOSED: usize = 3;

/// Names longer than this are like nothing.
const MAX_COMPARED: usize = 100;

/// The names that are like this one, the nearest first: at most a third of it would have to be changed.
#[must_use]
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let name = plain(name);
    if name.is_empty() || name.len() > MAX_COMPARED {
        return Vec::new();
    }
    let farthest = (name.len() / 3).max(2);
    let mut near: Vec<(usize, &str)> = names
        .filter_map(|other| {
            let form = plain(other);
            // Names that are longer or shorter by more are not near: comparing is what costs.
            (form.len().abs_diff(name.len()) <= farthest)
                .then(|| (strsim::osa_distance(&name, &form), other))
        })
        .filter(|(distance, _)| *distance <= farthest)
        .collect();
    near.sort();
    near.truncate(PROPOSED);
    near.into_iter().map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> Match {
        Names::get().find(name, None, |_| true)
    }

    fn one(key: &str) -> Match {
        Match::One(key.to_owned())
    }

    #[test]
    fn every_form_finds_its_feature() {
        for name in [
            "glcm/3d_avg/TU9B",
            "LFYI/ITBB/TU9B",
            "TU9B_ITBB",
            "TU9B 3D:avg",
            "cm_joint_entr_3D_avg",
            "glcm Joint entropy 3d_avg",
            "Joint entropy (3D, avg)",
        ] {
            assert_eq!(find(name), one("glcm/3d_avg/TU9B"), "{name}");
        }
        for name in [
            "QG58",
            "stat_p10",
            "10th intensity percentile",
            "stat/-/QG58",
        ] {
            assert_eq!(find(name), one("stat/-/QG58"), "{name}");
        }
        assert_eq!(find("(Excess) intensity kurtosis"), one("stat/-/IPH6"));
        assert_eq!(find("Intensity kurtosis"), one("stat/-/IPH6"));
        assert_eq!(find("szm_sze_2_5D"), one("glszm/25d/5QRC"));
        assert_eq!(find("cm_contrast_2_5D_comb"), one("glcm/25d_mrg/ACUI"));
        assert_eq!(find("ivh_v10"), one("ivh/-/BC2M:10"));
        assert_eq!(find("mean_int_init_img"), one("diag/initial/mean_int"));
    }

    /// Every submission tag and every key stands for itself alone.
    #[test]
    fn tags_and_keys_are_unambiguous() {
        for feature in features() {
            for aggregation in feature.family.aggregations() {
                let key = FeatureKey {
                    feature,
                    aggregation: *aggregation,
                }
                .to_string();
                assert_eq!(find(&key), one(&key), "{key}");
                assert_eq!(find(&tag(feature, *aggregation)), one(&key), "tag of {key}");
            }
        }
        for row in diagnostic_values() {
            let key = format!("diag/{}/{}", row.stage, row.quantity);
            assert_eq!(find(&row.tag), one(&key), "{}", row.tag);
        }
    }

    #[test]
    fn what_is_ambiguous_is_said_to_be() {
        assert!(
            matches!(find("TU9B"), Match::Several(keys) if keys.len() == 6),
            "a code without aggregation"
        );
        assert!(
            matches!(find("Contrast 3D"), Match::One(key) if key == "ngtdm/3d/65HE"),
            "GLCM contrast has no aggregation `3D`"
        );
        assert!(
            matches!(find("BC2M"), Match::Several(_)),
            "a volume at which fraction?"
        );
        let asked = |key: &str| key.contains("/3d_mrg/");
        assert_eq!(
            Names::get().find("TU9B", None, asked),
            one("glcm/3d_mrg/TU9B"),
            "a case that asks for one aggregation decides"
        );
        assert_eq!(
            Names::get().find("TU9B", Some("IAZD"), |_| true),
            one("glcm/3d_mrg/TU9B"),
            "so does an aggregation given apart"
        );
        assert_eq!(Names::get().find("TU9B", None, |_| false), Match::NotAsked);
        assert_eq!(find("nonsense"), Match::None);
    }

    #[test]
    fn near_names_are_proposed() {
        let nearest = |name| nearest(name, Names::get().shown());
        assert_eq!(nearest("stat_maen")[0], "stat_mean");
        assert_eq!(nearest("Joint entropi")[0], "Joint entropy");
        assert_eq!(nearest("glcm/3d_avg/TU98")[0], "glcm/3d_avg/TU9B");
        assert!(nearest("PatientName").is_empty(), "nothing is like it");
        assert!(nearest(&"x".repeat(1_000_000)).is_empty(), "nor like that");
    }
}
