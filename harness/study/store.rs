//! Where computed cells are kept: files to which records are appended, so that a study can be killed at any moment and
//! loses no more than what was being computed.
//!
//! A file starts with [`MAGIC`]. A record is
//! ```text
//! key      16 bytes: which cell (see `Plan::key`)
//! length   4 bytes, lowest first: of the payload
//! payload  0, number of values (4 bytes), values (8 bytes each, NaN where there is none), reasons (JSON)
//!          or 1, why the cell failed (UTF-8)
//! check    8 bytes of the SHA-256 over key and payload
//! ```
//! What follows the last good record was being written when the process ended: readers pass over it, and the next writer
//! of the file cuts it off. A cell is computed from its inputs alone, so that it does not matter which file it is in.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use sha2::{Digest, Sha256};
use thiserror::Error;

/// The first bytes of a file of cells.
pub const MAGIC: &[u8; 17] = b"radgauge.cells/1\n";

/// The extension of files of cells.
pub const EXTENSION: &str = "cells";

/// A payload longer than this is no payload.
const MAX_PAYLOAD: u32 = 1 << 26;

/// Which cell: a hash of everything that its values depend on.
pub type Key = [u8; 16];

/// A computed cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Values in the order of the keys of its settings.
    Values {
        /// The values; NaN where there is none.
        values: Vec<f64>,
        /// Why there is none, by index.
        reasons: Vec<(u32, String)>,
    },
    /// No values at all, because.
    Failed(String),
}

/// What is wrong with a store.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or folder that cannot be read or written.
    #[error("`{path}`: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of something else.
    #[error("`{0}` is no file of cells, or of another version")]
    Magic(PathBuf),
    /// Another process writes to the file.
    #[error("`{0}` is being written: another `radgauge study run` is at work in this folder")]
    Locked(PathBuf),
}

/// Where a record is.
#[derive(Clone, Copy, Debug)]
struct Place {
    file: usize,
    payload_at: u64,
    length: u32,
    has_values: bool,
}

/// The computed cells of a study.
#[derive(Debug)]
pub struct Store {
    paths: Vec<PathBuf>,
    readers: Vec<Mutex<File>>,
    writer: Option<Mutex<File>>,
    places: Mutex<HashMap<Key, Place>>,
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { path, source }
}

