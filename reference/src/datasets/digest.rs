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

/// The SHA-256 of a file in lower-case hexadecimal digits, without holding the file in memory. Of a folder, that of the
/// lines that `sha256sum *` prints in it: digest, two spaces and name of each file in the order of names.
///
/// # Errors
/// Whatever the system says when a file cannot be read.
pub fn sha256(path: &Path) -> io::Result<String> {
    if !path.is_dir() {
        return hash(Sha256::new(), path);
    }
    let mut names = fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.retain(|name| path.join(name).is_file());
    names.sort();
    let mut lines = Sha256::new();
    for name in names {
        let digest = hash(Sha256::new(), &path.join(&name))?;
        lines.update(format!("{digest}  {}\n", name.display()));
    }
    Ok(digits(lines))
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
    Ok(digits(hasher))
}

fn digits(hasher: impl sha2::Digest) -> String {
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
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

    #[test]
    fn the_digest_of_a_folder_is_that_of_what_sha256sum_prints() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for (name, text) in [("b", "hello\n"), ("a", "")] {
            fs::write(folder.path().join(name), text).expect("a file can be written");
        }
        fs::create_dir(folder.path().join("c")).expect("a folder can be made");
        assert_eq!(
            sha256(folder.path()).ok().as_deref(),
            Some("abeee4f557f40a4f5e3d76ecca2cbddcc3b7a0d17de6de3bb0c4ba282b71a2fe"),
            "files in the order of names, no folders"
        );
    }
}
