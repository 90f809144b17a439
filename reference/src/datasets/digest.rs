//! Telling whether a file's bytes are those that were published.

use std::{
    fmt, fs,
    io::{self, Read},
    path::Path,
};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The digest that a file must have, in lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest<'a> {
    /// SHA-256 of its bytes.
    Sha256(&'a str),
    /// Git's id of it: SHA-1 of `blob`, its size and its bytes. The commit of a data set vouches for these ids, and
    /// for some published files no other digest is known.
    GitBlob(&'a str),
}

impl Digest<'_> {
    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        match self {
            Self::Sha256(digits) | Self::GitBlob(digits) => digits,
        }
    }

    /// The digits of the same digest of a file, without holding the file in memory.
    ///
    /// # Errors
    /// Whatever the system says when the file cannot be read.
    pub fn of_file(&self, path: &Path) -> io::Result<String> {
        match self {
            Self::Sha256(_) => sha256(path),
            Self::GitBlob(_) => {
                let header = format!("blob {}\0", fs::metadata(path)?.len());
                hash(Sha1::new_with_prefix(header), path)
            }
        }
    }
}

impl fmt::Display for Digest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digits) => write!(f, "SHA-256 {digits}"),
            Self::GitBlob(digits) => write!(f, "git blob {digits}"),
        }
    }
}

/// The SHA-256 of a file in lower-case hexadecimal digits, without holding the file in memory.
///
/// # Errors
/// Whatever the system says when the file cannot be read.
pub fn sha256(path: &Path) -> io::Result<String> {
    hash(Sha256::new(), path)
}

fn hash<H: sha2::Digest>(mut hasher: H, path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => hasher.update(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `git hash-object` and `sha256sum` print for a file that holds `hello` and a line feed.
    #[test]
    fn digests_are_those_of_git_and_sha256sum() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("file");
        fs::write(&path, "hello\n").expect("a file can be written");
        assert_eq!(
            Digest::GitBlob("").of_file(&path).ok().as_deref(),
            Some("ce013625030ba8dba906f756967f9e9ca394464a"),
            "git blob"
        );
        assert_eq!(
            Digest::Sha256("").of_file(&path).ok().as_deref(),
            Some("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"),
            "SHA-256"
        );
    }
}
