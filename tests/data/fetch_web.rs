//! Fetching from a server.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    SET, assert_whole,
    common::run,
    data, fetch, files, folder,
    published::{IMAGE, MASK, PUBLISHED_IMAGE, PUBLISHED_MASK, file, image},
    put,
    server::{Reply, Request, Server},
};

/// A server that has everything but the image in order.
fn image_server(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        if request.path.ends_with(PUBLISHED_IMAGE) {
            reply(request)
        } else {
            Reply::File(file(&request.path))
        }
    })
}

/// The requests for the image.
fn for_image(server: &Server) -> Vec<Request> {
    let mut requests = server.requests();
    requests.retain(|request| request.path.ends_with(PUBLISHED_IMAGE));
    requests
}

/// A fetch that ends with exit code 3, nothing under the name of the image, and a message that names the file, where it
/// was to come from and this reason. Gives how much of the image was received.
#[track_caller]
fn fails(server: &Server, options: &[&str], reason: &str) -> Option<u64> {
    let folder = folder();
    let mirror = server.url();
    let arguments = [&["--mirror", &mirror], options].concat();
    let (code, out, err) = run(&mut fetch(folder.path(), &arguments));
    assert_eq!(code, 3, "{out}{err}");
    let line = err.lines().find(|line| line.contains(reason));
    let line = line.unwrap_or_else(|| panic!("expected `{reason}` in\n{err}"));
    assert!(
        line.contains(&format!("`{IMAGE}`"))
            && line.contains(&mirror)
            && line.contains(PUBLISHED_IMAGE),
        "file and address: {line}"
    );
    assert!(!folder.path().join(IMAGE).exists(), "no half file: {err}");
    assert!(out.contains("files are not there"), "{out}");
    let part = fs::metadata(folder.path().join(format!("{IMAGE}.part")));
    part.ok().map(|part| part.len())
}

/// A fetch that ends well.
#[track_caller]
fn succeeds(server: &Server) {
    let folder = folder();
    let (code, out, err) = run(&mut fetch(folder.path(), &["--mirror", &server.url()]));
    assert_eq!(code, 0, "{out}{err}");
    assert_whole(folder.path());
}

#[test]
fn what_is_fetched_is_found() {
    let server = Server::start(|request| Reply::File(file(&request.path)));
    let folder = folder();
    let (code, out, err) = run(&mut fetch(folder.path(), &["--mirror", &server.url()]));
    assert_eq!(code, 0, "{out}{err}");
    assert_whole(folder.path());
    assert!(
        err.contains("CC-BY-4.0, https://creativecommons.org/licenses/by/4.0/")
            && err.contains("cite: IBSI 1 digital phantom"),
        "the licence is shown: {err}"
    );
    assert!(out.contains("2 files verified in"), "{out}");
    let path = &server.requests()[0].path;
    assert_eq!(
        *path,
        format!("/theibsi/data_sets/6da96021bc91faf4c0cb7fd7fa56a4225d2064a8/{PUBLISHED_IMAGE}"),
        "asked for as at raw.githubusercontent.com"
    );
    let (code, out, _) = run(data(&["verify", SET, "--data"]).arg(folder.path()));
    assert_eq!(code, 0, "{out}");
    let (code, out, _) = run(data(&["path", SET, "--data"]).arg(folder.path()));
    let expected = folder.path().join(SET);
    assert_eq!(
        (code, out.trim_end()),
        (0, expected.to_str().expect("UTF-8")),
        "the folder"
    );

    // Nothing lacks: no question, no request.
    let (code, out, err) = run(data(&["fetch", SET, "--mirror", &server.url(), "--data"])
        .arg(folder.path())
        .stdin(Stdio::null()));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(server.requests().len(), 2, "each file was asked for once");

    // A damaged file is replaced, and only that.
    put(folder.path(), MASK, b"damaged");
    let (code, _, err) = run(&mut fetch(folder.path(), &["--mirror", &server.url()]));
    assert_eq!(code, 0, "{err}");
    assert_whole(folder.path());
    let last = server.requests().pop().expect("a request");
    assert!(last.path.ends_with(PUBLISHED_MASK), "{last:?}");
    assert_eq!(server.requests().len(), 3, "only the damaged file");
}

