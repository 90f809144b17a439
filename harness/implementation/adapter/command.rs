//! The command line of an adapter, `python3 adapter.py --strict` or `once:tool {request} {response}`.
//!
//! It is split into words as a POSIX shell does, with quotes and backslashes, and given to no shell: variables, globs,
//! pipes and redirections are ordinary text. The adapter runs in a folder of its own, so that a program given with a
//! `/`, and every argument that names an existing file, is made absolute first.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

/// How the one-shot form is told from the other.
const ONCE: &str = "once:";

/// A command that starts an adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    program: PathBuf,
    arguments: Vec<String>,
    /// Whether a process answers one message alone, from file to file.
    pub is_once: bool,
}

/// Why a text is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// A quote without its partner, or a backslash at the end.
    #[error("`{0}`: a quote is not closed")]
    Quote(String),
    /// No word.
    #[error("expected a command, found nothing")]
    Empty,
    /// The one-shot form without its files.
    #[error("`{0}`: the one-shot form needs the arguments `{{request}}` and `{{response}}`")]
    Placeholder(String),
}

impl Command {
    /// Reads a command line.
    ///
    /// # Errors
    /// [`CommandError`] says what it lacks.
    pub fn parse(text: &str) -> Result<Self, CommandError> {
        let (is_once, line) = match text.trim_start().strip_prefix(ONCE) {
            Some(line) => (true, line),
            None => (false, text),
        };
        let words = shlex::split(line).ok_or_else(|| CommandError::Quote(text.to_owned()))?;
        let mut words = words.into_iter();
        let program = words.next().ok_or(CommandError::Empty)?;
        let arguments: Vec<String> = words.collect();
        let has = |name: &str| arguments.iter().any(|argument| argument.contains(name));
        if is_once && !(has("{request}") && has("{response}")) {
            return Err(CommandError::Placeholder(text.to_owned()));
        }
        let here = env::current_dir().unwrap_or_default();
        Ok(Self {
            program: if program.contains('/') {
                here.join(program)
            } else {
                PathBuf::from(program)
            },
            arguments: arguments
                .into_iter()
                .map(|argument| absolute(&here, argument))
                .collect(),
            is_once,
        })
    }

    /// The program's name, without its folder.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.program.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The process to be started in `folder`; `request` and `response` are the files of the one-shot form.
    pub(super) fn process(&self, folder: &Path, request: &str, response: &str) -> process::Command {
        let mut process = process::Command::new(&self.program);
        let arguments = self.arguments.iter().map(|argument| {
            argument
                .replace("{request}", request)
                .replace("{response}", response)
        });
        process.args(arguments).current_dir(folder);
        process
    }
}

fn absolute(here: &Path, argument: String) -> String {
    let path = here.join(&argument);
    let is_file =
        !argument.starts_with('-') && fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
    match path.to_str() {
        Some(path) if is_file => path.to_owned(),
        _ => argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_and_nothing_is_expanded() {
        let command =
            Command::parse(r#"python3 -c 'print("a b")' $HOME *.py a\ b"#).expect("a command");
        assert_eq!(command.name(), "python3");
        assert_eq!(
            command.arguments,
            ["-c", r#"print("a b")"#, "$HOME", "*.py", "a b"]
        );
        assert!(!command.is_once, "it answers line by line");
    }

    #[test]
    fn files_are_found_from_another_folder() {
        let command =
            Command::parse("./run.sh Cargo.toml --Cargo.toml harness").expect("a command");
        let here = env::current_dir().expect("there is one");
        assert!(command.program.is_absolute(), "{:?}", command.program);
        let file = here.join("Cargo.toml");
        assert_eq!(
            command.arguments,
            [file.to_str().expect("UTF-8"), "--Cargo.toml", "harness"],
            "files alone are made absolute"
        );
    }

    #[test]
    fn what_is_no_command_is_refused() {
        assert_eq!(Command::parse("  "), Err(CommandError::Empty));
        assert!(matches!(
            Command::parse("a 'b"),
            Err(CommandError::Quote(_))
        ));
        assert!(
            matches!(
                Command::parse("once:tool {request}"),
                Err(CommandError::Placeholder(_))
            ),
            "where would the answer be?"
        );
        assert!(Command::parse("once:tool {request} --out={response}").is_ok_and(|c| c.is_once));
    }
}
