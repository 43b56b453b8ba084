//! Gates of a server from outside: real commands open and close them, real clients come through.
//!
//! What needs a program that is not installed says what it skips.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops where it is"
)]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use sclera_testkit::kdc::{Kdc, REALM};
use sclera_testkit::servers::programs;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

#[path = "gates/hosts.rs"]
mod hosts;
#[path = "gates/jdbc.rs"]
mod jdbc;
#[path = "gates/pages.rs"]
mod pages;
#[path = "gates/scram.rs"]
mod scram;
#[path = "gates/superservers.rs"]
mod superservers;

const PASSWORD: &str = "Kestrel-Orbit-77";

/// An instance in a folder of its own, with a server or without.
struct Scratch {
    folder: TempDir,
    server: Option<Child>,
}

impl Scratch {
    fn new() -> Self {
        let scratch = Self { folder: tempfile::tempdir().unwrap(), server: None };
        scratch.ok(&["init", "--owner", "owner", "--profile", "compatible"]);
        scratch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sclera"));
        command.env_clear().env("HOME", self.folder.path()).env("SCLERA_DATA", self.data());
        command.env("SCLERA_NEW_PASSWORD", PASSWORD).args(arguments).stdin(Stdio::null());
        command
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let (code, out, err) = said(&self.command(arguments).output().unwrap());
        assert_eq!(code, 0, "{arguments:?}: {err}");
        out
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// Begins to serve with gates that are configured so.
    fn serve(&mut self, gates: &str) {
        self.serve_as(gates, |command| command);
    }

    fn serve_as(&mut self, gates: &str, how: impl FnOnce(Command) -> Command) {
        fs::write(self.data().join("sclera.toml"), format!("listen = \"none\"\n{gates}")).unwrap();
        let mut command = how(self.command(&["serve"]));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("serving "), "{line}");
        self.server = Some(child);
    }

    fn stop(&mut self) {
        let mut server = self.server.take().unwrap();
        kill(Pid::from_raw(server.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        assert_eq!(server.wait().unwrap().code(), Some(0));
    }

    fn gate(&self, service: &str) -> Value {
        let status = self.json(&["status"]);
        let gates = status["Gates"].as_array().unwrap();
        gates.iter().find(|gate| gate["Service"] == service).unwrap().clone()
    }

    /// Waits until a gate is in a state, and says where it is.
    fn wait(&self, service: &str, state: &str) -> String {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let gate = self.gate(service);
            if gate["State"] == state {
                return gate["Address"].as_str().unwrap().to_owned();
            }
            assert!(Instant::now() < until, "{gate}");
        }
    }

    /// The reasons of refused logins, as the event log has them.
    fn refusals(&self) -> String {
        self.ok(&["audit", "list", "--limit", "20", "--json"])
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn is_there(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    if !found {
        let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed");
    }
    found
}

/// An upstream that says back what it hears, until the process ends.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let (mut reads, mut writes) = (stream.try_clone().unwrap(), stream);
                let _ = std::io::copy(&mut reads, &mut writes);
            });
        }
    });
    address
}

fn echoes(address: &str) -> bool {
    let Ok(stream) = TcpStream::connect(address) else { return false };
    speaks(&stream)
}

fn speaks(mut stream: &TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut heard = [0; 5];
    stream.write_all(b"hello").and_then(|()| stream.read_exact(&mut heard)).is_ok() && &heard == b"hello"
}

fn gate(service: &str, upstream: &str, more: &str) -> String {
    format!(
        "[[gate]]\nservice = \"{service}\"\nlisten = \"127.0.0.1:0\"\nupstream = \"{upstream}\"\n{more}\n"
    )
}

/// Every basic service with a gate: closed as installed, opened, refused by address, closed; and as it was after a start.
#[test]
fn machines_come_through_what_is_open() {
    let services = ["%Service_ECP", "%Service_Mirror", "%Service_Sharding", "%Service_Weblink"];
    let mut scratch = Scratch::new();
    let upstream = echo();
    let gates: String =
        services.iter().map(|service| gate(service, &upstream, "drain-seconds = 1")).collect();
    scratch.serve(&gates);
    for service in services {
        assert_eq!(scratch.gate(service)["State"], "closed", "{service}: as it is installed");
        scratch.ok(&["service", "modify", service, "--set", "Enabled=1"]);
        let address = scratch.wait(service, "open");
        assert!(echoes(&address), "{service}: opened");
        // A service without a list of addresses takes any (`services.md` section 5).
        if service != "%Service_Mirror" {
            scratch.ok(&["service", "modify", service, "--set", "ClientSystems=10.0.0.1-20"]);
            assert!(!echoes(&address), "{service}: the address is refused");
            assert!(scratch.refusals().contains("#817"), "{service}");
            assert!(scratch.gate(service)["LastRefusal"].as_str().unwrap().contains("#817 from 127.0.0.1"));
            scratch.ok(&["service", "modify", service, "--set", "ClientSystems=127.0.0.1"]);
            assert!(echoes(&address), "{service}: the address is allowed");
        }
        let held = TcpStream::connect(&address).unwrap();
        assert!(speaks(&held));
        scratch.ok(&["service", "modify", service, "--set", "Enabled=0"]);
        scratch.wait(service, "closed");
        assert!(!echoes(&address), "{service}: closed");
        assert!(!speaks(&held), "{service}: drained");
    }
    scratch.ok(&["service", "modify", "%Service_ECP", "--set", "Enabled=1"]);
    scratch.stop();
    scratch.serve(&gates);
    assert!(echoes(&scratch.wait("%Service_ECP", "open")), "as it was");
    assert_eq!(scratch.gate("%Service_Mirror")["State"], "closed");
    scratch.stop();
    scratch.ok(&["audit", "verify"]);
}

/// Mirror and Shadow exclude each other, so that Shadow has its own.
#[test]
fn shadows_come_through_their_gate() {
    let mut scratch = Scratch::new();
    scratch.serve(&gate("%Service_Shadow", &echo(), "drain-seconds = 0"));
    scratch.ok(&["service", "modify", "%Service_Shadow", "--set", "Enabled=1"]);
    let address = scratch.wait("%Service_Shadow", "open");
    assert!(echoes(&address));
    let both =
        scratch.command(&["service", "modify", "%Service_Mirror", "--set", "Enabled=1"]).output().unwrap();
    assert!(said(&both).2.contains("#1422"), "{both:?}");
    scratch.ok(&["service", "modify", "%Service_Shadow", "--set", "ClientSystems=10.0.0.1"]);
    assert!(!echoes(&address));
    scratch.ok(&["service", "modify", "%Service_Shadow", "--set", "Enabled=0"]);
    scratch.wait("%Service_Shadow", "closed");
}

#[test]
fn what_is_pending_is_shown_until_the_restart() {
    let mut scratch = Scratch::new();
    scratch.ok(&["service", "modify", "%Service_ECP", "--set", "Enabled=1"]);
    scratch.serve(&gate("%Service_ECP", &echo(), ""));
    let address = scratch.wait("%Service_ECP", "open");
    let told =
        scratch.ok(&["service", "modify", "%Service_ECP", "--no-restart", "--set", "ClientSystems=10.0.0.1"]);
    assert_eq!(told, "stored, to be applied by a restart: %Service_ECP\n");
    assert!(echoes(&address), "it runs on as it is");
    assert_eq!(scratch.json(&["status"])["Pending"], "%Service_ECP (ClientSystems)");
    assert_eq!(scratch.json(&["service", "list", "%Service_ECP"])[0]["Pending"], "ClientSystems");
    assert_eq!(scratch.json(&["service", "show", "%Service_ECP"])["ClientSystems"], "10.0.0.1");
    let held = TcpStream::connect(&address).unwrap();
    assert!(speaks(&held));
    assert_eq!(scratch.ok(&["service", "restart", "%Service_ECP"]), "restarted service %Service_ECP\n");
    assert!(!echoes(&address) && speaks(&held), "whoever is in stays in");
    assert_eq!(scratch.json(&["status"])["Pending"], "");
    let told = scratch.ok(&["service", "restart", "%Service_ECP", "--now"]);
    assert_eq!(told, "restarted service %Service_ECP; 0 sessions ended\n");
    assert_eq!((&held).read(&mut [0]).unwrap_or(0), 0, "its connection ends");
}

