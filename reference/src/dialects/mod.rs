//! Dialects: what programs call their features, and which IBSI feature each is.
//!
//! The tables are `pyradiomics.csv`, `mirp.csv`, `lifex.csv` and `cerr.csv` beside this file, their columns are explained in
//! `README.md`. Known differences of meaning are part of them; what to make of those is the harness's business.

use std::{collections::HashMap, sync::LazyLock};

use radgauge_engine::feature::{Aggregation, FeatureKey};
use serde::Deserialize;

/// The names of one program.
#[derive(Debug)]
pub struct Dialect {
    /// The short form by which it is chosen: `pyradiomics`.
    pub slug: &'static str,
    /// The program's name: `PyRadiomics`.
    pub program: &'static str,
    /// What is taken for granted where names do not say it; empty when they say everything.
    pub assumption: &'static str,
    names: Vec<Name>,
    by_name: HashMap<String, usize>,
    canonical: fn(&str) -> String,
}

/// A name of a dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name, as the table has it.
    pub name: String,
    /// What it stands for.
    pub meaning: Meaning,
    /// What is known to differ from IBSI; mostly empty.
    pub note: String,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// An IBSI feature; of several keys, which differ in aggregation, the first that is asked for is meant.
    Same(Vec<FeatureKey>),
    /// Something that is called like an IBSI feature, or is one in another unit.
    Other(Vec<FeatureKey>, Option<Conversion>),
    /// No IBSI feature.
    None,
}

/// The exact way from a value to IBSI's: `factor · value + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    /// What the value is multiplied with.
    pub factor: f64,
    /// What is added then.
    pub offset: f64,
}

impl Conversion {
    /// IBSI's value.
    #[must_use]
    pub fn apply(self, value: f64) -> f64 {
        self.factor * value + self.offset
    }
}

impl Dialect {
    /// The name's row, however the program decorated it; `None` for a name that the table does not have.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Name> {
        let row = |name: &str| self.by_name.get(name).map(|index| &self.names[*index]);
        row(name).or_else(|| row(&(self.canonical)(name)))
    }

    /// Every name.
    #[must_use]
    pub fn names(&self) -> &[Name] {
        &self.names
    }
}

/// Every dialect.
#[must_use]
pub fn dialects() -> &'static [Dialect] {
    &*DIALECTS
}

static DIALECTS: LazyLock<[Dialect; 4]> = LazyLock::new(|| {
    [
        Dialect::read(
            "pyradiomics",
            "PyRadiomics",
            "texture is taken as 3D, averaged over directions, and as 2.5D where a case has no 3D",
            pyradiomics,
            include_bytes!("pyradiomics.csv"),
        ),
        Dialect::read("mirp", "MIRP", "", mirp, include_bytes!("mirp.csv")),
        Dialect::read(
            "lifex",
            "LIFEx",
            "texture is taken as 3D, averaged over directions",
            lifex,
            include_bytes!("lifex.csv"),
        ),
        Dialect::read(
            "cerr",
            "CERR",
            "texture is taken as 3D, and as 2.5D where a case has no 3D, with bins of a fixed width: with a number of bins, \
             CERR's first and last are half as wide",
            cerr,
            include_bytes!("cerr.csv"),
        ),
    ]
});

/// Names of the unfiltered image; `wavelet-LLH_…` and its like stay as they are and are not in the table.
fn pyradiomics(name: &str) -> String {
    name.strip_prefix("original_").unwrap_or(name).to_owned()
}

/// Without the discretisation, `_fbn_n32` or `_fbs_w25.0`.
fn mirp(name: &str) -> String {
    let cut = ["_fbn_n", "_fbs_w"].iter().find_map(|mark| {
        let at = name.rfind(mark)?;
        let number = &name[at + mark.len()..];
        let is_number =
            !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        is_number.then_some(at)
    });
    cut.map_or(name, |at| &name[..at]).to_owned()
}

/// Without the code, and without units that are IBSI's own: `GROUP_Feature(IBSI:CODE)[unit]`.
fn lifex(name: &str) -> String {
    let (name, rest) = match name.split_once("(IBSI:") {
        Some((name, rest)) => (name, rest.split_once(')').map_or("", |(_, unit)| unit)),
        None => match name.find('[') {
            Some(at) => name.split_at(at),
            None => (name, ""),
        },
    };
    match rest {
        "[mL]" | "[cm3]" | "[cm2]" => format!("{name}{rest}"),
        _ => name.to_owned(),
    }
}

/// Names of the unfiltered image, as `writeFeaturesToCSV` writes them or with the dots of the structure that it is given.
fn cerr(name: &str) -> String {
    let name = name.replace('.', "_");
    let name = match name.strip_prefix("shapeS_") {
        Some(shape) => format!("Shape_{shape}"),
        None => name,
    };
    name.strip_prefix("Original_").unwrap_or(&name).to_owned()
}

/// A line of a table.
#[derive(Deserialize)]
struct Row {
    name: String,
    feature: String,
    aggregations: String,
    relation: Relation,
    factor: Option<f64>,
    offset: Option<f64>,
    note: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Relation {
    Same,
    Other,
    None,
}

impl Row {
    fn keys(&self) -> Vec<FeatureKey> {
        let (family, code) = self
            .feature
            .split_once('/')
            .expect("features of the dialects are read by a test");
        let aggregations = self.aggregations.split(' ');
        let key = |aggregation: &str| {
            let aggregation: Aggregation = aggregation
                .parse()
                .expect("aggregations of the dialects are read by a test");
            format!("{family}/{aggregation}/{code}")
                .parse()
                .expect("features of the dialects are read by a test")
        };
        aggregations.map(key).collect()
    }

