//! Writing a result document.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{End, Record, Results, Totals};

/// Collects the lines of a result document and their digest.
#[derive(Debug, Default)]
pub struct Writer {
    lines: Vec<u8>,
}

impl Writer {
    /// Appends a line.
    ///
    /// # Panics
    /// When a record holds a number that JSON cannot: records hold finite numbers only.
    pub fn push(&mut self, record: &Record) {
        serde_json::to_writer(&mut self.lines, record).expect("records hold finite numbers only");
        self.lines.push(b'\n');
    }

    /// Appends the footer and gives the whole document.
    #[must_use]
    pub fn finish(mut self, complete: bool, totals: Totals, exit_code: u8) -> Vec<u8> {
        let digest = hex(&Sha256::digest(&self.lines));
        self.push(&Record::End(End {
            complete,
            totals,
            exit_code,
            digest,
        }));
        self.lines
    }
}

impl Results {
    /// The document, written anew: what [`read`](super::read) gives is written as the same bytes that were read, and
    /// what was changed gets its own digest.
    #[must_use]
    pub fn to_document(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.push(&Record::Run(self.run.clone()));
        let mut checks = self.checks.iter().peekable();
        let mut observations = self.observations.iter().peekable();
        for case in &self.cases {
            writer.push(&Record::Case(case.clone()));
            while let Some(check) = checks.next_if(|check| check.case_id() == case.id) {
                writer.push(&Record::Check(check.clone()));
            }
            while let Some(one) = observations.next_if(|one| one.case_id() == case.id) {
                writer.push(&Record::Observation(one.clone()));
            }
        }
        for check in checks {
            writer.push(&Record::Check(check.clone()));
        }
        for one in observations {
            writer.push(&Record::Observation(one.clone()));
        }
        for diagnosis in &self.diagnoses {
            writer.push(&Record::Diagnosis(diagnosis.clone()));
        }
        for agreement in &self.agreements {
            writer.push(&Record::Agreement(agreement.clone()));
        }
        let End {
            complete,
            totals,
            exit_code,
            ..
        } = &self.end;
        writer.finish(*complete, totals.clone(), *exit_code)
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file whole or not at all: to a temporary name beside it, then renamed.
///
/// # Errors
/// Whatever the file system says.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder)?;
    let mut builder = tempfile::Builder::new();
    // Temporary files are for their owner alone; a report is for whoever may read the folder.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(&folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