/// `openssl s_client` with a certificate, and what it may.
#[test]
fn openssl_comes_with_a_certificate() {
    if !is_there("openssl") {
        return;
    }
    let mut scratch = Scratch::new();
    let folder = scratch.folder.path().to_owned();
    make_certificates(&folder);
    scratch.ok(&["user", "create", "ann"]);
    scratch.ok(&["user", "create", "eve", "--set", "Roles=%All"]);
    scratch.ok(&["service", "modify", "%Service_CacheDirect", "--set", "Enabled=1"]);
    let more = format!(
        "tls = \"require\"\ncertificate = \"{0}/server.pem\"\nkey = \"{0}/server.key\"\nclient-ca = \"{0}/ca.pem\"",
        folder.display()
    );
    scratch.serve(&gate("%Service_CacheDirect", &echo(), &more));
    let address = scratch.wait("%Service_CacheDirect", "open");
    let comes = |name: &str| openssl_echoes(&folder, &address, name);
    assert!(comes("ann"), "open");
    assert!(!comes("nobody"), "a certificate of no user");
    assert!(!comes("old"), "an expired one");
    assert!(!comes("stranger"), "one of another authority");
    scratch.ok(&["resource", "modify", "%Service_CacheDirect", "--set", "PublicPermission="]);
    assert!(!comes("ann"), "without Use");
    assert!(scratch.refusals().contains("#815"));
    assert!(comes("eve"), "with %All");
    scratch.ok(&["service", "modify", "%Service_CacheDirect", "--set", "ClientSystems=10.0.0.1"]);
    assert!(!comes("eve"), "the address is refused");
    scratch.ok(&["service", "modify", "%Service_CacheDirect", "--set", "Enabled=0"]);
    scratch.wait("%Service_CacheDirect", "closed");
    assert!(!comes("eve"), "closed");
}

fn openssl_echoes(folder: &Path, address: &str, name: &str) -> bool {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["s_client", "-quiet", "-verify_quiet", "-CAfile", "ca.pem"]);
    command.args(["-connect", address, "-cert", &format!("{name}.pem"), "-key", &format!("{name}.key")]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let _ = input.write_all(b"hello\n");
    let mut line = String::new();
    let _ = BufReader::new(child.stdout.take().unwrap()).read_line(&mut line);
    drop(input);
    let _ = child.kill();
    let _ = child.wait();
    line == "hello\n"
}

/// An authority, the server's certificate, and those of clients: good, expired, of nobody and of somebody else's.
fn make_certificates(folder: &Path) {
    let [ca, other] = ["ca", "other"].map(|name| {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        fs::write(folder.join(format!("{name}.pem")), params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
        Issuer::new(params, key)
    });
    for (file, subject, authority, until) in [
        ("server", "server", &ca, 2100),
        ("ann", "ann", &ca, 2100),
        ("eve", "eve", &ca, 2100),
        ("nobody", "nobody", &ca, 2100),
        ("old", "ann", &ca, 2021),
        ("stranger", "ann", &other, 2100),
    ] {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, subject);
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, authority).unwrap();
        fs::write(folder.join(format!("{file}.pem")), made.pem()).unwrap();
        fs::write(folder.join(format!("{file}.key")), key.serialize_pem()).unwrap();
    }
}

/// With few descriptors the gate takes what it can, and goes on when there are some again.
#[test]
fn running_out_of_descriptors_is_survived() {
    let mut scratch = Scratch::new();
    for service in ["%Service_ECP", "%Service_Weblink"] {
        scratch.ok(&["service", "modify", service, "--set", "Enabled=1"]);
    }
    let upstream = echo();
    let gates =
        ["%Service_ECP", "%Service_Weblink"].map(|service| gate(service, &upstream, "connections = 100000"));
    scratch.serve_as(&gates.concat(), |plain| {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n 72 && exec \"$0\" serve", env!("CARGO_BIN_EXE_sclera")]);
        for (name, value) in plain.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            command.env(name, value);
        }
        command.stdin(Stdio::null());
        command
    });
    let address = scratch.wait("%Service_ECP", "open");
    let other = scratch.wait("%Service_Weblink", "open");
    let held: Vec<TcpStream> = (0..60).filter_map(|_| TcpStream::connect(&address).ok()).collect();
    assert!(held.iter().take(4).all(speaks), "those that came first are served");
    assert!(echoes(&other), "and so is the other gate");
    drop(held);
    assert!(echoes(&address), "and whoever comes later");
    scratch.stop();
    scratch.ok(&["audit", "verify"]);
}

#[test]
fn a_gate_that_cannot_be_is_no_configuration() {
    let scratch = Scratch::new();
    let certified = "tls = \"require\"\ncertificate = \"none.pem\"\nkey = \"none.key\"";
    for (text, code, why) in [
        (gate("%Service_Login", "127.0.0.1:1", ""), 3, "a gate is for one of"),
        (gate("%Service_ECP", "127.0.0.1:1", certified), 4, "none.pem"),
        (gate("%Service_ECP", "127.0.0.1", ""), 3, "upstream: "),
    ] {
        fs::write(scratch.data().join("sclera.toml"), text).unwrap();
        for call in ["check-config", "serve"] {
            let (got, _, err) = said(&scratch.command(&[call]).output().unwrap());
            assert!(got == code && err.contains(why) && err.lines().count() == 1, "{call}: {got} {err}");
        }
    }
    fs::write(scratch.data().join("sclera.toml"), gate("%Service_ECP", "127.0.0.1:1", "")).unwrap();
    assert!(scratch.ok(&["check-config"]).contains("%Service_ECP at 127.0.0.1:0 before 127.0.0.1:1"));
}

/// What `docs/services.md` names is there: every service once, and every test.
#[test]
fn the_table_of_services_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let page = fs::read_to_string(root.join("docs/services.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `%Service_"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let scratch = Scratch::new();
    let services = scratch.json(&["service", "list"]);
    let mut known: Vec<&str> =
        services.as_array().unwrap().iter().map(|service| service["Name"].as_str().unwrap()).collect();
    known.sort_unstable();
    let listed: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(listed, known);
    let tests = tests_below(&root.join("crates"));
    for name in rows.iter().flat_map(|row| &row[3..]).flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
        assert!(tests.contains(&format!("fn {name}()")), "there is no test `{name}`");
    }
}

/// The text of all tests.
fn tests_below(folder: &Path) -> String {
    let mut text = String::new();
    for entry in folder.read_dir().unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            text += &tests_below(&path);
        } else if path.extension().is_some_and(|kind| kind == "rs")
            && path.components().any(|part| part.as_os_str() == "tests")
        {
            text += &fs::read_to_string(&path).unwrap();
        }
    }
    text
}

/// A real PostgreSQL, as nobody, on a socket of its own and on a port; it does not outlive its test.
struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    server: Child,
    port: u16,
}

