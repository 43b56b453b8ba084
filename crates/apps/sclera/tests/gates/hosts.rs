//! Gates among several hosts: network namespaces, each with an address of its own, around one that serves.

use super::*;
use nix::sched::{CloneFlags, setns};
use std::net::Shutdown;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many nets this process has made.
static MADE: AtomicU32 = AtomicU32::new(0);
/// The hosts that come, beside the one that serves.
const CLIENTS: [&str; 2] = ["a", "b"];

/// A server with a link to each of two clients. It goes with its test.
struct Net(String);

impl Net {
    /// None where that cannot be made.
    fn new() -> Option<Self> {
        let [ip] = programs(["ip"])?;
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let net = Self(format!("sc{}x{number}", std::process::id()));
        let run = |line: &str| Command::new(&ip).args(line.split(' ')).output().unwrap();
        let first = run(&format!("netns add {}", net.server()));
        if !first.status.success() {
            let why = String::from_utf8_lossy(&first.stderr);
            let _ = writeln!(std::io::stderr(), "skipped: there are no network namespaces here: {why}");
            return None;
        }
        let ok = |line: &str| {
            let done = run(line);
            assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        };
        let server = net.server();
        ok(&format!("-n {server} link set dev lo up"));
        for (number, client) in (1..).zip(CLIENTS) {
            let (host, link) = (net.client(client), format!("v{client}"));
            ok(&format!("netns add {host}"));
            ok(&format!("-n {server} link add {link} type veth peer name uplink netns {host}"));
            for (side, device, last) in [(&server, link.as_str(), 1), (&host, "uplink", 2)] {
                ok(&format!("-n {side} addr add 10.77.{number}.{last}/24 dev {device}"));
                ok(&format!("-n {side} addr add fd77:{number}::{last}/64 dev {device} nodad"));
                ok(&format!("-n {side} link set dev {device} up"));
            }
        }
        Some(net)
    }

    fn server(&self) -> String {
        format!("{}s", self.0)
    }

    fn client(&self, name: &str) -> String {
        format!("{}{name}", self.0)
    }

    /// Takes the link of a client away, or puts it back.
    fn link(&self, client: &str, state: &str) {
        let server = self.server();
        let link = format!("v{client}");
        let done = Command::new("ip").args(["-n", &server, "link", "set", "dev", &link, state]).status();
        assert!(done.unwrap().success());
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for host in CLIENTS.iter().map(|client| self.client(client)).chain([self.server()]) {
            let _ = Command::new("ip").args(["netns", "del", &host]).stderr(Stdio::null()).status();
        }
    }
}

/// Does something on a host: what is opened and started there stays there.
fn inside<T: Send>(host: &str, what: impl FnOnce() -> T + Send) -> T {
    let space = fs::File::open(format!("/run/netns/{host}")).unwrap();
    std::thread::scope(|scope| {
        let there = scope.spawn(|| {
            setns(space, CloneFlags::CLONE_NEWNET).unwrap();
            what()
        });
        there.join().unwrap()
    })
}

