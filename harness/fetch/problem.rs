//! What can go wrong with a file, in words that name what was expected and what was found.

use std::{fmt, io, path::PathBuf, time::Duration};

use radgauge_reference::datasets::{DataFile, Digest};

use super::web::MAX_REDIRECTS;

/// A file, or a whole archive, that could not be fetched.
#[derive(Debug)]
pub struct Failure {
    /// The file in radgauge's layout; `None` when the whole source failed.
    pub file: Option<&'static DataFile>,
    /// Where it was to come from: an address, a folder, an archive.
    pub from: String,
    /// What went wrong.
    pub problem: Problem,
}

impl Failure {
    pub(super) fn of(file: &'static DataFile, from: String, problem: Problem) -> Self {
        Self {
            file: Some(file),
            from,
            problem,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            from,
            problem,
        } = self;
        match file {
            Some(file) => write!(f, "`{}` from `{from}`: {problem}", file.path),
            None => write!(f, "`{from}`: {problem}"),
        }
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The server answers with something else than the file.
    #[error("expected status 200, the server answers {0}")]
    Status(ureq::http::StatusCode),
    /// The server cannot be reached or does not speak HTTP.
    #[error("no answer: {0}")]
    Unreachable(ureq::Error),
    /// The server, or the way to it, has fallen silent.
    #[error("nothing was received for {} s", .0.as_secs())]
    Stalled(Duration),
    /// The server sends on and on.
    #[error("more than {MAX_REDIRECTS} redirects")]
    Redirects,
    /// The connection ended early.
    #[error("the connection broke after {received} {}", of_bytes(.expected))]
    Broken {
        /// Bytes received so far.
        received: u64,
        /// Bytes of the file.
        expected: Option<u64>,
    },
    /// The server does not go on where the download broke.
    #[error("the server does not go on at byte {0}")]
    Range(
        /// Where it was to go on.
        u64,
    ),
    /// Another size.
    #[error("expected {expected} bytes, found {found}")]
    Size {
        /// Bytes of the published file.
        expected: u64,
        /// Bytes offered or received before the rest was refused.
        found: u64,
    },
    /// Other bytes.
    #[error("expected {expected}, found {found}")]
    Digest {
        /// The digest of the published file.
        expected: Digest<'static>,
        /// The digits of that digest of what was received.
        found: String,
    },
    /// The folder or archive does not have the file.
    #[error("expected `{}` or `{}` in it, found neither", .0[0], .0[1])]
    Absent(
        /// The path in radgauge's layout, and in the repository that publishes it.
        [String; 2],
    ),
    /// A member of an archive that is a link or a device where a file is expected.
    #[error("`{0}` is no regular file")]
    NotRegular(
        /// The member.
        String,
    ),
    /// A member of an archive whose path leads out of it.
    #[error("refused: `{0}` leads out of the archive")]
    LeadsOut(
        /// The member.
        String,
    ),
    /// A file that is neither of the archives that are read.
    #[error("expected a folder, a ZIP or a TAR.GZ archive")]
    NoArchive,
    /// The archive is damaged, or larger than anything that is read.
    #[error("the archive cannot be read: {0}")]
    Archive(
        /// What its reader says.
        String,
    ),
    /// A file of the source cannot be read.
    #[error("`{}` cannot be read: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The data folder cannot be written.
    #[error("`{}` cannot be written: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn of_bytes(expected: &Option<u64>) -> String {
    match expected {
        Some(expected) => format!("of {expected} bytes"),
        None => "bytes".to_owned(),
    }
}

impl Problem {
    /// Whether trying again at once may help.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Status(status) => {
                status.is_server_error() || matches!(status.as_u16(), 408 | 429)
            }
            Self::Unreachable(_) | Self::Broken { .. } | Self::Range(_) => true,
            _ => false,
        }
    }

    /// Whether the next file would fail alike.
    pub(super) fn stops_the_others(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Stalled(_) | Self::Write { .. }
        )
    }
}
