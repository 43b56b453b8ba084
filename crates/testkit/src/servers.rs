//! Servers of others on loopback: started by a test with a configuration of its own, stopped by their process.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a program is; none where it is not installed. Then the test says what it skips.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/sbin", "/sbin", "/usr/lib/openldap"].map(PathBuf::from);
    std::env::split_paths(&path).chain(extra).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The programs, or nothing after a word about what is skipped.
pub fn programs<const N: usize>(names: [&str; N]) -> Option<[PathBuf; N]> {
    let found = names.map(|name| (name, program(name)));
    if let Some((missing, _)) = found.iter().find(|(_, path)| path.is_none()) {
        eprintln!("SKIPPED: `{missing}` is not installed");
        return None;
    }
    Some(found.map(|(_, path)| path.expect("it was found")))
}

/// A port of 127.0.0.1 that nobody uses.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("its address").port()
}

/// A server at work. It ends with its test.
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts a server in the foreground; what it says goes to a file. It is ready once it takes connections at a port.
    pub fn start(command: &mut Command, log: PathBuf, port: u16) -> Self {
        let file = fs::File::create(&log).expect("the log");
        let both = file.try_clone().expect("the log");
        command.stdin(Stdio::null()).stdout(file).stderr(both);
        let mut running = Self { child: command.spawn().expect("the server starts"), log };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = running.child.try_wait().expect("its state");
            assert!(ended.is_none() && Instant::now() < deadline, "it does not listen: {}", running.said());
            std::thread::sleep(Duration::from_millis(10));
        }
        running
    }

    /// What it said.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Holds it still: it keeps its connections, takes new ones, and answers nothing.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(done.expect("kill").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An authority and a certificate that it signed, as files in PEM.
pub struct Certificates {
    /// The certificate of the authority.
    pub authority: PathBuf,
    /// That of the server.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Certificates {
    /// A certificate for a name, in a folder, as `openssl` makes it.
    pub fn of(name: &str, folder: &Path) -> Self {
        let path = |file: &str| folder.join(file);
        let text = |file: &str| path(file).display().to_string();
        let openssl = |arguments: &[&str]| {
            let done = Command::new("openssl").args(arguments).output().expect("openssl");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        let (authority, authority_key) = (text("authority.pem"), text("authority.key"));
        let (certificate, key, request) = (text("certificate.pem"), text("key.pem"), text("request.pem"));
        let extensions = text("extensions");
        fs::write(&extensions, format!("subjectAltName=DNS:{name}\nbasicConstraints=CA:FALSE\n"))
            .expect("a file");
        let new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let itself = ["-keyout", &authority_key, "-out", &authority, "-days", "2", "-subj", "/CN=authority"];
        openssl(&[&["req", "-x509"], &new_key[..], &itself].concat());
        let asked = ["-keyout", &key, "-out", &request, "-subj", "/CN=server"];
        openssl(&[&["req"], &new_key[..], &asked].concat());
        let signed =
            ["-CA", &authority, "-CAkey", &authority_key, "-extfile", &extensions, "-out", &certificate];
        openssl(&[&["x509", "-req", "-days", "2", "-in", &request][..], &signed].concat());
        Self { authority: path("authority.pem"), certificate: path("certificate.pem"), key: path("key.pem") }
    }
}
