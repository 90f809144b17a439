//! The folder into which files are fetched.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use radgauge_reference::datasets::{Candidate, Digest};

use super::Problem;

/// Held by the process that fetches into the folder.
const LOCK: &str = ".radgauge-fetch.lock";

/// More than any file whose size is not known has.
const MAX_BYTES: u64 = 1 << 28;

/// A folder into which one process at a time fetches.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// Released by the system when the process ends, however it does.
    _lock: File,
}

impl Store {
    /// Makes the folder where it is missing, and waits for another process that fetches into it; `waiting` is called
    /// when there is one.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn open(folder: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                lock.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Ok(Self {
            folder: folder.to_owned(),
            _lock: lock,
        })
    }

    /// The place of a file.
    pub(super) fn slot(&self, candidate: &Candidate<'static>) -> Slot {
        let path = self.folder.join(&candidate.path);
        let mut part = path.clone().into_os_string();
        part.push(".part");
        Slot {
            path,
            part: part.into(),
            bytes: candidate.bytes,
            digest: candidate.digest,
        }
    }
}

/// The place of a file in the store: its name, and the name that it has until its bytes are verified.
#[derive(Debug)]
pub(super) struct Slot {
    path: PathBuf,
    part: PathBuf,
    bytes: Option<u64>,
    digest: Digest<'static>,
}

impl Slot {
    /// The size that the file will have, where it is known.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// No more bytes than this are ever written.
    pub(super) fn max_bytes(&self) -> u64 {
        self.bytes.unwrap_or(MAX_BYTES)
    }

    /// How much of the file has been received, in this run or in an earlier one.
    pub(super) fn received(&self) -> u64 {
        fs::metadata(&self.part).map_or(0, |part| part.len())
    }

    /// Forgets what was received.
    pub(super) fn discard(&self) -> Result<(), Problem> {
        match fs::remove_file(&self.part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.unwritable(error)),
            _ => Ok(()),
        }
    }

    /// Receives the whole file from a reader and keeps it; of what fails nothing stays.
    pub(super) fn copy(
        &self,
        reader: &mut dyn Read,
        broken: impl FnOnce(io::Error) -> Problem,
    ) -> Result<(), Problem> {
        self.receive(0, reader, broken)
            .and_then(|()| self.keep())
            .or_else(|problem| self.discard().and(Err(problem)))
    }

    /// Writes what a reader gives from this byte on. Refuses, and forgets, more than the file has; what was received
    /// before the reader failed stays.
    pub(super) fn receive(
        &self,
        from: u64,
        reader: &mut dyn Read,
        broken: impl FnOnce(io::Error) -> Problem,
    ) -> Result<(), Problem> {
        let mut part = self.open(from).map_err(|error| self.unwritable(error))?;
        let mut received = from;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(broken(error)),
            };
            received += n as u64;
            if received > self.max_bytes() {
                self.discard()?;
                return Err(Problem::Size {
                    expected: self.max_bytes(),
                    found: received,
                });
            }
            part.write_all(&buffer[..n])
                .map_err(|error| self.unwritable(error))?;
        }
    }

    fn open(&self, from: u64) -> io::Result<File> {
        if let Some(folder) = self.part.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut part = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.part)?;
        part.set_len(from)?;
        part.seek(SeekFrom::Start(from))?;
        Ok(part)
    }

    /// Gives what was received its name when it is the published file, and forgets it when it is not.
    pub(super) fn keep(&self) -> Result<(), Problem> {
        let found = self
            .digest
            .of_file(&self.part)
            .map_err(|source| Problem::Read {
                path: self.part.clone(),
                source,
            })?;
        if found != self.digest.digits() {
            self.discard()?;
            return Err(Problem::Digest {
                expected: self.digest,
                found,
            });
        }
        // On the disk before it has its name: a machine that loses power must not leave an empty file.
        File::options()
            .write(true)
            .open(&self.part)
            .and_then(|part| part.sync_all())
            .and_then(|()| fs::rename(&self.part, &self.path))
            .map_err(|error| self.unwritable(error))
    }

    fn unwritable(&self, source: io::Error) -> Problem {
        Problem::Write {
            path: self.part.clone(),
            source,
        }
    }
}
