//! The images, masks and reference maps that cases need, read and verified.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use radgauge_engine::{
    io::{self, check_same_grid},
    settings::Settings,
    volume::{Image, Mask},
};
use radgauge_reference::datasets::{DataError, Library, Verified};

use crate::suite::{Asks, Input, MapReference, SuiteCase};

/// Whether a case's input could be had.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DataState {
    Present,
    Missing,
    Unusable,
}

/// An image and its mask, with the SHA-256 of the files they come from.
pub(super) struct LoadedInput {
    pub(super) image: Image,
    pub(super) mask: Mask,
    pub(super) hashes: BTreeMap<String, String>,
}

impl LoadedInput {
    fn made((image, mask): (Image, Mask)) -> Self {
        Self {
            image,
            mask,
            hashes: BTreeMap::new(),
        }
    }
}

/// The map that a response map is compared with. It is read or computed when there is something to compare with it.
pub(super) enum Reference {
    /// None was published.
    None,
    /// A file, its bytes checked, by its name in the library.
    File(&'static str, Verified),
    /// Computed from the image and the settings.
    Computed(fn(&Image, &Settings) -> Image),
}

impl Reference {
    /// The SHA-256 of the file it comes from, if it comes from one.
    pub(super) fn hash(&self) -> Option<(String, String)> {
        match self {
            Self::File(name, file) => Some(((*name).to_owned(), file.sha256.clone())),
            Self::None | Self::Computed(_) => None,
        }
    }

    pub(super) fn map(
        &self,
        case: &SuiteCase,
        input: &LoadedInput,
    ) -> Result<Option<Image>, InputError> {
        match self {
            Self::None => Ok(None),
            Self::Computed(compute) => Ok(Some(compute(&input.image, &case.settings))),
            Self::File(name, file) => io::read_image(&file.path)
                .map(Some)
                .map_err(|error| unusable(file, name, &error)),
        }
    }
}

/// Why an input cannot be had, in words.
pub(super) enum InputError {
    Missing(String),
    Unusable(String),
}

impl InputError {
    pub(super) fn state(&self) -> DataState {
        match self {
            Self::Missing(_) => DataState::Missing,
            Self::Unusable(_) => DataState::Unusable,
        }
    }

    pub(super) fn message(&self) -> &str {
        match self {
            Self::Missing(message) | Self::Unusable(message) => message,
        }
    }
}

/// The images and masks of all cases. Those that come from files are read once, however many cases share them: when the
/// first of these needs them, or before, while there is nothing else to do. They are forgotten after the last, so that
/// memory is bounded by the cases that run.
pub(super) struct Inputs<'a> {
    library: &'a Library,
    files: HashMap<Files, Mutex<Shared>>,
    /// By the id of a case, the files that a case after it needs next; empty when none are read ahead.
    next: HashMap<&'a str, Files>,
}

/// The names of image and mask in the library.
type Files = (&'static str, &'static str);

/// An input that cases share.
#[derive(Default)]
struct Shared {
    /// How many cases have yet to give it back.
    users: usize,
    input: Option<Arc<Result<LoadedInput, InputError>>>,
}

