//! Sockets that a service manager holds: this test is one. It binds them, starts servers with them, stops them, and starts
//! the next; whoever comes meanwhile waits, and is neither refused nor lost.

use super::{BOSS, Scratch};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const ECP: &str = "%Service_ECP";
const GET: &str = "GET /livez HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
const BODY: &str = r#"{"Resource":"%DB_USER"}"#;
const OK: &str = "HTTP/1.1 200 OK\r\n";

/// Hands over what it has as its first three descriptors, which is what a test can give a program without more, and becomes
/// that program.
const HAND_OVER: &str = "exec 3<&0 4<&1 5<&2 </dev/null >\"$SAID.out\" 2>\"$SAID.err\"\n\
     export LISTEN_PID=$$\nexec \"$@\"";

/// A service manager for one instance.
struct Manager {
    scratch: Scratch,
    notify: UnixDatagram,
}

/// A server that it started.
struct Served {
    child: Child,
}

impl Manager {
    fn new(configuration: &str) -> Self {
        Self::of(Scratch::new(), configuration)
    }

    fn of(scratch: Scratch, configuration: &str) -> Self {
        scratch.configure(configuration);
        let notify = UnixDatagram::bind(scratch.0.path().join("notify")).unwrap();
        notify.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self { scratch, notify }
    }

    fn local(&self) -> PathBuf {
        let run = self.scratch.data().join("run");
        fs::create_dir_all(&run).unwrap();
        run.join("sclera.sock")
    }

    /// How a server is started with sockets, three at most; the names go to it as they are.
    fn command(&self, sockets: &[&dyn AsFd], names: &str) -> Command {
        let serve = self.scratch.command(&["serve"]);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", HAND_OVER, "sh"]).arg(serve.get_program()).args(serve.get_args());
        command.env_clear().envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let place = |name: &str| self.scratch.0.path().join(name);
        command.env("SAID", place("said")).env("NOTIFY_SOCKET", place("notify"));
        command.env("LISTEN_FDS", sockets.len().to_string()).env("LISTEN_FDNAMES", names);
        let given = |index: usize| match sockets.get(index) {
            Some(socket) => Stdio::from(socket.as_fd().try_clone_to_owned().unwrap()),
            None => Stdio::null(),
        };
        command.stdin(given(0)).stdout(given(1)).stderr(given(2));
        command
    }

    /// Starts a server, and waits until it serves.
    fn start(&self, sockets: &[&dyn AsFd], names: &str) -> Served {
        let served = Served { child: self.command(sockets, names).spawn().unwrap() };
        // What the one before said at last may not have been heard yet.
        while self.heard() != "READY=1\n" {}
        served
    }

    /// How far the server says it is.
    fn heard(&self) -> String {
        let mut bytes = [0; 100];
        let length = self.notify.recv(&mut bytes).unwrap_or_else(|error| panic!("{error}: {}", self.said()));
        String::from_utf8_lossy(bytes.get(..length).unwrap()).into_owned()
    }

    /// What the server wrote to its standard error.
    fn said(&self) -> String {
        fs::read_to_string(self.scratch.0.path().join("said.err")).unwrap_or_default()
    }

    /// Why a server does not start.
    fn refused(&self, sockets: &[&dyn AsFd], names: &str) -> String {
        let ended = self.command(sockets, names).status().unwrap();
        let said = self.said();
        assert!(!ended.success() && said.lines().count() == 1, "{ended}: {said}");
        said
    }

    fn enable(&self, service: &str, enabled: &str) {
        self.scratch.ok(&["service", "modify", service, "--set", &format!("Enabled={enabled}")]);
    }

    fn wait(&self, state: &str) {
        let until = Instant::now() + Duration::from_secs(30);
        while !self.scratch.ok(&["status", "--json"]).contains(&format!("\"State\": \"{state}\"")) {
            assert!(Instant::now() < until, "never {state}");
        }
    }
}

