//! A conversation with an adapter: one question at a time, every answer validated.

use std::{
    fs,
    io::Read,
    mem,
    path::Path,
    time::{Duration, Instant},
};

use radgauge_engine::{io as images, volume::Image};
use radgauge_reference::datasets::sha256;
use tempfile::TempDir;

use super::{
    Limits,
    command::Command,
    input_files::InputFiles,
    process::{Gone, Process},
    processing::Processing,
    protocol::{
        ByeRequest, CaseRequest, File, HelloRequest, HelloResponse, MAX_LINE, Outputs, PROTOCOL,
        Request, Response, ResultResponse, Roi, shown,
    },
};
use crate::{
    implementation::{Identity, Question},
    verdict::Outcome,
};

const INPUT: &str = "in";
const WORK: &str = "work";
const REQUEST: &str = "request.json";
const RESPONSE: &str = "response.json";

/// So many log messages may come before an answer.
const MAX_LOGS: usize = 10_000;

/// How long an adapter may take to end once it is told to.
const GOODBYE: Duration = Duration::from_secs(3);

/// An answer to a question, which asks for `T`.
#[derive(Debug)]
pub(super) enum Reply<T> {
    Result(T),
    Unsupported(String),
    Error(String),
}

/// Why a conversation is over, and what that makes of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// `timeout`, `crash`, or `error` for what is against the protocol.
    pub(super) outcome: Outcome,
    pub(super) message: String,
    /// The tail of standard error.
    pub(super) log: String,
}

impl Broken {
    fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            outcome,
            message: message.into(),
            log: String::new(),
        }
    }

    fn protocol(message: impl AsRef<str>) -> Self {
        let message = format!("against the protocol: {}", message.as_ref());
        Self::new(Outcome::Error, message)
    }

    /// The harness's own trouble with its files.
    fn files(error: impl std::fmt::Display) -> Self {
        Self::new(Outcome::Error, format!("the scratch folder: {error}"))
    }

    fn gone(gone: Gone, limit: Duration) -> Self {
        match gone {
            Gone::Late => Self::new(
                Outcome::Timeout,
                format!("no answer within {} s", limit.as_secs_f64()),
            ),
            Gone::Ended(ending) => Self::new(
                Outcome::Crash,
                format!("the adapter {ending} and gave no answer"),
            ),
            Gone::TooLong => Self::protocol(format!("a line of more than {MAX_LINE} bytes")),
        }
    }
}

/// A conversation with an adapter.
#[derive(Debug)]
pub(super) struct Session {
    command: Command,
    limits: Limits,
    next_id: u64,
    form: Form,
    files: InputFiles,
}

#[derive(Debug)]
enum Form {
    /// A process that answers line by line, with its folder.
    Stream(Process, TempDir),
    /// A process and a folder for each message.
    Once,
}

impl Session {
    /// Starts an adapter and hears who it is.
    pub(super) fn start(
        command: &Command,
        limits: Limits,
    ) -> Result<(Self, HelloResponse), Broken> {
        let form = if command.is_once {
            Form::Once
        } else {
            let folder = scratch()?;
            let process = spawn(command, &folder, true)?;
            Form::Stream(process, folder)
        };
        let mut session = Self {
            command: command.clone(),
            limits,
            next_id: 0,
            form,
            files: InputFiles::default(),
        };
        let hello = |id, _: &Path| {
            Ok(Request::Hello(HelloRequest {
                id,
                protocol: PROTOCOL,
                harness: Identity {
                    name: "radgauge".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                },
                scratch: WORK.to_owned(),
            }))
        };
        match session.exchange(limits.start, hello, |response, _| Ok(response))? {
            Response::Hello(hello) if hello.protocol != PROTOCOL => Err(Broken::protocol(format!(
                "expected protocol {PROTOCOL}, found `{}`",
                hello.protocol
            ))),
            Response::Hello(hello) => {
                hello.capabilities.check().map_err(Broken::protocol)?;
                Ok((session, *hello))
            }
            other => Err(unexpected("`hello`", &other)),
        }
    }

    /// Asks for `keys`. After an error the conversation is over.
    pub(super) fn ask(
        &mut self,
        question: Question<'_>,
        keys: &[&str],
    ) -> Result<Reply<Box<ResultResponse>>, Broken> {
        self.put(question, keys, None, |result, _| Ok(Reply::Result(result)))
    }

