//! `serve` from outside: the process, its port, its socket and its configuration.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops where it is")]

#[path = "c_interface/mod.rs"]
mod c_interface;
#[path = "serve/held.rs"]
mod held;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PASSWORD: &str = "Kestrel-Orbit-77";
const OTHER_PASSWORD: &str = "Basalt-Violin-42";
/// Base64 of `boss:` and of `ann:` with the password.
const BOSS: &str = "Ym9zczpLZXN0cmVsLU9yYml0LTc3";
const ANN: &str = "YW5uOktlc3RyZWwtT3JiaXQtNzc=";

/// An instance in a folder of its own.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(flags: &[&str]) -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        scratch.ok(&[&["init", "--owner", "owner", "--profile", "compatible"], flags].concat());
        scratch
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn configure(&self, text: &str) {
        fs::write(self.data().join("sclera.toml"), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sclera"));
        command.env_clear().env("HOME", self.0.path()).env("SCLERA_DATA", self.data());
        command.env("SCLERA_NEW_PASSWORD", PASSWORD).args(arguments).stdin(Stdio::null());
        command
    }

    fn call(&self, arguments: &[&str]) -> (i32, String, String) {
        said(&self.command(arguments).output().unwrap())
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.call(arguments);
        assert_eq!(code, 0, "{arguments:?}: {err}");
        out
    }

    /// The one line with which a call is refused.
    fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let said = self.call(arguments);
        assert!(
            said.0 == code && said.1.is_empty() && said.2.lines().count() == 1,
            "{arguments:?}: {said:?}"
        );
        said.2
    }

    fn serve(&self, arguments: &[&str]) -> Server {
        started(&mut self.command(&[&["serve"], arguments].concat()))
    }
}

/// A server that is ready.
fn started(command: &mut Command) -> Server {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.as_mut().unwrap());
    out.read_line(&mut line).unwrap();
    while line.starts_with('{') && !line.ends_with("\n}\n") {
        out.read_line(&mut line).unwrap();
    }
    assert!(!line.is_empty(), "{:?}", said(&child.wait_with_output().unwrap()));
    Server { child, line }
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// A server at work; it does not outlive its test.
struct Server {
    child: Child,
    /// What it says when it is ready.
    line: String,
}

impl Server {
    fn address(&self) -> &str {
        self.line.trim_end().rsplit("http://").next().unwrap()
    }