impl Postgres {
    /// None where it is not installed.
    fn start() -> Option<Self> {
        let Some(programs) = postgres_programs() else {
            let _ = writeln!(std::io::stderr(), "skipped: postgresql is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let data = folder.path().join("db");
        fs::create_dir(&data).unwrap();
        if nix::unistd::geteuid().is_root() {
            std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        fs::write(folder.path().join("pw"), "super").unwrap();
        fs::set_permissions(folder.path().join("pw"), fs::Permissions::from_mode(0o644)).unwrap();
        let run = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.env_clear().env("HOME", &data).env("LC_ALL", "C").current_dir(&data).stdin(Stdio::null());
            if nix::unistd::geteuid().is_root() {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        let mut made = run("initdb");
        made.args(["-D", ".", "-U", "postgres", "-A", "scram-sha-256", "--no-sync", "--pwfile"]);
        let made = made.arg(folder.path().join("pw")).output().unwrap();
        assert!(made.status.success(), "{}", said(&made).2);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "listen_addresses='127.0.0.1'\nport={port}\nunix_socket_directories='{}'\nfsync=off\nlogging_collector=off\n",
            data.display()
        );
        fs::write(data.join("postgresql.auto.conf"), settings).unwrap();
        let mut server = run("postgres");
        let server = server.args(["-D", "."]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let postgres = Self { folder, programs, server, port };
        let until = Instant::now() + Duration::from_secs(60);
        while postgres.own("select 1").is_none() {
            assert!(Instant::now() < until, "PostgreSQL does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(postgres)
    }

    /// Asks it directly, as its superuser.
    fn own(&self, sql: &str) -> Option<String> {
        let mut command = Command::new(self.programs.join("psql"));
        command.env_clear().env("PGPASSWORD", "super");
        command.args(["-X", "-A", "-t", "-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres"]);
        let output = command.args(["-d", "postgres", "-c", sql]).output().unwrap();
        output.status.success().then(|| said(&output).1.trim().to_owned())
    }

    fn upstream(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A call of a program of it through a gate.
    fn through(&self, program: &str, address: &str, user: &str, password: &str, tls: bool) -> Command {
        let (host, port) = address.rsplit_once(':').unwrap();
        let mut command = Command::new(self.programs.join(program));
        command.env_clear().env("PGPASSWORD", password).env("PGHOST", host).env("PGPORT", port);
        command.env("PGUSER", user).env("PGDATABASE", "postgres").env("PGCONNECT_TIMEOUT", "20");
        command.env("PGSSLMODE", if tls { "require" } else { "disable" }).env("HOME", self.folder.path());
        command.env("PGGSSENCMODE", "disable").stdin(Stdio::null());
        command
    }

    /// What a statement answers through a gate, or what psql says instead.
    fn ask(&self, address: &str, user: &str, password: &str, tls: bool, sql: &str) -> Result<String, String> {
        let mut command = self.through("psql", address, user, password, tls);
        let output = command.args(["-X", "-A", "-t", "-c", sql]).output().unwrap();
        let (code, out, err) = said(&output);
        if code == 0 { Ok(out.trim().to_owned()) } else { Err(err) }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(self.server.id().try_into().unwrap()), Signal::SIGQUIT);
        let _ = self.server.wait();
    }
}

const NOBODY: u32 = 65_534;
const BINDINGS: &str = "%Service_Bindings";

/// Where the programs of the newest PostgreSQL are.
fn postgres_programs() -> Option<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().ok()?.flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.into_iter().rfind(|folder| {
        ["initdb", "postgres", "psql", "pgbench"].iter().all(|program| folder.join(program).is_file())
    })
}

/// A database with two roles, and an instance with a gate before it that asks for TLS.
fn clinic(postgres: &Postgres, tls: &str) -> Scratch {
    for statement in [
        "create role clinic login password 'of the clinic'",
        "create role chief login password 'of the chief'",
        "create table ward (bed int)",
        "grant select, insert on ward to clinic",
    ] {
        postgres.own(statement).unwrap();
    }
    let mut scratch = Scratch::new();
    let folder = scratch.folder.path().to_owned();
    make_certificates(&folder);
    let passwords = scratch.path("roles");
    fs::write(&passwords, "# of the database\nclinic:of the clinic\nchief:of the chief\n").unwrap();
    fs::set_permissions(&passwords, fs::Permissions::from_mode(0o600)).unwrap();
    scratch.ok(&["role", "create", "Nurse", "--set", "Resources=%Service_SQL:U"]);
    scratch.ok(&["role", "create", "Chief", "--set", "GrantedRoles=Nurse"]);
    for (user, roles) in [("ann", "Nurse"), ("eve", "Chief"), ("dan", "")] {
        scratch.ok(&["user", "create", user, "--set", &format!("Roles={roles}")]);
    }
    let more = format!(
        "tls = \"{tls}\"\ncertificate = \"{0}/server.pem\"\nkey = \"{0}/server.key\"\n\
         roles = [\"Chief=chief\", \"Nurse=clinic\"]\npasswords = \"{1}\"",
        folder.display(),
        passwords.display()
    );
    scratch.serve(&gate(BINDINGS, &postgres.upstream(), &more));
    scratch
}

/// psql through the gate: opened, closed, refused by address, by password, by Use, by role.
#[test]
fn psql_comes_through_as_the_role_of_its_user() {
    let Some(postgres) = Postgres::start() else { return };
    let scratch = clinic(&postgres, "require");
    let address = scratch.wait(BINDINGS, "open");
    let ask = |user: &str, sql: &str| postgres.ask(&address, user, PASSWORD, true, sql);
    assert_eq!(ask("ann", "select current_user"), Ok("clinic".to_owned()));
    assert_eq!(
        ask("eve", "select session_user"),
        Ok("chief".to_owned()),
        "the first role that is held, by another one"
    );
    assert_eq!(ask("ANN", "select current_database()"), Ok("postgres".to_owned()));
    assert!(ask("ann", "insert into ward values (7)").is_ok());
    assert!(
        ask("ann", "drop table ward").unwrap_err().contains("must be owner"),
        "the database has its own say"
    );
    assert!(ask("ann", "set session authorization chief").unwrap_err().contains("permission denied"));
    // Everybody who is refused is told the same.
    let wrong = postgres.ask(&address, "ann", "wrong", true, "select 1").unwrap_err();
    assert!(wrong.contains("Access Denied"), "{wrong}");
    let nobody = postgres.ask(&address, "nobody", "wrong", true, "select 1").unwrap_err();
    assert_eq!(nobody.replace("nobody", "ann"), wrong);
    let plain = postgres.ask(&address, "ann", PASSWORD, false, "select 1").unwrap_err();
    assert!(plain.contains("TLS is required"), "{plain}");
    assert!(scratch.refusals().contains("#995"));
    // Use on SQL: public as installed; then by a role, or by an SQL privilege for the connection.
    assert!(ask("dan", "select 1").unwrap_err().contains("Access Denied"), "admitted, but nobody there");
    scratch.ok(&["resource", "modify", "%Service_SQL", "--set", "PublicPermission="]);
    assert!(ask("dan", "select 1").unwrap_err().contains("Access Denied"));
    assert!(scratch.refusals().contains("#815"));
    assert_eq!(ask("ann", "select 1"), Ok("1".to_owned()));
    scratch.ok(&["service", "modify", BINDINGS, "--set", "ClientSystems=10.0.0.1"]);
    assert!(ask("ann", "select 1").is_err());
    assert!(scratch.refusals().contains("#817"));
    scratch.ok(&["service", "modify", BINDINGS, "--set", "ClientSystems=127.0.0.1"]);
    assert_eq!(ask("ann", "select count(*) from ward"), Ok("1".to_owned()));
    scratch.ok(&["service", "modify", BINDINGS, "--set", "Enabled=0"]);
    scratch.wait(BINDINGS, "closed");
    assert!(ask("ann", "select 1").unwrap_err().contains("refused"));
    assert!(scratch.ok(&["session", "list", "--json"]).contains("Username"), "the owner alone is left");
    scratch.ok(&["audit", "verify"]);
}

#[test]
fn whoever_holds_an_sql_privilege_may_use_sql() {
    let Some(postgres) = Postgres::start() else { return };
    let mut scratch = clinic(&postgres, "require");
    scratch.stop();
    scratch.ok(&["resource", "modify", "%Service_SQL", "--set", "PublicPermission="]);
    scratch.ok(&["sql-privilege", "create", "dan", "SELECT", "--object", "table Ward.Bed"]);
    let configured = fs::read_to_string(scratch.data().join("sclera.toml")).unwrap();
    let configured = configured.replace("listen = \"none\"\n", "") + "role = \"clinic\"\n";
    scratch.serve(&configured);
    let address = scratch.wait(BINDINGS, "open");
    let ask = || postgres.ask(&address, "dan", PASSWORD, true, "select current_user");
    assert_eq!(ask(), Ok("clinic".to_owned()));
    scratch.ok(&["sql-privilege", "delete", "dan", "SELECT", "--object", "table Ward.Bed"]);
    assert!(ask().unwrap_err().contains("Access Denied"), "scenario 10");
}

#[test]
fn pgbench_and_cancelling_work_through_the_gate() {
    let Some(postgres) = Postgres::start() else { return };
    let scratch = clinic(&postgres, "accept");
    let address = scratch.wait(BINDINGS, "open");
    let mut bench = postgres.through("pgbench", &address, "ann", PASSWORD, true);
    fs::write(scratch.path("script"), "insert into ward values (:client_id);\nselect count(*) from ward;\n")
        .unwrap();
    let bench = bench.args(["-n", "-c", "8", "-j", "2", "-t", "40", "-f"]).arg(scratch.path("script"));
    let (code, out, err) = said(&bench.output().unwrap());
    assert!(code == 0 && out.contains("320/320"), "{out}{err}");
    assert_eq!(postgres.own("select count(*) from ward").as_deref(), Some("320"));
    // Ctrl-C at psql is a request to cancel, on a connection of its own.
    let mut psql = postgres.through("psql", &address, "ann", PASSWORD, true);
    let begun = Instant::now();
    let psql = psql.args(["-X", "-c", "select pg_sleep(60)"]).stderr(Stdio::piped()).stdout(Stdio::null());
    let psql = psql.spawn().unwrap();
    let asleep = "select count(*) from pg_stat_activity where query like '%pg_sleep%' and usename = 'clinic'";
    while postgres.own(asleep).as_deref() != Some("1") {
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
    kill(Pid::from_raw(psql.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let (_, _, err) = said(&psql.wait_with_output().unwrap());
    assert!(err.to_lowercase().contains("cancel") && begun.elapsed() < Duration::from_secs(50), "{err}");
    // From this machine it goes without TLS where that is only accepted.
    assert_eq!(postgres.ask(&address, "ann", PASSWORD, false, "select 1"), Ok("1".to_owned()));
    // A session that is ended takes its connection along.
    let mut held = postgres.through("psql", &address, "ann", PASSWORD, true);
    let held = held.args(["-X", "-c", "select pg_sleep(60)"]).stderr(Stdio::piped()).stdout(Stdio::null());
    let held = held.spawn().unwrap();
    while postgres.own(asleep).as_deref() != Some("1") {
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    scratch.ok(&["session", "end", "ann"]);
    let (_, _, err) = said(&held.wait_with_output().unwrap());
    assert!(err.contains("connection"), "{err}");
}

/// What breaks the protocol, is slow, or has a dead database before it.
#[test]
fn the_gate_before_sql_survives_strangers() {
    let Some(mut postgres) = Postgres::start() else { return };
    let scratch = clinic(&postgres, "accept");
    let address = scratch.wait(BINDINGS, "open");
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0xff; 64],
        &[0, 0, 0, 8, 4, 210, 22, 46],
        &[0, 0, 0, 9, 0, 3, 0, 0, 0],
        &[0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2],
    ] {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer[0] == b'E', "{bytes:?}: {answer:?}");
    }
    assert_eq!(postgres.ask(&address, "ann", PASSWORD, true, "select 1"), Ok("1".to_owned()));
    let _ = postgres.server.kill();
    let _ = postgres.server.wait();
    let away = postgres.ask(&address, "ann", PASSWORD, true, "select 1").unwrap_err();
    assert!(away.contains("the database behind this gate is not available"), "{away}");
    assert_eq!(scratch.gate(BINDINGS)["State"], "open");
}

/// A real nginx that says what arrived, on a port of its own; it does not outlive its test.
struct Nginx {
    folder: TempDir,
    server: Child,
    port: u16,
}

impl Nginx {
    /// None where it is not installed.
    fn start() -> Option<Self> {
        let program =
            ["/usr/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|path| Path::new(path).is_file());
        let Some(program) = program else {
            let _ = writeln!(std::io::stderr(), "skipped: nginx is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        fs::create_dir(folder.path().join("large")).unwrap();
        fs::write(folder.path().join("large/file"), vec![b'x'; 20_000_000]).unwrap();
        let said = "$http_x_sclera_user|$http_x_sclera_roles|$http_x_forwarded_for|$http_authorization|$http_cookie|$request_uri";
        let settings = format!(
            "worker_processes 1; error_log stderr crit; pid {0}/pid; events {{}}\n\
             http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f;\n\
             uwsgi_temp_path {0}/u; scgi_temp_path {0}/s; client_max_body_size 100m;\n\
             server {{ listen 127.0.0.1:{port};\n\
             location / {{ return 200 \"{said}\"; }} location /ward/large/ {{ alias {0}/large/; }} }} }}\n",
            folder.path().display()
        );
        fs::write(folder.path().join("conf"), settings).unwrap();
        let mut command = Command::new(program);
        command.arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("conf"));
        let command = command.args(["-g", "daemon off;"]).stdin(Stdio::null()).stderr(Stdio::null());
        let server = command.spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "nginx does not start");
        }
        Some(Self { folder, server, port })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(self.server.id().try_into().unwrap()), Signal::SIGTERM);
        let _ = self.server.wait();
        let _ = &self.folder;
    }
}

const WEB: &str = "%Service_WebGateway";
/// Base64 of the names and the password of everybody, and of a wrong one.
const ANN: &str = "YW5uOktlc3RyZWwtT3JiaXQtNzc=";
const DAN: &str = "ZGFuOktlc3RyZWwtT3JiaXQtNzc=";
const WRONG: &str = "YW5uOndyb25n";

/// Sends a request on a connection of its own: the status, the head and the body.
fn request(address: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String, Vec<u8>) {
    send(address, "GET", path, headers)
}

/// The same by any method.
fn send(address: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let text = format!("{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{lines}\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head, answer[end + 4..].to_vec())
}

/// An instance with two users and two applications, one of them for nobody in particular, and a gate before an upstream.
fn web(upstream: &str, service: &str) -> Scratch {
    let mut scratch = Scratch::new();
    scratch.ok(&["resource", "create", "Ward"]);
    scratch.ok(&["role", "create", "Nurse", "--set", "Resources=Ward:U"]);
    scratch.ok(&["role", "create", "Reader"]);
    scratch.ok(&["role", "create", "Extra"]);
    scratch.ok(&["user", "create", "ann", "--set", "Roles=Nurse"]);
    scratch.ok(&["user", "create", "dan"]);
    let ward = [
        "application",
        "create",
        "/ward",
        "--set",
        "Type=2",
        "--set",
        "AutheEnabled=32",
        "--set",
        "Resource=Ward",
    ];
    scratch.ok(&ward);
    scratch.ok(&["application", "modify", "/ward", "--set", "MatchRoles=:Reader,Nurse:Extra"]);
    scratch.ok(&["application", "create", "/open", "--set", "Type=2", "--set", "AutheEnabled=64"]);
    let more = "applications = [\"/ward\", \"/open\"]";
    scratch.ok(&["service", "modify", service, "--set", "Enabled=1"]);
    scratch.serve(&gate(service, upstream, more));
    scratch
}

/// Whoever has a ticket of Kerberos gets in by it, and the ticket stays at the gate.
#[test]
fn a_ticket_opens_the_web_gate() {
    let (Some(nginx), Some(kdc)) = (Nginx::start(), Kdc::start(&["ann", "stranger"])) else { return };
    let Some([curl]) = programs(["curl"]) else { return };
    let mut scratch = web(&format!("127.0.0.1:{}", nginx.port), WEB);
    scratch.stop();
    let text = format!(
        "[kerberos]\nkeytab = {:?}\nconfig = {:?}\nrealm = \"{REALM}\"\n",
        kdc.key_table(),
        kdc.configuration()
    );
    let gate = gate(WEB, &format!("127.0.0.1:{}", nginx.port), "applications = [\"/ward\", \"/open\"]");
    scratch.ok(&["application", "modify", "/ward", "--set", "AutheEnabled=36"]);
    scratch.serve(&(text + &gate));
    let address = scratch.wait(WEB, "open").replace("127.0.0.1", "localhost");
    let ask = |person: &str, path: &str| {
        let mut command = Command::new(&curl);
        command.env_clear().env("KRB5_CONFIG", kdc.configuration()).env("KRB5CCNAME", kdc.ticket(person));
        command.args(["-s", "-i", "--negotiate", "-u", ":", &format!("http://{address}{path}")]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let ann = ask("ann", "/ward/beds");
    assert!(ann.ends_with("ann|Nurse,Reader,Extra|127.0.0.1|||/ward/beds"), "{ann}");
    let answer = ann.rsplit("HTTP/").next().unwrap();
    assert!(answer.contains("www-authenticate: Negotiate ") && answer.contains("set-cookie: "), "{answer}");
    let stranger = ask("stranger", "/ward/beds");
    assert!(stranger.ends_with("Access Denied") && !stranger.contains("stranger"), "{stranger}");
    assert!(scratch.refusals().contains("User stranger does not exist"));
    scratch.ok(&["application", "modify", "/ward", "--set", "AutheEnabled=32"]);
    let refused = ask("ann", "/ward/beds");
    assert!(refused.ends_with("Access Denied") && !refused.contains("Negotiate"), "{refused}");
}

#[test]
fn web_applications_are_answered_by_what_is_behind_the_gate() {
    let Some(nginx) = Nginx::start() else { return };
    let scratch = web(&format!("127.0.0.1:{}", nginx.port), WEB);
    let address = scratch.wait(WEB, "open");
    let basic = |pair: &str| format!("Basic {pair}");
    let asked = |path: &str, pair: &str, more: &[(&str, &str)]| {
        request(&address, path, &[&[("Authorization", basic(pair).as_str())], more].concat())
    };
    let text = |answer: &(u16, String, Vec<u8>)| String::from_utf8_lossy(&answer.2).into_owned();
    let ann = asked(
        "/ward/beds?x=1",
        ANN,
        &[("X-Sclera-User", "eve"), ("X-Forwarded-For", "1.2.3.4"), ("Cookie", "a=b")],
    );
    assert_eq!((ann.0, text(&ann).as_str()), (200, "ann|Nurse,Reader,Extra|127.0.0.1||a=b|/ward/beds?x=1"));
    // The cookie carries the session, and is not passed on.
    let cookie = ann.1.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(
        cookie.contains("; Path=/ward; HttpOnly; SameSite=Strict") && !cookie.contains("Secure"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    let by_cookie = || request(&address, "/ward", &[("Cookie", cookie)]);
    assert_eq!(text(&by_cookie()), "ann|Nurse,Reader,Extra|127.0.0.1|||/ward");
    assert_eq!(request(&address, "/ward", &[("Cookie", &cookie.replace(['0', '1'], "2"))]).0, 401);
    // Refused: without a name, with a wrong password, without Use on the resource; all are told the same.
    let nobody = request(&address, "/ward", &[]);
    let answers = [nobody, asked("/ward", WRONG, &[]), asked("/ward", DAN, &[])];
    for answer in &answers {
        assert_eq!((answer.0, text(answer).as_str()), (401, "Access Denied"), "{}", answer.1);
        assert!(answer.1.contains("www-authenticate: Basic"));
    }
    assert_eq!(text(&request(&address, "/open/x", &[])).split('|').next(), Some("UnknownUser"));
    for (path, status) in [("/", 404), ("/wards", 404), ("/ward/../open", 400), ("/ward/%2e%2e/open", 400)] {
        assert_eq!(asked(path, ANN, &[]).0, status, "{path}");
    }
    for smuggled in [
        &[("Content-Length", "3"), ("Content-Length", "4")][..],
        &[("Transfer-Encoding", "gzip, chunked")],
        &[("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
        &[("X_Sclera_User", "eve")],
        &[("Host", "other")],
    ] {
        assert_eq!(asked("/ward", ANN, smuggled).0, 400, "{smuggled:?}");
    }
    assert_eq!(asked("/ward/large/file", ANN, &[]).2.len(), 20_000_000);
    // Ended sessions, applications that are off, addresses, and the service.
    scratch.ok(&["session", "end", "ann"]);
    assert_eq!(by_cookie().0, 401);
    scratch.ok(&["application", "modify", "/open", "--set", "Enabled=0"]);
    assert_eq!(request(&address, "/open/x", &[]).0, 404);
    scratch.ok(&["resource", "modify", WEB, "--set", "PublicPermission="]);
    assert_eq!(asked("/ward", ANN, &[]).0, 401, "without Use on the service");
    assert!(scratch.refusals().contains("#815"));
    scratch.ok(&["resource", "modify", WEB, "--set", "PublicPermission=U"]);
    assert_eq!(asked("/ward", ANN, &[]).0, 200);
    scratch.ok(&["service", "modify", WEB, "--set", "ClientSystems=10.0.0.1"]);
    let mut refused = TcpStream::connect(&address).unwrap();
    let _ = refused.write_all(b"GET /ward HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(refused.read(&mut [0]).unwrap_or(0), 0, "an address that is not allowed is not even read");
    scratch.ok(&["service", "modify", WEB, "--set", "ClientSystems=", "--set", "Enabled=0"]);
    scratch.wait(WEB, "closed");
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn document_databases_are_applications_too() {
    let Some(nginx) = Nginx::start() else { return };
    let scratch = web(&format!("127.0.0.1:{}", nginx.port), "%Service_DocDB");
    let address = scratch.wait("%Service_DocDB", "open");
    let ask = |pair: &str| request(&address, "/ward", &[("Authorization", &format!("Basic {pair}"))]).0;
    assert_eq!((ask(ANN), ask(DAN), ask(WRONG)), (200, 401, 401));
    scratch.ok(&["resource", "modify", "%Service_DocDB", "--set", "PublicPermission="]);
    assert_eq!(ask(ANN), 401, "without Use on the service");
    scratch.ok(&["service", "modify", "%Service_DocDB", "--set", "Enabled=0"]);
    scratch.wait("%Service_DocDB", "closed");
}

/// Documents are for whoever holds what the record of their database says; the databases are for administrators of theirs.
#[test]
fn document_databases_are_administered_by_privilege() {
    const DOCUMENTS: &str = "%Service_DocDB";
    let Some(nginx) = Nginx::start() else { return };
    let mut scratch = Scratch::new();
    for words in [
        &["resource", "create", "People"][..],
        &["role", "create", "Keeper", "--set", "Resources=%DocDB_Admin:U"],
        &["role", "create", "Reader", "--set", "Resources=People:R"],
        &["user", "create", "ann", "--set", "Roles=Keeper"],
        &["user", "create", "dan", "--set", "Roles=Reader"],
        &["docdb", "create", "USER/People", "--set", "Resource=People"],
        &["docdb", "create", "USER/ISC.DM.Old", "--set", "Enabled=0"],
        &["application", "modify", "/api/docdb", "--set", "Enabled=1", "--set", "AutheEnabled=32"],
        &["event", "modify", "%System/%Security/Protect", "--set", "Enabled=1"],
        &["service", "modify", DOCUMENTS, "--set", "Enabled=1"],
        &["service", "modify", WEB, "--set", "Enabled=1"],
    ] {
        scratch.ok(words);
    }
    let upstream = format!("127.0.0.1:{}", nginx.port);
    let applications = "applications = [\"/api/docdb\"]";
    scratch.serve(&(gate(DOCUMENTS, &upstream, applications) + &gate(WEB, &upstream, applications)));
    let address = scratch.wait(DOCUMENTS, "open");
    let at = |address: &str, pair: &str, method: &str, path: &str, more: &[(&str, &str)]| {
        let basic = format!("Basic {pair}");
        let headers = [&[("Authorization", basic.as_str()), ("Content-Length", "0")][..], more].concat();
        send(address, method, &format!("/api/docdb/{path}"), &headers)
    };
    let ask = |pair: &str, method: &str, path: &str| at(&address, pair, method, path, &[]).0;
    for (method, path, keeper, reader) in [
        ("GET", "v1/USER", 200, 403),
        ("DELETE", "v1/USER", 200, 403),
        ("POST", "v1/USER/db/New", 200, 403),
        ("DELETE", "v1/USER/db/People", 200, 403),
        ("POST", "v1/USER/prop/People/Age?type=%25Integer", 200, 403),
        ("GET", "v1/USER/doc/People/7", 403, 200),
        ("POST", "v1/USER/doc/People/Name/Ann", 403, 200),
        ("POST", "v1/USER/find/People", 403, 403),
        ("GET", "v1/USER/doc/isc.dm.people/7", 403, 200),
        ("PUT", "v1/USER/doc/People/7", 403, 403),
        ("GET", "v1/USER/db/People", 403, 403),
        ("GET", "v1/USER/doc/Unrecorded/7", 200, 200),
        ("GET", "v1/USER/doc/Old/7", 403, 403),
        ("DELETE", "v1/USER/db/Old", 200, 403),
        ("GET", "v1/USER/d%6fc/People/7", 200, 403),
        ("GET", "v2/USER/doc/People/7", 200, 403),
        ("PATCH", "v1/USER/doc/People/7", 200, 403),
        ("DELETE", "v1/USER/doc/../People", 400, 400),
    ] {
        assert_eq!((ask(ANN, method, path), ask(DAN, method, path)), (keeper, reader), "{method} {path}");
    }
    let overridden = [("X-HTTP-Method-Override", "DELETE")];
    assert_eq!(at(&address, DAN, "GET", "v1/USER/doc/People/7", &overridden).0, 403);
    let (status, head, body) = at(&address, DAN, "DELETE", "v1/USER", &[]);
    assert_eq!((status, body.as_slice()), (403, &b"Access Denied"[..]), "{head}");
    assert_eq!(ask(WRONG, "GET", "v1/USER/doc/People/7"), 401);
    let told = scratch.ok(&["audit", "list", "--events", "Protect", "--json"]);
    for told_of in
        ["<PROTECT> DELETE /api/docdb/v1/USER", "%DocDB_Admin:USE", "People:WRITE", "database is not enabled"]
    {
        assert!(told.contains(told_of), "{told_of}: {told}");
    }
    // Another gate before the same asks nothing of the kind, and roles of the application count.
    let plain = scratch.wait(WEB, "open");
    assert_eq!(at(&plain, DAN, "DELETE", "v1/USER", &[]).0, 200);
    scratch.ok(&["application", "modify", "/api/docdb", "--set", "MatchRoles=Reader:Keeper"]);
    assert_eq!(ask(DAN, "DELETE", "v1/USER"), 200);
}

/// Another protocol, as WebSocket begins one, goes through byte for byte, and ends with the session.
#[test]
fn a_connection_may_change_its_protocol() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.contains("upgrade: websocket") && head.contains("x-sclera-user: ann"), "{head}");
        stream
            .write_all(
                b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            )
            .unwrap();
        let mut reads = stream.try_clone().unwrap();
        let _ = std::io::copy(&mut reads, &mut stream);
    });
    let scratch = web(&upstream, WEB);
    let address = scratch.wait(WEB, "open");
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let text = format!(
        "GET /ward/live HTTP/1.1\r\nHost: h\r\nAuthorization: Basic {ANN}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    assert!(speaks(&stream), "both ways");
    scratch.ok(&["session", "end", "ann"]);
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0, "ended with the session");
}

#[test]
fn an_upstream_that_is_dead_or_slow_is_told() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let scratch = web(&dead, WEB);
    let address = scratch.wait(WEB, "open");
    assert_eq!(request(&address, "/open", &[]).0, 502);
    assert_eq!(scratch.gate(WEB)["State"], "open");
    // A head that does not end, beside which others are answered.
    let mut slow = TcpStream::connect(&address).unwrap();
    slow.write_all(b"GET /open HTTP/1.1\r\nHost: h\r\n").unwrap();
    assert_eq!(request(&address, "/nowhere", &[]).0, 404);
    slow.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 2"), "it is let go");
}

/// What is counted, for whoever may connect, and no longer than the service is on.
#[test]
fn what_is_counted_is_told_while_the_monitor_is_on() {
    let mut scratch = Scratch::new();
    let monitor = "[[gate]]\nservice = \"%Service_Monitor\"\nlisten = \"127.0.0.1:0\"\n";
    scratch.serve(&(monitor.to_owned() + &gate("%Service_ECP", &echo(), "")));
    assert_eq!(scratch.gate("%Service_Monitor")["State"], "closed", "as it is installed");
    scratch.ok(&["service", "modify", "%Service_Monitor", "--set", "Enabled=1"]);
    scratch.ok(&["service", "modify", "%Service_ECP", "--set", "Enabled=1"]);
    let address = scratch.wait("%Service_Monitor", "open");
    assert!(echoes(&scratch.wait("%Service_ECP", "open")));
    let refused =
        scratch.command(&["--as", "nobody", "status"]).env("SCLERA_PASSWORD", "wrong").output().unwrap();
    assert_ne!(said(&refused).0, 0);
    for answer in [scratch.command(&["check", "%DB_USER", "RW"]), scratch.command(&["check", "%DB_USER"])] {
        let mut answer = answer;
        assert!(answer.status().unwrap().success());
    }
    let (status, head, body) = request(&address, "/metrics", &[]);
    let text = String::from_utf8(body).unwrap();
    assert!(status == 200 && head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(text.ends_with("# EOF\n"));
    for sample in [
        "sclera_admitted_total{service=\"%Service_ECP\"} 1",
        "sclera_refused_total{service=\"%Service_Login\",code=\"",
        "sclera_objects{kind=\"service\"} 18",
        "sclera_gate_open{service=\"%Service_ECP\",address=\"127.0.0.1:",
        "sclera_events_total{event=\"%System/%Login/LoginFailure\",outcome=\"written\"}",
        "sclera_checks_total{door=\"local\",source=\"store\",result=\"permitted\"} 1",
        "sclera_checks_total{door=\"local\",source=\"store\",result=\"told\"} 1",
        "sclera_checks_total{door=\"check\",source=\"memory\",result=\"denied\"} 0",
        "sclera_store_commit_seconds_bucket{store=\"activity\",le=\"+Inf\"} ",
        "sclera_store_bytes{store=\"security\",file=\"database\"} ",
    ] {
        assert!(text.contains(sample), "{sample}: {text}");
    }
    // Each family is declared once, before its samples.
    let mut families = std::collections::BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        assert!(families.insert(line.split(' ').next().unwrap().to_owned()), "{line}");
    }
    assert!(!text.contains("nobody"), "what strangers say is nowhere");
    assert_eq!(request(&address, "/", &[]).0, 404);
    // A name of a host is allowed by what it stands for.
    scratch.ok(&[
        "service",
        "modify",
        "%Service_Monitor",
        "--set",
        "ClientSystems=no-such-host.invalid;localhost",
    ]);
    assert_eq!(request(&address, "/metrics", &[]).0, 200);
    scratch.ok(&["service", "modify", "%Service_Monitor", "--set", "ClientSystems=no-such-host.invalid"]);
    let mut stream = TcpStream::connect(&address).unwrap();
    let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    scratch.ok(&["service", "modify", "%Service_Monitor", "--set", "Enabled=0"]);
    scratch.wait("%Service_Monitor", "closed");
    assert!(TcpStream::connect(&address).is_err());
}

/// Two instances, compared through the service of one of them, over TLS with certificates.
#[test]
fn instances_are_compared_while_data_check_is_on() {
    let (mut there, here) = (Scratch::new(), Scratch::new());
    let folder = there.folder.path().to_owned();
    make_certificates(&folder);
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    there.serve(&format!(
        "[[gate]]\nservice = \"%Service_DataCheck\"\nlisten = \"127.0.0.1:0\"\ntls = \"require\"\n\
         certificate = \"{}\"\nkey = \"{}\"\nclient-ca = \"{}\"\n",
        file("server.pem"),
        file("server.key"),
        file("ca.pem")
    ));
    assert_eq!(there.gate("%Service_DataCheck")["State"], "closed", "as it is installed");
    for scratch in [&there, &here] {
        scratch.ok(&["service", "modify", "%Service_DataCheck", "--set", "Enabled=1"]);
        scratch.ok(&["user", "create", "ann", "--set", "FullName=Ann"]);
    }
    let address = there.wait("%Service_DataCheck", "open");
    let url = format!("https://{}", address.replace("127.0.0.1", "localhost"));
    let compare = |name: &str| {
        let (certificate, key) = (file(&format!("{name}.pem")), file(&format!("{name}.key")));
        let words =
            ["datacheck", &url, "--ca", &file("ca.pem"), "--certificate", &certificate, "--key", &key];
        said(&here.command(&words).output().unwrap())
    };
    let equal = compare("ann");
    assert_eq!((equal.0, equal.1.as_str()), (0, "both say the same\n"), "{equal:?}");
    let revisions = [&here, &there].map(|scratch| scratch.json(&["status"])["Revision"].clone());

    let changed = |scratch: &Scratch| scratch.ok(&["user", "modify", "ann", "--set", "FullName=Another"]);
    changed(&there);
    there.ok(&["role", "create", "Boss"]);
    let told = compare("ann");
    assert_eq!((told.0, told.1.as_str()), (1, "only there  role boss\ndiffers     user ann\n"), "{told:?}");
    assert_eq!(here.json(&["status"])["Revision"], revisions[0], "nothing was changed here");
    let after = there.json(&["status"])["Revision"].as_u64().unwrap();
    assert_eq!(after, revisions[1].as_u64().unwrap() + 2, "nor there, but by the two changes");

    let unknown = compare("stranger");
    assert!(unknown.0 == 4 && unknown.2.contains(&url), "a certificate of another authority: {unknown:?}");
    let without = said(&here.command(&["datacheck", &url]).output().unwrap());
    assert!(without.0 == 2 && without.2.contains("--ca"), "{without:?}");
    there.ok(&["service", "modify", "%Service_DataCheck", "--set", "ClientSystems=10.0.0.1"]);
    assert_eq!(compare("ann").0, 4, "the address is refused");
    there.ok(&["service", "modify", "%Service_DataCheck", "--set", "Enabled=0"]);
    there.wait("%Service_DataCheck", "closed");
    assert_eq!(compare("ann").0, 4, "closed");
}

/// Whoever starts the server is told when it serves and when it stops.
#[test]
fn whoever_started_the_server_is_told_how_far_it_is() {
    let mut scratch = Scratch::new();
    let place = scratch.path("notify");
    let listener = UnixDatagram::bind(&place).unwrap();
    listener.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let heard = || {
        let mut bytes = [0; 100];
        let length = listener.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    scratch.serve_as("", |mut command| {
        command.env("NOTIFY_SOCKET", &place);
        command
    });
    assert_eq!(heard(), "READY=1\n");
    scratch.ok(&["status"]);
    scratch.stop();
    assert_eq!(heard(), "STOPPING=1\n");
}

/// An upstream that says one byte to whoever comes, and keeps the connection until the other side ends it.
fn greets() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let mut kept: Vec<TcpStream> = Vec::new();
        loop {
            while let Ok((mut stream, _)) = listener.accept() {
                let _ = stream.write_all(b"!");
                let _ = stream.set_nonblocking(true);
                kept.push(stream);
            }
            kept.retain(|stream| !matches!(stream.peek(&mut [0]), Ok(0)));
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    address
}

/// The processor time that a process has used, in clock ticks.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Connections as many as can be had within a time, up to a number.
fn flood(address: &str, number: usize) -> Vec<TcpStream> {
    let address = address.parse().unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
    (0..number).take_while(|_| Instant::now() < until).filter_map(connect).collect()
}

/// A server that may open few files: whoever comes beyond that waits or is let go, nothing spins, other gates and commands
/// are answered, and afterwards all is as before.
#[test]
fn descriptors_that_run_out_hold_nobody_up_for_good() {
    let Some([prlimit]) = programs(["prlimit"]) else { return };
    let mut scratch = Scratch::new();
    let gates = gate("%Service_ECP", &greets(), "per-source = 10000\nrate = 100000\nconnections = 10000")
        + &gate("%Service_Mirror", &echo(), "");
    for service in ["%Service_ECP", "%Service_Mirror"] {
        scratch.ok(&["service", "modify", service, "--set", "Enabled=1"]);
    }
    scratch.serve_as(&gates, |command| {
        let mut limited = Command::new(prlimit);
        limited.arg("--nofile=256:256").arg(command.get_program()).args(command.get_args());
        limited.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        limited.stdin(Stdio::null());
        limited
    });
    let (ecp, mirror) = (scratch.wait("%Service_ECP", "open"), scratch.wait("%Service_Mirror", "open"));
    let pid = scratch.server.as_ref().unwrap().id();
    let mut all = flood(&ecp, 2_000);
    assert!(all.len() > 100, "{} connections", all.len());
    // The first are served; half of what may be open is for others.
    let mut first = [0];
    all[0].set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    all[0].read_exact(&mut first).unwrap();
    let before = ticks(pid);
    std::thread::sleep(Duration::from_secs(1));
    let used = ticks(pid) - before;
    assert!(used < 50, "it uses {used} of 100 ticks a second for waiting");
    assert!(scratch.gate("%Service_ECP")["Connections"].as_u64().unwrap() >= 30, "commands are answered");
    drop(all);
    let until = Instant::now() + Duration::from_secs(30);
    while scratch.gate("%Service_ECP")["Connections"] != 0 {
        assert!(Instant::now() < until, "{}", scratch.gate("%Service_ECP"));
    }
    assert!(echoes(&mirror), "other gates are open");
    let mut again = TcpStream::connect(&ecp).unwrap();
    again.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    again.read_exact(&mut first).unwrap();
    scratch.stop();
}

/// Ten thousand come at once: as many as the process may have files for are let through, the others wait for a place, and the
/// server stays as it is.
#[test]
fn ten_thousand_at_once() {
    let mut scratch = Scratch::new();
    let gates = gate("%Service_ECP", &greets(), "per-source = 20000\nrate = 100000\nconnections = 20000")
        + &gate("%Service_Mirror", &echo(), "");
    for service in ["%Service_ECP", "%Service_Mirror"] {
        scratch.ok(&["service", "modify", service, "--set", "Enabled=1"]);
    }
    scratch.ok(&["event", "create", "Sclera/Gate/Connect", "--set", "Enabled=0"]);
    scratch.serve(&gates);
    let (ecp, mirror) = (scratch.wait("%Service_ECP", "open"), scratch.wait("%Service_Mirror", "open"));
    let all = flood(&ecp, 10_000);
    let through = scratch.gate("%Service_ECP")["Connections"].as_u64().unwrap();
    println!("{} connected, {through} let through", all.len());
    assert!(all.len() >= 1_000 && through >= 500, "{} connected, {through} let through", all.len());
    assert!(echoes(&mirror), "other gates are open meanwhile");
    drop(all);
    let until = Instant::now() + Duration::from_secs(60);
    while scratch.gate("%Service_ECP")["Connections"] != 0 {
        assert!(Instant::now() < until, "{}", scratch.gate("%Service_ECP"));
    }
    let pid = scratch.server.as_ref().unwrap().id();
    let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    assert!(open < 100, "{open} files are still open");
    scratch.stop();
}

/// Stopped and continued, and told what means nothing to it, under load: nothing is lost; told to end, it ends.
#[test]
fn signals_under_load() {
    let mut scratch = Scratch::new();
    scratch.ok(&["service", "modify", "%Service_ECP", "--set", "Enabled=1"]);
    scratch.serve(&gate("%Service_ECP", &echo(), "rate = 100000\ndrain-seconds = 1"));
    let address = scratch.wait("%Service_ECP", "open");
    let pid = Pid::from_raw(scratch.server.as_ref().unwrap().id().try_into().unwrap());
    let ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (address, ended) = (address.clone(), std::sync::Arc::clone(&ended));
            std::thread::spawn(move || {
                let mut done = 0;
                while !ended.load(std::sync::atomic::Ordering::Relaxed) {
                    assert!(echoes(&address), "after {done}");
                    done += 1;
                }
                done
            })
        })
        .collect();
    for signal in
        [Signal::SIGSTOP, Signal::SIGCONT, Signal::SIGPIPE, Signal::SIGWINCH, Signal::SIGCHLD].repeat(4)
    {
        kill(pid, signal).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    ended.store(true, std::sync::atomic::Ordering::Relaxed);
    for client in clients {
        assert!(client.join().unwrap() > 0);
    }
    scratch.stop();
}

/// Where what is counted stands.
const SUBTREE: &str = "1.3.6.1.4.1.8072.9999.9999.53";

/// Net-SNMP's agent as the master of ours, with a configuration of its own.
struct Snmpd {
    folder: TempDir,
    port: u16,
    running: Option<Child>,
}

impl Snmpd {
    /// None where it is not installed.
    fn start() -> Option<Self> {
        programs(["snmpd", "snmpwalk", "snmpbulkwalk", "snmpget", "snmpset"])?;
        let folder = tempfile::tempdir().unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        drop(socket);
        let settings = format!(
            "agentaddress udp:127.0.0.1:{port}\nmaster agentx\nagentXSocket {}\nrwcommunity ward 127.0.0.1\n",
            folder.path().join("master").display()
        );
        fs::write(folder.path().join("conf"), settings).unwrap();
        let mut snmpd = Self { folder, port, running: None };
        snmpd.again();
        Some(snmpd)
    }

    fn again(&mut self) {
        let [program] = programs(["snmpd"]).unwrap();
        let mut command = Command::new(program);
        command.args(["-f", "-Lf"]).arg(self.folder.path().join("log")).arg("-C").arg("-c");
        command.arg(self.folder.path().join("conf")).env("SNMP_PERSISTENT_DIR", self.folder.path());
        self.running = Some(command.stdin(Stdio::null()).spawn().unwrap());
    }

    fn end(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.kill();
            let _ = running.wait();
        }
    }

    /// What a client is told, by numbers.
    fn ask(&self, program: &str, words: &[&str]) -> String {
        let mut command = Command::new(program);
        command
            .args(["-v2c", "-c", "ward", "-t", "2", "-r", "2", "-m", "", "-O", "n"])
            .env("HOME", self.folder.path());
        let (options, names) = words.split_at(words.iter().take_while(|word| word.starts_with('-')).count());
        command.args(options).arg(format!("udp:127.0.0.1:{}", self.port)).args(names);
        let said = command.output().unwrap();
        let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        said.replace(&format!(".{SUBTREE}."), "sclera.")
    }

    /// Waits until a client is told something, or no longer.
    fn wait(&self, told: &str, is_told: bool) -> String {
        let until = Instant::now() + Duration::from_secs(40);
        loop {
            let said = self.ask("snmpwalk", &[SUBTREE]);
            if said.contains(told) == is_told {
                return said;
            }
            assert!(Instant::now() < until, "{told}: {said}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Snmpd {
    fn drop(&mut self) {
        self.end();
    }
}

/// snmpd, snmpwalk and their like: what is counted is told while the monitor is on, and nothing can be set.
#[test]
fn snmp_tells_what_is_counted_while_the_monitor_is_on() {
    let Some(mut snmpd) = Snmpd::start() else { return };
    let mut scratch = Scratch::new();
    let master = snmpd.folder.path().join("master");
    scratch.serve(&format!("{}[snmp]\nmaster = {master:?}\n", gate("%Service_ECP", &echo(), "")));
    assert_eq!(scratch.gate("%Service_Monitor")["State"], "closed", "as it is installed");
    assert!(!snmpd.ask("snmpwalk", &[SUBTREE]).contains("ECP"));
    scratch.ok(&["service", "modify", "%Service_Monitor", "--set", "Enabled=1"]);
    scratch.wait("%Service_Monitor", "open");
    let said = snmpd.wait("%Service_ECP", true);
    let number = |words: &[&str]| scratch.json(words).as_array().unwrap().len();
    let users = number(&["user", "list"]);
    for line in [
        &format!("sclera.1.2.0 = Gauge32: {users}"),
        "sclera.1.1.0 = Counter64: ",
        "sclera.3.1.2.1 = STRING: \"%Service_ECP\"",
        "sclera.3.1.3.2 = STRING: \"agentx\"",
        "sclera.3.1.5.1 = STRING: \"closed\"",
        "sclera.1.12.0 = Counter64: 0",
        "sclera.4.1.2.1 = STRING: \"security\"",
        "sclera.4.1.2.2 = STRING: \"activity\"",
        "sclera.4.1.7.1 = Counter64: 0",
        "sclera.4.1.8.2 = Gauge32: ",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(said.matches("sclera.2.1.2.").count(), number(&["service", "list"]), "{said}");
    let name = |below: &str| format!("{SUBTREE}.{below}");
    let got = snmpd.ask("snmpget", &[&name("1.3.0"), &name("1.3.1"), &name("99.0")]);
    assert!(got.contains("sclera.1.3.0 = Gauge32: ") && got.matches("No Such").count() == 2, "{got}");
    let bulk = snmpd.ask("snmpbulkwalk", &["-Cr20", SUBTREE]);
    assert!(bulk.contains("sclera.1.2.0") && bulk.contains("sclera.3.1.10.2"), "{bulk}");
    let set = snmpd.ask("snmpset", &[&name("1.2.0"), "u", "7"]);
    assert!(set.contains("notWritable"), "{set}");
    // A change is told, a master that goes away is found again, and a service that is off tells nothing.
    scratch.ok(&["user", "create", "new"]);
    snmpd.wait(&format!("sclera.1.2.0 = Gauge32: {}", users + 1), true);
    snmpd.end();
    let until = Instant::now() + Duration::from_secs(30);
    while !scratch.gate("%Service_Monitor")["State"].as_str().unwrap().starts_with("failed: ") {
        assert!(Instant::now() < until, "{}", scratch.gate("%Service_Monitor"));
    }
    snmpd.again();
    snmpd.wait("sclera.1.2.0", true);
    scratch.ok(&["service", "modify", "%Service_Monitor", "--set", "Enabled=0"]);
    scratch.wait("%Service_Monitor", "closed");
    snmpd.wait("sclera.1.2.0", false);
    scratch.stop();
}
