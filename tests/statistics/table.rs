//! The CSV tables of figures.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use radgauge_reference::datasets::Library;

/// A row, by the names of its columns.
pub struct Row(HashMap<String, String>);

impl Row {
    pub fn text(&self, column: &str) -> &str {
        let text = self.0.get(column);
        text.unwrap_or_else(|| panic!("a column `{column}`"))
    }

    pub fn number(&self, column: &str) -> f64 {
        let text = self.text(column);
        text.parse()
            .unwrap_or_else(|_| panic!("{column}: `{text}` is a number"))
    }

    pub fn count(&self, column: &str) -> usize {
        let text = self.text(column);
        text.parse()
            .unwrap_or_else(|_| panic!("{column}: `{text}` is a count"))
    }
}

fn rows(reader: impl Read) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(reader);
    let rows = reader
        .deserialize()
        .map(|row| Row(row.expect("a row of every column")));
    rows.collect()
}

/// A table of the repository.
pub fn committed(name: &str) -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/statistics/data");
    read(&folder.join(name))
}

/// A table on disk, compressed or not.
pub fn read(path: &Path) -> Vec<Row> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = BufReader::new(file);
    if path.extension().is_some_and(|extension| extension == "gz") {
        rows(BufReader::new(GzDecoder::new(file)))
    } else {
        rows(file)
    }
}

/// A file or folder of the data folder, if it is there.
pub fn in_data_folder(path: &str) -> Option<PathBuf> {
    let library = Library::locate(None);
    let places = library
        .places()
        .iter()
        .map(|place| place.folder().join(path));
    places.into_iter().find(|path| path.exists())
}