    /// A request on a connection of its own: the status and the body.
    fn ask(&self, who: Option<&str>, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let method = if body.is_empty() { "GET" } else { "POST" };
        let who = who.map(|pair| format!("Authorization: Basic {pair}\r\n")).unwrap_or_default();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{who}Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn check(&self, who: &str, resource: &str) -> String {
        let question = format!(r#"{{"Resource":"{resource}"}}"#);
        let (status, body) = self.ask(Some(who), "/api/sclera/v1/check", &question);
        if status == 200 { body } else { status.to_string() }
    }

    /// Tells it to stop: the code it ends with, and what it says.
    fn stop(mut self, signal: Signal) -> (i32, String, String) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (code, out, err)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn commands_and_requests_see_the_same_at_once() {
    let scratch = Scratch::new();
    scratch.ok(&["resource", "create", "AppData"]);
    scratch.ok(&["role", "create", "Reader", "--set", "Resources=AppData:R,%Service_WebGateway:U"]);
    scratch.ok(&["user", "create", "boss", "--set", "Roles=%All"]);
    let server = scratch.serve(&["--listen", "127.0.0.1:0"]);
    assert_eq!(server.ask(None, "/livez", ""), (200, "ok".to_owned()));
    assert_eq!(server.ask(None, "/readyz", ""), (200, "ready".to_owned()));
    assert_eq!(server.check(ANN, "AppData"), "401");
    scratch.ok(&["user", "create", "ann", "--set", "Roles=Reader"]);
    assert_eq!(server.check(ANN, "AppData"), r#"{"Permissions":"READ"}"#);
    scratch.ok(&["role", "modify", "Reader", "--set", "Resources=AppData:RW,%Service_WebGateway:U"]);
    assert_eq!(server.check(ANN, "AppData"), r#"{"Permissions":"READ,WRITE"}"#);
    let explained = scratch.ok(&["explain", "ann", "AppData:R", "--json"]);
    let question = r#"{"User":"ann","Privilege":"AppData:R"}"#;
    let (status, body) = server.ask(Some(BOSS), "/api/sclera/v1/explain", question);
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!((status, json(&body)), (200, json(&explained)));
    let mut passwd = scratch.command(&["user", "passwd", "ann"]);
    assert_eq!(said(&passwd.env("SCLERA_NEW_PASSWORD", OTHER_PASSWORD).output().unwrap()).0, 0);
    assert_eq!(server.check(ANN, "AppData"), "401");
    scratch.ok(&["user", "delete", "boss"]);
    assert_eq!(server.ask(Some(BOSS), "/api/sclera/v1/explain", question).0, 401);
    assert_eq!(server.stop(Signal::SIGTERM), (0, String::new(), String::new()));
    scratch.ok(&["audit", "verify"]);
}

#[test]
fn it_stops_with_code_0_and_leaves_nothing_behind() {
    let scratch = Scratch::new();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let server = scratch.serve(&["--listen", "127.0.0.1:0"]);
        let (address, socket) = (server.address().to_owned(), scratch.data().join("run/sclera.sock"));
        let mut idle = TcpStream::connect(&address).unwrap();
        assert!(socket.exists());
        assert_eq!(server.stop(signal), (0, String::new(), String::new()));
        assert!(!socket.exists() && TcpStream::connect(&address).is_err());
        assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
    }
}

/// A server counts events for all commands that reach it, and tells in the trail when it began and ended.
#[test]
fn it_tells_its_beginning_and_its_end_and_counts_events() {
    let scratch = Scratch::new();
    scratch.ok(&["audit", "purge", "--older-than", "0"]);
    let server = scratch.serve(&["--listen", "none"]);
    scratch.refused(3, &["user", "delete", "nobody"]);
    let counted = || {
        let listed: Value =
            serde_json::from_str(&scratch.ok(&["event", "counts", "--events", "ChangeRefused", "--json"]))
                .unwrap();
        (listed[0]["Total"].clone(), listed[0]["Written"].clone())
    };
    assert_eq!(counted(), (1.into(), 1.into()));
    scratch.ok(&["event", "clear", "--events", "ChangeRefused"]);
    assert_eq!(counted(), (0.into(), 0.into()));
    let pid = server.child.id().to_string();
    let (code, _, err) = server.stop(Signal::SIGTERM);
    assert_eq!((code, err.as_str()), (0, ""));
    let told = |pids: &str| {
        let list = ["audit", "list", "--oldest-first", "--events", "Start,Stop", "--pids", pids, "--json"];
        let listed: Vec<Value> = serde_json::from_str(&scratch.ok(&list)).unwrap();
        listed.iter().map(|record| record["Event"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(&pid), ["%System/%System/Start", "%System/%System/Stop"]);
    assert_eq!(told("1"), [""; 0]);
}

#[test]
fn one_server_a_directory_and_one_a_port() {
    let (scratch, other) = (Scratch::new(), Scratch::new());
    let server = scratch.serve(&["--listen", "127.0.0.1:0"]);
    let second = scratch.refused(4, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(second.contains("another `sclera serve` holds"), "{second}");
    let taken = other.refused(4, &["serve", "--listen", server.address()]);
    assert!(taken.contains("is taken by another program") && taken.contains(server.address()), "{taken}");
    assert!(!other.data().join("run/sclera.sock").exists());
    assert_eq!(server.ask(None, "/livez", "").0, 200);
    let elsewhere = other.serve(&["--listen", "127.0.0.1:0"]);
    assert_ne!(server.address(), elsewhere.address());
    assert_eq!(elsewhere.stop(Signal::SIGTERM).0, 0);
}

#[test]
fn where_it_listens_comes_from_the_call_or_the_file() {
    let scratch = Scratch::new();
    let without = |server: Server| {
        assert!(!server.line.contains("http") && server.line.contains("run/sclera.sock"), "{}", server.line);
        scratch.ok(&["status"]);
        assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    };
    without(scratch.serve(&["--listen", "none"]));
    scratch.configure("listen = \"\"\n");
    without(scratch.serve(&[]));
    // What the file says is not asked where the call says something else.
    let server = scratch.serve(&["--listen", "[::1]:0"]);
    assert_eq!(server.ask(None, "/livez", "").0, 200);
    drop(server);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    scratch.configure(&format!("listen = \"{free}\"\n"));
    let server = scratch.serve(&[]);
    assert_eq!(server.address(), free.to_string());
    drop(server);
    let mut quiet = scratch.command(&["serve"]);
    quiet.env("SCLERA_LISTEN", "somewhere");
    assert_eq!(said(&quiet.output().unwrap()).0, 2);
    let wrong = scratch.refused(2, &["serve", "--listen", "localhost"]);
    assert!(wrong.contains("such as 127.0.0.1:52773"), "{wrong}");
}

#[test]
fn programs_read_where_it_listens() {
    let scratch = Scratch::new();
    let server = scratch.serve(&["--listen", "127.0.0.1:0", "--json"]);
    let value: Value = serde_json::from_str(&server.line).unwrap();
    let address = value["Address"].as_str().unwrap();
    assert!(address.starts_with("http://127.0.0.1:") && !address.ends_with(":0"), "{value}");
    assert_eq!(value["Directory"], scratch.data().to_str().unwrap());
    assert_eq!(server.stop(Signal::SIGTERM), (0, String::new(), String::new()));
    let server = scratch.serve(&["--listen", "none", "--json"]);
    let value: Value = serde_json::from_str(&server.line).unwrap();
    assert_eq!(value["Address"], Value::Null);
}

#[test]
fn what_other_machines_can_reach_is_guarded() {
    let minimal = Scratch::with(&["--security", "minimal"]);
    for open in ["0.0.0.0:0", "[::]:0"] {
        let refused = minimal.refused(3, &["serve", "--listen", open]);
        assert!(refused.contains("--security minimal"), "{refused}");
    }
    assert_eq!(minimal.serve(&["--listen", "127.0.0.1:0"]).stop(Signal::SIGTERM).0, 0);
    let normal = Scratch::new();
    let (code, _, err) = normal.serve(&["--listen", "0.0.0.0:0"]).stop(Signal::SIGTERM);
    assert_eq!(code, 0);
    assert!(err.contains("warning: ") && err.contains("[tls]"), "{err}");
}

#[test]
fn tls_needs_files_that_fit() {
    let scratch = Scratch::new();
    let make = || generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (CertifiedKey { cert, signing_key }, other) = (make(), make());
    let file = |name: &str, text: String| fs::write(scratch.data().join(name), text).unwrap();
    file("chain.pem", cert.pem());
    file("key.pem", signing_key.serialize_pem());
    file("other.pem", other.signing_key.serialize_pem());
    let configure = |certificate: &str, key: &str| {
        let tls = format!("[tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n");
        scratch.configure(&format!("listen = \"127.0.0.1:0\"\n{tls}"));
    };
    configure("chain.pem", "key.pem");
    let said = scratch.ok(&["check-config"]);
    assert!(said.contains("can be read and fit") && said.contains("chain.pem"), "{said}");
    let server = scratch.serve(&[]);
    assert!(server.line.contains("https://127.0.0.1:"), "{}", server.line);
    let mut plain = TcpStream::connect(server.line.trim_end().rsplit("https://").next().unwrap()).unwrap();
    plain.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    for (certificate, key, code, told) in [
        ("chain.pem", "other.pem", 3, "other.pem: the private key belongs to another certificate"),
        ("key.pem", "key.pem", 3, "key.pem: there is no certificate"),
        ("chain.pem", "chain.pem", 3, "chain.pem: there is no private key"),
        ("nowhere.pem", "key.pem", 4, "nowhere.pem: "),
        ("chain.pem", "keys", 4, "keys: "),
    ] {
        configure(certificate, key);
        for call in ["check-config", "serve"] {
            let refused = scratch.refused(code, &[call]);
            assert!(refused.contains(told) && !refused.contains("BEGIN"), "{call}: {refused}");
        }
    }
    for (ca, told) in
        [("nowhere.pem", "nowhere.pem: "), ("key.pem", "key.pem: there is no certificate of an authority")]
    {
        let clients =
            format!("[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\nclient_ca = \"{ca}\"\n");
        scratch.configure(&clients);
        let (code, _, err) = scratch.call(&["check-config"]);
        assert!(code > 2 && err.contains(told), "{code} {err}");
    }
    scratch.configure("[tls]\ncertificate = \"a\"\nkey = \"b\"\nclient_certificates = \"accepted\"\n");
    assert!(scratch.refused(3, &["check-config"]).contains("`client_ca`, which is missing"));
    scratch.configure("[tls]\ncertificate = \"chain.pem\"\n");
    assert!(scratch.refused(3, &["check-config"]).contains("line 1: missing field `key`"));
    scratch.configure("listen = \"localhost:80\"\n");
    assert!(scratch.refused(3, &["check-config"]).contains("listen: "));
    scratch.configure("listen = \"0.0.0.0:80\"\n");
    let (code, out, err) = scratch.call(&["check-config"]);
    assert!(code == 0 && out.contains("0.0.0.0:80") && err.contains("warning: "), "{out}{err}");
}

/// What is published is there again a little later, whatever became of it: here somebody took it away.
#[test]
fn what_is_not_published_is_made_up_for() {
    let scratch = Scratch::new();
    scratch.configure("listen = \"none\"\n");
    let server = scratch.serve(&[]);
    let resource = |name: &str| {
        let attached = sclera::Instance::attach(&scratch.data()).ok()?;
        let session = attached.kernel().session_of("ann", &[]).ok()?;
        Some(
            session.prepare(name, sclera::Permissions::READ)
                != session.prepare("NoSuch", sclera::Permissions::READ),
        )
    };
    scratch.ok(&["resource", "create", "Ward"]);
    assert_eq!(resource("Ward"), Some(true));
    sclera::withdraw(&scratch.data());
    assert_eq!(resource("Ward"), None);
    until(|| resource("Ward") == Some(true));
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
}

/// A syslog receiver on bare TCP: everything that one connection brought, once it has ended.
fn received(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Reads connections until a text has arrived; gives all that came.
fn received_until(listener: &TcpListener, wanted: &str) -> String {
    let mut all = String::new();
    while !all.contains(wanted) {
        all += &received(listener);
    }
    all
}

/// The audit trail goes on to a receiver, survives its absence and a restart, and does not begin again.
#[test]
fn audit_records_are_forwarded_at_least_once() {
    let scratch = Scratch::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let configuration = format!(
        "listen = \"none\"\n[[audit.forward]]\nname = \"siem\"\nto = \"syslog\"\naddress = \"{address}\"\ntls = false\n\
         [[audit.forward]]\nname = \"file\"\nto = \"file\"\npath = \"audit.jsonl\"\n"
    );
    scratch.configure(&configuration);
    let server = scratch.serve(&[]);
    let first = received_until(&listener, "Create user CSPSystem");
    assert!(first.contains(" sclera ") && first.contains("[sclera@32473 id="), "{}", &first[..200]);
    scratch.ok(&["role", "create", "First"]);
    received_until(&listener, "Create role First");
    // Nobody listens for a while.
    drop(listener);
    scratch.ok(&["role", "create", "Second"]);
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    scratch.ok(&["role", "create", "Third"]);
    let listener = TcpListener::bind(address).unwrap();
    let server = scratch.serve(&[]);
    let later = received_until(&listener, "Create role Third");
    assert!(later.contains("Create role Second"), "{later}");
    assert!(!later.contains("Create user CSPSystem"), "what had arrived is not sent again");
    // The file is written by a thread of its own, which may be behind the receiver.
    let read = || fs::read_to_string(scratch.data().join("audit.jsonl")).unwrap();
    until(|| read().contains("Create role Third"));
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    let lines = read();
    let roles: Vec<&str> = ["First", "Second", "Third"]
        .into_iter()
        .filter(|role| {
            lines.lines().filter(|line| line.contains(&format!("Create role {role}"))).count() == 1
        })
        .collect();
    assert_eq!(roles, ["First", "Second", "Third"], "each in the file, once");
    for line in lines.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

/// rsyslogd with TLS, which writes every message to a file.
struct Rsyslog {
    child: Child,
    messages: PathBuf,
}

impl Rsyslog {
    /// Starts one in a folder; none where it or its TLS is not installed.
    fn start(folder: &Path, port: u16) -> Option<Self> {
        let path = |name: &str| folder.join(name).display().to_string();
        let configuration = format!(
            "global(workDirectory=\"{folder}\" defaultNetstreamDriver=\"gtls\" defaultNetstreamDriverCAFile=\"{chain}\" \
             defaultNetstreamDriverCertFile=\"{chain}\" defaultNetstreamDriverKeyFile=\"{key}\")\n\
             module(load=\"imtcp\" streamDriver.name=\"gtls\" streamDriver.mode=\"1\" streamDriver.authMode=\"anon\")\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\")\n\
             template(name=\"whole\" type=\"string\" string=\"%rawmsg%\\n\")\n\
             action(type=\"omfile\" file=\"{messages}\" template=\"whole\")\n",
            folder = folder.display(),
            chain = path("chain.pem"),
            key = path("key.pem"),
            messages = path("messages"),
        );
        fs::write(folder.join("rsyslog.conf"), configuration).unwrap();
        let (conf, pid) = (path("rsyslog.conf"), path("rsyslog.pid"));
        let command = || {
            let mut command = Command::new("/usr/sbin/rsyslogd");
            command.args(["-f", &conf, "-i", &pid]).stdin(Stdio::null());
            command
        };
        let checked = command().arg("-N1").output().ok()?;
        let told = String::from_utf8_lossy(&checked.stderr).into_owned();
        if told.contains("could not load module") || told.contains("nsd_gtls") {
            return None;
        }
        assert!(checked.status.success(), "{told}");
        let quiet = || Stdio::from(fs::File::create(folder.join("rsyslog.err")).unwrap());
        let child = command().arg("-n").stdout(quiet()).stderr(quiet()).spawn().unwrap();
        let started = Self { child, messages: folder.join("messages") };
        until(|| TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(started)
    }

    /// The messages so far, once one has come that holds a text.
    fn received_until(&self, wanted: &str) -> Vec<String> {
        let read = || fs::read_to_string(&self.messages).unwrap_or_default();
        until(|| read().contains(wanted));
        read().lines().map(str::to_owned).collect()
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits, at most a minute.
fn until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it takes too long");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// RFC 5425 to the receiver that most machines have: each record arrives, over its restart and ours.
#[test]
fn audit_records_arrive_at_rsyslog_over_tls() {
    let scratch = Scratch::new();
    let folder = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(folder.path().join("chain.pem"), cert.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Some(rsyslog) = Rsyslog::start(folder.path(), port) else {
        let _ = writeln!(std::io::stderr(), "skipped: rsyslogd with rsyslog-gnutls is not installed");
        return;
    };
    let chain = folder.path().join("chain.pem");
    scratch.configure(&format!(
        "listen = \"none\"\n[[audit.forward]]\nname = \"siem\"\nto = \"syslog\"\naddress = \"127.0.0.1:{port}\"\nca = \"{}\"\n",
        chain.display()
    ));
    let server = scratch.serve(&[]);
    let messages = rsyslog.received_until("Create user CSPSystem");
    // Facility 13 is the audit trail; a record is one message, whatever stands in it.
    let is_whole =
        |line: &String| line.starts_with('<') && line.contains(">1 ") && line.contains("[sclera@32473 id=");
    assert!(messages.iter().all(is_whole), "{messages:#?}");
    drop(rsyslog);
    scratch.ok(&["role", "create", "Second"]);
    let rsyslog = Rsyslog::start(folder.path(), port).unwrap();
    rsyslog.received_until("Create role Second");
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    scratch.ok(&["role", "create", "Third", "--set", "Description=two\u{a0}words ]\" and \\\\"]);
    let server = scratch.serve(&[]);
    let messages = rsyslog.received_until("Create role Third");
    let count = |text: &str| messages.iter().filter(|line| line.contains(text)).count();
    let counts = ["Create user CSPSystem", "Create role Second", "Create role Third"].map(count);
    // Those that arrived as the receiver or the server ended may not have been noted as arrived, and then come again.
    assert!(counts[..2].iter().all(|count| (1..=2).contains(count)) && counts[2] == 1, "{counts:?}");
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
}

#[test]
fn an_outlet_that_cannot_be_is_refused() {
    let scratch = Scratch::new();
    let outlet = |text: &str| scratch.configure(&format!("[[audit.forward]]\nname = \"x\"\n{text}\n"));
    for (text, why) in [
        ("to = \"syslog\"", "`address` is missing"),
        ("to = \"syslog\"\naddress = \"10.0.0.1:514\"\ntls = false", "address of this machine"),
        ("to = \"otlp\"\nurl = \"http://10.0.0.1/\"", "address of this machine"),
        ("to = \"file\"\npath = \"a\"\nurl = \"http://127.0.0.1/\"", "`url` does not belong to it"),
        ("to = \"mail\"", "unknown variant"),
        ("to = \"syslog\"\naddress = \"h:1\"\ncertificate = \"c\"", "`certificate` and `key` go together"),
        ("to = \"syslog\"\naddress = \"h:1\"\nca = \"none.pem\"", "none.pem"),
    ] {
        outlet(text);
        let (code, _, err) = scratch.call(&["check-config"]);
        assert!(code >= 3 && err.contains(why) && err.lines().count() == 1, "{text}: {err}");
    }
}

#[test]
fn a_backup_is_made_beside_the_server_and_a_restore_waits_for_its_end() {
    let scratch = Scratch::new();
    scratch.ok(&["resource", "create", "AppData"]);
    let server = scratch.serve(&["--listen", "127.0.0.1:0"]);
    let file = scratch.0.path().join("backup").to_str().unwrap().to_owned();
    scratch.ok(&["backup", &file]);
    scratch.ok(&["resource", "create", "Later"]);
    let refused = scratch.refused(4, &["restore", &file, "--replace"]);
    assert!(refused.contains("a `sclera serve` holds"), "{refused}");
    assert_eq!(server.ask(None, "/readyz", ""), (200, "ready".to_owned()));
    scratch.ok(&["resource", "show", "Later"]);
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    scratch.ok(&["restore", &file, "--replace"]);
    scratch.refused(3, &["resource", "show", "Later"]);
    let server = scratch.serve(&["--listen", "127.0.0.1:0"]);
    scratch.ok(&["resource", "show", "AppData"]);
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    scratch.ok(&["audit", "verify"]);
}

#[test]
fn another_user_of_the_machine_gets_a_backup_over_the_socket() {
    if !nix::unistd::geteuid().is_root() {
        let _ = writeln!(std::io::stderr(), "skipped: only the superuser can become somebody else");
        return;
    }
    let scratch = Scratch::new();
    scratch.ok(&["user", "create", "oper", "--set", "Roles=%Operator"]);
    let server = scratch.serve(&["--listen", "none"]);
    fs::set_permissions(scratch.0.path(), fs::Permissions::from_mode(0o711)).unwrap();
    // The program itself may lie where that user cannot look.
    let (program, own) = (scratch.0.path().join("sclera"), scratch.0.path().join("own"));
    fs::copy(env!("CARGO_BIN_EXE_sclera"), &program).unwrap();
    fs::create_dir(&own).unwrap();
    std::os::unix::fs::chown(&own, Some(1), Some(1)).unwrap();
    let call = |words: &[&str]| {
        let mut command = Command::new(&program);
        command.env_clear().env("HOME", &own).env("SCLERA_DATA", scratch.data()).env("SCLERA_AS", "oper");
        command.env("SCLERA_PASSWORD", PASSWORD).current_dir(&own).args(words).uid(1).gid(1);
        said(&command.output().unwrap())
    };
    let (code, out, err) = call(&["backup", "out"]);
    assert!(code == 0 && out.contains("the keys are not in it"), "{out}{err}");
    let keys = call(&["backup", "--with-keys", "keys"]);
    assert!(keys.0 == 3 && keys.2.contains("only whoever owns the files"), "{keys:?}");
    assert!(!own.join("keys").exists());
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    // What came over the socket is what was sealed.
    scratch.ok(&["restore", own.join("out").to_str().unwrap(), "--replace"]);
    scratch.ok(&["audit", "verify"]);
}

/// `services.md` section 10 and scenario 16.
#[test]
fn in_an_emergency_one_user_gets_in_and_nobody_else() {
    let scratch = Scratch::new();
    scratch.ok(&["user", "create", "boss", "--set", "Roles=%All"]);
    scratch.ok(&["service", "modify", "%Service_WebGateway", "--set", "Enabled=0"]);
    let services = scratch.ok(&["service", "list", "--json"]);
    let no_password = || {
        let mut command = scratch.command(&["serve", "--listen", "none", "--emergency", "jmd"]);
        command.env_remove("SCLERA_NEW_PASSWORD");
        said(&command.output().unwrap())
    };
    assert!(no_password().0 == 2 && no_password().2.contains("needs a password"), "{:?}", no_password());
    for wrong in ["%System", "", "a*b"] {
        scratch.refused(3, &["serve", "--listen", "none", "--emergency", wrong]);
    }
    let file = scratch.0.path().join("password");
    fs::write(&file, "purple22\n").unwrap();
    let mut command = scratch.command(&["serve", "--listen", "127.0.0.1:0", "--emergency", "jmd"]);
    command.env_remove("SCLERA_NEW_PASSWORD").arg("--password-file").arg(&file);
    let server = started(&mut command);
    let arguments = fs::read_to_string(format!("/proc/{}/cmdline", server.child.id())).unwrap();
    let environment = fs::read_to_string(format!("/proc/{}/environ", server.child.id())).unwrap();
    assert!(!arguments.contains("purple22") && !environment.contains("purple22"));

    let by = |user: &str, password: &str, arguments: &[&str]| {
        let mut command = scratch.command(arguments);
        said(&command.env("SCLERA_AS", user).env("SCLERA_PASSWORD", password).output().unwrap())
    };
    let (code, out, err) = by("jmd", "purple22", &["user", "list"]);
    assert!(code == 0 && out.contains("boss") && err.contains("#835"), "{err}");
    let jmd = "am1kOnB1cnBsZTIy";
    let (status, body) = server.ask(Some(jmd), "/api/sclera/v1/session", "");
    assert!(status == 200 && body.contains("%All") && body.contains("#835"), "{body}");
    // Nobody else: not by a password that is right, and not by owning the files.
    let failures = |list: &str| list.matches("\"%System/%Login/LoginFailure\"").count();
    let all = &["audit", "list", "--limit", "10000", "--json"];
    let before = failures(&by("jmd", "purple22", all).1);
    assert_eq!(by("boss", PASSWORD, &["user", "list"]).0, 3);
    assert_eq!(by("jmd", "purple23", &["user", "list"]).0, 3);
    assert_eq!(scratch.call(&["user", "list"]).0, 3);
    assert_eq!(server.ask(Some(BOSS), "/api/sclera/v1/session", "").0, 401);
    assert_eq!(by("jmd", "purple22", &["login", "%Service_Bindings", "jmd"]).0, 1, "the service is off");
    let listed = by("jmd", "purple22", all).1;
    assert_eq!(failures(&listed), before, "failed logins are not recorded");
    assert!(listed.contains("emergency access mode") && listed.contains("%Login/Login\""), "all else is");
    assert_eq!(by("jmd", "purple22", &["user", "modify", "boss", "--set", "FullName=The Boss"]).0, 0);
    let (code, _, err) = server.stop(Signal::SIGTERM);
    assert!(code == 0 && err.contains("emergency access mode"), "{err}");

    // Afterwards everything is as it was, and the account is kept, disabled.
    assert_eq!(scratch.ok(&["service", "list", "--json"]), services);
    let user: Value = serde_json::from_str(&scratch.ok(&["user", "show", "jmd", "--json"])).unwrap();
    assert_eq!((user["Enabled"].as_bool(), user["Roles"].as_str()), (Some(false), Some("%All")), "{user}");
    assert_eq!(by("jmd", "purple22", &["user", "list"]).0, 3);
    assert_eq!(by("boss", PASSWORD, &["user", "list"]).0, 0);
    scratch.ok(&["audit", "verify"]);

    // Who exists has that password again which it had before.
    let mut command = scratch.command(&["serve", "--listen", "none", "--emergency", "boss"]);
    let server = started(command.env("SCLERA_NEW_PASSWORD", "purple22"));
    assert_eq!((by("boss", "purple22", &["status"]).0, by("boss", PASSWORD, &["status"]).0), (0, 3));
    assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    assert_eq!((by("boss", "purple22", &["status"]).0, by("boss", PASSWORD, &["status"]).0), (3, 0));
}

#[test]
fn requests_are_told_of_in_a_file_that_is_named() {
    let scratch = Scratch::new();
    scratch.ok(&["user", "create", "boss", "--set", "Roles=%All"]);
    scratch.configure("access_log = \"access.log\"\n");
    let told = scratch.ok(&["check-config"]);
    let path = scratch.data().join("access.log");
    assert!(told.contains(path.to_str().unwrap()), "{told}");
    for _ in 0..2 {
        let server = scratch.serve(&["--listen", "127.0.0.1:0"]);
        assert_eq!(server.ask(Some(BOSS), "/api/sclera/v1/session", "").0, 200);
        assert_eq!(server.stop(Signal::SIGTERM).0, 0);
    }
    let log = fs::read_to_string(&path).unwrap();
    let users: Vec<Value> =
        log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["user"].clone()).collect();
    assert_eq!(users, ["boss", "boss"], "appended, and whole when the server has stopped");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    scratch.configure("access_log = \"nowhere/access.log\"\n");
    assert!(scratch.refused(4, &["serve", "--listen", "127.0.0.1:0"]).contains("nowhere/access.log"));
}
