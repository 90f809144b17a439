//! The IBSI nomenclature: every feature's family, code, name, unit and definition, read from `catalogue.csv`.

use std::{fmt, str::FromStr, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::Aggregation;

/// A feature family of the IBSI 1 manual, in the manual's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// Morphology (HCUG).
    #[serde(rename = "morph")]
    Morphology,
    /// Local intensity (9ST6).
    #[serde(rename = "loc")]
    LocalIntensity,
    /// Intensity-based statistics (UHIW).
    #[serde(rename = "stat")]
    IntensityStatistics,
    /// Intensity histogram (ZVCW).
    #[serde(rename = "ih")]
    IntensityHistogram,
    /// Intensity-volume histogram (P88C).
    #[serde(rename = "ivh")]
    IntensityVolumeHistogram,
    /// Grey level co-occurrence matrix (LFYI).
    #[serde(rename = "glcm")]
    Glcm,
    /// Grey level run length matrix (TP0I).
    #[serde(rename = "glrlm")]
    Glrlm,
    /// Grey level size zone matrix (9SAK).
    #[serde(rename = "glszm")]
    Glszm,
    /// Grey level distance zone matrix (VMDZ).
    #[serde(rename = "gldzm")]
    Gldzm,
    /// Neighbourhood grey tone difference matrix (IPET).
    #[serde(rename = "ngtdm")]
    Ngtdm,
    /// Neighbouring grey level dependence matrix (REK0).
    #[serde(rename = "ngldm")]
    Ngldm,
}

impl Family {
    /// Every family, in the manual's order.
    pub const ALL: [Self; 11] = [
        Self::Morphology,
        Self::LocalIntensity,
        Self::IntensityStatistics,
        Self::IntensityHistogram,
        Self::IntensityVolumeHistogram,
        Self::Glcm,
        Self::Glrlm,
        Self::Glszm,
        Self::Gldzm,
        Self::Ngtdm,
        Self::Ngldm,
    ];

    /// The short form used in ids.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Morphology => "morph",
            Self::LocalIntensity => "loc",
            Self::IntensityStatistics => "stat",
            Self::IntensityHistogram => "ih",
            Self::IntensityVolumeHistogram => "ivh",
            Self::Glcm => "glcm",
            Self::Glrlm => "glrlm",
            Self::Glszm => "glszm",
            Self::Gldzm => "gldzm",
            Self::Ngtdm => "ngtdm",
            Self::Ngldm => "ngldm",
        }
    }

    /// The IBSI code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Morphology => "HCUG",
            Self::LocalIntensity => "9ST6",
            Self::IntensityStatistics => "UHIW",
            Self::IntensityHistogram => "ZVCW",
            Self::IntensityVolumeHistogram => "P88C",
            Self::Glcm => "LFYI",
            Self::Glrlm => "TP0I",
            Self::Glszm => "9SAK",
            Self::Gldzm => "VMDZ",
            Self::Ngtdm => "IPET",
            Self::Ngldm => "REK0",
        }
    }

    /// The aggregations in which the family's features exist, in the manual's order.
    #[must_use]
    pub fn aggregations(self) -> &'static [Aggregation] {
        match self {
            Self::Glcm | Self::Glrlm => &[
                Aggregation::SliceDirectionAveraged,
                Aggregation::SliceMerged,
                Aggregation::DirectionMerged,
                Aggregation::Merged2d,
                Aggregation::Averaged3d,
                Aggregation::Merged3d,
            ],
            Self::Glszm | Self::Gldzm | Self::Ngtdm | Self::Ngldm => &[
                Aggregation::BySlice,
                Aggregation::SlicesMerged,
                Aggregation::Volume,
            ],
            _ => &[Aggregation::None],
        }
    }

    /// Whether the family reads discretised intensities. An intensity-volume histogram has its own discretisation.
    #[must_use]
    pub fn reads_levels(self) -> bool {
        !matches!(
            self,
            Self::Morphology
                | Self::LocalIntensity
                | Self::IntensityStatistics
                | Self::IntensityVolumeHistogram
        )
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// A text that names no feature family.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a feature family (morph, loc, stat, ih, ivh, glcm, glrlm, glszm, gldzm, ngtdm or ngldm), found `{0}`"
)]
pub struct UnknownFamily(pub String);

impl FromStr for Family {
    type Err = UnknownFamily;

    /// Reads either form, the slug or the IBSI code.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|f| f.slug() == text || f.code() == text)
            .ok_or_else(|| UnknownFamily(text.to_owned()))
    }
}

/// A feature of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feature {
    /// Position in the catalogue: the manual's order.
    pub order: usize,
    /// The family.
    pub family: Family,
    /// The four-letter IBSI code.
    pub code: String,
    /// The parameter that tells features with one code apart: `10` for V10, empty for most.
    pub parameter: String,
    /// The manual's name.
    pub name: String,
    /// The short name of the IBSI submission tables.
    pub tag: String,
    /// The unit: `I` is the image's intensity unit, `bin` the discretised grey level, `1` dimensionless.
    pub unit: String,
    /// Whether IBSI could standardise the feature; five could not and have no reference values.
    pub is_standardised: bool,
    /// One line of definition.
    pub definition: String,
    /// The formula in plain text.
    pub formula: String,
    /// The section of the IBSI 1 reference manual.
    pub section: String,
}

static CATALOGUE: LazyLock<Vec<Feature>> = LazyLock::new(|| {
    csv::Reader::from_reader(include_bytes!("catalogue.csv").as_slice())
        .records()
        .enumerate()
        .map(|(order, row)| {
            let row = row.expect("catalogue.csv is read by a test");
            let column = |i: usize| row[i].to_owned();
            Feature {
                order,
                family: row[0].parse().expect("catalogue.csv is read by a test"),
                code: column(1),
                parameter: column(2),
                name: column(3),
                tag: column(4),
                unit: column(5),
                is_standardised: &row[6] == "yes",
                definition: column(7),
                formula: column(8),
                section: column(9),
            }
        })
        .collect()
});

