//! Files from a ZIP or TAR.GZ archive, such as the hosts of repositories offer them.
//!
//! A member is taken when its path ends as a wanted file's does, in radgauge's layout or in its repository's. Nothing is
//! written to a path that the archive names; links are never followed; no more is read of a member than the file has.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read, Seek},
    iter,
    path::{Component, Path},
};

use flate2::read::MultiGzDecoder;
use tar::EntryType;
use zip::ZipArchive;

use super::{Failure, Problem, Store, Wanted, store::Slot};

/// No archive of the repositories unpacks to more; a bomb does.
const MAX_UNPACKED: u64 = 1 << 36;

/// More bytes than any member's path has.
const MAX_NAME: u64 = 1 << 16;

/// In how many folders a wanted path may lie within an archive, and one more: an archive of a repository has one, an
/// archive of clones two.
const MAX_DEPTH: usize = 4;

/// Takes the wanted files out of an archive.
pub(super) fn fetch(
    wanted: &[Wanted],
    archive: &Path,
    store: &Store,
    done: &dyn Fn(Wanted),
) -> Vec<Failure> {
    let mut search = Search::of(wanted, store, done);
    let from = archive.display().to_string();
    if let Err(problem) = search.read(archive) {
        return vec![Failure {
            file: None,
            from,
            problem,
        }];
    }
    search
        .states
        .into_iter()
        .zip(wanted)
        .filter_map(|(state, wanted)| Some((state?, wanted)))
        .map(|(problem, wanted)| Failure::of(wanted.file, from.clone(), problem))
        .collect()
}

struct Search<'a> {
    wanted: &'a [Wanted],
    done: &'a dyn Fn(Wanted),
    /// Where files are kept, with the number of the wanted file.
    slots: Vec<(usize, Slot)>,
    /// The slot by the end of a member's path.
    names: HashMap<String, usize>,
    /// What stands against each wanted file so far; `None` when it was kept.
    states: Vec<Option<Problem>>,
}

impl<'a> Search<'a> {
    fn of(wanted: &'a [Wanted], store: &Store, done: &'a dyn Fn(Wanted)) -> Self {
        let mut search = Self {
            wanted,
            done,
            slots: Vec::new(),
            names: HashMap::new(),
            states: Vec::new(),
        };
        for (index, Wanted { set, file }) in wanted.iter().enumerate() {
            let [own, published, _] = set.candidates(file);
            let paths = [own.path.clone(), published.path.clone()];
            for (name, kept_as) in [
                (own.path.clone(), own),
                (published.path, set.downloaded(file)),
            ] {
                search.names.insert(name, search.slots.len());
                search.slots.push((index, store.slot(&kept_as)));
            }
            search.states.push(Some(Problem::Absent(paths)));
        }
        search
    }

    fn read(&mut self, archive: &Path) -> Result<(), Problem> {
        let unreadable = |source| Problem::Read {
            path: archive.to_owned(),
            source,
        };
        let mut file = BufReader::new(File::open(archive).map_err(unreadable)?);
        let mut magic = Vec::new();
        (&mut file)
            .take(4)
            .read_to_end(&mut magic)
            .and_then(|_| file.rewind())
            .map_err(unreadable)?;
        match magic.as_slice() {
            [b'P', b'K', ..] => self.zip(file),
            [0x1f, 0x8b, ..] => self.tar(MultiGzDecoder::new(file).take(MAX_UNPACKED)),
            _ => Err(Problem::NoArchive),
        }
    }

    fn zip(&mut self, file: BufReader<File>) -> Result<(), Problem> {
        let mut zip = ZipArchive::new(file).map_err(damaged)?;
        for index in 0..zip.len() {
            let member = zip.by_index_raw(index).map_err(damaged)?;
            let name = member.name().map_err(damaged)?.into_owned();
            let is_regular = member.is_file();
            drop(member);
            let Some(found) = self.find(&name)? else {
                continue;
            };
            match zip.by_index(index) {
                Ok(mut member) => self.take(found, &name, is_regular, &mut member)?,
                Err(error) => self.states[self.slots[found].0] = Some(damaged(error)),
            }
        }
        Ok(())
    }

    /// Long paths come as members of their own, which are read here, for their size to be bounded.
    fn tar(&mut self, unpacked: impl Read) -> Result<(), Problem> {
        let mut tar = tar::Archive::new(unpacked);
        let mut long_name = None;
        for member in tar.entries().map_err(damaged)?.raw(true) {
            let mut member = member.map_err(damaged)?;
            let kind = member.header().entry_type();
            let holds_name = matches!(kind, EntryType::GNULongName | EntryType::XHeader);
            if holds_name && member.size() > MAX_NAME {
                return Err(damaged(format!("a path of {} bytes", member.size())));
            }
            match kind {
                EntryType::GNULongName => {
                    let mut name = Vec::new();
                    member.read_to_end(&mut name).map_err(damaged)?;
                    long_name = Some(name);
                    continue;
                }
                EntryType::XHeader => {
                    let records = member.pax_extensions().map_err(damaged)?;
                    for record in records.into_iter().flatten() {
                        let record = record.map_err(damaged)?;
                        if record.key_bytes() == b"path" {
                            long_name = Some(record.value_bytes().to_owned());
                        }
                    }
                    continue;
                }
                EntryType::GNULongLink | EntryType::XGlobalHeader => continue,
                _ => {}
            }
            let name = long_name
                .take()
                .unwrap_or_else(|| member.path_bytes().into_owned());
            let name = String::from_utf8_lossy(&name);
            let name = name.trim_end_matches('\0');
            if let Some(found) = self.find(name)? {
                self.take(found, name, kind.is_file(), &mut member)?;
            }
        }
        Ok(())
    }

    /// The slot of the file that a member is, when it is wanted still.
    fn find(&self, name: &str) -> Result<Option<usize>, Problem> {
        let stays_inside = Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !stays_inside {
            return Err(Problem::LeadsOut(name.to_owned()));
        }
        let name = name.trim_start_matches("./");
        let after_slashes = name.match_indices('/').map(|(at, _)| at + 1);
        let found = iter::once(0)
            .chain(after_slashes)
            .take(MAX_DEPTH)
            .find_map(|at| self.names.get(&name[at..]).copied());
        Ok(found.filter(|slot| self.states[self.slots[*slot].0].is_some()))
    }

    fn take(
        &mut self,
        slot: usize,
        name: &str,
        is_regular: bool,
        member: &mut dyn Read,
    ) -> Result<(), Problem> {
        let (index, slot) = &self.slots[slot];
        let taken = if is_regular {
            slot.copy(member, damaged)
        } else {
            Err(Problem::NotRegular(name.to_owned()))
        };
        match taken {
            Ok(()) => {
                self.states[*index] = None;
                (self.done)(self.wanted[*index]);
                Ok(())
            }
            Err(problem) if problem.stops_the_others() => Err(problem),
            Err(problem) => {
                self.states[*index] = Some(problem);
                Ok(())
            }
        }
    }
}

fn damaged(error: impl ToString) -> Problem {
    Problem::Archive(error.to_string())
}