    /// Asks for the response map. After an error the conversation is over.
    pub(super) fn ask_for_map(&mut self, question: Question<'_>) -> Result<Reply<Image>, Broken> {
        let outputs = Some(Outputs { response_map: true });
        self.put(question, &[], outputs, |result, folder| {
            map(&result, folder)
        })
    }

    /// Puts a question and takes what is wanted of its result, which may name files in the folder.
    fn put<T>(
        &mut self,
        question: Question<'_>,
        keys: &[&str],
        outputs: Option<Outputs>,
        take: impl FnOnce(Box<ResultResponse>, &Path) -> Result<Reply<T>, Broken>,
    ) -> Result<Reply<T>, Broken> {
        let limit = self.limits.case;
        let mut files = mem::take(&mut self.files);
        let request = |id, folder: &Path| {
            let files = files.write(folder, INPUT, question);
            let files = files.map_err(Broken::files)?;
            Ok(asked(CaseRequest {
                outputs,
                ..case(id, question, keys, files, limit)
            }))
        };
        let reply = self.exchange(limit, request, |response, folder| match reply(response)? {
            Reply::Result(result) => take(result, folder),
            Reply::Unsupported(reason) => Ok(Reply::Unsupported(reason)),
            Reply::Error(message) => Ok(Reply::Error(message)),
        });
        self.files = files;
        reply
    }

    /// Asks about files that do not exist, which an adapter must survive.
    pub(super) fn ask_about_nothing(
        &mut self,
        question: Question<'_>,
        keys: &[&str],
    ) -> Result<Reply<Box<ResultResponse>>, Broken> {
        let limit = self.limits.case;
        let absent = || File {
            path: "in/absent.nii".to_owned(),
            sha256: "0".repeat(64),
        };
        let question = |id, _: &Path| {
            let files = [absent(), absent()];
            Ok(asked(case(id, question, keys, files, limit)))
        };
        self.exchange(limit, question, |response, _| reply(response))
    }

    /// Whether the adapter has said more than its answers.
    pub(super) fn has_unread(&self) -> bool {
        match &self.form {
            Form::Stream(process, _) => process.has_unread(),
            Form::Once => false,
        }
    }

    /// Sends the message that `make` makes of its number and the folder, and hears the answer, of which `take` takes what is
    /// wanted while the folder is there.
    fn exchange<T>(
        &mut self,
        limit: Duration,
        make: impl FnOnce(u64, &Path) -> Result<Request, Broken>,
        take: impl FnOnce(Response, &Path) -> Result<T, Broken>,
    ) -> Result<T, Broken> {
        let id = self.next_id;
        self.next_id += 1;
        match &mut self.form {
            Form::Stream(process, folder) => {
                let request = make(id, folder.path())?;
                process.send(line(&request));
                let heard = hear(process, id, limit).and_then(|said| take(said, folder.path()));
                if heard.is_err() {
                    process.kill();
                }
                heard.map_err(|broken| Broken {
                    message: anonymous(&broken.message),
                    log: anonymous(&process.tail()),
                    ..broken
                })
            }
            Form::Once => {
                let folder = scratch()?;
                let request = make(id, folder.path())?;
                fs::write(folder.path().join(REQUEST), line(&request)).map_err(Broken::files)?;
                let mut process = spawn(&self.command, &folder, false)?;
                let heard = hear_once(&process, folder.path(), id, limit)
                    .and_then(|said| take(said, folder.path()));
                process.kill();
                heard.map_err(|broken| Broken {
                    message: anonymous(&broken.message),
                    log: anonymous(&process.tail()),
                    ..broken
                })
            }
        }
    }

    /// The tail of what the adapter wrote to standard error.
    pub(super) fn log(&self) -> String {
        match &self.form {
            Form::Stream(process, _) => anonymous(&process.tail()),
            Form::Once => String::new(),
        }
    }