impl Store {
    /// Opens the store in a folder to add cells to the file of this name, and to read the cells of all files.
    ///
    /// # Errors
    /// [`StoreError`]; also when another process writes to the file.
    pub fn write(folder: &Path, name: &str) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(io_at(folder))?;
        let own = folder.join(name).with_extension(EXTENSION);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&own)
            .map_err(io_at(&own))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StoreError::Locked(own.clone()),
            TryLockError::Error(source) => io_at(&own)(source),
        })?;
        let length = file.metadata().map_err(io_at(&own))?.len();
        if length < MAGIC.len() as u64 {
            // New, or its process ended before it had written anything.
            file.set_len(0).map_err(io_at(&own))?;
            file.write_all(MAGIC).map_err(io_at(&own))?;
        }
        let mut store = Self::read(&[folder])?;
        let index = store.paths.iter().position(|path| *path == own);
        let index = index.expect("the file is in the folder");
        // What is cut off here was being written when a process ended.
        let end = scan(&own, |_, _| {})?;
        file.set_len(end).map_err(io_at(&own))?;
        // So that new cells are found under the index of the file that they are written to.
        store.readers.swap(0, index);
        store.paths.swap(0, index);
        for place in store
            .places
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .values_mut()
        {
            place.file = match place.file {
                file if file == index => 0,
                0 => index,
                file => file,
            };
        }
        store.writer = Some(Mutex::new(file));
        Ok(store)
    }

    /// Opens the stores in these folders to read the cells of all their files.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(folders: &[&Path]) -> Result<Self, StoreError> {
        let mut paths = Vec::new();
        for folder in folders {
            let mut own = Vec::new();
            for entry in fs::read_dir(folder).map_err(io_at(folder))? {
                let path = entry.map_err(io_at(folder))?.path();
                if path
                    .extension()
                    .is_some_and(|extension| extension == EXTENSION)
                {
                    own.push(path);
                }
            }
            own.sort();
            paths.append(&mut own);
        }
        let mut places = HashMap::new();
        let mut readers = Vec::new();
        for (file, path) in paths.iter().enumerate() {
            scan(path, |key, record| {
                let place = Place { file, ..record };
                let known = places.entry(key).or_insert(place);
                // What failed once and has values now was computed again.
                if record.has_values && !known.has_values {
                    *known = place;
                }
            })?;
            readers.push(Mutex::new(File::open(path).map_err(io_at(path))?));
        }
        Ok(Self {
            paths,
            readers,
            writer: None,
            places: Mutex::new(places),
        })
    }

    /// Whether a cell is there, and whether it has values; `None` when it was not computed.
    #[must_use]
    pub fn state(&self, key: &Key) -> Option<bool> {
        self.place(key).map(|place| place.has_values)
    }

    fn place(&self, key: &Key) -> Option<Place> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(key).copied()
    }

    /// A cell; `None` when it was not computed.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn get(&self, key: &Key) -> Result<Option<Cell>, StoreError> {
        let Some(place) = self.place(key) else {
            return Ok(None);
        };
        let path = &self.paths[place.file];
        let mut payload = vec![0; place.length as usize];
        let mut file = self.readers[place.file]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(place.payload_at))
            .and_then(|_| file.read_exact(&mut payload))
            .map_err(io_at(path))?;
        drop(file);
        let cell = decode(&payload).ok_or_else(|| StoreError::Magic(path.clone()))?;
        Ok(Some(cell))
    }

    /// Adds a cell.
    ///
    /// # Errors
    /// [`StoreError::Io`] when it cannot be written.
    ///
    /// # Panics
    /// When the store was opened to read.
    pub fn add(&self, key: Key, cell: &Cell) -> Result<(), StoreError> {
        let payload = encode(cell);
        let length = u32::try_from(payload.len()).expect("a cell has a few thousand values");
        let mut record = Vec::with_capacity(payload.len() + 28);
        record.extend_from_slice(&key);
        record.extend_from_slice(&length.to_le_bytes());
        record.extend_from_slice(&payload);
        record.extend_from_slice(&check(&key, &payload));
        let writer = self.writer.as_ref().expect("the store is open for writing");
        let mut file = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let at = file.seek(SeekFrom::End(0)).map_err(io_at(&self.paths[0]))?;
        file.write_all(&record).map_err(io_at(&self.paths[0]))?;
        let place = Place {
            file: 0,
            payload_at: at + 20,
            length,
            has_values: matches!(cell, Cell::Values { .. }),
        };
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.insert(key, place);
        Ok(())
    }
}

fn check(key: &Key, payload: &[u8]) -> [u8; 8] {
    let digest = Sha256::new()
        .chain_update(key)
        .chain_update(payload)
        .finalize();
    std::array::from_fn(|i| digest[i])
}

/// Calls `record` with key and place of every good record, as if the file were the first, and gives where the last one
/// ends.
fn scan(path: &Path, mut record: impl FnMut(Key, Place)) -> Result<u64, StoreError> {
    let file = File::open(path).map_err(io_at(path))?;
    let mut file = BufReader::with_capacity(1 << 20, file);
    let mut magic = [0; MAGIC.len()];
    match file.read_exact(&mut magic) {
        Ok(()) if magic == *MAGIC => {}
        Ok(()) => return Err(StoreError::Magic(path.to_owned())),
        // Being made by another process.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
        Err(error) => return Err(io_at(path)(error)),
    }
    let mut end = MAGIC.len() as u64;
    let mut payload = Vec::new();
    loop {
        let mut head = [0; 20];
        let mut found = [0; 8];
        let mut next = || -> io::Result<Option<(Key, Place)>> {
            file.read_exact(&mut head)?;
            let (key, length) = head.split_at(16);
            let key: Key = key.try_into().expect("16 bytes");
            let length = u32::from_le_bytes(length.try_into().expect("4 bytes"));
            if length > MAX_PAYLOAD {
                return Ok(None);
            }
            payload.resize(length as usize, 0);
            file.read_exact(&mut payload)?;
            file.read_exact(&mut found)?;
            let place = Place {
                file: 0,
                payload_at: end + 20,
                length,
                has_values: payload.first() == Some(&0),
            };
            Ok((found == check(&key, &payload)).then_some((key, place)))
        };
        match next() {
            Ok(Some((key, place))) => {
                record(key, place);
                end = place.payload_at + u64::from(place.length) + 8;
            }
            Ok(None) => return Ok(end),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(end),
            Err(error) => return Err(io_at(path)(error)),
        }
    }
}