#[test]
fn files_go_where_they_are_looked_for_first() {
    let server = Server::start(|request| Reply::File(file(&request.path)));
    let (cache, environment) = (folder(), folder());
    let run_with = |variable: &str, value: &std::path::Path| {
        run(
            data(&["fetch", SET, "--accept-licence", "--mirror", &server.url()])
                .env(variable, value),
        )
    };
    let (code, _, err) = run_with("XDG_CACHE_HOME", cache.path());
    assert_eq!(code, 0, "{err}");
    assert_whole(&cache.path().join("radgauge"));
    let (code, _, err) = run_with("RADGAUGE_DATA", environment.path());
    assert_eq!(code, 0, "{err}");
    assert_whole(environment.path());
    let file = put(cache.path(), "file", b"");
    let (code, _, err) = run_with("RADGAUGE_DATA", &file);
    assert_eq!(code, 2, "a file is no folder: {err}");
    assert!(err.contains("cannot fetch into"), "{err}");
}

#[test]
fn without_consent_nothing_is_fetched() {
    let server = Server::start(|request| Reply::File(file(&request.path)));
    let folder = folder();
    let (code, out, err) = run(data(&["fetch", SET, "--mirror", &server.url(), "--data"])
        .arg(folder.path())
        .stdin(Stdio::null()));
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(
        err.contains("licence CC-BY-4.0") && err.contains("pass --accept-licence"),
        "{err}"
    );
    assert_eq!(server.requests().len(), 0, "nothing was asked for");
    assert_eq!(files(folder.path()), [""; 0], "nothing was written");
}