    /// Says goodbye and hears how the adapter ends; `None` = by itself and without complaint.
    pub(super) fn close(mut self) -> Option<String> {
        let id = self.next_id;
        let Form::Stream(process, _) = &mut self.form else {
            return None;
        };
        process.send(line(&Request::Bye(ByeRequest { id })));
        process.close_input();
        match process.wait(Instant::now() + GOODBYE) {
            Some(ending) if ending == "ended with exit code 0" => None,
            Some(ending) => Some(ending),
            None => Some(format!("did not end within {} s", GOODBYE.as_secs())),
        }
    }
}

fn asked(case: CaseRequest) -> Request {
    Request::Case(Box::new(case))
}

fn case(
    id: u64,
    question: Question<'_>,
    keys: &[&str],
    [image, mask]: [File; 2],
    limit: Duration,
) -> CaseRequest {
    CaseRequest {
        id,
        case: question.case.to_owned(),
        image,
        roi: Roi {
            path: mask.path,
            sha256: mask.sha256,
            label: question.storage.label.get().into(),
        },
        processing: Processing::of(question.settings),
        features: keys.iter().map(|key| (*key).to_owned()).collect(),
        outputs: None,
        timeout_s: limit.as_secs_f64(),
    }
}

/// What an answer to a case says.
fn reply(response: Response) -> Result<Reply<Box<ResultResponse>>, Broken> {
    match response {
        Response::Result(result) => Ok(Reply::Result(result)),
        Response::Unsupported(unsupported) => {
            let issue = unsupported.issue.map(|issue| format!(" ({issue})"));
            let text = unsupported.reason + &issue.unwrap_or_default();
            Ok(Reply::Unsupported(shown(&text)))
        }
        Response::Error(error) => {
            let phase = error.phase.map_or_else(String::new, |phase| phase + ": ");
            let message = anonymous(&error.message);
            Ok(Reply::Error(shown(&(phase + &message))))
        }
        other => Err(unexpected("an answer to a case", &other)),
    }
}

/// The response map that a result names. A file that cannot be read is the adapter's failure, one that is not what the
/// result says is against the protocol.
fn map(result: &ResultResponse, folder: &Path) -> Result<Reply<Image>, Broken> {
    if !result.values.is_empty() {
        return Err(Broken::protocol("values were not asked for"));
    }
    let Some(File { path, sha256: said }) = &result.response_map else {
        return Err(Broken::protocol("a response map was asked for"));
    };
    let shown = shown(path);
    let file = folder.join(path);
    // What lies elsewhere, or leads there, may be the answer of another.
    let is_own = match (file.canonicalize(), folder.canonicalize()) {
        (Ok(file), Ok(folder)) => file.is_file() && file.starts_with(folder),
        _ => false,
    };
    if !is_own {
        return Err(Broken::protocol(format!(
            "expected a response map in the working directory, found no file `{shown}`"
        )));
    }
    let found = sha256(&file).map_err(Broken::files)?;
    if found != *said {
        return Err(Broken::protocol(format!(
            "`{shown}` has the SHA-256 {found}, the answer says {}",
            self::shown(said)
        )));
    }
    Ok(match images::read_image(&file) {
        Ok(map) => Reply::Result(map),
        Err(error) => Reply::Error(format!("`{shown}`: {}", error.problem)),
    })
}

/// The answer to message `id`.
fn hear(process: &Process, id: u64, limit: Duration) -> Result<Response, Broken> {
    let deadline = Instant::now() + limit;
    for _ in 0..=MAX_LOGS {
        let line = process
            .receive(deadline)
            .map_err(|gone| Broken::gone(gone, limit))?;
        match understood(&line, id)? {
            Response::Log(log) => process.log(&format!("{:?}: {}", log.level, log.message)),
            response => return Ok(response),
        }
    }
    Err(Broken::protocol(format!(
        "more than {MAX_LOGS} log messages before an answer"
    )))
}

/// The answer in the response file of a process that answers one message.
fn hear_once(
    process: &Process,
    folder: &Path,
    id: u64,
    limit: Duration,
) -> Result<Response, Broken> {
    match process.wait(Instant::now() + limit) {
        None => return Err(Broken::gone(Gone::Late, limit)),
        Some(ending) if ending == "ended with exit code 0" => {}
        Some(ending) => return Err(Broken::gone(Gone::Ended(ending), limit)),
    }
    let mut response = Vec::new();
    let file = fs::File::open(folder.join(RESPONSE))
        .map_err(|error| Broken::protocol(format!("`{{response}}`: {error}")))?;
    file.take(MAX_LINE as u64 + 1)
        .read_to_end(&mut response)
        .map_err(|error| Broken::protocol(format!("`{{response}}`: {error}")))?;
    if response.len() > MAX_LINE {
        return Err(Broken::gone(Gone::TooLong, limit));
    }
    understood(&response, id)
}

