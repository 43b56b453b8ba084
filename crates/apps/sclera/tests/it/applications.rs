//! The examples, as they stand, against a server: what people copy must work.

use crate::harness::PASSWORD;
use crate::served::Served;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sclera_client::{Client, PostLogin, Secret};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples")
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../clients/python")
}

fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let run = Command::new(program).args(arguments).env("PATH", path()).output();
    run.is_ok_and(|output| output.status.success())
}

fn path() -> String {
    format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default())
}

/// A program that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A place that is free now.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn wait_for(address: &str, what: &mut Running) {
    let late = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(address).is_err() {
        assert!(what.0.try_wait().unwrap().is_none() && Instant::now() < late, "it does not start");
        std::thread::yield_now();
    }
}

/// Status, head and body of a request on a connection of its own.
fn ask(address: &str, line: &str, header: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let request =
        format!("{line} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: 0\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

fn basic(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{password}")))
}

#[test]
fn the_script_asks_and_signs_out() {
    if !runs("curl", &["--version"]) || !runs("jq", &["--version"]) {
        return skipped("curl or jq is not installed");
    }
    let served = Served::new();
    let run = |password: &str, role: &str| {
        let mut script = Command::new(examples().join("curl/ward.sh"));
        script.args(["Ward_Chart", role]).env("SCLERA_URL", &served.address);
        script.env("SCLERA_CA", served.scratch.data().join("chain.pem"));
        let output = script.env("SCLERA_USER", "boss").env("SCLERA_PASSWORD", password).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let told = "boss holds on Ward_Chart: READ,WRITE,USE\n\
                the role holds %Service_WebGateway:U\n\
                the role holds Ward_Chart:R\n";
    assert_eq!(run(PASSWORD, "Reader"), (true, told.to_owned()));
    assert!(!run("wrong", "Reader").0);
    assert!(!run(PASSWORD, "Nobody").0);
    let sessions = || {
        let sessions = served.scratch.json(["session", "list"]);
        let of_boss = sessions.as_array().unwrap().iter().filter(|session| session["Username"] == "boss");
        of_boss.count()
    };
    assert_eq!(sessions(), 0, "each ended its own");
    let client = Client::at(&served.address).trusting(served.authority.as_bytes()).build().unwrap();
    let (user, password) = ("boss".to_owned(), Secret::from(PASSWORD));
    client.sign_in(&PostLogin { user, password, ..PostLogin::default() }).unwrap();
    assert_eq!(sessions(), 1, "and whoever does not is seen");
}

/// A client that others made, in both versions of HTTP.
#[test]
fn curl_speaks_both_versions() {
    let told = Command::new("curl").arg("--version").output();
    if !told.is_ok_and(|told| String::from_utf8_lossy(&told.stdout).contains("HTTP2")) {
        return skipped("no curl with HTTP/2 is installed");
    }
    let served = Served::new();
    for (option, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", option, "--write-out", " %{http_version}", "--cacert"]);
        curl.arg(served.scratch.data().join("chain.pem")).arg(format!("{}/readyz", served.address));
        let output = curl.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("ready {version}"), "{output:?}");
    }
}

#[test]
fn nginx_asks_before_it_lets_a_request_through() {
    if !runs("nginx", &["-v"]) {
        return skipped("nginx is not installed");
    }
    let served = Served::behind_proxies();
    let (front, folder) = (free(), tempfile::tempdir().unwrap());
    let ward = said_back();
    let mut text = fs::read_to_string(examples().join("nginx/nginx.conf")).unwrap();
    let sclera = served.address.trim_start_matches("http://");
    for (written, here) in [
        ("server 127.0.0.1:52773;", sclera),
        ("server 127.0.0.1:8081;", &ward),
        ("listen 127.0.0.1:8080;", &front),
    ] {
        assert!(text.contains(written), "{written}");
        let (word, _) = written.split_once(' ').unwrap();
        text = text.replace(written, &format!("{word} {here};"));
    }
    fs::write(folder.path().join("nginx.conf"), text).unwrap();
    let mut nginx = Command::new("nginx");
    nginx.env("PATH", path()).arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("nginx.conf"));
    // Workers would outlive a master that is killed.
    nginx.args(["-g", "master_process off;"]);
    let mut nginx = Running(nginx.stderr(Stdio::null()).spawn().unwrap());
    wait_for(&front, &mut nginx);
    let (status, head, _) = ask(&front, "GET /ward?bed=7", "");
    assert!(
        status == 302 && head.lines().any(|line| line == "Location: /gate/sign-in?next=/ward?bed=7"),
        "{head}"
    );
    let (status, _, body) =
        ask(&front, "GET /ward", &format!("{}X-User: boss\r\n", basic("clerk", PASSWORD)));
    assert_eq!(status, 200);
    assert!(
        body.contains("X-User: clerk\r\n") && !body.contains("boss") && !body.contains("Authorization"),
        "{body}"
    );
    let write = |user: &str, password: &str| ask(&front, "POST /write/ward", &basic(user, password)).0;
    assert_eq!([write("clerk", PASSWORD), write("boss", PASSWORD), write("boss", "wrong")], [403, 200, 401]);
    assert_eq!(ask(&front, "GET /may-read", &basic("boss", PASSWORD)).0, 404);
    let (status, _, page) = ask(&front, "GET /gate/sign-in?next=/ward", "");
    assert!(status == 200 && page.contains("name=\"password\""), "{page}");
}

#[test]
fn caddy_asks_before_it_lets_a_request_through() {
    if !runs("caddy", &["version"]) {
        return skipped("caddy is not installed");
    }
    let served = Served::behind_proxies();
    let (front, folder) = (free(), tempfile::tempdir().unwrap());
    let mut text = fs::read_to_string(examples().join("caddy/Caddyfile")).unwrap();
    let sclera = served.address.trim_start_matches("http://");
    let site = format!("http://:{} {{", front.rsplit(':').next().unwrap());
    let places = [("127.0.0.1:52773", sclera), ("127.0.0.1:8081", &said_back()), ("http://:8080 {", &site)];
    for (written, here) in places {
        assert!(text.contains(written), "{written}");
        text = text.replace(written, here);
    }
    fs::write(folder.path().join("Caddyfile"), text).unwrap();
    let mut caddy = Command::new("caddy");
    caddy.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.path().join("Caddyfile"));
    // It keeps things below these, and has nothing to keep here.
    caddy
        .env("HOME", folder.path())
        .env("XDG_DATA_HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path());
    let mut caddy = Running(caddy.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    wait_for(&front, &mut caddy);
    let (status, head, _) = ask(&front, "GET /ward?bed=7", "Accept: text/html\r\n");
    let is_way = |line: &str| line.eq_ignore_ascii_case("location: /gate/sign-in?next=/ward%3Fbed%3D7");
    assert!(status == 302 && head.lines().any(is_way), "a browser: {head}");
    let (status, head, _) = ask(&front, "GET /ward", "");
    assert!(status == 401 && head.to_lowercase().contains("www-authenticate: basic "), "{head}");
    let lied = format!("{}X-Sclera-User: boss\r\nX-Sclera-Roles: %All\r\n", basic("clerk", PASSWORD));
    let (status, _, body) = ask(&front, "GET /ward", &lied);
    let body = body.to_lowercase();
    assert_eq!(status, 200);
    assert!(
        body.contains("x-sclera-user: clerk\r\n") && body.contains("x-sclera-roles: reader\r\n"),
        "{body}"
    );
    assert!(!body.contains("boss") && !body.contains("authorization"), "{body}");
    let write = |user: &str, password: &str| ask(&front, "POST /write/ward", &basic(user, password)).0;
    assert_eq!([write("clerk", PASSWORD), write("boss", PASSWORD), write("boss", "wrong")], [403, 200, 401]);
    let (status, _, page) = ask(&front, "GET /gate/sign-in?next=/ward", "");
    assert!(status == 200 && page.contains("name=\"password\""), "{page}");
    drop(served);
    assert_eq!(ask(&front, "GET /ward", &basic("boss", PASSWORD)).0, 502, "nobody answers");
}

/// An application that says back the head of what it hears.
fn said_back() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                match stream.read(&mut byte) {
                    Ok(1) => heard.push(byte[0]),
                    _ => break,
                }
            }
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", heard.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&heard));
        }
    });
    address
}