impl Served {
    fn tell(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    fn stop(mut self) {
        self.tell(Signal::SIGTERM);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tcp() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// An upstream that says back what it hears, until the process ends.
fn echo() -> String {
    let (listener, address) = tcp();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    address
}

/// A gate at an address before what says back what it hears.
fn gate(address: &str) -> String {
    let upstream = echo();
    format!("[[gate]]\nservice = \"{ECP}\"\nlisten = \"{address}\"\nupstream = \"{upstream}\"\n")
}

/// Whether somebody says back what is said.
fn says_hello(mut stream: &TcpStream) -> bool {
    let mut heard = [0; 5];
    stream.write_all(b"hello").and_then(|()| stream.read_exact(&mut heard)).is_ok() && &heard == b"hello"
}

fn connected(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// What is answered, up to the end of the connection.
fn answer(mut stream: &TcpStream) -> std::io::Result<String> {
    let mut text = String::new();
    stream.read_to_string(&mut text).map(|_| text)
}

fn is_alive(address: &str) -> std::io::Result<String> {
    let stream = connected(address);
    (&stream).write_all(GET.as_bytes())?;
    answer(&stream)
}

/// A request that a server is at work on: it waits for the body.
fn begun(address: &str) -> TcpStream {
    const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut stream = connected(address);
    let length = BODY.len();
    let head = format!(
        "POST /api/sclera/v1/check HTTP/1.1\r\nHost: here\r\nConnection: close\r\nAuthorization: Basic {BOSS}\r\n\
         Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut heard = [0; CONTINUE.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard, CONTINUE);
    stream
}

/// One server after the other at the same sockets, while clients come without a pause: each is answered. So are those who
/// were connected before a stop and had asked half or nothing yet.
#[test]
fn a_restart_refuses_nobody() {
    const RESTARTS: usize = 5;
    let ((http, address), (port, gate_address)) = (tcp(), tcp());
    let manager = Manager::new(&gate(&gate_address));
    manager.scratch.ok(&["user", "create", "boss", "--set", "Roles=%All"]);
    manager.enable(ECP, "1");
    let local = UnixListener::bind(manager.local()).unwrap();
    let sockets: [&dyn AsFd; 3] = [&http, &local, &port];
    let mut server = manager.start(&sockets, "http:sclera.socket:sclera.socket");
    let is_over = AtomicBool::new(false);
    let [answered, commands, passed] = [const { AtomicUsize::new(0) }; 3];
    std::thread::scope(|scope| {
        let _over = Over(&is_over);
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let said = is_alive(&address);
                    assert!(said.as_ref().is_ok_and(|said| said.starts_with(OK)), "{said:?}");
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                assert!(manager.scratch.ok(&["status"]).contains("Revision"));
                commands.fetch_add(1, Ordering::SeqCst);
            }
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                assert!(says_hello(&connected(&gate_address)), "at the gate");
                passed.fetch_add(1, Ordering::SeqCst);
            }
        });
        for _ in 0..RESTARTS {
            let before = answered.load(Ordering::SeqCst);
            let until = Instant::now() + Duration::from_secs(60);
            while answered.load(Ordering::SeqCst) < before + 20 {
                assert!(Instant::now() < until, "nobody is answered");
                std::thread::yield_now();
            }
            let (begun, fresh) = (begun(&address), connected(&address));
            server.tell(Signal::SIGTERM);
            assert_eq!(manager.heard(), "STOPPING=1\n");
            let late = connected(&address);
            for (mut stream, text) in [(&begun, BODY), (&fresh, GET), (&late, GET)] {
                stream.write_all(text.as_bytes()).unwrap();
            }
            assert!(answer(&begun).unwrap().starts_with(OK), "half asked");
            assert_eq!(server.child.wait().unwrap().code(), Some(0), "{}", manager.said());
            server = manager.start(&sockets, "http:sclera.socket:sclera.socket");
            for (stream, who) in [(&fresh, "not asked yet"), (&late, "come late")] {
                assert!(answer(stream).unwrap().starts_with(OK), "{who}");
            }
        }
    });
    manager.scratch.ok(&["audit", "verify"]);
    server.stop();
    let [answered, commands, passed] = [answered, commands, passed].map(AtomicUsize::into_inner);
    let often = answered >= 20 * RESTARTS && commands >= RESTARTS && passed >= RESTARTS;
    assert!(often, "{answered} {commands} {passed}");
    assert!(manager.local().exists(), "its file is that of the service manager");
}

/// Ends what goes on beside a test, also when that fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What a program that the server starts could do harm with stays with the server, and what it was told is forgotten.
#[test]
fn children_do_not_get_them() {
    let manager = Manager::new("");
    let (http, _) = tcp();
    let local = UnixListener::bind(manager.local()).unwrap();
    let server = manager.start(&[&http, &local], "http:sclera.socket");
    for number in [3, 4] {
        let about = fs::read_to_string(format!("/proc/{}/fdinfo/{number}", server.child.id())).unwrap();
        let flags = about.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
        let flags = u32::from_str_radix(flags.trim(), 8).unwrap();
        assert!(flags & 0o2_000_000 != 0, "close-on-exec: {about}");
    }
    server.stop();
}

/// A port that is held cannot be given back. While the service is off whoever comes is reset, unread; nobody is kept for
/// later, and whoever waited while no server was there is served only if the service is on.
#[test]
fn a_gate_whose_service_is_off_turns_everybody_away() {
    let (port, address) = tcp();
    let manager = Manager::new(&format!("listen = \"none\"\n{}drain-seconds = 0\n", gate(&address)));
    let comes = || says_hello(&connected(&address));
    let early = connected(&address);
    let server = manager.start(&[&port], "sclera.socket");
    assert!(!says_hello(&early), "off as installed: whoever waited");
    assert!(!comes() && !comes(), "off as installed");
    manager.wait("closed");
    manager.enable(ECP, "1");
    manager.wait("open");
    assert!(comes(), "on");
    let inside = connected(&address);
    assert!(says_hello(&inside));
    manager.enable(ECP, "0");
    manager.wait("closed");
    assert!(!comes(), "off");
    assert!(!says_hello(&inside), "drained");
    manager.enable(ECP, "1");
    manager.wait("open");
    server.stop();
    let waits = connected(&address);
    let server = manager.start(&[&port], "");
    assert!(says_hello(&waits) && comes(), "on, over a restart");
    drop(waits);
    server.stop();
    manager.enable(ECP, "0");
    let waits = connected(&address);
    let server = manager.start(&[&port], "");
    assert!(!says_hello(&waits) && !comes(), "switched off between two servers");
    server.stop();
}

/// A socket is for what it says, or the server does not start.
#[test]
fn a_socket_that_is_for_nothing_is_refused() {
    let manager = Manager::new("");
    let (one, address) = tcp();
    let (other, _) = tcp();
    let refused = |sockets: &[&dyn AsFd], names: &str, why: &str| {
        let said = manager.refused(sockets, names);
        assert!(said.contains(why), "{said}");
    };
    refused(&[&one], "sclera.socket", &format!("descriptor 3 `sclera.socket` at {address}"));
    refused(&[&one], "", "neither `listen` nor a [[gate]]");
    refused(&[&one, &other], "http:http", "descriptor 4 `http`");
    refused(&[&one], "http:http", "LISTEN_FDNAMES");
    refused(
        &[&connected(&address)],
        "http",
        "descriptor 3 was handed over by the service manager and does not listen",
    );
    refused(&[&fs::File::open("/dev/null").unwrap()], "http", "is no socket of TCP");
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    refused(&[&datagrams], "http", "is no socket of TCP");
    let elsewhere = manager.scratch.0.path().join("elsewhere");
    let listener = UnixListener::bind(&elsewhere).unwrap();
    refused(&[&listener], "", "commands look for this instance at");
    fs::remove_file(&elsewhere).unwrap();
    refused(&[&listener], "", "its file is gone");
    let gone = UnixListener::bind(manager.local()).unwrap();
    fs::remove_file(manager.local()).unwrap();
    refused(&[&gone], "", "its file is gone");
    manager.scratch.configure("listen = \"none\"");
    refused(&[&one], "http", "HTTP is to be answered nowhere");
    drop(connected(&address));
    assert!(one.set_nonblocking(true).is_ok() && one.accept().is_ok(), "nobody was taken");
}

/// The address that counts is that of the socket.
#[test]
fn what_is_asked_of_an_address_is_asked_of_that_of_the_socket() {
    let everywhere = TcpListener::bind("0.0.0.0:0").unwrap();
    let manager = Manager::of(Scratch::with(&["--security", "minimal"]), "");
    assert!(manager.refused(&[&everywhere], "http").contains("--security minimal"));
    let manager = Manager::new(
        "listen = \"none\"\n[[gate]]\nservice = \"%Service_Bindings\"\nlisten = \"127.0.0.1:1\"\n\
         upstream = \"/s\"\nrole = \"x\"\n",
    );
    assert!(manager.refused(&[&everywhere], "%service_bindings").contains("`tls` is missing"));
    let (near, address) = tcp();
    let server = manager.start(&[&near], "%service_bindings");
    assert!(manager.scratch.ok(&["status"]).contains(&address));
    server.stop();
}

/// The mode of the local socket is that of `socket.access`.
#[test]
fn who_may_connect_is_as_configured() {
    use std::os::unix::fs::PermissionsExt;
    let manager = Manager::new("listen = \"none\"\n[socket]\naccess = \"owner\"\n");
    let local = UnixListener::bind(manager.local()).unwrap();
    fs::set_permissions(manager.local(), fs::Permissions::from_mode(0o666)).unwrap();
    let server = manager.start(&[&local], "");
    assert_eq!(fs::metadata(manager.local()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(manager.scratch.ok(&["status"]).contains("Revision"));
    server.stop();
}

/// As systemd itself does it.
#[test]
fn systemd_hands_a_socket_over() {
    const ACTIVATE: &str = "/usr/bin/systemd-socket-activate";
    if !Path::new(ACTIVATE).is_file() {
        let _ = writeln!(std::io::stderr(), "skipped: {ACTIVATE} is not installed");
        return;
    }
    let manager = Manager::new("");
    let (_, address) = tcp();
    let serve = manager.scratch.command(&["serve"]);
    let mut command = Command::new(ACTIVATE);
    command.args(["--listen", &address, "--fdname", "http"]);
    for (name, value) in serve.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        command.arg(format!("--setenv={}={}", name.display(), value.display()));
    }
    command.arg(serve.get_program()).args(serve.get_args()).stdout(Stdio::null()).stderr(Stdio::null());
    let server = Served { child: command.spawn().unwrap() };
    let until = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(&address).is_err() {
        assert!(Instant::now() < until, "systemd does not listen");
    }
    assert!(is_alive(&address).unwrap().starts_with(OK));
    server.stop();
}

/// The units that are shipped name the places that a server has without a word of configuration.
#[test]
fn the_units_fit_the_server() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../packaging/systemd");
    let unit = fs::read_to_string(folder.join("sclera.socket")).unwrap();
    let values =
        |key: &str| -> Vec<&str> { unit.lines().filter_map(|line| line.strip_prefix(key)).collect() };
    assert_eq!(values("ListenStream="), ["127.0.0.1:52773", "/var/lib/sclera/instance/run/sclera.sock"]);
    let service = fs::read_to_string(folder.join("sclera.service")).unwrap();
    assert!(service.contains("ExecStart=/usr/bin/sclera --data /var/lib/sclera/instance serve\n"));
}