fn understood(line: &[u8], id: u64) -> Result<Response, Broken> {
    let response: Response = serde_json::from_slice(line).map_err(|error| {
        let found: String = String::from_utf8_lossy(line).chars().take(80).collect();
        Broken::protocol(format!(
            "expected a message, found `{}`: {error}",
            shown(&found)
        ))
    })?;
    let found = match &response {
        Response::Hello(hello) => hello.id,
        Response::Result(result) => result.id,
        Response::Unsupported(unsupported) => unsupported.id,
        Response::Error(error) => error.id,
        Response::Log(log) => log.id,
    };
    if found != id {
        return Err(Broken::protocol(format!(
            "expected an answer to message {id}, found one to message {found}"
        )));
    }
    Ok(response)
}

fn unexpected(expected: &str, found: &Response) -> Broken {
    let found = match found {
        Response::Hello(_) => "hello",
        Response::Result(_) => "result",
        Response::Unsupported(_) => "unsupported",
        Response::Error(error) => return Broken::new(Outcome::Error, shown(&error.message)),
        Response::Log(_) => "log",
    };
    Broken::protocol(format!("expected {expected}, found `{found}`"))
}

fn line(request: &Request) -> Vec<u8> {
    let mut line = serde_json::to_vec(request).expect("a message has a JSON form");
    line.push(b'\n');
    line
}

/// A folder for one process, with the folders that requests name.
fn scratch() -> Result<TempDir, Broken> {
    let folder = tempfile::Builder::new()
        .prefix("radgauge-")
        .tempdir()
        .map_err(Broken::files)?;
    for name in [INPUT, WORK] {
        fs::create_dir(folder.path().join(name)).map_err(Broken::files)?;
    }
    Ok(folder)
}

fn spawn(command: &Command, folder: &TempDir, has_input: bool) -> Result<Process, Broken> {
    let process = command.process(folder.path(), REQUEST, RESPONSE);
    Process::start(process, has_input).map_err(|error| {
        Broken::new(
            Outcome::Crash,
            format!("`{}` does not start: {error}", command.name()),
        )
    })
}

/// The text without this machine's folders: of an absolute path, the last part is left.
fn anonymous(text: &str) -> String {
    let is_start =
        |before: Option<char>| before.is_none_or(|c| c.is_whitespace() || "'\"`([<=".contains(c));
    let is_end = |c: char| c.is_whitespace() || "'\"`)]>,;:".contains(c);
    let mut anonymous = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (before, path) = rest.split_at(at);
        anonymous += before;
        let path = &path[..path.find(is_end).unwrap_or(path.len())];
        rest = &rest[at + path.len()..];
        match path.rsplit_once('/') {
            Some((folder, name))
                if is_start(anonymous.chars().next_back()) && !folder.is_empty() =>
            {
                anonymous += "…/";
                anonymous += name;
            }
            _ => anonymous += path,
        }
    }
    anonymous + rest
}

#[cfg(test)]
mod tests {
    use super::anonymous;

    #[test]
    fn folders_of_this_machine_are_left_out() {
        for (text, expected) in [
            (
                "  File \"/home/alice/tool/adapter.py\", line 17",
                "  File \"…/adapter.py\", line 17",
            ),
            (
                "/tmp/radgauge-x1/in/image.nii: no such file",
                "…/image.nii: no such file",
            ),
            (
                "in/image.nii, 3/4 done, and / or",
                "in/image.nii, 3/4 done, and / or",
            ),
            ("see https://example.org/a/b", "see https://example.org/a/b"),
            ("path=/a/b/ (/c/d) é/f", "path=…/ (…/d) é/f"),
            ("", ""),
        ] {
            assert_eq!(anonymous(text), expected, "{text}");
        }
    }
}