/// All features, in the manual's order.
#[must_use]
pub fn features() -> &'static [Feature] {
    &CATALOGUE
}

/// The feature with this family, code and parameter.
#[must_use]
pub fn find(family: Family, code: &str, parameter: &str) -> Option<&'static Feature> {
    features()
        .iter()
        .find(|f| f.family == family && f.code == code && f.parameter == parameter)
}

/// Code and parameter of every feature of a family, in order: what the family's function must return.
#[cfg(test)]
pub(crate) fn codes_of(family: Family) -> Vec<(&'static str, &'static str)> {
    features()
        .iter()
        .filter(|f| f.family == family)
        .map(|f| (f.code.as_str(), f.parameter.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn has_the_features_of_the_manual() {
        // The manual's overview table counts 5 intensity-volume histogram features; two of them have two parameters.
        let counts: Vec<usize> = Family::ALL
            .iter()
            .map(|family| features().iter().filter(|f| f.family == *family).count())
            .collect();
        assert_eq!(
            counts,
            [29, 2, 18, 23, 7, 25, 16, 16, 16, 5, 17],
            "features per family"
        );
        assert_eq!(features().len(), 174, "features in all");
    }

    #[test]
    fn is_in_the_order_of_the_manual() {
        assert!(
            features().is_sorted_by_key(|f| f.family),
            "families follow each other as in the manual"
        );
        for (order, feature) in features().iter().enumerate() {
            assert_eq!(feature.order, order, "position of {}", feature.tag);
        }
        // First and last feature of each chapter section: a shuffled family would move one of them.
        let ends: Vec<(&str, &str)> = Family::ALL
            .iter()
            .map(|family| {
                let mut codes = features()
                    .iter()
                    .filter(|f| f.family == *family)
                    .map(|f| f.code.as_str());
                let first = codes.next().expect("every family has features");
                (first, codes.next_back().unwrap_or(first))
            })
            .collect();
        assert_eq!(
            ends,
            [
                ("RNU0", "NPT7"),
                ("VJGA", "0F91"),
                ("Q4LE", "5ZWQ"),
                ("X6K6", "RHQZ"),
                ("BC2M", "9CMM"),
                ("GYBY", "JN9H"),
                ("22OV", "HJ9O"),
                ("5QRC", "GU8N"),
                ("0GBI", "GBDU"),
                ("QCDE", "1X9X"),
                ("SODN", "CAS9"),
            ],
            "first and last code of each family"
        );
    }

    #[test]
    fn five_features_are_not_standardised() {
        let codes: Vec<&str> = features()
            .iter()
            .filter(|f| !f.is_standardised)
            .map(|f| f.code.as_str())
            .collect();
        assert_eq!(
            codes,
            ["ZH1A", "IQYR", "SWZ1", "BRI8", "9CMM"],
            "the features that the manual says should not be used"
        );
    }

    #[test]
    fn identities_are_unique() {
        let mut identities = HashSet::new();
        let mut tags = HashSet::new();
        for f in features() {
            assert!(
                identities.insert((f.family, &f.code, &f.parameter)),
                "{}/{}:{} occurs twice",
                f.family,
                f.code,
                f.parameter
            );
            assert!(tags.insert(&f.tag), "tag {} occurs twice", f.tag);
            assert!(
                f.code.len() == 4
                    && f.code
                        .bytes()
                        .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()),
                "`{}` is no IBSI code",
                f.code
            );
        }
    }

    #[test]
    fn every_text_is_filled_and_fits_one_line() {
        for f in features() {
            for (column, text) in [
                ("name", &f.name),
                ("tag", &f.tag),
                ("unit", &f.unit),
                ("definition", &f.definition),
                ("formula", &f.formula),
                ("section", &f.section),
            ] {
                assert!(!text.is_empty(), "{column} of {} is empty", f.tag);
                assert!(
                    !text.contains(['\n', '\t', '\\']) && text.trim() == text,
                    "{column} of {} is one plain line, found `{text}`",
                    f.tag
                );
            }
            for (open, close) in ["()", "{}", "[]"].map(|p| p.split_at(1)) {
                assert_eq!(
                    f.formula.matches(open).count(),
                    f.formula.matches(close).count(),
                    "{open} and {close} balance in the formula of {}",
                    f.tag
                );
            }
            let title = f.name.replace('\'', "’");
            assert!(
                f.section.starts_with("Image features › ")
                    && f.section.ends_with(&format!(" › {title}")),
                "section of {} names the chapter and the feature, found `{}`",
                f.tag,
                f.section
            );
        }
    }

    #[test]
    fn families_are_found_by_slug_and_by_code() {
        for family in Family::ALL {
            assert_eq!(family.slug().parse(), Ok(family), "slug of {family:?}");
            assert_eq!(family.code().parse(), Ok(family), "code of {family:?}");
        }
        assert_eq!(
            "texture".parse::<Family>(),
            Err(UnknownFamily("texture".to_owned())),
            "an unknown family is named"
        );
    }

    #[test]
    fn find_needs_the_parameter() {
        let v10 = find(Family::IntensityVolumeHistogram, "BC2M", "10");
        assert_eq!(v10.map(|f| f.tag.as_str()), Some("ivh_v10"), "V10");
        assert!(
            find(Family::IntensityVolumeHistogram, "BC2M", "").is_none(),
            "V without its fraction is no feature"
        );
    }
}