/// `script` gives the program a terminal.
#[cfg(target_os = "linux")]
#[test]
fn somebody_at_a_terminal_is_asked() {
    use std::io::Write;

    let server = Server::start(|request| Reply::File(file(&request.path)));
    let answered = |answer: &str, folder: &std::path::Path| {
        let command = format!(
            "'{}' data fetch {SET} --mirror {} --data '{}'",
            env!("CARGO_BIN_EXE_radgauge"),
            server.url(),
            folder.display()
        );
        let mut script = Command::new("script")
            .args(["-q", "-e", "-c", &command, "/dev/null"])
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script` of util-linux is there");
        let mut stdin = script.stdin.take().expect("a pipe");
        stdin.write_all(answer.as_bytes()).expect("it reads");
        let output = script.wait_with_output().expect("it ends");
        drop(stdin);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text)
    };
    let refused = folder();
    let (code, text) = answered("n\n", refused.path());
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("[y/N]") && text.contains("nothing was fetched"),
        "{text}"
    );
    assert_eq!(server.requests().len(), 0, "nothing was asked for");
    let accepted = folder();
    let (code, text) = answered("y\n", accepted.path());
    assert_eq!(code, Some(0), "{text}");
    assert_whole(accepted.path());
}

#[test]
fn a_broken_download_is_resumed_by_the_next_run() {
    let folder = folder();
    let broken = image_server(|request| match request.before {
        0 => Reply::Cut(image(), 50),
        _ => Reply::Status(404),
    });
    let (code, _, err) = run(&mut fetch(folder.path(), &["--mirror", &broken.url()]));
    assert_eq!(code, 3, "{err}");
    assert_eq!(
        files(folder.path()),
        [format!("{IMAGE}.part"), MASK.to_owned()],
        "what was received waits under another name"
    );

    let server = Server::start(|request| Reply::File(file(&request.path)));
    let (code, _, err) = run(&mut fetch(folder.path(), &["--mirror", &server.url()]));
    assert_eq!(code, 0, "{err}");
    assert_whole(folder.path());
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert_eq!(requests[0].range, Some(50), "asked for the rest");
    assert_eq!(server.sent(), 126 - 50, "bytes sent for the rest");
}

#[test]
fn a_killed_download_is_resumed_by_the_next_run() {
    let folder = folder();
    let silent = Server::start(|request| Reply::Stall(file(&request.path), 70));
    let mut child = fetch(folder.path(), &["--mirror", &silent.url()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let part = folder.path().join(format!("{IMAGE}.part"));
    let deadline = Instant::now() + Duration::from_secs(60);
    while fs::metadata(&part).map_or(0, |part| part.len()) < 70 {
        assert!(Instant::now() < deadline, "the download begins");
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert_eq!(
        files(folder.path()),
        [format!("{IMAGE}.part")],
        "no half file"
    );

    let server = Server::start(|request| Reply::File(file(&request.path)));
    let (code, _, err) = run(&mut fetch(folder.path(), &["--mirror", &server.url()]));
    assert_eq!(code, 0, "{err}");
    assert_whole(folder.path());
    assert_eq!(server.sent(), 126 - 70 + 99, "bytes sent for what lacked");
}

#[test]
fn a_connection_that_breaks_is_resumed_in_the_same_run() {
    let server = image_server(|request| match request.before {
        0 => Reply::Cut(image(), 50),
        1 => Reply::Cut(image(), 90),
        _ => Reply::File(image()),
    });
    succeeds(&server);
    let ranges: Vec<Option<u64>> = for_image(&server).iter().map(|r| r.range).collect();
    assert_eq!(ranges, [None, Some(50), Some(90)], "what was asked for");
    assert_eq!(server.sent(), 126 + 99, "no byte was sent twice");
}

#[test]
fn servers_that_cannot_resume_are_coped_with() {
    // Gives everything anew.
    let server = image_server(|request| match request.range {
        None if request.before == 0 => Reply::Cut(image(), 50),
        _ => Reply::WholeFile(image()),
    });
    succeeds(&server);
    assert_eq!(for_image(&server)[1].range, Some(50), "it was asked");
    // Refuses the range.
    let server = image_server(|request| match request.range {
        None if request.before == 0 => Reply::Cut(image(), 50),
        None => Reply::File(image()),
        Some(_) => Reply::Status(416),
    });
    succeeds(&server);
    // Gives another range than it was asked for.
    let server = image_server(|request| match request.range {
        None if request.before == 0 => Reply::Cut(image(), 50),
        None => Reply::File(image()),
        Some(_) => Reply::OtherRange(image()),
    });
    succeeds(&server);
    let ranges: Vec<Option<u64>> = for_image(&server).iter().map(|r| r.range).collect();
    assert_eq!(ranges, [None, Some(50), None], "begun anew");
}

#[test]
fn remains_that_are_no_beginning_of_the_file_do_no_harm() {
    for remains in [&b"something else"[..], &[7; 126], &[7; 500]] {
        let server = Server::start(|request| Reply::File(file(&request.path)));
        let folder = folder();
        put(folder.path(), &format!("{IMAGE}.part"), remains);
        let (code, _, err) = run(&mut fetch(folder.path(), &["--mirror", &server.url()]));
        assert_eq!(code, 0, "{} bytes: {err}", remains.len());
        assert_whole(folder.path());
    }
}

#[test]
fn a_server_that_truncates() {
    let server = image_server(|_| Reply::Cut(image(), 50));
    let received = fails(&server, &[], "the connection broke after 50 of 126 bytes");
    assert_eq!(received, Some(50), "kept to be resumed");
    assert_eq!(for_image(&server).len(), 4, "attempts");
}

#[test]
fn a_server_that_stalls() {
    for bytes in [0, 60] {
        let server = image_server(move |_| Reply::Stall(image(), bytes));
        let received = fails(&server, &["--timeout", "1"], "nothing was received for 1 s");
        assert_eq!(received, Some(bytes as u64), "kept to be resumed");
        assert_eq!(
            server.requests().len(),
            1,
            "the other files would stall, too"
        );
    }
}

#[test]
fn a_server_that_corrupts() {
    let server = image_server(|_| {
        let mut bytes = image();
        bytes[50] ^= 1;
        Reply::File(bytes)
    });
    let expected =
        "expected SHA-256 83773ac2a288aa93cf819a98eaf301c18d35d5876182ec9c18733184e2b7a83a, found ";
    let received = fails(&server, &[], expected);
    assert_eq!(received, None, "nothing of it is kept");
}

#[test]
fn a_server_that_sends_something_else() {
    let page = || b"<html>Please log in to the network of the hospital</html>".repeat(10);
    let server = image_server(move |_| Reply::WholeFile(page()));
    let received = fails(&server, &[], "expected 126 bytes, found 570");
    assert_eq!(received, None, "nothing of it is kept");
    let server = image_server(move |_| Reply::Unmeasured(page()));
    let received = fails(&server, &[], "expected 126 bytes, found 570");
    assert_eq!(received, None, "nothing of it is kept");
    let server = image_server(|_| Reply::Nonsense);
    fails(&server, &[], "no answer: ");
}

#[test]
fn a_server_that_redirects() {
    let server = Server::start(|request| match request.path.strip_prefix("/moved") {
        None => Reply::Redirect(format!("/moved{}", request.path)),
        Some(path) => Reply::File(file(path)),
    });
    succeeds(&server);
    // What was asked for is asked for again where it was moved to.
    let server = Server::start(|request| match request.path.strip_prefix("/moved") {
        None => Reply::Redirect(format!("/moved{}", request.path)),
        Some(path) if request.before == 0 => Reply::Cut(file(path), 30),
        Some(path) => Reply::File(file(path)),
    });
    succeeds(&server);
    assert_eq!(server.sent(), 126 + 99, "no byte was sent twice");

    let server = image_server(|request| Reply::Redirect(request.path.clone()));
    fails(&server, &[], "more than 5 redirects");
    assert_eq!(for_image(&server).len(), 6, "requests until given up");
    let server = image_server(|_| Reply::Redirect("gopher://elsewhere/".to_owned()));
    fails(&server, &[], "no answer: ");
}

#[test]
fn a_server_with_trouble() {
    for (status, attempts) in [(404, 1), (416, 1), (403, 1), (500, 4), (503, 4)] {
        let server = image_server(move |_| Reply::Status(status));
        let reason = format!("expected status 200, the server answers {status}");
        let received = fails(&server, &[], &reason);
        assert_eq!(received, None, "nothing is kept of status {status}");
        assert_eq!(for_image(&server).len(), attempts, "attempts with {status}");
        let others = server.requests().len() - attempts;
        assert_eq!(others, 1, "the other file was fetched all the same");
    }
    let server = image_server(|request| match request.before {
        0 => Reply::Status(500),
        _ => Reply::File(image()),
    });
    succeeds(&server);
}

#[test]
fn a_server_that_is_not_there() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let folder = folder();
    let mirror = format!("http://127.0.0.1:{port}");
    let (code, _, err) = run(&mut fetch(folder.path(), &["--mirror", &mirror]));
    assert_eq!(code, 3, "{err}");
    assert_eq!(err.matches("no answer: ").count(), 1, "said once: {err}");
    assert_eq!(files(folder.path()), [""; 0], "nothing was written");

    let (code, _, err) = run(&mut fetch(folder.path(), &["--mirror", "ftp://mirror"]));
    assert_eq!(
        (code, err.contains("found `ftp://mirror`")),
        (2, true),
        "{err}"
    );
    let (code, _, err) = run(&mut fetch(folder.path(), &["--timeout", "0"]));
    assert_eq!((code, err.contains("--timeout")), (2, true), "{err}");
    let (code, _, err) = run(&mut data(&["fetch", "ibsi9", "--accept-licence"]));
    assert_eq!((code, err.contains("found `ibsi9`")), (2, true), "{err}");
}

