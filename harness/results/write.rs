//! Writing a result document.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Agreement, Case, Check, Diagnosis, End, Observation, Record, Results, Run, Totals};

/// Collects the lines of a result document and their digest.
#[derive(Debug, Default)]
pub struct Writer {
    lines: Vec<u8>,
}

impl Writer {
    /// Appends a line. Records hold finite numbers only: JSON has no others.
    pub fn push(&mut self, record: &Record) {
        self.line(record);
    }

    fn line(&mut self, line: &impl Serialize) {
        serde_json::to_writer(&mut self.lines, line).expect("a record has a JSON form");
        self.lines.push(b'\n');
    }

    /// SHA-256 of the lines so far.
    fn digest(&self) -> String {
        hex(&Sha256::digest(&self.lines))
    }

    /// Appends the footer and gives the whole document.
    #[must_use]
    pub fn finish(mut self, complete: bool, totals: Totals, exit_code: u8) -> Vec<u8> {
        let digest = self.digest();
        self.push(&Record::End(End {
            complete,
            totals,
            exit_code,
            digest,
        }));
        self.lines
    }
}

/// A [`Record`] that is part of results.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Part<'a> {
    Run(&'a Run),
    Case(&'a Case),
    Check(&'a Check),
    Observation(&'a Observation),
    Diagnosis(&'a Diagnosis),
    Agreement(&'a Agreement),
    End(&'a End),
}

impl Results {
    /// The document, whose digest the results have from now on: what is rendered of them names it.
    pub fn seal(&mut self) -> Vec<u8> {
        let mut writer = self.lines();
        self.end.digest = writer.digest();
        writer.line(&Part::End(&self.end));
        writer.lines
    }

    /// The document, written anew: what [`read`](super::read) gives is written as the same bytes that were read, and
    /// what was changed gets its own digest.
    #[must_use]
    pub fn to_document(&self) -> Vec<u8> {
        let End {
            complete,
            totals,
            exit_code,
            ..
        } = &self.end;
        self.lines().finish(*complete, totals.clone(), *exit_code)
    }

    /// All lines but the footer.
    fn lines(&self) -> Writer {
        let mut writer = Writer::default();
        writer.line(&Part::Run(&self.run));
        let mut checks = self.checks.iter().peekable();
        let mut observations = self.observations.iter().peekable();
        for case in &self.cases {
            writer.line(&Part::Case(case));
            while let Some(check) = checks.next_if(|check| check.case_id() == case.id) {
                writer.line(&Part::Check(check));
            }
            while let Some(one) = observations.next_if(|one| one.case_id() == case.id) {
                writer.line(&Part::Observation(one));
            }
        }
        for check in checks {
            writer.line(&Part::Check(check));
        }
        for one in observations {
            writer.line(&Part::Observation(one));
        }
        for diagnosis in &self.diagnoses {
            writer.line(&Part::Diagnosis(diagnosis));
        }
        for agreement in &self.agreements {
            writer.line(&Part::Agreement(agreement));
        }
        writer
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
