//! The configuration file `DIR/sclera.toml`: what was written, and what it means.

use crate::failure::Failure;
use sclera::Outside;
use serde::Deserialize;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// The most bytes that the file, or one that it names, may have.
pub(crate) const LARGEST: u64 = 1024 * 1024;

/// The most characters of what is wrong with a line.
const LONGEST_MESSAGE: usize = 300;

/// What the configuration means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// Where HTTP is answered.
    pub(crate) listen: Listen,
    /// A path below which the whole interface answers as well, such as `/iris`; empty for none.
    pub(crate) prefix: String,
    /// The proxies whose word about the request behind them is believed.
    pub(crate) trusted: Vec<String>,
    /// The file in which requests are told of; none where they are not.
    pub(crate) access_log: Option<PathBuf>,
    /// The directory below which files lie that requests may name; none where they may name none.
    pub(crate) named_files: Option<PathBuf>,
    /// How its connections are protected; none where they are not.
    pub(crate) tls: Option<TlsFiles>,
    /// Who may connect to the local socket.
    pub(crate) socket_access: Access,
    /// Where the audit trail is forwarded to.
    pub(crate) outlets: Vec<crate::outlets::Settings>,
    /// How servers outside are dealt with.
    pub(crate) outside: Outside,
    /// The gates before what stands behind services.
    pub(crate) gates: Vec<crate::gates::Settings>,
    /// The subagent of SNMP; none where there is none.
    pub(crate) snmp: Option<Snmp>,
}

/// Where HTTP is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listen {
    /// At an address; port 0 is any that is free.
    At(SocketAddr),
    /// Nowhere: there is the local socket alone.
    Nowhere,
}

impl Default for Listen {
    fn default() -> Self {
        Self::At((Ipv4Addr::LOCALHOST, 52_773).into())
    }
}

impl Listen {
    /// Tells whether other machines can reach it.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::At(address) if !address.ip().to_canonical().is_loopback())
    }

    /// What whoever runs it should know.
    pub(crate) fn warning(self, protected: bool) -> Option<&'static str> {
        (self.is_open() && !protected).then_some(
            "other machines can reach the server and there is no [tls]: passwords can be read on the way",
        )
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" | "none" => Ok(Self::Nowhere),
            text => text.parse().map(Self::At).map_err(|_| {
                "the place to listen at must be an address with a port, such as 127.0.0.1:52773, or `none`".to_owned()
            }),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(address) => fmt::Display::fmt(address, f),
            Self::Nowhere => f.write_str("none"),
        }
    }
}

/// The files that TLS needs, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The chain of certificates, the server's own first.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
    /// Whose certificates of clients are believed; none where nobody is asked for one.
    pub(crate) clients: Option<ClientCertificates>,
}

/// Certificates of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientCertificates {
    /// The authorities that sign them, in PEM.
    pub(crate) authorities: PathBuf,
    /// Nobody comes without one.
    pub(crate) are_required: bool,
}

impl ClientCertificates {
    pub(crate) const fn word(&self) -> &'static str {
        if self.are_required { "required" } else { "accepted" }
    }
}

/// Who may connect to the local socket; what they may do there is for their privileges to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Access {
    /// Only the owner of the files.
    Owner,
    /// The group of the files as well.
    Group,
    /// Every user of the machine.
    #[default]
    Everyone,
}

impl Access {
    /// The mode of the socket.
    pub(crate) const fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Group => 0o660,
            Self::Everyone => 0o666,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Group => "group",
            Self::Everyone => "everyone",
        }
    }
}

/// The file as written; a key that is not known is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    listen: Option<String>,
    prefix: String,
    trusted_proxies: Vec<String>,
    access_log: Option<PathBuf>,
    named_files: Option<PathBuf>,
    tls: Option<WrittenTls>,
    socket: WrittenSocket,
    audit: WrittenAudit,
    gate: Vec<crate::gates::Written>,
    ldap: WrittenLdap,
    codes: Option<crate::site::WrittenCodes>,
    delegated: Option<crate::site::WrittenDelegated>,
    os: Option<crate::site::WrittenOs>,
    kerberos: Option<crate::site::WrittenKerberos>,
    snmp: Option<WrittenSnmp>,
}

/// `[snmp]` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSnmp {
    master: String,
    root: Option<String>,
}

