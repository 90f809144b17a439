//! Getting data sets: from the repositories that publish them, from a mirror, from a folder or from an archive.
//!
//! Nothing that a source says is believed. A file gets its name only when its bytes have the digest that is built into
//! [`radgauge_reference`]; until then it is `NAME.part`, from which a broken download is resumed. Where it is written
//! follows from the built-in list, never from what a server or an archive calls it.

mod archive;
mod folder;
mod problem;
mod store;
mod web;

pub use problem::{Failure, Problem};
pub use store::Store;
pub use web::{Web, WebError};

use std::path::{Path, PathBuf};

use radgauge_reference::datasets::{DataFile, DataSet, Library};
use rayon::prelude::*;

/// A file of a data set that is to be fetched.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The data set.
    pub set: &'static DataSet,
    /// The file.
    pub file: &'static DataFile,
}

/// Where files come from.
#[derive(Debug)]
pub enum Source {
    /// A server.
    Web(Web),
    /// A folder: radgauge's layout, a clone of the repository that publishes the set, or a folder of such clones.
    Folder(PathBuf),
    /// A ZIP or TAR.GZ archive of such a folder.
    Archive(PathBuf),
}

/// The files of the sets that a folder does not hold, or holds damaged.
#[must_use]
pub fn lacking(sets: &[&'static DataSet], folder: &Path) -> Vec<Wanted> {
    let library = Library::of(folder);
    let files: Vec<Wanted> = sets
        .iter()
        .flat_map(|set| set.files.iter().map(|file| Wanted { set, file }))
        .collect();
    files
        .into_par_iter()
        .filter(|wanted| library.verify(&wanted.file.path).is_err())
        .collect()
}

/// Fetches files into the store; `done` is told of every file that was kept. Gives what went wrong.
///
/// A file that fails does not stop the others, unless what failed would fail for all of them: a server that cannot be
/// reached, an archive that cannot be read, a disk that is full.
pub fn fetch(
    wanted: &[Wanted],
    source: &Source,
    store: &Store,
    done: &dyn Fn(Wanted),
) -> Vec<Failure> {
    match source {
        Source::Web(web) => one_by_one(wanted, done, |wanted| {
            let url = wanted.set.url(wanted.file, web.server());
            let slot = store.slot(&wanted.set.downloaded(wanted.file));
            web.fetch(&url, &slot)
                .map_err(|problem| Failure::of(wanted.file, url, problem))
        }),
        Source::Folder(folder) => one_by_one(wanted, done, |wanted| {
            folder::fetch(wanted, folder, store)
                .map_err(|problem| Failure::of(wanted.file, folder.display().to_string(), problem))
        }),
        Source::Archive(archive) => archive::fetch(wanted, archive, store, done),
    }
}

fn one_by_one(
    wanted: &[Wanted],
    done: &dyn Fn(Wanted),
    fetch: impl Fn(Wanted) -> Result<(), Failure>,
) -> Vec<Failure> {
    let mut failures = Vec::new();
    for wanted in wanted {
        match fetch(*wanted) {
            Ok(()) => done(*wanted),
            Err(failure) => {
                let stops = failure.problem.stops_the_others();
                failures.push(failure);
                if stops {
                    break;
                }
            }
        }
    }
    failures
}
