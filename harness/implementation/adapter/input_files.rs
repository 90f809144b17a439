//! The image and the mask of a question, as files in the folder of an adapter.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use radgauge_engine::io::WriteProblem;
use radgauge_reference::datasets::sha256;

use super::protocol::File;
use crate::implementation::{Question, Storage};

/// The files that were written last. Many cases ask about one scan, which is written and hashed once for all of them.
#[derive(Debug, Default)]
pub(super) struct InputFiles(Option<Written>);

#[derive(Debug)]
struct Written {
    folder: PathBuf,
    source: BTreeMap<String, String>,
    storage: Storage,
    files: [File; 2],
    /// Who changed a file since has changed this.
    states: [(u64, SystemTime); 2],
}

impl InputFiles {
    /// Writes the files of a question into the folder `name` below `folder`, unless they are there.
    ///
    /// # Errors
    /// Whatever the operating system refuses, and an image that the form of file cannot hold.
    pub(super) fn write(
        &mut self,
        folder: &Path,
        name: &str,
        question: Question<'_>,
    ) -> Result<[File; 2], WriteProblem> {
        let input = folder.join(name);
        if let Some(written) = &self.0
            && written.is_of(&input, question)
        {
            return Ok(written.files.clone());
        }
        self.0 = None;
        let paths = question.storage.names().map(|name| input.join(name));
        for path in &paths {
            // Slices of another question must not stay, and an adapter may have put anything in the place of a file.
            let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
        }
        let written = question
            .storage
            .write(&input, question.image, question.mask);
        written.map_err(|error| error.problem)?;
        let stamped = |number: usize| {
            Ok::<File, io::Error>(File {
                path: format!("{name}/{}", question.storage.names()[number]),
                sha256: sha256(&paths[number])?,
            })
        };
        let files = [stamped(0)?, stamped(1)?];
        if let (Some(source), Ok(states)) = (question.source, states(&input, question.storage)) {
            self.0 = Some(Written {
                folder: input,
                source: source.clone(),
                storage: question.storage,
                files: files.clone(),
                states,
            });
        }
        Ok(files)
    }
}

impl Written {
    fn is_of(&self, folder: &Path, question: Question<'_>) -> bool {
        self.folder == folder
            && question.source == Some(&self.source)
            && question.storage == self.storage
            && states(folder, self.storage).is_ok_and(|states| states == self.states)
    }
}

/// Length and time of the last change of both files.
fn states(folder: &Path, storage: Storage) -> io::Result<[(u64, SystemTime); 2]> {
    let state = |name: &str| {
        let metadata = fs::symlink_metadata(folder.join(name))?;
        Ok::<_, io::Error>((metadata.len(), metadata.modified()?))
    };
    let [image, mask] = storage.names();
    Ok([state(image)?, state(mask)?])
}

#[cfg(test)]
mod tests {
    use radgauge_engine::settings::Settings;
    use radgauge_phantoms::{ibsi1::digital_phantom, textured::textured_phantom};

    use super::*;

    #[test]
    fn files_are_written_once_for_one_source_and_again_when_anything_differs() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("in")).expect("it can be written");
        let path = folder.path().join("in/image.nii");
        let settings = Settings::default();
        let (phantoms, mut files) = (
            [digital_phantom(), textured_phantom()],
            InputFiles::default(),
        );
        let sources = ["a", "b"].map(|digest| BTreeMap::from([("image".into(), digest.into())]));
        let mut write = |number: usize, has_source: bool, storage: Storage| {
            let question = Question {
                case: "t/case",
                keys: &[],
                image: &phantoms[number].0,
                mask: &phantoms[number].1,
                settings: &settings,
                storage,
                source: has_source.then_some(&sources[number]),
            };
            let [image, _] = files.write(folder.path(), "in", question).expect("written");
            image.sha256
        };
        let time = || {
            fs::metadata(&path)
                .and_then(|file| file.modified())
                .expect("it is there")
        };
        let tick = || std::thread::sleep(std::time::Duration::from_millis(20));

        let digest = write(0, true, Storage::default());
        let first = time();
        tick();
        assert_eq!(write(0, true, Storage::default()), digest, "the same");
        assert_eq!(time(), first, "not written again");
        assert_ne!(write(1, true, Storage::default()), digest, "another source");
        let second = time();
        assert_ne!(second, first, "was written");
        tick();
        fs::write(&path, "the adapter's own").expect("it can be written");
        write(1, true, Storage::default());
        assert_eq!(
            sha256(&path).ok(),
            Some(write(1, true, Storage::default())),
            "whole again"
        );
        let third = time();
        tick();
        write(1, false, Storage::default());
        assert_ne!(
            time(),
            third,
            "without a source there is nothing to tell images by"
        );
        let gzipped = Storage {
            is_gzip: true,
            ..Storage::default()
        };
        let zipped = write(1, true, gzipped);
        assert_ne!(zipped, write(1, true, Storage::default()), "another form");
    }
}
