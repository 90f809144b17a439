//! Files from a server.

use std::{env, fs, io, path::PathBuf, thread, time::Duration};

use radgauge_reference::datasets::PUBLIC_SERVER;
use ureq::{
    Agent, Body, Proxy,
    http::{Response, StatusCode, header},
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

use super::{Problem, store::Slot};

/// How many redirects are followed.
pub(super) const MAX_REDIRECTS: u32 = 5;

/// How often a file is asked for when the connection breaks or the server has trouble.
const ATTEMPTS: u32 = 4;

/// The pause before the second attempt; it doubles with every further one.
const PAUSE: Duration = Duration::from_millis(250);

/// No download takes longer, however slowly it goes on.
const LONGEST: Duration = Duration::from_secs(3600);

/// Where a proxy is named, in the order in which it is looked for.
const PROXY_VARIABLES: [&str; 6] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
];

/// A server with the folders of [`PUBLIC_SERVER`].
#[derive(Debug)]
pub struct Web {
    agent: Agent,
    server: String,
    silence: Duration,
}

/// Why a server cannot be asked at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebError {
    /// No address of a server.
    #[error("expected an address that begins with http:// or https://, found `{0}`")]
    Address(String),
    /// No address of a proxy.
    #[error(
        "{variable}: expected the address of a proxy, such as http://proxy:8080, found `{value}`"
    )]
    Proxy {
        /// The environment variable.
        variable: &'static str,
        /// Its value, without user and password.
        value: String,
    },
    /// The certificates that the environment names cannot be used.
    #[error("SSL_CERT_FILE: `{}` {problem}", .path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

impl Web {
    /// A server: this mirror, or the public one. The connection is given up when nothing is received for the time of
    /// `silence`.
    ///
    /// A proxy is taken from `ALL_PROXY`, `HTTPS_PROXY` or `HTTP_PROXY`, but for what `NO_PROXY` lists; certificates
    /// from the file that `SSL_CERT_FILE` names, for networks whose proxy has a certificate of its own.
    ///
    /// # Errors
    /// [`WebError`] names what cannot be used.
    pub fn new(mirror: Option<&str>, silence: Duration) -> Result<Self, WebError> {
        let server = mirror.unwrap_or(PUBLIC_SERVER);
        if !(server.starts_with("http://") || server.starts_with("https://")) {
            return Err(WebError::Address(server.to_owned()));
        }
        check_proxies()?;
        let mut tls = TlsConfig::builder();
        if let Some(certificates) = certificates()? {
            tls = tls.root_certs(certificates);
        }
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .user_agent(concat!("radgauge/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .max_redirects(MAX_REDIRECTS)
            .max_redirects_will_error(true)
            .timeout_resolve(Some(silence))
            .timeout_connect(Some(silence))
            .timeout_per_read(Some(silence))
            .timeout_per_write(Some(silence))
            .timeout_per_call(Some(LONGEST))
            .build();
        Ok(Self {
            agent: config.new_agent(),
            server: server.to_owned(),
            silence,
        })
    }

    /// The address of the server.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Downloads a file, from where an earlier download of it broke.
    pub(super) fn fetch(&self, url: &str, slot: &Slot) -> Result<(), Problem> {
        let resumes = slot.received() > 0;
        self.download(url, slot)?;
        match slot.keep() {
            // What an earlier run left was no beginning of this file.
            Err(Problem::Digest { .. }) if resumes => {
                self.download(url, slot)?;
                slot.keep()
            }
            kept => kept,
        }
    }

    fn download(&self, url: &str, slot: &Slot) -> Result<(), Problem> {
        let mut pause = PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(url, slot) {
                Err(problem) if problem.is_transient() => {}
                settled => return settled,
            }
            thread::sleep(pause);
            pause *= 2;
        }
        self.attempt(url, slot)
    }

    /// Asks for what lacks of a file.
    fn attempt(&self, url: &str, slot: &Slot) -> Result<(), Problem> {
        if slot.received() > slot.max_bytes() {
            slot.discard()?;
        }
        let received = slot.received();
        if Some(received) == slot.bytes() {
            return Ok(());
        }
        let mut request = self.agent.get(url);
        if received > 0 {
            request = request.header(header::RANGE, format!("bytes={received}-"));
        }
        let response = request.call().map_err(|error| self.problem(error))?;
        let from = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if begins_at(&response) == Some(received) => received,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if received > 0 => {
                slot.discard()?;
                return Err(Problem::Range(received));
            }
            status => return Err(Problem::Status(status)),
        };
        let body = response.into_body();
        if let (Some(expected), Some(length)) = (slot.bytes(), body.content_length())
            && from + length != expected
        {
            return Err(Problem::Size {
                expected,
                found: from + length,
            });
        }
        let broken = |error: io::Error| match error.get_ref().and_then(|e| e.downcast_ref()) {
            Some(ureq::Error::Timeout(_)) => Problem::Stalled(self.silence),
            _ => Problem::Broken {
                received: slot.received(),
                expected: slot.bytes(),
            },
        };
        slot.receive(from, &mut body.into_reader(), broken)?;
        match slot.bytes() {
            Some(expected) if slot.received() < expected => Err(Problem::Broken {
                received: slot.received(),
                expected: Some(expected),
            }),
            _ => Ok(()),
        }
    }

    fn problem(&self, error: ureq::Error) -> Problem {
        match error {
            ureq::Error::Timeout(_) => Problem::Stalled(self.silence),
            ureq::Error::TooManyRedirects => Problem::Redirects,
            error => Problem::Unreachable(error),
        }
    }
}

/// The first byte of a part of a file: `Content-Range: bytes 50-98/99`.
fn begins_at(response: &Response<Body>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?;
    let (first, _) = range
        .to_str()
        .ok()?
        .strip_prefix("bytes ")?
        .split_once('-')?;
    first.parse().ok()
}

/// A proxy that is named and cannot be used is an error: passing it over in silence would end in a message about a
/// server that cannot be reached, or go past a proxy that is meant to be used.
fn check_proxies() -> Result<(), WebError> {
    for variable in PROXY_VARIABLES {
        if let Ok(value) = env::var(variable)
            && !value.is_empty()
            && Proxy::new(&value).is_err()
        {
            let (_, without_user) = value.rsplit_once('@').unwrap_or(("", &value));
            return Err(WebError::Proxy {
                variable,
                value: without_user.to_owned(),
            });
        }
    }
    Ok(())
}

fn certificates() -> Result<Option<RootCerts>, WebError> {
    let Some(path) = env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(path);
    let unusable = |problem: String| WebError::Certificates {
        path: path.clone(),
        problem,
    };
    let pem = fs::read(&path).map_err(|error| unusable(format!("cannot be read: {error}")))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(unusable(format!("is no PEM file: {error}"))),
        }
    }
    if certificates.is_empty() {
        return Err(unusable("holds no certificate".to_owned()));
    }
    Ok(Some(RootCerts::new_with_certs(&certificates)))
}
