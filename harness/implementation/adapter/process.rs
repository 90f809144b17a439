//! A process that is not trusted: everything that it writes is bounded, everything that it does has a deadline, and when
//! it goes, its process group goes with it.
//!
//! A descendant that leaves the process group on purpose (`setsid`) is out of reach; it can delay nothing, since no
//! reader is waited for.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::protocol::MAX_LINE;

/// So much of standard error is kept.
const TAIL_BYTES: usize = 4096;

/// How long output that is under way is waited for once the process has ended.
const AFTERMATH: Duration = Duration::from_millis(200);

/// How often it is looked whether the process is alive while nothing comes.
const PULSE: Duration = Duration::from_millis(20);

/// How often it is looked whether the process is alive once its output is closed, and it is about to end.
const LAST_PULSE: Duration = Duration::from_millis(1);

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    input: Option<Sender<Vec<u8>>>,
    lines: Receiver<Line>,
    tail: Arc<Mutex<VecDeque<u8>>>,
    tail_reader: Option<JoinHandle<()>>,
    is_over: bool,
}

/// What comes from standard output.
#[derive(Debug)]
enum Line {
    Text(Vec<u8>),
    TooLong,
}

/// Why no line came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// The deadline passed.
    Late,
    /// The process ended, or closed its output; with its end in words.
    Ended(String),
    /// A line was longer than [`MAX_LINE`].
    TooLong,
}

impl Process {
    /// Starts a process as the leader of a group of its own.
    pub(super) fn start(mut command: Command, has_input: bool) -> io::Result<Self> {
        command
            .stdin(if has_input {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // Room for one line: a process that floods its output waits.
        let (sender, lines) = mpsc::sync_channel(1);
        if let Some(stdout) = stdout {
            thread::spawn(move || read_lines(BufReader::new(stdout), &sender));
        }
        let tail = Arc::new(Mutex::new(VecDeque::new()));
        let tail_reader = stderr.map(|stderr| {
            let tail = Arc::clone(&tail);
            thread::spawn(move || keep_tail(stderr, &tail))
        });
        // Writing is a thread's business: a process that reads nothing would block it.
        let input = stdin.map(|mut stdin| {
            let (sender, messages) = mpsc::channel::<Vec<u8>>();
            thread::spawn(move || {
                for message in messages {
                    if stdin
                        .write_all(&message)
                        .and_then(|()| stdin.flush())
                        .is_err()
                    {
                        break;
                    }
                }
            });
            sender
        });
        Ok(Self {
            child,
            input,
            lines,
            tail,
            tail_reader,
            is_over: false,
        })
    }

    /// Sends a line. A process that does not read it will be noticed by its silence.
    pub(super) fn send(&self, line: Vec<u8>) {
        if let Some(input) = &self.input {
            let _ = input.send(line);
        }
    }

    /// Ends the input.
    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// The next line of standard output, without its line feed.
    pub(super) fn receive(&self, deadline: Instant) -> Result<Vec<u8>, Gone> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left.min(PULSE)) {
                Ok(Line::Text(text)) => return Ok(text),
                Ok(Line::TooLong) => return Err(Gone::TooLong),
                Err(RecvTimeoutError::Disconnected) => return Err(Gone::Ended(self.ending())),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(Gone::Late),
                Err(RecvTimeoutError::Timeout) => {
                    // A child may keep the output open after the process that should have answered has gone.
                    if let Some(ending) = self.ended() {
                        return match self.lines.recv_timeout(AFTERMATH) {
                            Ok(Line::Text(text)) => Ok(text),
                            Ok(Line::TooLong) => Err(Gone::TooLong),
                            Err(_) => Err(Gone::Ended(ending)),
                        };
                    }
                }
            }
        }
    }

    /// Whether there is a line that nobody waited for; it is taken.
    pub(super) fn has_unread(&self) -> bool {
        self.lines.try_recv().is_ok()
    }

    /// Waits for the end of the process; its end in words.
    pub(super) fn wait(&self, deadline: Instant) -> Option<String> {
        loop {
            if let Some(ending) = self.ended() {
                return Some(ending);
            }
            // Whatever is written meanwhile is taken off its hands.
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            if let Err(RecvTimeoutError::Disconnected) = self.lines.recv_timeout(left.min(PULSE)) {
                thread::sleep(left.min(LAST_PULSE));
            }
        }
    }

    /// The end in words of a process that has closed its output, and is about to end, or not.
    fn ending(&self) -> String {
        let deadline = Instant::now() + AFTERMATH;
        while Instant::now() < deadline {
            if let Some(ending) = self.ended() {
                return ending;
            }
            thread::sleep(LAST_PULSE);
        }
        "closed its output".to_owned()
    }

    /// How the process ended; `None` while it runs. It is left as it is, so that its id stays its own.
    #[cfg(unix)]
    fn ended(&self) -> Option<String> {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = waitid(WaitId::Pid(self.pid()?), options).ok()??;
        Some(match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => format!("ended with exit code {code}"),
            (_, Some(signal)) => format!("was ended by signal {signal}"),
            _ => "ended".to_owned(),
        })
    }

    #[cfg(not(unix))]
    fn ended(&self) -> Option<String> {
        // Without process groups nothing can be asked without a mutable child; closed output says as much.
        None
    }

    #[cfg(unix)]
    fn pid(&self) -> Option<rustix::process::Pid> {
        i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
    }

    /// Kills the process and everything in its group, whether or not it has ended by itself.
    pub(super) fn kill(&mut self) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        // The process has not been waited for yet: its id and the id of its group are still its own.
        #[cfg(unix)]
        if let Some(pid) = self.pid() {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Last words may still be on their way.
        let deadline = Instant::now() + AFTERMATH;
        while self
            .tail_reader
            .as_ref()
            .is_some_and(|reader| !reader.is_finished())
            && Instant::now() < deadline
        {
            thread::sleep(LAST_PULSE);
        }
    }

    /// The end of what was written to standard error.
    pub(super) fn tail(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = tail.iter().copied().collect();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }

    /// Adds to what counts as written to standard error.
    pub(super) fn log(&self, text: &str) {
        push(&self.tail, text.as_bytes());
        push(&self.tail, b"\n");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Hands over line by line, holding no more than one line.
fn read_lines(mut reader: impl BufRead, lines: &SyncSender<Line>) {
    loop {
        let mut line = Vec::new();
        let mut bounded = (&mut reader).take(MAX_LINE as u64);
        match bounded.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let is_whole = line.pop_if(|byte| *byte == b'\n').is_some();
        let is_too_long = !is_whole && line.len() == MAX_LINE;
        let line = if is_too_long {
            Line::TooLong
        } else {
            Line::Text(line)
        };
        if lines.send(line).is_err() || is_too_long {
            return;
        }
    }
}

fn keep_tail(mut reader: impl Read, tail: &Mutex<VecDeque<u8>>) {
    let mut piece = [0; TAIL_BYTES];
    while let Ok(n) = reader.read(&mut piece) {
        if n == 0 {
            return;
        }
        push(tail, &piece[..n]);
    }
}

fn push(tail: &Mutex<VecDeque<u8>>, bytes: &[u8]) {
    let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    tail.extend(bytes);
    let excess = tail.len().saturating_sub(TAIL_BYTES);
    tail.drain(..excess);
}