/// The subagent of SNMP: where its master is, and below which identifier it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snmp {
    pub(crate) master: sclera_snmp::Master,
    pub(crate) root: sclera_snmp::Oid,
}

/// A place of the arc where Net-SNMP lets others try things; nobody has given Sclera one of its own.
const ROOT: &str = "1.3.6.1.4.1.8072.9999.9999.53";

impl Snmp {
    /// For people.
    pub(crate) fn told(&self) -> String {
        format!("{} below {}", self.master, self.root)
    }
}

impl WrittenSnmp {
    fn means(self) -> Result<Snmp, String> {
        let named = |key: &str, what: String| format!("snmp.{key}: {what}");
        let master: sclera_snmp::Master = self.master.parse().map_err(|what| named("master", what))?;
        if let sclera_snmp::Master::Port(port) = &master
            && !port.ip().is_loopback()
        {
            return Err(
                "snmp.master: AgentX is not protected, so the master must be of this machine".to_owned()
            );
        }
        let root = self.root.as_deref().unwrap_or(ROOT).parse().map_err(|what| named("root", what))?;
        Ok(Snmp { master, root })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenLdap {
    patience_ms: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenAudit {
    forward: Vec<crate::outlets::Written>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTls {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    client_certificates: Option<WrittenClients>,
}

/// Whether clients must bring certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenClients {
    Required,
    Accepted,
}

impl WrittenTls {
    fn means(self, directory: &Path) -> Result<TlsFiles, String> {
        let Self { certificate, key, client_ca, client_certificates } = self;
        if client_ca.is_none() && client_certificates.is_some() {
            return Err(
                "tls.client_certificates: whose are believed says `client_ca`, which is missing".to_owned()
            );
        }
        let clients = client_ca.map(|authorities| ClientCertificates {
            authorities: directory.join(authorities),
            are_required: client_certificates != Some(WrittenClients::Accepted),
        });
        Ok(TlsFiles { certificate: directory.join(certificate), key: directory.join(key), clients })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenSocket {
    access: Access,
}

impl Configuration {
    /// Reads the file of an instance; without one everything has its default.
    pub(crate) fn read(directory: &Path) -> Result<Self, Failure> {
        let path = Self::path(directory);
        let text = match std::fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::file(&path, &error)),
            Ok(about) if about.len() > LARGEST => {
                return Err(Failure::bad_value(format!(
                    "{}: it has more than {LARGEST} bytes",
                    path.display()
                )));
            }
            Ok(_) => std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?,
        };
        Self::parse(&text, directory)
            .map_err(|what| Failure::bad_value(format!("{}: {what}", path.display())))
    }

    /// Where the file is.
    pub(crate) fn path(directory: &Path) -> std::path::PathBuf {
        directory.join("sclera.toml")
    }

    /// Says what a text means; a fault is told in one line.
    pub(crate) fn parse(text: &str, directory: &Path) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| told(text, &error))?;
        let listen = written.listen.as_deref().map(Listen::from_str).transpose();
        let tls = written.tls.map(|tls| tls.means(directory)).transpose()?;
        let prefix = written.prefix.trim_end_matches('/').to_owned();
        let is_path = prefix.starts_with('/')
            && prefix.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#%".contains(&byte));
        if !prefix.is_empty() && !is_path {
            return Err("prefix: it must be a path such as `/iris`".to_owned());
        }
        if written.named_files.as_ref().is_some_and(|below| below.as_os_str().is_empty()) {
            return Err("named_files: it must be a directory".to_owned());
        }
        let outlets = crate::outlets::Settings::of(written.audit.forward, directory)?;
        let default = Outside::default();
        let gates = crate::gates::Settings::of(written.gate, directory)?;
        Ok(Self {
            outlets,
            gates,
            listen: listen.map_err(|what| format!("listen: {what}"))?.unwrap_or_default(),
            prefix,
            trusted: written.trusted_proxies,
            snmp: written.snmp.map(WrittenSnmp::means).transpose()?,
            access_log: written.access_log.map(|file| directory.join(file)),
            named_files: written.named_files.map(|below| directory.join(below)),
            tls,
            socket_access: written.socket.access,
            outside: Outside {
                ldap_patience: patience("ldap", written.ldap.patience_ms, default.ldap_patience)?,
                codes: written.codes.map(|codes| codes.means(directory)).transpose()?,
                delegated: written.delegated.map(|delegated| delegated.means(directory)).transpose()?,
                os_passwords: written.os.map(|os| os.means(directory)).transpose()?,
                kerberos: written.kerberos.map(|kerberos| kerberos.means(directory)).transpose()?,
            },
        })
    }
}

/// How long something is waited for.
pub(crate) fn patience(
    table: &str,
    milliseconds: Option<u64>,
    default: Duration,
) -> Result<Duration, String> {
    let longest = Outside::LONGEST;
    let given = milliseconds.map_or(default, Duration::from_millis);
    if given.is_zero() || given > longest {
        return Err(format!("{table}.patience_ms: it must be from 1 to {}", longest.as_millis()));
    }
    Ok(given)
}

/// What is wrong and in which line, in one line.
fn told(text: &str, error: &toml::de::Error) -> String {
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map_or(1, |before| before.matches('\n').count() + 1);
    // A message may quote a key, which may be long.
    let message: String = error.message().replace('\n', " ").chars().take(LONGEST_MESSAGE).collect();
    format!("line {line}: {message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Configuration, String> {
        Configuration::parse(text, Path::new("/data"))
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_text_a_fault_is_one_line(
            text in r#"(\[(tls|socket|os|ldap|codes|delegated|\[gate\]|\[audit\.forward\])\]\n|listen = "[\[\]0-9a-f:.]{0,12}"\n|(key|certificate|access|x) = ["'0-9{]?\PC{0,8}["'}]?\n|\PC{0,8}\n){0,6}"#
        ) {
            match parse(&text) {
                Ok(means) => assert_eq!(means.listen.to_string().parse(), Ok(means.listen)),
                Err(told) => assert!(!told.is_empty() && !told.contains('\n') && told.len() < 2_000, "{told}"),
            }
        }
    }

    #[test]
    fn without_a_word_everything_has_its_default() {
        let default = parse("").unwrap();
        assert_eq!(default.socket_access, Access::Everyone);
        assert_eq!((default.listen.to_string(), default.tls), ("127.0.0.1:52773".to_owned(), None));
        assert_eq!(parse("[socket]\naccess = \"owner\"").unwrap().socket_access.mode(), 0o600);
    }

    #[test]
    fn what_is_written_means_something() {
        let written =
            "listen = \"[::1]:80\"\n[tls]\ncertificate = \"tls/chain.pem\"\nkey = \"/etc/key.pem\"\n";
        let means = parse(written).unwrap();
        assert_eq!(means.listen.to_string(), "[::1]:80");
        let tls = means.tls.unwrap();
        assert_eq!(tls.certificate, Path::new("/data/tls/chain.pem"));
        assert_eq!(tls.key, Path::new("/etc/key.pem"));
        for nowhere in ["listen = \"\"", "listen = \"none\""] {
            assert_eq!(parse(nowhere).unwrap().listen, Listen::Nowhere);
        }
    }

    #[test]
    fn an_address_is_open_unless_it_is_of_this_machine_alone() {
        for (address, open) in [
            ("127.0.0.1:1", false),
            ("127.9.9.9:1", false),
            ("[::1]:1", false),
            ("[::ffff:127.0.0.1]:1", false),
            ("0.0.0.0:1", true),
            ("[::]:1", true),
            ("10.0.0.1:1", true),
            ("none", false),
        ] {
            assert_eq!(address.parse::<Listen>().unwrap().is_open(), open, "{address}");
        }
        for wrong in ["localhost:1", "127.0.0.1", "1", "127.0.0.1:99999", "http://127.0.0.1:1"] {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        for (text, line) in [
            ("x = 1", 1),
            ("[socket]\nacess = \"owner\"", 2),
            ("[socket]\n\naccess = \"all\"", 3),
            ("[socket\n", 1),
            ("\nlisten = 52773", 2),
            ("\n[tls]\ncertificate = \"a\"", 2),
            ("\n[tls]\nkey = \"a\"", 2),
            ("[tls]\ncertificate = \"a\"\nkey = \"b\"\nversion = \"1.1\"", 4),
        ] {
            let told = parse(text).unwrap_err();
            assert!(told.starts_with(&format!("line {line}: ")) && !told.contains('\n'), "{told}");
        }
        assert!(parse("listen = \"localhost:80\"").unwrap_err().starts_with("listen: "));
    }
}