fn encode(cell: &Cell) -> Vec<u8> {
    match cell {
        Cell::Failed(reason) => [&[1], reason.as_bytes()].concat(),
        Cell::Values { values, reasons } => {
            let n = u32::try_from(values.len()).expect("a cell has a few thousand values");
            let mut bytes = Vec::with_capacity(8 * values.len() + 8);
            bytes.push(0);
            bytes.extend_from_slice(&n.to_le_bytes());
            for value in values {
                bytes.extend_from_slice(&value.to_le_bytes());
            }
            serde_json::to_writer(&mut bytes, reasons).expect("reasons have a JSON form");
            bytes
        }
    }
}

fn decode(payload: &[u8]) -> Option<Cell> {
    match payload.split_first()? {
        (0, rest) => {
            let (n, rest) = rest.split_first_chunk::<4>()?;
            let n = u32::from_le_bytes(*n) as usize;
            let (values, reasons) = rest.split_at_checked(n.checked_mul(8)?)?;
            let (values, _) = values.as_chunks::<8>();
            Some(Cell::Values {
                values: values
                    .iter()
                    .map(|bytes| f64::from_le_bytes(*bytes))
                    .collect(),
                reasons: serde_json::from_slice(reasons).ok()?,
            })
        }
        (1, reason) => Some(Cell::Failed(String::from_utf8(reason.to_vec()).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(value: f64) -> Cell {
        Cell::Values {
            values: vec![value, 2.0, f64::MIN_POSITIVE],
            reasons: vec![(1, "because".to_owned())],
        }
    }

    #[test]
    fn cells_survive_a_file_that_was_cut_anywhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::write(folder.path(), "all").expect("a store");
        store.add([1; 16], &cell(1.0)).expect("written");
        store
            .add([2; 16], &Cell::Failed("too small".to_owned()))
            .expect("written");
        assert_eq!(
            store.get(&[1; 16]).expect("read"),
            Some(cell(1.0)),
            "while it is open"
        );
        drop(store);
        let path = folder.path().join("all.cells");
        let whole = fs::read(&path).expect("bytes");
        let one = MAGIC.len() + 28 + encode(&cell(1.0)).len();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).expect("written");
            let store = Store::write(folder.path(), "all").expect("a store");
            assert_eq!(store.state(&[1; 16]).is_some(), cut >= one, "cut at {cut}");
            assert!(store.state(&[2; 16]).is_none(), "cut at {cut}");
            store.add([3; 16], &cell(3.0)).expect("written");
            assert_eq!(
                store.get(&[3; 16]).expect("read"),
                Some(cell(3.0)),
                "cut at {cut}"
            );
            drop(store);
            let store = Store::read(&[folder.path()]).expect("a store");
            assert_eq!(
                store.get(&[3; 16]).expect("read"),
                Some(cell(3.0)),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_flipped_bit_ends_the_good_records() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::write(folder.path(), "all").expect("a store");
        store.add([1; 16], &cell(1.0)).expect("written");
        store.add([2; 16], &cell(2.0)).expect("written");
        drop(store);
        let path = folder.path().join("all.cells");
        let mut bytes = fs::read(&path).expect("bytes");
        let last = bytes.len() - 12;
        bytes[last] ^= 1;
        fs::write(&path, bytes).expect("written");
        let store = Store::read(&[folder.path()]).expect("a store");
        assert!(
            store.state(&[1; 16]).is_some() && store.state(&[2; 16]).is_none(),
            "the second is damaged"
        );
    }

    #[test]
    fn two_writers_of_one_file_are_one_too_many() {
        let folder = tempfile::tempdir().expect("a folder");
        let _first = Store::write(folder.path(), "all").expect("a store");
        let second = Store::write(folder.path(), "all").expect_err("locked");
        assert!(matches!(second, StoreError::Locked(_)), "{second}");
        let other = Store::write(folder.path(), "shard-1-of-2").expect("another file");
        other.add([9; 16], &cell(9.0)).expect("written");
        drop(other);
        let both = Store::read(&[folder.path()]).expect("a store");
        assert!(both.state(&[9; 16]) == Some(true), "the cells of all files");
    }
}