impl<'a> Inputs<'a> {
    /// The inputs of cases in the order in which they are run. Where `has_spare_time`, the next files are read while a
    /// case is asked.
    pub(super) fn of(cases: &[&'a SuiteCase], library: &'a Library, has_spare_time: bool) -> Self {
        let of_case = |case: &&SuiteCase| match case.input {
            Input::Files { image, mask } => Some((image, mask)),
            _ => None,
        };
        let mut files: HashMap<_, Mutex<Shared>> = HashMap::new();
        for key in cases.iter().filter_map(of_case) {
            let shared = files.entry(key).or_default();
            shared
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .users += 1;
        }
        let mut next = HashMap::new();
        if has_spare_time {
            for (at, case) in cases.iter().enumerate() {
                let mut later = cases[at + 1..].iter().filter_map(of_case);
                let others = later.find(|files| Some(*files) != of_case(case));
                next.extend(others.map(|files| (case.id.as_str(), files)));
            }
        }
        Self {
            library,
            files,
            next,
        }
    }

    /// Gives the input of a case to `with`, once for each case.
    pub(super) fn with<R>(
        &self,
        case: &SuiteCase,
        with: impl FnOnce(Result<&LoadedInput, &InputError>) -> R,
    ) -> R {
        let Some(next) = self.next.get(case.id.as_str()) else {
            return self.with_own(case, with);
        };
        self.with_own(case, |input| {
            thread::scope(|scope| {
                scope.spawn(|| self.read_ahead(*next));
                with(input)
            })
        })
    }

    /// Reads files that somebody has yet to need.
    fn read_ahead(&self, files: Files) {
        let mut shared = self.shared(files);
        if shared.users > 0 {
            let load = || Arc::new(load(self.library, files));
            shared.input.get_or_insert_with(load);
        }
    }

    fn shared(&self, files: Files) -> MutexGuard<'_, Shared> {
        self.files[&files]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn with_own<R>(
        &self,
        case: &SuiteCase,
        with: impl FnOnce(Result<&LoadedInput, &InputError>) -> R,
    ) -> R {
        match case.input {
            Input::Phantom(make) => with(Ok(&LoadedInput::made(make()))),
            Input::Numbered { make, number } => with(Ok(&LoadedInput::made(make(number)))),
            Input::Files { image, mask } => {
                let files = (image, mask);
                let load = || Arc::new(load(self.library, files));
                let input = Arc::clone(self.shared(files).input.get_or_insert_with(load));
                let result = with(input.as_ref().as_ref());
                let mut shared = self.shared(files);
                shared.users -= 1;
                if shared.users == 0 {
                    shared.input = None;
                }
                result
            }
            Input::Given(given) => with(Ok(&LoadedInput {
                image: given.image.clone(),
                mask: given.mask.clone(),
                hashes: given.hashes.clone(),
            })),
        }
    }

    /// The map that a response map is compared with, if that is what the case asks.
    pub(super) fn reference(&self, case: &SuiteCase) -> Result<Reference, InputError> {
        Ok(match case.asks {
            Asks::Features | Asks::Invariance(_) | Asks::ResponseMap(MapReference::None) => {
                Reference::None
            }
            Asks::ResponseMap(MapReference::Computed(compute)) => Reference::Computed(compute),
            Asks::ResponseMap(MapReference::File(name)) => {
                Reference::File(name, find(self.library, name)?)
            }
        })
    }
}

/// Image and mask of a case; an error says what is missing or damaged.
pub(crate) fn read_input(case: &SuiteCase, library: &Library) -> Result<(Image, Mask), String> {
    match case.input {
        Input::Phantom(make) => Ok(make()),
        Input::Numbered { make, number } => Ok(make(number)),
        Input::Given(given) => Ok((given.image.clone(), given.mask.clone())),
        Input::Files { image, mask } => load(library, (image, mask))
            .map(|input| (input.image, input.mask))
            .map_err(|error| error.message().to_owned()),
    }
}

fn load(library: &Library, (image, mask): Files) -> Result<LoadedInput, InputError> {
    let (loaded_image, image_file) = read_image(library, image)?;
    let mask_file = find(library, mask)?;
    let loaded_mask =
        io::read_mask(&mask_file.path, None).map_err(|error| unusable(&mask_file, mask, &error))?;
    check_same_grid(loaded_image.grid(), loaded_mask.grid())
        .map_err(|error| InputError::Unusable(format!("`{image}` and `{mask}`: {error}")))?;
    Ok(LoadedInput {
        image: loaded_image,
        mask: loaded_mask,
        hashes: BTreeMap::from([
            (image.to_owned(), image_file.sha256),
            (mask.to_owned(), mask_file.sha256),
        ]),
    })
}

/// An image of a data set, its bytes checked.
fn read_image(library: &Library, name: &str) -> Result<(Image, Verified), InputError> {
    let file = find(library, name)?;
    let image = io::read_image(&file.path).map_err(|error| unusable(&file, name, &error))?;
    Ok((image, file))
}

/// A result document names files as the data set does, never as this machine does.
fn unusable(file: &Verified, name: &str, error: &dyn std::error::Error) -> InputError {
    InputError::Unusable(
        error
            .to_string()
            .replace(&file.path.display().to_string(), name),
    )
}

/// A file of a data set, its bytes checked.
fn find(library: &Library, name: &str) -> Result<Verified, InputError> {
    library.verify(name).map_err(|error| match error {
        DataError::Missing { set, .. } => InputError::Missing(format!(
            "data set `{}` ({}) is not there; get it with\n{}",
            set.name,
            set.licence.id,
            set.command()
        )),
        DataError::Damaged {
            expected, found, ..
        } => InputError::Unusable(format!(
            "`{name}` is damaged: expected {expected}, found {found}"
        )),
        DataError::Unreadable { source, .. } => {
            InputError::Unusable(format!("`{name}` cannot be read: {source}"))
        }
        other => InputError::Unusable(format!("`{name}`: {other}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Suite;

    #[test]
    fn files_are_read_ahead_and_forgotten_after_their_last_case() {
        let suites = Suite::all();
        let is_file = |case: &&SuiteCase| matches!(case.input, Input::Files { .. });
        let all = suites.iter().flat_map(|suite| &suite.cases);
        // The first makes its image.
        let cases: Vec<&SuiteCase> = all.clone().take(1).chain(all.filter(is_file)).collect();
        let library = Library::of(std::path::Path::new("nowhere"));
        let held = |inputs: &Inputs<'_>| {
            let is_held = |files: &&Files| inputs.shared(**files).input.is_some();
            inputs.files.keys().filter(is_held).count()
        };
        for (has_spare_time, most) in [(true, 2), (false, 1)] {
            let inputs = Inputs::of(&cases, &library, has_spare_time);
            assert!(inputs.files.len() > 2, "several images");
            let mut largest = 0;
            for case in &cases {
                inputs.with(case, |_| largest = largest.max(held(&inputs)));
                largest = largest.max(held(&inputs));
            }
            assert_eq!(largest, most, "images in memory");
            assert_eq!(held(&inputs), 0, "images that are left");
        }
    }
}