    fn into_name(self) -> Name {
        let meaning = match self.relation {
            Relation::Same => Meaning::Same(self.keys()),
            Relation::Other => {
                let conversion = self
                    .factor
                    .zip(self.offset)
                    .map(|(factor, offset)| Conversion { factor, offset });
                Meaning::Other(self.keys(), conversion)
            }
            Relation::None => Meaning::None,
        };
        Name {
            name: self.name,
            meaning,
            note: self.note,
        }
    }
}

impl Dialect {
    fn read(
        slug: &'static str,
        program: &'static str,
        assumption: &'static str,
        canonical: fn(&str) -> String,
        table: &[u8],
    ) -> Self {
        let names: Vec<Name> = csv::Reader::from_reader(table)
            .deserialize()
            .map(|row| {
                let row: Row = row.expect("the dialects are read by a test");
                row.into_name()
            })
            .collect();
        let by_name = names
            .iter()
            .enumerate()
            .map(|(index, row)| (row.name.clone(), index))
            .collect();
        Self {
            slug,
            program,
            assumption,
            names,
            by_name,
            canonical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(slug: &str) -> &'static Dialect {
        dialects()
            .iter()
            .find(|dialect| dialect.slug == slug)
            .unwrap_or_else(|| panic!("{slug} is shipped"))
    }

    fn keys(slug: &str, name: &str) -> Vec<String> {
        match dialect(slug).find(name).map(|name| &name.meaning) {
            Some(Meaning::Same(keys) | Meaning::Other(keys, _)) => {
                keys.iter().map(ToString::to_string).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Reading a table parses every feature and aggregation; a name twice would hide one of its rows.
    #[test]
    fn tables_can_be_read_and_name_nothing_twice() {
        for dialect in dialects() {
            assert!(dialect.names().len() > 100, "{} has names", dialect.slug);
            assert_eq!(
                dialect.by_name.len(),
                dialect.names.len(),
                "distinct names of {}",
                dialect.slug
            );
            for name in dialect.names() {
                let is_explained =
                    matches!(name.meaning, Meaning::Same(_)) || !name.note.is_empty();
                assert!(is_explained, "{}: {} says why", dialect.slug, name.name);
            }
        }
    }

    /// MIRP has every standardised feature in every aggregation: a row lost is noticed here.
    #[test]
    fn mirp_covers_the_digital_phantom() {
        use crate::ibsi1::{Case, reference_values};
        let known: Vec<String> = dialect("mirp")
            .names()
            .iter()
            .filter_map(|name| match &name.meaning {
                Meaning::Same(keys) => Some(keys[0].to_string()),
                _ => None,
            })
            .collect();
        for row in reference_values()
            .iter()
            .filter(|row| row.case == Case::Digital)
        {
            let key = row.key.to_string();
            assert_eq!(known.iter().filter(|k| **k == key).count(), 1, "{key}");
        }
    }

    #[test]
    fn decorations_are_taken_off() {
        let glcm = ["glcm/3d_avg/TU9B", "glcm/25d_avg/TU9B"];
        assert_eq!(keys("pyradiomics", "original_glcm_JointEntropy"), glcm);
        assert_eq!(keys("pyradiomics", "glcm_JointEntropy"), glcm);
        assert!(
            keys("pyradiomics", "wavelet-LLH_glcm_JointEntropy").is_empty(),
            "a filtered image is another image"
        );
        assert_eq!(
            keys("mirp", "cm_joint_entr_d1_2.5d_v_mrg_fbs_w25.0"),
            ["glcm/25d_mrg/TU9B"]
        );
        assert!(
            keys("mirp", "cm_joint_entr_d2_3d_avg_fbs_w25.0").is_empty(),
            "distance 2 is another feature"
        );
        let run_entropy = ["glrlm/3d_mrg/HJ9O", "glrlm/25d_mrg/HJ9O"];
        for name in [
            "Original_rlmFeatS_CombS_runEntropy",
            "Original.rlmFeatS.CombS.runEntropy",
        ] {
            assert_eq!(keys("cerr", name), run_entropy, "{name}");
        }
        assert_eq!(keys("cerr", "shapeS.flatness"), ["morph/-/N17B"]);
        assert!(
            keys("cerr", "Wavelets_coif1_1_HHH_firstOrderS_mean").is_empty(),
            "a filtered image is another image"
        );
        assert_eq!(
            keys("lifex", "MORPHOLOGICAL_Volume(IBSI:RNU0)[mm3]"),
            ["morph/-/RNU0"]
        );
    }

    #[test]
    fn other_definitions_have_their_exact_conversion() {
        let conversion = |slug, name| match dialect(slug).find(name).map(|name| &name.meaning) {
            Some(Meaning::Other(_, conversion)) => *conversion,
            other => panic!("{name} is another definition, found {other:?}"),
        };
        let excess = conversion("pyradiomics", "original_firstorder_Kurtosis").expect("exact");
        assert_eq!(excess.apply(3.0), 0.0, "a normal distribution");
        let volume = conversion("lifex", "MORPHOLOGICAL_Volume(IBSI:RNU0)[mL]").expect("exact");
        assert_eq!(volume.apply(8.5), 8500.0, "mL in mm^3");
        let counted = conversion("cerr", "Shape_volume").expect("exact");
        assert_eq!(counted.apply(8.5), 8500.0, "cm^3 in mm^3");
        assert_eq!(
            conversion("cerr", "Shape_sphericity"),
            None,
            "of another volume"
        );
        assert_eq!(
            conversion("lifex", "GLCM_DifferenceEntropy(IBSI:NTRS)"),
            None,
            "a joint entropy cannot be converted"
        );
    }
}