/// An address is that of the host that comes, whichever way it is written, and each host has bounds of its own.
#[test]
fn each_host_is_judged_by_its_own_address() {
    let Some(net) = Net::new() else { return };
    let (server, a, b) = (net.server(), net.client("a"), net.client("b"));
    let mut scratch = Scratch::new();
    for service in ["%Service_ECP", "%Service_Weblink"] {
        scratch.ok(&["service", "modify", service, "--set", "Enabled=1"]);
    }
    let upstream = inside(&server, echo);
    let at = |service: &str, listen: &str, more: &str| {
        gate(service, &upstream, more).replace("127.0.0.1:0", listen)
    };
    let gates = at("%Service_ECP", "0.0.0.0:1973", "per-source = 2")
        + &at("%Service_Weblink", "[::]:1974", "idle-seconds = 2");
    inside(&server, || scratch.serve(&gates));
    let comes = |host: &str, address: &str| inside(host, || echoes(address));
    let from = |systems: &str| {
        for service in ["%Service_ECP", "%Service_Weblink"] {
            scratch.ok(&["service", "modify", service, "--set", &format!("ClientSystems={systems}")]);
        }
    };
    // Four letters, of IPv4, of IPv4 at a port of IPv6, and of IPv6: who comes through.
    let who = || {
        let through = |host: &str, number: u8| {
            let addresses = [
                format!("10.77.{number}.1:1973"),
                format!("10.77.{number}.1:1974"),
                format!("[fd77:{number}::1]:1974"),
            ];
            addresses.map(|address| if comes(host, &address) { '+' } else { '-' }).iter().collect::<String>()
        };
        (through(&a, 1), through(&b, 2))
    };
    let told = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    from("");
    assert_eq!(who(), told("+++", "+++"));
    from("10.77.1.2");
    assert_eq!(who(), told("++-", "---"));
    let refused = scratch.gate("%Service_ECP")["LastRefusal"].as_str().unwrap().to_owned();
    assert!(refused.contains("#817 from 10.77.2.2"), "{refused}");
    from("fd77:2::2");
    assert_eq!(who(), told("---", "--+"));
    from("10.77.0.0/16;fd77:1::/32");
    assert_eq!(who(), told("+++", "++-"));
    from("10.77.1-2.2");
    assert_eq!(who(), told("++-", "++-"));
    assert!(scratch.refusals().contains("10.77.2.2"), "the audit tells who it was");
    // Two of one host at once, and others of another all the same.
    let held: Vec<TcpStream> =
        (0..2).map(|_| inside(&a, || TcpStream::connect("10.77.1.1:1973").unwrap())).collect();
    assert!(held.iter().all(speaks), "two come through");
    assert!(!comes(&a, "10.77.1.1:1973"), "a third does not");
    assert!(comes(&b, "10.77.2.1:1973"), "which is no matter of another host");
    for stream in held {
        let _ = stream.shutdown(Shutdown::Both);
    }
    // A host that is gone in the middle says so to nobody; what it held is let go once nothing has moved for so long.
    let gone = inside(&a, || TcpStream::connect("10.77.1.1:1974").unwrap());
    assert!(speaks(&gone));
    let connections = || scratch.gate("%Service_Weblink")["Connections"].as_u64();
    assert_eq!(connections(), Some(1));
    net.link("a", "down");
    let until = Instant::now() + Duration::from_secs(30);
    while connections() != Some(0) {
        assert!(Instant::now() < until, "{}", scratch.gate("%Service_Weblink"));
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(comes(&b, "10.77.2.1:1974"), "others come through meanwhile");
    net.link("a", "up");
    assert!(comes(&a, "10.77.1.1:1974"), "and so does it, once it is back");
}

/// What is behind the gate learns from which host somebody comes, with a name and a password inside TLS.
#[test]
fn what_is_behind_a_gate_learns_which_host_it_was() {
    let Some([curl]) = programs(["curl"]) else { return };
    let Some(net) = Net::new() else { return };
    let (server, a, b) = (net.server(), net.client("a"), net.client("b"));
    let Some(nginx) = inside(&server, Nginx::start) else { return };
    let upstream = format!("127.0.0.1:{}", nginx.port);
    let mut scratch = web(&upstream, WEB);
    scratch.stop();
    let folder = scratch.folder.path().to_owned();
    make_certificates(&folder);
    let more = format!(
        "applications = [\"/ward\"]\ntls = \"require\"\ncertificate = \"{0}/server.pem\"\nkey = \"{0}/server.key\"",
        folder.display()
    );
    let gates = gate(WEB, &upstream, &more).replace("\"127.0.0.1:0\"", "\"0.0.0.0:8443\"");
    inside(&server, || scratch.serve(&gates));
    let ask = |host: &str, address: &str| {
        let mut command = Command::new(&curl);
        command
            .args(["-s", "-m", "20", "-H", "X-Forwarded-For: 10.1.1.1", "--cacert"])
            .arg(folder.join("ca.pem"));
        command.args([
            "-u",
            &format!("ann:{PASSWORD}"),
            "--connect-to",
            &format!("localhost:8443:{address}:8443"),
        ]);
        let done = inside(host, || command.arg("https://localhost:8443/ward").output().unwrap());
        String::from_utf8(done.stdout).unwrap()
    };
    assert_eq!(ask(&a, "10.77.1.1"), "ann|Nurse,Reader,Extra|10.77.1.2|||/ward");
    assert_eq!(ask(&b, "10.77.2.1"), "ann|Nurse,Reader,Extra|10.77.2.2|||/ward");
    let sessions = scratch.ok(&["session", "list"]);
    assert!(sessions.contains("10.77.1.2") && sessions.contains("10.77.2.2"), "{sessions}");
    scratch.ok(&["service", "modify", WEB, "--set", "ClientSystems=10.77.1.2"]);
    assert_eq!((ask(&a, "10.77.1.1").is_empty(), ask(&b, "10.77.2.1").is_empty()), (false, true));
}

/// A host is believed about who is behind it only where it is a proxy.
#[test]
fn a_host_speaks_for_others_only_where_it_may() {
    let Some(net) = Net::new() else { return };
    let (server, a, b) = (net.server(), net.client("a"), net.client("b"));
    let mut scratch = Scratch::new();
    scratch.ok(&["service", "modify", "%Service_ECP", "--set", "Enabled=1"]);
    let upstream = inside(&server, echo);
    let gates = gate("%Service_ECP", &upstream, "proxies = [\"10.77.2.2\"]");
    inside(&server, || scratch.serve(&gates.replace("\"127.0.0.1:0\"", "\"0.0.0.0:1973\"")));
    // The PROXY protocol, version 2: 10.9.9.9 is behind it.
    let head = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x09\x09\x09\x0a\x4d\x01\x01\x10\0\x1f\x90";
    let for_other = |host: &str, address: &str| {
        inside(host, || {
            let mut stream = TcpStream::connect(address).unwrap();
            let _ = stream.write_all(head);
            speaks(&stream)
        })
    };
    let from = |systems: &str| {
        scratch.ok(&["service", "modify", "%Service_ECP", "--set", &format!("ClientSystems={systems}")]);
    };
    from("10.9.9.9");
    assert!(for_other(&b, "10.77.2.1:1973"), "the proxy says who comes");
    assert!(!for_other(&a, "10.77.1.1:1973"), "who is none says nothing");
    let refused = scratch.gate("%Service_ECP")["LastRefusal"].as_str().unwrap().to_owned();
    assert!(refused.contains("#817 from 10.77.1.2"), "{refused}");
    from("10.77.2.2");
    assert!(!for_other(&b, "10.77.2.1:1973"), "the proxy is not who comes");
    assert!(scratch.gate("%Service_ECP")["LastRefusal"].as_str().unwrap().contains("from 10.9.9.9"));
}