#[test]
fn concurrent_fetches_do_not_trample_each_other() {
    let server =
        Server::start(|request| Reply::Slow(file(&request.path), Duration::from_millis(300)));
    let folder = folder();
    let children: Vec<_> = (0..3)
        .map(|_| {
            fetch(folder.path(), &["--mirror", &server.url()])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the binary starts")
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
    }
    assert_whole(folder.path());
    assert_eq!(server.requests().len(), 2, "each file was asked for once");
}

#[test]
fn a_proxy_is_used_but_for_what_no_proxy_lists() {
    let proxy = Server::start(|request| Reply::File(file(&request.path)));
    let folder = folder();
    let mirror = ["--mirror", "http://mirror.example.org"];
    let (code, _, err) = run(fetch(folder.path(), &mirror).env("HTTP_PROXY", proxy.url()));
    assert_eq!(code, 0, "{err}");
    assert_whole(folder.path());
    let requests = proxy.requests();
    assert!(
        requests
            .iter()
            .all(|r| r.is_tunnelled || r.path.starts_with("http://mirror.example.org/")),
        "asked as a proxy is: {requests:?}"
    );

    let server = Server::start(|request| Reply::File(file(&request.path)));
    let direct = super::folder();
    let (code, _, err) = run(fetch(direct.path(), &["--mirror", &server.url()])
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .env("NO_PROXY", "localhost,127.0.0.1"));
    assert_eq!(code, 0, "{err}");
    assert_whole(direct.path());

    let (code, _, err) = run(fetch(super::folder().path(), &["--mirror", &server.url()])
        .env("HTTPS_PROXY", "http://user:secret@:no proxy"));
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("HTTPS_PROXY: expected the address of a proxy") && !err.contains("secret"),
        "{err}"
    );
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let folder = folder();
    for (bytes, reason) in [
        (&b"no certificate"[..], "holds no certificate"),
        (
            b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            "is no PEM file",
        ),
    ] {
        let pem = put(folder.path(), "ca.pem", bytes);
        let (code, _, err) = run(fetch(folder.path(), &[]).env("SSL_CERT_FILE", &pem));
        assert_eq!(code, 2, "{err}");
        assert!(
            err.contains("SSL_CERT_FILE") && err.contains("ca.pem") && err.contains(reason),
            "{err}"
        );
    }
}
