//! Files from a folder.

use std::{fs::File, path::Path};

use super::{Problem, Store, Wanted};

/// Copies a file from wherever in the folder it lies; what cannot be used there is passed over for the next layout.
pub(super) fn fetch(wanted: Wanted, folder: &Path, store: &Store) -> Result<(), Problem> {
    let [own, published, in_clone] = wanted.set.candidates(wanted.file);
    let downloaded = wanted.set.downloaded(wanted.file);
    let mut problem = Problem::Absent([own.path.clone(), published.path.clone()]);
    for (candidate, kept_as) in [
        (&own, &own),
        (&published, &downloaded),
        (&in_clone, &downloaded),
    ] {
        let path = folder.join(&candidate.path);
        if !path.is_file() {
            continue;
        }
        let slot = store.slot(kept_as);
        let unreadable = |source| Problem::Read {
            path: path.clone(),
            source,
        };
        let copied = File::open(&path)
            .map_err(unreadable)
            .and_then(|mut file| slot.copy(&mut file, unreadable));
        match copied {
            Ok(()) => return Ok(()),
            Err(error) => problem = error,
        }
    }
    Err(problem)
}
