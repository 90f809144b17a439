//! What teams found in phase 3: their values, and which of them enter the analysis of reproducibility.
//!
//! P. Whybra, A. Zwanenburg et al., Radiology 310:e231319, 2024; the values are in theibsi/ibsi_2_data_analysis. They
//! are not part of this crate: the tables are read from a folder of data.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use serde::Deserialize;

use crate::datasets::Library;

/// Which team enters with which feature: columns `modality`, `configuration`, `feature`, `team`, `passes`.
const FILTER: &str = "agreement/ibsi2_phase3_filter.csv";

/// The values: columns `team`, `modality`, `configuration`, `feature`, `patient`, `value`.
const VALUES: &str = "agreement/ibsi2_phase3_values.csv.gz";

/// What is compared: modality, configuration and feature, in the words of the tables: `CT`, `ID_1`, `Q4LE`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    /// `CT`, `MR_T1` or `PET`.
    pub modality: String,
    /// `ID_1` … `ID_9`.
    pub configuration: String,
    /// IBSI code of the feature.
    pub feature: String,
}

/// The values of one team by patient; `None` where it gave none.
pub type Patients = BTreeMap<String, Option<f64>>;

/// The values of the teams that enter the analysis.
///
/// A team enters with a feature when it met the consensus of phase 2 on the same filter and feature. Empty, infinite and
/// NaN entries are missing, and so is a column of zeros, by which some teams say that they did not compute a feature.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamValues(BTreeMap<Quantity, BTreeMap<String, Patients>>);

/// Why the values of the teams cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TeamValuesError {
    /// The file cannot be opened.
    #[error("`{}` cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not the table that it should be.
    #[error("`{}` is not the table of team values that was expected", .path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: csv::Error,
    },
}

// The columns of a quantity stand in both rows: flattened, serde would guess at the types and take code 1128 for a
// number.
#[derive(Deserialize)]
struct FilterRow {
    team: String,
    modality: String,
    configuration: String,
    feature: String,
    passes: String,
}

#[derive(Deserialize)]
struct ValueRow {
    team: String,
    modality: String,
    configuration: String,
    feature: String,
    patient: String,
    value: String,
}

impl TeamValues {
    /// Reads the tables from the first place of the library that has them; `None` when none has.
    ///
    /// # Errors
    /// [`TeamValuesError`] when a table is there and cannot be read.
    pub fn find(library: &Library) -> Result<Option<Self>, TeamValuesError> {
        let mut folders = library.places().iter().map(|place| place.folder());
        let has_both = |folder: &&Path| {
            [FILTER, VALUES]
                .iter()
                .all(|file| folder.join(file).is_file())
        };
        let folder = folders.find(has_both);
        folder.map(Self::read).transpose()
    }

    fn read(folder: &Path) -> Result<Self, TeamValuesError> {
        let filter: Vec<FilterRow> = rows(&folder.join(FILTER))?;
        let entering = filter.into_iter().filter(|row| row.passes == "yes");
        let enters: BTreeSet<(Quantity, String)> = entering
            .map(|row| {
                let quantity = Quantity {
                    modality: row.modality,
                    configuration: row.configuration,
                    feature: row.feature,
                };
                (quantity, row.team)
            })
            .collect();
        let mut values: BTreeMap<Quantity, BTreeMap<String, Patients>> = BTreeMap::new();
        for row in rows::<ValueRow>(&folder.join(VALUES))? {
            let quantity = Quantity {
                modality: row.modality,
                configuration: row.configuration,
                feature: row.feature,
            };
            let key = (quantity, row.team);
            if enters.contains(&key) {
                let value = row
                    .value
                    .parse()
                    .ok()
                    .filter(|value: &f64| value.is_finite());
                let teams = values.entry(key.0).or_default();
                teams.entry(key.1).or_default().insert(row.patient, value);
            }
        }
        for teams in values.values_mut() {
            teams.retain(|_, patients| patients.values().flatten().any(|value| *value != 0.0));
        }
        Ok(Self(values))
    }

    /// The teams that enter with this quantity, with their values.
    pub fn teams(&self, quantity: &Quantity) -> impl Iterator<Item = (&str, &Patients)> {
        let teams = self.0.get(quantity).into_iter().flatten();
        teams.map(|(team, patients)| (team.as_str(), patients))
    }
}

/// The rows of a table, compressed or not.
fn rows<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>, TeamValuesError> {
    let unreadable = |source| TeamValuesError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    let text: Box<dyn Read> = if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(BufReader::new(GzDecoder::new(file)))
    } else {
        Box::new(file)
    };
    let mut reader = csv::Reader::from_reader(text);
    let rows: Result<Vec<T>, csv::Error> = reader.deserialize().collect();
    rows.map_err(|source| TeamValuesError::Table {
        path: path.to_owned(),
        source,
    })
}
