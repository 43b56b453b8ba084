//! A real KDC: `krb5kdc` of MIT, with a realm, a database, principals and key tables of its own.

use crate::servers::{Running, free_port, programs};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The realm.
pub const REALM: &str = "EXAMPLE.TEST";
/// The password of every person.
pub const PASSWORD: &str = "Heron-Lantern-58";

/// A KDC at work.
pub struct Kdc {
    running: Option<Running>,
    folder: TempDir,
    program: PathBuf,
    admin: PathBuf,
    port: u16,
}

impl Kdc {
    /// A KDC with these people, who have [`PASSWORD`], and the principals `iris` and `HTTP` of `localhost`; none where it is
    /// not installed.
    pub fn start(people: &[&str]) -> Option<Self> {
        let [program, util, admin, ..] = programs(["krb5kdc", "kdb5_util", "kadmin.local", "kinit", "kvno"])?;
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let text = |text: &str| {
            text.replace("{FOLDER}", &folder.path().display().to_string())
                .replace("{REALM}", REALM)
                .replace("{PORT}", &port.to_string())
        };
        fs::write(folder.path().join("krb5.conf"), text(CLIENTS)).expect("a file");
        fs::write(folder.path().join("kdc.conf"), text(SERVER)).expect("a file");
        let mut kdc = Self { running: None, folder, program, admin, port };
        let mut create = Command::new(util);
        create.args(["create", "-s", "-r", REALM, "-P", "master"]);
        done(&kdc.environment(create));
        for person in people {
            kdc.ask(&format!("addprinc -pw {PASSWORD} {person}"));
        }
        for service in ["iris", "HTTP"] {
            kdc.ask(&format!("addprinc -randkey {service}/localhost"));
            kdc.ask(&format!("ktadd -k {} {service}/localhost", kdc.key_table().display()));
        }
        fs::set_permissions(kdc.key_table(), fs::Permissions::from_mode(0o600)).expect("its own file");
        kdc.restart();
        Some(kdc)
    }

    /// Has `kadmin.local` do something.
    pub fn ask(&self, query: &str) {
        let mut command = Command::new(&self.admin);
        command.args(["-r", REALM, "-q", query]);
        done(&self.environment(command));
    }

    /// Starts it again.
    pub fn restart(&mut self) {
        self.running = None;
        let mut command = Command::new(&self.program);
        // In the foreground, so that the process is the server.
        command.arg("-n").env("KRB5_CONFIG", self.configuration());
        command.env("KRB5_KDC_PROFILE", self.folder.path().join("kdc.conf"));
        self.running = Some(Running::start(&mut command, self.folder.path().join("log"), self.port));
    }

    /// The process.
    pub fn process(&mut self) -> &mut Running {
        self.running.as_mut().expect("it runs")
    }

    /// The configuration of its clients.
    pub fn configuration(&self) -> PathBuf {
        self.folder.path().join("krb5.conf")
    }

    /// The key table of the services of `localhost`.
    pub fn key_table(&self) -> PathBuf {
        self.folder.path().join("iris.keytab")
    }

    /// The cache with somebody's ticket, which `kinit` gets.
    pub fn ticket(&self, person: &str) -> PathBuf {
        let cache = self.folder.path().join(format!("cache-{}", person.replace('/', "-")));
        let mut command = Command::new("kinit");
        command.arg("-c").arg(&cache).arg(person).env("KRB5_CONFIG", self.configuration());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("kinit");
        std::io::Write::write_all(
            &mut child.stdin.take().expect("its input"),
            format!("{PASSWORD}\n").as_bytes(),
        )
        .expect("it reads");
        done(&child.wait_with_output().expect("it ends"));
        cache
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn environment(&self, mut command: Command) -> Output {
        command.env("KRB5_CONFIG", self.configuration());
        command.env("KRB5_KDC_PROFILE", self.folder.path().join("kdc.conf")).stdin(Stdio::null());
        command.output().expect("a program of the KDC")
    }
}

fn done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const CLIENTS: &str = "
[libdefaults]
 default_realm = {REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 {REALM} = {
  kdc = 127.0.0.1:{PORT}
 }
[domain_realm]
 localhost = {REALM}
";

const SERVER: &str = "
[kdcdefaults]
 kdc_listen = 127.0.0.1:{PORT}
 kdc_tcp_listen = 127.0.0.1:{PORT}
[realms]
 {REALM} = {
  database_name = {FOLDER}/principal
  key_stash_file = {FOLDER}/stash
  supported_enctypes = aes256-cts-hmac-sha1-96:normal
 }
";