/// What both applications promise.
fn judge(application: &str, served: &mut Served) {
    let chart = |method: &str, header: &str| ask(application, &format!("{method} /chart"), header);
    assert_eq!(ask(application, "GET /", "").0, 200);
    let (status, head, body) = chart("GET", "");
    assert!(
        status == 401 && head.to_lowercase().contains("www-authenticate: basic ") && !body.contains("chart"),
        "{head}"
    );
    assert_eq!(chart("GET", &basic("clerk", "wrong")).0, 401);
    let (status, _, body) = chart("GET", &basic("clerk", PASSWORD));
    assert!(status == 200 && body.contains("clerk reads the chart"), "{body}");
    assert_eq!(chart("POST", &basic("clerk", PASSWORD)).0, 403);
    let (status, _, body) = chart("POST", &basic("boss", PASSWORD));
    assert!(status == 200 && body.contains("boss wrote into the chart"), "{body}");
    let machine = format!("Authorization: Bearer {}\r\n", served.machine());
    assert_eq!((chart("GET", &machine).0, chart("POST", &machine).0), (200, 403));
    served.kill();
    assert_eq!(chart("GET", &basic("boss", PASSWORD)).0, 503, "nobody answers");
    assert_eq!(ask(application, "GET /", "").0, 200);
}

#[test]
fn the_application_in_axum_lets_sclera_decide() {
    let mut served = Served::new();
    let sclera = Client::at(&served.address).trusting(served.authority.as_bytes()).build().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    runtime.spawn(example_axum::run(listener, sclera));
    judge(&address, &mut served);
    runtime.shutdown_background();
}

#[test]
fn the_application_in_fastapi_lets_sclera_decide() {
    // Packages of the system are for the Python of the system.
    let python = ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| runs(python, &["-c", "import fastapi, uvicorn"]));
    let Some(python) = python else { return skipped("no python3 has fastapi and uvicorn") };
    let mut served = Served::new();
    let address = free();
    let port = address.rsplit(':').next().unwrap();
    let mut uvicorn = Command::new(python);
    uvicorn.args(["-B", "-m", "uvicorn", "--port", port, "--log-level", "warning", "--app-dir"]);
    uvicorn.arg(examples().join("fastapi")).arg("ward:app").env("PYTHONPATH", clients());
    uvicorn.env("SCLERA_URL", &served.address).env("SCLERA_CA", served.scratch.data().join("chain.pem"));
    let mut uvicorn = Running(uvicorn.spawn().unwrap());
    wait_for(&address, &mut uvicorn);
    judge(&address, &mut served);
}
