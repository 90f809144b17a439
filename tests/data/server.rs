//! A server on this machine that misbehaves as it is told.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path; the whole address when the server is used as a proxy without a tunnel.
    pub path: String,
    /// The first byte of the range that was asked for.
    pub range: Option<u64>,
    /// How often this path was asked for before.
    pub before: usize,
    /// Whether a tunnel was asked for first, as a proxy is.
    pub is_tunnelled: bool,
}

/// What the server does.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Gives the file, or the rest of it from the byte that was asked for.
    File(Vec<u8>),
    /// Gives the whole file, whatever range was asked for.
    WholeFile(Vec<u8>),
    /// Gives a range that was not asked for.
    OtherRange(Vec<u8>),
    /// Promises the file, ends the connection before this byte of it.
    Cut(Vec<u8>, usize),
    /// Promises the file, falls silent before this byte of it.
    Stall(Vec<u8>, usize),
    /// Gives a body without saying how long it is.
    Unmeasured(Vec<u8>),
    /// Gives the file after a while.
    Slow(Vec<u8>, Duration),
    /// Answers with a status.
    Status(u16),
    /// Sends elsewhere.
    Redirect(String),
    /// Speaks no HTTP.
    Nonsense,
}

/// The server; it ends with the test.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    sent: Arc<AtomicU64>,
}

impl Server {
    /// Starts a server that answers as the function says.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = Self {
            address: listener.local_addr().expect("an address"),
            requests: Arc::default(),
            sent: Arc::default(),
        };
        let (requests, sent) = (Arc::clone(&server.requests), Arc::clone(&server.sent));
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (requests, sent) = (Arc::clone(&requests), Arc::clone(&sent));
                let answer = Arc::clone(&answer);
                thread::spawn(move || {
                    // A client that goes away in the middle is what some tests are about.
                    let _ = serve(stream, &requests, &sent, &*answer);
                });
            }
        });
        server
    }

    /// The address that clients are given.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked for so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no thread panicked").clone()
    }

    /// How many bytes of files were sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

fn serve(
    stream: TcpStream,
    requests: &Mutex<Vec<Request>>,
    sent: &AtomicU64,
    answer: &(impl Fn(&Request) -> Reply + ?Sized),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let (mut line, mut headers) = head(&mut reader)?;
    let is_tunnelled = line.starts_with("CONNECT ");
    if is_tunnelled {
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        (line, headers) = head(&mut reader)?;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let range = headers.iter().find_map(|header| {
        let (name, value) = header.split_once(": ")?;
        let is_range = name.eq_ignore_ascii_case("range");
        let first = value.strip_prefix("bytes=")?.strip_suffix('-')?;
        is_range.then(|| first.parse().expect("a number"))
    });
    let request = {
        let mut requests = requests.lock().expect("no thread panicked");
        let before = requests.iter().filter(|r| r.path == path).count();
        let request = Request {
            path,
            range,
            before,
            is_tunnelled,
        };
        requests.push(request.clone());
        request
    };
    let mut give = |status: &str, length: usize, body: &[u8]| {
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        sent.fetch_add(body.len() as u64, Ordering::SeqCst);
        stream.write_all(body)?;
        stream.flush()
    };
    let from = request.range.unwrap_or(0) as usize;
    let status = |whole: &[u8], from: usize| match request.range {
        Some(_) => format!(
            "206 Partial Content\r\nContent-Range: bytes {from}-{}/{}",
            whole.len() - 1,
            whole.len()
        ),
        None => "200 OK".to_owned(),
    };
    match answer(&request) {
        Reply::File(file) if from >= file.len() => give("416 Range Not Satisfiable", 0, b""),
        Reply::File(file) => give(&status(&file, from), file.len() - from, &file[from..]),
        Reply::WholeFile(file) => give("200 OK", file.len(), &file),
        Reply::OtherRange(file) => give(&status(&file, 0), file.len(), &file),
        Reply::Cut(file, end) => {
            let end = end.max(from);
            give(&status(&file, from), file.len() - from, &file[from..end])
        }
        Reply::Stall(file, end) => {
            give(&status(&file, from), file.len() - from, &file[from..end])?;
            thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        Reply::Unmeasured(body) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            stream.write_all(&body)
        }
        Reply::Slow(file, pause) => {
            thread::sleep(pause);
            give(&status(&file, from), file.len() - from, &file[from..])
        }
        Reply::Status(status) => give(&format!("{status} Trouble"), 0, b""),
        Reply::Redirect(to) => give(&format!("302 Found\r\nLocation: {to}"), 0, b""),
        Reply::Nonsense => stream.write_all(b"220 mail.example.org ESMTP\r\n"),
    }
}

/// The request line and the headers.
fn head(reader: &mut impl BufRead) -> std::io::Result<(String, Vec<String>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let is_end = reader.read_line(&mut line)? == 0 || line.trim_end().is_empty();
        if is_end {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let request = if lines.is_empty() {
        String::new()
    } else {
        lines.remove(0)
    };
    Ok((request, lines))
}
